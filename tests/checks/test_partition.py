"""Municipalities that overlap or leave gaps are reported in hectares by every check of land."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from metrogis.checks.active_mobility.cycle_network.check import cycle_network
from metrogis.checks.contract.partition import audit_of_partition, partition
from metrogis.checks.registry import CHECKS
from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts

CRS = "EPSG:2180"
OVERLAP = "municipalities overlap on 40.00 ha: it counts once, in the one with the lower code"


def municipalities(*shapes: object) -> gpd.GeoDataFrame:
    n = len(shapes)
    codes = [f"22610{i:02d}" for i in range(11, 11 + n)]
    names = list("ABCDEFGH")[:n]
    return gpd.GeoDataFrame({"teryt": codes, "name": names}, geometry=list(shapes), crs=CRS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 8)] * 2, *[st.integers(1, 5)] * 2), min_size=1, max_size=6)
)
def test_overlaps_equal_cells_counted(boxes: list[tuple[int, int, int, int]]) -> None:
    shapes = [box(100 * x, 100 * y, 100 * (x + w), 100 * (y + h)) for x, y, w, h in boxes]
    cells = np.zeros((14, 14), int)
    for x, y, w, h in boxes:
        cells[x : x + w, y : y + h] += 1
    found = partition(municipalities(*shapes))
    assert found.twice == pytest.approx(1e4 * (cells.sum() - (cells > 0).sum()), abs=1)
    assert (found.twice > 0) == bool(found.pairs)
    whole = shapely.union_all(shapes)
    filled = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(whole)])
    assert found.gap == pytest.approx(filled.area - whole.area, abs=1)


@pytest.mark.parametrize(("slit", "hectares"), [(0.0, 0.0), (1.0, 0.1), (49.0, 4.9), (51.0, 0.0)])
def test_slits_between_neighbours(slit: float, hectares: float) -> None:
    found = partition(municipalities(box(0, 0, 1000, 1000), box(1000 + slit, 0, 2000, 1000)))
    assert found.gap / 1e4 == pytest.approx(hectares, rel=1e-3)
    # a narrow bay of one municipality is no gap
    bay = shapely.difference(box(0, 0, 1000, 1000), box(500, 0, 520, 800))
    assert partition(municipalities(bay)).gap == 0


def test_empty_outlines_and_exact_neighbours_say_nothing() -> None:
    frame = municipalities(box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), shapely.Polygon())
    assert len(audit_of_partition(frame)) == 0


def test_every_check_that_measures_land_reports_it() -> None:
    frame = municipalities(
        box(0, 0, 5000, 4000), box(4900, 0, 9000, 4000), box(9010, 0, 9900, 4000)
    )
    green = gpd.GeoDataFrame({"name": ["K"]}, geometry=[box(0, 1000, 9000, 2000)], crs=CRS)
    zones = gpd.GeoDataFrame({"symbol": ["SU"]}, geometry=[box(2000, 0, 3000, 1700)], crs=CRS)
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (3000, 0)])], crs=CRS)
    for result in (
        corridor_conflicts(frame, green, planning_zones=zones),
        cycle_network(frame, lines),
    ):
        rows = {r.what.en: (r.action, r.count, r.examples) for r in result.audit}
        assert rows[OVERLAP] == (
            "noted", 1, "A / B",
        )  # fmt: skip
        assert rows["gaps between municipalities, 4.00 ha: that land is in no municipal sum"][
            :2
        ] == ("noted", 1)
    assert sum(any(c.land for c in k.columns["municipalities"].values()) for k in CHECKS) > 8


def test_every_hectare_of_a_corridor_counts_once_whoever_holds_it() -> None:
    frame = municipalities(box(0, 0, 5000, 4000), box(4000, 0, 9000, 4000))
    green = gpd.GeoDataFrame({"name": ["K"]}, geometry=[box(0, 1000, 9000, 2000)], crs=CRS)
    zones = gpd.GeoDataFrame({"symbol": ["SU"]}, geometry=[box(4000, 0, 5000, 1700)], crs=CRS)
    parks = gpd.GeoDataFrame({"name": ["P"]}, geometry=[box(4000, 1000, 9000, 1500)], crs=CRS)
    for turned in (False, True):
        given = frame.iloc[::-1].reset_index(drop=True) if turned else frame
        result = corridor_conflicts(given, green, planning_zones=zones, protected_areas=parks)
        table = result.municipalities.set_index("name")
        assert table["corridor_ha"].to_dict() == {"A": 500.0, "B": 400.0}
        assert result.figures["corridor_ha"] == 900.0
        assert result.figures["barrier_ha"] == 70.0
        assert result.figures["protected_ha"] == 250.0
        assert result.features["protected"]["area_ha"].tolist() == [250.0]
