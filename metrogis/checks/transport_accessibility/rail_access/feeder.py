"""Feeders: a bus or tram that brings one to a train that leaves soon.

Leaving home at minute m, one walks to a stop, boards, rides, walks to the station and boards the
next train that counts. What is asked is whether the train leaves within ``feeder_time`` of m, and
in which share of the minutes of the commuting windows that holds.

Each ride that passes near a station gives *entries*: board here at d, and the train leaves at t. An
entry serves every minute m with ``t - feeder_time <= m`` and ``m + walk + slack <= d``: a home's
share is the measure of the union of such intervals, counted in whole minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from numba import njit
from scipy.spatial import cKDTree

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import StreetLayer, Timetable
from metrogis.checks.shared.interchange_streets import Homes
from metrogis.checks.transport_accessibility.rail_access.reach import NO, UNKNOWN, YES
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.evidence.streets import streets_evidence
from metrogis.evidence.timetable import Around, TimetableEvidence
from metrogis.i18n import _
from metrogis.transit.door_search import stop_coordinates
from metrogis.transit.profile_search import Links
from metrogis.transit.vehicles import MICRO, Vehicles, vehicles
from metrogis.transit.walking import Places, Walker, links_of

SHARE = 1e-9
"""A share of exactly the limit is enough, whatever the last bit of a float says."""


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


@dataclass(frozen=True, eq=False)
class Covered:
    """Minutes of the windows in which each home catches a train by feeder.

    ``minutes`` counts them, ``station`` is the one that most of them lead to (-1: none).
    """

    minutes: Ints
    station: Ints


@dataclass(frozen=True, eq=False)
class Feeders:
    """What feeders reach, and all that a measure needs to ask again.

    Attributes
    ----------
    state : array of int (homes,)
    share : array of float (homes,)
        Of the minutes, certain; NaN without a timetable.
    station : array of int (homes,)
    entries : Entries
    links : Links
        Walks from homes to stops.
    walks : array of (stop, station, microseconds)
        From stops to the platforms, with the slack of boarding.
    rides : Vehicles
    minutes : array of int
        Microseconds of every minute of the windows.
    """

    state: Ints
    share: Floats
    station: Ints
    entries: Entries | None = None
    links: Links | None = None
    walks: tuple[Ints, Ints, Ints] | None = None
    rides: Vehicles | None = None
    minutes: Ints | None = None


def feeders(
    run: Run,
    timetable: Timetable | None,
    streets: StreetLayer | None,
    stations: Stations,
    homes: Homes,
    network: Any,
    known: TimetableEvidence,
    around: Around,
    day_known: bool,
) -> Feeders:
    """Return who reaches a useful station by feeder."""
    p, feed, count = run.parameters, timetable, len(homes.xy)
    if feed is None or not day_known:
        unknown = np.full(count, UNKNOWN)
        return Feeders(unknown, np.full(count, np.nan), np.full(count, -1))
    groups = tuple(g for g in known.groups if g != "rail")
    low, high = p.windows[0][0], p.windows[-1][1] + round(p.feeder_time * 60)
    xy = stop_coordinates(feed, run.crs)
    feeds = np.isin(feed.routes["mode_group"].to_numpy(dtype=object), groups)
    # a trip whose route is lost is read as a bus: it may be a train, so it feeds none for certain
    feeds &= feed.routes["route_type"].to_numpy() >= 0
    rides = vehicles(feed, feed._days(p.day_type), low, high, xy=xy)
    own = np.append(feeds, False)[feed._trip_route[rides.trip]]
    used = np.zeros(len(xy), bool)
    used[rides.dep_stop[own]] = True
    used[rides.arr_stop[own]] = True
    stop_xy = np.where(used[:, None], xy, np.nan)
    walker = Walker(network, p.walk_speed, p.detour)
    at_home, at_stop = walker.places(homes.xy, "population"), walker.places(stop_xy, "stops")
    spare = round(p.slack * MICRO)
    links = walker.links(at_home, at_stop, p.access_limit, leaving=True)
    links = links._replace(micro=links.micro + spare)
    walks = _to_stations(walker, at_stop, stations, p.transfer_limit, spare)
    entries = entries_of(rides, own, events(rides, own, walks, stations), p.feeder_time)
    minutes = minutes_of(p.windows)
    sure = covered(entries, links, len(stations), minutes, p.feeder_time)
    share = sure.minutes / len(minutes)
    state = np.where(share >= p.feeder_share - SHARE, YES, NO)
    open_ = _open(run, streets, stations, homes, known, around, groups, (stop_xy, at_stop, at_home))
    more = entries
    if open_.stop.any():
        late = _optimistic(rides, own & open_.stop[rides.arr_stop])
        more = entries + entries_of(rides, own, late, p.feeder_time)
    loose = _loose_links(links, homes.xy, stop_xy, open_, p, spare)
    may = covered(more, loose, len(stations) + 1, minutes, p.feeder_time)
    maybe = (may.minutes / len(minutes) >= p.feeder_share - SHARE) | open_.home
    state[(state == NO) & maybe] = UNKNOWN
    run.note(
        "timetable",
        "unknown",
        int((state == UNKNOWN).sum()),
        _("cells of which it is unknown whether a feeder leads to a train"),
    )
    return Feeders(state, share, sure.station, entries, links, walks, replace_own(rides, own),
                   minutes)  # fmt: skip


def replace_own(rides: Vehicles, own: Bools) -> Vehicles:
    """Return the rides, of which only those of feeders may be boarded."""
    return replace(rides, board=rides.board & own, alight=rides.alight & own)


# --------------------------------------------------------------------------- rides to trains


def _to_stations(
    walker: Walker, stops: Places, stations: Stations, limit: float, spare: int
) -> tuple[Ints, Ints, Ints]:
    """Return the shortest walks from stops to stations that are useful, with the slack."""
    gates = walker.places(shapely.get_coordinates(stations.points), "stations")
    stop, gate, metres = walker.pairs(stops, gates, limit)
    useful = stations.is_("yes")[stations.owner[gate]]
    stop, gate, metres = stop[useful], gate[useful], metres[useful]
    station = stations.owner[gate]
    order = np.lexsort((metres, station, stop))
    stop, station, metres = stop[order], station[order], metres[order]
    first = np.ones(len(stop), bool)
    first[1:] = (np.diff(stop) != 0) | (np.diff(station) != 0)
    return stop[first], station[first], walker.micro(metres[first]) + spare


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


def _optimistic(rides: Vehicles, chosen: Bools) -> Events:
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


# --------------------------------------------------------------------------- minutes of homes


def minutes_of(windows: Sequence[tuple[int, int]]) -> Ints:
    """Return every whole minute of the windows, microseconds.

    >>> len(minutes_of(((6 * 3600, 9 * 3600), (15 * 3600, 18 * 3600))))
    360
    """
    parts = [np.arange(a, b, 60, dtype=np.int64) for a, b in windows]
    return np.concatenate(parts) * MICRO


def covered(
    entries: Entries, links: Links, stations: int, minutes: Ints, longest: float
) -> Covered:
    """Return how many minutes of the windows each home catches a train, and to which station.

    Parameters
    ----------
    entries : Entries
        By stop, station and falling departure.
    links : Links
        From homes to stops; ``micro`` with the slack of boarding.
    stations : int
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
    cuts = np.linspace(0, n, max(1, min(2, n // 4096 + 1)) + 1).astype(np.int64)

    def part(k: int) -> None:
        _cover(
            cuts[k], cuts[k + 1], links.ptr, links.stop, links.micro, seg_ptr, begin, station_of,
            e.departure, first, minutes, stations, count, best,
        )  # fmt: skip

    if len(cuts) == 2:
        part(0)
    else:
        with ThreadPoolExecutor(len(cuts) - 1) as pool:
            list(pool.map(part, range(len(cuts) - 1)))
    return Covered(count, best)


@njit(cache=True, nogil=True)
def _cover(  # type: ignore[no-untyped-def]
    low, high, link_ptr, link_stop, link_micro, seg_ptr, begin, station_of, departure, first,
    minutes, stations, count, best,
):  # fmt: skip
    """Mark the minutes of each home; ``stamp`` and ``own`` say for whom a minute was marked last.

    ``own`` is of one home and station: segments of a home are taken station by station.
    """
    ticks = minutes.size
    minute = np.int64(60_000_000)
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
    return minute


# --------------------------------------------------------------------------- what is not known


class _Open(NamedTuple):
    """Stops at which a train may leave at once, ends whose walks are open, homes that are open."""

    stop: Bools
    loose_stop: Bools
    loose_home: Bools
    home: Bools


def _open(
    run: Run, streets_layer: Any, stations: Stations, homes: Homes, known: TimetableEvidence,
    around: Around,
    groups: tuple[str, ...], ends: tuple[Floats, Places, Places],
) -> _Open:  # fmt: skip
    """Tell where a feeder or a train may run that is not in the data, or a path may lead."""
    p = run.parameters
    xy, at_stop, at_home = ends
    there = np.isfinite(xy).all(axis=1)
    stop = np.zeros(len(xy), bool)
    loose_stop, loose_home = ~at_stop.known & there, ~at_home.known
    near = p.transfer_limit
    asked = known.around(xy[there])
    found = ~asked.groups({"rail": near})["rail"]
    found |= asked.lost(dict.fromkeys(groups, near))
    station_xy = shapely.get_coordinates(stations.points)
    maybe = ~stations.is_("no")[stations.owner]
    doubt = stations.is_("unknown")[stations.owner]
    if at_stop.on_streets is not None:
        streets = streets_evidence(streets_layer, run.crs, run.municipalities)
        inside = streets.known_near(xy[there], near)
        # a path to a station near by that the data lack
        found |= _close(xy[there], station_xy[maybe], near) & (~inside | loose_stop[there])
        loose_home |= ~streets.known_near(homes.xy, p.access_limit)
        loose_stop[there] |= ~inside
    found |= _close(xy[there], station_xy[doubt], near)
    stop[there] = found
    feeder = around.known(dict.fromkeys(groups, p.access_limit))
    return _Open(stop, loose_stop, loose_home, ~feeder)


def _close(points: Floats, others: Floats, limit: float) -> Bools:
    if not len(others) or not len(points):
        return np.zeros(len(points), bool)
    apart = cKDTree(others).query(points, distance_upper_bound=np.nextafter(limit, np.inf))[0]
    return np.asarray(np.isfinite(apart))


def _loose_links(
    links: Links, homes: Floats, stops: Floats, open_: _Open, p: Any, spare: int
) -> Links:
    """Return the walks, with straight lines where a street may be missing from the data."""
    there = np.isfinite(stops).all(axis=1)
    rows: list[tuple[Array, Array, Array]] = []
    for one, other in ((open_.loose_home, there), (np.ones(len(homes), bool), open_.loose_stop)):
        a, b = np.flatnonzero(one), np.flatnonzero(other & there)
        if len(a) and len(b):
            near = cKDTree(homes[a]).sparse_distance_matrix(
                cKDTree(stops[b]), np.nextafter(p.access_limit, np.inf), output_type="ndarray"
            )
            rows.append((a[near["i"]], b[near["j"]], near["v"]))
    if not rows:
        return links
    point = np.repeat(np.arange(len(links.ptr) - 1), np.diff(links.ptr))
    more = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    micro = np.rint(more[2] * 3.6 / p.walk_speed * MICRO).astype(np.int64) + spare
    return links_of(
        np.concatenate([point, more[0]]), np.concatenate([links.stop, more[1]]),
        np.concatenate([links.micro, micro]), np.concatenate([links.metres, more[2]]),
        len(links.ptr) - 1,
    )  # fmt: skip
