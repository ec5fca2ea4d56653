"""Polygons burned on a grid: each cell takes the last polygon its centre lies in.

GDAL does the same, but gets each vertex through Python, which takes longer than the burning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from numba import njit

from metrogis.errors import SchemaError
from metrogis.i18n import _


def burn(
    shapes: Any, values: Any, shape: tuple[int, int], transform: Affine, *, dtype: Any = np.int32
) -> np.ndarray:
    """Burn polygons on a grid.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon
        Map coordinates; empty ones and None burn nothing.
    values : array of number
        One per shape; later ones cover earlier ones.
    shape : (int, int)
    transform : Affine
        Upright (no rotation).

    Returns
    -------
    ndarray
        0 where there is no polygon.

    Examples
    --------
    >>> t = Affine(10, 0, 0, 0, -10, 30)
    >>> burn([shapely.box(0, 0, 30, 20), shapely.box(14, 6, 30, 16)], [1, 2], (3, 3), t).tolist()
    [[0, 0, 0], [1, 2, 2], [1, 1, 1]]
    """
    if transform.b or transform.d:
        raise SchemaError(_("the grid is rotated"), layer="raster")
    out = np.zeros(shape, dtype)
    rings, owner, xy, starts = _rings(np.asarray(shapes, dtype=object))
    if not len(rings):
        return out
    x = (xy[:, 0] - transform.c) / transform.a
    y = (xy[:, 1] - transform.f) / transform.e
    order = np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1, [len(owner)]])
    _fill(x, y, starts, order, np.asarray(values)[owner[order[:-1]]].astype(dtype), out)
    return out


def _rings(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rings, the shape each belongs to, all coordinates, where each ring starts in them."""
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    area = shapely.get_dimensions(parts) == 2
    parts, of_part = parts[area], of_part[area]
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    starts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
    return rings, of_part[of_ring], shapely.get_coordinates(rings), starts


@njit(cache=True, nogil=True)
def _fill(x, y, starts, order, values, out):  # type: ignore[no-untyped-def]
    """Even-odd rule along rows of cell centres; ``order`` cuts rings into shapes."""
    rows, columns = out.shape
    count = np.zeros(rows + 1, np.int64)
    places = np.empty(1024)
    for s in range(order.size - 1):
        first, last = starts[order[s]], starts[order[s + 1]]
        low, high = np.inf, -np.inf
        for k in range(first, last):
            low, high = min(low, y[k]), max(high, y[k])
        top = max(0, int(np.ceil(low - 0.5)))
        end = min(rows, int(np.ceil(high - 0.5)))  # rows whose centre is in [low, high)
        if end <= top:
            continue
        for r in range(top, end + 1):
            count[r] = 0
        for ring in range(order[s], order[s + 1]):
            for k in range(starts[ring], starts[ring + 1] - 1):
                a, b = min(y[k], y[k + 1]), max(y[k], y[k + 1])
                for r in range(max(top, int(np.ceil(a - 0.5))), min(end, int(np.ceil(b - 0.5)))):
                    count[r] += 1
        total = 0
        for r in range(top, end):
            n = count[r]
            count[r] = total
            total += n
        count[end] = total
        if total > places.size:
            places = np.empty(2 * total)
        for ring in range(order[s], order[s + 1]):
            for k in range(starts[ring], starts[ring + 1] - 1):
                a, b = min(y[k], y[k + 1]), max(y[k], y[k + 1])
                for r in range(max(top, int(np.ceil(a - 0.5))), min(end, int(np.ceil(b - 0.5)))):
                    at = x[k] + (r + 0.5 - y[k]) * (x[k + 1] - x[k]) / (y[k + 1] - y[k])
                    places[count[r]] = at
                    count[r] += 1
        begin = 0
        for r in range(top, end):
            row = places[begin : count[r]]
            if row.size > 16:
                row.sort()
            else:  # most rows cross two sides: a call takes longer than the sorting
                for k in range(1, row.size):
                    at, place = row[k], k
                    while place > 0 and row[place - 1] > at:
                        row[place] = row[place - 1]
                        place -= 1
                    row[place] = at
            for k in range(0, row.size - 1, 2):
                left = max(0, int(np.ceil(row[k] - 0.5)))
                right = min(columns, int(np.ceil(row[k + 1] - 0.5)))
                for c in range(left, right):
                    out[r, c] = values[s]
            begin = count[r]
