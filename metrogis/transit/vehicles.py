"""Vehicles of a span of time as door-to-door searches need them, with who may stay aboard.

A *ride* is one vehicle between two of its calls in a row. Times are whole microseconds after
midnight of the day asked for, so that sums of rides and walks are exact and ties are ties. The
service days before and after run into the span where their trips do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta

import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Floats, Ints
from metrogis.transit.feed import Feed
from metrogis.transit.rides import _runs_of
from metrogis.transit.stop_places import SPAN
from metrogis.transit.timetable import DAY

MICRO = 1_000_000
"""Microseconds in a second."""


@dataclass(frozen=True, eq=False)
class Vehicles:
    """Rides of a span, ordered by departure.

    Attributes
    ----------
    dep_stop, arr_stop : ndarray of int (rides,)
        Positions in the feed's stops.
    departure, arrival : ndarray of int (rides,)
        Microseconds after midnight of the day.
    next_ptr, next_ride : ndarray of int
        Rides that passengers aboard ride ``c`` go on with, without a change:
        ``next_ride[next_ptr[c]:next_ptr[c + 1]]`` (the same trip's next, or that of a vehicle's
        next trip).
    board, alight : ndarray of bool
        Whether passengers may get on at its start, off at its end.
    trip : ndarray of int
        Row of the feed's trips.
    joined : int
        Pairs of trips that passengers may stay aboard between.
    mirrored : bool
        Time runs backwards: departures are minus arrivals.
    """

    dep_stop: Ints
    arr_stop: Ints
    departure: Ints
    arrival: Ints
    next_ptr: Ints
    next_ride: Ints
    board: Bools
    alight: Bools
    trip: Ints
    joined: int = 0
    mirrored: bool = False

    def __len__(self) -> int:
        return len(self.trip)

    def mirror(self) -> Vehicles:
        """Return the same span with time reversed: journeys to a place become those from it.

        Departures are minus arrivals, and the rides before a ride are those that follow it; rides
        are again in order of departure.
        """
        n = len(self)
        order = np.lexsort((-np.arange(n), -self.arrival))
        rank = np.empty(n, np.int64)
        rank[order] = np.arange(n)
        before = np.repeat(np.arange(n), np.diff(self.next_ptr))
        ptr, ahead = _rows(rank[self.next_ride], rank[before], n)
        return replace(
            self,
            dep_stop=self.arr_stop[order],
            arr_stop=self.dep_stop[order],
            departure=-self.arrival[order],
            arrival=-self.departure[order],
            next_ptr=ptr,
            next_ride=ahead,
            board=self.alight[order],
            alight=self.board[order],
            trip=self.trip[order],
            mirrored=not self.mirrored,
        )


def vehicles(
    feed: Feed,
    days: Mapping[str, Date],
    low: int,
    high: int,
    *,
    xy: Floats,
    on_request: bool = False,
) -> Vehicles:
    """Return the rides that leave at ``low`` or later and arrive by ``high``.

    Parameters
    ----------
    feed : Feed
    days : mapping of feed to date
        Of ``Feed._days``.
    low, high : int
        Seconds after midnight, inclusive.
    xy : ndarray of float (stops, 2)
        Metres, NaN where unknown: a vehicle's next trip must start within 150 m of where the last
        one ended, or at its stop or station, for passengers to stay aboard by ``block_id``.
    on_request : bool
        Also board and alight where it must be arranged (pickup or drop-off types 2 and 3).
    """
    c = feed.calls
    parts = []
    runs = 0
    # the day itself, the day before (whose late trips run on today), the day after
    for move in (0, 1, -1):
        if (move == 1 and low > 3 * DAY) or (move == -1 and high < DAY):
            continue
        own = {
            f: d - timedelta(days=move)
            for f, d in days.items()
            if feed.calendar.validity[f][0]
            <= d - timedelta(days=move)
            <= feed.calendar.validity[f][1]
        }
        if not own:
            continue
        call, shift, run = _runs_of(feed, own, move * DAY)
        if not len(call):
            continue
        parts.append((call, shift, run + runs))
        runs += int(run[-1]) + 1
    none = np.zeros(0, np.int64)
    call, shift, run = (np.concatenate([p[k] for p in parts]) if parts else none for k in range(3))
    head = np.flatnonzero(run[1:] == run[:-1])
    a, b = call[head], call[head + 1]
    departure = c.departure[a].astype(np.int64) + shift[head]
    arrival = np.maximum(c.arrival[b].astype(np.int64) + shift[head + 1], departure)
    keep = (departure >= low) & (arrival <= high)
    # within one moment a vehicle's rides stay in their order
    order = np.lexsort((np.arange(len(head)), departure))
    order = order[keep[order]]
    # rank: where a hop stands among the rides kept, -1 for those outside the span and for "none"
    rank = np.full(len(head) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    # a hop joins two calls in a row of one run: the next hop follows where no call lies between
    goes_on = np.flatnonzero((np.diff(head) == 1) & (run[head][1:] == run[head][:-1]))
    here, then = rank[goes_on], rank[goes_on + 1]
    part_of = np.repeat(np.arange(len(parts)), [len(p[0]) for p in parts])[head] if parts else none
    pairs = _stay_aboard(feed, run[head], c.trip[a].astype(np.int64), part_of, departure, arrival,
                         c.stop[a].astype(np.int64), c.stop[b].astype(np.int64), xy)  # fmt: skip
    here = np.concatenate([here, rank[pairs[0]]])
    then = np.concatenate([then, rank[pairs[1]]])
    both = (here >= 0) & (then >= 0)
    ptr, ahead = _rows(here[both], then[both], len(order))
    allowed = (0, 2, 3) if on_request else (0,)
    return Vehicles(
        c.stop[a][order].astype(np.int64),
        c.stop[b][order].astype(np.int64),
        departure[order] * MICRO,
        arrival[order] * MICRO,
        ptr,
        ahead,
        np.isin(c.pickup[a], allowed)[order],
        np.isin(c.drop_off[b], allowed)[order],
        c.trip[a][order].astype(np.int64),
        len(pairs[0]),
    )


def _rows(row: Ints, value: Ints, n: int) -> tuple[Ints, Ints]:
    """Values in compressed rows."""
    ptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=ptr[1:])
    return ptr, value[np.argsort(row, kind="stable")]


def _stay_aboard(
    feed: Feed, run: Ints, trip: Ints, part: Ints, departure: Ints, arrival: Ints, start: Ints,
    end: Ints, xy: Floats,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Pairs of rides (last of a trip, first of the vehicle's next one) without a change.

    By ``block_id`` between a vehicle's trips in a row, and by rows of ``transfers.txt`` of type 4;
    never where a row has type 5. Trips by headway have no vehicle of their own.
    """
    none = np.zeros(0, np.int64)
    block = feed.trips["block_id"].astype(str).to_numpy(dtype=object)
    rows = feed.transfers[feed.transfers["transfer_type"].isin([4, 5])]
    if not len(run) or (not (block != "").any() and rows.empty):
        return none, none
    new = np.r_[True, run[1:] != run[:-1]]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(run)] - 1
    own = trip[first]
    plain = np.ones(len(feed.trips), bool)
    plain[feed.headways["trip"].to_numpy()] = False
    table = pd.DataFrame(
        {"first": first, "last": last, "trip": own, "part": part[first],
         "block": feed.trips["feed"].to_numpy(dtype=object)[own] + "\0" + block[own],
         "named": block[own] != ""}
    )[plain[own]]  # fmt: skip
    table["leaves"] = departure[table["first"].to_numpy()]
    by = table[table["named"]].sort_values(["part", "block", "leaves", "first"], kind="stable")
    here, there = by.iloc[:-1], by.iloc[1:]
    a, b = here["last"].to_numpy(), there["first"].to_numpy()
    same = (here["part"].to_numpy() == there["part"].to_numpy()) & (
        here["block"].to_numpy() == there["block"].to_numpy()
    )
    a, b = a[same], b[same]
    station = pd.factorize(feed.stops["station"])[0]
    apart = np.hypot(*(xy[end[a]] - xy[start[b]]).T)
    near = (end[a] == start[b]) | (station[end[a]] == station[start[b]]) | (apart <= SPAN)
    a, b = a[near], b[near]
    if len(rows):
        number = pd.Series(np.arange(len(feed.trips)), index=feed.trips["trip_id"].astype(str))
        stated = pd.DataFrame(
            {"type": rows["transfer_type"].to_numpy(),
             "from": number.reindex(rows["from_trip_id"]).to_numpy(),
             "to": number.reindex(rows["to_trip_id"]).to_numpy()}
        ).dropna().astype(np.int64)  # fmt: skip
        left = table.rename(columns={"trip": "from"})[["from", "part", "last"]]
        right = table.rename(columns={"trip": "to"})[["to", "part", "first"]]
        found = stated.merge(left, on="from").merge(right, on=["to", "part"])
        width = len(run)
        out = found[found["type"] == 5]
        more = found[found["type"] == 4]
        keys = np.concatenate([a * width + b, more["last"] * width + more["first"]])
        keys = np.unique(keys[~np.isin(keys, out["last"] * width + out["first"])])
        a, b = keys // width, keys % width
    # nobody stays aboard into the past: blocks whose trips overlap in time are not joined
    ahead = departure[b] >= arrival[a]
    return a[ahead].astype(np.int64), b[ahead].astype(np.int64)
