"""Paths added to a network that is there: edges are cut where a path joins them.

A path joins the streets at its ends, and at each of its points that lies on a street; it crosses
other streets above or below. Edges that nothing joins keep their shape, length and direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.streets import topology
from metrogis.streets.network import StreetNetwork

END = 25.0
"""Metres from the end of a path within which it is led on to the nearest street (project choice:
half the width of a main road with its verge)."""

ON = 1.0
"""Metres from a street within which a point of a path lies on it (project choice)."""

_SAME = 0.01
"""Metres between two points of an edge that are one."""


@dataclass(frozen=True)
class NewPath:
    """A path to add.

    Attributes
    ----------
    line : LineString
        In the CRS of the network.
    tags : dict of str to str
        Tags of OpenStreetMap, for the columns that the network has.
    id : int
        In the column ``osm_id``: below 0, for OpenStreetMap does not have it.
    """

    line: Any
    tags: dict[str, str]
    id: int


def joins(network: StreetNetwork, line: Any) -> tuple[Array, Array, Array]:
    """Return where the points of a line join a network.

    Parameters
    ----------
    network : StreetNetwork
    line : LineString

    Returns
    -------
    edge : array of int (points,)
        The nearest edge of each point that joins; -1 for one that does not.
    metres : array of float (points,)
        Along that edge, from its start.
    at : array of float (points, 2)
        The place on the edge; of a point that does not join the point itself.
    """
    xy = shapely.get_coordinates(line)
    limit = np.full(len(xy), ON)
    limit[[0, -1]] = END
    edges = np.flatnonzero(network.open_edges)
    shapes = network.lines(edges)
    points = np.asarray(shapely.points(xy), dtype=object)
    tree = shapely.STRtree(shapes)
    edge, metres, at = np.full(len(xy), -1), np.zeros(len(xy)), xy.copy()
    (point, found), apart = tree.query_nearest(points, max_distance=END, return_distance=True)
    # of streets as near as each other the one that comes first
    order = np.lexsort((edges[found], apart, point))
    point, found, apart = point[order], found[order], apart[order]
    first = np.r_[True, point[1:] != point[:-1]][: len(point)]
    point, found, apart = point[first], found[first], apart[first]
    near = apart <= limit[point]
    point, found = point[near], found[near]
    edge[point] = edges[found]
    metres[point] = shapely.line_locate_point(shapes[found], points[point])
    at[point] = shapely.get_coordinates(
        shapely.line_interpolate_point(shapes[found], metres[point])
    )
    return edge, metres, at


def with_path(network: StreetNetwork, path: NewPath) -> StreetNetwork | None:
    """Return a network with one path more; None where no point of the path joins it.

    Parameters
    ----------
    network : StreetNetwork
        Weights must be lengths.
    path : NewPath
    """
    edge, metres, at = joins(network, path.line)
    if not (edge >= 0).any():
        return None
    start, key, xy, way, ends = _cut(network, edge, metres, at)
    own = shapely.get_coordinates(path.line)
    # a joint is a vertex of the cut edge and of the path, under one key; a point led on to a
    # street keeps its own place, and the joint comes before the first, behind the last
    free = -2 - 2 * network.n_nodes - len(xy)
    points: list[tuple[int, float, float]] = []
    for k in range(len(own)):
        here = (free - k, float(own[k, 0]), float(own[k, 1]))
        joint = None if edge[k] < 0 else (int(ends[k]), float(at[k, 0]), float(at[k, 1]))
        apart = 0.0 if joint is None else float(np.hypot(*(at[k] - own[k])))
        if joint is None:
            points.append(here)
        elif apart <= _SAME:
            points.append(joint)
        elif k == 0:
            points += [joint, here]
        elif k == len(own) - 1:
            points += [here, joint]
        else:
            points.append(joint)
    arcs = network.edge_arcs
    built = topology.build(
        topology.Ways(
            np.append(start, start[-1] + len(points)),
            np.concatenate([key, [p[0] for p in points]]).astype(np.int64),
            np.concatenate([xy[:, 0], [p[1] for p in points]]),
            np.concatenate([xy[:, 1], [p[2] for p in points]]),
            np.append(arcs[:, 0] >= 0, True),
            np.append(arcs[:, 1] >= 0, True),
            np.zeros(len(key) + len(points), bool),
        )
    )
    row = np.append(way, len(network.ways))
    node_id = np.where(
        built.key >= 0,
        network.node_id[np.maximum(built.key, 0)],
        path.id * 1000 - np.arange(len(built.key)),
    )
    signals = np.where(built.key >= 0, network.signals[np.maximum(built.key, 0)], False)
    made = StreetNetwork.from_topology(
        built, crs=network.crs, mode=network.mode, ways=_with_tags(network.ways, path),
        signals=np.zeros(0, np.int64), audit=network.audit, source=network.source,
        extent=network.extent, losses=network.losses,
    )  # fmt: skip
    return replace(
        made, node_id=node_id, signals=signals, edge_way=row[built.edge_way].astype(np.int32)
    )


def _cut(
    network: StreetNetwork, edge: Array, metres: Array, at: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the edges as ways, with a vertex more where a path joins them.

    Returns
    -------
    start, key, xy, way
        Vertices of each edge; ends have the number of their node as key, others keys below 0.
    ends : array of int (points,)
        Key of the joint of each point of the path.
    """
    ptr, coords = network.coord_ptr.astype(np.int64), network.coords
    count = np.diff(ptr)
    key = -1 - np.arange(len(coords), dtype=np.int64) - network.n_nodes
    key[ptr[:-1]] = network.edge_u
    key[ptr[1:] - 1] = network.edge_v
    ends = np.zeros(len(edge), np.int64)
    more: list[tuple[int, int, float, float]] = []  # (before vertex, key, x, y)
    taken: dict[tuple[int, float], int] = {}
    free = -2 - 2 * network.n_nodes - len(coords) - len(edge) - 10
    for k in np.flatnonzero(edge >= 0):
        rows = slice(ptr[edge[k]], ptr[edge[k] + 1])
        steps = np.hypot(*np.diff(coords[rows], axis=0).T)
        along = np.r_[0.0, np.cumsum(steps)]
        near = np.flatnonzero(np.abs(along - metres[k]) <= _SAME)
        if len(near):  # at a vertex of the edge: its key is the joint
            ends[k] = key[ptr[edge[k]] + near[0]]
            continue
        place = (int(edge[k]), round(float(metres[k]), 2))
        if place not in taken:
            before = int(ptr[edge[k]]) + int(np.searchsorted(along, metres[k]))
            taken[place] = free - len(more)
            more.append((before, taken[place], float(at[k, 0]), float(at[k, 1])))
        ends[k] = taken[place]
    # several joints of one stretch stand in the order along it
    order = sorted(range(len(more)), key=lambda i: (more[i][0], _along(coords, more[i])))
    at_vertex = np.array([more[i][0] for i in order], np.int64)
    key = np.insert(key, at_vertex, [more[i][1] for i in order])
    xy = (
        np.insert(coords, at_vertex, [[more[i][2], more[i][3]] for i in order], axis=0)
        if order
        else coords
    )
    extra = np.zeros(len(count), np.int64)
    np.add.at(extra, np.searchsorted(ptr, at_vertex, side="left") - 1, 1)
    start = np.r_[0, np.cumsum(count + extra)]
    return start, key, xy, network.edge_way, ends


def _along(coords: Array, joint: tuple[int, int, float, float]) -> float:
    before, _key, x, y = joint
    return float(np.hypot(*(coords[before - 1] - (x, y))))


def _with_tags(ways: pd.DataFrame, path: NewPath) -> pd.DataFrame:
    """Return the table of ways with a row for the path; tags without a column are left out."""
    columns: dict[str, Any] = {}
    for name, values in ways.items():
        if name == "osm_id":
            columns[name] = np.append(values.to_numpy(), path.id)
        elif isinstance(values.dtype, pd.CategoricalDtype):
            tag = path.tags.get(str(name))
            if tag is not None and tag not in values.cat.categories:
                values = values.cat.add_categories([tag])
            code = -1 if tag is None else values.cat.categories.get_loc(tag)
            columns[name] = pd.Categorical.from_codes(
                np.append(values.cat.codes.to_numpy(), code), dtype=values.dtype
            )
        else:
            columns[name] = [*values, path.tags.get(str(name))]
    return pd.DataFrame(columns)


def with_paths(
    network: StreetNetwork, paths: Sequence[NewPath]
) -> tuple[StreetNetwork, list[NewPath]]:
    """Return a network with paths, and the paths that join neither it nor one another.

    Paths that join others only come after these, whatever their order.
    """
    left = list(paths)
    while left:
        rest = []
        for path in left:
            made = with_path(network, path)
            if made is None:
                rest.append(path)
            else:
                network = made
        if len(rest) == len(left):
            break
        left = rest
    return network, left
