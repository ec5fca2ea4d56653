"""The street network: read it, snap to it, ask it for distances, catchments and paths.

>>> import geopandas as gpd, shapely
>>> lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0), (100, 50)])],
...                          crs="EPSG:2180")
>>> network = from_lines(lines, mode="walk")
>>> stop = network.snap([(40, 3)], limit=10)
>>> float(stop.offset[0]), float(stop.distance[0])
(40.0, 3.0)
>>> network.nearest(stop).distance.round(9).tolist()
[40.0, 110.0]
"""

from metrogis.streets.catchments import Catchments
from metrogis.streets.lines import from_lines
from metrogis.streets.nearest import Nearest
from metrogis.streets.network import POINT_LIMIT, StreetNetwork
from metrogis.streets.osm import KEEP_TAGS, read_osm
from metrogis.streets.parts import Components
from metrogis.streets.permissions import Mode, Rules
from metrogis.streets.routes import Pairs, Paths
from metrogis.streets.snap import Snapped
from metrogis.streets.store import load

__all__ = [
    "KEEP_TAGS",
    "POINT_LIMIT",
    "Catchments",
    "Components",
    "Mode",
    "Nearest",
    "Pairs",
    "Paths",
    "Rules",
    "Snapped",
    "StreetNetwork",
    "from_lines",
    "load",
    "read_osm",
]
