"""Distances between areas along streets: from the border of one to the border of another.

A distance is the least over points of both borders that the network can be joined from: where
streets cross a border, and points along it no farther apart than a step, each joined to its
nearest street by a straight line that counts. Points stand for themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numba import njit

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.streets.network import StreetNetwork
from metrogis.streets.snap import Snapped
from metrogis.streets.terminals import Terminals, by_value, terminals


class Fronts(NamedTuple):
    """Points of the borders of areas, joined to a network.

    Attributes
    ----------
    points : Snapped
    owner : ndarray of int (points,)
        Area of each point.
    joined : ndarray of bool (areas,)
        Whether any point of an area lies near enough to a street.
    """

    points: Snapped
    owner: Ints
    joined: Bools


def border_points(shapes: Array, step: float, lines: Array | None = None) -> tuple[Floats, Ints]:
    """Return points of the borders of areas: corners, points a step apart, and crossings of lines.

    Parameters
    ----------
    shapes : array of geometry (n,)
        Polygons; points stand for themselves. Empty ones have none.
    step : float
        Metres.
    lines : array of LineString, optional
        Where they cross a border is a point, too.

    Returns
    -------
    xy : ndarray (points, 2)
    owner : ndarray of int (points,)
        Ascending.

    Examples
    --------
    >>> road = np.array([shapely.LineString([(-5, 3), (5, 3)])])
    >>> xy, owner = border_points(np.array([shapely.box(0, 0, 10, 10)]), 10, road)
    >>> sorted(map(tuple, xy.tolist()))
    [(0.0, 0.0), (0.0, 3.0), (0.0, 10.0), (10.0, 0.0), (10.0, 10.0)]
    """
    shapes = np.asarray(shapes, dtype=object)
    areal = shapely.get_dimensions(shapes) == 2
    # coordinates of a polygon are those of its rings
    xy, owner = shapely.get_coordinates(shapely.segmentize(shapes, step), return_index=True)
    if lines is not None and len(lines) and areal.any():
        own = np.flatnonzero(areal)
        line, area = shapely.STRtree(shapes[own]).query(lines, predicate="intersects")
        cut_xy, pair = _crossings(lines, line, shapes[own], area)
        xy, owner = np.vstack([xy, cut_xy]), np.concatenate([owner, own[area[pair]]])
    if len(xy) == 0:
        return np.zeros((0, 2)), np.zeros(0, np.int64)
    # a ring ends where it begins, and streets meet at a border: each point of an area counts once
    order = np.lexsort((xy[:, 1], xy[:, 0], owner))
    xy, owner = xy[order], owner[order]
    new = np.ones(len(xy), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
    return xy[new], owner[new].astype(np.int64)


def _crossings(lines: Array, line: Ints, shapes: Array, area: Ints) -> tuple[Floats, Ints]:
    """Return where the line and the border of each pair cross, and the pair of each crossing."""
    line_xy, of_line = shapely.get_coordinates(lines, return_index=True)
    rings, ring_of = shapely.get_rings(shapes, return_index=True)
    ring_xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    starts = [
        np.searchsorted(of, np.arange(count + 1))
        for of, count in ((of_line, len(lines)), (of_ring, len(rings)), (ring_of, len(shapes)))
    ]
    return _cross(line_xy, starts[0], ring_xy, starts[1], starts[2], line, area)


@njit(cache=True, nogil=True)
def _cross(line_xy, line_ptr, ring_xy, ring_ptr, area_ptr, line, area):  # type: ignore[no-untyped-def]
    """Cut every piece of each pair's line with every piece of its rings."""
    out = np.empty((max(16, 2 * line.size), 2))
    pair = np.empty(out.shape[0], np.int64)
    used = 0
    for k in range(line.size):
        for ring in range(area_ptr[area[k]], area_ptr[area[k] + 1]):
            for i in range(line_ptr[line[k]], line_ptr[line[k] + 1] - 1):
                x, y = line_xy[i, 0], line_xy[i, 1]
                dx, dy = line_xy[i + 1, 0] - x, line_xy[i + 1, 1] - y
                for j in range(ring_ptr[ring], ring_ptr[ring + 1] - 1):
                    px, py = ring_xy[j, 0] - x, ring_xy[j, 1] - y
                    qx, qy = ring_xy[j + 1, 0] - ring_xy[j, 0], ring_xy[j + 1, 1] - ring_xy[j, 1]
                    turn = dx * qy - dy * qx
                    # parallel pieces cross nowhere: where they touch the ring has its corners
                    if turn == 0.0:
                        continue
                    t = (px * qy - py * qx) / turn
                    u = (px * dy - py * dx) / turn
                    # a street that ends on a border is not missed by rounding
                    if min(t, u) < -1e-9 or max(t, u) > 1.0 + 1e-9:
                        continue
                    t = min(max(t, 0.0), 1.0)
                    if used == pair.size:
                        more = np.empty((2 * used, 2))
                        more[:used] = out
                        out = more
                        pair = np.append(pair, np.empty(used, np.int64))
                    out[used, 0], out[used, 1] = x + t * dx, y + t * dy
                    pair[used] = k
                    used += 1
    return out[:used].copy(), pair[:used].copy()


def fronts(
    network: StreetNetwork,
    shapes: Array,
    *,
    step: float,
    limit: float,
    part: float | None = None,
    layer: str = "points",
    lines: Array | None = None,
) -> Fronts:
    """Join the borders of areas to a network.

    Parameters
    ----------
    network : StreetNetwork
    shapes : array of Point, Polygon or MultiPolygon (n,)
        In the network's CRS.
    step : float
        Points of a border are at most this far apart, m.
    limit : float
        Points farther than this from every street are not joined, m.
    part : float, optional
        Connected parts of the network of less than this length do not count, m.
    layer : str
        Name in the audit.
    lines : array of LineString (edges,), optional
        Shapes of all edges, where they are at hand.
    """
    if lines is None:
        lines = network.lines(np.arange(network.n_edges))
    xy, owner = border_points(shapes, step, lines)
    points = network.snap(xy, limit=limit, component=part, layer=layer)
    joined = np.zeros(len(shapes), bool)
    joined[owner[points.known]] = True
    kept = np.flatnonzero(points.known)
    return Fronts(points[kept], owner[kept], joined)


def distances(network: StreetNetwork, origins: Fronts, goals: Fronts, limit: float) -> Floats:
    """Return the walk from each area to the nearest goal.

    Parameters
    ----------
    network : StreetNetwork
    origins, goals : Fronts
        On this network.
    limit : float
        Metres, inclusive; straight ends count.

    Returns
    -------
    ndarray of float (areas,)
        Metres; infinite where no goal is within the limit or the area is not joined.
    """
    out = np.full(len(origins.joined), np.inf)
    if not len(goals.owner) or not len(origins.owner):
        return out
    found = network.nearest(goals.points, limit=limit, groups=goals.owner, snap_cost=True)
    at, _unused = found.at(origins.points)
    np.minimum.at(out, origins.owner, at)
    return out


def amounts(
    network: StreetNetwork, origins: Fronts, goals: Fronts, amount: Floats, limit: float
) -> Floats:
    """Return the sum of an amount over all goals within a walk of each area.

    Parameters
    ----------
    network : StreetNetwork
    origins, goals : Fronts
        On this network.
    amount : ndarray (goals,)
        Of each goal; it counts once, whichever of its points is within the walk.
    limit : float
        Metres, inclusive; straight ends count.

    Returns
    -------
    ndarray of float (areas,)
    """
    out = np.zeros(len(origins.joined))
    wanted = goals.joined & (amount > 0)
    rows = np.flatnonzero(wanted[goals.owner])
    if not len(rows) or not len(origins.owner):
        return out
    owners, group = np.unique(goals.owner[rows], return_inverse=True)
    found = network.catchments(
        goals.points[rows], limit, direction="to", groups=group, snap_cost=True
    )
    start = terminals(network, origins.points, leaving=True, snap_cost=True)
    entry_ptr, entry = by_value(start.node, network.n_nodes)
    inner_ptr, inner = by_value(start.inner_edge, network.n_edges)
    ahead, back = network.edge_weights(start.inner_edge[inner])
    _sum_within(
        (found.ptr, found.node, found.distance), found.places,
        (entry_ptr, origins.owner[start.point[entry]], start.cost[entry]),
        (inner_ptr, origins.owner[start.inner_point[inner]], start.inner_fraction[inner],
         start.inner_cost[inner], ahead, back),
        amount[owners], float(limit), np.full(len(out), -1, np.int64), out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _sum_within(found, goals: Terminals, entries, inner, amount, limit, last, out):  # type: ignore[no-untyped-def]
    """Add each goal's amount to the areas that a search from it meets within the limit."""
    ptr, node, distance = found
    entry_ptr, entry_owner, entry_cost = entries
    inner_ptr, inner_owner, fraction, cost, ahead, back = inner
    # invariant: last[a] is the last goal that was added to area a: a goal counts once
    for g in range(ptr.size - 1):
        for i in range(ptr[g], ptr[g + 1]):
            for j in range(entry_ptr[node[i]], entry_ptr[node[i] + 1]):
                a = entry_owner[j]
                if last[a] != g and distance[i] + entry_cost[j] <= limit:
                    last[a] = g
                    out[a] += amount[g]
        # an area and a goal on the inside of one edge meet along it, not by its ends
        for i in range(goals.inner_ptr[g], goals.inner_ptr[g + 1]):
            e = goals.inner_edge[i]
            for j in range(inner_ptr[e], inner_ptr[e + 1]):
                gap = goals.inner_fraction[i] - fraction[j]
                walk = goals.inner_cost[i] + cost[j]
                if gap > 0:
                    walk += gap * ahead[j]
                elif gap < 0:
                    walk -= gap * back[j]
                a = inner_owner[j]
                if last[a] != g and walk <= limit:
                    last[a] = g
                    out[a] += amount[g]
