"""Writes land, nature, plans and planned investments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.demo import gtfs
from metrogis.demo.app_gml import write_app
from metrogis.demo.frame import CRS
from metrogis.demo.infill import draw_infill, own_areas
from metrogis.demo.land import CLASSES, HABITAT, RESISTANCE, built_up, heights
from metrogis.demo.shapes import edge_lines
from metrogis.demo.structure import compatibility
from metrogis.demo.terrain import water_areas
from metrogis.demo.world import World
from metrogis.demo.writing import write_geojson, write_gpkg, write_raster

Layers = dict[str, dict[str, Any]]


def write_land(world: World, folder: Path) -> Layers:
    """Write land cover of both dates with its classes, built-up land, water, heights and buildings.

    Returns
    -------
    dict of dict
        Entries of the catalog. Rasters are in EPSG:2180; 0 is no data in land cover, 255 in
        built-up land, -9999 in heights.
    """
    layers: Layers = {}
    for year, cover in ((2024, world.land.now), (2014, world.land.before)):
        write_raster(folder / f"land_cover_{year}.tif", cover, world.land.grid, nodata=0)
        write_raster(folder / f"built_up_{year}.tif", built_up(cover), world.land.grid, nodata=255)
        for name in ("land_cover", "built_up"):
            file: dict[str, Any] = {"driver": "raster", "path": f"{name}_{year}.tif"}
            before = {**file, "date": "2014-11-13"}
            layers |= {name: file} if year == 2024 else {f"{name}_before": before}
    classes = pd.DataFrame(
        [
            {
                "code": k, "name_pl": pl, "name_en": en, "habitat": int(k in HABITAT),
                "resistance": RESISTANCE[k],
            }
            for k, (pl, en) in CLASSES.items()
        ]
    )  # fmt: skip
    (folder / "land_cover_classes.csv").write_bytes(gtfs.csv(classes))
    layers["land_cover_classes"] = {
        "driver": "table", "path": "land_cover_classes.csv", "schema": "Table",
    }  # fmt: skip
    water = water_areas(world.terrain)
    kinds = [kind for kind, shapes in water.items() for _ in shapes]
    frame = gpd.GeoDataFrame(
        {"name": [f"{kind} {k + 1}" for k, kind in enumerate(kinds)], "kind": kinds},
        geometry=[shapely.multipolygons([s]) for shapes in water.values() for s in shapes],
        crs=CRS,
    )
    write_gpkg(folder / "water.gpkg", {"water": frame})
    layers["water"] = {"driver": "vector", "path": "water.gpkg", "schema": "Areas"}
    grid, values = heights(world.size, world.terrain)
    write_raster(folder / "elevation.tif", values, grid, nodata=-9999)
    layers["elevation"] = {"driver": "raster", "path": "elevation.tif"}
    write_gpkg(folder / "buildings.gpkg", {"buildings": world.buildings})
    layers["buildings"] = {"driver": "vector", "path": "buildings.gpkg", "schema": "Buildings"}
    return layers


def write_nature(world: World, folder: Path) -> Layers:
    """Write corridors and protected areas."""
    write_gpkg(folder / "corridors.gpkg", {"corridors": world.nature.corridors})
    write_gpkg(folder / "protected_areas.gpkg", {"protected_areas": world.nature.protected})
    return {
        "corridors": {"driver": "vector", "path": "corridors.gpkg", "schema": "Corridors"},
        "protected_areas": {
            "driver": "vector",
            "path": "protected_areas.gpkg",
            "schema": "ProtectedAreas",
        },
    }


def write_structure(world: World, folder: Path) -> Layers:
    """Write the metropolitan structure, and which zones suit which part of it."""
    write_gpkg(folder / "structure.gpkg", {"structure": world.structure.areas})
    (folder / "model_compatibility.csv").write_bytes(gtfs.csv(compatibility()))
    return {
        "structure": {"driver": "vector", "path": "structure.gpkg", "schema": "Areas"},
        "model_compatibility": {
            "driver": "table", "path": "model_compatibility.csv", "schema": "Table",
        },
    }  # fmt: skip


def write_plans(world: World, folder: Path) -> Layers:
    """Write one APP GML per plan, into ``plans/``."""
    (folder / "plans").mkdir()
    drawn = draw_infill(world)
    for plan in world.plans:
        text = write_app(plan, plan.municipality, own_areas(plan, drawn))
        (folder / "plans" / f"{plan.teryt}.gml").write_bytes(text.encode())
    return {"plans": {"driver": "app_gml", "path": "plans"}}


def write_investments(world: World, folder: Path) -> Layers:
    """Write planned investments, each the remedy of a planted fault.

    Cycle links for the missing link and the break at a border, a stop or more departures for two
    white villages, a bus line to the isolated municipality: what an investment brings is then
    known.
    """
    names: list[str] = []
    kinds: list[str] = []
    shapes: list[Any] = []
    for plant in world.cycling.plants:
        if plant["kind"] in ("missing_link", "border_break"):
            lines = edge_lines(world.graph, world.shapes, np.asarray(plant["edges"]))
            merged: Any = shapely.line_merge(shapely.multilinestrings(lines))
            names.append(
                "Łącznik do węzła"
                if plant["kind"] == "missing_link"
                else "Łącznik przy granicy gmin"
            )
            kinds.append("cycle link")
            shapes.append(merged)
    places = world.settled.places
    for kind, name in (("no_stop", "Nowy przystanek"), ("too_few", "Zagęszczenie kursów")):
        hit = places[places["plant"] == kind]
        if len(hit):
            p = hit.iloc[0]
            names.append(f"{name} {p['name']}")
            kinds.append("stop" if kind == "no_stop" else "headway")
            shapes.append(shapely.Point(p["x"], p["y"]))
    lost = world.settled.municipalities
    for i in lost.index[lost["role"] == "isolated"]:
        seat, city = places.iloc[int(lost["seat"][i])], places.iloc[0]
        names.append(f"Linia {seat['name']} - {city['name']}")
        kinds.append("bus line")
        shapes.append(shapely.LineString([(seat["x"], seat["y"]), (city["x"], city["y"])]))
    frame = gpd.GeoDataFrame({"name": names, "kind": kinds}, geometry=shapes, crs=CRS)
    write_geojson(folder / "investments.geojson", frame)
    return {
        "investments": {
            "driver": "vector",
            "path": "investments.geojson",
            "schema": "Investments",
        }
    }
