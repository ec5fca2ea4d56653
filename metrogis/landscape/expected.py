"""What values a raster layer may have, where its catalog does not say so.

A file often holds a code of "no data" that it does not declare: 255 in a mask of built-up land,
-9999 in heights. Read as a measure it would be land that is built up, or a hole in the ground.
"""

from __future__ import annotations

import numpy as np

from metrogis.landscape.grid import Grid
from metrogis.sources import rasters
from metrogis.sources.rasters import FILLS, Expected

__all__ = ["CLASSES", "HEIGHTS", "Expected", "built_up", "of_layer"]


HEIGHTS = Expected(-500.0, 9000.0)
"""Metres: the shore of the Dead Sea lies at -430, Everest at 8,849."""
CLASSES = Expected(low=0, never=FILLS)
"""Codes of land cover; a layer in which 254 or 255 is a class names its classes in the catalog."""
_SHARE, _PERCENT = 1.0, 100.0
_SLACK = 1e-6
_ODD = 0.01
"""Share of the values above 0 that may lie beyond the unit: stray ones (overshoots of resampling,
a code here and there) do not make a mask a percentage."""


def of_layer(name: str, grid: Grid, cell_area: float) -> Expected | None:
    """Return the values expected in a layer by its name; None: any.

    Parameters
    ----------
    name : str
        Of the catalog: ``built_up``, ``built_up_before``, ``land_cover``, ``elevation`` ...
    grid : Grid
    cell_area : float
        m2: built-up land may be measured in square metres of each cell.
    """
    kind = name.removesuffix("_before")
    if kind == "built_up":
        return built_up(grid, cell_area)
    return {"elevation": HEIGHTS, "land_cover": CLASSES}.get(kind)


def built_up(grid: Grid, cell_area: float, codes: tuple[float, ...] = ()) -> Expected:
    """Return the values expected in a raster of built-up land.

    Such a raster is a mask or a share (0-1), a percentage (0-100), or square metres (0 to the
    area of a cell): the least of these that holds nearly all its values above 0, usual codes of
    "no data" apart. Of a raster of classes (``codes`` says which are built-up) only such codes are
    taken away.

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> built_up(read(np.array([[0, 1, 255]], np.uint8)), 400.0).high
    1.0
    >>> built_up(read(np.array([[0, 40, 255]], np.uint8)), 400.0).high
    100.0
    >>> built_up(read(np.array([[0, 255, 390]], np.int16)), 400.0).high
    400.0
    """
    if codes:
        return Expected(low=0, never=tuple(v for v in FILLS if v not in codes))
    limits = (_SHARE, _PERCENT, max(_PERCENT, cell_area))
    if not rasters.ends(grid.values, grid.valid)[1] > _SHARE:
        return Expected(0.0, _SHARE)
    above = _above(grid, (0.0, *limits))
    # what no unit can hold is no measure, and says nothing of the unit
    some = above[0] - above[3]
    held = [limit for limit, over in zip(limits, above[1:], strict=True)
            if over - above[3] <= _ODD * some]  # fmt: skip
    return Expected(0.0, held[0])


def _above(grid: Grid, limits: tuple[float, ...]) -> list[int]:
    """Count known cells above each limit, usual codes of "no data" apart."""
    values, valid = grid.values, grid.valid
    if values.dtype.kind in "biu" and values.dtype.itemsize <= 2:
        kinds, many = rasters.counts(values, valid)
        many = np.where(np.isin(kinds, FILLS), 0, many)
        return [int(many[kinds > limit].sum()) for limit in limits]
    slack = [limit * (1 + _SLACK) for limit in limits]
    out = [int(((values > limit) & valid).sum()) for limit in slack[:2]]
    if not out[1]:
        return [*out, *[0] * (len(limits) - 2)]
    large = values[(values > slack[1]) & valid]
    large = large[~np.isin(large.astype(float), FILLS)]
    more = [int((large > limit).sum()) for limit in slack[1:]]
    return [out[0] - out[1] + len(large), *more]
