"""Every map shows where it knows: land of which a view does not know is hatched beneath it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.checks.contract import Column, Ground, Result, knowledge
from metrogis.maps import ground, layers, page
from metrogis.maps.legend import legend_of
from metrogis.texts import both

NONE, PART = "none", "part"


def state(share: float) -> str | None:
    """Return what land of a known share is: in words of its own, beside the code's."""
    return None if share == 1 else NONE if share == 0 else PART


EDGES = [
    (True, 1.0),
    (False, 0.0),
    (None, 0.0),
    (np.bool_(True), 1.0),
    ("true", 1.0),
    ("unknown", 0.0),
    ("no", 0.0),
    (pd.NA, 0.0),
    (float("nan"), 0.0),
]
SHARES = [
    (0.0, 0.0),
    (1.0, 1.0),
    (0.5, 0.5),
    (1 - 1e-9, 1.0),
    (1e-9, 0.0),
    (0.999, 0.999),
    (0.001, 0.001),
    (1.5, 1.0),
    (-0.2, 0.0),
    (float("nan"), 0.0),
    (float("inf"), 0.0),
]


@pytest.mark.parametrize(("value", "share"), EDGES)
def test_a_flag_that_is_not_true_knows_nothing(value: Any, share: float):
    assert knowledge.known_shares(pd.Series([value], dtype=object)).tolist() == [share]
    assert knowledge.known_shares(pd.Series([value], dtype=object), flag=True).tolist() == [share]


@pytest.mark.parametrize(("value", "share"), SHARES)
def test_a_share_is_whole_only_at_one(value: float, share: float):
    assert knowledge.known_shares(pd.Series([value])).tolist() == [share]
    assert knowledge.known_shares(pd.Series([value], dtype=object)).tolist() == [share]
    flag = knowledge.known_shares(pd.Series([value]), flag=True).tolist()
    assert flag == [float(value == 1)]


@given(st.lists(st.sampled_from([v for v, _ in EDGES[:4]]), min_size=1, max_size=9))
def test_the_type_of_a_flag_column_changes_nothing(values: list[Any]):
    plain = knowledge.known_shares(pd.Series(values, dtype=object)).tolist()
    nullable = pd.Series([None if v is None else bool(v) for v in values], dtype="boolean")
    assert knowledge.known_shares(nullable).tolist() == plain
    assert knowledge.known_shares(nullable, flag=True).tolist() == plain


def with_ground(result: Result, *views: tuple[str, Ground | None]) -> Result:
    """Return the result with these grounds under the views of these tables."""
    given = dict(views)
    changed = tuple(replace(v, ground=given.get(v.table)) for v in result.check.views)
    return replace(result, check=replace(result.check, views=changed))


def data_of(result: Result) -> Any:
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    return json.loads(page.map_data(result, web, layers.ground_of(result), "en"))


def test_land_is_hatched_where_the_column_is_not_one(synthetic: Any):
    result = synthetic.result()
    by_table = {layer.view.table: layer for layer in layers.build(result)}
    assert by_table["municipalities"].land is None
    assert by_table["cells"].land is None
    nothing, part = by_table["links"].land.parts
    assert (nothing.places, part.places) == ([9, 10], [8])
    assert nothing.km2 == pytest.approx(2 * 36)
    (covered,) = by_table["stops"].land.parts
    assert covered.places == [9, 10, 11]
    assert [(e.label, e.count) for e in legend_of(by_table["links"], "en").land] == [
        ("no data here", "72.0 km²"),
        ("data incomplete here", "36.0 km²"),
    ]
    assert [e.label for e in legend_of(by_table["stops"], "pl").land] == ["tu brak danych"]
    assert legend_of(by_table["cells"], "en").land == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop(columns="known_share"),
        lambda frame: frame.assign(known_share=1.0),
        lambda frame: frame.assign(known_share=True),
        lambda frame: frame.iloc[:0],
    ],
    ids=["no column", "all known", "all true", "no rows"],
)
def test_nothing_is_drawn_where_all_is_known_or_nothing_is_said(synthetic: Any, change: Any):
    result = with_ground(synthetic.result(), ("links", Ground("known_share")))
    result = replace(result, municipalities=change(result.municipalities))
    layer = layers.build(result, view="links")[0]
    assert layer.land is None
    assert legend_of(layer, "en").land == ()


def test_geometry_of_municipalities_is_on_a_page_once(synthetic: Any):
    data = data_of(synthetic.result())
    assert [part["of"] for land in data["land"] for part in land] == [[9, 10], [8], [9, 10, 11]]
    assert all(part["shapes"] == [] for land in data["land"] for part in land)
    assert [layer["land"] for layer in data["layers"]] == [None, None, 0, 1]
    assert len(data["ground"]) == 12


def test_views_of_one_ground_share_one_hatch(synthetic: Any):
    same = Ground("covered")
    data = data_of(with_ground(synthetic.result(), ("links", same), ("stops", same)))
    assert len(data["land"]) == 1
    assert [layer["land"] for layer in data["layers"]] == [None, None, 0, 0]


def test_ground_of_another_table_brings_its_own_shapes(synthetic: Any):
    result = synthetic.result()
    result.features["cells"]["known"] = np.arange(144) >= 30
    result = with_ground(result, ("stops", Ground("known", "cells")))
    (land,) = data_of(result)["land"]
    assert [part["of"] for part in land] == [[]]
    shape = shapely.from_geojson(json.dumps(land[0]["shapes"][0]))
    metric = gpd.GeoSeries([shape], crs="EPSG:4326").to_crs("EPSG:2180").iloc[0]
    assert metric.area == pytest.approx(30 * 2000.0**2, rel=0.01)


def test_a_municipality_without_shape_leaves_the_others_where_they_are(synthetic: Any):
    result = synthetic.result()
    shapes = result.municipalities.geometry.to_numpy().copy()
    shapes[2], shapes[10] = shapely.Polygon(), None
    frame = result.municipalities.set_geometry(
        gpd.GeoSeries(shapes, result.municipalities.index, crs="EPSG:2180")
    )
    result = replace(result, municipalities=frame)
    data = data_of(result)
    assert len(data["ground"]) == 10
    west = [
        min(x for x, _ in data["ground"][i]["coordinates"][0]) for i in data["land"][0][0]["of"]
    ]
    hatched = gpd.GeoSeries(shapes[[9]], crs="EPSG:2180").to_crs("EPSG:4326").total_bounds[0]
    assert west == pytest.approx([hatched], abs=1e-4)
    assert len(data["places"]) == 10
    assert 0 < result.known_share < 1


def test_all_without_shape_is_a_map_of_nothing(synthetic: Any):
    result = synthetic.result()
    empty = gpd.GeoSeries([shapely.Polygon()] * 12, result.municipalities.index, crs="EPSG:2180")
    result = replace(result, municipalities=result.municipalities.set_geometry(empty))
    data = data_of(result)
    assert data["ground"] == data["land"] == data["places"] == []
    assert result.known_share == 1.0
    assert data["opening"] is None


# --------------------------------------------------------------------------- where a map opens


def known_only(synthetic: Any, known: list[int], kind: str = "share") -> Result:
    """Return a result of 12 equal municipalities of which only these are known."""
    result = synthetic.result()
    shares = np.isin(np.arange(12), known)
    result.municipalities["known_share"] = shares if kind == "flag" else shares.astype(float)
    return with_ground(result, ("links", Ground("known_share")))


@pytest.mark.parametrize("kind", ["flag", "share"])
def test_a_map_opens_on_the_known_part_when_more_than_half_is_unknown(synthetic: Any, kind: str):
    result = known_only(synthetic, [0, 1, 4], kind)
    assert result.known_share == pytest.approx(0.25)
    opening = data_of(result)["opening"]
    (south, west), (north, east) = opening
    there = result.municipalities.iloc[[0, 1, 4]].to_crs("EPSG:4326").total_bounds
    assert np.allclose([west, south, east, north], there, atol=2e-3)


def test_half_is_not_more_than_half(synthetic: Any):
    result = known_only(synthetic, [0, 1, 2, 3, 4, 5])
    assert result.known_share == pytest.approx(0.5)
    assert not result.mostly_unknown
    assert data_of(result)["opening"] is None
    assert known_only(synthetic, [0, 1, 2, 3, 4]).mostly_unknown


def test_a_map_of_which_nothing_is_known_opens_on_the_whole(synthetic: Any):
    result = known_only(synthetic, [])
    assert result.known_share == 0
    assert result.mostly_unknown
    assert data_of(result)["opening"] is None


def test_a_known_part_as_wide_as_the_whole_is_the_whole(synthetic: Any):
    assert data_of(known_only(synthetic, [0, 11]))["opening"] is None


def test_without_a_ground_the_rows_of_the_first_view_say_it(synthetic: Any):
    result = synthetic.result()
    result = with_ground(result)
    result.municipalities["white_share"] = [0.5, 0.0, *[np.nan] * 10]
    assert result.known_share == pytest.approx(2 / 12)
    (_, west), (_, east) = data_of(result)["opening"]
    there = result.municipalities.iloc[:2].to_crs("EPSG:4326").total_bounds
    assert (west, east) == pytest.approx((there[0], there[2]), abs=2e-3)


def test_unknown_categories_count_as_unknown(synthetic: Any):
    result = with_ground(synthetic.result())
    views = tuple(v for v in result.check.views if v.table == "cells")
    result = replace(result, check=replace(result.check, views=views))
    result.features["cells"]["state"] = ["unknown"] * 100 + [None] + ["white"] * 43
    assert result.known_share == pytest.approx(43 / 144)


def test_points_and_lines_are_weighted_by_number_and_length():
    lines = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 0), (n, 0)]) for n in (1, 3)], crs="EPSG:2180"
    )
    assert knowledge.weighted_share(lines, [1, 0]) == 0.25
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), crs="EPSG:2180")
    assert knowledge.weighted_share(points, [1, 0, 0]) == pytest.approx(1 / 3)
    assert knowledge.weighted_share(points.iloc[:0], []) == 1.0


def test_a_declared_flag_is_read_as_one(synthetic: Any):
    tables = {"municipalities": pd.DataFrame({"covered": [1.0, 0.5, np.nan]})}
    declared = {"municipalities": {"covered": Column(both("a"), kind="flag")}}
    assert Ground("covered").shares(tables, declared).tolist() == [1.0, 0.0, 0.0]
    assert Ground("covered").shares(tables, {}).tolist() == [1.0, 0.5, 0.0]
    assert Ground("elsewhere").shares(tables, {}) is None
    assert Ground("covered", "cells").shares(tables, {}) is None


def test_the_area_of_land_is_written_with_fitting_digits():
    assert [ground.area(v, "en") for v in (0.123, 9.99, 1234.5)] == [
        "0.12 km²", "10.0 km²", "1,234 km²",
    ]  # fmt: skip
