"""The demo looks like a real place: street form, density, stops, sizes of settlements.

Ranges are those measured, in the same way, on the street maps of Wałbrzych, Newport and São Paulo
(carriageways only): share of dead ends 0.13-0.32, of T-junctions 0.59-0.71, of crossroads
0.04-0.28, mean degree 2.4-3.0, median length of a street section 60-90 m (Wałbrzych 87), mean
104-162 m, 2.1-5.1 shape points per section; km of street per km2 in squares of 1 km: median
2.1-13.9 (of São Paulo the map holds only the city), 95th percentile 8-17, most 11-19. They are
widened here, by up to a third: more of the demo is country.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

ROADS = {
    "primary", "secondary", "tertiary", "unclassified", "residential", "living_street"
}  # fmt: skip


Streets = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def streets(folder: Path) -> Streets:
    """Places of nodes, ends of edges, their lengths."""
    nodes: dict[int, tuple[float, float]] = {}
    pairs: list[tuple[int, int]] = []
    for item in osmium.FileProcessor(str(folder / "streets.osm.pbf")):
        if item.is_node():
            nodes[item.id] = (item.location.lon, item.location.lat)
        elif item.is_way() and item.tags.get("highway") in ROADS:
            refs = [n.ref for n in item.nodes]
            pairs += list(zip(refs[:-1], refs[1:], strict=True))  # noqa: RUF007
    ids, edge = np.unique(np.array(pairs), return_inverse=True)
    edge = np.unique(np.sort(edge.reshape(-1, 2), axis=1), axis=0)
    lonlat = np.array([nodes[i] for i in ids.tolist()])
    move = pyproj.Transformer.from_crs(4326, 2180, always_xy=True)
    xy = np.column_stack(move.transform(lonlat[:, 0], lonlat[:, 1]))
    return xy, edge, np.hypot(*(xy[edge[:, 0]] - xy[edge[:, 1]]).T)


@pytest.fixture(scope="module")
def form(streets: Streets) -> dict[str, float]:
    xy, edge, length = streets
    degree = np.bincount(edge.ravel(), minlength=len(xy))
    at, which = edge.T.ravel(), np.tile(np.arange(len(edge)), 2)
    two = degree[at] == 2
    chain = which[two][np.argsort(at[two], kind="stable")].reshape(-1, 2)
    links = coo_matrix((np.ones(len(chain)), chain.T), shape=(len(edge),) * 2)
    section = np.bincount(connected_components(links, directed=False)[1], length)
    ends = degree[(degree > 0) & (degree != 2)]
    return {
        "dead_ends": float((ends == 1).mean()),
        "t_junctions": float((ends == 3).mean()),
        "crossroads": float((ends >= 4).mean()),
        "degree": float(ends.mean()),
        "median": float(np.median(section)),
        "mean": float(section.mean()),
        "shape_points": float((degree == 2).sum() / len(section)),
        "shortest": float(length.min()),
    }


@pytest.mark.parametrize(
    ("what", "low", "high"),
    [
        ("dead_ends", 0.12, 0.35),
        ("t_junctions", 0.50, 0.75),
        ("crossroads", 0.04, 0.31),
        ("degree", 2.3, 3.1),
        ("median", 55, 120),
        ("mean", 95, 190),
        ("shape_points", 1.9, 5.6),
    ],
)
def test_street_form(form: dict[str, float], what: str, low: float, high: float) -> None:
    assert low < form[what] < high


def test_street_density_and_size_of_settlements(folder: Path, streets: Streets) -> None:
    xy, edge, length = streets
    middle = (xy[edge[:, 0]] + xy[edge[:, 1]]) / 2
    _, square = np.unique(np.floor(middle / 1000), axis=0, return_inverse=True)
    density = np.bincount(square.ravel(), length / 1000)
    assert 1.2 < np.median(density) < 14
    assert 7 < np.percentile(density, 95) < 18
    assert 11 < density.max() < 26
    places = gpd.read_file(folder / "localities.geojson").to_crs(2180)
    near = cKDTree(middle).query_ball_point(shapely.get_coordinates(places.geometry), 500)
    around = np.array([length[i].sum() for i in near]) / 1000 / (np.pi * 0.25)
    size = np.digitize(places["people"], [500, 5_000, 50_000])
    by_size = [np.median(around[size == k]) for k in range(4)]
    assert 1 < by_size[0] < by_size[1] < by_size[2] < 20, by_size
    assert by_size[3] > 1.5 * by_size[0]


def test_density_falls_from_the_middle(folder: Path) -> None:
    with rasterio.open(folder / "population_2024.tif") as src:
        values = src.read(1)
        row, col = np.nonzero(values > 0)
        x, y = rasterio.transform.xy(src.transform, row, col)
    places = gpd.read_file(folder / "localities.geojson").to_crs(2180)
    city = places[places["seat"] == "city"].geometry.iloc[0]
    away = np.hypot(np.asarray(x) - city.x, np.asarray(y) - city.y)
    people = values[row, col]
    rings = [people[(away >= a) & (away < a + 800)].mean() for a in (0, 800, 1600)]
    assert rings[0] > rings[1] > rings[2]
    assert 50 < rings[0] < 200  # people per hectare in the middle of a harbour city
    assert 0.2 < rings[2] / rings[0] < 0.75


def test_rank_size_rule(folder: Path) -> None:
    places = gpd.read_file(folder / "localities.geojson")
    people = np.sort(places["people"].to_numpy())[::-1][:40]
    rank = np.arange(1, len(people) + 1)
    slope, _ = np.polyfit(np.log(rank), np.log(people), 1)
    assert -1.5 < slope < -0.9


def test_stops_per_person(folder: Path, truth: dict) -> None:
    posts = 0
    for feed in ("city_bus", "regional_bus"):
        with zipfile.ZipFile(folder / "gtfs" / f"{feed}.zip") as archive:
            posts += len(pd.read_csv(archive.open("stops.txt")))
    assert 3 < 1000 * posts / truth["people"] < 9


def test_names_are_polish_and_different(folder: Path) -> None:
    places = gpd.read_file(folder / "localities.geojson")
    assert places["name"].is_unique
    letters = set("".join(places["name"]))
    assert {"ś", "ł", "ó", "ę"} & letters == {"ś", "ł", "ó", "ę"}
    towns = gpd.read_file(folder / "municipalities.gpkg")
    assert towns["teryt"].str.fullmatch(r"98\d{4}[123]").all()
    assert set(towns["teryt"].str[-1]) == set("123")
    parts = gpd.overlay(towns, towns.rename(columns={"teryt": "other"}), keep_geom_type=True)
    assert parts[parts["teryt"] != parts["other"]].area.sum() < 1.0
