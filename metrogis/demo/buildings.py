"""Buildings along the streets of settlements."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from metrogis.demo.frame import CRS, Size, Streams
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.terrain import Terrain

# by zone: metres of street per building and side, length, depth, set-back from the axis, storeys
_FORM = np.array(
    [
        [24, 16, 12, 15, 4],
        [27, 19, 13, 16, 4],
        [62, 42, 13, 27, 5],
        [27, 12, 10, 17, 2],
        [95, 52, 30, 38, 2],
        [34, 13, 10, 18, 2],
    ],
    float,
)
_KST = {"residential": "110", "industrial": "101", "farm": "110"}
_BARN = 6
"""Every so many buildings of a farm is one for animals or crops (KST 108)."""
_USES = ("residential", "residential", "residential", "residential", "industrial", "farm")


def make_buildings(
    size: Size, terrain: Terrain, graph: Graph, streams: Streams
) -> gpd.GeoDataFrame:
    """Place buildings along the streets of settlements.

    Returns
    -------
    GeoDataFrame (EPSG:2180)
        ``kind``, ``kst``, ``storeys`` and a rectangle each, aligned with its street at the depth
        usual for the quarter. Only a share of all plots is built (0.35 to 0.7, more in demos of
        more detail), so that files stay small; residents are not counted from these.
    """
    rng = streams("buildings")
    street = (graph.zone >= 0) & (graph.cls <= CLASS["service"])
    e = np.flatnonzero(street)
    zone = graph.zone[e]
    length = graph.lengths()[e]
    room = np.maximum(0.0, length - 2 * (_FORM[zone, 3] + 4))
    share = 0.35 + 0.35 * size.detail
    count = rng.binomial((room // _FORM[zone, 0]).astype(np.int64) * 2, share)
    # from here one row is one building: k is the position of its street in e
    k = np.repeat(np.arange(len(e)), count)
    n = len(k)
    ux = (graph.x[graph.v[e]] - graph.x[graph.u[e]]) / length
    uy = (graph.y[graph.v[e]] - graph.y[graph.u[e]]) / length
    slot = np.floor(rng.random(n) * np.maximum(1, room[k] // _FORM[zone[k], 0]))
    side = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    # one building per place
    _, first = np.unique(np.column_stack([k, slot, side]), axis=0, return_index=True)
    first.sort()
    k, slot, side = k[first], slot[first], side[first]
    n = len(k)
    form = _FORM[zone[k]]
    t = form[:, 3] + 4 + (slot + 0.5) * form[:, 0]
    back = form[:, 3] + rng.uniform(-2, 4, n)
    cx = graph.x[graph.u[e[k]]] + t * ux[k] - side * back * uy[k]
    cy = graph.y[graph.u[e[k]]] + t * uy[k] + side * back * ux[k]
    half = form[:, 1] / 2 * rng.uniform(0.75, 1.1, n)
    deep = form[:, 2] / 2 * rng.uniform(0.8, 1.15, n)
    a, b = np.array([-1, 1, 1, -1]), np.array([-1, -1, 1, 1])
    px = cx[:, None] + half[:, None] * a * ux[k, None] - deep[:, None] * b * uy[k, None]
    py = cy[:, None] + half[:, None] * a * uy[k, None] + deep[:, None] * b * ux[k, None]
    # none stands on a street or in the water
    tree = shapely.STRtree(graph.segments())
    radius = np.minimum(half, deep) + 4
    hit = tree.query(shapely.points(cx, cy), predicate="dwithin", distance=radius)[0]
    r, c = terrain.grid.rowcol(cx, cy)
    good = terrain.dry[r, c]
    good[hit] = False
    shapes = shapely.polygons(np.round(np.stack([px, py], axis=-1), 2)[good])
    kind = np.array(_USES)[zone[k][good]]
    barn = (kind == "farm") & (np.arange(len(kind)) % _BARN == 0)
    return gpd.GeoDataFrame(
        {
            "kind": kind,
            "kst": np.where(barn, "108", [_KST[name] for name in kind]),
            "storeys": np.maximum(1, form[good, 4] + rng.integers(-1, 2, int(good.sum()))).astype(
                int
            ),
        },
        geometry=shapes,
        crs=CRS,
    )
