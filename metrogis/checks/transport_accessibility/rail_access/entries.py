"""Boardings that lead to a train: found by walking back along vehicles from where one alights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from metrogis.arrays import Bools, Ints
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.transit.vehicles import MICRO, Vehicles


class Entries(NamedTuple):
    """Boardings that lead to a train: stop, station, departure and the train's, microseconds.

    ``trip`` is the row of the feed's trips.
    """

    stop: Ints
    station: Ints
    departure: Ints
    train: Ints
    trip: Ints

    def take(self, rows: Any) -> Entries:
        """Return some of the entries."""
        return Entries(*(column[rows] for column in self))

    def __add__(self, other: Entries) -> Entries:  # type: ignore[override]
        """Return both together."""
        return Entries(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


class Events(NamedTuple):
    """Alightings from which one gets to a train: ride, station, and when the train leaves."""

    ride: Ints
    station: Ints
    train: Ints


def events(
    rides: Vehicles, own: Bools, walks: tuple[Ints, Ints, Ints], stations: Stations
) -> Events:
    """Return alightings near useful stations with the next train that counts."""
    stop, station, micro = walks
    alights = np.flatnonzero(rides.alight & own)
    size = int(max(stop.max(initial=-1), rides.arr_stop.max(initial=-1))) + 2
    ptr = np.searchsorted(stop, np.arange(size))
    begin, end = ptr[rides.arr_stop[alights]], ptr[rides.arr_stop[alights] + 1]
    ride = np.repeat(alights, end - begin)
    row = np.repeat(begin - np.concatenate([[0], np.cumsum(end - begin)[:-1]]), end - begin)
    row = (row + np.arange(len(ride))).astype(np.int64)
    ready = (rides.arrival[ride] + micro[row]) / MICRO
    train = stations.next_train(station[row], ready)
    there = np.isfinite(train)
    return Events(
        ride[there].astype(np.int64), station[row][there],
        np.rint(train[there] * MICRO).astype(np.int64),
    )  # fmt: skip


def leaving_at_once(rides: Vehicles, chosen: Bools) -> Events:
    """Return alightings from which a train may leave at once: to a station that none is of."""
    ride = np.flatnonzero(chosen & rides.alight)
    return Events(ride, np.zeros(len(ride), np.int64), rides.arrival[ride])


def entries_of(rides: Vehicles, own: Bools, found: Events, longest: float) -> Entries:
    """Return the boardings that lead to trains, of each stop and station those no other beats.

    Parameters
    ----------
    rides : Vehicles
    own : array of bool (rides,)
        Which are of feeders.
    found : Events
    longest : float
        Minutes from boarding to the train; others are left out.
    """
    before = np.repeat(np.arange(len(rides)), np.diff(rides.next_ptr))
    order = np.argsort(rides.next_ride, kind="stable")
    ptr = np.searchsorted(rides.next_ride[order], np.arange(len(rides) + 1)).astype(np.int64)
    most = np.int64(round(longest * 60 * MICRO))
    event, ride = _boardings(
        found.ride, found.train, rides.departure, rides.board & own, ptr, before[order], most
    )
    return pareto(
        Entries(
            rides.dep_stop[ride], found.station[event], rides.departure[ride], found.train[event],
            rides.trip[ride],
        )
    )  # fmt: skip


def pareto(entries: Entries) -> Entries:
    """Return entries by stop, station and departure, without those that a later one beats."""
    order = np.lexsort((entries.train, -entries.departure, entries.station, entries.stop))
    e = entries.take(order)
    if not len(e.stop):
        return e
    new = np.ones(len(e.stop), bool)
    new[1:] = (np.diff(e.stop) != 0) | (np.diff(e.station) != 0)
    return e.take(_falling(new, e.train))


@njit(cache=True, nogil=True)
def _falling(new, value):  # type: ignore[no-untyped-def]
    """Rows whose value is below all before them in their group (a later bus, an earlier train)."""
    out = np.zeros(new.size, np.bool_)
    least = np.int64(0)
    for i in range(new.size):
        if new[i] or value[i] < least:
            out[i] = True
            least = value[i]
    return out


@njit(cache=True, nogil=True)
def _boardings(ride, train, departure, board, prev_ptr, prev_ride, most):  # type: ignore[no-untyped-def]
    """Walk back along each vehicle from where passengers alight; count, then fill.

    A ride may follow two others (vehicles that are joined): all are followed, each once for one
    event, so that the stack never holds more than all rides. The way back ends where boarding
    would be more than ``most`` before the train.
    """
    rides = departure.size
    stack = np.empty(rides, np.int64)
    met = np.full(rides, -1, np.int64)  # of each ride: which event met it last
    total = 0
    event = np.empty(0, np.int64)
    found = np.empty(0, np.int64)
    for fill in range(2):
        if fill == 1:
            event = np.empty(total, np.int64)
            found = np.empty(total, np.int64)
        used = 0
        for e in range(ride.size):
            turn = fill * ride.size + e
            stack[0] = ride[e]
            met[ride[e]] = turn
            top = 1
            while top > 0:
                top -= 1
                r = stack[top]
                if train[e] - departure[r] > most:
                    continue
                if board[r]:
                    if fill == 1:
                        event[used] = e
                        found[used] = r
                    used += 1
                for i in range(prev_ptr[r], prev_ptr[r + 1]):
                    before = prev_ride[i]
                    if met[before] != turn:
                        met[before] = turn
                        stack[top] = before
                        top += 1
        total = used
    return event, found
