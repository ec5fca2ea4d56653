"""Kernel of missing links: parting the edges of gaps into paths, the best first.

A plain run of the procedure searches the whole graph from every contact node after every path
taken. Here every search is kept and repaired.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from metrogis.streets.betweenness import FAR, push
from metrogis.streets.gaps_kernels import NEAR, grow, run, search

MOST_KEPT = 40_000_000
"""Labels of searches kept at most (28 bytes each); searches beyond that are made anew."""
MOST_LISTED = 4_000_000
"""Entries of who came by an edge that are listed before the lists are made anew."""


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
def _prune(stack, waiting, begin, until, head, edge, ends):  # type: ignore[no-untyped-def]
    """Drop dead ends where no path may end, from the nodes on the stack on."""
    while waiting > 0:
        waiting -= 1
        x = stack[waiting]
        if ends[x] or until[x] - begin[x] != 1:
            continue
        y, e = head[begin[x]], edge[begin[x]]
        until[x] = begin[x]
        _cut(y, e, begin, until, head, edge)
        stack[waiting] = y
        waiting += 1


@njit(cache=True, nogil=True)
def _join(  # type: ignore[no-untyped-def]
    begin, until, head, edge, ends, weight, tie, metres, worth, part, tip, edges
):
    """Join the two edges of every node that can only be passed through into one edge.

    Neither paths between ``ends`` nor their lengths change. Returns the number of edges; a joined
    edge is made of the edges ``part`` and lies between the nodes ``tip``.
    """
    for x in range(begin.size):
        if ends[x] or until[x] - begin[x] != 2:
            continue
        a, e = head[begin[x]], edge[begin[x]]
        b, f = head[begin[x] + 1], edge[begin[x] + 1]
        until[x] = begin[x]
        if a == b:  # a loop by now: no way from end to end
            _cut(a, e, begin, until, head, edge)
            _cut(a, f, begin, until, head, edge)
            continue
        weight[edges] = weight[e] + weight[f]
        tie[edges] = tie[e] + tie[f]
        metres[edges] = metres[e] + metres[f]
        worth[edges] = worth[e] + worth[f]
        part[edges, 0], part[edges, 1] = e, f
        tip[edges, 0], tip[edges, 1] = a, b
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
def _repair(s, graph, most, gone, labels, heap, lost, kept_search, first, settled, reached):  # type: ignore[no-untyped-def]
    """Repair a search kept in ``first:first + reached`` after edges were taken; go on with it.

    Labels whose way back to ``s`` is whole stay as they are: taking edges makes no path shorter.
    The others get the best label from those, and the search goes on from there.
    """
    begin, until, head, edge, weight, tie, stops, ends = graph
    dist, ties, by_edge, by_node, free, order, old_edge = labels
    keys, items = heap
    k_node, k_edge, k_from, k_dist, k_tie = kept_search
    dist[s] = 0
    ties[s] = 0
    free[s] = 3
    by_edge[s] = -1
    by_node[s] = -1
    order[0] = s
    kept = 1
    size = 0
    hopeful = 0
    many = 0
    for i in range(1, reached):
        x = k_node[first + i]
        e = k_edge[first + i]
        p = k_from[first + i]
        if gone[e] or dist[p] == FAR:
            free[x] = 0
            lost[many] = x
            many += 1
            continue
        old_edge[x] = e
        dist[x] = k_dist[first + i]
        ties[x] = k_tie[first + i]
        by_edge[x] = e
        by_node[x] = p
        free[x] = 1 if free[p] == 3 and not (p != s and ends[p]) else 0
        if i < settled:
            free[x] += 2
            order[kept] = x
            kept += 1
        else:
            push(keys, items, size, dist[x], x)
            size += 1
            hopeful += free[x]
    for i in range(many):
        y = lost[i]
        for a in range(begin[y], until[y]):
            x = head[a]
            if dist[x] == FAR or free[x] < 2:
                continue
            e = edge[a]
            reach = dist[x] + weight[e]
            own = ties[x] + tie[e]
            if reach > most or reach > dist[y] or (reach == dist[y] and own >= ties[y]):
                continue
            dist[y] = reach
            ties[y] = own
            by_edge[y] = e
            by_node[y] = x
            free[y] = 1 if free[x] == 3 and not (x != s and ends[x]) else 0
        if dist[y] != FAR:
            push(keys, items, size, dist[y], y)
            size += 1
            hopeful += free[y]
    return run(
        size, hopeful, kept, s, begin, until, head, edge, weight, tie, stops, ends, most, dist,
        ties, by_edge, by_node, free, order, keys, items
    )  # fmt: skip


@njit(cache=True, nogil=True)
def declutter(  # type: ignore[no-untyped-def]
    indptr, head, edge, u, v, weight, tie, metres, worth, contact, most, most_kept, most_listed
):
    """Pick paths between contact nodes one by one, best first, each without the edges before it.

    The graph given is that of the remaining gaps alone; ``weight``, ``tie``, ``metres`` and
    ``worth`` (length times betweenness) are those of all edges ``u``-``v``.

    Four facts make it quick. The best path never passes through a contact node where paths may
    end: the better part of it would be better still, or as good and shorter; so each such node
    keeps its best path to the next such nodes. A node of degree 2 can only be passed through,
    ever: its edges are one. A search changes only when an edge is taken by which it came
    somewhere, or when a node where it ended may be passed through. And then most of it stays.

    Returns
    -------
    Offsets, edges and nodes of every path as by `gaps_kernels.trace`; first and second end
    (first < second).
    """
    n = indptr.size - 1
    edges = weight.size
    weight = grow(weight, edges + n).copy()
    tie = grow(tie, edges + n).copy()
    metres = grow(metres, edges + n).copy()
    worth = grow(worth, edges + n).copy()
    part = np.full((weight.size, 2), -1, np.int32)
    tip = np.empty((weight.size, 2), np.int32)
    for e in range(edges):
        tip[e, 0], tip[e, 1] = u[e], v[e]
    begin = indptr[:-1].copy()
    until = indptr[1:].copy()
    head = head.copy()
    edge = edge.copy()
    stops = np.zeros(weight.size, np.bool_)
    gone = np.zeros(weight.size, np.bool_)
    degree = (until - begin).astype(np.int32)
    ends = np.zeros(n, np.bool_)
    own = np.full(n, -1, np.int32)
    sources = np.empty(n, np.int32)
    many = 0
    for x in range(n):
        ends[x] = contact[x] and degree[x] > 0 and degree[x] != 2
        if ends[x]:
            own[x] = many
            sources[many] = x
            many += 1
    stack = np.empty(n + 2, np.int32)
    waiting = 0
    for x in range(n):
        if degree[x] == 1 and not ends[x]:
            stack[waiting] = x
            waiting += 1
    _prune(stack, waiting, begin, until, head, edge, ends)
    edges = _join(begin, until, head, edge, ends, weight, tie, metres, worth, part, tip, edges)
    best_gain = np.full(many, -1.0)
    best_units = np.zeros(many, np.int64)
    best_to = np.full(many, -1, np.int32)
    stale = np.ones(many, np.bool_)
    # whose search came by an edge (or once did): lists of sources in an arena
    came = np.full(weight.size, -1, np.int64)
    nxt = np.empty(1024, np.int64)
    who = np.empty(1024, np.int32)
    entries = 0
    room = most_listed
    # searches, kept one behind the other
    first = np.zeros(many, np.int64)
    space = np.zeros(many, np.int64)
    settled_of = np.full(many, -1, np.int64)
    reached_of = np.zeros(many, np.int64)
    k_node = np.empty(1024, np.int32)
    k_edge = np.empty(1024, np.int32)
    k_from = np.empty(1024, np.int32)
    k_dist = np.empty(1024, np.int64)
    k_tie = np.empty(1024, np.int64)
    stored = np.int64(0)
    dist = np.full(n, FAR)
    ties = np.empty(n, np.int64)
    by_edge = np.empty(n, np.int32)
    by_node = np.empty(n, np.int32)
    old_edge = np.full(n, -1, np.int32)
    free = np.zeros(n, np.int8)
    order = np.empty(n, np.int32)
    lost = np.empty(n, np.int32)
    keys = np.empty(head.size + n + 1, np.int64)
    items = np.empty(head.size + n + 1, np.int32)
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
            best_to[k] = -1
            s = sources[k]
            if not ends[s]:
                continue
            if settled_of[k] >= 0:
                settled, reached = _repair(
                    s, (begin, until, head, edge, weight, tie, stops, ends), most, gone,
                    (dist, ties, by_edge, by_node, free, order, old_edge), (keys, items), lost,
                    (k_node, k_edge, k_from, k_dist, k_tie), first[k], settled_of[k], reached_of[k]
                )  # fmt: skip
            else:
                settled, reached = search(
                    s, begin, until, head, edge, weight, tie, stops, ends, most, dist, ties,
                    by_edge, by_node, free, order, keys, items
                )  # fmt: skip
            if reached > space[k]:
                want = np.int64(reached + reached // 4 + 8)
                if stored + want <= most_kept:
                    first[k], space[k] = stored, want
                    stored += want
                    if stored > k_node.size:
                        k_node = grow(k_node, stored)
                        k_edge = grow(k_edge, stored)
                        k_from = grow(k_from, stored)
                        k_dist = grow(k_dist, stored)
                        k_tie = grow(k_tie, stored)
            keep = reached <= space[k]
            settled_of[k] = settled if keep else -1
            reached_of[k] = reached
            if entries + reached > nxt.size:
                nxt = grow(nxt, entries + reached)
                who = grow(who, nxt.size)
            gained[s] = 0.0
            walked[s] = 0.0
            for i in range(reached):
                x = order[i]
                e = by_edge[x]
                p = by_node[x]
                length = dist[x]
                dist[x] = FAR
                if keep:
                    at = first[k] + i
                    k_node[at], k_edge[at], k_from[at] = x, e, p
                    k_dist[at], k_tie[at] = length, ties[x]
                if i > 0 and old_edge[x] != e:
                    nxt[entries] = came[e]
                    who[entries] = k
                    came[e] = entries
                    entries += 1
                old_edge[x] = -1
                if i == 0 or free[x] != 3:
                    continue
                gained[x] = gained[p] + worth[e]
                walked[x] = walked[p] + metres[e]
                if not ends[x]:
                    continue
                gain = gained[x] / walked[x]
                to = best_to[k]
                if to < 0 or _better(
                    gain, length, min(s, x), max(s, x),
                    best_gain[k], best_units[k], min(s, to), max(s, to)
                ):  # fmt: skip
                    best_gain[k] = gain
                    best_units[k] = length
                    best_to[k] = x
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
        _, reached = search(
            s, begin, until, head, edge, weight, tie, stops, ends, most, dist, ties, by_edge,
            by_node, free, order, keys, items
        )  # fmt: skip
        for i in range(reached):
            dist[order[i]] = FAR
        firsts = grow(firsts, picked + 1)
        seconds = grow(seconds, picked + 1)
        start = grow(start, picked + 2)
        firsts[picked] = s
        seconds[picked] = t
        x = t
        while x != s:
            y = by_node[x]
            e = by_edge[x]
            _cut(x, e, begin, until, head, edge)
            _cut(y, e, begin, until, head, edge)
            gone[e] = True
            _mark(e, came, nxt, who, stale)
            came[e] = -1
            degree[x] -= 1
            degree[y] -= 1
            # the edges that were joined into this one, from its end at x on
            at_node = x
            stack[0] = e
            deep = 1
            while deep > 0:
                deep -= 1
                e = stack[deep]
                if part[e, 0] >= 0:
                    near_first = tip[e, 0] == at_node
                    stack[deep] = part[e, 1] if near_first else part[e, 0]
                    stack[deep + 1] = part[e, 0] if near_first else part[e, 1]
                    deep += 2
                    continue
                path = grow(path, count + 1)
                path_node = grow(path_node, count + 1)
                path[count] = e
                path_node[count] = at_node
                count += 1
                at_node = tip[e, 1] if tip[e, 0] == at_node else tip[e, 0]
            x = y
        picked += 1
        start[picked] = count
        x = t
        while x >= 0:
            if ends[x] and (degree[x] == 0 or degree[x] == 2):
                ends[x] = False
                stale[own[x]] = True
                # who ended here may pass now: they came by one of its edges
                for a in range(begin[x], until[x]):
                    _mark(edge[a], came, nxt, who, stale)
            x = by_node[x] if x != s else -1
        waiting = 0
        x = t
        while x >= 0:
            stack[0] = x
            _prune(stack, 1, begin, until, head, edge, ends)
            x = by_node[x] if x != s else -1
        if entries > room:  # mostly out of date: as they are kept
            came[:] = -1
            entries = 0
            for k in range(many):
                stale[k] = stale[k] or settled_of[k] < 0
                if settled_of[k] < 0 or not ends[sources[k]]:
                    continue
                if entries + reached_of[k] > nxt.size:
                    nxt = grow(nxt, entries + reached_of[k])
                    who = grow(who, nxt.size)
                for i in range(1, reached_of[k]):
                    e = k_edge[first[k] + i]
                    nxt[entries] = came[e]
                    who[entries] = k
                    came[e] = entries
                    entries += 1
            room = max(room, 4 * entries)
    return (
        start[: picked + 1],
        path[:count],
        path_node[:count],
        firsts[:picked],
        seconds[:picked],
    )


@njit(cache=True, nogil=True)
def _mark(e, came, nxt, who, stale):  # type: ignore[no-untyped-def]
    """Mark those whose search came by an edge."""
    i = came[e]
    while i >= 0:
        stale[who[i]] = True
        i = nxt[i]
