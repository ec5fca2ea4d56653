"""The language of scenes: what is written is what was drawn, and what cannot be read is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scenes import EAST, NORTH, Scene, SceneError, clock, seconds

TEXT = """
    # a crossing with one bus and its way back
    town 2215031 -1000 -1000 3000 3000
    covered bus
    junction a 0 0
    junction b 600 0
    junction c 600 800
    way a b c
    way b c highway=primary "name=Droga & most" oneway=yes
    stop P a "Halt, east"
    stop Q 600 810
    entrance P 5 5
    line 1 bus P 7:50 Q 8:00 every 20 until 8:30 back
    home b 100
"""


def test_streets_are_those_drawn(tmp_path: Path) -> None:
    streets = Scene(TEXT).layers(tmp_path)["streets"].walk
    assert streets.edge_length.sum() == pytest.approx(600 + 800 + 800, rel=1e-3)
    assert streets.extent.contains(streets.nodes.geometry.iloc[0])
    assert (abs(streets.x - EAST) < 601).all()
    names = {str(n) for n in Scene(TEXT).layers(tmp_path)["streets"].bike.ways["highway"]}
    assert names == {"residential", "primary"}


def test_lines_run_as_written_and_back(tmp_path: Path) -> None:
    feed = Scene(TEXT).layers(tmp_path)["timetable"]
    found = feed.departures("school_day")
    times = sorted(clock(int(s)) for s in found["seconds"][found["stop_id"] == "P"])
    assert times == ["07:50:00", "08:10:00", "08:30:00"]
    back = sorted(clock(int(s)) for s in found["seconds"][found["stop_id"] == "Q"])
    assert back == times  # the other direction leaves at the same times
    assert feed.stops.set_index("stop_id").loc["P", "stop_name"] == "Halt, east"


def test_layers_have_people_towns_and_entrances(tmp_path: Path) -> None:
    layers = Scene(TEXT).layers(tmp_path)
    cell = layers["population"].iloc[0]
    assert cell["population"] == 100
    assert (cell.geometry.area, cell.geometry.centroid.x) == (10_000, EAST + 600)
    assert layers["municipalities"].total_bounds.tolist() == [
        EAST - 1000, NORTH - 1000, EAST + 3000, NORTH + 3000,
    ]  # fmt: skip
    assert layers["coverage"]["state"].tolist() == ["complete"]
    assert layers["interchange_entrances"]["interchange"].tolist() == ["Halt, east"]


def test_what_a_scene_does_not_have_is_no_layer(tmp_path: Path) -> None:
    layers = Scene("town 2215031 0 0 100 100\nhome 50 50 1").layers(tmp_path)
    assert [n for n, layer in layers.items() if layer is None] == [
        "timetable", "coverage", "streets", "interchange_entrances",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["scene.svg", "scene.png"])
def test_a_scene_draws_itself(tmp_path: Path, name: str) -> None:
    path = Scene(TEXT).draw(tmp_path / name)
    assert path.stat().st_size > 1000
    if name.endswith("svg"):
        assert "Halt, east" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    ["bridge a b", "way a", "way a z", "junction a", "line 1 bus P 7:00 Z 8:00", "stop P",
     "line 1 boat P 7:00", "line 1 bus P 7:00 every 10", "line 1 bus P seven"],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(SceneError, match="line 4"):
        Scene(f"junction a 0 0\njunction b 1 1\nstop P a\n{line}\n")


def test_times() -> None:
    assert seconds("7:30") == 27_000
    assert seconds("25:00:05") == 90_005
    assert clock(90_005) == "25:00:05"
    assert np.isfinite(seconds("0:00"))
