"""Parameters of the check ``planned_links``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import (
    Spec,
)
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    CoverageLength,
    CoverageShare,
    JoinDistance,
    MinNetwork,
)
from metrogis.checks.shared.reach import ReachParameters
from metrogis.i18n import _

_OWN = ours("68-planned-links")


class PlannedLinksParameters(ReachParameters):
    """Parameters of ``planned_links``."""

    budget: Annotated[
        float,
        Spec(_("budget of length of links"), "km", _OWN),
        Field(gt=0),
    ] = 10
    link_join: Annotated[
        float,
        Spec(_("a link joins a street within"), "m", _OWN, range=0.2),
        Field(gt=0),
    ] = 20
    longest_link: Annotated[
        float,
        Spec(
            _("lines that touch are one link up to"),
            "km",
            _OWN.saying(_("longer routes are built line by line")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 3
    coverage_length: CoverageLength = 1
    coverage_share: CoverageShare = 0.95
    join_distance: JoinDistance = 50
    min_network: MinNetwork = 3
