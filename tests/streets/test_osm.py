"""Reading OpenStreetMap: topology, access and one-way rules, damage, real files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from metrogis.errors import CRSError, MetrogisError, ParameterError, SourceError
from metrogis.streets import StreetNetwork, from_lines, read_osm
from metrogis.streets.permissions import DROPPED, NOTED, Permissions, Rules, decide, passable

Read = Callable[..., StreetNetwork]
ROW = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1), 5: (1, -1)}
ROAD = {"highway": "residential"}


def count(net: StreetNetwork, text: str) -> int:
    return sum(r.count for r in net.audit if text in r.what.en)


# ------------------------------------------------------------------------- topology


def test_ways_meet_at_shared_nodes_only(osm: Read) -> None:
    meeting = osm(ROW, [([1, 2, 3], ROAD), ([4, 2, 5], ROAD)])
    assert (meeting.n_nodes, meeting.n_edges, meeting.n_arcs) == (5, 4, 8)
    nodes = {**ROW, 6: (1, 0)}
    bridge = osm(nodes, [([1, 2, 3], ROAD), ([4, 6, 5], ROAD | {"bridge": "yes"})])
    assert (bridge.n_nodes, bridge.n_edges) == (4, 2)
    assert len(bridge.components().length) == 2
    assert sorted(bridge.node_id) == [1, 3, 4, 5]


def test_shape_and_length_are_those_of_the_way(osm: Read) -> None:
    net = osm(ROW, [([1, 4, 3], ROAD | {"name": "Łąkowa"})])
    assert (net.n_nodes, net.n_edges) == (2, 1)
    way = shapely.LineString([(18.5, 54.3), (18.501, 54.301), (18.502, 54.3)])
    line = gpd.GeoSeries([way], crs=4326).to_crs(2180).iloc[0]
    assert net.edges.geometry.iloc[0].equals_exact(line, 1e-6)
    assert net.edge_length[0] == pytest.approx(line.length, abs=1e-9)
    assert net.edges["name"].tolist() == ["Łąkowa"]
    assert net.edges["osm_id"].tolist() == [1]
    fine = osm(ROW, [([1, 4, 3], ROAD)], simplify=False)
    assert (fine.n_nodes, fine.n_edges) == (3, 2)
    assert fine.edge_length.sum() == pytest.approx(line.length)


def test_rings_loops_and_repeated_nodes(osm: Read) -> None:
    ring = osm(ROW, [([1, 2, 4, 1], ROAD)])
    assert (ring.n_nodes, ring.n_edges) == (1, 1)
    eight = osm(ROW, [([1, 2, 4, 1], ROAD), ([5, 1], ROAD)])
    assert eight.n_nodes == 2
    again = osm(ROW, [([1, 1, 2, 2, 3], ROAD), ([4], ROAD), ([5, 5], ROAD)])
    assert again.n_edges == 1
    assert again.n_nodes == 2


def test_a_way_is_broken_where_the_file_lacks_its_node(osm: Read) -> None:
    net = osm(ROW, [([1, 2, 99, 3, 4], ROAD), ([98, 5], ROAD)])
    assert net.n_edges == 2
    assert len(net.components().length) == 2
    assert count(net, "nodes of ways that the file lacks") == 2


def test_barriers_stop_whom_they_stop(osm: Read) -> None:
    ways = [([1, 2, 3], ROAD), ([4, 2, 5], ROAD)]
    wall = {2: {"barrier": "wall"}}
    net = osm(ROW, ways, wall)
    assert net.n_edges == 4
    assert len(net.components().length) == 4
    assert (net.node_id == 2).sum() == 4
    assert count(net, "barriers") == 1
    assert len(osm(ROW, ways, {2: {"barrier": "bollard"}}).components().length) == 1
    stile = {2: {"barrier": "stile"}}
    assert len(osm(ROW, ways, stile, mode="walk").components().length) == 1
    assert len(osm(ROW, ways, stile, mode="bike").components().length) == 4


def test_signals_and_tags_are_kept(osm: Read) -> None:
    tags = {"maxspeed": "30", "cycleway:right:oneway": "no", "parking:lane:left": "parallel",
            "shoulder:access:bicycle": "yes", "wikidata": "Q1"}  # fmt: skip
    net = osm(ROW, [([1, 2, 3], ROAD | tags), ([4, 2], ROAD)], {2: {"highway": "traffic_signals"}})
    assert net.node_id[net.signals].tolist() == [2]
    assert net.ways.loc[0, [*tags][:-1]].tolist() == list(tags.values())[:-1]
    assert "wikidata" not in net.ways
    assert net.ways["maxspeed"].isna().tolist() == [False, True]
    few = osm(ROW, [([1, 2], ROAD | tags)], keep_tags=["maxspeed", "cycle*"])
    assert list(few.ways) == ["osm_id", "maxspeed", "cycleway:right:oneway"]


# ------------------------------------------------------------------------- permissions

ONE_WAY = [
    # tags, bike, walk: open along and against the drawing
    ({}, "fb", "fb"),
    ({"oneway": "yes"}, "f", "fb"),
    ({"oneway": "-1"}, "b", "fb"),
    ({"oneway": "no"}, "fb", "fb"),
    ({"oneway": "reversible"}, "fb", "fb"),
    ({"oneway": "alternating"}, "fb", "fb"),
    ({"junction": "roundabout"}, "f", "fb"),
    ({"junction": "roundabout", "oneway": "no"}, "fb", "fb"),
    ({"junction": "circular"}, "f", "fb"),
    ({"oneway": "yes", "oneway:bicycle": "no"}, "fb", "fb"),
    ({"oneway": "-1", "oneway:bicycle": "yes"}, "b", "fb"),
    ({"oneway:bicycle": "yes"}, "f", "fb"),
    ({"oneway:bicycle": "-1"}, "b", "fb"),
    ({"oneway": "yes", "cycleway": "opposite"}, "fb", "fb"),
    ({"oneway": "yes", "cycleway": "opposite_lane"}, "fb", "fb"),
    ({"oneway": "yes", "cycleway:left": "opposite_track"}, "fb", "fb"),
    ({"oneway": "yes", "cycleway:left": "lane"}, "f", "fb"),
    ({"oneway": "yes", "cycleway:left": "lane", "cycleway:left:oneway": "-1"}, "fb", "fb"),
    ({"oneway": "yes", "cycleway:right": "track", "cycleway:right:oneway": "no"}, "fb", "fb"),
    ({"oneway": "yes", "cycleway:left": "no", "cycleway:left:oneway": "no"}, "f", "fb"),
    ({"oneway": "-1", "cycleway:left": "lane", "cycleway:left:oneway": "yes"}, "fb", "fb"),
    ({"oneway": "yes", "bicycle:backward": "yes"}, "fb", "fb"),
    ({"bicycle:forward": "no"}, "b", "fb"),
    ({"oneway:foot": "yes"}, "fb", "f"),
    ({"foot:backward": "no"}, "fb", "f"),
    ({"foot:forward": "no"}, "fb", "b"),
]


@pytest.mark.parametrize(("tags", "bike", "walk"), ONE_WAY)
def test_directions(osm: Read, tags: dict[str, str], bike: str, walk: str) -> None:
    for mode, expected in (("bike", bike), ("walk", walk)):
        net = osm(ROW, [([1, 2], ROAD | tags)], mode=mode)
        found = "".join("f" if a else "b" for a in sorted(net.arc_forward, reverse=True))
        assert found == expected, mode
        # and the arcs lead where they should
        start = int(np.flatnonzero(net.node_id == 1)[0])
        reached = np.isfinite(net.nearest([start], direction="from").distance).sum()
        assert reached == (2 if "f" in expected else 1)


def test_moving_stairs_run_one_way() -> None:
    stairs = {"highway": "steps", "conveying": "backward"}
    assert decide(stairs, "walk")[:2] == (False, True)


ACCESS = [
    # tags, walk, bike: "" open, else the reason
    ({"highway": "residential"}, "", ""),
    ({"highway": "motorway"}, "motorway", "motorway"),
    ({"highway": "motorway", "bicycle": "yes"}, "motorway", "motorway"),
    ({"highway": "trunk"}, "trunk", "trunk"),
    ({"highway": "trunk", "foot": "yes", "bicycle": "yes"}, "", ""),
    ({"highway": "trunk", "access": "yes"}, "trunk", "trunk"),
    ({"highway": "trunk", "sidewalk": "both", "cycleway:right": "track"}, "", ""),
    ({"highway": "trunk", "sidewalk": "both", "motorroad": "yes"}, "trunk", "trunk"),
    ({"highway": "construction"}, "planned", "planned"),
    ({"highway": "proposed", "foot": "yes"}, "planned", "planned"),
    ({"highway": "razed"}, "gone", "gone"),
    ({"highway": "bus_stop"}, "not_street", "not_street"),
    ({"highway": "residential", "access": "no"}, "forbidden", "forbidden"),
    ({"highway": "residential", "access": "no", "foot": "yes"}, "", "forbidden"),
    ({"highway": "residential", "access": "no", "bicycle": "yes"}, "forbidden", ""),
    ({"highway": "residential", "vehicle": "no"}, "", "forbidden"),
    ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, "", ""),
    ({"highway": "residential", "motor_vehicle": "no"}, "", ""),
    ({"highway": "service", "access": "private"}, "private", "private"),
    ({"highway": "service", "access": "customers"}, "", ""),
    ({"highway": "service", "access": "private;destination"}, "", ""),
    ({"highway": "residential", "foot": "no"}, "forbidden", ""),
    ({"highway": "residential", "foot": "use_sidepath", "bicycle": "use_sidepath"}, "", "sidepath"),
    ({"highway": "residential", "bicycle": "dismount"}, "", "dismount"),
    ({"highway": "footway"}, "", "footway"),
    ({"highway": "footway", "bicycle": "yes"}, "", ""),
    ({"highway": "footway", "access": "yes"}, "", "footway"),
    ({"highway": "pedestrian"}, "", "footway"),
    ({"highway": "pedestrian", "bicycle": "permissive"}, "", ""),
    ({"highway": "cycleway"}, "", ""),
    ({"highway": "cycleway", "foot": "no"}, "forbidden", ""),
    ({"highway": "path"}, "", ""),
    ({"highway": "path", "bicycle": "no"}, "", "forbidden"),
    ({"highway": "bridleway"}, "", "footway"),
    ({"highway": "steps"}, "", "stairs"),
    ({"highway": "steps", "bicycle": "yes"}, "", "stairs"),
    ({"highway": "track"}, "", ""),
    ({"highway": "platform"}, "", "platform"),
    ({"railway": "platform"}, "", "platform"),
    ({"route": "ferry"}, "ferry", "ferry"),
    ({"railway": "rail"}, "not_street", "not_street"),
    ({"highway": "busway"}, "not_street", ""),
    ({"highway": "yes"}, "not_street", "not_street"),
]


@pytest.mark.parametrize(("tags", "walk", "bike"), ACCESS)
def test_access(tags: dict[str, str], walk: str, bike: str) -> None:
    assert decide(tags, "walk").dropped == walk
    assert decide(tags, "bike").dropped == bike


@pytest.mark.parametrize(
    ("tags", "mode", "rules"),
    [
        ({"highway": "service", "access": "private"}, "walk", Rules(private=True)),
        ({"highway": "trunk"}, "walk", Rules(trunk=True)),
        ({"highway": "steps"}, "bike", Rules(stairs=True)),
        ({"highway": "residential", "bicycle": "dismount"}, "bike", Rules(dismount=True)),
        ({"highway": "footway"}, "bike", Rules(dismount=True)),
        ({"route": "ferry"}, "bike", Rules(ferries=True)),
    ],
)
def test_each_rule_opens_what_it_names(tags: dict[str, str], mode: Any, rules: Rules) -> None:
    assert decide(tags, mode).dropped
    assert not decide(tags, mode, rules).dropped


def test_a_direction_closed_to_vehicles_is_closed_to_bicycles() -> None:
    street = {"highway": "residential", "vehicle:backward": "no"}
    assert decide(street, "bike")[:2] == (True, False)
    assert decide(street, "walk")[:2] == (True, True)
    for own in ({"bicycle": "yes"}, {"bicycle:backward": "yes"}):
        assert decide(street | own, "bike")[:2] == (True, True)
    assert Permissions("bike")(street) == decide(street, "bike")


def test_options_of_the_reader_reach_the_rules(osm: Read) -> None:
    ways = [([1, 2], ROAD), ([2, 3], {"highway": "service", "access": "private"}),
            ([2, 4], {"route": "ferry"})]  # fmt: skip
    assert osm(ROW, ways).n_edges == 1
    assert osm(ROW, ways, private=True, ferries=True).n_edges == 3


def test_what_was_dropped_and_guessed_is_counted(osm: Read) -> None:
    kinds = [{"highway": "cycleway"}, {"highway": "motorway"}, {"highway": "motorway"},
             ROAD | {"access": "perhaps"}, {"highway": "pedestrian", "area": "yes"}]  # fmt: skip
    net = osm(ROW, [([1, 2], ROAD), *(([2, 3], k) for k in kinds)])
    found = {r.what.en: (r.action, r.count) for r in net.audit}
    assert found == {
        DROPPED["motorway"].en: ("dropped", 2),
        NOTED["cycleway_walked"].en: ("guessed", 1),
        NOTED["access_unread"].en: ("guessed", 1),
        NOTED["area"].en: ("noted", 1),
    }
    assert {r.layer for r in net.audit} == {"streets"}


@pytest.mark.parametrize(
    ("tags", "walk", "bike"),
    [
        ({"barrier": "gate"}, True, True),
        ({"barrier": "gate", "access": "private"}, False, False),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, True, False),
        ({"barrier": "gate", "locked": "yes"}, False, False),
        ({"barrier": "gate", "locked": "yes", "bicycle": "yes"}, False, True),
        ({"barrier": "kissing_gate"}, True, False),
        ({"barrier": "hedge"}, False, False),
        ({"barrier": "block", "bicycle": "no"}, True, False),
    ],
)
def test_barrier_rules(tags: dict[str, str], walk: bool, bike: bool) -> None:
    assert passable(tags, "walk") == walk
    assert passable(tags, "bike") == bike


# ------------------------------------------------------------------------- overpass and clips


def overpass(**more: Any) -> dict[str, Any]:
    nodes = [{"type": "node", "id": i, "lon": 18.5 + x / 1000, "lat": 54.3 + y / 1000}
             for i, (x, y) in ROW.items()]  # fmt: skip
    ways = [{"type": "way", "id": 1, "nodes": [1, 2, 3], "tags": ROAD},
            {"type": "way", "id": 2, "nodes": [4, 2, 5], "tags": ROAD}]  # fmt: skip
    return {
        "osm3s": {"timestamp_osm_base": "2024-05-01T10:00:00Z"},
        "elements": nodes + ways,
        **more,
    }


def test_overpass_with_nodes_or_with_geometry(tmp_path: Path, osm: Read) -> None:
    body = overpass()
    place = {e["id"]: {"lon": e["lon"], "lat": e["lat"]} for e in body["elements"][:5]}
    geom = overpass()
    geom["elements"] = [
        {**e, "geometry": [place[i] for i in e["nodes"]]} for e in body["elements"][5:]
    ]
    bare = {"elements": [{k: v for k, v in e.items() if k != "nodes"} for e in geom["elements"]]}
    expected = osm(ROW, [([1, 2, 3], ROAD), ([4, 2, 5], ROAD)])
    for data in (body, geom, bare):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        net = read_osm(path)
        np.testing.assert_allclose(np.sort(net.edge_length), np.sort(expected.edge_length))
        assert net.n_nodes == 5
        assert len(net.components().length) == 1
    assert read_osm(path).source.date == ""
    path.write_text(json.dumps(body), encoding="utf-8")
    source = read_osm(path).source
    assert (source.date, source.origin, source.licence) == ("2024-05-01", "a.json", "ODbL 1.0")
    assert len(source.sha256) == 64
    clipped = overpass()
    clipped["elements"][5]["geometry"] = [place[1], None, place[3]]
    path.write_text(json.dumps(clipped), encoding="utf-8")
    assert count(read_osm(path), "nodes of ways") == 1


def test_clip_keeps_whole_ways_that_reach_inside(osm: Read) -> None:
    ways = [([1, 2], ROAD), ([2, 3], ROAD), ([4, 5], ROAD)]
    whole = osm(ROW, ways)
    at = np.column_stack([whole.x, whole.y])[whole.node_id == 1][0]
    box = shapely.Point(at).buffer(10)
    clipped = osm(ROW, ways, clip=box)
    assert clipped.ways["osm_id"].tolist() == [1]
    assert clipped.edge_length[0] == whole.edge_length[0]
    assert osm(ROW, ways, clip=gpd.GeoSeries([box], crs=2180)).n_edges == 1
    with pytest.raises(SourceError, match=r"mini\.osm.*clip"):
        osm(ROW, ways, clip=shapely.box(0, 0, 1, 1))
    with pytest.raises(CRSError, match="clip"):
        osm(ROW, ways, clip=gpd.GeoSeries([box], crs=4326))


def test_compressed_xml(tmp_path: Path) -> None:
    text = ('<osm version="0.6"><node id="1" lon="18.5" lat="54.3"/><node id="2" lon="18.51" '
            'lat="54.3"/><way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
            "</osm>")  # fmt: skip
    path = tmp_path / "a.osm.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_osm(path).n_edges == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_nodes_behind_the_ways_and_ids_below_zero(tmp_path: Path, sign: int) -> None:
    a, b = sign * 1, sign * 2
    way = f'<way id="7"><nd ref="{a}"/><nd ref="{b}"/><tag k="highway" v="path"/></way>'
    nodes = f'<node id="{a}" lon="18.5" lat="54.3"/><node id="{b}" lon="18.51" lat="54.3"/>'
    path = tmp_path / "a.osm"
    for text in (nodes + way, way + nodes):
        path.write_text(f'<osm version="0.6">{text}</osm>', encoding="utf-8")
        net = read_osm(path)
        assert net.n_edges == 1
        assert len(net.audit) == 0


# ------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.osm.pbf", b""),
        ("a.osm.pbf", b"\x00\x00\x00\x0dnot a pbf file at all"),
        ("a.osm", b"<osm version='0.6'><way id='1'>"),
        ("a.osm", b"<osm version='0.6'></osm>"),
        ("a.osm", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><osm version="0.6">'
                  b'<node id="1" lon="1" lat="1"><tag k="n" v="&e;"/></node></osm>'),
        ("a.txt", b"hello"),
        ("a.json", b""),
        ("a.json", b"[]"),
        ("a.json", b'{"elements": 7}'),
        ("a.json", b'{"elements": [7]}'),
        ("a.json", b'{"elements": [{"type": "node", "id": 1}]}'),
        ("a.json", b'{"elements": [{"type": "way", "id": 1, "tags": {"highway": "path"}}]}'),
        ("a.json", b'{"elements": [{"type": "way", "id": 1, "nodes": [1], "geometry": [],'
                   b' "tags": {"highway": "path"}}]}'),
        ("a.json", b'{"elements": [], "remark": "runtime error: Query timed out"}'),
        ("a.json", b"\xff\xfe\x00"),
    ],
)  # fmt: skip
def test_broken_files_name_themselves(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=name.replace(".", r"\.")) as caught:
        read_osm(path)
    assert "Remedy" in caught.value.text.en
    assert "passwd" not in str(caught.value)


def test_cut_off_pbf(shared: Path, tmp_path: Path) -> None:
    whole = (shared / "data/sao_paulo/streets.osm.pbf").read_bytes()
    rng = np.random.default_rng(1)
    for i in range(6):
        path = tmp_path / f"cut{i}.osm.pbf"
        damaged = bytearray(whole[: int(len(whole) * (i + 1) / 7)])
        damaged[int(rng.integers(100, len(damaged)))] ^= 0xFF
        path.write_bytes(bytes(damaged))
        with pytest.raises(SourceError, match=path.name):
            read_osm(path, crs="EPSG:32723")


def test_pbf_without_ways(tmp_path: Path) -> None:
    path = tmp_path / "nodes.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(18.5, 54.3)))
    with pytest.raises(SourceError, match=r"nodes\.osm\.pbf.*no street for walk"):
        read_osm(path)


def test_missing_file_wrong_mode_wrong_crs(tmp_path: Path, osm: Read) -> None:
    with pytest.raises(SourceError, match=r"none\.pbf: there is no such file"):
        read_osm(tmp_path / "none.pbf")
    with pytest.raises(ParameterError, match="mode"):
        osm(ROW, [([1, 2], ROAD)], mode="boat")
    with pytest.raises(CRSError, match="distances cannot be computed"):
        osm(ROW, [([1, 2], ROAD)], crs="EPSG:4326")
    with pytest.raises(CRSError, match="outside|lies outside|swapped"):
        osm(ROW, [([1, 2], ROAD)], crs="EPSG:32723")
    with pytest.raises(SourceError, match="no street for bike"):
        osm(ROW, [([1, 2], {"highway": "steps"})], mode="bike")
    with pytest.raises(MetrogisError):
        osm(ROW, [([98, 99], ROAD)])


# ------------------------------------------------------------------------- real files

REAL = {
    # nodes, edges, arcs, km, share of the longest part: read once by this reader, then looked at
    ("walbrzych/streets_overpass.json", "EPSG:2180", "walk"): (2286, 2858, 5716, 354.8, 0.95),
    ("walbrzych/streets_overpass.json", "EPSG:2180", "bike"): (2267, 2807, 4735, 348.2, 0.94),
}


@pytest.mark.parametrize(("key", "expected"), REAL.items())
def test_walbrzych(shared: Path, key: tuple[str, str, Any], expected: tuple[Any, ...]) -> None:
    name, crs, mode = key
    net = read_osm(shared / "data" / name, crs=crs, mode=mode)
    km = net.edge_length.sum() / 1000
    share = net.components().length[0] / net.edge_length.sum()
    assert (net.n_nodes, net.n_edges, net.n_arcs) == expected[:3]
    assert (round(km, 1), int(100 * share) / 100) == expected[3:]
    assert net.source.date == "2023-01-26"


@pytest.mark.parametrize("mode", ["walk", "bike"])
@pytest.mark.parametrize(("name", "crs"), [("newport", "EPSG:27700"), ("sao_paulo", "EPSG:32723")])
def test_real_pbf_against_a_plain_second_reading(
    shared: Path, name: str, crs: str, mode: Any
) -> None:
    path = shared / "data" / name / "streets.osm.pbf"
    net = read_osm(path, mode=mode, crs=crs)
    chosen = set(net.ways["osm_id"].tolist())
    # lengths way by way, read and projected in another manner
    with_places = osmium.FileProcessor(str(path)).with_locations()
    factory = osmium.geom.WKBFactory()
    lines = {}
    for thing in with_places.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)):
        if thing.id in chosen:
            lines[thing.id] = shapely.from_wkb(factory.create_linestring(thing))
    shapes = gpd.GeoSeries(lines, crs=4326).to_crs(crs)
    mine = np.bincount(net.edge_way, weights=net.edge_length, minlength=len(net.ways))
    expected = shapes.loc[net.ways["osm_id"]].length.to_numpy()
    np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-6)
    # most of it hangs together, and distances are scipy's
    assert net.components().length[0] > 0.95 * net.edge_length.sum()
    sources = np.arange(0, net.n_nodes, net.n_nodes // 40)
    found = net.nearest(sources, direction="from").distance
    np.testing.assert_array_equal(found, dijkstra(net.matrix(), indices=sources, min_only=True))


# ------------------------------------------------------------------------- editors, values


@pytest.mark.parametrize("mark", ["action='delete'", 'visible="false"', "visible='false' x='>'"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_an_editor_deleted_is_left_out_and_counted(
    tmp_path: Path, osm: Read, mark: str, packed: bool
) -> None:
    osm(ROW, [([1, 2], ROAD), ([2, 3], ROAD), ([4, 2, 5], ROAD)], {2: {"barrier": "wall"}})
    text = (tmp_path / "mini.osm").read_text(encoding="utf-8")
    text = text.replace('<way id="2"', f'<way {mark} id="2"')
    assert read_osm_text(tmp_path, text, packed).components().length.shape == (3,)
    # a deleted wall stops nobody
    text = text.replace('<node id="2"', "<node action='delete' id=\"2\"")
    net = read_osm_text(tmp_path, text, packed)
    assert net.n_edges == 3
    assert len(net.components().length) == 1
    assert count(net, "deleted in an editor") == 1


def read_osm_text(folder: Path, text: str, packed: bool) -> StreetNetwork:
    path = folder / ("a.osm.gz" if packed else "a.osm")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return read_osm(path)


@pytest.mark.parametrize("mark", [{"visible": False}, {"visible": "false"}, {"action": "delete"}])
def test_overpass_elements_an_editor_deleted(tmp_path: Path, mark: dict[str, Any]) -> None:
    data = overpass()
    data["elements"][5].update(mark)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    net = read_osm(path)
    assert net.n_edges == 1
    assert count(net, "deleted in an editor") == 1


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "construction", "construction": "cycleway"}, "planned"),
        ({"highway": "Proposed"}, "planned"),
        ({"highway": "cycleway", "disused": "yes"}, "gone"),
        ({"highway": "razed"}, "gone"),
        ({"highway": "ruins"}, "gone"),
        ({"highway": "cycleawy"}, "unlisted"),
        ({"highway": " CYCLEWAY ;zzz"}, ""),
    ],
)
def test_only_what_stands_is_used(tags: dict[str, str], reason: str) -> None:
    assert {decide(tags, mode).dropped for mode in ("walk", "bike")} == {reason}


def test_near_a_way_of_unknown_kind_nothing_is_certain(osm: Read) -> None:
    net = osm(ROW, [([1, 2], ROAD), ([4, 2, 5], {"highway": "cycleawy"})])
    rows = [(r.action, r.count, r.examples) for r in net.audit if "unknown value" in r.what.en]
    assert rows == [("unknown", 1, "cycleawy 1")]
    (lost,) = net.losses
    assert (lost.count, lost.ids) == (1, ("2",))
    assert lost.where.length == pytest.approx(0.002)


def test_lines_with_tags_in_any_form_are_read_alike() -> None:
    shapes = [shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(9, 0), (9, 9)])]
    tags = [{"highway": "Residential", "oneway": "True"}, {"proposed:highway": "path"}]
    columns = pd.DataFrame(tags)
    hstore = pd.DataFrame({"other_tags": [
        ",".join(f'"{k}"=>"{v}"' for k, v in own.items()) for own in tags
    ]})  # fmt: skip
    for table in (
        columns,
        hstore,
        columns.rename(columns={"proposed:highway": "proposed_highway"}),
    ):
        net = from_lines(gpd.GeoDataFrame(table, geometry=shapes, crs=2180), mode="bike")
        assert (net.n_edges, net.n_arcs) == (1, 1)
        assert count(net, DROPPED["planned"].en) == 1


ODD = {
    "no object": 7,
    "no type": {"id": 1},
    "type": {"type": [], "id": 1},
    "no id": {"type": "way", "nodes": [1]},
    "id": {"type": "node", "id": [1]},
    "large id": {"type": "node", "id": 10**40},
    "nodes": {"type": "way", "id": 9, "nodes": "12", "tags": {"highway": "path"}},
    "node": {"type": "way", "id": 9, "nodes": [1, [2]], "tags": {"highway": "path"}},
    "geometry": {"type": "way", "id": 9, "geometry": {}, "tags": {"highway": "path"}},
    "lengths": {"type": "way", "id": 9, "nodes": [1], "geometry": [], "tags": {"highway": "path"}},
    "member": {"type": "relation", "id": 9, "members": [{"ref": "x"}], "tags": {"highway": "a"}},
    "members": {"type": "relation", "id": 9, "members": 5, "tags": {"highway": "pedestrian"}},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_an_answer_of_another_form_says_which_element_is_odd(tmp_path, odd) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"elements": [{"type": "node", "id": 1}, odd]}))
    with pytest.raises(
        SourceError, match=r"a\.json: not a readable OSM file: element 1: "
    ) as caught:
        read_osm(path)
    assert caught.value.__cause__ is None
