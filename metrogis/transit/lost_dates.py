"""Trips lost with their dates: services without any, calendar rows that cannot be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.i18n import _
from metrogis.transit.columns import Mask
from metrogis.transit.daytypes import parse
from metrogis.transit.lost import Losing
from metrogis.transit.tables import Table
from metrogis.transit.values import integer

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def note_dates(losing: Losing, calendar: Table, dates: Table, trips: pd.DataFrame) -> None:
    """Note trips whose service has no dates, or lost some with a row that cannot be read.

    A service without dates that lost a row as well is noted once, as one without dates. Rows that
    name no service may have been of any trip of the feed.

    Parameters
    ----------
    losing : Losing
        Gets the notes.
    calendar, dates : Table
        ``calendar.txt`` and ``calendar_dates.txt`` as read.
    trips : DataFrame
        Cleaned trips.
    """
    services = pd.unique(trips["service_id"])
    own = pd.Index(services).get_indexer(trips["service_id"])
    dated = np.zeros(len(services), bool)
    doubtful = np.zeros(len(services), bool)
    nobody = 0
    # two tables alike: which rows give dates, which of them cannot be read
    for table, gives, bad in (
        (calendar, *_periods(calendar)),
        (dates, *_exceptions(dates)),
    ):
        service = table["service_id"].find(services)
        dated[service[(service >= 0) & gives]] = True
        doubtful[service[(service >= 0) & bad]] = True
        # a row that names no service may be one of any; another id is a service without trips
        nobody += int((~table["service_id"].map(bool, bool)).sum()) + table.cut
        if table.broken is not None:
            part = table.broken["service_id"].find(services)
            doubtful[part[part >= 0]] = True
            nobody += int((part < 0).sum())
    trip_ids = trips["trip_id"]
    for mask, what in (
        (~dated, _("trips whose service has no dates")),
        (dated & doubtful, _("trips of which a row of the calendar cannot be read")),
    ):
        theirs = mask[own]
        losing.note("trip", what, trip_ids[theirs], trips=np.flatnonzero(theirs))
    losing.note(
        "trip", _("rows of the calendar without a service"),
        count=nobody, anywhere=True, by_mode=False, told=False,
    )  # fmt: skip


def _periods(table: Table) -> tuple[Mask, Mask]:
    """Tell which periods give their service dates, and which cannot be read in full."""
    if not table.n:
        return np.zeros(0, bool), np.zeros(0, bool)
    start, end = (_days(table, c) for c in ("start_date", "end_date"))
    uncertain = np.zeros(table.n, bool)
    for day in _WEEK:
        value, bad = integer(table[day], -1, range(2))
        uncertain |= bad | (value < 0)
    unusable = (start < 0) | (end < start)
    return ~unusable, unusable | uncertain


def _exceptions(table: Table) -> tuple[Mask, Mask]:
    """Tell which exceptions add a date, and which cannot be read.

    A date taken away is no date: of a service that has nothing else, the period was lost.
    """
    kind, bad = integer(table["exception_type"], 1, range(1, 3))
    unusable = (_days(table, "date") < 0) | bad
    return ~unusable & (kind == 1), unusable


def _days(table: Table, name: str) -> npt.NDArray[Any]:
    """Return dates as numbers that grow with them; -1 for what is no date."""

    def number(text: str) -> int:
        day = parse(text)
        return day.toordinal() if day is not None else -1

    return table[name].map(number, np.int64)
