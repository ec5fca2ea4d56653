"""Dominant flows and functional regions against the paper's example, brute force and networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrogis.checks.spatial_development.functional_links.regions import (
    association,
    communities,
    dominant_flows,
    modularity,
    symmetric,
)

# Messages between twelve cities a-l: the worked example of Nystuen & Dacey (1961).
CITIES = "abcdefghijkl"
MESSAGES = np.array(
    [
        [0, 75, 15, 20, 28, 2, 3, 2, 1, 20, 1, 0],
        [69, 0, 45, 50, 58, 12, 20, 3, 6, 35, 4, 2],
        [5, 51, 0, 12, 40, 0, 6, 1, 3, 15, 0, 1],
        [19, 67, 14, 0, 30, 7, 6, 2, 11, 18, 5, 1],
        [7, 40, 48, 26, 0, 7, 10, 2, 37, 39, 12, 6],
        [1, 6, 1, 1, 10, 0, 27, 1, 3, 4, 2, 0],
        [2, 16, 3, 3, 13, 31, 0, 3, 18, 8, 3, 1],
        [0, 4, 0, 1, 3, 3, 6, 0, 12, 38, 4, 0],
        [2, 28, 3, 6, 43, 4, 16, 12, 0, 98, 13, 1],
        [7, 40, 10, 8, 40, 5, 17, 34, 98, 0, 35, 12],
        [1, 8, 2, 1, 18, 0, 6, 5, 12, 30, 0, 15],
        [0, 2, 0, 0, 7, 0, 1, 0, 1, 6, 12, 0],
    ],
    dtype=float,
)

matrices = st.integers(2, 9).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(0, 20).map(float))
)


def test_nystuen_dacey_example():
    found = dominant_flows(MESSAGES, MESSAGES.sum(axis=0))
    parents = {c: CITIES[p] if p >= 0 else None for c, p in zip(CITIES, found.parent, strict=True)}
    assert parents == {
        "a": "b",
        "b": None,
        "c": "b",
        "d": "b",
        "e": None,
        "f": "g",
        "g": None,
        "h": "j",
        "i": "j",
        "j": None,
        "k": "j",
        "l": "k",
    }
    roots = {c: CITIES[r] for c, r in zip(CITIES, found.root, strict=True)}
    assert roots["l"] == "j"
    assert found.level[CITIES.index("l")] == 2


def test_dominant_flow_limits_and_ties():
    flow = np.array([[0, 4, 4], [1, 0, 0], [9, 9, 0]], dtype=float)
    size = np.array([3.0, 5.0, 5.0])
    assert dominant_flows(flow, size).largest.tolist() == [1, 0, 1]  # a tie: larger, then first
    assert dominant_flows(flow, size).parent.tolist() == [1, -1, -1]  # equal size is not larger
    assert dominant_flows(flow, size, min_flow=5).largest.tolist() == [-1, -1, 1]
    assert dominant_flows(flow, size, min_share=0.6).largest.tolist() == [-1, 0, -1]
    nobody = dominant_flows(np.zeros((2, 2)), np.zeros(2))
    assert nobody.largest.tolist() == [-1, -1]
    assert dominant_flows(np.zeros((1, 1)), np.zeros(1)).root.tolist() == [0]
    unknown = dominant_flows(flow, np.array([3.0, np.nan, 5.0]))
    assert unknown.parent.tolist() == [2, -1, -1]


@given(matrices)
def test_hierarchy_against_brute_force(flow):
    size = flow.sum(axis=0) - np.diagonal(flow)
    found = dominant_flows(flow, size)
    for i in range(len(flow)):
        others = [j for j in range(len(flow)) if j != i]
        best = max(others, key=lambda j: (flow[i, j], size[j], -j))
        expected = best if flow[i, best] > 0 and size[best] > size[i] else -1
        assert found.parent[i] == expected
        seen, at = [i], i
        while found.parent[at] >= 0:
            at = int(found.parent[at])
            assert at not in seen
            seen.append(at)
        assert (found.root[i], found.level[i]) == (at, len(seen) - 1)


def test_indirect_association_is_the_power_series():
    y = MESSAGES / MESSAGES.sum(axis=0).max()
    expected, power = np.zeros_like(y), np.eye(len(y))
    for _ in range(400):
        power = power @ y
        expected += power
    np.testing.assert_allclose(association(MESSAGES, indirect=True), expected, rtol=1e-9)
    np.testing.assert_allclose(association(MESSAGES), y)


def test_association_that_does_not_converge():
    with pytest.raises(ValueError, match="converge"):
        association(np.array([[0.0, 1.0], [1.0, 0.0]]), indirect=True)


def test_karate_club_reaches_the_known_optimum():
    graph = nx.karate_club_graph()
    weights = nx.to_numpy_array(graph, weight=None)
    found = communities(weights)
    assert found.modularity == pytest.approx(0.4197896, abs=1e-7)  # Brandes et al. 2008
    assert len(set(found.labels)) == 4


@settings(max_examples=40, deadline=None)
@given(matrices, st.sampled_from([0.5, 1.0, 1.7]), st.integers(0, 99))
def test_modularity_against_networkx(flow, resolution, seed):
    weights = symmetric(flow)
    if weights.sum() == 0:
        assert np.isnan(communities(weights).modularity)
        return
    graph = nx.from_numpy_array(weights)
    labels = np.random.default_rng(seed).integers(0, 3, len(weights))
    groups = [set(np.flatnonzero(labels == g).tolist()) for g in np.unique(labels)]
    expected = nx.community.modularity(graph, groups, resolution=resolution)
    assert modularity(weights, labels, resolution=resolution) == pytest.approx(expected)
    assert modularity(weights, labels * 7 + 3, resolution=resolution) == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(matrices, st.integers(0, 3))
def test_communities_keep_their_promises(flow, seed):
    weights = symmetric(flow)
    found = communities(weights, seed=seed, runs=5)
    again = communities(weights, seed=seed, runs=5)
    assert found.labels.tolist() == again.labels.tolist()
    if weights.sum() == 0:
        return
    assert found.modularity == pytest.approx(modularity(weights, found.labels))
    assert found.modularity >= -1e-12  # one group alone has 0
    graph = nx.from_numpy_array(weights)
    for label in set(found.labels):
        members = np.flatnonzero(found.labels == label).tolist()
        assert nx.is_connected(graph.subgraph(members))
    # no single place gains by moving
    for i in range(len(weights)):
        for label in [*set(found.labels.tolist()), len(weights)]:
            moved = found.labels.copy()
            moved[i] = label
            assert modularity(weights, moved) <= found.modularity + 1e-9
    assert found.together.diagonal().tolist() == [1.0] * len(weights)


def test_communities_find_the_best_partition_of_small_graphs():
    rng = np.random.default_rng(3)

    def partitions(n):
        if n == 0:
            yield []
            return
        for rest in partitions(n - 1):
            for label in range(max(rest, default=-1) + 2):
                yield [*rest, label]

    listed = [np.array(p) for p in partitions(7)]
    for _ in range(8):
        weights = symmetric(rng.integers(0, 6, (7, 7)) * (rng.random((7, 7)) < 0.5))
        best = max(modularity(weights, p) for p in listed)
        assert communities(weights).modularity == pytest.approx(best)
