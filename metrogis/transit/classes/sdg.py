"""SDG indicator 11.2.1, convenient access to public transport: UN rule and the Polish variant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.classes.counting import busiest_line
from metrogis.transit.classes.places import (
    SAME_NAME,
    Calls,
    Places,
    read_calls,
    read_places,
)
from metrogis.transit.classes.reach import SNAP_LIMIT, Reach, coordinates
from metrogis.transit.classes.result import Classes, index_of, label_points
from metrogis.transit.classes.tables import TOLERANCE
from metrogis.transit.cuts import cut_lines
from metrogis.transit.modes import MODE_GROUPS

HIGH_CAPACITY = ("rail", "metro", "ferry")
LOW_CAPACITY = ("bus", "tram", "cableway")
SDG_LABELS = ("yes",)


def sdg_11_2_1(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    network: Any = None,
    detour: float = 1.3,
    low_limit: float = 500.0,
    high_limit: float = 1000.0,
    high_capacity: Collection[str] = HIGH_CAPACITY,
    low_capacity: Collection[str] = LOW_CAPACITY,
    min_departures: int = 1,
    snap_limit: float = SNAP_LIMIT,
) -> Classes:
    """Tell which points have convenient access to public transport.

    Definition (methods, 5.3): within 500 m along streets of a low-capacity stop (bus, tram), or
    1000 m of a high-capacity one (rail, metro, ferry). Source: UN-Habitat, metadata of SDG
    indicator 11.2.1.

    Parameters
    ----------
    departures, stops, points, network
        As in :func:`~metrogis.transit.classes.are.are`; a stop counts when something leaves it.
    detour : float
        Walk over straight line, without a network.
    low_limit, high_limit : float
        Metres, inclusive.
    high_capacity, low_capacity : collection of str
        Mode groups; others do not count.
    min_departures : int
        Fewest departures per day of the capacity at a stop: posts of one name within 50 m together.
    snap_limit : float
        As in :func:`~metrogis.transit.classes.are.are`.

    Returns
    -------
    Classes
        ``class`` is ``"yes"`` or ``"none"``; beside it stop, stop_id, line, mode_group, metres.

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    >>> stops = gpd.GeoDataFrame({"stop_id": ["A", "B"]}, crs="EPSG:2180",
    ...                          geometry=gpd.points_from_xy([0, 9000], [0, 0]))
    >>> table = pd.DataFrame({"stop_id": ["A", "B"], "mode_group": ["bus", "rail"],
    ...                       "seconds": 28_800})
    >>> found = sdg_11_2_1(table, stops, [(500, 0), (501, 0), (8000, 0)], detour=1)
    >>> found.table["class"].tolist()
    ['yes', 'none', 'yes']
    """
    counted = _counted(departures, stops, (tuple(high_capacity), tuple(low_capacity)))
    places, count = counted.places, counted.by_column
    xy = coordinates(points, stops.crs)
    open_ = count >= min_departures
    category = np.where(open_[:, 0], 0, np.where(open_[:, 1], 1, -1))
    edges = np.array([min(low_limit, high_limit), max(low_limit, high_limit)]) + TOLERANCE
    ranks = np.array([[0, int(high_limit < low_limit)], [0, int(low_limit < high_limit)]])
    # a stop of both capacities is judged by the longer walk; the shorter is inside it
    if high_limit < low_limit:
        category = np.where(open_[:, 1], 1, np.where(open_[:, 0], 0, -1))
    reach = Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit)
    rank, post, metres = reach.best(category[places.place], ranks, edges)
    return _result(
        "sdg_11_2_1", counted, rank == 0, post, metres, reach, points, category,
        counted.calls.audit + reach.audit,
    )  # fmt: skip


def sdg_11_2_1_pl(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    network: Any = None,
    detour: float = 1.3,
    limit: float = 500.0,
    width: float = 100.0,
    modes: Collection[str] = (*HIGH_CAPACITY, *LOW_CAPACITY),
    min_departures: int = 1,
    snap_limit: float = SNAP_LIMIT,
) -> Classes:
    """Tell which points lie near the streets reached from stops: the Polish variant of 11.2.1.

    Definition (methods, 5.3): streets within 500 m of a stop along the network, then 100 m around
    them; the population inside has access. Source: Statistics Poland's variant of SDG 11.2.1
    (unverified in the primary text).

    Parameters
    ----------
    departures, stops, points, detour, min_departures, snap_limit
        As in :func:`sdg_11_2_1`.
    network : street network, optional
        Without it the reached streets are not known: a point counts within ``limit / detour +
        width`` metres of a stop, and the audit says so.
    limit : float
        Metres along streets, inclusive.
    width : float
        Metres to either side of a reached street, inclusive.
    modes : collection of str
        Mode groups that count.

    Returns
    -------
    Classes
        As :func:`sdg_11_2_1`; ``metres`` is the straight line to the reached street (to the stop
        without a network), and stop and line those of the nearest stop within reach. A point
        farther than ``snap_limit`` from every street, and from every reached one, is unknown.

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    >>> from metrogis.streets import from_lines
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2000, 0)])],
    ...                           crs="EPSG:2180")
    >>> stop = gpd.GeoDataFrame({"stop_id": ["A"]}, crs="EPSG:2180",
    ...                         geometry=gpd.points_from_xy([0], [0]))
    >>> table = pd.DataFrame({"stop_id": ["A"], "mode_group": ["bus"], "seconds": 28_800})
    >>> walk = from_lines(street, mode="walk")
    >>> found = sdg_11_2_1_pl(table, stop, [(500, 100), (500, 101), (601, 0)], network=walk)
    >>> found.table["class"].tolist()
    ['yes', 'none', 'none']
    """
    counted = _counted(departures, stops, (tuple(modes), ()))
    places, count = counted.places, counted.by_column
    xy = coordinates(points, stops.crs)
    category = np.where(count[:, 0] >= min_departures, 0, -1)
    reach = Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit)
    audit, known = counted.calls.audit, np.ones(len(xy), bool)
    if network is None:
        radius = limit / detour + width
        plain = Reach(xy, places.xy)
        rank, post, metres = plain.best(
            category[places.place], np.zeros((1, 1), np.int64), np.array([radius + TOLERANCE])
        )
        inside = rank == 0
        audit = audit.add(
            "streets",
            "modelled",
            1,
            _("no street network: the reach of 11.2.1 (Poland) is a circle of {r:0} m").fill(
                r=radius
            ),
        )
        reach = plain
    else:
        points_on, posts_on = reach.snapped
        own = np.flatnonzero(category[places.place] == 0)
        posts = posts_on[own]
        metres = _to_reached(network, posts, limit, xy, width)
        inside = metres <= width + TOLERANCE
        # far from every street nothing is known of the streets that may be there
        known = inside | reach.known
        audit += reach.audit
        # which stop: the nearest on the network; a point far from every street has none to name
        near = network.nearest(posts, limit=limit + 2 * width)
        at = near.at(points_on)[1]
        post = np.where(inside & (at >= 0), np.append(own, -1)[at], -1)
    return _result(
        "sdg_11_2_1_pl", counted, inside, post, metres, reach, points, category, audit,
        known=known,
    )  # fmt: skip


class _Counted(NamedTuple):
    """Departures: column of mode groups of each, and how many of each column a place has."""

    places: Places
    calls: Calls
    column: Ints
    by_column: Ints


def _counted(
    departures: pd.DataFrame, stops: gpd.GeoDataFrame, columns: tuple[tuple[str, ...], ...]
) -> _Counted:
    """Count departures of each place by column of mode groups."""
    # posts of one name are one place, as many as there are: one for each direction or one for all
    places = read_places(stops, by="name", distance=SAME_NAME)
    calls = read_calls(departures, places)
    position = [next((i for i, own in enumerate(columns) if g in own), -1) for g in MODE_GROUPS]
    column = np.array(position, dtype=np.int64)[calls.group]
    keep = column >= 0
    count = np.bincount(calls.place[keep] * 2 + column[keep], minlength=places.count * 2)
    return _Counted(places, calls, column, count.reshape(places.count, 2).astype(np.int64))


def _result(
    method: str,
    counted: _Counted,
    inside: Bools,
    post: Ints,
    metres: Floats,
    reach: Reach,
    points: Any,
    category: Ints,
    audit: Audit,
    *,
    known: Bools | None = None,
) -> Classes:
    places, calls, column, count = counted
    post = np.where(inside, post, -1)
    place = np.append(places.place, -1)[post]
    own = np.append(category, -1)[place]
    # one more row and entry: position -1, no place, has no line and no mode
    line = np.vstack([busiest_line(calls, places.count, column, 2), [[-1, -1]]])[place, own]
    main = np.zeros((places.count + 1, len(MODE_GROUPS)), np.int64)
    key = calls.place * len(MODE_GROUPS) + calls.group
    counts = np.bincount(key[column >= 0], minlength=places.count * len(MODE_GROUPS))
    main[:-1] = counts.reshape(places.count, len(MODE_GROUPS))
    mode = np.array(MODE_GROUPS, dtype=object)[main.argmax(axis=1)]
    mode[main.sum(axis=1) == 0] = ""
    table = pd.DataFrame(
        {
            "class": label_points(
                np.where(inside, 0, 1), reach.known if known is None else known, SDG_LABELS
            ),
            "stop": places.name_of(place),
            "stop_id": np.append(places.ids, "")[post],
            "line": np.append(calls.line_names, "")[line],
            "mode_group": mode[place],
            "metres": np.where(inside, metres, np.nan),
        },
        index=index_of(points, len(inside)),
    )
    stop_table = places.table({"departures_first": count[:, 0], "departures_second": count[:, 1]})
    return Classes(method, SDG_LABELS, table, stop_table, reach.walk, audit)


def _to_reached(network: Any, posts: Any, limit: float, xy: Floats, width: float) -> Floats:
    """Straight line from each point to the nearest reached street; infinite beyond ``width``."""
    out = np.full(len(xy), np.inf)
    if not np.asarray(posts.known).any():
        return out
    found = network.catchments(
        posts, limit, direction="to", groups=np.zeros(len(posts), np.int64)
    ).edges()
    edge = found["edge"].to_numpy()
    length = network.edge_length[edge]
    low, high = found["start"].to_numpy(), found["end"].to_numpy()
    # edges reached whole are looked up in the network; parts of edges are cut and searched apart
    whole = (low <= 0) & (high >= length - TOLERANCE)
    among = np.zeros(len(network.edge_u), bool)
    among[edge[whole]] = True
    if among.any():
        near = network.snap(xy, limit=width + TOLERANCE, component=None, among=among)
        out = np.where(np.isnan(near.distance), np.inf, near.distance)
    rest = np.flatnonzero(~whole)
    if len(rest):
        points, line = cut_lines(
            network.coords, network.coord_ptr.astype(np.int64), edge[rest].astype(np.int64),
            low[rest] / np.maximum(length[rest], TOLERANCE),
            high[rest] / np.maximum(length[rest], TOLERANCE),
        )  # fmt: skip
        parts = shapely.linestrings(points, indices=line)
        tree = shapely.STRtree(np.asarray(parts, dtype=object))
        at, gap = tree.query_nearest(
            shapely.points(xy), max_distance=width + TOLERANCE, return_distance=True,
            all_matches=False,
        )  # fmt: skip
        out[at[0]] = np.minimum(out[at[0]], gap)
    return out
