"""Which polygon holds the centre of a raster's cell: a kernel for squares, a tree for the rest."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Floats

_NOBODY, _DOUBTFUL = -1, -2
_DOUBT = 1e-9
"""Share of the largest coordinate within which a centre counts as lying on a side."""


def sums(shapes: np.ndarray, values: np.ndarray, counted: np.ndarray, transform: Any) -> Floats:
    """Sum the cells of a raster whose centre lies in each polygon; one on a border counts once.

    Parameters
    ----------
    shapes : ndarray of Geometry, shape (n,)
        Polygons.
    values : ndarray of shape (rows, columns)
    counted : ndarray of bool, the same shape
        Cells to count.
    transform : affine.Affine
        From (column, row) to the coordinates of the polygons.

    Returns
    -------
    ndarray of float, shape (n,)

    Examples
    --------
    >>> from affine import Affine
    >>> squares = shapely.box([0, 20], [0, 0], [20, 40], [20, 20])
    >>> grid = np.arange(8.0).reshape(2, 4)
    >>> sums(squares, grid, grid > 0, Affine(10, 0, 0, 0, -10, 20)).tolist()
    [10.0, 18.0]
    """
    owner = np.full(counted.shape, _NOBODY, np.int32)
    corners, quad = _quads(shapes)
    backward = ~transform
    place = np.array([transform.a, transform.b, transform.c, transform.d, transform.e, transform.f])
    back = np.array([backward.a, backward.b, backward.c, backward.d, backward.e, backward.f])
    bounds = shapely.bounds(shapes)
    if counted.any():
        _own(corners, quad, bounds, np.ascontiguousarray(counted), place, back, owner)
        row, column = np.nonzero(owner == _DOUBTFUL)
        if len(row):
            x = transform.a * (column + 0.5) + transform.b * (row + 0.5) + transform.c
            y = transform.d * (column + 0.5) + transform.e * (row + 0.5) + transform.f
            tree = shapely.STRtree(shapes)
            pixel, piece = tree.query(shapely.points(x, y), predicate="intersects")
            _, first = np.unique(pixel, return_index=True)
            owner[row, column] = _NOBODY
            owner[row[pixel[first]], column[pixel[first]]] = piece[first]
    held = owner >= 0
    inside = np.bincount(owner[held], values[held].astype(np.float64), minlength=len(shapes))
    return inside.astype(np.float64, copy=False)


def _quads(shapes: np.ndarray) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Corners of polygons that have four and no hole, and which they are."""
    quad = (
        (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
        & (shapely.get_num_coordinates(shapes) == 5)
        & (shapely.get_num_interior_rings(shapes) == 0)
    )
    corners = np.zeros((len(shapes), 4, 2))
    corners[quad] = shapely.get_coordinates(shapes[quad]).reshape(-1, 5, 2)[:, :4]
    return corners, quad


@numba.njit(cache=True)
def _own(
    corners: Floats,
    quad: npt.NDArray[np.bool_],
    bounds: Floats,
    counted: npt.NDArray[np.bool_],
    place: Floats,
    back: Floats,
    owner: npt.NDArray[np.int32],
) -> None:
    """Name the quadrilateral that surely holds each counted centre; leave others in doubt.

    In doubt are centres near a side, in two polygons, or in the extent of another shape: what
    holds those is asked exactly.
    """
    rows, columns = counted.shape
    for i in range(len(bounds)):
        west, south, east, north = bounds[i]
        if not west <= east:
            continue
        low_row, high_row, low_column, high_column = rows, -1, columns, -1
        for x in (west, east):
            for y in (south, north):
                column = back[0] * x + back[1] * y + back[2] - 0.5
                row = back[3] * x + back[4] * y + back[5] - 0.5
                # one cell to spare: rounding must not lose a centre on the border
                low_row = min(low_row, max(int(np.floor(row)) - 1, 0))
                high_row = max(high_row, min(int(np.ceil(row)) + 1, rows - 1))
                low_column = min(low_column, max(int(np.floor(column)) - 1, 0))
                high_column = max(high_column, min(int(np.ceil(column)) + 1, columns - 1))
        doubt = _DOUBT * max(abs(west), abs(south), abs(east), abs(north))
        turn = _turn(corners[i]) if quad[i] else 0.0
        for row in range(low_row, high_row + 1):
            for column in range(low_column, high_column + 1):
                if not counted[row, column]:
                    continue
                x = place[0] * (column + 0.5) + place[1] * (row + 0.5) + place[2]
                y = place[3] * (column + 0.5) + place[4] * (row + 0.5) + place[5]
                if x < west - doubt or x > east + doubt or y < south - doubt or y > north + doubt:
                    continue
                inside = _depth(corners[i], turn, x, y) if turn != 0.0 else 0.0
                if inside < -doubt:
                    continue
                if inside > doubt and owner[row, column] == _NOBODY:
                    owner[row, column] = i
                else:
                    owner[row, column] = _DOUBTFUL


@numba.njit(cache=True)
def _turn(corner: Floats) -> float:
    """1 or -1 for corners that turn one way all round, 0 for others (and sides of no length)."""
    way = 0.0
    for k in range(4):
        ax, ay = corner[k]
        bx, by = corner[(k + 1) % 4]
        cx, cy = corner[(k + 2) % 4]
        one, two = np.hypot(bx - ax, by - ay), np.hypot(cx - bx, cy - by)
        cross = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
        if not abs(cross) > 1e-6 * one * two:
            return 0.0
        if way == 0.0:
            way = np.sign(cross)
        elif way != np.sign(cross):
            return 0.0
    return way


@numba.njit(cache=True)
def _depth(corner: Floats, turn: float, x: float, y: float) -> float:
    """Distance of a place to the nearest side's line of a convex shape; negative outside."""
    least = np.inf
    for k in range(4):
        ax, ay = corner[k]
        bx, by = corner[(k + 1) % 4]
        across = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        least = min(least, turn * across / np.hypot(bx - ax, by - ay))
    return least
