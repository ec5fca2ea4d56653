"""Posts of all feeds joined into stop places: what passengers call one stop.

Posts form one place when they share a station, lie within some metres of each other, or bear one
name and lie within some more. Feeds differ in how they model a stop (one point, a post a direction,
a station with platforms, the same post again in another operator's feed): departures counted at
places do not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SPAN = 150.0
"""Metres: no two posts of a place are farther apart, but for platforms of one station."""

_TOLERANCE = 1e-3
"""Metres: distances are compared to a millimetre, finer than degrees of any feed are written."""

ADDED = "added"
"""Column of posts that a scenario added or moved."""

_NUMBER = re.compile(r"(?<=\w)[\s.,/()-]+\d{1,3}[a-z]?\)?$")
_ON_REQUEST = re.compile(r"[\s,(\[-]+n\s?/?\s?ż\.?[)\]]?$")


@lru_cache(maxsize=1 << 16)  # each method of service quality asks for every stop anew
def base_name(name: Any) -> str:
    """Return a stop's name without case, post number and the mark of a stop on request.

    Examples
    --------
    >>> base_name("Reda Dworzec PKP 03"), base_name("REDA  Dworzec PKP (n/ż)")
    ('reda dworzec pkp', 'reda dworzec pkp')
    >>> base_name("Plac 3 Maja"), base_name("12"), base_name(None)
    ('plac 3 maja', '12', '')
    """
    if not isinstance(name, str):
        return ""
    text = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    while True:
        shorter = _NUMBER.sub("", _ON_REQUEST.sub("", text)).rstrip(" ,-")
        if shorter == text or not shorter:
            return text
        text = shorter


def join_posts(
    stops: gpd.GeoDataFrame,
    *,
    place_distance: float = 50.0,
    name_distance: float = 150.0,
) -> Ints:
    """Return the place of each post, numbered from 0 by position (west to east).

    Posts of one station are one place. Outside stations pairs of posts within ``place_distance``,
    or of one name (:func:`base_name`) within ``name_distance``, join in order of their distance
    (ties by coordinates), as long as no two posts of the places they join would be farther apart
    than 150 m (or the larger of the two distances): chains along a street stay apart.

    Posts that a scenario added (a column ``added``) come last: they join a place of the others or
    form one of their own, and never join two of them.

    Parameters
    ----------
    stops : GeoDataFrame
        ``name``, ``station`` (see :meth:`metrogis.transit.Feed.stop_points`), points in metres.
    place_distance, name_distance : float
        Metres, inclusive.

    Returns
    -------
    ndarray of int (posts,)
        The same partition whatever the order of rows or the ids.

    Examples
    --------
    >>> posts = gpd.GeoDataFrame(
    ...     {"name": ["Rynek 01", "Rynek 02", "Szkoła"], "station": ["a", "b", "c"]},
    ...     geometry=gpd.points_from_xy([0, 120, 165], [0, 0, 0]), crs="EPSG:2180")
    >>> join_posts(posts).tolist()      # 45 m join first, and then 0 and 165 would be in one place
    [0, 1, 1]
    >>> join_posts(posts, place_distance=40).tolist()
    [0, 0, 1]
    """
    shapes = np.asarray(stops.geometry.to_numpy(), dtype=object)
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]).astype("float64")
    count = len(xy)
    if not count:
        return np.zeros(0, np.int64)
    place = pd.factorize(stops["station"])[0].astype(np.int64)
    names = [base_name(n) for n in stops["name"]]
    pairs, span = _pairs(xy, names, place_distance, name_distance)
    added = stops[ADDED].to_numpy(bool) if ADDED in stops.columns else np.zeros(count, bool)
    if added.any():
        pairs = pairs[np.argsort(added[pairs].any(axis=1), kind="stable")]
    members: list[list[int]] = [[] for _ in range(int(place.max()) + 1)]
    for post, own in enumerate(place.tolist()):
        members[own].append(post)
    owner = place.tolist()
    x, y = xy[:, 0].tolist(), xy[:, 1].tolist()
    limit = (span + _TOLERANCE) ** 2
    for a, b in pairs.tolist():
        first, second = owner[a], owner[b]
        if first == second:
            continue
        if (added[a] or added[b]) and all((~added[members[k]]).any() for k in (first, second)):
            continue  # the places of the base stay apart
        # invariant: no two posts of a place are over the span apart, platforms of one station apart
        if any(
            (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 > limit
            for i in members[first]
            for j in members[second]
        ):
            continue
        if len(members[first]) < len(members[second]):
            first, second = second, first
        for post in members[second]:
            owner[post] = first
        members[first] += members[second]
        members[second] = []
    return _numbered(np.array(owner, dtype=np.int64), xy)


def _pairs(xy: Floats, names: list[str], place: float, name: float) -> tuple[Ints, float]:
    """Pairs of posts that may join, nearest first, and how far apart those of a place may be."""
    near = cKDTree(xy).query_pairs(max(place, name) + _TOLERANCE, output_type="ndarray")
    apart = np.hypot(*(xy[near[:, 0]] - xy[near[:, 1]]).T)
    code, words = pd.factorize(pd.Series(names, dtype=object))
    # posts without a name have no name in common
    code = np.where(np.array([w == "" for w in words], dtype=bool)[code], -1, code)
    same = (code[near[:, 0]] == code[near[:, 1]]) & (code[near[:, 0]] >= 0)
    kept = (apart <= place + _TOLERANCE) | (same & (apart <= name + _TOLERANCE))
    near, apart = near[kept], np.round(apart[kept], 3)
    # within a pair the western post comes first, so that ties do not hang on the order of rows
    ends = np.round(xy[near], 3)  # (pairs, 2, 2)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[swap] = ends[swap][:, ::-1]
    order = np.lexsort((ends[:, 1, 1], ends[:, 1, 0], ends[:, 0, 1], ends[:, 0, 0], apart))
    return near[order].astype(np.int64), max(SPAN, place, name)


def _numbered(place: Ints, xy: Floats) -> Ints:
    """Number places by the position of their most western post."""
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    out = np.empty(len(place), np.int64)
    out[order] = pd.factorize(place[order])[0]
    return out
