"""Clear width of a corridor: the largest disc that can travel from one end to the other.

The disc's centre runs along the medial axis of the free space; the clear width is the diameter
that fits through the narrowest place of the widest path. Bottlenecks are the local minima of that
diameter on the path. Where no path is left, the corridor is cut: width 0. Parallel strands (around
barriers) are listed, never added up.

The medial axis comes from the Voronoi diagram of points on the boundary, denser where walls are
close; the widest path is a path of the spanning tree of the widest edges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
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
from metrogis.arrays import Array
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape.axis import Axis, medial_axis
from metrogis.landscape.grid import bad_parameter

_ALL_PAIRS = 6
"""Ends up to which every pair is looked at; of more, each and the next (what it takes grows)."""

_SPIKE = 0.25
"""Share of the greatest clearance below which a tip of the axis is a spike of the outline."""
_CAP = 1.5
_RISE = 0.1
"""Share of the width by which it must rise on both sides of a bottleneck. All three: our choice."""


@dataclass(frozen=True, eq=False)
class End:
    """An end of a corridor.

    Attributes
    ----------
    geometry : geometry
        A line or an area; the travelling disc must touch it.
    centre : bool
        The disc's centre must lie in it instead (ends that are a place of the axis).
    """

    geometry: Any
    centre: bool = False


@dataclass(frozen=True, eq=False)
class ClearWidth:
    """Clear width between the ends of one corridor.

    Attributes
    ----------
    width : float
        Diameter of the largest disc that can travel from end to end, m; 0 = cut. With more than
        two ends: of the worst pair.
    path : LineString or None
        The way of its centre (of that pair).
    place : Point or None
        The narrowest place of the path.
    bottlenecks : GeoDataFrame
        ``width`` (m), geometry: the place, for each local minimum of the clear width along the path
        that is under the threshold, in the path's order.
    strands : list of float
        Width of each parallel strand between the two ends, widest first (the first is ``width``).
    """

    width: float
    path: Any = None
    place: Any = None
    bottlenecks: gpd.GeoDataFrame = field(default_factory=lambda: _bottlenecks([], None))
    strands: list[float] = field(default_factory=list)

    @property
    def cut(self) -> bool:
        """No passage."""
        return self.width <= 0


def clear_width(
    free: Any,
    ends: Sequence[Any] | gpd.GeoSeries | None = None,
    *,
    corridor: Any = None,
    threshold: float = 500.0,
    min_width: float = 0.0,
    spacing: float = 10.0,
    most_strands: int = 4,
    crs: Any = None,
    layer: str = "corridor",
) -> ClearWidth:
    """Find the clear width of a corridor.

    Parameters
    ----------
    free : Polygon, MultiPolygon, GeoSeries or GeoDataFrame
        Free space of one corridor (corridor less built-up land and barrier zones), metres.
    ends : geometries or End, optional
        Where the corridor ends: core areas, lines of the study border (see :func:`ends_of`). With
        more than two, all must be joined: the worst pair counts. With less than two, the
        others are the farthest points of the corridor's axis (:func:`complete_ends`).
    corridor : the same as ``free``, optional
        All of the corridor, whose axis has those points; default: ``free``.
    threshold : float
        Bottlenecks narrower than this are listed, m (this project's choice: 500).
    min_width : float
        What is narrower is no passage, m (slits between drawn parcels are not ways for animals).
    spacing : float
        Distance of points along the outline, m; finer where walls are nearer than four times it.
        Widths are good to about spacing^2 / (4 width), and 1 %.
    most_strands : int
        Parallel strands looked for.
    crs : optional
        CRS of plain geometries; checked when given.

    Raises
    ------
    CRSError
        For a CRS that is not metric, or two that differ.
    SchemaError, ParameterError

    Examples
    --------
    >>> corridor = shapely.box(0, 0, 5000, 800)
    >>> found = clear_width(corridor - shapely.box(2400, 0, 2600, 500), corridor=corridor)
    >>> round(found.width), found.cut, [round(w) for w in found.bottlenecks["width"]]
    (300, False, [300])
    >>> clear_width(corridor - shapely.box(2400, 0, 2600, 800), corridor=corridor).cut
    True
    """
    _check_options(threshold, min_width, spacing, most_strands)
    room, crs = _area(free, crs, layer)
    whole, crs = (room, crs) if corridor is None else _area(corridor, crs, layer)
    if whole.is_empty:
        raise SchemaError(_("the corridor is empty"), layer=layer)
    known = _ends(ends)
    nothing = ClearWidth(0.0, bottlenecks=_bottlenecks([], crs))
    if room.is_empty:
        return nothing
    axis = medial_axis(room, spacing=spacing, least=min_width)
    if not len(axis.edges):
        return nothing
    known = complete_ends(known, whole, spacing=spacing, least=min_width)
    groups = [_nodes_at(axis, end, spacing / 2) for end in known]
    if len(groups) < 2 or any(len(g) == 0 for g in groups):
        return nothing
    worst = _worst_pair(axis, groups)
    if worst is None:
        return nothing
    points, profile, way, ends_of_way = worst
    least = float(profile.min())
    if least < min_width or least <= 0:
        return nothing
    narrow = [(points[k], float(profile[k])) for k in minima(profile) if profile[k] < threshold]
    strands = _strands(axis, *ends_of_way, way, least, min_width, most_strands)
    return ClearWidth(
        least,
        shapely.linestrings(axis.nodes[way]) if len(way) > 1 else None,
        points[_middle(profile, int(profile.argmin()))],
        _bottlenecks(narrow, crs),
        strands,
    )


def _check_options(threshold: float, min_width: float, spacing: float, most_strands: int) -> None:
    for name, value in (("threshold", threshold), ("min_width", min_width)):
        if not (value >= 0 and math.isfinite(value)):
            raise bad_parameter(name, _("must not be negative"))
    if not (spacing > 0 and math.isfinite(spacing)):
        raise bad_parameter("spacing", _("must be positive"))
    if most_strands < 1:
        raise bad_parameter("most_strands", _("must be at least 1"))


def _worst_pair(
    axis: Axis, groups: Sequence[Array]
) -> tuple[Array, Array, Array, tuple[Array, Array]] | None:
    """Return points, widths, nodes and ends of the widest way of the pair that has the least.

    None where two ends are not joined at all, or only by a way without points.
    """
    worst = None
    least = math.inf
    # not only neighbours: an end as long as a border may lie on both sides of a cut
    pairs = combinations(groups, 2) if len(groups) <= _ALL_PAIRS else pairwise(groups)
    for start, end in pairs:
        way = _widest(axis, start, end, np.ones(len(axis.edges), dtype=bool))
        if way is None:
            return None
        points, profile = _profile(axis, way)
        if profile.min() < least:
            least, worst = float(profile.min()), (points, profile, way, (start, end))
    return worst


def ends_of(
    corridor: Any, cores: Any = None, study: Any = None, *, touch: float = 1.0
) -> list[End]:
    """Find where a corridor ends: at core areas, or at the border of the study area.

    Parameters
    ----------
    corridor, cores, study : Polygon or MultiPolygon
        The corridor inside the study area; what it joins; the study area. One CRS, metres.
    touch : float
        What is nearer than this touches, m.

    Returns
    -------
    list of End
        Parts of the corridor in each core, and parts of its outline on the study border.

    Examples
    --------
    >>> box = shapely.box
    >>> found = ends_of(box(0, 0, 900, 100), box(850, 0, 990, 300), box(0, -400, 2000, 400))
    >>> [tuple(round(v) for v in end.geometry.centroid.coords[0]) for end in found]
    [(874, 50), (0, 50)]
    """
    outline = shapely.boundary(corridor)
    found = []
    if cores is not None and not shapely.is_empty(cores):
        inside = shapely.intersection(corridor, shapely.buffer(cores, touch))
        found += [g for g in shapely.get_parts(inside) if not g.is_empty]
    if study is not None:
        on = shapely.intersection(outline, shapely.buffer(shapely.boundary(study), touch))
        joined = shapely.union_all(shapely.buffer(shapely.get_parts(on), 2 * touch))
        found += [
            g
            for g in shapely.get_parts(joined)
            if shapely.length(shapely.intersection(outline, g)) > 10 * touch
        ]
    return [End(g) for g in found]


def farthest_ends(corridor: Any, *, spacing: float = 10.0, least: float = 0.0) -> list[End]:
    """Find the two farthest points of a corridor's axis: the largest disc at each of them.

    A tip of the axis runs into a corner, where no disc fits, and a spike of the outline has one
    too: the end is the largest disc at a tip where the clearance is at least a quarter of
    the greatest one.

    Examples
    --------
    >>> one, two = farthest_ends(shapely.box(0, 0, 5000, 800))
    >>> sorted(round(end.geometry.centroid.x, -1) for end in (one, two))
    [400.0, 4600.0]
    """
    axis = medial_axis(corridor, spacing=spacing, least=least)
    if not len(axis.edges):
        return []
    n = len(axis.nodes)
    graph = coo_array((np.maximum(axis.lengths, 1e-9), axis.edges.T), shape=(n, n)).tocsr()
    _, label = connected_components(graph, directed=False)
    weight = np.bincount(label[axis.edges[:, 0]], axis.lengths)
    real = axis.clearance >= _SPIKE * axis.clearance.max()
    tip = int(np.flatnonzero(label == int(np.argmax(weight)))[0])
    tips: list[int] = []
    for _ in range(3):  # from anywhere, from one end, from the other
        far = dijkstra(graph, directed=False, indices=tip)
        tip = int(np.argmax(np.where(np.isfinite(far) & real, far, -1)))
        tips.append(tip)
    found = []
    for tip in tips[:0:-1]:
        gap = np.hypot(*(axis.nodes - axis.nodes[tip]).T)
        near = np.flatnonzero(gap <= _CAP * axis.clearance)
        if len(near):  # of the largest discs that reach the tip, the one nearest to it
            near = near[axis.clearance[near] >= 0.99 * axis.clearance[near].max()]
        best = int(near[gap[near].argmin()]) if len(near) else tip
        disc = shapely.buffer(shapely.Point(axis.nodes[best]), axis.clearance[best] + spacing / 2)
        found.append(End(disc, centre=True))
    return found


def minima(profile: Array, *, rise: float = _RISE) -> list[int]:
    """Positions of local minima on whose both sides the width rises by a share of the least one.

    A long stretch of one width is one minimum: its middle. Always at least one.

    >>> minima(np.array([9.0, 4, 5, 4.8, 9, 3, 3.01, 3, 8]))
    [1, 6]
    """
    least = max(1e-9, rise * float(profile.min()))
    found: list[int] = []
    low, top, falls = 0, -math.inf, True  # the lowest place, then the highest, since the last turn
    for k, value in enumerate(profile.tolist()):
        if falls and value < profile[low]:
            low = k
        elif falls and value >= profile[low] + least:
            found.append(low)
            falls, top = False, value
        elif not falls and value <= top - least:
            falls, low = True, k
        elif not falls:
            top = max(top, value)
    if falls:
        found.append(low)
    return [_middle(profile, k) for k in found]


def _middle(profile: Array, low: int) -> int:
    """Find the middle of a long narrow stretch: its width is nearly the same all along."""
    wide = np.flatnonzero(profile > 1.02 * profile[low])
    after = int(np.searchsorted(wide, low))
    first = int(wide[after - 1]) + 1 if after else 0
    last = int(wide[after]) - 1 if after < len(wide) else len(profile) - 1
    return (first + last) // 2


# --------------------------------------------------------------------------- input


def _area(shape: Any, crs: Any, layer: str) -> tuple[Any, Any]:
    """Union of polygons and their CRS."""
    if isinstance(shape, gpd.GeoDataFrame | gpd.GeoSeries):
        own = crs_rules.require_metric(shape.crs, layer=layer)
        if crs is not None:
            crs_rules.require_same(**{"free": crs, layer: own})
        crs, shape = own, shapely.union_all(shape.geometry.make_valid().to_numpy())
    elif crs is not None:
        crs = crs_rules.require_metric(crs, layer=layer)
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape, crs
    parts = [p for p in shapely.get_parts(shape) if shapely.get_dimensions(p) == 2]
    return shapely.union_all(parts) if parts else shapely.Polygon(), crs


def _ends(given: Any) -> list[End]:
    found = [] if given is None else [e if isinstance(e, End) else End(e) for e in given]
    return [e for e in found if e.geometry is not None and not e.geometry.is_empty]


def complete_ends(
    known: list[End], corridor: Any, *, spacing: float = 10.0, least: float = 0.0
) -> list[End]:
    """Add the farthest points of the axis where fewer than two ends are known.

    One that is known takes the place of the nearer of the two, if it is within the width of the
    corridor there; a border that the corridor only passes by is no reason to leave out its ends.

    >>> strip = shapely.box(0, 0, 5000, 800)
    >>> [round(e.geometry.centroid.x, -1) for e in complete_ends([End(shapely.Point(9, 9))], strip)]
    [10.0, 4600.0]
    >>> beside = End(shapely.Point(2500, 800))
    >>> sorted(round(e.geometry.centroid.x, -1) for e in complete_ends([beside], strip))
    [400.0, 2500.0, 4600.0]
    """
    if len(known) >= 2:
        return known
    far = farthest_ends(corridor, spacing=spacing, least=least)
    if not known or len(far) < 2:
        return far
    gaps = [e.geometry.distance(known[0].geometry) for e in far]
    if gaps[0] == gaps[1]:  # it overlaps both
        gaps = [e.geometry.centroid.distance(known[0].geometry) for e in far]
    near = int(np.argmin(gaps))
    if gaps[near] > 2 * math.sqrt(far[near].geometry.area / math.pi):
        return [far[0], known[0], far[1]]
    return [known[0], far[1 - near]]


def _bottlenecks(found: list[tuple[Any, float]], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"width": np.array([w for _, w in found], dtype=float)})
    return gpd.GeoDataFrame(table, geometry=[p for p, _ in found], crs=crs)


# --------------------------------------------------------------------------- ways


def _nodes_at(axis: Axis, end: End, reach: float) -> Array:
    """Nodes whose disc touches an end, or that lie in it."""
    if end.centre:
        shapely.prepare(end.geometry)
        return np.flatnonzero(shapely.intersects_xy(end.geometry, axis.nodes))
    radius = axis.clearance * (1 + 1e-6) + reach
    west, south, east, north = shapely.bounds(end.geometry)
    x, y = axis.nodes.T
    beside = np.maximum(np.maximum(west - x, x - east), np.maximum(south - y, y - north))
    near = np.flatnonzero(beside <= radius)  # the others are farther even from its extent
    gap = shapely.distance(shapely.points(axis.nodes[near]), end.geometry)
    return near[gap <= radius[near]]


def _widest(axis: Axis, start: Array, end: Array, allowed: Array) -> Array | None:
    """Nodes of the path whose narrowest place is widest; None where there is none."""
    n = len(axis.nodes)
    top = float(axis.width.max()) + 1.0
    i, j = axis.edges[allowed].T
    cost = top - axis.width[allowed]  # least cost = greatest width; always above 0
    ones = np.full(len(start) + len(end), 1e-9)
    rows = np.concatenate([i, np.full(len(start), n), np.full(len(end), n + 1)])
    columns = np.concatenate([j, start, end])
    graph = coo_array((np.concatenate([cost, ones]), (rows, columns)), shape=(n + 2, n + 2)).tocsr()
    tree = minimum_spanning_tree(graph)
    _, before = breadth_first_order(tree, n, directed=False)
    if before[n + 1] < 0:
        return None
    path = [int(before[n + 1])]
    while path[-1] != n:
        path.append(int(before[path[-1]]))
    return np.array(path[:-1][::-1])


def _profile(axis: Axis, way: Array) -> tuple[Array, Array]:
    """Points along a way, and the clear width at each."""
    edges = axis.between(way)
    points = np.empty((2 * len(way) - 1, 2))
    points[::2], points[1::2] = axis.nodes[way], axis.waist[edges]
    widths = np.empty(len(points))
    widths[::2], widths[1::2] = 2 * axis.clearance[way], axis.width[edges]
    places = np.asarray(shapely.points(points), dtype=object)
    exact = 2 * np.asarray(shapely.distance(places, axis.walls))
    return places, np.minimum(widths, exact)


def _strands(
    axis: Axis, start: Array, end: Array, way: Array, width: float, least: float, most: int
) -> list[float]:
    """Widths of parallel strands: each passes where the ones before are closed at their waist."""
    strands = [width]
    allowed = np.ones(len(axis.edges), dtype=bool)
    while len(strands) < most and len(way) > 1:
        edges = axis.between(way)
        allowed[edges[axis.width[edges].argmin()]] = False
        other = _widest(axis, start, end, allowed)
        if other is None:
            break
        way = other
        edges = axis.between(way)
        clear = min(axis.width[edges].min(initial=math.inf), 2 * axis.clearance[way].min())
        if not (math.isfinite(clear) and clear > 0 and clear >= least):
            break
        strands.append(min(float(clear), strands[-1]))
    return strands
