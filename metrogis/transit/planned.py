"""Timetables after a scenario: the dates and the coverage of the base are those of the plan.

A scenario freezes the reference dates of its base. Lines that it adds form a feed of their own,
complete in itself, which says nothing of what other operators run: what is known where is asked of
the base (:attr:`~metrogis.transit.timetable.Timetable.before`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metrogis.i18n import _
from metrogis.transit.calendar import Calendar
from metrogis.transit.days import examine_feeds, feed_dates, types_of
from metrogis.transit.daytypes import DAY_TYPES, DayType, FeedDay, kinds_of_dates

if TYPE_CHECKING:
    from metrogis.transit.feed import Feed

_WHY = _("the reference date of the timetable before the scenario")


def freeze(
    feed: Feed, base: Feed, name: str, services: Sequence[tuple[str, tuple[str, ...]]]
) -> Feed:
    """Return a changed timetable with the dates of its base, and the calendar of added lines.

    Parameters
    ----------
    feed : Feed
        With the tables of the plan, and the calendar of the base.
    base : Feed
        The timetable before.
    name : str
        Name of the feed of added lines.
    services : sequence of (str, tuple of str)
        Services of added lines, and the day types on which they run.
    """
    origin = base.before if base.before is not None else base
    kinds = types_of(base)
    days = dict(feed_dates(base))
    made = replace(feed, before=origin)
    if services:
        calendar = _with_services(base, name, services, kinds)
        agency = pd.DataFrame({c: [""] for c in feed.agency.columns})
        agency["agency_id"], agency["agency_name"], agency["feed"] = f"{name}:", name, name
        known = feed.agency["agency_id"] == f"{name}:"
        made = replace(
            made,
            calendar=calendar,
            agency=pd.concat([feed.agency[~known], agency], ignore_index=True).astype(
                feed.agency.dtypes.to_dict()
            ),
        )
        days[name] = examine_feeds(made)[name]
        kinds = {k: _with_feed(kind, name, services) for k, kind in kinds.items()}
    vars(made)["_feed_dates"] = days
    vars(made)["_day_types"] = kinds
    return made


def _with_feed(
    kind: DayType, name: str, services: Sequence[tuple[str, tuple[str, ...]]]
) -> DayType:
    """Return a day type on which the feed of added lines is looked at with the others."""
    if kind.date is None:
        return kind
    runs = any(kind.key in days for _service, days in services)
    own = FeedDay(name, "service" if runs else "none", kind.date, _WHY, (kind.date,), (kind.date,))
    return replace(kind, feeds={**kind.feeds, name: own})


def _with_services(
    base: Feed,
    name: str,
    services: Sequence[tuple[str, tuple[str, ...]]],
    kinds: dict[str, DayType],
) -> Calendar:
    """Return the calendar with services that run on all dates of their day types."""
    old = base.calendar
    options = base.options
    kind, _table = kinds_of_dates(old.first, old.last, options.country, options.school)
    codes = list(DAY_TYPES)
    columns = []
    for _service, days in services:
        runs = np.isin(kind, [codes.index(d) for d in days])
        for day in codes:
            # the reference date is of its type whatever its weekday: a user may have named it
            if kinds[day].date is not None:
                runs[(kinds[day].date - old.first).days] = day in days  # type: ignore[operator]
        columns.append(runs)
    known = np.isin(np.array(old.services, dtype=object), [s for s, _days in services])
    span: tuple[Date, Date] = (old.first, old.last)
    return Calendar(
        (*(s for s, gone in zip(old.services, known, strict=True) if not gone),
         *(s for s, _days in services)),
        old.first,
        np.column_stack([old.runs[:, ~known], *columns]),
        np.append(old.feed_of[~known], np.array([name] * len(services), dtype=object)),
        {**old.validity, name: span},
    )  # fmt: skip
