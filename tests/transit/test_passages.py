"""Departures at places: each run once, the busier direction of each line, nights in two days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrogis.checks.shared.service import Rule, read_service
from metrogis.transit import read_feed
from metrogis.transit.passages import passages

CRS = "EPSG:2180"
SPOTS = {
    "A": (54.60, 18.20), "M": (54.61, 18.21), "B": (54.62, 18.22), "C": (54.63, 18.25),
    "N": (54.6101, 18.21),  # 11 m from M
}  # fmt: skip
Trip = tuple[str, int | str, str, list[tuple[str, float]]]  # line, direction, service, calls


def clock(hours: float) -> str:
    s = round(hours * 3600)
    return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"


def write(
    folder: Path,
    trips: list[Trip],
    *,
    frequencies: list[tuple[int, float, float, int]] = (),  # type: ignore[assignment]
    first: str = "20241001",
    kind: int = 3,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    week = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"
    tables = {
        "stops": ["stop_id,stop_name,stop_lat,stop_lon"]
        + [f"{s},Stop {s},{y},{x}" for s, (y, x) in SPOTS.items()],
        "routes": ["route_id,route_short_name,route_type"]
        + [f"r{n},{n},{kind}" for n in dict.fromkeys(t[0] for t in trips)],
        "trips": ["trip_id,route_id,service_id,direction_id"]
        + [f"t{i},r{n},{s},{d}" for i, (n, d, s, _) in enumerate(trips)],
        "stop_times": ["trip_id,departure_time,stop_id,stop_sequence"]
        + [
            f"t{i},{clock(h)},{stop},{k}"
            for i, (*_, calls) in enumerate(trips)
            for k, (stop, h) in enumerate(calls)
        ],
        "calendar": [
            f"service_id,{week},start_date,end_date",
            f"w,1,1,1,1,1,0,0,{first},20241031",
            f"d,1,1,1,1,1,1,1,{first},20241031",
            f"sat,0,0,0,0,0,1,0,{first},20241031",
        ],
    }
    if frequencies:
        tables["frequencies"] = ["trip_id,start_time,end_time,headway_secs"] + [
            f"t{i},{clock(a)},{clock(b)},{h}" for i, a, b, h in frequencies
        ]
    for name, rows in tables.items():
        (folder / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def forth(
    line: str, hours: Any, *stops: str, direction: int | str = 0, service: str = "d"
) -> list[Trip]:
    return [
        (line, direction, service, [(s, h + 0.1 * k) for k, s in enumerate(stops)]) for h in hours
    ]  # fmt: skip


def counted(
    tmp_path: Path, feeds: list[list[Trip]], stop: str, day: str = "school_day", **options: Any
) -> list[int]:
    """Departures of a place in the whole day and in the two windows."""
    paths = [write(tmp_path / f"f{i}", trips, **options) for i, trips in enumerate(feeds)]
    feed = read_feed(paths if len(paths) > 1 else paths[0])
    service = read_service(feed, CRS, Rule({"bus": 500.0, "rail": 1000.0}), days=[day])
    post = service.posts["stop_id"].str.split(":").str[-1].tolist().index(stop)
    return service.counts[day][:, 0, service.place[post]].tolist()  # type: ignore[no-any-return]


DAY = (6, 7, 10, 11, 14)


@pytest.mark.parametrize("direction", [(0, 1), ("", "")])
def test_of_a_line_the_busier_direction_counts(tmp_path, direction):
    there = forth("1", DAY, "A", "M", "B", direction=direction[0])
    back = forth("1", (8, 15, 16), "B", "M", "A", direction=direction[1])
    assert counted(tmp_path, [there + back], "M") == [5, 2, 2]
    assert counted(tmp_path, [there + back], "A") == [5, 2, 1]
    assert counted(tmp_path, [there + back], "B") == [3, 1, 2]


def test_the_busier_direction_is_that_of_each_window(tmp_path):
    there = forth("1", (6, 7, 7.5), "A", "M", "B", direction=0)
    back = forth("1", (14, 15), "B", "M", "A", direction=1)
    assert counted(tmp_path, [there + back], "M") == [3, 3, 2]


def test_lines_are_summed_and_parts_of_a_line_are_one(tmp_path):
    one = forth("1", DAY, "A", "M", "B")
    two = forth("2", DAY, "B", "M", "A", direction=1)
    assert counted(tmp_path / "lines", [one + two], "M") == [10, 4, 2]
    # the same trips as one line: there and back
    same = forth("1", DAY, "A", "M", "B") + forth("1", DAY, "B", "M", "A", direction=1)
    assert counted(tmp_path / "line", [same], "M") == [5, 2, 1]


@pytest.mark.parametrize("direction", [(0, 1), ("", "")])
def test_two_feeds_with_five_departures_each_are_ten(tmp_path, direction):
    hours = (6.5, 7.5, 10.5, 11.5, 14.5)
    feeds = [forth("1", DAY, "A", "M", "B", direction=direction[0]),
             forth("1", hours, "A", "M", "B", direction=direction[0])]  # fmt: skip
    assert counted(tmp_path / "same", feeds, "M") == [10, 4, 2]
    # one feed holds the way there, the other the way back: still one direction counts
    feeds[1] = forth("1", hours, "B", "M", "A", direction=direction[1])
    assert counted(tmp_path / "back", feeds, "M") == [5, 2, 1]
    assert counted(tmp_path / "one", [feeds[0] + feeds[1]], "M") == [5, 2, 1]


def test_runs_listed_twice_are_one(tmp_path):
    trips = forth("1", DAY, "A", "M", "B")
    assert counted(tmp_path / "feeds", [trips, trips], "M") == [5, 2, 1]
    assert counted(tmp_path / "rows", [trips + trips], "M") == [5, 2, 1]


def test_a_run_that_calls_at_two_posts_of_a_place_counts_once(tmp_path):
    trips = [
        ("1", 0, "d", [("A", h), ("M", h + 0.1), ("N", h + 0.11), ("B", h + 0.2)]) for h in DAY
    ]
    assert counted(tmp_path, [trips], "M") == [5, 2, 1]
    # in each window in which it leaves: 8:59 at one post, 9:01 at the other
    edge = [("1", 0, "d", [("A", 8.8), ("M", 9 - 1 / 60), ("N", 9 + 1 / 60), ("B", 9.2)])]
    assert counted(tmp_path / "edge", [edge], "M") == [1, 1, 0]
    # there and back in one: a loop leaves the place once
    loop = [("1", "", "d", [("M", h), ("B", h + 0.2), ("M", h + 0.4), ("A", h + 0.5)]) for h in DAY]
    assert counted(tmp_path / "loop", [loop], "M")[0] == 5


def test_runs_of_a_headway_are_apart(tmp_path):
    trips = [("1", 0, "d", [("A", 6.0), ("M", 6.1), ("N", 6.11), ("B", 6.2)])]
    found = counted(tmp_path, [trips], "M", frequencies=[(0, 6, 8, 1200)])
    assert found == [6, 6, 0]


@pytest.mark.parametrize(
    ("hour", "windows"), [(28.9, 0), (29.0, 1), (29.5, 1), (32.9, 1), (33.0, 0), (5.5, 1)]
)
def test_what_leaves_past_midnight_counts_on_the_next_morning(tmp_path, hour, windows):
    trips = forth("1", (12, hour - 0.1), "A", "M", "B", service="w")
    # Tuesday: what Monday still runs is the same. The day counts each departure once
    assert counted(tmp_path, [trips], "M", first="20240902") == [2, windows, 0]


def test_the_night_before_is_that_of_the_day_before(tmp_path):
    trips = forth("1", (12,), "A", "M", "B") + forth("1", (29.4,), "A", "M", "B", service="sat")
    # Saturday night's bus leaves on Sunday morning, and on Saturday's only where Friday had one
    assert counted(tmp_path / "sun", [trips], "M", "sunday") == [1, 1, 0]
    assert counted(tmp_path / "sat", [trips], "M", "saturday") == [2, 0, 0]


def test_a_day_before_the_timetable_is_taken_to_be_like_the_day(tmp_path):
    # valid on one day only: what ran the night before is not in the data
    trips = forth("1", (12, 29.4), "A", "M", "B", service="once")
    folder = write(tmp_path / "f", trips)
    (folder / "calendar.txt").unlink()
    (folder / "calendar_dates.txt").write_text("service_id,date,exception_type\nonce,20241016,1\n")
    feed = read_feed(folder)
    found = passages(feed, "2024-10-16")
    assert sorted(found.seconds[~found.own].tolist()) == [round(5.4 * 3600), round(5.5 * 3600)]
    assert found.folded == 2
    service = read_service(feed, CRS, Rule({"bus": 500.0}), days=["school_day"])
    if "school_day" in service.counts:
        assert any(row.action == "modelled" and row.count == 2 for row in service.audit)


def test_places_hold_the_departures_of_all_their_posts(tmp_path):
    trips = forth("1", DAY[:2], "A", "M", "B") + forth("1", DAY[2:], "A", "N", "B")
    assert counted(tmp_path, [trips], "M") == counted(tmp_path, [trips], "N") == [5, 2, 1]


def test_modes_beyond_their_limit_do_not_count(tmp_path):
    bus = write(tmp_path / "bus", forth("1", DAY, "A", "M", "B"))
    rail = write(tmp_path / "rail", forth("R", DAY[:3], "A", "N", "B"), kind=2)
    service = read_service(
        read_feed([bus, rail]), CRS, Rule({"bus": 500.0, "rail": 1000.0}), days=["school_day"]
    )
    place = service.place[service.posts["stop_id"].tolist().index("bus:M")]
    assert service.counts["school_day"][0, :, place].tolist() == [8, 3]
    assert np.isin(service.walk_limit[place], [1000.0])
