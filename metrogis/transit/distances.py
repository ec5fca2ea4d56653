"""Distance of each call along its trip, for the interpolation of blank times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

if TYPE_CHECKING:
    from metrogis.transit.stop_times import Floats, Ints, Shapes, StopTimes

_METRES_PER_DEGREE = 111_195.0  # mean Earth radius 6371 km


def along(
    calls: StopTimes,
    which: Ints,
    dist: Floats | None,
    trips: pd.DataFrame,
    stops: pd.DataFrame,
    shapes: Shapes,
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Return distances along the trips ``which`` and how each was found.

    How: 2 = ``shape_dist_traveled`` of the feed, 1 = stops projected on the shape, 0 = straight
    lines between stops (metres on the sphere). Rows of other trips are NaN. Each way is taken for a
    whole trip, and only where its distances never decrease.
    """
    x = np.full(len(calls), np.nan)
    how = np.zeros(len(calls), np.int8)
    bounds = calls.bounds(len(trips))
    lat, lon = stops["stop_lat"].to_numpy(float), stops["stop_lon"].to_numpy(float)
    shape_of = trips["shape_id"].to_numpy()
    lines: dict[str, shapely.LineString] | None = None
    seen: dict[tuple[str, bytes], tuple[Floats, int]] = {}
    for trip in which.tolist():
        rows = slice(bounds[trip], bounds[trip + 1])
        if dist is not None and _grows(dist[rows]):
            x[rows], how[rows] = dist[rows], 2
            continue
        stop = calls.stop[rows]
        key = (str(shape_of[trip]), stop.tobytes())
        if key not in seen:
            line = None
            if key[0]:
                if lines is None:
                    lines = _lines(shapes())
                line = lines.get(key[0])
            seen[key] = _one(lat[stop], lon[stop], line)
        x[rows], how[rows] = seen[key]
    return x, how


def _grows(d: Floats) -> bool:
    return bool(np.isfinite(d).all() and (np.diff(d) >= 0).all() and d[-1] > d[0])


def _one(lat: Floats, lon: Floats, line: shapely.LineString | None) -> tuple[Floats, int]:
    if line is not None and np.isfinite(lat).all():
        # a plane with true scale at the trip's latitude: good to 0.1 % over a town
        k = np.cos(np.radians(lat.mean()))
        flat = shapely.transform(line, lambda p: p * _METRES_PER_DEGREE * np.array([k, 1.0]))
        points = shapely.points(lon * _METRES_PER_DEGREE * k, lat * _METRES_PER_DEGREE)
        d = np.asarray(shapely.line_locate_point(flat, points), dtype=float)
        if _grows(d):
            return d, 1
    k = np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    steps = _METRES_PER_DEGREE * np.hypot(np.diff(lat), np.diff(lon) * k)
    return np.r_[0.0, np.cumsum(steps)], 0


def _lines(shapes: pd.DataFrame) -> dict[str, shapely.LineString]:
    lines = {}
    for shape, part in shapes.groupby("shape_id", sort=False, observed=True):
        if len(part) > 1:
            points = part[["shape_pt_lon", "shape_pt_lat"]].to_numpy(float)
            lines[str(shape)] = shapely.linestrings(points)
    return lines
