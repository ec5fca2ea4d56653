"""Distances and paths: against scipy, networkx and a network cut at the points."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from metrogis.errors import ParameterError
from metrogis.streets import Snapped, StreetNetwork, from_lines

Build = Callable[..., StreetNetwork]
SEEDS = st.integers(0, 10_000)


def cut_at(net: StreetNetwork, points: Snapped) -> tuple[nx.MultiDiGraph, list[object]]:
    """The same network with a node at every point: the plain way to be exact."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(net.n_nodes))
    names: list[object] = [
        int(n) if n >= 0 else (int(e), float(f)) if e >= 0 else None
        for n, e, f in zip(points.node, points.edge, points.fraction, strict=True)
    ]
    for e in range(net.n_edges):
        stops: list[tuple[float, object]] = sorted(
            {(f, (e, f)) for f in points.fraction[points.edge == e].tolist()}
        )
        chain = [(0.0, int(net.edge_u[e])), *stops, (1.0, int(net.edge_v[e]))]
        ahead, back = net.edge_weights(np.array([e]))
        for (f, a), (g, b) in itertools.pairwise(chain):
            if np.isfinite(ahead[0]):
                graph.add_edge(a, b, w=(g - f) * ahead[0])
            if np.isfinite(back[0]):
                graph.add_edge(b, a, w=(g - f) * back[0])
    return graph, names


def brute(net: StreetNetwork, points: Snapped) -> np.ndarray:
    graph, names = cut_at(net, points)
    out = np.full((len(points), len(points)), np.inf)
    for i, a in enumerate(names):
        reach = nx.single_source_dijkstra_path_length(graph, a, weight="w") if a is not None else {}
        for j, b in enumerate(names):
            out[i, j] = reach.get(b, np.inf)
            if a is None or b is None:
                out[i, j] = np.nan
    return out


def some_points(net: StreetNetwork, seed: int, n: int = 8) -> Snapped:
    rng = np.random.default_rng(seed)
    crowd = rng.uniform(0, 800, (n, 2))
    # several on one edge, one on a node, one far away
    row = net.lines(np.array([0]))[0]
    along = shapely.get_coordinates(row.interpolate([0.2, 0.7, 0.4], normalized=True))
    return net.snap(
        np.vstack([crowd, along, [[net.x[0], net.y[0]], [1e6, 1e6]]]), limit=500, component=None
    )


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_nearest_equals_scipy_to_the_bit(random_network: Build, seed: int) -> None:
    net = random_network(seed, nodes=60, lines=120)
    rng = np.random.default_rng(seed)
    sources = np.unique(rng.integers(0, net.n_nodes, 5))
    limit = float(rng.choice([np.inf, 250.0]))
    for direction, matrix in (("from", net.matrix()), ("to", net.matrix().T.tocsr())):
        found = net.nearest(sources, direction=direction, limit=limit)
        each = dijkstra(matrix, indices=sources, limit=limit)
        np.testing.assert_array_equal(found.distance, each.min(axis=0))
        assert (found.source == np.where(np.isinf(found.distance), -1, each.argmin(axis=0))).all()


@given(seed=SEEDS, k=st.integers(2, 7))
@settings(max_examples=15, deadline=None)
def test_k_nearest_equal_scipy(random_network: Build, seed: int, k: int) -> None:
    net = random_network(seed, nodes=60, lines=120)
    rng = np.random.default_rng(seed)
    sources = np.unique(rng.integers(0, net.n_nodes, 6))
    limit = float(rng.choice([np.inf, 400.0]))
    found = net.nearest(sources, k=k, limit=limit, direction="from")
    each = dijkstra(net.matrix(), indices=sources, limit=limit)
    expected = np.full((net.n_nodes, k), np.inf)
    best = np.sort(each, axis=0).T[:, :k]
    expected[:, : best.shape[1]] = best
    np.testing.assert_array_equal(found.distance, expected)
    known = found.source >= 0
    assert (known == np.isfinite(expected)).all()
    row, column = np.nonzero(known)
    np.testing.assert_array_equal(each[found.source[row, column], row], expected[row, column])
    for i in range(net.n_nodes):
        own = found.source[i][known[i]]
        assert len(set(own)) == len(own)
    one = net.nearest(sources, limit=limit, direction="from")
    np.testing.assert_array_equal(one.distance, found.distance[:, 0])
    np.testing.assert_array_equal(one.source, found.source[:, 0])


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_distances_between_points_are_exact(random_network: Build, seed: int) -> None:
    net = random_network(seed)
    points = some_points(net, seed)
    expected = brute(net, points)
    np.testing.assert_allclose(net.distances(points, points), expected, atol=1e-9)
    few = points[:4]  # more origins than destinations: searched against the arcs
    np.testing.assert_allclose(net.distances(points, few), expected[:, :4], atol=1e-9)
    np.testing.assert_allclose(net.distances(few, points), expected[:4], atol=1e-9)
    near = net.pairs(points, points, limit=300.0)
    table = np.full(expected.shape, np.inf)
    table[near.origin, near.target] = near.metres
    inside = np.nan_to_num(expected, nan=np.inf) <= 300
    unclear = np.abs(np.nan_to_num(expected, nan=np.inf) - 300) < 1e-9
    assert (np.isfinite(table) == inside)[~unclear].all()
    assert len(np.unique(np.column_stack(near[:2]), axis=0)) == len(near.origin)


@given(seed=SEEDS, k=st.sampled_from([1, 3]), direction=st.sampled_from(["to", "from"]))
@settings(max_examples=15, deadline=None)
def test_nearest_at_points_is_exact(
    random_network: Build, seed: int, k: int, direction: str
) -> None:
    net = random_network(seed)
    points = some_points(net, seed)
    places = np.flatnonzero(points.known)[::2]
    expected = brute(net, points)
    table = expected[:, places] if direction == "to" else expected[places].T
    d, s = net.nearest(points[places], k=k, direction=direction).at(points)  # type: ignore[arg-type]
    d, s = d.reshape(len(points), -1), s.reshape(len(points), -1)
    best = np.sort(table, axis=1)[:, :k]
    best = np.pad(best, ((0, 0), (0, d.shape[1] - best.shape[1])), constant_values=np.inf)
    best[~points.known] = np.nan
    np.testing.assert_allclose(d, best, atol=1e-9)
    row, column = np.nonzero(s >= 0)
    np.testing.assert_allclose(table[row, s[row, column]], d[row, column], atol=1e-9)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_paths_are_shortest_and_drawn_whole(random_network: Build, seed: int) -> None:
    net = random_network(seed)
    points = some_points(net, seed)
    n = len(points)
    a, b = (i.ravel() for i in np.meshgrid(np.arange(n), np.arange(n)))
    found = net.paths(points[a], points[b])
    np.testing.assert_allclose(found.distance, brute(net, points)[a, b], atol=1e-9)
    there = np.isfinite(found.distance)
    np.testing.assert_allclose(found.length()[there], found.distance[there], atol=1e-9)
    shapes = found.geometry()
    for p in np.flatnonzero(there & (found.distance > 1e-6)):
        xy = shapely.get_coordinates(shapes.iloc[p])
        np.testing.assert_allclose(xy[[0, -1]], [points.at[a[p]], points.at[b[p]]], atol=1e-6)
        assert shapes.iloc[p].length == pytest.approx(found.distance[p], abs=1e-6)
    assert shapes[~there].isna().all()
    steps = found.steps()
    whole = (found.start == np.round(found.start)) & (found.end == np.round(found.end))
    ahead, back = net.edge_weights(found.edge)
    assert np.isfinite(np.where(found.end >= found.start, ahead, back)).all()  # never against
    assert steps.loc[whole, "metres"].sum() == pytest.approx(
        net.edge_length[found.edge[whole]].sum()
    )


def test_several_entrances_are_one_place(random_network: Build) -> None:
    net = random_network(5)
    nodes = np.array([0, 7, 3, 9])
    apart = net.nearest(nodes).distance
    grouped = net.nearest(nodes, groups=[0, 1, 0, 1])
    np.testing.assert_array_equal(apart, grouped.distance)
    assert set(grouped.source) <= {-1, 0, 1}
    two = net.nearest(nodes, k=2, groups=[0, 1, 0, 1])
    first = net.nearest([0, 3]).distance
    second = net.nearest([7, 9]).distance
    np.testing.assert_array_equal(two.distance, np.sort(np.column_stack([first, second]), axis=1))
    with pytest.raises(ParameterError, match="groups"):
        net.nearest(nodes, groups=[0, 1])


def test_snapping_distance_counts_when_asked(random_network: Build) -> None:
    net = random_network(5)
    points = some_points(net, 5)
    plain, more = net.distances(points, points), net.distances(points, points, snap_cost=1.0)
    extra = points.distance[:, None] + points.distance[None, :]
    np.testing.assert_allclose(more, plain + extra)
    found = net.walk_pairs(points.point[:5], points.point[5:], limit=400.0, snap_limit=500.0)
    again = net.snap(points.point, limit=400.0)
    table = net.distances(again[:5], again[5:], snap_cost=1.0)
    assert (np.nan_to_num(table, nan=np.inf) <= 400).sum() == len(found.origin)
    np.testing.assert_allclose(found.metres, table[found.origin, found.target])


def test_zero_lengths_and_wide_weights() -> None:
    """Weights that differ by twelve orders of magnitude, and none, keep the buckets honest."""
    rng = np.random.default_rng(0)
    rows = [shapely.LineString([(i, j), (i + 1, j)]) for i in range(9) for j in range(9)]
    rows += [shapely.LineString([(i, j), (i, j + 1)]) for i in range(9) for j in range(9)]
    net = from_lines(gpd.GeoDataFrame(geometry=rows, crs="EPSG:2180"), mode="walk")
    for weights in (
        10.0 ** rng.uniform(-6, 6, net.n_arcs),
        np.zeros(net.n_arcs),
        np.where(rng.random(net.n_arcs) < 0.5, 0.0, 1.0),
    ):
        other = net.with_weights(weights)
        graph = nx.MultiDiGraph()
        graph.add_weighted_edges_from(
            zip(net.arc_tail.tolist(), net.indices.tolist(), weights.tolist(), strict=True)
        )
        expected = nx.single_source_dijkstra_path_length(graph, 0)
        found = other.nearest([0], direction="from").distance
        assert found.tolist() == [expected[i] for i in range(net.n_nodes)]
        assert other.nearest([0], k=2, direction="from").distance[:, 0].tolist() == found.tolist()


def test_questions_without_sense_are_refused(random_network: Build) -> None:
    net = random_network(1)
    for wrong in ([net.n_nodes], [-1], [0.5], [[0]]):
        with pytest.raises(ParameterError):
            net.nearest(wrong)
    with pytest.raises(ParameterError, match="k"):
        net.nearest([0], k=0)
    with pytest.raises(ParameterError, match="limit"):
        net.nearest([0], limit=float("nan"))
    with pytest.raises(ParameterError, match="direction"):
        net.nearest([0], direction="up")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="pairs"):
        net.paths([0, 1], [0])
    assert np.isinf(net.nearest(np.zeros(0, int)).distance).all()
    assert net.distances([0], np.zeros(0, int)).shape == (1, 0)
