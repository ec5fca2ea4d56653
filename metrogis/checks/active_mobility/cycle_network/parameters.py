"""Parameters of ``cycle_network``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    CoverageLength,
    CoverageShare,
    DrawingError,
    JoinedGap,
    LineTolerance,
    MediumGap,
    StressLimit,
    StressRules,
    WideGap,
)
from metrogis.i18n import _, both

_OWN = ours("65-cycle-network")


class CycleNetworkParameters(Parameters):
    """Parameters of ``cycle_network``."""

    line_tolerance: LineTolerance = 1
    tolerance: JoinedGap = 0
    tolerance_medium: MediumGap = 10
    tolerance_wide: WideGap = 20
    end_tolerance: DrawingError = 3
    match_distance: Annotated[
        float,
        Spec(
            _("the same route in the other source to"),
            "m",
            citations.BIKE_DNA.saying(both("15 m")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 15
    missing_length: Annotated[
        float,
        Spec(_("shortest stretch reported"), "m", _OWN, range=0.2),
        Field(ge=0),
    ] = 50
    missing_join: Annotated[
        float,
        Spec(
            _("stretches nearer are one place"),
            "m",
            _OWN.saying(
                _("a crossing route hides twice the matching distance"),
            ),
        ),
        Field(ge=0),
    ] = 40
    compare_reach: Annotated[
        float,
        Spec(_("street data reach as far as"), "m", _OWN),
        Field(gt=0),
    ] = 500
    coverage_length: CoverageLength = 1
    coverage_share: CoverageShare = 0.95
    stress_limit: StressLimit = 2
    rules: StressRules = "bike_ottawa"
    defaults_limit: Annotated[
        float,
        Spec(
            _("data weak above a share of defaults"),
            "1",
            _OWN,
        ),
        Field(ge=0, le=1),
    ] = 0.5
