"""Parameters of ``border_gaps``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    CoverageLength,
    CoverageShare,
    LineTolerance,
    MatchDistance,
    MatchShare,
    PaintedLanes,
    StressRules,
)
from metrogis.i18n import _

_OWN = ours("67-gaps-at-borders")


class BorderGapsParameters(Parameters):
    """Parameters of ``border_gaps``."""

    line_tolerance: LineTolerance = 1
    reach: Annotated[
        float,
        Spec(_("an end lies from the border up to"), "m", _OWN, range=0.2),
        Field(gt=0),
    ] = 500
    gap_limit: Annotated[
        float,
        Spec(_("longest gap"), "m", _OWN, range=0.2),
        Field(gt=0),
    ] = 1500
    detour_min: Annotated[
        float,
        Spec(
            _("way round over infrastructure from"),
            "1",
            citations.IPDC.saying(_("detour of at least 1.5")),
            range=0.1,
        ),
        Field(ge=1),
    ] = 1.5
    lone_distance: Annotated[
        float,
        Spec(
            _("end with nothing beyond, up to"),
            "m",
            _OWN,
            range=0.2,
        ),
        Field(ge=0),
    ] = 150
    border_tolerance: Annotated[
        float,
        Spec(
            _("sliver between municipalities up to"),
            "m",
            ours("34-coherence-at-borders", _("as plans meet: 25 m")),
        ),
        Field(ge=0),
    ] = 25
    coverage_length: CoverageLength = 1
    coverage_share: CoverageShare = 0.95
    lanes: PaintedLanes = True
    match_distance: MatchDistance = 15
    match_share: MatchShare = 0.8
    rules: StressRules = "bike_ottawa"
