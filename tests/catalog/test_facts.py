"""What is counted in a layer: rows by municipality, rows elsewhere, rows that repeat others."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely import Point, box

from metrogis.catalog.facts import Facts, facts_of

A, B = "2261011", "2262011"


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    shapes = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    return gpd.GeoDataFrame({"teryt": [A, B], "name": ["A", "B"]}, geometry=shapes, crs=2180)


def test_a_zone_that_only_meets_the_border_is_not_across_it(municipalities):
    zones = gpd.GeoDataFrame(
        geometry=[box(500, 0, 1000, 9), box(500, 0, 1001, 9), box(5000, 0, 5001, 1), None], crs=2180
    )
    facts = facts_of(zones, municipalities)
    assert (facts.there, facts.elsewhere) == ({A: 2, B: 1}, 1)


def test_a_point_on_the_border_is_in_both(municipalities):
    facts = facts_of(
        gpd.GeoDataFrame(geometry=[Point(1000, 5), Point(9, 9)], crs=2180), municipalities
    )
    assert (facts.there, facts.elsewhere) == ({A: 2, B: 1}, 0)


@pytest.mark.parametrize(
    ("code", "there"),
    [(A, {A: 1, B: 0}), ("*", {A: 1, B: 1}), ("2262", {A: 0, B: 1}), ("22", {A: 1, B: 1}),
     ("0264011", {A: 0, B: 0}), ("", {A: 0, B: 0}), (None, {A: 0, B: 0})],
)  # fmt: skip
def test_a_row_names_one_all_or_those_of_a_county(municipalities, code, there):
    table = pd.DataFrame({"teryt": [code]})
    facts = facts_of(table, municipalities, wide=True)
    assert (facts.there, facts.elsewhere) == (there, 0 if any(there.values()) else 1)
    own = facts_of(table, municipalities)
    assert sum(own.there.values()) == (code == A)


def test_a_flow_counts_once_at_each_of_its_ends(municipalities):
    flows = pd.DataFrame({"origin": [A, A, B, "x"], "destination": [A, B, "x", "x"]})
    facts = facts_of(flows, municipalities)
    assert (facts.there, facts.elsewhere) == ({A: 2, B: 2}, 1)


def test_a_code_that_differs_in_its_kind_is_a_guess(municipalities):
    facts = facts_of(pd.DataFrame({"teryt": ["2261013", B]}), municipalities)
    assert (facts.there, facts.guessed) == ({A: 1, B: 1}, 1)


def test_valid_cells_are_counted_by_their_middle(municipalities):
    valid = np.ones((2, 5), bool)
    valid[0, 0] = False
    grid = SimpleNamespace(
        valid=valid, transform=Affine(500, 0, 0, 0, -500, 1000), crs=municipalities.crs
    )
    facts = facts_of(grid, municipalities)
    assert (facts.there, facts.elsewhere) == ({A: 3, B: 4}, None)


def test_a_repeated_row_is_equal_in_all_columns_and_in_geometry(municipalities):
    frame = gpd.GeoDataFrame(
        {"name": ["a", "a", "a", "b"], "list": [[1], [1], [2], [1]]},
        geometry=[Point(1, 1), Point(1, 1), Point(1, 1), Point(1, 1)], crs=2180,
    )  # fmt: skip
    assert facts_of(frame, municipalities).duplicates == 1
    assert facts_of(frame.assign(list=1), municipalities).duplicates == 2
    assert facts_of(frame.iloc[:0], municipalities).duplicates == 0


def test_without_boundaries_or_places_nothing_is_counted_by_municipality(municipalities):
    points = gpd.GeoDataFrame(geometry=[Point(1, 1)], crs=2180)
    assert facts_of(points, None) == Facts(1, "EPSG:2180", duplicates=0)
    assert facts_of(pd.DataFrame({"first": ["2024-08-01"]}), municipalities) == Facts(
        1, None, duplicates=0
    )
    assert facts_of(object(), municipalities) == Facts(None, None)
