"""Missing links of a city of 10,000 nodes and 14,000 edges against the procedure on igraph.

The peer is the published procedure written straight on igraph (GPL, so a peer only); without igraph
our own time is printed alone. Both answers must agree. The peer takes more than ten minutes at full
size, so the ratio is taken on smaller cities, where it is lower.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from metrogis.streets.gaps import missing_links


def city(count: int, share: float, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return streets with infrastructure in streaks: part of a Delaunay graph of random points."""
    rng = np.random.default_rng(seed)
    streets = count * 14 // 10
    xy = rng.random((count, 2)) * np.sqrt(count) * 100
    corners = Delaunay(xy).simplices
    ends = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    metres = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    tree = minimum_spanning_tree(coo_array((metres, (ends[:, 0], ends[:, 1])), (count, count)))
    kept = np.sort(np.column_stack(tree.tocoo().coords), axis=1)
    key = ends[:, 0] * count + ends[:, 1]
    rest = np.flatnonzero(~np.isin(key, kept[:, 0] * count + kept[:, 1]) & (metres < 400))
    ends = np.vstack([kept, ends[rng.choice(rest, streets - len(kept), replace=False)]])
    metres = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    kind = np.full(streets, "mixed", object)
    at: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for e, (a, b) in enumerate(ends.tolist()):
        at[a].append((b, e))
        at[b].append((a, e))
    built = 0
    while built < share * streets:
        x = int(rng.integers(count))
        for _ in range(int(rng.integers(3, 25))):
            x, e = at[x][rng.integers(len(at[x]))]
            if kind[e] == "mixed":
                kind[e] = "protected" if rng.random() < 0.7 else "both"
                built += 1
    nodes = pd.DataFrame({"id": np.arange(count), "x": xy[:, 0], "y": xy[:, 1]})
    edges = pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1], "length": metres, "kind": kind})
    return nodes, edges


def on_igraph(nodes: pd.DataFrame, edges: pd.DataFrame) -> list[tuple[int, ...]]:
    """Return the gaps (edges, best first) by the published procedure."""
    igraph = pytest.importorskip("igraph")
    g = igraph.Graph(n=len(nodes), edges=edges[["u", "v"]].to_numpy().tolist())
    metres = edges["length"].to_numpy()
    g.es["w"], g.es["i"], g.vs["i"] = metres.tolist(), range(len(edges)), range(len(nodes))
    between = np.array(g.edge_betweenness(directed=False, cutoff=2500, weights="w"))
    mixed = (edges["kind"] == "mixed").to_numpy()
    solid = g.subgraph_edges(np.flatnonzero(~mixed).tolist(), delete_vertices=False)
    ends = edges[["u", "v"]].to_numpy()
    contact = np.intersect1d(ends[~mixed], ends[(edges["kind"] != "protected").to_numpy()])
    used: set[int] = set()
    for k, s in enumerate(contact.tolist()):
        to = contact[k + 1 :].tolist()
        paths = g.get_shortest_paths(s, to, weights="w", output="epath")
        gaps = [(t, p) for t, p in zip(to, paths, strict=True) if p and mixed[p].all()]
        if gaps:
            around = solid.distances([s], [t for t, _ in gaps], weights="w")[0]
            for (_, path), d in zip(gaps, around, strict=True):
                if d / metres[path].sum() >= 1.5:
                    used |= set(path)
    h = g.subgraph_edges(sorted(used), delete_vertices=True)
    picked = []
    for part in h.connected_components():
        c = h.subgraph(part)
        here = np.isin(c.vs["i"], contact)
        while True:
            s = [x for x in np.flatnonzero(here).tolist() if c.degree(x) not in (0, 2)]
            best: tuple[float, list[int]] | None = None
            for k, x in enumerate(s[:-1]):
                for path in c.get_shortest_paths(x, s[k + 1 :], weights="w", output="epath"):
                    if path:
                        own = [c.es[e]["i"] for e in path]
                        gain = float(np.average(between[own], weights=metres[own]))
                        if best is None or gain > best[0]:
                            best = gain, path
            if best is None:
                break
            picked.append((best[0], tuple(c.es[e]["i"] for e in best[1])))
            c.delete_edges(best[1])
    return [path for _, path in sorted(picked, key=lambda x: -x[0])]


@pytest.mark.parametrize("share", [0.03, 0.12, 0.3])
@pytest.mark.parametrize("count", [500, 1_500, 10_000])
def test_city(count: int, share: float) -> None:
    nodes, edges = city(count, share)
    missing_links(*city(100, 0.2))  # compile
    start = time.perf_counter()
    ours = missing_links(nodes, edges).gaps
    own = time.perf_counter() - start
    print(f"\n{count} nodes, share {share}: {len(ours)} gaps in {own:.3f} s")
    if count > 2_000:
        pytest.skip("the peer takes too long here")
    start = time.perf_counter()
    theirs = on_igraph(nodes, edges)
    peer = time.perf_counter() - start
    print(f"igraph {peer:.1f} s, ratio {peer / own:.0f}")
    assert len(ours)
    assert [frozenset(e) for e in ours["edges"]] == [frozenset(e) for e in theirs]
