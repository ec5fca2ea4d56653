"""Layers of the check ``feeder_coordination``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract.layers import (
    Coverage,
    Municipalities,
    Stations,
    Stops,
    StreetLayer,
    Timetable,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``feeder_coordination``; those with a default may be missing."""

    municipalities: Municipalities
    timetable: Timetable
    _: KW_ONLY
    coverage: Coverage | None = None
    streets: StreetLayer | None = None
    stop_posts: Stops | None = None
    rail_stations: Stations | None = None
