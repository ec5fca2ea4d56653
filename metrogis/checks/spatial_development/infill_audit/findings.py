"""Sentences of ``infill_audit``, and what of them is known."""

from __future__ import annotations

import geopandas as gpd

from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.plan_ground import plan_findings
from metrogis.checks.spatial_development.infill_audit import presentation as texts
from metrogis.evidence.plans import PlanCover


def findings(
    run: Run, table: gpd.GeoDataFrame, cover: PlanCover, *, buildings: bool
) -> list[Finding]:
    """Return the sentences: states, the largest enlargement, what is left out, what is missing."""
    counts = {c.value: float((table["state"] == c.value).sum()) for c in texts.STATES}
    counts["state_unknown"] = counts.pop("unknown")
    mostly = counts["state_unknown"] > 0.5 * len(table)
    out = [Finding(texts.states(counts), counts, unknown=mostly)]
    if not buildings:
        out.append(Finding(texts.NO_BUILDINGS, unknown=True))
    above = table[(table["state"] == "exceeds") & table["pp_m2"].notna()]
    if len(above):
        first = above.loc[above["excess_m2"].idxmax()]
        out.append(
            Finding(
                texts.LARGEST,
                {
                    "largest_excess_m2": float(first["excess_m2"]),
                    "largest_pp_m2": float(first["pp_m2"]),
                },
                {"municipality": str(first["name"])},
            )
        )
    unused = float(table["unused_ha"].sum(min_count=1))
    if unused >= 1:
        out.append(Finding(texts.UNUSED, {"unused_ha": unused}))
    return out + plan_findings(run.municipalities, cover)
