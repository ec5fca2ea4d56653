"""Lines as connected networks: which belong together, how long they are, where they end.

Lines belong together where they share a vertex (any vertex, not only an end: OSM ways meet in the
middle, too), and, at a tolerance above 0, where they come that near to each other. Two lines that
cross without a shared vertex are a bridge and what runs below it: they stay apart at tolerance 0,
and are one at any tolerance above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _

Lines: TypeAlias = "gpd.GeoSeries | gpd.GeoDataFrame"


def components(lines: Lines, *, tolerance: float = 0.0, meets: float = 0.0) -> Array:
    """Label lines by the connected network they belong to.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of lines
        Projected CRS in metres. A row is one line, its parts (if any) together.
    tolerance : float
        Metres. 0: lines are joined by a vertex with exactly equal coordinates (equal positions
        stay equal in a reprojection). Above: also by a distance of at most this.
    meets : float
        Metres: an end of a line joins what lies within it. Lines that cross stay apart.

    Returns
    -------
    array of int, shape (rows,)
        Labels 0, 1, ... in order of first appearance.

    Raises
    ------
    CRSError, ParameterError

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries(
    ...     [LineString([(0, 0), (5, 0), (9, 0)]), LineString([(5, 0), (5, 7)]),
    ...      LineString([(5, 12), (5, 20)])], crs="EPSG:2180")
    >>> components(lines).tolist(), components(lines, tolerance=5).tolist()
    ([0, 0, 1], [0, 0, 0])
    """
    crs_rules.require_metric(lines, layer="lines")
    if not 0 <= tolerance < np.inf:
        raise ParameterError(
            _("a tolerance of {tolerance} is not a distance in metres").fill(tolerance=tolerance),
            place="tolerance",
            remedy=_("give a number from 0"),
        )
    geometry = lines.geometry.to_numpy()
    a, b = _shared_vertices(geometry)
    if tolerance > 0:
        near = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=tolerance)
        once = near[0] < near[1]
        a, b = np.concatenate([a, near[0][once]]), np.concatenate([b, near[1][once]])
    if meets > tolerance and len(geometry):
        ends = [shapely.get_point(shapely.get_parts(geometry), at) for at in (0, -1)]
        owner = shapely.get_parts(geometry, return_index=True)[1]
        rows = np.tile(owner, 2)
        end, line = shapely.STRtree(geometry).query(
            np.concatenate(ends), predicate="dwithin", distance=meets
        )
        a, b = np.concatenate([a, rows[end]]), np.concatenate([b, line])
    return group_labels(a, b, len(geometry))


def group_labels(a: Array, b: Array, count: int) -> Array:
    """Label ``count`` things joined by the pairs ``a``, ``b``, in order of first appearance.

    >>> group_labels(np.array([2]), np.array([0]), 3).tolist()
    [0, 1, 0]
    """
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    _, raw = connected_components(graph.tocsr(), directed=False)
    # numbered by first appearance, whatever scipy's own order
    return pd.factorize(raw)[0].astype(np.int64)


def _vertices(geometry: Array) -> tuple[Array, Array, Array]:
    """Return coordinates, their line, and an id of their position; repeats in a row left out."""
    xy, line = shapely.get_coordinates(geometry, return_index=True)
    xy = xy + 0.0  # -0.0 and 0.0 are one place
    if len(xy):
        fresh = np.ones(len(xy), dtype=bool)
        fresh[1:] = (line[1:] != line[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
        xy, line = xy[fresh], line[fresh]
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    step = np.zeros(len(xy), dtype=np.int64)
    step[1:] = (xy[order][1:] != xy[order][:-1]).any(axis=1)
    place = np.empty(len(xy), dtype=np.int64)
    place[order] = np.cumsum(step)
    return xy, line, place


def _shared_vertices(geometry: Array) -> tuple[Array, Array]:
    """Pairs of lines that chain together all lines of each shared vertex."""
    _, line, place = _vertices(geometry)
    order = np.lexsort((line, place))
    line, place = line[order], place[order]
    same = (place[1:] == place[:-1]) & (line[1:] != line[:-1])
    return line[:-1][same], line[1:][same]


def component_lengths(lines: Lines, labels: Array) -> Array:
    """Return the length in metres of each connected network, by label.

    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (0, 3)]), LineString([(9, 0), (9, 4)])],
    ...                       crs="EPSG:2180")
    >>> component_lengths(lines, components(lines)).tolist()
    [3.0, 4.0]
    """
    return np.bincount(labels, weights=shapely.length(lines.geometry.to_numpy()))


def network_form(lines: Lines, *, tolerances: Sequence[float] = (0.0, 10.0, 20.0)) -> pd.DataFrame:
    """Describe how connected a network is, at several tolerances.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of lines
        Projected CRS in metres.
    tolerances : sequence of float
        Metres, see :func:`components`.

    Returns
    -------
    DataFrame
        One row per tolerance: ``tolerance`` (m), ``lines``, ``length_km``, ``components``,
        ``largest_km``, ``largest_share`` (of the length; NaN without lines).

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (0, 3)]), LineString([(9, 0), (9, 1)])],
    ...                       crs="EPSG:2180")
    >>> network_form(lines)[["tolerance", "components", "largest_share"]].values.tolist()
    [[0.0, 2.0, 0.75], [10.0, 1.0, 1.0], [20.0, 1.0, 1.0]]
    """
    crs_rules.require_metric(lines, layer="lines")
    total = float(shapely.length(lines.geometry.to_numpy()).sum())
    rows = []
    for tolerance in tolerances:
        lengths = component_lengths(lines, components(lines, tolerance=tolerance))
        largest = float(lengths.max(initial=0.0))
        rows.append(
            {
                "tolerance": float(tolerance),
                "lines": len(lines),
                "length_km": total / 1000,
                "components": len(lengths),
                "largest_km": largest / 1000,
                "largest_share": largest / total if total > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def line_ends(lines: Lines, *, tolerance: float = 3.0) -> gpd.GeoDataFrame:
    """Find ends that lead nowhere, and those that look like drawing errors.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of single-part lines
        Projected CRS in metres.
    tolerance : float
        Metres; 3 by default, as in BikeDNA (Viero et al. 2023).

    Returns
    -------
    GeoDataFrame of points
        One row per dangling end (an end whose vertex no line has again): ``line`` (index of the
        line), ``kind``, ``spur_m`` (length of the line from the end to its nearest shared
        vertex; infinite without one), ``gap_m`` (distance to the nearest other line; NaN
        unless an undershoot). Kinds: ``overshoot`` (spur within the tolerance: the line was drawn
        past its junction), ``undershoot`` (another line within the tolerance, not joined:
        the line was drawn too short), else ``dangling``.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (50, 0), (100, 0), (102, 0)]),
    ...                        LineString([(50, 0), (50, 30)]), LineString([(100, 0), (100, 30)]),
    ...                        LineString([(0, 2), (0, 30)])], crs="EPSG:2180")
    >>> line_ends(lines)[["line", "kind", "gap_m"]].values.tolist()
    [[0, 'undershoot', 2.0], [0, 'overshoot', nan], [1, 'dangling', nan],
     [2, 'dangling', nan], [3, 'undershoot', 2.0], [3, 'dangling', nan]]
    """
    crs = crs_rules.require_metric(lines, layer="lines")
    geometry = lines.geometry.to_numpy()
    xy, line, place = _vertices(geometry)
    shared = np.bincount(place, minlength=1)[place] > 1 if len(place) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) if len(line) else np.zeros(0, int)
    last = np.r_[first[1:], len(line)] - 1 if len(line) else first
    step = np.zeros(len(xy))
    step[1:] = np.where(line[1:] == line[:-1], np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    along = np.cumsum(step)
    # the nearest shared vertex ahead of each vertex, and behind it, on its own line
    ahead = np.minimum.accumulate(np.where(shared, np.arange(len(xy)), len(xy))[::-1])[::-1]
    behind = np.maximum.accumulate(np.where(shared, np.arange(len(xy)), -1))

    def spur(ends: Array, nearest: Array) -> Array:
        inside = (nearest >= 0) & (nearest < len(xy))
        target = np.where(inside, nearest, ends)
        inside &= line[target] == line[ends]
        return np.where(inside, np.abs(along[target] - along[ends]), np.inf)

    ends = np.concatenate([first, last])
    spurs = np.concatenate([spur(first, ahead[first]), spur(last, behind[last])])
    order = np.argsort(ends, kind="stable")
    ends, spurs = ends[order], spurs[order]
    loose = ~shared[ends]
    ends, spurs = ends[loose], spurs[loose]
    points = shapely.points(xy[ends])
    gap = np.full(len(ends), np.nan)
    overshoot = spurs <= tolerance
    tree = shapely.STRtree(geometry)
    i, j = tree.query(points, predicate="dwithin", distance=tolerance)
    other = (j != line[ends][i]) & ~overshoot[i]
    i, j = i[other], j[other]
    np.fmin.at(gap, i, shapely.distance(points[i], geometry[j]))
    kind = np.select([overshoot, ~np.isnan(gap)], ["overshoot", "undershoot"], "dangling")
    return gpd.GeoDataFrame(
        {"line": lines.index[line[ends]], "kind": kind, "spur_m": spurs, "gap_m": gap},
        geometry=points,
        crs=crs,
    )
