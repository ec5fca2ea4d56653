"""Layers of the check ``urban_form``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract.layers import (
    Areas,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Raster,
    Table,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``urban_form``; those with a default may be missing."""

    municipalities: Municipalities
    built_up: Raster
    population: PopulationCells | None = None
    population_municipal: MunicipalPopulation | None = None
    _: KW_ONLY
    jobs: Table | None = None
    land_cover: Raster | None = None
    land_cover_classes: Table | None = None
    urban_zones: Areas | None = None
