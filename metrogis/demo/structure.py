"""The metropolitan structure: green ring, growth poles, strategic area; one zone against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import scipy.ndimage as ndi
import shapely

from metrogis.demo.fabric import Fabric
from metrogis.demo.frame import CRS, Shape, Streams
from metrogis.demo.land import BUILT_UP, Land
from metrogis.demo.nature import Nature
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain, transform_of

RING = (700.0, 2400.0)
"""The green ring begins and ends this far from the city's edge, m."""
RING_ZONE = (300.0, 240.0)
"""Sides of the zone planned in the ring, m."""
_SYMBOL = "SU"

_DEVELOPMENT = ("SW", "SJ", "SZ", "SU", "SH", "SP", "SI", "SG", "SK")


@dataclass
class Structure:
    """``areas``: class, name, polygons. ``zones``: planted zones, as those of nature."""

    areas: gpd.GeoDataFrame
    zones: list[dict[str, Any]]


def make_structure(
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    land: Land,
    nature: Nature,
    streams: Streams,
) -> Structure:
    """Draw the metropolitan structure, and plan one development zone against it.

    The green ring is dry, open land within :data:`RING` metres of the city, growth poles are discs
    about towns, the strategic area is the harbour. The zone lies in the green ring.
    """
    grid = terrain.grid
    city = (fabric.owner == 0) & (fabric.depth < 1.0)
    away = ndi.distance_transform_edt(~city) * grid.cell
    ring = (away > RING[0]) & (away < RING[1]) & terrain.dry & (settled.label >= 0)
    ring &= (fabric.depth > 1.4) & (terrain.river_distance > 150)
    ring = ndi.binary_opening(ring, iterations=3)
    parts = [
        shapely.geometry.shape(s).simplify(grid.cell).buffer(0)
        for s, _ in rasterio.features.shapes(
            ring.astype(np.uint8), mask=ring, transform=transform_of(grid)
        )
    ]
    parts = [p for part in parts for p in shapely.get_parts(part) if p.area > 40e4]
    rows: list[tuple[str, str, Shape]] = []
    if parts:
        rows.append(("green_ring", "Zielony pierścień", shapely.union_all(parts)))
    land_of = shapely.union_all(settled.municipalities.geometry.to_numpy())
    places = settled.places
    for town in places[places["role"] == "town"].itertuples():
        pole = shapely.Point(town.x, town.y).buffer(0.8 * town.radius).intersection(land_of)
        rows.append(("growth_pole", f"Biegun wzrostu {town.name}", pole))
    port = shapely.Point(terrain.mouth).buffer(1100.0).intersection(land_of)
    if not port.is_empty:
        rows.append(("strategic_area", "Port i tereny stoczniowe", port))
    areas = gpd.GeoDataFrame(
        {"class": [r[0] for r in rows], "name": [r[1] for r in rows]},
        geometry=[shapely.multipolygons(list(shapely.get_parts(r[2]))) for r in rows],
        crs=CRS,
    )
    zones = _zone_in_ring(settled, land, nature, rows[0][2], streams) if parts else []
    return Structure(areas, zones)


def _zone_in_ring(
    settled: Settled, land: Land, nature: Nature, ring: Shape, streams: Streams
) -> list[dict[str, Any]]:
    towns = settled.municipalities
    shapes = towns.geometry.to_numpy()
    grid = land.grid
    bands = shapely.union_all(nature.corridors.geometry.to_numpy())
    other = shapely.union_all([s for z in nature.zones for s in z["shapes"]])
    x0, y0, x1, y1 = ring.bounds
    rng = streams("ring zone")
    xy = np.round(rng.uniform((x0, y0), (x1, y1), (4000, 2)))
    for x, y in xy.tolist():
        box = shapely.box(x, y, x + RING_ZONE[0], y + RING_ZONE[1])
        if not ring.contains(box.buffer(60)) or min(bands.distance(box), other.distance(box)) < 300:
            continue
        home = np.flatnonzero(shapely.contains_properly(shapes, box.buffer(100)))
        if len(home) == 0 or towns["role"][home[0]] != "complete":
            continue
        r, c = grid.rowcol(np.array([x, x + RING_ZONE[0]]), np.array([y, y + RING_ZONE[1]]))
        cover = land.now[r[1] : r[0] + 1, c[0] : c[1] + 1]
        if np.isin(cover, (*BUILT_UP, 9, 10)).any():
            continue
        return [
            {
                "kind": "ring_zone", "municipality": int(home[0]), "symbol": _SYMBOL,
                "shapes": [box], "x": box.centroid.x, "y": box.centroid.y,
            }
        ]  # fmt: skip
    return []


def compatibility() -> pd.DataFrame:
    """Return which zones of plans suit which part of the structure of the invented metropolis.

    Returns
    -------
    DataFrame
        ``class`` of the structure, ``symbol`` of the zone (``*``: all others), ``compatibility``
        (``compatible``, ``neutral``, ``conflict``), ``source``.
    """
    rows = [("green_ring", s, "conflict") for s in _DEVELOPMENT]
    rows += [("green_ring", s, "compatible") for s in ("SO", "SN")]
    rows += [("green_ring", s, "neutral") for s in ("SR", "SC")]
    rows += [("growth_pole", "*", "compatible"), ("growth_pole", "SO", "neutral")]
    rows += [("growth_pole", s, "conflict") for s in ("SR", "SG")]
    rows += [("strategic_area", "*", "compatible"), ("strategic_area", "SO", "neutral")]
    table = pd.DataFrame(rows, columns=["class", "symbol", "compatibility"])
    return table.assign(source="invented metropolis")
