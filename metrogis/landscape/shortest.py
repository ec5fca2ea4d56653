"""Kernels over all shortest paths of a graph: sums, and what the loss of a node or link costs.

The graph is a CSR table of arcs. ``value(s, t) = a_s a_t exp(-alpha d_st)``; the kernels add it up
over ordered pairs. The loss of a node (or link) is found by *subtree repair*: from each source only
the nodes whose shortest path runs through it get a new distance, by a Dijkstra search inside
that subtree, started from the nodes just outside.
"""

from __future__ import annotations

import numpy as np
from numba import njit

INF = np.inf


@njit(cache=True, nogil=True)
def _push(heap, keys, place, size, node, key):  # type: ignore[no-untyped-def]
    """Insert ``node`` or lower its key; return the new size. ``place`` is -1 when not in heap."""
    keys[node] = key
    i = place[node]
    if i < 0:
        i = size
        size += 1
    while i > 0:
        up = (i - 1) >> 1
        other = heap[up]
        if keys[other] <= key:
            break
        heap[i] = other
        place[other] = i
        i = up
    heap[i] = node
    place[node] = i
    return size


@njit(cache=True, nogil=True)
def _pop(heap, keys, place, size):  # type: ignore[no-untyped-def]
    """Remove the node with the smallest key; return it and the new size."""
    top = heap[0]
    place[top] = -1
    size -= 1
    if size > 0:
        node = heap[size]
        key = keys[node]
        i = 0
        while True:
            child = 2 * i + 1
            if child >= size:
                break
            if child + 1 < size and keys[heap[child + 1]] < keys[heap[child]]:
                child += 1
            other = heap[child]
            if keys[other] >= key:
                break
            heap[i] = other
            place[other] = i
            i = child
        heap[i] = node
        place[node] = i
    return top, size


@njit(cache=True, nogil=True)
def tree(source, indptr, indices, weights, dist, parent, arc, order, heap, place):  # type: ignore[no-untyped-def]
    """Search the shortest paths from a node to all others (Dijkstra).

    Parameters
    ----------
    source : int
    indptr, indices, weights : arrays
        The graph in compressed sparse rows; weights are not negative.
    dist, parent, arc, order : arrays (nodes,)
        Filled: distance (infinite: none), node before and arc from it (-1: none), nodes in the
        order settled.
    heap, place : arrays of int (nodes,)
        Room to work in: the heap, and where each node is on it.

    Returns
    -------
    int
        Nodes reached, which is how much of ``order`` is filled.
    """
    dist[:] = INF
    parent[:] = -1
    arc[:] = -1
    place[:] = -1
    size = _push(heap, dist, place, 0, source, 0.0)
    count = 0
    while size > 0:
        # invariant: dist of a popped node is final, since no weight is negative
        u, size = _pop(heap, dist, place, size)
        order[count] = u
        count += 1
        du = dist[u]
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            reached = du + weights[e]
            if reached < dist[v]:
                parent[v] = u
                arc[v] = e
                size = _push(heap, dist, place, size, v, reached)
    return count


@njit(cache=True, nogil=True)
def pair_sum(indptr, indices, weights, a, alpha):  # type: ignore[no-untyped-def]
    """Return the sum of ``a_s a_t exp(-alpha d_st)`` over ordered pairs, ``s = t`` included.

    The numerator of PC. Pairs without a path count 0; sources without an attribute are skipped.
    """
    n = a.size
    dist, order = np.empty(n), np.empty(n, np.int32)
    parent, arc = np.empty(n, np.int32), np.empty(n, np.int32)
    heap, place = np.empty(n, np.int32), np.empty(n, np.int32)
    total = 0.0
    for s in range(n):
        if a[s] == 0.0:
            continue
        part = 0.0
        for k in range(tree(s, indptr, indices, weights, dist, parent, arc, order, heap, place)):
            part += a[order[k]] * np.exp(-alpha * dist[order[k]])
        total += a[s] * part
    return total


@njit(cache=True, nogil=True)
def hops(source, indptr, indices, steps, queue):  # type: ignore[no-untyped-def]
    """Fill ``steps`` with the fewest links from a node to every other, -1 where there is no path.

    Parameters
    ----------
    source : int
    indptr, indices : arrays
    steps, queue : arrays of int (nodes,)
        Filled, and room to work in.
    """
    steps[:] = -1
    steps[source] = 0
    queue[0] = source
    head, tail = 0, 1
    # breadth first: nodes leave the queue in the order of their steps, so the first step found is
    # the fewest
    while head < tail:
        u = queue[head]
        head += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if steps[v] < 0:
                steps[v] = steps[u] + 1
                queue[tail] = v
                tail += 1


@njit(cache=True, nogil=True)
def hop_sum(indptr, indices, a):  # type: ignore[no-untyped-def]
    """Return the sum of ``a_s a_t / (1 + n_st)`` over connected ordered pairs, ``s = t`` included.

    ``n_st`` is the fewest links between the two: the numerator of IIC.
    """
    n = a.size
    steps = np.empty(n, np.int64)
    queue = np.empty(n, np.int64)
    total = 0.0
    for s in range(n):
        hops(s, indptr, indices, steps, queue)
        part = 0.0
        for t in range(n):
            if steps[t] >= 0:
                part += a[t] / (1.0 + steps[t])
        total += a[s] * part
    return total


@njit(cache=True, nogil=True)
def all_distances(indptr, indices, weights):  # type: ignore[no-untyped-def]
    """Shortest distances between all nodes, shape (n, n), infinite where there is no path."""
    n = indptr.size - 1
    out = np.empty((n, n))
    parent = np.empty(n, np.int64)
    arc = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    heap = np.empty(n, np.int64)
    place = np.empty(n, np.int64)
    for s in range(n):
        tree(s, indptr, indices, weights, out[s], parent, arc, order, heap, place)
    return out


@njit(cache=True, nogil=True)
def _preorder(source, count, order, parent, start, extent, sequence, cursor):  # type: ignore[no-untyped-def]
    """Number the tree so that the subtree of v is ``sequence[start[v] : start[v] + extent[v]]``."""
    start[:] = -1
    for i in range(count):
        extent[order[i]] = 1
    # farthest first: the extent of a node is complete before it is added to that of its parent
    for i in range(count - 1, 0, -1):
        v = order[i]
        extent[parent[v]] += extent[v]
    start[source] = 0
    cursor[source] = 1
    sequence[0] = source
    for i in range(1, count):  # parents come before children in settling order
        v = order[i]
        p = parent[v]
        start[v] = cursor[p]
        cursor[p] += extent[v]
        cursor[v] = start[v] + 1
        sequence[start[v]] = v


@njit(cache=True, nogil=True)
def _loss(low, high, lost, banned, above, alpha, amounts, subtree, arcs, back, heap, place):  # type: ignore[no-untyped-def]
    """Sum of a_t (p_st - p'_st) over ``sequence[low:high]`` when a node or an arc is gone.

    New distances come from a Dijkstra search inside the subtree, without node ``lost`` and arc
    ``banned``. Only nodes t > ``above`` are wanted: the search stops when they are done.
    """
    a, p = amounts
    sequence, start, first, last, dist, fresh = subtree
    indptr, indices, weights = arcs
    rptr, rind, rweights, rarc = back
    # sequence[low:high] is the subtree that hangs on what is lost: all other distances stay
    wanted = 0
    for i in range(low, high):
        if sequence[i] > above:
            wanted += 1
    if wanted == 0:
        return 0.0
    size = 0
    for i in range(low, high):
        t = sequence[i]
        best = INF
        if first[t] < low or last[t] >= high:  # else all its neighbours are in the subtree
            for e in range(rptr[t], rptr[t + 1]):
                u = rind[e]
                at = start[u]
                if at < 0 or (low <= at < high) or u == lost or rarc[e] == banned:
                    continue
                reached = dist[u] + rweights[e]
                if reached < best:
                    best = reached
        # invariant: fresh is the best way that enters the subtree at t itself, or infinite
        fresh[t] = best
        place[t] = -1
        if best < INF:
            size = _push(heap, fresh, place, size, t, best)
    total = 0.0
    while size > 0:
        u, size = _pop(heap, fresh, place, size)
        du = fresh[u]
        if u > above:
            # the loss itself is added up: a difference of two sums would lose its digits
            longer = du - dist[u]
            if longer > 0.0:
                total -= a[u] * p[u] * np.expm1(-alpha * longer)
            wanted -= 1
            if wanted == 0:
                return total
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            reached = du + weights[e]
            if low <= start[v] < high and reached < fresh[v]:
                size = _push(heap, fresh, place, size, v, reached)
    for i in range(low, high):  # cut off
        t = sequence[i]
        if t > above and fresh[t] == INF:
            total += a[t] * p[t]
    return total


@njit(cache=True, nogil=True)
def _span(count, order, start, rptr, rind, first, last):  # type: ignore[no-untyped-def]
    """First and last place in the tree's sequence among the nodes with an arc to each node."""
    for i in range(count):
        v = order[i]
        low, high = start[v], start[v]
        for e in range(rptr[v], rptr[v + 1]):
            at = start[rind[e]]
            if at >= 0:
                low = min(low, at)
                high = max(high, at)
        first[v] = low
        last[v] = high


@njit(cache=True, nogil=True)
def losses(  # type: ignore[no-untyped-def]
    begin, stride, a, alpha, indptr, indices, weights, rptr, rind, rweights, rarc, directed,
    at_source, node_mask, arc_mask, node_floor, arc_floor, negligible,
):  # fmt: skip
    """Sums over shortest paths from every ``stride``-th node, and what is lost with nodes and arcs.

    Parameters
    ----------
    begin, stride : int
        Sources ``begin``, ``begin + stride``, ...
    a : (n,) float64
        Attributes.
    alpha : float
        Decay: probability = exp(-alpha distance).
    indptr, indices, weights
        Arcs by their start.
    rptr, rind, rweights, rarc
        Arcs by their end, ``rarc`` the position of each in the first table.
    directed : bool
        If False both tables hold every link twice, and a pair is worked out from its lower end.
    at_source : bool
        Work out only the losses of arcs that leave the source; else all others.
    node_mask, arc_mask : bool arrays
        Which losses are wanted.
    node_floor, arc_floor, negligible : arrays, float
        Losses between pairs that together stay below ``negligible`` times the floor are skipped.

    Returns
    -------
    totals : (n,)
        Per source s: sum of a_s a_t p*_st, s = t included.
    out_flux, in_flux : (n,)
        Sum of a_t p*_st over t != s, and of a_s p*_st over s != t.
    node_loss, arc_loss
        Part of the sum lost between the other nodes.
    arc_through
        Part of the sum whose path uses the arc: an upper bound of ``arc_loss``.
    """
    n = a.size
    dist = np.empty(n)
    fresh = np.empty(n)
    parent = np.empty(n, np.int32)
    arc = np.empty(n, np.int32)
    order = np.empty(n, np.int32)
    heap = np.empty(n, np.int32)
    place = np.empty(n, np.int32)
    start = np.empty(n, np.int32)
    extent = np.empty(n, np.int32)
    sequence = np.empty(n, np.int32)
    cursor = np.empty(n, np.int32)
    first = np.empty(n, np.int32)
    last = np.empty(n, np.int32)
    p = np.empty(n)
    flow = np.empty(n)
    totals = np.zeros(n)
    out_flux = np.zeros(n)
    in_flux = np.zeros(n)
    node_loss = np.zeros(n)
    arc_loss = np.zeros(indices.size)
    arc_through = np.zeros(indices.size)
    twice = 1.0 if directed else 2.0
    for s in range(begin, n, stride):
        count = tree(s, indptr, indices, weights, dist, parent, arc, order, heap, place)
        part = 0.0
        for i in range(1, count):
            t = order[i]
            p[t] = np.exp(-alpha * dist[t])
            flow[t] = a[t] * p[t]
            part += flow[t]
            in_flux[t] += a[s] * p[t]
        p[s] = 1.0
        flow[s] = 0.0
        out_flux[s] = part
        totals[s] = a[s] * (a[s] + part)
        for i in range(count - 1, 0, -1):
            v = order[i]
            arc_through[arc[v]] += a[s] * flow[v]
            flow[parent[v]] += flow[v]
        if a[s] == 0.0:
            continue
        above = -1 if directed else s
        _preorder(s, count, order, parent, start, extent, sequence, cursor)
        _span(count, order, start, rptr, rind, first, last)
        for i in range(1, count):
            k = order[i]
            low = start[k]
            high = low + extent[k]
            e = arc[k]
            carried = twice * a[s] * flow[k]
            node = not at_source and extent[k] > 1 and node_mask[k]
            if node and carried > negligible * node_floor[k]:
                node_loss[k] += twice * a[s] * _loss(
                        low + 1, high, k, -1, above, alpha, (a, p),
                        (sequence, start, first, last, dist, fresh), (indptr, indices, weights),
                        (rptr, rind, rweights, rarc), heap, place,
                    )  # fmt: skip
            link = at_source == (parent[k] == s) and arc_mask[e]
            if link and carried > negligible * arc_floor[e]:
                arc_loss[e] += twice * a[s] * _loss(
                        low, high, -1, e, above, alpha, (a, p),
                        (sequence, start, first, last, dist, fresh), (indptr, indices, weights),
                        (rptr, rind, rweights, rarc), heap, place,
                    )  # fmt: skip
    return totals, out_flux, in_flux, node_loss, arc_loss, arc_through
