"""Connected parts of a network, and the network as a sparse matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse
from scipy.sparse import csgraph

from metrogis.arrays import Array
from metrogis.streets.network_arrays import Arrays


class Components(NamedTuple):
    """Connected parts, the longest first: part of each node, of each edge, metres of each part.

    ``edge`` is -1 for edges that join two strong parts one way, and for closed ones.
    """

    node: Array
    edge: Array
    length: Array


def components(network: Arrays, *, strong: bool = False) -> Components:
    """Return the connected parts of a network; see :meth:`StreetNetwork.components`.

    Parts are numbered by their length of street, the longest is 0; edges between two parts (one-way
    streets between strong parts) and closed edges are in none (-1). Worked out once a network.
    """
    key = ("components", strong)
    if key not in network.cache:
        network.cache[key] = _components(network, strong)
    found: Components = network.cache[key]
    return found


def _components(network: Arrays, strong: bool) -> Components:
    n = network.n_nodes
    arcs = sparse.csr_array(
        (np.ones(network.n_arcs, np.int8), network.indices, network.indptr), shape=(n, n)
    )
    kind = "strong" if strong else "weak"
    count, label = csgraph.connected_components(arcs, directed=True, connection=kind)
    u, v = network.edge_u, network.edge_v
    inside = (label[u] == label[v]) & network.open_edges
    length = np.bincount(
        label[u[inside]], weights=network.edge_length[inside], minlength=count
    ).astype(np.float64)
    order = np.argsort(-length, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    node = rank[label]
    return Components(node, np.where(inside, node[u], -1), length[order])


def matrix(network: Arrays) -> sparse.csr_array:
    """Return the weights of a network as a sparse matrix (nodes, nodes).

    Of parallel arcs the least weight. A weight of 0 is a stored entry, which scipy's ``csgraph``
    takes as an arc of no cost; a dense copy would lose it.
    """
    order = np.lexsort((network.weights, network.indices, network.arc_tail))
    tail, head = network.arc_tail[order], network.indices[order]
    first = np.ones(len(order), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    row = np.zeros(network.n_nodes + 1, np.int32)
    np.cumsum(np.bincount(tail[first], minlength=network.n_nodes), out=row[1:])
    return sparse.csr_array(
        (network.weights[order][first], head[first], row), shape=(network.n_nodes,) * 2
    )
