"""A scenario applied: the layers after it, one by one, from those of the base.

Changes are applied layer by layer, within a layer in the order of the scenario. Two changes are
independent when neither writes what the other reads or writes; their order does not matter, for new
rows are sorted by the ids of their changes. Layers are never changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metrogis import provenance
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.scenario import land, tables, timetables, ways
from metrogis.scenario.base import Base, as_planned
from metrogis.scenario.scenario import Scenario
from metrogis.sources import files

APPLIERS: Mapping[str, Callable[[Any, Any, Base], Any]] = {
    "timetable": timetables.timetable,
    "streets": ways.streets,
    "cycle_routes": ways.cycle_routes,
    "population": tables.population,
    "population_municipal": tables.population_municipal,
    "jobs": tables.jobs,
    "buildings": tables.buildings,
    "bike_parking": tables.parking,
    "interchange_entrances": tables.entrances,
    "plans": land.plans,
    "planning_zones": land.planning_zones,
    "land_cover": land.land_cover,
}
"""Layer -> how its changes are applied."""

OPTIONAL = ("population_municipal", "cycle_routes")
"""Layers that a change writes where they are: without them it changes the others."""


def layer_after(plan: Scenario, name: str, layer: Any, base: Base) -> Any:
    """Return a layer after a scenario.

    Parameters
    ----------
    plan : Scenario
    name : str
        A layer that the scenario writes.
    layer : object
        The layer of the base; it is not changed.
    base : Base
        What is read beside it.

    Returns
    -------
    object
        Of the same kind. Where the changes change nothing, its content and its mark are those of
        the base; the audit lists every change either way.

    Raises
    ------
    ScenarioError
        For a change that does not fit the layer: it names the change, the place and the reason.
    """
    before = base.audit
    base.audit = Audit()
    made = APPLIERS[name](layer, plan.of_layer(name), base)
    rows, base.audit = base.audit, before + base.audit
    if made is layer:
        return _audited(layer, name, rows)
    own = provenance.source_of(layer, name)
    mark = files.settings_key(own.sha256, plan.hash_of(name))
    return as_planned(made, name, mark, rows)


def _audited(layer: Any, name: str, rows: Audit) -> Any:
    """Return an unchanged layer with more rows in its audit; its cached answers stay."""
    if hasattr(layer, "attrs"):
        copy = layer.copy()
        copy.attrs = dict(layer.attrs)
        return as_planned(copy, name, "", rows)
    return as_planned(layer, name, "", rows)


def require_layers(plan: Scenario, reason: Callable[[str], Any]) -> None:
    """Refuse a scenario that changes a layer which is not there.

    Raises
    ------
    ScenarioError
        Names the first such change and why the layer is missing.
    """
    for change in plan.changes:
        for name in change.writes:
            why = reason(name)
            if why is not None and name not in OPTIONAL:
                raise change.wrong(
                    _("the layer {name} is missing: {why}").fill(name=name, why=why),
                    remedy=_("add the layer to the catalog, or leave the change out"),
                )
