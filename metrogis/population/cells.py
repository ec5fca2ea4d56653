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
from metrogis.provenance import Audit, Source, attach, audit_of, source_of
from metrogis.sources import rasters
from metrogis.sources.rasters import Expected
from metrogis.texts import Text

_LAYER = "population"
PEOPLE = Expected(low=0)
"""Numbers of people that a cell may have."""


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
            Text(f"brak kolumny '{column}'", f"column '{column}' is missing"),
            layer=layer,
            remedy=Text("nazwij kolumnę z ludnością", "name the column of residents"),
        )
    people = pd.to_numeric(grid[column], errors="coerce").to_numpy("float64", copy=True)
    negative = (people < 0) | np.isinf(people)
    people[negative] = np.nan
    audit = Audit().add(
        layer,
        "unknown",
        int(negative.sum()),
        Text(
            "ujemna lub nieskończona ludność: nieznana", "negative or infinite population: unknown"
        ),
    )
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
        always do.
    band : int
        Band of a file, from 1.
    expected : Expected, optional
        Numbers of people a cell may have; 0 or more. Cells with others are unknown.
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
    usual = PEOPLE if expected is None else replace(expected, low=max(expected.low, 0.0))
    if not isinstance(source, np.ndarray):
        read = rasters.read_band(
            source, band=band, nodata=_several(nodata), expected=usual, layer=layer
        )
        source, valid, audit = read.values, read.valid, read.audit
        transform = read.transform if transform is None else transform
        crs = read.crs if crs is None else crs
    elif transform is not None and source.ndim == 2:
        valid = rasters.data_cells(source, nodata=_several(nodata))
        valid, audit = rasters.expect(source, valid, usual, layer=layer)
    if transform is None or source.ndim != 2:
        raise ParameterError(
            Text(
                "tablica wymaga transform i dwóch wymiarów",
                "an array needs a transform and two dimensions",
            ),
            layer=layer,
        )
    crs_rules.require_metric(crs, layer=layer)
    unknown = ~valid
    values = np.where(valid, source, np.nan).astype("float64")
    row, column = np.nonzero(unknown | (values > 0))
    corner_x = np.stack([column, column + 1, column + 1, column], axis=1).astype("float64")
    corner_y = np.stack([row, row, row + 1, row + 1], axis=1).astype("float64")
    x = transform.a * corner_x + transform.b * corner_y + transform.c
    y = transform.d * corner_x + transform.e * corner_y + transform.f
    squares = shapely.polygons(np.stack([x, y], axis=2)) if len(row) else np.array([], object)
    audit = audit.add(
        layer,
        "unknown",
        int(unknown.sum()),
        Text("komórki rastra bez danych: ludność nieznana", "raster cells without data: unknown"),
    )
    cells = gpd.GeoDataFrame(
        {"population": values[row, column], "modelled": False}, geometry=squares, crs=crs
    )
    attach(cells, Source(layer), audit)
    if not (transform.b or transform.d):
        keep_mask(cells, valid, transform, crs)
    return cells


def _several(values: float | Iterable[float] | None) -> list[float]:
    return [] if values is None else np.atleast_1d(np.asarray(values, float)).tolist()
