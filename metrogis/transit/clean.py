"""Cleaning of the small GTFS tables: stops, routes, trips.

Each function takes a :class:`~metrogis.transit.tables.Table` and returns a typed frame with the
audit of what was dropped, repaired or guessed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.columns import Column
from metrogis.transit.flexible import AREA_COLUMNS, WINDOW_COLUMNS
from metrogis.transit.lost import Losing
from metrogis.transit.modes import NO_ROUTE_TYPE, is_air, known_route_type, mode_group, mode_of
from metrogis.transit.tables import Table, empty_table
from metrogis.transit.values import Log, decimal, integer

WANTED: dict[str, tuple[str, ...]] = {
    "agency": ("agency_id", "agency_name", "agency_timezone", "agency_lang"),
    "stops": (
        "stop_id",
        "stop_code",
        "stop_name",
        "stop_lat",
        "stop_lon",
        "location_type",
        "parent_station",
        "platform_code",
        "wheelchair_boarding",
    ),
    "routes": (
        "route_id",
        "agency_id",
        "route_short_name",
        "route_long_name",
        "route_type",
        "continuous_pickup",
    ),
    "trips": (
        "trip_id",
        "route_id",
        "service_id",
        "trip_headsign",
        "direction_id",
        "block_id",
        "shape_id",
    ),
    "stop_times": (
        "trip_id",
        "arrival_time",
        "departure_time",
        "stop_id",
        "stop_sequence",
        "pickup_type",
        "drop_off_type",
        "continuous_pickup",
        *AREA_COLUMNS,
        *WINDOW_COLUMNS,
    ),
    "calendar": (
        "service_id",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "start_date",
        "end_date",
    ),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs", "exact_times"),
    "shapes": (
        "shape_id",
        "shape_pt_lat",
        "shape_pt_lon",
        "shape_pt_sequence",
        "shape_dist_traveled",
    ),
    "transfers": (
        "from_stop_id",
        "to_stop_id",
        "transfer_type",
        "min_transfer_time",
        "from_trip_id",
        "to_trip_id",
        "from_route_id",
        "to_route_id",
    ),
    "feed_info": ("feed_publisher_name", "feed_start_date", "feed_end_date", "feed_version"),
}

_NEEDED: dict[str, tuple[str, ...]] = {
    "stops": ("stop_id",),
    "routes": ("route_id",),
    "trips": ("trip_id", "route_id", "service_id"),
    "stop_times": ("trip_id", "stop_id"),
    # a weekday left out would look like a day without service
    "calendar": WANTED["calendar"],
    "calendar_dates": ("service_id", "date"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
}


def require(table: Table, name: str, layer: str) -> None:
    """Check that a table has the columns for which nothing can stand in.

    Parameters
    ----------
    table : Table
    name : str
        GTFS name of the table, without ``.txt``.
    layer : str
        Name of the feed, for messages.

    Raises
    ------
    SchemaError
        Names the file and the columns that are missing.
    """
    missing = [c for c in _NEEDED.get(name, ()) if c not in table]
    if missing:
        raise SchemaError(
            _("a required column is missing"),
            layer=layer,
            place=f"{table.file}: {', '.join(missing)}",
            remedy=_("check the header of the file"),
        )


def unique_ids(
    table: Table, key: str, log: Log, differing: tuple[str, ...] = ()
) -> tuple[Table, Table]:
    """Keep the first row of each id; blank ids and repeats are dropped.

    The second table has the repeats that say something else than the row kept, in the columns
    ``differing``.
    """
    column = table[key]
    blank = column.spread(np.asarray(pc.equal(column.texts, ""), bool))
    log("dropped", blank, _("rows without an id"))
    codes = column.codes
    nothing = empty_table(table.file)
    if not blank.any() and np.bincount(codes, minlength=1).max() <= 1:
        return table, nothing
    first = np.zeros(table.n, bool)
    _unused, kept, row_of = np.unique(codes, return_index=True, return_inverse=True)
    first[kept] = True
    again = ~first & ~blank
    if again.any():
        log(
            "dropped", again, _("id repeated: first row used"), column.filter(again).text(),
        )  # fmt: skip
        other = np.zeros(table.n, bool)
        for name in differing:
            own = table[name].codes
            other |= own != own[kept[row_of]]
        if (again & other).any():
            nothing = table.filter(again & other)
    return table.filter(first & ~blank), nothing


def stops(table: Table, feed: str, losing: Losing | None = None) -> tuple[pd.DataFrame, Audit]:
    """Clean ``stops.txt``: positions, kinds, stations, names.

    A stop without coordinates takes those of the root of its station and is said to be repaired;
    coordinates at 0, 0 or off the globe count as missing.

    Parameters
    ----------
    table : Table
    feed : str
        Name of the feed, for the audit.
    losing : Losing, optional
        Collects ids that stand for two stops, and which stops took the place of their station.

    Returns
    -------
    (DataFrame, Audit)
        One row per id, see :class:`metrogis.transit.Feed`: degrees in WGS 84, NaN = unknown.
    """
    log = Log(feed, table.file)
    table, other = unique_ids(table, "stop_id", log, ("stop_lat", "stop_lon"))
    ids = table["stop_id"].text()
    lat, lon = (decimal(table[c], log, c) for c in ("stop_lat", "stop_lon"))
    kind, bad = integer(table["location_type"], 0, range(5), log=log, name="location_type")
    log(
        "guessed",
        bad,
        _("unknown location_type: a stop"),
        ids[bad],
    )
    # null island: an exporter's way to write "no position"
    zero = (np.abs(lat) < 1e-3) & (np.abs(lon) < 1e-3)
    outside = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    lat[zero | outside] = np.nan
    lon[zero | outside] = np.nan
    half = np.isnan(lat) | np.isnan(lon)
    lat[half] = lon[half] = np.nan
    parent = _parents(table["parent_station"], ids, log)
    # the root of a station: a platform's parent may be a platform that has a parent
    station = _roots(parent, ids, log)
    inherit = half & (station != np.arange(len(ids))) & ~np.isnan(lat[station])
    if losing is not None:
        # boarding areas (4) lie at their station by definition
        losing.at_station = inherit & (kind != 4)
        losing.note(
            "stop", _("stop id repeated at another place"), other["stop_id"].text(),
            points=np.column_stack([decimal(other["stop_lon"]), decimal(other["stop_lat"])]),
            stops=other["stop_id"].find(ids), told=False,
        )  # fmt: skip
    lat[inherit], lon[inherit] = lat[station][inherit], lon[station][inherit]
    log(
        "repaired", inherit, _("no coordinates: those of the station taken"), ids[inherit],
    )  # fmt: skip
    lost = half & ~inherit & (kind <= 1)
    log(
        "unknown", lost, _("stops without coordinates (blank, 0,0 or off the globe)"), ids[lost],
    )  # fmt: skip
    name = table["stop_name"].text()
    nameless = (name == "") & (kind <= 1)
    log(
        "guessed",
        nameless,
        _("stops without name: id used"),
        ids[nameless],
    )
    name = np.where(name == "", ids, name)
    frame = pd.DataFrame(
        {
            "stop_id": ids,
            "stop_code": table["stop_code"].text(),
            "stop_name": name,
            "stop_lat": lat,
            "stop_lon": lon,
            "location_type": kind.astype(np.int8),
            "parent_station": np.where(parent >= 0, ids[parent], "") if len(ids) else ids,
            "station": ids[station] if len(ids) else ids,
            "platform_code": table["platform_code"].text(),
            "at_station": inherit & (kind != 4),
            "feed": feed,
        }
    )
    return frame, log.audit


def _parents(column: Column, ids: npt.NDArray[np.object_], log: Log) -> Any:
    parent = column.find(ids)
    named = column.map(bool, bool)
    strange = named & (parent < 0)
    log(
        "repaired", strange, _("unknown parent_station: ignored"), ids[strange],
    )  # fmt: skip
    own = parent == np.arange(len(ids))
    log("repaired", own, _("a stop is its own station"), ids[own])
    return np.where(own, -1, parent)


def _roots(parent: Any, ids: npt.NDArray[np.object_], log: Log) -> Any:
    """Follow parents up to the station; who does not arrive in three steps goes in a circle."""
    own = np.arange(len(ids))
    root = own.copy()
    for _unused in range(3):
        up = parent[root] if len(ids) else root
        root = np.where(up >= 0, up, root)
    circle = (parent[root] >= 0) if len(ids) else np.zeros(0, bool)
    log(
        "repaired", circle, _("stations that point at each other: ignored"), ids[circle],
    )  # fmt: skip
    parent[circle] = -1
    return np.where(circle, own, root)


def routes(table: Table, feed: str, losing: Losing | None = None) -> tuple[pd.DataFrame, Audit]:
    """Clean ``routes.txt``: mode, mode group, name of the line.

    Parameters
    ----------
    table : Table
    feed : str
        Name of the feed, for the audit.
    losing : Losing, optional
        Collects routes whose mode is unknown, ids that stand for two routes, and modes that are
        public transport to some and none to others (taxi, miscellaneous).

    Returns
    -------
    (DataFrame, Audit)
        One row per id, see :class:`metrogis.transit.Feed`. Routes of an unknown ``route_type``
        count as bus and are said to be guessed.
    """
    log = Log(feed, table.file)
    table, other = unique_ids(
        table, "route_id", log, ("route_type", "route_short_name", "route_long_name")
    )
    ids = table["route_id"].text()
    kind, bad = integer(table["route_type"], -1, log=log, name="route_type")
    strange = bad | np.array([k < 0 or not known_route_type(int(k)) for k in kind], dtype=bool)
    log(
        "guessed", strange, _("unknown route_type: bus taken"), ids[strange],
    )  # fmt: skip
    if losing is not None:
        losing.note(
            "route", _("routes of an unknown mode"),
            ids[strange], routes=np.flatnonzero(strange), by_mode=False,
        )  # fmt: skip
        losing.note(
            "route", _("route id repeated with other content"), other["route_id"].text(),
            routes=other["route_id"].find(ids), by_mode=False, told=False,
        )  # fmt: skip
    kind = np.where(strange, 3, kind)
    short, long = table["route_short_name"].text(), table["route_long_name"].text()
    line = np.where(short != "", short, np.where(long != "", long, ids))
    nameless = (short == "") & (long == "")
    log(
        "guessed", nameless, _("routes without name: id used"),
        ids[nameless],
    )  # fmt: skip
    mode = [mode_of(int(k)) for k in kind]
    unusual = np.array([m == "other" for m in mode], dtype=bool)
    log(
        "noted", unusual, _("routes that are no ordinary transit (taxi, air)"), ids[unusual],
    )  # fmt: skip
    if losing is not None:
        # a shared taxi is a service to some and none to others: its stops are neither
        doubtful = unusual & ~strange & ~np.array([is_air(int(k)) for k in kind], dtype=bool)
        losing.note(
            "route", _("routes that may be public transport (taxi, miscellaneous)"),
            ids[doubtful], routes=np.flatnonzero(doubtful), by_mode=False, told=False,
        )  # fmt: skip
    frame = pd.DataFrame(
        {
            "route_id": ids,
            "agency_id": table["agency_id"].text(),
            "route_short_name": line,
            "route_long_name": long,
            "route_type": kind.astype(np.int16),
            "mode": np.array(mode, dtype=object),
            "mode_group": np.array([mode_group(m) for m in mode], dtype=object),
            # a name by which lines are joined: an id taken in its place would join nothing
            "line": np.where(short != "", short, long),
            "continuous_pickup": integer(table["continuous_pickup"], -1, range(4), np.int8)[0],
            "feed": feed,
        }
    )
    return frame, log.audit


def trips(
    table: Table, route_frame: pd.DataFrame, feed: str, losing: Losing | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, Audit]:
    """Clean ``trips.txt``; add routes that only trips name.

    Parameters
    ----------
    table : Table
    route_frame : DataFrame
        From :func:`routes`.
    feed : str
        Name of the feed, for the audit.
    losing : Losing, optional
        Collects trips without id, of unknown routes, and ids that stand for two trips.

    Returns
    -------
    (DataFrame, DataFrame, Audit)
        Trips and routes, see :class:`metrogis.transit.Feed`. A route that only trips name is a bus
        of ``route_type`` -1, guessed; a ``direction_id`` other than 0 and 1 is -1, unknown.
    """
    log = Log(feed, table.file)
    if losing is not None:
        _trips_without_id(table, route_frame, losing)
    table, other = unique_ids(table, "trip_id", log, ("route_id", "service_id", "direction_id"))
    route = table["route_id"]
    strange = route.find(route_frame["route_id"]) < 0
    if losing is not None:
        losing.note(
            "trip",
            _("trips of an unknown route: mode unknown"),
            table["trip_id"].filter(strange).text(),
            trips=np.flatnonzero(strange),
            by_mode=False,
        )
        losing.note(
            "trip", _("trip id repeated with other content"), other["trip_id"].text(),
            trips=other["trip_id"].find(table["trip_id"].series()),
            routes=_known(other["route_id"].find(route_frame["route_id"])), by_mode=False,
            told=False,
        )  # fmt: skip
    if strange.any():
        new = list(dict.fromkeys(route.filter(strange).text()))
        log(
            "guessed", strange, _("trips of an unknown route: bus taken"), new,
        )  # fmt: skip
        extra = pd.DataFrame({c: [""] * len(new) for c in route_frame.columns})
        extra["route_id"], extra["route_short_name"], extra["feed"] = new, new, feed
        extra["route_type"] = np.full(len(new), NO_ROUTE_TYPE, np.int16)
        extra["mode"] = extra["mode_group"] = "bus"
        extra["continuous_pickup"] = np.full(len(new), -1, np.int8)
        route_frame = pd.concat([route_frame, extra], ignore_index=True)
    direction, bad = integer(table["direction_id"], -1, range(2), log=log, name="direction_id")
    if bad.any():
        log(
            "unknown", bad, _("direction_id other than 0 and 1"),
            table["trip_id"].filter(bad).text(),
        )  # fmt: skip
    frame = pd.DataFrame(
        {
            "trip_id": table["trip_id"].series(),
            "route_id": route.series(),
            "service_id": table["service_id"].series(),
            "trip_headsign": table["trip_headsign"].series(),
            "direction_id": direction.astype(np.int8),
            "block_id": table["block_id"].series(),
            "shape_id": table["shape_id"].series(),
            "feed": feed,
        }
    )
    return frame, route_frame, log.audit


def _trips_without_id(table: Table, routes: pd.DataFrame, losing: Losing) -> None:
    """Note trips whose row names no trip, or has too many fields: somewhere on their route."""
    for part, what in (
        (table.filter(~table["trip_id"].map(bool, bool)), _("trips without an id")),
        (table.broken, _("rows with too many fields")),
    ):
        if part is not None and part.n:
            route = part["route_id"].find(routes["route_id"])
            losing.note(
                "trip", what, count=part.n, routes=_known(route), by_mode=False,
                anywhere=bool((route < 0).any()),
            )  # fmt: skip


def _known(position: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return position[position >= 0]
