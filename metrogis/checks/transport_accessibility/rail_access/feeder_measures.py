"""Feeders more often: which line, run every how many minutes, brings most people to a station."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from metrogis.arrays import Ints
from metrogis.checks.contract import Run
from metrogis.checks.transport_accessibility.rail_access.entries import Entries, entries_of, events
from metrogis.checks.transport_accessibility.rail_access.feeder import SHARE, Feeders
from metrogis.checks.transport_accessibility.rail_access.measure import Measure
from metrogis.checks.transport_accessibility.rail_access.minutes import covered
from metrogis.checks.transport_accessibility.rail_access.reach import NO
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.transit.profile_search import Links
from metrogis.transit.vehicles import MICRO, Vehicles

LINES = 3
"""Lines tried at a station: those along which most people lack a feeder."""


class _Run(NamedTuple):
    """One run of a line to a station: stops, their departures, and when one is at the train.

    ``rides`` are all its rides up to the station, in order.
    """

    stop: Ints
    departure: Ints
    ready: int
    trip: int
    rides: Ints


def more_often(
    run: Run,
    timetable: Any,
    stations: Stations,
    answer: Answer,
) -> list[Measure]:
    """Return, for each station, the line and headway that gain most people per added departure.

    A run of the line as it is today is repeated every ``n`` minutes through both windows, so that
    it meets the first train that counts. What it gains is estimated from its departures beside
    those of today; the best is applied, as vehicles of the timetable, and searched again.
    """
    params, fed = run.parameters, answer.fed
    if fed.entries is None or fed.links is None or fed.walks is None or fed.rides is None:
        return []
    assert fed.minutes is not None
    lacking = (fed.state == NO) & (answer.people > 0)
    homes_of, by_trip = _homes_by_stop(fed.links), _rows_of_trips(fed.rides)
    out = []
    for k in np.flatnonzero(stations.is_("yes")).tolist():
        best: tuple[float, int, int, Ints, _Run, Entries] | None = None
        for one in _runs(run, timetable, fed, stations, answer, k, lacking, homes_of, by_trip):
            homes = np.unique(np.concatenate([homes_of(s) for s in one.stop.tolist()]))
            homes = homes[lacking[homes]]
            part = _part(fed.links, homes)
            for headway in params.headways:
                new = _repeated(one, stations, k, headway, params)
                both = fed.entries + new
                found = covered(both, part, fed.minutes, params.feeder_time)
                enough = found.minutes / len(fed.minutes) >= params.feeder_share - SHARE
                gained = homes[enough]
                added = len(np.unique(new.trip))
                if not len(gained) or not added:
                    continue
                worth = answer.total(gained) / added
                if best is None or worth > best[0]:
                    best = (worth, added, headway, gained, one, new)
        if best is not None:
            _worth, added, headway, gained, one, new = best
            line = str(timetable.routes["route_short_name"].iloc[timetable._trip_route[one.trip]])
            now = _with_runs(run, fed, stations, one, new, lacking, homes_of)
            place = stations.table.geometry.iloc[k]
            out.append(
                Measure(k, "headway", float(added), gained, now, place, line, float(headway))
            )
    return out


def _with_runs(
    run: Run, fed: Feeders, stations: Stations, one: _Run, new: Entries, lacking: Any,
    homes_of: Callable[[int], Ints],
) -> Ints:  # fmt: skip
    """Return who has a feeder once the runs are vehicles of the timetable.

    They call where the run they repeat does, and lead to any station on the way.
    """
    params = run.parameters
    assert fed.rides is not None
    assert fed.walks is not None
    assert fed.minutes is not None
    assert fed.entries is not None
    assert fed.links is not None
    trip, first = np.unique(new.trip, return_index=True)
    rides = _moved(fed.rides, one.rides, new.departure[first] - one.departure[0], trip)
    own = np.ones(len(rides), bool)
    more = entries_of(rides, own, events(rides, own, fed.walks, stations), params.feeder_time)
    homes = np.unique(np.concatenate([homes_of(s) for s in one.stop.tolist()]))
    homes = homes[lacking[homes]]
    part = _part(fed.links, homes)
    found = covered(fed.entries + more, part, fed.minutes, params.feeder_time)
    return homes[found.minutes / len(fed.minutes) >= params.feeder_share - SHARE]


def _moved(rides: Vehicles, rows: Ints, shift: Ints, trip: Ints) -> Vehicles:
    """Return the rides of one run, once for each shift (microseconds), as trips of their own."""
    count, size = len(shift), len(rows)
    later = np.repeat(shift, size)
    every = np.arange(count * size)
    # each ride leads to the next one of its run, the last to none
    goes_on = (every % size) < size - 1
    ptr = np.concatenate([[0], np.cumsum(goes_on)]).astype(np.int64)
    again = np.tile(rows, count)
    return Vehicles(
        rides.dep_stop[again],
        rides.arr_stop[again],
        rides.departure[again] + later,
        rides.arrival[again] + later,
        ptr,
        every[goes_on] + 1,
        rides.board[again],
        rides.alight[again],
        np.repeat(trip, size),
    )


def _homes_by_stop(links: Links) -> Callable[[int], Ints]:
    """Return a function that gives the homes from which a stop is walked to."""
    home = np.repeat(np.arange(len(links.ptr) - 1), np.diff(links.ptr))
    # a function of the stop: homes are sorted by stop once for all lines
    order = np.argsort(links.stop, kind="stable")
    size = int(links.stop.max(initial=-1)) + 2
    ptr = np.searchsorted(links.stop[order], np.arange(size + 1))
    sorted_home = home[order]

    def of(stop: int) -> Ints:
        if stop + 1 >= len(ptr):
            return np.zeros(0, np.int64)
        return np.asarray(sorted_home[ptr[stop] : ptr[stop + 1]], dtype=np.int64)

    return of


def _part(links: Links, homes: Ints) -> Links:
    """Return the walks of some homes, numbered anew."""
    size = links.ptr[homes + 1] - links.ptr[homes]
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    rows = np.repeat(links.ptr[homes] - ptr[:-1], size) + np.arange(int(ptr[-1]))
    return Links(ptr, links.stop[rows], links.micro[rows], links.metres[rows])


def _runs(
    run: Run, feed: Any, fed: Any, stations: Stations, answer: Answer, station: int, lacking: Any,
    homes_of: Callable[[int], Ints], by_trip: Callable[[int, int], Ints],
) -> list[_Run]:  # fmt: skip
    """Return one run of each line that comes by, of those along which most people lack a feeder."""
    rides = fed.rides
    stop, whose, micro = fed.walks
    near = stop[whose == station]
    walk = dict(zip(near.tolist(), micro[whose == station].tolist(), strict=True))
    ends = np.flatnonzero(rides.alight & np.isin(rides.arr_stop, near))
    line = feed._trip_route[rides.trip[ends]].astype(np.int64)
    most = round(run.parameters.feeder_time * 60 * MICRO)
    found: list[tuple[float, _Run]] = []
    seen: set[tuple[int, ...]] = set()
    # of each line and last hop to the station one run, the first of the span: its stops stand for
    # those of the line
    size = len(feed.stops)
    hop = (line * size + rides.dep_stop[ends]) * size + rides.arr_stop[ends]
    _, first = np.unique(hop, return_index=True)
    ends, line = ends[np.sort(first)], line[np.sort(first)]
    for i in ends.tolist():
        whole = by_trip(int(rides.trip[i]), i)
        own = whole[rides.board[whole] & (rides.arrival[i] - rides.departure[whole] <= most)]
        key = (int(line[np.searchsorted(ends, i)]), *rides.dep_stop[own].tolist())
        if not len(own) or key in seen:
            continue
        seen.add(key)
        ready = int(rides.arrival[i] + walk[int(rides.arr_stop[i])])
        one = _Run(rides.dep_stop[own], rides.departure[own], ready, int(rides.trip[i]), whole)
        homes = np.unique(np.concatenate([homes_of(s) for s in one.stop.tolist()]))
        people = answer.total(homes[lacking[homes]]) if len(homes) else 0.0
        if people > 0:
            found.append((people, one))
    found.sort(key=lambda pair: (-pair[0], pair[1].trip, pair[1].ready))
    return [one for _, one in found[:LINES]]


def _rows_of_trips(rides: Any) -> Callable[[int, int], Ints]:
    """Return a function that gives the rides of a trip up to one of them, in order of travel."""
    order = np.lexsort((np.arange(len(rides)), rides.trip))
    trips = rides.trip[order]

    def of(trip: int, last: int) -> Ints:
        low, high = np.searchsorted(trips, [trip, trip + 1])
        rows = order[low:high]
        # repetitions of a trip by headway share its row: only what leads to this ride
        rows = rows[rows <= last]
        # of a loop the part from the last call at its first stop on
        cut = np.flatnonzero(rides.dep_stop[rows] == rides.dep_stop[rows[0]])
        return np.asarray(rows[cut[-1] :], dtype=np.int64)

    return of


def _repeated(one: _Run, stations: Stations, station: int, headway: int, p: Any) -> Entries:
    """Return the entries of a run repeated every ``headway`` minutes in both windows."""
    step = headway * 60
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    # each added run is a trip of its own
    number = 0
    # seconds from each stop to being ready at the train
    ahead = (one.ready - one.departure) / MICRO
    for begin, end in p.windows:
        first = stations.next_train(np.array([station]), np.array([begin + ahead.max()]))[0]
        if not np.isfinite(first):
            continue
        # runs meet the first train, and go on as long as somebody may still leave home for them
        start = first - step * np.floor((first - begin - ahead.min()) / step)
        ready = np.arange(start, end + p.feeder_time * 60 + 1, step)
        train = stations.next_train(np.full(len(ready), station), ready)
        there = np.isfinite(train)
        for r, t in zip(ready[there], train[there], strict=True):
            leave = np.rint((r - ahead) * MICRO).astype(np.int64)
            size = len(leave)
            parts.append((one.stop, leave, np.full(size, round(t * MICRO)),
                          np.full(size, number)))  # fmt: skip
            number += 1
    if not parts:
        none = np.zeros(0, np.int64)
        return Entries(none, none, none, none, none)
    stop, leave, train, trip = (np.concatenate(c) for c in zip(*parts, strict=True))
    return Entries(stop, np.full(len(stop), station), leave, train.astype(np.int64), trip)
