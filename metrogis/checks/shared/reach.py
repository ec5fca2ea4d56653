"""Parameters of how far people walk and ride to interchanges."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    BikeLimit,
    EntranceDistance,
    HubDistance,
    LineTolerance,
    SameNameDistance,
    StressLimit,
    StressRules,
)
from metrogis.i18n import _

_OWN = ours("63-access-to-interchanges")


class ReachParameters(Parameters):
    """Parameters of every check of ways to interchanges."""

    line_tolerance: LineTolerance = 1
    walk_limit: Annotated[
        float,
        Spec(
            _("walking reach"),
            "m",
            citations.TFL.saying(_("10 min at 80 m/min")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 800
    bike_limit: BikeLimit = 3750
    merge_distance: HubDistance = 200
    same_name_distance: SameNameDistance = 500
    entrance_distance: EntranceDistance = 1000
    stress_rules: StressRules = "bike_ottawa"
    stress_limit: StressLimit = 2
    driving_side: Annotated[
        Literal["right", "left"],
        Spec(
            _("side traffic drives on"),
            "-",
            ours("62-traffic-stress", _("the law of the country")),
        ),
    ] = "right"
    street_distance: Annotated[
        float,
        Spec(
            _("street data reach from a street as far as"),
            "m",
            _OWN.saying(_("what lies farther off is unknown")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 250
    street_part: Annotated[
        float,
        Spec(
            _("loose parts of streets left out up to"),
            "m",
            _OWN,
        ),
        Field(ge=0),
    ] = 1000
    cell_size: Annotated[
        float,
        Spec(
            _("population cells are cut to pieces of"),
            "m",
            _OWN.saying(_("a third of the walking reach")),
        ),
        Field(gt=0),
    ] = 250

    @property
    def search_ratio(self) -> float:
        """How many times as far as the reach ways are searched."""
        return 1.0
