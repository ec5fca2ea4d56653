"""The smallest thing that turns a white cell into a served one, and the proof that it does.

Four kinds: extra departures at a stop in reach; a new stop where a line with enough service
passes; metres of path to a stop that is near in a straight line only (with a street network, see
:mod:`.path_fixes`); a path and departures together. A fix is verified by applying it and asking the
rule again; the next smaller one must not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.service import (
    TOLERANCE,
    Pairs,
    Rule,
    Service,
    level_of,
)
from metrogis.checks.transport_accessibility.white_spots.sections import Sections, section_reach

STOP_STEP = 25.0
"""Metres between the places along a line that are looked at as new stops, on a street network."""


@dataclass(frozen=True)
class Fixes:
    """One fix per cell (arrays of shape (cells,)).

    ``kind`` is departures, new_stop, path, path_departures or none; ``size`` departures, stops or
    metres; ``extra`` departures a day; ``target`` the post (of a new stop: the section);
    ``metres`` the walk to it; ``x``, ``y`` where it is. ``verified``: applied, the rule holds; one
    smaller, it does not. Of a path ``start_x``, ``start_y`` are where it begins, ``left`` the walk
    that its other end leaves to the stop.
    """

    kind: npt.NDArray[np.object_]
    size: Floats
    extra: Floats
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
        """Write values for some cells, in place.

        Parameters
        ----------
        cells : ndarray of int
        **values
            Array of one value per cell, or one for all, by name of the attribute.
        """
        for name, value in values.items():
            getattr(self, name)[cells] = value


def added(counts: Ints, extra: Ints) -> Ints:
    """Return counts of departures after some more.

    Parameters
    ----------
    counts : ndarray of int (1 + windows, ...)
        Of the day, then of each window.
    extra : ndarray of int (1 + windows, ...)
        At any time of the day outside the windows, then within each window: these count twice, for
        the day and for the window.

    Examples
    --------
    >>> added(np.array([[6], [1], [0]]), np.array([[1], [0], [1]])).tolist()
    [[8], [1], [1]]
    """
    after = counts.copy()
    after[0] += extra.sum(axis=0)
    after[1:] += extra[1:]
    return after


def extra_departures(fixes: Fixes, service: Service, day: str, near: Pairs, white: Bools) -> None:
    """Fill in the fewest extra departures at a stop in reach, for white cells that have one.

    Of stops that lack the same number the nearest is taken. A fix is verified where the rule holds
    with it and with no departure less.

    Parameters
    ----------
    fixes : Fixes
        Changed in place.
    service : Service
    day : str
        Day type.
    near : Pairs
        Walks from cells to posts.
    white : ndarray of bool (cells,)
    """
    rule, counts = service.rule.on(day), service.counts[day]
    place = service.place[near.target]
    used = white[near.origin] & service.within(near)
    cell, post, place, metres = near.origin[used], near.target[used], place[used], near.metres[used]
    level = level_of(rule, metres)
    lack = rule.lacking(counts)[:, level, place]
    size = lack.sum(axis=0)
    # of each cell the stop that lacks least, of equals the nearest
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
        extra=size[best],
        target=post[best],
        metres=metres[best],
        x=service.xy[post[best], 0],
        y=service.xy[post[best], 1],
        verified=works,
    )


# --------------------------------------------------------------------------- new stops


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
        # sections of one reach share a tree; the nearest over all reaches stays
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
