"""Departures of one service date: calls where passengers may board, frequencies expanded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.transit.calls import Ints, StopTimes
from metrogis.transit.columns import positions
from metrogis.transit.runs import Runs

if TYPE_CHECKING:
    from metrogis.transit.feed import Feed


@dataclass(frozen=True)
class Boardings:
    """Departures as arrays: ``call`` is the row of the stop times, ``seconds`` the time."""

    call: npt.NDArray[np.int64]
    seconds: Ints


def boardings(calls: StopTimes, runs: Runs, *, limit: int, layer: str) -> Boardings:
    """Return the departures of the runs of one date, timetabled and by headway.

    Raises
    ------
    SourceError
        If headways make more than 20 x ``limit`` departures.
    """
    board = (calls.pickup != 1) & ~calls.last
    plain = np.flatnonzero(board & runs.plain[calls.trip])
    seconds = calls.departure[plain]
    if not len(runs.trip):
        return Boardings(plain, seconds)
    bounds = calls.bounds(len(runs.plain))
    trip = runs.trip
    size = bounds[trip + 1] - bounds[trip]
    if int(size.sum()) > 20 * limit:
        raise SourceError(
            _("headways make too many departures"),
            layer=layer,
            place="frequencies.txt",
        )
    has = size > 0
    trip, size, leaves = trip[has], size[has], runs.leaves[has]
    begin = np.repeat(np.cumsum(size) - size, size)
    call = np.repeat(bounds[trip], size) + np.arange(len(begin)) - begin
    offset = np.repeat(leaves - calls.departure[bounds[trip]].astype(np.int64), size)
    time = calls.departure[call] + offset
    keep = board[call]
    return Boardings(
        np.concatenate([plain, call[keep]]),
        np.concatenate([seconds, time[keep].astype(np.int32)]),
    )


def departure_table(feed: Feed, found: Boardings, days: Mapping[str, Date]) -> pd.DataFrame:
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
            "direction": feed._trip_direction[trip],
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
