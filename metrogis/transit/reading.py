"""From archives to a :class:`~metrogis.transit.feed.Feed`: read, clean, merge."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit, Source
from metrogis.transit import calendar as cal
from metrogis.transit import clean
from metrogis.transit.archive import Archive, Limits, open_archive
from metrogis.transit.calendar import Calendar
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import positions, text_series
from metrogis.transit.feed import Feed
from metrogis.transit.flexible import note_between_stops, note_requests
from metrogis.transit.headways import clean_headways
from metrogis.transit.lost import Losing
from metrogis.transit.lost_dates import note_dates
from metrogis.transit.options import Options
from metrogis.transit.shapes import read_shapes
from metrogis.transit.speeds import trip_speeds
from metrogis.transit.stop_times import from_first_known, stop_times
from metrogis.transit.tables import Kind, Table, empty_table, read_table
from metrogis.transit.transfers import clean_transfers

_KINDS: dict[str, Kind] = {
    "trip_id": "runs",
    "arrival_time": "plain",
    "departure_time": "plain",
    "stop_sequence": "whole",
    "pickup_type": "whole",
    "drop_off_type": "whole",
    "continuous_pickup": "whole",
}
_NOT_BLANK = re.compile(rb"\S")
_OPTIONAL = ("frequencies", "transfers", "feed_info", "agency")
_SMALL = ("stops", "routes", "trips", "calendar", "calendar_dates", *_OPTIONAL)
_MUST = ("stops", "routes", "trips", "stop_times")


def read_all(given: Any, name: str | None, options: Options, limits: Limits, max_time: int) -> Feed:
    """Read one feed or several into one timetable; see :func:`metrogis.transit.read_feed`.

    Parameters
    ----------
    given : path, sequence of paths or mapping of str to path
        Feeds; a sequence names them by file, with a number where names repeat.
    name : str, optional
        Of the timetable, or of its only feed.
    options : Options
    limits : Limits
        Of files.
    max_time : int
        Latest time of day that is read, seconds.

    Raises
    ------
    ParameterError
        If no feed is given, or ``trust`` names one that is not.
    SourceError, SchemaError
        If a feed cannot be read at all.
    """
    named = _named(given, name)
    if not named:
        raise ParameterError(_("no timetable given"), layer=name or "timetable")
    if isinstance(options.trust, Mapping):
        _require_loaded("trust", options.trust, named)
    archives = [_open(name, path, limits) for name, path in named.items()]
    # small ones first: the largest table of the next feed is unpacked while one is read
    order = sorted(archives, key=lambda archive: archive.size("stop_times"))
    found: dict[str, Feed] = {}
    with ThreadPoolExecutor(1) as pool:
        ahead = [_start(pool, archive) for archive in order[:1]]
        for following in (*order[1:], None):
            started = ahead.pop()
            if following is not None:
                ahead.append(_start(pool, following))
            found[started.archive.layer] = _assemble(started, options, max_time)
    feeds = [found[name] for name in named]
    whole = feeds[0] if len(feeds) == 1 else _merge(feeds, name or "+".join(named))
    twice = whole.listed_twice
    audit = whole.audit.add(
        whole.name, "noted", int(twice.sum()),
        _("runs listed twice (equal in line, places of stops, times): counted once"),
        whole.trips["trip_id"][twice],
    )  # fmt: skip
    whole = replace(whole, audit=audit).keeping(whole)
    return whole.with_date_rule(options.date_rule)


def _named(given: Any, name: str | None) -> dict[str, Path]:
    """Return feeds by name; empty where what is given names none."""
    if isinstance(given, Mapping):
        return {str(k): Path(v) for k, v in given.items()}
    if isinstance(given, (str, os.PathLike)):
        return {name or _stem(Path(given)): Path(given)}
    named: dict[str, Path] = {}
    if isinstance(given, Sequence) and all(isinstance(p, (str, os.PathLike)) for p in given):
        for path in map(Path, given):
            # a sequence may hold files of one name: feed, feed_2, ...
            stem, n = _stem(path), 2
            while stem in named:
                stem, n = f"{_stem(path)}_{n}", n + 1
            named[stem] = path
    return named


def _require_loaded(what: str, names: Iterable[str], loaded: Iterable[str]) -> None:
    """Refuse names of feeds that are not there: a slip of the pen must not pass unseen."""
    missing = [name for name in names if name not in loaded]
    if missing:
        raise ParameterError(
            _("there is no such feed"),
            layer=what,
            place=", ".join(missing),
            remedy=_("feeds loaded: {loaded}").fill(loaded=", ".join(loaded)),
        )


def _stem(path: Path) -> str:
    return path.stem if path.suffix.lower() == ".zip" else path.name or "timetable"


@dataclass(frozen=True)
class _Started:
    """A feed whose largest table is being unpacked."""

    archive: Archive
    stop_times: Future[bytes | None]
    sha256: Future[str]


def _open(name: str, path: Path, limits: Limits) -> Archive:
    archive = open_archive(path, layer=name, limits=limits)
    for key in _MUST:
        if key not in archive.entries:
            raise _missing(name, f"{key}.txt")
    if not {"calendar", "calendar_dates"} & archive.entries.keys():
        raise _missing(name, "calendar.txt, calendar_dates.txt")
    return archive


def _start(pool: ThreadPoolExecutor, archive: Archive) -> _Started:
    return _Started(archive, pool.submit(archive.read, "stop_times"), pool.submit(archive.sha256))


def _assemble(started: _Started, options: Options, max_time: int) -> Feed:
    archive = started.archive
    name = archive.layer
    losing = Losing()
    tables, audit = _small_tables(archive, options.country, losing)
    stops, notes = clean.stops(tables["stops"], name, losing)
    audit += notes
    routes, notes = clean.routes(tables["routes"], name, losing)
    audit += notes
    trips, routes, notes = clean.trips(tables["trips"], routes, name, losing)
    audit += notes
    trip_route = positions(trips["route_id"], routes["route_id"])
    calendar, notes = cal.build(
        tables["calendar"], tables["calendar_dates"], tables["feed_info"], trips, name,
        reference_date=options.reference_date,
    )  # fmt: skip
    audit += notes
    note_dates(losing, tables["calendar"], tables["calendar_dates"], trips)
    first, last = calendar.validity[name]
    day = options.reference_date
    if day is not None and (day[1] < first or last < day[0]):
        what = _("catalog's date outside the validity")
        audit = audit.add(name, "noted", 1, what, f"{day[0]}..{day[1]}; {first}..{last}")
    headways, notes = clean_headways(
        tables["frequencies"], trips["trip_id"], name, max_time, losing
    )  # fmt: skip
    audit += notes
    transfers, notes = clean_transfers(tables["transfers"], stops["stop_id"], name)
    audit += notes
    table, notes = _table(archive, "stop_times", started.stop_times.result(), options.country)
    audit += notes
    calls, notes = stop_times(
        table, trips, stops, name, max_time=max_time, shapes=lambda: read_shapes(archive),
        speed=trip_speeds(routes, trip_route), losing=losing,
    )  # fmt: skip
    audit += notes
    between = routes["continuous_pickup"].to_numpy(np.int8)
    _require_departures(calls, name, other=losing.requests is not None or losing.between is not None
                        or bool(np.isin(between, (0, 2, 3)).any()))  # fmt: skip
    headways = from_first_known(headways, calls, losing)
    note_requests(losing, archive, stops)
    note_between_stops(losing, calls, between, trip_route, stops)
    audit += losing.audit(name)
    source = Source(layer=name, origin=archive.path.name, sha256=started.sha256.result())
    texts = {c: tables["agency"][c].text() for c in clean.WANTED["agency"]}
    return Feed(
        name, stops, routes, trips, transfers, pd.DataFrame(texts).assign(feed=name), calls,
        headways, calendar, audit, source, options, {name: archive},
        {name: losing.places(calls, trips, stops, routes, trip_route)},
    )  # fmt: skip


def _require_departures(calls: StopTimes, name: str, *, other: bool) -> None:
    """Raise for a feed of which nothing departs; ``other``: it has boarding of other kinds."""
    if not len(calls):
        raise SchemaError(
            _("no trip has a departure"),
            layer=name,
            place="stop_times.txt",
            remedy=_("check trip_id, stop_id and the times"),
        )
    if not other and ((calls.pickup == 1) | calls.last).all():
        raise SchemaError(
            _("nobody may board anywhere: pickup_type of every departure is 1"),
            layer=name,
            place="stop_times.txt",
            remedy=_("fix the column pickup_type; blank or 0 is an ordinary departure"),
        )


def _small_tables(archive: Archive, country: str, losing: Losing) -> tuple[dict[str, Table], Audit]:
    """Read all tables but ``stop_times``; an optional one that cannot be read is left out."""
    name = archive.layer
    audit = archive.audit
    tables: dict[str, Table] = {}
    for key in _SMALL:
        try:
            tables[key], notes = _table(archive, key, archive.read(key), country)
        except SchemaError as error:
            if key not in _OPTIONAL:
                raise
            tables[key] = empty_table(f"{key}.txt")
            notes = Audit().add(f"{name}/{key}.txt", "dropped", 1, error.message)
            if key == "frequencies":
                losing.note(
                    "trip", _("frequencies.txt unreadable"),
                    count=1, anywhere=True, by_mode=False,
                )  # fmt: skip
        audit += notes
    if "agency" not in archive.entries:
        what = _("file is missing")
        audit = audit.add(f"{name}/agency.txt", "noted", 1, what)
    return tables, audit


def _table(archive: Archive, key: str, data: bytes | None, country: str) -> tuple[Table, Audit]:
    file = f"{key}.txt"
    if data is None:
        return empty_table(file), Audit()
    if _NOT_BLANK.search(data) is None and key not in _MUST:
        what = _("file is empty")
        return empty_table(file), Audit().add(f"{archive.layer}/{file}", "noted", 1, what)
    wanted: tuple[str, ...] = clean.WANTED[key]
    kinds = _KINDS if key == "stop_times" else {}
    table, audit = read_table(
        data, file, wanted=wanted, layer=archive.layer, country=country, kinds=kinds
    )
    clean.require(table, key, archive.layer)
    further = "shape_dist_traveled"
    if key == "stop_times" and further not in table and _has_blank_times(table):
        # distances are of use for blank times only
        wanted = (*wanted, further)
        table, audit = read_table(
            data, file, wanted=wanted, layer=archive.layer, country=country, kinds=kinds
        )
    if not table.n and key in _MUST:
        raise SchemaError(
            _("the file has no rows"),
            layer=archive.layer,
            place=file,
            remedy=_("a GTFS timetable must have some"),
        )
    return table, audit


def _has_blank_times(table: Table) -> bool:
    return all(table[c].any_odd_clock() for c in ("arrival_time", "departure_time"))


def _missing(layer: str, files: str) -> SchemaError:
    return SchemaError(
        _("a required file is missing"),
        layer=layer,
        place=files,
        remedy=_("a GTFS timetable must have it"),
    )


_IDS = {
    "stops": ("stop_id", "parent_station", "station"),
    "routes": ("route_id", "agency_id"),
    "trips": ("trip_id", "route_id", "service_id", "block_id", "shape_id"),
    "transfers": (
        "from_stop_id",
        "to_stop_id",
        "from_trip_id",
        "to_trip_id",
        "from_route_id",
        "to_route_id",
    ),
    "agency": ("agency_id",),
}


def _merge(feeds: list[Feed], name: str) -> Feed:
    frames: dict[str, pd.DataFrame] = {}
    for table, columns in _IDS.items():
        parts = []
        for feed in feeds:
            part = getattr(feed, table)
            prefixed = {column: _prefixed(feed.name, part[column]) for column in columns}
            parts.append(part.assign(**prefixed))
        frames[table] = pd.concat(parts, ignore_index=True)
    trip0 = np.cumsum([0, *(len(f.trips) for f in feeds)])
    stop0 = np.cumsum([0, *(len(f.stops) for f in feeds)])
    calls = _joined([f.calls for f in feeds], {"trip": trip0, "stop": stop0})
    headways = pd.concat(
        [
            f.headways.assign(trip=f.headways["trip"] + t)
            for f, t in zip(feeds, trip0, strict=False)
        ],
        ignore_index=True,
    )
    audit = sum((f.audit for f in feeds), Audit())
    spans = {f.name: f.validity for f in feeds}
    if len(set(spans.values())) > 1:
        audit = audit.add(
            name, "noted", len(feeds),
            _("feeds valid in different periods"),
            [f"{k} {a}..{b}" for k, (a, b) in spans.items()],
        )  # fmt: skip
    audit = audit.add(
        name, "noted", len(feeds),
        _("feeds merged; ids prefixed"),
        [f.name for f in feeds],
    )  # fmt: skip
    return Feed(
        name, frames["stops"], frames["routes"], frames["trips"], frames["transfers"],
        frames["agency"], calls, headways, _merge_calendars(feeds), audit,
        Source(layer=name, origin=", ".join(f.source.origin for f in feeds)),
        feeds[0].options, {f.name: a for f in feeds for a in f.archives.values()},
        {key: found for f in feeds for key, found in f.lost.items()},
    )  # fmt: skip


def _prefixed(feed: str, ids: pd.Series) -> pd.Series:
    """Put the feed's name before ids that are not blank."""
    texts = pa.array(ids, type=pa.large_string())
    front, no = pa.array([f"{feed}:", ""], type=texts.type)
    named = pc.binary_join_element_wise(front, texts, no)
    blank = pc.equal(texts, "")
    return text_series(pc.if_else(blank, no, named) if pc.any(blank).as_py() else named)


def _joined(parts: list[StopTimes], moves: Mapping[str, Any]) -> StopTimes:
    """Put stop times one after another; positions move by what stands before."""
    edges = np.cumsum([0, *(len(part) for part in parts)])
    fields = {}
    for name in StopTimes.__dataclass_fields__:
        values = [getattr(part, name) for part in parts]
        whole = np.empty(edges[-1], values[0].dtype)
        for i, value in enumerate(values):
            here = whole[edges[i] : edges[i + 1]]
            if name in moves:
                np.add(value, whole.dtype.type(moves[name][i]), out=here)
            else:
                here[:] = value
        fields[name] = whole
    return StopTimes(**fields)


def _merge_calendars(feeds: list[Feed]) -> Calendar:
    first = min(f.calendar.first for f in feeds)
    last = max(f.calendar.last for f in feeds)
    services = [f"{f.name}:{s}" for f in feeds for s in f.calendar.services]
    runs = np.zeros(((last - first).days + 1, len(services)), bool)
    column = 0
    for feed in feeds:
        c = feed.calendar
        day = (c.first - first).days
        runs[day : day + len(c.runs), column : column + len(c.services)] = c.runs
        column += len(c.services)
    feed_of = np.concatenate([f.calendar.feed_of for f in feeds])
    validity = {k: v for f in feeds for k, v in f.calendar.validity.items()}
    return Calendar(tuple(services), first, runs, feed_of, validity)
