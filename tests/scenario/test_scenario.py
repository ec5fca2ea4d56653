"""Scenarios as written: refused where they cannot be meant, equal after a round trip."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.scenario.words import WORDS

AREA = "POLYGON ((0 0, 9 0, 9 9, 0 0))"
EXAMPLES: dict[str, dict[str, Any]] = {
    "add_stop": {"at": (1.5, 2), "values": {"name": "Rynek"}},
    "move_stop": {"target": "a:1", "at": (1, 2)},
    "remove_stop": {"target": "a:1"},
    "add_line": {"path": [(0, 0), (1000, 0)], "values": {"headway": 20, "days": ["saturday"]}},
    "remove_line": {"target": "171"},
    "reroute": {"target": "171", "values": {"from": "a", "to": "b", "stops": ["c"]}},
    "set_headway": {"target": "171", "values": {"headway": 7.5}},
    "set_span": {"target": "171", "values": {"start": "05:00", "end": "25:30"}},
    "shift": {"target": "171", "values": {"minutes": -3}},
    "set_speed": {"target": "171", "values": {"factor": 1.2}},
    "set_dwell": {"target": "171", "values": {"dwell": 0}},
    "add_path": {"wkt": "LINESTRING (0 0, 5 5)", "values": {"modes": ["walk"]}},
    "add_entrance": {"target": "W1", "at": (1, 2)},
    "add_cycle_link": {"path": [(0, 0), (5, 5)], "values": {"protection": "track"}},
    "set_zone": {"target": "1SO", "values": {"symbol": "SJ"}},
    "add_building": {"wkt": AREA, "values": {"kst": "110"}},
    "add_housing": {"wkt": AREA, "values": {"dwellings": 40}},
    "add_jobs": {"at": (1, 2), "values": {"jobs": 300}},
    "add_parking": {"at": (1, 2), "values": {"capacity": 20}},
    "fix_corridor": {"wkt": AREA, "values": {"class": 4}},
}


def test_every_word_has_a_method_and_an_example() -> None:
    assert set(EXAMPLES) == set(WORDS)
    for do, what in EXAMPLES.items():
        by_method = getattr(mg.Scenario("x"), do)("one", **what)
        assert by_method == mg.Scenario("x").add(do, "one", **what)
        assert by_method["one"].do == do
        assert set(by_method.layers) == set(WORDS[do].layers[:1]) | {*WORDS[do].with_layers}


def _plan(dos: list[str], name: str = "x") -> mg.Scenario:
    plan = mg.Scenario(name)
    for number, do in enumerate(dos):
        plan = plan.add(do, f"c{number}", **EXAMPLES[do], cost=number)
    return plan


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from(sorted(WORDS)), max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
)
def test_round_trip_of_toml_gives_the_same_scenario(dos: list[str], text: str) -> None:
    plan = _plan(dos, text).add_stop("last", at=(1, 2), name=text, crs="EPSG:2180")
    again = mg.Scenario.from_toml(plan.to_toml())
    assert again == plan
    assert again.to_toml() == plan.to_toml()
    assert again.sha256 == plan.sha256
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert plan.without("last") == _plan(dos, text)


def test_the_form_of_the_issue_is_read(tmp_path: Path) -> None:
    text = """
    [scenario]
    name = "Linia 171"
    [[change]]
    id = "s1"
    do = "add_stop"
    layer = "timetable"
    at = [17.5, 54.3]
    crs = "EPSG:4326"
    values = { name = "Nowy" }
    cost = 0.1
    [[change]]
    id = "l1"
    do = "remove_line"
    target = "3"
    """
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    plan = mg.Scenario.from_toml(tmp_path / "plan.toml")
    assert plan.name == "Linia 171"
    assert plan.ids == ("s1", "l1")
    assert plan.cost == 0.1
    assert plan["s1"].get("name") == "Nowy"
    assert plan["s1"].crs == "EPSG:4326"
    plan.to_toml(tmp_path / "again.toml")
    assert mg.Scenario.from_toml(tmp_path / "again.toml") == plan


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name = 3\n", "TOML"),
        ("[scenario]\n", "TOML"),
        ("[scenario]\nname = 'x'\nnaem = 'y'\n", "scenario.naem"),
        ("[scenario]\nname = 'x'\n[[chang]]\nid = 'a'\n", "chang"),
        ("[scenario]\nname = 'x'\n[[change]]\ndo = 'shift'\n", "[[change]] 1, id"),
        ("[scenario]\nname = 'x'\n[[change]]\nid = 'a'\ndo = 'shft'\n", "a, do"),
        ("[scenario]\nname = 'x'\n[[change]]\nid = 'a'\nwher = 'shft'\n", "a, wher"),
        ("[scenario\n", "TOML"),
    ],
)
def test_what_is_no_scenario_is_one_error_with_its_place(text: str, place: str) -> None:
    with pytest.raises(mg.ScenarioError) as caught:
        mg.Scenario.from_toml(text)
    assert caught.value.place is not None
    assert place in caught.value.place


@pytest.mark.parametrize(
    ("do", "what", "key"),
    [
        ("add_stop", {}, "s"),
        ("add_stop", {"at": (1, float("nan"))}, "at"),
        ("add_stop", {"at": (1, 2), "path": [(0, 0), (1, 1)]}, "at, path"),
        ("add_stop", {"at": (1, 2), "nmae": "x"}, "values.nmae"),
        ("add_stop", {"at": (1, 2), "target": "x"}, "target"),
        ("add_stop", {"at": (1, 2), "layer": "plans"}, "layer"),
        ("add_stop", {"at": (1, 2), "cost": -1}, "cost"),
        ("add_stop", {"wkt": AREA}, "wkt"),
        ("add_stop", {"wkt": "POINT EMPTY"}, "wkt"),
        ("add_stop", {"wkt": "PUNKT (1 2)"}, "wkt"),
        ("remove_line", {}, "target"),
        ("remove_line", {"target": "3", "at": (1, 2)}, "at"),
        ("shift", {"target": "3"}, "values"),
        ("set_headway", {"target": "3", "headway": 0}, "values.headway"),
        ("set_headway", {"target": "3", "headway": True}, "values.headway"),
        ("set_span", {"target": "3", "start": "5", "end": "22:00"}, "values.start"),
        ("add_line", {"path": [(0, 0), (0, 0)]}, "path"),
        ("add_line", {"path": [(0, 0)]}, "path"),
        ("add_line", {"path": [(0, 0), (1, 1)], "mode": "zeppelin"}, "values.mode"),
        ("add_housing", {"wkt": AREA, "dwellings": 0}, "values.dwellings"),
        ("add_housing", {"wkt": "POLYGON ((0 0, 1 1, 0 1, 1 0, 0 0))", "dwellings": 1}, "wkt"),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(do: str, what: Any, key: str) -> None:
    with pytest.raises(mg.ScenarioError) as caught:
        mg.Scenario("x").add(do, "s", **what)
    assert caught.value.place in (f"s, {key}", key)
    assert caught.value.remedy is not None


def test_ids_are_unique_and_made_where_they_are_left_out() -> None:
    plan = mg.Scenario("x").shift(target="1", minutes=1).shift(target="2", minutes=1)
    assert plan.ids == ("shift-1", "shift-2")
    assert len(plan) == 2
    assert "shift-1" in plan
    with pytest.raises(mg.ScenarioError, match="twice"):
        plan.shift("shift-2", target="3", minutes=1)
    with pytest.raises(mg.ScenarioError, match="no such change"):
        plan.without("shift-3")
    with pytest.raises(mg.ScenarioError, match="name"):
        mg.Scenario(" ")
    assert plan.only(["shift-2"]).ids == ("shift-2",)


def test_a_scenario_drawn_in_a_geopackage_is_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {
            "id": ["b", "a"],
            "do": ["add_line", "add_housing"],
            "order": [2, 1],
            "values": ['{"headway": 20}', None],
            "dwellings": [None, 30.0],
            "cost": [None, 2.0],
        },
        geometry=[
            shapely.LineString([(470000, 730000), (470500, 730000)]),
            shapely.box(470000, 730000, 470050, 730050),
        ],
        crs="EPSG:2180",
    )
    frame[:1].to_file(tmp_path / "plan.gpkg", layer="lines", driver="GPKG")
    frame[1:].to_file(tmp_path / "plan.gpkg", layer="areas", driver="GPKG")
    plan = mg.Scenario.from_gpkg(tmp_path / "plan.gpkg")
    assert plan.name == "plan"
    assert plan.ids == ("a", "b")
    assert plan["a"].crs == "EPSG:2180"
    assert dict(plan["a"].values) == {"dwellings": 30.0}
    assert plan["a"].cost == 2.0
    assert dict(plan["b"].values) == {"headway": 20}
    assert plan["b"].cost is None
    (tmp_path / "bad.gpkg").write_bytes(b"x")
    with pytest.raises(mg.MetrogisError):
        mg.Scenario.from_gpkg(tmp_path / "bad.gpkg")
