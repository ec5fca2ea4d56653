"""Slope of streets: metres that count for more uphill, as if the street were flat.

Speeds of cyclists by gradient after Parkin and Rotheram (2010): 21.6 km/h on the flat, 1.44 km/h
less for each per cent uphill, 0.86 km/h more for each per cent downhill. A metre uphill counts as
many flat metres as it takes time, so limits of reach stay in metres.

What it does not say: heights are read at nodes. Between them a street is taken as even; bridges
and tunnels have the height of the ground. Gradients are capped, for a short street on a coarse
raster is no cliff.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.streets.network import StreetNetwork

FLAT_SPEED = 21.6
"""Speed on the flat, km/h (Parkin and Rotheram 2010)."""
UPHILL = 1.44
"""Speed lost for each per cent uphill, km/h (the same)."""
DOWNHILL = 0.86
"""Speed won for each per cent downhill, km/h (the same)."""
SLOWEST = 4.8
"""Nobody is slower: one walks the bicycle, km/h (80 m/min)."""
STEEPEST = 12.0
"""Steeper gradients are taken as this, per cent (this project's choice)."""


def heights(network: StreetNetwork, elevation: Any, transform: Any) -> Array:
    """Return the height of every node, between the four nearest cell centres.

    Parameters
    ----------
    network : StreetNetwork
    elevation : array of float, shape (rows, columns)
        m, in the CRS of the network; NaN is unknown.
    transform : affine.Affine or six numbers
        ``a, b, c, d, e, f`` of the raster (``b`` and ``d`` 0): corner and size of cells.

    Returns
    -------
    array of float, shape (nodes,)
        m; NaN outside the raster, and beside unknown cells.

    Raises
    ------
    ParameterError
        For a raster that is not two-dimensional, or turned.
    """
    grid = np.asarray(elevation, dtype=float)
    a, b, c, d, e, f = (float(v) for v in tuple(transform)[:6])
    if grid.ndim != 2 or b != 0 or d != 0 or a == 0 or e == 0:
        raise ParameterError(
            _("heights must be a raster with rows and columns along the axes"),
            layer="elevation",
        )
    column, row = (network.x - c) / a - 0.5, (network.y - f) / e - 0.5
    rows, columns = grid.shape
    # half a cell at the rim has no neighbour: the rim's own value holds there
    inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
    column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    u, v = column - left, row - top
    upper = np.where(u > 0, (1 - u) * grid[top, left] + u * grid[top, right], grid[top, left])
    lower = np.where(
        u > 0, (1 - u) * grid[bottom, left] + u * grid[bottom, right], grid[bottom, left]
    )
    found = np.where(v > 0, (1 - v) * upper + v * lower, upper)
    return np.where(inside, found, np.nan)


def gradients(network: StreetNetwork, height: Array) -> Array:
    """Return the gradient of every arc in its direction.

    Parameters
    ----------
    network : StreetNetwork
    height : array of float (nodes,)
        Metres above the sea; NaN where unknown.

    Returns
    -------
    array of float (arcs,)
        Per cent, positive uphill; NaN where the height of an end is unknown, 0 for arcs of no
        length.
    """
    rise = height[network.indices] - height[network.arc_tail]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(network.lengths > 0, 100 * rise / network.lengths, 0.0)


def flat_factor(
    gradient: Any,
    *,
    flat_speed: float = FLAT_SPEED,
    uphill: float = UPHILL,
    downhill: float = DOWNHILL,
    slowest: float = SLOWEST,
    steepest: float = STEEPEST,
) -> Array:
    """Return flat metres per metre at a gradient in per cent; 1 where it is unknown.

    Parameters
    ----------
    gradient : array-like of float
        Per cent; above 0 uphill.
    flat_speed, slowest : float
        km/h.
    uphill, downhill : float
        Speed lost uphill and won downhill, km/h for each per cent.
    steepest : float
        Steeper gradients are taken as this, per cent.

    Examples
    --------
    >>> flat_factor([0, 5, -5]).round(3).tolist()
    [1.0, 1.5, 0.834]
    """
    for name, value in (("flat_speed", flat_speed), ("slowest", slowest)):
        if not 0 < value <= flat_speed:
            raise ParameterError(
                _("parameter {name} is {value}").fill(name=name, value=value),
                remedy=both("0 < slowest <= flat_speed, km/h"),
            )
    steep = np.clip(np.nan_to_num(np.asarray(gradient, float)), -steepest, steepest)
    speed = flat_speed - np.where(steep > 0, uphill, downhill) * steep
    return np.asarray(flat_speed / np.maximum(speed, slowest))


def with_slope(
    network: StreetNetwork, elevation: Any, transform: Any, **speeds: float
) -> StreetNetwork:
    """Return the network with weights in flat metres; streets of unknown height count as flat.

    Parameters
    ----------
    network : StreetNetwork
        Of mode ``bike``, weights in metres.
    elevation, transform
        As for `heights`.
    **speeds
        As for `flat_factor`.

    Returns
    -------
    StreetNetwork
        Its audit counts the streets of unknown height. Give it to ``interchange_access`` as
        ``streets=(network, ...)``: limits are then metres on the flat.
    """
    gradient = gradients(network, heights(network, elevation, transform))
    factor = flat_factor(gradient, **speeds)
    weighted = network.with_weights(network.weights * factor, unit=network.unit)
    unknown = np.unique(network.arc_edge[np.isnan(gradient)])
    audit = network.audit.add(
        network.source.layer,
        "unknown",
        len(unknown),
        _("streets of unknown height: counted as flat"),
    )
    return replace(weighted, audit=audit)
