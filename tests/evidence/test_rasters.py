"""Evidence of rasters: against brute force on the cells, and beside evidence of other layers."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrogis import population
from metrogis.evidence import Evidence, loss
from metrogis.evidence.rasters import (
    CellMask,
    RasterEvidence,
    count_cells,
    evidence_of,
    extent_of,
    keep_mask,
    within,
)
from metrogis.landscape import grid
from metrogis.texts import both

PLACE = Affine(10, 0, 0, 0, -10, 60)
SOUTH = Affine(10, 0, 0, 0, 10, 0)


def squares(valid: np.ndarray, place: Affine) -> list[shapely.Geometry]:
    """Unknown cells, one polygon each."""
    r, c = np.nonzero(~valid)
    x = np.sort([place.c + place.a * c, place.c + place.a * (c + 1)], axis=0)
    y = np.sort([place.f + place.e * r, place.f + place.e * (r + 1)], axis=0)
    return list(shapely.box(x[0], y[0], x[1], y[1]))


masks = hnp.arrays(bool, (6, 6), elements=st.sampled_from([True, True, False]))


@given(masks, st.sampled_from([0.0, 4.0, 10.0, 25.0]), st.booleans())
@settings(max_examples=60)
def test_it_answers_as_one_polygon_a_cell_would(valid, limit, north):
    place = PLACE if north else SOUTH
    found = RasterEvidence.of_mask("r", valid, place, "EPSG:2180")
    plain = Evidence("r", crs="EPSG:2180").inside([shapely.box(0, 0, 60, 60)])
    plain = plain.without(squares(valid, place))
    points = np.array([(x, y) for x in range(-3, 66, 4) for y in range(-3, 66, 4)], float)
    assert found.known_near(points, limit).tolist() == plain.known_near(points, limit).tolist()
    areas = [shapely.box(3, 3, 33, 51), shapely.box(-20, 10, 20, 30), shapely.box(70, 0, 80, 9)]
    assert found.known_share(areas) == pytest.approx(plain.known_share(areas))
    assert found.known_within(areas, limit).tolist() == plain.known_within(areas, limit).tolist()
    part = [g.area for g in found.known_part(areas)]
    assert part == pytest.approx([g.area for g in plain.known_part(areas)])


@given(masks, masks)
def test_two_dates_are_known_where_both_are(one, two):
    a, b = (RasterEvidence.of_mask("r", v, PLACE, "EPSG:2180") for v in (one, two))
    both_known = RasterEvidence.of_mask("r", one & two, PLACE, "EPSG:2180")
    points = np.array([(x, y) for x in range(5, 60, 10) for y in range(5, 60, 10)], float)
    assert (a & b).known_at(points).tolist() == both_known.known_at(points).tolist()
    assert (a & b).known_share([shapely.box(0, 0, 60, 60)]).tolist() == pytest.approx(
        both_known.known_share([shapely.box(0, 0, 60, 60)]).tolist()
    )


def test_evidence_of_other_layers_keeps_the_mask_in_either_order():
    valid = np.ones((6, 6), bool)
    valid[0] = False  # y 50-60
    raster = RasterEvidence.of_mask("r", valid, PLACE, "EPSG:2180")
    other = Evidence("o", crs="EPSG:2180").without([shapely.box(0, 0, 30, 60)])
    points = np.array([[15.0, 25], [45, 25], [45, 55]])
    for joined in (raster & other, other & raster):
        assert joined.known_at(points).tolist() == [False, True, False]
        assert joined.known_near(points, 1.0).tolist() == [False, True, False]
    assert (other & raster).layer == "o & r"
    lost = raster.losing([loss("cell", both("x"), [1], where=shapely.Point(45, 25), crs=2180)])
    assert lost.known_at(points).tolist() == [True, False, False]
    assert (
        raster.inside([shapely.box(0, 0, 20, 30)]).known_at(points).tolist() == [True] + [False] * 2
    )
    assert not lost.losing([loss("cell", both("x"), [1])]).known_at(points).any()


def test_large_areas_are_counted_by_cells():
    rng = np.random.default_rng(3)
    valid = rng.random((100, 100)) < 0.8
    place = Affine(10, 0, 0, 0, -10, 1000)
    found = RasterEvidence.of_mask("r", valid, place, "EPSG:2180")
    west = shapely.box(0, 0, 500, 1000)
    assert found.known_share([west])[0] == pytest.approx(valid[:, :50].mean())
    wide = shapely.box(500, 0, 1500, 1000)  # half of it beyond the raster
    assert found.known_share([wide])[0] == pytest.approx(valid[:, 50:].mean() / 2)
    whole = RasterEvidence.of_mask("r", np.ones((100, 100), bool), place, "EPSG:2180")
    slanted = shapely.Point(500, 500).buffer(400)
    assert whole.known_share([slanted])[0] == 1.0
    assert count_cells(west, valid, place) == (int(valid[:, :50].sum()), 5000)
    assert count_cells(shapely.box(2000, 0, 2100, 100), valid, place) == (0, 0)


def test_it_travels_packed():
    valid = np.random.default_rng(1).random((7, 9)) < 0.5
    evidence = RasterEvidence.of_mask("r", valid, PLACE, "EPSG:2180")
    evidence.known_near(np.array([[1.0, 1.0]]), 5.0)  # what is cached stays behind
    again = pickle.loads(pickle.dumps(evidence))
    assert again.masks[0].valid.tolist() == valid.tolist()
    assert isinstance(again, RasterEvidence)
    large = CellMask(np.ones((1000, 1000), bool), PLACE)
    assert len(pickle.dumps(large)) < 10_000


def test_a_raster_in_another_crs_is_known_where_its_cells_lie():
    place = Affine(1000, 0, 6_400_000, 0, -1000, 6_000_000)
    valid = np.ones((10, 10), bool)
    valid[:, 5:] = False
    found = RasterEvidence.of_mask("r", valid, place, "EPSG:2180", source_crs="EPSG:2177")
    points = gpd.GeoSeries(
        gpd.points_from_xy([6_402_500, 6_407_500, 6_412_000], [5_995_000] * 3), crs=2177
    ).to_crs(2180)
    xy = shapely.get_coordinates(points)
    assert found.known_at(xy).tolist() == [True, False, False]
    assert found.known_near(points, 1000.0).tolist() == [True, False, False]
    assert found.known_near(points, 3000.0).tolist() == [False, False, False]


@pytest.mark.parametrize(("limit", "reached"), [(19.9, 1), (20.0, 2), (20.1, 2)])
def test_within_counts_from_centre_to_centre(limit, reached):
    cells = np.zeros((1, 9), bool)
    cells[0, 0] = True
    assert within(cells, limit, (10.0, 10.0)).sum() == reached + 1 - (limit < 10)
    assert not within(np.zeros((3, 3), bool), limit, (10.0, 10.0)).any()


def test_layers_of_any_kind_have_their_evidence():
    assert not evidence_of(None, "x", "EPSG:2180").given
    raster = grid.read((np.array([[1.0, np.nan]]), PLACE), crs="EPSG:2180")
    assert evidence_of(raster, "x", "EPSG:2180").known_at([[5.0, 55], [15, 55]]).tolist() == [
        True,
        False,
    ]
    bare = grid.read(np.ones((2, 2)))
    assert not isinstance(evidence_of(bare, "x", "EPSG:2180"), RasterEvidence)
    cells = gpd.GeoDataFrame(
        {"population": [1.0, np.nan]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], crs=2180,
    )  # fmt: skip
    points = np.array([[5.0, 5], [15, 5], [25, 5]])
    assert evidence_of(cells, "x", "EPSG:2180").known_at(points).tolist() == [True, False, True]


def test_cells_of_a_raster_know_where_the_raster_ends():
    people = np.array([[0.0, 4.0], [np.nan, 0.0]])
    cells = population.from_raster(people, transform=PLACE, crs="EPSG:2180")
    points = np.array([[5.0, 55], [15, 55], [5, 45], [15, 45], [25, 55]])
    for layer in (cells, cells.copy(), cells.reset_index(drop=True)):
        found = evidence_of(layer, "population", "EPSG:2180")
        # nobody lives in two of the known cells: they have no row, and are known all the same
        assert found.known_at(points).tolist() == [True, True, False, True, False]
    assert extent_of(cells, "EPSG:2180").equals(shapely.box(0, 40, 20, 60))
    moved = cells.to_crs(2177)
    assert extent_of(moved, "EPSG:2177").centroid.distance(
        moved.geometry.union_all().envelope.centroid
    ) < 20  # fmt: skip
    frame = keep_mask(pd.DataFrame(), np.ones((1, 1), bool), PLACE, "EPSG:2180")
    assert extent_of(frame, "EPSG:2180").area == 100
