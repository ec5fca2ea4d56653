"""The network: arcs and edges, components, variants, lines as a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import CRSError, ParameterError, SchemaError, SourceError
from metrogis.streets import StreetNetwork, from_lines, load
from metrogis.texts import Text

Build = Callable[..., StreetNetwork]
SEEDS = st.integers(0, 10_000)


def lines(*rows: list[tuple[float, float]], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        columns, geometry=[shapely.LineString(r) for r in rows], crs="EPSG:2180"
    )


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_arcs_and_edges_tell_the_same(random_network: Build, seed: int) -> None:
    net = random_network(seed)
    tail = np.repeat(np.arange(net.n_nodes), np.diff(net.indptr))
    assert (net.arc_tail == tail).all()
    e = net.arc_edge
    assert (tail == np.where(net.arc_forward, net.edge_u[e], net.edge_v[e])).all()
    assert (net.indices == np.where(net.arc_forward, net.edge_v[e], net.edge_u[e])).all()
    np.testing.assert_allclose(net.edge_length, shapely.length(net.lines(np.arange(net.n_edges))))
    back = net.reverse
    both = back >= 0
    assert (net.arc_edge[back[both]] == e[both]).all()
    assert (net.arc_forward[back[both]] != net.arc_forward[both]).all()
    # the shape begins and ends at the nodes
    first, last = net.coord_ptr[:-1], net.coord_ptr[1:] - 1
    assert (net.coords[first] == np.column_stack([net.x, net.y])[net.edge_u]).all()
    assert (net.coords[last] == np.column_stack([net.x, net.y])[net.edge_v]).all()


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_components_equal_networkx(random_network: Build, seed: int) -> None:
    net = random_network(seed, lines=25)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(net.n_nodes))
    graph.add_edges_from(zip(net.arc_tail.tolist(), net.indices.tolist(), strict=True))
    for strong, expected in (
        (False, nx.weakly_connected_components(graph)),
        (True, nx.strongly_connected_components(graph)),
    ):
        found = net.components(strong=strong)
        mine = {frozenset(np.flatnonzero(found.node == c)) for c in range(len(found.length))}
        assert mine == {frozenset(c) for c in expected}
        assert (np.diff(found.length) <= 0).all()
        inside = found.node[net.edge_u] == found.node[net.edge_v]
        assert (found.edge == np.where(inside, found.node[net.edge_u], -1)).all()
        assert found.length.sum() == pytest.approx(net.edge_length[inside].sum())


def test_lines_meet_at_any_vertex_but_not_where_they_only_cross() -> None:
    cross = lines([(0, 0), (5, 0), (9, 0)], [(5, 0), (5, 7)], [(7, -3), (7, 3)])
    net = from_lines(cross, mode="walk")
    assert net.n_edges == 4
    assert net.components().length.tolist() == [16.0, 6.0]
    assert from_lines(cross, mode="walk", simplify=False).n_nodes == 6


def test_unsimplified_network_has_the_same_length(random_network: Build) -> None:
    rows = lines([(0, 0), (3, 4), (6, 0)], [(6, 0), (9, 4), (6, 8), (6, 0)])
    fine, coarse = (from_lines(rows, mode="walk", simplify=s) for s in (False, True))
    assert coarse.n_nodes == 2
    assert fine.n_nodes == 5
    assert fine.edge_length.sum() == pytest.approx(coarse.edge_length.sum())


@pytest.mark.parametrize(
    ("rows", "tolerance", "joined", "parts"),
    [
        ([[(0, 0), (9, 0)], [(10, 0), (20, 0)]], 0.5, 0, 2),
        ([[(0, 0), (9, 0)], [(10, 0), (20, 0)]], 1.0, 2, 1),  # two ends meet half-way
        ([[(0, 0), (9, 0), (20, 0)], [(9, 1), (9, 8)]], 1.0, 1, 1),  # an end takes a vertex
        ([[(0, 0), (20, 0)], [(9, 1), (9, 8)]], 1.0, 1, 1),  # or the inside of a line
        ([[(0, 0), (20, 0)], [(9, 1), (9, 8)], [(11, -1), (11, -8)]], 1.0, 2, 1),
        ([[(0, 0), (20, 0)], [(9, -4), (9, 8)]], 1.0, 0, 2),  # a crossing stays one
    ],
)
def test_tolerance_joins_loose_ends(
    rows: list[list[tuple[float, float]]], tolerance: float, joined: int, parts: int
) -> None:
    net = from_lines(lines(*rows), mode="walk", tolerance=tolerance)
    assert len(net.components().length) == parts
    assert sum(r.count for r in net.audit if r.action == "repaired") == joined


def test_one_way_columns_of_lines() -> None:
    rows = lines(
        [(0, 0), (9, 0)], [(9, 0), (9, 9)], [(9, 9), (0, 0)],
        highway=["residential", "motorway", None], oneway=["yes", None, None],
    )  # fmt: skip
    net = from_lines(rows, mode="bike")
    assert net.n_edges == 2
    assert net.n_arcs == 3
    assert net.ways["highway"].tolist()[0] == "residential"
    actions = {r.action: r.count for r in net.audit}
    assert actions == {"dropped": 1, "guessed": 1}
    assert from_lines(rows, mode="walk").n_arcs == 4


def test_what_is_no_line_is_refused() -> None:
    good = lines([(0, 0), (9, 0)])
    with pytest.raises(CRSError, match="distances cannot be computed"):
        from_lines(good.to_crs(4326), mode="walk")
    with pytest.raises(CRSError, match="no CRS"):
        from_lines(good.set_crs(None, allow_override=True), mode="walk")
    with pytest.raises(SchemaError, match="not a line"):
        from_lines(good.set_geometry(good.buffer(1)), mode="walk")
    with pytest.raises(SchemaError, match="no line of this mode"):
        from_lines(good[:0], mode="walk")
    with pytest.raises(ParameterError, match="mode"):
        from_lines(good, mode="fly")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="tolerance"):
        from_lines(good, mode="walk", tolerance=-1)


def test_degrees_in_a_metric_crs_and_other_odd_layers_are_named() -> None:
    degrees = [shapely.LineString([(18.6 + k / 100, 54.3), (18.61 + k / 100, 54.31)])
               for k in range(5)]  # fmt: skip
    with pytest.raises(CRSError, match="look like degrees"):
        from_lines(gpd.GeoDataFrame(geometry=degrees, crs=2180), mode="bike")
    with pytest.raises(SchemaError, match="no line of this mode"):
        from_lines(gpd.GeoDataFrame({"highway": []}, geometry=[], crs=2180), mode="bike")
    with pytest.raises(SchemaError, match="but a list"):
        from_lines(degrees, mode="bike")  # type: ignore[arg-type]
    one = gpd.GeoSeries([shapely.LineString([(0, 0), (100, 0)])], crs=2180)
    assert from_lines(one, mode="bike").edge_length.tolist() == [100]  # type: ignore[arg-type]


def test_a_row_given_twice_counts_once() -> None:
    ahead, back = [(0, 0), (100, 0)], [(100, 0), (0, 0)]
    lines = gpd.GeoDataFrame(
        {"highway": ["residential"] * 4, "name": ["A", "A", "A", "B"]},
        geometry=[shapely.LineString(xy) for xy in (ahead, ahead, back, ahead)],
        crs=2180,
    )
    network = from_lines(lines, mode="bike")
    assert network.edge_length.tolist() == [100, 100, 100]
    assert [(row.action, row.count) for row in network.audit] == [("dropped", 1), ("noted", 2)]


def test_one_way_streets_told_by_numbers() -> None:
    lines = gpd.GeoDataFrame(
        {"highway": ["residential"] * 4, "oneway": [1.0, -1.0, 0.0, np.nan]},
        geometry=[shapely.LineString([(k, 0), (k, 100)]) for k in range(4)],
        crs=2180,
    )
    network = from_lines(lines, mode="bike")
    assert (network.edge_arcs >= 0).tolist() == [
        [True, False],
        [False, True],
        [True, True],
        [True, True],
    ]
    yes = from_lines(lines.assign(oneway=[True, False, True, False]), mode="bike")
    assert (yes.edge_arcs[:, 1] >= 0).tolist() == [False, True, False, True]


def test_weights_and_subnetworks_keep_the_numbers(random_network: Build) -> None:
    net = random_network(3)
    half = net.with_weights(net.lengths / 2, unit="min")
    a, b = net.nearest([0], direction="from"), half.nearest([0], direction="from")
    np.testing.assert_allclose(b.distance, a.distance / 2)
    assert half.unit == "min"
    mask = np.arange(net.n_edges) % 3 > 0
    sub = net.subnetwork(mask)
    assert (sub.open_edges == (mask & net.open_edges)).all()
    assert sub.edges.index.tolist() == np.flatnonzero(sub.open_edges).tolist()
    closed = net.with_weights(np.where(mask[net.arc_edge], net.lengths, np.inf))
    np.testing.assert_array_equal(closed.nearest([0]).distance, sub.nearest([0]).distance)
    one_way = net.subnetwork(arcs=net.arc_forward)
    assert one_way.n_arcs == net.arc_forward.sum()
    for wrong in (net.lengths[:-1], -net.lengths, np.full(net.n_arcs, np.nan)):
        with pytest.raises(ParameterError, match="weights"):
            net.with_weights(wrong)
    with pytest.raises(ParameterError, match="mask"):
        net.subnetwork(np.ones(net.n_edges))


def test_arrays_cannot_be_changed_behind_the_network(random_network: Build) -> None:
    net = random_network(1)
    with pytest.raises(ValueError, match="read-only"):
        net.weights[0] = 0


def test_it_shows_itself_without_trusting_the_data(random_network: Build) -> None:
    net = random_network(1)
    bad = replace(net, source=replace(net.source, origin="<img onerror=x>"))
    assert "<img" not in bad._repr_html_()
    assert "&lt;img" in bad._repr_html_()
    assert repr(net).startswith("<StreetNetwork bike:")
    assert net.nbytes > 1000
    assert net.nodes.crs == net.crs
    assert len(net.nodes) == net.n_nodes


def test_a_saved_network_comes_back_whole(random_network: Build, tmp_path: Path) -> None:
    net = random_network(4)
    note = Text("zażółć", "note")
    net = replace(net, audit=net.audit.add("streets", "guessed", 2, note), unit="s")
    net.ways["width"] = np.linspace(0, 1, len(net.ways))
    back = load(net.save(tmp_path / "net.npz"))
    for name in ("x", "coords", "indptr", "indices", "weights", "arc_forward", "node_id"):
        np.testing.assert_array_equal(getattr(back, name), getattr(net, name))
    assert (back.crs, back.mode, back.unit) == (net.crs, net.mode, "s")
    assert (back.audit, back.source) == (net.audit, net.source)
    assert back.ways["oneway"].tolist() == net.ways["oneway"].tolist()
    assert back.ways["width"].tolist() == net.ways["width"].tolist()
    np.testing.assert_array_equal(back.nearest([0]).distance, net.nearest([0]).distance)
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"\x80\x04N.", None])
def test_a_broken_saved_network_names_itself(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "net.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=r"net\.npz"):
        load(path)


# ------------------------------------------------------------------------- snapping


@given(seed=SEEDS, limit=st.sampled_from([0.0, 20.0, 150.0, 1e4, np.inf]))
@settings(max_examples=15, deadline=None)
def test_snapping_equals_brute_force(random_network: Build, seed: int, limit: float) -> None:
    net = random_network(seed)
    rng = np.random.default_rng(seed)
    points = np.vstack([rng.uniform(-400, 1200, (20, 2)), np.column_stack([net.x, net.y])[:3]])
    found = net.snap(points, limit=limit, component=None)
    shapes = net.lines(np.arange(net.n_edges))
    apart = shapely.distance(shapely.points(points)[:, None], shapes[None, :])
    expected = apart.min(axis=1)
    clear = np.abs(expected - limit) > 1e-9
    assert (found.known == (expected <= limit))[clear].all()
    ok = found.known
    np.testing.assert_allclose(found.distance[ok], expected[ok], atol=1e-9)
    assert np.isnan(found.distance[~ok]).all()
    assert (found.edge[~ok] == -1).all()
    inside = found.edge >= 0
    place = shapely.line_interpolate_point(shapes[found.edge[inside]], found.offset[inside])
    np.testing.assert_allclose(shapely.get_coordinates(place), found.at[inside], atol=1e-6)
    on_node = found.node >= 0
    at = np.column_stack([net.x, net.y])[found.node[on_node]]
    np.testing.assert_allclose(at, found.at[on_node], atol=1e-9)
    unknown = [r.count for r in found.audit if r.action == "unknown"]
    assert unknown == ([int((~ok).sum())] if (~ok).any() else [])


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]])
def test_of_streets_equally_near_the_western_one_is_chosen(order: list[int]) -> None:
    """A block: its centre is as far from all four sides, whatever their order in the file."""
    corners = np.array([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)])
    sides = [shapely.LineString(corners[k : k + 2]) for k in range(4)]
    frame = gpd.GeoDataFrame(
        {"highway": "residential"}, index=range(4), geometry=[sides[k] for k in order], crs=2180
    )
    found = from_lines(frame, mode="bike").snap([(50.0, 50.0)], limit=100)
    assert found.at.tolist() == [[0.0, 50.0]]
    # no tie: the eastern side is a centimetre nearer
    found = from_lines(frame, mode="bike").snap([(50.005, 50.0)], limit=100)
    assert found.at.tolist() == [[100.0, 50.0]]


def test_snapping_chooses_the_component() -> None:
    net = from_lines(
        lines([(0, 0), (100, 0)], [(0, 50), (40, 50)], [(0, 60), (20, 60)]), mode="walk"
    )
    point = [(10.0, 49.0)]
    assert net.snap(point, limit=100).distance.tolist() == [49.0]
    assert net.snap(point, limit=100, component=None).distance.tolist() == [1.0]
    assert net.snap([(10.0, 61.0)], limit=100, component=40.0).distance.tolist() == [11.0]
    assert not net.snap(point, limit=10).known.any()
    assert net.snap(point, limit=100, to="node").distance.tolist() == [np.hypot(10, 49)]
    only = net.snap(point, limit=100, component=None, among=np.array([False, False, True]))
    assert only.distance.tolist() == [11.0]


def test_snapping_points_of_a_layer() -> None:
    net = from_lines(lines([(0, 0), (100, 0)]), mode="walk")
    layer = gpd.GeoSeries([shapely.Point(10, 5), None, shapely.Point()], crs="EPSG:2180")
    found = net.snap(layer, limit=10)
    assert found.known.tolist() == [True, False, False]
    assert found.distance[0] == 5.0
    assert len(found[found.known]) == 1
    with pytest.raises(CRSError, match="stops"):
        net.snap(layer.set_crs(2178, allow_override=True), limit=10, layer="stops")
    with pytest.raises(SchemaError, match="only points"):
        net.snap(layer.buffer(1), limit=10)
    with pytest.raises(ParameterError, match="limit"):
        net.snap(layer, limit=-1)
    with pytest.raises(ParameterError, match="shape"):
        net.snap(np.zeros(3), limit=1)
    assert len(net.snap(np.zeros((0, 2)), limit=1)) == 0
