"""The invented world in memory: each part made from those before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.demo import plants
from metrogis.demo.access import add_entrances
from metrogis.demo.buildings import make_buildings
from metrogis.demo.byways import add_byways
from metrogis.demo.cycling import Cycling, make_cycling
from metrogis.demo.fabric import Fabric, make_fabric, make_streets
from metrogis.demo.flows import make_flows
from metrogis.demo.frame import Grid, Index, Size, Streams, grid_of
from metrogis.demo.graph import Graph
from metrogis.demo.land import Land, make_land
from metrogis.demo.lines import Line, make_lines
from metrogis.demo.meeting import miss_a_train
from metrogis.demo.nature import Nature, make_nature
from metrogis.demo.network import join_network
from metrogis.demo.people import People, make_people
from metrogis.demo.plans import Plan, make_plans
from metrogis.demo.roads import make_roads
from metrogis.demo.settlements import Settled, settle
from metrogis.demo.shapes import Shapes, make_shapes
from metrogis.demo.stations import make_stations
from metrogis.demo.stops import make_stops
from metrogis.demo.structure import Structure, make_structure
from metrogis.demo.terrain import Terrain, make_terrain
from metrogis.parallel import side_by_side


@dataclass
class World:
    """Everything that is then written to files."""

    size: Size
    streams: Streams
    grid: Grid
    terrain: Terrain
    settled: Settled
    fabric: Fabric
    graph: Graph
    shapes: Shapes
    stations: pd.DataFrame
    entrances: pd.DataFrame
    stops: pd.DataFrame
    lines: list[Line]
    people: People
    cycling: Cycling
    flows: pd.DataFrame
    land: Land
    nature: Nature
    structure: Structure
    plans: list[Plan]

    @cached_property
    def buildings(self) -> gpd.GeoDataFrame:
        """Buildings along the streets; made when they are asked for."""
        return make_buildings(self.size, self.terrain, self.graph, self.streams)

    @property
    def residents(self) -> Index:
        """Residents of each municipality."""
        inside = self.settled.label >= 0
        return np.bincount(
            self.settled.label[inside],
            self.people.now[inside],
            minlength=len(self.settled.municipalities),
        ).astype(np.int64)


def make_world(size: Size, seed: int) -> World:
    """Invent a metropolis.

    Parameters
    ----------
    size : Size
    seed : int
        The same size and seed give the same world, whether or not the work is shared by two
        processes: each topic draws from a random stream of its own.

    Returns
    -------
    World
    """
    streams = Streams(seed)
    grid = grid_of(size)
    terrain = make_terrain(grid, streams)
    settled = plants.choose(terrain, settle(size, terrain, streams), streams)

    def ways(which: str) -> Any:
        if which == "roads":
            return make_roads(size, terrain, settled, streams)
        fabric = make_fabric(terrain, settled, streams)
        return fabric, make_streets(terrain, settled, fabric, streams)

    roads, (fabric, streets) = side_by_side(ways, ["roads", "streets"])
    graph = join_network(terrain, settled, fabric, streets, roads, streams)
    graph = add_byways(size, terrain, settled, fabric, graph, streams)
    stations = make_stations(terrain, settled, fabric)
    graph, entrances = add_entrances(graph, settled, stations)

    def half(which: str) -> Any:
        if which == "land":
            land = make_land(size, terrain, settled, fabric, graph, streams)
            nature = make_nature(size, terrain, settled, fabric, land, streams)
            structure = make_structure(terrain, settled, fabric, land, nature, streams)
            return (
                land, nature, structure,
                make_plans(size, terrain, settled, fabric, land, nature, structure, streams),
            )  # fmt: skip
        shapes = make_shapes(size, graph, streams)
        stops = make_stops(size, terrain, settled, fabric, graph, streams)
        lines = make_lines(graph, settled, stops, stations)
        lines = miss_a_train(graph, settled, stops, stations, lines)
        people = make_people(terrain, settled, fabric, graph, shapes, stops, streams, size.people)
        cycling = make_cycling(terrain, settled, fabric, graph, stations, entrances, streams)
        return shapes, stops, lines, people, cycling

    (land, nature, structure, plans), (shapes, stops, lines, people, cycling) = side_by_side(
        half, ["land", "people"]
    )
    inside = settled.label >= 0
    residents = np.bincount(
        settled.label[inside], people.now[inside], minlength=len(settled.municipalities)
    ).astype(np.int64)
    flows = make_flows(settled, residents, streams)
    return World(
        size, streams, grid, terrain, settled, fabric, graph, shapes, stations, entrances, stops,
        lines, people, cycling, flows, land, nature, structure, plans,
    )  # fmt: skip
