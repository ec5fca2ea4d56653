"""A bus line that comes to its station three minutes after each train has left.

It is a line of its own beside those of :mod:`metrogis.demo.lines`: no stop loses a departure. Its
runs follow the trains all day, so that one shift of the whole line fixes it: the generator looks
for a station, and for departures the other way, for which the rule of the check gives that one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse.csgraph as csg
from scipy.spatial import cKDTree

from metrogis.demo import schedule
from metrogis.demo.frame import Index
from metrogis.demo.graph import Graph
from metrogis.demo.lines import Line, measured
from metrogis.demo.settlements import Settled

LATE = 3
"""Minutes between the train's departure and when one from the bus could be on the platform."""
FIXED = (-LATE - 1, -LATE - 2)
"""Minutes by which the line must be shifted: a minute is left, and walks are no whole minutes."""
WALK = 320.0
"""Metres along streets from its last stop to the station, at most."""
LONG = (1500.0, 7000.0)
"""Metres from its first stop to the station, straight."""
SPACING = 35
"""Least minutes between two runs of the line."""
PACE = 80.0
"""Metres walked in a minute."""
DAY = (5 * 60, 21 * 60)
"""When the line runs, minutes after midnight."""
LEAST = 12
"""Runs a day and direction, at least."""
PLAN, NAME = "late", "901"
"""The line's plan and name."""


class Call(NamedTuple):
    """A stop beside a station, and where a line to it may begin (rows); minutes between them."""

    station: int
    stop: int
    begin: int
    walk: float


def miss_a_train(
    graph: Graph, settled: Settled, stops: pd.DataFrame, stations: pd.DataFrame, lines: list[Line]
) -> list[Line]:
    """Add a line whose times miss the trains of one direction, and are good otherwise.

    Returns
    -------
    list of Line
        Those given, and the new one last; without it where no station will do.
    """
    trains = {run.rail: run for run in schedule.rail_runs(stations)}
    for call in _calls(graph, settled, stops, stations):
        urban = settled.municipalities["kind"][stops["municipality"].iloc[call.stop]] == 1
        feed = "city_bus" if urban else "regional_bus"
        line = Line(feed, NAME, "bus", [call.begin, call.stop], np.zeros(0), PLAN)
        (line,) = measured(graph, stops, [line])
        run = trains[int(stations["rail"].iloc[call.station])]
        at = int(run.forth[list(run.order).index(call.station)])
        leaves = {d: run.departures("SZK", d, at) for d in (0, 1)}
        for direction, wait in ((d, w) for w in (8, 7, 9, 6, 10) for d in (1, 0)):
            times = _times(line, call, run, at, direction, wait)
            if times and _fixing_shift(line, call, leaves, times) in FIXED:
                line.times, line.misses = times, (call.station, direction)
                return [*lines, line]
    return lines


def _calls(
    graph: Graph, settled: Settled, stops: pd.DataFrame, stations: pd.DataFrame
) -> list[Call]:
    """Return stations with a stop beside them: those of few trains first, then by the walk."""
    xy = stations[["x", "y"]].to_numpy(np.float64)
    at = stops[["x", "y"]].to_numpy(np.float64)
    off, node = cKDTree(np.column_stack([graph.x, graph.y])).query(xy)
    whole = (settled.municipalities["role"] == "complete").to_numpy()
    home = stops["municipality"].to_numpy()
    free = whole[home] & (stops["plant"] == "").to_numpy()
    out = []
    for k in range(len(stations)):
        metres = csg.dijkstra(graph.matrix(), indices=int(node[k]), limit=WALK)
        walk = metres[stops["node"].to_numpy()] + off[k]
        walk[~free] = np.inf
        stop = int(walk.argmin())
        # where it begins no other station is near, and people live
        apart = np.hypot(*(at - xy[k]).T)
        fit = free & (home == home[stop]) & (apart >= LONG[0]) & (apart <= LONG[1])
        fit &= np.hypot(*(at[:, None] - xy[None]).transpose(2, 0, 1)).min(axis=1) >= LONG[0]
        if walk[stop] <= WALK and fit.any():
            begin = int(np.flatnonzero(fit)[apart[fit].argmax()])
            out.append(Call(k, stop, begin, float(walk[stop]) / PACE))
    branch = (stations["rail"] > 0).to_numpy()
    return sorted(out, key=lambda c: (not branch[c.station], c.walk))


def _times(
    line: Line, call: Call, run: schedule.RailRun, at: int, direction: int, wait: int
) -> dict[int, dict[str, Index]]:
    """Return first departures by direction of the line (0: to the station) and day."""
    ride, walk = int(schedule.minutes_of(line)[-1]), round(call.walk)
    out: dict[int, dict[str, Index]] = {0: {}, 1: {}}
    for day in schedule.DAYS:
        # to the trains too late; from those of the other direction soon after they came
        left = run.departures(day, direction, at) + LATE - walk - ride
        come = run.departures(day, 1 - direction, at) + walk + wait
        for way, starts in ((0, left), (1, come)):
            out[way][day] = _apart(starts[(starts >= DAY[0]) & (starts <= DAY[1])])
            if len(out[way][day]) < LEAST:
                return {}
    return out


def _apart(starts: Index) -> Index:
    """Return starts of which none follows another too soon."""
    out: list[int] = []
    for start in np.sort(starts).tolist():
        if not out or start - out[-1] >= SPACING:
            out.append(start)
    return np.array(out, dtype=np.int64)


def _fixing_shift(
    line: Line, call: Call, leaves: dict[int, Index], times: dict[int, dict[str, Index]]
) -> int:
    """Return the shift that fixes the line on a school day, by the rule of the check, minutes.

    Kept is a wait of 1 to 15 minutes. Of the shifts by up to 10 minutes that lose none the one that
    gains most counts, then the smallest, then the earlier.
    """
    ride = int(schedule.minutes_of(line)[-1])

    def kept(shift: int) -> list[bool]:
        arrive, leave = times[0]["SZK"] + ride + shift, times[1]["SZK"] + shift
        found = []
        for trains in leaves.values():
            found += [_wait(trains, c + call.walk) for c in arrive]
            found += [_wait(leave - call.walk, t) for t in trains]
        return [1 <= w <= 15 for w in found]

    now = kept(0)
    best, most = 0, sum(now)
    for shift in sorted(range(-10, 11), key=lambda s: (abs(s), s)):
        then = kept(shift)
        lost = any(a and not b for a, b in zip(now, then, strict=True))
        if not lost and sum(then) > most:
            best, most = shift, sum(then)
    return best


def _wait(times: Any, ready: float) -> float:
    """Return the wait for the next of some times; infinite after the last."""
    later = times[times >= ready - 1e-9]
    return float(later.min() - ready) if len(later) else float("inf")
