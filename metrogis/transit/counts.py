"""Trips of every feed on every date, and which dates have the same timetable.

Both are sums over the services that run on a date: a date costs one row of a product. Two
dates have the same timetable when the same runs run: a run is its line, the positions of its stops
in order, and its times (:mod:`metrogis.transit.runs`). Ids of trips, services, routes and stops say
nothing: a service may be split, renamed or listed date by date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Ints
from metrogis.transit.columns import positions
from metrogis.transit.timetable import Timetable

Hashes = npt.NDArray[np.uint64]

_CHUNK = 4_000_000
"""Cells (dates x services or runs) multiplied at once: 32 MB of whole numbers."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Trips of one feed on every date it speaks of.

    Attributes
    ----------
    first : date
        First date.
    trips : ndarray of int64 (dates,)
        Trips with calls, headways expanded.
    timetable : ndarray of uint64 (dates,)
        Equal for two dates if and only if (but for a chance of 2^-64) the same runs run.
    """

    first: Date
    trips: Ints
    timetable: Hashes

    @property
    def day(self) -> Ints:
        """Ordinal of each date."""
        return self.first.toordinal() + np.arange(len(self.trips))

    @property
    def last(self) -> Date:
        """Last date."""
        return Date.fromordinal(self.first.toordinal() + len(self.trips) - 1)


def count_by_date(feed: Timetable) -> dict[str, Counts]:
    """Return the trips of each feed of a timetable on every date of its span.

    A run listed twice on a date (equal in line, places of stops and times) counts once.
    """
    calendar = feed.calendar
    trip, run, weight = _runs(feed)
    service = feed._trip_service[trip]
    found = {}
    for name, (first, last) in calendar.validity.items():
        own = np.flatnonzero(calendar.feed_of == name)
        local = np.full(len(calendar.services) + 1, -1)
        local[own] = np.arange(len(own))
        mine = np.flatnonzero(local[service] >= 0)
        a = max((first - calendar.first).days, 0)
        b = min((last - calendar.first).days + 1, len(calendar.runs))
        on = calendar.runs[a:b]
        on = on if len(own) == on.shape[1] else on[:, own]
        found[name] = Counts(
            calendar.first + timedelta(days=a),
            *_sums(on, local[service[mine]], run[mine], weight[mine]),
        )
    return found


def _sums(on: npt.NDArray[np.bool_], service: Ints, run: Hashes, weight: Ints) -> Any:
    """Return trips and the sum of their hashes (it wraps around at 2^64) of every date.

    A run that stands once is summed by service; one that several services have may run on a date
    by two of them, and is summed by date.
    """
    order = np.argsort(run, kind="stable")
    service, run, weight = service[order], run[order], weight[order]
    new = np.append(True, run[1:] != run[:-1])[: len(run)]
    head = np.flatnonzero(new)
    size = np.diff(np.append(head, len(run)))
    several = np.repeat(size > 1, size)
    n, services = on.shape
    # the sum of hashes does not depend on the order of runs: equal sums, equal timetables
    trips, timetable = np.zeros(n, np.int64), np.zeros(n, np.uint64)
    by_service = np.zeros(services, np.int64), np.zeros(services, np.uint64)
    np.add.at(by_service[0], service[~several], weight[~several])
    np.add.at(by_service[1], service[~several], run[~several])
    step = max(_CHUNK // max(services, 1), 1)
    for a in range(0, n, step):
        part = on[a : a + step]
        trips[a : a + step] = part.astype(np.int64) @ by_service[0]
        timetable[a : a + step] = part.astype(np.uint64) @ by_service[1]
    if several.any():
        dates = np.packbits(on, axis=0).T  # eight dates a byte
        heads = np.cumsum(np.append(0, size[size > 1]))[:-1]
        shared = np.bitwise_or.reduceat(dates[service[several]], heads, axis=0)
        run, weight = run[several][heads], weight[several][heads]
        # runs that share all their dates are summed first: services are few, runs are many
        odd = _mix(np.arange(shared.shape[1])) | np.uint64(1)
        _, head, pattern = np.unique(
            shared.astype(np.uint64) @ odd, return_index=True, return_inverse=True
        )
        number, total = np.zeros(len(head), np.int64), np.zeros(len(head), np.uint64)
        np.add.at(number, pattern.ravel(), weight)
        np.add.at(total, pattern.ravel(), run)
        step = max(_CHUNK // max(n, 1), 1)
        for a in range(0, len(head), step):
            there = np.unpackbits(shared[head[a : a + step]], axis=1, count=n)
            trips += number[a : a + step] @ there.astype(np.int64)
            timetable += total[a : a + step] @ there.astype(np.uint64)
    return trips, timetable


def _runs(feed: Timetable) -> tuple[Ints, Hashes, Ints]:
    """Return every run of every trip: trip, hash, and how many runs it stands for."""
    headways, twins = feed.headways, feed._twins
    has = twins.group >= 0
    by_headway = np.zeros(len(has), bool)
    by_headway[headways["trip"].to_numpy()] = True
    plain = np.flatnonzero(has & ~by_headway)
    own = headways[has[headways["trip"].to_numpy()]]
    by_trip, leaves, weight = _expanded(own, feed.options.max_runs)
    trip = np.concatenate([plain, by_trip])
    leaves = np.concatenate([twins.start[plain], leaves])
    weight = np.concatenate([np.ones(len(plain), np.int64), weight])
    return trip, _mix(_mix(twins.group[trip]) + _mix(leaves)), weight


def in_two_feeds(feed: Timetable) -> bool:
    """Return whether a run may stand in two feeds, so that their trips are no plain sum.

    Two trips may be one run where they are equal in line, places of stops and times; dates are not
    compared here.

    Parameters
    ----------
    feed : Timetable
        Of one feed or several.
    """
    twins = feed._twins
    trip = np.flatnonzero(twins.candidate)
    own = positions(feed.trips["feed"], feed.feeds)[trip]
    order = np.argsort(twins.group[trip], kind="stable")
    group, own = twins.group[trip][order], own[order]
    return bool(((group[1:] == group[:-1]) & (own[1:] != own[:-1])).any())


def _expanded(headways: pd.DataFrame, limit: int) -> tuple[Ints, Ints, Ints]:
    """Return the runs that headways make: trip, start (seconds), and how many it stands for.

    More runs than any date may have (``limit``) are not expanded: their periods are compared as
    they are written.
    """
    columns = ("trip", "start", "end", "headway")
    trip, start, end, headway = (headways[c].to_numpy(np.int64) for c in columns)
    count = -(-(end - start) // headway)
    if count.sum() > limit:
        return trip, start * 1_000_003 + end + headway * 7, count
    first = np.repeat(np.cumsum(count) - count, count)
    step = np.arange(len(first)) - first
    leaves = np.repeat(start, count) + step * np.repeat(headway, count)
    trip = np.repeat(trip, count)
    # two periods of a trip may name one run
    once = np.unique(np.column_stack([trip, leaves]), axis=0)
    return once[:, 0], once[:, 1], np.ones(len(once), np.int64)


_STEP = np.uint64(0x9E3779B97F4A7C15)


def _mix(value: Any) -> Hashes:
    """Spread whole numbers over 64 bits (the finaliser of splitmix64; Steele et al. 2014)."""
    h = np.asarray(value).astype(np.uint64) + _STEP
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h
