"""Where restoring land would shorten the way between patches most: barriers of least-cost links.

For a disc of diameter D at a cell, restored so that it resists by r: the way between two patches
that leads through it costs min(CWD_a) + min(CWD_b) + r * D, the minima taken over the disc. What it
spares, per metre restored, is (LCD - min CWD_a - min CWD_b - r * D) / D, with the least-cost
distance LCD between the patches and the cost-weighted distances CWD from each (McRae et al. 2012,
https://doi.org/10.1371/journal.pone.0052604). That is an estimate: a way through the disc need not
be as long as its diameter, and cells at its edge cost half of what lies outside.
:func:`restored_cost` computes the same link anew with the disc restored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.landscape import leastcost
from metrogis.landscape.grid import Grid, bad_parameter


@dataclass(frozen=True, eq=False)
class Barriers:
    """What a restored disc at each cell would spare.

    Attributes
    ----------
    improvement : ndarray of float
        Cost spared per metre restored, of the link that gains most; NaN where no link gains, or
        where the disc holds a cell without data: what lies there is not known.
    link : ndarray of int
        Row of that link, -1 where there is none.
    cost : ndarray of float (links,)
        Least-cost distance of each link; infinite where there is no way.
    """

    improvement: Array
    link: Array
    cost: Array


def disc(cell: tuple[float, float], diameter: float) -> Array:
    """Return rows and columns, from the middle cell, of cells whose centres lie in a disc.

    >>> disc((10.0, 10.0), 20.0).tolist()
    [[-1, 0], [0, -1], [0, 0], [0, 1], [1, 0]]
    """
    if not diameter > 0:
        raise bad_parameter("diameter", _("must be above 0"))
    radius = diameter / 2 * (1 + 1e-9)
    rows, columns = int(radius / cell[1]), int(radius / cell[0])
    dr, dc = np.mgrid[-rows : rows + 1, -columns : columns + 1]
    inside = np.hypot(dr * cell[1], dc * cell[0]) <= radius
    return np.column_stack([dr[inside], dc[inside]])


@njit(cache=True)
def _gains(
    one: Array, two: Array, valid: Array, offsets: Array, known: float, length: float, out: Array
) -> None:
    """Fill what a disc at each cell spares of a cost, per metre; NaN where it spares nothing."""
    rows, columns = one.shape
    for r in range(rows):
        for c in range(columns):
            a, b, sure = np.inf, np.inf, True
            for k in range(len(offsets)):
                i, j = r + offsets[k, 0], c + offsets[k, 1]
                # a disc that leaves the raster is not known in whole
                if i < 0 or j < 0 or i >= rows or j >= columns or not valid[i, j]:
                    sure = False
                    break
                a, b = min(a, one[i, j]), min(b, two[i, j])
            spared = known - a - b
            out[r, c] = spared / length if sure and spared > 0 else np.nan


def barriers(
    surface: Grid,
    patches: Array,
    between: pd.DataFrame | Iterable[tuple[int, int]],
    *,
    diameter: float,
    restored: float = 1.0,
) -> Barriers:
    """Map where restoring a disc would shorten links most.

    Parameters
    ----------
    surface : Grid
        Resistance; cells without data are barriers that nothing restores.
    patches : ndarray of int
        Labels on the grid of the surface, 0 outside.
    between : DataFrame with ``i``, ``j`` and perhaps ``cost``, or pairs of labels
        Links. A ``cost`` that is known keeps the search local.
    diameter : float
        Of the restored disc, m (cells for a bare array).
    restored : float
        Resistance of restored land.

    Returns
    -------
    Barriers

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> wall = read(np.array([[1.0, 1, 9, 1, 1]] * 3))
    >>> patches = np.array([[1, 0, 0, 0, 2]] * 3)
    >>> found = barriers(wall, patches, [(1, 2)], diameter=1)
    >>> found.cost.tolist(), found.improvement[1].round(2).tolist()
    ([12.0], [nan, nan, nan, nan, nan])
    >>> barriers(wall, patches, [(1, 2)], diameter=2).improvement[1].round(2).tolist()
    [nan, 2.0, 4.0, 2.0, nan]
    """
    if not restored >= 0:
        raise bad_parameter("restored", _("must not be negative"))
    offsets = disc(surface.cell, diameter)
    pairs, limits = _pairs(between)
    boxes, low = leastcost.boxes(patches), leastcost.lowest(surface)
    reach = int(np.abs(offsets).max()) if len(offsets) else 0
    best = np.full(surface.shape, np.nan)
    link = np.full(surface.shape, -1, dtype=np.int64)
    cost = np.full(len(pairs), math.inf)
    for row, ((i, j), limit) in enumerate(zip(pairs, limits, strict=True)):
        # a way that gains, and all it passes, lies within the cost of the link from both patches
        window = _shared(
            leastcost.window_of(boxes[i], limit, low, surface),
            leastcost.window_of(boxes[j], limit, low, surface),
        )
        window = _wider(window, 2 * reach, surface.shape)
        part, local = patches[window], leastcost.crop(surface, window)
        one = leastcost.distance(local, part == i, limit=limit).distance
        ends = one[part == j]
        if not len(ends) or not np.isfinite(ends.min()):
            continue
        cost[row] = known = float(ends.min())
        two = leastcost.distance(local, part == j, limit=known).distance
        gain = np.empty(part.shape)
        _gains(one, two, local.valid, offsets, known - restored * diameter, diameter, gain)
        better = gain > np.where(np.isnan(best[window]), 0.0, best[window])
        best[window][better] = gain[better]
        link[window][better] = row
    return Barriers(best, link, cost)


def _pairs(
    between: pd.DataFrame | Iterable[tuple[int, int]],
) -> tuple[list[tuple[int, int]], Array]:
    if not isinstance(between, pd.DataFrame):
        pairs = [(int(i), int(j)) for i, j in between]
        return pairs, np.full(len(pairs), math.inf)
    pairs = list(zip(between["i"].astype(int), between["j"].astype(int), strict=True))
    if "cost" not in between:
        return pairs, np.full(len(pairs), math.inf)
    # of paths in the two territories: no way between the patches need cost more
    return pairs, between["cost"].to_numpy(float) * (1 + 1e-9)


def _shared(one: tuple[slice, slice], two: tuple[slice, slice]) -> tuple[slice, slice]:
    """Return what two windows share; at least a row and a column."""
    rows, columns = (
        slice(min(max(a.start, b.start), a.stop - 1), max(min(a.stop, b.stop), a.start + 1))
        for a, b in zip(one, two, strict=True)
    )
    return rows, columns


def _wider(window: tuple[slice, slice], by: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Widen a window, so that discs at its edge are whole unless the raster ends."""
    rows, columns = (
        slice(max(0, part.start - by), min(size, part.stop + by))
        for part, size in zip(window, shape, strict=True)
    )
    return rows, columns


def sites(improvement: Array, cell: tuple[float, float], diameter: float, count: int) -> Array:
    """Return row and column of the best discs that do not overlap, best first.

    Parameters
    ----------
    improvement : ndarray
        As :class:`Barriers` has it.
    cell : tuple of float
        Sides of a cell.
    diameter : float
        Two sites are at least this far apart.
    count : int
        Most sites.

    Examples
    --------
    >>> sites(np.array([[1.0, 3, 2, np.nan, 1]]), (1.0, 1.0), 2.0, 2).tolist()
    [[0, 1], [0, 4]]
    """
    order = np.argsort(-np.where(np.isnan(improvement), -np.inf, improvement), axis=None,
                       kind="stable")  # fmt: skip
    order = order[: int((~np.isnan(improvement)).sum())]
    rows, columns = np.divmod(order, improvement.shape[1])
    free = np.ones(len(order), dtype=bool)
    chosen: list[int] = []
    at = 0
    while len(chosen) < count and free[at:].any():
        at += int(np.argmax(free[at:]))
        chosen.append(at)
        away = np.hypot((rows - rows[at]) * cell[1], (columns - columns[at]) * cell[0])
        free &= away >= diameter * (1 - 1e-9)
        free[at] = False
    return np.column_stack([rows[chosen], columns[chosen]])


def restore(
    surface: Grid, row: int, column: int, diameter: float, restored: float = 1.0
) -> tuple[Grid, int]:
    """Return the surface with a disc restored, and how many cells that changes.

    Cells that resist by no more than ``restored`` stay, as do cells without data.
    """
    at = disc(surface.cell, diameter) + np.array([row, column])
    at = at[((at >= 0) & (at < surface.shape)).all(axis=1)]
    r, c = at.T
    changes = surface.valid[r, c] & (surface.values[r, c] > restored)
    values = surface.values.astype(float, copy=True)
    values[r[changes], c[changes]] = restored
    changed = Grid(values, surface.valid, surface.transform, surface.crs, surface.cell)
    return changed, int(changes.sum())


def restored_cost(
    surface: Grid,
    patches: Array,
    pair: tuple[int, int],
    place: tuple[int, int],
    *,
    diameter: float,
    restored: float = 1.0,
    limit: float = math.inf,
) -> tuple[float, int]:
    """Compute the least-cost distance of a link anew, with a disc restored.

    Parameters
    ----------
    surface, patches, diameter, restored
        As for :func:`barriers`.
    pair : tuple of int
        Labels of the two patches.
    place : tuple of int
        Row and column of the middle of the disc.
    limit : float
        The cost as it is: restoring land makes no way dearer.

    Returns
    -------
    cost, cells
        Least-cost distance (infinite without a way) and number of cells restored.

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> wall = read(np.array([[1.0, 1, 9, 1, 1]] * 3))
    >>> patches = np.array([[1, 0, 0, 0, 2]] * 3)
    >>> restored_cost(wall, patches, (1, 2), (1, 2), diameter=2)
    (4.0, 3)
    """
    i, j = pair
    changed, cells = restore(surface, *place, diameter, restored)
    boxes = leastcost.boxes(patches)
    low = min(leastcost.lowest(surface), restored)
    window = _shared(
        leastcost.window_of(boxes[i], limit * (1 + 1e-9), low, surface),
        leastcost.window_of(boxes[j], limit * (1 + 1e-9), low, surface),
    )
    part = patches[window]
    if not (part == j).any():
        return math.inf, cells
    local = leastcost.crop(changed, window)
    away = leastcost.distance(local, part == i, limit=limit * (1 + 1e-9)).distance
    return float(away[part == j].min()), cells
