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
    assert growth.uptake_weight(250) == pytest.approx(0.846, abs=1e-3)
    assert growth.uptake_weight(111) == pytest.approx(0.204, abs=1e-3)
    assert growth.dispersion_weight(44) == pytest.approx(1, abs=1e-3)


def test_entropy() -> None:
    assert growth.entropy([1, 1, 1, 1]) == pytest.approx((math.log(4), 1))
    assert growth.entropy([3, np.nan, 3]) == pytest.approx((math.log(2), 1))
    assert all(math.isnan(v) for v in growth.entropy([0, 0]))
    with pytest.raises(SchemaError):
        growth.entropy([1, -1])


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


def test_permeation_equals_brute_force() -> None:
    rng = np.random.default_rng(3)
    built = rng.random((40, 30)) < 0.2
    found = growth.permeation(built, 150.0, horizon=1000.0)
    cells = np.argwhere(built)
    for r, c in cells[::17]:
        d = 150 * np.hypot(*(cells - [r, c]).T)
        d = d[d <= 1000]
        weights = np.where(
            d == 0, math.sqrt(0.97428 * 150 + 1.046) - 0.996249, np.sqrt(2 * d + 1) - 1
        )
        assert found[r, c] == pytest.approx(weights.mean(), rel=1e-9)
    assert np.isnan(found[~built]).all()


def test_proliferation() -> None:
    cells = np.zeros((10, 10))
    cells[2:5, 2:7] = 1
    cells[9, :] = np.nan
    found = growth.proliferation(cells, UNITS, [500, 800, np.nan], built_up=1, **GRID)
    row = found.loc[7]
    assert row["PBA"] == pytest.approx(6 / 36)
    assert row["LUP"] == pytest.approx(6 * 10_000 / 500)
    assert row["WUP"] == pytest.approx(row["PBA"] * row["DIS"] * row["w1"] * row["w2"])
    assert found.loc[9].drop("teryt").isna().all()
    nothing = growth.proliferation(cells * 0, UNITS, [1, 1, 1], built_up=1, **GRID)
    assert nothing["WUP"].tolist()[:2] == [0, 0]
    with pytest.raises(ParameterError):
        growth.proliferation(cells, UNITS, [1], built_up=1, **GRID)
    with pytest.raises(ParameterError):
        growth.proliferation(cells, UNITS, [1, 1, 1], built_up=1, horizon=10, **GRID)
