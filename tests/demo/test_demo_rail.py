"""Planted truths of access to rail: found, and gone where they are undone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import metrogis as mg
from metrogis.transit import read_feed


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return mg.open_metro(folder)


@pytest.fixture(scope="module")
def found(metro: Any) -> mg.Result:
    return metro.check("rail_access")


def halt(result: mg.Result, item: dict[str, Any]) -> Any:
    table = result.features["stations"]
    return table[table["name"] == item["name"]].iloc[0]


def test_the_tracks_cut_the_halt_off(found: mg.Result, planted: dict[str, Any]) -> None:
    item = planted["rail_cut_off"]
    row = halt(found, item)
    assert row["state"] == item["expected"]["state"]
    assert row["barred"] == pytest.approx(item["expected"]["barred_people"], rel=0.05)
    barrier = found.features["barriers"].set_index("station").loc[item["name"]]
    assert barrier.geometry.distance(shapely.Point(item["housing"])) < 300
    kinds = found.features["measures"].query(f"station == '{item['name']}'")["kind"].tolist()
    assert {"path", "entrance"} & set(kinds)


def test_the_halt_is_reached_by_bike_only(found: mg.Result, planted: dict[str, Any]) -> None:
    item = planted["rail_by_bike_only"]
    row, expected = halt(found, item), item["expected"]
    assert row["by_walk"] == expected["people_on_foot"] == 0
    assert 0 < row["by_bike"] <= expected["people_by_bike_at_most"] * 1.02
    assert row["reached_by"] == expected["reached_by"]


def test_an_entrance_on_the_other_side_undoes_both(
    metro: Any, found: mg.Result, planted: dict[str, Any]
) -> None:
    item = planted["rail_cut_off"]
    gates = metro.interchange_entrances
    door = shapely.Point(item["x"], item["y"])
    own = gates[gates.distance(door) < 150]
    # across the tracks: the mirror image of the entrance that is there
    there = own.geometry.iloc[0]
    other = shapely.Point(2 * door.x - there.x, 2 * door.y - there.y)
    nodes = metro.streets.walk.nodes.geometry
    side = nodes[nodes.distance(other) < 400]
    near = shapely.Point(item["housing"])
    gate = side.iloc[side.distance(near).argmin()]
    more = gpd.GeoDataFrame(
        pd.concat([gates, own.iloc[:1].set_geometry([gate], crs=gates.crs)], ignore_index=True)
    )
    layers = {i.name: metro.get(i.name) for i in found.check.inputs}
    after = mg.rail_access(**{**layers, "interchange_entrances": more})
    row = halt(after, item)
    assert row["by_walk"] > 0.5 * item["expected"]["barred_people"]
    assert row["barred"] < 0.5 * item["expected"]["barred_people"]
    assert row["reached_by"] == "walk"


def test_the_city_is_served(found: mg.Result) -> None:
    """No station of the demo has too few trains, and the first of the list is in the city."""
    stations = found.features["stations"]
    assert (stations["state"] == "yes").all()
    assert stations["teryt"].iloc[0] == found.municipalities["teryt"].iloc[0]


# --------------------------------------------------------------------------- trains just missed


def shift_of(result: mg.Result, name: str) -> Any:
    table = result.features["shifts"]
    return table[table["line"] == name].iloc[0]


@pytest.fixture(scope="module")
def meetings(metro: Any) -> mg.Result:
    return metro.check("feeder_coordination")


def moved(folder: Path, work: Path, line: str, change: Any) -> Any:
    """The timetable of the demo, in which the stop times (minutes) of a line are others."""
    feeds = []
    for path in sorted((folder / "gtfs").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            tables = {n: archive.read(n) for n in archive.namelist()}
        routes = pd.read_csv(io.BytesIO(tables["routes.txt"]), dtype=str)
        trips = pd.read_csv(io.BytesIO(tables["trips.txt"]), dtype=str)
        own = set(routes.loc[routes["route_short_name"] == line, "route_id"])
        names = set(trips.loc[trips["route_id"].isin(own), "trip_id"])
        if names:
            times = pd.read_csv(io.BytesIO(tables["stop_times.txt"]), dtype=str)
            rows = times["trip_id"].isin(names).to_numpy()
            clock = times.loc[rows, "departure_time"].str.split(":", expand=True).astype(int)
            minute = change(clock[0] * 60 + clock[1], times.loc[rows, "stop_sequence"].astype(int))
            text = [f"{m // 60:02d}:{m % 60:02d}:00" for m in minute]
            times.loc[rows, "arrival_time"] = times.loc[rows, "departure_time"] = text
            tables["stop_times.txt"] = times.to_csv(index=False).encode()
        out = work / path.name
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in tables.items():
                archive.writestr(name, data)
        feeds.append(out)
    return read_feed(feeds)


def asked(metro: Any, result: mg.Result, **layers: Any) -> mg.Result:
    own = {i.name: metro.get(i.name) for i in result.check.inputs}
    return result.check.function(**{**own, **layers})


def test_the_line_misses_its_trains(meetings: mg.Result, planted: dict[str, Any]) -> None:
    item = planted["line_misses_train"]
    expected = item["expected"]
    row = shift_of(meetings, item["line"])
    assert row["missed"] >= expected["missed_at_least"]
    low, high = expected["shift_between"]
    assert low <= row["shift"] <= high
    assert row["gained"] > 0
    assert row["station"] == item["name"]
    table = meetings.features["connections"]
    worst = table[(table["line"] == item["line"]) & (table["way"] == "to_train")]
    assert worst["missed"].max() >= expected["missed_at_least"]


def test_the_shift_undoes_it(
    metro: Any, folder: Path, meetings: mg.Result, planted: dict[str, Any], tmp_path: Path
) -> None:
    item = planted["line_misses_train"]
    before = shift_of(meetings, item["line"])
    shift = int(before["shift"])
    feed = moved(folder, tmp_path, item["line"], lambda minute, _stop: minute + shift)
    after = shift_of(asked(metro, meetings, timetable=feed), item["line"])
    assert after["missed"] == before["missed_after"] < before["missed"] / 2
    assert after["kept"] == before["kept_after"]
    assert after["shift"] == 0


# --------------------------------------------------------------------------- far by bus


def of_village(result: mg.Result, item: dict[str, Any]) -> pd.DataFrame:
    cells = result.features["cells"]
    own = cells[cells.distance(shapely.Point(item["x"], item["y"])) < 250]
    assert own["population"].sum() > 0.5 * item["people"]
    return own


def middle(table: pd.DataFrame, column: str) -> float:
    return float(np.repeat(table[column], np.ceil(table["population"]).astype(int)).median())


@pytest.fixture(scope="module")
def times(metro: Any) -> mg.Result:
    return metro.check("travel_time")


def test_the_village_is_near_by_car_and_far_by_bus(
    times: mg.Result, planted: dict[str, Any]
) -> None:
    item = planted["near_by_car_far_by_bus"]
    expected, own = item["expected"], of_village(times, item)
    for column, limits in (("minutes", "minutes_between"), ("car_minutes", "car_minutes_between")):
        low, high = expected[limits]
        assert low <= middle(own, column) <= high, column
    assert middle(own, "ratio") > expected["ratio_over"]


def test_a_quick_and_frequent_bus_undoes_it(
    metro: Any, folder: Path, times: mg.Result, planted: dict[str, Any], tmp_path: Path
) -> None:
    item = planted["near_by_car_far_by_bus"]

    def quick(minute: pd.Series, stop: pd.Series) -> pd.Series:
        # all its buses in the peak, 8 minutes apart, 15 minutes to the city
        first = minute.groupby((stop == 1).cumsum()).transform("first")
        start = 400 + first.rank(method="dense").astype(int) % 20 * 8
        return start + (stop > 1).astype(int) * 15

    feed = moved(folder, tmp_path, item["line"], quick)
    after = of_village(asked(metro, times, timetable=feed), item)
    assert middle(after, "minutes") < 0.75 * item["expected"]["minutes_between"][0]
    assert middle(after, "ratio") < middle(of_village(times, item), "ratio") * 0.75
