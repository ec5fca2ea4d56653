"""A raster as the landscape kernels take it: values, which cells are known, size of a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from affine import Affine

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import Text, _
from metrogis.provenance import Audit, Source
from metrogis.sources import rasters
from metrogis.sources.rasters import Expected

_WHOLE = 1 - 1e-4
"""Weights of the four cells around a place sum to this at least, whatever float32 rounds."""


@dataclass(frozen=True, eq=False)
class Grid:
    """One band of a raster.

    Attributes
    ----------
    values : ndarray
        Shape (rows, columns).
    valid : ndarray of bool
        False where the value is not known (NODATA, NaN).
    transform : Affine or None
        From cell to map coordinates; None for a bare array.
    crs : pyproj.CRS or None
    cell : (float, float)
        Width and height of a cell, metres; (1, 1) for a bare array ("in cells").
    source : Source or None
        Where it comes from, when a catalog read it.
    audit : Audit
        What was done to it on the way.
    """

    values: np.ndarray
    valid: np.ndarray
    transform: Affine | None
    crs: Any
    cell: tuple[float, float]
    source: Source | None = None
    audit: Audit = field(default_factory=Audit)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def cell_area(self) -> float:
        """Area of a cell, m2 (1 for a bare array)."""
        return self.cell[0] * self.cell[1]

    def xy(self, rows: Any, columns: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the map coordinates of cell centres.

        Parameters
        ----------
        rows, columns : array of int

        Returns
        -------
        x, y : array of float
            In the CRS of the raster; of a bare array ``column + 0.5`` and ``row + 0.5``.
        """
        x, y = np.asarray(columns, float) + 0.5, np.asarray(rows, float) + 0.5
        if self.transform is None:
            return x, y
        t = self.transform
        return t.c + t.a * x + t.b * y, t.f + t.d * x + t.e * y


def bad_parameter(name: str, problem: Text, *, remedy: Text | None = None) -> ParameterError:
    """Return the error for a parameter that does not fit."""
    return ParameterError(_("{name}: {problem}").fill(name=name, problem=problem), remedy=remedy)


def read(
    raster: Any,
    *,
    layer: str = "raster",
    nodata: float | Iterable[float] | None = None,
    transform: Affine | None = None,
    crs: Any = None,
    band: int = 1,
    cell_size: float | tuple[float, float] | None = None,
    in_cells: bool = False,
    expected: Expected | None = None,
) -> Grid:
    """Read a raster from a file or from memory.

    Which cells are known is decided by the one rule for rasters
    (:mod:`metrogis.sources.rasters`): mask, alpha, NODATA, NaN and infinity, values that the layer
    cannot have.

    Parameters
    ----------
    raster : ndarray, masked array, (ndarray, Affine), path or Grid
        Two dimensions. NaN, infinite, masked and NODATA cells are unknown. Of a file scale and
        offset are applied.
    nodata : float or several, optional
        Further values that mean "unknown", beside the file's own; as stored.
    transform, crs
        Stand in where the raster has none.
    band : int
    cell_size : float or (float, float), optional
        Width and height of a cell in metres; then the CRS is not asked.
    in_cells : bool
        Measure in cells whatever the CRS.
    expected : Expected, optional
        Values the layer may have; others are unknown, and listed in the audit.

    Raises
    ------
    CRSError
        If cells are to be measured in a CRS that is not metric.
    SourceError, SchemaError, ParameterError
        If the file cannot be read, the array is not a plane of numbers, the transform is rotated.

    Examples
    --------
    >>> grid = read(np.array([[1, 2], [2, -9]]), nodata=-9)
    >>> grid.valid.sum(), grid.cell
    (np.int64(3), (1.0, 1.0))
    """
    if isinstance(raster, Grid):
        return raster if expected is None else only_expected(raster, expected, layer=layer)
    if isinstance(raster, tuple) and len(raster) == 2:
        raster, transform = raster
    unknown = [] if nodata is None else np.atleast_1d(np.asarray(nodata, float)).tolist()
    if isinstance(raster, str | Path):
        found = rasters.read_band(raster, band=band, nodata=unknown, expected=expected, layer=layer)
        place = found.transform if transform is None else transform
        system = found.crs if crs is None else crs
        return Grid(
            found.values, found.valid, place, *_cell(place, system, cell_size, in_cells, layer),
            audit=found.audit,
        )  # fmt: skip
    mask = ~np.ma.getmaskarray(raster) if isinstance(raster, np.ma.MaskedArray) else None
    values = np.asarray(raster)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "biuf":
        raise SchemaError(
            _("a two-dimensional array of numbers is needed, not {dtype} {shape}").fill(
                dtype=values.dtype, shape=values.shape
            ),
            layer=layer,
        )
    valid = rasters.data_cells(values, nodata=unknown, mask=mask)
    valid, audit = rasters.expect(values, valid, expected, layer=layer)
    place = _cell(transform, crs, cell_size, in_cells, layer)
    return Grid(values, valid, transform, *place, audit=audit)


def only_expected(grid: Grid, expected: Expected, *, layer: str) -> Grid:
    """Return the grid without the cells whose value the layer cannot have (listed in its audit).

    >>> found = only_expected(read(np.array([[0.0, 7.0]])), Expected(0, 1), layer="share")
    >>> found.valid.tolist(), len(found.audit)
    ([[True, False]], 1)
    """
    valid, audit = rasters.expect(grid.values, grid.valid, expected, layer=layer)
    if not len(audit):
        return grid
    return replace(grid, valid=valid, audit=grid.audit + audit)


def _cell(
    transform: Affine | None, crs: Any, cell_size: Any, in_cells: bool, layer: str
) -> tuple[Any, tuple[float, float]]:
    parsed = crs_rules.parse(crs, layer=layer) if crs is not None else None
    if in_cells:
        return parsed, (1.0, 1.0)
    if cell_size is not None:
        size = np.broadcast_to(np.asarray(cell_size, float), 2)
        if not (np.isfinite(size).all() and (size > 0).all()):
            raise bad_parameter("cell_size", _("must be positive"))
        return parsed, (float(size[0]), float(size[1]))
    crs_rules.require_metric_or_cells(parsed, layer=layer)
    if transform is None:
        return parsed, (1.0, 1.0)
    if transform.b or transform.d:
        raise SchemaError(
            _("the raster is rotated"),
            layer=layer,
            remedy=_("resample it to an upright grid"),
        )
    return parsed, (abs(float(transform.a)), abs(float(transform.e)))


def _same_cells(one: Grid, two: Grid) -> bool:
    a, b = one.transform, two.transform
    if a is None or b is None or one.shape != two.shape:
        return False
    return bool(a.almost_equals(b, precision=1e-6 * abs(a.a)))


def warp(
    grid: Grid,
    *,
    crs: Any = None,
    like: Grid | None = None,
    resampling: Literal["nearest", "bilinear"] = "nearest",
    layer: str = "raster",
) -> Grid:
    """Bring a raster into another CRS, or onto the cells of another raster.

    Parameters
    ----------
    grid : Grid
        With a CRS and a transform.
    crs : CRS, optional
        Target; the size of the cell follows from the source's. Not needed with ``like``.
    like : Grid, optional
        The result has its cells (rows, columns, transform, CRS).
    resampling : {"nearest", "bilinear"}
        ``nearest`` for classes; ``bilinear`` (a float64 raster) for measures such as elevation. A
        cell is unknown where the cell its centre falls in is; with ``bilinear`` where any cell
        that it is made of is.

    Returns
    -------
    Grid
        The same object when it lies there already.

    Raises
    ------
    SchemaError
        If one of the two has no place on the map.

    Examples
    --------
    >>> fine = read((np.array([[1, 2], [3, 4]]), Affine(10, 0, 0, 0, -10, 20)), crs="EPSG:2180")
    >>> coarse = read((np.zeros((1, 1)), Affine(20, 0, -5, 0, -20, 25)), crs="EPSG:2180")
    >>> warp(coarse, like=fine).values.shape, warp(fine, like=coarse).values.tolist()
    ((2, 2), [[1]])
    """
    from rasterio import warp as rio

    target = like.crs if like is not None else crs_rules.parse(crs, layer=layer)
    for one in (grid, like):
        if one is not None and (one.transform is None or one.crs is None):
            raise SchemaError(
                _("the raster has no place (CRS)"),
                layer=layer,
                remedy=_("give its CRS and transform"),
            )
    own = grid.transform
    assert own is not None
    if grid.crs == target and (like is None or _same_cells(grid, like)):
        return grid
    if like is not None:
        assert like.transform is not None
        shape, transform = like.shape, like.transform
    else:
        rows, columns = grid.shape
        x = [own.c, own.c + own.a * columns + own.b * rows]
        y = [own.f, own.f + own.d * columns + own.e * rows]
        edges = (min(x), min(y), max(x), max(y))
        transform, width, height = rio.calculate_default_transform(
            grid.crs.to_wkt(), target.to_wkt(), columns, rows, *edges
        )
        shape = (int(height), int(width))
    how: dict[str, Any] = {
        "src_transform": own,
        "src_crs": grid.crs.to_wkt(),
        "dst_transform": transform,
        "dst_crs": target.to_wkt(),
    }
    known = np.zeros(shape, np.uint8)
    rio.reproject(grid.valid.astype(np.uint8), known, resampling=rio.Resampling.nearest, **how)
    if resampling == "bilinear":
        values = np.full(shape, np.nan)
        plane = np.where(grid.valid, grid.values.astype(np.float64), np.nan)
        rio.reproject(
            plane, values, src_nodata=np.nan, dst_nodata=np.nan,
            resampling=rio.Resampling.bilinear, **how,
        )  # fmt: skip
        # GDAL leaves unknown cells out of the mean: the rest would pass for the whole
        part = np.zeros(shape, np.float32)
        rio.reproject(
            grid.valid.astype(np.float32), part, resampling=rio.Resampling.bilinear, **how
        )
        known[part < _WHOLE] = 0
    else:
        kind = grid.values.dtype if grid.values.dtype.kind != "b" else np.dtype(np.uint8)
        values = np.zeros(shape, kind)
        rio.reproject(
            grid.values.astype(kind, copy=False), values, resampling=rio.Resampling.nearest, **how
        )
        values = values.astype(grid.values.dtype, copy=False)
    valid = (known == 1) & ~np.isnan(values) if values.dtype.kind == "f" else known == 1
    cell = like.cell if like is not None else (abs(transform.a), abs(transform.e))
    return replace(grid, values=values, valid=valid, transform=transform, crs=target, cell=cell)


def require_same_shape(shape: tuple[int, int], other: Any, *, layer: str) -> None:
    """Check that two rasters have the same shape, as rasters on one grid must.

    Raises
    ------
    SchemaError
        When ``other`` (rows, columns) is not ``shape``.
    """
    if tuple(other) != tuple(shape):
        raise SchemaError(
            _("the raster has shape {tuple} but {tuple2} is needed").fill(
                tuple=tuple(other), tuple2=tuple(shape)
            ),
            layer=layer,
            remedy=_("bring the rasters to one grid"),
        )
