"""Rows of ``transfers.txt`` that hold for passengers of certain trips or routes alone.

A search knows stops, not who came by what. Where a row names a trip or a route, the rides it speaks
of call at a *copy* of the stop: the same place, with changes of its own. Who alights at a copy came
by such a ride, who boards at one leaves by such a ride. Timetables without such rows have none.

Of several rows the most specific holds (https://gtfs.org/documentation/schedule/reference/
#transferstxt): two trips, a trip and a route, a trip, two routes, a route, none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from metrogis.arrays import Ints
from metrogis.transit.feed import Feed
from metrogis.transit.transfers import LINES
from metrogis.transit.vehicles import Vehicles

SIDES = (("from", "arr_stop"), ("to", "dep_stop"))


@dataclass(frozen=True, eq=False)
class Copies:
    """Stops and their copies.

    Attributes
    ----------
    real : ndarray of int (nodes,)
        Stop of each node: first the stops themselves, then copies.
    named : dict of (str, int) to frozenset
        Of a side (``from``, ``to``) and a row of the feed's transfers that names trips or routes
        there: the nodes of its rides.
    """

    real: Ints
    named: dict[tuple[str, int], frozenset[int]] = field(default_factory=dict)

    def nodes(self, stop: int, side: str, row: int, *, bound: bool) -> list[int]:
        """Return the nodes of a stop that a row holds for on one side.

        Parameters
        ----------
        stop : int
        side : {"from", "to"}
        row : int
        bound : bool
            Whether the row names trips or routes on this side; else it holds for all of them.
        """
        own = self._of_stop.get(stop, [stop])
        if not bound:
            return own
        there = self.named.get((side, row), frozenset())
        return [node for node in own if node in there]

    @cached_property
    def _of_stop(self) -> dict[int, list[int]]:
        """Nodes of the stops that have copies."""
        copied = np.unique(self.real[self.real != np.arange(len(self.real))])
        out: dict[int, list[int]] = {}
        for node in np.flatnonzero(np.isin(self.real, copied)).tolist():
            out.setdefault(int(self.real[node]), []).append(node)
        return out

    def together(self) -> tuple[Ints, Ints]:
        """Return all ordered pairs of nodes of one stop, each node with itself too."""
        own = np.arange(len(self.real))
        pairs = [(a, b) for nodes in self._of_stop.values() for a in nodes for b in nodes if a != b]
        more = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return np.concatenate([own, more[:, 0]]), np.concatenate([own, more[:, 1]])


def specificity(transfers: pd.DataFrame) -> Ints:
    """Return how specific each row is: 0 for all lines, 5 for a pair of trips.

    Examples
    --------
    >>> rows = pd.DataFrame([["a", "b", "", ""], ["a", "", "", "r"], ["", "b", "", ""],
    ...                      ["", "", "q", "r"], ["", "", "", "r"], ["", "", "", ""]],
    ...                     columns=list(LINES))
    >>> specificity(rows).tolist()
    [5, 4, 3, 2, 1, 0]
    """
    trips = (transfers[list(LINES[:2])] != "").to_numpy()
    # a side that names its trip is not asked for its route
    routes = (transfers[list(LINES[2:])] != "").to_numpy() & ~trips
    table = {(2, 0): 5, (1, 1): 4, (1, 0): 3, (0, 2): 2, (0, 1): 1, (0, 0): 0}
    return np.array(
        [table[t, r] for t, r in zip(trips.sum(axis=1).tolist(), routes.sum(axis=1).tolist(),
                                     strict=True)], np.int64,
    )  # fmt: skip


def members_of(feed: Feed) -> dict[str, list[int]]:
    """Return the positions of stops by id; of a station those of all its stops."""
    ids = feed.stops["stop_id"].astype(str).to_numpy(dtype=object)
    station = feed.stops["station"].astype(str).to_numpy(dtype=object)
    parent = feed.stops["parent_station"].astype(str)
    root = set(parent[parent != ""])
    out: dict[str, list[int]] = {str(name): [i] for i, name in enumerate(ids)}
    rows = pd.Series(np.arange(len(ids))).groupby(station).indices
    out |= {str(key): [int(i) for i in own] for key, own in rows.items() if key in root}
    return out


def copies_of(feed: Feed, rides: Vehicles) -> tuple[Copies, Vehicles]:
    """Return the copies of stops that rows naming trips or routes need, and rides that call there.

    Parameters
    ----------
    feed : Feed
    rides : Vehicles
        Stops of these are positions in the feed's stops.

    Returns
    -------
    Copies
    Vehicles
        The same rides; stops are nodes.
    """
    stops = np.arange(len(feed.stops))
    table = feed.transfers
    bound = np.flatnonzero(
        (table["transfer_type"] <= 3).to_numpy() & (table[list(LINES)] != "").any(axis=1).to_numpy()
    )
    if not len(bound) or not len(rides):
        return Copies(stops), rides
    members = members_of(feed)
    number = {
        "trip": pd.Series(np.arange(len(feed.trips)), index=feed.trips["trip_id"].astype(str)),
        "route": pd.Series(np.arange(len(feed.routes)), index=feed.routes["route_id"].astype(str)),
    }
    route = np.asarray(feed._trip_route, np.int64)
    real: list[Ints] = [stops]
    named: dict[tuple[str, int], set[int]] = {}
    moved: dict[str, Ints] = {}
    size = len(stops)
    for side, column in SIDES:
        calls = pd.DataFrame({"ride": np.arange(len(rides)), "stop": getattr(rides, column),
                              "trip": rides.trip, "route": route[rides.trip]})  # fmt: skip
        own = _met(table, bound, side, members, number, calls)
        moved[column] = getattr(rides, column).copy()
        if own.empty:
            continue
        # rides of one stop that the same rows name share a copy
        rows = own.sort_values(["ride", "row"]).groupby("ride")["row"].agg(tuple)
        at = moved[column][rows.index.to_numpy()]
        keys = pd.MultiIndex.from_arrays([at, rows.to_numpy()])
        code, distinct = pd.factorize(keys)
        moved[column][rows.index.to_numpy()] = size + code
        for k, (stop, which) in enumerate(distinct):
            real.append(np.array([stop]))
            for row in which:
                named.setdefault((side, int(row)), set()).add(size + k)
        size += len(distinct)
    frozen = {key: frozenset(nodes) for key, nodes in named.items()}
    return Copies(np.concatenate(real).astype(np.int64), frozen), replace(
        rides, arr_stop=moved["arr_stop"], dep_stop=moved["dep_stop"]
    )


def _met(
    table: pd.DataFrame, bound: Ints, side: str, members: dict[str, list[int]],
    number: dict[str, pd.Series], calls: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Return pairs of ride and row whose stop and trip, or route, on one side are those of it."""
    wanted = []
    for row in bound.tolist():
        line = table.iloc[row]
        trip, route = (str(line[f"{side}_{kind}_id"]) for kind in ("trip", "route"))
        kind, name = ("trip", trip) if trip else ("route", route)
        if not name or name not in number[kind].index:
            continue
        at = int(number[kind][name])
        wanted += [(row, kind, at, i) for i in members.get(str(line[f"{side}_stop_id"]), ())]
    parts = []
    frame = pd.DataFrame(wanted, columns=["row", "kind", "value", "stop"])
    for kind, own in frame.groupby("kind"):
        found = calls.merge(own, left_on=[kind, "stop"], right_on=["value", "stop"])
        parts.append(found[["ride", "row"]])
    none = pd.DataFrame({"ride": np.zeros(0, np.int64), "row": np.zeros(0, np.int64)})
    return pd.concat(parts) if parts else none
