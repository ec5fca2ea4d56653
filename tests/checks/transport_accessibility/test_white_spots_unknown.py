"""White needs to be known: what was lost, not loaded or not in the data makes places unknown."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import LineString, Point, box

from metrogis import open_metro, read_feed, white_spots
from metrogis.checks.transport_accessibility.white_spots.check import CHECK
from metrogis.evidence import loss
from metrogis.streets import from_lines
from metrogis.texts import both

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
ENOUGH = (5.5, 6, 7, 10, 13, 14, 15, 20)
COMPLETE = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"], "state": ["complete"]})


def degrees(x: float, y: float) -> tuple[float, float]:
    lon, lat = TO_DEGREES.transform(X0 + x, Y0 + y)
    return float(lat), float(lon)


def write(folder: Path, stops: dict[str, tuple[float, float]], trips: list[Any]) -> Path:
    """A bus feed of every day. Trips: lists of (stop, hour)."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (x, y) in stops.items():
        lat, lon = degrees(x, y)
        rows.append(f"{name},Stop {name},{lat!r},{lon!r}")
    times = []
    for i, calls in enumerate(trips):
        for order, (stop, hour) in enumerate(calls):
            s = round(hour * 3600)
            times.append(f"t{i},{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d},{stop},{order}")
    tables = {
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", *rows],
        "routes": ["route_id,route_short_name,route_type", "r,1,3"],
        "trips": ["trip_id,route_id,service_id", *(f"t{i},r,x" for i in range(len(trips)))],
        "stop_times": ["trip_id,departure_time,stop_id,stop_sequence", *times],
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
            "start_date,end_date",
            "x,1,1,1,1,1,1,1,20241001,20241031",
        ],
    }
    for name, lines in tables.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def town(side: float = 30_000) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2215011"], "name": ["Town"]},
        geometry=[box(X0 - side, Y0 - side, X0 + side, Y0 + side)],
        crs=CRS,
    )


def cells(centres: list[tuple[float, float]], people: Any = None, half: float = 100) -> Any:
    return gpd.GeoDataFrame(
        {"population": np.arange(1.0, len(centres) + 1) if people is None else people},
        geometry=[
            box(X0 + x - half, Y0 + y - half, X0 + x + half, Y0 + y + half) for x, y in centres
        ],
        crs=CRS,
    )


def states(feed: Any, centres: list[tuple[float, float]], **options: Any) -> list[str]:
    result = white_spots(
        town(),
        cells(centres),
        feed,
        **{"coverage": COMPLETE, "day_types": ("school_day",)} | options,
    )
    table = result.features["cells"].sort_values("population")
    return table["state"].tolist()  # type: ignore[no-any-return]


# ------------------------------------------------------------------ lost in reading

STOPS = {"a": (0.0, 0.0), "b": (3000.0, 0.0), "c": (6000.0, 0.0), "d": (9000.0, 0.0)}
TRIPS = [
    [(s, h + 0.1 * k) for k, s in enumerate(names)] for names in ("abcd", "dcba") for h in ENOUGH
]
FAR = [(3000.0, 6000.0), (25_000.0, 0.0)]


def spoil(folder: Path, stop: str, fault: str) -> None:
    """Take a stop's position, or the stop itself, away."""
    file = folder / "stops.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = []
    for line in lines:
        if not line.startswith(f"{stop},"):
            kept.append(line)
        elif fault != "row":
            spot = {"blank": ",", "zero": "0,0", "off": "91.5,18"}[fault]
            kept.append(f"{stop},Stop {stop},{spot}")
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")


@pytest.mark.parametrize("fault", ["blank", "zero", "off", "row"])
@pytest.mark.parametrize("stop", ["a", "b", "c", "d"])
def test_a_stop_that_lost_its_position_makes_its_cell_unknown_and_no_other(tmp_path, stop, fault):
    folder = write(tmp_path / "f", STOPS, TRIPS)
    centres = [*STOPS.values(), *FAR]
    assert states(read_feed(folder), centres) == ["served"] * 4 + ["white"] * 2
    spoil(folder, stop, fault)
    expected = ["unknown" if s == stop else "served" for s in STOPS] + ["white"] * 2
    assert states(read_feed(folder), centres) == expected


def losing(feed: Any, item: Any) -> Any:
    """The feed with one loss more."""

    class Lossy:
        losses = (item,)

        def __getattr__(self, name: str) -> Any:
            return getattr(feed, name)

    return Lossy()


@pytest.mark.parametrize(
    ("groups", "away", "state"),
    [
        (("bus",), 500.0, "unknown"),
        (("bus",), 500.2, "white"),
        (("rail",), 500.2, "unknown"),
        (("rail",), 1000.2, "white"),
        ((), 500.2, "unknown"),
    ],
)
def test_a_lost_trip_is_unknown_within_the_walk_of_its_modes(tmp_path, groups, away, state):
    feed = read_feed(write(tmp_path / "f", STOPS, TRIPS))
    lat, lon = degrees(0, 10_000)
    item = loss("trip", both("x"), ["7"], where=Point(lon, lat), crs="EPSG:4326", groups=groups)
    centre = [(0.0, 10_000 + away - 0.1)]
    result = white_spots(
        town(), cells(centre), losing(feed, item), coverage=COMPLETE, detour=1.0,
        day_types=("school_day",),
    )  # fmt: skip
    assert result.features["cells"]["state"].tolist() == [state]
    why = "lost" if state == "unknown" else ""
    assert result.features["cells"]["unknown_why"].tolist() == [why]
    lost = [r for r in result.audit if "could not be read" in r.what.en]
    assert [r.count for r in lost] == ([1] if state == "unknown" else [])
    assert result.municipalities["coverage"].tolist() == ["partial"]
    assert not result.evidence["timetable"].complete


def test_what_was_lost_anywhere_leaves_nothing_white(tmp_path):
    feed = read_feed(write(tmp_path / "f", STOPS, TRIPS))
    centres = [*STOPS.values(), *FAR]
    found = states(losing(feed, loss("trip", both("x"), ["7"])), centres)
    assert found == ["served"] * 4 + ["unknown"] * 2


# ------------------------------------------------------------------ not loaded


def test_a_renamed_feed_never_makes_white_spots_grow(demo_s, tmp_path):
    metro = open_metro(demo_s)
    names = [i.name for i in CHECK.inputs if i.name in metro and i.name != "streets"]
    layers = {name: metro.get(name) for name in names}
    before = white_spots(**layers)
    files = [p for p in sorted((demo_s / "gtfs").glob("*.zip")) if p.stem != "city_bus"]
    renamed = tmp_path / "town_lines.zip"
    shutil.copy(demo_s / "gtfs" / "city_bus.zip", renamed)
    for paths in (files, [*files, renamed]):
        feed = read_feed(paths, school_holidays=metro.school_holidays.rename(
            columns={"first": "start", "last": "end"}))  # fmt: skip
        after = white_spots(**layers | {"timetable": feed})
        for day in ("school_day", "sunday"):
            old, new = (r.features["cells"][f"state_{day}"] for r in (before, after))
            assert not ((new == "white") & (old != "white")).any()
        assert after.figures["unknown_people"] > before.figures["unknown_people"]
        told = [r for r in after.audit if r.examples == "city_bus"]
        assert len(told) == 1
        assert "no loaded feed or agency" in told[0].what.en
        assert all(stem in told[0].what.en for stem in feed.feeds)


# ------------------------------------------------------------------ streets that are not there


def network(lines: list[LineString], extent: Any) -> Any:
    moved = [shapely.transform(line, lambda p: p + np.array([X0, Y0])) for line in lines]
    frame = gpd.GeoDataFrame(geometry=moved, crs=CRS)
    area = shapely.transform(extent, lambda p: p + np.array([X0, Y0]))
    return replace(from_lines(frame, mode="walk"), extent=area)


@pytest.mark.parametrize(("edge", "state"), [(50.1, "white"), (49.9, "unknown")])
def test_a_walk_is_only_too_long_where_no_street_is_missing(tmp_path, edge, state):
    # 400 m apart on two roads that meet 800 m to the west; a path over land beyond the edge of the
    # data, up to ``edge`` north of the upper road, could be short enough, or could not
    feed = read_feed(write(tmp_path / "f", {"a": (0, 0), "z": (9000, 0)},
                           [[("a", h), ("z", h + 0.3)] for h in ENOUGH]))  # fmt: skip
    lines = [
        LineString([(0, 0), (-800, 0), (-800, 400), (0, 400)]),
        LineString([(0, 0), (9000, 0)]),
    ]
    streets = network(lines, box(-2000, -2000, 12_000, 400 + edge))
    found = states(feed, [(0.0, 400.0)], streets=streets)
    # home to the edge and from there to the stop: edge + (400 + edge)
    assert found == [state]
    # where no stop suffices no street matters
    rare = read_feed(write(tmp_path / "g", {"a": (0, 0), "z": (9000, 0)}, [[("a", 6), ("z", 7)]]))
    assert states(rare, [(0.0, 400.0)], streets=streets) == ["white"]


# ------------------------------------------------------------------ spots


def test_a_spot_has_the_cause_and_fix_of_most_of_its_people_and_lists_its_parts(tmp_path):
    # one spot in a row: near the stop too few departures, beyond its reach no stop
    feed = read_feed(write(tmp_path / "f", {"a": (0, 0), "z": (9000, 0)},
                           [[("a", h), ("z", h + 0.3)] for h in ENOUGH[:5]]))  # fmt: skip
    centres = [(200.0 * k, 0.0) for k in range(5)]
    for people, cause, fix, share in (
        ([50, 40, 1, 1, 1], "too_few", "departures", 90 / 93),
        ([5, 4, 10, 20, 30], "no_stop", "none", 60 / 69),
    ):
        result = white_spots(town(), cells(centres, np.array(people, float)), feed,
                             coverage=COMPLETE, day_types=("school_day",))  # fmt: skip
        spot = result.features["spots"].iloc[0]
        assert len(result.features["spots"]) == 1
        assert (spot["cause"], spot["fix"], spot["causes"]) == (cause, fix, 2)
        assert spot["cause_share"] == pytest.approx(share)
        assert spot["fix_share"] == pytest.approx(share)
        parts = result.features["spot_parts"].set_index("cause")
        assert parts["spot"].tolist() == [1, 1]
        assert parts.loc["too_few", "population"] == sum(people[:2])
        assert parts.loc["no_stop", "population"] == sum(people[2:])
        assert parts["cells"].sum() == spot["cells"] == 5
        assert parts.area.sum() == pytest.approx(spot.geometry.area)
        few = parts.loc["too_few"]
        assert (few["fix"], few["fix_size"], few["fix_people"]) == (
            "departures",
            3,
            sum(people[:2]),
        )
        assert (parts.loc["no_stop", "fix"], few["name"]) == ("none", spot["name"])
        if fix == "departures":
            assert (spot["fix_size"], spot["fix_departures"]) == (3, 3)
        english = " ".join(result.sentences("en"))
        assert f"(for {share:.0%} of residents)" in english


# ------------------------------------------------------------------ sentences


def test_sentences_begin_with_the_unknown_where_it_is_most(tmp_path):
    feed = read_feed(write(tmp_path / "f", STOPS, TRIPS))
    people = np.array([10.0, 10, 10, 10, 30, 30])
    places = cells([*STOPS.values(), *FAR], people)
    dark = white_spots(town(), places, feed, day_types=("school_day",))
    assert dark.sentences("en")[0].startswith("For 60.0% of residents (60) it is not known")
    assert dark.sentences("pl")[0].startswith("O 60,0\xa0% mieszkańców (60) nie wiadomo, czy w dni")
    assert dark.findings[0].unknown
    light = white_spots(town(), places.assign(population=[10.0, 10, 10, 10, 20, 19]), feed,
                        day_types=("school_day",))  # fmt: skip
    assert light.sentences("en")[0].startswith("50.6% of residents (40) are served")
    assert "white" not in light.sentences("en")[0]
    whole = white_spots(town(), places, feed, coverage=COMPLETE, day_types=("school_day",))
    assert "known" not in whole.sentences("en")[0]
    assert whole.figures["unknown_people"] == 0
    town_row = dark.municipalities.iloc[0]
    assert town_row["known_people"] == 40
    assert town_row["population_known"] == 1
    assert not town_row["timetable_known"]
    ground = dark.features["states"].set_index("state")["known"]
    assert ground.to_dict() == {"unknown": False, "served": True}
