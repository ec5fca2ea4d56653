"""The four day types planners compare, and which dates are of which type.

Day types: ``school_day`` (working weekday in term), ``holiday_weekday`` (working weekday in school
holidays), ``saturday``, ``sunday`` (Sundays and public holidays). Public holidays follow the rule
of the country, school holidays a table. Which date stands for a type is chosen elsewhere
(:mod:`metrogis.transit.reference`).
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both

DAY_TYPES: dict[str, Text] = {
    "school_day": _("school-day weekday"),
    "holiday_weekday": _("holiday weekday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday and public holiday"),
}
SCHOOL, HOLIDAY, SATURDAY, SUNDAY = range(4)
"""Codes of the day types, in the order of :data:`DAY_TYPES`."""
UNDECIDED = -1
"""Code of a weekday so far from any listed school holiday that the table does not reach it."""

DateLike: TypeAlias = str | Date | datetime | pd.Timestamp | np.datetime64
Interval: TypeAlias = tuple[Date, Date]
"""First and last date, both included."""
State = Literal["service", "none", "unknown"]

_PART = re.compile(r"^(\d{4})(?:-(\d{2}))?$")


@dataclass(frozen=True)
class FeedDay:
    """What one feed of a timetable says of one day type.

    Attributes
    ----------
    feed : str
        Name of the feed.
    state : {"service", "none", "unknown"}
        Service: trips run on the reference date. None: certainly nothing runs on such days.
        Unknown: the feed says nothing certain of them; its operators are not absent then.
    date : date or None
        Reference date; None when unknown, unless the user named the date.
    why : Text
        How the date was chosen, or why nothing is known.
    dates : tuple of date
        Dates of the type within the validity of the feed.
    same : tuple of date
        Those with the timetable (multiset of runs) of the reference date.
    trips : float
        Trips on the reference date, headways expanded.
    median, busiest : float
        Median and greatest number of trips over ``dates``; for "Sunday and public holiday" over
        the Sundays, if there is one.
    """

    feed: str
    state: State
    date: Date | None
    why: Text
    dates: tuple[Date, ...] = field(default=(), repr=False)
    same: tuple[Date, ...] = field(default=(), repr=False)
    trips: float = float("nan")
    median: float = float("nan")
    busiest: float = float("nan")


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
        Unknown: no feed says anything certain of such days.
    date : date or None
        Reference date; None when unknown. Of several feeds each has its own (``feeds``): this is
        the one of the feed with most trips.
    dates : tuple of date
        Dates of the type within the validity of the feeds that are known, in order.
    same : tuple of date
        Those on which every known feed has the timetable of its reference date.
    why : Text
        How the reference date was chosen, or why the type is unknown.
    trips : float
        Trips on the reference dates, headways expanded; NaN when unknown.
    feeds : mapping of str to FeedDay
        What each feed says.
    """

    key: str
    title: Text
    state: Literal["known", "unknown"]
    date: Date | None
    dates: tuple[Date, ...] = field(repr=False)  # hundreds: they would hide the rest
    same: tuple[Date, ...] = field(repr=False)
    why: Text
    trips: float = float("nan")
    feeds: Mapping[str, FeedDay] = field(default_factory=dict, repr=False)

    @property
    def median(self) -> float:
        """Median number of trips over dates of the type, summed over the known feeds."""
        return self._sum("median")

    @property
    def busiest(self) -> float:
        """Trips on the busiest date of the type, summed over the known feeds."""
        return self._sum("busiest")

    @property
    def unknown_feeds(self) -> tuple[str, ...]:
        """Feeds that say nothing certain of such days."""
        return tuple(name for name, day in self.feeds.items() if day.state == "unknown")

    def _sum(self, name: str) -> float:
        known = [getattr(d, name) for d in self.feeds.values() if d.state != "unknown"]
        return float(sum(known)) if known else float("nan")


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
    found = parse(str(value).strip()) if isinstance(value, str) else None
    if found is None:
        raise ParameterError(
            _("this is not a date"),
            layer=layer,
            place=repr(value),
            remedy=_("write for instance 2024-10-16"),
        )
    return found


def as_interval(value: DateLike | Interval, layer: str = "date") -> Interval:
    """Return the first and last date of a day, a month (``"2024-10"``) or a year (``"2024"``).

    Raises
    ------
    ParameterError
        If it is none of these, or ends before it starts.

    Examples
    --------
    >>> [d.isoformat() for d in as_interval("2024-02")]
    ['2024-02-01', '2024-02-29']
    """
    if isinstance(value, tuple) and len(value) == 2:
        first, last = as_date(value[0], layer), as_date(value[1], layer)
        if last < first:
            raise ParameterError(
                _("the period ends before it starts"),
                layer=layer,
                place=f"{first}..{last}",
            )
        return first, last
    part = _PART.match(value.strip()) if isinstance(value, str) else None
    if part is not None:
        year, month = int(part[1]), int(part[2] or 0)
        if year >= 1 and (part[2] is None or 1 <= month <= 12):
            last_month = month or 12
            end = months.monthrange(year, last_month)[1]
            return Date(year, month or 1, 1), Date(year, last_month, end)
    day = as_date(value, layer)
    return day, day


def parse(text: str) -> Date | None:
    """Return the date that a text states.

    Parameters
    ----------
    text : str
        ``20241016`` or ``2024-10-16``.

    Returns
    -------
    date or None
        None for other texts and for days that no calendar has.

    Examples
    --------
    >>> parse("20241016"), parse("2024-02-30") is None
    (datetime.date(2024, 10, 16), True)
    """
    digits = text.replace("-", "") if len(text) == 10 else text
    if len(digits) != 8 or not digits.isdecimal() or not digits.isascii():
        return None
    try:
        return Date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def public_holidays(country: str, years: Iterable[int]) -> dict[Date, str]:
    """Return public holidays of a country, or part of one (``"PL"``, ``"GB-WLS"``).

    >>> sorted(public_holidays("PL", [2024]))[-1].isoformat()
    '2024-12-26'
    """
    code, _unused, part = country.partition("-")
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=list(years))
    except (NotImplementedError, TypeError, AttributeError) as error:
        raise ParameterError(
            _("public holidays of this country are not known"),
            layer="country",
            place=country,
            remedy=both("PL, DE, CZ, GB-WLS, ..."),
        ) from error
    return dict(found)


SchoolHolidays: TypeAlias = pd.DataFrame | Sequence[Any]


def school_days_off(table: SchoolHolidays | None) -> list[Interval] | None:
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
                _("columns start and end are missing"),
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
                _("holidays end before they start"),
                layer="school_holidays",
                place=f"{first}..{last}",
            )
        periods.append((first, last))
    return periods or None


def kinds_of_dates(
    first: Date,
    last: Date,
    country: str,
    school: Sequence[Interval] | None,
    *,
    reach: int = 300,
) -> tuple[npt.NDArray[np.int8], bool]:
    """Return the day type of every date, and whether the table of school holidays reaches them.

    Parameters
    ----------
    first, last : date
        First and last date, both included.
    country : str
        Whose public holidays count.
    school : sequence of (first, last), optional
        School holidays. Without them, or where they lie elsewhere, every working weekday is a
        school day.
    reach : int, default 300
        A weekday further than this many days from any listed school holiday is undecided: the
        table does not reach there (no school goes so long without holidays).

    Returns
    -------
    ndarray of int8 (dates,)
        Codes in the order of :data:`DAY_TYPES`; :data:`UNDECIDED`.
    bool

    Examples
    --------
    >>> kinds_of_dates(Date(2024, 10, 31), Date(2024, 11, 3), "PL", None)[0].tolist()
    [0, 3, 2, 3]
    """
    day = np.arange(first.toordinal(), last.toordinal() + 1)
    weekday = (day - 1) % 7  # ordinal 1 is a Monday
    off, near = np.zeros(len(day), bool), np.zeros(len(day), bool)
    for a, b in school or ():
        i, j = a.toordinal() - day[0], b.toordinal() - day[0] + 1
        off[max(i, 0) : max(j, 0)] = True
        near[max(i - reach, 0) : max(j + reach, 0)] = True
    reaches = bool(near.any())
    kind = np.where(off, HOLIDAY, SCHOOL).astype(np.int8)
    if reaches:
        kind[~near] = UNDECIDED
    kind[weekday == 5] = SATURDAY
    kind[weekday == 6] = SUNDAY
    public = public_holidays(country, range(first.year, last.year + 1))
    kind[[d.toordinal() - day[0] for d in public if first <= d <= last]] = SUNDAY
    return kind, reaches
