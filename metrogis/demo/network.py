"""The whole street network: towns joined to roads, few crossings of rivers and rails."""

from __future__ import annotations

import numpy as np
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import ZONE, Fabric
from metrogis.demo.frame import Index, Mask, Shape, Streams
from metrogis.demo.graph import CLASS, Graph, join, planarise, thin_along
from metrogis.demo.roads import NO_CROSSING
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

_REACH = 130.0  # a road ends at the first street this near


def join_network(
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    streets: Graph,
    roads: Graph,
    streams: Streams,
) -> Graph:
    """Join the streets of settlements and the roads between them into one graph.

    Ends of roads near a street (unless a river or railway lies between) become its nodes; crossings
    of rivers and railways are thinned to a few bridges; main streets get a higher class.

    Returns
    -------
    Graph
        Connected.
    """
    rng = streams("network")
    streets.extra = {}
    whole = join(streets, roads)
    tree = cKDTree(np.column_stack([streets.x, streets.y]))
    ends = np.column_stack([roads.x, roads.y])
    d, near = tree.query(ends)
    merged = d < _REACH
    links = shapely.linestrings(np.stack([ends, np.asarray(tree.data)[near]], axis=1)[merged])
    barriers = shapely.MultiLineString(_barriers(terrain, settled))
    shapely.prepare(barriers)
    merged[merged] = ~shapely.intersects(barriers, links)
    target = np.arange(whole.nodes)
    target[streets.nodes :][merged] = near[merged]
    is_road = np.arange(whole.edges) >= streets.edges
    road_merged = np.zeros(whole.nodes, dtype=bool)
    road_merged[streets.nodes :] = merged
    inside = is_road & road_merged[whole.u] & road_merged[whole.v]
    whole.u, whole.v = target[whole.u], target[whole.v]
    crosses = _crossings(whole, terrain, settled)
    keep = (whole.u != whole.v) & ~(inside & (crosses < 0))
    middle = (whole.x[whole.u] + whole.x[whole.v]) / 2, (whole.y[whole.u] + whole.y[whole.v]) / 2
    deep = terrain.grid.sample(fabric.depth, *middle)
    keep &= ~(is_road & (deep < 0.8) & (crosses < 0) & (whole.lengths() > 60))
    keep &= _thin(whole, terrain, settled, crosses, is_road, rng)
    whole = whole.keep(keep)
    whole = _one_piece(planarise(whole), terrain, settled)
    whole = planarise(_to_the_bank(whole, terrain, settled))
    return _grade(whole, terrain, settled, fabric)


def _barriers(terrain: Terrain, settled: Settled) -> list[shapely.LineString]:
    return [*terrain.rivers, *settled.rails]


def _crossings(graph: Graph, terrain: Terrain, settled: Settled) -> Index:
    """Return for each edge the barrier it crosses (number), else -1."""
    out = np.full(graph.edges, -1, dtype=np.int64)
    tree = shapely.STRtree(graph.segments())
    for k, line in enumerate(_barriers(terrain, settled)):
        out[tree.query(line, predicate="intersects")] = k
    return out


def _thin(
    graph: Graph,
    terrain: Terrain,
    settled: Settled,
    crosses: Index,
    is_road: Mask,
    rng: np.random.Generator,
) -> Mask:
    """Few bridges and few level crossings: roads keep theirs, streets one in some distance."""
    keep = np.ones(graph.edges, dtype=bool)
    places = settled.places
    no_go = places.loc[places["plant"].isin(["barrier", "across"]) | (places["role"] == "halt")]
    blocked = shapely.points(no_go[["x", "y"]].to_numpy())
    middle = shapely.centroid(graph.segments())
    for k, line in enumerate(_barriers(terrain, settled)):
        every = 1300.0 if k < len(terrain.rivers) else 800.0
        for kind in (True, False):
            hit = np.flatnonzero((crosses == k) & (is_road == kind))
            if len(hit) == 0:
                continue
            stay = thin_along(line, middle[hit], every=300.0 if kind else every, rng=rng)
            if len(blocked):
                near = shapely.distance(middle[hit][:, None], blocked[None]).min(axis=1)
                # roads were led round the barrier already; smoothing drew them nearer to it
                stay &= near > (NO_CROSSING / 2 if kind else NO_CROSSING - 200)
            keep[hit[~stay]] = False
    return keep


def _one_piece(graph: Graph, terrain: Terrain, settled: Settled) -> Graph:
    """Tie loose parts to the main one where no barrier lies between; drop the rest."""
    barriers = shapely.MultiLineString(_barriers(terrain, settled))
    shapely.prepare(barriers)
    # a tie may bring others into reach; four rounds join all but crumbs
    for _ in range(4):
        part = graph.components()
        main = np.argmax(np.bincount(part))
        loose = np.flatnonzero(part != main)
        if len(loose) == 0:
            break
        at_main = np.flatnonzero(part == main)
        xy = np.column_stack([graph.x, graph.y])
        d, near = cKDTree(xy[at_main]).query(xy[loose], k=4)
        links = shapely.linestrings(
            np.stack([np.repeat(xy[loose], 4, axis=0), xy[at_main[near.ravel()]]], axis=1)
        )
        free = (d.ravel() < 420) & ~shapely.intersects(barriers, links)
        cost = np.where(free, d.ravel(), np.inf)
        order = np.lexsort((cost, np.repeat(part[loose], 4)))
        parts, first = np.unique(np.repeat(part[loose], 4)[order], return_index=True)
        best = order[first]
        # crumbs of one or two nodes are not worth a street: they are dropped in the end
        best = best[np.isfinite(cost[best]) & (np.bincount(part)[parts] >= 3)]
        if len(best) == 0:
            break
        graph = graph.add_edges(
            np.repeat(loose, 4)[best], at_main[near.ravel()[best]], CLASS["residential"]
        )
    return _join_settlements(graph, settled, barriers).largest()


def _join_settlements(graph: Graph, settled: Settled, barriers: Shape) -> Graph:
    """Lead a road to each settlement whose streets are still loose, on its own side of barriers."""
    part = graph.components()
    main = int(np.argmax(np.bincount(part)))
    xy = np.column_stack([graph.x, graph.y])
    street = np.unique(np.r_[graph.u[graph.zone >= 0], graph.v[graph.zone >= 0]])
    living = settled.places.loc[settled.places["role"] != "halt", ["x", "y"]].to_numpy()
    own = street[cKDTree(xy[street]).query(living)[1]]
    at_main = np.flatnonzero(part == main)
    tree = cKDTree(xy[at_main])
    u, v = [], []
    for loose in np.setdiff1d(part[own], [main]):
        nodes = np.flatnonzero(part == loose)
        d, near = tree.query(xy[nodes], k=min(400, len(at_main)))
        # all links from the loose part to the main one, shortest first: the first free one is built
        order = np.argsort(d, axis=None)
        a, b = nodes[order // d.shape[1]], at_main[near.ravel()[order]]
        free = ~shapely.intersects(barriers, shapely.linestrings(np.stack([xy[a], xy[b]], axis=1)))
        if free.any():
            u.append(int(a[np.argmax(free)]))
            v.append(int(b[np.argmax(free)]))
    if not u:
        return graph
    return graph.add_edges(np.array(u), np.array(v), CLASS["unclassified"])


def _to_the_bank(graph: Graph, terrain: Terrain, settled: Settled) -> Graph:
    """Lead lanes to the middles of the planted villages that face each other across the river.

    From there a footbridge is short, and people and the stop are near its ends.
    """
    places = settled.places
    barriers = shapely.MultiLineString(_barriers(terrain, settled))
    for place in places[places["plant"].isin(["barrier", "across"])].itertuples():
        middle = np.array([place.x, place.y])
        street = np.unique(np.r_[graph.u[graph.zone >= 0], graph.v[graph.zone >= 0]])
        xy = np.column_stack([graph.x, graph.y])[street]
        d, near = cKDTree(xy).query(middle, k=12)
        ways = shapely.linestrings(np.stack([np.broadcast_to(middle, (12, 2)), xy[near]], axis=1))
        free = near[(d < 400) & ~shapely.intersects(barriers, ways)][:3]
        if d[0] < 30 or len(free) == 0:
            continue
        graph, new = graph.add_nodes(middle[:1], middle[1:])
        graph = graph.add_edges(
            np.repeat(new, len(free)), street[free], CLASS["residential"],
            owner=int(place.Index), zone=ZONE["village"],
        )  # fmt: skip
    return graph


def _grade(graph: Graph, terrain: Terrain, settled: Settled, fabric: Fabric) -> Graph:
    """Carry the class of a road through the town to its middle; collect quarters by tertiaries."""
    n = graph.nodes
    xy = np.column_stack([graph.x, graph.y])
    in_town = np.zeros(n, dtype=bool)
    street = graph.zone >= 0
    in_town[graph.u[street]] = in_town[graph.v[street]] = True
    # where roads enter a town, with the class that they bring
    entries: list[tuple[int, int]] = []
    for a, b in ((graph.u, graph.v), (graph.v, graph.u)):
        edge = ~street & in_town[a] & ~in_town[b] & (graph.cls <= CLASS["unclassified"])
        entries += list(zip(a[edge].tolist(), graph.cls[edge].tolist(), strict=True))
    places = settled.places
    living = np.flatnonzero(places["role"] != "halt")
    town_nodes = np.flatnonzero(in_town)
    tree = cKDTree(xy[town_nodes])
    centre = town_nodes[tree.query(places.loc[living, ["x", "y"]].to_numpy())[1]]
    rr, cc = terrain.grid.rowcol(xy[:, 0], xy[:, 1])
    home = np.where(fabric.owner[rr, cc] >= 0, fabric.owner[rr, cc], 0)
    seeds = np.flatnonzero(places["people"].to_numpy()[fabric.seed_owner] > 3000)
    seed_node = town_nodes[tree.query(fabric.seeds[seeds])[1]]
    for node, quarter in zip(seed_node.tolist(), seeds.tolist(), strict=True):
        home[node] = fabric.seed_owner[quarter]
        entries.append((node, CLASS["tertiary"]))

    turn = np.cos(graph.line * 2.399)  # some lines are wider: through traffic keeps to them
    weight = graph.lengths() * (1.0 + 0.55 * turn)
    weight[graph.cls <= CLASS["tertiary"]] *= 0.6
    matrix = graph.matrix(weight)
    n_edge = np.minimum(graph.u, graph.v) * n + np.maximum(graph.u, graph.v)
    order = np.argsort(n_edge, kind="stable")
    by_home: dict[int, list[tuple[int, int]]] = {}
    for node, cls in entries:
        by_home.setdefault(int(home[node]), []).append((node, cls))
    source_of = dict(zip(living.tolist(), centre.tolist(), strict=True))
    keys, classes = [], []
    # predecessors of a chunk of settlements fit into memory
    for chunk in np.array_split(np.array(sorted(by_home)), max(1, len(by_home) * n // 6_000_000)):
        reach = float(places["radius"].to_numpy()[chunk].max() * 4 + 3000)
        _, before = csg.dijkstra(
            matrix,
            indices=[source_of[int(c)] for c in chunk],
            return_predecessors=True,
            limit=reach,
        )
        for row, settlement in enumerate(chunk):
            for node, cls in by_home[int(settlement)]:
                # from the entry back to the middle of the town: its streets take the class of the
                # road
                at = node
                while before[row, at] >= 0:
                    prev = int(before[row, at])
                    keys.append(min(prev, at) * n + max(prev, at))
                    classes.append(cls)
                    at = prev
    if keys:
        key, cls_ = np.array(keys), np.array(classes)
        srt = np.lexsort((cls_, key))
        key, first = np.unique(key[srt], return_index=True)
        best = cls_[srt][first]
        inner = order[np.searchsorted(n_edge[order], key)]
        graph.cls = graph.cls.copy()
        graph.cls[inner] = np.minimum(graph.cls[inner], best)
    return graph
