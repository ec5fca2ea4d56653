"""Where a stop without a position may be: between its neighbours in the trips that call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Floats
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import NO_VALUE, Mask
from metrogis.transit.speeds import METRES_PER_DEGREE

Longs = npt.NDArray[np.int64]

_FASTER = 1.75
"""How much faster than the trip's mean a hop may be: stops and lights are spread unevenly.

Measured by leaving out each stop of each line in turn: its true place lies within reach for
97 % of those of the buses and trams of Szczecin, 98 % of Wejherowo's and 96 % of Newport's.
"""

_USUAL = 7.0
"""m/s (25 km/h) where a trip has no two known stops to take its speed from."""

_VERTICES = 24


@dataclass(frozen=True, eq=False)
class Gaps:
    """Calls at stops without a position, each way between neighbours once.

    Attributes
    ----------
    stop, trip : ndarray of int (n,)
        Stop (below zero: one that the table of stops does not have), one trip that calls.
    shape : ndarray of geometry (n,)
        Where the stop may be, degrees (longitude, latitude); None where no neighbour is known.
    """

    stop: Longs
    trip: Longs
    shape: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.stop)


class Missing(Protocol):
    """What a reader knows of stops it cannot place; see :class:`metrogis.transit.lost.Losing`."""

    unknown: list[str]
    calls: StopTimes | None
    at_station: Mask | None


def gaps(
    losing: Missing, calls: StopTimes, trips: pd.DataFrame, stops: pd.DataFrame,
    trip_route: npt.NDArray[np.int32],
) -> Gaps:  # fmt: skip
    """Find every call at a stop without a usable position, and where the stop may be.

    Between its neighbours in the trip, the stop lies where a vehicle of the mode can get and be
    back on the route in the time between the known times around it: an ellipse with both neighbours
    as foci. With one neighbour it is a disc.

    Parameters
    ----------
    losing : Missing
        Ids that name no stop, and stops that took the place of their station.
    calls : StopTimes
    trips, stops : DataFrame
    trip_route : ndarray of int32 (trips,)
        Row of each trip's route.

    Returns
    -------
    Gaps
        One row per stop, line and pair of neighbours: the longest reach of the trips alike, one of
        these trips, the shape in degrees. A stop that has neighbours on both sides in some trip has
        no rows of one neighbour.
    """
    whole = losing.calls or calls
    lat, lon = (stops[c].to_numpy(float) for c in ("stop_lat", "stop_lon"))
    blank = ~(np.isfinite(lat) & np.isfinite(lon))
    if losing.at_station is not None:
        blank = blank | losing.at_station
    nothing = Gaps(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, dtype=object))
    if not blank.any() and not losing.unknown:
        return nothing
    missing = np.append(blank, np.ones(len(losing.unknown), bool))[whole.stop]
    if not missing.any():
        return nothing
    concerned = np.zeros(len(trips), bool)
    concerned[whole.trip[missing]] = True
    # all rows of trips that call at a stop without a position, in order
    row = np.flatnonzero(concerned[whole.trip])
    lost = missing[row]
    stop, trip = whole.stop[row].astype(np.int64), whole.trip[row].astype(np.int64)
    # metres on a plane that keeps distances near the middle of the feed; the last row is no stop
    k = np.cos(np.radians(np.nanmean(lat))) if np.isfinite(lat).any() else 1.0
    xy = METRES_PER_DEGREE * np.column_stack([np.append(lon * k, np.nan), np.append(lat, np.nan)])
    first = np.flatnonzero(np.r_[True, trip[1:] != trip[:-1]])
    size = np.diff(np.append(first, len(row)))
    start, end = np.repeat(first, size), np.repeat(first + size - 1, size)
    # before and after: the nearest row with a position within the trip, -1 where there is none
    before, after = _last(~lost, start), _next(~lost, end)
    arrival, departure = (v[row].astype(np.int64) for v in (whole.arrival, whole.departure))
    timed = departure != NO_VALUE
    here = np.flatnonzero(lost)
    p, n = before[here], after[here]
    speed = _FASTER * _speeds(whole, xy, missing, concerned, trip_route)[trip[here]]
    earlier, later = _last(timed, start), _next(timed, end)

    def span(a: Longs, b: Longs) -> Floats:
        """Seconds between known times around rows a and b; 0 where one is not known."""
        i, j = earlier[a], later[b]
        known = (i >= 0) & (j >= 0)
        seconds = (arrival[j] - departure[i]) % 86400  # clocks may start again at midnight
        return np.where(known, seconds, 0).astype(float)

    left, right = stop[np.maximum(p, 0)], stop[np.maximum(n, 0)]
    both = (p >= 0) & (n >= 0)
    reach = np.select(
        [both, p >= 0, n >= 0],
        [span(np.maximum(p, 0), np.maximum(n, 0)), span(np.maximum(p, 0), here),
         span(here, np.maximum(n, 0))],
        0.0,
    ) * speed  # fmt: skip
    table = pd.DataFrame(
        {
            "stop": stop[here],
            "line": trip_route[trip[here]],
            "left": np.where(p >= 0, left, -1),
            "right": np.where(n >= 0, right, -1),
            "reach": reach,
            "trip": trip[here],
        }
    )
    table = table.groupby(["stop", "line", "left", "right"], as_index=False, sort=False).agg(
        {"reach": "max", "trip": "first"}
    )
    # between two neighbours says more than around one
    sure = ((table["left"] >= 0) & (table["right"] >= 0)).to_numpy()
    has = table["stop"].isin(table["stop"][sure]).to_numpy()
    one = ((table["left"] >= 0) | (table["right"] >= 0)).to_numpy() & ~sure
    table = table[~(one & has)].reset_index(drop=True)
    shape = _between(xy, *(table[c].to_numpy() for c in ("left", "right", "reach")))
    scale = np.array([METRES_PER_DEGREE * k, METRES_PER_DEGREE])
    return Gaps(
        table["stop"].to_numpy(np.int64), table["trip"].to_numpy(np.int64),
        np.asarray(shapely.transform(shape, lambda c: c / scale), dtype=object),
    )  # fmt: skip


def _last(mask: Any, start: Longs) -> Longs:
    """Return for each row the last row of its trip up to it where ``mask``; -1 for none."""
    found = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))
    return np.asarray(np.where(found >= start, found, -1))


def _next(mask: Any, end: Longs) -> Longs:
    """Return for each row the first row of its trip from it on where ``mask``; -1 for none."""
    n = len(mask)
    back = np.maximum.accumulate(np.where(mask[::-1], np.arange(n), -1))[::-1]
    found = n - 1 - back
    return np.asarray(np.where((back >= 0) & (found <= end), found, -1))


def _speeds(
    whole: StopTimes, xy: Floats, missing: Any, concerned: Any, trip_route: npt.NDArray[np.int32]
) -> Floats:
    """Return the mean speed (m/s) of trips over their known stops and times.

    Of the trips ``concerned``; where one has no two known stops, the median of its route, else what
    nine of ten trips of the feed do not exceed.
    """
    mean = _mean_speeds(whole, xy, ~missing & concerned[whole.trip], len(concerned))
    if np.isfinite(mean[concerned]).all():
        return mean
    every = _mean_speeds(whole, xy, ~missing, len(concerned))
    of_route = pd.Series(every).groupby(trip_route).transform("median").to_numpy()
    known = every[np.isfinite(every)]
    usual = float(np.quantile(known, 0.9)) if len(known) else _USUAL
    rest = np.where(np.isfinite(of_route), of_route, usual)
    return np.asarray(np.where(np.isfinite(mean), mean, rest))


def _mean_speeds(whole: StopTimes, xy: Floats, use: Any, n: int) -> Floats:
    good = np.flatnonzero(use & (whole.departure != NO_VALUE))
    trip, stop = whole.trip[good], whole.stop[good]
    step = np.flatnonzero(trip[1:] == trip[:-1])
    metres = np.hypot(*(xy[stop[step + 1]] - xy[stop[step]]).T)
    arrival, departure = (v[good].astype(np.int64) for v in (whole.arrival, whole.departure))
    seconds = (arrival[step + 1] - departure[step]) % 86400
    total, time = (np.bincount(trip[step], v, n) for v in (metres, seconds))
    return np.divide(total, time, out=np.full(n, np.nan), where=(time > 0) & (total > 0))


def _between(xy: Floats, left: Longs, right: Longs, reach: Floats) -> npt.NDArray[np.object_]:
    """Return where a stop may be: an ellipse round two neighbours, a disc round one, or None.

    All points from which the way over both neighbours is at most ``reach``; where that is no more
    than the straight line, the line itself.
    """
    shape = np.full(len(left), None, dtype=object)
    turn = np.linspace(0, 2 * np.pi, _VERTICES, endpoint=False)
    # the ellipse: its polygon lies around the curve, not within it (1 / cos of half the angle
    # between vertices)
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) / np.cos(np.pi / _VERTICES)
    both = np.flatnonzero((left >= 0) & (right >= 0))
    one = np.flatnonzero((left >= 0) != (right >= 0))
    if len(both):
        a, b = xy[left[both]], xy[right[both]]
        apart = np.hypot(*(b - a).T)
        wide = np.sqrt(np.maximum(reach[both] ** 2 - apart**2, 0)) / 2
        angle = np.arctan2(*(b - a).T[::-1])
        long = np.maximum(reach[both], apart) / 2
        x = ring[:, 0] * long[:, None]
        y = ring[:, 1] * wide[:, None]
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        middle = ((a + b) / 2)[:, None, :]
        outline = middle + np.stack([x * cos - y * sin, x * sin + y * cos], axis=2)
        lines: Any = shapely.linestrings(np.stack([a, b], axis=1))
        spots: Any = shapely.points(a)
        thin = np.where(apart > 0, lines, spots)
        shape[both] = np.where(wide < 1, thin, shapely.polygons(outline))
    if len(one):
        centre = xy[np.maximum(left[one], right[one])]
        around = centre[:, None, :] + ring[None] * reach[one][:, None, None]
        spots = shapely.points(centre)
        shape[one] = np.where(reach[one] < 1, spots, shapely.polygons(around))
    return shape
