"""One door-to-door journey explained: legs that can be followed in the files of the timetable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.transit.daytypes import DateLike
from metrogis.transit.door_search import (
    DoorRules,
    Search,
    coordinates,
    network_on_foot,
    one_feed,
    points_of,
    prepare,
    seconds_of_day,
    working_crs,
)
from metrogis.transit.feed import Feed
from metrogis.transit.profile_search import NEVER, Links, Profile
from metrogis.transit.vehicles import MICRO
from metrogis.transit.walking import Places

__all__ = ["journeys"]

_COLUMNS = (
    "leg", "kind", "mode", "line", "direction", "trip_id", "from_stop", "from_name", "to_stop",
    "to_name", "departure", "arrival", "departs", "arrives", "minutes", "metres", "in_seat",
    "geometry",
)  # fmt: skip


def journeys(
    feed: Feed | Sequence[Feed],
    origin: gpd.GeoDataFrame,
    target: gpd.GeoDataFrame,
    *,
    date: DateLike,
    depart: Any,
    arrive_by: bool = False,
    streets: Any = None,
    walk_speed: float = 4.8,
    access_limit: float = 1000,
    egress_limit: float = 1000,
    transfer_limit: float = 400,
    max_transfers: int = 3,
    slack: float = 60,
    max_time: float = 120,
    detour: float = 1.3,
) -> gpd.GeoDataFrame:
    """Return the legs of the best journey between two points at a moment.

    The journey that arrives first; of such journeys that with the fewest vehicles, then that with
    the shortest walk to the first stop. It takes as long as :func:`metrogis.travel_times` says of
    that minute.

    Parameters
    ----------
    feed, date, streets
    walk_speed, access_limit, egress_limit, transfer_limit, max_transfers, slack, max_time, detour
        As in :func:`metrogis.travel_times`.
    origin, target : GeoDataFrame or GeoSeries
        One point each, any CRS.
    depart : str or time
        ``"07:31"``: when to leave; with ``arrive_by`` when to be there, at the latest.
    arrive_by : bool
        The latest departure that is there by then.

    Returns
    -------
    GeoDataFrame
        A row a leg, in order: ``leg``, ``kind`` (``walk``, ``ride``), ``mode``, ``line``,
        ``direction`` (trip_headsign), ``trip_id``, ``from_stop``, ``from_name``, ``to_stop``,
        ``to_name`` (empty at the doors), ``departure``, ``arrival`` (seconds after midnight of the
        day), ``departs``, ``arrives`` (as in GTFS, ``07:31:00``), ``minutes``, ``metres`` (walked;
        NaN of a ride), ``in_seat`` (the vehicle goes on as another trip), lines in the working CRS:
        of a ride from stop to stop. ``.explore()`` draws it. No rows where there is no journey
        within ``max_time``. ``attrs``: ``minutes`` (door to door; infinite without a journey, NaN
        where a point is off the streets), ``transfers``, ``departure``, ``arrival``.

    Raises
    ------
    ParameterError, SchemaError, CRSError

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from metrogis.transit import read_feed
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.5,18.6",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,7:40:00|1,B,7:50:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> home = gpd.GeoSeries([shapely.Point(18.5, 54.4)], crs=4326)
    >>> work = gpd.GeoSeries([shapely.Point(18.6, 54.5)], crs=4326)
    >>> legs = journeys(read_feed(folder), home, work, date="2024-10-16", depart="07:31")
    >>> legs[["kind", "line", "from_stop", "departs", "arrives"]].values.tolist()
    [['ride', '7', 'A', '07:40:00', '07:50:00']]
    >>> legs.attrs["minutes"]
    19.0
    """
    rules = DoorRules(
        walk_speed, access_limit, egress_limit, transfer_limit, max_transfers, slack, max_time,
        detour,
    )  # fmt: skip
    moment = seconds_of_day(depart, "depart")
    feed = one_feed(feed)
    ends = points_of(origin, "origin"), points_of(target, "target")
    for points, name in zip(ends, ("origin", "target"), strict=True):
        if len(points) != 1:
            raise SchemaError(
                _("one point at a time"),
                layer=name,
                place=str(len(points)),
                remedy=_("choose a row: gdf.iloc[[0]]"),
            )
    network = network_on_foot(streets)
    crs = working_crs(network, *ends)
    longest = int(np.ceil(rules.max_time * 60))
    span = (moment - longest, moment) if arrive_by else (moment, moment + longest)
    search = prepare(feed, date, rules, network, crs, *span)
    here, there = (
        search.walker.places(coordinates(points, crs), name)
        for points, name in zip(ends, ("origin", "target"), strict=True)
    )
    return _Explained(search, here, there).legs(moment * MICRO, arrive_by)


class _Explained:
    """A search between two points, traced leg by leg."""

    def __init__(self, search: Search, origin: Places, target: Places) -> None:
        self.search, self.origin, self.target = search, origin, target
        self.access = search.links(origin, access=True)
        self.egress = search.links(target, access=False)
        self.profile: Profile = search.profile(self.egress, 0)
        limit = search.rules.walk_speed / 3.6 * search.rules.max_time * 60
        self.walk_metres = float(
            search.walker.all_the_way(origin, target, 0, towards=True, limit=limit)[0]
        )

    def legs(self, moment: int, arrive: bool) -> gpd.GeoDataFrame:
        """Return the legs of the best journey at a moment, microseconds."""
        known = bool(self.origin.known[0] and self.target.known[0])
        best = self._best(moment, arrive) if known else None
        walk = int(self.search.walker.micro(np.array([self.walk_metres]))[0])
        rows: list[dict[str, Any]] = []
        minutes, vehicles, leaves = (np.inf if known else np.nan), 0, moment
        longest = self.search.rules.longest
        took = int(NEVER)
        if best is not None:
            took = moment - best[0] if arrive else best[1] - moment
        if known and walk <= min(longest, took):
            took = walk
            leaves = moment - walk if arrive else moment
            rows.append(self._walk(None, None, leaves, leaves + walk, self.walk_metres))
        elif best is not None and took <= longest:
            leaves = best[0] if arrive else moment
            rows, vehicles = self._ride(best, leaves)
        if rows:
            minutes = took / (60 * MICRO)
        frame = pd.DataFrame(rows, columns=list(_COLUMNS)[1:])
        frame.insert(0, "leg", np.arange(len(frame)))
        out = gpd.GeoDataFrame(frame, geometry="geometry", crs=self.search.crs)
        out.attrs = {
            "minutes": minutes, "transfers": max(vehicles - 1, 0),
            "departure": leaves / MICRO if rows else np.nan,
            "arrival": (leaves + took) / MICRO if rows else np.nan,
        }  # fmt: skip
        return out

    def _best(self, moment: int, arrive: bool) -> tuple[int, int, int, int, int] | None:
        """Leave (door), arrive, vehicles - 1, slot, link of the best journey by vehicle."""
        found = []
        p = self.profile
        for i in range(len(self.access.stop)):
            stop, micro = int(self.access.stop[i]), int(self.access.micro[i])
            for k in range(len(p.count)):
                if arrive:
                    slots = range(int(p.ptr[stop]), int(p.ptr[stop] + p.count[k, stop]))
                    at = next((s for s in slots if p.slot_arr[k, s] <= moment), -1)
                else:
                    at = p.entry(stop, moment + micro, k)
                if at >= 0:
                    leave, arrival = int(p.slot_dep[k, at]) - micro, int(p.slot_arr[k, at])
                    rank = (-leave, k, micro) if arrive else (arrival, k, micro)
                    found.append((rank, (leave, arrival, k, at, i)))
        return min(found)[1] if found else None

    def _ride(self, best: tuple[int, int, int, int, int], leaves: int) -> tuple[list[Any], int]:
        """Legs of a journey by vehicle."""
        search, p, r = self.search, self.profile, self.search.rides
        _, goal, k, slot, link = best
        stop = int(self.access.stop[link])
        rows = []
        metres = float(self.access.metres[link])
        walk = int(self.access.micro[link]) - search.rules.spare
        if metres > 0:
            rows.append(self._walk(None, stop, leaves, leaves + walk, metres))
        vehicles = 0
        while slot >= 0:
            c = int(p.slot_ride[k, slot])
            vehicles += 1
            first, seated, slot = c, False, -1
            calls = [int(r.dep_stop[c])]
            while True:
                v, here = int(r.arr_stop[c]), int(r.arrival[c])
                calls.append(v)
                if r.alight[c] and p.egress[v] < NEVER and here + int(p.egress[v]) == goal:
                    rows.append(self._vehicle(first, c, calls, seated))
                    rows += self._end(v, here, goal)
                    break
                ahead = r.next_ride[r.next_ptr[c] : r.next_ptr[c + 1]]
                on = [int(q) for q in ahead if p.tau[q, k] == goal]
                if on:
                    if r.trip[on[0]] != r.trip[c]:
                        rows.append(self._vehicle(first, c, calls, seated))
                        first, seated, calls = on[0], True, [int(r.dep_stop[on[0]])]
                    c = on[0]
                    continue
                rows.append(self._vehicle(first, c, calls, seated))
                slot, k, change = self._change(v, here, k, goal)
                rows += change
                break
        return rows, vehicles

    def _change(self, stop: int, here: int, k: int, goal: int) -> tuple[int, int, list[Any]]:
        """The boarding after alighting, vehicles left, and the walk between."""
        feet, p = self.search.feet, self.profile
        while k > 0:
            k -= 1
            options = [
                (int(feet.change[f]), f, s)
                for f in range(feet.ptr[stop], feet.ptr[stop + 1])
                if (s := p.entry(int(feet.to[f]), here + int(feet.change[f]), k)) >= 0
                and p.slot_arr[k, s] == goal
            ]
            if options:
                _, f, slot = min(options)
                other = int(feet.to[f])
                if self.search.real[other] == self.search.real[stop]:
                    return slot, k, []
                walk = int(feet.walk[f])
                return slot, k, [self._walk(stop, other, here, here + walk, float(feet.metres[f]))]
        raise AssertionError("a journey found must lead on")

    def _end(self, stop: int, here: int, goal: int) -> list[Any]:
        """The walk from the last stop, if there is one."""
        links: Links = self.egress
        rows = np.flatnonzero(links.stop == stop)
        metres = float(links.metres[rows[np.argmin(links.micro[rows])]])
        return [self._walk(stop, None, here, goal, metres)] if goal > here or metres > 0 else []

    def _row(self, kind: str, start: int | None, end: int | None, leave: int, arrive: int) -> Any:
        stops = self.search.feed.stops
        ids, names = stops["stop_id"], stops["stop_name"]
        real = self.search.real
        start, end = (None if v is None else int(real[v]) for v in (start, end))
        return {
            "kind": kind, "mode": kind, "line": "", "direction": "", "trip_id": "",
            "from_stop": "" if start is None else str(ids.iloc[start]),
            "from_name": "" if start is None else str(names.iloc[start]),
            "to_stop": "" if end is None else str(ids.iloc[end]),
            "to_name": "" if end is None else str(names.iloc[end]),
            "departure": leave / MICRO, "arrival": arrive / MICRO,
            "departs": _clock(leave), "arrives": _clock(arrive),
            "minutes": (arrive - leave) / (60 * MICRO), "metres": np.nan, "in_seat": False,
        }  # fmt: skip

    def _walk(
        self, start: int | None, end: int | None, leave: int, arrive: int, metres: float
    ) -> dict[str, Any]:
        row: dict[str, Any] = self._row("walk", start, end, leave, arrive)
        stops = self.search.stops
        a, i = (self.origin, 0) if start is None else (stops, start)
        b, j = (self.target, 0) if end is None else (stops, end)
        network = self.search.walker.network
        ends = [a.xy[i], b.xy[j]]
        middle = []
        if network is not None and a.known[i] and b.known[j]:
            path = network.paths(a.on_streets[np.array([i])], b.on_streets[np.array([j])])
            line = path.geometry().iloc[0]
            middle = [] if line is None else list(shapely.get_coordinates(line))
        row.update(metres=metres, geometry=shapely.LineString([ends[0], *middle, ends[1]]))
        return row

    def _vehicle(self, first: int, last: int, calls: list[int], seated: bool) -> dict[str, Any]:
        feed, r = self.search.feed, self.search.rides
        row: dict[str, Any] = self._row(
            "ride", calls[0], calls[-1], int(r.departure[first]), int(r.arrival[last])
        )
        trip = int(r.trip[first])
        route = feed.routes.iloc[int(feed._trip_route[trip])]
        xy = self.search.stops.xy[calls]
        xy = xy[np.isfinite(xy).all(axis=1)]
        row.update(
            mode=str(route["mode"]), line=str(route["route_short_name"]),
            direction=str(feed.trips["trip_headsign"].iloc[trip]),
            trip_id=str(feed.trips["trip_id"].iloc[trip]), in_seat=seated,
            geometry=shapely.LineString(xy) if len(xy) > 1 else None,
        )  # fmt: skip
        return row


def _clock(micro: int) -> str:
    """Return a time as GTFS writes it, to the second below."""
    sign, seconds = ("-", -(micro // MICRO)) if micro < 0 else ("", micro // MICRO)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
