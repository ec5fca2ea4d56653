"""Ways of people to interchanges on a street network: who gets there, how far, and along what.

Everyone travels *to* the interchange: one-way streets count in that direction. A way begins at the
home (the centre of a cell), goes straight to its street, along streets, and straight to the
entrance; all three count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from metrogis.arrays import Array
from metrogis.streets import StreetNetwork
from metrogis.streets.catchments import Catchments
from metrogis.streets.snap import Snapped
from metrogis.streets.terminals import Terminals, by_value, terminals


class Ways(NamedTuple):
    """Shortest way of each home to each interchange within reach; one row per pair.

    Attributes
    ----------
    place, home : arrays of int
    cost : array of float
        In the network's unit, with the straight ends.
    metres, marked : arrays of float
        Metres along streets, and those of them on marked edges.
    longest : array of float
        Longest unbroken stretch of the way on unmarked edges, m.
    climb : array of float
        Metres up and down along the way, added; 0 without heights.
    """

    place: Array
    home: Array
    cost: Array
    metres: Array
    marked: Array
    longest: Array
    climb: Array


def air_pairs(
    points: Array, owner: Array, homes: Array, *, limit: float
) -> tuple[Array, Array, Array]:
    """Return place, home and straight distance (m) of all pairs within ``limit``.

    Parameters
    ----------
    points : array of float, shape (points, 2)
        Entrances; ``owner`` is the place of each.
    homes : array of float, shape (homes, 2)
    limit : float
        m, inclusive.

    Examples
    --------
    >>> gates = np.array([[0.0, 0], [30, 0]])
    >>> place, home, metres = air_pairs(gates, np.array([0, 0]), np.array([[20.0, 0]]), limit=50)
    >>> place.tolist(), home.tolist(), metres.tolist()
    ([0], [0], [10.0])
    """
    if len(points) == 0 or len(homes) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    found = cKDTree(points).sparse_distance_matrix(
        cKDTree(homes), np.nextafter(limit, np.inf), output_type="ndarray"
    )
    place, home = owner[found["i"]].astype(np.int64), found["j"].astype(np.int64)
    # of the entrances of a place the nearest to a home comes first, and only that one stays
    order = np.lexsort((found["v"], home, place))
    place, home, metres = place[order], home[order], found["v"][order]
    first = np.ones(len(place), bool)
    first[1:] = (place[1:] != place[:-1]) | (home[1:] != home[:-1])
    return place[first], home[first], metres[first]


def within(points: Snapped, allowed: Array) -> Snapped:
    """Return snapped points of which those too far from their street are unknown.

    Parameters
    ----------
    points : Snapped
    allowed : array of float (n,)
        Metres for each point, included; NaN allows nothing.
    """
    far = ~(points.distance <= allowed)
    return replace(
        points,
        node=np.where(far, -1, points.node),
        edge=np.where(far, -1, points.edge),
        distance=np.where(far, np.nan, points.distance),
    )


def ways_to(
    network: StreetNetwork,
    entrances: Snapped,
    owner: Array,
    homes: Snapped,
    *,
    limit: float,
    marked: Array | None = None,
    steep: Array | None = None,
) -> tuple[Ways, Catchments]:
    """Return the shortest way of every home to every place within ``limit``.

    Parameters
    ----------
    network : StreetNetwork
    entrances : Snapped
        On this network; ``owner`` is the place of each, 0-based, every place at least once.
    homes : Snapped
        On this network.
    limit : float
        In the network's unit, inclusive.
    marked : array of bool, shape (edges,), optional
        Edges that count as infrastructure.
    steep : array of float, shape (edges,), optional
        Gradient of edges without sign, per cent; NaN counts as 0.

    Returns
    -------
    Ways
        Ordered by place and home.
    Catchments
        Searched towards the places.
    """
    mark = np.zeros(network.n_edges, bool) if marked is None else np.asarray(marked, bool)
    rise = np.zeros(network.n_edges) if steep is None else np.nan_to_num(steep) / 100
    found = network.catchments(
        entrances, limit, direction="to", groups=np.asarray(owner), snap_cost=True
    )
    goal = found.places
    start = terminals(network, homes, leaving=True, snap_cost=True, layer="homes")
    # homes by the node, and by the edge, at which they enter: the search meets them there
    node_ptr, row = by_value(start.node, network.n_nodes)
    edge_ptr, inner = by_value(start.inner_edge, network.n_edges)
    # a home goes along its edge to the entrance beside it
    ahead, back = network.edge_weights(start.inner_edge[inner])
    seed_metres, seed_edge = _stub(goal, entrances, network)
    home_metres, home_edge = _stub(start, homes, network)
    out = _ways(
        (found.ptr, found.node, found.distance),
        (network.indptr, network.indices, network.weights, network.arc_edge, network.edge_length,
         mark, rise, network.n_nodes),
        (goal.ptr, goal.node, goal.cost, seed_metres, seed_edge),
        (goal.inner_ptr, goal.inner_edge, goal.inner_fraction, goal.inner_cost),
        (node_ptr, start.group[row], start.cost[row], home_metres[row], home_edge[row]),
        (edge_ptr, start.inner_group[inner], start.inner_fraction[inner],
         start.inner_cost[inner], ahead, back),
        start.places, float(limit),
    )  # fmt: skip
    # the kernel lists homes as it meets them, near ones first
    order = np.lexsort((out[1], out[0]))
    return Ways(*(column[order] for column in out)), found


def _stub(ends: Terminals, points: Snapped, network: StreetNetwork) -> tuple[Array, Array]:
    """Return metres on the point's own edge to each entry, and that edge (-1: on a node)."""
    edge = np.where(ends.side >= 0, points.edge[ends.point], -1)
    # an entry at the start of the edge is as far as the point's fraction, one at its end as the
    # rest
    share = np.where(ends.side == 0, points.fraction[ends.point], 1 - points.fraction[ends.point])
    length = network.edge_length[edge] if network.n_edges else np.zeros(len(edge))
    return np.where(edge >= 0, np.nan_to_num(share) * length, 0.0), edge.astype(np.int64)


@njit(cache=True, nogil=True)
def _grown(a, size):  # type: ignore[no-untyped-def]
    out = np.empty(size, a.dtype)
    out[: a.size] = a
    return out


@njit(cache=True, nogil=True)
def _ways(found, graph, seeds, inners, at_nodes, on_edges, homes, limit):  # type: ignore[no-untyped-def]
    """Carry metres, marked metres and stretches from the places outwards, in order of distance.

    ``seeds`` and ``inners`` are where places meet nodes and the inside of edges, ``at_nodes`` and
    ``on_edges`` the same of homes.
    """
    ptr, node, distance = found
    indptr, heads, weights, arc_edge, length, mark, rise, n = graph
    seed_ptr, seed_node, seed_cost, seed_metres, seed_edge = seeds
    in_ptr, in_edge, in_fraction, in_cost = inners
    node_ptr, home, home_cost, home_metres, home_edge = at_nodes
    edge_ptr, beside, beside_fraction, beside_cost, ahead, back = on_edges
    # of each node, on its way to the place: cost, entry of the place, metres, metres on
    # infrastructure, the stretch without it that is under way, the longest such stretch so far,
    # climb
    dist = np.full(n, np.inf)
    seed = np.full(n, -1, np.int64)
    metres = np.zeros(n)
    marked = np.zeros(n)
    run = np.zeros(n)
    longest = np.zeros(n)
    climb = np.zeros(n)
    # of each home: least cost, node at which it enters (-1: beside an entrance on one edge), metres
    # on its own edge, that edge
    best = np.full(homes, np.inf)
    entry = np.empty(homes, np.int64)
    own = np.empty(homes)
    own_edge = np.empty(homes, np.int64)
    met = np.empty(homes, np.int64)
    room = 1 << 12
    out_place = np.empty(room, np.int64)
    out_home = np.empty(room, np.int64)
    out_cost = np.empty(room)
    out_metres = np.empty(room)
    out_marked = np.empty(room)
    out_longest = np.empty(room)
    out_climb = np.empty(room)
    used = 0
    for p in range(ptr.size - 1):
        for i in range(seed_ptr[p], seed_ptr[p + 1]):
            u = seed_node[i]
            if seed[u] < 0 or seed_cost[i] < seed_cost[seed[u]]:
                seed[u] = i
        # invariant: nodes come in order of distance, so the next node towards the place is done
        # before; a stable sort, for nodes of one place
        rows = ptr[p] + np.argsort(distance[ptr[p] : ptr[p + 1]], kind="mergesort")
        count = 0
        for r in rows:
            u = node[r]
            cost = np.inf
            step = 0.0
            e = -1
            v = -1
            if seed[u] >= 0:
                cost = seed_cost[seed[u]]
                step = seed_metres[seed[u]]
                e = seed_edge[seed[u]]
            # the arc that gave the node its distance is found again instead of kept: heads not yet
            # done are infinitely far
            for a in range(indptr[u], indptr[u + 1]):
                reach = dist[heads[a]] + weights[a]
                if reach < cost:
                    cost = reach
                    v = heads[a]
                    e = arc_edge[a]
                    step = length[e]
            # the distance of the search itself, so that both agree to the bit
            dist[u] = distance[r]
            before = 0.0
            stretch = 0.0
            if v >= 0:
                metres[u] = metres[v] + step
                marked[u] = marked[v]
                climb[u] = climb[v]
                stretch = run[v]
                before = longest[v]
            else:
                metres[u] = step
                marked[u] = 0.0
                climb[u] = 0.0
            if e >= 0:
                climb[u] += step * rise[e]
            # infrastructure ends the stretch without it
            if e >= 0 and mark[e]:
                marked[u] += step
                stretch = 0.0
            else:
                stretch += step
            run[u] = stretch
            longest[u] = max(before, stretch)
            for j in range(node_ptr[u], node_ptr[u + 1]):
                reach = dist[u] + home_cost[j]
                h = home[j]
                if reach <= limit and reach < best[h]:
                    if best[h] == np.inf:
                        met[count] = h
                        count += 1
                    best[h] = reach
                    entry[h] = u
                    own[h] = home_metres[j]
                    own_edge[h] = home_edge[j]
        for i in range(in_ptr[p], in_ptr[p + 1]):
            e = in_edge[i]
            for j in range(edge_ptr[e], edge_ptr[e + 1]):
                # above 0: the home rides along the drawing of the edge to the entrance; else
                # against it
                gap = in_fraction[i] - beside_fraction[j]
                reach = in_cost[i] + beside_cost[j]
                if gap > 0:
                    reach += gap * ahead[j]
                elif gap < 0:
                    reach -= gap * back[j]
                h = beside[j]
                if reach <= limit and reach < best[h]:
                    if best[h] == np.inf:
                        met[count] = h
                        count += 1
                    best[h] = reach
                    entry[h] = -1
                    own[h] = abs(gap) * length[e]
                    own_edge[h] = e
        if used + count > room:
            room = max(2 * room, used + count)
            out_place = _grown(out_place, room)
            out_home = _grown(out_home, room)
            out_cost = _grown(out_cost, room)
            out_metres = _grown(out_metres, room)
            out_marked = _grown(out_marked, room)
            out_longest = _grown(out_longest, room)
            out_climb = _grown(out_climb, room)
        for i in range(count):
            h = met[i]
            u = entry[h]
            # beside an entrance nothing comes before the own edge
            total, on, stretch, top, up = 0.0, 0.0, 0.0, 0.0, 0.0
            if u >= 0:
                total, on, stretch, top = metres[u], marked[u], run[u], longest[u]
                up = climb[u]
            if own_edge[h] >= 0:
                up += own[h] * rise[own_edge[h]]
            if own_edge[h] >= 0 and mark[own_edge[h]]:
                on += own[h]
            else:
                top = max(top, stretch + own[h])
            out_place[used] = p
            out_home[used] = h
            out_cost[used] = best[h]
            out_metres[used] = total + own[h]
            out_marked[used] = on
            out_longest[used] = top
            out_climb[used] = up
            best[h] = np.inf
            used += 1
        for r in rows:
            dist[node[r]] = np.inf
        for i in range(seed_ptr[p], seed_ptr[p + 1]):
            seed[seed_node[i]] = -1
    return (
        out_place[:used],
        out_home[:used],
        out_cost[:used],
        out_metres[:used],
        out_marked[:used],
        out_longest[:used],
        out_climb[:used],
    )
