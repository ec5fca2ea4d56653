"""Columns that a source spells in several ways."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.sources.values import renamed


def test_two_spellings_of_one_column_are_one_row_by_row():
    table = pd.DataFrame(
        {"access": ["small", None, "large", None], "DOSTEP": [None, "large", "small", None]}
    )
    both, clashes = renamed(table, {"access": "size", "DOSTEP": "size"})
    assert list(both.columns) == ["size"]
    assert both["size"].fillna("-").tolist() == ["small", "large", "large", "-"]
    assert clashes == {"size": 1}
    turned, _ = renamed(table, {"DOSTEP": "size", "access": "size"})
    assert turned["size"].fillna("-").tolist() == ["small", "large", "small", "-"]


def test_a_column_of_the_new_name_comes_first():
    table = pd.DataFrame({"old": [1.0, 2.0], "name": [np.nan, 5.0]})
    both, clashes = renamed(table, {"old": "name"})
    assert both["name"].tolist() == [1.0, 5.0]
    assert clashes == {"name": 1}


def test_equal_values_are_no_clash_and_names_may_be_swapped():
    table = pd.DataFrame({"a": ["x", None], "b": ["x", "y"]})
    assert renamed(table, {"a": "c", "b": "c"})[1] == {}
    swapped, clashes = renamed(table, {"a": "b", "b": "a"})
    assert swapped["b"].fillna("-").tolist() == ["x", "-"]
    assert swapped["a"].tolist() == ["x", "y"]
    assert clashes == {}


def test_a_layer_keeps_its_geometry_and_system():
    frame = gpd.GeoDataFrame(
        {"a": ["x"], "b": [None]}, geometry=[shapely.Point(1, 2)], crs="EPSG:2180"
    )
    both, _ = renamed(frame, {"a": "c", "b": "c", "missing": "d"})
    assert both.crs == frame.crs
    assert both.geometry.iloc[0].equals(shapely.Point(1, 2))
    assert "d" not in both.columns
