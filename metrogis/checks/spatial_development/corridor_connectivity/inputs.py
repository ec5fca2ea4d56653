"""Layers of the check ``corridor_connectivity``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Corridors,
    Municipalities,
    PlanLayer,
    PlanningZones,
    ProtectedAreas,
    Raster,
    Roads,
    Table,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``corridor_connectivity``; those with a default may be missing."""

    municipalities: Municipalities
    land_cover: Raster
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    _: KW_ONLY
    corridors: Corridors | None = None
    protected_areas: ProtectedAreas | None = None
    roads: Roads | None = None
    land_cover_classes: Table | None = None
    zone_resistance: Table | None = None
    road_resistance: Table | None = None
    corridor_severity: Table | None = None
