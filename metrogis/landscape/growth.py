"""Growth of built-up land: land take, form of the new patches, land consumption rate.

All rasters of one call lie on one grid: two dates on different grids must be brought to one first
(cell-by-cell change would measure the shift, not the growth).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.landscape.patches import Connectivity, foreground_mask, label

UNKNOWN, OTHER, BUILT = 0, 1, 2
_HECTARE = 1e4


def states(
    raster: Any, built_up: Any = None, *, layer: str = "built_up", **reading: Any
) -> tuple[Grid, np.ndarray]:
    """Return the grid and the state of each cell: 0 unknown, 1 not built-up, 2 built-up.

    >>> states(np.array([[1.0, 3.0, np.nan]]), 3)[1].tolist()
    [[1, 2, 0]]
    """
    grid = grids.read(raster, layer=layer, **reading)
    out = foreground_mask(grid, built_up, layer=layer).astype(np.uint8) + np.uint8(OTHER)
    out[~grid.valid] = UNKNOWN
    return grid, out


def same_grid(one: Grid, two: Grid) -> bool:
    """Return whether two rasters have the same cells.

    They must have the same shape and CRS, and origins and cell sizes that differ by a thousandth of
    a cell at most; bare arrays are compared by shape alone.
    """
    same = one.shape == two.shape and one.crs == two.crs
    if same and one.transform is not None and two.transform is not None:
        same = one.transform.almost_equals(two.transform, precision=1e-3 * one.cell[0])
    return bool(same)


def _one_grid(one: Grid, two: Grid) -> None:
    if not same_grid(one, two):
        raise SchemaError(
            _("the two dates lie on different grids"),
            layer="built_up",
            remedy=_("bring them to one grid first: metrogis.landscape.grid.warp(a, like=b)"),
        )


def unit_cells(units: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    """Position + 1 of the unit each cell's centre lies in, 0 outside; int32.

    Raises
    ------
    CRSError
        If the CRSs differ.
    ParameterError
        If the raster has no place on the map.
    """
    from rasterio import features

    if grid.transform is None:
        raise bad_parameter("raster", _("has no place on the map"))
    crs_rules.require_same(units=units, raster=grid.crs)
    pairs = [
        (shape, number)
        for number, shape in enumerate(units.geometry, start=1)
        if shape is not None and not shape.is_empty
    ]
    if not pairs:
        return np.zeros(grid.shape, np.int32)
    return np.asarray(
        features.rasterize(pairs, out_shape=grid.shape, transform=grid.transform, dtype="int32")
    )


@njit(cache=True)
def _crosstab(unit, one, two, count):  # type: ignore[no-untyped-def]
    """Cells by unit (0 = outside), state before and state after."""
    out = np.zeros((count + 1, 3, 3), np.int64)
    for r in range(unit.shape[0]):
        for c in range(unit.shape[1]):
            # states are 0, 1, 2: any other would write outside, which compiled code does not notice
            out[unit[r, c], one[r, c], two[r, c]] += 1
    return out


def land_take(
    before: Any,
    after: Any,
    units: gpd.GeoDataFrame,
    *,
    years: float | None = None,
    new_people: Any = None,
    built_up: Any = None,
    id: str = "teryt",
    cells: np.ndarray | None = None,
    **reading: Any,
) -> pd.DataFrame:
    """Land taken between two dates, by unit (a cell belongs to the unit its centre lies in).

    Parameters
    ----------
    before, after : rasters on one grid, metric CRS
    units : GeoDataFrame
        Municipalities, in the same CRS. Shares are of their known cells: water that is not to
        count as land must be unknown.
    years : float, optional
        Between the two dates; without it figures per year are unknown.
    new_people : sequence of float, optional
        Inhabitants gained by each unit between the dates; NaN = unknown.
    built_up : number or several
        Built-up values; none for boolean rasters.
    id : str
        Column of ``units`` copied to the result.
    cells : ndarray, optional
        What :func:`unit_cells` gives for these units, when it is at hand.

    Returns
    -------
    DataFrame
        One row per unit, its index: ``id``, ``land`` (known at both dates), ``before``, ``after``,
        ``gained``, ``lost``, ``net`` (ha); the last three ``*_per_year`` (ha/yr) and ``*_share``
        (of land, 0-1); ``gained_per_person``, ``net_per_person`` (m2 per new inhabitant, NaN
        where there is none); ``unknown`` (ha not known at one of the dates). NaN where nothing is
        known.

    Examples
    --------
    >>> from affine import Affine
    >>> import shapely
    >>> units = gpd.GeoDataFrame({"teryt": ["1"]}, geometry=[shapely.box(0, 0, 200, 200)],
    ...                          crs="EPSG:2180")
    >>> one, two = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 0]])
    >>> grid = {"transform": Affine(100, 0, 0, 0, -100, 200), "crs": "EPSG:2180"}
    >>> found = land_take(one, two, units, years=2, new_people=[50], built_up=1, **grid)
    >>> found[["gained_per_year", "gained_share", "gained_per_person"]].values.tolist()
    [[0.5, 0.25, 200.0]]
    """
    if years is not None:
        _positive(years)
    first, one = states(before, built_up, **reading)
    second, two = states(after, built_up, **reading)
    _one_grid(first, second)
    unit = unit_cells(units, first) if cells is None else cells
    # states 0 not known, 1 open, 2 built up; row 0, outside all units, is dropped
    table = _crosstab(unit, one, two, len(units))[1:] * first.cell_area / _HECTARE
    known = table[:, 1:, 1:]
    land = known.sum(axis=(1, 2))
    none = land == 0
    out = pd.DataFrame({id: units[id].to_numpy(), "land": land}, index=units.index)
    areas = {
        "before": known[:, 1].sum(axis=1),
        "after": known[:, :, 1].sum(axis=1),
        "gained": known[:, 0, 1],
        "lost": known[:, 1, 0],
        "net": known[:, 0, 1] - known[:, 1, 0],
    }
    for name, value in areas.items():
        out[name] = np.where(none, math.nan, value)
    changes = ("gained", "lost", "net")
    for name in changes:
        out[f"{name}_per_year"] = out[name] / (math.nan if years is None else years)
    for name in changes:
        out[f"{name}_share"] = out[name] / out["land"].where(~none)
    people = np.full(len(units), math.nan) if new_people is None else _per_unit(new_people, units)
    more = np.where(people > 0, people, math.nan)
    for name in ("gained", "net"):
        out[f"{name}_per_person"] = out[name] * _HECTARE / more
    # not known at one date at least
    out["unknown"] = table.sum(axis=(1, 2)) - land
    return out


def _per_unit(values: Any, units: gpd.GeoDataFrame) -> np.ndarray:
    out = np.asarray(values, float)
    if out.shape != (len(units),):
        raise bad_parameter("people", _("one number per unit"))
    return out


@njit(cache=True)
def _sides(labels, old, count):  # type: ignore[no-untyped-def]
    """Sides of each patch, and those shared with old built-up land: horizontal, vertical."""
    out = np.zeros((count + 1, 4), np.int64)
    rows, columns = labels.shape
    for r in range(rows):
        for c in range(columns):
            k = labels[r, c]
            if k == 0:
                continue
            for step in range(4):
                y = r + (1 if step == 0 else -1 if step == 1 else 0)
                x = c + (1 if step == 2 else -1 if step == 3 else 0)
                # neighbours above and below share a side as long as a cell is wide
                side = 0 if step < 2 else 1
                inside = 0 <= y < rows and 0 <= x < columns
                if inside and labels[y, x] == k:
                    continue
                out[k, side] += 1
                if inside and old[y, x]:
                    out[k, 2 + side] += 1
    return out


@njit(cache=True)
def _beside(labels, dark, count):  # type: ignore[no-untyped-def]
    """Patches that have a cell not known among the 8 neighbours of theirs."""
    out = np.zeros(count + 1, np.bool_)
    rows, columns = labels.shape
    for r in range(rows):
        for c in range(columns):
            k = labels[r, c]
            if k == 0 or out[k]:
                continue
            for y in range(max(0, r - 1), min(rows, r + 2)):
                for x in range(max(0, c - 1), min(columns, c + 2)):
                    if dark[y, x]:
                        out[k] = True
    return out


INFILL, EDGE, LEAPFROG = "infill", "edge", "leapfrog"


@dataclass(frozen=True, eq=False)
class NewPatches:
    """Patches of new built-up land: ``labels`` on the grid, one row of ``table`` per patch.

    ``table``: ``id``, ``area`` (m2), ``perimeter`` and ``shared`` (m), ``shared_share`` (0-1),
    ``kind``: ``infill``, ``edge`` or ``leapfrog``; ``sure``: False beside land that is not known,
    where the patch may go on, or touch what was built before.
    """

    labels: np.ndarray
    table: pd.DataFrame


def new_patches(
    before: Any,
    after: Any,
    *,
    built_up: Any = None,
    connectivity: Connectivity = 8,
    infill: float = 0.5,
    dark: np.ndarray | None = None,
    **reading: Any,
) -> NewPatches:
    """Tell infill, edge expansion and leapfrog apart.

    By the share of a gained patch's perimeter that it shares with old built-up land: more than
    ``infill`` (0.5) infill, more than 0 edge expansion, 0 leapfrog. Perimeters run along the sides
    of cells: a patch that meets old land only at a corner shares nothing. Sides on cells without
    data count in the perimeter and are not shared; beside land that is not known (``dark``) the
    form is that of what is known, and not sure.

    Parameters
    ----------
    before, after : rasters on one grid
    built_up : number or several
        Built-up values; none for boolean rasters.
    connectivity : 4 or 8
        Neighbours of a cell within a patch.
    infill : float
        Share of the perimeter above which a patch is infill, 0-1.
    dark : ndarray of bool, optional
        Land that is not known (the sea and the world beyond the units are no such land).

    Returns
    -------
    NewPatches

    Examples
    --------
    >>> one = np.array([[1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]])
    >>> two = np.array([[1, 1, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]])
    >>> new_patches(one, two, built_up=1).table["kind"].tolist()
    ['infill', 'edge', 'leapfrog']
    """
    if not 0 <= infill <= 1:
        raise bad_parameter("infill", _("must lie between 0 and 1"))
    first, one = states(before, built_up, **reading)
    second, two = states(after, built_up, **reading)
    _one_grid(first, second)
    labels, cells = label((one == OTHER) & (two == BUILT), connectivity=connectivity)
    sides = _sides(labels, one == BUILT, len(cells))[1:]
    width, height = first.cell
    # in units of the width: whole numbers for square cells, so that exactly half is half
    across, along = 1.0, 1.0 if math.isclose(width, height) else height / width
    whole = sides[:, 0] * across + sides[:, 1] * along
    shared = sides[:, 2] * across + sides[:, 3] * along
    share = shared / whole
    kind = np.where(share > infill, INFILL, np.where(share > 0, EDGE, LEAPFROG))
    sure = np.ones(len(cells), bool)
    if dark is not None:
        grids.require_same_shape(first.shape, dark.shape, layer="dark")
        sure = ~_beside(labels, dark, len(cells))[1:]
    table = pd.DataFrame(
        {
            "id": np.arange(1, len(cells) + 1),
            "area": cells * first.cell_area,
            "perimeter": whole * width,
            "shared": shared * width,
            "shared_share": share,
            "kind": kind,
            "sure": sure,
        }
    )
    return NewPatches(labels, table)


def _positive(years: float) -> None:
    if not years > 0:
        raise bad_parameter("years", _("must be positive"))


def consumption_rate(area_before: Any, area_after: Any, years: float) -> Any:
    """Land consumption rate (SDG 11.3.1), per year: (A2 - A1) / A1 / T; NaN where A1 = 0.

    >>> round(float(consumption_rate(148827.8, 195653.83, 3)), 6)
    0.104877
    """
    _positive(years)
    one, two = np.asarray(area_before, float), np.asarray(area_after, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(one > 0, (two - one) / one / years, math.nan)


def population_rate(before: Any, after: Any, years: float) -> Any:
    """Population growth rate (SDG 11.3.1), per year: ln(P2 / P1) / T; NaN where either is 0.

    >>> round(float(population_rate(897, 867, 3)), 6)
    -0.011339
    """
    _positive(years)
    one, two = np.asarray(before, float), np.asarray(after, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((one > 0) & (two > 0), np.log(two / one) / years, math.nan)


def consumption_ratio(
    area_before: Any, area_after: Any, people_before: Any, people_after: Any, years: float
) -> Any:
    """LCRPGR (SDG 11.3.1): land consumption rate / population growth rate; NaN where that is 0.

    >>> round(float(consumption_ratio(148827.8, 195653.83, 897, 867, 3)), 4)
    -9.2493
    """
    land = consumption_rate(area_before, area_after, years)
    people = population_rate(people_before, people_after, years)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(people != 0, land / people, math.nan)
