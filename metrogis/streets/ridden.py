"""In how many directions each line of cycle infrastructure may be ridden.

It is asked of the one table of direction and access (:mod:`metrogis.streets.permissions`), so that
length, network and stress agree; what stands is decided in :mod:`metrogis.streets.cycleways`.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.osm import lifecycle
from metrogis.osm.tagtable import distinct_tags
from metrogis.provenance import Audit
from metrogis.streets.directions import (
    INFRASTRUCTURE,
    RINGS,
    side_of,
    sides_served,
    traffic_direction,
)
from metrogis.streets.permissions import decide, matters

_OFF_ROAD = ("bridleway", "cycleway", "footway", "path", "pedestrian", "steps", "track")


def directions(routes: gpd.GeoDataFrame, *, layer: str = "cycle_routes") -> tuple[Array, Audit]:
    """Tell in how many directions each line may be ridden: 0, 1 or 2.

    As the table of direction and access says that the network is built by
    (:func:`metrogis.streets.permissions.decide`); of a two-way road with a lane or track on one
    side only the directions count in which that runs. Of lines without ``highway`` only what
    other tags say counts.

    Parameters
    ----------
    routes : GeoDataFrame
        With ``other_tags``, or tags as columns (``oneway``, ``oneway:bicycle``, ...).

    Returns
    -------
    count : array of int, shape (rows,)
    audit : Audit
        How many lines carry no tag that tells: 2 is then a guess; how many are closed to bicycles.

    Examples
    --------
    >>> from shapely import LineString
    >>> routes = gpd.GeoDataFrame(
    ...     {"highway": ["cycleway", "path"], "other_tags": ['"oneway"=>"yes"', None]},
    ...     geometry=[LineString([(0, 0), (9, 0)])] * 2, crs="EPSG:2180")
    >>> directions(routes)[0].tolist()
    [1, 2]
    """
    sets, which, audit = _tag_sets(routes, layer)
    counts = _counts(sets, which, routes)
    silent = np.array([not _tells_direction(tags) for tags in sets], dtype=bool)[which]
    audit = audit.add(
        layer,
        "guessed",
        int((silent & (counts > 0)).sum()),
        _("no tag of direction: counted in both directions"),
    )
    shut = counts == 0
    return counts, audit.add(
        layer,
        "noted",
        int(shut.sum()),
        _("lines that tags close to bicycles: zero in the length by direction"),
        row_names(routes, shut),
    )


def row_names(routes: pd.DataFrame, chosen: Array) -> list[Any]:
    """Return how some rows are called in an audit, six at most.

    Parameters
    ----------
    routes : DataFrame
    chosen : array of bool or int
        A mask, or positions.

    Returns
    -------
    list
        OpenStreetMap's ids where the table has them, else its index.
    """
    column = routes["osm_id"] if "osm_id" in routes else routes.index.to_series()
    return list(column.to_numpy()[chosen][:6])


def ways_ridden(routes: pd.DataFrame) -> Array:
    """Return the counts of :func:`directions` without its audit."""
    sets, which, _ = _tag_sets(routes, "")
    return _counts(sets, which, routes)


def _counts(sets: list[dict[str, str]], which: Array, routes: pd.DataFrame) -> Array:
    told = "state" in routes.columns  # then tags are not what says that a line stands
    return np.array([_ridden(tags, told) for tags in sets], dtype=np.int64)[which]


def _tag_sets(routes: pd.DataFrame, layer: str) -> tuple[list[dict[str, str]], Array, Audit]:
    """Return the distinct tag sets that matter, which of them each row has, and an audit."""
    shape = getattr(routes, "active_geometry_name", None)
    table = pd.DataFrame(routes)[[c for c in routes.columns if isinstance(c, str) and c != shape]]
    if len(table) and any(c in ("tags", "other_tags") or matters(c) for c in table.columns):
        found = distinct_tags(table, matters, layer=layer)
        return found.sets, found.which, found.audit
    return [{}], np.zeros(len(table), np.int64), Audit()


def _ridden(tags: dict[str, str], told: bool) -> int:
    """Return the number of directions in which a line may be ridden as infrastructure.

    ``told``: a column of states says what stands, whatever the tags say of that.
    """
    highway = tags.get("highway")
    verdict = decide(tags, "bike")
    if told and verdict.dropped in ("planned", "gone", "unlisted"):
        highway = None
        tags = {key: value for key, value in tags.items() if not lifecycle.concerns(key)}
    if highway is None:  # no street by its tags, but in the layer all the same
        verdict = decide({**tags, "highway": "cycleway"}, "bike")
    open_ = verdict[:2]
    if highway is not None and _one_sided(tags):
        open_ = sides_served(tags, open_)
    return sum(open_)


def _one_sided(tags: dict[str, str]) -> bool:
    """Tell whether a two-way road has infrastructure on one side only."""
    if tags.get("highway") in _OFF_ROAD or traffic_direction(tags) is not None:
        return False
    sides = [side_of(tags, side)[0] for side in ("left", "right")]
    return (sides[0] in INFRASTRUCTURE) != (sides[1] in INFRASTRUCTURE) and not any(
        kind.startswith("opposite") for kind in sides
    )


def _tells_direction(tags: dict[str, str]) -> bool:
    """Tell whether any tag of a line speaks of directions."""
    if "oneway" in tags or "oneway:bicycle" in tags or tags.get("junction") in RINGS:
        return True
    if any(key.endswith((":oneway", ":forward", ":backward")) for key in tags):
        return True
    sides = [tags.get(f"cycleway:{side}", "") for side in ("left", "right", "both")]
    if any(v.startswith("opposite") for v in (*sides, tags.get("cycleway", ""))):
        return True
    return _one_sided(tags)
