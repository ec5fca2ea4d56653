"""Departures of one service date: calls where passengers may board, frequencies expanded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import SourceError
from metrogis.texts import Text
from metrogis.transit.columns import Mask
from metrogis.transit.stop_times import Ints, StopTimes


@dataclass(frozen=True)
class Boardings:
    """Departures as arrays: ``call`` is the row of the stop times, ``seconds`` the time."""

    call: npt.NDArray[np.int64]
    seconds: Ints


def run_starts(frequencies: pd.DataFrame, trips_on: Mask, limit: int, layer: str) -> pd.DataFrame:
    """Return every run of the trips with headways: trip and the time it leaves its first stop.

    Runs leave at start, start + headway ... before end. A run named by two overlapping periods
    counts once.
    """
    on = trips_on[frequencies["trip"].to_numpy()] if len(frequencies) else np.zeros(0, bool)
    part = frequencies[on]
    start, headway = part["start"].to_numpy(np.int64), part["headway"].to_numpy(np.int64)
    count = -((start - part["end"].to_numpy(np.int64)) // headway)
    if int(count.sum()) > limit:
        raise SourceError(
            Text(
                "częstotliwości dają ponad {limit:0} kursów", "headways make over {limit:0} trips"
            ).fill(limit=limit),
            layer=layer,
            place="frequencies.txt",
            remedy=Text("sprawdź headway_secs", "check headway_secs"),
        )
    first = np.repeat(np.cumsum(count) - count, count)
    step = np.arange(len(first)) - first
    runs = pd.DataFrame(
        {
            "trip": np.repeat(part["trip"].to_numpy(np.int64), count),
            "leaves": np.repeat(start, count) + step * np.repeat(headway, count),
        }
    )
    return runs.drop_duplicates(ignore_index=True)


def boardings(
    calls: StopTimes,
    trips_on: Mask,
    frequencies: pd.DataFrame,
    *,
    limit: int,
    layer: str,
) -> Boardings:
    """Return the departures of the trips that run, timetabled and by headway."""
    board = (calls.pickup != 1) & ~calls.last
    by_headway = np.zeros(len(trips_on), bool)
    by_headway[frequencies["trip"].to_numpy()] = True
    plain = np.flatnonzero(board & (trips_on & ~by_headway)[calls.trip])
    seconds = calls.departure[plain]
    if not (by_headway & trips_on).any():
        return Boardings(plain, seconds)
    runs = run_starts(frequencies, trips_on, limit, layer)
    bounds = calls.bounds(len(trips_on))
    trip = runs["trip"].to_numpy()
    size = bounds[trip + 1] - bounds[trip]
    if int(size.sum()) > 20 * limit:
        raise SourceError(
            Text("częstotliwości dają zbyt wiele odjazdów", "headways make too many departures"),
            layer=layer,
            place="frequencies.txt",
        )
    has = size > 0
    trip, size, leaves = trip[has], size[has], runs["leaves"].to_numpy()[has]
    begin = np.repeat(np.cumsum(size) - size, size)
    call = np.repeat(bounds[trip], size) + np.arange(len(begin)) - begin
    offset = np.repeat(leaves - calls.departure[bounds[trip]].astype(np.int64), size)
    time = calls.departure[call] + offset
    keep = board[call]
    return Boardings(
        np.concatenate([plain, call[keep]]),
        np.concatenate([seconds, time[keep].astype(np.int32)]),
    )
