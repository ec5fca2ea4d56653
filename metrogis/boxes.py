"""Upright rectangles as four numbers each; polygons are made where one is asked for.

The cells of a raster of people are millions: as polygons they take half a kilobyte each, as corners
32 bytes. A table holds them like any geometry. Bounds, areas, selections and copies need no polygon
where they are asked of ``frame.geometry.array``; ``frame.bounds`` of geopandas draws all.
"""

from __future__ import annotations

import numbers
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import GeometryArray

from metrogis.arrays import Bools, Floats, Geometries


class BoxArray(GeometryArray):
    """Rectangles of a table, as geopandas takes them.

    Parameters
    ----------
    corners : ndarray of float (n, 4)
        x and y of the corner that the ring begins with, then of the opposite one; the second corner
        of the ring has the x of the opposite one. No two are the same.
    crs : optional

    Examples
    --------
    >>> boxes = BoxArray(np.array([[0.0, 10, 10, 0], [10.0, 10, 20, 0]]), crs="EPSG:2180")
    >>> boxes.area.tolist(), boxes[1:].bounds.tolist(), boxes.is_drawn
    ([100.0, 100.0], [[10.0, 0.0, 20.0, 10.0]], False)
    >>> print(boxes[0])
    POLYGON ((0 10, 10 10, 10 0, 0 0, 0 10))
    """

    def __init__(self, corners: Floats, crs: Any = None) -> None:
        self._corners: Floats | None = corners
        self._polygons: Geometries | None = None
        self._crs = None
        self.crs = crs
        self._sindex = None

    @property
    def corners(self) -> Floats | None:
        """Corners as they were given; None once a polygon was put in place of a rectangle."""
        return self._corners

    @property
    def is_drawn(self) -> bool:
        """Whether polygons were made of all."""
        return self._polygons is not None

    @property
    def _data(self) -> Geometries:
        """The polygons: what geopandas calls them, and asks for wherever nothing here answers."""
        if self._polygons is None:
            assert self._corners is not None
            self._polygons = polygons(self._corners)
        return self._polygons

    @_data.setter
    def _data(self, values: Geometries) -> None:
        self._polygons, self._corners = values, None

    # ------------------------------------------------------------------ parts of it

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._data if self._corners is None else self._corners)

    @property
    def nbytes(self) -> int:
        """Bytes of the corners, or of the references to polygons."""
        return int(self._data.nbytes if self._corners is None else self._corners.nbytes)

    def __getitem__(self, idx: Any) -> Any:
        if self._corners is None:
            return super().__getitem__(idx)
        if isinstance(idx, numbers.Integral):
            return polygons(self._corners[int(idx)][None])[0]
        idx = pd.api.indexers.check_array_indexer(self, idx)
        return BoxArray(self._corners[idx], self._crs)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data = self._data  # rectangles no more
        super().__setitem__(key, value)

    def take(self, indices: Any, allow_fill: bool = False, fill_value: Any = None) -> Any:
        """Return chosen rectangles, in the order asked for."""
        wanted = np.asarray(indices, dtype=np.intp)
        if self._corners is None or (allow_fill and (wanted < 0).any()):
            return super().take(indices, allow_fill=allow_fill, fill_value=fill_value)
        return BoxArray(self._corners[wanted], self._crs)

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy; polygons already made go with it."""
        if self._corners is None:
            return super().copy()
        out = BoxArray(self._corners.copy(), self._crs)
        out._polygons = None if self._polygons is None else self._polygons.copy()
        return out

    @classmethod
    def _concat_same_type(cls, to_concat: Any) -> Any:
        parts = [getattr(part, "corners", None) for part in to_concat]
        if any(part is None for part in parts) or len({str(p.crs) for p in to_concat}) > 1:
            return GeometryArray._concat_same_type(to_concat)
        return BoxArray(np.concatenate(cast(list[Floats], parts)), to_concat[0].crs)

    def __reduce__(self) -> Any:
        if self._corners is None:
            return GeometryArray, (self._data, self._crs)
        return BoxArray, (self._corners, self._crs)

    # ------------------------------------------------------------------ answered by the corners

    @property
    def bounds(self) -> Floats:
        """West, south, east and north of each."""
        return cast(Floats, super().bounds) if self._corners is None else bounds(self._corners)

    @property
    def total_bounds(self) -> Floats:
        """West, south, east and north of all."""
        if self._corners is None or not len(self._corners):
            return cast(Floats, super().total_bounds)
        box = bounds(self._corners)
        return np.concatenate([box[:, :2].min(axis=0), box[:, 2:].max(axis=0)])

    @property
    def area(self) -> Floats:
        """Area of each: to the last bit that of its polygon."""
        if self._corners is None:
            return cast(Floats, super().area)
        x0, y0, x1, y1 = self._corners.T
        return np.abs((x1 - x0) * (y0 - y1))

    @property
    def is_valid(self) -> Bools:
        """A rectangle is."""
        return super().is_valid if self._corners is None else np.ones(self.size, bool)

    @property
    def is_empty(self) -> Bools:
        """A rectangle is not."""
        return super().is_empty if self._corners is None else np.zeros(self.size, bool)

    def isna(self) -> Bools:
        """A rectangle is a geometry."""
        return super().isna() if self._corners is None else np.zeros(self.size, bool)


def polygons(corners: Floats) -> Geometries:
    """Return the rectangles of corners (n, 4) as polygons."""
    if not len(corners):
        return np.array([], dtype=object)
    x0, y0, x1, y1 = corners.T
    ring = np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1).reshape(-1, 4, 2)
    return np.asarray(shapely.polygons(ring), dtype=object)


def bounds(corners: Floats) -> Floats:
    """Return west, south, east and north of rectangles."""
    one, other = corners[:, :2], corners[:, 2:]
    return np.concatenate([np.minimum(one, other), np.maximum(one, other)], axis=1)


def boxes_of(frame: Any) -> BoxArray | None:
    """Return the rectangles of a table that holds nothing else; None for any other table."""
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        return None
    array = frame.geometry.array
    return array if isinstance(array, BoxArray) and array.corners is not None else None
