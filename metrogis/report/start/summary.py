"""What a start page shows of one metropolis: its outline, and headline numbers by check."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.atlas import Atlas
from metrogis.checks.contract import Result
from metrogis.municipality import Portraits, headline_numbers
from metrogis.report.licences import publishable

FINE = 200
"""An outline is drawn as finely as this part of its length and width together."""

SMALL = 0.01
"""Parts of less than this share of the largest one are not drawn: they would be specks."""


def summary_of(atlas: Atlas) -> dict[str, Any]:
    """Return what a start page shows of an atlas, as JSON can write it.

    Parameters
    ----------
    atlas : Atlas

    Returns
    -------
    dict
        ``title``; ``created``; ``municipalities`` (how many); ``people`` (sum; null where that of
        one municipality is unknown); ``outline``, polygons of longitudes and latitudes, degrees,
        WGS 84, empty where licences do not allow shapes (all three of a part of a country: of its
        own municipalities); ``checks``: by id ``known_share`` (0-1),
        ``sentence`` and ``measures``: by headline column the ``median``, ``low`` and ``high`` of
        the municipalities of which at least half is known, ``known``, how many these are, and
        ``of``, of how many. What licences keep back is not in it.
    """
    results = [publishable(result) for result in atlas.results.values()]
    part = atlas.metro.info.part
    if part is not None:
        # those around it belong to other parts: each municipality of a country counts once
        results = [_of_these(result, part.inner) for result in results]
    first = results[0].municipalities if results else None
    return {
        "title": atlas.title.forms(),
        "created": atlas.created,
        "municipalities": len(first) if first is not None else 0,
        "people": _number(Portraits(results).population.sum()) if results else None,
        "outline": outline_of(first) if first is not None else [],
        "checks": {result.check.id: _of_check(result) for result in results},
    }


def _of_these(result: Result, codes: Collection[str]) -> Result:
    """Return a result with the rows of some municipalities."""
    table = result.municipalities
    return replace(result, municipalities=table[table["teryt"].isin(list(codes))])


def _of_check(result: Result) -> dict[str, Any]:
    sentences = [finding.render().forms() for finding in result.findings[:1]]
    return {
        "known_share": round(result.known_share, 6),
        "sentence": sentences[0] if sentences else None,
        "measures": {
            name: _of_measure(values) for name, values in headline_numbers(result).items()
        },
    }


def _of_measure(values: np.ndarray) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        return {"median": None, "low": None, "high": None, "known": 0, "of": len(values)}
    return {
        "median": _number(np.median(known)),
        "low": _number(known.min()),
        "high": _number(known.max()),
        "known": len(known),
        "of": len(values),
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def outline_of(municipalities: Any) -> list[list[list[float]]]:
    """Return the outer boundary of municipalities, simplified: polygons of [lon, lat], degrees.

    Examples
    --------
    >>> import geopandas as gpd
    >>> west = np.array([470_000, 475_000])
    >>> squares = shapely.box(west, 720_000, west + 5000, 725_000)
    >>> frame = gpd.GeoDataFrame(geometry=squares, crs=2180)
    >>> [len(ring) for ring in outline_of(frame)]
    [5]
    """
    shapes = municipalities.geometry.to_numpy()
    there = shapely.is_valid(shapes) & ~shapely.is_empty(shapes) & ~shapely.is_missing(shapes)
    if not there.any() or municipalities.crs is None:
        return []
    whole = shapely.union_all(shapely.force_2d(shapes[there]))
    west, south, east, north = whole.bounds
    step = (east - west + north - south) / FINE
    # what is narrower than the step between neighbours would stay as slits
    parts = shapely.get_parts(whole.buffer(step / 2).buffer(-step / 2).simplify(step / 2))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    areas = shapely.area(parts)
    move = pyproj.Transformer.from_crs(municipalities.crs, crs_rules.GEOGRAPHIC_CRS, always_xy=True)
    found = []
    for part in parts[areas >= SMALL * areas.max()] if len(parts) else ():
        lon, lat = move.transform(*shapely.get_coordinates(part.exterior).T)
        found.append(np.round(np.column_stack([lon, lat]), 4).tolist())
    return found
