"""Unite the cells of each group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Ints

Shapes = npt.NDArray[np.object_]


def dissolve(shapes: Shapes, group: Ints, count: int) -> Shapes:
    """Unite the polygons of each group.

    Parameters
    ----------
    shapes : ndarray of geometry (shapes,)
    group : ndarray of int (shapes,)
        From 0.
    count : int
        Number of groups.

    Returns
    -------
    ndarray of geometry (count,)

    Examples
    --------
    >>> dissolve(shapely.box([0, 1, 5], 0, [1, 2, 6], 1), np.array([0, 0, 1]), 2)[0].area
    2.0
    """
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(count + 1))
    out = np.empty(count, dtype=object)
    for i in range(count):
        own = shapes[order[bounds[i] : bounds[i + 1]]]
        out[i] = own[0] if len(own) == 1 else _unite(own)
    return out


def _unite(shapes: Shapes) -> shapely.Geometry:
    """Cells that only touch are united by their sides, which is quick; others in full."""
    try:
        quick = shapely.coverage_union_all(shapes)
    except shapely.GEOSException:
        return shapely.union_all(shapes)
    whole = shapely.area(shapes).sum()
    if abs(quick.area - whole) <= 1e-9 * whole and quick.is_valid:
        return quick
    return shapely.union_all(shapes)
