"""Which area services are asked for: the ``bbox`` of a catalog, else what its units take up.

The boundaries themselves are asked for in the box of their voivodeships, known beforehand; all
else in the box of the boundaries that came, with a margin.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from metrogis import crs as crs_rules
from metrogis.catalog.official import units
from metrogis.catalog.paths import paths_of
from metrogis.errors import MetrogisError

if TYPE_CHECKING:
    from metrogis.catalog.metro import Layers

Box = tuple[float, float, float, float]

BOUNDARIES = "municipalities"
MARGIN = 10_000.0
"""Metres around the boundaries that are asked for as well: stations, stops and streets that the
municipalities on the edge use (project choice: more than any distance to a station)."""
STEP = 0.05
"""Degrees to which a box is rounded outwards, so that a border drawn anew asks the same."""


def asked(metro: Layers, layer: str, *, strict: bool = False) -> Box | None:
    """Return the box that a layer is asked for in: west, south, east, north, degrees.

    Parameters
    ----------
    metro : Metro
    layer : str
    strict : bool
        Raise what is wrong with the boundaries, if they are there.

    Returns
    -------
    tuple of float or None
        None where neither the catalog nor boundaries in the data folder tell.

    Raises
    ------
    MetrogisError
        Of the boundaries.
    """
    info = metro.info
    if info.bbox is not None or not info.teryt:
        return info.bbox
    if layer == BOUNDARIES:
        return units.box_of(info.teryt)
    try:
        return _of_boundaries(metro)
    except MetrogisError:
        if strict:
            raise
        return None


def _of_boundaries(metro: Layers) -> Box | None:
    """Return the box around the boundaries as they are in the data folder now."""
    from metrogis.catalog.metro import Layers

    paths = paths_of(metro, metro.catalog.layers[BOUNDARIES])
    try:
        states = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths)
    except OSError:
        return None
    key = (states, metro.info.teryt, metro.info.crs)
    if key not in _KNOWN:
        fresh = Layers(metro.catalog, directory=metro.directory, data=metro.data)
        _KNOWN[key] = around(np.asarray(fresh[BOUNDARIES].total_bounds), metro.crs)
    return _KNOWN[key]


_KNOWN: dict[Hashable, Box | None] = {}
"""Boxes by the state of the files they were read from: each task of a run asks."""


def around(box: np.ndarray, crs: pyproj.CRS) -> Box | None:
    """Return a box in degrees with the margin around, rounded outwards.

    Parameters
    ----------
    box : ndarray
        West, south, east, north in ``crs``, metres.
    crs : pyproj.CRS

    Examples
    --------
    >>> around(np.array([450e3, 700e3, 480e3, 730e3]), pyproj.CRS.from_epsg(2180))
    (18.05, 54.05, 18.85, 54.55)
    """
    if not np.isfinite(box).all():
        return None
    move = pyproj.Transformer.from_crs(crs, crs_rules.GEOGRAPHIC_CRS, always_xy=True)
    west, south, east, north = move.transform_bounds(*(box + MARGIN * np.array([-1, -1, 1, 1])))
    low = [round(math.floor(value / STEP) * STEP, 2) for value in (west, south)]
    high = [round(math.ceil(value / STEP) * STEP, 2) for value in (east, north)]
    return low[0], low[1], high[0], high[1]
