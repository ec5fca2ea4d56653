"""Rows of ``transfers.txt``: changes that are timed, take a time, are forbidden, or are none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.tables import Table
from metrogis.transit.values import Log, decimal, integer

LINES = ("from_trip_id", "to_trip_id", "from_route_id", "to_route_id")
"""Columns that bind a row to certain trips or routes."""


def clean_transfers(table: Table, stop_ids: pd.Series, feed: str) -> tuple[pd.DataFrame, Audit]:
    """Return transfers between known stops: from, to, type, seconds (NaN = not stated), lines.

    Rows of staying aboard (types 4 and 5) name trips and need no stop.
    """
    log = Log(feed, table.file)
    ids = list(stop_ids) if table.n else []
    kind, bad = integer(table["transfer_type"], 0, range(6), log=log, name="transfer_type")
    aboard = (kind == 4) | (kind == 5)
    known = np.ones(table.n, bool)
    for name in ("from_stop_id", "to_stop_id"):
        blank = ~table[name].map(bool, bool)
        known &= (table[name].find(ids) >= 0) | (aboard & blank)
    for name in ("from_trip_id", "to_trip_id"):
        known &= table[name].map(bool, bool) | ~aboard
    log("dropped", ~known, _("transfers of unknown stops"))
    table, kind, bad = table.filter(known), kind[known], bad[known]
    log("guessed", bad, _("unknown transfer_type: 0 taken"))
    column = table["min_transfer_time"]
    seconds = decimal(column, log, "min_transfer_time")
    negative = seconds < 0
    unread = np.isnan(seconds) & column.map(bool, bool)
    log(
        "repaired", negative | unread,
        _("min_transfer_time negative or unreadable: taken as not stated"),
        dict.fromkeys(column.filter(negative | unread).text()),
    )  # fmt: skip
    seconds[negative] = np.nan
    frame = pd.DataFrame(
        {
            "from_stop_id": table["from_stop_id"].text(),
            "to_stop_id": table["to_stop_id"].text(),
            "transfer_type": kind.astype(np.int8),
            "min_transfer_time": seconds,
            **{name: table[name].text() for name in LINES},
        }
    )
    return frame, log.audit


def for_all_lines(transfers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``transfers.txt`` that hold for every line.

    Rows that name a trip or a route on either side hold for passengers of these alone.
    """
    return transfers[(transfers[list(LINES)] == "").all(axis=1)]
