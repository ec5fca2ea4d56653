"""Tables and raster of ``urban_growth``: municipalities, new patches, change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from scipy import ndimage

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.outlines import without_outline
from metrogis.checks.shared.exposure import State
from metrogis.checks.shared.known_land import KnownLand
from metrogis.i18n import _
from metrogis.landscape import growth
from metrogis.landscape.grid import Grid

_HECTARE = 1e4
KINDS = (growth.INFILL, growth.EDGE, growth.LEAPFROG)
KEPT, LOST = 1, 5
"""Values of the raster of change; 2, 3, 4 are gains by kind, 0 is not built-up."""


@dataclass(frozen=True)
class Gain:
    """Gained cells: where they are, their municipality, patch, kind, and exposure.

    Attributes
    ----------
    cells : (rows, columns)
    home : ndarray
        Municipality of each cell, from 1; 0 outside.
    patch : ndarray
        Position of its patch.
    kind : ndarray of uint8
        Position in :data:`KINDS`, by what is known.
    sure : ndarray of bool
        False in a patch beside unknown land: its form may be another.
    states : dict of State
        By kind of place.
    """

    cells: tuple[Array, Array]
    home: Array
    patch: Array
    kind: Array
    sure: Array
    states: dict[str, State]


def _sum(groups: Array, weights: Array | None, n: int, size: float) -> Array:
    """Hectares by group; group 0 is left out."""
    return np.bincount(groups, weights, minlength=n + 1)[1 : n + 1] * size / _HECTARE


def _ratio(part: Any, whole: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0, part / whole, np.nan)


def municipal_table(
    municipalities: gpd.GeoDataFrame,
    take: pd.DataFrame,
    people: pd.DataFrame,
    years: float | None,
    gain: Gain,
    grid: Grid,
    land: KnownLand,
) -> gpd.GeoDataFrame:
    """Return one row per municipality; NaN is unknown.

    Parameters
    ----------
    municipalities : GeoDataFrame
    take : DataFrame (municipalities,)
        Land, built-up land before and after, gained and lost (ha), by year and as shares.
    people : DataFrame (municipalities,)
        ``before``, ``after``, and the same on land that is known: ratios are of these.
    years : float or None
        Between the dates; without it rates a year are NaN.
    gain : Gain
    grid : Grid
    land : KnownLand

    Returns
    -------
    GeoDataFrame (municipalities,)
        ``lcr`` is the land consumption rate, ``pgr`` the population growth rate, ``lcrpgr`` their
        ratio (SDG indicator 11.3.1).
    """
    home, kind = gain.home, gain.kind
    n, size = len(municipalities), grid.cell_area
    table = municipalities[["teryt", "name", "geometry"]].copy().reset_index(drop=True)
    for name in ("land", "before", "after", "gained", "lost", "net"):
        table[f"{name}_ha"] = take[name]
    for name in ("gained", "lost", "net"):
        table[f"{name}_ha_year"] = take[f"{name}_per_year"]
    for name in ("gained", "lost", "net"):
        table[f"{name}_share"] = take[f"{name}_share"]
    for name in ("before", "after", "before_known", "after_known"):
        table[f"people_{name}"] = people[name]
    table["m2_per_new"] = take["gained_per_person"]
    table["net_m2_per_new"] = take["net_per_person"]
    dark = take["land"].to_numpy() == 0
    gained = take["gained"].to_numpy()
    for code, name in enumerate(KINDS):
        own = _sum(home, (kind == code).astype(float), n, size)
        table[f"{name}_ha"] = np.where(dark, np.nan, own)
        table[f"{name}_share"] = _ratio(own, gained)
    sure = gained - _sum(home, (~gain.sure).astype(float), n, size)
    table["form_known_ha"] = np.where(dark, np.nan, np.where(gain.sure.all(), gained, sure))
    for name, state in gain.states.items():
        yes, known = (_sum(home, s.astype(float), n, size) for s in (state.yes, state.known))
        # where nothing of the gain is known its area is not 0
        table[f"{name}_ha"] = np.where((known > 0) | (gained == 0), yes, np.nan)
        table[f"{name}_share"] = _ratio(yes, known)
        table[f"{name}_known_ha"] = np.where(dark, np.nan, known)
        table[f"{name}_unknown_ha"] = np.where(dark, np.nan, gained - known)
    span = np.nan if years is None else years
    args = (take["before"], take["after"])
    table["lcr"] = growth.consumption_rate(*args, 1.0) / span
    both = (people["before_known"], people["after_known"])
    table["pgr"] = growth.population_rate(*both, 1.0) / span
    table["lcrpgr"] = growth.consumption_ratio(*args, *both, 1.0)
    table["unknown_ha"] = land.unknown / _HECTARE
    table["known_share"] = land.share
    return table.set_index(municipalities.index)


def patch_table(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    found: growth.NewPatches,
    grid: Grid,
    gain: Gain,
) -> gpd.GeoDataFrame:
    """Return outlines of the largest new patches, and of all leapfrog ones.

    Parameters
    ----------
    run : Run
        ``min_patch`` (ha), ``largest`` (how many).
    municipalities : GeoDataFrame
    found : NewPatches
    grid : Grid
    gain : Gain

    Returns
    -------
    GeoDataFrame
        The largest first, those inside the municipalities alone. ``kind`` is ``unknown`` beside
        land that is not known; the share on land of a kind is NaN unless nearly all of the patch is
        known.
    """
    params, n, table = run.parameters, len(municipalities), found.table
    home, patch = gain.home, gain.patch
    count = np.bincount(patch, minlength=len(table))
    inside = np.bincount(patch, home > 0, minlength=len(table)) > 0
    area = table["area"].to_numpy() / _HECTARE
    eligible = inside & (area >= params.min_patch)
    order = np.argsort(-area, kind="stable")
    order = order[eligible[order]]
    kind = np.where(table["sure"], table["kind"], "unknown")
    far = kind == growth.LEAPFROG
    keep = np.zeros(len(table), bool)
    keep[order[: params.largest]] = True
    keep[order[far[order]]] = True
    rows = order[keep[order]]
    run.note(
        "built_up",
        "noted",
        int(inside.sum()) - len(rows),
        _("new patches not listed one by one (small, or not the largest): they are in the sums"),
    )
    # the municipality that holds most of the patch
    # a row of counts by patch and municipality; column 0 is land outside all
    pair = np.bincount(patch * np.int64(n + 1) + home, minlength=len(table) * (n + 1))
    owner = pair.reshape(len(table), n + 1)[:, 1:].argmax(axis=1) if len(table) else rows
    names = municipalities["name"].to_numpy(object).copy()
    holder = names[owner[rows]]
    if without_outline(
        municipalities
    ).any():  # cells outside all outlines may lie in one that has none
        holder[(np.bincount(patch, home == 0, minlength=len(table)) > 0)[rows]] = None
    out = gpd.GeoDataFrame(
        {
            "kind": kind[rows],
            "municipality": holder,
            "area_ha": area[rows],
            "perimeter_m": table["perimeter"].to_numpy()[rows],
            "old_share": table["shared_share"].where(table["sure"]).to_numpy()[rows],
        },
        geometry=_outlines(found.labels, rows, grid),
        crs=run.crs,
    )
    for name, state in gain.states.items():
        known = np.bincount(patch, state.known, minlength=len(table))
        yes = np.bincount(patch, state.yes, minlength=len(table))
        # one answer for a patch only where nearly all of it is known
        sure = known >= 0.99 * count
        out[f"{name}_share"] = np.where(sure, _ratio(yes, known), np.nan)[rows]
    return out


def _outlines(labels: Array, rows: Array, grid: Grid) -> Array:
    import rasterio
    from rasterio import features

    boxes, own = ndimage.find_objects(labels), grid.transform
    assert own is not None
    out = np.empty(len(rows), dtype=object)
    with rasterio.Env():  # else each call sets up one of its own
        for i, row in enumerate(rows):
            top, left = boxes[row]
            mask = labels[top, left] == row + 1
            x, y = own.c + left.start * own.a, own.f + top.start * own.e
            place = Affine(own.a, 0, x, 0, own.e, y)
            found = features.shapes(mask.astype(np.uint8), mask=mask, transform=place)
            parts: list[Any] = [shapely.geometry.shape(shape) for shape, _ in found]
            # pieces that meet at a corner are one patch
            out[i] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return out


def change_raster(before: Grid, after: Grid, gain: Gain, sea: Array | None = None) -> Grid:
    """Raster of change: 0 not built-up, 1 built-up before, 2-4 gained by kind, 5 lost.

    Not known where one of the dates is not, nor where the form of the gain is not; the sea is
    known, and not built-up.
    """
    old, new = before.values & before.valid, after.values & after.valid
    out = np.zeros(after.shape, np.uint8)
    out[old & new] = KEPT
    valid = before.valid & after.valid
    out[old & ~new & valid] = LOST
    out[gain.cells] = np.where(gain.sure, gain.kind + np.uint8(KEPT + 1), 0)
    if not gain.sure.all():
        valid[gain.cells] &= gain.sure
    if sea is not None:
        out[sea] = 0
        valid |= sea
    return replace(after, values=out, valid=valid)
