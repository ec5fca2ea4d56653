from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely import Point, box

from metrogis.checks.spatial_development.urban_growth.check import CHECK, urban_growth
from metrogis.errors import CRSError, MissingLayerError, ParameterError, SchemaError
from metrogis.landscape import grid
from metrogis.landscape.grid import Grid
from metrogis.provenance import Source

SIZE = 100.0


def raster(values: Any, *, crs: Any = 2180, date: str = "", cell: float = SIZE) -> Grid:
    values = np.asarray(values)
    place = Affine(cell, 0, 0, 0, -cell, 1000)
    read = grid.read(values, transform=place, crs=crs)
    return replace(read, source=Source("built_up", date=date))


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2263011"], "name": ["A", "B", "far"]},
        geometry=[box(0, 0, 500, 1000), box(500, 0, 1000, 1000), box(9000, 0, 9500, 1000)],
        crs=2180,
        index=[5, 6, 7],
    )


@pytest.fixture
def before() -> Grid:
    values = np.zeros((10, 10))
    values[1:4, 1:4] = 1
    values[8, 8] = 1
    return raster(values, date="2012-05-01")


@pytest.fixture
def after(before: Grid) -> Grid:
    values = before.values.copy()
    values[1, 4] = 1  # edge, in A
    values[2, 5:7] = 1  # touches the edge patch at a corner: one patch with it, in B
    values[6, 1] = 1  # leapfrog in A
    values[8, 8] = 0  # lost in B
    return raster(values, date="2018-05-01")


def people(*numbers: float) -> pd.DataFrame:
    return pd.DataFrame({"teryt": ["2261011", "2262011"], "population": list(numbers)})


def test_areas_years_and_people(municipalities, before, after) -> None:
    result = urban_growth(
        municipalities,
        after,
        before,
        population_municipal=people(1100, 900),
        population_municipal_before=people(1000, 1000),
    )
    table = result.municipalities
    assert table.index.tolist() == [5, 6, 7]
    a, b, far = (table.loc[k] for k in (5, 6, 7))
    assert (a["land_ha"], a["before_ha"], a["after_ha"]) == (50, 9, 11)
    assert (b["gained_ha"], b["lost_ha"], b["net_ha"]) == (2, 1, 1)
    assert a["gained_ha_year"] == pytest.approx(2 / 6)
    assert a["gained_share"] == pytest.approx(0.04)
    assert a["m2_per_new"] == 20_000 / 100
    assert math.isnan(b["m2_per_new"])  # fewer people
    assert a["lcr"] == pytest.approx((11 - 9) / 9 / 6)
    assert a["pgr"] == pytest.approx(math.log(1.1) / 6)
    assert a["lcrpgr"] == pytest.approx((2 / 9) / math.log(1.1))
    assert b["lcrpgr"] == pytest.approx((2 - 1) / 1 / math.log(0.9))
    assert far["land_ha"] == 0
    assert far.drop(["teryt", "name", "geometry", "land_ha", "unknown_ha"]).isna().all()
    figures = result.figures
    assert (figures["gained_ha"], figures["lost_ha"], figures["net_ha"]) == (4, 1, 3)
    assert figures["years"] == 6
    assert figures["m2_per_new"] != figures["m2_per_new"]  # 2000 people before and after


def test_form_of_the_gain_and_the_raster_of_change(municipalities, before, after) -> None:
    result = urban_growth(municipalities, after, before)
    a, b = result.municipalities.loc[5], result.municipalities.loc[6]
    assert (a["edge_ha"], a["leapfrog_ha"], a["infill_ha"]) == (1, 1, 0)
    assert (b["edge_ha"], b["leapfrog_share"]) == (2, 0)
    patches = result.features["patches"]
    assert patches["kind"].tolist() == ["edge", "leapfrog"]
    assert patches["area_ha"].tolist() == [3, 1]
    assert patches["municipality"].tolist() == ["B", "A"]
    assert patches["old_share"].tolist() == [pytest.approx(1 / 10), 0]
    assert patches.geometry.is_valid.all()
    assert patches.area.tolist() == [30_000, 10_000]
    assert patches.geometry.iloc[1].equals(box(100, 300, 200, 400))
    change = result.rasters["change"]
    assert np.bincount(change.values.ravel()).tolist() == [86, 9, 0, 3, 1, 1]
    assert change.valid.all()
    shown = {c.value for c in CHECK.overlays[0].categories}
    assert shown == {"1", "2", "3", "4", "5"}


def test_the_smallest_and_not_the_largest_are_only_counted(municipalities, before, after) -> None:
    few = urban_growth(municipalities, after, before, largest=0)
    assert few.features["patches"]["kind"].tolist() == ["leapfrog"]
    none = urban_growth(municipalities, after, before, min_patch=5)
    assert len(none.features["patches"]) == 0
    assert none.figures["leapfrog_share"] == pytest.approx(1 / 4)
    assert any(r.count == 2 and "one by one" in r.what.en for r in none.audit)
    same = urban_growth(municipalities, before, before, year_before=2012, year_after=2018)
    assert same.figures["gained_ha"] == 0
    assert len(same.features["patches"]) == 0
    assert same.municipalities.loc[5, ["gained_ha", "corridor_unknown_ha"]].tolist() == [0, 0]
    assert same.municipalities["leapfrog_share"].isna().all()


def test_where_the_gain_lies(municipalities, before, after) -> None:
    corridors = gpd.GeoDataFrame(
        {"name": ["K"], "rank": ["local"]}, geometry=[box(400, 700, 600, 1000)], crs=2180
    )
    zones = gpd.GeoDataFrame(
        {"symbol": ["SO", "SJ", "??"]},
        geometry=[box(0, 0, 500, 500), box(400, 800, 500, 900), box(500, 700, 600, 800)],
        crs=2180,
    )
    result = urban_growth(municipalities, after, before, corridors=corridors, planning_zones=zones)
    a, b = result.municipalities.loc[5], result.municipalities.loc[6]
    assert (a["corridor_ha"], a["corridor_share"], a["corridor_unknown_ha"]) == (1, 0.5, 0)
    assert (b["corridor_ha"], b["corridor_share"]) == (1, 0.5)
    assert (a["planned_ha"], a["planned_share"], a["planned_unknown_ha"]) == (1, 0.5, 0)
    # no zone and an unknown symbol: what is planned there is not known
    assert math.isnan(b["planned_ha"])
    assert math.isnan(b["planned_share"])
    assert b["planned_unknown_ha"] == 2
    # no layer: not 0
    assert math.isnan(a["protected_ha"])
    assert a["protected_unknown_ha"] == 2
    assert "protected_ha" not in result.figures
    assert {r.layer for r in result.audit if r.action == "unknown"} >= {
        "protected_areas",
        "timetable",
        "planning_zones",
    }
    patches = result.features["patches"].set_index("kind")
    assert patches.loc["edge", "corridor_share"] == pytest.approx(2 / 3)
    assert math.isnan(patches.loc["edge", "planned_share"])
    assert patches.loc["leapfrog", "planned_share"] == 0
    every = urban_growth(
        municipalities, after, before, planning_zones=zones, building_zones=["SJ", "SO"]
    ).municipalities.loc[5]
    assert every["planned_share"] == 1


def test_unknown_cells_are_neither_gain_nor_land(municipalities, before, after) -> None:
    values = after.values.copy()
    values[6, 1] = np.nan
    values[:, 9] = np.nan
    result = urban_growth(municipalities, raster(values), before, year_before=2012, year_after=2018)
    a, b = result.municipalities.loc[5], result.municipalities.loc[6]
    assert (a["gained_ha"], a["unknown_ha"], a["land_ha"]) == (1, 1, 49)
    assert (b["land_ha"], b["unknown_ha"]) == (40, 10)
    assert not result.rasters["change"].valid[6, 1]
    sea = np.where(np.arange(10)[None] >= 8, 523, 311) * np.ones((10, 1))
    left = urban_growth(
        municipalities, after, before, land_cover=raster(sea), sea_values=[523]
    ).municipalities.loc[6]
    assert left["land_ha"] == 30
    assert left["lost_ha"] == 0


def test_the_period_is_known_or_unknown_never_guessed(municipalities, before, after) -> None:
    def years(one: str, two: str, **more: Any) -> Any:
        dates = [replace(g, source=Source("x", date=d)) for g, d in ((after, two), (before, one))]
        return urban_growth(municipalities, *dates, **more)

    assert years("2014-11-13", "2024-11-13").figures["years"] == 10
    assert years("2014", "2024-11-13").figures["years"] == 10
    assert years("2014-06", "2024-09-30").figures["years"] == pytest.approx(10.25)
    assert years("", "2024", year_before=2020).figures["years"] == 4
    for one, two in (("", "2024"), ("2014", ""), ("2024-01-01", "2024-01-01")):
        result = years(one, two)
        assert "years" not in result.figures
        assert result.municipalities["gained_ha_year"].isna().all()
        assert result.municipalities["lcr"].isna().all()
        assert result.figures["gained_ha"] == 4
        assert any(r.action == "unknown" and "per year" in r.what.en for r in result.audit)
    with pytest.raises(ParameterError, match="not before"):
        years("2024", "2014")
    with pytest.raises(ParameterError, match="not before"):
        years("2014", "2024", year_after=2014)


def test_two_grids_are_brought_to_the_coarser(municipalities, before, after) -> None:
    fine = np.repeat(np.repeat(after.values, 5, 0), 5, 1)
    place = Affine(20, 0, 0, 0, -20, 1000)
    small = grid.read(fine, transform=place, crs=2180)
    result = urban_growth(municipalities, small, before, year_before=2012, year_after=2018)
    assert result.rasters["change"].shape == (10, 10)
    assert result.figures["gained_ha"] == 4
    assert any(r.action == "repaired" and "different grids" in r.what.en for r in result.audit)
    assert result.figures["edge_gained_ha"] == 1  # the cell that touches what stayed
    other = urban_growth(municipalities, after, small, year_before=2012, year_after=2018)
    assert other.rasters["change"].shape == (10, 10)
    assert "edge_gained_ha" not in urban_growth(municipalities, after, before).figures


def test_population_cells(municipalities, before, after) -> None:
    def cells(*numbers: float) -> gpd.GeoDataFrame:
        shapes = [box(x, 0, x + 100, 100) for x in (0, 400, 500)]
        return gpd.GeoDataFrame({"population": list(numbers)}, geometry=shapes, crs=2180)

    result = urban_growth(
        municipalities, after, before, cells(5, 7, np.nan), cells(4, 3, 9), people(10, 20)
    )
    table = result.municipalities
    assert table["people_after"].tolist()[0] == 12
    assert table["people_before"].tolist()[:2] == [7, 9]
    assert math.isnan(table["people_after"].iloc[1])
    assert table["m2_per_new"].iloc[0] == 20_000 / 5
    assert any(r.layer == "population_municipal" and r.action == "dropped" for r in result.audit)
    coarse = gpd.GeoDataFrame({"population": [100.0]}, geometry=[box(0, 0, 1000, 1000)], crs=2180)
    split = urban_growth(municipalities, after, before, coarse, coarse).municipalities
    assert split["people_after"].tolist()[:2] == [pytest.approx(50), pytest.approx(50)]
    only = urban_growth(municipalities, after, before, cells(1, 2, 3))
    assert only.municipalities["people_after"].isna().all()


def test_bad_input(municipalities, before, after) -> None:
    with pytest.raises(MissingLayerError, match="built_up_before"):
        urban_growth(municipalities, after, None)
    with pytest.raises(CRSError):
        urban_growth(municipalities, after, raster(before.values, crs=2177))
    classes = raster(np.full((10, 10), 12.0))
    with pytest.raises(SchemaError, match=r"would be built-up; values: 12.*built_up_values"):
        urban_growth(municipalities, classes, before)
    with pytest.raises(SchemaError, match="would be not built-up"):
        urban_growth(municipalities, after, before, built_up_value=7)
    with pytest.raises(SchemaError, match="no place"):
        urban_growth(municipalities, after.values, before)
    with pytest.raises(CRSError, match="no CRS"):
        urban_growth(municipalities, grid.read(after.values), before)
    away = municipalities.assign(geometry=municipalities.translate(90_000))
    with pytest.raises(SchemaError, match="covers no municipality"):
        urban_growth(away, after, before)
    empty = raster(np.full((10, 10), np.nan))
    with pytest.raises(SchemaError, match="covers no municipality"):
        urban_growth(municipalities, empty, before)


def test_transit_service_area(municipalities, before, after, monkeypatch) -> None:
    """Near a served stop: yes. Elsewhere: no where coverage is complete, else unknown."""
    from metrogis.checks.shared import exposure as shared_exposure
    from metrogis.checks.shared.service import Service
    from metrogis.provenance import Audit

    def served(feed: Any, crs: Any, rule: Any, *, days: Any) -> Service:
        count = 8 if feed == "enough" else 7
        counts = np.zeros((3, len(rule.levels), 1), np.int64)
        counts[0, 0], counts[1:, 0] = count, 1
        posts = gpd.GeoDataFrame({"mode_groups": ["bus"]}, geometry=[Point(150, 340)], crs=crs)
        one = np.array([[150.0, 340.0]])
        level = np.ones((len(rule.levels), 1), bool)
        return Service(
            rule, posts, one, np.zeros(1, int), {"school_day": counts}, level,
            np.array([500.0]), {}, Audit(),
        )  # fmt: skip

    monkeypatch.setattr(shared_exposure, "read_service", served)
    coverage = pd.DataFrame({"feed": "x", "teryt": ["2261011"], "mode": "all", "state": "complete"})
    found = urban_growth(municipalities, after, before, timetable="enough", coverage=coverage)
    a, b = found.municipalities.loc[5], found.municipalities.loc[6]
    # the edge cell of A lies by the border of B, whose buses are not known
    assert (a["served_ha"], a["served_unknown_ha"]) == (1, 1)
    assert math.isnan(b["served_ha"])
    assert b["served_unknown_ha"] == 2
    both = pd.concat([coverage, coverage.assign(teryt="2262011")], ignore_index=True)
    sure = urban_growth(municipalities, after, before, timetable="enough", coverage=both)
    assert sure.municipalities["served_share"].tolist()[:2] == [0.5, 0]
    assert sure.municipalities["served_unknown_ha"].tolist()[:2] == [0, 0]
    rare = urban_growth(municipalities, after, before, timetable="rare", coverage=both)
    assert rare.municipalities["served_share"].tolist()[:2] == [0, 0]
    bare = urban_growth(municipalities, after, before, timetable="enough")
    assert bare.municipalities["served_unknown_ha"].tolist()[:2] == [1, 2]


# --------------------------------------------------------------------------- real and demo data


def test_vaud_on_two_grids(shared: Path) -> None:
    folder = shared / "data" / "vaud"
    one = grid.read(folder / "clc_2006_100m.tif")
    two = grid.read(folder / "clc_2012_100m.tif")
    halves = gpd.GeoDataFrame(
        {"teryt": ["1000011", "1000021"], "name": ["W", "E"]},
        geometry=[box(2512500, 1146000, 2535000, 1177500), box(2535000, 1146000, 2559000, 1177500)],
        crs=2056,
    )
    codes = [1, 2, 3, 4, 6, 7, 10, 11]
    result = urban_growth(
        halves, two, one, built_up_values=codes, year_before=2006, year_after=2012
    )
    figures = result.figures
    assert result.rasters["change"].shape == two.shape
    assert figures["net_ha"] == pytest.approx(figures["gained_ha"] - figures["lost_ha"])
    # near the sum of built-up classes of each raster on its own grid
    own = [np.isin(g.values, codes).sum() * g.cell_area / 1e4 for g in (one, two)]
    assert figures["before_ha"] == pytest.approx(own[0], rel=0.02)
    assert figures["after_ha"] == pytest.approx(own[1], rel=0.02)
    # most of the gross change hugs the edge: the shift of the grids, which the finding says
    assert figures["edge_gained_ha"] > 0.8 * figures["gained_ha"]
    assert any("different grids" in r.what.en for r in result.audit)
    table = result.municipalities
    assert table["gained_ha"].sum() == pytest.approx(figures["gained_ha"])
    kinds = table[["infill_ha", "edge_ha", "leapfrog_ha"]].sum(axis=1)
    assert kinds.to_numpy() == pytest.approx(table["gained_ha"].to_numpy())


@pytest.fixture(scope="module")
def demo_result(demo_s: Path) -> Any:
    from metrogis.metro import open_metro

    metro = open_metro(demo_s)
    layers = {i.name: metro.get(i.name) for i in CHECK.inputs}
    return urban_growth(**layers)


def test_the_planted_leapfrog_settlement_is_found(demo_s: Path, demo_result: Any) -> None:
    truth = json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))
    planted = next(i for i in truth["planted"] if i["kind"] == "leapfrog")
    patches = demo_result.features["patches"]
    place = Point(planted["x"], planted["y"])
    found = patches[patches.contains(place)]
    assert len(found) == 1
    assert found["kind"].item() == "leapfrog"
    assert found["municipality"].item() == planted["municipality"]
    assert found["area_ha"].item() == pytest.approx(planted["expected"]["area_ha"])
    row = demo_result.municipalities.set_index("teryt").loc[planted["teryt"]]
    assert row["leapfrog_ha"] >= planted["expected"]["area_ha"] - 1e-9
    assert demo_result.figures["largest_leapfrog_ha"] == pytest.approx(found["area_ha"].item())


def test_sums_of_the_demo_agree(demo_result: Any) -> None:
    assert demo_result.figures["years"] == 10  # by the dates of the layers
    table, change = demo_result.municipalities, demo_result.rasters["change"]
    kinds = table[["infill_ha", "edge_ha", "leapfrog_ha"]].sum(axis=1)
    assert kinds.to_numpy() == pytest.approx(table["gained_ha"].to_numpy())
    for name in ("corridor", "protected", "served", "planned"):
        known = table["gained_ha"] - table[f"{name}_unknown_ha"]
        share = table[f"{name}_ha"].fillna(0) / known.where(known > 0)
        assert table[f"{name}_share"].to_numpy() == pytest.approx(share.to_numpy(), nan_ok=True)
    # the town without a plan, and the town without its operator's timetable
    assert table["planned_ha"].isna().sum() == 1
    assert (table["served_unknown_ha"] > 0).any()
    assert set(np.unique(change.values)) <= {0, 1, 2, 3, 4, 5}
    inside = np.isin(change.values, (2, 3, 4)).sum() * change.cell_area / 1e4
    assert inside >= table["gained_ha"].sum() - 1e-6
    for sentence in (*demo_result.sentences("pl"), *demo_result.sentences("en")):
        assert "{" not in sentence
