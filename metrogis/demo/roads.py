"""Roads between settlements: least-cost paths around lakes, over few bridges, smoothed."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import Delaunay, cKDTree

from metrogis.demo.frame import Array, Index, Mask, Shape, Size, Streams, grid_of, noise
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

_STEP = 200.0
BRIDGE_EVERY = 4200.0
NO_CROSSING = 1900.0
"""Around a planted barrier no road crosses within this distance, m."""


def neighbours(xy: Array, *, gabriel: bool) -> Index:
    """Return which places are neighbours.

    Parameters
    ----------
    xy : array of float (n, 2)
    gabriel : bool
        True: no third place lies in the circle over the pair (Gabriel graph). False: no third place
        is nearer to both than they are to each other (relative neighbourhood graph, a subset).

    Returns
    -------
    array of int (m, 2)
        Pairs of rows, the lower one first.

    Examples
    --------
    >>> line = np.array([[0.0, 0], [1, 0.1], [2, 0], [3, 0.1]])
    >>> neighbours(line, gabriel=True).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    if len(xy) < 4:
        a, b = np.triu_indices(len(xy), 1)
        return np.column_stack([a, b]).astype(np.int64)
    # both graphs are subgraphs of the Delaunay triangulation: no other pair need be looked at
    triangles = Delaunay(xy).simplices
    pairs = np.unique(
        np.sort(
            np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1
        ),
        axis=0,
    )
    p, q = xy[pairs[:, 0]], xy[pairs[:, 1]]
    length = np.hypot(*(p - q).T)
    tree = cKDTree(xy)
    if gabriel:
        free = tree.query((p + q) / 2)[0] >= length / 2 - 1e-6
    else:
        # a place in the lune is nearer to p than q is, so it is among p's nearest
        near = tree.query(p, k=min(25, len(xy)))[1]
        dp = np.hypot(*(xy[near] - p[:, None]).transpose(2, 0, 1))
        dq = np.hypot(*(xy[near] - q[:, None]).transpose(2, 0, 1))
        inside = np.maximum(dp, dq) < length[:, None] - 1e-6
        free = ~inside.any(axis=1)
    return np.asarray(pairs[free], dtype=np.int64)


def make_roads(size: Size, terrain: Terrain, settled: Settled, streams: Streams) -> Graph:
    """Return the roads of the open country: least-cost paths between neighbouring settlements.

    Returns
    -------
    Graph
        Cells of a lattice first, then a node for each settlement, as far as roads use them. The
        class follows the rank of the two ends: primary between towns, down to unclassified for
        villages.
    """
    rng = streams("roads")
    grid = grid_of(size, _STEP)
    xx, yy = grid.centres()
    n = grid.nx
    places = settled.places
    xy = places[["x", "y"]].to_numpy()
    start = grid.rowcol(xy[:, 0], xy[:, 1])
    cell = start[0] * n + start[1]
    # the lattice bends to the settlements first: each stays on its own side of a barrier
    xx[start], yy[start] = xy[:, 0], xy[:, 1]
    matrix, lattice = _lattice(terrain, settled, streams, grid, xx, yy)
    pairs = [(_village_pairs(terrain, settled, xy), CLASS["unclassified"])]
    important = np.flatnonzero(places["role"].isin(["city", "town", "seat"]))
    high = important[neighbours(xy[important], gabriel=True)]
    rank = places["role"].map({"city": 0, "town": 0, "seat": 1}).to_numpy()
    grade = np.where((rank[high] == 0).all(axis=1), CLASS["primary"], CLASS["secondary"])
    low = (rank[high] == 1).all(axis=1)
    grade[low & (rng.random(len(high)) < 0.6)] = CLASS["tertiary"]
    pairs += [(high[grade == g], g) for g in np.unique(grade)]
    third = pairs[0][0]
    busy = places["people"].to_numpy()[third].max(axis=1) > 900
    pairs[0] = (third[~busy], CLASS["unclassified"])
    pairs.append((third[busy], CLASS["tertiary"]))

    u_all: list[Index] = []
    v_all: list[Index] = []
    c_all: list[Index] = []
    wanted = np.vstack([np.column_stack([p, np.full(len(p), g)]) for p, g in pairs])
    air = np.hypot(*(xy[wanted[:, 0]] - xy[wanted[:, 1]]).T)
    limit = 2.2 * air + 4000
    while len(wanted):
        wanted, limit = _trace(matrix, cell, wanted, limit, u_all, v_all, c_all)
    u, v, c = (np.concatenate(a) for a in (u_all, v_all, c_all))
    key = u * n * n + v
    order = np.lexsort((c, key))
    key, u, v, c = key[order], u[order], v[order], c[order]
    first = np.r_[True, key[1:] != key[:-1]]
    u, v, c = u[first], v[first], c[first]
    x, y = xx.ravel().copy(), yy.ravel().copy()
    fixed = np.zeros(n * n, dtype=bool)
    fixed[cell] = True
    graph = Graph(x, y, u, v, c, np.arange(len(u)), np.full(len(u), -1), np.full(len(u), -1))
    pinned = np.zeros(graph.nodes, dtype=bool)
    pinned[lattice] = True
    graph.x, graph.y = _smooth(graph, fixed | pinned)
    return graph.keep(np.ones(graph.edges, dtype=bool))


def _village_pairs(terrain: Terrain, settled: Settled, xy: Array) -> Index:
    """Relative neighbours, and more for the planted halt and its housing.

    The halt is joined to places other than the housing that it is cut off from, the housing to the
    nearest place that no railway or river lies before.
    """
    places = settled.places
    living = np.flatnonzero(places["role"] != "halt")
    out = [living[neighbours(xy[living], gabriel=False)]]
    near = np.flatnonzero((places["role"] != "halt") & (places["plant"] != "cut_off"))
    for halt in np.flatnonzero(places["role"] == "halt"):
        to = near[np.argsort(np.hypot(*(xy[near] - xy[halt]).T), kind="stable")[:2]]
        out.append(np.column_stack([to, np.full(len(to), halt)]))
    barriers = shapely.MultiLineString([*settled.rails, *terrain.rivers])
    for home in np.flatnonzero(places["plant"] == "cut_off"):
        to = near[np.argsort(np.hypot(*(xy[near] - xy[home]).T), kind="stable")[:12]]
        ways = shapely.linestrings(np.stack([np.broadcast_to(xy[home], (len(to), 2)), xy[to]], 1))
        free = to[~shapely.intersects(barriers, ways)][:1]
        out.append(np.column_stack([np.minimum(free, home), np.maximum(free, home)]))
    return np.vstack(out)


def _trace(
    matrix: sp.csr_matrix,
    cell: Index,
    wanted: Index,
    limit: Array,
    u_all: list[Index],
    v_all: list[Index],
    c_all: list[Index],
) -> tuple[Index, Array]:
    """Find the cheapest way of each wanted pair within its limit; return pairs to search wider."""
    order = np.argsort(limit, kind="stable")  # short searches together
    wanted, limit = wanted[order], limit[order]
    failed = np.zeros(len(wanted), dtype=bool)
    n = matrix.shape[0]
    for part in np.array_split(np.arange(len(wanted)), max(1, len(wanted) * n // 6_000_000)):
        sources, row = np.unique(wanted[part, 0], return_inverse=True)
        _, before = csg.dijkstra(
            matrix, indices=cell[sources], return_predecessors=True, limit=limit[part].max()
        )
        at = cell[wanted[part, 1]]
        here = np.arange(len(part))
        failed[part] = (before[row, at] < 0) & (limit[part] < 1e6)
        while len(here):  # all ways are walked back at once, step by step
            prev = before[row[here], at]
            ok = prev >= 0
            here, at, prev = here[ok], at[ok], prev[ok].astype(np.int64)
            u_all.append(np.minimum(prev, at))
            v_all.append(np.maximum(prev, at))
            c_all.append(wanted[part[here], 2])
            at = prev
    return wanted[failed], limit[failed] * 3


def _lattice(
    terrain: Terrain, settled: Settled, streams: Streams, grid: object, xx: Array, yy: Array
) -> tuple[sp.csr_matrix, Index]:
    """Cost of stepping between lattice points; rivers are crossed only at bridge sites."""
    n = xx.shape[1]
    base = terrain.grid
    rr, cc = base.rowcol(xx.ravel(), yy.ravel())
    ok = terrain.dry[rr, cc] & (terrain.inland[rr, cc] > 150)
    hills = np.hypot(*np.gradient(terrain.elevation, base.cell))[rr, cc]
    rough = noise(streams("relief"), xx.shape, 9, octaves=3).ravel()
    price = np.exp(0.33 * rough) + 6 * hills
    index = np.arange(n * n).reshape(n, n)
    steps = []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = index[: n - dr or None, max(0, -dc) : n - max(0, dc)]
        b = index[dr:, max(0, dc) : n + min(0, dc)]
        steps.append(np.column_stack([a.ravel(), b.ravel()]))
    pairs = np.vstack(steps)
    pairs = pairs[ok[pairs].all(axis=1)]
    px, py = xx.ravel()[pairs], yy.ravel()[pairs]
    segments: Shape = shapely.linestrings(np.stack([px, py], axis=-1))
    cost = np.hypot(px[:, 0] - px[:, 1], py[:, 0] - py[:, 1]) * price[pairs].mean(axis=1)
    tree = shapely.STRtree(segments)
    allowed = np.ones(len(pairs), dtype=bool)
    plants = settled.places.loc[settled.places["plant"].isin(["barrier", "across"]), ["x", "y"]]
    halts = settled.places.loc[settled.places["role"] == "halt", ["x", "y"]]
    middle: Shape = shapely.centroid(segments)
    for river, width in zip(terrain.rivers, terrain.widths, strict=True):
        hit = np.unique(tree.query(river.buffer(width / 2 + 20), predicate="intersects"))
        cross = np.unique(tree.query(river, predicate="intersects"))
        sites: Shape = shapely.line_interpolate_point(
            river, np.arange(900.0, river.length, BRIDGE_EVERY)
        )
        if len(plants):
            near = shapely.distance(sites[:, None], shapely.points(plants.to_numpy())[None]).min(
                axis=1
            )
            sites = sites[near > NO_CROSSING]
        near = shapely.distance(middle[cross][:, None], sites[None]).min(axis=1)
        allowed[np.setdiff1d(hit, cross)] &= True
        allowed[cross[near > 260]] = False
        cost[cross] *= 1.6
    pinned: list[Index] = []
    for rail in settled.rails:
        cross = np.unique(tree.query(rail, predicate="intersects"))
        cost[cross] += 900
        if len(halts):
            near = shapely.distance(middle[cross][:, None], shapely.points(halts.to_numpy())[None])
            allowed[cross[near.min(axis=1) < NO_CROSSING]] = False
    pairs, cost = pairs[allowed], cost[allowed]
    matrix = sp.coo_matrix((cost, (pairs[:, 0], pairs[:, 1])), shape=(n * n, n * n))
    matrix = matrix.tocsr()
    return (matrix + matrix.T).tocsr(), np.array(pinned, dtype=np.int64)


def _smooth(graph: Graph, fixed: Mask) -> tuple[Array, Array]:
    """Round off the staircase of the lattice: every node moves to the middle of its neighbours."""
    n = graph.nodes
    degree = np.bincount(np.r_[graph.u, graph.v], minlength=n)
    move = np.where(fixed, 0.0, np.where(degree == 2, 0.62, np.where(degree > 2, 0.25, 0.0)))
    x, y = graph.x.copy(), graph.y.copy()
    for _ in range(14):
        for a in (x, y):
            total = np.bincount(graph.u, a[graph.v], n) + np.bincount(graph.v, a[graph.u], n)
            a += move * (total / np.maximum(degree, 1) - a)
    return x, y
