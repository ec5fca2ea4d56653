"""Departures of a day at stop places, each run once, the busier direction of each line.

A *passage* is a run of a vehicle that passengers may board at a stop. What leaves past midnight
belongs to its service day; in the windows of a morning (29:30 is 05:30) what the day before still
runs counts as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.transit.columns import numbered
from metrogis.transit.daytypes import DateLike
from metrogis.transit.feed import Feed
from metrogis.transit.timetable import DAY

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Passages:
    """Departures of one day, as arrays of one length.

    Attributes
    ----------
    call : ndarray of int
        Row of the feed's stop times.
    seconds : ndarray of int
        After midnight of the day; past 86400 kept.
    run : ndarray of int
        Equal for the departures of one run.
    own : ndarray of bool
        Of the service day itself; else of the day before, after midnight.
    folded : int
        Departures of the day before that are those of this day, for its date is outside the
        validity of their feed.
    unknown_feeds : tuple of str
        Feeds that do not speak of the day.
    """

    call: Ints
    seconds: Ints
    run: Ints
    own: Bools
    folded: int = 0
    unknown_feeds: tuple[str, ...] = ()

    def take(self, rows: Any) -> Passages:
        """Return some of the departures."""
        return Passages(
            self.call[rows], self.seconds[rows], self.run[rows], self.own[rows], self.folded,
            self.unknown_feeds,
        )  # fmt: skip


def passages(feed: Feed, day: DateLike) -> Passages:
    """Return the departures of a day, and what the day before still runs after midnight.

    Where the day before is outside the validity of a feed, its own late departures stand in for
    those of the day before: such a day is taken to follow one like itself.

    Raises
    ------
    ParameterError
        If the day is not known to the timetable.
    """
    days = feed._days(day)
    found = feed._boardings(days)
    call, seconds = found.call.astype(np.int64), found.seconds.astype(np.int64)
    trip = feed.calls.trip
    parts = [(call, seconds, np.ones(len(call), bool))]
    before = {f: d - timedelta(days=1) for f, d in days.items()}
    valid = {f: d for f, d in before.items() if d >= feed.calendar.validity[f][0]}
    if valid:
        night = feed._boardings(valid)
        late = night.seconds >= DAY
        parts.append((night.call[late].astype(np.int64), night.seconds[late].astype(np.int64) - DAY,
                      np.zeros(int(late.sum()), bool)))  # fmt: skip
    folded = 0
    if len(valid) < len(days):
        names = feed.trips["feed"].to_numpy(dtype=object)
        lacking = np.isin(names, [f for f in days if f not in valid])
        late = (seconds >= DAY) & lacking[trip[call]]
        folded = int(late.sum())
        parts.append((call[late], seconds[late] - DAY, np.zeros(folded, bool)))
    call, seconds, own = (np.concatenate([p[k] for p in parts]) for k in range(3))
    first = feed.calls.bounds(len(feed.trips))[trip[call]]
    since = feed.calls.departure[call].astype(np.int64) - feed.calls.departure[first]
    # a run is a trip and the time it starts; two days' runs are apart by the sign of the number
    leaves = seconds - since
    # 1 << 31: trips of the day before leave at negative times; the lower half must not be
    run = (trip[call].astype(np.int64) << 32) + leaves + (1 << 31)
    run = np.where(own, run, -run)
    silent = tuple(f for f in feed.feeds if f not in days)
    return Passages(call, seconds, run, own, folded, silent)


@dataclass(eq=False)
class PlaceLines:
    """Lines at places of a feed: what departures are counted for.

    Attributes
    ----------
    place, line : ndarray of int (pairs,)
        Each place with each line that calls there.
    group : list of str
        Mode group of each line.
    names : list of str
        Name of each line.
    of_call : ndarray of int (stop times,)
        Pair of each call; -1 where the stop has no place.
    direction : ndarray of int (trips,)
        0 or 1 within a line; 2 where it is not known.
    again : ndarray of bool (stop times,)
        Calls of a trip at a place where passengers could board it before.
    """

    place: Ints
    line: Ints
    group: list[str]
    names: list[str]
    of_call: Ints
    direction: Ints
    again: Bools
    _again_trip: Bools = field(repr=False)

    def once(self, feed: Feed, found: Passages, windows: Ints) -> tuple[Bools, Bools]:
        """Tell which passages count in the whole day, and which in the windows.

        Each run counts once at a place: in the day, and in each window in which it leaves there.

        Parameters
        ----------
        feed : Feed
        found : Passages
        windows : ndarray of int (passages,)
            Number of the window of each; -1 outside all.
        """
        day = found.own & ~self.again[found.call]
        inside = windows >= 0
        odd = np.flatnonzero(inside & self._again_trip[feed.calls.trip[found.call]])
        if len(odd):
            pair = self.of_call[found.call[odd]]
            # of one run, line at a place and window the first departure stays
            order = np.lexsort((found.seconds[odd], windows[odd], pair, found.run[odd]))
            same = np.ones(len(odd), bool)
            same[0] = False
            for values in (windows[odd], pair, found.run[odd]):
                same[1:] &= np.diff(values[order]) == 0
            inside[odd[order[same]]] = False
        return day, inside


def place_lines(feed: Feed, stop_ids: Any, place: Ints) -> PlaceLines:
    """Return the lines at each place.

    Parameters
    ----------
    feed : Feed
    stop_ids : sequence of str
        Stops that have a place; calls at others are not counted.
    place : ndarray of int
        Place of each of them (:func:`metrogis.transit.stop_places.join_posts`).
    """
    at = pd.Index(stop_ids).get_indexer(feed.stops["stop_id"])
    return lines_at(feed, np.append(place, -1)[at].astype(np.int64)[feed.calls.stop])


def lines_at(feed: Feed, there: Ints) -> PlaceLines:
    """Return the lines at whatever calls are counted for: a place, a stretch of street.

    Parameters
    ----------
    feed : Feed
    there : ndarray of int (stop times,)
        -1: not counted.
    """
    calls = feed.calls
    routes = feed.routes
    # the lines that directions are of: name and mode; a route without a name is one of its own
    text = routes["line"].to_numpy(dtype=object)
    text = np.where(text == "", "\0" + routes["route_id"].astype(object).to_numpy(), text)
    key = pd.Series(text, dtype=object) + "\0" + routes["mode"].to_numpy(dtype=object)
    code, _ = pd.factorize(key)
    _, first = np.unique(code, return_index=True)
    usable = np.flatnonzero(there >= 0)
    trip = calls.trip[usable]
    line = np.append(code, -1).astype(np.int64)[feed._trip_route][trip]
    size = int(code.max(initial=0)) + 1
    usable, line = usable[line >= 0], line[line >= 0]
    pairs, member = numbered(there[usable] * size + line)
    of_call = np.full(len(calls), -1, np.int64)
    of_call[usable] = member
    again = _again(feed, there)
    trips = np.zeros(len(feed.trips), bool)
    trips[calls.trip[again]] = True
    way = feed._trip_direction
    direction = np.where(way >= 0, way, 2).astype(np.int64)
    return PlaceLines(
        pairs // size,
        pairs % size,
        [str(g) for g in routes["mode_group"].to_numpy(dtype=object)[first]],
        [str(n) for n in routes["route_short_name"].to_numpy(dtype=object)[first]],
        of_call,
        direction,
        again,
        trips,
    )


def _again(feed: Feed, there: Ints) -> Bools:
    """Tell which calls come back to a place at which the trip could be boarded before."""
    calls = feed.calls
    board = np.flatnonzero((calls.pickup != 1) & ~calls.last & (there >= 0))
    key = calls.trip[board].astype(np.int64) * (int(there.max(initial=0)) + 1) + there[board]
    order = np.argsort(key, kind="stable")  # calls of a trip stay in their order
    again = np.zeros(len(calls), bool)
    again[board[order[1:]]] = np.diff(key[order]) == 0
    return again


def busier(counts: Ints) -> Ints:
    """Return departures in the busier direction; those of unknown direction serve both.

    Parameters
    ----------
    counts : ndarray of int (..., 3 * pairs)
        By pair and direction: 0, 1, unknown.

    Examples
    --------
    >>> busier(np.array([5, 3, 0, 2, 2, 1])).tolist()
    [5, 3]
    """
    most = np.maximum(counts[..., 0::3], counts[..., 1::3])
    out: Ints = most + counts[..., 2::3]
    return out
