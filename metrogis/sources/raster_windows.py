"""Windows of rasters: which rows and columns an area takes up, which cells lie near it.

A national raster is read where a metropolis lies, not whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy import ndimage

from metrogis import boundary
from metrogis.arrays import Bools
from metrogis.i18n import _
from metrogis.sources.gdal import open_raster

_SEGMENT = 1000.0
"""Metres: sides of areas are bent this finely when they move to another CRS."""
_ARC = 4
"""Segments of a quarter circle of a margin; its chords come nearer by a twelfth at most."""
_CHORD = 1.1


class Window(NamedTuple):
    """Rows and columns of a raster; ends are not part of it."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns as rasterio takes them."""
        return (self.top, self.bottom), (self.left, self.right)

    def moved(self, transform: Any) -> Any:
        """Return the transform of the window, given that of the raster."""
        x, y = point_of(transform, self.left, self.top)
        a, b, _c, d, e, _f = tuple(transform)[:6]
        return type(transform)(a, b, x, d, e, y)


def point_of(transform: Any, column: float, row: float) -> tuple[float, float]:
    """Return where a place on a raster lies, by its transform.

    Written out: of the two signs for it the library gives one up, and its older versions lack the
    other.

    Examples
    --------
    >>> from affine import Affine
    >>> point_of(Affine(10, 0, 500, 0, -10, 900), 2, 3)
    (520.0, 870.0)
    """
    t = transform
    return (
        float(t.a * column + t.b * row + t.c),
        float(t.d * column + t.e * row + t.f),
    )


@dataclass(frozen=True)
class Place:
    """Where a raster lies.

    Attributes
    ----------
    transform : Affine
        From (column, row) to coordinates.
    crs : rasterio CRS or None
    shape : (int, int)
        Rows and columns.
    """

    transform: Any
    crs: Any
    shape: tuple[int, int]


@boundary.reader(
    _("the raster cannot be read"),
    remedy=_("check the file, its band and path"),
)
def place_of(path: str | Path, *, layer: str = "raster") -> Place:
    """Return where a raster lies, without reading its cells.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    with open_raster(Path(path), layer=layer) as data:
        return Place(data.transform, data.crs, data.shape)


def window_of(bounds: Any, transform: Any, shape: tuple[int, ...]) -> Window | None:
    """Return the smallest window of a raster that holds a box; None where they do not meet.

    Parameters
    ----------
    bounds : array of four floats
        West, south, east, north in the CRS of the raster.
    transform : Affine
        It may turn the grid.
    shape : (int, int)

    Examples
    --------
    >>> from affine import Affine
    >>> window_of((15, 5, 25, 12), Affine(10, 0, 0, 0, -10, 30), (3, 3))
    Window(top=1, bottom=3, left=1, right=3)
    """
    if not np.isfinite(np.asarray(bounds, float)).all() or not transform.determinant:
        return None
    west, south, east, north = (float(v) for v in bounds)
    back = ~transform
    corners = [point_of(back, x, y) for x in (west, east) for y in (south, north)]
    columns, rows = zip(*corners, strict=True)
    found = Window(
        max(0, int(np.floor(min(rows)))),
        min(shape[0], int(np.ceil(max(rows)))),
        max(0, int(np.floor(min(columns)))),
        min(shape[1], int(np.ceil(max(columns)))),
    )
    return found if found.top < found.bottom and found.left < found.right else None


def moved_area(area: gpd.GeoDataFrame | gpd.GeoSeries, crs: Any) -> np.ndarray:
    """Return the polygons of an area in the CRS of a raster; those without a place are left out."""
    series = area.geometry
    if crs is not None and series.crs is not None and series.crs != crs:
        series = series.segmentize(_SEGMENT).to_crs(crs)
    shapes = np.asarray(series.to_numpy(), dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return np.asarray(shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)], dtype=object)


def cells_near(shapes: np.ndarray, margin: float, transform: Any, shape: tuple[int, int]) -> Bools:
    """Return a mask of the cells that polygons touch with a margin; a cell more is no harm.

    Parameters
    ----------
    shapes : array of geometry
    margin : float
        In the unit of the CRS.
    transform : Affine
    shape : (int, int)
        Rows and columns.

    Examples
    --------
    >>> from affine import Affine
    >>> place = Affine(10, 0, 0, 0, -10, 10)
    >>> cells_near(np.array([shapely.box(1, 1, 9, 9)]), 0.0, place, (1, 4)).tolist()
    [[True, True, False, False]]
    """
    from rasterio import features

    wide = shapes
    if margin > 0:
        # a margin of next to nothing leaves nothing of a shape: its own outline counts as well
        around = shapely.buffer(shapes, margin * _CHORD, quad_segs=_ARC)
        wide = np.concatenate([shapes, around[~shapely.is_empty(around)]])
    out = np.zeros(shape, np.uint8)
    if len(wide):
        features.rasterize(wide, out=out, transform=transform, all_touched=True)
    # a side that runs along the border of a cell touches the neighbour too
    return np.asarray(ndimage.maximum_filter(out, size=3)).view(bool)
