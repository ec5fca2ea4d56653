"""Parameters of ``missing_links``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    BikeLimit,
    CoverageLength,
    CoverageShare,
    DrawingError,
    EntranceDistance,
    HubDistance,
    JoinDistance,
    LineTolerance,
    MatchDistance,
    MatchShare,
    MinNetwork,
    PaintedLanes,
    SameNameDistance,
    StressLimit,
    StressRules,
)
from metrogis.i18n import _

_OWN = ours("66-missing-links")


class MissingLinksParameters(Parameters):
    """Parameters of ``missing_links``."""

    line_tolerance: LineTolerance = 1
    network: Annotated[
        Literal["infrastructure", "low_stress"],
        Spec(
            _("what is the network"),
            "-",
            _OWN.saying(
                _("infrastructure, or with streets of low stress"),
            ),
        ),
    ] = "infrastructure"
    stress_limit: StressLimit = 2
    detour_min: Annotated[
        float,
        Spec(_("detour of at least"), "1", citations.IPDC, range=0.1),
        Field(ge=0),
    ] = 1.5
    radius: Annotated[
        float,
        Spec(_("trips of up to"), "m", citations.IPDC, range=0.2),
        Field(gt=0),
    ] = 2500
    benefit_min: Annotated[float, Spec(_("least benefit"), "1", citations.IPDC), Field(ge=0)] = 0
    weight: Annotated[
        Literal["betweenness", "people"],
        Spec(
            _("benefit counted as"),
            "-",
            citations.IPDC.saying(
                _("betweenness; or people whose way to an interchange uses it"),
            ),
        ),
    ] = "betweenness"
    rank_by: Annotated[
        Literal["access", "benefit"],
        Spec(
            _("ranked by"),
            "-",
            _OWN.saying(_("access to interchanges first")),
        ),
    ] = "access"
    length_limit: Annotated[
        float,
        Spec(
            _("longest link"),
            "m",
            _OWN.saying(_("longer is a new route")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 2500
    join_distance: JoinDistance = 50
    min_network: MinNetwork = 3
    bike_limit: BikeLimit = 3750
    access_distance: Annotated[
        float,
        Spec(_("people live at the network up to"), "m", _OWN, range=0.2),
        Field(gt=0),
    ] = 300
    short: DrawingError = 3
    crossing_length: Annotated[
        float,
        Spec(_("crossing of a street up to"), "m", _OWN),
        Field(ge=0),
    ] = 30
    match_distance: MatchDistance = 15
    match_share: MatchShare = 0.8
    lanes: PaintedLanes = True
    cost_per_km: Annotated[
        float,
        Spec(
            _("rate"),
            "mln PLN/km",
            _OWN.saying(_("put the rate of your tenders here")),
        ),
        Field(ge=0),
    ] = 2.0
    merge_distance: HubDistance = 200
    same_name_distance: SameNameDistance = 500
    entrance_distance: EntranceDistance = 1000
    coverage_length: CoverageLength = 1
    coverage_share: CoverageShare = 0.95
    rules: StressRules = "bike_ottawa"
