"""Files for spreadsheets, machines and QGIS."""

from __future__ import annotations

import csv
import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.checks.contract import Column
from metrogis.errors import PublishError
from metrogis.i18n import both
from metrogis.maps import layers
from metrogis.report import figures, gpkg, qgis, tables


def read_csv(text: str, language: str) -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(text, newline=""), delimiter=";" if language == "pl" else ",")
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=8))
def test_any_text_survives_csv_and_none_is_a_formula(texts: list[str]):
    for language in ("pl", "en"):
        written = tables.csv_text(pd.DataFrame({"a": texts, "b": 1}), language)
        rows = read_csv(written, language)
        assert rows[0] == ["a", "b"]
        for text, row in zip(texts, rows[1:], strict=True):
            assert row[0].removeprefix("'") == text.removeprefix("'")
            assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))
            assert row[1] == "1"


def test_numbers_read_back_the_same_in_both_ways_of_writing(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    tables.write_csv([result], tmp_path, languages=("pl", "en"))
    truth = result.municipalities["white_share"]
    polish = pd.read_csv(
        tmp_path / "test_check_municipalities.pl.csv", sep=";", decimal=",", dtype={"teryt": str}
    )
    english = pd.read_csv(tmp_path / "test_check_municipalities.en.csv", dtype={"teryt": str})
    for frame in (polish, english):
        assert np.array_equal(frame["white_share"], truth, equal_nan=True)
        assert frame["teryt"].tolist() == result.municipalities["teryt"].tolist()
        assert "geometry" not in frame.columns
    raw = (tmp_path / "test_check_municipalities.pl.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"'=HYPERLINK" in raw


@given(
    st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=8),
    st.sampled_from([0, 1, 3]),
    st.sampled_from(["number", "share"]),
)
def test_short_numbers_differ_by_less_than_is_shown(
    values: list[float], digits: int, kind: Literal["number", "share"]
):
    frame = pd.DataFrame({"a": values, "other": values})
    column = Column(both("a"), kind=kind, digits=digits)
    made = tables.shortened(frame, {"a": column})
    decimals = max(4, digits + 3) if kind == "share" else digits + 1
    assert np.array_equal(made["other"], frame["other"], equal_nan=True)
    for value, short in zip(values, made["a"], strict=True):
        if np.isnan(value):
            assert np.isnan(short)
        else:
            assert abs(short - value) <= 0.5 * 10.0**-decimals * (1 + 1e-9) + 1e-6 * abs(value)
            assert short == 0 if value == 0 else short != 0
            assert short == pytest.approx(value, rel=6e-4)


@given(st.floats(0, 1), st.sampled_from([0, 1]))
def test_nearly_all_of_something_is_not_written_as_all(left: float, digits: int):
    value = 1 - left**4
    column = Column(both("a"), kind="share", digits=digits)
    (short,) = tables.shortened(pd.DataFrame({"a": [value]}), {"a": column})["a"]
    # less than a millionth of land is lost in computing an intersection
    assert (short == 1) == (value > 1 - 1e-6)
    assert short == pytest.approx(value, abs=5.1e-5)


def test_parquet_keeps_geometry_and_three_states(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    paths = tables.write_parquet([result], tmp_path)
    assert [p.name for p in paths] == [f"test_check_{t}.parquet" for t in result.tables]
    frame = gpd.read_parquet(paths[0])
    assert frame.crs == result.municipalities.crs
    assert frame.geometry.geom_equals(result.municipalities.geometry).all()
    assert frame["has_plan"].isna().sum() == 4
    assert frame["has_plan"].sum() == 4


def test_result_writes_through_the_contract(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    assert result.to_gpkg(tmp_path / "x.gpkg") == tmp_path / "x.gpkg"
    assert len(result.to_parquet(tmp_path / "p")) == 4


def test_geopackage_has_a_layer_per_table_with_all_rows(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    path = gpkg.write([result], tmp_path / "out" / "x.gpkg")
    names = dict(pyogrio.list_layers(path).tolist())
    assert set(names) == {f"test_check_{t}" for t in result.tables} | {
        "about",
        "metrogis_state",
        "layer_styles",
        "test_check_no_data_known_share",
        "test_check_no_data_covered",
    }
    for table, frame in result.tables.items():
        read = pyogrio.read_dataframe(path, layer=f"test_check_{table}")
        assert len(read) == len(frame)
        assert read.crs == frame.crs
    stops = pyogrio.read_dataframe(path, layer="test_check_stops")
    assert stops["name"].tolist() == result.features["stops"]["name"].tolist()
    assert stops.geometry.isna().sum() == 1
    about = pyogrio.read_dataframe(path, layer="about")
    assert set(about["kind"]) == {
        "title", "finding", "parameter", "source", "evidence", "audit: dropped"
    }  # fmt: skip
    known = about[about["kind"] == "evidence"].set_index("item")["en"]
    assert known["cells"] == "incomplete; known part of the area 75%; 12 lost items"
    assert known["municipalities"] == "complete; known part of the area 100%"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["x.gpkg"]


def test_styles_are_valid_and_one_per_view(synthetic: Any, tmp_path: Path):
    path = gpkg.write([synthetic.result()], tmp_path / "x.gpkg")
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        columns = {
            table: connection.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
            ).fetchone()[0]
            for table, *_ in rows
        }
    assert [r[0] for r in rows] == [
        f"test_check_{t}"
        for t in ("municipalities", "cells", "links", "stops", "no_data_known_share",
                  "no_data_covered")
    ]  # fmt: skip
    assert all(r[1] == columns[r[0]] and r[3] == 1 for r in rows)
    kinds = [ET.fromstring(r[2].split("\n", 1)[1]).find("renderer-v2").get("type") for r in rows]
    assert kinds == [
        "RuleRenderer", "categorizedSymbol", "singleSymbol", "RuleRenderer",
        "categorizedSymbol", "categorizedSymbol",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("flags", [True, False, None, True] * 3),
        ("nullable", pd.array([True, False, None, True] * 3, dtype="boolean")),
        ("words", ["true", "unknown", None, "yes"] * 3),
        ("shares", [1.0, 0.0, np.nan, 0.5, 1 - 1e-9, 1e-9] * 2),
        ("mixed", pd.Series([1, 0.25, None] * 4, dtype=object)),
        ("has_plan", [1, 0, 0.5, np.nan] * 3),
    ],
)
def test_land_that_is_not_known_is_a_layer_that_agrees_with_the_map(
    synthetic: Any, tmp_path: Path, column: str, values: Any
):
    from metrogis.checks.contract import Ground

    result = synthetic.result()
    result.municipalities[column] = values
    views = tuple(
        replace(v, ground=Ground(column) if v.table == "stops" else None)
        for v in result.check.views
    )
    result = replace(result, check=replace(result.check, views=views))
    path = gpkg.write([result], tmp_path / "x.gpkg")
    read = pyogrio.read_dataframe(path, layer=f"test_check_no_data_{column}")
    land = layers.build(result, view="stops")[0].land
    states = np.where(land.shares == 1, "", np.where(land.shares == 0, "none", "part"))
    expected = dict(zip(result.municipalities["teryt"], states, strict=True))
    assert dict(zip(read["teryt"], read["state"], strict=True)) == {
        teryt: state for teryt, state in expected.items() if state
    }
    shapes = result.municipalities.set_index("teryt").geometry
    assert all(shapes[t].equals(g) for t, g in zip(read["teryt"], read.geometry, strict=True))
    assert read.crs == result.municipalities.crs


def test_municipalities_without_geometry_keep_their_rows_in_every_file(
    synthetic: Any, tmp_path: Path
):
    result = synthetic.result()
    shapes = result.municipalities.geometry.to_numpy().copy()
    shapes[0], shapes[9] = shapely.Polygon(), None
    frame = result.municipalities.set_geometry(
        gpd.GeoSeries(shapes, result.municipalities.index, crs="EPSG:2180")
    )
    result = replace(result, municipalities=frame)
    path = gpkg.write([result], tmp_path / "x.gpkg")
    read = pyogrio.read_dataframe(path, layer="test_check_municipalities")
    assert read["teryt"].tolist() == frame["teryt"].tolist()
    tables.write_parquet([result], tmp_path)
    back = gpd.read_parquet(tmp_path / "test_check_municipalities.parquet")
    assert back["teryt"].tolist() == frame["teryt"].tolist()
    tables.write_csv([result], tmp_path)
    rows = (tmp_path / "test_check_municipalities.csv").read_text(encoding="utf-8-sig")
    assert len(read_csv(rows, "en")) == 13
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    assert "2 rows without a location" in " ".join(note.get("en") for note in web[0].layer.notes)
    ground = layers.ground_of(result)
    assert figures.picture(result, web, ground, "pl")[:4] == b"\x89PNG"
    assert figures.thumbnail(web, ground)[:4] == b"\x89PNG"


def test_rules_of_the_style_select_the_rows_of_each_class(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    path = gpkg.write([result], tmp_path / "x.gpkg")
    layer = layers.build(result, view="municipalities")[0]
    root = ET.fromstring(qgis.style(layer, "en").split("\n", 1)[1])
    rules = root.findall(".//rule")
    assert [r.get("label") for r in rules] == [c.label.en for c in layer.classes]
    symbols = {s.get("name") for s in root.findall(".//symbol")}
    with closing(sqlite3.connect(path)) as connection:
        for rule, item in zip(rules, layer.classes, strict=True):
            query = f"SELECT count(*) FROM test_check_municipalities WHERE {rule.get('filter')}"
            assert connection.execute(query).fetchone()[0] == item.count
            assert rule.get("symbol") in symbols


def test_unlisted_and_missing_codes_have_one_category_in_qgis(synthetic: Any):
    result = synthetic.result()
    result.features["cells"].loc[0:1, "state"] = ["strange", None]
    layer = layers.build(result, view="cells")[0]
    root = ET.fromstring(qgis.style(layer, "en").split("\n", 1)[1])
    found = [(c.get("value"), c.get("label")) for c in root.findall(".//category")]
    assert found[-1] == ("", "other / no data")
    assert [v for v, _ in found[:-1]] == ["served", "white", "unknown"]


def test_geopackage_is_replaced_whole_or_not_at_all(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "x.gpkg"
    result = synthetic.result()
    gpkg.write([result], path)
    before = path.read_bytes()
    monkeypatch.setattr(
        gpkg, "about", lambda results: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(PublishError, match="the disk is full"):
        gpkg.write([result], path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.gpkg"]
    monkeypatch.undo()
    with pytest.raises(PublishError, match="(?i)two results are called"):
        gpkg.write([result, result], path)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(PublishError):
        gpkg.write([result], tmp_path / "file" / "x.gpkg")
    with pytest.raises(PublishError, match="cannot be written"):
        tables.write_csv([result], tmp_path / "file")


def test_geopackage_written_twice_is_the_same_file(synthetic: Any, tmp_path: Path):
    first, second = (gpkg.write([synthetic.result()], tmp_path / f"{i}.gpkg") for i in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_long_layers_have_a_spatial_index_and_short_ones_need_none(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gpkg, "INDEXED", 1_000)
    path = gpkg.write([synthetic.result(cells=40)], tmp_path / "x.gpkg")
    fast = {
        name: pyogrio.read_info(path, layer=name)["capabilities"]["fast_spatial_filter"]
        for name in ("test_check_cells", "test_check_municipalities")
    }
    assert fast == {"test_check_cells": True, "test_check_municipalities": False}


def test_mixed_single_and_multi_shapes_are_all_multi(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    links = result.features["links"]
    shapes = links.geometry.to_numpy().copy()
    shapes[0] = shapely.multilinestrings([shapes[0], shapely.LineString([(0, 0), (1, 1)])])
    shapes[1] = None
    result.features["links"] = links.set_geometry(gpd.GeoSeries(shapes, links.index, links.crs))
    result.features["links"]["when"] = pd.date_range(
        "2026-03-29 00:30", periods=len(links), freq="h", tz="Europe/Warsaw"
    )
    result.features["links"]["nothing"] = None
    path = gpkg.write([result], tmp_path / "x.gpkg")
    info = pyogrio.read_info(path, layer="test_check_links")
    assert info["geometry_type"] == "MultiLineString"
    back = pyogrio.read_dataframe(path, layer="test_check_links")
    assert back.geometry.iloc[1] is None
    assert set(back.geometry.dropna().geom_type) == {"MultiLineString"}
    assert back.geometry.iloc[0].equals(shapes[0])
    assert back.geometry.iloc[2].geoms[0].equals(shapes[2])
    assert back["nothing"].isna().all()
    utc = pd.to_datetime(back["when"], utc=True)
    assert (
        utc.to_numpy() == result.features["links"]["when"].dt.tz_convert("UTC").to_numpy()
    ).all()


def test_columns_that_geopackage_reserves_are_renamed(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    result.features["links"]["fid"] = [7, 7, 7]
    path = gpkg.write([result], tmp_path / "x.gpkg")
    assert "fid_" in pyogrio.read_dataframe(path, layer="test_check_links").columns


def test_lists_and_mixed_objects_become_plain_columns(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    links = result.features["links"]
    links["ids"] = pd.Series([["a", "b"], [], None], dtype=object, index=links.index)
    links["mixed"] = pd.Series([1, None, 2.5], dtype=object, index=links.index)
    frame = tables.plain(result, "links")
    assert frame["ids"].tolist()[:2] == ["a, b", ""]
    assert frame["mixed"].tolist()[0] == 1.0
    assert np.isnan(frame["mixed"].tolist()[1])


def test_empty_tables_are_written_too(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    result.features["links"] = result.features["links"].iloc[:0]
    path = gpkg.write([result], tmp_path / "x.gpkg")
    assert len(pyogrio.read_dataframe(path, layer="test_check_links")) == 0
    tables.write_csv([result], tmp_path)
    assert (tmp_path / "test_check_links.csv").read_text(encoding="utf-8-sig") == "name,flow\n"


def test_pictures_are_png_of_the_stated_size(synthetic: Any):
    from matplotlib import pyplot

    result = synthetic.result()
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    ground = layers.ground_of(result)
    before = pyplot.get_fignums()
    drawn = figures.picture(result, web, ground, "pl", source="Źródło: GUS $x^2$")
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(drawn[16:20]) == 1320
    assert int.from_bytes(drawn[20:24]) == 880
    small = figures.thumbnail(web, ground)
    assert (int.from_bytes(small[16:20]), int.from_bytes(small[20:24])) == (528, 374)
    assert pyplot.get_fignums() == before


def test_holes_stay_open_in_pictures():

    ring = shapely.Polygon(
        [(0, 0), (4, 0), (4, 4), (0, 4)], holes=[[(1, 1), (3, 1), (3, 3), (1, 3)]]
    )
    outline = figures._outline(np.array([ring, shapely.box(10, 10, 11, 11)]))
    assert len(outline.vertices) == 15
    signed = 0.0
    for part in outline.to_polygons(closed_only=True):
        x, y = part[:, 0], part[:, 1]
        signed += 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    assert abs(signed) == pytest.approx(16 - 4 + 1)


# --------------------------------------------------------------------------- weight and names


def long_result(synthetic: Any) -> Any:
    """A result with two long tables of the same shapes, one of them with an empty column."""
    result = synthetic.result(cells=24)
    cells = result.features["cells"].assign(nothing=np.nan, little=np.nan)
    cells.loc[cells.index[3], "little"] = 7.0
    again = cells[["people", "geometry"]].assign(people=lambda t: t["people"] + 1)
    moved = again.assign(geometry=again.geometry.translate(0.5))
    features = {**result.features, "cells": cells, "again": again, "moved": moved}
    return replace(result, features=features)


def test_shapes_of_long_tables_stand_once(synthetic: Any, tmp_path: Path) -> None:
    result = long_result(synthetic)
    path = gpkg.write([result], tmp_path / "a.gpkg")
    for table in ("cells", "again", "moved"):
        read = gpd.read_file(path, layer=f"test_check_{table}")
        given = result.features[table].reset_index(drop=True)
        assert read["people"].tolist() == given["people"].tolist(), table
        assert read.geometry.geom_equals(given.geometry).all(), table
        assert read.crs == given.crs
    with closing(sqlite3.connect(path)) as connection:
        kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    # of the same shapes one is a table and one a view; half a metre aside they are others
    assert [kinds[f"test_check_{t}"] for t in ("cells", "again", "moved")] == [
        "table", "view", "table"
    ]  # fmt: skip
    assert "test_check_again_values" not in {name for name, _kind in pyogrio.list_layers(path)}


def test_empty_columns_of_long_tables_are_named_instead(synthetic: Any, tmp_path: Path) -> None:
    path = gpkg.write([long_result(synthetic)], tmp_path / "a.gpkg")
    read = gpd.read_file(path, layer="test_check_cells")
    assert "nothing" not in read.columns
    assert read["little"].notna().sum() == 1
    about = gpd.read_file(path, layer="about")
    named = about[about["kind"] == "empty columns"]
    assert named[["item", "en"]].to_numpy().tolist() == [["cells", "nothing"]]
    # a short table keeps its columns: there is nothing to be saved
    short = synthetic.result()
    stops = short.features["stops"].assign(nothing=np.nan)
    path = gpkg.write([replace(short, features={"stops": stops})], tmp_path / "b.gpkg")
    assert "nothing" in gpd.read_file(path, layer="test_check_stops").columns


@pytest.mark.parametrize("language", ["pl", "en"])
def test_columns_have_readable_names(synthetic: Any, tmp_path: Path, language: str) -> None:
    result = synthetic.result()
    path = gpkg.write([result], tmp_path / "a.gpkg", language=language)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = ?",
            ("test_check_municipalities",),
        ).fetchall()
    declared = result.check.columns["municipalities"]
    assert dict(rows)["white_share"] == declared["white_share"].label.get(language)
    assert set(dict(rows)) == set(declared) & set(result.municipalities.columns)
    assert len({name for _column, name in rows}) == len(rows)


def test_packages_written_side_by_side_are_as_those_written_alone(
    synthetic: Any, tmp_path: Path
) -> None:
    """Settings of GDAL are of the process: one thread must not take them from another."""
    result = synthetic.result()
    alone = gpkg.write([result], tmp_path / "alone.gpkg").read_bytes()
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda i: gpkg.write([result], tmp_path / f"{i}.gpkg"), range(8)))
    assert {path.read_bytes() for path in paths} == {alone}
