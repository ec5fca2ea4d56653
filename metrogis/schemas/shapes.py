"""Geometry of a layer brought to its kind: empty, torn, invalid and other ones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.boxes import boxes_of
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.schemas.kinds import GEOMETRIES, Schema

TORN = _("geometry with a vertex that has no position (NaN, infinity)")


def torn_ones(values: np.ndarray) -> np.ndarray:
    """Tell which geometries have a vertex that is no place, beside others or alone."""
    xy, owner = shapely.get_coordinates(values, return_index=True)
    found = np.zeros(len(values), bool)
    found[owner[~np.isfinite(xy).all(axis=1)]] = True
    return found


def conform_geometry(
    frame: pd.DataFrame, rules: Schema, layer: str, audit: Audit
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Return the rows whose geometry is, or can be made, what the schema wants.

    Parameters
    ----------
    frame : GeoDataFrame
    rules : Schema
    layer : str
    audit : Audit

    Returns
    -------
    GeoDataFrame
        2D and valid. Rows without geometry are dropped, unless the schema keeps rows.
    Audit
        What was dropped and repaired.

    Raises
    ------
    SchemaError
        When there is no geometry at all, or one of another kind.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SchemaError(
            _("the layer has no geometry"),
            layer=layer,
            remedy=_("give a GeoDataFrame"),
        )
    boxes = boxes_of(frame)
    if boxes is not None and "Polygon" in GEOMETRIES[rules.geometry]:
        area = boxes.area
        if len(area) and (np.isfinite(area) & (area > 0)).all():
            return frame, audit  # rectangles are polygons, and valid
    given = values = np.asarray(frame.geometry.to_numpy(), dtype=object)
    empty = shapely.is_missing(values) | shapely.is_empty(values)
    if shapely.has_z(values).any():
        values = np.asarray(shapely.force_2d(values), dtype=object)
    torn = torn_ones(values)
    if torn.any():  # what lies between its neighbours is not known: never bridged
        audit = audit.add(layer, "dropped", int(torn.sum()), TORN, frame.index[torn])
        values, empty = values.copy(), empty | torn
        values[torn] = None
    values, empty, audit = _repaired(values, empty, rules, layer, audit)
    if empty.all():
        raise SchemaError(_("every geometry is empty"), layer=layer)
    if empty.any():
        values, audit = _without_geometry(frame, values, empty, rules, layer, audit)
        if not rules.keeps_rows:
            frame, values, given = frame.loc[~empty], values[~empty], given[~empty]
    if values is not given and any(a is not b for a, b in zip(values, given, strict=True)):
        frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
    return _of_wanted_kind(frame, rules, layer, audit)


def _of_wanted_kind(
    frame: gpd.GeoDataFrame, rules: Schema, layer: str, audit: Audit
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Keep the rows whose geometry is of the kind the schema wants, and tell of the others.

    Exports of OpenStreetMap hold points, lines and areas in one layer; a layer of another kind
    altogether is an error.
    """
    wanted = GEOMETRIES[rules.geometry]
    codes = [shapely.GeometryType[kind.upper()].value for kind in wanted]
    values = frame.geometry.to_numpy().copy()
    wrong = ~np.isin(shapely.get_type_id(values), codes)
    if not wrong.any():
        return frame, audit
    single = shapely.get_num_geometries(values) == 1
    collections = shapely.get_type_id(values) == shapely.GeometryType.GEOMETRYCOLLECTION
    for i in np.flatnonzero(wrong & (single | collections)):
        parts = shapely.get_parts(values[i])
        parts = parts[np.isin(shapely.get_type_id(parts), codes)]
        if len(parts):
            values[i] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    wrong = ~np.isin(shapely.get_type_id(values), codes)
    found = ", ".join(sorted({g.geom_type for g in values[wrong]}))
    if wrong.all():
        rows = ", ".join(str(i) for i in frame.index[wrong][:5])
        raise SchemaError(
            _("geometry is {found} (rows {rows}) but must be {wanted}").fill(
                found=found, rows=rows, wanted=" / ".join(wanted)
            ),
            layer=layer,
            remedy=_("choose another layer, or convert it"),
        )
    audit = audit.add(
        layer,
        "dropped",
        int(wrong.sum()),
        _("geometry is {found}, wanted is {wanted}").fill(found=found, wanted=" / ".join(wanted)),
        frame.index[wrong],
    )
    frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
    return frame.loc[~wrong], audit


def _repaired(
    values: np.ndarray, empty: np.ndarray, rules: Schema, layer: str, audit: Audit
) -> tuple[np.ndarray, np.ndarray, Audit]:
    """Repair invalid geometries; what nothing is left of is empty."""
    doubtful = ~empty
    doubtful[doubtful] = ~convex_quads(values[doubtful])
    invalid = np.zeros(len(values), bool)
    invalid[doubtful] = ~shapely.is_valid(values[doubtful])
    if not invalid.any():
        return values, empty, audit
    reasons = shapely.is_valid_reason(values[invalid])
    repaired = values.copy()
    repaired[invalid] = shapely.make_valid(
        values[invalid], method="structure", keep_collapsed=False
    )
    before, after = shapely.area(values[invalid]).sum(), shapely.area(repaired[invalid]).sum()
    audit = audit.add(
        layer,
        "repaired",
        int(invalid.sum()),
        _("invalid geometry (area {before} -> {after})").fill(
            before=f"{before:.6g}", after=f"{after:.6g}"
        ),
        reasons,
    )
    return repaired, empty | (invalid & shapely.is_empty(repaired)), audit


def _without_geometry(
    frame: gpd.GeoDataFrame,
    values: np.ndarray,
    empty: np.ndarray,
    rules: Schema,
    layer: str,
    audit: Audit,
) -> tuple[np.ndarray, Audit]:
    """Tell what becomes of rows without geometry; those that stay get an empty one."""
    count = int(empty.sum())
    if not rules.keeps_rows:
        what = _("empty geometry")
        return values, audit.add(layer, "dropped", count, what, frame.index[empty])
    values = values.copy()
    values[empty] = shapely.Polygon()
    what = _(
        "municipalities without an outline: their land is unknown, and all that is measured on it"
    )
    shown = frame["name"] if "name" in frame.columns else pd.Series(frame.index, frame.index)
    return values, audit.add(layer, "unknown", count, what, shown[empty].astype(str))


def convex_quads(values: np.ndarray) -> np.ndarray:
    """Tell polygons of four corners that turn one way all round: they are valid.

    Grids have many of them, and every check is given them anew.
    """
    found = shapely.get_type_id(values) == shapely.GeometryType.POLYGON
    found[found] = shapely.get_num_coordinates(values[found]) == 5
    found[found] = shapely.get_num_interior_rings(values[found]) == 0
    corner = shapely.get_coordinates(values[found]).reshape(-1, 5, 2)
    side = np.diff(corner, axis=1)
    after = np.roll(side, -1, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):  # corners at infinity are none
        turn = side[..., 0] * after[..., 1] - side[..., 1] * after[..., 0]
    size = np.hypot(side[..., 0], side[..., 1])
    least = 1e-6 * size * np.roll(size, -1, axis=1)  # far beyond what rounding could turn
    found[found] = (turn > least).all(axis=1) | (turn < -least).all(axis=1)
    return np.asarray(found, dtype=bool)
