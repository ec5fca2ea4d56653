"""Kernel of least-cost distances: Dijkstra on a grid with a queue of buckets.

Distances are exact float64. Cells wait in buckets of equal width; a bucket no wider than the
cheapest step needs no order inside, a wider one is worked off until it is empty. Buckets are
chains of small blocks taken from one pool, so the queue takes the room of the front only.
"""

from __future__ import annotations

import numpy as np
from numba import njit

INF = np.inf
_BLOCK = 64
MAX_BUCKETS = 8192

# steps to the eight neighbours: the four straight ones first
DROW = np.array([0, 0, -1, 1, -1, -1, 1, 1])
DCOL = np.array([-1, 1, 0, 0, -1, 1, -1, 1])
_DONE = 64
SOURCE = 32
NONE = 31
_STEP = 31
_STATE = 255
MAX_LABEL = (1 << 23) - 1


@njit(cache=True, nogil=True)
def _grow(pool, chain):  # type: ignore[no-untyped-def]
    """Double the pool of blocks."""
    blocks = chain.size
    wider = np.empty(2 * pool.size, np.int32)
    wider[: pool.size] = pool
    links = np.empty(2 * blocks, np.int32)
    links[:blocks] = chain
    for i in range(blocks, 2 * blocks):
        links[i] = i + 1
    links[2 * blocks - 1] = -1
    return wider, links


@njit(cache=True, nogil=True)
def spread(cost, dist, tag, offsets, lengths, bucket, buckets, final, limit):  # type: ignore[no-untyped-def]
    """Spread from the sources (``dist`` 0); fill distance, label and way back.

    Parameters
    ----------
    cost : flat array of float
        Cost per unit length of each cell of a grid with a border of barriers; barriers: infinite.
    dist : flat float64
        0 at the sources, infinite elsewhere; changed in place.
    tag : flat int32
        Label of the nearest source x 256 + number of the step that led to the cell (``SOURCE`` at
        the sources, ``NONE`` where nothing leads): one number, so one visit to memory.
    offsets, lengths : arrays
        Change of flat index and length of each of the 4 or 8 steps.
    bucket, buckets : float, int
        Width of a bucket, and how many: a power of 2, a ring longer than the longest step.
    final : bool
        No step is shorter than a bucket: a cell worked off does not change any more.
    limit : float
        Cells farther than this stay unreached.
    """
    inverse = 1.0 / bucket
    steps = offsets.size
    ring = buckets - 1
    blocks = 1024
    pool = np.empty(blocks * _BLOCK, np.int32)
    chain = np.arange(1, blocks + 1).astype(np.int32)
    chain[blocks - 1] = -1
    free = 0
    head = np.full(buckets, -1, np.int32)
    filled = np.zeros(buckets, np.int32)
    waiting = 0
    start = 0  # sources are fed in as there is room: they may be half the grid
    number = 0
    while True:
        b = number & ring
        if number == 0:
            while start < dist.size and head[0] < 0:
                if dist[start] == 0.0 and tag[start] & _STATE == SOURCE:
                    block = free
                    free = chain[block]
                    chain[block] = -1
                    head[0] = block
                    filled[0] = 0
                    while start < dist.size and filled[0] < _BLOCK:
                        if dist[start] == 0.0 and tag[start] & _STATE == SOURCE:
                            pool[block * _BLOCK + filled[0]] = start
                            filled[0] += 1
                            waiting += 1
                        start += 1
                    break
                start += 1
        if waiting == 0:
            break
        while head[b] >= 0:
            filled[b] -= 1
            cell = pool[head[b] * _BLOCK + filled[b]]
            waiting -= 1
            if filled[b] == 0:
                block = head[b]
                head[b] = chain[block]
                chain[block] = free
                free = block
                filled[b] = _BLOCK
            here = dist[cell]
            state = tag[cell] & _STATE
            if state >= _DONE or np.int64(here * inverse) != number:
                continue  # worked off before, from this bucket or a nearer one
            if state < SOURCE:
                tag[cell] = (tag[cell - offsets[state]] & ~_STATE) | state | _DONE
            else:
                tag[cell] |= _DONE
            mine = np.float64(cost[cell])
            for k in range(steps):
                other = cell + offsets[k]
                if final and tag[other] & _DONE:
                    continue
                reached = here + 0.5 * (mine + np.float64(cost[other])) * lengths[k]
                if reached < dist[other] and reached <= limit:
                    dist[other] = reached
                    tag[other] = k
                    c = np.int64(reached * inverse) & ring
                    if head[c] < 0 or filled[c] == _BLOCK:
                        if free < 0:
                            free = chain.size
                            pool, chain = _grow(pool, chain)
                        block = free
                        free = chain[block]
                        chain[block] = head[c]
                        head[c] = block
                        filled[c] = 0
                    pool[head[c] * _BLOCK + filled[c]] = other
                    filled[c] += 1
                    waiting += 1
        if number > 0 or start >= dist.size:
            number += 1


@njit(cache=True, nogil=True)
def begin(cost, dist, tag):  # type: ignore[no-untyped-def]
    """Set the start of a search.

    Parameters
    ----------
    cost : array of float (cells,)
        Flat, with a border of barriers (infinite).
    dist : array of float (cells,)
        Set to 0 at sources, else infinite.
    tag : array of int (cells,)
        Holds labels, 0 for none; set to the label in the upper bits and the step by which the cell
        was reached in the lower eight. A label on a barrier is no source.
    """
    for cell in range(cost.size):
        if tag[cell] > 0 and cost[cell] < INF:
            dist[cell] = 0.0
            tag[cell] = (tag[cell] << 8) | SOURCE
        else:
            dist[cell] = INF
            tag[cell] = NONE


@njit(cache=True, nogil=True)
def range_of(cost):  # type: ignore[no-untyped-def]
    """Smallest and largest cost of passable cells; (inf, 0) when there is none."""
    low, high = INF, 0.0
    for cell in range(cost.size):
        c = cost[cell]
        if c < INF:
            low = min(low, c)
            high = max(high, c)
    return low, high


@njit(cache=True, nogil=True)
def count_boundary(dist, tag, offsets):  # type: ignore[no-untyped-def]
    """Return the number of pairs of neighbouring cells in different territories, each pair once.

    Cells that no source reaches are in no territory. The room that :func:`boundary` fills.
    """
    total = 0
    for cell in range(dist.size):
        if dist[cell] == INF:
            continue
        for k in range(offsets.size):
            if offsets[k] > 0:
                other = cell + offsets[k]
                if dist[other] < INF and tag[other] >> 8 != tag[cell] >> 8:
                    total += 1
    return total


@njit(cache=True, nogil=True)
def boundary(cost, dist, tag, offsets, lengths, keys, costs, cells, others, count):  # type: ignore[no-untyped-def]
    """List the crossings between territories.

    Parameters
    ----------
    cost, dist, tag : arrays (cells,)
        After :func:`spread`.
    offsets, lengths : arrays
        Steps to neighbours in the flat array, and their lengths; only positive steps are looked at,
        so that each pair comes once.
    keys : array of int64 (crossings,)
        Filled with ``low * count + high`` of the two labels.
    costs : array of float (crossings,)
        Filled with the cost from source to source over the crossing.
    cells, others : arrays of int (crossings,)
        Filled with the two cells.
    count : int
        Labels, 0 included.
    """
    i = 0
    for cell in range(dist.size):
        if dist[cell] == INF:
            continue
        for k in range(offsets.size):
            if offsets[k] > 0:
                other = cell + offsets[k]
                a, b = tag[cell] >> 8, tag[other] >> 8
                if dist[other] < INF and a != b:
                    low, high = min(a, b), max(a, b)
                    keys[i] = np.int64(low) * count + high
                    step = 0.5 * (np.float64(cost[cell]) + np.float64(cost[other])) * lengths[k]
                    costs[i] = dist[cell] + step + dist[other]
                    cells[i] = cell
                    others[i] = other
                    i += 1


@njit(cache=True, nogil=True)
def trace(cell, tag, offsets):  # type: ignore[no-untyped-def]
    """Return the cells from ``cell`` back to its source, both included.

    A tag holds the step by which its cell was reached, so the way back subtracts it until a source.
    """
    n = 1
    at = cell
    # once to count, once to fill: kernels have no lists
    while not tag[at] & SOURCE:
        at -= offsets[tag[at] & _STEP]
        n += 1
    out = np.empty(n, np.int64)
    at = cell
    for i in range(n):
        out[i] = at
        if i + 1 < n:
            at -= offsets[tag[at] & _STEP]
    return out
