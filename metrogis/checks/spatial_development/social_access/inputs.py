"""Layers of the check ``social_access``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Areas,
    Municipalities,
    MunicipalPopulation,
    PlanLayer,
    PlanningZones,
    PopulationCells,
    ProtectedAreas,
    Raster,
    Roads,
    Services,
    StreetLayer,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``social_access``; those with a default may be missing."""

    municipalities: Municipalities
    population: PopulationCells
    streets: StreetLayer | None = None
    schools: Areas | None = None
    green_areas: Areas | None = None
    services: Services | None = None
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    _: KW_ONLY
    population_municipal: MunicipalPopulation | None = None
    parcels: Areas | None = None
    built_up: Raster | None = None
    buildings: Areas | None = None
    roads: Roads | None = None
    land_cover: Raster | None = None
    protected_areas: ProtectedAreas | None = None
    flood_hazard: Areas | None = None
