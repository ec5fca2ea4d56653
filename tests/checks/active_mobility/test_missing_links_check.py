"""Missing links of the cycle network: what they open, for whom, and errors of the data."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, box

from metrogis.checks.active_mobility.missing_links import effects
from metrogis.checks.active_mobility.missing_links.check import CHECK, missing_links
from metrogis.checks.active_mobility.missing_links.graph import kinds_of, link_graph
from metrogis.checks.active_mobility.missing_links.openers import _cut, with_openers
from metrogis.checks.shared.cycle_graph import cycle_graph
from metrogis.errors import CRSError, MissingLayerError, ParameterError
from metrogis.streets import from_lines, read_osm

CRS = "EPSG:2180"
TOWN = gpd.GeoDataFrame(
    {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(0, -2000, 9000, 9000)], crs=CRS
)


def network_of(*ways: tuple[str, list[tuple[float, float]]], **columns: Any) -> Any:
    lines = gpd.GeoDataFrame(
        {"highway": [w[0] for w in ways], **columns},
        geometry=[LineString(w[1]) for w in ways],
        crs=CRS,
    )
    return from_lines(lines, mode="bike")


def points_of(*xy: tuple[float, float], names: str = "XYZ") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": list(names[: len(xy)])}, geometry=[Point(p) for p in xy], crs=CRS
    )


def cells_of(*rows: tuple[float, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"population": [r[2] for r in rows]},
        geometry=[Point(r[:2]).buffer(20, cap_style="square") for r in rows],
        crs=CRS,
    )


STUB = [
    ("cycleway", [(100, 300), (300, 300)]),
    ("tertiary", [(300, 300), (500, 300)]),
    ("cycleway", [(500, 300), (6000, 300)]),
]


@pytest.fixture(scope="module")
def result(demo_metro: Any) -> Any:
    m = demo_metro
    return missing_links(
        m.municipalities,
        m.streets,
        interchanges=m.interchanges,
        rail_stations=m.rail_stations,
        interchange_entrances=m.interchange_entrances,
        population=m.population,
        cycle_routes=m.cycle_routes,
    )


class TestDemo:
    def test_the_planted_link_comes_first(self, demo_truth: Any, result: Any) -> None:
        item = next(i for i in demo_truth if i["check"] == "missing_links")
        first = result.features["links"].iloc[0]
        assert (first["rank"], first["state"]) == (1, "missing_link")
        assert first["reason"] == "opens_interchange"
        assert first["interchanges"] == item["name"]
        assert first["length_m"] == pytest.approx(item["expected"]["length_m"], abs=0.5)
        assert box(*item["bounds"]).buffer(1).covers(first.geometry)
        assert first["people_gain"] > 0

    def test_ranks_and_lengths(self, result: Any) -> None:
        links = result.features["links"]
        right = links[links["state"] == "missing_link"]
        assert right["rank"].tolist() == list(range(1, len(right) + 1))
        assert links.loc[links["state"] == "data_error", "rank"].isna().all()
        assert right.geometry.length.to_numpy() == pytest.approx(right["length_m"].to_numpy())
        assert (right["cost_mln"] == right["length_m"] / 1000 * 2).all()
        parted = right["reason"] == "part"
        joined = right["joins_km"] > 0
        assert (right.loc[~parted & ~joined, "detour"] >= 1.5 - 1e-9).all()
        assert right.loc[parted, "rank"].min() > right.loc[~parted, "rank"].max()

    def test_the_way_round_is_the_detour(self, result: Any) -> None:
        links = result.features["links"].set_index("rank")
        ways = result.features["ways_round"].set_index("rank")
        some = links.loc[ways.index]
        assert ways.geometry.length.to_numpy() == pytest.approx(ways["length_m"].to_numpy())
        ratio = ways["length_m"].to_numpy() / some["length_m"].to_numpy()
        assert ratio == pytest.approx(some["detour"].to_numpy(), rel=1e-6)
        right = links[links["state"] == "missing_link"]
        assert np.isinf(right["detour"]).sum() == len(right) - len(ways)

    def test_columns_and_map(self, result: Any) -> None:
        assert "Brakujące" in result.explore(language="pl").get_root().render()
        for name, table in result.tables.items():
            assert set(table.columns) - {"geometry"} == set(CHECK.columns[name]), name


class TestOpens:
    def test_an_interchange_is_opened_from_min_network_on(self) -> None:
        streets, hub = network_of(*STUB), points_of((100, 320))
        for least, opens in ((3, 1.0), (5.9, 1.0), (5.91, 0.0), (0.2, 0.0)):
            links = missing_links(TOWN, streets, interchanges=hub, min_network=least)
            assert links.features["links"]["opens"].tolist() == [opens], least

    def test_an_interchange_too_far_is_not_opened(self) -> None:
        links = missing_links(TOWN, network_of(*STUB), interchanges=points_of((100, 351)))
        assert links.features["links"]["opens"].tolist() == [0.0]

    def test_opening_goes_before_betweenness(self) -> None:
        ways = [
            *STUB,
            ("cycleway", [(500, 2000), (900, 2000)]),
            ("tertiary", [(900, 2000), (1000, 2000)]),
            ("cycleway", [(1000, 2000), (1400, 2000)]),
            *[("residential", [(950 + k, 1000), (900, 2000)]) for k in range(0, 40, 4)],
        ]
        streets, hub = network_of(*ways), points_of((100, 320))
        by_access = missing_links(TOWN, streets, interchanges=hub).features["links"]
        by_benefit = missing_links(TOWN, streets, interchanges=hub, rank_by="benefit")
        assert by_access["length_m"].tolist()[0] == 200
        assert by_benefit.features["links"]["length_m"].tolist()[0] == 100

    def test_people_gain_by_hand(self) -> None:
        cells = cells_of((150, 310, 10), (400, 310, 7), (2000, 310, 100), (5900, 310, 1000))
        found = missing_links(
            TOWN, network_of(*STUB), interchanges=points_of((100, 320)), population=cells
        ).features["links"]
        # 10 reach it today; 7 live within 300 m of the infrastructure there is, and come to its end
        # at 500 as 100 do; it begins at the junctions 500 and 6000: 5900 is beyond 3750 m
        plain = _gain_by_networkx(cells, 3750.0)
        assert found["people_gain"].tolist() == [plain]

    def test_without_layers_unknown_not_zero(self) -> None:
        result = missing_links(TOWN, network_of(*STUB))
        links = result.features["links"]
        assert links["opens"].isna().all()
        assert links["people_gain"].isna().all()
        assert result.municipalities["opening"].isna().all()

    def test_weight_of_people(self) -> None:
        found = missing_links(
            TOWN,
            network_of(*STUB),
            interchanges=points_of((100, 320)),
            population=cells_of((500, 310, 90)),
            weight="people",
        ).features["links"]
        assert found["benefit"].tolist() == [90.0]


def _gain_by_networkx(cells: gpd.GeoDataFrame, limit: float) -> float:
    """People whose nearest junction of the infrastructure comes within reach."""
    nodes = {100: 0, 300: 1, 500: 2, 6000: 3}
    before, after = nx.Graph(), nx.Graph()
    for graph, edges in (
        (before, [(100, 300), (500, 6000)]),
        (after, [(100, 300), (300, 500), (500, 6000)]),
    ):
        graph.add_weighted_edges_from([(a, b, b - a) for a, b in edges])
    total = 0.0
    for shape, people in zip(cells.geometry.centroid, cells["population"], strict=True):
        near = min(nodes, key=lambda x: Point(x, 300).distance(shape))
        if Point(near, 300).distance(shape) > 300:
            continue
        reached = [
            nx.single_source_dijkstra_path_length(g, 100, cutoff=limit).get(near) is not None
            for g in (before, after)
        ]
        total += people if reached == [False, True] else 0.0
    return total


class TestErrors:
    def test_undershoot_is_an_error_of_the_data(self) -> None:
        streets = network_of(
            ("cycleway", [(0, 0), (1000, 0)]),
            ("cycleway", [(1002, 0), (2000, 0)]),
            ("tertiary", [(1000, 0), (1000, 500), (1002, 500), (1002, 0)]),
        )
        links = missing_links(TOWN, streets).features["links"]
        error = links[links["state"] == "data_error"]
        assert error[["reason", "length_m"]].to_numpy().tolist() == [["short", 2.0]]
        none = missing_links(TOWN, streets, short=1).features["links"]
        assert "short" not in set(none["reason"])

    @pytest.mark.parametrize(
        ("tags", "length", "reason"),
        [
            ({"footway": "crossing", "bicycle": "yes"}, 20, "crossing"),
            ({"segregated": "yes", "bicycle": "yes"}, 200, "tag_missing"),
            ({"bicycle": "permissive"}, 200, "joins_networks"),
            ({"footway": "crossing", "bicycle": "permissive"}, 31, "joins_networks"),
        ],
    )
    def test_tags_tell(self, tags: dict[str, str], length: float, reason: str) -> None:
        columns = {k: [None, v, None] for k, v in tags.items()}
        streets = network_of(
            ("cycleway", [(0, 0), (1000, 0)]),
            ("footway", [(1000, 0), (1000 + length, 0)]),
            ("cycleway", [(1000 + length, 0), (2000, 0)]),
            **columns,
        )
        links = missing_links(TOWN, streets).features["links"]
        assert links["reason"].tolist() == [reason]

    @pytest.mark.parametrize(
        ("crossing_length", "reason"), [(40, "crossing"), (39, "joins_networks")]
    )
    def test_a_crossing_is_short(self, crossing_length: float, reason: str) -> None:
        streets = network_of(
            ("cycleway", [(0, 0), (1000, 0)]),
            ("footway", [(1000, 0), (1040, 0)]),
            ("cycleway", [(1040, 0), (2000, 0)]),
            footway=[None, "crossing", None],
            bicycle=[None, "permissive", None],
        )
        found = missing_links(TOWN, streets, crossing_length=crossing_length)
        assert found.features["links"]["reason"].tolist() == [reason]

    def test_a_cycleway_beside_is_an_error(self) -> None:
        ways = [
            ("cycleway", [(0, 0), (1000, 0)]),
            ("tertiary", [(1000, 0), (2000, 0)]),
            ("cycleway", [(2000, 0), (3000, 0)]),
        ]
        beside = ("cycleway", [(1000, 10), (2000, 10)])
        alone = missing_links(TOWN, network_of(*ways)).features["links"]
        assert alone["state"].tolist() == ["missing_link"]
        drawn = missing_links(TOWN, network_of(*ways, beside)).features["links"]
        assert drawn["reason"].tolist() == ["parallel"]


class TestMunicipalLayer:
    def test_a_built_route_closes_the_gap(self) -> None:
        built = gpd.GeoDataFrame(
            {"state": ["built"]}, geometry=[LineString([(300, 305), (500, 305)])], crs=CRS
        )
        found = missing_links(TOWN, network_of(*STUB), cycle_routes=built)
        assert len(found.features["links"]) == 0
        assert found.municipalities["links"].tolist() == [0.0]

    def test_a_planned_route_is_told(self) -> None:
        planned = gpd.GeoDataFrame(
            {"state": ["planned"]}, geometry=[LineString([(300, 305), (500, 305)])], crs=CRS
        )
        found = missing_links(TOWN, network_of(*STUB), cycle_routes=planned).features["links"]
        assert found["planned_share"].tolist() == [1.0]


class TestNetwork:
    def test_low_stress_streets_may_be_the_network(self) -> None:
        ways = [
            ("residential", [(100, 300), (300, 300)]),
            ("primary", [(300, 300), (500, 300)]),
            ("residential", [(500, 300), (2000, 300)]),
        ]
        assert len(missing_links(TOWN, network_of(*ways)).features["links"]) == 0
        calm = missing_links(TOWN, network_of(*ways), network="low_stress").features["links"]
        assert calm[["length_m", "stress"]].to_numpy().tolist() == [[200.0, 4.0]]

    def test_simplified_city_keeps_lengths_and_distances(self, shared: Path) -> None:
        network = read_osm(shared / "data/walbrzych/streets_overpass.json", mode="bike", crs=CRS)
        graph = cycle_graph(
            network, None, rules="bike_ottawa", lanes=True, match_distance=15, match_share=0.8
        )
        kind = kinds_of(graph, 2)
        simple = link_graph(graph, kind)
        assert set(simple.edges["kind"]) == {"both", "mixed"}
        members = np.concatenate(simple.members)
        assert len(np.unique(members)) == len(members)
        assert simple.edges["length"].to_numpy() == pytest.approx(
            [network.edge_length[m].sum() for m in simple.members]
        )
        whole, small = nx.Graph(), nx.Graph()
        for g, u, v, w in (
            (whole, network.edge_u, network.edge_v, network.edge_length),
            (small, simple.edges["u"], simple.edges["v"], simple.edges["length"]),
        ):
            for a, b, metres in zip(u, v, w, strict=True):
                if not g.has_edge(a, b) or g[a][b]["weight"] > metres:
                    g.add_edge(int(a), int(b), weight=float(metres))
        start = int(simple.nodes["id"].iloc[7])
        far = nx.single_source_dijkstra_path_length(whole, start)
        near = nx.single_source_dijkstra_path_length(small, start)
        assert len(near) > 1000
        assert all(d == pytest.approx(far[k]) for k, d in near.items())

    def test_people_gain_equals_a_plain_search(self, shared: Path) -> None:
        network = read_osm(shared / "data/walbrzych/streets_overpass.json", mode="bike", crs=CRS)
        graph = cycle_graph(
            network, None, rules="bike_ottawa", lanes=True, match_distance=15, match_share=0.8
        )
        calm = graph.level <= 2
        graph = type(graph)(network, graph.kind, calm, graph.level, graph.audit)
        label = graph.parts[0]
        rng = np.random.default_rng(3)
        nodes = rng.choice(np.flatnonzero(label >= 0), 60, replace=False)
        hubs = effects.Hubs(nodes[:2], np.arange(2), np.array(["a", "b"], object))
        gaps = [
            effects.Gap((int(a), int(b)), np.zeros(0, np.int64), 150.0)
            for a, b in nodes[2:42].reshape(-1, 2)
        ]
        homes = effects.Settled(
            shapely.points(network.x[nodes], network.y[nodes]), np.full(60, 5.0), nodes
        )
        found = effects.people_gained(graph, gaps, hubs, homes, 2500.0, 300.0)
        plain = nx.Graph()
        for e in np.flatnonzero(calm):
            a, b = int(network.edge_u[e]), int(network.edge_v[e])
            metres = float(network.edge_length[e])
            if not plain.has_edge(a, b) or plain[a][b]["weight"] > metres:
                plain.add_edge(a, b, weight=metres)
        before = set(nx.multi_source_dijkstra_path_length(plain, set(nodes[:2].tolist()), 2500))
        for gap, people in zip(gaps, found, strict=True):
            more = plain.copy()
            a, b = gap.nodes
            if not more.has_edge(a, b) or more[a][b]["weight"] > 150:
                more.add_edge(a, b, weight=150.0)
            after = nx.multi_source_dijkstra_path_length(more, set(nodes[:2].tolist()), 2500)
            assert people == 5.0 * sum(int(x) in after and int(x) not in before for x in nodes)
        assert found.max() > 0


def test_refuses_what_it_cannot_use() -> None:
    with pytest.raises(MissingLayerError):
        missing_links(TOWN)
    streets = network_of(*STUB)
    with pytest.raises(MissingLayerError):
        missing_links(TOWN, streets, weight="people")
    with pytest.raises(ParameterError):
        missing_links(TOWN, streets, network="motorways")
    with pytest.raises(CRSError):
        missing_links(TOWN.to_crs(2177), streets)


def test_the_link_from_the_stub_at_a_station_comes_first() -> None:
    rows = [
        ("residential", (0, 0), (900, 0)),
        ("cycleway", (900, 0), (1000, 0)),
        ("residential", (1000, 0), (1300, 0)),
        ("cycleway", (1300, 0), (5300, 0)),
        ("cycleway", (-100, 0), (0, 0)),
    ]
    lines = gpd.GeoDataFrame(
        {"highway": [r[0] for r in rows]},
        geometry=[LineString(r[1:]) for r in rows],
        crs="EPSG:2180",
    )
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(-999, -999, 9000, 9000)], crs=2180
    )
    hub = gpd.GeoDataFrame({"name": ["Stacja"]}, geometry=[Point(950, 20)], crs="EPSG:2180")
    links = missing_links(
        municipalities, from_lines(lines, mode="bike"), interchanges=hub
    ).features["links"]
    assert links["interchanges"].iloc[0] == "Stacja"
    assert links["length_m"].iloc[0] == pytest.approx(300)


def test_a_swallowed_opener_is_put_back_and_the_longer_gap_cut(monkeypatch) -> None:
    # nodes 0 .. 3 on a line; the gap found is 0-1-2, of which 1-2 alone opens the interchange
    geometry = [LineString([(i * 100, 0), (i * 100 + 100, 0)]) for i in range(3)]
    edges = gpd.GeoDataFrame({"length": [100.0] * 3}, geometry=geometry, crs="EPSG:2180")

    def table(*paths: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "nodes": pd.Series([p[0] for p in paths], dtype=object),
                "edges": pd.Series([p[1] for p in paths], dtype=object),
                "length": [100.0 * len(p[1]) for p in paths],
                "detour": [np.inf] * len(paths),
                "benefit": [5.0] * len(paths),
            },
            geometry=[shapely.line_merge(shapely.multilinestrings([geometry[e] for e in p[1]]))
                      for p in paths],
            crs="EPSG:2180",
        )  # fmt: skip

    found = SimpleNamespace(
        gaps=table(((0, 1, 2), (0, 1))),
        filtered=table(((0, 1, 2), (0, 1)), ((1, 2), (1,)), ((0, 1, 2, 3), (0, 1, 2))),
        betweenness=pd.Series([4.0, 6.0, 2.0]),
    )
    monkeypatch.setattr(
        effects, "opened", lambda graph, gaps, hubs, enough: [[7] * (g.nodes[0] == 1) for g in gaps]
    )
    gaps, count = with_openers(found, edges, None, None, 3000.0)  # type: ignore[arg-type]
    assert count == 1
    assert gaps["nodes"].tolist() == [(1, 2), (0, 1)]
    assert gaps["length"].tolist() == [100, 100]
    assert gaps["benefit"].tolist() == [5, 4]
    assert gaps["detour"].isna().tolist() == [False, True]
    assert gaps.geometry.length.tolist() == [100, 100]


def test_the_shortest_way_to_an_interchange_goes_before_a_longer_one() -> None:
    # a stub at the station; a short street straight to the network, and a longer one that more
    # shortest ways use
    rows = [
        ("cycleway", [(1000, 0), (1200, 0)]),
        ("tertiary", [(1200, 0), (1450, 0)]),
        ("cycleway", [(1450, 0), (1450, 6000)]),
        ("cycleway", [(1000, 0), (1000, -200)]),
        ("tertiary", [(1000, -200), (1000, -900), (1450, -900)]),
        ("cycleway", [(1450, -900), (1450, -1900), (4000, -1900)]),
    ]
    rows += [("residential", [(1450, y), (1900, y)]) for y in range(-1900, -900, 100)]
    rows += [("residential", [(400, y), (1000, y)]) for y in (-200, 0)]
    hub = points_of((1000, 10))
    links = missing_links(TOWN, network_of(*rows), interchanges=hub).features["links"]
    opening = links[links["opens"] == 1]
    assert opening["length_m"].tolist() == pytest.approx([250, 1150])
    assert opening["benefit"].iloc[0] < opening["benefit"].iloc[1]
    assert opening["rank"].tolist() == [1, 2]


def test_a_shorter_opener_is_put_back_though_a_longer_gap_opens(monkeypatch) -> None:
    geometry = [LineString([(0, y), (100 + y, y)]) for y in (0, 300)]
    edges = gpd.GeoDataFrame({"length": [100.0, 400.0]}, geometry=geometry, crs="EPSG:2180")

    def table(*rows: int) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"nodes": pd.Series([(i, i + 5) for i in rows], dtype=object),
             "edges": pd.Series([(i,) for i in rows], dtype=object),
             "length": edges["length"].to_numpy()[list(rows)], "detour": np.inf, "benefit": 5.0},
            geometry=[geometry[i] for i in rows], crs="EPSG:2180",
        )  # fmt: skip

    monkeypatch.setattr(effects, "opened", lambda graph, gaps, hubs, enough: [[7] for _ in gaps])
    for kept, put_back, nodes in ((1, 1, [(0, 5), (1, 6)]), (0, 0, [(0, 5)])):
        found = SimpleNamespace(
            gaps=table(kept), filtered=table(0, 1), betweenness=pd.Series([1.0, 2.0])
        )
        gaps, count = with_openers(found, edges, None, None, 3000.0)  # type: ignore[arg-type]
        assert (count, gaps["nodes"].tolist()) == (put_back, nodes)


def test_what_is_left_of_a_gap_is_parts_of_its_path() -> None:
    assert _cut((1, 2, 3, 4), ("a", "b", "c"), {"a"}) == [((2, 3, 4), ("b", "c"))]
    assert _cut((1, 2, 3), ("a", "b"), {"a", "b"}) == []
