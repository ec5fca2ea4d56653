"""Connected habitat after leaving planned zones open, one by one: only what changes is redone.

Opening a zone gives habitat back and lowers resistance: costs only fall. From the state with all
zones built, a search started at the blocks of the zone reaches the blocks whose cost falls, and
no others; links are taken again where their territories meet those blocks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis.landscape import leastcost, shortest
from metrogis.landscape import patches as patching
from metrogis.landscape import spread as kernel
from metrogis.landscape.blocks import Blocks
from metrogis.landscape.habitats import Rules

_INF = math.inf


class _Change(NamedTuple):
    """New habitat: sources (flat padded cell, patch), areas, and which patches became one."""

    cells: np.ndarray
    patch: np.ndarray
    area: np.ndarray
    merged: np.ndarray


class Openings:
    """The land with all zones built, ready to have some of them left open.

    Parameters
    ----------
    blocks : Blocks
    rules : Rules

    Examples
    --------
    >>> from affine import Affine
    >>> from metrogis.landscape import blocks, landcover
    >>> from metrogis.landscape.grid import read
    >>> cover = read((np.array([[312, 312, 312]]), Affine(10, 0, 0, 0, -10, 10)), crs=2180)
    >>> zones = blocks.ZoneEffects(
    ...     np.array([[0, 1, 0]], np.int32), np.array([0.0, 1]), np.array([0.0, 100]),
    ...     np.array([True, True]))
    >>> classes = landcover.look_up(cover, landcover.class_table())
    >>> land = blocks.build(cover, classes, 1, zones=zones)
    >>> found = Openings(land, Rules(0.5, 1, 100, 10, 0.5))
    >>> round(found.eca(np.array([], int)), 3), round(found.eca(np.array([1])), 3)
    (141.421, 300.0)
    """

    def __init__(self, blocks: Blocks, rules: Rules) -> None:
        self.blocks, self.rules = blocks, rules
        self.width = blocks.shape[1] + 2
        mask = (blocks.planned >= rules.share * blocks.block_area) & (blocks.planned > 0)
        raw, cells = patching.label(mask)
        area = np.bincount(raw.ravel(), blocks.planned.ravel(), minlength=len(cells) + 1)
        patch = np.zeros(len(area), np.int32)
        large = area >= rules.min_area
        large[0] = False
        patch[large] = np.arange(1, large.sum() + 1)
        self._raw_area, self._patch_of_raw = area, patch
        self._area = area[large]
        field = leastcost.Field(blocks.grid(blocks.planned_resistance), 8)
        field.spread(patch[raw], rules.max_cost)
        self.offsets, self.lengths = field.offsets, field.lengths
        # unpacked: the search below visits few cells, and these are changed and put back
        self.cost, self.dist = field.cost.astype(float), field.dist.copy()
        self.owner = np.where(np.isfinite(self.dist), field.tag >> 8, 0).astype(np.int32)
        self._crossings(field)
        self.raw = np.pad(raw, 1).ravel()
        small = np.flatnonzero((self.raw > 0) & ~large[self.raw])
        order = np.argsort(self.raw[small], kind="stable")
        self._small, self._small_raw = small[order], self.raw[small][order]
        self.mark = np.zeros(self.raw.size, np.int32)

    def _crossings(self, field: leastcost.Field) -> None:
        """Where territories meet, ordered by pair of patches."""
        size = kernel.count_boundary(field.dist, field.tag, self.offsets)
        keys, costs = np.empty(size, np.int64), np.empty(size)
        cells, others = np.empty(size, np.int64), np.empty(size, np.int64)
        count = len(self._area) + 1
        kernel.boundary(
            field.cost, field.dist, field.tag, self.offsets, self.lengths, keys, costs, cells,
            others, count,
        )  # fmt: skip
        order = np.argsort(keys, kind="stable")
        self._costs, self._cells, self._others = costs[order], cells[order], others[order]
        pairs, self._first = np.unique(keys[order], return_index=True)
        self._pairs = np.column_stack(np.divmod(pairs, count))

    def eca(self, zones: np.ndarray) -> float:
        """Equivalent connected area with all zones built but these, m2.

        Parameters
        ----------
        zones : ndarray of int
            Numbers of zones as in :class:`metrogis.landscape.blocks.ZoneEffects`.
        """
        flat, cells, habitat, cost = self._opened(np.asarray(zones, dtype=np.int64))
        change = self._habitat(flat, cells, habitat)
        eased = cost < self.cost[cells]
        before = self.cost[cells[eased]].copy()
        self.cost[cells[eased]] = cost[eased]
        touched, old_dist, old_owner = _fall(
            self.cost, self.dist, self.owner, self.offsets, self.lengths, self.rules.max_cost,
            change.cells, change.patch, cells[eased],
        )  # fmt: skip
        links = self._links(np.union1d(touched, cells[eased]), change.merged)
        self.dist[touched], self.owner[touched] = old_dist, old_owner
        self.cost[cells[eased]] = before
        return self._index(change, links)

    def _opened(self, zones: np.ndarray) -> tuple[np.ndarray, ...]:
        """Blocks of zones (flat, and in the padded grid), their habitat and cost when open."""
        b = self.blocks
        parts = [b.rows(z) for z in zones.tolist()]
        none = np.empty(0)
        at = np.concatenate([none.astype(np.int64), *(b.at[p] for p in parts)])
        flat, back = np.unique(at, return_inverse=True)
        n = len(flat)
        lost = np.bincount(back, np.concatenate([none, *(b.lost[p] for p in parts)]), minlength=n)
        eased = np.bincount(back, np.concatenate([none, *(b.eased[p] for p in parts)]), minlength=n)
        habitat = np.minimum(b.planned.ravel()[flat] + lost, b.habitat.ravel()[flat])
        cost = np.maximum(b.planned_resistance.ravel()[flat] - eased, b.resistance.ravel()[flat])
        row, column = np.divmod(flat, b.shape[1])
        cells = (row + 1) * self.width + column + 1
        return flat, cells, habitat, np.where(np.isnan(cost), _INF, cost)

    def _habitat(self, flat: np.ndarray, cells: np.ndarray, habitat: np.ndarray) -> _Change:
        """Join the habitat given back with what touches it."""
        b, rules = self.blocks, self.rules
        is_new = (habitat >= rules.share * b.block_area.ravel()[flat]) & (habitat > 0)
        is_new &= self.raw[cells] == 0
        more = (self.raw[cells] > 0) & (habitat > b.planned.ravel()[flat])
        new = cells[is_new]
        self.mark[new] = np.arange(1, len(new) + 1)
        one, two = [], []
        for offset in self.offsets:
            near = new + offset
            joined = self.mark[near] > 0
            one.append(np.flatnonzero(joined))
            two.append(self.mark[near[joined]].astype(np.int64) - 1)
        raws = np.unique(np.concatenate(
            [self.raw[cells[more]], *(self.raw[new + offset] for offset in self.offsets)]
        ))  # fmt: skip
        raws = raws[raws > 0]
        for offset in self.offsets:
            touching = self.raw[new + offset]
            rows = np.flatnonzero(touching)
            one.append(rows)
            two.append(len(new) + np.searchsorted(raws, touching[rows]))
        self.mark[new] = 0
        n = len(new) + len(raws)
        i, j = np.concatenate(one).astype(np.int64), np.concatenate(two).astype(np.int64)
        count, part = connected_components(
            coo_array((np.ones(len(i), np.int8), (i, j)), shape=(n, n)), directed=False
        )
        gained = np.bincount(
            np.searchsorted(raws, self.raw[cells[more]]),
            (habitat - b.planned.ravel()[flat])[more],
            minlength=len(raws),
        )
        size = np.concatenate([habitat[is_new], self._raw_area[raws] + gained])
        area = np.bincount(part, size, minlength=count)
        ids = self._patch_of_raw[raws].astype(np.int64)
        of_raw = part[len(new) :]
        number = np.full(count, np.iinfo(np.int64).max)
        known = ids > 0
        np.minimum.at(number, of_raw[known], ids[known])
        fresh = (area >= rules.min_area) & (number == np.iinfo(np.int64).max)
        base = len(self._area)
        number[fresh] = base + 1 + np.arange(fresh.sum())
        number[number == np.iinfo(np.int64).max] = 0
        merged = np.arange(base + 1 + int(fresh.sum()))
        merged[ids[known]] = number[of_raw[known]]
        areas = np.concatenate([self._area, np.zeros(int(fresh.sum()))])
        areas[ids[known] - 1] = 0.0
        there = number > 0
        areas[number[there] - 1] = area[there]
        # pieces that were too small until now
        grown = ~known & there[of_raw]
        also = np.isin(self._small_raw, raws[grown])
        place = np.searchsorted(raws, self._small_raw[also])
        source = np.concatenate([new, self._small[also]])
        patch = np.concatenate([number[part[: len(new)]], number[of_raw[place]]])
        return _Change(source[patch > 0], patch[patch > 0].astype(np.int32), areas, merged)

    def _links(self, touched: np.ndarray, merged: np.ndarray) -> pd.DataFrame:
        """Cheapest link of each pair: crossings elsewhere, and those at the cells touched."""
        self.mark[touched] = 1
        stays = (self.mark[self._cells] == 0) & (self.mark[self._others] == 0)
        costs = np.where(stays, self._costs, _INF)
        least = np.minimum.reduceat(costs, self._first) if len(costs) else costs
        i, j, cost = _meet(
            self.cost, self.dist, self.owner, self.offsets, self.lengths, touched, self.mark
        )
        self.mark[touched] = 0
        one = merged[np.concatenate([self._pairs[:, 0], i])]
        two = merged[np.concatenate([self._pairs[:, 1], j])]
        every = np.concatenate([least, cost])
        kept = (one != two) & (every <= self.rules.max_cost)
        return pd.DataFrame({"i": one[kept], "j": two[kept], "cost": every[kept]})

    def _index(self, change: _Change, links: pd.DataFrame) -> float:
        """The indices' own sum, without their tables: hundreds of zones are tried."""
        n = len(change.area)
        i, j = links["i"].to_numpy() - 1, links["j"].to_numpy() - 1
        start, end = np.concatenate([i, j]), np.concatenate([j, i])
        order = np.argsort(start, kind="stable")
        ptr = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=n))])
        weights = np.tile(links["cost"].to_numpy(), 2)[order]
        alpha = -math.log(self.rules.probability) / self.rules.distance
        return math.sqrt(
            shortest.pair_sum(ptr.astype(np.int32), end[order].astype(np.int32), weights,
                              change.area, alpha)
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _push(keys, cells, size, key, cell):  # type: ignore[no-untyped-def]
    if size == keys.size:
        more_keys, more_cells = np.empty(2 * size), np.empty(2 * size, np.int64)
        more_keys[:size], more_cells[:size] = keys, cells
        keys, cells = more_keys, more_cells
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if keys[up] <= key:
            break
        keys[i], cells[i] = keys[up], cells[up]
        i = up
    keys[i], cells[i] = key, cell
    return keys, cells, size + 1


@njit(cache=True, nogil=True)
def _pop(keys, cells, size):  # type: ignore[no-untyped-def]
    """Take the least away; the caller has read it."""
    size -= 1
    key, cell = keys[size], cells[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i], cells[i] = keys[child], cells[child]
        i = child
    keys[i], cells[i] = key, cell
    return size


@njit(cache=True, nogil=True)
def _fall(cost, dist, owner, offsets, lengths, limit, sources, patch, eased):  # type: ignore[no-untyped-def]
    """Spread lower costs from new sources and eased cells; return what changed, as it was."""
    keys, cells = np.empty(1024), np.empty(1024, np.int64)
    size = 0
    touched = np.empty(1024, np.int64)
    old_dist, old_owner = np.empty(1024), np.empty(1024, np.int32)
    count = 0
    seen = {np.int64(-1)}
    for k in range(sources.size):
        c = sources[k]
        if cost[c] == np.inf:
            continue
        if count == touched.size:
            touched = np.concatenate((touched, np.empty(count, np.int64)))
            old_dist = np.concatenate((old_dist, np.empty(count)))
            old_owner = np.concatenate((old_owner, np.empty(count, np.int32)))
        seen.add(c)
        touched[count], old_dist[count], old_owner[count] = c, dist[c], owner[c]
        count += 1
        dist[c], owner[c] = 0.0, patch[k]
        keys, cells, size = _push(keys, cells, size, 0.0, c)
    for c in eased:
        if dist[c] < np.inf:
            keys, cells, size = _push(keys, cells, size, dist[c], c)
        for k in range(offsets.size):
            v = c + offsets[k]
            if dist[v] < np.inf:
                keys, cells, size = _push(keys, cells, size, dist[v], v)
    while size > 0:
        here, u = keys[0], cells[0]
        size = _pop(keys, cells, size)
        if here > dist[u]:
            continue
        for k in range(offsets.size):
            v = u + offsets[k]
            reached = here + 0.5 * (cost[u] + cost[v]) * lengths[k]
            if reached < dist[v] and reached <= limit:
                if v not in seen:
                    if count == touched.size:
                        touched = np.concatenate((touched, np.empty(count, np.int64)))
                        old_dist = np.concatenate((old_dist, np.empty(count)))
                        old_owner = np.concatenate((old_owner, np.empty(count, np.int32)))
                    seen.add(v)
                    touched[count], old_dist[count], old_owner[count] = v, dist[v], owner[v]
                    count += 1
                dist[v], owner[v] = reached, owner[u]
                keys, cells, size = _push(keys, cells, size, reached, v)
    return touched[:count], old_dist[:count], old_owner[:count]


@njit(cache=True, nogil=True)
def _meet(cost, dist, owner, offsets, lengths, touched, mark):  # type: ignore[no-untyped-def]
    """List the crossings that have a touched cell, each once: two patches and the cost."""
    total = 0
    for fill in range(2):
        n = 0
        if fill:
            one, two = np.empty(total, np.int64), np.empty(total, np.int64)
            costs = np.empty(total)
        for c in touched:
            if dist[c] == np.inf:
                continue
            for k in range(offsets.size):
                v = c + offsets[k]
                if dist[v] == np.inf or owner[v] == owner[c] or (mark[v] and v < c):
                    continue
                if fill:
                    one[n], two[n] = owner[c], owner[v]
                    costs[n] = dist[c] + 0.5 * (cost[c] + cost[v]) * lengths[k] + dist[v]
                n += 1
        total = n
    return one, two, costs
