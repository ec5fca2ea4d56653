"""Files that come out byte for byte the same each time."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import rasterio

from metrogis.demo.frame import CRS, Array, Grid
from metrogis.demo.terrain import transform_of

STAMP = "2024-11-01T00:00:00.000Z"


@lru_cache(maxsize=8)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def lonlat(x: Array, y: Array) -> tuple[Array, Array]:
    """Return longitude and latitude (EPSG:4326) of points in the demo's CRS."""
    lon, lat = _transformer(CRS, "EPSG:4326").transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def write_gpkg(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write layers into one GeoPackage, the same bytes each time.

    The time of writing, which the driver puts into the file, is replaced by a fixed one.

    Parameters
    ----------
    path : Path
        A file that exists gets further layers.
    layers : dict of GeoDataFrame
        By name.
    """
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_contents SET last_change = ?", (STAMP,))
    base.close()
    _settle_header(path)


_COUNTER, _VALID_FOR, _WRITER = 24, 92, 96
"""Offsets in the header of a SQLite file (https://www.sqlite.org/fileformat2.html): how often it
was changed, the count that its size holds for, and the version of SQLite that wrote it."""


def _settle_header(path: Path) -> None:
    """Write fixed counts of changes: how often a library committed is not what a demo is about."""
    with path.open("r+b") as file:
        for offset, value in ((_COUNTER, 1), (_VALID_FOR, 1), (_WRITER, 3_040_000)):
            file.seek(offset)
            file.write(value.to_bytes(4, "big"))


def write_geojson(path: Path, frame: gpd.GeoDataFrame, *, digits: int = 7) -> None:
    """Write GeoJSON (RFC 7946: EPSG:4326), one feature a line.

    Parameters
    ----------
    path : Path
    frame : GeoDataFrame
        Of any CRS.
    digits : int
        Decimals of degrees; 7 are about a centimetre.
    """
    geographic = frame.to_crs("EPSG:4326")
    columns = [c for c in geographic.columns if c != geographic.geometry.name]
    lines = []
    for geometry, values in zip(
        geographic.geometry, geographic[columns].itertuples(index=False), strict=True
    ):
        properties = {c: _plain(v) for c, v in zip(columns, values, strict=True)}
        shape = _rounded(geometry.__geo_interface__, digits)
        lines.append(
            json.dumps(
                {"type": "Feature", "properties": properties, "geometry": shape}, ensure_ascii=False
            )
        )
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _rounded(geometry: Any, digits: int) -> dict[str, Any]:
    def walk(part: Any) -> Any:
        if isinstance(part, (float, int)):
            return round(part, digits)
        return [walk(p) for p in part]

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def write_raster(path: Path, values: np.ndarray, grid: Grid, *, nodata: float) -> None:
    """Write one band as a tiled, compressed GeoTIFF in the demo's CRS.

    Parameters
    ----------
    path : Path
    values : array, shape (ny, nx)
        Row 0 is the northern one.
    grid : Grid
    nodata : float
    """
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.ny,
        width=grid.nx,
        count=1,
        dtype=values.dtype,
        crs=CRS,
        transform=transform_of(grid),
        nodata=nodata,
        compress="deflate",
        predictor=3 if values.dtype.kind == "f" else 2,
        tiled=True,
    ) as out:
        out.write(values, 1)


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    """Write a zip archive, the same bytes each time: entries carry one fixed date.

    Parameters
    ----------
    path : Path
    files : dict of str to bytes
        Content by name, written in this order.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2024, 11, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            out.writestr(info, data, compresslevel=3)  # twice as fast as 6, a sixth larger


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people to read."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
