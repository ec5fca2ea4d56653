"""Layers of the check ``border_gaps``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract import layer
from metrogis.checks.contract.layers import (
    CycleCoverage,
    CycleRoutes,
    Municipalities,
    StreetLayer,
)
from metrogis.i18n import _


@dataclass(frozen=True)
class Inputs:
    """Layers of ``border_gaps``; those with a default may be missing."""

    municipalities: Municipalities
    streets: StreetLayer = layer(_("streets with tags (OpenStreetMap)"), required=True)
    _named: KW_ONLY
    cycle_routes: CycleRoutes | None = None
    cycle_coverage: CycleCoverage | None = None
