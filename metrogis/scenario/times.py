"""Times of lines: headways, hours of service, shifts, speeds, dwell times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metrogis.i18n import _
from metrogis.scenario.base import Base
from metrogis.scenario.change import Change
from metrogis.scenario.draft import Draft, moved
from metrogis.scenario.lines import runs_from
from metrogis.scenario.words import seconds


def _groups(draft: Draft, trips: Any) -> list[tuple[Any, Any, Any]]:
    """Return the runs of a line by direction and service: (direction, trips, their starts).

    Directions that are not stated are told by the first and last stop.
    """
    calls = draft.calls_of(trips)
    by_trip = calls.groupby("trip")
    table = pd.DataFrame(
        {
            "start": by_trip["departure"].first(),
            "begin": by_trip["stop"].first(),
            "end": by_trip["stop"].last(),
        }
    )
    rows = table.index.to_numpy()
    stated = draft.trips["direction_id"].to_numpy()[rows]
    table["direction"] = np.where(
        stated >= 0, stated.astype(str), table["begin"].astype(str) + ">" + table["end"].astype(str)
    )
    table["service"] = draft.trips["service_id"].to_numpy(dtype=object)[rows]
    found = []
    for key, part in table.sort_values("start", kind="stable").groupby(
        ["direction", "service"], sort=True
    ):
        found.append((key, part.index.to_numpy(), part["start"].to_numpy()))
    return found


def _copies(draft: Draft, change: Change, trip: int, starts: list[int]) -> None:
    """Add runs like one of today, at other times."""
    own = draft.calls_of(np.array([trip]))
    leaves = int(own["departure"].iloc[0])
    record = draft.trips.iloc[trip].to_dict()
    rows, calls = [], []
    for start in starts:
        name = f"{draft.name}:{change.id}:{record['trip_id']}:{start:06d}"
        rows.append({**record, "trip_id": name, "block_id": "", "order": name})
        calls.append(moved(own, start - leaves))
    draft.add_trips(rows, calls)


def _template(draft: Draft, trips: Any) -> int:
    """Return the run that stands for the others: of the most frequent course, the median one."""
    calls = draft.calls_of(trips)
    course = calls.groupby("trip")["stop"].agg(lambda s: hash(tuple(s)))
    course = course.reindex(trips)
    counts = course.value_counts()
    most = counts.index[counts == counts.max()]
    alike = [int(t) for t in trips if course[t] in most]
    first = course[alike[0]]
    same = [t for t in alike if course[t] == first]
    return same[len(same) // 2]


def set_headway(draft: Draft, change: Change, base: Base) -> None:
    """Run a line at a headway in a window; its runs that start in it are replaced.

    Without a window it is from the first to the last departure of each direction and service. The
    runs take the course and the riding times of the median run of the most frequent course.

    Raises
    ------
    ScenarioError
    """
    trips = draft.expand(draft.on_days(change, draft.line(change)))
    count = 0
    for _key, own, starts in _groups(draft, trips):
        first = change.get("start", _clock(int(starts.min())))
        last = change.get("end", _clock(int(starts.max())))
        new = runs_from(change, first, last)
        inside = own[(starts >= seconds(first)) & (starts <= seconds(last))]
        _copies(draft, change, _template(draft, inside if len(inside) else own), new)
        draft.drop_trips(inside)
        count += len(new)
    _require(change, count)
    base.note("timetable", change, f"{change.target}; {count}")


def set_span(draft: Draft, change: Change, base: Base) -> None:
    """Run a line within other hours: runs outside are gone, missing ones go on at the interval.

    Before the first run those are added that its interval to the second leads to, after the last
    those of the last interval; a single run is only cut.

    Raises
    ------
    ScenarioError
    """
    trips = draft.expand(draft.on_days(change, draft.line(change)))
    first, last = seconds(change.get("start")), seconds(change.get("end"))
    if last < first:
        raise change.wrong(
            _("the last departure is before the first: {start}-{end}").fill(
                start=change.get("start"), end=change.get("end")
            ),
            key="values.end",
            remedy=_("hours after midnight go on: 25:30"),
        )
    count = 0
    for _key, own, starts in _groups(draft, trips):
        distinct = np.unique(starts)
        if len(distinct) > 1:
            step = int(distinct[1] - distinct[0])
            new = list(range(int(distinct[0]) - step, first - 1, -step))
            _copies(draft, change, int(own[0]), [s for s in new if s <= last])
            step = int(distinct[-1] - distinct[-2])
            new = list(range(int(distinct[-1]) + step, last + 1, step))
            _copies(draft, change, int(own[-1]), [s for s in new if s >= first])
        outside = (starts < first) | (starts > last)
        draft.drop_trips(own[outside])
        count += 1
    _require(change, count)
    base.note("timetable", change, change.target)


def shift(draft: Draft, change: Change, base: Base) -> None:
    """Shift all runs of a line by some minutes; a run never starts before midnight.

    Raises
    ------
    ScenarioError
    """
    trips = draft.on_days(change, draft.line(change))
    _require(change, len(trips))
    by = round(float(change.get("minutes")) * 60)
    rows = draft.calls["trip"].isin(trips)
    early = draft.calls.loc[rows, "departure"].min() + by
    periods = draft.headways["trip"].isin(trips)
    if periods.any():
        early = min(early, draft.headways.loc[periods, "start"].min() + by)
    if early < 0:
        raise change.wrong(
            _("a run would start before midnight"), key="values.minutes",
            remedy=_("shift by less; a run of the day before is written past 24:00"),
        )  # fmt: skip
    draft.calls.loc[rows, ["arrival", "departure"]] += by
    draft.headways.loc[periods, ["start", "end"]] += by
    draft.changed = draft.changed or by != 0
    base.note("timetable", change, f"{change.target}; {len(trips)}")


def set_speed(draft: Draft, change: Change, base: Base) -> None:
    """Change the riding times between stops; times at stops and the start of runs stay.

    ``factor`` is of the speed (2: half the time); ``speed`` sets km/h straight from stop to stop.

    Raises
    ------
    ScenarioError
    """
    given = [name for name in ("factor", "speed") if name in change.values]
    if len(given) != 1:
        raise change.wrong(_("give factor or speed"), key="values")
    trips = draft.line(change)
    calls = draft.calls_of(trips)
    arrive, leave, first = _clocks(calls)
    ride = np.r_[0, arrive[1:] - leave[:-1]].astype(float)
    ride[first] = 0
    if given == ["factor"]:
        ride = ride / float(change.get("factor"))
    else:
        xy = draft.xy()[calls["stop"].to_numpy()]
        metres = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
        metres[first] = 0.0
        known = np.isfinite(metres)
        ride[known] = metres[known] / (float(change.get("speed")) / 3.6)
    _retime(draft, calls, np.round(ride).astype(np.int64), leave - arrive, first)
    base.note("timetable", change, f"{change.target}; {len(trips)}")


def set_dwell(draft: Draft, change: Change, base: Base) -> None:
    """Let vehicles stand some seconds at each stop between the ends; riding times stay."""
    trips = draft.line(change)
    calls = draft.calls_of(trips)
    arrive, leave, first = _clocks(calls)
    ride = np.r_[0, arrive[1:] - leave[:-1]]
    ride[first] = 0
    dwell = np.full(len(calls), round(float(change.get("dwell"))), np.int64)
    last = np.r_[first[1:], True]
    dwell[first | last] = (leave - arrive)[first | last]
    _retime(draft, calls, ride, dwell, first)
    base.note("timetable", change, f"{change.target}; {len(trips)}")


def _clocks(calls: pd.DataFrame) -> tuple[Any, Any, Any]:
    trip = calls["trip"].to_numpy()
    first = np.r_[True, trip[1:] != trip[:-1]]
    return (
        calls["arrival"].to_numpy(np.int64), calls["departure"].to_numpy(np.int64), first
    )  # fmt: skip


def _retime(draft: Draft, calls: pd.DataFrame, ride: Any, dwell: Any, first: Any) -> None:
    """Write times from riding and dwell times; each run leaves its first stop when it did."""
    leave = calls["departure"].to_numpy(np.int64)
    run = np.cumsum(first) - 1
    start = leave[first][run]
    step = ride + np.r_[0, dwell[:-1]]
    step[first] = 0
    total = np.cumsum(step)
    since = total - total[first][run]
    # the dwell at the first stop is before the start
    since = since - np.where(first, 0, dwell[first][run])
    arrive = np.where(first, calls["arrival"].to_numpy(np.int64), start + since)
    depart = np.where(first, leave, start + since + dwell)
    same = (arrive == calls["arrival"].to_numpy()).all() and (depart == leave).all()
    draft.calls.loc[calls.index, "arrival"] = arrive
    draft.calls.loc[calls.index, "departure"] = depart
    draft.changed = draft.changed or not same


def _require(change: Change, count: int) -> None:
    if not count:
        raise change.wrong(_("no run of the line is on these days"), key="values.days")


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"
