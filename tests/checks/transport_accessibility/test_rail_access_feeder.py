"""Minutes served by feeders, against a count of every minute of every boarding."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.checks.transport_accessibility.rail_access.entries import (
    Entries,
    Events,
    _boardings,
    entries_of,
    pareto,
)
from metrogis.checks.transport_accessibility.rail_access.minutes import covered, minutes_of
from metrogis.transit.vehicles import MICRO, Vehicles
from metrogis.transit.walking import links_of

WINDOWS = ((6 * 3600, 7 * 3600), (15 * 3600, 15 * 3600 + 1800))
MINUTES = minutes_of(WINDOWS)

ENTRY = st.tuples(
    st.integers(0, 3),  # stop
    st.integers(0, 2),  # station
    st.sampled_from([6, 15]).flatmap(lambda h: st.integers(h * 3600 - 300, h * 3600 + 4500)),
    st.integers(0, 2400),  # seconds from the boarding to the train
)
LINK = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 900))


def entries(rows: list[tuple[int, int, int, int]]) -> Entries:
    a = np.array(rows, np.int64).reshape(-1, 4)
    return Entries(
        a[:, 0], a[:, 1], a[:, 2] * MICRO, (a[:, 2] + a[:, 3]) * MICRO, np.zeros(len(a), np.int64)
    )


def links(rows: list[tuple[int, int, int]]) -> Any:
    a = np.array(rows, np.int64).reshape(-1, 3)
    return links_of(a[:, 0], a[:, 1], a[:, 2] * MICRO, np.zeros(len(a)), 3)


def plain(rows: Any, walks: Any, longest: float) -> list[tuple[int, dict[int, int]]]:
    """Minutes by home, and by home and station."""
    out = []
    for home in range(3):
        any_, by = 0, dict.fromkeys(range(3), 0)
        for m in (MINUTES // MICRO).tolist():
            led = {
                station
                for h, s, walk in walks if h == home
                for stop, station, leaves, wait in rows if stop == s
                if m + walk <= leaves and leaves + wait - m <= longest * 60
            }  # fmt: skip
            any_ += bool(led)
            for station in led:
                by[station] += 1
        out.append((any_, by))
    return out


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ENTRY, max_size=12), walks=st.lists(LINK, max_size=8),
       longest=st.sampled_from([5.0, 12.5, 30.0]))  # fmt: skip
def test_minutes_are_those_of_a_plain_count(rows: Any, walks: Any, longest: float) -> None:
    every = entries(rows)
    for given_ in (every, pareto(every)):
        found = covered(given_, links(walks), MINUTES, longest)
        for home, (any_, by) in enumerate(plain(rows, walks, longest)):
            assert found.minutes[home] == any_
            station = found.station[home]
            assert (station == -1) == (any_ == 0)
            if any_:
                assert by[int(station)] == max(by.values())


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ENTRY, max_size=8), more=st.lists(ENTRY, max_size=4),
       walks=st.lists(LINK, max_size=6))  # fmt: skip
def test_a_departure_more_never_takes_a_minute_away(rows: Any, more: Any, walks: Any) -> None:
    less = covered(entries(rows), links(walks), MINUTES, 20.0).minutes
    with_more = covered(entries([*rows, *more]), links(walks), MINUTES, 20.0).minutes
    assert (with_more >= less).all()


def chain(times: list[int], board: list[bool] | None = None) -> Vehicles:
    """One vehicle from stop 0 on, a ride between each two stops."""
    n = len(times) - 1
    at = np.array(times, np.int64) * MICRO
    ptr = np.concatenate([np.arange(n), [n - 1]]).astype(np.int64)
    return Vehicles(
        np.arange(n), np.arange(1, n + 1), at[:-1], at[1:], ptr, np.arange(1, n),
        np.ones(n, bool) if board is None else np.array(board), np.ones(n, bool),
        np.zeros(n, np.int64),
    )  # fmt: skip


def test_boardings_are_all_stops_before_the_station_within_the_time() -> None:
    rides = chain([0, 600, 1200, 1800], [True, False, True])
    own = np.ones(3, bool)
    event = Events(np.array([2]), np.array([7]), np.array([2000 * MICRO]))
    found = entries_of(rides, own, event, 60)
    assert found.stop.tolist() == [0, 2]  # nobody gets in at stop 1
    assert found.station.tolist() == [7, 7]
    # 2000 s from the first stop: exactly so many minutes are enough, a little less are not
    assert len(entries_of(rides, own, event, 2000 / 60).stop) == 2
    assert entries_of(rides, own, event, 1999 / 60).stop.tolist() == [2]
    assert not len(entries_of(rides, ~own, event, 60).stop)


def test_of_vehicles_joined_again_and_again_no_ride_is_lost_and_none_comes_twice() -> None:
    """Fifty times two vehicles part and join: 2 ** 50 ways back, and 101 rides."""
    pairs = 50
    n = 2 * pairs + 1
    before: list[list[int]] = [[]]
    for k in range(pairs):
        above = [2 * k - 1, 2 * k] if k else [0]
        before += [above, above]
    ptr = np.cumsum([0, *map(len, before)])
    event, ride = _boardings(
        np.array([n - 1]), np.array([0]), np.zeros(n, np.int64), np.ones(n, bool),
        ptr.astype(np.int64), np.array([r for row in before for r in row], np.int64), 1,
    )  # fmt: skip
    assert sorted(ride.tolist()) == [*range(n - 2), n - 1]
    assert not event.any()
    # a wide junction: more rides before the last one than any fixed stack
    many = 10_000
    ptr = np.zeros(many + 2, np.int64)
    ptr[-1] = many
    event, ride = _boardings(
        np.array([many]), np.array([0]), np.zeros(many + 1, np.int64), np.ones(many + 1, bool),
        ptr, np.arange(many), 1,
    )  # fmt: skip
    assert len(ride) == many + 1


def test_an_entry_that_a_later_one_beats_is_left_out() -> None:
    found = pareto(entries([(0, 0, 100, 50), (0, 0, 120, 30), (0, 1, 100, 90), (0, 0, 90, 10)]))
    rows = list(zip((found.departure // MICRO).tolist(), (found.train // MICRO).tolist(),
                    found.station.tolist(), strict=True))  # fmt: skip
    # the one at 100 arrives with the one at 120; the one at 90 catches an earlier train
    assert rows == [(120, 150, 0), (90, 100, 0), (100, 190, 1)]


def test_minutes_of_the_windows() -> None:
    assert len(MINUTES) == 90
    assert MINUTES[0] == 6 * 3600 * MICRO
    assert MINUTES[60] == 15 * 3600 * MICRO
