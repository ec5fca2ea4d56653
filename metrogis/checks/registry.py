"""All checks: :data:`CHECKS` is the one list of them, in the strategy's order."""

from __future__ import annotations

import difflib

from metrogis.checks.active_mobility.border_gaps import check as border_gaps
from metrogis.checks.active_mobility.cycle_network import check as cycle_network
from metrogis.checks.active_mobility.interchange_access import check as interchange_access
from metrogis.checks.active_mobility.missing_links import check as missing_links
from metrogis.checks.active_mobility.planned_links import check as planned_links
from metrogis.checks.contract import Check
from metrogis.checks.spatial_development.border_coherence import check as border_coherence
from metrogis.checks.spatial_development.corridor_conflicts import check as corridor_conflicts
from metrogis.checks.spatial_development.corridor_connectivity import check as corridor_connectivity
from metrogis.checks.spatial_development.functional_links import check as functional_links
from metrogis.checks.spatial_development.model_coherence import check as model_coherence
from metrogis.checks.spatial_development.plan_validity import check as plan_validity
from metrogis.checks.spatial_development.urban_form import check as urban_form
from metrogis.checks.spatial_development.urban_growth import check as urban_growth
from metrogis.checks.transport_accessibility.connections import check as connections
from metrogis.checks.transport_accessibility.service_quality import check as service_quality
from metrogis.checks.transport_accessibility.white_spots import check as white_spots
from metrogis.errors import ParameterError
from metrogis.texts import Text

CHECKS: tuple[Check, ...] = (
    urban_growth.CHECK,
    urban_form.CHECK,
    functional_links.CHECK,
    plan_validity.CHECK,
    corridor_conflicts.CHECK,
    corridor_connectivity.CHECK,
    border_coherence.CHECK,
    model_coherence.CHECK,
    white_spots.CHECK,
    service_quality.CHECK,
    connections.CHECK,
    interchange_access.CHECK,
    cycle_network.CHECK,
    missing_links.CHECK,
    border_gaps.CHECK,
    planned_links.CHECK,
)


def get(check_id: str) -> Check:
    """Return the check called ``check_id``.

    Raises
    ------
    ParameterError
        When there is none; the message lists them.
    """
    for check in CHECKS:
        if check.id == check_id:
            return check
    names = [check.id for check in CHECKS]
    near = difflib.get_close_matches(check_id, names, n=1)
    raise ParameterError(
        Text(f"nie ma sprawdzenia '{check_id}'", f"there is no check '{check_id}'")
        if not near
        else Text(
            f"nie ma sprawdzenia '{check_id}' (może '{near[0]}'?)",
            f"there is no check '{check_id}' (did you mean '{near[0]}'?)",
        ),
        remedy=Text(f"są: {', '.join(names)}", f"there are: {', '.join(names)}"),
    )
