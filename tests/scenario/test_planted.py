"""The demo's plan does what was planted, and what each check proposes does what it said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import metrogis as mg

WINDOWS = ("07:05", "15:05", "06:20", "14:20", "08:10", "16:10", "05:40", "13:40")
"""Departures in the morning and in the afternoon by turns: they also count for the day."""


def _state(result: mg.Result, x: float, y: float, metres: float = 300) -> set[str]:
    cells = result.tables["cells"]
    near = cells.geometry.distance(shapely.Point(x, y)) < metres
    return set(cells["state_school_day"][near & (cells["population"] > 0)].astype(str))


@pytest.fixture(scope="module")
def base(metro: mg.Metro) -> mg.Result:
    """White spots of the demo."""
    return metro.check("white_spots")


def test_the_plan_of_the_demo_has_its_planted_effects(
    metro: mg.Metro, base: mg.Result, demo_s: Path
) -> None:
    truth = json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))["plan"]
    plan = mg.Scenario.from_toml(demo_s / truth["file"])
    assert plan.name == truth["name"]
    assert plan.cost == pytest.approx(truth["cost"])
    assert {e["id"] for e in truth["effects"]} == set(plan.ids)
    assert len(plan) == 4
    after = metro.with_scenario(plan).check("white_spots")
    for effect in truth["effects"]:
        assert effect["before"] in _state(base, effect["x"], effect["y"])
    gain = {"white": 0.0, "served": 0.0}
    for effect in truth["effects"]:
        gain[effect["after"]] += effect["people"]
    cells, then = base.tables["cells"], after.tables["cells"]
    for old, new, people in (
        ("white", "served", gain["served"]),
        ("served", "white", gain["white"]),
    ):
        moved = (cells["state_school_day"] == old) & (then["state_school_day"] == new)
        assert cells["population"][moved].sum() == pytest.approx(people, abs=len(plan))


def _fixed(metro: mg.Metro, fix: Any, cells: gpd.GeoDataFrame, less: int = 0) -> mg.Scenario:
    """Return the scenario of a smallest fix, or of one departure less."""
    plan = mg.Scenario("fix")
    at = fix.geometry
    if fix.fix == "departures":
        stops = metro.timetable.stop_points(metro.crs)
        order = np.argsort(stops.geometry.distance(at).to_numpy())
        ends = [stops["stop_id"].iloc[order[0]], stops["stop_id"].iloc[order[len(order) // 2]]]
        times = list(WINDOWS[: int(fix.fix_departures) - less])
        return plan.add_line("more", stops=ends, departures=times, both_directions=False)
    # the place of a path is its middle: it begins at the home that is half its length away
    homes = cells.geometry.centroid
    home = homes.iloc[int(np.argmin(np.abs(homes.distance(at) - fix.fix_size / 2)))]
    end = (2 * at.x - home.x, 2 * at.y - home.y)
    return plan.add_path("path", path=[(home.x, home.y), end])


@pytest.mark.parametrize("most", [1, pytest.param(99, marks=pytest.mark.long)])
def test_the_smallest_fix_of_each_white_spot_serves_it(
    metro: mg.Metro, base: mg.Result, most: int
) -> None:
    cells = base.tables["cells"]
    fixes = base.tables["fixes"].query("fix in ('departures', 'path')")
    assert set(fixes["fix"]) == {"departures", "path"}
    for fix in fixes.head(most).itertuples():
        own = cells[(cells["spot"] == fix.spot) & (cells["fix"] == fix.fix)]
        after = metro.with_scenario(_fixed(metro, fix, own)).check("white_spots")
        then = after.tables["cells"].set_index("cell")["state_school_day"]
        served = then.loc[own["cell"]] == "served"
        # of a path the cell whose path it is, of departures every cell that lacks so many
        assert served.any() if fix.fix == "path" else served.all(), fix
        assert not ((then == "white").to_numpy() & (cells["state_school_day"] == "served")).any()
        if fix.fix == "departures":
            short = metro.with_scenario(_fixed(metro, fix, own, less=1)).check("white_spots")
            then = short.tables["cells"].set_index("cell")["state_school_day"]
            assert (then.loc[own["cell"]] == "white").all(), fix


def test_an_added_line_worsens_nobodys_time(metro: mg.Metro, demo_s: Path) -> None:
    """Times from door to door at scheduled headways, by every percentile."""
    plan = mg.Scenario.from_toml(demo_s / "plan.toml").only(["line-920", "line-921"])
    after = metro.with_scenario(plan)
    seats = metro.localities[metro.localities["seat"].notna()][["name", "geometry"]]
    villages = gpd.GeoDataFrame(
        {"name": list(plan.ids)}, geometry=[shapely.Point(plan[i].path[0]) for i in plan.ids],
        crs=metro.crs,
    )  # fmt: skip
    was, now = (
        mg.travel_times(
            m.timetable, villages, seats, date="school_day", window=("07:00", "08:00"),
            coverage=None,
        )
        for m in (metro, after)
    )  # fmt: skip
    better = 0
    for column in [c for c in was.columns if c.startswith("p") and c[1:].isdigit()]:
        old, new = (t[column].fillna(np.inf).to_numpy(float) for t in (was, now))
        assert (new <= old).all()
        better += int((new < old).sum())
    assert better > 0


@pytest.mark.long
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_zone_left_open_keeps_what_its_rank_says(metro: mg.Metro, rank: int) -> None:
    base = metro.check("corridor_connectivity")
    conflicts = base.tables["conflicts"]
    fix = conflicts[conflicts["rank"] == rank].iloc[0]
    zones = metro.plans.zones
    row = zones.geometry.intersection(fix.geometry).area.idxmax()
    target = f"{zones['namespace'][row]}/{zones['local_id'][row]}"
    after = metro.with_scenario(mg.Scenario("open").set_zone("z", target=target, symbol="SN"))
    found = after.check("corridor_connectivity")
    gain = found.figures["eca_plan_ha"] - base.figures["eca_plan_ha"]
    assert gain == pytest.approx(fix["gain_ha"], rel=1e-6)
    assert found.figures["eca_today_ha"] == base.figures["eca_today_ha"]


@pytest.mark.long
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_missing_link_that_is_built_is_missing_no_more(metro: mg.Metro, rank: int) -> None:
    links = metro.check("missing_links").tables["links"]
    fix = links[links["rank"] == rank].iloc[0]
    plan = mg.Scenario("link").add_cycle_link("c", wkt=fix.geometry.wkt)
    after = metro.with_scenario(plan).check("missing_links").tables["links"]
    near = after.geometry.distance(fix.geometry.interpolate(0.5, normalized=True)) < 1
    assert not near.any()
    if fix["opens"]:  # what it opens, nothing else has to open any more
        assert fix["interchanges"] not in set(after["interchanges"].dropna())


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1])
def test_a_low_stress_way_to_a_station_gains_whom_it_says(metro: mg.Metro, number: int) -> None:
    base = metro.check("rail_access")
    measures = base.tables["measures"].query("kind == 'low_stress' and verified")
    fix = measures.iloc[number]
    plan = mg.Scenario("way").add_path("p", wkt=fix.geometry.wkt)
    after = metro.with_scenario(plan).check("rail_access")
    gain = after.figures["by_bike_low"] - base.figures["by_bike_low"]
    assert gain == pytest.approx(fix["gained"], rel=1e-6)
