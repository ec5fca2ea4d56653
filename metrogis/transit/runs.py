"""Runs listed twice: equal in line, places of stops and times, whatever their ids and feeds.

Two such trips are one run on every date that they share. Trips are compared by a hash of their
calls relative to the first departure, so that a run made by a headway equals a timetabled one.
Places are equal within a tolerance, for portals round coordinates, each in its own way: trips of
one exact course form a pattern, and patterns of one line and one sequence of times are compared
call by call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.transit.calendar import Calendar
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import Mask

Longs = npt.NDArray[np.int64]

SAME_PLACE = 20.0
"""Metres within which calls of two runs are at one place. Coordinates cut to 4 decimals of a degree
are off by up to 13 m, and by 7 m where they are rounded; runs of one line at one minute along stops
that are all as close are one run (project choice)."""

_DEGREES = 1e6
"""Positions of one exact pattern agree to a millionth of a degree, 0.1 m."""
_METRES = 111_320.0
"""Metres per degree of latitude, to a per cent: the tolerance needs no more."""


class Runs(NamedTuple):
    """Runs of one date: ``plain`` trips as timetabled, and by headway the trip and its start."""

    plain: Mask
    trip: Longs
    leaves: Longs


@dataclass(frozen=True, eq=False)
class Twins:
    """Which trips of a feed may be the same run.

    Attributes
    ----------
    group : ndarray of int (trips,)
        Number of the run but for the time it starts; equal runs share it. -1: without calls.
    start : ndarray of int (trips,)
        First departure, seconds.
    boards : ndarray of int (trips,)
        Calls at which passengers may board: of two equal runs that with more of them counts.
    way : ndarray of int (trips,)
        Stated direction, 2 where there is none: of runs that are equal but for it the first by
        number counts, in whatever order they are listed.
    candidate : ndarray of bool (trips,)
        Trips that equal another one, or may where a headway makes runs of one of them.
    """

    group: Longs
    start: Longs
    boards: Longs
    way: Longs
    candidate: Mask


def find_twins(
    calls: StopTimes,
    stops: pd.DataFrame,
    trips: pd.DataFrame,
    routes: pd.DataFrame,
    trip_route: npt.NDArray[np.int32],
    by_headway: Mask,
    *,
    same_place: float = SAME_PLACE,
) -> Twins:
    """Compare all trips of a feed, or of several merged.

    Parameters
    ----------
    calls, stops, trips, routes : tables of a feed
    trip_route : ndarray of int (trips,)
        Row of ``routes`` of each trip; -1 for none.
    by_headway : ndarray of bool (trips,)
        Trips that ``frequencies.txt`` repeats.
    same_place : float
        Metres within which the calls of two runs are at one place.
    """
    n = len(trips)
    place = _place_keys(stops)
    line = _line_keys(routes)
    bounds = calls.bounds(n)
    start = np.zeros(n, np.int64)
    has = bounds[1:] > bounds[:-1]
    start[has] = calls.departure[bounds[:-1][has]]
    value, timing, boards = _hash_trips(
        bounds, calls.stop, calls.arrival, calls.departure, calls.pickup, calls.modelled,
        place, line[trip_route],
    )  # fmt: skip
    group = np.full(n, -1, np.int64)
    if has.any():
        _, first, own = np.unique(value[has], return_index=True, return_inverse=True)
        first = np.flatnonzero(has)[first]
        lon, lat = stops["stop_lon"].to_numpy(float), stops["stop_lat"].to_numpy(float)
        merged = _same_course(first, timing[first], bounds, calls.stop, place, lon, lat, same_place)
        _, group[has], size = np.unique(merged[own], return_inverse=True, return_counts=True)
        candidate = has & _repeated(group, start)
        if by_headway.any():
            varied = np.zeros(len(size), bool)
            varied[group[by_headway & has]] = True
            candidate |= has & (varied & (size > 1))[group]
    else:
        candidate = has
    stated = trips["direction_id"].to_numpy(np.int64)
    return Twins(group, start, boards, np.where(stated < 0, 2, stated), candidate)


def _key(group: Longs, start: Longs) -> Longs:
    # starts are seconds of a day or a few, far below 2^32: group and start do not overlap
    return (group << 32) + start


def _repeated(group: Longs, start: Longs) -> Mask:
    """Tell which pairs of group and start stand there more than once."""
    key = _key(group, start)
    order = np.argsort(key)
    same = np.diff(key[order]) == 0
    found = np.zeros(len(group), bool)
    found[order] = np.r_[False, same] | np.r_[same, False]
    return found


def _place_keys(stops: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """Return a key of each stop's position; stops without one are alike where their names are."""
    lat, lon = stops["stop_lat"].to_numpy(float), stops["stop_lon"].to_numpy(float)
    placed = np.isfinite(lat) & np.isfinite(lon)
    key = np.zeros(len(stops), np.uint64)
    y = np.rint(lat[placed] * _DEGREES).astype(np.int64).astype(np.uint64)
    x = np.rint(lon[placed] * _DEGREES).astype(np.int64).astype(np.uint64)
    key[placed] = (y << np.uint64(32)) ^ (x & np.uint64(0xFFFFFFFF))
    if not placed.all():
        names = stops["stop_name"].to_numpy(dtype=object)[~placed]
        key[~placed] = pd.util.hash_array(names, categorize=False)
    return key


def _same_course(
    trip: Longs,
    timing: npt.NDArray[np.uint64],
    bounds: Longs,
    stop: npt.NDArray[np.int32],
    place: npt.NDArray[np.uint64],
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    tolerance: float,
) -> Longs:
    """Return for each pattern (a trip of it) the number of the course that it follows.

    Patterns of one timing whose calls all lie within the tolerance follow one course, and so does
    what is joined by a third: the order of rows changes nothing.
    """
    # within one timing by latitude of the first call: patterns that may be one are neighbours
    top = lat[stop[bounds[trip]]]
    order = np.lexsort((np.where(np.isfinite(top), top, -np.inf), timing))
    root = np.arange(len(trip))
    _join(root, order, trip, timing, bounds, stop, place, lon, lat, tolerance)
    return root


@njit(cache=True, nogil=True)
def _find(root, i):  # type: ignore[no-untyped-def]
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@njit(cache=True, nogil=True)
def _join(root, order, trip, timing, bounds, stop, place, lon, lat, tolerance):  # type: ignore[no-untyped-def]
    n = len(order)
    for a in range(n):
        i = order[a]
        here = lat[stop[bounds[trip[i]]]]
        for b in range(a + 1, n):
            j = order[b]
            # invariant: what follows in this timing starts no further south than pattern j
            north = (lat[stop[bounds[trip[j]]]] - here) * _METRES
            if timing[j] != timing[i] or north > tolerance:
                break
            row, other = bounds[trip[i]], bounds[trip[j]]
            calls = bounds[trip[i] + 1] - row
            same = bounds[trip[j] + 1] - other == calls
            k = 0
            while same and k < calls:
                s, t = stop[row + k], stop[other + k]
                if place[s] != place[t]:  # a stop without a place has none near it: NaN
                    east = (lon[s] - lon[t]) * np.cos(np.radians(lat[s]))
                    same = np.hypot(east, lat[s] - lat[t]) * _METRES <= tolerance
                k += 1
            if same:
                p, q = _find(root, i), _find(root, j)
                # union by the smaller number: the root of a course does not depend on the order of
                # joins
                root[max(p, q)] = min(p, q)
    for i in range(n):
        root[i] = _find(root, i)


def _line_keys(routes: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """Return a key of each route's line and mode; the last one stands for an unknown route."""
    text = routes["line"].astype(object) + "\0" + routes["mode"].astype(object)
    return np.append(pd.util.hash_array(text.to_numpy(dtype=object), categorize=False), 0).astype(
        np.uint64
    )


@njit(cache=True, nogil=True, inline="always")
def _mix(value):  # type: ignore[no-untyped-def]
    # the finalizer of splitmix64: every bit of the input moves about half of the output's
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def _hash_trips(bounds, stop, arrival, departure, pickup, modelled, place, line):  # type: ignore[no-untyped-def]
    """Hash line, places and times of each trip, line and times alone, and count its boardings."""
    n = len(bounds) - 1
    value = np.zeros(n, np.uint64)
    timing = np.zeros(n, np.uint64)
    boards = np.zeros(n, np.int64)
    for trip in range(n):
        h = line[trip]
        bare = h
        first, end = bounds[trip], bounds[trip + 1]
        for row in range(first, end):
            # when a vehicle comes to its first stop and leaves its last one is nobody's concern
            leaves = departure[row] if row < end - 1 else arrival[row]
            comes = arrival[row] if row > first else departure[row]
            times = (np.uint64(np.uint32(leaves - departure[first])) << np.uint64(32)) | (
                np.uint64(np.uint32(comes - departure[first]))
            )
            h = _mix(h ^ place[stop[row]]) + np.uint64(0x9E3779B97F4A7C15)
            h = _mix(h ^ times)
            # an interpolated time hangs on the places, of which each portal has its own
            bare = _mix(bare ^ (np.uint64(1) if modelled[row] else times)) + np.uint64(
                0x9E3779B97F4A7C15
            )
            if pickup[row] != 1 and row < end - 1:
                boards[trip] += 1
        value[trip] = h
        timing[trip] = bare
    return value, timing, boards


def runs_on(on: Mask, frequencies: pd.DataFrame, twins: Twins, *, limit: int, layer: str) -> Runs:
    """Return the runs of the trips ``on``: headways expanded, what is listed twice once.

    Runs by headway leave at start, start + headway ... before end.

    Raises
    ------
    SourceError
        If headways make more than ``limit`` runs.
    """
    by_headway = np.zeros(len(on), bool)
    by_headway[frequencies["trip"].to_numpy()] = True
    plain = on & ~by_headway
    none = np.zeros(0, np.int64)
    trip, leaves = none, none
    if (on & by_headway).any():
        trip, leaves = _expand(frequencies, on, limit, layer)
    index = np.flatnonzero(plain & twins.candidate)
    if not len(index) and not twins.candidate[trip].any():
        return Runs(plain, trip, leaves)
    whole = np.concatenate([index, trip])
    key = _key(twins.group[whole], np.concatenate([twins.start[index], leaves]))
    # of equal runs the one with most boardings stays, then by direction, then the first
    order = np.lexsort((twins.way[whole], -twins.boards[whole], key))
    again = np.r_[False, np.diff(key[order]) == 0]
    once = np.ones(len(whole), bool)
    once[order[again]] = False
    plain = plain.copy()
    plain[index[~once[: len(index)]]] = False
    keep = once[len(index) :]
    return Runs(plain, trip[keep], leaves[keep])


def _expand(frequencies: pd.DataFrame, on: Mask, limit: int, layer: str) -> tuple[Longs, Longs]:
    part = frequencies[on[frequencies["trip"].to_numpy()]]
    start, headway = part["start"].to_numpy(np.int64), part["headway"].to_numpy(np.int64)
    # rounded up: `end` itself is no departure
    count = -((start - part["end"].to_numpy(np.int64)) // headway)
    if int(count.sum()) > limit:
        raise SourceError(
            _("headways make over {limit:0} trips").fill(limit=limit),
            layer=layer,
            place="frequencies.txt",
            remedy=_("check headway_secs"),
        )
    first = np.repeat(np.cumsum(count) - count, count)
    step = np.arange(len(first)) - first
    trip = np.repeat(part["trip"].to_numpy(np.int64), count)
    leaves = np.repeat(start, count) + step * np.repeat(headway, count)
    # two periods of a trip may name one run: it counts once
    kept = np.sort(np.unique(trip * (1 << 32) + leaves, return_index=True)[1])
    return trip[kept], leaves[kept]


def listed_twice(twins: Twins, calendar: Calendar, service: npt.NDArray[np.int32]) -> Mask:
    """Tell which timetabled trips repeat an earlier one on a date that both run on.

    Parameters
    ----------
    twins : Twins
    calendar : Calendar
    service : ndarray of int (trips,)
        Service of each trip; -1 for none.
    """
    found = np.zeros(len(service), bool)
    index = np.flatnonzero(twins.candidate & (service >= 0))
    if not len(index):
        return found
    key = _key(twins.group[index], twins.start[index])
    order = np.argsort(key, kind="stable")
    index, key = index[order], key[order]
    new = np.r_[True, np.diff(key) != 0]
    head = np.flatnonzero(new)
    run = np.cumsum(new) - 1
    rank = np.arange(len(index)) - head[run]
    several = np.bincount(run)[run] > 1
    if not several.any():
        return found
    days = np.packbits(calendar.runs, axis=0)  # dates of each service, eight a byte
    index, run, rank = index[several], run[several], rank[several]
    _, run = np.unique(run, return_inverse=True)
    seen = np.zeros((int(run.max()) + 1, len(days)), np.uint8)
    # invariant: seen[r] holds the dates of all trips of run r with a lower rank
    by_rank = np.argsort(rank, kind="stable")
    cuts = np.flatnonzero(np.r_[True, np.diff(rank[by_rank]) > 0])
    for part in np.split(by_rank, cuts[1:]):
        own = days.T[service[index[part]]]
        found[index[part]] = (seen[run[part]] & own).any(axis=1)
        seen[run[part]] |= own
    return found
