"""Lines that lie on each other: every metre counts once, however the lines are drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Array = npt.NDArray[Any]

_ROUNDING = 1e-9
"""Share of a length that is rounding."""


def overlapping(lines: Array) -> Array:
    """Tell which lines share a stretch with another one or with themselves, shape (lines,).

    >>> a, b = shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(4, 0), (9, 0), (9, 9)])
    >>> overlapping(np.array([a, b, shapely.LineString([(0, -1), (0, 1)])])).tolist()
    [True, True, False]
    """
    out = np.zeros(len(lines), dtype=bool)
    once = shapely.length(shapely.union_all(lines))
    if shapely.length(lines).sum() <= once * (1 + _ROUNDING):
        return out
    tree = shapely.STRtree(lines)
    for predicate in ("overlaps", "covers", "covered_by"):
        i, j = tree.query(lines, predicate=predicate)
        out[i[i != j]] = True
    return out | _retraced(lines)


def _retraced(lines: Array) -> Array:
    """Tell which lines run along themselves.

    >>> _retraced(np.array([shapely.LineString([(0, 0), (9, 0), (2, 0)])])).tolist()
    [True]
    """
    out = np.zeros(len(lines), dtype=bool)
    rows = np.flatnonzero(~shapely.is_simple(lines))
    once = np.array([shapely.length(shapely.union_all([lines[k]])) for k in rows])
    out[rows] = shapely.length(lines[rows]) > once * (1 + _ROUNDING)
    return out


def counted_once(lines: Array) -> Array:
    """Return each line without what another one before it covers; their lengths add up to all.

    Of lines that share a stretch the longer keeps it, of equally long ones that which comes first
    by its shape: the order of rows and the direction of drawing do not matter.

    Parameters
    ----------
    lines : array of LineString or MultiLineString
        CRS in metres.

    Returns
    -------
    array of geometries, shape (lines,)
        Empty where nothing is left.

    Examples
    --------
    >>> a, b = shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(4, 0), (9, 0), (9, 3)])
    >>> shapely.length(counted_once(np.array([b, a]))).tolist()
    [3.0, 9.0]
    """
    shapes = shapely.to_wkb(np.asarray(lines, dtype=object))
    return _counted_once(tuple(shapes)).copy()


@lru_cache(maxsize=8)
def _counted_once(shapes: tuple[bytes | None, ...]) -> Array:
    """Do what :func:`counted_once` does; checks of one run ask for the same routes 15 times."""
    out = np.asarray(shapely.from_wkb(np.array(shapes, dtype=object)), dtype=object)
    rows = np.flatnonzero(overlapping(out))
    if len(rows) == 0:
        return out
    # first lines that lie on themselves (there and back), each once
    own = np.flatnonzero(_retraced(out))
    out[own] = [shapely.union_all([out[k]]) for k in own]
    lines = out.copy()
    shape = shapely.to_wkb(shapely.normalize(out[rows]), hex=True)
    order = rows[np.lexsort((shape.astype(str), -np.round(shapely.length(out[rows]), 6)))]
    tree = shapely.STRtree(out[order])
    i, j = tree.query(out[order], predicate="intersects")
    # to each line those that come before it and touch it: what they cover is theirs
    before = {int(k): j[(i == k) & (j < k)] for k in np.unique(i[j < i])}
    for k, others in before.items():
        out[order[k]] = shapely.difference(lines[order[k]], shapely.union_all(lines[order[others]]))
    return out
