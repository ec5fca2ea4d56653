"""Barriers of least-cost links: equal to a plain implementation; restoring does what is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.landscape import barriers as walls
from metrogis.landscape import leastcost
from metrogis.landscape.grid import Grid, read


def plain_cost(values: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Cost from sources by relaxing every step until nothing falls."""
    rows, columns = values.shape
    away = np.where(sources & np.isfinite(values), 0.0, np.inf)
    while True:
        before = away.copy()
        for r in range(rows):
            for c in range(columns):
                for dr in (-1, 0, 1):
                    for dc in (-1, 0, 1):
                        i, j = r + dr, c + dc
                        if (dr or dc) and 0 <= i < rows and 0 <= j < columns:
                            step = (values[r, c] + values[i, j]) / 2 * np.hypot(dr, dc)
                            away[r, c] = min(away[r, c], away[i, j] + step)
        if np.array_equal(before, away):
            return away


def plain_barriers(
    values: np.ndarray, labels: np.ndarray, pairs: list, diameter: float, restored: float
) -> np.ndarray:
    """The definition, cell by cell."""
    rows, columns = values.shape
    out = np.full(values.shape, np.nan)
    r, c = np.mgrid[:rows, :columns]
    for i, j in pairs:
        one, two = plain_cost(values, labels == i), plain_cost(values, labels == j)
        least = one[labels == j].min()
        if not np.isfinite(least):
            continue
        for row in range(rows):
            for column in range(columns):
                within = np.hypot(r - row, c - column) <= diameter / 2
                whole = sum(
                    1
                    for dr in range(-rows, rows + 1)
                    for dc in range(-columns, columns + 1)
                    if np.hypot(dr, dc) <= diameter / 2
                )
                if within.sum() < whole or not np.isfinite(values[within]).all():
                    continue
                gain = (least - one[within].min() - two[within].min() - restored * diameter) / (
                    diameter
                )
                if gain > 0:
                    out[row, column] = np.fmax(out[row, column], gain)
    return out


@st.composite
def _lands(draw):
    rows, columns = draw(st.integers(3, 5)), draw(st.integers(4, 7))
    values = draw(
        st.lists(
            st.sampled_from([1.0, 2.0, 7.0, 30.0, np.inf]),
            min_size=rows * columns,
            max_size=rows * columns,
        )
    )
    land = np.array(values).reshape(rows, columns)
    labels = np.zeros(land.shape, int)
    labels[:, 0], labels[:, -1], labels[0, columns // 2] = 1, 2, 3
    land[labels > 0] = 1.0
    return land, labels


def surface_of(land: np.ndarray) -> Grid:
    return read(np.where(np.isfinite(land), land, -1.0), nodata=-1.0)


@settings(max_examples=25, deadline=None)
@given(_lands(), st.sampled_from([1.0, 2.0, 2.9, 3.0]), st.sampled_from([0.5, 1.0, 3.0]))
def test_the_map_equals_a_plain_implementation(land, diameter, restored) -> None:
    values, labels = land
    pairs = [(1, 2), (1, 3), (2, 3)]
    surface = surface_of(values)
    expected = plain_barriers(values, labels, pairs, diameter, restored)
    found = walls.barriers(surface, labels, pairs, diameter=diameter, restored=restored)
    assert found.improvement == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True)
    assert ((found.link >= 0) == ~np.isnan(found.improvement)).all()
    # a cost known beforehand keeps the search local and changes nothing
    table = leastcost.links(surface, labels, paths=False)
    some = walls.barriers(surface, labels, table, diameter=diameter, restored=restored)
    free = walls.barriers(
        surface, labels, list(zip(table["i"], table["j"], strict=True)), diameter=diameter,
        restored=restored,
    )  # fmt: skip
    assert some.improvement == pytest.approx(free.improvement, rel=1e-9, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(_lands(), st.sampled_from([1.0, 2.0, 3.0]))
def test_restoring_makes_no_way_dearer_and_gives_the_cost_of_the_changed_land(
    land, diameter
) -> None:
    values, labels = land
    surface = surface_of(values)
    before = plain_cost(values, labels == 1)[labels == 2].min()
    place = (values.shape[0] // 2, values.shape[1] // 2)
    after, cells = walls.restored_cost(surface, labels, (1, 2), place, diameter=diameter,
                                       limit=float(before))  # fmt: skip
    changed, count = walls.restore(surface, *place, diameter)
    there = np.where(changed.valid, changed.values, np.inf)
    assert after == pytest.approx(plain_cost(there, labels == 1)[labels == 2].min(), rel=1e-6)
    assert cells == count == int(((there < values) & np.isfinite(values)).sum())
    assert after <= before * (1 + 1e-6)


def test_a_wall_is_found_and_what_is_said_of_it_comes_true() -> None:
    """One strip between two patches: the estimate is what the way costs once it is restored."""
    land = np.ones((9, 21))
    land[:, 9:12] = 50.0
    labels = np.zeros(land.shape, int)
    labels[:, 0], labels[:, -1] = 1, 2
    surface = read(land)
    found = walls.barriers(surface, labels, [(1, 2)], diameter=4)
    place = walls.sites(found.improvement, surface.cell, 4, 1)[0]
    assert place[1] == 10
    said = found.cost[0] - found.improvement[tuple(place)] * 4
    after, cells = walls.restored_cost(surface, labels, (1, 2), tuple(place), diameter=4)
    assert after == pytest.approx(said) == pytest.approx(20.0)
    assert cells == 11  # of the 13 cells of the disc two lie beside the wall


def test_sites_do_not_overlap_and_are_the_best() -> None:
    rng = np.random.default_rng(3)
    gain = rng.uniform(0, 9, (30, 30))
    gain[rng.uniform(size=gain.shape) < 0.3] = np.nan
    places = walls.sites(gain, (1.0, 1.0), 5.0, 12)
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    assert apart[np.triu_indices(len(places), 1)].min() >= 5.0
    values = gain[tuple(places.T)]
    assert values[0] == np.nanmax(gain)
    assert (np.diff(values) <= 0).all()


def test_links_without_a_way_and_bad_parameters() -> None:
    land = np.array([[1.0, np.inf, 1.0]])
    labels = np.array([[1, 0, 2]])
    found = walls.barriers(surface_of(land), labels, [(1, 2)], diameter=1)
    assert np.isinf(found.cost[0])
    assert np.isnan(found.improvement).all()
    for bad in ({"diameter": 0}, {"diameter": 1, "restored": -1}):
        with pytest.raises(ParameterError):
            walls.barriers(surface_of(land), labels, [(1, 2)], **bad)
    assert walls.sites(found.improvement, (1, 1), 1, 5).shape == (0, 2)
    nothing = walls.barriers(surface_of(land), labels, pd.DataFrame({"i": [], "j": []}), diameter=1)
    assert len(nothing.cost) == 0
