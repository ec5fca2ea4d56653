"""Door-to-door times by transit and on foot, for every minute of a window.

For each target one search over the rides, latest first, gives the journeys from all stops that no
other one beats; the walks to stops then give every origin's time at every minute. Where there are
more targets than origins the same is done in mirrored time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both
from metrogis.transit import door_coverage
from metrogis.transit.daytypes import DateLike
from metrogis.transit.door_search import (
    DoorRules,
    Found,
    Search,
    _bad,
    _number,
    coordinates,
    network_on_foot,
    next_minutes,
    one_feed,
    points_of,
    prepare,
    seconds_of_day,
    working_crs,
)
from metrogis.transit.feed import Feed
from metrogis.transit.profile_search import NEVER, Ticks, Wanted, minutes
from metrogis.transit.vehicles import MICRO
from metrogis.transit.walking import Places

__all__ = ["travel_times"]

_MOST_VALUES = 1 << 28
"""Times of single minutes given at once: 2 GB."""


def travel_times(
    feed: Feed | Sequence[Feed],
    origins: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    *,
    date: DateLike,
    window: tuple[Any, Any] = ("07:00", "09:00"),
    percentiles: Sequence[float] = (5, 25, 50, 75, 95),
    limits: Sequence[float] = (30, 45, 60),
    streets: Any = None,
    walk_speed: float = 4.8,
    access_limit: float = 1000,
    egress_limit: float = 1000,
    transfer_limit: float = 400,
    max_transfers: int = 3,
    slack: float = 60,
    max_time: float = 120,
    detour: float = 1.3,
    coverage: Any = None,
    headways: Literal["scheduled", "random"] = "scheduled",
    arrive_by: bool = False,
    each_minute: bool = False,
) -> Any:
    """Return door-to-door times from all origins to all targets over the minutes of a window.

    Leaving an origin at minute m takes the least of (a) walking all the way and (b) walking to a
    stop, waiting, riding, changing, and walking from a stop to the target: arrival minus m.

    Parameters
    ----------
    feed : Feed or sequence of Feed
        From :func:`metrogis.read_feed`.
    origins, targets : GeoDataFrame
        Points in any CRS; the index holds their ids.
    date : date, str or day type
        ``"2024-10-16"`` or ``"school_day"``, as in :meth:`Feed.departures`.
    window : pair of str or time
        First minute and end (not included): ``("07:00", "08:00")`` is 07:00 to 07:59. Local time
        of the timetable.
    percentiles : sequence of float
        Of the window's minutes, 0-100: the smallest value such that at least so many per cent of
        the minutes have a value not above it (nearest rank; infinity is a value).
    limits : sequence of float
        Minutes, inclusive, for ``share_*``; the share of one beyond ``max_time`` is unknown.
    streets : StreetNetwork or Streets, optional
        Where people walk. Without it walks are straight lines times ``detour``.
    walk_speed : float
        km/h.
    access_limit, egress_limit, transfer_limit : float
        Longest walk to the first stop, from the last one, and between two vehicles, m walked. 0:
        only a stop at the very point. Walks are never chained. Walking all the way is limited by
        ``max_time`` only.
    max_transfers : int
        Changes of vehicle; staying aboard (``block_id``, transfer type 4) is none.
    slack : float
        Seconds that every boarding needs, the first too. ``min_transfer_time`` of transfers.txt
        stands for walk and slack of a change; a timed transfer needs no slack.
    max_time : float
        Minutes; longer is infinite.
    detour : float
        Walk over straight line, without ``streets``.
    coverage : bool, GeoDataFrame, DataFrame or TimetableEvidence, optional
        Where timetables are complete: everywhere (True) or nowhere (False); areas with ``state``
        (and ``mode``); the coverage table, whose municipalities the points name in a column
        ``teryt``; or :func:`metrogis.evidence.timetable.evidence`.
    headways : {"scheduled", "random"}
        Trips of ``frequencies.txt`` as if timetabled from their start; or with waits that are
        uniform over the headway (:mod:`.random_headways`; then all trips of the window must run by
        headway, and no row of ``transfers.txt`` may name a trip or route among them).
    arrive_by : bool
        The window holds arrivals: the latest departure that is there by minute m.
    each_minute : bool
        Give every minute's time as well.

    Returns
    -------
    DataFrame, or (DataFrame, ndarray)
        A row for each origin and target, by origin: ``origin``, ``target``, ``p5`` ... (minutes;
        infinite = not within ``max_time``, NaN = unknown), ``share_30`` ... (0-1, of the minutes),
        ``walk`` (minutes all the way on foot, infinite beyond ``max_time``), ``upper_bound``
        (timetables that could serve either end are not complete by ``coverage``, or nothing is
        stated: the time is at most this). Where coverage is stated and not complete, "not within
        ``max_time``" is not certain: NaN instead of infinity. Points off the streets, or without a
        place, are unknown. ``attrs`` say which dates, walks and CRS were used, and how many points
        are unknown. With ``each_minute`` also the minutes, shape (origins, targets, minutes).

    Raises
    ------
    ParameterError, SchemaError, CRSError
        For dates outside validity, feeds with different clocks, numbers out of range, layers that
        are no points or have no CRS, repeated ids.

    Notes
    -----
    Times are kept in microseconds; nothing is rounded before a percentile. A journey with an
    unknown vehicle between two known ones is not looked for: ``upper_bound`` asks about the ends.
    Source: connection scan with profiles (doi:10.1145/3274661); percentiles over departure minutes
    as in Conway, Byrd, van der Linden 2017 (doi:10.3141/2653-06).

    Examples
    --------
    >>> import tempfile, pathlib, shapely
    >>> from metrogis.transit import read_feed
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.5,18.6",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,7:30:00|1,B,7:50:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> home = gpd.GeoDataFrame(index=["home"], geometry=[shapely.Point(18.5, 54.4)], crs=4326)
    >>> work = gpd.GeoDataFrame(index=["work"], geometry=[shapely.Point(18.6, 54.5)], crs=4326)
    >>> found = travel_times(read_feed(folder), home, work, date="2024-10-16",
    ...                      window=("07:25", "07:30"), percentiles=[50], limits=[30])
    >>> found[["origin", "target", "p50", "share_30"]].values.tolist()   # 07:25 to 07:29
    [['home', 'work', 23.0, 1.0]]
    """
    rules = DoorRules(
        walk_speed, access_limit, egress_limit, transfer_limit, max_transfers, slack, max_time,
        detour,
    )  # fmt: skip
    asked = _Asked.of(window, percentiles, limits, headways, arrive_by, each_minute, rules)
    feed = one_feed(feed)
    sides = points_of(origins, "origins"), points_of(targets, "targets")
    if each_minute and len(sides[0]) * len(sides[1]) * asked.ticks.count > _MOST_VALUES:
        raise ParameterError(
            _("too many minutes at once"),
            layer="travel_times",
            place="each_minute",
            remedy=_("ask for the points in parts"),
        )
    network = network_on_foot(streets)
    crs = working_crs(network, *sides)
    first, last = asked.span(rules)
    # with random headways rows that name lines are refused, where they speak of any that runs
    by_line = headways != "random"
    search = prepare(feed, date, rules, network, crs, first, last, by_line=by_line)
    places = tuple(
        search.walker.places(coordinates(points, crs), name)
        for points, name in zip(sides, ("origins", "targets"), strict=True)
    )
    if headways == "random":
        from metrogis.transit.random_headways import random_times

        found = random_times(search, places, asked)
    else:
        found = _timed(search, places, asked)
    limits_of = (rules.access_limit, rules.egress_limit)
    complete = [
        door_coverage.complete(coverage, search, frame, place.xy, reach, name)
        for frame, place, reach, name in zip(
            (origins, targets), places, limits_of, ("origins", "targets"), strict=True
        )
    ]
    sure = complete[0][:, None] & complete[1][None, :] & (not search.unknown_feeds)
    table = _table(found, sides, places, asked, sure, coverage is not None)
    table.attrs.update(_said(search, places, sides, asked, coverage))
    return (table, found.times) if each_minute else table


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is asked of the minutes."""

    ticks: Ticks
    wanted: Wanted
    percentiles: tuple[float, ...]
    limits: tuple[float, ...]
    headways: str

    @classmethod
    def of(
        cls, window: Any, percentiles: Any, limits: Any, headways: str, arrive_by: bool,
        each_minute: bool, rules: DoorRules,
    ) -> _Asked:  # fmt: skip
        """Check the options and count them in microseconds."""
        if isinstance(window, str) or not isinstance(window, Sequence) or len(window) != 2:
            raise _bad("window", window, _("two times of day"))
        start, end = (seconds_of_day(value, "window") for value in window)
        if end <= start:
            raise _bad(
                "window", window,
                _("end after start (\"25:00\": at night)"),
            )  # fmt: skip
        shares, bounds = (
            (value,) if _number(value) else tuple(value) for value in (percentiles, limits)
        )
        _require_each("percentiles", shares, lambda v: 0 <= v <= 100, _("numbers 0-100"))
        _require_each("limits", bounds, lambda v: 0 < v < np.inf, _("minutes, above 0"))
        if headways not in ("scheduled", "random"):
            raise _bad("headways", headways, both('"scheduled", "random"'))
        if headways == "random" and (each_minute or arrive_by):
            raise ParameterError(
                _("with random headways a minute has no one time"),
                layer="travel_times",
                place="each_minute" if each_minute else "arrive_by",
                remedy=both('headways="scheduled"'),
            )
        count = next_minutes(start, end)
        # nearest rank: at least p per cent; the product may carry a rounding error upwards
        ranks = [max(1, int(np.ceil(p * count / 100 - 1e-9))) for p in shares]
        return cls(
            Ticks(start * MICRO, count, bool(arrive_by)),
            Wanted(
                np.array(ranks, np.int64),
                np.array([round(v * 60 * MICRO) for v in bounds], np.int64),
                rules.longest,
                bool(each_minute),
            ),
            shares,
            bounds,
            headways,
        )

    def span(self, rules: DoorRules) -> tuple[int, int]:
        """Return first and last second at which a vehicle can matter."""
        first = self.ticks.first // MICRO
        last = first + 60 * (self.ticks.count - 1)
        longest = int(np.ceil(rules.max_time * 60))
        return (first - longest, last) if self.ticks.arrive else (first, last + longest)


def _timed(search: Search, places: tuple[Places, ...], asked: _Asked) -> Found:
    """Times by timetable: one search for each of the fewer."""
    origins, targets = places
    turned = len(origins.xy) < len(targets.xy)
    one, many = (origins, targets) if turned else (targets, origins)
    ends = search.links(one, access=turned)
    walks = search.links(many, access=not turned)
    ticks = asked.ticks.mirror() if turned else asked.ticks
    n = len(many.xy)
    shape = len(one.xy), n
    out = Found(
        np.empty((*shape, len(asked.percentiles))), np.empty((*shape, len(asked.limits))),
        np.empty(shape), np.empty((*shape, ticks.count) if asked.wanted.each else (0, 0, 0)),
    )  # fmt: skip
    limit = search.rules.walk_speed / 3.6 * search.rules.max_time * 60
    for row in range(len(one.xy)):
        metres = search.walker.all_the_way(many, one, row, towards=not turned, limit=limit)
        micro = search.walker.micro(metres)
        profile = search.profile(ends, row, mirrored=turned)
        p, s, t = minutes(profile, walks, micro, ticks, asked.wanted)
        out.percentiles[row], out.shares[row] = p, s
        out.walk[row] = np.where(micro < NEVER, micro / (60 * MICRO), metres)
        if asked.wanted.each:
            out.times[row] = t
    if turned:
        return out
    return Found(*(np.swapaxes(value, 0, 1) for value in
                   (out.percentiles, out.shares, out.walk, out.times)))  # fmt: skip


def _table(
    found: Found, sides: tuple[gpd.GeoSeries, ...], places: tuple[Places, ...], asked: _Asked,
    sure: npt.NDArray[np.bool_], stated: bool,
) -> pd.DataFrame:  # fmt: skip
    """The answers as rows, unknown ones as NaN."""
    n, m = len(sides[0]), len(sides[1])
    known = places[0].known[:, None] & places[1].known[None, :]
    columns: dict[str, Any] = {
        "origin": np.repeat(sides[0].index.to_numpy(), m),
        "target": np.tile(sides[1].index.to_numpy(), n),
    }
    vague = ~sure if stated else np.zeros_like(sure)
    for k, p in enumerate(asked.percentiles):
        value = found.percentiles[:, :, k]
        columns[f"p{p:g}"] = np.where(known & ~(vague & np.isinf(value)), value, np.nan).ravel()
    for k, limit in enumerate(asked.limits):
        # nothing was looked for beyond the longest time
        told = known & (limit * 60 * MICRO <= asked.wanted.longest)
        columns[f"share_{limit:g}"] = np.where(told, found.shares[:, :, k], np.nan).ravel()
    columns["walk"] = np.where(known, found.walk, np.nan).ravel()
    columns["upper_bound"] = ~sure.ravel()
    if asked.wanted.each:
        found.times[~known] = np.nan
        found.times[vague[:, :, None] & np.isinf(found.times)] = np.nan
    return pd.DataFrame(columns)


def _said(
    search: Search, places: tuple[Places, ...], sides: tuple[gpd.GeoSeries, ...], asked: _Asked,
    coverage: Any,
) -> dict[str, Any]:  # fmt: skip
    """What the answer rests on, as plain values."""
    return {
        "dates": {name: day.isoformat() for name, day in search.days.items()},
        "unknown_feeds": list(search.unknown_feeds),
        "walks": "streets" if search.walker.network is not None
        else f"straight line x {search.rules.detour:g}",
        "crs": str(getattr(search.crs, "to_string", lambda: search.crs)()),
        "headways": asked.headways,
        "arrive_by": asked.ticks.arrive,
        "coverage": "stated" if coverage is not None else "not stated",
        "rides": len(search.rides),
        "trips_joined": search.rides.joined,
        **{f"unknown_{name}": [str(i) for i in points.index[~place.known][:100]]
           for name, points, place in zip(("origins", "targets"), sides, places, strict=True)},
    }  # fmt: skip


def _require_each(
    name: str, values: Sequence[Any], fits: Callable[[float], bool], remedy: Text
) -> None:
    for value in values:
        if not (_number(value) and fits(value)):
            raise _bad(name, value, remedy)
