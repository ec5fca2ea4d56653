"""Every file opens in the reader of its kind, without a warning."""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pyogrio
import pytest
import rasterio

from metrogis.metro import open_metro

FEEDS = ("city_bus", "regional_bus", "rail")


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_vectors_open(folder: Path) -> None:
    names = [*folder.glob("*.gpkg"), *folder.glob("*.geojson")]
    assert len(names) >= 12
    for path in names:
        meta, _, geometry, _ = pyogrio.raw.read(path)
        assert meta["crs"] == ("EPSG:2180" if path.suffix == ".gpkg" else "EPSG:4326"), path.name
        assert len(geometry) > 0
        assert all(g is not None for g in geometry)


def test_rasters_open_on_one_grid(folder: Path) -> None:
    shapes = {}
    for path in sorted(folder.glob("*.tif")):
        with rasterio.open(path) as src:
            assert src.crs.to_epsg() == 2180
            assert src.nodata is not None
            assert src.read(1).shape == src.shape
            shapes[path.stem] = (src.shape, src.res, src.bounds)
    assert shapes["population_2014"] == shapes["population_2024"]
    assert shapes["land_cover_2014"] == shapes["built_up_2024"]
    assert len({s[2] for s in shapes.values()}) == 1


def test_population_sums(folder: Path, truth: dict) -> None:
    with rasterio.open(folder / "population_2024.tif") as src:
        values = src.read(1)
    people = int(values[values > 0].sum())
    assert people == truth["people"] == 250_000
    table = pd.read_csv(folder / "population_municipal.csv", dtype={"teryt": str})
    whole = table[table["teryt"].str[-1].isin(list("123"))]
    assert int(whole["pop"].sum()) == people
    parts = table[table["teryt"].str[-1].isin(list("45"))]
    sums = parts.groupby(parts["teryt"].str[:6])["pop"].sum()
    mixed = whole[whole["teryt"].str[-1] == "3"].copy()
    mixed.index = pd.Index(mixed["teryt"].str[:6])
    assert len(mixed) >= 1
    pd.testing.assert_series_equal(sums, mixed["pop"], check_names=False)


def test_streets_are_whole(folder: Path, truth: dict) -> None:
    nodes: set[int] = set()
    highways: dict[str, int] = {}
    keys: set[str] = set()
    for item in osmium.FileProcessor(str(folder / "streets.osm.pbf")):
        if item.is_node():
            nodes.add(item.id)
        elif item.is_way():
            refs = [n.ref for n in item.nodes]
            assert len(refs) >= 2
            assert nodes.issuperset(refs)
            tags = dict(item.tags)
            keys |= set(tags)
            if "highway" in tags:
                highways[tags["highway"]] = highways.get(tags["highway"], 0) + 1
    assert len(nodes) == truth["streets"]["nodes"]
    assert 25_000 < truth["streets"]["street_nodes"] < 40_000
    assert {"primary", "secondary", "tertiary", "residential", "track", "footway"} <= set(highways)
    assert {"maxspeed", "lanes", "surface", "oneway", "bridge", "name", "cycleway:both"} <= keys


@pytest.mark.parametrize("feed", FEEDS)
def test_gtfs_is_consistent(folder: Path, feed: str) -> None:
    with zipfile.ZipFile(folder / "gtfs" / f"{feed}.zip") as archive:
        assert archive.testzip() is None
        tables = {
            Path(n).stem: list(csv.DictReader(io.TextIOWrapper(archive.open(n), "utf-8")))
            for n in archive.namelist()
        }
    stops = {r["stop_id"] for r in tables["stops"]}
    trips = {r["trip_id"]: r for r in tables["trips"]}
    assert len(stops) == len(tables["stops"])
    assert len(trips) == len(tables["trips"])
    assert {t["route_id"] for t in trips.values()} == {r["route_id"] for r in tables["routes"]}
    assert {r["stop_id"] for r in tables["stop_times"]} <= stops
    assert {r["trip_id"] for r in tables["stop_times"]} == set(trips)
    services = {r["service_id"] for n in ("calendar", "calendar_dates") for r in tables.get(n, [])}
    assert {t["service_id"] for t in trips.values()} <= services
    last: dict[str, tuple[int, int]] = {}
    for r in tables["stop_times"]:
        if not r["departure_time"]:
            continue
        h, m, s = map(int, r["departure_time"].split(":"))
        now = (int(r["stop_sequence"]), h * 3600 + m * 60 + s)
        then = last.get(r["trip_id"])
        assert then is None or (then[0] < now[0] and then[1] < now[1]), r
        last[r["trip_id"]] = now


def test_operators_have_their_habits(folder: Path) -> None:
    def names(feed: str) -> set[str]:
        return set(zipfile.ZipFile(folder / "gtfs" / f"{feed}.zip").namelist())

    def text(feed: str, name: str) -> str:
        return zipfile.ZipFile(folder / "gtfs" / f"{feed}.zip").read(name).decode()

    assert "frequencies.txt" in names("city_bus")
    assert "calendar.txt" not in names("regional_bus")
    assert "shapes.txt" in names("regional_bus")
    assert ",,," in text("regional_bus", "stop_times.txt").replace('""', "")
    assert ",25:" in text("city_bus", "stop_times.txt").replace('"', "")
    assert ",11" in text("city_bus", "routes.txt")
    assert ",109" in text("rail", "routes.txt")
    assert "parent_station" in text("rail", "stops.txt")


def test_catalog_loads_every_layer(folder: Path) -> None:
    metro = open_metro(folder)
    for name, layer in metro.catalog.layers.items():
        if not hasattr(layer, "missing"):
            assert metro[name] is not None, name
    repaired = [r for r in metro.audit.rows if r.action in ("dropped", "repaired")]
    assert repaired == []
    days = metro.timetable.day_types()
    assert all(d.state == "known" for d in days.values())


def test_gbfs_agrees_with_itself(folder: Path) -> None:
    info = json.loads((folder / "gbfs" / "station_information.json").read_text("utf-8"))
    status = json.loads((folder / "gbfs" / "station_status.json").read_text("utf-8"))
    docks = {s["station_id"]: s["capacity"] for s in info["data"]["stations"]}
    for s in status["data"]["stations"]:
        assert s["num_bikes_available"] + s["num_docks_available"] == docks[s["station_id"]]
    assert len(docks) == len(status["data"]["stations"]) > 20


def test_elevation_is_plausible(folder: Path) -> None:
    with rasterio.open(folder / "elevation.tif") as src:
        values = src.read(1, masked=True)
    assert 0 < values.min() < 3
    assert 80 < values.max() < 400
    slope = np.hypot(*np.gradient(values.filled(0).astype(float), 50.0))[~values.mask]
    assert np.percentile(slope, 95) < 0.15
