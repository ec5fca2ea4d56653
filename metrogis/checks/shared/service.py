"""Which stops suffice on which day type, and how far people walk to them.

A *post* is a stop point of the timetable; a *place* is what its departures are counted for: posts
of all feeds that passengers take for one stop. A departure counts for people who may walk as far as
its mode's limit, so the bus at a railway station does not help someone 900 m away, but the trains
do. A place's *reach* is the farthest walk at which the departures that still count are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.passages import Passages, PlaceLines, busier, passages, place_lines
from metrogis.transit.stop_places import join_posts

TOLERANCE = 1e-6
"""Metres: a walk of exactly the limit is within it, whatever the last bit of a float says."""


DAYS_OFF = ("saturday", "sunday")


# --------------------------------------------------------------------------- walking


class Pairs(NamedTuple):
    """Walks: from ``origin`` (position) to ``target`` (position), ``metres``."""

    origin: Ints
    target: Ints
    metres: Floats


class Walk(Protocol):
    """How far people walk: a street network, or the straight line that stands in for it."""

    def walk_pairs(self, origins: Floats, targets: Floats, *, limit: float) -> Pairs:
        """Return all walks of at most ``limit`` metres between points (x, y in metres)."""


@dataclass(frozen=True)
class StraightLine:
    """Straight line times a detour factor.

    >>> found = StraightLine(1.3).walk_pairs(np.zeros((1, 2)), np.array([[100.0, 0]]), limit=130)
    >>> found.metres.tolist()
    [130.0]
    """

    detour: float = 1.3

    def walk_pairs(self, origins: Floats, targets: Floats, *, limit: float) -> Pairs:
        """Return all walks of at most ``limit`` metres; see :class:`Walk`."""
        if not len(origins) or not len(targets):
            none = np.zeros(0, np.int64)
            return Pairs(none, none, np.zeros(0))
        radius = (limit + TOLERANCE) / self.detour
        found = cKDTree(origins).sparse_distance_matrix(
            cKDTree(targets), radius, output_type="ndarray"
        )
        return Pairs(
            found["i"].astype(np.int64), found["j"].astype(np.int64), found["v"] * self.detour
        )


def walking(streets: Any, detour: float) -> Walk:
    """Return the street network when it can answer, else the straight line.

    A street layer that is still a file (``path``) cannot answer: the straight line stands in, and
    the check says so.

    Raises
    ------
    ParameterError
        When ``streets`` is neither a network (``walk_pairs``) nor a layer file.
    """
    streets = getattr(streets, "walk", streets)
    if callable(getattr(streets, "walk_pairs", None)):
        walk: Walk = streets
        return walk
    if streets is None or hasattr(streets, "path"):
        return StraightLine(detour)
    raise ParameterError(
        _("this is not a street network"),
        layer="streets",
        remedy=_("give a network of metrogis.streets, or leave the layer out"),
    )


def served(near: Pairs, reach: Floats, place: Ints, cells: int) -> Bools:
    """Tell which cells have a stop whose place reaches as far as the walk to it.

    >>> near = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([500.0, 501.0]))
    >>> served(near, np.array([500.0]), np.array([0]), 3).tolist()
    [True, False, False]
    """
    good = near.metres <= np.where(reach > 0, reach + TOLERANCE, -1.0)[place[near.target]]
    out = np.zeros(cells, bool)
    out[near.origin[good]] = True
    return out


# --------------------------------------------------------------------------- the rule


ANYWHERE = ("bus",)
"""Modes that could serve any place: without their timetables no place is known to have none."""


@dataclass(frozen=True)
class Rule:
    """The minimum service, and how far people walk to each mode group.

    ``limits`` maps mode groups to metres; a group that is not in it does not count as transit.
    ``windows`` are in seconds after midnight, half-open.
    """

    limits: Mapping[str, float]
    per_day: int = 8
    per_window: int = 1
    windows: tuple[tuple[float, float], ...] = ((18_000, 32_400), (46_800, 61_200))
    windows_on_days_off: bool = True

    def on(self, day: str) -> Rule:
        """Return the rule of a day type.

        Parameters
        ----------
        day : str
            On days off, Saturdays and Sundays, windows may not be asked for
            (``windows_on_days_off``).
        """
        off = day in DAYS_OFF and not self.windows_on_days_off
        return replace(self, per_window=0) if off else self

    @property
    def levels(self) -> Floats:
        """Distinct walk limits, ascending."""
        return np.unique(np.array(list(self.limits.values()), dtype="float64"))

    @property
    def longest(self) -> float:
        """The longest walk."""
        return max(self.limits.values())

    def _limit_of(self, groups: Iterable[Any]) -> Floats:
        """Return the walk limit of each mode group, m; 0 for one that does not count."""
        return np.array([self.limits.get(str(g), 0.0) for g in groups], dtype="float64")

    def count(
        self,
        place: Ints,
        limit: Floats,
        seconds: Floats,
        places: int,
        *,
        until: Floats | None = None,
    ) -> Ints:
        """Count departures: array of shape (1 + windows, levels, places).

        Parameters
        ----------
        place, limit, seconds : ndarray of shape (departures,)
            Where, walk limit of the mode (0 = does not count), seconds after midnight.
        places : int
            Number of places.
        until : ndarray of shape (departures,), optional
            Seconds: a departure that lasts so long counts in a window that holds all of it.

        Returns
        -------
        ndarray
            First row: the whole day, the others the windows. Level ``l`` counts the modes whose
            limit reaches at least ``levels[l]``.
        """
        levels = self.levels
        counted = limit > 0
        level = np.searchsorted(levels, limit[counted])
        place, seconds = place[counted], seconds[counted]
        ends = seconds if until is None else until[counted]
        spans = [(-np.inf, np.inf), *self.windows]
        out = np.zeros((len(spans), len(levels), places), np.int64)
        for row, (start, end) in enumerate(spans):
            inside = (seconds >= start) & (seconds < end) & (ends < end)
            flat = np.bincount(
                level[inside] * places + place[inside], minlength=len(levels) * places
            )
            out[row] = flat.reshape(len(levels), places)
        # a mode with a long limit also counts at every shorter walk
        result: Ints = out[:, ::-1].cumsum(axis=1)[:, ::-1]
        return result

    def suffices(self, counts: Ints) -> Bools:
        """Return where departures are at least the minimum service.

        Parameters
        ----------
        counts : ndarray of int (1 + windows, ...)
            Departures of the day, then of each window.

        Returns
        -------
        ndarray of bool (...)

        Examples
        --------
        >>> Rule({"bus": 400}, per_day=2).suffices(np.array([[2, 9], [1, 1], [1, 0]])).tolist()
        [True, False]
        """
        enough = counts[0] >= self.per_day
        for row in counts[1 : 1 + len(self.windows)]:
            enough = enough & (row >= self.per_window)
        return np.asarray(enough, dtype=bool)

    def lacking(self, counts: Ints) -> Ints:
        """Return the fewest extra departures that make counts suffice, by window and elsewhere.

        Shape (1 + windows, ...): the first row is departures at any time of day, the others
        those that must be in the window; their sum is the smallest number of departures.
        """
        windows = np.maximum(self.per_window - counts[1:], 0)[: len(self.windows)]
        anywhere = np.maximum(self.per_day - counts[0] - windows.sum(axis=0), 0)
        return np.concatenate([anywhere[None], windows])


def level_of(rule: Rule, metres: Floats) -> Ints:
    """Return the walk level of walks: which modes count at that distance.

    Parameters
    ----------
    rule : Rule
    metres : ndarray of float

    Returns
    -------
    ndarray of int64
        Position of the first of ``rule.levels`` that is at least as long; ``len(rule.levels)`` for
        a walk too long for all. A walk of exactly a limit is within it.

    Examples
    --------
    >>> level_of(Rule({"bus": 400, "rail": 800}), np.array([400.0, 400.1, 900])).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(rule.levels, metres - TOLERANCE, side="left").astype(np.int64)


@dataclass(frozen=True)
class Service:
    """Posts of a timetable and the service of their places.

    Attributes
    ----------
    posts : GeoDataFrame
        stop_id, name, modes, feed, geometry.
    xy : ndarray (posts, 2)
    place : ndarray (posts,)
        Place of each post.
    counts : dict of ndarray (1 + windows, levels, places)
        By day type; day types that are unknown are not in it.
    has_level : ndarray of bool (levels, places)
        Whether a mode with that walk limit ever calls there.
    walk_limit : ndarray (places,)
        Longest walk to the modes that ever call there; 0 where none does.
    unknown_feeds : dict of set
        By day type: feeds whose timetable does not speak of that day.
    audit : Audit
    """

    rule: Rule
    posts: gpd.GeoDataFrame
    xy: Floats
    place: Ints
    counts: Mapping[str, Ints]
    has_level: Bools
    walk_limit: Floats
    unknown_feeds: Mapping[str, frozenset[str]]
    audit: Audit

    def reach(self, day: str) -> Floats:
        """Return how far people walk to each place on a day type.

        Parameters
        ----------
        day : str
            A day type that is in :attr:`counts`.

        Returns
        -------
        ndarray of float (places,)
            Metres: the longest limit at which the modes that count suffice together; 0 where none
            does.
        """
        # levels are cumulative: counts of level k are of the modes whose limit is that long or
        # longer
        enough = self.rule.on(day).suffices(self.counts[day])
        reach: Floats = np.where(enough, self.rule.levels[:, None], 0.0).max(axis=0)
        return reach

    def within(self, near: Pairs) -> Bools:
        """Return which walks are within the limit of a mode that ever calls at the post.

        Parameters
        ----------
        near : Pairs
            Walks from cells (``origin``) to posts (``target``).

        Returns
        -------
        ndarray of bool (walks,)
            Whether service there suffices is another question.
        """
        limit = self.walk_limit[self.place[near.target]]
        return np.asarray((limit > 0) & (near.metres <= limit + TOLERANCE), dtype=bool)


def read_service(
    feed: Any,
    crs: Any,
    rule: Rule,
    *,
    days: Iterable[str],
    merge_distance: float = 150.0,
    place_distance: float = 50.0,
) -> Service:
    """Count the departures of a timetable by place and day type.

    A place's departures are those of all its posts, each run once; of each line the busier
    direction counts, and lines are summed. The windows also hold what the day before still runs
    after midnight.

    Parameters
    ----------
    feed : metrogis.transit.Feed
    crs : CRS in metres
    rule : Rule
    days : iterable of str
        Day types asked for; unknown ones are left out of the answer.
    merge_distance, place_distance : float
        Metres within which posts of one name, and posts of any name, are one place
        (:func:`metrogis.transit.stop_places.join_posts`).

    Returns
    -------
    Service
    """
    posts = feed.stop_points(crs)
    xy = np.column_stack([posts.geometry.x, posts.geometry.y]).astype("float64")
    place = join_posts(posts, place_distance=place_distance, name_distance=merge_distance)
    places = int(place.max()) + 1 if len(place) else 0
    known = feed.day_types()
    # a post where some trip calls on some date is a stop, though nothing may leave on these days
    has_level = np.zeros((len(rule.levels), places), bool)
    # combinations of modes are few: each is read once
    which, sets = _codes(posts["mode_groups"])
    for k, groups in enumerate(sets):
        own = rule._limit_of(groups.split(","))
        level = np.searchsorted(rule.levels, own[own > 0])
        has_level[np.ix_(level, place[which == k])] = True
    walk_limit = np.where(has_level, rule.levels[:, None], 0.0).max(axis=0, initial=0.0)
    lines = place_lines(feed, posts["stop_id"], place)
    counts: dict[str, Ints] = {}
    unknown: dict[str, frozenset[str]] = {}
    # day types share most departures: the audit has the day with most of them, not the sum
    most = {"place": 0, "mode": 0, "folded": 0}
    for day in days:
        if day not in known or known[day].date is None:
            continue
        found = passages(feed, day)
        unknown[day] = frozenset(found.unknown_feeds)
        pair = lines.of_call[found.call]
        # pair -1 (no place) takes the last limit, 0: such departures do not count
        limit = np.append(rule._limit_of(lines.group)[lines.line], 0.0)[pair]
        for name, number in (
            ("place", found.own & (pair < 0)),
            ("mode", found.own & (pair >= 0) & (limit == 0)),
        ):
            most[name] = max(most[name], int(number.sum()))
        most["folded"] = max(most["folded"], found.folded)
        counts[day] = one_way(feed, lines, found.take(limit > 0), rule, lines.place, places)
    return Service(
        rule, posts, xy, place, counts, has_level, walk_limit, unknown, _service_audit(most)
    )


def _service_audit(most: Mapping[str, int]) -> Audit:
    """Return rows on departures that are not counted, or taken from another day."""
    return (
        Audit()
        .add(
            "timetable",
            "dropped",
            most["place"],
            _("departures (per day) from stops without a position"),
        )
        .add(
            "timetable",
            "dropped",
            most["mode"],
            _("departures (per day) of modes that are not counted (taxi, for example)"),
        )
        .add(
            "timetable",
            "modelled",
            most["folded"],
            _(
                "departures after midnight of the day before, which the timetable does "
                "not cover: taken to be those of the day itself"
            ),
        )
    )


def one_way(
    feed: Any,
    lines: PlaceLines,
    found: Passages,
    rule: Rule,
    place: Ints,
    places: int,
    *,
    until: Floats | None = None,
) -> Ints:
    """Count departures by place: each run once, the busier direction of each line, lines summed.

    Parameters
    ----------
    feed : metrogis.transit.Feed
    lines : PlaceLines
    found : Passages
        Only those that count: of modes with a walk limit, at places.
    rule : Rule
    place : ndarray of int (pairs,)
        Place of each pair of ``lines``.
    places : int
    until : ndarray (passages,), optional
        As in :meth:`Rule.count`.

    Returns
    -------
    ndarray of int (1 + windows, levels, places)
    """
    seconds = found.seconds.astype(np.float64)
    ends = seconds if until is None else until
    window = np.full(len(seconds), -1, np.int64)
    for k, (start, end) in enumerate(rule.windows):
        window[(seconds >= start) & (seconds < end) & (ends < end)] = k
    day, inside = lines.once(feed, found, window)
    pair = lines.of_call[found.call]
    limit = rule._limit_of(lines.group)[lines.line][pair]
    key = pair * 3 + lines.direction[feed.calls.trip[found.call]]
    size = 3 * len(lines.place)
    whole = rule.count(key[day], limit[day], seconds[day], size)
    whole[1:] = rule.count(
        key[inside], limit[inside], seconds[inside], size, until=ends[inside]
    )[1:]  # fmt: skip
    both = busier(whole)
    out = np.zeros((*both.shape[:2], places), np.int64)
    for row, level in np.ndindex(*both.shape[:2]):
        out[row, level] = np.bincount(place, both[row, level], minlength=places)[:places]
    return out


def _codes(column: pd.Series) -> tuple[Ints, list[Any]]:
    """Codes and values of a column, without touching every row's text when it is categorical."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64), list(column.cat.categories)
    codes, values = pd.factorize(column)
    return codes.astype(np.int64), list(values)
