"""Timetables whose rows are damaged the ways files are: written anew, and read as any feed."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely

from metrogis.transit import read_feed

Tables = dict[str, list[dict[str, str]]]


def damaged(layers: dict[str, Any], place: Any, fault: str) -> tuple[Any, Any]:
    """Return the feed with rows of two stops of the place, or of their trips, damaged.

    And where that matters: the place, and every stop at which trips of these stops call.
    """
    feed = layers["timetable"]
    posts = feed.stop_points("EPSG:2180")
    hit = posts["stop_id"][shapely.intersects(posts.geometry.to_numpy(), place)]

    touched: set[str] = set()

    def change(name: str, tables: Tables) -> None:
        own = {i.removeprefix(f"{name}:") for i in hit}
        served = {row["stop_id"] for row in tables["stop_times"]}
        few = set(sorted(own & {r["stop_id"] for r in tables["stops"]} & served)[:2])
        trips = {row["trip_id"] for row in tables["stop_times"] if row["stop_id"] in few}
        called = {row["stop_id"] for row in tables["stop_times"] if row["trip_id"] in trips}
        touched.update(f"{name}:{stop}" for stop in called)
        if few:
            FEED_FAULTS[fault](tables, few)

    new = rewritten(layers, change)
    calls = posts.geometry.to_numpy()[posts["stop_id"].isin(touched)]
    return new, shapely.union_all([place, *calls])


def rewritten(layers: dict[str, Any], change: Callable[[str, Tables], None]) -> Any:
    """Return the feed read from files that ``change(name, tables)`` has changed."""
    work = Path(layers["_folder"]) / "feeds"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    paths = []
    for path in layers["_feeds"]:
        tables = read_zip(path)
        change(path.stem, tables)
        write_zip(work / path.name, tables)
        paths.append(work / path.name)
    return read_again(layers, paths)


def read_again(layers: dict[str, Any], paths: list[Path]) -> Any:
    options = layers["timetable"].options
    return read_feed(
        paths if len(paths) > 1 else paths[0],
        country=options.country,
        school_holidays=layers["_holidays"],
        reference_date=options.reference_date,
    )


def blank_position(tables: Tables, stops: set[str]) -> None:
    for row in tables["stops"]:
        if row["stop_id"] in stops:
            row["stop_lat"] = row["stop_lon"] = ""


def elsewhere(tables: Tables, stops: set[str]) -> None:
    for row in tables["stops"]:
        if row["stop_id"] in stops:
            row["stop_lat"] = row["stop_lon"] = "0.0"


def stop_dropped(tables: Tables, stops: set[str]) -> None:
    tables["stops"][:] = [row for row in tables["stops"] if row["stop_id"] not in stops]


def trips_without_dates(tables: Tables, stops: set[str]) -> None:
    trips = {row["trip_id"] for row in tables["stop_times"] if row["stop_id"] in stops}
    for row in tables["trips"]:
        if row["trip_id"] in trips:
            row["service_id"] = "nowhere-to-be-found"


def trips_without_route(tables: Tables, stops: set[str]) -> None:
    trips = sorted({row["trip_id"] for row in tables["stop_times"] if row["stop_id"] in stops})
    for row in tables["trips"]:
        if row["trip_id"] in trips[::2]:
            row["route_id"] = "nowhere-to-be-found"


def unreadable_times(tables: Tables, stops: set[str]) -> None:
    trips = sorted({row["trip_id"] for row in tables["stop_times"] if row["stop_id"] in stops})
    for row in tables["stop_times"]:
        if row["trip_id"] in trips[::2]:
            row["arrival_time"] = row["departure_time"] = "soon"


FEED_FAULTS: dict[str, Callable[[Tables, set[str]], None]] = {
    "stops without a position": blank_position,
    "stops elsewhere": elsewhere,
    "stops dropped": stop_dropped,
    "trips without dates": trips_without_dates,
    "trips without a route": trips_without_route,
    "times not readable": unreadable_times,
}


def read_zip(path: Path) -> Tables:
    with zipfile.ZipFile(path) as archive:
        return {
            Path(name).stem: list(
                csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))
            )
            for name in archive.namelist()
            if name.endswith(".txt")
        }


def write_zip(path: Path, tables: Tables) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in tables.items():
            if not rows:
                continue
            out = io.StringIO()
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(f"{name}.txt", out.getvalue())
