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
    """Return which departures are the start of their trip.

    Parameters
    ----------
    departures : DataFrame
        ``first_stop``: 1 or True where the trip starts; the column may be missing, cells blank.

    Returns
    -------
    ndarray of bool (departures,)
        What is not stated is no start.

    Examples
    --------
    >>> trip_starts(pd.DataFrame({"first_stop": [1, 0, None]})).tolist()
    [True, False, False]
    """
    if "first_stop" not in departures.columns:
        return np.zeros(len(departures), bool)
    told = departures["first_stop"]
    return np.asarray((told.notna() & (told == 1)).to_numpy(), dtype=bool)


def codes(column: pd.Series) -> tuple[Ints, list[Any]]:
    """Return a column as positions among its distinct values.

    Parameters
    ----------
    column : Series
        Of a categorical one only the codes are touched, not the text of every row.

    Returns
    -------
    (ndarray of int64, list)
        Codes (-1 for missing values) and the values; values of a categorical column need not occur.

    Examples
    --------
    >>> code, values = codes(pd.Series(["b", "a", None, "b"]))
    >>> code.tolist(), values
    ([0, 1, -1, 0], ['b', 'a'])
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64), list(column.cat.categories)
    found, values = pd.factorize(column)
    return found.astype(np.int64), list(values)
