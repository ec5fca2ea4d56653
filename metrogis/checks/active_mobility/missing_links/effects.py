"""What closing a gap opens, and for whom; what the tags say of a gap."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csgraph

from metrogis.arrays import Array
from metrogis.checks.shared.cycle_graph import CycleGraph, Route, Undirected
from metrogis.checks.shared.infrastructure import share_covered
from metrogis.streets.cycleways import line_ends

_FOOT = ("footway", "path", "pedestrian", "track")


class Gap(NamedTuple):
    """A gap as nodes and edges of the network, in order; its length in m."""

    nodes: tuple[int, int]
    edges: Array
    metres: float


class Hubs(NamedTuple):
    """Interchanges at the infrastructure: nodes they are joined at, and which one each is."""

    node: Array
    owner: Array
    names: Array


def hubs_at(graph: CycleGraph, points: Array, owner: Array, names: Array, distance: float) -> Hubs:
    """Find the nodes of infrastructure within a distance of interchanges.

    Parameters
    ----------
    graph : CycleGraph
    points : ndarray of Point (points,)
        Entrances of interchanges.
    owner : ndarray of int (points,)
        Interchange of each point.
    names : ndarray of str
        Of the interchanges.
    distance : float
        Metres to the edge, inclusive; both ends of the edge then count.

    Returns
    -------
    Hubs
        Distinct pairs of node and interchange.
    """
    n = graph.network
    built = np.flatnonzero(graph.built)
    if len(built) == 0 or len(points) == 0:
        return Hubs(np.zeros(0, np.int64), np.zeros(0, np.int64), names)
    i, j = shapely.STRtree(n.lines(built)).query(points, predicate="dwithin", distance=distance)
    node = np.concatenate([n.edge_u[built[j]], n.edge_v[built[j]]]).astype(np.int64)
    # either end of an edge within reach may be where infrastructure is joined
    both = np.concatenate([owner[i], owner[i]]).astype(np.int64)
    pairs = np.unique(np.column_stack([node, both]), axis=0)
    return Hubs(pairs[:, 0], pairs[:, 1], names)


def opened(graph: CycleGraph, gaps: list[Gap], hubs: Hubs, enough: float) -> list[list[int]]:
    """Return, for each gap, the interchanges it joins to a network of at least ``enough`` m.

    An interchange is opened where the connected infrastructure it has is shorter, and that of both
    ends of the gap and the gap together is not.
    """
    label, size = graph.parts
    # the longest infrastructure each interchange has today
    best = np.zeros(len(hubs.names))
    np.maximum.at(best, hubs.owner, size[label[hubs.node]])
    at: dict[int, set[int]] = {}
    for node, owner in zip(hubs.node.tolist(), hubs.owner.tolist(), strict=True):
        at.setdefault(int(label[node]), set()).add(owner)
    out: list[list[int]] = []
    for gap in gaps:
        a, b = (int(label[k]) for k in gap.nodes)
        # within one part nothing is joined that was not
        if a == b:
            out.append([])
            continue
        total = gap.metres + sum(float(size[k]) for k in (a, b) if k >= 0)
        near = at.get(a, set()) | at.get(b, set())
        out.append(sorted(h for h in near if best[h] < enough <= total + 1e-6))
    return out


class Settled(NamedTuple):
    """People as points; ``node``: infrastructure node each lives at, -1 where none is near."""

    points: Array
    people: Array
    node: Array


def people_gained(
    graph: CycleGraph, gaps: list[Gap], hubs: Hubs, homes: Settled, limit: float, access: float
) -> Array:
    """Return how many more people reach an interchange over infrastructure once a gap is closed.

    People live at the nearest infrastructure within ``access`` (m), or by the gap itself; they
    reach an interchange within ``limit`` (m) along infrastructure. Exact: with distances ``d`` to
    the nearest interchange, a gap from a to b gives every node x the way x - b - a, of length
    D(x, b) + gap + d(a), and the same the other way round.
    """
    n = graph.network
    own = graph.undirected(graph.built)
    at_node = np.zeros(n.n_nodes)
    here = homes.node >= 0
    np.add.at(at_node, homes.node[here], homes.people[here])
    far = np.full(n.n_nodes, np.inf)
    if len(hubs.node):
        far = csgraph.dijkstra(own.matrix, indices=np.unique(hubs.node), min_only=True, limit=limit)
    tree = shapely.STRtree(homes.points) if len(homes.points) else None
    out = np.zeros(len(gaps))
    for k, gap in enumerate(gaps):
        a, b = gap.nodes
        new = np.zeros(n.n_nodes, bool)
        for one, two in ((a, b), (b, a)):
            left = limit - gap.metres - far[one]
            # the gap helps only the side for which the way over it is shorter than its own
            if left < 0 or far[two] <= gap.metres + far[one]:
                continue
            reach = csgraph.dijkstra(own.matrix, indices=two, limit=left)
            new |= np.isfinite(reach) & ~(far <= limit)
        out[k] = at_node[new].sum()
        if tree is not None and min(far[a], far[b]) <= limit:
            line = shapely.multilinestrings(n.lines(gap.edges))
            # people by the gap itself, whom no infrastructure serves yet
            beside = tree.query(line, predicate="dwithin", distance=access)
            out[k] += homes.people[beside[homes.node[beside] < 0]].sum()
    return out


def ways_round(graph: CycleGraph, own: Undirected, gaps: list[Gap]) -> list[Route | None]:
    """Return the shortest path around each gap over infrastructure alone.

    Parameters
    ----------
    graph : CycleGraph
    own : Undirected
        The infrastructure.
    gaps : list of Gap

    Returns
    -------
    list of Route or None
        None where infrastructure does not join the ends of the gap.
    """
    out: list[Route | None] = [None] * len(gaps)
    for k, far, before in own.from_nodes(np.array([g.nodes[0] for g in gaps], np.int64), np.inf):
        target = gaps[k].nodes[1]
        if np.isfinite(far[target]):
            out[k] = own.route(before, target, far)
    return out


# --------------------------------------------------------------------------- data errors


def error_of(
    graph: CycleGraph, gaps: list[Gap], *, short: float, crossing: float, parallel: float
) -> list[str]:
    """Tell gaps that the tags show to be errors of the data; empty where nothing does.

    ``short``: shorter than ``short`` (m), lines drawn too short. ``crossing``: at most ``crossing``
    (m), every edge a crossing of a street. ``tag_missing``: ways for walkers that say how they are
    shared with bicycles (``segregated``, ``bicycle=yes`` on a path), but are not designated.
    ``parallel``: infrastructure drawn apart runs beside the street, within ``parallel`` (m).
    """
    ways = graph.network.ways
    highway = _texts(ways, "highway")
    is_crossing = np.isin(_texts(ways, "footway"), ("crossing", "traffic_island"))
    for key in ("cycleway", "path"):
        is_crossing |= _texts(ways, key) == "crossing"
    told = np.isin(highway, _FOOT) & (
        (_texts(ways, "segregated") != "") | (_texts(ways, "bicycle") == "yes")
    )
    built = graph.network.lines(np.flatnonzero(graph.built))
    # a gap that short lies in the reach of the infrastructure at its own ends
    long = np.array([g.metres > 6 * parallel for g in gaps], bool)
    beside = np.zeros(len(gaps))
    if long.any():
        edges = [g.edges for g, is_long in zip(gaps, long.tolist(), strict=True) if is_long]
        owner = np.repeat(np.arange(len(edges)), [len(own) for own in edges])
        lines = graph.network.lines(np.concatenate(edges))
        beside[long] = share_covered(
            np.asarray(shapely.multilinestrings(lines, indices=owner)), built, parallel
        )
    out = []
    for k, gap in enumerate(gaps):
        way = graph.network.edge_way[gap.edges]
        if gap.metres < short:
            out.append("short")
        elif gap.metres <= crossing and is_crossing[way].all():
            out.append("crossing")
        elif told[way].all():
            out.append("tag_missing")
        else:
            out.append("parallel" if beside[k] >= 0.8 else "")
    return out


class Undershoot(NamedTuple):
    """A line from an end to infrastructure it does not join; edges at both sides; m it joins."""

    line: Any
    edges: tuple[int, int]
    joins: float


def undershoots(graph: CycleGraph, built: Array, tolerance: float) -> list[Undershoot]:
    """Find ends of infrastructure that stop just short of infrastructure of another connected part.

    They are errors of the data as a rule: a line that was not drawn to the node.

    Parameters
    ----------
    graph : CycleGraph
    built : ndarray of int
        Edges of infrastructure.
    tolerance : float
        Metres.

    Returns
    -------
    list of Undershoot
        One per pair of connected parts, the shortest.
    """
    n = graph.network
    label, size = graph.parts
    lines = n.lines(built)
    ends = line_ends(gpd.GeoSeries(lines, crs=n.crs), tolerance=tolerance)
    ends = ends[(ends["kind"] == "undershoot").to_numpy()]
    points, own = ends.geometry.to_numpy(), ends["line"].to_numpy(np.int64)
    i, j = shapely.STRtree(lines).query(points, predicate="dwithin", distance=tolerance)
    mine, other = label[n.edge_u[built[own[i]]]], label[n.edge_u[built[j]]]
    keep = mine != other
    i, j, mine, other = i[keep], j[keep], mine[keep], other[keep]
    gap = shapely.distance(points[i], lines[j])
    found: list[Undershoot] = []
    seen: set[tuple[int, int]] = set()
    # the nearest pair first: of each two parts only that one is a place to fix
    for k in np.lexsort((j, i, gap)).tolist():
        pair = (int(min(mine[k], other[k])), int(max(mine[k], other[k])))
        if pair in seen:
            continue
        seen.add(pair)
        line = shapely.shortest_line(points[i[k]], lines[j[k]])
        edges = (int(built[own[i[k]]]), int(built[j[k]]))
        found.append(Undershoot(line, edges, float(min(size[mine[k]], size[other[k]]))))
    return found


def _texts(ways: pd.DataFrame, key: str) -> Array:
    if key not in ways:
        return np.full(len(ways), "", object)
    column = ways[key].astype(object)
    return column.where(column.notna(), "").astype(str).to_numpy(object)
