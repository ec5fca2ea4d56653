"""Kernels of shortest paths: a bucket queue on a compressed sparse graph, exact in float64.

Labels wait in a ring of buckets, each ``1 / inverse`` wide. The lowest bucket is worked until it is
empty: a label that falls back into it is worked again, so the answer does not depend on the width
of the buckets, and equals that of a heap to the last bit (it is the fixed point of the rounded sum
of distance and weight, and rounding is monotone). Arena, buckets and distances are used again from
one search to the next; only what a search touched is cleared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from metrogis.arrays import Array

NOTHING, LABEL, ARC = 0, 1, 2
"""What a search remembers beside distances: nothing, the source's label, the arc it came by.

Kernels get it as an argument: numba would compile ``search`` anew for each constant.
"""

_MOST_BUCKETS = 1 << 16


class Graph(NamedTuple):
    """A directed graph in compressed sparse rows, with the width of buckets that suits it."""

    indptr: Array
    heads: Array
    weights: Array
    inverse: float
    longest: float


def graph(indptr: Array, heads: Array, weights: Array) -> Graph:
    """Return a graph ready for searches.

    Parameters
    ----------
    indptr : array of int (nodes + 1,)
    heads : array of int (arcs,)
    weights : array of float (arcs,)
        Not negative; infinite ones are closed arcs.

    Returns
    -------
    Graph
        With the width of buckets that suits its weights. The width changes the time of a search,
        never its answer.
    """
    # views that cannot be written to: numba compiles once for all networks, not for each sort
    indptr, heads, weights = (a.view() for a in (indptr, heads, weights))
    for a in (indptr, heads, weights):
        a.flags.writeable = False
    finite = weights[np.isfinite(weights)]
    longest = float(finite.max()) if len(finite) else 0.0
    mean = float(finite.mean()) if len(finite) else 0.0
    # two mean arcs, measured: wider works more labels twice, narrower leaves buckets empty
    # the ring has a bucket for each width of the longest arc, so its number is bounded as well
    width = max(2 * mean, longest / _MOST_BUCKETS)
    return Graph(indptr, heads, weights, 1.0 / width if width > 0 else 1.0, longest)


def ring_size(g: Graph, spread: float) -> tuple[int, float]:
    """Return number of buckets (a power of two) and inverse width.

    ``spread`` is by how much start costs differ: all live labels must fit into one turn.
    """
    inverse = min(g.inverse, _MOST_BUCKETS / spread) if spread > 0 else g.inverse
    return 1 << int(max(g.longest, spread) * inverse + 3).bit_length(), inverse


@njit(cache=True, nogil=True)
def grow(a, size):  # type: ignore[no-untyped-def]
    """Return a copy of an array with room for ``size`` values; the new ones are not set."""
    out = np.empty(size, a.dtype)
    out[: a.size] = a
    return out


@njit(cache=True, nogil=True)
def search(  # type: ignore[no-untyped-def]
    indptr,
    heads,
    weights,
    inverse,
    bucket,
    nxt,
    item,
    key,
    dist,
    label,
    touched,
    start_node,
    start_cost,
    start_label,
    first,
    last,
    limit,
    remember,
    goal_ptr,
    goal_node,
    goal_cost,
):
    """Search from entries ``first:last``; return number of touched nodes and the (grown) arena.

    ``dist`` must be infinite everywhere and ``bucket`` -1; both are the caller's to clear (``dist``
    by ``touched``). With goals the search ends when every goal group has its final distance.
    """
    mask = bucket.size - 1
    found = 0
    live = 0
    low = np.inf
    free = -1  # places of the arena that are free again; from top on none was used yet
    top = 0
    for s in range(first, last):
        cost = start_cost[s]
        if cost < low and cost <= limit:
            low = cost
    if low == np.inf:
        return found, nxt, item, key
    # b: number of the lowest bucket that may hold labels; its place in the ring is b & mask
    b = np.int64(low * inverse)
    for s in range(first, last):
        u = start_node[s]
        cost = start_cost[s]
        if cost > limit:
            continue
        better = cost < dist[u]
        if cost == dist[u] and remember == LABEL:
            better = start_label[s] < label[u]
        if not better:
            continue
        if dist[u] == np.inf:
            touched[found] = u
            found += 1
        dist[u] = cost
        if remember == LABEL:
            label[u] = start_label[s]
        elif remember == ARC:
            label[u] = -1 - s
        if free >= 0:
            e = free
            free = nxt[e]
        else:
            if top == nxt.size:
                nxt = grow(nxt, 2 * top)
                item = grow(item, 2 * top)
                key = grow(key, 2 * top)
            e = top
            top += 1
        item[e] = u
        key[e] = cost
        slot = np.int64(cost * inverse) & mask
        nxt[e] = bucket[slot]
        bucket[slot] = e
        live += 1
    # invariant of the loop: no label that waits is in a bucket below b, and all are within one turn
    # of the ring, since no arc is longer than it
    goals = goal_ptr.size - 1
    goal = 0
    slot = b & mask
    while live > 0:
        if bucket[slot] < 0:
            b += 1
            slot = b & mask
            if goals > 0:
                while goal < goals:
                    best = np.inf
                    for i in range(goal_ptr[goal], goal_ptr[goal + 1]):
                        best = min(best, dist[goal_node[i]] + goal_cost[i])
                    # one bucket of slack: the product with the inverse is rounded
                    if best * inverse >= b - 1:
                        break
                    goal += 1
                if goal == goals:
                    bucket[:] = -1
                    break
            continue
        e = bucket[slot]
        bucket[slot] = nxt[e]
        nxt[e] = free
        free = e
        live -= 1
        u = item[e]
        d = key[e]
        # a stale label: a shorter one of u was worked before
        if d > dist[u]:
            continue
        own = label[u] if remember == LABEL else 0
        for a in range(indptr[u], indptr[u + 1]):
            reach = d + weights[a]
            v = heads[a]
            if reach > limit:
                continue
            # of equal distances the lower label counts: which place is nearest does not depend on
            # the order of work
            if not reach < dist[v]:
                if remember != LABEL or reach != dist[v] or own >= label[v] or reach == np.inf:
                    continue
            elif dist[v] == np.inf:
                touched[found] = v
                found += 1
            dist[v] = reach
            if remember == LABEL:
                label[v] = own
            elif remember == ARC:
                label[v] = a
            if free >= 0:
                e = free
                free = nxt[e]
            else:
                if top == nxt.size:
                    nxt = grow(nxt, 2 * top)
                    item = grow(item, 2 * top)
                    key = grow(key, 2 * top)
                e = top
                top += 1
            item[e] = v
            key[e] = reach
            s = np.int64(reach * inverse) & mask
            nxt[e] = bucket[s]
            bucket[s] = e
            live += 1
    return found, nxt, item, key
