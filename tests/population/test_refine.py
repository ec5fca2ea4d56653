"""Finer population cells in part of the area: every resident once, unknown stays unknown."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import CRSError
from metrogis.population import refine

CRS = "EPSG:2180"


def cells(people, shapes, **columns):
    return gpd.GeoDataFrame(
        {"population": np.array(people, float), **columns}, geometry=list(shapes), crs=CRS
    )


def grid(size, n, people):
    shapes = [
        shapely.box(i * size, j * size, (i + 1) * size, (j + 1) * size)
        for i in range(n)
        for j in range(n)
    ]
    return cells(people, shapes)


def test_coarse_cells_give_way_and_finer_ones_keep_their_residents():
    coarse = grid(1000, 2, [100, 200, 300, 400])
    # a city of the left half but for a strip; hexagon-like cells reach over its border
    city = shapely.box(0, 0, 800, 2000)
    fine = cells([7, 8, 9], [shapely.box(*b) for b in (
        (0, 0, 500, 500), (500, 0, 1000, 500), (900, 0, 1400, 500))])  # fmt: skip
    both, audit = refine(coarse, fine, city)
    assert both["population"].tolist() == pytest.approx([20, 40, 300, 400, 7, 8])
    assert both["modelled"].tolist() == [True, True, False, False, False, False]
    assert both.area.tolist() == pytest.approx([2e5, 2e5, 1e6, 1e6, 25e4, 15e4])
    assert {(r.action, r.count) for r in audit} == {("modelled", 2), ("dropped", 9)}
    assert coarse["population"].tolist() == [100, 200, 300, 400]


def test_a_cell_wholly_inside_is_gone_and_one_that_touches_stays():
    coarse = grid(1000, 2, [100, 200, 300, 400])
    both, audit = refine(
        coarse, cells([5], [shapely.box(0, 0, 9, 9)]), shapely.box(0, 0, 1000, 1000)
    )
    assert both["population"].tolist() == [200, 300, 400, 5]
    assert not both["modelled"].any()
    assert len(audit) == 0


def test_unknown_stays_unknown_and_modelled_stays_modelled():
    coarse = grid(1000, 1, [np.nan]).assign(modelled=[True])
    fine = cells([np.nan, 3], [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    both, _ = refine(coarse, fine.assign(modelled=[False, True]), shapely.box(0, 0, 500, 1000))
    assert np.isnan(both["population"].to_numpy()).tolist() == [True, True, False]
    assert both["modelled"].tolist() == [True, False, True]


def test_two_systems_are_refused():
    coarse = grid(1000, 1, [1])
    with pytest.raises(CRSError):
        refine(coarse, coarse.to_crs("EPSG:2177"), shapely.box(0, 0, 1, 1))


@given(
    people=st.lists(st.integers(0, 500), min_size=9, max_size=9),
    fine=st.lists(st.integers(0, 500), min_size=36, max_size=36),
    edge=st.sampled_from([1.0, 499, 500, 501, 1000, 1499, 1500, 2999, 3000, 3001]),
    turned=st.booleans(),
)
def test_every_resident_counts_once(people, fine, edge, turned):
    """Inside the area those of the finer cells, outside it those of the coarse ones by area."""
    coarse, finer = grid(1000, 3, people), grid(500, 6, fine)
    area = shapely.box(0, 0, edge, 3000)
    if turned:
        coarse, finer = coarse.iloc[::-1], finer.iloc[::-1]
    both, _ = refine(coarse, finer, area)
    inside = shapely.intersects(finer.geometry.to_numpy(), area) & (
        shapely.area(shapely.intersection(finer.geometry.to_numpy(), area)) > 0
    )
    share = shapely.area(shapely.difference(coarse.geometry.to_numpy(), area)) / 1e6
    want = finer["population"][inside].sum() + (coarse["population"] * share).sum()
    assert both["population"].sum() == pytest.approx(want)
    # no place is in two cells
    assert both.area.sum() == pytest.approx(shapely.union_all(both.geometry.to_numpy()).area)
    assert both.area.sum() == pytest.approx(9e6)
