from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrogis.errors import CRSError, ParameterError, SchemaError, SourceError
from metrogis.landscape import grid as grids
from metrogis.landscape import patches
from metrogis.provenance import audit_of


def flood(mask: np.ndarray, eight: bool) -> list[int]:
    """Sizes of patches by flood fill."""
    left = {(int(r), int(c)) for r, c in np.argwhere(mask)}
    steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if eight or abs(r) + abs(c) == 1]
    sizes = []
    while left:
        stack, size = [left.pop()], 0
        while stack:
            r, c = stack.pop()
            size += 1
            for dr, dc in steps:
                if (r + dr, c + dc) in left:
                    left.remove((r + dr, c + dc))
                    stack.append((r + dr, c + dc))
        sizes.append(size)
    return sorted(sizes)


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
               elements=st.integers(0, 2)),
    st.sampled_from([4, 8]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_eca_equals_flood_fill(values: np.ndarray, connectivity: int) -> None:
    sizes = flood(values == 2, connectivity == 8)
    found = patches.eca(values, 2, connectivity=connectivity)
    assert sorted(found.areas.tolist()) == sizes
    assert found.eca == pytest.approx(math.sqrt(sum(s * s for s in sizes)), rel=1e-14)
    assert found.total == sum(sizes)
    assert found.patches == len(sizes)
    if sizes:
        assert found.coherence == pytest.approx(found.eca / sum(sizes))
        assert found.largest == max(sizes)
    else:
        assert math.isnan(found.coherence)
        assert found.eca == 0


def test_reference_raster_in_cells(shared: Path) -> None:
    path = shared / "reference" / "raster_connectivity" / "example.tif"
    layer = grids.read(path, in_cells=True)
    with rasterio.open(path) as data:
        array = data.read(1)
    for raster in (path, str(path), layer, array):
        found = patches.eca(raster, 2)
        assert (found.total, found.patches, found.largest) == (428490, 2850, 214811)
        assert found.eca == pytest.approx(221292.76, abs=0.005)
        assert found.coherence == pytest.approx(0.51644789, abs=5e-9)
    with pytest.raises(CRSError):
        patches.eca(path, 2, unit="m2")
    assert patches.eca(path, [1, 2]).total == np.isin(array, [1, 2]).sum()


def test_metres_and_unknown_cells() -> None:
    values = np.array([[1.0, 1.0, np.nan], [0.0, 0.0, 1.0]])
    found = patches.eca(
        values, 1, 4, unit="m2", crs="EPSG:2180", transform=Affine(100, 0, 0, 0, -50, 0)
    )
    assert found.total == 15_000
    assert found.eca == pytest.approx(math.hypot(10_000, 5_000))
    assert found.unknown == 5_000
    assert patches.eca(values, 1, unit="m2", cell_size=10).total == 300
    assert patches.eca(np.array([[True, False]])).total == 1
    assert patches.eca(np.ma.masked_equal([[1, 1], [3, 1]], 3), 1).unknown == 1
    assert patches.eca(np.array([[1, 7, 1]]), 1, nodata=7).unknown == 1


def test_bad_rasters() -> None:
    array = np.ones((2, 2))
    for bad in (np.ones(3), np.ones((0, 2)), np.array([["a"]])):
        with pytest.raises(SchemaError):
            patches.eca(bad, 1)
    with pytest.raises(SourceError):
        patches.eca("nowhere.tif", 1)
    for foreground, connectivity in ((1, 6), (None, 8), ([], 8), ("forest", 8)):
        with pytest.raises(ParameterError):
            patches.eca(array, foreground, connectivity=connectivity)
    with pytest.raises(ParameterError):
        patches.eca(array, 1, unit="ha")
    with pytest.raises(ParameterError):
        patches.eca(array, 1, unit="m2", cell_size=-1)
    turned = Affine(9, -3, 0, 3, 9, 0)
    with pytest.raises(SchemaError, match="rotated"):
        patches.eca(array, 1, unit="m2", crs="EPSG:2180", transform=turned)


def test_from_raster_outlines_have_the_areas() -> None:
    rng = np.random.default_rng(4)
    values = (rng.random((30, 40)) < 0.5).astype(np.int16)
    found = patches.from_raster(
        (values, Affine(20, 0, 500_000, 0, -20, 600_000)), 1, crs="EPSG:2180", min_area=800
    )
    table = found.table
    np.testing.assert_allclose(table.area, table["attribute"])
    assert table.geometry.is_valid.all()
    assert table["attribute"].min() >= 800
    assert found.labels.max() == len(table)
    assert [row.action for row in found.audit] == ["dropped"]
    rows, columns = rasterio.transform.rowcol(found.grid.transform, table["x"], table["y"])
    assert found.labels[rows, columns].tolist() == table["id"].tolist()
    labels, audit = patches.burn(
        table.assign(geometry=table.buffer(-1)), found.grid  # else cells that touch count too
    )  # fmt: skip
    np.testing.assert_array_equal(labels, found.labels)
    assert len(audit) == 0


def test_from_polygons_joins_and_repairs() -> None:
    bow = shapely.Polygon([(100, 0), (110, 10), (110, 0), (100, 10)])
    shapes = [
        shapely.box(0, 0, 10, 10),
        shapely.box(10, 10, 20, 20),  # touches at a corner
        shapely.box(23, 10, 30, 20),  # 3 m away
        bow,
        shapely.Polygon(),
        shapely.box(200, 0, 201, 1),
    ]
    layer = gpd.GeoDataFrame({"q": range(6)}, geometry=shapes, crs="EPSG:2180")
    found = patches.from_polygons(layer, min_area=2)
    assert found["attribute"].tolist() == [200, 70, 50]
    assert sorted(r.action for r in audit_of(found)) == ["dropped", "dropped", "repaired"]
    near = patches.from_polygons(layer, join=3, attribute="q")
    assert near["attribute"].tolist() == [3, 3, 5]
    assert near["parts"].tolist() == [3, 1, 1]
    with pytest.raises(CRSError):
        patches.from_polygons(layer.to_crs("EPSG:4326"))
    with pytest.raises(SchemaError):
        patches.from_polygons(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:2180"))


def test_grid_coordinates() -> None:
    grid = grids.read(np.zeros((2, 3)), transform=Affine(10, 0, 100, 0, -5, 50))
    x, y = grid.xy([0, 1], [0, 2])
    assert (x.tolist(), y.tolist()) == ([105, 125], [47.5, 42.5])
    assert grid.cell == (10, 5)
    assert grids.read(grid) is grid
