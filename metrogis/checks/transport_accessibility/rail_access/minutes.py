"""Minutes of the commuting windows in which a home catches a train by feeder."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from metrogis.arrays import Ints
from metrogis.checks.transport_accessibility.rail_access.entries import Entries
from metrogis.transit.profile_search import Links
from metrogis.transit.vehicles import MICRO


@dataclass(frozen=True, eq=False)
class Covered:
    """Minutes of the windows in which each home catches a train by feeder.

    ``minutes`` counts them, ``station`` is the one that most of them lead to (-1: none).
    """

    minutes: Ints
    station: Ints


def minutes_of(windows: Sequence[tuple[int, int]]) -> Ints:
    """Return every whole minute of the windows, microseconds.

    >>> len(minutes_of(((6 * 3600, 9 * 3600), (15 * 3600, 18 * 3600))))
    360
    """
    parts = [np.arange(a, b, 60, dtype=np.int64) for a, b in windows]
    return np.concatenate(parts) * MICRO


def covered(entries: Entries, links: Links, minutes: Ints, longest: float) -> Covered:
    """Return how many minutes of the windows each home catches a train, and to which station.

    Parameters
    ----------
    entries : Entries
        By stop, station and falling departure.
    links : Links
        From homes to stops; ``micro`` with the slack of boarding.
    minutes : array of int
        Ascending, microseconds.
    longest : float
        Minutes from home to the train's departure.
    """
    n = len(links.ptr) - 1
    count, best = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    # few homes see few stops: what leads on from the others need not be sorted
    seen = np.zeros(int(max(links.stop.max(initial=-1), entries.stop.max(initial=-1))) + 1, bool)
    seen[links.stop] = True
    entries = entries.take(seen[entries.stop])
    if not len(entries.stop) or not n:
        return Covered(count, best)
    order = np.lexsort((-entries.departure, entries.station, entries.stop))
    e = entries.take(order)
    change = np.flatnonzero((np.diff(e.stop) != 0) | (np.diff(e.station) != 0)) + 1
    begin = np.concatenate([[0], change, [len(e.stop)]]).astype(np.int64)
    stop_of, station_of = e.stop[begin[:-1]], e.station[begin[:-1]]
    size = int(max(links.stop.max(initial=-1), stop_of.max())) + 2
    seg_ptr = np.searchsorted(stop_of, np.arange(size)).astype(np.int64)
    # an interval of moments becomes one of numbers of minutes, first and (exclusive) last
    most = np.int64(round(longest * 60 * MICRO))
    first = np.searchsorted(minutes, e.train - most).astype(np.int64)
    walks = links.ptr, links.stop, links.micro
    segments = _Segments(seg_ptr, begin, station_of, e.departure, first)
    cuts = np.linspace(0, n, max(1, min(2, n // 4096 + 1)) + 1).astype(np.int64)

    def part(k: int) -> None:
        _cover(cuts[k], cuts[k + 1], walks, segments, minutes, count, best)

    if len(cuts) == 2:
        part(0)
    else:
        with ThreadPoolExecutor(len(cuts) - 1) as pool:
            list(pool.map(part, range(len(cuts) - 1)))
    return Covered(count, best)


class _Segments(NamedTuple):
    """Entries of one stop and station, by falling departure.

    Segments of stop s are ``ptr[s]:ptr[s + 1]``; entries of segment g are ``begin[g]:begin[g + 1]``
    of ``departure`` (microseconds) and ``first`` (the earliest minute, as its number).
    """

    ptr: Ints
    begin: Ints
    station: Ints
    departure: Ints
    first: Ints


@njit(cache=True, nogil=True)
def _cover(low, high, walks, segments, minutes, count, best):  # type: ignore[no-untyped-def]
    """Mark the minutes of each home; ``stamp`` and ``own`` say for whom a minute was marked last.

    ``own`` is of one home and station: segments of a home are taken station by station.
    """
    link_ptr, link_stop, link_micro = walks
    seg_ptr, begin, station_of, departure, first = segments
    ticks = minutes.size
    stamp = np.full(ticks, -1, np.int64)
    own = np.full(ticks, -1, np.int64)
    segment = np.empty(1 << 10, np.int64)
    walk = np.empty(1 << 10, np.int64)
    run = np.int64(0)
    for h in range(low, high):
        used = 0
        for i in range(link_ptr[h], link_ptr[h + 1]):
            s = link_stop[i]
            if s + 1 >= seg_ptr.size:
                continue
            for g in range(seg_ptr[s], seg_ptr[s + 1]):
                if used == segment.size:
                    more = np.empty(2 * used, np.int64)
                    more[:used] = segment
                    segment = more
                    again = np.empty(2 * used, np.int64)
                    again[:used] = walk
                    walk = again
                segment[used] = g
                walk[used] = link_micro[i]
                used += 1
        if used == 0:
            continue
        total = 0
        most = 0
        order = np.argsort(station_of[segment[:used]], kind="mergesort")
        here = np.int64(-1)
        mine = 0
        for q in range(used):
            g = segment[order[q]]
            w = walk[order[q]]
            if station_of[g] != here:
                here = station_of[g]
                mine = 0
                run += 1
            for j in range(begin[g], begin[g + 1]):
                # the last minute from which one is at the stop in time; windows may have a gap
                leave = departure[j] - w
                if leave < minutes[0]:
                    break  # departures fall
                for k in range(first[j], ticks):
                    if minutes[k] > leave:
                        break
                    if own[k] != run:
                        own[k] = run
                        mine += 1
                    if stamp[k] != h:
                        stamp[k] = h
                        total += 1
            if mine > most:
                most = mine
                best[h] = here
        count[h] = total
