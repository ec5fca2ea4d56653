"""The smallest thing that turns a white cell into a served one, and the proof that it does.

Three kinds: extra departures at a stop in reach; a new stop where a line with enough service
passes; metres of path to a stop that is near by air only (with a street network, see
:mod:`.path_fixes`). A fix is verified by applying it and asking the rule again; the next smaller
one must not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.spatial import cKDTree

from metrogis.checks.transport_accessibility.service import (
    TOLERANCE,
    Bools,
    Floats,
    Ints,
    Pairs,
    Rule,
    Service,
    level_of,
)
from metrogis.transit.cuts import cut_lines

NEW_STOP_GROUPS = ("bus", "tram")
"""Modes for which a new stop is a small thing; a new railway station is not."""

STOP_STEP = 25.0
"""Metres between the places along a line that are looked at as new stops, on a street network."""


@dataclass(frozen=True)
class Fixes:
    """One fix per cell (arrays of shape (cells,)).

    ``kind`` is departures, new_stop, path or none; ``size`` departures, stops or metres; ``target``
    the post (departures, path) or section (new_stop); ``metres`` the walk to it; ``x``, ``y`` where
    it is. ``verified``: applied, the rule holds; one smaller, it does not. Of a path ``start_x``,
    ``start_y`` are where it begins, ``left`` the walk that its other end leaves to the stop.
    """

    kind: npt.NDArray[np.object_]
    size: Floats
    target: Ints
    metres: Floats
    x: Floats
    y: Floats
    verified: Bools
    start_x: Floats
    start_y: Floats
    left: Floats

    @classmethod
    def empty(cls, count: int) -> Fixes:
        """Return "no small fix known" for every cell."""
        nan = np.full(count, np.nan)
        return cls(
            np.full(count, "none", object),
            nan.copy(),
            np.full(count, -1, np.int64),
            nan.copy(),
            nan.copy(),
            nan.copy(),
            np.zeros(count, bool),
            nan.copy(),
            nan.copy(),
            nan.copy(),
        )

    def put(self, cells: Ints, **values: Any) -> None:
        """Write values for some cells."""
        for name, value in values.items():
            getattr(self, name)[cells] = value


def added(counts: Ints, extra: Ints) -> Ints:
    """Return counts after extra departures (anywhere, then one row per window)."""
    after = counts.copy()
    after[0] += extra.sum(axis=0)
    after[1:] += extra[1:]
    return after


def extra_departures(fixes: Fixes, service: Service, day: str, near: Pairs, white: Bools) -> None:
    """Fill in the fewest extra departures at a stop in reach, for white cells that have one."""
    rule, counts = service.rule.on(day), service.counts[day]
    place = service.place[near.target]
    used = white[near.origin] & service.within(near)
    cell, post, place, metres = near.origin[used], near.target[used], place[used], near.metres[used]
    level = level_of(rule, metres)
    lack = rule.lacking(counts)[:, level, place]
    size = lack.sum(axis=0)
    order = np.lexsort((metres, size, cell))
    _, first = np.unique(cell[order], return_index=True)
    best = order[first]
    now, extra = counts[:, level[best], place[best]], lack[:, best]
    works = rule.suffices(added(now, extra)) & ~rule.suffices(now)
    for row in range(len(extra)):  # one departure fewer, whichever it is, must not do
        less = extra.copy()
        less[row] -= 1
        works &= (extra[row] == 0) | ~rule.suffices(added(now, less))
    fixes.put(
        cell[best],
        kind="departures",
        size=size[best],
        target=post[best],
        metres=metres[best],
        x=service.xy[post[best], 0],
        y=service.xy[post[best], 1],
        verified=works,
    )


# --------------------------------------------------------------------------- new stops


@dataclass(frozen=True)
class Sections:
    """Sections of lines between two stops: geometry, names of the ends, service that passes."""

    lines: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    routes: npt.NDArray[np.object_]
    counts: Ints
    guessed: Bools


def read_sections(feed: Any, service: Service, day: str, crs: Any) -> Sections:
    """Count the departures that pass between each two consecutive stops, by direction.

    Trips of all lines that run from one stop straight to the next are counted together. A departure
    counts in a window when the trip both leaves the first stop and reaches the next one in it: so
    it passes every place between them in the window. Geometry is the shape of one of the trips
    between the two stops; without a usable shape the straight line, ``guessed``.
    """
    table = feed.departures(day)
    position = pd.Index(service.posts["stop_id"])

    def posts_of(column: pd.Series) -> Ints:
        found = position.get_indexer(column.cat.categories)
        return np.append(found, -1)[column.cat.codes.to_numpy(np.int64)].astype(np.int64)

    start, last = posts_of(table["stop_id"]), posts_of(table["terminal_id"])
    trip = table["trip_id"].cat.codes.to_numpy(np.int64)
    seconds = table["seconds"].to_numpy("float64")
    follows = np.zeros(len(table), bool)
    begins = np.asarray(table["first_stop"], dtype=bool)
    follows[:-1] = np.equal(trip[1:], trip[:-1]) & (np.diff(seconds) >= 0) & ~begins[1:]
    end = np.where(follows, np.append(start[1:], -1), last)
    arrives = np.where(follows, np.append(seconds[1:], 0), seconds + _last_ride(feed, trip))
    groups = [
        g if g in NEW_STOP_GROUPS else "" for g in map(str, table["mode_group"].cat.categories)
    ]
    limit = service.rule.limit_of(groups)[table["mode_group"].cat.codes.to_numpy(np.int64)]
    used = (limit > 0) & (start >= 0) & (end >= 0) & (start != end)
    start, end, trip = start[used], end[used], trip[used]
    key = start * len(service.posts) + end
    section, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    inverse = inverse.astype(np.int64)
    counts = service.rule.count(
        inverse, limit[used], seconds[used], len(section), until=arrives[used]
    )
    # only sections with enough service matter
    kept = np.asarray(service.rule.on(day).suffices(counts).any(axis=0), dtype=bool)
    first, counts = first[kept], counts[:, :, kept]
    a, b = start[first], end[first]
    trips = table["trip_id"].cat.categories[trip[first]]
    lines, guessed = _geometry(feed, trips, service.xy[a], service.xy[b], crs)
    names = service.posts["name"].to_numpy(dtype=object)
    joined = np.array(
        [f"{names[i] or '?'} – {names[j] or '?'}" for i, j in zip(a, b, strict=True)], object
    )
    renumber = np.cumsum(kept) - 1
    routes = _routes(
        table["route_short_name"][used], np.where(kept[inverse], renumber[inverse], -1), len(first)
    )
    return Sections(lines, joined, routes, counts, guessed)


def _last_ride(feed: Any, trip: Ints) -> Floats:
    """Seconds from leaving the last stop but one to the end, of each trip (position)."""
    calls = feed.calls
    out = np.zeros(len(feed.trips))
    end = np.flatnonzero(calls.last[1:] & (calls.trip[1:] == calls.trip[:-1])) + 1
    out[calls.trip[end]] = np.maximum(calls.arrival[end] - calls.departure[end - 1], 0)
    return np.asarray(out[trip])


def _routes(lines: pd.Series, section: Ints, count: int) -> npt.NDArray[np.object_]:
    pairs = pd.DataFrame({"section": section, "line": lines.astype(object).to_numpy()})
    pairs = pairs[pairs["section"] >= 0].drop_duplicates()
    out = np.full(count, "", dtype=object)
    for number, group in pairs.groupby("section")["line"]:
        out[int(str(number))] = ", ".join(sorted(str(v) for v in group if v))
    return out


def _geometry(
    feed: Any, trips: pd.Index, a: Floats, b: Floats, crs: Any
) -> tuple[npt.NDArray[np.object_], Bools]:
    """Part of the trip's shape between two stops; the straight line where there is none."""
    straight = shapely.linestrings(np.stack([a, b], axis=1)) if len(a) else np.array([], object)
    out = np.asarray(straight, dtype=object)
    guessed = np.ones(len(a), bool)
    shape_of = feed.trips.set_index("trip_id")["shape_id"].reindex(trips).fillna("").astype(str)
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
    """Return how far a new stop on each section would serve, m."""
    enough = rule.suffices(sections.counts)
    reach: Floats = np.where(enough, rule.levels[:, None], 0.0).max(axis=0, initial=0.0)
    return reach


def new_stops(
    fixes: Fixes,
    sections: Sections,
    rule: Rule,
    xy: Floats,
    cells: Ints,
    detour: float,
    walk: Any = None,
) -> None:
    """Fill in a new stop on the nearest section in reach, for the given cells.

    ``walk`` is the street network; without it walks are straight lines times ``detour``.
    """
    if not len(sections.lines) or not len(cells):
        return
    reach = section_reach(sections, rule)
    look = _by_air if walk is None else _on_streets
    best, chosen, place = look(sections, reach, xy[cells], detour if walk is None else walk)
    found = chosen >= 0
    fixes.put(
        cells[found],
        kind="new_stop",
        size=1.0,
        target=chosen[found],
        metres=best[found],
        x=place[found, 0],
        y=place[found, 1],
        # nothing smaller exists: without the stop the cell is white
        verified=best[found] <= reach[chosen[found]] + TOLERANCE,
    )


def _by_air(
    sections: Sections, reach: Floats, xy: Floats, detour: float
) -> tuple[Floats, Ints, Floats]:
    """Walk, section and place of the nearest new stop by straight lines; section -1 for none."""
    points = np.asarray(shapely.points(xy), dtype=object)
    best = np.full(len(xy), np.inf)
    chosen = np.full(len(xy), -1, np.int64)
    for limit in np.unique(reach[reach > 0]):
        own = np.flatnonzero(reach == limit)
        tree = shapely.STRtree(sections.lines[own])
        (at, line), metres = tree.query_nearest(
            points,
            max_distance=(limit + TOLERANCE) / detour,
            return_distance=True,
            all_matches=False,
        )
        metres = metres * detour
        closer = (metres < best[at]) & (metres <= limit + TOLERANCE)
        best[at[closer]] = metres[closer]
        chosen[at[closer]] = own[line[closer]]
    place = np.full((len(xy), 2), np.nan)
    found = np.flatnonzero(chosen >= 0)
    lines = sections.lines[chosen[found]]
    on = shapely.line_locate_point(lines, points[found])
    place[found] = shapely.get_coordinates(shapely.line_interpolate_point(lines, on))
    return best, chosen, place


def _on_streets(
    sections: Sections, reach: Floats, xy: Floats, walk: Any
) -> tuple[Floats, Ints, Floats]:
    """Walk, section and place of the nearest new stop along the streets; section -1 for none."""
    best = np.full(len(xy), np.inf)
    chosen = np.full(len(xy), -1, np.int64)
    place = np.full((len(xy), 2), np.nan)
    homes = cKDTree(xy)
    points = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object))
    for limit in np.unique(reach[reach > 0]):
        own = np.flatnonzero(reach == limit)
        close, _ = points.query(sections.lines[own], predicate="dwithin", distance=limit)
        own = own[np.unique(close)]
        dense = shapely.segmentize(sections.lines[own], STOP_STEP)
        spots, line = shapely.get_coordinates(dense, return_index=True)
        section = own[line]
        # lines of one street pass the same places
        _, first = np.unique(np.round(spots), axis=0, return_index=True)
        first = np.sort(first)
        near = np.isfinite(homes.query(spots[first], distance_upper_bound=limit + TOLERANCE)[0])
        section, spots = section[first[near]], spots[first[near]]
        if not len(spots):
            continue
        metres, at = _nearest_spot(walk, xy, spots, float(limit))
        closer = (metres < best) & (metres <= limit + TOLERANCE)
        best[closer], chosen[closer] = metres[closer], section[at[closer]]
        place[closer] = spots[at[closer]]
    return best, chosen, place


def _nearest_spot(walk: Any, xy: Floats, spots: Floats, limit: float) -> tuple[Floats, Ints]:
    """Walk to the nearest of some places, and which it is; infinite, -1 where none is in reach."""
    if all(hasattr(walk, name) for name in ("nearest", "snap")):
        from metrogis.streets.network import POINT_LIMIT

        least = min(limit, POINT_LIMIT)
        targets = walk.snap(spots, limit=least, layer="targets")
        found = walk.nearest(targets, limit=limit + TOLERANCE, snap_cost=1.0)
        metres, at = found.at(walk.snap(xy, limit=least, layer="origins"))
        metres = np.where((at >= 0) & np.isfinite(metres), metres, np.inf)
        return metres, np.asarray(at, dtype=np.int64)
    pairs = walk.walk_pairs(xy, spots, limit=limit)
    order = np.lexsort((pairs.metres, pairs.origin))
    cell, first = np.unique(pairs.origin[order], return_index=True)
    metres, at = np.full(len(xy), np.inf), np.full(len(xy), -1, np.int64)
    metres[cell] = pairs.metres[order][first]
    at[cell] = pairs.target[order][first]
    return metres, at
