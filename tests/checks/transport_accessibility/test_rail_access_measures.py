"""Measures at stations: what the table says is what happens when the scene is drawn with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scenes import Scene

import metrogis as mg
from metrogis.checks.transport_accessibility.rail_access import street_measures

CALM = "highway=residential maxspeed=30 lanes=2"
BUSY = "highway=primary maxspeed=90 lanes=4"
BASE = """
    town 2215031 -9000 -9000 9000 9000
    covered bus rail tram cableway metro ferry
    junction p 0 0
    stop P p "Halt"
    stop Q 8000 -3000 "City"
    line R rail P 5:00 Q 5:10 every 10 until 22:00 back
"""


def ask(text: str, folder: Path, **more: Any) -> mg.Result:
    return mg.rail_access(**Scene(text).layers(folder), **more)


def measure(result: mg.Result, kind: str) -> Any:
    table = result.features["measures"]
    own = table[table["kind"] == kind]
    assert len(own) == 1, table
    assert own["verified"].all()
    return own.iloc[0]


def total(result: mg.Result, mode: str) -> float:
    return float(result.municipalities[f"by_{mode}"].iloc[0])


RIVER = f"""
    {BASE}
    junction q 0 2000
    junction r 120 2000
    junction h 120 0
    junction g 120 -900
    way p q r h g {BUSY}
    junction s 120 500
    way h s {BUSY}
    home g 100
    home s 30
    home p 10
"""


def test_a_path_gains_whom_it_is_said_to_gain(tmp_path: Path) -> None:
    before = ask(RIVER, tmp_path / "a")
    path = measure(before, "path")
    assert path["size"] == pytest.approx(120, abs=1)
    assert (path["gained"], path["gained_new"]) == (130, 100)  # the others get there by bike
    after = ask(RIVER + f"way p h {BUSY}\n", tmp_path / "b")
    assert total(after, "walk") - total(before, "walk") == path["gained"]
    assert path["per_unit"] == pytest.approx(130 / 1.2, rel=0.01)
    assert after.features["measures"].query("kind == 'path'").empty
    none = ask(RIVER, tmp_path / "c", path_limit=100)
    assert none.features["measures"].query("kind == 'path'").empty


def test_an_entrance_gains_whom_it_is_said_to_gain(tmp_path: Path) -> None:
    before = ask(RIVER, tmp_path / "a")
    gate = measure(before, "entrance")
    assert gate["size"] == pytest.approx(120, abs=1)
    after = ask(RIVER + "entrance P p\nentrance P h\n", tmp_path / "b")
    assert total(after, "walk") - total(before, "walk") == gate["gained"] == 130
    none = ask(RIVER, tmp_path / "c", entrance_reach=100)
    assert none.features["measures"].query("kind == 'entrance'").empty


ROUGH = f"""
    {BASE}
    junction a 1500 0
    junction b 1700 0
    junction c 3000 0
    way p a {CALM}
    way a b {BUSY}
    way b c {CALM}
    home c 50
    home p 10
"""


def test_a_calmed_stretch_gains_whom_it_is_said_to_gain(tmp_path: Path) -> None:
    before = ask(ROUGH, tmp_path / "a")
    link = measure(before, "low_stress")
    assert link["size"] == pytest.approx(200, abs=1)
    after = ask(ROUGH.replace(BUSY, CALM), tmp_path / "b")
    assert total(after, "bike_low") - total(before, "bike_low") == link["gained"] == 50
    none = ask(ROUGH, tmp_path / "c", link_limit=150)
    assert none.features["measures"].query("kind == 'low_stress'").empty


FEEDER = f"""
    {BASE}
    junction e 7000 0
    way p e {BUSY}
    stop E e "Village"
    stop A 100 0 "Halt, bus"
    home e 64
"""


def test_a_feeder_more_often_gains_whom_it_is_said_to_gain(tmp_path: Path) -> None:
    before = ask(FEEDER + "line 1 bus E 5:30 A 5:38 every 60 until 22:00\n", tmp_path / "a")
    assert total(before, "feeder") == 0
    found = measure(before, "headway")
    assert (found["gained"], found["line"]) == (64, "1")
    every = int(found["every_min"])
    assert every in (10, 15, 20, 30)
    # departures of both windows, and of half an hour after
    assert 2 * 180 / every <= found["size"] <= 2 * (240 / every + 1)
    # the same departures in the timetable
    more = f"line 1 bus E 5:08 A 5:16 every {every} until 22:00\n"
    assert total(ask(FEEDER + more, tmp_path / "b"), "feeder") == 64
    none = ask(
        FEEDER + "line 1 bus E 5:30 A 5:38 every 60 until 22:00\n", tmp_path / "c", headways=(60,)
    )
    assert none.features["measures"].query("kind == 'headway'").empty


def test_where_all_is_well_nothing_is_proposed(tmp_path: Path) -> None:
    found = ask(BASE + f"junction a 500 0\nway p a {CALM}\nhome a 10\n", tmp_path)
    assert found.features["measures"].empty
    assert not any("What would help" in s for s in found.sentences("en"))


def test_homes_beside_a_new_path_join_it(tmp_path: Path) -> None:
    """Whom a path passes walks along it, from where it is nearest."""
    text = RIVER + "junction m 60 -20\nhome m 25\n"
    before = ask(text, tmp_path / "a")
    path = measure(before, "path")
    after = ask(text + f"way p h {BUSY}\n", tmp_path / "b")
    assert total(after, "walk") - total(before, "walk") == path["gained"] == 155


def test_what_gains_fewer_than_was_found_is_listed_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(street_measures, "_with_path", lambda *args: np.zeros(0, np.int64))
    found = ask(RIVER, tmp_path)
    table = found.features["measures"].set_index("kind")
    assert not table.loc["path", "verified"]
    assert table.loc["path", "gained"] == 0
    assert table.loc["entrance", "verified"]
    rows = [r for r in found.audit if "not verified" in r.what.en]
    assert [r.count for r in rows] == [1]
    assert not any("a path of" in s for s in found.sentences("en"))
    assert any("a new entrance" in s for s in found.sentences("en"))
