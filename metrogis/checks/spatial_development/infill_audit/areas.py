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

KINDS_OF_BUILDINGS = tuple(str(number) for number in range(101, 111))
"""Kinds of buildings in the classification of fixed assets (KST)."""
TOWNS = "1489"
"""TERYT kinds of towns, town parts and districts of cities."""


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
    kind, odd = _kinds(layer, run.parameters.kst)
    run.note(
        "buildings",
        "unknown",
        len(odd),
        _("kind of building that is no KST kind: it is unknown"),
        odd,
    )
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


def _kinds(layer: gpd.GeoDataFrame, chosen: tuple[str, ...]) -> tuple[Array, list[str]]:
    """Return the KST kind of each building, empty where unknown, and texts that are none.

    Words and codes of other classifications (PKOB 1110 is a house) say nothing of the kind.
    """
    if "kst" not in layer:
        return np.full(len(layer), "", dtype=object), []
    text = layer["kst"].astype("object")
    text = text.where(text.notna(), "").astype(str).str.strip()
    # 110, with a further digit or a decimal of a number, with a name after it
    first = text.str.extract(r"^(\d{3})(?:0|\.\d*|[^\d.].*)?$")[0].fillna("")
    kind = first.where(first.isin([*KINDS_OF_BUILDINGS, *chosen]), "")
    return kind.to_numpy(dtype=object), text[(kind == "") & (text != "")].tolist()


def read_ground(run: Run, roads: gpd.GeoDataFrame | None, soil: gpd.GeoDataFrame | None) -> Ground:
    """Return farmland of class I to III and belts of roads."""
    params = run.parameters
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
        wide = params.road_width / 2 + params.road_distance
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
    params = run.parameters
    most = _statutory(run, row, land, houses, np.ones(len(houses.shapes), bool))
    least = most if houses.sure.all() else _statutory(run, row, land, houses, houses.sure)
    excess = _broad(shapely.difference(drawn, most.shrunk), params.sliver)
    sure = bool(houses.sure.all())
    # of buildings that may count some may, in any choice: Pb and Pu each lie between their ends
    pp_most = params.enlargement * (most.before - least.after)
    pp_least = max(0.0, params.enlargement * (least.before - most.after))
    parts = {"excess": excess}
    complete = _complete(run, land)
    if sure and complete:
        parts["statutory"] = most.shrunk
        parts["unused"] = _broad(shapely.difference(most.shrunk, drawn), params.sliver)
    breach, none = _breach(run, row, excess, most.grown, ground)
    if breach is not None and complete:
        parts["farmland_breach"] = breach
    state = "unknown"
    wide = excess
    if not sure:
        # with the fewest buildings the plan adds the most: all of it must be lawful
        wide = _broad(shapely.difference(drawn, least.shrunk), params.sliver)
        none = _breach(run, row, wide, least.grown, ground)[1]
    if complete and excess.area > pp_most + 1:
        state = "exceeds"
    elif complete and breach is not None and breach.area > 1:
        state = "farmland"
    elif _fits(wide.area, pp_least, sure=complete and none):
        state = "within"
    if not complete or wide.area > excess.area + 1:
        # a building that was lost, or may count, may give the plan the land that it seems to add
        parts.pop("excess")
        parts.pop("farmland_breach", None)
    return Audited(state, drawn, parts, most.allowed if sure and complete else float("nan"))


def _fits(area: float, allowed: float, *, sure: bool) -> bool:
    """Tell whether an enlargement is certainly allowed: there is none, or all else is known."""
    return area <= 1 or (sure and area <= allowed + 1)


def _complete(run: Run, land: Any) -> bool:
    """Tell whether no building that could matter to a plan's land is missing."""
    params = run.parameters
    evidence = run.evidence["buildings"]
    if evidence.complete:
        return True
    return bool(
        evidence.known_near(np.array([land], dtype=object), params.outward + params.distance)[0]
    )


def _statutory(run: Run, row: int, land: Any, houses: Buildings, chosen: Bools) -> ouz.Ouz:
    """Compute the statutory areas of one plan from some of the buildings."""
    params = run.parameters
    if params.neighbours:
        near = _with_neighbours(run, land, houses.shapes, chosen)
    else:
        near = houses.points.query(run.municipalities.geometry.iloc[row], predicate="intersects")
        near = np.sort(near[chosen[near]])
    rules = ouz.OuzParameters(
        distance=params.distance,
        least=params.least,
        outward=params.outward,
        inward=params.inward,
        hole=params.hole,
        enlargement=params.enlargement,
    )
    frame = gpd.GeoDataFrame(geometry=houses.shapes[near], crs=run.crs)
    return ouz.compute(frame, land, parameters=rules)


def _with_neighbours(run: Run, land: Any, shapes: Array, chosen: Bools) -> Array:
    """Return the buildings in or near a plan's land, and those that make groups with them.

    Buildings beyond the border join those inside it, or reach over it by their buffer. A group is
    large enough, or is found whole, after as many steps as it must have buildings.
    """
    params = run.parameters
    rows = np.flatnonzero(chosen)
    tree = shapely.STRtree(shapes[rows])
    found = np.zeros(len(rows), bool)
    last = tree.query(land, predicate="dwithin", distance=params.distance + params.outward)
    found[last] = True
    for _step in range(params.least - 1):
        reached = tree.query(shapes[rows[last]], predicate="dwithin", distance=params.distance)[1]
        last = np.unique(reached[~found[reached]])
        if not len(last):
            break
        found[last] = True
    return np.asarray(rows[found])


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
    is not in the data: there a breach is known only where there is none at all. Near a road that
    was lost in reading the land may be lawful.
    """
    kind = str(run.municipalities["teryt"].iloc[row])[-1:]
    nothing = shapely.Polygon()
    if kind in TOWNS or excess.area <= 1:
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
    if ground.belts is None:
        return None, False
    near = ground.belts[shapely.STRtree(ground.belts).query(excess, predicate="intersects")]
    found = ouz.enlargement_breach(excess, grown, farmland, shapely.union_all(near))
    if found.area > 1:
        params, roads = run.parameters, run.evidence["roads"]
        reach = params.road_width / 2 + params.road_distance
        seen = roads.complete or bool(roads.known_near(np.array([found], dtype=object), reach)[0])
        return (found, False) if seen and kind != "3" else (None, False)
    return (nothing, True) if known else (None, False)
