"""Gaps of cycle infrastructure at municipal borders: planted, made, and against a plain search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from shapely import LineString, box

from metrogis.checks.active_mobility.border_gaps.check import CHECK, border_gaps
from metrogis.checks.shared.cycle_graph import cycle_graph, undirected
from metrogis.errors import CRSError, MissingLayerError, ParameterError
from metrogis.streets import from_lines, read_osm

CRS = "EPSG:2180"


def towns_of(*boxes: Any) -> gpd.GeoDataFrame:
    names = "ABCD"[: len(boxes)]
    codes = [f"22610{i}1" for i in range(1, len(boxes) + 1)]
    return gpd.GeoDataFrame({"teryt": codes, "name": list(names)}, geometry=list(boxes), crs=CRS)


TWO = towns_of(box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000))


def network_of(*ways: tuple[str, list[tuple[float, float]]], **columns: Any) -> Any:
    lines = gpd.GeoDataFrame(
        {"highway": [w[0] for w in ways], **columns},
        geometry=[LineString(w[1]) for w in ways],
        crs=CRS,
    )
    return from_lines(lines, mode="bike")


@pytest.fixture(scope="module")
def result(demo_metro: Any) -> Any:
    return border_gaps(
        demo_metro.municipalities, demo_metro.streets, cycle_routes=demo_metro.cycle_routes
    )


class TestDemo:
    def test_the_planted_break_comes_first(self, demo_truth: Any, result: Any) -> None:
        item = next(i for i in demo_truth if i["check"] == "border_gaps")
        first = result.features["crossings"].iloc[0]
        assert (first["state"], first["reason"], first["rank"]) == ("gap", "missing_between", 1)
        assert sorted([first["teryt_a"], first["teryt_b"]]) == item["expected"]["between"]
        assert first["length_m"] == pytest.approx(item["expected"]["length_m"], abs=1)
        assert box(*item["bounds"]).buffer(1).covers(first.geometry)

    def test_three_states_and_ranks(self, result: Any) -> None:
        table = result.features["crossings"]
        assert set(table["state"]) <= {"gap", "continuous", "unknown"}
        gaps = table[table["state"] == "gap"]
        assert gaps["rank"].tolist() == list(range(1, len(gaps) + 1))
        between = gaps[gaps["reason"] == "missing_between"]
        assert between.geometry.length.to_numpy() == pytest.approx(between["length_m"].to_numpy())
        assert (between["detour"] >= 1 - 1e-9).all()

    def test_map_and_columns(self, result: Any) -> None:
        assert "przerwa" in result.explore(language="pl").get_root().render()
        for name, table in result.tables.items():
            assert set(table.columns) - {"geometry"} == set(CHECK.columns[name]), name


class TestMade:
    def gap(self, **parameters: Any) -> Any:
        streets = network_of(
            ("cycleway", [(2000, 9), (4900, 9)]),
            ("tertiary", [(4900, 9), (5200, 9)]),
            ("cycleway", [(5200, 9), (7000, 9)]),
        )
        return border_gaps(TWO, streets, **parameters).features["crossings"]

    def test_one_gap_found_from_both_sides_is_one(self) -> None:
        table = self.gap()
        assert table[["state", "length_m", "stress"]].to_numpy().tolist() == [["gap", 300.0, 3.0]]
        assert table["joins_km"].tolist() == [1.8]
        assert np.isnan(table["around_m"].iloc[0])

    @pytest.mark.parametrize(("line_tolerance", "km"), [(2, 1.8), (1, 2.9)])
    def test_what_is_drawn_twice_counts_once(self, line_tolerance: float, km: float) -> None:
        streets = network_of(
            ("cycleway", [(2000, 9), (4900, 9)]),
            ("tertiary", [(4900, 9), (5200, 9)]),
            ("cycleway", [(5200, 9), (7000, 9)]),
            ("cycleway", [(5200, 9), (5200, 7.5), (7000, 7.5)]),
        )
        found = border_gaps(TWO, streets, line_tolerance=line_tolerance).features["crossings"]
        assert found["joins_km"].round(1).tolist() == [km]

    def test_limits_hold(self) -> None:
        assert len(self.gap(gap_limit=299, lone_distance=0)) == 0
        assert len(self.gap(reach=99)) == 0
        assert len(self.gap(gap_limit=300, reach=100)) == 1

    def test_a_sliver_between_municipalities_is_a_border(self) -> None:
        municipalities = towns_of(box(0, 0, 4990, 5000), box(5000, 0, 9000, 5000))
        streets = network_of(("cycleway", [(2000, 9), (7000, 9)]))
        assert border_gaps(municipalities, streets).features["borders"]["state"].tolist() == [
            "continuous"
        ]
        none = border_gaps(municipalities, streets, border_tolerance=5).features["borders"]
        assert len(none) == 0

    def test_a_route_that_crosses_is_continuous(self) -> None:
        result = border_gaps(TWO, network_of(("cycleway", [(2000, 9), (7000, 9)])))
        assert result.features["crossings"]["state"].tolist() == ["continuous"]
        assert result.features["borders"]["state"].tolist() == ["continuous"]

    def test_a_good_way_round_is_no_gap(self) -> None:
        ways = [
            ("cycleway", [(2000, 9), (4900, 9)]),
            ("tertiary", [(4900, 9), (5200, 9)]),
            ("cycleway", [(5200, 9), (7000, 9)]),
            ("cycleway", [(4900, 9), (4900, 50), (5200, 50), (5200, 9)]),
        ]
        spur = ("tertiary", [(4900, 9), (4900, -5)])
        table = border_gaps(TWO, network_of(*ways, spur)).features["crossings"]
        assert table["state"].tolist() == ["continuous"]

    def test_nothing_beyond_is_told_from_no_data(self) -> None:
        ways = [
            ("cycleway", [(2000, 9), (4950, 9)]),
            ("tertiary", [(4950, 9), (8000, 9)]),
        ]
        far = ("cycleway", [(7000, 4000), (8500, 4000)])
        bare = border_gaps(TWO, network_of(*ways)).features["crossings"]
        assert bare[["state", "reason"]].to_numpy().tolist() == [["unknown", "no_data"]]
        table = border_gaps(TWO, network_of(*ways)).municipalities
        assert table["cycle_data"].isna().tolist() == [False, True]
        assert table["gaps"].isna().tolist() == [False, True]
        assert table["unknown"].tolist() == [1.0, 1.0]
        known = border_gaps(TWO, network_of(*ways, far)).features["crossings"]
        assert known[["state", "reason"]].to_numpy().tolist() == [["gap", "nothing_beyond"]]

    def test_the_municipal_layer_closes_a_gap_of_tags(self) -> None:
        streets = network_of(
            ("cycleway", [(2000, 9), (4900, 9)]),
            ("tertiary", [(4900, 9), (5200, 9)]),
            ("cycleway", [(5200, 9), (7000, 9)]),
        )
        routes = gpd.GeoDataFrame(
            {"highway": ["cycleway"]}, geometry=[LineString([(2000, 14), (7000, 14)])], crs=CRS
        )
        table = border_gaps(TWO, streets, cycle_routes=routes).features["crossings"]
        assert table["state"].tolist() == ["continuous"]

    def test_corners_are_no_neighbours(self) -> None:
        municipalities = towns_of(box(0, 0, 10, 10), box(10, 10, 20, 20), box(10, 0, 20, 10))
        municipalities = municipalities.set_geometry(municipalities.scale(500, 500, origin=(0, 0)))
        streets = network_of(("cycleway", [(2000, 9), (7000, 9)]))
        pairs = border_gaps(municipalities, streets).features["borders"]
        assert pairs[["name_a", "name_b"]].to_numpy().tolist() == [["A", "C"], ["B", "C"]]


def test_refuses_without_streets() -> None:
    with pytest.raises(MissingLayerError):
        border_gaps(TWO)
    walk = from_lines(
        gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9, 0)])], crs=CRS), mode="walk"
    )
    with pytest.raises(MissingLayerError):
        border_gaps(TWO, walk)
    bike = network_of(("cycleway", [(2000, 9), (7000, 9)]))
    with pytest.raises(ParameterError):
        border_gaps(TWO, bike, reach=0)
    with pytest.raises(CRSError):
        border_gaps(TWO.to_crs(2177), bike)


def test_searches_equal_a_plain_graph(shared: Path) -> None:
    network = read_osm(shared / "data/walbrzych/streets_overpass.json", mode="bike", crs=CRS)
    graph = cycle_graph(
        network, None, rules="bike_ottawa", lanes=True, match_distance=15, match_share=0.8
    )
    mine = undirected(network, network.open_edges)
    plain = nx.MultiGraph()
    plain.add_weighted_edges_from(
        zip(network.edge_u.tolist(), network.edge_v.tolist(), network.edge_length, strict=True)
    )
    sources = np.array([3, 700, 1500])
    for i, far, before in mine.from_nodes(sources, 1500.0):
        expected = nx.single_source_dijkstra_path_length(plain, int(sources[i]), cutoff=1500.0)
        assert {k: pytest.approx(v) for k, v in expected.items()} == {
            int(k): far[k] for k in np.flatnonzero(np.isfinite(far))
        }
        target = int(np.argmax(np.where(np.isfinite(far), far, -1)))
        route = mine.route(before, target, far)
        assert network.edge_length[route.edges].sum() == pytest.approx(route.metres)
        line = graph.line(route)
        assert line.length == pytest.approx(route.metres)
        assert line.coords[0] == (network.x[sources[i]], network.y[sources[i]])
