"""Lines added and rerouted: stops from a path, times from speed and dwell, runs from a headway."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.i18n import _
from metrogis.scenario.base import Base, is_in
from metrogis.scenario.change import Change
from metrogis.scenario.draft import Draft, moved
from metrogis.scenario.words import DAYS, DWELL, seconds
from metrogis.transit.modes import mode_group

SPEEDS = {
    "bus": 22.0, "trolleybus": 20.0, "tram": 22.0, "rail": 55.0, "metro": 40.0, "ferry": 18.0,
    "coach": 45.0, "cableway": 18.0,
}  # fmt: skip
"""km/h between stops where a line states none (project choice, near the means of Polish cities)."""

SPACING = {"rail": 2500.0, "metro": 1000.0, "coach": 2000.0, "ferry": 2000.0}
"""Metres between the stops of a line given by its path alone; 500 for other modes."""

_TYPES = {
    "tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4, "cableway": 6, "trolleybus": 11,
    "coach": 200,
}  # fmt: skip
_MOST_RUNS = 5000


def add_line(draft: Draft, change: Change, base: Base) -> None:
    """Add a line as a feed of its own: there and back, unless it says otherwise.

    The ride between two stops takes its length (along the path, straight without one) by the
    speed, and the vehicle stands at each stop but the ends.

    Raises
    ------
    ScenarioError
        For less than two stops, or neither a headway nor departures.
    """
    mode = str(change.get("mode", "bus"))
    stops, along = _stops_of(draft, change, base, mode)
    if len(stops) < 2:
        raise change.wrong(
            _("a line needs two stops or more"),
            remedy=_("give values.stops, or a longer path or a smaller spacing"),
        )
    speed = float(change.get("speed", SPEEDS[mode]))
    starts = _departures(change)
    days = tuple(change.get("days", DAYS))
    known = [d for d in days if draft.base.day_types()[d].date is not None]
    if not known:
        raise change.wrong(_("the timetable knows none of these day types"), key="values.days")
    name = str(change.get("name", change.id))
    draft.add_route(change, name, mode, mode_group(mode), _TYPES[mode])
    service = draft.service(tuple(days))
    rows: list[dict[str, Any]] = []
    calls: list[pd.DataFrame] = []
    directions = (0, 1) if change.get("both_directions", True) else (0,)
    metres = 0.0
    for direction in directions:
        order = np.array(stops if direction == 0 else stops[::-1])
        way = np.asarray(along if direction == 0 else along[::-1], float)
        pattern = _pattern(order, np.abs(np.diff(way)), speed, float(change.get("dwell", DWELL)))
        metres += float(np.abs(np.diff(way)).sum())
        head = str(draft.stops["stop_name"].iloc[order[-1]])
        for start in starts:
            trip = f"{draft.name}:{change.id}:{direction}:{start:06d}"
            rows.append(
                {
                    "trip_id": trip, "route_id": f"{draft.name}:{change.id}",
                    "service_id": service, "trip_headsign": head, "direction_id": direction,
                    "block_id": "", "shape_id": "", "feed": draft.name, "order": trip,
                }
            )  # fmt: skip
            calls.append(moved(pattern, start))
    draft.add_trips(rows, calls)
    km = metres * len(starts) / 1000
    base.note("timetable", change, f"{len(rows)} x {len(stops)}; {km:.1f} km")


def _departures(change: Change) -> list[int]:
    """Return departures from the first stop, seconds."""
    given = change.get("departures")
    if given:
        if "headway" in change.values:
            raise change.wrong(_("give a headway or departures"), key="values")
        return sorted({seconds(clock) for clock in given})
    if "headway" not in change.values:
        raise change.wrong(
            _("a line needs a headway or departures"), key="values",
            remedy=_('give headway = 20 (minutes), or departures = ["06:00", ...]'),
        )  # fmt: skip
    return runs_from(change, change.get("start", "05:00"), change.get("end", "23:00"))


def runs_from(change: Change, start: str, end: str) -> list[int]:
    """Return departures a headway apart from the start of a window to its end, both included.

    Raises
    ------
    ScenarioError
        For a window that ends before it starts, or too many runs.
    """
    first, last = seconds(start), seconds(end)
    if last < first:
        raise change.wrong(
            _("the last departure is before the first: {start}-{end}").fill(start=start, end=end),
            key="values.end",
            remedy=_("hours after midnight go on: 25:30"),
        )
    step = float(change.get("headway")) * 60
    count = int((last - first) / step + 1e-9) + 1
    if count > _MOST_RUNS:
        raise change.wrong(_("too many runs: {n}").fill(n=count), key="values.headway")
    return [round(first + k * step) for k in range(count)]


def _stops_of(draft: Draft, change: Change, base: Base, mode: str) -> tuple[list[int], list[float]]:
    """Return the stops of a line, and where each is along its way, m."""
    path = change.shape_in(base.crs)
    if path is not None:
        is_in(base, change, path)
    given = change.get("stops")
    if given:
        stops = [draft.stop(change, stop) for stop in given]
        points = draft.xy()[stops]
        lost = [s for s, xy in zip(given, points, strict=True) if not np.isfinite(xy).all()]
        if lost:
            raise change.wrong(
                _("the stop {stop} has no position").fill(stop=lost[0]), key="values.stops"
            )
        if any(a == b for a, b in itertools.pairwise(stops)):
            raise change.wrong(_("a stop stands twice in a row"), key="values.stops")
        if path is None:
            return stops, np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))].tolist()
        along = shapely.line_locate_point(path, shapely.points(points))
        if not (np.diff(along) > 0).all():
            raise change.wrong(
                _("the stops are not in the order of the path"), key="values.stops",
                remedy=_("draw the path from the first stop to the last, or leave it out"),
            )  # fmt: skip
        return stops, along.tolist()
    if path is None:
        raise change.wrong(
            _("a line needs stops or a path"), remedy=_("give values.stops, path or wkt")
        )
    return _along(draft, change, path, float(change.get("spacing", SPACING.get(mode, 500.0))))


def _along(
    draft: Draft, change: Change, path: Any, spacing: float
) -> tuple[list[int], list[float]]:
    """Return stops every some metres of a path; near stops of today they join their places."""
    count = max(round(path.length / spacing), 1)
    if count > _MOST_RUNS:
        raise change.wrong(_("too many stops: {n}").fill(n=count), key="values.spacing")
    at = np.linspace(0.0, path.length, count + 1)
    points = shapely.get_coordinates(shapely.line_interpolate_point(path, at))
    new = [f"{change.get('name', change.id)} {i}" for i in range(1, len(at) + 1)]
    suffixes = [f":{i:04d}" for i in range(1, len(at) + 1)]
    return draft.add_stops(change, points, new, suffixes), at.tolist()


def _pattern(stops: Any, metres: Any, speed: float, dwell: float) -> pd.DataFrame:
    """Return the calls of a run that starts at 0."""
    ride = np.maximum(np.round(metres / (speed / 3.6)), 1)
    arrive = np.r_[0.0, np.cumsum(ride) + dwell * np.arange(len(ride))]
    leave = arrive + dwell
    leave[0], leave[-1] = 0.0, arrive[-1]
    n = len(stops)
    return pd.DataFrame(
        {
            "stop": stops, "arrival": np.round(arrive).astype(np.int64),
            "departure": np.round(leave).astype(np.int64),
            "sequence": np.arange(1, n + 1), "pickup": 0, "drop_off": 0, "first": False,
            "last": False, "modelled": False,
        }
    )  # fmt: skip


def reroute(draft: Draft, change: Change, base: Base) -> None:
    """Lead a line over other stops between two of its stops, or before the first, after the last.

    The calls between are replaced; later ones move by the difference of the riding time. Runs
    against the direction take the new stops in the other order.

    Raises
    ------
    ScenarioError
        Where no run of the line calls at the stops named.
    """
    begin, end = change.get("from"), change.get("to")
    if begin is None and end is None:
        raise change.wrong(
            _("a new way needs the stop before it, or the stop after it"), key="values",
            remedy=_("give values.from and values.to"),
        )  # fmt: skip
    trips = draft.line(change)
    between = [draft.stop(change, stop) for stop in change.get("stops", ())]
    ends = tuple(None if s is None else draft.stop(change, s) for s in (begin, end))
    if None in ends and not between:
        raise change.wrong(_("a line that ends elsewhere needs stops"), key="values.stops")
    xy = draft.xy()
    mode = _mode_of(draft, trips)
    speed = float(change.get("speed", SPEEDS.get(mode, 22.0))) / 3.6
    dwell = float(change.get("dwell", DWELL))
    made, touched = [], []
    # runs of one course and one profile of times differ by their start only
    known: dict[bytes, pd.DataFrame | None] = {}
    for trip, calls in draft.calls_of(trips).groupby("trip", sort=True):
        start = int(calls["departure"].iloc[0])
        times = calls[["arrival", "departure"]].to_numpy() - start
        key = calls["stop"].to_numpy().tobytes() + times.tobytes()
        if key not in known:
            known[key] = _rerouted(moved(calls, -start), ends, between, xy, speed, dwell)
        found = known[key]
        if found is not None:
            made.append(moved(found, start).assign(trip=trip))
            touched.append(trip)
    if not touched:
        raise change.wrong(
            _("no run of the line calls at these stops in turn"), key="values",
            remedy=_("name stops of the line, by the posts that its runs call at"),
        )  # fmt: skip
    kept = draft.calls[~draft.calls["trip"].isin(touched)]
    draft.calls = pd.concat([kept, *made], ignore_index=True)
    draft.changed = True
    base.note("timetable", change, f"{len(touched)}")


def _mode_of(draft: Draft, trips: Any) -> str:
    route = draft.trips["route_id"].iloc[int(trips[0])]
    return str(draft.routes.loc[draft.routes["route_id"] == route, "mode"].iloc[0])


def _rerouted(
    calls: pd.DataFrame, ends: Any, between: list[int], xy: Any, speed: float, dwell: float
) -> pd.DataFrame | None:
    """Return the calls of a run on its new way; None where it does not come that way."""
    stops = calls["stop"].tolist()
    for (first, last), new in (((ends[0], ends[1]), between), ((ends[1], ends[0]), between[::-1])):
        a = stops.index(first) if first in stops else (-1 if first is None else None)
        if a is None:
            continue
        rest = stops[a + 1 :]
        b = (a + 1 + rest.index(last)) if last in rest else (len(stops) if last is None else None)
        if b is None:
            continue
        return _replaced(calls, a, b, new, xy, speed, dwell)
    return None


def _replaced(
    calls: pd.DataFrame, a: int, b: int, new: list[int], xy: Any, speed: float, dwell: float
) -> pd.DataFrame:
    """Replace the calls between rows a and b (a = -1: from the start, b = len: to the end)."""
    head, tail = calls.iloc[: a + 1], calls.iloc[b:]
    way = [*head["stop"].tail(1), *new, *tail["stop"].head(1)]
    ride = np.round(np.hypot(*np.diff(xy[way], axis=0).T) / speed)
    # clock at the first stop of the way; without one before, runs start so as to reach the tail
    arrive = np.r_[0.0, np.cumsum(ride) + dwell * np.arange(len(ride))]
    if len(head):
        arrive = arrive + float(head["departure"].iloc[-1])
    elif len(tail):
        arrive = arrive + float(tail["arrival"].iloc[0]) - arrive[-1]
    at = arrive[1 if len(head) else 0 :][: len(new)]
    rows = pd.DataFrame(
        {
            "stop": new, "arrival": at, "departure": at + dwell, "pickup": 0, "drop_off": 0,
            "first": False, "last": False, "modelled": False,
        }
    )  # fmt: skip
    if len(tail) and len(head):
        late = float(arrive[-1]) - float(tail["arrival"].iloc[0])
        tail = moved(tail, round(late))
    whole = pd.concat([head, rows, tail], ignore_index=True)
    if not len(head):
        whole.loc[0, "arrival"] = whole.loc[0, "departure"]
    if not len(tail):
        whole.loc[whole.index[-1], "departure"] = whole.loc[whole.index[-1], "arrival"]
    for column in ("arrival", "departure"):
        whole[column] = whole[column].round().astype(np.int64)
    return whole.assign(sequence=np.arange(1, len(whole) + 1))
