"""Edge betweenness of a street graph, counted only over pairs of nodes within a distance.

Lengths are whole numbers of a small unit (see `whole_lengths`), so that sums are exact, ties are
ties whatever the order of adding, and the radius includes what lies exactly on it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from metrogis.arrays import Array

FAR = np.iinfo(np.int64).max
_DIGITS = 11
_MOST_SLOTS = 1 << 16
_CHUNKS = 8


class Arcs(NamedTuple):
    """An undirected graph in compressed rows: every edge is two arcs, loops are left out.

    Attributes
    ----------
    indptr : array of int, shape (nodes + 1,)
    head, edge : array of int, shape (2 edges,)
        Node an arc leads to, and its edge.
    length : array of int, shape (edges,)
        Length of every edge, in whole units.
    unit : float
        Size of the unit, m.
    """

    indptr: Array
    head: Array
    edge: Array
    length: Array
    unit: float


def whole_lengths(length: Array) -> tuple[Array, float]:
    """Return lengths in whole units, and the unit: a power of ten, 1e-11 of the longest or less.

    >>> whole_lengths(np.array([0.1, 0.2, 0.3]))[0].tolist()
    [10000000000, 20000000000, 30000000000]
    """
    top = float(np.max(length, initial=0.0))
    power = _DIGITS - (int(np.ceil(np.log10(top))) if top > 0 else 0)
    scaled = length * 10.0**power if power >= 0 else length / 10.0**-power
    return np.maximum(np.rint(scaled), 1).astype(np.int64), 10.0**-power


def whole_limit(limit: float, unit: float) -> int:
    """Return a limit in whole units: the largest that lengths may have which lie within it.

    Parameters
    ----------
    limit : float
        Metres; infinite gives the largest number that lengths can have.
    unit : float
        Metres of a unit. Lengths are rounded to it, so half a unit is allowed; what lies exactly on
        the limit is within, whatever the last bit of the division.

    Examples
    --------
    >>> whole_limit(2500.0, 0.5)
    5000
    """
    whole = limit / unit * (1 + 1e-15) + 0.5
    return int(np.floor(whole)) if whole < FAR else int(FAR)


def arcs(nodes: int, u: Array, v: Array, length: Array, keep: Array | None = None) -> Arcs:
    """Return the graph of edges ``u``-``v`` (node positions) with lengths in metres.

    Only edges of the mask ``keep`` get arcs; all keep their length and number.
    """
    units, unit = whole_lengths(np.asarray(length, float))
    chosen = u != v if keep is None else (u != v) & keep
    edge = np.flatnonzero(chosen)
    tail = np.concatenate([u[edge], v[edge]])
    order = np.lexsort((np.concatenate([edge, edge]), tail))
    indptr = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=nodes), out=indptr[1:])
    head = np.concatenate([v[edge], u[edge]])[order].astype(np.int32)
    return Arcs(indptr, head, np.concatenate([edge, edge])[order].astype(np.int32), units, unit)


def edge_betweenness(
    graph: Arcs,
    *,
    radius: float = np.inf,
    origins: Array | None = None,
    destinations: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Return the betweenness of every edge.

    Parameters
    ----------
    graph : Arcs
        Undirected graph.
    radius : float
        Only pairs at this network distance or nearer count, m.
    origins, destinations : array of float, shape (nodes,), optional
        Weights: a path from s to t counts ``origins[s] * destinations[t]``. By default 1.
    threads : int, optional
        Threads to use; by default those of the machine. The answer does not depend on it.

    Returns
    -------
    array of float, shape (edges,)
        Sum over pairs of the share of their shortest paths that use the edge. Each pair counts
        once in each direction, and the sum is halved: raw, undirected betweenness (Brandes 2001).

    Examples
    --------
    >>> g = arcs(3, np.array([0, 1]), np.array([1, 2]), np.array([100.0, 100.0]))
    >>> edge_betweenness(g).tolist(), edge_betweenness(g, radius=100).tolist()
    ([2.0, 2.0], [1.0, 1.0])
    """
    n = len(graph.indptr) - 1
    ones = np.ones(n)
    start = ones if origins is None else np.asarray(origins, float)
    end = ones if destinations is None else np.asarray(destinations, float)
    # edges keep their numbers, so the answer need not be brought back into the former order
    order = local_order(graph)
    graph, start, end = renumbered(graph, order), start[order], end[order]
    weight = graph.length[graph.edge]
    limit = whole_limit(radius, graph.unit)
    shift, slots = _ring(weight)
    # a fixed number of chunks, whatever the threads: floats are added in one order on every machine
    cuts = np.linspace(0, n, _CHUNKS + 1).astype(np.int64)

    def part(k: int) -> Array:
        return _count(
            graph.indptr,
            graph.head,
            graph.edge,
            weight,
            np.int64(limit),
            start,
            end,
            cuts[k],
            cuts[k + 1],
            len(graph.length),
            shift,
            slots,
        )

    workers = min(threads or os.cpu_count() or 1, _CHUNKS)
    with ThreadPoolExecutor(workers) as pool:  # the kernel lets go of the interpreter's lock
        parts = list(pool.map(part, range(_CHUNKS)))
    return np.sum(parts, axis=0) / 2


def local_order(graph: Arcs) -> Array:
    """Return an order of nodes that puts neighbours side by side in memory.

    Searches are several times faster in it where ids are scattered.
    """
    n = len(graph.indptr) - 1
    if n == 0:
        return np.zeros(0, np.int64)
    ones = np.ones(len(graph.head), np.int8)
    # reverse Cuthill-McKee keeps the ends of an arc near each other in the numbering
    pattern = csr_array((ones, graph.head, graph.indptr.astype(np.int32)), shape=(n, n))
    return np.asarray(reverse_cuthill_mckee(pattern, symmetric_mode=True), dtype=np.int64)


def renumbered(graph: Arcs, order: Array) -> Arcs:
    """Return the graph with its nodes in another order; edges keep their numbers.

    Neighbours in space become neighbours in memory: searches of a large graph wait less for it.

    Parameters
    ----------
    graph : Arcs
    order : array of int (nodes,)
        Node that comes at each place: a permutation.
    """
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    count = np.diff(graph.indptr)[order]
    indptr = np.concatenate([[0], np.cumsum(count)])
    shift: Array = graph.indptr[order] - indptr[:-1]
    # take[i]: position in the former arcs of the arc that now stands at i
    take = np.repeat(shift, count) + np.arange(indptr[-1])
    return Arcs(indptr, place[graph.head[take]], graph.edge[take], graph.length, graph.unit)


def _ring(weight: Array) -> tuple[int, int]:
    """Return width (as a shift) and number of slots of a queue that suits the arcs."""
    longest = int(weight.max(initial=1))
    mean = int(weight.mean()) if len(weight) else 1
    # half a mean arc, so that a slot holds few nodes; the ring must span the longest arc, hence its
    # end as a lower bound of the width
    width = max(mean // 2, longest // _MOST_SLOTS, 1)
    shift = width.bit_length() - 1
    return shift, 1 << ((longest >> shift) + 2).bit_length()


@njit(cache=True, nogil=True)
def push(keys, items, size, key, item):  # type: ignore[no-untyped-def]
    """Put an item on a binary heap.

    Parameters
    ----------
    keys, items : arrays, longer than ``size``
        The heap; the parent of place ``i`` is ``(i - 1) // 2`` and has no greater key.
    size : int
        Items on it before; the caller counts.
    key, item : number
    """
    # invariant: the hole is at i; everything but the keys from it to the root is in order
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = key
    items[i] = item


@njit(cache=True, nogil=True)
def pop(keys, items, size):  # type: ignore[no-untyped-def]
    """Take the item of the least key off a binary heap.

    Parameters
    ----------
    keys, items : arrays
        The heap, as for :func:`push`. The caller reads the item at place 0 before, and counts.
    size : int
        Items on it before, at least 1.
    """
    last = size - 1
    key = keys[last]
    item = items[last]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= last:
            break
        if child + 1 < last and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = key
    items[i] = item


@njit(cache=True, nogil=True)
def _count(  # type: ignore[no-untyped-def]
    indptr, head, edge, weight, limit, origin, dest, first, last, edges, shift, slots
):
    """Sum over sources ``first:last``, each pair in one direction.

    A ring of slots, the current one a small heap: nodes are settled in the order of distance.
    """
    n = indptr.size - 1
    out = np.zeros(edges)
    dist = np.full(n, FAR)
    by_edge = np.empty(n, np.int32)
    by_node = np.empty(n, np.int32)
    sigma = np.zeros(n)
    delta = np.zeros(n)
    order = np.empty(n, np.int32)
    # every arc puts its head into the queue once at most, as its tail is settled once
    most = head.size + 1
    ring = np.full(slots, -1, np.int32)
    nxt = np.empty(most, np.int32)
    node_of = np.empty(most, np.int32)
    key_of = np.empty(most, np.int64)
    keys = np.empty(most, np.int64)
    items = np.empty(most, np.int32)
    mask = slots - 1
    for s in range(first, last):
        if origin[s] == 0.0:
            continue
        settled = 0
        # whether two shortest paths of one length were met: without, paths need not be counted
        tied = False
        dist[s] = 0
        size = 0
        push(keys, items, size, 0, s)
        size = 1
        waiting = 0
        entries = 0
        b = np.int64(0)
        while True:
            # the heap holds the nodes of slot b alone; all that waits in the ring is farther
            if size == 0:
                if waiting == 0:
                    break
                b += 1
                slot = b & mask
                e = ring[slot]
                ring[slot] = -1
                while e >= 0:
                    waiting -= 1
                    # else a stale entry: its node got a shorter distance after it was put there
                    if key_of[e] == dist[node_of[e]]:
                        push(keys, items, size, key_of[e], node_of[e])
                        size += 1
                    e = nxt[e]
                continue
            d = keys[0]
            x = items[0]
            pop(keys, items, size)
            size -= 1
            if d > dist[x]:
                continue
            order[settled] = x
            settled += 1
            for a in range(indptr[x], indptr[x + 1]):
                reach = d + weight[a]
                y = head[a]
                # FAR > limit, so a node not yet met passes the first test
                if reach > dist[y] or reach > limit:
                    continue
                if reach == dist[y]:
                    tied = True
                    continue
                dist[y] = reach
                by_edge[y] = edge[a]
                by_node[y] = x
                place = reach >> shift
                if place == b:
                    push(keys, items, size, reach, y)
                    size += 1
                else:
                    slot = place & mask
                    nxt[entries] = ring[slot]
                    node_of[entries] = y
                    key_of[entries] = reach
                    ring[slot] = entries
                    entries += 1
                    waiting += 1
        # farthest first: what passes through a node is complete before its predecessor is asked
        # (Brandes)
        if not tied:
            for i in range(settled - 1, 0, -1):
                x = order[i]
                through = delta[x] + dest[x]
                out[by_edge[x]] += origin[s] * through
                delta[by_node[x]] += through
        else:
            # sigma: number of shortest paths from s; nearest first, so that it is complete when
            # passed on
            sigma[s] = 1.0
            for i in range(settled):
                x = order[i]
                for a in range(indptr[x], indptr[x + 1]):
                    if dist[x] + weight[a] == dist[head[a]]:
                        sigma[head[a]] += sigma[x]
            for i in range(settled - 1, 0, -1):
                x = order[i]
                # each of the sigma[x] paths to x carries the same share of what ends at x or passes
                # it
                share = (delta[x] + dest[x]) / sigma[x]
                for a in range(indptr[x], indptr[x + 1]):
                    y = head[a]
                    if dist[y] < dist[x] and dist[y] + weight[a] == dist[x]:
                        out[edge[a]] += origin[s] * share * sigma[y]
                        delta[y] += share * sigma[y]
        for i in range(settled):
            x = order[i]
            dist[x] = FAR
            sigma[x] = 0.0
            delta[x] = 0.0
    return out
