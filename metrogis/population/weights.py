"""Weights by which people are spread: area, buildings, points, rasters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.population import pixels
from metrogis.provenance import Audit
from metrogis.sources import rasters

_LAYER = "population"


def weigh(pieces: gpd.GeoDataFrame, weights: Any = None) -> tuple[np.ndarray, Audit]:
    """Weigh pieces by where people can live.

    Parameters
    ----------
    pieces : GeoDataFrame
        Polygons, CRS in metres.
    weights : None, ndarray, GeoDataFrame, path, Grid, or (array, transform)
        None: area of the piece. An array: one weight per piece. Polygons: area of overlap; lines:
        length inside; points: their number; each times their column ``weight`` when there is one.
        A raster (path, raster layer of a metropolis, or array with transform; CRS of the pieces):
        sum of its cells whose centre lies in the piece, negative and missing ones counting 0.

    Returns
    -------
    weights, audit
        ndarray of shape (pieces,), >= 0.

    Raises
    ------
    CRSError, ParameterError

    Examples
    --------
    >>> pieces = gpd.GeoDataFrame(crs="EPSG:2180",
    ...     geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    >>> houses = gpd.GeoDataFrame(geometry=[shapely.box(5, 0, 11, 10)], crs="EPSG:2180")
    >>> weigh(pieces, houses)[0].tolist()
    [50.0, 10.0]
    """
    if weights is None:
        return pieces.area.to_numpy("float64"), Audit()
    shapes = np.asarray(pieces.geometry.to_numpy(), dtype=object)
    if isinstance(weights, gpd.GeoDataFrame):
        crs_rules.require_same(population=pieces, weights=weights)
        return _weigh_features(shapes, weights), Audit()
    if isinstance(weights, (str, Path, tuple)) or hasattr(weights, "valid"):
        return _weigh_raster(shapes, weights, pieces.crs), Audit()
    values = np.asarray(weights, dtype="float64")
    if values.shape != (len(pieces),) or not (values >= 0).all():
        raise ParameterError(
            _("weights: one number >= 0 for each piece"),
            layer="weights",
        )
    return values, Audit()


def _weigh_features(shapes: np.ndarray, layer: gpd.GeoDataFrame) -> np.ndarray:
    geometry = np.asarray(layer.geometry.to_numpy(), dtype=object)
    value = (
        pd.to_numeric(layer["weight"], errors="coerce").fillna(0).clip(lower=0).to_numpy("float64")
        if "weight" in layer.columns
        else np.ones(len(layer))
    )
    feature, piece = shapely.STRtree(shapes).query(geometry, predicate="intersects")
    dimension = shapely.get_dimensions(geometry)[feature]
    part = np.ones(len(feature))
    flat = dimension > 0
    common = shapely.intersection(geometry[feature[flat]], shapes[piece[flat]])
    part[flat] = np.where(dimension[flat] == 2, shapely.area(common), shapely.length(common))
    # a point on a shared border belongs to one piece only
    _, first = np.unique(feature[~flat], return_index=True)
    kept = np.concatenate([np.flatnonzero(flat), np.flatnonzero(~flat)[first]])
    return np.bincount(piece[kept], (value[feature] * part)[kept], minlength=len(shapes))


def _weigh_raster(shapes: np.ndarray, raster: Any, crs: Any) -> np.ndarray:
    if isinstance(raster, tuple):
        values, transform = np.asarray(raster[0]), raster[1]
        known = rasters.data_cells(values)
    else:
        # a Grid has been read by the same rule
        band = raster if hasattr(raster, "valid") else rasters.read_band(raster, layer="weights")
        values, transform, own, known = band.values, band.transform, band.crs, band.valid
        crs_rules.require_same(
            population=gpd.GeoDataFrame(geometry=[], crs=crs),
            weights=gpd.GeoDataFrame(geometry=[], crs=own),
        )
    counted = known & (values > 0)
    return pixels.sums(shapes, values, counted, transform)


def spread(
    totals: np.ndarray, group: np.ndarray, weights: np.ndarray, fallback: np.ndarray
) -> tuple[np.ndarray, Audit]:
    """Spread totals over the members of groups by weight; each total is kept.

    Parameters
    ----------
    totals : ndarray of shape (groups,)
        People; NaN is unknown and stays so in every member.
    group : ndarray of int, shape (members,)
        Group of each member.
    weights, fallback : ndarray of shape (members,)
        Weights >= 0; where those of a group are all 0, ``fallback`` (area) is used and audited.

    Returns
    -------
    people, audit
        ndarray of shape (members,).

    Examples
    --------
    >>> spread(np.array([9.0, np.nan]), np.array([0, 0, 1]), np.array([1.0, 2, 1]), np.ones(3))[0]
    array([ 3.,  6., nan])
    """
    count = len(totals)
    empty = np.bincount(group, weights, minlength=count) <= 0
    weights = np.where(empty[group], fallback, weights)
    whole = np.bincount(group, weights, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        people = totals[group] * (weights / whole[group])
    there = np.bincount(group, minlength=count) > 0
    audit = Audit().add(
        _LAYER,
        "guessed",
        int((empty & there & (totals > 0)).sum()),
        _("weights are 0 in the whole cell: people were spread by area"),
    )
    return people, audit
