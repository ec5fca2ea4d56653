"""Where buses stop: stop places in every settlement, a few hundred metres apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import Fabric
from metrogis.demo.frame import Array, Index, Mask, Shape, Size, Streams
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.names import street_names
from metrogis.demo.settlements import Settled
from metrogis.demo.shapes import Shapes, pieces
from metrogis.demo.terrain import Terrain

SPACING = 450.0
"""Between stop places, m; a fifth more in the largest demo, whose towns are more spread out."""
AIR_REACH = 365.0
"""A served cell has its stop this near by air, m: 500 m of walking at a detour of 1.3, less 20."""
FOOT_REACH = 420.0
"""and this near along the streets, m: 500 m less what snapping may add."""
ALONE = 20.0
"""A stop has, where it can, no other street this near, m; its posts stand 7 m from its own."""
NO_STOPS = ("no_stop", "barrier")
ONE_STOP = ("too_few", "wrong_hours", "sundays_only", "weekdays_only", "steady", "slow")


def make_stops(
    size: Size, terrain: Terrain, settled: Settled, fabric: Fabric, graph: Graph, streams: Streams
) -> pd.DataFrame:
    """Place stops in every settlement, one a cell of a staggered grid of :data:`SPACING` m.

    Returns
    -------
    DataFrame
        A row a stop place: ``node`` of the street graph, ``x``, ``y`` (EPSG:2180), ``settlement``
        and ``municipality`` (rows), ``name``, ``plant``. Villages planted without a stop have none,
        those planted with a faulty timetable have one in their middle.
    """
    rng = streams("stops")
    spacing = SPACING * (1 + (size.detail - 0.3) * 0.3)
    places = settled.places
    degree = np.bincount(np.r_[graph.u, graph.v], minlength=graph.nodes)
    best = np.full(graph.nodes, 9)
    np.minimum.at(best, graph.u, graph.cls)
    np.minimum.at(best, graph.v, graph.cls)
    rr, cc = terrain.grid.rowcol(graph.x, graph.y)
    owner = fabric.owner[rr, cc]
    plant = places["plant"].to_numpy()
    town = (fabric.depth[rr, cc] < 1.05) & (owner >= 0)
    town &= ~np.isin(plant[owner], (*NO_STOPS, *ONE_STOP, "halt"))
    node = np.flatnonzero(town & (degree >= 2) & (best <= CLASS["residential"]))
    col = np.floor(graph.x[node] / spacing)
    row = np.floor(graph.y[node] / spacing + 0.5 * (col % 2))
    cx = (col + 0.5) * spacing
    cy = (row + 0.5 - 0.5 * (col % 2)) * spacing
    score = np.hypot(graph.x[node] - cx, graph.y[node] - cy)
    score -= np.where(best[node] <= CLASS["tertiary"], 60, 0)
    score += np.where(_beside_another(graph, node), 4 * spacing, 0)
    order = np.lexsort((score, row, col))
    first = np.r_[True, (np.diff(col[order]) != 0) | (np.diff(row[order]) != 0)]
    chosen = node[order[first]]
    # planted villages with service have one stop in the middle
    single = places.index[places["plant"].isin(ONE_STOP)]
    tree = cKDTree(np.column_stack([graph.x, graph.y]))
    middle = tree.query(places.loc[single, ["x", "y"]].to_numpy().reshape(-1, 2))[1]
    bank = places.index[places["plant"] == "across"]
    if len(bank):  # the stop that the village across the river sees but cannot walk to
        facing = places.loc[places["plant"] == "barrier", ["x", "y"]].to_numpy()[0]
        own = node[owner[node] == bank[0]]
        nearest = own[np.argmin(np.hypot(graph.x[own] - facing[0], graph.y[own] - facing[1]))]
        chosen = np.r_[nearest, chosen[chosen != nearest]]
    xy = np.column_stack([graph.x[chosen], graph.y[chosen]])
    close = cKDTree(xy).query_pairs(240, output_type="ndarray")
    chosen = np.delete(chosen, np.unique(close[:, 1])) if len(close) else chosen
    nodes = np.r_[chosen, middle]
    settlement = np.r_[owner[chosen], single.to_numpy()]
    r, c = terrain.grid.rowcol(graph.x[nodes], graph.y[nodes])
    out = pd.DataFrame(
        {
            "node": nodes,
            "x": graph.x[nodes],
            "y": graph.y[nodes],
            "settlement": settlement,
            "municipality": settled.label[r, c],
            "plant": np.r_[np.full(len(chosen), ""), places.loc[single, "plant"].to_numpy()],
        }
    )
    out = out[(out["municipality"] >= 0)].reset_index(drop=True)
    out["name"] = _names(rng, settled, out)
    return out


def _names(rng: np.random.Generator, settled: Settled, stops: pd.DataFrame) -> list[str]:
    places = settled.places["name"].to_numpy()
    pool = street_names()
    names = [""] * len(stops)
    for settlement, group in stops.groupby("settlement"):
        order = rng.permutation(len(pool))
        for k, index in enumerate(group.index):
            street = pool[order[k % len(pool)]]
            number = k // len(pool)
            tail = (
                ""
                if number == 0
                else (" Pętla", " Górna", " Dolna", " Szkoła", " Park")[(number - 1) % 5]
            )
            if number > 5:
                tail += f" {number}"
            names[int(index)] = f"{places[settlement]} {street}{tail}"
    return names


def _beside_another(graph: Graph, nodes: Index) -> Mask:
    """Tell which street nodes lie close to a street that does not pass through them.

    The posts of a stop there could be read as standing on that other street.
    """
    tree = shapely.STRtree(graph.segments())
    points = shapely.points(graph.x[nodes], graph.y[nodes])
    i, edge = tree.query(points, predicate="dwithin", distance=ALONE)
    other = (graph.u[edge] != nodes[i]) & (graph.v[edge] != nodes[i])
    out = np.zeros(len(nodes), dtype=bool)
    out[i[other]] = True
    return out


class Walks:
    """Ways on foot from points (n, 2) to the street map, found once for many questions."""

    def __init__(self, graph: Graph, shapes: Shapes, cells: Array) -> None:
        self.graph, self.cells = graph, cells
        k = np.diff(shapes.start)
        self._edge = np.repeat(np.arange(graph.edges), k)
        self._t = (np.arange(len(self._edge)) - shapes.start[self._edge] + 1) / (k[self._edge] + 1)
        self._length = graph.lengths()[self._edge]
        self.matrix = graph.matrix()
        xy = np.column_stack([np.r_[graph.x, shapes.x], np.r_[graph.y, shapes.y]])
        self._snap, self._near = cKDTree(xy).query(cells, k=2)
        a, b = pieces(graph, shapes)
        lines: Shape = shapely.linestrings(np.stack([xy[a], xy[b]], axis=1))
        points: Shape = shapely.points(cells)
        nearest = shapely.STRtree(lines).nearest(points)
        self._a, self._b = a[nearest], b[nearest]
        self._along = shapely.line_locate_point(lines[nearest], points)
        self._rest = shapely.length(lines[nearest]) - self._along
        self._off = shapely.distance(lines[nearest], points)

    def metres(self, nodes: Index) -> Array:
        """Return the way from each point to the nearest of these street nodes, m.

        By the worst of the nearest point of the nearest street and the two nearest vertices of the
        street map, since readers snap in different ways.
        """
        graph, edge = self.graph, self._edge
        at_node = csg.dijkstra(self.matrix, indices=np.unique(nodes), min_only=True, limit=3000.0)
        at_shape = np.minimum(
            at_node[graph.u[edge]] + self._t * self._length,
            at_node[graph.v[edge]] + (1 - self._t) * self._length,
        )
        metres = np.r_[at_node, at_shape]
        foot = (self._snap + metres[self._near]).max(axis=1)
        street = np.minimum(metres[self._a] + self._along, metres[self._b] + self._rest)
        return np.asarray(np.maximum(foot, street + self._off))

    def served(self, stops: pd.DataFrame, *, spare: Array | float = 0.0) -> Mask:
        """Tell which points are so near a stop that no way of measuring can deny it.

        ``spare`` metres are kept back at each point.
        """
        air = cKDTree(stops[["x", "y"]].to_numpy()).query(self.cells)[0]
        foot = self.metres(stops["node"].to_numpy())
        return np.asarray((air < AIR_REACH - spare) & (foot < FOOT_REACH - spare))
