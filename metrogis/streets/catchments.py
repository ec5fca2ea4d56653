"""Catchments: what can be reached from (or can reach) a place within a limit.

Each place is searched apart, only as far as the limit; arrays are used again, so the cost is that
of what is reached, not of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.streets import paths
from metrogis.streets.nearest import Direction, check_direction
from metrogis.streets.network_arrays import Arrays
from metrogis.streets.paths import grow, search
from metrogis.streets.terminals import Terminals, terminals


@dataclass(frozen=True, eq=False)
class Catchments:
    """Reached nodes of every place, in rows: place ``s`` has entries ``ptr[s]:ptr[s + 1]``.

    Attributes
    ----------
    limits : tuple of float
        Ascending; the search went to the last.
    ptr : array of int, shape (places + 1,)
    node : array of int
        Reached nodes, each once per place.
    distance : array of float
        From the place to the node, or to the place (``direction``), in the network's unit.
    known : array of bool, shape (places,)
        False: no point of the place lies on the network, so its catchment is unknown, not empty.
    polygons : GeoDataFrame or None
        One row per place and limit, when they were asked for (:meth:`to_polygons`).
    """

    limits: tuple[float, ...]
    ptr: Array
    node: Array
    distance: Array
    known: Array
    direction: Direction
    network: Arrays
    places: Terminals
    polygons: gpd.GeoDataFrame | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.ptr) - 1

    def of(self, place: int, *, limit: float | None = None) -> tuple[Array, Array]:
        """Return what one place reaches.

        Parameters
        ----------
        place : int
        limit : float, optional
            At most the largest limit of the search, which is the default; included.

        Returns
        -------
        node : array of int
        distance : array of float
            In the network's unit. Both are empty for an unknown place, too: ask :attr:`known`.
        """
        rows = slice(int(self.ptr[place]), int(self.ptr[place + 1]))
        node, distance = self.node[rows], self.distance[rows]
        inside = distance <= (self.limits[-1] if limit is None else limit)
        return node[inside], distance[inside]

    def edges(self, *, limit: float | None = None) -> pd.DataFrame:
        """Return the reached parts of edges.

        Returns
        -------
        DataFrame
            ``place``, ``edge``, ``start``, ``end`` (m along the edge), ordered; parts of one edge
            do not overlap. An edge wholly reached has one row from 0 to its length.
        """
        reach = self._limit(limit)
        place, edge, low, high = self._parts(reach)
        length = self.network.edge_length[edge]
        return pd.DataFrame(
            {"place": place, "edge": edge, "start": low * length, "end": high * length}
        )

    def length(self, *, limit: float | None = None) -> Array:
        """Return the metres of street that each place reaches.

        Parameters
        ----------
        limit : float, optional
            One of :attr:`limits` or below; by default the largest.

        Returns
        -------
        array of float (places,)
            A street reached from both ends counts once, one reached in part counts in part. NaN
            where the place is unknown.
        """
        place, edge, low, high = self._parts(self._limit(limit))
        metres = (high - low) * self.network.edge_length[edge]
        out = np.bincount(place, weights=metres, minlength=len(self)).astype(np.float64)
        out[~self.known] = np.nan
        return out

    def to_polygons(
        self, *, limits: Sequence[float] | None = None, width: float = 50.0, cell: float = 20.0
    ) -> gpd.GeoDataFrame:
        """Return the area within ``width`` metres of the streets reached, drawn on a raster.

        For maps: count people by distance (:meth:`Nearest.at`, :meth:`edges`), not by polygon.

        Parameters
        ----------
        limits : sequence of float, optional
            Default: those of the search.
        width : float
            Metres to either side of a reached street.
        cell : float
            Side of a raster cell, m. A cell belongs to the area when its centre does.

        Returns
        -------
        GeoDataFrame
            ``place``, ``limit``, geometry (MultiPolygon; empty where nothing is reached, None
            where the place is unknown); working CRS. Places by limits, in order.
        """
        from metrogis.streets import rasters

        chosen = self.limits if limits is None else tuple(self._limit(v) for v in limits)
        if not (width > 0 and cell > 0):
            raise ParameterError(_("width and cell must be > 0 m"))
        rows = []
        for reach in chosen:
            place, edge, low, high = self._parts(reach)
            shapes = rasters.areas(
                self.network, place, edge, low, high, len(self), width=width, cell=cell
            )
            shapes[~self.known] = None
            rows.append(
                pd.DataFrame({"place": np.arange(len(self)), "limit": reach, "geometry": shapes})
            )
        table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        table = table.sort_values(["place", "limit"], kind="stable", ignore_index=True)
        return gpd.GeoDataFrame(table, geometry="geometry", crs=self.network.crs)

    def _limit(self, limit: float | None) -> float:
        reach = self.limits[-1] if limit is None else float(limit)
        if not 0 <= reach <= self.limits[-1]:
            raise ParameterError(
                _("limit {reach} is beyond the searched {limits}").fill(
                    reach=f"{reach:g}", limits=f"{self.limits[-1]:g}"
                ),
                place="limit",
            )
        return reach

    def _parts(self, limit: float) -> tuple[Array, Array, Array, Array]:
        """Return place, edge and the reached share of the edge, from and to."""
        network, reverse = self.network, self.direction == "to"
        graph = network.graph(reverse=reverse)
        arc = network.reverse_order if reverse else np.arange(len(graph.heads))
        place, edge, low, high = _edge_parts(
            self.ptr, self.node, self.distance, graph, network.arc_edge[arc],
            network.arc_forward[arc] != reverse, network.n_nodes, len(network.edge_u), limit,
        )  # fmt: skip
        own = self.places
        ahead, back = network.edge_weights(own.inner_edge)
        if reverse:
            ahead, back = back, ahead
        # what is left of the limit on the edge of a point itself, to either side of it: the search
        # knows nodes only
        left = np.maximum(limit - own.inner_cost, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            up = np.where(ahead > 0, left / ahead, 1.0)
            down = np.where(back > 0, left / back, 1.0)
        in_reach = own.inner_cost <= limit
        place = np.concatenate([place, own.inner_group[in_reach]])
        edge = np.concatenate([edge, own.inner_edge[in_reach]])
        low = np.concatenate([low, np.maximum(own.inner_fraction - down, 0.0)[in_reach]])
        high = np.concatenate([high, np.minimum(own.inner_fraction + up, 1.0)[in_reach]])
        # sorted, parts of one edge that touch or overlap follow each other, as _merge expects
        order = np.lexsort((high, low, edge, place))
        return _merge(place[order], edge[order], low[order], high[order])


def catchments(
    network: Arrays,
    sources: Any,
    limits: float | Sequence[float],
    *,
    direction: Direction = "from",
    groups: Any = None,
    snap_cost: float = 0.0,
    polygons: bool = False,
    width: float = 50.0,
    cell: float = 20.0,
) -> Catchments:
    """Return what each place reaches, or is reached from; see :meth:`StreetNetwork.catchments`.

    Raises
    ------
    ParameterError
        For a limit below 0, no limit, or another direction than ``from`` and ``to``.
    """
    check_direction(direction)
    chosen = tuple(sorted({float(v) for v in np.atleast_1d(np.asarray(limits, dtype=float))}))
    if not chosen or not all(v >= 0 for v in chosen):
        raise ParameterError(_("limits must be >= 0"), place="limits")
    start = terminals(
        network, sources, leaving=direction == "from", groups=groups, snap_cost=snap_cost
    )
    graph = network.graph(reverse=direction == "to")
    size, inverse = paths.ring_size(graph, start_spread(start))
    ptr, node, distance = _search_each(
        graph, inverse, size, network.n_nodes, start.ptr, start.node, start.cost, chosen[-1],
        paths.NOTHING,
    )  # fmt: skip
    found = Catchments(chosen, ptr, node, distance, start.known, direction, network, start)
    if not polygons:
        return found
    return Catchments(
        *(chosen, ptr, node, distance, start.known, direction, network, start),
        polygons=found.to_polygons(width=width, cell=cell),
    )


def start_spread(start: Terminals) -> float:
    """Return by how much the costs of the entries of one search differ, at most.

    The ring of buckets must span it: entries wait in the ring from the beginning.
    """
    return float(np.ptp(start.cost)) if len(start.cost) else 0.0


@njit(cache=True, nogil=True)
def _search_each(graph, inverse, size, n, ptr, start_node, start_cost, limit, remember):  # type: ignore[no-untyped-def]
    """Search from each place; return reached nodes and distances in rows."""
    places = ptr.size - 1
    dist = np.full(n, np.inf)
    label = np.empty(1, np.int32)
    touched = np.empty(n, np.int32)
    bucket = np.full(size, -1, np.int32)
    nxt = np.empty(1 << 10, np.int32)
    item = np.empty(nxt.size, np.int32)
    key = np.empty(nxt.size)
    goal_ptr = np.zeros(1, np.int64)
    goal_node = np.zeros(0, np.int32)
    goal_cost = np.zeros(0)
    out_ptr = np.zeros(places + 1, np.int64)
    node = np.empty(1 << 12, np.int32)
    distance = np.empty(node.size)
    used = 0
    for p in range(places):
        found, nxt, item, key = search(
            graph.indptr, graph.heads, graph.weights, inverse, bucket, nxt, item, key, dist, label,
            touched, start_node, start_cost, label, ptr[p], ptr[p + 1], limit, remember,
            goal_ptr,
            goal_node, goal_cost,
        )  # fmt: skip
        if used + found > node.size:
            wanted = max(2 * node.size, used + found)
            node = grow(node, wanted)
            distance = grow(distance, wanted)
        # invariant: dist is infinite everywhere again before the next place, at the cost of what
        # was reached
        for i in range(found):
            u = touched[i]
            node[used] = u
            distance[used] = dist[u]
            used += 1
            dist[u] = np.inf
        out_ptr[p + 1] = used
    return out_ptr, node[:used].copy(), distance[:used].copy()


@njit(cache=True, nogil=True)
def _edge_parts(ptr, node, distance, graph, arc_edge, arc_up, nodes, edges, limit):  # type: ignore[no-untyped-def]
    """Return, for each place, how far each edge is reached from its start and from its end."""
    places = ptr.size - 1
    # share of each edge reached from its start and from its end, -1 where not; cleared after a
    # place
    from_start = np.full(edges, -1.0)
    from_end = np.full(edges, -1.0)
    # edges that the place has met, the first `count` of them
    met = np.empty(edges, np.int32)
    size = 1 << 12
    out_place = np.empty(size, np.int32)
    out_edge = np.empty(size, np.int32)
    low = np.empty(size)
    high = np.empty(size)
    used = 0
    for p in range(places):
        count = 0
        for i in range(ptr[p], ptr[p + 1]):
            d = distance[i]
            if d > limit:
                continue
            u = node[i]
            for a in range(graph.indptr[u], graph.indptr[u + 1]):
                w = graph.weights[a]
                if w == np.inf:
                    continue
                share = 1.0
                if d + w > limit:
                    share = (limit - d) / w
                e = arc_edge[a]
                if from_start[e] < 0 and from_end[e] < 0:
                    met[count] = e
                    count += 1
                if arc_up[a]:
                    from_start[e] = max(from_start[e], share)
                else:
                    from_end[e] = max(from_end[e], share)
        # an edge has two parts at most
        if used + 2 * count > size:
            size = max(2 * size, used + 2 * count)
            out_place = grow(out_place, size)
            out_edge = grow(out_edge, size)
            low = grow(low, size)
            high = grow(high, size)
        for i in range(count):
            e = met[i]
            up = from_start[e]
            down = from_end[e]
            from_start[e] = -1.0
            from_end[e] = -1.0
            if up + down >= 1.0 and up >= 0 and down >= 0:  # the two parts meet
                up = 1.0
                down = -1.0
            if up >= 0:
                out_place[used], out_edge[used], low[used], high[used] = p, e, 0.0, up
                used += 1
            if down >= 0:
                out_place[used], out_edge[used], low[used], high[used] = p, e, 1.0 - down, 1.0
                used += 1
    return (
        out_place[:used].copy(),
        out_edge[:used].copy(),
        low[:used].copy(),
        high[:used].copy(),
    )


@njit(cache=True, nogil=True)
def _merge(place, edge, low, high):  # type: ignore[no-untyped-def]
    """Merge overlapping parts of one edge and place; rows come ordered."""
    n = place.size
    keep = np.zeros(n, np.int64)
    used = 0
    for i in range(n):
        if used > 0:
            j = keep[used - 1]
            if place[j] == place[i] and edge[j] == edge[i] and low[i] <= high[j]:
                high[j] = max(high[j], high[i])
                continue
        keep[used] = i
        used += 1
    rows = keep[:used]
    return place[rows], edge[rows], low[rows], high[rows]
