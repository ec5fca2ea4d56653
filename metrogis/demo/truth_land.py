"""Planted truths of cycling, nature and plans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis.demo.frame import CRS
from metrogis.demo.plans import without_plan
from metrogis.demo.shapes import edge_lines
from metrogis.demo.truth import item
from metrogis.demo.world import World


def make_land_truth(world: World) -> list[dict[str, Any]]:
    """Return what is planted beyond access, timetables and flows."""
    return _cycling(world) + _corridors(world) + _plans(world) + _leapfrog(world)


def _municipality_at(world: World, x: float, y: float) -> int:
    r, c = world.grid.rowcol(np.array([x]), np.array([y]))
    return int(world.settled.label[r[0], c[0]])


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
                max(0, _municipality_at(world, x, y)), x, y, bounds=box, expected=expected, **more,
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
            out.append(
                item(
                    fault["kind"], "plan_validity", world.settled, plan.municipality, x, y,
                    file=f"plans/{plan.teryt}.gml", epsg=plan.epsg,
                    expected={"area_m2": round(float(fault["area"]), 3)},
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
