"""Journeys by timetable: every departure that no other one beats, with transfers.

One scan over the rides of a day (:mod:`.rides`), latest first, gives for every stop all
non-dominated journeys (leave later or arrive earlier) to a place, for each number of vehicles; on
the mirrored timetable the same scan gives all journeys from it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from metrogis.arrays import Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.transit.daytypes import DateLike
from metrogis.transit.feed import Feed
from metrogis.transit.rides import Rides, Times, TransferRules, read_rides

__all__ = [
    "NEVER",
    "Profiles",
    "Rides",
    "TransferRules",
    "journeys",
    "profiles",
    "read_rides",
]

NEVER = np.int32(1 << 30)
"""Seconds: later than any time."""


# rides by falling departure and entries of profiles (see Profiles), as kernels take them
_Course = namedtuple("_Course", "departure arrival dep_stop arr_stop following board alight")
_Slots = namedtuple("_Slots", "ptr dep arr ride used tau")


def _feet_of(rides: Rides) -> tuple[Any, Any, Any]:
    return rides.foot_ptr, rides.foot_to, rides.foot_seconds


@dataclass(frozen=True, eq=False)
class Profiles:
    """Every non-dominated journey between all stops and one place (see :func:`profiles`)."""

    rides: Rides
    towards: Ints
    ptr: Ints
    slot_dep: npt.NDArray[np.int32]
    slot_arr: npt.NDArray[np.int32]
    slot_ride: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    tau: npt.NDArray[np.int32]
    egress: npt.NDArray[np.int32]

    def _entries(self, stops: Ints, legs: int) -> tuple[Times, Times]:
        """Leaving and arriving of the journeys from some stops, non-dominated, latest first."""
        rows = [np.arange(self.ptr[s], self.ptr[s] + self.count[legs, s]) for s in stops]
        at = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        leave, arrive = self.slot_dep[legs, at], self.slot_arr[legs, at]
        order = np.lexsort((arrive, -leave))
        leave, arrive = leave[order], arrive[order]
        best = np.minimum.accumulate(arrive) if len(arrive) else arrive
        keep = np.ones(len(arrive), bool)
        keep[1:] = arrive[1:] < best[:-1]
        return leave[keep], arrive[keep]

    def times(
        self,
        stops: Iterable[Any],
        *,
        window: tuple[float, float] = (-np.inf, np.inf),
        max_seconds: float = np.inf,
    ) -> pd.DataFrame:
        """Return the non-dominated journeys between a place (some stops) and the other one.

        Parameters
        ----------
        stops : iterable of stop_id
            The place; whichever stop is best counts.
        window : tuple of float
            Departures in [start, end), seconds.
        max_seconds : float
            Longest journey.

        Returns
        -------
        DataFrame
            ``departure``, ``arrival`` (seconds), ``transfers`` (the fewest with which that
            departure and arrival can be had), by departure.
        """
        leave, arrive, transfers = self.arrays(stops, window=window, max_seconds=max_seconds)
        return pd.DataFrame({"departure": leave, "arrival": arrive, "transfers": transfers})

    def arrays(
        self,
        stops: Iterable[Any],
        *,
        window: tuple[float, float] = (-np.inf, np.inf),
        max_seconds: float = np.inf,
    ) -> tuple[Times, Times, Ints]:
        """Return departure, arrival and transfers of :meth:`times` as arrays.

        Parameters
        ----------
        stops : iterable of str
            One place: the best journey of any of its stops counts.
        window : (float, float)
            Departures in seconds after midnight, half-open.
        max_seconds : float
            Longest journey, inclusive.

        Returns
        -------
        departure, arrival : ndarray of int (journeys,)
            Seconds, by departure.
        transfers : ndarray of int64 (journeys,)
            The fewest with which that departure and arrival are possible.
        """
        numbers = self.rides.numbers(stops)
        top = len(self.count) - 1
        leave, arrive = self._entries(numbers, top)
        fewest = np.full(len(leave), top, np.int64)
        # from few vehicles on: an entry of fewer legs that arrives as early takes the journey over
        for legs in range(top - 1, -1, -1):
            a, b = self._entries(numbers, legs)
            # the best arrival by at most that many vehicles, leaving then or later
            at = np.searchsorted(-a, -leave, side="right") - 1
            same = (at >= 0) & (np.append(b, NEVER)[at] <= arrive)
            fewest[same] = legs
        if self.rides.mirrored:
            leave, arrive = -arrive, -leave
        keep = (leave >= window[0]) & (leave < window[1]) & (arrive - leave <= max_seconds)
        order = np.flatnonzero(keep)[np.argsort(leave[keep], kind="stable")]
        return leave[order], arrive[order], fewest[order]

    def legs(self, stops: Iterable[Any], table: pd.DataFrame) -> pd.DataFrame:
        """Return the vehicles of journeys that :meth:`times` gave for the same stops.

        Returns
        -------
        DataFrame
            ``journey`` (row of the table), ``leg``, ``line``, ``trip`` (row of the feed's trips),
            ``from_stop``, ``to_stop``, ``departure``, ``arrival``.
        """
        r, mirrored = self.rides, self.rides.mirrored
        journey, first, last = self._vehicles(
            stops, *(table[c].to_numpy() for c in ("departure", "arrival", "transfers"))
        )
        start, end = (last, first) if mirrored else (first, last)
        out = pd.DataFrame(
            {
                "journey": journey,
                "line": r.lines[r.trip[first]],
                "trip": r.trip[first],
                "from_stop": r.stop_ids[(r.arr_stop if mirrored else r.dep_stop)[start]],
                "to_stop": r.stop_ids[(r.dep_stop if mirrored else r.arr_stop)[end]],
                "departure": -r.arrival[start] if mirrored else r.departure[start],
                "arrival": -r.departure[end] if mirrored else r.arrival[end],
            }
        )
        if mirrored:  # traced from the destination
            out = out.iloc[np.lexsort((-np.arange(len(out)), journey))].reset_index(drop=True)
        out.insert(1, "leg", out.groupby("journey").cumcount())
        return out

    def lines(
        self, stops: Iterable[Any], departure: Any, arrival: Any, transfers: Any
    ) -> npt.NDArray[np.object_]:
        """Return the lines of journeys that :meth:`arrays` gave.

        Parameters
        ----------
        stops : iterable of str
            As given to :meth:`arrays`.
        departure, arrival, transfers : ndarray (journeys,)

        Returns
        -------
        ndarray of str (journeys,)
            Lines in the order they are ridden, joined by `` > ``; empty for a journey on foot
            alone.
        """
        journey, first, _ = self._vehicles(stops, departure, arrival, transfers)
        names = self.rides.lines[self.rides.trip[first]]
        out = np.full(len(departure), "", dtype=object)
        for at, name in zip(journey.tolist(), names.tolist(), strict=True):
            if not out[at]:
                out[at] = str(name)
            elif self.rides.mirrored:  # traced from the destination
                out[at] = f"{name} > {out[at]}"
            else:
                out[at] = f"{out[at]} > {name}"
        return out

    def _vehicles(
        self, stops: Iterable[Any], departure: Any, arrival: Any, transfers: Any
    ) -> tuple[Ints, Ints, Ints]:
        """Journey, first and last ride of each vehicle, in the order they are traced."""
        r = self.rides
        leave, arrive = (-arrival, -departure) if r.mirrored else (departure, arrival)
        slots = _Slots(self.ptr, self.slot_dep, self.slot_arr, self.slot_ride, self.count, self.tau)
        return _trace(
            r.numbers(stops), np.asarray(leave, np.int32), np.asarray(arrive, np.int32),
            np.asarray(transfers, np.int64), slots, self.egress,
            (r.arrival, r.arr_stop, r.following, r.alight), _feet_of(r),
        )  # fmt: skip


def profiles(
    rides: Rides,
    place: Iterable[Any],
    *,
    max_transfers: int = 1,
    max_seconds: float = np.inf,
    backwards: bool = False,
) -> Profiles:
    """Find every non-dominated journey from all stops to a place, or from the place to all stops.

    Parameters
    ----------
    rides : Rides
        Of a day (:func:`read_rides`).
    place : iterable of stop_id
        Stops that are the place.
    max_transfers : int
        Changes of vehicle.
    max_seconds : float
        Longest journey, s: longer ones are not followed, which is quicker.
    backwards : bool
        Journeys from the place; ``rides`` must then be mirrored (:meth:`Rides.mirror`).

    Returns
    -------
    Profiles

    Raises
    ------
    ParameterError

    Notes
    -----
    A journey is dominated when another one leaves no earlier and arrives no later. Waiting at the
    origin does not count. Source: connection scan with profiles (Dibbelt, Pajor, Strasser, Wagner
    2018), bounded by the number of vehicles.
    """
    if max_transfers < 0 or int(max_transfers) != max_transfers:
        raise ParameterError(
            _("transfers: 0, 1, 2, ..."),
            place=f"max_transfers={max_transfers}",
        )
    if backwards != rides.mirrored:
        raise ParameterError(_("use rides.mirror() for journeys from"))
    towards = rides.numbers(place)
    n, legs = len(rides.stop_ids), int(max_transfers) + 1
    egress = np.full(n, NEVER, np.int32)
    egress[towards] = 0
    slots = np.bincount(rides.dep_stop[rides.board], minlength=n)
    ptr = np.concatenate([[0], np.cumsum(slots)]).astype(np.int64)
    slot_dep = np.empty((legs, ptr[-1]), np.int32)
    slot_arr, slot_ride = np.empty_like(slot_dep), np.empty((legs, ptr[-1]), np.int64)
    count = np.zeros((legs, n), np.int64)
    tau = np.full((len(rides), legs), NEVER, np.int32)
    longest = int(min(float(max_seconds), float(NEVER)))
    course = _Course(*(getattr(rides, name) for name in _Course._fields))
    entries = _Slots(ptr, slot_dep, slot_arr, slot_ride, count, tau)
    _scan(course, egress, _feet_of(rides), rides._foot_from, longest, entries)
    return Profiles(rides, towards, ptr, slot_dep, slot_arr, slot_ride, count, tau, egress)


def journeys(
    feed: Feed,
    day: DateLike,
    origin: Iterable[Any],
    destination: Iterable[Any],
    *,
    rules: TransferRules = TransferRules(),
    crs: Any = None,
    max_transfers: int = 1,
    window: tuple[float, float] = (-np.inf, np.inf),
    max_seconds: float = np.inf,
    previous_day: bool = False,
) -> pd.DataFrame:
    """Return the non-dominated journeys from one place to another on a day.

    Parameters
    ----------
    feed, day, rules, crs, previous_day
        As in :func:`read_rides`.
    origin, destination : iterable of stop_id
        Stops that are the place.
    max_transfers : int
    window : tuple of float
        Departures in [start, end), seconds after midnight.
    max_seconds : float
        Longest journey.

    Returns
    -------
    DataFrame
        ``departure``, ``arrival``, ``transfers``, ``lines`` (joined by `` > ``), by departure.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from metrogis.transit import read_feed
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.5,18.6|C,54.6,18.7",
    ...     "routes": "route_id,route_type|7,3|R,2",
    ...     "trips": "trip_id,route_id,service_id|1,7,W|2,R,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,8:00:00|1,B,8:20:00|"
    ...                   "2,B,8:30:00|2,C,8:40:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> rules = TransferRules(walk_metres=0)
    >>> journeys(read_feed(folder), "2024-10-16", ["A"], ["C"], rules=rules).values.tolist()
    [[28800, 31200, 1, '7 > R']]
    """
    rides = read_rides(feed, day, rules=rules, crs=crs, previous_day=previous_day)
    found = profiles(rides, destination, max_transfers=max_transfers, max_seconds=max_seconds)
    origin = list(origin)
    table = found.times(origin, window=window, max_seconds=max_seconds)
    table["lines"] = found.lines(
        origin, *(table[c].to_numpy() for c in ("departure", "arrival", "transfers"))
    )
    return table


# --------------------------------------------------------------------------- kernels


@njit(cache=True, nogil=True)
def _board(stop, time, legs, ptr, slot_dep, slot_arr, count):  # type: ignore[no-untyped-def]
    """Slot of the best journey from a stop by at most ``legs + 1`` vehicles at a time; -1: none."""
    i = ptr[stop] + count[legs, stop] - 1
    while i >= ptr[stop] and slot_dep[legs, i] < time:
        i -= 1
    return i if i >= ptr[stop] else -1


@njit(cache=True, nogil=True)
def _scan(course, egress, feet, feet_back, longest, slots):  # type: ignore[no-untyped-def]
    """Scan rides, the latest departure first; fill the profiles."""
    departure, arrival, dep_stop, arr_stop, following, board, alight = course
    foot_ptr, foot_to, foot_seconds = feet
    back_ptr, back = feet_back
    ptr, slot_dep, slot_arr, slot_ride, count, tau = slots
    n = departure.size
    top = tau.shape[1]
    never = np.int32(1 << 30)
    # stops from which a change leads on by that many vehicles: most rides end at none
    leads = np.zeros((top, egress.size), np.bool_)
    at_once = False
    for i in range(foot_seconds.size):
        if foot_seconds[i] <= 0:
            at_once = True
    # invariant: the rides from `end` on are done: all journeys that leave later are in the slots
    end = n
    while end > 0:
        begin = end - 1
        while begin > 0 and departure[begin - 1] == departure[begin]:
            begin -= 1
        # a ride of no length can come before any other of its moment: repeat until none improves
        short = False
        for c in range(begin, end):
            if arrival[c] == departure[c]:
                short = True
        again = True
        while again:
            again = False
            for c in range(end - 1, begin - 1, -1):
                v = arr_stop[c]
                here = arrival[c]
                nxt = following[c]
                for k in range(top):
                    best = tau[c, k]
                    # stay aboard, or do with fewer vehicles: both are journeys by at most k + 1
                    if nxt >= 0 and tau[nxt, k] < best:
                        best = tau[nxt, k]
                    if k > 0 and tau[c, k - 1] < best:
                        best = tau[c, k - 1]
                    if alight[c]:
                        if egress[v] < never and here + egress[v] < best:
                            best = here + egress[v]
                        if k > 0 and leads[k - 1, v]:
                            for f in range(foot_ptr[v], foot_ptr[v + 1]):
                                w = foot_to[f]
                                if count[k - 1, w] == 0:
                                    continue
                                # the last entry arrives first of all: no need to look further
                                if slot_arr[k - 1, ptr[w] + count[k - 1, w] - 1] >= best:
                                    continue
                                s = _board(
                                    w, here + foot_seconds[f], k - 1, ptr, slot_dep, slot_arr, count
                                )
                                if s >= 0 and slot_arr[k - 1, s] < best:
                                    best = slot_arr[k - 1, s]
                    if best >= tau[c, k] or best - departure[c] > longest:
                        continue
                    tau[c, k] = best
                    if at_once and short:
                        again = True
                    if board[c]:
                        u = dep_stop[c]
                        last = ptr[u] + count[k, u] - 1
                        if count[k, u] == 0:
                            for f in range(back_ptr[u], back_ptr[u + 1]):
                                leads[k, back[f]] = True
                        # invariant: slots of a stop fall in departure and arrival; what arrives no
                        # sooner is dominated
                        if count[k, u] > 0 and slot_arr[k, last] <= best:
                            continue
                        # of one moment the better journey takes the slot
                        if count[k, u] == 0 or slot_dep[k, last] != departure[c]:
                            last += 1
                            count[k, u] += 1
                        slot_dep[k, last] = departure[c]
                        slot_arr[k, last] = best
                        slot_ride[k, last] = c
        end = begin


@njit(cache=True, nogil=True)
def _trace(stops, leave, arrive, transfers, slots, egress, ends, feet):  # type: ignore[no-untyped-def]
    """Follow journeys vehicle by vehicle: first and last ride of each."""
    ptr, slot_dep, slot_arr, slot_ride, count, tau = slots
    arrival, arr_stop, following, alight = ends
    foot_ptr, foot_to, foot_seconds = feet
    most = 0
    for j in range(leave.size):
        most += transfers[j] + 1
    journey = np.empty(most, np.int64)
    first = np.empty(most, np.int64)
    last = np.empty(most, np.int64)
    used = 0
    for j in range(leave.size):
        k = transfers[j]
        goal = arrive[j]
        slot = -1
        for s in stops:
            i = _board(s, leave[j], k, ptr, slot_dep, slot_arr, count)
            if i >= 0 and slot_arr[k, i] == goal and (slot < 0 or slot_dep[k, i] == leave[j]):
                slot = i
        # invariant: the next vehicle is boarded at slot, with at most k changes after it
        while slot >= 0:
            c = slot_ride[k, slot]
            journey[used] = j
            first[used] = c
            slot = -1
            while True:
                v = arr_stop[c]
                # where the journey may end here it does; else it stays aboard while that is as good
                if alight[c] and egress[v] < (1 << 30) and arrival[c] + egress[v] == goal:
                    break
                nxt = following[c]
                if nxt >= 0 and tau[nxt, k] == goal:
                    c = nxt
                    continue
                while alight[c] and slot < 0 and k > 0:
                    k -= 1
                    for f in range(foot_ptr[v], foot_ptr[v + 1]):
                        i = _board(
                            foot_to[f], arrival[c] + foot_seconds[f], k, ptr, slot_dep, slot_arr,
                            count,
                        )  # fmt: skip
                        if i >= 0 and slot_arr[k, i] == goal:
                            slot = i
                            break
                break
            last[used] = c
            used += 1
    return journey[:used], first[:used], last[:used]
