"""White spots on a street network: what the network does not reach is unknown, not white."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from metrogis import read_feed, white_spots
from metrogis.streets import from_lines

EAST, NORTH = 450000.0, 740000.0


@pytest.fixture
def feed(tmp_path):
    """One stop at the origin with a bus every half hour all day."""
    lonlat = gpd.GeoSeries(
        [shapely.Point(EAST, NORTH), shapely.Point(EAST, NORTH + 9000)], crs=2180
    ).to_crs(4326)
    tables = {
        "agency": "agency_id,agency_name,agency_url,agency_timezone\n1,A,http://a.pl,Europe/Warsaw\n",
        "routes": "route_id,agency_id,route_short_name,route_type\n1,1,1,3\n",
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nx,1,1,1,1,1,1,1,20241001,20241130\n",
        "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"{i},S{i},{p.y:.8f},{p.x:.8f}\n" for i, p in enumerate(lonlat)),
        "trips": "route_id,service_id,trip_id\n" + "".join(f"1,x,t{i}\n" for i in range(30)),
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + "".join(
            f"t{i},{5 + i // 2:02}:{30 * (i % 2):02}:00,{5 + i // 2:02}:{30 * (i % 2):02}:00,0,1\n"
            f"t{i},{6 + i // 2:02}:{30 * (i % 2):02}:00,{6 + i // 2:02}:{30 * (i % 2):02}:00,1,2\n"
            for i in range(30)
        ),
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.txt").write_text(text)
    return read_feed(tmp_path, name="bus")


def _cell(x: float, y: float) -> shapely.Polygon:
    return shapely.box(EAST + x - 50, NORTH + y - 50, EAST + x + 50, NORTH + y + 50)


def test_a_cell_off_the_streets_is_unknown_and_a_far_walk_is_a_barrier(feed) -> None:
    town = gpd.GeoDataFrame(
        {"teryt": ["2215031"], "name": ["W"]},
        crs=2180,
        geometry=[shapely.box(EAST - 9000, NORTH - 9000, EAST + 9000, NORTH + 9000)],
    )
    cells = gpd.GeoDataFrame(
        {"population": [10.0, 20.0, 40.0]},
        crs=2180,
        geometry=[_cell(200, 0), _cell(0, 300), _cell(-5000, -5000)],
    )
    coverage = pd.DataFrame(
        {"feed": ["bus"], "teryt": ["2215031"], "mode": ["bus"], "state": ["complete"]}
    )
    # a street from the stop to the first cell, and a long way round to the second
    lines = [
        shapely.LineString([(EAST, NORTH), (EAST + 200, NORTH)]),
        shapely.LineString(
            [
                (EAST + 200, NORTH),
                (EAST + 2000, NORTH),
                (EAST + 2000, NORTH + 300),
                (EAST, NORTH + 300),
            ]
        ),
    ]
    streets = from_lines(gpd.GeoDataFrame(geometry=lines, crs=2180), mode="walk")
    by_air = white_spots(town, cells, feed, coverage=coverage).features["cells"]
    on_streets = white_spots(town, cells, feed, coverage=coverage, streets=streets)
    found = on_streets.features["cells"]

    def states(table):
        order = np.argsort(table["population"].to_numpy())
        return table["state"].astype(str).to_numpy()[order].tolist()

    assert states(by_air) == ["served", "served", "white"]
    assert states(found) == ["served", "white", "unknown"]
    assert found.loc[found["population"] == 20, "cause"].astype(str).tolist() == ["barrier"]
    assert "no street near" in on_streets.audit.to_frame().to_string()
