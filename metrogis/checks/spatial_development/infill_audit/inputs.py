"""Layers of the check ``infill_audit``."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.checks.contract.layers import Areas, Municipalities, PlanLayer, Roads


@dataclass(frozen=True)
class Inputs:
    """Layers of ``infill_audit``; those with a default may be missing."""

    municipalities: Municipalities
    plans: PlanLayer
    buildings: Areas | None = None
    roads: Roads | None = None
    soil_classes: Areas | None = None
