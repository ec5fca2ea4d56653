"""Layers of the check ``travel_time``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Coverage,
    Localities,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Services,
    Stations,
    Stops,
    StreetLayer,
    Table,
    Timetable,
    Weights,
)
from metrogis.i18n import _


@dataclass(frozen=True)
class Inputs:
    """Layers of ``travel_time``; those with a default may be missing."""

    municipalities: Municipalities
    localities: Localities | None = None
    timetable: Timetable = layer(required=True)
    _named: KW_ONLY
    population: PopulationCells | None = None
    services: Services | None = None
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    population_municipal: MunicipalPopulation | None = None
    built_up: Weights | None = layer(_("built-up land (weights)"))
    stop_posts: Stops | None = None
    rail_stations: Stations | None = None
    jobs: Table | None = None
