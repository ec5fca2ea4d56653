from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts
from metrogis.errors import MissingLayerError, SchemaError
from metrogis.planning.corridors import EFFECTS, cut_corridors
from metrogis.planning.zones import SeverityTable


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2264011"], "name": ["A", "B", "C"]},
        geometry=[box(k * 5000, 0, k * 5000 + 5000, 6000) for k in range(3)],
        crs=2180,
    )


@pytest.fixture
def corridors() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["K1", "K2"], "rank": ["national", "local"]},
        geometry=[box(-1000, 1000, 15000, 2000), box(0, 4000, 10000, 5000)],
        crs=2180,
    )


def zones(*rows) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"symbol": [r[0] for r in rows]}, geometry=[box(*r[1:]) for r in rows], crs=2180
    )


FAR = gpd.GeoDataFrame(geometry=[box(100, 100, 110, 110)], crs=2180)
"""A building in no corridor: with it, that nothing is built in them is known."""

PLAN = (
    ("SJ", 1000, 0, 2000, 1600),  # 60 ha of K1
    ("SO", 0, 0, 1000, 6000),
    ("SO", 2000, 0, 5000, 6000),
    ("SO", 1000, 1600, 2000, 6000),
    ("SR", 5000, 0, 10000, 3000),
    ("SP", 6000, 3000, 7000, 6000),  # cuts K2
    ("SN", 5000, 3000, 6000, 6000),
    ("SN", 7000, 3000, 10000, 6000),
)


def test_what_plans_take_by_corridor_and_municipality(municipalities, corridors) -> None:
    result = corridor_conflicts(municipalities, corridors, planning_zones=zones(*PLAN))
    table = result.features["corridors"].set_index("name")
    columns = ["area_ha", "barrier_ha", "filter_ha", "permeable_ha", "unknown_ha"]
    assert table.loc["K1", columns].tolist() == pytest.approx([1500, 60, 500, 440, 500])
    assert table.loc["K2", columns].tolist() == pytest.approx([1000, 100, 0, 900, 0])
    assert table.loc["K1", "barrier_share"] == pytest.approx(60 / 1000)  # of the known part
    assert table.loc["K1", "unknown_share"] == pytest.approx(1 / 3)
    rows = result.municipalities.set_index("name")
    assert rows["plan"].to_dict() == {"A": "yes", "B": "yes", "C": "unknown"}
    assert rows.loc["A", ["corridor_ha", "barrier_ha"]].tolist() == pytest.approx([1000, 60])
    assert rows.loc["B", ["barrier_ha", "filter_ha"]].tolist() == pytest.approx([100, 500])
    assert np.isnan(rows.loc["C", "barrier_ha"])
    assert np.isnan(rows.loc["C", "barrier_share"])
    assert rows.loc["C", "unknown_ha"] == pytest.approx(500)
    listed = result.features["conflicts"]
    assert listed[["corridor", "municipality", "symbol", "severity"]].values.tolist() == [
        ["K1", "B", "SR", "filter"],
        ["K2", "B", "SP", "barrier"],
        ["K1", "A", "SJ", "barrier"],
    ]
    assert any("lead out of the municipalities" in r.what.en for r in result.audit)
    assert result.figures["barrier_ha"] == pytest.approx(160)


def test_the_table_overrules_by_rank(municipalities, corridors) -> None:
    own = pd.DataFrame({"symbol": ["SR"], "rank": ["national"], "severity": ["barrier"]})
    layer = zones(*PLAN)
    result = corridor_conflicts(
        municipalities, corridors, planning_zones=layer, corridor_severity=own
    )
    table = result.features["corridors"].set_index("name")
    assert table.loc["K1", ["barrier_ha", "filter_ha"]].tolist() == pytest.approx([560, 0])
    bad = own.assign(severity="wall")
    with pytest.raises(SchemaError, match="SR wall"):
        corridor_conflicts(municipalities, corridors, planning_zones=layer, corridor_severity=bad)


def test_overlapping_zones_count_once_for_the_worse(municipalities, corridors) -> None:
    layer = zones(("SO", 0, 0, 5000, 6000), ("SJ", 0, 0, 1000, 6000))
    result = corridor_conflicts(municipalities, corridors, planning_zones=layer)
    row = result.features["corridors"].set_index("name").loc["K1"]
    assert row[["barrier_ha", "permeable_ha"]].tolist() == pytest.approx([100, 400])
    assert any("counted once" in r.what.en for r in result.audit)


def test_unknown_symbol_is_unknown_effect(municipalities, corridors) -> None:
    layer = zones(("XX", 0, 0, 5000, 6000))
    result = corridor_conflicts(municipalities, corridors, planning_zones=layer)
    assert result.municipalities["unknown_ha"].iloc[0] == pytest.approx(1000)
    assert np.isnan(result.municipalities["barrier_ha"].iloc[0])


def test_protected_areas_and_built_up_land(municipalities, corridors) -> None:
    guarded = gpd.GeoDataFrame(
        {"name": ["R", "P"], "form": ["reserve", "park"]},
        geometry=[box(1000, 1000, 2000, 2000), box(1500, 1000, 3000, 2000)],
        crs=2180,
    )
    houses = gpd.GeoDataFrame(
        geometry=[box(2500, 1400, 2600, 1500), box(2550, 1400, 2650, 1500)], crs=2180
    )
    result = corridor_conflicts(
        municipalities,
        corridors,
        planning_zones=zones(*PLAN),
        protected_areas=guarded,
        buildings=houses,
    )
    table = result.features["corridors"].set_index("name")
    assert table.loc["K1", "protected_share"] == pytest.approx(200 / 1500)
    assert table.loc["K2", "protected_share"] == 0
    assert table.loc["K1", "built_ha"] == pytest.approx(1.5)  # outlines overlap: counted once
    reserve = result.features["protected"].set_index("name")
    assert reserve.loc["R", "barrier_ha"] == pytest.approx(60)
    assert reserve.loc["P", "barrier_ha"] == pytest.approx(30)
    rows = result.municipalities.set_index("name")
    assert rows.loc["A", "protected_barrier_ha"] == pytest.approx(60)  # forms overlap: once
    assert rows.loc["A", "protected_ha"] == pytest.approx(200)


def test_built_up_cells_of_a_raster(municipalities, corridors) -> None:
    from affine import Affine

    from metrogis.landscape import grid

    values = np.zeros((60, 150), dtype=np.uint8)
    values[45:47, 10:15] = 1  # cells of 100 m; rows from the north: y 1300-1500
    raster = grid.read(values, transform=Affine(100, 0, 0, 0, -100, 6000), crs=2180)
    result = corridor_conflicts(
        municipalities, corridors, planning_zones=zones(*PLAN), built_up=raster
    )
    assert result.features["corridors"]["built_ha"].tolist() == pytest.approx([10, 0])
    higher = corridor_conflicts(
        municipalities, corridors, planning_zones=zones(*PLAN), built_up=raster, built_up_value=2
    )
    assert higher.features["corridors"]["built_ha"].tolist() == [0, 0]
    none = corridor_conflicts(municipalities, corridors, planning_zones=zones(*PLAN))
    assert none.features["corridors"]["built_ha"].isna().all()  # unknown, not 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(0, 90)] * 2, *[st.floats(5, 60)] * 2), min_size=1, max_size=5),
    st.lists(st.sampled_from(["SW", "SO", "SR", None]), min_size=9, max_size=9),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_effects_always_add_up_to_the_corridor(bands, symbols, there) -> None:
    cells = [box(30 * x, 30 * y, 30 * x + 30, 30 * y + 30) for x in range(3) for y in range(3)]
    some = [c for c, t in zip(cells, there, strict=True) if t]
    names = [s for s, t in zip(symbols, there, strict=True) if t]
    municipalities = [box(0, 0, 45, 90), box(45, 0, 90, 90)]
    green = [box(x, y, x + w, y + h) for x, y, w, h in bands]
    cut = cut_corridors(
        green,
        [None] * len(green),
        municipalities,
        np.array(some, dtype=object),
        names,
        SeverityTable(),
    )
    parts = cut.parts
    assert parts[list(EFFECTS)].sum(axis=1).to_numpy() == pytest.approx(parts["area"].to_numpy())
    total = sum(g.intersection(box(0, 0, 90, 90)).area for g in green)
    assert parts["area"].sum() == pytest.approx(total)
    for effect, symbol in (("barrier", "SW"), ("filter", "SR"), ("permeable", "SO")):
        land = shapely.union_all([c for c, s in zip(some, names, strict=True) if s == symbol])
        expected = sum(g.intersection(land).area for g in green)
        assert parts[effect].sum() == pytest.approx(expected, abs=1e-6)


def test_without_zones_it_says_what_it_needs(municipalities, corridors) -> None:
    with pytest.raises(MissingLayerError, match="needs plans, or planning_zones"):
        corridor_conflicts(municipalities, corridors)


def test_the_result_can_be_drawn_and_written(municipalities, corridors, tmp_path) -> None:
    result = corridor_conflicts(municipalities, corridors, planning_zones=zones(*PLAN))
    assert result.explore(language="pl").get_root().render()
    assert result.to_gpkg(tmp_path / "r.gpkg").exists()
    assert all("{" not in s for s in result.sentences("pl") + result.sentences("en"))


def test_cut_bottleneck_and_unknown_width(municipalities, corridors) -> None:
    result = corridor_conflicts(
        municipalities, corridors, planning_zones=zones(*PLAN), buildings=FAR
    )
    table = result.features["corridors"].set_index("name")
    # SP cuts K2; K1 keeps 400 m beside SJ, but C's plan is not known: at most 400 m
    assert table["cut"].to_dict() == {"K1": "unknown", "K2": "yes"}
    assert table.loc["K1", "clear_width_m"] == pytest.approx(400, rel=0.01)
    assert not table.loc["K1", "width_known"]
    assert table.loc["K1", "clear_width_before_m"] == pytest.approx(1000, rel=0.01)
    places = result.features["bottlenecks"]
    assert places[["corridor", "kind", "municipality"]].values.tolist() == [
        ["K2", "cut", "B"],
        ["K1", "bottleneck", "A"],
    ]
    assert places.geometry.iloc[0].distance(shapely.Point(6500, 4500)) < 60
    assert abs(places.geometry.iloc[1].x - 1500) < 60
    rows = result.municipalities.set_index("name")
    assert rows.loc[["A", "B"], ["bottlenecks", "cuts"]].values.tolist() == [[1, 0], [0, 1]]
    assert rows.loc["C", ["bottlenecks", "cuts"]].isna().all()  # its plan is not known


def test_a_known_plan_everywhere_decides(municipalities, corridors) -> None:
    layer = zones(*PLAN, ("SO", 10000, 0, 15000, 6000))
    table = corridor_conflicts(
        municipalities, corridors, planning_zones=layer, buildings=FAR
    ).features["corridors"]
    assert table["cut"].tolist() == ["no", "yes"]
    assert table["width_known"].tolist() == [True, True]


def test_what_is_known_wins_over_what_is_not(municipalities, corridors) -> None:
    """B has no plan: the widths are bounds; a cut in A or C is a cut whatever B plans."""

    def found(layer):
        result = corridor_conflicts(
            municipalities, corridors.iloc[:1], planning_zones=layer, buildings=FAR
        )
        return result.features["corridors"]

    known = [
        ("SO", 0, 0, 1000, 6000),
        ("SJ", 1000, 0, 2000, 1600),
        ("SO", 1000, 1600, 2000, 6000),
        ("SO", 2000, 0, 5000, 6000),
        ("SO", 10000, 0, 15000, 6000),
    ]
    # of B the northern half of the corridor is planned as open: 500 m stay whatever comes
    half = zones(*known, ("SO", 5000, 1500, 10000, 6000))
    row = found(half)
    assert row["cut"].item() == "no"
    assert row["clear_width_m"].item() == pytest.approx(400, rel=0.01)
    assert row["clear_width_least_m"].item() == pytest.approx(400, rel=0.01)
    assert row["width_known"].item()
    third = zones(*known, ("SO", 5000, 1700, 10000, 6000))
    row = found(third)
    assert row["cut"].item() == "no"
    assert row["clear_width_m"].item() == pytest.approx(400, rel=0.01)
    assert row["clear_width_least_m"].item() == pytest.approx(300, rel=0.01)
    assert not row["width_known"].item()
    none = zones(*known)
    row = found(none)
    assert row[["cut", "clear_width_least_m"]].values.tolist() == [["unknown", 0.0]]
    cut = zones(*known[:-1], ("SU", 10000, 0, 11000, 6000), ("SO", 11000, 0, 15000, 6000))
    row = found(cut)
    assert row[["cut", "clear_width_m"]].values.tolist() == [["yes", 0.0]]
    assert row["width_known"].item()


def test_a_corridor_in_two_parts_is_not_cut_by_being_so(municipalities, corridors) -> None:
    """It leaves the metropolis and comes back, or was drawn in two parts."""
    two = corridors.iloc[:1].copy()
    two.geometry = [shapely.MultiPolygon([box(-500, 1000, 5000, 2000), box(0, 4000, 5000, 4600)])]
    layer = zones(("SO", 0, 0, 5000, 6000))
    table = corridor_conflicts(municipalities, two, planning_zones=layer, buildings=FAR).features[
        "corridors"
    ]
    assert table["cut"].item() == "no"
    assert table["clear_width_m"].item() == pytest.approx(600, rel=0.01)  # of the worse part
    north = [("SO", 0, 4000, 2000, 6000), ("SU", 2000, 4000, 3000, 6000)]
    layer = zones(("SO", 0, 0, 5000, 4000), *north, ("SO", 3000, 4000, 5000, 6000))
    table = corridor_conflicts(municipalities, two, planning_zones=layer, buildings=FAR).features[
        "corridors"
    ]
    assert table["cut"].item() == "yes"
    assert table["clear_width_before_m"].item() == pytest.approx(600, rel=0.01)


def test_a_slit_between_municipalities_is_no_end_and_no_cut(municipalities, corridors) -> None:
    apart = municipalities.copy()
    apart.geometry = [box(k * 5000, 0, k * 5000 + 4999.5, 6000) for k in range(3)]
    layer = zones(("SO", 0, 0, 15000, 6000))
    table = corridor_conflicts(apart, corridors, planning_zones=layer, buildings=FAR).features[
        "corridors"
    ]
    assert table["cut"].tolist() == ["no", "no"]
    assert table["clear_width_m"].tolist() == pytest.approx([1000, 1000], rel=0.01)


def test_slits_between_plans_are_neither_passage_nor_unknown_land(
    municipalities, corridors
) -> None:
    layer = zones(
        ("SO", 0, 0, 4996, 6000),
        ("SJ", 5000, 0, 10000, 2996),
        ("SJ", 5000, 3000, 10000, 6000),
        ("SO", 10000, 0, 15000, 6000),
    )
    table = corridor_conflicts(
        municipalities, corridors.iloc[:1], planning_zones=layer, buildings=FAR
    )
    assert table.features["corridors"]["cut"].tolist() == ["yes"]
    opened = layer.iloc[[0, 3]].reset_index(drop=True)
    again = corridor_conflicts(
        municipalities.iloc[[0]], corridors.iloc[:1], planning_zones=opened, buildings=FAR
    )
    assert again.features["corridors"]["cut"].tolist() == ["no"]


def test_the_planted_truths_of_the_demo_are_found(demo_s: Path) -> None:
    import json

    import metrogis as mg
    from metrogis.checks.spatial_development.border_coherence.check import border_coherence
    from metrogis.checks.spatial_development.plan_validity.check import plan_validity
    from metrogis.sources.app_gml import read_app

    metro = mg.open_metro(demo_s)
    folder = demo_s
    planted = json.loads((folder / "truth.json").read_text())["planted"]
    plan = read_app(folder / "plans")
    conflicts = corridor_conflicts(metro.municipalities, metro.corridors, plan)
    faults = plan_validity(metro.municipalities, plan)
    borders = border_coherence(metro.municipalities, plan, corridors=metro.corridors)
    found = conflicts.features["bottlenecks"]
    areas = faults.features["fault_areas"]
    told = 0
    for item in planted:
        place, kind = shapely.Point(item["x"], item["y"]), item["kind"]
        expected = item["expected"]
        if kind in ("corridor_bottleneck", "corridor_cut"):
            hit = found.iloc[int(found.distance(place).argmin())]
            assert hit.geometry.distance(place) < 400
            assert hit["municipality"] == item["municipality"]
            assert hit["width_m"] == pytest.approx(expected["clear_width_m"], rel=0.05)
            assert hit["kind"] == ("cut" if expected["cut"] else "bottleneck")
        elif kind in ("plan_gap", "plan_overlap"):
            code = kind.removeprefix("plan_")
            hit = areas[(areas["code"] == code) & (areas.distance(place) < 1)]
            assert hit["area_m2"].item() == pytest.approx(expected["area_m2"], abs=1e-3)
        elif kind == "no_plan" and item["check"] == "plan_validity":
            row = faults.municipalities.set_index("teryt").loc[item["teryt"]]
            assert row["valid"] == expected["state"] == "unknown"
        elif kind == "corridor_ends_at_border":
            lines = borders.features["stretches"].query("kind == 'corridor'")
            hit = lines[lines["continues"] == "no"].iloc[0]
            assert hit["to"] == item["municipality"]
            assert hit["length_m"] == pytest.approx(item["border_length_m"], rel=0.05)
        else:
            continue
        told += 1
    assert told >= 6
    assert len(areas) == sum(i["kind"] in ("plan_gap", "plan_overlap") for i in planted)


# --------------------------------------------------------------------------- every hectare once


@pytest.mark.parametrize("turned", [False, True])
def test_corridors_that_overlap_count_by_their_union(turned: bool) -> None:
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 2000, 2000), box(2000, 0, 4000, 2000)],
        crs="EPSG:2180",
    )
    # 200 ha each, 120 ha of them shared: 280 ha in all
    shapes = [box(0, 0, 2000, 1000), box(800, 0, 2800, 1000)]
    green = gpd.GeoDataFrame(
        {"name": ["K", "L"], "rank": ["national", "regional"]}, geometry=shapes, crs="EPSG:2180"
    )
    zones = gpd.GeoDataFrame(
        {"symbol": ["SU", "SO", "SO"]},
        geometry=[box(1000, 0, 1500, 1000), box(0, 0, 1000, 2000), box(1500, 0, 4000, 2000)],
        crs="EPSG:2180",
    )
    guarded = gpd.GeoDataFrame({"name": ["P"]}, geometry=[box(900, 0, 1900, 1000)], crs="EPSG:2180")
    built = gpd.GeoDataFrame({"name": ["b"]}, geometry=[box(1000, 0, 1100, 100)], crs="EPSG:2180")
    result = corridor_conflicts(
        municipalities,
        green.iloc[::-1] if turned else green,
        planning_zones=zones,
        protected_areas=guarded,
        built_up=built,
    )
    figures = result.figures
    assert figures["corridor_ha"] == pytest.approx(280)
    assert figures["barrier_ha"] == pytest.approx(50)
    assert figures["barrier_share"] == pytest.approx(50 / 280)
    assert figures["built_ha"] == pytest.approx(1)
    assert figures["protected_ha"] == pytest.approx(100)
    table = result.municipalities
    assert table["corridor_ha"].tolist() == pytest.approx([200, 80])
    assert table["barrier_ha"].tolist() == pytest.approx([50, 0])
    assert table["built_ha"].tolist() == pytest.approx([1, 0])
    assert table["corridors"].tolist() == [2, 1]
    # a corridor's own row is about all of it, and so is its list of conflicts
    rows = result.features["corridors"].set_index("name")
    assert rows.loc[["K", "L"], "area_ha"].tolist() == pytest.approx([200, 200])
    notes = {r.what.en: (r.count, r.examples) for r in result.audit}
    assert notes["corridors overlap on 120.0 ha: in sums that counts once"] == (1, "L")


def test_corridors_that_touch_are_not_told_to_overlap() -> None:
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:2180"
    )
    green = gpd.GeoDataFrame(
        {"name": ["K", "L"]},
        geometry=[box(0, 0, 2000, 1000), box(2000, 0, 4000, 1000)],
        crs="EPSG:2180",
    )
    zones = gpd.GeoDataFrame({"symbol": ["SO"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:2180")
    result = corridor_conflicts(municipalities, green, planning_zones=zones)
    assert result.figures["corridor_ha"] == pytest.approx(400)
    assert not [r for r in result.audit if "overlap" in r.what.en]


@pytest.mark.parametrize(
    ("rank", "width", "least", "verdict"),
    [
        ("national", {"main_width": 399}, 399, "yes"),
        ("g\u0142\u00f3wny", {"main_width": 401}, 401, "no"),
        ("regional", {"regional_width": 399}, 399, "yes"),
        ("regional", {"regional_width": 401}, 401, "no"),
        ("Local", {"local_width": 401}, 401, "no"),
        ("local", {}, 200, "yes"),
        ("green", {}, np.nan, "unknown"),
        (None, {}, np.nan, "unknown"),
    ],
)
def test_a_corridor_is_as_wide_as_its_rank_asks(
    municipalities, rank, width, least, verdict
) -> None:
    """400 m are left of 1000: on either side of the least width, in any spelling of the rank."""
    green = gpd.GeoDataFrame(
        {"name": ["K"], "rank": [rank]}, geometry=[box(0, 1000, 15000, 2000)], crs=2180
    )
    plan = zones(("SU", 3000, 0, 4000, 1600), ("SO", 0, 0, 3000, 6000),
                 ("SO", 3000, 1600, 4000, 6000), ("SO", 4000, 0, 15000, 6000))  # fmt: skip
    result = corridor_conflicts(municipalities, green, planning_zones=plan, buildings=FAR, **width)
    row = result.features["corridors"].iloc[0]
    assert row["clear_width_m"] == pytest.approx(400, abs=0.5)
    assert row["min_width_m"] == pytest.approx(least, nan_ok=True)
    assert row["wide_enough"] == verdict
    counts = {k: result.figures.get(k, 0) for k in ("wide_enough", "too_narrow", "width_unknown")}
    assert sum(counts.values()) == (0 if np.isnan(least) else 1)


def test_a_corridor_of_unknown_rank_is_counted_beside_those_of_a_rank(municipalities) -> None:
    green = gpd.GeoDataFrame(
        {"name": ["K", "L"], "rank": ["local", None]},
        geometry=[box(0, 1000, 15000, 2000), box(0, 3000, 15000, 4000)], crs=2180,
    )  # fmt: skip
    plan = zones(("SO", 0, 0, 15000, 6000))
    result = corridor_conflicts(municipalities, green, planning_zones=plan, buildings=FAR)
    assert result.figures["wide_enough"] == 1
    assert result.figures["width_unknown"] == 1
    assert any("unknown: 1" in line for line in result.sentences("en"))


def test_whether_a_corridor_is_wide_enough_is_unknown_where_building_is(municipalities) -> None:
    green = gpd.GeoDataFrame(
        {"name": ["K"], "rank": ["local"]}, geometry=[box(0, 1000, 15000, 2000)], crs=2180
    )
    plan = zones(("SO", 0, 0, 15000, 6000))
    unknown = corridor_conflicts(municipalities, green, planning_zones=plan)
    assert unknown.features["corridors"]["wide_enough"].item() == "unknown"
    sure = corridor_conflicts(municipalities, green, planning_zones=plan, buildings=FAR)
    assert sure.features["corridors"]["wide_enough"].item() == "yes"
