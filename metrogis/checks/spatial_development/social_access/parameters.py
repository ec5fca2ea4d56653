"""Parameters of the check ``social_access``."""

from __future__ import annotations

from metrogis.checks.contract.shared_types import PlansMeet
from metrogis.checks.shared.capacity import CapacityParameters
from metrogis.checks.shared.standards import SocialParameters
from metrogis.evidence.plans import TOLERANCE


class SocialAccessParameters(SocialParameters, CapacityParameters):
    """Parameters of ``social_access``."""

    tolerance: PlansMeet = TOLERANCE
