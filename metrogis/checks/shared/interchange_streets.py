"""Reaching interchanges along real streets, on foot and by bike, at low stress and at any.

Three states: a home or an entrance farther than ``street_distance`` from any street of the data is
*unknown*, not out of reach; a way through streets whose stress nobody can tell is *maybe* calm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis import population as people_rules
from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.shared.infrastructure import NONE, infrastructure_of
from metrogis.checks.shared.places import Places
from metrogis.errors import ParameterError
from metrogis.evidence.streets import streets_evidence
from metrogis.i18n import _
from metrogis.streets import StreetNetwork
from metrogis.streets.arc_stress import ArcStress, arc_stress
from metrogis.streets.catchments import Catchments
from metrogis.streets.layer import network_of
from metrogis.streets.snap import Snapped
from metrogis.streets.ways import Ways, air_pairs, ways_to, within

Mode = Literal["walk", "bike"]

# --------------------------------------------------------------------------- what is given


def networks(streets: Any, crs: Any) -> dict[Mode, StreetNetwork]:
    """Return the networks by mode that a layer ``streets`` holds.

    Parameters
    ----------
    streets : Streets, StreetNetwork, or several networks
        A street layer, one network of mode ``walk`` or ``bike``, or one of each (so a network with
        other weights, e.g. with slope, can be given).
    crs : pyproj.CRS
        Of the other layers; another one is an error.

    Raises
    ------
    ParameterError, CRSError
    """
    given = streets if isinstance(streets, tuple | list) else (streets,)
    found: dict[Mode, StreetNetwork] = {}
    modes: tuple[Mode, Mode] = ("walk", "bike")
    for one in given:
        for mode in modes:
            network = network_of(one, mode)
            if network is not None:
                found[mode] = network
    if not found:
        raise ParameterError(
            _("this is not a street network"),
            layer="streets",
            remedy=_("give a street layer (driver osm), or a network of metrogis.streets"),
        )
    for network in found.values():
        crs_rules.require_same(municipalities=crs, streets=network.crs)
    return found


@dataclass(frozen=True, eq=False)
class Homes:
    """Where people set out from: centres of population cells, else nodes of the streets.

    Attributes
    ----------
    xy : array of float, shape (homes, 2)
    people : array of float
        NaN unknown; all NaN without population.
    unit : array of int
        Row of the municipality; -1 outside all.
    half : array of float
        Half the width of the cell, m.
    shape : array of geometries
    counted : bool
        Whether population is given.
    """

    xy: Array
    people: Array
    unit: Array
    half: Array
    shape: Array
    counted: bool

    @cached_property
    def weight(self) -> Array:
        """What a home counts in distributions: its people, or 1 without population."""
        return np.nan_to_num(self.people) if self.counted else np.ones(len(self.xy))

    def total(self, group: Array, home: Array, count: int) -> Array:
        """Return known people by group.

        Parameters
        ----------
        group, home : ndarray of int (pairs,)
            Group (from 0) of each home; a home may be in several.
        count : int
            Number of groups.

        Returns
        -------
        ndarray of float (count,)
            People unknown are left out; all NaN without population.
        """
        if not self.counted:
            return np.full(count, np.nan)
        return np.bincount(group, np.nan_to_num(self.people[home]), count).astype(float)


def homes_of(
    run: Run, pieces: gpd.GeoDataFrame | None, given: dict[Mode, StreetNetwork], near: Array
) -> Homes:
    """Return the homes within the longest reach of some points.

    Parameters
    ----------
    run : Run
    pieces : GeoDataFrame or None
        Population cut by municipality; wide cells are split to ``cell_size``.
    given : dict of str to StreetNetwork
        Without population homes are its nodes: shares can be told, people cannot.
    near : ndarray (points, 2)
        Metres, working CRS.

    Returns
    -------
    Homes
        Without those outside all municipalities and those where nobody lives.
    """
    params, municipalities = run.parameters, run.municipalities
    limit = max(params.walk_limit, params.bike_limit)
    if run.has("elevation"):  # downhill one gets farther than on the flat
        limit *= 1 + params.downhill_gain * params.steepest / params.flat_speed
    if pieces is not None:
        _unused, close = shapely.STRtree(pieces.geometry.to_numpy()).query(
            shapely.points(near), predicate="dwithin", distance=limit
        )
        pieces = pieces.iloc[np.unique(close)]
        # people are known by cell: cells are cut so that a cell's middle stands for all of it
        split, audit = people_rules.split_cells(pieces, max_size=params.cell_size)
        run.add(audit)
        shape = np.asarray(split.geometry.to_numpy(), dtype=object)
        xy = shapely.get_coordinates(shapely.centroid(shape))
        people = split["population"].to_numpy(float)
        row = pd.Series(np.arange(len(municipalities)), index=municipalities["teryt"].to_numpy())
        unit = row.loc[pieces["teryt"].to_numpy()[split["cell"].to_numpy()]].to_numpy()
        half = np.sqrt(shapely.area(shape)) / 2
    else:
        network = given.get("walk", given.get("bike"))
        assert network is not None
        xy = np.column_stack([network.x, network.y])
        shape = np.asarray(shapely.points(xy), dtype=object)
        unit = np.full(len(xy), -1)
        i, j = shapely.STRtree(shape).query(
            municipalities.geometry.to_numpy(), predicate="intersects"
        )
        unit[j[::-1]] = i[::-1]  # on a shared border: the first municipality
        people, half = np.full(len(xy), np.nan), np.zeros(len(xy))
        run.note(
            "population",
            "unknown",
            1,
            _("no population: ways are counted from street nodes, people are unknown"),
        )
    _unused, home, _unused = air_pairs(near, np.zeros(len(near), np.int64), xy, limit=limit)
    kept = np.unique(home)
    # an unknown number of people (NaN) is no 0: such homes stay
    kept = kept[(unit[kept] >= 0) & ~(people[kept] == 0)]
    return Homes(xy[kept], people[kept], unit[kept], half[kept], shape[kept], pieces is not None)


# --------------------------------------------------------------------------- one mode


@dataclass(frozen=True, eq=False)
class Reach:
    """Ways of one mode.

    Attributes
    ----------
    mode, limit, network
    on_place : array of bool, shape (places,)
        Whether any entrance lies on the streets of the data; else all is unknown.
    on_home : array of bool, shape (homes,)
    ways : Ways
        Within 1.25 times the limit (``direct_ratio``).
    found : Catchments
    air : tuple of arrays
        Place, home, straight metres of the pairs within the limit by air.
    slack_place, slack_home : arrays of float
        How far (in the network's unit) from each place and home streets are known, at least: a way
        that leaves the known land costs both together or more.
    level : Reach, optional
        The same without gradients, where :attr:`ways` count them.
    """

    mode: Mode
    limit: float
    network: StreetNetwork
    gates: Snapped
    homes: Snapped
    on_place: Array
    on_home: Array
    ways: Ways
    found: Catchments
    air: tuple[Array, Array, Array]
    slack_place: Array
    slack_home: Array
    level: Reach | None = None

    @property
    def plain(self) -> Reach:
        """The same in metres: where gradients count, detours and barriers do not count them."""
        return self if self.level is None else self.level

    @cached_property
    def reached(self) -> Array:
        """Rows of :attr:`ways` within the limit, to places of which the data tell."""
        return np.flatnonzero((self.ways.cost <= self.limit) & self.on_place[self.ways.place])

    @cached_property
    def cost_by_air(self) -> Array:
        """Cost of the way of each pair of :attr:`air`; infinite where none was found."""
        return cost_of(self.ways, self.air[0], self.air[1], len(self.on_home))

    def slack(self, place: Array, home: Array) -> Array:
        """Return the least cost of a way of each pair that is not in the data.

        Such a way leaves the known streets near the place and enters them again near the home.

        Parameters
        ----------
        place, home : ndarray of int (pairs,)

        Returns
        -------
        ndarray of float (pairs,)
            In the unit of the network; infinite where all streets are known.
        """
        return np.asarray(self.slack_place[place] + self.slack_home[home])

    @cached_property
    def undecided(self) -> Array:
        """Rows of :attr:`air` of which it is unknown whether a way within the limit exists.

        One of the two is off the streets, or a way could leave the streets that are known.
        """
        place, home, _ = self.air
        off = ~(self.on_home[home] & self.on_place[place])
        away = (self.cost_by_air > self.limit) & ~(self.slack(place, home) > self.limit)
        return np.flatnonzero(off | away)

    @cached_property
    def certain(self) -> Array:
        """Rows of :attr:`reached` whose shortest way no way outside the data could be shorter than.

        What is told of the way itself (its gradient, its infrastructure) needs that.
        """
        rows = self.reached
        slack = self.slack(self.ways.place[rows], self.ways.home[rows])
        return rows[slack >= self.ways.cost[rows] - 1e-6]


def cost_of(ways: Ways, place: Array, home: Array, homes: int) -> Array:
    """Return the cost of pairs from a table of ways; infinite where it has none.

    Parameters
    ----------
    ways : Ways
        Sorted by place, then home: pairs are found by bisection.
    place, home : ndarray of int (pairs,)
    homes : int
        Number of homes.
    """
    # place and home in one number: rows of ways are sorted by it
    key, wanted = ways.place * homes + ways.home, place * homes + home
    if len(key) == 0:
        return np.full(len(wanted), np.inf)
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[at] == wanted, ways.cost[at], np.inf)


def main_parts(network: StreetNetwork, length: float) -> float:
    """Return from which length (m) a connected part of the streets counts: the longest always."""
    longest = network.components(strong=True).length
    return min(length, float(longest[0])) if len(longest) else length


def reach(
    run: Run,
    network: StreetNetwork,
    places: Places,
    homes: Homes,
    marked: Array | None = None,
    steep: Array | None = None,
) -> Reach:
    """Search the ways of all homes to all places, at any stress.

    Parameters
    ----------
    run : Run
    network : StreetNetwork
        Of one mode.
    places : Places
    homes : Homes
    marked : ndarray of bool (edges,), optional
        Edges whose share of each way is told (cycle infrastructure).
    steep : ndarray of float (edges,), optional
        Gradient without sign, per cent; the network then costs flat metres.

    Returns
    -------
    Reach
    """
    params = run.parameters
    limit = params.walk_limit if network.mode == "walk" else params.bike_limit
    gate_xy = shapely.get_coordinates(places.points)
    known = streets_evidence(network, run.crs, run.municipalities)
    pace = (
        1.0
        if steep is None
        else params.flat_speed / (params.flat_speed + params.downhill_gain * params.steepest)
    )
    most = limit * params.search_ratio / pace  # metres: downhill one gets farther than on the flat
    # streets not in the data may be steep downhill: the fastest pace bounds what they cost
    slack_place = np.full(len(places.table), np.inf)
    np.minimum.at(slack_place, places.owner, pace * known.clearance(gate_xy, most))
    slack_home = pace * known.clearance(homes.xy, most)
    near = {"limit": params.street_distance, "component": main_parts(network, params.street_part)}
    gates = network.snap(gate_xy, layer="interchanges", **near)
    at = network.snap(homes.xy, layer="population", **near)
    on_place = np.zeros(len(places.table), bool)
    on_place[places.owner[gates.known]] = True
    ways, found = ways_to(
        network,
        gates,
        places.owner,
        at,
        limit=limit * params.search_ratio,
        marked=marked,
        steep=steep,
    )
    air = air_pairs(gate_xy, places.owner, homes.xy, limit=limit)
    mode: Mode = "walk" if network.mode == "walk" else "bike"
    return Reach(
        mode, limit, network, gates, at, on_place, np.asarray(at.known), ways, found, air,
        slack_place, slack_home,
    )  # fmt: skip


# --------------------------------------------------------------------------- low stress


@dataclass(frozen=True, eq=False)
class Calm:
    """The same ways at low stress: known to be calm (``sure``), and with unrated streets too.

    ``network``, ``gates`` and ``homes`` are those of the search that is sure.
    """

    stress: ArcStress
    sure: Ways
    maybe: Ways
    found: Catchments
    network: StreetNetwork
    gates: Snapped
    homes: Snapped


def calm(run: Run, any_: Reach, places: Places, homes: Homes) -> Calm:
    """Search the ways at low stress.

    One may walk to and from the calm street: at the entrance as far as ``join_distance`` (as for
    route access), at home as far as the edge of the cell and ``join_distance``, or as far as
    any street is.
    """
    params, network = run.parameters, any_.network
    levels = arc_stress(network, rules=params.stress_rules, driving_side=params.driving_side)
    run.add(levels.audit)

    def search(arcs: Array) -> tuple[Ways, Catchments, StreetNetwork, Snapped, Snapped]:
        open_ = np.zeros(network.n_edges, bool)
        open_[network.arc_edge[arcs]] = True
        part_from = main_parts(network, params.street_part)
        near = {"limit": params.street_distance, "component": part_from, "among": open_}
        gates = within(
            network.snap(shapely.get_coordinates(places.points), **near),
            np.fmax(params.join_distance, any_.gates.distance + 1e-6),
        )
        at = within(
            network.snap(homes.xy, **near),
            np.fmax(homes.half + params.join_distance, any_.homes.distance + 1e-6),
        )
        part = network.subnetwork(arcs=arcs)
        limit = any_.limit * params.search_ratio
        return *ways_to(part, gates, places.owner, at, limit=limit), part, gates, at

    sure, found, part, gates, at = search(levels.calm(params.stress_limit))
    maybe = sure
    if np.isnan(levels.level).any():
        maybe = search(levels.maybe_calm(params.stress_limit))[0]
    return Calm(levels, sure, maybe, found, part, gates, at)


def direct(any_: Reach, low: Ways, homes: int, ratio: float) -> Array:
    """Return rows of ``any_.ways`` in reach whose low-stress way is at most ``ratio`` as long.

    Also compared with what a way outside the data could cost at least.
    """
    rows = any_.reached
    ways = any_.ways
    place, home = ways.place[rows], ways.home[rows]
    cost = cost_of(low, place, home, homes)
    shortest = np.minimum(ways.cost[rows], any_.slack(place, home))
    return rows[cost <= ratio * shortest + 1e-6]


def infrastructure_edges(network: StreetNetwork) -> Array | None:
    """Return which edges are or have cycle infrastructure.

    Returns
    -------
    ndarray of bool (edges,) or None
        None for street data without tags: nothing can then be said, not that there is none.
    """
    if "highway" not in network.ways:
        return None
    return np.asarray(infrastructure_of(network) != NONE)
