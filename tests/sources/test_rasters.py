"""Which cells of a raster are data: the same answer whatever way a file says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rasterio.enums import ColorInterp

from metrogis import population
from metrogis.errors import SourceError
from metrogis.landscape import grid
from metrogis.population.weights import weigh
from metrogis.sources.rasters import Expected, counts, data_cells, equals, expect, read_band, scaled

PLACE = Affine(100, 0, 470_000, 0, -100, 720_000)


def write(
    path: Path, bands: Any, *, place: Affine = PLACE, mask: Any = None, alpha: bool = False,
    scale: float = 1.0, offset: float = 0.0, sidecar: bool = False, **profile: Any,
) -> Path:  # fmt: skip
    """Write a GeoTIFF; ``mask`` inside it, or beside it (``sidecar``)."""
    bands = np.asarray(bands)
    bands = bands[None] if bands.ndim == 2 else bands
    count, rows, columns = bands.shape
    settings_ = {"GDAL_TIFF_INTERNAL_MASK": "NO" if sidecar else "YES"}
    with rasterio.Env(**settings_), rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=count, dtype=bands.dtype,
        crs="EPSG:2180", transform=place, **profile,
    ) as out:  # fmt: skip
        if alpha:
            out.colorinterp = [*[ColorInterp.gray] * (count - 1), ColorInterp.alpha]
        out.write(bands)
        if scale != 1.0 or offset != 0.0:
            out.scales, out.offsets = (scale,) * count, (offset,) * count
        if mask is not None:
            out.write_mask(np.asarray(mask, bool))
    return path


def valid(path: Path, **more: Any) -> list[list[bool]]:
    return read_band(path, **more).valid.tolist()


@pytest.mark.parametrize("sidecar", [False, True])
def test_mask_of_the_file_inside_or_beside_it(tmp_path, sidecar):
    path = write(tmp_path / "a.tif", np.ones((1, 2), np.uint8), mask=[[1, 0]], sidecar=sidecar)
    assert (tmp_path / "a.tif.msk").exists() == sidecar
    assert valid(path) == [[True, False]]


def test_a_mask_and_nodata_each_have_their_say(tmp_path):
    values = np.array([[1, 2, 7]], np.uint8)
    path = write(tmp_path / "a.tif", values, mask=[[1, 0, 1]], nodata=7)
    assert valid(path) == [[True, False, False]]


def test_alpha_and_nodata_each_have_their_say(tmp_path):
    bands = np.array([[[1, 2, 7]], [[255, 0, 255]]], np.uint8)
    path = write(tmp_path / "a.tif", bands, alpha=True, nodata=7)
    # GDAL's own mask hears NODATA only
    with rasterio.open(path) as data:
        assert (data.read_masks(1) > 0).tolist() == [[True, True, False]]
    assert valid(path) == [[True, False, False]]
    assert valid(write(tmp_path / "b.tif", bands, alpha=True)) == [[True, False, True]]


def test_the_band_asked_for_has_its_own_nodata(tmp_path):
    path = write(tmp_path / "a.tif", np.array([[[0, 5]], [[5, 0]]], np.int16), nodata=0)
    assert valid(path, band=2) == [[True, False]]
    with pytest.raises(SourceError, match="band"):
        read_band(path, band=3)


@pytest.mark.parametrize(
    ("dtype", "nodata", "stored"),
    [
        ("float32", -3.4028235e38, np.float32(-3.4028235e38)),
        ("float32", -3.4028234663852886e38, np.finfo(np.float32).min),
        ("float32", 0.1, np.float32(0.1)),
        ("float32", -9999.9, np.float32(-9999.9)),
        ("float64", -9999.9, -9999.9),
        ("uint8", 255, 255),
        ("uint16", 65535, 65535),
        ("int16", -32768, -32768),
        ("int32", -(2**31), -(2**31)),
        ("float32", np.nan, np.nan),
    ],
)
def test_nodata_is_compared_in_the_type_of_the_file(tmp_path, dtype, nodata, stored):
    path = write(tmp_path / "a.tif", np.array([[stored, 3]], dtype), nodata=nodata)
    found = read_band(path)
    assert found.valid.tolist() == [[False, True]]
    assert len(found.audit) == 0  # the file says so: nothing unexpected
    # the same of an array, by the number the analyst writes
    assert data_cells(np.array([stored, 3], dtype), nodata=[nodata]).tolist() == [False, True]


@pytest.mark.parametrize("nodata", [-9999, 256, 1e9, 0.5, np.nan, -np.inf])
def test_nodata_that_the_type_cannot_hold_is_in_no_cell(nodata):
    every = np.arange(256, dtype=np.uint8)
    assert data_cells(every, nodata=[nodata]).all()
    assert not equals(every, nodata).any()


def test_nan_infinity_and_extremes_of_floats_are_no_data_and_listed(tmp_path):
    values = np.array([[1, np.nan, np.inf, -np.inf, 3.4e38, -1e37]], np.float32)
    found = read_band(write(tmp_path / "a.tif", values))
    assert found.valid.tolist() == [[True, False, False, False, False, False]]
    (row,) = found.audit.rows
    assert (row.action, row.count) == ("unknown", 4)  # NaN is a usual way to say "no data"
    assert "inf (1x, [0, 2])" in row.examples
    assert "-inf (1x, [0, 3])" in row.examples


def test_scale_and_offset_are_applied_after_nodata(tmp_path):
    path = write(tmp_path / "a.tif", np.array([[0, 10, 255]], np.uint8), nodata=255,
                 scale=0.5, offset=-1)  # fmt: skip
    found = read_band(path, expected=Expected(0, 100))
    assert found.values[0, :2].tolist() == [-1, 4]
    assert found.valid.tolist() == [[False, True, False]]
    assert found.audit.rows[0].examples == "-1 (1x, [0, 0])"
    assert scaled(np.array([3], np.uint8), 1.0, 0.0).dtype == np.uint8


@pytest.mark.parametrize(
    ("value", "known"),
    [(-1e-5, False), (0, True), (1, True), (np.float32(1.0000001), True), (1.00001, False)],
)
def test_ends_of_a_range_belong_to_it(value, known):
    values = np.array([value, 0.5])
    kept, audit = expect(values, np.ones(2, bool), Expected(0, 1), layer="share")
    assert kept.tolist() == [known, True]
    assert len(audit) == (0 if known else 1)


def test_values_outside_a_list_of_classes_are_counted_by_value():
    values = np.array([1, 3, 255, 255, 9], np.uint8)
    kept, audit = expect(values, np.ones(5, bool), Expected(classes=(1, 3)), layer="land_cover")
    assert kept.tolist() == [True, True, False, False, False]
    (row,) = audit.rows
    assert (row.layer, row.count, row.examples) == ("land_cover", 3, "255 (2x), 9 (1x)")
    many, _ = expect(np.tile(values, 1 << 16), np.ones(5 << 16, bool), Expected(classes=(1, 3)),
                     layer="x")  # fmt: skip
    assert many.reshape(-1, 5).any(axis=0).tolist() == kept.tolist()


def test_values_are_counted_whatever_their_type():
    for kind in (np.uint8, np.int8, np.int16, np.float32, np.int64, bool):
        values = np.array([[1, 0], [1, 1]], kind)
        kinds, many = counts(values, np.array([[True, True], [True, False]]))
        assert (kinds.tolist(), many.tolist()) == ([0, 1], [1, 2])


def test_every_reader_of_rasters_asks_the_same_rule(tmp_path):
    """Population, weights and grids: mask, alpha and NODATA of one file."""
    bands = np.array([[[4, 5, 7, 8]], [[255, 0, 255, 255]]], np.uint8)
    path = write(tmp_path / "a.tif", bands, alpha=True, nodata=7, mask=[[1, 1, 1, 0]])
    assert grid.read(path, crs="EPSG:2180").valid.tolist() == [[True, False, False, False]]
    cells = population.from_raster(path)
    assert cells["population"].fillna(-1).tolist() == [4, -1, -1, -1]
    pieces = cells[["geometry"]]
    assert weigh(pieces, path)[0].tolist() == [4, 0, 0, 0]
    people = write(tmp_path / "b.tif", np.array([[-5, 65535, 3]], np.int32))
    found = population.from_raster(people, expected=Expected(0, 1000))
    assert found["population"].fillna(-1).tolist() == [-1, -1, 3]


# --------------------------------------------------------------------------- properties

planes = hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)),
                    elements=st.integers(0, 100))  # fmt: skip
holes = st.integers(0, 2**32 - 1)
ENCODINGS = ["uint8", "int16", "float32", "float64", "scaled", "masked", "alpha", "nan"]


def encode(path: Path, values: Any, known: Any, how: str, **profile: Any) -> Path:
    """Write the same knowledge in one of the ways a file can say it."""
    if how == "scaled":  # 0.5 is exact: 2 x stored
        stored = np.where(known, values.astype(np.int16) * 2 + 20, -1).astype(np.int16)
        return write(path, stored, nodata=-1, scale=0.5, offset=-10, **profile)
    if how == "masked":
        return write(path, values, mask=known, **profile)
    if how == "alpha":
        return write(path, np.stack([values, known * np.uint8(255)]), alpha=True, **profile)
    if how == "nan":
        stored = np.where(known, values.astype(np.float32), np.nan).astype(np.float32)
        return write(path, stored, **profile)
    fill = {"uint8": 255, "int16": -32768, "float32": -3.4028235e38, "float64": -1e20}[how]
    stored = values.astype(how)
    stored[~known] = np.dtype(how).type(fill)
    return write(path, stored, nodata=fill, **profile)


@given(planes, holes, st.sampled_from(ENCODINGS), st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_knowledge_is_read_whatever_its_encoding(tmp_path, values, seed, how, tiled):
    known = np.random.default_rng(seed).random(values.shape) < 0.7
    layout = {"tiled": True, "blockxsize": 16, "blockysize": 16} if tiled else {}
    found = read_band(encode(tmp_path / "a.tif", values, known, how, **layout))
    assert found.valid.tolist() == known.tolist()
    assert found.values[known].astype(float).tolist() == values[known].astype(float).tolist()
    assert len(found.audit) == 0


@given(planes, holes)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_from_the_south_are_the_same_land(tmp_path, values, seed):
    known = np.random.default_rng(seed).random(values.shape) < 0.7
    rows = len(values)
    south = Affine(100, 0, PLACE.c, 0, 100, PLACE.f - 100 * rows)
    one = grid.read(encode(tmp_path / "a.tif", values, known, "uint8"))
    two = grid.read(encode(tmp_path / "b.tif", values[::-1], known[::-1], "uint8", place=south))
    for found in (one, two):
        at = np.nonzero(found.valid)
        told = sorted(zip(*(v.tolist() for v in found.xy(*at)), found.values[at].tolist(),
                          strict=True))  # fmt: skip
        expected = sorted(
            (PLACE.c + 100 * (c + 0.5), PLACE.f - 100 * (r + 0.5), int(values[r, c]))
            for r, c in zip(*np.nonzero(known), strict=True)
        )
        assert told == expected
