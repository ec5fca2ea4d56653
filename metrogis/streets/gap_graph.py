"""The gaps between connected parts of infrastructure: who is whose neighbour, how far by street.

One search from all parts at once gives every street node its nearest part; where the two ends of a
street belong to different parts, a gap between these passes. Each part's nearest other part and
the shortest way to join them all (a minimum spanning tree) are among these gaps. A gap that leads
past a third part is two gaps here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sparse
from scipy.sparse import csgraph

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.streets import paths
from metrogis.streets.network import StreetNetwork

_ARENA = 1 << 12


def gap_graph(network: StreetNetwork, built: Any, *, limit: float = np.inf) -> pd.DataFrame:
    """Return the shortest gaps between neighbouring connected parts of some edges.

    Parameters
    ----------
    network : StreetNetwork
        Its open edges are walked both ways, by their length (m).
    built : array of bool, shape (edges,)
        Infrastructure. Parts join where they share a node.
    limit : float
        Longest gap, m; inclusive.

    Returns
    -------
    DataFrame
        One row per pair of parts whose surroundings meet, ordered: ``a``, ``b`` (parts, a < b, in
        the order of their least node), ``length`` (m), ``edge`` (where the surroundings meet, in
        the middle of the gap). Parts no street joins to another have no row.

    Raises
    ------
    ParameterError
        For a mask of another shape, or a limit below 0.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from metrogis.streets import from_lines
    >>> xs = [0, 100, 150, 400]
    >>> lines = gpd.GeoDataFrame(
    ...     geometry=[shapely.LineString([(a, 0), (b, 0)]) for a, b in zip(xs, xs[1:])],
    ...     crs="EPSG:2180")
    >>> gap_graph(from_lines(lines, mode="bike"), [True, False, True]).values.tolist()
    [[0.0, 1.0, 50.0, 1.0]]
    """
    mask = np.asarray(built)
    if mask.shape != (network.n_edges,) or mask.dtype != bool or not limit >= 0:
        raise ParameterError(
            _("built: a boolean mask of length {n_edges}; limit >= 0").fill(
                n_edges=network.n_edges
            ),
            layer=network.source.layer,
        )
    label, starts = parts_of(network, mask)
    edges = np.flatnonzero(network.open_edges & (network.edge_u != network.edge_v))
    distance, nearest = nearest_part(both_ways(network, edges), label, starts, limit)
    u, v = network.edge_u[edges], network.edge_v[edges]
    one, two = nearest[u], nearest[v]
    meet = np.flatnonzero((one != two) & (one >= 0) & (two >= 0))
    length = distance[u[meet]] + network.edge_length[edges[meet]] + distance[v[meet]]
    meet, length = meet[length <= limit], length[length <= limit]
    a, b = np.minimum(one[meet], two[meet]), np.maximum(one[meet], two[meet])
    order = np.lexsort((meet, length, b, a))
    a, b = a[order], b[order]
    first = np.ones(len(a), bool)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    kept = order[first]
    return pd.DataFrame(
        {
            "a": a[first].astype(np.int64),
            "b": b[first].astype(np.int64),
            "length": length[kept],
            "edge": edges[meet[kept]],
        }
    )


def parts_of(network: StreetNetwork, built: Array) -> tuple[Array, Array]:
    """Return the part of each node (-1: none there), and the nodes of parts.

    Parts are numbered in the order of their least node.
    """
    u, v = network.edge_u[built], network.edge_v[built]
    joined = sparse.coo_array(
        (np.ones(len(u), np.int8), (u, v)), shape=(network.n_nodes, network.n_nodes)
    )
    _, label = csgraph.connected_components(joined.tocsr(), directed=False)
    nodes = np.unique(np.concatenate([u, v]))
    out = np.full(network.n_nodes, -1, np.int32)
    out[nodes] = pd.factorize(label[nodes])[0]
    return out, nodes.astype(np.int32)


def both_ways(network: StreetNetwork, edges: Array) -> paths.Graph:
    """Return the graph of some edges, open in both directions whatever their arcs say.

    Parameters
    ----------
    network : StreetNetwork
    edges : array of int
        Nodes keep the numbers of the network.

    Returns
    -------
    Graph
        Weights are metres: a gap is closed by building, which one-way rules do not lengthen.
    """
    u, v, metres = network.edge_u[edges], network.edge_v[edges], network.edge_length[edges]
    tail, head = np.concatenate([u, v]), np.concatenate([v, u]).astype(np.int32)
    order = np.argsort(tail, kind="stable")
    row = np.zeros(network.n_nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=network.n_nodes), out=row[1:])
    return paths.graph(row, head[order], np.concatenate([metres, metres])[order])


def nearest_part(
    graph: paths.Graph, label: Array, starts: Array, limit: float
) -> tuple[Array, Array]:
    """Return the nearest part of every node, by one search from all parts at once.

    Parameters
    ----------
    graph : Graph
    label : array of int (nodes,)
        Part of each node, read at ``starts`` only.
    starts : array of int
        Nodes that lie on a part.
    limit : float
        Metres, included.

    Returns
    -------
    distance : array of float (nodes,)
        Metres; infinite where no part is within the limit.
    nearest : array of int (nodes,)
        Part; -1 where there is none.
    """
    n = len(graph.indptr) - 1
    size, inverse = paths.ring_size(graph, 0.0)
    distance, nearest = np.full(n, np.inf), np.full(n, -1, np.int32)
    paths.search(
        graph.indptr, graph.heads, graph.weights, inverse, np.full(size, -1, np.int32),
        np.empty(_ARENA, np.int32), np.empty(_ARENA, np.int32), np.empty(_ARENA), distance,
        nearest, np.empty(n, np.int32), starts, np.zeros(len(starts)), label[starts], 0,
        len(starts), float(limit), paths.LABEL, np.zeros(1, np.int64), np.zeros(0, np.int32),
        np.zeros(0),
    )  # fmt: skip
    return distance, nearest
