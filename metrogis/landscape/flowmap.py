"""A surface and its patches on larger cells, for currents: a circuit needs no finer ones."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine

from metrogis.landscape.grid import Grid


def coarser(
    surface: Grid, labels: np.ndarray, wanted: np.ndarray, factor: int
) -> tuple[Grid, np.ndarray]:
    """Join cells: mean resistance, and the patches that fill half of a cell.

    Parameters
    ----------
    surface : Grid
        Resistances; a joined cell is unknown where half of it is.
    labels : ndarray of int
        Patches on the same cells.
    wanted : ndarray
        Labels kept. A patch that fills half of no cell gets the cell it fills most.
    factor : int
        Cells along the side of a joined one.

    Returns
    -------
    surface : Grid
    labels : ndarray
        0 outside the wanted patches.

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> fine = read(np.array([[1.0, 3, 9, 9], [1, 3, 9, 9]]))
    >>> one, two = coarser(fine, np.array([[5, 5, 0, 0], [5, 0, 0, 6]]), np.array([5, 6]), 2)
    >>> one.values.tolist(), two.tolist()
    ([[2.0, 9.0]], [[5, 6]])
    """
    known = _gather(surface.valid.astype(float), factor)
    total = _gather(np.where(surface.valid, surface.values, 0.0), factor)
    valid = 2 * known >= _gather(np.ones(surface.shape), factor)
    values = np.where(valid, total / np.maximum(known, 1), math.nan)
    out = np.zeros(values.shape, np.int32)
    best = np.zeros(values.shape)
    fullest = {}
    for label in np.asarray(wanted).tolist():
        share = np.where(valid, _gather((labels == label).astype(float), factor), 0.0)
        if not share.any():
            continue
        fullest[label] = np.unravel_index(int(share.argmax()), share.shape)
        here = (2 * share >= factor**2) & (share > best)
        out[here], best[here] = label, share[here]
    for label, place in fullest.items():
        if not (out == label).any():
            out[place] = label
    t = surface.transform
    moved = None if t is None else Affine(t.a * factor, t.b, t.c, t.d, t.e * factor, t.f)
    cell = (surface.cell[0] * factor, surface.cell[1] * factor)
    return Grid(values, valid, moved, surface.crs, cell), out


def _gather(values: np.ndarray, factor: int) -> np.ndarray:
    """Sums over blocks; blocks at the far edges are smaller."""
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], factor), axis=0)
    return np.asarray(np.add.reduceat(rows, np.arange(0, values.shape[1], factor), axis=1))
