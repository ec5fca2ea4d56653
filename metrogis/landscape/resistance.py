"""Resistance to movement from land cover, planning zones and roads, by tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.provenance import Audit

Combine = Literal["max", "replace", "add"]


@dataclass(frozen=True, eq=False)
class Surface:
    """Resistance of every cell.

    Attributes
    ----------
    grid : Grid
        Resistance (float64); NaN where it is unknown.
    audit : Audit
        Classes without a row of the table; features without a resistance.
    """

    grid: Grid
    audit: Audit = field(default_factory=Audit)

    @property
    def values(self) -> np.ndarray:
        """The resistances."""
        return self.grid.values


def surface(
    landcover: Any,
    table: Mapping[Any, float] | pd.DataFrame,
    *,
    zones: gpd.GeoDataFrame | None = None,
    zone_table: Mapping[Any, float] | pd.DataFrame | None = None,
    zone_column: str = "resistance",
    roads: gpd.GeoDataFrame | None = None,
    road_table: Mapping[Any, float] | pd.DataFrame | None = None,
    road_column: str = "resistance",
    combine: Combine = "max",
    **reading: Any,
) -> Surface:
    """Make a surface of resistance.

    Parameters
    ----------
    landcover : ndarray, path or Grid
        Classes.
    table : mapping or DataFrame with ``class`` and ``resistance``
        Resistance of each class, >= 0; infinite = barrier.
    zones, roads : GeoDataFrame, optional
        Polygons (cells whose centre they cover) and lines or polygons (every cell they touch), in
        the raster's CRS.
    zone_table, road_table : as ``table``, optional
        Resistance by the values of ``zone_column`` / ``road_column``; without it that column holds
        the resistance itself.
    combine : ``"max"``, ``"replace"`` or ``"add"``
        How zones, then roads, change what is below them. Where features overlap the largest counts.
    **reading
        See :func:`metrogis.landscape.grid.read`.

    Raises
    ------
    SchemaError, CRSError, ParameterError

    Examples
    --------
    >>> surface(np.array([[1, 2, 3]]), {1: 1.0, 2: 50.0}).values.tolist()
    [[1.0, 50.0, nan]]
    """
    if combine not in ("max", "replace", "add"):
        raise bad_parameter("combine", _("must be max, replace or add"))
    grid = grids.read(landcover, layer="landcover", **reading)
    rows = _mapping(table, "table")
    present, inverse = np.unique(grid.values, return_inverse=True)
    by_class = np.array([rows.get(_plain(v), np.nan) for v in present], float)
    values = np.where(grid.valid, by_class[inverse.reshape(grid.shape)], np.nan)
    without = [_plain(v) for v in np.unique(grid.values[grid.valid]) if _plain(v) not in rows]
    lost = grid.valid & np.isnan(values)
    audit = Audit().add(
        "landcover",
        "unknown",
        int(lost.sum()),
        _("cells of classes the table does not name"),
        without,
    )
    audit = audit.add(
        "landcover",
        "unknown",
        int((~grid.valid).sum()),
        _("cells without data"),
    )
    for name, layer, resistances, column, touched in (
        ("zones", zones, zone_table, zone_column, False),
        ("roads", roads, road_table, road_column, True),
    ):
        if layer is None or layer.empty:
            continue
        burned, found = _burn(layer, resistances, column, grid, name, touched)
        audit += found
        on = ~np.isnan(burned)
        if combine == "replace":
            values[on] = burned[on]
        elif combine == "add":
            values[on] += burned[on]
        else:
            # an unknown cell stays unknown: the larger of something and nothing is not known
            values[on] = np.maximum(values[on], burned[on])
    return Surface(Grid(values, ~np.isnan(values), grid.transform, grid.crs, grid.cell), audit)


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _mapping(table: Any, layer: str) -> dict[Any, float]:
    if isinstance(table, pd.DataFrame):
        missing = [c for c in ("class", "resistance") if c not in table.columns]
        if missing:
            shown = ", ".join(missing)
            raise SchemaError(_("columns are missing: {shown}").fill(shown=shown), layer=layer)
        if table["class"].duplicated().any():
            raise SchemaError(_("a repeated class"), layer=layer, place="class")
        table = dict(zip(table["class"].tolist(), table["resistance"].tolist(), strict=True))
    out = {_plain(key): float(value) for key, value in table.items()}
    bad = [key for key, value in out.items() if not value >= 0]
    if bad:
        raise SchemaError(
            _("resistance of class {bad} is negative or missing").fill(bad=bad[0]),
            layer=layer,
        )  # fmt: skip
    return out


def _burn(
    layer: gpd.GeoDataFrame, table: Any, column: str, grid: Grid, name: str, touched: bool
) -> tuple[np.ndarray, Audit]:
    from rasterio import features

    if column not in layer.columns:
        raise SchemaError(_("column {column} is missing").fill(column=column), layer=name)
    crs_rules.require_same(**{name: layer, "landcover": grid.crs})
    if table is None:
        values = pd.to_numeric(layer[column], errors="coerce")
    else:
        values = layer[column].map(_mapping(table, f"{name} table")).astype(float)
    numbers = values.to_numpy(float, na_value=np.nan)
    if (numbers < 0).any():
        raise SchemaError(_("a negative resistance"), layer=name, place=column)
    usable = ~np.isnan(numbers) & ~(layer.geometry.is_empty | layer.geometry.isna()).to_numpy()
    audit = Audit().add(
        name,
        "dropped",
        int((~usable).sum()),
        _("features without resistance or geometry"),
        layer[column][~usable].unique(),
    )
    out = np.full(grid.shape, np.nan)
    order = np.argsort(numbers[usable], kind="stable")  # the largest is burned last
    shapes = layer.geometry[usable].iloc[order]
    if len(shapes):
        features.rasterize(
            list(zip(shapes, numbers[usable][order], strict=True)),
            out=out,
            transform=grid.transform,
            all_touched=touched,
        )
    return out, audit
