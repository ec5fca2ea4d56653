"""The network as lines, tables and a short description."""

from __future__ import annotations

import html

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.streets import parts as part_rules
from metrogis.streets.network_arrays import Arrays


def lines(network: Arrays, edges: Array) -> Array:
    """Return the shape of edges as LineStrings."""
    if len(edges) == 0:
        return np.zeros(0, dtype=object)
    count = np.diff(network.coord_ptr)[edges]
    start = np.concatenate([[0], np.cumsum(count)])
    # flat: position in coords of every vertex of the chosen edges, edge by edge
    flat = np.arange(start[-1]) - np.repeat(start[:-1] - network.coord_ptr[edges], count)
    row = np.repeat(np.arange(len(edges)), count)
    return np.asarray(shapely.linestrings(network.coords[flat], indices=row))


def part_of_edge(network: Arrays, edge: int, start: float, end: float) -> Array:
    """Return points between two shares of an edge; see :meth:`StreetNetwork.part_of_edge`."""
    if start > end:
        return part_of_edge(network, edge, end, start)[::-1]
    xy = network.coords[network.coord_ptr[edge] : network.coord_ptr[edge + 1]]
    if start <= 0 and end >= 1:
        return xy
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    low, high = start * along[-1], end * along[-1]
    inner = xy[(along > low) & (along < high)]
    ends = [[np.interp(at, along, xy[:, k]) for k in (0, 1)] for at in (low, high)]
    return np.vstack([ends[0], inner, ends[1]])


def edge_table(network: Arrays) -> gpd.GeoDataFrame:
    """Return the open edges of a network as a table.

    Returns
    -------
    GeoDataFrame
        The index is the number of the edge: ``u`` and ``v`` (nodes), ``length`` (m), ``way`` (row),
        ``forward`` and ``backward`` (whether the direction is open), ``osm_id``, ``highway`` and
        ``name`` where ways have them, ``geometry``.
    """
    rows = np.flatnonzero(network.open_edges)
    way = network.edge_way[rows]
    table = pd.DataFrame(
        {
            "u": network.edge_u[rows],
            "v": network.edge_v[rows],
            "length": network.edge_length[rows],
            "way": way,
            "forward": network.edge_arcs[rows, 0] >= 0,
            "backward": network.edge_arcs[rows, 1] >= 0,
        },
        index=pd.Index(rows, name="edge"),
    )
    for name in ("osm_id", "highway", "name"):
        if name in network.ways:
            table[name] = network.ways[name].array.take(way)
    return gpd.GeoDataFrame(table, geometry=lines(network, rows), crs=network.crs)


def describe(network: Arrays) -> str:
    """Return a small HTML table for notebooks."""
    parts = part_rules.components(network).length
    share = parts[0] / parts.sum() if len(parts) and parts.sum() > 0 else float("nan")
    is_open = network.edge_arcs >= 0
    source = network.source
    rows = {
        "mode": network.mode,
        "nodes": f"{network.n_nodes:,}",
        "edges": f"{int(is_open.any(axis=1).sum()):,}",
        "one-way edges": f"{int((is_open.sum(axis=1) == 1).sum()):,}",
        "length": f"{network.edge_length[network.open_edges].sum() / 1000:,.1f} km",
        "longest connected part": f"{100 * share:.1f} %",
        "CRS": crs_rules.name_of(network.crs),
        "source": " ".join(t for t in (source.origin, source.date, source.licence) if t),
        "audit": f"{len(network.audit)} rows",
        "memory": f"{network.nbytes / 1e6:.1f} MB",
    }
    cells = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in rows.items()
    )
    return f"<table>{cells}</table>"
