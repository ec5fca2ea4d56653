from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.streets import gaps_kernels
from metrogis.streets.betweenness import arcs, edge_betweenness
from metrogis.streets.gaps import missing_links
from metrogis.streets.simplify import simplify

_spec = importlib.util.spec_from_file_location(
    "ipdc_oracle", Path(__file__).with_name("ipdc_oracle.py")
)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
Oracle = _module.Oracle

KINDS = ("protected", "mixed", "both")


def tables(n, rows):
    nodes = pd.DataFrame({"id": np.arange(n), "x": np.arange(n) * 10.0, "y": np.zeros(n)})
    return nodes, pd.DataFrame(rows, columns=["u", "v", "length", "kind"])


def agree(nodes, edges, **options):
    found = missing_links(nodes, edges, **options)
    want = Oracle(nodes, edges).run(**options)
    assert found.contact_nodes["id"].tolist() == want["contact"]
    np.testing.assert_allclose(
        found.betweenness.to_numpy(), list(want["betweenness"].values()), rtol=1e-9, atol=1e-9
    )
    for stage in ("candidates", "filtered", "gaps"):
        got = getattr(found, stage)
        columns = ["nodes", "edges", "length", "detour", "benefit"]
        assert list(got.columns) == [*columns, "geometry"]
        expected = pd.DataFrame(want[stage], columns=columns)
        if stage != "gaps":  # their order says nothing
            got, expected = (
                t.sort_values("edges", key=lambda c: c.map(str)) for t in (got, expected)
            )
        assert got["edges"].tolist() == expected["edges"].tolist(), stage
        assert got["nodes"].tolist() == expected["nodes"].tolist(), stage
        for column in ("length", "detour", "benefit"):
            np.testing.assert_allclose(
                got[column].to_numpy(float), expected[column].to_numpy(float), rtol=1e-9
            )
    return found


@st.composite
def graphs(draw):
    n = draw(st.integers(2, 13))
    exact = draw(st.booleans())
    length = st.integers(1, 5).map(float) if exact else st.floats(1, 5).map(lambda x: round(x, 6))
    kind = st.sampled_from(draw(st.sampled_from([KINDS, ("mixed", "mixed", "mixed", *KINDS)])))
    node = st.integers(0, n - 1)
    rows = draw(st.lists(st.tuples(node, node, length, kind), min_size=1, max_size=26))
    return tables(n, rows)


@settings(max_examples=100, deadline=None)
@given(
    graphs(),
    st.sampled_from([1.0, 1.5, 3.0]),
    st.sampled_from([3.0, 7.0, np.inf]),
    st.sampled_from([0.0, 2.0, 6.0]),
)
def test_agrees_with_plain_loops_on_random_graphs_with_ties(graph, detour_min, radius, benefit_min):
    agree(*graph, detour_min=detour_min, radius=radius, benefit_min=benefit_min)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_on_random_planar_graphs(seed):
    rng = np.random.default_rng(seed)
    side = 6
    xy = np.array([(i, j) for i in range(side) for j in range(side)]) * 100.0
    xy += rng.uniform(-30, 30, xy.shape) if seed % 2 else 0
    rows = []
    for a in range(side * side):
        for b in (a + 1, a + side):
            if b < side * side and (b != a + 1 or b % side) and rng.random() < 0.85:
                kind = rng.choice(KINDS, p=[0.2, 0.7, 0.1])
                rows.append((a, b, float(np.hypot(*(xy[a] - xy[b]))), kind))
    nodes, edges = tables(side * side, rows)
    nodes[["x", "y"]] = xy
    found = agree(nodes, edges, radius=250)
    assert len(found.gaps)


def walbrzych(shared):
    """Streets of a city, cut at their junctions; kinds by tags."""
    path = shared / "data/walbrzych/streets_overpass.json"
    read = json.loads(path.read_text(encoding="utf-8"))["elements"]
    points = {e["id"]: (e["lon"], e["lat"]) for e in read if e["type"] == "node"}
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2180", always_xy=True)
    names = list(points)
    x, y = to_metres.transform(*np.array([points[i] for i in names]).T)
    place = dict(zip(names, zip(x, y, strict=True), strict=True))
    nodes = pd.DataFrame({"id": names, "x": x, "y": y})
    rows = []
    for way in read:
        if way["type"] != "way":
            continue
        tags = way["tags"]
        beside = {tags.get(f"cycleway{s}") for s in ("", ":left", ":right", ":both")}
        kind = "mixed"
        if tags.get("highway") == "living_street" or tags.get("bicycle") == "yes":
            kind = "protected"
        elif beside & {"lane", "track", "separate"} or tags.get("maxspeed") == "30":
            kind = "both"
        for a, b in zip(way["nodes"], way["nodes"][1:], strict=False):
            metres = float(np.hypot(*np.subtract(place[a], place[b])))
            if metres > 0:
                rows.append((a, b, metres, kind))
    return nodes, pd.DataFrame(rows, columns=["u", "v", "length", "kind"])


@pytest.fixture(scope="module")
def city():
    # of module scope, so it cannot use the fixture ``shared``
    here = Path(__file__).resolve().parents[2]
    root = Path(os.environ.get("METROGIS_SHARED") or here.parent / "shared")
    if not (root / "data/walbrzych").is_dir():
        pytest.skip("shared data not present")
    nodes, edges = walbrzych(root)
    small = simplify(nodes, edges)
    used = set(small.edges["u"]) | set(small.edges["v"])
    return small.nodes[small.nodes["id"].isin(used)], small.edges


def test_agrees_with_plain_loops_on_a_cut_of_a_real_city(city):
    nodes, edges = city
    middle = nodes[["x", "y"]].median()
    near = nodes[np.hypot(nodes["x"] - middle["x"], nodes["y"] - middle["y"]) < 1600]
    inside = edges[edges["u"].isin(near["id"]) & edges["v"].isin(near["id"])]
    found = agree(near.reset_index(drop=True), inside.reset_index(drop=True), radius=600)
    assert len(near) > 200
    assert len(found.gaps) >= 5


def test_a_real_city_holds_what_the_method_says(city):
    nodes, edges = city
    found = missing_links(nodes, edges)
    place = pd.Series(np.arange(len(nodes)), index=nodes["id"])
    u, v = place[edges["u"]].to_numpy(), place[edges["v"]].to_numpy()

    def distances(rows):
        ends = np.sort(np.column_stack([u, v])[rows], axis=1)
        best = (
            pd.DataFrame({"a": ends[:, 0], "b": ends[:, 1], "w": edges["length"].to_numpy()[rows]})
            .groupby(["a", "b"], as_index=False)["w"]
            .min()
        )
        best = best[best["a"] != best["b"]]
        shape = (len(nodes), len(nodes))
        matrix = coo_array((best["w"], (best["a"], best["b"])), shape=shape).tocsr()
        return dijkstra(matrix, directed=False)

    whole = distances(np.ones(len(edges), bool))
    solid = distances((edges["kind"] != "mixed").to_numpy())
    kind, length = edges["kind"], edges["length"]
    for stage in (found.candidates, found.gaps):
        assert len(stage)
        s = place[[n[0] for n in stage["nodes"]]].to_numpy()
        t = place[[n[-1] for n in stage["nodes"]]].to_numpy()
        assert all((kind[list(e)] == "mixed").all() for e in stage["edges"])
        np.testing.assert_allclose(stage["length"], [length[list(e)].sum() for e in stage["edges"]])
        np.testing.assert_allclose(stage["detour"], solid[s, t] / stage["length"])
        means = [
            np.average(found.betweenness[list(e)], weights=length[list(e)]) for e in stage["edges"]
        ]
        np.testing.assert_allclose(stage["benefit"], means)
        # edges of walbrzych are polylines: geometry has the length of the path, end to end
        np.testing.assert_allclose(stage.length, stage["length"], rtol=1e-6)
        if stage is found.candidates:
            np.testing.assert_allclose(stage["length"], whole[s, t])
    used = [e for gap in found.gaps["edges"] for e in gap]
    assert len(used) == len(set(used))
    assert found.gaps["benefit"].is_monotonic_decreasing
    assert (found.filtered["detour"] >= 1.5).all()


@pytest.mark.parametrize("kept", [0, 300, 40_000_000])
@pytest.mark.parametrize("listed", [50, 4_000_000])
def test_memory_of_searches_does_not_change_the_answer(city, monkeypatch, kept, listed):
    whole = missing_links(*city, radius=500)
    monkeypatch.setattr("metrogis.streets.gaps.MOST_KEPT", kept)
    monkeypatch.setattr("metrogis.streets.gaps.MOST_LISTED", listed)
    again = missing_links(*city, radius=500)
    assert again.gaps["edges"].tolist() == whole.gaps["edges"].tolist()
    assert len(whole.gaps) > 20


def line(*kinds, lengths=None):
    n = len(kinds)
    lengths = lengths or [100.0] * n
    return tables(n + 1, [(i, i + 1, lengths[i], kinds[i]) for i in range(n)])


def test_no_way_round_is_an_infinite_detour_and_kept():
    found = missing_links(*line("protected", "mixed", "protected"))
    assert np.isinf(found.gaps["detour"]).all()
    assert found.gaps["nodes"].tolist() == [(1, 2)]


def test_detour_of_exactly_the_minimum_is_kept():
    nodes, edges = tables(2, [(0, 1, 0.2, "mixed"), (0, 1, 0.3, "protected")])
    assert len(missing_links(nodes, edges, detour_min=1.5).filtered) == 1
    assert len(missing_links(nodes, edges, detour_min=1.5001).filtered) == 0


def test_both_is_never_part_of_a_gap_and_counts_for_the_detour():
    found = missing_links(*line("protected", "both", "protected"))
    assert len(found.candidates) == 0
    nodes, edges = tables(3, [(0, 1, 10.0, "mixed"), (0, 2, 9.0, "both"), (2, 1, 9.0, "both")])
    assert missing_links(nodes, edges).candidates["detour"].tolist() == [1.8]


def test_a_shorter_way_with_infrastructure_is_no_gap():
    nodes, edges = tables(
        4, [(0, 1, 10.0, "mixed"), (0, 2, 4.0, "mixed"), (2, 3, 1.0, "both"), (3, 1, 4.0, "mixed")]
    )
    edges.loc[4] = [0, 0, 5.0, "protected"]  # a loop makes a contact node
    edges.loc[5] = [1, 1, 5.0, "protected"]
    pairs = {(n[0], n[-1]) for n in missing_links(nodes, edges).candidates["nodes"]}
    assert (0, 1) not in pairs
    assert {(0, 2), (1, 3)} <= pairs


def test_radius_includes_pairs_exactly_on_it():
    _, edges = tables(4, [(i, i + 1, 0.1, "mixed") for i in range(3)])
    g = arcs(4, edges["u"].to_numpy(), edges["v"].to_numpy(), edges["length"].to_numpy())
    # 0.1 + 0.2 is not 0.3 in floats; as lengths it is
    assert edge_betweenness(g, radius=0.3).tolist() == [3.0, 4.0, 3.0]
    assert edge_betweenness(g, radius=0.2).tolist() == [2.0, 3.0, 2.0]


def test_threads_do_not_change_the_answer():
    rng = np.random.default_rng(0)
    u, v = rng.integers(0, 60, (2, 150))
    g = arcs(60, u, v, rng.integers(1, 4, 150).astype(float))
    assert np.array_equal(edge_betweenness(g, threads=1), edge_betweenness(g, threads=4))


def test_ties_go_through_the_smaller_ids():
    rows = [(0, 3, 5.0, "protected"), (1, 4, 5.0, "protected")]
    rows += [(0, 2, 7.0, "mixed"), (2, 1, 7.0, "mixed"), (0, 5, 7.0, "mixed"), (5, 1, 7.0, "mixed")]
    for order in (range(6), range(5, -1, -1)):
        nodes, edges = tables(6, [rows[i] for i in order])
        found = missing_links(nodes, edges)
        assert found.candidates["nodes"].tolist() == [(0, 2, 1)]


def test_of_equal_gaps_the_shorter_then_the_smaller_ids_come_first():
    rows = []
    for k, metres in enumerate((20.0, 10.0, 20.0)):
        a = 4 * k
        rows += [(a, a + 1, 5.0, "protected"), (a + 1, a + 2, metres, "mixed")]
        rows += [(a + 2, a + 3, 5.0, "protected")]
    found = missing_links(*tables(12, rows))
    assert found.gaps["nodes"].tolist() == [(5, 6), (1, 2), (9, 10)]


def test_tie_numbers_are_unique_along_paths_and_symmetric():
    rng = np.random.default_rng(3)
    u, v = rng.integers(0, 5000, (2, 8000))
    a, b = gaps_kernels.tie_numbers(5000, u, v), gaps_kernels.tie_numbers(5000, v, u)
    assert np.array_equal(a, b)
    assert (a >= 0).all()
    assert len(np.unique(a)) == len(a)


def test_ids_of_any_kind_and_shuffled_rows_give_the_same_gaps():
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(45):
        kind = rng.choice(KINDS, p=[0.3, 0.6, 0.1])
        rows.append((*rng.integers(0, 20, 2), float(rng.random() + 0.1), kind))
    nodes, edges = tables(20, rows)
    plain = missing_links(nodes, edges).gaps
    name = {i: f"n{i:02d}" for i in range(20)}
    other = edges.assign(u=edges["u"].map(name), v=edges["v"].map(name))
    shuffled = nodes.assign(id=nodes["id"].map(name)).sample(frac=1, random_state=1)
    found = missing_links(shuffled, other.sample(frac=1, random_state=2)).gaps
    assert found["edges"].tolist() == plain["edges"].tolist()
    assert found["nodes"].tolist() == [tuple(name[i] for i in n) for n in plain["nodes"]]
    assert found.geometry.geom_equals(plain.geometry).all()


def test_geometry_follows_edges_drawn_either_way():
    nodes, edges = line("protected", "mixed", "mixed", "protected")
    lines = [
        None,
        LineString([(20, 0), (15, 4), (10, 0)]),
        LineString([(20, 0), (25, 4), (30, 0)]),
        None,
    ]
    frame = gpd.GeoDataFrame(edges, geometry=lines, crs="EPSG:2180")
    found = missing_links(nodes, frame).gaps
    assert list(found.geometry[0].coords) == [(10, 0), (15, 4), (20, 0), (25, 4), (30, 0)]
    assert found.crs == "EPSG:2180"


def test_weights_count_pairs_by_their_product():
    nodes, edges = line("protected", "mixed", "protected")
    found = missing_links(nodes.assign(w=[2.0, 0, 0, 3.0]), edges, weights="w")
    assert found.betweenness.tolist() == [6.0, 6.0, 6.0]
    access = missing_links(
        nodes.assign(people=[5.0, 7, 0, 0], gate=[0.0, 0, 0, 1]),
        edges,
        origins="people",
        destinations="gate",
    )
    assert access.betweenness.tolist() == [5.0, 12.0, 12.0]
    assert missing_links(nodes, edges, weights=np.ones(4)).betweenness.tolist() == [3.0, 4.0, 3.0]


def test_nothing_to_find_is_an_empty_table():
    nodes, edges = line("mixed", "mixed")
    found = missing_links(nodes, edges)
    for stage in (found.contact_nodes, found.candidates, found.filtered, found.gaps):
        assert len(stage) == 0
    empty = missing_links(nodes, edges.iloc[:0])
    assert len(empty.gaps) == 0


def test_no_nodes_at_all_is_an_empty_table():
    nodes, edges = line("mixed", "mixed")
    found = missing_links(nodes.iloc[:0], edges.iloc[:0])
    for stage in ("contact_nodes", "candidates", "filtered", "gaps"):
        assert len(found[stage]) == 0
    with pytest.raises(KeyError):
        found["betweenness"]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from([2.0, 4.0, 7.5]), st.sampled_from([0.0, 4.0]))
def test_longest_gap_agrees_with_plain_loops(graph, length_max, benefit_min):
    agree(*graph, length_max=length_max, benefit_min=benefit_min)


def test_longest_gap_includes_its_bound_and_is_none_by_default():
    rows = [(0, 1, 5.0, "protected"), (1, 2, 0.1, "mixed"), (2, 3, 0.2, "mixed")]
    nodes, edges = tables(5, [*rows, (3, 4, 5.0, "protected")])
    assert len(missing_links(nodes, edges, length_max=0.3).gaps) == 1
    assert len(missing_links(nodes, edges, length_max=0.2999).candidates) == 0
    assert len(missing_links(nodes, edges).gaps) == 1
    with pytest.raises(ParameterError, match="length_max"):
        missing_links(nodes, edges, length_max=-1)


@pytest.mark.parametrize("kept", [0, 40_000_000])
def test_longest_gap_in_a_real_city_agrees_with_plain_loops(city, monkeypatch, kept):
    monkeypatch.setattr("metrogis.streets.gaps.MOST_KEPT", kept)
    nodes, edges = city
    middle = nodes[["x", "y"]].median()
    near = nodes[(np.hypot(*(nodes[["x", "y"]] - middle).to_numpy().T) < 700)]
    inside = edges["u"].isin(near["id"]) & edges["v"].isin(near["id"])
    found = agree(near, edges[inside].reset_index(drop=True), radius=300, length_max=250)
    assert len(found.gaps)
    assert (found.gaps["length"] <= 250).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda n, e: (n, e.drop(columns="kind")), "kind"),
        (lambda n, e: (n, e.assign(length=[1.0, 0.0])), "length"),
        (lambda n, e: (n, e.assign(length=[1.0, np.nan])), "length"),
        (lambda n, e: (n, e.assign(kind=["mixed", "road"])), "road"),
        (lambda n, e: (n, e.assign(v=[1, 99])), "not exist"),
        (lambda n, e: (n.assign(id=[0, 0, 1]), e), "repeated"),
        (lambda n, e: (n.assign(x=[0.0, np.nan, 1.0]), e), "coordinates"),
        (lambda n, e: (n, e.set_axis([7, 7])), "unique"),
        (lambda n, e: (n.drop(columns="x"), e), "x and y"),
        (lambda n, e: (n, e.to_dict()), "no table"),
    ],
)
def test_bad_tables_are_refused_by_name(change, word):
    with pytest.raises(SchemaError, match=word):
        missing_links(*change(*line("mixed", "protected")))


def test_bad_parameters_and_crs_are_refused():
    nodes, edges = line("mixed", "protected")
    with pytest.raises(ParameterError, match="detour_min"):
        missing_links(nodes, edges, detour_min=-1)
    with pytest.raises(ParameterError, match="weights"):
        missing_links(nodes, edges, weights="w")
    with pytest.raises(ParameterError, match="together"):
        missing_links(nodes, edges, origins=np.ones(3))
    far = gpd.GeoDataFrame(nodes, geometry=[Point(0, 0)] * 3, crs="EPSG:4326")
    with pytest.raises(CRSError):
        missing_links(far, edges)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_simplifying_keeps_length_kinds_and_distances(graph):
    nodes, edges = graph
    small = simplify(nodes, edges)
    members = [e for chain in small.edges["members"] for e in chain]
    assert sorted(members) == edges.index.tolist()
    assert (small.edges["length"] > 0).all()
    by_kind = edges.groupby("kind")["length"].sum()
    np.testing.assert_allclose(small.edges.groupby("kind")["length"].sum(), by_kind)
    for _, chain in small.edges.iterrows():
        at = chain["u"]
        for e in chain["members"]:
            a, b = edges.loc[e, ["u", "v"]]
            assert at in (a, b)
            at = b if at == a else a
        assert at == chain["v"]
    degree = pd.concat([small.edges["u"], small.edges["v"]]).value_counts()
    for x in small.nodes["id"]:
        at = small.edges[(small.edges["u"] == x) | (small.edges["v"] == x)]
        if degree.get(x, 0) == 2 and len(at) == 2:
            assert at["kind"].nunique() == 2
    inside = set(nodes["id"]) - set(small.nodes["id"])
    assert not inside & (set(small.edges["u"]) | set(small.edges["v"]))
    again = simplify(small.nodes, small.edges)
    assert len(again.edges) == len(small.edges)


def test_simplify_keeps_named_nodes_and_the_smallest_of_a_ring():
    nodes, edges = line("mixed", "mixed", "mixed")
    assert simplify(nodes, edges, keep=[2]).edges[["u", "v"]].values.tolist() == [[0, 2], [2, 3]]
    ring = tables(3, [(2, 1, 1.0, "mixed"), (1, 0, 2.0, "mixed"), (0, 2, 3.0, "mixed")])
    small = simplify(*ring)
    assert small.edges[["u", "v", "length", "members"]].values.tolist() == [[0, 0, 6.0, (2, 0, 1)]]
    assert list(small.edges.geometry[0].coords) == [(0, 0), (20, 0), (10, 0), (0, 0)]
