"""A street graph in arrays: nodes, edges, and what one does with them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely

from metrogis.demo.frame import Array, Index, Mask, Shape

CLASSES = (
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "track",
    "footway",
    "cycleway",
)
CLASS = {name: code for code, name in enumerate(CLASSES)}


@dataclass
class Graph:
    """Streets as arrays.

    ``x``, ``y``: nodes, m. ``u``, ``v``: edges. ``cls``: index into :data:`CLASSES`. ``line``: key
    of the straight street an edge belongs to (edges of one key are one street). ``owner``: row of
    the settlement, -1 in the open country. ``zone``: kind of quarter, empty outside.
    """

    x: Array
    y: Array
    u: Index
    v: Index
    cls: Index
    line: Index
    owner: Index
    zone: Index
    extra: dict[str, Array] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.u)

    def lengths(self) -> Array:
        """Return the length of every edge, m."""
        return np.asarray(
            np.hypot(self.x[self.u] - self.x[self.v], self.y[self.u] - self.y[self.v])
        )

    def segments(self) -> Array:
        """Return every edge as a shapely line."""
        xy = np.stack([self.x[[self.u, self.v]].T, self.y[[self.u, self.v]].T], axis=-1)
        return np.asarray(shapely.linestrings(xy))

    def keep(self, edges: Mask) -> Graph:
        """Return the graph of some of the edges.

        Parameters
        ----------
        edges : array of bool (edges,)

        Returns
        -------
        Graph
            Nodes that lose their last edge go too, and the others are numbered anew in the same
            order: numbers of nodes from before do not hold.
        """
        u, v = self.u[edges], self.v[edges]
        used = np.zeros(self.nodes, dtype=bool)
        used[u] = used[v] = True
        # number[i]: new number of node i; meaningless for nodes that go
        number = np.cumsum(used) - 1
        extra = {k: a[edges] for k, a in self.extra.items()}
        return Graph(
            self.x[used],
            self.y[used],
            number[u],
            number[v],
            self.cls[edges],
            self.line[edges],
            self.owner[edges],
            self.zone[edges],
            extra,
        )

    def add_edges(
        self, u: Index, v: Index, cls: int | Index, *, owner: int | Index = -1, zone: int = -1
    ) -> Graph:
        """Return the graph with further edges, each a street of its own.

        Parameters
        ----------
        u, v : array of int (n,)
            Nodes.
        cls, owner : int or array of int (n,)
        zone : int

        Returns
        -------
        Graph
            New edges follow the old ones, whose numbers stay; further attributes are 0 for them.
        """
        n = len(u)
        first = int(self.line.max(initial=0)) + 1
        return Graph(
            self.x,
            self.y,
            np.concatenate([self.u, np.asarray(u, dtype=np.int64)]),
            np.concatenate([self.v, np.asarray(v, dtype=np.int64)]),
            np.concatenate([self.cls, np.broadcast_to(cls, n)]),
            np.concatenate([self.line, np.arange(first, first + n)]),
            np.concatenate([self.owner, np.broadcast_to(owner, n)]),
            np.concatenate([self.zone, np.full(n, zone)]),
            {k: np.concatenate([a, np.zeros(n, dtype=a.dtype)]) for k, a in self.extra.items()},
        )

    def add_nodes(self, x: Array, y: Array) -> tuple[Graph, Index]:
        """Return the graph with further nodes, and their numbers.

        Parameters
        ----------
        x, y : array of float (n,)
            Metres. Numbers of the nodes from before stay.
        """
        numbers = np.arange(self.nodes, self.nodes + len(x))
        grown = Graph(
            np.concatenate([self.x, x]),
            np.concatenate([self.y, y]),
            self.u,
            self.v,
            self.cls,
            self.line,
            self.owner,
            self.zone,
            self.extra,
        )
        return grown, numbers

    def matrix(self, weight: Array | None = None) -> sp.csr_matrix:
        """Return the symmetric adjacency matrix.

        Parameters
        ----------
        weight : array of float (edges,), optional
            By default the lengths, m. Zero is raised to 1e-6, which no solver takes for "no edge".

        Returns
        -------
        csr_matrix (nodes, nodes)
            Of parallel edges the one of least weight.
        """
        w = self.lengths() if weight is None else weight
        n = self.nodes
        order = np.argsort(-w, kind="stable")  # of parallel edges the shorter one is kept
        u, v, w = self.u[order], self.v[order], np.maximum(w[order], 1e-6)
        key = np.minimum(u, v) * n + np.maximum(u, v)
        _, last = np.unique(key[::-1], return_index=True)
        pick = len(key) - 1 - last
        u, v, w = u[pick], v[pick], w[pick]
        return sp.coo_matrix((np.r_[w, w], (np.r_[u, v], np.r_[v, u])), shape=(n, n)).tocsr()

    def components(self) -> Index:
        """Return the number of the connected component of every node."""
        ones = sp.coo_matrix((np.ones(self.edges), (self.u, self.v)), shape=(self.nodes,) * 2)
        return np.asarray(csg.connected_components(ones, directed=False)[1], dtype=np.int64)

    def largest(self) -> Graph:
        """Return the connected component that has the most edges.

        Nodes are numbered anew, as by :meth:`keep`.
        """
        part = self.components()
        best = np.argmax(np.bincount(part[self.u]))
        return self.keep(part[self.u] == best)


def join(a: Graph, b: Graph) -> Graph:
    """Return two graphs as one; no edge connects them yet.

    Nodes, edges and streets of ``b`` are numbered after those of ``a``; further attributes are
    lost.
    """
    shift = a.nodes
    return Graph(
        np.concatenate([a.x, b.x]),
        np.concatenate([a.y, b.y]),
        np.concatenate([a.u, b.u + shift]),
        np.concatenate([a.v, b.v + shift]),
        np.concatenate([a.cls, b.cls]),
        np.concatenate([a.line, b.line + a.line.max(initial=0) + 1]),
        np.concatenate([a.owner, b.owner]),
        np.concatenate([a.zone, b.zone]),
    )


def thin_along(line: Shape, points: Shape, *, every: float, rng: np.random.Generator) -> Mask:
    """Return a mask that keeps one point in each stretch of a line.

    Parameters
    ----------
    line : LineString
    points : array of Point (n,)
    every : float
        Length of a stretch, m.
    rng : Generator
        Chooses the point of a stretch that stays.
    """
    keep = np.zeros(len(points), dtype=bool)
    if len(points) == 0:
        return keep
    at: Array = np.atleast_1d(shapely.line_locate_point(line, points))
    order = rng.permutation(len(points))
    _, first = np.unique((at[order] // every).astype(np.int64), return_index=True)
    keep[order[first]] = True
    return keep


def planarise(graph: Graph) -> Graph:
    """Put a node where two edges cross, as a street map has it.

    Crossings of edges that share an end are none. Pieces of a cut edge keep its street, class and
    attributes.
    """
    x0, y0, x1, y1 = graph.x[graph.u], graph.y[graph.u], graph.x[graph.v], graph.y[graph.v]
    boxes = shapely.box(
        np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)
    )
    # candidates are pairs of edges whose boxes meet; each pair once (i < j), no edge with itself
    i, j = shapely.STRtree(boxes).query(boxes)
    once = i < j
    i, j = i[once], j[once]
    dx, dy = x1 - x0, y1 - y0
    cross = dx[i] * dy[j] - dy[i] * dx[j]
    gx, gy = x0[j] - x0[i], y0[j] - y0[i]
    # both edges as start + t * direction: t along i and s along j; parallel ones divide by zero and
    # fall out below
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (gx * dy[j] - gy * dx[j]) / cross
        s = (gx * dy[i] - gy * dx[i]) / cross
    hit = (t > 0) & (t < 1) & (s > 0) & (s < 1)
    i, j, t = i[hit], j[hit], t[hit]
    apart = (
        (graph.u[i] != graph.u[j])
        & (graph.u[i] != graph.v[j])
        & (graph.v[i] != graph.u[j])
        & (graph.v[i] != graph.v[j])
    )
    i, j, t = i[apart], j[apart], t[apart]
    if len(i) == 0:
        return graph
    grown, new = graph.add_nodes(x0[i] + t * dx[i], y0[i] + t * dy[i])
    edge, node = np.concatenate([i, j]), np.concatenate([new, new])
    x, y = grown.x, grown.y
    along = np.hypot(x[node] - x[graph.u[edge]], y[node] - y[graph.u[edge]])
    # invariant from here: new nodes of one edge follow each other, from its start to its end
    order = np.lexsort((along, edge))
    edge, node = edge[order], node[order]
    starts = np.concatenate([[True], edge[1:] != edge[:-1]])
    ends = np.append(starts[1:], True)
    u = np.concatenate([np.where(starts, graph.u[edge], np.roll(node, 1)), node[ends]])
    v = np.concatenate([node, graph.v[edge[ends]]])
    source = np.concatenate([edge, edge[ends]])
    whole = np.ones(graph.edges, dtype=bool)
    whole[edge] = False
    pick = np.concatenate([np.flatnonzero(whole), source])
    return Graph(
        x,
        y,
        np.concatenate([graph.u[whole], u]),
        np.concatenate([graph.v[whole], v]),
        graph.cls[pick],
        graph.line[pick],
        graph.owner[pick],
        graph.zone[pick],
        {k: a[pick] for k, a in graph.extra.items()},
    )
