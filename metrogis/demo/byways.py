"""Small ways: field and forest tracks, driveways, footpaths between blocks."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import ZONE, Fabric
from metrogis.demo.frame import Index, Size, Streams
from metrogis.demo.graph import CLASS, Graph, join, planarise
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

_QUIET = 1500.0
"""No track comes this near to a planted barrier, m: it must stay a barrier."""


def add_byways(
    size: Size, terrain: Terrain, settled: Settled, fabric: Fabric, graph: Graph, streams: Streams
) -> Graph:
    """Add field and forest tracks to the country and short spurs to the settlements.

    Returns
    -------
    Graph
        Connected: parts that tracks do not join to the rest are dropped.
    """
    tracks = _tracks(size, terrain, settled, fabric, graph, streams)
    whole = planarise(join(graph, tracks)).largest()
    return _spurs(size, whole, streams)


def _tracks(
    size: Size, terrain: Terrain, settled: Settled, fabric: Fabric, graph: Graph, streams: Streams
) -> Graph:
    rng = streams("tracks")
    grid = terrain.grid
    step = 700.0 / np.sqrt(size.detail)
    n = int(size.side / step)
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    x = grid.x0 + (j.ravel() + 0.5 + rng.uniform(-0.36, 0.36, n * n)) * step
    y = grid.y1 - (i.ravel() + 0.5 + rng.uniform(-0.36, 0.36, n * n)) * step
    rr, cc = grid.rowcol(x, y)
    ok = terrain.dry[rr, cc] & (terrain.inland[rr, cc] > 300) & (settled.label[rr, cc] >= 0)
    ok &= grid.sample(fabric.depth, x, y) > 1.6
    places = settled.places
    shy = places["plant"].isin(["barrier", "across", "cut_off", "halt"])
    if shy.any():
        away = cKDTree(places.loc[shy, ["x", "y"]].to_numpy()).query(np.column_stack([x, y]))[0]
        ok &= away > _QUIET
    index = np.arange(n * n).reshape(n, n)
    pairs = np.vstack(
        [
            np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
            np.column_stack([index[:-1].ravel(), index[1:].ravel()]),
        ]
    )
    pairs = pairs[ok[pairs].all(axis=1)]
    tree = csg.minimum_spanning_tree(
        sp.coo_matrix((rng.random(len(pairs)) + 0.01, pairs.T), shape=(n * n, n * n)).tocsr()
    ).tocoo()
    kept = np.isin(pairs[:, 0] * n * n + pairs[:, 1], tree.row.astype(np.int64) * n * n + tree.col)
    kept |= rng.random(len(pairs)) < 0.12
    pairs = pairs[kept & (rng.random(len(pairs)) < 0.88)]
    segments = shapely.linestrings(np.stack([x[pairs], y[pairs]], axis=-1))
    barriers = shapely.MultiLineString([*terrain.rivers, *settled.rails])
    shapely.prepare(barriers)
    pairs = pairs[~shapely.dwithin(segments, barriers, 40.0)]
    m = len(pairs)
    free = Graph(
        x,
        y,
        pairs[:, 0],
        pairs[:, 1],
        np.full(m, CLASS["track"]),
        np.arange(m),
        np.full(m, -1),
        np.full(m, -1),
    )
    return free.keep(np.ones(m, dtype=bool))


def _spurs(size: Size, graph: Graph, streams: Streams) -> Graph:
    """Split some streets in the middle and let a driveway or footpath lead off."""
    rng = streams("spurs")
    length = graph.lengths()
    town = (graph.zone >= 0) & (graph.cls >= CLASS["unclassified"]) & (length > 70)
    chosen = np.flatnonzero(town & (rng.random(graph.edges) < 0.30 * size.detail))
    if len(chosen) == 0:
        return graph
    u, v = graph.u[chosen], graph.v[chosen]
    t = rng.uniform(0.35, 0.65, len(chosen))
    mx, my = graph.x[u] + t * (graph.x[v] - graph.x[u]), graph.y[u] + t * (graph.y[v] - graph.y[u])
    side = rng.choice([-1.0, 1.0], len(chosen))
    reach = rng.uniform(18, 46, len(chosen)) * side / length[chosen]
    ex = mx - reach * (graph.y[v] - graph.y[u])
    ey = my + reach * (graph.x[v] - graph.x[u])
    grown, middle = graph.add_nodes(mx, my)
    grown, end = grown.add_nodes(ex, ey)
    zone = graph.zone[chosen]
    estate = np.isin(zone, [ZONE["estate"], ZONE["core"]])
    first = int(graph.line.max()) + 1
    keep = np.ones(graph.edges, dtype=bool)
    keep[chosen] = False

    def merged(old: Index, *new: Index) -> Index:
        return np.concatenate([old[keep], *new])

    return Graph(
        grown.x,
        grown.y,
        merged(graph.u, u, middle, middle),
        merged(graph.v, middle, v, end),
        merged(
            graph.cls,
            graph.cls[chosen],
            graph.cls[chosen],
            np.where(estate, CLASS["footway"], CLASS["service"]),
        ),
        merged(
            graph.line,
            graph.line[chosen],
            graph.line[chosen],
            np.arange(first, first + len(chosen)),
        ),
        merged(graph.owner, graph.owner[chosen], graph.owner[chosen], graph.owner[chosen]),
        merged(graph.zone, zone, zone, zone),
    )
