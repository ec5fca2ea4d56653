"""Rides of one day and the walks between them: the timetable as journeys are searched in it.

A *ride* is one vehicle between two of its stops in a row. Walks are only made between two vehicles,
one at a time: a footpath never continues another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sparse
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.daytypes import DateLike
from metrogis.transit.feed import Feed
from metrogis.transit.timetable import DAY
from metrogis.transit.transfers import for_all_lines

Times = npt.NDArray[np.int32]


@dataclass(frozen=True)
class TransferRules:
    """How passengers change vehicles.

    Attributes
    ----------
    seconds : float
        Least time between arrival and departure at one stop, and added to walks between stops.
    walk_metres : float
        Longest walk between two stops; 0: only those of ``transfers.txt`` and of one station.
    speed : float
        m/min.
    detour : float
        Walk over straight line.
    stations : bool
        Whether one may change between all stops of a station, whatever the distance.
    table : bool
        Whether ``transfers.txt`` counts: types 0 and 1 allow a walk (1: without ``seconds``, the
        vehicle waits), 2 sets the time, 3 forbids, at one stop too. Rows of a station hold for all
        its stops. Rows of certain trips or routes only, and types 4 and 5 (in-seat), are not read.
    """

    seconds: float = 180
    walk_metres: float = 200
    speed: float = 80
    detour: float = 1.3
    stations: bool = True
    table: bool = True

    def __post_init__(self) -> None:
        if min(self.seconds, self.walk_metres) < 0 or self.speed <= 0 or self.detour < 1:
            raise ParameterError(
                _("bad rules of transfers"),
                layer="transfers",
                place=repr(self),
            )


@dataclass(frozen=True, eq=False)
class Rides:
    """All rides of one day, ordered by departure, and the walks between stops.

    Attributes
    ----------
    stop_ids : ndarray of str
        Stops by number.
    dep_stop, arr_stop : ndarray of int
    departure, arrival : ndarray of int
        Seconds after midnight of the service day.
    following : ndarray of int
        Next ride of the same vehicle; -1 at its end.
    run, trip : ndarray of int
        Vehicle run; row of the feed's trips.
    board, alight : ndarray of bool
        Whether passengers may get on at its start, off at its end.
    foot_ptr, foot_to, foot_seconds : ndarray
        Transfers: those from stop ``s`` are ``foot_ptr[s]:foot_ptr[s + 1]``; ``s`` itself is one.
    lines : ndarray of str
        Line of each trip.
    mirrored : bool
        Time runs backwards: departures are minus arrivals.
    audit : Audit
    """

    stop_ids: npt.NDArray[np.object_]
    dep_stop: Ints
    arr_stop: Ints
    departure: Times
    arrival: Times
    following: Ints
    run: Ints
    trip: Ints
    board: Bools
    alight: Bools
    foot_ptr: Ints
    foot_to: Ints
    foot_seconds: Times
    lines: npt.NDArray[np.object_]
    mirrored: bool = False
    audit: Audit = field(default_factory=Audit)

    def __len__(self) -> int:
        return len(self.run)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {stop: k for k, stop in enumerate(self.stop_ids)}

    @cached_property
    def _foot_from(self) -> tuple[Ints, Ints]:
        """The stops from which one can change to each stop."""
        n = len(self.stop_ids)
        order = np.argsort(self.foot_to, kind="stable")
        ptr = np.searchsorted(self.foot_to[order], np.arange(n + 1)).astype(np.int64)
        return ptr, np.repeat(np.arange(n), np.diff(self.foot_ptr))[order]

    def numbers(self, stops: Iterable[Any]) -> Ints:
        """Return the numbers of stops by id.

        Raises
        ------
        ParameterError
            For an unknown id.
        """
        wanted = [str(s) for s in stops]
        found = np.array([self._position.get(s, -1) for s in wanted], dtype=np.int64)
        if (found < 0).any():
            unknown = [s for s, k in zip(wanted, found, strict=True) if k < 0]
            raise ParameterError(
                _("unknown stops"),
                layer="timetable",
                place=", ".join(unknown[:5]),
            )
        return found

    def mirror(self) -> Rides:
        """Return the same day with time reversed: journeys to a place become those from it.

        Departures are minus arrivals, stops of departure are stops of arrival, and a ride is
        followed by the one before it; rides are again in order of departure.
        """
        before = np.full(len(self), -1, np.int64)
        has = np.flatnonzero(self.following >= 0)
        before[self.following[has]] = has
        order = np.lexsort((-np.arange(len(self)), -self.arrival))
        rank = np.empty(len(self), np.int64)
        rank[order] = np.arange(len(self))
        n = len(self.stop_ids)
        start = np.repeat(np.arange(n), np.diff(self.foot_ptr))
        turned = np.lexsort((start, self.foot_to))
        following = before[order]
        return replace(
            self,
            dep_stop=self.arr_stop[order],
            arr_stop=self.dep_stop[order],
            departure=-self.arrival[order],
            arrival=-self.departure[order],
            following=np.where(following >= 0, rank[following], -1),
            run=self.run[order],
            trip=self.trip[order],
            board=self.alight[order],
            alight=self.board[order],
            foot_ptr=np.searchsorted(self.foot_to[turned], np.arange(n + 1)).astype(np.int64),
            foot_to=start[turned],
            foot_seconds=self.foot_seconds[turned],
            mirrored=not self.mirrored,
        )


def _by_line(feed: Feed, shown: npt.NDArray[np.object_]) -> Ints:
    """Return the position of each trip in the order of line, then trip id."""
    line = np.append(shown, "")[feed._trip_route]
    order = pd.DataFrame({"line": line, "trip": feed.trips["trip_id"].astype(str).to_numpy()})
    position = np.empty(len(order), np.int64)
    position[order.sort_values(["line", "trip"], kind="stable").index] = np.arange(len(order))
    return position


def read_rides(
    feed: Feed,
    day: DateLike,
    *,
    rules: TransferRules = TransferRules(),
    crs: Any = None,
    previous_day: bool = False,
    walks: Rides | None = None,
) -> Rides:
    """Read all rides of a day, headways expanded.

    Parameters
    ----------
    feed : Feed
    day : date, str or day type
        As in :meth:`Feed.departures`.
    rules : TransferRules
    crs : optional
        CRS in metres, for walks; not needed where ``walk_metres`` and ``stations`` are off.
    previous_day : bool
        Add what the service day before still runs after midnight.
    walks : Rides, optional
        Of another day, same feed and rules: its walks are used again.

    Raises
    ------
    ParameterError
        If the day is not known to the timetable, or walks need a CRS.
    """
    days = feed._days(day)
    parts = [_runs_of(feed, days, 0)]
    if previous_day:
        before = {
            f: d - timedelta(days=1)
            for f, d in days.items()
            if d - timedelta(days=1) >= feed.calendar.validity[f][0]
        }
        if before:
            parts.append(_runs_of(feed, before, DAY))
    call, shift, run = (np.concatenate([p[k] for p in parts]) for k in range(3))
    if len(parts) > 1:
        run[len(parts[0][0]) :] += int(parts[0][2].max(initial=-1)) + 1
    c = feed.calls
    same = run[1:] == run[:-1]
    head = np.flatnonzero(same)
    a, b = call[head], call[head + 1]
    departure = (c.departure[a] + shift[head]).astype(np.int32)
    arrival = (c.arrival[b] + shift[head + 1]).astype(np.int32)
    backwards = arrival < departure
    keep = departure >= 0 if previous_day else np.ones(len(head), bool)
    audit = Audit().add(
        feed.name,
        "repaired",
        int(backwards.sum()),
        _("rides that arrive before they leave"),
    )
    arrival = np.maximum(arrival, departure)
    r = feed.routes
    names = r["route_short_name"].astype(str).to_numpy(dtype=object)
    ids = r["route_id"].astype(str).to_numpy(dtype=object)
    shown = np.where(names == "", ids, names).astype(object)
    # of vehicles at one time the first by its line goes first, in whatever order rows stand: equal
    # journeys are then told alike; within one time a vehicle's rides stay in their order
    order = np.lexsort((np.arange(len(head)), _by_line(feed, shown)[c.trip[a]], departure))
    order = order[keep[order]]
    rank = np.full(len(head) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    goes_on = np.zeros(len(head), bool)
    goes_on[:-1] = (np.diff(head) == 1) & (run[head][1:] == run[head][:-1])
    following = np.where(goes_on, rank[np.arange(len(head)) + 1], -1)[order]
    foot = (
        _footpaths(feed, rules, crs)
        if walks is None
        else (walks.foot_ptr, walks.foot_to, walks.foot_seconds)
    )
    return Rides(
        feed.stops["stop_id"].astype(str).to_numpy(dtype=object),
        c.stop[a][order].astype(np.int64),
        c.stop[b][order].astype(np.int64),
        departure[order],
        arrival[order],
        following,
        run[head][order].astype(np.int64),
        c.trip[a][order].astype(np.int64),
        (c.pickup[a] != 1)[order],
        (c.drop_off[b] != 1)[order],
        *foot,
        np.append(shown, "")[feed._trip_route],
        False,
        audit,
    )


def _runs_of(feed: Feed, days: Mapping[str, Date], earlier: int) -> tuple[Ints, Ints, Ints]:
    """Calls of all runs of a day, in order: row of the stop times, shift of times, run."""
    runs = feed._runs_on(days)
    c = feed.calls
    bounds = c.bounds(len(runs.plain))
    has = np.diff(bounds) > 1
    plain = np.flatnonzero(runs.plain & has)
    trip, shift = plain, np.zeros(len(plain), np.int64)
    if len(runs.trip):
        more, leaves = runs.trip[has[runs.trip]], runs.leaves[has[runs.trip]]
        late = leaves - c.departure[bounds[more]]
        trip, shift = np.concatenate([trip, more]), np.concatenate([shift, late])
    size = bounds[trip + 1] - bounds[trip]
    begin = np.repeat(np.cumsum(size) - size, size)
    call = np.repeat(bounds[trip], size) + np.arange(len(begin)) - begin
    return call, np.repeat(shift - earlier, size), np.repeat(np.arange(len(trip)), size)


def _places_of(
    feed: Feed, rules: TransferRules, position: pd.Index, crs: Any
) -> npt.NDArray[np.float64]:
    """Return where each stop is, m; NaN where that is not known or no rule asks for it."""
    xy: npt.NDArray[np.float64] = np.full((len(position), 2), np.nan)
    if not (rules.walk_metres > 0 or rules.stations or rules.table):
        return xy
    if crs is not None:
        points = feed.stop_points(crs)
        at = position.get_indexer(points["stop_id"].astype(str))
        xy[at] = np.column_stack([points.geometry.x, points.geometry.y])
    elif rules.walk_metres > 0:
        raise ParameterError(
            _("walks need a CRS in metres"),
            layer=feed.name,
            remedy=_("give crs, or walk_metres=0"),
        )
    return xy


def _stated_changes(
    feed: Feed, position: pd.Index, station: Ints
) -> Iterator[tuple[int, int, Any, Any]]:
    """Yield the pairs of stops of each row of the transfer table, its type and least time."""
    members = pd.Series(np.arange(len(position))).groupby(station).indices
    root = set(feed.stops["parent_station"][feed.stops["parent_station"] != ""])
    t = for_all_lines(feed.transfers)

    def stops_of(stop_id: str) -> list[int]:
        k = int(position.get_indexer([stop_id])[0])
        if k < 0:
            return []
        return list(members[station[k]]) if stop_id in root else [k]

    rows = list(
        zip(
            t["from_stop_id"].astype(str), t["to_stop_id"].astype(str),
            t["transfer_type"], t["min_transfer_time"], strict=True,
        )
    )  # fmt: skip
    # a row of two stops is more exact than one of a station: it is read last
    rows.sort(key=lambda row: (row[0] not in root) + (row[1] not in root))
    for start, end, kind, least in rows:
        for i in stops_of(start):
            for j in stops_of(end):
                yield i, j, kind, least


def _footpaths(feed: Feed, rules: TransferRules, crs: Any) -> tuple[Ints, Ints, Times]:
    """Transfers between stops, seconds; each stop to itself unless that is forbidden."""
    n = len(feed.stops)
    position = pd.Index(feed.stops["stop_id"].astype(str))
    station = pd.factorize(feed.stops["station"])[0].astype(np.int64)
    own = np.arange(n)
    time: dict[tuple[int, int], float] = {}
    a = b = np.zeros(0, np.int64)
    xy = _places_of(feed, rules, position, crs)
    placed = np.flatnonzero(np.isfinite(xy[:, 0]))
    if rules.walk_metres > 0 and len(placed):
        pair = cKDTree(xy[placed]).query_pairs(
            rules.walk_metres / rules.detour + 1e-6, output_type="ndarray"
        )
        a, b = placed[pair[:, 0]], placed[pair[:, 1]]
    if rules.stations:
        member = sparse.coo_matrix((np.ones(n, np.int8), (own, station))).tocsr()
        joined = (member @ member.T).tocoo()
        apart = joined.row < joined.col
        a, b = np.append(a, joined.row[apart]), np.append(b, joined.col[apart])

    def walk(i: Ints, j: Ints) -> npt.NDArray[np.float64]:
        metres = np.nan_to_num(np.hypot(*(xy[i] - xy[j]).T)) * rules.detour
        return np.asarray(metres / rules.speed * 60)

    for i, j, t in zip(a.tolist(), b.tolist(), (walk(a, b) + rules.seconds).tolist(), strict=True):
        time[i, j] = time[j, i] = t
    for i in range(n):
        time[i, i] = rules.seconds
    if rules.table:
        for i, j, kind, least in _stated_changes(feed, position, station):
            if kind == 3:
                time.pop((i, j), None)
            elif kind == 2 and least == least:
                time[i, j] = float(least)
            elif kind in (0, 1, 2):
                one = np.array([i]), np.array([j])
                time[i, j] = float(walk(*one)[0]) + (0 if kind == 1 else rules.seconds)
    keys = np.array(sorted(time), dtype=np.int64).reshape(-1, 2)
    seconds = np.ceil([time[i, j] for i, j in keys.tolist()]).astype(np.int32)
    ptr = np.searchsorted(keys[:, 0], np.arange(n + 1)).astype(np.int64)
    return ptr, keys[:, 1].copy(), seconds
