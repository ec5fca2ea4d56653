"""Which cells of a raster are data: one rule, asked by every reader of rasters.

A cell is data where the band's mask and every alpha band say so, where its stored value differs
from NODATA compared in the file's own type, where it is a number (no NaN, no infinity, no extreme
of a float), and where the value itself, scale and offset applied, is one the layer may have
(:class:`Expected`). All else is not known. Values that no rule of the file explains are listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.arrays import Array, Bools
from metrogis.errors import CRSError, SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.sources.gdal import open_raster
from metrogis.sources.raster_windows import Window, point_of

HUGE = 1e30
"""No measure of land, people or height is as large: floats beyond it are fills (FLT_MAX, 1e37)."""

FILLS = (254.0, 255.0, 9999.0, 32766.0, 32767.0, 65534.0, 65535.0, 99999.0, 2147483647.0,
         4294967295.0)  # fmt: skip
"""Usual codes of "no data" above 0: largest values of whole-number types, and the codes of
"outside" and "not classified" of the Copernicus layers (254, 255)."""

_SHOWN = 5
"""Unexpected values that an audit row names, the most frequent first."""
_SLACK = 1e-6
"""Share of the end of a range (at least of 1) by which float32 may miss it."""


@dataclass(frozen=True)
class Expected:
    """Values that cells of a layer may have: a range with its ends, a list of classes, or both.

    Attributes
    ----------
    low, high : float
        In the unit of the layer, scale and offset applied.
    classes : tuple of float or None
        The only values there are.
    never : tuple of float
        Values within the range that are no data all the same.

    Examples
    --------
    >>> share = Expected(0, 1)
    >>> share.holds(np.array([0.0, 1.0, 1.2, -9999])).tolist()
    [True, True, False, False]
    """

    low: float = -math.inf
    high: float = math.inf
    classes: tuple[float, ...] | None = None
    never: tuple[float, ...] = ()

    def surely(self, least: float, largest: float) -> bool:
        """Return whether all values between two are expected, without looking at each.

        Parameters
        ----------
        least, largest : float
            Of the cells; NaN where there is none.

        Returns
        -------
        bool
            False may also mean that cells must be looked at one by one.
        """
        if self.classes is not None:
            return False
        if math.isnan(least):
            return True
        between = [v for v in self.never if least <= v <= largest]
        return self.low <= least and largest <= self.high and not between

    def holds(self, values: Array) -> Bools:
        """Return a mask of the values that are among those expected.

        Parameters
        ----------
        values : array
            In the unit of the layer. The ends of the range count, with a little slack for the
            rounding of 32-bit floats; NaN is not expected.
        """
        kind, size = values.dtype.kind, values.dtype.itemsize
        if kind == "b":
            return np.ones(values.shape, bool)
        if kind in "iu" and size <= 2 and values.size > 1 << (8 * size):
            # fewer values are possible than there are cells: ask for each value once
            info = np.iinfo(values.dtype)
            every = self.holds(np.arange(info.min, info.max + 1, dtype=values.dtype))
            low = int(info.min)
            return np.asarray(every[values.astype(np.int64) - low] if low else every[values])
        out: Bools = np.ones(values.shape, bool)
        if math.isfinite(self.low):
            out &= values >= self.low - _SLACK * max(1.0, abs(self.low))
        if math.isfinite(self.high):
            out &= values <= self.high + _SLACK * max(1.0, abs(self.high))
        if self.classes is not None:
            out &= _among(values, self.classes)
        for value in self.never:
            out &= ~equals(values, value)
        if kind == "f":
            out &= ~np.isnan(values)
        return out


@dataclass(frozen=True, eq=False)
class Band:
    """One band of a file.

    Attributes
    ----------
    values : ndarray (rows, columns)
        Scale and offset applied.
    valid : ndarray of bool
        Which cells are data.
    transform : Affine
    crs : rasterio CRS or None
    audit : Audit
        Values that are no data although the file does not say so.
    """

    values: Array
    valid: Bools
    transform: Any
    crs: Any
    audit: Audit


def equals(values: Array, value: float | None) -> Bools:
    """Tell which cells hold a value, compared in the type of the cells.

    A value that the type cannot hold (-9999 in a file of bytes, NaN in one of whole numbers) is
    in no cell.

    Examples
    --------
    >>> equals(np.array([241, 7], np.uint8), -9999).tolist()
    [False, False]
    >>> equals(np.array([-3.4028235e38], np.float32), -3.4028234663852886e38).tolist()
    [True]
    >>> equals(np.array([0.1], np.float32), 0.1).tolist()
    [True]
    """
    nowhere: Bools = np.zeros(values.shape, bool)
    kind = values.dtype.kind
    if value is None:
        return nowhere
    if math.isnan(value):
        return np.isnan(values) if kind == "f" else nowhere
    if kind == "f":
        with np.errstate(over="ignore"):
            stored = values.dtype.type(value)
        if np.isinf(stored) and math.isfinite(value):  # a rounded decimal of the largest float
            stored = np.copysign(np.finfo(values.dtype).max, stored)
        return np.asarray(values == stored)
    if not math.isfinite(value) or value != math.floor(value):
        return nowhere
    low, high = (0, 1) if kind == "b" else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
    whole = int(value)
    return np.asarray(values == values.dtype.type(whole)) if low <= whole <= high else nowhere


def data_cells(
    values: Array, *, nodata: Iterable[float | None] = (), mask: Bools | None = None
) -> Bools:
    """Tell which cells of stored values are data.

    Parameters
    ----------
    values : ndarray
        As stored, before scale and offset.
    nodata : numbers
        Values that mean "no data"; compared in the type of ``values``.
    mask : ndarray of bool, optional
        True where the file (mask band, alpha) says the cell is data.

    Examples
    --------
    >>> data_cells(np.array([1.0, np.nan, np.inf, -9.0, 3.4e38]), nodata=[-9]).tolist()
    [True, False, False, False, False]
    """
    if values.dtype.kind == "f":
        out: Bools = np.asarray((values > -HUGE) & (values < HUGE))
    else:
        out = np.ones(values.shape, bool)
    if mask is not None:
        out &= mask
    for value in nodata:
        if value is not None and not math.isnan(value):
            out &= ~equals(values, value)
    return out


def full_cells(stored: Array) -> Bools:
    """Tell which cells hold the largest value of their whole-number type.

    >>> full_cells(np.array([254, 255], np.uint8)).tolist(), full_cells(np.array([255.0])).tolist()
    ([False, True], [False])
    """
    if stored.dtype.kind not in "iu":
        return np.zeros(stored.shape, bool)
    return equals(stored, float(np.iinfo(stored.dtype).max))


def expect(
    values: Array,
    valid: Bools,
    expected: Expected | None,
    *,
    layer: str,
    first: tuple[int, int] = (0, 0),
) -> tuple[Bools, Audit]:
    """Take away cells whose value the layer cannot have, and list those values.

    Parameters
    ----------
    values : ndarray
        Scale and offset applied.
    valid : ndarray of bool
        Cells that are data by the rules of the file.
    expected : Expected, optional
    layer : str
    first : (int, int)
        Row and column of the first cell, where values are a window.

    Examples
    --------
    >>> valid, audit = expect(np.array([0, 1, 255]), np.ones(3, bool), Expected(0, 1), layer="b")
    >>> valid.tolist(), audit.rows[0].examples
    ([True, True, False], '255 (1x)')
    """
    if expected is None or not valid.size or expected.surely(*ends(values, valid)):
        return valid, Audit()
    kept = valid & expected.holds(values)
    return kept, unexpected(values, valid & ~kept, layer=layer, first=first)


def unexpected(
    values: Array, cells: Bools, *, layer: str, first: tuple[int, int] = (0, 0)
) -> Audit:
    """Return the audit row that lists values which are no data although the file has them.

    Parameters
    ----------
    values : array (rows, columns)
    cells : array of bool (rows, columns)
        Where such values are.
    layer : str
    first : (int, int)
        Row and column of the first cell, where values are a window.

    Returns
    -------
    Audit
        The most frequent ones with their number and the first cell of each; empty for no cell.
    """
    count = int(cells.sum())
    if not count:
        return Audit()
    found, many = np.unique(values[cells], return_counts=True)
    order = np.argsort(-many, kind="stable")
    shown = []
    for i in order[:_SHOWN].tolist():
        here = cells & ((values == found[i]) | (np.isnan(found[i]) & np.isnan(values)))
        cell = [int(k) for k in np.unravel_index(int(here.argmax()), here.shape)]
        if cells.ndim == 2:
            cell = [k + start for k, start in zip(cell, first, strict=True)]
        at = f", [{', '.join(map(str, cell))}]" if cells.ndim > 1 else ""
        shown.append(f"{float(found[i]):.10g} ({many[i]}x{at})")
    if len(found) > _SHOWN:
        shown.append("...")
    return Audit().add(
        layer,
        "unknown",
        count,
        _(
            "cells with values the layer cannot have (how often, first [row, column]): "
            "not known; if they are true write range = [low, high] into the catalog, "
            "if they are codes of no data nodata = [...]"
        ),
        ", ".join(shown),
    )


def ends(values: Array, valid: Bools) -> tuple[float, float]:
    """Return the least and the largest value of the cells that are data; NaN without any.

    >>> ends(np.array([3, 7, 99]), np.array([True, True, False]))
    (3.0, 7.0)
    """
    if not valid.any():
        return math.nan, math.nan
    if values.dtype.kind == "b":
        return 0.0, 1.0
    info = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
    low = values.min(where=valid, initial=info.max)
    return float(low), float(values.max(where=valid, initial=info.min))


def counts(values: Array, valid: Bools) -> tuple[Array, Array]:
    """Return the distinct values of the cells that are data, in order, and how often each occurs.

    >>> kinds, many = counts(np.array([[3, 1], [3, 9]]), np.array([[True, True], [True, False]]))
    >>> kinds.tolist(), many.tolist()
    ([1, 3], [1, 2])
    """
    if values.dtype.kind not in "biu" or values.dtype.itemsize > 2:
        kinds, many = np.unique(values[valid], return_counts=True)
        return kinds, many
    low = 0 if values.dtype.kind == "b" else int(np.iinfo(values.dtype).min)
    seen = np.zeros(1 << (8 * values.dtype.itemsize), np.int64)
    rows = max(1, (1 << 20) // max(1, values.shape[-1]))
    for top in range(0, len(values), rows):  # some rows at a time: no copy of the raster
        part = values[top : top + rows][valid[top : top + rows]]
        seen += np.bincount(part.astype(np.int64) - low, minlength=len(seen))
    there = np.flatnonzero(seen)
    return (there + low).astype(values.dtype), seen[there]


def _among(values: Array, classes: Sequence[float]) -> Bools:
    """Tell which cells hold one of the classes (to float32's accuracy where they are floats)."""
    kinds = np.unique(np.asarray(classes, float))
    if values.dtype.kind != "f":
        return np.asarray(np.isin(values, kinds))
    close: Bools = np.zeros(values.shape, bool)
    if len(kinds):
        above = np.searchsorted(kinds, values).clip(0, len(kinds) - 1)
        for at in (above, (above - 1).clip(0)):
            close |= np.abs(values - kinds[at]) <= _SLACK * np.maximum(1.0, np.abs(kinds[at]))
    return close


# --------------------------------------------------------------------------- files


@boundary.reader(
    _("the raster cannot be read"),
    remedy=_("check the file, its band and path"),
)
def read_band(
    path: str | Path,
    *,
    band: int = 1,
    nodata: Iterable[float] = (),
    expected: Expected | None = None,
    full_is_fill: bool = False,
    window: Window | None = None,
    layer: str = "raster",
) -> Band:
    """Read one band of a file, or a window of it, and which of its cells are data.

    Parameters
    ----------
    path : path
    band : int
        From 1.
    nodata : numbers
        Further stored values that mean "no data", beside the file's own.
    expected : Expected, optional
        Values the layer may have.
    full_is_fill : bool
        Take the largest value of a whole-number type (255 of bytes, 65535) for no data: so files
        write it that declare nothing, and a count that reached it is not known either.
    window : Window, optional
        Rows and columns to read; the audit names cells by their row and column in the file.
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        If the file cannot be read, or has no such band of real numbers.
    """
    with open_raster(Path(path), layer=layer) as data:
        if not 1 <= band <= data.count:
            raise SourceError(
                _("the raster cannot be read: there are {count} bands, none is {band}").fill(
                    count=data.count, band=band
                )
            )
        part = None if window is None else window.slices
        first = (0, 0) if window is None else (window.top, window.left)
        stored = data.read(band, window=part)
        if stored.dtype.kind not in "biuf":
            raise SourceError(
                _("the raster cannot be read: a band of complex numbers ({dtype})").fill(
                    dtype=stored.dtype
                )
            )
        mask = _mask(data, band, stored, part)
        own = data.nodatavals[band - 1]
        scale, offset = float(data.scales[band - 1]), float(data.offsets[band - 1])
        transform = data.transform if window is None else window.moved(data.transform)
        crs = data.crs
    # written so that NaN is refused too
    if not math.isfinite(transform.determinant) or abs(transform.determinant) < 1e-300:
        raise SourceError(
            _("the place of the raster is degenerate: its cells have no area"),
            remedy=_("georeference it anew (gdal_translate -a_ullr ...)"),
        )
    values_known = [own, *nodata]
    valid = data_cells(stored, nodata=values_known, mask=mask)
    audit = Audit()
    if stored.dtype.kind == "f":  # NaN is a usual way to say "no data", infinity is none
        odd = ~valid & ~np.isnan(stored)
        if mask is not None:
            odd &= mask
        for value in values_known:
            odd &= ~equals(stored, value)
        audit = unexpected(stored, odd, layer=layer, first=first)
    elif full_is_fill:
        full = valid & full_cells(stored)
        valid &= ~full
        audit = unexpected(stored, full, layer=layer, first=first)
    values = scaled(stored, scale, offset)
    if values is not stored:
        valid &= data_cells(values)
    valid, more = expect(values, valid, expected, layer=layer, first=first)
    return Band(values, valid, transform, crs, audit + more)


def require_projected(
    crs: Any, transform: Any, shape: tuple[int, ...], *, layer: str, metric: bool = True
) -> None:
    """Raise for a raster whose coordinates are no degrees though it says so, or that is in degrees.

    Raises
    ------
    CRSError
        Its remedy can be followed with a file.
    """
    if crs is None or not crs_rules.parse(crs, layer=layer).is_geographic:
        return
    x, y = point_of(transform, 0, 0)
    far_x, far_y = point_of(transform, shape[1], shape[0])
    box = [min(x, far_x), min(y, far_y), max(x, far_x), max(y, far_y)]
    crs_rules.require_degrees(box, crs, layer=layer)
    if metric:
        raise CRSError(
            _("distances cannot be computed in {name_of}").fill(name_of=crs_rules.name_of(crs)),
            layer=layer,
            remedy=_("reproject the file: gdalwarp -r sum -t_srs EPSG:2180 old.tif new.tif"),
        )


def scaled(stored: Array, scale: float, offset: float) -> Array:
    """Return the values that stored ones stand for: stored x scale + offset, in float64.

    Whole numbers stay whole where nothing is to be done.
    """
    if scale == 1.0 and offset == 0.0:
        return stored
    with np.errstate(over="ignore", invalid="ignore"):  # fills may overflow
        return np.asarray(stored.astype(np.float64) * scale + offset)


def _mask(data: Any, band: int, stored: Array, window: Any) -> Bools | None:
    """What the file itself says of its cells: mask band and alpha bands; None: all are data.

    GDAL asks one source only (a NODATA value hides the alpha band): here each has its say.
    """
    from rasterio.enums import ColorInterp, MaskFlags

    flags = data.mask_flag_enums[band - 1]
    out: Bools | None = None
    # of whole numbers with nothing but a NODATA value the mask is what `data_cells` finds anyway
    plain = flags == [MaskFlags.nodata] and stored.dtype.kind != "f" and stored.dtype.itemsize < 8
    if MaskFlags.all_valid not in flags and not plain:
        out = np.asarray(data.read_masks(band, window=window) > 0)
    for other, colour in enumerate(data.colorinterp, start=1):
        if colour == ColorInterp.alpha and other != band:
            alpha = np.asarray(data.read(other, window=window) > 0)
            out = alpha if out is None else out & alpha
    return out
