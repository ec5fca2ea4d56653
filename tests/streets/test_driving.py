"""Where cars may drive, and how fast."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from metrogis.streets import from_lines
from metrogis.streets.driving import CLASS_KMH, NO_LIMIT_KMH, OTHER_KMH, speeds, timed
from metrogis.streets.permissions import decide, passable


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "trunk"}, (True, True)),
        ({"highway": "primary", "oneway": "yes"}, (True, False)),
        ({"highway": "primary", "oneway": "-1"}, (False, True)),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, (True, False)),
        ({"highway": "residential", "junction": "roundabout"}, (True, False)),
        ({"highway": "residential", "motor_vehicle": "no"}, (False, False)),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, (True, True)),
        ({"highway": "residential", "access": "private"}, (False, False)),
        ({"highway": "service", "access": "destination"}, (True, True)),
        ({"highway": "residential", "motorcar": "no", "motor_vehicle": "yes"}, (False, False)),
        ({"highway": "residential", "vehicle:backward": "no"}, (True, False)),
        ({"highway": "footway"}, (False, False)),
        ({"highway": "cycleway"}, (False, False)),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, (True, True)),
        ({"highway": "track"}, (False, False)),
        ({"highway": "track", "motor_vehicle": "yes"}, (True, True)),
        ({"highway": "steps", "motor_vehicle": "yes"}, (False, False)),
        ({"highway": "residential", "access": "bus"}, (False, False)),
        ({"highway": "residential", "bicycle": "use_sidepath"}, (True, True)),
        ({"highway": "construction", "construction": "primary"}, (False, False)),
        ({"railway": "rail"}, (False, False)),
    ],
)
def test_cars_go_where_they_may(tags: dict[str, str], ways: tuple[bool, bool]) -> None:
    assert decide(tags, "car")[:2] == ways


@pytest.mark.parametrize("kind", ["bollard", "cycle_barrier", "block", "stile", "wall"])
def test_barriers_stop_cars(kind: str) -> None:
    assert not passable({"barrier": kind}, "car")
    assert passable({"barrier": kind, "motor_vehicle": "yes"}, "car")
    assert passable({"barrier": "gate"}, "car")


def test_speed_is_the_limit_else_that_of_the_class() -> None:
    ways = pd.DataFrame({
        "highway": ["primary", "primary", "motorway", "residential", "track", None],
        "maxspeed": ["50", None, "none", "fast", None, None],
        "maxspeed:backward": ["30", None, None, None, None, None],
    })  # fmt: skip
    want = [(50, 30), (CLASS_KMH["primary"],) * 2, (NO_LIMIT_KMH,) * 2,
            (CLASS_KMH["residential"],) * 2, (OTHER_KMH,) * 2, (OTHER_KMH,) * 2]  # fmt: skip
    np.testing.assert_array_equal(speeds(ways), np.array(want, float))
    assert speeds(ways.iloc[:0]).shape == (0, 2)


def test_seconds_of_a_road_and_no_way_back() -> None:
    road = gpd.GeoDataFrame(
        {"highway": ["primary"], "maxspeed": ["36"], "oneway": ["yes"]}, crs="EPSG:2180",
        geometry=[shapely.LineString([(0, 0), (1000, 0)])],
    )  # fmt: skip
    network = timed(from_lines(road, mode="car"))
    assert network.unit == "s"
    assert timed(network) is network
    points = network.snap(np.array([[0.0, 0], [1000, 0]]), component=None)
    found = network.distances(points, points)
    np.testing.assert_allclose(found, [[0, 100], [np.inf, 0]])
