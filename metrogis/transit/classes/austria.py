"""Austrian ÖV-Güteklassen (ÖROK): two reference days, walks on the network, classes A-G."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Floats, Ints
from metrogis.i18n import _
from metrogis.transit.classes import tables as t
from metrogis.transit.classes.are import (
    Interval,
    check_window,
    classify,
    column_of,
    lookup,
    minutes_between,
    pick,
    roman,
)
from metrogis.transit.classes.counting import busiest_line, one_way
from metrogis.transit.classes.places import (
    Calls,
    Places,
    read_calls,
    read_places,
)
from metrogis.transit.classes.reach import SNAP_LIMIT, Reach, coordinates
from metrogis.transit.classes.result import Classes

AUSTRIA_GROUPS: Mapping[str, str] = {
    "rail": "rail", "metro": "rail", "tram": "tram", "bus": "bus", "ferry": "bus",
}  # fmt: skip
"""Column of each mode group (long-distance rail by its route type). Ferry as bus: our choice."""


def austria(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    second_day: pd.DataFrame | None = None,
    network: Any = None,
    detour: float = 1.3,
    window: tuple[float, float] = (21_600, 72_000),
    interval: Interval = "count",
    merge_distance: float = 150.0,
    groups: Mapping[str, str] = AUSTRIA_GROUPS,
    distances: tuple[float, ...] = t.AUSTRIA_DISTANCES,
    snap_limit: float = SNAP_LIMIT,
    doubtful: Bools | None = None,
) -> Classes:
    """Classify points by the Austrian method.

    Definition (methods, 5.3): departures 06-20, both directions halved, each mode group apart;
    interval and mode give a category I-VIII, the worse one of two reference days counts (a
    school-day weekday and a weekday of the school holidays; which one counts is unverified); the
    walk gives a class A-G. Source: ÖROK, ÖV-Güteklassen.

    Parameters
    ----------
    departures, stops, points, network, window, interval, merge_distance
        As in :func:`~metrogis.transit.classes.are.are`; ``departures`` of the first day.
    second_day : DataFrame, optional
        Departures of the other day. Without it the first day alone decides, and the audit says so.
    detour : float
        Walk over straight line, without a network.
    groups : mapping
        Mode group -> ``rail`` (S-Bahn and metro), ``tram`` or ``bus``; others do not count.
    distances : tuple of float
        Longest walk of each band, m; inclusive.
    snap_limit, doubtful
        As in :func:`~metrogis.transit.classes.are.are`.

    Returns
    -------
    Classes
        As :func:`~metrogis.transit.classes.are.are`; interval and line are those of the deciding
        day, which ``stops["day"]`` names (1 or 2).

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    >>> stop = gpd.GeoDataFrame({"stop_id": ["A"]}, crs="EPSG:31287",
    ...                         geometry=gpd.points_from_xy([0], [0]))
    >>> bus = pd.DataFrame({"stop_id": "A", "mode_group": "bus", "direction_id": 0,
    ...                     "seconds": range(21_600, 72_000, 900)})
    >>> found = austria(bus, stop, [(0, 300), (0, 301)], second_day=bus.iloc[::4], detour=1)
    >>> found.stops["category"].tolist(), found.table["class"].tolist()
    (['VI'], ['E', 'F'])
    """
    check_window(window)
    places = read_places(stops, by="name", distance=merge_distance)
    xy = coordinates(points, stops.crs)
    days = [departures] if second_day is None else [departures, second_day]
    found = [_one_day(day, places, groups, window, interval, doubtful) for day in days]
    category = np.array([f[0] for f in found])
    # no category on one of the days is the worst of all
    decided = np.where(category == 0, 99, category).argmax(axis=0)
    rows = np.arange(places.count)

    def of(k: int) -> np.ndarray:
        return np.asarray(np.array([f[k] for f in found], dtype=object)[decided, rows])

    chosen = category[decided, rows]
    stop_table = places.table(
        {
            "category": roman(chosen),
            "column": np.where(
                chosen > 0, np.array(t.AUSTRIA_COLUMNS, dtype=object)[of(1).astype(int)], ""
            ),
            "interval_min": of(2).astype("float64"),
            "departures": of(3).astype("float64"),
            "line": of(4),
            "day": decided + 1,
        }
    )
    ranks, labels = t.class_ranks(t.AUSTRIA_CLASS)
    result = classify(
        "austria", places, stop_table, chosen, ranks, labels,
        t.band_edges(distances, first_open=False), points,
        Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit), found[0][5],
    )  # fmt: skip
    if second_day is not None:
        return result
    audit = result.audit.add(
        "timetable",
        "noted",
        1,
        _("Austrian classes: one reference day only"),
    )
    return Classes(result.method, result.labels, result.table, result.stops, result.walk, audit)


def _one_day(
    departures: pd.DataFrame,
    places: Places,
    groups: Mapping[str, str],
    window: tuple[float, float],
    interval: Interval,
    doubtful: Bools | None,
) -> tuple[Ints, Ints, Floats, Floats, np.ndarray, Calls]:
    """Return category, column, interval, departures and line of each place on one day."""
    calls = read_calls(
        departures, places, start=window[0], end=window[1], doubtful=doubtful
    )  # fmt: skip
    column = column_of(calls, groups, t.AUSTRIA_COLUMNS)
    column = np.where((column == 1) & calls.long_distance, 0, column)
    number = one_way(calls, places.count, column, 4)
    minutes = minutes_between(number, calls, places.count, column, window, interval)
    row = t.interval_row(minutes, closed=t.AUSTRIA_CLOSED)
    columns = np.broadcast_to(np.arange(4), minutes.shape)
    category = lookup(np.array(t.AUSTRIA_CATEGORY), row, columns)
    best = pick(category, minutes)
    rows = np.arange(places.count)
    line = busiest_line(calls, places.count, column, 4)[rows, best]
    return (
        category[rows, best], best, minutes[rows, best], number[rows, best],
        np.append(calls.line_names, "")[line], calls,
    )  # fmt: skip
