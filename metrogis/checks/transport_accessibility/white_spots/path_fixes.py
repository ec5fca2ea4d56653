"""The shortest path that brings a cell behind a barrier to a stop that suffices.

A path joins two places of the street network (or the home itself, or the stop itself) by a straight
line. It does when the walk to its start, its own length and the walk on to the stop are together
within the stop's reach. Of all such paths between places at most ``step`` metres apart along the
streets the shortest is taken; so no smaller one, but for that spacing, would do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numba import njit
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.service import TOLERANCE, Pairs, Service
from metrogis.checks.transport_accessibility.white_spots.fixes import Fixes, added

STEP = 20.0
"""Metres between places of a street where a path may start or end."""

SHORTEST = 1.0
"""Metres: two streets that cross at different heights are still a stair apart."""

_CHUNK = 500


def new_path(
    fixes: Fixes, service: Service, day: str, xy: Floats, by_air: Pairs, barred: Bools, walk: Any
) -> None:
    """Fill in the shortest path for cells that have a stop near by air, but far on foot.

    Parameters
    ----------
    fixes : Fixes
        Changed in place.
    service : Service
    day : str
    xy : ndarray (cells, 2)
    by_air : Pairs
        Straight distances from cells to posts without a detour factor, up to the longest walk.
    barred : ndarray of bool (cells,)
    walk : Walk
        Where it is no whole street network, the path is the straight line from home to stop.
    """
    reach = service.reach(day)[service.place]
    cells, found = _paths(service, reach, xy, by_air, barred, walk)
    _put(fixes, "path", cells, found, reach)


def path_and_departures(
    fixes: Fixes,
    service: Service,
    day: str,
    xy: Floats,
    by_air: Pairs,
    cells: Bools,
    walk: Any,
    *,
    worth: float,
) -> None:
    """Fill in the cheapest pair of a path and extra departures at the stop it leads to.

    Parameters
    ----------
    fixes, service, day, xy, by_air, walk
        As in :func:`new_path`.
    cells : ndarray of bool (cells,)
        Cells that neither departures nor a path alone nor a new stop would serve.
    worth : float
        Metres of path that one departure a day is worth.
    """
    rule, counts = service.rule.on(day), service.counts[day]
    lack = rule.lacking(counts).sum(axis=0)  # (levels, places)
    # a departure counts at a walk only if its mode, that has to call there, is walked to so far
    called = np.logical_or.accumulate(service.has_level[::-1], axis=0)[::-1]
    useful = np.unique(lack[called & (lack > 0)])
    best = np.full(len(cells), np.inf)
    for extra in useful.tolist():
        # invariant: ``best`` holds the cheapest pair with fewer departures
        open_ = cells & (best > extra * worth + SHORTEST)
        if not open_.any():
            break
        limit = np.where(called & (lack <= extra), rule.levels[:, None], 0.0).max(axis=0)
        reach = limit[service.place]
        index, found = _paths(service, reach, xy, by_air, open_, walk)
        cost = found.size + extra * worth
        better = cost < best[index] - TOLERANCE
        index, found = index[better], found.take(better)
        best[index] = cost[better]
        _put(fixes, "path_departures", index, found, reach)
        level = np.searchsorted(rule.levels, reach[found.post] - TOLERANCE)
        place = service.place[found.post]
        now, more = counts[:, level, place], rule.lacking(counts)[:, level, place]
        works = rule.suffices(added(now, more)) & ~rule.suffices(now)
        fixes.put(index, extra=more.sum(axis=0), verified=fixes.verified[index] & works)


def _paths(
    service: Service, reach: Floats, xy: Floats, by_air: Pairs, barred: Bools, walk: Any
) -> tuple[Ints, _Links]:
    """Return the cells that a path would serve, and the shortest; ``reach`` is by post."""
    ends = reach[by_air.target]
    used = barred[by_air.origin] & (ends > 0) & (by_air.metres <= ends + TOLERANCE)
    cell, post, metres = by_air.origin[used], by_air.target[used], by_air.metres[used]
    # of each cell the nearest stop that would serve it if the path were straight
    order = np.lexsort((metres, cell))
    _, first = np.unique(cell[order], return_index=True)
    best = order[first]
    cells = cell[best]
    found = _Links(
        metres[best], metres[best], post[best], xy[cells], service.xy[post[best]], reach[post[best]]
    )
    if len(cells) and all(hasattr(walk, name) for name in ("nearest", "pairs", "snap", "edge_u")):
        found = _shorter(found, cells, np.unique(post), service.xy, reach, xy, walk)
    return cells, found


def _put(fixes: Fixes, kind: str, cells: Ints, found: _Links, reach: Floats) -> None:
    middle = (found.start + found.end) / 2
    fixes.put(
        cells,
        kind=kind,
        size=found.size,
        target=found.post,
        metres=found.metres,
        x=middle[:, 0],
        y=middle[:, 1],
        start_x=found.start[:, 0],
        start_y=found.start[:, 1],
        left=found.left,
        verified=found.metres <= reach[found.post] + TOLERANCE,
    )


@dataclass(frozen=True, eq=False)
class _Links:
    """Paths by cell: length, whole walk, stop, both ends, walk left to the stop at the far end."""

    size: Floats
    metres: Floats
    post: Ints
    start: Floats
    end: Floats
    left: Floats

    def take(self, rows: Bools) -> _Links:
        """Return some of the paths."""
        return _Links(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def _shorter(
    direct: _Links, cells: Ints, posts: Ints, post_xy: Floats, reach: Floats, xy: Floats, walk: Any
) -> _Links:
    """Return the shortest paths between places of the network; ``direct`` at worst."""
    from metrogis.streets.network import POINT_LIMIT

    longest = float(reach[posts].max())
    homes = walk.snap(xy[cells], limit=min(longest, POINT_LIMIT), layer="origins")
    near_homes = walk.nearest(homes, limit=longest, direction="from", snap_cost=1.0)
    stops = {}
    for limit in np.unique(reach[posts]):
        own = posts[reach[posts] == limit]
        at = walk.snap(post_xy[own], limit=min(longest, POINT_LIMIT), layer="targets")
        found = walk.nearest(at, limit=float(limit), direction="to", snap_cost=1.0)
        stops[float(limit)] = own, at, found
    # what a home can walk to, and what can walk to a stop: only these streets bear ends of a path
    touched = np.isfinite(near_homes.distance)
    for _, _, found in stops.values():
        touched |= np.isfinite(found.distance)
    edges = touched[walk.edge_u] | touched[walk.edge_v]
    for ends in (homes, *(at for _, at, _ in stops.values())):
        edges[ends.edge[ends.edge >= 0]] = True
    places = _places(walk, homes, np.flatnonzero(edges), np.flatnonzero(touched))
    # slack: metres of walk left at a place to reach the stop that leaves most; source: that stop
    slack = np.zeros(len(places))
    source = np.full(len(places), -1, np.int64)
    for limit, (own, _, found) in stops.items():
        metres, at = found.at(places)
        left = np.where(at >= 0, limit - np.where(np.isfinite(metres), metres, np.inf), -1.0)
        better = left > slack
        slack[better], source[better] = left[better], own[at[better]]
    far = np.flatnonzero(source >= 0)
    # a path may also end at the stop itself
    end_xy = np.concatenate([places.at[far], post_xy[posts]])
    end_slack = np.concatenate([slack[far], reach[posts]])
    end_post = np.concatenate([source[far], posts])
    # sorted by x, which the kernel's bisection relies on
    order = np.argsort(end_xy[:, 0], kind="stable")
    end_xy, end_slack, end_post = end_xy[order], end_slack[order], end_post[order]
    tree = cKDTree(end_xy)
    size, whole, post = direct.size.copy(), direct.metres.copy(), direct.post.copy()
    start, end, left = direct.start.copy(), direct.end.copy(), direct.left.copy()
    for low in range(0, len(cells), _CHUNK):
        part = np.arange(low, min(low + _CHUNK, len(cells)))
        pairs = walk.pairs(homes[part], places, limit=longest, snap_cost=1.0)
        # the home itself is a start, too
        row = np.concatenate([np.arange(len(part)), pairs.origin])
        begin_xy = np.concatenate([xy[cells[part]], places.at[pairs.target]])
        cost = np.concatenate([np.zeros(len(part)), pairs.metres])
        by_cell = np.argsort(row, kind="stable")
        ptr = np.searchsorted(row[by_cell], np.arange(len(part) + 1))
        begin_xy, cost = begin_xy[by_cell], cost[by_cell]
        ball = tree.query_ball_point(xy[cells[part]], longest + TOLERANCE, return_sorted=True)
        ball_ptr = np.concatenate([[0], np.cumsum([len(b) for b in ball])]).astype(np.int64)
        flat = np.concatenate([np.asarray(b, np.int64) for b in ball])
        u, v, length = _least(
            ptr.astype(np.int64), begin_xy, cost, ball_ptr, flat, end_xy, end_slack, size[part],
            SHORTEST, TOLERANCE,
        )  # fmt: skip
        hit = np.flatnonzero(u >= 0)
        k, u, v = part[hit], u[hit], v[hit]
        size[k], start[k], end[k] = length[hit], begin_xy[u], end_xy[v]
        post[k], left[k] = end_post[v], end_slack[v]
        # the whole walk: to the path, along it, and from its end to the stop
        whole[k] = cost[u] + length[hit] + reach[end_post[v]] - end_slack[v]
    return _Links(size, whole, post, start, end, left)


def _places(walk: Any, like: Any, edges: Ints, nodes: Ints) -> Any:
    """Return nodes, and points inside edges at most ``STEP`` metres apart, as snapped points."""
    length = walk.edge_length[edges]
    count = np.maximum(np.ceil(length / STEP).astype(np.int64) - 1, 0)
    edge = np.repeat(edges, count)
    # number: 1 to count within each edge, so that points part it into count + 1 equal pieces
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
    share = number / np.repeat(count + 1, count)
    lines = np.repeat(np.asarray(walk.lines(edges), dtype=object), count)
    inside = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, share, normalized=True)
    ).reshape(-1, 2)
    at = np.concatenate([np.column_stack([walk.x[nodes], walk.y[nodes]]), inside])
    blank = np.full(len(nodes), -1, np.int64)
    fraction = np.concatenate([np.full(len(nodes), np.nan), share])
    return replace(
        like,
        point=at,
        at=at,
        edge=np.concatenate([blank, edge]).astype(like.edge.dtype),
        offset=np.concatenate([np.full(len(nodes), np.nan), share * walk.edge_length[edge]]),
        fraction=fraction,
        node=np.concatenate([nodes, np.full(len(edge), -1)]).astype(like.node.dtype),
        distance=np.zeros(len(at)),
    )


@njit(cache=True, nogil=True)
def _least(ptr, start, cost, ball_ptr, ball, end, slack, most, shortest, tolerance):  # type: ignore[no-untyped-def]
    """Shortest link of each cell: its start, its end and its length; -1 where none is shorter."""
    n = ptr.size - 1
    best_u = np.full(n, -1, np.int64)
    best_v = np.full(n, -1, np.int64)
    best = most.copy()
    for c in range(n):
        # the ball holds ends within the reach of the cell, in order of x
        a = ball_ptr[c]
        b = ball_ptr[c + 1]
        for u in range(ptr[c], ptr[c + 1]):
            x = start[u, 0]
            y = start[u, 1]
            # ends are sorted by x: only those near enough are looked at
            low = a
            high = b
            while low < high:
                middle = (low + high) // 2
                if end[ball[middle], 0] < x - best[c]:
                    low = middle + 1
                else:
                    high = middle
            for k in range(low, b):
                v = ball[k]
                dx = end[v, 0] - x
                # invariant: best[c] is the shortest link so far; a longer one in x alone is none
                if dx > best[c]:
                    break
                dy = end[v, 1] - y
                length = max(np.sqrt(dx * dx + dy * dy), shortest)
                if length < best[c] and cost[u] + length <= slack[v] + tolerance:
                    best[c] = length
                    best_u[c] = u
                    best_v[c] = v
    return best_u, best_v, best
