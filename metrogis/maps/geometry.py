"""Geometry for maps: simplified in metres, joined where there is too much of it, in degrees."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.crs import GEOGRAPHIC_CRS


def placed(geometry: gpd.GeoSeries) -> np.ndarray:
    """Return a mask of the rows that have a place on a map.

    Parameters
    ----------
    geometry : GeoSeries, shape (rows,)

    Returns
    -------
    ndarray of bool, shape (rows,)
        False for a missing and for an empty geometry: such a row stands in tables only, and the
        legend counts it.

    Examples
    --------
    >>> placed(gpd.GeoSeries([shapely.Point(0, 0), None, shapely.Point()])).tolist()
    [True, False, False]
    """
    shapes = geometry.to_numpy()
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=bool)


Drawn = tuple[np.ndarray, list[str], tuple[float, float, float, float] | None]


def drawn(geometry: np.ndarray, crs: Any, budget: int) -> Drawn:
    """Return geometry simplified (working CRS), its GeoJSON texts (EPSG:4326), and its bounds.

    What was done last is kept: most checks draw the same municipalities, several times each.
    """
    system = crs.to_wkt() if hasattr(crs, "to_wkt") else str(crs)
    return _drawn(tuple(shapely.to_wkb(geometry).tolist()), system, budget)


@lru_cache(maxsize=8)
def _drawn(geometry: tuple[bytes | None, ...], crs: str, budget: int) -> Drawn:
    metric = simplify(np.array(shapely.from_wkb(geometry), dtype=object), budget)
    degrees = to_degrees(metric, crs)
    kept = ~(shapely.is_missing(degrees) | shapely.is_empty(degrees))
    bounds = tuple(shapely.total_bounds(degrees[kept]).tolist()) if kept.any() else None
    return metric, shapely.to_geojson(degrees).tolist(), bounds


def joined(parts: np.ndarray) -> Any:
    """Return one geometry of many of the same dimension.

    Parameters
    ----------
    parts : array of geometry
        Polygons are made valid and dissolved; lines and points are collected as they are. Where
        dimensions are mixed, the highest one is kept and the rest is dropped.

    Returns
    -------
    (Multi)Polygon, MultiLineString or MultiPoint

    Examples
    --------
    >>> joined(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])).area
    2.0
    >>> joined(np.array([shapely.Point(0, 0), shapely.Point(1, 1)])).geom_type
    'MultiPoint'
    """
    dimension = int(shapely.get_dimensions(parts).max(initial=0))
    if dimension == 2:
        # cells lie in many groups apart: 1.9 times as fast for 64,000 cells in seven classes
        return shapely.disjoint_subset_union_all(shapely.make_valid(parts))
    flat = shapely.get_parts(parts)
    return (shapely.multilinestrings if dimension == 1 else shapely.multipoints)(
        flat[shapely.get_dimensions(flat) == dimension]
    )


def to_degrees(geometry: np.ndarray, crs: Any) -> np.ndarray:
    """Return geometries in EPSG:4326 (longitude, latitude).

    Parameters
    ----------
    geometry : array of geometry, shape (n,)
        In ``crs``; missing and empty ones stay as they are.
    crs : CRS
        Anything that geopandas reads as one.

    Returns
    -------
    array of geometry, shape (n,)
        Rounded to 5 decimals, about a metre: finer than a pixel at the closest zoom of the maps,
        and a third shorter as GeoJSON. Rounding can make a sliver invalid, so nothing is measured
        on it.
    """
    if len(geometry) == 0:
        return geometry
    degrees = gpd.GeoSeries(geometry, crs=crs).to_crs(GEOGRAPHIC_CRS).to_numpy()
    return np.asarray(shapely.transform(degrees, lambda xy: np.round(xy, 5)), dtype=object)


def bounds_in_degrees(geometry: np.ndarray, crs: Any) -> tuple[float, float, float, float]:
    """Return west, south, east and north of geometries in EPSG:4326.

    Parameters
    ----------
    geometry : array of geometry
        At least one of them is neither missing nor empty.
    crs : CRS
        That of ``geometry``; its bounding box is projected, not every vertex, so the result holds
        the geometries with room to spare.
    """
    box = gpd.GeoSeries([shapely.box(*shapely.total_bounds(geometry))], crs=crs)
    west, south, east, north = box.to_crs(GEOGRAPHIC_CRS).total_bounds.tolist()
    return west, south, east, north


def simplify(geometry: np.ndarray, budget: int) -> np.ndarray:
    """Drop vertices until no more than ``budget`` are left, or a difference would be seen.

    Parameters
    ----------
    geometry : array of geometry, shape (n,)
        In metres; points come back as they are.
    budget : int
        Coordinates of all geometries together.

    Returns
    -------
    array of geometry, shape (n,)
        Borders that polygons share stay shared (no slits between municipalities), and no shape
        vanishes. The tolerance starts at 1/20,000 of the diagonal and doubles up to 1/500 of it, so
        the budget may be exceeded where only a coarser picture would keep it.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (50, 0.001), (100, 0)])
    >>> shapely.get_num_coordinates(simplify(np.array([line]), 2)).tolist()
    [2]
    """
    if not (shapely.get_dimensions(geometry) > 0).any():
        return geometry
    left, bottom, right, top = shapely.total_bounds(geometry)
    size = math.hypot(right - left, top - bottom)
    if not size:
        return geometry
    tolerance = size / 20_000  # a third of a pixel on a full screen, four zoom steps in
    simple = _simplified(geometry, tolerance)
    # invariant: `simple` is made from the given geometry, never from a simplified one, so that
    # tolerances do not add up
    while shapely.get_num_coordinates(simple).sum() > budget and tolerance < size / 500:
        tolerance *= 2
        simple = _simplified(geometry, tolerance)
    return simple


def _simplified(geometry: np.ndarray, tolerance: float) -> np.ndarray:
    areal = shapely.get_dimensions(geometry) == 2
    if areal.all() and hasattr(shapely, "coverage_simplify"):
        try:
            done = shapely.coverage_simplify(geometry, tolerance)
            if not shapely.is_empty(done).any() and shapely.is_valid(done).all():
                return np.asarray(done, dtype=object)
        except shapely.errors.GEOSException:
            pass
    simple = np.asarray(geometry, dtype=object).copy()
    lines = shapely.get_dimensions(simple) == 1
    simple[lines] = _simplified_lines(simple[lines], tolerance)
    simple[~lines] = shapely.simplify(simple[~lines], tolerance, preserve_topology=True)
    return simple


def _simplified_lines(lines: np.ndarray, tolerance: float) -> np.ndarray:
    """Simplify each line by itself; to look for crossings takes most of a second for a city."""
    done = np.asarray(shapely.simplify(lines, tolerance, preserve_topology=False), dtype=object)
    # a loop that is smaller than the tolerance must not vanish
    gone = (shapely.get_num_geometries(done) < shapely.get_num_geometries(lines)) | (
        shapely.length(done) == 0
    )
    done[gone] = shapely.simplify(lines[gone], tolerance, preserve_topology=True)
    return done
