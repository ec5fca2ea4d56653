"""From ways, each a row of vertices with keys, to a graph: vertices of one key are one place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrogis.arrays import Array


class Ways(NamedTuple):
    """Vertices of all ways in one row; way ``w`` has vertices ``start[w]:start[w + 1]``.

    ``key`` tells which vertices are the same place (OSM node ids); NaN coordinates are vertices
    whose place is not known: the way is broken there. Nothing passes through ``blocked`` vertices.
    """

    start: Array
    key: Array
    x: Array
    y: Array
    forward: Array
    backward: Array
    blocked: Array


class Topology(NamedTuple):
    """Nodes, edges with their shape, directed arcs in compressed sparse rows; counts of losses."""

    x: Array
    y: Array
    key: Array
    edge_u: Array
    edge_v: Array
    edge_way: Array
    edge_length: Array
    coords: Array
    coord_ptr: Array
    indptr: Array
    indices: Array
    arc_edge: Array
    arc_forward: Array
    broken_ways: int
    missing_vertices: int
    blocked_nodes: int


def build(ways: Ways, *, simplify: bool = True) -> Topology:
    """Cut ways into edges between nodes, and lay out the arcs.

    Parameters
    ----------
    ways : Ways
    simplify : bool
        Nodes are only where ways meet, end, or are blocked; else every vertex is a node.

    Returns
    -------
    Topology
        Nodes along a space-filling curve (near in space, near in memory); edges in the order and
        direction of their way; arcs by tail, then head, then edge.
    """
    count = np.diff(ways.start)
    way = np.repeat(np.arange(len(count)), count)
    key, x, y = ways.key, ways.x, ways.y
    blocked = ways.blocked
    placed = np.isfinite(x) & np.isfinite(y)
    missing = int((~placed).sum())
    broken = len(np.unique(way[~placed]))
    run = way + np.cumsum(~placed)  # changes at a new way and after a vertex without a place
    run, way, key, x, y, blocked = (a[placed] for a in (run, way, key, x, y, blocked))
    if len(key):
        twice = np.zeros(len(key), dtype=bool)
        twice[1:] = (key[1:] == key[:-1]) & (run[1:] == run[:-1])
        run, way, key, x, y, blocked = (a[~twice] for a in (run, way, key, x, y, blocked))
    n_blocked = len(np.unique(key[blocked]))
    # a way ends at a blocked vertex, and begins anew behind it
    copies = np.repeat(np.arange(len(key)), 1 + blocked)
    second = np.zeros(len(copies), dtype=bool)
    second[1:] = copies[1:] == copies[:-1]
    run, way, key, x, y, blocked = (a[copies] for a in (run, way, key, x, y, blocked))
    run = run + np.cumsum(second)
    place, first, inverse, uses = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    # and all these ends are places of their own: nothing leads from one to the other
    inverse = inverse.astype(np.int64)
    own = np.flatnonzero(blocked)
    inverse[own] = len(place) + np.arange(len(own))
    place = np.concatenate([place, key[own]])
    first = np.concatenate([first, own])
    stop = np.ones(len(key) + 1, dtype=bool)
    stop[1:-1] = run[1:] != run[:-1]
    ends = stop[:-1] | stop[1:]
    node = ends | blocked | (np.append(uses, np.ones(len(own), dtype=uses.dtype))[inverse] > 1)
    if not simplify:
        node[:] = True
    at = np.flatnonzero(node)
    a, b = at[:-1], at[1:]
    same = run[a] == run[b]
    a, b = a[same], b[same]

    u, v = inverse[a], inverse[b]
    used = np.unique(np.concatenate([u, v]))
    place_x, place_y = x[first], y[first]
    order = used[np.argsort(_curve(place_x[used], place_y[used]), kind="stable")]
    number = np.full(len(place), -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    u, v = number[u], number[v]

    points = b - a + 1
    coord_ptr = np.concatenate([[0], np.cumsum(points)])
    flat = np.arange(coord_ptr[-1]) - np.repeat(coord_ptr[:-1] - a, points)
    coords = np.column_stack([x[flat], y[flat]])
    length = lengths_of(coords, coord_ptr)
    edge_way = way[a]
    indptr, indices, arc_edge, arc_forward = arcs(
        u, v, ways.forward[edge_way], ways.backward[edge_way], len(order)
    )
    return Topology(
        place_x[order],
        place_y[order],
        place[order],
        u.astype(np.int32),
        v.astype(np.int32),
        edge_way.astype(np.int32),
        length,
        coords,
        coord_ptr,
        indptr,
        indices,
        arc_edge,
        arc_forward,
        broken,
        missing,
        n_blocked,
    )


def lengths_of(coords: Array, ptr: Array) -> Array:
    """Return the length of each row of points.

    >>> xy = np.array([[0.0, 0], [3, 4], [3, 5], [0, 0], [1, 0]])
    >>> lengths_of(xy, np.array([0, 3, 5])).tolist()
    [6.0, 1.0]
    """
    if len(ptr) < 2:
        return np.zeros(0)
    step = np.hypot(*np.diff(coords, axis=0).T) if len(coords) > 1 else np.zeros(0)
    step = np.append(step, 0.0)
    step[ptr[1:] - 1] = 0.0  # from the last point of one row to the first of the next
    return np.asarray(np.add.reduceat(step, ptr[:-1]))


def arcs(
    u: Array, v: Array, forward: Array, backward: Array, nodes: int
) -> tuple[Array, Array, Array, Array]:
    """Return the arcs of edges in compressed sparse rows.

    Parameters
    ----------
    u, v : array of int (edges,)
        Start and end of each edge.
    forward, backward : array of bool (edges,)
        Which directions are open; an edge closed both ways has no arc.
    nodes : int

    Returns
    -------
    indptr : array of int32 (nodes + 1,)
    indices : array of int32 (arcs,)
        Heads, ordered by tail, head and edge; of a loop the arc along the drawing comes first.
    edge : array of int32 (arcs,)
    forward : array of bool (arcs,)
    """
    edge = np.concatenate([np.flatnonzero(forward), np.flatnonzero(backward)])
    along = np.concatenate([np.ones(int(forward.sum()), bool), np.zeros(int(backward.sum()), bool)])
    tail = np.where(along, u[edge], v[edge])
    head = np.where(along, v[edge], u[edge])
    # a fixed order of parallel arcs: which of two equal paths is found does not depend on the file
    order = np.lexsort((~along, edge, head, tail))
    indptr = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=indptr[1:])
    return (
        indptr,
        head[order].astype(np.int32),
        edge[order].astype(np.int32),
        along[order],
    )


def _curve(x: Array, y: Array) -> Array:
    """Return the Morton code of points: neighbours in memory are neighbours in space."""
    if len(x) == 0:
        return np.zeros(0, dtype=np.uint64)
    side = max(float(np.ptp(x)), float(np.ptp(y))) or 1.0

    def spread(a: Array) -> Array:
        out = ((a - a.min()) / side * 0xFFFFFF).astype(np.uint64)
        for shift, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            out = (out | (out << np.uint64(shift))) & np.uint64(mask)
        return out

    return spread(x) | (spread(y) << np.uint64(1))
