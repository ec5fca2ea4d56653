"""Two woods that disused works divide: land that would join them, were it restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from metrogis.demo.frame import Shape
from metrogis.demo.land import BUILT_UP, HABITAT, RESISTANCE, Land
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

GAP = 240.0
"""Between the two woods, m: narrower than a site that is restored."""
WORKS = (160.0, 1000.0)
"""Sides of the works between them, along and across the line of the woods, m."""
RADIUS = 180.0
"""Of the woods, whose sides that face each other are straight, m."""
_CLEAR = 440.0
"""No other habitat this near to either wood, along the line of both, m: no detour to one pays."""
_AWAY = 900.0
"""Nothing else that is planted lies so near to the middle, m."""
_WORKS, _FIELDS = 3, 5
_EASY = (6,)
"""Land beside habitat that is crossed more easily than fields: made fields around the woods."""


@dataclass
class Divided:
    """The two woods and the works between them, as cells of the land-cover grid.

    ``window``: no other habitat lies in this box. ``around``: least length of a way around the
    works, ``through``: length of one through them, m.
    """

    municipality: int
    woods: list[Shape]
    works: Shape
    window: Shape
    around: float
    through: float

    @property
    def least_cost(self) -> float:
        """Least a way between the woods can cost: around over fields, or through the works."""
        fields, works = float(RESISTANCE[_FIELDS]), float(RESISTANCE[_WORKS])
        return min(fields * self.around, works * self.through)


def plant_divided(
    terrain: Terrain,
    settled: Settled,
    land: Land,
    bands: list[Shape],
    taken: list[Shape],
) -> Divided | None:
    """Plant two woods with disused works between them, away from corridors.

    The site is the one where the least habitat has to be cleared, in a municipality whose data are
    complete; land cover of both dates is changed there in place, so that nothing grows.

    Returns
    -------
    Divided or None
        None where no municipality has room.
    """
    grid = land.grid
    long, wide = _half()
    site = _site(terrain, settled, land, bands, taken, (long, wide))
    if site is None:
        return None
    row, col, home = site
    window = slice(row - wide, row + wide), slice(col - long, col + long)
    # middles of cells from the middle of the site, m: along the line of the woods and across it
    across = (np.arange(-wide, wide)[:, None] + 0.5) * grid.cell
    along = (np.arange(-long, long)[None, :] + 0.5) * grid.cell
    beyond = np.abs(along) - GAP / 2
    wood = (beyond > 0) & (np.hypot(beyond - 0.5 * RADIUS, across) < RADIUS)
    works = (np.abs(along) < WORKS[0] / 2) & (np.abs(across) < WORKS[1] / 2)
    for cover in (land.now, land.before):
        inside = cover[window]
        inside[np.isin(inside, (*HABITAT, *_EASY))] = _FIELDS
        inside[wood] = HABITAT[0]
        inside[works] = _WORKS
    x, y = grid.x0 + col * grid.cell, grid.y1 - row * grid.cell
    box = shapely.box(x - long * grid.cell, y - wide * grid.cell, x + long * grid.cell,
                      y + wide * grid.cell)  # fmt: skip
    _fell(terrain, land, box)
    pair = [_outline(wood & (side * along > 0), x, y, grid.cell) for side in (-1, 1)]
    block = _outline(works, x, y, grid.cell)
    ends = np.array(
        [[x + i * WORKS[0] / 2, y + j * WORKS[1] / 2] for j in (-1, 1) for i in (-1, 1)]
    )
    corner = [shapely.Point(end) for end in ends]
    around = min(
        float(pair[0].distance(corner[k]) + WORKS[0] + pair[1].distance(corner[k + 1]))
        for k in (0, 2)
    )
    return Divided(home, pair, block, box, around, WORKS[0])


def _half() -> tuple[int, int]:
    """Half the window along and across, in cells of 20 m."""
    long = (GAP / 2 + 1.5 * RADIUS + _CLEAR) / 20.0
    wide = WORKS[1] / 2 + 160.0
    return round(long), round(wide / 20.0)


def _site(
    terrain: Terrain,
    settled: Settled,
    land: Land,
    bands: list[Shape],
    taken: list[Shape],
    half: tuple[int, int],
) -> tuple[int, int, int] | None:
    """Row and column of the middle, municipality."""
    grid, (long, wide) = land.grid, half
    towns = settled.municipalities
    shapes = towns.geometry.to_numpy()
    shapely.prepare(shapes)
    complete = (towns["role"] == "complete").to_numpy()
    other = shapely.union_all([*bands, *taken])
    habitat, barred = np.isin(land.now, HABITAT), np.isin(land.now, (*BUILT_UP, 4, 9, 10))
    rows, columns = grid.shape
    best: tuple[float, tuple[int, int, int]] | None = None
    for row in range(wide, rows - wide, 10):
        for col in range(long, columns - long, 10):
            window = slice(row - wide, row + wide), slice(col - long, col + long)
            if barred[window].any():
                continue
            x, y = grid.x0 + col * grid.cell, grid.y1 - row * grid.cell
            box = shapely.box(x - long * grid.cell, y - wide * grid.cell, x + long * grid.cell,
                              y + wide * grid.cell)  # fmt: skip
            home = np.flatnonzero(shapely.contains_properly(shapes, box))
            if len(home) == 0 or not complete[home[0]] or other.distance(box) < 100:
                continue
            if shapely.Point(x, y).distance(other) < _AWAY:
                continue
            cleared = float(habitat[window].sum())
            if best is None or cleared < best[0]:
                best = cleared, (row, col, int(home[0]))
    return best[1] if best else None


def _fell(terrain: Terrain, land: Land, box: Shape) -> None:
    """Take the forest that plans and protected areas see off the window."""
    x0, y0, x1, y1 = box.bounds
    r, c = terrain.grid.rowcol(np.array([x0, x1]), np.array([y1, y0]))
    land.forest[r[0] : r[1] + 1, c[0] : c[1] + 1] = False


def _outline(cells: Any, x: float, y: float, cell: float) -> Shape:
    """Outline of cells of a window whose middle is given."""
    rows, columns = np.nonzero(cells)
    left = x + (columns - cells.shape[1] / 2) * cell
    top = y - (rows - cells.shape[0] / 2) * cell
    return shapely.union_all(shapely.box(left, top - cell, left + cell, top))
