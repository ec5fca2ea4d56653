"""Extent of a street file, and streets that were not read whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from metrogis.evidence import Evidence
from metrogis.streets import load, read_osm
from metrogis.streets.extent import MARGIN, around
from metrogis.streets.layer import Streets

CRS = "EPSG:2180"
METRE = 1 / 111_200  # degrees of latitude
ROAD = {"highway": "residential"}


def lattice(columns: int = 21, step: float = 200.0) -> tuple[list[Any], list[Any]]:
    """Nodes (id, lon, lat) and ways (refs, tags) of a grid of streets, ``step`` metres apart."""
    at = lambda i, j: 1 + i * columns + j  # noqa: E731
    nodes = [
        (at(i, j), 18.5 + j * step * METRE / 0.5835, 54.3 + i * step * METRE)
        for i in range(columns)
        for j in range(columns)
    ]
    ways = [([at(i, j) for j in range(columns)], ROAD) for i in range(columns)]
    ways += [([at(i, j) for i in range(columns)], ROAD) for j in range(columns)]
    return nodes, ways


def write_pbf(path: Path, nodes: Any, ways: Any, *, box: Any = None, relations: Any = ()) -> Path:
    header = osmium.io.Header()
    if box is not None:
        header.add_box(osmium.osm.Box(*box))
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path), header=header)
    for number, lon, lat in nodes:
        writer.add_node(osmium.osm.mutable.Node(id=number, location=(lon, lat), version=1))
    for i, (refs, tags) in enumerate(ways, 1):
        writer.add_way(osmium.osm.mutable.Way(id=i, nodes=refs, tags=tags, version=1))
    for i, (members, tags) in enumerate(relations, 1):
        writer.add_relation(
            osmium.osm.mutable.Relation(id=i, members=members, tags=tags, version=1)
        )
    writer.close()
    return path


def write_json(path: Path, nodes: Any, ways: Any, *, relations: Any = (), **more: Any) -> Path:
    elements: list[Any] = [
        {"type": "node", "id": i, "lon": lon, "lat": lat} for i, lon, lat in nodes
    ]
    elements += [
        {"type": "way", "id": i, "nodes": refs, "tags": tags}
        for i, (refs, tags) in enumerate(ways, 1)
    ]
    elements += [
        {
            "type": "relation",
            "id": i,
            "tags": tags,
            "members": [
                {"type": {"w": "way", "n": "node"}[kind], "ref": ref, "role": role}
                for kind, ref, role in members
            ],
        }
        for i, (members, tags) in enumerate(relations, 1)
    ]
    path.write_text(json.dumps({"elements": elements, **more}), encoding="utf-8")
    return path


WRITERS = [(write_pbf, "a.osm.pbf"), (write_json, "a.json")]


def test_without_a_stated_box_the_land_around_the_streets_is_known(tmp_path: Path) -> None:
    network = read_osm(write_pbf(tmp_path / "a.osm.pbf", *lattice()), crs=CRS)
    low, high = network.coords.min(axis=0), network.coords.max(axis=0)
    middle = (low + high) / 2
    probe = [middle, (high[0] + 100, middle[1]), (high[0] + MARGIN + 250, middle[1])]
    assert shapely.covers(network.extent, shapely.points(probe)).tolist() == [True, True, False]


@pytest.mark.parametrize(("hole", "known"), [(2000.0, True), (6000.0, False)])
def test_a_wide_gap_may_be_the_end_of_the_data(hole: float, known: bool) -> None:
    side = np.arange(0, 12_001, 100.0)
    x, y = (a.ravel() for a in np.meshgrid(side, side))
    apart = np.maximum(np.abs(x - 6000), np.abs(y - 6000)) >= hole / 2
    land = around(np.column_stack([x, y])[apart], gap=1500, margin=250)
    assert bool(shapely.covers(land, shapely.Point(6000, 6000))) is known


def test_a_stated_box_is_known_beyond_its_streets_but_not_without_any(tmp_path: Path) -> None:
    nodes, ways = lattice()
    box = (18.4, 54.25, 18.9, 54.4)
    for write, name in WRITERS:
        more: dict[str, Any] = {"box": box}
        if write is write_json:
            keys = ("minlon", "minlat", "maxlon", "maxlat")
            more = {"bounds": dict(zip(keys, box, strict=True))}
        network = read_osm(write(tmp_path / name, nodes, ways, **more), crs=CRS)
        places = gpd.GeoSeries(
            gpd.points_from_xy([18.45, 18.39, 18.88], [54.3, 54.3, 54.3]), crs=4326
        ).to_crs(CRS)
        covered = shapely.covers(network.extent, places.to_numpy())
        assert covered.tolist() == [True, False, False], name


def test_ways_cut_off_at_the_edge_do_not_widen_a_stated_box(tmp_path: Path) -> None:
    nodes, ways = lattice()
    path = write_pbf(tmp_path / "a.osm.pbf", nodes, ways, box=(18.5, 54.3, 18.52, 54.32))
    network = read_osm(path, crs=CRS)
    assert network.coords[:, 0].max() > shapely.bounds(network.extent)[2] + 1000


def test_clipped_streets_are_known_inside_the_clip(tmp_path: Path) -> None:
    path = write_pbf(tmp_path / "a.osm.pbf", *lattice())
    whole = read_osm(path, crs=CRS)
    clip = shapely.Point(whole.coords.mean(axis=0)).buffer(800)
    part = read_osm(path, crs=CRS, clip=clip)
    assert part.extent.difference(clip).area < 1e-6
    assert part.extent.area == pytest.approx(clip.area)


# ------------------------------------------------------------------------- losses


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_lost_nodes_leave_a_loss_where_the_hole_is(tmp_path: Path, write: Any, name: str) -> None:
    nodes, ways = lattice()
    gone = 1 + 10 * 21 + 10  # in the middle of two ways
    network = read_osm(write(tmp_path / name, [n for n in nodes if n[0] != gone], ways), crs=CRS)
    assert [(x.kind, x.count, x.ids) for x in network.losses] == [("way", 2, ("11", "32"))]
    evidence = Evidence.of(network, "streets", CRS)
    lon, lat = np.array(nodes)[gone - 1, 1:]
    at = gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs=4326).to_crs(CRS).iloc[0]
    places = np.array([[at.x, at.y], [at.x + 300, at.y], [at.x + 900, at.y]])
    assert evidence.known_near(places, 150).tolist() == [False, False, True]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_way_without_any_node_in_the_file_may_be_anywhere(
    tmp_path: Path, write: Any, name: str
) -> None:
    nodes, ways = lattice()
    network = read_osm(write(tmp_path / name, nodes, [*ways, ([9001, 9002], ROAD)]), crs=CRS)
    assert [(x.count, x.where) for x in network.losses] == [(1, None)]
    assert Evidence.of(network, "streets", CRS).lost_anywhere
    one = read_osm(write(tmp_path / name, nodes, [*ways, ([5, 9002], ROAD)]), crs=CRS)
    assert not Evidence.of(one, "streets", CRS).lost_anywhere
    assert any("without two nodes" in row.what.en and row.count == 1 for row in one.audit)


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_broken_way_is_a_loss_to_those_it_is_open_to(
    tmp_path: Path, write: Any, name: str
) -> None:
    nodes, ways = lattice()
    path = write(tmp_path / name, nodes, [*ways, ([1, 9001, 300], {"highway": "steps"})])
    assert len(read_osm(path, crs=CRS, mode="walk").losses) == 1
    assert read_osm(path, crs=CRS, mode="bike").losses == ()
    assert len(Streets(path, CRS).losses) == 1
    motorway = write(tmp_path / name, nodes, [*ways, ([1, 9001, 300], {"highway": "motorway"})])
    assert Streets(motorway, CRS).losses == ()


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_street_stored_as_a_relation_is_lost_at_its_members(
    tmp_path: Path, write: Any, name: str
) -> None:
    nodes, ways = lattice()
    ring = [1, 2, 23, 22, 1]
    square = ([("w", 43, "outer")], {"type": "multipolygon", "highway": "pedestrian"})
    path = write(tmp_path / name, nodes, [*ways, (ring, {})], relations=[square])
    network = read_osm(path, crs=CRS)
    assert [(x.count, x.ids) for x in network.losses] == [(1, ("1",))]
    where = network.losses[0].where
    assert where.area > 0
    assert shapely.bounds(where)[0] == pytest.approx(18.5)
    nowhere = ([("w", 4711, "outer")], {"type": "multipolygon", "highway": "pedestrian"})
    path = write(tmp_path / name, nodes, ways, relations=[nowhere])
    assert [x.where for x in read_osm(path, crs=CRS).losses] == [None]


def test_unreadable_values_cost_their_element_only(tmp_path: Path) -> None:
    nodes, ways = lattice()
    path = write_json(tmp_path / "a.json", nodes, ways)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["elements"][0]["lon"] = "east"
    data["elements"][-1]["tags"] = "highway=residential"
    path.write_text(json.dumps(data), encoding="utf-8")
    network = read_osm(path, crs=CRS)
    assert {x.what.en: x.count for x in network.losses} == {
        "way some of whose nodes the file lacks": 2,
        "way whose tags cannot be read": 1,
    }
    assert all(x.where is not None for x in network.losses)


def test_extent_and_losses_are_kept_with_the_network(tmp_path: Path) -> None:
    nodes, ways = lattice()
    path = write_pbf(tmp_path / "a.osm.pbf", nodes[:-1], ways)
    network = read_osm(path, crs=CRS)
    again = load(network.save(tmp_path / "a.npz"))
    assert again.extent.equals(network.extent)
    assert again.losses == network.losses
    assert again.losses
    layer = Streets(path, CRS)
    assert layer.extent.equals(network.extent)
    assert layer.losses == network.losses
    assert network.subnetwork(network.open_edges).extent is network.extent
