"""What an error says to do can be done: the option exists, and with it the layer is read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

import metrogis as mg
from metrogis import catalog as cat
from metrogis.errors import CRSError, MetrogisError, SchemaError, SourceError
from metrogis.provenance import audit_of

X, Y, SIDE = 470_000.0, 720_000.0, 4_000.0
SOURCE = 'licence = "CC0"\nattribution = "test"\ndate = "2024"\n'
DRIVERS = {
    "vector": cat.VectorLayer, "table": cat.TableLayer, "raster": cat.RasterLayer,
    "gtfs": cat.GtfsLayer, "app_gml": cat.AppGmlLayer,
}  # fmt: skip


def metro(folder: Path, name: str, lines: str, **frames: Any) -> Any:
    """Write two municipalities and a catalog with one more layer; open it."""
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["Gdańsk", "Gdynia"]},
        geometry=[shapely.box(X + SIDE * i, Y, X + SIDE * (i + 1), Y + SIDE) for i in range(2)],
        crs="EPSG:2180",
    )
    municipalities.to_file(folder / "towns.gpkg")
    text = (
        '[metro]\nid = "t"\nname = { pl = "T", en = "T" }\ncrs = "EPSG:2180"\n\n'
        f'[layers.municipalities]\ndriver = "vector"\npath = "towns.gpkg"\n{SOURCE}\n'
        f"[layers.{name}]\n{lines}\n{SOURCE}"
    )
    (folder / "catalog.toml").write_text(text, encoding="utf-8")
    return mg.open_metro(folder, data=folder)


def options_named(error: MetrogisError) -> list[str]:
    """Return the options ``key = value`` that a remedy tells to write."""
    assert error.remedy is not None
    assert re.findall(r"(\w+) = ", error.remedy.pl) == re.findall(r"(\w+) = ", error.remedy.en)
    outer = re.sub(r"\{.*\}", "{}", error.remedy.en)  # keys within a table are columns and codes
    return re.findall(r"\b([a-z_]+) = (?:[\"\[{]|true)", outer)


def follow(folder: Path, name: str, lines: str) -> Any:
    """Read a layer; of its error write the first line that the remedy tells, and read again."""
    with pytest.raises(MetrogisError) as caught:
        metro(folder, name, lines)[name]
    driver = re.search(r'driver = "(\w+)"', lines)[1]
    fields = DRIVERS[driver].model_fields
    assert all(option in fields for option in options_named(caught.value))
    kinds = ("swap_axes = true", 'encoding = "[^"]+"', 'crs = "[^"]+"', r"map = \{.*\}",
             'x = "[^"]+", y = "[^"]+"')  # fmt: skip
    found = re.search("|".join(kinds), caught.value.remedy.en)
    added = found[0].replace('", y', '"\ny')
    keys = set(tomllib.loads(added))
    kept = "\n".join(r for r in lines.splitlines() if r.split(" = ")[0] not in keys)
    return metro(folder, name, f"{kept}\n{added}")[name]


def shapefile(folder: Path, page: str, *, cpg: bytes | None, mark: int = 0x57) -> Path:
    """Write a Shapefile with Polish letters in a code page that its .dbf does not state."""
    spot = shapely.Point(X + 10, Y + 10)
    frame = gpd.GeoDataFrame({"name": ["Żółć łąki"]}, geometry=[spot], crs="EPSG:2180")
    path = folder / "places.shp"
    frame.to_file(path, encoding=page)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_bytes(cpg)
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw[29] = mark
    path.with_suffix(".dbf").write_bytes(bytes(raw))
    return path


PLACES = 'driver = "vector"\npath = "places.shp"\nschema = "Localities"'


@pytest.mark.parametrize("mark", [0x00, 0x57])
def test_letters_whose_encoding_nothing_says_are_refused_and_the_remedy_reads_them(tmp_path, mark):
    shapefile(tmp_path, "cp1250", cpg=None, mark=mark)
    places = follow(tmp_path, "localities", PLACES)
    assert places["name"].tolist() == ["Żółć łąki"]


@pytest.mark.parametrize(
    ("page", "cpg", "mark"),
    [
        ("utf-8", None, 0),
        ("utf-8", b"UTF-8", 0x57),
        ("cp1250", b"1250", 0x57),
        ("cp1250", None, 0xC8),
    ],
)
def test_letters_whose_encoding_is_stated_or_plain_are_read(tmp_path, page, cpg, mark):
    shapefile(tmp_path, page, cpg=cpg, mark=mark)
    assert metro(tmp_path, "localities", PLACES)["localities"]["name"].tolist() == ["Żółć łąki"]


def test_a_cpg_that_is_wrong_is_refused_with_the_remedy(tmp_path):
    shapefile(tmp_path, "cp1250", cpg=b"UTF-8")
    assert follow(tmp_path, "localities", PLACES)["name"].tolist() == ["Żółć łąki"]


@pytest.mark.parametrize("name", ["foo", "", "zip", "cp 9999"])
@pytest.mark.parametrize("driver", ["vector", "table"])
def test_an_encoding_that_is_none_is_refused_with_names_that_are(tmp_path, name, driver):
    with pytest.raises(MetrogisError, match="unknown encoding") as caught:
        metro(tmp_path, "localities", f'driver = "{driver}"\npath = "a"\nencoding = "{name}"')
    assert "cp1250" in str(caught.value)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_metres_labelled_as_degrees_are_told_and_the_stated_crs_wins(tmp_path, suffix):
    spot = shapely.Point(X + 10, Y + 10)
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[spot], crs="EPSG:2180")
    frame.set_crs("EPSG:4326", allow_override=True).to_file(tmp_path / f"a.{suffix}")
    lines = f'driver = "vector"\npath = "a.{suffix}"\nschema = "Localities"'
    assert follow(tmp_path, "localities", lines).geometry.iloc[0].equals(spot)


@pytest.mark.parametrize("schema", ["PopulationCells", "Raster"])
def test_a_raster_in_metres_labelled_as_degrees_is_told_and_the_stated_crs_wins(tmp_path, schema):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(100, 0, X, 0, -100, Y + 200),
    ) as out:  # fmt: skip
        out.write(np.array([[1, 2], [3, 4]], "float32"), 1)
    name = "population" if schema == "PopulationCells" else "elevation"
    lines = f'driver = "raster"\npath = "a.tif"\nschema = "{schema}"'
    found = follow(tmp_path, name, lines)
    assert (found["population"].sum() if name == "population" else found.values.sum()) == 10


def test_swapped_axes_of_vectors_and_tables_have_remedies_of_their_own(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(Y + 10, X + 10)], crs=2180)
    frame.to_file(tmp_path / "a.gpkg")
    lines = 'driver = "vector"\npath = "a.gpkg"\nschema = "Localities"'
    assert follow(tmp_path, "localities", lines).geometry.iloc[0].x == X + 10
    pd.DataFrame({"name": ["A"], "a": [Y + 10], "b": [X + 10]}).to_csv(tmp_path / "a.csv")
    lines = 'driver = "table"\npath = "a.csv"\nschema = "Localities"\ncrs = "EPSG:2180"'
    found = follow(tmp_path, "localities", f'{lines}\nx = "a"\ny = "b"')
    assert found.geometry.iloc[0].x == X + 10


def test_swapped_axes_of_rasters_and_timetables_name_no_option_they_lack(tmp_path):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
        crs="EPSG:2180", transform=Affine(100, 0, Y, 0, -100, X + 200),
    ) as out:  # fmt: skip
        out.write(np.ones((2, 2), "float32"), 1)
    with pytest.raises(CRSError, match="swapped") as caught:
        metro(tmp_path, "elevation", 'driver = "raster"\npath = "a.tif"')["elevation"]
    assert not options_named(caught.value)
    assert "gdal_translate" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "states"),
    [
        (["czynny", "istniejąca", "w budowie"], ["built", "built", "planned"]),
        (["Istniejący", "PLANOWANA", "projektowana"], ["built", "planned", "planned"]),
        (["built", "??", "w realizacji"], ["built", "unknown", "unknown"]),
    ],
)
def test_states_in_other_words_get_the_line_to_write(tmp_path, words, states):
    lines = [shapely.LineString([(X, Y + i), (X + 50, Y + i)]) for i in range(len(words))]
    frame = gpd.GeoDataFrame({"state": words}, geometry=lines, crs="EPSG:2180")
    frame.to_file(tmp_path / "a.gpkg")
    found = follow(tmp_path, "cycle_routes", 'driver = "vector"\npath = "a.gpkg"')
    assert found["state"].tolist() == states


def test_a_column_of_map_that_is_not_there_is_named_with_those_that_are(tmp_path):
    pd.DataFrame({"teryt": ["2261011"], "population": [5]}).to_csv(tmp_path / "a.csv", index=False)
    lines = 'driver = "table"\npath = "a.csv"\nmap = { BUDOWA = { tak = "planned" } }'
    with pytest.raises(SourceError, match="BUDOWA; there are: teryt, population") as caught:
        metro(tmp_path, "population_municipal", lines)["population_municipal"]
    assert "map" in caught.value.remedy.pl


@pytest.mark.parametrize("name", ["population", "population_municipal"])
def test_a_population_of_which_nothing_is_known_is_an_error(tmp_path, name):
    if name == "population":
        squares = [shapely.box(X + i, Y, X + i + 1, Y + 1) for i in range(3)]
        frame = gpd.GeoDataFrame({"population": [np.nan] * 3}, geometry=squares, crs="EPSG:2180")
        frame.to_file(tmp_path / "a.gpkg")
        lines = 'driver = "vector"\npath = "a.gpkg"'
    else:
        (tmp_path / "a.csv").write_text("teryt;population\n2261011;\n2262011;\n")
        lines = 'driver = "table"\npath = "a.csv"'
    with pytest.raises(SchemaError, match="not one value is known"):
        metro(tmp_path, name, lines)[name]


# --------------------------------------------------------------------------- codes

COVERAGE = 'driver = "table"\npath = "a.csv"\nschema = "Coverage"'


@pytest.mark.parametrize(
    ("codes", "read"),
    [
        (["2261011", "2262011"], ["2261011", "2262011"]),
        (["226101", "226201"], ["2261011", "2262011"]),  # TERC without the kind
        (["226101", "201011"], ["2261011", "2010110"]),  # the other one is not here
        (["201011", "2261011"], ["0201011", "2261011"]),  # a spreadsheet took the zero
        (["2261011.0", "0201011"], ["2261011", "0201011"]),
        (["2261", "22", "*"], ["2261", "22", "*"]),
    ],
)
def test_codes_with_and_without_kind_and_zero(tmp_path, codes, read):
    rows = "".join(f"f,{code},bus,complete\n" for code in codes)
    (tmp_path / "a.csv").write_text(f"feed,teryt,mode,state\n{rows}")
    found = metro(tmp_path, "coverage", COVERAGE)["coverage"]
    assert found["teryt"].tolist() == read
    changed = sum(r.count for r in audit_of(found) if r.action == "repaired")
    assert changed == sum(a.removesuffix(".0") != b for a, b in zip(codes, read, strict=True))


@pytest.mark.parametrize("codes", [["Gdańsk"], ["2261011", "Gdynia"], ["301011"], ["22610"]])
def test_codes_that_are_none_are_refused_with_what_to_write(tmp_path, codes):
    rows = "".join(f"f,{code},bus,complete\n" for code in codes)
    (tmp_path / "a.csv").write_text(f"feed,teryt,mode,state\n{rows}", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"TERYT codes of 7 digits .*4 \(county\)"):
        metro(tmp_path, "coverage", COVERAGE)["coverage"]


@pytest.mark.parametrize("texts", [("31.114", "9.500", "0"), ("31,114", "9,500", "")])
def test_thousands_or_decimals_is_asked_and_either_answer_is_taken(tmp_path, texts) -> None:
    """Read as decimals, a municipality of 31,114 people would have 31."""
    codes = ["2261011", "2262011", "2262021"]
    rows = "\n".join(f'{c};"{t}"' for c, t in zip(codes, texts, strict=True))
    (tmp_path / "people.csv").write_text(f"teryt;population\n{rows}\n", encoding="utf-8")
    lines = 'driver = "table"\npath = "people.csv"\nseparator = ";"\n'
    with pytest.raises(SourceError, match="thousands or decimals") as caught:
        metro(tmp_path, "population_municipal", lines)["population_municipal"]
    mark = "," if "," in texts[0] else "."
    options = re.findall(r'(?:thousands|decimal) = "[.,]"', str(caught.value.remedy.en))
    assert options == [f'thousands = "{mark}"', f'decimal = "{mark}"']
    for option, first in zip(options, (31_114, 31.114), strict=True):
        table = metro(tmp_path, "population_municipal", lines + option + "\n")
        assert table["population_municipal"]["population"].iloc[0] == first


def test_a_mark_among_other_numbers_is_a_decimal(tmp_path) -> None:
    (tmp_path / "people.csv").write_text(
        "teryt,population\n2261011,31.114\n2262011,9.5\n", encoding="utf-8"
    )
    lines = 'driver = "table"\npath = "people.csv"\n'
    table = metro(tmp_path, "population_municipal", lines)["population_municipal"]
    assert table["population"].tolist() == [31.114, 9.5]
