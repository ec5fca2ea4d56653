"""The six methods run on one timetable with the check's parameters, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.transport_accessibility.service_quality.parameters import (
    Method,
    ServiceQualityParameters,
)
from metrogis.i18n import Text, _, both
from metrogis.transit import classes as c
from metrogis.transit.classes.reach import Remembering
from metrogis.transit.modes import NO_ROUTE_TYPE

NONE, UNKNOWN = "none", "unknown"

TITLES: dict[Method, Text] = {
    "are": _("Switzerland (ARE)"),
    "austria": both("Austria (ÖROK)"),
    "ptal": _("London (PTAL)"),
    "dg_regio": _("European Commission (DG REGIO)"),
    "sdg": both("SDG 11.2.1"),
    "sdg_pl": _("SDG 11.2.1, Polish variant"),
}

LABELS: dict[Method, tuple[str, ...]] = {
    "are": ("A", "B", "C", "D"),
    "austria": ("A", "B", "C", "D", "E", "F", "G"),
    "ptal": ("6b", "6a", "5", "4", "3", "2", "1b", "1a"),
    "dg_regio": ("high", "medium", "low"),
    "sdg": ("yes",),
    "sdg_pl": ("yes",),
}

GOOD: dict[Method, tuple[str, ...]] = {
    "are": ("A", "B"),
    "austria": ("A", "B", "C", "D"),
    "ptal": ("6b", "6a", "5", "4"),
    "dg_regio": ("high",),
}
"""Classes that the methods themselves call good or better; the other classes are basic. The SDG
indicators know no grades, so they are left out where grades are compared."""

GROUPS = ("rail", "metro", "tram", "bus", "ferry", "cableway")


def run_methods(
    p: ServiceQualityParameters,
    days: Mapping[str, pd.DataFrame],
    stops: gpd.GeoDataFrame,
    xy: Floats,
    network: Any,
    doubtful: Bools | None = None,
) -> dict[Method, c.Classes]:
    """Return the classes by the chosen methods.

    Parameters
    ----------
    p : ServiceQualityParameters
    days : mapping
        Departures of the known day types. Of a second day that is not known nothing departs: its
        evidence says that this is not known.
    stops : GeoDataFrame
    xy : ndarray (cells, 2)
    network : street network, optional
        Best one that remembers what it snapped (:func:`remembering`).
    doubtful : ndarray of bool (stops,), optional
        Stops where trips may be missing.
    """
    walk: dict[str, Any] = {
        "network": network, "detour": p.detour, "snap_limit": p.snap_limit,
    }  # fmt: skip
    hours = (3600 * p.day_window[0], 3600 * p.day_window[1])
    peak = (3600 * p.ptal_window[0], 3600 * p.ptal_window[1])
    first = days[p.day_type]

    rail = c.PtalMode(p.ptal_rail_limit, p.ptal_rail_reliability)
    calls: dict[Method, Any] = {
        "are": lambda: c.are(
            first, stops, xy, window=hours, interval=p.are_interval, distances=p.are_distances,
            merge_distance=p.merge_distance, hub_neighbours=p.hub_neighbours, doubtful=doubtful,
        ),
        "austria": lambda: _austria(
            p, first, stops, xy, walk, doubtful,
            second_day=days.get(p.second_day_type, first.iloc[:0]),
        ),
        "ptal": lambda: c.ptal(
            _with_line(first), stops, xy, window=peak, speed=p.ptal_speed,
            rules={"rail": rail, "metro": rail, "tram": rail,
                   "bus": c.PtalMode(p.ptal_bus_limit, p.ptal_bus_reliability)}, **walk,
        ),
        "dg_regio": lambda: c.dg_regio(
            first, stops, xy, window=hours, cluster_distance=p.dg_cluster, speed=p.dg_speed,
            road_minutes=p.dg_road_minutes, rail_minutes=p.dg_rail_minutes, medium=p.dg_medium,
            high=p.dg_high, **walk,
        ),
        "sdg": lambda: c.sdg_11_2_1(
            first, stops, xy, low_limit=p.sdg_low_limit, high_limit=p.sdg_high_limit, **walk
        ),
        "sdg_pl": lambda: c.sdg_11_2_1_pl(
            first, stops, xy, limit=p.sdg_pl_limit, width=p.sdg_pl_width, **walk
        ),
    }  # fmt: skip
    return {m: calls[m]() for m in p.methods}


def _with_line(day: pd.DataFrame) -> pd.DataFrame:
    """Leave out departures of trips whose route is not in the timetable.

    They may be of a line that is counted already; as one more line they would raise an index that
    adds up lines. Without them it is the least it can be.

    >>> day = pd.DataFrame({"line": ["25", "", ""], "route_type": [3, 3, NO_ROUTE_TYPE]})
    >>> len(_with_line(day))
    2
    """
    told = day["route_type"].to_numpy() != NO_ROUTE_TYPE
    return day if told.all() else day[told]


def _austria(
    p: ServiceQualityParameters,
    day: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    xy: Floats,
    walk: Mapping[str, Any],
    doubtful: Bools | None,
    **second: Any,
) -> c.Classes:
    return c.austria(
        day, stops, xy, window=(3600 * p.day_window[0], 3600 * p.day_window[1]),
        merge_distance=p.merge_distance, distances=p.austria_distances, doubtful=doubtful,
        **walk, **second,
    )  # fmt: skip


def austria_alone(
    p: ServiceQualityParameters,
    day: pd.DataFrame | None,
    stops: gpd.GeoDataFrame,
    xy: Floats,
    network: Any,
) -> c.Classes | None:
    """Return the Austrian classes of one day alone.

    A cell without a class on one day has none on both: where the other day is not known, that much
    is.

    Parameters
    ----------
    p : ServiceQualityParameters
    day : DataFrame or None
        Departures; None where the day is not known.
    stops : GeoDataFrame
    xy : ndarray (cells, 2)
        Metres.
    network : StreetNetwork or None

    Returns
    -------
    Classes or None
    """
    if day is None:
        return None
    walk = {"network": network, "detour": p.detour, "snap_limit": p.snap_limit}
    return _austria(p, day, stops, xy, walk, None)


def remembering(network: Any) -> Any:
    """Return a network that snaps the same points once for all methods."""
    return None if network is None else Remembering(network)


def reach_of(p: ServiceQualityParameters, method: Method, straight: bool) -> dict[str, float]:
    """Return how far each mode group could give a class by a method.

    Parameters
    ----------
    p : ServiceQualityParameters
    method : str
    straight : bool
        Walks are straight lines times ``detour``: the limits of walks are divided by it. On streets
        a walk is at least its straight line, and the limit itself is the bound.

    Returns
    -------
    dict of str to float
        Metres in a straight line; mode groups that a method does not count are not in it.
    """
    # walking minutes to metres
    metre = p.dg_speed * 1000 / 60
    low = ("tram", "bus", "cableway")
    limit: dict[str, float]
    if method == "are":
        return dict.fromkeys(GROUPS, p.are_distances[-1])
    if method == "austria":
        limit = dict.fromkeys([g for g in GROUPS if g != "cableway"], p.austria_distances[-1])
    elif method == "ptal":
        limit = dict.fromkeys(("rail", "metro", "tram"), p.ptal_rail_limit)
        limit |= dict.fromkeys(("bus", "ferry"), p.ptal_bus_limit)
    elif method == "dg_regio":
        limit = {
            g: (p.dg_rail_minutes if g in ("rail", "metro") else p.dg_road_minutes) * metre
            for g in GROUPS
        }
    elif method == "sdg":
        limit = {g: p.sdg_low_limit if g in low else p.sdg_high_limit for g in GROUPS}
    else:
        # a strip along the streets walked is served too: it adds its width
        grown = p.sdg_pl_limit / (p.detour if straight else 1.0) + p.sdg_pl_width
        return dict.fromkeys(GROUPS, grown)
    return {g: v / (p.detour if straight else 1.0) for g, v in limit.items()}


def levels(labels: npt.NDArray[np.object_], method: Method) -> Ints:
    """Return 2 for good classes, 1 for basic ones, 0 for none, -1 for unknown.

    >>> levels(np.array(["A", "D", "none", "unknown"], dtype=object), "are").tolist()
    [2, 1, 0, -1]
    """
    level = {label: 2 if label in GOOD.get(method, LABELS[method]) else 1
             for label in LABELS[method]}  # fmt: skip
    level |= {NONE: 0, UNKNOWN: -1}
    codes, values = pd.factorize(labels)
    return np.array([level[v] for v in values], dtype=np.int64)[codes]


def comparable(level: Ints, exact: Bools) -> Ints:
    """Return the levels that can be compared: exact ones, and the highest; others are unknown.

    >>> comparable(np.array([2, 1, 1, 0]), np.array([False, False, True, True])).tolist()
    [2, -1, 1, 0]
    """
    return np.where(exact | (level == 2), level, -1)


def agreement(graded: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return how far methods (rows) agree on each cell (columns), by levels.

    ``same`` level by all; ``differ`` by one level; ``opposite``: good by one, none by another;
    ``unknown`` where fewer than two methods know.

    >>> agreement(np.array([[2, 2, 2, -1], [2, 1, 0, 0]])).tolist()
    ['same', 'differ', 'opposite', 'unknown']
    """
    names = np.array(["same", "differ", "opposite", "unknown"], dtype=object)
    if not len(graded):
        return np.full(graded.shape[1], "unknown", dtype=object)
    known = (graded >= 0).sum(axis=0)
    high = graded.max(axis=0)
    low = np.where(graded >= 0, graded, 9).min(axis=0)
    return np.asarray(names[np.where(known >= 2, np.clip(high - low, 0, 2), 3)], dtype=object)
