"""Tables of ``corridor_conflicts``: corridors, conflicts, protected areas, municipalities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.spatial_development.plan_inputs import zone_owners, zones_of
from metrogis.landscape import grid as grids
from metrogis.planning.corridors import EFFECTS, Pieces, cut_corridors
from metrogis.planning.overlay import intersect, without_overlaps
from metrogis.planning.zones import SeverityTable
from metrogis.texts import Text

if TYPE_CHECKING:
    from metrogis.checks.spatial_development.corridor_passage import Passages

Array = npt.NDArray[Any]

_HECTARE = 1e4
_YIELDS = {"barrier": 0, "filter": 1, "permeable": 2, None: 3}


@dataclass(frozen=True)
class Ready:
    """Layers of one run, fit for overlays; positions are rows of the frames."""

    towns: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    pieces: Pieces
    severity: SeverityTable
    built: Array
    built_known: bool
    has_plan: Array


def prepare(run: Run) -> Ready:
    """Bring the layers of a run into shape: zones without overlaps, corridors cut."""
    towns, corridors = run.layers["municipalities"], run.layers["corridors"]
    corridors = corridors.reset_index(drop=True)
    severity = SeverityTable(run.layers["corridor_severity"], layer="corridor_severity")
    zones = zones_of(run, run.check.id)
    order = np.array([_YIELDS[severity.of(s, None)] for s in zones["symbol"]], dtype=np.int64)
    shapes = zones.geometry.to_numpy().copy()
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
    pieces = cut_corridors(
        corridors.geometry.to_numpy(),
        ranks,
        towns.geometry.to_numpy(),
        shapes,
        zones["symbol"].tolist(),
        severity,
    )
    _note_outside(run, corridors, pieces)
    built, known = _built(run, corridors)
    owner = zone_owners(run, zones, towns)
    has_plan = np.bincount(owner[owner >= 0], minlength=len(towns)) > 0
    return Ready(towns, corridors, zones, pieces, severity, built, known, has_plan)


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


def _built(run: Run, corridors: gpd.GeoDataFrame) -> tuple[Array, bool]:
    """Return polygons of built-up land near the corridors, and whether anything tells of it."""
    layer, houses = run.layers["built_up"], run.layers["buildings"]
    found: list[Array] = []
    if isinstance(layer, gpd.GeoDataFrame):
        found.append(layer.geometry.to_numpy())
    elif layer is not None:
        found.append(_built_cells(run, layer, corridors))
    if houses is not None:
        found.append(houses.geometry.to_numpy())
    if not found:
        return np.empty(0, dtype=object), False
    shapes = np.concatenate(found)
    hits = shapely.STRtree(shapes).query(corridors.geometry.to_numpy(), predicate="intersects")
    return shapes[np.unique(hits[1])], True


def _built_cells(run: Run, layer: Any, corridors: gpd.GeoDataFrame) -> Array:
    import rasterio.features as features

    grid = grids.read(layer, layer="built_up")
    if grid.transform is None or grid.crs is None:
        run.note("built_up", "dropped", 1, Text("raster bez położenia", "raster without a place"))
        return np.empty(0, dtype=object)
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
    return gpd.GeoSeries(shapes, crs=grid.crs).to_crs(run.crs).to_numpy()


# --------------------------------------------------------------------------- tables


def _sum(values: Any, groups: Any, n: int) -> Array:
    return np.bincount(np.asarray(groups, dtype=np.int64), np.asarray(values, float), minlength=n)


def _built_area(ready: Ready) -> Array:
    """Built-up area of each piece (m2); overlapping outlines count once."""
    parts = ready.pieces.shapes
    over = intersect(parts, ready.built)
    area = np.zeros(len(parts))
    ends = np.flatnonzero(np.diff(over.left)) + 1
    for rows in np.split(np.arange(len(over.left)), ends):
        if len(rows):
            area[over.left[rows[0]]] = shapely.union_all(over.geometry[rows]).area
    return area


def corridor_table(run: Run, ready: Ready, found: Passages) -> gpd.GeoDataFrame:
    """One row per corridor: what the plans leave of it."""
    corridors, parts = ready.corridors, ready.pieces.parts
    n = len(corridors)
    table = gpd.GeoDataFrame({"name": corridors["name"]}, crs=run.crs, geometry=corridors.geometry)
    table["rank"] = corridors.get("rank")
    area = _sum(parts["area"], parts["corridor"], n)
    table["area_ha"] = area / _HECTARE
    for effect in EFFECTS:
        table[f"{effect}_ha"] = _sum(parts[effect], parts["corridor"], n) / _HECTARE
    with np.errstate(invalid="ignore", divide="ignore"):
        known = area - _HECTARE * table["unknown_ha"].to_numpy()
        table["barrier_share"] = np.where(
            known > 0, _HECTARE * table["barrier_ha"].to_numpy() / known, np.nan
        )
        table["unknown_share"] = np.where(
            area > 0, _HECTARE * table["unknown_ha"].to_numpy() / area, np.nan
        )
    built = _built_area(ready) if ready.built_known else np.full(len(parts), np.nan)
    table["built_ha"] = _sum(built, parts["corridor"], n) / _HECTARE
    guarded = run.layers["protected_areas"]
    table["protected_share"] = np.nan
    if guarded is not None:
        whole = np.array([shapely.union_all(guarded.geometry.to_numpy())], dtype=object)
        over = intersect(ready.pieces.shapes, shapely.get_parts(whole))
        inside = _sum(over.area, parts["corridor"].to_numpy()[over.left], n)
        with np.errstate(invalid="ignore", divide="ignore"):
            table["protected_share"] = np.where(area > 0, inside / area, np.nan)
    table["municipalities"] = (
        parts.groupby("corridor").size().reindex(range(n)).fillna(0).to_numpy()
    )
    return table.join(found.widths)


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
    args = (ready.towns.geometry.to_numpy(), ready.zones.geometry.to_numpy())
    symbols = ready.zones["symbol"].tolist()

    def cut(shapes: Array) -> pd.DataFrame:
        return cut_corridors(shapes, [None] * len(shapes), *args, symbols, ready.severity).parts

    shapes = layer.geometry.to_numpy()
    parts = cut(shapes)
    frame = gpd.GeoDataFrame({"name": layer["name"]}, geometry=shapes, crs=run.crs)
    frame["form"] = layer.get("form")
    frame["area_ha"] = _sum(parts["area"], parts["corridor"], len(layer)) / _HECTARE
    for effect in EFFECTS:
        frame[f"{effect}_ha"] = _sum(parts[effect], parts["corridor"], len(layer)) / _HECTARE
    # forms of protection overlap: municipal sums count land once
    once = cut(shapely.get_parts(np.array([shapely.union_all(shapes)], dtype=object)))
    sums = (_sum(once[c], once["town"], n) for c in ("area", "barrier", "unknown"))
    return Protected(frame[[*columns, "geometry"]], *sums)


def municipal_table(
    run: Run, ready: Ready, protected: Protected, found: Passages
) -> gpd.GeoDataFrame:
    """One row per municipality; what an absent plan does is not known."""
    parts, n = ready.pieces.parts, len(ready.towns)
    table = ready.towns[["teryt", "name", "geometry"]].copy()
    table["plan"] = np.where(ready.has_plan, "yes", "unknown")
    area = _sum(parts["area"], parts["town"], n)
    table["corridors"] = parts.groupby("town").size().reindex(range(n)).fillna(0).to_numpy()
    table["corridor_ha"] = area / _HECTARE
    for effect in EFFECTS:
        table[f"{effect}_ha"] = _sum(parts[effect], parts["town"], n) / _HECTARE
    unknown = table["unknown_ha"].to_numpy() * _HECTARE
    dark = (area > 0) & (area - unknown <= 1e-6 * area)  # no plan there: nothing is known, not 0
    table.loc[dark, [f"{e}_ha" for e in EFFECTS[:3]]] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        share = _sum(parts["barrier"], parts["town"], n) / (area - unknown)
        table["barrier_share"] = np.where(~dark & (area > 0), share, np.nan)
        table["unknown_share"] = np.where(area > 0, unknown / area, np.nan)
    built = _built_area(ready) if ready.built_known else np.full(len(parts), np.nan)
    table["built_ha"] = _sum(built, parts["town"], n) / _HECTARE
    table["protected_ha"] = protected.area / _HECTARE
    told = ready.has_plan | (protected.area == 0)
    table["protected_barrier_ha"] = np.where(told, protected.barrier / _HECTARE, np.nan)
    kinds = found.bottlenecks["kind"]
    names = found.bottlenecks["municipality"]
    for column, kind in (("bottlenecks", "bottleneck"), ("cuts", "cut")):
        counts = names[kinds == kind].value_counts()
        table[column] = table["name"].map(counts).fillna(0).to_numpy()
    return table
