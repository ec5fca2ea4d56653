"""Changes of the timetable, in the order of the scenario: stops, lines, their times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from metrogis.scenario import lines, times
from metrogis.scenario.base import Base, is_in
from metrogis.scenario.change import Change
from metrogis.scenario.draft import Draft


def timetable(layer: Any, changes: Sequence[Change], base: Base) -> Any:
    """Return the timetable after the changes of a scenario.

    Parameters
    ----------
    layer : Feed
    changes : sequence of Change
        In their order: a stop must be added before a line calls there.
    base : Base

    Returns
    -------
    Feed
        Reference dates and known coverage are those of the base. Added lines form a feed named
        after the scenario. The very layer where nothing runs otherwise than before.

    Raises
    ------
    ScenarioError
        For stops, lines and times that do not fit the timetable.
    """
    draft = Draft(layer, feed_name(base.plan), base.crs)
    for change in changes:
        APPLY[change.do](draft, change, base)
    made = draft.feed()
    if made is not layer and _nothing_new(made, draft):
        return layer
    return made


def feed_name(plan: str) -> str:
    """Return the name of the feed of added lines: that of the plan, fit for an id.

    >>> feed_name("Line 171: extended")
    'plan_line_171_extended'
    """
    words = "".join(c if c.isalnum() else " " for c in plan.lower()).split()
    return "_".join(["plan", *words])


def _nothing_new(made: Any, draft: Draft) -> bool:
    """Return whether all that was done is to list runs again that the base has."""
    base = draft.base
    new = (made.trips["feed"] == draft.name).to_numpy()
    if not new.any() or draft.gone_trips or draft.gone_stops:
        return False
    if not made.trips[~new].reset_index(drop=True).equals(base.trips):
        return False
    old = ~new[made.calls.trip]
    for name in ("arrival", "departure", "stop"):
        was, now = getattr(base.calls, name), getattr(made.calls, name)[old]
        if len(was) != len(now) or not np.array_equal(was, now):
            return False
    added = (made.stops["feed"] == draft.name).any()
    moved = not made.stops[["stop_lat", "stop_lon"]].equals(base.stops[["stop_lat", "stop_lon"]])
    return not added and not moved and bool(made.listed_twice[new].all())


def _add_stop(draft: Draft, change: Change, base: Base) -> None:
    point = is_in(base, change, change.shape_in(base.crs))
    draft.add_stops(change, [(point.x, point.y)], [change.get("name", change.id)], [""])
    base.note("timetable", change)


def _move_stop(draft: Draft, change: Change, base: Base) -> None:
    point = is_in(base, change, change.shape_in(base.crs))
    row = draft.stop(change, change.target)
    move = pyproj.Transformer.from_crs(draft.crs, 4326, always_xy=True)
    lon, lat = move.transform(point.x, point.y)
    draft.stops.loc[row, ["stop_lat", "stop_lon"]] = (lat, lon)
    draft.stops.loc[row, "at_station"] = False
    draft.changed = True
    base.note("timetable", change, change.target)


def _remove_stop(draft: Draft, change: Change, base: Base) -> None:
    row = draft.stop(change, change.target)
    parent = (draft.stops["parent_station"] == draft.stops["stop_id"].iloc[row]).to_numpy()
    rows = {row, *np.flatnonzero(parent).tolist()}
    draft.drop_calls(draft.calls.index[draft.calls["stop"].isin(rows)])
    draft.gone_stops |= rows
    base.note("timetable", change, change.target)


def _remove_line(draft: Draft, change: Change, base: Base) -> None:
    trips = draft.line(change)
    draft.drop_trips(trips)
    base.note("timetable", change, change.target)


def _add_line(draft: Draft, change: Change, base: Base) -> None:
    lines.add_line(draft, change, base)


APPLY: Mapping[str, Callable[[Draft, Change, Base], None]] = {
    "add_stop": _add_stop,
    "move_stop": _move_stop,
    "remove_stop": _remove_stop,
    "add_line": _add_line,
    "remove_line": _remove_line,
    "reroute": lines.reroute,
    "set_headway": times.set_headway,
    "set_span": times.set_span,
    "shift": times.shift,
    "set_speed": times.set_speed,
    "set_dwell": times.set_dwell,
}
"""Word -> what it does to a timetable."""


def line_table(
    base: Any, after: Any, crs: Any, named: Collection[tuple[str, str]] = ()
) -> pd.DataFrame:
    """Return vehicle-kilometres of every line that a scenario changes, before and after.

    Parameters
    ----------
    base, after : Feed
    crs : CRS
        Working CRS, m.
    named : collection of (str, str)
        Feed and name of lines that are listed even where neither runs nor kilometres change.

    Returns
    -------
    DataFrame
        One row a line and day type: ``line``, ``mode``, ``feed``, ``day_type``, ``runs_before``,
        ``runs``, ``vehicle_km_before``, ``vehicle_km``. Kilometres are straight from stop to stop
        (a line of :func:`add_line` may be longer: see its audit); runs listed twice count once.
    """
    was, now = _by_line(base, crs), _by_line(after, crs)
    keys = ["feed", "line", "mode", "day_type"]
    both = was.merge(now, on=keys, how="outer", suffixes=("_before", ""))
    for column in ("runs_before", "runs", "vehicle_km_before", "vehicle_km"):
        both[column] = both[column].fillna(0.0)
    changed = (both["runs"] != both["runs_before"]) | (
        (both["vehicle_km"] - both["vehicle_km_before"]).abs() > 1e-6
    )
    pairs = zip(both["feed"], both["line"], strict=True)
    listed = changed | np.array([pair in named for pair in pairs], bool)
    return both[listed].sort_values(keys, ignore_index=True)


def _by_line(feed: Any, crs: Any) -> pd.DataFrame:
    """Return runs and vehicle-kilometres of each line and day type."""
    move = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    lon, lat = (feed.stops[c].to_numpy(float) for c in ("stop_lon", "stop_lat"))
    xy = np.column_stack(move.transform(lon, lat))
    calls = feed.calls
    step = np.r_[0.0, np.hypot(*np.diff(xy[calls.stop], axis=0).T)]
    step[calls.first] = 0.0
    # a stop without a position is left out of the sum: its neighbours are not joined
    metres = np.bincount(calls.trip, np.nan_to_num(step), len(feed.trips))
    route = feed._trip_route
    rows = []
    for day, kind in feed.day_types().items():
        if kind.date is None:
            continue
        runs = feed._runs_on(feed._days(day))
        count = runs.plain.astype(float) + np.bincount(runs.trip, minlength=len(feed.trips))
        found = pd.DataFrame(
            {
                "feed": feed.routes["feed"].to_numpy()[route],
                "line": feed.routes["route_short_name"].to_numpy()[route],
                "mode": feed.routes["mode"].to_numpy()[route],
                "runs": count,
                "vehicle_km": count * metres / 1000,
            }
        )
        one = found[found["runs"] > 0].groupby(["feed", "line", "mode"], as_index=False).sum()
        rows.append(one.assign(day_type=day))
    if not rows:
        columns = ["feed", "line", "mode", "runs", "vehicle_km", "day_type"]
        return pd.DataFrame(columns=columns)
    return pd.concat(rows, ignore_index=True)
