"""Who reaches a useful station on foot and by bike, in three states.

*Yes* is one certain path to one station that is certainly useful. *No* needs to know that there is
none: no station near that may be useful, no path that may be missing from the street data, and
timetables of rail that are complete as far as the mode reaches. Everyone travels to the station.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.interchange_streets import (
    Calm,
    Homes,
    Mode,
    Reach,
    calm,
    cost_of,
    reach,
)
from metrogis.checks.shared.service import TOLERANCE, StraightLine
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.evidence.timetable import Around
from metrogis.streets import StreetNetwork

NO, YES, UNKNOWN = 0, 1, 2
STATES = np.array(["no", "yes", "unknown"], dtype=object)
MODES = ("walk", "bike_low", "bike", "feeder")
"""From the easiest on."""


class Near(NamedTuple):
    """Pairs of station and home: metres along the path, and whether it is certain."""

    station: Ints
    home: Ints
    metres: Floats
    sure: Bools

    def of(self, useful: Bools) -> Ints:
        """Return homes with a certain path to one of some stations, each once."""
        return np.unique(self.home[self.sure & useful[self.station]])


@dataclass(frozen=True, eq=False)
class ByMode:
    """What one mode reaches.

    Attributes
    ----------
    state : array of int (homes,)
        NO, YES, UNKNOWN.
    near : Near
        Pairs within the limit, certain or possible.
    """

    state: Ints
    near: Near


@dataclass(frozen=True, eq=False)
class OnStreets:
    """Searches on streets, kept for measures and maps; all None without streets."""

    walk: Reach | None = None
    bike: Reach | None = None
    low: Calm | None = None
    places: Any = None
    networks: dict[Mode, StreetNetwork] = field(default_factory=dict)


def _as_places(stations: Stations) -> Any:
    """Return stations in the form that searches of interchanges take."""
    return SimpleNamespace(
        table=stations.table, points=stations.points, owner=stations.owner, unit=None
    )


def search(
    run: Run, stations: Stations, homes: Homes, given: dict[Mode, StreetNetwork]
) -> OnStreets:
    """Search the paths of all homes to all stations on the networks that are there.

    Parameters
    ----------
    run : Run
    stations : Stations
    homes : Homes
    given : dict of str to StreetNetwork
        By mode, ``walk`` and ``bike``.

    Returns
    -------
    OnStreets
        Of a mode without a network, nothing.
    """
    if not given or not len(stations):
        return OnStreets(networks=given)
    places = _as_places(stations)
    found = {mode: reach(run, network, places, homes) for mode, network in given.items()}
    bike = found.get("bike")
    low = None if bike is None else calm(run, bike, places, homes)
    return OnStreets(found.get("walk"), bike, low, places, given)


def by_mode(
    run: Run, stations: Stations, homes: Homes, streets: OnStreets, around: Around
) -> dict[str, ByMode]:
    """Return what people reach on foot, by bike at low stress, and by bike at any.

    Parameters
    ----------
    run : Run
    stations : Stations
    homes : Homes
    streets : OnStreets
        Without any network paths are straight lines times ``detour``; low stress is then unknown.
    around : Around
        Where every railway station is known.

    Returns
    -------
    dict of str to ByMode
        ``walk``, ``bike_low``, ``bike``.
    """
    params = run.parameters
    out = {}
    for mode, limit in (
        ("walk", params.walk_limit),
        ("bike_low", params.bike_limit),
        ("bike", params.bike_limit),
    ):
        if not len(stations):
            near = _none()
        elif not streets.networks:
            near = _straight(stations, homes, limit, params.detour, mode)
        elif mode == "bike_low":
            near = _low(streets, homes)
        else:
            one = streets.walk if mode == "walk" else streets.bike
            near = _straight(stations, homes, limit, 1.0, "bike_low") if one is None else _any(one)
        straight = limit if streets.networks else limit / params.detour
        known = around.groups({"rail": straight})["rail"]
        out[mode] = ByMode(states(stations, near, known), near)
    return out


def states(stations: Stations, near: Near, known: Bools) -> Ints:
    """Return the state of each home.

    Parameters
    ----------
    stations : Stations
    near : Near
    known : array of bool (homes,)
        Where no station can be missing.
    """
    # from weak to strong: what is written last stays
    out = np.where(known, NO, UNKNOWN)
    may = ~stations.is_("no")[near.station]
    out[near.home[may]] = UNKNOWN
    out[near.of(stations.is_("yes"))] = YES
    return out.astype(np.int64)


def _none() -> Near:
    none = np.zeros(0, np.int64)
    return Near(none, none, np.zeros(0), np.zeros(0, bool))


def _straight(stations: Stations, homes: Homes, limit: float, detour: float, mode: str) -> Near:
    """Straight lines times the detour; what they say of low stress is nothing certain."""
    found = StraightLine(detour).walk_pairs(
        homes.xy, shapely.get_coordinates(stations.points), limit=limit
    )
    station, home, metres = stations.owner[found.target], found.origin, found.metres
    order = np.lexsort((metres, home, station))
    station, home, metres = station[order], home[order], metres[order]
    # of several points of a station the nearest one counts
    first = np.ones(len(station), bool)
    first[1:] = (np.diff(station) != 0) | (np.diff(home) != 0)
    sure = np.full(int(first.sum()), mode != "bike_low")
    return Near(station[first], home[first], metres[first], sure)


def _any(one: Reach) -> Near:
    """Pairs by the streets: those within the limit, and those that may be."""
    ways = one.ways
    rows = one.reached
    place, home, _ = one.air
    open_ = one.undecided
    # a pair that is reached is not open; one that is open has no cost
    key = ways.place[rows] * len(one.on_home) + ways.home[rows]
    other = place[open_] * len(one.on_home) + home[open_]
    open_ = open_[~np.isin(other, key)]
    return Near(
        np.concatenate([ways.place[rows], place[open_]]).astype(np.int64),
        np.concatenate([ways.home[rows], home[open_]]).astype(np.int64),
        np.concatenate([ways.cost[rows], np.full(len(open_), np.nan)]),
        np.concatenate([np.ones(len(rows), bool), np.zeros(len(open_), bool)]),
    )


def _low(streets: OnStreets, homes: Homes) -> Near:
    """Pairs at low stress: on streets known to be calm, and on those that may be."""
    one, low = streets.bike, streets.low
    if one is None or low is None:
        return _none()
    ways = low.sure
    rows = np.flatnonzero((ways.cost <= one.limit) & one.on_place[ways.place])
    place, home, _ = one.air
    count = len(homes.xy)
    cost = cost_of(ways, place, home, count)
    maybe = cost_of(low.maybe, place, home, count) <= one.limit
    off = ~(one.on_home[home] & one.on_place[place])
    away = ~(one.slack(place, home) > one.limit)
    # open: not certain on calm streets, and unrated streets, an end off the streets or streets that
    # are not in the data may bring it in reach
    open_ = np.flatnonzero(((cost > one.limit) | off) & (maybe | off | away))
    return Near(
        np.concatenate([ways.place[rows], place[open_]]).astype(np.int64),
        np.concatenate([ways.home[rows], home[open_]]).astype(np.int64),
        np.concatenate([ways.cost[rows], np.full(len(open_), np.nan)]),
        np.concatenate([np.ones(len(rows), bool), np.zeros(len(open_), bool)]),
    )


# --------------------------------------------------------------------------- the easiest mode


def easiest(modes: dict[str, Ints]) -> Array:
    """Return the easiest certain mode of each home, ``none`` or ``unknown``.

    Examples
    --------
    >>> easiest({"walk": np.array([0, 2, 0, 2]), "bike": np.array([1, 1, 0, 0])}).tolist()
    ['bike', 'bike', 'none', 'unknown']
    """
    table = np.stack(list(modes.values()))
    out = np.where((table == NO).all(axis=0), "none", "unknown").astype(object)
    # from the hardest mode to the easiest, which stays
    for name, state in reversed(list(modes.items())):
        out[state == YES] = name
    return out


def assigned(modes: dict[str, ByMode], stations: Stations, way: Array, feeder: Ints) -> Ints:
    """Return the station each home uses by its easiest mode: the nearest; -1 for none.

    Parameters
    ----------
    modes : dict of ByMode
        Walking and cycling.
    stations : Stations
    way : array of str (homes,)
        :func:`easiest`.
    feeder : array of int (homes,)
        Station to which the feeder leads.
    """
    out = np.where(way == "feeder", feeder, -1).astype(np.int64)
    useful = stations.is_("yes")
    for name, one in modes.items():
        near = one.near
        kept = near.sure & useful[near.station] & (way[near.home] == name)
        station, home, metres = near.station[kept], near.home[kept], near.metres[kept]
        order = np.lexsort((station, metres, home))
        whose, first = np.unique(home[order], return_index=True)
        out[whose] = station[order][first]
    return out


def barriers(streets: OnStreets, stations: Stations, homes: Homes, limit: float) -> Near:
    """Return pairs near in a straight line and certainly too far on foot; metres of the path.

    A path that none is found for within the limit has infinite metres here.
    """
    one = streets.walk
    if one is None or not len(stations):
        return _none()
    place, home, _ = one.air
    apart = np.ones(len(place), bool)
    apart[one.undecided] = False
    apart &= (one.cost_by_air > limit + TOLERANCE) & stations.is_("yes")[place]
    rows = one.reached
    served = one.ways.home[rows[stations.is_("yes")[one.ways.place[rows]]]]
    apart &= ~np.isin(home, served)
    rows = np.flatnonzero(apart)
    return Near(place[rows], home[rows], one.cost_by_air[rows], np.ones(len(rows), bool))


def land_of(cells: gpd.GeoDataFrame, rows: Ints) -> Any:
    """Return the union of the outlines of some homes."""
    return shapely.union_all(cells.geometry.to_numpy()[rows])
