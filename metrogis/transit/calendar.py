"""Which services run on which dates: both calendar tables of a feed read into one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.columns import Column, Mask
from metrogis.transit.daytypes import Interval, parse
from metrogis.transit.tables import Table
from metrogis.transit.values import Log, integer

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EARLIEST, _LATEST = Date(1970, 1, 1), Date(2100, 12, 31)
_MAX_CELLS = 200_000_000


@dataclass(frozen=True)
class Calendar:
    """Services by date: ``runs[day, service]``, days counted from ``first``.

    ``feed_of`` names the feed of each service; ``validity`` the first and last date of each feed.
    """

    services: tuple[str, ...]
    first: Date
    runs: Mask
    feed_of: npt.NDArray[np.object_]
    validity: dict[str, tuple[Date, Date]]

    @property
    def last(self) -> Date:
        """Last date."""
        return self.first + timedelta(days=len(self.runs) - 1)

    def on(self, date: Date) -> Mask:
        """Return which services run on ``date``.

        Parameters
        ----------
        date : date

        Returns
        -------
        ndarray of bool (services,)
            A feed runs within its validity only, whatever its calendar says beyond. All False for a
            date outside the span of the calendar.
        """
        day = (date - self.first).days
        if not 0 <= day < len(self.runs):
            return np.zeros(len(self.services), bool)
        row = cast(Mask, self.runs[day])
        outside = [f for f, (a, b) in self.validity.items() if not a <= date <= b]
        return row & ~np.isin(self.feed_of, outside) if outside else row


def build(
    calendar: Table,
    calendar_dates: Table,
    info: Table,
    trips: pd.DataFrame,
    feed: str,
    *,
    reference_date: Interval | None = None,
) -> tuple[Calendar, Audit]:
    """Read both calendar tables into one; only services that have trips are kept.

    Raises
    ------
    SchemaError
        If no service of any trip has a date.
    """
    log = Log(feed, calendar.file)
    services = pd.unique(trips["service_id"]).tolist()
    rows = _periods(calendar, services, log)
    extra_log = Log(feed, calendar_dates.file)
    extra = _exceptions(calendar_dates, services, extra_log)
    starts = [a for _s, a, _b, _d in rows] + [d for _s, d, _on in extra]
    ends = [b for _s, _a, b, _d in rows] + [d for _s, d, _on in extra]
    if not starts:
        raise _no_dates(feed)
    first, last = min(starts), max(ends)
    span = max(_MAX_CELLS // max(len(services), 1), 366)
    # a date in the wrong century must not make a table of a million days
    if (last - first).days >= span:
        middle = reference_date[0] if reference_date else first
        first = max(first, middle - timedelta(days=span // 2))
        last = min(last, first + timedelta(days=span - 1))
        log(
            "dropped", 1, _("calendar too long: part kept"),
            f"{first}..{last}",
        )  # fmt: skip
    runs = _running(rows, extra, len(services), first, (last - first).days + 1)
    if not runs.any():
        raise _no_dates(feed)
    dated = {s for s, *_unused in rows} | {s for s, _unused, added in extra if added}
    _log_undated(services, dated, runs, trips, log)
    running = [first + timedelta(int(d)) for d in np.flatnonzero(runs.any(axis=1))]
    # days before the first and after the last service are not part of what the feed tells
    whole = running[0], running[-1]
    if rows:  # a calendar states its period itself, also where nothing runs at its ends
        stated = max(min(row[1] for row in rows), first), min(max(row[2] for row in rows), last)
        whole = min(stated[0], whole[0]), max(stated[1], whole[1])
    validity, info_audit = _validity(whole, running, info, feed)
    result = Calendar(
        tuple(services), first, runs, np.array([feed] * len(services), dtype=object),
        {feed: validity},
    )  # fmt: skip
    return result, log.audit + extra_log.audit + info_audit


def _log_undated(
    services: list[str], dated: set[int], runs: Mask, trips: pd.DataFrame, log: Log
) -> None:
    undated = [s for i, s in enumerate(services) if i not in dated]
    lost = trips["service_id"].isin(undated).to_numpy()
    log("unknown", lost, _("trips whose service has no dates"), undated)
    idle = [s for i, s in enumerate(services) if i in dated and not runs[:, i].any()]
    log("noted", len(idle), _("services that run on no date"), idle)


def _periods(table: Table, services: list[str], log: Log) -> list[tuple[int, Date, Date, Mask]]:
    if not table.n:
        return []
    service = table["service_id"].find(services)
    names = table["service_id"].text()
    start, end = table["start_date"].map(parse, object), table["end_date"].map(parse, object)
    iso = _iso(table["start_date"]) | _iso(table["end_date"])
    log("repaired", iso, _ISO, names[iso])
    log("noted", service < 0, _NO_TRIPS, names[service < 0])
    week = np.zeros((table.n, 7), bool)
    for i, day in enumerate(_WEEK):
        value, bad = integer(table[day], -1, range(2))
        blank = value < 0
        log(
            "guessed", blank & ~bad, _("{day} blank: 0 taken").fill(day=day),
            names[blank & ~bad],
        )  # fmt: skip
        log(
            "guessed", bad, _("{day} other than 0 and 1: 0 taken").fill(day=day), names[bad],
        )  # fmt: skip
        week[:, i] = value == 1
    unread = np.array([a is None or b is None for a, b in zip(start, end, strict=True)], bool)
    log(
        "dropped",
        unread,
        _("period with an unreadable date"),
        names[unread],
    )
    rows, past, cut, seen = [], [], [], set()
    twice = []
    for i in np.flatnonzero(~unread & (service >= 0)).tolist():
        a, b = start[i], end[i]
        if b < a:
            past.append(names[i])
            continue
        if a < _EARLIEST or b > _LATEST:
            cut.append(names[i])
            a, b = max(a, _EARLIEST), min(b, _LATEST)
            if b < a:
                continue
        if service[i] in seen:
            twice.append(names[i])
        seen.add(service[i])
        rows.append((int(service[i]), a, b, week[i]))
    log(
        "dropped",
        len(past),
        _("period ends before it starts"),
        past,
    )
    log(
        "repaired", len(cut), _("dates beyond 1970-2100: cut"), cut,
    )  # fmt: skip
    log(
        "noted",
        len(twice),
        _("service has several periods: joined"),
        twice,
    )
    return rows


def _running(
    rows: list[tuple[int, Date, Date, Mask]],
    extra: list[tuple[int, Date, bool]],
    services: int,
    first: Date,
    days: int,
) -> Mask:
    """Return on which of ``days`` from ``first`` each service runs, shape (days, services).

    Periods of a service are united; exceptions come after them, as GTFS has it.
    """
    runs = np.zeros((days, services), bool)
    weekday = (np.arange(days) + np.int64(first.weekday())) % 7
    for service, start, end, week in rows:
        a, b = max((start - first).days, 0), min((end - first).days + 1, days)
        if a < b:
            runs[a:b, service] |= week[weekday[a:b]]
    for service, date, added in extra:
        day = (date - first).days
        if 0 <= day < days:
            runs[day, service] = added
    return runs


def _exceptions(table: Table, services: list[str], log: Log) -> list[tuple[int, Date, bool]]:
    if not table.n:
        return []
    service = table["service_id"].find(services)
    names = table["service_id"].text()
    dates = table["date"].map(parse, object)
    iso = _iso(table["date"])
    log("repaired", iso, _ISO, names[iso])
    log("noted", service < 0, _NO_TRIPS, dict.fromkeys(names[service < 0]))
    kind, bad = integer(table["exception_type"], 0, range(1, 3))
    blank = (kind == 0) & ~bad
    log(
        "guessed", blank, _("exception_type blank: taken as running"), names[blank],
    )  # fmt: skip
    kind = np.where(blank, 1, kind)
    wrong = np.array([d is None or not _EARLIEST <= d <= _LATEST for d in dates], bool) | bad
    log(
        "dropped", wrong, _("exception with an unreadable date or type"), names[wrong],
    )  # fmt: skip
    found: dict[tuple[int, Date], bool] = {}
    again, against = [], {}
    for i in np.flatnonzero(~wrong & (service >= 0)).tolist():
        key, added = (int(service[i]), dates[i]), bool(kind[i] == 1)
        if key in found:
            again.append(f"{names[i]} {dates[i]}")
            if found[key] != added:
                against[key] = again[-1]
        # whatever the order of rows: a day that may run is not taken away
        found[key] = found.get(key, False) or added
    log("noted", len(again), _("exception repeated"), again)
    log(
        "guessed", len(against),
        _("service both added and removed on one date: taken as running"), against.values(),
    )  # fmt: skip
    return [(service, date, added) for (service, date), added in found.items()]


_ISO = _("date as YYYY-MM-DD instead of YYYYMMDD")
_NO_TRIPS = _("rows of services without trips: left out")


def _iso(column: Column) -> Mask:
    """Tell which dates are written with hyphens, which GTFS does not allow."""
    return column.map(lambda text: len(text) == 10 and parse(text) is not None, bool)


def _validity(
    whole: tuple[Date, Date], running: list[Date], info: Table, feed: str
) -> tuple[tuple[Date, Date], Audit]:
    log = Log(feed, "feed_info.txt")
    if not info.n:
        return whole, log.audit
    starts = [d for d in info["feed_start_date"].map(parse, object) if d]
    ends = [d for d in info["feed_end_date"].map(parse, object) if d]
    log("repaired", _iso(info["feed_start_date"]) | _iso(info["feed_end_date"]), _ISO)
    unread = [
        text for c in ("feed_start_date", "feed_end_date")
        for text in info[c].text() if text and parse(text) is None
    ]  # fmt: skip
    log("dropped", len(unread), _("unreadable date of validity"), unread)
    # feed_info can only narrow what the calendar says
    first = max([whole[0], *starts[:1]])
    last = min([whole[1], *ends[:1]])
    if not any(first <= day <= last for day in running):
        log(
            "noted", 1, _("nothing runs in the period of feed_info: calendar used"),
        )  # fmt: skip
        return whole, log.audit
    if (first, last) != whole:
        log(
            "noted",
            1,
            _("validity cut to that of feed_info"),
            f"{whole[0]}..{whole[1]} -> {first}..{last}",
        )
    return (first, last), log.audit


def _no_dates(feed: str) -> SchemaError:
    return SchemaError(
        _("no trip has a date on which it runs"),
        layer=feed,
        place="calendar.txt, calendar_dates.txt",
        remedy=_("check service_id and dates in both files"),
    )
