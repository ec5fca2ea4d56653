"""Infill areas (OUZ) that three plans draw: one adds too much, one draws less, one as much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis.demo.frame import CRS, Shape
from metrogis.demo.plans import Plan
from metrogis.demo.truth import item
from metrogis.demo.world import World

TOO_MUCH = 1.5
"""The planted enlargement, in parts of what is allowed."""
_COUNTED = ("101", "110")


@dataclass(frozen=True)
class Drawn:
    """Infill areas of one plan in EPSG:2180: ``kind`` is planted, ``allowed`` its Pp in m2."""

    municipality: int
    kind: str
    areas: list[Shape]
    statutory: Shape
    allowed: float
    added: Shape | None


def draw_infill(world: World) -> list[Drawn]:
    """Return the infill areas of the three plans with the fewest buildings that count.

    They are drawn by the words of the regulation, step by step.
    """
    houses = world.buildings
    shapes = houses.geometry.to_numpy()[houses["kst"].isin(_COUNTED).to_numpy()]
    points = shapely.STRtree(shapely.point_on_surface(shapes))
    towns = world.settled.municipalities.geometry
    faulty = {p.municipality for p in world.plans if p.faults}
    own = {
        p.municipality: np.sort(points.query(towns[p.municipality], predicate="intersects"))
        for p in world.plans
        if p.municipality not in faulty
    }
    chosen = sorted((i for i in own if len(own[i]) > 50), key=lambda i: len(own[i]))[:3]
    out = []
    for kind, i in zip(("exceeds", "less", "kept"), chosen, strict=False):
        statutory, allowed = _by_the_rule(shapes[own[i]], towns[i])
        areas = [p for p in shapely.get_parts(statutory) if p.area > 100]
        added = None
        if kind == "exceeds":
            added = _block(towns[i], statutory, TOO_MUCH * allowed)
            areas = [*areas, added]
        elif kind == "less":
            areas = sorted(areas, key=lambda p: -p.area)[: max(1, len(areas) // 2)]
        out.append(Drawn(i, kind, areas, statutory, allowed, added))
    return out


def _by_the_rule(shapes: np.ndarray, land: Shape) -> tuple[Shape, float]:
    """Return the statutory area of buildings, and by how much a plan may enlarge it."""
    i, j = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=100.0)
    links = coo_array((np.ones(len(i)), (i, j)), shape=(len(shapes), len(shapes)))
    _unused, group = connected_components(links, directed=False)
    large = np.bincount(group)[group] >= 5
    grown = shapely.union_all(shapely.buffer(shapes[large], 50.0, quad_segs=16))
    filled = shapely.union_all(
        [
            shapely.Polygon(
                part.exterior, [r for r in part.interiors if shapely.Polygon(r).area > 5000]
            )
            for part in shapely.get_parts(grown)
        ]
    )
    before = filled.intersection(land)
    after = filled.buffer(-40.0, quad_segs=16).intersection(land)
    return after, 0.25 * (before.area - after.area)


def _block(land: Shape, statutory: Shape, area: float) -> Shape:
    """Return a block on the land of which so much lies outside the statutory area."""
    x0, y0, x1, y1 = land.bounds
    best: tuple[float, Shape] | None = None
    for side in (1.0, 1.15, 1.35):
        half = side * np.sqrt(area) / 2
        x, y = np.meshgrid(np.arange(x0, x1, 150.0), np.arange(y0, y1, 150.0))
        blocks = shapely.box(x.ravel() - half, y.ravel() - half, x.ravel() + half, y.ravel() + half)
        shapely.prepare(land)
        blocks = blocks[shapely.contains_properly(land, blocks)]
        if not len(blocks):
            continue
        outside = shapely.area(shapely.difference(blocks, statutory))
        k = int(np.argmax(outside))
        if best is None or outside[k] > best[0]:
            best = float(outside[k]), blocks[k]
        if outside[k] >= 0.9 * area:
            break
    if best is None:
        raise ValueError("no room for an infill area")
    return best[1]


def own_areas(plan: Plan, drawn: list[Drawn]) -> list[Shape]:
    """Return the infill areas of a plan in its own coordinates, to 0.01 m."""
    move = pyproj.Transformer.from_crs(CRS, f"EPSG:{plan.epsg}", always_xy=True)

    def moved(p: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(move.transform(p[:, 0], p[:, 1])), 2)

    areas = [a for d in drawn if d.municipality == plan.municipality for a in d.areas]
    return [shapely.transform(area, moved) for area in areas]


def make_infill_truth(world: World) -> list[dict[str, Any]]:
    """Return what the three plans draw against what they may."""
    out = []
    states = {"exceeds": "exceeds", "less": "within", "kept": "within"}
    why = {
        "exceeds": "the plan adds one and a half times what it may",
        "less": "the plan draws half of the statutory areas, as it may",
        "kept": "the plan draws the statutory areas",
    }
    for drawn in draw_infill(world):
        place = (drawn.added or drawn.areas[0]).representative_point()
        excess = 0.0 if drawn.added is None else drawn.added.difference(drawn.statutory).area
        out.append(
            item(
                f"infill_{drawn.kind}", "infill_audit", world.settled, drawn.municipality,
                place.x, place.y, why=why[drawn.kind],
                expected={
                    "state": states[drawn.kind],
                    "statutory_ha": round(float(drawn.statutory.area) / 1e4, 2),
                    "pp_m2": round(float(drawn.allowed)),
                    "excess_m2": round(float(excess)),
                },
            )
        )  # fmt: skip
    return out
