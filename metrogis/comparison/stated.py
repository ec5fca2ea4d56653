"""What may be compared: atlases, results, published folders and packages, made into states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from metrogis.checks.contract import Result
from metrogis.comparison import published
from metrogis.comparison.state import State, state_of
from metrogis.errors import ParameterError
from metrogis.i18n import _

Stated = Any
"""An atlas, a result, several results, a published folder, its ``atlas.json`` or a GeoPackage."""


def states_of(given: Iterable[Stated]) -> list[State]:
    """Return states in their order, each with a name of its own; what is given twice is read once.

    Raises
    ------
    ParameterError
        For something that is no state.
    SourceError
        For a publication that cannot be read, or does not say what it was computed from.
    """
    seen: dict[Any, State] = {}
    return _named([_state(one, place, seen) for place, one in enumerate(given)])


def _named(states: list[State]) -> list[State]:
    """Give states of one name a number: each is told apart in tables and on pages."""
    names = [state.name for state in states]
    return [
        replace(state, name=f"{state.name} ({place + 1})") if names.count(state.name) > 1 else state
        for place, state in enumerate(states)
    ]


def _state(given: Stated, place: int, seen: dict[Any, State]) -> State:
    key = Path(given).resolve() if isinstance(given, str | Path) else id(given)
    if key not in seen:
        seen[key] = _made(given, place)
    return seen[key]


def _made(given: Stated, place: int) -> State:
    if isinstance(given, State):
        return given
    if isinstance(given, str | Path):
        return published.read(given)
    if isinstance(given, Result):
        return state_of([given], name=str(place + 1))
    if hasattr(given, "results") and hasattr(given, "metro"):
        return of_atlas(given)
    values = given.values() if isinstance(given, Mapping) else given
    results = list(values) if isinstance(values, Iterable) else []
    if results and all(isinstance(item, Result) for item in results):
        return state_of(results, name=str(place + 1))
    raise ParameterError(
        _("this is no state to compare: {kind}").fill(kind=type(given).__name__),
        layer="compare",
        remedy=_("give atlases, results, published folders or GeoPackages"),
    )


def of_atlas(atlas: Any, cover: Any = None) -> State:
    """Return the state of an atlas in memory.

    Parameters
    ----------
    atlas : Atlas
    cover : mapping, optional
        Check -> layer -> known share of each municipality, where it has been measured already.
    """
    absent = {item.check.id: item.reason for item in atlas.skipped}
    absent |= {check_id: error.text for check_id, error in atlas.failed.items()}
    scenario = dict(getattr(getattr(atlas, "metro", None), "scenario_mark", {}) or {})
    return state_of(
        atlas.results.values(),
        name=scenario.get("name") or str(atlas.created),
        title=atlas.title,
        created=atlas.created,
        version=atlas.version,
        absent=absent,
        scenario=scenario,
        cover=cover,
    )
