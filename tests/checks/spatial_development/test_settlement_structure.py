"""Degree of urbanisation, main centres, people near rail: whole checks on drawn municipalities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, affinity

from metrogis.checks.spatial_development.settlement_structure.check import settlement_structure
from metrogis.evidence.losses import loss, record
from metrogis.population.urbanisation import classify
from metrogis.texts import Text

CRS = "EPSG:2180"
X, Y = 470_000.0, 720_000.0
CODES = ["2261011", "2262011", "2263012"]


def frame(shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def municipalities(wide: int = 4, high: int = 4, count: int = 3) -> gpd.GeoDataFrame:
    """Municipalities side by side, each of wide x high km."""
    left = [X + 1000 * wide * k for k in range(count)]
    return frame(
        [shapely.box(x, Y, x + 1000 * wide, Y + 1000 * high) for x in left],
        teryt=CODES[:count],
        name=["A", "B", "C"][:count],
    )


def cells(people: np.ndarray, side: float = 1000.0) -> gpd.GeoDataFrame:
    """Cells of rows (southernmost first) and columns."""
    rows, columns = np.indices(people.shape).reshape(2, -1)
    x, y = X + columns * side, Y + rows * side
    return frame(shapely.box(x, y, x + side, y + side), population=people.ravel().astype(float))


def table(*args: Any, **more: Any) -> Any:
    return settlement_structure(*args, **more).municipalities.set_index("name")


PEOPLE = np.zeros((4, 12))
PEOPLE[1:3, 0:3] = 10_000.0  # A: a centre of 60,000
PEOPLE[1, 4:8] = 1400.0  # B: a cluster of 5,600
PEOPLE[0, 8:12] = 100.0  # C: rural


@pytest.mark.parametrize("side", [1000, 500, 250])
def test_degree_of_each_municipality_whatever_the_size_of_cells(side: int) -> None:
    share = 1000 // side
    fine = np.kron(PEOPLE, np.ones((share, share))) / share**2
    found = table(municipalities(), cells(fine, side))
    assert found["degurba"].tolist() == ["city", "towns_and_suburbs", "rural"]
    assert found["centre_people"].tolist() == pytest.approx([60_000, 0, 0])
    assert found["cluster_people"].tolist() == pytest.approx([0, 5600, 0])
    assert found["rural_people"].tolist() == pytest.approx([0, 0, 400])


@pytest.mark.parametrize("seed", range(3))
def test_people_by_class_are_those_of_a_random_raster(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.choice([0.0, 200, 400, 1600, 12_000], (6, 12), p=[0.2, 0.2, 0.2, 0.2, 0.2])
    found = table(municipalities(4, 6), cells(people))
    kind = classify(people, np.ones(people.shape))
    for name, code in (("centre", 2), ("cluster", 1), ("rural", 0)):
        expected = [people[:, k : k + 4][kind[:, k : k + 4] == code].sum() for k in (0, 4, 8)]
        assert found[f"{name}_people"].tolist() == pytest.approx(expected)


def test_coarser_cells_and_hexagons_are_unknown() -> None:
    coarse = table(municipalities(), cells(PEOPLE[:2, :6] * 4, 2000))
    assert coarse["degurba"].tolist() == ["unknown"] * 3
    assert coarse["centre_people"].isna().all()
    turn = np.pi / 3 * np.arange(6)
    hexagons = frame(
        [shapely.Polygon(np.column_stack([500 * np.cos(turn) + X + 500 + 900 * k,
                                          500 * np.sin(turn) + Y + 1500])) for k in range(12)],
        population=np.full(12, 9000.0),
    )  # fmt: skip
    assert table(municipalities(), hexagons)["degurba"].tolist() == ["unknown"] * 3


def test_cells_of_a_turned_grid_are_kept() -> None:
    straight = cells(PEOPLE)
    turned = straight.copy()
    turned["geometry"] = straight.geometry.apply(lambda g: affinity.rotate(g, 7, origin=(X, Y)))
    around = municipalities()
    around["geometry"] = around.geometry.apply(lambda g: affinity.rotate(g, 7, origin=(X, Y)))
    found = table(around, turned)
    assert found["degurba"].tolist() == ["city", "towns_and_suburbs", "rural"]
    assert found["centre_people"].tolist() == pytest.approx([60_000, 0, 0], rel=1e-6)


def test_unknown_people_leave_what_hangs_on_them_unknown() -> None:
    people = PEOPLE.copy()
    people[3, 11] = np.nan
    found = table(municipalities(), cells(people))
    assert found["degurba"].tolist() == ["city", "towns_and_suburbs", "unknown"]
    assert found.loc["C", "known_share"] == pytest.approx(400 / 10_400)


# --------------------------------------------------------------------------- flows


def od(*rows: tuple[int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"origin": [CODES[i] for i, _, _ in rows], "destination": [CODES[j] for _, j, _ in rows],
         "flow": [f for *_, f in rows]}
    )  # fmt: skip


def centres(flows: pd.DataFrame, **more: Any) -> list[Any]:
    found = table(municipalities(), cells(PEOPLE), flows, **more)["main_centre"]
    return [None if v is None or v != v else v for v in found]


def test_main_centre_is_where_the_largest_flow_goes() -> None:
    flows = od((0, 1, 40), (1, 0, 100), (2, 0, 60), (2, 1, 20), (0, 2, 10), (1, 2, 5))
    assert centres(flows) == ["A", "A", "A"]


def test_flows_that_hang_on_what_is_not_published_are_unknown() -> None:
    assert centres(od((0, 1, 40), (1, 0, 100), (2, 0, 2)))[2] is None
    assert centres(od((0, 1, 40), (1, 0, 100), (2, 0, 2)), suppressed_below=0)[2] == "A"
    draw = od((0, 1, 40), (1, 0, 100), (2, 0, 20), (2, 1, 20))
    assert centres(draw)[2] is None
    assert table(municipalities(), cells(PEOPLE))["main_centre"].isna().all()


# --------------------------------------------------------------------------- rail


def test_share_near_rail_and_bands() -> None:
    station = frame([Point(X + 1500, Y + 1500)], name=["S"])
    people = np.zeros((16, 48))
    people[5, 5] = 100.0  # its middle is 125 m away from the station on each axis
    people[5, 9] = 50.0  # 875 m
    people[5, 10] = 30.0  # 1125 m
    result = settlement_structure(municipalities(), cells(people, 250), rail_stations=station)
    row = result.municipalities.set_index("name").loc["A"]
    assert row["near_rail_share"] == pytest.approx(150 / 180)
    bands = result.features["rail_distance"].set_index("band")
    assert bands["residents"].to_dict() == pytest.approx(
        {"0-0.5 km": 100, "0.5-1 km": 50, "1-2 km": 30, "2-5 km": 0, "> 5 km": 0}
    )
    assert bands["area_km2"].sum() == pytest.approx(48)
    assert bands.loc["0-0.5 km", "area_km2"] == pytest.approx(np.pi / 4, rel=0.01)


def test_without_stations_or_near_lost_ones_rail_is_unknown() -> None:
    assert table(municipalities(), cells(PEOPLE))["near_rail_share"].isna().all()
    lost = record(
        frame([Point(X + 9000, Y)], name=["S"]),
        [loss("row", Text("x", "x"), count=1, where=Point(X + 1500, Y + 1500), crs=CRS)],
    )
    found = table(municipalities(), cells(PEOPLE), rail_stations=lost)
    assert found.loc["B", "near_rail_share"] == 0
    some = np.zeros((4, 12))
    some[1, 1] = 100
    assert np.isnan(
        table(municipalities(), cells(some), rail_stations=lost).loc["A", "near_rail_share"]
    )


def test_cells_without_a_value_at_a_coast_are_empty() -> None:
    """Half of a column of cells without a value lies in the sea, and the rest is a rim."""
    land = municipalities()
    land.loc[2, "geometry"] = shapely.box(X + 8000, Y, X + 11_150, Y + 4000)
    people = PEOPLE.copy()
    people[:, 11] = np.nan
    assert table(land, cells(people)).loc["C", "degurba"] == "rural"
    assert table(land, cells(people), coverage_share=0.99).loc["C", "degurba"] == "unknown"
