"""Tables of ``corridor_conflicts``: corridors, conflicts, protected areas, municipalities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import ProtectedAreas
from metrogis.checks.contract.outlines import beyond
from metrogis.checks.contract.partition import divided
from metrogis.checks.shared.plan_ground import add_plan, known_sum
from metrogis.checks.spatial_development.corridor_conflicts.land import (
    HECTARE,
    Once,
    Ready,
    dark_area,
)
from metrogis.checks.spatial_development.corridor_conflicts.passage import Passages
from metrogis.planning.corridors import EFFECTS, cut_corridors, withhold
from metrogis.planning.overlay import intersect

_PLACES = {"bottlenecks": "bottleneck", "cuts": "cut", "cuts_today": "cut_today"}


# --------------------------------------------------------------------------- tables


def _sum(values: Any, groups: Any, n: int) -> Array:
    return np.bincount(np.asarray(groups, dtype=np.int64), np.asarray(values, float), minlength=n)


def _effects(found: Ready | Once, group: str, n: int, outside: Any = False) -> pd.DataFrame:
    """Areas of corridors by effect, in ha and as shares, by corridor or municipality.

    What is not known stands beside what is; where nothing is known, sums are NaN and not 0: nor
    are they of a corridor that may lie in a municipality without an outline (``outside``).
    """
    parts = found.pieces.parts
    area = _sum(parts["area"], parts[group], n)
    sums = {e: _sum(parts[e], parts[group], n) for e in EFFECTS}
    known = np.where(sums["unknown"] > 0, area - sums["unknown"], area)
    some = known > 1e-6 * area
    nowhere = (area == 0) & ~np.asarray(outside, dtype=bool)
    table = pd.DataFrame({"area_ha": area / HECTARE})
    for effect in EFFECTS[:3]:
        # "none" of a corridor that lies outside is a fact; of one without a plan it is not
        table[f"{effect}_ha"] = known_sum(sums[effect], some | nowhere) / HECTARE
    table["unknown_ha"] = sums["unknown"] / HECTARE
    with np.errstate(invalid="ignore", divide="ignore"):
        table["barrier_share"] = np.where(some, sums["barrier"] / known, np.nan)
        table["unknown_share"] = np.where(area > 0, sums["unknown"] / area, np.nan)
    built, dark = (_sum(v, parts[group], n) for v in (found.built_area, found.built_dark))
    table["built_ha"] = known_sum(built, (area - dark > 1e-6 * area) | nowhere) / HECTARE
    table["built_unknown_ha"] = dark / HECTARE
    return table


def corridor_table(
    run: Run, protected_areas: ProtectedAreas | None, ready: Ready, found: Passages
) -> gpd.GeoDataFrame:
    """Return one row per corridor: what the plans leave of it, what is built, its width.

    Parameters
    ----------
    run : Run
    ready : Ready
    found : Passages

    Returns
    -------
    GeoDataFrame (corridors,)
        Hectares of the whole corridor, though others overlap it. NaN where nothing of it is known;
        ``unknown_ha`` beside each sum says how much is not.
    """
    corridors, parts = ready.corridors, ready.pieces.parts
    n = len(corridors)
    table = gpd.GeoDataFrame({"name": corridors["name"]}, crs=run.crs, geometry=corridors.geometry)
    table["rank"] = corridors.get("rank")
    table = table.join(_effects(ready, "corridor", n, ready.leads_on))
    for column in ("protected_ha", "protected_unknown_ha", "protected_share"):
        table[column] = np.nan
    if protected_areas is not None:
        whole = np.array([shapely.union_all(protected_areas.geometry.to_numpy())], dtype=object)
        # united: forms of protection overlap, land counts once whole =
        # np.array([shapely.union_all(guarded.geometry.to_numpy())], dtype=object)
        over = intersect(ready.pieces.shapes, shapely.get_parts(whole))
        inside = _sum(over.area, parts["corridor"].to_numpy()[over.left], n)
        dark = dark_area(run.evidence["protected_areas"], ready.pieces.shapes)
        area = _sum(parts["area"] - dark, parts["corridor"], n)
        table["protected_ha"] = known_sum(inside, area > 0) / HECTARE
        table["protected_unknown_ha"] = table["area_ha"] - area / HECTARE
        with np.errstate(invalid="ignore", divide="ignore"):
            table["protected_share"] = np.where(area > 0, np.minimum(inside / area, 1.0), np.nan)
    table["municipalities"] = (
        parts.groupby("corridor").size().reindex(range(n)).fillna(0).to_numpy()
    )
    return table.join(found.widths)


def totals(run: Run, protected_areas: ProtectedAreas | None, ready: Ready) -> pd.DataFrame:
    """Return areas of all corridors by effect, each hectare once: what sentences say.

    Parameters
    ----------
    run : Run
    ready : Ready

    Returns
    -------
    DataFrame (corridors,)
        ha, with land of overlapping corridors in one of them. Protected areas are NaN where the
        layer is missing.
    """
    once, n = ready.once, len(ready.corridors)
    table = _effects(once, "corridor", n)
    table["protected_ha"] = table["protected_unknown_ha"] = np.nan
    if protected_areas is not None:
        whole = np.array([shapely.union_all(protected_areas.geometry.to_numpy())], dtype=object)
        over = intersect(once.pieces.shapes, shapely.get_parts(whole))
        dark = dark_area(run.evidence["protected_areas"], once.pieces.shapes)
        corridor = once.pieces.parts["corridor"].to_numpy()
        inside = _sum(over.area, corridor[over.left], n)
        area = _sum(once.pieces.parts["area"] - dark, corridor, n)
        table["protected_ha"] = known_sum(inside, area > 0) / HECTARE
        table["protected_unknown_ha"] = table["area_ha"] - area / HECTARE
    return table


def conflict_table(run: Run, ready: Ready) -> gpd.GeoDataFrame:
    """Return one row per corridor, municipality and zone that bars or filters.

    Parameters
    ----------
    run : Run
        ``min_conflict`` (m2): smaller pieces have no row; they are in the sums.
    ready : Ready

    Returns
    -------
    GeoDataFrame
        The largest first. ``corridor_share`` is of the whole corridor, beyond the metropolis too.
    """
    cuts = ready.pieces.conflicts
    area = ready.corridors.area.to_numpy()
    bars = cuts["severity"].isin(["barrier", "filter"])
    rows = (bars & (cuts["area"] > run.parameters.min_conflict)).to_numpy()
    order = np.flatnonzero(rows)
    order = order[np.argsort(-cuts["area"].to_numpy()[order], kind="stable")]
    some = cuts.iloc[order]
    corridor, zone, town = (some[c].to_numpy() for c in ("corridor", "zone", "town"))
    ranks = ready.corridors["rank"] if "rank" in ready.corridors else pd.Series([None] * len(area))
    return gpd.GeoDataFrame(
        {
            "corridor": ready.corridors["name"].to_numpy()[corridor],
            "rank": ranks.to_numpy()[corridor],
            "municipality": ready.municipalities["name"].to_numpy()[town],
            "symbol": ready.zones["symbol"].to_numpy()[zone],
            "label": ready.zones["label"].to_numpy()[zone],
            "severity": some["severity"].to_numpy(),
            "area_ha": some["area"].to_numpy() / HECTARE,
            "corridor_share": some["area"].to_numpy() / area[corridor],
        },
        geometry=ready.pieces.conflict_shapes[order],
        crs=run.crs,
    )


@dataclass(frozen=True)
class Protected:
    """Protected areas under the plans: one row each, and sums by municipality (m2)."""

    frame: gpd.GeoDataFrame
    area: Array
    barrier: Array
    unknown: Array


def protected_table(run: Run, protected_areas: ProtectedAreas | None, ready: Ready) -> Protected:
    """Return protected areas cut by plans.

    Severity is that of a corridor without rank.

    Parameters
    ----------
    run : Run
    ready : Ready

    Returns
    -------
    Protected
        Rows of the areas, each with all its land; sums by municipality count land of overlapping
        forms of protection once. All NaN without the layer.
    """
    layer, n = protected_areas, len(ready.municipalities)
    columns = ["name", "form", "area_ha", *(f"{e}_ha" for e in EFFECTS)]
    if layer is None:
        nothing = gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=run.crs)
        empty = np.full(n, np.nan)
        return Protected(nothing, empty, empty, empty)
    layer = layer.reset_index(drop=True)
    args = (divided(ready.municipalities), ready.zones.geometry.to_numpy())
    symbols = ready.zones["symbol"].tolist()

    def cut(shapes: Array) -> pd.DataFrame:
        found = cut_corridors(shapes, [None] * len(shapes), *args, symbols, ready.severity)
        certain = found.conflicts["severity"].isin(["barrier", "unknown"]).to_numpy()
        return withhold(found, *ready.plans.withheld(found.conflict_shapes, certain)).parts

    shapes = layer.geometry.to_numpy()
    parts = cut(shapes)
    frame = gpd.GeoDataFrame({"name": layer["name"]}, geometry=shapes, crs=run.crs)
    frame["form"] = layer.get("form")
    area = _sum(parts["area"], parts["corridor"], len(layer))
    frame["area_ha"] = area / HECTARE
    dark = _sum(parts["unknown"], parts["corridor"], len(layer))
    leads_on = [part is not None for part in beyond(shapes, ready.municipalities)]
    some = (area - dark > 1e-6 * area) | ((area == 0) & ~np.array(leads_on, dtype=bool))
    for effect in EFFECTS[:3]:
        total = _sum(parts[effect], parts["corridor"], len(layer))
        frame[f"{effect}_ha"] = known_sum(total, some) / HECTARE
    frame["unknown_ha"] = dark / HECTARE
    # forms of protection overlap: municipal sums count land once
    once = cut(shapely.get_parts(np.array([shapely.union_all(shapes)], dtype=object)))
    area, barrier, dark = (_sum(once[c], once["town"], n) for c in ("area", "barrier", "unknown"))
    # an area that could not be read may lie here
    listed = run.evidence["protected_areas"].known_within(ready.municipalities)
    area = known_sum(area, listed)
    some = (area - dark > 1e-6 * area) | (area == 0)
    return Protected(frame[[*columns, "geometry"]], area, known_sum(barrier, some), dark)


def municipal_table(
    run: Run, ready: Ready, protected: Protected, found: Passages
) -> gpd.GeoDataFrame:
    """Return one row per municipality; what an absent plan does is not known.

    Parameters
    ----------
    run : Run
    ready : Ready
    protected : Protected
    found : Passages

    Returns
    -------
    GeoDataFrame (municipalities,)
        Each hectare once. NaN where a corridor that could not be read may lie, and, for counts of
        bottlenecks, where plans or buildings in a corridor are not known.
    """
    parts, n = ready.pieces.parts, len(ready.municipalities)
    table = add_plan(ready.municipalities[["teryt", "name", "geometry"]].copy(), ready.plans.cover)
    effects = _effects(ready.once, "town", n).rename(columns={"area_ha": "corridor_ha"})
    count = parts.groupby("town").size().reindex(range(n)).fillna(0).to_numpy()
    # a corridor that could not be read may lie here
    listed = run.evidence["corridors"].known_within(ready.municipalities) | (count > 0)
    table["corridors"] = known_sum(count, listed)
    for column in effects:
        table[column] = np.where(listed, effects[column], np.nan)
    table["protected_ha"] = protected.area / HECTARE
    table["protected_barrier_ha"] = protected.barrier / HECTARE
    table["protected_unknown_ha"] = protected.unknown / HECTARE
    doubtful = ready.leads_on[parts["corridor"].to_numpy()] * 1.0
    dark = _sum(ready.plan_dark + ready.built_dark + doubtful, parts["town"], n) > 0
    kinds = found.bottlenecks["kind"].to_numpy()
    for column, kind in _PLACES.items():
        counts = np.bincount(
            found.municipalities[(kinds == kind) & (found.municipalities >= 0)], minlength=n
        )
        table[column] = known_sum(counts, listed & ~dark)
    return table
