"""Tables that timetables let one propose: coverage, school holidays. An analyst confirms them.

A timetable tells where it runs, never that nothing else does: what is proposed is ``partial`` at
best, and becomes ``complete`` by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.evidence.coverage import template_of
from metrogis.transit.counts import Counts, count_by_date
from metrogis.transit.daytypes import kinds_of_dates

LEAST_SHARE = 0.9
"""Share of the usual trips below which a weekday is like one of school holidays (project choice:
lines for pupils are about a tenth of the trips of Polish operators)."""
LEAST_DAYS = 5
"""Fewest weekdays in a row of school holidays: a week (winter holidays are two)."""


def coverage(layers: Any, absent: Iterable[str] = ()) -> pd.DataFrame:
    """Return a coverage table with states proposed from where timetables have stops.

    Parameters
    ----------
    layers : mapping
        As :func:`metrogis.evidence.coverage.template_of` takes them.
    absent : iterable of str
        Feeds that are known of and not loaded: a row each, ``none`` everywhere.

    Returns
    -------
    DataFrame
        feed, teryt, name, mode, state: ``partial`` where vehicles of the mode call at a stop in the
        municipality, else ``none``.
    """
    table = template_of(layers)
    feed = layers.get("timetable")
    if feed is not None:
        here = _served(feed, layers["municipalities"])
        keys = list(zip(table["feed"], table["teryt"], table["mode"], strict=True))
        table["state"] = ["partial" if key in here else "none" for key in keys]
    rows = [(name, "*", "", "*", "none") for name in absent]
    more = pd.DataFrame(rows, columns=list(table.columns), dtype=object)
    return pd.concat([table, more], ignore_index=True) if rows else table


def _served(feed: Any, municipalities: gpd.GeoDataFrame) -> set[tuple[str, str, str]]:
    """Return feed, municipality and mode of every stop at which vehicles call."""
    points = feed.stop_points(municipalities.crs)
    places = gpd.sjoin(
        points[points["modes"] != ""], municipalities[["teryt", "geometry"]], predicate="intersects"
    )
    return {
        (str(name), str(code), mode)
        for name, code, modes in zip(places["feed"], places["teryt"], places["modes"], strict=True)
        for mode in str(modes).split(",")
    }


def school_holidays(
    feed: Any, *, country: str = "PL", least_share: float = LEAST_SHARE
) -> pd.DataFrame:
    """Return periods in which fewer trips run on weekdays than usual, as school holidays.

    Parameters
    ----------
    feed : metrogis.transit.Feed
    country : str
        Whose public holidays are no weekdays.
    least_share : float
        Of the usual trips (median over weekdays with trips), below which a weekday counts.

    Returns
    -------
    DataFrame
        first, last (dates, both included), feed, trips (median in the period), usual. A fall that
        lasts to the end of a timetable is not told from its end, and left out.
    """
    rows = []
    for name, counts in count_by_date(feed).items():
        rows += [(*period, name) for period in _periods(counts, country, least_share)]
    found = pd.DataFrame(rows, columns=["first", "last", "trips", "usual", "feed"])
    return found[["first", "last", "feed", "trips", "usual"]].sort_values(
        ["first", "last", "feed"], ignore_index=True
    )


def _periods(
    counts: Counts, country: str, least_share: float
) -> list[tuple[dt.date, dt.date, int, int]]:
    kinds, _table = kinds_of_dates(counts.first, counts.last, country, None)
    at = np.flatnonzero((kinds == 0) & (counts.trips > 0))
    if not len(at):
        return []
    trips = counts.trips[at]
    usual = float(np.median(trips))
    low = trips < least_share * usual
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(int), [0]])))
    found = []
    # edges come in pairs: where a run of low weekdays starts, and the first one after it
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start < LEAST_DAYS or end == len(at):
            continue
        first, last = (counts.first + dt.timedelta(days=int(at[i])) for i in (start, end - 1))
        found.append((first, last, int(np.median(trips[start:end])), int(usual)))
    return found
