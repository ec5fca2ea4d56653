"""Reference dates: when a feed is valid, and which of its dates stands for a day type.

The rule, for each feed on its own:

1. The *span* of a feed runs from the first to the last date of its calendar, cut by feed_info.
2. A week (Monday to Sunday) is *active* where a date has a quarter of the trips of the feed's k-th
   busiest date. Other weeks are outside the validity: a week of data and Christmas Eve do not
   describe three months.
3. Where the last (or first) school-day weekdays of active weeks, five or more, all have less than
   0.75 of the trips of the type's k-th busiest date, the timetable *falls*: dates beyond are
   outside the validity, whatever their type.
4. Among the dates of a type in the validity, those with 0.75 of the trips of the type's k-th
   busiest date may stand for it, within 62 days of the anchor: first the most frequent timetable,
   then the date nearest to the anchor, then the earliest.
5. "Nothing runs" is certain only where the k-th busiest of at least four dates has no trips, no
   date has a quarter of the trips of the feed's busiest date, and the feed was not cut to
   weekdays. Otherwise the type is unknown there.

For "Sunday and public holiday" Sundays are looked at, holidays only where there is no Sunday.
Thresholds are in :class:`~metrogis.transit.options.DateRule`; all are choices of this project.

What lives here is arrays of one feed; several feeds, the anchor and texts for users are put
together in :mod:`metrogis.transit.days`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date as Date

import numpy as np
import numpy.typing as npt

from metrogis.arrays import Ints
from metrogis.i18n import Text, _, both, join
from metrogis.transit.counts import Counts
from metrogis.transit.daytypes import (
    HOLIDAY,
    SATURDAY,
    SCHOOL,
    SUNDAY,
    FeedDay,
    Interval,
    State,
)
from metrogis.transit.options import DateRule

Mask = npt.NDArray[np.bool_]

_NO_TABLE = _("no table of school holidays: which weekdays are school-free is not known")
_NO_DATE = _("the timetable covers no such day")
_NOT_VALID = _("such days lie outside the validity of the timetable (only part of it runs then)")


@dataclass(frozen=True)
class Fall:
    """A timetable that loses service for good, or starts with little of it.

    Attributes
    ----------
    date : date
        Last (or first) date of the validity.
    after : bool
        The timetable falls after the date; False: it is poorer before it.
    weekdays : int
        School-day weekdays beyond.
    usual, beyond : float
        Median trips on school-day weekdays: of the full ones in the validity, and of those beyond.
    """

    date: Date
    after: bool
    weekdays: int
    usual: float
    beyond: float

    @property
    def share(self) -> float:
        """Share of trips lost, 0-1."""
        return 1 - self.beyond / self.usual


def busy_trips(trips: Ints, rule: DateRule) -> float:
    """Return the trips of the k-th busiest of some dates; 0 where there is no date.

    Examples
    --------
    >>> busy_trips(np.array([10, 50, 10, 10]), DateRule())  # one special date does not set it
    10.0
    """
    n = len(trips)
    if not n:
        return 0.0
    # 0.03 x 100 must be 3, whatever the last bit of the product says
    k = math.ceil(rule.busiest_share * n - 1e-9)
    k = min(max(k, rule.busiest_least), rule.busiest_most, n)
    return float(np.partition(trips, n - k)[n - k])


@dataclass(frozen=True, eq=False)
class FeedDates:
    """When one feed is valid, and how many trips are usual then.

    Attributes
    ----------
    feed : str
    counts : Counts
        Trips and timetables by date of the span.
    kind : ndarray of int8 (dates,)
        Day type of each date.
    table : bool
        School holidays are known there.
    active, valid : ndarray of bool (dates,)
        In an active week; in the validity.
    falls : tuple of Fall
    usual : tuple of float
        Trips of the k-th busiest date, by day type.
    rule : DateRule
    """

    feed: str
    counts: Counts
    kind: npt.NDArray[np.int8]
    table: bool
    active: Mask
    valid: Mask
    falls: tuple[Fall, ...]
    usual: tuple[float, ...]
    rule: DateRule

    @property
    def size(self) -> float:
        """Trips of the feed's k-th busiest date."""
        return busy_trips(self.counts.trips, self.rule)

    def of_type(self, code: int) -> Ints:
        """Return the dates (positions) of a type in the validity that may stand for it.

        For "Sunday and public holiday" these are the Sundays, if there is one.
        """
        return _of_type(self.counts, self.kind, self.valid, code)

    def _dates_of_type(self, code: int) -> tuple[Date, ...]:
        """Return all dates of a type in the validity."""
        return self._dates_at(np.flatnonzero(self.valid & (self.kind == code)))

    def _dates_at(self, at: Ints) -> tuple[Date, ...]:
        """Return the dates at some positions."""
        return tuple(Date.fromordinal(d) for d in self.counts.day[at].tolist())

    def says(self, date: Date) -> bool:
        """Return whether a date lies in the validity of the feed.

        False too for dates of an inactive week, and outside the span of the calendar.
        """
        at = date.toordinal() - self.counts.first.toordinal()
        return 0 <= at < len(self.valid) and bool(self.valid[at])


def examine(
    feed: str, counts: Counts, kind: npt.NDArray[np.int8], table: bool, rule: DateRule
) -> FeedDates:
    """Return when a feed is valid: its active weeks without what lies beyond a fall.

    Parameters
    ----------
    feed : str
    counts : Counts
    kind : ndarray of int8 (dates,)
        Day type of each date of the span.
    table : bool
        School holidays are known there.
    rule : DateRule
    """
    trips, day = counts.trips, counts.day
    # at least one trip: a quarter of nothing would make every week active
    least = max(rule.active_share * busy_trips(trips, rule), 1)
    week = (day - 1) // 7  # ordinal 1 is a Monday
    active = np.isin(week, week[trips >= least])
    valid = active.copy()
    school = np.flatnonzero(active & (kind == SCHOOL))
    # before anything is cut: what lies beyond a fall may be the larger part
    busy = busy_trips(trips[school], rule)
    cuts: list[tuple[int, bool, Ints]] = []
    if busy > 0:
        full = school[trips[school] >= rule.least_share * busy]
        for edge, after in ((int(full[-1]), True), (int(full[0]), False)):
            beyond = school[school > edge] if after else school[school < edge]
            if len(beyond) >= rule.fall_weekdays:
                valid[edge + 1 :] &= not after
                valid[:edge] &= after
                cuts.append((edge, after, beyond))
    # of full days: a line that runs once a week has a median of 0
    full = school[valid[school] & (trips[school] >= rule.least_share * busy)]
    falls = tuple(
        Fall(
            Date.fromordinal(int(day[edge])), after, len(beyond),
            float(np.median(trips[full])), float(np.median(trips[beyond])),
        )
        for edge, after, beyond in cuts
    )  # fmt: skip
    usual = [busy]
    for code in (HOLIDAY, SATURDAY, SUNDAY):
        usual.append(busy_trips(trips[_of_type(counts, kind, valid, code)], rule))
    return FeedDates(feed, counts, kind, table, active, valid, falls, tuple(usual), rule)


def choose(dates: FeedDates, code: int, anchor: Interval | None, trusted: str | None) -> FeedDay:
    """Return what a feed says of a day type near an anchor.

    Parameters
    ----------
    dates : FeedDates
    code : int
        Day type, in the order of ``DAY_TYPES``.
    anchor : (first, last) date, optional
        Day, month or year near which the date must lie; without it any date may be taken.
    trusted : str, optional
        Why doubts about the feed are set aside.
    """
    own = dates.of_type(code)
    if not len(own):
        return FeedDay(dates.feed, "unknown", None, _no_date(dates, code))
    trips, rule = dates.counts.trips, dates.rule
    usual = dates.usual[code]
    # where nothing is usual, only a date without trips may stand for the type
    fit = trips[own] >= rule.least_share * usual if usual > 0 else trips[own] == 0
    may = own[fit]
    distance = _distance(dates.counts.day[may], anchor)
    near = distance <= rule.within_days
    if not near.any():
        k = int(np.argmin(distance))
        why = _("the nearest such date is {date}, {n:0} {n:plural:day|days} from {anchor}: "
"too far (limit {limit:0} days)").fill(
            date=_date(dates, may[k]), n=int(distance[k]), anchor=_written(anchor),
            limit=rule.within_days,
        )  # fmt: skip
        return FeedDay(dates.feed, "unknown", None, why, dates._dates_of_type(code))
    doubt = _doubt(dates, code, trusted) if usual == 0 else None
    if doubt is not None:
        return FeedDay(dates.feed, "unknown", None, doubt, dates._dates_of_type(code))
    may, distance = may[near], distance[near]
    at = _most_frequent(dates.counts, may, distance)
    if usual == 0:
        return _day(dates, code, at, "none", _nothing(dates, code, own, trusted))
    timetable = dates.counts.timetable
    close = own[_distance(dates.counts.day[own], anchor) <= rule.within_days]
    why = _("the most frequent timetable: {same:0} of {all:0} such dates").fill(
        same=int((timetable[may] == timetable[at]).sum()), all=len(close)
    )
    if anchor is not None:
        more = _(" within {limit:0} days of {anchor}, the nearest of them").fill(
            limit=rule.within_days, anchor=_written(anchor)
        )
        why = why + more
    return _day(dates, code, at, "service", why)


def named(dates: FeedDates, code: int, date: Date, trusted: str | None) -> FeedDay:
    """Return what a feed says of a day type on a date that the user named.

    The date is taken as it is, and ``why`` says so, also where the calendar has another type for
    it.

    Parameters
    ----------
    dates : FeedDates
    code : int
        Position of the day type in ``DAY_TYPES``.
    date : date
        Within the span of the feed.
    trusted : str or None
        Why doubts about the feed are set aside.

    Returns
    -------
    FeedDay
        ``service`` where trips run and the feed is valid then; ``none`` where nothing runs and that
        can be believed; else ``unknown``.
    """
    at = date.toordinal() - dates.counts.first.toordinal()
    trips = int(dates.counts.trips[at])
    why = _("date named by the user")
    if dates.kind[at] != code:
        why = _joined(
            why,
            _("by the calendar it is another kind of day"),
        )
    if trips > 0:
        if dates.valid[at]:
            return _day(dates, code, at, "service", why)
        return _day(dates, code, at, "unknown", _joined(why, _NOT_VALID))
    usual = dates.usual[code]
    doubt = _NOT_VALID if not dates.valid[at] else _doubt(dates, code, trusted)
    if usual > 0:
        doubt = _("nothing runs then, although {n:0} trips are usual on such days").fill(n=usual)
    own = dates.of_type(code)
    if doubt is not None:
        return FeedDay(dates.feed, "unknown", None, _joined(why, doubt), dates._dates_of_type(code))
    why = _joined(why, _nothing(dates, code, own, trusted))
    return _day(dates, code, at, "none", why)


def _of_type(counts: Counts, kind: npt.NDArray[np.int8], among: Mask, code: int) -> Ints:
    """Return the dates of a type; of Sundays and holidays the Sundays, if there is one."""
    own = np.flatnonzero(among & (kind == code))
    if code == SUNDAY:
        sunday = (counts.day[own] - 1) % 7 == 6
        own = own[sunday] if sunday.any() else own
    return own


def _most_frequent(counts: Counts, may: Ints, distance: Ints) -> int:
    """Return the date of the most frequent timetable, then the nearest, then the earliest."""
    _, which, size = np.unique(counts.timetable[may], return_inverse=True, return_counts=True)
    often = size[which.ravel()]
    return int(may[np.lexsort((may, distance, -often))[0]])


def _distance(day: Ints, anchor: Interval | None) -> Ints:
    """Days from each date to the anchor; 0 within it, and where there is none."""
    if anchor is None:
        return np.zeros(len(day), np.int64)
    first, last = anchor[0].toordinal(), anchor[1].toordinal()
    return np.maximum(np.maximum(first - day, day - last), 0)


def _doubt(dates: FeedDates, code: int, trusted: str | None) -> Text | None:
    """Return why "nothing runs on such days" is not certain; None where it is."""
    trips, rule = dates.counts.trips, dates.rule
    own = dates.of_type(code)
    if len(own) < rule.none_dates:
        return _(
            "nothing runs, but the timetable has only {n:0} such dates ({least:0} are needed)"
        ).fill(n=len(own), least=rule.none_dates)
    # also beyond the validity: a date that did run is no proof of absence
    everywhere = _of_type(dates.counts, dates.kind, np.ones(len(trips), bool), code)
    some = np.union1d(own, everywhere)
    most = int(some[np.argmax(trips[some])])
    if trips[most] >= rule.none_share * trips.max():
        return _("nothing runs on most such days, but {date} has {n:0} trips").fill(
            date=_date(dates, most), n=int(trips[most])
        )
    if _cut_to_weekdays(dates, code) and trusted is None:
        return _(
            "{n:0} trips on weekdays and none on Saturdays and Sundays: probably cut "
            "to weekdays (if not, state trust in the catalog)"
        ).fill(n=max(dates.usual[SCHOOL], dates.usual[HOLIDAY]))
    return None


def _cut_to_weekdays(dates: FeedDates, code: int) -> bool:
    weekday = max(dates.usual[SCHOOL], dates.usual[HOLIDAY])
    empty = dates.usual[SATURDAY] == dates.usual[SUNDAY] == 0
    return code in (SATURDAY, SUNDAY) and empty and weekday >= dates.rule.weekday_trips


def _nothing(dates: FeedDates, code: int, own: Ints, trusted: str | None) -> Text:
    why = _(
        "nothing runs on such days: {zero:0} of {all:0} dates of the timetable have no trips"
    ).fill(zero=int((dates.counts.trips[own] == 0).sum()), all=len(own))
    if trusted is not None and _cut_to_weekdays(dates, code):
        why = _joined(why, both(trusted))
    return why


def _no_date(dates: FeedDates, code: int) -> Text:
    if (dates.kind == code).any():
        return _NOT_VALID
    return _NO_TABLE if code == HOLIDAY and not dates.table else _NO_DATE


def _day(dates: FeedDates, code: int, at: int, state: State, why: Text) -> FeedDay:
    own = dates.of_type(code)
    counts = dates.counts
    if code == SUNDAY and len(own) and (counts.day[own[0]] - 1) % 7 != 6:
        why = _joined(
            why,
            _("no Sunday in the timetable: a public holiday stands for it"),
        )
    if code == SCHOOL and not dates.table:
        why = _joined(
            why,
            _("without school holidays: any weekday"),
        )
    like = dates.valid & (dates.kind == code) & (counts.timetable == counts.timetable[at])
    trips = counts.trips[own]
    return FeedDay(
        dates.feed, state, _date(dates, at), why, dates._dates_of_type(code),
        dates._dates_at(np.flatnonzero(like)),
        float(counts.trips[at]),
        float(np.median(trips)) if len(own) else math.nan,
        float(trips.max()) if len(own) else math.nan,
    )  # fmt: skip


def _date(dates: FeedDates, at: int) -> Date:
    return dates._dates_at(np.array([at]))[0]


def _written(anchor: Interval | None) -> str:
    if anchor is None:
        return ""
    first, last = anchor
    return first.isoformat() if first == last else f"{first}..{last}"


def _joined(*parts: Text) -> Text:
    return join("; ", parts)
