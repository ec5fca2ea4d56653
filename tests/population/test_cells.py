"""Cells of a raster: near an area only, in a window, and equal to their polygons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis import population, schemas
from metrogis.boxes import boxes_of
from metrogis.evidence.rasters import evidence_of, extent_of
from metrogis.metro import open_metro
from metrogis.provenance import audit_of

CRS = "EPSG:2180"
PLACE = Affine(100, 0, 470_000, 0, -100, 720_000)
TOWN = gpd.GeoDataFrame(
    {"teryt": ["2261011"]}, geometry=[shapely.box(470_210, 719_310, 470_290, 719_390)], crs=CRS
)
"""It lies in the cell of row 6, column 2."""


def write(path: Path, values: Any, place: Affine = PLACE, **more: Any) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=values.dtype, crs=CRS, transform=place, **more,
    ) as out:  # fmt: skip
        out.write(values, 1)
    return path


def plain(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return cells as a layer of polygons, with what the raster's cells carry."""
    out = gpd.GeoDataFrame(
        pd.DataFrame(cells.drop(columns="geometry")),
        geometry=np.asarray(cells.geometry.to_numpy(), dtype=object), crs=cells.crs,
    )  # fmt: skip
    out.attrs = dict(cells.attrs)
    assert boxes_of(out) is None
    return out


def places(cells: gpd.GeoDataFrame) -> dict[tuple[int, int], float]:
    """Return people by row and column."""
    x, y, *_unused = cells.geometry.array.bounds.T
    keys = zip((720_000 - y) // 100 - 1, (x - 470_000) // 100, strict=True)
    return {(int(r), int(c)): p for (r, c), p in zip(keys, cells["population"], strict=True)}


def test_cells_stay_numbers_through_reading_and_validation(tmp_path):
    path = write(tmp_path / "p.tif", np.ones((4, 4), np.float32))
    cells, _unused = schemas.conform(
        population.from_raster(path), "PopulationCells", layer="population"
    )
    assert len(cells) == 16
    assert not cells.geometry.array.is_drawn


def test_near_an_area_nobody_is_lost_and_the_raster_is_not_read_whole(tmp_path):
    values = np.arange(1, 226, dtype=np.float32).reshape(15, 15)
    values[0, 0] = values[6, 3] = values[8, 2] = np.nan
    path = write(tmp_path / "p.tif", values)
    whole = places(population.from_raster(path))
    cells = population.from_raster(path, area=TOWN, margin=150)
    found = places(cells)
    assert (
        found.items()
        <= {k: v for k, v in whole.items() if v == v}.items()
        | {k: v for k, v in found.items() if v != v}.items()
    )
    # within 150 m: the cell, its neighbours and those behind; unknown ones where they touch alone
    near = {(r, c) for r in (5, 6, 7) for c in (1, 2, 3)}
    assert near <= found.keys()
    assert (8, 2) not in found
    assert np.isnan(found[6, 3])
    assert max(r for r, _c in found) < 11
    assert max(c for _r, c in found) < 8
    west, south, east, north = extent_of(cells, CRS).bounds
    assert (west, south, east, north) == (470_000, 719_000, 470_600, 719_700)


@pytest.mark.parametrize("area", ["elsewhere", "swapped", "nobody", "no place"])
def test_where_nobody_lives_near_the_area_nothing_is_left_out(tmp_path, area):
    values = np.zeros((40, 40), np.float32)
    values[0, :3] = 5
    path = write(tmp_path / "p.tif", values)
    box = {
        "elsewhere": shapely.box(0, 0, 9, 9),
        "swapped": shapely.box(719_000, 470_000, 719_900, 470_100),
        "nobody": shapely.box(473_000, 716_500, 473_100, 716_600),
        "no place": shapely.Polygon(),
    }[area]
    cells = population.from_raster(path, area=gpd.GeoSeries([box], crs=CRS))
    assert cells["population"].sum() == 15


def test_an_array_a_turned_grid_and_another_crs_keep_what_lies_near():
    values = np.ones((15, 15))
    turned = PLACE * Affine.rotation(20)
    for place, area in ((PLACE, TOWN.to_crs(4326)), (turned, TOWN), (PLACE, TOWN.geometry)):
        whole = population.from_raster(values, transform=place, crs=CRS)
        cells = population.from_raster(values, transform=place, crs=CRS, area=area, margin=50)
        touched = whole[whole.intersects(TOWN.geometry.iloc[0].buffer(50))]
        kept = set(shapely.to_wkb(cells.geometry.to_numpy()))
        assert len(touched) < len(cells) < len(whole)
        assert set(shapely.to_wkb(touched.geometry.to_numpy())) <= kept


@st.composite
def grids(draw):
    cell = st.sampled_from([0.0, 0.0, 1.0, 7.5, 200.0, np.nan])
    values = np.array(draw(st.lists(cell, min_size=36, max_size=36))).reshape(6, 6)
    return values if (values > 0).any() else np.where(values == 0, 1.0, values)


@settings(max_examples=10)
@given(grids(), st.floats(0, 300), st.floats(40, 320), st.sampled_from([40.0, 100.0, 250.0]))
def test_pieces_by_municipality_are_equal_to_those_of_polygons(values, west, size, width):
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"]},
        geometry=[
            shapely.box(470_000 + west, 719_500, 470_000 + west + size, 719_800),
            shapely.box(470_000 + west + size, 719_500, 470_900, 719_800),
        ],
        crs=CRS,
    )
    cells = population.from_raster(values, transform=PLACE, crs=CRS)
    near = population.from_raster(values, transform=PLACE, crs=CRS, area=municipalities, margin=100)
    expected, told = population.settle(municipalities, cells=plain(cells), max_size=width)
    for given_cells in (cells, near):
        pieces, audit = population.settle(municipalities, cells=given_cells, max_size=width)
        columns = ["teryt", "population", "modelled"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(pieces[columns]), pd.DataFrame(expected[columns]), check_exact=True
        )
        assert pieces.geometry.geom_equals_exact(expected.geometry, 0).all()
        assert list(audit) == list(told)
    for one in (cells, near):
        evidence = evidence_of(one, "population", CRS)
        asked = np.array([[470_050 + west, 719_550.0]])
        assert evidence.known_at(asked) == evidence_of(cells, "population", CRS).known_at(asked)


def test_the_demo_as_raster_and_as_polygons_has_the_same_people(demo_s):
    metro = open_metro(demo_s)
    cells, municipalities = metro["population"], metro["municipalities"]
    assert boxes_of(cells) is not None
    both = [
        population.settle(municipalities, cells=c, totals=metro["population_municipal"])
        for c in (cells, plain(cells))
    ]
    (pieces, audit), (expected, told) = both
    assert np.array_equal(pieces["population"], expected["population"], equal_nan=True)
    assert pieces["cell"].tolist() == expected["cell"].tolist()
    assert list(audit) == list(told)
    assert len(audit_of(cells))


@pytest.mark.long
def test_every_check_of_the_demo_answers_alike_for_raster_and_polygons(demo_s):
    from metrogis.checks import registry

    metro, other = open_metro(demo_s), open_metro(demo_s)
    for name in ("population", "population_before"):
        other._loaded[name] = plain(metro[name])
    asked = [c for c in registry.CHECKS if any(i.name == "population" for i in c.inputs)]
    assert len(asked) > 5
    for check in asked:
        one, two = metro.check(check.id), other.check(check.id)
        assert one.figures == pytest.approx(two.figures, rel=1e-12, nan_ok=True), check.id
        for name, table in one.tables.items():
            columns = [c for c in table.columns if c != "geometry"]
            pd.testing.assert_frame_equal(
                pd.DataFrame(table[columns]), pd.DataFrame(two.tables[name][columns]), obj=check.id
            )


SCRIPT = """
import resource, sys, time
from metrogis import population, schemas
start = time.process_time()  # of the processor: other programs do not count
cells = population.from_raster(sys.argv[1])
cells, _ = schemas.conform(cells, "PopulationCells", layer="population")
used = time.process_time() - start
# of this program: ru_maxrss begins with that of the one that started it
status = open("/proc/self/status").read()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(len(cells), float(cells["population"].sum()), used, peak)
"""


@pytest.mark.parametrize(
    "side", [700, pytest.param(7000, marks=pytest.mark.long)], ids=["700", "7000"]
)
def test_a_large_raster_a_tenth_populated_is_read_in_little_memory(tmp_path, side):
    rng = np.random.default_rng(1)
    values = np.where(rng.random((side, side)) < 0.1, 3, 0).astype(np.float32)
    path = write(tmp_path / "p.tif", values, Affine(100, 0, 150_000, 0, -100, 820_000),
                 compress="deflate", tiled=True)  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    count, people, seconds, peak = map(float, done.stdout.split())
    assert count == (values > 0).sum()
    assert people == values.sum(dtype=float)
    assert seconds < 20
    assert peak < 2000
