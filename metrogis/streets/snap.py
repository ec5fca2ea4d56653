"""Snapping: from points to the nearest place on the network, exactly, with its distance.

A point on the inside of an edge enters the graph at both ends of it, with the length of each part,
so network distances are exact. The side of the street does not matter: a point reached from a
one-way street is reached from either side of it, but only along its direction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numba import njit
from scipy.spatial import cKDTree

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.streets import parts as part_rules
from metrogis.streets.network_arrays import Arrays

Component = Literal["largest"] | float | None

_MOST_CELLS = 1 << 22
_TIE = 1e-6
"""Metres: places nearer to each other than this, or as far from a point, are the same."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Points on the network, one row per point given, in its order.

    Attributes
    ----------
    point : array of float, shape (n, 2)
        The points as given, working CRS.
    at : array of float, shape (n, 2)
        Where they came to lie on the network; NaN where unknown.
    edge : array of int
        Edge on whose inside the point lies; -1 where it lies on a node, or is unknown.
    offset : array of float
        Metres along the edge from its start; NaN where ``edge`` is -1.
    fraction : array of float
        The same as a share of the edge, 0-1.
    node : array of int
        Node on which the point lies; -1 where it lies inside an edge, or is unknown.
    distance : array of float
        Straight line from the point to the network, m; NaN where unknown (beyond ``limit``, or a
        point without coordinates).
    limit : float
        Metres.
    audit : Audit
        How many points are unknown.
    """

    point: Array
    at: Array
    edge: Array
    offset: Array
    fraction: Array
    node: Array
    distance: Array
    limit: float
    audit: Audit = field(default=Audit(), repr=False)

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def known(self) -> Array:
        """Which points lie on the network."""
        return np.asarray((self.edge >= 0) | (self.node >= 0))

    def __getitem__(self, rows: Any) -> Snapped:
        """Return some of the points, by mask, slice or positions."""
        if isinstance(rows, int | np.integer):
            rows = [rows]
        names = ("point", "at", "edge", "offset", "fraction", "node", "distance")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def coordinates(points: Any, network: Arrays, *, layer: str = "points") -> Array:
    """Return the coordinates of points in the network's CRS.

    Parameters
    ----------
    points : GeoDataFrame or GeoSeries of points, or array (n, 2)
        An array is taken to be in the network's CRS.
    network : Arrays
    layer : str
        What errors call the points.

    Returns
    -------
    array of float (n, 2)
        NaN for missing and empty points.

    Raises
    ------
    CRSError
        When the CRS is not that of the network.
    SchemaError
        When there are lines or polygons.
    ParameterError
        When an array has another shape.
    """
    if isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        crs_rules.require_same(**{network.source.layer: network.crs, layer: points})
        shapes = np.asarray(points.geometry.array, dtype=object)
        if not np.isin(shapely.get_type_id(shapes), (-1, 0)).all():
            raise SchemaError(
                _("only points can be snapped to a network"),
                layer=layer,
                remedy=_("take their centres: gdf.centroid"),
            )
        out = np.full((len(shapes), 2), np.nan)
        placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        out[placed] = shapely.get_coordinates(shapes[placed])
        return out
    out = np.asarray(points, dtype=np.float64)
    if out.size == 0:
        return out.reshape(0, 2)
    if out.ndim != 2 or out.shape[1] != 2:
        raise ParameterError(_("points must have shape (n, 2)"), layer=layer)
    return out


def snap(
    network: Arrays,
    points: Any,
    *,
    limit: float,
    to: Literal["edge", "node"] = "edge",
    component: Component = "largest",
    among: Array | None = None,
    layer: str = "points",
) -> Snapped:
    """Return points snapped to a network; see :meth:`StreetNetwork.snap` for the parameters.

    Points without coordinates, and those farther than ``limit`` metres, are unknown: they have
    neither edge nor node, and the audit counts them.
    """
    if not limit >= 0:
        raise ParameterError(_("limit must be >= 0 m"), layer=layer, place="limit")
    if to not in ("edge", "node"):
        raise ParameterError(_("to is edge or node"), layer=layer)
    xy = coordinates(points, network, layer=layer)
    n = len(xy)
    edge, node = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    fraction, offset, distance = (np.full(n, np.nan) for _unused in range(3))
    at = np.full((n, 2), np.nan)
    usable = usable_edges(network, component)
    if among is not None:
        usable = usable & np.asarray(among, dtype=bool)
    given = np.isfinite(xy).all(axis=1)
    if given.any() and usable.any():
        if to == "node":
            ends = np.unique(np.concatenate([network.edge_u[usable], network.edge_v[usable]]))
            places = np.column_stack([network.x[ends], network.y[ends]])
            d, i = cKDTree(places).query(
                xy[given], distance_upper_bound=np.nextafter(limit, np.inf)
            )
            rows = np.flatnonzero(given)[d <= limit]
            node[rows] = ends[i[d <= limit]]
            distance[rows], at[rows] = d[d <= limit], places[i[d <= limit]]
        else:
            index = segment_index(network, usable)
            found, where, near, far = _snap_all(xy, given, index, network.coords, float(limit))
            rows = np.flatnonzero(found >= 0)
            e = found[rows]
            along, length = where[rows], network.edge_length[e]
            start, end = along <= 0.0, along >= length
            on_node = start | end
            node[rows[on_node]] = np.where(start, network.edge_u[e], network.edge_v[e])[on_node]
            inside = ~on_node
            edge[rows[inside]] = e[inside]
            offset[rows[inside]] = along[inside]
            fraction[rows[inside]] = along[inside] / length[inside]
            distance[rows], at[rows] = near[rows], far[rows]
    unknown = int(n - ((edge >= 0) | (node >= 0)).sum())
    audit = Audit().add(
        layer,
        "unknown",
        unknown,
        _("points farther than {limit} m from the street network, or without coordinates").fill(
            limit=f"{limit:g}"
        ),
        map(str, np.flatnonzero((edge < 0) & (node < 0))[:6]),
    )
    return Snapped(xy, at, edge, offset, fraction, node, distance, float(limit), audit)


def usable_edges(network: Arrays, component: Component) -> Array:
    """Return which edges points may be snapped to.

    ``largest``: inside the longest strongly connected part, from where every place of it can be
    reached and left; a number: inside any such part of at least so many metres; None: all.
    """
    if component is None:
        return network.open_edges
    parts = part_rules.components(network, strong=True)
    if len(parts.length) == 0:
        return np.zeros(len(network.edge_u), bool)
    least = parts.length[0] if component == "largest" else float(component)
    good = parts.length >= least
    # parts of exactly the longest length would pass as well: only the first is meant
    if component == "largest":
        good[1:] = False
    return np.asarray((parts.edge >= 0) & good[parts.edge])


class SegmentIndex(NamedTuple):
    """Straight pieces of edges by square cell; ``first[s]`` is a piece's first vertex."""

    edge: Array
    first: Array
    offset: Array
    length: Array
    cell_ptr: Array
    cell_segment: Array
    x0: float
    y0: float
    size: float
    columns: int
    rows: int


def segment_index(network: Arrays, usable: Array) -> SegmentIndex:
    """Return the index of the straight pieces of the usable edges.

    Parameters
    ----------
    network : Arrays
    usable : array of bool (edges,)

    Returns
    -------
    SegmentIndex
        Kept with the network for the next call with the same edges; only the last one is kept,
        since an index is as large as the network.
    """
    cache = network.cache
    key = ("segments", usable.tobytes())
    if key not in cache:
        for old in [k for k in cache if isinstance(k, tuple) and k[0] == "segments"]:
            del cache[old]
        cache[key] = _build_index(network, usable)
    return cache[key]


def _build_index(network: Arrays, usable: Array) -> SegmentIndex:
    coords, ptr = network.coords, network.coord_ptr
    owner = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    # a piece is named by its first vertex; the last vertex of an edge begins none
    first = np.ones(len(coords), bool)
    first[ptr[1:] - 1] = False
    step = np.zeros(len(coords))
    step[:-1] = np.hypot(*np.diff(coords, axis=0).T)
    step[ptr[1:] - 1] = 0.0
    along = along_edges(step, ptr)
    pick = np.flatnonzero(first & usable[owner])
    used = np.concatenate([coords[pick], coords[pick + 1]])
    low, high = used.min(axis=0), used.max(axis=0)
    width, height = np.maximum(high - low, 1.0)
    # about a cell for each piece, within a bound of memory
    size = max(np.sqrt(width * height / max(len(pick), 1)), np.sqrt(width * height / _MOST_CELLS))
    size = max(float(size), max(width, height) / (1 << 15), 1.0)
    columns, rows = int(width / size) + 1, int(height / size) + 1
    cell_ptr, cell_segment = _fill_cells(
        coords, pick.astype(np.int64), float(low[0]), float(low[1]), size, columns, rows
    )
    return SegmentIndex(
        owner[pick].astype(np.int32), pick.astype(np.int64), along[pick],
        network.edge_length[owner[pick]], cell_ptr, cell_segment,
        float(low[0]), float(low[1]), size, columns, rows,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def along_edges(step, ptr):  # type: ignore[no-untyped-def]
    """Return how far along its edge each vertex lies.

    Parameters
    ----------
    step : array of float (vertices,)
        Metres from each vertex to the next; what stands at the last one of an edge is not read into
        the result.
    ptr : array of int (edges + 1,)
        Edge ``e`` has the vertices ``ptr[e]:ptr[e + 1]``.
    """
    out = np.zeros(step.size)
    for e in range(ptr.size - 1):
        total = 0.0
        for i in range(ptr[e], ptr[e + 1]):
            out[i] = total
            total += step[i]
    return out


@njit(cache=True, nogil=True)
def _fill_cells(coords, pick, x0, y0, size, columns, rows):  # type: ignore[no-untyped-def]
    """Count, then write, the cells that each piece passes."""
    ptr = np.zeros(columns * rows + 1, np.int64)
    out = np.zeros(0, np.int32)
    # a piece on the border of cells, or off it by rounding, is in both
    margin = 1e-9 * size
    # first turn: ptr[cell + 1] counts; second: ptr[cell] is where the next piece of the cell goes
    for turn in range(2):
        for s in range(pick.size):
            ax, ay = coords[pick[s], 0] - x0, coords[pick[s], 1] - y0
            bx, by = coords[pick[s] + 1, 0] - x0, coords[pick[s] + 1, 1] - y0
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            r0 = max(0, int((ay - margin) / size))
            r1 = min(rows - 1, int((by + margin) / size))
            for r in range(r0, r1 + 1):
                # the part of the piece within this row of cells
                t0, t1 = 0.0, 1.0
                if by > ay:
                    t0 = max(0.0, (r * size - ay) / (by - ay))
                    t1 = min(1.0, ((r + 1) * size - ay) / (by - ay))
                xa, xb = ax + t0 * (bx - ax), ax + t1 * (bx - ax)
                c0 = max(0, int((min(xa, xb) - margin) / size))
                c1 = min(columns - 1, int((max(xa, xb) + margin) / size))
                for c in range(c0, c1 + 1):
                    cell = r * columns + c
                    if turn == 0:
                        ptr[cell + 1] += 1
                    else:
                        out[ptr[cell]] = s
                        ptr[cell] += 1
        if turn == 0:
            for i in range(ptr.size - 1):
                ptr[i + 1] += ptr[i]
            out = np.empty(ptr[ptr.size - 1], np.int32)
        else:
            for i in range(ptr.size - 1, 0, -1):
                ptr[i] = ptr[i - 1]
            ptr[0] = 0
    return ptr, out


@njit(cache=True, nogil=True)
def _snap_all(xy, given, index, coords, limit):  # type: ignore[no-untyped-def]
    """Return edge, metres along it, distance and place of the nearest piece of each point.

    Of places equally near (a centre between two streets) the western, then southern one: numbers of
    edges depend on the order of ways in a file, and no answer may.
    """
    n = xy.shape[0]
    edge = np.full(n, -1, np.int64)
    along = np.full(n, np.nan)
    near = np.full(n, np.nan)
    place = np.full((n, 2), np.nan)
    size, columns, rows = index.size, index.columns, index.rows
    for i in range(n):
        if not given[i]:
            continue
        px, py = xy[i, 0] - index.x0, xy[i, 1] - index.y0
        fc, fr = np.floor(px / size), np.floor(py / size)
        # far outside nothing is in reach; and cell numbers would overflow
        out = max(max(-px, px - columns * size), max(-py, py - rows * size))
        if out > limit:
            continue
        c, r = int(fc), int(fr)
        # distance from the point to the nearest side of its own cell
        inner = min(min(px - fc * size, (fc + 1) * size - px),
                    min(py - fr * size, (fr + 1) * size - py))  # fmt: skip
        ring = max(0, max(max(-c, c - columns + 1), max(-r, r - rows + 1)))
        last = max(max(c, columns - 1 - c), max(r, rows - 1 - r))
        best = np.inf
        tie = 0.0
        best_edge = -1
        best_along = 0.0
        bx = by = 0.0
        while ring <= last:
            if ring > 0:
                # no piece of this ring of cells is nearer: all of it lies beyond the rings before
                bound = (ring - 1) * size + inner
                if bound > limit or bound * bound > best + tie:
                    break
            for rr in range(max(0, r - ring), min(rows - 1, r + ring) + 1):
                # top and bottom row of the ring whole, of the others the two ends
                whole = rr == r - ring or rr == r + ring
                step = 1 if whole or ring == 0 else 2 * ring
                for cc in range(c - ring, c + ring + 1, step):
                    if cc < 0 or cc >= columns:
                        continue
                    cell = rr * columns + cc
                    for k in range(index.cell_ptr[cell], index.cell_ptr[cell + 1]):
                        s = index.cell_segment[k]
                        f = index.first[s]
                        ax, ay = coords[f, 0] - index.x0, coords[f, 1] - index.y0
                        dx, dy = coords[f + 1, 0] - coords[f, 0], coords[f + 1, 1] - coords[f, 1]
                        square = dx * dx + dy * dy
                        t = 0.0
                        if square > 0:
                            t = ((px - ax) * dx + (py - ay) * dy) / square
                            t = min(1.0, max(0.0, t))
                        qx, qy = ax + t * dx, ay + t * dy
                        d = (px - qx) * (px - qx) + (py - qy) * (py - qy)
                        if d > best + tie:
                            continue
                        better = d < best - tie
                        if not better:
                            east, north = qx - bx, qy - by
                            same = abs(east) <= _TIE and abs(north) <= _TIE
                            if same:
                                better = index.edge[s] < best_edge
                            else:
                                better = east < -_TIE or (east <= _TIE and north < -_TIE)
                        best = min(best, d)
                        # _TIE metres as a difference of squares: (d + t)^2 - d^2 is about 2 d t
                        tie = 2 * _TIE * np.sqrt(best)
                        if better:
                            best_edge = index.edge[s]
                            bx, by = qx, qy
                            # at a vertex: to the bit the same from the piece before and behind
                            if t >= 1.0:
                                last_one = _is_last(index, s)
                                best_along = index.length[s] if last_one else index.offset[s + 1]
                            else:
                                best_along = index.offset[s] + t * np.sqrt(square)
            ring += 1
        if best_edge >= 0 and np.sqrt(best) <= limit:
            edge[i] = best_edge
            along[i] = best_along
            near[i] = np.sqrt(best)
            place[i, 0], place[i, 1] = bx + index.x0, by + index.y0
    return edge, along, near, place


@njit(cache=True, nogil=True)
def _is_last(index, s):  # type: ignore[no-untyped-def]
    """Tell whether a piece is the last of its edge."""
    return s + 1 == index.edge.size or index.edge[s + 1] != index.edge[s]
