"""Speeds between stops: hops faster than any vehicle of the mode, and positions that cause them.

A hop is impossible where ``distance > v_max x (time + slack)``. The slack is for timetables in
whole minutes: without it, thousands of hops of an ordinary city timetable would be impossible.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy import sparse

from metrogis.arrays import Floats
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import NO_VALUE, Mask

Longs = npt.NDArray[np.int64]

METRES_PER_DEGREE = 111_195.0
"""Of latitude; mean Earth radius 6371 km."""

TOP_SPEED: Mapping[str, float] = MappingProxyType(
    {
        "bus": 130.0,
        "coach": 130.0,
        "trolleybus": 100.0,
        "tram": 100.0,
        "metro": 130.0,
        "monorail": 130.0,
        "rail": 350.0,
        "ferry": 100.0,
        "cableway": 60.0,
        "other": 1000.0,
    }
)
"""km/h by mode; straight lines between stops are shorter than any way, so true speeds stay below.

Choice of this project: above the limits in force for the mode (coaches 100 km/h on motorways,
trains up to 320 km/h in service), with room for positions that are some metres off.
"""

SLACK = 60.0
"""Seconds added to the time between two stops: timetables are written in whole minutes."""

FAR = 10_000.0
"""Metres to all its neighbours from which on an impossible hop means an impossible position."""

_VERY_FAR = 300_000.0
"""Metres from which on a group of stops is misplaced, too: no time read wrongly explains it."""

_FEW, _SMALL_SHARE = 2, 0.1
"""Stops, and share of all calls, up to which a group is what is wrong, not the rest."""


_SAY_SO = 3
"""Different hops that no vehicle makes, from which on they tell of a place and not of a time (this
project's choice)."""

_PROPORTION = 20.0
"""Times the usual hop of a trip from which on a hop that cannot be made tells of a place (this
project's choice: stops of a line lie 0.3 to 2 km apart, those of an express 10 times that)."""


def trip_speeds(
    routes: pd.DataFrame,
    trip_route: npt.NDArray[np.int32],
    top_speed: Mapping[str, float] = TOP_SPEED,
) -> Floats:
    """Return the speed that no vehicle of each trip's mode exceeds.

    Parameters
    ----------
    routes : DataFrame
        ``mode``.
    trip_route : ndarray of int32 (trips,)
        Row of each trip's route; -1 where the route is not known.
    top_speed : mapping of str to float
        km/h by mode; other modes get the highest.

    Returns
    -------
    ndarray of float (trips,)
        Metres per second.

    Examples
    --------
    >>> routes = pd.DataFrame({"mode": ["bus"]})
    >>> trip_speeds(routes, np.array([0, -1]), {"bus": 90, "rail": 180}).tolist()
    [25.0, 50.0]
    """
    fastest = max(top_speed.values())
    of_route = np.array([top_speed.get(m, fastest) for m in routes["mode"]] + [fastest]) / 3.6
    return np.asarray(of_route[trip_route])


def impossible_hops(
    calls: StopTimes, lat: Floats, lon: Floats, speed: Floats, *, slack: float = SLACK,
    least: float = 0.0,
) -> Mask:  # fmt: skip
    """Tell of each call whether it cannot be reached in time from the call before.

    Parameters
    ----------
    calls : StopTimes
        Blank times count as the span of time around them.
    lat, lon : ndarray (stops,)
        Degrees; NaN = unknown.
    speed : ndarray (trips,)
        m/s, see :func:`trip_speeds`.
    slack : float
        Seconds added to each time.
    least : float
        Metres; shorter hops are not looked at.

    Returns
    -------
    ndarray of bool (calls,)
    """
    cos = np.cos(np.radians(np.nan_to_num(lat)))
    return np.asarray(
        _hops(
            calls.bounds(len(speed)), calls.stop, calls.arrival, calls.departure,
            lat * METRES_PER_DEGREE, lon * METRES_PER_DEGREE, cos, speed, slack, least * least,
        )
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _hops(bounds, stop, arrival, departure, y, x, cos, speed, slack, least):  # type: ignore[no-untyped-def]
    found = np.zeros(len(stop), np.bool_)
    for trip in range(len(bounds) - 1):
        begin, end = bounds[trip], bounds[trip + 1]
        left = NO_VALUE  # last departure known so far
        ahead = begin  # first row from here on whose arrival is known; end where there is none
        for row in range(begin, end):
            if row > begin and stop[row] >= 0 and stop[row - 1] >= 0:
                a, b = stop[row - 1], stop[row]
                # a degree of longitude shrinks with latitude; over a hop that of its start will do
                dx, dy = (x[b] - x[a]) * cos[a], y[b] - y[a]
                square = dx * dx + dy * dy
                if square > least and left != NO_VALUE:
                    if ahead < row:
                        ahead = row
                    while ahead < end and arrival[ahead] == NO_VALUE:
                        ahead += 1
                    if ahead < end:
                        # blank times between: the hop may have taken all the time between those
                        # known around it
                        reach = speed[trip] * (max(arrival[ahead] - left, 0) + slack)
                        found[row] = square > reach * reach
            if departure[row] != NO_VALUE:
                left = departure[row]
    return found


def misplaced(calls: StopTimes, stops: pd.DataFrame, speed: Floats) -> Mask:
    """Tell which stops cannot be where the feed says: no vehicle gets there in time.

    Stops joined by possible hops form groups. A group is misplaced where all hops to the others are
    impossible and longer than 10 km, it is the lighter side of such a hop, and

    - it is small: two stops, or a tenth of the calls and 300 km away;
    - or the hop is out of all proportion (twenty times the usual one of the same trip), and no trip
      stays in the group, as trips of a town do;
    - or at least three different hops say so: one wrong time must not displace a peninsula.

    So is a stop whose latitude and longitude, exchanged, lie among the others.
    What is off by less cannot be told from a timetable.

    Parameters
    ----------
    calls : StopTimes
        As read: stop -1 is an unknown one; times may be blank.
    stops : DataFrame
    speed : ndarray (trips,)

    Returns
    -------
    ndarray of bool (stops,)
    """
    n = len(stops)
    wrong = np.zeros(n, bool)
    lat, lon = (stops[c].to_numpy(float) for c in ("stop_lat", "stop_lon"))
    suspect = impossible_hops(calls, lat, lon, speed, least=FAR)
    if not suspect.any():
        return wrong
    never = impossible_hops(calls, lat, lon, speed)
    own = np.r_[False, calls.trip[1:] == calls.trip[:-1]] & (calls.stop >= 0)
    own[1:] &= calls.stop[:-1] >= 0
    row = np.flatnonzero(own)
    row = row[np.isfinite(lat[calls.stop[row]]) & np.isfinite(lat[calls.stop[row - 1]])]
    a, b = calls.stop[row - 1], calls.stop[row]
    fine = ~never[row]
    # groups: stops joined by hops that some vehicle makes in time
    graph = sparse.coo_matrix((np.ones(fine.sum(), np.int8), (a[fine], b[fine])), shape=(n, n))
    _, group = sparse.csgraph.connected_components(graph, directed=False)
    here = calls.stop[calls.stop >= 0]
    here = here[np.isfinite(lat[here])]
    weight = np.bincount(group[here], minlength=n)
    size = np.bincount(group[np.unique(here)], minlength=n)
    ga, gb = group[a], group[b]
    apart = never[row] & (ga != gb)
    # a group with an impossible hop shorter than FAR is not judged: the times may be wrong
    near = apart & ~suspect[row]
    close = np.zeros(n, bool)
    close[ga[near]] = close[gb[near]] = True
    metres = _metres(lat, lon, a, b)
    main = int(weight.argmax())
    hops = _different_hops(a, b, ga, gb, apart & suspect[row], n)
    stays = np.zeros(n, bool)
    # a trip without any suspect hop that calls there: the group has a life of its own
    inside = (calls.stop >= 0) & ~np.isin(calls.trip, calls.trip[row[apart & suspect[row]]])
    stays[group[calls.stop[inside]]] = True
    strange = _out_of_proportion(calls.trip[row], metres, fine, apart & suspect[row])
    away = _metres_from_middle(lat, lon)
    for i in np.flatnonzero(apart & suspect[row]).tolist():
        one, two = ga[i], gb[i]
        # as many calls on both sides: the one farther from most stops, or either
        more = weight[one] - weight[two] or round(away[b[i]] - away[a[i]])
        lighter = [g for g, side in ((one, more <= 0), (two, more >= 0)) if side]
        for k in lighter:
            small = size[k] <= _FEW
            small |= weight[k] < _SMALL_SHARE * len(here) and metres[i] > _VERY_FAR
            told = hops[k] >= _SAY_SO or (strange[i] and not stays[k])
            small |= told and weight[k] < weight[main]
            if small and not close[k]:
                wrong |= group == k
    return wrong | _exchanged(lat, lon, here, group[here] == main)


def _different_hops(a: Any, b: Any, ga: Any, gb: Any, apart: Mask, n: int) -> Any:
    """Return by group how many pairs of stops, one of them in it, no vehicle joins in time."""
    low, high = np.minimum(a, b)[apart].astype(np.int64), np.maximum(a, b)[apart].astype(np.int64)
    _, first = np.unique(low * n + high, return_index=True)
    at = np.flatnonzero(apart)[first]
    return np.bincount(ga[at], minlength=n) + np.bincount(gb[at], minlength=n)


def _out_of_proportion(trip: Any, metres: Floats, fine: Mask, asked: Mask) -> Mask:
    """Tell which hops are far longer than the usual hop, in the middle, of the same trip."""
    out = np.zeros(len(trip), bool)
    some = np.isin(trip, np.unique(trip[asked])) & fine & (metres > 0)
    usual = pd.Series(metres[some]).groupby(trip[some]).median()
    own = usual.reindex(trip[asked]).to_numpy()
    with np.errstate(invalid="ignore"):
        out[asked] = metres[asked] >= _PROPORTION * own
    return out


def _metres(lat: Floats, lon: Floats, a: Any, b: Any) -> Floats:
    cos = np.cos(np.radians(lat[a]))
    return METRES_PER_DEGREE * np.hypot(lat[b] - lat[a], (lon[b] - lon[a]) * cos)


def _metres_from_middle(lat: Floats, lon: Floats) -> Floats:
    """Return how far each stop lies from the median position of all stops."""
    y, x = float(np.nanmedian(lat)), float(np.nanmedian(lon))
    return np.asarray(METRES_PER_DEGREE * np.hypot(lat - y, (lon - x) * np.cos(np.radians(y))))


def _exchanged(lat: Floats, lon: Floats, here: Any, main: Mask) -> Mask:
    """Tell which stops lie far outside, and inside when latitude and longitude are exchanged."""
    margin = FAR / METRES_PER_DEGREE
    y, x = lat[here[main]], lon[here[main]]
    south, north = y.min() - margin, y.max() + margin
    west, east = x.min() - 2 * margin, x.max() + 2 * margin
    inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    turned = (lon >= south) & (lon <= north) & (lat >= west) & (lat <= east)
    return np.asarray(~inside & turned)
