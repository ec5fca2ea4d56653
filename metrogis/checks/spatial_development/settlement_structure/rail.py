"""How many people live how near to a railway station, in straight lines."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array, Bools, Floats
from metrogis.checks.contract import Run
from metrogis.i18n import _

_KM2 = 1e6


class Near(NamedTuple):
    """Whether each piece of population is near a station, and whether that is known."""

    yes: Bools
    known: Bools


def near_rail(run: Run, stations: Any, points: Array) -> tuple[Near, Floats]:
    """Return which points are near a station, and the distance of each to the nearest, m.

    Without the layer nothing is known; the distance is infinite where there is no station.
    """
    n = len(points)
    if stations is None:
        run.note("rail_stations", "unknown", 1, _("no stations: distances to rail are unknown"))
        return Near(np.zeros(n, bool), np.zeros(n, bool)), np.full(n, np.nan)
    limit = float(run.parameters.near_rail)
    distance = np.full(n, np.inf)
    shapes = stations.geometry.to_numpy()
    if len(shapes) and n:
        (i, _unused), away = shapely.STRtree(shapes).query_nearest(
            points, all_matches=False, return_distance=True
        )
        distance[i] = away
    yes = distance <= limit + 1e-9
    known = yes | run.evidence["rail_stations"].known_near(points, limit)
    return Near(yes, known), distance


def bands(run: Run, stations: Any, distance: Floats, people: Floats) -> gpd.GeoDataFrame:
    """Return land by distance to a station: residents, area and density of each band.

    Bounds belong to the nearer band. Without stations there is no row.
    """
    edges = sorted({float(v) for v in run.parameters.rail_bands})
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    if stations is not None and len(stations):
        municipalities = shapely.union_all(run.municipalities.geometry.to_numpy())
        inner: Any = shapely.Polygon()
        all_ = stations.geometry.to_numpy()
        lows = [0.0, *edges]
        for k, low in enumerate(lows):
            high = edges[k] if k < len(edges) else np.inf
            reach = municipalities
            if np.isfinite(high):
                reach = shapely.union_all(shapely.buffer(all_, high)).intersection(municipalities)
            ring = shapely.difference(reach, inner)
            inner = reach
            here = (distance > low if k else distance >= 0) & (distance <= high)
            held = float(np.nansum(people[here]))
            area = float(shapely.area(ring)) / _KM2
            if area <= 0:
                continue
            name = (
                f"{low / 1000:g}-{high / 1000:g} km"
                if np.isfinite(high)
                else f"> {low / 1000:g} km"
            )
            rows.append({"band": name, "from_m": low, "residents": held, "area_km2": area,
                         "density": held / area})  # fmt: skip
            shapes.append(ring)
    columns = ["band", "from_m", "residents", "area_km2", "density"]
    table = {c: [row[c] for row in rows] for c in columns}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=run.crs)
