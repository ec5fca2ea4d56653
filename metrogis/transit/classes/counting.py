"""Departures counted at places: one way of each line, and the line that has most of them."""

from __future__ import annotations

import numpy as np

from metrogis.arrays import Floats, Ints
from metrogis.transit.classes.places import Calls


def one_way(calls: Calls, places: int, column: Ints, columns: int) -> Floats:
    """Count departures one way, of each place (rows) and column of lines.

    A line that leaves a place in both directions counts half of its departures there; one that
    runs one way, or all of whose trips start there (a terminus), counts all of them. Where trips
    may be missing (:attr:`Calls.doubtful`) half of them is what is certain.

    Parameters
    ----------
    calls : Calls
    places : int
    column : ndarray of int (departures,)
        What is counted together; -1 is left out.
    columns : int

    Returns
    -------
    ndarray (places, columns)
    """
    keep = column >= 0
    place, line, direction = calls.place[keep], calls.line[keep], calls.direction[keep]
    lines = len(calls.line_names)
    key = (place * lines + line) * columns + column[keep]
    keys, member = np.unique(key, return_inverse=True)
    # row by direction: one way, the other, not known
    n = np.zeros((3, len(keys)))
    for k, way in enumerate((0, 1, -1)):
        n[k] = np.bincount(member[direction == way], minlength=len(keys))
    both = (n[0] > 0) & (n[1] > 0)
    # both ways: half of all; one way: all of it; of departures whose direction is not known half
    effective = np.where(both, (n[0] + n[1]) / 2, n[0] + n[1]) + n[2] / 2
    whole = n.sum(axis=0)
    starts = np.bincount(member, calls.first[keep], minlength=len(keys))
    # a terminus: every trip of the line starts there, whatever its direction says
    effective = np.where(starts == whole, whole, effective)
    doubt = calls.doubtful[keys // columns // lines]
    effective = np.where(doubt, np.minimum(effective, whole / 2), effective)
    flat = keys // columns // lines * columns + keys % columns
    total = np.bincount(flat, effective, minlength=places * columns).astype(np.float64)
    return total.reshape(places, columns)


def busiest_line(calls: Calls, places: int, column: Ints, columns: int) -> Ints:
    """Return the line with most departures of each place and column.

    Parameters
    ----------
    calls : Calls
    places : int
        Number of places.
    column : ndarray of int (calls,)
        Column each departure counts in; -1 for none.
    columns : int
        Number of columns.

    Returns
    -------
    ndarray of int64 (places, columns)
        Position in ``calls.line_names``, of equals the first; -1 where nothing departs.
    """
    keep = column >= 0
    lines = len(calls.line_names)
    key = (calls.place[keep] * columns + column[keep]) * lines + calls.line[keep]
    keys, n = np.unique(key, return_counts=True)
    # sorted by count upwards: of several writes to one cell the last, the largest count, stays
    order = np.lexsort((-keys, n))  # ties: the line that comes first
    out = np.full(places * columns, -1, np.int64)
    out[keys[order] // lines] = keys[order] % lines
    return out.reshape(places, columns)
