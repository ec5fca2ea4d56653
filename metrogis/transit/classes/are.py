"""Swiss ÖV-Güteklassen of the Federal Office for Spatial Development (ARE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Floats, Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.transit.classes import tables as t
from metrogis.transit.classes.counting import busiest_line, one_way
from metrogis.transit.classes.numbers import codes, trip_starts
from metrogis.transit.classes.places import (
    Calls,
    Places,
    read_calls,
    read_places,
)
from metrogis.transit.classes.reach import SNAP_LIMIT, Reach, coordinates
from metrogis.transit.classes.result import Classes, index_of, label_points
from metrogis.transit.intervals import intervals
from metrogis.transit.modes import MODE_GROUPS

ARE_GROUPS: Mapping[str, str] = {
    "rail": "rail", "metro": "rail", "tram": "road", "bus": "road", "ferry": "road",
    "cableway": "cableway",
}  # fmt: skip
"""Column of the table each mode group is counted in. Metro as rail is this project's choice."""

Interval = Literal["count", "waiting"]


def are(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    network: Any = None,
    detour: float = 1.0,
    window: tuple[float, float] = (21_600, 72_000),
    interval: Interval = "count",
    merge_distance: float = 150.0,
    hub_neighbours: int = 6,
    groups: Mapping[str, str] = ARE_GROUPS,
    distances: tuple[float, ...] = t.ARE_DISTANCES,
    first_open: bool = True,
    snap_limit: float = SNAP_LIMIT,
    doubtful: Bools | None = None,
) -> Classes:
    """Classify points by the Swiss method: mode and interval of a stop, distance to it.

    Definition (methods, 5.3): departures 06-20 of a working day, both directions halved; the table
    of intervals gives a category I-V for each mode group apart, and the best group is the stop's;
    the distance to it gives a class A-D. A rail stop with at least six distinct next rail stations,
    or with long-distance trains, is a hub. Source: ARE, ÖV-Güteklassen, Berechnungsmethodik; the
    boundaries were not read in it and are parameters.

    Parameters
    ----------
    departures : DataFrame
        One day, as :meth:`metrogis.transit.Feed.departures` gives it.
    stops : GeoDataFrame
        As :meth:`metrogis.transit.Feed.stop_points` gives them. CRS in metres.
    points : GeoDataFrame, GeoSeries or ndarray (n, 2)
        In the CRS of the stops; of polygons the centre is taken.
    network : street network, optional
        Walks on it in place of straight lines, which are the method's own.
    detour : float
        Straight lines are multiplied by it; the method has 1.
    window : tuple of float
        [start, end), seconds after midnight.
    interval : {"count", "waiting"}
        Window over number of departures, or waiting interval (methods, 5.2).
    merge_distance : float
        Metres: posts of one name this near each other are one stop, and so are those of one
        station. The nearest of its posts counts.
    hub_neighbours : int
        Distinct next rail stations that make a hub.
    groups : mapping
        Mode group -> ``rail``, ``road`` or ``cableway``; others do not count.
    distances : tuple of float
        Ends of the four bands, m; inclusive ...
    first_open : bool
        ... but for the first: [0, 300), [300, 500], (500, 750], (750, 1000].
    snap_limit : float
        Metres: points and posts farther from any street of the network are not on it.
    doubtful : ndarray of bool (stops,), optional
        Stops where trips may be missing: their class is then the least that is certain (half of
        the departures by count; by waiting there is none).

    Returns
    -------
    Classes
        ``table``: class, category, interval_min, departures (one way), column, line, stop,
        stop_id, metres. ``stops``: category, column, interval_min, hub, next_stations.

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    A bus every 15 minutes from one post: category IV; C within 300 m, D up to 500 m.

    >>> stop = gpd.GeoDataFrame({"stop_id": ["A"], "name": ["Aarau"]}, crs="EPSG:2056",
    ...                         geometry=gpd.points_from_xy([0], [0]))
    >>> times = [h * 3600 + m * 60 for h in range(6, 20) for m in (3, 7, 33, 37)]
    >>> bus = pd.DataFrame({"stop_id": "A", "mode_group": "bus", "direction_id": 0,
    ...                     "seconds": times})
    >>> found = are(bus, stop, [(0, 299), (0, 300), (0, 501)])
    >>> found.table["class"].tolist(), found.stops["interval_min"].tolist()
    (['C', 'D', 'none'], [15.0])
    >>> are(bus, stop, [(0, 0)], interval="waiting").stops["category"].tolist()
    ['V']
    """
    check_window(window)
    places = read_places(stops, by="name", distance=merge_distance)
    xy = coordinates(points, stops.crs)
    calls = read_calls(
        departures, places, start=window[0], end=window[1], doubtful=doubtful
    )  # fmt: skip
    columns = ("rail", "road", "cableway")
    column = column_of(calls, groups, columns)
    number = one_way(calls, places.count, column, 3)
    minutes = minutes_between(number, calls, places.count, column, window, interval)
    next_stations, far = _rail_hubs(departures, calls, places)
    hub = (next_stations >= hub_neighbours) | far
    table_column = np.column_stack([np.where(hub, 0, 1), np.full_like(next_stations, 2),
                                    np.full_like(next_stations, 3)])  # fmt: skip
    row = t.interval_row(minutes, closed=t.ARE_CLOSED)
    category = lookup(np.array(t.ARE_CATEGORY), row, table_column)
    best = pick(category, minutes)
    rows = np.arange(places.count)
    line = busiest_line(calls, places.count, column, 3)[rows, best]
    stop_table = places.table(
        {
            "category": roman(category[rows, best]),
            "column": np.where(
                category[rows, best] > 0,
                np.array(t.ARE_COLUMNS, dtype=object)[table_column[rows, best]],
                "",
            ),
            "interval_min": minutes[rows, best],
            "departures": number[rows, best],
            "line": np.append(calls.line_names, "")[line],
            "hub": hub,
            "next_stations": next_stations,
        }
    )
    ranks, labels = t.class_ranks(t.ARE_CLASS)
    return classify(
        "are", places, stop_table, category[rows, best], ranks, labels,
        t.band_edges(distances, first_open=first_open), points,
        Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit), calls,
    )  # fmt: skip


# --------------------------------------------------------------------- shared with Austria


def check_window(window: tuple[float, float]) -> None:
    """Check that a window of time ends after it starts.

    Parameters
    ----------
    window : (float, float)
        Seconds after midnight, half-open.

    Raises
    ------
    ParameterError
        If the window is empty or runs backwards.
    """
    if not window[1] > window[0]:
        raise ParameterError(_("the time window is empty"), place=str(window))


def column_of(calls: Calls, groups: Mapping[str, str], columns: tuple[str, ...]) -> Ints:
    """Return the column of the table of categories that each departure is counted in.

    Parameters
    ----------
    calls : Calls
    groups : mapping of str to str
        Column by mode group (:data:`metrogis.transit.modes.MODE_GROUPS`); groups that are not named
        do not count.
    columns : tuple of str
        The columns in order.

    Returns
    -------
    ndarray of int64 (calls,)
        Position in ``columns``; -1 for departures that do not count.

    Raises
    ------
    ParameterError
        If a mode group or a column is not known.
    """
    wrong = set(groups.values()) - set(columns)
    if wrong or set(groups) - set(MODE_GROUPS):
        raise ParameterError(
            _("unknown mode group"),
            layer="groups",
            place=", ".join(sorted(wrong | (set(groups) - set(MODE_GROUPS)))),
            remedy=both(f"{', '.join(MODE_GROUPS)} -> {', '.join(columns)}"),
        )
    position = [columns.index(groups[g]) if g in groups else -1 for g in MODE_GROUPS]
    return np.array(position, dtype=np.int64)[calls.group]


def minutes_between(
    number: Floats,
    calls: Calls,
    places: int,
    column: Ints,
    window: tuple[float, float],
    interval: Interval,
) -> Floats:
    """Return the interval of each place and column, minutes; infinite without departures.

    The waiting interval is that of the departures one way: of each line its busier direction, and
    all of them at its terminus.
    """
    if interval == "count":
        with np.errstate(divide="ignore"):
            return np.asarray((window[1] - window[0]) / 60 / number)
    if interval != "waiting":
        raise ParameterError(_("interval is 'count' or 'waiting'"))
    columns = number.shape[1]
    keep = column >= 0
    own = calls.take(keep)
    column = column[keep]
    line = (own.place * len(own.line_names) + own.line) * columns + column
    _unused, member = np.unique(line, return_inverse=True)
    through = np.bincount(member, ~own.first) > 0
    way = np.where(through[member], own.direction, 0)  # at a terminus all go one way
    # way + 1: 0 where the direction is not known, 1 and 2 the directions
    key = ((own.place * len(own.line_names) + own.line) * 3 + way + 1) * columns + column
    keys, member, n = np.unique(key, return_inverse=True, return_counts=True)
    way = keys // columns % 3 - 1
    group = keys // columns // 3 * columns + keys % columns
    # of each line, place and column the direction of most departures; ties: the first direction
    order = np.lexsort((way, -n, group))
    head = np.ones(len(order), bool)
    head[1:] = group[order][1:] != group[order][:-1]
    chosen = np.zeros(len(keys), bool)
    chosen[order[head]] = True
    used = chosen[member]
    frame = pd.DataFrame({"at": (own.place * columns + column)[used], "seconds": own.seconds[used]})
    out = np.full(places * columns, np.inf)
    if len(frame):
        found = intervals(frame, *window, by="at")
        out[found.index.to_numpy()] = found["waiting_interval"].to_numpy() / 60
    waiting = out.reshape(places, columns)
    waiting[calls.doubtful] = np.inf  # a further trip may make another direction the busier one
    return waiting


def lookup(table: Ints, row: Ints, column: Ints) -> Ints:
    """Return the category in the table of a method at rows (intervals) and columns (modes).

    Parameters
    ----------
    table : ndarray of int (rows, columns)
        Categories from 1, the best; 0 for none.
    row, column : ndarray of int
        Shapes that broadcast. A row past the last one is an interval too long for any category.

    Returns
    -------
    ndarray of int64
        0 where there is no category.

    Examples
    --------
    >>> table = np.array([[1, 2], [2, 3]])
    >>> lookup(table, np.array([0, 1, 2]), np.array([1, 0, 0])).tolist()
    [2, 2, 0]
    """
    padded = np.vstack([table, np.zeros((1, table.shape[1]), np.int64)])
    return np.asarray(padded[np.minimum(row, len(table)), column], dtype=np.int64)


def pick(category: Ints, minutes: Floats) -> Ints:
    """Return the column that gives each place its category: the best, of equals the more frequent.

    Parameters
    ----------
    category : ndarray of int (places, columns)
        1 is the best, 0 none.
    minutes : ndarray of float (places, columns)
        Intervals; infinite without departures.

    Returns
    -------
    ndarray of int64 (places,)
        0 where no column has a category.

    Examples
    --------
    >>> pick(np.array([[0, 3], [2, 2]]), np.array([[np.inf, 30], [9, 7]])).tolist()
    [1, 1]
    """
    # the interval breaks ties only: no category apart by less than 1, no interval adds over 0.1
    key = np.where(category > 0, category, 99) + np.minimum(minutes, 1e6) / 1e7
    return np.asarray(key.argmin(axis=1) if len(key) else np.zeros(0), dtype=np.int64)


def roman(category: Ints) -> np.ndarray:
    """Return categories as Roman numerals; empty for none."""
    return np.array(["", *t.ROMAN], dtype=object)[category]


def classify(
    method: str,
    places: Places,
    stop_table: gpd.GeoDataFrame,
    category: Ints,
    ranks: Ints,
    labels: tuple[str, ...],
    edges: Floats,
    points: Any,
    reach: Reach,
    calls: Calls,
) -> Classes:
    """Give each point the best class of the stops in reach, with what decided it.

    Parameters
    ----------
    method : str
    places : Places
        Posts and the places that count as one stop.
    stop_table : GeoDataFrame
        One row per place: ``category`` (text), ``column``, ``line``, ``interval_min``,
        ``departures``.
    category : ndarray of int (places,)
        1 is the best, 0 none.
    ranks : ndarray of int (categories, bands)
        Class by category and distance band; ``len(labels)`` for none.
    labels : tuple of str
        Classes, the best first.
    edges : ndarray of float (bands,)
        Ends of the distance bands, metres (:func:`metrogis.transit.classes.tables.band_edges`).
    points : GeoDataFrame, GeoSeries or ndarray
        Gives the index of the result.
    reach : Reach
        Walks from the points to the posts.
    calls : Calls
        Gives the audit of departures.

    Returns
    -------
    Classes
        ``metres`` is NaN, and ``stop`` empty, where no stop gives a class.
    """
    # category 0 (none) becomes -1 here, which `best` takes for a post that gives no class
    rank, post, metres = reach.best((category - 1)[places.place], ranks, edges)
    given = rank < len(labels)
    post = np.where(given, post, -1)
    place = np.append(places.place, -1)[post]
    shown = {}
    for name in ("category", "column", "line"):
        values = stop_table[name].to_numpy(dtype=object)
        shown[name] = np.append(values, np.array([""], dtype=object))[place]
    for name in ("interval_min", "departures"):
        shown[name] = np.append(stop_table[name].to_numpy("float64"), np.nan)[place]
    table = pd.DataFrame(
        {
            "class": label_points(rank, reach.known, labels),
            **shown,
            "stop": places.name_of(place),
            "stop_id": np.append(places.ids, "")[post],
            "metres": np.where(given, metres, np.nan),
        },
        index=index_of(points, len(rank)),
    )
    audit = calls.audit + reach.audit
    return Classes(method, labels, table, stop_table, reach.walk, audit)


def _rail_hubs(departures: pd.DataFrame, calls: Calls, places: Places) -> tuple[Ints, Bools]:
    """Count the distinct next rail stations of each place; tell where long-distance trains call."""
    rail = calls.group == MODE_GROUPS.index("rail")
    far = np.zeros(places.count, bool)
    far[calls.place[rail & calls.long_distance]] = True
    following = next_places(departures, places)[calls.row]
    keep = rail & (following >= 0) & (following != calls.place)
    pair = np.unique(calls.place[keep] * max(places.count, 1) + following[keep])
    count = np.bincount(pair // max(places.count, 1), minlength=places.count)
    return count.astype(np.int64), far


def next_places(departures: pd.DataFrame, places: Places) -> Ints:
    """Return the place where each departure's trip calls next; -1 where it is not known.

    Read from ``next_stop_id`` where there is such a column; else from the next departure of the
    same run, and for the last one from ``terminal_id``.
    """
    n = len(departures)
    position = pd.Index(places.ids)

    def at(column: str) -> Ints:
        code, ids = codes(departures[column])
        post = np.append(position.get_indexer([str(i) for i in ids]), -1)[code]
        return np.asarray(np.append(places.place, -1)[post], dtype=np.int64)

    if "next_stop_id" in departures.columns:
        return at("next_stop_id")
    end = at("terminal_id") if "terminal_id" in departures.columns else np.full(n, -1, np.int64)
    if "trip_id" not in departures.columns:
        return end if n == 0 else np.full(n, -1, np.int64)
    trip = codes(departures["trip_id"])[0]
    order = np.argsort(trip, kind="stable")
    here, seconds = at("stop_id")[order], departures["seconds"].to_numpy("float64")[order]
    out = end[order]
    same = (trip[order][1:] == trip[order][:-1]) & (seconds[1:] >= seconds[:-1])
    if "first_stop" in departures.columns:
        same &= ~trip_starts(departures)[order][1:]
    out[:-1] = np.where(same, here[1:], out[:-1])
    result = np.empty(n, np.int64)
    result[order] = out
    return result
