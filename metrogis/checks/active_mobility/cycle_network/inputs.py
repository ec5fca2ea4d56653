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
from metrogis.i18n import _


@dataclass(frozen=True)
class Inputs:
    """Layers of ``cycle_network``; those with a default may be missing."""

    municipalities: Municipalities
    cycle_routes: CycleRoutes | None = layer(_("cycle routes (these, or streets)"))
    _named: KW_ONLY
    streets: StreetLayer | None = layer(_("streets with tags (OpenStreetMap)"))
    population_municipal: MunicipalPopulation | None = None
    cycle_coverage: CycleCoverage | None = None
