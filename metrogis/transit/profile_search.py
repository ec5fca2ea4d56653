"""Kernels of door-to-door times: profiles of one target for all stops, and what minutes make of it.

A *profile* of a stop holds all non-dominated pairs (a vehicle leaves the stop at this time, one is
at the target at that time), the latest departure first. It speaks of boarding there: a walk to the
stop is never continued by a walk between stops. All times are whole microseconds.

Source: connection scan with profiles (Dibbelt, Pajor, Strasser, Wagner 2018, "Connection Scan
Algorithm", doi:10.1145/3274661), bounded by the number of vehicles.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from metrogis.arrays import Bools, Floats, Ints
from metrogis.transit.vehicles import MICRO, Vehicles

NEVER = np.int64(1 << 60)
"""Microseconds: later than any time."""

MINUTE = 60 * MICRO


class Feet(NamedTuple):
    """Changes between stops: those from stop ``s`` are rows ``ptr[s]:ptr[s + 1]``.

    ``change`` is the time between arrival and departure, ``walk`` that of the walk alone (to end a
    journey with), ``metres`` its length.
    """

    ptr: Ints
    to: Ints
    change: Ints
    walk: Ints
    metres: Floats

    def mirror(self) -> Feet:
        """Return the changes against their direction, in rows by the stop where they end.

        Changes are directed (a row of ``transfers.txt`` holds one way): mirrored time needs those
        that lead to a stop.
        """
        n = len(self.ptr) - 1
        start = np.repeat(np.arange(n), np.diff(self.ptr))
        order = np.lexsort((start, self.to))
        ptr = np.searchsorted(self.to[order], np.arange(n + 1)).astype(np.int64)
        return Feet(ptr, start[order], self.change[order], self.walk[order], self.metres[order])


class Links(NamedTuple):
    """Walks between points and stops: those of point ``p`` are rows ``ptr[p]:ptr[p + 1]``.

    ``micro`` is the time between the point and a vehicle: the walk, and what boarding needs.
    ``metres`` is what is walked.
    """

    ptr: Ints
    stop: npt.NDArray[np.int32]
    micro: Ints
    metres: Floats


@dataclass(frozen=True, eq=False)
class Profile:
    """Profiles of all stops for one target, by number of vehicles (see :func:`profile`).

    ``slot_*[k, ptr[s] : ptr[s] + count[k, s]]`` are those of stop ``s`` by at most ``k + 1``
    vehicles; ``tau[c, k]`` is the arrival of who sits in ride ``c``.
    """

    ptr: Ints
    slot_dep: Ints
    slot_arr: Ints
    slot_ride: Ints
    count: Ints
    tau: Ints
    egress: Ints

    def entry(self, stop: int, time: int, vehicles: int) -> int:
        """Return the slot of the best boarding at a stop at a time or later.

        Slots of a stop are in falling order of departure, and a later departure arrives later: of
        those that are not too early the last one arrives first.

        Parameters
        ----------
        stop : int
        time : int
            Microseconds.
        vehicles : int
            Number of vehicles less one.

        Returns
        -------
        int
            Position in ``slot_*[vehicles]``; -1 without one.
        """
        begin = int(self.ptr[stop])
        i = begin + int(self.count[vehicles, stop]) - 1
        while i >= begin and self.slot_dep[vehicles, i] < time:
            i -= 1
        return i if i >= begin else -1


class Course(NamedTuple):
    """Rides by falling departure, as kernels take them (rides,); times in microseconds.

    Rides that go on from ride ``c`` are ``next_ride[next_ptr[c]:next_ptr[c + 1]]``.
    """

    departure: Ints
    arrival: Ints
    dep_stop: Ints
    arr_stop: Ints
    next_ptr: Ints
    next_ride: Ints
    board: Bools
    alight: Bools


class Changes(NamedTuple):
    """Changes from each stop with their microseconds, and the stops from which one leads to it."""

    ptr: Ints
    to: Ints
    change: Ints
    back_ptr: Ints
    back_to: Ints


class Slots(NamedTuple):
    """Entries of profiles, filled by :func:`scan`.

    Of stop ``s`` and ``k + 1`` vehicles at most they are ``ptr[s]:ptr[s] + used[k, s]`` of row
    ``k``; ``tau`` (rides, vehicles) is the earliest arrival from each ride.
    """

    ptr: Ints
    dep: Ints
    arr: Ints
    ride: Ints
    used: Ints
    tau: Ints


def course_of(rides: Vehicles) -> Course:
    """Return rides as kernels take them."""
    return Course(*(getattr(rides, name) for name in Course._fields))


def changes_of(feet: Feet) -> Changes:
    """Return changes as kernels take them."""
    back = feet.mirror()
    return Changes(feet.ptr, feet.to, feet.change, back.ptr, back.to)


def slot_ptr_of(rides: Vehicles, stops: int) -> Ints:
    """Return where the entries of each stop begin: no more are made than rides leave there."""
    slots = np.bincount(rides.dep_stop[rides.board], minlength=stops)
    return np.concatenate([[0], np.cumsum(slots)]).astype(np.int64)


def profile(
    rides: Vehicles, feet: Feet, egress: Ints, *, max_transfers: int, longest: int
) -> Profile:
    """Find every non-dominated journey from all stops to a target.

    Parameters
    ----------
    rides : Vehicles
    feet : Feet
    egress : ndarray of int (stops,)
        Microseconds from alighting at a stop to the target; NEVER where it is too far.
    max_transfers : int
    longest : int
        Microseconds from the first departure to the target; longer ones are not followed.
    """
    n, top = len(egress), max_transfers + 1
    ptr = slot_ptr_of(rides, n)
    slot_dep = np.empty((top, int(ptr[-1])), np.int64)
    slot_arr, slot_ride = np.empty_like(slot_dep), np.empty_like(slot_dep)
    count = np.zeros((top, n), np.int64)
    tau = np.full((len(rides), top), NEVER, np.int64)
    slots = Slots(ptr, slot_dep, slot_arr, slot_ride, count, tau)
    scan(course_of(rides), egress, changes_of(feet), np.int64(longest), slots)
    return Profile(ptr, slot_dep, slot_arr, slot_ride, count, tau, egress)


@dataclass(frozen=True)
class Ticks:
    """Moments one asks about, a minute apart, and whether they are arrivals.

    ``flipped``: they were counted backwards, in mirrored time.
    """

    first: int
    count: int
    arrive: bool
    flipped: bool = False

    def mirror(self) -> Ticks:
        """Return the same moments in mirrored time, where leaving is arriving."""
        last = self.first + (self.count - 1) * MINUTE
        return Ticks(-last, self.count, not self.arrive, not self.flipped)


@dataclass(frozen=True)
class Wanted:
    """What is asked of the minutes: ranks of percentiles (1-based), limits and longest time, µs."""

    ranks: Ints
    limits: Ints
    longest: int
    each: bool = False


def minutes(
    found: Profile, links: Links, walk: Ints, ticks: Ticks, wanted: Wanted, *, threads: int = 2
) -> tuple[Floats, Floats, Floats]:
    """Return percentiles, shares and (if wanted) every minute's time of all points.

    Parameters
    ----------
    found : Profile
    links : Links
        From the points to stops.
    walk : ndarray of int (points,)
        Walking all the way, microseconds; NEVER where it cannot be done.
    ticks : Ticks
    wanted : Wanted

    Returns
    -------
    percentiles : ndarray of float (points, ranks)
        Minutes; infinite beyond the longest time.
    shares : ndarray of float (points, limits)
        0-1, of the minutes.
    times : ndarray of float (points, minutes)
        Minutes; of no rows unless wanted.
    """
    n, top = len(walk), len(found.count) - 1
    percentiles = np.empty((n, len(wanted.ranks)))
    shares = np.empty((n, len(wanted.limits)))
    times = np.empty((n if wanted.each else 0, ticks.count))
    entries = found.ptr, found.count[top], found.slot_dep[top], found.slot_arr[top]
    cuts = np.linspace(0, n, max(1, min(threads, n // 4096 + 1)) + 1).astype(np.int64)

    def part(k: int) -> None:
        _minutes(
            cuts[k], cuts[k + 1], (links.ptr, links.stop, links.micro), entries, walk,
            (np.int64(ticks.first), ticks.count, ticks.arrive, ticks.flipped),
            (wanted.ranks, wanted.limits, np.int64(wanted.longest), wanted.each),
            (percentiles, shares, times),
        )  # fmt: skip

    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        list(pool.map(part, range(len(cuts) - 1)))
    return percentiles, shares, times


# --------------------------------------------------------------------------- kernels


@njit(cache=True, nogil=True)
def scan(course, egress, changes, longest, slots):  # type: ignore[no-untyped-def]
    """Scan rides, the latest departure first; fill the profiles.

    Invariant at the top of the loop: every profile holds the non-dominated journeys whose first
    ride leaves later than those of the group, by at most ``k + 1`` vehicles, entries in order of
    falling departure and arrival (so the last one arrives first of all).
    """
    departure, arrival, dep_stop, arr_stop, next_ptr, next_ride, board, alight = course
    foot_ptr, foot_to, change, back_ptr, back_to = changes
    ptr, slot_dep, slot_arr, slot_ride, count, tau = slots
    n = departure.size
    top = tau.shape[1]
    never = np.int64(1 << 60)
    # stops from which a change leads on by that many vehicles: most rides end at none
    leads = np.zeros((top, egress.size), np.bool_)
    # a ride is live if its passengers may still be at the target in time: it ends at an open stop
    # (with an egress, or a change that leads on), or a live ride goes on from it. All others, most
    # of them, are passed over: for them ``best`` below would stay "never" for every number.
    opened = egress < never
    live = np.zeros(n, np.bool_)
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
                maybe = opened[v]
                for i in range(next_ptr[c], next_ptr[c + 1]):
                    if live[next_ride[i]]:
                        maybe = True
                if not maybe:
                    continue
                here = arrival[c]
                for k in range(top):
                    best = tau[c, k]
                    for i in range(next_ptr[c], next_ptr[c + 1]):
                        if tau[next_ride[i], k] < best:
                            best = tau[next_ride[i], k]
                    if k > 0 and tau[c, k - 1] < best:
                        best = tau[c, k - 1]
                    if alight[c]:
                        if egress[v] < never and here + egress[v] < best:
                            best = here + egress[v]
                        if k > 0 and leads[k - 1, v]:
                            for f in range(foot_ptr[v], foot_ptr[v + 1]):
                                w = foot_to[f]
                                own = count[k - 1, w]
                                # the last entry arrives first of all: no need to look further
                                if own == 0 or slot_arr[k - 1, ptr[w] + own - 1] >= best:
                                    continue
                                time = here + change[f]
                                i = ptr[w] + own - 1
                                while i >= ptr[w] and slot_dep[k - 1, i] < time:
                                    i -= 1
                                if i >= ptr[w] and slot_arr[k - 1, i] < best:
                                    best = slot_arr[k - 1, i]
                    if best >= tau[c, k] or best - departure[c] > longest:
                        continue
                    tau[c, k] = best
                    live[c] = True
                    if short:
                        again = True
                    if board[c]:
                        u = dep_stop[c]
                        last = ptr[u] + count[k, u] - 1
                        if count[k, u] == 0:
                            for f in range(back_ptr[u], back_ptr[u + 1]):
                                leads[k, back_to[f]] = True
                                opened[back_to[f]] = True
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
def _minutes(first_point, last_point, links, entries, walk, moments, wanted, out):  # type: ignore[no-untyped-def]
    """Fill the rows of some points; see :func:`minutes`.

    ``links``, ``entries``, ``moments``, ``wanted`` and ``out`` are unpacked below: a name for each.
    """
    link_ptr, link_stop, link_micro = links
    ptr, size, slot_dep, slot_arr = entries
    first, ticks, arrive, flipped = moments
    ranks, limits, longest, each = wanted
    percentiles, shares, times = out
    minute = np.int64(60_000_000)
    inverse = 1.0 / 60_000_000  # a whole division of 64 bits takes longer than all else here
    never = np.int64(1 << 60)
    best = np.empty(ticks, np.int64)
    value = np.empty(ticks, np.int64)
    whole = np.empty(ticks, np.int64)
    most = longest // minute + 2
    # whole minutes of the times (a product with the inverse may round to the next minute, but never
    # turns the order of two times); the last bucket is "not within the longest time"
    bucket = np.zeros(most + 1, np.int64)
    inside = np.empty(ticks, np.int64)
    for p in range(first_point, last_point):
        # best: the earliest arrival (or latest departure, negative) if one leaves at tick m.
        # An entry is put at the last tick (first, for arrivals) that it serves, and it serves all
        # ticks before (after) it: the sweep below spreads it.
        best[:] = never
        for i in range(link_ptr[p], link_ptr[p + 1]):
            s = link_stop[i]
            w = link_micro[i]
            # slots from the last one on: rising departure; links to the same stop are looked at one
            # by one
            for j in range(ptr[s] + size[s] - 1, ptr[s] - 1, -1):
                leave = slot_dep[j] - w
                if arrive:
                    gap = slot_arr[j] - first
                    # the first tick at or after this arrival: the estimate may be off by one either
                    # way
                    k = 0
                    if gap > 0:
                        k = int(gap * inverse)
                        while k * minute < gap:
                            k += 1
                        while (k - 1) * minute >= gap:
                            k -= 1
                    if k >= ticks:
                        break
                    best[k] = min(best[k], -leave)
                else:
                    gap = leave - first
                    if gap < 0:
                        continue
                    k = int(gap * inverse)
                    while (k + 1) * minute <= gap:
                        k += 1
                    while k * minute > gap:
                        k -= 1
                    last = k >= ticks
                    if last:
                        k = ticks - 1
                    best[k] = min(best[k], slot_arr[j])
                    if last:  # later ones arrive later
                        break
        if arrive:
            for k in range(1, ticks):
                best[k] = min(best[k], best[k - 1])
        else:
            for k in range(ticks - 2, -1, -1):
                best[k] = min(best[k], best[k + 1])
        bucket[:] = 0
        for k in range(ticks):
            v = never
            if best[k] < never:
                at = first + k * minute
                v = best[k] + at if arrive else best[k] - at
            # walking all the way does not depend on the minute
            v = min(v, walk[p])
            if v > longest:
                value[k] = never
                whole[k] = most
            else:
                value[k] = v
                whole[k] = int(v * inverse)
            bucket[whole[k]] += 1
        for r in range(ranks.size):
            # nearest rank: the bucket that holds it, then its place among the bucket's values
            left = ranks[r]
            b = 0
            while bucket[b] < left:
                left -= bucket[b]
                b += 1
            if b == most:
                percentiles[p, r] = np.inf
                continue
            used = 0
            for k in range(ticks):
                if whole[k] == b:
                    v = value[k]
                    i = used
                    while i > 0 and inside[i - 1] > v:
                        inside[i] = inside[i - 1]
                        i -= 1
                    inside[i] = v
                    used += 1
            percentiles[p, r] = inside[left - 1] / minute
        for r in range(limits.size):
            within = 0
            for k in range(ticks):
                if value[k] <= limits[r]:
                    within += 1
            shares[p, r] = within / ticks
        if each:
            for k in range(ticks):
                v = value[ticks - 1 - k] if flipped else value[k]
                times[p, k] = np.inf if v == never else v / minute
