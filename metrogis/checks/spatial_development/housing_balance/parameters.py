"""Parameters of the check ``housing_balance``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    BusWalk,
    Detour,
    MinDepartures,
    PlansMeet,
    RailWalk,
)
from metrogis.checks.shared.capacity import CapacityParameters
from metrogis.checks.shared.standards import SocialParameters
from metrogis.evidence.plans import TOLERANCE
from metrogis.i18n import _
from metrogis.planning.housing import Variant

_OWN = ours("37-housing-demand-and-capacity")
_LAW = citations.PLANNING_ACT.at("37-housing-demand-and-capacity")
_RULES = citations.GENERAL_PLANS.at("37-housing-demand-and-capacity")


class HousingBalanceParameters(SocialParameters, CapacityParameters):
    """Parameters of ``housing_balance``."""

    variant: Annotated[
        Variant,
        Spec(
            _("how floor area per inhabitant goes on"),
            "-",
            _OWN.saying(_("the formulas of the regulation were not seen; all are shown")),
        ),
    ] = "linear_20"
    year: Annotated[
        int | None,
        Spec(_("year of the statistics"), "year", _OWN.saying(_("the newest in the layer"))),
        Field(ge=1950, le=2200),
    ] = None
    forecast_factor: Annotated[
        float,
        Spec(_("forecast population times"), "1", _RULES.saying(_("section 3"))),
        Field(gt=0, le=2),
    ] = 1.05
    least_area: Annotated[
        float,
        Spec(
            _("floor area per inhabitant in 20 years is at least"),
            "m2/person",
            _RULES.saying(_("section 3")),
        ),
        Field(gt=0),
    ] = 40
    floors: Annotated[
        bool,
        Spec(
            _("least demand by population: 1000, 500, 300"),
            "-",
            _RULES.saying(_("section 3; a municipality may take it (off by default)")),
        ),
    ] = False
    band_low: Annotated[
        float,
        Spec(_("capacity is at least, of demand"), "1", _LAW.saying(_("art. 13d: 70 %"))),
        Field(gt=0, le=1),
    ] = 0.7
    band_high: Annotated[
        float,
        Spec(_("capacity is at most, of demand"), "1", _LAW.saying(_("art. 13d: 130 %"))),
        Field(ge=1),
    ] = 1.3
    intensity_used: Annotated[
        float,
        Spec(_("share of the greatest intensity that is used (cross-check)"), "1", _OWN),
        Field(gt=0, le=1),
    ] = 0.9
    usable_area: Annotated[
        float,
        Spec(_("usable to gross floor area (cross-check)"), "1", _OWN, range=0.1),
        Field(gt=0, le=1),
    ] = 0.75
    least_listed: Annotated[
        float,
        Spec(
            _("zones are listed from a capacity of"),
            "people",
            _OWN.saying(_("smaller ones count in the sums")),
        ),
        Field(ge=0),
    ] = 10
    tolerance: PlansMeet = TOLERANCE
    bus_walk_limit: BusWalk = 500
    rail_walk_limit: RailWalk = 1000
    min_departures: MinDepartures = 8
    detour: Detour = 1.3
