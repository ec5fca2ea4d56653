"""Where streets are known: inside the extract, away from what was lost in reading it.

A network (or the street layer that holds networks) offers ``extent`` (the area its file covers, in
its CRS; None: everywhere) and ``losses`` (ways that lack nodes, streets stored as relations); both
are read by :meth:`metrogis.evidence.Evidence.of`. Added here: a municipality in which the data have
no street at all is not in the data.

"No path" is certain only where a path could not leave what is known. With :meth:`clearance
<metrogis.evidence.Evidence.clearance>` of both ends, every path no longer than their sum stays on
known land (:func:`surely_apart`); around a single place :func:`known_from` asks the same.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Bools, Floats
from metrogis.evidence.core import Evidence


def streets_evidence(
    streets: Any,
    crs: Any,
    municipalities: gpd.GeoDataFrame | None = None,
    *,
    layer: str = "streets",
) -> Evidence:
    """Return where streets are known.

    Parameters
    ----------
    streets : a street network, a layer of them, several networks, or None
        Whatever offers ``extent`` and ``losses``; of several, all must be known.
    crs : CRS
        Of the network and of the municipalities, metres.
    municipalities : GeoDataFrame, optional
        Those in which a network has no node are unknown as a whole.
    layer : str
        Name of the layer.

    Returns
    -------
    Evidence

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> network = SimpleNamespace(extent=shapely.box(0, 0, 1000, 1000), losses=(),
    ...                           x=np.array([10.0]), y=np.array([10.0]))
    >>> known = streets_evidence(network, "EPSG:2180")
    >>> known.known_near(np.array([[500.0, 500], [900, 500]]), 400).tolist()
    [True, False]
    """
    if isinstance(streets, tuple | list):
        found = [streets_evidence(one, crs, municipalities, layer=layer) for one in streets]
        joined = found[0]
        for one in found[1:]:
            joined = joined & one
        return Evidence(
            layer, joined.known, joined.unknown, joined.losses, joined.doubts, crs, joined.given
        )
    own = Evidence.of(streets, layer, crs, municipalities)
    x, y = getattr(streets, "x", None), getattr(streets, "y", None)
    if municipalities is None or x is None or y is None:
        return own
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    return own.without(shapes[~_with_nodes(shapes, np.asarray(x), np.asarray(y))])


def _with_nodes(shapes: npt.NDArray[np.object_], x: Floats, y: Floats) -> Bools:
    """Tell which areas have a node of the network in them."""
    found = np.zeros(len(shapes), bool)
    box = shapely.bounds(shapes)
    for i in range(len(shapes)):
        near = (x >= box[i, 0]) & (x <= box[i, 2]) & (y >= box[i, 1]) & (y <= box[i, 3])
        if near.any():
            shapely.prepare(shapes[i])
            found[i] = shapely.intersects_xy(shapes[i], x[near], y[near]).any()
    return found


def known_from(evidence: Evidence, points: Any, limit: float | npt.ArrayLike) -> Bools:
    """Tell from which points on the network all paths of at most ``limit`` metres are known.

    Parameters
    ----------
    evidence : Evidence
        Of the streets.
    points : Snapped
        Points on the network; those off it (``known`` is False) are unknown.
    limit : float or array of float
        Metres.
    """
    return np.asarray(points.known, bool) & evidence.known_near(points.point, limit)


def surely_apart(here: npt.ArrayLike, there: npt.ArrayLike, limit: npt.ArrayLike) -> Bools:
    """Tell whether a missing path of at most ``limit`` is certain to be missing.

    Parameters
    ----------
    here, there : float or array of float
        Clearance (m) of the two ends, from :meth:`metrogis.evidence.Evidence.clearance`.
    limit : float or array of float
        Metres of the longest path in question.

    Notes
    -----
    A path that leaves the known land touches its edge: it is at least as long as the clearances of
    its two ends together.

    Examples
    --------
    >>> surely_apart([300.0, 300.0], [900.0, 100.0], 1000).tolist()
    [True, False]
    """
    return np.asarray(here, float) + np.asarray(there, float) > np.asarray(limit, float)
