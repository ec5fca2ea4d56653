"""Overlay of two sets of polygons: which pairs share area, and what they share.

An STRtree finds candidates; a zone that lies wholly inside its partner is taken as it is, and
only the rest is cut, in two threads (GEOS works without Python's lock).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Array = npt.NDArray[Any]

_CHUNK = 4096


class Overlay(NamedTuple):
    """Pairs that share area.

    Attributes
    ----------
    left, right : ndarray of int
        Positions in the two inputs, ordered by ``left``, then ``right``.
    geometry : ndarray of Polygon or MultiPolygon
    area : ndarray of float
        m2 of ``geometry``.
    """

    left: Array
    right: Array
    geometry: Array
    area: Array


def intersect(left: Any, right: Any, *, min_area: float = 0.0, threads: int = 2) -> Overlay:
    """Intersect every polygon of ``left`` with every one of ``right``.

    Parameters
    ----------
    left, right : array of Polygon or MultiPolygon
        Valid, in one projected CRS; ``None`` and empty ones share nothing. ``left`` the fewer and
        larger ones: they are prepared.
    min_area : float
        Pairs that share no more than this are left out, m2.
    threads : int
        Threads that cut.

    Returns
    -------
    Overlay

    Examples
    --------
    >>> from shapely import box
    >>> found = intersect([box(0, 0, 10, 10)], [box(8, 0, 12, 10), box(10, 0, 20, 10)])
    >>> found.right.tolist(), found.area.tolist()
    ([0], [20.0])
    """
    left, right = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    shapely.prepare(left)
    tree = shapely.STRtree(right)
    i, j = tree.query(left)  # boxes only: the exact test is made once, below, in threads
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    # three tests, each on what the one before left: covered, touching, and the cut itself, which
    # costs most
    whole = _threaded(lambda a, b: shapely.covers(left[a], right[b]), i, j, bool, threads)
    cut = np.flatnonzero(~whole)
    touch = _threaded(
        lambda a, b: shapely.intersects(left[a], right[b]), i[cut], j[cut], bool, threads
    )
    cut = cut[touch]
    shared = _threaded(
        lambda a, b: shapely.intersection(left[a], right[b]), i[cut], j[cut], object, threads
    )
    geometry = np.empty(len(i), dtype=object)
    geometry[whole] = right[j[whole]]
    geometry[cut] = shared
    area = shapely.area(geometry)
    keep = area > min_area  # area of None is NaN: not kept
    i, j, geometry, area = i[keep], j[keep], geometry[keep], area[keep]
    return Overlay(i, j, polygonal(geometry), area)


def self_overlaps(
    zones: Any, *, min_area: float = 0.0, threads: int = 2, odd: Array | None = None
) -> Overlay:
    """Find pairs of polygons of one layer that overlap, each pair once (``left < right``).

    Most zones only touch: edges that fit their neighbours' exactly tell so at once, and only
    zones with an edge that does not fit are cut. ``odd``: what :func:`misfits` tells, when it is
    at hand.

    Examples
    --------
    >>> from shapely import box
    >>> found = self_overlaps([box(0, 0, 2, 2), box(2, 0, 4, 2), box(3, 0, 5, 2)])
    >>> found.left.tolist(), found.right.tolist(), found.area.tolist()
    ([1], [2], [2.0])
    """
    zones = np.asarray(zones, dtype=object)
    suspects = np.flatnonzero(misfits(zones) if odd is None else odd)
    i, j = shapely.STRtree(zones).query(zones[suspects])
    i = suspects[i]
    # a pair of two suspects was found from either side
    pairs = np.unique(np.sort(np.column_stack([i, j])[i != j], axis=1), axis=0)
    i, j = pairs[:, 0], pairs[:, 1]
    geometry = _threaded(
        lambda a, b: shapely.intersection(zones[a], zones[b]), i, j, object, threads
    )
    area = shapely.area(geometry)
    keep = area > min_area
    return Overlay(i[keep], j[keep], polygonal(geometry[keep]), area[keep])


def misfits(zones: Array) -> Array:
    """Tell which polygons have an edge that crosses, or does not match, another polygon's.

    A polygon without such an edge overlaps none of the layer, unless it holds one whole.
    """
    if not hasattr(shapely, "coverage_invalid_edges"):  # shapely below 2.1: every one may
        return np.ones(len(zones), dtype=bool)
    out = np.zeros(len(zones), dtype=bool)
    some = ~(shapely.is_missing(zones) | shapely.is_empty(zones))
    edges = shapely.coverage_invalid_edges(zones[some])
    out[some] = ~(shapely.is_missing(edges) | shapely.is_empty(edges))
    return out


def union(zones: Array, odd: Array | None = None) -> Any:
    """Return the union of zones: the fast way where they fit together without a fault.

    ``odd``: what :func:`misfits` tells, when it is at hand.
    """
    odd = misfits(zones) if odd is None else odd
    zones = zones[~shapely.is_missing(zones)]
    # a coverage union only drops shared edges: wrong as soon as two zones overlap
    if hasattr(shapely, "coverage_invalid_edges") and len(zones) and not odd.any():
        return shapely.coverage_union_all(zones)
    return shapely.union_all(zones)


def _threaded(
    work: Callable[[Array, Array], Array], i: Array, j: Array, dtype: Any, threads: int
) -> Array:
    if threads < 2 or len(i) <= _CHUNK:
        return np.asarray(work(i, j), dtype=dtype)
    # cut where ``left`` changes: a prepared geometry must not be asked by two threads at once
    ends = np.append(np.flatnonzero(np.diff(i)) + 1, len(i))
    pieces = max(threads, len(i) // _CHUNK)
    wanted = np.arange(1, pieces) * len(i) // pieces
    parts = np.split(np.arange(len(i)), np.unique(ends[np.searchsorted(ends, wanted)]))
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(lambda p: work(i[p], j[p]), parts))
    return np.concatenate(done).astype(dtype)


def polygonal(geometries: Array) -> Array:
    """Keep the polygons of each geometry; lines and points where two polygons touch fall away.

    >>> from shapely import GeometryCollection, LineString, box
    >>> mixed = GeometryCollection([box(0, 0, 1, 1), LineString([(1, 1), (2, 1)])])
    >>> polygonal(np.array([mixed], dtype=object))[0].geom_type
    'Polygon'
    """
    out = np.array(geometries, dtype=object, copy=True)
    mixed = np.flatnonzero(shapely.get_type_id(out) == 7)
    for at in mixed:
        parts = shapely.get_parts(out[at])
        faces = parts[shapely.get_dimensions(parts) == 2]
        out[at] = shapely.union_all(faces)
    return out


def parts_above(geometry: Any, min_area: float) -> Array:
    """Return the single polygons of a geometry that are larger than an area.

    Parameters
    ----------
    geometry : geometry or array of geometry
        Lines and points of a collection are left out.
    min_area : float
        m2, excluded.

    Examples
    --------
    >>> both = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 7, 2)])
    >>> shapely.area(parts_above(both, 1.0)).tolist()
    [4.0]
    """
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > min_area)]


def valid(geometries: Any) -> Array:
    """Return a copy of geometries that overlays can take.

    Parameters
    ----------
    geometries : array of geometry (n,)
        Missing ones stay missing.

    Returns
    -------
    array of geometry (n,)
        Invalid ones are repaired by their structure (shells less holes); spikes and parts that
        collapse to lines are gone.
    """
    values = np.array(geometries, dtype=object, copy=True)
    bad = ~shapely.is_valid(values) & ~shapely.is_missing(values)
    if bad.any():
        values[bad] = shapely.make_valid(values[bad], method="structure", keep_collapsed=False)
    return values


def ranked(shapes: Array, *keys: Any) -> Array:
    """Rank polygons by keys, then by where they lie: whatever the order of rows.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon
    *keys : arrays
        Numbers or texts; the first one counts most.

    Returns
    -------
    ndarray of int
        Rank of each, 0 the lowest key; equal polygons of equal keys in the order of rows.

    Examples
    --------
    >>> from shapely import box
    >>> ranked(np.array([box(1, 0, 2, 1), box(0, 0, 1, 1), box(5, 0, 6, 1)]), [1, 1, 0]).tolist()
    [2, 1, 0]
    """
    box = np.round(shapely.bounds(shapes), 3).reshape(-1, 4)
    order = np.lexsort((*box.T, *(_sortable(k) for k in reversed(keys))))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _sortable(key: Any) -> Array:
    """Return a key as numbers or texts; what is missing among texts is one of them."""
    values = np.asarray(key)
    return np.array([str(v) for v in values.tolist()]) if values.dtype == object else values


def without_overlaps(
    zones: Any, order: Any, *, min_area: float = 1e-3, found: Overlay | None = None
) -> tuple[Array, Array]:
    """Cut overlaps of zones from one of each pair, so that areas add up.

    Parameters
    ----------
    zones : array of Polygon or MultiPolygon
        Valid.
    order : array of int
        The zone with the higher number gives way; of equal ones, the later.
    min_area : float
        Overlaps of no more than this are rounding, m2.
    found : Overlay, optional
        What :func:`self_overlaps` finds among ``zones`` with ``min_area``, when it is at hand.

    Returns
    -------
    zones, changed : ndarray
        The zones, and positions of those that gave way.

    Examples
    --------
    >>> from shapely import box
    >>> cut, changed = without_overlaps([box(0, 0, 4, 1), box(3, 0, 6, 1)], [1, 0])
    >>> shapely.area(cut).tolist(), changed.tolist()
    ([3.0, 3.0], [0])
    """
    out = np.array(zones, dtype=object, copy=True)
    order = np.asarray(order)
    if found is None:
        found = self_overlaps(out, min_area=min_area)
    left_yields = order[found.left] > order[found.right]
    loser = np.where(left_yields, found.left, found.right)
    winner = np.where(left_yields, found.right, found.left)
    by_loser = np.argsort(loser, kind="stable")
    losers, starts = np.unique(loser[by_loser], return_index=True)
    rivals = np.empty(len(losers), dtype=object)
    for i, rows in enumerate(np.split(by_loser, starts[1:]) if len(losers) else ()):
        others = out[winner[rows]]
        rivals[i] = others[0] if len(others) == 1 else shapely.union_all(others)
    out[losers] = shapely.difference(out[losers], rivals)
    return polygonal(out), losers
