"""Growth of built-up land: land take, form of the new patches, indicators of sprawl.

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
from scipy.signal import oaconvolve

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.landscape.patches import foreground_mask, label
from metrogis.texts import Text

UNKNOWN, OTHER, BUILT = 0, 1, 2


def states(raster: Any, built_up: Any = None, *, layer: str = "built_up", **reading: Any) -> Any:
    """Return the grid and the state of each cell: 0 unknown, 1 not built-up, 2 built-up.

    >>> states(np.array([[1.0, 3.0, np.nan]]), 3)[1].tolist()
    [[1, 2, 0]]
    """
    grid = grids.read(raster, layer=layer, **reading)
    out = np.where(foreground_mask(grid, built_up, layer=layer), BUILT, OTHER).astype(np.uint8)
    out[~grid.valid] = UNKNOWN
    return grid, out


def _one_grid(one: Grid, two: Grid) -> None:
    same = one.shape == two.shape and one.crs == two.crs
    if same and one.transform is not None and two.transform is not None:
        same = one.transform.almost_equals(two.transform, precision=1e-3 * one.cell[0])
    if not same:
        raise SchemaError(
            Text("dwie daty leżą na różnych siatkach", "the two dates lie on different grids"),
            layer="built_up",
            remedy=Text("sprowadź je do jednej siatki", "bring them to one grid first"),
        )


def _units(units: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    from rasterio import features

    if grid.transform is None:
        raise bad_parameter("raster", "nie ma położenia", "has no place on the map")
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
            out[unit[r, c], one[r, c], two[r, c]] += 1
    return out


def land_take(
    before: Any,
    after: Any,
    units: gpd.GeoDataFrame,
    *,
    years: float,
    built_up: Any = None,
    id: str = "teryt",
    **reading: Any,
) -> pd.DataFrame:
    """Land taken between two dates, by unit (a cell belongs to the unit its centre lies in).

    Parameters
    ----------
    before, after : rasters on one grid, metric CRS
    units : GeoDataFrame
        Municipalities, in the same CRS. Use land geometry: shares are of their known cells.
    years : float
        Between the two dates.
    built_up : number or several
        Built-up values; none for boolean rasters.
    id : str
        Column of ``units`` copied to the result.

    Returns
    -------
    DataFrame
        One row per unit, its index: ``id``, ``land`` (known at both dates), ``before``, ``after``,
        ``gained``, ``lost``, ``net`` (ha), ``gained_per_year`` (ha/yr), ``net_share`` (of land,
        0-1), ``unknown`` (ha not known at one of the dates). NaN where nothing is known.

    Examples
    --------
    >>> from affine import Affine
    >>> import shapely
    >>> units = gpd.GeoDataFrame({"teryt": ["1"]}, geometry=[shapely.box(0, 0, 200, 200)],
    ...                          crs="EPSG:2180")
    >>> one, two = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 0]])
    >>> grid = {"transform": Affine(100, 0, 0, 0, -100, 200), "crs": "EPSG:2180"}
    >>> land_take(one, two, units, years=2, built_up=1, **grid)["gained_per_year"].tolist()
    [0.5]
    """
    if not years > 0:
        raise bad_parameter("years", "musi być dodatnie", "must be positive")
    first, one = states(before, built_up, **reading)
    second, two = states(after, built_up, **reading)
    _one_grid(first, second)
    cells = _crosstab(_units(units, first), one, two, len(units))[1:] * first.cell_area / 1e4
    known = cells[:, 1:, 1:]
    land = known.sum(axis=(1, 2))
    gained, lost = known[:, 0, 1], known[:, 1, 0]
    out = pd.DataFrame(
        {
            id: units[id].to_numpy(),
            "land": land,
            "before": known[:, 1].sum(axis=1),
            "after": known[:, :, 1].sum(axis=1),
            "gained": gained,
            "lost": lost,
            "net": gained - lost,
            "gained_per_year": gained / years,
        },
        index=units.index,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        out["net_share"] = (gained - lost) / land
    out.loc[land == 0, ["before", "after", "gained", "lost", "net", "gained_per_year"]] = math.nan
    out["unknown"] = cells.sum(axis=(1, 2)) - land
    return out


@njit(cache=True)
def _perimeter(labels, old, count, width, height):  # type: ignore[no-untyped-def]
    """Perimeter of each patch, and the part of it shared with old built-up land."""
    whole, shared = np.zeros(count + 1), np.zeros(count + 1)
    rows, columns = labels.shape
    for r in range(rows):
        for c in range(columns):
            k = labels[r, c]
            if k == 0:
                continue
            for step in range(4):
                y = r + (1 if step == 0 else -1 if step == 1 else 0)
                x = c + (1 if step == 2 else -1 if step == 3 else 0)
                side = width if step < 2 else height
                inside = 0 <= y < rows and 0 <= x < columns
                if inside and labels[y, x] == k:
                    continue
                whole[k] += side
                if inside and old[y, x]:
                    shared[k] += side
    return whole, shared


@dataclass(frozen=True, eq=False)
class NewPatches:
    """Patches of new built-up land: ``labels`` on the grid, one row of ``table`` per patch.

    ``table``: ``id``, ``area`` (m2), ``perimeter`` and ``shared`` (m), ``shared_share`` (0-1),
    ``kind``: ``infill``, ``edge`` or ``leapfrog``.
    """

    labels: np.ndarray
    table: pd.DataFrame


def new_patches(
    before: Any,
    after: Any,
    *,
    built_up: Any = None,
    connectivity: int = 8,
    infill: float = 0.5,
    **reading: Any,
) -> NewPatches:
    """Tell infill, edge expansion and leapfrog apart.

    By the share of a gained patch's perimeter that it shares with old built-up land: more than
    ``infill`` (0.5) infill, more than 0 edge expansion, 0 leapfrog.

    Examples
    --------
    >>> one = np.array([[1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]])
    >>> two = np.array([[1, 1, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]])
    >>> new_patches(one, two, built_up=1).table["kind"].tolist()
    ['infill', 'edge', 'leapfrog']
    """
    first, one = states(before, built_up, **reading)
    second, two = states(after, built_up, **reading)
    _one_grid(first, second)
    labels, cells = label((one == OTHER) & (two == BUILT), connectivity=connectivity)  # type: ignore[arg-type]
    whole, shared = _perimeter(labels, one == BUILT, len(cells), *first.cell)
    whole, shared = whole[1:], shared[1:]
    share = shared / whole
    kind = np.where(share > infill, "infill", np.where(share > 0, "edge", "leapfrog"))
    table = pd.DataFrame(
        {
            "id": np.arange(1, len(cells) + 1),
            "area": cells * first.cell_area,
            "perimeter": whole,
            "shared": shared,
            "shared_share": share,
            "kind": kind,
        }
    )
    return NewPatches(labels, table)


def consumption_rate(area_before: Any, area_after: Any, years: float) -> Any:
    """Land consumption rate (SDG 11.3.1), per year: (A2 - A1) / A1 / T; NaN where A1 = 0.

    >>> round(float(consumption_rate(148827.8, 195653.83, 3)), 6)
    0.104877
    """
    one, two = np.asarray(area_before, float), np.asarray(area_after, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(one > 0, (two - one) / one / years, math.nan)


def population_rate(before: Any, after: Any, years: float) -> Any:
    """Population growth rate (SDG 11.3.1), per year: ln(P2 / P1) / T; NaN where either is 0.

    >>> round(float(population_rate(897, 867, 3)), 6)
    -0.011339
    """
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


def entropy(areas: Any) -> tuple[float, float]:
    """Shannon entropy of built-up land over zones, and relative to its largest, ln n.

    Unknown zones (NaN) are left out; NaN without built-up land; relative NaN for one zone.

    >>> entropy([1, 1, 2]), entropy([5, 0])
    ((1.0397207708399179, 0.946394630357186), (0.0, 0.0))
    """
    values = np.asarray(areas, float)
    values = values[~np.isnan(values)]
    if (values < 0).any():
        raise SchemaError(Text("ujemna powierzchnia", "a negative area"), layer="zones")
    total = values.sum()
    if total == 0:
        return math.nan, math.nan
    p = values[values > 0] / total
    h = float(-(p * np.log(p)).sum()) + 0.0
    return h, h / math.log(len(values)) if len(values) > 1 else math.nan


# --------------------------------------------------------------------------- urban proliferation


def dispersion_weight(dispersion: Any) -> Any:
    """w1 of weighted urban proliferation, DIS in urban permeation units per m2.

    >>> round(float(dispersion_weight(44)), 3)
    1.0
    """
    return 0.5 + _sigmoid(0.294432 * np.asarray(dispersion, float) - 12.955)


def uptake_weight(land_per_person: Any) -> Any:
    """w2 of weighted urban proliferation, LUP in m2 per inhabitant and job.

    >>> [round(float(uptake_weight(lup)), 4) for lup in (250, 111)]
    [0.8464, 0.2035]
    """
    return _sigmoid(4.159 - 613.125 / np.asarray(land_per_person, float))


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def permeation(built: np.ndarray, cell: float, *, horizon: float = 2000.0) -> np.ndarray:
    """SI of every built-up cell: mean weight of the distances to built-up land within ``horizon``.

    SI = [sum over built-up cells within the horizon of (sqrt(2 d + 1) - 1), and wcc for the cell
    itself] / n, d in m, n counts the cell; wcc = sqrt(0.97428 px + 1.046) - 0.996249 is the mean
    weight inside a cell of px metres. NaN outside built-up land.

    >>> permeation(np.array([[True, False, True]]), 100.0).round(4).tolist()
    [[13.9761, nan, 13.9761]]
    """
    reach = int(horizon // cell)
    steps = np.arange(-reach, reach + 1) * cell
    d = np.hypot(steps[:, None], steps[None, :])
    near = d <= horizon
    weight = np.where(near, np.sqrt(2 * d + 1) - 1, 0.0)
    weight[reach, reach] = math.sqrt(0.97428 * cell + 1.046) - 0.996249
    ones = built.astype(float)
    total = oaconvolve(ones, weight, mode="same")
    count = np.round(oaconvolve(ones, near.astype(float), mode="same"))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(built, total / count, math.nan)


def proliferation(
    raster: Any,
    units: gpd.GeoDataFrame,
    people: Any,
    *,
    built_up: Any = None,
    horizon: float = 2000.0,
    id: str = "teryt",
    **reading: Any,
) -> pd.DataFrame:
    """Weighted urban proliferation of each unit (Jaeger & Schwick 2014; EEA report 11/2016).

    WUP = PBA x DIS x w1(DIS) x w2(LUP): PBA the share (0-1) of the unit's known land that is
    built-up, DIS the mean SI of its built-up cells, LUP built-up m2 per inhabitant (and job).
    Built-up land beyond the unit's border counts in SI. The coefficients were not read in the primary text.

    Parameters
    ----------
    raster : built-up land, square cells, metric CRS
        It should reach ``horizon`` beyond the units.
    units : GeoDataFrame
    people : sequence of float
        Inhabitants, or inhabitants and jobs, of each unit; NaN = unknown.
    built_up : number or several
    horizon : float
        m.

    Returns
    -------
    DataFrame
        ``id``, ``PBA``, ``DIS``, ``UP``, ``LUP``, ``w1``, ``w2``, ``WUP``; NaN where unknown.
    """
    grid, state = states(raster, built_up, **reading)
    width, height = grid.cell
    if abs(width - height) > 0.01 * max(width, height):
        raise SchemaError(Text("komórki nie są kwadratowe", "cells are not square"), layer="raster")
    cell = math.sqrt(grid.cell_area)
    if not horizon >= cell:
        raise bad_parameter("horizon", "mniejszy od komórki", "smaller than a cell")
    built = state == BUILT
    si = permeation(built, cell, horizon=horizon)
    unit = _units(units, grid).ravel()
    n = len(units) + 1
    land = np.bincount(unit, (state != UNKNOWN).ravel(), minlength=n)[1:] * grid.cell_area
    cells = np.bincount(unit, built.ravel(), minlength=n)[1:]
    sums = np.bincount(unit, np.where(built, si, 0.0).ravel(), minlength=n)[1:]
    numbers = np.asarray(people, float)
    if numbers.shape != (len(units),):
        raise bad_parameter("people", "po jednej liczbie na jednostkę", "one number per unit")
    with np.errstate(divide="ignore", invalid="ignore"):
        pba = np.where(land > 0, cells * grid.cell_area / land, math.nan)
        dis = np.where(cells > 0, sums / cells, math.nan)
        per_person = np.where(numbers > 0, cells * grid.cell_area / numbers, math.nan)
        w1, w2 = dispersion_weight(dis), uptake_weight(per_person)
        # where nothing is built nothing sprawls; where land is unknown so is sprawl
        up = np.where(cells > 0, pba * dis, np.where(land > 0, 0.0, math.nan))
        wup = np.where(cells > 0, up * w1 * w2, up)
    return pd.DataFrame(
        {
            id: units[id].to_numpy(),
            "PBA": pba,
            "DIS": dis,
            "UP": up,
            "LUP": per_person,
            "w1": w1,
            "w2": w2,
            "WUP": wup,
        },
        index=units.index,
    )
