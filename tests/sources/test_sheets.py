"""Spreadsheets as statistical offices publish them, and values as municipalities write them."""

from __future__ import annotations

import datetime

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import metrogis as mg
from metrogis.errors import SourceError
from metrogis.sources import sheets, tables, values


def book(path, sheets_of) -> None:
    wb = openpyxl.Workbook()
    wb.remove(wb.active)
    for name, rows in sheets_of.items():
        page = wb.create_sheet(name)
        for row in rows:
            page.append(row)
    wb.save(path)


def test_a_sheet_with_title_and_blank_rows_above(tmp_path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [["Macierz"], [], ["TERYT", "Nazwa", "Nazwa", "osoby"], ["0201011", "A", "B", 12]]
    book(path, {"Macierz przepływów": rows, "Opis": [["x"]]})
    read = tables.read(path, layer="l", sheet="Macierz przepływów", skip_rows=2)
    assert list(read.columns) == ["TERYT", "Nazwa", "Nazwa (2)", "osoby"]
    assert read.values.tolist() == [["0201011", "A", "B", 12]]
    with pytest.raises(SourceError, match="several sheets: Macierz przepływów, Opis"):
        tables.read(path, layer="l")
    with pytest.raises(SourceError, match="no sheet 'Dane'; there are: Macierz przepływów, Opis"):
        tables.read(path, layer="l", sheet="Dane")
    with pytest.raises(SourceError, match="no header in row 2"):
        tables.read(path, layer="l", sheet="Macierz przepływów", skip_rows=1)


def test_merged_headers_name_every_column(tmp_path) -> None:
    wb = openpyxl.Workbook()
    page = wb.active
    for row in (
        ["Tablica 1"], ["TERYT", "Nazwa", "Ludność", None, None, "Pow."],
        [None, None, "ogółem", "mężczyźni", "kobiety", None], [2261011, "A", 10, 4, 6, 1.5],
    ):  # fmt: skip
        page.append(row)
    for area in ("A2:A3", "B2:B3", "C2:E2", "F2:F3"):
        page.merge_cells(area)
    wb.save(tmp_path / "a.xlsx")
    read = sheets.read(tmp_path / "a.xlsx", layer="l", skip_rows=1)
    assert list(read.columns) == [
        "TERYT", "Nazwa", "Ludność ogółem", "Ludność mężczyźni", "Ludność kobiety", "Pow.",
    ]  # fmt: skip
    assert read.iloc[0].tolist() == [2261011, "A", 10, 4, 6, 1.5]


def test_an_open_document_sheet(tmp_path) -> None:
    frame = pd.DataFrame({"TERYT": ["0201011"], "osoby": [12]})
    frame.to_excel(tmp_path / "a.ods", engine="odf", index=False, sheet_name="Dane")
    read = tables.read(tmp_path / "a.ods", layer="l")
    assert read.values.tolist() == [["0201011", 12]]


def test_dates_flags_and_whole_numbers(tmp_path) -> None:
    row = [datetime.date(2024, 3, 1), True, 2.0, 2.5, None, "  "]
    book(tmp_path / "a.xlsx", {"s": [list("abcdef"), row]})
    read = sheets.read(tmp_path / "a.xlsx", layer="l")
    assert read.iloc[0].tolist()[:4] == ["2024-03-01", "1", 2, 2.5]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no", b"<html>404</html>"])
def test_a_damaged_sheet_is_one_error(tmp_path, damage) -> None:
    (tmp_path / "a.xlsx").write_bytes(damage)
    with pytest.raises(SourceError, match="layer 'l', a.xlsx"):
        tables.read(tmp_path / "a.xlsx", layer="l")


def test_rows_of_a_file_before_the_header(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("Tytuł\n\na;b\n1;2\n", encoding="utf-8")
    assert tables.read(tmp_path / "a.csv", layer="l", skip_rows=2).values.tolist() == [["1", "2"]]
    with pytest.raises(SourceError, match="one character"):
        tables.read(tmp_path / "a.csv", layer="l", separator=";;")


def test_utf_16_cut_by_a_byte_is_one_error(tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes("a,b\n1,2\n".encode("utf-16")[:-1])
    with pytest.raises(SourceError, match="UTF-16"):
        tables.read(tmp_path / "a.csv", layer="l")


SPACES = [" ", "\u00a0", "\u202f", "\u2009"]


@given(
    st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(["", "-", "+"]),
    st.sampled_from([(",", " "), (",", "."), (".", ","), (".", "'"), (".", None), (",", None)]),
    st.sampled_from(SPACES),
)  # fmt: skip
def test_numbers_are_read_as_written(whole, rest, sign, marks, space) -> None:
    decimal, thousands = marks
    gap = space if thousands == " " else thousands
    text = f"{sign}{f'{whole:,}'.replace(',', gap) if gap else whole}{decimal}{rest:02d}"
    read = values.plain_numbers(pd.Series([text]), decimal=decimal, thousands=thousands)
    assert float(read[0]) == float(f"{sign}{whole}.{rest:02d}")


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1.5", ",", "."),
        ("1,50", ".", ","),
        ("1 23", ",", " "),
        ("12 345 6", ",", " "),
        ("brak", ",", " "),
    ],
)
def test_what_is_no_number_stays_to_be_reported(text, decimal, thousands) -> None:
    read = values.plain_numbers(pd.Series([text]), decimal=decimal, thousands=thousands)
    assert read[0] == text


def test_numbers_of_a_sheet_are_not_read_again() -> None:
    read = values.plain_numbers(pd.Series([1.234, 5], dtype="object"), decimal=",", thousands=".")
    assert read.tolist() == [1.234, 5]


def test_a_mixed_column_of_coordinates_reports_its_bad_values() -> None:
    frame = pd.DataFrame({"x": ["18,5", "18.5", None, "brak"], "y": ["54.1"] * 4})
    with pytest.raises(SourceError, match="'x': 2 values are not numbers") as caught:
        tables.require_numbers(frame, ["x", "y"], layer="stops", place="a.csv")
    assert "decimal" in caught.value.text.en
    frame["x"] = values.plain_numbers(frame["x"], decimal=",")
    frame, count = values.without_blanks(frame, ["brak"])
    assert count == 1
    tables.require_numbers(frame, ["x", "y"], layer="stops", place="a.csv")
    frame["x"] = ["inf", "1e400", "nan", "1"]
    with pytest.raises(SourceError, match="values are not numbers"):
        tables.require_numbers(frame, ["x"], layer="stops", place="a.csv")


@pytest.mark.parametrize("code", [0, 0.0, "0", "0.0", " 0 ", False])
def test_a_code_is_the_same_however_it_is_written(code) -> None:
    read, others = values.mapped(pd.Series([code], dtype="object"), {"0": "no", "1": "yes"})
    assert read.tolist() == ["no"]
    assert not others


def test_codes_that_are_not_listed_stay_and_are_counted() -> None:
    read, others = values.mapped(pd.Series(["tak", "TAK ", "?", None, "?"]), {"tak": "planned"})
    assert read.tolist()[:3] == ["planned", "planned", "?"]
    assert others == {"?": 2}


@pytest.mark.parametrize("as_numbers", [False, True])
def test_the_commuting_matrix_of_the_statistical_office_reads_as_it_is(
    tmp_path, as_numbers
) -> None:
    """One sheet of many, both names called alike, codes as text or (zeros lost) as numbers."""
    codes = ["0261011", "0262011", "0201022", "0202033"]
    rows = [["TERYT zamieszkania", "Nazwa", "TERYT pracy", "Nazwa", "Liczba osób"]]
    for i, home in enumerate(codes):
        for j, work in enumerate(codes):
            if (i, j) != (2, 3):  # fewer than three people: no row
                pair = [int(home), int(work)] if as_numbers else [home, work]
                rows.append([pair[0], f"g. {i}", pair[1], f"g. {j}", 1000 if i == j else 3 + i * j])
    book(tmp_path / "m.xlsx", {"Opis": [["opis"]], "Macierz przepływów": rows})
    municipalities = gpd.GeoDataFrame(
        {"teryt": codes, "name": list("ABCD")},
        geometry=[shapely.box(4e5 + 5e3 * k, 5e5, 4.05e5 + 5e3 * k, 5.05e5) for k in range(4)],
        crs=2180,
    )
    municipalities.to_file(tmp_path / "towns.gpkg")
    (tmp_path / "catalog.toml").write_text(
        """
[metro]
id = "m"
name = "M"
crs = "EPSG:2180"
data = "beside"
[layers.municipalities]
driver = "vector"
path = "towns.gpkg"
licence = "CC0"
attribution = "invented"
date = "2024"
[layers.od_flows]
driver = "table"
path = "m.xlsx"
sheet = "Macierz przepływów"
rename = { "TERYT zamieszkania" = "origin", "TERYT pracy" = "destination", "Liczba osób" = "flow" }
licence = "CC0"
attribution = "invented"
date = "2021"
""",
        encoding="utf-8",
    )
    metro = mg.open_metro(tmp_path)
    flows = metro.od_flows
    assert len(flows) == 15
    between = [3 + i * j for i in range(4) for j in range(4) if i != j and (i, j) != (2, 3)]
    assert flows["flow"].sum() == 4000 + sum(between)
    assert set(flows["origin"]) == set(codes)
    links = metro.check("functional_links", meaning="commuting").municipalities
    assert links["outflow_internal"].round().tolist() == [9, 3 + 5 + 6, 3 + 5, 3 + 6 + 9]


@pytest.mark.parametrize(("rename", "told"), [("", True), ('rename = { STAN = "state" }', False)])
def test_codes_mapped_in_a_column_that_nothing_reads_are_told(tmp_path, rename, told) -> None:
    """A map needs a column of the schema, or it changes nothing: planned lines count as built."""
    lines = gpd.GeoDataFrame(
        {"STAN": ["tak", "nie"]},
        geometry=[shapely.LineString([(4e5, 5e5 + y), (4.01e5, 5e5 + y)]) for y in (0, 900)],
        crs=2180,
    )
    lines.to_file(tmp_path / "lines.gpkg")
    town = shapely.box(3.9e5, 4.9e5, 4.1e5, 5.1e5)
    gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=[town], crs=2180).to_file(
        tmp_path / "towns.gpkg"
    )
    (tmp_path / "catalog.toml").write_text(
        f"""
[metro]
id = "m"
name = "M"
crs = "EPSG:2180"
data = "beside"
[layers.municipalities]
driver = "vector"
path = "towns.gpkg"
licence = "CC0"
attribution = "invented"
date = "2024"
[layers.cycle_routes]
driver = "vector"
path = "lines.gpkg"
map = {{ STAN = {{ "tak" = "built", "nie" = "planned" }} }}
{rename}
licence = "CC0"
attribution = "invented"
date = "2024"
""",
        encoding="utf-8",
    )
    metro = mg.open_metro(tmp_path)
    assert set(metro.cycle_routes["STAN" if told else "state"]) == {"built", "planned"}
    texts = [row.what.en for row in metro.audit if "map" in row.what.en]
    assert any("column of map" in text for text in texts) is told
