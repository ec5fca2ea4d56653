"""Lines of paths, joined from the lines of their edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.errors import SchemaError
from metrogis.i18n import _


class EdgeLines:
    """Coordinates of every edge, written from its end ``u`` to its end ``v``.

    Parameters
    ----------
    x, y : array of float, shape (nodes,)
        Coordinates of nodes.
    u, v : array of int, shape (edges,)
        Ends of edges, as positions of nodes.
    geometry : array of LineString, shape (edges,), optional
        Missing and empty lines are straight ones; a line drawn from ``v`` to ``u`` is turned.
    layer : str
        Named by errors.
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        u: Array,
        v: Array,
        geometry: Array | None = None,
        *,
        layer: str = "edges",
    ) -> None:
        self.u, self.v = u, v
        nodes = np.column_stack([x, y]).astype(float)
        straight = np.stack([nodes[u], nodes[v]], axis=1) if len(u) else np.zeros((0, 2, 2))
        drawn = np.zeros(len(u), bool)
        if geometry is not None:
            drawn = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
            wrong = drawn & (shapely.get_type_id(geometry) != shapely.GeometryType.LINESTRING)
            if wrong.any():
                raise SchemaError(
                    _("{sum} geometries are not LineStrings").fill(sum=int(wrong.sum())),
                    layer=layer,
                    place=f"row {int(np.flatnonzero(wrong)[0])}",
                    remedy=_("explode multi-part lines"),
                )
        count = np.full(len(u), 2, np.int64)
        if drawn.any():
            assert geometry is not None
            count[drawn] = shapely.get_num_coordinates(geometry[drawn])
        self.start = np.concatenate([[0], np.cumsum(count)])
        self.xy = np.empty((int(self.start[-1]), 2))
        plain = np.flatnonzero(~drawn)
        self.xy[self.start[plain]] = straight[plain, 0]
        self.xy[self.start[plain] + 1] = straight[plain, 1]
        if drawn.any():
            assert geometry is not None
            rows = np.repeat(drawn, count)
            self.xy[rows] = shapely.get_coordinates(geometry[drawn])
            first, last = self.xy[self.start[:-1]], self.xy[self.start[1:] - 1]
            as_is = _apart(first, straight[:, 0]) + _apart(last, straight[:, 1])
            turned = _apart(first, straight[:, 1]) + _apart(last, straight[:, 0])
            flip = drawn & (turned < as_is)
            place = np.arange(len(self.xy)) - np.repeat(self.start[:-1], count)
            mirror = np.repeat(self.start[1:] - 1, count) - place
            take = np.where(np.repeat(flip, count), mirror, np.arange(len(self.xy)))
            self.xy = self.xy[take]

    def joined(self, start: Array, edges: Array, forward: Array) -> Array:
        """Return one LineString per path.

        Parameters
        ----------
        start : array of int, shape (paths + 1,)
            Offsets of paths in ``edges``; no path is empty.
        edges : array of int, shape (steps,)
            Edges in the order walked.
        forward : array of bool, shape (steps,)
            Whether an edge is walked from its ``u`` to its ``v``.
        """
        if len(start) <= 1:
            return np.empty(0, object)
        count = self.start[edges + 1] - self.start[edges]
        path = np.repeat(np.arange(len(start) - 1), np.diff(start))
        first_step = np.zeros(len(edges), bool)
        first_step[start[:-1]] = True
        # the first point of a later edge repeats the last one of the edge before
        skip = np.where(first_step, 0, 1)
        points = count - skip
        offset = np.concatenate([[0], np.cumsum(points)])
        k = np.arange(offset[-1]) - np.repeat(offset[:-1], points) + np.repeat(skip, points)
        begin = np.repeat(self.start[edges], points)
        end = np.repeat(self.start[edges + 1] - 1, points)
        take = np.where(np.repeat(forward, points), begin + k, end - k)
        lines: Array = shapely.linestrings(self.xy[take], indices=np.repeat(path, points))
        return lines


def _apart(a: Array, b: Array) -> Array:
    out: Array = np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1])
    return out


def geometry_of(edges: pd.DataFrame) -> Array | None:
    """Return the lines of a table of edges.

    Parameters
    ----------
    edges : DataFrame

    Returns
    -------
    array of geometry or None
        Missing geometries (None, NaN) are None; None instead of an array when there is no column.
    """
    if "geometry" not in edges.columns:
        return None
    values = edges["geometry"].to_numpy()
    return np.asarray([None if g is None or g != g else g for g in values], dtype=object)
