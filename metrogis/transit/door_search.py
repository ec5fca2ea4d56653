"""One question of door-to-door times made ready: options, walks, vehicles, links to stops.

:mod:`.door_to_door` asks it for many points, :mod:`.itinerary` for one journey.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Ints
from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.i18n import Text, _, both
from metrogis.transit.daytypes import DateLike
from metrogis.transit.feed import Feed
from metrogis.transit.line_transfers import copies_of
from metrogis.transit.points import _transformer
from metrogis.transit.profile_search import NEVER, Feet, Links, Profile, profile
from metrogis.transit.vehicles import MICRO, Vehicles, vehicles
from metrogis.transit.walking import TOLERANCE, Floats, Places, Walker, feet, links_of

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class DoorRules:
    """How people travel; see :func:`metrogis.transit.door_to_door.travel_times`."""

    walk_speed: float = 4.8
    access_limit: float = 1000
    egress_limit: float = 1000
    transfer_limit: float = 400
    max_transfers: int = 3
    slack: float = 60
    max_time: float = 120
    detour: float = 1.3

    def __post_init__(self) -> None:
        for name, least in (
            ("access_limit", 0), ("egress_limit", 0), ("transfer_limit", 0), ("slack", 0),
            ("detour", 1), ("max_transfers", 0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not (_number(value) and math.isfinite(value) and value >= least):
                raise _bad(name, value, _("a number from {least}").fill(least=least))
        for name in ("walk_speed", "max_time"):
            value = getattr(self, name)
            if not (_number(value) and math.isfinite(value) and value > 0):
                raise _bad(name, value, _("a number above 0"))
        if int(self.max_transfers) != self.max_transfers:
            raise _bad("max_transfers", self.max_transfers, both("0, 1, 2, ..."))
        if self.max_time > 24 * 60:
            raise _bad("max_time", self.max_time, _("minutes, up to 1440"))

    @property
    def longest(self) -> int:
        """The longest journey, microseconds."""
        return round(self.max_time * 60 * MICRO)

    @property
    def spare(self) -> int:
        """What boarding needs, microseconds."""
        return round(self.slack * MICRO)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _bad(name: str, value: Any, allowed: Text) -> ParameterError:
    return ParameterError(
        _("{name}={value} is out of range").fill(name=name, value=repr(value)),
        layer="travel_times",
        place=name,
        remedy=allowed,
    )


def seconds_of_day(value: Any, name: str) -> int:
    """Return seconds after midnight of ``"07:31"``, ``"07:31:30"`` (past 24:00 too) or a time.

    >>> seconds_of_day("07:31", "depart"), seconds_of_day("25:00:10", "depart")
    (27060, 90010)
    """
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, str):
        parts = value.strip().split(":")
        if len(parts) in (2, 3) and all(p.isdigit() for p in parts):
            hour, minute, second = (*map(int, parts), 0)[:3]
            if minute < 60 and second < 60 and hour < 48:
                return hour * 3600 + minute * 60 + second
    raise ParameterError(
        _("{value} is no time of day").fill(value=repr(value)),
        layer="travel_times",
        place=name,
        remedy=_('give "HH:MM", for example "07:31"'),
    )


def one_feed(feed: Feed | Sequence[Feed]) -> Feed:
    """Return one timetable of several, ids prefixed by the feed's name.

    Raises
    ------
    ParameterError
        For none, for what is no feed, or two of one name.
    """
    feeds = [feed] if isinstance(feed, Feed) else list(feed) if isinstance(feed, Iterable) else []
    if not feeds or not all(isinstance(f, Feed) for f in feeds):
        raise ParameterError(
            _("this is no timetable"),
            layer="feed",
            remedy=_("give what read_feed returns"),
        )
    if len(feeds) == 1:
        return feeds[0]
    names = [name for f in feeds for name in f.feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or any(len(f.feeds) > 1 for f in feeds):
        raise ParameterError(
            _("feeds of one name, or merged ones"),
            layer="feed",
            place=", ".join(twice) or None,
            remedy=_("read them together: read_feed({name: path, ...})"),
        )
    from metrogis.transit.reading import _merge

    return _merge(feeds, "+".join(names))


def _require_one_clock(feed: Feed, days: dict[str, Date]) -> None:
    """Refuse feeds whose clocks differ on the day: a time of day would mean two moments.

    Raises
    ------
    ParameterError
        Names a feed of each clock. Time zones that are not known are not compared.
    """
    offsets: dict[Any, str] = {}
    for owner, zone in zip(feed.agency["feed"], feed.agency["agency_timezone"], strict=True):
        if owner not in days or not zone:
            continue
        try:
            noon = datetime.combine(days[owner], time(12), tzinfo=ZoneInfo(str(zone)))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        offsets.setdefault(noon.utcoffset(), f"{owner}: {zone}")
    if len(offsets) > 1:
        raise ParameterError(
            _("feeds in different time zones"),
            layer="timetable",
            place=", ".join(offsets.values()),
            remedy=_("shift the times to one zone and correct agency_timezone"),
        )


def points_of(frame: Any, name: str) -> gpd.GeoSeries:
    """Return points by id; empty and missing ones stay, as unknown.

    Raises
    ------
    SchemaError
        For what is no frame of points, repeated ids, or no rows.
    CRSError
        Without a CRS.
    """
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        raise SchemaError(
            _("this is no layer of points"),
            layer=name,
            remedy=_("give a GeoDataFrame of points"),
        )
    series = frame.geometry
    if series.crs is None:
        raise CRSError(
            _("no CRS"),
            layer=name,
            remedy=_("set it: set_crs"),
        )
    shapes = np.asarray(series.array, dtype=object)
    if not np.isin(shapely.get_type_id(shapes), (-1, 0)).all():
        raise SchemaError(
            _("there are shapes that are no points"),
            layer=name,
            remedy=_("take their centres: gdf.centroid"),
        )
    if not len(series):
        raise SchemaError(_("there are no points"), layer=name)
    if not series.index.is_unique:
        again = series.index[series.index.duplicated()]
        raise SchemaError(
            _("the id of a point is repeated"),
            layer=name,
            place=str(again[0]),
            remedy=_("give different ones: reset_index"),
        )
    return series


def working_crs(network: Any, *layers: gpd.GeoSeries) -> Any:
    """Return the CRS walks are measured in: of the streets, else of the first layer in metres.

    Layers in degrees alone are measured in EPSG:2180 where they lie in its area of use, else in the
    UTM zone of their middle.
    """
    if network is not None:
        return crs_rules.require_metric(network.crs, layer="streets")
    for layer in layers:
        if crs_rules.is_metric(layer.crs):
            return layer.crs
    degrees = [layer[~(layer.is_empty | layer.isna())].to_crs(4326) for layer in layers]
    box = np.concatenate([layer.get_coordinates().to_numpy() for layer in degrees])
    poland = pyproj.CRS.from_epsg(2180)
    area = poland.area_of_use
    if area is not None:
        low, high = [area.west, area.south], [area.east, area.north]
        if ((box >= low) & (box <= high)).all():
            return poland
    return next(layer for layer in degrees if len(layer)).estimate_utm_crs()


def coordinates(points: gpd.GeoSeries, crs: Any) -> Floats:
    """Return points as metres in a projected CRS.

    Parameters
    ----------
    points : GeoSeries of points
        In any CRS.
    crs : CRS
        Projected, in metres.

    Returns
    -------
    ndarray of float (points, 2)
        NaN, NaN for points that are missing, empty or outside what the projection can express.
    """
    moved = points if points.crs == crs else points.to_crs(crs)
    shapes = np.asarray(moved.array, dtype=object)
    out = np.full((len(shapes), 2), np.nan)
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    out[placed] = shapely.get_coordinates(shapes[placed])
    out[~np.isfinite(out).all(axis=1)] = np.nan
    return out


@dataclass(frozen=True, eq=False)
class Search:
    """A timetable on a day, with walks: ready to be asked; made by :func:`prepare`.

    ``stops``, ``rides`` and ``feet`` count the feed's stops, and after them copies of those at
    which changes depend on the line; ``real`` is the stop of each.
    """

    feed: Feed
    rules: DoorRules
    walker: Walker
    crs: Any
    stops: Places
    rides: Vehicles
    feet: Feet
    days: dict[str, Date]
    unknown_feeds: tuple[str, ...]
    real: Ints

    def links(self, points: Places, *, access: bool) -> Links:
        """Return walks from points to stops (access) or from stops to points (egress).

        Where a target is a stop itself, one change on foot from another stop may end the journey.
        """
        rules = self.rules
        limit = rules.access_limit if access else rules.egress_limit
        found = self.walker.links(points, self.stops, limit, leaving=access)
        if access:
            return found._replace(micro=found.micro + rules.spare)
        point = np.repeat(np.arange(len(points.xy)), np.diff(found.ptr))
        at_stop = np.hypot(*(points.xy[point] - self.stops.xy[found.stop]).T) <= TOLERANCE
        if not at_stop.any():
            return found
        back = self.feet.mirror()
        rows, stops, walks, metres = [], [], [], []
        for p, s in zip(point[at_stop].tolist(), found.stop[at_stop].tolist(), strict=True):
            own = slice(int(back.ptr[s]), int(back.ptr[s + 1]))
            other = back.to[own] != s
            rows.append(np.full(int(other.sum()), p))
            stops.append(back.to[own][other])
            walks.append(back.walk[own][other])
            metres.append(back.metres[own][other])
        return links_of(
            np.concatenate([point, *rows]), np.concatenate([found.stop, *stops]),
            np.concatenate([found.micro, *walks]), np.concatenate([found.metres, *metres]),
            len(points.xy),
        )  # fmt: skip

    def profile(self, links: Links, row: int, *, mirrored: bool = False) -> Profile:
        """Return the profiles of all stops for one point: its non-dominated journeys, by vehicles.

        Parameters
        ----------
        links : Links
            Walks between points and stops, from :meth:`links`.
        row : int
            The point: journeys end there.
        mirrored : bool
            In reversed time, so that they begin there.
        """
        own = slice(int(links.ptr[row]), int(links.ptr[row + 1]))
        end = np.full(len(self.real), NEVER, np.int64)
        # of several walks from a stop to the point (one by a change on foot) the shortest counts
        np.minimum.at(end, links.stop[own], links.micro[own])
        rides, walks = self.sides[mirrored]
        return profile(
            rides, walks, end, max_transfers=int(self.rules.max_transfers),
            longest=self.rules.longest,
        )  # fmt: skip

    @property
    def sides(self) -> dict[bool, tuple[Vehicles, Feet]]:
        """Rides and changes as they are, and mirrored (made once)."""
        kept = self.__dict__.get("_sides")
        if kept is None:
            kept = {False: (self.rides, self.feet), True: (self.rides.mirror(), self.feet.mirror())}
            self.__dict__["_sides"] = kept
        return kept


def prepare(
    feed: Feed,
    date: DateLike,
    rules: DoorRules,
    network: Any,
    crs: Any,
    low: int,
    high: int,
    *,
    by_line: bool = True,
) -> Search:
    """Make a timetable of a day ready to be searched.

    Parameters
    ----------
    feed : Feed
    date : date, str or day type
    rules : DoorRules
    network : street network or None
        For walking; None: straight lines times ``rules.detour``.
    crs : CRS
        In which walks are measured, metres (:func:`working_crs`).
    low, high : int
        Seconds after midnight between which rides are kept.
    by_line : bool
        Whether rows of ``transfers.txt`` that name trips or routes are read.

    Returns
    -------
    Search

    Raises
    ------
    ParameterError
        If feeds of the day are in different time zones.
    """
    days = feed._days(date)
    _require_one_clock(feed, days)
    walker = Walker(network, float(rules.walk_speed), float(rules.detour))
    xy = stop_coordinates(feed, crs)
    rides = _kept_rides(feed, days, low, high, xy)
    copies = None
    real = np.arange(len(xy))
    if by_line:
        copies, rides = copies_of(feed, rides)
        real = copies.real
    stops = walker.places(xy[real], "stops")
    return Search(
        feed, rules, walker, crs, stops, rides,
        feet(feed, walker, stops, rules.transfer_limit, rules.slack, copies), days,
        tuple(feed.unknown_feeds(date)), real,
    )  # fmt: skip


def _kept_rides(feed: Feed, days: dict[str, Date], low: int, high: int, xy: Floats) -> Vehicles:
    """Rides of a span; those asked for last are kept with the feed."""
    key = (tuple(days.items()), low, high, hash(xy.tobytes()))
    kept = feed.__dict__.get("_vehicles")
    if kept is None or kept[0] != key:
        kept = key, vehicles(feed, days, low, high, xy=xy)
        feed.__dict__["_vehicles"] = kept
    return kept[1]


def stop_coordinates(feed: Feed, crs: Any) -> Floats:
    """Return where the stops lie that vehicles call at.

    Parameters
    ----------
    feed : Feed
    crs : CRS
        Projected, in metres.

    Returns
    -------
    ndarray of float (stops, 2)
        Metres; NaN for stops without a call or without a position.
    """
    out = np.full((len(feed.stops), 2), np.nan)
    called = np.zeros(len(feed.stops), bool)
    called[feed.calls.stop] = True
    lon = feed.stops["stop_lon"].to_numpy(float)
    lat = feed.stops["stop_lat"].to_numpy(float)
    use = called & np.isfinite(lon) & np.isfinite(lat)
    target = crs_rules.require_metric(crs, layer=feed.name)
    x, y = _transformer(target.to_wkt()).transform(lon[use], lat[use])
    out[use] = np.column_stack([x, y])
    out[~np.isfinite(out).all(axis=1)] = np.nan
    return out


def network_on_foot(streets: Any) -> Any:
    """Return the walking network of a street layer, or the network given; None for None.

    Raises
    ------
    ParameterError
        For a network of another mode, or what is no network.
    """
    if streets is None:
        return None
    network = streets if hasattr(streets, "snap") else getattr(streets, "walk", None)
    if network is None or getattr(network, "mode", "walk") != "walk":
        raise ParameterError(
            _("this is no street network for walking"),
            layer="streets",
            remedy=_('read_osm(path, mode="walk"), or the layer streets'),
        )
    return network


def next_minutes(start: int, end: int) -> int:
    """Return how many moments, a minute apart from ``start``, lie before ``end``.

    Parameters
    ----------
    start, end : int
        Seconds; ``start`` is the first moment, ``end`` none.

    Examples
    --------
    >>> next_minutes(0, 3600), next_minutes(0, 61), next_minutes(0, 60)
    (60, 2, 1)
    """
    return -((start - end) // 60)


@dataclass(frozen=True, eq=False)
class Found:
    """Answers (origins, targets, ...): percentiles, shares, walk (minutes), each minute's time."""

    percentiles: Floats
    shares: Floats
    walk: Floats
    times: Floats
