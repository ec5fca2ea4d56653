"""Services that no list of departures describes: on request in an area, boarding between stops.

They are not read as departures. They exist, so the feed is not complete where they run: their areas
and stretches are losses (kind ``service``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.errors import MetrogisError
from metrogis.i18n import _
from metrogis.transit.columns import Mask

if TYPE_CHECKING:
    from metrogis.transit.archive import Archive
    from metrogis.transit.calls import StopTimes
    from metrogis.transit.lost import Losing
    from metrogis.transit.tables import Table

AREA_COLUMNS = ("location_id", "location_group_id")
WINDOW_COLUMNS = ("start_pickup_drop_off_window", "end_pickup_drop_off_window")

_ANYWHERE = (0, 2, 3)
"""Values of ``continuous_pickup`` that allow boarding between stops; 1 or blank do not."""


def on_request(table: Table) -> Mask:
    """Return which rows of ``stop_times`` are services on request.

    Parameters
    ----------
    table : Table
        With or without the columns of GTFS-Flex.

    Returns
    -------
    ndarray of bool (rows,)
        Rows that stand for an area or a group of stops in place of a stop, or for a window of time
        in place of a time.
    """
    found = np.zeros(table.n, bool)
    for name in (*AREA_COLUMNS, *WINDOW_COLUMNS):
        if name in table:
            found |= table[name].map(bool, bool)
    return found


def note_requests(losing: Losing, archive: Archive, stops: pd.DataFrame) -> None:
    """Note the trips that run on request: their areas, their groups of stops, their stops.

    An area that cannot be read is anywhere the feed serves.
    """
    if losing.requests is None:
        return
    table, trips = losing.requests
    areas = _areas(archive)
    groups = _groups(archive)
    ids = stops["stop_id"]
    shapes, members, missing = [], table["stop_id"].find(ids), False
    named: list[int] = members[members >= 0].tolist()
    for text in dict.fromkeys(table["location_id"].text()):
        if text:
            shapes += areas.get(text, [])
            missing |= text not in areas
    position = pd.Index(ids)
    for text in dict.fromkeys(table["location_group_id"].text()):
        if text:
            found = position.get_indexer(groups.get(text, []))
            named += found[found >= 0].tolist()
            missing |= not (found >= 0).any()
    whole = np.unique(trips)
    losing.note(
        "service", _("services on request, in an area or a window of time (not read)"),
        count=len(whole), trips=whole, stops=named, shapes=shapes, anywhere=missing,
        told=False,
    )  # fmt: skip


def _areas(archive: Archive) -> dict[str, list[Any]]:
    """Return the areas of ``locations.geojson`` by id, degrees."""
    try:
        data = archive.read("locations")
        features = json.loads(data.decode("utf-8-sig"))["features"] if data else []
        found = {}
        for feature in features:
            shape = shapely.from_geojson(json.dumps(feature["geometry"]), on_invalid="ignore")
            if shape is not None and not shape.is_empty and np.isfinite(shape.bounds).all():
                found[str(feature["id"])] = [shapely.make_valid(shape)]
        return found
    except (MetrogisError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _groups(archive: Archive) -> dict[str, list[str]]:
    """Return the stops of ``location_group_stops.txt`` by group."""
    from metrogis.transit.tables import read_table

    try:
        data = archive.read("location_group_stops")
        if not data or not data.strip():
            return {}
        wanted = ("location_group_id", "stop_id")
        table, _ = read_table(data, "location_group_stops.txt", wanted=wanted, layer=archive.layer)
    except MetrogisError:
        return {}
    found: dict[str, list[str]] = {}
    for group, stop in zip(table[wanted[0]].text(), table[wanted[1]].text(), strict=True):
        found.setdefault(group, []).append(stop)
    return found


def boards_between(column: npt.NDArray[Any], trip: npt.NDArray[np.int32], n: int) -> Any:
    """Return what the calls of each trip state on boarding between stops.

    ndarray of int8 (trips,): 0 where a call allows it, 1 where all rule it out, -1 where the trip's
    route decides.
    """
    found = np.full(n, -1, np.int8)
    stated = np.bincount(trip[column >= 0], minlength=n)
    found[(stated > 0) & (stated == np.bincount(trip, minlength=n))] = 1
    found[trip[np.isin(column, _ANYWHERE)]] = 0
    return found


def note_between_stops(
    losing: Losing,
    calls: StopTimes,
    by_route: npt.NDArray[np.int8],
    trip_route: npt.NDArray[np.int32],
    stops: pd.DataFrame,
) -> None:
    """Note stretches along which passengers may board anywhere.

    Parameters
    ----------
    by_route : ndarray of int8 (routes,)
        ``continuous_pickup`` of each route; -1 = not stated.
    """
    open_trip = np.isin(np.append(by_route, -1), _ANYWHERE)[trip_route]
    if losing.between is not None:
        open_trip = np.where(losing.between >= 0, losing.between == 0, open_trip)
    if not open_trip.any():
        return
    same = calls.trip[1:] == calls.trip[:-1]
    row = np.flatnonzero(open_trip[calls.trip[:-1]] & same)
    xy = stops[["stop_lon", "stop_lat"]].to_numpy(float)
    pair = np.unique(np.column_stack([calls.stop[row], calls.stop[row + 1]]), axis=0)
    pair = pair[np.isfinite(xy[pair]).all(axis=(1, 2))]
    trips = np.unique(calls.trip[row])
    losing.note(
        "service", _("boarding between stops (not read)"), count=len(trips), trips=trips,
        shapes=shapely.linestrings(xy[pair]), told=False,
    )  # fmt: skip
