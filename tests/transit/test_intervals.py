"""Count and waiting intervals: the values of section 5.2 of the methods, and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.transit import count_interval, intervals, waiting_interval

H, M = 3600, 60
AARAU = [h * H + m * M for h in range(6, 20) for m in (3, 7, 33, 37)]


def test_one_departure_in_the_hour():
    assert waiting_interval([6 * H + 35 * M], 6 * H, 7 * H, 7 * H + 15 * M) == 2600
    assert waiting_interval([6 * H + 35 * M, 7 * H + 15 * M], 6 * H, 7 * H) == 2600


def test_quarter_hours_that_start_late():
    every = list(range(9 * H, 16 * H + 45 * M + 1, 15 * M))
    assert waiting_interval(every, 8 * H + 40 * M, 16 * H + 40 * M) == 918.75


def test_aarau():
    assert count_interval(AARAU, 6 * H, 20 * H) / M == 15.0
    assert round(waiting_interval(AARAU, 6 * H, 20 * H) / M, 2) == 23.07


def test_halved():
    assert count_interval(AARAU, 6 * H, 20 * H, halve=True) / M == 30.0


def test_window_is_half_open():
    assert count_interval([0, 3600], 0, 3600) == 3600
    assert count_interval([3600], 0, 3600) == math.inf


@pytest.mark.parametrize(
    ("departures", "tau"),
    [
        ([0], 3600),  # at the start: inside
        ([0, 1200, 2400], 1200),
        ([3600], math.inf),  # at the end: outside, but the next departure
        ([1200, 3600], 2000),
        ([1200, 3600, 5000], 2000),  # of later ones the first
        ([1200, 3599], (1200**2 + 2399**2 + 1201**2 - 1200**2) / 3600),
        ([-1, 1200, 3601], (1200**2 + 2401**2 - 1) / 3600),
    ],
)
def test_departures_at_the_ends_of_the_window(departures, tau):
    assert waiting_interval(departures, 0, 3600) == pytest.approx(tau, rel=1e-12)
    table = pd.DataFrame({"stop_id": "A", "seconds": departures})
    assert intervals(table, 0, 3600)["waiting_interval"].item() == pytest.approx(tau, rel=1e-12)
    inside = sum(0 <= d < 3600 for d in departures)
    assert intervals(table, 0, 3600)["departures"].item() == inside
    assert count_interval(departures, 0, 3600) == (3600 / inside if inside else math.inf)


def test_the_next_departure_may_leave_at_the_end_of_the_window():
    assert waiting_interval([1200], 0, 3600, 3600) == 2000


def test_departures_may_come_one_by_one():
    assert waiting_interval(iter([0, 1200, 2400]), 0, 3600) == 1200


def test_groups_are_halved_as_one_stop_is():
    table = pd.DataFrame({"stop_id": ["A"] * 4, "seconds": [0, 900, 1800, 2700]})
    found = intervals(table, 0, 3600, halve=True)
    assert found["count_interval"].tolist() == [1800.0]
    assert found["waiting_interval"].tolist() == [900.0]  # never halved


def test_groups_are_those_that_are_there_in_order_also_without_a_name():
    names = pd.Categorical(["B", "A", None], categories=["A", "B", "C"])
    found = intervals(pd.DataFrame({"stop_id": names, "seconds": [0, 600, 1200]}), 0, 3600)
    assert found.index[:2].tolist() == ["A", "B"]
    assert len(found) == 3
    assert found["departures"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("departures", [[], [7200.0], pd.DataFrame({"seconds": []})])
def test_nothing_in_the_window_is_infinite(departures):
    assert count_interval(departures, 0, 3600) == math.inf
    assert waiting_interval(departures, 0, 3600) == math.inf


def test_single_departure_without_next_repeats_after_the_window():
    assert waiting_interval([600], 0, 3600) == 3600


@pytest.mark.parametrize(
    ("departures", "start", "end", "following"),
    [([1], 10, 10, None), ([1], 10, 5, None), ([1], 0, 10, 9), (["x"], 0, 10, None),
     ([math.nan], 0, 10, None), ([1], math.nan, 10, None)],
)  # fmt: skip
def test_senseless_input_is_one_error(departures, start, end, following):
    with pytest.raises(ParameterError):
        waiting_interval(departures, start, end, following)


times = st.lists(st.integers(0, 3 * H), min_size=1, max_size=30)


@given(times)
def test_waiting_is_twice_the_mean_wait(departures):
    """Against a passenger who comes at every second's middle and waits for the next vehicle."""
    start, end = H, 2 * H
    inside = sorted(d for d in departures if start <= d < end)
    if not inside:
        assert waiting_interval(departures, start, end) == math.inf
        return
    later = [d for d in departures if d >= end]
    x = np.array([*inside, min([inside[0] + H, *later])], dtype=float)
    come = np.arange(start, end) + 0.5
    wait = x[np.searchsorted(x, come)] - come
    assert waiting_interval(departures, start, end) == pytest.approx(2 * wait.mean(), rel=1e-9)


@given(times)
def test_waiting_is_never_below_the_mean_gap_and_order_is_free(departures):
    tau = waiting_interval(departures, 0, 3 * H + 1)
    assert tau == waiting_interval(departures[::-1], 0, 3 * H + 1)
    assert tau >= count_interval(departures, 0, 3 * H + 1) * (1 - 1e-12)


edges = st.sampled_from([H - 1, H, H + 1, 2 * H - 1, 2 * H, 2 * H + 1])


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3 * H) | edges), max_size=40))
def test_groups_equal_one_by_one(rows):
    table = pd.DataFrame(rows, columns=["stop_id", "seconds"])
    found = intervals(table, H, 2 * H)
    assert set(found.index) == set(table["stop_id"])
    for stop, row in found.iterrows():
        own = table.loc[table["stop_id"] == stop, "seconds"]
        assert row["count_interval"] == pytest.approx(count_interval(own, H, 2 * H))
        assert row["waiting_interval"] == pytest.approx(waiting_interval(own, H, 2 * H))
        assert row["departures"] == ((own >= H) & (own < 2 * H)).sum()


def test_groups_need_their_columns():
    with pytest.raises(ParameterError, match="line"):
        intervals(pd.DataFrame({"seconds": [1]}), 0, 10, by="line")
