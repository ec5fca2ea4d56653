"""Least-cost distances, paths, corridors and links over a surface of resistance.

A step between neighbouring cells costs the mean of their resistances times its length (the
diagonal of a cell for a diagonal step). Lengths are metres, or cells for a bare array. Cells
without data and infinite resistances are barriers.

Links join patches whose territories (cells nearest to a patch by cost) touch; the path of a link is
the cheapest one that stays in the two territories, so it runs through no third patch's territory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.landscape import spread as kernel
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.landscape.patches import Patches
from metrogis.provenance import Audit

Neighbours = Literal[4, 8]


@dataclass(frozen=True, eq=False)
class CostDistance:
    """Cost to the nearest source from every cell.

    Attributes
    ----------
    distance : ndarray
        Infinite where no source is reached (barriers among them).
    grid : Grid
        The surface of resistance.
    """

    distance: np.ndarray
    _names: np.ndarray = field(repr=False)
    grid: Grid
    _tag: np.ndarray = field(repr=False)
    _offsets: np.ndarray = field(repr=False)

    @cached_property
    def nearest(self) -> np.ndarray:
        """Label of the nearest source of every cell, 0 where none is reached."""
        rows, columns = self.distance.shape
        return self._names[self._tag.reshape(rows + 2, columns + 2)[1:-1, 1:-1] >> 8]

    def path(self, row: int, column: int) -> np.ndarray:
        """Cells (row, column) of the cheapest path from a cell to its source, shape (n, 2).

        Empty where no source is reached.
        """
        if not math.isfinite(self.distance[row, column]):
            return np.empty((0, 2), np.int64)
        width = self.distance.shape[1] + 2
        cells = kernel.trace((row + 1) * width + column + 1, self._tag, self._offsets)
        return np.column_stack(np.divmod(cells, width)) - 1

    def line(self, row: int, column: int) -> shapely.LineString:
        """The same path as a line through cell centres, map coordinates."""
        return _line(self.grid, self.path(row, column))


def read_surface(surface: Any, **reading: Any) -> Grid:
    """Read a raster of resistances.

    Parameters
    ----------
    surface : path, Grid, Surface or ndarray
    **reading
        How to read a file (band, nodata).

    Returns
    -------
    Grid
        Cells without data, and infinite ones, are barriers.

    Raises
    ------
    SchemaError
        For negative resistances: often a code of no data that is not declared.
    """
    grid: Grid = grids.read(getattr(surface, "grid", surface), layer="resistance", **reading)
    if grid.values.dtype.kind not in "iufb" or (grid.values[grid.valid] < 0).any():
        raise SchemaError(
            _("a negative resistance"),
            layer="resistance",
            remedy=_("give nodata="),
        )
    return grid


class Field:
    """A surface with a border of barriers, flat, as the kernel takes it."""

    def __init__(self, grid: Grid, neighbours: int) -> None:
        if neighbours not in (4, 8):
            raise bad_parameter("neighbours", _("must be 4 or 8"))
        height, self.width = grid.shape[0] + 2, grid.shape[1] + 2
        self.shape = (height, self.width)
        kind: type = np.float64
        if grid.values.dtype in (np.float32, np.uint8, np.int16):
            kind = np.float32
        elif np.array_equal(grid.values.astype(np.float32), grid.values, equal_nan=True):
            kind = np.float32  # halves the memory and loses nothing
        # distance, cost and tag of a cell stand side by side: one visit to memory, not three
        size = height * self.width
        block = np.empty((size, 2 if kind == np.float32 else 3))
        self.dist = block[:, 0]
        self.cost = block.view(np.float32)[:, 2] if kind == np.float32 else block[:, 1]
        self.tag = block.view(np.int32)[:, 3 if kind == np.float32 else 4]
        self.cost[:] = np.inf
        cost = self.inner(self.cost)
        cost[:] = grid.values
        if not grid.valid.all():
            cost[~grid.valid] = np.inf
        # steps to the neighbours in the flat plane, the four sides first; the border of barriers
        # makes every one of them fall inside
        self.offsets = (kernel.DROW * self.width + kernel.DCOL)[:neighbours].astype(np.int64)
        dx, dy = grid.cell
        self.lengths = np.hypot(kernel.DCOL * dx, kernel.DROW * dy)[:neighbours]
        low, high = kernel.range_of(self.cost)
        self.low = low
        shortest, longest = low * self.lengths.min(), high * self.lengths.max()
        room = kernel.MAX_BUCKETS - 4
        # no wider than the cheapest step, unless there would be too many
        self.bucket = max(shortest * (1 - 1e-6), longest / room) if 0 < longest < math.inf else 1.0
        needed = int(longest / self.bucket) + 4 if 0 < longest < math.inf else 4
        # a power of two that spans the dearest step: the ring is indexed by a mask
        self.buckets = 1 << (needed - 1).bit_length()
        # a hair of slack: rounding must not put a step's end in the bucket it starts from
        self.final = 0 < self.bucket * (1 + 1e-9) <= shortest

    def spread(self, labels: np.ndarray, limit: float) -> np.ndarray:
        """Fill ``dist`` and ``tag`` from sources; it can be done once.

        Parameters
        ----------
        labels : array of int or bool (rows, columns)
            Source that each cell belongs to, 0 for none.
        limit : float
            Largest cost that is followed, included.

        Returns
        -------
        array
            Label of each number that stands in the tags: large labels do not fit beside the
            direction in a tag and are numbered anew.

        Raises
        ------
        SchemaError
            For another shape, or labels that are no whole numbers from 0.
        """
        if labels.shape != (self.shape[0] - 2, self.width - 2):
            grids.require_same_shape(
                (self.shape[0] - 2, self.width - 2), labels.shape, layer="sources"
            )
        if labels.dtype.kind not in "biu" or (labels.size and labels.min() < 0):
            raise SchemaError(
                _("labels must be whole, >= 0"),
                layer="sources",
            )
        names = np.arange(2)
        if labels.dtype.kind != "b":
            top = int(labels.max()) if labels.size else 0
            names = np.arange(top + 1)
            if top > kernel.MAX_LABEL:
                names = np.union1d([0], labels)
                labels = np.searchsorted(names, labels)
        self.tag[:] = 0
        self.inner(self.tag)[:] = labels
        kernel.begin(self.cost, self.dist, self.tag)
        kernel.spread(
            self.cost, self.dist, self.tag, self.offsets, self.lengths, self.bucket, self.buckets,
            self.final, limit,
        )  # fmt: skip
        return names

    def inner(self, flat: np.ndarray) -> np.ndarray:
        """The plane without its border."""
        return flat.reshape(self.shape)[1:-1, 1:-1]


def distance(
    surface: Any,
    sources: Any,
    *,
    neighbours: Neighbours = 8,
    limit: float = math.inf,
    **reading: Any,
) -> CostDistance:
    """Cost distance from the nearest source to every cell.

    Parameters
    ----------
    surface : ndarray, path, Grid or Surface
        Resistance per unit length, >= 0.
    sources : ndarray, or sequence of (row, column)
        Labels above 0 (or a mask) on the same grid; listed cells get the labels 1, 2, ...
    neighbours : 4 or 8
    limit : float
        Cells that cost more stay unreached.
    **reading
        See :func:`metrogis.landscape.grid.read`.

    Examples
    --------
    >>> found = distance(np.array([[1.0, 1, 9], [1, np.inf, 1]]), [(0, 0)])
    >>> found.distance.round(3).tolist()
    [[0.0, 1.0, 6.0], [1.0, inf, 2.414]]
    >>> found.path(1, 2).tolist()
    [[1, 2], [0, 1], [0, 0]]
    """
    grid = read_surface(surface, **reading)
    field_ = Field(grid, neighbours)
    names = field_.spread(_labels(sources, grid.shape), limit)
    return CostDistance(field_.inner(field_.dist), names, grid, field_.tag, field_.offsets)


def _labels(sources: Any, shape: tuple[int, int]) -> np.ndarray:
    if isinstance(sources, Patches):
        return sources.labels
    array = np.asarray(sources)
    if array.ndim == 2 and array.shape == shape:
        return array
    if array.ndim == 2 and array.shape[1] == 2 and array.dtype.kind in "iu":
        labels = np.zeros(shape, np.int32)
        if (array < 0).any() or (array >= shape).any():
            raise bad_parameter("sources", _("a cell lies outside the raster"))
        labels[array[:, 0], array[:, 1]] = np.arange(1, len(array) + 1)
        return labels
    grids.require_same_shape(shape, array.shape, layer="sources")
    return array


def links(
    surface: Any,
    patches: Any,
    *,
    neighbours: Neighbours = 8,
    limit: float = math.inf,
    paths: bool = True,
    exact: bool = False,
    **reading: Any,
) -> gpd.GeoDataFrame:
    """Least-cost links between patches whose territories touch.

    Parameters
    ----------
    surface, neighbours, **reading
        As for :func:`distance`.
    patches : ndarray of labels, or Patches
        On the grid of the surface, 0 outside. Moving inside a patch costs nothing.
    limit : float
        Links that cost more are left out.
    paths : bool
        Add the path as a line from patch to patch.
    exact : bool
        Give each link the cost of the cheapest path there is between its two patches, also where
        it leaves their territories; cells of other patches then cost what the surface says. The
        paths follow. Slower: one search per patch.

    Returns
    -------
    GeoDataFrame
        ``i`` < ``j`` (labels), ``cost`` (resistance x m), ``length`` (m; cells for a bare array),
        geometry: the path (None when not asked for).

    Examples
    --------
    >>> found = links(np.ones((1, 6)), np.array([[1, 0, 0, 2, 0, 3]]))
    >>> found[["i", "j", "cost"]].values.tolist()
    [[1.0, 2.0, 3.0], [2.0, 3.0, 2.0]]
    """
    grid = read_surface(surface, **reading)
    labels = _labels(patches, grid.shape)
    field_ = Field(grid, neighbours)
    names = field_.spread(labels, limit)
    dist, tag = field_.dist, field_.tag
    size = kernel.count_boundary(dist, tag, field_.offsets)
    keys, costs = np.empty(size, np.int64), np.empty(size)
    cells, others = np.empty(size, np.int64), np.empty(size, np.int64)
    count = len(names)
    kernel.boundary(
        field_.cost, dist, tag, field_.offsets, field_.lengths, keys, costs, cells, others, count
    )
    order = np.lexsort((costs, keys))
    # of all crossings between two territories the cheapest
    first = order[np.unique(keys[order], return_index=True)[1]]
    first = first[costs[first] <= limit]
    ends, ways = [], []
    for at in first:
        low, high = divmod(int(keys[at]), count)
        one, two = int(cells[at]), int(others[at])
        # the first cell is to lie in the territory of the lower label
        if tag[one] >> 8 != low:
            one, two = two, one
        ends.append((names[low], names[high]))
        ways += [
            kernel.trace(one, tag, field_.offsets)[::-1],
            kernel.trace(two, tag, field_.offsets),
        ]
    i, j = np.array(ends, np.int64).reshape(-1, 2).T
    lengths, lines = _drawn(grid, ways, field_.width, paths)
    table = gpd.GeoDataFrame(
        {"i": i, "j": j, "cost": costs[first], "length": lengths},
        geometry=gpd.GeoSeries(lines, crs=grid.crs),
        crs=grid.crs,
    )
    # the planes are as large as the raster: let go before further searches
    del dist, tag, field_
    return _exactly(table, grid, labels, neighbours, paths) if exact else table


def _exactly(
    table: gpd.GeoDataFrame, grid: Grid, labels: np.ndarray, neighbours: Neighbours, paths: bool
) -> gpd.GeoDataFrame:
    out = table.copy()
    low = lowest(grid)
    found_boxes = boxes(labels)
    for i, group in table.groupby("i"):
        # no path between the two costs more than the link that is known, so nothing outside the
        # window of that cost matters
        limit = float(group["cost"].max()) * (1 + 1e-12)
        window = window_of(found_boxes[int(i)], limit, low, grid)
        local = crop(grid, window)
        part = labels[window]
        found = distance(local, part == i, neighbours=neighbours, limit=limit)
        for row in group.itertuples():
            cells = np.argwhere(part == row.j)
            reached = found.distance[cells[:, 0], cells[:, 1]]
            best = int(np.argmin(reached))
            if not reached[best] < row.cost:
                continue
            path = found.path(*cells[best])[::-1]
            # the way inside either patch costs nothing: keep the part between them
            inside = part[path[:, 0], path[:, 1]]
            end = int(np.flatnonzero(inside == row.j)[0])
            path = path[: end + 1] + np.array([window[0].start, window[1].start])
            out.loc[row.Index, "cost"] = reached[best]
            out.loc[row.Index, "length"] = _length(grid, path)
            if paths:
                out.loc[row.Index, "geometry"] = _line(grid, path)
    return out


def corridors(
    surface: Any,
    patches: Any,
    between: pd.DataFrame | Iterable[tuple[int, int]],
    *,
    width: float,
    neighbours: Neighbours = 8,
    **reading: Any,
) -> np.ndarray:
    """Normalised least-cost corridors of links, joined by the minimum.

    For a link (i, j): cost from i + cost from j - cost of the best path: how much longer than the
    best a path through the cell is (0 on the best path; McRae & Kavanagh 2011).

    Parameters
    ----------
    surface, patches, neighbours, **reading
        As for :func:`links`.
    between : DataFrame with ``i`` and ``j``, or pairs of labels
    width : float
        Cells whose value is larger are left out (NaN); unit of cost.

    Returns
    -------
    ndarray
        Smallest value of any link; NaN outside the corridors.

    Examples
    --------
    >>> corridors(np.ones((2, 4)), np.array([[1, 0, 0, 2], [0] * 4]), [(1, 2)], width=0.9).round(2)
    array([[0.  , 0.  , 0.  , 0.  ],
           [ nan, 0.83, 0.83,  nan]])
    """
    if not width >= 0:
        raise bad_parameter("width", _("must not be negative"))
    grid = read_surface(surface, **reading)
    labels = _labels(patches, grid.shape)
    pairs = (
        list(zip(between["i"], between["j"], strict=True))
        if isinstance(between, pd.DataFrame)
        else list(between)
    )
    known = None
    if isinstance(between, pd.DataFrame) and "cost" in between.columns:
        known = dict(zip(pairs, between["cost"], strict=True))
    low, at = lowest(grid), boxes(labels)
    strange = sorted({int(p) for pair in pairs for p in pair} - set(at))
    if strange:
        raise bad_parameter("between", _("no patches {strange}").fill(strange=strange[:5]))
    out = np.full(grid.shape, np.nan)
    for i, j in pairs:
        limit = math.inf
        if known is not None:  # an upper bound of the cost keeps the search local
            limit = float(known[i, j]) * (1 + 1e-9) + width
        window = window_of(at[int(i)], limit, low, grid)
        local, part = crop(grid, window), labels[window]
        one = distance(local, part == i, neighbours=neighbours, limit=limit).distance
        if not (part == j).any() or not np.isfinite(one[part == j]).any():
            continue
        best = float(one[part == j].min())
        two = distance(local, part == j, neighbours=neighbours, limit=best + width).distance
        value = np.maximum(one + two - best, 0.0)
        value[~(value <= width)] = np.nan
        out[window] = np.fmin(out[window], value)
    return out


def lowest(grid: Grid) -> float:
    """Return the least resistance of a surface, infinite where no cell has one."""
    values = grid.values[grid.valid]
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return float(values.min()) if values.size else math.inf


def boxes(labels: np.ndarray) -> dict[int, tuple[slice, slice]]:
    """Return the box of rows and columns of each label above 0."""
    from scipy import ndimage

    found = ndimage.find_objects(np.asarray(labels, np.int32))
    return {k: box for k, box in enumerate(found, start=1) if box is not None}


def window_of(
    box: tuple[slice, slice], limit: float, low: float, grid: Grid
) -> tuple[slice, slice]:
    """Widen a box by as far as ``limit`` can reach at the lowest resistance."""
    reach = limit / low if low > 0 else math.inf

    def wider(part: slice, size: float, count: int) -> slice:
        cells = count if math.isinf(reach) else min(count, int(reach / size) + 2)
        return slice(max(0, part.start - cells), min(count, part.stop + cells))

    return (
        wider(box[0], grid.cell[1], grid.shape[0]),
        wider(box[1], grid.cell[0], grid.shape[1]),
    )


def crop(grid: Grid, window: tuple[slice, slice]) -> Grid:
    """Return part of a surface, without its place on the map."""
    return Grid(grid.values[window], grid.valid[window], None, None, grid.cell)


def _length(grid: Grid, path: np.ndarray) -> float:
    steps = np.abs(np.diff(path, axis=0))
    return float(np.hypot(steps[:, 1] * grid.cell[0], steps[:, 0] * grid.cell[1]).sum())


def _drawn(
    grid: Grid, ways: list[np.ndarray], width: int, paths: bool
) -> tuple[np.ndarray, list[Any]]:
    """Lengths and lines of all ways (two halves each), at one go."""
    count = len(ways) // 2
    if not count:
        return np.empty(0), []
    sizes = np.array([len(way) for way in ways]).reshape(-1, 2).sum(axis=1)
    rows, columns = np.divmod(np.concatenate(ways), width)
    rows, columns = rows - 1, columns - 1
    steps = np.hypot(np.diff(columns) * grid.cell[0], np.diff(rows) * grid.cell[1])
    last = np.cumsum(sizes) - 1
    steps[last[:-1]] = 0.0  # from one way to the next
    starts = np.concatenate([[0], last[:-1] + 1])
    lengths = np.add.reduceat(np.append(steps, 0.0), starts)
    if not paths:
        return lengths, [None] * count
    xy = np.column_stack(grid.xy(rows, columns))
    lines: Any = shapely.linestrings(xy, indices=np.repeat(np.arange(count), sizes))
    return lengths, list(lines)


def _line(grid: Grid, path: np.ndarray) -> shapely.LineString:
    if len(path) == 0:
        return shapely.LineString()
    x, y = grid.xy(path[:, 0], path[:, 1])
    points = np.column_stack([x, y])
    return shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))


def audit_of_links(table: pd.DataFrame, labels: np.ndarray) -> Audit:
    """Return the audit row of patches (labels above 0) that no link (``i``, ``j``) reaches."""
    alone = sorted({*labels[labels > 0].tolist()} - {*table["i"], *table["j"]})
    return Audit().add("patches", "noted", len(alone), _("patches without a link"), alone)
