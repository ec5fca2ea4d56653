"""Day types of a feed, or of several merged: dates, reference date, state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date as Date
from typing import TYPE_CHECKING

import numpy as np

from metrogis.errors import ParameterError
from metrogis.texts import Text
from metrogis.transit.calendar import DAY_TYPES, Calendar, DayType, choose, classify
from metrogis.transit.columns import Mask

if TYPE_CHECKING:
    from metrogis.transit.options import Options

Count = Callable[[Mapping[str, Date]], int]

_NO_TABLE = Text(
    "brak tabeli ferii: nie wiadomo, które dni robocze są wolne od szkoły",
    "no table of school holidays: which weekdays are school-free is not known",
)
_NO_DATE = Text("rozkład nie obejmuje takiego dnia", "the timetable covers no such day")


def classify_feed(
    calendar: Calendar, used: Mask, options: Options, count: Count
) -> tuple[dict[str, DayType], dict[str, dict[str, Date]]]:
    """Return the day types, and for each the date at which each feed is looked at.

    Feeds that share a period are looked at on one date of it; a feed that shares none with the
    others has a reference date of its own.
    """
    first = max(a for a, _ in calendar.validity.values())
    last = min(b for _, b in calendar.validity.values())
    shared = first <= last
    if not shared:
        first = min(a for a, _ in calendar.validity.values())
        last = max(b for _, b in calendar.validity.values())
    school = list(options.school) if options.school else None
    dates, undecided = classify((first, last), options.country, school)
    types: dict[str, DayType] = {}
    by_feed: dict[str, dict[str, Date]] = {}
    for key, days in dates.items():
        types[key], by_feed[key] = _one(
            key, days, calendar, used, options, count, shared, undecided
        )
    return types, by_feed


def _one(
    key: str,
    days: list[Date],
    calendar: Calendar,
    used: Mask,
    options: Options,
    count: Count,
    shared: bool,
    undecided: int,
) -> tuple[DayType, dict[str, Date]]:
    title = DAY_TYPES[key]
    named = options.dates.get(key)
    if named is not None:
        valid = {f: named for f, (a, b) in calendar.validity.items() if a <= named <= b}
        if not valid:
            raise ParameterError(
                Text(
                    "podana data jest poza ważnością rozkładu",
                    "the date named is outside the validity of the timetable",
                ),
                layer="dates",
                place=f"{key} = {named}",
            )
        row = _set(calendar, used, named)
        same = tuple(d for d in days if _set(calendar, used, d) == row)
        why = Text("data podana przez użytkownika", "date named by the user")
        if named not in days:
            why = Text(
                f"{why.pl}; w kalendarzu to nie ten rodzaj dnia",
                f"{why.en}; by the calendar it is another kind of day",
            )
        kind = DayType(key, title, "known", named, tuple(days), same, why, count(valid))
        return kind, valid
    if not days:
        why = _NO_TABLE if key == "holiday_weekday" and undecided < 0 else _NO_DATE
        return DayType(key, title, "unknown", None, (), (), why), {}
    sets = {d: _set(calendar, used, d) for d in days}
    chosen: dict[str, Date] = {}
    if shared:
        date, same = choose(days, sets, options.reference_date)
        chosen = dict.fromkeys(calendar.validity, date)
    else:
        for feed, (a, b) in calendar.validity.items():
            own = [d for d in days if a <= d <= b]
            mine = used & (calendar.feed_of == feed)
            if own:
                sets_of = {d: _set(calendar, mine, d) for d in own}
                chosen[feed] = choose(own, sets_of, options.reference_date)[0]
        date = max(chosen.values(), key=lambda d: (list(chosen.values()).count(d), d))
        same = tuple(d for d in days if sets[d] == sets[date])
    empty = sum(not np.frombuffer(s, np.uint8).any() for s in sets.values())
    why = Text(
        "ten sam zestaw kursów w {same:0} z {all:0} takich dni",
        "the same services run on {same:0} of {all:0} such dates",
    ).fill(same=len(same), all=len(days))
    if options.reference_date:
        near = options.reference_date.isoformat()
        why = Text(f"{why.pl}; najbliżej {near}", f"{why.en}; nearest to {near}")
    if not shared:
        why = Text(
            f"{why.pl}; rozkłady nie mają wspólnego okresu, każdy ma swoją datę",
            f"{why.en}; the feeds share no period, each has its own date",
        )
    if empty:
        more = Text("; w {n:0} dni nic nie kursuje", "; nothing runs on {n:0} dates").fill(n=empty)
        why = Text(why.pl + more.pl, why.en + more.en)
    if key == "school_day" and undecided < 0:
        why = Text(
            why.pl + "; bez tabeli ferii: każdy dzień roboczy",
            why.en + "; without school holidays: any weekday",
        )
    return DayType(key, title, "known", date, tuple(days), same, why, count(chosen)), chosen


def _set(calendar: Calendar, used: Mask, date: Date) -> bytes:
    return np.packbits(calendar.on(date) & used).tobytes()
