"""Stops of a feed as points in a projected CRS."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from metrogis.crs import name_of, require_metric
from metrogis.errors import CRSError
from metrogis.i18n import _
from metrogis.provenance import attach
from metrogis.transit.columns import numbered
from metrogis.transit.stop_places import ADDED
from metrogis.transit.timetable import Timetable


def stop_points(feed: Timetable, crs: Any) -> gpd.GeoDataFrame:
    """Return stops as points; see :meth:`metrogis.transit.Feed.stop_points`.

    Stops, boarding areas, and stations or entrances that vehicles call at all the same; those
    without coordinates are left out.

    Parameters
    ----------
    feed : Timetable
    crs : CRS
        Projected, in metres.

    Raises
    ------
    CRSError
        If the CRS is not metric or stops lie where it cannot express them.
    """
    target = require_metric(crs, layer=feed.name)
    stops = feed.stops
    modes = _modes(feed, "mode")
    # stops and boarding areas; stations and entrances only where vehicles call at them
    use = stops["stop_lat"].notna() & (stops["location_type"].isin([0, 4]) | (modes != ""))
    part = stops[use]
    lon, lat = part["stop_lon"].to_numpy(float), part["stop_lat"].to_numpy(float)
    x, y = _transformer(target.to_wkt()).transform(lon, lat)
    _inside(feed, target, lon, lat, np.isfinite(x) & np.isfinite(y))
    points = gpd.GeoDataFrame(
        {
            "stop_id": part["stop_id"].to_numpy(),
            "name": part["stop_name"].to_numpy(),
            "station": part["station"].to_numpy(),
            "modes": modes[use],
            "mode_groups": _modes(feed, "mode_group")[use],
            "feed": part["feed"].to_numpy(),
        },
        geometry=shapely.points(x, y),
        crs=target,
    )
    if feed.before is not None:
        points[ADDED] = _added(feed, part["stop_id"].to_numpy(dtype=object), lon, lat)
    attach(points, feed.source, feed.audit)
    return points


def _added(feed: Timetable, ids: Any, lon: Any, lat: Any) -> npt.NDArray[np.bool_]:
    """Return which stops a scenario added or moved: they join the places of the others."""
    assert feed.before is not None
    old = feed.before.stops
    row = pd.Index(old["stop_id"]).get_indexer(ids)
    was_lon, was_lat = old["stop_lon"].to_numpy(float)[row], old["stop_lat"].to_numpy(float)[row]
    return (row < 0) | (was_lon != lon) | (was_lat != lat)


@lru_cache(maxsize=8)
def _transformer(wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, wkt, always_xy=True)


def _modes(feed: Timetable, column: str) -> npt.NDArray[np.object_]:
    """Return for every stop the modes of the trips that ever call there, joined by commas."""
    names = feed.routes[column].to_numpy(dtype=object)
    width = len(names)
    pair, _ = numbered(feed.calls.stop.astype(np.int64) * width + feed._trip_route[feed.calls.trip])
    found: dict[int, set[str]] = {}
    for stop, route in zip((pair // width).tolist(), (pair % width).tolist(), strict=True):
        found.setdefault(stop, set()).add(names[route])
    joined = np.full(len(feed.stops), "", dtype=object)
    for stop, modes in found.items():
        joined[stop] = ",".join(sorted(modes))
    return joined


def _inside(
    feed: Timetable,
    crs: pyproj.CRS,
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    finite: npt.NDArray[np.bool_],
) -> None:
    """Raise where most stops lie outside the area of use: wrong CRS, or swapped axes."""
    area = crs.area_of_use
    if area is None or not len(lon):
        return

    def share(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
        inside = (x >= area.west) & (x <= area.east) & (y >= area.south) & (y <= area.north)
        return float(inside.mean())

    if finite.all() and share(lon, lat) >= 0.5:
        return
    swapped = share(lat, lon) > share(lon, lat)
    raise CRSError(
        _("axes look swapped")
        if swapped
        else _("most stops lie outside the area of use of {crs}").fill(crs=name_of(crs)),
        layer=feed.name,
        place="stops.txt",
        remedy=_("check stop_lat, stop_lon, or CRS"),
    )
