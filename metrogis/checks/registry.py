"""All checks: :data:`CHECKS` is the one list of them, in the strategy's order."""

from __future__ import annotations

import difflib

from metrogis.checks.active_mobility import (
    border_gaps,
    cycle_network,
    interchange_access,
    missing_links,
    planned_links,
)
from metrogis.checks.contract import Check
from metrogis.checks.spatial_development import (
    border_coherence,
    corridor_conflicts,
    corridor_connectivity,
    functional_links,
    model_coherence,
    plan_validity,
    urban_form,
    urban_growth,
)
from metrogis.checks.transport_accessibility import connections, service_quality, white_spots
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
