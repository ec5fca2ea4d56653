"""The same metropolis modelled in other words: none of it may change an answer.

Rows in another order, ids renamed, further vertices on straight edges, one feed or several, one
post for both directions or one for each.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from taken_feeds import Tables, read_again, read_zip, rewritten, write_zip

Layers = dict[str, Any]

IDS = {
    "stop_id": ("stops", "stop_times", "transfers"),
    "parent_station": ("stops",),
    "from_stop_id": ("transfers",),
    "to_stop_id": ("transfers",),
    "trip_id": ("trips", "stop_times", "frequencies"),
    "route_id": ("routes", "trips"),
    "service_id": ("trips", "calendar", "calendar_dates"),
    "shape_id": ("trips", "shapes"),
}
"""Columns of a feed that hold ids, and the tables they are in (agencies are named in coverage)."""


def rows_in_another_order(layers: Layers) -> Layers:
    """All tables shuffled, those of the timetable too; municipalities keep theirs."""
    out: Layers = {}
    for name, layer in layers.items():
        if isinstance(layer, pd.DataFrame) and name not in ("municipalities", "_holidays"):
            attrs = layer.attrs
            out[name] = layer.sample(frac=1, random_state=3).reset_index(drop=True)
            out[name].attrs = attrs
    draw = random.Random(3)

    def shuffle(_: str, tables: Tables) -> None:
        for name in sorted(tables):
            draw.shuffle(tables[name])

    return out | {"timetable": rewritten(layers, shuffle)}


def further_vertices(layers: Layers) -> Layers:
    """Vertices every 150 m on lines and outlines.

    Not on municipalities: a vertex is off its edge by the last bit of a float, and middles of cells
    lie on borders of the demo.
    """
    out: Layers = {}
    for name, layer in layers.items():
        if name == "municipalities" or name.startswith("population"):
            continue
        if isinstance(layer, gpd.GeoDataFrame):
            shapes = shapely.segmentize(layer.geometry.to_numpy(), 150.0)
            attrs = layer.attrs
            out[name] = layer.set_geometry(gpd.GeoSeries(shapes, index=layer.index, crs=layer.crs))
            out[name].attrs = attrs
    return out


def ids_renamed(layers: Layers) -> Layers:
    """Every id of the timetable is another word, of another order."""

    def rename(feed: str, tables: Tables) -> None:
        for column, names in IDS.items():
            for name in names:
                for row in tables.get(name, ()):
                    if row.get(column):
                        row[column] = f"x-{row[column][::-1]}"

    return {"timetable": rewritten(layers, rename)}


def feed_in_two(layers: Layers) -> Layers:
    """The first feed is two: its lines are shared out; stops and calendar are in both."""
    work = _folder(layers, "split")
    first, *others = layers["_feeds"]
    tables = read_zip(first)
    lines = sorted(row["route_id"] for row in tables["routes"])
    paths = []
    for part in (0, 1):
        kept = set(lines[part::2])
        own = {n: [dict(row) for row in rows] for n, rows in tables.items()}
        own["routes"] = [row for row in own["routes"] if row["route_id"] in kept]
        own["trips"] = [row for row in own["trips"] if row["route_id"] in kept]
        trips = {row["trip_id"] for row in own["trips"]}
        for name in ("stop_times", "frequencies"):
            if name in own:
                own[name] = [row for row in own[name] if row["trip_id"] in trips]
        # a feed is named by its file in coverage; both parts are of the same operator
        paths.append(work / (first.name if part == 0 else f"{first.stem}_2.zip"))
        write_zip(paths[-1], own)
    table = layers["coverage"]
    again = table[table["feed"] == first.stem].assign(feed=f"{first.stem}_2")
    coverage = pd.concat([table, again], ignore_index=True)
    coverage.attrs = table.attrs
    return {"timetable": read_again(layers, [*paths, *others]), "coverage": coverage}


def post_for_each_direction(layers: Layers) -> Layers:
    """Where vehicles of both directions call at one post there are two, at the same place."""

    def split(feed: str, tables: Tables) -> None:
        way = {row["trip_id"]: row.get("direction_id", "0") for row in tables["trips"]}
        for row in tables["stop_times"]:
            if way[row["trip_id"]] == "1":
                row["stop_id"] += "_b"
        used = {row["stop_id"] for row in tables["stop_times"]}
        extra = [
            {**row, "stop_id": f"{row['stop_id']}_b"}
            for row in tables["stops"]
            if f"{row['stop_id']}_b" in used
        ]
        tables["stops"] += extra
        for row in list(tables.get("transfers", ())):
            for way_from in ("", "_b"):
                for way_to in ("", "_b"):
                    ends = (row["from_stop_id"] + way_from, row["to_stop_id"] + way_to)
                    if (way_from or way_to) and set(ends) <= used:
                        tables["transfers"].append(
                            {**row, "from_stop_id": ends[0], "to_stop_id": ends[1]}
                        )

    return {"timetable": rewritten(layers, split)}


def grid_rows_reversed(layers: Layers) -> Layers:
    """Population cells come from the last to the first."""
    out: Layers = {}
    for name in ("population", "population_before"):
        if layers.get(name) is not None:
            out[name] = layers[name].iloc[::-1].reset_index(drop=True)
            out[name].attrs = layers[name].attrs
    return out


def plan_rows_reversed(layers: Layers) -> Layers:
    """Files of plans are read in another order."""
    from metrogis.sources.app_gml import read_app

    plan = read_app(layers["_plans"][::-1], crs=layers["plans"].crs)
    return {"plans": replace(plan, source=layers["plans"].source)}


def _folder(layers: Layers, name: str) -> Path:
    work = Path(layers["_folder"]) / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


MODELS: dict[str, tuple[Callable[[Layers], Layers], tuple[str, ...]]] = {
    "rows in another order": (rows_in_another_order, ()),
    "further vertices": (further_vertices, ()),
    "ids renamed": (ids_renamed, ("stop_id", "line")),
    "a feed in two": (feed_in_two, ("stop_id", "posts")),
    "a post for each direction": (post_for_each_direction, ("stop_id", "posts")),
    "population from the last cell": (grid_rows_reversed, ()),
    "plans in another order": (plan_rows_reversed, ("row",)),
}
"""Ways to model, and columns that name things of the model itself."""
