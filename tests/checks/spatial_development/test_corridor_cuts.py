"""Corridors that are cut today, by the plans, or not known to be: states, places, bounds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from shapely import box

from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts
from metrogis.landscape import grid

FAR = gpd.GeoDataFrame(geometry=[box(100, 100, 110, 110)], crs=2180)
"""A building in no corridor: with it, that nothing is built in them is known."""


def zones(*rows) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"symbol": [r[0] for r in rows]}, geometry=[box(*r[1:]) for r in rows], crs=2180
    )


@pytest.fixture
def strip():
    """Return a municipality, one corridor 1000 m wide through it, and all of it planned as open."""
    town = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(0, 0, 9000, 3000)], crs=2180
    )
    green = gpd.GeoDataFrame(
        {"name": ["K"], "rank": ["local"]}, geometry=[box(0, 1000, 9000, 2000)], crs=2180
    )
    return town, green, zones(("SO", 0, 0, 9000, 3000))


def built(*boxes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        geometry=[b if hasattr(b, "area") else box(*b) for b in boxes], crs=2180
    )


def row_of(result) -> pd.Series:
    return result.features["corridors"].iloc[0]


TODAY = {
    "one building": [(4000, 900, 4100, 2100)],
    "one that leaves less than the least passage": [(4000, 1005, 4100, 2000)],
    "several, none alone": [(4000 + 50 * k, 995 + 100 * k, 4060 + 50 * k, 1105 + 100 * k)
                            for k in range(11)],
    "two, each alone": [(3000, 1000, 3100, 2000), (6000, 1000, 6100, 2000)],
    "rows with gaps nobody passes": [(4000, 1000 + 40 * k, 4010, 1000 + 40 * k + 32)
                                     for k in range(26)],
    "all of it": [(-10, 990, 9010, 2010)],
    "an end": [(-10, 990, 300, 2010)],
}  # fmt: skip


@pytest.mark.parametrize("boxes", TODAY.values(), ids=TODAY)
@pytest.mark.parametrize("symbol", ["SO", "SU", "S?"])
def test_a_corridor_that_is_cut_already_today_says_so(strip, boxes, symbol) -> None:
    """Whatever cuts it, and whatever the plans say."""
    town, green, open_land = strip
    layer = open_land.assign(symbol=symbol)
    result = corridor_conflicts(town, green, planning_zones=layer, buildings=built(*boxes))
    row = row_of(result)
    assert row[["state_today", "state", "cut"]].tolist() == ["cut", "cut_today", "yes"]
    assert row[["clear_width_before_m", "clear_width_m"]].tolist() == [0, 0]
    assert row["width_known"]
    places = result.features["bottlenecks"]
    assert set(places["kind"]) == {"cut_today"}
    assert places.geometry.within(green.geometry.iloc[0].buffer(1)).all()
    near = shapely.union_all(built(*boxes).geometry.to_numpy()).buffer(10)
    assert places.geometry.within(near).all()
    assert result.municipalities["cuts_today"].item() == len(places) > 0
    assert result.figures["cut_today"] == 1
    assert all("{" not in s for s in result.sentences("pl") + result.sentences("en"))
    assert result.explore().get_root().render()


def test_places_of_cuts_are_where_each_body_cuts(strip) -> None:
    town, green, layer = strip
    houses = built((3000, 1000, 3100, 2000), (6000, 1000, 6100, 2000), (7000, 1400, 7100, 1500))
    result = corridor_conflicts(town, green, planning_zones=layer, buildings=houses)
    assert sorted(result.features["bottlenecks"].geometry.x.round()) == [3050, 6050]


@pytest.mark.parametrize(
    ("edge", "state"), [(1009.0, "cut_today"), (1011.0, "open"), (2000.0, "open")]
)
def test_the_least_passage_is_the_edge_of_cut_and_open(strip, edge, state) -> None:
    town, green, layer = strip
    wall = built((4000, edge, 4100, 2001)) if edge < 2000 else built((4000, 2000, 4100, 2100))
    result = corridor_conflicts(town, green, planning_zones=layer, buildings=wall)
    assert row_of(result)["state"] == state


def test_cut_by_the_plans_today_or_by_both_together(strip) -> None:
    town, green, _ = strip
    half = built((4000, 1000, 4100, 1600))
    rest = zones(("SU", 3990, 1500, 4110, 2000), ("SO", 0, 0, 9000, 3000))
    only = corridor_conflicts(town, green, planning_zones=rest, buildings=FAR)
    assert row_of(only)["state"] == "open"
    both = corridor_conflicts(town, green, planning_zones=rest, buildings=half)
    assert row_of(both)[["state_today", "state"]].tolist() == ["open", "cut_by_plan"]
    assert both.features["bottlenecks"]["kind"].tolist() == ["cut"]
    assert both.figures["cut"] == 1
    assert both.figures["cut_today"] == 0


def test_parts_of_a_corridor_are_judged_one_by_one(strip) -> None:
    town, green, layer = strip
    parts = [box(0, 1000, 4000, 2000), box(5000, 1000, 9000, 2000)]
    two = green.set_geometry([shapely.MultiPolygon(parts)], crs=2180)
    result = corridor_conflicts(
        town, two, planning_zones=layer, buildings=built((6000, 900, 6100, 2100))
    )
    assert row_of(result)[["state_today", "state"]].tolist() == ["cut", "cut_today"]
    fine = corridor_conflicts(town, two, planning_zones=layer, buildings=FAR)
    assert row_of(fine)["state"] == "open"


def test_without_built_up_land_no_corridor_is_certainly_open(strip) -> None:
    """A layer taken away never turns "cut" into "open"; what plans alone cut stays cut."""
    town, green, layer = strip
    wall = built((4000, 900, 4100, 2100))
    assert (
        row_of(corridor_conflicts(town, green, planning_zones=layer, buildings=wall))["cut"]
        == "yes"
    )
    bare = corridor_conflicts(town, green, planning_zones=layer)
    row = row_of(bare)
    assert row[["state_today", "state", "cut"]].tolist() == ["unknown"] * 3
    assert row["clear_width_m"] == pytest.approx(1000, rel=0.01)  # at most
    assert row["clear_width_least_m"] == 0
    assert np.isnan(row["built_ha"])
    assert row["built_unknown_ha"] == pytest.approx(900)
    assert np.isnan(bare.municipalities["cuts"].item())
    assert any("not in the data" in s for s in bare.sentences("en"))
    planned = zones(("SU", 0, 0, 9000, 3000))
    assert row_of(corridor_conflicts(town, green, planning_zones=planned))["state"] == "cut_by_plan"


@pytest.mark.parametrize("hole", [None, (10, 13), (88, 92)])
def test_a_raster_of_built_up_land_that_does_not_know_all(strip, hole) -> None:
    """Cells without data, and land beyond the raster, may be built up."""
    town, green, layer = strip
    values = np.zeros((30, 90), dtype=float)
    if hole:
        values[:, slice(*hole)] = np.nan
    raster = grid.read(values, transform=Affine(100, 0, 0, 0, -100, 3000), crs=2180)
    row = row_of(corridor_conflicts(town, green, planning_zones=layer, built_up=raster))
    if hole is None:
        assert row[["state_today", "state", "built_unknown_ha"]].tolist() == ["open", "open", 0]
        return
    assert row[["state_today", "state"]].tolist() == ["unknown", "unknown"]
    dark = 10 * (min(hole[1], 90) - hole[0])
    assert row["built_unknown_ha"] == pytest.approx(dark)
    assert row["built_ha"] == 0
    # half of the width is known: the least passage is what is known to be free
    values[:, slice(*hole)] = 0
    values[10:15, slice(*hole)] = np.nan
    raster = grid.read(values, transform=Affine(100, 0, 0, 0, -100, 3000), crs=2180)
    row = row_of(corridor_conflicts(town, green, planning_zones=layer, built_up=raster))
    assert row["state"] == "open"
    assert row["clear_width_m"] == pytest.approx(1000, rel=0.01)
    assert row["clear_width_least_m"] == pytest.approx(500, rel=0.02)
    assert not row["width_known"]


STRANGE = {
    "outside the municipalities": box(20000, 0, 21000, 1000),
    "a sliver": box(100, 1000, 8000, 1000.5),
    "narrower than the least passage": box(0, 1000, 9000, 1008),
    "a dot": box(100, 1000, 100.01, 1000.01),
    "a spike": shapely.Polygon([(100, 1000), (8000, 1001), (100, 1002)]),
    "crumbs": shapely.MultiPolygon([box(k, 1000, k + 1, 1001) for k in range(0, 500, 50)]),
    "a ring": box(100, 100, 2900, 2900) - box(1000, 1000, 2000, 2000),
    "all of the municipality": box(-10, -10, 9010, 3010),
}
LAYERS = {
    "open": [("SO", 0, 0, 9000, 3000)],
    "closed": [("SU", 0, 0, 9000, 3000)],
    "unknown symbol": [("S?", 0, 0, 9000, 3000)],
    "elsewhere": [("SO", 30000, 0, 31000, 1000)],
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize(
    "houses",
    [
        None,
        *(
            pytest.param(h, marks=pytest.mark.long)
            for h in ((4000, 0, 4100, 3000), (-10, -10, 9010, 3010))
        ),
    ],
)
def test_strange_corridors_are_answered(strip, layer, houses) -> None:
    town = strip[0]
    names = [*STRANGE, "K"]
    odd = gpd.GeoDataFrame(
        {"name": names}, geometry=[*STRANGE.values(), box(0, 1000, 9000, 2000)], crs=2180
    )
    result = corridor_conflicts(
        town, odd, planning_zones=zones(*layer), buildings=houses and built(houses)
    )
    table = result.features["corridors"].set_index("name")
    assert table.index.tolist() == names
    assert table["state"].isin(["open", "cut_today", "cut_by_plan", "unknown"]).all()
    if houses:
        assert table.loc["K", "state"] == "cut_today"
    for name, shape in STRANGE.items():
        if shape.area < 100_000 or shape.bounds[0] > 10000:
            assert table.loc[name, "state"] == "unknown", name
    assert all("{" not in s for s in result.sentences("pl") + result.sentences("en"))


def test_a_core_area_that_was_lost_may_be_an_end(strip) -> None:
    town, green, layer = strip
    cores = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 3000), box(8900, 0, 9000, 3000)], crs=2180)
    known = corridor_conflicts(town, green, planning_zones=layer, buildings=FAR, core_areas=cores)
    assert row_of(known)["state"] == "open"
    lost = pd.concat([cores, gpd.GeoDataFrame(geometry=[None], crs=2180)], ignore_index=True)
    row = row_of(
        corridor_conflicts(town, green, planning_zones=layer, buildings=FAR, core_areas=lost)
    )
    assert row["state"] == "unknown"
    wall = built((4000, 900, 4100, 2100))
    row = row_of(
        corridor_conflicts(town, green, planning_zones=layer, buildings=wall, core_areas=lost)
    )
    assert row["state"] == "cut_today"


def test_corridors_that_were_lost_leave_no_municipality_without_one() -> None:
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2264011"], "name": ["A", "B", "C"]},
        geometry=[box(k * 5000, 0, k * 5000 + 5000, 6000) for k in range(3)],
        crs=2180,
    )
    corridors = gpd.GeoDataFrame(
        {"name": ["K1", "K2"], "rank": ["national", "local"]},
        geometry=[box(-1000, 1000, 15000, 2000), box(0, 4000, 10000, 5000)],
        crs=2180,
    )
    lost = pd.concat(
        [corridors.iloc[1:], gpd.GeoDataFrame({"name": ["?"]}, geometry=[None], crs=2180)],
        ignore_index=True,
    )
    layer = zones(("SO", 0, 0, 15000, 6000))
    result = corridor_conflicts(municipalities, lost, planning_zones=layer, buildings=FAR)
    rows = result.municipalities.set_index("name")
    assert rows.loc["A", "corridor_ha"] == pytest.approx(500)
    assert rows.loc["C", ["corridors", "corridor_ha", "barrier_ha", "cuts"]].isna().all()
    assert result.figures["corridors_lost"] == 1
    whole = corridor_conflicts(
        municipalities, corridors.iloc[1:], planning_zones=layer, buildings=FAR
    )
    assert whole.municipalities.set_index("name").loc["C", "corridors"] == 0
