"""Writes the invented world in the formats that real data comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.demo import gtfs, schedule
from metrogis.demo.bikes import write_bike_parking, write_bike_share
from metrogis.demo.degrees import make_degree_truth
from metrogis.demo.files_land import (
    write_investments,
    write_land,
    write_nature,
    write_plans,
    write_structure,
)
from metrogis.demo.frame import CRS
from metrogis.demo.housing import make_housing_truth, write_housing
from metrogis.demo.infill import make_infill_truth
from metrogis.demo.osm import write_osm
from metrogis.demo.scenario import write_plan
from metrogis.demo.shapes import edge_lines
from metrogis.demo.social import make_social_truth, write_social
from metrogis.demo.truth import make_truth
from metrogis.demo.truth_land import make_land_truth
from metrogis.demo.world import World
from metrogis.demo.writing import (
    lonlat,
    write_geojson,
    write_gpkg,
    write_json,
    write_raster,
    write_zip,
)
from metrogis.parallel import side_by_side

OPERATORS = {
    "city_bus": "Zarząd Transportu Zatoki",
    "regional_bus": "Autobusy Pobrzeża",
    "rail": "Szybka Kolej Nadzatokowa",
    "town_bus": "Komunikacja Miejska",
}
MODES = {
    "city_bus": ("bus", "trolleybus", "tram", "ferry"),
    "regional_bus": ("bus",),
    "rail": ("rail",),
}

Layers = dict[str, dict[str, Any]]
Writer = Callable[[World, Path], dict[str, Any]]


def write_all(world: World, folder: Path) -> tuple[Layers, list[dict[str, Any]]]:
    """Write every file of the demo into a folder.

    Returns
    -------
    layers : dict of dict
        Entries of the catalog, in its order.
    truth : list of dict
        What is planted, as it stands in ``truth.json``.
    """

    def write(writers: tuple[Writer, ...]) -> dict[str, dict[str, Any]]:
        return {writer.__name__: writer(world, folder) for writer in writers}

    # OpenStreetMap's library keeps threads: where processes are forked it works in the other one,
    # so that this one can be forked again
    first, second = side_by_side(write, (_HERE, _THERE))
    done = first | second
    counts = done.pop(_streets.__name__)
    layers: Layers = {}
    for name in _ORDER:
        layers |= done.get(name, {"streets": _STREETS})
    truth = make_truth(
        world.terrain, world.settled, world.people, world.stops, world.stations, world.cycling,
        world.flows, world.lines,
    )  # fmt: skip
    truth += make_land_truth(world) + make_housing_truth(world) + make_infill_truth(world)
    truth += make_social_truth(world) + make_degree_truth(world)
    write_json(
        folder / "truth.json",
        {
            "size": world.size.name,
            "seed": world.streams.seed,
            "crs": CRS,
            "municipalities": len(world.settled.municipalities),
            "people": int(world.people.now.sum()),
            "streets": counts,
            "planted": truth,
            "plan": write_plan(world, folder, truth),
        },
    )
    return layers, truth


def _streets(world: World, folder: Path) -> dict[str, Any]:
    """Write the streets; return counts of them."""
    return write_osm(
        folder / "streets.osm.pbf", world.terrain, world.settled, world.graph, world.shapes,
        world.cycling, world.stations, world.streams,
    )  # fmt: skip


def _flows(world: World, folder: Path) -> Layers:
    _table(world.flows, folder / "od_flows.csv")
    return {
        "od_flows": {
            "driver": "table", "path": "od_flows.csv", "schema": "ODFlows",
            "set": {"meaning": "commuting"},
        }
    }  # fmt: skip


def _table(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(gtfs.csv(frame))


def _boundaries(world: World, folder: Path) -> Layers:
    towns = world.settled.municipalities
    write_gpkg(
        folder / "municipalities.gpkg", {"municipalities": towns[["teryt", "name", "geometry"]]}
    )
    places = world.settled.places
    lived = world.people.settlement >= 0
    heads = np.bincount(
        world.people.settlement[lived], world.people.now[lived], minlength=len(places)
    ).astype(np.int64)
    places = places.assign(people=heads)[heads > 0]
    seats = _seats(world)
    localities = gpd.GeoDataFrame(
        {
            "name": places["name"].to_numpy(),
            "people": places["people"].to_numpy(),
            "seat": [seats.get(i) for i in places.index],
        },
        geometry=shapely.points(places[["x", "y"]].to_numpy()),
        crs=CRS,
    )
    write_geojson(folder / "localities.geojson", localities)
    return {
        "municipalities": {
            "driver": "vector", "path": "municipalities.gpkg", "schema": "Municipalities",
        },
        "localities": {
            "driver": "vector", "path": "localities.geojson", "schema": "Localities",
        },
    }  # fmt: skip


def _seats(world: World) -> dict[int, str]:
    """What settlements (rows of places) are seats of.

    The seat of the isolated municipality's county is the city itself, as around some real cities;
    of the other counties it is their largest town.
    """
    towns = world.settled.municipalities
    county = towns["teryt"].str[:4]
    out = {int(s): "municipality" for s in towns["seat"]}
    by_city = set(county[towns["role"] == "isolated"]) | {county.iloc[0]}
    people = world.residents
    for code in sorted(set(county) - by_city):
        own = list(towns.index[county == code])
        first = max(own, key=lambda i: (towns["kind"][i] == 1, people[i]))
        out[int(towns["seat"][first])] = "county, municipality"
    out[int(towns["seat"].iloc[0])] = "city"
    return out


def _population(world: World, folder: Path) -> Layers:
    land = world.terrain.land
    for year, values in ((2024, world.people.now), (2014, world.people.before)):
        write_raster(
            folder / f"population_{year}.tif",
            np.where(land, values, -1).astype(np.int32),
            world.grid,
            nodata=-1,
        )
    towns, places = world.settled.municipalities, world.settled.places
    area = towns.area.to_numpy() / 1e4
    people = world.residents
    kinds = {1: "urban", 2: "rural", 3: "urban-rural"}
    rows: list[dict[str, Any]] = []

    def row(code: str, name: str, hectares: float, count: int, kind: str) -> None:
        rows.append(
            {
                "teryt": code, "name": name, "area_ha": round(hectares),
                "area_km2": round(hectares / 100), "pop": count,
                "density": round(count / (hectares / 100)), "kind": kind,
            }
        )  # fmt: skip

    for i, town in towns.iterrows():
        row(town["teryt"], town["name"], area[i], int(people[i]), kinds[int(town["kind"])])
        if town["kind"] == 3:
            seat = int(town["seat"])
            inner = int(world.people.now[world.people.settlement == seat].sum())
            hectares = np.pi * places["radius"][seat] ** 2 * 1.6 / 1e4
            row(town["teryt"][:6] + "4", "miasto   town", hectares, inner, "town-part")
            rest = int(people[i]) - inner
            row(
                town["teryt"][:6] + "5",
                "obszar wiejski   rural area",
                area[i] - hectares,
                rest,
                "rural-part",
            )
    _table(pd.DataFrame(rows), folder / "population_municipal.csv")
    return {
        "population": {
            "driver": "raster", "path": "population_2024.tif", "schema": "PopulationCells",
        },
        "population_before": {
            "driver": "raster", "path": "population_2014.tif", "schema": "PopulationCells",
            "date": "2014-11-13",
        },
        "population_municipal": {
            "driver": "table", "path": "population_municipal.csv",
            "schema": "MunicipalPopulation", "rename": {"pop": "population"},
        },
    }  # fmt: skip


def _timetables(world: World, folder: Path) -> Layers:
    (folder / "gtfs").mkdir()
    for feed in ("city_bus", "regional_bus"):
        content = gtfs.write_bus(feed, world.lines, world.stops, world.graph, OPERATORS[feed])
        write_zip(folder / "gtfs" / f"{feed}.zip", content)
    write_zip(
        folder / "gtfs" / "rail.zip",
        gtfs.write_rail(world.stations, OPERATORS["rail"]),
    )
    rows = []
    for town in world.settled.municipalities.itertuples():
        missing = town.role == "missing"
        for feed, modes in MODES.items():
            for mode in modes:
                state = "partial" if missing and mode in ("bus", "trolleybus") else "complete"
                rows.append({"feed": feed, "teryt": town.teryt, "mode": mode, "state": state})
        if missing:
            rows.append({"feed": "town_bus", "teryt": town.teryt, "mode": "bus", "state": "none"})
    _table(pd.DataFrame(rows), folder / "coverage.csv")
    holidays = pd.DataFrame(
        [{"first": f"{a}", "last": f"{b}", "name": n} for a, b, n in schedule.HOLIDAYS]
    )
    _table(holidays, folder / "school_holidays.csv")
    layers: Layers = {
        "timetable": {
            "driver": "gtfs", "path": "gtfs/city_bus.zip",
            "more": ["gtfs/regional_bus.zip", "gtfs/rail.zip"],
            "school_holidays": "school_holidays",
        },
        "coverage": {"driver": "table", "path": "coverage.csv", "schema": "Coverage"},
        "school_holidays": {
            "driver": "table", "path": "school_holidays.csv", "schema": "SchoolHolidays",
        },
    }  # fmt: skip
    lines = [line for line in world.lines if line.feed == "town_bus"]
    if lines:
        calls: dict[int, list[str]] = {}
        for line in lines:
            for s in dict.fromkeys(line.stops):
                calls.setdefault(s, []).append(line.name)
        order = sorted(calls)
        posts = gpd.GeoDataFrame(
            {
                "name": world.stops["name"].to_numpy()[order],
                "lines": [", ".join(calls[s]) for s in order],
                "mode": "bus",
            },
            geometry=shapely.points(world.stops[["x", "y"]].to_numpy()[order]),
            crs=CRS,
        )
        write_geojson(folder / "stop_posts.geojson", posts)
        layers["stop_posts"] = {
            "driver": "vector", "path": "stop_posts.geojson", "schema": "Stops",
        }  # fmt: skip
    else:
        layers["stop_posts"] = {
            "missing": {
                "pl": "wszyscy przewoźnicy mają rozkłady",
                "en": "every operator has a timetable",
            }
        }
    return layers


def _rail(world: World, folder: Path) -> Layers:
    stations = gpd.GeoDataFrame(
        world.stations[["name", "ref"]],
        geometry=shapely.points(world.stations[["x", "y"]].to_numpy()),
        crs=CRS,
    )
    write_geojson(folder / "rail_stations.geojson", stations)
    rails = gpd.GeoDataFrame(
        {"name": ["Linia nadbrzeżna", "Linia południowa"][: len(world.settled.rails)]},
        geometry=world.settled.rails,
        crs=CRS,
    )
    write_gpkg(folder / "rail_lines.gpkg", {"rail_lines": rails})
    hubs = world.cycling.interchanges
    interchanges = gpd.GeoDataFrame(
        hubs[["id", "name", "rank", "kind", "bike_stands"]],
        geometry=shapely.points(hubs[["x", "y"]].to_numpy()),
        crs=CRS,
    )
    write_geojson(folder / "interchanges.geojson", interchanges)
    code = dict(zip(hubs["station"], hubs["id"], strict=True))
    entrances = gpd.GeoDataFrame(
        {
            "interchange": world.entrances["station"].map(code).to_numpy(),
            "name": world.entrances["name"].to_numpy(),
        },
        geometry=shapely.points(world.entrances[["x", "y"]].to_numpy()),
        crs=CRS,
    )
    write_geojson(folder / "interchange_entrances.geojson", entrances)
    return {
        "rail_stations": {
            "driver": "vector", "path": "rail_stations.geojson", "schema": "Stations",
        },
        "rail_lines": {"driver": "vector", "path": "rail_lines.gpkg", "schema": "RailLines"},
        "interchanges": {
            "driver": "vector", "path": "interchanges.geojson", "schema": "Interchanges",
        },
        "interchange_entrances": {
            "driver": "vector", "path": "interchange_entrances.geojson", "schema": "Entrances",
        },
    }  # fmt: skip


def _cycling(world: World, folder: Path) -> Layers:
    frames = []
    for state, edges in (
        ("built", world.cycling.built & ~world.cycling.osm_only),
        ("planned", world.cycling.planned),
    ):
        lines = edge_lines(world.graph, world.shapes, np.flatnonzero(edges))
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
        merged = shapely.normalize(merged)
        merged = merged[np.lexsort(shapely.get_coordinates(shapely.centroid(merged)).T)]
        n = len(merged)
        frames.append(
            gpd.GeoDataFrame(
                {
                    "osm_id": [
                        str(700_000_000 + 17 * k + (0 if state == "built" else 9)) for k in range(n)
                    ],
                    "name": None,
                    "highway": "cycleway" if state == "built" else "proposed",
                    "other_tags": ['"foot"=>"designated","surface"=>"asphalt"'] * n
                    if state == "built"
                    else ['"proposed"=>"cycleway"'] * n,
                    "state": state,
                },
                geometry=merged,
                crs=CRS,
            )
        )
    write_geojson(folder / "cycle_routes.geojson", pd.concat(frames, ignore_index=True))
    return {
        "cycle_routes": {
            "driver": "vector", "path": "cycle_routes.geojson", "schema": "CycleRoutes",
        }
    }  # fmt: skip


def bbox_of(world: World) -> tuple[float, float, float, float]:
    """Return west, south, east and north of the municipalities in degrees.

    0.02 degrees wider on every side (1.3 to 2.2 km): no fragment is lost at the edge of a raster.
    """
    x0, y0, x1, y1 = world.settled.municipalities.total_bounds
    lon, lat = lonlat(np.array([x0, x1, x0, x1]), np.array([y0, y0, y1, y1]))
    return (
        float(lon.min()) - 0.02,
        float(lat.min()) - 0.02,
        float(lon.max()) + 0.02,
        float(lat.max()) + 0.02,
    )


_STREETS = {"driver": "osm", "path": "streets.osm.pbf"}
_HERE: tuple[Writer, ...] = (
    _timetables, _boundaries, _population, _rail, _cycling, _flows, write_nature, write_structure,
    write_investments, write_bike_share, write_bike_parking, write_housing,
    write_social,
)  # fmt: skip
_THERE: tuple[Writer, ...] = (_streets, write_land, write_plans)
_ORDER = [
    w.__name__
    for w in (
        _boundaries, _population, _timetables, _rail, _cycling, _flows, _streets, write_land,
        write_nature, write_structure, write_plans, write_investments, write_bike_share,
        write_bike_parking, write_housing, write_social,
    )
]  # fmt: skip
"""Writers in the order of the catalog's layers."""
