"""Railway stations of a timetable: how many trains leave, where one gets in, which are useful.

A station is useful when enough trains leave it on the day: in the busier direction of one line, or
direct to a core city. "No" needs to know all trains: where timetables of rail are not complete, or
something of them was lost, a station without enough known trains is *unknown*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Entrances
from metrogis.checks.shared.homes import home_of, names_of
from metrogis.checks.transport_accessibility.rail_access.inputs import Inputs
from metrogis.evidence.timetable import TimetableEvidence
from metrogis.i18n import _
from metrogis.transit.passages import busier, passages, place_lines
from metrogis.transit.stop_places import base_name, join_posts

DAY = 86_400


@dataclass(frozen=True, eq=False)
class Stations:
    """Stations, and the points one enters them by.

    Attributes
    ----------
    table : GeoDataFrame
        ``name``, ``teryt``, ``trains`` (most in one direction of a line), ``trains_core`` (direct
        to a core city), ``timed`` (from the timetable), ``state`` (yes / no / unknown), points.
    points : array of Point, owner : array of int
        Entrances, else platforms; and the station of each.
    entrances : array of int (stations,)
        Known entrances; 0: measured from the platforms.
    train_station, train_seconds : array of int
        Trains that make a station useful, ordered by both.
    """

    table: gpd.GeoDataFrame
    points: Array
    owner: Ints
    entrances: Ints
    train_station: Ints
    train_seconds: Ints

    def __len__(self) -> int:
        return len(self.table)

    def is_(self, state: str) -> Bools:
        """Tell which stations are useful (yes), not (no), or perhaps (unknown)."""
        return np.asarray(self.table["state"].to_numpy() == state, dtype=bool)

    def next_train(self, station: Ints, seconds: Floats) -> Floats:
        """Return when the next train that counts leaves.

        Parameters
        ----------
        station : ndarray of int (n,)
        seconds : ndarray of float (n,)
            After midnight of the day; a train at that very second is caught.

        Returns
        -------
        ndarray of float (n,)
            Seconds; infinite where none leaves any more.
        """
        # station and time in one number: four days are more than any timetable counts on
        key = self.train_station * (4.0 * DAY) + self.train_seconds
        at = np.searchsorted(key, station * (4.0 * DAY) + seconds - 1e-9)
        found = np.full(len(station), np.inf)
        there = at < len(key)
        there[there] = self.train_station[at[there]] == station[there]
        found[there] = self.train_seconds[at[there]]
        return found


def read_stations(run: Run, inputs: Inputs, known: TimetableEvidence, day_known: bool) -> Stations:
    """Return the stations of the timetable and of the layer ``rail_stations``.

    Parameters
    ----------
    run : Run
    known : TimetableEvidence
        Where trains may be missing: a station there is useful, or unknown.
    day_known : bool
        Whether the timetable speaks of the day type; else numbers of trains are NaN.

    Returns
    -------
    Stations
        Those of the layer that are none of the timetable come last, without trains.
    """
    params, feed = run.parameters, inputs.timetable
    municipalities = run.municipalities
    parts: list[gpd.GeoDataFrame] = []
    posts, place = _posts(feed, run.crs)
    count = int(place.max()) + 1 if len(place) else 0
    trains = _Trains.none(count)
    if count and day_known:
        trains = _trains(
            feed, posts, place, _core_places(municipalities, posts, place, params.core), params
        )
    if count:
        first = pd.Series(place).drop_duplicates().index.to_numpy()
        first = first[np.argsort(place[first])]
        middle = np.column_stack(
            [np.bincount(place, v, count) / np.bincount(place, minlength=count)
             for v in (posts.geometry.x, posts.geometry.y)]
        )  # fmt: skip
        parts.append(
            gpd.GeoDataFrame(
                {"name": posts["name"].to_numpy(dtype=object)[first], "timed": True,
                 "trains": trains.line, "trains_core": trains.core},
                geometry=shapely.points(middle), crs=run.crs,
            )
        )  # fmt: skip
    parts.append(_untimed(run, inputs.rail_stations, parts[0] if parts else None))
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=run.crs)
    shapes = table.geometry.to_numpy()
    home = home_of(shapes, municipalities)
    table["teryt"] = names_of(home, municipalities, "teryt")
    for name in ("trains", "trains_core"):
        table[name] = table[name].astype("float64") if day_known else np.nan
    table["state"] = _useful(run, known, table, trains.all, day_known)
    points, owner, entrances = _entrances(
        run, inputs.rail_stations, inputs.interchange_entrances, feed, table, posts, place
    )
    order = np.lexsort((trains.seconds, trains.station))
    return Stations(
        table, points, owner, entrances, trains.station[order], trains.seconds[order]
    )  # fmt: skip


# --------------------------------------------------------------------------- trains


@dataclass(frozen=True, eq=False)
class _Trains:
    """Trains a day by station: of the busiest line and direction, to a core city, in all."""

    line: Ints
    core: Ints
    all: Ints
    station: Ints
    seconds: Ints

    @classmethod
    def none(cls, count: int) -> _Trains:
        zero, empty = np.zeros(count, np.int64), np.zeros(0, np.int64)
        return cls(zero, zero, zero, empty, empty)


def _posts(feed: Any, crs: Any) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the stops at which trains call, and the station of each."""
    if feed is None:
        return gpd.GeoDataFrame({"stop_id": [], "name": []}, geometry=[], crs=crs), np.zeros(0, int)
    posts = feed.stop_points(crs)
    rail = posts["mode_groups"].map(lambda text: "rail" in str(text).split(",")).to_numpy(bool)
    posts = posts[rail].reset_index(drop=True)
    if posts.empty:
        return posts, np.zeros(0, np.int64)
    return posts, join_posts(posts)


def _core_places(
    municipalities: gpd.GeoDataFrame, posts: gpd.GeoDataFrame, place: Ints, core: Any
) -> Bools:
    """Tell which stations have a platform in a core city."""
    out = np.zeros(int(place.max()) + 1, bool)
    own = municipalities[municipalities["teryt"].isin(core)]
    if len(own):
        out[place[home_of(posts.geometry.to_numpy(), own) >= 0]] = True
    return out


def _trains(feed: Any, posts: gpd.GeoDataFrame, place: Ints, core: Bools, p: Any) -> _Trains:
    """Count the trains of the day, each run once at a station."""
    count = len(core)
    lines = place_lines(feed, posts["stop_id"], place)
    rail = np.array([g == "rail" for g in lines.group], bool)
    found = passages(feed, p.day_type)
    pair = lines.of_call[found.call]
    found = found.take((pair >= 0) & np.append(rail[lines.line], False)[pair])
    pair = lines.of_call[found.call]
    once, _ = lines.once(feed, found, np.full(len(pair), -1, np.int64))
    direction = lines.direction[feed.calls.trip[found.call]]
    # line at a station and direction: 0, 1, or 2 where it is not known
    key = pair * 3 + direction
    by_direction = np.bincount(key[once], minlength=3 * len(lines.place))
    in_line = busier(by_direction)
    line = np.zeros(count, np.int64)
    np.maximum.at(line, lines.place, in_line)
    station = lines.place[pair]
    bound = _bound_for(feed, posts, place, core)[found.call]
    to_core = np.bincount(station[once & bound], minlength=count)
    every = np.bincount(station[once], minlength=count)
    # those that make it useful: of the line and direction that has enough, or to a core city
    own = np.concatenate([by_direction, np.zeros(3, np.int64)])
    # trains of unknown direction may all go the same way: they count with either
    enough = own[key] + np.where(direction < 2, own[pair * 3 + 2], 0) >= p.min_trains
    enough |= (direction == 2) & (in_line[pair] >= p.min_trains)
    enough |= bound & (to_core >= p.min_trains)[station]
    return _Trains(line, to_core, every, station[enough], found.seconds[enough].astype(np.int64))


def _bound_for(feed: Any, posts: gpd.GeoDataFrame, place: Ints, core: Bools) -> Bools:
    """Tell which calls a trip goes on from to another station in a core city."""
    calls = feed.calls
    at = pd.Index(posts["stop_id"]).get_indexer(feed.stops["stop_id"])
    here = np.append(place, -1)[at][calls.stop].astype(np.int64)
    arrives = (here >= 0) & np.append(core, False)[here] & (calls.drop_off != 1)
    out = np.zeros(len(calls), bool)
    if not arrives.any():
        return out
    trip, row = calls.trip.astype(np.int64), np.arange(len(calls))
    # last: row of the last call of each trip in a core city, -1 where it calls at none
    last = np.full(len(feed.trips), -1, np.int64)
    np.maximum.at(last, trip[arrives], row[arrives])
    # from the last station itself: the last call of the trip at another one
    other = arrives & (here != np.append(here, -1)[last][trip])
    before = np.full(len(feed.trips), -1, np.int64)
    np.maximum.at(before, trip[other], row[other])
    final = np.append(here, -1)[last][trip]
    out = (last[trip] > row) & (final != here)
    return np.asarray(out | ((before[trip] > row) & (final == here)), dtype=bool)


# --------------------------------------------------------------------------- what is known


def _untimed(
    run: Run, rail_stations: gpd.GeoDataFrame | None, timed: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return stations of the layer that are none of the timetable, each once."""
    empty = gpd.GeoDataFrame(
        {"name": pd.Series(dtype=object), "timed": pd.Series(dtype=bool),
         "trains": pd.Series(dtype=float), "trains_core": pd.Series(dtype=float)},
        geometry=[], crs=run.crs,
    )  # fmt: skip
    if rail_stations is None or not len(rail_stations):
        return empty
    shapes = rail_stations.geometry.to_numpy()
    shapes, names = (
        shapes[~shapely.is_missing(shapes)],
        rail_stations["name"].to_numpy(dtype=object),
    )
    names = names[~shapely.is_missing(rail_stations.geometry.to_numpy())]
    keep = np.ones(len(shapes), bool)
    if timed is not None and len(timed) and len(shapes):
        tree = shapely.STRtree(timed.geometry.to_numpy())
        near, _ = tree.query(shapes, predicate="dwithin", distance=run.parameters.layer_distance)
        keep[near] = False
    rows = np.flatnonzero(keep)
    place = np.array([shapely.to_wkb(s, hex=True) for s in shapes[rows]], dtype=object)
    # two rows of the layer at one point are one station
    rows = rows[~pd.Series(place).duplicated().to_numpy(bool)]
    return gpd.GeoDataFrame(
        {"name": names[rows], "timed": False, "trains": 0.0, "trains_core": 0.0},
        geometry=shapes[rows], crs=run.crs,
    )  # fmt: skip


def _useful(
    run: Run, known: TimetableEvidence, table: gpd.GeoDataFrame, every: Ints, day_known: bool
) -> Array:
    """Return the state of each station."""
    params, count = run.parameters, len(table)
    if not day_known:
        return np.full(count, "unknown", dtype=object)
    most = np.fmax(table["trains"].to_numpy(), table["trains_core"].to_numpy())
    enough = np.nan_to_num(most) >= params.min_trains
    points = table.geometry.to_numpy()
    sure = known.known_groups(points, {"rail": float(params.layer_distance)})["rail"]
    # trains may go on to a core city that was lost, or whose outline is not known
    if params.core and (_rail_lost(known) or _core_unknown(run, params.core)):
        sure &= np.concatenate([every, np.zeros(count - len(every), np.int64)]) < params.min_trains
    return np.where(enough, "yes", np.where(sure, "no", "unknown")).astype(object)


def _rail_lost(known: TimetableEvidence) -> bool:
    return any(not item.groups or "rail" in item.groups for item in known.losses)


def _core_unknown(run: Run, core: Any) -> bool:
    municipalities = run.municipalities
    shapes = municipalities.geometry.to_numpy()
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return bool(set(core) - set(municipalities["teryt"][~gone]))


# --------------------------------------------------------------------------- entrances


def _entrances(
    run: Run,
    rail_stations: gpd.GeoDataFrame | None,
    interchange_entrances: Entrances | None,
    feed: Any,
    table: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    place: Ints,
) -> tuple[Array, Ints, Ints]:
    """Return the points one enters by: entrances of the layer or the timetable, else platforms."""
    params, count = run.parameters, len(table)
    points = [posts.geometry.to_numpy(), table.geometry.to_numpy()[~table["timed"].to_numpy(bool)]]
    owner = [place, np.flatnonzero(~table["timed"].to_numpy(bool))]
    gates, of_gate = _of_feed(feed, run.crs, posts, place)
    if interchange_entrances is not None and count:
        found, whose = _of_layer(run, interchange_entrances, table, params)
        gates, of_gate = np.concatenate([gates, found]), np.concatenate([of_gate, whose])
    number = np.bincount(of_gate, minlength=count).astype(np.int64)
    # of each station the entrances where there are some, else its platforms or point
    bare = [number[own] == 0 for own in owner]
    run.note(
        "rail_stations" if rail_stations is not None else "timetable",
        "guessed",
        int((number == 0).sum()),
        _("stations without known entrances: paths are measured to their platforms"),
        table["name"].to_numpy()[number == 0],
    )
    return (
        np.concatenate([*(s[b] for s, b in zip(points, bare, strict=True)), gates]),
        np.concatenate([*(s[b] for s, b in zip(owner, bare, strict=True)), of_gate]).astype(
            np.int64
        ),
        number,
    )


def _of_feed(feed: Any, crs: Any, posts: gpd.GeoDataFrame, place: Ints) -> tuple[Array, Ints]:
    """Return entrances of the timetable (location_type 2) of stations at which trains call."""
    none = np.zeros(0, dtype=object), np.zeros(0, np.int64)
    if feed is None or posts.empty:
        return none
    stops = feed.stops
    gates = stops[(stops["location_type"] == 2) & stops["stop_lat"].notna()]
    of = pd.Series(place, index=posts["station"].to_numpy(dtype=object))
    of = of[~of.index.duplicated()]
    gates = gates[gates["station"].isin(of.index)]
    if gates.empty:
        return none
    shapes = gpd.GeoSeries.from_xy(gates["stop_lon"], gates["stop_lat"], crs=4326).to_crs(crs)
    return shapes.to_numpy(), of.loc[gates["station"]].to_numpy(np.int64)


def _of_layer(run: Run, layer: Any, table: gpd.GeoDataFrame, p: Any) -> tuple[Array, Ints]:
    """Give each entrance to the nearest station of its name, else to one beside it."""
    gates = layer.geometry.to_numpy()
    there = ~(shapely.is_missing(gates) | shapely.is_empty(gates))
    gates = gates[there]
    wanted = np.array([base_name(n) for n in layer["interchange"][there]], dtype=object)
    names = np.array([base_name(n) for n in table["name"]], dtype=object)
    xy, stations = shapely.get_coordinates(gates), shapely.get_coordinates(table.geometry.array)
    near = cKDTree(xy).sparse_distance_matrix(
        cKDTree(stations), p.entrance_distance, output_type="ndarray"
    )
    i, j, d = near["i"], near["j"], near["v"]
    same = (wanted[i] == names[j]) & (wanted[i] != "")
    kept = same | (d <= p.layer_distance)
    i, j, d, same = i[kept], j[kept], d[kept], same[kept]
    order = np.lexsort((j, d, ~same, i))
    gate, first = np.unique(i[order], return_index=True)
    return gates[gate], j[order][first].astype(np.int64)
