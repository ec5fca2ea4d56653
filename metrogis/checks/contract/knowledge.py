"""How much of a view is known: one reading of it for findings, maps and pages.

A view either declares its ground (polygons with a flag or a known share), or its own rows say what
they do not know: a missing value, or a category that stands for "not known".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Floats
from metrogis.texts import is_missing

WHOLE = 1e-6
"""Share of land that is lost in computing an intersection: as much may lack from 1, or from 0."""

HALF = 0.5
"""Below this known share a map opens on the known part and the answer begins with what is not
known (``docs/methods.md``, section 0.1)."""

_TRUE = {"true", "1", "1.0", "yes"}


def known_shares(values: pd.Series, *, flag: bool = False) -> Floats:
    """Read a column that says where something is known as shares (0-1).

    Parameters
    ----------
    values : Series
        Flags, in any spelling, or shares.
    flag : bool
        Whether numbers are flags: then only 1 is "known".

    Returns
    -------
    ndarray of float
        A missing value, "unknown" and False are 0: nothing is claimed of that land. Shares within
        :data:`WHOLE` of 0 or 1 are 0 or 1.

    Examples
    --------
    >>> known_shares(pd.Series([True, False, None])).tolist()
    [1.0, 0.0, 0.0]
    >>> known_shares(pd.Series([0.99999999, 0.25, float("nan")])).tolist()
    [1.0, 0.25, 0.0]
    """
    if values.dtype == bool:
        return values.to_numpy().astype("float64")
    if pd.api.types.is_numeric_dtype(values.dtype) and not flag:
        shares = values.to_numpy(dtype="float64", na_value=np.nan)
    else:
        shares = np.array([_share(v, flag) for v in values.tolist()], dtype="float64")
    shares = np.clip(np.nan_to_num(shares, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
    shares[shares >= 1 - WHOLE] = 1.0
    shares[shares <= WHOLE] = 0.0
    return np.asarray(shares, dtype=np.float64)


def _share(value: Any, flag: bool) -> float:
    if is_missing(value):
        return 0.0
    if isinstance(value, bool | np.bool_) or flag or isinstance(value, str):
        return float(str(value).strip().lower() in _TRUE)
    return float(value)


def known_values(values: pd.Series, unknown: Collection[str] = ()) -> npt.NDArray[np.bool_]:
    """Tell which rows have a value that is neither missing nor one of the ``unknown`` codes.

    >>> known_values(pd.Series(["no", "unknown", None]), {"unknown"}).tolist()
    [True, False, False]
    """
    known = values.notna().to_numpy(dtype=bool)
    if len(unknown):
        known = known & ~values.astype("object").astype(str).isin(list(unknown)).to_numpy()
    return np.asarray(known, dtype=bool)


def weighted_share(table: gpd.GeoDataFrame, shares: npt.ArrayLike) -> float:
    """Return the known share of a table: by area, else by length, else by rows.

    A table without rows, or without any extent, leaves nothing unknown: 1.

    Examples
    --------
    >>> boxes = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 3, 1), shapely.box(3, 0, 4, 1)])
    >>> weighted_share(boxes, [0.0, 1.0])
    0.25
    """
    share = np.asarray(shares, dtype="float64")
    shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not there.any():
        return 1.0
    dimension = int(shapely.get_dimensions(shapes[there]).max())
    weight = {2: shapely.area, 1: shapely.length}.get(dimension, lambda g: np.ones(len(g)))(
        shapes[there]
    )
    total = float(weight.sum())
    return float((weight * share[there]).sum() / total) if total > 0 else 1.0
