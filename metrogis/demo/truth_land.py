"""Planted truths of cycling, nature and plans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis.demo.app_gml import HEIGHT
from metrogis.demo.divided import GAP
from metrogis.demo.frame import CRS
from metrogis.demo.habitat import equivalent_area
from metrogis.demo.land import HABITAT
from metrogis.demo.plans import label_at, without_plan
from metrogis.demo.shapes import edge_lines
from metrogis.demo.structure import RING_ZONE
from metrogis.demo.truth import item
from metrogis.demo.world import World


def make_land_truth(world: World) -> list[dict[str, Any]]:
    """Return what is planted beyond access, timetables and flows."""
    out = _cycling(world) + _corridors(world) + _plans(world) + _leapfrog(world)
    return out + _lost_patch(world) + _divided(world) + _structure(world)


def _municipality_at(world: World, x: float, y: float) -> int:
    shapes = world.settled.municipalities.geometry.to_numpy()
    return int(np.argmin(shapely.distance(shapes, shapely.Point(x, y))))


def _cycling(world: World) -> list[dict[str, Any]]:
    checks = {
        "missing_link": "missing_links",
        "border_break": "border_gaps",
        "official_absent_from_osm": "cycle_network",
        "osm_absent_from_official": "cycle_network",
    }
    out = []
    for plant in world.cycling.plants:
        edges = np.asarray(plant["edges"])
        if len(edges) == 0:
            continue
        lines = edge_lines(world.graph, world.shapes, edges)
        whole: Any = shapely.multilinestrings(lines)
        metres = round(float(shapely.length(lines).sum()), 1)
        middle = whole.centroid if plant["kind"] != "border_break" else None
        x = plant["x"] if middle is None else middle.x
        y = plant["y"] if middle is None else middle.y
        more: dict[str, Any] = {"length_m": metres}
        expected: dict[str, Any] = {"length_m": metres}
        if plant["kind"] == "missing_link":
            hub = world.cycling.interchanges.loc[plant["interchange"]]
            more |= {"interchange": hub["id"], "name": hub["name"]}
            expected |= {"opens_interchange": hub["id"], "opens_network_over_m": 3000}
        if plant["kind"] == "border_break":
            pair = [world.settled.municipalities["teryt"][m] for m in plant["municipalities"]]
            more["between"] = expected["between"] = sorted(pair)
        if plant["kind"].endswith("from_osm"):
            expected["missing_in"] = "osm"
        if plant["kind"].endswith("from_official"):
            expected["missing_in"] = "official"
        box = [round(float(v), 1) for v in whole.bounds]
        out.append(
            item(
                plant["kind"], checks[plant["kind"]], world.settled,
                _municipality_at(world, x, y), x, y, bounds=box, expected=expected, **more,
            )
        )  # fmt: skip
    return out


def _corridors(world: World) -> list[dict[str, Any]]:
    out = []
    for zone in world.nature.zones:
        kind = zone["kind"]
        expected: dict[str, Any] = {"corridor": zone["corridor"], "zone": zone["symbol"]}
        more: dict[str, Any] = {}
        check = "corridor_conflicts"
        if kind == "bottleneck":
            expected |= {"clear_width_m": zone["width"], "cut": False}
        elif kind == "cut":
            expected |= {"clear_width_m": 0.0, "cut": True}
        elif kind == "lost_patch":
            continue
        else:
            check = "border_coherence"
            towns = world.settled.municipalities
            pair = sorted([towns["teryt"][zone["municipality"]], towns["teryt"][zone["neighbour"]]])
            expected |= {"between": pair, "continues": False}
            more["border_length_m"] = round(zone["border_length"], 1)
        out.append(
            item(
                f"corridor_{kind}", check, world.settled, zone["municipality"],
                zone["x"], zone["y"],
                expected=expected, **more,
            )
        )  # fmt: skip
    return out


def _plans(world: World) -> list[dict[str, Any]]:
    towns = world.settled.municipalities
    out = []
    bare = without_plan(world.settled, world.plans)
    seat = world.settled.places.iloc[int(towns["seat"][bare])]
    out.append(
        item(
            "no_plan", "plan_validity", world.settled, bare, seat["x"], seat["y"],
            expected={"state": "unknown"},
        )
    )  # fmt: skip
    for plan in world.plans:
        back = pyproj.Transformer.from_crs(f"EPSG:{plan.epsg}", CRS, always_xy=True)
        for fault in plan.faults:
            x, y = back.transform(fault["x"], fault["y"])
            expected: dict[str, Any]
            if fault["area"] is None:
                label = label_at(plan, x, y)
                expected = {"code": "missing_value", "label": label, "element": HEIGHT}
            else:
                expected = {"area_m2": round(float(fault["area"]), 3)}
            out.append(
                item(
                    fault["kind"], "plan_validity", world.settled, plan.municipality, x, y,
                    file=f"plans/{plan.teryt}.gml", epsg=plan.epsg,
                    expected=expected,
                )
            )  # fmt: skip
    return out


def _leapfrog(world: World) -> list[dict[str, Any]]:
    estate = world.land.leapfrog
    if estate is None:
        return []
    p = estate.centroid
    return [
        item(
            "leapfrog", "urban_growth", world.settled, _municipality_at(world, p.x, p.y), p.x, p.y,
            expected={"area_ha": estate.area / 1e4, "type": "leapfrog"},
        )
    ]  # fmt: skip


DISPERSAL = (500.0, 0.5)
"""A species of woods, for the numbers of the lost patch: distance in m, probability there."""


def _lost_patch(world: World) -> list[dict[str, Any]]:
    lost = world.nature.lost
    if lost is None:
        return []
    plan = next(p for p in world.plans if p.municipality == lost.municipality)
    areas = [round(float(p.area), 1) for p in lost.patches]
    gaps = [float(lost.patches[i].distance(lost.patches[j])) for i, j in ((0, 1), (1, 2), (0, 2))]
    distance, probability = DISPERSAL
    before, after = (
        equivalent_area(patches, distance=distance, probability=probability)
        for patches in (lost.patches, [lost.patches[0], lost.patches[2]])
    )
    p = lost.patches[1].representative_point()
    return [
        item(
            "lost_patch", "corridor_connectivity", world.settled, lost.municipality, p.x, p.y,
            corridor=lost.corridor, area_m2=areas[1], zone=label_at(plan, p.x, p.y),
            habitat=list(HABITAT), window=[round(float(v), 1) for v in lost.window.bounds],
            patches=[
                {"x": round(q.x, 1), "y": round(q.y, 1), "area_m2": area}
                for q, area in zip(
                    (w.representative_point() for w in lost.patches), areas, strict=True
                )
            ],
            gaps_m=[round(g, 3) for g in gaps],
            expected={
                "lost_area_m2": areas[1], "distance_m": distance, "probability": probability,
                "eca_before_m2": round(before, 2), "eca_after_m2": round(after, 2),
            },
            why="a planned zone takes the middle one of three woods along the corridor",
        )
    ]  # fmt: skip


def _divided(world: World) -> list[dict[str, Any]]:
    site = world.nature.divided
    if site is None:
        return []
    p = site.works.centroid
    return [
        item(
            "restoration_joins", "corridor_connectivity", world.settled, site.municipality,
            p.x, p.y,
            habitat=list(HABITAT), window=[round(float(v), 1) for v in site.window.bounds],
            works=[round(float(v), 1) for v in site.works.bounds],
            patches=[
                {"x": round(q.x, 1), "y": round(q.y, 1), "area_m2": round(float(w.area), 1)}
                for w in site.woods
                for q in (w.representative_point(),)
            ],
            gap_m=GAP,
            expected={"cost_at_least": round(site.least_cost, 1), "restored_at_most": 1.1 * GAP},
            why="disused works divide two woods; a site of 300 m restored there joins them",
        )
    ]  # fmt: skip


def _structure(world: World) -> list[dict[str, Any]]:
    out = []
    for zone in world.structure.zones:
        plan = next(p for p in world.plans if p.municipality == zone["municipality"])
        out.append(
            item(
                "zone_in_green_ring", "model_coherence", world.settled, zone["municipality"],
                zone["x"], zone["y"], zone=label_at(plan, zone["x"], zone["y"]),
                expected={
                    "class": "green_ring", "symbol": zone["symbol"], "compatibility": "conflict",
                    "area_m2": RING_ZONE[0] * RING_ZONE[1],
                },
                why="land of the green ring is planned for services",
            )
        )  # fmt: skip
    return out
