"""Catchments: nodes, parts of edges, areas."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from metrogis.errors import ParameterError
from metrogis.streets import StreetNetwork, from_lines

Build = Callable[..., StreetNetwork]
SEEDS = st.integers(0, 10_000)


@given(seed=SEEDS, limit=st.sampled_from([0.0, 90.0, 333.3, 5000.0]))
@settings(max_examples=10, deadline=None)
def test_reached_nodes_equal_scipy(random_network: Build, seed: int, limit: float) -> None:
    net = random_network(seed, nodes=50, lines=90)
    sources = np.arange(0, net.n_nodes, 3)
    for direction, matrix in (("from", net.matrix()), ("to", net.matrix().T.tocsr())):
        found = net.catchments(sources, limit, direction=direction)
        expected = dijkstra(matrix, indices=sources, limit=limit)
        table = np.full(expected.shape, np.inf)
        table[np.repeat(np.arange(len(found)), np.diff(found.ptr)), found.node] = found.distance
        np.testing.assert_array_equal(table, expected)


@given(seed=SEEDS, direction=st.sampled_from(["from", "to"]))
@settings(max_examples=10, deadline=None)
def test_reached_parts_of_edges_equal_sampled_points(
    random_network: Build, seed: int, direction: str
) -> None:
    """A place on an edge is in a reached part just when its own distance is within the limit."""
    net = random_network(seed)
    rng = np.random.default_rng(seed)
    places = net.snap(rng.uniform(0, 800, (6, 2)), limit=400, component=None)
    found = net.catchments(places, [150.0, 420.0], direction=direction)  # type: ignore[arg-type]
    share = np.repeat([[0.03, 0.31, 0.52, 0.77, 0.98]], net.n_edges, axis=0).ravel()
    edge = np.repeat(np.arange(net.n_edges), 5)
    samples = shapely.line_interpolate_point(net.lines(edge), share, normalized=True)
    probes = net.snap(shapely.get_coordinates(samples), limit=1e-3, component=None)
    apart = (
        net.distances(places, probes) if direction == "from" else net.distances(probes, places).T
    )
    for limit in (150.0, 420.0):
        parts = found.edges(limit=limit)
        for p in range(len(places)):
            own = parts[parts["place"] == p]
            by_edge = {e: rows[["start", "end"]].to_numpy() for e, rows in own.groupby("edge")}
            for i in range(len(probes)):
                if probes.edge[i] < 0 or abs(apart[p, i] - limit) < 1e-3:
                    continue
                rows = by_edge.get(probes.edge[i], np.zeros((0, 2)))
                at = probes.offset[i]
                if np.abs(rows - at).min(initial=1.0) < 1e-3:
                    continue
                covered = ((rows[:, 0] <= at) & (at <= rows[:, 1])).any()
                assert covered == bool(apart[p, i] <= limit)
        ordered = parts.groupby(["place", "edge"])
        assert (ordered["start"].shift(-1).fillna(np.inf) > parts["end"]).all()
        metres = (parts["end"] - parts["start"]).groupby(parts["place"]).sum()
        length = found.length(limit=limit)
        assert np.isnan(length[~places.known]).all()
        for p in np.flatnonzero(places.known):
            assert length[p] == pytest.approx(metres.get(p, 0.0))


def grid(n: int = 30, step: float = 80.0) -> StreetNetwork:
    rows = [[(i * step, 0), (i * step, n * step)] for i in range(n + 1)]
    rows += [[(0, i * step), (n * step, i * step)] for i in range(n + 1)]
    lines = shapely.union_all([shapely.LineString(r) for r in rows])
    return from_lines(
        gpd.GeoDataFrame(geometry=list(shapely.node(lines).geoms), crs="EPSG:2180"), mode="walk"
    )


@pytest.mark.parametrize(("width", "cell"), [(25.0, 10.0), (50.0, 20.0), (100.0, 20.0)])
def test_polygons_are_within_a_few_percent_of_buffers(
    random_network: Build, width: float, cell: float
) -> None:
    for net, points in (
        (grid(), [(1200.0, 1210.0), (300.0, 40.0)]),
        (random_network(11, nodes=40), [(400.0, 300.0), (100.0, 700.0)]),
    ):
        places = net.snap(points, limit=500)
        found = net.catchments(places, [200.0, 600.0], polygons=True, width=width, cell=cell)
        assert found.polygons is not None
        assert found.polygons.is_valid.all()
        for row in found.polygons.itertuples():
            parts = found.edges(limit=row.limit)
            parts = parts[parts["place"] == row.place]
            shapes = [
                shapely.LineString(
                    net.part_of_edge(e, a / net.edge_length[e], b / net.edge_length[e])
                )
                for e, a, b in parts[["edge", "start", "end"]].itertuples(index=False)
                if b > a
            ]
            exact = shapely.union_all(shapely.buffer(shapes, width))
            assert row.geometry.area == pytest.approx(exact.area, rel=0.05)
            assert row.geometry.symmetric_difference(exact).area < 0.5 * cell * exact.length


def test_polygon_of_what_is_unknown_is_none_not_empty() -> None:
    net = grid(3)
    places = net.snap([(10.0, 0.0), (1e6, 1e6)], limit=50)
    found = net.catchments(places, 100.0, polygons=True)
    assert found.known.tolist() == [True, False]
    assert found.polygons is not None
    assert found.polygons.geometry.isna().tolist() == [False, True]
    assert found.polygons["limit"].tolist() == [100.0, 100.0]
    assert np.isnan(found.length()[1])


def test_limits_and_groups() -> None:
    net = grid(6)
    places = net.snap([(0.0, 0.0), (480.0, 480.0)], limit=1)
    both = net.catchments(places, [100.0, 300.0], groups=[0, 0])
    assert len(both) == 1
    node, distance = both.of(0, limit=80.0)
    assert sorted(distance) == [0, 0, 80, 80, 80, 80]
    assert len(node) == 6
    assert both.length(limit=80.0).tolist() == [320.0]
    assert both.length(limit=100.0).tolist() == [2 * (160.0 + 4 * 20.0 + 0.0)]
    with pytest.raises(ParameterError, match="beyond"):
        both.edges(limit=301.0)
    with pytest.raises(ParameterError, match="limits"):
        net.catchments(places, [-1.0])
    with pytest.raises(ParameterError, match="must be > 0"):
        both.to_polygons(width=0)


def test_one_way_street_is_left_along_it_and_reached_along_it() -> None:
    rows = gpd.GeoDataFrame(
        {"highway": ["residential"] * 2, "oneway": ["yes", "no"]},
        geometry=[shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (200, 0)])],
        crs="EPSG:2180",
    )
    net = from_lines(rows, mode="bike")
    place = net.snap([(40.0, 5.0)], limit=10, component=None)
    out = net.catchments(place, 80.0, direction="from").edges()
    assert out[["edge", "start", "end"]].to_numpy().round(9).tolist() == [[0, 40, 100], [1, 0, 20]]
    back = net.catchments(place, 80.0, direction="to").edges()
    assert back[["edge", "start", "end"]].to_numpy().round(9).tolist() == [[0, 0, 40]]
