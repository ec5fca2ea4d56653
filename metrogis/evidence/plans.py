"""Where plans are known: on the land their zones cover, and nowhere else.

A plan covers land, not a municipality because one of its zones is in the data. Slits narrower than
the tolerance within which plans meet count as covered; land inside an act's outline without a zone
does not: what is planned there is not in the data, or the plan has a gap.

"Has a plan" means the same in every check: :attr:`PlanCover.state`, one of :data:`PLAN_STATES`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.evidence.core import Evidence
from metrogis.evidence.losses import Loss
from metrogis.i18n import Text, _

PLAN_STATES: dict[str, Text] = {
    "yes": _("whole"),
    "partly": _("part of it"),
    "outline": _("outline only"),
    "unknown": _("not in the data"),
}
"""What of a municipality's plan is in the data: the whole of it, some zones, the outline of its
act without zones, nothing."""

TOLERANCE = 25.0
"""Metres within which plans meet (they never share a border exactly; this project's choice)."""


@dataclass(frozen=True, eq=False)
class PlanCover:
    """What of each municipality's plan is known.

    Attributes
    ----------
    state : array of str (n,)
        One of :data:`PLAN_STATES` for each municipality.
    share : array of float (n,)
        Share of its land, 0-1, whose plan is known.
    area : array of float (n,)
        Its land, m2.
    unknown : array of geometry (n,)
        Its land whose plan is not known (no zone covers it, or a zone was lost there); empty for a
        whole plan.
    evidence : Evidence
        The same for any place: asked by :meth:`metrogis.evidence.Evidence.known_near` and friends.
    """

    state: Array
    share: Array
    area: Array
    unknown: Array
    evidence: Evidence

    @property
    def known(self) -> Array:
        """Tell in which municipalities some land has a known plan."""
        return np.isin(self.state, ("yes", "partly")) & (self.share > 0)

    @property
    def whole(self) -> Array:
        """Tell in which municipalities all land has a known plan."""
        return np.asarray(self.state == "yes")


def plan_cover(
    base: Evidence,
    municipalities: gpd.GeoDataFrame,
    zones: Any,
    *,
    home: Any = None,
    outlined: Any = None,
    tolerance: float = TOLERANCE,
) -> PlanCover:
    """Find where plans are known.

    Parameters
    ----------
    base : Evidence
        Of the layer of zones: what of it was lost, and where.
    municipalities : GeoDataFrame
        ``teryt``, polygons, metres.
    zones : array of Polygon or MultiPolygon
        Zones whose effect is known, valid, in the municipalities' CRS; they may overlap.
    home : array of int, optional
        Row of the municipality whose plan a zone is of: it counts there only (boundaries of another
        year differ by more than the tolerance). -1, and the default: wherever it lies.
    outlined : array of bool, optional
        Municipalities whose act is in the data.
    tolerance : float
        Strips narrower than this are neither land without a plan nor (where a zone spills over a
        border) land that has one, m.

    Returns
    -------
    PlanCover

    Examples
    --------
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
    ...     geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], crs=2180)
    >>> cover = plan_cover(Evidence("plans", crs=municipalities.crs), municipalities,
    ...     [shapely.box(0, 0, 500, 1000)])
    >>> cover.state.tolist(), cover.share.tolist()
    (['partly', 'unknown'], [0.5, 0.0])
    """
    outlines = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    zones = np.array(list(zones), dtype=object)
    home = np.full(len(zones), -1) if home is None else np.asarray(home, dtype=np.int64)
    losses = tuple(_of_municipality(item, municipalities) for item in base.losses)
    base = replace(base, losses=losses)
    left = _without_zones(outlines, zones, home)
    covered = shapely.difference(outlines, left)
    has_zone = ~shapely.is_empty(_opened(covered, tolerance))
    bare = shapely.intersection(_opened(left, tolerance), left)
    bare[~has_zone] = outlines[~has_zone]  # a neighbour's zone spilling over the border is no plan
    known = base.without(shapely.get_parts(_areas(bare)))
    sure = _areas(known.known_part(outlines))
    unknown = np.where(shapely.is_empty(sure), outlines, _areas(shapely.difference(outlines, sure)))
    unknown[shapely.area(unknown) <= 1e-9 * shapely.area(outlines)] = shapely.Polygon()
    area = shapely.area(outlines)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(1 - shapely.area(unknown) / area, 0.0, 1.0)
    state = np.full(len(outlines), "unknown", dtype=object)
    if outlined is not None:
        state[np.asarray(outlined, dtype=bool)] = "outline"
    state[has_zone] = "partly"
    state[has_zone & shapely.is_empty(unknown)] = "yes"
    return PlanCover(state, share, area, unknown, known)


def _of_municipality(item: Loss, municipalities: gpd.GeoDataFrame) -> Loss:
    """Place a loss that names a municipality by the first six digits of its code."""
    if item.where is not None or not item.codes:
        return item
    short = municipalities["teryt"].astype(str).str.slice(0, 6)
    wanted = {code[:6] for code in item.codes}
    if wanted - set(short):
        return item  # a code that is not here may be an old one: it may be anywhere
    there = short.isin(wanted).to_numpy()
    return replace(item, where=shapely.union_all(municipalities.geometry.to_numpy()[there]))


def _without_zones(outlines: Array, zones: Array, home: Array) -> Array:
    """Return the land of each municipality that no zone of its plan covers."""
    out = outlines.copy()
    for i in np.unique(home[home >= 0]).tolist():
        out[i] = shapely.difference(outlines[i], united(zones[home == i]))
    free = np.flatnonzero(home < 0)
    i, j = shapely.STRtree(zones[free]).query(outlines) if len(free) else (np.zeros(0, int),) * 2
    for k in np.unique(i).tolist():
        out[k] = shapely.difference(out[k], united(zones[free[j[i == k]]]))
    return out


def united(shapes: Array) -> Any:
    """Return the union of polygons: the fast way where they tile without a fault.

    >>> united(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)).area
    2.0
    """
    whole = _tiled(shapes)
    return shapely.union_all(shapes) if whole is None else whole


def _tiled(shapes: Array) -> Any:
    """Return the union of polygons whose edges match exactly; None where some do not.

    Where edges match, dropping those that two polygons share leaves the union. Where they do not,
    what is left is no valid polygon, or its area is not the sum of theirs.
    """
    try:
        whole = shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:
        return None
    total = float(shapely.area(shapes).sum())
    same = abs(float(shapely.area(whole)) - total) <= 1e-9 * total
    return whole if same and shapely.is_valid(whole) else None


def _opened(shapes: Array, width: float) -> Array:
    """Return shapes less what is narrower than ``width`` (they may grow a little at corners)."""
    shapes = _areas(shapes)
    if width <= 0:
        return shapes
    some = ~shapely.is_empty(shapes)
    out = shapes.copy()
    core = shapely.buffer(shapes[some], -width / 2)
    out[some] = shapely.buffer(core, width / 2, join_style="mitre")  # corners come back
    return out


def _areas(shapes: Any) -> Array:
    """Return the polygons of each shape, without the lines and points where two touch."""
    out = np.atleast_1d(np.array(shapes, dtype=object))
    for at in np.flatnonzero(shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(out[at])
        out[at] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    line = (shapely.get_dimensions(out) < 2) | shapely.is_missing(out)
    out[line] = shapely.Polygon()
    return out
