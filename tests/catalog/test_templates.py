"""Empty tables of layers."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from metrogis.catalog import filled, templates
from metrogis.catalog.registry import LAYERS
from metrogis.errors import ParameterError
from metrogis.schemas.conforming import conform
from metrogis.sources import sheets


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
        assert not filled.has_rows(path)
        if suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            table, meaning = book.worksheets
            assert table.title == name[:31]
            heads = [cell.value for cell in table[1]]
            assert heads == [*layer.fields, *(templates.XY if layer.geometry else ())]
            assert [cell.value for cell in meaning["A"]][1:] == list(layer.fields)
            continue
        about = made[1].read_text(encoding="utf-8")
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


VALUES = {"teryt": "0201011", "area": "*", "number": 1, "integer": 1, "flag": "yes",
          "date": "2025-01-31", "text": "a"}  # fmt: skip


@pytest.mark.parametrize(
    "name", [name for name, layer in LAYERS.items() if ".xlsx" in templates.formats(layer)]
)
def test_a_workbook_that_is_filled_in_is_read_as_the_layer(name: str, tmp_path: Path) -> None:
    layer = LAYERS[name]
    path = tmp_path / "a.xlsx"
    templates.write(name, path)
    book = openpyxl.load_workbook(path)
    table = book.worksheets[0]
    for i, (_column, field) in enumerate(layer.fields.items(), start=1):
        value = field.allowed[0] if field.allowed else VALUES[field.kind]
        if field.low is not None and field.kind in ("number", "integer"):
            value = field.low
        table.cell(row=2, column=i, value=value)
        # what is typed into a column of words stays a word: no leading zero is lost
        words = field.kind not in ("number", "integer")
        widths = [d for d in table.column_dimensions.values() if d.min <= i <= d.max]
        assert [d.number_format == "@" for d in widths] == [words], name
    book.save(path)
    assert filled.has_rows(path)
    # the sheet that is called as the layer is taken; the other one says what its columns mean
    frame = sheets.read(path, layer=name)
    if layer.conforms_to and not layer.geometry:
        frame, _audit = conform(frame, layer.conforms_to, layer=name)
    assert len(frame) == 1
    codes = [c for c, f in layer.fields.items() if f.kind == "teryt"]
    assert frame[codes].iloc[0].tolist() == ["0201011"] * len(codes)


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
