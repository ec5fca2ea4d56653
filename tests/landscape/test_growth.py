from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.errors import CRSError, MetrogisError, ParameterError, SchemaError
from metrogis.landscape import growth

GRID = {"transform": Affine(100, 0, 0, 0, -100, 1000), "crs": "EPSG:2180"}
UNITS = gpd.GeoDataFrame(
    {"teryt": ["a", "b", "sea"]},
    geometry=[box(0, 0, 400, 1000), box(400, 0, 1000, 1000), box(5000, 0, 6000, 1000)],
    crs="EPSG:2180",
    index=[7, 8, 9],
)


def test_reference_values() -> None:
    assert growth.population_rate(897, 867, 3) == pytest.approx(-0.011339, abs=5e-7)
    assert growth.consumption_rate(148827.8, 195653.83, 3) == pytest.approx(0.104877, abs=5e-7)
    ratio = growth.consumption_ratio(148827.8, 195653.83, 897, 867, 3)
    assert ratio == pytest.approx(-9.2493, abs=5e-5)
    assert math.isnan(growth.consumption_ratio(1, 2, 100, 100, 3))
    assert np.isnan(growth.population_rate([0, 5, np.nan], [5, 0, 5], 1)).all()
    with pytest.raises(ParameterError):
        growth.consumption_ratio(1, 2, 100, 110, 0)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_land_take_equals_counting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.choice([0.0, 1.0, np.nan], (2, 10, 10), p=[0.5, 0.4, 0.1])
    found = growth.land_take(one, two, UNITS, years=4, built_up=1, **GRID)
    assert found.index.tolist() == [7, 8, 9]
    for row, columns in ((7, slice(0, 4)), (8, slice(4, 10))):
        a, b = one[:, columns], two[:, columns]
        known = ~np.isnan(a) & ~np.isnan(b)
        assert found.loc[row, "land"] == known.sum()
        assert found.loc[row, "gained"] == ((a == 0) & (b == 1)).sum()
        assert found.loc[row, "lost"] == ((a == 1) & (b == 0)).sum()
        assert found.loc[row, "before"] == ((a == 1) & known).sum()
        assert found.loc[row, "after"] == ((b == 1) & known).sum()
        assert found.loc[row, "unknown"] == (~known).sum()
        assert found.loc[row, "gained_per_year"] == found.loc[row, "gained"] / 4
        assert found.loc[row, "net_share"] * known.sum() == pytest.approx(found.loc[row, "net"])
    assert found.loc[9, ["gained", "net", "net_share"]].isna().all()
    assert found.loc[9, "land"] == 0


def test_grids_must_be_one(shared) -> None:  # type: ignore[no-untyped-def]
    folder = shared / "data" / "vaud"
    units = gpd.GeoDataFrame({"teryt": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:2056")
    with pytest.raises(SchemaError, match="different grids"):
        growth.land_take(
            folder / "clc_2006_100m.tif",
            folder / "clc_2012_100m.tif",
            units,
            years=6,
            built_up=[1],
        )
    cells = np.zeros((10, 10))
    with pytest.raises(CRSError):
        growth.land_take(cells, cells, UNITS.to_crs("EPSG:2177"), years=1, built_up=1, **GRID)
    with pytest.raises(ParameterError):
        growth.land_take(cells, cells, UNITS, years=0, built_up=1, **GRID)
    with pytest.raises(ParameterError):
        growth.land_take(cells, cells, UNITS, years=1, **GRID)
    with pytest.raises(MetrogisError):
        growth.land_take(cells, cells, UNITS, years=1, built_up=1)


def test_kinds_of_new_patches() -> None:
    one = np.zeros((7, 9), bool)
    one[1:6, 1:4] = True
    one[3, 2] = False  # a hole
    two = one.copy()
    two[3, 2] = True  # filled
    two[2:4, 4] = True  # 2 of 6 sides shared
    two[0, 8] = True  # alone
    two[6, 5] = True  # touches at no side
    found = growth.new_patches(one, two)
    assert sorted(found.table["kind"]) == ["edge", "infill", "leapfrog", "leapfrog"]
    edge = found.table.set_index("kind").loc["edge"]
    assert (edge["perimeter"], edge["shared"]) == (6, 2)
    half = growth.new_patches(np.array([[1, 0, 1]]), np.array([[1, 1, 1]]), built_up=1)
    assert half.table["kind"].tolist() == ["edge"]  # exactly half is not more than half


@given(st.integers(0, 10_000), st.sampled_from([4, 8]), st.sampled_from([(1, 1), (20, 30)]))
@settings(max_examples=40)
def test_kinds_equal_a_walk_round_each_patch(
    seed: int, connectivity: int, cell: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.choice([0.0, 1.0, np.nan], (2, 9, 11), p=[0.55, 0.4, 0.05])
    reading = {"cell_size": cell}
    found = growth.new_patches(one, two, built_up=1, connectivity=connectivity, **reading)
    gained = (one == 0) & (two == 1)
    assert ((found.labels > 0) == gained).all()
    assert found.table["area"].sum() == pytest.approx(gained.sum() * cell[0] * cell[1])
    for row in found.table.itertuples():
        cells = {tuple(rc) for rc in np.argwhere(found.labels == row.id).tolist()}
        seen, stack = set(), [min(cells)]
        while stack:  # the patch is one: its cells are reached from any of them
            r, c = stack.pop()
            if (r, c) in seen or (r, c) not in cells:
                continue
            seen.add((r, c))
            steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
            if connectivity == 8:
                steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            stack += [(r + a, c + b) for a, b in steps]
        assert seen == cells
        whole = shared = 0.0
        for r, c in cells:
            for a, b, side in ((0, 1, 1), (0, -1, 1), (1, 0, 0), (-1, 0, 0)):
                y, x = r + a, c + b
                if (y, x) in cells:
                    continue
                whole += cell[side]
                inside = 0 <= y < 9 and 0 <= x < 11
                shared += cell[side] if inside and one[y, x] == 1 else 0
        assert row.perimeter == pytest.approx(whole)
        assert row.shared == pytest.approx(shared)
        share = shared / whole
        assert row.kind == ("infill" if share > 0.5 else "edge" if share > 0 else "leapfrog")


def test_nothing_gained_and_only_lost() -> None:
    one = np.zeros((10, 10))
    one[2:4, 1:3] = 1
    same = growth.land_take(one, one, UNITS, built_up=1, years=5, new_people=[10, -4, 3], **GRID)
    assert same.loc[7, ["gained", "lost", "net", "gained_per_year"]].tolist() == [0, 0, 0, 0]
    assert same.loc[7, "gained_per_person"] == 0
    assert np.isnan(same.loc[8, "gained_per_person"])  # fewer people: no new inhabitant
    assert len(growth.new_patches(one, one, built_up=1, **GRID).table) == 0
    gone = growth.land_take(one, one * 0, UNITS, built_up=1, **GRID)
    assert gone.loc[7, ["before", "after", "lost", "net"]].tolist() == [4, 0, 4, -4]
    assert gone.loc[7, "net_share"] == -0.1
    assert gone["net_per_year"].isna().all()  # the period is not known
    assert gone["net_per_person"].isna().all()
    assert growth.consumption_rate(4, 0, 2) == -0.5
    assert math.isnan(growth.consumption_rate(0, 4, 2))


def test_people_and_infill_out_of_range() -> None:
    one = np.zeros((10, 10))
    with pytest.raises(ParameterError):
        growth.land_take(one, one, UNITS, built_up=1, new_people=[1, 2], **GRID)
    with pytest.raises(ParameterError):
        growth.new_patches(one, one, built_up=1, infill=1.5)
