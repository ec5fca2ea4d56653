"""Kernels over the cells of a raster that are not known: how many, and where they hang together."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def count_known(unit, valid, count):  # type: ignore[no-untyped-def]
    """Return the known and the unknown cells of each unit.

    Parameters
    ----------
    unit : array of int (rows, columns)
        Unit of each cell, 1 .. count; 0 outside all.
    valid : array of bool (rows, columns)
    count : int

    Returns
    -------
    array of int (count + 1, 2)
        Known, unknown.
    """
    rows, columns = unit.shape
    out = np.zeros((count + 1, 2), np.int64)
    for r in range(rows):
        for c in range(columns):
            out[unit[r, c], 0 if valid[r, c] else 1] += 1
    return out


@njit(cache=True)
def mark_edge(unit, valid, count, edge):  # type: ignore[no-untyped-def]
    """Mark unknown cells of units that hang together with the outer border; count them by unit.

    A cell is at the outer border where one of its 8 neighbours belongs to no unit, or where the
    raster ends; cells hang together by 8 neighbours, all unknown.
    """
    rows, columns = unit.shape
    out = np.zeros(count + 1, np.int64)
    waiting = np.empty(1024, np.int64)  # flat cells marked, whose neighbours are not looked at yet
    many = 0
    for r in range(rows):
        for c in range(columns):
            if unit[r, c] == 0 or valid[r, c] or edge[r, c] or not _at_border(unit, r, c):
                continue
            edge[r, c] = True
            out[unit[r, c]] += 1
            # everything that hangs together with this cell is marked now, so each cell is pushed
            # once
            waiting[0] = r * columns + c
            many = 1
            while many > 0:
                many -= 1
                y, x = waiting[many] // columns, waiting[many] % columns
                # room for all neighbours of the next cell
                if many + 9 > waiting.size:
                    wider = np.empty(2 * waiting.size, np.int64)
                    wider[: waiting.size] = waiting
                    waiting = wider
                for i in range(max(0, y - 1), min(rows, y + 2)):
                    for j in range(max(0, x - 1), min(columns, x + 2)):
                        if unit[i, j] > 0 and not valid[i, j] and not edge[i, j]:
                            edge[i, j] = True
                            out[unit[i, j]] += 1
                            waiting[many] = i * columns + j
                            many += 1
    return out


@njit(cache=True)
def open_to_the_end(gone):  # type: ignore[no-untyped-def]
    """Cells without data that hang together with the end of the raster (8 neighbours).

    One pass down and one up mark nearly all of them in the order in which they lie in memory;
    whatever winds its way is followed cell by cell from there.
    """
    rows, columns = gone.shape
    out = np.zeros((rows, columns), np.bool_)
    for step in (1, -1):
        for i in range(rows):
            r = i if step == 1 else rows - 1 - i
            before = r - step
            # the first row of each pass, and the outer columns, are the end of the raster
            # themselves
            ends = before < 0 or before >= rows
            for k in range(columns):
                c = k if step == 1 else columns - 1 - k
                if not gone[r, c] or out[r, c]:
                    continue
                if ends or c == 0 or c == columns - 1:
                    out[r, c] = True
                else:
                    out[r, c] = (
                        out[r, c - step]
                        or out[before, c - 1]
                        or out[before, c]
                        or out[before, c + 1]
                    )
    waiting = np.empty(1024, np.int64)
    for r in range(rows):
        for c in range(columns):
            if not gone[r, c] or out[r, c] or not _marked_beside(out, r, c):
                continue
            out[r, c] = True
            waiting[0] = r * columns + c
            many = 1
            while many > 0:
                many -= 1
                y, x = waiting[many] // columns, waiting[many] % columns
                if many + 9 > waiting.size:
                    wider = np.empty(2 * waiting.size, np.int64)
                    wider[: waiting.size] = waiting
                    waiting = wider
                for i in range(max(0, y - 1), min(rows, y + 2)):
                    for j in range(max(0, x - 1), min(columns, x + 2)):
                        if gone[i, j] and not out[i, j]:
                            out[i, j] = True
                            waiting[many] = i * columns + j
                            many += 1
    return out


@njit(cache=True)
def _marked_beside(out, r, c):  # type: ignore[no-untyped-def]
    rows, columns = out.shape
    for y in range(max(0, r - 1), min(rows, r + 2)):
        for x in range(max(0, c - 1), min(columns, c + 2)):
            if out[y, x]:
                return True
    return False


@njit(cache=True)
def _at_border(unit, r, c):  # type: ignore[no-untyped-def]
    rows, columns = unit.shape
    for y in range(r - 1, r + 2):
        for x in range(c - 1, c + 2):
            if y < 0 or x < 0 or y >= rows or x >= columns or unit[y, x] == 0:
                return True
    return False
