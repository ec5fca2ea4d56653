"""Rasters of results as GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from metrogis.checks.contract import Result
from metrogis.landscape.grid import Grid
from metrogis.report.tables import replace_file


def raster_name(result: Result, raster: str) -> str:
    """Return the name of a raster's file: ``corridor_connectivity_current.tif``."""
    return f"{result.check.id}_{raster}.tif"


def write_geotiff(results: Iterable[Result], directory: Path) -> list[Path]:
    """Write every raster to ``<check>_<raster>.tif``, in the working CRS; return the paths.

    Cells that are not known are NODATA: NaN, or a number that no cell holds.

    Raises
    ------
    PublishError
        When the folder cannot be written to, or a raster has no free number for NODATA.
    """
    return [
        replace_file(directory / raster_name(result, name), partial(_write, grid))
        for result in results
        for name, grid in result.rasters.items()
    ]


def _write(grid: Grid, path: Path) -> None:
    import rasterio

    values, nodata = _with_nodata(grid)
    rows, columns = values.shape
    options: dict[str, Any] = {"compress": "deflate", "tiled": min(rows, columns) >= 256}
    if options["tiled"]:
        options |= {"blockxsize": 256, "blockysize": 256}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype=values.dtype,
        crs=grid.crs.to_wkt() if grid.crs is not None else None,
        transform=grid.transform,
        nodata=nodata,
        **options,
    ) as out:
        out.write(values, 1)


def _with_nodata(grid: Grid) -> tuple[np.ndarray, float | None]:
    values = grid.values
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if values.dtype.kind == "f":
        return np.where(grid.valid, values, np.nan).astype(values.dtype), float("nan")
    if grid.valid.all():
        return values, None
    if values.dtype.itemsize > 4:  # 64 bits are not read by every program
        values = values.astype(np.int32)
    limits = np.iinfo(values.dtype)
    used = np.unique(values[grid.valid])
    tried = (
        range(limits.max, limits.min - 1, -1)
        if values.dtype.itemsize <= 2
        else (limits.max, limits.min)
    )
    taken = set(used.tolist())
    free = next((n for n in tried if n not in taken), None)
    if free is None:
        wider = values.astype(np.int32)
        free = np.iinfo(np.int32).min
        values = wider
    return np.where(grid.valid, values, values.dtype.type(free)), float(free)
