"""Layers of the check ``white_spots``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Coverage,
    Localities,
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
    """Layers of ``white_spots``; those with a default may be missing."""

    municipalities: Municipalities
    population: PopulationCells | None = None
    timetable: Timetable | None = None
    _named: KW_ONLY
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    population_municipal: MunicipalPopulation | None = None
    built_up: Weights | None = layer(_("built-up land (weights)"))
    stop_posts: Stops | None = None
    rail_stations: Stations | None = None
    localities: Localities | None = None
