"""Before, after and change: what a plan does, and that nothing else is computed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import metrogis as mg
from metrogis.cli import app

CHECKS = ["functional_links"]


def _plan(metro: mg.Metro) -> mg.Scenario:
    stops = metro.timetable.stops["stop_id"].astype(str).tolist()
    return (
        mg.Scenario("Linia 900")
        .add_line("l", stops=stops[:3], name="900", departures=["07:00"], cost=2.5)
        .shift("s", target="4", minutes=3, cost=0.5)
    )


def test_answers_that_read_no_changed_layer_are_taken_over(metro: mg.Metro) -> None:
    before = mg.run(metro, checks=CHECKS)
    area = metro.municipalities.geometry.iloc[3].representative_point().buffer(100)
    for plan, same in (
        (_plan(metro), set(CHECKS)),
        (mg.Scenario("z").add_housing("z", wkt=area.wkt, dwellings=9), set()),
    ):  # fmt: skip
        planned = metro.with_scenario(plan)
        after = mg.run(planned, checks=CHECKS, before=before)
        assert {c for c in CHECKS if after[c] is before[c]} == same
        assert same == set(CHECKS) - set(metro.dependent(plan))
        change = mg.compare(before, after)
        assert change.whole.mode == "scenario"
        assert change.effects is not None
    with pytest.raises(mg.ParameterError, match="before"):
        mg.run(metro, checks=CHECKS, before=before)


def test_lines_costs_winners_and_losers(metro: mg.Metro, tmp_path: Path) -> None:
    before = mg.run(metro, checks=["functional_links"])
    change = mg.compare(
        before,
        mg.run(metro.with_scenario(_plan(metro)), checks=["functional_links"], before=before),
    )
    assert (change.table["verdict"] == "same").all()
    effects = change.effects
    assert effects is not None
    assert effects.cost == 3.0
    assert effects.changes[["id", "cost"]].values.tolist() == [["l", 2.5], ["s", 0.5]]
    new = effects.lines[effects.lines["line"] == "900"]
    assert new["runs"].tolist() == [2.0] * len(new)
    assert (new["runs_before"] == 0).all()
    assert (new["vehicle_km"] > 0).all()
    assert (new["cost"] == 2.5).all()
    moved = effects.lines[effects.lines["line"] == "4"]  # named, though no run more or less
    assert (moved["runs"] == moved["runs_before"]).all()
    assert (moved["cost"] == 0.5).all()
    assert (effects.winners[["places_better", "places_worse", "gain", "loss"]] == 0).all(axis=None)
    index = change.publish(tmp_path / "change", languages=("en",))
    page = (index.parent / "en" / "index.html").read_text(encoding="utf-8")
    assert "Linia 900" in page
    assert "900" in page
    assert "vehicle-kilometres" in page
    content = json.loads((index.parent / "compare.json").read_text(encoding="utf-8"))
    assert content["scenario"]["cost"] == 3.0
    assert {"lines.csv", "winners.csv"} <= set(content["files"])


def test_people_win_and_lose_apart(metro: mg.Metro) -> None:
    """A line through the white spot without a stop serves it; without line 3 others are white."""
    before = mg.run(metro, checks=["white_spots"])
    spot = before["white_spots"].tables["spots"].geometry.iloc[0].centroid
    x, y = metro.municipalities.geometry.iloc[3].representative_point().coords[0]
    plan = mg.Scenario("x").add_line(
        "l", path=[(spot.x, spot.y), (x, y)], name="900", headway=60, start="05:00", end="22:00"
    )
    after = mg.run(metro.with_scenario(plan), checks=["white_spots"])
    effects = mg.compare(before, after).effects
    assert effects is not None
    row = effects.winners.set_index("measure").loc["white_people"]
    people = before["white_spots"].tables["spots"]["population"].iloc[0]
    assert row["people_better"] == pytest.approx(people)
    assert row["people_worse"] == 0
    assert row["gain"] == pytest.approx(people)
    assert row["loss"] == 0
    assert row["places_better"] == 1
    assert row["places_worse"] == 0
    # an added line worsens nobody
    was, now = (a["white_spots"].tables["cells"] for a in (before, after))
    assert not ((was["state"] == "served") & (now["state"] != "served")).any()
    back = mg.compare(after, before)
    assert back.effects is None


def test_the_command_publishes_before_after_and_change(demo_s: Path, tmp_path: Path) -> None:
    plan = mg.Scenario("Linia 3").shift("s", target="3", minutes=5)
    plan.to_toml(tmp_path / "plan.toml")
    args = ["run", str(demo_s), "--check", "functional_links", "--lang", "en", "--scenario"]
    done = CliRunner().invoke(
        app, [*args, str(tmp_path / "plan.toml"), "-o", str(tmp_path / "out"), "--json"]
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert set(content["indices"]) == {"before", "after", "change"}
    for index in content["indices"].values():
        assert Path(index).is_file()
    assert content["scenario"]["name"] == "Linia 3"
    assert content["before"]["results"]
    (tmp_path / "bad.toml").write_text(plan.to_toml().replace('"3"', '"none"'), encoding="utf-8")
    done = CliRunner().invoke(app, [*args, str(tmp_path / "bad.toml"), "-o", str(tmp_path / "bad")])
    assert done.exit_code == 1
    assert not (tmp_path / "bad").exists()
