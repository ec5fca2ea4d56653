"""A lattice of cells over zones, whose lines are whole multiples of the cell: layers brought to it.

A cell is what its middle is. The lattice does not move with the extent of the data, so that a zone
more changes nothing elsewhere.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from metrogis.arrays import Array, Bools, Ints
from metrogis.checks.shared.exposure import State, middles
from metrogis.evidence import Evidence
from metrogis.landscape.grid import Grid

_MARGIN = 5000.0
"""Cells of population at most this wide are seen whole at the edge of the zones, m."""


def lattice_over(pieces: gpd.GeoDataFrame, cell: float, population: Any, crs: Any) -> Grid:
    """Return an empty grid over the zones and a cell of population around them."""
    x0, y0, x1, y1 = pieces.total_bounds if len(pieces) else (0.0, 0.0, cell, cell)
    around = 0.0
    if population is not None and len(population):
        box = population.geometry.array.bounds
        around = float(min((box[:, 2] - box[:, 0]).max(), _MARGIN))
    west, south = (np.floor((v - around) / cell) * cell for v in (x0, y0))
    east, north = (np.ceil((v + around) / cell) * cell for v in (x1, y1))
    shape = (max(1, round((north - south) / cell)), max(1, round((east - west) / cell)))
    none = np.zeros(shape, np.bool_)
    return Grid(none, ~none, Affine(cell, 0, west, 0, -cell, north), crs, (cell, cell))


def burnt(shapes: Array, grid: Grid) -> Bools:
    """Return which cells have their middle in one of some polygons; other geometries hold none.

    Parameters
    ----------
    shapes : array of geometry (n,)
    grid : Grid

    Examples
    --------
    >>> grid = Grid(np.zeros((1, 3)), np.ones((1, 3), bool), Affine(10, 0, 0, 0, -10, 10), None,
    ...             (10, 10))
    >>> burnt(np.array([shapely.box(0, 0, 16, 10), shapely.box(0, 0, 9, 9)]), grid).tolist()
    [[True, True, False]]
    """
    from rasterio import features

    out = np.zeros(grid.shape, np.uint8)
    parts = shapely.get_parts(shapes[~shapely.is_empty(shapes)]) if len(shapes) else shapes
    parts = parts[shapely.get_dimensions(parts) == 2] if len(parts) else parts
    if len(parts):
        # part by part: rings of one geometry that overlap would cut holes into each other
        features.rasterize(parts, out=out, transform=grid.transform)
    return out.astype(bool)


def covered(
    grid: Grid, cells: tuple[Ints, Ints], areas: gpd.GeoDataFrame, evidence: Evidence
) -> State:
    """Return whether the middles of cells lie in areas; outside all of them no, where known.

    Parameters
    ----------
    grid : Grid
        The lattice.
    cells : (rows, columns)
    areas : GeoDataFrame
        Polygons.
    evidence : Evidence
        Where their layer is known.
    """
    yes = burnt(areas.geometry.to_numpy(), grid)[cells]
    if evidence.complete:
        return State(yes, np.ones(len(yes), bool))
    known = yes.copy()
    rest = np.flatnonzero(~yes)
    known[rest] = evidence.known_at(middles(grid, (cells[0][rest], cells[1][rest])))
    return State(yes, known)


def sampled(raster: Grid, grid: Grid) -> tuple[Array, Bools]:
    """Return values of a raster at the middles of the lattice's cells; beyond it none is valid."""
    own, t = raster.transform, grid.transform
    assert own is not None
    assert t is not None
    x = t.c + t.a * (np.arange(grid.shape[1]) + 0.5)
    y = t.f + t.e * (np.arange(grid.shape[0]) + 0.5)
    column = np.floor((x - own.c) / own.a).astype(np.int64)
    row = np.floor((y - own.f) / own.e).astype(np.int64)
    in_x = (column >= 0) & (column < raster.shape[1])
    in_y = (row >= 0) & (row < raster.shape[0])
    at = np.ix_(np.where(in_y, row, 0), np.where(in_x, column, 0))
    return raster.values[at], raster.valid[at] & in_y[:, None] & in_x[None, :]


def home_of(population: gpd.GeoDataFrame, grid: Grid, rows: Ints, columns: Ints) -> Ints:
    """Return the row of the cell of population that holds the middle of each cell of the lattice.

    Parameters
    ----------
    population : GeoDataFrame
        Polygons; squares of one size on one grid are looked up, others are burnt.
    grid : Grid
        The lattice.
    rows, columns : ndarray of int (n,)

    Returns
    -------
    ndarray of int (n,)
        -1 where there is none; where cells overlap, the first of the layer.
    """
    box = population.geometry.array.bounds
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    size = float(np.median(width)) if len(box) else 1.0
    square = np.allclose(population.geometry.array.area, width * height, rtol=1e-6)
    same = np.allclose(width, size, rtol=1e-6) and np.allclose(height, size, rtol=1e-6)
    if not len(box) or not square or not same:
        return _burnt_rows(population, grid)[rows, columns]
    off = (box[:, :2] - box[0, :2]) / size
    if not np.allclose(off, np.round(off), atol=1e-6):
        return _burnt_rows(population, grid)[rows, columns]
    column, row = np.round(off).astype(np.int64).T
    first = int(min(column.min(), row.min()))
    wide = int(max(column.max(), row.max())) - first + 1
    key = (row - first) * wide + column - first
    # stable: of two cells in one place the first of the layer is found
    order = np.argsort(key, kind="stable")
    place = np.column_stack(grid.xy(rows, columns)).reshape(len(rows), 2)
    at = np.floor((place - box[0, :2]) / size).astype(np.int64) - first
    wanted = at[:, 1] * wide + at[:, 0]
    k = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    fits = (key[order][k] == wanted) & (at >= 0).all(axis=1) & (at < wide).all(axis=1)
    return np.where(fits, order[k], -1)


def _burnt_rows(population: gpd.GeoDataFrame, grid: Grid) -> Ints:
    from rasterio import features

    out = np.full(grid.shape, -1, np.int32)
    # from the last to the first: where cells overlap the first stays
    pairs = [
        (shape, number)
        for number, shape in reversed(list(enumerate(population.geometry)))
        if shape is not None and not shape.is_empty
    ]
    if pairs:
        features.rasterize(pairs, out=out, transform=grid.transform)
    return out.astype(np.int64)
