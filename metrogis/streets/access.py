"""From places to a network of lines: nearest line, length of the network reached, people around.

A place is one or more points (its entrances); ``owner`` says which place each point belongs to.
Distances are straight lines in the working CRS, in metres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from metrogis.arrays import Array


class Nearest(NamedTuple):
    """Nearest line of each place: distance (m; NaN without lines), point and line (-1: none)."""

    distance: Array
    point: Array
    line: Array


def nearest_line(points: Array, owner: Array, places: int, lines: Array) -> Nearest:
    """Find the line nearest to any point of each place.

    Parameters
    ----------
    points : array of Point, shape (points,)
    owner : array of int, shape (points,)
        Place of each point, 0 <= owner < places.
    places : int
    lines : array of LineString

    Examples
    --------
    >>> points = shapely.points([(0, 3), (0, 2), (0, 9)])
    >>> lines = np.array([shapely.LineString([(-5, 0), (5, 0)])])
    >>> nearest_line(points, np.array([0, 0, 1]), 2, lines).distance.tolist()
    [2.0, 9.0]
    """
    distance = np.full(places, np.nan)
    point = np.full(places, -1)
    line = np.full(places, -1)
    if len(lines) == 0 or len(points) == 0:
        return Nearest(distance, point, line)
    (i, j), d = shapely.STRtree(lines).query_nearest(
        points, all_matches=False, return_distance=True
    )
    order = np.lexsort((d, owner[i]))
    i, j, d = i[order], j[order], d[order]
    place, first = np.unique(owner[i], return_index=True)
    distance[place], point[place], line[place] = d[first], i[first], j[first]
    return Nearest(distance, point, line)


class Reach(NamedTuple):
    """Longest network joined by each place: length (m; 0 where none) and its label (-1: none)."""

    length: Array
    label: Array


def networks_reached(
    points: Array,
    owner: Array,
    places: int,
    lines: Array,
    labels: Array,
    lengths: Array,
    *,
    distance: float,
) -> Reach:
    """Find the longest connected network within ``distance`` metres of each place.

    Parameters
    ----------
    points, owner, places, lines
        As in :func:`nearest_line`.
    labels : array of int, shape (lines,)
        Network of each line (:func:`metrogis.streets.cycleways.components`).
    lengths : array of float
        Length of each network, m, by label.
    distance : float
        Metres, inclusive.

    Examples
    --------
    >>> lines = np.array([shapely.LineString([(0, 0), (9, 0)])])
    >>> networks_reached(shapely.points([(0, 5), (0, 6)]), np.arange(2), 2, lines,
    ...                  np.array([0]), np.array([9.0]), distance=5).length.tolist()
    [9.0, 0.0]
    """
    best = np.zeros(places)
    label = np.full(places, -1)
    if len(lines) == 0 or len(points) == 0:
        return Reach(best, label)
    i, j = shapely.STRtree(lines).query(points, predicate="dwithin", distance=distance)
    found = labels[j]
    order = np.lexsort((found, -lengths[found], owner[i]))
    place, first = np.unique(owner[i][order], return_index=True)
    label[place] = found[order][first]
    best[place] = lengths[label[place]]
    return Reach(best, label)


def touched_networks(
    points: Array, owner: Array, lines: Array, labels: Array, *, distance: float
) -> Array:
    """Return which networks each place touches.

    Parameters
    ----------
    points : array of Point (n,)
        Working CRS, metres.
    owner : array of int (n,)
        Place of each point.
    lines : array of LineString (m,)
    labels : array of int (m,)
        Network of each line.
    distance : float
        Metres, included.

    Returns
    -------
    array of int (pairs, 2)
        Distinct (place, network), sorted.

    Examples
    --------
    >>> lines = shapely.linestrings([[(0, 0), (9, 0)], [(0, 50), (9, 50)]])
    >>> points = shapely.points([(5, 1), (6, 2)])
    >>> touched_networks(points, np.array([0, 0]), lines, np.array([7, 8]), distance=2).tolist()
    [[0, 7]]
    """
    if len(lines) == 0 or len(points) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    i, j = shapely.STRtree(lines).query(points, predicate="dwithin", distance=distance)
    return np.unique(np.column_stack([owner[i], labels[j]]), axis=0)


def around(points: Array, owner: Array, places: int, *, radius: float) -> Array:
    """Return the land around each place.

    Parameters
    ----------
    points : array of Point (n,)
        Working CRS, metres.
    owner : array of int (n,)
        Place of each point, ``0 .. places - 1``; every place has a point.
    places : int
    radius : float
        Metres around every point of a place, in a straight line.

    Returns
    -------
    array of (Multi)Polygon (places,)
        Discs of 128 corners: at most 0.04 % of the area is missing.
    """
    if places == 0:
        return np.zeros(0, dtype=object)
    discs = shapely.buffer(points, radius, quad_segs=32)
    order = np.argsort(owner, kind="stable")
    groups = np.split(discs[order], np.cumsum(np.bincount(owner, minlength=places))[:-1])
    return np.array([g[0] if len(g) == 1 else shapely.union_all(g) for g in groups], dtype=object)


def shares(zones: Array, cells: Array) -> tuple[Array, Array, Array]:
    """Return which share of each cell's area lies in each zone.

    Parameters
    ----------
    zones, cells : arrays of polygons

    Returns
    -------
    zone, cell : arrays of int
        Pairs that overlap.
    share : array of float
        0 < share <= 1.

    Examples
    --------
    >>> zone, cell, share = shares(np.array([shapely.box(0, 0, 5, 10)]),
    ...                            np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 10, 9)]))
    >>> zone.tolist(), cell.tolist(), share.tolist()
    ([0], [0], [0.5])
    """
    tree = shapely.STRtree(cells)
    zone, cell = tree.query(zones, predicate="intersects")
    inside_zone, inside_cell = tree.query(zones, predicate="covers")
    whole = np.isin(zone * len(cells) + cell, inside_zone * len(cells) + inside_cell)
    share = np.ones(len(zone))
    edge = np.flatnonzero(~whole)
    common = shapely.area(shapely.intersection(zones[zone[edge]], cells[cell[edge]]))
    share[edge] = np.minimum(common / shapely.area(cells[cell[edge]]), 1.0)
    kept = share > 1e-12  # shared borders only, and rounding
    return zone[kept], cell[kept], share[kept]


def people_in(zones: Array, cells: Array, people: Array) -> Array:
    """Count people in each zone, each cell giving by the share of its area.

    Parameters
    ----------
    zones, cells : arrays of polygons
    people : array of float, shape (cells,)
        NaN is unknown.

    Returns
    -------
    array of float, shape (zones,)
        NaN where a cell of unknown population overlaps the zone, or no cell does.

    Examples
    --------
    >>> cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    >>> zones = np.array([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 15, 10),
    ...                   shapely.box(50, 0, 60, 9)])
    >>> people_in(zones, cells, np.array([80.0, np.nan])).tolist()
    [40.0, nan, nan]
    """
    zone, cell, share = shares(zones, cells)
    total = np.bincount(zone, weights=people[cell] * share, minlength=len(zones))
    met = np.bincount(zone, minlength=len(zones)) > 0
    return np.where(met, total, np.nan)


def lines_by_group(lines: Array, group: Array, count: int) -> Array:
    """Collect lines into one (multi-)line a group, with ends that meet merged.

    Parameters
    ----------
    lines : array of LineString (n,)
    group : array of int (n,)
        ``0 .. count - 1``, each at least once.
    count : int

    Returns
    -------
    array of (Multi)LineString (count,)
    """
    if count == 0:
        return np.zeros(0, dtype=object)
    order = np.argsort(group, kind="stable")
    collected = np.asarray(shapely.multilinestrings(lines[order], indices=group[order]))
    assert len(collected) == count
    return np.asarray(shapely.line_merge(collected), dtype=object)


def length_in(lines: Array, zones: Array) -> Array:
    """Return the length of lines inside each zone, m; on a shared border it is divided.

    >>> length_in(np.array([shapely.LineString([(0, 1), (9, 1)])]),
    ...           np.array([shapely.box(0, 0, 4, 4), shapely.box(4, 0, 6, 4)])).tolist()
    [4.0, 2.0]
    """
    tree = shapely.STRtree(lines)
    zone, line = tree.query(zones, predicate="intersects")
    inside_zone, inside_line = tree.query(zones, predicate="covers")
    whole = np.isin(zone * len(lines) + line, inside_zone * len(lines) + inside_line)
    length = shapely.length(lines)
    part = length[line]
    part[~whole] = shapely.length(shapely.intersection(lines[line[~whole]], zones[zone[~whole]]))
    counted = np.bincount(line, weights=part, minlength=len(lines))
    excess = np.where(counted > length, counted / np.where(length > 0, length, 1.0), 1.0)
    return np.bincount(zone, weights=part / excess[line], minlength=len(zones))
