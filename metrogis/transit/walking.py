"""Walks of door-to-door journeys: to stops, between stops, from stops, and all the way.

On a street network (any object with the questions of :class:`metrogis.streets.StreetNetwork`: it is
given, never made here), else along straight lines times a detour. A limit holds for the distance
walked; the straight line from a point to its street is part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.spatial import cKDTree

from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.transit.feed import Feed
from metrogis.transit.line_transfers import Copies, members_of, specificity
from metrogis.transit.profile_search import NEVER, Feet, Links
from metrogis.transit.transfers import for_all_lines
from metrogis.transit.vehicles import MICRO

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOLERANCE = 1e-3
"""Metres: distances are compared to a millimetre, finer than degrees of any feed are written."""

SPOT = 0.5
"""Metres: stops nearer to each other than this are at one spot."""

_KEPT = 4
"""Sets of points and walks kept with a network, for the next question about the same points."""


@dataclass(frozen=True, eq=False)
class Places:
    """Points that walks begin or end at: metres in the working CRS, and on the streets."""

    xy: Floats
    on_streets: Any = None

    @cached_property
    def known(self) -> Bools:
        """Points with a place from which walks are known."""
        placed = np.asarray(np.isfinite(self.xy).all(axis=1))
        return placed if self.on_streets is None else placed & self.on_streets.known


@dataclass(frozen=True, eq=False)
class Walker:
    """How people walk.

    Attributes
    ----------
    network : street network or None
    speed : float
        km/h.
    detour : float
        Walk over straight line, where there is no network.
    """

    network: Any
    speed: float
    detour: float

    def __post_init__(self) -> None:
        unit = getattr(self.network, "unit", "m")
        if unit not in ("m", "s"):
            raise ParameterError(
                _("unknown unit of streets: {unit}").fill(unit=unit),
                layer="streets",
                remedy=_("weights in m or s"),
            )

    @property
    def _per_metre(self) -> float:
        """Cost of a metre in the unit of the network."""
        timed = self.network is not None and self.network.unit == "s"
        return 3.6 / self.speed if timed else 1.0

    def micro(self, metres: Floats) -> Ints:
        """Return the time of walks.

        Parameters
        ----------
        metres : ndarray of float
            Any shape; infinite or NaN where there is no walk.

        Returns
        -------
        ndarray of int64
            Microseconds; NEVER where there is no walk.

        Examples
        --------
        >>> Walker(None, speed=3.6, detour=1.3).micro(np.array([1.0, 2.5])).tolist()
        [1000000, 2500000]
        """
        out = np.full(np.shape(metres), NEVER, np.int64)
        ends = np.isfinite(metres)
        out[ends] = np.rint(np.asarray(metres)[ends] * (3.6 / self.speed * MICRO)).astype(np.int64)
        return out

    def places(self, xy: Floats, layer: str) -> Places:
        """Return points as places, snapped once to the streets.

        Parameters
        ----------
        xy : ndarray of float (points, 2)
            Metres, CRS of the network; NaN for points without a place.
        layer : str
            Name of the points, for messages.

        Returns
        -------
        Places
            Points far from any street are kept; walks from them are unknown.
        """
        if self.network is None:
            return Places(xy)
        return self._kept(
            ("door places", _digest(xy)),
            lambda: Places(xy, self.network.snap(xy, layer=layer)),
        )

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what is kept with the network, else make it: the last few of each kind stay."""
        cache = self.network.cache
        if key not in cache:
            old = [k for k in cache if isinstance(k, tuple) and k[0] == key[0]]
            for one in old[: max(0, len(old) + 1 - _KEPT)]:
                del cache[one]
            cache[key] = make()
        return cache[key]

    def pairs(self, a: Places, b: Places, limit: float) -> tuple[Ints, Ints, Floats]:
        """Return all walks from some places to others within a limit.

        Parameters
        ----------
        a, b : Places
            Where walks begin and end.
        limit : float
            Metres, inclusive to the millimetre that coordinates are rounded to.

        Returns
        -------
        row_a, row_b : ndarray of int64 (walks,)
            Positions in ``a`` and ``b``.
        metres : ndarray of float (walks,)
        """
        if self.network is not None:
            cost = self._per_metre
            found = self.network.pairs(
                a.on_streets, b.on_streets, limit=(limit + TOLERANCE) * cost, snap_cost=cost
            )
            return found.origin, found.target, found.metres / cost
        own, other = np.flatnonzero(a.known), np.flatnonzero(b.known)
        if not len(own) or not len(other):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        reach = (limit + TOLERANCE) / self.detour
        near = cKDTree(a.xy[own]).sparse_distance_matrix(
            cKDTree(b.xy[other]), reach, output_type="ndarray"
        )
        return own[near["i"]], other[near["j"]], near["v"] * self.detour

    def all_the_way(
        self, many: Places, one: Places, row: int, *, towards: bool, limit: float
    ) -> Floats:
        """Return the walks between many places and one, for journeys without a vehicle.

        Parameters
        ----------
        many, one : Places
        row : int
            The place of ``one``.
        towards : bool
            From the many to the one; else from it to them.
        limit : float
            Metres, inclusive.

        Returns
        -------
        ndarray of float (many,)
            Metres; infinite beyond the limit, NaN where either end is unknown.
        """
        if self.network is None:
            metres = np.hypot(*(many.xy - one.xy[row]).T) * self.detour
        else:
            metres, _ = self.network.nearest(
                one.on_streets[np.array([row])],
                limit=limit * self._per_metre,
                direction="to" if towards else "from",
                snap_cost=self._per_metre,
            ).at(many.on_streets)
            metres = metres / self._per_metre
            if not one.known[row]:
                metres = np.full(len(metres), np.nan)
        return np.where(
            metres <= limit + TOLERANCE, metres, np.where(np.isnan(metres), np.nan, np.inf)
        )

    def links(self, points: Places, stops: Places, limit: float, *, leaving: bool) -> Links:
        """Return the walks between points and stops within a limit, in rows by point.

        Parameters
        ----------
        points, stops : Places
        limit : float
            Metres, inclusive.
        leaving : bool
            From points to stops; else from stops to points.

        Returns
        -------
        Links
            On a network kept with it: several questions ask for the same walks.
        """

        def make() -> Links:
            if leaving:
                point, stop, metres = self.pairs(points, stops, limit)
            else:
                stop, point, metres = self.pairs(stops, points, limit)
            return links_of(point, stop, self.micro(metres), metres, len(points.xy))

        if self.network is None:
            return make()
        weights = _digest(self.network.weights)
        key = ("door links", _digest(points.xy), _digest(stops.xy), weights)
        return self._kept((*key, limit, leaving, self.speed), make)


def _digest(values: npt.NDArray[Any]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).digest()


def links_of(point: Ints, stop: Ints, micro: Ints, metres: Floats, n: int) -> Links:
    """Return walks sorted into rows by point.

    Parameters
    ----------
    point, stop : ndarray of int (walks,)
    micro : ndarray of int64 (walks,)
        Microseconds.
    metres : ndarray of float (walks,)
    n : int
        Number of points.

    Returns
    -------
    Links
        Walks of point ``i`` are ``ptr[i]:ptr[i + 1]``, in the order given.
    """
    ptr, order = _by_row(np.ascontiguousarray(point, np.int64), n)
    return Links(ptr, stop[order].astype(np.int32), micro[order], metres[order])


@njit(cache=True, nogil=True)
def _by_row(row, n):  # type: ignore[no-untyped-def]
    """Count, then place: stable and linear."""
    ptr = np.zeros(n + 1, np.int64)
    for i in range(row.size):
        ptr[row[i] + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]
    at = ptr.copy()
    order = np.empty(row.size, np.int64)
    for i in range(row.size):
        order[at[row[i]]] = i
        at[row[i]] += 1
    return ptr, order


# --------------------------------------------------------------------------- changes


def feet(
    feed: Feed,
    walker: Walker,
    stops: Places,
    limit: float,
    slack: float,
    copies: Copies | None = None,
) -> Feet:
    """Return the changes between stops, those of ``transfers.txt`` first.

    Parameters
    ----------
    feed : Feed
    walker : Walker
    stops : Places
        All stops of the feed; with their copies, where there are any.
    limit : float
        Longest walk, m; rows of ``transfers.txt`` hold at any distance.
    slack : float
        Seconds that boarding needs; a stated minimum time stands for walk and slack together, a
        timed transfer (type 1) needs none, a forbidden one (3) is none, at one stop too.
    copies : Copies, optional
        For rows that name trips or routes; without it these are not read.
    """
    n = len(stops.xy)
    spare = round(slack * MICRO)
    real = np.arange(n) if copies is None else copies.real
    # a place is at itself without a walk, whatever the search found around it
    here, there = Copies(real).together()
    a, b, metres = walker.pairs(stops, stops, limit)
    apart = real[a] != real[b]
    a, b, metres = (np.concatenate([x, y]) for x, y in (
        (here, a[apart]), (there, b[apart]), (np.zeros(len(here)), metres[apart])))  # fmt: skip
    # stops of two feeds at one spot are one, as if one feed had both: nobody walks to the street
    i, j = _at_one_spot(stops.xy)
    a, b = np.concatenate([a, i]), np.concatenate([b, j])
    metres = np.concatenate([metres, np.zeros(len(i))])
    walk = walker.micro(metres)
    change = walk + spare
    rows = _stated(feed, stops, walker, spare, copies)
    a, b, metres, walk, change = (
        np.concatenate([x, y]) for x, y in zip((a, b, metres, walk, change), rows[:5], strict=True)
    )
    # of several walks the shortest; of stated rows the last; a stated row before any walk
    rank = np.concatenate([np.zeros(len(a) - len(rows[0]), np.int64), 1 + np.arange(len(rows[0]))])
    order = np.lexsort((change, -rank, a * n + b))
    # one row per pair of stops: the first in this order; those that may not be changed at go
    key = (a * n + b)[order]
    order = order[np.r_[True, key[1:] != key[:-1]][: len(key)]]
    order = order[change[order] < NEVER]
    ptr = np.searchsorted(a[order], np.arange(n + 1)).astype(np.int64)
    return Feet(ptr, b[order], change[order], walk[order], metres[order])


def _at_one_spot(xy: Floats) -> tuple[Ints, Ints]:
    """Return ordered pairs of different points that lie within :data:`SPOT` of each other."""
    own = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if not len(own):
        return own, own
    pairs = own[cKDTree(xy[own]).query_pairs(SPOT, output_type="ndarray")].astype(np.int64)
    return np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])


def _stated(
    feed: Feed, stops: Places, walker: Walker, spare: int, copies: Copies | None
) -> tuple[Ints, Ints, Floats, Ints, Ints]:
    """Rows of ``transfers.txt`` between stops; one of a station holds for all its stops."""
    table = feed.transfers.reset_index(drop=True)
    if copies is None:
        table, copies = for_all_lines(table), Copies(np.arange(len(feed.stops)))
    table = table[table["transfer_type"] <= 3]
    none = np.zeros(0, np.int64)
    if table.empty:
        return none, none, np.zeros(0), none, none
    members = members_of(feed)
    root = set(feed.stops["parent_station"][feed.stops["parent_station"] != ""].astype(str))
    sides = {
        side: (table[[f"{side}_trip_id", f"{side}_route_id"]] != "").any(axis=1).to_numpy()
        for side in ("from", "to")
    }
    found: list[tuple[tuple[int, int], int, int, float, int]] = []
    for k, (row, begin, end, kind, least, lines) in enumerate(zip(
        table.index.tolist(), table["from_stop_id"].astype(str), table["to_stop_id"].astype(str),
        table["transfer_type"].tolist(), table["min_transfer_time"].tolist(),
        specificity(table).tolist(), strict=True,
    )):  # fmt: skip
        # trips before routes before none; a row of two stops is more exact than one of a station:
        # what is most exact counts last
        exact = (lines, (begin not in root) + (end not in root))
        for i in members.get(begin, ()):
            for j in members.get(end, ()):
                for start in copies.nodes(i, "from", row, bound=bool(sides["from"][k])):
                    for goal in copies.nodes(j, "to", row, bound=bool(sides["to"][k])):
                        found.append((exact, start, goal, least, kind))
    found.sort(key=lambda row: row[0])
    a = np.array([row[1] for row in found], np.int64)
    b = np.array([row[2] for row in found], np.int64)
    least = np.array([row[3] for row in found])
    kind = np.array([row[4] for row in found])
    metres = _between(walker, stops, a, b, copies.real)
    walk = walker.micro(np.nan_to_num(metres, posinf=0.0))
    change = np.where(kind == 1, walk, walk + spare)
    timed = (kind == 2) & np.isfinite(least)
    stated = np.rint(np.nan_to_num(least) * MICRO).astype(np.int64)
    change = np.where(timed, stated, change)
    walk = np.where(timed, stated, walk)
    # two stops without a known way between them take the time stated, or cannot be changed at
    change = np.where((kind == 3) | (~np.isfinite(metres) & ~timed), NEVER, change)
    return a, b, metres, walk, change


def _between(walker: Walker, stops: Places, a: Ints, b: Ints, real: Ints) -> Floats:
    """Metres between stops, pair by pair; NaN or infinite where there is no known way."""
    out = np.hypot(*(stops.xy[a] - stops.xy[b]).T) * walker.detour
    if walker.network is not None:
        apart = np.flatnonzero((real[a] != real[b]) & stops.known[a] & stops.known[b])
        snapped = stops.on_streets
        begin, end = snapped[a[apart]], snapped[b[apart]]
        # the network's unit, back to metres; walks to and from the streets are in metres already
        on_street = walker.network.paths(begin, end).distance / walker._per_metre
        out[apart] = on_street + begin.distance + end.distance
    near = np.hypot(*(stops.xy[a] - stops.xy[b]).T) <= SPOT
    return np.where((real[a] == real[b]) | near, 0.0, out)
