"""Scenarios of people, buildings and land; which checks hang on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

import metrogis as mg
from metrogis.fingerprint import fingerprint


def _square(metro: mg.Metro, row: int = 3, size: float = 150) -> Any:
    point = metro.municipalities.geometry.iloc[row].representative_point()
    return shapely.box(point.x, point.y, point.x + size, point.y + size)


def test_new_dwellings_add_their_people_once(metro: mg.Metro) -> None:
    area = _square(metro)
    plan = mg.Scenario("x").add_housing("h", wkt=area.wkt, dwellings=100)
    after = metro.with_scenario(plan)
    for layer in ("population", "population_municipal"):
        was, now = metro[layer]["population"], after[layer]["population"]
        assert now.sum() - was.sum() == pytest.approx(240.0)
    grown = after.population["population"].to_numpy() - metro.population["population"].to_numpy()
    touched = shapely.intersection(metro.population.geometry.to_numpy(), area)
    assert (np.nan_to_num(grown) > 0).sum() == (shapely.area(touched) > 0).sum()
    town = metro.municipalities["teryt"].iloc[3]
    rows = after.population_municipal["population"] != metro.population_municipal["population"]
    assert after.population_municipal["teryt"][rows].tolist() == [town]
    fewer = metro.with_scenario(
        mg.Scenario("x").add_housing("h", wkt=area.wkt, dwellings=100, people_per_dwelling=1)
    )
    more = fewer.population["population"].sum() - metro.population["population"].sum()
    assert more == pytest.approx(100.0)


def test_only_layers_that_are_written_change(metro: mg.Metro) -> None:
    plan = mg.Scenario("x").add_housing("h", wkt=_square(metro).wkt, dwellings=10)
    after = metro.with_scenario(plan)
    assert plan.layers == {"population", "population_municipal"}
    for name in metro:
        if name not in plan.layers and name != "streets":
            assert after.get(name) is metro.get(name), name
    dependent = metro.dependent(plan)
    assert dependent == metro.dependent(plan.layers) == after.dependent(plan)
    for check in mg.CHECKS:
        inputs = {item.name for item in check.inputs}
        assert (check.id in dependent) == bool(inputs & plan.layers)
    assert "white_spots" in dependent
    assert "plan_validity" not in dependent
    assert metro.dependent(mg.Scenario("x")) == ()


def test_every_result_lists_the_changes_of_its_layers(metro: mg.Metro) -> None:
    zone = metro.plans.zones.iloc[5]
    plan = mg.Scenario("x").set_zone(
        "z", target=f"{zone['namespace']}/{zone['local_id']}", symbol="SJ"
    )
    after = metro.with_scenario(plan)
    result = after.check("model_coherence")
    assert [row.what.en for row in result.audit if "(z)" in row.what.en] == [
        "scenario: another planning zone (z)"
    ]
    assert not any("scenario" in row.what.en for row in metro.check("model_coherence").audit)


def test_zones_change_symbol_outline_and_place(metro: mg.Metro) -> None:
    zones = metro.plans.zones
    key = (zones["namespace"] + "/" + zones["local_id"]).tolist()
    shape = zones.geometry.iloc[5]
    after = metro.with_scenario(mg.Scenario("x").set_zone("z", target=key[5], symbol="SJ"))
    assert after.plans.zones["symbol"].iloc[5] == "SJ" != zones["symbol"].iloc[5]
    assert "MN" in after.plans.zones["profile_basic"].iloc[5]
    assert (after.plans.zones["symbol"] != zones["symbol"]).sum() == 1
    area = _square(metro)
    drawn = metro.with_scenario(mg.Scenario("x").set_zone("z", wkt=area.wkt, symbol="SP"))
    made = drawn.plans.zones
    assert len(made) == len(zones) + 1
    assert made["symbol"].iloc[-1] == "SP"
    assert made.geometry.iloc[-1].equals(area)
    # every hectare counts once: what the new zone covers the others have lost
    total = [z.geometry.intersection(area).area.sum() for z in (zones, made)]
    assert total[0] == pytest.approx(area.area) == pytest.approx(total[1])
    assert len(drawn.plans.own["zones"]) == len(made)
    outlined = metro.with_scenario(
        mg.Scenario("x").set_zone("z", target=key[5], wkt=shape.buffer(-5).wkt)
    )
    assert outlined.plans.zones.geometry.iloc[5].area < shape.area
    local = zones["local_id"].iloc[5]
    with pytest.raises(mg.ScenarioError, match="several zones"):
        metro.with_scenario(mg.Scenario("x").set_zone("z", target=local, symbol="SJ"))


@pytest.mark.parametrize("vertices", [10.0, 33.0])
def test_a_zone_drawn_with_other_vertices_is_the_base(metro: mg.Metro, vertices: float) -> None:
    zone = metro.plans.zones.iloc[5]
    plan = mg.Scenario("x").set_zone(
        "z", target=f"{zone['namespace']}/{zone['local_id']}", symbol=zone["symbol"],
        wkt=zone.geometry.segmentize(vertices).wkt,
    )  # fmt: skip
    after = metro.with_scenario(plan)
    assert fingerprint(after.plans) == fingerprint(metro.plans)
    assert after.plans.source == metro.plans.source
    assert after.changes_of("plans") == ""


def test_land_cover_buildings_parking_and_entrances(metro: mg.Metro) -> None:
    area = _square(metro)
    classes = np.unique(metro.land_cover.values[metro.land_cover.valid])
    plan = (
        mg.Scenario("x")
        .add("fix_corridor", "f", wkt=area.wkt, values={"class": int(classes[-1])})
        .add_building("b", wkt=area.wkt, kst="110", storeys=4)
        .add_parking("p", at=area.centroid, capacity=30)
        .add_entrance("e", target=str(metro.interchanges["id"].iloc[0]), at=area.centroid)
    )
    after = metro.with_scenario(plan)
    changed = after.land_cover.values != metro.land_cover.values
    assert 0 < changed.sum() * metro.land_cover.cell_area <= area.area * 1.5
    assert (after.land_cover.values[changed] == classes[-1]).all()
    assert after.buildings.iloc[-1][["kst", "storeys"]].tolist() == ["110", 4]
    assert after.bike_parking["capacity"].iloc[-1] == "30"
    assert len(after.interchange_entrances) == len(metro.interchange_entrances) + 1
    for name in plan.layers:
        assert after[name] is not metro[name]
        assert after.changes_of(name) != ""
        assert fingerprint(metro.with_scenario(mg.Scenario("e"))[name]) == fingerprint(metro[name])
    backwards = mg.Scenario("x", plan.changes[::-1])
    for name in plan.layers:
        assert fingerprint(metro.with_scenario(backwards)[name]) == fingerprint(after[name])


@pytest.mark.parametrize(
    ("do", "what", "says"),
    [
        ("add_jobs", {"at": (1, 2), "jobs": 10}, "missing"),
        ("set_zone", {"target": "no such", "symbol": "SJ"}, "no such zone"),
        ("set_zone", {"target": "1POG-1SO", "symbol": "S"}, "symbol"),
        ("set_zone", {"symbol": "SJ"}, "needs a target"),
        ("add_building", {"wkt": "POLYGON ((0 0, 1 0, 1 1, 0 0))"}, "outside"),
        ("add_building", {"wkt": None, "height": 9}, "no column"),
        ("add_entrance", {"target": "no such", "at": (1, 2)}, "interchange"),
        ("fix_corridor", {"wkt": None, "values": {"class": 9999}}, "no class"),
    ],
)
def test_what_does_not_fit_the_layers_is_refused(
    metro: mg.Metro, do: str, what: Any, says: str
) -> None:
    what = {k: _square(metro).wkt if v is None else v for k, v in what.items()}
    with pytest.raises(mg.ScenarioError, match=says) as caught:
        metro.with_scenario(mg.Scenario("x").add(do, "c", **what))
    assert (caught.value.place or "").startswith("c")
