"""Land cover in blocks of cells: habitat and resistance today, and with planned zones built.

One pass over the fine cells fills coarse ones (the cells of the analysis), so that a narrow strip
still counts by its share: habitat of a block is the sum over its cells, resistance their mean.
What each zone takes is kept per block, so that any zone can be left open afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from affine import Affine
from numba import njit

from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid
from metrogis.landscape.landcover import Lookup


@dataclass(frozen=True, eq=False)
class ZoneEffects:
    """What zones do where they are built; position 0 stands for "no zone".

    Attributes
    ----------
    cells : ndarray of int32
        Zone (1, 2, ...) of each fine cell.
    takes : ndarray of float
        Share of the habitat in it that a zone takes away.
    resistance : ndarray of float
        Least resistance in it (0: changes nothing).
    known : ndarray of bool
        False where what is planned is not known; ``known[0]`` is land outside all zones.
    """

    cells: np.ndarray
    takes: np.ndarray
    resistance: np.ndarray
    known: np.ndarray


@dataclass(frozen=True, eq=False)
class Blocks:
    """Land in blocks; arrays have the shape of the blocks unless said otherwise.

    Attributes
    ----------
    habitat, planned : ndarray
        Area of habitat today and with the zones built, m2.
    resistance, planned_resistance : ndarray
        Cost per metre; NaN where less than half of a block can be walked (barrier, or not known).
    unknown : ndarray
        Area of habitat whose plan is not known, m2.
    block_area : ndarray
        Area of the block (smaller at the far edges), m2.
    starts, at, lost, eased : ndarray
        Of zone z, rows ``starts[z]:starts[z + 1]``: flat block, habitat it takes (m2), resistance
        it adds to the mean.
    towns : ndarray (m, 4)
        Per town: habitat, lost, with unknown plan, known land, m2. Row 0: outside all.
    transform : Affine
    cell : (float, float)
        Width and height of a block, m.
    crs : CRS
    """

    habitat: np.ndarray
    planned: np.ndarray
    resistance: np.ndarray
    planned_resistance: np.ndarray
    unknown: np.ndarray
    block_area: np.ndarray
    starts: np.ndarray
    at: np.ndarray
    lost: np.ndarray
    eased: np.ndarray
    towns: np.ndarray
    transform: Affine
    cell: tuple[float, float]
    crs: object

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        return self.habitat.shape[0], self.habitat.shape[1]

    def rows(self, zone: int) -> slice:
        """Rows of ``at``, ``lost``, ``eased`` that belong to a zone."""
        return slice(int(self.starts[zone]), int(self.starts[zone + 1]))

    def opened(self, zones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the land with all zones built but some.

        Parameters
        ----------
        zones : array of int
            Numbers of the zones that stay open. Zones do not overlap in a cell, so what each takes
            adds up.

        Returns
        -------
        habitat : ndarray (rows, columns)
            m2 of each block; never more than today.
        resistance : ndarray (rows, columns)
            Cost per metre; never less than today, NaN where a block cannot be walked.
        """
        habitat, resistance = self.planned.copy(), self.planned_resistance.copy()
        for zone in np.asarray(zones).tolist():
            part = self.rows(zone)
            cells = self.at[part]  # each block once
            habitat.ravel()[cells] += self.lost[part]
            resistance.ravel()[cells] -= self.eased[part]
        # sums and differences of floats: what is left of a zone taken back is rounding
        np.minimum(habitat, self.habitat, out=habitat)
        np.maximum(resistance, self.resistance, out=resistance)
        return habitat, resistance

    def grid(self, values: np.ndarray) -> Grid:
        """Values of blocks as a raster; NaN is not known."""
        return Grid(values, ~np.isnan(values), self.transform, self.crs, self.cell)


def build(
    cover: Grid,
    lookup: Lookup,
    factor: int,
    *,
    zones: ZoneEffects | None = None,
    roads: np.ndarray | None = None,
    towns: np.ndarray | None = None,
    town_count: int = 0,
) -> Blocks:
    """Gather fine cells in blocks.

    Parameters
    ----------
    cover : Grid
        Land cover, with a place on the map.
    lookup : Lookup
        Of the same cells.
    factor : int
        Side of a block, cells.
    zones : ZoneEffects, optional
    roads : ndarray of float, optional
        Least resistance of each fine cell (0: no road).
    towns : ndarray of int, optional
        Town (1, 2, ...) of each fine cell; 0 outside.
    town_count : int

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> from metrogis.landscape.landcover import class_table, look_up
    >>> cover = read((np.array([[311, 211], [311, 112]]), Affine(10, 0, 0, 0, -10, 20)), crs=2180)
    >>> found = build(cover, look_up(cover, class_table()), 2)
    >>> found.habitat.tolist(), found.resistance.tolist(), found.cell
    ([[200.0]], [[15.5]], (20.0, 20.0))
    """
    rows, columns = cover.shape
    shape = (math.ceil(rows / factor), math.ceil(columns / factor))
    area = cover.cell_area
    nothing = np.zeros((0, 0), np.int32)
    if zones is None:
        zones = ZoneEffects(nothing, np.zeros(1), np.zeros(1), np.zeros(1, bool))
    # compiled code does not look whether an index is inside
    given = {"codes": lookup.codes, "zones": zones.cells, "roads": roads, "towns": towns}
    for name, plane in given.items():
        if plane is not None and plane.size:
            grids.require_same_shape((rows, columns), plane.shape, layer=name)
    if zones.cells.size and int(zones.cells.max()) >= len(zones.takes):
        raise grids.bad_parameter("zones", _("a zone without its effect"))
    if towns is not None and towns.size and int(towns.max()) > town_count:
        raise grids.bad_parameter("towns", _("a town above town_count"))
    sums = np.zeros((6, *shape))
    by_town = np.zeros((town_count + 1, 4))
    fine = _Fine(
        lookup.codes, lookup.habitat, lookup.resistance, factor, zones.cells, zones.takes,
        zones.resistance, zones.known, np.zeros((0, 0)) if roads is None else roads,
        nothing if towns is None else towns,
    )  # fmt: skip
    count = _gather(fine, sums, by_town)
    zone, cell = np.empty(count, np.int32), np.empty(count, np.int64)
    lost, eased = np.empty(count), np.empty(count)
    _list(fine, zone, cell, lost, eased)
    # sums over the cells of each block: habitat today and planned (cells), cells that can be
    # walked, their resistances today and planned, habitat whose plan is not known (cells)
    habitat, planned, known, walk, walk_planned, unknown = sums
    size = _sizes(rows, factor)[:, None] * _sizes(columns, factor)[None, :]
    open_land = 2 * known >= size
    mean = np.where(open_land, walk / np.maximum(known, 1), np.nan)
    mean_planned = np.where(open_land, walk_planned / np.maximum(known, 1), np.nan)
    # from a sum over the block's cells to a part of their mean
    eased /= np.maximum(known.ravel()[cell], 1)
    order = np.argsort(zone, kind="stable")
    starts = np.searchsorted(zone[order], np.arange(len(zones.takes) + 1))
    t = cover.transform
    assert t is not None
    return Blocks(
        habitat * area,
        planned * area,
        mean,
        mean_planned,
        unknown * area,
        size * area,
        starts,
        cell[order],
        lost[order] * area,
        eased[order],
        by_town * area,
        Affine(t.a * factor, t.b, t.c, t.d, t.e * factor, t.f),
        (cover.cell[0] * factor, cover.cell[1] * factor),
        cover.crs,
    )


class _Fine(NamedTuple):
    """Fine cells, and what their codes and zones mean.

    ``codes``, ``zone``, ``roads`` and ``towns`` are planes (rows, columns), the last three empty
    where there are none; ``habitat`` and ``resistance`` are by code, ``takes`` (share of habitat),
    ``least`` (resistance) and ``told`` (whether the plan is known) by zone. ``factor`` is the side
    of a block in cells.
    """

    codes: np.ndarray
    habitat: np.ndarray
    resistance: np.ndarray
    factor: int
    zone: np.ndarray
    takes: np.ndarray
    least: np.ndarray
    told: np.ndarray
    roads: np.ndarray
    towns: np.ndarray


def _sizes(count: int, factor: int) -> np.ndarray:
    """Cells along one side of each block."""
    edges = np.minimum(np.arange(math.ceil(count / factor) + 1) * factor, count)
    return np.diff(edges).astype(float)


@njit(cache=True)
def _land(i, j, fine):  # type: ignore[no-untyped-def]
    """Habitat and resistance of a fine cell today, its zone, habitat and resistance planned."""
    code = fine.codes[i, j]
    h, r = fine.habitat[code], fine.resistance[code]
    # of road and land the greater resistance holds; no road makes land easier
    if fine.roads.size > 0 and fine.roads[i, j] > r:
        r = fine.roads[i, j]
    z = fine.zone[i, j] if fine.zone.size > 0 else 0
    return h, r, z, h * (1.0 - fine.takes[z]), max(r, fine.least[z])


@njit(cache=True)
def _gather(fine, sums, by_town):  # type: ignore[no-untyped-def]
    codes, towns, factor = fine.codes, fine.towns, fine.factor
    rows, columns = codes.shape
    seen = np.empty(factor * factor, np.int64)
    total = 0
    for bi in range(sums.shape[1]):
        for bj in range(sums.shape[2]):
            n = 0
            s0 = s1 = s2 = s3 = s4 = s5 = 0.0
            for i in range(bi * factor, min(rows, (bi + 1) * factor)):
                for j in range(bj * factor, min(columns, (bj + 1) * factor)):
                    # not known: neither habitat nor barrier
                    if codes[i, j] == 0:
                        continue
                    h, r, z, hp, rp = _land(i, j, fine)
                    s0 += h
                    s1 += hp
                    if r < np.inf:  # a barrier has no mean: it takes room in its block
                        s2 += 1
                        s3 += r
                        s4 += rp
                    town = towns[i, j] if towns.size > 0 else 0
                    by_town[town, 0] += h
                    by_town[town, 1] += h - hp
                    by_town[town, 3] += 1
                    # land outside all towns is not planned by anyone asked: it stays as it is
                    if not fine.told[z] and town > 0:
                        s5 += h
                        by_town[town, 2] += h
                    # zones that change something in this block, each counted once: the rows that
                    # _list will fill
                    if hp < h or rp > r:
                        new = True
                        for k in range(n):
                            if seen[k] == z:
                                new = False
                                break
                        if new:
                            seen[n] = z
                            n += 1
            total += n
            sums[0, bi, bj], sums[1, bi, bj], sums[2, bi, bj] = s0, s1, s2
            sums[3, bi, bj], sums[4, bi, bj], sums[5, bi, bj] = s3, s4, s5
    return total


@njit(cache=True)
def _list(fine, zone, cell, lost, eased):  # type: ignore[no-untyped-def]
    codes, factor = fine.codes, fine.factor
    if zone.size == 0:
        return
    rows, columns = codes.shape
    across = (columns + factor - 1) // factor
    at = 0
    for bi in range((rows + factor - 1) // factor):
        for bj in range(across):
            # rows first:at belong to this block, one a zone: few, so a plain search is quick
            first = at
            for i in range(bi * factor, min(rows, (bi + 1) * factor)):
                for j in range(bj * factor, min(columns, (bj + 1) * factor)):
                    if codes[i, j] == 0:
                        continue
                    h, r, z, hp, rp = _land(i, j, fine)
                    if hp < h or rp > r:
                        k = first
                        while k < at and zone[k] != z:
                            k += 1
                        if k == at:
                            zone[k] = z
                            cell[k] = bi * across + bj
                            lost[k] = 0.0
                            eased[k] = 0.0
                            at += 1
                        lost[k] += h - hp
                        eased[k] += rp - r if r < np.inf else 0.0
