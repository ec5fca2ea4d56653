"""Three woods in a row along a corridor, the middle one under a planned zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.ndimage as ndi
import shapely

from metrogis.demo.frame import Array, Grid, Index, Mask, Shape, Streams
from metrogis.demo.land import BUILT_UP, HABITAT, Land
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

RADII = (190.0, 120.0, 190.0)
"""Mean radii of the three woods, m."""
SPACING = 640.0
"""Between their middles, m."""
CLEAR = 420.0
"""No other habitat this near to any of them, m."""
MARGIN = 20.0
"""The planned zone reaches this far beyond the middle wood, m."""
_FIELDS = 5


@dataclass
class LostPatch:
    """The woods as cells of the land-cover grid, and what is planned over the middle one.

    ``patches``: outlines, the lost one second. ``window``: no other habitat lies in this box.
    """

    corridor: str
    municipality: int
    patches: list[Shape]
    window: Shape
    zone: Shape


def plant_patches(
    terrain: Terrain,
    settled: Settled,
    land: Land,
    axes: list[Any],
    bands: list[Shape],
    taken: list[dict[str, Any]],
    streams: Streams,
) -> LostPatch | None:
    """Plant three woods in a row along a corridor, the middle one under a planned zone.

    The site is the one where the least has to be cleared around the woods, so that nothing else
    joins them; land cover of both dates is changed there in place.

    Returns
    -------
    LostPatch or None
        None where no corridor has room.
    """
    site = _site(terrain, settled, land, axes, bands, taken)
    if site is None:
        return None
    k, (row, col), east, home = site
    grid = land.grid
    rng = streams("woods")
    step = round(SPACING / grid.cell)
    window = _window(row, col, east, grid)
    for cover in (land.now, land.before):
        inside = cover[window]
        inside[np.isin(inside, HABITAT)] = _FIELDS
    y, x = _outer(window, grid)
    coarse = terrain.grid
    r, c = coarse.rowcol(np.array([x[0], x[1]]), np.array([y[0], y[1]]))
    land.forest[r[0] : r[1] + 1, c[0] : c[1] + 1] = False
    patches = []
    for number, radius in enumerate(RADII):
        at = (row, col + (number - 1) * step) if east else (row + (number - 1) * step, col)
        cells = _blob(rng, at, radius / grid.cell)
        for cover in (land.now, land.before):
            cover[cells[:, 0], cells[:, 1]] = HABITAT[0]
        patches.append(_outline(cells, grid))
    x0, y0, x1, y1 = patches[1].bounds
    zone = shapely.box(x0 - MARGIN, y0 - MARGIN, x1 + MARGIN, y1 + MARGIN)
    return LostPatch(f"K{k + 1}", home, patches, shapely.box(x[0], y[1], x[1], y[0]), zone)


def _site(
    terrain: Terrain,
    settled: Settled,
    land: Land,
    axes: list[Any],
    bands: list[Shape],
    taken: list[dict[str, Any]],
) -> tuple[int, tuple[int, int], bool, int] | None:
    """Corridor, row and column of the middle wood, whether the row runs east, municipality."""
    grid = land.grid
    towns = settled.municipalities
    shapes = towns.geometry.to_numpy()
    complete = (towns["role"] == "complete").to_numpy()
    habitat = np.isin(land.now, HABITAT)
    other = [s for z in taken for s in z["shapes"]]
    best: tuple[float, tuple[int, tuple[int, int], bool, int]] | None = None
    for k in (1, 0, 2):  # the second one is cut anyway: its width no longer matters
        for at in np.arange(2000.0, axes[k].length - 2000.0, 150.0):
            a, b = axes[k].interpolate(at - 200), axes[k].interpolate(at + 200)
            p = shapely.Point((a.x + b.x) / 2, (a.y + b.y) / 2)
            east = abs(b.x - a.x) > abs(b.y - a.y)
            row, col = (int(v[0]) for v in grid.rowcol(np.array([p.x]), np.array([p.y])))
            if not bands[k].contains(p.buffer(RADII[1] + MARGIN + 100)):
                continue
            home = np.flatnonzero(shapely.contains_properly(shapes, p.buffer(400)))
            if len(home) == 0 or not complete[home[0]]:
                continue
            window = _window(row, col, east, grid)
            cover = land.now[window]
            if np.isin(cover, (*BUILT_UP, 4, 9, 10)).any():
                continue
            if min((float(p.distance(s)) for s in other), default=9e9) < 900:
                continue
            y, x = _outer(window, grid)
            r, c = terrain.grid.rowcol(np.array(x), np.array(y))
            if (settled.label[r[0] : r[1], c[0] : c[1]] < 0).any():
                continue
            cleared = float(habitat[window].sum()) * grid.cell**2 / 1e4
            score = cleared + (0.0 if k == 1 else 40.0)
            if best is None or score < best[0]:
                best = (score, (k, (row, col), east, int(home[0])))
    return best[1] if best else None


def _window(row: int, col: int, east: bool, grid: Grid) -> tuple[slice, slice]:
    """Cells around the row of woods, past :data:`CLEAR`."""
    long = round((SPACING + 1.25 * RADII[0] + CLEAR) / grid.cell)
    wide = round((1.25 * RADII[0] + CLEAR) / grid.cell)
    h, w = (wide, long) if east else (long, wide)
    return slice(row - h, row + h + 1), slice(col - w, col + w + 1)


def _outer(
    window: tuple[slice, slice], grid: Grid
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Y of top and bottom, x of left and right side of a window, m."""
    rows, cols = window
    return (
        (grid.y1 - rows.start * grid.cell, grid.y1 - rows.stop * grid.cell),
        (grid.x0 + cols.start * grid.cell, grid.x0 + cols.stop * grid.cell),
    )


def _blob(rng: np.random.Generator, at: tuple[int, int], radius: float) -> Index:
    """Cells of a wood with an uneven edge, in one piece."""
    n = int(radius * 1.3) + 1
    i, j = np.mgrid[-n : n + 1, -n : n + 1]
    turn = np.arctan2(i, j)
    a, b = rng.uniform(0, 2 * np.pi, 2)
    edge = radius * (1 + 0.13 * np.sin(3 * turn + a) + 0.07 * np.sin(5 * turn + b))
    inside: Mask = np.hypot(i, j) <= edge
    labels, _ = ndi.label(inside)
    cells = np.argwhere(labels == labels[n, n])
    return np.asarray(cells - n + np.array(at), dtype=np.int64)


def _outline(cells: Index, grid: Grid) -> Shape:
    x = grid.x0 + cells[:, 1] * grid.cell
    y = grid.y1 - cells[:, 0] * grid.cell
    return shapely.union_all(shapely.box(x, y - grid.cell, x + grid.cell, y))


def equivalent_area(patches: list[Shape], *, distance: float, probability: float) -> float:
    """Return ECA (m2) of a few patches from their areas and the gaps between them.

    ECA = sqrt(sum a_i a_j p*_ij), p = probability ** (gap / distance), p* the best of all ways
    (Saura & Pascual-Hortal 2007).

    >>> fields = [shapely.box(0, 0, 30, 10), shapely.box(40, 0, 70, 10)]
    >>> equivalent_area(fields, distance=10.0, probability=0.5)
    519.6152422706632
    """
    area: Array = shapely.area(np.array(patches))
    gap = shapely.distance(np.array(patches)[:, None], np.array(patches)[None])
    p = probability ** (gap / distance)
    for k in range(len(patches)):  # over stepping stones
        p = np.maximum(p, p[:, k : k + 1] * p[k : k + 1, :])
    return float(np.sqrt(area @ p @ area))
