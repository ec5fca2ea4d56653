"""Stretches of street where lines pass without a stop, and the departures that pass there.

A *section* joins two neighbouring stop places. All trips that run straight from one to the other,
either way and along the same street, are counted together: each run once, of each line the busier
direction, as a stop there would be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.service import Rule, Service, one_way
from metrogis.transit.cuts import cut_lines
from metrogis.transit.passages import lines_at, passages

NEW_STOP_GROUPS = ("bus", "tram")
"""Modes for which a new stop is a small thing; a new railway station is not."""

SAME_STREET = 50.0
"""Metres between two ways from one place to the next that one new stop (a post a direction) serves:
as far as posts of one place may be from each other."""

_SAMPLES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Sections:
    """Sections of lines between two places: geometry, names of the ends, service that passes."""

    lines: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    routes: npt.NDArray[np.object_]
    counts: Ints
    guessed: Bools


def read_sections(feed: Any, service: Service, day: str, crs: Any) -> Sections:
    """Count the departures that pass between each two neighbouring places.

    A departure counts in a window when the trip both leaves the first stop and reaches the next
    one in it: so it passes every place between them in the window. Geometry is the shape of the
    busiest trips between the two places; without a usable shape the straight line, ``guessed``.
    """
    rule = service.rule
    pieces = _read_pieces(feed, service, day)
    counts = _count(feed, pieces, rule, pieces.section[pieces.piece], len(pieces.places))
    enough = np.asarray(rule.on(day).suffices(counts).any(axis=0), dtype=bool)
    # only sections with enough service matter, and only their shapes are looked up
    kept = np.flatnonzero(enough[pieces.section])
    if not len(kept):
        nothing = np.zeros(0, dtype=object)
        return Sections(nothing, nothing, nothing, counts[:, :, :0], np.zeros(0, bool))
    a, b = pieces.start[kept], pieces.end[kept]
    lines, guessed = _geometry(feed, pieces.trip[kept], service.xy[a], service.xy[b], crs)
    ends = np.round(np.concatenate([service.xy[a], service.xy[b]], axis=1), 3)
    street, first = _streets(lines, pieces.section[kept], pieces.runs[kept], ends)
    of_piece = np.full(len(pieces.section), -1, np.int64)
    of_piece[kept] = street
    counts = _count(feed, pieces, rule, of_piece[pieces.piece], len(first))
    good = np.flatnonzero(rule.on(day).suffices(counts).any(axis=0))
    names = service.posts["name"].to_numpy(dtype=object)
    joined = [f"{names[a[i]] or '?'} – {names[b[i]] or '?'}" for i in first[good]]
    return Sections(
        lines[first[good]],
        np.array(joined, dtype=object),
        _routes(feed, pieces, of_piece)[good],
        counts[:, :, good],
        guessed[first[good]],
    )


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Ways from a post to the next one, by shape; and the day's departures that take them.

    ``section`` is the pair of places of each piece, whichever way; ``trip`` one that takes it;
    ``runs`` how many departures do. ``found`` are the departures, ``piece`` of each, ``arrives`` at
    the next post.
    """

    start: Ints
    end: Ints
    trip: Ints
    runs: Ints
    section: Ints
    places: Ints
    found: Any
    piece: Ints
    arrives: Floats


def _read_pieces(feed: Any, service: Service, day: str) -> _Pieces:
    calls = feed.calls
    found = passages(feed, day)
    position = pd.Index(service.posts["stop_id"]).get_indexer(feed.stops["stop_id"])
    post = position.astype(np.int64)[calls.stop]
    group = [
        service.rule.limits.get(g, 0.0) if g in NEW_STOP_GROUPS else 0.0
        for g in feed.routes["mode_group"]
    ]
    limit = np.append(np.array(group, dtype="float64"), 0.0)[feed._trip_route]
    call = found.call
    following = np.minimum(call + 1, len(calls) - 1)
    # a departure is no trip's last call, but the call it leads to may have been lost in reading
    goes_on = (following > call) & (calls.trip[following] == calls.trip[call])
    a, b = post[call], post[following]
    place = np.append(service.place, -1)
    used = goes_on & (a >= 0) & (b >= 0) & (place[a] != place[b]) & (limit[calls.trip[call]] > 0)
    found, a, b = found.take(used), a[used], b[used]
    trip = calls.trip[found.call].astype(np.int64)
    shape, _ = pd.factorize(feed.trips["shape_id"])
    width = len(service.posts)
    # a piece is a shape from a post to the next one: three numbers in one
    key = (shape[trip].astype(np.int64) + 1) * width * width + a * width + b
    _, first, piece = np.unique(key, return_index=True, return_inverse=True)
    one, two = place[a[first]], place[b[first]]
    # a section is a pair of places, whichever way it is driven
    low, high = np.minimum(one, two), np.maximum(one, two)
    places, section = np.unique(low * width + high, return_inverse=True)
    # by headway a trip's times are those of its first run: moved to the run's own
    shift = found.seconds - calls.departure[found.call]
    arrives = (calls.arrival[found.call + 1] + shift).astype("float64")
    runs = np.bincount(piece, minlength=len(first))
    return _Pieces(a[first], b[first], trip[first], runs, section, places, found, piece, arrives)


def _count(feed: Any, pieces: _Pieces, rule: Rule, there: Ints, size: int) -> Ints:
    """Count the departures by section, or by street of it; those of -1 are left out."""
    used = there >= 0
    found = pieces.found.take(used)
    of_call = np.full(len(feed.calls), -1, np.int64)
    of_call[found.call] = there[used]
    lines = lines_at(feed, of_call)
    return one_way(feed, lines, found, rule, lines.place, size, until=pieces.arrives[used])


def _streets(
    lines: npt.NDArray[np.object_], section: Ints, runs: Ints, ends: Floats
) -> tuple[Ints, Ints]:
    """Group the pieces of each section that take one street; return groups and their first piece.

    The busiest piece of a section leads; those that stay near it are its group, and so on.
    """
    # ties of runs by position, not by row
    order = np.lexsort((ends[:, 3], ends[:, 2], ends[:, 1], ends[:, 0], -runs, section))
    street = np.full(len(lines), -1, np.int64)
    leaders: list[int] = []
    while len(order):
        # invariant: ``order`` holds the pieces without a street, the busiest of a section first
        new = np.r_[True, np.diff(section[order]) != 0]
        leader = order[new][np.cumsum(new) - 1]
        number = len(leaders) + np.cumsum(new) - 1
        points = shapely.line_interpolate_point(
            lines[leader][:, None], _SAMPLES[None, :], normalized=True
        )
        away = shapely.distance(points, lines[order][:, None]).max(axis=1)
        near = (away <= SAME_STREET) | (leader == order)
        street[order[near]] = number[near]
        leaders += order[new].tolist()
        order = order[~near]
    return street, np.array(leaders, dtype=np.int64)


def _routes(feed: Any, pieces: _Pieces, of_piece: Ints) -> npt.NDArray[np.object_]:
    """Names of the lines of each street, joined."""
    street = of_piece[pieces.piece]
    route = feed._trip_route[feed.calls.trip[pieces.found.call]].astype(np.int64)
    size = len(feed.routes) + 1
    pairs = np.unique(street[street >= 0] * size + route[street >= 0])
    names = feed.routes["route_short_name"].astype(str).to_numpy(dtype=object)
    out: list[set[str]] = [set() for _ in range(int(of_piece.max(initial=-1)) + 1)]
    for pair in pairs.tolist():
        out[pair // size].add(names[pair % size])
    return np.array([", ".join(sorted(n for n in own if n)) for own in out], dtype=object)


def _geometry(
    feed: Any, trip: Ints, a: Floats, b: Floats, crs: Any
) -> tuple[npt.NDArray[np.object_], Bools]:
    """Part of the trip's shape between two stops; the straight line where there is none."""
    straight = shapely.linestrings(np.stack([a, b], axis=1)) if len(a) else np.array([], object)
    out = np.asarray(straight, dtype=object)
    guessed = np.ones(len(a), bool)
    shape_of = feed.trips["shape_id"].iloc[trip].fillna("").astype(str)
    wanted = pd.Index(shape_of.unique()).drop("", errors="ignore")
    if not len(wanted):
        return out, guessed
    points = feed.shapes
    points = points[points["shape_id"].isin(wanted)].sort_values(["shape_id", "shape_pt_sequence"])
    to_crs = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    x, y = to_crs.transform(
        points["shape_pt_lon"].to_numpy("float64"), points["shape_pt_lat"].to_numpy("float64")
    )
    good = np.isfinite(x) & np.isfinite(y)
    coords, code = np.column_stack([x, y])[good], wanted.get_indexer(points["shape_id"])[good]
    size = np.bincount(code, minlength=len(wanted))
    order = np.argsort(code, kind="stable")
    coords, ptr = coords[order], np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    # one point is no line: such a shape is as good as none
    whole = np.flatnonzero(size >= 2)
    kept = np.isin(code[order], whole)
    paths = np.full(len(wanted), None, dtype=object)
    paths[whole] = shapely.linestrings(
        coords[kept], indices=(np.cumsum(size >= 2) - 1)[code[order][kept]]
    )
    row = np.flatnonzero(size[wanted.get_indexer(shape_of)] * (shape_of != "").to_numpy() >= 2)
    which = wanted.get_indexer(shape_of)[row].astype(np.int64)
    from_m, to_m = (
        shapely.line_locate_point(paths[which], np.asarray(shapely.points(end[row]), dtype=object))
        for end in (a, b)
    )
    # a path that crosses itself can be read from the wrong passage: then the air line
    air = np.hypot(*(a[row] - b[row]).T)
    clear = (from_m < to_m) & (to_m <= from_m + 5 * air + 200)
    row, which = row[clear], which[clear]
    if not len(row):
        return out, guessed
    length = shapely.length(paths[which])
    parts, owner = cut_lines(coords, ptr, which, from_m[clear] / length, to_m[clear] / length)
    out[row] = shapely.linestrings(parts, indices=owner)
    guessed[row] = False
    return out, guessed


def section_reach(sections: Sections, rule: Rule) -> Floats:
    """Return how far a new stop on each section would serve.

    Parameters
    ----------
    sections : Sections
    rule : Rule

    Returns
    -------
    ndarray of float (sections,)
        Metres: the longest walk limit at which what passes suffices; 0 where it does not.
    """
    enough = rule.suffices(sections.counts)
    reach: Floats = np.where(enough, rule.levels[:, None], 0.0).max(axis=0, initial=0.0)
    return reach
