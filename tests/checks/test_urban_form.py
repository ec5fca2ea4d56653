from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely import box

from metrogis.checks.spatial_development.urban_form.check import CHECK, urban_form
from metrogis.errors import ParameterError, SchemaError
from metrogis.landscape import grid, metrics, sprawl
from metrogis.landscape.grid import Grid


def raster(values: Any, *, crs: Any = 2180, size: tuple[float, float] = (100.0, 100.0)) -> Grid:
    return grid.read(
        np.asarray(values), transform=Affine(size[0], 0, 0, 0, -size[1], 2000), crs=crs
    )


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2263011"], "name": ["A", "B", "far"]},
        geometry=[box(0, 0, 1000, 2000), box(1000, 0, 2000, 2000), box(9000, 0, 9500, 1000)],
        crs=2180,
        index=[5, 6, 7],
    )


@pytest.fixture
def built() -> Grid:
    rng = np.random.default_rng(8)
    values = (rng.random((20, 20)) < 0.3).astype(float)
    values[0, :3] = np.nan
    return raster(values)


PEOPLE = pd.DataFrame({"teryt": ["2261011", "2262011", "2263011"], "population": [900, 1500, 10]})


def test_proliferation_of_each_and_of_the_whole(municipalities, built) -> None:
    result = urban_form(municipalities, built, population_municipal=PEOPLE)
    table = result.municipalities
    expected = sprawl.proliferation(built, municipalities, [900, 1500, 10], built_up=1)
    for name in ("PBA", "DIS", "UP", "LUP", "WUP"):
        np.testing.assert_allclose(table[name.lower()], expected[name], rtol=1e-12)
    assert table.index.tolist() == [5, 6, 7]
    assert table["land_ha"].tolist() == [197, 200, 0]
    assert table.loc[7, ["built_ha", "wup", "built_np", "entropy"]].isna().all()
    # the whole, as if it were one municipality; of "far" no land is known, so its people do not
    # count in land per person either
    one = gpd.GeoDataFrame({"teryt": ["x"]}, geometry=[box(0, 0, 2000, 2000)], crs=2180)
    whole = sprawl.proliferation(built, one, [2400], built_up=1).iloc[0]
    for name in ("PBA", "DIS", "UP", "LUP", "WUP"):
        assert result.figures[name.lower()] == pytest.approx(whole[name], rel=1e-12)
    seen = result.rasters["permeation"]
    assert (seen.values >= 0).sum() == (built.values == 1).sum()
    assert seen.values.dtype == np.float32
    assert not seen.valid[0, :3].any()


def test_coefficients_and_horizon_are_parameters(municipalities, built) -> None:
    plain = urban_form(municipalities, built, population_municipal=PEOPLE).municipalities.loc[5]
    heavy = urban_form(
        municipalities, built, population_municipal=PEOPLE, uptake_scale=0, uptake_shift=0
    ).municipalities.loc[5]
    # w2 = sigmoid(0)
    w1 = sprawl.dispersion_weight(plain["dis"])
    assert heavy["wup"] == pytest.approx(plain["up"] * w1 / 2)
    near = urban_form(municipalities, built, horizon=300).municipalities.loc[5]
    assert near["dis"] < plain["dis"]
    table = urban_form(municipalities, built).sensitivity(horizon=[300, 2000])
    assert table["dis"].is_monotonic_increasing
    assert "unverified" in CHECK.parameters.specs()["dispersion_slope"].source


def test_people_unknown_leave_wup_unknown(municipalities, built) -> None:
    none = urban_form(municipalities, built)
    assert none.municipalities[["lup", "wup", "people"]].isna().all().all()
    assert none.municipalities["up"].notna().tolist() == [True, True, False]
    assert "wup" not in none.figures
    assert none.figures["people_unknown"] == 3
    assert any(r.layer == "population" and r.action == "unknown" for r in none.audit)
    some = urban_form(municipalities, built, population_municipal=PEOPLE.iloc[:1])
    assert some.municipalities["wup"].notna().tolist() == [True, False, False]
    assert some.figures["largest_wup"] == some.municipalities["wup"].iloc[0]
    jobs = pd.DataFrame({"teryt": PEOPLE["teryt"], "jobs": [100, 0, np.nan]})
    more = urban_form(municipalities, built, population_municipal=PEOPLE, jobs=jobs).municipalities
    assert more["people"].tolist()[:2] == [1000, 1500]
    assert math.isnan(more["people"].iloc[2])
    with pytest.raises(SchemaError, match="columns missing: jobs"):
        urban_form(municipalities, built, jobs=PEOPLE)


def test_entropy_over_municipalities_zones_and_squares(municipalities) -> None:
    values = np.zeros((20, 20))
    values[:10, :10] = 1  # A: its northern square of 1 km full
    values[0, 10] = values[10, 10] = 1  # B: one cell in each of its two squares
    result = urban_form(municipalities, raster(values))
    a, b = result.municipalities.loc[5], result.municipalities.loc[6]
    assert (a["entropy"], a["entropy_relative"]) == (0, 0)
    assert (b["entropy"], b["entropy_relative"]) == pytest.approx((math.log(2), 1))
    p = np.array([100, 2]) / 102
    h = float(-(p * np.log(p)).sum())
    assert result.figures["entropy"] == pytest.approx(h)
    assert result.figures["entropy_relative"] == pytest.approx(h / math.log(2))
    zones = gpd.GeoDataFrame(
        {"name": ["n", "s"]}, geometry=[box(0, 1000, 2000, 2000), box(0, 0, 2000, 1000)], crs=2180
    )
    by_zone = urban_form(municipalities, raster(values), urban_zones=zones)
    p = np.array([101, 1]) / 102
    assert by_zone.figures["entropy"] == pytest.approx(float(-(p * np.log(p)).sum()))
    assert by_zone.features["zones"]["built_ha"].tolist() == [101, 1]


def test_landscape_metrics_equal_those_of_each_town_cut_out(municipalities, built) -> None:
    rng = np.random.default_rng(9)
    cover = rng.choice([1, 2, 7], (40, 40), p=[0.5, 0.3, 0.2]).astype(np.uint8)
    cover[:, 38:] = 44
    layer = raster(cover, size=(50, 50))
    table = urban_form(municipalities, built, land_cover=layer, sea_values=[44]).municipalities
    for row, columns in ((5, slice(0, 20)), (6, slice(20, 40))):
        whole = metrics.landscape(
            np.where(cover == 44, np.nan, cover)[:, columns], cell_size=(50, 50)
        )
        for name in ("NP", "LPI", "ED", "SHDI", "SHEI", "DIVISION", "SPLIT", "MESH"):
            assert table.loc[row, f"cover_{name.lower()}"] == pytest.approx(whole[name])
    first = metrics.landscape(built.values[:, :10], cell_size=100).classes.loc[1]
    for name in ("NP", "LPI", "ED", "MESH"):
        assert table.loc[5, f"built_{name.lower()}"] == pytest.approx(first[name])
    assert math.isnan(table.loc[7, "cover_np"])
    four = urban_form(municipalities, built, connectivity=4).municipalities
    assert four.loc[5, "built_np"] > table.loc[5, "built_np"]
    assert "cover_np" not in four


def test_the_edge_of_the_raster_is_told(municipalities, built) -> None:
    told = [r for r in urban_form(municipalities, built).audit if "raster ends" in r.what.en]
    assert [r.count for r in told] == [3]
    inner = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(400, 400, 1600, 1600)], crs=2180
    )
    near = urban_form(inner, built, horizon=400)
    assert not [r for r in near.audit if "raster ends" in r.what.en]


def test_bad_input(municipalities, built) -> None:
    with pytest.raises(SchemaError, match="not square"):
        urban_form(municipalities, raster(built.values, size=(100, 50)))
    with pytest.raises(ParameterError):
        urban_form(municipalities, built, horizon=-1)
    with pytest.raises(ParameterError):
        urban_form(municipalities, built, connectivity=6)
    with pytest.raises(ParameterError):
        urban_form(municipalities, built, horizon=10)


def test_poznan_by_classes_and_by_shares(shared: Path) -> None:
    folder = shared / "data" / "poznan"
    cover, share = (grid.read(folder / f"{n}.tif") for n in ("land_use", "built_up_share"))
    x0, y1 = cover.transform.c, cover.transform.f
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["3021011", "3021021"], "name": ["W", "E"]},
        geometry=[
            box(x0 + 3000, y1 - 24000, x0 + 15000, y1 - 3000),
            box(x0 + 15000, y1 - 24000, x0 + 27000, y1 - 3000),
        ],
        crs=2180,
    )
    half = float(np.nanquantile(share.values, 0.9))
    result = urban_form(municipalities, share, land_cover=cover, built_up_value=half)
    inside = share.values[30:240, 30:150]
    assert result.municipalities["built_ha"].iloc[0] == (inside >= half).sum()
    whole = metrics.landscape(cover.values[30:240, 30:150], nodata=255, cell_size=100)
    for name in ("NP", "SHDI", "SHEI", "MESH"):
        assert result.municipalities[f"cover_{name.lower()}"].iloc[0] == pytest.approx(whole[name])


def test_the_demo(demo_s: Path) -> None:
    from metrogis.metro import open_metro

    metro = open_metro(demo_s)
    result = urban_form(
        metro.municipalities,
        metro.built_up,
        metro.population,
        metro.population_municipal,
        land_cover=metro.land_cover,
        sea_values=[10],
    )
    table = result.municipalities
    assert table["wup"].notna().all()
    assert (table["pba"] * table["land_ha"]).to_numpy() == pytest.approx(
        table["built_ha"].to_numpy()
    )
    weighted = table["up"] * sprawl.dispersion_weight(table["dis"])
    assert table["wup"].to_numpy() == pytest.approx(
        (weighted * sprawl.uptake_weight(table["lup"])).to_numpy()
    )
    assert table["entropy_relative"].between(0, 1).all()
    for sentence in (*result.sentences("pl"), *result.sentences("en")):
        assert "{" not in sentence
