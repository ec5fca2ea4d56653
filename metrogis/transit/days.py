"""Day types of a timetable of one feed or several: each feed by itself, near one anchor.

The anchor is the date the user names, else the one the timetable was read with (the catalog's),
else the date chosen for the largest feed (most trips on its k-th busiest date).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date as Date
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both, join
from metrogis.provenance import Action, Audit
from metrogis.transit.counts import count_by_date, in_two_feeds
from metrogis.transit.daytypes import DAY_TYPES, SUNDAY, DayType, FeedDay, Interval, kinds_of_dates
from metrogis.transit.options import DateRule, Options
from metrogis.transit.reference import FeedDates, choose, examine, named
from metrogis.transit.timetable import Timetable

T = TypeVar("T", bound=Timetable)
Count = Callable[[Mapping[str, Date]], int]


def with_rule(feed: T, rule: DateRule) -> T:
    """Return the feed with its reference dates chosen by other thresholds.

    What was worked out for the timetable is kept, but for dates and day types; the rows of the
    audit that speak of dates are replaced.

    Parameters
    ----------
    feed : Feed
    rule : DateRule

    Returns
    -------
    Feed
        Without rows on dates where the user named a date that is in no feed: asking for day types
        raises then.
    """
    options = replace(feed.options, date_rule=rule)
    other = replace(feed, options=options, audit=without_dates(feed.audit)).keeping(feed)
    # what hangs on the rule must be worked out anew
    for name in ("_feed_dates", "_day_types"):
        other.__dict__.pop(name, None)
    try:
        rows = _audit_of_dates(feed_dates(other), types_of(other))
    except ParameterError:
        return other  # the user named a date that is in no feed: day_types() says so
    return replace(other, audit=other.audit + rows).keeping(other)


def feed_dates(feed: Timetable) -> dict[str, FeedDates]:
    """Return when each feed of a timetable is valid; worked out once."""
    kept = vars(feed)
    if "_feed_dates" not in kept:
        kept["_feed_dates"] = examine_feeds(feed)
    found: dict[str, FeedDates] = kept["_feed_dates"]
    return found


def types_of(feed: Timetable) -> dict[str, DayType]:
    """Return the day types of a timetable; worked out once."""
    kept = vars(feed)
    if "_day_types" not in kept:
        count = feed._count if len(feed.feeds) > 1 and in_two_feeds(feed) else None
        kept["_day_types"] = day_types(feed_dates(feed), feed.options, count)
    found: dict[str, DayType] = kept["_day_types"]
    return found


def examine_feeds(feed: Timetable) -> dict[str, FeedDates]:
    """Return when each feed of a timetable is valid, and how many trips are usual then.

    Parameters
    ----------
    feed : Feed
        Its options give country and school holidays (which set the type of dates) and the
        thresholds.

    Returns
    -------
    dict of str to FeedDates
        By name of the feed.
    """
    options = feed.options
    found = {}
    for name, counts in count_by_date(feed).items():
        kind, table = kinds_of_dates(counts.first, counts.last, options.country, options.school)
        found[name] = examine(name, counts, kind, table, options.date_rule)
    return found


def day_types(
    dates: Mapping[str, FeedDates], options: Options, count: Count | None
) -> dict[str, DayType]:
    """Return the day types of a timetable, from those of its feeds.

    ``count`` tells how many runs there are at given dates of the feeds, where a run may stand in
    two of them; None where the trips of feeds are added up.

    Raises
    ------
    ParameterError
        If a date the user named lies in no feed.
    """
    lead = min(dates.values(), key=lambda d: (-d.size, d.counts.first, d.feed))
    free: dict[str, FeedDay] = {}
    if options.reference_date is None:
        trusted = options.trusted(lead.feed)
        free = {key: choose(lead, k, None, trusted) for k, key in enumerate(DAY_TYPES)}
    found = {}
    for code, key in enumerate(DAY_TYPES):
        given = options.dates.get(key)
        if given is not None:
            _require_in_some(given, key, dates)
        anchor = _anchor(key, given, free, options)
        by_feed = {}
        for name, own in dates.items():
            trusted = options.trusted(name)
            if given is not None and own.counts.first <= given <= own.counts.last:
                by_feed[name] = named(own, code, given, trusted)
            elif given is None and own is lead and free:
                by_feed[name] = free[key]
            else:
                by_feed[name] = choose(own, code, anchor, trusted)
        found[key] = _joined(key, by_feed, count)
    return found


def _anchor(
    key: str, given: Date | None, free: Mapping[str, FeedDay], options: Options
) -> Interval | None:
    if given is not None:
        return given, given
    if options.reference_date is not None:
        return options.reference_date
    for day in (free[key], *free.values()):
        if day.date is not None:
            return day.date, day.date
    return None


def _require_in_some(given: Date, key: str, dates: Mapping[str, FeedDates]) -> None:
    if not any(d.counts.first <= given <= d.counts.last for d in dates.values()):
        raise ParameterError(
            _("the date named is outside the validity of the timetable"),
            layer="dates",
            place=f"{key} = {given}",
        )


def _joined(key: str, feeds: dict[str, FeedDay], count: Count | None) -> DayType:
    """Put what the feeds say of a day type together."""
    title = DAY_TYPES[key]
    seen = [d for d in feeds.values() if d.date is not None]
    if len(feeds) == 1:
        why = next(iter(feeds.values())).why
    else:
        why = join("; ", (both(f"{name}: ") + _dated(day) for name, day in feeds.items()))
    if not seen:
        return DayType(key, title, "unknown", None, (), (), why, feeds=feeds)
    first = min(seen, key=lambda d: (-d.trips, d.date))
    dates = sorted(set().union(*(d.dates for d in seen)))
    same = set(dates).intersection(*(d.same for d in seen))
    trips = sum(d.trips for d in seen) if count is None else float(count(_dates_of(feeds)))
    return DayType(
        key, title, "known", first.date, tuple(dates), tuple(sorted(same)), why, trips, feeds
    )


def _dated(day: FeedDay) -> Text:
    return day.why if day.date is None else both(f"{day.date.isoformat()}, ") + day.why


def dates_of(kind: DayType) -> dict[str, Date]:
    """Return the date at which each feed is looked at for a day type."""
    return _dates_of(kind.feeds)


def _dates_of(feeds: Mapping[str, FeedDay]) -> dict[str, Date]:
    return {name: day.date for name, day in feeds.items() if day.date is not None}


def trips_by_date(dates: Mapping[str, FeedDates]) -> pd.DataFrame:
    """Return the trips of feeds on every date of their spans.

    Parameters
    ----------
    dates : mapping of str to FeedDates
        From :func:`examine_feeds`.

    Returns
    -------
    DataFrame
        One row per feed and date: ``feed``, ``date``, ``day_type`` (None where undecided),
        ``trips`` (headways expanded), ``valid``.
    """
    keys = np.array([*DAY_TYPES, None], dtype=object)
    parts = [
        pd.DataFrame(
            {
                "feed": name,
                "date": [Date.fromordinal(k) for k in own.counts.day.tolist()],
                "day_type": keys[own.kind],  # undecided (-1) is the last one
                "trips": own.counts.trips,
                "valid": own.valid,
            }
        )
        for name, own in dates.items()
    ]
    return pd.concat(parts, ignore_index=True)


def describe(feed: Timetable, language: str) -> pd.DataFrame:
    """Return one row per day type; see :meth:`metrogis.transit.Feed.describe`.

    Parameters
    ----------
    feed : Feed
    language : {"pl", "en"}
        Of ``why``.

    Returns
    -------
    DataFrame (4,)
        Numbers are NaN for a day type that is unknown.
    """
    rows = []
    kinds = types_of(feed)
    for kind in kinds.values():
        row: dict[str, Any] = {
            "state": kind.state, "date": kind.date, "dates": len(kind.dates),
            "same_services": len(kind.same), "trips": kind.trips, "median": kind.median,
            "busiest": kind.busiest, "departures": np.nan, "stops": np.nan,
            "unknown_feeds": ", ".join(kind.unknown_feeds), "why": kind.why.get(language),
        }  # fmt: skip
        if kind.date is not None:
            found = feed._boardings(dates_of(kind))
            row["departures"] = len(found.call)
            row["stops"] = len(np.unique(feed.calls.stop[found.call]))
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(kinds, name="day_type"))


# ---------------------------------------------------------------------------- audit

_PLACE = "/day_types"


def _audit_of_dates(dates: Mapping[str, FeedDates], types: Mapping[str, DayType]) -> Audit:
    """Return what the audit says of dates: reference dates, falls, weeks left out, odd days."""
    audit = Audit()
    for name, own in dates.items():
        place = name + _PLACE
        audit += _of_validity(place, own)
        for code, (key, kind) in enumerate(types.items()):
            audit += _of_day(place, DAY_TYPES[key], kind.feeds[name])
            audit += _of_odd_days(place, DAY_TYPES[key], own, code)
        audit += _of_working_holidays(place, own)
    return audit


def without_dates(audit: Audit) -> Audit:
    """Return an audit without the rows that speak of reference dates.

    They are told by the end of their layer; :func:`with_rule` puts others in their place.

    Parameters
    ----------
    audit : Audit
    """
    return Audit(tuple(row for row in audit if not row.layer.endswith(_PLACE)))


def _of_day(place: str, title: Text, day: FeedDay) -> Audit:
    if day.date is None:
        what = _("{title}: unknown; {why}")
        what = what.fill(title=title, why=day.why)
        return Audit().add(place, "unknown", max(len(day.dates), 1), what)
    what = _("{title}: reference date {date}; trips: {n:0}, median {median:0}, busiest "
"{most:0}; {why}").fill(
        title=title, date=day.date.isoformat(), n=day.trips, median=day.median, most=day.busiest,
        why=day.why,
    )  # fmt: skip
    action: Action = "unknown" if day.state == "unknown" else "noted"
    return Audit().add(place, action, max(len(day.dates), 1), what)


def _of_validity(place: str, own: FeedDates) -> Audit:
    audit = Audit()
    for fall in own.falls:
        what = (
            _(
                "the timetable falls after {date}: from {a:0} to {b:0} trips on "
                "school-day weekdays ({share:%0} fewer); later dates are outside the "
                "validity"
            )
            if fall.after
            else _(
                "the timetable starts in earnest on {date}: from {b:0} to {a:0} trips "
                "on school-day weekdays ({share:%0} fewer before); earlier dates are "
                "outside the validity"
            )
        )
        what = what.fill(
            date=fall.date.isoformat(), a=fall.usual, b=fall.beyond, share=fall.share
        )  # fmt: skip
        audit = audit.add(place, "noted", fall.weekdays, what)
    idle = np.flatnonzero(~own.active)
    what = _("dates in weeks without most of the trips: outside the validity")
    return audit.add(place, "noted", len(idle), what, _shown(own, idle))


def _of_odd_days(place: str, title: Text, own: FeedDates, code: int) -> Audit:
    """Report dates far busier than usual (events), and far less busy ones (special days)."""
    days, usual = own.of_type(code), own.usual[code]
    trips, least = own.counts.trips[days], own.rule.least_share
    event = days[trips * least > usual]
    special = days[trips < least * usual]
    return (
        Audit()
        .add(
            place, "noted", len(event),
            _("{title}: dates with trips far above the usual number ({n:0})").fill(
                title=title, n=usual
            ),
            _shown(own, event),
        )
        .add(
            place, "noted", len(special),
            _("{title}: dates with less than {share:%0} of the usual trips ({n:0})").fill(
                title=title, share=least, n=usual
            ),
            _shown(own, special),
        )
    )  # fmt: skip


def _of_working_holidays(place: str, own: FeedDates) -> Audit:
    """Report public holidays from Monday to Friday that run as working days."""
    counts, trips = own.counts, own.counts.trips
    weekday = (counts.day - 1) % 7
    free = own.kind == SUNDAY
    holiday = np.flatnonzero(own.valid & free & (weekday < 5))
    work = own.valid & ~free & (weekday < 5)
    rest = own.valid & free & (weekday == 6)
    least = own.rule.least_share
    usual = max(own.usual[:2])
    # as many trips as on working days where Sundays have fewer, or one of their timetables
    as_many = (trips[holiday] >= least * usual) & (
        own.usual[SUNDAY] < least * usual or not rest.any()
    )
    equal = np.isin(counts.timetable[holiday], counts.timetable[work & (trips > 0)])
    equal &= ~np.isin(counts.timetable[holiday], counts.timetable[rest])
    found = holiday[(as_many & (usual > 0)) | equal]
    what = _("public holidays that run as working days")
    return Audit().add(place, "noted", len(found), what, _shown(own, found))


def _shown(own: FeedDates, at: Any) -> list[str]:
    day, trips = own.counts.day[at].tolist(), own.counts.trips[at].tolist()
    return [f"{Date.fromordinal(d)} ({n})" for d, n in zip(day, trips, strict=True)]
