"""Cells of the Global Human Settlement Layer (GHSL), from its tiles to one raster of an area.

The grid is Mollweide (ESRI:54009), its tiles are squares of 1000 km counted from the upper left
corner: ``R3_C20`` is the third row, the twentieth column. An area may lie in several of them.

Source: Pesaresi et al. (2023), GHSL Data Package 2023, doi:10.2760/098587.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.sources import gdal
from metrogis.sources.services.pages import box_in

CRS = "ESRI:54009"
_LEFT, _TOP = -18_041_000.0, 9_000_000.0
_TILE = 1_000_000.0
_ROWS, _COLUMNS = 18, 36
_MOST_CELLS = 400_000_000
"""Largest raster that is made: 1.6 GB of 4 bytes."""


@dataclass(frozen=True)
class Area:
    """An extent in Mollweide, m, on the lines of the grid of ``resolution``."""

    west: float
    south: float
    east: float
    north: float
    resolution: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return (
            round((self.north - self.south) / self.resolution),
            round((self.east - self.west) / self.resolution),
        )


def area_of(box: tuple[float, float, float, float], *, buffer: float, resolution: int) -> Area:
    """Return the extent of a box (EPSG:4326) with a buffer (m), widened to whole cells.

    >>> area_of((18.2, 54.2, 18.9, 54.6), buffer=0, resolution=1000).shape[1] > 40
    True
    """
    west, south, east, north = box_in(CRS, box, "OGC:CRS84")
    step = float(resolution)
    return Area(
        _LEFT + math.floor((west - buffer - _LEFT) / step) * step,
        _TOP - math.ceil((_TOP - south + buffer) / step) * step,
        _LEFT + math.ceil((east + buffer - _LEFT) / step) * step,
        _TOP - math.floor((_TOP - north - buffer) / step) * step,
        resolution,
    )


def tiles_of(area: Area) -> list[str]:
    """Return the tiles that an area lies in, row by row.

    >>> tiles_of(area_of((18.2, 54.2, 18.9, 54.6), buffer=2000, resolution=100))
    ['R3_C20']
    """
    first = int((area.west - _LEFT) // _TILE), int((_TOP - area.north) // _TILE)
    # an area that ends on the edge of a tile has nothing of the next one
    last = math.ceil((area.east - _LEFT) / _TILE), math.ceil((_TOP - area.south) / _TILE)
    return [
        f"R{row + 1}_C{column + 1}"
        for row in range(max(0, first[1]), min(_ROWS, last[1]))
        for column in range(max(0, first[0]), min(_COLUMNS, last[0]))
    ]


def address_of(
    base: str, product: str, year: int, resolution: int, tile: str, *, release: str, version: str
) -> str:
    """Return the address of a tile.

    >>> address_of("https://a.eu/GHSL/", "POP", 2025, 100, "R3_C20", release="R2023A",
    ...            version="V1-0")  # doctest: +ELLIPSIS
    'https://a.eu/GHSL/GHS_POP_GLOBE_R2023A/GHS_POP_E2025_GLOBE_R2023A_54009_100/V1-0/tiles/...'
    """
    name = f"GHS_{product}_E{year}_GLOBE_{release}_54009_{resolution}"
    return (
        f"{base.rstrip('/')}/GHS_{product}_GLOBE_{release}/{name}/{version}/tiles/"
        f"{name}_{version.replace('-', '_')}_{tile}.zip"
    )


class Mosaic:
    """One raster, filled from tiles; cells of tiles that did not come have no data.

    Parameters
    ----------
    area : Area
    layer : str
        Name used in messages.
    """

    def __init__(self, area: Area, *, layer: str) -> None:
        rows, columns = area.shape
        if rows * columns > _MOST_CELLS:
            raise SourceError(
                _("the area has {count:0} cells: too many").fill(count=rows * columns),
                layer=layer,
                remedy=_("check bbox, or take resolution = 1000"),
            )
        self.area, self.layer = area, layer
        self.cells: Any = None
        self.nodata: float | None = None

    def add(self, file: Path) -> int:
        """Copy what of a tile lies in the area; return the number of cells.

        Raises
        ------
        SourceError
            For a file in another CRS or on another grid.
        """
        from rasterio.windows import Window

        with gdal.open_raster(file, layer=self.layer) as data:
            step = float(self.area.resolution)
            grid = data.transform
            fits = (
                data.crs is not None
                and crs_rules.parse(CRS).equals(crs_rules.parse(data.crs.to_wkt()), True)
                and abs(grid.a - step) < 1e-6
                and abs(grid.e + step) < 1e-6
            )
            left = (self.area.west - grid.c) / step
            top = (grid.f - self.area.north) / step
            if not fits or abs(left - round(left)) > 1e-3 or abs(top - round(top)) > 1e-3:
                raise SourceError(
                    _("the tile is not on the grid of GHSL (Mollweide, {resolution} m)").fill(
                        resolution=self.area.resolution
                    ),
                    layer=self.layer,
                    place=file.name,
                )
            rows, columns = self.area.shape
            row, column = round(top), round(left)  # of the area's corner, in the tile
            r0, r1 = max(0, row), min(data.height, row + rows)
            c0, c1 = max(0, column), min(data.width, column + columns)
            if r0 >= r1 or c0 >= c1:
                return 0
            what = _("the raster cannot be opened")
            with boundary.reading(what, layer=self.layer, place=file.name):
                found = data.read(1, window=Window(c0, r0, c1 - c0, r1 - r0))
            if self.cells is None:
                self.nodata = data.nodata
                kind = found.dtype
                if self.nodata is None:  # whole numbers have no value for "no data"
                    self.nodata = float("nan")
                    kind = kind if kind.kind == "f" else np.dtype(np.float64)
                self.cells = np.full((rows, columns), self.nodata, dtype=kind)
            if data.nodata is not None and data.nodata != self.nodata:
                found = np.where(found == data.nodata, self.nodata, found)
            self.cells[r0 - row : r1 - row, c0 - column : c1 - column] = found
            return int(found.size)

    def write(self, path: Path) -> None:
        """Write the raster as GeoTIFF.

        Raises
        ------
        SourceError
            When no tile has anything of the area.
        """
        import rasterio

        if self.cells is None:
            raise SourceError(
                _("no tile has anything of the area"), layer=self.layer, remedy=_("check bbox")
            )
        rows, columns = self.area.shape
        step = float(self.area.resolution)
        with rasterio.open(
            path, "w", driver="GTiff", height=rows, width=columns, count=1,
            dtype=self.cells.dtype, crs=CRS, nodata=self.nodata, compress="deflate", tiled=True,
            transform=rasterio.Affine(step, 0, self.area.west, 0, -step, self.area.north),
        ) as out:  # fmt: skip
            out.write(self.cells, 1)
