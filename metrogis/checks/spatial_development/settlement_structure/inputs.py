"""Layers of the check ``settlement_structure``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract.layers import (
    Flows,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Stations,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``settlement_structure``; those with a default may be missing."""

    municipalities: Municipalities
    population: PopulationCells
    od_flows: Flows | None = None
    rail_stations: Stations | None = None
    _: KW_ONLY
    population_municipal: MunicipalPopulation | None = None
