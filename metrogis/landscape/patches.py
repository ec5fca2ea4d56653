"""Patches of habitat, from a raster of categories or from polygons; equivalent connected area."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.provenance import Audit, Source, attach

Connectivity = Literal[4, 8]
_CROSS = ndimage.generate_binary_structure(2, 1)
_SQUARE = ndimage.generate_binary_structure(2, 2)


@dataclass(frozen=True, eq=False)
class RasterECA:
    """Equivalent connected area of the patches of a raster.

    Attributes
    ----------
    eca : float
        sqrt(sum of squared patch areas): the one patch that would connect as much.
    coherence : float
        ``eca / total``, 0-1; 1 = one patch; NaN without foreground.
    total, largest : float
        Area of all patches and of the largest one.
    patches : int
        Number of patches.
    areas : ndarray
        Area of each patch.
    unit : str
        Of the areas: ``"cells"`` or ``"m2"``.
    unknown : float
        Area of cells without data, which count as no habitat.
    """

    eca: float
    coherence: float
    total: float
    largest: float
    patches: int
    areas: np.ndarray
    unit: str
    unknown: float

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of a raster.

    Attributes
    ----------
    labels : ndarray of int32
        Id of the patch of each cell, 0 outside.
    table : DataFrame or GeoDataFrame
        ``id`` (1, 2, ...), ``attribute`` (area, m2 or cells), ``cells``, ``x`` and ``y`` of a cell
        of the patch; outlines (``geometry``) when the raster has a CRS.
    grid : Grid
    audit : Audit
    """

    labels: np.ndarray
    table: pd.DataFrame
    grid: Grid
    audit: Audit = field(default_factory=Audit)


def foreground_mask(grid: Grid, foreground: Any, *, layer: str = "raster") -> np.ndarray:
    """Cells whose value is (one of) ``foreground``; a boolean raster needs none.

    >>> foreground_mask(grids.read(np.array([[1, 2, 3]])), [2, 3]).tolist()
    [[False, True, True]]
    """
    if foreground is None:
        if grid.values.dtype != bool:
            raise bad_parameter(
                "foreground",
                _("give the value or values of the habitat"),
            )
        return grid.values & grid.valid
    many = isinstance(foreground, Iterable) and not isinstance(foreground, str)
    values = np.asarray(list(foreground) if many else [foreground])
    if values.size == 0 or values.dtype.kind not in "biuf":
        raise bad_parameter("foreground", _("numbers are needed"))
    return np.asarray(np.isin(grid.values, values) & grid.valid)


def label(mask: np.ndarray, *, connectivity: Connectivity = 8) -> tuple[np.ndarray, np.ndarray]:
    """Number the patches of a mask from 1; return labels (int32) and cells of each patch.

    >>> labels, cells = label(np.array([[1, 0], [0, 1]], bool), connectivity=4)
    >>> labels.tolist(), cells.tolist()
    ([[1, 0], [0, 2]], [1, 1])
    """
    if connectivity not in (4, 8):
        raise bad_parameter("connectivity", _("must be 4 or 8"))
    labels = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, _SQUARE if connectivity == 8 else _CROSS, output=labels)
    return labels, np.bincount(labels[mask != 0], minlength=count + 1)[1:]


def eca(
    raster: Any,
    foreground: Any = None,
    connectivity: Connectivity = 8,
    *,
    unit: Literal["cells", "m2"] = "cells",
    **reading: Any,
) -> RasterECA:
    """Equivalent connected area of a raster: ECA = sqrt(sum a^2) over its patches.

    Each patch is connected within and with no other one (the limit of PC for p* = 0 between
    patches; Saura et al. 2011). Coherence = ECA / sum a.

    Parameters
    ----------
    raster : ndarray, path or Grid
        Categories, or a mask. In any CRS when measured in cells.
    foreground : number or several
        Values of habitat; not needed for a boolean raster.
    connectivity : 4 or 8
        Neighbours of a cell.
    unit : ``"cells"`` or ``"m2"``
    **reading
        ``nodata``, ``band``, ``transform``, ``crs``, ``cell_size``: see
        :func:`metrogis.landscape.grid.read`.

    Raises
    ------
    CRSError
        For ``unit="m2"`` in a CRS that is not metric.

    Examples
    --------
    >>> found = eca(np.array([[2, 2, 0, 2], [2, 2, 0, 0]]), 2)
    >>> round(found.eca, 4), found.patches, found.total, round(found.coherence, 4)
    (4.1231, 2, 5.0, 0.8246)
    """
    if unit not in ("cells", "m2"):
        raise bad_parameter("unit", _("must be 'cells' or 'm2'"))
    grid = grids.read(raster, in_cells=unit == "cells", **reading)
    _unused, cells = label(foreground_mask(grid, foreground), connectivity=connectivity)
    size = 1.0 if unit == "cells" else grid.cell_area
    areas = cells * size
    total = float(areas.sum())
    # squares of cell counts are added as whole numbers: exact whatever their order
    value = size * math.sqrt(sum(int(n) ** 2 * int(k) for n, k in _repeated(cells)))
    return RasterECA(
        eca=value,
        coherence=value / total if total else math.nan,
        total=total,
        largest=float(areas.max()) if len(areas) else 0.0,
        patches=len(areas),
        areas=areas,
        unit=unit,
        unknown=float((~grid.valid).sum()) * size,
    )


def _repeated(values: np.ndarray) -> Iterable[tuple[int, int]]:
    return zip(*np.unique(values, return_counts=True), strict=True)


def from_raster(
    raster: Any,
    foreground: Any = None,
    *,
    connectivity: Connectivity = 8,
    min_area: float = 0.0,
    outlines: bool = True,
    **reading: Any,
) -> Patches:
    """Patches of a raster, with their areas and outlines.

    Parameters
    ----------
    raster, foreground, connectivity, **reading
        As for :func:`eca`. The CRS must be metric, or absent (then areas are in cells).
    min_area : float
        Smaller patches are left out (audited); m2, or cells for a bare array.
    outlines : bool
        Add the outlines of the patches as geometry.

    Examples
    --------
    >>> found = from_raster(np.array([[2, 2, 0, 2], [2, 2, 0, 0]]), 2, min_area=2)
    >>> found.table[["id", "attribute"]].values.tolist(), found.labels.max()
    ([[1.0, 4.0]], np.int32(1))
    """
    grid = grids.read(raster, **reading)
    labels, cells = label(foreground_mask(grid, foreground), connectivity=connectivity)
    keep = cells * grid.cell_area >= min_area
    audit = Audit().add(
        "patches",
        "dropped",
        int((~keep).sum()),
        _("patches below the least area"),
    )
    audit = audit.add(
        "patches",
        "unknown",
        int((~grid.valid).sum()),
        _("cells without data: not habitat"),
    )
    # renumber[k]: new number of patch k, 0 for one left out, whose cells then lie outside
    renumber = np.zeros(len(cells) + 1, np.int32)
    renumber[1:][keep] = np.arange(1, keep.sum() + 1)
    labels, cells = renumber[labels], cells[keep]
    flat = labels.ravel()
    order = np.flatnonzero(flat)
    # the first cell of each patch in reading order stands for it: a centroid may lie outside a
    # patch
    _unused, first = np.unique(flat[order], return_index=True)
    rows, columns = np.divmod(order[first], labels.shape[1])
    x, y = grid.xy(rows, columns)
    table = pd.DataFrame(
        {
            "id": np.arange(1, len(cells) + 1),
            "attribute": cells * grid.cell_area,
            "cells": cells,
            "x": x,
            "y": y,
        }
    )
    if outlines:
        shapes = outline_shapes(labels, grid.transform)
        table = gpd.GeoDataFrame(table, geometry=shapes, crs=grid.crs)
    return Patches(labels, table, grid, audit)


def outline_shapes(labels: np.ndarray, transform: Affine | None) -> np.ndarray:
    """Outlines of patches 1, 2, ..., from their labels.

    >>> outline_shapes(np.array([[1, 0], [0, 1]], np.int32), None)[0].geom_type
    'MultiPolygon'
    """
    from rasterio import features

    affine = transform if transform is not None else Affine.identity()
    # 4-neighbour pieces are valid polygons; pieces of one patch become one multipolygon
    found = [
        (int(value), shapely.geometry.shape(shape))
        for shape, value in features.shapes(
            labels, mask=labels > 0, connectivity=4, transform=affine
        )
    ]
    pieces = gpd.GeoSeries([shape for _, shape in found], index=[value for value, _ in found])
    joined = pieces.groupby(level=0).agg(
        lambda part: part.iloc[0] if len(part) == 1 else shapely.MultiPolygon(list(part))
    )
    return np.asarray(joined.sort_index(), dtype=object)


def from_polygons(
    polygons: gpd.GeoDataFrame,
    *,
    join: float = 0.0,
    min_area: float = 0.0,
    attribute: str | None = None,
    layer: str = "patches",
) -> gpd.GeoDataFrame:
    """Patches from polygons: those that touch, or lie within ``join`` of each other, are one.

    Parameters
    ----------
    polygons : GeoDataFrame
        Habitat, metric CRS.
    join : float
        Greatest gap inside a patch, m.
    min_area : float
        Smaller patches are left out (audited), m2.
    attribute : str, optional
        Column summed to the attribute; the area (m2) when not given.

    Returns
    -------
    GeoDataFrame
        ``id`` (1, 2, ...), ``attribute``, ``parts`` (polygons joined), geometry; audit in attrs.

    Examples
    --------
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(5, 0, 6, 1)]
    >>> from_polygons(gpd.GeoDataFrame(geometry=squares, crs="EPSG:2180"))["attribute"].tolist()
    [2.0, 1.0]
    """
    crs_rules.require_metric(polygons, layer=layer)
    shapes = polygons.geometry.to_numpy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = shapely.get_dimensions(shapes[~empty])
    if (kinds < 2).any():
        raise SchemaError(_("polygons are needed"), layer=layer, place="geometry")
    audit = Audit().add(layer, "dropped", int(empty.sum()), _("empty geometry"))
    shapes = shapes[~empty]
    broken = ~shapely.is_valid(shapes)
    audit = audit.add(layer, "repaired", int(broken.sum()), _("invalid geometry"))
    shapes[broken] = shapely.make_valid(shapes[broken])
    tree = shapely.STRtree(shapes)
    # "within join" is not transitive: patches are the connected parts of it
    pairs = tree.query(shapes, predicate="dwithin", distance=join)
    n = len(shapes)
    _unused, group = connected_components(
        coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(n, n)), directed=False
    )
    joined = gpd.GeoDataFrame(
        {
            "value": polygons[attribute].to_numpy(float)[~empty] if attribute else 0.0,
            "parts": 1,
            "geometry": shapes,
            "group": group,
        },
        crs=polygons.crs,
    ).dissolve("group", aggfunc="sum", sort=True)
    joined["attribute"] = joined["value"] if attribute else joined.area
    small = (joined.area < min_area).to_numpy()
    audit = audit.add(
        layer,
        "dropped",
        int(small.sum()),
        _("patches below the least area"),
    )
    out = joined[~small].reset_index(drop=True)
    out.insert(0, "id", np.arange(1, len(out) + 1))
    out = out[["id", "attribute", "parts", "geometry"]]
    attach(out, Source(layer), audit)
    return out


def burn(
    patches: gpd.GeoDataFrame, grid: Grid, *, id: str = "id", layer: str = "patches"
) -> tuple[np.ndarray, Audit]:
    """Labels of patches on a grid: every cell a patch touches; the first patch wins a cell.

    Returns
    -------
    labels : ndarray of int32
        Position of the patch + 1 when ids are not whole numbers, else the id; 0 outside.
    audit : Audit
        Patches that got no cell (outside the grid, or hidden by others).
    """
    from rasterio import features

    crs_rules.require_same(**{layer: patches, "grid": grid.crs})
    ids = patches[id].to_numpy()
    numbers = ids if ids.dtype.kind in "iu" and (ids > 0).all() else np.arange(1, len(ids) + 1)
    pairs = list(zip(patches.geometry, numbers, strict=True))
    labels = features.rasterize(
        pairs[::-1], out_shape=grid.shape, transform=grid.transform, all_touched=True, dtype="int32"
    )
    lost = ids[~np.isin(numbers, labels)]
    audit = Audit().add(
        layer,
        "dropped",
        len(lost),
        _("patches without a cell"),
        lost,
    )
    return labels, audit
