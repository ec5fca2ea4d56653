"""Do outlines of municipalities divide the land: overlaps and gaps, in hectares.

Registers disagree about whose land it is. Land that two outlines hold counts once, in the sums of
the municipality with the lower code (:func:`divided`); land between them is in none. Every check
that measures land says it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.provenance import Audit

SLIT = 25.0
"""Metres: outlines of neighbours that lie apart by less than twice this leave a gap."""
_LEAST = 1.0
"""m2 that are rounding."""
_HECTARE = 1e4
_KEPT = 8


class Partition(NamedTuple):
    """How far outlines divide the land; areas in m2, pairs as rows of the municipalities.

    ``twice``: area counted more than once, as often as it is counted again; ``gap``: area inside
    the outer outline, or between neighbours, that none of them holds.
    """

    twice: float
    pairs: list[tuple[int, int]]
    gap: float
    gaps: int


_seen: OrderedDict[bytes, Partition] = OrderedDict()


def partition(municipalities: gpd.GeoDataFrame) -> Partition:
    """Measure overlaps and gaps of municipal outlines.

    Parameters
    ----------
    municipalities : GeoDataFrame of polygons
        CRS in metres. Missing and empty outlines are left out.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(crs="EPSG:2180", geometry=[
    ...     shapely.box(0, 0, 1000, 1000), shapely.box(900, 0, 2000, 1000),
    ...     shapely.box(2010, 0, 3000, 1000)])
    >>> found = partition(towns)
    >>> round(found.twice), found.pairs, round(found.gap), found.gaps
    (100000, [(0, 1)], 10000, 1)
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    some = shapes[placed]
    # every check of an atlas asks the same: one answer for one set of outlines
    key = hashlib.sha1(b"".join(shapely.to_wkb(some)), usedforsecurity=False).digest() + (
        placed.tobytes()
    )
    found = _seen.get(key)
    if found is None:
        found = _measured(some, placed)
        _seen[key] = found
        while len(_seen) > _KEPT:
            _seen.popitem(last=False)
    return found


def divided(municipalities: gpd.GeoDataFrame) -> Array:
    """Return the outlines with each hectare in one: of two that overlap the lower code keeps it.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``; CRS in metres.

    Returns
    -------
    ndarray of geometry (municipalities,)
        The outlines themselves where none overlap.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2262011", "2261011"]}, crs="EPSG:2180", geometry=[
    ...     shapely.box(0, 0, 1000, 1000), shapely.box(900, 0, 2000, 1000)])
    >>> (shapely.area(divided(towns)) / 1e4).tolist()
    [90.0, 110.0]
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    pairs = partition(municipalities).pairs
    if not pairs:
        return shapes
    out = shapes.copy()
    code = municipalities["teryt"].to_numpy(dtype=str)
    rivals: dict[int, list[int]] = {}
    for a, b in pairs:
        one, other = (a, b) if (code[a], a) < (code[b], b) else (b, a)
        rivals.setdefault(other, []).append(one)
    for row, others in rivals.items():
        out[row] = shapely.difference(shapes[row], shapely.union_all(shapes[others]))
    return out


def _measured(shapes: Array, rows: Array) -> Partition:
    whole = shapely.union_all(shapes)
    twice = float(shapely.area(shapes).sum() - shapely.area(whole))
    pairs: list[tuple[int, int]] = []
    tree = shapely.STRtree(shapes)
    if twice > _LEAST:
        a, b = tree.query(shapes, predicate="intersects")
        a, b = a[a < b], b[a < b]
        shared = shapely.area(shapely.intersection(shapes[a], shapes[b])) > _LEAST
        pairs = [(int(rows[i]), int(rows[j])) for i, j in zip(a[shared], b[shared], strict=True)]
    holes = [
        hole
        for part in shapely.get_parts(whole)
        for hole in map(shapely.Polygon, shapely.get_rings(part)[1:])
    ]
    # slits that lead out of the whole are no holes: they lie between two neighbours
    style: dict[str, Any] = {"quad_segs": 1, "join_style": "mitre"}
    closed = shapely.buffer(shapely.buffer(whole, SLIT, **style), -SLIT, **style)
    slits = shapely.get_parts(shapely.difference(closed, shapely.union_all([whole, *holes])))
    slits = slits[shapely.area(slits) > _LEAST]
    if len(slits):
        slit, _ = tree.query(slits, predicate="dwithin", distance=1e-3)
        slits = slits[np.bincount(slit, minlength=len(slits)) > 1]
    gaps = [g for g in (*holes, *slits) if g.area > _LEAST]
    return Partition(
        twice if twice > _LEAST else 0.0, pairs, float(sum(g.area for g in gaps)), len(gaps)
    )


def audit_of_partition(municipalities: gpd.GeoDataFrame) -> Audit:
    """Return the rows of the audit on overlaps and gaps, with hectares.

    >>> towns = gpd.GeoDataFrame({"name": ["A", "B"]}, crs="EPSG:2180", geometry=[
    ...     shapely.box(0, 0, 1000, 1000), shapely.box(900, 0, 2000, 1000)])
    >>> for row in audit_of_partition(towns):
    ...     print(row.count, row.examples, row.what.en, sep=", ")
    1, A / B, municipalities overlap on 10.00 ha: it counts once, in the one with the lower code
    """
    found = partition(municipalities)
    names = municipalities["name"].astype(str).to_numpy()
    audit = Audit().add(
        "municipalities",
        "noted",
        len(found.pairs),
        _(
            "municipalities overlap on {area:2} ha: it counts once, in the one with the lower code"
        ).fill(area=found.twice / _HECTARE),
        [f"{names[a]} / {names[b]}" for a, b in found.pairs],
    )
    return audit.add(
        "municipalities",
        "noted",
        found.gaps,
        _("gaps between municipalities, {area:2} ha: that land is in no municipal sum").fill(
            area=found.gap / _HECTARE
        ),
    )
