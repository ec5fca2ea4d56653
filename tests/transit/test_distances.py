"""Distances of stops along a trip: shapes that meet themselves, gaps in the feed's own numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrogis.transit import read_feed
from metrogis.transit.distances import _filled, _in_order

STOPS = (
    "stop_id,stop_name,stop_lat,stop_lon\n"
    "A,a,54.600,18.230\nB,b,54.610,18.230\nC,c,54.610,18.240\nD,d,54.600,18.240\n"
)
SHAPE = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
K = np.cos(np.radians(54.605))


def seconds(feed, trip="t1"):
    d = feed.departures("2024-10-16")
    d = d[d["trip_id"] == trip]
    return dict(zip(d["stop_id"].astype(str), d["seconds"].tolist(), strict=True))


def calls(*rows, dist=False):
    head = "trip_id,departure_time,stop_id,stop_sequence" + ",shape_dist_traveled" * dist
    return head + "\n" + "".join(f"t1,{row}\n" for row in rows)


def test_a_loop_that_ends_where_it_starts(town, write):
    # two blocks: north 1 (in units of a degree's hundredth), east 1 K, south 1, west 1 K, and back
    town["stops"] = STOPS
    town["shapes"] = SHAPE + (
        "S,54.600,18.230,1\nS,54.610,18.230,2\nS,54.610,18.240,3\nS,54.600,18.240,4\n"
        "S,54.600,18.230,5\n"
    )
    town["stop_times"] = calls("8:00:00,A,1", ",B,2", ",D,3", "9:00:00,A,4")
    feed = read_feed(write(town))
    whole = 2 + 2 * K
    assert seconds(feed)["B"] == pytest.approx(28800 + 3600 / whole, abs=2)
    assert seconds(feed)["D"] == pytest.approx(28800 + 3600 * (2 + K) / whole, abs=2)
    assert any("along the shape" in r.what.en for r in feed.audit)


def test_a_road_driven_both_ways(town, write):
    # out to B and back, then on to D: A lies beside the shape twice
    town["stops"] = STOPS.replace("C,c,54.610,18.240", "C,c,54.600,18.2301")
    town["shapes"] = SHAPE + (
        "S,54.600,18.230,1\nS,54.610,18.230,2\nS,54.600,18.230,3\nS,54.600,18.240,4\n"
    )
    town["stop_times"] = calls("8:00:00,A,1", ",B,2", ",C,3", "9:00:00,D,4")
    found = seconds(read_feed(write(town)))
    whole = 2 + K
    assert found["B"] == pytest.approx(28800 + 3600 / whole, abs=2)
    assert found["C"] == pytest.approx(28800 + 3600 * (2 + 0.01 * K) / whole, abs=2)


def test_a_shape_of_another_way_is_not_used(town, write):
    town["stops"] = STOPS
    town["shapes"] = SHAPE + "S,54.610,18.230,1\nS,54.600,18.230,2\n"  # the wrong way round
    town["stop_times"] = calls("8:00:00,A,1", ",B,2", "9:00:00,C,3")
    feed = read_feed(write(town))
    assert any("between stops" in r.what.en for r in feed.audit)
    assert seconds(feed)["B"] == pytest.approx(28800 + 3600 / (1 + K), abs=2)


def test_gaps_in_the_feeds_own_distances(town, write):
    town["stops"] = STOPS
    town.pop("shapes")
    # A 0, B 90, C blank, D 100: C is half way from B to D by... the straight lines, K : 1
    town["stop_times"] = calls("8:00:00,A,1,0", ",B,2,90", ",C,3,", "8:10:00,D,4,100", dist=True)
    found = seconds(read_feed(write(town)))
    assert found["B"] == 28800 + 540
    assert found["C"] == pytest.approx(28800 + 540 + 60 * K / (1 + K), abs=1)


def test_an_unreadable_time_uses_the_feeds_distances(town, write):
    town["stops"] = STOPS
    town["stop_times"] = calls("8:00:00,A,1,0", "xx:yy,B,2,75", "8:10:00,D,4,100", dist=True)
    assert seconds(read_feed(write(town)))["B"] == 28800 + 450


def test_filled_keeps_what_is_there() -> None:
    nan = np.nan
    own = np.array([0, nan, nan, 30, nan, 50])
    assert _filled(own, np.array([0, 1, 2, 4, 4, 4.0])).tolist() == [0, 7.5, 15, 30, 40, 50]
    assert _filled(np.array([nan, 1.0, 2]), np.arange(3.0)) is None
    assert _filled(np.array([0.0, nan, -1]), np.arange(3.0)) is None
    assert _filled(np.array([0.0, nan, 1]), np.array([0, nan, 1])) is None


@settings(max_examples=60, deadline=None)
@example([(0, 0), (4, 2)], [(4, 3), (2, 6)])
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=6),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=4),
)
def test_places_in_order_are_the_nearest_that_can_be(corners, stops) -> None:
    corners = [c for c, _ in itertools.groupby(corners)]
    if len(corners) < 2:
        return
    line = shapely.LineString(np.array(corners, float))
    points = np.array(stops, float)
    found = _in_order(line, points)
    # brute force: of every point the nearest place of each segment
    xy = np.array(corners, float)
    segments = [shapely.LineString(xy[i : i + 2]) for i in range(len(xy) - 1)]
    begin = np.concatenate([[0], np.cumsum([s.length for s in segments])])
    best = np.inf
    for pick in itertools.product(range(len(segments)), repeat=len(points)):
        at = [
            begin[k] + segments[k].project(shapely.Point(p))
            for k, p in zip(pick, points, strict=True)
        ]
        order = all(a <= b + 1e-9 and i <= j for a, b, i, j in zip(
            at, at[1:], pick, pick[1:], strict=False))  # fmt: skip
        if order:
            best = min(best, sum(
                segments[k].distance(shapely.Point(p)) ** 2
                for k, p in zip(pick, points, strict=True)))  # fmt: skip
    if found is None:
        assert np.isinf(best)
        return
    assert (np.diff(found) >= -1e-9).all()
    cost = sum(
        line.interpolate(d).distance(shapely.Point(p)) ** 2
        for d, p in zip(found, points, strict=True)
    )
    assert cost == pytest.approx(best, abs=1e-6)
