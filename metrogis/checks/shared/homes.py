"""In which municipality a point lies."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array


def home_of(points: Array, municipalities: gpd.GeoDataFrame) -> Array:
    """Return the row of the municipality each point lies in; -1 outside all.

    On a shared border it is the one with the lower code, whatever the order of rows.
    """
    home = np.full(len(points), -1, np.int64)
    if len(points):
        point, town = shapely.STRtree(municipalities.geometry.to_numpy()).query(
            points, predicate="intersects"
        )
        rank = np.argsort(np.argsort(municipalities["teryt"].to_numpy(dtype=str), kind="stable"))
        order = np.lexsort((-rank[town], point))
        home[point[order]] = town[order]
    return home


def names_of(home: Array, municipalities: gpd.GeoDataFrame, column: str) -> Array:
    """Return a text of the municipality of each row.

    Parameters
    ----------
    home : ndarray of int
        Rows of ``municipalities``; -1 outside all, which gives None.
    municipalities : GeoDataFrame
    column : str
        ``teryt`` or ``name``.
    """
    values = np.array([*municipalities[column].tolist(), None], dtype=object)
    found: Array = values[home]
    return found
