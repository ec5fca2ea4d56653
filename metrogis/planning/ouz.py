"""Infill areas of a general plan (*obszary uzupełnienia zabudowy*, OUZ) from buildings.

Source: regulation of 2 May 2024, Dz.U. 2024 poz. 729.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _
from metrogis.planning.overlay import polygonal, valid
from metrogis.provenance import Audit

_METRE = 1e-6
"""100 m is 100 m whatever the last bit of a coordinate says; m, and m2 for holes."""


KST = ("101", "103", "105", "106", "107", "109", "110")
"""Kinds of buildings (classification of fixed assets, KST) that the regulation counts."""


@dataclass(frozen=True)
class OuzParameters:
    """Numbers of the regulation.

    Attributes
    ----------
    distance : float
        Buildings no farther apart than this are one group, m.
    least : int
        Fewest buildings of a group.
    outward, inward : float
        Buffer around buildings, and the one taken back, m.
    hole : float
        Enclosed areas up to this are filled, m2.
    enlargement : float
        Share of the area taken back by which OUZ may be enlarged.
    quad_segs : int
        Segments of a quarter circle (this project's choice).
    """

    distance: float = 100.0
    least: int = 5
    outward: float = 50.0
    inward: float = 40.0
    hole: float = 5000.0
    enlargement: float = 0.25
    quad_segs: int = 16


@dataclass(frozen=True, eq=False)
class Ouz:
    """Infill areas.

    Attributes
    ----------
    areas : GeoDataFrame
        One row per connected area: ``group``, ``buildings``, ``area_m2``; CRS of the buildings.
    groups : ndarray of int
        Group of each building, -1 where it has too few neighbours.
    before, after : float
        Pb and Pu: area before the inward buffer and after it, inside the plan, m2.
    allowed : float
        Pp = 0.25 (Pb - Pu): area by which the plan may enlarge them in total, m2.
    grown, shrunk : geometry
        The land before the inward buffer and after it, inside the plan.
    audit : Audit
    """

    areas: gpd.GeoDataFrame
    groups: Array
    before: float
    after: float
    allowed: float
    grown: Any
    shrunk: Any
    audit: Audit


def compute(
    buildings: gpd.GeoDataFrame,
    plan: Any = None,
    *,
    parameters: OuzParameters = OuzParameters(),
    layer: str = "buildings",
) -> Ouz:
    """Compute infill areas.

    Parameters
    ----------
    buildings : GeoDataFrame
        Outlines (polygons) or points, projected CRS in metres. Which buildings count (the
        regulation leaves out, among others, auxiliary ones) is for the caller to choose.
    plan : Plan, GeoDataFrame or polygon, optional
        Area the result is cut to: acts of a plan, polygons, or a geometry in the CRS of
        ``buildings``. Without it nothing is cut.
    parameters : OuzParameters
    layer : str
        Named by errors.

    Returns
    -------
    Ouz

    Raises
    ------
    CRSError
        When the CRS is not metric, or the plan's differs.
    SchemaError, ParameterError
        For a layer without geometry, parameters that are no lengths.

    Notes
    -----
    1. Buildings at most 100 m apart (outline to outline, in chains) form a group; groups of fewer
       than five are left out. 2. Buffer of 50 m around each building, dissolved. 3. Enclosed
       areas of at most 5000 m2 filled. 4. Inward buffer of 40 m. 5. Cut to the plan. Pb and Pu
       are both taken inside the plan; enlargement allowed Pp = 0.25 (Pb - Pu).

    Examples
    --------
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(60 * i, 0, 60 * i + 10, 10) for i in range(5)],
    ...                        crs="EPSG:2180")
    >>> found = compute(row)
    >>> len(found.areas), found.groups.tolist(), round(found.allowed)
    (1, [0, 0, 0, 0, 0], 7271)
    """
    p = parameters
    lengths = (p.distance, p.outward, p.inward, p.hole, p.enlargement)
    if min(lengths) < 0 or p.least < 1 or p.quad_segs < 1:
        raise ParameterError(
            _("parameters of OUZ must be positive"),
            layer=layer,
        )
    if not isinstance(buildings, gpd.GeoDataFrame):
        raise SchemaError(_("the layer has no geometry"), layer=layer)
    crs = crs_rules.require_metric(buildings, layer=layer)
    shapes, some, audit = _outlines(buildings, layer)
    groups = np.full(len(buildings), -1, dtype=np.int64)
    groups[some] = _groups(shapes, p)
    kept = shapes[groups[some] >= 0]
    border = _border(plan, crs)
    # holes are filled before the inward buffer: afterwards they would be wider
    grown = _filled(shapely.union_all(shapely.buffer(kept, p.outward, quad_segs=p.quad_segs)), p)
    shrunk = shapely.buffer(grown, -p.inward, quad_segs=p.quad_segs)
    # both areas inside the plan, so that the enlargement is not one for land outside it
    if border is not None:
        grown, shrunk = shapely.intersection(grown, border), shapely.intersection(shrunk, border)
    before, after = float(grown.area), float(shrunk.area)
    parts = shapely.get_parts(shapely.get_parts(polygonal(np.array([shrunk], dtype=object))))
    parts = parts[shapely.area(parts) > 0]
    inside = shapely.STRtree(kept).query(parts, predicate="intersects")
    group = np.full(len(parts), -1, dtype=np.int64)
    # a connected area may hold buildings of several groups only where their buffers met: the last
    # of them names it
    group[inside[0]] = groups[groups >= 0][inside[1]]
    areas = gpd.GeoDataFrame(
        {
            "group": group,
            "buildings": np.bincount(inside[0], minlength=len(parts)),
            "area_m2": shapely.area(parts),
        },
        geometry=parts,
        crs=buildings.crs,
    )
    audit = audit.add(
        layer,
        "noted",
        int((groups[some] < 0).sum()),
        _("buildings in groups of fewer than {least}: outside OUZ").fill(least=p.least),
    )
    return Ouz(areas, groups, before, after, p.enlargement * (before - after), grown, shrunk, audit)


def enlargement_breach(excess: Any, grown: Any, farmland: Any, road_belts: Any) -> Any:
    """Return the part of an enlargement that farmland of class I to III does not allow.

    Outside towns an enlargement on such land lies inside the area before the inward buffer, and
    within 50 m of the belt of a public road.

    Parameters
    ----------
    excess : geometry
        Drawn beyond the statutory area.
    grown : geometry
        :attr:`Ouz.grown`.
    farmland : geometry
        Farmland of class I to III.
    road_belts : geometry
        Belts of public roads, 50 m wider on each side.

    Examples
    --------
    >>> b = shapely.box
    >>> found = enlargement_breach(b(0, 0, 10, 10), b(0, 0, 10, 5), b(0, 0, 5, 10), b(0, 0, 9, 9))
    >>> found.area
    25.0
    """
    return shapely.difference(
        shapely.intersection(excess, farmland), shapely.intersection(grown, road_belts)
    )


def _outlines(buildings: gpd.GeoDataFrame, layer: str) -> tuple[Array, Array, Audit]:
    shapes = valid(shapely.force_2d(buildings.geometry.to_numpy()))
    void = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    audit = Audit().add(layer, "dropped", int(void.sum()), _("empty geometry"))
    return shapes[~void], np.flatnonzero(~void), audit


def _groups(shapes: Array, p: OuzParameters) -> Array:
    """Number groups of buildings in reach of one another; -1 for the small ones."""
    if not len(shapes):
        return np.empty(0, dtype=np.int64)
    i, j = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=p.distance + _METRE)
    links = coo_array((np.ones(len(i), dtype=bool), (i, j)), shape=(len(shapes), len(shapes)))
    _, label = connected_components(links, directed=False)
    # label numbers the groups, large says which of them count, number gives these new numbers from
    # 0
    large = np.bincount(label) >= p.least
    number = np.where(large, np.cumsum(large) - 1, -1)
    return np.asarray(number[label], dtype=np.int64)


def _filled(shape: Any, p: OuzParameters) -> Any:
    """Fill holes up to the limit: one of exactly 5000 m2 is filled."""
    whole = []
    for part in shapely.get_parts(shape):
        rings = np.asarray(shapely.get_rings(part), dtype=object)
        inner = rings[1:]
        kept = (
            inner[shapely.area(shapely.polygons(inner)) > p.hole + _METRE] if len(inner) else inner
        )
        whole.append(shapely.polygons(rings[0], list(kept) or None))
    return shapely.union_all(np.array(whole, dtype=object))


def _border(plan: Any, crs: Any) -> Any:
    if plan is None:
        return None
    if hasattr(plan, "acts"):
        plan = plan.to_crs(crs).acts
    if isinstance(plan, gpd.GeoDataFrame | gpd.GeoSeries):
        crs_rules.require_same(
            buildings=gpd.GeoSeries([], crs=crs), plan=gpd.GeoSeries([], crs=plan.crs)
        )
        return shapely.union_all(valid(plan.geometry.to_numpy()))
    return valid(np.array([plan], dtype=object))[0]
