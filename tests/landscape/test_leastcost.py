from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from metrogis.errors import CRSError, MetrogisError, ParameterError, SchemaError
from metrogis.landscape import leastcost, patches, resistance


def cell_graph(cost: np.ndarray, neighbours: int, dx: float = 1, dy: float = 1) -> coo_array:
    """All steps between passable cells; a step of no cost is written as a very small one."""
    h, w = cost.shape
    u, v, g = [], [], []
    for r, c in itertools.product(range(h), range(w)):
        for dr, dc in [(0, 1), (1, 0)] + ([(1, 1), (1, -1)] if neighbours == 8 else []):
            if r + dr < h and 0 <= c + dc < w:
                mean = (cost[r, c] + cost[r + dr, c + dc]) / 2
                if np.isfinite(mean):
                    u.append(r * w + c)
                    v.append((r + dr) * w + c + dc)
                    g.append(max(mean * math.hypot(dr * dy, dc * dx), 1e-300))
    return coo_array((g, (u, v)), shape=(h * w, h * w)).tocsr()


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    h, w = rng.integers(1, 11, 2)
    kinds = [[1, 1, 2, 5], [1, 10, 1000, np.inf], [0, 1, 3, np.nan], [1e-6, 1, 1e6]]
    cost = rng.choice(kinds[seed % 4], (h, w)).astype(float)
    if seed % 3 == 0:
        cost *= rng.random((h, w))
    labels = rng.choice([0, 0, 0, 0, 1, 2, 3, 5], (h, w)).astype(np.int32)
    return cost, labels


@given(st.integers(0, 100_000), st.sampled_from([4, 8]))
@settings(max_examples=150, deadline=None)
def test_distances_equal_dijkstra(seed: int, neighbours: int) -> None:
    cost, labels = random_case(seed)
    found = leastcost.distance(
        cost, labels, neighbours=neighbours, transform=Affine(2, 0, 0, 0, -3, 0), crs="EPSG:2180"
    )
    graph = cell_graph(cost, neighbours, 2, 3)
    sources = np.flatnonzero((labels > 0) & np.isfinite(cost))
    if len(sources) == 0:
        assert np.isinf(found.distance).all()
        return
    each = dijkstra(graph, directed=False, indices=sources)
    expected = each.min(axis=0).reshape(cost.shape)
    np.testing.assert_allclose(found.distance, expected, rtol=1e-12, atol=1e-250)
    for r, c in np.argwhere(np.isfinite(found.distance)):
        path = found.path(r, c)
        assert path[0].tolist() == [r, c]
        assert labels[tuple(path[-1])] == found.nearest[r, c]
        steps = [
            (cost[tuple(a)] + cost[tuple(b)]) / 2 * math.hypot(3 * (a - b)[0], 2 * (a - b)[1])
            for a, b in itertools.pairwise(path)
        ]
        assert math.fsum(steps) == pytest.approx(found.distance[r, c], rel=1e-12, abs=1e-250)
    assert (found.nearest[np.isinf(found.distance)] == 0).all()
    near = leastcost.distance(cost, labels, neighbours=neighbours, limit=4.0)
    whole = leastcost.distance(cost, labels, neighbours=neighbours)
    expected = np.where(whole.distance <= 4, whole.distance, np.inf)
    np.testing.assert_array_equal(near.distance, expected)


@given(st.integers(0, 100_000))
@settings(max_examples=80, deadline=None)
def test_links_are_the_cheapest_paths_in_two_territories(seed: int) -> None:
    cost, labels = random_case(seed)
    labels[~np.isfinite(cost)] = 0
    table = leastcost.links(cost, labels)
    spread = leastcost.distance(cost, labels)
    expected = {}
    for i, j in itertools.combinations(np.unique(labels[labels > 0]), 2):
        inside = np.where(np.isin(spread.nearest, [i, j]), cost, np.inf)
        d = dijkstra(
            cell_graph(inside, 8), directed=False, indices=np.flatnonzero(labels == i)
        ).min(axis=0)
        best = d[np.flatnonzero(labels == j)].min()
        if np.isfinite(best):
            expected[int(i), int(j)] = best
    got = {(row.i, row.j): row.cost for row in table.itertuples()}
    assert got.keys() == expected.keys()
    for pair, value in got.items():
        assert value == pytest.approx(expected[pair], rel=1e-12, abs=1e-250)
    graph = cell_graph(cost, 8)
    exact = leastcost.links(cost, labels, exact=True)
    for row in exact.itertuples():
        d = dijkstra(graph, directed=False, indices=np.flatnonzero(labels == row.i)).min(axis=0)
        best = d[np.flatnonzero(labels == row.j)].min()
        assert row.cost == pytest.approx(best, rel=1e-12, abs=1e-250)
        ends = shapely.get_coordinates(row.geometry)[[0, -1]] - 0.5
        assert labels[int(ends[0][1]), int(ends[0][0])] == row.i
        assert labels[int(ends[1][1]), int(ends[1][0])] == row.j
        assert row.geometry.length == pytest.approx(row.length)


def test_links_limit_and_geometry() -> None:
    labels = np.array([[1, 0, 0, 2, 0, 0, 0, 3]])
    transform = Affine(10, 0, 100, 0, -10, 50)
    table = leastcost.links((np.full((1, 8), 2.0), transform), labels, crs="EPSG:2180", limit=60)
    assert table[["i", "j", "cost", "length"]].to_numpy().tolist() == [[1, 2, 60, 30]]
    assert table.geometry[0].wkt == "LINESTRING (105 45, 115 45, 125 45, 135 45)"
    assert table.crs == "EPSG:2180"
    bare = leastcost.links(np.ones((1, 8)), labels, paths=False)
    assert bare.geometry.isna().all()
    none = leastcost.links(np.ones((1, 8)), np.zeros((1, 8), int))
    assert none.empty
    assert list(none.columns) == ["i", "j", "cost", "length", "geometry"]
    audit = leastcost.audit_of_links(table, labels)
    assert [row.examples for row in audit] == ["3"]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_corridors_equal_their_definition(seed: int) -> None:
    cost, labels = random_case(4 * seed)  # no barriers, no zeros
    labels[~np.isfinite(cost)] = 0
    present = np.unique(labels[labels > 0])
    pairs = [(int(a), int(b)) for a, b in itertools.combinations(present, 2)]
    expected = np.full(cost.shape, np.nan)
    for i, j in pairs:
        one = leastcost.distance(cost, labels == i).distance
        two = leastcost.distance(cost, labels == j).distance
        value = one + two - one[labels == j].min()
        expected = np.fmin(expected, np.where(value <= 3.0, value, np.nan))
    found = leastcost.corridors(cost, labels, pairs, width=3.0)
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-9)
    table = leastcost.links(cost, labels)
    by_table = leastcost.corridors(cost, labels, table, width=3.0)
    by_pairs = leastcost.corridors(
        cost, labels, list(zip(table["i"], table["j"], strict=True)), width=3.0
    )
    np.testing.assert_array_equal(by_table, by_pairs)


def test_peer_agrees() -> None:
    graph = pytest.importorskip("skimage.graph")
    rng = np.random.default_rng(2)
    cost = rng.choice([1.0, 3.0, 20.0, 500.0], (120, 90))
    labels = (rng.random(cost.shape) < 0.01).astype(int)
    expected, _ = graph.MCP_Geometric(cost).find_costs(np.argwhere(labels))
    np.testing.assert_allclose(
        leastcost.distance(cost, labels).distance, expected, rtol=1e-12, atol=1e-12
    )


def test_bad_input() -> None:
    cost = np.ones((2, 2))
    with pytest.raises(SchemaError):
        leastcost.distance(-cost, [(0, 0)])
    with pytest.raises(SchemaError):
        leastcost.distance(cost, np.ones((3, 3)))
    with pytest.raises(ParameterError):
        leastcost.distance(cost, [(0, 2)])
    with pytest.raises(ParameterError):
        leastcost.distance(cost, [(0, 0)], neighbours=6)
    with pytest.raises(CRSError):
        leastcost.distance(cost, [(0, 0)], crs="EPSG:4326")
    with pytest.raises(ParameterError):
        leastcost.corridors(cost, np.array([[1, 0], [0, 2]]), [(1, 3)], width=1)
    with pytest.raises(ParameterError):
        leastcost.corridors(cost, np.array([[1, 0], [0, 2]]), [(1, 2)], width=-1)


# --------------------------------------------------------------------------- surface


TRANSFORM = Affine(10, 0, 0, 0, -10, 40)


def test_surface_of_landcover_zones_and_roads() -> None:
    cover = np.array([[1, 1, 2, 9]] * 4)
    zones = gpd.GeoDataFrame(
        {"symbol": ["SP", "SN", "??"]},
        geometry=[shapely.box(0, 20, 20, 40), shapely.box(0, 0, 20, 20), shapely.box(0, 0, 9, 9)],
        crs="EPSG:2180",
    )
    roads = gpd.GeoDataFrame(
        {"resistance": [300.0]}, geometry=[shapely.LineString([(0, 5), (40, 5)])], crs="EPSG:2180"
    )
    made = resistance.surface(
        (cover, TRANSFORM),
        pd.DataFrame({"class": [1, 2], "resistance": [1, 50]}),
        zones=zones,
        zone_table={"SP": 100, "SN": 0.5},
        zone_column="symbol",
        roads=roads,
        crs="EPSG:2180",
    )
    nan = np.nan
    expected = [[100, 100, 50, nan]] * 2 + [[1, 1, 50, nan], [300, 300, 300, nan]]
    np.testing.assert_array_equal(made.values, expected)
    assert not made.grid.valid[0, 3]
    assert [(r.layer, r.action, r.count) for r in made.audit] == [
        ("landcover", "unknown", 4),
        ("zones", "dropped", 1),
    ]
    replaced = resistance.surface(
        (cover, TRANSFORM), {1: 1, 2: 50, 9: 2}, roads=roads, combine="replace", crs="EPSG:2180"
    )
    assert replaced.values[3].tolist() == [300] * 4
    added = resistance.surface(
        (cover, TRANSFORM), {1: 1, 2: 50, 9: 2}, roads=roads, combine="add", crs="EPSG:2180"
    )
    assert added.values[3].tolist() == [301, 301, 350, 302]
    assert leastcost.distance(made, [(0, 0)]).distance[0, 1] == 1000
    assert np.isinf(leastcost.distance(made, [(0, 0)]).distance[0, 3])


def test_bad_tables() -> None:
    cover = np.array([[1, 2]])
    for table in (
        {1: -1.0},
        {1: math.nan},
        pd.DataFrame({"class": [1, 1], "resistance": [1, 2]}),
        pd.DataFrame({"klasa": [1]}),
    ):
        with pytest.raises(SchemaError):
            resistance.surface(cover, table)
    with pytest.raises(ParameterError):
        resistance.surface(cover, {1: 1}, combine="min")
    zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:2177")
    for layer in (zones, zones.assign(resistance=1.0), zones.assign(resistance=-1.0)):
        with pytest.raises(MetrogisError):
            resistance.surface((cover, TRANSFORM), {1: 1}, zones=layer, crs="EPSG:2180")


def test_patches_to_indices() -> None:
    """The whole way: raster, patches, surface, links, indices."""
    from metrogis.landscape import connectivity

    rng = np.random.default_rng(8)
    cover = np.kron(rng.choice([1, 2, 3], (12, 12), p=[0.3, 0.5, 0.2]), np.ones((5, 5), int))
    raster = (cover, Affine(20, 0, 500_000, 0, -20, 600_000))
    found = patches.from_raster(raster, 1, crs="EPSG:2180")
    made = resistance.surface(raster, {1: 1, 2: 5, 3: 100}, crs="EPSG:2180")
    table = leastcost.links(made, found)
    indices = connectivity.indices(
        found.table, table, distance=1000, probability=0.5, landscape_area=cover.size * 400.0
    )
    apart = patches.eca(cover, 1).eca * 400
    assert apart < indices.ECA < found.table["attribute"].sum()
