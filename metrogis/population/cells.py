"""Population cells from a polygon grid or a raster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Bools
from metrogis.boxes import BoxArray
from metrogis.errors import ParameterError, SchemaError
from metrogis.evidence.rasters import keep_mask
from metrogis.i18n import _
from metrogis.provenance import Audit, Source, attach, audit_of, source_of
from metrogis.sources import raster_windows, rasters
from metrogis.sources.raster_windows import Window
from metrogis.sources.rasters import Expected

_LAYER = "population"
DENSEST_CELL = 60_000.0
"""Residents per km2 of a cell of 1 km2 or more: the densest one of the European population grid
(GEOSTAT 2011, https://ec.europa.eu/eurostat/web/gisco/geodata/population-distribution/geostat), in
Barcelona, has 53,119; rounded up."""
DENSEST_BLOCK = 500_000.0
"""Residents per km2 of a smaller cell (5,000 on 100 x 100 m): a choice of this project."""
MOST_ANYWHERE = 5_000.0
"""Residents that the smallest cell may have, were it one building: a choice of this project."""


def most_people(area: Any) -> Any:
    """Return the most residents that a cell can have, by its area in m2; more is no data.

    >>> most_people(np.array([100.0, 62_500.0, 1e6])).tolist()
    [5000.0, 31250.0, 60000.0]
    """
    km2 = np.asarray(area, float) / 1e6
    return np.maximum(km2 * np.where(km2 >= 1.0, DENSEST_CELL, DENSEST_BLOCK), MOST_ANYWHERE)


def from_grid(
    grid: gpd.GeoDataFrame, *, column: str = "population", layer: str = _LAYER
) -> gpd.GeoDataFrame:
    """Take the cells of a polygon grid.

    Parameters
    ----------
    grid : GeoDataFrame
        Polygons in a projected CRS in metres.
    column : str
        Column of residents (people). Negative values, a usual code of "no data", and infinite ones
        become unknown.
    layer : str
        Name used in messages.

    Returns
    -------
    GeoDataFrame
        Columns ``population`` (float, NaN is unknown), ``modelled`` and geometry. It carries its
        audit (:func:`metrogis.provenance.audit_of`).

    Raises
    ------
    CRSError, SchemaError

    Examples
    --------
    >>> squares = gpd.GeoDataFrame({"p": [5.0, -9999]}, crs="EPSG:2180",
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    >>> from_grid(squares, column="p")["population"].tolist()
    [5.0, nan]
    """
    crs_rules.require_metric(grid.crs, layer=layer)
    if column not in grid.columns:
        raise SchemaError(
            _("column '{column}' is missing").fill(column=column),
            layer=layer,
            remedy=_("name the column of residents"),
        )
    people = pd.to_numeric(grid[column], errors="coerce").to_numpy("float64", copy=True)
    # nobody counts people below 0: such numbers are codes of no data
    negative = (people < 0) | np.isinf(people)
    people[negative] = np.nan
    audit = Audit().add(
        layer,
        "unknown",
        int(negative.sum()),
        _("negative or infinite population: unknown"),
    )
    people, found = believed(people, grid, layer=layer)
    audit += found
    modelled = (
        grid["modelled"].astype("boolean").fillna(False).to_numpy(bool)
        if "modelled" in grid.columns
        else np.zeros(len(grid), bool)
    )
    out = gpd.GeoDataFrame(
        {"population": people, "modelled": modelled},
        geometry=grid.geometry.to_numpy(),
        crs=grid.crs,
        index=grid.index,
    )
    attach(out, source_of(grid, layer), audit_of(grid) + audit)
    return out


def believed(people: np.ndarray, cells: gpd.GeoDataFrame, *, layer: str) -> tuple[Any, Audit]:
    """Return residents of cells, unknown (NaN) where there are more than a cell can have.

    Parameters
    ----------
    people : ndarray of float, shape (cells,)
    cells : GeoDataFrame
        Polygons, CRS in metres.
    layer : str
        Named in the audit, which lists the cells with value and place (see :func:`most_people`).
    """
    shapes = cells.geometry.to_numpy()
    beyond = people > most_people(shapely.area(shapes))
    if not beyond.any():
        return people, Audit()
    places = shapely.get_coordinates(shapely.centroid(shapes[beyond]))[:6]
    shown = [
        f"{row}: {value:.10g} ({x:.0f}, {y:.0f})"
        for row, value, (x, y) in zip(
            cells.index[beyond][:6], people[beyond][:6], places, strict=True
        )
    ]
    what = _(
        "cells in which so many people cannot live (row: value, x, y): not known; "
        "correct the values, or the column (rename)"
    )
    audit = Audit().add(layer, "unknown", int(beyond.sum()), what, shown)
    return np.where(beyond, np.nan, people), audit


def from_raster(
    source: str | Path | np.ndarray,
    *,
    transform: Any = None,
    crs: Any = None,
    nodata: float | Iterable[float] | None = None,
    band: int = 1,
    expected: Expected | None = None,
    area: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    margin: float = 0.0,
    layer: str = _LAYER,
) -> gpd.GeoDataFrame:
    """Take the cells of a population raster; cells of 0 people are left out, unknown ones kept.

    Cells stay numbers (:class:`metrogis.boxes.BoxArray`) until a polygon of them is asked for. With
    an area, a file is read in the window that it takes up, not whole.

    Parameters
    ----------
    source : path or ndarray of shape (rows, columns)
        Residents per cell.
    transform : affine.Affine
        From (column, row) to coordinates; required with an array, else the file's own.
    crs : optional
        CRS in metres; required with an array.
    nodata : float or several, optional
        Stored values that mean unknown, beside the file's own; NaN, infinite and negative values
        always do, and where ``expected`` is not given the largest value of a whole-number type.
    band : int
        Band of a file, from 1.
    expected : Expected, optional
        Numbers of people a cell may have; 0 or more. Cells with others are unknown. By default 0
        to :func:`most_people` of the cell's area.
    area : GeoDataFrame or GeoSeries, optional
        Polygons, in any CRS. Cells with people further from them than ``margin`` are left out, as
        are cells of unknown population that touch none; nothing is where nobody lives near them:
        where the area lies may be wrong.
    margin : float
        Metres around the area.
    layer : str
        Name used in messages.

    Returns
    -------
    GeoDataFrame
        Rectangles, one per cell with people or of unknown population: ``population``, ``modelled``,
        geometry. It carries its audit (:func:`metrogis.provenance.audit_of`), and which cells of
        the raster are data (:func:`metrogis.evidence.rasters.evidence_of`).

    Raises
    ------
    CRSError, ParameterError, SourceError

    Examples
    --------
    >>> from affine import Affine
    >>> cells = from_raster(np.array([[4.0, np.nan], [0.0, 1.0]]), crs="EPSG:2180",
    ...                        transform=Affine(100, 0, 0, 0, -100, 200))
    >>> cells["population"].tolist(), cells.area.tolist()
    ([4.0, nan, 1.0], [10000.0, 10000.0, 10000.0])
    """
    given, stated = source, transform
    audit = Audit()
    usual = Expected(low=0.0) if expected is None else replace(expected, low=max(expected.low, 0.0))
    near: _Near | None = None
    if not isinstance(source, np.ndarray):
        place = raster_windows.place_of(source, layer=layer)
        own = place.crs if crs is None else crs
        rasters.require_projected(own, transform or place.transform, place.shape, layer=layer)
        near = _Near.of(area, margin, own, transform or place.transform, place.shape)
        read = rasters.read_band(
            source, band=band, nodata=_several(nodata), expected=usual,
            full_is_fill=expected is None, window=None if near is None else near.window,
            layer=layer,
        )  # fmt: skip
        source, valid, audit = read.values, read.valid, read.audit
        if transform is None:
            transform = read.transform
        elif near is not None:
            transform = near.window.moved(transform)
        crs = own
    elif transform is not None and source.ndim == 2:
        valid = rasters.data_cells(source, nodata=_several(nodata))
        if expected is None:
            full = valid & rasters.full_cells(source)
            valid, audit = valid & ~full, rasters.unexpected(source, full, layer=layer)
        valid, found = rasters.expect(source, valid, usual, layer=layer)
        audit += found
        whole = Window(0, source.shape[0], 0, source.shape[1])
        near = _Near.of(area, margin, crs, transform, source.shape, window=whole)
    if transform is None or source.ndim != 2:
        raise ParameterError(
            _("an array needs a transform and two dimensions"),
            layer=layer,
        )
    crs_rules.require_metric(crs, layer=layer)
    if expected is None:
        most = Expected(0.0, float(most_people(abs(transform.determinant))))
        valid, found = rasters.expect(source, valid, most, layer=layer)
        audit += found
    taken = _taken(source, valid, near, transform)
    if taken is None:
        return from_raster(
            given, transform=stated, crs=crs, nodata=nodata, band=band, expected=expected,
            layer=layer,
        )  # fmt: skip
    row, column = taken
    cells = gpd.GeoDataFrame(
        {
            "population": np.where(valid[row, column], source[row, column], np.nan).astype(float),
            "modelled": False,
        },
        geometry=_outlines(row, column, transform, crs),
        crs=crs,
    )
    audit = audit.add(
        layer,
        "unknown",
        int(valid.size - np.count_nonzero(valid)),
        _("raster cells without data: unknown"),
    )
    attach(cells, Source(layer), audit)
    # masks answer by rows and columns: a turned grid has no mask and is asked by its polygons
    if not (transform.b or transform.d):
        keep_mask(cells, valid, transform, crs)
    return cells


@dataclass(frozen=True)
class _Near:
    """What of a raster lies near an area: polygons in its CRS, the margin, the window to read."""

    shapes: np.ndarray
    margin: float
    window: Window

    @classmethod
    def of(
        cls,
        area: gpd.GeoDataFrame | gpd.GeoSeries | None,
        margin: float,
        crs: Any,
        transform: Any,
        shape: tuple[int, ...],
        window: Window | None = None,
    ) -> _Near | None:
        """Return it; None where there is no area, or the raster does not reach it."""
        if area is None or crs is None:
            return None
        shapes = raster_windows.moved_area(area, crs)
        if not len(shapes):
            return None
        # a cell more on each side: those that only touch the area count too
        more = margin + float(np.abs(tuple(transform)[:6]).take([0, 1, 3, 4]).max())
        box = np.asarray(shapely.total_bounds(shapes)) + more * np.array([-1, -1, 1, 1])
        found = raster_windows.window_of(box, transform, shape)
        return None if found is None else cls(shapes, margin, window or found)

    def masks(self, transform: Any, shape: tuple[int, int]) -> tuple[Bools, Bools]:
        """Return the cells within the margin, and those that touch the area."""
        touched = raster_windows.cells_near(self.shapes, 0.0, transform, shape)
        if self.margin <= 0:
            return touched, touched
        return raster_windows.cells_near(self.shapes, self.margin, transform, shape), touched


def _taken(
    values: np.ndarray, valid: Bools, near: _Near | None, transform: Any
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return rows and columns of the cells with people, or of unknown number, that are kept.

    None where an area is given and nobody lives near it.
    """
    # most cells of a country are empty
    held, unknown = valid & (values > 0), ~valid
    if near is not None:
        around, touched = near.masks(transform, values.shape)
        held, unknown = held & around, unknown & touched
        if not held.any():
            return None
    row, column = np.nonzero(held | unknown)
    return row, column


def _outlines(row: np.ndarray, column: np.ndarray, transform: Any, crs: Any) -> Any:
    """Return the outlines of cells: rectangles, or polygons where the transform turns the grid."""
    t = transform
    if not (t.b or t.d):
        x = t.a * np.stack([column, column + 1.0], axis=1) + t.c
        y = t.e * np.stack([row, row + 1.0], axis=1) + t.f
        return BoxArray(np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1), crs)
    corner_x = np.stack([column, column + 1, column + 1, column], axis=1).astype("float64")
    corner_y = np.stack([row, row, row + 1, row + 1], axis=1).astype("float64")
    x = t.a * corner_x + t.b * corner_y + t.c
    y = t.d * corner_x + t.e * corner_y + t.f
    return shapely.polygons(np.stack([x, y], axis=2)) if len(row) else np.array([], object)


def _several(values: float | Iterable[float] | None) -> list[float]:
    return [] if values is None else np.atleast_1d(np.asarray(values, float)).tolist()
