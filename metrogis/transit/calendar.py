"""Which services run on which dates, and the four day types planners compare.

Day types: ``school_day`` (working weekday in term), ``holiday_weekday`` (working weekday in school
holidays), ``saturday``, ``sunday`` (Sundays and public holidays). METHODS 5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import ParameterError, SchemaError
from metrogis.provenance import Audit
from metrogis.texts import Text, both
from metrogis.transit.columns import Mask
from metrogis.transit.tables import Table
from metrogis.transit.values import Log, integer

DAY_TYPES: dict[str, Text] = {
    "school_day": Text("dzień roboczy szkolny", "school-day weekday"),
    "holiday_weekday": Text("dzień roboczy w ferie i wakacje", "holiday weekday"),
    "saturday": Text("sobota", "Saturday"),
    "sunday": Text("niedziela i święto", "Sunday and public holiday"),
}

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EARLIEST, _LATEST = Date(1970, 1, 1), Date(2100, 12, 31)
_MAX_CELLS = 200_000_000

DateLike: TypeAlias = str | Date | datetime | pd.Timestamp | np.datetime64


@dataclass(frozen=True)
class Calendar:
    """Services by date: ``runs[day, service]``, days counted from ``first``.

    ``feed_of`` names the feed of each service; ``validity`` the first and last date of each feed.
    """

    services: tuple[str, ...]
    first: Date
    runs: npt.NDArray[np.bool_]
    feed_of: npt.NDArray[np.object_]
    validity: dict[str, tuple[Date, Date]]

    @property
    def last(self) -> Date:
        """Last date."""
        return self.first + timedelta(days=len(self.runs) - 1)

    def on(self, date: Date) -> Mask:
        """Return which services run on ``date``; a feed runs only within its validity."""
        day = (date - self.first).days
        if not 0 <= day < len(self.runs):
            return np.zeros(len(self.services), bool)
        row = cast(Mask, self.runs[day])
        outside = [f for f, (a, b) in self.validity.items() if not a <= date <= b]
        return row & ~np.isin(self.feed_of, outside) if outside else row


@dataclass(frozen=True)
class DayType:
    """One day type of a timetable.

    Attributes
    ----------
    key : str
        ``school_day``, ``holiday_weekday``, ``saturday`` or ``sunday``.
    title : Text
        Its name.
    state : {"known", "unknown"}
        Unknown: the timetable has no such date, or nothing tells which dates are such.
    date : date or None
        Reference date; None when unknown.
    dates : tuple of date
        All its dates within the validity, in order.
    same : tuple of date
        Those on which the same set of services runs as on the reference date.
    why : Text
        How the reference date was chosen, or why the type is unknown.
    trips : float
        Trips on the reference date, frequencies expanded; NaN when unknown.
    """

    key: str
    title: Text
    state: Literal["known", "unknown"]
    date: Date | None
    dates: tuple[Date, ...] = field(repr=False)  # hundreds: they would hide the rest
    same: tuple[Date, ...] = field(repr=False)
    why: Text
    trips: float = float("nan")


def as_date(value: DateLike | Any, layer: str = "date") -> Date:
    """Return a date from a date, a timestamp, ``"2024-10-16"`` or ``"20241016"``.

    Raises
    ------
    ParameterError
        If it is none of these.
    """
    if isinstance(value, datetime) and value is not pd.NaT:
        return value.date()
    if isinstance(value, Date) and value is not pd.NaT:
        return value
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return cast(Date, pd.Timestamp(value).date())
    found = _parse(str(value).strip()) if isinstance(value, str) else None
    if found is None:
        raise ParameterError(
            Text("to nie jest data", "this is not a date"),
            layer=layer,
            place=repr(value),
            remedy=Text("napisz na przykład 2024-10-16", "write for instance 2024-10-16"),
        )
    return found


def _parse(text: str) -> Date | None:
    digits = text.replace("-", "") if len(text) == 10 else text
    if len(digits) != 8 or not digits.isdecimal() or not digits.isascii():
        return None
    try:
        return Date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def build(
    calendar: Table,
    calendar_dates: Table,
    info: Table,
    trips: pd.DataFrame,
    feed: str,
    *,
    reference_date: Date | None = None,
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
    starts = [a for _, a, _, _ in rows] + [d for _, d, _ in extra]
    ends = [b for _, _, b, _ in rows] + [d for _, d, _ in extra]
    if not starts:
        raise _no_dates(feed)
    first, last = min(starts), max(ends)
    span = max(_MAX_CELLS // max(len(services), 1), 366)
    if (last - first).days >= span:
        middle = reference_date or first
        first = max(first, middle - timedelta(days=span // 2))
        last = min(last, first + timedelta(days=span - 1))
        log(
            "dropped", 1, "kalendarz zbyt długi: zachowano część", "calendar too long: part kept",
            f"{first}..{last}",
        )  # fmt: skip
    days = (last - first).days + 1
    runs = np.zeros((days, len(services)), bool)
    weekday = (np.arange(days) + np.int64(first.weekday())) % 7
    for service, start, end, week in rows:
        a, b = max((start - first).days, 0), min((end - first).days + 1, days)
        if a < b:
            runs[a:b, service] |= week[weekday[a:b]]
    for service, date, added in extra:
        day = (date - first).days
        if 0 <= day < days:
            runs[day, service] = added
    if not runs.any():
        raise _no_dates(feed)
    dated = {s for s, *_ in rows} | {s for s, *_ in extra}
    undated = [s for i, s in enumerate(services) if i not in dated]
    lost = trips["service_id"].isin(undated).to_numpy()
    log(
        "unknown", lost, "kursy, których usługa nie ma dat", "trips whose service has no dates",
        undated,
    )  # fmt: skip
    idle = [s for i, s in enumerate(services) if i in dated and not runs[:, i].any()]
    log("noted", len(idle), "usługi bez dnia kursowania", "services that run on no date", idle)
    days_on = np.flatnonzero(runs.any(axis=1))
    # days before the first and after the last service are not part of what the feed tells
    whole = first + timedelta(days=int(days_on[0])), first + timedelta(days=int(days_on[-1]))
    if rows:  # a calendar states its period itself, also where nothing runs at its ends
        whole = max(min(a for _, a, _, _ in rows), first), min(max(b for _, _, b, _ in rows), last)
        whole = (
            min(whole[0], first + timedelta(days=int(days_on[0]))),
            max(whole[1], first + timedelta(days=int(days_on[-1]))),
        )
    running = [first + timedelta(days=int(d)) for d in days_on]
    validity, info_audit = _validity(whole, running, info, feed)
    result = Calendar(
        tuple(services), first, runs, np.array([feed] * len(services), dtype=object),
        {feed: validity},
    )  # fmt: skip
    return result, log.audit + extra_log.audit + info_audit


def _periods(
    table: Table, services: list[str], log: Log
) -> list[tuple[int, Date, Date, npt.NDArray[np.bool_]]]:
    if not table.n:
        return []
    service = table["service_id"].find(services)
    names = table["service_id"].text()
    start, end = table["start_date"].map(_parse, object), table["end_date"].map(_parse, object)
    week = np.zeros((table.n, 7), bool)
    for i, day in enumerate(_WEEK):
        value, bad = integer(table[day], -1, range(2))
        blank = value < 0
        log(
            "guessed", blank & ~bad, f"{day} puste: przyjęto 0", f"{day} blank: 0 taken",
            names[blank & ~bad],
        )  # fmt: skip
        log(
            "guessed", bad, f"{day} inne niż 0 i 1: przyjęto 0",
            f"{day} other than 0 and 1: 0 taken", names[bad],
        )  # fmt: skip
        week[:, i] = value == 1
    unread = np.array([a is None or b is None for a, b in zip(start, end, strict=True)], bool)
    log(
        "dropped",
        unread,
        "okres z nieczytelną datą",
        "period with an unreadable date",
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
        "okres kończy się przed początkiem",
        "period ends before it starts",
        past,
    )
    log(
        "repaired", len(cut), "daty poza latami 1970-2100: przycięto",
        "dates beyond 1970-2100: cut", cut,
    )  # fmt: skip
    log(
        "noted",
        len(twice),
        "usługa ma kilka okresów: połączono",
        "service has several periods: joined",
        twice,
    )
    return rows


def _exceptions(table: Table, services: list[str], log: Log) -> list[tuple[int, Date, bool]]:
    if not table.n:
        return []
    service = table["service_id"].find(services)
    names = table["service_id"].text()
    dates = table["date"].map(_parse, object)
    kind, bad = integer(table["exception_type"], 0, range(1, 3))
    blank = (kind == 0) & ~bad
    log(
        "guessed", blank, "exception_type puste: przyjęto, że usługa kursuje",
        "exception_type blank: taken as running", names[blank],
    )  # fmt: skip
    kind = np.where(blank, 1, kind)
    wrong = np.array([d is None or not _EARLIEST <= d <= _LATEST for d in dates], bool) | bad
    log(
        "dropped", wrong, "wyjątek z nieczytelną datą lub rodzajem",
        "exception with an unreadable date or type", names[wrong],
    )  # fmt: skip
    ok = np.flatnonzero(~wrong & (service >= 0))
    return [(int(service[i]), dates[i], bool(kind[i] == 1)) for i in ok]


def _validity(
    whole: tuple[Date, Date], running: list[Date], info: Table, feed: str
) -> tuple[tuple[Date, Date], Audit]:
    log = Log(feed, "feed_info.txt")
    if not info.n:
        return whole, log.audit
    starts = [d for d in info["feed_start_date"].map(_parse, object) if d]
    ends = [d for d in info["feed_end_date"].map(_parse, object) if d]
    first = max([whole[0], *starts[:1]])
    last = min([whole[1], *ends[:1]])
    if not any(first <= day <= last for day in running):
        log(
            "noted", 1, "w okresie z feed_info nic nie kursuje: użyto kalendarza",
            "nothing runs in the period of feed_info: calendar used",
        )  # fmt: skip
        return whole, log.audit
    if (first, last) != whole:
        log(
            "noted", 1, "ważność zawężona do okresu z feed_info",
            "validity cut to that of feed_info", f"{whole[0]}..{whole[1]} -> {first}..{last}",
        )  # fmt: skip
    return (first, last), log.audit


def _no_dates(feed: str) -> SchemaError:
    return SchemaError(
        Text("żaden kurs nie ma dnia kursowania", "no trip has a date on which it runs"),
        layer=feed,
        place="calendar.txt, calendar_dates.txt",
        remedy=Text(
            "sprawdź service_id i daty w obu plikach", "check service_id and dates in both files"
        ),
    )


def public_holidays(country: str, years: Iterable[int]) -> dict[Date, str]:
    """Return public holidays of a country, or part of one (``"PL"``, ``"GB-WLS"``).

    >>> sorted(public_holidays("PL", [2024]))[-1].isoformat()
    '2024-12-26'
    """
    code, _, part = country.partition("-")
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=list(years))
    except (NotImplementedError, TypeError, AttributeError) as error:
        raise ParameterError(
            Text("nie znam świąt tego kraju", "public holidays of this country are not known"),
            layer="country",
            place=country,
            remedy=both("PL, DE, CZ, GB-WLS, ..."),
        ) from error
    return dict(found)


SchoolHolidays: TypeAlias = pd.DataFrame | Sequence[Any]


def school_days_off(table: SchoolHolidays | None) -> list[tuple[Date, Date]] | None:
    """Return school holidays as periods (both ends included), None where there is no table.

    Accepts a table with ``start`` and ``end`` (or ``date``), or a sequence of dates and pairs.
    """
    if table is None:
        return None
    if isinstance(table, pd.DataFrame):
        if {"start", "end"} <= set(table.columns):
            pairs: list[Any] = list(zip(table["start"], table["end"], strict=True))
        elif "date" in table.columns:
            pairs = list(table["date"])
        else:
            raise ParameterError(
                Text("brak kolumn start i end", "columns start and end are missing"),
                layer="school_holidays",
            )
    elif isinstance(table, (str, Date)):  # one day off
        pairs = [table]
    else:
        pairs = list(table)
    periods = []
    for item in pairs:
        a, b = item if isinstance(item, (tuple, list)) and len(item) == 2 else (item, item)
        first, last = as_date(a, "school_holidays"), as_date(b, "school_holidays")
        if last < first:
            raise ParameterError(
                Text("ferie kończą się przed początkiem", "holidays end before they start"),
                layer="school_holidays",
                place=f"{first}..{last}",
            )
        periods.append((first, last))
    return periods or None


def classify(
    validity: tuple[Date, Date],
    country: str,
    school: list[tuple[Date, Date]] | None,
    *,
    reach: int = 300,
) -> tuple[dict[str, list[Date]], int]:
    """Sort the dates of the validity into day types; the second value counts undecided weekdays.

    A weekday more than ``reach`` days from any listed school holiday is not decided: the table
    does not reach there (no school goes so long without holidays).
    """
    first, last = validity
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    public = public_holidays(country, range(first.year, last.year + 1))
    off = np.zeros(len(days), bool)
    near = np.zeros(len(days), bool)
    for a, b in school or []:
        i, j = (a - first).days, (b - first).days + 1
        off[max(i, 0) : max(j, 0)] = True
        near[max(i - reach, 0) : max(j + reach, 0)] = True
    found: dict[str, list[Date]] = {key: [] for key in DAY_TYPES}
    undecided = 0
    for k, day in enumerate(days):
        if day in public or day.weekday() == 6:
            found["sunday"].append(day)
        elif day.weekday() == 5:
            found["saturday"].append(day)
        elif school is not None and near.any() and not near[k]:
            undecided += 1
        else:
            found["holiday_weekday" if off[k] else "school_day"].append(day)
    return found, undecided if near.any() else -1


def choose(
    days: Sequence[Date], sets: Mapping[Date, bytes], reference: Date | None
) -> tuple[Date, tuple[Date, ...]]:
    """Return the reference date among ``days`` and the dates with its set of services.

    The most frequent set first, then the date nearest to ``reference``, then the earliest.
    """
    by_set: dict[bytes, list[Date]] = {}
    for day in days:
        by_set.setdefault(sets[day], []).append(day)
    most = max(len(v) for v in by_set.values())
    best = [d for v in by_set.values() if len(v) == most for d in v]
    key = (lambda d: (abs((d - reference).days), d)) if reference else (lambda d: (0, d))
    chosen = min(best, key=key)
    return chosen, tuple(by_set[sets[chosen]])
