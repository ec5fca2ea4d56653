"""Rectangles kept as numbers answer as their polygons do."""

from __future__ import annotations

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.array import GeometryArray
from hypothesis import given
from hypothesis import strategies as st

from metrogis.boxes import BoxArray, boxes_of, polygons

CRS = "EPSG:2180"
place = st.floats(-1e6, 1e6, allow_nan=False)
side = st.floats(0.001, 1e5) | st.floats(-1e5, -0.001)
several = st.lists(st.tuples(place, place, side, side), min_size=1, max_size=8)


def corners_of(rows: Any) -> Any:
    x, y, wide, high = np.array(rows, float).T
    return np.column_stack([x, y, x + wide, y + high])


def frame(corners: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"n": range(len(corners))}, geometry=BoxArray(corners, CRS))


@given(several)
def test_bounds_and_areas_are_those_of_the_polygons_to_the_last_bit(rows):
    corners = corners_of(rows)
    boxes, shapes = BoxArray(corners, CRS), polygons(corners)
    assert boxes.area.tolist() == shapely.area(shapes).tolist()
    assert boxes.bounds.tolist() == shapely.bounds(shapes).tolist()
    assert boxes.total_bounds.tolist() == shapely.total_bounds(shapes).tolist()
    assert boxes.isna().tolist() == boxes.is_empty.tolist() == [False] * len(rows)
    assert boxes.is_valid.all()
    assert not boxes.is_drawn
    assert shapely.to_wkb(np.asarray(boxes)).tolist() == shapely.to_wkb(shapes).tolist()


SELECTIONS = {
    "mask": lambda f: f[f["n"] > 0],
    "rows": lambda f: f.iloc[[2, 0]],
    "slice": lambda f: f.iloc[1:],
    "copy": lambda f: f.copy(),
    "column": lambda f: f.assign(more=1).reset_index(drop=True),
    "crs": lambda f: f.set_crs("EPSG:2180", allow_override=True),
    "both": lambda f: pd.concat([f, f], ignore_index=True),
    "pickle": lambda f: pickle.loads(pickle.dumps(f)),
    "order": lambda f: f.sort_values("n", ascending=False),
}


@pytest.mark.parametrize("how", SELECTIONS)
def test_selections_stay_numbers_and_are_those_of_polygons(how):
    corners = corners_of([(0, 0, 10, 10), (10, 0, 10, 10), (20, 0, 5, -5)])
    found = SELECTIONS[how](frame(corners))
    plain = SELECTIONS[how](gpd.GeoDataFrame({"n": range(3)}, geometry=polygons(corners), crs=CRS))
    assert boxes_of(found) is not None
    assert not found.geometry.array.is_drawn
    assert found.crs == plain.crs
    assert found.geometry.geom_equals(plain.geometry).all()
    assert boxes_of(plain) is None


def test_what_needs_polygons_gets_them():
    boxes = frame(corners_of([(500_000, 500_000, 10, 10), (500_010, 500_000, 10, 10)]))
    assert boxes.union_all().area == 200
    assert boxes.to_crs(4326).total_bounds == pytest.approx([19.0, 52.5, 19.0, 52.5], abs=1.0)
    assert boxes.geometry.iloc[1].bounds == (500_010, 500_000, 500_020, 500_010)
    missing = boxes.reindex([0, 7])
    assert missing.geometry.isna().tolist() == [False, True]


def test_a_polygon_put_among_rectangles_counts():
    boxes = frame(corners_of([(0, 0, 10, 10), (10, 0, 10, 10)]))
    boxes.loc[1, "geometry"] = shapely.Point(3, 3).buffer(1)
    assert boxes_of(boxes) is None
    assert boxes.geometry.array.area[1] == pytest.approx(np.pi, rel=0.02)
    assert boxes.geometry.array.bounds[1].tolist() == [2, 2, 4, 4]


def test_beside_polygons_rectangles_become_polygons():
    boxes = BoxArray(corners_of([(0, 0, 1, 1)]), CRS)
    other = GeometryArray(np.array([shapely.Point(0, 0)], object), CRS)
    for parts in ([boxes, other], [other, boxes]):
        found = pd.concat([gpd.GeoSeries(part) for part in parts], ignore_index=True)
        assert sorted(found.geom_type) == ["Point", "Polygon"]


def test_none_at_all():
    empty = frame(np.zeros((0, 4)))
    assert len(empty) == 0
    assert empty.geometry.array.area.tolist() == []
    assert np.isnan(empty.total_bounds).all()
