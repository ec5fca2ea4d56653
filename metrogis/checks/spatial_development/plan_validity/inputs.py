"""Layers of the check ``plan_validity``."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.checks.contract.layers import (
    Areas,
    Municipalities,
    PlanLayer,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``plan_validity``; those with a default may be missing."""

    municipalities: Municipalities
    plans: PlanLayer
    local_plans: Areas | None = None
