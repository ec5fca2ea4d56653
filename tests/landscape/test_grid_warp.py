"""Rasters brought into another CRS or onto other cells, and rasters as layers of a catalog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

import metrogis as mg
from metrogis.errors import SchemaError
from metrogis.landscape import grid as grids

CATALOG = """
[metro]
id = "t"
name = "T"
data = "beside"

[layers.municipalities]
driver = "vector"
path = "never_read.gpkg"
licence = "facts"
attribution = "test"
date = "2024"

[layers.land_cover]
driver = "raster"
path = "cover.tif"
nodata = [99]
licence = "facts"
attribution = "test"
date = "2024"

[layers.elevation]
driver = "raster"
path = "height.tif"
resampling = "bilinear"
licence = "facts"
attribution = "test"
date = "2024"
"""


def _write(path: Path, values: np.ndarray, crs: str, transform: Affine) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=values.dtype, crs=crs, transform=transform, nodata=0,
    ) as out:  # fmt: skip
        out.write(values, 1)


@pytest.fixture
def metro(tmp_path: Path) -> mg.Metro:
    cover = np.array([[1, 2, 3], [99, 5, 0]], np.uint8)
    _write(tmp_path / "cover.tif", cover, "EPSG:2180", Affine(100, 0, 470000, 0, -100, 720000))
    columns, rows = np.meshgrid(np.arange(200), np.arange(200))
    height = (100.0 + columns * 0.5 + rows * 0.25).astype(np.float32)
    # 0.001 degrees near 18.6 E, 54.3 N
    _write(tmp_path / "height.tif", height, "EPSG:4326", Affine(1e-3, 0, 18.5, 0, -1e-3, 54.4))
    (tmp_path / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    return mg.open_metro(tmp_path)


def test_layer_arrives_as_a_grid_with_source(metro: mg.Metro):
    cover = metro.get("land_cover")
    assert cover.valid.tolist() == [[True, True, True], [False, True, False]]
    assert cover.cell == (100.0, 100.0)
    assert cover.source.layer == "land_cover"
    assert len(cover.source.sha256) == 64
    assert len(cover.audit) == 0


def test_geographic_raster_is_brought_into_the_working_crs_and_audited(metro: mg.Metro):
    height = metro.get("elevation")
    assert height.crs.to_epsg() == 2180
    assert height.audit.rows[0].count == height.valid.sum() > 10_000
    # values are a plane in degrees: compare at cell centres
    import pyproj

    to_degrees = pyproj.Transformer.from_crs("EPSG:2180", "EPSG:4326", always_xy=True)
    rows, columns = np.nonzero(height.valid)
    lon, lat = to_degrees.transform(*height.xy(rows, columns))
    column, row = (lon - 18.5) / 1e-3 - 0.5, (54.4 - lat) / 1e-3 - 0.5
    inner = (column > 1) & (column < 198) & (row > 1) & (row < 198)
    expected = 100.0 + column * 0.5 + row * 0.25
    found = height.values[height.valid]
    # GDAL moves pixels to within 1/8 of a cell
    assert np.abs(found - expected)[inner].max() < 0.125 * 0.75


def test_classes_are_never_mixed():
    fine = grids.read(
        (np.arange(16, dtype=np.uint8).reshape(4, 4), Affine(10, 0, 0, 0, -10, 40)),
        crs="EPSG:2180",
    )
    shifted = grids.read((np.zeros((4, 4)), Affine(10, 0, 3, 0, -10, 42)), crs="EPSG:2180")
    moved = grids.warp(fine, like=shifted)
    assert moved.values.tolist() == fine.values.tolist()
    half = grids.read((np.zeros((8, 8)), Affine(10, 0, -20, 0, -10, 60)), crs="EPSG:2180")
    wide = grids.warp(fine, like=half)
    assert wide.valid.sum() == 16
    assert not wide.valid[0].any()
    assert wide.values[2:6, 2:6].tolist() == fine.values.tolist()


def test_unknown_cells_stay_unknown():
    values = np.ma.array(np.ones((4, 4)), mask=np.eye(4, dtype=bool))
    one = grids.read(values, transform=Affine(10, 0, 0, 0, -10, 40), crs="EPSG:2180")
    other = grids.read((np.zeros((2, 2)), Affine(20, 0, 1, 0, -20, 41)), crs="EPSG:2180")
    for how in ("nearest", "bilinear"):
        moved = grids.warp(one, like=other, resampling=how)
        rows, columns = np.nonzero(moved.valid)
        x, y = moved.xy(rows, columns)
        source = one.valid[((40 - y) // 10).astype(int), (x // 10).astype(int)]
        assert source.all()
    same = grids.warp(one, crs="EPSG:2180")
    assert same is one


def test_raster_without_a_place_is_refused():
    with pytest.raises(SchemaError, match="no place"):
        grids.warp(grids.read(np.ones((2, 2))), crs="EPSG:2180")
