"""Land known on a raster: its edge, what lies beyond, and the people who live on it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely import box

from metrogis import population
from metrogis.checks.shared.known_land import KnownLand, measure
from metrogis.checks.spatial_development.urban_form.check import urban_form
from metrogis.checks.spatial_development.urban_growth.check import urban_growth
from metrogis.landscape import grid
from metrogis.landscape.grid import Grid
from metrogis.landscape.growth import unit_cells

SIZE = 100.0
PLACE = Affine(SIZE, 0, 0, 0, -SIZE, 2000)


def municipalities() -> gpd.GeoDataFrame:
    """Two municipalities of 200 ha side by side."""
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 1000, 2000), box(1000, 0, 2000, 2000)],
        crs=2180,
    )


def raster(values: Any, place: Affine = PLACE) -> Grid:
    return grid.read(np.asarray(values, float), transform=place, crs=2180)


def land_of(values: Any, edge_share: float = 0.02, place: Affine = PLACE) -> KnownLand:
    read = raster(values, place)
    units = municipalities()
    return measure(read, unit_cells(units, read), units, edge_share=edge_share)[0]


def built() -> np.ndarray:
    values = (np.random.default_rng(8).random((20, 20)) < 0.3).astype(float)
    values[:3, :3] = 1
    return values


@pytest.mark.parametrize(("cells", "share"), [(4, 1.0), (5, 195 / 200)])
def test_an_edge_is_an_edge_up_to_its_share(cells, share):
    """4 cells are 2 % of A, 5 are more."""
    values = built()
    values[0, :cells] = np.nan
    land = land_of(values)
    assert land.share.tolist() == [share, 1.0]
    assert land.unknown.tolist() == [cells * 1e4, 0]
    assert land.known.tolist() == [(200 - cells) * 1e4, 2e6]
    assert land_of(values, edge_share=0.0).share[0] == (200 - cells) / 200


def test_unknown_cells_that_do_not_reach_the_border_are_no_edge():
    values = built()
    values[5, 5] = np.nan
    assert land_of(values).share[0] == 199 / 200
    values[0:6, 5] = np.nan  # now a finger from the border, but 6 cells are too many
    assert land_of(values).share[0] == 194 / 200
    assert land_of(values, edge_share=0.03).share[0] == 1.0
    values[5, 5] = 0
    values[6, 6] = np.nan  # cut off: (4, 5) and (6, 6) do not touch
    land = land_of(values, edge_share=0.03)
    assert land.share[0] == pytest.approx(194 / 195)
    assert np.argwhere(land.dark).tolist() == [[6, 6]]


def test_the_border_between_two_municipalities_is_no_outer_border():
    values = built()
    values[8, 9:11] = np.nan
    assert land_of(values).share.tolist() == [199 / 200] * 2


@pytest.mark.parametrize(("columns", "outside"), [(20, 0), (19, 20), (10, 200), (7, 260)])
def test_land_beyond_the_raster_is_unknown(columns, outside):
    """Beyond 7 columns lie 30 % of A and all of B."""
    land = land_of(built()[:, :columns])
    assert (land.dark_area.sum() / 1e4) == pytest.approx(outside)
    assert land.unknown.sum() / 1e4 == pytest.approx(400 - 20 * columns)
    assert land.known.sum() / 1e4 == 20 * columns


@pytest.mark.parametrize(("width", "share"), [(30, 1.0), (50, 0.95)])
def test_a_strip_beyond_the_raster_is_edge_if_it_is_narrow_and_small(width, share):
    """A municipality of 1 km x 1 km sticks out of the raster by less than a cell."""
    area = gpd.GeoDataFrame({"teryt": ["1"]}, geometry=[box(0, 0, 1000, 1000)], crs=2180)
    place = Affine(SIZE, 0, width, 0, -SIZE, 1000)
    read = raster(np.zeros((10, 10)), place)
    land, _ = measure(read, unit_cells(area, read), area, edge_share=0.03)
    assert land.unknown[0] == pytest.approx(width * 1000)
    assert land.share[0] == pytest.approx(share, abs=0.006)
    assert (land.share[0] == 1.0) == (share == 1.0)


def test_a_raster_over_a_third_of_a_town_says_so_in_both_checks():
    part = raster(built()[:, :7])
    form = urban_form(municipalities(), part).municipalities
    assert form[["land_ha", "unknown_ha"]].values.tolist() == [[140, 60], [0, 200]]
    assert form["known_share"].tolist()[0] == pytest.approx(0.7)
    assert form.loc[1, ["built_ha", "pba", "up", "built_np"]].isna().all()
    earlier = built()
    earlier[::3] = 0
    years = {"year_before": 2010, "year_after": 2020}
    growth = urban_growth(municipalities(), part, raster(earlier), **years)
    assert growth.municipalities[["land_ha", "unknown_ha"]].values.tolist() == [[140, 60], [0, 200]]
    assert growth.figures["land_unknown_ha"] == 260
    assert growth.figures["land_unknown_share"] == 0.65
    assert growth.sentences("en")[0].startswith("Unknown for 65%")
    result = urban_form(municipalities(), part)
    assert result.evidence["built_up"].known_share(municipalities()).tolist() == pytest.approx(
        [0.7, 0]
    )


PEOPLE = pd.DataFrame({"teryt": ["2261011", "2262011"], "population": [1000, 2000]})


def cells(numbers: np.ndarray) -> gpd.GeoDataFrame:
    """Population by cells of 200 m."""
    return population.from_raster(
        np.asarray(numbers, float), transform=Affine(200, 0, 0, 0, -200, 2000), crs=2180
    )


def test_land_per_person_has_both_of_the_same_land():
    """Built-up land known for the north of A only, where three in four people live."""
    values = np.zeros((20, 20))
    values[:, ::2] = 1
    values[10:, :10] = np.nan
    people = np.ones((10, 10)) * 10
    people[:5, :5] = 30
    read, table = raster(values), PEOPLE.assign(population=[1500, 500])
    lup = 50 * 1e4 / 750  # 50 ha, 25 cells of 30 people
    by_cells = urban_form(municipalities(), read, cells(people)).municipalities
    assert by_cells["people"].tolist() == [1000, 500]
    assert by_cells["people_known"].tolist() == [750, 500]
    assert by_cells["lup"].iloc[0] == pytest.approx(lup)
    # with a table the cells share it out; without them what part of it lives there is unknown
    both = urban_form(municipalities(), read, cells(people), table).municipalities
    assert both["people"].tolist() == [1500, 500]
    assert both["people_known"].iloc[0] == pytest.approx(1125)
    assert both["lup"].iloc[0] == pytest.approx(50 * 1e4 / 1125)
    alone = urban_form(municipalities(), read, None, table)
    assert np.isnan(alone.municipalities["lup"].iloc[0])
    assert alone.municipalities["lup"].iloc[1] == 100 * 1e4 / 500
    assert alone.municipalities["people"].tolist() == [1500, 500]


def test_growth_per_person_has_both_of_the_same_land():
    before = np.zeros((20, 20))
    before[:, ::4] = 1
    after = before.copy()
    after[:, 1::4] = 1
    after[10:, :10] = np.nan
    more = np.ones((10, 10)) * 10
    more[:5, :5] = 30
    one, two = cells(np.full((10, 10), 5.0)), cells(more)
    years = {"year_before": 2010, "year_after": 2020}
    table = urban_growth(
        municipalities(), raster(after), raster(before), two, one, **years
    ).municipalities
    a = table.iloc[0]
    assert (a["people_before"], a["people_after"]) == (250, 1000)
    assert (a["people_before_known"], a["people_after_known"]) == (125, 750)
    assert (a["land_ha"], a["unknown_ha"], a["gained_ha"]) == (100, 100, 30)
    assert a["m2_per_new"] == pytest.approx(30e4 / 625)
    assert a["lcrpgr"] == pytest.approx((60 - 30) / 30 / np.log(750 / 125))
    tables = {
        "population_municipal": PEOPLE, "population_municipal_before": PEOPLE.assign(
            population=[900, 1900])}  # fmt: skip
    alone = urban_growth(
        municipalities(), raster(after), raster(before), **tables, **years
    ).municipalities
    assert alone["people_after"].tolist() == [1000, 2000]
    assert alone["m2_per_new"].isna().tolist() == [True, False]
    # cells of one date cannot share out both tables
    one_date = urban_growth(municipalities(), raster(after), raster(before), two, **tables, **years)
    assert one_date.municipalities["m2_per_new"].isna().tolist() == [True, False]
    assert any(r.layer == "population" and r.action == "dropped" for r in one_date.audit)


def test_people_blank_in_a_cell_leave_ratios_unknown_in_that_municipality():
    read = raster(built())
    people = np.full((10, 10), 10.0)
    people[5, 2] = np.nan
    table = urban_form(municipalities(), read, cells(people))
    assert table.municipalities["lup"].isna().tolist() == [True, False]
    assert table.municipalities["people"].isna().tolist() == [True, False]
    assert table.figures["people_unknown"] == 1
    assert table.figures["lup"] == table.municipalities["lup"].iloc[1]
    assert any("is not known" in s for s in table.sentences("en"))
    # a blank cell at the border is its edge: 4 ha are 2 % of A
    people[5, 2], people[5, 0] = 10.0, np.nan
    edge = urban_form(municipalities(), read, cells(people)).municipalities
    assert edge["people"].tolist() == [490, 500]
    strict = urban_form(municipalities(), read, cells(people), edge_share=0.0).municipalities
    assert strict["people"].isna().tolist() == [True, False]


def test_a_raster_of_population_that_ends_is_not_zero_beyond():
    read = raster(built())
    table = urban_form(municipalities(), read, cells(np.full((10, 6), 10.0))).municipalities
    assert table["people"].fillna(-1).tolist() == [500, -1]
    assert table["lup"].isna().tolist() == [False, True]


def test_the_sea_is_known_and_no_land():
    values = built()
    values[:, 17:] = np.nan
    cover = np.full((20, 20), 311)
    cover[:, 17:] = 523
    sea = {"land_cover": raster(cover), "sea_values": [523]}
    plain = urban_form(municipalities(), raster(values), **sea)
    assert plain.municipalities[["land_ha", "unknown_ha"]].values.tolist() == [[200, 0], [140, 0]]
    assert plain.municipalities["known_share"].tolist() == [1, 1]
    assert plain.municipalities["wup_low"].isna().all()  # no people
    assert plain.municipalities["up"].notna().all()
    told = urban_form(municipalities(), raster(values), land_cover=raster(cover))
    assert told.municipalities["unknown_ha"].tolist() == [0, 60]
    assert told.municipalities["up"].isna().all()  # A has unknown land within its horizon
    cover[10, 18] = -1  # the sea is known where land cover is
    hole = grid.read(cover, transform=PLACE, crs=2180, nodata=-1)
    part = urban_form(municipalities(), raster(values), land_cover=hole, sea_values=[523])
    assert part.municipalities["unknown_ha"].tolist() == [0, 1]


def test_fills_that_no_file_declares_are_unknown_and_listed():
    values = built()
    values[6:8, 5] = 255
    values[9, 15] = -9999
    result = urban_form(municipalities(), raster(values))
    assert result.municipalities["unknown_ha"].tolist() == [2, 1]
    (row,) = [r for r in result.audit if "cannot have" in r.what.en]
    assert (row.layer, row.count, row.examples) == (
        "built_up",
        3,
        "255 (2x, [6, 5]), -9999 (1x, [9, 15])",
    )
    cover = np.full((20, 20), 1)
    cover[5, 5] = 77
    classes = pd.DataFrame({"code": [1, 2], "habitat": [1, 0], "resistance": [1, 9]})
    table = urban_form(municipalities(), raster(built()), land_cover=raster(cover),
                       land_cover_classes=classes)  # fmt: skip
    assert table.municipalities["cover_np"].isna().tolist() == [True, False]
    assert any(r.examples.startswith("77 (1x") for r in table.audit)


def test_known_land_that_is_all_open_is_no_misread_raster():
    """Less knowledge is no reason to refuse: the rest of the raster has built-up land."""
    values = np.zeros((20, 40))
    values[:, 30:] = 1  # beyond the municipalities
    values[:5, :10] = 1
    values[:5, :10] = np.nan
    result = urban_form(municipalities(), raster(values))
    assert result.municipalities["built_ha"].tolist() == [0, 0]
