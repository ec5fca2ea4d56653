"""Tables of ``corridor_conflicts``: corridors, conflicts, protected areas, municipalities."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.outlines import beyond
from metrogis.checks.contract.partition import divided
from metrogis.checks.shared.plan_ground import add_plan, known_sum
from metrogis.checks.shared.plans import Plans, read_plans
from metrogis.evidence import Evidence
from metrogis.evidence.rasters import RasterEvidence
from metrogis.landscape import grid as grids
from metrogis.planning.corridors import EFFECTS, Pieces, cut_corridors, withhold
from metrogis.planning.overlay import intersect, ranked, without_overlaps
from metrogis.planning.zones import SeverityTable
from metrogis.texts import Text, number

if TYPE_CHECKING:
    from metrogis.checks.spatial_development.corridor_conflicts.passage import Passages


_HECTARE = 1e4
_ROUNDING = 1.0
"""m2: corridors that share no more than this only touch."""
_PLACES = {"bottlenecks": "bottleneck", "cuts": "cut", "cuts_today": "cut_today"}
_YIELDS = {"barrier": 0, "filter": 1, "permeable": 2, None: 3}


@dataclass(frozen=True)
class Ready:
    """Layers of one run, fit for overlays; positions are rows of the frames.

    Attributes
    ----------
    towns, corridors, zones : GeoDataFrame
    plans : Plans
        Where plans are known.
    pieces : Pieces
        Corridors cut by municipality and zone.
    severity : SeverityTable
    built : array of geometry
        Built-up land near the corridors.
    built_known : Evidence
        Where built-up land is known.
    built_area, built_dark, plan_dark : array of float
        Of each part of ``pieces``: built-up, of unknown building, of unknown plan, m2.
    once : Once
        The same of corridors without what they share: sums of land are of these.
    leads_on : array of bool
        Corridors that may go on in a municipality without an outline.
    """

    towns: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    plans: Plans
    pieces: Pieces
    severity: SeverityTable
    built: Array
    built_known: Evidence
    built_area: Array
    built_dark: Array
    plan_dark: Array
    once: Once
    leads_on: Array


class Once(NamedTuple):
    """Corridors of which every hectare belongs to one: pieces, and areas of their parts (m2)."""

    shapes: Array
    pieces: Pieces
    built_area: Array
    built_dark: Array
    plan_dark: Array


def prepare(run: Run) -> Ready:
    """Bring the layers of a run into shape: zones without overlaps, corridors cut."""
    towns, corridors = run.layers["municipalities"], run.layers["corridors"]
    corridors = corridors.reset_index(drop=True)
    severity = SeverityTable(run.layers["corridor_severity"], layer="corridor_severity")
    plans = read_plans(run, run.check.id, tolerance=run.parameters.tolerance)
    zones = plans.zones
    shapes = zones.geometry.to_numpy().copy()
    harm = [_YIELDS[severity.of(s, None)] for s in zones["symbol"]]
    order = ranked(shapes, harm, zones["symbol"].to_numpy(object))
    near = _near(shapes, corridors, run.layers["protected_areas"])
    shapes[near], changed = without_overlaps(shapes[near], order[near])
    changed = near[changed]
    run.note(
        "plans" if run.layers["plans"] is not None else "planning_zones",
        "repaired",
        len(changed),
        Text(
            "nakładające się strefy: pole policzono raz, dla strefy bardziej ingerującej",
            "overlapping zones: area counted once, for the zone that harms more",
        ),
        zones["label"].iloc[changed].astype(str),
    )
    zones = zones.set_geometry(gpd.GeoSeries(shapes, crs=zones.crs))
    ranks = corridors["rank"].tolist() if "rank" in corridors else [None] * len(corridors)

    def measured(outlines: Array) -> Once:
        cut = cut_corridors(
            outlines,
            ranks,
            divided(towns),
            shapes,
            zones["symbol"].tolist(),
            severity,
        )
        certain = cut.conflicts["severity"].isin(["barrier", "unknown"]).to_numpy()
        cut = withhold(cut, *plans.withheld(cut.conflict_shapes, certain))
        return Once(
            outlines,
            cut,
            _built_area(cut.shapes, built),
            _dark(known, cut.shapes),
            _dark(plans.evidence, cut.shapes),
        )

    built, known = _built(run, corridors)
    own = measured(corridors.geometry.to_numpy())
    _note_outside(run, corridors, own.pieces)
    symbols = list(dict.fromkeys(zones["symbol"]))
    mild = {r: sum(_YIELDS[severity.of(s, r)] for s in symbols) for r in dict.fromkeys(ranks)}
    apart, shared = _shared_once(run, corridors, np.array([mild[r] for r in ranks]))
    once = measured(apart) if shared else own
    return Ready(
        towns,
        corridors,
        zones,
        plans,
        own.pieces,
        severity,
        built,
        known,
        own.built_area,
        own.built_dark,
        own.plan_dark,
        once,
        _leads_on(run, corridors),
    )


def _leads_on(run: Run, corridors: gpd.GeoDataFrame) -> Array:
    """Tell which corridors may go on in a municipality without an outline, or end at it."""
    near = shapely.buffer(corridors.geometry.to_numpy(), run.parameters.tolerance)
    outside = beyond(near, run.layers["municipalities"])
    some = np.array([part is not None for part in outside], dtype=bool)
    run.note(
        "corridors",
        "unknown",
        int(some.sum()),
        Text(
            "korytarze, które mogą wieść przez gminę bez granic w danych: drożności nie oceniono",
            "corridors that may lead through a municipality without an outline: whether they are "
            "open is not judged",
        ),
        corridors["name"][some].astype(str),
    )
    return some


def _shared_once(run: Run, corridors: gpd.GeoDataFrame, mildness: Array) -> tuple[Array, bool]:
    """Return corridors of which land that several share belongs to one, and whether any do.

    The one of the rank for which plans harm more, then the larger one keeps it.
    """
    shapes = corridors.geometry.to_numpy()
    order = ranked(shapes, mildness, -np.round(shapely.area(shapes), 3))
    apart, changed = without_overlaps(shapes.copy(), order, min_area=_ROUNDING)
    twice = float(shapely.area(shapes).sum() - shapely.area(apart).sum()) / _HECTARE
    run.note(
        "corridors",
        "noted",
        len(changed),
        Text(
            f"korytarze nakładają się na {number(twice, 'pl', 1)} ha: w sumach liczy się to raz",
            f"corridors overlap on {number(twice, 'en', 1)} ha: in sums that counts once",
        ),
        corridors["name"].iloc[changed].astype(str),
    )
    return apart, len(changed) > 0


def _dark(evidence: Evidence, shapes: Array) -> Array:
    """Area of each shape in which a layer is not known, m2 (rounding is none)."""
    whole = shapely.area(shapes)
    dark = whole - shapely.area(evidence.known_part(shapes))
    return np.asarray(np.where(dark > 1e-9 * whole, dark, 0.0))


def _near(shapes: Array, *layers: gpd.GeoDataFrame | None) -> Array:
    """Zones that meet a corridor or a protected area: only they are cut."""
    tree = shapely.STRtree(shapes)
    hits = [tree.query(g.geometry.to_numpy(), predicate="intersects")[1] for g in layers
            if g is not None]  # fmt: skip
    return np.unique(np.concatenate(hits))


def _note_outside(run: Run, corridors: gpd.GeoDataFrame, pieces: Pieces) -> None:
    inside = np.bincount(pieces.parts["corridor"], pieces.parts["area"], minlength=len(corridors))
    beyond = corridors.area.to_numpy() - inside
    rows = beyond > 1e-6 * corridors.area.to_numpy() + 1
    run.note(
        "corridors",
        "noted",
        int(rows.sum()),
        Text(
            f"korytarze wychodzą poza gminy metropolii ({beyond[rows].sum() / 1e4:.0f} ha): "
            "liczona jest część wewnątrz",
            f"corridors lead out of the municipalities ({beyond[rows].sum() / 1e4:.0f} ha): the "
            "part inside counts",
        ),
        corridors["name"][rows].astype(str),
    )


def _built(run: Run, corridors: gpd.GeoDataFrame) -> tuple[Array, Evidence]:
    """Return polygons of built-up land near the corridors, and where built-up land is known.

    It is known where every layer that is there knows it: each may hold what the other lacks.
    """
    layer, houses = run.layers["built_up"], run.layers["buildings"]
    found: list[Array] = []
    known: list[Evidence] = []
    if isinstance(layer, gpd.GeoDataFrame):
        found.append(layer.geometry.to_numpy())
        known.append(run.evidence["built_up"])
    elif layer is not None:
        cells, where = _built_cells(run, layer, corridors)
        found.append(cells)
        known.append(where)
    if houses is not None:
        found.append(houses.geometry.to_numpy())
        known.append(run.evidence["buildings"])
    given = [evidence for evidence in known if evidence.given]
    if not given:
        return np.empty(0, dtype=object), Evidence.absent("built_up")
    shapes = np.concatenate(found)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    hits = shapely.STRtree(shapes).query(corridors.geometry.to_numpy(), predicate="intersects")
    return shapes[np.unique(hits[1])], functools.reduce(operator.and_, given)


def _built_cells(run: Run, layer: Any, corridors: gpd.GeoDataFrame) -> tuple[Array, Evidence]:
    import rasterio.features as features

    grid = grids.read(layer, layer="built_up")
    if grid.transform is None or grid.crs is None:
        run.note("built_up", "dropped", 1, Text("raster bez położenia", "raster without a place"))
        return np.empty(0, dtype=object), Evidence.absent("built_up")
    evidence = RasterEvidence.of_grid(grid, "built_up", run.crs)
    run.evidence["built_up"] = evidence
    band = corridors.geometry.to_crs(grid.crs)
    near = features.rasterize(
        band, out_shape=grid.shape, transform=grid.transform, all_touched=True, dtype="uint8"
    )
    unknown = int(((near == 1) & ~grid.valid).sum())
    run.note(
        "built_up",
        "unknown",
        unknown,
        Text("komórki korytarzy bez danych o zabudowie", "corridor cells without data"),
    )
    mask = (near == 1) & grid.valid & (grid.values >= run.parameters.built_up_value)
    shapes = [
        shapely.geometry.shape(s)
        for s, _ in features.shapes(mask.astype("uint8"), mask=mask, transform=grid.transform)
    ]
    return gpd.GeoSeries(shapes, crs=grid.crs).to_crs(run.crs).to_numpy(), evidence


# --------------------------------------------------------------------------- tables


def _sum(values: Any, groups: Any, n: int) -> Array:
    return np.bincount(np.asarray(groups, dtype=np.int64), np.asarray(values, float), minlength=n)


def _built_area(parts: Array, built: Array) -> Array:
    """Built-up area of each part (m2); overlapping outlines count once."""
    over = intersect(parts, built)
    area = np.zeros(len(parts))
    ends = np.flatnonzero(np.diff(over.left)) + 1
    for rows in np.split(np.arange(len(over.left)), ends):
        if len(rows):
            area[over.left[rows[0]]] = shapely.union_all(over.geometry[rows]).area
    return area


def _effects(found: Ready | Once, group: str, n: int, outside: Any = False) -> pd.DataFrame:
    """Areas of corridors by effect, in ha and as shares, by corridor or municipality.

    What is not known stands beside what is; where nothing is known, sums are NaN and not 0: nor
    are they of a corridor that may lie in a municipality without an outline (``outside``).
    """
    parts = found.pieces.parts
    area = _sum(parts["area"], parts[group], n)
    sums = {e: _sum(parts[e], parts[group], n) for e in EFFECTS}
    known = np.where(sums["unknown"] > 0, area - sums["unknown"], area)
    some = known > 1e-6 * area
    nowhere = (area == 0) & ~np.asarray(outside, dtype=bool)
    table = pd.DataFrame({"area_ha": area / _HECTARE})
    for effect in EFFECTS[:3]:
        # "none" of a corridor that lies outside is a fact; of one without a plan it is not
        table[f"{effect}_ha"] = known_sum(sums[effect], some | nowhere) / _HECTARE
    table["unknown_ha"] = sums["unknown"] / _HECTARE
    with np.errstate(invalid="ignore", divide="ignore"):
        table["barrier_share"] = np.where(some, sums["barrier"] / known, np.nan)
        table["unknown_share"] = np.where(area > 0, sums["unknown"] / area, np.nan)
    built, dark = (_sum(v, parts[group], n) for v in (found.built_area, found.built_dark))
    table["built_ha"] = known_sum(built, (area - dark > 1e-6 * area) | nowhere) / _HECTARE
    table["built_unknown_ha"] = dark / _HECTARE
    return table


def corridor_table(run: Run, ready: Ready, found: Passages) -> gpd.GeoDataFrame:
    """One row per corridor: what the plans leave of it."""
    corridors, parts = ready.corridors, ready.pieces.parts
    n = len(corridors)
    table = gpd.GeoDataFrame({"name": corridors["name"]}, crs=run.crs, geometry=corridors.geometry)
    table["rank"] = corridors.get("rank")
    table = table.join(_effects(ready, "corridor", n, ready.leads_on))
    guarded = run.layers["protected_areas"]
    for column in ("protected_ha", "protected_unknown_ha", "protected_share"):
        table[column] = np.nan
    if guarded is not None:
        whole = np.array([shapely.union_all(guarded.geometry.to_numpy())], dtype=object)
        over = intersect(ready.pieces.shapes, shapely.get_parts(whole))
        inside = _sum(over.area, parts["corridor"].to_numpy()[over.left], n)
        dark = _dark(run.evidence["protected_areas"], ready.pieces.shapes)
        area = _sum(parts["area"] - dark, parts["corridor"], n)
        table["protected_ha"] = known_sum(inside, area > 0) / _HECTARE
        table["protected_unknown_ha"] = table["area_ha"] - area / _HECTARE
        with np.errstate(invalid="ignore", divide="ignore"):
            table["protected_share"] = np.where(area > 0, np.minimum(inside / area, 1.0), np.nan)
    table["municipalities"] = (
        parts.groupby("corridor").size().reindex(range(n)).fillna(0).to_numpy()
    )
    return table.join(found.widths)


def totals(run: Run, ready: Ready) -> pd.DataFrame:
    """Areas of all corridors by effect (ha), each hectare once: what sentences say."""
    once, n = ready.once, len(ready.corridors)
    table = _effects(once, "corridor", n)
    guarded = run.layers["protected_areas"]
    table["protected_ha"] = table["protected_unknown_ha"] = np.nan
    if guarded is not None:
        whole = np.array([shapely.union_all(guarded.geometry.to_numpy())], dtype=object)
        over = intersect(once.pieces.shapes, shapely.get_parts(whole))
        dark = _dark(run.evidence["protected_areas"], once.pieces.shapes)
        corridor = once.pieces.parts["corridor"].to_numpy()
        inside = _sum(over.area, corridor[over.left], n)
        area = _sum(once.pieces.parts["area"] - dark, corridor, n)
        table["protected_ha"] = known_sum(inside, area > 0) / _HECTARE
        table["protected_unknown_ha"] = table["area_ha"] - area / _HECTARE
    return table


def conflict_table(run: Run, ready: Ready) -> gpd.GeoDataFrame:
    """One row per corridor, municipality and zone that bars or filters."""
    cuts = ready.pieces.conflicts
    area = ready.corridors.area.to_numpy()
    bars = cuts["severity"].isin(["barrier", "filter"])
    rows = (bars & (cuts["area"] > run.parameters.min_conflict)).to_numpy()
    order = np.flatnonzero(rows)
    order = order[np.argsort(-cuts["area"].to_numpy()[order], kind="stable")]
    some = cuts.iloc[order]
    corridor, zone, town = (some[c].to_numpy() for c in ("corridor", "zone", "town"))
    ranks = ready.corridors["rank"] if "rank" in ready.corridors else pd.Series([None] * len(area))
    return gpd.GeoDataFrame(
        {
            "corridor": ready.corridors["name"].to_numpy()[corridor],
            "rank": ranks.to_numpy()[corridor],
            "municipality": ready.towns["name"].to_numpy()[town],
            "symbol": ready.zones["symbol"].to_numpy()[zone],
            "label": ready.zones["label"].to_numpy()[zone],
            "severity": some["severity"].to_numpy(),
            "area_ha": some["area"].to_numpy() / _HECTARE,
            "corridor_share": some["area"].to_numpy() / area[corridor],
        },
        geometry=ready.pieces.conflict_shapes[order],
        crs=run.crs,
    )


@dataclass(frozen=True)
class Protected:
    """Protected areas under the plans: one row each, and sums by municipality (m2)."""

    frame: gpd.GeoDataFrame
    area: Array
    barrier: Array
    unknown: Array


def protected_table(run: Run, ready: Ready) -> Protected:
    """Protected areas cut by plans; severity is that of a corridor without rank."""
    layer, n = run.layers["protected_areas"], len(ready.towns)
    columns = ["name", "form", "area_ha", *(f"{e}_ha" for e in EFFECTS)]
    if layer is None:
        nothing = gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=run.crs)
        empty = np.full(n, np.nan)
        return Protected(nothing, empty, empty, empty)
    layer = layer.reset_index(drop=True)
    args = (divided(ready.towns), ready.zones.geometry.to_numpy())
    symbols = ready.zones["symbol"].tolist()

    def cut(shapes: Array) -> pd.DataFrame:
        found = cut_corridors(shapes, [None] * len(shapes), *args, symbols, ready.severity)
        certain = found.conflicts["severity"].isin(["barrier", "unknown"]).to_numpy()
        return withhold(found, *ready.plans.withheld(found.conflict_shapes, certain)).parts

    shapes = layer.geometry.to_numpy()
    parts = cut(shapes)
    frame = gpd.GeoDataFrame({"name": layer["name"]}, geometry=shapes, crs=run.crs)
    frame["form"] = layer.get("form")
    area = _sum(parts["area"], parts["corridor"], len(layer))
    frame["area_ha"] = area / _HECTARE
    dark = _sum(parts["unknown"], parts["corridor"], len(layer))
    leads_on = [part is not None for part in beyond(shapes, ready.towns)]
    some = (area - dark > 1e-6 * area) | ((area == 0) & ~np.array(leads_on, dtype=bool))
    for effect in EFFECTS[:3]:
        total = _sum(parts[effect], parts["corridor"], len(layer))
        frame[f"{effect}_ha"] = known_sum(total, some) / _HECTARE
    frame["unknown_ha"] = dark / _HECTARE
    # forms of protection overlap: municipal sums count land once
    once = cut(shapely.get_parts(np.array([shapely.union_all(shapes)], dtype=object)))
    area, barrier, dark = (_sum(once[c], once["town"], n) for c in ("area", "barrier", "unknown"))
    # an area that could not be read may lie here
    listed = run.evidence["protected_areas"].known_within(ready.towns)
    area = known_sum(area, listed)
    some = (area - dark > 1e-6 * area) | (area == 0)
    return Protected(frame[[*columns, "geometry"]], area, known_sum(barrier, some), dark)


def municipal_table(
    run: Run, ready: Ready, protected: Protected, found: Passages
) -> gpd.GeoDataFrame:
    """One row per municipality; what an absent plan does is not known."""
    parts, n = ready.pieces.parts, len(ready.towns)
    table = add_plan(ready.towns[["teryt", "name", "geometry"]].copy(), ready.plans.cover)
    effects = _effects(ready.once, "town", n).rename(columns={"area_ha": "corridor_ha"})
    count = parts.groupby("town").size().reindex(range(n)).fillna(0).to_numpy()
    # a corridor that could not be read may lie here
    listed = run.evidence["corridors"].known_within(ready.towns) | (count > 0)
    table["corridors"] = known_sum(count, listed)
    for column in effects:
        table[column] = np.where(listed, effects[column], np.nan)
    table["protected_ha"] = protected.area / _HECTARE
    table["protected_barrier_ha"] = protected.barrier / _HECTARE
    table["protected_unknown_ha"] = protected.unknown / _HECTARE
    doubtful = ready.leads_on[parts["corridor"].to_numpy()] * 1.0
    dark = _sum(ready.plan_dark + ready.built_dark + doubtful, parts["town"], n) > 0
    kinds = found.bottlenecks["kind"].to_numpy()
    for column, kind in _PLACES.items():
        counts = np.bincount(found.towns[(kinds == kind) & (found.towns >= 0)], minlength=n)
        table[column] = known_sum(counts, listed & ~dark)
    return table
