"""Ways of taking knowledge away from the layers of a metropolis, as municipalities lose it.

A taking returns layers with less in them, and the place it was taken from. None adds anything, and
none says that something is not there: each leaves a trace a reader can see (a row without geometry,
a blank number, a cell without data, a coverage row that says less, a plan that is not in the data).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import geometry_mask
from taken_feeds import FEED_FAULTS, damaged

from metrogis import schemas
from metrogis.checks.registry import CHECKS
from metrogis.sources.app_gml import read_app

Layers = dict[str, Any]
Taken = tuple[Layers, Any]
"""Layers to replace, and the place they were taken from (None: it may have been anywhere)."""

MOST_ROWS = 3
"""Rows lost at random."""


@dataclass(frozen=True)
class Taking:
    """What is taken from which layer.

    ``make(layers, place, seed)`` takes it; ``kind`` names the way, whatever the layer.
    """

    name: str
    layer: str
    kind: str
    make: Callable[[Layers, Any, int], Taken]

    def __str__(self) -> str:
        return f"{self.layer}: {self.name}"


SCHEMA_OF = {i.name: i.schema for check in CHECKS for i in check.inputs}


def conformed(frame: Any, layer: str) -> Layers:
    return {layer: schemas.conform(frame, SCHEMA_OF[layer], layer=layer)[0]}


def hit(frame: Any, layers: Layers, place: Any) -> Any:
    """Rows of the place: by geometry, else by the code they name."""
    if isinstance(frame, gpd.GeoDataFrame):
        return np.flatnonzero(shapely.intersects(frame.geometry.to_numpy(), place))
    key = next(c for c in ("teryt", "origin") if c in frame.columns)
    return np.flatnonzero(frame[key].isin(codes_in(layers, place)).to_numpy())


def drawn(frame: Any, seed: int) -> Any:
    """One to three random rows."""
    random = np.random.default_rng(seed)
    return random.choice(len(frame), min(len(frame) - 1, 1 + seed % MOST_ROWS), replace=False)


# --------------------------------------------------------------------------- rows of tables


def without_geometry(layer: str, *, by_chance: bool = False) -> Taking:
    """Rows lose their geometry: where they were is not known."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        frame = layers[layer].copy()
        rows = drawn(frame, seed) if by_chance else hit(frame, layers, place)[:2]
        values = frame.geometry.to_numpy().copy()
        values[rows] = None
        frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
        return conformed(frame, layer), None

    which = "random rows" if by_chance else "rows"
    return Taking(f"{which} without geometry", layer, f"{which} without geometry", make)


def blank(layer: str, column: str, *, by_chance: bool = False) -> Taking:
    """Values are blank."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        frame = layers[layer].copy()
        rows = drawn(frame, seed) if by_chance else hit(frame, layers, place)
        values = frame[column].astype("object").to_numpy(copy=True)
        values[rows] = None
        frame[column] = values
        if isinstance(frame, gpd.GeoDataFrame) and by_chance:
            place = shapely.union_all(frame.geometry.to_numpy()[rows])
        return conformed(frame, layer), place if isinstance(frame, gpd.GeoDataFrame) else None

    which = f"random {column}" if by_chance else column
    return Taking(f"{which} blank", layer, "random numbers blank" if by_chance else "blank", make)


def unknown_code(layer: str, column: str) -> Taking:
    """Codes of random rows lead nowhere."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        frame = layers[layer].copy()
        values = frame[column].astype("object").to_numpy(copy=True)
        values[drawn(frame, seed)] = "not a code"
        frame[column] = values
        return conformed(frame, layer), None

    return Taking(f"{column} of random rows unreadable", layer, "code unknown", make)


def no_outline() -> Taking:
    """A municipality loses its outline: where its land and its borders are is not known."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        frame = layers["municipalities"].copy()
        gone = frame["teryt"].isin(codes_in(layers, place)).to_numpy()
        values = frame.geometry.to_numpy().copy()
        values[gone] = None
        frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
        return conformed(frame, "municipalities"), None  # it may have been anywhere

    return Taking("without an outline", "municipalities", "without an outline", make)


# --------------------------------------------------------------------------- rasters


def no_cells(layer: str) -> Taking:
    """The raster has no data at the place."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        grid = layers[layer]
        hole = ~geometry_mask([place], grid.shape, grid.transform, all_touched=True)
        return {layer: replace(grid, valid=grid.valid & ~hole)}, place

    return Taking("cells without data", layer, "cells without data", make)


def holes(layer: str) -> Taking:
    """The raster has holes at random."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        grid = layers[layer]
        random = np.random.default_rng(seed)
        valid = grid.valid.copy()
        spots = []
        for _ in range(1 + seed % MOST_ROWS):
            row, column = (int(random.integers(0, n)) for n in grid.shape)
            size = int(random.integers(1, 12))
            valid[row : row + size, column : column + size] = False
            x, y = grid.xy(
                np.array([row, row + size]) - 0.5, np.array([column, column + size]) - 0.5
            )
            spots.append(shapely.box(min(x), min(y), max(x), max(y)))
        return {layer: replace(grid, valid=valid)}, shapely.union_all(spots)

    return Taking("holes", layer, "holes", make)


# --------------------------------------------------------------------------- plans, coverage


def less_coverage(state: str, layer: str = "coverage") -> Taking:
    """The coverage table says less of the place."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        table = layers[layer].copy()
        there = table["teryt"].isin(codes_in(layers, place))
        if state == "dropped":
            return {layer: table[~there].reset_index(drop=True)}, place
        table.loc[there, "state"] = state
        return {layer: table}, place

    return Taking(f"rows {state}", layer, "coverage", make)


def acts_at(layers: Layers, place: Any) -> list[Path]:
    """Files of the acts that lie in the place."""
    acts = layers["plans"].acts
    point = shapely.point_on_surface(acts.geometry.to_numpy())
    names = set(acts["file"][shapely.intersects(point, place)])
    return [p for p in layers["_plans"] if any(n.endswith(p.name) for n in names)]


def no_plan() -> Taking:
    """Files of plans whose act lies in the place are not in the data."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        gone = acts_at(layers, place)
        left = [p for p in layers["_plans"] if p not in gone]
        return {"plans": read_app(left, crs=layers["plans"].crs)}, place

    return Taking("plan not in the data", "plans", "not in the data", make)


def zones_without_outline() -> Taking:
    """Random zones of the plans of the place have coordinates that cannot be read."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        gone = acts_at(layers, place)
        work = Path(layers["_folder"]) / "plans"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        random = np.random.default_rng(seed)
        for path in gone:
            text = path.read_text(encoding="utf-8")
            zones = [m.start() for m in re.finditer(r"<[\w-]+:StrefaPlanistyczna ", text)]
            for start in sorted(random.choice(zones, min(2, len(zones)), replace=False))[::-1]:
                at = re.compile(r"<[\w-]+:posList[^>]*>").search(text, int(start))
                assert at is not None
                text = f"{text[: at.end()]}here and there {text[at.end() :]}"
            (work / path.name).write_text(text, encoding="utf-8")
        files = [work / p.name if p in gone else p for p in layers["_plans"]]
        return {"plans": read_app(files, crs=layers["plans"].crs)}, place

    return Taking("zones without an outline", "plans", "rows without geometry", make)


def absent(layer: str) -> Taking:
    """The layer is not there."""
    return Taking("absent", layer, "absent", lambda layers, place, seed: ({layer: None}, None))


def damaged_feed(name: str) -> Taking:
    """Rows of the timetable of stops in the place are damaged."""

    def make(layers: Layers, place: Any, seed: int) -> Taken:
        feed, near = damaged(layers, place, name)
        return {"timetable": feed}, near

    return Taking(name, "timetable", f"{name.split()[0]} of a feed", make)


def codes_in(layers: Layers, place: Any) -> set[str]:
    municipalities = layers["municipalities"]
    point = shapely.point_on_surface(municipalities.geometry.to_numpy())
    return set(municipalities["teryt"][shapely.intersects(point, place)])


TAKINGS: tuple[Taking, ...] = (
    blank("population", "population"),
    blank("population_before", "population"),
    blank("population_municipal", "population"),
    blank("od_flows", "flow"),
    *(no_cells(r) for r in ("built_up", "built_up_before", "land_cover", "land_cover_before")),
    *(less_coverage(state) for state in ("dropped", "partial", "none")),
    *(damaged_feed(name) for name in FEED_FAULTS),
    no_outline(),
    no_plan(),
    zones_without_outline(),
    *(
        without_geometry(layer, by_chance=chance)
        for chance in (False, True)
        for layer in (
            "cycle_routes",
            "corridors",
            "protected_areas",
            "structure",
            "interchanges",
            "rail_stations",
            "rail_lines",
            "localities",
            "buildings",
            "bike_parking",
            "investments",
            "stop_posts",
            "water",
            "population",
            "schools",
            "green_areas",
            "services",
        )
    ),
    *(
        blank(layer, column, by_chance=True)
        for layer, column in (
            ("population", "population"),
            ("population_before", "population"),
            ("population_municipal", "population"),
            ("od_flows", "flow"),
            ("corridors", "rank"),
            ("protected_areas", "form"),
            ("cycle_routes", "state"),
            ("bike_parking", "capacity"),
            ("structure", "class"),
            ("rail_stations", "name"),
            ("schools", "kind"),
            ("green_areas", "kind"),
            ("green_areas", "area_ha"),
            ("services", "capacity"),
        )
    ),
    *(
        unknown_code(layer, column)
        for layer, column in (
            ("population_municipal", "teryt"),
            ("od_flows", "origin"),
            ("od_flows", "destination"),
            ("od_flows", "flow"),
        )
    ),
    *(holes(r) for r in ("built_up", "built_up_before", "land_cover", "elevation")),
    *(
        absent(layer)
        for layer in (
            "population",
            "population_before",
            "population_municipal",
            "coverage",
            "streets",
            "cycle_routes",
            "corridors",
            "buildings",
            "built_up",
            "built_up_before",
            "land_cover",
            "protected_areas",
            "structure",
            "bike_parking",
            "elevation",
            "stop_posts",
            "rail_stations",
            "rail_lines",
            "localities",
            "od_flows",
            "water",
            "timetable",
            "plans",
            "schools",
            "green_areas",
            "services",
        )
    ),
)
