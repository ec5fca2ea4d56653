"""Feeders: a bus or tram that brings one to a train that leaves soon.

Leaving home at minute m, one walks to a stop, boards, rides, walks to the station and boards the
next train that counts. What is asked is whether the train leaves within ``feeder_time`` of m, and
in which share of the minutes of the commuting windows that holds.

Each ride that passes near a station gives *entries*: board here at d, and the train leaves at t. An
entry serves every minute m with ``t - feeder_time <= m`` and ``m + walk + slack <= d``: a home's
share is the measure of the union of such intervals, counted in whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import StreetLayer, Timetable
from metrogis.checks.shared.interchange_streets import Homes
from metrogis.checks.transport_accessibility.rail_access.entries import (
    Entries,
    entries_of,
    events,
    leaving_at_once,
)
from metrogis.checks.transport_accessibility.rail_access.minutes import covered, minutes_of
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
    params, feed, count = run.parameters, timetable, len(homes.xy)
    if feed is None or not day_known:
        unknown = np.full(count, UNKNOWN)
        return Feeders(unknown, np.full(count, np.nan), np.full(count, -1))
    groups = tuple(g for g in known.groups if g != "rail")
    low, high = params.windows[0][0], params.windows[-1][1] + round(params.feeder_time * 60)
    xy = stop_coordinates(feed, run.crs)
    feeds = np.isin(feed.routes["mode_group"].to_numpy(dtype=object), groups)
    # a trip whose route is lost is read as a bus: it may be a train, so it feeds none for certain
    feeds &= feed.routes["route_type"].to_numpy() >= 0
    rides = vehicles(feed, feed._days(params.day_type), low, high, xy=xy)
    own = np.append(feeds, False)[feed._trip_route[rides.trip]]
    used = np.zeros(len(xy), bool)
    used[rides.dep_stop[own]] = True
    used[rides.arr_stop[own]] = True
    stop_xy = np.where(used[:, None], xy, np.nan)
    walker = Walker(network, params.walk_speed, params.detour)
    at_home, at_stop = walker.places(homes.xy, "population"), walker.places(stop_xy, "stops")
    spare = round(params.slack * MICRO)
    links = walker.links(at_home, at_stop, params.access_limit, leaving=True)
    links = links._replace(micro=links.micro + spare)
    walks = _to_stations(walker, at_stop, stations, params.transfer_limit, spare)
    entries = entries_of(rides, own, events(rides, own, walks, stations), params.feeder_time)
    minutes = minutes_of(params.windows)
    sure = covered(entries, links, minutes, params.feeder_time)
    share = sure.minutes / len(minutes)
    state = np.where(share >= params.feeder_share - SHARE, YES, NO)
    open_ = _open(run, streets, stations, homes, known, around, groups, (stop_xy, at_stop, at_home))
    more = entries
    if open_.stop.any():
        late = leaving_at_once(rides, own & open_.stop[rides.arr_stop])
        more = entries + entries_of(rides, own, late, params.feeder_time)
    loose = _loose_links(links, homes.xy, stop_xy, open_, params, spare)
    may = covered(more, loose, minutes, params.feeder_time)
    maybe = (may.minutes / len(minutes) >= params.feeder_share - SHARE) | open_.home
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
    params = run.parameters
    xy, at_stop, at_home = ends
    there = np.isfinite(xy).all(axis=1)
    stop = np.zeros(len(xy), bool)
    loose_stop, loose_home = ~at_stop.known & there, ~at_home.known
    near = params.transfer_limit
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
        loose_home |= ~streets.known_near(homes.xy, params.access_limit)
        loose_stop[there] |= ~inside
    found |= _close(xy[there], station_xy[doubt], near)
    stop[there] = found
    feeder = around.known(dict.fromkeys(groups, params.access_limit))
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
