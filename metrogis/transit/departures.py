"""The table of departures of one service date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.transit.boardings import Boardings
from metrogis.transit.columns import positions
from metrogis.transit.timetable import Timetable


def departure_table(
    feed: Timetable, found: Boardings, days: Mapping[str, Date], direction: npt.NDArray[np.int8]
) -> pd.DataFrame:
    """Return departures as a table; see :meth:`metrogis.transit.Feed.departures`.

    Parameters
    ----------
    feed : Feed
    found : Boardings
        Rows of the stop times and seconds after midnight, one per departure.
    days : mapping of str to date
        The date each feed was looked at, kept in ``attrs["dates"]``.

    Returns
    -------
    DataFrame
        Ids as categories: a large feed has millions of departures and thousands of ids.
    """
    call = found.call
    trip = feed.calls.trip[call]
    route = feed._trip_route[trip]
    r = feed.routes
    part = positions(feed.trips["feed"], feed.feeds)
    frame = pd.DataFrame(
        {
            "stop_id": category(feed.calls.stop[call], feed.stops["stop_id"]),
            "route_id": category(route, r["route_id"]),
            "route_short_name": _coded(r["route_short_name"], route),
            "line": _coded(r["line"], route),
            "direction_id": feed.trips["direction_id"].to_numpy()[trip],
            "direction": direction[trip],
            "trip_id": category(trip, feed.trips["trip_id"]),
            "mode": _coded(r["mode"], route),
            "mode_group": _coded(r["mode_group"], route),
            "seconds": found.seconds,
            "headsign": _coded(feed.trips["trip_headsign"], trip),
            "first_stop": feed.calls.first[call],
            "terminal_id": category(feed._trip_last[trip], feed.stops["stop_id"]),
            "route_type": r["route_type"].to_numpy()[route],
            "feed": pd.Categorical.from_codes(part[trip], categories=pd.Index(feed.feeds)),
        }
    )
    frame.attrs["dates"] = {f: d.isoformat() for f, d in days.items()}
    return frame


def category(codes: npt.NDArray[Any], ids: pd.Series) -> pd.Categorical:
    """Return a categorical column of ids by position.

    Parameters
    ----------
    codes : ndarray of int (rows,)
        Positions in ``ids``; -1 is a missing value.
    ids : Series of str
        Distinct.
    """
    return pd.Categorical.from_codes(codes, categories=pd.Index(ids))


def _coded(values: pd.Series, codes: npt.NDArray[Any]) -> pd.Categorical:
    """Return ``values[codes]`` as categories, without touching every row's text."""
    short, names = pd.factorize(values)
    return pd.Categorical.from_codes(short[codes], categories=pd.Index(names))
