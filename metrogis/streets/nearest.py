"""The nearest places of every node, and of points: one, or the k nearest different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numba import njit

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.streets import paths
from metrogis.streets.network_arrays import Arrays
from metrogis.streets.paths import grow
from metrogis.streets.snap import Snapped
from metrogis.streets.terminals import Terminals, by_value, terminals

Direction = Literal["to", "from"]

_ARENA = 1 << 12


@dataclass(frozen=True, eq=False)
class Nearest:
    """Nearest places of every node.

    Attributes
    ----------
    distance : array of float, shape (nodes,) or (nodes, k)
        In the network's unit (m), ascending; infinite where no (further) place is within the limit.
    source : array of int, same shape
        Position of the place (or its group); -1 where there is none.
    direction : {"to", "from"}
        From the node to the place, or from the place to the node.
    limit : float
    """

    distance: Array
    source: Array
    direction: Direction
    limit: float
    network: Arrays
    places: Terminals
    snap_cost: float

    def at(self, points: Snapped) -> tuple[Array, Array]:
        """Return distance and place of snapped points, exact also on the places' own edges.

        Parameters
        ----------
        points : Snapped
            On the same network.

        Returns
        -------
        distance, source : arrays, shape (n,) or (n, k)
            Distance NaN and source -1 where the point is unknown; infinite where it is known but
            nothing is within the limit.
        """
        one = self.distance.ndim == 1
        distance = self.distance[:, None] if one else self.distance
        source = self.source[:, None] if one else self.source
        to = self.direction == "to"
        mine = terminals(self.network, points, leaving=to, snap_cost=self.snap_cost, layer="points")
        ptr, row = by_value(self.places.inner_edge, len(self.network.edge_u))
        ahead, back = self.network.edge_weights(self.places.inner_edge[row])
        if not to:
            ahead, back = back, ahead
        d, s = _at_points(
            mine, distance, source, ptr, self.places.inner_fraction[row],
            self.places.inner_group[row], self.places.inner_cost[row], ahead, back, self.limit,
        )  # fmt: skip
        d[~points.known] = np.nan
        return (d[:, 0], s[:, 0]) if one else (d, s)


def nearest(
    network: Arrays,
    sources: Any,
    *,
    k: int = 1,
    limit: float = np.inf,
    direction: Direction = "to",
    groups: Any = None,
    snap_cost: float = 0.0,
) -> Nearest:
    """Return the nearest places of every node; see :meth:`StreetNetwork.nearest`.

    Raises
    ------
    ParameterError
        For a limit below 0, ``k`` below 1, or another direction than ``to`` and ``from``.
    """
    check_direction(direction)
    check_limit(limit)
    if k < 1 or int(k) != k:
        raise ParameterError(_("k must be >= 1"), place="k")
    # distances TO a place are searched from it, against the arcs
    start = terminals(
        network, sources, leaving=direction == "from", groups=groups, snap_cost=snap_cost
    )
    graph = network.graph(reverse=direction == "to")
    spread = float(np.ptp(start.cost)) if len(start.cost) else 0.0
    size, inverse = paths.ring_size(graph, spread)
    n = network.n_nodes
    if k == 1:
        distance, label = np.full(n, np.inf), np.full(n, -1, np.int32)
        paths.search(
            graph.indptr, graph.heads, graph.weights, inverse, np.full(size, -1, np.int32),
            np.empty(_ARENA, np.int32), np.empty(_ARENA, np.int32), np.empty(_ARENA), distance,
            label, np.empty(n, np.int32), start.node, start.cost, start.group, 0, len(start.node),
            float(limit), paths.LABEL, np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0),
        )  # fmt: skip
    else:
        distance, label = _nearest_k(
            graph, inverse, size, n, k, start.node, start.cost, start.group, float(limit)
        )
    return Nearest(distance, label, direction, float(limit), network, start, snap_cost)


def check_direction(direction: str) -> None:
    """Raise a :class:`ParameterError` for an unknown direction."""
    if direction not in ("to", "from"):
        raise ParameterError(_("direction is 'to' or 'from'"), place="direction")


def check_limit(limit: float) -> None:
    """Raise a :class:`ParameterError` for a negative limit or NaN."""
    if not limit >= 0:
        raise ParameterError(_("limit must be >= 0"), place="limit")


@njit(cache=True, nogil=True)
def _insert(distance, source, row, d, s):  # type: ignore[no-untyped-def]
    """Put place ``s`` at distance ``d`` into a row's k nearest; tell whether it got in."""
    k = distance.shape[1]
    if d > distance[row, k - 1] or (d == distance[row, k - 1] and s >= source[row, k - 1] >= 0):
        return False
    if d == np.inf:
        return False
    p = k - 1  # where the row shrinks: the place's older entry, else the last
    for i in range(k):
        if source[row, i] == s:
            if distance[row, i] <= d:
                return False
            p = i
            break
    while p > 0 and (
        distance[row, p - 1] > d or (distance[row, p - 1] == d and source[row, p - 1] > s)
    ):
        distance[row, p] = distance[row, p - 1]
        source[row, p] = source[row, p - 1]
        p -= 1
    distance[row, p] = d
    source[row, p] = s
    return True


@njit(cache=True, nogil=True)
def _nearest_k(  # type: ignore[no-untyped-def]
    graph, inverse, size, n, k, start_node, start_cost, start_label, limit
):
    """Bucket search in which a node keeps its k nearest different places."""
    distance = np.full((n, k), np.inf)
    source = np.full((n, k), -1, np.int32)
    bucket = np.full(size, -1, np.int32)
    mask = size - 1
    nxt = np.empty(1 << 12, np.int32)
    item = np.empty(nxt.size, np.int32)
    who = np.empty(nxt.size, np.int32)
    key = np.empty(nxt.size)
    free = -1
    top = 0
    live = 0
    low = np.inf
    starts = start_node.size
    for s in range(starts):
        low = min(low, start_cost[s])
    if not low <= limit:
        return distance, source
    b = np.int64(low * inverse)
    done = 0
    # starts first, then arcs: one place where labels are pushed
    u = -1
    d = 0.0
    own = 0
    a = 0
    stop = 0
    while True:
        if done < starts:
            v = start_node[done]
            reach = start_cost[done]
            own = start_label[done]
            done += 1
        elif a < stop:
            v = graph.heads[a]
            reach = d + graph.weights[a]
            a += 1
        else:
            u = -1
            while live > 0:
                slot = b & mask
                if bucket[slot] < 0:
                    b += 1
                    continue
                e = bucket[slot]
                bucket[slot] = nxt[e]
                nxt[e] = free
                free = e
                live -= 1
                current = False
                for i in range(k):
                    if source[item[e], i] == who[e]:
                        current = distance[item[e], i] == key[e]
                        break
                if current:
                    u, d, own = item[e], key[e], who[e]
                    break
            if u < 0:
                break
            a = graph.indptr[u]
            stop = graph.indptr[u + 1]
            continue
        if reach > limit or not _insert(distance, source, v, reach, own):
            continue
        if free >= 0:
            e = free
            free = nxt[e]
        else:
            if top == nxt.size:
                nxt = grow(nxt, 2 * top)
                item = grow(item, 2 * top)
                who = grow(who, 2 * top)
                key = grow(key, 2 * top)
            e = top
            top += 1
        item[e] = v
        who[e] = own
        key[e] = reach
        slot = np.int64(reach * inverse) & mask
        nxt[e] = bucket[slot]
        bucket[slot] = e
        live += 1
    return distance, source


@njit(cache=True, nogil=True)
def _at_points(  # type: ignore[no-untyped-def]
    points, distance, source, ptr, fraction, group, cost, ahead, back, limit
):
    """Join the labels at the entries of points, and the places on their own edge."""
    n = points.ptr.size - 1
    k = distance.shape[1]
    out = np.full((n, k), np.inf)
    who = np.full((n, k), -1, np.int32)
    for p in range(n):
        for i in range(points.ptr[p], points.ptr[p + 1]):
            for j in range(k):
                u = points.node[i]
                reach = distance[u, j] + points.cost[i]
                if source[u, j] < 0 or reach > limit:
                    break
                _insert(out, who, p, reach, source[u, j])
        for i in range(points.inner_ptr[p], points.inner_ptr[p + 1]):
            f = points.inner_fraction[i]
            e = points.inner_edge[i]
            for j in range(ptr[e], ptr[e + 1]):
                gap = fraction[j] - f
                reach = points.inner_cost[i] + cost[j]
                if gap > 0:
                    reach += gap * ahead[j]
                elif gap < 0:
                    reach -= gap * back[j]
                if reach <= limit:
                    _insert(out, who, p, reach, group[j])
    return out, who
