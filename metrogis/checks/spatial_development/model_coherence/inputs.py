"""Layers of the check ``model_coherence``."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    Areas,
    Municipalities,
    PlanLayer,
    PlanningZones,
    Table,
)
from metrogis.checks.shared.plans import IN_PLACE_OF_PLANS


@dataclass(frozen=True)
class Inputs:
    """Layers of ``model_coherence``; those with a default may be missing."""

    municipalities: Municipalities
    structure: Areas
    model_compatibility: Table
    plans: PlanLayer | None = None
    planning_zones: PlanningZones | None = layer(IN_PLACE_OF_PLANS)
