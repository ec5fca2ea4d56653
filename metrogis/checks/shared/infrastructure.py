"""Cycle infrastructure in street data, and how far a layer of lines agrees with it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.i18n import LANGUAGES, Text, number
from metrogis.osm.lifecycle import standing
from metrogis.osm.tagtable import distinct_tags
from metrogis.osm.values import GONE, PLANNED, clean, plain_key
from metrogis.streets import StreetNetwork
from metrogis.streets.stress import stress

NONE, LANE, TRACK, SEPARATE = "none", "lane", "track", "separate"

_YES = frozenset({"yes", "designated", "official"})
_SHARED_WAYS = frozenset({"path", "footway", "pedestrian", "track", "bridleway", "service"})
_TRACKS = frozenset({"track", "opposite_track"})
_LANES = frozenset({"lane", "opposite_lane", "buffered_lane"})
_SIDES = ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right")
_KEYS = ("highway", "bicycle", "bicycle_road", "cyclestreet", *_SIDES)
_LIFECYCLE = frozenset({*PLANNED, *GONE})


def infrastructure_class(tags: Mapping[str, str]) -> str:
    """Return what cycle infrastructure a way is or has, by its OSM tags.

    Returns
    -------
    str
        ``separate`` (a cycleway; a path, footway, track or service way with
        ``bicycle=designated``), ``track`` (a street with a track, or a bicycle street), ``lane``
        (a street with a painted lane), ``none``. A shared lane or bus lane is none; so is
        ``cycleway=separate``: there the cycleway is a way of its own. What does not stand (planned,
        gone, of unknown state) has none.

    Examples
    --------
    >>> infrastructure_class({"highway": "path", "bicycle": "designated"})
    'separate'
    >>> infrastructure_class({"highway": "tertiary", "cycleway:right": "lane"})
    'lane'
    >>> infrastructure_class({"highway": "tertiary", "cycleway": "separate"})
    'none'
    """
    tags = clean(tags)
    highway = tags.get("highway", "")
    if standing(tags).state not in ("built", ""):
        return NONE
    if highway == "cycleway":
        return SEPARATE
    if highway in _SHARED_WAYS and tags.get("bicycle") in ("designated", "official"):
        return SEPARATE
    sides = {tags.get(key, "") for key in _SIDES}
    if sides & _TRACKS or tags.get("bicycle_road") in _YES or tags.get("cyclestreet") in _YES:
        return TRACK
    return LANE if sides & _LANES else NONE


def _matters(key: str) -> bool:
    return key in _KEYS or key.partition(":")[0] in _LIFECYCLE


def infrastructure_of(network: StreetNetwork) -> Array:
    """Return the :func:`infrastructure_class` of every edge.

    Parameters
    ----------
    network : StreetNetwork
        Its ways may have a column per tag, or one of all tags; without either all are ``none``.

    Returns
    -------
    ndarray of str (edges,)
    """
    which, kinds = np.zeros(len(network.ways), np.int64), np.array([NONE], object)
    if any(plain_key(str(c)) in (*_KEYS, "tags", "other_tags") for c in network.ways.columns):
        found_tags = distinct_tags(network.ways, _matters, layer="streets")
        which = found_tags.which  # each distinct set of tags once
        kinds = np.array([infrastructure_class(tags) for tags in found_tags.sets] or [NONE], object)
    found: Array = kinds[which][network.edge_way]
    return found


def stress_of(network: StreetNetwork, rules: str) -> tuple[pd.DataFrame, Array]:
    """Return the stress of every way (its audit with it), and of every edge.

    The level of an edge is that of its worse open direction; NaN where it is unknown.
    """
    table = stress(network.ways, rules=rules, node_rule=False)
    level = np.full(len(table), np.nan)
    for d in ("forward", "backward"):
        level = np.fmax(level, table[f"{d}_level"].astype("Float64").to_numpy(float, np.nan))
    return table, level[network.edge_way]


def uncovered(lines: Array, others: Array, distance: float) -> Array:
    """Return the parts of lines farther than ``distance`` (m) from any of the others.

    Parameters
    ----------
    lines, others : arrays of lines
    distance : float
        m. Straight; an other line that only crosses covers as much on both sides.

    Returns
    -------
    array of geometries, shape of ``lines``
        Empty where a line is covered whole.

    Examples
    --------
    >>> a, b = shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 5), (60, 5)])
    >>> rest = uncovered(np.array([a]), np.array([b]), 5.1)[0]
    >>> round(rest.length)
    39
    """
    lines = np.asarray(lines, object)
    out = lines.copy()
    if len(lines) == 0 or len(others) == 0:
        return out
    near = shapely.STRtree(others).query(lines, predicate="dwithin", distance=distance)
    order = np.lexsort((near[1], near[0]))
    row, other = near[0][order], near[1][order]
    if len(row) == 0:
        return out
    zones = np.full(len(others), None, object)
    used = np.unique(other)
    zones[used] = shapely.buffer(np.asarray(others, object)[used], distance, quad_segs=8)
    start = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    for a, b in zip(start, np.r_[start[1:], len(row)], strict=True):
        zone = zones[other[a]] if b - a == 1 else shapely.union_all(zones[other[a:b]])
        out[row[a]] = shapely.difference(lines[row[a]], zone)
    return out


def share_covered(lines: Array, others: Array, distance: float) -> Array:
    """Return the share of each line's length within ``distance`` (m) of the others.

    >>> line = shapely.LineString([(0, 0), (100, 0)])
    >>> share_covered(np.array([line]), np.array([line]), 5).tolist()
    [1.0]
    """
    length = shapely.length(lines)
    left = shapely.length(uncovered(lines, others, distance))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 0, 1.0 - left / length, 0.0)


def pieces_by_area(lines: Array, areas: Array) -> tuple[Array, Array, Array]:
    """Cut lines by areas; what lies on a shared border goes to the first of its areas.

    Returns
    -------
    line, area : arrays of int
        Row of the line and of the area of each piece; pieces outside all areas are left out.
    metres : array of float
        Length of the pieces: those of a line add up to at most its length.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    >>> border = shapely.LineString([(10, 0), (10, 10)])
    >>> [x.tolist() for x in pieces_by_area(np.array([border]), halves)]
    [[0], [0], [10.0]]
    """
    if len(lines) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    areas = np.asarray(areas, object)
    shapely.prepare(areas)
    area, line = shapely.STRtree(lines).query(areas, predicate="intersects")
    inside = shapely.covers(areas[area], lines[line])
    order = np.lexsort((area, ~inside, line))
    line, area, inside = line[order], area[order], inside[order]
    whole = shapely.length(lines)
    metres = np.where(inside, whole[line], 0.0)
    cut = ~inside
    metres[cut] = shapely.length(shapely.intersection(lines[line[cut]], areas[area[cut]]))
    total = np.bincount(line, weights=metres, minlength=len(lines))
    for twice in np.flatnonzero(total > whole * (1 + 1e-9)):
        rest = lines[twice]
        for row in np.flatnonzero(line == twice):
            left = shapely.difference(rest, areas[area[row]])
            metres[row] = shapely.length(rest) - shapely.length(left)
            rest = left
    kept = metres > 0
    return line[kept], area[kept], metres[kept]


def pieces_by_municipality(
    lines: Array, municipalities: gpd.GeoDataFrame
) -> tuple[Array, Array, Array]:
    """Return the pieces of lines in each municipality.

    Parameters
    ----------
    lines : ndarray of line
    municipalities : GeoDataFrame
        ``teryt``. A piece along a shared border belongs to the lower code, whatever the order of
        rows.

    Returns
    -------
    line, row : ndarray of int (pieces,)
        Positions of lines and municipalities.
    metres : ndarray of float (pieces,)
    """
    # in order of code, so that pieces along a shared border go to the lower one
    order = np.argsort(municipalities["teryt"].to_numpy(dtype=str), kind="stable")
    line, area, metres = pieces_by_area(lines, municipalities.geometry.to_numpy()[order])
    return line, order[area], metres


def plain(value: float) -> Text:
    """Write a parameter with as many decimals as it has (at most 3).

    >>> plain(2.5).pl
    '2,5'
    """
    digits = next((d for d in range(3) if round(value, d) == value), 3)
    return Text.of({x: number(value, x, digits) for x in LANGUAGES})
