"""What would bring a station closer, and to how many: paths, entrances, feeders, low-stress links.

Candidates are found by a guess (how many live around, how long it is), and each that is kept is
applied and the search run again: what the table says is what the second search found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Timetable
from metrogis.checks.shared.interchange_streets import main_parts
from metrogis.checks.shared.service import TOLERANCE
from metrogis.checks.transport_accessibility.rail_access.feeder_measures import more_often
from metrogis.checks.transport_accessibility.rail_access.reach import NO, OnStreets
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.streets import StreetNetwork
from metrogis.streets.snap import Snapped

TRIED = 8
"""Candidates of each kind that are tried at a station; more change little and cost time."""

_CHUNK = 128
"""Points whose surroundings are added up at once: arrays stay small."""

SHORTEST = 10.0
"""Metres: nothing shorter is proposed as a path or link."""


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure at a station: its kind, size, whom it gains, and where it lies."""

    station: int
    kind: str
    size: float
    gained: Ints
    place: Any
    line: str = ""
    every: float = np.nan
    verified: bool = True


def measures(
    run: Run, timetable: Timetable | None, stations: Stations, answer: Answer, streets: OnStreets
) -> gpd.GeoDataFrame:
    """Return the best measure of each kind at each station.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets
        Without a network no path, entrance or link is proposed.

    Returns
    -------
    GeoDataFrame
        Those with most people gained first; see :func:`table_of`.
    """
    found: list[Measure] = []
    useful = np.flatnonzero(stations.is_("yes"))
    if streets.walk is not None:
        found += _on_foot(run, stations, answer, streets, useful)
    if streets.low is not None:
        found += _low_stress(run, answer, streets, useful)
    found += more_often(run, timetable, stations, answer, Measure)
    return table_of(run, stations, answer, found)


def table_of(
    run: Run, stations: Stations, answer: Answer, found: list[Measure]
) -> gpd.GeoDataFrame:
    """Return measures as a table.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    found : list of Measure
        Those that gain nobody are left out.

    Returns
    -------
    GeoDataFrame
        ``gained``: residents, ``gained_new``: of them those who reach no station today,
        ``per_unit``: gained by 100 m built, or by departure of a line that runs more often.
    """
    none = answer.way == "none"
    rows = []
    for m in found:
        people = answer.total(m.gained)
        if people <= 0:
            continue
        # per 100 m built, or per departure added
        per = people / m.size * (1.0 if m.kind == "headway" else 100.0)
        rows.append(
            {
                "station": stations.table["name"].iloc[m.station],
                "teryt": stations.table["teryt"].iloc[m.station],
                "kind": m.kind,
                "size": m.size,
                "line": m.line,
                "every_min": m.every,
                "gained": people,
                "gained_new": answer.total(m.gained[none[m.gained]]),
                "per_unit": per,
                "verified": m.verified,
                "geometry": m.place,
            }
        )
    columns = (
        "station", "teryt", "kind", "size", "line", "every_min", "gained",
        "gained_new", "per_unit", "verified",
    )  # fmt: skip
    if not rows:
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=run.crs)
    out = gpd.GeoDataFrame(rows, geometry="geometry", crs=run.crs)
    out["verified"] = out["verified"].astype("boolean")
    order = np.lexsort((out["station"].astype(str), out["kind"], -out["gained"]))
    return out.iloc[order].reset_index(drop=True)


# --------------------------------------------------------------------------- on foot


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


def _on_foot(
    run: Run, stations: Stations, answer: Answer, streets: OnStreets, useful: Ints
) -> list[Measure]:
    """Return the best path and the best entrance of each station."""
    walk, limit = streets.walk, run.parameters.walk_limit
    assert walk is not None
    everyone = _lacking(answer, "walk")
    if everyone is None:
        return []
    network = walk.network
    nodes = np.column_stack([network.x, network.y])
    joined = _main_nodes(network, run.parameters.street_part)
    tree = cKDTree(nodes[joined])
    out = []
    for k in useful.tolist():
        gates = np.flatnonzero(stations.owner == k)
        points = shapely.get_coordinates(stations.points[gates])
        middle = points.mean(axis=0)
        spread = float(np.hypot(*(points - middle).T).max())
        near = joined[tree.query_ball_point(middle, limit + spread)]
        lacking = _close(everyone, middle, limit + spread + run.parameters.entrance_reach)
        if not len(near) or not len(lacking.row):
            continue
        at_home = walk.homes[lacking.row]
        left = np.full(network.n_nodes, np.inf)
        own, metres = walk.found.of(k, limit=limit)
        left[own] = metres
        before = _reaches(network, walk.gates[gates], at_home, limit)
        # the links that straight lines promise most of are searched on the streets
        path = _path(run, network, nodes, near, left, lacking, limit)
        best: tuple[float, float, int, int, Ints] | None = None
        for u, v in path:
            size = float(np.hypot(*(nodes[u] - nodes[v])))
            # whoever is at u walks the link, and on from v as far as it is from there
            ends = _joined(network, walk.gates[gates], np.array([u]), np.array([size + left[v]]))
            now = _reaches(network, ends, at_home, limit)
            gained = lacking.row[now & ~before]
            worth = answer.total(gained) / size
            if len(gained) and (best is None or worth > best[0]):
                best = (worth, size, u, v, gained)
        if best is not None:
            line = shapely.LineString([nodes[best[2]], nodes[best[3]]])
            out.append(Measure(k, "path", best[1], best[4], line))
        gate = _entrance(run, network, nodes, near, left, points, lacking, limit)
        top: tuple[float, float, int, Ints] | None = None
        for c in gate:
            reached = _reaches(network, np.array([c]), at_home, limit)
            gained = lacking.row[reached & ~before]
            size = float(np.hypot(*(points - nodes[c]).T).min())
            people = answer.total(gained)
            # most people first, then the entrance nearest to a known one
            if people > 0 and (top is None or (people, -size) > (top[0], -top[1])):
                top = (people, size, c, gained)
        if top is not None:
            out.append(Measure(k, "entrance", top[1], top[3], shapely.Point(nodes[top[2]])))
    return out


def _joined(network: StreetNetwork, gates: Snapped, node: Ints, cost: Floats) -> Snapped:
    """Return the entrances of a station with nodes from which it is so far (m) by a new link.

    All paths by the link begin at one of them: a search to these ends is one of the streets with
    the link built.
    """
    here = np.column_stack([network.x[node], network.y[node]])
    nowhere = np.full(len(node), np.nan)
    return replace(
        gates,
        point=np.concatenate([gates.point, here]),
        at=np.concatenate([gates.at, here]),
        edge=np.concatenate([gates.edge, np.full(len(node), -1)]),
        offset=np.concatenate([gates.offset, nowhere]),
        fraction=np.concatenate([gates.fraction, nowhere]),
        node=np.concatenate([gates.node, node]),
        distance=np.concatenate([gates.distance, cost]),
    )


def _main_nodes(network: StreetNetwork, part: float) -> Ints:
    """Return nodes of the parts of the network that homes and stations are snapped to."""
    open_ = network.open_edges
    parts = network.components(strong=True)
    enough = parts.length >= main_parts(network, part)
    ends = np.unique(np.concatenate([network.edge_u[open_], network.edge_v[open_]]))
    label = parts.node[ends]
    return ends[(label >= 0) & np.append(enough, False)[label]].astype(np.int64)


def _reaches(network: StreetNetwork, ends: Any, homes: Any, limit: float) -> Bools:
    """Tell which homes reach any of some points within the limit."""
    cost, _ = network.nearest(ends, limit=limit, snap_cost=1.0).at(homes)
    return np.asarray(cost <= limit + TOLERANCE)


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


def _low_stress(run: Run, answer: Answer, streets: OnStreets, useful: Ints) -> list[Measure]:
    """Return the best stretch of street to be calmed for each station."""
    p, low, bike = run.parameters, streets.low, streets.bike
    assert low is not None
    assert bike is not None
    everyone = _lacking(answer, "bike_low")
    if everyone is None:
        return []
    network, limit = bike.network, p.bike_limit
    nodes = np.column_stack([network.x, network.y])
    calm = low.stress.calm(p.stress_limit)
    # only ways that are rated and open may be calmed
    rough = (low.stress.level >= 1) & ~calm
    rest = network.subnetwork(arcs=rough)
    label = _parts_of(network, calm)
    out = []
    for k in useful.tolist():
        own, metres = low.found.of(k, limit=limit)
        if not len(own):
            continue
        gates = np.flatnonzero(np.asarray(streets.places.owner) == k)
        points = shapely.get_coordinates(streets.places.points[gates])
        middle = points.mean(axis=0)
        lacking = _close(everyone, middle, limit + float(np.hypot(*(points - middle).T).max()))
        if not len(lacking.row):
            continue
        at_home = low.homes[lacking.row]
        left = np.full(network.n_nodes, np.inf)
        left[own] = metres
        # from calm streets that lead to the station, over rough ones, to calm parts that do not
        search = rest.nearest(own.astype(np.int64), limit=p.link_limit)
        gap, source = search.distance, search.source
        node = np.flatnonzero(np.isfinite(gap) & (gap >= SHORTEST) & (label >= 0)
                              & ~np.isfinite(left))  # fmt: skip
        if not len(node):
            continue
        # of each calm part the nearest node, if it leaves something to ride
        begin = own[source[node]]
        whole = gap[node] + left[begin]
        node, whole = node[whole < limit], whole[whole < limit]
        order = np.lexsort((whole, label[node]))
        first = np.unique(label[node][order], return_index=True)[1]
        node, whole = node[order][first], whole[order][first]
        value = _around(lacking, nodes[node], limit - whole) / np.maximum(gap[node], SHORTEST)
        best: tuple[float, float, Ints, Any] | None = None
        before = _reaches(low.network, low.gates[gates], at_home, limit)
        for i in np.argsort(-value, kind="stable")[:TRIED].tolist():
            if value[i] <= 0:
                break
            u, v = int(node[i]), int(own[source[node[i]]])
            edges, along, ahead = _walked(rest.paths(np.array([u]), np.array([v])), u)
            if not len(edges):
                continue
            ends = _joined(low.network, low.gates[gates], along, ahead + left[v])
            now = _reaches(low.network, ends, at_home, limit)
            gained = lacking.row[now & ~before]
            size = float(network.edge_length[edges].sum())
            worth = answer.total(gained) / size
            if len(gained) and (best is None or worth > best[0]):
                best = (worth, size, gained, shapely.line_merge(
                    shapely.multilinestrings(network.lines(edges))))  # fmt: skip
        if best is not None:
            out.append(Measure(k, "low_stress", best[1], best[2], best[3]))
    return out


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
