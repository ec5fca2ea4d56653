"""Layers of one run in shape: corridors cut by municipality and zone, built-up land near them."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Areas, Raster
from metrogis.checks.contract.outlines import beyond
from metrogis.checks.contract.partition import divided
from metrogis.checks.shared.plans import Plans, read_plans
from metrogis.checks.spatial_development.corridor_conflicts.inputs import Inputs
from metrogis.evidence import Evidence
from metrogis.evidence.rasters import RasterEvidence
from metrogis.i18n import _
from metrogis.landscape import grid as grids
from metrogis.planning.corridors import TOUCH, Pieces, cut_corridors, withhold
from metrogis.planning.overlay import intersect, ranked, without_overlaps
from metrogis.planning.zones import SeverityTable

HECTARE = 1e4


_YIELDS = {"barrier": 0, "filter": 1, "permeable": 2, None: 3}


@dataclass(frozen=True)
class Ready:
    """Layers of one run, fit for overlays; positions are rows of the frames.

    Attributes
    ----------
    municipalities, corridors, zones : GeoDataFrame
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

    municipalities: gpd.GeoDataFrame
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


def prepare(run: Run, inputs: Inputs) -> Ready:
    """Bring the layers of a run into shape: zones without overlaps, corridors cut.

    Where zones overlap, land counts once, for the zone that harms more; so it does where corridors
    overlap, in :class:`Once` (sums over corridors), while each corridor has its own land in
    ``pieces``.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Ready
    """
    municipalities, corridors = run.municipalities, inputs.corridors
    corridors = corridors.reset_index(drop=True)
    severity = SeverityTable(inputs.corridor_severity, layer="corridor_severity")
    plans = read_plans(run, inputs.plans, inputs.planning_zones, tolerance=run.parameters.tolerance)
    zones = plans.zones
    shapes = zones.geometry.to_numpy().copy()
    harm = [_YIELDS[severity.of(s, None)] for s in zones["symbol"]]
    order = ranked(shapes, harm, zones["symbol"].to_numpy(object))
    # overlaps of zones matter only near corridors and protected areas
    near = _near(shapes, corridors, inputs.protected_areas)
    shapes[near], changed = without_overlaps(shapes[near], order[near])
    changed = near[changed]
    run.note(
        "plans" if inputs.plans is not None else "planning_zones",
        "repaired",
        len(changed),
        _("overlapping zones: area counted once, for the zone that harms more"),
        zones["label"].iloc[changed].astype(str),
    )
    zones = zones.set_geometry(gpd.GeoSeries(shapes, crs=zones.crs))
    ranks = corridors["rank"].tolist() if "rank" in corridors else [None] * len(corridors)

    def measured(outlines: Array) -> Once:
        cut = cut_corridors(
            outlines,
            ranks,
            divided(municipalities),
            shapes,
            zones["symbol"].tolist(),
            severity,
        )
        # a barrier stays one whatever else was planned there; unknown stays unknown
        certain = cut.conflicts["severity"].isin(["barrier", "unknown"]).to_numpy()
        cut = withhold(cut, *plans.withheld(cut.conflict_shapes, certain))
        return Once(
            outlines,
            cut,
            _built_area(cut.shapes, built),
            dark_area(known, cut.shapes),
            dark_area(plans.evidence, cut.shapes),
        )

    built, known = _built(run, inputs.built_up, inputs.buildings, corridors)
    own = measured(corridors.geometry.to_numpy())
    _note_outside(run, corridors, own.pieces)
    symbols = list(dict.fromkeys(zones["symbol"]))
    mild = {r: sum(_YIELDS[severity.of(s, r)] for s in symbols) for r in dict.fromkeys(ranks)}
    apart, shared = _shared_once(run, corridors, np.array([mild[r] for r in ranks]))
    once = measured(apart) if shared else own
    return Ready(
        municipalities,
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
    outside = beyond(near, run.municipalities)
    some = np.array([part is not None for part in outside], dtype=bool)
    run.note(
        "corridors",
        "unknown",
        int(some.sum()),
        _(
            "corridors that may lead through a municipality without an outline: "
            "whether they are open is not judged"
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
    apart, changed = without_overlaps(shapes.copy(), order, min_area=TOUCH)
    twice = float(shapely.area(shapes).sum() - shapely.area(apart).sum()) / HECTARE
    run.note(
        "corridors",
        "noted",
        len(changed),
        _("corridors overlap on {twice:1} ha: in sums that counts once").fill(twice=twice),
        corridors["name"].iloc[changed].astype(str),
    )
    return apart, len(changed) > 0


def dark_area(evidence: Evidence, shapes: Array) -> Array:
    """Return the area of each shape in which a layer is not known.

    Parameters
    ----------
    evidence : Evidence
        Of the layer.
    shapes : ndarray of polygon (shapes,)

    Returns
    -------
    ndarray of float (shapes,)
        m2; less than a billionth of the shape is rounding of overlays, and 0.
    """
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
    # a millionth of the area and a square metre: rounding of overlays is no land outside
    rows = beyond > 1e-6 * corridors.area.to_numpy() + 1
    run.note(
        "corridors",
        "noted",
        int(rows.sum()),
        _("corridors lead out of the municipalities ({value} ha): the part inside counts").fill(
            value=f"{beyond[rows].sum() / 10000.0:.0f}"
        ),
        corridors["name"][rows].astype(str),
    )


def _built(
    run: Run, built_up: Raster | None, buildings: Areas | None, corridors: gpd.GeoDataFrame
) -> tuple[Array, Evidence]:
    """Return polygons of built-up land near the corridors, and where built-up land is known.

    It is known where every layer that is there knows it: each may hold what the other lacks.
    """
    layer, houses = built_up, buildings
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
        run.note("built_up", "dropped", 1, _("raster without a place"))
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
        _("corridor cells without data"),
    )
    # only cells near corridors become polygons: the raster may cover a country
    mask = (near == 1) & grid.valid & (grid.values >= run.parameters.built_up_value)
    shapes = [
        shapely.geometry.shape(s)
        for s, _unused in features.shapes(mask.astype("uint8"), mask=mask, transform=grid.transform)
    ]
    return gpd.GeoSeries(shapes, crs=grid.crs).to_crs(run.crs).to_numpy(), evidence


def _built_area(parts: Array, built: Array) -> Array:
    """Built-up area of each part (m2); overlapping outlines count once."""
    over = intersect(parts, built)
    area = np.zeros(len(parts))
    # each piece of one part with its own outlines only: `left` is sorted
    ends = np.flatnonzero(np.diff(over.left)) + 1
    for rows in np.split(np.arange(len(over.left)), ends):
        if len(rows):
            area[over.left[rows[0]]] = shapely.union_all(over.geometry[rows]).area
    return area
