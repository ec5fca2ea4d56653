"""Empty tables of layers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from metrogis.catalog import filled, templates
from metrogis.catalog.registry import LAYERS
from metrogis.errors import ParameterError


@pytest.mark.parametrize("name", list(LAYERS))
def test_every_layer_has_an_empty_table_with_its_columns_or_says_why_not(
    name: str, tmp_path: Path
) -> None:
    layer = LAYERS[name]
    able = templates.formats(layer)
    if not able:
        assert not layer.fields
        with pytest.raises(ParameterError) as caught:
            templates.write(name, tmp_path / "a.csv")
        assert caught.value.remedy is not None
    for suffix in able:
        path = tmp_path / f"a{suffix}"
        made = templates.write(name, path)
        assert made[0] == path
        about = made[1].read_text(encoding="utf-8")
        assert not filled.has_rows(path)
        if suffix == ".csv":
            heads = list(pd.read_csv(path).columns)
            assert heads == [*layer.fields, *(templates.XY if layer.geometry else ())]
        else:
            info = pyogrio.read_info(path)
            assert set(layer.fields) <= set(info["fields"])
            assert info["features"] == 0
        for column, field in layer.fields.items():
            assert f"| {column} |" in about
            assert field.text.en in about or field.text.pl in about


def test_a_format_that_does_not_fit_is_one_error(tmp_path: Path) -> None:
    for name, path in (("corridors", "a.csv"), ("coverage", "a.gpkg"), ("coverage", "a.txt")):
        with pytest.raises(ParameterError) as caught:
            templates.write(name, tmp_path / path)
        assert templates.formats(LAYERS[name])[0] in str(caught.value.remedy)
        assert not (tmp_path / path).exists()


@pytest.mark.parametrize(
    ("text", "rows"),
    [("a,b\n", False), ("a,b", False), ("", False), ("a,b\n\n,\n \n", False),
     ("\ufeffa;b\n;\n", False),
     ("a,b\n1,2\n", True), ("a\r\nx", True)],
)  # fmt: skip
def test_a_table_is_filled_when_it_has_a_row(text: str, rows: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert filled.has_rows(path) is rows


def test_a_folder_is_filled_when_it_holds_a_file(tmp_path: Path) -> None:
    assert not filled.has_rows(tmp_path)
    (tmp_path / "deep").mkdir()
    assert not filled.has_rows(tmp_path)
    (tmp_path / "deep/a.zip").write_bytes(b"x")
    assert filled.has_rows(tmp_path)
    (tmp_path / "a.gpkg").write_bytes(b"x" * 100)
    assert filled.has_rows(tmp_path / "a.gpkg")  # told as a fault when it is read
