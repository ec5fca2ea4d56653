"""Which vehicles meet at stations, how long one waits, and what a shift of a line changes.

A *meeting* is one chance to change: a run of a feeder at a station towards trains of one direction,
or a train at a station towards one line in one direction. A run that calls at a station twice is
one meeting. The direction of a train is the place it calls at next (or came from).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Floats, Ints
from metrogis.transit.feed import Feed
from metrogis.transit.profile_search import Feet
from metrogis.transit.vehicles import MICRO, Vehicles

RAIL = "rail"
TO_TRAIN, FROM_TRAIN = "to_train", "from_train"
CLASSES = ("tight", "kept", "loose", "none")
KEPT = CLASSES.index("kept")
_FAR = np.int64(1 << 38)
"""Microseconds between groups in one sorted row: longer than any day."""


@dataclass(frozen=True)
class Rules:
    """Limits of waits and headways, minutes."""

    tight: float
    kept: float
    loose: float
    missed: float
    rare: float


@dataclass(frozen=True, eq=False)
class Meetings:
    """Chances to change, one row each, and the vehicles one may catch.

    Attributes
    ----------
    table : DataFrame
        ``way``, ``station`` (place), ``line`` (number), ``direction`` (of the line), ``train``
        (place the train goes to or came from), ``ready`` (µs: when one could board), ``group``.
    catch : ndarray of int
        ``group * far + time`` of what can be caught, ascending; times of trains, or of feeders as
        seen from the platform (departure less the walk).
    """

    table: pd.DataFrame
    catch: Ints

    def at(self, shift: int, rules: Rules) -> tuple[Ints, Floats, npt.NDArray[np.bool_]]:
        """Return class, wait (minutes) and "just missed" with all feeders ``shift`` minutes later.

        A feeder that is later brings people later, or waits longer for those of a train: then
        people are as much earlier.
        """
        move = np.where(self.table["way"].to_numpy() == TO_TRAIN, shift, -shift) * 60 * MICRO
        group = self.table["group"].to_numpy(np.int64)
        ready = self.table["ready"].to_numpy(np.int64) + move
        at = np.searchsorted(self.catch, group * _FAR + ready, side="left")
        padded = np.concatenate([[-_FAR], self.catch, [np.iinfo(np.int64).max]])
        following, before = padded[at + 1], padded[at]
        same_next = following // _FAR == group
        same_last = before // _FAR == group
        wait = np.where(same_next, following - group * _FAR - ready, _FAR) / (60 * MICRO)
        gone = np.where(same_last, ready - (before - group * _FAR), _FAR) / (60 * MICRO)
        kind = np.searchsorted([rules.tight], wait, side="right")
        kind = np.where(wait > rules.kept, 2, kind)
        kind = np.where(wait > rules.loose, 3, kind)
        headway = np.where(same_next & same_last, wait + gone, np.inf)
        missed = (gone <= rules.missed) & (headway >= rules.rare)
        return kind.astype(np.int64), np.where(same_next, wait, np.inf), missed


def meetings(feed: Feed, rides: Vehicles, feet: Feet, place: Ints) -> Meetings:
    """Return all chances to change between feeders and trains.

    Parameters
    ----------
    feed : Feed
    rides : Vehicles
        Of the day.
    feet : Feet
        Walks between stops, without any time to spare.
    place : ndarray of int (stops,)
        Stop place of each stop; -1 for stops without a position.
    """
    route = np.asarray(feed._trip_route, np.int64)[rides.trip]
    rail, other = _modes(feed, route)
    line = lines_of(feed)[route]
    way = np.asarray(feed._trip_direction, np.int64)[rides.trip]
    run = _runs(rides)
    leaving = pd.DataFrame({
        "run": run, "line": line, "direction": way, "stop": rides.dep_stop, "time": rides.departure,
        "train": place[rides.arr_stop], "rail": rail,
    })[rides.board & (rail | other)]  # fmt: skip
    coming = pd.DataFrame({
        "run": run, "line": line, "direction": way, "stop": rides.arr_stop, "time": rides.arrival,
        "train": place[rides.dep_stop], "rail": rail,
    })[rides.alight & (rail | other)]  # fmt: skip
    start = np.repeat(np.arange(len(feet.ptr) - 1), np.diff(feet.ptr))
    walks = pd.DataFrame({"from": start, "to": feet.to, "walk": feet.change})
    parts = [
        _to_trains(coming[~coming["rail"]], leaving[leaving["rail"]], walks, place),
        _from_trains(coming[coming["rail"]], leaving[~leaving["rail"]], walks, place),
    ]
    tables, keys, groups = [], [], 0
    for table, caught in parts:
        tables.append(table.assign(group=table["group"] + groups))
        keys.append((caught["group"].to_numpy(np.int64) + groups) * _FAR
                    + caught["time"].to_numpy(np.int64))  # fmt: skip
        groups += int(max(table["group"].max() if len(table) else -1,
                          caught["group"].max() if len(caught) else -1)) + 1  # fmt: skip
    out = pd.concat(tables, ignore_index=True)
    order = ["way", "station", "line", "direction", "train", "ready"]
    return Meetings(out.sort_values(order, kind="stable", ignore_index=True),
                    np.sort(np.concatenate(keys)))  # fmt: skip


def _modes(feed: Feed, route: Ints) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which rides are of trains, which of other lines; neither: the mode of it is lost."""
    rail = feed.routes["mode_group"].to_numpy(dtype=object) == RAIL
    known = feed.routes["route_type"].to_numpy() >= 0
    return (rail & known)[route], (~rail & known)[route]


def lines_of(feed: Feed) -> Ints:
    """Return the number of the line of each route: of one feed, name and mode group."""
    frame = feed.routes[["feed", "line", "mode_group"]].astype(str)
    unnamed = frame["line"] == ""
    frame.loc[unnamed, "line"] = "\0" + feed.routes["route_id"].astype(str)[unnamed]
    return np.asarray(frame.groupby(list(frame.columns), sort=True).ngroup(), np.int64)


def _runs(rides: Vehicles) -> Ints:
    """Return the first ride of each ride's vehicle: equal for the rides of one run."""
    root = np.arange(len(rides))
    root[rides.next_ride] = np.repeat(np.arange(len(rides)), np.diff(rides.next_ptr))
    while True:  # each round doubles the distance looked back
        further = root[root]
        if np.array_equal(further, root):
            return root
        root = further


def _to_trains(
    feeders: pd.DataFrame, trains: pd.DataFrame, walks: pd.DataFrame, place: Ints
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Arrivals of feeders, and the trains of each direction that leave the station."""
    trains = trains.assign(station=place[trains["stop"]])
    platforms = trains[["stop", "station", "train"]].drop_duplicates()
    near = walks.merge(platforms, left_on="to", right_on="stop").groupby(
        ["from", "station", "train"], as_index=False
    )["walk"].min()  # fmt: skip
    found = feeders[["run", "line", "direction", "stop", "time"]].merge(
        near, left_on="stop", right_on="from"
    )
    found["ready"] = found["time"] + found["walk"]
    key = ["run", "line", "direction", "station", "train"]
    found = found.groupby(key, as_index=False)["ready"].min()
    caught = trains[["run", "station", "train", "time"]].drop_duplicates()
    return _grouped(found.assign(way=TO_TRAIN), caught, ["station", "train"])


def _from_trains(
    trains: pd.DataFrame, feeders: pd.DataFrame, walks: pd.DataFrame, place: Ints
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Arrivals of trains, and the feeders of each line and direction seen from the platform."""
    trains = trains.assign(station=place[trains["stop"]])
    platforms = trains[["stop", "station", "train"]].drop_duplicates()
    near = walks.merge(platforms, left_on="from", right_on="stop").groupby(
        ["to", "station", "train"], as_index=False
    )["walk"].min()  # fmt: skip
    seen = feeders[["run", "line", "direction", "stop", "time"]].merge(
        near, left_on="stop", right_on="to"
    )
    seen["time"] = seen["time"] - seen["walk"]
    key = ["station", "train", "line", "direction"]
    seen = seen.groupby(["run", *key], as_index=False)["time"].max()
    arrivals = trains.groupby(["run", "station", "train"], as_index=False)["time"].min()
    found = arrivals.merge(seen[key].drop_duplicates(), on=["station", "train"])
    found = found.rename(columns={"time": "ready"})
    return _grouped(found.assign(way=FROM_TRAIN), seen, key)


def _grouped(
    found: pd.DataFrame, caught: pd.DataFrame, key: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    both = pd.concat([found[key], caught[key]], ignore_index=True)
    code = both.groupby(key).ngroup().to_numpy() if len(both) else np.zeros(0, np.int64)
    columns = ["way", "station", "line", "direction", "train", "ready", "run"]
    return (
        found[columns].assign(group=code[: len(found)]),
        caught[["time"]].assign(group=code[len(found) :]),
    )


def best_shifts(found: Meetings, rules: Rules, longest: int) -> pd.DataFrame:
    """Return the best shift of every line that has a meeting.

    Of the shifts that lose no kept connection the one that gains most, then the smallest, then the
    earlier; 0 where none gains.

    Returns
    -------
    DataFrame
        By line: ``shift`` (minutes, negative: earlier), ``kept``, ``kept_after``, ``missed``,
        ``missed_after``.
    """
    names, code = np.unique(found.table["line"].to_numpy(np.int64), return_inverse=True)
    n = len(names)
    kind, _, missed = found.at(0, rules)
    kept = kind == KEPT

    def count(mask: Any) -> Ints:
        return np.bincount(code, mask, minlength=n).astype(np.int64)

    out = pd.DataFrame({
        "line": names, "shift": 0, "kept": count(kept), "kept_after": count(kept),
        "missed": count(missed), "missed_after": count(missed),
    })  # fmt: skip
    # from the smallest on, the earlier first: a later one must gain more to take its place
    for shift in sorted(range(-longest, longest + 1), key=lambda s: (abs(s), s)):
        kind, _, gone = found.at(shift, rules)
        now = kind == KEPT
        better = (count(kept & ~now) == 0) & (count(now) > out["kept_after"].to_numpy())
        out.loc[better, "shift"] = shift
        out.loc[better, "kept_after"] = count(now)[better]
        out.loc[better, "missed_after"] = count(gone)[better]
    return out


def last_trains(rides: Vehicles, feed: Feed, place: Ints, feet: Feet, limit: float) -> pd.DataFrame:
    """Return the last train of each station and direction, and the wait for a feeder after it.

    Returns
    -------
    DataFrame
        ``station``, ``train`` (place it came from), ``arrival`` (µs), ``wait`` (minutes; infinite
        without one), ``served`` (within ``limit`` minutes).
    """
    route = np.asarray(feed._trip_route, np.int64)[rides.trip]
    rail, other = _modes(feed, route)
    came = rail & rides.alight
    table = pd.DataFrame({
        "stop": rides.arr_stop[came], "station": place[rides.arr_stop[came]],
        "train": place[rides.dep_stop[came]], "arrival": rides.arrival[came],
    })  # fmt: skip
    last = table.sort_values("arrival").groupby(["station", "train"], as_index=False).last()
    feeders = other & rides.board
    order = np.lexsort((rides.departure[feeders], rides.dep_stop[feeders]))
    stop, time = rides.dep_stop[feeders][order], rides.departure[feeders][order]
    wait = np.full(len(last), np.inf)
    for i, (q, arrival) in enumerate(zip(last["stop"], last["arrival"], strict=True)):
        for f in range(feet.ptr[q], feet.ptr[q + 1]):
            a, b = np.searchsorted(stop, [feet.to[f], feet.to[f] + 1])
            k = a + int(np.searchsorted(time[a:b], arrival + feet.change[f]))
            if k < b:
                wait[i] = min(wait[i], (time[k] - arrival - feet.change[f]) / (60 * MICRO))
    return last.assign(wait=wait, served=wait <= limit)[
        ["station", "train", "arrival", "wait", "served"]
    ]
