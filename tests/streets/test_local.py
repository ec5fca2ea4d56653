"""The streets around a point answer as the whole network does, also with links built."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.streets import StreetNetwork, from_lines
from metrogis.streets.local import joined, local, nearer

SIDE, STEP = 7, 100.0
"""Junctions on a side of the grid of streets, and metres between them."""


def grid(missing: set[int], *more: shapely.LineString) -> StreetNetwork:
    """Streets of a grid without some, and further ones."""
    lines = [
        shapely.LineString([(STEP * x, STEP * y), (STEP * (x + dx), STEP * (y + dy))])
        for x in range(SIDE)
        for y in range(SIDE)
        for dx, dy in ((1, 0), (0, 1))
        if x + dx < SIDE and y + dy < SIDE
    ]
    kept = [line for k, line in enumerate(lines) if k not in missing]
    return from_lines(gpd.GeoDataFrame(geometry=[*kept, *more], crs="EPSG:2180"), mode="walk")


def node_at(network: StreetNetwork, x: float, y: float) -> int:
    found = np.flatnonzero(np.hypot(network.x - x, network.y - y) < 1e-6)
    return int(found[0])


@settings(deadline=None, max_examples=40)
@given(
    missing=st.sets(st.integers(0, 83), max_size=25),
    limit=st.sampled_from([STEP, STEP - 0.5, 250.0, 400.0, 5000.0]),
    ends=st.tuples(*[st.integers(0, SIDE - 1)] * 4),
    seed=st.integers(0, 99),
)
def test_a_search_around_a_point_is_that_of_the_whole(
    missing: set[int], limit: float, ends: tuple[int, int, int, int], seed: int
) -> None:
    start, end = (STEP * ends[0], STEP * ends[1]), (STEP * ends[2], STEP * ends[3])
    built = [] if start == end else [shapely.LineString([start, end])]
    before, after = grid(missing), grid(missing, *built)
    points = np.random.default_rng(seed).uniform(0, STEP * (SIDE - 1), (30, 2))
    middle = np.array([STEP * 3, STEP * 3])
    try:
        links = [(node_at(before, *start), node_at(before, *end))] if built else []
        gate = node_at(before, *middle)
    except IndexError:
        return  # a junction without streets
    if any(np.hypot(before.x[n] - middle[0], before.y[n] - middle[1]) > limit
           for pair in links for n in pair):  # fmt: skip
        return  # links lie in the part
    homes = before.snap(points, limit=60.0, component=None)
    around = local(before, middle, limit, links)
    here = around.points(homes)
    own = np.flatnonzero(around.node == gate)
    cost, _ = around.network.nearest(own, limit=limit, snap_cost=1.0).at(here)
    whole = after.nearest(np.array([node_at(after, *middle)]), limit=limit, snap_cost=1.0)
    # homes stay on the streets they were on: those of the network without the link
    for h in np.flatnonzero(homes.known):
        near = after.snap(homes.at[h : h + 1], limit=1e-3, component=None)
        expected = whole.at(near)[0][0] + homes.distance[h]
        got = cost[h] if here.known[h] else np.inf
        if expected <= limit:
            assert got == pytest.approx(expected, abs=1e-6)
        else:
            assert not got <= limit - 1e-6


def test_points_outside_the_part_are_unknown() -> None:
    network = grid(set())
    around = local(network, np.array([0.0, 0.0]), 150.0)
    points = network.snap(np.array([[0.0, 50.0], [600.0, 600.0], [20.0, 0.0]]), component=None)
    here = around.points(points)
    assert here.known.tolist() == [True, False, True]
    assert np.isnan(here.distance[1])
    assert around.network.edge_length.sum() < network.edge_length.sum()


def test_points_go_to_the_street_that_is_nearer_and_allowed() -> None:
    network = grid(set())
    point = np.array([[130.0, 48.0], [130.0, 48.0], [np.nan, np.nan]])
    across = np.zeros(network.n_edges, bool)
    for e in range(network.n_edges):
        u, v = network.edge_u[e], network.edge_v[e]
        across[e] = network.x[u] == network.x[v] == 100.0
    now = network.snap(point, component=None, among=~across)
    other = network.snap(point, component=None, among=across)
    assert other.distance[0] == pytest.approx(30.0)
    assert now.distance[0] == pytest.approx(48.0)
    found = nearer(now, other, np.array([30.0, 29.9, 30.0]))
    assert found.distance[:2].tolist() == pytest.approx([30.0, 48.0])
    assert not found.known[2]
    # nothing is taken that lies no nearer
    assert nearer(other, now).distance[0] == pytest.approx(30.0)
    assert joined(now, other).distance[[0, 3]].tolist() == pytest.approx([48.0, 30.0])
