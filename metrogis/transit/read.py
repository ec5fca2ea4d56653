"""Reading a GTFS timetable, or several as one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date as Date
from typing import Any

from metrogis import boundary
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.transit import daytypes as cal
from metrogis.transit.archive import Limits
from metrogis.transit.daytypes import DAY_TYPES, DateLike, Interval
from metrogis.transit.feed import Feed
from metrogis.transit.options import Options
from metrogis.transit.reading import read_all


@boundary.reader(
    _("the timetable cannot be read"),
    remedy=_("download the file again: a GTFS zip or folder"),
    layer="timetable",
)
def read_feed(
    path_or_paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Mapping[str, Any],
    *,
    name: str | None = None,
    country: str = "PL",
    school_holidays: cal.SchoolHolidays | None = None,
    reference_date: DateLike | Interval | None = None,
    dates: Mapping[str, DateLike] | None = None,
    max_bytes: int = Limits.max_bytes,
    max_ratio: float = Limits.max_ratio,
    max_files: int = Limits.max_files,
    max_hours: int = 168,
    max_runs: int = 5_000_000,
    trust: str | Mapping[str, str] | None = None,
) -> Feed:
    """Read a GTFS timetable, or several as one.

    Parameters
    ----------
    path_or_paths : path, sequence of paths, or mapping name -> path
        Zip or folder (the tables may lie one level below, also in a zip inside the zip). Of
        several, ids are prefixed with the feed's name and a colon.
    name : str, optional
        Name of the timetable; by default the file's.
    country : str, default "PL"
        Country (``"PL"``) or part of one (``"GB-WLS"``) whose public holidays count.
    school_holidays : DataFrame or sequence, optional
        Periods with ``start`` and ``end`` (both included), or dates.
    reference_date : date, or text of a day, month or year, optional
        Anchor: what the analysis speaks of (``"2024-10-16"``, ``"2024-10"``, ``"2024"``, or first
        and last date). Each feed is looked at on a date near it; a feed without one is unknown.
    dates : mapping of day type to date, optional
        Reference dates the user names. A feed that does not reach the date is looked at near it.
    max_bytes, max_ratio, max_files
        Limits of the archive (:class:`Limits`).
    max_hours : int, default 168
        Times later than this many hours after midnight are taken as errors.
    max_runs : int, default 5 000 000
        Trips that headways may make on one date.
    trust : str or mapping of feed to str, optional
        Why doubts about the timetable (or about one feed of several) are set aside, for instance
        "no service at weekends: confirmed by the operator".

    Returns
    -------
    Feed

    Raises
    ------
    SourceError
        If a file cannot be read or is not safe.
    SchemaError
        If a table or column is missing that nothing can stand in for.
    ParameterError
        If a date, day type or country is not known.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "town"
    >>> folder.mkdir()
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.5,18.6",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,8:00:00|1,B,8:20:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> feed = read_feed(folder)
    >>> feed.departures("2024-10-16")[["stop_id", "mode", "seconds"]].values.tolist()
    [['A', 'bus', 28800]]
    """
    days_off = cal.school_days_off(school_holidays)
    named: dict[str, Date] = {}
    for key, value in (dates or {}).items():
        if key not in DAY_TYPES:
            raise ParameterError(
                _("unknown day type"),
                layer="dates",
                place=str(key),
                remedy=both(", ".join(DAY_TYPES)),
            )
        named[key] = cal.as_date(value, "dates")
    cal.public_holidays(country, [2024])  # an unknown country is an error before any reading
    options = Options(
        country=country,
        school=tuple(days_off) if days_off else None,
        reference_date=None if reference_date is None else cal.as_interval(reference_date),
        dates=named,
        max_runs=max_runs,
        trust=trust,
    )
    limits = Limits(max_bytes=max_bytes, max_ratio=max_ratio, max_files=max_files)
    return read_all(path_or_paths, name, options, limits, max_hours * 3600)
