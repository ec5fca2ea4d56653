"""Simplify a street graph: join edges at nodes where nothing but a bend happens.

What it does not do: junctions of several nodes (dual carriageways, roundabouts) stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit

from metrogis.streets.gap_input import read_graph


class Simplified(NamedTuple):
    """Nodes that remain, and edges joined; ``members`` names the edges in each."""

    nodes: pd.DataFrame
    edges: gpd.GeoDataFrame


def simplify(nodes: pd.DataFrame, edges: pd.DataFrame, *, keep: Collection[Any] = ()) -> Simplified:
    """Remove nodes of degree 2 whose two edges are of one kind.

    Parameters
    ----------
    nodes : DataFrame
        ``id`` (or the index), ``x``, ``y`` in metres (or point geometry).
    edges : DataFrame
        ``u``, ``v``, ``length`` (m), ``kind``, optional ``geometry``. A loop counts twice for the
        degree of its node.
    keep : collection
        Ids of nodes that stay whatever their degree (interchanges, borders).

    Returns
    -------
    Simplified
        ``nodes``: the rows that remain, nodes without edges too. ``edges``: ``u``, ``v``,
        ``length`` (sum), ``kind``, ``members`` (labels of edges, in order from ``u`` to ``v``),
        ``geometry``, numbered from 0 in the order of their first member. Of a ring without any
        other node the smallest id remains, with a loop. Edges from a node back to itself (loops)
        and parallel edges may come about.

    Raises
    ------
    SchemaError
        When a table lacks what it must contain.

    Examples
    --------
    >>> nodes = pd.DataFrame({"id": [1, 2, 3], "x": [0, 50, 90], "y": [0, 0, 0]})
    >>> edges = pd.DataFrame(
    ...     {"u": [1, 3], "v": [2, 2], "length": [50.0, 40.0], "kind": ["mixed", "mixed"]})
    >>> simplify(nodes, edges).edges[["u", "v", "length", "members"]].values.tolist()
    [[1, 3, 90.0, (0, 1)]]
    """
    g = read_graph(nodes, edges)
    n, m = len(g.ids), len(g.u)
    kinds = pd.factorize(g.kind)[0]
    ends = np.concatenate([g.u, g.v])
    order = np.argsort(ends, kind="stable")
    edge_of = np.concatenate([np.arange(m), np.arange(m)])[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))])
    two = np.diff(indptr) == 2
    first = edge_of[np.minimum(indptr[:-1], max(2 * m - 1, 0))] if m else np.zeros(n, int)
    second = edge_of[np.minimum(indptr[:-1] + 1, max(2 * m - 1, 0))] if m else np.zeros(n, int)
    inner = two & (first != second)
    if m:
        inner &= kinds[first] == kinds[second]
    inner[g.ids.isin(list(keep))] = False
    start, members, forward, tail, tip = _chains(indptr, edge_of, g.u, g.v, inner)
    labels = g.labels.to_numpy(object)[members].tolist()
    cuts = list(zip(start[:-1].tolist(), start[1:].tolist(), strict=True))
    named = np.empty(len(cuts), object)
    named[:] = [tuple(labels[a:b]) for a, b in cuts]
    row = np.repeat(np.arange(len(cuts)), np.diff(start))
    out = gpd.GeoDataFrame(
        {
            "u": g.ids[tail],
            "v": g.ids[tip],
            "length": np.bincount(row, g.length[members], minlength=len(cuts)),
            "kind": g.kind[members[start[:-1]]],
            "members": pd.Series(named, dtype=object),
        },
        geometry=gpd.GeoSeries(g.lines.joined(start, members, forward), crs=g.crs),
        crs=g.crs,
    )
    left = np.ones(n, bool)
    left[g.order] = ~inner
    return Simplified(nodes[left], out)


@njit(cache=True)
def _chains(indptr, edge_of, u, v, inner):  # type: ignore[no-untyped-def]
    """Return chains of edges through ``inner`` nodes; of a ring one node is made an end.

    Offsets, edges in the order walked, whether each is walked from ``u`` to ``v``, first and last
    node of each chain. A chain runs the way its first edge of the table runs.
    """
    m = u.size
    done = np.zeros(m, np.bool_)
    start = np.zeros(m + 1, np.int64)
    members = np.empty(m, np.int64)
    forward = np.empty(m, np.bool_)
    tail = np.empty(m, np.int64)
    tip = np.empty(m, np.int64)
    count = 0
    chains = 0
    for e in range(m):
        if done[e]:
            continue
        # back to where the chain begins
        x, f = u[e], e
        least = x
        while inner[x]:
            least = min(least, x)
            k = indptr[x]
            f = edge_of[k + 1] if edge_of[k] == f else edge_of[k]
            x = v[f] if u[f] == x else u[f]
            if f == e:  # a ring: it begins at its smallest node
                inner[least] = False
                x, f = u[e], e
        tail[chains] = x
        while True:
            forward[count] = u[f] == x
            members[count] = f
            done[f] = True
            count += 1
            x = v[f] if u[f] == x else u[f]
            if not inner[x]:
                break
            k = indptr[x]
            f = edge_of[k + 1] if edge_of[k] == f else edge_of[k]
        tip[chains] = x
        chains += 1
        start[chains] = count
    return start[: chains + 1], members[:count], forward[:count], tail[:chains], tip[:chains]
