"""Layers of the check ``housing_balance``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Areas,
    Corridors,
    Coverage,
    Municipalities,
    PlanLayer,
    PlanningZones,
    PopulationCells,
    ProtectedAreas,
    Raster,
    Roads,
    Services,
    StreetLayer,
    Table,
    Timetable,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``housing_balance``; those with a default may be missing."""

    municipalities: Municipalities
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    housing_statistics: Table | None = None
    population_forecast: Table | None = None
    population: PopulationCells | None = None
    built_up: Raster | None = None
    _: KW_ONLY
    buildings: Areas | None = None
    parcels: Areas | None = None
    roads: Roads | None = None
    land_cover: Raster | None = None
    local_plans: Areas | None = None
    corridors: Corridors | None = None
    protected_areas: ProtectedAreas | None = None
    flood_hazard: Areas | None = None
    soil_classes: Areas | None = None
    timetable: Timetable | None = None
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    schools: Areas | None = None
    green_areas: Areas | None = None
    services: Services | None = None
