"""Splitting coarse cells into pieces: a 5 km cell says nothing about one place in it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.population.weights import spread, weigh
from metrogis.provenance import Audit

_LAYER = "population"
_SLACK = 1.01  # a 250 m square of another national grid is 250.1 m here: not a coarse cell
_MAX_PIECES = 5_000_000


def cell_width(geometry: np.ndarray) -> np.ndarray:
    """Return the longer side (m) of each polygon's smallest enclosing rectangle; NaN if empty.

    >>> cell_width(np.array([shapely.box(0, 0, 30, 40)])).tolist()
    [40.0]
    """
    if not len(geometry):
        return np.zeros(0)
    bounds = shapely.bounds(geometry)
    width = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    # a shape that fills its extent is that rectangle
    differs = shapely.area(geometry) != shapely.area(shapely.box(*bounds.T))
    askew = np.flatnonzero(differs & ~shapely.is_empty(geometry))
    envelope = shapely.oriented_envelope(geometry[askew])
    wide = shapely.get_type_id(envelope) == shapely.GeometryType.POLYGON  # others have no area
    corner = shapely.get_coordinates(envelope[wide]).reshape(-1, 5, 2)[:, :3]
    sides = np.sqrt((np.diff(corner, axis=1) ** 2).sum(axis=2))
    width[askew[wide]] = sides.max(axis=1)
    return np.asarray(width, dtype="float64")


def split_cells(
    cells: gpd.GeoDataFrame,
    *,
    max_size: float = 250.0,
    weights: Any = None,
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Split cells wider than ``max_size`` into pieces and spread their people over the pieces.

    Quadrilaterals (squares, also of another grid and so askew) are divided along their own sides;
    other shapes are cut by a square mesh. Narrow cells stay as they are.

    Parameters
    ----------
    cells : GeoDataFrame
        Polygons with ``population``, CRS in metres.
    max_size : float
        Largest width of a piece, m.
    weights : optional
        See :func:`weigh`; by default people are spread evenly by area.

    Returns
    -------
    pieces, audit
        Columns ``cell``, ``population``, ``modelled``, geometry. Each cell's people are kept.

    Raises
    ------
    ParameterError, CRSError

    Examples
    --------
    >>> cell = gpd.GeoDataFrame({"population": [80.0]}, crs="EPSG:2180",
    ...                         geometry=[shapely.box(0, 0, 1000, 500)])
    >>> pieces, audit = split_cells(cell, max_size=250)
    >>> len(pieces), float(pieces["population"].sum())
    (8, 80.0)
    """
    if not max_size > 0:
        raise ParameterError(
            _("max_size = {max_size}: must be > 0").fill(max_size=max_size),
            layer=_LAYER,
        )
    crs_rules.require_metric(cells.crs, layer=_LAYER)
    geometry = np.asarray(cells.geometry.to_numpy(), dtype=object)
    width = cell_width(geometry)
    wide = width > max_size * _SLACK
    # asked before cutting: a cell size in the wrong unit would fill the memory
    expected = (shapely.area(geometry[wide]) / max_size**2).sum()
    if expected > _MAX_PIECES:
        raise ParameterError(
            _("splitting to {max_size} m would give {expected} pieces").fill(
                max_size=f"{max_size:g}", expected=f"{expected:.0f}"
            ),
            layer=_LAYER,
            remedy=_("raise the size, or clip the layer"),
        )
    quad = wide & _is_quad(geometry)
    mesh = wide & ~quad
    # three kinds: left whole, divided along their sides, cut by a mesh
    parts = [(np.flatnonzero(~wide), geometry[~wide])]
    parts.append(_divide_quads(np.flatnonzero(quad), geometry[quad], width[quad], max_size))
    parts.append(_cut_by_mesh(np.flatnonzero(mesh), geometry[mesh], max_size))
    parent = np.concatenate([p for p, _unused in parts])
    shape = np.concatenate([g for _unused, g in parts])
    order = np.argsort(parent, kind="stable")
    parent, shape = parent[order], shape[order]

    people = cells["population"].to_numpy("float64")
    was_modelled = (
        cells["modelled"].astype("boolean").fillna(False).to_numpy(bool)
        if "modelled" in cells.columns
        else np.zeros(len(cells), bool)
    )
    pieces = gpd.GeoDataFrame(
        {"cell": parent, "population": np.nan, "modelled": (was_modelled | wide)[parent]},
        geometry=shape,
        crs=cells.crs,
    )
    weight, audit = weigh(pieces, weights)
    pieces["population"], spread_audit = spread(people, parent, weight, pieces.area.to_numpy())
    audit = (audit + spread_audit).add(
        _LAYER,
        "modelled",
        int(wide.sum()),
        (
            _("cells wider than {size} m were split, people spread by area")
            if weights is None
            else _("cells wider than {size} m were split, people spread by weights")
        ).fill(size=f"{max_size:g}"),
    )
    return pieces, audit


def _is_quad(geometry: np.ndarray) -> np.ndarray:
    """Convex polygons of four corners and no holes."""
    quad = (
        (shapely.get_type_id(geometry) == 3)
        & (shapely.get_num_interior_rings(geometry) == 0)
        # four corners, the first repeated at the end
        & (shapely.get_num_coordinates(geometry) == 5)
    )
    if quad.any():
        hull = shapely.area(shapely.convex_hull(geometry[quad]))
        # convex where it is as large as its hull
        quad[quad] = np.isclose(hull, shapely.area(geometry[quad]), rtol=1e-9)
    return np.asarray(quad, dtype=bool)


def _divide_quads(
    index: np.ndarray, geometry: np.ndarray, width: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Divide each quadrilateral along its sides; neighbours of one size share their corners."""
    if not len(index):
        return index, geometry
    corners = shapely.get_coordinates(geometry).reshape(len(index), 5, 2)[:, :4]
    along = np.hypot(*(np.diff(corners[:, [0, 1, 2, 3, 0]], axis=1)).transpose(2, 0, 1))
    # opposite sides get one count; the slack keeps 5002 m at twenty pieces of 250 m
    count = np.ceil(
        np.stack([along[:, [0, 2]].max(1), along[:, [1, 3]].max(1)], 1) / size / _SLACK
    ).astype(int)
    count = np.maximum(count, 1)
    parents: list[np.ndarray] = []
    shapes: list[np.ndarray] = []
    for nu, nv in np.unique(count, axis=0):
        chosen = np.flatnonzero((count == (nu, nv)).all(axis=1))
        u = np.linspace(0, 1, nu + 1)[None, :, None, None]
        v = np.linspace(0, 1, nv + 1)[None, None, :, None]
        a, b, c, d = (corners[chosen, i][:, None, None, :] for i in range(4))
        # bilinear between the four corners: node[k, i, j] is corner (i, j) of the pieces of quad k
        node = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
        # millimetres: both neighbours of a shared side get the very same corners
        node = np.round(node, 3)
        ring = np.stack(
            [node[:, :-1, :-1], node[:, 1:, :-1], node[:, 1:, 1:], node[:, :-1, 1:]], axis=3
        )
        shapes.append(np.asarray(shapely.polygons(ring.reshape(-1, 4, 2))))
        parents.append(np.repeat(index[chosen], nu * nv))
    return np.concatenate(parents), np.concatenate(shapes)


def _cut_by_mesh(
    index: np.ndarray, geometry: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cut shapes by one square mesh whose lines lie on multiples of ``size``."""
    if not len(index):
        return index, geometry
    bounds = np.floor(shapely.bounds(geometry) / size).astype(int)
    wide, high = bounds[:, 2] - bounds[:, 0] + 1, bounds[:, 3] - bounds[:, 1] + 1
    many = wide * high
    # every square of the box of every shape: its shape, then its number within the box
    owner = np.repeat(np.arange(len(index)), many)
    rank = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    x = (bounds[owner, 0] + rank % wide[owner]) * size
    y = (bounds[owner, 1] + rank // wide[owner]) * size
    square = shapely.box(x, y, x + size, y + size)
    shapely.prepare(geometry)
    near = shapely.intersects(geometry[owner], square)
    owner, square = owner[near], square[near]
    # squares inside stay as they are, which most do: only those on the outline are cut
    crossed = ~shapely.covers(geometry[owner], square)
    square[crossed] = shapely.intersection(square[crossed], geometry[owner[crossed]])
    square = polygons_only(square)
    kept = shapely.area(square) > 0
    return index[owner[kept]], square[kept]


def polygons_only(geometry: np.ndarray) -> np.ndarray:
    """Drop the lines and points that an intersection leaves beside polygons.

    Parameters
    ----------
    geometry : array of geometry
        Changed in place: only collections are looked at.
    """
    # 7: a collection
    mixed = shapely.get_type_id(geometry) == 7
    if mixed.any():
        geometry[mixed] = [
            shapely.union_all([p for p in shapely.get_parts(g) if p.area > 0])
            for g in geometry[mixed]
        ]
    return geometry
