"""Sentences of ``settlement_structure``, and what of them is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding, Run
from metrogis.checks.spatial_development.settlement_structure import presentation as texts
from metrogis.checks.spatial_development.settlement_structure.rail import Near
from metrogis.i18n import join


def findings(
    run: Run, table: gpd.GeoDataFrame, bands: gpd.GeoDataFrame, near: Near, people: np.ndarray
) -> list[Finding]:
    """Return the sentences: degrees, where people live, how near to rail, what is missing."""
    counts = {c.value: float((table["degurba"] == c.value).sum()) for c in texts.DEGREES}
    counts["degree_unknown"] = counts.pop("unknown")
    mostly = counts["degree_unknown"] > 0.5 * len(table)
    out = [Finding(texts.degrees(counts), counts, unknown=mostly)]
    sums = [float(table[f"{k}_people"].sum()) for k in ("centre", "cluster", "rural")]
    if sum(sums) > 0:
        shares = np.array(sums) / sum(sums)
        names = ("centre_share", "cluster_share", "rural_share")
        out.append(Finding(texts.PEOPLE, dict(zip(names, shares.tolist(), strict=True))))
    counted = np.nan_to_num(people)
    known = float(counted[near.known].sum())
    if known > 0:
        share = float(counted[near.known & near.yes].sum()) / known
        values = {"near_rail_share": share, "near_rail": float(run.parameters.near_rail)}
        out.append(Finding(texts.NEAR_RAIL, values))
    if len(bands) > 1:
        values = {
            "band_density": float(bands["density"].iloc[0]),
            "far_density": float(bands["density"].iloc[-1]),
        }
        out.append(Finding(texts.DENSITY, values, {"band": str(bands["band"].iloc[0])}))
    titles = {i.name: i.text for i in run.check.inputs}
    missing = [titles[n] for n in ("od_flows", "rail_stations") if not run.has(n)]
    if missing:
        out.append(Finding(texts.MISSING, {}, {"layers": join(", ", missing)}))
    return out
