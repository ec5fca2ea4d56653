"""Parameters of the check ``infill_audit``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import PlansMeet
from metrogis.evidence.plans import TOLERANCE
from metrogis.i18n import _
from metrogis.planning.ouz import KST

_OWN = ours("36-infill-areas")
_LAW = citations.INFILL.at("36-infill-areas")


class InfillAuditParameters(Parameters):
    """Parameters of ``infill_audit``."""

    kst: Annotated[
        tuple[str, ...],
        Spec(_("kinds of buildings that count (KST)"), "-", _LAW),
        Field(min_length=1),
    ] = KST
    distance: Annotated[
        float, Spec(_("buildings of one group are at most apart"), "m", _LAW), Field(gt=0)
    ] = 100
    least: Annotated[
        int, Spec(_("fewest buildings of a group"), "buildings", _LAW), Field(ge=1)
    ] = 5
    outward: Annotated[float, Spec(_("buffer around buildings"), "m", _LAW), Field(gt=0)] = 50
    inward: Annotated[float, Spec(_("buffer taken back"), "m", _LAW), Field(ge=0)] = 40
    hole: Annotated[float, Spec(_("enclosed areas are filled up to"), "m2", _LAW), Field(ge=0)] = (
        5000
    )
    enlargement: Annotated[
        float,
        Spec(_("share of the area taken back by which areas may be enlarged"), "1", _LAW),
        Field(ge=0, le=1),
    ] = 0.25
    road_distance: Annotated[
        float,
        Spec(_("on farmland of class I-III areas are enlarged near a road only"), "m", _LAW),
        Field(ge=0),
    ] = 50
    road_width: Annotated[
        float,
        Spec(_("belt of a road (layer roads)"), "m", _OWN.saying(_("of a local road")), range=0.2),
        Field(ge=0, le=100),
    ] = 12
    neighbours: Annotated[
        bool,
        Spec(
            _("buildings of neighbouring municipalities count"),
            "-",
            _LAW.saying(_("only where the municipality asks for it")),
        ),
    ] = False
    everywhere: Annotated[
        bool,
        Spec(
            _("statutory areas also where a plan draws none"),
            "-",
            _OWN.saying(_("there is nothing to audit there")),
        ),
    ] = False
    sliver: Annotated[
        float,
        Spec(
            _("narrower strips are no enlargement"),
            "m",
            _OWN.saying(_("circles are drawn with corners: a few centimetres")),
        ),
        Field(ge=0, le=5),
    ] = 0.5
    tolerance: PlansMeet = TOLERANCE
