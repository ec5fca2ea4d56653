"""Cycle infrastructure: interchanges joined or not, the missing link, the break at a border."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

JOIN = 50.0


def parts_of(lines: np.ndarray) -> np.ndarray:
    """Component of each line; lines that share a vertex belong together."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    _, vertex = np.unique(np.round(xy, 2), axis=0, return_inverse=True)
    n = len(lines)
    links = coo_matrix(
        (np.ones(len(owner)), (owner, vertex + n)), shape=(n + vertex.max() + 1,) * 2
    )
    return connected_components(links, directed=False)[1][:n]


@pytest.fixture(scope="module")
def layers(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    names = ("cycle_routes", "interchanges", "interchange_entrances", "investments")
    return {n: gpd.read_file(folder / f"{n}.geojson").to_crs(2180) for n in names}


@pytest.fixture(scope="module")
def built(layers: dict) -> np.ndarray:
    routes = layers["cycle_routes"]
    return routes.geometry[routes["state"] == "built"].to_numpy()


def reached(lines: np.ndarray, points: gpd.GeoSeries) -> tuple[float, float]:
    """Distance to the nearest line, and the longest network within reach of any point."""
    parts = parts_of(lines)
    length = np.bincount(parts, shapely.length(lines))
    d = shapely.distance(lines[:, None], points.to_numpy()[None]).min(axis=1)
    near = d <= JOIN
    return float(d.min()), float(length[parts[near]].max()) if near.any() else 0.0


def test_interchanges_are_joined_or_not_as_planted(
    truth: dict, layers: dict, built: np.ndarray
) -> None:
    doors = layers["interchange_entrances"]
    kinds: dict[str, int] = {}
    for item in truth["planted"]:
        if item["check"] != "interchange_access":
            continue
        own = doors.geometry[doors["interchange"] == item["id"]]
        nearest, length = reached(built, own)
        kinds[item["kind"]] = kinds.get(item["kind"], 0) + 1
        expected = item["expected"]
        if "joined" in expected:
            assert (length >= 3000) == expected["joined"], item
        if "nearest_infrastructure_over_m" in expected:
            assert nearest > expected["nearest_infrastructure_over_m"]
        if "reached_length_under_m" in expected:
            assert 100 < length < expected["reached_length_under_m"]
    assert kinds["interchange"] >= 4
    assert set(kinds) == {
        "interchange", "interchange_bare", "interchange_isolated", "interchange_gap",
        "interchange_cut_off",
    }  # fmt: skip


def test_the_missing_link_opens_its_interchange(
    planted: dict, layers: dict, built: np.ndarray
) -> None:
    item = planted["missing_link"]
    doors = layers["interchange_entrances"]
    own = doors.geometry[doors["interchange"] == item["interchange"]]
    links = layers["investments"]
    link = links.geometry[links["name"] == "Łącznik do węzła"].to_numpy()
    assert shapely.length(link).sum() == pytest.approx(item["length_m"], abs=0.5)
    assert 0 < reached(built, own)[1] < 400
    assert reached(np.concatenate([built, link]), own)[1] > 3000


def test_the_break_lies_on_the_border(
    folder: Path, planted: dict, layers: dict, built: np.ndarray
) -> None:
    item = planted["border_break"]
    links = layers["investments"]
    link = links.geometry[links["name"] == "Łącznik przy granicy gmin"].iloc[0]
    assert link.geom_type == "LineString"
    assert link.length == pytest.approx(item["length_m"], abs=0.5)
    towns = gpd.read_file(folder / "municipalities.gpkg").set_index("teryt")
    ends = [shapely.Point(link.coords[0]), shapely.Point(link.coords[-1])]
    home = [towns.index[towns.contains(p)][0] for p in ends]
    assert sorted(home) == item["between"]
    parts = parts_of(built)
    length = np.bincount(parts, shapely.length(built))
    for p in ends:  # infrastructure reaches each end, but nothing lies between
        d = shapely.distance(built, p)
        assert d.min() < 1
        assert length[parts[np.argmin(d)]] > 400
    assert shapely.distance(built, link.interpolate(0.5, normalized=True)).min() > 100
    assert (
        parts[np.argmin(shapely.distance(built, ends[0]))]
        != parts[np.argmin(shapely.distance(built, ends[1]))]
    )


def osm_infrastructure(path: Path) -> np.ndarray:
    nodes: dict[int, tuple[float, float]] = {}
    lines: list[list[tuple[float, float]]] = []
    for item in osmium.FileProcessor(str(path)):
        if item.is_node():
            nodes[item.id] = (item.location.lon, item.location.lat)
        elif item.is_way():
            tags = dict(item.tags)
            if tags.get("highway") == "cycleway" or any(k.startswith("cycleway") for k in tags):
                lines.append([nodes[n.ref] for n in item.nodes])
    shapes = gpd.GeoSeries([shapely.LineString(c) for c in lines], crs=4326).to_crs(2180)
    return shapes.to_numpy()


def test_official_layer_and_osm_differ_only_where_planted(
    folder: Path, planted: dict, built: np.ndarray
) -> None:
    osm = osm_infrastructure(folder / "streets.osm.pbf")

    def beyond(a: np.ndarray, b: np.ndarray) -> Any:
        return shapely.union_all(a).difference(shapely.union_all(b).buffer(2.0))

    for item, rest in (
        (planted["official_absent_from_osm"], beyond(built, osm)),
        (planted["osm_absent_from_official"], beyond(osm, built)),
    ):
        assert rest.length == pytest.approx(item["length_m"], rel=0.03), item["kind"]
        box = shapely.box(*item["bounds"]).buffer(5)
        assert rest.difference(box).length < 1
    assert planted["official_absent_from_osm"]["length_m"] > 600


def test_station_is_cut_off_from_its_housing(folder: Path, planted: dict, layers: dict) -> None:
    item = planted["interchange_cut_off"]
    doors = layers["interchange_entrances"]
    own = doors.geometry[doors["interchange"] == item["id"]]
    housing = shapely.Point(item["expected"]["housing_x"], item["expected"]["housing_y"])
    assert len(own) == 1
    assert own.distance(housing).item() < 800
    rails = gpd.read_file(folder / "rail_lines.gpkg").to_crs(2180)
    way = shapely.LineString([own.iloc[0], housing])
    assert rails.intersects(way).any()
