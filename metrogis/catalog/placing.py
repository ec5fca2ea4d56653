"""Whether a layer lies where the metropolis does: asked of every layer of every driver.

The guard is the ``bbox`` of the catalog, else the extent of the municipalities and a margin around
it. A layer with nothing inside is refused, whatever is wrong with it: another country, swapped
axes, a plan of another voivodeship. Features outside are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import CRSError, MetrogisError, SchemaError
from metrogis.i18n import Text, _
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit
from metrogis.teryt import match_codes

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

MARGIN = 20_000.0
"""Metres around the municipalities in which a layer may lie: stations and stops of neighbours."""


def guard_box(metro: Opened, name: str) -> np.ndarray | None:
    """Return the box in which layer ``name`` must have something, working CRS, metres.

    Returns
    -------
    ndarray (west, south, east, north) or None
        None for the municipalities themselves where the catalog has no ``bbox``, and where they
        cannot be read: their error is told, and no other layer is blamed.
    """
    if metro.box is not None:
        return metro.box
    if name == "municipalities" or metro.is_being_read("municipalities"):
        return None
    try:
        box = np.asarray(metro["municipalities"].total_bounds)
    except MetrogisError:
        return None
    if not np.isfinite(box).all():
        return None
    return np.asarray(box + MARGIN * np.array([-1, -1, 1, 1]))


def placed(metro: Opened, name: str, layer: Any) -> Audit:
    """Check the place of a layer; return the audit of what lies outside.

    Raises
    ------
    CRSError
        When nothing of it lies where the metropolis does.
    SchemaError
        When a table speaks of no municipality that is here.
    """
    if isinstance(layer, pd.DataFrame) and not isinstance(layer, gpd.GeoDataFrame):
        _of_these_municipalities(metro, name, layer)
        return Audit()
    boxes = _boxes(layer, metro.crs)
    guard = guard_box(metro, name)
    if guard is None or boxes is None or not len(boxes):
        return Audit()
    finite = np.isfinite(boxes).all(axis=1)
    inside = finite & _meet(boxes, guard)
    if not inside.any():
        raise _elsewhere(metro, name, boxes[finite], guard)
    outside = int((finite & ~inside).sum())
    return Audit().add(
        name,
        "noted",
        outside,
        _("lie outside the area of the metropolis"),
        np.flatnonzero(finite & ~inside)[:6],
    )


def _boxes(layer: Any, crs: pyproj.CRS) -> np.ndarray | None:
    """Return the box of each part of a layer in the working CRS; None for one without a place."""
    if isinstance(layer, gpd.GeoDataFrame):
        shapes = layer.geometry.array
        return np.asarray(shapes.bounds[~shapes.isna()])
    if isinstance(layer, Grid):
        if layer.transform is None:
            return None
        rows, columns = layer.shape
        x, y = layer.xy(np.array([0, rows]) - 0.5, np.array([0, columns]) - 0.5)
        return np.array([[x.min(), y.min(), x.max(), y.max()]])
    stops = getattr(layer, "stops", None)
    if stops is not None:
        lon, lat = stops["stop_lon"].to_numpy("float64"), stops["stop_lat"].to_numpy("float64")
        known = np.isfinite(lon) & np.isfinite(lat)
        move = pyproj.Transformer.from_crs(crs_rules.GEOGRAPHIC_CRS, crs, always_xy=True)
        x, y = move.transform(lon[known], lat[known])
        return np.column_stack([x, y, x, y])
    if hasattr(layer, "zones") and hasattr(layer, "acts"):
        parts = [p for p in (layer.acts, layer.zones) if isinstance(p, gpd.GeoDataFrame) and len(p)]
        shapes = [p.to_crs(crs).geometry.to_numpy() for p in parts]
        return np.asarray(shapely.bounds(np.concatenate(shapes))) if shapes else None
    extent = getattr(layer, "extent", None)
    if isinstance(extent, shapely.Geometry):
        return np.asarray(shapely.bounds(extent)).reshape(1, 4)
    return None


def _meet(boxes: np.ndarray, guard: np.ndarray) -> np.ndarray:
    west, south, east, north = boxes.T
    found: np.ndarray = (
        (west <= guard[2]) & (east >= guard[0]) & (south <= guard[3]) & (north >= guard[1])
    )
    return found


def _elsewhere(metro: Opened, name: str, boxes: np.ndarray, guard: np.ndarray) -> CRSError:
    whole = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    stated = metro.catalog.layers.get(name)
    shown = ", ".join(f"{v:.0f}" for v in whole)
    swapped = bool(_meet(boxes[:, [1, 0, 3, 2]], guard).any())
    return CRSError(
        (
            _("axes look swapped: extent ({extent}) lies outside the metropolis")
            if swapped
            else _("extent ({extent}) lies outside the metropolis")
        ).fill(extent=shown),
        layer=name,
        place=metro.info.crs,
        remedy=_unswap(stated) if swapped else _CHECK,
    )


_CHECK = _("check that these are data of this area, and the CRS of the file")
_SWAPS = {
    "vector": crs_rules.SWAP,
    "gtfs": _("swap the columns stop_lat and stop_lon in stops.txt"),
    "raster": _("georeference the raster anew (gdal_translate -a_ullr west north east south)"),
}
"""What undoes swapped axes, by driver: only vector layers have swap_axes."""


def _unswap(layer: Any) -> Text:
    """Return what undoes swapped axes of a layer of the catalog."""
    x, y = getattr(layer, "x", None), getattr(layer, "y", None)
    if x is not None and y is not None:
        return crs_rules.swap_columns(x, y)
    return _SWAPS.get(getattr(layer, "driver", ""), _CHECK)


def _of_these_municipalities(metro: Opened, name: str, table: pd.DataFrame) -> None:
    columns = [c for c in ("teryt", "origin", "destination") if c in table.columns]
    # these may name counties alone
    if not columns or name in ("coverage", "cycle_coverage", "members"):
        return
    if metro.is_being_read("municipalities"):  # this table places them
        return
    try:
        codes = metro["municipalities"]["teryt"]
    except MetrogisError:
        return
    for column in columns:
        if match_codes(codes, table[column].dropna().astype(str)).mapping:
            return
    shown = ", ".join(dict.fromkeys(table[columns[0]].dropna().astype(str).head(5)))
    raise SchemaError(
        _("no row speaks of a municipality of the metropolis (codes: {shown})").fill(shown=shown),
        layer=name,
        place=", ".join(columns),
        remedy=_("check that this is a table of this area and that TERYT codes have 7 digits"),
    )
