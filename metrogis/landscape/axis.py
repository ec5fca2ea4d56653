"""Medial axis of a polygon as a graph whose edges know how wide they are.

The axis is the Voronoi diagram of points on the boundary. Along an edge of it the clearance is
least either half-way between the two boundary points it separates, or at an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import shapely
from scipy.spatial import QhullError, Voronoi

from metrogis.arrays import Array

_PASSES = 3
_NEAR = 4.0
_PER_GAP = 8.0
_FINEST = 64.0
_FACING = 3.0


@dataclass(frozen=True, eq=False)
class Axis:
    """A graph in the plane.

    Attributes
    ----------
    nodes : (n, 2) ndarray
    clearance : (n,) ndarray
        Distance from each node to the nearest wall.
    edges : (m, 2) ndarray of int
    width : (m,) ndarray
        Twice the least clearance on the edge.
    waist : (m, 2) ndarray
        Where that is.
    lengths : (m,) ndarray
        Length of each edge.
    walls : geometry
        The boundary, prepared.
    """

    nodes: Array
    clearance: Array
    edges: Array
    width: Array
    waist: Array
    lengths: Array
    walls: Any

    @cached_property
    def _keys(self) -> tuple[Array, Array]:
        keys = self.edges.min(axis=1) * len(self.nodes) + self.edges.max(axis=1)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def between(self, way: Array) -> Array:
        """Return the edges along a way.

        Parameters
        ----------
        way : array of int (k,)
            Nodes; neighbours on it are joined by an edge.

        Returns
        -------
        array of int (k - 1,)
            Rows of :attr:`edges`, in the order of the way.
        """
        keys, order = self._keys
        low, high = np.minimum(way[:-1], way[1:]), np.maximum(way[:-1], way[1:])
        return order[np.searchsorted(keys, low * len(self.nodes) + high)]


def medial_axis(
    shape: Any, *, spacing: float = 10.0, least: float = 0.0, most: int = 30_000
) -> Axis:
    """Return the medial axis of a polygon.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Valid, projected CRS in metres.
    spacing : float
        Distance of points along the boundary, m; finer where it faces itself nearer than four times
        that, coarser where ``most`` points would not do.
    least : float
        What is narrower is not looked at finely, m: in a long slit points would be countless.
    most : int
    """
    return _axis(shapely.to_wkb(shape), spacing, least, most)


@lru_cache(maxsize=2)  # ends of a corridor and its width ask for the same axis, one after the other
def _axis(wkb: bytes, spacing: float, least: float, most: int) -> Axis:
    shape = shapely.from_wkb(wkb)
    walls = shapely.boundary(shape)
    spacing = max(spacing, shapely.length(walls) / most)
    rings = shapely.segmentize(shapely.get_parts(walls), spacing)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    origin = points.mean(axis=0)  # large coordinates cost the diagram its digits
    points = np.round(points - origin, 6)
    shapely.prepare(shape)
    diagram, sites = None, points
    for turn in range(_PASSES):
        sites, first = np.unique(points, axis=0, return_index=True)
        if len(sites) < 4:
            return _nothing(walls)
        diagram = _voronoi(sites)
        if diagram is None:
            return _nothing(walls)
        if turn == _PASSES - 1 or len(points) > 4 * most:
            break
        finer = _finer(points, ring, first, diagram, shape, origin, spacing, least)
        if finer is None:
            break
        points, ring = finer
    assert diagram is not None
    return _graph(diagram, sites, shape, walls, origin, spacing)


def _voronoi(sites: Array) -> Voronoi | None:
    for options in (None, "Qbb Qc Qz QJ"):
        try:
            return Voronoi(sites, qhull_options=options)
        except QhullError:  # all but on one line: shaken, else too thin for a disc
            continue
    return None


def _nothing(walls: Any) -> Axis:
    void = np.empty((0, 2))
    return Axis(void, void[:, 0], np.empty((0, 2), np.int64), void[:, 0], void, void[:, 0], walls)


def _finer(
    points: Array,
    ring: Array,
    first: Array,
    diagram: Voronoi,
    shape: Any,
    origin: Array,
    spacing: float,
    least: float,
) -> tuple[Array, Array] | None:
    """Put points between those that face a near wall; None where all are dense enough."""
    pairs = first[np.asarray(diagram.ridge_points)]
    one, two = points[pairs[:, 0]], points[pairs[:, 1]]
    gap = np.hypot(*(one - two).T)
    # half of it: the least passage itself is still measured to its decimetres
    near = np.flatnonzero((gap < _NEAR * spacing) & (gap > max(spacing / _FINEST, least / 2)))
    pairs, gap = pairs[near], gap[near]
    # what lies a short way along the same ring is a corner, not another wall
    step = np.hypot(*np.diff(points, axis=0).T)
    same = ring[1:] == ring[:-1]
    along = np.concatenate([[0.0], np.cumsum(np.where(same, step, 0.0))])
    start = np.searchsorted(ring, ring)
    whole = along[np.searchsorted(ring, ring, side="right") - 1] - along[start]
    apart = np.abs(along[pairs[:, 0]] - along[pairs[:, 1]])
    apart = np.minimum(apart, whole[pairs[:, 0]] - apart)
    facing = (ring[pairs[:, 0]] != ring[pairs[:, 1]]) | (apart > _FACING * gap)
    pairs, gap = pairs[facing], gap[facing]
    middle = (points[pairs[:, 0]] + points[pairs[:, 1]]) / 2 + origin
    inside = shapely.contains_xy(shape, middle)
    pairs, gap = pairs[inside], gap[inside]
    if not len(pairs):
        return None
    nearest = np.full(len(points), np.inf)
    for side in (0, 1):
        np.minimum.at(nearest, pairs[:, side], gap)
    wanted = np.minimum(nearest[:-1], nearest[1:]) / _PER_GAP
    # half as much again is let pass: each round costs a diagram
    parts = np.ceil(step / np.maximum(1.5 * wanted, spacing / _FINEST) - 1e-9)
    count = np.ones(len(points), np.int64)
    count[:-1][same] = np.clip(parts[same], 1, _FINEST)
    if count.max() == 1:
        return None
    begin = np.repeat(np.arange(len(points)), count)
    place = np.arange(len(begin)) - np.repeat(np.cumsum(count) - count, count)
    share = place / np.repeat(count, count)
    after = np.minimum(begin + 1, len(points) - 1)
    found = points[begin] + share[:, None] * (points[after] - points[begin])
    return np.round(found, 6), ring[begin]


def _graph(
    diagram: Voronoi, sites: Array, shape: Any, walls: Any, origin: Array, spacing: float
) -> Axis:
    nodes = diagram.vertices
    inside = np.asarray(
        shapely.contains_xy(shape, nodes[:, 0] + origin[0], nodes[:, 1] + origin[1])
    )
    ridge = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    pairs = np.asarray(diagram.ridge_points)
    kept = np.asarray((ridge >= 0).all(axis=1))
    kept[kept] = inside[ridge[kept]].all(axis=1)
    ridge, pairs = ridge[kept], pairs[kept]
    if not len(ridge):
        return _nothing(walls)
    p, q = sites[pairs[:, 0]], sites[pairs[:, 1]]
    a, b = nodes[ridge[:, 0]], nodes[ridge[:, 1]]
    middle = (p + q) / 2
    along = b - a
    length = np.hypot(*along.T)
    t = np.einsum("ij,ij->i", middle - a, along) / np.maximum(length**2, 1e-12)
    ends = np.hypot(*(a - p).T), np.hypot(*(b - p).T)
    waist = np.where(
        (t > 0)[:, None] & (t < 1)[:, None], middle, np.where((ends[0] < ends[1])[:, None], a, b)
    )
    least = np.hypot(*(waist - p).T)
    # an edge no wider than the step may slip between two points of one wall
    thin = np.flatnonzero(least <= spacing)
    lines = shapely.linestrings(np.stack([a[thin], b[thin]], axis=1) + origin)
    good = np.ones(len(ridge), dtype=bool)
    good[thin[~shapely.covers(shape, lines)]] = False
    used, edges = np.unique(ridge[good], return_inverse=True)
    found = nodes[used] + origin
    shapely.prepare(walls)
    clearance = np.asarray(shapely.distance(shapely.points(found), walls))
    return Axis(
        found,
        clearance,
        edges.reshape(-1, 2),
        2 * least[good],
        waist[good] + origin,
        length[good],
        walls,
    )
