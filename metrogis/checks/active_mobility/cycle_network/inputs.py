"""Layers of the check ``cycle_network``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    CycleCoverage,
    CycleRoutes,
    Municipalities,
    MunicipalPopulation,
    StreetLayer,
)
from metrogis.texts import Text


@dataclass(frozen=True)
class Inputs:
    """Layers of ``cycle_network``; those with a default may be missing."""

    municipalities: Municipalities
    cycle_routes: CycleRoutes | None = layer(
        Text("infrastruktura rowerowa (ona albo ulice)", "cycle routes (these, or streets)")
    )
    _: KW_ONLY
    streets: StreetLayer | None = layer(
        Text("ulice z tagami (OpenStreetMap)", "streets with tags (OpenStreetMap)")
    )
    population_municipal: MunicipalPopulation | None = None
    cycle_coverage: CycleCoverage | None = None
