"""Distance of each call along its trip, for the interpolation of blank times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Floats

if TYPE_CHECKING:
    from metrogis.transit.calls import Ints, StopTimes

Shapes = Callable[[], pd.DataFrame]
"""Reads the table of shapes when it is needed."""

_METRES_PER_DEGREE = 111_195.0  # mean Earth radius 6371 km

_DETOUR = 100.0
"""Metres: a shape farther from a stop than it need be by more is not the way of the trip."""

_MOST_PAIRS = 5_000_000
"""Stops times segments of one trip that are looked at."""


def along(
    calls: StopTimes,
    which: Ints,
    dist: Floats | None,
    trips: pd.DataFrame,
    stops: pd.DataFrame,
    shapes: Shapes,
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Return distances along the trips ``which`` and how each was found.

    How: 2 = ``shape_dist_traveled`` of the feed, 1 = stops projected on the shape in their order, 0
    = straight lines between stops (metres on the sphere). Rows of other trips are NaN. Each way is
    taken for a whole trip, and only where its distances never decrease; where the feed leaves out
    some of its distances, the next best way divides what lies between those that are there.
    """
    x = np.full(len(calls), np.nan)
    how = np.zeros(len(calls), np.int8)
    bounds = calls.bounds(len(trips))
    lat, lon = stops["stop_lat"].to_numpy(float), stops["stop_lon"].to_numpy(float)
    shape_of = trips["shape_id"].to_numpy()
    lines: dict[str, shapely.LineString] | None = None
    seen: dict[tuple[str, bytes], tuple[Floats, int]] = {}
    if dist is not None:
        whole = _all_grow(dist, calls, bounds)
        theirs = (whole & _among(which, len(trips)))[calls.trip]
        x[theirs], how[theirs] = dist[theirs], 2
        which = which[~whole[which]]
    for trip in which.tolist():
        rows = slice(bounds[trip], bounds[trip + 1])
        stop = calls.stop[rows]
        # trips of one shape and one row of stops have one answer
        key = (str(shape_of[trip]), stop.tobytes())
        if key not in seen:
            line = None
            if key[0]:
                if lines is None:
                    lines = _lines(shapes())
                line = lines.get(key[0])
            seen[key] = _one(lat[stop], lon[stop], line)
        x[rows], how[rows] = seen[key]
        if dist is not None:
            mixed = _filled(dist[rows], seen[key][0])
            if mixed is not None:
                x[rows], how[rows] = mixed, np.where(np.isfinite(dist[rows]), 2, how[rows])
    return x, how


def _among(which: Ints, count: int) -> npt.NDArray[np.bool_]:
    among = np.zeros(count, bool)
    among[which] = True
    return among


def _all_grow(
    dist: Floats, calls: StopTimes, bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell of every trip what :func:`_grows` tells of one."""
    right = np.isfinite(dist)
    right[1:] &= calls.first[1:] | (dist[1:] >= dist[:-1])
    grow = bounds[1:] > bounds[:-1]
    grow[calls.trip[~right]] = False
    trip = np.flatnonzero(grow)
    grow[trip] = dist[bounds[trip + 1] - 1] > dist[bounds[trip]]
    return np.asarray(grow)


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
        if len(lat) * (shapely.get_num_points(flat) - 1) <= _MOST_PAIRS:
            ordered = _in_order(flat, shapely.get_coordinates(points))
            if ordered is not None and _grows(ordered):
                return ordered, 1
    k = np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    steps = _METRES_PER_DEGREE * np.hypot(np.diff(lat), np.diff(lon) * k)
    return np.r_[0.0, np.cumsum(steps)], 0


def _filled(own: Floats, other: Floats) -> Floats | None:
    """Return the feed's distances, gaps divided as another way divides them; None if it cannot."""
    known = np.flatnonzero(np.isfinite(own))
    if len(known) < 2 or known[0] != 0 or known[-1] != len(own) - 1 or not _grows(own[known]):
        return None
    if not (np.isfinite(other).all() and (np.diff(other) >= 0).all()):
        return None
    at = np.searchsorted(known, np.arange(len(own)), side="right") - 1
    a, b = known[at], known[np.minimum(at + 1, len(known) - 1)]
    whole = other[b] - other[a]
    # where the other way does not move between two known distances, its rows share the gap evenly
    steps = (np.arange(len(own)) - a) / np.maximum(b - a, 1)
    share = np.divide(other - other[a], whole, out=steps, where=whole > 0)
    return np.asarray(own[a] + share * (own[b] - own[a]))


def _in_order(line: shapely.LineString, points: Floats) -> Floats | None:
    """Return where points come to lie on a line that they follow in order, as near as can be.

    A line that meets itself (a loop, a road driven both ways) is nearest to a point at several
    places: the sum of squared distances is made least under the condition that positions never
    decrease. None where a point then lies much farther from the line than it need.
    """
    corner = shapely.get_coordinates(line)
    step = np.diff(corner, axis=0)
    length = np.hypot(*step.T)
    corner, step, length = corner[:-1][length > 0], step[length > 0], length[length > 0]
    if not len(length):
        return None
    begin = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    rows, number = len(points), np.arange(len(length))
    away = points[:, None, :] - corner[None]
    share = np.clip((away * step).sum(axis=2) / length**2, 0, 1)
    gap = np.hypot(*np.moveaxis(away - share[:, :, None] * step, 2, 0))
    position = begin + share * length
    cost = gap[0] ** 2
    back = np.zeros((rows, len(length)), np.int64)
    # invariant: cost[s] is the least sum of squares with point i - 1 on segment s
    for i in range(1, rows):
        # the cheapest place on an earlier segment, or on the same one not farther on
        best = np.minimum.accumulate(cost)
        place = np.maximum.accumulate(np.where(cost == best, number, 0))
        before = np.append(np.inf, best[:-1])
        same = position[i - 1] <= position[i] + 1e-6  # m: the last bit of a float
        stay = same & (cost <= before)
        back[i] = np.where(stay, number, np.append(0, place[:-1]))
        cost = np.where(stay, cost, before) + gap[i] ** 2
    if not np.isfinite(cost).any():
        return None
    at = np.zeros(rows, np.int64)
    # back from the cheapest end
    at[-1] = int(cost.argmin())
    for i in range(rows - 1, 0, -1):
        at[i - 1] = back[i, at[i]]
    own = np.arange(rows)
    if (gap[own, at] > gap.min(axis=1) + _DETOUR).any():
        return None
    return np.asarray(np.maximum.accumulate(position[own, at]))


def _lines(shapes: pd.DataFrame) -> dict[str, shapely.LineString]:
    lines = {}
    for shape, part in shapes.groupby("shape_id", sort=False, observed=True):
        if len(part) > 1:
            points = part[["shape_pt_lon", "shape_pt_lat"]].to_numpy(float)
            lines[str(shape)] = shapely.linestrings(points)
    return lines
