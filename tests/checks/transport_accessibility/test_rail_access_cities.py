"""Access to rail with real layers: what one operator's timetable does not tell stays unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import metrogis as mg
from metrogis.transit import read_feed

CODE = "9999011"


@pytest.mark.long
def test_of_szczecin_no_train_is_known(shared: Path) -> None:
    found = mg.open_metro("som", data=shared / "data/som").check("rail_access")
    stations = found.features["stations"]
    assert len(stations) > 50
    assert set(stations["state"]) == {"unknown"}
    assert found.figures["reached"] == found.figures["none"] == 0
    assert found.figures["unknown_share"] == pytest.approx(1)
    assert found.findings[0].unknown
    # the city's buses and trams are known; that no feeder leads to a train is not
    assert set(found.features["cells"]["easiest"]) == {"unknown"}
    assert found.municipalities["bike_multiplier"].isna().all()


@pytest.fixture(scope="module")
def sao_paulo(shared: Path) -> dict[str, Any]:
    folder = shared / "data/sao_paulo"
    hexagons = gpd.read_file(f"/vsizip/{folder / 'population_hexgrid.gpkg.zip'}")
    column = next(c for c in hexagons.columns if c.lower() == "population")
    people = hexagons.to_crs(32723)[[column, "geometry"]].rename(columns={column: "population"})
    town = gpd.GeoDataFrame(
        {"teryt": [CODE], "name": ["City"]}, geometry=[people.union_all()], crs=32723
    )
    return {
        "municipalities": town,
        "population": people,
        "timetable": read_feed(folder / "gtfs.zip", country="BR"),
        "coverage": pd.DataFrame(
            {"feed": ["gtfs"], "teryt": [CODE], "mode": ["all"], "state": ["complete"]}
        ),
    }


@pytest.mark.slow
def test_sao_paulo_in_a_straight_line(sao_paulo: dict[str, Any]) -> None:
    """Trains by frequencies; the walks of all cells to all stations, counted apart."""
    found = mg.rail_access(**sao_paulo)
    cells, stations = found.features["cells"], found.features["stations"]
    assert cells["population"].sum() == pytest.approx(517_570, rel=1e-3)
    useful = stations[stations["state"] == "yes"]
    feed = sao_paulo["timetable"]
    rail = feed.stop_points(32723)
    rail = rail[rail["mode_groups"].str.contains("rail")]
    assert len(useful) <= len(rail)
    posts = np.column_stack([rail.geometry.x, rail.geometry.y])
    middle = cells.geometry.centroid
    for row in useful.itertuples():
        own = posts[np.hypot(*(posts - (row.geometry.x, row.geometry.y)).T) < 200]
        away = np.min([np.hypot(middle.x - x, middle.y - y).to_numpy() for x, y in own], axis=0)
        assert row.by_walk == pytest.approx(cells["population"][1.3 * away <= 1200].sum())
        assert row.by_bike == pytest.approx(cells["population"][1.3 * away <= 3750].sum())
    table = found.municipalities.iloc[0]
    assert table["reached"] + table["none"] + table["unknown"] == pytest.approx(
        cells["population"].sum()
    )
