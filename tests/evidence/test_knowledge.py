"""Taking knowledge away never turns unknown into no, and never invents an answer.

All checks x layers on the demo. Whatever is taken from a layer (see ``takings``), each value of
each table stays what it was, becomes unknown, or becomes a bound that the page calls so; far from
what was taken nothing changes; and a sentence whose number changes says what it does not know.

The other way round, what is modelled differently (see ``modelling``) changes nothing.

The ordinary suite takes each kind of knowledge once from every second check that answers fast, on
a demo of six municipalities. All ways, layers and checks, on the demo of size S:
``pytest -m long tests/evidence/test_knowledge.py`` (half an hour on one core).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from comparing import differences, of_column, unlike
from modelling import MODELS
from takings import TAKINGS, Taking

import metrogis as mg
from metrogis import demo, schemas
from metrogis.checks.contract import Check, Column
from metrogis.checks.registry import CHECKS, get
from metrogis.texts import Text

FAR = 12_000.0
"""Metres: no walk, ride to a station or neighbourhood of a measure reaches so far."""

EVERYWHERE = ("functional_links", "connections", "rail_access", "travel_time")
"""Checks whose answers speak of pairs (of trains to a core city, too): what is lost in one place
matters at the other's end."""


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


def with_services(layers: dict[str, Any]) -> dict[str, Any]:
    """Layers with a hospital in five municipalities, the one that loses knowledge among them.

    The demo has no services: a layer that all questions share would make each of them longer.
    """
    towns = layers["municipalities"].iloc[:5]
    at = gpd.GeoSeries(shapely.point_on_surface(towns.geometry.to_numpy()), crs=towns.crs)
    own = {"name": [f"hospital {n}" for n in towns["name"]], "kind": "hospital",
           "capacity": [900.0, 300, 200, 150, 100]}  # fmt: skip
    frame = gpd.GeoDataFrame(own, geometry=at.to_numpy(), crs=towns.crs)
    return {**layers, "services": schemas.conform(frame, "Services", layer="services")[0]}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Layers of a demo of six municipalities."""
    folder = demo.build(tmp_path_factory.mktemp("six") / "demo", municipalities=6, people=80_000)
    return layers_of(folder, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def small_answers() -> dict[str, Any]:
    return {}


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
    people: bool | tuple[str, ...] = taking.layer.startswith("population")
    if taking.name == "without an outline":
        people = PEOPLE_NEAR
    return differences(check, before, after, far, people=people)


PEOPLE_NEAR = (
    "municipalities.performance", "municipalities.performance_target", "performance.as_origin",
    "performance.as_target", "performance.people_reached",
)  # fmt: skip
"""Shares of the people known to live near, as their notes say: without its outline a municipality
has none. From squares on its border one leaves where the others live."""

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
    and "active_mobility" not in check.function.__module__  # these have such a test of their own
]

QUICK = ("urban_growth", "urban_form", "functional_links", "plan_validity", "border_coherence",
         "model_coherence", "white_spots", "connections")  # fmt: skip
"""Checks that answer on the small demo in about a second."""


def first_of_each_kind() -> list[tuple[Check, Taking]]:
    """One taking of each kind for every second quick check, the other half for the next kind.

    Each kind and each check is among them; the long test below has them all.
    """
    out: dict[tuple[str, str], tuple[Check, Taking]] = {}
    for check, taking in CASES:
        feed = taking.layer == "timetable" and check.id != "white_spots"
        if check.id in QUICK and taking.kind != "absent" and not feed:
            out.setdefault((check.id, taking.kind), (check, taking))
    kinds = list(dict.fromkeys(kind for _, kind in out))
    checks = list(dict.fromkeys(check for check, _ in out))
    return [
        case
        for (check, kind), case in out.items()
        if (checks.index(check) + kinds.index(kind)) % 2 == 0
    ]


def named(cases: list[tuple[Check, Taking]]) -> list[Any]:
    return [pytest.param(c, t, id=f"{c.id}-{t}") for c, t in cases]


def asked(check: Check, layers: dict[str, Any], answers: dict[str, Any]) -> mg.Result:
    if check.id not in answers:
        answers[check.id] = ask(check, layers)
    return answers[check.id]


@pytest.mark.parametrize(("check", "taking"), named(first_of_each_kind()))
def test_less_knowledge_gives_less_certainty(
    check: Check, taking: Taking, small: dict[str, Any], small_answers: dict[str, Any]
) -> None:
    wrong = taken(check, taking, small, asked(check, small, small_answers))
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.long
@pytest.mark.parametrize(("check", "taking"), named(CASES))
def test_any_loss_gives_less_certainty(
    check: Check, taking: Taking, layers: dict[str, Any], answers: dict[str, Any]
) -> None:
    if taking.layer == "services":
        layers = with_services(layers)
        answers = answers.setdefault("with services", {})
    if layers.get(taking.layer) is None:
        pytest.skip(f"the demo has no layer {taking.layer}")
    wrong = taken(check, taking, layers, asked(check, layers, answers))
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.long
@pytest.mark.parametrize("check", [c for c in CHECKS if "active_mob" not in c.function.__module__],
                         ids=lambda c: c.id)  # fmt: skip
@pytest.mark.parametrize("model", MODELS)
def test_modelled_differently_nothing_changes(
    check: Check, model: str, small: dict[str, Any], small_answers: dict[str, Any]
) -> None:
    make, own = MODELS[model]
    other = make(small)
    if not {i.name for i in check.inputs} & set(other):
        pytest.skip("takes none of these layers")
    before = asked(check, small, small_answers)
    wrong = unlike(check, before, ask(check, {**small, **other}), own)
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.parametrize("model", ["rows in another order", "a feed in two"])
def test_modelled_differently_connections_are_the_same(
    model: str, small: dict[str, Any], small_answers: dict[str, Any]
) -> None:
    make, own = MODELS[model]
    check = get("connections")
    before = asked(check, small, small_answers)
    assert not unlike(check, before, ask(check, {**small, **make(small)}), own)


# --------------------------------------------------------------------------- the comparison itself


def test_comparison_sees_what_it_is_for() -> None:
    """Unknown to no, one number to another, a bound that moves the wrong way, far away."""
    column = {
        "plain": Column(Text("a", "a")),
        "low": Column(Text("a", "a"), bound="low"),
        "of": Column(Text("a", "a"), of_known=True),
        "state": Column(Text("a", "a"), "category"),
    }
    old = pd.DataFrame({"plain": [1.0, np.nan, 3.0], "low": [5.0, 5.0, 5.0], "of": [1.0, 2, 3],
                        "state": ["yes", "unknown", "yes"]})  # fmt: skip
    new = pd.DataFrame({"plain": [1.0, 0.0, 4.0], "low": [4.0, 6.0, 5.0], "of": [3.0, 2, 1],
                        "state": ["unknown", "no", "no"]})  # fmt: skip
    near = np.zeros(3, bool)
    seen = {n: of_column(n, c, old, new, near, False) for n, c in column.items()}
    assert [len(lines) for lines in seen.values()] == [2, 1, 0, 2]
    far = np.ones(3, bool)
    assert len(of_column("low", column["low"], old, new, far, False)) == 2
