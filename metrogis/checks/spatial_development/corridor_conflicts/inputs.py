"""Layers of the check ``corridor_conflicts``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Areas,
    Corridors,
    Municipalities,
    PlanLayer,
    PlanningZones,
    ProtectedAreas,
    Raster,
    Table,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``corridor_conflicts``; those with a default may be missing."""

    municipalities: Municipalities
    corridors: Corridors
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    _: KW_ONLY
    protected_areas: ProtectedAreas | None = None
    built_up: Raster | None = None
    buildings: Areas | None = None
    core_areas: Areas | None = None
    corridor_severity: Table | None = None
