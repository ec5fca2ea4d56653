from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from metrogis.errors import ParameterError
from metrogis.streets import from_lines
from metrogis.streets.gap_graph import gap_graph, parts_of


def lattice(seed: int, side: int = 6, share: float = 0.2):
    rng = np.random.default_rng(seed)
    xy = {}
    for i, j in itertools.product(range(side), repeat=2):
        dx, dy = rng.uniform(-30, 30, 2)
        xy[i, j] = (100 * i + dx, 100 * j + dy)
    pairs = [((i, j), (i + a, j + b)) for i, j in xy for a, b in ((0, 1), (1, 0))]
    pairs = [p for p in pairs if p[1] in xy and rng.random() < 0.8]
    frame = gpd.GeoDataFrame(
        geometry=[LineString([xy[a], xy[b]]) for a, b in pairs], crs="EPSG:2180"
    )
    net = from_lines(frame, mode="bike")
    return net, rng.random(net.n_edges) < share


def whole(net, built):
    """All gaps between parts, by brute force: parts shrunk to points, then every pair."""
    label, _ = parts_of(net, built)
    g = nx.Graph()
    g.add_nodes_from(range(net.n_nodes))
    for u, v, metres in zip(net.edge_u, net.edge_v, net.edge_length, strict=True):
        if u != v and metres < g.get_edge_data(u, v, {"weight": np.inf})["weight"]:
            g.add_edge(int(u), int(v), weight=float(metres))
    out = {}
    for k in range(label.max(initial=-1) + 1):
        far = nx.multi_source_dijkstra_path_length(g, set(np.flatnonzero(label == k).tolist()))
        for x, d in far.items():
            if label[x] > k:
                out[k, label[x]] = min(d, out.get((k, label[x]), np.inf))
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.2, 0.5]))
def test_gaps_are_shortest_and_join_all_that_can_be_joined(seed, share):
    net, built = lattice(seed, share=share)
    found = gap_graph(net, built)
    assert (found["a"] < found["b"]).all()
    assert not found.duplicated(["a", "b"]).any()
    every = whole(net, built)
    # a gap found is a way between the two, so never shorter than the shortest
    for row in found.itertuples():
        assert row.length >= every[row.a, row.b] - 1e-9
    own, full = nx.Graph(), nx.Graph()
    for (a, b), metres in every.items():
        full.add_edge(a, b, weight=metres)
    for row in found.itertuples():
        own.add_edge(row.a, row.b, weight=row.length)
    assert nx.minimum_spanning_tree(own).size("weight") == pytest.approx(
        nx.minimum_spanning_tree(full).size("weight")
    )
    nearest = {a: min(d for p, d in every.items() if a in p) for a in full}
    for a, metres in nearest.items():
        mine = found[(found["a"] == a) | (found["b"] == a)]
        assert mine["length"].min() == pytest.approx(metres)


def test_limit_includes_its_bound():
    xs = [0, 100, 150, 400, 480, 900]
    lines = [LineString([(a, 0), (b, 0)]) for a, b in itertools.pairwise(xs)]
    net = from_lines(gpd.GeoDataFrame(geometry=lines, crs="EPSG:2180"), mode="bike")
    built = np.array([True, False, True, False, True])
    assert gap_graph(net, built)["length"].tolist() == [50, 80]
    assert gap_graph(net, built, limit=80)["length"].tolist() == [50, 80]
    assert gap_graph(net, built, limit=79.9)["length"].tolist() == [50]


def test_nothing_built_has_no_gaps():
    net, _ = lattice(1)
    assert len(gap_graph(net, np.zeros(net.n_edges, bool))) == 0
    with pytest.raises(ParameterError, match="mask|maska"):
        gap_graph(net, np.zeros(3, bool))
