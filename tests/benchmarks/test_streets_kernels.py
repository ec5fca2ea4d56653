"""Street kernels against scipy, networkx and shapely, on a network of a metropolis' size.

Ratios of the least times of interleaved repeats, warm (compiled); both answers must agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from metrogis.streets import StreetNetwork, from_lines
from metrogis.streets.gap_graph import both_ways, gap_graph, nearest_part, parts_of

STOPS, PLACES, SIDE, STEP = 6000, 300, 625, 90.0


def race(repeats: int, *runs: Callable[[], Any]) -> list[tuple[float, Any]]:
    """Run all in turn, again and again; return the least time and the last answer of each."""
    best = [(np.inf, None)] * len(runs)
    for _ in range(repeats):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            answer = run()
            best[i] = (min(best[i][0], time.perf_counter() - start), answer)
    return best


@pytest.fixture(scope="module")
def city() -> StreetNetwork:
    """A jittered lattice of 390k nodes and about 945k arcs, a tenth of the streets one-way."""
    rng = np.random.default_rng(1)
    i, j = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    place = np.stack([i, j], axis=-1) * STEP + rng.uniform(-0.35, 0.35, (SIDE, SIDE, 2)) * STEP
    place[:, :, 0] += 400_000
    place[:, :, 1] += 600_000
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    u = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    v = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    keep = rng.random(len(u)) < 0.64
    xy = place.reshape(-1, 2)
    middle = (xy[u] + xy[v]) / 2 + rng.normal(0, 8, (len(u), 2))
    lines = shapely.linestrings(np.stack([xy[u], middle, xy[v]], axis=1)[keep])
    one_way = np.where(rng.random(int(keep.sum())) < 0.06, "yes", "no")
    start = time.perf_counter()
    frame = gpd.GeoDataFrame(
        {"highway": "residential", "oneway": one_way}, geometry=lines, crs="EPSG:2180"
    )
    net = from_lines(frame, mode="bike")
    print(f"\n{net!r}: built in {time.perf_counter() - start:.1f} s, {net.nbytes / 1e6:.0f} MB")
    return net


def nodes_of_largest(net: StreetNetwork, n: int, seed: int) -> np.ndarray:
    inside = np.flatnonzero(net.components(strong=True).node == 0)
    return np.random.default_rng(seed).choice(inside, n, replace=False)


def test_nearest_stop(city: StreetNetwork) -> None:
    stops = np.sort(nodes_of_largest(city, STOPS, 2))
    matrix = city.matrix()
    city.nearest(stops[:2], direction="from")
    city.nearest(stops[:2], direction="from", k=2)
    (own, found), (scipy_, expected), (five, k5) = race(
        7,
        lambda: city.nearest(stops, direction="from"),
        lambda: dijkstra(matrix, indices=stops, min_only=True),
        lambda: city.nearest(stops, direction="from", k=5),
    )
    np.testing.assert_array_equal(found.distance, expected)
    np.testing.assert_array_equal(k5.distance[:, 0], expected)
    few = np.random.default_rng(3).integers(0, city.n_nodes, 300)
    local = dijkstra(matrix.T.tocsr(), indices=few, limit=2500.0)[:, stops]
    near = np.sort(local, axis=1)[:, :5]
    inside = np.isfinite(near)
    np.testing.assert_allclose(k5.distance[few][inside], near[inside], rtol=1e-12)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(city.n_nodes))
    coo = matrix.tocoo()
    graph.add_weighted_edges_from(
        zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True)
    )
    ((slow, answer),) = race(
        1, lambda: nx.multi_source_dijkstra_path_length(graph, set(stops.tolist()))
    )
    assert len(answer) == np.isfinite(expected).sum()
    assert all(expected[i] == d for i, d in answer.items())
    print(
        f"nearest of {STOPS}: own {own:.3f} s, scipy {scipy_:.3f} s, ratio {own / scipy_:.2f} "
        f"(goal 0.5); networkx {slow:.1f} s, {slow / own:.0f} x (goal 30)\n"
        f"5 nearest: {five:.3f} s = {five / scipy_:.1f} x scipy's 1 nearest (goal 7)"
    )


def test_bike_catchments(city: StreetNetwork) -> None:
    places = nodes_of_largest(city, PLACES, 4)
    matrix = city.matrix()
    city.catchments(places[:2], 100.0)

    def chunks() -> list[tuple[np.ndarray, np.ndarray]]:
        out = []
        for i in range(0, PLACES, 50):
            found = dijkstra(matrix, indices=places[i : i + 50], limit=5000.0)
            row, node = np.nonzero(np.isfinite(found))
            out.append((i + row, found[row, node]))
        return out

    (own, found), (scipy_, expected) = race(3, lambda: city.catchments(places, 5000.0), chunks)
    place = np.concatenate([p for p, _ in expected])
    total = np.concatenate([d for _, d in expected])
    assert len(place) == len(found.node)
    np.testing.assert_array_equal(np.bincount(place), np.diff(found.ptr))
    np.testing.assert_allclose(
        np.add.reduceat(found.distance, found.ptr[:-1]), np.bincount(place, weights=total)
    )
    print(
        f"\n{PLACES} catchments of 5 km ({len(found.node)} nodes): own {own:.3f} s, "
        f"scipy {scipy_:.3f} s, ratio {own / scipy_:.2f} (goal 0.2)"
    )


def test_gap_graph(city: StreetNetwork) -> None:
    """Nearest connected part of every node, and the gaps between neighbouring parts."""
    rng = np.random.default_rng(6)
    built = np.zeros(city.n_edges, bool)
    built[rng.choice(city.n_edges, 12_200, replace=False)] = True
    label, starts = parts_of(city, built)
    edges = np.flatnonzero(city.open_edges & (city.edge_u != city.edge_v))
    u, v, metres = city.edge_u[edges], city.edge_v[edges], city.edge_length[edges]
    net = both_ways(city, edges)
    order = np.lexsort((metres, np.maximum(u, v), np.minimum(u, v)))
    low, high = np.minimum(u, v)[order], np.maximum(u, v)[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
    low, high, short = low[first], high[first], metres[order][first]
    half = coo_array((short, (low, high)), shape=(city.n_nodes,) * 2).tocsr()
    matrix = (half + half.T).tocsr()
    nearest_part(net, label, starts, np.inf)
    (own, found), (scipy_, expected) = race(
        5,
        lambda: nearest_part(net, label, starts, np.inf),
        lambda: dijkstra(matrix, indices=starts, min_only=True, return_predecessors=True),
    )
    np.testing.assert_array_equal(found[0], expected[0])
    graph = nx.Graph()
    graph.add_nodes_from(range(city.n_nodes))
    graph.add_weighted_edges_from(zip(low.tolist(), high.tolist(), short.tolist(), strict=True))
    ((slow, answer),) = race(
        1, lambda: nx.multi_source_dijkstra_path_length(graph, set(starts.tolist()))
    )
    assert all(found[0][i] == d for i, d in answer.items())
    ((table, gaps),) = race(3, lambda: gap_graph(city, built))
    print(
        f"\ngap graph of {label.max() + 1} parts: own {own:.3f} s, scipy {scipy_:.3f} s, ratio "
        f"{own / scipy_:.2f} (goal 0.6); networkx {slow:.1f} s, {slow / own:.0f} x (goal 50); "
        f"table of {len(gaps)} gaps from the mask on: {table:.2f} s"
    )


def test_polygons(city: StreetNetwork) -> None:
    places = nodes_of_largest(city, 6, 5)
    found = city.catchments(places, 5000.0)
    found.to_polygons()

    def buffers() -> list[Any]:
        parts = found.edges()
        out = []
        for p in range(len(places)):
            rows = parts[parts["place"] == p]
            length = city.edge_length[rows["edge"]]
            lines = [
                shapely.LineString(city.part_of_edge(int(e), a, b))
                for e, a, b in zip(
                    rows["edge"], rows["start"] / length, rows["end"] / length, strict=True
                )
                if b > a
            ]
            out.append(shapely.union_all(shapely.buffer(lines, 50.0)))
        return out

    (own, drawn), (slow, exact) = race(2, lambda: found.to_polygons(width=50.0), buffers)
    error = np.abs(drawn.area.to_numpy() / shapely.area(exact) - 1)
    assert (error < 0.1).all()
    print(
        f"\npolygons of {len(places)} catchments: own {own:.2f} s, union of buffers {slow:.2f} s, "
        f"ratio {own / slow:.3f} (goal 0.1); area within {100 * error.max():.1f} % (goal 10)"
    )


def test_snapping_and_walks(city: StreetNetwork) -> None:
    rng = np.random.default_rng(6)
    cells = np.column_stack(
        [rng.uniform(city.x.min(), city.x.max(), 200_000),
         rng.uniform(city.y.min(), city.y.max(), 200_000)]
    )  # fmt: skip
    stops = cells[:STOPS]
    shapes = city.lines(np.arange(city.n_edges))
    tree = shapely.STRtree(shapes)
    points = shapely.points(cells)
    start = time.perf_counter()
    city.snap(cells[:1], limit=500.0, component=None)
    built = time.perf_counter() - start

    def plain() -> Any:
        return tree.query_nearest(points, max_distance=500.0, return_distance=True)

    (own, found), (slow, (pairs, distance)) = race(
        2, lambda: city.snap(cells, limit=500.0, component=None), plain
    )
    np.testing.assert_allclose(found.distance[pairs[0]], distance, atol=1e-9)
    city.walk_pairs(cells[:10], stops[:10], limit=500.0)
    start = time.perf_counter()
    walks = city.walk_pairs(cells, stops, limit=1000.0)
    print(
        f"\nsnapping {len(cells)} points: own {own:.2f} s (index {built:.2f} s once), "
        f"STRtree {slow:.2f} s, ratio {own / slow:.2f}\n"
        f"walks to {STOPS} stops within 1 km: {time.perf_counter() - start:.2f} s, "
        f"{len(walks.metres)} pairs"
    )
