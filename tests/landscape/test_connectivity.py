from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import MetrogisError, ParameterError, SchemaError
from metrogis.landscape import connectivity


def tables(
    a: list[float], links: list[tuple[int, int, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    patches = pd.DataFrame({"id": np.arange(len(a)) * 10 + 5, "attribute": np.array(a, float)})
    table = pd.DataFrame(links, columns=["i", "j", "cost"])
    table[["i", "j"]] = table[["i", "j"]].to_numpy(int).reshape(-1, 2) * 10 + 5
    return patches, table.astype({"cost": float})


def graph_of(
    a: list[float], links: list[tuple[int, int, float]], directed: bool = False
) -> nx.Graph:
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(len(a)))
    for i, j, w in links:
        if i != j and (not graph.has_edge(i, j) or graph[i][j]["w"] > w):
            graph.add_edge(i, j, w=w)
    return graph


def pc_sum(graph: nx.Graph, a: list[float], alpha: float) -> float:
    paths = dict(nx.all_pairs_dijkstra_path_length(graph, weight="w"))
    return math.fsum(
        a[s] * a[t] * math.exp(-alpha * d) for s, row in paths.items() for t, d in row.items()
    )


def iic_sum(graph: nx.Graph, a: list[float]) -> float:
    paths = dict(nx.all_pairs_shortest_path_length(graph))
    return math.fsum(a[s] * a[t] / (1 + d) for s, row in paths.items() for t, d in row.items())


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[float], list[tuple[int, int, float]]]:
    n = draw(st.integers(1, 9))
    a = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 40.0]), min_size=n, max_size=n))
    node = st.integers(0, n - 1)
    cost = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.5, 10.0]) | st.floats(0, 50)
    return a, draw(st.lists(st.tuples(node, node, cost), max_size=22))


def by_removal(
    a: list[float], links: list[tuple[int, int, float]], alpha: float, directed: bool
) -> tuple[float, list[float], dict[tuple[int, int], float]]:
    graph = graph_of(a, links, directed)
    whole = pc_sum(graph, a, alpha)
    nodes = []
    for k in range(len(a)):
        rest = graph.copy()
        rest.remove_node(k)
        nodes.append(whole - pc_sum(rest, a, alpha))
    ties = {}
    for i, j in graph.edges:
        rest = graph.copy()
        rest.remove_edge(i, j)
        ties[i, j] = whole - pc_sum(rest, a, alpha)
    return whole, nodes, ties


@given(networks(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_all_indices_equal_removal_by_hand(
    network: tuple[list[float], list[tuple[int, int, float]]], directed: bool
) -> None:
    a, links = network
    alpha = -math.log(0.3) / 4.0
    found = connectivity.indices(
        *tables(a, links), distance=4, probability=0.3, landscape_area=200, directed=directed
    )
    whole, nodes, ties = by_removal(a, links, alpha, directed)
    assert pytest.approx(whole / 200**2, rel=1e-12) == found.PC
    assert pytest.approx(math.sqrt(whole), rel=1e-12) == found.ECA
    assert pytest.approx(iic_sum(graph_of(a, links, directed), a) / 200**2, rel=1e-12) == found.IIC
    if whole == 0:
        assert found.patches["dPC"].isna().all()
        return
    got = found.patches
    expected = 100 * np.array(nodes) / whole
    np.testing.assert_allclose(got["dPC"], expected, rtol=1e-10, atol=1e-11)
    parts = got["dPC_intra"] + got["dPC_flux"] + got["dPC_connector"]
    np.testing.assert_allclose(parts, expected, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(got["dPC_intra"], 100 * np.square(a) / whole, rtol=1e-12)
    assert (got["dPC_connector"] >= 0).all()
    assert len(found.links) == len(ties)
    for row in found.links.itertuples():
        i, j = (row.i - 5) // 10, (row.j - 5) // 10
        lost = ties[i, j] if (i, j) in ties else ties[j, i]
        assert row.dPC == pytest.approx(100 * lost / whole, rel=1e-10, abs=1e-11)


@given(networks())
@settings(max_examples=40, deadline=None)
def test_a_matrix_of_probabilities_gives_what_its_costs_give(
    network: tuple[list[float], list[tuple[int, int, float]]],
) -> None:
    a, links = network
    patches, table = tables(a, links)
    expected = connectivity.indices(patches, table, distance=2, probability=0.5)
    graph = graph_of(a, links)
    matrix = np.zeros((len(a), len(a)))
    for i, j, w in graph.edges(data="w"):
        matrix[i, j] = matrix[j, i] = 0.5 ** (w / 2)
    for given_matrix in (matrix, pd.DataFrame(matrix, patches["id"], patches["id"]).iloc[::-1]):
        found = connectivity.indices(patches, given_matrix)
        assert pytest.approx(expected.ECA, rel=1e-12) == found.ECA
        assert found.IIC_numerator == pytest.approx(expected.IIC_numerator, rel=1e-12)
        np.testing.assert_allclose(
            found.patches["dPC"], expected.patches["dPC"], rtol=1e-9, atol=1e-10
        )


def test_one_way_matrix_is_read_as_one_way() -> None:
    patches = pd.DataFrame({"id": [1, 2], "attribute": [1.0, 1.0]})
    found = connectivity.indices(patches, np.array([[1.0, 0.5], [0.0, 1.0]]))
    assert found.PC_numerator == 2.5
    assert found.patches["flux"].tolist() == [0.5, 0.0]
    assert [row.action for row in found.audit] == ["noted"]


def test_reference_graph(shared: Path) -> None:
    folder = shared / "reference" / "graph_connectivity"
    patches = pd.read_csv(folder / "patches.csv")
    for links in (
        pd.read_csv(folder / "lkst1-links.csv"),
        gpd.read_file(folder / "lkst1-links.dbf"),
    ):
        found = connectivity.indices(
            patches,
            links.astype({"ID1": int, "ID2": int}),
            distance=600,
            probability=0.5,
            landscape_area=3.6e9,
            id="Id",
            attribute="Capacity",
            ends=("ID1", "ID2"),
            cost="Dist",
        )
        assert pytest.approx(2.480545943431007e-10, rel=1e-12) == found.PC
        assert found["PC"] == found.PC
        assert found.flux[1] == pytest.approx(8856.424617848299, rel=1e-12)
        assert found.flux[2] == pytest.approx(26999.766171039577, rel=1e-12)
        np.testing.assert_allclose(
            found.patches["flux"], patches["F_d600_p0.5_beta1_graph"], rtol=1e-12
        )


def test_shortest_path_beats_the_direct_link_and_hops_count_links() -> None:
    patches, links = tables([1, 1, 1], [(0, 2, 10), (0, 1, 1), (1, 2, 1)])
    found = connectivity.indices(patches, links, distance=1, probability=0.5, landscape_area=1)
    assert pytest.approx(3 + 4 * 0.5 + 2 * 0.25) == found.PC
    assert pytest.approx(3 + 6 * 0.5) == found.IIC  # every pair is one link apart
    near = connectivity.indices(
        patches, links, distance=1, probability=0.5, landscape_area=1, max_cost=5
    )
    assert pytest.approx(3 + 4 / 2 + 2 / 3) == near.IIC
    assert pytest.approx(found.PC) == near.PC


def test_dropped_links_are_audited() -> None:
    patches, links = tables([1, 2], [(0, 1, 5), (1, 0, 3), (0, 0, 1), (0, 1, math.inf)])
    found = connectivity.indices(patches, links, distance=1, probability=0.5)
    assert found.links["cost"].tolist() == [3]
    assert sorted((r.action, r.count) for r in found.audit) == [("dropped", 1)] * 3
    assert math.isnan(found.PC)
    assert math.isnan(found.IIC)
    one_way = connectivity.indices(patches, links, distance=1, probability=0.5, directed=True)
    assert one_way.links["cost"].tolist() == [5, 3]


def test_top_computes_the_largest_and_leaves_the_others_unknown() -> None:
    rng = np.random.default_rng(2)
    a = rng.integers(1, 50, 30).astype(float).tolist()
    links = [(int(i), int(j), float(w)) for i, j, w in rng.integers(0, 30, (70, 3))]
    patches, table = tables(a, links)
    whole = connectivity.indices(patches, table, distance=10, probability=0.5)
    some = connectivity.indices(patches, table, distance=10, probability=0.5, top=5)
    known = some.patches["dPC"].notna()
    assert known.sum() == 5
    assert patches["attribute"][known].min() >= patches["attribute"][~known].max()
    np.testing.assert_array_equal(some.patches["dPC"][known], whole.patches["dPC"][known])
    assert some.patches["dPC_intra"].notna().all()
    kept = some.links["dPC"].notna()
    assert kept.sum() == 5
    np.testing.assert_array_equal(some.links["dPC"][kept], whole.links["dPC"][kept])
    none = connectivity.indices(patches, table, distance=10, probability=0.5, dpc=False)
    assert none.patches["dPC"].isna().all()
    assert none.ECA == whole.ECA


def test_input_order_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    a = rng.random(40).tolist()
    links = [(int(i), int(j), float(w)) for i, j, w in rng.integers(0, 40, (80, 3))]
    patches, table = tables(a, links)
    first = connectivity.indices(patches, table, distance=9, probability=0.4)
    mixed = patches.sample(frac=1, random_state=1)
    second = connectivity.indices(
        mixed, table.sample(frac=1, random_state=3), distance=9, probability=0.4
    )
    assert second.patches["id"].tolist() == mixed["id"].tolist()
    np.testing.assert_allclose(second.dPC.loc[first.dPC.index], first.dPC, rtol=1e-12, atol=1e-12)


def test_a_matrix_may_stand_in_place_of_the_probability() -> None:
    patches, links = tables([3, 4, 5], [(0, 1, 2.0), (1, 2, 1.0)])
    matrix = np.eye(3)
    matrix[0, 1] = matrix[1, 0] = 0.25
    matrix[1, 2] = matrix[2, 1] = 0.5
    one = connectivity.indices(patches, matrix)
    two = connectivity.indices(patches, None, distance=None, probability=matrix)
    by_cost = connectivity.indices(patches, links, distance=1, probability=0.5)
    # 9 + 16 + 25 + 2 (3*4/4 + 4*5/2 + 3*5/8)
    assert one.PC_numerator == two.PC_numerator == pytest.approx(79.75, rel=1e-15)
    assert by_cost.PC_numerator == pytest.approx(79.75, rel=1e-15)
    with pytest.raises(ParameterError):
        connectivity.indices(patches, None, distance=1, probability=0.5)


def test_no_links_and_no_habitat() -> None:
    patches, links = tables([3, 4], [])
    found = connectivity.indices(patches, links, distance=1, probability=0.5, landscape_area=10)
    assert found.ECA == 5
    assert found.patches["dPC"].tolist() == pytest.approx([36, 64])
    empty = connectivity.indices(*tables([0, 0], [(0, 1, 1)]), distance=1, probability=0.5)
    assert empty.ECA == 0
    assert empty.patches["dPC"].isna().all()


GOOD = tables([1, 2], [(0, 1, 5)])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"distance": 0}, ParameterError),
        ({"distance": None}, ParameterError),
        ({"probability": 0}, ParameterError),
        ({"probability": 1.5}, ParameterError),
        ({"landscape_area": -1}, ParameterError),
        ({"top": 0}, ParameterError),
        ({"attribute": "area"}, SchemaError),
        ({"cost": "Dist"}, SchemaError),
    ],
)
def test_bad_parameters(change: dict[str, object], error: type[MetrogisError]) -> None:
    with pytest.raises(error):
        connectivity.indices(*GOOD, **{"distance": 1, "probability": 0.5, **change})


def test_bad_tables() -> None:
    patches, links = GOOD
    options = {"distance": 1, "probability": 0.5}
    for bad in (
        links.assign(cost=-1.0),
        links.assign(cost=math.nan),
        links.assign(j=999),
        links.assign(cost="x"),
        np.ones((3, 3)),
    ):
        with pytest.raises(MetrogisError):
            connectivity.indices(patches, bad, **options)
    for bad in (
        patches.assign(attribute=[1, -1]),
        patches.assign(attribute=[1, None]),
        patches.assign(attribute=[1, math.inf]),
        patches.assign(id=[5, 5]),
        patches.assign(id=[5, None]),
        patches.iloc[:0],
    ):
        with pytest.raises(SchemaError):
            connectivity.indices(bad, links, **options)
    for bad in (np.full((2, 2), 1.5), np.full((2, 2), -0.5), np.full((2, 2), math.nan)):
        with pytest.raises(SchemaError):
            connectivity.indices(patches, bad)
    with pytest.raises(ParameterError):
        connectivity.indices(patches, np.eye(2), distance=1, probability=0.5)


def test_certain_crossing() -> None:
    """With probability 1 only what is joined matters: the loss of a bridge is the whole pair."""
    patches, links = tables([1, 0, 1, 5], [(0, 1, 7), (1, 2, 9)])
    found = connectivity.indices(patches, links, distance=1, probability=1)
    assert found.PC_numerator == 4 + 25
    assert found.patches["dPC_connector"].tolist() == pytest.approx([0, 200 / 29, 0, 0])


def test_shortest_costs_equal_networkx() -> None:
    rng = np.random.default_rng(11)
    links = [(int(i), int(j), float(w)) for i, j, w in rng.integers(0, 25, (40, 3))]
    patches, table = tables([1.0] * 25, links)
    found = connectivity.shortest_costs(patches, table)
    expected = dict(nx.all_pairs_dijkstra_path_length(graph_of([1.0] * 25, links), weight="w"))
    for i in range(25):
        for j in range(25):
            assert found.loc[i * 10 + 5, j * 10 + 5] == expected[i].get(j, math.inf)


def test_text_ids_in_any_order_with_parallel_links_and_stepping_stones() -> None:
    patches = pd.DataFrame({"id": ["b", "a", "z", "alone"], "attribute": [1, 2, 0, 3]})
    links = pd.DataFrame(
        {"i": ["z", "a", "b", "a", "a"], "j": ["a", "z", "z", "b", "a"], "cost": [5, 7, 10, 50, 1]}
    )
    found = connectivity.indices(patches, links, distance=10, probability=0.5, landscape_area=10)
    way = 0.5**1.5  # b - z - a: 15, not 50; the dearer of a - z counts nothing
    assert pytest.approx((1 + 4 + 9 + 2 * 2 * way) / 100) == found.PC
    assert pytest.approx((1 + 4 + 9 + 2 * 2 / 2) / 100) == found.IIC
    assert found.flux.to_dict() == pytest.approx(
        {"b": 2 * way, "a": way, "z": 0.5**0.5 * 2 + 0.5, "alone": 0}
    )
    stone = found.dPC.loc["z"]
    assert stone["dPC_intra"] == stone["dPC_flux"] == 0
    assert (
        stone["dPC"]
        == stone["dPC_connector"]
        == pytest.approx(100 * 4 * (way - 0.5**5) / found.PC_numerator)
    )
    assert len(found.links) == 3


def test_one_patch_and_empty_tables() -> None:
    one = pd.DataFrame({"id": ["x"], "attribute": [4.0]})
    none = pd.DataFrame({"i": [], "j": [], "cost": []})
    found = connectivity.indices(one, none, distance=10, probability=0.5, landscape_area=8)
    assert (found.PC, found.IIC, found.ECA) == (0.25, 0.25, 4)
    assert found.dPC.loc["x"].tolist() == [100, 100, 0, 0]
    with pytest.raises(SchemaError, match="no patches"):
        connectivity.indices(one.iloc[:0], none, distance=10, probability=0.5)


def test_patches_alone_are_the_same() -> None:
    patches, links = tables([2, 1, 3, 1], [(0, 1, 1), (1, 2, 2), (2, 3, 1), (0, 3, 9)])
    options = {"distance": 2.0, "probability": 0.5}
    both = connectivity.indices(patches, links, **options)
    alone = connectivity.indices(patches, links, **options, dpc="patches")
    np.testing.assert_allclose(alone.dPC, both.dPC, rtol=1e-12)
    assert alone.links["dPC"].isna().all()
    few = connectivity.indices(patches, links, **options, dpc="patches", top=2)
    assert few.patches["dPC"].notna().tolist() == [True, False, True, False]
    assert few.links["dPC"].isna().all()
    with pytest.raises(ParameterError, match="Dpc"):
        connectivity.indices(patches, links, **options, dpc="links")
