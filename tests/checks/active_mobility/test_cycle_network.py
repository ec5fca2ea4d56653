"""Length and form of the cycle network; two sources compared; stress of streets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from metrogis.checks.active_mobility.cycle_network.check import CHECK, cycle_network
from metrogis.checks.shared.infrastructure import (
    infrastructure_class,
    pieces_by_area,
    share_covered,
    uncovered,
)
from metrogis.errors import CRSError, MetrogisError, MissingLayerError, ParameterError
from metrogis.streets import from_lines

CRS = "EPSG:2180"


def towns_of(*boxes: Any) -> gpd.GeoDataFrame:
    codes = [f"22610{i}1" for i in range(1, len(boxes) + 1)]
    return gpd.GeoDataFrame({"teryt": codes, "name": codes}, geometry=list(boxes), crs=CRS)


def routes_of(*lines: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"highway": ["cycleway"] * len(lines), **columns}, geometry=list(lines), crs=CRS
    )


@pytest.fixture(scope="module")
def result(demo_metro: Any) -> Any:
    return cycle_network(
        demo_metro.municipalities,
        demo_metro.cycle_routes,
        streets=demo_metro.streets,
        population_municipal=demo_metro.population_municipal,
    )


class TestReal:
    def test_reference_form_of_omggs(self, shared: Path) -> None:
        routes = gpd.read_file(shared / "data/omggs/cycle_routes.geojson").to_crs(CRS)
        municipalities = gpd.read_file(shared / "data/omggs/municipalities.gpkg").to_crs(CRS)
        municipalities = municipalities[["teryt", "name", "geometry"]]
        once = cycle_network(municipalities, routes).figures
        # what runs again within a metre counts once: about a quarter of a kilometre
        assert 700.963 - 0.3 < once["network_km"] < 700.963 - 0.2
        assert [once[f"networks{k}"] for k in ("", "_medium", "_wide")] == [368, 334, 294]
        result = cycle_network(municipalities, routes, line_tolerance=0)
        figures = result.figures
        assert round(figures["network_km"], 3) == 700.963
        counts = [figures[f"networks{k}"] for k in ("", "_medium", "_wide")]
        assert counts == [368, 334, 294]
        assert round(100 * figures["largest_share"], 3) == 16.774
        assert round(100 * figures["largest_share_medium"], 2) == 16.89
        assert round(100 * figures["largest_share_wide"], 2) == 17.03
        table = result.municipalities
        assert len(table) == len(municipalities)
        assert table.loc[table["cycle_data"].isna(), "cycle_km"].isna().all()
        assert (table["data_quality"] == "unknown").all()
        inside = shapely.length(
            shapely.intersection(
                result.features["form"].geometry.iloc[0], shapely.union_all(municipalities.geometry)
            )
        )
        assert inside > 0
        assert result.figures["network_km"] >= table["cycle_km"].sum() - 1e-6


class TestDemo:
    def test_planted_differences_come_first(self, demo_truth: Any, result: Any) -> None:
        places = result.features["differences"]
        for item in demo_truth:
            if item["check"] != "cycle_network":
                continue
            source = "osm" if item["expected"]["missing_in"] == "osm" else "layer"
            first = places[(places["missing_in"] == source) & (places["rank"] == 1)].iloc[0]
            assert first["teryt"] == item["teryt"]
            # infrastructure that crosses covers up to the match distance of the line
            assert first["length_m"] == pytest.approx(item["length_m"], abs=15)
            assert box(*item["bounds"]).buffer(1).covers(first.geometry)
            assert first.geometry.distance(shapely.Point(item["x"], item["y"])) < 400

    def test_nothing_else_differs(self, result: Any) -> None:
        assert result.features["differences"]["missing_in"].tolist() == ["osm", "layer"]

    def test_stress_and_quality_in_every_row(self, result: Any) -> None:
        table = result.municipalities
        assert table["low_stress_share"].between(0, 1).all()
        assert set(table["data_quality"]) <= {"good", "weak", "unknown"}
        assert (table.loc[table["cycle_data"].isna(), "data_quality"] == "unknown").all()
        assert table.loc[table["cycle_data"].isna(), "dangling_ends"].isna().all()
        levels = result.features["stress"]
        assert levels["length_km"].sum() == pytest.approx(table["streets_km"].sum())

    def test_low_stress_share_is_that_of_the_levels(self, result: Any) -> None:
        levels = result.features["stress"].set_index("level")["length_km"]
        known = levels.drop("unknown", errors="ignore").sum()
        share = levels.reindex(["1", "2"]).sum() / known
        assert result.figures["low_stress_share"] == pytest.approx(share)

    def test_map_is_drawn(self, result: Any) -> None:
        assert "brakuje w OSM" in result.explore(language="pl").get_root().render()


class TestLengths:
    def test_directions_count_once_and_twice(self) -> None:
        lines = [LineString([(0, i), (3000, i)]) for i in (10, 40)]
        routes = routes_of(*lines, other_tags=['"oneway"=>"yes"', None])
        figures = cycle_network(towns_of(box(0, 0, 9000, 9000)), routes).figures
        assert (figures["network_km"], figures["directed_km"]) == (6.0, 9.0)

    def test_a_border_line_counts_once(self) -> None:
        municipalities = towns_of(box(0, 0, 5000, 9000), box(5000, 0, 9000, 9000))
        table = cycle_network(
            municipalities,
            routes_of(LineString([(5000, 0), (5000, 4000)]), LineString([(0, 1), (9000, 1)])),
        ).municipalities
        assert table["cycle_km"].tolist() == [9.0, 4.0]

    def test_no_data_is_not_zero(self) -> None:
        municipalities = towns_of(box(0, 0, 5000, 9000), box(5000, 0, 9000, 9000))
        routes = routes_of(LineString([(0, 1), (4000, 1)]))
        table = cycle_network(municipalities, routes).municipalities
        assert table["cycle_km"].tolist()[0] == 4.0
        assert np.isnan(table["cycle_km"].tolist()[1])
        area = gpd.GeoDataFrame(geometry=[box(-1, -1, 9001, 9001)], crs=CRS)
        covered = cycle_network(municipalities, routes, cycle_coverage=area).municipalities
        assert covered["cycle_km"].tolist() == [4.0, 0.0]

    def test_planned_lines_stay_apart(self) -> None:
        routes = routes_of(
            LineString([(0, 1), (4000, 1)]),
            LineString([(0, 9), (2000, 9)]),
            state=["built", "planned"],
        )
        result = cycle_network(towns_of(box(0, 0, 9000, 9000)), routes)
        assert result.figures["network_km"] == 4.0
        assert result.municipalities["planned_km"].tolist() == [2.0]

    def test_ends_are_counted_by_kind(self) -> None:
        routes = routes_of(
            LineString([(0, 0), (500, 0), (1000, 0), (1002, 0)]),
            LineString([(500, 0), (500, 300)]),
            LineString([(1000, 0), (1000, 300)]),
            LineString([(0, 2), (0, 300)]),
        )
        row = cycle_network(towns_of(box(-10, -10, 9000, 9000)), routes).municipalities.iloc[0]
        found = [row["dangling_ends"], row["undershoots"], row["overshoots"]]
        assert found == [3, 2, 1]

    def test_refuses_what_it_cannot_use(self) -> None:
        municipalities, routes = (
            towns_of(box(0, 0, 9000, 9000)),
            routes_of(LineString([(0, 1), (4000, 1)])),
        )
        with pytest.raises(CRSError):
            cycle_network(municipalities, routes.to_crs(4326))
        with pytest.raises(ParameterError):
            cycle_network(municipalities, routes, match_distance=0)
        with pytest.raises(MetrogisError):
            cycle_network(municipalities, routes.iloc[:0])

    def test_sensitivity(self) -> None:
        routes = routes_of(LineString([(0, 1), (4000, 1)]), LineString([(4004, 1), (6000, 1)]))
        table = cycle_network(towns_of(box(0, 0, 9000, 9000)), routes).sensitivity(tolerance=[0, 5])
        assert table["networks"].tolist() == [2, 1]


class TestCompared:
    def streets(self) -> Any:
        lines = gpd.GeoDataFrame(
            {
                "highway": ["cycleway", "residential"],
                "name": ["A", "B"],
            },
            geometry=[LineString([(0, 0), (3000, 0)]), LineString([(3000, 0), (6000, 0)])],
            crs=CRS,
        )
        return from_lines(lines, mode="bike")

    def test_each_source_against_the_other(self) -> None:
        routes = routes_of(LineString([(2000, 5), (5000, 5)]), name=["X"])
        result = cycle_network(towns_of(box(0, -9, 9000, 9000)), routes, streets=self.streets())
        places = result.features["differences"].set_index("missing_in")
        # what is absent ends where the other begins
        assert places.loc["osm", "length_m"] == pytest.approx(2000, abs=16)
        assert places.loc["layer", "length_m"] == pytest.approx(2000, abs=16)
        assert places.loc["osm", "name"] == "X"
        assert places.loc["layer", "name"] == "A"

    def test_planned_in_the_layer_is_said(self) -> None:
        routes = routes_of(
            LineString([(2000, 5), (5000, 5)]),
            LineString([(0, 5), (2000, 5)]),
            state=["built", "planned"],
        )
        result = cycle_network(towns_of(box(0, -9, 9000, 9000)), routes, streets=self.streets())
        places = result.features["differences"].set_index("missing_in")
        assert places.loc["layer", "other"] == "planned"
        assert places.loc["osm", "other"] == "absent"

    def test_beyond_the_street_data_is_unknown(self) -> None:
        routes = routes_of(LineString([(0, 5), (3000, 5)]), LineString([(0, 8000), (3000, 8000)]))
        result = cycle_network(towns_of(box(0, -9, 9000, 9000)), routes, streets=self.streets())
        assert "osm" not in set(result.features["differences"]["missing_in"])
        assert any("beyond the street data" in r.what.en for r in result.audit.rows)

    def test_without_streets_unknown(self) -> None:
        routes = routes_of(LineString([(0, 5), (3000, 5)]))
        result = cycle_network(towns_of(box(0, -9, 9000, 9000)), routes)
        assert result.municipalities["missing_in_osm_km"].isna().all()
        assert result.municipalities["low_stress_share"].isna().all()


class TestParts:
    @pytest.mark.parametrize(
        ("tags", "kind"),
        [
            ({"highway": "cycleway"}, "separate"),
            ({"highway": "footway", "bicycle": "yes"}, "none"),
            ({"highway": "footway", "bicycle": "designated"}, "separate"),
            ({"highway": "residential", "bicycle": "designated"}, "none"),
            ({"highway": "residential", "cyclestreet": "yes"}, "track"),
            ({"highway": "primary", "cycleway:left": "track", "cycleway:right": "no"}, "track"),
            ({"highway": "primary", "cycleway": "opposite_lane"}, "lane"),
            ({"highway": "primary", "cycleway": "shared_lane"}, "none"),
            ({}, "none"),
        ],
    )
    def test_classes(self, tags: dict[str, str], kind: str) -> None:
        assert infrastructure_class(tags) == kind

    @given(
        st.lists(
            st.tuples(*[st.integers(0, 400)] * 4).filter(lambda t: t[:2] != t[2:]),
            min_size=1,
            max_size=6,
        ),
        st.integers(1, 40),
    )
    @settings(max_examples=40, deadline=None)
    def test_uncovered_equals_a_plain_difference(self, ends: list[Any], distance: int) -> None:
        lines = np.array([LineString([t[:2], t[2:]]) for t in ends], object)
        mine, others = lines[: len(lines) // 2 + 1], lines[len(lines) // 2 + 1 :]
        zone = shapely.union_all(shapely.buffer(others, distance, quad_segs=8))
        for line, rest in zip(mine, uncovered(mine, others, distance), strict=True):
            assert rest.length == pytest.approx(line.difference(zone).length, abs=1e-6)
        share = share_covered(mine, others, distance)
        assert ((share >= -1e-9) & (share <= 1 + 1e-9)).all()

    @given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=12))
    @settings(max_examples=40, deadline=None)
    def test_pieces_add_up(self, ends: list[Any]) -> None:
        ends = [t for t in ends if t[:2] != t[2:]] or [(0, 0, 1, 1)]
        lines = np.array([LineString([t[:2], t[2:]]) for t in ends], object)
        halves = np.array([box(0, 0, 20, 40), box(20, 0, 40, 40)])
        line, _, metres = pieces_by_area(lines, halves)
        total = np.bincount(line, weights=metres, minlength=len(lines))
        assert total == pytest.approx(shapely.length(lines))


def test_every_column_is_described(result: Any) -> None:
    for name, table in result.tables.items():
        assert set(table.columns) - {"geometry"} == set(CHECK.columns[name]), name


def test_without_routes_the_network_is_what_tags_tell() -> None:
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(-500, -500, 9000, 9000)], crs=CRS
    )
    lines = gpd.GeoDataFrame(
        {"highway": ["cycleway", "cycleway", "residential"], "oneway": ["yes", None, None]},
        geometry=[
            LineString([(0, 0), (2000, 0)]),
            LineString([(2000, 0), (3000, 0)]),
            LineString([(3000, 0), (5000, 0)]),
        ],
        crs=CRS,
    )
    result = cycle_network(municipalities, streets=from_lines(lines, mode="bike"))
    assert result.figures["network_km"] == 3
    assert result.figures["directed_km"] == 4
    assert "differences" not in result.features
    assert result.municipalities["missing_in_osm_km"].isna().all()
    assert result.municipalities["low_stress_share"].tolist() == [1]
    with pytest.raises(MissingLayerError) as error:
        cycle_network(municipalities)
    assert error.value.layer == "cycle_routes"
