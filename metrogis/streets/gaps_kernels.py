"""Kernels of missing links: bounded searches that carry whether a path may still be a gap.

Every search settles nodes by (length, tie number). Tie numbers add up along a path like lengths do,
so a part of a chosen path is the chosen path of its own ends, in either direction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from metrogis.streets.betweenness import FAR, pop, push

Array = npt.NDArray[Any]

NEAR = 1e-9
"""Benefits that differ by less than this share are equal: what is left is rounding."""

_LONG_PATH = 8192


def tie_numbers(nodes: int, u: Array, v: Array) -> Array:
    """Return a number per edge whose least sum picks one of several paths of equal length.

    The sum of the positions of the nodes comes first (the path through smaller node ids), then a
    fixed pseudo-random number of the pair of nodes, then the order of parallel edges.
    """
    longest = min(max(nodes, 2), _LONG_PATH)
    spare = 62 - int(2 * max(nodes, 2) * longest).bit_length()
    bits = spare - longest.bit_length()
    low, high = np.minimum(u, v).astype(np.uint64), np.maximum(u, v).astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (low * np.uint64(nodes) + high + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
    noise = (mixed >> np.uint64(64 - max(bits - 3, 1))).astype(np.int64) << 3
    pair = low * np.uint64(nodes) + high
    order = np.argsort(pair, kind="stable")
    starts = np.r_[True, pair[order][1:] != pair[order][:-1]] if len(pair) else np.zeros(0, bool)
    place = np.arange(len(pair)) - np.maximum.accumulate(np.where(starts, np.arange(len(pair)), 0))
    parallel = np.empty(len(pair), np.int64)
    parallel[order] = np.minimum(place, 7)
    return ((u + v).astype(np.int64) << spare) + noise + parallel


@njit(cache=True, nogil=True)
def _grow(a, least):  # type: ignore[no-untyped-def]
    if least <= a.size:
        return a
    out = np.empty(max(least, 2 * a.size), a.dtype)
    out[: a.size] = a
    return out


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    s, begin, until, head, edge, weight, tie, stops, shut, dist, ties, by_edge, by_node, free,
    order, keys, items
):  # fmt: skip
    """Settle nodes from ``s`` until no path that may be a gap can get longer.

    A path may be a gap (``free`` 1) as long as it uses no edge of ``stops`` and passes through no
    node of ``shut`` (ending there is allowed). Returns how many nodes of ``order`` are settled,
    whose ``dist`` the caller resets, and how many were reached.
    """
    dist[s] = 0
    ties[s] = 0
    free[s] = 1
    by_edge[s] = -1
    by_node[s] = -1
    push(keys, items, 0, 0, s)
    size = 1
    hopeful = 1
    settled = 0
    while size > 0 and hopeful > 0:
        d = keys[0]
        x = items[0]
        pop(keys, items, size)
        size -= 1
        if free[x] >= 2 or d > dist[x]:
            continue
        may = free[x]
        free[x] = may + 2  # settled
        order[settled] = x
        settled += 1
        hopeful -= may
        onward = may
        if x != s and shut[x]:
            onward = 0
        t = ties[x]
        for a in range(begin[x], until[x]):
            y = head[a]
            e = edge[a]
            reach = d + weight[e]
            if reach > dist[y]:
                continue
            own = t + tie[e]
            if reach == dist[y]:
                if own >= ties[y]:
                    continue
            else:
                push(keys, items, size, reach, y)
                size += 1
            was = free[y] if dist[y] != FAR else 0
            dist[y] = reach
            ties[y] = own
            by_edge[y] = e
            by_node[y] = x
            now = 0 if stops[e] else onward
            free[y] = now
            hopeful += now - was
    reached = settled
    while size > 0:  # reached, not settled
        size -= 1
        x = items[size]
        if free[x] < 2 and dist[x] != FAR:
            dist[x] = FAR
            order[reached] = x
            reached += 1
    return settled, reached


@njit(cache=True, nogil=True)
def candidate_pairs(  # type: ignore[no-untyped-def]
    indptr, head, edge, weight, tie, stops, length, benefit, contacts, contact,
    p_indptr, p_head, p_weight
):  # fmt: skip
    """Return candidate gaps, one row per pair: source, target, length, benefit, detour length.

    Lengths and detours are in whole units; a detour of -1 is none. ``benefit`` is the sum of
    length times betweenness along the path; ``metres`` its length in metres.
    """
    n = indptr.size - 1
    dist = np.full(n, FAR)
    ties = np.empty(n, np.int64)
    by_edge = np.empty(n, np.int32)
    by_node = np.empty(n, np.int32)
    free = np.zeros(n, np.int8)
    order = np.empty(n, np.int32)
    keys = np.empty(head.size + 1, np.int64)
    items = np.empty(head.size + 1, np.int32)
    worth = np.zeros(n)
    metres = np.zeros(n)
    shut = np.zeros(n, np.bool_)
    other = np.full(n, FAR)
    touched = np.empty(n, np.int32)
    wanted = np.zeros(n, np.bool_)
    source = np.empty(1024, np.int32)
    target = np.empty(1024, np.int32)
    units = np.empty(1024, np.int64)
    gain = np.empty(1024, np.float64)
    long = np.empty(1024, np.float64)
    detour = np.empty(1024, np.int64)
    count = 0
    for k in range(contacts.size):
        s = contacts[k]
        settled, _ = _search(
            s, indptr[:-1], indptr[1:], head, edge, weight, tie, stops, shut, dist, ties, by_edge,
            by_node, free, order, keys, items
        )  # fmt: skip
        first = count
        worth[s] = 0.0
        metres[s] = 0.0
        for i in range(1, settled):
            x = order[i]
            if free[x] != 3:
                continue
            e = by_edge[x]
            worth[x] = worth[by_node[x]] + length[e] * benefit[e]
            metres[x] = metres[by_node[x]] + length[e]
            if contact[x] and x > s:
                if count == source.size:
                    source = _grow(source, count + 1)
                    target = _grow(target, count + 1)
                    units = _grow(units, count + 1)
                    gain = _grow(gain, count + 1)
                    long = _grow(long, count + 1)
                    detour = _grow(detour, count + 1)
                source[count] = s
                target[count] = x
                units[count] = dist[x]
                gain[count] = worth[x]
                long[count] = metres[x]
                wanted[x] = True
                count += 1
        for i in range(settled):
            dist[order[i]] = FAR
        missing = count - first
        found = 0
        if missing > 0:
            found = _protected(
                s, p_indptr, p_head, p_weight, other, touched, wanted, missing, keys, items
            )
        for i in range(first, count):
            x = target[i]
            detour[i] = -1 if other[x] == FAR else other[x]
            wanted[x] = False
        for i in range(found):
            other[touched[i]] = FAR
    return source[:count], target[:count], units[:count], gain[:count], long[:count], detour[:count]


@njit(cache=True, nogil=True)
def _protected(  # type: ignore[no-untyped-def]
    s, indptr, head, weight, dist, touched, wanted, missing, keys, items
):
    """Search until every wanted node is settled; what was not settled is left at ``FAR``."""
    dist[s] = 0
    touched[0] = s
    count = 1
    push(keys, items, 0, 0, s)
    size = 1
    while size > 0 and missing > 0:
        d = keys[0]
        x = items[0]
        pop(keys, items, size)
        size -= 1
        if d > dist[x]:
            continue
        if wanted[x]:
            missing -= 1
        for a in range(indptr[x], indptr[x + 1]):
            y = head[a]
            reach = d + weight[a]
            if reach < dist[y]:
                if dist[y] == FAR:
                    touched[count] = y
                    count += 1
                dist[y] = reach
                push(keys, items, size, reach, y)
                size += 1
    return count


@njit(cache=True, nogil=True)
def detours(indptr, head, weight, source, target):  # type: ignore[no-untyped-def]
    """Return the shortest path length of pairs, in whole units; -1: no path."""
    n = indptr.size - 1
    dist = np.full(n, FAR)
    touched = np.empty(n, np.int32)
    wanted = np.zeros(n, np.bool_)
    keys = np.empty(head.size + 1, np.int64)
    items = np.empty(head.size + 1, np.int32)
    out = np.empty(source.size, np.int64)
    for i in range(source.size):
        wanted[target[i]] = True
        found = _protected(source[i], indptr, head, weight, dist, touched, wanted, 1, keys, items)
        out[i] = -1 if dist[target[i]] == FAR else dist[target[i]]
        wanted[target[i]] = False
        for j in range(found):
            dist[touched[j]] = FAR
    return out


@njit(cache=True, nogil=True)
def trace(  # type: ignore[no-untyped-def]
    indptr, head, edge, weight, tie, stops, source, target, store
):
    """Return the edges of candidate gaps (rows grouped by source) from target back to source.

    Offsets, edges and nodes (the one at the target's side of each edge) of every path when
    ``store`` is set, and a mask of all edges used.
    """
    n = indptr.size - 1
    dist = np.full(n, FAR)
    ties = np.empty(n, np.int64)
    by_edge = np.empty(n, np.int32)
    by_node = np.empty(n, np.int32)
    free = np.zeros(n, np.int8)
    order = np.empty(n, np.int32)
    keys = np.empty(head.size + 1, np.int64)
    items = np.empty(head.size + 1, np.int32)
    shut = np.zeros(n, np.bool_)
    used = np.zeros(stops.size, np.bool_)
    start = np.zeros(source.size + 1, np.int64)
    path = np.empty(1024, np.int32)
    path_node = np.empty(1024, np.int32)
    seen = np.full(n, -1, np.int64)
    count = 0
    i = 0
    while i < source.size:
        s = source[i]
        settled, _ = _search(
            s, indptr[:-1], indptr[1:], head, edge, weight, tie, stops, shut, dist, ties, by_edge,
            by_node, free, order, keys, items
        )  # fmt: skip
        while i < source.size and source[i] == s:
            x = target[i]
            while x != s:
                if store:
                    if count == path.size:
                        path = _grow(path, count + 1)
                        path_node = _grow(path_node, count + 1)
                    path[count] = by_edge[x]
                    path_node[count] = x
                    count += 1
                elif seen[x] == s:
                    break
                seen[x] = s
                used[by_edge[x]] = True
                x = by_node[x]
            i += 1
            start[i] = count
        for j in range(settled):
            dist[order[j]] = FAR
    return start, path[:count], path_node[:count], used


@njit(cache=True, nogil=True)
def _better(gain, units, a, b, best_gain, best_units, best_a, best_b):  # type: ignore[no-untyped-def]
    """Tell whether a path goes before the best so far: benefit, then shorter, then node ids."""
    near = NEAR * max(abs(gain), abs(best_gain))
    if abs(gain - best_gain) > near:
        return gain > best_gain
    if units != best_units:
        return units < best_units
    if a != best_a:
        return a < best_a
    return b < best_b


@njit(cache=True, nogil=True)
def _cut(x, e, begin, until, head, edge):  # type: ignore[no-untyped-def]
    """Take the arc of edge ``e`` out of the row of node ``x``."""
    last = until[x] - 1
    for a in range(begin[x], until[x]):
        if edge[a] == e:
            head[a] = head[last]
            edge[a] = edge[last]
            until[x] = last
            return


@njit(cache=True, nogil=True)
def _reduce(  # type: ignore[no-untyped-def]
    stack,
    waiting,
    begin,
    until,
    head,
    edge,
    ends,
    weight,
    tie,
    metres,
    worth,
    part,
    tip,
    edges,
    looked,
    nxt,
):
    """Drop dead ends where no path may end, and join the two edges of nodes passed through.

    Neither changes a path between ``ends``, nor its length. Returns the number of edges.
    """
    while waiting > 0:
        waiting -= 1
        x = stack[waiting]
        left = until[x] - begin[x]
        if ends[x] or left == 0 or left > 2:
            continue
        a, e = head[begin[x]], edge[begin[x]]
        if left == 1:
            until[x] = begin[x]
            _cut(a, e, begin, until, head, edge)
            stack[waiting] = a
            waiting += 1
            continue
        b, f = head[begin[x] + 1], edge[begin[x] + 1]
        until[x] = begin[x]
        if a == b:  # a loop by now
            _cut(a, e, begin, until, head, edge)
            _cut(a, f, begin, until, head, edge)
            stack[waiting] = a
            waiting += 1
            continue
        weight[edges] = weight[e] + weight[f]
        tie[edges] = tie[e] + tie[f]
        metres[edges] = metres[e] + metres[f]
        worth[edges] = worth[e] + worth[f]
        part[edges, 0], part[edges, 1] = e, f
        tip[edges, 0], tip[edges, 1] = a, b
        # who came by either came by both
        looked[edges] = looked[e]
        if looked[e] < 0:
            looked[edges] = looked[f]
        elif looked[f] >= 0:
            last = looked[e]
            while nxt[last] >= 0:
                last = nxt[last]
            nxt[last] = looked[f]
        for k in range(begin[a], until[a]):
            if edge[k] == e:
                head[k], edge[k] = b, edges
                break
        for k in range(begin[b], until[b]):
            if edge[k] == f:
                head[k], edge[k] = a, edges
                break
        edges += 1
    return edges


@njit(cache=True, nogil=True)
def _spoil(at, looked, nxt, who, when, version, stale):  # type: ignore[no-untyped-def]
    """Mark those whose search came by what is no longer so."""
    i = looked[at]
    looked[at] = -1
    while i >= 0:
        if when[i] == version[who[i]]:
            stale[who[i]] = True
        i = nxt[i]


@njit(cache=True, nogil=True)
def declutter(  # type: ignore[no-untyped-def]
    indptr, head, edge, u, v, weight, tie, metres, worth, contact
):
    """Pick paths between contact nodes one by one, best first, each without the edges before it.

    The graph given is that of the remaining gaps alone; ``weight``, ``tie``, ``metres`` and
    ``worth`` (length times betweenness) are those of all edges ``u``-``v``.

    Three facts make it quick. The best path never passes through a contact node where paths may
    end: the better part of it would be better still, or as good and shorter. So each node keeps
    only its best path to the next such nodes, and searches again only when an edge is taken by
    which its search came somewhere, or when a node where it ended may be passed through. And a
    node of degree 2 can only be passed through, ever: its edges are one.

    Returns
    -------
    Offsets, edges and nodes of every path as by `trace`; first and second end (first < second).
    """
    n = indptr.size - 1
    edges = weight.size
    weight = _grow(weight, edges + n).copy()
    tie = _grow(tie, edges + n).copy()
    metres = _grow(metres, edges + n).copy()
    worth = _grow(worth, edges + n).copy()
    part = np.full((weight.size, 2), -1, np.int32)
    tip = np.empty((weight.size, 2), np.int32)
    for e in range(edges):
        tip[e, 0], tip[e, 1] = u[e], v[e]
    begin = indptr[:-1].copy()
    until = indptr[1:].copy()
    head = head.copy()
    edge = edge.copy()
    stops = np.zeros(weight.size, np.bool_)
    degree = (until - begin).astype(np.int32)
    ends = np.zeros(n, np.bool_)
    own = np.full(n, -1, np.int32)
    sources = np.empty(n, np.int32)
    stack = np.empty(2 * n + 2, np.int32)
    many = 0
    waiting = 0
    for x in range(n):
        ends[x] = contact[x] and degree[x] > 0 and degree[x] != 2
        if ends[x]:
            own[x] = many
            sources[many] = x
            many += 1
        elif degree[x] > 0:
            stack[waiting] = x
            waiting += 1
    # whose search came by an edge, or ended at a node: lists of (source, version) in an arena
    shift = weight.size
    looked = np.full(shift + n, -1, np.int32)
    nxt = np.empty(1024, np.int32)
    who = np.empty(1024, np.int32)
    when = np.empty(1024, np.int32)
    edges = _reduce(
        stack, waiting, begin, until, head, edge, ends, weight, tie, metres, worth, part, tip,
        edges, looked, nxt
    )  # fmt: skip
    best_gain = np.full(many, -1.0)
    best_units = np.zeros(many, np.int64)
    best_to = np.full(many, -1, np.int32)
    version = np.zeros(many, np.int32)
    stale = np.ones(many, np.bool_)
    entries = 0
    room = 1_000_000
    renewed = True
    dist = np.full(n, FAR)
    ties = np.empty(n, np.int64)
    by_edge = np.empty(n, np.int32)
    by_node = np.empty(n, np.int32)
    free = np.zeros(n, np.int8)
    order = np.empty(n, np.int32)
    keys = np.empty(head.size + 1, np.int64)
    items = np.empty(head.size + 1, np.int32)
    gained = np.zeros(n)
    walked = np.zeros(n)
    start = np.zeros(1024, np.int64)
    path = np.empty(1024, np.int32)
    path_node = np.empty(1024, np.int32)
    firsts = np.empty(1024, np.int32)
    seconds = np.empty(1024, np.int32)
    count = 0
    picked = 0
    while True:
        for k in range(many):
            if not stale[k]:
                continue
            stale[k] = False
            version[k] += 1
            best_to[k] = -1
            s = sources[k]
            if not ends[s]:
                continue
            settled, reached = _search(
                s, begin, until, head, edge, weight, tie, stops, ends, dist, ties, by_edge,
                by_node, free, order, keys, items
            )  # fmt: skip
            gained[s] = 0.0
            walked[s] = 0.0
            if entries + 2 * reached > nxt.size:
                nxt = _grow(nxt, entries + 2 * reached)
                who = _grow(who, nxt.size)
                when = _grow(when, nxt.size)
            dist[s] = FAR
            for i in range(1, reached):
                x = order[i]
                dist_x = dist[x]
                dist[x] = FAR
                e = by_edge[x]
                nxt[entries] = looked[e]
                who[entries] = k
                when[entries] = version[k]
                looked[e] = entries
                entries += 1
                if i >= settled or free[x] != 3:
                    continue
                gained[x] = gained[by_node[x]] + worth[e]
                walked[x] = walked[by_node[x]] + metres[e]
                if not ends[x]:
                    continue
                nxt[entries] = looked[x + shift]
                who[entries] = k
                when[entries] = version[k]
                looked[x + shift] = entries
                entries += 1
                gain = gained[x] / walked[x]
                to = best_to[k]
                if to < 0 or _better(
                    gain, dist_x, min(s, x), max(s, x),
                    best_gain[k], best_units[k], min(s, to), max(s, to)
                ):  # fmt: skip
                    best_gain[k] = gain
                    best_units[k] = dist_x
                    best_to[k] = x
        if renewed:
            room = max(room, 4 * entries)
            renewed = False
        top = -1
        for k in range(many):
            if best_to[k] < 0:
                continue
            if top < 0 or _better(
                best_gain[k], best_units[k],
                min(sources[k], best_to[k]), max(sources[k], best_to[k]),
                best_gain[top], best_units[top],
                min(sources[top], best_to[top]), max(sources[top], best_to[top])
            ):  # fmt: skip
                top = k
        if top < 0:
            break
        s = min(sources[top], best_to[top])
        t = max(sources[top], best_to[top])
        settled, _ = _search(
            s, begin, until, head, edge, weight, tie, stops, ends, dist, ties, by_edge, by_node,
            free, order, keys, items
        )  # fmt: skip
        for i in range(settled):
            dist[order[i]] = FAR
        firsts = _grow(firsts, picked + 1)
        seconds = _grow(seconds, picked + 1)
        start = _grow(start, picked + 2)
        firsts[picked] = s
        seconds[picked] = t
        waiting = 0
        x = t
        while True:
            # the edges that were joined into this one, from its end at x on
            at = x
            deep = 0
            if x != s:
                y = by_node[x]
                e = by_edge[x]
                _cut(x, e, begin, until, head, edge)
                _cut(y, e, begin, until, head, edge)
                _spoil(e, looked, nxt, who, when, version, stale)
                degree[x] -= 1
                degree[y] -= 1
                stack[0] = e
                deep = 1
            while deep > 0:
                deep -= 1
                e = stack[deep]
                if part[e, 0] >= 0:
                    near_first = tip[e, 0] == at
                    stack[deep] = part[e, 1] if near_first else part[e, 0]
                    stack[deep + 1] = part[e, 0] if near_first else part[e, 1]
                    deep += 2
                    continue
                path = _grow(path, count + 1)
                path_node = _grow(path_node, count + 1)
                path[count] = e
                path_node[count] = at
                count += 1
                at = tip[e, 1] if tip[e, 0] == at else tip[e, 0]
            if x == s:
                break
            x = y
        picked += 1
        start[picked] = count
        waiting = 0
        x = t
        while x >= 0:
            if ends[x] and (degree[x] == 0 or degree[x] == 2):
                ends[x] = False
                stale[own[x]] = True
                _spoil(x + shift, looked, nxt, who, when, version, stale)
            stack[waiting] = x
            waiting += 1
            x = by_node[x] if x != s else -1
        edges = _reduce(
            stack, waiting, begin, until, head, edge, ends, weight, tie, metres, worth, part,
            tip, edges, looked, nxt
        )  # fmt: skip
        if entries > room:  # mostly out of date
            looked[:] = -1
            entries = 0
            stale[:] = True
            renewed = True
    return (
        start[: picked + 1],
        path[:count],
        path_node[:count],
        firsts[:picked],
        seconds[:picked],
    )
