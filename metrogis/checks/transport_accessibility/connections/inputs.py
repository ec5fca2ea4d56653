"""Layers of the check ``connections``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract.layers import (
    Coverage,
    Flows,
    Localities,
    Municipalities,
    Stations,
    Stops,
    StreetLayer,
    Timetable,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``connections``; those with a default may be missing."""

    municipalities: Municipalities
    localities: Localities
    timetable: Timetable
    _: KW_ONLY
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    stop_posts: Stops | None = None
    rail_stations: Stations | None = None
    od_flows: Flows | None = None
