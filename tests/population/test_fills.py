"""Numbers that no cell can have are no people: one rule for rasters and polygons."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from metrogis import population
from metrogis.provenance import audit_of
from metrogis.sources.rasters import Expected


def grid_of(
    people: list[list[float]], side: float, dtype: str, tmp_path: Any, **profile: Any
) -> Any:
    """Write a population raster with cells of a side (m), and read it."""
    values = np.array(people).astype(dtype)
    path = tmp_path / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=dtype, crs="EPSG:2180", transform=Affine(side, 0, 4e5, 0, -side, 7e5), **profile,
    ) as out:  # fmt: skip
        out.write(values, 1)
    return population.from_raster(path)


@pytest.mark.parametrize(
    ("dtype", "side", "fill"),
    [
        ("uint8", 250, 255), ("uint16", 250, 65535), ("uint16", 5000, 65535),
        ("uint32", 250, 4294967295), ("int32", 250, 2147483647), ("int16", 1000, 32767),
        ("int16", 250, -200), ("float32", 250, -200), ("float32", 250, 1e20),
        ("float32", 250, 65535), ("float64", 1000, 4294967295), ("float64", 250, 2_000_000),
        ("int32", 250, 2_000_000), ("float32", 250, np.inf), ("float32", 250, np.nan),
    ],
)  # fmt: skip
def test_fills_that_no_file_declares_are_not_people(tmp_path, dtype, side, fill):
    cells = grid_of([[5, fill], [fill, 7]], side, dtype, tmp_path)
    assert np.nansum(cells["population"]) == 12
    assert cells["population"].isna().sum() == 2
    if np.isfinite(fill):  # with count, place and remedy
        row = next(r for r in audit_of(cells) if "cannot have" in r.what.en)
        assert row.count == 2
        assert "(2x, [0, 1])" in row.examples
        assert all(word in row.what.pl for word in ("nodata", "range"))


@pytest.mark.parametrize(("side", "most"), [(50, 5000), (250, 31250), (1000, 60000), (5000, 1.5e6)])
def test_the_most_people_of_a_cell_are_still_people(tmp_path, side, most):
    cells = grid_of([[5, most], [most * 1.001, 7]], side, "float64", tmp_path)
    assert np.nansum(cells["population"]) == 12 + most
    assert cells["population"].isna().sum() == 1


def test_a_stated_range_is_believed_and_a_declared_fill_needs_no_row(tmp_path):
    grid_of([[5, 255]], 250, "uint8", tmp_path)
    found = population.from_raster(tmp_path / "people.tif", expected=Expected(0, 255))
    assert found["population"].tolist() == [5, 255]
    cells = grid_of([[5, 255]], 250, "uint8", tmp_path, nodata=255)
    assert not [r for r in audit_of(cells) if "cannot have" in r.what.en]


@pytest.mark.parametrize("fill", [65535, 2_000_000, 1e20, 3.4e38, -200, -1, np.inf])
def test_cells_drawn_as_polygons_keep_the_same_rule(fill):
    squares = shapely.box([0, 250, 500], 0, [250, 500, 750], 250)
    frame = gpd.GeoDataFrame({"population": [5.0, fill, 7.0]}, geometry=squares, crs="EPSG:2180")
    cells = population.from_grid(frame)
    assert cells["population"].isna().tolist() == [False, True, False]
    assert any(r.action == "unknown" and r.count == 1 for r in audit_of(cells))
