"""Distances between borders equal a plain search over joined points; crossings are exact."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.streets import StreetNetwork, borders


def plain(network: StreetNetwork, home: Any, goal: Any, limit: float) -> float:
    """The least walk between two areas, by points of both, one search for each point."""
    lines = network.lines(np.arange(network.n_edges))
    ends = []
    for shape in (home, goal):
        xy, _unused = borders.border_points(np.array([shape], dtype=object), 40.0, lines)
        points = network.snap(xy, limit=150.0, component=None)
        ends.append(points[points.known])
    arcs: dict[int, list[tuple[int, float]]] = {}
    ahead, back = network.edge_weights(np.arange(network.n_edges))
    for e in range(network.n_edges):
        u, v = int(network.edge_u[e]), int(network.edge_v[e])
        arcs.setdefault(u, []).append((v, float(ahead[e])))
        arcs.setdefault(v, []).append((u, float(back[e])))

    def entries(points: Any, k: int, leaving: bool) -> list[tuple[int, float]]:
        if points.node[k] >= 0:
            return [(int(points.node[k]), 0.0)]
        e, f = int(points.edge[k]), float(points.fraction[k])
        to_start, to_end = (back[e], ahead[e]) if leaving else (ahead[e], back[e])
        start, end = f * to_start, (1 - f) * to_end
        return [(int(network.edge_u[e]), start), (int(network.edge_v[e]), end)]

    best = np.inf
    for i in range(len(ends[0])):
        far: dict[int, float] = {}
        heap = [(cost, node) for node, cost in entries(ends[0], i, True)]
        heapq.heapify(heap)
        while heap:
            d, u = heapq.heappop(heap)
            if u in far or not np.isfinite(d):
                continue
            far[u] = d
            for v, w in arcs.get(u, []):
                heapq.heappush(heap, (d + w, v))
        for j in range(len(ends[1])):
            ways = [far.get(n, np.inf) + c for n, c in entries(ends[1], j, False)]
            e = int(ends[0].edge[i])
            if e >= 0 and e == int(ends[1].edge[j]):
                gap = float(ends[1].fraction[j] - ends[0].fraction[i])
                ways.append(0.0 if gap == 0 else gap * ahead[e] if gap > 0 else -gap * back[e])
            best = min(best, min(ways) + ends[0].distance[i] + ends[1].distance[j])
    return best if best <= limit else np.inf


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.sampled_from([200.0, 450.0, 900.0]))
def test_distances_and_amounts_equal_a_plain_search(
    random_network: Callable[..., StreetNetwork], seed: int, limit: float
) -> None:
    network = random_network(seed, nodes=14, lines=22)
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 14, (4, 2)) * 50.0 + rng.choice([0.0, 13.0], (4, 2))
    side = rng.choice([40.0, 100.0], 4)
    shapes = np.array(
        [shapely.box(x, y, x + s, y + s) for (x, y), s in zip(corner, side, strict=True)]
        + [shapely.Point(*rng.uniform(0, 700, 2))], dtype=object,
    )  # fmt: skip
    homes, goals = shapes[:2], shapes[2:]
    made = {"step": 40.0, "limit": 150.0}
    one, other = (borders.fronts(network, part, **made) for part in (homes, goals))
    walks = np.array([[plain(network, h, g, limit) for g in goals] for h in homes])
    assert borders.distances(network, one, other, limit) == pytest.approx(walks.min(axis=1))
    # a walk of exactly the limit may fall on either side of it by rounding
    if not (np.abs(walks - limit) < 1e-6).any():
        amount = rng.integers(0, 5, len(goals)).astype(float)
        expected = (np.isfinite(walks) * amount).sum(axis=1)
        assert borders.amounts(network, one, other, amount, limit) == pytest.approx(expected)


@given(
    ring=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=6),
    ends=st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 12)), min_size=2, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_every_crossing_is_a_point(ring: Any, ends: Any) -> None:
    shape, line = shapely.Polygon(ring), shapely.LineString(ends)
    if not shape.is_valid or shape.area == 0 or line.length == 0:
        return
    xy, owner = borders.border_points(np.array([shape]), 1e9, np.array([line]))
    points = shapely.multipoints(xy)
    cut = shapely.intersection(line, shape.boundary)
    for part in shapely.get_parts(cut):
        if shapely.get_type_id(part) == 0:
            assert points.distance(part) < 1e-9
    assert shape.boundary.distance(shapely.points(xy)).max() < 1e-9
    assert (owner == 0).all()
    assert set(map(tuple, xy.tolist())) >= {(float(x), float(y)) for x, y in ring}


def test_nothing_to_walk_to_is_out_of_reach(random_network: Callable[..., StreetNetwork]) -> None:
    network = random_network(3)
    home = borders.fronts(network, np.array([shapely.box(0, 0, 100, 100)]), step=25, limit=250)
    none = borders.fronts(network, np.zeros(0, dtype=object), step=25, limit=250)
    far = borders.fronts(network, np.array([shapely.Point(9e5, 9e5)]), step=25, limit=250)
    for goals in (none, far):
        amount = np.ones(len(goals.joined))
        assert np.isinf(borders.distances(network, home, goals, 1e4)).all()
        assert (borders.amounts(network, home, goals, amount, 1e4) == 0).all()
    assert far.joined.tolist() == [False]
