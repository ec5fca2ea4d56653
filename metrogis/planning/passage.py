"""How wide a disc can travel through a polygon from end to end: clear width on the medial axis.

The medial axis comes from the Voronoi diagram of the densified boundary; along an axis edge the
clearance is least either half-way between the two boundary points it separates, or at an end. The
widest path is the one whose least clearance is greatest (a path of the maximum spanning tree).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.signal import find_peaks
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import Voronoi

from metrogis.planning.overlay import polygonal

Array = npt.NDArray[Any]

_SPIKE = 0.25  # this project's choice: narrower ends are spikes of the outline


@dataclass(frozen=True)
class Passage:
    """The widest way through.

    Attributes
    ----------
    width : float
        Diameter of the largest disc that can travel from end to end, m; 0: no passage.
    path : LineString or None
        The way of its centre.
    narrows : list of (Point, float)
        Local minima of the clear width along the path, in its order, m.
    strands : list of float
        Width of each parallel strand, widest first (the first is ``width``).
    """

    width: float
    path: Any = None
    narrows: list[tuple[Any, float]] = field(default_factory=list)
    strands: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Axis:
    """Medial axis as a graph: nodes with clearance, edges with their least clearance and place."""

    xy: Array
    clearance: Array
    edges: Array
    width: Array
    place: Array
    length: Array


def medial_axis(shape: Any, *, step: float = 10.0, most: int = 30_000) -> Axis:
    """Return the medial axis of a polygon.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Valid, projected CRS in metres.
    step : float
        Distance of points along the boundary, m; enlarged where ``most`` points would not do.
    """
    boundary = shapely.boundary(shape)
    step = max(step, shapely.length(boundary) / most)
    sites = shapely.get_coordinates(shapely.segmentize(boundary, step))
    origin = sites.mean(axis=0)  # large coordinates cost the diagram its digits
    sites = np.unique(np.round(sites - origin, 6), axis=0)
    void = np.empty((0, 2))
    nothing = Axis(void, void[:, 0], np.empty((0, 2), np.int64), void[:, 0], void, void[:, 0])
    if len(sites) < 4:
        return nothing
    diagram = Voronoi(sites)
    nodes = diagram.vertices
    shapely.prepare(shape)
    inside = np.asarray(
        shapely.contains_xy(shape, nodes[:, 0] + origin[0], nodes[:, 1] + origin[1])
    )
    ridge = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    pairs = np.asarray(diagram.ridge_points)
    kept = np.asarray((ridge >= 0).all(axis=1))
    kept[kept] = inside[ridge[kept]].all(axis=1)
    ridge, pairs = ridge[kept], pairs[kept]
    if not len(ridge):
        return nothing
    p, q = sites[pairs[:, 0]], sites[pairs[:, 1]]
    a, b = nodes[ridge[:, 0]], nodes[ridge[:, 1]]
    middle = (p + q) / 2
    along = b - a
    length = np.hypot(*along.T)
    t = np.einsum("ij,ij->i", middle - a, along) / np.maximum(length**2, 1e-12)
    ends = np.hypot(*(a - p).T), np.hypot(*(b - p).T)
    at = np.where(
        (t > 0)[:, None] & (t < 1)[:, None], middle, np.where((ends[0] < ends[1])[:, None], a, b)
    )
    least = np.hypot(*(at - p).T)
    # an edge no wider than the step may slip between two points of one wall
    thin = np.flatnonzero(least <= step)
    lines = shapely.linestrings(np.stack([a[thin], b[thin]], axis=1) + origin)
    wrong = thin[~shapely.covers(shape, lines)]
    good = np.ones(len(ridge), dtype=bool)
    good[wrong] = False
    used, edges = np.unique(ridge[good], return_inverse=True)
    xy = nodes[used] + origin
    walls = shapely.boundary(shape)
    shapely.prepare(walls)
    clearance = np.asarray(shapely.distance(shapely.points(xy), walls))
    return Axis(
        xy, clearance, edges.reshape(-1, 2), 2 * least[good], at[good] + origin, length[good]
    )


def end_lines(corridor: Any, cores: Any, study: Any, *, tolerance: float = 1.0) -> list[Any]:
    """Return where a corridor ends: at core areas, or at the border of the study area.

    Parts of its outline that lie on (or, for cores, in) them, joined where they touch.
    """
    outline = shapely.boundary(corridor)
    found = []
    if cores is not None and not shapely.is_empty(cores):
        inside = shapely.intersection(corridor, shapely.buffer(cores, tolerance))
        found += [g for g in shapely.get_parts(inside) if not g.is_empty]
    if study is not None:
        on = shapely.intersection(outline, shapely.buffer(shapely.boundary(study), tolerance))
        joined = shapely.union_all(shapely.buffer(shapely.get_parts(on), 2 * tolerance))
        found += [
            g
            for g in shapely.get_parts(joined)
            if shapely.length(shapely.intersection(outline, g)) > 10 * tolerance
        ]
    return found


def _touching(axis: Axis, line: Any, reach: float) -> Array:
    """Nodes whose disc touches an end line."""
    gap = shapely.distance(shapely.points(axis.xy), line)
    return np.flatnonzero(gap <= axis.clearance * (1 + 1e-6) + reach)


def _tips(axis: Axis) -> list[Array]:
    """Find the two farthest points of the axis (places, not nodes), by length along it.

    A spike of the outline is no end: tips are looked for where the clearance is at least
    a quarter (:data:`_SPIKE`) of the greatest.
    """
    n = len(axis.xy)
    graph = coo_array(
        (np.maximum(axis.length, 1e-9), (axis.edges[:, 0], axis.edges[:, 1])), shape=(n, n)
    ).tocsr()
    _, label = connected_components(graph, directed=False)
    weight = np.bincount(label[axis.edges[:, 0]], axis.length)
    real = axis.clearance >= _SPIKE * axis.clearance.max()
    start = int(np.flatnonzero(label == int(np.argmax(weight)))[0])
    tips: list[int] = []
    for _ in range(3):  # from anywhere, from one end, from the other
        far = dijkstra(graph, directed=False, indices=start)
        start = int(np.argmax(np.where(np.isfinite(far) & real, far, -1)))
        tips.append(start)
    return [axis.xy[tips[-1]], axis.xy[tips[-2]]]


def passage(
    free: Any,
    corridor: Any,
    *,
    ends: list[Any] | None = None,
    farthest: list[tuple[Array, float]] | None = None,
    step: float = 10.0,
    prominence: float = 0.1,
    most_strands: int = 4,
) -> Passage:
    """Measure the clear width of a corridor.

    Parameters
    ----------
    free : Polygon or MultiPolygon
        What is left of the corridor.
    corridor : Polygon or MultiPolygon
        All of it: its axis has the ends where ``ends`` gives fewer than two.
    ends : list of geometry, optional
        Where it ends; with more than two, all must be joined: the worst pair counts (that is the
        worst of any chain through them).
    farthest : list, optional
        What :func:`tips` says of ``corridor``, when known already.
    step : float
        Distance of points along the outline, m: widths are good to about step^2 / (4 width).
    prominence : float
        A narrowing is listed when the width rises by this share of it on both sides.
    most_strands : int
        Parallel strands looked for.

    Examples
    --------
    >>> from shapely import box
    >>> corridor = box(0, 0, 5000, 600)
    >>> free = corridor - box(2000, 200, 2500, 600)
    >>> found = passage(free, corridor)
    >>> round(found.width), [round(w) for _, w in found.narrows]
    (200, [200])
    >>> passage(corridor - box(2000, 0, 2500, 600), corridor).width
    0.0
    """
    shapes = polygonal(np.array([free], dtype=object))
    if shapely.is_empty(shapes[0]):
        return Passage(0.0)
    axis = medial_axis(shapes[0], step=step)
    if not len(axis.edges):
        return Passage(0.0)
    ends = ends or []
    if len(ends) < 2 and farthest is None:
        farthest = tips(corridor, step=step)
    groups = _terminals(axis, farthest or [], ends, step)
    if len(groups) < 2 or any(len(g) == 0 for g in groups):
        return Passage(0.0)
    worst: Passage | None = None
    for i in range(len(groups) - 1):
        found = _widest(axis, groups[i], groups[i + 1], np.ones(len(axis.edges), dtype=bool))
        if found is None:
            return Passage(0.0)
        made = _measured(axis, shapes[0], found, groups[i], groups[i + 1], prominence, most_strands)
        if worst is None or made.width < worst.width:
            worst = made
    assert worst is not None
    return worst


def tips(corridor: Any, *, step: float = 10.0) -> list[tuple[Array, float]]:
    """Find the two farthest points of a corridor's axis, and how near a disc comes to each (m)."""
    whole = medial_axis(corridor, step=step)
    if not len(whole.edges):
        return []
    found = []
    for place in _tips(whole):
        # a tip runs into a corner: the end is where a disc comes as near to it as it can
        near = np.hypot(*(whole.xy - place).T) <= 1.5 * whole.clearance
        found.append((place, 1.5 * float(whole.clearance[near].max(initial=step))))
    return found


def _terminals(
    axis: Axis, found: list[tuple[Array, float]], ends: list[Any], step: float
) -> list[Array]:
    if len(ends) >= 2:
        return [_touching(axis, e, step / 2) for e in ends]
    groups = [np.flatnonzero(np.hypot(*(axis.xy - p).T) <= reach) for p, reach in found]
    if len(ends) == 1 and groups:
        gaps = [float(shapely.distance(shapely.Point(p), ends[0])) for p, _ in found]
        groups[int(np.argmin(gaps))] = _touching(axis, ends[0], step / 2)
    return groups


def _widest(axis: Axis, start: Array, end: Array, allowed: Array) -> tuple[list[int], float] | None:
    """Nodes of the widest path between two sets of nodes, and its least width."""
    n = len(axis.xy)
    top = float(axis.width.max()) + 1.0
    i, j = axis.edges[allowed].T
    cost = top - axis.width[allowed]  # least cost = greatest width; always above 0
    ones = np.full(len(start) + len(end), 1e-9)
    rows = np.concatenate([i, np.full(len(start), n), np.full(len(end), n + 1)])
    columns = np.concatenate([j, start, end])
    graph = coo_array((np.concatenate([cost, ones]), (rows, columns)), shape=(n + 2, n + 2)).tocsr()
    tree = minimum_spanning_tree(graph)
    _, before = dijkstra(tree, directed=False, indices=n, return_predecessors=True, unweighted=True)
    if before[n + 1] < 0:
        return None
    path = [int(before[n + 1])]
    while path[-1] != n:
        path.append(int(before[path[-1]]))
    nodes = path[:-1][::-1]
    rank = {
        (min(a, b), max(a, b)): w for (a, b), w in zip(axis.edges.tolist(), axis.width, strict=True)
    }
    widths = [rank[min(a, b), max(a, b)] for a, b in pairwise(nodes)]
    least = min(widths, default=2 * float(axis.clearance[nodes[0]]))
    return nodes, float(min(least, 2 * axis.clearance[nodes].min()))


def _middle(profile: Array, low: int) -> int:
    """Find the middle of a long narrow stretch: its width is nearly the same all along."""
    flat = profile <= 1.02 * profile[low]
    first = last = low
    while first > 0 and flat[first - 1]:
        first -= 1
    while last < len(profile) - 1 and flat[last + 1]:
        last += 1
    return (first + last) // 2


def _measured(
    axis: Axis,
    free: Any,
    found: tuple[list[int], float],
    start: Array,
    end: Array,
    prominence: float,
    most: int,
) -> Passage:
    nodes, width = found
    index = {(min(a, b), max(a, b)): k for k, (a, b) in enumerate(axis.edges.tolist())}
    steps = [index[min(a, b), max(a, b)] for a, b in pairwise(nodes)]
    places, values = [axis.xy[nodes[0]]], [2 * axis.clearance[nodes[0]]]
    for k, node in zip(steps, nodes[1:], strict=True):
        places += [axis.place[k], axis.xy[node]]
        values += [axis.width[k], 2 * axis.clearance[node]]
    walls = shapely.boundary(free)
    shapely.prepare(walls)
    points = np.asarray(shapely.points(np.array(places)), dtype=object)
    exact = 2 * np.asarray(shapely.distance(points, walls))
    profile = np.minimum(np.array(values), exact)
    width = float(profile.min())
    padded = np.concatenate([[profile.max() * 2], profile, [profile.max() * 2]])
    lows, _ = find_peaks(-padded, prominence=max(1e-9, prominence * width), plateau_size=0)
    narrows = [(points[_middle(profile, k - 1)], float(profile[k - 1])) for k in lows]
    if not narrows:
        k = int(np.argmin(profile))
        narrows = [(points[_middle(profile, k)], width)]
    path = shapely.linestrings(axis.xy[nodes]) if len(nodes) > 1 else None
    strands = [width]
    allowed = np.ones(len(axis.edges), dtype=bool)
    chosen = steps
    while len(strands) < most and chosen:
        allowed[min(chosen, key=lambda k: axis.width[k])] = False
        other = _widest(axis, start, end, allowed)
        if other is None or not math.isfinite(other[1]) or other[1] <= 0:
            break
        chosen = [index[min(a, b), max(a, b)] for a, b in pairwise(other[0])]
        strands.append(min(other[1], strands[-1]))
    return Passage(width, path, narrows, strands)
