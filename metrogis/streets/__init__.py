"""The street network: read it, snap to it, ask it for distances, catchments and paths.

>>> import geopandas as gpd, shapely
>>> from metrogis.streets import from_lines
>>> lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0), (100, 50)])],
...                          crs="EPSG:2180")
>>> network = from_lines(lines, mode="walk")
>>> stop = network.snap([(40, 3)], limit=10)
>>> float(stop.offset[0]), float(stop.distance[0])
(40.0, 3.0)
>>> network.nearest(stop).distance.round(9).tolist()
[40.0, 110.0]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrogis.streets.catchments import Catchments
    from metrogis.streets.gaps import MissingLinks, missing_links
    from metrogis.streets.layer import Streets
    from metrogis.streets.lines import from_lines
    from metrogis.streets.nearest import Nearest
    from metrogis.streets.network import POINT_LIMIT, StreetNetwork
    from metrogis.streets.osm import KEEP_TAGS, read_osm
    from metrogis.streets.parts import Components
    from metrogis.streets.permissions import Mode, Rules
    from metrogis.streets.routes import Pairs, Paths
    from metrogis.streets.saved import load
    from metrogis.streets.slope import with_slope
    from metrogis.streets.snap import Snapped
    from metrogis.streets.stress import Stress, level_of_traffic_stress
    from metrogis.streets.uptake import bike_share, potential_cyclists

# Loaded on first use: numba and osmium are slow to import, and checks that only look at lines
# (cycleways, access) do without them. Functions named like their module (`stress.stress`,
# `simplify.simplify`) are not here: the module would take their place once it is imported.
_WHERE = {
    "KEEP_TAGS": "osm",
    "POINT_LIMIT": "network",
    "Catchments": "catchments",
    "Components": "parts",
    "MissingLinks": "gaps",
    "Mode": "permissions",
    "Nearest": "nearest",
    "Pairs": "routes",
    "Paths": "routes",
    "Rules": "permissions",
    "Snapped": "snap",
    "StreetNetwork": "network",
    "Streets": "layer",
    "Stress": "stress",
    "bike_share": "uptake",
    "from_lines": "lines",
    "level_of_traffic_stress": "stress",
    "load": "saved",
    "missing_links": "gaps",
    "potential_cyclists": "uptake",
    "read_osm": "osm",
    "with_slope": "slope",
}

__all__ = [
    "KEEP_TAGS",
    "POINT_LIMIT",
    "Catchments",
    "Components",
    "MissingLinks",
    "Mode",
    "Nearest",
    "Pairs",
    "Paths",
    "Rules",
    "Snapped",
    "StreetNetwork",
    "Streets",
    "Stress",
    "bike_share",
    "from_lines",
    "level_of_traffic_stress",
    "load",
    "missing_links",
    "potential_cyclists",
    "read_osm",
    "with_slope",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
