"""Access to public transport by the European Commission's method (DG REGIO)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit

from metrogis.transit.classes.are import check_window, column_of
from metrogis.transit.classes.counting import busiest_line
from metrogis.transit.classes.places import (
    read_calls,
    read_places,
)
from metrogis.transit.classes.reach import SNAP_LIMIT, Reach, coordinates
from metrogis.transit.classes.result import Classes, index_of, label_points
from metrogis.transit.modes import MODE_GROUPS

DG_GROUPS: Mapping[str, str] = {
    "rail": "rail", "metro": "rail", "tram": "road", "bus": "road", "ferry": "road",
    "cableway": "road",
}  # fmt: skip
"""Mode groups walked to for ten minutes (rail) or five. Ferry and cableway: our choice."""

DG_LABELS = ("high", "medium", "low")
DG_LABELS_FIVE = ("very high", *DG_LABELS)


def dg_regio(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    network: Any = None,
    detour: float = 1.3,
    window: tuple[float, float] = (21_600, 72_000),
    cluster_distance: float = 50.0,
    road_minutes: float = 5.0,
    rail_minutes: float = 10.0,
    speed: float = 5.0,
    medium: float = 4.0,
    high: float = 10.0,
    groups: Mapping[str, str] = DG_GROUPS,
    five_classes: bool = False,
    snap_limit: float = SNAP_LIMIT,
) -> Classes:
    """Classify points by departures per hour in reach.

    Definition (methods, 5.3): departures per hour, averaged 06-20 on a weekday, of stops clustered
    within 50 m; 5 minutes' walk to bus and tram, 10 to train and metro, at 5 km/h; the maximum of
    what is in reach; high above 10, medium from 4 to 10, low below 4. Source: Poelman and Dijkstra
    (2015), European Commission, Regional Working Paper 01/2015; the class *very high* (above 10 in
    both groups) is unverified.

    Parameters
    ----------
    departures, stops, points, network
        As in :func:`~metrogis.transit.classes.are.are`.
    detour : float
        Walk over straight line, without a network.
    window : tuple of float
        [start, end), seconds.
    cluster_distance : float
        Metres, inclusive; chains are followed.
    road_minutes, rail_minutes : float
        Walk to bus and tram, and to train and metro.
    speed : float
        km/h.
    medium, high : float
        Departures per hour: medium from ``medium`` to ``high``, both included.
    groups : mapping
        Mode group -> ``rail`` or ``road``; others do not count.
    five_classes : bool
        Also tell *very high*: above ``high`` in both groups.
    snap_limit : float
        As in :func:`~metrogis.transit.classes.are.are`.

    Returns
    -------
    Classes
        ``table``: class, per_hour, per_hour_rail, per_hour_road, mode_group, line, stop, stop_id,
        metres.

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    >>> stop = gpd.GeoDataFrame({"stop_id": ["A"]}, crs="EPSG:2180",
    ...                         geometry=gpd.points_from_xy([0], [0]))
    >>> bus = pd.DataFrame({"stop_id": "A", "mode_group": "bus",
    ...                     "seconds": range(21_600, 72_000, 900)})
    >>> found = dg_regio(bus, stop, [(0, 416), (0, 417)], detour=1)
    >>> found.table[["class", "per_hour"]].values.tolist()
    [['medium', 4.0], ['none', 0.0]]
    """
    check_window(window)
    places = read_places(stops, by="distance", distance=cluster_distance)
    xy = coordinates(points, stops.crs)
    calls = read_calls(departures, places, start=window[0], end=window[1])
    column = column_of(calls, groups, ("rail", "road"))
    keep = column >= 0
    flat = np.bincount(calls.place[keep] * 2 + column[keep], minlength=places.count * 2)
    per_hour = flat.reshape(places.count, 2) / ((window[1] - window[0]) / 3600)
    metre = speed * 1000 / 60
    limit = np.array([rail_minutes * metre, road_minutes * metre])
    reach = Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit)
    n = len(xy)
    value, post = np.zeros((n, 2)), np.full((n, 2), -1, np.int64)
    metres = np.full((n, 2), np.nan)
    among = np.flatnonzero((per_hour.sum(axis=1) > 0)[places.place])
    for part, near in reach.pairs(float(limit.max()), among):
        _most(
            near.ptr, near.post, near.metres, places.place, per_hour, limit + 1e-6, value[part],
            post[part], metres[part],
        )  # fmt: skip
    group = value.argmax(axis=1)
    rows = np.arange(n)
    top = value[rows, group]
    labels = DG_LABELS_FIVE if five_classes else DG_LABELS
    # five classes put one before the others: then rank 1 is high
    rank = np.select([top > high, top >= medium, top > 0], [0, 1, 2], 3) + int(five_classes)
    if five_classes:
        rank = np.where(np.minimum(value[:, 0], value[:, 1]) > high, 0, rank)
    at = np.where(top > 0, post[rows, group], -1)
    # one more entry at the end: position -1, no post, gives place -1
    place = np.append(places.place, -1)[at]
    line = busiest_line(calls, places.count, column, 2)
    line = np.vstack([line, [[-1, -1]]])[place, group]
    known = reach.known
    table = pd.DataFrame(
        {
            "class": label_points(rank, known, labels),
            "per_hour": np.where(known, top, np.nan),
            "per_hour_rail": np.where(known, value[:, 0], np.nan),
            "per_hour_road": np.where(known, value[:, 1], np.nan),
            "mode_group": _mode_at(calls, places.count, column)[place, group],
            "line": np.append(calls.line_names, "")[line],
            "stop": places.name_of(place),
            "stop_id": np.append(places.ids, "")[at],
            "metres": np.where(top > 0, metres[rows, group], np.nan),
        },
        index=index_of(points, n),
    )
    stop_table = places.table({"per_hour_rail": per_hour[:, 0], "per_hour_road": per_hour[:, 1]})
    return Classes("dg_regio", labels, table, stop_table, reach.walk, calls.audit + reach.audit)


def _mode_at(calls: Any, places: int, column: Any) -> Any:
    """Mode group with most departures of each place and column; one more row of empty texts."""
    keep = column >= 0
    kinds = len(MODE_GROUPS)
    key = (calls.place[keep] * 2 + column[keep]) * kinds + calls.group[keep]
    n = np.bincount(key, minlength=places * 2 * kinds).reshape(places, 2, kinds)
    names = np.array(MODE_GROUPS, dtype=object)[n.argmax(axis=2)] if places else np.zeros((0, 2))
    out = np.full((places + 1, 2), "", dtype=object)
    out[:places] = np.where(n.sum(axis=2) > 0, names, "")
    return out


@njit(cache=True, nogil=True)
def _most(ptr, posts, metres, place, per_hour, limit, value, post, walk):  # type: ignore[no-untyped-def]
    """Most departures per hour of any cluster in reach, by group; ties: the nearest."""
    for i in range(ptr.size - 1):
        for k in range(ptr[i], ptr[i + 1]):
            p = place[posts[k]]
            for g in range(2):
                v = per_hour[p, g]
                if v <= 0 or metres[k] > limit[g]:
                    continue
                # walk is NaN until a cluster is in reach, but then v is above the value 0
                if v > value[i, g] or (v == value[i, g] and metres[k] < walk[i, g]):
                    value[i, g] = v
                    post[i, g] = posts[k]
                    walk[i, g] = metres[k]
