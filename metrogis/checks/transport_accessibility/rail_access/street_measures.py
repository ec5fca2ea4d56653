"""Paths, entrances and calmed streets that would bring a station closer.

A first search finds candidates on the streets as they are: all paths by a new link begin where the
link does, so a search to its ends, that begin with what is left to go, is one with the link built.
The best candidate of each station is then applied to the streets around it, entrances and homes
that lie nearer to it than to their street join it, and the search is run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.interchange_streets import Calm, Reach, main_parts
from metrogis.checks.shared.service import TOLERANCE
from metrogis.checks.transport_accessibility.rail_access.measure import Measure
from metrogis.checks.transport_accessibility.rail_access.reach import NO, OnStreets
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.streets import StreetNetwork
from metrogis.streets.local import joined, local, nearer
from metrogis.streets.snap import Snapped, snap, usable_edges
from metrogis.streets.ways import ways_to

TRIED = 8
"""Candidates of each kind that are tried at a station; more change little and cost time."""

_CHUNK = 128
"""Points whose surroundings are added up at once: arrays stay small."""

SHORTEST = 10.0
"""Metres: nothing shorter is proposed as a path or link."""


class _Lacking(NamedTuple):
    """Homes that certainly reach no useful station in a mode, and have people."""

    row: Ints
    xy: Floats
    people: Floats
    tree: cKDTree


def _lacking(answer: Answer, mode: str) -> _Lacking | None:
    row = np.flatnonzero((answer.states[mode] == NO) & (answer.people > 0))
    if not len(row):
        return None
    xy = answer.homes.xy[row]
    return _Lacking(row, xy, answer.people[row], cKDTree(xy))


def _close(lacking: _Lacking, point: Floats, radius: float) -> _Lacking:
    """Return the lacking homes within a straight distance of a point."""
    rows = np.sort(np.asarray(lacking.tree.query_ball_point(point, radius), dtype=np.int64))
    xy = lacking.xy[rows]
    return _Lacking(lacking.row[rows], xy, lacking.people[rows], cKDTree(xy))


def _around(lacking: _Lacking, points: Floats, radius: Floats) -> Floats:
    """Return the lacking people within a straight distance of points."""
    out = np.zeros(len(points))
    for low in range(0, len(points), _CHUNK):
        part = slice(low, low + _CHUNK)
        dx, dy = (lacking.xy[:, c] - points[part, c, None] for c in (0, 1))
        out[part] = (dx * dx + dy * dy <= np.square(np.maximum(radius[part], 0.0))[:, None]) @ (
            lacking.people
        )
    return out


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Something that could be built: nodes from which it leads to the station, and how far (m).

    ``what`` is a pair of nodes (path), a node (entrance), or edges (calmed).
    """

    station: int
    size: float
    node: Ints
    cost: Floats
    what: Any


def _reaching(
    network: StreetNetwork, found: list[_Candidate], lacking: _Lacking, homes: Snapped, limit: float
) -> list[Ints]:
    """Return the homes that each candidate brings within the limit, in one search for all."""
    if not found:
        return []
    node = np.concatenate([c.node for c in found])
    owner = np.repeat(np.arange(len(found)), [len(c.node) for c in found])
    ends = _on_nodes(network, node, np.concatenate([c.cost for c in found]))
    ways, _ = ways_to(network, ends, owner, homes[lacking.row], limit=limit + TOLERANCE)
    cut = np.searchsorted(ways.place, np.arange(len(found) + 1))
    return [lacking.row[ways.home[a:b]] for a, b in pairwise(cut.tolist())]


def _on_nodes(network: StreetNetwork, node: Ints, cost: Floats) -> Snapped:
    """Return points on nodes, of which each begins with a cost (m)."""
    here = np.column_stack([network.x[node], network.y[node]])
    none = np.full(len(node), np.nan)
    return Snapped(here, here, np.full(len(node), -1), none, none, node, cost, np.inf)


# --------------------------------------------------------------------------- on foot


def on_foot(
    run: Run, stations: Stations, answer: Answer, streets: OnStreets, useful: Ints
) -> list[Measure]:
    """Return the best path and the best entrance of each station.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets
        With a network to walk on.
    useful : ndarray of int
        Stations.
    """
    walk, params = streets.walk, run.parameters
    assert walk is not None
    everyone = _lacking(answer, "walk")
    if everyone is None:
        return []
    network, limit = walk.network, params.walk_limit
    nodes = np.column_stack([network.x, network.y])
    main = _main_nodes(network, params.street_part)
    tree = cKDTree(nodes[main])
    links: list[_Candidate] = []
    gates: list[_Candidate] = []
    for k in useful.tolist():
        points, middle, spread = _gates(stations, k)
        near = main[tree.query_ball_point(middle, limit + spread)]
        lacking = _close(everyone, middle, limit + spread + params.entrance_reach)
        if not len(near) or not len(lacking.row):
            continue
        left = np.full(network.n_nodes, np.inf)
        own, metres = walk.found.of(k, limit=limit)
        left[own] = metres
        for u, v in _path(run, network, nodes, near, left, lacking, limit):
            size = float(np.hypot(*(nodes[u] - nodes[v])))
            # whoever is at u walks the link, and on from v as far as it is from there
            links.append(_Candidate(k, size, np.array([u]), np.array([size + left[v]]), (u, v)))
        for c in _entrance(run, network, nodes, near, left, points, lacking, limit):
            size = float(np.hypot(*(points - nodes[c]).T).min())
            gates.append(_Candidate(k, size, np.array([c]), np.zeros(1), c))
    out = []
    for one, gained in _best(links, _reaching(network, links, everyone, walk.homes, limit), answer,
                             lambda people, c: (people / c.size,)):  # fmt: skip
        now = _with_path(run, stations, everyone, walk, one, limit)
        line = shapely.LineString(nodes[list(one.what)])
        out.append(Measure(one.station, "path", one.size, gained, now, line))
    # most people first, then the entrance nearest to a known one
    for one, gained in _best(gates, _reaching(network, gates, everyone, walk.homes, limit), answer,
                             lambda people, c: (people, -c.size)):  # fmt: skip
        now = _with_entrance(run, stations, everyone, walk, one, limit)
        place = shapely.Point(nodes[one.what])
        out.append(Measure(one.station, "entrance", one.size, gained, now, place))
    return sorted(out, key=lambda m: (m.station, m.kind != "path"))


def _gates(stations: Stations, k: int) -> tuple[Floats, Floats, float]:
    """Return the entrances of a station, their middle, and how far from it they lie (m)."""
    points = shapely.get_coordinates(stations.points[stations.owner == k])
    middle = points.mean(axis=0)
    return points, middle, float(np.hypot(*(points - middle).T).max())


def _best(
    found: list[_Candidate], gained: list[Ints], answer: Answer, worth: Any
) -> list[tuple[_Candidate, Ints]]:
    """Return the candidate of each station that is worth most; of equals the first."""
    best: dict[int, tuple[Any, _Candidate, Ints]] = {}
    for one, rows in zip(found, gained, strict=True):
        people = answer.total(rows)
        value = worth(people, one)
        if people > 0 and (one.station not in best or value > best[one.station][0]):
            best[one.station] = (value, one, rows)
    return [(one, rows) for _value, one, rows in best.values()]


def _again(
    network: StreetNetwork, gates: Snapped, lacking: _Lacking, homes: Snapped,
    limit: float,
) -> Ints:  # fmt: skip
    """Return the lacking homes that reach the entrances on streets around them as they are now."""
    owner = np.zeros(len(gates), np.int64)
    ways, _ = ways_to(network, gates, owner, homes, limit=limit + TOLERANCE)
    return np.asarray(lacking.row[np.unique(ways.home)], dtype=np.int64)


def _with_path(
    run: Run, stations: Stations, everyone: _Lacking, walk: Reach, one: _Candidate, limit: float
) -> Ints:
    """Return who reaches the station once a path is built."""
    _points, middle, spread = _gates(stations, one.station)
    around = local(walk.network, middle, limit + spread, [one.what])
    lacking = _close(everyone, middle, limit + spread)
    built = around.edge < 0
    allowed = run.parameters.street_distance

    def join(points: Snapped) -> Snapped:
        onto = snap(around.network, points.point, limit=allowed, component=None, among=built)
        return nearer(around.points(points), onto)

    gates = join(walk.gates[np.flatnonzero(stations.owner == one.station)])
    homes = join(walk.homes[lacking.row])
    return _again(around.network, gates, lacking, homes, limit)


def _with_entrance(
    run: Run, stations: Stations, everyone: _Lacking, walk: Reach, one: _Candidate, limit: float
) -> Ints:
    """Return who reaches the station once an entrance is opened."""
    _points, middle, spread = _gates(stations, one.station)
    here = np.array([[walk.network.x[one.what], walk.network.y[one.what]]])
    reach = limit + spread + run.parameters.entrance_reach
    around = local(walk.network, middle, reach)
    lacking = _close(everyone, middle, reach)
    near = run.parameters.street_distance
    opened = snap(around.network, here, limit=near, component=None)
    own = around.points(walk.gates[np.flatnonzero(stations.owner == one.station)])
    gates = joined(own, opened)
    homes = around.points(walk.homes[lacking.row])
    return _again(around.network, gates, lacking, homes, limit)


def _main_nodes(network: StreetNetwork, part: float) -> Ints:
    """Return nodes of the parts of the network that homes and stations are snapped to."""
    open_ = network.open_edges
    parts = network.components(strong=True)
    enough = parts.length >= main_parts(network, part)
    ends = np.unique(np.concatenate([network.edge_u[open_], network.edge_v[open_]]))
    label = parts.node[ends]
    return ends[(label >= 0) & np.append(enough, False)[label]].astype(np.int64)


def _path(
    run: Run, network: StreetNetwork, nodes: Floats, near: Ints, left: Floats,
    lacking: _Lacking, limit: float,
) -> list[tuple[int, int]]:  # fmt: skip
    """Return the most promising links from where people lack a path to where they have one."""
    longest = run.parameters.path_limit
    inside, outside = near[np.isfinite(left[near])], near[~np.isfinite(left[near])]
    # a node that is inside, but by a long way round, may gain by a link as well
    outside = np.concatenate([outside, inside[left[inside] > limit / 2]])
    if not len(inside) or not len(outside):
        return []
    wide = min(12, len(inside))
    apart, row = cKDTree(nodes[inside]).query(
        nodes[outside], k=[*range(1, wide + 1)], distance_upper_bound=longest
    )
    row = np.minimum(row, len(inside) - 1)
    # rest: walk that is left at the outer end by a link to each of the nearest inner nodes
    rest = limit - apart - left[inside[row]]
    rest[(apart < SHORTEST) | ~np.isfinite(apart)] = -1.0
    # what is won at the outer end must be more than it had
    rest[rest <= limit - np.minimum(left[outside], limit)[:, None]] = -1.0
    pick = rest.argmax(axis=1)
    every = np.arange(len(outside))
    rest, apart, target = rest[every, pick], apart[every, pick], inside[row[every, pick]]
    good = np.flatnonzero(rest > 0)
    if not len(good):
        return []
    # the most promising by straight lines: few of each neighbourhood
    good = good[np.argsort(-(rest[good] / apart[good]), kind="stable")]
    block = np.floor(nodes[outside[good]] / 100.0)
    good = good[np.sort(np.unique(block, axis=0, return_index=True)[1])]
    value = _around(lacking, nodes[outside[good]], rest[good]) / apart[good]
    order = good[np.argsort(-value, kind="stable")][value[np.argsort(-value, kind="stable")] > 0]
    chosen: list[int] = []
    for i in order.tolist():
        if all(np.hypot(*(nodes[outside[i]] - nodes[outside[j]])) > 50 for j in chosen):
            chosen.append(i)
        if len(chosen) == TRIED:
            break
    return [(int(outside[i]), int(target[i])) for i in chosen]


def _entrance(
    run: Run, network: StreetNetwork, nodes: Floats, near: Ints, left: Floats, points: Floats,
    lacking: _Lacking, limit: float,
) -> list[int]:  # fmt: skip
    """Return nodes beside the station that are far from its entrances along streets."""
    reach = run.parameters.entrance_reach
    apart, _ = cKDTree(points).query(nodes[near])
    # nodes beside the station from which streets lead round: over twice the straight line
    far = near[(apart <= reach) & (left[near] > 2 * apart + SHORTEST) & (apart >= SHORTEST)]
    if not len(far):
        return []
    value = _around(lacking, nodes[far], np.full(len(far), limit))
    order = np.argsort(-value, kind="stable")
    chosen: list[int] = []
    for i in order.tolist():
        if value[i] > 0 and all(np.hypot(*(nodes[far[i]] - nodes[c])) > 50 for c in chosen):
            chosen.append(int(far[i]))
        if len(chosen) == TRIED:
            break
    return chosen


# --------------------------------------------------------------------------- low stress


def low_stress(
    run: Run, stations: Stations, answer: Answer, streets: OnStreets, useful: Ints
) -> list[Measure]:
    """Return the best stretch of street to be calmed for each station.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets
        With calm streets to ride on.
    useful : ndarray of int
        Stations.
    """
    params, low, bike = run.parameters, streets.low, streets.bike
    assert low is not None
    assert bike is not None
    everyone = _lacking(answer, "bike_low")
    if everyone is None:
        return []
    network, limit = bike.network, params.bike_limit
    nodes = np.column_stack([network.x, network.y])
    calm = low.stress.calm(params.stress_limit)
    # only ways that are rated and open may be calmed
    rest = network.subnetwork(arcs=(low.stress.level >= 1) & ~calm)
    label = _parts_of(network, calm)
    found: list[_Candidate] = []
    for k in useful.tolist():
        _points, middle, spread = _gates(stations, k)
        lacking = _close(everyone, middle, limit + spread)
        if len(lacking.row):
            found += _stretches(run, k, rest, nodes, label, low.found.of(k, limit=limit), lacking)
    gained = _reaching(low.network, found, everyone, low.homes, limit)
    best = _best(found, gained, answer, lambda people, c: (people / c.size,))
    usable = usable_edges(network, main_parts(network, params.street_part))
    out = []
    for one, rows in best:
        now = _with_calm(run, stations, answer, everyone, (bike, low), one, usable, calm)
        place = shapely.line_merge(shapely.multilinestrings(network.lines(one.what)))
        out.append(Measure(one.station, "low_stress", one.size, rows, now, place))
    return out


def _stretches(
    run: Run, k: int, rest: StreetNetwork, nodes: Floats, label: Ints, found: tuple[Ints, Floats],
    lacking: _Lacking,
) -> list[_Candidate]:  # fmt: skip
    """Return the most promising stretches between calm streets that lead to a station or not."""
    params, limit = run.parameters, run.parameters.bike_limit
    own, metres = found
    if not len(own):
        return []
    left = np.full(rest.n_nodes, np.inf)
    left[own] = metres
    # from calm streets that lead to the station, over rough ones, to calm parts that do not
    search = rest.nearest(own.astype(np.int64), limit=params.link_limit)
    gap, source = search.distance, search.source
    node = np.flatnonzero(np.isfinite(gap) & (gap >= SHORTEST) & (label >= 0)
                          & ~np.isfinite(left))  # fmt: skip
    # of each calm part the nearest node, if it leaves something to ride
    whole = gap[node] + left[own[source[node]]]
    node, whole = node[whole < limit], whole[whole < limit]
    order = np.lexsort((whole, label[node]))
    first = np.unique(label[node][order], return_index=True)[1]
    node, whole = node[order][first], whole[order][first]
    value = _around(lacking, nodes[node], limit - whole) / np.maximum(gap[node], SHORTEST)
    out = []
    for i in np.argsort(-value, kind="stable")[:TRIED].tolist():
        if value[i] <= 0:
            break
        u, v = int(node[i]), int(own[source[node[i]]])
        edges, along, ahead = _walked(rest.paths(np.array([u]), np.array([v])), u)
        if len(edges):
            size = float(rest.edge_length[edges].sum())
            out.append(_Candidate(k, size, along, ahead + left[v], edges))
    return out


def _with_calm(
    run: Run, stations: Stations, answer: Answer, everyone: _Lacking, streets: tuple[Reach, Calm],
    one: _Candidate, usable: Bools, calm: Bools,
) -> Ints:  # fmt: skip
    """Return who reaches the station once a stretch is calmed.

    Homes and entrances join the stretch where it is nearer than the calm street they go to today,
    as far as they go to one.
    """
    params = run.parameters
    bike, low = streets
    _points, middle, spread = _gates(stations, one.station)
    around = local(bike.network, middle, params.bike_limit + spread)
    lacking = _close(everyone, middle, params.bike_limit + spread)
    stretch = np.zeros(bike.network.n_edges, bool)
    stretch[one.what] = True
    stretch_here = (stretch & usable)[around.edge]
    # arcs of the part in the whole: by edge and direction
    arc = bike.network.edge_arcs[
        around.edge[around.network.arc_edge], np.where(around.network.arc_forward, 0, 1)
    ]
    rated = low.stress.level[arc] >= 1
    open_ = calm[arc] | (stretch[around.edge][around.network.arc_edge] & rated)
    network = around.network.subnetwork(arcs=open_)

    def join(points: Snapped, allowed: Floats) -> Snapped:
        onto = snap(
            around.network, points.point, limit=params.street_distance, component=None,
            among=stretch_here,
        )  # fmt: skip
        return nearer(around.points(points), onto, allowed)

    at = np.flatnonzero(stations.owner == one.station)
    gates = join(low.gates[at], np.fmax(params.join_distance, bike.gates.distance[at] + 1e-6))
    far = np.fmax(
        answer.homes.half[lacking.row] + params.join_distance,
        bike.homes.distance[lacking.row] + 1e-6,
    )
    homes = join(low.homes[lacking.row], far)
    return _again(network, gates, lacking, homes, params.bike_limit)


def _parts_of(network: StreetNetwork, arcs: Bools) -> Ints:
    """Return the connected part of calm streets of each node; -1 where no calm street is."""
    tail, head = network.arc_tail[arcs], network.indices[arcs]
    size = network.n_nodes
    graph = csr_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    some = np.zeros(size, bool)
    some[tail] = True
    some[head] = True
    return np.where(some, label, -1).astype(np.int64)


def _walked(found: Any, start: int) -> tuple[Ints, Ints, Floats]:
    """Return edges of one path, its nodes but the last, and the metres from each to the end."""
    network, edges = found.network, np.asarray(found.edge, dtype=np.int64)
    nodes = [start]
    for e in edges.tolist():
        u, v = int(network.edge_u[e]), int(network.edge_v[e])
        nodes.append(v if nodes[-1] == u else u)
    length = network.edge_length[edges]
    ahead = length[::-1].cumsum()[::-1]
    return edges, np.array(nodes[:-1], np.int64), ahead
