"""From a result's table and a :class:`~metrogis.checks.contract.View` to classes on a map.

Classes are the same in the interactive map, the static picture, the legend and the QGIS style.
Nothing disappears: a value outside the breaks, an unlisted code and a missing value each get a
class of their own, and rows without a location are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_hex

from metrogis.checks.contract import Category, Column, Result, View
from metrogis.checks.contract import Ground as Declared
from metrogis.errors import ParameterError, PublishError
from metrogis.i18n import LANGUAGES, NO_DATA, Text, _, number, percent
from metrogis.maps import texts
from metrogis.maps.geometry import drawn, joined, placed, simplify
from metrogis.maps.ground import Ground, UnknownLand, ground_of, label_points, unknown_land
from metrogis.maps.symbols import MapClass, Symbol, class_symbol, is_unknown
from metrogis.maps.values import column_of, flag

__all__ = [
    "Ground",
    "MapClass",
    "MapLayer",
    "WebLayer",
    "build",
    "categorise",
    "drawn",
    "grade",
    "ground_of",
    "is_unknown",
    "label_points",
    "simplify",
    "web_layer",
]

MAX_FEATURES = 5000
"""Above this many features a layer is drawn joined by class."""

COORDINATES = 60_000
"""Coordinates of one layer on the web map, about 1 MB; geometry is simplified until it fits."""

SHAPES = ("point", "line", "polygon")
"""By the dimension of a geometry."""

NO_DATA_COLOUR = "#d9d9d9"
OUTSIDE_COLOUR = "#8c510a"
OTHER_COLOUR = "#999999"


@dataclass(frozen=True)
class MapLayer:
    """A view of a result, classified.

    Attributes
    ----------
    view : View
    frame : GeoDataFrame
        The rows that have a location, in the working CRS.
    codes : array of int, shape (rows,)
        Class of each row: an index into ``classes``.
    classes : tuple of MapClass
    shape : str
        ``polygon``, ``line`` or ``point``: what most rows are.
    unplaced : int
        Rows of the table without geometry.
    land : UnknownLand or None
        Land of which the view does not know, hatched beneath it.
    """

    view: View
    frame: gpd.GeoDataFrame
    codes: np.ndarray
    classes: tuple[MapClass, ...]
    column: Column | None
    shape: str
    unplaced: int = 0
    land: UnknownLand | None = None

    def symbol(self, item: MapClass, shape: str | None = None) -> Symbol:
        """Return how a class is drawn, where a row has another ``shape`` than most: as that."""
        return class_symbol(
            item,
            shape or self.shape,
            width=self.line_width,
            fill_opacity=self.view.fill_opacity,
            radius=self.view.radius,
        )

    @property
    def line_width(self) -> float:
        """Width of lines and outlines: thin where thousands of cells would hide in them."""
        if self.shape == "polygon" and len(self.frame) > 800:
            return min(self.view.weight, 0.4)
        return self.view.weight

    @property
    def further_shapes(self) -> tuple[str, ...]:
        """Shapes of rows other than the shape of most: they need symbols of their own.

        A table may hold points among lines (a stop without a platform); what is drawn by the symbol
        of :attr:`shape` would leave them invisible.
        """
        found = np.unique(shapely.get_dimensions(self.frame.geometry.to_numpy()).clip(0))
        return tuple(SHAPES[d] for d in found.tolist() if SHAPES[d] != self.shape)

    @property
    def joined(self) -> bool:
        """Whether the web map draws one geometry per class."""
        return len(self.frame) > MAX_FEATURES

    def size_of(self, item: MapClass, language: str) -> str:
        """Write how many features a class has."""
        return number(item.count, language)

    @property
    def notes(self) -> tuple[Text, ...]:
        """What a reader of the legend must know."""
        found = []
        if self.frame.empty:
            found.append(texts.EMPTY_LAYER)
        if self.joined:
            found.append(texts.AGGREGATED.fill(n=len(self.frame)))
        if self.unplaced:
            found.append(texts.NOT_PLACED.fill(n=self.unplaced))
        return tuple(found)


def build(result: Result, *, view: str | None = None) -> tuple[MapLayer, ...]:
    """Classify the views of a result.

    Parameters
    ----------
    result : Result
    view : str, optional
        Only views of this table, column or title; all by default.

    Raises
    ------
    ParameterError
        When no view has that name.
    PublishError
        When a view names a column its table does not have.
    """
    chosen = [v for v in result.check.views if v.table in result.tables]
    if view is not None:
        named = [v for v in chosen if view in (v.table, v.column, v.title.pl, v.title.en)]
        if not named:
            known = ", ".join(dict.fromkeys(v.table for v in chosen))
            raise ParameterError(
                _("there is no view '{view}'").fill(view=view),
                layer=result.check.id,
                remedy=_("there are: {known}").fill(known=known),
            )
        chosen = named
    lands: dict[Declared | None, UnknownLand | None] = {}  # views of one ground share its shapes
    for v in chosen:
        if v.ground not in lands:
            lands[v.ground] = unknown_land(result, v.ground)
    return tuple(_layer(result, v, lands[v.ground]) for v in chosen)


def _layer(result: Result, view: View, land: UnknownLand | None) -> MapLayer:
    table = result.tables[view.table]
    if view.column is not None and view.column not in table.columns:
        raise PublishError(
            _("a view needs column '{column}'").fill(column=view.column),
            layer=f"{result.check.id}.{view.table}",
        )
    there = placed(table.geometry)
    frame = table[there]
    column = column_of(result.check, view.table, view.column) if view.column else None
    if view.column is None or column is None:
        codes = np.zeros(len(frame), dtype=np.int64)
        classes = [MapClass(view.title, view.colour)]
    elif view.categories:
        codes, classes = categorise(frame[view.column], view.categories)
    elif view.breaks:
        codes, classes = grade(frame[view.column], view.breaks, view.palette, column)
    else:
        codes, classes = _one_colour(frame[view.column], view)
    counts = np.bincount(codes, minlength=len(classes))
    counted = tuple(replace(c, count=int(n)) for c, n in zip(classes, counts, strict=True))
    unplaced = int(len(table) - there.sum())
    return MapLayer(view, frame, codes, counted, column, _shape(frame), unplaced, land)


def _shape(frame: gpd.GeoDataFrame) -> str:
    if frame.empty:
        return "polygon"
    kinds = np.bincount(shapely.get_dimensions(frame.geometry.to_numpy()).clip(0), minlength=3)
    return SHAPES[int(np.argmax(kinds[:3]))]


def _one_colour(values: pd.Series, view: View) -> tuple[np.ndarray, list[MapClass]]:
    classes = [
        MapClass(view.title, view.colour),
        MapClass(NO_DATA, NO_DATA_COLOUR, hatch=True, missing=True),
    ]
    return values.isna().to_numpy().astype(np.int64), classes


def categorise(
    values: pd.Series, categories: Sequence[Category]
) -> tuple[np.ndarray, list[MapClass]]:
    """Give each code its class; unlisted codes are "other", missing ones "no data".

    A flag column may be listed as ``"true"`` / ``"false"`` / ``"unknown"``.

    Returns
    -------
    codes : array of int
    classes : list of MapClass
        The listed categories in order, then "other" and "no data" where they occur.
    """
    keys = [c.value for c in categories]
    place = {key: i for i, key in enumerate(keys)}
    missing = values.isna().to_numpy()
    flags = {"true", "false"} & {key.lower() for key in keys}
    read = [_key(v, bool(flags), place) for v in values.tolist()]
    codes = np.array([place.get(key, -1) for key in read], dtype=np.int64)
    classes = [MapClass(c.label, c.colour, c.hatch, value=c.value) for c in categories]
    # "unknown" may be a listed category of flags: then a missing value has a class already
    absent = missing & (codes < 0)
    if ((codes < 0) & ~missing).any():
        codes[(codes < 0) & ~missing] = len(classes)
        classes.append(MapClass(texts.OTHER, OTHER_COLOUR))
    if absent.any():
        codes[absent] = len(classes)
        classes.append(MapClass(NO_DATA, NO_DATA_COLOUR, hatch=True, missing=True))
    return codes, classes


def _key(value: Any, flags: bool, place: dict[str, int]) -> str:
    key = str(value)
    if key in place or not flags:
        return key
    state = flag(value)
    word = "unknown" if state is None else str(state)
    return next((k for k in place if k.lower() == word.lower()), key)


def grade(
    values: pd.Series, breaks: Sequence[float], palette: str, column: Column
) -> tuple[np.ndarray, list[MapClass]]:
    """Give each number its class between fixed breaks, half-open ``[b_i, b_{i+1})``.

    Classes and colours depend on the breaks alone, never on the values, so that years compare:
    an open class above the last break (a share that ends at 1 closes there instead), one below the
    first unless that is 0, and "no data", which is always listed.

    Examples
    --------
    >>> codes, classes = grade(pd.Series([0, 10, 99, None]), (0, 10, 50), "viridis",
    ...                        Column(Text("a", "a")))
    >>> codes.tolist(), [c.label.en for c in classes]
    ([0, 1, 2, 3], ['0 to <10', '10 to <50', '50 and more', 'no data'])
    """
    edges = np.array(sorted({float(b) for b in breaks}))
    edges = edges[np.isfinite(edges)]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    share = column.kind == "share"
    closed = share and edges[-1] == 1.0 and len(edges) > 1
    under = edges[0] != 0
    steps: list[tuple[float | None, float | None]] = list(
        zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    )
    if under:
        steps.insert(0, (None, float(edges[0])))
    if not closed:
        steps.append((float(edges[-1]), None))
    colours = _sample(palette, len(steps))

    known = ~np.isnan(numbers)
    # digitize gives 0 below the first edge: that class exists only where the first break is not 0
    codes = np.digitize(numbers, edges) - (0 if under else 1)
    if closed:
        codes[known & (numbers == edges[-1])] = len(steps) - 1
    write = _writer(edges, share)
    classes = []
    for i, (low, high) in enumerate(steps):
        last = closed and i == len(steps) - 1
        label = _range_label(low, high, last, write)
        classes.append(MapClass(label, colours[i], lower=low, upper=high, closed=last))
    # Outside the policy's range (a negative share): drawn apart rather than in a wrong class.
    outside = known & ((codes < 0) | (codes >= len(steps)))
    if outside.any():
        codes[outside] = len(classes)
        classes.append(MapClass(texts.OTHER, OUTSIDE_COLOUR))
    codes[~known] = len(classes)
    classes.append(MapClass(NO_DATA, NO_DATA_COLOUR, hatch=True, missing=True))
    return codes.astype(np.int64), classes


SEQUENTIAL = frozenset({"viridis", "cividis", "plasma"})
"""Palettes of one direction: drawn from light to dark, so that more is darker on light ground."""

CIVIDIS_CLASSES = 5
"""With more classes neighbours of cividis differ by less than 12 (CIEDE2000); viridis has 8."""


def _sample(palette: str, n: int) -> list[str]:
    """Return ``n`` colours of a palette, the lightest first where it has one direction."""
    if palette == "cividis" and n > CIVIDIS_CLASSES:
        palette = "viridis"
    try:
        colours = matplotlib.colormaps[f"{palette}_r" if palette in SEQUENTIAL else palette]
    except KeyError:
        raise ParameterError(_("unknown palette '{palette}'").fill(palette=palette)) from None
    at = [0.5] if n == 1 else np.linspace(0.0, 1.0, n)
    return [to_hex(colours(float(x))) for x in at]


def _writer(edges: np.ndarray, share: bool) -> Any:
    scaled = edges * 100 if share else edges
    digits = next((d for d in range(5) if np.allclose(scaled, np.round(scaled, d), atol=1e-9)), 4)
    write = percent if share else number
    return lambda value: Text.of({x: write(value, x, digits) for x in LANGUAGES})


def _range_label(low: float | None, high: float | None, closed: bool, write: Any) -> Text:
    def fill(template: Text) -> Text:
        a, b = (low, high) if low is not None else (high, None)
        return template.bind(a=write(a), b=write(b))

    if low is None:
        return fill(texts.BELOW)
    if high is None:
        return fill(texts.ABOVE)
    return fill(texts.BETWEEN_CLOSED if closed else texts.BETWEEN)


# --------------------------------------------------------------------------- geometry for the web


@dataclass(frozen=True)
class WebLayer:
    """A layer's geometry, simplified, in drawing order.

    Attributes
    ----------
    layer : MapLayer
    shapes : list of str
        GeoJSON texts, EPSG:4326, 5 decimals.
    rows, codes : arrays of int
        ``rows[i]`` is the row of ``layer.frame`` that ``shapes[i]`` shows, or -1 where a whole
        class is joined in one geometry; ``codes[i]`` is its class.
    metric : array of geometry
        The same in the working CRS, for pictures.
    bounds : tuple or None
        West, south, east, north, in degrees.
    """

    layer: MapLayer
    shapes: list[str]
    rows: np.ndarray
    codes: np.ndarray
    metric: np.ndarray
    bounds: tuple[float, float, float, float] | None


def web_layer(layer: MapLayer) -> WebLayer:
    """Return what the web map draws of a layer.

    Parameters
    ----------
    layer : MapLayer
        Rows with a place, in the working CRS (metres), with their classes.

    Returns
    -------
    WebLayer
        Simplified in the working CRS and written in EPSG:4326. Where a layer has more than
        :data:`MAX_FEATURES` rows, it holds one geometry a class, and ``rows`` is -1: no row's
        values can be shown.
    """
    geometry = shapely.force_2d(layer.frame.geometry.to_numpy())
    codes, rows = layer.codes, np.arange(len(geometry))
    # after this, position i of all arrays is one drawn shape: a row, or a class of joined rows
    if layer.joined:
        used = np.unique(codes)
        geometry = np.array([joined(geometry[codes == c]) for c in used], dtype=object)
        codes, rows = used, np.full(len(used), -1)
    # Large things first: a small polygon inside a big one stays reachable by the pointer.
    order = np.argsort(-shapely.area(geometry), kind="stable")
    geometry, codes, rows = geometry[order], codes[order], rows[order]
    metric, shapes, bounds = drawn(geometry, layer.frame.crs, COORDINATES)
    return WebLayer(layer, shapes, rows, codes, metric, bounds)
