"""Numbers of residents that cannot be true are told, with place and number, and never changed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import metrogis as mg
from metrogis.population import plausible

SIDE = 4_000.0
AREA = SIDE**2 / 1e6


def municipalities():
    boxes = [shapely.box(470000 + SIDE * i, 720000, 470000 + SIDE * (i + 1), 720000 + SIDE)
             for i in range(2)]  # fmt: skip
    codes = ["2261011", "2262011"]
    return gpd.GeoDataFrame({"teryt": codes, "name": ["A", "B"]}, geometry=boxes, crs=2180)


def table(first, second):
    return pd.DataFrame({"teryt": ["2261011", "2262011"], "population": [first, second]})


def grid(people, side=1000.0):
    """Cells that fill both municipalities, with so many people in each cell of the first."""
    steps = int(SIDE / side)
    boxes = [
        shapely.box(470000 + side * i, 720000 + side * j, 470000 + side * (i + 1),
                    720000 + side * (j + 1))
        for i in range(2 * steps) for j in range(steps)
    ]  # fmt: skip
    values = [people] * steps**2 + [10.0] * steps**2
    return gpd.GeoDataFrame({"population": values}, geometry=boxes, crs=2180)


@pytest.mark.parametrize(
    ("over", "told"), [(1.0, 0), (1.0001, 1), (10.0, 1), (np.nan, 0), (0.0, 0)]
)
@pytest.mark.parametrize("densest", [5_000.0, 300.0])
def test_a_municipality_denser_than_any_is_told(over, told, densest) -> None:
    audit = plausible.of_table(table(densest * AREA * over, 5), municipalities(), densest=densest)
    assert sum(row.count for row in audit) == told
    if told:
        assert audit.rows[0].action == "noted"
        assert "2261011" in audit.rows[0].examples
        assert f"{densest:,.0f}" in audit.rows[0].what.en


def test_a_municipality_without_land_is_not_judged() -> None:
    there = municipalities()
    there.loc[0, "geometry"] = shapely.Polygon()
    assert not len(plausible.of_table(table(9e5, 5), there))


@pytest.mark.parametrize(
    ("side", "people", "told"),
    [
        (1000.0, 60_000.0, 0),
        (1000.0, 60_001.0, 16),
        (1000.0, 65_535.0, 16),
        (500.0, 65_535.0, 0),  # smaller cells may be denser
        (250.0, 65_535.0, 256),
        (1000.0, np.nan, 0),
    ],
)
def test_cells_denser_than_any_are_told(side, people, told) -> None:
    audit = plausible.of_cells(grid(people, side), municipalities())
    assert sum(row.count for row in audit) == told


@pytest.mark.parametrize(
    ("total", "told"),
    [(1600, 0), (800, 0), (3200, 0), (799, 1), (3201, 1), (16, 1), (np.nan, 0), (0, 1)],
)
def test_grid_and_table_that_differ_by_more_than_the_factor_are_told(total, told) -> None:
    audit = plausible.of_cells(grid(100.0), municipalities(), table(total, 160), factor=2.0)
    assert sum(row.count for row in audit) == told
    if told:
        assert "2261011: 1,600 / " in audit.rows[0].examples
    assert len(plausible.of_cells(grid(100.0), municipalities(), table(799, 160), factor=3.0)) == 0


def test_few_cells_and_unknown_ones_are_not_compared() -> None:
    assert not len(plausible.of_cells(grid(100.0, 2000.0), municipalities(), table(9, 40)))
    part = grid(100.0)
    part.loc[3, "population"] = np.nan
    assert not len(plausible.of_cells(part, municipalities(), table(9, 160)))


CATALOG = """
[metro]
id = "x"
name = "X"
{more}
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.population]
driver = "vector"
path = "p.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.population_municipal]
driver = "table"
path = "p.csv"
licence = "CC0"
attribution = "me"
date = "2024"
"""


@pytest.mark.parametrize(("more", "told"), [("", 1), ("densest = 40000", 0)])
def test_a_catalog_says_what_is_suspicious_and_changes_nothing(tmp_path, more, told) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG.format(more=more))
    municipalities().to_file(tmp_path / "m.gpkg")
    grid(100.0).to_file(tmp_path / "p.gpkg")
    table(500_000, 160).to_csv(tmp_path / "p.csv", index=False)
    metro = mg.open_metro(tmp_path, data=tmp_path)
    assert metro["population_municipal"]["population"].tolist() == [500_000, 160]
    rows = [r for r in metro.audit if r.layer == "population_municipal" and r.action == "noted"]
    assert len(rows) == told
    assert metro["population"]["population"].sum() == 16 * 110
    (differs,) = [r for r in metro.audit if r.layer == "population" and r.action == "noted"]
    assert "2261011: 1,600 / 500,000" in differs.examples
