"""People on small pieces of land, computed once for the checks that ask with the same layers."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import population as people_of
from metrogis.boxes import boxes_of
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import MunicipalPopulation, PopulationCells, Weights
from metrogis.evidence.rasters import mask_of
from metrogis.provenance import Audit, audit_of

_last: dict[str, tuple[gpd.GeoDataFrame, Audit]] = {}


def settle(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    *,
    cells: PopulationCells | None,
    totals: MunicipalPopulation | None,
    weights: Weights | None,
    size: float,
) -> gpd.GeoDataFrame:
    """Return the population of a check's layers on pieces; what was done goes to its audit.

    Several checks of a direction ask this of the same layers, and it takes seconds: the last
    answer is kept, and known again by the content of the layers.

    Parameters
    ----------
    run : Run
    municipalities : GeoDataFrame
    cells, totals, weights : optional
        Layers ``population``, ``population_municipal`` and ``built_up``.
    size : float
        Largest width of a piece, m (:func:`metrogis.population.settle`).
    """
    key = fingerprint(municipalities, cells, totals, weights, size)
    found = _last.get(key) if key is not None else None
    if found is None:
        found = people_of.settle(
            municipalities, cells=cells, totals=totals, max_size=size, weights=weights
        )
        _last.clear()
        if key is not None:
            _last[key] = found
    run.add(found[1])
    return found[0].copy()


def fingerprint(*things: Any) -> str | None:
    """Return a hash of the content of tables, layers, rasters and numbers; None for what is else.

    >>> a = pd.DataFrame({"x": [1, 2]})
    >>> fingerprint(a, None) == fingerprint(a.copy(), None)
    True
    >>> fingerprint(a) == fingerprint(a + 1), fingerprint(object()) is None
    (False, True)
    """
    out = hashlib.blake2b(digest_size=16)
    for thing in things:
        if thing is None or isinstance(thing, (int, float, str)):
            out.update(repr(thing).encode())
        elif isinstance(thing, pd.DataFrame):
            names = [str(c) for c in thing.columns]
            out.update(repr((names, len(thing), list(audit_of(thing)))).encode())
            out.update(repr(mask_of(thing)).encode())
            for position, name in enumerate(thing.columns):
                column = thing.iloc[:, position]
                boxes = boxes_of(column)
                if boxes is not None:
                    out.update(f"{name} {column.crs} boxes".encode())
                    out.update(np.ascontiguousarray(boxes.corners).tobytes())
                elif isinstance(column, gpd.GeoSeries):
                    out.update(f"{name} {column.crs}".encode())
                    shapes = np.asarray(column.array, dtype=object)
                    points, owner = shapely.get_coordinates(shapes, return_index=True)
                    parts = shapely.get_num_geometries(shapes), shapely.get_type_id(shapes)
                    rings = shapely.get_num_interior_rings(shapes)
                    for array in (points, owner, *parts, rings):
                        out.update(np.ascontiguousarray(array).tobytes())
                else:
                    out.update(pd.util.hash_pandas_object(column, index=True).to_numpy().tobytes())
        elif hasattr(thing, "valid") and hasattr(thing, "transform"):  # a Grid
            out.update(repr((thing.transform, str(thing.crs), thing.values.dtype)).encode())
            for array in (thing.values, thing.valid):
                out.update(np.asarray(array).tobytes())
        else:
            return None
        out.update(b"|")
    return out.hexdigest()
