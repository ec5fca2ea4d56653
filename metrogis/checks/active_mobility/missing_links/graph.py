"""The street graph in which missing links are sought: few nodes, three kinds of edges."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.shared.cycle_graph import CycleGraph
from metrogis.streets.simplify import simplify


class LinkGraph(NamedTuple):
    """Tables for :func:`metrogis.streets.gaps.missing_links`.

    ``nodes``: ``id`` (node of the network), ``x``, ``y``. ``edges``: ``u``, ``v``, ``length`` (m),
    ``kind``, geometry; ``members[i]`` are the network's edges of row ``i``, from ``u`` to ``v``.
    """

    nodes: pd.DataFrame
    edges: gpd.GeoDataFrame
    members: list[Array]


def kinds_of(graph: CycleGraph, quiet: float) -> Array:
    """Return the kind of every edge: ``protected``, ``both`` or ``mixed``.

    Ways of their own are protected; streets with infrastructure, and those whose stress is at most
    ``quiet`` (NaN: none), are both.
    """
    calm = graph.level <= quiet if np.isfinite(quiet) else np.zeros(len(graph.level), bool)
    own = graph.kind == "separate"
    kind: Array = np.select([own & graph.built, graph.built | calm], ["protected", "both"], "mixed")
    return kind.astype(object)


def link_graph(graph: CycleGraph, kind: Array) -> LinkGraph:
    """Return the open edges with their kind, nodes of degree two taken out.

    Parameters
    ----------
    graph : CycleGraph
    kind : ndarray of str (edges,)
        Nodes between edges of one kind go; where the kind changes they stay.

    Returns
    -------
    LinkGraph
        Without loops, which no path uses.
    """
    n = graph.network
    # loops and edges of no length lie on no shortest path
    edges = np.flatnonzero(n.open_edges & (n.edge_u != n.edge_v) & (n.edge_length > 0))
    u, v = n.edge_u[edges].astype(np.int64), n.edge_v[edges].astype(np.int64)
    used = np.unique(np.concatenate([u, v]))
    simple = simplify(
        pd.DataFrame({"id": used, "x": n.x[used], "y": n.y[used]}),
        gpd.GeoDataFrame(
            {"u": u, "v": v, "length": n.edge_length[edges], "kind": kind[edges]},
            index=edges,
            geometry=n.lines(edges),
            crs=n.crs,
        ),
    )
    table = simple.edges[(simple.edges["u"] != simple.edges["v"]).to_numpy()]
    table = table.reset_index(drop=True)
    members = [np.array(m, np.int64) for m in table.pop("members")]
    kept = np.unique(np.concatenate([table["u"].to_numpy(), table["v"].to_numpy()]))
    nodes = pd.DataFrame({"id": kept, "x": n.x[kept], "y": n.y[kept]})
    return LinkGraph(nodes, table, members)


def members_of(found: pd.Series, members: list[Array]) -> list[Array]:
    """Return the edges of the network of each gap.

    Parameters
    ----------
    found : Series of sequence of int
        Rows of the simplified table that each gap is made of.
    members : list of ndarray of int
        Edges of the network of each such row (:class:`LinkGraph`).
    """
    return [
        np.concatenate([members[int(e)] for e in labels]) if len(labels) else np.zeros(0, np.int64)
        for labels in found
    ]


def people_at(
    points: Array, people: Array, x: Array, y: Array, limit: float
) -> tuple[Array, Array]:
    """Move people to the nearest of some nodes within ``limit`` (m).

    Returns
    -------
    weight : array of float, shape (nodes,)
    node : array of int, shape (points,)
        -1 where none is near.
    """
    weight, node = np.zeros(len(x)), np.full(len(points), -1, np.int64)
    if len(x) and len(points):
        tree = shapely.STRtree(np.asarray(shapely.points(x, y), object))
        i, j = tree.query_nearest(points, max_distance=limit, all_matches=False)
        node[i] = j
        np.add.at(weight, j, np.nan_to_num(people[i]))
    return weight, node
