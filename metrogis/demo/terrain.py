"""Land and sea, lakes, rivers, hills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rasterio.features
import scipy.ndimage as ndi
import shapely
from affine import Affine

from metrogis.demo.frame import Array, Grid, Mask, Streams, noise, noise_line


@dataclass(frozen=True)
class Terrain:
    """The ground: rasters on the 100 m grid, rivers as lines.

    ``inland`` is the distance from the sea in m (negative out at sea), ``dry`` is land that is not
    a lake, ``rivers`` are lines from source to mouth with ``widths`` in m.
    """

    grid: Grid
    inland: Array
    land: Mask
    lake: Mask
    elevation: Array
    rivers: list[shapely.LineString]
    widths: list[float]
    river_distance: Array
    mouth: tuple[float, float]

    @property
    def dry(self) -> Mask:
        """Land that is not a lake."""
        return self.land & ~self.lake


def transform_of(grid: Grid) -> Affine:
    """Return the affine transform of a grid, as rasterio wants it."""
    return Affine(grid.cell, 0, grid.x0, 0, -grid.cell, grid.y1)


def make_terrain(grid: Grid, streams: Streams) -> Terrain:
    """Invent land and sea, lakes, rivers and hills on a grid.

    The sea lies in the north and is one piece, as is the land; rivers run into it, lakes keep away
    from both.
    """
    rng = streams("terrain")
    side = grid.nx * grid.cell
    xx, yy = grid.centres()
    x = xx[0]
    per_km = 1000 / grid.cell
    mouth_x = grid.x0 + side * 0.47
    # a wide bay with the harbour at its head, smaller bends elsewhere
    coast = grid.y1 - side * 0.20 + 900 * noise_line(rng, grid.nx, 14 * per_km)
    coast += side * 0.035 * np.sin((x - mouth_x) / side * 5.2 + 0.6)
    coast -= side * 0.045 * np.exp(-(((x - mouth_x) / (0.10 * side)) ** 2))
    rough = noise(rng, grid.shape, 2.5 * per_km)
    level = coast[None, :] - yy + 260 * rough
    labels, _ = ndi.label(level > 0)
    land = labels == labels[-1, grid.nx // 2]
    sea_labels, _ = ndi.label(~land)
    sea = sea_labels == sea_labels[0, 0]
    land = ~sea
    inland = np.where(
        land, ndi.distance_transform_edt(land), -ndi.distance_transform_edt(sea)
    ) * float(grid.cell)

    column = int((mouth_x - grid.x0) / grid.cell)
    mouth_y = float(grid.y1 - np.flatnonzero(land[:, column])[0] * grid.cell)
    rivers, widths = _rivers(grid, rng, land, mouth_x, mouth_y)
    drawn = rasterio.features.rasterize(
        rivers, out_shape=grid.shape, transform=transform_of(grid), all_touched=True
    ).astype(bool)
    river_distance = np.asarray(ndi.distance_transform_edt(~drawn)) * grid.cell

    # long glacial lakes, away from the sea and from the rivers
    field = noise(rng, grid.shape, 2.2 * per_km, octaves=3, stretch=(1.7, 0.8))
    field = (
        field - 2.5 * np.exp(-((inland / 5000) ** 2)) - 2 * np.exp(-((river_distance / 900) ** 2))
    )
    free = land & (inland > 3000)
    lake = free & (field > np.quantile(field[free], 0.974))
    names, count = ndi.label(lake)
    areas = ndi.sum_labels(lake, names, np.arange(count + 1))
    lake = lake & (areas[names] >= 9)

    ramp = 1 - np.exp(-np.maximum(inland, 0) / 7000)
    hills = np.maximum(noise(rng, grid.shape, 4.5 * per_km, octaves=5) + 0.3, 0)
    elevation = 4 + 78 * ramp + 62 * hills * ramp + 3 * rough
    elevation *= 1 - 0.72 * np.exp(-((river_distance / 1100) ** 2))
    elevation = np.where(land, np.maximum(elevation, 0.5), 0.0)
    return Terrain(
        grid, inland, land, lake, elevation, rivers, widths, river_distance, (mouth_x, mouth_y)
    )


def water_areas(terrain: Terrain) -> dict[str, list[shapely.Geometry]]:
    """Return the sea, the lakes and the rivers as polygons (EPSG:2180), by kind.

    Sea and lakes follow the sides of cells; rivers are buffered by half their width.
    """
    grid = terrain.grid

    def outlines(mask: Mask) -> list[shapely.Geometry]:
        found = rasterio.features.shapes(
            mask.astype(np.uint8), mask=mask, transform=transform_of(grid)
        )
        return [shapely.geometry.shape(s) for s, _ in found]

    rivers: list[shapely.Geometry] = [
        r.buffer(w / 2, cap_style="flat")
        for r, w in zip(terrain.rivers, terrain.widths, strict=True)
    ]
    return {"sea": outlines(~terrain.land), "lake": outlines(terrain.lake), "river": rivers}


def _rivers(
    grid: Grid, rng: np.random.Generator, land: Mask, mouth_x: float, mouth_y: float
) -> tuple[list[shapely.LineString], list[float]]:
    """A main river with a tributary, and a small river with a mouth of its own."""
    south = grid.y1 - grid.ny * grid.cell
    side = grid.nx * grid.cell
    y = np.arange(mouth_y + 400, south, -120.0)
    t = (mouth_y - y) / side
    grow = np.clip(t / 0.25, 0, 1)
    bend = 0.05 * side * noise_line(rng, len(y), 90) * grow
    wiggle = 170 * noise_line(rng, len(y), 10, octaves=2) * np.clip(t / 0.05, 0, 1)
    x = mouth_x + bend - 0.12 * side * grow * t + wiggle
    main = shapely.LineString(np.column_stack([x, y])[::-1])

    start = int(len(y) * 0.38)
    yt = y[start:][: int(len(y) * 0.45)]
    s = np.arange(len(yt)) / max(1, len(yt) - 1)
    xt = x[start] + 0.30 * side * s**0.8 + 0.02 * side * noise_line(rng, len(yt), 70) * s
    yt = y[start] + (yt - y[start]) * 0.8
    xt += 120 * noise_line(rng, len(yt), 10, octaves=2) * np.minimum(1, s * 10)
    branch = shapely.LineString(np.column_stack([xt, yt])[::-1])

    x2 = grid.x0 + side * 0.17
    column = int((x2 - grid.x0) / grid.cell)
    top = float(grid.y1 - np.flatnonzero(land[:, column])[0] * grid.cell)
    y2 = np.arange(top + 300, top - side * 0.45, -120.0)
    g = np.clip((top - y2) / (0.1 * side), 0, 1)
    x2s = x2 + (0.03 * side * noise_line(rng, len(y2), 60) + 140 * noise_line(rng, len(y2), 9)) * g
    small = shapely.LineString(np.column_stack([x2s, y2])[::-1])
    return [main, branch, small], [90.0, 32.0, 24.0]
