"""Free-flow driving times: the network of cars with seconds in place of metres.

The speed of a way is its limit where one is tagged (:mod:`.speeds`), else that of its class.
Neither queues nor traffic signals are in it: real cars are slower, so ratios of transit to car are
the most that they can be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metrogis.arrays import Floats
from metrogis.streets.directions import DIRECTIONS
from metrogis.streets.network import StreetNetwork
from metrogis.streets.speeds import IMPLICIT_KEYS, speed_limit

CLASS_KMH = {
    "motorway": 90.0, "motorway_link": 45.0, "trunk": 85.0, "trunk_link": 40.0, "primary": 65.0,
    "primary_link": 30.0, "secondary": 55.0, "secondary_link": 25.0, "tertiary": 40.0,
    "tertiary_link": 20.0, "unclassified": 25.0, "residential": 25.0, "living_street": 10.0,
    "service": 15.0, "ferry": 5.0,
}  # fmt: skip
"""Speeds of classes, km/h, where no limit is tagged: those of the car profile of OSRM
(https://github.com/Project-OSRM/osrm-backend/blob/master/profiles/car.lua)."""

OTHER_KMH = 10.0
"""Of roads of another class (tracks that are open to cars, roads without one)."""

NO_LIMIT_KMH = 130.0
"""Where a tag says that there is no limit: the advisory speed of German motorways."""

_TAGS = ("highway", "maxspeed", "maxspeed:forward", "maxspeed:backward", "maxspeed:conditional",
         *IMPLICIT_KEYS)  # fmt: skip


def timed(network: StreetNetwork) -> StreetNetwork:
    """Return the network of cars whose weights are seconds at free flow.

    Parameters
    ----------
    network : StreetNetwork
        Of mode ``car``, weights in metres.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from metrogis.streets import from_lines
    >>> road = gpd.GeoDataFrame({"highway": ["primary"], "maxspeed": ["90"]}, crs="EPSG:2180",
    ...                         geometry=[shapely.LineString([(0, 0), (1500, 0)])])
    >>> timed(from_lines(road, mode="car")).weights.round(6).tolist()
    [60.0, 60.0]
    """
    if network.unit == "s":
        return network
    kmh = speeds(network.ways)
    way = network.edge_way[network.arc_edge]
    column = np.where(network.arc_forward, 0, 1)
    return network.with_weights(network.weights * 3.6 / kmh[way, column], unit="s")


def speeds(ways: pd.DataFrame) -> Floats:
    """Return the speed of every way along and against its drawing, km/h, shape (ways, 2).

    >>> speeds(pd.DataFrame({"highway": ["residential", "trunk"], "maxspeed": [None, "PL:rural"]}))
    array([[25., 25.],
           [90., 90.]])
    """
    names = [name for name in _TAGS if name in ways.columns]
    if not names:
        return np.full((len(ways), 2), OTHER_KMH)
    # one question for each set of tags: there are few
    group = ways[names].astype("object").groupby(names, sort=False, dropna=False)
    code = group.ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    table = ways[names].astype("object").iloc[first]
    found = np.array([_of_way(dict(zip(names, row, strict=True)))
                      for row in table.itertuples(index=False, name=None)])  # fmt: skip
    return found[code] if len(found) else np.empty((0, 2))


def _of_way(row: dict[str, Any]) -> tuple[float, float]:
    tags = {name: value for name, value in row.items() if isinstance(value, str) and value}
    usual = CLASS_KMH.get(tags.get("highway", ""), OTHER_KMH)
    found = []
    for direction in DIRECTIONS:
        kmh = speed_limit(tags, direction).kmh
        found.append(usual if np.isnan(kmh) else min(kmh, NO_LIMIT_KMH))
    return found[0], found[1]
