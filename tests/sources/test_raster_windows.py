"""Windows of rasters: what is read of them is what the whole raster has there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.sources.raster_windows import (
    Window,
    cells_near,
    moved_area,
    place_of,
    point_of,
    window_of,
)
from metrogis.sources.rasters import Expected, read_band

PLACE = Affine(100, 0, 470_000, 0, -100, 720_000)
TURNED = PLACE * Affine.rotation(30)


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((470_100, 719_700, 470_200, 719_800), (2, 3, 1, 2)),  # one cell, its sides
        ((470_099, 719_700, 470_200, 719_800), (2, 3, 0, 2)),  # a metre more
        ((0, 0, 1e6, 1e6), (0, 4, 0, 5)),
        ((470_500, 719_700, 470_600, 719_800), None),  # its side is the raster's
        ((470_499, 719_700, 470_600, 719_800), (2, 3, 4, 5)),
        ((np.nan, 0, 1, 1), None),
    ],
)
def test_the_window_is_the_smallest_one_that_holds_the_box(box, window):
    found = window_of(box, PLACE, (4, 5))
    assert found == (None if window is None else Window(*window))


@settings(max_examples=30)
@given(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), st.floats(1, 500), st.booleans())
def test_no_cell_that_meets_the_box_is_outside_the_window(corner, size, turned):
    place, shape = TURNED if turned else PLACE, (9, 7)
    x, y = place * (3, 4)
    box = (x + corner[0], y + corner[1], x + corner[0] + size, y + corner[1] + size)
    window = window_of(box, place, shape)
    rows, columns = np.indices(shape)
    inside = np.zeros(shape, bool)
    if window is not None:
        inside[window.top : window.bottom, window.left : window.right] = True
    ring = [(0, 0), (1, 0), (1, 1), (0, 1)]
    for row, column in zip(rows.ravel(), columns.ravel(), strict=True):
        cell = shapely.Polygon([point_of(place, column + a, row + b) for a, b in ring])
        if cell.intersection(shapely.box(*box)).area > 1e-6:
            assert inside[row, column]


def test_a_window_reads_what_the_whole_file_has_there(tmp_path):
    values = np.arange(30, dtype=np.float32).reshape(5, 6)
    values[1, 2], values[4, 5], values[3, 3] = -1, np.nan, 999
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=6, height=5, count=1, dtype="float32", crs="EPSG:2180",
        transform=PLACE, nodata=-1,
    ) as out:  # fmt: skip
        out.write(values, 1)
        out.scales, out.offsets = (2.0,), (1.0,)
        out.write_mask(np.arange(30).reshape(5, 6) != 20)
    whole = read_band(path, expected=Expected(0, 100))
    window = Window(1, 5, 2, 5)
    part = read_band(path, expected=Expected(0, 100), window=window)
    cut = np.s_[1:5, 2:5]
    assert np.array_equal(part.values, whole.values[cut], equal_nan=True)
    assert np.array_equal(part.valid, whole.valid[cut])
    assert point_of(part.transform, 0, 0) == point_of(PLACE, 2, 1)
    # cells are named by their place in the file, whichever part of it is read
    assert "[3, 3]" in part.audit.rows[-1].examples == whole.audit.rows[-1].examples


def test_where_a_raster_lies_is_told_without_its_cells(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=3, height=2, count=1, dtype="uint8",
                       crs="EPSG:2180", transform=PLACE) as out:  # fmt: skip
        out.write(np.ones((1, 2, 3), np.uint8))
    found = place_of(path)
    assert (found.transform, found.shape) == (PLACE, (2, 3))


@given(st.floats(0, 350), st.floats(10, 200), st.floats(0, 250))
def test_every_cell_within_the_margin_is_near(west, size, margin):
    place, shape = Affine(100, 0, 0, 0, -100, 700), (7, 7)
    area = shapely.box(west, west, west + size, west + size)
    mask = cells_near(np.array([area], object), margin, place, shape)
    rows, columns = np.indices(shape)
    cells = shapely.box(columns * 100, 600 - rows * 100, columns * 100 + 100, 700 - rows * 100)
    away = shapely.distance(cells, area)
    assert mask[away <= margin].all()
    # a cell more on each side, and a tenth of the margin
    assert not mask[away > margin * 1.1 + 100 * np.sqrt(2) * 2].any()


def test_an_area_moves_into_the_crs_of_the_raster_without_what_has_no_place():
    area = gpd.GeoSeries([shapely.box(19, 52, 19.1, 52.1), None, shapely.Polygon()], crs=4326)
    moved = moved_area(area, "EPSG:2180")
    assert len(moved) == 1
    assert shapely.bounds(moved[0])[0] == pytest.approx(500_000, abs=100)
