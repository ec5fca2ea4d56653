"""Layers of the check ``border_coherence``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Corridors,
    Municipalities,
    PlanLayer,
    PlanningZones,
    Table,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``border_coherence``; those with a default may be missing."""

    municipalities: Municipalities
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
    _: KW_ONLY
    corridors: Corridors | None = None
    corridor_severity: Table | None = None
