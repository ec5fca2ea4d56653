"""Runs, starts of trips and texts as numbers, read from departures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Ints


def run_numbers(departures: pd.DataFrame) -> Ints:
    """Return the run of each departure: rows of one trip in a row, until the time turns back.

    A trip that headways repeat makes a run each time; rows stand by trip and run, in order.
    """
    n = len(departures)
    column = departures["trip_id"]
    # of a column of categories only the codes: there may be a hundred thousand trips
    known = isinstance(column.dtype, pd.CategoricalDtype)
    trip = column.cat.codes.to_numpy() if known else pd.factorize(column)[0]
    seconds = departures["seconds"].to_numpy("float64")
    new = np.ones(n, bool)
    new[1:] = (trip[1:] != trip[:-1]) | (seconds[1:] < seconds[:-1])
    new |= trip_starts(departures)
    return np.asarray(np.cumsum(new) - 1, dtype=np.int64)


def trip_starts(departures: pd.DataFrame) -> Bools:
    """Tell which trips start where they depart; what is not told is no start."""
    if "first_stop" not in departures.columns:
        return np.zeros(len(departures), bool)
    told = departures["first_stop"]
    return np.asarray((told.notna() & (told == 1)).to_numpy(), dtype=bool)


def codes(column: pd.Series) -> tuple[Ints, list[Any]]:
    """Codes and values of a column, without touching every row's text when it is categorical."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64), list(column.cat.categories)
    found, values = pd.factorize(column)
    return found.astype(np.int64), list(values)
