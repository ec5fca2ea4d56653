"""Population cells from a polygon grid or a raster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError, SchemaError, SourceError
from metrogis.provenance import Audit, Source, attach, audit_of, source_of
from metrogis.texts import Text

_LAYER = "population"


def from_grid(
    grid: gpd.GeoDataFrame, *, column: str = "population", layer: str = _LAYER
) -> gpd.GeoDataFrame:
    """Take the cells of a polygon grid.

    Parameters
    ----------
    grid : GeoDataFrame
        Polygons in a projected CRS in metres.
    column : str
        Column of residents (people). Negative values, a usual code of "no data", become unknown.
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
    negative = people < 0
    people[negative] = np.nan
    audit = Audit().add(
        layer,
        "unknown",
        int(negative.sum()),
        Text("ujemna ludność: nieznana", "negative population: unknown"),
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
    nodata: float | None = None,
    band: int = 1,
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
    nodata : float, optional
        Value that means unknown (NaN and negative values always do); of a file its own.
    band : int
        Band of a file, from 1.
    layer : str
        Name used in messages.

    Returns
    -------
    GeoDataFrame
        Polygons, one per cell with people or of unknown population: ``population``, ``modelled``,
        geometry. It carries its audit (:func:`metrogis.provenance.audit_of`).

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
    if not isinstance(source, np.ndarray):
        source, transform, crs, nodata = read_raster(
            Path(source), transform=transform, crs=crs, nodata=nodata, band=band, layer=layer
        )
    if transform is None or source.ndim != 2:
        raise ParameterError(
            Text(
                "tablica wymaga transform i dwóch wymiarów",
                "an array needs a transform and two dimensions",
            ),
            layer=layer,
        )
    crs_rules.require_metric(crs, layer=layer)
    values = source.astype("float64")
    unknown = ~np.isfinite(values) | (values < 0)
    if nodata is not None:
        unknown |= values == nodata
    values[unknown] = np.nan
    row, column = np.nonzero(unknown | (values > 0))
    corner_x = np.stack([column, column + 1, column + 1, column], axis=1).astype("float64")
    corner_y = np.stack([row, row, row + 1, row + 1], axis=1).astype("float64")
    x = transform.a * corner_x + transform.b * corner_y + transform.c
    y = transform.d * corner_x + transform.e * corner_y + transform.f
    squares = shapely.polygons(np.stack([x, y], axis=2)) if len(row) else np.array([], object)
    audit = Audit().add(
        layer,
        "unknown",
        int(unknown.sum()),
        Text("komórki rastra bez danych: ludność nieznana", "raster cells without data: unknown"),
    )
    cells = gpd.GeoDataFrame(
        {"population": values[row, column], "modelled": False}, geometry=squares, crs=crs
    )
    attach(cells, Source(layer), audit)
    return cells


def read_raster(
    path: Path,
    *,
    transform: Any = None,
    crs: Any = None,
    nodata: float | None = None,
    band: int = 1,
    layer: str = _LAYER,
) -> tuple[np.ndarray, Any, Any, float | None]:
    """Return values, transform, CRS and nodata of one band; what is given wins over the file.

    Raises
    ------
    SourceError
        If the file cannot be read or has no such band.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as data:
            return (
                data.read(band),
                transform if transform is not None else data.transform,
                crs if crs is not None else data.crs,
                nodata if nodata is not None else data.nodata,
            )
    except (RasterioError, OSError, IndexError) as error:
        raise SourceError(
            Text("nie można odczytać rastra", "the raster cannot be read"),
            layer=layer,
            place=path.name,
            remedy=Text("sprawdź plik, kanał i ścieżkę", "check the file, its band and path"),
        ) from error
