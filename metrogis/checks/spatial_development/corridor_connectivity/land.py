"""Layers of ``corridor_connectivity`` made ready: land in blocks, today and with zones built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Raster, Table
from metrogis.checks.shared.built_land import taken
from metrogis.checks.shared.known_land import KnownLand, known_land
from metrogis.checks.shared.plans import Plans, read_plans, zone_owners
from metrogis.checks.spatial_development.corridor_connectivity.inputs import Inputs
from metrogis.errors import MissingLayerError, SchemaError
from metrogis.evidence.plans import PlanCover
from metrogis.i18n import _
from metrogis.landscape import blocks as blocking
from metrogis.landscape import grid as grids
from metrogis.landscape import landcover
from metrogis.landscape.blocks import Blocks, ZoneEffects
from metrogis.landscape.burn import burn
from metrogis.landscape.expected import CLASSES
from metrogis.landscape.grid import Grid
from metrogis.landscape.habitats import Rules
from metrogis.planning.zones import SeverityTable

_HARM = {None: 0, "permeable": 1, "filter": 2, "barrier": 3}


@dataclass(frozen=True)
class Land:
    """What the check computes with; zones and towns are positions in their frames, -1: none.

    Attributes
    ----------
    municipalities, zones : GeoDataFrame
    severity : ndarray
        Of each zone; None where the symbol is unknown.
    owner : ndarray
        Town of each zone.
    plans : PlanCover or None
        What of each town's plan is known; None: no plan is in the data.
    cover : KnownLand
        What of each town's land cover is known.
    dark : ndarray of bool or None
        Blocks with land of a town whose cover is not known; None: there is no such land.
    blocks : Blocks
        Towns are rows 1, 2, ... of its sums.
    town, told : ndarray
        Of each block, by its centre: town, and whether its plan is known.
    rules : Rules
    cheapest : float
        Least resistance of any class: unknown land costs no less.
    """

    municipalities: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    severity: Array
    owner: Array
    plans: PlanCover | None
    cover: KnownLand
    dark: Array | None
    blocks: Blocks
    town: Array
    told: Array
    rules: Rules
    cheapest: float

    @property
    def has_plan(self) -> Array:
        """Tell of which towns some of the plan is known."""
        return np.zeros(len(self.municipalities), bool) if self.plans is None else self.plans.known

    @property
    def whole_plan(self) -> Array:
        """Tell of which towns all of the plan is known."""
        return np.zeros(len(self.municipalities), bool) if self.plans is None else self.plans.whole

    @property
    def any_plan(self) -> bool:
        """Whether anything is known of what is planned."""
        return bool(self.has_plan.any())


def prepare(run: Run, inputs: Inputs) -> Land:
    """Gather land cover, zones and roads in blocks of cells.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Land

    Raises
    ------
    SchemaError
        If the table of classes names no habitat that the raster has.
    MissingLayerError
        If there is no such table, and the codes read as CORINE Land Cover hold no habitat.
    """
    params = run.parameters
    municipalities = run.municipalities
    cover = _cover(run, inputs.land_cover, inputs.land_cover_classes, municipalities)
    lookup = landcover.look_up(cover, landcover.class_table(inputs.land_cover_classes))
    run.add(lookup.audit)
    cover = replace(cover, valid=lookup.codes > 0)  # a class the table does not name is no data
    run.note(
        "land_cover",
        "unknown",
        int((~cover.valid).sum()),
        _("cells without data: neither habitat nor a way through"),
    )  # fmt: skip
    if inputs.land_cover_classes is None:
        run.note(
            "land_cover",
            "guessed",
            1,
            _("no table of classes: codes are read as CORINE Land Cover"),
        )
    plans, zones, severity = _zones(run, inputs)
    owner = zone_owners(run, zones, municipalities) if len(zones) else np.empty(0, np.int64)
    assert cover.transform is not None
    effects = _effects(run, inputs.zone_resistance, plans, zones, severity, cover)
    town_cells = burn(
        municipalities.geometry.to_numpy(),
        np.arange(1, len(municipalities) + 1),
        cover.shape,
        cover.transform,
    )
    known = known_land(
        run, ("land_cover",), cover, town_cells, municipalities, edge_share=params.edge_share
    )
    factor = max(1, int(params.cell_size / max(cover.cell) + 1e-6))
    land = blocking.build(
        cover, lookup, factor, zones=effects, roads=_roads(run, inputs, cover), towns=town_cells,
        town_count=len(municipalities),
    )  # fmt: skip
    # the middle cell of each block says whose land, and whose plan, it is
    middle = (slice(factor // 2, None, factor),) * 2
    town = _fit(town_cells[middle], land.shape).astype(np.int64) - 1
    told = effects.known[_fit(effects.cells[middle], land.shape)]
    dark = None if known.dark is None else _any_in(known.dark, factor, land.shape)
    if not (land.habitat > 0).any():
        own = inputs.land_cover_classes is not None
        kind, at = (SchemaError, "land_cover") if own else (MissingLayerError, "land_cover_classes")
        raise kind(
            _("no class of land cover is habitat"),
            layer=at,
            remedy=_("give the table land_cover_classes (code, habitat, resistance): "
"without it codes are read as CORINE Land Cover"),
        )  # fmt: skip
    rules = Rules(
        params.habitat_share,
        params.min_patch * 1e4,
        params.max_cost,
        params.distance,
        params.probability,
    )
    cheapest = float(np.nanmin(lookup.resistance))
    return Land(
        municipalities,
        zones,
        severity,
        owner,
        None if plans is None else plans.cover,
        known,
        dark,
        land,
        town,
        told,
        rules,
        cheapest,
    )


def _any_in(cells: Array, factor: int, shape: tuple[int, int]) -> Array:
    """Tell which blocks have one of the cells."""
    rows, columns = np.nonzero(cells)
    out = np.zeros(shape, bool)
    out[rows // factor, columns // factor] = True
    return out


def _fit(values: Array, shape: tuple[int, int]) -> Array:
    """Repeat the last row or column where a block at the edge has no middle cell."""
    more = [(0, want - have) for want, have in zip(shape, values.shape, strict=True)]
    return np.pad(values, more, mode="edge") if any(m[1] for m in more) else values


def _cover(
    run: Run, land_cover: Raster, land_cover_classes: Table | None, municipalities: gpd.GeoDataFrame
) -> Grid:
    """Land cover of the municipalities and a margin around them."""
    given = grids.read(land_cover, layer="land_cover")
    cover = given if land_cover_classes is not None else taken(run, "land_cover", given, CLASSES)
    t = cover.transform
    if t is None or cover.crs is None:
        raise SchemaError(
            _("the raster has no place (CRS)"),
            layer="land_cover",
            remedy=_("give its CRS and transform"),
        )
    west, south, east, north = municipalities.total_bounds
    margin = run.parameters.margin
    columns = sorted(((west - margin - t.c) / t.a, (east + margin - t.c) / t.a))
    rows = sorted(((north + margin - t.f) / t.e, (south - margin - t.f) / t.e))
    window = []
    for (low, high), size in zip((rows, columns), cover.shape, strict=True):
        window.append(slice(max(0, int(np.floor(low))), max(0, min(size, int(np.ceil(high))))))
    down, across = window
    values = cover.values[down, across]
    if values.size == 0 or not cover.valid[down, across].any():
        raise SchemaError(
            _("the raster covers no municipality"),
            layer="land_cover",
            remedy=_("check its extent and CRS"),
        )
    moved = Affine(t.a, t.b, t.c + across.start * t.a, t.d, t.e, t.f + down.start * t.e)
    return replace(cover, values=values, valid=cover.valid[down, across], transform=moved)


def _zones(run: Run, inputs: Inputs) -> tuple[Plans | None, gpd.GeoDataFrame, Array]:
    """What is known of plans, zones, what each does; none where no plan is in the data."""
    if inputs.plans is None and inputs.planning_zones is None:
        run.note(
            "plans",
            "unknown",
            len(run.municipalities),
            _("no plans: what they do is unknown"),
        )
        empty: dict[str, list[Any]] = {"symbol": [], "label": [], "teryt": []}
        frame = gpd.GeoDataFrame(empty, geometry=[], crs=run.crs)
        return None, frame, np.empty(0, dtype=object)
    plans = read_plans(run, inputs.plans, inputs.planning_zones)
    zones = plans.zones
    table = SeverityTable(inputs.corridor_severity, layer="corridor_severity")
    return plans, zones, np.array([table.of(s, None) for s in zones["symbol"]], dtype=object)


def _effects(
    run: Run,
    zone_resistance: Table | None,
    plans: Plans | None,
    zones: gpd.GeoDataFrame,
    severity: Array,
    cover: Grid,
) -> ZoneEffects:
    table = landcover.zone_resistances(zone_resistance)
    harm = np.array([_HARM[s] for s in severity], dtype=np.int64)
    order = np.argsort(harm, kind="stable")  # overlapping zones: the one that harms more
    assert cover.transform is not None
    # the last one burned stays: the zone that harms most of those that overlap
    cells = burn(
        zones.geometry.to_numpy()[order], order + 1, cover.shape, cover.transform, dtype=np.int32
    )
    if plans is not None:
        # where a zone was lost only a barrier is certain: another may lie over the zone read there
        mild = np.concatenate([[True], harm < _HARM["barrier"]])
        if plans.evidence.lost_anywhere:
            cells[mild[cells]] = 0
        elif plans.lost is not None:
            lost = burn([plans.lost], [1], cover.shape, cover.transform, dtype=np.uint8) == 1
            cells[lost] = np.where(mild[cells[lost]], 0, cells[lost])
    # row 0 stands for land without a zone
    takes, resistance = np.zeros(len(zones) + 1), np.zeros(len(zones) + 1)
    takes[1:] = np.where(harm == _HARM["barrier"], 1 - run.parameters.barrier_keeps, 0.0)
    changes = harm >= _HARM["filter"]
    own = np.array([table.get(s, 0.0) for s in zones["symbol"]], dtype=float)
    resistance[1:] = np.where(changes, own, 0.0)
    return ZoneEffects(cells, takes, resistance, np.concatenate([[False], harm > 0]))


def _roads(run: Run, inputs: Inputs, cover: Grid) -> Array | None:
    from rasterio import features

    roads = inputs.roads
    if roads is None or roads.empty:
        return None
    if "highway" not in roads:
        raise SchemaError(_("column highway is missing"), layer="roads")
    table = landcover.resistance_table(
        inputs.road_resistance, "highway", landcover.ROAD_RESISTANCE, layer="road_resistance"
    )
    kinds = roads["highway"].astype(str).str.removesuffix("_link")
    values = kinds.map(table).to_numpy(float, na_value=np.nan)
    used = ~np.isnan(values) & ~(roads.geometry.is_empty | roads.geometry.isna()).to_numpy()
    run.note(
        "roads",
        "dropped",
        int((~used).sum()),
        _("roads of classes without a resistance"),
        kinds[~used].unique(),
    )
    if not used.any():
        return None
    # the last one drawn stays: the road of the greatest resistance
    order = np.argsort(values[used], kind="stable")
    pairs = zip(roads.geometry[used].iloc[order], values[used][order], strict=True)
    out: Array = features.rasterize(
        list(pairs), out_shape=cover.shape, transform=cover.transform, all_touched=True,
        dtype="float32",
    )  # fmt: skip
    return out
