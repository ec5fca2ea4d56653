"""Departures of one service date: calls where passengers may board, frequencies expanded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.transit.calls import Ints, StopTimes
from metrogis.transit.runs import Runs


@dataclass(frozen=True)
class Boardings:
    """Departures as arrays: ``call`` is the row of the stop times, ``seconds`` the time."""

    call: npt.NDArray[np.int64]
    seconds: Ints


def boardings(calls: StopTimes, runs: Runs, *, limit: int, layer: str) -> Boardings:
    """Return the departures of the runs of one date, timetabled and by headway.

    Raises
    ------
    SourceError
        If headways make more than 20 x ``limit`` departures.
    """
    board = (calls.pickup != 1) & ~calls.last
    plain = np.flatnonzero(board & runs.plain[calls.trip])
    seconds = calls.departure[plain]
    if not len(runs.trip):
        return Boardings(plain, seconds)
    bounds = calls.bounds(len(runs.plain))
    trip = runs.trip
    size = bounds[trip + 1] - bounds[trip]
    if int(size.sum()) > 20 * limit:
        raise SourceError(
            _("headways make too many departures"),
            layer=layer,
            place="frequencies.txt",
        )
    has = size > 0
    trip, size, leaves = trip[has], size[has], runs.leaves[has]
    begin = np.repeat(np.cumsum(size) - size, size)
    call = np.repeat(bounds[trip], size) + np.arange(len(begin)) - begin
    offset = np.repeat(leaves - calls.departure[bounds[trip]].astype(np.int64), size)
    time = calls.departure[call] + offset
    keep = board[call]
    return Boardings(
        np.concatenate([plain, call[keep]]),
        np.concatenate([seconds, time[keep].astype(np.int32)]),
    )
