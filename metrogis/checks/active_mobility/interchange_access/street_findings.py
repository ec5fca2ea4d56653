"""Sentences on reach along streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.active_mobility.interchange_access import street_presentation as texts
from metrogis.checks.active_mobility.interchange_access.street_tables import StreetTables
from metrogis.checks.contract import Finding, Run
from metrogis.checks.contract.layers import StreetLayer
from metrogis.checks.shared.infrastructure import plain


def street_findings(
    run: Run,
    streets: StreetLayer | None,
    hubs: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    along: StreetTables,
) -> list[Finding]:
    """Return sentences on reach along streets: people, barriers, detours, stress, slope, stands.

    Parameters
    ----------
    run : Run
    hubs : GeoDataFrame
        One row per place, with the columns of :class:`StreetTables`.
    municipalities : GeoDataFrame
        One row per municipality, with its columns. A sum over municipalities is NaN, and its
        sentence left out, only where none of them is known.
    along : StreetTables

    Returns
    -------
    list of Finding
        Empty without streets or places.
    """
    params = run.parameters
    if streets is None or len(hubs) == 0:
        return []
    found: list[Finding] = []
    total = municipalities[[*texts.TOWN_COLUMNS]].sum(min_count=1)
    if total[["people_walk_streets", "people_bike_streets"]].notna().all():
        reached = float(total["people_bike_streets"])
        values = {
            "people_walk_streets": float(total["people_walk_streets"]),
            "people_bike_streets": reached,
            "calm_share": float(total["people_bike_direct"]) / reached if reached else np.nan,
        }
        places = {"level": plain(params.stress_limit), "ratio": plain(params.direct_ratio)}
        found.append(Finding(texts.PEOPLE, values, places))
        barriers = hubs[["barrier_walk", "barrier_bike"]].sum(axis=1)
        if barriers.max() > 0:
            values = {
                "barrier_walk": float(total["people_walk_barrier"]),
                "barrier_bike": float(total["people_bike_barrier"]),
            }
            worst = str(hubs["name"].loc[barriers.idxmax()])
            limit = plain(params.detour_limit)
            found.append(Finding(texts.BARRIER, values, {"limit": limit, "worst": worst}))
    detour = hubs["detour_bike"].dropna()
    if len(detour):
        values = {
            "detour_median": float(detour.median()),
            "detour_over": int((detour > params.detour_limit).sum()),
        }
        found.append(Finding(texts.DETOUR, values, {"limit": plain(params.detour_limit)}))
    if "stress_default_share" in along.figures:
        share = along.figures["stress_default_share"]
        found.append(Finding(texts.STRESS, {"stress_default_share": share}))
    slope = hubs["slope_percent"].dropna()
    if len(slope):
        values = {"slope_median": float(slope.median()), "slope_worst": float(slope.max())}
        worst = str(hubs["name"].loc[slope.idxmax()])
        found.append(Finding(texts.SLOPE, values, {"steepest": worst}))
    off = int(hubs["on_streets"].isna().sum())
    people = float(np.nan_to_num(total["people_off_streets"]))
    if off or people >= 0.5:
        values = {"off_streets_places": off, "off_streets_people": people}
        found.append(Finding(texts.UNKNOWN_STREETS, values))
    told = hubs["stands_missing"].dropna()
    if len(told):
        values = {
            "parking_short": int((told > 0).sum()),
            "parking_told": len(told),
            "parking_missing": float(told.sum()),
        }
        found.append(Finding(texts.PARKING, values))
    return found
