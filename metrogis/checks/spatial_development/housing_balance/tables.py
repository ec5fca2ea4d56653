"""Tables of ``housing_balance``: municipalities, and zones with what leaving one out would do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.arrays import Floats
from metrogis.checks.contract import Run
from metrogis.checks.shared.capacity import Capacity
from metrogis.checks.shared.dwelling_zones import DWELLING
from metrogis.checks.shared.exposure import State
from metrogis.checks.shared.plan_ground import add_plan, known_sum
from metrogis.checks.shared.plans import Plans
from metrogis.checks.spatial_development.housing_balance.demand import Demand
from metrogis.checks.spatial_development.housing_balance.whereabouts import Places
from metrogis.planning import housing

_HECTARE = 1e4
_NONE = 1e-6
"""Hectares below which land is rounding of an overlay."""


def municipal_table(
    run: Run, demand: Demand, plans: Plans, capacity: Capacity, places: Places
) -> gpd.GeoDataFrame:
    """Return demand, capacity, band and order of each municipality, and where its capacity lies."""
    municipalities, params, land = run.municipalities, run.parameters, capacity.land
    n = len(municipalities)
    table = add_plan(municipalities[["teryt", "name", "geometry"]].copy(), plans.cover)
    table["demand"] = demand.chosen
    table["demand_variant"] = str(params.variant)
    for variant, values in demand.variants.items():
        table[f"demand_{variant}"] = values
    table["published_demand"] = demand.published
    table["area_per_person"], table["area_from"] = demand.per_person, demand.area_from

    after, before = (land.by_town(v, n) for v in (capacity.after, capacity.before))
    # land whose plan is not known, and dwelling land of which it is not known what it holds
    bare = np.nan_to_num(plans.cover.area * (1 - plans.cover.share)) / _HECTARE
    outlined = ~np.isnan(plans.cover.share)
    # land on which a zone was lost is already land whose plan is not known
    unsure = np.where(capacity.unsure & land.planned, land.hectares, 0.0)
    dark = land.by_town(unsure, n) + bare
    dark[dark < _NONE] = 0.0
    sure = (dark == 0) & outlined
    table["undeveloped_ha"] = known_sum(
        land.by_town(np.where(capacity.usable, land.hectares, 0.0), n), sure
    )
    table["capacity"], table["capacity_before"] = known_sum(after, sure), known_sum(before, sure)
    table["cross_check"] = known_sum(_cross_check(run, capacity, demand.per_person, n), sure)
    table["unknown_ha"] = np.where(outlined, dark, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = plans.cover.area / _HECTARE
        table["known_share"] = np.clip(np.where(outlined, 1 - dark / whole, 0.0), 0.0, 1.0)
        # of land that is known in part against all demand there is no ratio
        whole_known = sure & (demand.chosen > 0)
        table["ratio"] = np.where(whole_known, table["capacity"] / demand.chosen, np.nan)
    most = after + _most_on(run, capacity, unsure, bare)
    most[~outlined] = np.inf
    table["band"] = housing.band(
        demand.chosen, after, most, low=params.band_low, high=params.band_high
    )
    table["order_ok"] = _order(run, demand, capacity, places, most)
    table["capacity_most"] = most
    for place, state in places.states.items():
        # of land that law excludes there is no capacity left: its share is of what was before
        people = capacity.before if place in ("protected", "flood") else capacity.after
        table[f"{place}_share"] = _share(capacity, places, people, state, n)
    return table


def _cross_check(run: Run, capacity: Capacity, per_person: Floats, municipalities: int) -> Floats:
    """Return the capacity by greatest intensity; without demand's P20 the least area stands in."""
    params, land = run.parameters, capacity.land
    area = np.where(np.isnan(per_person), params.least_area, per_person)
    people = housing.capacity_by_intensity(
        land.hectares,
        land.pieces["max_intensity"].to_numpy(float)[land.piece],
        area[land.owner] if len(land.piece) else 1.0,
        used=params.intensity_used,
        usable=params.usable_area,
        housing=params.housing_share,
    )
    values = np.where(capacity.usable, people, 0.0)
    out = land.by_town(np.nan_to_num(values), municipalities)
    # of a municipality with a zone of unknown intensity the sum is not known
    out[land.by_town(np.isnan(values), municipalities) > 0] = np.nan
    return out


def _most_on(run: Run, capacity: Capacity, hectares: Floats, bare: Floats) -> Floats:
    """Return the most people that land of unknown use can hold, by municipality.

    A zone of known density holds no more than that; of another the most is the greatest density of
    its type or a denser one in the metropolis. Land whose zone is not known may be of the densest.
    Where no such density is known there is no bound.

    Parameters
    ----------
    hectares : ndarray (cells,)
        Dwelling land of unknown use.
    bare : ndarray (municipalities,)
        Land without a known plan, ha.
    """
    land = capacity.land
    symbol = land.pieces["symbol"].astype(str).to_numpy()
    greatest: dict[str, float] = {}
    for k, kind in enumerate(DWELLING):
        own = capacity.density[np.isin(symbol, DWELLING[: k + 1])]
        greatest[kind] = float(np.nanmax(own)) if np.isfinite(own).any() else np.inf
    any_kind = greatest[DWELLING[0]]
    of_piece = np.array([greatest[s] for s in symbol], dtype=float)
    of_piece = np.where(np.isnan(capacity.density), of_piece, capacity.density)
    each = np.where(land.single, of_piece[land.piece], any_kind)
    people = np.zeros(len(hectares))
    some = hectares > 0
    people[some] = hectares[some] * each[some]
    out = land.by_town(people, len(bare))
    out[bare > _NONE] += bare[bare > _NONE] * any_kind
    return out * float(run.parameters.housing_share)


def _order(
    run: Run, demand: Demand, capacity: Capacity, places: Places, most: Floats
) -> np.ndarray:
    if not run.has("local_plans"):
        return np.full(len(most), "unknown", dtype=object)
    land, n = capacity.land, len(most)
    people = capacity.after[places.cells]
    owner = land.owner[places.cells]
    sure = np.bincount(owner, np.where(places.settled.yes, people, 0.0), minlength=n)
    may = np.bincount(
        owner, np.where(places.settled.yes | ~places.settled.known, people, 0.0), minlength=n
    )
    total = land.by_town(capacity.after, n)
    return housing.order_kept(
        demand.chosen, (sure, may), (total, most), high=run.parameters.band_high
    )


def _share(
    capacity: Capacity, places: Places, held: Floats, state: State, municipalities: int
) -> Floats:
    """Return the share of capacity on land of a kind, of the capacity of which that is known."""
    owner, people = capacity.land.owner[places.cells], held[places.cells]
    yes, known = (
        np.bincount(owner, np.where(which, people, 0.0), minlength=municipalities)
        for which in (state.yes & state.known, state.known)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known > 0, yes / known, np.nan))


def zone_table(
    run: Run, table: gpd.GeoDataFrame, demand: Demand, capacity: Capacity, places: Places
) -> gpd.GeoDataFrame:
    """Return zones with capacity, and the municipality's band without each.

    Pieces of one zone that lie in several municipalities are rows of their own. Zones below
    ``least_listed`` are left out.
    """
    params, land, municipalities = run.parameters, capacity.land, run.municipalities
    pieces = land.pieces
    owner = pieces["owner"].to_numpy()
    own = land.by_piece(capacity.after)
    frame = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[owner],
            "municipality": municipalities["name"].to_numpy()[owner],
            "label": pieces["label"].to_numpy(),
            "symbol": pieces["symbol"].to_numpy(),
            "undeveloped_ha": land.by_piece(np.where(capacity.usable, land.hectares, 0.0)),
            "density": capacity.density,
            "density_from": capacity.source,
            "capacity": own,
            "unknown_ha": land.by_piece(np.where(capacity.unsure, land.hectares, 0.0)),
        },
        geometry=pieces.geometry.to_numpy(),
        crs=run.crs,
    )
    frame["max_intensity"] = pieces["max_intensity"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        frame["cross_check"] = housing.capacity_by_intensity(
            frame["undeveloped_ha"],
            frame["max_intensity"],
            np.where(np.isnan(demand.per_person), params.least_area, demand.per_person)[owner],
            used=params.intensity_used,
            usable=params.usable_area,
            housing=params.housing_share,
        )
    total = table["capacity"].fillna(0.0).to_numpy()
    least, most = total[owner] - own, table["capacity_most"].to_numpy()[owner] - own
    zap = demand.chosen[owner]
    frame["band_without"] = housing.band(
        zap, least, most, low=params.band_low, high=params.band_high
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (table["unknown_ha"].to_numpy(float) == 0)[owner]
        frame["ratio_without"] = np.where(known & (zap > 0), least / zap, np.nan)
    transit = places.states["outside_transit"]
    piece, people = land.piece[places.cells], capacity.after[places.cells]
    held = [
        np.bincount(piece, np.where(which, people, 0.0), minlength=len(pieces))
        for which in (transit.yes, transit.known)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["outside_transit_share"] = np.where(held[1] > 0, held[0] / held[1], np.nan)
    # a zone of which nothing is known is listed: it is no zone without capacity
    blank = ((own <= 0) & (frame["unknown_ha"] > _NONE)).to_numpy()
    frame.loc[blank, ["capacity", "undeveloped_ha", "cross_check"]] = np.nan
    kept = frame[blank | (frame["capacity"] >= max(params.least_listed, _NONE))]
    return gpd.GeoDataFrame(
        kept.sort_values("capacity", ascending=False, kind="stable").reset_index(drop=True),
        crs=run.crs,
    )
