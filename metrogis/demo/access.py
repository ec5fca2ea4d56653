"""Station entrances and their footways to the streets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled


def add_entrances(
    graph: Graph, settled: Settled, stations: pd.DataFrame
) -> tuple[Graph, pd.DataFrame]:
    """Give every station entrances and join them to the nearest street on their side.

    Stations in towns have an entrance on each side and a subway between; others one, on the side of
    their settlement; the planted halt one, on the far side of its housing.

    Returns
    -------
    graph, entrances
        Entrances: node, station (row), x, y, name.
    """
    places = settled.places
    xs, ys, rows = [], [], []
    for s, station in stations.iterrows():
        rail = settled.rails[int(station["rail"])]
        a, b = rail.interpolate(station["at"] - 40), rail.interpolate(station["at"] + 40)
        n = np.array([-(b.y - a.y), b.x - a.x]) / a.distance(b)
        place = places.iloc[int(station["place"])]
        side = np.sign(n @ np.array([place["x"] - station["x"], place["y"] - station["y"]])) or 1.0
        both = place["role"] in ("city", "town")
        for k, turn in enumerate((side, -side) if both else (side,)):
            xs.append(station["x"] + n[0] * turn * 32)
            ys.append(station["y"] + n[1] * turn * 32)
            rows.append({"station": s, "name": "AB"[k]})
    out = pd.DataFrame(rows)
    x, y = np.array(xs), np.array(ys)
    streets = np.column_stack([graph.x, graph.y])
    rails = shapely.MultiLineString(settled.rails)
    _, near = cKDTree(streets).query(np.column_stack([x, y]), k=60)
    graph, numbers = graph.add_nodes(x, y)
    out["node"], out["x"], out["y"] = numbers, x, y
    u, v, cls = [], [], []
    for i in range(len(out)):
        links = shapely.linestrings(
            np.stack([np.repeat([[x[i], y[i]]], 60, axis=0), streets[near[i]]], axis=1)
        )
        free = ~shapely.intersects(rails, links)
        if not free.any():
            continue
        u.append(int(numbers[i]))
        v.append(int(near[i][np.argmax(free)]))
        cls.append(CLASS["footway"])
    by_station = out.groupby("station").indices
    for pair in by_station.values():
        if len(pair) == 2:
            u.append(int(numbers[pair[0]]))
            v.append(int(numbers[pair[1]]))
            cls.append(CLASS["footway"])
    graph = graph.add_edges(np.array(u), np.array(v), np.array(cls))
    return graph, out
