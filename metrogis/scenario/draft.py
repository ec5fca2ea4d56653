"""A timetable that is being changed: its tables with marks of what is new, put together at the end.

Positions of stops and trips stay while changes are applied; rows are only added behind and marked
as gone. :meth:`Draft.feed` then drops what is gone and sorts what is new by the ids of the changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from metrogis.i18n import _
from metrogis.scenario.change import Change
from metrogis.scenario.tables import near
from metrogis.scenario.words import DAYS
from metrogis.transit import Feed
from metrogis.transit.calls import StopTimes
from metrogis.transit.days import dates_of
from metrogis.transit.planned import freeze

Ints = npt.NDArray[np.int64]
_CALLS = tuple(StopTimes.__dataclass_fields__)
_WIDE = dict.fromkeys(("trip", "stop", "arrival", "departure", "sequence"), np.int64)


class Draft:
    """Tables of a timetable while a scenario is applied.

    Attributes
    ----------
    base : Feed
        The timetable before; it is not changed.
    name : str
        Name of the feed of added lines.
    crs : CRS
        Working CRS.
    stops, routes, trips : DataFrame
        As in a feed; new rows have in ``order`` the sort key of their change.
    calls : DataFrame
        Rows of :class:`~metrogis.transit.calls.StopTimes`, ``trip`` and ``stop`` by position.
    changed : bool
        Whether anything was changed so far.
    """

    def __init__(self, base: Feed, name: str, crs: pyproj.CRS) -> None:
        self.base, self.name, self.crs = base, name, crs
        self.stops = base.stops.assign(order="")
        self.routes = base.routes.assign(order="")
        self.trips = base.trips.assign(order="")
        self.calls = pd.DataFrame({f: getattr(base.calls, f) for f in _CALLS}).astype(_WIDE)
        self.headways = base.headways.copy()
        self.gone_trips: set[int] = set()
        self.gone_stops: set[int] = set()
        self.services: list[tuple[str, tuple[str, ...]]] = []
        self.changed = False
        self._aliases: dict[str, str] = {}

    # ------------------------------------------------------------------------------ finding

    def stop(self, change: Change, stop_id: str) -> int:
        """Return the position of a stop by its id, or by the id of the change that added it.

        Raises
        ------
        ScenarioError
            For a stop that there is not, or not any more.
        """
        wanted = self._aliases.get(stop_id, stop_id)
        rows = np.flatnonzero((self.stops["stop_id"] == wanted).to_numpy())
        if not len(rows):  # of one feed among several the name of the feed may be left out
            plain = self.stops["stop_id"].astype(str).str.partition(":")[2]
            rows = np.flatnonzero((plain == wanted).to_numpy())
        if len(rows) > 1:
            raise change.wrong(
                _("several stops have the id {stop}").fill(stop=stop_id),
                remedy=_("give one of: {words}").fill(
                    words=", ".join(self.stops["stop_id"].iloc[rows].astype(str))
                ),
            )
        if not len(rows) or int(rows[0]) in self.gone_stops:
            known = [*self._aliases, *self.stops["stop_id"].astype(str)]
            raise change.wrong(
                _("there is no stop {stop}").fill(stop=stop_id),
                remedy=_(
                    "{near}; a stop that a change adds or removes is so for those after it"
                ).fill(near=near(stop_id, known)),
            )
        return int(rows[0])

    def line(self, change: Change) -> Ints:
        """Return the positions of the trips of a line, by the id of its route or its name.

        Raises
        ------
        ScenarioError
            For a line that there is not, or a name that several operators use.
        """
        target = self._aliases.get(change.target, change.target)
        routes = self.routes
        hit = (routes["route_id"] == target).to_numpy()
        if not hit.any():
            hit = (routes["line"].astype(str) == target).to_numpy()
            hit = hit | (routes["route_short_name"].astype(str) == target).to_numpy()
            if routes["feed"][hit].nunique() > 1:
                raise change.wrong(
                    _("several operators have a line of this name"),
                    remedy=_("give the id of a route as target: {words}").fill(
                        words=", ".join(routes["route_id"][hit].astype(str)[:8])
                    ),
                )
        own = self.trips["route_id"].isin(routes["route_id"][hit]).to_numpy()
        trips = np.flatnonzero(own)
        trips = trips[~np.isin(trips, list(self.gone_trips))]
        if not len(trips):
            names = [*self._aliases, *routes["line"].astype(str), *routes["route_id"].astype(str)]
            raise change.wrong(_("there is no such line"), remedy=near(change.target, set(names)))
        return trips

    def on_days(self, change: Change, trips: Ints) -> Ints:
        """Return the trips that run on the reference dates of the change's day types only.

        Without ``days`` all of them. A trip that also runs on another day type is of both.
        """
        days = change.get("days")
        if not days:
            return trips
        service = self.trips["service_id"].to_numpy()[trips]
        return trips[np.isin(service, list(self.services_of(days)))]

    def services_of(self, days: Iterable[str]) -> set[str]:
        """Return the services that run on the reference dates of some day types."""
        found: set[str] = {s for s, of in self.services if set(of) & set(days)}
        kinds = self.base.day_types()
        calendar = self.base.calendar
        for day in days:
            for feed, date in dates_of(kinds[day]).items():
                on = calendar.on(date) & (calendar.feed_of == feed)
                found |= set(np.array(calendar.services, dtype=object)[on])
        return found

    def xy(self) -> npt.NDArray[np.float64]:
        """Return the positions of all stops in the working CRS; NaN where unknown."""
        move = pyproj.Transformer.from_crs(4326, self.crs, always_xy=True)
        lon, lat = (self.stops[c].to_numpy(float) for c in ("stop_lon", "stop_lat"))
        return np.column_stack(move.transform(lon, lat))

    def calls_of(self, trips: Ints) -> pd.DataFrame:
        """Return the calls of some trips, by trip and order."""
        rows = self.calls[self.calls["trip"].isin(trips)]
        return rows.sort_values(["trip", "sequence"], kind="stable")

    # ------------------------------------------------------------------------------ changing

    def add_stops(
        self, change: Change, xy: Any, names: list[str], suffixes: list[str]
    ) -> list[int]:
        """Add stops; return their positions. Their ids derive from plan and change."""
        move = pyproj.Transformer.from_crs(self.crs, 4326, always_xy=True)
        points = np.asarray(xy, float).reshape(-1, 2)
        lon, lat = move.transform(points[:, 0], points[:, 1])
        ids = [f"{self.name}:{change.id}{suffix}" for suffix in suffixes]
        rows = pd.DataFrame(
            {
                "stop_id": ids, "stop_code": "", "stop_name": names, "stop_lat": lat,
                "stop_lon": lon, "location_type": np.int8(0), "parent_station": "",
                "station": ids, "platform_code": "", "at_station": False, "feed": self.name,
                "order": ids,
            }
        )  # fmt: skip
        first = len(self.stops)
        self.stops = _under(self.stops, rows)
        if suffixes == [""]:
            self._aliases[change.id] = ids[0]
        return list(range(first, first + len(ids)))

    def add_route(self, change: Change, name: str, mode: str, group: str, kind: int) -> str:
        """Add a route of the scenario's own feed; return its id."""
        route = f"{self.name}:{change.id}"
        row = {
            "route_id": route, "agency_id": f"{self.name}:", "route_short_name": name,
            "route_long_name": "", "route_type": kind, "mode": mode, "mode_group": group,
            "line": name, "continuous_pickup": -1, "feed": self.name, "order": route,
        }  # fmt: skip
        self.routes = _under(self.routes, pd.DataFrame([row]))
        self._aliases.setdefault(change.id, route)
        return route

    def add_trips(self, rows: list[dict[str, Any]], calls: list[pd.DataFrame]) -> None:
        """Add trips with their calls (``stop``, ``arrival``, ``departure``, ``pickup``, ...)."""
        if not rows:
            return
        first = len(self.trips)
        self.trips = _under(self.trips, pd.DataFrame(rows))
        parts = [part.assign(trip=first + i) for i, part in enumerate(calls)]
        self.calls = pd.concat([self.calls, *parts], ignore_index=True)
        self.changed = True

    def drop_trips(self, trips: Iterable[int]) -> None:
        """Take trips out."""
        gone = {int(t) for t in trips}
        if gone:
            self.gone_trips |= gone
            self.changed = True

    def drop_calls(self, rows: Any) -> None:
        """Take calls out by their labels; a trip with one call left is gone."""
        if not len(rows):
            return
        touched = self.calls.loc[rows, "trip"].unique()
        self.calls = self.calls.drop(index=rows)
        left = self.calls["trip"].value_counts().reindex(touched, fill_value=0)
        self.drop_trips(left.index[left < 2])
        self.changed = True

    def expand(self, trips: Ints) -> Ints:
        """Turn the runs that headways make of trips into trips of their own; return all of them."""
        by_headway = trips[np.isin(trips, self.headways["trip"].to_numpy())]
        if not len(by_headway):
            return trips
        rows, calls = [], []
        for trip in by_headway.tolist():
            own = self.calls_of(np.array([trip]))
            leaves = int(own["departure"].iloc[0])
            periods = self.headways[self.headways["trip"] == trip]
            record = self.trips.iloc[trip].to_dict()
            for period in periods.itertuples():
                for start in range(int(period.start), int(period.end), int(period.headway)):
                    rows.append({**record, "trip_id": f"{record['trip_id']}@{start}",
                                 "order": f"{record['trip_id']}@{start:06d}"})  # fmt: skip
                    calls.append(moved(own, start - leaves))
        first = len(self.trips)
        self.headways = self.headways[~self.headways["trip"].isin(by_headway)]
        self.add_trips(rows, calls)
        self.drop_trips(by_headway)
        rest = trips[~np.isin(trips, by_headway)]
        return np.concatenate([rest, np.arange(first, len(self.trips))])

    def service(self, days: tuple[str, ...]) -> str:
        """Return the service of added lines that runs on some day types."""
        days = tuple(d for d in DAYS if d in days)
        name = f"{self.name}:{'+'.join(days)}"
        if (name, days) not in self.services:
            self.services.append((name, days))
        return name

    # ------------------------------------------------------------------------------ the end

    def feed(self) -> Feed:
        """Return the timetable after the changes; the very base where nothing changed."""
        trips = np.setdiff1d(np.arange(len(self.trips)), sorted(self.gone_trips))
        calls = self.calls[self.calls["trip"].isin(trips)]
        used = np.unique(calls["stop"])
        new = (self.stops["order"] != "").to_numpy()
        # a stop that nothing calls at changes nothing: it stays out
        keep = ~new | np.isin(np.arange(len(self.stops)), used)
        keep[sorted(self.gone_stops)] = False
        if not self.changed and not (keep & new).any() and not self.gone_stops:
            return self.base
        stop_order = _sorted(self.stops["order"], np.flatnonzero(keep))
        trip_order = _sorted(self.trips["order"], trips)
        stop_at = np.full(len(self.stops), -1, np.int64)
        stop_at[stop_order] = np.arange(len(stop_order))
        trip_at = np.full(len(self.trips), -1, np.int64)
        trip_at[trip_order] = np.arange(len(trip_order))
        used_routes = self.trips["route_id"].iloc[trip_order]
        route_new = (self.routes["order"] != "").to_numpy()
        kept = ~route_new | self.routes["route_id"].isin(used_routes).to_numpy()
        route_order = _sorted(self.routes["order"], np.flatnonzero(kept))
        made = replace(
            self.base,
            stops=_rows(self.stops, stop_order),
            trips=_rows(self.trips, trip_order),
            routes=_rows(self.routes, route_order),
            calls=_as_calls(calls, trip_at, stop_at),
            headways=_headways(self.headways, trip_at),
            transfers=self._transfers(),
        )
        return freeze(made, self.base, self.name, self.services)

    def _transfers(self) -> pd.DataFrame:
        """Return the rules of changing without those of stops that are gone."""
        table = self.base.transfers
        gone = set(self.stops["stop_id"].iloc[sorted(self.gone_stops)])
        if not gone or table.empty:
            return table
        left = ~(table["from_stop_id"].isin(gone) | table["to_stop_id"].isin(gone))
        return table[left].reset_index(drop=True)


def _under(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows under a table, in the types of its columns."""
    more = rows.reindex(columns=table.columns)
    for column, dtype in table.dtypes.items():
        if more[column].isna().all() and dtype.kind not in "fO":
            more[column] = False if dtype.kind == "b" else ("" if dtype.kind not in "iu" else -1)
        more[column] = more[column].astype(dtype)
    return pd.concat([table, more], ignore_index=True)


def _sorted(order: pd.Series, rows: Ints) -> Ints:
    """Return positions: those of the base as they stand, then new ones by their keys."""
    keys = order.to_numpy(dtype=object)[rows]
    new = keys != ""
    behind = rows[new][np.argsort(keys[new].astype(str), kind="stable")]
    return np.concatenate([rows[~new], behind])


def _rows(table: pd.DataFrame, order: Ints) -> pd.DataFrame:
    return table.iloc[order].drop(columns="order").reset_index(drop=True)


def _as_calls(calls: pd.DataFrame, trip_at: Ints, stop_at: Ints) -> StopTimes:
    """Return calls as arrays, by trip and sequence, with the first and last of each trip marked."""
    trip = trip_at[calls["trip"].to_numpy(np.int64)]
    order = np.lexsort((calls["sequence"].to_numpy(), trip))
    trip = trip[order]
    fields = {}
    for name in _CALLS:
        dtype = _DTYPES[name]
        fields[name] = calls[name].to_numpy()[order].astype(dtype)
    fields["trip"] = trip.astype(np.int32)
    fields["stop"] = stop_at[calls["stop"].to_numpy(np.int64)[order]].astype(np.int32)
    edge = np.r_[True, trip[1:] != trip[:-1]][: len(trip)]
    fields["first"] = edge
    fields["last"] = np.r_[edge[1:], True][: len(trip)]
    return StopTimes(**fields)


_DTYPES: dict[str, Any] = {
    "trip": np.int32, "stop": np.int32, "arrival": np.int32, "departure": np.int32,
    "sequence": np.int32, "pickup": np.int8, "drop_off": np.int8, "first": bool, "last": bool,
    "modelled": bool,
}  # fmt: skip


def _headways(table: pd.DataFrame, trip_at: Ints) -> pd.DataFrame:
    made = table.assign(trip=trip_at[table["trip"].to_numpy(np.int64)])
    made = made[made["trip"] >= 0]
    return made.sort_values(["trip", "start"], kind="stable", ignore_index=True)


def moved(calls: pd.DataFrame, by: int) -> pd.DataFrame:
    """Return calls some seconds later."""
    return calls.assign(arrival=calls["arrival"] + by, departure=calls["departure"] + by)
