"""Degrees of urbanisation and main centres are those that the generator makes; undone, others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from metrogis import open_metro
from metrogis.checks.spatial_development.settlement_structure.check import settlement_structure

Item = dict[str, Any]


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return open_metro(folder)


@pytest.fixture(scope="module")
def found(metro: Any) -> pd.DataFrame:
    return metro.check("settlement_structure").municipalities.set_index("teryt")


def degree(metro: Any, item: Item, cells: gpd.GeoDataFrame) -> str:
    table = settlement_structure(metro.municipalities, cells).municipalities
    return table.set_index("teryt").loc[item["teryt"], "degurba"]


@pytest.mark.parametrize("kind", ["city", "towns_and_suburbs", "rural"])
def test_degree_of_urbanisation(found: pd.DataFrame, planted: dict[str, Item], kind: str) -> None:
    item = planted[f"degree_{kind}"]
    row = found.loc[item["teryt"]]
    assert row["degurba"] == item["expected"]["degurba"] == kind
    # cells across a border are shared by area, cells without data leave people out
    close = 0.05 * item["people"]
    assert row["rural_people"] == pytest.approx(item["expected"]["rural_people"], abs=close)
    if kind == "city":
        assert row["centre_people"] == pytest.approx(item["expected"]["centre_people"], abs=close)


def test_a_city_of_half_its_people_is_none(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["degree_city"]
    cells = metro.population
    assert degree(metro, item, cells) == "city"
    fewer = cells.assign(population=cells["population"] * 40_000 / item["people"])
    assert degree(metro, item, fewer) != "city"


def test_a_town_of_few_people_is_rural(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["degree_towns_and_suburbs"]
    cells = metro.population
    fewer = cells.assign(population=cells["population"] / 20)
    assert degree(metro, item, cells) == "towns_and_suburbs"
    assert degree(metro, item, fewer) == "rural"


def test_a_town_founded_in_the_country_undoes_rural(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["degree_rural"]
    cells = metro.population.copy()
    assert degree(metro, item, cells) == "rural"
    home = shapely.Point(item["x"], item["y"])
    near = cells["population"].notna() & (cells.distance(home) < 150)
    assert near.any()
    cells.loc[near, "population"] = 2.0 * (item["people"] + 5000) / near.sum()
    assert degree(metro, item, cells) == "towns_and_suburbs"


def test_main_centre_of_whom_leans_on_the_city(
    metro: Any, found: pd.DataFrame, planted: dict[str, Item]
) -> None:
    item = planted["leans_on_the_city"]
    assert found.loc[item["teryt"], "main_centre"] == item["expected"]["main_centre"]
    flows = metro.od_flows
    names = metro.municipalities.set_index("teryt")["name"]
    city = names.index[names == item["expected"]["main_centre"]].item()
    there = (flows["origin"] == item["teryt"]) & (flows["destination"] == city)
    assert flows.loc[there, "flow"].item() == item["flow"]
    # undone: nobody goes to the city any more
    rest = settlement_structure(metro.municipalities, metro.population, flows[~there])
    again = rest.municipalities.set_index("teryt").loc[item["teryt"], "main_centre"]
    assert again != item["expected"]["main_centre"]
