"""Parts of ``border_gaps``: neighbours, crossings that go on, and ends that do not."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.shared.cycle_graph import CycleGraph, Route
from metrogis.streets.cycleways import group_labels

SAME_PLACE = 50.0
"""Crossings and gaps whose ends are this near are one (carriageways side by side), m."""


class Border(NamedTuple):
    """Two neighbouring municipalities (rows, ``a < b``) and the line between them."""

    a: int
    b: int
    line: Any


def borders(municipalities: gpd.GeoDataFrame, tolerance: float) -> list[Border]:
    """Return the pairs of municipalities that share more than a corner of their outline.

    They stand by code, the lower one first, whatever the order of the rows.
    """
    order = np.argsort(municipalities["teryt"].to_numpy(dtype=str), kind="stable")
    areas = municipalities.geometry.to_numpy()
    i, j = shapely.STRtree(areas[order]).query(
        areas[order], predicate="dwithin", distance=tolerance
    )
    once = i < j
    found = []
    for one, two in sorted(zip(i[once].tolist(), j[once].tolist(), strict=True)):
        a, b = int(order[one]), int(order[two])
        line = shapely.intersection(shapely.boundary(areas[a]), shapely.boundary(areas[b]))
        if line.length <= 4 * tolerance:  # slivers and overlaps between them: take one side
            near = shapely.buffer(areas[b], max(tolerance, 1e-3))
            line = shapely.intersection(shapely.boundary(areas[a]), near)
        if line.length > 4 * tolerance:
            found.append(Border(a, b, line))
    return found


def crossings(graph: CycleGraph, border: Border, home: Array) -> list[dict[str, Any]]:
    """Return the places where infrastructure crosses a border.

    Parameters
    ----------
    graph : CycleGraph
    border : Border
    home : ndarray of int (nodes,)
        Municipality of each node.

    Returns
    -------
    list of dict
        Rows of the table of border places, ``state`` continuous. Edges that cross within
        :data:`SAME_PLACE` metres of each other (both sides of a street) are one place; its stress
        is that of the worst.
    """
    n = graph.network
    hu, hv = home[n.edge_u], home[n.edge_v]
    mine = graph.built & (
        ((hu == border.a) & (hv == border.b)) | ((hu == border.b) & (hv == border.a))
    )
    edges = np.flatnonzero(mine)
    if len(edges) == 0:
        return []
    lines = n.lines(edges)
    points = shapely.shortest_line(lines, border.line)
    points = shapely.get_point(points, 0)
    # edges within SAME_PLACE of each other, and what a third one joins, are one crossing
    i, j = shapely.STRtree(points).query(points, predicate="dwithin", distance=SAME_PLACE)
    label = group_labels(i, j, len(edges))
    rows = []
    for group in range(int(label.max()) + 1):
        some = edges[label == group]
        rows.append(
            {
                "state": "continuous",
                "reason": "crosses",
                "length_m": 0.0,
                "stress": graph.worst_level(some),
                "road": graph.main_name(some),
                "geometry": lines[np.flatnonzero(label == group)[0]],
            }
        )
    return rows


def gaps_from_ends(
    graph: CycleGraph,
    pairs: list[Border],
    home: Array,
    *,
    reach: float,
    limit: float,
    detour_min: float,
) -> tuple[dict[int, list[dict[str, Any]]], dict[int, Array]]:
    """Search from the ends near each border for the next infrastructure beyond it.

    Returns
    -------
    gaps : dict
        By position of the border: rows of gaps.
    lone : dict
        By position of the border: ends from which nothing beyond is in reach.
    """
    n = graph.network
    label, size = graph.parts
    # streets without infrastructure: a path along them is what is missing between two ends
    streets = graph.undirected(n.open_edges & ~graph.built)
    own = graph.undirected(graph.built)
    ends = graph.ends
    points = shapely.points(n.x[ends], n.y[ends])
    wanted: list[tuple[int, int, int]] = []
    for k, border in enumerate(pairs):
        shapely.prepare(border.line)
        near = shapely.dwithin(border.line, points, reach)
        near &= np.isin(home[ends], (border.a, border.b))
        # an end belongs to one side of the border, the gap is sought on the other: a + b - own
        wanted += [(int(e), k, border.a + border.b - int(home[e])) for e in ends[near]]
    sources = np.unique([w[0] for w in wanted]).astype(np.int64)
    by_source: dict[int, list[tuple[int, int]]] = {}
    for end, k, other in wanted:
        by_source.setdefault(end, []).append((k, other))
    found: dict[int, list[dict[str, Any]]] = {}
    lone: dict[int, list[int]] = {}
    for i, far, before in streets.from_nodes(sources, limit):
        end = int(sources[i])
        for k, other in by_source[end]:
            # infrastructure nodes beyond the border in reach; of equally near ones the lowest
            # number
            targets = np.flatnonzero(np.isfinite(far) & (label >= 0) & (home == other))
            if len(targets) == 0:
                lone.setdefault(k, []).append(end)
                continue
            target = int(targets[np.lexsort((targets, far[targets]))[0]])
            route = _from_last_touch(streets.route(before, target, far), label, home[end], home, n)
            found.setdefault(k, []).append(_gap_row(graph, route, label, size))
    _way_round(found, own, limit=limit, detour_min=detour_min)
    kept = {k: _once(rows) for k, rows in found.items()}
    return kept, {k: np.array(v, np.int64) for k, v in lone.items()}


def _from_last_touch(route: Route, label: Array, here: int, home: Array, n: Any) -> Route:
    """Begin the gap where the path last touches infrastructure on its own side."""
    touch = np.flatnonzero((label[route.nodes[:-1]] >= 0) & (home[route.nodes[:-1]] == here))
    at = int(touch[-1]) if len(touch) else 0
    edges = route.edges[at:]
    return Route(route.nodes[at:], edges, float(n.edge_length[edges].sum()))


def _gap_row(graph: CycleGraph, route: Route, label: Array, size: Array) -> dict[str, Any]:
    n = graph.network
    a, b = int(route.nodes[0]), int(route.nodes[-1])
    air = float(np.hypot(n.x[a] - n.x[b], n.y[a] - n.y[b]))
    one, two = label[a], label[b]
    known = graph.level[route.edges]
    metres = n.edge_length[route.edges]
    # NaN is not <= 2: streets of unknown stress do not count as low
    low = float(metres[known <= 2].sum() / metres.sum()) if metres.sum() > 0 else np.nan
    return {
        "state": "gap",
        "reason": "missing_between",
        "length_m": route.metres,
        "detour": route.metres / air if air > 0 else np.nan,
        "stress": graph.worst_level(route.edges),
        "low_stress_share": low if not np.isnan(known).any() else np.nan,
        "road": graph.main_name(route.edges),
        "joins_km": 0.0 if one == two else float(min(size[one], size[two])) / 1000,
        "geometry": graph.line(route),
        "_nodes": (a, b),
        "_edges": frozenset(route.edges.tolist()),
    }


def _way_round(
    found: dict[int, list[dict[str, Any]]], own: Any, *, limit: float, detour_min: float
) -> None:
    """Add the way round over infrastructure; a gap with a good one is no gap."""
    sources = np.unique([r["_nodes"][0] for rows in found.values() for r in rows]).astype(np.int64)
    position = {int(s): i for i, s in enumerate(sources)}
    wanted: dict[int, list[dict[str, Any]]] = {}
    for rows in found.values():
        for row in rows:
            wanted.setdefault(position[row["_nodes"][0]], []).append(row)
    for i, far, _ in own.from_nodes(sources, np.inf):
        for row in wanted[i]:
            around = float(far[row["_nodes"][1]])
            row["around_m"] = around if np.isfinite(around) else np.nan
            row["_good_way_round"] = around < detour_min * row["length_m"]
    for k in found:
        found[k] = [r for r in found[k] if not r.pop("_good_way_round")]


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the shortest of gaps that share half of their edges, or both of their ends."""
    kept: list[dict[str, Any]] = []
    # each gap is met from both of its ends: the shortest first, so that it is the one that stays
    for row in sorted(rows, key=lambda r: (r["length_m"], r["_nodes"])):
        if row["geometry"] is None:
            continue
        if not any(_same(row, other) for other in kept):
            kept.append(row)
    return kept


def _same(row: dict[str, Any], other: dict[str, Any]) -> bool:
    shared = len(row["_edges"] & other["_edges"])
    if 2 * shared >= min(len(row["_edges"]), len(other["_edges"])):
        return True
    a, b = (shapely.get_point(row["geometry"], k) for k in (0, -1))
    c, d = (shapely.get_point(other["geometry"], k) for k in (0, -1))
    return bool(
        max(a.distance(c), b.distance(d)) <= SAME_PLACE
        or max(a.distance(d), b.distance(c)) <= SAME_PLACE
    )


def lone_rows(
    graph: CycleGraph,
    ends: Array,
    border: Border,
    home: Array,
    mapped: Array,
    nearest: float,
    certain: Array,
) -> list[dict[str, Any]]:
    """Return ends right at the border beyond which there is nothing, or nothing known.

    ``mapped``: municipalities whose routes are known; ``certain``: ends around which streets and
    routes are.
    """
    n, rows = graph.network, []
    for end, sure in zip(ends.tolist(), certain.tolist(), strict=True):
        point = shapely.Point(n.x[end], n.y[end])
        if border.line.distance(point) > nearest:
            continue
        other = border.a + border.b - int(home[end])
        edges = np.flatnonzero(graph.built & ((n.edge_u == end) | (n.edge_v == end)))
        rows.append(
            {
                "state": "gap" if sure and mapped[other] else "unknown",
                "reason": "nothing_beyond" if sure and mapped[other] else "no_data",
                "length_m": np.nan,
                "stress": np.nan,
                "road": graph.main_name(edges),
                "geometry": n.lines(edges)[0],
            }
        )
    return rows


def table_of(
    rows: list[dict[str, Any]], municipalities: gpd.GeoDataFrame, columns: list[str]
) -> gpd.GeoDataFrame:
    """Return rows as a table with the given columns.

    Parameters
    ----------
    rows : list of dict
        A column that a row lacks is missing there; numbers become float, so that NaN is "unknown".
    municipalities : GeoDataFrame
        Gives the CRS.
    columns : list of str
        Without ``geometry``, which is last.
    """
    frame = pd.DataFrame(rows, columns=[*columns, "geometry"])
    for name in ("length_m", "detour", "stress", "low_stress_share", "joins_km", "around_m"):
        if name in frame:
            frame[name] = frame[name].astype(float)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=municipalities.crs)
