"""Rasters of results on maps, in pictures and as files."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pyproj
import pytest
import rasterio

from metrogis.checks.contract import Category, Overlay
from metrogis.errors import PublishError
from metrogis.landscape import grid as grids
from metrogis.maps import images
from metrogis.maps.legend import legend_of
from metrogis.texts import Text


def _with(synthetic: Any, grid: grids.Grid, overlay: Overlay) -> Any:
    result = synthetic.result()
    check = replace(result.check, overlays=(overlay,))
    return replace(result, check=check, rasters={overlay.raster: grid})


def test_classes_are_those_of_the_breaks_and_nothing_below_them(synthetic: Any):
    result = synthetic.result()
    (layer,) = images.build(result)
    grid = result.rasters["current"]
    assert [c.label.en for c in layer.classes] == [
        "0.1 to <0.4", "0.4 to <0.8", "0.8 and more", "no data",
    ]  # fmt: skip
    known = grid.valid & (grid.values >= 0.1)
    expected = np.digitize(grid.values, [0.1, 0.4, 0.8]) - 1
    assert (layer.codes[known] == expected[known]).all()
    assert (layer.codes[grid.valid & (grid.values < 0.1)] == images.NOT_DRAWN).all()


def test_unknown_cells_are_hatched_inside_the_municipalities_only(synthetic: Any):
    result = synthetic.result()
    (layer,) = images.build(result)
    grid = result.rasters["current"]
    inside = np.zeros(grid.shape, bool)
    inside[4:76, 4:100] = True  # 4 cells of 250 m are outside; 96 x 72 cells are the municipalities
    unknown = layer.codes == 3
    assert (unknown == (inside & ~grid.valid)).all()
    assert unknown.sum() == 11 * 11
    colours = layer.colours()
    assert (colours[..., 3] == 0).sum() == (layer.codes == images.NOT_DRAWN).sum()
    assert len(np.unique(colours[unknown], axis=0)) == 2  # stripes


def test_legend_gives_areas(synthetic: Any):
    (layer,) = images.build(synthetic.result())
    block = legend_of(layer, "pl")
    cells = (layer.codes == 0).sum()
    assert block.entries[0].count == f"{cells * 0.0625:.0f} km²"
    assert block.entries[-1].count == f"{121 * 0.0625:.1f} km²".replace(".", ",")
    assert block.entries[-1].unknown


def test_web_image_lies_where_the_cells_lie(synthetic: Any):
    (layer,) = images.build(synthetic.result())
    web = images.web_image(layer)
    picture = np.round(matplotlib.image.imread(io.BytesIO(web.png)) * 255).astype(int)
    west, south, east, north = web.bounds
    to_metric = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2180", always_xy=True)
    to_mercator = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    (x0, x1), (y0, y1) = to_mercator.transform([west, east], [south, north])
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(west, east, 4000), rng.uniform(south, north, 4000)
    x, y = to_mercator.transform(lon, lat)
    height, width = picture.shape[:2]
    column = np.clip((x - x0) / (x1 - x0) * width, 0, width - 1).astype(int)
    row = np.clip((y1 - y) / (y1 - y0) * height, 0, height - 1).astype(int)
    seen = picture[row, column]
    mx, my = to_metric.transform(lon, lat)
    t = layer.transform
    i, j = np.floor((my - t.f) / t.e).astype(int), np.floor((mx - t.c) / t.a).astype(int)
    inside = (i >= 0) & (j >= 0) & (i < layer.codes.shape[0]) & (j < layer.codes.shape[1])
    expected = layer.colours()[i[inside], j[inside]].astype(int)
    solid = expected[:, 3] > 0
    same = (np.abs(seen[inside] - expected)[:, :3].max(axis=1) <= 1) | ~solid
    # the rest are points within a pixel of a border of classes, or stripes
    assert same.mean() > 0.97


def test_categories_of_codes(synthetic: Any):
    grid = synthetic.current()
    codes = np.where(grid.values > 0.5, 2, 1).astype(np.uint8)
    codes[50, 50] = 7
    overlay = Overlay(
        "change",
        Text("Zmiana", "Change"),
        categories=(
            Category("1", Text("stare", "old"), "#666666"),
            Category("2", Text("nowe", "new"), "#d55e00"),
        ),
    )
    (layer,) = images.build(_with(synthetic, replace(grid, values=codes), overlay))
    assert [c.label.en for c in layer.classes] == ["old", "new", "other", "no data"]
    assert layer.classes[2].count == 1
    (layer,) = images.build(
        _with(synthetic, replace(grid, values=codes), replace(overlay, hidden=("1", "7")))
    )
    assert [c.label.en for c in layer.classes] == ["old", "new", "no data"]
    assert (layer.codes[grid.valid & (codes != 2)] == images.NOT_DRAWN).all()
    assert layer.classes[0].count == 0


def test_a_large_raster_is_drawn_in_steps_and_says_so(
    synthetic: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(images, "MAX_CELLS", 3000)
    (layer,) = images.build(synthetic.result())
    assert layer.step == 2
    assert layer.codes.shape == (50, 60)
    assert "2" in layer.notes[0].en


def test_raster_without_a_place_is_refused(synthetic: Any):
    bare = grids.read(np.ones((3, 3)))
    with pytest.raises(PublishError, match="no place"):
        images.build(_with(synthetic, bare, Overlay("current", Text("a", "a"), breaks=(0.0, 1.0))))


def test_geotiff_holds_the_values(synthetic: Any, tmp_path: Path):
    result = synthetic.result()
    (path,) = result.to_geotiff(tmp_path)
    assert path.name == "test_check_current.tif"
    with rasterio.open(path) as data:
        read = data.read(1)
        assert data.crs.to_epsg() == 2180
        assert data.transform == result.rasters["current"].transform
    grid = result.rasters["current"]
    np.testing.assert_array_equal(read, np.where(grid.valid, grid.values, np.nan))


@pytest.mark.parametrize(
    ("values", "nodata"),
    [
        (np.array([[0, 255], [1, 2]], np.uint8), 254),
        (np.arange(256, dtype=np.uint8).reshape(16, 16), np.iinfo(np.int32).min),
        (np.array([[True, False]]), 255),
        (np.array([[3, -3]], np.int64), np.iinfo(np.int32).max),
    ],
)
def test_nodata_is_a_number_that_no_cell_holds(
    synthetic: Any, tmp_path: Path, values: np.ndarray, nodata: float
):
    grid = grids.read(np.ma.array(values, mask=values == 2), crs=None, layer="x")
    if values.size == 256:  # all numbers are used and one cell is unknown
        valid = np.ones(values.shape, bool)
        grown = np.vstack([values, values])
        valid = np.ones(grown.shape, bool)
        valid[0, 0] = False
        grid = replace(grid, values=grown, valid=valid)
    elif values.dtype != np.uint8:
        valid = np.ones(values.shape, bool)
        valid[0, 1] = False
        grid = replace(grid, valid=valid)
    placed = replace(grid, transform=synthetic.current().transform, crs=synthetic.current().crs)
    result = replace(synthetic.result(), rasters={"x": placed})
    (path,) = result.to_geotiff(tmp_path)
    with rasterio.open(path) as data:
        assert data.nodata == nodata
        read = data.read(1, masked=True)
    np.testing.assert_array_equal(np.ma.getmaskarray(read), ~placed.valid)
    np.testing.assert_array_equal(
        read.data[placed.valid].astype(float), placed.values[placed.valid].astype(float)
    )


def test_a_geotiff_says_what_it_shows_and_in_which_unit(synthetic: Any, tmp_path: Path) -> None:
    result = synthetic.result()
    (path,) = result.to_geotiff(tmp_path)
    overlay = result.check.overlays[0]
    with rasterio.open(path) as read:
        assert read.descriptions == (overlay.title.en,)
        assert read.units[0] == (overlay.unit or None)
        assert read.tags(1)["title_pl"] == overlay.title.pl


def test_classes_of_a_geotiff_have_the_colours_of_the_map(synthetic: Any, tmp_path: Path) -> None:
    result = synthetic.result()
    grid = result.rasters["current"]
    classes = (
        Category("1", Text("las", "forest"), "#009E73"),
        Category("2", Text("miasto", "town"), "#D55E00"),
    )
    overlay = replace(result.check.overlays[0], breaks=(), categories=classes, hidden=("3",))
    values = np.where(grid.values > 0.5, 2, 1).astype(np.uint8)
    changed = replace(
        result,
        check=replace(result.check, overlays=(overlay,)),
        rasters={"current": replace(grid, values=values)},
    )
    (path,) = changed.to_geotiff(tmp_path)
    with rasterio.open(path) as read:
        table = read.colormap(1)
        assert table[1] == (0, 158, 115, 255)
        assert table[2] == (213, 94, 0, 255)
        assert table[3] == (255, 255, 255, 255)  # what the map does not draw is white
        assert read.tags(1)["class_2"] == "miasto / town"
        kept = read.read(1)[grid.valid]
    assert (kept == values[grid.valid]).all()
