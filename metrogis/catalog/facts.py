"""What a layer that was read holds: rows, duplicates, how much lies in which municipality.

Facts are plain values: another process can tell them (:meth:`metrogis.Metro.tell_facts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio import features

from metrogis import teryt
from metrogis.boxes import boxes_of
from metrogis.catalog import inspect

CODES = ("teryt", "origin", "destination")
"""Columns by which a table is joined to municipalities."""

WIDE = ("coverage", "cycle_coverage")
"""Layers whose rows may name all municipalities, or those of a county."""

ANY = ("*", "all")
_AT_A_TIME = 500_000
"""Places looked up at a time: bounds memory."""
_FULL = 7
"""Digits of a code; fewer are a county or a voivodeship."""


@dataclass(frozen=True)
class Facts:
    """What is in one layer.

    Attributes
    ----------
    rows : int or None
        Rows of a table, features, stop times of a timetable; None for rasters, streets, plans.
    crs : str or None
        Name of its CRS, where it has one.
    there : dict of str to int, or None
        TERYT of each municipality -> how many rows, features, stops, junctions or valid cells are
        in it or touch it, or name it; None where the layer has no places.
    elsewhere : int or None
        Of those, how many are in no municipality of the metropolis.
    guessed : int
        Municipalities whose code differs from the table's in its last digit only.
    duplicates : int or None
        Rows that repeat another in every column and in geometry.
    """

    rows: int | None
    crs: str | None
    there: Mapping[str, int] | None = None
    elsewhere: int | None = None
    guessed: int = 0
    duplicates: int | None = None


def facts_of(layer: Any, municipalities: gpd.GeoDataFrame | None, *, wide: bool = False) -> Facts:
    """Count what is in a layer.

    Parameters
    ----------
    layer : any
        As :class:`metrogis.Metro` gives it.
    municipalities : GeoDataFrame or None
        ``teryt`` and polygons in the CRS of the layer; None: nothing is counted by municipality.
    wide : bool
        Whether a row may name all municipalities (``*``) or those of a county, as tables of
        coverage write it; elsewhere the row of a county says nothing of a municipality.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"]}, crs=2180,
    ...     geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)])
    >>> table = pd.DataFrame({"teryt": ["2261011", "0264011", "0264011"], "people": [7, 9, 9]})
    >>> facts = facts_of(table, towns)
    >>> facts.there, facts.elsewhere, facts.duplicates
    ({'2261011': 1, '2262011': 0}, 2, 1)
    """
    rows, crs = inspect.length(layer), inspect.crs_name(layer)
    twice = _duplicates(layer) if isinstance(layer, pd.DataFrame) else None
    if municipalities is None:
        return Facts(rows, crs, duplicates=twice)
    codes = [str(code) for code in municipalities["teryt"]]
    columns = [c for c in CODES if isinstance(layer, pd.DataFrame) and c in layer.columns]
    if columns and not isinstance(layer, gpd.GeoDataFrame):
        there, elsewhere, guessed = _by_code(codes, layer[columns], wide)
        return Facts(rows, crs, there, elsewhere, guessed, twice)
    if isinstance(getattr(layer, "valid", None), np.ndarray):
        return Facts(rows, crs, _by_cell(codes, municipalities, layer))
    places = _places(layer, municipalities.crs)
    if places is None:
        return Facts(rows, crs, duplicates=twice)
    there, elsewhere = _by_place(codes, municipalities, places)
    return Facts(rows, crs, there, elsewhere, 0, twice)


def _duplicates(frame: pd.DataFrame) -> int:
    """Count rows that say nothing new. Texts are compared where values cannot be hashed."""
    plain = pd.DataFrame(frame)
    boxes = boxes_of(frame)
    if boxes is not None:
        plain = plain.drop(columns=str(frame.geometry.name)).assign(
            **dict(zip(("_x0", "_y0", "_x1", "_y1"), np.asarray(boxes.corners).T, strict=True))
        )
    elif isinstance(frame, gpd.GeoDataFrame):
        texts = shapely.to_wkb(np.asarray(frame.geometry.to_numpy(), dtype=object), hex=True)
        plain = plain.assign(**{str(frame.geometry.name): texts})
    try:
        return int(plain.duplicated().sum())
    except TypeError:
        return int(plain.astype(str).duplicated().sum())


def _by_code(codes: list[str], table: pd.DataFrame, wide: bool) -> tuple[dict[str, int], int, int]:
    """Count the rows that name each municipality; rows that name none; codes that were guessed."""
    values = table.astype("object").apply(lambda c: c.map(lambda v: "" if pd.isna(v) else str(v)))
    named = sorted(set(np.unique(values.to_numpy().astype(str)).tolist()) - {""})
    match = teryt.match_codes(codes, named)
    of = {found: [wanted] for wanted, found in match.mapping.items()}
    if wide:
        for text in named:
            if text in ANY or len(text) < _FULL:
                of[text] = [code for code in codes if text in ANY or code.startswith(text)]
    there = dict.fromkeys(codes, 0)
    # a flow inside one municipality is one row
    rows = pd.Series(list(map(frozenset, values.to_numpy().tolist())), dtype=object)
    for row, count in rows.value_counts().items():
        for code in {code for text in row for code in of.get(text, ())}:
            there[code] += int(count)
    none = ~values.apply(lambda c: c.map(lambda text: bool(of.get(text)))).any(axis=1)
    return there, int(none.sum()), len(match.guessed)


def _by_cell(
    codes: list[str], municipalities: gpd.GeoDataFrame, raster: Any
) -> dict[str, int] | None:
    """Count the valid cells whose middle is in each municipality."""
    valid, transform = raster.valid, getattr(raster, "transform", None)
    if transform is None or valid.ndim != 2 or raster.crs != municipalities.crs:
        return None
    shapes = [
        (shape, i)
        for i, shape in enumerate(municipalities.geometry, 1)
        if shape is not None and not shape.is_empty
    ]
    if not shapes:
        return dict.fromkeys(codes, 0)
    home = features.rasterize(shapes, out_shape=valid.shape, transform=transform, dtype="int32")
    counts = np.bincount(home[valid], minlength=len(codes) + 1)[1:]
    return dict(zip(codes, counts.tolist(), strict=True))


def _places(layer: Any, crs: Any) -> Any:
    """Return the shapes of what is in a layer; None where it has no places."""
    if isinstance(layer, gpd.GeoDataFrame):
        boxes = boxes_of(layer)
        return boxes if boxes is not None else np.asarray(layer.geometry.to_numpy(), dtype=object)
    if hasattr(layer, "stop_points"):
        return np.asarray(layer.stop_points(crs).geometry.to_numpy(), dtype=object)
    zones = getattr(layer, "zones", None)
    if isinstance(zones, gpd.GeoDataFrame):
        return np.asarray(zones.geometry.to_numpy(), dtype=object)
    x, y = getattr(layer, "x", None), getattr(layer, "y", None)
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return shapely.points(x, y)
    return None


def _by_place(
    codes: list[str], municipalities: gpd.GeoDataFrame, places: Any
) -> tuple[dict[str, int], int]:
    """Count the shapes that each municipality shares more than a border with; those in none."""
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    there, elsewhere = np.zeros(len(codes), np.int64), 0
    for first in range(0, len(places), _AT_A_TIME):
        part = np.asarray(places[first : first + _AT_A_TIME], dtype=object)
        counts, outside = _counted(shapes, part)
        there, elsewhere = there + counts, elsewhere + outside
    return dict(zip(codes, there.tolist(), strict=True)), elsewhere


def _counted(shapes: Any, places: Any) -> tuple[Any, int]:
    """Count by municipality some places at a time; and those in none."""
    usable = ~(shapely.is_missing(places) | shapely.is_empty(places))
    tree = shapely.STRtree(places[usable])
    town, at = tree.query(shapes, predicate="intersects")
    area = shapely.get_dimensions(tree.geometries[at]) == 2
    # a neighbour's zone meets the border and is not in the municipality
    touching = np.zeros(len(at), bool)
    touching[area] = shapely.touches(shapes[town[area]], tree.geometries[at[area]])
    counts = np.bincount(town[~touching], minlength=len(shapes))
    inside = np.unique(at[~touching])
    return counts, int(usable.sum()) - len(inside)
