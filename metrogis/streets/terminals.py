"""Where searches start and end: snapped points and nodes, as entries of the graph with their cost.

A *place* (a group of points, as the entrances of a station) is one start. A point inside an edge
has an entry at each end that it may reach, and is also reached directly from points on the same
edge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.streets.network_arrays import Arrays
from metrogis.streets.snap import Snapped


class Terminals(NamedTuple):
    """Entries of places, ordered by place: ``node``, ``cost`` at ``ptr[g]:ptr[g + 1]``.

    ``inner_*``: points inside edges, ordered by place too (``inner_ptr``); ``side`` tells for each
    entry at which end of its edge it is (0 start, 1 end, -1 a node), ``point`` which point it is.
    """

    ptr: Array
    node: Array
    cost: Array
    point: Array
    side: Array
    inner_ptr: Array
    inner_edge: Array
    inner_fraction: Array
    inner_cost: Array
    inner_point: Array
    known: Array

    @property
    def places(self) -> int:
        """Number of places."""
        return len(self.ptr) - 1

    @property
    def group(self) -> Array:
        """Place of each entry."""
        return np.repeat(np.arange(self.places), np.diff(self.ptr)).astype(np.int32)

    @property
    def inner_group(self) -> Array:
        """Place of each point inside an edge."""
        return np.repeat(np.arange(self.places), np.diff(self.inner_ptr)).astype(np.int32)


def terminals(
    network: Arrays,
    places: Snapped | Any,
    *,
    leaving: bool,
    groups: Any = None,
    snap_cost: float = 0.0,
    layer: str = "sources",
) -> Terminals:
    """Return the entries of places.

    Parameters
    ----------
    network : Arrays
    places : Snapped or array of int
        Points on the network, or node numbers.
    leaving : bool
        Cost of the way from the point to the entry; else from the entry to the point.
    groups : array of int, optional
        Place of each point, 0-based; default: each point is a place.
    snap_cost : float
        Cost of a metre of the straight line from a point to its street.
    """
    if isinstance(places, Snapped):
        node, edge, fraction = places.node, places.edge, places.fraction
        extra = places.distance * float(snap_cost)
    else:
        node = _nodes(places, network, layer)
        edge = np.full(len(node), -1)
        fraction, extra = np.zeros(len(node)), np.zeros(len(node))
    n = len(node)
    group, count = _groups(groups, n, layer)

    direct = np.flatnonzero(node >= 0)
    inside = np.flatnonzero((edge >= 0) & network.open_edges[np.maximum(edge, 0)])
    e, f = edge[inside], fraction[inside]
    # leaving, one goes from the point to the start of its edge against the drawing; arriving, from
    # the start to the point along it
    ahead, back = network.edge_weights(e)
    if leaving:
        to_start, to_end = _part(f, back), _part(1.0 - f, ahead)
    else:
        to_start, to_end = _part(f, ahead), _part(1.0 - f, back)
    # one row an entry from here: points on nodes, then the start and the end of the edges of the
    # others
    point = np.concatenate([direct, inside, inside])
    at = np.concatenate([node[direct], network.edge_u[e], network.edge_v[e]])
    side = np.repeat([-1, 0, 1], [len(direct), len(inside), len(inside)])
    cost = np.concatenate([np.zeros(len(direct)), to_start, to_end]) + extra[point]
    # a one-way street can be left, or reached, at one end only
    usable = np.isfinite(cost)
    point, at, side, cost = point[usable], at[usable], side[usable], cost[usable]
    # by place, and within it in a fixed order: of two entries of one cost the first counts
    order = np.lexsort((side, point, group[point]))
    inner = inside[np.argsort(group[inside], kind="stable")]
    known = np.zeros(count, bool)
    # a place of several entrances is known when one of them lies on the network
    known[group[(node >= 0) | (edge >= 0)]] = True
    return Terminals(
        _pointers(group[point[order]], count),
        at[order].astype(np.int32),
        cost[order],
        point[order].astype(np.int64),
        side[order].astype(np.int8),
        _pointers(group[inner], count),
        edge[inner].astype(np.int32),
        fraction[inner].astype(np.float64),
        extra[inner].astype(np.float64),
        inner.astype(np.int64),
        known,
    )


def _part(share: Array, weight: Array) -> Array:
    """Return the cost of a part of an edge; an edge closed that way costs infinity, all of it."""
    return np.where(np.isfinite(weight), share * np.where(np.isfinite(weight), weight, 0.0), np.inf)


def _nodes(places: Any, network: Arrays, layer: str) -> Array:
    node = np.asarray(places)
    if node.size == 0:
        return np.zeros(0, np.int64)
    if node.ndim != 1 or node.dtype.kind not in "iu":
        raise ParameterError(
            _("neither nodes nor snapped points"),
            layer=layer,
            remedy=_("call network.snap(points) first"),
        )
    if node.min() < 0 or node.max() >= network.n_nodes:
        raise ParameterError(
            _("node number outside the network"),
            layer=layer,
            place=str(int(node.min() if node.min() < 0 else node.max())),
        )
    return node.astype(np.int64)


def _groups(groups: Any, n: int, layer: str) -> tuple[Array, int]:
    if groups is None:
        return np.arange(n), n
    group = np.asarray(groups)
    if group.shape != (n,) or group.dtype.kind not in "iu" or (n and group.min() < 0):
        raise ParameterError(
            _("groups: one non-negative integer per point"),
            layer=layer,
        )
    return group.astype(np.int64), int(group.max()) + 1 if n else 0


def _pointers(group: Array, count: int) -> Array:
    out = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(group, minlength=count), out=out[1:])
    return out


def by_value(values: Array, count: int) -> tuple[Array, Array]:
    """Return rows ordered by an integer value, and where the rows of each value start.

    Parameters
    ----------
    values : array of int (n,)
        ``0 .. count - 1``.
    count : int

    Returns
    -------
    ptr : array of int (count + 1,)
    row : array of int (n,)
        Rows of value ``v`` are ``row[ptr[v]:ptr[v + 1]]``, in their order.
    """
    return _pointers(values, count), np.argsort(values, kind="stable")
