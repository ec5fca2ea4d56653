"""All checks: :data:`CHECKS` are metrogis' own, in the strategy's order; others can be added.

A check from outside is registered by hand (:func:`register`), or by a package that names it under
the entry point ``metrogis.checks``. Atlas, pages and command line then know it as their own.
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from metrogis.checks.active_mobility.border_gaps import check as border_gaps
from metrogis.checks.active_mobility.cycle_network import check as cycle_network
from metrogis.checks.active_mobility.interchange_access import check as interchange_access
from metrogis.checks.active_mobility.missing_links import check as missing_links
from metrogis.checks.active_mobility.planned_links import check as planned_links
from metrogis.checks.contract import DIRECTIONS, Check, CheckFunction
from metrogis.checks.spatial_development.border_coherence import check as border_coherence
from metrogis.checks.spatial_development.corridor_conflicts import check as corridor_conflicts
from metrogis.checks.spatial_development.corridor_connectivity import check as corridor_connectivity
from metrogis.checks.spatial_development.functional_links import check as functional_links
from metrogis.checks.spatial_development.housing_balance import check as housing_balance
from metrogis.checks.spatial_development.infill_audit import check as infill_audit
from metrogis.checks.spatial_development.model_coherence import check as model_coherence
from metrogis.checks.spatial_development.plan_validity import check as plan_validity
from metrogis.checks.spatial_development.settlement_structure import (
    check as settlement_structure,
)
from metrogis.checks.spatial_development.social_access import check as social_access
from metrogis.checks.spatial_development.urban_form import check as urban_form
from metrogis.checks.spatial_development.urban_growth import check as urban_growth
from metrogis.checks.transport_accessibility.connections import check as connections
from metrogis.checks.transport_accessibility.feeder_coordination import (
    check as feeder_coordination,
)
from metrogis.checks.transport_accessibility.rail_access import check as rail_access
from metrogis.checks.transport_accessibility.service_quality import check as service_quality
from metrogis.checks.transport_accessibility.travel_time import check as travel_time
from metrogis.checks.transport_accessibility.white_spots import check as white_spots
from metrogis.errors import ParameterError
from metrogis.i18n import _

CHECKS: tuple[Check, ...] = (
    urban_growth.CHECK,
    urban_form.CHECK,
    functional_links.CHECK,
    plan_validity.CHECK,
    corridor_conflicts.CHECK,
    corridor_connectivity.CHECK,
    border_coherence.CHECK,
    model_coherence.CHECK,
    housing_balance.CHECK,
    infill_audit.CHECK,
    social_access.CHECK,
    settlement_structure.CHECK,
    white_spots.CHECK,
    service_quality.CHECK,
    connections.CHECK,
    rail_access.CHECK,
    travel_time.CHECK,
    feeder_coordination.CHECK,
    interchange_access.CHECK,
    cycle_network.CHECK,
    missing_links.CHECK,
    border_gaps.CHECK,
    planned_links.CHECK,
)


ENTRY_POINT = "metrogis.checks"
"""Group of entry points under which a package names its checks."""

_registered: dict[str, Check] = {}


def checks() -> tuple[Check, ...]:
    """Return all checks: metrogis' own, then those of packages, then those registered by hand."""
    return (*CHECKS, *_of_packages(), *_registered.values())


def register(check: Check | CheckFunction) -> Check:
    """Make a check known to atlas, pages and command line, until the program ends.

    Parameters
    ----------
    check : Check, or the function that ``@check`` made
        Its ``id`` is no other check's. The same one may be registered again, as a cell of a
        notebook that is run twice does; a new one of the same module takes its place.

    Returns
    -------
    Check
        The check itself.

    Raises
    ------
    ParameterError
        If another check has the id, or it is no name that may stand in an address.

    Examples
    --------
    See ``docs/adding-a-check.md``, whose example is complete.
    """
    check = check_of(check)
    _require_fit(check, (*CHECKS, *_of_packages()))
    earlier = _registered.get(check.id)
    if earlier is not None and earlier.function.__module__ != check.function.__module__:
        raise _taken(check.id, earlier)
    _registered[check.id] = check
    return check


def check_of(given: Any) -> Check:
    """Return the check itself, of a check or of its function.

    Raises
    ------
    TypeError
        For anything else.
    """
    check = given if isinstance(given, Check) else getattr(given, "check", None)
    if not isinstance(check, Check):
        raise TypeError(f"{given!r} is no metrogis check, nor a function made by @check")
    return check


def unregister(check_id: str) -> None:
    """Forget a check that was registered by hand; nothing happens where there is none."""
    _registered.pop(check_id, None)


@cache
def _of_packages() -> tuple[Check, ...]:
    """Checks that installed packages name; one that cannot be had costs nothing but itself."""
    found: list[Check] = []
    for point in sorted(entry_points(group=ENTRY_POINT), key=lambda p: (p.name, p.value)):
        try:
            check = check_of(point.load())
            _require_fit(check, (*CHECKS, *found))
        except Exception as error:
            warnings.warn(
                f"check '{point.name}' ({point.value}) is left out: {error}", stacklevel=3
            )
            continue
        if all(check is not other for other in found):
            found.append(check)
    return tuple(found)


def _require_fit(check: Check, others: tuple[Check, ...]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", check.id):
        raise ParameterError(
            _("'{id}' cannot name a check").fill(id=check.id),
            remedy=_("lower-case letters, digits and underscores, a letter first"),
        )
    same = next((other for other in others if other.id == check.id), None)
    if same is not None and same is not check:
        raise _taken(check.id, same)


def _taken(check_id: str, other: Check) -> ParameterError:
    return ParameterError(
        _("there is a check '{check_id}' already ({module})").fill(
            check_id=check_id, module=other.function.__module__
        ),
        remedy=_("give it another id"),
    )


def get(check_id: str) -> Check:
    """Return the check called ``check_id``.

    Raises
    ------
    ParameterError
        When there is none; the message lists them.
    """
    known = checks()
    for check in known:
        if check.id == check_id:
            return check
    names = [check.id for check in known]
    near = difflib.get_close_matches(check_id, names, n=1)
    raise ParameterError(
        _("there is no check '{check_id}'").fill(check_id=check_id)
        if not near
        else _("there is no check '{check_id}' (did you mean '{near}'?)").fill(
            check_id=check_id, near=near[0]
        ),
        remedy=_("there are: {names}").fill(names=", ".join(names)),
    )


def chosen_checks(directions: Iterable[str] | None, ids: Iterable[str] | None) -> list[Check]:
    """Return the checks of some directions, or of some ids, in the strategy's order; None: all.

    Raises
    ------
    ParameterError
        For an unknown one.
    """
    wanted = list(checks())
    if directions is not None:
        names = list(directions)
        unknown = [d for d in names if d not in DIRECTIONS]
        if unknown:
            raise ParameterError(
                _("there is no direction '{unknown}'").fill(unknown=unknown[0]),
                remedy=_("there are: {directions}").fill(directions=", ".join(DIRECTIONS)),
            )
        wanted = [check for check in wanted if check.direction in names]
    if ids is not None:
        named = {get(check_id).id for check_id in ids}
        wanted = [check for check in wanted if check.id in named]
    return wanted
