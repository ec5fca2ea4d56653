"""The direction of trips from the order of their stops, where the feed does not state it.

Two trips of a line that call at two or more places in the same order go in one direction, in the
opposite order in opposite ones. The numbers 0 and 1 have no meaning of their own; where the feed
states directions for some trips of a line, those derived for the others agree with them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from metrogis.arrays import Floats
from metrogis.transit.timetable import Timetable

Bytes = npt.NDArray[np.int8]
Longs = npt.NDArray[np.int64]

_METRES_PER_DEGREE = 111_195.0  # mean Earth radius 6371 km

_CLOSE = 50.0
"""Metres within which two posts serve one place, whatever their names."""

_NAMESAKE = 150.0
"""Metres within which two posts of one name serve one place."""

_NUMBER = re.compile(r"[\s./-]*\d+[a-z]?$|\s+n\s*/?\s*ż$")


def trip_directions(feed: Timetable) -> Bytes:
    """Return a direction of every trip: as stated, else by the order of stops.

    Returns
    -------
    ndarray of int8 (trips,)
        0 or 1 within a line (name and mode); -1 where the order of stops does not tell: trips that
        go there and back in one, and trips of less than two places.
    """
    stated = feed.trips["direction_id"].to_numpy(np.int8)
    bounds = feed.calls.bounds(len(stated))
    open_ = (stated < 0) & (np.diff(bounds) > 0)
    if not open_.any():
        return stated
    line = _lines(feed)
    concerned = np.zeros(int(line.max()) + 1, bool)
    concerned[line[open_]] = True
    index = np.flatnonzero(concerned[line] & (np.diff(bounds) > 0))
    place, xy = _places(feed)
    found = stated.copy()
    patterns, pattern_of = _patterns(feed, index, bounds, line, place, xy, stated)
    by_line: dict[int, list[_Pattern]] = {}
    for pattern in patterns:
        by_line.setdefault(pattern.line, []).append(pattern)
    for group in by_line.values():
        _orient(group)
    sign = np.array([p.sign for p in patterns], np.int8)[pattern_of]
    fill = stated[index] < 0
    found[index[fill]] = np.select([sign > 0, sign < 0], [0, 1], -1)[fill]
    return found


def _lines(feed: Timetable) -> Longs:
    """Return the line of each trip: name and mode; a route without a name is a line of its own."""
    r = feed.routes
    name = np.where(r["line"] == "", "\0" + r["route_id"].astype(object), r["line"].astype(object))
    code = pd.factorize(pd.Series(name) + "\0" + r["mode"].astype(object).reset_index(drop=True))[0]
    return np.append(code, -1).astype(np.int64)[feed._trip_route]


def _places(feed: Timetable) -> tuple[Longs, Floats]:
    """Return the place each stop belongs to, and the stops' positions in metres (NaN: none).

    One station, within 50 m, or one name within 150 m. Chains of these are one place here: for
    the order of stops that does no harm.
    """
    stops = feed.stops
    n = len(stops)
    lat, lon = stops["stop_lat"].to_numpy(float), stops["stop_lon"].to_numpy(float)
    k = np.cos(np.radians(np.nanmean(lat))) if np.isfinite(lat).any() else 1.0
    xy = _METRES_PER_DEGREE * np.column_stack([lon * k, lat])
    names = pd.factorize(pd.Series([_NUMBER.sub("", s.casefold()) for s in stops["stop_name"]]))[0]
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    a, b = np.arange(n), pd.Series(np.arange(n)).groupby(stops["station"].to_numpy()).transform(
        "first"
    ).to_numpy()  # fmt: skip
    if len(placed):
        pair = placed[cKDTree(xy[placed]).query_pairs(_NAMESAKE, output_type="ndarray")]
        gap = np.hypot(*(xy[pair[:, 0]] - xy[pair[:, 1]]).T)
        near = (gap <= _CLOSE) | (names[pair[:, 0]] == names[pair[:, 1]])
        a, b = np.append(a, pair[near, 0]), np.append(b, pair[near, 1])
    graph = sparse.coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    return sparse.csgraph.connected_components(graph, directed=False)[1].astype(np.int64), xy


@dataclass
class _Pattern:
    """Trips of one line that call at the same places in the same order."""

    line: int
    places: list[int]
    trips: int
    sign: int
    ends: Floats
    closed: bool = False

    def __post_init__(self) -> None:
        whole = self.places
        steps = list(pairwise(whole))
        ways = set(steps)
        back = sum((b, a) in ways for a, b in steps)
        self.closed = len(whole) > 2 and whole[0] == whole[-1]
        self.places = whole[:-1] if self.closed else whole
        count = Counter(self.places)
        self.once = np.array([p for p in self.places if count[p] == 1], np.int64)
        # a spur on the way (in and out) leaves the direction clear; a trip that goes back the way
        # it came, whole or up to a loop at its end, has none
        stem = self.closed and whole[1] == whole[-2]
        self.usable = len(self.once) > 1 + self.closed and not stem and 2 * back <= len(steps)

    @property
    def order(self) -> tuple[int, int, tuple[float, ...]]:
        """Busier first; ties by what does not depend on ids or on the order of rows."""
        return -self.trips, -len(self.places), tuple(np.nan_to_num(self.ends).round(2).tolist())


def _patterns(
    feed: Timetable,
    index: Longs,
    bounds: Longs,
    line: Longs,
    place: Longs,
    xy: Floats,
    stated: Bytes,
) -> tuple[list[_Pattern], Longs]:
    """Return the patterns of the trips ``index``, and the pattern of each of them."""
    size = np.diff(bounds)[index]
    begin = np.cumsum(size) - size
    # rows of all trips one after the other: each trip's first row, counted on
    row = np.repeat(bounds[index] - begin, size) + np.arange(int(size.sum()))
    there = place[feed.calls.stop[row]].astype(np.uint64)
    step = (np.arange(len(row)) - np.repeat(begin, size)).astype(np.uint64)
    # unsigned products wrap round: a hash of the places and of where in the trip they stand
    mixed = (there + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= (step << np.uint64(1)) + np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    value = np.add.reduceat(mixed * np.uint64(0x94D049BB133111EB), begin)
    value ^= line[index].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _, first, pattern_of = np.unique(value, return_index=True, return_inverse=True)
    count = np.bincount(pattern_of)
    # what the feed states for some trips of a pattern holds for all: +1 for 0, -1 for 1
    vote = np.bincount(pattern_of, weights=np.select([stated[index] == 0, stated[index] == 1],
                                                     [1.0, -1.0], 0.0))  # fmt: skip
    found = []
    for i, trip in enumerate(index[first].tolist()):
        stop = feed.calls.stop[bounds[trip] : bounds[trip + 1]]
        own = place[stop]
        # a turn in the same place (two posts of a terminus) is no step
        changed = np.r_[True, own[1:] != own[:-1]]
        ends = np.concatenate([xy[stop[0]], xy[stop[-1]]])
        found.append(
            _Pattern(int(line[trip]), own[changed].tolist(), int(count[i]), int(np.sign(vote[i])),
                     ends)
        )  # fmt: skip
    return found, pattern_of


def _orient(patterns: list[_Pattern]) -> None:
    """Give each pattern of a line a sign: +1 for one direction, -1 for the other, 0 for neither."""
    usable = [p for p in patterns if p.usable]
    for pattern in patterns:
        if not pattern.usable:
            pattern.sign = 0
    open_ = sorted((p for p in usable if not p.sign), key=lambda p: p.order)
    known = _Order(sorted((p for p in usable if p.sign), key=lambda p: p.order))
    # each pattern that finds its direction adds to the order of places that tells the others
    while open_:
        left = []
        for pattern in open_:
            pattern.sign = known.compare(pattern)
            if pattern.sign:
                known.add(pattern)
            else:
                left.append(pattern)
        if len(left) == len(open_):
            # nothing shared with those known so far: where it heads decides
            pattern = left.pop(0)
            pattern.sign = known.heading(pattern)
            known.add(pattern)
        open_ = left


class _Order:
    """In which order the places of a line come, by the patterns whose direction is known."""

    def __init__(self, patterns: list[_Pattern]) -> None:
        self.position: dict[int, int] = {}
        self.before = np.zeros((0, 0), np.int64)
        self.loops: list[_Pattern] = []
        self.lines: list[_Pattern] = []
        for pattern in patterns:
            self.add(pattern)

    def add(self, pattern: _Pattern) -> None:
        """Count the pairs of places of a pattern in the direction that is its own."""
        if pattern.closed:
            self.loops.append(pattern)
            return
        self.lines.append(pattern)
        at = np.array(
            [self.position.setdefault(p, len(self.position)) for p in pattern.once.tolist()],
            np.int64,
        )
        grow = len(self.position) - len(self.before)
        if grow:
            self.before = np.pad(self.before, (0, grow))
        later = np.triu(np.ones((len(at), len(at)), np.int64), 1)
        # before[a, b]: how many patterns more have place a before b than after it
        self.before[np.ix_(at, at)] += pattern.sign * (later - later.T)

    def compare(self, pattern: _Pattern) -> int:
        """Return +1 or -1 where the known patterns tell the direction of a further one, else 0."""
        if pattern.closed:
            found = sum(p.sign * _around(pattern, p) for p in (*self.loops, *self.lines))
            return int(np.sign(found))
        at = np.array([self.position.get(p, -1) for p in pattern.once.tolist()], np.int64)
        at = at[at >= 0]
        # a vote for each pair of places that both have, however often it is driven
        pairs = np.sign(self.before[np.ix_(at, at)])
        score = int(np.triu(pairs, 1).sum())
        score = score or sum(p.sign * _around(p, pattern) for p in self.loops)
        return int(np.sign(score))

    def heading(self, pattern: _Pattern) -> int:
        """Return the direction by where the pattern's ends lie; +1 where that does not tell."""
        for known in self.lines[:1]:
            way = known.sign * (known.ends[2:] - known.ends[:2])
            dot = float(way @ (pattern.ends[2:] - pattern.ends[:2]))
            if dot < 0:
                return -1
        return 1


def _around(loop: _Pattern, other: _Pattern) -> int:
    """Return whether another pattern goes round a loop as it does (+1) or against it (-1)."""
    position = {p: i for i, p in enumerate(loop.once.tolist())}
    at = np.array([position[p] for p in other.once.tolist() if p in position], np.int64)
    if len(at) < 2:
        return 0
    steps = np.diff(np.append(at, at[0]) if other.closed else at)
    size = len(loop.once)
    # once round at most: who goes with the loop needs fewer steps that way
    return int(np.sign((-steps % size).sum() - (steps % size).sum()))
