"""The smallest thing that turns a white cell into a served one, and the proof that it does.

Three kinds: extra departures at a stop in reach; a new stop where a line with enough service
passes; metres of path to a stop that is near by air only (with a street network). A fix is
verified by applying it and asking the rule again; the next smaller one must not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

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

NEW_STOP_GROUPS = ("bus", "tram")
"""Modes for which a new stop is a small thing; a new railway station is not."""


@dataclass(frozen=True)
class Fixes:
    """One fix per cell (arrays of shape (cells,)).

    ``kind`` is departures, new_stop, path or none; ``size`` departures, stops or metres; ``target``
    the post (departures, path) or section (new_stop); ``metres`` the walk to it; ``x``, ``y`` where
    it is. ``verified``: applied, the rule holds; one smaller, it does not.
    """

    kind: npt.NDArray[np.object_]
    size: Floats
    target: Ints
    metres: Floats
    x: Floats
    y: Floats
    verified: Bools

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


def new_path(fixes: Fixes, service: Service, day: str, by_air: Pairs, white: Bools) -> None:
    """Fill in the shortest direct path to a stop that suffices and is near by air only.

    ``by_air`` are straight distances without a detour factor, up to the longest walk.
    """
    reach = service.reach(day)[service.place[by_air.target]]
    used = white[by_air.origin] & (reach > 0) & (by_air.metres <= reach + TOLERANCE)
    cell, post, metres = by_air.origin[used], by_air.target[used], by_air.metres[used]
    order = np.lexsort((metres, cell))
    _, first = np.unique(cell[order], return_index=True)
    best = order[first]
    fixes.put(
        cell[best],
        kind="path",
        size=metres[best],
        target=post[best],
        metres=metres[best],
        x=service.xy[post[best], 0],
        y=service.xy[post[best], 1],
        # by the straight path the walk is within reach; a shorter path may leave a detour
        verified=True,
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

    Trips of all lines that run from one stop straight to the next are counted together, at the
    time they leave the first. Geometry is the shape of one of the trips between the two stops;
    without a usable shape the straight line, ``guessed``.
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
    groups = [
        g if g in NEW_STOP_GROUPS else "" for g in map(str, table["mode_group"].cat.categories)
    ]
    limit = service.rule.limit_of(groups)[table["mode_group"].cat.codes.to_numpy(np.int64)]
    used = (limit > 0) & (start >= 0) & (end >= 0) & (start != end)
    start, end, trip = start[used], end[used], trip[used]
    key = start * len(service.posts) + end
    section, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    counts = service.rule.count(inverse.astype(np.int64), limit[used], seconds[used], len(section))
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
    import pyproj
    from shapely.ops import substring

    straight = shapely.linestrings(np.stack([a, b], axis=1)) if len(a) else np.array([], object)
    out = np.asarray(straight, dtype=object)
    guessed = np.ones(len(a), bool)
    shape_of = feed.trips.set_index("trip_id")["shape_id"].reindex(trips).to_numpy(dtype=object)
    wanted = {s for s in shape_of if isinstance(s, str) and s}
    if not wanted:
        return out, guessed
    points = feed.shapes
    points = points[points["shape_id"].isin(wanted)].sort_values(["shape_id", "shape_pt_sequence"])
    to_crs = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    x, y = to_crs.transform(
        points["shape_pt_lon"].to_numpy("float64"), points["shape_pt_lat"].to_numpy("float64")
    )
    paths: dict[str, Any] = {}
    code, names = pd.factorize(points["shape_id"])
    bounds = np.append(np.flatnonzero(np.diff(code, prepend=-1)), len(code))
    for name, i, j in zip(names, bounds[:-1], bounds[1:], strict=True):
        good = np.isfinite(x[i:j]) & np.isfinite(y[i:j])
        if good.sum() >= 2:
            paths[str(name)] = shapely.linestrings(np.column_stack([x[i:j], y[i:j]])[good])
    ends = np.asarray(shapely.points(np.stack([a, b], axis=1)), dtype=object)
    for row, name in enumerate(shape_of):
        path = paths.get(name) if isinstance(name, str) else None
        if path is None:
            continue
        from_m, to_m = (float(m) for m in np.atleast_1d(shapely.line_locate_point(path, ends[row])))
        air = float(np.hypot(*(a[row] - b[row])))
        # a path that crosses itself can be read from the wrong passage: then the air line
        if from_m < to_m <= from_m + 5 * air + 200:
            out[row] = substring(path, from_m, to_m)
            guessed[row] = False
    return out, guessed


def section_reach(sections: Sections, rule: Rule) -> Floats:
    """Return how far a new stop on each section would serve, m."""
    enough = rule.suffices(sections.counts)
    reach: Floats = np.where(enough, rule.levels[:, None], 0.0).max(axis=0, initial=0.0)
    return reach


def new_stops(
    fixes: Fixes, sections: Sections, rule: Rule, xy: Floats, cells: Ints, detour: float
) -> None:
    """Fill in a new stop on the nearest section in reach, for the given cells."""
    if not len(sections.lines) or not len(cells):
        return
    points = np.asarray(shapely.points(xy[cells]), dtype=object)
    best = np.full(len(cells), np.inf)
    chosen = np.full(len(cells), -1, np.int64)
    reach = section_reach(sections, rule)
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
    found = chosen >= 0
    cells, best, chosen, points = cells[found], best[found], chosen[found], points[found]
    lines = sections.lines[chosen]
    place = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, points))
    fixes.put(
        cells,
        kind="new_stop",
        size=1.0,
        target=chosen,
        metres=best,
        x=shapely.get_x(place),
        y=shapely.get_y(place),
        # nothing smaller exists: without the stop the cell is white
        verified=best <= reach[chosen] + TOLERANCE,
    )
