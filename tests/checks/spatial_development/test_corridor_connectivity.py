"""Connectivity of nature today, under the plans, after each fix."""

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
import shapely
from affine import Affine
from shapely import box

from metrogis.checks.spatial_development.corridor_connectivity.check import corridor_connectivity
from metrogis.errors import CRSError, MissingLayerError, ParameterError, SchemaError
from metrogis.landscape import grid
from metrogis.landscape.grid import Grid

DEMO_CLASSES = pd.DataFrame(
    {
        "code": range(1, 11),
        "habitat": [0, 0, 0, 0, 0, 0, 1, 1, 0, 0],
        "resistance": [100, 50, 100, 10, 10, 3, 1, 2, 50, 500],
    }
)


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 3000, 1000), box(3000, 0, 6000, 1000)],
        crs=2180,
    )


@pytest.fixture
def cover() -> Grid:
    """Fields with three forests: 100 ha, a stepping stone of 4 ha, 100 ha."""
    values = np.full((20, 120), 211, np.int16)
    values[:, :20], values[:, 100:] = 312, 312
    values[8:12, 40:44] = 312
    return grid.read(values, transform=Affine(50, 0, 0, 0, -50, 1000), crs=2180)


def zones(*rows: tuple[Any, ...]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"symbol": [r[0] for r in rows], "label": [r[1] for r in rows]},
        geometry=[box(*r[2:]) for r in rows],
        crs=2180,
    )


STONE = ("SW", "1SW", 1900, 300, 2300, 700)
OPEN_A = (("SO", "1SO", 0, 0, 1900, 1000), ("SO", "2SO", 2300, 0, 3000, 1000),
          ("SO", "3SO", 1900, 0, 2300, 300), ("SO", "4SO", 1900, 700, 2300, 1000))  # fmt: skip
OPEN_B = ("SO", "5SO", 3000, 0, 6000, 1000)
EASY = {"max_cost": 100_000, "current_patches": 0}


def eca(areas: list[float], costs: dict[tuple[int, int], float]) -> float:
    """ECA of a chain by its definition, ha."""
    n = len(areas)
    best = np.full((n, n), math.inf)
    np.fill_diagonal(best, 0)
    for (i, j), cost in costs.items():
        best[i, j] = best[j, i] = cost
    for k in range(n):
        best = np.minimum(best, best[:, [k]] + best[[k]])
    return math.sqrt(np.array(areas) @ 0.5 ** (best / 5000) @ np.array(areas))


def field(cells: int) -> float:
    """Cost of crossing that many cells of arable land from forest to forest."""
    return 50 * (10 * (cells - 1) + 2 * (1 + 10) / 2)


def test_a_stepping_stone_is_lost(municipalities, cover) -> None:
    layer = zones(STONE, *OPEN_A, OPEN_B)
    result = corridor_connectivity(municipalities, cover, planning_zones=layer, **EASY)
    first, second = field(20), field(56)
    today = eca([100, 4, 100], {(0, 1): first, (1, 2): second})
    figures = result.figures
    assert figures["eca_today_ha"] == pytest.approx(today)
    # the fields beside the built stone are the way that is left
    assert figures["eca_plan_ha"] == pytest.approx(eca([100, 100], {(0, 1): field(80)}))
    assert figures["lost_ha"] == pytest.approx(4)
    patches = result.features["patches"].set_index("patch")
    assert patches["state"].to_dict() == {1: "kept", 2: "kept", 3: "lost"}
    assert patches.loc[3, ["habitat_ha", "lost_ha", "pieces"]].tolist() == pytest.approx([4, 4, 0])
    links = result.features["links"].set_index(["i", "j"])
    assert links["cost"].to_dict() == pytest.approx({(1, 3): first, (2, 3): second})
    assert links["state"].to_dict() == {(1, 3): "cut", (2, 3): "cut"}
    (fix,) = result.features["conflicts"].to_dict("records")
    assert (fix["municipality"], fix["label"], fix["rank"]) == ("A", "1SW", 1)
    assert fix["gain_ha"] == pytest.approx(today - figures["eca_plan_ha"])
    assert fix["gain_share"] == pytest.approx(1)
    rows = result.municipalities.set_index("name")
    assert rows["lost_ha"].to_dict() == pytest.approx({"A": 4, "B": 0})
    assert rows["habitat_ha"].to_dict() == pytest.approx({"A": 104, "B": 100})
    assert rows["links_hit"].to_dict() == {"A": 2, "B": 0}
    assert rows["dPC"].sum() == pytest.approx(patches["dPC"].sum())
    assert all("{" not in s for s in result.sentences("pl") + result.sentences("en"))


def test_parts_of_dpc_are_those_of_removal(municipalities, cover) -> None:
    result = corridor_connectivity(municipalities, cover, planning_zones=zones(OPEN_B), **EASY)
    patches = result.features["patches"].set_index("patch")
    parts = patches[["dPC_intra", "dPC_flux", "dPC_connector"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(patches["dPC"].to_numpy())
    whole = result.figures["eca_today_ha"]
    without = eca([100, 100], {})  # by removal from the network: its links go, none come
    assert patches.loc[3, "dPC"] == pytest.approx(100 * (1 - without**2 / whole**2))


def test_a_municipality_without_a_plan_is_unknown(municipalities, cover) -> None:
    result = corridor_connectivity(
        municipalities, cover, planning_zones=zones(STONE, *OPEN_A), **EASY
    )
    rows = result.municipalities.set_index("name")
    assert rows["plan"].to_dict() == {"A": "yes", "B": "unknown"}
    assert rows.loc["B", ["lost_ha", "lost_share", "links_hit", "conflicts"]].isna().all()
    assert rows.loc["B", "unknown_ha"] == pytest.approx(100)
    patches = result.features["patches"].set_index("patch")
    assert patches["state"].to_dict() == {1: "kept", 2: "unknown", 3: "lost"}
    links = result.features["links"].set_index(["i", "j"])
    assert links["state"].to_dict() == {(1, 3): "cut", (2, 3): "cut"}
    assert any("at most" in s for s in result.sentences("en"))
    assert result.figures["unknown_ha"] == pytest.approx(100)
    assert result.figures["municipalities_unknown"] == 1


def test_without_any_plan_only_today_is_known(municipalities, cover) -> None:
    result = corridor_connectivity(municipalities, cover, **EASY)
    assert math.isnan(result.figures["eca_plan_ha"])
    assert result.figures["eca_today_ha"] > 0
    assert result.municipalities["lost_ha"].isna().all()
    assert set(result.features["patches"]["state"]) == {"unknown"}
    assert set(result.features["links"]["state"]) == {"unknown"}
    assert result.features["conflicts"].empty
    assert any(r.action == "unknown" and r.layer == "plans" for r in result.audit)


def test_barriers_lengthen_and_cut_links(municipalities, cover) -> None:
    strip = ("SJ", "1SJ", 1400, 0, 1600, 1000)  # 4 cells of resistance 50, right across
    rest = zones(strip, ("SO", "1SO", 0, 0, 1400, 1000), ("SO", "2SO", 1600, 0, 3000, 1000), OPEN_B)
    result = corridor_connectivity(municipalities, cover, planning_zones=rest, **EASY)
    links = result.features["links"].set_index(["i", "j"])
    assert links.loc[(1, 3), "plan_cost"] == pytest.approx(field(20) + 4 * 50 * 40)
    assert links["state"].to_dict() == {(1, 3): "lengthened", (2, 3): "kept"}
    (fix,) = result.features["conflicts"].to_dict("records")
    assert (fix["label"], fix["links"], fix["habitat_ha"]) == ("1SJ", 1, 0)
    limit = corridor_connectivity(
        municipalities, cover, planning_zones=rest, current_patches=0, max_cost=field(20) + 1
    )
    assert limit.features["links"]["state"].tolist() == ["cut"]
    soft = corridor_connectivity(
        municipalities, cover, planning_zones=rest, **EASY,
        corridor_severity=pd.DataFrame({"symbol": ["SJ"], "severity": ["permeable"]}),
    )  # fmt: skip
    assert set(soft.features["links"]["state"]) == {"kept"}
    harder = corridor_connectivity(
        municipalities, cover, planning_zones=rest, **EASY,
        zone_resistance=pd.DataFrame({"symbol": ["SJ"], "resistance": [200]}),
    )  # fmt: skip
    found = harder.features["links"].set_index(["i", "j"])
    assert found.loc[(1, 3), "plan_cost"] == pytest.approx(field(20) + 4 * 50 * 190)


@pytest.mark.parametrize(("start", "state"), [(33, "kept"), (32, "unknown"), (44, "kept")])
def test_unknown_land_is_in_doubt_where_the_way_to_it_and_back_is_no_dearer(
    municipalities, cover, start, state
) -> None:
    """Two rows at the top are not known from a column on: over the best land there a way from the
    first forest to the stepping stone would cost field(start - 20) + field(6), today field(20)."""
    cover.valid[:2, start:100] = False
    # at 1.1 times today's cost a link is lengthened: field(13) + field(6) is no such shortcut
    result = corridor_connectivity(
        municipalities, cover, planning_zones=zones(("SO", "1SO", 0, 0, 3000, 1000), OPEN_B),
        longer_share=0.1, **EASY,
    )  # fmt: skip
    links = result.features["links"].set_index(["i", "j"])["state"].to_dict()
    assert links == {(1, 3): state, (2, 3): "unknown"}


def test_corridors_protected_areas_and_roads(municipalities, cover) -> None:
    path = box(900, 450, 2100, 550)
    corridors = gpd.GeoDataFrame({"name": ["K"], "rank": ["local"]}, geometry=[path], crs=2180)
    guarded = gpd.GeoDataFrame(
        {"name": ["R"], "form": ["reserve"]}, geometry=[box(2000, 400, 2100, 600)], crs=2180
    )
    layer = zones(STONE, *OPEN_A, OPEN_B)
    road = gpd.GeoDataFrame(
        {"name": ["S6", "x"], "highway": ["motorway_link", "path"]},
        geometry=[shapely.LineString([(1525, -10), (1525, 1010)])] * 2,
        crs=2180,
    )
    result = corridor_connectivity(
        municipalities, cover, planning_zones=layer, corridors=corridors, protected_areas=guarded,
        roads=road, **EASY,
    )  # fmt: skip
    links = result.features["links"].set_index(["i", "j"])
    assert links.loc[(1, 3), "cost"] == pytest.approx(field(20) + 50 * 290)
    assert links["corridor_share"].between(0, 1).all()
    patches = result.features["patches"].set_index("patch")
    assert patches["protected_share"].to_dict() == pytest.approx({1: 0, 2: 0, 3: 0.5})
    assert result.features["conflicts"]["protected_ha"].item() == pytest.approx(2)
    assert any(r.layer == "roads" and r.count == 1 for r in result.audit)


def test_current_maps(municipalities, cover) -> None:
    layer = zones(STONE, *OPEN_A, OPEN_B)
    result = corridor_connectivity(
        municipalities, cover, planning_zones=layer, max_cost=100_000, current_cell=50
    )
    assert set(result.rasters) == {"current_today", "current_plan", "resistance", "barriers"}
    today, plan = (result.rasters[f"current_{k}"] for k in ("today", "plan"))
    assert today.cell == plan.cell == (50, 50)
    assert today.crs == result.municipalities.crs
    # 1 A between the forests crosses the fields: through every column, once
    assert plan.values[:, 60].sum() == pytest.approx(1, rel=0.1)
    assert today.values[:, 60].sum() > plan.values[:, 60].sum()  # the stone is a third place
    assert result.explore(language="pl").get_root().render()


def test_sizes_of_cells_and_margin(municipalities, cover) -> None:
    coarse = corridor_connectivity(
        municipalities, cover, planning_zones=zones(OPEN_B), cell_size=100, **EASY
    )
    assert coarse.rasters["resistance"].shape == (10, 60)
    assert coarse.figures["habitat_ha"] == pytest.approx(204)
    one = corridor_connectivity(
        municipalities.iloc[[0]], cover, planning_zones=zones(*OPEN_A), margin=0, **EASY
    )
    assert one.rasters["resistance"].shape == (20, 60)
    assert one.figures["habitat_ha"] == pytest.approx(104)


def test_nothing_taken_is_nothing_lost(municipalities, cover) -> None:
    result = corridor_connectivity(
        municipalities, cover, planning_zones=zones(*OPEN_A, OPEN_B), **EASY
    )
    assert result.figures["eca_change"] == 0
    assert result.figures["lost_ha"] == 0
    assert result.features["conflicts"].empty


def test_bad_input_is_named(municipalities, cover) -> None:
    layer = zones(OPEN_B)
    demo = grid.read(np.where(cover.values == 312, 7, 5), transform=cover.transform, crs=2180)
    with pytest.raises(MissingLayerError, match="land_cover_classes"):
        corridor_connectivity(municipalities, demo, planning_zones=layer)
    bare = DEMO_CLASSES.assign(habitat=0)
    with pytest.raises(SchemaError, match="no class of land cover is habitat"):
        corridor_connectivity(municipalities, demo, planning_zones=layer, land_cover_classes=bare)
    with pytest.raises(SchemaError, match="min_patch"):
        corridor_connectivity(municipalities, cover, planning_zones=layer, min_patch=1e6)
    away = municipalities.set_geometry(municipalities.translate(1e5))
    with pytest.raises(SchemaError, match="covers no municipality"):
        corridor_connectivity(away, cover, planning_zones=layer)
    with pytest.raises(SchemaError, match="no place"):
        corridor_connectivity(municipalities, grid.read(np.ones((2, 2)), crs=2180))
    with pytest.raises(CRSError):
        corridor_connectivity(municipalities.to_crs(2177), cover, planning_zones=layer.to_crs(2177))
    with pytest.raises(ParameterError, match="probability"):
        corridor_connectivity(municipalities, cover, planning_zones=layer, probability=1.5)


def test_corine_of_vaud_and_classes_of_poznan(shared: Path) -> None:
    place = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=[box(0, 0, 1, 1)])
    vaud = grid.read(shared / "data/vaud/clc_2012_100m.tif")
    west, north = vaud.transform.c, vaud.transform.f
    here = place.set_geometry([box(west + 1e4, north - 3e4, west + 4e4, north - 1e4)])
    result = corridor_connectivity(here.set_crs(2056), vaud, current_patches=3, current_cell=500)
    assert result.figures["patches"] > 10
    assert result.figures["eca_today_ha"] <= result.figures["habitat_ha"]
    assert any(r.action == "guessed" and "CORINE" in r.what.en for r in result.audit)
    poznan = grid.read(shared / "data/poznan/land_use.tif")
    t = poznan.transform
    here = place.set_geometry([box(t.c, t.f - 27_000, t.c + 30_000, t.f)]).set_crs(2180)
    with pytest.raises(MissingLayerError, match="land_cover_classes"):
        corridor_connectivity(here, poznan)
    classes = pd.DataFrame(
        {"code": range(1, 10), "habitat": [0] * 8 + [1], "resistance": [10] * 8 + [1]}
    )
    one = corridor_connectivity(here, poznan, land_cover_classes=classes, current_patches=0)
    cells = int(((poznan.values == 9) & poznan.valid).sum())
    assert one.municipalities["habitat_ha"].item() == cells
    assert one.figures["habitat_ha"] == cells  # every cell of 100 m is a patch or a part of one


def test_the_planted_cut_and_lost_patches_of_the_demo(demo_s: Path) -> None:
    import metrogis as mg

    metro = mg.open_metro(demo_s)
    result = corridor_connectivity(
        metro.municipalities, metro.land_cover, metro.plans,
        land_cover_classes=DEMO_CLASSES, corridors=metro.corridors, current_patches=0, fixes=20,
    )  # fmt: skip
    figures, patches = result.figures, result.features["patches"]
    assert figures["eca_plan_ha"] < figures["eca_today_ha"] < figures["habitat_ha"]
    lost = patches[patches["state"] == "lost"]
    assert len(lost) == figures["patches_lost"] > 0
    bare = result.municipalities["plan"] == "unknown"
    assert result.municipalities["lost_ha"].isna().tolist() == bare.tolist()
    conflicts = result.features["conflicts"]
    gains = conflicts["gain_ha"].dropna()
    assert len(gains) == 20
    assert gains.is_monotonic_decreasing
    assert gains.max() < figures["all_fixes_ha"] <= figures["eca_today_ha"] - figures["eca_plan_ha"]
    planted = json.loads((demo_s / "truth.json").read_text())["planted"]
    (cut,) = [p for p in planted if p["kind"] == "corridor_cut"]
    place = shapely.Point(cut["x"], cut["y"])
    assert conflicts.distance(place).min() < 50


def test_sites_to_restore_are_verified_and_follow_their_parameters() -> None:
    """Two woods beside a built strip: restoring across it does what the row says."""
    from metrogis.landscape import barriers as walls

    classes = np.full((40, 80), 312)
    classes[:, 30:50] = 211
    classes[:, 38:42] = 111
    cover = grid.read(classes, transform=Affine(50, 0, 0, 0, -50, 2000), crs="EPSG:2180")
    town = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[shapely.box(0, 0, 4000, 2000)], crs=2180
    )
    options = {"max_cost": 1e6, "current_patches": 0}
    result = corridor_connectivity(town, cover, **options)
    sites = result.features["restorations"]
    assert 0 < len(sites) <= 20
    assert (sites["spared_per_ha"].diff().dropna() <= 1e-9).all()
    assert (sites["cost_after"] < sites["cost"]).all()
    best = sites.iloc[0]
    assert best["municipality"] == "A"
    assert best.geometry.intersects(shapely.box(1900, 0, 2100, 2000))
    # the site is applied to the classes, and the check run again
    surface = result.rasters["resistance"]
    x, y = best.geometry.centroid.coords[0]
    place = int((2000 - y) // surface.cell[1]), int(x // surface.cell[0])
    changed, cells = walls.restore(surface, *place, 300)
    assert cells * 0.25 == pytest.approx(best["area_ha"])
    new = classes.copy()
    new[changed.values < surface.values] = 321  # resists little, and is no habitat
    table = pd.DataFrame(
        {"code": [312, 211, 111, 321], "habitat": [1, 0, 0, 0],
         "resistance": [1.0, *(float(surface.values[0, c]) for c in (31, 39)), 1.0]}
    )  # fmt: skip
    again = corridor_connectivity(
        town, replace(cover, values=new), land_cover_classes=table, **options
    ).features["links"]
    assert again["cost"].item() == pytest.approx(best["cost_after"], rel=1e-6)

    def count(**more) -> int:
        return len(corridor_connectivity(town, cover, **options, **more).features["restorations"])

    assert count(restorations=2) == 2
    assert count(barrier_links=0) == 0
    dear = corridor_connectivity(town, cover, **options, restored_resistance=20.0)
    assert dear.features["restorations"]["cost_after"].min() > best["cost_after"]
    large = corridor_connectivity(town, cover, **options, barrier_diameter=600)
    assert large.features["restorations"]["area_ha"].max() > sites["area_ha"].max()
