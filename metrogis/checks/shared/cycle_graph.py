"""Streets and cycle infrastructure as one undirected graph, for the search of gaps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import scipy.sparse as sparse
import shapely
from scipy.sparse import csgraph

from metrogis.arrays import Array
from metrogis.checks.shared.infrastructure import (
    NONE,
    infrastructure_of,
    share_covered,
    stress_of,
)
from metrogis.i18n import _
from metrogis.provenance import Audit, audit_of
from metrogis.streets import StreetNetwork
from metrogis.streets.once import drawn_once

_ROUNDING = 1e-6
"""Metres that are rounding."""
_CHUNK = 32
"""Searches at a time: bounds the memory of their distance tables."""


class Route(NamedTuple):
    """Nodes and edges of a path in the order of travel, and its length in m."""

    nodes: Array
    edges: Array
    metres: float


@dataclass(frozen=True)
class Undirected:
    """Some edges of a network, open both ways; of parallel edges the shortest."""

    matrix: sparse.csr_array
    edge: Array

    def _edges_along(self, nodes: Array) -> Array:
        """Return the edges between consecutive nodes."""
        out = np.empty(max(len(nodes) - 1, 0), np.int64)
        ptr, heads = self.matrix.indptr, self.matrix.indices
        for i, (a, b) in enumerate(itertools.pairwise(nodes.tolist())):
            # columns of a row are in order: the entry of (a, b) is found by bisection
            at = ptr[a] + np.searchsorted(heads[ptr[a] : ptr[a + 1]], b)
            out[i] = self.edge[at]
        return out

    def from_nodes(self, sources: Array, limit: float) -> Iterator[tuple[int, Array, Array]]:
        """Search from many nodes, a chunk of them at a time.

        Parameters
        ----------
        sources : ndarray of int
            Nodes.
        limit : float
            Metres; nodes farther off are infinite.

        Yields
        ------
        (int, ndarray, ndarray)
            Position of the source; distance to every node (m) and the node before it, negative
            where there is none. The arrays are views of the chunk's: copy what must last.
        """
        for first in range(0, len(sources), _CHUNK):
            some = sources[first : first + _CHUNK]
            far, before = csgraph.dijkstra(
                self.matrix, directed=True, indices=some, limit=limit, return_predecessors=True
            )
            for k in range(len(some)):
                yield first + k, far[k], before[k]

    def route(self, before: Array, target: int, far: Array) -> Route:
        """Return the path to a node that a search has reached.

        Parameters
        ----------
        before, far : ndarray (nodes,)
            As :meth:`from_nodes` gave them.
        target : int

        Returns
        -------
        Route
            From the source to the target.
        """
        nodes = [int(target)]
        while before[nodes[-1]] >= 0:
            nodes.append(int(before[nodes[-1]]))
        way = np.array(nodes[::-1])
        return Route(way, self._edges_along(way), float(far[target]))


@dataclass(frozen=True)
class CycleGraph:
    """A bicycle network whose edges are known to be infrastructure or not.

    Attributes
    ----------
    network : StreetNetwork
    kind : array of str, shape (edges,)
        ``separate``, ``track``, ``lane``, ``none`` by tags; ``official`` where only the municipal
        layer shows infrastructure.
    built : array of bool, shape (edges,)
        Edges that count as infrastructure.
    level : array of float, shape (edges,)
        Level of traffic stress; NaN unknown.
    audit : Audit
    metres : array of float, shape (edges,), optional
        Length of infrastructure, m, where it is not that of the edges.
    """

    network: StreetNetwork
    kind: Array
    built: Array
    level: Array
    audit: Audit
    metres: Array | None = None

    @cached_property
    def length(self) -> Array:
        """Metres of infrastructure by edge; of what edges draw twice one has it."""
        own: Array = self.network.edge_length
        return own if self.metres is None else self.metres

    @cached_property
    def parts(self) -> tuple[Array, Array]:
        """Label of each node's connected infrastructure (-1: none there), and lengths, m.

        A stretch that edges draw twice counts for one of them.
        """
        n, mine = self.network, self.built
        u, v = n.edge_u[mine], n.edge_v[mine]
        joined = sparse.coo_array((np.ones(len(u)), (u, v)), shape=(n.n_nodes, n.n_nodes))
        _, label = csgraph.connected_components(joined.tocsr(), directed=False)
        touched = np.zeros(n.n_nodes, bool)
        touched[u], touched[v] = True, True
        label = np.where(touched, label, -1)
        count = int(label.max(initial=-1)) + 1
        length = np.bincount(label[u], weights=self.length[mine], minlength=count)
        return label, length

    @cached_property
    def ends(self) -> Array:
        """Nodes where infrastructure ends and a street goes on.

        One edge of infrastructure, and at least one open edge without: an end in a dead end is
        none.
        """
        n = self.network
        degree = self._degree(self.built)
        return np.flatnonzero((degree == 1) & (self._degree(n.open_edges & ~self.built) > 0))

    def _degree(self, edges: Array) -> Array:
        n = self.network
        both = np.concatenate([n.edge_u[edges], n.edge_v[edges]])
        return np.bincount(both, minlength=n.n_nodes)

    def undirected(self, edges: Array) -> Undirected:
        """Return the graph of the edges of a mask, open both ways."""
        return undirected(self.network, edges)

    @property
    def names(self) -> Array:
        """Name of each way, missing where untagged; by row of ``network.ways``."""
        ways = self.network.ways
        if "name" not in ways:
            return np.full(len(ways), None, object)
        return ways["name"].astype(object).to_numpy()

    def main_name(self, edges: Array) -> str | None:
        """Return the name that the greatest length of some edges carries.

        Parameters
        ----------
        edges : ndarray of int

        Returns
        -------
        str or None
            Of equals the first by alphabet; None where no edge has a name.
        """
        total: dict[str, float] = {}
        for e in edges:
            name = self._names_by_edge[e]
            if isinstance(name, str) and name:
                total[name] = total.get(name, 0.0) + float(self.network.edge_length[e])
        return max(sorted(total), key=lambda k: total[k]) if total else None

    @cached_property
    def _names_by_edge(self) -> Array:
        """Name of each edge."""
        found: Array = self.names[self.network.edge_way]
        return found

    def worst_level(self, edges: Array) -> float:
        """Return the highest level of stress of some edges.

        Parameters
        ----------
        edges : ndarray of int

        Returns
        -------
        float
            1 to 4; NaN where that of any edge is unknown, and without edges.
        """
        return float(self.level[edges].max()) if len(edges) else np.nan

    def line(self, route: Route) -> Any:
        """Return a path as one line, in the order of travel.

        Parameters
        ----------
        route : Route
            Edges drawn against the way one travels are turned round.
        """
        n = self.network
        shapes = [
            line if n.edge_u[e] == a else line.reverse()
            for a, e, line in zip(route.nodes[:-1], route.edges, n.lines(route.edges), strict=True)
        ]
        return one_line(shapes)


def one_line(shapes: list[Any]) -> Any:
    """Return lines that follow each other as one; None without any.

    >>> a, b = shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(1, 0), (2, 0)])
    >>> one_line([a, b]).wkt
    'LINESTRING (0 0, 1 0, 2 0)'
    """
    if not shapes:
        return None
    xy = np.concatenate([shapely.get_coordinates(s) for s in shapes])
    fresh = np.r_[True, (xy[1:] != xy[:-1]).any(axis=1)]
    return shapely.LineString(xy[fresh]) if fresh.sum() > 1 else None


def undirected(network: StreetNetwork, edges: Array) -> Undirected:
    """Return some edges of a network, open both ways.

    Parameters
    ----------
    network : StreetNetwork
    edges : ndarray of bool (edges,)
        Loops among them are left out; of parallel edges the shortest stays (of equals, the first).

    Returns
    -------
    Undirected
        Rows of the matrix have their columns in order, which looking up an edge relies on.
    """
    chosen = np.flatnonzero(edges & (network.edge_u != network.edge_v))
    u, v = network.edge_u[chosen].astype(np.int64), network.edge_v[chosen].astype(np.int64)
    tail, head = np.concatenate([u, v]), np.concatenate([v, u])
    both = np.concatenate([chosen, chosen])
    metres = np.maximum(network.edge_length[both], 1e-6)  # a zero would be no edge
    # parallel edges: of each pair of nodes the first in this order is the shortest
    order = np.lexsort((both, metres, head, tail))
    tail, head, both, metres = tail[order], head[order], both[order], metres[order]
    first = np.ones(len(tail), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, both, metres = tail[first], head[first], both[first], metres[first]
    indptr = np.zeros(network.n_nodes + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=network.n_nodes), out=indptr[1:])
    matrix = sparse.csr_array((metres, head, indptr), shape=(network.n_nodes, network.n_nodes))
    return Undirected(matrix, both)


def cycle_graph(
    network: StreetNetwork,
    official: gpd.GeoDataFrame | None,
    *,
    rules: str,
    lanes: bool,
    match_distance: float,
    match_share: float,
    line_tolerance: float = 1.0,
) -> CycleGraph:
    """Classify the edges of a network.

    Parameters
    ----------
    network : StreetNetwork
    official : GeoDataFrame of built lines, optional
        An edge of whose length at least ``match_share`` lies within ``match_distance`` (m) of them
        counts as infrastructure, too.
    rules : str
        Rules of traffic stress.
    lanes : bool
        Painted lanes count as infrastructure.
    line_tolerance : float
        m: edges nearer than this that run along each other are one stretch.
    """
    kind = infrastructure_of(network)
    table, level = stress_of(network, rules)
    built = (kind != NONE) & network.open_edges
    if not lanes:
        built &= kind != "lane"
    audit = audit_of(table)
    if official is not None and len(official):
        edges = np.flatnonzero(network.open_edges & ~built)
        lines = official.geometry.to_numpy()
        shapes = network.lines(edges)
        near = np.unique(
            shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=match_distance)[1]
        )
        share = share_covered(shapes[near], lines, match_distance)
        added = edges[near[share >= match_share]]
        built[added] = True
        kind = kind.copy()
        kind[added] = "official"
        audit = audit.add(
            "streets",
            "guessed",
            len(added),
            _("street edges whose infrastructure only the municipal layer knows"),
        )
    metres, copies = _counted_once(network, built, line_tolerance)
    audit = audit.add(
        "streets",
        "dropped",
        int(copies.sum()),
        _("edges of infrastructure drawn again beside another: they count once"),
    )
    return CycleGraph(network, kind, built & ~copies, level, audit, metres)


def _counted_once(network: StreetNetwork, built: Array, tolerance: float) -> tuple[Array, Array]:
    """Return the metres of infrastructure by edge, and the edges that only repeat other ones.

    Copies that hang on the network by a node of their own stay in it, without length.
    """
    edges = np.flatnonzero(built)
    metres = np.zeros(network.n_edges)
    again = drawn_once(network.lines(edges), tolerance).metres
    metres[edges] = np.maximum(network.edge_length[edges] - again, 0.0)
    metres[metres < _ROUNDING] = 0.0
    copies = np.zeros(network.n_edges, bool)
    u, v = network.edge_u[edges], network.edge_v[edges]
    joined = sparse.coo_array((np.ones(len(u)), (u, v)), shape=(network.n_nodes,) * 2)
    _, label = csgraph.connected_components(joined.tocsr(), directed=False)
    length = np.bincount(label[u], weights=metres[edges], minlength=int(label.max(initial=-1)) + 1)
    copies[edges] = (length[label[u]] == 0) & (network.edge_length[edges] > 0)
    return metres, copies
