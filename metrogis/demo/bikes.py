"""Writes bike-share stations and bicycle parking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.demo.frame import CRS
from metrogis.demo.world import World
from metrogis.demo.writing import lonlat, write_geojson, write_json

Layers = dict[str, dict[str, Any]]

NEAR = 25.0
"""Stands of an interchange lie this near an entrance, m."""
APART = 250.0
"""Other stands keep this distance from every entrance, m."""
SHED = 40
"""From so many places on stands are drawn as an outline, not as a point."""


def write_bike_share(world: World, folder: Path) -> Layers:
    """Write the bike-share system as GBFS 2.3.

    Files are the list of feeds, the system, its stations and their state. Stations stand within 60
    m of bus stops of places with more than 8,000 residents, at 30 % of these.

    Returns
    -------
    dict
        The layer of the catalog.
    """
    rng = world.streams("bike share")
    stops = world.stops
    heads = world.settled.places["people"].to_numpy()[stops["settlement"]]
    usable = np.flatnonzero((heads > 8000) & (stops["plant"] == "").to_numpy())
    chosen = usable[rng.random(len(usable)) < 0.30]
    x = stops["x"].to_numpy()[chosen] + rng.uniform(-60, 60, len(chosen))
    y = stops["y"].to_numpy()[chosen] + rng.uniform(-60, 60, len(chosen))
    lon, lat = lonlat(x, y)
    docks = rng.integers(8, 22, len(chosen))
    bikes = np.round(docks * rng.random(len(chosen))).astype(int)
    head = {"last_updated": 1731495600, "ttl": 60, "version": "2.3"}
    out = folder / "gbfs"
    out.mkdir()
    base = "https://example.org/gbfs/2"
    feeds = ("system_information", "station_information", "station_status")
    content: dict[str, Any] = {
        "gbfs": {"pl": {"feeds": [{"name": f, "url": f"{base}/{f}.json"} for f in feeds]}},
        "system_information": {
            "system_id": "zatoka",
            "language": "pl",
            "name": "Rower Zatoki",
            "timezone": "Europe/Warsaw",
        },
        "station_information": {
            "stations": [
                {
                    "station_id": str(7000 + k),
                    "name": str(stops["name"].iloc[i]),
                    "lat": round(float(lat[k]), 6),
                    "lon": round(float(lon[k]), 6),
                    "capacity": int(docks[k]),
                }
                for k, i in enumerate(chosen.tolist())
            ]
        },
        "station_status": {
            "stations": [
                {
                    "station_id": str(7000 + k),
                    "num_bikes_available": int(bikes[k]),
                    "num_docks_available": int(docks[k] - bikes[k]),
                    "is_installed": True,
                    "is_renting": True,
                    "is_returning": True,
                    "last_reported": 1731495590,
                }
                for k in range(len(chosen))
            ]
        },
    }
    for name, data in content.items():
        write_json(out / f"{name}.json", {**head, "data": data})
    return {"bike_share": {"driver": "gbfs", "path": "gbfs"}}


def write_bike_parking(world: World, folder: Path) -> Layers:
    """Write bicycle parking as OpenStreetMap has it: points and outlines, capacity as text.

    What lies at an interchange adds up to its ``bike_stands``; of one interchange some stands are
    not counted. The stands elsewhere, at shops and schools, are often not counted either.
    """
    rng = world.streams("bike parking")
    hubs, doors = world.cycling.interchanges, world.entrances
    rows: list[dict[str, Any]] = []

    def rack(x: float, y: float, capacity: str | None, **more: Any) -> None:
        places = int(capacity) if capacity else 0
        shape: Any = shapely.Point(x, y)
        if places >= SHED:  # two rows, 0.45 m a bicycle
            shape = shapely.box(x - places * 0.1125, y - 2, x + places * 0.1125, y + 2)
        rows.append({"name": None, "capacity": capacity, "access": None, **more, "geometry": shape})

    for hub in hubs.itertuples():
        own = doors[doors["station"] == hub.station]
        left = int(hub.bike_stands)
        parts = [left] if left < 30 or len(own) < 2 else [left - left // 3, left // 3]
        for k, part in enumerate(parts):
            door = own.iloc[k]
            for size in (part,) if part < 150 else (part - part // 2, part // 2):
                turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(8, NEAR)
                if size > 0:
                    x, y = door["x"] + far * np.cos(turn), door["y"] + far * np.sin(turn)
                    rack(x, y, str(size), name=f"{hub.name} B+R")
        if hub.Index == uncounted(hubs):
            rack(own["x"].iloc[0] + 18, own["y"].iloc[0] - 12, None)
        if hub.rank == "metropolitan":  # of the staff: not for everyone
            rack(own["x"].iloc[0] - 20, own["y"].iloc[0] + 15, "12", access="private")

    entrances = shapely.MultiPoint(doors[["x", "y"]].to_numpy())
    places = world.settled.places
    for i, place in places[places["plant"] == ""].iterrows():
        seat = i in set(world.settled.municipalities["seat"])
        for _ in range(max(int(seat), round(float(place["people"]) / 1500))):
            for _ in range(20):
                turn = rng.uniform(0, 2 * np.pi)
                far = 30 + rng.uniform(0.05, 0.8) * float(place["radius"])
                x, y = place["x"] + far * np.cos(turn), place["y"] + far * np.sin(turn)
                if entrances.distance(shapely.Point(x, y)) > APART:
                    told = rng.random() < 0.7
                    rack(x, y, str(2 * int(rng.integers(2, 11))) if told else None)
                    break
    frame = gpd.GeoDataFrame(rows, crs=CRS)
    write_geojson(folder / "bike_parking.geojson", frame)
    return {
        "bike_parking": {
            "driver": "vector", "path": "bike_parking.geojson", "schema": "BikeParking",
        }
    }  # fmt: skip


def uncounted(hubs: Any) -> Any:
    """Return the row of the interchange some of whose stands have no capacity in the data.

    The first local one without another planted fault; None where there is none.
    """
    plain = hubs.index[(hubs["plant"] == "") & (hubs["rank"] == "local")]
    return plain[0] if len(plain) else None
