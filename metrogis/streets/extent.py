"""How far a street file reaches: the box its header states, else the land around its own streets.

Beyond it nothing is known of streets: a path may leave the extract and come back. What the file
does not say is read from the streets themselves, on a grid: land between streets belongs to the
extract, a gap wider than twice ``GAP`` may be where the data end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely
from scipy.ndimage import distance_transform_edt

from metrogis.arrays import Array

GAP = 1500.0
"""Metres: streets less than twice this apart belong to one extract (this project's choice)."""
MARGIN = 250.0
"""Metres beyond the outermost streets that still belong to an extract without a stated box."""
VOID = 5000.0
"""Metres: inside a stated box, land farther than this from every street is not in the data."""

_CELL = 100.0  # m: side of the grid's cells, unless the extract is so wide that they are wider
_CELLS = 2000  # along the longer side
_STEP = 0.001  # degrees, about 100 m: longer pieces of street count at points along them, too
_ROW = 1_000_000  # thousandths of a degree of longitude and latitude in one number
_PIECES = 1000  # points along one piece at most
_CURVED = 0.01  # degrees: a side of a box in degrees is no straight line in metres


def extent_of(
    start: Array,
    lon: Array,
    lat: Array,
    crs: pyproj.CRS,
    box: tuple[float, float, float, float] | None,
) -> Any:
    """Return the area in which the streets of a file are known.

    Parameters
    ----------
    start, lon, lat : arrays
        Vertices of all streets, degrees; NaN for vertices the file lacks. Way ``w`` has vertices
        ``start[w]:start[w + 1]``.
    crs : pyproj.CRS
        Working CRS, metres.
    box : west, south, east, north in degrees, optional
        As the header of the file states it.

    Returns
    -------
    geometry in ``crs``, or None when no vertex has a place
    """
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not good.any():
        return None
    move = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    places = _along(start, np.where(good, lon, np.nan), np.where(good, lat, np.nan))
    # streets have many vertices to a cell: one of each small square is enough
    square = np.unique(np.round(places * 1000).astype(np.int64) @ [_ROW, 1])
    east = np.round(square / _ROW)
    xy = np.column_stack(move.transform(east / 1000, (square - east * _ROW) / 1000))
    xy = xy[np.isfinite(xy).all(axis=1)]
    if len(xy) == 0:
        return None
    if box is None:
        return around(xy, gap=GAP, margin=MARGIN)
    stated = shapely.segmentize(shapely.box(*box), _CURVED)
    stated = shapely.transform(stated, lambda p: np.column_stack(move.transform(p[:, 0], p[:, 1])))
    return shapely.intersection(stated, around(xy, gap=VOID, margin=VOID))


def _along(start: Array, lon: Array, lat: Array) -> Array:
    """Return the vertices, and points along straight pieces that are long (degrees)."""
    xy = np.column_stack([lon, lat])
    same = np.ones(max(len(xy) - 1, 0), bool)
    same[start[1:-1][(start[1:-1] > 0) & (start[1:-1] < len(xy))] - 1] = False
    step = np.abs(np.diff(xy, axis=0)).max(axis=1) if len(xy) > 1 else np.zeros(0)
    long = np.flatnonzero(same & (step > _STEP))
    count = np.minimum(np.ceil(step[long] / _STEP), _PIECES).astype(int) - 1
    piece = np.repeat(long, count)
    share = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + 1) / (
        np.repeat(count, count) + 1
    )
    between = xy[piece] + share[:, None] * (xy[piece + 1] - xy[piece])
    found = np.concatenate([xy, between])
    return found[np.isfinite(found).all(axis=1)]


def around(xy: Array, *, gap: float, margin: float) -> Any:
    """Return the land around points: gaps of less than twice ``gap`` between them are filled.

    Parameters
    ----------
    xy : array of float, shape (n, 2)
        Points along the streets, close to each other.
    gap, margin : float
        Metres; the land ends ``margin`` beyond the outermost points (at most ``gap``).

    Examples
    --------
    >>> x = np.arange(0, 3001, 100.0)
    >>> streets = [np.column_stack([x, 0 * x + y]) for y in (0, 900)]
    >>> land = around(np.concatenate(streets), gap=1500, margin=250)
    >>> here = shapely.points([(1500, 450), (1500, 1100), (1500, 1500)])
    >>> shapely.covers(land, here).tolist()
    [True, True, False]
    """
    from affine import Affine
    from rasterio.features import shapes  # slow to import, and many networks are kept in a cache

    low, high = xy.min(axis=0), xy.max(axis=0)
    cell = max(_CELL, float((high - low).max()) / _CELLS)
    rim = int(np.ceil((gap + margin) / cell)) + 2
    columns, rows = (np.ceil((high - low) / cell).astype(int) + 1 + 2 * rim).tolist()
    west, north = low[0] - rim * cell, high[1] + rim * cell
    empty = np.ones((rows, columns), bool)
    column = ((xy[:, 0] - west) / cell).astype(int)
    row = ((north - xy[:, 1]) / cell).astype(int)
    empty[row, column] = False
    away = distance_transform_edt(empty, sampling=cell)
    covered = away <= gap
    if gap > margin:
        covered = distance_transform_edt(covered, sampling=cell) > gap - margin
        covered |= away <= margin  # along a street alone in the woods
    parts = [
        shapely.geometry.shape(shape)
        for shape, _ in shapes(
            covered.astype(np.uint8), mask=covered, transform=Affine(cell, 0, west, 0, -cell, north)
        )
    ]
    return shapely.union_all(parts)
