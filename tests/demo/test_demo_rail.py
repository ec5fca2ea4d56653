"""Planted truths of access to rail: found, and gone where they are undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import metrogis as mg


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
