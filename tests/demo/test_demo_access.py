"""Planted white spots, checked against the files alone: own reading of GTFS, PBF, rasters."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyproj
import pytest
import rasterio
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
from scipy.spatial import cKDTree

BUS, RAIL = 500.0, 1000.0
DATES = {
    "school_day": "20241113",
    "holiday_weekday": "20250205",
    "saturday": "20241116",
    "sunday": "20241117",
}
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(archive: zipfile.ZipFile, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(archive.read(name)), dtype=str, keep_default_na=False)


def seconds(text: pd.Series) -> pd.Series:
    parts = text.str.split(":", expand=True)
    return parts[0].astype(int) * 3600 + parts[1].astype(int) * 60 + parts[2].astype(int)


def departures(path: Path, date: str) -> pd.DataFrame:
    """Stop, x, y, departures of the day: total, 05-09, 13-17; the last call is no departure."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        stops, trips, times = (read(archive, f"{n}.txt") for n in ("stops", "trips", "stop_times"))
        active: set[str] = set()
        if "calendar.txt" in names:
            calendar = read(archive, "calendar.txt")
            day = WEEK[pd.Timestamp(date).weekday()]
            on = (calendar["start_date"] <= date) & (calendar["end_date"] >= date)
            active |= set(calendar.loc[on & (calendar[day] == "1"), "service_id"])
        exceptions = read(archive, "calendar_dates.txt")
        exceptions = exceptions[exceptions["date"] == date]
        active |= set(exceptions.loc[exceptions["exception_type"] == "1", "service_id"])
        active -= set(exceptions.loc[exceptions["exception_type"] == "2", "service_id"])
        times = times[times["trip_id"].isin(trips.loc[trips["service_id"].isin(active), "trip_id"])]
        times = times.assign(stop_sequence=times["stop_sequence"].astype(int))
        times = times.sort_values(["trip_id", "stop_sequence"], kind="stable")
        blank = times["departure_time"] == ""
        at = pd.Series(np.nan, times.index)
        at[~blank] = seconds(times.loc[~blank, "departure_time"])
        at = at.interpolate()  # by count: near enough for windows of hours
        last = ~times["trip_id"].duplicated(keep="last")
        calls = times.assign(at=at)[~last]
        if "frequencies.txt" in names:
            spans = read(archive, "frequencies.txt")
            first = calls.groupby("trip_id")["at"].transform("min")
            calls = calls.assign(shift=calls["at"] - first)
            many = calls.merge(spans, on="trip_id")
            copies = [calls[~calls["trip_id"].isin(spans["trip_id"])]]
            begin, end = seconds(many["start_time"]), seconds(many["end_time"])
            step = many["headway_secs"].astype(int)
            count = ((end - begin) // step).to_numpy()
            again = many.loc[many.index.repeat(count)].copy()
            run = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            again["at"] = np.repeat(begin.to_numpy(), count) + run * np.repeat(
                step.to_numpy(), count
            )
            again["at"] += again["shift"]
            calls = pd.concat([*copies, again], ignore_index=True)
    table = calls.groupby("stop_id").agg(
        day=("at", "size"),
        morning=("at", lambda t: int(((t >= 5 * 3600) & (t < 9 * 3600)).sum())),
        afternoon=("at", lambda t: int(((t >= 13 * 3600) & (t < 17 * 3600)).sum())),
    )
    stops = stops.set_index("stop_id").join(table).fillna({"day": 0, "morning": 0, "afternoon": 0})
    move = pyproj.Transformer.from_crs(4326, 2180, always_xy=True)
    x, y = move.transform(stops["stop_lon"].astype(float), stops["stop_lat"].astype(float))
    return stops.assign(x=x, y=y)


def walk_network(path: Path) -> tuple[np.ndarray, sp.csr_matrix]:
    nodes: dict[int, tuple[float, float]] = {}
    edges: list[tuple[int, int]] = []
    for item in osmium.FileProcessor(str(path)):
        if item.is_node():
            nodes[item.id] = (item.location.lon, item.location.lat)
        elif item.is_way() and "highway" in item.tags:
            refs = [n.ref for n in item.nodes]
            edges += list(itertools.pairwise(refs))
    e = np.array(edges)
    ids, flat = np.unique(e, return_inverse=True)
    flat = flat.reshape(-1, 2)
    lonlat = np.array([nodes[i] for i in ids.tolist()])
    move = pyproj.Transformer.from_crs(4326, 2180, always_xy=True)
    xy = np.column_stack(move.transform(lonlat[:, 0], lonlat[:, 1]))
    d = np.hypot(*(xy[flat[:, 0]] - xy[flat[:, 1]]).T)
    n = len(ids)
    matrix = sp.coo_matrix((np.maximum(d, 1e-3), (flat[:, 0], flat[:, 1])), shape=(n, n)).tocsr()
    return xy, matrix.maximum(matrix.T)


@pytest.fixture(scope="module")
def access(folder: Path) -> dict:
    with rasterio.open(folder / "population_2024.tif") as src:
        values = src.read(1)
        row, col = np.nonzero(values > 0)
        x, y = rasterio.transform.xy(src.transform, row, col)
    cells = np.column_stack([x, y])
    xy, matrix = walk_network(folder / "streets.osm.pbf")
    tree = cKDTree(xy)
    snap, node = tree.query(cells)
    out = {"cells": cells, "people": values[row, col], "served_air": {}, "served_foot": {}}
    near = np.full(len(cells), np.inf)
    for name, date in DATES.items():
        air = np.zeros(len(cells), bool)
        foot = np.zeros(len(cells), bool)
        for feed in ("city_bus", "regional_bus", "rail"):
            stops = departures(folder / "gtfs" / f"{feed}.zip", date)
            limit = RAIL if feed == "rail" else BUS
            enough = (stops["day"] >= 8) & (stops["morning"] >= 1) & (stops["afternoon"] >= 1)
            good = stops.loc[enough, ["x", "y"]].to_numpy()
            if feed != "rail":
                near = np.minimum(near, cKDTree(stops[["x", "y"]].to_numpy()).query(cells)[0])
            air |= cKDTree(good).query(cells)[0] * 1.3 <= limit
            gap, at = tree.query(good)
            best = np.full(len(xy), np.inf)
            np.minimum.at(best, at, gap)
            # a source node of zero cost stands for every stop, joined by its snap distance
            hub = sp.coo_matrix((gap + 1e-6, (np.zeros(len(at), int), at)), shape=(1, len(xy)))
            grown = sp.vstack([sp.hstack([matrix, hub.T]), sp.hstack([hub, sp.csr_matrix((1, 1))])])
            d = csg.dijkstra(grown.tocsr(), directed=False, indices=len(xy), limit=limit)[:-1]
            foot |= snap + d[node] <= limit
        out["served_air"][name], out["served_foot"][name] = air, foot
    out["near"] = near
    return out


def of_municipality(folder: Path, cells: np.ndarray) -> np.ndarray:
    towns = gpd.read_file(folder / "municipalities.gpkg")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*cells.T), crs=2180)
    joined = points.sjoin(towns[["teryt", "geometry"]], how="left", predicate="within")
    return joined[~joined.index.duplicated()]["teryt"].to_numpy(dtype=object)


def planted_cells(truth: dict, access: dict, kinds: tuple[str, ...]) -> np.ndarray:
    marked = np.zeros(len(access["cells"]), bool)
    for item in truth["planted"]:
        if item["kind"] in kinds:
            away = np.hypot(*(access["cells"] - (item["x"], item["y"])).T)
            side = away < 420
            if item["kind"] == "white_barrier":
                order = np.argsort(away)[: item["cells"]]
                side = np.zeros(len(away), bool)
                side[order] = True
            marked |= side
    return marked


def test_planted_villages_are_white_and_no_other(folder: Path, truth: dict, access: dict) -> None:
    home = of_municipality(folder, access["cells"])
    unknown = {i["teryt"] for i in truth["planted"] if i["kind"] == "operator_missing"}
    open_ = np.array([t in unknown for t in home])
    for day in DATES:
        kinds = tuple(
            i["kind"]
            for i in truth["planted"]
            if i["check"] == "white_spots" and day in i["expected"].get("white_on", ())
        )
        planted = planted_cells(truth, access, kinds)
        foot = access["served_foot"][day]
        assert not foot[planted].any(), day
        assert foot[~planted & ~open_].all(), (day, access["cells"][~foot & ~planted & ~open_][:5])
        by_air = planted_cells(truth, access, tuple(k for k in kinds if k != "white_barrier"))
        air = access["served_air"][day]
        assert not air[by_air].any(), day
        assert air[~planted & ~open_].all(), (day, access["cells"][~air & ~planted & ~open_][:5])


def test_people_of_planted_villages(truth: dict, access: dict) -> None:
    for item in truth["planted"]:
        if item["kind"].startswith("white_") and item["kind"] != "white_barrier":
            mine = planted_cells(truth, access, (item["kind"],))
            assert int(access["people"][mine].sum()) == item["people"]
            assert int(mine.sum()) == item["cells"]


def test_barrier_village_sees_a_stop_that_it_cannot_reach(truth: dict, access: dict) -> None:
    mine = planted_cells(truth, access, ("white_barrier",))
    assert (access["near"][mine] < BUS).all()
    assert (access["near"][mine] * 1.3 < BUS).any()


def test_missing_operator_leaves_people_without_known_service(
    folder: Path, truth: dict, access: dict
) -> None:
    item = next(i for i in truth["planted"] if i["kind"] == "operator_missing")
    mine = of_municipality(folder, access["cells"]) == item["teryt"]
    lost = mine & ~access["served_air"]["school_day"] & ~access["served_foot"]["school_day"]
    people = int(access["people"][lost].sum())
    assert people >= item["expected"]["unknown_people_at_least"] > 1000
    assert (mine & access["served_foot"]["school_day"]).any()
