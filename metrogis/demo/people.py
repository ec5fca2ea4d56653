"""Where people live, at two dates, as counts per 100 m cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import CROWD, Fabric
from metrogis.demo.frame import Array, Index, Mask, Streams, noise
from metrogis.demo.graph import Graph
from metrogis.demo.settlements import Settled
from metrogis.demo.shapes import Shapes
from metrogis.demo.stops import NO_STOPS, Walks
from metrogis.demo.terrain import Terrain

DECAY = 1.5
"""Density falls by exp(-DECAY) from the middle of a town to its edge."""
OVER_BRIDGE = 470.0
"""Way to the stop over a footbridge from the planted village, m: 500 less what snapping adds."""

Bridge = tuple[tuple[float, float], tuple[float, float]]


@dataclass
class People:
    """Counts per cell now and ten years before; ``settlement`` of each cell, -1 where nobody is.

    ``footbridge``: from the village behind the river to the stop that its people would then reach.
    """

    now: Index
    before: Index
    settlement: Index
    footbridge: Bridge | None


def make_people(
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    graph: Graph,
    shapes: Shapes,
    stops: pd.DataFrame,
    streams: Streams,
    total: int,
) -> People:
    """Spread the residents of each settlement over its cells.

    Outside the municipality without a timetable nobody is put where a stop is not surely in reach,
    except in the villages planted for that: so the planted white spots are the only ones.
    """
    rng = streams("people")
    grid = terrain.grid
    places, towns = settled.places, settled.municipalities
    xx, yy = grid.centres()
    node_xy = np.column_stack([graph.x, graph.y])
    inside = (fabric.depth < 1.0) & (fabric.owner >= 0) & (settled.label >= 0)
    cell = np.flatnonzero(inside)
    xy = np.column_stack([xx.ravel()[cell], yy.ravel()[cell]])
    owner = fabric.owner.ravel()[cell]
    home = settled.label.ravel()[cell]
    plant = places["plant"].to_numpy()[owner]
    on_street = cKDTree(node_xy).query(xy)[0] < 115
    timed = stops[towns["role"].to_numpy()[stops["municipality"]] != "missing"]
    # a village without a stop lies around its middle: one stop there would serve all of it
    bare = places["plant"] == "no_stop"
    middle = places.loc[bare, ["x", "y"]].assign(
        node=cKDTree(node_xy).query(places.loc[bare, ["x", "y"]].to_numpy().reshape(-1, 2))[1]
    )
    walks = Walks(graph, shapes, xy)
    compact = (plant != "no_stop") | (walks.served(middle) if bare.any() else False)
    bridge, near_bridge = _footbridge(settled, stops, walks, owner)
    compact &= near_bridge
    # not at the very border: nobody must end up on the other side of it
    shapes_of = towns.geometry.to_numpy()
    deep = shapely.buffer(shapes_of, -75.0)
    far_in = shapely.contains_xy(deep[home], xy)
    # a cell on a border may be read as two, each with its own nearest street
    reach = walks.served(timed, spare=np.where(far_in, 0.0, 220.0))
    lost = np.isin(home, towns.index[towns["role"] == "missing"]) & far_in
    free = np.isin(plant, NO_STOPS) | lost
    own = (home == places["municipality"].to_numpy()[owner]) & far_in
    stay = on_street & compact & (reach | free) & (own | (plant == ""))
    cell, xy, owner, plant = cell[stay], xy[stay], owner[stay], plant[stay]

    kind = fabric.kind[cKDTree(fabric.seeds).query(xy)[1]]
    depth = fabric.depth.ravel()[cell]
    people = places["people"].to_numpy().copy()
    # the sum is the one asked for: what small places could not hold lives in the city
    people[np.bincount(owner, minlength=len(people)) == 0] = 0
    people[0] += total - int(people.sum())
    steep = np.where(people[owner] > 5000, DECAY, 1.1)
    weight = np.exp(-steep * depth) * CROWD[kind]
    patch = noise(rng, grid.shape, 3.0, octaves=2).ravel()[cell]
    weight *= np.exp(0.38 * patch + 0.22 * rng.standard_normal(len(cell)))
    now = _apportion(people, owner, weight)

    # ten years before: a denser city, fewer people at the edges of the towns around it
    growth = np.where(people[owner] > 50_000, -0.05, np.where(people[owner] > 4000, 0.05, -0.02))
    role = places["role"].to_numpy()[owner]
    near = np.hypot(xy[:, 0] - places["x"].iloc[0], xy[:, 1] - places["y"].iloc[0])
    growth = np.where((role != "city") & (near < 0.35 * grid.nx * grid.cell), growth + 0.14, growth)
    edge = (depth > 0.72) & (rng.random(len(cell)) < 0.35) & (plant == "")
    before = np.round(now * np.clip(1 - growth + 0.05 * rng.standard_normal(len(cell)), 0.5, 1.3))
    before = np.where(edge, np.round(before * rng.choice([0.0, 0.3, 0.6], len(cell))), before)

    rasters = []
    for values in (now, before):
        full = np.zeros(grid.nx * grid.ny, dtype=np.int64)
        full[cell] = values.astype(np.int64)
        rasters.append(full.reshape(grid.shape))
    settlement = np.full(grid.nx * grid.ny, -1, dtype=np.int64)
    settlement[cell] = owner
    return People(rasters[0], rasters[1], settlement.reshape(grid.shape), bridge)


def _footbridge(
    settled: Settled, stops: pd.DataFrame, walks: Walks, owner: Index
) -> tuple[Bridge | None, Mask]:
    """Return the bridge that brings most of the village behind the river to a stop, and its cells.

    Of cells of other settlements all are true.
    """
    good = np.ones(len(owner), dtype=bool)
    places, graph = settled.places, walks.graph
    village = places.index[places["plant"] == "barrier"]
    facing = stops[places["plant"].to_numpy()[stops["settlement"]] == "across"]
    if len(village) == 0 or len(facing) == 0:
        return None, good
    mine = np.flatnonzero(owner == village[0])
    there = places.loc[village[0], ["x", "y"]].to_numpy(np.float64)
    other = places.loc[places["plant"] == "across", ["x", "y"]].to_numpy(np.float64)[0]
    away, beyond = (np.hypot(graph.x - p[0], graph.y - p[1]) for p in (there, other))
    best: tuple[float, Bridge, Array] | None = None
    for node in np.flatnonzero((away < 250) & (away < beyond)).tolist():
        ways = np.hypot(facing["x"] - graph.x[node], facing["y"] - graph.y[node]).to_numpy()
        stop = int(np.argmin(ways))
        whole = ways[stop] + walks.metres(np.array([node]))[mine]
        score = float(np.sort(whole)[: len(whole) // 2 + 1].mean())
        if best is None or score < best[0]:
            ends = (graph.x[node], graph.y[node], facing["x"].iloc[stop], facing["y"].iloc[stop])
            x0, y0, x1, y1 = (float(v) for v in ends)
            best = score, ((x0, y0), (x1, y1)), whole
    if best is None:
        return None, good
    good[mine] = best[2] < max(OVER_BRIDGE, np.sort(best[2])[:2].max() + 1.0)
    return best[1], good


def _apportion(people: Index, owner: Index, weight: Array) -> Index:
    """Share whole people out by weight, each settlement's total kept (largest remainders)."""
    total = np.bincount(owner, weight, minlength=len(people))
    exact = people[owner] * weight / total[owner]
    base = np.floor(exact).astype(np.int64)
    missing = people - np.bincount(owner, base, minlength=len(people)).astype(np.int64)
    order = np.lexsort((-(exact - base), owner))
    start = np.searchsorted(owner[order], np.arange(len(people)))
    place = np.arange(len(owner)) - start[owner[order]]
    base[order] += place < missing[owner[order]]
    return base
