"""Direction of trips: as the feed states it, else by the order of stops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.transit import Feed, read_feed

DAY = "2024-10-16"
STEP = 0.01  # degrees of latitude between two places, about 1.1 km


def town_of(
    tmp_path, patterns: dict[str, str], *, stated: dict[str, str] | None = None,
    posts: bool = False, lines: dict[str, str] | None = None, order: list[str] | None = None,
) -> Feed:  # fmt: skip
    """Write and read a feed: trips by name, each the letters of its places in order.

    With ``posts`` every trip calls at posts of its own, some 20 m from the place.
    """
    names = order or list(patterns)
    stops: dict[str, str] = {}
    times = []
    for k, trip in enumerate(names):
        for i, letter in enumerate(patterns[trip]):
            post = f"{letter}_{k}" if posts else letter
            lat = 54 + STEP * (ord(letter) - ord("A")) + (0.00018 * (k % 2) if posts else 0)
            stops[post] = f"{post},{letter},{lat:.6f},18.5"
            times.append(f"{trip},{post},{i},{8 + k:02}:{3 * i:02}:00")
    line_of = lines or dict.fromkeys(patterns, "7")
    told = stated or {}
    tables = {
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", *stops.values()],
        "routes": ["route_id,route_short_name,route_type"]
        + [f"r{x},{x},3" for x in sorted(set(line_of.values()))],
        "trips": ["trip_id,route_id,service_id,direction_id"]
        + [f"{t},r{line_of[t]},W,{told.get(t, '')}" for t in names],
        "stop_times": ["trip_id,stop_id,stop_sequence,departure_time", *times],
        "calendar_dates": ["service_id,date,exception_type", "W,20241016,1"],
    }
    folder = tmp_path / f"f{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    for name, rows in tables.items():
        (folder / f"{name}.txt").write_text("\n".join(rows) + "\n")
    return read_feed(folder)


def directions(feed: Feed) -> dict[str, int]:
    found = feed.departures(DAY)
    assert found["direction"].dtype == np.int8
    per_trip = found.groupby("trip_id", observed=True)["direction"]
    assert (per_trip.nunique() == 1).all()
    return {str(t): int(v) for t, v in per_trip.first().items()}


def same(found: dict[str, int], a: str, b: str) -> bool:
    assert {found[a], found[b]} <= {0, 1}
    return found[a] == found[b]


@pytest.mark.parametrize("posts", [False, True])
def test_opposite_orders_are_opposite_directions(tmp_path, posts):
    found = directions(town_of(tmp_path, {"a": "ABCD", "b": "DCBA", "c": "ABCD"}, posts=posts))
    assert same(found, "a", "c")
    assert not same(found, "a", "b")


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("ABCD", "BC", True),
        ("ABCD", "CB", False),
        ("ABCDEF", "AF", True),  # a fast one
        ("ABCDEF", "FDA", False),
        ("ABCDE", "DECX", False),  # most of the pairs decide
        ("ABHBC", "CBHBA", False),  # in and out of a spur
        ("ABC", "CDE", True),  # one place shared: on, as it heads
        ("CDE", "CBA", False),
        ("ABCDA", "ADCBA", False),  # round the loop and back
        ("ABCDA", "CDABC", True),  # the loop, from another stop
        ("ABCDA", "DAB", True),
        ("ABCDA", "BAD", False),
    ],
)
def test_pairs_of_patterns(tmp_path, first, second, alike):
    found = directions(town_of(tmp_path, {"a": first, "b": second, "c": first}))
    assert same(found, "a", "b") == alike
    assert same(found, "a", "c")


@pytest.mark.parametrize("pattern", ["ABCBA", "ABCDEFCBA", "ABA"])
def test_there_and_back_in_one_trip_has_no_direction(tmp_path, pattern):
    assert directions(town_of(tmp_path, {"a": pattern})) == {"a": -1}


def test_one_way_lines_and_single_loops_have_one_direction(tmp_path):
    assert directions(town_of(tmp_path, {"a": "ABC"})) == {"a": 0}
    assert directions(town_of(tmp_path, {"a": "ABCDA"})) == {"a": 0}


def test_what_the_feed_states_stays_and_the_others_agree_with_it(tmp_path):
    trips = {"a": "ABCD", "b": "DCBA", "c": "ABC", "d": "CB", "e": "ABCD"}
    feed = town_of(tmp_path, trips, stated={"a": "1", "b": "0"})
    assert directions(feed) == {"a": 1, "b": 0, "c": 1, "d": 0, "e": 1}
    table = feed.departures(DAY).drop_duplicates("trip_id").set_index("trip_id")["direction_id"]
    assert table.to_dict() == {"a": 1, "b": 0, "c": -1, "d": -1, "e": -1}


def test_lines_do_not_mix(tmp_path):
    feed = town_of(
        tmp_path, {"a": "ABC", "b": "CBA"}, lines={"a": "1", "b": "2"}, stated={"a": "0"}
    )
    assert directions(feed) == {"a": 0, "b": 0}


def test_a_line_cut_into_branches_is_joined_by_its_longer_trips(tmp_path):
    trips = {"x1": "AB", "x2": "AB", "y1": "ED", "y2": "ED", "whole": "ABCDE"}
    found = directions(town_of(tmp_path, trips))
    assert same(found, "x1", "whole")
    assert not same(found, "y1", "whole")


words = st.lists(
    st.permutations("ABCDEF").flatmap(lambda p: st.integers(2, 6).map(lambda n: "".join(p[:n]))),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words, st.randoms(use_true_random=False))
def test_every_pattern_and_its_reverse_are_opposite_whatever_the_order_of_rows(
    tmp_path_factory, found, random
):
    base = sorted(set(found) - {w[::-1] for w in found if w[::-1] < w})
    trips = {f"f{i}": w for i, w in enumerate(base)}
    trips |= {f"r{i}": w[::-1] for i, w in enumerate(base)}
    folder = tmp_path_factory.mktemp("feeds")
    got = directions(town_of(folder, trips))
    assert all(got[f"f{i}"] + got[f"r{i}"] == 1 for i in range(len(base)))
    mixed = list(trips)
    random.shuffle(mixed)
    again = pd.Series(directions(town_of(folder, trips, order=mixed)))
    first = pd.Series(got)[again.index]
    assert (again == first).all() or (again == 1 - first).all()
