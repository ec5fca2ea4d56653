"""Population cells from a polygon grid or a raster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError, SchemaError
from metrogis.evidence.rasters import keep_mask
from metrogis.i18n import _
from metrogis.provenance import Audit, Source, attach, audit_of, source_of
from metrogis.sources import rasters
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
    layer: str = _LAYER,
) -> gpd.GeoDataFrame:
    """Take the cells of a population raster; cells of 0 people are left out, unknown ones kept.

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
    layer : str
        Name used in messages.

    Returns
    -------
    GeoDataFrame
        Polygons, one per cell with people or of unknown population: ``population``, ``modelled``,
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
    audit = Audit()
    usual = Expected(low=0.0) if expected is None else replace(expected, low=max(expected.low, 0.0))
    if not isinstance(source, np.ndarray):
        read = rasters.read_band(
            source, band=band, nodata=_several(nodata), expected=usual,
            full_is_fill=expected is None, layer=layer,
        )  # fmt: skip
        source, valid, audit = read.values, read.valid, read.audit
        transform = read.transform if transform is None else transform
        crs = read.crs if crs is None else crs
        rasters.require_projected(crs, transform, source.shape, layer=layer)
    elif transform is not None and source.ndim == 2:
        valid = rasters.data_cells(source, nodata=_several(nodata))
        if expected is None:
            full = valid & rasters.full_cells(source)
            valid, audit = valid & ~full, rasters.unexpected(source, full, layer=layer)
        valid, found = rasters.expect(source, valid, usual, layer=layer)
        audit += found
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
    unknown = ~valid
    values = np.where(valid, source, np.nan).astype("float64")
    # most cells of a country are empty: only those with people, or of unknown number, become
    # polygons
    row, column = np.nonzero(unknown | (values > 0))
    # the four corners of each cell, through the transform, which may turn the grid
    corner_x = np.stack([column, column + 1, column + 1, column], axis=1).astype("float64")
    corner_y = np.stack([row, row, row + 1, row + 1], axis=1).astype("float64")
    x = transform.a * corner_x + transform.b * corner_y + transform.c
    y = transform.d * corner_x + transform.e * corner_y + transform.f
    squares = shapely.polygons(np.stack([x, y], axis=2)) if len(row) else np.array([], object)
    audit = audit.add(
        layer,
        "unknown",
        int(unknown.sum()),
        _("raster cells without data: unknown"),
    )
    cells = gpd.GeoDataFrame(
        {"population": values[row, column], "modelled": False}, geometry=squares, crs=crs
    )
    attach(cells, Source(layer), audit)
    # masks answer by rows and columns: a turned grid has no mask and is asked by its polygons
    if not (transform.b or transform.d):
        keep_mask(cells, valid, transform, crs)
    return cells


def _several(values: float | Iterable[float] | None) -> list[float]:
    return [] if values is None else np.atleast_1d(np.asarray(values, float)).tolist()
