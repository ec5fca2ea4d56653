"""Times between all cells equal those of the search that asks for few targets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.transit.cell_pairs import near_pairs, pair_times
from metrogis.transit.door_search import DoorRules, coordinates, prepare
from metrogis.transit.profile_search import Ticks
from metrogis.transit.vehicles import MICRO


@pytest.mark.parametrize(("longest", "rank"), [(45, 30), (20, 54)])
def test_pairs_are_those_of_travel_times(demo_s, longest: int, rank: int) -> None:
    metro = mg.open_metro(demo_s)
    feed, streets = metro.timetable, metro.streets
    stops = feed.stop_points("EPSG:2180").geometry
    points = stops.iloc[:: len(stops) // 25].translate(60, 40)
    points = gpd.GeoDataFrame(geometry=points.to_numpy(), crs=2180)
    xy = coordinates(points.geometry, points.crs)
    rules = DoorRules(max_time=longest)
    search = prepare(
        feed, "school_day", rules, streets.walk, points.crs, 25200, 25200 + 3600 + longest * 60
    )
    ptr, origin, metres = near_pairs(xy, 15_000.0)
    ticks = Ticks(25200 * MICRO, 60, False)
    found = pair_times(search, search.walker.places(xy, "x"), ptr, origin, ticks, rank)
    share = rank / 60 * 100
    table = mg.travel_times(
        feed, points, points, date="school_day", window=("07:00", "08:00"), percentiles=[share],
        streets=streets, max_time=longest,
    )  # fmt: skip
    want = table[f"p{share:g}"].to_numpy().reshape(len(points), len(points))
    target = np.repeat(np.arange(len(points)), np.diff(ptr))
    other = origin != target
    np.testing.assert_array_equal(found[other], want[origin[other], target[other]])
    assert np.isfinite(found[other]).any()
    assert np.isinf(found[other]).any()
    assert (found[~other & search.walker.places(xy, "x").known[origin]] == 0).all()
    assert len(metres) == len(origin)


points = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(points, st.sampled_from([0.0, 1.0, 5.0, np.nextafter(5.0, 0) - 1e-6, 13.0]))
def test_near_pairs_are_all_within_the_limit(places, limit: float) -> None:
    xy = np.array(places, float)
    ptr, origin, metres = near_pairs(xy, limit)
    found = {
        (int(o), j): m
        for j in range(len(xy))
        for o, m in zip(origin[ptr[j] : ptr[j + 1]], metres[ptr[j] : ptr[j + 1]], strict=True)
    }
    gap = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    want = {(i, j): gap[i, j] for i in range(len(xy)) for j in range(len(xy)) if gap[i, j] <= limit}
    assert found.keys() == want.keys()
    assert all(np.isclose(found[k], want[k]) for k in want)
