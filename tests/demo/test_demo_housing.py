"""What is planted of housing is found, and undoing it changes the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from metrogis import open_metro
from metrogis.checks.contract import Result
from metrogis.checks.spatial_development.housing_balance.check import housing_balance
from metrogis.checks.spatial_development.infill_audit.check import infill_audit

Item = dict[str, Any]


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return open_metro(folder)


def asked(metro: Any, **changed: Any) -> Result:
    own = {item.name: metro.get(item.name) for item in housing_balance.check.inputs}
    return housing_balance(**{**own, **changed}, **metro.catalog.parameters["housing_balance"])


@pytest.fixture(scope="module")
def found(metro: Any) -> Result:
    return asked(metro)


@pytest.mark.parametrize("kind", ["plan_holds_too_many", "plan_holds_too_few"])
def test_plan_against_demand(
    found: Result, metro: Any, planted: dict[str, Item], kind: str
) -> None:
    item = planted[kind]
    row = found.municipalities.set_index("teryt").loc[item["teryt"]]
    assert row["demand"] == pytest.approx(item["expected"]["demand"], abs=0.1)
    assert row["band"] == item["expected"]["band"]
    for variant in ("linear_20", "linear_10", "ratio", "squared"):
        assert row[f"demand_{variant}"] == pytest.approx(row["demand"], rel=0.15), variant
    if "published_demand" in item["expected"]:
        assert row["published_demand"] == item["expected"]["published_demand"]
    # undone: people in 20 years for whom the plan is just right
    table = metro.population_forecast.copy()
    own = table["teryt"] == item["teryt"]
    table.loc[own, "population"] += round((row["capacity"] - row["demand"]) / 1.05)
    again = asked(metro, population_forecast=table, timetable=None)
    assert again.municipalities.set_index("teryt").loc[item["teryt"], "band"] == "within"


def test_zone_beyond_transit(found: Result, metro: Any, planted: dict[str, Item]) -> None:
    item = planted["capacity_beyond_transit"]
    place = shapely.Point(item["x"], item["y"])

    def share(result: Result) -> Any:
        zones = result.features["zones"]
        row = zones[zones.contains(place)].iloc[0]
        assert row["label"] == item["zone"]
        assert row.geometry.area / 1e4 == pytest.approx(item["area_ha"], rel=0.01)
        return row["outside_transit_share"]

    assert share(found) == item["expected"]["outside_transit_share"]
    # undone: with a walk that long the next stop is near
    far = metro.catalog.parameters["housing_balance"] | {
        "bus_walk_limit": 5000, "rail_walk_limit": 5000, "detour": 1.0,
    }  # fmt: skip
    own = {item.name: metro.get(item.name) for item in housing_balance.check.inputs}
    assert share(housing_balance(**own, **far)) < 1


def test_municipality_without_a_plan_is_unknown(found: Result, planted: dict[str, Item]) -> None:
    row = found.municipalities.set_index("teryt").loc[planted["no_plan"]["teryt"]]
    assert row["band"] == row["order_ok"] == "unknown"
    assert row["demand"] > 0
    assert row["known_share"] == 0


def test_all_municipal_columns_are_there(found: Result) -> None:
    wanted = ["demand", "demand_variant", "capacity", "ratio", "band", "order_ok",
              "outside_transit_share", "unknown_ha"]  # fmt: skip
    assert set(wanted) <= set(found.municipalities)
    known = found.municipalities[found.municipalities["known_share"] > 0.9]
    of_capacity = ("corridor_share", "protected_share", "flood_share", "farmland_share")
    for name in (*(w for w in wanted if w != "ratio"), *of_capacity):
        assert known[name].notna().all(), name
    # on unknown land there may be more capacity
    whole = known["unknown_ha"] == 0
    assert whole.any()
    assert known["ratio"].notna().tolist() == whole.tolist()
    assert isinstance(found.features["zones"], gpd.GeoDataFrame)


@pytest.mark.long
def test_capacity_beyond_the_standards_is_what_social_access_lacks(metro, found: Result) -> None:
    other = metro.check("social_access").municipalities["capacity_all_yes_share"]
    share = found.municipalities["beyond_standards_share"]
    assert share.notna().sum() > 5
    assert (share + other).dropna().tolist() == pytest.approx([1.0] * int(share.notna().sum()))


# --------------------------------------------------------------------------- infill areas


@pytest.fixture(scope="module")
def infill(metro: Any) -> Result:
    return infill_audit(metro.municipalities, metro.plans, metro.buildings)


@pytest.mark.parametrize("kind", ["infill_exceeds", "infill_less", "infill_kept"])
def test_infill_areas_against_the_regulation(
    infill: Result, planted: dict[str, Item], kind: str
) -> None:
    item = planted[kind]
    row = infill.municipalities.set_index("teryt").loc[item["teryt"]]
    expected = item["expected"]
    assert row["state"] == expected["state"]
    for name in ("statutory_ha", "pp_m2", "excess_m2"):
        assert row[name] == pytest.approx(expected[name], rel=1e-3, abs=1), name
    assert (row["unused_ha"] > 1) == (kind == "infill_less")


def test_only_three_plans_draw_infill_areas(infill: Result, truth: dict[str, Any]) -> None:
    planted = {i["teryt"] for i in truth["planted"] if i["check"] == "infill_audit"}
    bare = {i["teryt"] for i in truth["planted"] if i["kind"] == "no_plan"}
    states = infill.municipalities.set_index("teryt")["state"]
    assert set(states.drop([*planted, *bare])) == {"none"}
    assert states[list(bare)].item() == "unknown"


def test_an_enlargement_struck_out_is_no_fault(
    infill: Result, metro: Any, planted: dict[str, Item]
) -> None:
    item = planted["infill_exceeds"]
    plan = metro.plans
    moved = plan.to_crs(metro.municipalities.crs).ouz
    added = moved.contains(shapely.Point(item["x"], item["y"])).to_numpy()
    assert added.sum() == 1
    shapes = plan.ouz.geometry.to_numpy().copy()
    shapes[added] = shapely.Polygon()
    frame = plan.ouz.set_geometry(gpd.GeoSeries(shapes, index=plan.ouz.index, crs=plan.ouz.crs))
    less = replace(plan, own={**plan.own, "ouz": shapes}, ouz=frame)
    again = infill_audit(metro.municipalities, less, metro.buildings)
    row = again.municipalities.set_index("teryt").loc[item["teryt"]]
    assert row["state"] == "within"
    assert row["excess_m2"] == 0
