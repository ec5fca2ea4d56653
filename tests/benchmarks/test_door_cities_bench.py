"""Feeders and cells by cells on the demo of size L; door to door in Newport and Sao Paulo."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import metrogis as mg
from metrogis.checks.registry import get
from metrogis.streets import read_osm
from metrogis.transit.cell_pairs import near_pairs, pair_times
from metrogis.transit.door_search import DoorRules, prepare
from metrogis.transit.profile_search import Ticks
from metrogis.transit.vehicles import MICRO

SIDE = 250.0
"""Side of the squares that people are summed in, m."""
MINUTES, SPEED = 45, 15.0
"""Transport performance: within so many minutes, and so many km/h in a straight line."""
WINDOW = ("07:00", "09:00")
CITIES = [("newport", "GB", 27700, "2023-06-13"), ("sao_paulo", "BR", 31983, "2019-10-09")]


def timed(ask: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    found = ask()
    return found, time.perf_counter() - start


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def test_feeders(demo_l: Path) -> None:
    metro = mg.open_metro(demo_l)
    check = get("feeder_coordination")
    own = {item.name: metro.get(item.name) for item in check.inputs}
    given = metro.catalog.parameters.get("feeder_coordination", {})
    found, cold = timed(lambda: check.function(**own, **given))
    again, warm = timed(lambda: check.function(**own, **given))
    stations = len(own["rail_stations"])
    print(
        f"\nfeeders of {stations} stations, best shift of each line: {warm:.2f} s warm (first "
        f"{cold:.2f} s; goal <= 3); {memory():.2f} GB"
    )
    for name, table in found.features.items():
        pd.testing.assert_frame_equal(
            pd.DataFrame(table), pd.DataFrame(again.features[name]), check_exact=True
        )
    # a shift that is proposed loses none and gains some
    assert len(found.findings)


def test_cells_by_cells(demo_l: Path) -> None:
    metro = mg.open_metro(demo_l)
    feed, network = metro.timetable, metro.streets.walk
    cells = metro.population
    lived = cells[cells["population"] > 0]
    middle = shapely.get_coordinates(shapely.centroid(lived.geometry.to_numpy()))
    corner = np.unique(np.floor(middle / SIDE), axis=0)
    xy = (corner + 0.5) * SIDE
    limit = SPEED / 3.6 * MINUTES * 60
    rules = DoorRules(max_time=MINUTES)
    first, count = 7 * 3600, 120

    def ask() -> tuple[Any, Any, Any]:
        ptr, origin, _metres = near_pairs(xy, limit)
        last = first + 60 * (count - 1) + MINUTES * 60
        search = prepare(feed, "school_day", rules, network, lived.crs, first, last)
        places = search.walker.places(xy, "population")
        ticks = Ticks(first * MICRO, count, False)
        return ptr, origin, pair_times(search, places, ptr, origin, ticks, count // 2)

    _, cold = timed(ask)
    (ptr, origin, minutes), warm = timed(ask)
    reached = int((minutes <= MINUTES).sum())
    print(
        f"\n{len(xy):,} squares of {SIDE:.0f} m, {len(origin):,} pairs, every minute of two hours: "
        f"{warm:.1f} s warm (first {cold:.1f} s; goal <= 60), {reached:,} pairs within "
        f"{MINUTES} min; {memory():.2f} GB (goal < 3)"
    )
    # a sample of targets, each asked by itself
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=lived.crs)
    for target in np.linspace(0, len(xy) - 1, 6).astype(int).tolist():
        own = slice(int(ptr[target]), int(ptr[target + 1]))
        table = mg.travel_times(
            feed, points.iloc[origin[own]], points.iloc[[target]], date="school_day",
            window=WINDOW, percentiles=[50], streets=network, max_time=MINUTES,
        )  # fmt: skip
        other = origin[own] != target
        np.testing.assert_array_equal(minutes[own][other], table["p50"].to_numpy()[other])


@pytest.mark.parametrize(("city", "country", "crs", "day"), CITIES)
def test_cities(shared: Path, city: str, country: str, crs: int, day: str) -> None:
    place = shared / "data" / city
    feed = mg.read_feed(place / "gtfs.zip", country=country)
    streets = read_osm(place / "streets.osm.pbf", mode="walk", crs=f"EPSG:{crs}")
    stops = feed.stop_points(crs).set_index("stop_id").geometry
    x0, x1, y0, y1 = (float(f(v)) for v in (streets.x, streets.y) for f in (np.min, np.max))
    x, y = np.meshgrid(np.arange(x0, x1, 100.0), np.arange(y0, y1, 100.0))
    origins = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=crs)
    # the stops that most vehicles leave, of those the streets reach around
    leaving = feed.departures(day)["stop_id"].value_counts()
    inside = stops.reindex(leaving.index).dropna()
    ten = inside[inside.within(shapely.box(x0, y0, x1, y1))].iloc[:10]
    targets = gpd.GeoDataFrame(geometry=ten.to_numpy(), crs=crs)
    asked: dict[str, Any] = {"date": day, "window": WINDOW, "streets": streets}

    mg.travel_times(feed, origins, targets.iloc[:1], **asked)
    one, warm = timed(lambda: mg.travel_times(feed, origins, targets.iloc[:1], **asked))
    table, many = timed(lambda: mg.travel_times(feed, origins, targets, **asked))
    reached = float(np.isfinite(one["p50"]).mean())
    print(
        f"\n{city}: {len(origins):,} places, {len(feed.calls):,} stop times, every minute of two "
        f"hours: one target {warm:.2f} s warm, ten {many:.2f} s; {reached:.0%} of them reach the "
        f"first; {memory():.2f} GB (goal < 3)"
    )
    assert 0 < reached <= 1
    sample = origins.iloc[:: len(origins) // 20]
    alone = pd.concat(
        [mg.travel_times(feed, sample.iloc[[k]], targets, **asked) for k in range(len(sample))]
    ).reset_index(drop=True)
    same = table[table["origin"].isin(sample.index)].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, alone, check_exact=True)
