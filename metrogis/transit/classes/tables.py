"""Tables of the service-quality classes: intervals, categories, distances, indices (methods, 5.3).

Rows are intervals between departures in minutes, half-open ([5, 10) and so on; the last ones closed
above). Every table is a default that the functions take as a parameter.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from metrogis.arrays import Floats, Ints

TOLERANCE: Final = 1e-6
"""Metres or minutes: a value of exactly the boundary is on it, whatever the last bit says."""

NONE: Final = "none"
UNKNOWN: Final = "unknown"

OPEN_BELOW: Final = (5.0, 10.0, 20.0, 40.0)
"""Minutes: intervals of exactly this length belong to the next row."""

ARE_CLOSED: Final = (60.0,)
AUSTRIA_CLOSED: Final = (60.0, 120.0, 210.0)
"""Minutes: intervals of exactly this length belong to the row that ends there."""

ROMAN: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")

# rows: interval; columns: rail hub, rail line, tram/bus/ship, cableway; 1 = category I
ARE_COLUMNS: Final = ("rail_hub", "rail", "road", "cableway")
ARE_CATEGORY: Final = (
    (1, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (3, 4, 5, 5),
    (4, 5, 5, 5),
)
ARE_DISTANCES: Final = (300.0, 500.0, 750.0, 1000.0)
# rows: category; columns: distance; "-" = no class
ARE_CLASS: Final = ("AABC", "ABCD", "BCD-", "CD--", "D---")

# columns: long-distance, S/U-Bahn, tram, bus; 0 = no category
AUSTRIA_COLUMNS: Final = ("long_distance", "rail", "tram", "bus")
AUSTRIA_CATEGORY: Final = (
    (1, 1, 2, 3),
    (1, 2, 3, 3),
    (2, 3, 4, 4),
    (3, 4, 5, 5),
    (4, 5, 6, 6),
    (5, 6, 7, 7),
    (0, 7, 8, 8),
)
AUSTRIA_DISTANCES: Final = (300.0, 500.0, 750.0, 1000.0, 1250.0)
AUSTRIA_CLASS: Final = (
    "AABCD", "ABCDE", "BCDEF", "CDEFG", "DEFGG", "EFG--", "FGG--", "GG---",
)  # fmt: skip

PTAL_BANDS: Final = (
    ("1a", 2.5), ("1b", 5.0), ("2", 10.0), ("3", 15.0), ("4", 20.0), ("5", 25.0), ("6a", 40.0),
    ("6b", float("inf")),
)  # fmt: skip
"""Band and the highest index in it; an index of 0 is band 0."""

PTAL_MODES: Final = ("rail", "metro", "tram", "bus")


def interval_row(
    minutes: Any,
    *,
    open_below: tuple[float, ...] = OPEN_BELOW,
    closed: tuple[float, ...] = ARE_CLOSED,
) -> Ints:
    """Return the row of each interval; one row past the last where it is longer than all.

    Parameters
    ----------
    minutes : array of float
        Infinite where nothing departs.
    open_below : tuple of float
        Ends of the rows that an interval of that length is no longer in.
    closed : tuple of float
        Ends of the rows that it still is in.

    Examples
    --------
    >>> interval_row([4.9, 5, 10, 20, 40, 60, 60.1, float("inf")]).tolist()
    [0, 1, 2, 3, 4, 4, 5, 5]
    """
    values = np.asarray(minutes, dtype="float64")
    low = np.searchsorted(np.asarray(open_below), values + TOLERANCE, side="right")
    high = np.searchsorted(np.asarray(closed), values - TOLERANCE, side="left")
    return (low + high).astype(np.int64)


def band(metres: Any, ends: tuple[float, ...], *, first_open: bool) -> Ints:
    """Return the distance band of each walk; ``len(ends)`` where it is beyond all.

    Parameters
    ----------
    metres : array of float
    ends : tuple of float
        Upper ends of the bands, m, ascending. A walk of that length is still inside, ...
    first_open : bool
        ... but not of the first band: ``[0, 300), [300, 500], (500, 750]``.

    Examples
    --------
    >>> band([299.9, 300, 500, 500.1, 1001], (300, 500, 750, 1000), first_open=True).tolist()
    [0, 1, 1, 2, 4]
    """
    return np.searchsorted(
        band_edges(ends, first_open=first_open), np.asarray(metres, dtype="float64"), side="left"
    ).astype(np.int64)


def band_edges(ends: tuple[float, ...], *, first_open: bool) -> Floats:
    """Return ends of distance bands as edges: a walk is inside while it is at most its edge.

    Parameters
    ----------
    ends : tuple of float
        Metres, ascending.
    first_open : bool
        The first band does not hold its end.

    Returns
    -------
    ndarray of float (bands,)
        Ends moved by a rounding tolerance, so that a walk of exactly 300 m is on its stated side.
    """
    edges = np.asarray(ends, dtype="float64") + TOLERANCE
    if first_open:
        edges[0] -= 2 * TOLERANCE
    return edges


def class_ranks(rows: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return a table of classes as ranks (0 best), and the classes; "-" ranks past the last.

    >>> class_ranks(("AB", "B-"))
    (array([[0, 1],
           [1, 2]]), ('A', 'B'))
    """
    letters = tuple(sorted(set("".join(rows)) - {"-"}))
    rank = {letter: i for i, letter in enumerate(letters)} | {"-": len(letters)}
    return np.array([[rank[c] for c in row] for row in rows], dtype=np.int64), letters
