"""Kernels of missing links: bounded searches that carry whether a path may still be a gap.

Every search settles nodes by (length, tie number). Tie numbers add up along a path like lengths do,
so a part of a chosen path is the chosen path of its own ends, in either direction.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from metrogis.arrays import Array
from metrogis.streets.betweenness import FAR, pop, push

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
def grow(a, least):  # type: ignore[no-untyped-def]
    """Return an array with room for at least ``least`` values, the old ones first.

    The array itself when it has the room; else twice as long at least, so that growing one by one
    costs a constant time per value.
    """
    if least <= a.size:
        return a
    out = np.empty(max(least, 2 * a.size), a.dtype)
    out[: a.size] = a
    return out


@njit(cache=True, nogil=True)
def run(  # type: ignore[no-untyped-def]
    size, hopeful, settled, s, begin, until, head, edge, weight, tie, stops, shut, most, dist,
    ties, by_edge, by_node, free, order, keys, items
):  # fmt: skip
    """Go on with a bounded search from node ``s``, until nothing that waits may be a gap.

    Parameters
    ----------
    size, hopeful, settled : int
        Labels that wait on the heap, how many of them may still be gaps, nodes settled before.
    begin, until, head, edge, weight : arrays
        Arcs: those of node ``x`` are ``begin[x]:until[x]``.
    tie : array of int (edges,)
        Tie numbers: of paths of one length the one with the least sum is chosen.
    stops : array of bool (edges,)
        Edges that a gap may not use (they are infrastructure).
    shut : array of bool (nodes,)
        Nodes past which no gap leads.
    most : int
        Limit, whole units, included.
    dist, ties, by_edge, by_node : arrays (nodes,)
        Best label of each node: length, tie number, last edge, node before.
    free : array of int (nodes,)
        0: reached, no gap; 1: reached, may be a gap; 2 and 3: the same, settled; 4 and 5: the same,
        reached when the search ended and not settled.
    order : array of int
        Nodes in the order settled, then those only reached.
    keys, items : arrays
        The heap: lengths and nodes.

    Returns
    -------
    settled, reached : int
        How much of ``order`` is settled, and how much of it is filled.
    """
    while size > 0 and hopeful > 0:
        # invariant: dist and ties of a settled node are final; an entry of the heap whose key is
        # above dist is stale: the node got a better label after it was pushed
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
        # may the paths that go on from here be gaps: not where another contact node was passed
        onward = may
        if x != s and shut[x]:
            onward = 0
        t = ties[x]
        for a in range(begin[x], until[x]):
            y = head[a]
            e = edge[a]
            reach = d + weight[e]
            if reach > dist[y] or reach > most:
                continue
            own = t + tie[e]
            if reach == dist[y]:
                # a tie that is lost: the path chosen before stays
                if own >= ties[y]:
                    continue
            else:
                push(keys, items, size, reach, y)
                size += 1
            # hopeful counts nodes, not labels: a better label replaces what the node counted before
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
        if free[x] < 2:
            free[x] += 4
            order[reached] = x
            reached += 1
    return settled, reached


@njit(cache=True, nogil=True)
def search(  # type: ignore[no-untyped-def]
    s, begin, until, head, edge, weight, tie, stops, shut, most, dist, ties, by_edge, by_node,
    free, order, keys, items
):  # fmt: skip
    """Settle nodes from ``s`` as far as ``most`` until no path that may be a gap can get longer.

    A path may be a gap (``free`` 1) as long as it uses no edge of ``stops`` and passes through no
    node of ``shut`` (ending there is allowed). Returns how many nodes of ``order`` are settled,
    and how many were reached: the caller resets the ``dist`` of these. ``free`` is then 3 where a
    path may be a gap, 2 where not, 4 and above where the search came but did not settle.
    """
    dist[s] = 0
    ties[s] = 0
    free[s] = 1
    by_edge[s] = -1
    by_node[s] = -1
    push(keys, items, 0, 0, s)
    return run(
        1, 1, 0, s, begin, until, head, edge, weight, tie, stops, shut, most, dist, ties, by_edge,
        by_node, free, order, keys, items
    )  # fmt: skip


@njit(cache=True, nogil=True)
def candidate_pairs(  # type: ignore[no-untyped-def]
    indptr, head, edge, weight, tie, stops, length, benefit, contacts, contact, rank,
    p_indptr, p_head, p_weight, most, detour_min, enough
):  # fmt: skip
    """Return candidate gaps, one row per pair: source, target, length, benefit, detour length.

    None is longer than ``most``. Lengths and detours are in whole units; a detour of -1 is none.
    ``benefit`` is the sum of length times betweenness along the path; ``metres`` its length in
    metres. Last comes a mask of the edges of candidates whose detour is at least ``detour_min`` and
    whose benefit is at least ``enough``.
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
    used = np.zeros(stops.size, np.bool_)
    seen = np.full(n, -1, np.int64)
    count = 0
    for k in range(contacts.size):
        s = contacts[k]
        settled, reached = search(
            s, indptr[:-1], indptr[1:], head, edge, weight, tie, stops, shut, most, dist, ties,
            by_edge, by_node, free, order, keys, items
        )  # fmt: skip
        first = count
        worth[s] = 0.0
        metres[s] = 0.0
        # settled in order of length: the node before is done before its successor
        for i in range(1, settled):
            x = order[i]
            if free[x] != 3:
                continue
            e = by_edge[x]
            worth[x] = worth[by_node[x]] + length[e] * benefit[e]
            metres[x] = metres[by_node[x]] + length[e]
            # each pair once, from its end of lower rank; tie numbers make the path the same from
            # either
            if contact[x] and rank[x] > rank[s]:
                if count == source.size:
                    source = grow(source, count + 1)
                    target = grow(target, count + 1)
                    units = grow(units, count + 1)
                    gain = grow(gain, count + 1)
                    long = grow(long, count + 1)
                    detour = grow(detour, count + 1)
                source[count] = s
                target[count] = x
                units[count] = dist[x]
                gain[count] = worth[x]
                long[count] = metres[x]
                wanted[x] = True
                count += 1
        # one search of the protected network serves all pairs of s: it ends when every target is
        # settled
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
            if detour[i] >= 0 and detour[i] / units[i] < detour_min:
                continue
            if gain[i] / long[i] < enough:
                continue
            # paths from s form a tree: from a node that was walked before, the rest is marked
            # already
            while x != s and seen[x] != s:
                seen[x] = s
                used[by_edge[x]] = True
                x = by_node[x]
        # invariant: dist is FAR everywhere again before the next contact node
        for i in range(reached):
            dist[order[i]] = FAR
        for i in range(found):
            other[touched[i]] = FAR
    return (
        source[:count],
        target[:count],
        units[:count],
        gain[:count],
        long[:count],
        detour[:count],
        used,
    )


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
    """Return the length of the shortest path between pairs of nodes.

    Parameters
    ----------
    indptr, head, weight : arrays
        The graph without the gaps asked about, in whole units.
    source, target : array of int (pairs,)

    Returns
    -------
    array of int (pairs,)
        Whole units; -1 where there is no path.
    """
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
    indptr, head, edge, weight, tie, stops, source, target, most
):
    """Return the edges of candidate gaps (rows grouped by source) from target back to source.

    Offsets, edges and nodes (the one at the target's side of each edge) of every path.
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
    start = np.zeros(source.size + 1, np.int64)
    path = np.empty(1024, np.int32)
    path_node = np.empty(1024, np.int32)
    count = 0
    i = 0
    while i < source.size:
        s = source[i]
        far = np.int64(0)  # no farther than the longest path asked for
        j = i
        while j < source.size and source[j] == s:
            far = max(far, most[j])
            j += 1
        _, reached = search(
            s, indptr[:-1], indptr[1:], head, edge, weight, tie, stops, shut, far, dist, ties,
            by_edge, by_node, free, order, keys, items
        )  # fmt: skip
        while i < source.size and source[i] == s:
            x = target[i]
            while x != s:
                if count == path.size:
                    path = grow(path, count + 1)
                    path_node = grow(path_node, count + 1)
                path[count] = by_edge[x]
                path_node[count] = x
                count += 1
                x = by_node[x]
            i += 1
            start[i] = count
        for j in range(reached):
            dist[order[j]] = FAR
    return start, path[:count], path_node[:count]
