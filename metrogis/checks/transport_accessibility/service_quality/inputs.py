"""Layers of the check ``service_quality``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Coverage,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Stations,
    Stops,
    StreetLayer,
    Timetable,
    Weights,
)
from metrogis.i18n import _


@dataclass(frozen=True)
class Inputs:
    """Layers of ``service_quality``; those with a default may be missing."""

    municipalities: Municipalities
    population: PopulationCells | None = None
    timetable: Timetable = layer(required=True)
    _named: KW_ONLY
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    population_municipal: MunicipalPopulation | None = None
    built_up: Weights | None = layer(_("built-up land (weights)"))
    stop_posts: Stops | None = None
    rail_stations: Stations | None = None
