from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.errors import ParameterError, SchemaError
from metrogis.landscape import sprawl

GRID = {"transform": Affine(100, 0, 0, 0, -100, 1000), "crs": "EPSG:2180"}
UNITS = gpd.GeoDataFrame(
    {"teryt": ["a", "b", "sea"]},
    geometry=[box(0, 0, 400, 1000), box(400, 0, 1000, 1000), box(5000, 0, 6000, 1000)],
    crs="EPSG:2180",
    index=[7, 8, 9],
)


def exact(built: np.ndarray, cell: float, at: np.ndarray, horizon: float) -> np.ndarray:
    """SI of the cells ``at``, by summing over every other built-up cell."""
    cells = np.argwhere(built)
    own = math.sqrt(0.97428 * cell + 1.046) - 0.996249
    out = []
    for place in at:
        d = cell * np.hypot(*(cells - place).T)
        d = d[d <= horizon]
        out.append(math.fsum(np.where(d == 0, own, np.sqrt(2 * d + 1) - 1)) / len(d))
    return np.array(out)


def test_weights() -> None:
    assert sprawl.uptake_weight(250) == pytest.approx(0.846, abs=5e-4)
    assert sprawl.uptake_weight(111) == pytest.approx(0.204, abs=6e-4)
    assert sprawl.dispersion_weight(44) == pytest.approx(1, abs=1e-3)
    assert sprawl.uptake_weight([0, np.inf]) == pytest.approx([0, 1 / (1 + math.exp(-4.159))])


def test_entropy() -> None:
    assert sprawl.entropy([1, 1, 1, 1]) == pytest.approx((math.log(4), 1))
    assert sprawl.entropy([3, np.nan, 3]) == pytest.approx((math.log(2), 1))
    assert sprawl.entropy([3, 0, 3])[1] == pytest.approx(math.log(2) / math.log(3))
    assert all(math.isnan(v) for v in sprawl.entropy([0, 0]))
    assert math.isnan(sprawl.entropy([4])[1])
    with pytest.raises(SchemaError):
        sprawl.entropy([1, -1])


@given(
    st.integers(0, 10_000),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([20.0, 100.005, 150.0, 400.0]),
)
@settings(max_examples=30)
def test_permeation_equals_brute_force(seed: int, rows: int, columns: int, cell: float) -> None:
    rng = np.random.default_rng(seed)
    built = rng.random((rows, columns)) < rng.choice([0.02, 0.3, 1.0])
    found = sprawl.permeation(built, cell)
    assert found[built] == pytest.approx(exact(built, cell, np.argwhere(built), 2000), rel=1e-9)
    assert np.isnan(found[~built]).all()


def test_permeation_at_20_m_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    built = np.zeros((420, 500), bool)
    built[:, :260] = rng.random((420, 260)) < 0.95
    lonely = np.array([[100, 480], [101, 480], [300, 361], [419, 499], [5, 330]])
    built[tuple(lonely.T)] = True
    at = np.concatenate([lonely, np.argwhere(built)[::6000]])
    whole = sprawl.permeation(built, 20.0)
    assert whole[tuple(at.T)] == pytest.approx(exact(built, 20.0, at, 2000), rel=1e-9)
    monkeypatch.setattr(sprawl, "_BLOCK", 130)
    parts = sprawl.permeation(built, 20.0)
    np.testing.assert_allclose(parts, whole, rtol=1e-9)


def test_a_distance_of_exactly_the_horizon_counts() -> None:
    built = np.zeros((1, 101), bool)
    built[0, [0, 100]] = True
    own = sprawl.cell_weight(20.0)
    assert sprawl.permeation(built, 20.0)[0, 0] == pytest.approx((own + math.sqrt(4001) - 1) / 2)
    assert sprawl.permeation(built, 20.0, horizon=1999.9)[0, 0] == pytest.approx(own)
    third = np.zeros((1, 61), bool)
    third[0, [0, 60]] = True
    assert sprawl.permeation(third, 100 / 3)[0, 0] == pytest.approx(
        (sprawl.cell_weight(100 / 3) + math.sqrt(4001) - 1) / 2
    )


def test_proliferation() -> None:
    cells = np.zeros((10, 10))
    cells[2:5, 2:7] = 1
    cells[9, :] = np.nan
    found = sprawl.proliferation(cells, UNITS, [500, 800, np.nan], built_up=1, **GRID)
    row = found.loc[7]
    assert row["PBA"] == pytest.approx(6 / 36)
    built = cells == 1
    inside = np.argwhere(built & (np.arange(10) < 4))
    # built-up cells beyond the border count
    assert row["DIS"] == pytest.approx(exact(built, 100, inside, 2000).mean(), rel=1e-9)
    assert row["UP"] == pytest.approx(row["PBA"] * row["DIS"])
    assert row["LUP"] == pytest.approx(6 * 10_000 / 500)
    assert row["w1"] == pytest.approx(0.5 + 1 / (1 + math.exp(12.955 - 0.294432 * row["DIS"])))
    assert row["w2"] == pytest.approx(1 / (1 + math.exp(613.125 / 120 - 4.159)))
    assert row["WUP"] == pytest.approx(row["UP"] * row["w1"] * row["w2"])
    assert found.loc[9].drop("teryt").isna().all()


def test_proliferation_without_built_up_land_or_people() -> None:
    cells = np.zeros((10, 10))
    nothing = sprawl.proliferation(cells, UNITS, [1, 0, 1], built_up=1, **GRID)
    assert nothing["WUP"].tolist()[:2] == [0, 0]
    assert np.isnan(nothing.loc[9, "WUP"])
    cells[0, 0] = 1
    empty = sprawl.proliferation(cells, UNITS, [0, 10, 1], built_up=1, **GRID).loc[7]
    assert empty["LUP"] == math.inf
    assert empty["w2"] == pytest.approx(1 / (1 + math.exp(-4.159)))
    assert 0 < empty["WUP"] < math.inf
    unknown = sprawl.proliferation(cells, UNITS, [np.nan, 10, 1], built_up=1, **GRID).loc[7]
    assert unknown[["LUP", "w2", "WUP"]].isna().all()
    assert unknown["UP"] > 0


def test_bad_input() -> None:
    cells = np.zeros((10, 10))
    for wrong in ([1], [1, -1, 1]):
        with pytest.raises(ParameterError):
            sprawl.proliferation(cells, UNITS, wrong, built_up=1, **GRID)
    with pytest.raises(ParameterError):
        sprawl.proliferation(cells, UNITS, [1, 1, 1], built_up=1, horizon=10, **GRID)
    long = {"transform": Affine(100, 0, 0, 0, -50, 500), "crs": "EPSG:2180"}
    with pytest.raises(SchemaError, match="not square"):
        sprawl.proliferation(cells, UNITS, [1, 1, 1], built_up=1, **long)
