"""Changes of land: planning zones, and land cover restored in a corridor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import geometry_mask

from metrogis.i18n import _
from metrogis.planning.zones import ZONE_TYPES
from metrogis.scenario.base import Base, is_in
from metrogis.scenario.change import Change
from metrogis.scenario.tables import near

_SAME = 1e-3
"""Metres between two outlines that are the same: finer than any plan is drawn."""


def plans(layer: Any, changes: Sequence[Change], base: Base) -> Any:
    """Return planning acts with other zones; a zone drawn anew takes its land from the others.

    Raises
    ------
    ScenarioError
        For a zone or a symbol that there is none of.
    """
    zones, own = layer.zones, np.array(layer.own["zones"], dtype=object)
    names = zones["local_id"].astype(str) if "local_id" in zones else None
    made = zones.copy()
    made.attrs = dict(zones.attrs)
    for change in changes:
        made, own = _set_zone(made, own, change, base, "plans", names)
    if _equal(made, zones):
        return layer
    return replace(layer, zones=made, own={**layer.own, "zones": own})


def planning_zones(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> Any:
    """Return a layer of zones with other ones; see :func:`plans`."""
    made = layer.copy()
    made.attrs = dict(layer.attrs)
    column = next((c for c in ("local_id", "id", "label", "name") if c in layer.columns), None)
    names = None if column is None else layer[column].astype(str)
    for change in changes:
        made, _own = _set_zone(made, None, change, base, "planning_zones", names)
    return layer if _equal(made, layer) else made


def _equal(made: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> bool:
    return bool(pd.DataFrame(made).equals(pd.DataFrame(zones)))


def _require_values(zones: gpd.GeoDataFrame, change: Change, layer: str) -> None:
    """Raise for a symbol that no zone has, and for a column that the layer has not."""
    symbol = change.get("symbol")
    if symbol is not None and symbol not in ZONE_TYPES:
        raise change.wrong(
            _("there is no zone of the symbol {symbol}").fill(symbol=symbol),
            key="values.symbol",
            remedy=near(symbol, ZONE_TYPES),
        )
    for column in change.values:
        if column != "symbol" and (column not in zones.columns or column == "geometry"):
            raise change.wrong(
                _("the layer {name} has no column {column}").fill(name=layer, column=column),
                remedy=near(column, zones.columns),
            )


def _set_zone(
    zones: gpd.GeoDataFrame, own: Any, change: Change, base: Base, layer: str, names: Any
) -> tuple[gpd.GeoDataFrame, Any]:
    _require_values(zones, change, layer)
    symbol, shape = change.get("symbol"), change.shape_in(base.crs)
    if shape is not None:
        is_in(base, change, shape)
    rows = _rows(zones, change, names) if change.target else None
    if rows is None and (shape is None or symbol is None):
        raise change.wrong(
            _("a zone needs a target, or an outline and a symbol"),
            remedy=_("give the id of the zone as target, or wkt and values.symbol"),
        )
    if rows is None:
        return _drawn(zones, own, change, shape, base, layer)
    made = zones.copy()
    made.attrs = dict(zones.attrs)
    same = all(_is_same(zones, rows, k, v) for k, v in change.values.items())
    for name, value in change.values.items():
        made.loc[made.index[rows], name] = value
    if symbol is not None and not _is_same(zones, rows, "symbol", symbol):
        _follow(made, rows, symbol, change)
    if shape is not None:
        # drawn with other vertices only, a zone is the same: its numbers stay to the last bit
        if len(rows) == 1 and _same_shape(shape, zones.geometry.iloc[rows[0]]):
            shape = None
        else:
            made, own = _outlined(made, own, rows, shape, change, base)
            same = False
    if same:
        base.note_nothing(layer, change, _("the zone is as it was"))
        return zones, own
    base.note(layer, change, change.target)
    return made, own


def _rows(zones: gpd.GeoDataFrame, change: Change, names: Any) -> np.ndarray:
    """Return the rows of a zone; municipalities number their zones alike, so it must be one."""
    keys: list[pd.Series] = []
    local = zones.get("local_id")
    if local is not None and "namespace" in zones.columns:
        keys.append(zones["namespace"].astype(str) + "/" + local.astype(str))
    labels = [names] if names is not None else []
    for values in [*keys, *labels, *(zones[c] for c in ("gml_id", "label") if c in zones.columns)]:
        rows = np.flatnonzero(values.astype(str).to_numpy()[: len(zones)] == change.target)
        if not len(rows):
            continue
        of = keys[0].iloc[rows] if keys else zones.index[rows].to_series()
        if of.nunique() > 1:
            raise change.wrong(
                _("several zones bear this name"),
                remedy=_("give one of: {words}").fill(words=", ".join(map(str, of.unique()[:6]))),
            )
        return rows
    known = labels[0] if labels else []
    raise change.wrong(_("there is no such zone"), remedy=near(change.target, list(known)))


def _is_same(zones: gpd.GeoDataFrame, rows: np.ndarray, column: str, value: Any) -> bool:
    return bool((zones[column].iloc[rows] == value).all())


def _follow(made: gpd.GeoDataFrame, rows: np.ndarray, symbol: str, change: Change) -> None:
    """Bring what hangs on the symbol into line, where the change does not say it."""
    kind = ZONE_TYPES[symbol]
    profile = {
        "profile_basic": ";".join(kind.profile),
        "profile_additional": ";".join(kind.additional),
        "name": kind.name.get("pl"),
    }
    for column, value in profile.items():
        if column in made.columns and column not in change.values:
            made.loc[made.index[rows], column] = value
    if "min_bio_share" in made.columns and "min_bio_share" not in change.values:
        share = made["min_bio_share"].to_numpy(float).copy()
        share[rows] = np.nan if kind.min_bio_share is None else kind.min_bio_share
        made["min_bio_share"] = share


def _same_shape(one: Any, two: Any) -> bool:
    """Return whether two outlines differ by less than a millimetre along their edge."""
    return bool(one.symmetric_difference(two).area <= _SAME * max(one.length, two.length))


def _outlined(
    zones: gpd.GeoDataFrame, own: Any, rows: np.ndarray, shape: Any, change: Change, base: Base
) -> tuple[gpd.GeoDataFrame, Any]:
    """Give a zone another outline: land that it gains is taken from the others."""
    if len(rows) > 1:
        raise change.wrong(_("several zones bear this name: an outline is of one"))
    made, own = _taken(zones, own, shape, base, but=rows)
    shapes = np.asarray(made.geometry.to_numpy(), dtype=object).copy()
    shapes[rows] = shape
    own = _own_shape(own, rows, shape, made, base)
    return made.set_geometry(gpd.GeoSeries(shapes, index=made.index, crs=made.crs)), own


def _drawn(
    zones: gpd.GeoDataFrame, own: Any, change: Change, shape: Any, base: Base, layer: str
) -> tuple[gpd.GeoDataFrame, Any]:
    """Put a new zone over the others; it is like the one that has most of its land."""
    cells = np.sort(shapely.STRtree(zones.geometry.to_numpy()).query(shape, "intersects"))
    if not len(cells):
        raise change.wrong(
            _("no zone is known there: what the plan would be instead of is unknown")
        )
    common = shapely.area(shapely.intersection(zones.geometry.to_numpy()[cells], shape))
    like = int(cells[np.argmax(common)])
    symbol = change.get("symbol")
    under = cells[common > 1e-6]
    covered = shape.difference(shapely.union_all(zones.geometry.to_numpy()[under])).area < 1e-6
    if covered and all(_is_same(zones, under, k, v) for k, v in change.values.items()):
        base.note_nothing(layer, change, _("the zone is as it was"))
        return zones, own
    made, own = _taken(zones, own, shape, base, but=np.zeros(0, np.int64))
    row = made.iloc[[like]].copy()
    row.index = pd.Index([int(zones.index.max()) + 1])
    for name in ("local_id", "gml_id", "id", "label"):
        if name in row.columns:
            row[name] = f"{change.id}" if name != "label" else row[name]
    for name, value in change.values.items():
        row[name] = value
    row = row.set_geometry(gpd.GeoSeries([shape], index=row.index, crs=made.crs))
    _follow(row, np.array([0]), symbol, change)
    stacked = gpd.GeoDataFrame(pd.concat([made, row]), geometry="geometry", crs=made.crs)
    stacked.attrs = dict(zones.attrs)
    if own is not None:
        own = np.append(own, np.array([None], dtype=object))
        own = _own_shape(own, np.array([len(own) - 1]), shape, stacked, base)
    base.note(layer, change)
    return stacked, own


def _taken(
    zones: gpd.GeoDataFrame, own: Any, shape: Any, base: Base, *, but: np.ndarray
) -> tuple[gpd.GeoDataFrame, Any]:
    """Take the land of a shape from all zones but some; a zone without land left is gone."""
    shapes = np.asarray(zones.geometry.to_numpy(), dtype=object).copy()
    rows = np.sort(shapely.STRtree(shapes).query(shape, "intersects"))
    rows = rows[~np.isin(rows, but)]
    rows = rows[shapely.area(shapely.intersection(shapes[rows], shape)) > 0]
    left = shapely.difference(shapes[rows], shape)
    shapes[rows] = left
    made = zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=zones.crs))
    made.attrs = dict(zones.attrs)
    for row in rows:
        own = _own_shape(own, np.array([row]), shapes[row], made, base)
    return made, own


def _own_shape(own: Any, rows: np.ndarray, shape: Any, zones: gpd.GeoDataFrame, base: Base) -> Any:
    """Write a shape in the CRS of its act, beside that in the working CRS."""
    if own is None:
        return None
    made = own.copy()
    for row in rows:
        crs = zones["crs"].iloc[row]
        moved = gpd.GeoSeries([shape], crs=base.crs).to_crs(crs) if crs else [shape]
        made[row] = moved[0]
    return made


# ---------------------------------------------------------------------------- land cover


def land_cover(layer: Any, changes: Sequence[Change], base: Base) -> Any:
    """Return land cover with cells restored; a cell counts when its centre lies in the area.

    Raises
    ------
    ScenarioError
        For a class that the raster does not have, or an area without a cell.
    """
    values = layer.values.copy()
    valid = layer.valid.copy()
    known = np.unique(layer.values[layer.valid])
    changed = False
    # areas that overlap: the later one of the list holds
    for change in changes:
        code = change.get("class")
        if code not in known:
            raise change.wrong(
                _("the raster has no class {code}").fill(code=f"{code:g}"), key="values.class",
                remedy=near(f"{code:g}", [f"{k:g}" for k in known]),
            )  # fmt: skip
        area = is_in(base, change, change.shape_in(base.crs))
        inside = geometry_mask(
            [area], out_shape=layer.shape, transform=layer.transform, invert=True
        )
        if not inside.any():
            raise change.wrong(
                _("no cell has its centre in the area"),
                remedy=_("draw an area of at least a cell of the raster"),
            )
        if (values[inside] == code).all() and valid[inside].all():
            base.note_nothing("land_cover", change, _("the land is of this class"))
            continue
        values[inside], valid[inside], changed = code, True, True
        base.note("land_cover", change, f"{int(inside.sum())} x {layer.cell_area:g} m2")
    return replace(layer, values=values, valid=valid) if changed else layer
