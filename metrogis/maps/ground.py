"""What lies under all views: the municipalities, and land of which a view does not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.checks.contract import Ground as Declared
from metrogis.checks.contract import Result
from metrogis.crs import GEOGRAPHIC_CRS
from metrogis.maps import symbols, texts
from metrogis.maps.geometry import drawn, joined, placed
from metrogis.maps.symbols import Symbol
from metrogis.municipality import full_names
from metrogis.texts import Text, number

BUDGET = 8_000
"""Coordinates of the ground, and of land that is not known, on the web map."""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Ground:
    """The municipalities under all layers: where the area ends, and what its parts are called.

    Attributes
    ----------
    metric, shapes, bounds
        As in :class:`WebLayer`.
    labels : list of (x, y, name)
        Working CRS, see :func:`label_points`.
    places : list of (latitude, longitude, name)
    codes, names : list
        TERYT and name of each shape.
    """

    metric: np.ndarray
    shapes: list[str]
    bounds: Bounds | None
    labels: list[tuple[float, float, Text]] = field(default_factory=list)
    places: list[tuple[float, float, Text]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    names: list[Text] = field(default_factory=list)


def ground_of(result: Result) -> Ground:
    """Return the municipalities of a result as the ground under all its views.

    Outlines are simplified to :data:`BUDGET` coordinates; municipalities without geometry are not
    in it, so positions in the ground are not positions in ``result.municipalities``.
    """
    table = result.municipalities
    there = placed(table.geometry)
    geometry = table.geometry[there]
    metric, shapes, bounds = drawn(shapely.force_2d(geometry.to_numpy()), geometry.crs, BUDGET)
    labels = label_points(result)
    codes = [str(code) for code in table["teryt"]]
    names = full_names(codes, [str(name) for name in table.get("name", codes)])
    kept = np.flatnonzero(there).tolist()
    return Ground(
        metric,
        shapes,
        bounds,
        labels,
        _located(labels, geometry.crs),
        [codes[i] for i in kept],
        [names[i] for i in kept],
    )


def label_points(result: Result, *, limit: int = 200) -> list[tuple[float, float, Text]]:
    """Return names of municipalities with a point inside each: x, y (working CRS), name.

    The most populous first (the largest, where people are not known): labels that would overlap
    are left out in this order.
    """
    table = result.municipalities
    if "name" not in table.columns:
        return []
    codes = [str(code) for code in table["teryt"]]
    named = np.empty(len(table), dtype=object)
    named[:] = full_names(codes, [str(name) for name in table["name"]])
    there = placed(table.geometry)
    table, named = table[there], named[there]
    if table.empty:
        return []
    weight = table.geometry.area
    if "population" in table.columns:
        people = pd.to_numeric(table["population"], errors="coerce")
        weight = people.fillna(-1.0) + weight.rank() / (len(table) + 1)
    order = weight.argsort().to_numpy()[::-1][:limit]
    chosen = table.iloc[order]
    points = shapely.point_on_surface(chosen.geometry.to_numpy())
    return [
        (float(x), float(y), name)
        for (x, y), name in zip(shapely.get_coordinates(points), named[order], strict=True)
    ]


def _located(labels: list[tuple[float, float, Text]], crs: Any) -> list[tuple[float, float, Text]]:
    """As ``labels``, but latitude and longitude."""
    if not labels:
        return []
    xs, ys, names = zip(*labels, strict=True)
    points = gpd.GeoSeries.from_xy(xs, ys, crs=crs).to_crs(GEOGRAPHIC_CRS)
    x, y = points.x.round(5).tolist(), points.y.round(5).tolist()
    return list(zip(y, x, names, strict=True))


# --------------------------------------------------------------------------- land that is not known


LAND: tuple[tuple[str, Text, Symbol], ...] = (
    ("none", texts.LAND_UNKNOWN, symbols.NOTHING_KNOWN),
    ("part", texts.LAND_PARTLY, symbols.PARTLY_KNOWN),
)
"""How much of land is known (the word of state in files), what it is called, how it is drawn."""


@dataclass(frozen=True)
class LandPart:
    """Land that is known alike.

    Attributes
    ----------
    label : Text
    symbol : Symbol
    metric : array of geometry
        Working CRS, simplified.
    shapes : list of str
        GeoJSON texts, EPSG:4326; empty where ``places`` says it.
    places : list of int
        Which shapes of :class:`Ground` it is.
    km2 : float
    """

    label: Text
    symbol: Symbol
    metric: np.ndarray
    shapes: list[str]
    places: list[int]
    km2: float

    def size(self, language: str) -> str:
        """Write the area."""
        return area(self.km2, language)


@dataclass(frozen=True, eq=False)
class UnknownLand:
    """Land of which a view knows nothing, or not all.

    Attributes
    ----------
    declared : Ground of the contract
    frame : GeoDataFrame
        Rows of its table that have a place.
    shares : array of float
        Known share (0-1) of each.
    """

    declared: Declared
    frame: gpd.GeoDataFrame
    shares: np.ndarray

    @cached_property
    def parts(self) -> tuple[LandPart, ...]:
        """Parts of the land by how much of it is known, in the order of :data:`LAND`.

        A part is land of which nothing is known (share 0) or something (0 < share < 1); one that
        holds no row is left out. Where the land is that of the municipalities themselves, a part
        refers to the shapes of the ground by position instead of repeating them on the page.
        """
        shared = self.declared.table == "municipalities"  # then its shapes are those of the ground
        geometry = shapely.force_2d(self.frame.geometry.to_numpy())
        crs = self.frame.crs
        made = []
        for (_, label, symbol), chosen in zip(
            LAND, (self.shares == 0, (self.shares > 0) & (self.shares < 1)), strict=True
        ):
            if not chosen.any():
                continue
            km2 = float(shapely.area(geometry[chosen]).sum()) / 1e6
            if shared:
                metric = drawn(geometry, crs, BUDGET)[0][chosen]
                places = np.flatnonzero(chosen).tolist()
                made.append(LandPart(label, symbol, metric, [], places, km2))
            else:
                whole = np.array([joined(geometry[chosen])], dtype=object)
                metric, shapes, _ = drawn(whole, crs, BUDGET)
                made.append(LandPart(label, symbol, metric, shapes, [], km2))
        return tuple(made)


def unknown_land(result: Result, declared: Declared | None) -> UnknownLand | None:
    """Return the land a view does not know; None where it knows all, or does not say.

    Polygons count; lines and points of the table have no land.
    """
    shares = declared.shares(result.tables, result.check.columns) if declared else None
    if declared is None or shares is None:
        return None
    table = result.tables[declared.table]
    areal = placed(table.geometry)
    areal &= shapely.get_dimensions(table.geometry.to_numpy()) == 2
    shares = shares[areal]
    if not len(shares) or (shares >= 1).all():
        return None
    return UnknownLand(declared, table[areal], shares)


def area(km2: float, language: str) -> str:
    """Write an area with as many digits as its size deserves.

    >>> area(3.14, "en")
    '3.1 km²'
    """
    digits = 0 if km2 >= 100 else 1 if km2 >= 1 else 2
    return f"{number(km2, language, digits)} km²"
