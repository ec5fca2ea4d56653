"""Land cover at two dates, built-up land, heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio.features
import scipy.ndimage as ndi
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.fabric import ZONE, Fabric
from metrogis.demo.frame import Array, Grid, Mask, Size, Streams, enlarge, grid_of, noise
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain, transform_of

CELL = 20.0
"""Side of a land-cover cell, m."""

CLASSES = {
    1: ("zabudowa zwarta", "dense urban fabric"),
    2: ("zabudowa luźna", "loose urban fabric"),
    3: ("przemysł i handel", "industry and commerce"),
    4: ("zieleń miejska", "urban green"),
    5: ("grunty orne", "arable land"),
    6: ("łąki i pastwiska", "meadows and pastures"),
    7: ("lasy", "forest"),
    8: ("mokradła", "wetlands"),
    9: ("wody śródlądowe", "inland water"),
    10: ("morze", "sea"),
}
BUILT_UP = (1, 2, 3)
RESISTANCE = {1: 100, 2: 50, 3: 100, 4: 10, 5: 10, 6: 3, 7: 1, 8: 1, 9: 50, 10: 200}
"""How hard animals of the woods find each class to cross; 1 is habitat."""
HABITAT = (7, 8)
"""Land cover that counts as habitat: forest, wetlands."""
LEAPFROG = (26, 18)
"""Rows and columns of the planted leapfrog settlement, cells."""

Bytes = npt.NDArray[np.uint8]


@dataclass
class Land:
    """``now``, ``before``: class of each 20 m cell; ``forest`` on the 100 m grid."""

    grid: Grid
    now: Bytes
    before: Bytes
    forest: Mask
    leapfrog: shapely.Polygon | None


def make_land(
    size: Size, terrain: Terrain, settled: Settled, fabric: Fabric, graph: Graph, streams: Streams
) -> Land:
    """Draw land cover now and ten years before.

    Returns
    -------
    Land
        Classes on a grid finer than that of the terrain. What is built now was fields or woods
        before at the edges of settlements; a leapfrog development is planted away from them.
    """
    coarse = terrain.grid
    grid = grid_of(size, CELL)
    factor = round(coarse.cell / CELL)
    forest = _forest(terrain, fabric, streams)
    wet = (terrain.river_distance < 420) | (ndi.distance_transform_edt(~terrain.lake) < 2.5)

    def fine(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        return enlarge(values, factor)

    out: Bytes = np.full(grid.shape, 5, dtype=np.uint8)
    rng = streams("cover")
    mosaic = fine(noise(rng, coarse.shape, 7, octaves=3))
    out[(fine(wet.astype(np.float32)) > 0.5) & (mosaic > -0.3)] = 6
    out[mosaic > 1.25] = 6
    out[(fine(wet.astype(np.float32)) > 0.5) & (mosaic > 1.0)] = 8
    out[fine(forest) > 0] = 7

    street = _near_streets(graph, grid, 50.0)
    depth = fine(np.minimum(fabric.depth, 4.0))
    # seams between quarters wind, as real ones do
    warp = streams("seams")
    places = [a + 170 * noise(warp, coarse.shape, 7, octaves=2) for a in coarse.centres()]
    kind = fabric.kind[cKDTree(fabric.seeds).query(np.column_stack([a.ravel() for a in places]))[1]]
    kind = np.repeat(np.repeat(kind.reshape(coarse.shape), factor, 0), factor, 1).astype(np.uint8)
    # works fill their blocks
    street |= (kind == ZONE["industry"]) & (depth < 1.0) & _near_streets(graph, grid, 130.0)
    town = street & (depth < 1.12)
    built = np.full(grid.shape, 2, dtype=np.uint8)
    built[(kind == ZONE["core"]) | (kind == ZONE["tenements"]) | (kind == ZONE["estate"])] = 1
    built[kind == ZONE["industry"]] = 3
    green = (depth < 1.0) & ~street & (out != 7)
    out[green & (mosaic < 0.9)] = 4
    before = out.copy()
    out = np.where(town, built, out)
    # ten years before towns ended earlier, by more where they grew
    pace = 0.10 + 0.06 * fine(noise(streams("growth"), coarse.shape, 40, octaves=2))
    old = town & (depth < 1.12 - np.clip(pace, 0.0, 0.3))
    before = np.where(old, built, np.where(town & (before == 4), np.uint8(5), before))
    sea, lake = fine(terrain.inland) <= 0, fine(terrain.lake.astype(np.float32)) > 0.5
    water = rasterio.features.rasterize(
        [r.buffer(w / 2) for r, w in zip(terrain.rivers, terrain.widths, strict=True)],
        out_shape=grid.shape,
        transform=transform_of(grid),
    ).astype(bool)
    for layer in (out, before):
        layer[lake | (water & ~sea)] = 9
        layer[sea] = 10
    leapfrog = _leapfrog(grid, terrain, settled, fabric, out, before, depth, streams)
    return Land(grid, out, before, forest > 0, leapfrog)


def _forest(terrain: Terrain, fabric: Fabric, streams: Streams) -> Array:
    """Above 0 where woods are: on hills and by the sea, away from towns."""
    grid = terrain.grid
    field = noise(streams("forest"), grid.shape, 26, octaves=5)
    field += 0.012 * (terrain.elevation - 70)
    field += 0.9 * np.exp(-(((terrain.inland - 250) / 350) ** 2))
    field -= 2.6 * np.clip(1.55 - fabric.depth, 0, 1)
    dry = terrain.dry
    return np.asarray(field - np.quantile(field[dry], 0.68))


def _near_streets(graph: Graph, grid: Grid, reach: float) -> Mask:
    """Cells within about ``reach`` m of a street that has houses."""
    lived = (graph.zone >= 0) & (graph.cls <= CLASS["service"])
    u, v = graph.u[lived], graph.v[lived]
    ends = np.stack([graph.x[[u, v]].T, graph.y[[u, v]].T], axis=-1)
    # one geometry of plain numbers: thousands of shapes take longer to hand over than to draw
    lines = {"type": "MultiLineString", "coordinates": ends.tolist()}
    drawn = rasterio.features.rasterize(
        [lines],
        out_shape=grid.shape,
        transform=transform_of(grid),
        all_touched=True,
        dtype=np.uint8,
    )
    return np.asarray(ndi.maximum_filter(drawn, size=2 * int(reach / CELL) + 1) > 0)


def _leapfrog(
    grid: Grid,
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    now: Bytes,
    before: Bytes,
    depth: npt.NDArray[np.float32],
    streams: Streams,
) -> shapely.Polygon | None:
    """Build an estate in the fields, far from older buildings; nobody lives there yet."""
    coarse = terrain.grid
    far = ndi.distance_transform_edt(fabric.depth > 1.25) * coarse.cell
    towns = settled.municipalities
    allowed = np.isin(
        settled.label, towns.index[(towns["kind"] != 1) & (towns["role"] == "complete")]
    )
    ok = allowed & terrain.dry & (terrain.river_distance > 700) & (far > 900) & (far < 1600)
    ok = ndi.binary_erosion(ok, iterations=4)
    factor = round(coarse.cell / grid.cell)
    h, w = LEAPFROG
    shapes = towns.geometry.to_numpy()
    shapely.prepare(shapes)
    for pick in streams("leapfrog").permutation(np.flatnonzero(ok)):
        r, c = (int(k) * factor for k in np.unravel_index(pick, coarse.shape))
        x0, y1 = grid.x0 + c * grid.cell, grid.y1 - r * grid.cell
        estate = shapely.box(x0, y1 - h * grid.cell, x0 + w * grid.cell, y1)
        if shapely.contains_properly(shapes, estate.buffer(100)).any():  # whose it is, is plain
            now[r : r + h, c : c + w] = 2
            before[r : r + h, c : c + w] = 5
            return estate
    return None


def built_up(cover: Bytes) -> Bytes:
    """Return 1 where land is built up, 0 elsewhere, 255 at sea."""
    out = np.isin(cover, BUILT_UP).astype(np.uint8)
    out[cover == 10] = 255
    return out


def heights(size: Size, terrain: Terrain) -> tuple[Grid, npt.NDArray[np.float32]]:
    """Return elevation above the sea.

    Returns
    -------
    grid : Grid
        Cells of 50 m.
    values : array of float32 (ny, nx)
        Metres to one decimal; -9999 at sea.
    """
    grid = grid_of(size, 50.0)
    factor = round(terrain.grid.cell / 50.0)
    fine = enlarge(terrain.elevation, factor)
    land = np.repeat(np.repeat(terrain.land, factor, 0), factor, 1)
    return grid, np.where(land, np.round(fine, 1), -9999).astype(np.float32)
