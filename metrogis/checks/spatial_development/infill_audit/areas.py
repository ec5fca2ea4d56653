"""Statutory and drawn infill areas of one municipality, and what the difference is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array, Bools
from metrogis.checks.contract import Run
from metrogis.checks.shared.soils import good_soil
from metrogis.i18n import _
from metrogis.planning import ouz
from metrogis.planning.overlay import valid


@dataclass(frozen=True, eq=False)
class Buildings:
    """Buildings that count, or may.

    Attributes
    ----------
    shapes : array of geometry (n,)
    sure : ndarray of bool (n,)
        False for those of unknown kind.
    points : STRtree
        A point of each: its municipality's buildings are found by it.
    """

    shapes: Array
    sure: Bools
    points: shapely.STRtree


@dataclass(frozen=True, eq=False)
class Ground:
    """Farmland of class I to III, and belts of roads; None where the layer is not there.

    ``doubt`` is land whose class of soil cannot be read.
    """

    farmland: Array | None
    belts: Array | None
    doubt: Array


@dataclass(frozen=True, eq=False)
class Audited:
    """What a plan draws against what it may.

    Attributes
    ----------
    state : str
        ``within``, ``exceeds``, ``farmland``, ``none`` or ``unknown``.
    drawn : geometry or None
    parts : dict of str to geometry
        ``statutory``, ``excess``, ``unused``, ``farmland_breach``, where known.
    allowed : float
        Pp, m2; NaN: unknown.
    """

    state: str
    drawn: Any = None
    parts: dict[str, Any] = field(default_factory=dict)
    allowed: float = float("nan")

    def area(self, name: str) -> float:
        """Return the area of a part, m2; NaN where it is not known."""
        if name == "pp":
            return self.allowed
        shape = self.drawn if name == "drawn" else self.parts.get(name)
        return float("nan") if shape is None else float(shape.area)

    def shape(self, kind: str) -> Any:
        """Return what of the drawn and the statutory land is of a kind."""
        if kind == "kept":
            statutory = self.parts.get("statutory")
            if statutory is None or self.drawn is None:
                return None
            return shapely.intersection(self.drawn, statutory)
        return self.parts.get(kind)


def read_buildings(run: Run, layer: gpd.GeoDataFrame | None) -> Buildings | None:
    """Return the buildings whose kind counts or is not known; None without the layer."""
    if layer is None:
        run.note("buildings", "unknown", 1, _("no buildings: statutory areas are unknown"))
        return None
    shapes = valid(layer.geometry.to_numpy())
    if "kst" not in layer:
        kind = np.full(len(layer), "", dtype=object)
    else:
        text = layer["kst"].astype("object")
        kind = text.where(text.notna(), "").astype(str).str.strip().str[:3].to_numpy()
    unknown = kind == ""
    counted = unknown | np.isin(kind, run.parameters.kst)
    run.note(
        "buildings",
        "dropped",
        int((~counted).sum()),
        _("buildings of kinds that the regulation does not count"),
    )
    run.note(
        "buildings",
        "unknown",
        int(unknown.sum()),
        _("buildings of unknown kind: they may count or not"),
    )
    kept = shapes[counted]
    points = np.asarray(shapely.point_on_surface(kept), dtype=object)
    return Buildings(kept, ~unknown[counted], shapely.STRtree(points))


def read_ground(run: Run, roads: gpd.GeoDataFrame | None, soil: gpd.GeoDataFrame | None) -> Ground:
    """Return farmland of class I to III and belts of roads."""
    p = run.parameters
    farmland = belts = None
    doubt: Array = np.zeros(0, dtype=object)
    if soil is None:
        run.note("soil_classes", "unknown", 1, _("no classes of soil: breaches are unknown"))
    else:
        good, odd = good_soil(run, soil)
        farmland, doubt = valid(good.geometry.to_numpy()), valid(odd.geometry.to_numpy())
    if roads is None:
        run.note("roads", "unknown", 1, _("no layer of roads: breaches are unknown"))
    else:
        wide = p.road_width / 2 + p.road_distance
        belts = shapely.buffer(roads.geometry.to_numpy(), wide)
    return Ground(farmland, belts, doubt)


def audit_of(
    run: Run, row: int, drawn: Any, land: Any, houses: Buildings | None, ground: Ground
) -> Audited:
    """Return what a plan draws on its land against what the regulation gives there.

    Parameters
    ----------
    row : int
        Municipality.
    drawn : geometry
        Union of its infill areas.
    land : geometry
        Outline of the plan.
    houses : Buildings or None
    ground : Ground
    """
    if houses is None:
        return Audited("unknown", drawn)
    p = run.parameters
    most = _statutory(run, row, land, houses, np.ones(len(houses.shapes), bool))
    least = most if houses.sure.all() else _statutory(run, row, land, houses, houses.sure)
    excess = _broad(shapely.difference(drawn, most.shrunk), p.sliver)
    allowed = max(most.allowed, least.allowed)
    parts = {"excess": excess}
    complete = _complete(run, land)
    if houses.sure.all() and complete:
        parts["statutory"] = most.shrunk
        parts["unused"] = _broad(shapely.difference(most.shrunk, drawn), p.sliver)
    breach, none = _breach(run, row, excess, most.grown, ground)
    if breach is not None and complete:
        parts["farmland_breach"] = breach
    state = "unknown"
    wide = _broad(shapely.difference(drawn, least.shrunk), p.sliver)
    if complete and excess.area > allowed + 1:
        state = "exceeds"
    elif complete and breach is not None and breach.area > 1:
        state = "farmland"
    elif _fits(wide.area, min(most.allowed, least.allowed), sure=complete and none):
        state = "within"
    if not complete:
        # a building that was lost may give the plan the land that it seems to add
        parts.pop("excess")
        allowed = float("nan")
    return Audited(state, drawn, parts, allowed if houses.sure.all() else float("nan"))


def _fits(area: float, allowed: float, *, sure: bool) -> bool:
    """Tell whether an enlargement is certainly allowed: there is none, or all else is known."""
    return area <= 1 or (sure and area <= allowed + 1)


def _complete(run: Run, land: Any) -> bool:
    """Tell whether no building that could matter to a plan's land is missing."""
    p = run.parameters
    evidence = run.evidence["buildings"]
    if evidence.complete:
        return True
    return bool(evidence.known_near(np.array([land], dtype=object), p.outward + p.distance)[0])


def _statutory(run: Run, row: int, land: Any, houses: Buildings, chosen: Bools) -> ouz.Ouz:
    """Compute the statutory areas of one plan from some of the buildings."""
    p = run.parameters
    if p.neighbours:
        # buildings beyond the border join those inside it, or reach over it by their buffer
        tree = shapely.STRtree(houses.shapes)
        near = tree.query(land, predicate="dwithin", distance=p.distance + p.outward)
    else:
        near = houses.points.query(run.municipalities.geometry.iloc[row], predicate="intersects")
    near = np.sort(near[chosen[near]])
    rules = ouz.OuzParameters(
        distance=p.distance,
        least=p.least,
        outward=p.outward,
        inward=p.inward,
        hole=p.hole,
        enlargement=p.enlargement,
    )
    frame = gpd.GeoDataFrame(geometry=houses.shapes[near], crs=run.crs)
    return ouz.compute(frame, land, parameters=rules)


def _broad(shape: Any, width: float) -> Any:
    """Return the parts of a shape that are no slivers: those that a disc of ``width`` fits in."""
    if width <= 0 or shape.is_empty:
        return shape
    core = shapely.buffer(shape, -width / 2, quad_segs=2)
    if core.is_empty:
        return shapely.Polygon()
    return shapely.intersection(shape, shapely.buffer(core, width, quad_segs=2))


def _breach(run: Run, row: int, excess: Any, grown: Any, ground: Ground) -> tuple[Any, bool]:
    """Return the land added against the rule on farmland, and whether there is certainly none.

    In towns the rule does not hold. Of a municipality of town and villages the outline of its town
    is not in the data: there a breach is known only where there is none at all.
    """
    kind = str(run.municipalities["teryt"].iloc[row])[-1:]
    nothing = shapely.Polygon()
    if kind == "1" or excess.area <= 1:
        return nothing, True
    if ground.farmland is None:
        return None, False
    soil = run.evidence["soil_classes"]
    known = soil.complete or bool(soil.known_within(np.array([excess], dtype=object))[0])
    known &= not shapely.intersects(ground.doubt, excess).any()
    farmland = shapely.union_all(
        ground.farmland[shapely.STRtree(ground.farmland).query(excess, predicate="intersects")]
    )
    touched = shapely.intersection(excess, farmland)
    if touched.area <= 1:
        return (nothing, True) if known else (None, False)
    if ground.belts is None or kind == "3":
        return None, False
    near = ground.belts[shapely.STRtree(ground.belts).query(excess, predicate="intersects")]
    found = ouz.enlargement_breach(excess, grown, farmland, shapely.union_all(near))
    if found.area > 1:
        return found, False
    return (nothing, True) if known else (None, False)
