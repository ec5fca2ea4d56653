"""Medial axis of free space between walls, as a graph whose edges know how wide they are.

The axis is the Voronoi diagram of points on the walls, denser where walls are close; how wide an
edge is, is then measured to the walls themselves, not to the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import QhullError, Voronoi

_PASSES = 4
_PER_GAP = 6.0
_FINEST = 400.0


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
    walls : ndarray of LineString
        The walls, piece by piece.
    """

    nodes: np.ndarray
    clearance: np.ndarray
    edges: np.ndarray
    width: np.ndarray
    waist: np.ndarray
    walls: np.ndarray
    _tree: shapely.STRtree

    @property
    def lengths(self) -> np.ndarray:
        """Length of each edge."""
        return np.hypot(*(self.nodes[self.edges[:, 0]] - self.nodes[self.edges[:, 1]]).T)


def build(walls: shapely.Geometry, room: shapely.Geometry, *, spacing: float) -> Axis:
    """Build the axis of the space between ``walls`` that lies in ``room``.

    Parameters
    ----------
    walls : lines
        What a disc must not touch; open mouths are no walls.
    room : polygon
        Nodes outside it are left out, but for edges that leave it through a mouth.
    spacing : float
        Largest distance between points on the walls, m.
    """
    lines = shapely.segmentize(shapely.get_parts(shapely.line_merge(walls)), spacing)
    points, line = _points(lines)
    # far points close the diagram: every edge that matters is finite
    low, high = points.min(axis=0), points.max(axis=0)
    middle, reach = (low + high) / 2, 4 * max(float((high - low).max()), spacing)
    turn = np.linspace(0, 2 * np.pi, 17)[:-1]
    frame = middle + reach * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(_PASSES):
        diagram = _voronoi(points, frame)
        finer = _refine(points, line, diagram, spacing)
        if finer is None:
            break
        points, line = finer
        diagram = None
    diagram = diagram if diagram is not None else _voronoi(points, frame)
    return _graph(diagram, len(points), lines, room)


def _voronoi(points: np.ndarray, frame: np.ndarray) -> Voronoi:
    every = np.vstack([points, frame])
    origin = every.mean(axis=0)  # large coordinates lose digits in the hull
    try:
        diagram = Voronoi(every - origin)
    except QhullError:
        diagram = Voronoi(every - origin, qhull_options="Qbb Qc Qz QJ")
    diagram.vertices += origin
    diagram.points[:] = every
    return diagram


def _points(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, line = shapely.get_coordinates(lines, return_index=True)
    return points, line


def _refine(
    points: np.ndarray, line: np.ndarray, diagram: Voronoi, spacing: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Put points between those that face a near wall; None when all are dense enough."""
    n = len(points)
    pairs = diagram.ridge_points
    pairs = pairs[(pairs < n).all(axis=1)]
    gap = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    facing = (line[pairs[:, 0]] != line[pairs[:, 1]]) | (np.abs(pairs[:, 0] - pairs[:, 1]) > 3)
    facing &= gap > spacing / _FINEST
    nearest = np.full(n, np.inf)
    for side in (0, 1):
        np.minimum.at(nearest, pairs[facing, side], gap[facing])
    along = np.flatnonzero(line[1:] == line[:-1])
    step = np.hypot(*(points[along + 1] - points[along]).T)
    wanted = np.minimum(nearest[along], nearest[along + 1]) / _PER_GAP
    parts = np.ceil(step / np.maximum(wanted, spacing / _FINEST) - 1e-9)
    parts = np.clip(parts, 1, 8).astype(int)
    if not (parts > 1).any():
        return None
    count = np.ones(n, int)
    count[along] = parts
    start = np.repeat(np.arange(n), count)
    first = np.cumsum(count) - count
    share = (np.arange(len(start)) - np.repeat(first, count)) / np.repeat(count, count)
    following = np.minimum(start + 1, n - 1)
    finer = points[start] + share[:, None] * (points[following] - points[start])
    return finer, line[start]


def _graph(diagram: Voronoi, n: int, lines: np.ndarray, room: shapely.Geometry) -> Axis:
    edges = np.array(diagram.ridge_vertices, dtype=np.int64).reshape(-1, 2)
    pairs = diagram.ridge_points
    keep = (edges >= 0).all(axis=1) & (pairs < n).all(axis=1)
    edges, pairs = edges[keep], pairs[keep]
    nodes = diagram.vertices
    shapely.prepare(room)
    inside = np.zeros(len(nodes), bool)
    used = np.unique(edges)
    inside[used] = shapely.intersects_xy(room, nodes[used])
    some = inside[edges].any(axis=1)
    edges, pairs = edges[some], pairs[some]
    walls = _segments(lines)
    tree = shapely.STRtree(walls)
    drawn = shapely.linestrings(nodes[edges])
    if len(edges):  # an edge between two neighbours on one wall runs through the wall
        crossing = np.unique(tree.query(drawn, predicate="intersects")[0])
        free = np.ones(len(edges), bool)
        free[crossing] = False
        edges, pairs = edges[free], pairs[free]
    used, compact = np.unique(edges, return_inverse=True)
    nodes, edges = nodes[used], compact.reshape(-1, 2)
    clearance = _to_walls(tree, nodes)
    one, two = nodes[edges[:, 0]], nodes[edges[:, 1]]
    along = two - one
    middle = (diagram.points[pairs[:, 0]] + diagram.points[pairs[:, 1]]) / 2
    square = (along**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((middle - one) * along).sum(axis=1) / square
    # clearance on an edge is least where it crosses the line between its two points
    share = np.where(square > 0, np.clip(np.nan_to_num(share), 0, 1), 0)
    ends = np.where(clearance[edges[:, 0]] <= clearance[edges[:, 1]], 0.0, 1.0)
    waist = one + share[:, None] * along
    least = _to_walls(tree, waist)
    lower = np.minimum(clearance[edges[:, 0]], clearance[edges[:, 1]])
    at_end = lower < least
    waist[at_end] = (one + ends[:, None] * along)[at_end]
    return Axis(nodes, clearance, edges, 2 * np.minimum(least, lower), waist, walls, tree)


def _segments(lines: np.ndarray) -> np.ndarray:
    points, line = _points(lines)
    same = np.flatnonzero(line[1:] == line[:-1])
    return np.asarray(shapely.linestrings(np.stack([points[same], points[same + 1]], axis=1)))


def _to_walls(tree: shapely.STRtree, points: np.ndarray) -> np.ndarray:
    if not len(points):
        return np.empty(0)
    (at, _), distances = tree.query_nearest(
        shapely.points(points), return_distance=True, all_matches=False
    )
    out = np.empty(len(points))
    out[at] = distances
    return out


def narrow(axis: Axis, place: np.ndarray) -> tuple[float, shapely.LineString]:
    """Exact width at a waist: the shortest line from wall to wall near ``place``.

    From the nearest wall point the other wall's nearest point is sought, and back, until it rests.
    """
    here = shapely.Point(place)
    index = axis._tree.query_nearest(here, all_matches=False)[0]
    one = shapely.get_point(shapely.shortest_line(axis.walls[index], here), 0)
    half = here.distance(one)
    opposite = shapely.Point(2 * place[0] - one.x, 2 * place[1] - one.y)
    near = axis.walls[axis._tree.query(opposite, predicate="dwithin", distance=0.6 * half)]
    best = shapely.LineString([one, opposite])
    if not len(near):
        return 2 * half, best
    two = shapely.get_point(shapely.shortest_line(shapely.union_all(near), opposite), 0)
    far = 0.6 * max(half, 1e-9)
    walls_one = shapely.union_all(
        axis.walls[axis._tree.query(one, predicate="dwithin", distance=far)]
    )
    walls_two = shapely.union_all(
        axis.walls[axis._tree.query(two, predicate="dwithin", distance=far)]
    )
    line = shapely.shortest_line(walls_one, walls_two)
    if line is None or line.length == 0 or line.length > 2.2 * half:
        return 2 * half, best
    return float(line.length), line
