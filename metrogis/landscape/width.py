"""Clear width of a corridor: the largest disc that can travel from one end to the other.

Free space is the corridor without its barriers. The disc's centre runs along the medial axis of
the free space; the clear width is the diameter that fits through the narrowest place of the widest
path. Bottlenecks are the local minima of that diameter on the path. Where no path is left, the
corridor is cut: width 0. Parallel strands (around barriers) are listed, never added up.

Ends: where the corridor meets given areas or lines (core areas, the study border): there it is
open, its outline is no wall. With less than two of them: the two farthest points of its own axis.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    dijkstra,
    minimum_spanning_tree,
)

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.landscape import axis as axes
from metrogis.landscape.axis import Axis
from metrogis.landscape.grid import bad_parameter
from metrogis.texts import Text

_TOUCH = 1.0
_CAP = 1.5
_STRANDS = 12


@dataclass(frozen=True, eq=False)
class ClearWidth:
    """Clear width between the ends of one corridor.

    Attributes
    ----------
    width : float
        Metres; 0 = cut. With more than two ends: of the worst connected pair.
    place : Point or None
        The narrowest place of the widest path.
    path : LineString or None
        The widest path (of that pair).
    cut : bool
    bottlenecks : GeoDataFrame
        ``width``, geometry: the line across at each local minimum under the threshold, narrowest
        first.
    strands : GeoDataFrame
        Ways between the two ends, widest first: ``strand``, ``width``, geometry the path. Each
        passes where the ones before are closed at their narrowest place.
    ends : list of geometries
        The ends used.
    pairs : DataFrame
        ``one``, ``two`` (positions of ends), ``width``.
    """

    width: float
    place: shapely.Point | None
    path: shapely.LineString | None
    cut: bool
    bottlenecks: gpd.GeoDataFrame
    strands: gpd.GeoDataFrame
    ends: list[Any]
    pairs: pd.DataFrame


def clear_width(
    corridor: Any,
    barriers: Any = None,
    *,
    ends: Sequence[Any] | gpd.GeoSeries | None = None,
    threshold: float = 500.0,
    spacing: float | None = None,
    min_width: float = 1.0,
    touch: float = _TOUCH,
    crs: Any = None,
    layer: str = "corridor",
) -> ClearWidth:
    """Find the clear width of a corridor.

    Parameters
    ----------
    corridor : Polygon, MultiPolygon, GeoSeries or GeoDataFrame
        One corridor, metres.
    barriers : the same, optional
        Built-up land and barrier zones.
    ends : geometries, optional
        Core areas or lines of the study border that the corridor meets; those farther than
        ``touch`` from it are not its ends.
    threshold : float
        Bottlenecks narrower than this are listed, m (project's choice: 500).
    spacing : float, optional
        Distance between points on the outline, m; finer where it is narrow. Default: a twentieth of
        the threshold, at most a hundredth of the outline.
    min_width : float
        A narrower gap is no passage, m (gaps between drawn parcels are not ways for animals).
    touch : float
        What is nearer than this touches, m.
    crs : optional
        CRS of plain geometries; checked when given.

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    >>> corridor = shapely.box(0, 0, 5000, 800)
    >>> barrier = shapely.box(2400, 0, 2600, 500)
    >>> found = clear_width(corridor, barrier)
    >>> round(found.width), found.cut, [round(w) for w in found.bottlenecks["width"]]
    (300, False, [300])
    >>> clear_width(corridor, shapely.box(2400, 0, 2600, 800)).cut
    True
    """
    for name, value in (("threshold", threshold), ("touch", touch), ("min_width", min_width)):
        if not (value >= 0 and math.isfinite(value)):
            raise bad_parameter(name, "nie może być ujemny", "must not be negative")
    outline, found_crs = _area(corridor, crs, layer)
    if outline.is_empty:
        raise SchemaError(Text("korytarz jest pusty", "the corridor is empty"), layer=layer)
    if spacing is None:
        spacing = min(max(threshold, 1.0) / 20, outline.length / 100)
    if not spacing > 0:
        raise bad_parameter("spacing", "musi być dodatnia", "must be positive")
    blocked, _ = _area(barriers, found_crs, "barriers") if barriers is not None else (None, None)
    free = outline if blocked is None else shapely.difference(outline, blocked)
    mouths = [] if ends is None else [e for e in ends if e is not None and not e.is_empty]
    mouths = [e for e in mouths if shapely.dwithin(e, outline, touch)]
    open_ends = len(mouths) >= 2
    if not open_ends:
        mouths = _own_ends(outline, spacing)
    room = shapely.union_all([p for p in shapely.get_parts(free) if p.geom_type == "Polygon"])
    if room.is_empty:
        return _no_passage(mouths, found_crs)
    walls = room.boundary
    if open_ends:
        walls = shapely.difference(walls, shapely.union_all(shapely.buffer(mouths, touch)))
    walls = shapely.union_all([w for w in shapely.get_parts(walls) if w.length > 0])
    if walls.is_empty:
        raise SchemaError(
            Text("cały obrys korytarza jest końcem", "the whole outline is an end"), layer=layer
        )
    graph = axes.build(walls, room, spacing=spacing)
    terminals = [_at_end(graph, end, room, touch, open_ends) for end in mouths]
    return _measure(graph, room, terminals, mouths, threshold, min_width, found_crs)


def _area(shape: Any, crs: Any, layer: str) -> tuple[Any, Any]:
    """Union of polygons and their CRS."""
    if isinstance(shape, gpd.GeoDataFrame | gpd.GeoSeries):
        own = crs_rules.require_metric(shape.crs, layer=layer)
        if crs is not None:
            crs_rules.require_same(**{"corridor": crs, layer: own})
        crs, shape = own, shapely.union_all(shape.geometry.make_valid().to_numpy())
    elif crs is not None:
        crs = crs_rules.require_metric(crs, layer=layer)
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    parts = [p for p in shapely.get_parts(shape) if shapely.get_dimensions(p) == 2]
    return shapely.union_all(parts) if parts else shapely.Polygon(), crs


def _own_ends(outline: Any, spacing: float) -> list[Any]:
    """Discs at the two farthest points of the axis of a corridor without ends."""
    largest = max(shapely.get_parts(outline), key=lambda p: p.area)
    shell = shapely.Polygon(largest.exterior)  # its holes do not say where it ends
    graph = axes.build(shell.exterior, shell, spacing=spacing)
    n = len(graph.nodes)
    if n == 0:
        return [shapely.Point(shell.representative_point()).buffer(spacing)] * 2
    lengths = coo_array((graph.lengths + 1e-9, graph.edges.T), shape=(n, n)).tocsr()
    _, part = connected_components(lengths, directed=False)
    first = int(np.flatnonzero(part == np.bincount(part).argmax())[0])
    tip = first
    for _ in range(3):  # farthest of the farthest: the longest way through the axis
        away = dijkstra(lengths, directed=False, indices=tip)
        away[np.isinf(away)] = -1
        last, tip = tip, int(away.argmax())
    return [_cap(graph, node) for node in (last, tip)]


def _cap(graph: Axis, tip: int) -> shapely.Polygon:
    """The largest disc at a tip of the axis: tips run into corners, where no disc fits."""
    distance = np.hypot(*(graph.nodes - graph.nodes[tip]).T)
    near = np.flatnonzero(distance <= _CAP * graph.clearance)
    best = tip if not len(near) else int(near[graph.clearance[near].argmax()])
    return shapely.Point(graph.nodes[best]).buffer(max(graph.clearance[best], 1e-6))


def _at_end(graph: Axis, end: Any, room: Any, touch: float, is_open: bool) -> np.ndarray:
    """Nodes of the axis at an end."""
    reach = shapely.buffer(end, touch) if is_open else end
    shapely.prepare(reach)
    at = shapely.intersects_xy(reach, graph.nodes)
    if is_open:
        # edges that leave through the mouth: the node behind it stands for the outside
        drawn = shapely.linestrings(graph.nodes[graph.edges])
        mouth = shapely.intersection(room.boundary, reach)
        leaving = shapely.intersects(drawn, mouth) if not mouth.is_empty else np.zeros(0, bool)
        outside = ~shapely.intersects_xy(room, graph.nodes)
        for side in (0, 1):
            node = graph.edges[leaving, side] if len(leaving) else np.empty(0, int)
            at[node[outside[node]]] = True
        at &= outside | shapely.intersects_xy(reach, graph.nodes)
    return np.flatnonzero(at)


def _no_passage(mouths: list[Any], crs: Any) -> ClearWidth:
    empty = gpd.GeoDataFrame({"width": pd.Series(dtype=float)}, geometry=[], crs=crs)
    strands = gpd.GeoDataFrame(
        {"strand": pd.Series(dtype=int), "width": pd.Series(dtype=float)}, geometry=[], crs=crs
    )
    pairs = pd.DataFrame(
        [(a, b, 0.0) for a, b in itertools.combinations(range(len(mouths)), 2)],
        columns=["one", "two", "width"],
    )
    return ClearWidth(0.0, None, None, True, empty, strands, mouths, pairs)


def _measure(
    graph: Axis,
    room: Any,
    terminals: list[np.ndarray],
    mouths: list[Any],
    threshold: float,
    min_width: float,
    crs: Any,
) -> ClearWidth:
    worst: tuple[float, int, int] | None = None
    rows = []
    blocked = np.zeros(len(graph.edges), bool)
    for a, b in itertools.combinations(range(len(terminals)), 2):
        way = _widest(graph, terminals[a], terminals[b], blocked)
        width = _exact(graph, way)[0] if way is not None else 0.0
        width = width if width >= min_width else 0.0
        rows.append((a, b, width))
        if worst is None or width < worst[0]:
            worst = (width, a, b)
    assert worst is not None
    width, a, b = worst
    empty = _no_passage(mouths, crs)
    pairs = pd.DataFrame(rows, columns=["one", "two", "width"])
    if width == 0:
        return ClearWidth(0.0, None, None, True, empty.bottlenecks, empty.strands, mouths, pairs)
    strands, places = [], []
    for number in range(1, _STRANDS + 1):
        way = _widest(graph, terminals[a], terminals[b], blocked)
        if way is None:
            break
        clear, place = _exact(graph, way)
        if clear < min_width:
            break
        strands.append((number, clear, _drawn(graph, way, room)))
        places.append((way, place))
        closed = np.hypot(*(graph.waist - place).T) <= max(clear / 2, 1e-9)
        closed[way[1][graph.width[way[1]].argmin()]] = True
        if not (closed & ~blocked).any():
            break
        blocked |= closed
    way, place = places[0]
    table = gpd.GeoDataFrame(
        strands, columns=["strand", "width", "geometry"], geometry="geometry", crs=crs
    )
    return ClearWidth(
        width,
        shapely.Point(place),
        strands[0][2],
        False,
        _bottlenecks(graph, way, threshold, crs),
        table,
        mouths,
        pairs,
    )


def _widest(
    graph: Axis, one: np.ndarray, two: np.ndarray, blocked: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Nodes and edges of the path whose narrowest place is widest; None when there is no path."""
    if not len(one) or not len(two):
        return None
    n = len(graph.nodes)
    open_edges = np.flatnonzero(~blocked & (graph.width > 0))
    ends = graph.edges[open_edges]
    # the widest path lies on the spanning tree of the widest edges; two extra nodes are the ends
    top = float(graph.width.max()) if len(graph.width) else 0.0
    rank = top - graph.width[open_edges] + 1.0
    u = np.concatenate([ends[:, 0], np.full(len(one), n), np.full(len(two), n + 1)])
    v = np.concatenate([ends[:, 1], one, two])
    # an end's own nodes rank by their clearance: a disc must fit where it starts
    start = top - np.concatenate([2 * graph.clearance[one], 2 * graph.clearance[two]]) + 1.0
    weights = np.concatenate([rank, np.maximum(start, 0.5)])
    number = np.concatenate([open_edges, np.full(len(one) + len(two), -1)])
    low, high = np.minimum(u, v), np.maximum(u, v)
    order = np.lexsort((weights, high, low))
    first = np.r_[True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)]
    kept = order[first]
    low, high, weights, number = low[kept], high[kept], weights[kept], number[kept]
    tree = minimum_spanning_tree(coo_array((weights, (low, high)), shape=(n + 2, n + 2)).tocsr())
    reached, before = breadth_first_order(tree, n, directed=False)
    if n + 1 not in reached:
        return None
    path = [n + 1]
    while path[-1] != n:
        path.append(int(before[path[-1]]))
    nodes = np.array(path[1:-1][::-1])
    key = {(int(a), int(b)): int(e) for a, b, e in zip(low, high, number, strict=True)}
    edges = [key[min(a, b), max(a, b)] for a, b in itertools.pairwise(nodes.tolist())]
    return nodes, np.array(edges, np.int64)


def _exact(graph: Axis, way: tuple[np.ndarray, np.ndarray]) -> tuple[float, np.ndarray]:
    """Width and place of the narrowest spot of a path."""
    nodes, edges = way
    at_nodes = 2 * graph.clearance[nodes]
    if not len(edges) or at_nodes[[0, -1]].min() < graph.width[edges].min():
        k = 0 if at_nodes[0] <= at_nodes[-1] else -1
        return float(at_nodes[k]), graph.nodes[nodes[k]]
    waist = graph.waist[edges[graph.width[edges].argmin()]]
    return axes.narrow(graph, waist)[0], waist


def _drawn(graph: Axis, way: tuple[np.ndarray, np.ndarray], room: Any) -> shapely.LineString:
    """The path inside the free space (its ends may lie beyond a mouth)."""
    points = graph.nodes[way[0]]
    line = shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))
    inside = shapely.line_merge(shapely.intersection(line, room))
    parts = [part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]
    return max(parts, key=lambda part: part.length) if parts else line


def minima(widths: np.ndarray, *, rise: float = 1.1) -> list[int]:
    """Positions of local minima between which the width rises to ``rise`` times theirs.

    >>> minima(np.array([9, 4, 5, 4.8, 9, 3, 8]))
    [5, 1]
    """
    lowest = np.full(len(widths) + 2, -1)  # of the run each place belongs to, by its two ends
    other = np.zeros(len(widths) + 2, int)
    found = []
    for k in np.argsort(widths, kind="stable") + 1:
        left, right = lowest[k - 1], lowest[k + 1]
        begin = other[k - 1] if left >= 0 else k
        end = other[k + 1] if right >= 0 else k
        here = k
        if left >= 0 and right >= 0:
            here, gone = (left, right) if widths[left - 1] <= widths[right - 1] else (right, left)
            if widths[k - 1] >= rise * widths[gone - 1]:
                found.append(int(gone) - 1)
        elif left >= 0 or right >= 0:
            here = max(left, right)
        lowest[[k, begin, end]] = here
        other[begin], other[end] = end, begin
    found += [int(np.argmin(widths))] if len(widths) else []
    return sorted(found, key=lambda at: widths[at])


def _bottlenecks(
    graph: Axis, way: tuple[np.ndarray, np.ndarray], threshold: float, crs: Any
) -> gpd.GeoDataFrame:
    """Local minima of the width along the path, under the threshold."""
    edges = way[1]
    found = [axes.narrow(graph, graph.waist[edges[k]]) for k in minima(graph.width[edges])]
    found = [(width, line) for width, line in found if width < threshold]
    return gpd.GeoDataFrame(
        pd.DataFrame(found, columns=["width", "geometry"]).astype({"width": float}),
        geometry="geometry",
        crs=crs,
    )
