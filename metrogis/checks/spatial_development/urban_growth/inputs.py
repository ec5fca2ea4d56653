"""Layers of the check ``urban_growth``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Corridors,
    Coverage,
    Municipalities,
    MunicipalPopulation,
    PlanLayer,
    PlanningZones,
    PopulationCells,
    ProtectedAreas,
    Raster,
    Timetable,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``urban_growth``; those with a default may be missing."""

    municipalities: Municipalities
    built_up: Raster
    built_up_before: Raster
    population: PopulationCells | None = None
    population_before: PopulationCells | None = None
    population_municipal: MunicipalPopulation | None = None
    population_municipal_before: MunicipalPopulation | None = None
    _: KW_ONLY
    corridors: Corridors | None = None
    protected_areas: ProtectedAreas | None = None
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    timetable: Timetable | None = None
    coverage: Coverage | None = None
    land_cover: Raster | None = None
