"""Counts on a categorical raster from which landscape metrics are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numba import njit
from scipy import ndimage
from scipy.spatial import cKDTree


@njit(cache=True)
def patch_sums(labels, classes, edge_depth, core):  # type: ignore[no-untyped-def]
    """Cells, sides, contiguity and coordinate sums of each patch; marks core cells.

    Parameters
    ----------
    labels : int32 (rows, columns)
        Patch of each cell, 0 = no data.
    classes : int32 (rows, columns)
        Class of each cell (from 1), 0 = no data.
    edge_depth : int
        Cells nearer than this to another class (8 neighbours) or to the outside are edge.
    core : bool (rows, columns)
        Filled.

    Returns
    -------
    sums : (patches + 1, 7)
        Cells, horizontal and vertical outer sides, contiguity, row sum, column sum, core cells.
    """
    rows, columns = labels.shape
    sums = np.zeros((labels.max() + 1, 7))
    for r in range(rows):
        for c in range(columns):
            k = labels[r, c]
            if k == 0:
                continue
            s = sums[k]
            s[0] += 1
            if r == 0 or labels[r - 1, c] != k:
                s[1] += 1
            if r == rows - 1 or labels[r + 1, c] != k:
                s[1] += 1
            if c == 0 or labels[r, c - 1] != k:
                s[2] += 1
            if c == columns - 1 or labels[r, c + 1] != k:
                s[2] += 1
            near = 1.0
            for dr in range(-1, 2):
                for dc in range(-1, 2):
                    if dr == 0 and dc == 0:
                        continue
                    y, x = r + dr, c + dc
                    if 0 <= y < rows and 0 <= x < columns and labels[y, x] == k:
                        near += 2.0 if dr == 0 or dc == 0 else 1.0
            s[3] += near
            s[4] += r
            s[5] += c
            inside = True
            for dr in range(-edge_depth, edge_depth + 1):
                for dc in range(-edge_depth, edge_depth + 1):
                    if abs(dr) + abs(dc) > edge_depth:
                        continue
                    y, x = r + dr, c + dc
                    if not (0 <= y < rows and 0 <= x < columns) or labels[y, x] != k:
                        inside = False
            core[r, c] = inside
            if inside:
                s[6] += 1
    return sums


@njit(cache=True)
def gyration(labels, row, column, width, height, cells):  # type: ignore[no-untyped-def]
    """Return the radius of gyration of patches: mean distance of cells from the centroid.

    Parameters
    ----------
    labels : array of int (rows, columns)
        Patch of each cell, 0 for none.
    row, column : array of float (patches + 1,)
        Centroid of each patch in cells; position 0 is not used.
    width, height : float
        Of a cell, m.
    cells : array of int (patches + 1,)
        Cells of each patch.

    Returns
    -------
    array of float (patches + 1,)
        Metres (GYRATE of FRAGSTATS).
    """
    out = np.zeros(row.size)
    for r in range(labels.shape[0]):
        for c in range(labels.shape[1]):
            k = labels[r, c]
            if k:
                out[k] += np.hypot((r - row[k]) * height, (c - column[k]) * width)
    for k in range(1, out.size):
        out[k] /= cells[k]
    return out


@njit(cache=True)
def adjacencies(classes, count):  # type: ignore[no-untyped-def]
    """Sides between classes, horizontal and vertical, each counted once; class 0 = outside.

    Shape (2, count + 1, count + 1), symmetric but for the diagonal, which counts like sides once.
    """
    rows, columns = classes.shape
    out = np.zeros((2, count + 1, count + 1), np.int64)
    # from one row and column before the raster: its own border counts as sides with class 0
    for r in range(-1, rows):
        for c in range(-1, columns):
            here = classes[r, c] if r >= 0 and c >= 0 else 0
            if c >= 0:
                below = classes[r + 1, c] if r + 1 < rows else 0
                out[0, here, below] += 1
                if here != below:
                    out[0, below, here] += 1
            if r >= 0:
                right = classes[r, c + 1] if c + 1 < columns else 0
                out[1, here, right] += 1
                if here != right:
                    out[1, right, here] += 1
    return out


def circles(labels: np.ndarray, width: float, height: float) -> np.ndarray:
    """Half the largest distance between two corners of the cells of each patch.

    FRAGSTATS takes this for the radius of the circumscribing circle (of some shapes, such as a
    triangle with sharp corners, that circle is a little larger).
    """
    flat = np.flatnonzero(labels)
    rows, columns = np.divmod(flat, labels.shape[1])
    patch = labels.ravel()[flat].astype(np.int64)
    key = patch * labels.shape[0] + rows
    # in every row only the outermost cells can touch the circle
    order = np.lexsort((columns, key))
    key, columns = key[order], columns[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    last = np.r_[first[1:], len(key)] - 1
    patch, row = np.divmod(key[first], labels.shape[0])
    # the four corners of the outermost cells of each row
    x = np.concatenate([columns[first], columns[first], columns[last] + 1, columns[last] + 1])
    y = np.concatenate([row, row + 1, row, row + 1])
    owner = np.tile(patch, 4)
    order = np.argsort(owner, kind="stable")
    points = np.column_stack([x[order] * width, y[order] * height])
    hulls = shapely.convex_hull(shapely.multipoints(points, indices=owner[order] - 1))
    corners, owner = shapely.get_coordinates(hulls, return_index=True)
    return 0.5 * _diameters(corners, np.flatnonzero(np.r_[True, owner[1:] != owner[:-1], True]))


@njit(cache=True)
def _diameters(points, bounds):  # type: ignore[no-untyped-def]
    """Largest distance between two points of each group."""
    out = np.zeros(bounds.size - 1)
    for g in range(out.size):
        best = 0.0
        for i in range(bounds[g], bounds[g + 1]):
            for j in range(i + 1, bounds[g + 1]):
                d = (points[i, 0] - points[j, 0]) ** 2 + (points[i, 1] - points[j, 1]) ** 2
                best = max(best, d)
        out[g] = np.sqrt(best)
    return out


@njit(cache=True)
def _near(labels, classes, rows, columns, radius, width, height, best):  # type: ignore[no-untyped-def]
    """Lower ``best`` of each patch to the nearest other patch of its class within ``radius`` cells.

    Cells are searched ring by ring, as far as the patch's best distance so far.
    """
    side = min(width, height)
    for i in range(rows.size):
        r, c = rows[i], columns[i]
        k = labels[r, c]
        for ring in range(1, radius + 1):
            # no cell of this ring is nearer than ring times the shorter side
            if ring * side >= best[k]:
                break
            for dr in range(-ring, ring + 1):
                y = r + dr
                if y < 0 or y >= labels.shape[0]:
                    continue
                step = 1 if abs(dr) == ring else 2 * ring
                for dc in range(-ring, ring + 1, step):
                    x = c + dc
                    inside = 0 <= x < labels.shape[1]
                    if inside and labels[y, x] != k and classes[y, x] == classes[r, c]:
                        best[k] = min(best[k], np.hypot(dr * height, dc * width))


_RADIUS = 40


def nearest_alike(
    labels: np.ndarray, classes: np.ndarray, class_of: np.ndarray, width: float, height: float
) -> np.ndarray:
    """Return the distance from each patch to the nearest other one of its class (ENN, FRAGSTATS).

    Parameters
    ----------
    labels : array of int (rows, columns)
        Patch of each cell, 1, 2, ...; 0 for none.
    classes : array of int (rows, columns)
        Class of each cell.
    class_of : array of int (patches,)
        Class of each patch.
    width, height : float
        Of a cell, m.

    Returns
    -------
    array of float (patches,)
        Metres from cell centre to cell centre; NaN for the only patch of a class.
    """
    # the nearest cells of two patches lie on their rims: no inner cell need be looked at
    rim = labels != ndimage.minimum_filter(labels, 3, mode="constant", cval=-1)
    rim |= labels != ndimage.maximum_filter(labels, 3, mode="constant", cval=-1)
    rim &= labels > 0
    rows, columns = np.nonzero(rim)
    best = np.full(len(class_of) + 1, np.inf)
    _near(labels, classes, rows, columns, _RADIUS, width, height, best)
    best = best[1:]
    # what the window holds is sure up to its radius: beyond, a cell outside it may be nearer
    far = best > (_RADIUS + 1) * min(width, height)
    patch = labels[rows, columns] - 1
    for one in np.unique(class_of[far]):
        if (class_of == one).sum() > 1:
            mine = class_of[patch] == one
            points = np.column_stack([columns[mine] * width, rows[mine] * height])
            _far(points, patch[mine], far, best)
    return np.where(np.isfinite(best), best, np.nan)


def _far(points: np.ndarray, owner: np.ndarray, far: np.ndarray, best: np.ndarray) -> None:
    """Lower ``best`` of the patches marked ``far``.

    Two patches differ in some bit of their number: the nearest point of another patch is the
    nearest one over the bits, of those whose bit differs.
    """
    asked = far[owner]
    # two searches a bit of the patch number, where one a patch would take as many as there are
    # patches
    for bit in range(int(owner.max()).bit_length()):
        on = (owner >> bit) & 1 == 1
        for these, others in ((asked & on, ~on), (asked & ~on, on)):
            if these.any() and others.any():
                distances, _ = cKDTree(points[others]).query(points[these])
                np.minimum.at(best, owner[these], distances)


@njit(cache=True)
def unit_patches(unit, classes, diagonal):  # type: ignore[no-untyped-def]
    """Patches of one class inside one unit, in a single pass (union of runs of neighbours).

    Parameters
    ----------
    unit, classes : int32 (rows, columns)
        0 = outside, no data.
    diagonal : bool
        8 neighbours, else 4.

    Returns
    -------
    unit, class, cells : int64 (patches,)
    """
    rows, columns = unit.shape
    labels = np.zeros((2, columns), np.int64)  # two rows are enough: only counts are kept
    parent = np.zeros(1024, np.int64)
    cells = np.zeros(1024, np.int64)
    where = np.zeros((1024, 2), np.int64)
    count = 0
    for r in range(rows):
        here, above = labels[r % 2], labels[(r + 1) % 2]
        for c in range(columns):
            u, k = unit[r, c], classes[r, c]
            here[c] = 0
            if u == 0 or k == 0:
                continue
            # neighbours that were seen before: left, upper left, above, upper right (steps 0 to 3)
            found = 0
            for step in range(4):
                y = r if step == 0 else r - 1
                x = c - 1 if step < 2 else c if step == 2 else c + 1
                if y < 0 or x < 0 or x >= columns or (not diagonal and (step == 1 or step == 3)):
                    continue
                if unit[y, x] != u or classes[y, x] != k:
                    continue
                other = here[x] if step == 0 else above[x]
                # to the root, halving the way for those that come after
                while parent[other] != other:
                    parent[other] = parent[parent[other]]
                    other = parent[other]
                if found == 0:
                    found = other
                # two runs meet: the cells move to one root, and only roots have cells in the end
                elif other != found:
                    parent[other] = found
                    cells[found] += cells[other]
                    cells[other] = 0
            if found == 0:
                count += 1
                if count == parent.size:
                    parent = np.concatenate((parent, np.zeros(parent.size, np.int64)))
                    cells = np.concatenate((cells, np.zeros(cells.size, np.int64)))
                    where = np.concatenate((where, np.zeros(where.shape, np.int64)))
                found = count
                parent[found] = found
                where[found, 0], where[found, 1] = u, k
            cells[found] += 1
            here[c] = found
    kept = np.flatnonzero(cells[: count + 1])
    return where[kept, 0], where[kept, 1], cells[kept]


@njit(cache=True)
def unit_edges(unit, classes, units, count):  # type: ignore[no-untyped-def]
    """Sides between two classes inside one unit: horizontal, vertical; by unit and class.

    Shape (units + 1, count + 1, 2); a side counts for both its classes.
    """
    rows, columns = unit.shape
    out = np.zeros((units + 1, count + 1, 2), np.int64)
    for r in range(rows):
        for c in range(columns):
            u, k = unit[r, c], classes[r, c]
            if u == 0 or k == 0:
                continue
            if r + 1 < rows and unit[r + 1, c] == u:
                below = classes[r + 1, c]
                if below != 0 and below != k:
                    out[u, k, 0] += 1
                    out[u, below, 0] += 1
            if c + 1 < columns and unit[r, c + 1] == u:
                right = classes[r, c + 1]
                if right != 0 and right != k:
                    out[u, k, 1] += 1
                    out[u, right, 1] += 1
    return out


def least_sides(cells: Any) -> np.ndarray:
    """Sides of the most compact shape of so many cells.

    >>> least_sides([1, 4, 5, 80]).tolist()
    [4.0, 8.0, 10.0, 36.0]
    """
    a = np.asarray(cells, float)
    # a square of n x n, then one more row (m <= n) or a row and a column
    n = np.floor(np.sqrt(a))
    m = a - n * n
    return np.where(m == 0, 4 * n, np.where(m <= n, 4 * n + 2, 4 * n + 4))


def most_alike(cells: Any) -> np.ndarray:
    """Largest number of like sides of so many cells."""
    a = np.asarray(cells, float)
    n = np.floor(np.sqrt(a))
    m = a - n * n
    return 2 * n * (n - 1) + np.where(m == 0, 0, np.where(m <= n, 2 * m - 1, 2 * m - 2))
