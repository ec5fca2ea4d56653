"""Times between all cells: one search for each cell, the same arrays for all of them.

:func:`metrogis.transit.door_to_door.travel_times` answers for many origins and few targets. Here
every cell is a target, and only pairs that may matter are asked for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from metrogis.arrays import Floats, Ints
from metrogis.transit.door_search import Search
from metrogis.transit.profile_search import (
    NEVER,
    Slots,
    Ticks,
    changes_of,
    course_of,
    scan,
    slot_ptr_of,
)
from metrogis.transit.walking import Places

THREADS = 2


def pair_times(
    search: Search,
    places: Places,
    ptr: Ints,
    origin: Ints,
    ticks: Ticks,
    rank: int,
    *,
    threads: int = THREADS,
) -> Floats:
    """Return one percentile of the door-to-door times of pairs of places.

    Parameters
    ----------
    search : Search
        Of :func:`metrogis.transit.door_search.prepare`.
    places : Places
        Each of them may be origin and target.
    ptr, origin : ndarray of int
        Pairs by target: ``origin[ptr[j]:ptr[j + 1]]`` are the origins asked for of target ``j``, in
        ascending order.
    ticks : Ticks
        Moments of departure.
    rank : int
        Of the percentile among the moments' times, from 1.

    Returns
    -------
    ndarray of float (pairs,)
        Minutes; infinite beyond the longest time, NaN where a place is unknown.
    """
    access, egress = search.links(places, access=True), search.links(places, access=False)
    limit = search.rules.walk_speed / 3.6 * search.rules.max_time * 60
    walk = _walks(search, places, ptr, origin, limit)
    out = np.empty(len(origin))
    n = len(ptr) - 1
    cuts = np.linspace(0, n, max(1, min(threads, n // 16)) + 1).astype(np.int64)
    rides, feet = search.sides[False]
    course, changes = course_of(rides), changes_of(feet)
    top = int(search.rules.max_transfers) + 1
    stops = len(search.real)
    slot_ptr = slot_ptr_of(rides, stops)

    def part(k: int) -> None:
        _all_targets(
            cuts[k], cuts[k + 1], (ptr, origin, walk), (access.ptr, access.stop, access.micro),
            (egress.ptr, egress.stop, egress.micro), course, changes, slot_ptr, (stops, top),
            (np.int64(search.rules.longest), np.int64(ticks.first), ticks.count, np.int64(rank)),
            out,
        )  # fmt: skip

    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        list(pool.map(part, range(len(cuts) - 1)))
    known = places.known
    target = np.repeat(np.arange(n), np.diff(ptr))
    out[~(known[origin] & known[target])] = np.nan
    return out


def _walks(search: Search, places: Places, ptr: Ints, origin: Ints, limit: float) -> Ints:
    """Walks all the way of the pairs, microseconds; NEVER where they take too long."""
    n = len(ptr) - 1
    a, b, metres = search.walker.pairs(places, places, limit)
    target = np.repeat(np.arange(n, dtype=np.int64), np.diff(ptr))
    asked, found = target * n + origin, np.asarray(b, np.int64) * n + a
    order = np.argsort(found, kind="stable")
    at = np.searchsorted(found[order], asked)
    hit = at < len(order)
    hit[hit] = found[order[at[hit]]] == asked[hit]
    out = np.full(len(origin), NEVER, np.int64)
    out[hit] = search.walker.micro(np.asarray(metres)[order[at[hit]]])
    out[origin == target] = 0
    return out


@njit(cache=True, nogil=True)
def _all_targets(  # type: ignore[no-untyped-def]
    begin, end, pairs, access, egress_links, course, changes, slot_ptr, sizes, asked, out
):  # fmt: skip
    """Fill the times of the pairs of some targets; see :func:`pair_times`.

    Invariant at the top of the loop: all pairs of targets before ``j`` are filled; the arrays of
    the last search are of no further use and are cleared.
    """
    ptr, origin, walk = pairs
    in_ptr, in_stop, in_micro = access
    out_ptr, out_stop, out_micro = egress_links
    stops, top = sizes
    longest, first, ticks, rank = asked
    never = np.int64(1 << 60)
    size = slot_ptr[stops]
    slot_dep = np.empty((top, size), np.int64)
    slot_arr = np.empty((top, size), np.int64)
    slot_ride = np.empty((top, size), np.int64)
    count = np.zeros((top, stops), np.int64)
    tau = np.empty((course.departure.size, top), np.int64)
    egress = np.empty(stops, np.int64)
    best = np.empty(ticks, np.int64)
    for j in range(begin, end):
        if ptr[j + 1] == ptr[j]:
            continue
        count[:] = 0
        tau[:] = never
        egress[:] = never
        for i in range(out_ptr[j], out_ptr[j + 1]):
            egress[out_stop[i]] = min(egress[out_stop[i]], out_micro[i])
        slots = Slots(slot_ptr, slot_dep, slot_arr, slot_ride, count, tau)
        scan(course, egress, changes, longest, slots)
        for q in range(ptr[j], ptr[j + 1]):
            p = origin[q]
            _leaving_at(
                in_ptr[p], in_ptr[p + 1], in_stop, in_micro, slot_ptr, count, slot_dep, slot_arr,
                top - 1, walk[q], first, best,
            )  # fmt: skip
            best.sort()
            value = best[rank - 1]
            out[q] = np.inf if value > longest else value / 60_000_000


@njit(cache=True, nogil=True)
def _leaving_at(  # type: ignore[no-untyped-def]
    begin, end, stop, micro, slot_ptr, count, slot_dep, slot_arr, last, walk, first, best
):  # fmt: skip
    """Fill ``best`` with the time of an origin at each moment of departure.

    An entry of a profile serves its last moment and all before it: it is put at the last one, and
    the sweep from the end spreads it.
    """
    minute = np.int64(60_000_000)
    never = np.int64(1 << 60)
    ticks = best.size
    best[:] = never
    for i in range(begin, end):
        s = stop[i]
        for j in range(slot_ptr[s] + count[last, s] - 1, slot_ptr[s] - 1, -1):
            gap = slot_dep[last, j] - micro[i] - first
            if gap < 0:
                continue
            k = gap // minute
            late = k >= ticks
            if late:
                k = ticks - 1
            best[k] = min(best[k], slot_arr[last, j])
            if late:  # entries further on arrive later
                break
    for k in range(ticks - 2, -1, -1):
        best[k] = min(best[k], best[k + 1])
    for k in range(ticks):
        time = best[k] - first - k * minute if best[k] < never else never
        best[k] = min(time, walk)


def near_pairs(xy: Floats, limit: float) -> tuple[Ints, Ints, Floats]:
    """Return all pairs of places within a straight line, by target, own pairs among them.

    Returns
    -------
    ptr, origin : ndarray of int
        Origins of target ``j`` are ``origin[ptr[j]:ptr[j + 1]]``, ascending.
    metres : ndarray of float

    Examples
    --------
    >>> ptr, origin, metres = near_pairs(np.array([[0.0, 0], [3, 4], [100, 0]]), 5.0)
    >>> ptr.tolist(), origin.tolist(), metres.tolist()
    ([0, 2, 4, 5], [0, 1, 0, 1, 2], [0.0, 5.0, 5.0, 0.0, 0.0])
    """
    tree = cKDTree(xy)
    found = tree.sparse_distance_matrix(tree, limit + 1e-9, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    ptr = np.searchsorted(found["i"][order], np.arange(len(xy) + 1)).astype(np.int64)
    return ptr, found["j"][order].astype(np.int64), np.asarray(found["v"][order], float)
