"""Parameters of the checks that ask how people reach interchanges."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    CoverageLength,
    CoverageShare,
    Detour,
    JoinDistance,
    JoinedGap,
    MediumGap,
    MinNetwork,
    WideGap,
)
from metrogis.checks.shared.reach import ReachParameters
from metrogis.i18n import _, both

_OWN = ours("63-access-to-interchanges")


class InterchangeAccessParameters(ReachParameters):
    """Parameters of ``interchange_access``."""

    @property
    def search_ratio(self) -> float:
        """How many times as far as the reach ways are searched: low-stress ones may be longer."""
        return self.direct_ratio

    direct_ratio: Annotated[
        float,
        Spec(
            _("low-stress way longer at most by"),
            "1",
            citations.BNA.saying(_("1.25")),
            range=0.1,
        ),
        Field(ge=1),
    ] = 1.25
    detour_target: Annotated[
        float,
        Spec(
            _("good detour up to"),
            "1",
            citations.CROW.saying(_("1.2")),
            range=0.1,
        ),
        Field(ge=1),
    ] = 1.2
    detour_limit: Annotated[
        float,
        Spec(
            _("largest detour to be accepted"),
            "1",
            citations.CROW.saying(_("never above 1.4-1.5")),
            range=0.1,
        ),
        Field(ge=1),
    ] = 1.5
    detour_from: Annotated[
        float,
        Spec(
            _("detours are counted from"),
            "m",
            _OWN.saying(_("nearer by, the way to the kerb decides")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 200
    join_distance: JoinDistance = 50
    min_network: MinNetwork = 3
    entrance_offset: Annotated[
        float,
        Spec(
            _("an entrance, where unknown, may lie from the point as far as"),
            "m",
            _OWN.saying(
                _("above 0, places that near to a network are unknown, not 'no'"),
            ),
        ),
        Field(ge=0),
    ] = 0
    tolerance: JoinedGap = 0
    tolerance_medium: MediumGap = 10
    tolerance_wide: WideGap = 20
    detour: Detour = 1.3
    coverage_length: CoverageLength = 1
    coverage_distance: Annotated[
        float,
        Spec(_("data reach as far as"), "m", _OWN),
        Field(gt=0),
    ] = 5000
    coverage_share: CoverageShare = 0.95
    small_gap: Annotated[
        float,
        Spec(_("short missing stretch"), "m", _OWN, range=0.2),
        Field(gt=0),
    ] = 250
    parking_distance: Annotated[
        float,
        Spec(
            _("stands belong to an interchange up to"),
            "m",
            ours(
                "64-bicycle-parking-and-uptake",
                _("stands within 100 m of the entrance"),
            ),
            range=0.2,
        ),
        Field(gt=0),
    ] = 100
    flat_speed: Annotated[
        float,
        Spec(_("speed on the flat"), "km/h", citations.GRADIENTS, range=0.1),
        Field(gt=0),
    ] = 21.6
    uphill_loss: Annotated[
        float,
        Spec(
            _("slower uphill for each per cent"),
            "km/h",
            citations.GRADIENTS,
        ),
        Field(ge=0),
    ] = 1.44
    downhill_gain: Annotated[
        float,
        Spec(
            _("faster downhill for each per cent"),
            "km/h",
            citations.GRADIENTS,
        ),
        Field(ge=0),
    ] = 0.86
    slowest_speed: Annotated[
        float,
        Spec(
            _("no slower than walking the bicycle"),
            "km/h",
            citations.TFL.saying(both("80 m/min")),
        ),
        Field(gt=0),
    ] = 4.8
    steepest: Annotated[
        float,
        Spec(
            _("steeper gradients are taken as"),
            "%",
            _OWN.saying(
                _("a short street on a coarse raster is no cliff"),
            ),
        ),
        Field(gt=0),
    ] = 12
    unknown_heights: Annotated[
        float,
        Spec(
            _("cycling reach is unknown where heights lack on more than"),
            "1",
            _OWN.saying(_("share of the streets in reach")),
        ),
        Field(ge=0, le=1),
    ] = 0.05
