"""Cleaning of ``frequencies.txt``: trips that run again and again, a headway apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.lost import Losing
from metrogis.transit.tables import Table
from metrogis.transit.values import NO_TIME, Log, clock, integer


def _meets_another(trip: Any, start: Any, end: Any, known: Any) -> npt.NDArray[np.bool_]:
    """Tell which periods another one of the same trip begins in."""
    out = np.zeros(len(trip), bool)
    rows = np.flatnonzero(known)
    order = rows[np.lexsort((start[rows], trip[rows]))]
    here, following = order[:-1], order[1:]
    out[here] = (trip[here] == trip[following]) & (start[following] < end[here])
    return out


def clean_headways(
    table: Table, trip_ids: pd.Series, feed: str, max_time: int, losing: Losing | None = None
) -> tuple[pd.DataFrame, Audit]:
    """Clean ``frequencies.txt``: periods in which trips are repeated by headway.

    A period that ends before it starts is read as ending on the next day where that leaves the
    other periods of the trip alone. Rows of unknown trips, without times or a positive headway, are
    dropped.

    Parameters
    ----------
    table : Table
    trip_ids : Series of str
        Ids of the cleaned trips.
    feed : str
        Name of the feed, for the audit.
    max_time : int
        Latest time of day that is read, seconds.
    losing : Losing, optional
        Collects rows that cannot be used and the trips they are of.

    Returns
    -------
    (DataFrame, Audit)
        ``trip`` (position), ``start``, ``end`` (seconds after midnight, half-open), ``headway``
        (seconds), ``exact`` (bool), sorted by trip and start.
    """
    log = Log(feed, table.file)
    if losing is not None and (table.broken is not None or table.cut):
        part = table.broken if table.broken is not None else table.filter(np.zeros(table.n, bool))
        row_of = part["trip_id"].find(trip_ids)
        losing.note(
            "trip", _("rows of frequencies.txt unreadable"),
            count=part.n + table.cut, trips=row_of[row_of >= 0],
            anywhere=table.cut or bool((row_of < 0).any()),
        )  # fmt: skip
    if not table.n:
        none: dict[str, Any] = dict.fromkeys(("trip", "start", "end", "headway"), np.int64)
        empty = {c: np.zeros(0, kind) for c, kind in {**none, "exact": bool}.items()}
        return pd.DataFrame(empty), log.audit
    trip = table["trip_id"].find(trip_ids)
    names = table["trip_id"].text()
    log(
        "dropped",
        trip < 0,
        _("headway of an unknown trip"),
        names[trip < 0],
    )
    start, end = (
        clock(table[c], max_time, log, c)[0].astype(np.int64) for c in ("start_time", "end_time")
    )
    headway, bad = integer(table["headway_secs"], 0, log=log, name="headway_secs")
    exact, wrong = integer(table["exact_times"], 0, range(2), log=log, name="exact_times")
    log(
        "guessed",
        wrong,
        _("unknown exact_times: 0 taken"),
        names[wrong],
    )
    known = (trip >= 0) & (start != NO_TIME) & (end != NO_TIME)
    past = known & (end < start) & (end + 86400 <= max_time)
    # the next day is a fair guess only where it leaves the trip's other periods alone
    past &= ~_meets_another(trip, start, np.where(past, end + 86400, end), known)
    log(
        "guessed", past, _("end before start: next day taken"), names[past],
    )  # fmt: skip
    end = np.where(past, end + 86400, end)
    right = known & ~bad & (headway > 0) & (end > start)
    wrong = (trip >= 0) & ~right
    log(
        "dropped", wrong, _("headway that makes no sense (time or interval)"), names[wrong],
    )  # fmt: skip
    if losing is not None:
        losing.note(
            "trip", _("headway of an unknown trip"),
            names[trip < 0], anywhere=True,
        )  # fmt: skip
        losing.note(
            "trip",
            _("headway that makes no sense (time or interval)"),
            names[wrong],
            trips=trip[wrong],
        )
    frame = pd.DataFrame(
        {"trip": trip, "start": start, "end": end, "headway": headway, "exact": exact == 1}
    )[right]
    frame = frame.sort_values(["trip", "start"], kind="stable").reset_index(drop=True)
    again = frame.duplicated(["trip", "start", "end", "headway"]).to_numpy()
    log("dropped", again, _("headway repeated"))
    frame = frame[~again].reset_index(drop=True)
    same = frame["trip"].to_numpy()
    overlap = (same[1:] == same[:-1]) & (
        frame["start"].to_numpy()[1:] < frame["end"].to_numpy()[:-1]
    )
    log("noted", overlap, _("headway periods overlap"))
    log(
        "modelled", ~frame["exact"].to_numpy(),
        _("departures by headway, not by timetable (exact_times = 0)"),
    )  # fmt: skip
    return frame, log.audit
