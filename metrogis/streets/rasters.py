"""Areas around reached streets, drawn on a raster: exact to the centre of a cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numba import njit

from metrogis.arrays import Array
from metrogis.streets.network_arrays import Arrays


def areas(
    network: Arrays,
    place: Array,
    edge: Array,
    low: Array,
    high: Array,
    places: int,
    *,
    width: float,
    cell: float,
) -> Array:
    """Return the land within a distance of what each place reaches.

    Parameters
    ----------
    network : Arrays
    place, edge : array of int (rows,)
        Parts of edges, ordered by place.
    low, high : array of float (rows,)
        Each part, as shares of the edge (0-1).
    places : int
    width : float
        Metres on either side of the part.
    cell : float
        Side of the raster's cells, m: a cell is in when its centre is.

    Returns
    -------
    array of MultiPolygon (places,)
        Along the sides of cells; empty for a place that reaches nothing.
    """
    out = np.empty(places, dtype=object)
    ptr = np.searchsorted(place, np.arange(places + 1))
    for p in range(places):
        rows = slice(int(ptr[p]), int(ptr[p + 1]))
        if rows.start == rows.stop:
            out[p] = shapely.MultiPolygon()
            continue
        mask, x0, y1 = _draw(
            network.coords, network.coord_ptr, network.edge_length, edge[rows], low[rows],
            high[rows], float(width), float(cell),
        )  # fmt: skip
        out[p] = _outline(mask, x0, y1, cell)
    return out


def _outline(mask: Array, x0: float, y1: float, cell: float) -> Any:
    """Return the outline of a raster through the middles of the sides of its border cells.

    A slanting border's steps become a straight line in the middle of them, so the area is kept.
    Rings through middles never touch, so the polygons are valid.
    """
    from rasterio import Affine, features

    where = Affine(cell, 0.0, x0, 0.0, -cell, y1)
    found = features.shapes(mask, mask=mask.view(bool), connectivity=4, transform=where)
    polygons = [shape["coordinates"] for shape, _ in found]
    rings = [np.array(ring) for polygon in polygons for ring in polygon]
    points, ring = _middles(np.concatenate(rings), np.array([len(r) for r in rings]), cell)
    ring_ptr = np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(rings)))])
    polygon_ptr = np.concatenate([[0], np.cumsum([len(p) for p in polygons])])
    kind = shapely.GeometryType.MULTIPOLYGON
    offsets = (ring_ptr, polygon_ptr, np.array([0, len(polygons)]))
    return shapely.from_ragged_array(kind, points, offsets)[0]


def _middles(xy: Array, count: Array, cell: float) -> tuple[Array, Array]:
    """Return, for closed rings along cells' sides, closed rings through the sides' middles."""
    last = np.cumsum(count) - 1
    inner = np.ones(len(xy), bool)
    inner[last] = False
    side = np.flatnonzero(inner)
    ring = np.repeat(np.arange(len(count)), count)[side]
    step = xy[side + 1] - xy[side]
    length = np.abs(step).sum(axis=1)
    half = step / length[:, None] * (cell / 2)
    # of a long side only the first and the last middle matter; a short one has one
    points = np.stack([xy[side] + half, xy[side + 1] - half], axis=1).reshape(-1, 2)
    keep = np.repeat(length > 1.5 * cell, 2)
    keep[::2] = True
    points, ring = points[keep], np.repeat(ring, 2)[keep]
    # points on the straight between their neighbours, round the ring, say nothing
    first = np.searchsorted(ring, np.arange(len(count)))
    end = np.append(first[1:], len(ring)) - 1
    before, behind = np.arange(len(ring)) - 1, np.arange(len(ring)) + 1
    before[first], behind[end] = end, first
    a, b = points - points[before], points[behind] - points
    bend = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) > 1e-6 * cell * cell
    points, ring = points[bend], ring[bend]
    first = np.searchsorted(ring, np.arange(len(count)))
    behind_last = np.append(first[1:], len(ring))
    return np.insert(points, behind_last, points[first], axis=0), np.insert(
        ring, behind_last, np.arange(len(count))
    )


SHIFT = 0.3183


@njit(cache=True, nogil=True)
def _draw(coords, ptr, length, edge, low, high, width, cell):  # type: ignore[no-untyped-def]
    """Return the raster (1: within ``width``), its left and its upper border.

    The area around a straight piece is convex: a row of cells meets it in one run, whose ends are
    written as +1 and -1 and summed up at the end.
    """
    x0 = y0 = np.inf
    x1 = y1 = -np.inf
    for i in range(edge.size):
        for c in range(ptr[edge[i]], ptr[edge[i] + 1]):
            x0, x1 = min(x0, coords[c, 0]), max(x1, coords[c, 0])
            y0, y1 = min(y0, coords[c, 1]), max(y1, coords[c, 1])
    # One lattice for all places, so that neighbours' areas fit; moved off round coordinates, so
    # that no street grid has its borders just on the centres of cells, where all would count.
    x0 = (np.floor((x0 - width) / cell) - SHIFT) * cell
    y1 = (np.ceil((y1 + width) / cell) + SHIFT) * cell
    columns = int((x1 + width - x0) / cell) + 2
    rows = int((y1 - (y0 - width)) / cell) + 2
    run = np.zeros((rows, columns + 1), np.int32)
    for i in range(edge.size):
        e = edge[i]
        start, stop = low[i] * length[e], high[i] * length[e]
        along = 0.0
        for c in range(ptr[e], ptr[e + 1] - 1):
            ax, ay = coords[c, 0], coords[c, 1]
            dx, dy = coords[c + 1, 0] - ax, coords[c + 1, 1] - ay
            step = np.sqrt(dx * dx + dy * dy)
            if along > stop:
                break
            if along + step >= start:
                t0 = t1 = 0.0
                if step > 0:
                    t0 = max(0.0, (start - along) / step)
                    t1 = min(1.0, (stop - along) / step)
                _capsule(
                    run, ax + t0 * dx - x0, y1 - (ay + t0 * dy), ax + t1 * dx - x0,
                    y1 - (ay + t1 * dy), width, cell, rows, columns,
                )  # fmt: skip
            along += step
    mask = np.zeros((rows, columns), np.uint8)
    for r in range(rows):
        depth = 0
        for c in range(columns):
            depth += run[r, c]
            mask[r, c] = depth > 0
    return mask, x0, y1


@njit(cache=True, nogil=True)
def _capsule(run, ax, ay, bx, by, width, cell, rows, columns):  # type: ignore[no-untyped-def]
    """Mark the cells whose centre is within ``width`` of a piece; y grows downwards."""
    dx, dy = bx - ax, by - ay
    step = np.sqrt(dx * dx + dy * dy)
    nx = ny = 0.0
    if step > 0:
        nx, ny = -dy / step * width, dx / step * width
    xs = (ax + nx, bx + nx, bx - nx, ax - nx)
    ys = (ay + ny, by + ny, by - ny, ay - ny)
    r0 = max(0, int((min(ay, by) - width) / cell - 0.5))
    r1 = min(rows - 1, int((max(ay, by) + width) / cell + 0.5))
    for r in range(r0, r1 + 1):
        y = (r + 0.5) * cell
        left, right = np.inf, -np.inf
        for ex, ey in ((ax, ay), (bx, by)):
            h = width * width - (y - ey) * (y - ey)
            if h >= 0:
                h = np.sqrt(h)
                left, right = min(left, ex - h), max(right, ex + h)
        for k in range(4):
            m = (k + 1) % 4
            p, q = ys[k], ys[m]
            if min(p, q) <= y <= max(p, q) and p != q:
                x = xs[k] + (y - p) / (q - p) * (xs[m] - xs[k])
                left, right = min(left, x), max(right, x)
        if left > right:
            continue
        c0 = max(0, int(np.ceil(left / cell - 0.5)))
        c1 = min(columns - 1, int(np.floor(right / cell - 0.5)))
        if c0 <= c1:
            run[r, c0] += 1
            run[r, c1 + 1] -= 1
