"""Distances between points, all pairs within a limit, and shortest paths with their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numba import njit

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.streets import paths
from metrogis.streets.catchments import start_spread
from metrogis.streets.nearest import check_limit
from metrogis.streets.network_arrays import Arrays
from metrogis.streets.paths import grow, search
from metrogis.streets.shapes import part_of_edge
from metrogis.streets.terminals import by_value, terminals


class Pairs(NamedTuple):
    """Pairs in reach: position of the origin, position of the target, metres between."""

    origin: Array
    target: Array
    metres: Array


def pairs(
    network: Arrays, origins: Any, destinations: Any, *, limit: float, snap_cost: float
) -> Pairs:
    """Return every pair of origin and destination within a limit.

    Parameters
    ----------
    network : Arrays
    origins, destinations : Snapped or nodes
        See :func:`metrogis.streets.terminals.terminals`; unknown ones are in no pair.
    limit : float
        In the network's unit, included.
    snap_cost : float
        Units per metre from a point to its street.

    Returns
    -------
    Pairs
        Each pair once, with its shortest distance.
    """
    check_limit(limit)
    leave = terminals(network, origins, leaving=True, snap_cost=snap_cost, layer="origins")
    arrive = terminals(
        network, destinations, leaving=False, snap_cost=snap_cost, layer="destinations"
    )
    # one search for each of the fewer; from destinations it runs against the arcs
    turned = arrive.places < leave.places
    start, other = (arrive, leave) if turned else (leave, arrive)
    graph = network.graph(reverse=turned)
    size, inverse = paths.ring_size(graph, start_spread(start))
    node_ptr, row = by_value(other.node, network.n_nodes)
    edge_ptr, inner = by_value(other.inner_edge, len(network.edge_u))
    ahead, back = network.edge_weights(start.inner_edge)
    # from a destination one travels against the arcs: along and against change places
    if turned:
        ahead, back = back, ahead
    a, b, metres = _pairs(
        graph, (inverse, size, network.n_nodes), (start.ptr, start.node, start.cost),
        (start.inner_ptr, start.inner_edge, start.inner_fraction, start.inner_cost, ahead, back),
        (node_ptr, other.group[row], other.cost[row]),
        (edge_ptr, other.inner_group[inner], other.inner_fraction[inner], other.inner_cost[inner]),
        other.places, float(limit), paths.NOTHING,
    )  # fmt: skip
    return Pairs(b, a, metres) if turned else Pairs(a, b, metres)


def distances(
    network: Arrays, origins: Any, destinations: Any, *, limit: float, snap_cost: float
) -> Array:
    """Return the table of distances between origins and destinations.

    See :meth:`StreetNetwork.distances` for the parameters.

    Returns
    -------
    array of float (origins, destinations)
        In the network's unit; infinite beyond the limit, NaN where a point is unknown.
    """
    found = pairs(network, origins, destinations, limit=limit, snap_cost=snap_cost)
    known_o = terminals(network, origins, leaving=True, layer="origins").known
    known_d = terminals(network, destinations, leaving=False, layer="destinations").known
    out = np.full((len(known_o), len(known_d)), np.inf)
    out[found.origin, found.target] = found.metres
    out[~known_o] = np.nan
    out[:, ~known_d] = np.nan
    return out


@njit(cache=True, nogil=True)
def _pairs(graph, ring, starts, inners, at_nodes, on_edges, others, limit, remember):  # type: ignore[no-untyped-def]
    """Search from each place, and collect the others that hang on what is reached.

    ``starts`` and ``inners`` are where places meet nodes and the inside of edges, ``at_nodes`` and
    ``on_edges`` the same of the others.
    """
    inverse, size, n = ring
    ptr, start_node, start_cost = starts
    inner_ptr, inner_edge, inner_fraction, inner_cost, ahead, back = inners
    node_ptr, other, other_cost = at_nodes
    edge_ptr, beside, beside_fraction, beside_cost = on_edges
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
    best = np.full(others, np.inf)
    met = np.empty(others, np.int64)
    room = 1 << 12
    out_a = np.empty(room, np.int64)
    out_b = np.empty(room, np.int64)
    out_d = np.empty(room)
    used = 0
    for p in range(ptr.size - 1):
        found, nxt, item, key = search(
            graph.indptr, graph.heads, graph.weights, inverse, bucket, nxt, item, key, dist, label,
            touched, start_node, start_cost, label, ptr[p], ptr[p + 1], limit, remember,
            goal_ptr,
            goal_node, goal_cost,
        )  # fmt: skip
        count = 0
        for i in range(found):
            u = touched[i]
            d = dist[u]
            dist[u] = np.inf
            for j in range(node_ptr[u], node_ptr[u + 1]):
                reach = d + other_cost[j]
                o = other[j]
                if reach <= limit and reach < best[o]:
                    if best[o] == np.inf:
                        met[count] = o
                        count += 1
                    best[o] = reach
        for i in range(inner_ptr[p], inner_ptr[p + 1]):
            e = inner_edge[i]
            for j in range(edge_ptr[e], edge_ptr[e + 1]):
                gap = beside_fraction[j] - inner_fraction[i]
                reach = inner_cost[i] + beside_cost[j]
                if gap > 0:
                    reach += gap * ahead[i]
                elif gap < 0:
                    reach -= gap * back[i]
                o = beside[j]
                if reach <= limit and reach < best[o]:
                    if best[o] == np.inf:
                        met[count] = o
                        count += 1
                    best[o] = reach
        if used + count > room:
            room = max(2 * room, used + count)
            out_a = grow(out_a, room)
            out_b = grow(out_b, room)
            out_d = grow(out_d, room)
        for i in range(count):
            out_a[used], out_b[used], out_d[used] = p, met[i], best[met[i]]
            best[met[i]] = np.inf
            used += 1
    return out_a[:used].copy(), out_b[:used].copy(), out_d[:used].copy()


# --------------------------------------------------------------------------- paths


@dataclass(frozen=True, eq=False)
class Paths:
    """Shortest paths, one per pair; path ``i`` has steps ``ptr[i]:ptr[i + 1]``.

    Attributes
    ----------
    distance : array of float, shape (n,)
        In the network's unit; infinite where there is no way, NaN where a point is unknown.
    ptr : array of int, shape (n + 1,)
    edge : array of int
        Edge of each step, in order of travel.
    start, end : array of float
        Share of the edge (0-1, along its drawing) at which the step begins and ends; ``end <
        start`` is travel against the drawing.
    """

    distance: Array
    ptr: Array
    edge: Array
    start: Array
    end: Array
    network: Arrays

    def __len__(self) -> int:
        return len(self.distance)

    def steps(self) -> pd.DataFrame:
        """Return the steps of all paths as a table, in order of travel.

        Returns
        -------
        DataFrame
            ``path`` and ``edge`` (numbers), ``metres``, ``forward`` (along the drawing), ``way``
            (row of :attr:`StreetNetwork.ways`), and ``osm_id`` where ways have one. A path between
            two points at the same place has no step.
        """
        edge = self.edge
        way = self.network.edge_way[edge]
        table = pd.DataFrame(
            {
                "path": np.repeat(np.arange(len(self)), np.diff(self.ptr)),
                "edge": edge,
                "metres": np.abs(self.end - self.start) * self.network.edge_length[edge],
                "forward": self.end >= self.start,
                "way": way,
            }
        )
        if "osm_id" in self.network.ways:
            table["osm_id"] = self.network.ways["osm_id"].to_numpy()[way]
        return table

    def length(self) -> Array:
        """Return the metres of each path (whatever the weights); NaN where there is none."""
        metres = np.abs(self.end - self.start) * self.network.edge_length[self.edge]
        path = np.repeat(np.arange(len(self)), np.diff(self.ptr))
        out = np.bincount(path, weights=metres, minlength=len(self)).astype(np.float64)
        out[~np.isfinite(self.distance)] = np.nan
        return out

    def geometry(self) -> gpd.GeoSeries:
        """Return the paths as lines.

        Returns
        -------
        GeoSeries
            Working CRS, from the origin's place on the network to the destination's; None where
            there is no path, or one of no length.
        """
        shapes: list[Any] = []
        for p in range(len(self)):
            parts = [
                part_of_edge(self.network, int(self.edge[i]), self.start[i], self.end[i])
                for i in range(self.ptr[p], self.ptr[p + 1])
            ]
            if not parts:
                shapes.append(None)
                continue
            xy = np.concatenate(parts)
            again = np.ones(len(xy), bool)
            again[1:] = (xy[1:] != xy[:-1]).any(axis=1)
            xy = xy[again]
            shapes.append(shapely.LineString(xy) if len(xy) > 1 else None)
        return gpd.GeoSeries(shapes, crs=self.network.crs)


def shortest(network: Arrays, origins: Any, destinations: Any) -> Paths:
    """Return the shortest path of each pair of points; see :meth:`StreetNetwork.paths`.

    Raises
    ------
    ParameterError
        When there are not as many origins as destinations.
    """
    leave = terminals(network, origins, leaving=True, layer="origins")
    arrive = terminals(network, destinations, leaving=False, layer="destinations")
    n = leave.places
    if arrive.places != n:
        raise ParameterError(
            _("{n} origins and {places} destinations: they must come in pairs").fill(
                n=n, places=arrive.places
            ),
            layer="destinations",
        )
    graph = network.graph()
    size, inverse = paths.ring_size(graph, start_spread(leave))
    ahead, back = network.edge_weights(leave.inner_edge)
    inner_o, inner_d = (
        np.where(t.inner_ptr[1:] > t.inner_ptr[:-1], t.inner_ptr[:-1], -1) for t in (leave, arrive)
    )
    distance, ptr, arc, first, last = _paths(
        graph, (inverse, size, network.n_nodes), (leave.ptr, leave.node, leave.cost),
        (arrive.ptr, arrive.node, arrive.cost), network.arc_tail,
        (inner_o, leave.inner_edge, leave.inner_fraction, ahead, back),
        (inner_d, arrive.inner_edge, arrive.inner_fraction), paths.ARC,
    )  # fmt: skip
    distance[~(leave.known & arrive.known)] = np.nan
    edges, starts, ends, counts = [], [], [], np.zeros(n, np.int64)
    full = network.arc_edge[arc], ~network.arc_forward[arc]
    for p in range(n):
        if not np.isfinite(distance[p]):
            continue
        i, j = int(inner_o[p]), int(inner_d[p])
        if first[p] == -2:  # both on one edge
            if leave.inner_fraction[i] != arrive.inner_fraction[j]:
                edges.append(leave.inner_edge[i : i + 1])
                starts.append(leave.inner_fraction[i : i + 1])
                ends.append(arrive.inner_fraction[j : j + 1])
                counts[p] = 1
            continue
        if leave.side[first[p]] >= 0:
            edges.append(leave.inner_edge[i : i + 1])
            starts.append(leave.inner_fraction[i : i + 1])
            ends.append(np.array([float(leave.side[first[p]])]))
            counts[p] += 1
        rows = slice(int(ptr[p]), int(ptr[p + 1]))
        edges.append(full[0][rows])
        starts.append(full[1][rows].astype(float))
        ends.append((~full[1][rows]).astype(float))
        counts[p] += rows.stop - rows.start
        if arrive.side[last[p]] >= 0:
            edges.append(arrive.inner_edge[j : j + 1])
            starts.append(np.array([float(arrive.side[last[p]])]))
            ends.append(arrive.inner_fraction[j : j + 1])
            counts[p] += 1
    none = [np.zeros(0)]
    return Paths(
        distance,
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate(edges or none).astype(np.int64),
        np.concatenate(starts or none),
        np.concatenate(ends or none),
        network,
    )


@njit(cache=True, nogil=True)
def _paths(graph, ring, starts, goals, arc_tail, inner_starts, inner_goals, remember):  # type: ignore[no-untyped-def]
    """Search each pair until its goal is final; return arcs in order of travel."""
    inverse, size, n = ring
    from_ptr, from_node, from_cost = starts
    to_ptr, to_node, to_cost = goals
    inner_from, edge_from, share_from, ahead, back = inner_starts
    inner_to, edge_to, share_to = inner_goals
    count = from_ptr.size - 1
    dist = np.full(n, np.inf)
    by = np.empty(n, np.int32)
    touched = np.empty(n, np.int32)
    bucket = np.full(size, -1, np.int32)
    nxt = np.empty(1 << 10, np.int32)
    item = np.empty(nxt.size, np.int32)
    key = np.empty(nxt.size)
    none = np.zeros(0, np.int32)
    distance = np.full(count, np.inf)
    first = np.full(count, -1, np.int64)
    last = np.full(count, -1, np.int64)
    ptr = np.zeros(count + 1, np.int64)
    arc = np.empty(1 << 12, np.int32)
    used = 0
    for p in range(count):
        direct = np.inf
        i, j = inner_from[p], inner_to[p]
        if i >= 0 and j >= 0 and edge_from[i] == edge_to[j]:
            gap = share_to[j] - share_from[i]
            if gap == 0:
                direct = 0.0
            elif gap > 0:
                direct = gap * ahead[i]
            else:
                direct = -gap * back[i]
        goal_ptr = np.array([0, to_ptr[p + 1] - to_ptr[p]])
        goal_node = to_node[to_ptr[p] : to_ptr[p + 1]]
        goal_cost = to_cost[to_ptr[p] : to_ptr[p + 1]]
        found = 0
        if goal_node.size > 0:
            found, nxt, item, key = search(
                graph.indptr, graph.heads, graph.weights, inverse, bucket, nxt, item, key, dist,
                by, touched, from_node, from_cost, none, from_ptr[p], from_ptr[p + 1], direct,
                remember, goal_ptr, goal_node, goal_cost,
            )  # fmt: skip
        best = np.inf
        at = -1
        for g in range(to_ptr[p], to_ptr[p + 1]):
            reach = dist[to_node[g]] + to_cost[g]
            if reach < best:
                best, at = reach, g
        if direct <= best and direct < np.inf:
            distance[p] = direct
            first[p] = -2
        elif best < np.inf:
            distance[p] = best
            last[p] = at
            steps = 0
            u = to_node[at]
            while by[u] >= 0:
                u = arc_tail[by[u]]
                steps += 1
            first[p] = -1 - by[u]
            if used + steps > arc.size:
                arc = grow(arc, max(2 * arc.size, used + steps))
            u = to_node[at]
            for k in range(steps - 1, -1, -1):
                arc[used + k] = by[u]
                u = arc_tail[by[u]]
            used += steps
        ptr[p + 1] = used
        for k in range(found):
            dist[touched[k]] = np.inf
    return distance, ptr, arc[:used].copy(), first, last
