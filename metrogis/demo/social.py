"""Schools and public green areas; one school is near in a straight line and too far on foot."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.frame import CRS, Array, Index
from metrogis.demo.truth import item
from metrogis.demo.world import World
from metrogis.demo.writing import write_gpkg

Layers = dict[str, dict[str, Any]]

WALK = {1: 1500.0, 2: 3000.0}
"""Walks to a primary school that the planning act asks for, m, by kind of municipality."""
TOO_FAR = 100.0
"""The planted school is at least this much farther on foot than the act allows, m."""
_NEAR = 0.95
"""Of the standard, as far as the planted school may lie in a straight line."""
_SPACING = 1200.0
_GATES = 260.0
_TRIES = 60
_PARK, _FOREST, _GREEN = 3.5, 24.0, 1.0
"""Hectares of a park, of a town forest, and of the green of a village."""


class Planted(NamedTuple):
    """A home whose only school is too far: municipality, place, home, school, walk and line, m."""

    municipality: int
    place: int
    x: float
    y: float
    node: int
    walk: float
    straight: float


class _Part(NamedTuple):
    """Streets near a settlement: number of each node in the whole graph, ends and lengths."""

    node: Index
    u: Index
    v: Index
    length: Array


def schools(world: World) -> tuple[Index, Planted | None]:
    """Return the street nodes of schools, and the home that one of them is planted for."""
    spots, owner = _spots(world)
    nodes = np.column_stack([world.graph.x, world.graph.y])
    at = np.asarray(cKDTree(nodes).query(spots)[1], dtype=np.int64)
    planted = _planted(world, at, owner)
    if planted is None:
        return np.unique(at), None
    return np.append(np.unique(at[owner != planted.place]), planted.node), planted


def _spots(world: World) -> tuple[Array, Index]:
    """Return places for schools: the middle of settlements but villages, and a grid in towns."""
    places = world.settled.places
    xy, owner = [], []
    for i, place in places[places["role"] != "village"].iterrows():
        around = max(0, int(place["radius"] // _SPACING))
        for k in range(-around, around + 1):
            for j in range(-around, around + 1):
                if np.hypot(k, j) * _SPACING <= place["radius"]:
                    xy.append((place["x"] + k * _SPACING, place["y"] + j * _SPACING))
                    owner.append(int(i))
    return np.array(xy, dtype=float).reshape(-1, 2), np.array(owner, dtype=np.int64)


def _planted(world: World, at: Index, owner: Index) -> Planted | None:
    """Find a home and a node that is near in a straight line and too far on foot.

    Walks are bounded from below: streets are taken as straight between their ends, and the way to
    the first of them as a straight line from the border of the home's cell.
    """
    places, towns = world.settled.places, world.settled.municipalities
    inside = shapely.union_all(towns.geometry.to_numpy())
    xx, yy = world.grid.centres()
    rng = world.streams("schools")
    order = places[places["role"].isin(["town", "seat"])].sort_values("people").index
    for i in order:
        place = places.loc[i]
        kind = int(towns["kind"].iloc[int(place["municipality"])])
        if kind not in WALK or place["plant"]:
            continue
        others = at[owner != i]
        homes = np.flatnonzero(
            (world.people.settlement == i).ravel() & (world.people.now.ravel() > 0)
        )
        part = _streets(world, float(place["x"]), float(place["y"]), WALK[kind])
        for cell in rng.permutation(homes)[:_TRIES].tolist():
            x, y = float(xx.ravel()[cell]), float(yy.ravel()[cell])
            found = _school_for(world, part, (x, y), WALK[kind], others, inside)
            if found is not None:
                return Planted(int(place["municipality"]), int(i), x, y, *found)
    return None


def _streets(world: World, x: float, y: float, limit: float) -> _Part:
    """Return the streets that a walk from a settlement can run on."""
    graph = world.graph
    reach = np.hypot(graph.x - x, graph.y - y) < 2 * limit + 4000
    node = np.flatnonzero(reach)
    number = np.full(graph.nodes, -1, np.int64)
    number[node] = np.arange(len(node))
    kept = reach[graph.u] & reach[graph.v]
    return _Part(node, number[graph.u[kept]], number[graph.v[kept]], graph.lengths()[kept])


def _school_for(
    world: World, part: _Part, home: tuple[float, float], limit: float, others: Index, inside: Any
) -> tuple[int, float, float] | None:
    """Return a node, its walk and straight line from a home; None where there is none."""
    graph = world.graph
    point, half = shapely.Point(home), world.grid.cell / 2
    if point.distance(inside.boundary) < limit + 2 * world.grid.cell:
        return None
    xy = np.column_stack([graph.x[part.node], graph.y[part.node]])
    if len(others) and (np.hypot(*(_xy(world, others) - home).T) < limit + 200).any():
        return None
    walk = _walks(part, xy, home, half, limit + 3 * TOO_FAR)
    straight = np.hypot(*(xy - home).T)
    good = (walk >= limit + TOO_FAR) & np.isfinite(walk) & (straight <= _NEAR * limit)
    if not good.any():
        return None
    best = int(np.flatnonzero(good)[np.argmin(walk[good])])
    return int(part.node[best]), float(walk[best]), float(straight[best])


def _xy(world: World, nodes: Index) -> Array:
    return np.column_stack([world.graph.x[nodes], world.graph.y[nodes]])


def _walks(part: _Part, xy: Array, home: tuple[float, float], half: float, most: float) -> Array:
    """Return the least a walk from the border of a home's cell to each node can be, m."""
    n = len(xy)
    square = shapely.box(home[0] - half, home[1] - half, home[0] + half, home[1] + half)
    lines = shapely.linestrings(np.stack([xy[part.u], xy[part.v]], axis=1))
    gate = np.unique(
        np.concatenate([e[shapely.dwithin(lines, square, _GATES)] for e in (part.u, part.v)])
    )
    first = np.maximum(shapely.distance(square, shapely.points(xy[gate])), 1e-3)
    u = np.concatenate([part.u, part.v, np.full(len(gate), n)])
    v = np.concatenate([part.v, part.u, gate])
    length = np.concatenate([part.length, part.length, first])
    # the shortest of parallel streets: a sparse matrix would add them
    order = np.lexsort((length, v, u))
    u, v, length = u[order], v[order], length[order]
    new = np.ones(len(u), bool)
    new[1:] = (u[1:] != u[:-1]) | (v[1:] != v[:-1])
    matrix = sp.csr_matrix((np.maximum(length[new], 1e-6), (u[new], v[new])), shape=(n + 1, n + 1))
    return np.asarray(csg.dijkstra(matrix, indices=n, limit=most))[:n]


def green_areas(world: World) -> gpd.GeoDataFrame:
    """Return parks beside the spots of schools, and town forests around settlements."""
    places = world.settled.places
    spots, owner = _spots(world)
    rows = [
        ("park", _PARK, x + 260.0, y + 260.0, int(i))
        for (x, y), i in zip(spots, owner, strict=True)
    ]
    for i, place in places.iterrows():
        if place["role"] == "village":
            rows.append(("park", _GREEN, place["x"] + 150.0, place["y"] + 150.0, int(i)))
            continue
        away = 0.8 * float(place["radius"])
        for dx, dy in ((1, 1), (-1, -1), (1, -1), (-1, 1))[: 4 if away > _SPACING else 1]:
            rows.append(("forest", _FOREST, place["x"] + dx * away, place["y"] + dy * away, int(i)))
    half = 50.0 * np.sqrt([row[1] for row in rows])
    x, y = (np.array([row[k] for row in rows]) for k in (2, 3))
    frame = gpd.GeoDataFrame(
        {
            "name": [
                f"{places['name'].loc[row[4]]} - {row[0]} {k + 1}" for k, row in enumerate(rows)
            ],
            "kind": [row[0] for row in rows],
        },
        geometry=shapely.box(x - half, y - half, x + half, y + half),
        crs=CRS,
    )
    frame["area_ha"] = frame.area / 1e4
    return frame


def write_social(world: World, folder: Path) -> Layers:
    """Write schools and public green areas."""
    nodes, _unused = schools(world)
    frame = gpd.GeoDataFrame(
        {"name": [f"SP {k + 1}" for k in range(len(nodes))], "kind": "primary"},
        geometry=shapely.points(_xy(world, nodes)),
        crs=CRS,
    )
    write_gpkg(folder / "schools.gpkg", {"schools": frame})
    write_gpkg(folder / "green_areas.gpkg", {"green_areas": green_areas(world)})
    return {
        "schools": {"driver": "vector", "path": "schools.gpkg", "schema": "Schools"},
        "green_areas": {"driver": "vector", "path": "green_areas.gpkg", "schema": "GreenAreas"},
    }


def make_social_truth(world: World) -> list[dict[str, Any]]:
    """Return the home whose school is near in a straight line and too far on foot."""
    nodes, planted = schools(world)
    if planted is None:
        return []
    kind = int(world.settled.municipalities["kind"].iloc[planted.municipality])
    return [
        item(
            "school_too_far", "social_access", world.settled, planted.municipality,
            planted.x, planted.y, school=f"SP {len(nodes)}",
            straight_m=round(planted.straight, 1), least_walk_m=round(planted.walk, 1),
            standard_m=WALK[kind], expected={"school": "no"},
            why="the school is within the standard in a straight line, and beyond it on foot",
        )
    ]  # fmt: skip
