"""A workbook keeps codes as texts, runs nothing, and says what its columns mean."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg  # noqa: F401  (binds what results write with)
from metrogis.report import workbook

NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "http://x.y",
    "mailto:a",
    "\x00\x0b",
    "x" * 40_000,
    "007",
]


def table_of(values: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": values}, geometry=[None] * len(values), crs="EPSG:2180")


def test_every_table_is_a_sheet_and_codes_stay_texts(synthetic: Any, tmp_path: Path) -> None:
    result = synthetic.result()
    path = result.to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [*result.tables, "columns", "about"]
    sheet = book["municipalities"]
    heads = [c.value for c in sheet[1]]
    at = heads.index("teryt") + 1
    codes = [sheet.cell(row, at) for row in range(2, sheet.max_row + 1)]
    assert [c.value for c in codes] == result.municipalities["teryt"].tolist()
    assert {(c.data_type, c.number_format) for c in codes} == {("s", "@")}
    share = sheet.cell(2, heads.index("white_share") + 1)
    assert (share.data_type, share.number_format) == ("n", "0.0%")
    meant = {
        (r[0].value, r[1].value): (r[2].value, r[3].value) for r in book["columns"].iter_rows(2)
    }
    assert meant["municipalities", "white_share"] == ("udział białych plam", "white share")
    assert sheet.freeze_panes == "A2"


@given(
    values=st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=30)), min_size=1, max_size=8)
)
@settings(max_examples=25, deadline=None)
def test_no_text_becomes_a_formula_a_link_or_a_number(
    synthetic: Any, tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    result = replace(synthetic.result(), features={"stops": table_of(values)})
    path = workbook.write([result], tmp_path_factory.mktemp("book") / "a.xlsx")
    sheet = openpyxl.load_workbook(path)["stops"]
    assert sheet.max_row <= len(values) + 1
    for row, value in enumerate(values, start=2):
        cell = sheet.cell(row, 1)
        assert cell.hyperlink is None
        assert cell.data_type in ("s", "n")  # an empty text is an empty cell
        if cell.data_type == "n":
            assert cell.value is None
            assert not value
        elif value.isprintable() and len(value) < 1000 and "_x" not in value:
            assert cell.value == value


def test_types_are_those_of_the_columns(synthetic: Any, tmp_path: Path) -> None:
    table = table_of(["a", "b", None]).assign(
        flag=pd.array([True, False, None], dtype="boolean"),
        when=pd.to_datetime(["2024-05-06 07:08", None, "2024-01-01 00:00"]).tz_localize(
            "Europe/Warsaw"
        ),
        number=[1.5, float("nan"), float("inf")],
    )
    result = replace(synthetic.result(), features={"stops": table})
    sheet = openpyxl.load_workbook(result.to_excel(tmp_path / "a.xlsx"))["stops"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(2)]
    assert [r[1] for r in rows] == [True, False, None]
    assert rows[0][2].isoformat() == "2024-05-06T05:08:00"
    assert [r[3] for r in rows] == [1.5, None, "inf"]


def test_a_longer_table_goes_on_in_a_further_sheet(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LAST_ROW", 4)  # three rows and the heading
    result = replace(synthetic.result(), features={"stops": table_of(list("abcdefg"))})
    book = openpyxl.load_workbook(result.to_excel(tmp_path / "a.xlsx"))
    names = [n for n in book.sheetnames if n.startswith("stops")]
    assert names == ["stops", "stops 2", "stops 3"]
    assert [c.value for n in names for c in book[n]["A"][1:]] == list("abcdefg")


def test_a_table_left_out_is_named(synthetic: Any, tmp_path: Path) -> None:
    result = synthetic.result()
    most = len(result.municipalities)
    book = openpyxl.load_workbook(workbook.write([result], tmp_path / "a.xlsx", max_rows=most))
    assert "cells" not in book.sheetnames
    said = [[c.value for c in row] for row in book["about"].iter_rows(2)]
    assert [r[2] for r in said if r[1] == "left out"] == ["cells"]


def test_names_of_sheets_are_short_and_differ() -> None:
    names = workbook._Names()
    made = [names.of(n) for n in ("a" * 40, "A" * 40, "a/b", "a:b", "History", "")]
    assert len({n.casefold() for n in made}) == len(made)
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in made)


def test_the_same_result_gives_the_same_file(synthetic: Any, tmp_path: Path) -> None:
    first, second = (synthetic.result().to_excel(tmp_path / n) for n in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()


def test_parts_of_a_workbook_lie_beside_it_and_are_gone(synthetic, tmp_path, monkeypatch) -> None:
    """In the system's folder nobody would clear up after a run that was killed."""
    elsewhere = tmp_path / "system"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    seen = []
    real = tempfile.mkstemp
    monkeypatch.setattr(
        "tempfile.mkstemp", lambda *a, **k: seen.append(k.get("dir")) or real(*a, **k)
    )
    (tmp_path / "out").mkdir()
    synthetic.result().to_excel(tmp_path / "out" / "a.xlsx")
    beside = [d for d in seen if d is not None]
    assert len(beside) == len(seen) > 3
    assert all(Path(d).is_relative_to(tmp_path / "out") for d in beside)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.xlsx"]
    assert list(elsewhere.iterdir()) == []
