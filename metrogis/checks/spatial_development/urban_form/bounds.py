"""Bounds of weighted urban proliferation where land within the horizon is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.checks.shared.known_land import KnownLand
from metrogis.landscape import sprawl
from metrogis.landscape.grid import Grid


def bounds(
    wup: pd.DataFrame,
    built: Grid,
    land: KnownLand,
    near: Array | None,
    si: Array,
    people: Array,
    *,
    horizon: float,
    coefficients: sprawl.Coefficients,
) -> pd.DataFrame:
    """Return PBA, DIS, UP, LUP and WUP, and the bounds of DIS and WUP.

    Where unknown land lies in a municipality, or within the horizon of its built-up cells, DIS, UP
    and WUP are unknown. Their bounds hold whatever part of that land is built up: the dispersion
    of each cell is bounded on its own, and what grows with built-up land, or with dispersion, is
    taken at both ends. Land beyond the municipalities is taken as the raster has it.

    Parameters
    ----------
    wup : DataFrame
        Of :func:`metrogis.landscape.sprawl.proliferation`.
    built : Grid of bool
    land : KnownLand
    near : ndarray of bool, optional
        Cells with unknown land within the horizon.
    si : ndarray
    people : ndarray
        Of the whole municipality.
    horizon : float
        m.

    Returns
    -------
    DataFrame
        Columns PBA, DIS, UP, LUP, WUP, DIS_low, DIS_high, WUP_low, WUP_high.
    """
    out = wup[["PBA", "DIS", "UP", "LUP", "WUP"]].reset_index(drop=True).copy()
    for name in ("DIS", "WUP"):
        out[f"{name}_low"] = out[f"{name}_high"] = out[name]
    n = len(out)
    own = built.values & built.valid
    doubt = land.partly.copy()
    if near is not None:
        doubt |= np.bincount(land.unit[own & near], minlength=n + 1)[1:] > 0
    if not doubt.any():
        return out
    out.loc[doubt, ["DIS", "UP", "WUP"]] = np.nan
    low, high = _sums(built, own, land, si, n, horizon, coefficients)
    count = np.bincount(land.unit[own], minlength=n + 1)[1:].astype(float)
    dark = land.dark_area / built.cell_area
    least, most = sprawl.range_of_weights(
        sprawl.square_cell(built), horizon=horizon, coefficients=coefficients
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # unknown cells are built up, and pull the mean, or are not
        dis_low = np.fmin(low / count, (low + dark * least) / (count + dark))
        dis_high = np.fmax(high / count, (high + dark * most) / (count + dark))
        whole = land.known / built.cell_area + dark
        wup_low, wup_high = (
            cells / whole * dis
            * sprawl.dispersion_weight(dis, coefficients)
            * sprawl.uptake_weight(cells * built.cell_area / people, coefficients)
            for cells, dis in ((count, dis_low), (count + dark, dis_high))
        )  # fmt: skip
    wup_low[(count == 0) & np.isfinite(people)] = 0.0
    for name, value in (("DIS_low", dis_low), ("DIS_high", dis_high), ("WUP_low", wup_low),
                        ("WUP_high", wup_high)):  # fmt: skip
        out.loc[doubt, name] = np.where(land.known > 0, value, np.nan)[doubt]
    return out


def _sums(
    built: Grid,
    own: Array,
    land: KnownLand,
    si: Array,
    n: int,
    horizon: float,
    coefficients: sprawl.Coefficients,
) -> tuple[Array, Array]:
    """Sums by municipality of the least and the greatest SI of its built-up cells."""
    dark, margin = land.around(built, horizon)
    pad = tuple((m, m) for m in margin)
    middle = tuple(slice(m, m + k) for m, k in zip(margin, built.shape, strict=True))
    found = sprawl.permeation_range(
        np.pad(own, pad), dark, np.pad(si, pad, constant_values=np.nan),
        sprawl.square_cell(built), horizon=horizon, coefficients=coefficients,
    )  # fmt: skip
    unit = land.unit[own]
    low, high = (np.bincount(unit, values[middle][own], minlength=n + 1)[1:] for values in found)
    return low, high
