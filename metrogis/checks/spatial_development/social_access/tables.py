"""Tables of ``social_access``: municipalities, cells or parcels, and areas of one state."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from metrogis.arrays import Array, Floats
from metrogis.checks.contract import Run
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.shared.exposure import State
from metrogis.checks.shared.social import Access
from metrogis.checks.shared.social_units import CapacityUnits, Units
from metrogis.checks.spatial_development.social_access.presentation import LACKS

_PARTS = ("school", "green", "all")
KEYS = tuple(c.value for c in LACKS)


def words(state: State) -> Array:
    """Return yes, no or unknown of each place."""
    return np.where(~state.known, "unknown", np.where(state.yes, "yes", "no")).astype(object)


def lacking(access: Access) -> Array:
    """Return what each place is known to lack; see :data:`LACKS`."""
    no = [s.known & ~s.yes for s in (access.school, access.green, access.services)]
    count = np.sum(no, axis=0)
    out = np.full(len(count), "unknown", dtype=object)
    out[access.all.known & access.all.yes] = "nothing"
    for name, own in zip(("school", "green", "services"), no, strict=True):
        out[own & (count == 1)] = name
    out[count > 1] = "several"
    return out


def cell_table(run: Run, units: Units, access: Access) -> gpd.GeoDataFrame:
    """Return one row a parcel or cell: residents, states, walks."""
    municipalities = run.municipalities
    return gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[units.owner],
            "municipality": municipalities["name"].to_numpy()[units.owner],
            "unit": np.where(units.parcel, "parcel", "cell").astype(object),
            "residents": units.people,
            "school": words(access.school),
            "green": words(access.green),
            "services": words(access.services),
            "all": words(access.all),
            "school_m": access.school_m,
            "green_ha": access.green_ha,
            "large_green_m": access.large_green_m,
            "standards": np.where(access.standards.of_plan, "plan", "act").astype(object),
        },
        geometry=units.shapes,
        crs=run.crs,
    )


def area_table(run: Run, units: Units, lacks: Array) -> gpd.GeoDataFrame:
    """Return the cells of each municipality that lack the same as one row."""
    municipalities = run.municipalities
    number = np.searchsorted(np.sort(KEYS), lacks.astype(str))
    key = units.owner * len(KEYS) + number
    kept, group = np.unique(key, return_inverse=True)
    unknown = np.bincount(group, np.isnan(units.people), minlength=len(kept))
    people = np.bincount(group, np.nan_to_num(units.people), minlength=len(kept))
    rows = np.bincount(group, minlength=len(kept))
    return gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[kept // len(KEYS)],
            "municipality": municipalities["name"].to_numpy()[kept // len(KEYS)],
            "lacks": np.sort(KEYS)[kept % len(KEYS)].astype(object),
            "residents": np.where(unknown == rows, np.nan, people),
        },
        geometry=dissolve(units.shapes, group, len(kept)),
        crs=run.crs,
    )


def municipal_table(
    run: Run,
    units: Units,
    access: Access,
    capacity: tuple[Floats, CapacityUnits, Access],
) -> gpd.GeoDataFrame:
    """Return residents of each municipality, and the shares within the standards.

    ``capacity``: people of each cell that holds some, where they are, and what these reach.
    """
    municipalities = run.municipalities
    n = len(municipalities)
    table = municipalities[["teryt", "name", "geometry"]].copy()
    seen = np.isfinite(units.people)
    people = np.where(seen, units.people, 0.0)

    def total(which: Any) -> Floats:
        return np.bincount(units.owner, np.where(which, people, 0.0), minlength=n).astype(float)

    counted = np.bincount(units.owner, ~seen, minlength=n)
    everyone = total(True)
    outlined = ~(municipalities.geometry.isna() | municipalities.geometry.is_empty).to_numpy()
    some = outlined & ((counted == 0) | (everyone > 0))
    table["residents"] = np.where(some, everyone, np.nan)
    for name in _PARTS:
        state: State = getattr(access, name)
        yes, known = total(state.known & state.yes), total(state.known)
        table[f"{name}_yes_share"] = _ratio(yes, known)
        table[f"{name}_no"] = np.where(some, known - yes, np.nan)
    unknown = _ratio(total(~access.all.known), everyone)
    table["unknown_share"] = np.where(some & (everyone == 0), 0.0, unknown)
    # of people of whom it is not known where they live nothing is known
    bare = (counted > 0) | ~outlined
    table["known_share"] = np.where(bare & ~(everyone > 0), 0.0, 1 - table["unknown_share"])
    after, places, reached = capacity
    owner = places.owner[places.unit] if len(places.unit) else places.unit
    state = reached.all
    yes, known = (
        np.bincount(owner, np.where(which[places.unit], after, 0.0), minlength=n).astype(float)
        for which in (state.known & state.yes, state.known)
    )
    table["capacity_all_yes_share"] = _ratio(yes, known)
    whole = np.bincount(owner, after, minlength=n).astype(float)
    table["capacity"] = np.where(whole > 0, whole, np.nan)
    return table


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan), dtype=float)
