"""Rasters of results as GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from metrogis.checks.contract import Overlay, Result
from metrogis.landscape.grid import Grid
from metrogis.report.tables import replace_file


def raster_name(result: Result, raster: str) -> str:
    """Return the name of a raster's file: ``corridor_connectivity_current.tif``."""
    return f"{result.check.id}_{raster}.tif"


def write_geotiff(results: Iterable[Result], directory: Path) -> list[Path]:
    """Write every raster to ``<check>_<raster>.tif``, in the working CRS; return the paths.

    Cells that are not known are NODATA: NaN, or a number that no cell holds. The band says what it
    shows and in which unit, in English; classes of small whole numbers have their names (tags
    ``class_<value>`` in both languages) and colours, as on the map.

    Raises
    ------
    PublishError
        When the folder cannot be written to, or a raster has no free number for NODATA.
    """
    return [
        replace_file(
            directory / raster_name(result, name), partial(_write, grid, _overlay(result, name))
        )
        for result in results
        for name, grid in result.rasters.items()
    ]


def _overlay(result: Result, name: str) -> Overlay | None:
    return next((o for o in result.check.overlays if o.raster == name), None)


def _write(grid: Grid, overlay: Overlay | None, path: Path) -> None:
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
        if overlay is not None:
            _describe(out, overlay, values.dtype)


def _describe(out: Any, overlay: Overlay, dtype: np.dtype[Any]) -> None:
    """Say what the band shows: title, unit, and for classes their names and colours."""
    out.set_band_description(1, overlay.title.en)
    if overlay.unit and overlay.unit != "-":
        out.set_band_unit(1, overlay.unit)
    out.update_tags(1, title_pl=overlay.title.pl, title_en=overlay.title.en)
    colours = {}
    for item in overlay.categories:
        out.update_tags(1, **{f"class_{item.value}": f"{item.label.pl} / {item.label.en}"})
        if item.value.isdigit():
            colours[int(item.value)] = tuple(round(255 * part) for part in to_rgb(item.colour))
    # TIFF has a table of colours for small whole numbers only
    if colours and dtype == np.uint8 and max(colours) < 256:
        # a table of colours of TIFF has no opacity: what the map does not draw is white
        hidden = {
            int(v): (255, 255, 255, 255) for v in overlay.hidden if v.isdigit() and int(v) < 256
        }
        out.write_colormap(1, {**{k: (*c, 255) for k, c in colours.items()}, **hidden})


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
