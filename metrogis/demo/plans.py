"""General plans: zones that tile every municipality, with planted conflicts and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import ZONE, Fabric
from metrogis.demo.frame import CRS, Array, Shape, Size, Streams
from metrogis.demo.land import Land
from metrogis.demo.nature import Nature
from metrogis.demo.settlements import Settled
from metrogis.demo.structure import Structure
from metrogis.demo.terrain import Terrain

GAP = (50.0, 40.0)
"""Sides of the planted gap between zones, m."""
OVERLAP = 40.0
"""How far one zone is drawn over its neighbour, m."""


@dataclass
class Plan:
    """One plan: ``epsg`` of its coordinates, ``version`` of the schema, zones, outline."""

    municipality: int
    teryt: str
    name: str
    epsg: int
    version: str
    symbols: list[str]
    zones: list[Shape]
    outline: Shape
    faults: list[dict[str, Any]] = field(default_factory=list)
    without_height: int | None = None
    """Position of the zone whose greatest height is not stated, though the law demands it."""


def make_plans(
    size: Size,
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    land: Land,
    nature: Nature,
    structure: Structure,
    streams: Streams,
) -> list[Plan]:
    """Draw a plan for every municipality but one.

    Schema 3.0 in EPSG:2180 and 2.0 in the zone of EPSG:2176-2179 where the municipality lies, in
    turn, as operators' tools still write both.
    """
    towns = settled.municipalities
    zones = [*nature.zones, *structure.zones]
    without, faulty = _without_and_faulty(settled, nature, zones)
    plans = []
    for i in towns.index:
        if i == without:
            continue
        version = "3.0" if i % 2 == 0 else "2.0"
        epsg = 2180 if version == "3.0" else _zone_of(towns.geometry[i])
        plan = _draw(
            size, terrain, settled, fabric, land, nature, zones, streams, int(i), epsg, version
        )  # fmt: skip
        if i == faulty:
            _spoil(plan)
        plans.append(plan)
    return plans


def _without_and_faulty(
    settled: Settled, nature: Nature, zones: list[dict[str, Any]]
) -> tuple[int, int]:
    """Return the municipality without a plan, and the one whose plan has faults."""
    towns = settled.municipalities
    planted = {z["municipality"] for z in zones} | {
        z["neighbour"] for z in zones if "neighbour" in z
    }
    free = [i for i in towns.index if towns["kind"][i] != 1 and i not in planted]
    # the corridor with the bottleneck has plans all along: its width must be known
    first = nature.corridors.geometry.iloc[0]
    off = [i for i in towns.index if not first.intersects(towns.geometry[i])]
    free.sort(key=lambda i: i in off)
    without = free[-1] if free else int(towns.index[-1])
    if without not in off:  # then a town, rather than a village on that corridor
        without = next((i for i in reversed(off) if i not in planted), without)
    return int(without), int(next((i for i in free if i != without), 0))


def label_at(plan: Plan, x: float, y: float) -> str:
    """Return the label of the zone at a point, as the act writes it: ``3SJ``.

    Parameters
    ----------
    plan : Plan
        Its own coordinates may be in another CRS.
    x, y : float
        EPSG:2180. Zones tile the municipality, so exactly one holds a point off their borders.
    """
    move = pyproj.Transformer.from_crs(CRS, f"EPSG:{plan.epsg}", always_xy=True)
    here = shapely.Point(*move.transform(x, y))
    k = int(np.argmax(shapely.contains(np.array(plan.zones), here)))
    return f"{plan.symbols[: k + 1].count(plan.symbols[k])}{plan.symbols[k]}"


def without_plan(settled: Settled, plans: list[Plan]) -> int:
    """Return the row of the municipality that has no plan."""
    have = {p.municipality for p in plans}
    return next(int(i) for i in settled.municipalities.index if i not in have)


def _zone_of(shape: Shape) -> int:
    lon, _ = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(
        shape.centroid.x, shape.centroid.y
    )
    return 2176 + int(np.clip(np.round((lon - 15) / 3), 0, 3))


def _draw(
    size: Size,
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    land: Land,
    nature: Nature,
    planted: list[dict[str, Any]],
    streams: Streams,
    i: int,
    epsg: int,
    version: str,
) -> Plan:
    town = settled.municipalities.loc[i]
    rng = streams(f"plan {town['teryt']}")
    x0, y0, x1, y1 = town.geometry.bounds
    seeds = []
    for step, inside in ((160.0, True), (400.0, False)):
        step = step / np.sqrt(size.detail)
        gx, gy = np.meshgrid(np.arange(x0, x1 + step, step), np.arange(y0, y1 + step, step))
        x = gx.ravel() + rng.uniform(-0.38, 0.38, gx.size) * step
        y = gy.ravel() + rng.uniform(-0.38, 0.38, gx.size) * step
        near = terrain.grid.sample(fabric.depth, x, y) < 1.25
        seeds.append(np.column_stack([x, y])[near == inside])
    xy = np.vstack(seeds)
    shapely.prepare(town.geometry)
    xy = xy[shapely.dwithin(town.geometry, shapely.points(xy), 300.0)]
    symbols = _symbols(terrain, fabric, land, rng, xy)
    special = [
        (z["symbol"], _areas(s.intersection(town.geometry)))
        for z in planted
        if z["municipality"] == i
        for s in z["shapes"]
    ]
    special = [(s, g) for s, g in special if g.area > 1]
    bands = shapely.union_all(nature.corridors.geometry.to_numpy())
    corridor = _areas(bands.intersection(town.geometry))

    move = pyproj.Transformer.from_crs(CRS, f"EPSG:{epsg}", always_xy=True)

    def own(shape: Shape) -> Shape:
        return shapely.transform(
            shape, lambda p: np.round(np.column_stack(move.transform(p[:, 0], p[:, 1])), 2)
        )

    border = own(town.geometry)
    edges: Shape = shapely.voronoi_polygons(
        shapely.multipoints(xy), only_edges=True, extend_to=town.geometry.envelope
    )
    # a planted zone is one zone: no seam of others runs through it
    edges = edges.difference(shapely.union_all([g for _, g in special]))
    lines = [own(edges), border.boundary]
    lines += [own(g).boundary for _, g in special]
    if not corridor.is_empty:
        lines.append(own(corridor).boundary)
    noded = shapely.union_all(lines, grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    keep = shapely.contains(border, inner) & (shapely.area(faces) > 0)
    faces, inner = faces[keep], inner[keep]
    back = pyproj.Transformer.from_crs(f"EPSG:{epsg}", CRS, always_xy=True)
    px, py = back.transform(shapely.get_x(inner), shapely.get_y(inner))
    points = shapely.points(px, py)
    chosen = symbols[cKDTree(xy).query(np.column_stack([px, py]))[1]]
    chosen = np.where(shapely.within(points, corridor), "SO", chosen)
    for symbol, shape in special:
        chosen = np.where(shapely.within(points, shape), symbol, chosen)
    # crumbs between lines join the neighbour they share most border with
    faces, chosen = _merge_crumbs(faces, chosen, 60.0)
    outline = shapely.union_all(faces)
    return Plan(
        i, str(town["teryt"]), str(town["name"]), epsg, version, chosen.tolist(), list(faces),
        outline,
    )  # fmt: skip


def _areas(shape: Shape) -> Shape:
    """Return the polygons of a geometry, without the lines and points of an intersection."""
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _merge_crumbs(
    faces: np.ndarray, symbols: np.ndarray, smallest: float
) -> tuple[np.ndarray, np.ndarray]:
    area = shapely.area(faces)
    small = np.flatnonzero(area < smallest)
    if len(small) == 0:
        return faces, symbols
    faces = faces.copy()
    gone = np.zeros(len(faces), dtype=bool)
    tree = shapely.STRtree(faces)
    for k in small[np.argsort(area[small])]:
        near = tree.query(faces[k], predicate="intersects")
        near = near[(near != k) & ~gone[near]]
        if len(near) == 0:
            continue
        shared = shapely.length(shapely.intersection(faces[near], faces[k].boundary))
        best = int(near[np.argmax(shared)])
        joined = shapely.union_all([faces[best], faces[k]])
        if joined.geom_type == "Polygon":
            faces[best] = joined
            gone[k] = True
    return faces[~gone], symbols[~gone]


def _symbols(
    terrain: Terrain, fabric: Fabric, land: Land, rng: np.random.Generator, xy: Array
) -> np.ndarray:
    """Choose the type of each zone from what is there."""
    n = len(xy)
    deep = terrain.grid.sample(fabric.depth, xy[:, 0], xy[:, 1])
    kind = fabric.kind[cKDTree(fabric.seeds).query(xy)[1]]
    r, c = terrain.grid.rowcol(xy[:, 0], xy[:, 1])
    draw, other = rng.random(n), rng.random(n)
    out = np.where(draw < 0.74, "SO", "SR").astype("<U2")
    out[draw > 0.985] = "SI"
    out[(draw > 0.97) & (draw < 0.975)] = "SG"
    out[land.forest[r, c] | ~terrain.dry[r, c]] = "SO"
    ring = (deep < 1.25) & (deep >= 1.0)
    out[ring & (draw < 0.45)] = "SJ"
    town = deep < 1.0
    by_kind = {"core": "SW", "tenements": "SW", "estate": "SW", "houses": "SJ", "industry": "SP"}
    for name, symbol in {**by_kind, "village": "SZ"}.items():
        out[town & (kind == ZONE[name])] = symbol
    for low, high, symbol in (
        (0.0, 0.09, "SU"), (0.09, 0.15, "SN"), (0.15, 0.165, "SH"), (0.165, 0.18, "SC"),
        (0.18, 0.2, "SI"), (0.2, 0.23, "SK"),
    ):  # fmt: skip
        out[town & (other >= low) & (other < high)] = symbol
    return out


def _spoil(plan: Plan) -> None:
    """Plant a gap and an overlap of known area and a missing height, in the act's coordinates."""
    houses = [k for k, s in enumerate(plan.symbols) if s in ("SJ", "SZ", "SW")]
    if houses:
        plan.without_height = max(houses, key=lambda k: plan.zones[k].area)
        p: Shape = plan.zones[plan.without_height].representative_point()
        plan.faults.append({"kind": "zone_without_value", "x": p.x, "y": p.y, "area": None})
    area = shapely.area(np.array(plan.zones))
    open_ = np.array([s in ("SO", "SR") for s in plan.symbols])
    order = [int(k) for k in np.argsort(-area) if open_[k]]
    hole_zone = None
    for k in order:
        p = plan.zones[k].centroid
        x, y = np.round(p.x), np.round(p.y)
        hole = shapely.box(x, y, x + GAP[0], y + GAP[1])
        if plan.zones[k].buffer(-20).contains(hole):
            plan.zones[k] = plan.zones[k].difference(hole)
            plan.faults.append(
                {"kind": "plan_gap", "x": x + GAP[0] / 2, "y": y + GAP[1] / 2, "area": hole.area}
            )
            hole_zone = k
            break
    for k in order[1:]:
        if k == hole_zone:
            continue
        for j in order:
            if j in (k, hole_zone) or not plan.zones[k].touches(plan.zones[j]):
                continue
            block = _block_over(plan.zones[k], plan.zones[j])
            if block is None:
                continue
            plan.zones[k] = shapely.union_all([plan.zones[k], block])
            p = block.centroid
            plan.faults.append({"kind": "plan_overlap", "x": p.x, "y": p.y, "area": block.area})
            return


def _block_over(zone: Shape, other: Shape) -> Shape | None:
    """A block on a side that two zones share, lying in the other one: no new crumbs arise."""
    xy = shapely.get_coordinates(zone.exterior)
    a, b = xy[:-1], xy[1:]
    length = np.hypot(*(b - a).T)
    middle = shapely.points((a + b) / 2)
    shared = shapely.dwithin(other.boundary, middle, 1e-6) & (length > 70)
    for i in np.flatnonzero(shared)[np.argsort(-length[shared])]:
        t = (b[i] - a[i]) / length[i]
        for n in (np.array([-t[1], t[0]]), np.array([t[1], -t[0]])):
            far = np.round([b[i] + n * OVERLAP - 8 * t, a[i] + n * OVERLAP + 8 * t], 2)
            block = shapely.Polygon([a[i], b[i], *far])
            if other.buffer(1e-6).contains(block):
                return block
    return None
