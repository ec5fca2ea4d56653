"""Municipalities without an outline: they keep their rows, and nothing is known of their land.

What a check measured on an empty outline is 0 of nothing. Here, in one place for all checks, it
becomes unknown; columns that come from tables by code (:attr:`Column.land` False) stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

UNKNOWN = "unknown"


def without_outline(municipalities: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell which municipalities have no outline.

    >>> frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), shapely.Polygon()])
    >>> without_outline(frame).tolist()
    [False, True]
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)


def beyond(shapes: npt.ArrayLike, municipalities: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return of each shape what may lie in a municipality without an outline, else None.

    Parameters
    ----------
    shapes : array of geometry
        In the CRS of the municipalities.
    municipalities : GeoDataFrame

    Returns
    -------
    ndarray of geometry or None
        The part outside all outlines; None where there is no such part, and everywhere where all
        municipalities have one.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), None])
    >>> [part is None or part.area for part in
    ...  beyond([shapely.box(0, 0, 3, 1), shapely.box(0, 0, 1, 1)], towns)]
    [2.0, True]
    """
    given = np.asarray(shapes, dtype=object)
    parts = np.full(len(given), None, dtype=object)
    gone = without_outline(municipalities)
    if gone.any():
        land = shapely.union_all(municipalities.geometry.to_numpy()[~gone])
        outside = shapely.difference(given, land)
        some = ~(shapely.is_missing(outside) | shapely.is_empty(outside))
        parts[some] = outside[some]
    return parts


def free_edge(municipalities: gpd.GeoDataFrame, tolerance: float = 25.0) -> npt.NDArray[np.float64]:
    """Return the length of each outline along which a municipality without one may adjoin, m.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Projected CRS in metres.
    tolerance : float
        Outlines this near are neighbours, m.

    Returns
    -------
    ndarray of float (municipalities,)
        Length of the outline that no other lies beside; 0 where all municipalities have one.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(geometry=[
    ...     shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000), None])
    >>> free_edge(towns, 0.0).tolist()
    [3000.0, 3000.0, 0.0]
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    gone = without_outline(municipalities)
    length = np.zeros(len(shapes))
    if not gone.any():
        return length
    tree = shapely.STRtree(shapes)
    for row in np.flatnonzero(~gone):
        near = tree.query(shapes[row], predicate="dwithin", distance=tolerance)
        others = shapely.union_all(shapes[near[near != row]])
        beside = shapely.buffer(others, tolerance) if tolerance > 0 else others
        length[row] = shapely.length(shapely.difference(shapely.boundary(shapes[row]), beside))
    return length


def unknown_land(
    table: gpd.GeoDataFrame, columns: Mapping[str, Any], gone: npt.NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    """Return a municipal table in which all that is measured on land is unknown in some rows.

    Parameters
    ----------
    table : GeoDataFrame
        One row per municipality.
    columns : mapping
        Name -> :class:`metrogis.checks.contract.Column`.
    gone : ndarray of bool (municipalities,)
        Rows whose land is not known.

    Returns
    -------
    GeoDataFrame
        Numbers and shares are NaN there, flags missing, categories ``unknown`` where the column
        has that state. Texts stay.

    Examples
    --------
    >>> from metrogis.checks.contract import Column
    >>> from metrogis.texts import both
    >>> frame = gpd.GeoDataFrame({"ha": [5.0, 0.0]}, geometry=[shapely.box(0, 0, 1, 1), None])
    >>> unknown_land(frame, {"ha": Column(both("ha"))}, np.array([False, True]))["ha"].tolist()
    [5.0, nan]
    """
    out = table.copy()
    for name, column in columns.items():
        if name not in out.columns or not column.land:
            continue
        if column.kind in ("number", "share"):
            values = pd.to_numeric(out[name], errors="coerce").to_numpy("float64", na_value=np.nan)
            out[name] = np.where(gone, np.nan, values)
            continue
        words = out[name].astype(object).copy()
        states = column.kind == "category" and UNKNOWN in column.categories
        if states or (column.kind == "flag" and words.map(lambda v: isinstance(v, str)).any()):
            words[gone] = UNKNOWN
            out[name] = words
        elif column.kind == "flag":
            out[name] = words.where(~gone, None).astype("boolean")
    return out


def inner_points(municipalities: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return x and y (m) of a point inside each municipality; NaN where it has no outline.

    >>> frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 2), shapely.Polygon()])
    >>> inner_points(frame).tolist()
    [[1.0, 1.0], [nan, nan]]
    """
    points = np.asarray(municipalities.geometry.representative_point().to_numpy(), dtype=object)
    xy = np.full((len(points), 2), np.nan)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    xy[placed] = shapely.get_coordinates(points[placed])
    return xy


def lines_between(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    """Return straight lines between points (n, 2); empty where one of the two is NaN.

    >>> one, other = np.zeros((2, 2)), np.array([[1.0, 0.0], [np.nan, 0.0]])
    >>> [line.is_empty for line in lines_between(one, other)]
    [False, True]
    """
    ends = np.stack([start, end], axis=1).reshape(-1, 2, 2)
    placed = np.isfinite(ends).all(axis=(1, 2))
    lines = np.full(len(ends), shapely.LineString(), dtype=object)
    lines[placed] = shapely.linestrings(ends[placed])
    return lines
