"""Seats, localities, the stops that are theirs, and the relations the law names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.seats import seat_levels
from metrogis.checks.shared.service import TOLERANCE, walking
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.provenance import Audit

Times = npt.NDArray[np.int32]
Kind = Literal[
    "county_voivodeship", "municipality_county", "municipality_city", "locality_municipality",
    "flow",
]  # fmt: skip
LAW: frozenset[str] = frozenset({"county_voivodeship", "municipality_county", "municipality_city"})
"""Kinds of relations that the draft law names."""


@dataclass(frozen=True, eq=False)
class Places:
    """Localities with what they are seats of and the stops that are theirs.

    Attributes
    ----------
    name, teryt : ndarray of str
        ``teryt`` of the municipality it lies in; empty outside all of them.
    x, y : ndarray of float
    levels : list of set
    stops : list of dict
        Stops within the access distance and the walk to them, m; the nearest first.
    reach : ndarray of float
        Access distance, m.
    town : ndarray of int
        Position of the municipality; -1 outside.
    posts : ndarray of int
        How many posts its stops are: one at a place, whatever number of feeds lists it.
    """

    name: npt.NDArray[np.object_]
    teryt: npt.NDArray[np.object_]
    xy: Floats
    levels: list[set[str]]
    stops: list[dict[str, float]]
    reach: Floats
    town: Ints
    posts: Ints

    def __len__(self) -> int:
        return len(self.name)

    def own_stops(self, start: int, end: int) -> list[str]:
        """Return the stops of a place that are not nearer to the other one of a relation.

        A stop as near to both belongs to neither: a journey from it to itself is none.

        Parameters
        ----------
        start, end : int
            The place, and the other one.
        """
        other = self.stops[end]
        return [s for s, d in self.stops[start].items() if d < other.get(s, np.inf)]


@dataclass(frozen=True)
class Relation:
    """Two places that should be connected: ``start`` is the lower one."""

    start: int
    end: int
    kind: Kind


def read_places(
    municipalities: gpd.GeoDataFrame,
    localities: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    *,
    streets: Any,
    seat_distance: float,
    locality_distance: float,
    detour: float,
) -> tuple[Places, Audit]:
    """Find the municipality and the stops of each locality.

    Localities outside every municipality are kept only where they are a seat of a voivodeship or
    county.

    Raises
    ------
    SchemaError
        For a word in ``seat`` that is not known.
    """
    points = np.asarray(localities.geometry.to_numpy(), dtype=object)
    tree = shapely.STRtree(np.asarray(municipalities.geometry.to_numpy(), dtype=object))
    point, inside = tree.query(points, predicate="intersects")
    town = np.full(len(points), -1, np.int64)
    # turned round: on a shared border the first municipality is written last
    town[point[::-1]] = inside[::-1]
    seat = localities["seat"] if "seat" in localities.columns else [None] * len(localities)
    levels = [seat_levels(value, row) for value, row in zip(seat, localities.index, strict=True)]
    keep = (town >= 0) | np.array([bool(s & {"voivodeship", "county"}) for s in levels], bool)
    audit = Audit().add(
        "localities",
        "dropped",
        int((~keep).sum()),
        _("localities outside the municipalities"),
        localities["name"][~keep],
    )
    rows = np.flatnonzero(keep)
    xy = np.column_stack([shapely.get_x(points[rows]), shapely.get_y(points[rows])])
    posts = np.column_stack([stops.geometry.x, stops.geometry.y]).astype("float64")
    walk = walking(streets, detour)
    reach = np.array([seat_distance if levels[i] else locality_distance for i in rows], float)
    near = walk.walk_pairs(xy, posts, limit=max(seat_distance, locality_distance))
    ids = stops["stop_id"].astype(str).to_numpy(dtype=object)
    own: list[dict[str, float]] = [{} for _unused in rows]
    # the same post in another feed has other ids, and the same coordinates
    _unused, post = np.unique(np.round(posts, 1), axis=0, return_inverse=True)
    counted: list[set[int]] = [set() for _unused in rows]
    for k in np.lexsort((near.metres, near.origin)).tolist():
        i = int(near.origin[k])
        if near.metres[k] <= reach[i] + TOLERANCE:
            own[i][str(ids[near.target[k]])] = float(near.metres[k])
            counted[i].add(int(post[near.target[k]]))
    codes = np.append(municipalities["teryt"].to_numpy(dtype=object), "")
    names = localities["name"].astype(str).to_numpy(dtype=object)[rows]
    kept = [levels[i] for i in rows]
    number = np.array([len(c) for c in counted], np.int64)
    return Places(names, codes[town[rows]], xy, kept, own, reach, town[rows], number), audit


def find_relations(
    places: Places,
    municipalities: gpd.GeoDataFrame,
    *,
    seats: Mapping[str, str],
    every: bool,
    unread: bool = False,
) -> tuple[list[Relation], dict[str, int], Audit]:
    """Return the relations to check, and the seat (place) of each municipality by its code.

    Voivodeship city - county seats; county seat - municipal seats. Where no county seat is marked
    the municipal seats are checked against the voivodeship city, and the audit says so; not where
    localities could not be read (``unread``), for the county seat may be one of them.

    Raises
    ------
    ParameterError
        When ``seats`` names a locality or code that is not there.
    """
    codes = list(municipalities["teryt"])
    named = _named(places, codes, seats)
    cities = [i for i, s in enumerate(places.levels) if "voivodeship" in s]
    county, seat = _seats(places, cities, named)
    # in order, each pair of places once: the first kind stands
    kinds: dict[tuple[int, int], Kind] = {}
    for i in dict.fromkeys(county.values()):
        if i not in cities:
            for c in _city_of(places, cities, i):
                kinds.setdefault((i, c), "county_voivodeship")
    lost, beside = [], []
    centres = {*cities, *county.values()}
    for code in codes:
        if code not in seat:
            lost.append(code)
            continue
        i = seat[code]
        higher = county.get(code[:4])
        if higher is not None:
            if i not in centres:
                kinds.setdefault((i, higher), "municipality_county")
        elif i not in cities:
            beside.append(code)
            for c in () if unread else _city_of(places, cities, i):
                kinds.setdefault((i, c), "municipality_city")
    if every:
        used = set(seat.values()) | centres
        for i, code in enumerate(places.teryt):
            if i not in used and code in seat:
                kinds.setdefault((i, seat[code]), "locality_municipality")
    out = [Relation(start, end, kind) for (start, end), kind in kinds.items() if start != end]
    return out, seat, _seats_missing(lost, beside, unread)


def _seats(
    places: Places, cities: list[int], named: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the seats (places) of counties by 4 digits, and of municipalities by 7."""
    county: dict[str, int] = {}
    for i in [*cities, *(i for i, s in enumerate(places.levels) if "county" in s)]:
        if places.teryt[i]:
            county[places.teryt[i][:4]] = i  # a county seat is read last: it wins over the city
    seat: dict[str, int] = {}
    # a seat of a higher level stands for the lower ones of its municipality where none is marked
    for wanted in ("municipality", "county", "voivodeship"):
        for i, levels in enumerate(places.levels):
            if wanted in levels and places.teryt[i]:
                seat.setdefault(places.teryt[i], i)
    for code, i in named.items():
        (county if len(code) == 4 else seat)[code] = i
    return county, seat


def _city_of(places: Places, cities: list[int], i: int) -> list[int]:
    """Return the voivodeship cities of a place; a city outside all codes serves any."""
    # the first two digits of a code are the voivodeship
    own = [c for c in cities if places.teryt[c][:2] == places.teryt[i][:2]]
    return own or [c for c in cities if not places.teryt[c]]


def _seats_missing(lost: list[str], beside: list[str], unread: bool) -> Audit:
    """Return the audit of municipalities without a seat, and of those of a county without one."""
    audit = Audit().add(
        "localities",
        "unknown",
        len(lost),
        _("municipalities whose seat is not among the localities (name it in parameter seats)"),
        lost,
    )
    return audit.add(
        "localities",
        "unknown",
        len(beside),
        _("municipalities of counties without a marked seat: checked against the voivodeship city")
        if not unread
        else _(
            "municipalities of counties whose seat may be among the localities that "
            "could not be read: what they should be connected with is unknown"
        ),
        beside,
    )


def _named(places: Places, codes: list[str], seats: Mapping[str, str]) -> dict[str, int]:
    """Places of the seats named by the user; of several of one name the one inside."""
    out = {}
    known = {*codes, *(c[:4] for c in codes)}
    for code, name in seats.items():
        found = np.flatnonzero(places.name == name)
        inside = [i for i in found if str(places.teryt[i]).startswith(code)]
        if code not in known or not len(found) or (len(found) > 1 and len(inside) != 1):
            raise ParameterError(
                _("there is no such code, or not one locality of that name"),
                layer="seats",
                place=f"{code}: {name}",
            )
        out[code] = int(inside[0] if len(inside) == 1 else found[0])
    return out


def pair_up(
    out: tuple[Times, Times], back: tuple[Times, Times], stay: float
) -> tuple[Ints, Ints, Bools]:
    """Match journeys out with journeys back of the same day.

    As many as possible come back after arriving and staying; the others are matched in order.

    Parameters
    ----------
    out, back : pair of ndarray
        Departures and arrivals, s.
    stay : float
        Seconds.

    Returns
    -------
    out, back : ndarray of int
        Journeys matched, min(len(out), len(back)) of them.
    returns : ndarray of bool
        Whether the journey back follows the journey out.

    Examples
    --------
    >>> out = np.array([0, 50]), np.array([10, 60])
    >>> back = np.array([5, 40]), np.array([15, 50])
    >>> [a.tolist() for a in pair_up(out, back, 20)]
    [[0, 1], [1, 0], [True, False]]
    """
    came = np.argsort(out[1], kind="stable")
    goes = np.argsort(back[0], kind="stable")
    arrival = (out[1][came] + stay).tolist()
    leave = back[0][goes].tolist()
    a: list[int] = []
    b: list[int] = []
    for j, time in enumerate(leave):
        # the earliest journey out that is still free is the best one to come back from
        if len(a) < len(arrival) and arrival[len(a)] <= time:
            a.append(int(came[len(a)]))
            b.append(int(goes[j]))
    free_out = sorted(set(range(len(arrival))) - set(a))
    free_back = sorted(set(range(len(leave))) - set(b))
    rest = list(zip(free_out, free_back, strict=False))
    first = np.array(a + [r[0] for r in rest], np.int64)
    second = np.array(b + [r[1] for r in rest], np.int64)
    returns = np.arange(len(first)) < len(a)
    order = np.argsort(out[0][first], kind="stable")
    return first[order], second[order], returns[order]
