"""Taking knowledge away never turns unknown into no, and never invents an answer.

All checks x layers on the demo. Whatever is taken from a layer (see ``takings``), each value of
each table stays what it was, becomes unknown, or becomes a bound that the page calls so; far from
what was taken nothing changes; and a sentence whose number changes says what it does not know.

The ordinary suite takes from each check each kind of knowledge once. All ways and layers:
``pytest -m "slow or not slow" tests/evidence/test_knowledge.py`` (some 20 minutes).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from comparing import differences
from takings import TAKINGS, Taking

import metrogis as mg
from metrogis.checks.contract import Check
from metrogis.checks.registry import CHECKS

FAR = 12_000.0
"""Metres: no walk, ride to a station or neighbourhood of a measure reaches so far."""

EVERYWHERE = ("functional_links", "connections")
"""Checks whose answers speak of pairs: what is lost in one place matters at the other's end."""


def layers_of(folder: Path, work: Path) -> dict[str, Any]:
    """All layers of a demo, and what takings need beside."""
    metro = mg.open_metro(folder)
    found = {name: metro.get(name) for name in metro}
    for check in CHECKS:
        for item in check.inputs:
            found.setdefault(item.name, None)
    entry = metro.catalog.layers["timetable"]
    found["_feeds"] = [metro.data / p for p in (entry.path, *entry.more)]
    found["_plans"] = sorted((metro.data / metro.catalog.layers["plans"].path).glob("*.gml"))
    holidays = metro.get("school_holidays")
    found["_holidays"] = holidays.rename(columns={"first": "start", "last": "end"})
    found["_folder"] = work
    found["_parameters"] = metro.catalog.parameters
    return found


@pytest.fixture(scope="module")
def layers(demo_s: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return layers_of(demo_s, tmp_path_factory.mktemp("takings"))


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return {}


def ask(check: Check, layers: dict[str, Any]) -> mg.Result:
    own = {i.name: layers[i.name] for i in check.inputs}
    return check.function(**own, **layers["_parameters"].get(check.id, {}))


def place_of(layers: dict[str, Any]) -> Any:
    """The municipality that loses knowledge: one with a town, a timetable and a plan."""
    return layers["municipalities"].geometry.iloc[3]


def taken(check: Check, taking: Taking, layers: dict[str, Any], before: mg.Result) -> list[str]:
    """What is wrong with the answer of ``check`` when ``taking`` has taken its part."""
    less, place = taking.make(layers, place_of(layers), 5)
    try:
        after = ask(check, {**layers, **less})
    except mg.MissingLayerError:
        return []  # a check that needs one of several layers says so
    far = None
    if place is not None and check.id not in EVERYWHERE:
        far = lambda shapes: shapely.distance(shapes, place) > FAR  # noqa: E731
    return differences(check, before, after, far, people=taking.layer.startswith("population"))


WITHOUT_STREETS = "streets: absent"
"""Walks are then straight lines, which the page says: another method, not the same with less."""

OWN_SUBJECT = {("plan_validity", "zones without an outline")}
"""A zone that cannot be read is an error of the plan: to find it is what the check is for."""

CASES = [
    (check, taking)
    for check in CHECKS
    for taking in TAKINGS
    if taking.layer in {i.name for i in check.inputs}
    and not (taking.name == "absent" and taking.layer in check.required)
    and (check.id, taking.name) not in OWN_SUBJECT
    and str(taking) != WITHOUT_STREETS
]
