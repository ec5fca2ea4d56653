"""Land in blocks, burned zones, and zones left open one by one, against plain recomputation."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import features
from scipy import ndimage

from metrogis.errors import ParameterError, SchemaError
from metrogis.landscape import blocks, flowmap, grid, habitats, landcover
from metrogis.landscape.burn import burn
from metrogis.landscape.openings import Openings
from metrogis.planning.zones import ZONE_TYPES

ZONES = 9


def land(seed: int, *, factor: int, side: int = 40) -> tuple[blocks.Blocks, dict[str, np.ndarray]]:
    """Random patches of four classes under random zones; resistances without ties."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=(side, side)), rng.uniform(0.8, 3))
    noise /= noise.std()
    classes = np.where(noise > 0.5, 312, np.where(noise > 0, 231, np.where(noise > -1, 211, 112)))
    classes[rng.random(classes.shape) < 0.01] = 999
    cover = grid.read(classes, transform=Affine(10, 0, 0, 0, -10, 10 * side), crs=2180)
    cells = np.zeros((side, side), np.int32)
    for k in range(1, ZONES + 1):
        top, left = rng.integers(0, side - 3, 2)
        high, wide = rng.integers(2, 14, 2)
        cells[top : top + high, left : left + wide] = k
    takes = np.concatenate([[0], rng.choice([0, 1, 1, 0.5], ZONES)])
    least = np.concatenate([[0], rng.choice([0, 20, 100.0], ZONES)])
    told = np.concatenate([[False], rng.random(ZONES) < 0.8])
    towns = np.repeat(
        np.arange(3, dtype=np.int32), [side // 2, side // 4, side - side // 2 - side // 4]
    )
    towns = np.tile(towns, (side, 1))
    roads = rng.uniform(1, 30, (side, side))
    found = blocks.build(
        cover,
        landcover.look_up(cover, landcover.class_table()),
        factor,
        zones=blocks.ZoneEffects(cells, takes, least, told),
        roads=roads,
        towns=towns,
        town_count=2,
    )
    plain = {"classes": classes, "cells": cells, "takes": takes, "least": least, "told": told,
             "roads": roads, "towns": towns}  # fmt: skip
    return found, plain


@pytest.mark.parametrize("seed", range(6))
def test_blocks_equal_plain_sums(seed: int) -> None:
    factor = 1 + seed % 4
    found, p = land(seed, factor=factor, side=41)
    table = landcover.class_table()
    known = p["classes"] != 999
    habitat = np.where(known, np.isin(p["classes"], [312]), 0).astype(float)
    cost = np.vectorize(lambda c: table[c].resistance if c in table else math.nan)(p["classes"])
    cost = np.maximum(cost, p["roads"])
    planned = habitat * (1 - p["takes"][p["cells"]])
    cost_planned = np.maximum(cost, p["least"][p["cells"]])
    dark = habitat * (~p["told"][p["cells"]] & (p["towns"] > 0))
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            at = (slice(i * factor, (i + 1) * factor), slice(j * factor, (j + 1) * factor))
            assert found.habitat[i, j] == pytest.approx(habitat[at].sum() * 100)
            assert found.planned[i, j] == pytest.approx(planned[at].sum() * 100)
            assert found.unknown[i, j] == pytest.approx(dark[at].sum() * 100)
            assert found.block_area[i, j] == habitat[at].size * 100
            if 2 * known[at].sum() >= known[at].size:
                assert found.resistance[i, j] == pytest.approx(np.nanmean(cost[at]))
                assert found.planned_resistance[i, j] == pytest.approx(np.nanmean(cost_planned[at]))
            else:
                assert math.isnan(found.resistance[i, j])
    for town in range(3):
        here = p["towns"] == town
        assert found.towns[town] == pytest.approx(
            [100 * v[here].sum() for v in (habitat, habitat - planned, dark, known)]
        )
    every = np.arange(1, ZONES + 1)
    habitat_back, cost_back = found.opened(every)
    np.testing.assert_allclose(habitat_back, found.habitat, atol=1e-9)
    np.testing.assert_allclose(cost_back, found.resistance, rtol=1e-12)
    none, same = found.opened(np.array([], int))
    assert np.array_equal(none, found.planned)
    assert np.array_equal(same, found.planned_resistance, equal_nan=True)


@pytest.mark.parametrize("seed", range(12))
def test_opening_zones_equals_building_anew(seed: int) -> None:
    found, _ = land(100 + seed, factor=1 + seed % 3)
    rng = np.random.default_rng(seed)
    rules = habitats.Rules(
        0.5, float(rng.choice([1, 500, 2000])), float(rng.choice([200, 1000, 1e9])), 300, 0.5
    )
    ready = Openings(found, rules)
    sets = [[], *([k] for k in range(1, ZONES + 1)), rng.choice(ZONES, 4, replace=False) + 1]
    for zones in [*sets, range(1, ZONES + 1), []]:  # the last one: all was put back
        chosen = np.asarray(list(zones), dtype=int)
        habitat, cost = found.opened(chosen)
        expected = habitats.build(habitat, found.grid(cost), found.block_area, rules).eca
        assert ready.eca(chosen) == pytest.approx(expected, rel=1e-12)


def test_no_habitat_left_until_a_zone_opens() -> None:
    cover = grid.read(np.full((3, 3), 312), transform=Affine(10, 0, 0, 0, -10, 30), crs=2180)
    cells = np.ones((3, 3), np.int32)
    effects = blocks.ZoneEffects(
        cells, np.array([0.0, 1]), np.array([0.0, 50]), np.array([False, True])
    )
    found = blocks.build(cover, landcover.look_up(cover, landcover.class_table()), 1, zones=effects)
    ready = Openings(found, habitats.Rules(0.5, 1, 100, 10, 0.5))
    assert ready.eca(np.array([], int)) == 0
    assert ready.eca(np.array([1])) == pytest.approx(900)
    assert ready.eca(np.array([], int)) == 0


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_burning_equals_gdal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = []
    for _ in range(4):
        points = rng.uniform(-20, 120, (rng.integers(3, 9), 2))
        shape = shapely.convex_hull(shapely.multipoints(points))
        if rng.random() < 0.5:
            hole = shapely.buffer(shapely.centroid(shape), rng.uniform(1, 15))
            shape = shapely.difference(shape, hole)
        if rng.random() < 0.3:
            shape = shapely.union(
                shape, shapely.box(*rng.uniform(0, 40, 2), *rng.uniform(60, 99, 2))
            )
        shapes.append(shape)
    transform = Affine(3.7, 0, 1.3, 0, -2.9, 98.1)
    pairs = [(s, k) for k, s in enumerate(shapes, start=1) if not s.is_empty]
    expected = features.rasterize(pairs, out_shape=(40, 33), transform=transform, dtype="int32")
    found = burn([s for s, _ in pairs], [k for _, k in pairs], (40, 33), transform)
    assert np.array_equal(found, expected)


def test_burning_nothing() -> None:
    empty = [None, shapely.Polygon(), shapely.box(500, 500, 600, 600)]
    assert not burn(empty, [1, 2, 3], (4, 4), Affine(1, 0, 0, 0, -1, 4)).any()
    with pytest.raises(SchemaError, match="rotated"):
        burn(empty, [1, 2, 3], (4, 4), Affine(1, 0.1, 0, 0, -1, 4))


def test_tables_of_the_project_are_the_defaults(project: Path) -> None:
    folder = project / "layers/common"
    corine = pd.read_csv(folder / "land_cover_corine.csv", dtype=str)
    assert landcover.class_table(corine) == dict(landcover.CORINE)
    assert len(corine) == 44
    for name, key, default in (
        ("zone_resistance", "symbol", landcover.ZONE_RESISTANCE),
        ("road_resistance", "highway", landcover.ROAD_RESISTANCE),
    ):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str)
        assert dict(zip(table[key], table["resistance"].astype(float), strict=True)) == default
    assert set(landcover.ZONE_RESISTANCE) == set(ZONE_TYPES)


@pytest.mark.parametrize(
    "change",
    [{"code": ["1", "1"]}, {"code": ["1", "x"]}, {"code": ["1", "2.5"]}, {"habitat": [0, 1.5]},
     {"resistance": [0, 1]}, {"resistance": [1, None]}, {"number": [9, 9]}],
)  # fmt: skip
def test_bad_class_tables(change: dict[str, list[object]]) -> None:
    table = pd.DataFrame({"code": ["1", "2"], "habitat": [0, 1], "resistance": [5, 1]})
    assert set(landcover.class_table(table)) == {1, 2}
    with pytest.raises(SchemaError, match="bad rows"):
        landcover.class_table(table.assign(**change))
    with pytest.raises(SchemaError, match="habitat"):
        landcover.class_table(table.drop(columns="habitat"))


def test_bad_resistances() -> None:
    strange = pd.DataFrame({"symbol": ["S?"], "resistance": [5]})
    with pytest.raises(SchemaError, match=r"S\?"):
        landcover.zone_resistances(strange)
    with pytest.raises(SchemaError, match="bad rows"):
        landcover.zone_resistances(strange.assign(symbol="SW", resistance=math.inf))


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64, np.float32])
def test_looking_up_classes_of_any_type(kind: type) -> None:
    values = np.array([[24, 1, 200], [23, 41, 24]]).astype(kind)
    if kind == np.int16:
        values[0, 0] = -9999
    found = landcover.look_up(grid.read(values, nodata=-9999), landcover.class_table())
    first = 0 if kind == np.int16 else 1
    assert found.habitat[found.codes].tolist() == [[first, 0, 0], [1, 0, 1]]
    (row,) = found.audit
    assert (row.count, row.examples) == (1, "200 (1x)")
    with pytest.raises(SchemaError, match="whole"):
        landcover.look_up(grid.read(np.array([[1.5]])), landcover.class_table())


def test_a_patch_that_fills_half_of_no_cell_keeps_one() -> None:
    surface = grid.read(np.ones((4, 4)))
    labels = np.zeros((4, 4), np.int32)
    labels[0, 0], labels[2:, 2:] = 7, 9
    coarse, found = flowmap.coarser(surface, labels, np.array([7, 9]), 2)
    assert found.tolist() == [[7, 0], [0, 9]]
    assert coarse.cell == (2, 2)


def test_outlines_cover_what_they_label() -> None:
    table = gpd.GeoSeries([shapely.box(0, 0, 20, 10)])
    labels = burn(table, [1], (3, 3), Affine(10, 0, 0, 0, -10, 30))
    from metrogis.landscape.patches import outline_shapes

    (shape,) = outline_shapes(labels, Affine(10, 0, 0, 0, -10, 30))
    assert shape.equals(table[0])


def test_planes_must_fit() -> None:
    cover = grid.read(np.full((3, 3), 312), transform=Affine(10, 0, 0, 0, -10, 30), crs=2180)
    found = landcover.look_up(cover, landcover.class_table())
    with pytest.raises(SchemaError, match="towns"):
        blocks.build(cover, found, 1, towns=np.ones((3, 2), np.int32), town_count=1)
    effects = blocks.ZoneEffects(
        np.full((3, 3), 2, np.int32), np.zeros(2), np.zeros(2), np.ones(2, bool)
    )
    with pytest.raises(ParameterError, match="zone"):
        blocks.build(cover, found, 1, zones=effects)
