"""Planned cycle links put into a calm street network, and what building them opens.

Links are chains of points of their own. They meet the streets where a calm street passes within a
join distance of them, and each other at shared points. Distances run to the nearest interchange.
A link can only shorten ways: building one repairs distances from its ends outwards, so that the
exact gain of every link costs a search of what it changes, not of the city.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import shapely
from numba import njit
from scipy.spatial import cKDTree

from metrogis.arrays import Array
from metrogis.streets import StreetNetwork
from metrogis.streets.snap import Snapped
from metrogis.streets.terminals import by_value, terminals

_ROUND = 2  # decimals of a metre: points of links this near are one


@dataclass(frozen=True, eq=False)
class LinkGraph:
    """Streets and links as arcs into each node, with the link each arc belongs to (-1: streets).

    Attributes
    ----------
    ptr, tail, weight, link : arrays
        Arcs ending at node ``v``: ``ptr[v]:ptr[v + 1]``; they come from ``tail``.
    own_ptr, own_tail, own_head, own_weight : arrays
        Arcs of link ``i``: ``own_ptr[i]:own_ptr[i + 1]``.
    xy : array of float, shape (points of links, 2)
        Node ``streets + j`` lies at ``xy[j]``.
    streets : int
        Number of nodes of the street network.
    joined : array of bool, shape (links,)
        Whether the link meets a calm street at all.
    touching : list of (int, int)
        Pairs of links that share a point.
    cut_key, cut_node : arrays
        Where links meet the inside of edges: edge number plus share of its length, ascending, and
        the node there.
    network : StreetNetwork
    """

    ptr: Array
    tail: Array
    weight: Array
    link: Array
    own_ptr: Array
    own_tail: Array
    own_head: Array
    own_weight: Array
    xy: Array
    point_link: Array
    streets: int
    joined: Array
    touching: list[tuple[int, int]]
    cut_key: Array
    cut_node: Array
    network: StreetNetwork

    def entries(self, points: Snapped, groups: Array, *, leaving: bool) -> tuple[Array, ...]:
        """Return node, cost and group of the entries of points, where links cut edges too.

        Parameters
        ----------
        points : Snapped
            On the network of the graph.
        groups : array of int
            Place of each point.
        leaving : bool
            Cost from the point to the entry; else from the entry to the point.
        """
        own = terminals(self.network, points, leaving=leaving, snap_cost=True)
        node, cost, group = [own.node], [own.cost], [groups[own.point]]
        inside = np.flatnonzero(points.edge >= 0)
        edge, share = points.edge[inside], points.fraction[inside]
        ahead, back = self.network.edge_weights(edge)
        if not leaving:
            ahead, back = back, ahead
        at = np.searchsorted(self.cut_key, edge + share)
        for step, weight in ((at, ahead), (at - 1, back)):
            ok = (step >= 0) & (step < len(self.cut_key))
            there = self.cut_key[np.where(ok, step, 0)] if len(self.cut_key) else edge - 1.0
            ok &= (np.floor(there) == edge) & np.isfinite(weight)
            gap = np.abs(there - (edge + share))[ok]
            node.append(self.cut_node[step[ok]])
            cost.append(gap * weight[ok] + points.distance[inside[ok]])
            group.append(groups[inside[ok]])
        return (
            np.concatenate(node).astype(np.int64),
            np.concatenate(cost),
            np.concatenate(group).astype(np.int64),
        )


def link_graph(
    network: StreetNetwork, links: Array, *, join: float, step: float = 25.0
) -> LinkGraph:
    """Join links to a network.

    Parameters
    ----------
    network : StreetNetwork
        The calm one.
    links : array of LineString or MultiLineString
        Working CRS, m. Travelled in both directions.
    join : float
        m; a street this near to a link meets it.
    step : float
        m; besides at its vertices a link can be met at points this far apart.
    """
    tails: list[Array] = []
    heads: list[Array] = []
    weights: list[Array] = []
    owner: list[Array] = []
    points: list[Array] = []
    for i, shape in enumerate(links):
        for part in shapely.get_parts(shape):
            xy = shapely.get_coordinates(shapely.segmentize(part, step))
            points.append(np.column_stack([xy, np.full(len(xy), i)]))
    count = len(links)
    raw = np.concatenate(points) if points else np.zeros((0, 3))
    key = np.round(raw[:, :2], _ROUND)
    xy, first, node = np.unique(key, axis=0, return_index=True, return_inverse=True)
    node = node.ravel()
    xy = raw[first, :2]
    base = network.n_nodes
    start = 0
    for chain in points:
        at = node[start : start + len(chain)] + base
        gap = np.hypot(*np.diff(chain[:, :2], axis=0).T)
        mine = np.full(len(gap), int(chain[0, 2]))
        tails += [at[:-1], at[1:]]
        heads += [at[1:], at[:-1]]
        weights += [gap, gap]
        owner += [mine, mine]
        start += len(chain)
    # each link's own points meet the streets: an end shared by two links does so for both
    pair = np.unique(np.column_stack([node, raw[:, 2].astype(np.int64)]), axis=0)
    where = network.snap(
        xy[pair[:, 0]], limit=join, component=None, among=network.open_edges, layer="links"
    )
    joined = np.zeros(count, bool)
    joined[pair[where.known, 1]] = True
    total = base + len(xy)
    # streets are cut where links meet them
    # a cut as one number: edge + share of its length; sorted, cuts of an edge stand in its order
    key = where.edge + np.nan_to_num(where.fraction)
    cut_key = np.unique(key[where.edge >= 0])
    # nodes are numbered streets, points of links, cuts of streets
    cut_node = total + np.arange(len(cut_key))
    contact = np.where(where.node >= 0, where.node, -1)
    inside = where.edge >= 0
    contact[inside] = cut_node[np.searchsorted(cut_key, key[inside])]
    met = np.flatnonzero(contact >= 0)
    at = pair[met, 0] + base
    tails += [at, contact[met]]
    heads += [contact[met], at]
    weights += [where.distance[met]] * 2
    owner += [pair[met, 1]] * 2
    street = _cut_edges(network, cut_key, cut_node)
    total += len(cut_key)
    none = [np.zeros(0)]
    tail = np.concatenate(tails or none).astype(np.int64)
    head = np.concatenate(heads or none).astype(np.int64)
    weight = np.concatenate(weights or none).astype(float)
    link = np.concatenate(owner or none).astype(np.int64)
    own = np.argsort(link, kind="stable")
    own_ptr = np.searchsorted(link[own], np.arange(count + 1))
    all_head = np.concatenate([network.indices, street[1], head])
    # arcs by head: distances to interchanges are spread backwards along them
    order = np.argsort(all_head, kind="stable")
    ptr = np.searchsorted(all_head[order], np.arange(total + 1))
    return LinkGraph(
        ptr,
        np.concatenate([network.arc_tail, street[0], tail])[order],
        np.concatenate([network.weights, street[2], weight])[order],
        np.concatenate([np.full(network.n_arcs + len(street[0]), -1), link])[order],
        own_ptr,
        tail[own],
        head[own],
        weight[own],
        xy,
        node,
        base,
        joined,
        _touching(pair),
        cut_key,
        cut_node,
        network,
    )


def _touching(pair: Array) -> list[tuple[int, int]]:
    """Return links that share a point: building both may open more than each alone.

    ``pair`` holds (point, link) in its rows.
    """
    shared: dict[int, list[int]] = {}
    for point, link in pair.tolist():
        shared.setdefault(point, []).append(link)
    return sorted({(a, b) for links in shared.values() for a in links for b in links if a < b})


def _cut_edges(network: StreetNetwork, key: Array, node: Array) -> tuple[Array, Array, Array]:
    """Return tail, head and weight of the pieces of edges between cuts, in open directions."""
    edge = np.floor(key).astype(np.int64)
    used = np.unique(edge)
    edges = np.concatenate([edge, used, used])
    share = np.concatenate([key - edge, np.zeros(len(used)), np.ones(len(used))])
    at = np.concatenate([node, network.edge_u[used], network.edge_v[used]])
    # each edge from u (share 0) over its cuts to v (share 1): neighbours in this order are pieces
    order = np.lexsort((share, edges))
    edges, share, at = edges[order], share[order], at[order]
    next_ = np.flatnonzero(edges[1:] == edges[:-1])
    a, b, gap = at[next_], at[next_ + 1], share[next_ + 1] - share[next_]
    ahead, back = network.edge_weights(edges[next_])
    go, come = np.isfinite(ahead), np.isfinite(back)
    return (
        np.concatenate([a[go], b[come]]),
        np.concatenate([b[go], a[come]]),
        np.concatenate([gap[go] * ahead[go], gap[come] * back[come]]),
    )


def beside_links(graph: LinkGraph, xy: Array, allowed: Array) -> tuple[Array, Array, Array]:
    """Return all pairs of a point and a point of a link within the distance that the point allows.

    Parameters
    ----------
    graph : LinkGraph
    xy : ndarray (points, 2)
        Metres, working CRS.
    allowed : ndarray of float (points,)
        Metres, inclusive.

    Returns
    -------
    point, node : ndarray of int64 (pairs,)
        Positions of ``xy``, and nodes of the graph: points of links come after those of streets.
    metres : ndarray of float (pairs,)
    """
    if len(xy) == 0 or len(graph.xy) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    found = cKDTree(xy).sparse_distance_matrix(
        cKDTree(graph.xy), float(allowed.max()), output_type="ndarray"
    )
    near = found["v"] <= allowed[found["i"]]
    return (
        found["i"][near].astype(np.int64),
        found["j"][near].astype(np.int64) + graph.streets,
        found["v"][near],
    )


class _Arcs(NamedTuple):
    """Arcs by head (rows ``ptr``): tail, weight (m), link (-1: a street)."""

    ptr: Array
    tail: Array
    weight: Array
    link: Array


@dataclass(eq=False)
class Opening:
    """Who reaches an interchange along calm streets and the links built so far.

    Parameters
    ----------
    graph : LinkGraph
    seeds : tuple of arrays
        Node and cost of the entries of interchanges (of streets, and of links beside them).
    homes : tuple of arrays
        Node, cost and home of the entries of homes.
    weight : array of float, shape (homes,)
        People (or km of street) that a home stands for.
    reached : array of bool, shape (homes,)
        Who is in reach before anything is built.
    limit : float
        m, inclusive.
    """

    graph: LinkGraph
    seeds: tuple[Array, Array]
    homes: tuple[Array, Array, Array]
    weight: Array
    reached: Array
    limit: float
    built: Array = field(init=False)
    dist: Array = field(init=False)

    def __post_init__(self) -> None:
        g = self.graph
        self.built = np.zeros(len(g.own_ptr) - 1, bool)
        self.reached = self.reached.copy()
        total = len(g.ptr) - 1
        node, cost, home = self.homes
        self._ptr, row = by_value(node, total)
        self._home, self._cost = home[row], cost[row]
        self.dist = np.full(total, np.inf)
        at, start = self.seeds
        street = (at < g.streets) | (at >= g.streets + len(g.xy))
        self._link_seeds = at[~street], start[~street]
        changed, old = np.empty(total, np.int64), np.empty(total)
        self._room = changed, old
        self._arcs = _Arcs(g.ptr, g.tail, g.weight, g.link)
        none = np.zeros(0, np.int64)
        nothing = none, none, np.zeros(0)
        seeds = at[street], start[street]
        _repair(self._arcs, self.built, nothing, seeds, self.dist, self.limit, self._room)

    def copy(self) -> Opening:
        """Return the same state, to be built on apart."""
        other = object.__new__(Opening)
        other.__dict__.update(self.__dict__)
        other.built, other.reached = self.built.copy(), self.reached.copy()
        other.dist = self.dist.copy()
        return other

    def _build(self, links: tuple[int, ...]) -> int:
        g = self.graph
        self.built[list(links)] = True
        rows = np.concatenate([np.arange(g.own_ptr[i], g.own_ptr[i + 1]) for i in links])
        node, cost = self._link_seeds
        # interchanges beside the link are seeds that it brings with it
        mine = np.isin(node, g.own_tail[rows])
        new = g.own_tail[rows], g.own_head[rows], g.own_weight[rows]
        seeds = node[mine], cost[mine]
        return int(_repair(self._arcs, self.built, new, seeds, self.dist, self.limit, self._room))

    def _new(self, count: int) -> Array:
        changed = self._room[0][:count]
        size = self._ptr[changed + 1] - self._ptr[changed]
        node = np.repeat(changed, size)
        # the entries of homes at each changed node, one after the other
        rows = np.arange(len(node)) + np.repeat(self._ptr[changed] - np.cumsum(size) + size, size)
        near = self.dist[node] + self._cost[rows] <= self.limit
        home = np.unique(self._home[rows[near]])
        return home[~self.reached[home]]

    def gain(self, *links: int) -> float:
        """Return what building links would add to those in reach; the state stays as it is.

        Parameters
        ----------
        *links : int

        Returns
        -------
        float
            Weight of the homes newly in reach. What the links change is undone from the list of
            changes, which is as long as what they reach, not as the graph.
        """
        already = self.built.copy()
        count = self._build(links)
        total = float(self.weight[self._new(count)].sum())
        changed, old = self._room
        self.dist[changed[:count]] = old[:count]
        self.built = already
        return total

    def build(self, *links: int) -> float:
        """Build links and return what they add to those in reach.

        Parameters
        ----------
        *links : int
            One that is built already adds nothing.
        """
        new = self._new(self._build(links))
        self.reached[new] = True
        return float(self.weight[new].sum())


@njit(cache=True, nogil=True)
def _repair(arcs, built, new, seeds, dist, limit, room):  # type: ignore[no-untyped-def]
    """Lower distances after arcs or seeds were added; return how many nodes changed.

    ``new`` is (tail, head, weight) of arcs, ``seeds`` (node, cost); ``room`` takes the nodes that
    changed and their distances before.
    """
    ptr, tail, weight, link = arcs
    new_tail, new_head, new_weight = new
    seed, seed_cost = seeds
    changed, old = room
    # distances only fall when something is built: the search starts where new arcs lower one
    heap = [(np.inf, np.int64(-1))]
    for i in range(new_tail.size):
        reach = dist[new_head[i]] + new_weight[i]
        if reach < dist[new_tail[i]] and reach <= limit:
            heappush(heap, (reach, np.int64(new_tail[i])))
    for i in range(seed.size):
        if seed_cost[i] < dist[seed[i]] and seed_cost[i] <= limit:
            heappush(heap, (seed_cost[i], np.int64(seed[i])))
    count = 0
    while True:
        d, v = heappop(heap)
        # the sentinel of infinite distance is popped last of all
        if v < 0:
            break
        if d >= dist[v]:
            continue
        # in order of distance: a node changes once
        changed[count] = v
        old[count] = dist[v]
        count += 1
        dist[v] = d
        for a in range(ptr[v], ptr[v + 1]):
            # arcs of links that are not built are closed; streets (-1) are open
            if link[a] >= 0 and not built[link[a]]:
                continue
            reach = d + weight[a]
            if reach <= limit and reach < dist[tail[a]]:
                heappush(heap, (reach, tail[a]))
    return count


# --------------------------------------------------------------------------- order


def best_order(
    opening: Any, length: Array, budget: float, touching: list[tuple[int, int]]
) -> list[tuple[int, float]]:
    """Return which links to build, in order, within a budget of length: a greedy choice.

    At each step the links (and pairs of touching links, since half a route may open nothing)
    that still fit are tried; the one that adds most per metre is built, with its exact gain given
    what is built already. Choosing by the gain alone, and starting from the best single choice,
    are tried as well; the best of the three is returned. No promise of the optimum: two links that
    help only together and do not touch are not found. In the tests it is the best choice in 98 of
    100 random cases of 8 links, and at worst 93 % of it.

    Parameters
    ----------
    opening : callable
        ``opening()`` returns a fresh object with ``gain(*links)`` and ``build(*links)``.
    length : array of float, shape (links,)
    budget : float
        Unit of ``length``, inclusive.
    touching : list of (int, int)

    Returns
    -------
    list of (int, float)
        Link and what it added. Links that add nothing are left out.
    """
    singles = [(i,) for i in range(len(length))]
    bundles: list[tuple[int, ...]] = [*singles, *touching]
    size = {b: float(length[list(b)].sum()) for b in bundles}
    slack = budget * (1 + 1e-12)
    best: list[tuple[int, float]] = []
    best_total = 0.0
    for by_length, head_start in ((True, False), (False, False), (True, True)):
        state, chosen, spent = opening(), list[tuple[int, float]](), 0.0
        done: set[int] = set()
        first = head_start
        while True:
            found: tuple[float, float, float, tuple[int, ...]] | None = None
            for b in bundles:
                if done.intersection(b) or spent + size[b] > slack:
                    continue
                gain = state.gain(*b)
                if gain <= 0:
                    continue
                rate = gain / max(size[b], 1e-9) if by_length and not first else gain
                rank = (-rate, -gain, size[b], b)
                if found is None or rank < found:
                    found = rank
            if found is None:
                break
            first = False
            bundle = found[3]
            if len(bundle) > 1 and state.gain(bundle[1]) > state.gain(bundle[0]):
                bundle = bundle[::-1]
            for i in bundle:
                chosen.append((i, state.build(i)))
                done.add(i)
            spent += sum(length[i] for i in bundle)
        total = sum(g for _, g in chosen)
        if total > best_total * (1 + 1e-12):
            best, best_total = chosen, total
    return best
