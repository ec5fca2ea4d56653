"""From a result's raster and an :class:`~metrogis.checks.contract.Overlay` to an image on a map.

The same classes, colours and hatching as for places. The image for the web is in Web Mercator,
because that is how a browser stretches it; nothing is measured there.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from affine import Affine
from matplotlib.colors import to_rgba

from metrogis.checks.contract import Column, Overlay, Result, View
from metrogis.crs import GEOGRAPHIC_CRS
from metrogis.errors import PublishError
from metrogis.i18n import Text, _
from metrogis.landscape.grid import Grid
from metrogis.maps import texts
from metrogis.maps.ground import UnknownLand, area
from metrogis.maps.layers import categorise, grade
from metrogis.maps.png import png
from metrogis.maps.symbols import Hatch, MapClass, Symbol, class_symbol

MAX_CELLS = 4_000_000
"""Above this many cells every second, third ... one is drawn, and the legend says so."""

WEB_SIZE = 1400
"""Longer side of the image for the web, pixels."""

NOT_DRAWN = 255
_MERCATOR = "EPSG:3857"


@dataclass(frozen=True)
class ImageLayer:
    """A raster of a result, classified.

    Attributes
    ----------
    overlay : Overlay
    codes : array of uint8, shape (rows, columns)
        Class of each cell; :data:`NOT_DRAWN` where there is none.
    transform : Affine
    crs : pyproj.CRS
    classes : tuple of MapClass
    view : View
        What a layer of places would be drawn by; the legend reads it.
    column : Column
    step : int
        Every ``step``-th row and column of the raster is here.
    """

    overlay: Overlay
    codes: np.ndarray
    transform: Affine
    crs: Any
    classes: tuple[MapClass, ...]
    view: View
    column: Column
    step: int = 1
    shape: str = "polygon"

    @property
    def land(self) -> UnknownLand | None:
        """A raster's own cells say where it is not known."""
        return None

    def symbol(self, item: MapClass) -> Symbol:
        """Return how a class is drawn."""
        return class_symbol(item, self.shape, width=1.0, fill_opacity=self.overlay.opacity)

    @property
    def notes(self) -> tuple[Text, ...]:
        """What a reader of the legend must know."""
        return (texts.EVERY_CELL.fill(n=self.step),) if self.step > 1 else ()

    def size_of(self, item: MapClass, language: str) -> str:
        """Write the area of a class."""
        return area(item.count * abs(self.transform.a * self.transform.e) / 1e6, language)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top in the working CRS."""
        rows, columns = self.codes.shape
        t = self.transform
        x, y = sorted([t.c, t.c + t.a * columns]), sorted([t.f, t.f + t.e * rows])
        return x[0], x[1], y[0], y[1]

    def colours(self, codes: np.ndarray | None = None) -> np.ndarray:
        """Return the colours of cells; classes that stand for "not known" are striped.

        Parameters
        ----------
        codes : array of uint8, shape (rows, columns), optional
            Classes of cells, by default those of the layer; an image in another projection gives
            its own. :data:`NOT_DRAWN` is transparent.

        Returns
        -------
        array of uint8, shape (rows, columns, 4)
            Red, green, blue, alpha (0-255).
        """
        codes = self.codes if codes is None else codes
        table = np.zeros((256, 4), np.uint8)
        hatches: dict[Hatch, np.ndarray] = {}
        for i, item in enumerate(self.classes):
            symbol = self.symbol(item)
            table[i] = np.round(np.array(to_rgba(symbol.fill, symbol.fill_opacity)) * 255)
            if symbol.hatch is not None:
                hatches.setdefault(symbol.hatch, np.zeros(256, bool))[i] = True
        # four bytes of a colour are looked up as one number
        numbers = np.take(table.view(np.uint32)[:, 0], codes)
        for hatch, classes in hatches.items():
            rows, columns = (np.arange(n) for n in codes.shape)
            across = (rows[:, None] + columns[None, :]) % round(hatch.spacing)
            # a pixel that a slanting line of this width crosses
            stripe = (across < round(hatch.width * math.sqrt(2))) & np.take(classes, codes)
            mark = np.round(np.array(to_rgba(hatch.colour, hatch.opacity)) * 255).astype(np.uint8)
            numbers[stripe] = mark.view(np.uint32)[0]
        return numbers.view(np.uint8).reshape(*codes.shape, 4)


@dataclass(frozen=True)
class WebImage:
    """An image for the web: PNG, and its corners (west, south, east, north) in degrees."""

    layer: ImageLayer
    png: bytes
    bounds: tuple[float, float, float, float]

    @property
    def data_uri(self) -> str:
        """The image as an address that needs no file."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def build(result: Result, *, view: str | None = None) -> tuple[ImageLayer, ...]:
    """Classify the rasters of a result (only the one named ``view``, when given).

    Raises
    ------
    PublishError
        When a raster has no place on the map.
    """
    return tuple(
        _layer(result, overlay, result.rasters[overlay.raster])
        for overlay in result.check.overlays
        if overlay.raster in result.rasters
        and view in (None, overlay.raster, overlay.title.pl, overlay.title.en)
    )


def _layer(result: Result, overlay: Overlay, grid: Grid) -> ImageLayer:
    name = f"{result.check.id}.{overlay.raster}"
    if grid.transform is None or grid.crs is None:
        raise PublishError(_("the raster has no place"), layer=name)
    step = max(1, math.ceil(math.sqrt(grid.values.size / MAX_CELLS)))
    values, valid = grid.values[::step, ::step], grid.valid[::step, ::step]
    t = grid.transform
    transform = t if step == 1 else Affine(t.a * step, t.b, t.c, t.d, t.e * step, t.f)
    column = Column(overlay.title, unit=overlay.unit, digits=overlay.digits)
    # cells that are not known matter inside the municipalities only
    drawn = valid | _inside(result, values.shape, transform)
    if overlay.categories and overlay.hidden:
        drawn &= ~(valid & np.isin(values, [float(v) for v in overlay.hidden]))
    elif not overlay.categories and overlay.breaks:
        drawn &= ~(valid & (values < min(overlay.breaks)))
    if overlay.categories:
        found, classes = _categorised(values[drawn], valid[drawn], overlay)
    else:
        numbers = pd.Series(np.where(valid, values, np.nan)[drawn].astype(float))
        found, classes = grade(numbers, overlay.breaks or (0.0,), overlay.palette, column)
    codes = np.full(values.shape, NOT_DRAWN, np.uint8)
    codes[drawn] = found
    if not overlay.categories and classes[0].lower is None and len(classes) > 2:
        codes[codes != NOT_DRAWN] -= 1  # nothing is below the first break
        classes = classes[1:]
    counts = np.bincount(codes.ravel(), minlength=256)
    kept = tuple(replace(c, count=int(counts[i])) for i, c in enumerate(classes))
    view = View(
        table=overlay.raster,
        title=overlay.title,
        column=overlay.raster,
        breaks=overlay.breaks,
        categories=overlay.categories,
        palette=overlay.palette,
        shown=overlay.shown,
        fill_opacity=overlay.opacity,
    )
    return ImageLayer(overlay, codes, transform, grid.crs, kept, view, column, step)


def _categorised(
    values: np.ndarray, known: np.ndarray, overlay: Overlay
) -> tuple[np.ndarray, list[MapClass]]:
    """Return the class of each cell, and the classes: each distinct value is looked up once."""
    distinct, where = np.unique(values[known], return_inverse=True)
    keys = [_key(v) for v in distinct.tolist()] + [None] * (not known.all())
    codes, classes = categorise(pd.Series(keys, dtype=object), overlay.categories)
    found = np.zeros(len(values), np.int64)
    found[known] = codes[where.ravel()] if len(distinct) else 0
    if not known.all():
        found[~known] = codes[-1]
    return found, classes


def _key(value: Any) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _inside(result: Result, shape: tuple[int, ...], transform: Affine) -> np.ndarray:
    from rasterio import features

    geometry = result.municipalities.geometry
    shapes = [g for g in geometry if g is not None and not g.is_empty]
    if not shapes:
        return np.zeros(shape, bool)
    return np.asarray(features.geometry_mask(shapes, shape, transform, invert=True))


def web_image(layer: ImageLayer) -> WebImage:
    """Return a raster as the image that a browser stretches over a web map.

    Parameters
    ----------
    layer : ImageLayer
        In its own CRS.

    Returns
    -------
    WebImage
        In Web Mercator, by nearest neighbour (classes have no mean), its longer side at most
        :data:`WEB_SIZE` pixels; corners in degrees (EPSG:4326), rounded to 6 decimals.
    """
    from rasterio import warp

    left, right, bottom, top = layer.extent
    box = warp.transform_bounds(layer.crs.to_wkt(), _MERCATOR, left, bottom, right, top)
    west, south, east, north = box
    rows, columns = layer.codes.shape
    # two pixels a cell: the edge of a cell that falls between pixels moves by half a cell at most
    longer = min(WEB_SIZE, max(700, 2 * max(rows, columns)))
    size = max(east - west, north - south) / longer
    width, height = max(1, round((east - west) / size)), max(1, round((north - south) / size))
    where = Affine((east - west) / width, 0, west, 0, -(north - south) / height, north)
    codes = np.full((height, width), NOT_DRAWN, np.uint8)
    warp.reproject(
        layer.codes,
        codes,
        src_transform=layer.transform,
        src_crs=layer.crs.to_wkt(),
        dst_transform=where,
        dst_crs=_MERCATOR,
        init_dest_nodata=False,
        resampling=warp.Resampling.nearest,
    )
    degrees = warp.transform_bounds(_MERCATOR, GEOGRAPHIC_CRS, west, south, east, north)
    return WebImage(layer, png(layer.colours(codes)), tuple(round(float(d), 6) for d in degrees))  # type: ignore[arg-type]
