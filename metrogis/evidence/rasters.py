"""Where a raster is known: inside its extent, in the cells that are data.

Land beyond the raster and land without a valid cell is not known: it is neither built up nor
open, neither habitat nor barrier. Cells answer by arithmetic on the mask; where geometries are
needed, runs of unknown cells stand for them, not one polygon a cell.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from affine import Affine
from scipy import ndimage

from metrogis.arrays import Bools, Floats, Geometries
from metrogis.evidence.core import TOLERANCE, Evidence
from metrogis.evidence.losses import losses_of
from metrogis.provenance import LAYER_ATTRS

_MASK = "mask"
"""Key under which a table of raster cells keeps which cells of the raster are data."""
_EXACT = 400
"""Areas of fewer cells are measured by their geometry: counting cells would be too coarse."""
_ROUNDING = 1e-9
"""Share of an area by which the area of its parts may miss it."""
_SEGMENT = 1000.0
"""Metres: sides of extents are bent this finely when they move to another CRS."""


@dataclass(frozen=True, eq=False)
class CellMask:
    """Which cells of a raster are known.

    Attributes
    ----------
    valid : ndarray of bool (rows, columns)
    transform : Affine
        Upright.
    crs : CRS or None
        None: that of the evidence.
    """

    valid: Bools
    transform: Affine
    crs: Any = None

    def at(self, xy: Floats) -> Bools:
        """Return a mask of points all of whose cells are known.

        Parameters
        ----------
        xy : array of float (n, 2)
            In the CRS of the mask. A point on a side or corner of cells belongs to two or four of
            them, all of which must be known; beyond the raster nothing is. NaN is not known.

        Returns
        -------
        ndarray of bool (n,)

        Examples
        --------
        >>> mask = CellMask(np.array([[True, False]]), Affine(10, 0, 0, 0, -10, 10))
        >>> mask.at(np.array([[5.0, 5], [10, 5], [15, 5], [25, 5]])).tolist()
        [True, False, False, False]
        """
        back = ~self.transform
        rows, columns = self.valid.shape
        sure: Bools = np.ones(len(xy), bool)
        for dx, dy in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            x, y = xy[:, 0] + dx * TOLERANCE, xy[:, 1] + dy * TOLERANCE
            with np.errstate(invalid="ignore"):
                column = np.floor(back.a * x + back.b * y + back.c)
                row = np.floor(back.d * x + back.e * y + back.f)
                inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
            # a point on the border of the raster has its cell on one side only
            row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
            near = inside | self._on_border(xy)
            at = np.nan_to_num(row).astype(np.int64), np.nan_to_num(column).astype(np.int64)
            sure &= near & self.valid[at]
        return sure

    def _on_border(self, xy: Floats) -> Bools:
        west, south, east, north = self.bounds
        x, y = xy[:, 0], xy[:, 1]
        return np.asarray(
            (x >= west - TOLERANCE) & (x <= east + TOLERANCE)
            & (y >= south - TOLERANCE) & (y <= north + TOLERANCE)
        )  # fmt: skip

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north end."""
        t, (rows, columns) = self.transform, self.valid.shape
        x, y = sorted((t.c, t.c + t.a * columns)), sorted((t.f, t.f + t.e * rows))
        return float(x[0]), float(y[0]), float(x[1]), float(y[1])

    @cached_property
    def _unknown_boxes(self) -> Geometries:
        """Rectangles that together cover the unknown cells."""
        return _boxes(~self.valid, self.transform)

    def __getstate__(self) -> dict[str, Any]:
        packed = zlib.compress(np.packbits(self.valid).tobytes(), 1)
        return {"shape": self.valid.shape, "packed": packed, "transform": tuple(self.transform)[:6],
                "crs": self.crs}  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        rows, columns = state["shape"]
        bits = np.frombuffer(zlib.decompress(state["packed"]), np.uint8)
        valid = np.unpackbits(bits, count=rows * columns).astype(bool).reshape(rows, columns)
        object.__setattr__(self, "valid", valid)
        object.__setattr__(self, "transform", Affine(*state["transform"]))
        object.__setattr__(self, "crs", state["crs"])


@dataclass(frozen=True, eq=False, repr=False)
class RasterEvidence(Evidence):
    """Evidence of a raster; usable wherever :class:`~metrogis.evidence.Evidence` is.

    Attributes
    ----------
    masks : tuple of CellMask
        Known only where every mask says so (one of a raster, two of two dates).

    Examples
    --------
    >>> valid = np.array([[True, True], [True, False]])
    >>> here = RasterEvidence.of_mask("built_up", valid, Affine(10, 0, 0, 0, -10, 20), "EPSG:2180")
    >>> here.known_at(np.array([[5.0, 15], [15, 5], [25, 15]])).tolist()
    [True, False, False]
    >>> here.known_near(np.array([[2.0, 18]]), [8.0]).tolist()
    [False]
    >>> here.known_share(np.array([shapely.box(0, 0, 40, 20)], dtype=object)).tolist()
    [0.375]
    """

    masks: tuple[CellMask, ...] = ()

    # ------------------------------------------------------------------ made from

    @classmethod
    def of_mask(
        cls, layer: str, valid: Bools, transform: Affine, crs: Any, *, source_crs: Any = None
    ) -> RasterEvidence:
        """Return the evidence of a raster by which of its cells are data.

        Parameters
        ----------
        layer : str
        valid : ndarray of bool (rows, columns)
        transform : Affine
        crs : CRS
            Of the evidence.
        source_crs : CRS, optional
            Of the raster, where it is another one.
        """
        other = None
        if source_crs is not None:
            one, two = (pyproj.CRS.from_user_input(c) for c in (source_crs, crs))
            other = None if one.equals(two, ignore_axis_order=True) else one
        mask = CellMask(np.asarray(valid, dtype=bool), transform, other)
        extent = _moved(np.array([shapely.box(*mask.bounds)], dtype=object), other, crs)
        return cls(layer, known=extent, crs=crs, masks=(mask,))

    @classmethod
    def of_grid(cls, grid: Any, layer: str, crs: Any) -> RasterEvidence:
        """Return the evidence of a raster layer (``values``, ``valid``, ``transform``, ``crs``)."""
        made = cls.of_mask(layer, grid.valid, grid.transform, crs, source_crs=grid.crs)
        return replace(made, losses=tuple(item.located(crs) for item in losses_of(grid)))

    def __and__(self, other: Evidence) -> Evidence:
        """Return evidence for what needs both layers."""
        joined: Any = super().__and__(other)
        more = other.masks if isinstance(other, RasterEvidence) else ()
        return replace(joined, masks=(*self.masks, *more))

    def __rand__(self, other: Evidence) -> Evidence:
        """Return evidence for what needs both layers, the other one no raster."""
        return replace(self & other, layer=f"{other.layer} & {self.layer}")

    # ------------------------------------------------------------------ asked

    @cached_property
    def _plain(self) -> Evidence:
        """The same without the masks."""
        return Evidence(
            self.layer, self.known, self.unknown, self.losses, self.doubts, self.crs, self.given
        )

    @cached_property
    def _only_a_mask(self) -> bool:
        """Whether the one mask says all: nothing lost, and known wherever the mask is."""
        if len(self.masks) != 1 or self.masks[0].crs is not None or self.known is None:
            return False
        if self.losses or len(self.unknown) or len(self.known) != 1:
            return False
        return bool(shapely.covers(self.known[0], shapely.box(*self.masks[0].bounds)))

    @cached_property
    def _blank(self) -> shapely.STRtree:
        """Everything inside which nothing is certain: unknown cells too."""
        cells = [_moved(m._unknown_boxes, m.crs, self.crs) for m in self.masks]
        return shapely.STRtree(np.concatenate([self._plain._blank.geometries, *cells]))

    @property
    def complete(self) -> bool:
        """A raster ends somewhere: nowhere beyond is it known."""
        return False

    def known_near(self, places: Any, limit: float | npt.ArrayLike) -> Bools:
        """Tell for which places all within ``limit`` metres is known.

        Points asked with a limit of 0 are looked up in the mask.
        """
        points = np.asarray(places) if not isinstance(places, gpd.base.GeoPandasBase) else None
        flat = points is not None and points.dtype != object and points.ndim == 2
        if not flat or np.any(np.asarray(limit, float) > 0):
            return super().known_near(places, limit)
        assert points is not None
        sure = np.ones(len(points), bool)
        for mask in self.masks:
            sure &= mask.at(_move_points(points.astype(float), self.crs, mask.crs))
        if not self._only_a_mask:
            rest = np.flatnonzero(sure)
            sure[rest] = self._plain.known_near(points[rest], 0.0)
        return sure & self.given

    def known_share(self, areas: Any) -> Floats:
        """Return the share (0-1) of each area's land in which the raster is known.

        Cells whose centre lies in the area are counted; small areas are measured.
        """
        if len(self.masks) != 1 or self.masks[0].crs is not None:
            return super().known_share(areas)
        shapes = _geometries(areas)
        out = self._plain.known_share(shapes)
        mask = self.masks[0]
        size = abs(mask.transform.a * mask.transform.e)
        part = self._plain.known_part(shapes)
        for i in np.flatnonzero(out > 0).tolist():
            if shapely.area(part[i]) < _EXACT * size:
                out[i] = super().known_share(shapes[i : i + 1])[0]
                continue
            rows, columns = _window(part[i], mask.valid.shape, mask.transform)
            if mask.valid[rows, columns].all():
                continue  # no cell near it is unknown: nothing to count
            known, cells = count_cells(part[i], mask.valid, mask.transform)
            out[i] *= known / cells if cells else 1.0
        out[out > 1 - _ROUNDING] = 1.0
        return out


def _window(area: Any, shape: tuple[int, ...], t: Affine) -> tuple[slice, slice]:
    """Return the rows and columns of a raster that may lie in an area."""
    west, south, east, north = shapely.bounds(area)
    columns = sorted(((west - t.c) / t.a, (east - t.c) / t.a))
    rows = sorted(((north - t.f) / t.e, (south - t.f) / t.e))
    return (
        slice(max(0, int(rows[0])), min(shape[0], int(np.ceil(rows[1])))),
        slice(max(0, int(columns[0])), min(shape[1], int(np.ceil(columns[1])))),
    )


def count_cells(area: Any, valid: Bools, transform: Affine) -> tuple[int, int]:
    """Count the known cells of a raster, and all its cells, whose centre lies in an area.

    >>> valid = np.array([[True, False], [True, True]])
    >>> count_cells(shapely.box(0, 0, 20, 20), valid, Affine(10, 0, 0, 0, -10, 20))
    (3, 4)
    """
    from rasterio import features

    t = transform
    rows, columns = _window(area, valid.shape, t)
    r0, r1, c0, c1 = rows.start, rows.stop, columns.start, columns.stop
    if c0 >= c1 or r0 >= r1:
        return 0, 0
    inside = features.rasterize(
        [area], out_shape=(r1 - r0, c1 - c0), dtype="uint8",
        transform=Affine(t.a, t.b, t.c + c0 * t.a, t.d, t.e, t.f + r0 * t.e),
    ).view(bool)  # fmt: skip
    return int((inside & valid[r0:r1, c0:c1]).sum()), int(inside.sum())


def within(cells: Bools, limit: float, cell: tuple[float, float]) -> Bools:
    """Tell which cells have one of ``cells`` within ``limit`` metres, centre to centre.

    >>> within(np.array([[True, False, False]]), 10.0, (10.0, 10.0)).tolist()
    [[True, True, False]]
    """
    out: Bools = np.zeros(cells.shape, bool)
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    if not len(rows):
        return out
    down, across = int(limit / cell[1]) + 1, int(limit / cell[0]) + 1
    window = (
        slice(max(0, rows[0] - down), rows[-1] + down + 1),
        slice(max(0, columns[0] - across), columns[-1] + across + 1),
    )
    away = ndimage.distance_transform_edt(~cells[window], sampling=(cell[1], cell[0]))
    out[window] = away <= limit * (1 + 1e-12) + TOLERANCE
    return out


def evidence_of(
    layer: Any, name: str, crs: Any, municipalities: gpd.GeoDataFrame | None = None
) -> Evidence:
    """Return the evidence of any layer: of rasters, of cells made of one, of others.

    Parameters
    ----------
    layer : any
        A raster has ``valid`` and ``transform``; ``None`` is a layer that is not there.
    name : str
    crs : CRS
        Of the evidence.
    municipalities : GeoDataFrame, optional
        Place losses that name one.

    Examples
    --------
    >>> evidence_of(None, "built_up", "EPSG:2180").given
    False
    """
    if getattr(layer, "valid", None) is not None and hasattr(layer, "transform"):
        if layer.transform is None or layer.transform.b or layer.transform.d:
            return Evidence.of(layer, name, crs, municipalities)  # refused where it is used
        return RasterEvidence.of_grid(layer, name, crs)
    found = Evidence.of(layer, name, crs, municipalities)
    kept = mask_of(layer)
    if kept is not None:
        valid, transform, source = _unpacked(kept)
        cells = RasterEvidence.of_mask(name, valid, transform, crs, source_crs=source)
        return replace(cells, losses=found.losses, doubts=found.doubts)
    if isinstance(layer, gpd.GeoDataFrame) and "population" in layer:
        blank = layer["population"].isna().to_numpy()
        if blank.any():
            return found.without(layer.geometry.to_numpy()[blank])
    return found


# --------------------------------------------------------------------------- kept with a table


def keep_mask(frame: Any, valid: Bools, transform: Affine, crs: Any) -> Any:
    """Let a table of a raster's cells carry which cells of the raster are data (in place).

    The table has no rows of cells that hold nobody: without the mask they could not be told from
    land beyond the raster.
    """
    packed = base64.b64encode(zlib.compress(np.packbits(valid).tobytes())).decode()
    kept = dict(frame.attrs.get(LAYER_ATTRS) or {})
    kept[_MASK] = [
        list(valid.shape), [float(v) for v in tuple(transform)[:6]],
        pyproj.CRS.from_user_input(crs).to_wkt(), packed,
    ]  # fmt: skip
    frame.attrs[LAYER_ATTRS] = kept
    return frame


def mask_of(layer: Any) -> Any:
    """Return what :func:`keep_mask` keeps with a table, as plain values; None: nothing.

    >>> import pandas as pd
    >>> mask_of(pd.DataFrame()) is None
    True
    """
    return (getattr(layer, "attrs", {}).get(LAYER_ATTRS) or {}).get(_MASK)


def extent_of(layer: Any, crs: Any) -> Any:
    """Return the land a table of a raster's cells speaks of, in ``crs``; None: not known.

    >>> import pandas as pd
    >>> extent_of(pd.DataFrame(), "EPSG:2180") is None
    True
    """
    kept = mask_of(layer)
    if kept is None:
        return None
    (rows, columns), transform, source, _ = kept
    nothing = np.zeros((rows, columns), bool)
    box = shapely.box(*CellMask(nothing, Affine(*transform)).bounds)
    return _moved(np.array([box], dtype=object), source, crs)[0]


def _unpacked(kept: Any) -> tuple[Bools, Affine, str]:
    (rows, columns), transform, crs, packed = kept
    bits = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)
    valid = np.unpackbits(bits, count=rows * columns).astype(bool).reshape(rows, columns)
    return valid, Affine(*transform), crs


# --------------------------------------------------------------------------- geometry


def _boxes(cells: Bools, transform: Affine) -> Geometries:
    """Rectangles that together cover the cells of a mask: runs along rows, equal ones joined."""
    edge = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    edge[:, 1:-1] = cells
    step = np.diff(edge, axis=1)
    # row by row each run begins before it ends: starts and ends come in the same order
    row, first = np.nonzero(step == 1)
    end = np.nonzero(step == -1)[1]
    order = np.lexsort((row, end, first))
    row, first, end = row[order], first[order], end[order]
    same = (np.diff(row) == 1) & (np.diff(first) == 0) & (np.diff(end) == 0)
    top = np.flatnonzero(np.concatenate([[True], ~same])) if len(row) else np.zeros(0, np.int64)
    bottom = np.concatenate([top[1:], [len(row)]]) - 1 if len(top) else top
    t = transform
    x0, x1 = t.c + t.a * first[top], t.c + t.a * end[top]
    y0, y1 = t.f + t.e * row[top], t.f + t.e * (row[bottom] + 1)
    return np.asarray(
        shapely.box(np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1),
                    np.maximum(y0, y1)),
        dtype=object,
    )  # fmt: skip


def _moved(shapes: Geometries, source: Any, target: Any) -> Geometries:
    """Bring geometries into another CRS; None for the source: they are there."""
    if source is None or not len(shapes):
        return shapes
    one, two = pyproj.CRS.from_user_input(source), pyproj.CRS.from_user_input(target)
    if one.equals(two, ignore_axis_order=True):
        return shapes
    finer = shapely.segmentize(shapes, _SEGMENT)
    series = gpd.GeoSeries(finer, crs=one).to_crs(two)
    return np.asarray(series.to_numpy(), dtype=object)


def _move_points(xy: Floats, source: Any, target: Any) -> Floats:
    if target is None:
        return xy
    move = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return np.column_stack(move.transform(xy[:, 0], xy[:, 1]))


def _geometries(areas: Any) -> Geometries:
    if isinstance(areas, gpd.GeoDataFrame | gpd.GeoSeries):
        return np.asarray(areas.geometry.to_numpy(), dtype=object)
    return np.atleast_1d(np.asarray(areas, dtype=object))
