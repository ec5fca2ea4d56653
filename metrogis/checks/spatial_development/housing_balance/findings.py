"""Sentences of ``housing_balance``, and what of them is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.plan_ground import plan_findings
from metrogis.checks.spatial_development.housing_balance import presentation as texts
from metrogis.checks.spatial_development.housing_balance.demand import Demand
from metrogis.evidence.plans import PlanCover
from metrogis.planning.housing import BANDS


def findings(run: Run, table: gpd.GeoDataFrame, demand: Demand, cover: PlanCover) -> list[Finding]:
    """Return the sentences: bands, sums of the metropolis, where capacity lies, what is missing."""
    params = run.parameters
    counts = {name: float((table["band"] == name).sum()) for name in BANDS}
    counts["band_unknown"] = counts.pop("unknown")
    values = {**counts, "low": params.band_low, "high": params.band_high}
    mostly = counts["band_unknown"] > 0.5 * len(table)
    out = [Finding(texts.bands(values), values, unknown=mostly)]
    out += _demand_missing(demand)
    out += _sums(table, demand)
    out += _largest(table)
    out += _places(table)
    out += plan_findings(run.municipalities, cover)
    dark = float(table["unknown_ha"].sum())
    if dark >= 0.5:
        out.append(Finding(texts.UNKNOWN_LAND, {"unknown_ha": dark}, unknown=True))
    return out


def _demand_missing(demand: Demand) -> list[Finding]:
    if demand.year is None:
        return [Finding(texts.NO_STATISTICS, unknown=True)]
    lacking = int(np.isnan(demand.chosen).sum())
    if not lacking:
        return []
    return [Finding(texts.SOME_STATISTICS, {"demand_unknown": lacking}, unknown=True)]


def _sums(table: gpd.GeoDataFrame, demand: Demand) -> list[Finding]:
    """Return the sums over municipalities in which all capacity and demand are known.

    Demand is added up without floors, negative ones included: a floor is a right of one
    municipality, no need of the metropolis.
    """
    both = (np.isfinite(demand.unfloored) & (table["unknown_ha"] == 0)).to_numpy()
    out = []
    if both.any():
        zap, capacity = float(demand.unfloored[both].sum()), float(table["capacity"][both].sum())
        values = {"municipalities_summed": int(both.sum()), "capacity": capacity, "demand": zap}
        if zap > 0:
            values["capacity_ratio"] = capacity / zap
        out.append(Finding(texts.SUM_RATIO if zap > 0 else texts.SUM, values))
    if np.isfinite(demand.metropolis):
        out.append(Finding(texts.FORECAST, {"metropolis_demand": demand.metropolis}))
    return out


def _largest(table: gpd.GeoDataFrame) -> list[Finding]:
    above = table[(table["band"] == "above") & table["ratio"].notna()]
    if above.empty:
        return []
    first = above.loc[above["ratio"].idxmax()]
    return [
        Finding(
            texts.LARGEST,
            {"largest_ratio": float(first["ratio"])},
            {"municipality": str(first["name"])},
        )
    ]


def _places(table: gpd.GeoDataFrame) -> list[Finding]:
    out = []
    for name, text in (
        ("outside_transit_share", texts.TRANSIT),
        ("beyond_standards_share", texts.STANDARDS),
    ):
        known = table[name].notna() & table["capacity"].notna()
        held = table["capacity"][known]
        if known.any() and held.sum() > 0:
            share = float((table[name][known] * held).sum() / held.sum())
            if share > 0:
                out.append(Finding(text, {name: share}))
    broken = float((table["order_ok"] == "no").sum())
    if broken:
        out.append(Finding(texts.ORDER, {"order_broken": broken}))
    return out
