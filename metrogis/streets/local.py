"""The streets around a point as a network of their own, with links that are not built yet.

A search that goes no farther than a limit needs no more: what it costs to build a link and search
again then depends on the neighbourhood, not on the metropolis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.streets.network import StreetNetwork
from metrogis.streets.snap import Snapped


@dataclass(frozen=True, eq=False)
class Local:
    """Part of a network, with where its parts lie in the whole.

    Attributes
    ----------
    network : StreetNetwork
        Nodes in the order of the whole; edges too, then the links. Links belong to no way
        (``edge_way`` -1): the network is one to search, not to read tags of.
    node : ndarray of int (nodes,)
        Node of the whole.
    edge : ndarray of int (edges,)
        Edge of the whole; -1 for links.
    """

    network: StreetNetwork
    node: Ints
    edge: Ints

    def points(self, snapped: Snapped) -> Snapped:
        """Return points that were snapped to the whole; unknown where they lie outside.

        Parameters
        ----------
        snapped : Snapped
            On the whole network.
        """
        old = self.edge[self.edge >= 0]
        node, edge = _rank(self.node, snapped.node), _rank(old, snapped.edge)
        lost = (node < 0) & (edge < 0)
        return replace(
            snapped,
            node=node,
            edge=edge,
            distance=np.where(lost, np.nan, snapped.distance),
        )


def _rank(values: Ints, wanted: Array) -> Array:
    """Return the positions of values in an ascending array; -1 where they are not in it."""
    if not len(values):
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[at] == wanted, at, -1).astype(np.int32)


def local(
    network: StreetNetwork,
    centre: Floats,
    radius: float,
    links: Sequence[tuple[int, int]] = (),
) -> Local:
    """Return the streets that begin or end within a straight distance of a point.

    Parameters
    ----------
    network : StreetNetwork
        Weights in metres: links weigh their length.
    centre : array of float (2,)
        Metres.
    radius : float
        m, inclusive. A path from the point that is no longer never leaves the part.
    links : sequence of (int, int)
        Pairs of nodes of the whole to be joined by straight streets, open both ways. Both must lie
        in the part.

    Returns
    -------
    Local

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from metrogis.streets import from_lines
    >>> lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (0, 300)]),
    ...     shapely.LineString([(40, 0), (40, 300)])], crs="EPSG:2180")
    >>> whole = from_lines(lines, mode="walk")
    >>> ends = whole.snap(np.array([[0.0, 0.0], [40.0, 0.0]]), component=None).node
    >>> part = local(whole, np.zeros(2), 500.0, [tuple(ends.tolist())])
    >>> part.network.n_edges, part.edge.tolist()[-1]
    (3, -1)
    """
    inside = np.hypot(network.x - centre[0], network.y - centre[1]) <= radius
    edge = np.flatnonzero(inside[network.edge_u] | inside[network.edge_v])
    ends = np.array(list(links), dtype=np.int64).reshape(-1, 2)
    node = np.unique(
        np.concatenate([network.edge_u[edge], network.edge_v[edge], ends.ravel()])
    ).astype(np.int64)
    u = np.searchsorted(node, np.concatenate([network.edge_u[edge], ends[:, 0]]))
    v = np.searchsorted(node, np.concatenate([network.edge_v[edge], ends[:, 1]]))
    straight = np.hypot(
        network.x[ends[:, 0]] - network.x[ends[:, 1]],
        network.y[ends[:, 0]] - network.y[ends[:, 1]],
    )
    # arcs of the whole by edge and direction; both of each link
    arcs = network.edge_arcs[edge]
    row, side = np.nonzero(arcs >= 0)
    joins = np.repeat(np.arange(len(edge), len(edge) + len(ends)), 2)
    of_edge = np.concatenate([row, joins])
    forward = np.concatenate([side == 0, np.tile([True, False], len(ends))]).astype(bool)
    weight = np.concatenate([network.weights[arcs[row, side]], np.repeat(straight, 2)])
    tail = np.where(forward, u[of_edge], v[of_edge])
    head = np.where(forward, v[of_edge], u[of_edge])
    order = np.lexsort((of_edge, head, tail))
    indptr = np.zeros(len(node) + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=len(node)), out=indptr[1:])
    coords, ptr = _shapes(network, edge, ends)
    part = replace(
        network,
        x=network.x[node],
        y=network.y[node],
        node_id=network.node_id[node],
        signals=network.signals[node],
        edge_u=u.astype(np.int32),
        edge_v=v.astype(np.int32),
        edge_length=np.concatenate([network.edge_length[edge], straight]),
        edge_way=np.concatenate([network.edge_way[edge], np.full(len(ends), -1)]).astype(
            network.edge_way.dtype
        ),
        coords=coords,
        coord_ptr=ptr,
        indptr=indptr,
        indices=head[order].astype(np.int32),
        arc_edge=of_edge[order].astype(np.int32),
        arc_forward=forward[order],
        weights=weight[order],
    )
    return Local(part, node, np.concatenate([edge, np.full(len(ends), -1)]).astype(np.int64))


def _shapes(network: StreetNetwork, edge: Ints, ends: Ints) -> tuple[Array, Array]:
    """Return the vertices of edges, then of straight links, and where each begins."""
    begin = network.coord_ptr[edge].astype(np.int64)
    size = network.coord_ptr[edge + 1].astype(np.int64) - begin
    ptr = np.concatenate([[0], np.cumsum(np.concatenate([size, np.full(len(ends), 2)]))])
    row = np.repeat(begin - ptr[: len(edge)], size) + np.arange(int(size.sum()))
    links = np.column_stack([network.x[ends.ravel()], network.y[ends.ravel()]])
    coords = np.concatenate([network.coords[row], links])
    return coords, ptr.astype(network.coord_ptr.dtype)


def nearer(points: Snapped, others: Snapped, allowed: Floats | float = np.inf) -> Snapped:
    """Return points, of which those go to another street that lies nearer.

    Parameters
    ----------
    points, others : Snapped
        The same points on two sets of streets of one network.
    allowed : float or array of float (n,)
        Metres to the other street, at most.
    """
    better: Bools = others.known & (others.distance <= allowed)
    better &= ~(points.known & (points.distance <= others.distance))
    names = ("at", "edge", "offset", "fraction", "node", "distance")
    merged = {}
    for name in names:
        a, b = getattr(points, name), getattr(others, name)
        merged[name] = np.where(better[:, None] if a.ndim == 2 else better, b, a)
    return replace(points, **merged)


def joined(points: Snapped, others: Snapped) -> Snapped:
    """Return both sets of points, the first before the second.

    Parameters
    ----------
    points, others : Snapped
        On one network.
    """
    a, b = points, others
    return Snapped(
        np.concatenate([a.point, b.point]),
        np.concatenate([a.at, b.at]),
        np.concatenate([a.edge, b.edge]),
        np.concatenate([a.offset, b.offset]),
        np.concatenate([a.fraction, b.fraction]),
        np.concatenate([a.node, b.node]),
        np.concatenate([a.distance, b.distance]),
        max(a.limit, b.limit),
    )
