"""Health of a timetable: what is lost, what is odd, what was put right, feed by feed.

*Doubts* are what makes the timetable incomplete somewhere: stops, trips or dates that were lost,
positions that cannot be, services on request that are not read. Each has its losses
(:attr:`metrogis.transit.Feed.losses`), which take certainty away near them, unless the feed is
trusted. All else are *notes*: they make nothing uncertain by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.errors import CRSError
from metrogis.i18n import Text, _
from metrogis.provenance import Action
from metrogis.transit.columns import Mask
from metrogis.transit.days import feed_dates, trips_by_date
from metrogis.transit.points import stop_points
from metrogis.transit.speeds import SLACK, TOP_SPEED, impossible_hops, trip_speeds
from metrogis.transit.timetable import Timetable

T = TypeVar("T", bound=Timetable)


TITLES: dict[str, Text] = {
    "dates_with_trips": _("dates with trips"),
    "dates_without_trips": _("dates without trips"),
    "dates_not_valid": _("dates with trips outside the validity (only part of them runs)"),
    "hours_without_departures": _("hours without a departure on the busiest date"),
    "impossible_speeds": _("hops that no vehicle makes in the time stated"),
    "lost_stops": _("stops with departures, without a position or at an impossible place"),
    "unused_stops_without_position": _("unused stops without a position"),
    "stops_outside": _("stops with departures outside the area"),
    "lost_trips": _("trips lost"),
    "lost_calls": _("departures lost"),
    "unknown_modes": _("routes of an unknown mode"),
    "flexible_services": _("services on request, and flexible ones, that are not read"),
    "on_request": _("departures on request (telephone, driver), counted like others"),
    "booking_rules": _("booking rules (file)"),
    "runs_listed_twice": _("runs listed twice"),
    "time_zones": _("agencies in another time zone"),
    "directions_by_stops": _("trips without a direction: by the order of stops"),
    "modelled_times": _("times interpolated"),
    "values_repaired": _("values repaired or guessed"),
}
"""What the table tells of, by id."""

_KINDS = {
    "stop": "lost_stops",
    "trip": "lost_trips",
    "call": "lost_calls",
    "route": "unknown_modes",
    "service": "flexible_services",
}
DOUBTS = frozenset(_KINDS.values())
"""Ids of rows that make things uncertain."""

_LOOKED_AT = 200
"""Calls looked at for examples."""
_SHOWN = 5


@dataclass(frozen=True)
class HealthRow:
    """One statement on one feed.

    Attributes
    ----------
    feed : str
    what : str
        An id of :data:`TITLES`.
    title : Text
        What is counted; for losses why they could not be used.
    count : int
    examples : str
        A few ids, dates or files: the same in all languages.
    doubt : bool
        Whether it makes things uncertain near what it speaks of.
    trusted : str
        Why its doubt is set aside, as the catalog states; empty where it is not.
    """

    feed: str
    what: str
    title: Text
    count: int
    examples: str = ""
    doubt: bool = False
    trusted: str = ""


def health_of(
    feed: Timetable,
    *,
    area: gpd.GeoDataFrame | None = None,
    top_speed: Mapping[str, float] = TOP_SPEED,
    slack: float = SLACK,
) -> tuple[HealthRow, ...]:
    """Return the health of every feed of a timetable, rows of zero included.

    Parameters
    ----------
    feed : Timetable
    area : GeoDataFrame, optional
        The area analysed (municipalities): stops outside it are counted.
    top_speed : mapping of mode to km/h
        A hop is impossible where ``distance > top_speed x (time + slack)``.
    slack : float
        Seconds; timetables are written in whole minutes.
    """
    work = _Work(feed)
    fast = impossible_hops(
        feed.calls, work.lat, work.lon, trip_speeds(feed.routes, feed._trip_route, top_speed),
        slack=slack,
    )  # fmt: skip
    outside = _outside(feed, work.called, area) if area is not None else None
    rows: list[HealthRow] = []
    for name in feed.feeds:
        rows += _dates(feed, name)
        rows.append(work.row(name, "impossible_speeds", fast, work.hop))
        rows += _losses(feed, name)
        idle = work.blank & ~work.called & feed.stops["location_type"].isin([0, 4]).to_numpy()
        rows.append(work.stops(name, "unused_stops_without_position", idle))
        if outside is not None:
            rows.append(work.stops(name, "stops_outside", outside))
        rows += _notes(feed, name, work)
    return tuple(rows)


def health_table(feed: Timetable) -> pd.DataFrame:
    """Return :func:`health_of` as a table; see :attr:`metrogis.transit.Feed.health`.

    Returns
    -------
    DataFrame
        One row per feed and indicator, zeros too: ``feed``, ``what`` (id), ``title_pl``,
        ``title_en``, ``count``, ``examples``, ``doubt`` (bool), ``trusted`` (why the doubt is set
        aside).
    """
    rows = [
        (r.feed, r.what, r.title.pl, r.title.en, r.count, r.examples, r.doubt, r.trusted)
        for r in health_of(feed)
    ]
    columns = ["feed", "what", "title_pl", "title_en", "count", "examples", "doubt", "trusted"]
    return pd.DataFrame(rows, columns=columns)


def health_lines(rows: Iterable[HealthRow], language: str) -> list[str]:
    """Return rows of :func:`health_of` as text: by feed, doubts first.

    Parameters
    ----------
    rows : iterable of HealthRow
    language : {"pl", "en"}

    Returns
    -------
    list of str
        Without rows that count zero.
    """
    words = {
        "doubt": _("DOUBT"),
        "trusted": _("doubt set aside"),
    }
    lines = []
    for row in sorted(rows, key=lambda r: (r.feed, not r.doubt, not r.trusted)):
        if row.count:
            mark = f"{words['doubt'].get(language)}: " if row.doubt else ""
            if row.trusted:
                mark = f"{words['trusted'].get(language)} ({row.trusted}): "
            examples = f" ({row.examples})" if row.examples else ""
            lines.append(f"{row.feed}: {mark}{row.title.get(language)}: {row.count}{examples}")
    return lines


def with_health(feed: T) -> T:
    """Return the feed with its health in the audit.

    One row per indicator that counts something, layer ``<feed>/health``: ``unknown`` for a doubt,
    ``noted`` for the rest and for doubts that the catalog sets aside, with the reason it gives.
    """
    audit = feed.audit
    for row in health_of(feed):
        action: Action = "unknown" if row.doubt else "noted"
        what = row.title
        if row.trusted:
            what = _("{what}; doubt set aside: {trusted}").fill(what=what, trusted=row.trusted)
        audit = audit.add(f"{row.feed}/health", action, row.count, what, row.examples)
    return replace(feed, audit=audit).keeping(feed)


class _Work:
    """What the rows of all feeds need, once."""

    def __init__(self, feed: Timetable) -> None:
        self.feed = feed
        self.lat, self.lon = (feed.stops[c].to_numpy(float) for c in ("stop_lat", "stop_lon"))
        self.blank: Mask = ~(np.isfinite(self.lat) & np.isfinite(self.lon))
        self.called = np.zeros(len(feed.stops), bool)
        self.called[feed.calls.stop] = True
        self.stop_id = feed.stops["stop_id"].to_numpy(dtype=object)
        self.trip_id = feed.trips["trip_id"].to_numpy(dtype=object)
        self.of_trip = feed.trips["feed"].to_numpy(dtype=object)
        self.of_stop = feed.stops["feed"].to_numpy(dtype=object)

    def row(self, name: str, what: str, calls: Mask, show: Callable[[int], Any]) -> HealthRow:
        """Count calls of one feed."""
        index = np.flatnonzero(calls)
        if len(self.feed.feeds) > 1:
            index = index[self.of_trip[self.feed.calls.trip[index]] == name]
        shown = dict.fromkeys(map(show, index[:_LOOKED_AT]))  # a trip has many calls
        return HealthRow(name, what, TITLES[what], len(index), _some(shown))

    def stops(self, name: str, what: str, stops: Mask) -> HealthRow:
        ids = self.stop_id[stops & (self.of_stop == name)]
        return HealthRow(name, what, TITLES[what], len(ids), _some(ids))

    def trips(self, name: str, what: str, trips: Mask) -> HealthRow:
        ids = self.trip_id[trips & (self.of_trip == name)]
        return HealthRow(name, what, TITLES[what], len(ids), _some(ids))

    def hop(self, row: int) -> str:
        """Write a hop: stops, distance, time."""
        c = self.feed.calls
        a, b = c.stop[row - 1], c.stop[row]
        k = np.cos(np.radians(self.lat[a]))
        away = np.hypot(self.lat[b] - self.lat[a], (self.lon[b] - self.lon[a]) * k) * 111.195
        return f"{self.stop_id[a]} > {self.stop_id[b]} {away:.1f} km / " + (
            f"{int(c.arrival[row] - c.departure[row - 1])} s"
        )

    def trip_of_call(self, row: int) -> str:
        return str(self.trip_id[self.feed.calls.trip[row]])


def _some(ids: Any) -> str:
    shown = [str(i) for i, _ in zip(ids, range(_SHOWN + 1), strict=False)]
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else "")


def _dates(feed: Timetable, name: str) -> list[HealthRow]:
    """Return what dates and hours say of a feed."""
    table = trips_by_date(feed_dates(feed))
    own = table[table["feed"] == name]
    runs = own["trips"].to_numpy() > 0
    days = [d.isoformat() for d in own["date"]]
    on, off = np.flatnonzero(runs), np.flatnonzero(~runs)
    not_valid = np.flatnonzero(runs & ~own["valid"].to_numpy(bool))
    span = f"{days[on[0]]}..{days[on[-1]]}" if len(on) else ""
    rows = [
        HealthRow(name, what, TITLES[what], len(index), text)
        for what, index, text in (
            ("dates_with_trips", on, span),
            ("dates_without_trips", off, _some(days[i] for i in off[: _SHOWN + 1])),
            ("dates_not_valid", not_valid, _some(days[i] for i in not_valid[: _SHOWN + 1])),
        )
    ]
    if len(on):
        busiest = own["date"].iloc[int(own["trips"].to_numpy().argmax())]
        found = feed._boardings({name: busiest}).seconds // 3600 % 24
        empty = np.setdiff1d(np.arange(24), found).tolist()
        hours = f"{busiest.isoformat()}: {', '.join(map(str, empty))}" if empty else ""
        what = "hours_without_departures"
        rows.append(HealthRow(name, what, TITLES[what], len(empty), hours))
    return rows


def _losses(feed: Timetable, name: str) -> list[HealthRow]:
    """Return what was lost, by kind and reason; kinds of which nothing was lost count zero."""
    trusted = feed.options.trusted(name) or ""
    found: dict[tuple[str, Text], tuple[int, list[str]]] = {}
    for item in feed.lost.get(name, ()):
        count, ids = found.get((item.kind, item.what), (0, []))
        found[item.kind, item.what] = count + item.count, ids + list(item.ids)
    rows = [
        HealthRow(name, _KINDS[kind], what, count, _some(dict.fromkeys(ids)), not trusted, trusted)
        for (kind, what), (count, ids) in found.items()
    ]
    there = {row.what for row in rows}
    rows += [
        HealthRow(name, what, TITLES[what], 0) for what in _KINDS.values() if what not in there
    ]
    return rows


def _notes(feed: Timetable, name: str, work: _Work) -> list[HealthRow]:
    c = feed.calls
    phone = (c.pickup == 2) | (c.pickup == 3)
    archive = feed.archives.get(name)
    booking = archive is not None and "booking_rules" in archive.entries
    stated = feed.trips["direction_id"].to_numpy() >= 0
    repaired_values: dict[str, int] = {}
    for row in feed.audit:
        layer, _, file = row.layer.partition("/")
        if layer == name and file != "health" and row.action in ("repaired", "guessed"):
            repaired_values[file or layer] = repaired_values.get(file or layer, 0) + row.count
    what = "values_repaired"
    return [
        work.row(name, "on_request", phone, work.trip_of_call),
        HealthRow(name, "booking_rules", TITLES["booking_rules"], int(booking)),
        work.trips(name, "runs_listed_twice", feed.listed_twice),
        _time_zones(feed, name),
        work.trips(name, "directions_by_stops", ~stated),
        work.row(name, "modelled_times", c.modelled, work.trip_of_call),
        HealthRow(
            name, what, TITLES[what], sum(repaired_values.values()),
            _some(f"{file}: {n}" for file, n in repaired_values.items()),
        ),
    ]  # fmt: skip


def _time_zones(feed: Timetable, name: str) -> HealthRow:
    """Count agencies whose clock is not the one that most agencies of all feeds have."""
    what = "time_zones"
    zones = feed.agency["agency_timezone"]
    stated = zones[zones != ""]
    usual = stated.value_counts(sort=True).index[0] if len(stated) else ""
    own = feed.agency[(zones != "") & (zones != usual) & (feed.agency["feed"] == name)]
    ids = own["agency_name"].where(own["agency_name"] != "", own["agency_id"])
    shown = _some(f"{i} ({z})" for i, z in zip(ids, own["agency_timezone"], strict=True))
    return HealthRow(name, what, TITLES[what], len(own), shown)


def _outside(feed: Timetable, called: Mask, area: gpd.GeoDataFrame) -> Mask:
    """Tell which stops with departures lie outside the area."""
    try:
        points = stop_points(feed, area.crs)
    except CRSError:  # most of them are not even where its CRS holds
        return called & np.isfinite(feed.stops["stop_lat"].to_numpy(float))
    whole = shapely.union_all(area.geometry.to_numpy())
    shapely.prepare(whole)
    beyond = set(points["stop_id"][~shapely.intersects(whole, points.geometry.to_numpy())])
    return called & feed.stops["stop_id"].isin(beyond).to_numpy()
