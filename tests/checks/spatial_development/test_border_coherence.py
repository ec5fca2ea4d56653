from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.checks.spatial_development.border_coherence.check import border_coherence
from metrogis.errors import MissingLayerError
from metrogis.planning.borders import shared_borders

OPEN, BUILT, FILTER = "SO", "SJ", "SR"


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2264011"], "name": ["A", "B", "C"]},
        geometry=[box(0, 0, 3000, 3000), box(3000, 0, 6000, 3000), box(0, 3000, 6000, 5000)],
        crs=2180,
    )


def zones(*rows) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"symbol": [r[0] for r in rows], "teryt": [r[1] for r in rows]},
        geometry=[box(*r[2:]) for r in rows],
        crs=2180,
    )


def pair(result, a: str, b: str) -> pd.Series:
    table = result.features["borders"]
    return table[(table["a"] == a) & (table["b"] == b)].iloc[0]


def test_both_sides_of_a_border_in_three_states(municipalities) -> None:
    layer = zones(
        (OPEN, "2261011", 0, 0, 3000, 3000),
        (BUILT, "2262011", 3000, 0, 6000, 1000),
        (OPEN, "2262011", 3000, 1000, 6000, 2000),
        (FILTER, "2262011", 3000, 2000, 6000, 3000),
    )
    result = border_coherence(municipalities, planning_zones=layer)
    row = pair(result, "A", "B")
    assert row[["border_m", "green_m", "yes_m", "no_m", "unknown_m"]].tolist() == pytest.approx(
        [3000, 3000, 2000, 1000, 0], abs=15
    )
    assert pair(result, "A", "C")["unknown_m"] == pytest.approx(3000, abs=15)
    # B's SO reaches A only and its SR is no open zone, but C may have one at this border
    unplanned = pair(result, "B", "C")
    assert unplanned[["yes_m", "no_m", "green_m", "no_class_m"]].isna().all()
    assert unplanned[["known_m", "unknown_m"]].tolist() == [0, pytest.approx(3000, abs=15)]
    table = result.municipalities.set_index("name")
    assert table["plan"].to_dict() == {"A": "yes", "B": "yes", "C": "unknown"}
    assert table.loc["A", "no_m"] == pytest.approx(1000, abs=15)
    assert np.isnan(table.loc["C", "no_m"])
    assert table.loc["C", ["known_m", "unknown_m"]].tolist() == [0, pytest.approx(6000, abs=15)]
    assert table.loc["A", ["known_m", "unknown_m"]].tolist() == pytest.approx([3000] * 2, abs=15)
    stretches = result.features["stretches"]
    worst = stretches.iloc[0]
    assert worst[["from", "to", "symbol_from", "symbol_to", "continues"]].tolist() == [
        "A",
        "B",
        OPEN,
        BUILT,
        "no",
    ]
    assert worst.geometry.length == pytest.approx(worst["length_m"])
    assert worst.geometry.hausdorff_distance(shapely.LineString([(3000, 0), (3000, 1000)])) < 15


@pytest.mark.parametrize("gap", [-20.0, 0.0, 20.0])
def test_plans_that_overlap_or_leave_a_strip_are_matched(municipalities, gap) -> None:
    layer = zones(
        (OPEN, "2261011", 0, 0, 3000 - gap / 2, 3000),
        (BUILT, "2262011", 3000 + gap / 2, 0, 6000, 3000),
    )
    row = pair(border_coherence(municipalities, planning_zones=layer), "A", "B")
    assert row["no_m"] == pytest.approx(3000, abs=1e-6)
    strict = border_coherence(municipalities, planning_zones=layer, tolerance=5)
    row = pair(strict, "A", "B")  # farther than the plans meet: unknown
    assert row["no_m"] == pytest.approx(np.nan if gap > 0 else 3000, abs=1e-6, nan_ok=True)
    assert row["unknown_m"] == pytest.approx(3000 if gap > 0 else 0, abs=1e-6)


def test_a_corridor_that_ends_at_the_border_of_building_land(municipalities) -> None:
    layer = zones(("SP", "2261011", 0, 0, 3000, 3000), (BUILT, "2262011", 3000, 0, 6000, 3000))
    corridor = gpd.GeoDataFrame(
        {"name": ["K3"], "rank": ["local"]}, geometry=[box(0, 1000, 3000, 1600)], crs=2180
    )
    result = border_coherence(municipalities, planning_zones=layer, corridors=corridor)
    some = result.features["stretches"]
    assert len(some) == 1
    row = some.iloc[0]
    assert row[["from", "to", "kind", "corridor", "continues"]].tolist() == [
        "A",
        "B",
        "corridor",
        "K3",
        "no",
    ]
    # the corridor reaches as far as the tolerance beyond its edges
    assert row["length_m"] == pytest.approx(600, abs=2 * 25 + 15)
    assert result.figures["corridor_no_km"] == pytest.approx(row["length_m"] / 1000)


def test_the_table_decides_about_agricultural_land(municipalities) -> None:
    layer = zones((OPEN, "2261011", 0, 0, 3000, 3000), (FILTER, "2262011", 3000, 0, 6000, 3000))
    assert pair(border_coherence(municipalities, planning_zones=layer), "A", "B")["yes_m"] == 3000
    own = pd.DataFrame({"symbol": [FILTER], "rank": ["*"], "severity": ["barrier"]})
    other = border_coherence(municipalities, planning_zones=layer, corridor_severity=own)
    assert pair(other, "A", "B")["no_m"] == 3000


def test_zones_without_a_code_belong_where_they_lie(municipalities) -> None:
    layer = zones((OPEN, None, 0, 0, 3000, 3000), (BUILT, None, 2990, 0, 6000, 3000))
    result = border_coherence(municipalities, planning_zones=layer.drop(columns="teryt"))
    assert pair(result, "A", "B")["no_m"] == pytest.approx(3000, abs=15)
    assert any(r.action == "guessed" for r in result.audit)


def test_shared_borders_of_the_metropolis_are_as_long_as_they_are(shared) -> None:
    municipalities = gpd.read_file(shared / "data/omggs/municipalities.gpkg").geometry.to_numpy()
    found = shared_borders(municipalities, step=50)
    i, j = shapely.STRtree(municipalities).query(municipalities, predicate="intersects")
    lines = [
        shapely.intersection(
            shapely.boundary(municipalities[a]), shapely.boundary(municipalities[b])
        )
        for a, b in zip(i, j, strict=True)
        if a < b
    ]
    assert found.pieces["length"].sum() == pytest.approx(shapely.length(lines).sum(), rel=1e-3)
    assert len(found.pieces[["a", "b"]].drop_duplicates()) == sum(shapely.length(lines) > 0)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 3.1), st.floats(0, 24), st.integers(2, 5))
def test_borders_of_a_row_of_towns_under_any_angle(angle, gap, n) -> None:
    c, s = np.cos(angle), np.sin(angle)
    boxes = [box(k * 1000 + gap * k, 0, k * 1000 + gap * k + 1000, 2000) for k in range(n)]
    turned = shapely.transform(
        np.array(boxes, dtype=object), lambda xy: xy @ np.array([[c, s], [-s, c]])
    )
    found = shared_borders(turned)
    length = found.pieces.groupby(["a", "b"])["length"].sum()
    assert length.index.tolist() == [(k, k + 1) for k in range(n - 1)]
    assert length.to_numpy() == pytest.approx(np.full(n - 1, 2000), abs=25)


def test_without_zones_it_says_what_it_needs(municipalities) -> None:
    with pytest.raises(MissingLayerError, match="needs plans, or planning_zones"):
        border_coherence(municipalities)


def test_a_plan_from_a_file_gives_the_same(municipalities, gml, plan_of) -> None:
    here = municipalities.translate(gml.X, gml.Y)
    moved = municipalities.set_geometry(here)
    plan = plan_of(
        gml.zone(gml.square(0, 0, 3000, 3000), "1SO"),
        gml.zone(gml.square(3000, 0, 3000, 3000), "1SU", teryt="226201"),
    )
    result = border_coherence(moved, plan)
    assert pair(result, "A", "B")["no_m"] == pytest.approx(3000)
    assert all("{" not in t for t in result.sentences("pl") + result.sentences("en"))
    assert result.explore().get_root().render()


@pytest.mark.parametrize("slit", [0, 4, 18])
def test_a_corridor_is_as_wide_at_the_border_as_it_is(slit) -> None:
    """The tolerance bridges slits between plans; along the border it adds nothing."""
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 1000, 3000), box(1000 + slit, 0, 2000, 3000)],
        crs=2180,
    )
    layer = gpd.GeoDataFrame(
        {"symbol": ["SJ", "SU"], "teryt": ["226101", "226201"]},
        geometry=[box(0, 0, 990, 3000), box(1010, 0, 2000, 3000)],
        crs=2180,
    )
    green = gpd.GeoDataFrame(
        {"name": ["K"], "rank": ["national"]}, geometry=[box(0, 1700, 2000, 1900)], crs=2180
    )
    found = border_coherence(municipalities, planning_zones=layer, corridors=green)
    rows = found.features["stretches"]
    rows = rows[rows["kind"] == "corridor"]
    assert rows["length_m"].tolist() == pytest.approx(
        [200, 200], abs=2 * 10 + 1e-6 if slit else 1e-6
    )
    assert rows["continues"].tolist() == ["no", "no"]


def test_a_border_nobody_planned_is_unknown_and_not_0_km(municipalities) -> None:
    """One built zone far from every border: of the borders nothing is known."""
    inland = zones((BUILT, "2261011", 1000, 1000, 1200, 1200))
    dark = border_coherence(municipalities, planning_zones=inland)
    assert set(dark.figures) == {"border_km", "municipalities_without_plan"}
    assert "unknown" in dark.sentences("en")[0]
    # with every plan at hand 0 km is a fact
    full = zones(
        (BUILT, "2261011", 0, 0, 3000, 3000),
        (BUILT, "2262011", 3000, 0, 6000, 3000),
        (BUILT, "2264011", 0, 3000, 6000, 5000),
    )
    sure = border_coherence(municipalities, planning_zones=full)
    assert sure.figures["green_km"] == 0
    assert sure.figures["no_km"] == 0
