"""Layers of the check ``missing_links``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    CycleCoverage,
    CycleRoutes,
    Entrances,
    Interchanges,
    Municipalities,
    PopulationCells,
    Stations,
    StreetLayer,
)
from metrogis.i18n import _


@dataclass(frozen=True)
class Inputs:
    """Layers of ``missing_links``; those with a default may be missing."""

    municipalities: Municipalities
    streets: StreetLayer = layer(_("streets with tags (OpenStreetMap)"), required=True)
    _named: KW_ONLY
    interchanges: Interchanges | None = None
    rail_stations: Stations | None = None
    interchange_entrances: Entrances | None = None
    population: PopulationCells | None = None
    cycle_routes: CycleRoutes | None = None
    cycle_coverage: CycleCoverage | None = None
