"""Degree of urbanisation equals a plain implementation; its edges are where the rule has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.population.urbanisation import CENTRE, CLUSTER, RURAL, Thresholds, classify, degree

SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
ALL = (*SIDES, (1, 1), (1, -1), (-1, 1), (-1, -1))


def groups(mask: Any, steps: Any) -> list[set[tuple[int, int]]]:
    """Cells that touch, by a search from each."""
    left = {(int(i), int(j)) for i, j in np.argwhere(mask)}
    out = []
    while left:
        stack, own = [left.pop()], set()
        while stack:
            i, j = stack.pop()
            own.add((i, j))
            for di, dj in steps:
                near = (i + di, j + dj)
                if near in left:
                    left.remove(near)
                    stack.append(near)
        out.append(own)
    return out


def plain(people: Any, rules: Thresholds) -> Any:
    rows, columns = people.shape
    centre = np.zeros(people.shape, bool)
    for own in groups(people >= rules.centre_density, SIDES):
        if sum(people[c] for c in own) >= rules.centre_people:
            for c in own:
                centre[c] = True
    for own in groups(~centre, SIDES):
        inner = all(0 < i < rows - 1 and 0 < j < columns - 1 for i, j in own)
        if inner and len(own) < rules.hole:
            for c in own:
                centre[c] = True
    while True:
        more = centre.copy()
        for i in range(rows):
            for j in range(columns):
                near = [(i + a, j + b) for a, b in ALL]
                count = sum(centre[a, b] for a, b in near if 0 <= a < rows and 0 <= b < columns)
                more[i, j] |= count >= rules.neighbours
        if (more == centre).all():
            break
        centre = more
    out = np.zeros(people.shape, int)
    for own in groups(people >= rules.cluster_density, ALL):
        if sum(people[c] for c in own) >= rules.cluster_people:
            for c in own:
                out[c] = CLUSTER
    out[centre] = CENTRE
    return out


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    hole=st.sampled_from([0.0, 1, 2, 4, 15]),
    neighbours=st.sampled_from([3, 5, 9]),
)
def test_equals_a_plain_implementation(seed: int, shape: Any, hole: float, neighbours: int) -> None:
    rng = np.random.default_rng(seed)
    values = [0.0, 100, 299, 300, 800, 1499, 1500, 9000]
    people = rng.choice(values, shape, p=[0.15, 0.1, 0.05, 0.1, 0.1, 0.05, 0.15, 0.3])
    rules = Thresholds(centre_people=20_000, cluster_people=5000, hole=hole, neighbours=neighbours)
    assert (classify(people, np.ones(shape), rules) == plain(people, rules)).all()


@pytest.mark.parametrize(
    ("each", "kind"),
    [(1499.0, CLUSTER), (1500.0, CENTRE), (299.0, RURAL), (300.0, CLUSTER)],
)
def test_edges_of_density(each: float, kind: int) -> None:
    people = np.full((6, 6), each)
    assert (classify(people, np.ones((6, 6))) == kind).all()


@pytest.mark.parametrize(("total", "kind"), [(49_999.0, CLUSTER), (50_000.0, CENTRE)])
def test_edge_of_people_in_a_centre(total: float, kind: int) -> None:
    assert classify(np.array([[total]]), np.ones((1, 1)))[0, 0] == kind


def test_holes_of_less_than_15_cells_are_filled() -> None:
    large = np.full((11, 11), 9000.0)
    large[3:8, 4:7] = 0  # 15 cells
    assert classify(large, np.ones((11, 11)), Thresholds(neighbours=9))[5, 5] == RURAL
    large[3, 4] = 9000  # 14
    assert classify(large, np.ones((11, 11)), Thresholds(neighbours=9))[5, 5] == CENTRE


def test_density_is_of_land() -> None:
    people, land = np.array([[200.0, 6000.0]]), np.array([[0.5, 1.0]])
    assert classify(people, land)[0].tolist() == [CLUSTER, CLUSTER]
    assert classify(people, np.ones((1, 2)))[0].tolist() == [RURAL, CLUSTER]
    assert classify(people, np.array([[0.0, 1.0]]))[0].tolist() == [RURAL, CLUSTER]


def test_corners_join_clusters_and_not_centres() -> None:
    people = np.zeros((2, 2))
    people[0, 0] = people[1, 1] = 30_000
    assert classify(people, np.ones((2, 2))).tolist() == [[CLUSTER, RURAL], [RURAL, CLUSTER]]


def test_degree_needs_most_of_the_people() -> None:
    found = degree(np.array([50.0, 50.1, 0, 0]), np.array([0, 0, 50.0, 50.1]),
                   np.array([50.0, 49.9, 50.0, 49.9]))  # fmt: skip
    assert found.tolist() == ["rural", "city", "rural", "towns_and_suburbs"]
