"""Marks of the content of layers: two layers share one only where they say the same.

A layer read from a file has the hash of the file; one built in memory, or changed by a scenario,
has this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.i18n import Text

SKIPPED = ("audit", "source")
"""Attributes of a layer that are no part of what it says."""


def fingerprint(layer: Any) -> str:
    """Return a mark of what a layer holds; empty where its kind is not known.

    Parameters
    ----------
    layer : object
        A table with or without geometry, a raster, a timetable, or any frozen dataclass of such.
        Audit and source are no part of it; the order of rows is.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1, 2]})
    >>> fingerprint(one) == fingerprint(one.copy()), fingerprint(one) == fingerprint(one + 1)
    (True, False)
    >>> fingerprint(object())
    ''
    """
    digest = hashlib.sha256()
    return digest.hexdigest() if _add(digest, layer) else ""


def _add(digest: Any, value: Any) -> bool:
    """Add a value to a digest; False where its kind is not known."""
    if isinstance(value, pd.DataFrame):
        return _add_table(digest, value)
    if isinstance(value, np.ndarray):
        digest.update(f"array {value.dtype} {value.shape}".encode())
        if value.dtype == object:
            return all(_add(digest, item) for item in value.ravel().tolist())
        digest.update(np.ascontiguousarray(value).tobytes())
        return True
    if isinstance(value, Mapping):
        digest.update(f"mapping {len(value)}".encode())
        return all(_add(digest, str(k)) and _add(digest, v) for k, v in value.items())
    if isinstance(value, tuple | list):
        digest.update(f"sequence {len(value)}".encode())
        return all(_add(digest, item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__name__.encode())
        names = [f.name for f in fields(value) if f.name not in SKIPPED]
        return all(_add(digest, getattr(value, name)) for name in names)
    if value is None or isinstance(value, str | int | float | bool | bytes | np.generic):
        digest.update(f"{type(value).__name__} {value!r};".encode("utf-8", "surrogatepass"))
        return True
    if isinstance(value, Text):
        return _add(digest, value.forms())
    if isinstance(value, shapely.Geometry):
        digest.update(shapely.to_wkb(value))
        return True
    plain = type(value).__module__.partition(".")[0] in ("pyproj", "affine", "datetime", "pandas")
    if plain:
        digest.update(f"{type(value).__name__} {value!r};".encode())
    return plain


def _add_table(digest: Any, table: pd.DataFrame) -> bool:
    digest.update(f"table {len(table)}".encode())
    if isinstance(table, gpd.GeoDataFrame):
        digest.update(str(table.crs).encode())
    for name, values in table.items():
        digest.update(f"column {name!r} {values.dtype}".encode())
        if isinstance(values.dtype, gpd.array.GeometryDtype):
            for wkb in shapely.to_wkb(values.to_numpy()).tolist():
                digest.update(wkb or b"-")
        else:
            try:
                marks = pd.util.hash_pandas_object(values, index=False)
            except TypeError:  # objects that cannot be hashed: lists, sets
                marks = pd.util.hash_pandas_object(values.map(repr), index=False)
            digest.update(marks.to_numpy().tobytes())
    return True
