"""What do the plans do to the connectivity of nature: today, with them built, after each fix?

Where a municipality's plan is not in the data, what it does to nature is *unknown*.
"""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np

from metrogis.arrays import Array
from metrogis.checks.contract import Finding, Outcome, Run, check
from metrogis.checks.shared.known_land import some_names
from metrogis.checks.spatial_development.corridor_connectivity import presentation as texts
from metrogis.checks.spatial_development.corridor_connectivity.inputs import Inputs
from metrogis.checks.spatial_development.corridor_connectivity.land import Land, prepare
from metrogis.checks.spatial_development.corridor_connectivity.parameters import (
    CorridorConnectivityParameters,
)
from metrogis.checks.spatial_development.corridor_connectivity.reading import READING
from metrogis.checks.spatial_development.corridor_connectivity.restoration import (
    restoration,
    restoration_findings,
)
from metrogis.checks.spatial_development.corridor_connectivity.tables import (
    States,
    conflict_table,
    link_table,
    municipal_table,
    patch_table,
)
from metrogis.checks.spatial_development.corridor_connectivity.taken import TAKEN
from metrogis.errors import SchemaError
from metrogis.i18n import Text, _
from metrogis.landscape import current as currents
from metrogis.landscape import flowmap, habitats, leastcost
from metrogis.landscape.grid import Grid
from metrogis.landscape.openings import Openings

_HECTARE = 1e4


@check(
    id="corridor_connectivity",
    direction="1.2.1",
    section="4-ecological-connectivity",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
    overlays=texts.OVERLAYS,
)
def corridor_connectivity(
    inputs: Inputs, params: CorridorConnectivityParameters, run: Run
) -> Outcome:
    """Find what the plans do to the connectivity of nature, and which fix keeps most of it.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS.
    land_cover : Grid
        Classes, in the same CRS.
    plans : Plan, optional
        From :func:`metrogis.sources.app_gml.read_app`, any CRS; or
    planning_zones : GeoDataFrame, optional
        Schema ``PlanningZones``. Without both, today only: the plan is unknown.
    corridors, protected_areas : GeoDataFrame, optional
        Schemas ``Corridors``, ``ProtectedAreas``: how much of the links and patches they hold.
    roads : GeoDataFrame, optional
        Lines with OSM ``highway``: each cell they touch resists by ``road_resistance``.
    land_cover_classes : DataFrame, optional
        ``code``, ``habitat`` (0-1), ``resistance``; CORINE Land Cover without it.
    zone_resistance, road_resistance : DataFrame, optional
        ``symbol`` or ``highway``, ``resistance``: overrule the defaults
        (:data:`metrogis.landscape.landcover.ZONE_RESISTANCE`, ``ROAD_RESISTANCE``).
    corridor_severity : DataFrame, optional
        ``symbol``, ``rank`` (empty), ``severity``: which zones are barriers and filters.
    **parameters
        See :class:`CorridorConnectivityParameters`.

    Returns
    -------
    Result
        Features ``patches`` (dPC and its parts, %; state), ``links`` (least-cost paths),
        ``conflicts`` (barrier zones on habitat or links; ECA in ha each one costs),
        ``restorations`` (sites where restoring land shortens a link most, verified); rasters
        ``current_today``, ``current_plan`` (A), ``resistance``, ``barriers`` (cost that a restored
        disc spares, per metre).

    Raises
    ------
    SchemaError
        No class of the land cover is habitat, or the raster covers no municipality.
    MissingLayerError, ParameterError, CRSError

    Examples
    --------
    >>> from affine import Affine
    >>> from shapely import box
    >>> from metrogis.landscape import grid
    >>> classes = np.full((20, 60), 211)
    >>> classes[:, :20] = classes[:, 30:] = 312          # two forests, 500 m of fields between
    >>> cover = grid.read(classes, transform=Affine(50, 0, 0, 0, -50, 1000), crs="EPSG:2180")
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...     geometry=[box(0, 0, 3000, 1000)], crs="EPSG:2180")
    >>> zones = gpd.GeoDataFrame({"symbol": ["SU", "SO", "SO"], "label": ["1SU", "1SO", "2SO"]},
    ...     geometry=[box(1000, 0, 1500, 1000), box(0, 0, 1000, 1000), box(1500, 0, 3000, 1000)],
    ...     crs="EPSG:2180")
    >>> result = corridor_connectivity(municipalities, cover, planning_zones=zones,
    ...     current_patches=0)
    >>> {k: round(v) for k, v in result.figures.items() if k.startswith("eca_") and v > 1}
    {'eca_today_ha': 218, 'eca_plan_ha': 180}
    >>> result.features["conflicts"][["label", "links", "rank"]].values.tolist()
    [['1SU', 1, 1.0]]
    """
    land = prepare(run, inputs)
    states = _states(run, land)
    patches = patch_table(run, inputs.protected_areas, land, states)
    links = link_table(run, inputs.corridors, land, states)
    conflicts, listed = conflict_table(run, inputs.protected_areas, land, states, patches, links)
    every = _fixes(run, land, states, conflicts, listed)
    sites, barrier_map = restoration(run, land, states, links)
    municipalities = municipal_table(land, states, patches, links, conflicts)
    conflicts = conflicts.iloc[np.argsort(conflicts["rank"].fillna(np.inf), kind="stable")]
    return Outcome(
        municipalities=municipalities,
        features={
            "patches": patches,
            "links": links,
            "conflicts": conflicts.reset_index(drop=True),
            "restorations": sites,
        },
        rasters=_rasters(run, land, states) | ({"barriers": barrier_map} if barrier_map else {}),
        findings=[
            *_findings(run, land, states, patches, links, conflicts, municipalities, every),
            *restoration_findings(sites),
        ],
    )


CHECK = corridor_connectivity.check


def _states(run: Run, land: Land) -> States:
    b = land.blocks
    today = habitats.build(b.habitat, b.grid(b.resistance), b.block_area, land.rules, paths=True)
    if not len(today.area):
        raise SchemaError(
            _("no patch of habitat has the least area"),
            layer="land_cover",
            remedy=_("lower min_patch, habitat_share or cell_size"),
        )  # fmt: skip
    run.note(
        "land_cover",
        "dropped",
        today.dropped,
        _("pieces of habitat below the least patch"),
    )
    indices = today.indices(land.rules, top=run.parameters.top)
    if not land.any_plan:
        return States(today, indices, None)
    plan = habitats.build(b.planned, b.grid(b.planned_resistance), b.block_area, land.rules)
    if land.dark is None:
        return States(today, indices, plan)
    easy_today, easy_plan = (
        b.grid(np.where(land.dark, land.cheapest, resistance))
        for resistance in (b.resistance, b.planned_resistance)
    )
    easy = habitats.build(b.planned, easy_plan, b.block_area, land.rules)
    away = leastcost.distance(easy_today, land.dark, limit=land.rules.max_cost).distance
    return States(today, indices, plan, easy, _least_of(away, today.labels, len(today.area)))


def _least_of(values: Array, labels: Array, n: int) -> Array:
    """Return the least value within each of the patches 1 to n."""
    least = np.full(n + 1, np.inf)
    np.minimum.at(least, labels.ravel(), values.ravel())
    return least[1:]


def _fixes(
    run: Run, land: Land, states: States, conflicts: gpd.GeoDataFrame, listed: Array
) -> float:
    """Fill in what each fix keeps (ha); return what all of them keep together (NaN: unknown)."""
    conflicts["gain_ha"] = conflicts["gain_share"] = np.nan
    conflicts["rank"] = np.nan
    if states.plan is None or not len(listed):
        return math.nan if states.plan is None else 0.0
    chosen = listed[: run.parameters.fixes] + 1
    land_to_open = Openings(land.blocks, land.rules)
    built = land_to_open.eca(np.empty(0, np.int64))
    column = np.full(len(conflicts), np.nan)
    column[: len(chosen)] = [land_to_open.eca(np.array([zone])) - built for zone in chosen]
    conflicts["gain_ha"] = column / _HECTARE
    loss = (states.today.eca - states.plan.eca) / _HECTARE
    conflicts["gain_share"] = conflicts["gain_ha"] / loss if loss > 0 else np.nan
    conflicts["rank"] = conflicts["gain_ha"].rank(ascending=False, method="min")
    return (land_to_open.eca(listed + 1) - built) / _HECTARE


def _rasters(run: Run, land: Land, states: States) -> dict[str, Grid]:
    params, b = run.parameters, land.blocks
    out = {"resistance": b.grid(b.resistance)}
    largest = np.argsort(-states.today.area, kind="stable")[: params.current_patches] + 1
    if len(largest) < 2:
        return out
    factor = max(1, int(params.current_cell / max(b.cell) + 1e-6))
    wanted = [("current_today", b.resistance, np.ones(b.shape, bool))]
    if states.plan is not None:
        wanted.append(("current_plan", b.planned_resistance, states.plan.labels > 0))
    for name, resistance, there in wanted:
        labels = np.where(there, states.today.labels, 0)
        surface, focal = flowmap.coarser(b.grid(resistance), labels, largest, factor)
        found = currents.pairwise(surface, focal, polygons=focal, tolerance=1e-5)
        out[name] = Grid(
            np.where(surface.valid, found.cumulative, np.nan), surface.valid, surface.transform,
            surface.crs, surface.cell,
        )  # fmt: skip
    return out


def _findings(
    run: Run,
    land: Land,
    states: States,
    patches: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    conflicts: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    every: float,
) -> list[Finding]:
    today, plan = states.today, states.plan
    total = float(today.area.sum())
    out = _cover_unknown(land, municipalities)
    out.append(
        Finding(
            texts.TODAY,
            {
                "patches": len(patches),
                "habitat_ha": total / _HECTARE,
                "links": len(links),
                "eca_today_ha": today.eca / _HECTARE,
                "coherence": today.eca / total,
            },
        )
    )
    out += _plans_missing(municipalities)
    if plan is None:
        out.append(Finding(texts.NO_PLAN, {"eca_plan_ha": math.nan, "eca_change": math.nan}))
    else:
        unknown = float(land.blocks.unknown.sum())
        values = {
            "eca_plan_ha": plan.eca / _HECTARE,
            "eca_change": plan.eca / today.eca - 1,
            "lost_ha": float(municipalities["lost_ha"].sum()),
            "patches_lost": int((patches["state"] == "lost").sum()),
            "links_cut": int((links["state"] == "cut").sum()),
            "links_longer": int((links["state"] == "lengthened").sum()),
        }
        bound = unknown > run.parameters.unknown_share * float(land.blocks.towns[1:, 0].sum())
        # a zone that was lost, or part of a plan that is not there: what it does is not known
        bound |= bool((municipalities["habitat_ha"] > 0)[~land.whole_plan].any())
        if bound:
            values["unknown_ha"] = unknown / _HECTARE
        out.append(Finding(texts.PLAN_BOUND if bound else texts.PLAN, values))
        out += _fixes_found(conflicts, every, (today.eca - plan.eca) / _HECTARE)
    if len(links) and links["dPC"].notna().any():
        patch, link = patches.loc[patches["dPC"].idxmax()], links.loc[links["dPC"].idxmax()]
        out.append(
            Finding(
                texts.TOP_PATCH,
                {"patch_dpc": float(patch["dPC"]), "link_dpc": float(link["dPC"])},
                {
                    "patch": str(patch["patch"]),
                    "place": _place(patch["municipality"]),
                    "link": f"{link['i']}-{link['j']}",
                },
            )
        )
    return out


def _cover_unknown(land: Land, municipalities: gpd.GeoDataFrame) -> list[Finding]:
    if not land.cover.dark_area.any():
        return []
    dark = float(land.cover.dark_area.sum())
    values = {
        "cover_unknown_ha": dark / _HECTARE,
        "cover_unknown_share": dark / (dark + float(land.cover.known.sum())),
    }
    names = {"names": some_names(municipalities["name"][land.cover.dark_area > 0])}
    return [Finding(texts.OF_KNOWN, values, names)]


def _fixes_found(conflicts: gpd.GeoDataFrame, every: float, loss: float) -> list[Finding]:
    """Say which conflict is best fixed, and what fixing all of them brings (ha)."""
    best = conflicts[conflicts["gain_ha"] > 0]
    if not len(best) or loss <= 0:
        return []
    row = best.loc[best["gain_ha"].idxmax()]
    zone = str(row["label"] if isinstance(row["label"], str) else row["symbol"])
    return [
        Finding(
            texts.FIX,
            {"fix_ha": float(row["gain_ha"]), "fix_share": float(row["gain_share"])},
            {"zone": zone, "town": _place(row["municipality"])},
        ),
        Finding(
            texts.ALL_FIXES,
            {
                "conflicts": len(conflicts),
                "all_fixes_ha": every,
                "all_fixes_share": every / loss,
            },
        ),
    ]


def _plans_missing(municipalities: gpd.GeoDataFrame) -> list[Finding]:
    """Return the sentences on plans that are not in the data, or only in part."""
    out = []
    some = municipalities[municipalities["habitat_ha"] > 0]
    bare = some[~some["plan"].isin(["yes", "partly"])]
    if len(bare):
        out.append(
            Finding(
                texts.BARE,
                {"municipalities_unknown": len(bare)},
                {"names": some_names(bare["name"])},
            )
        )
    partly = some[some["plan"] == "partly"]
    if len(partly):
        out.append(
            Finding(
                texts.PARTLY,
                {"municipalities_partly": len(partly)},
                {"names": some_names(partly["name"])},
            )
        )
    return out


def _place(name: Any) -> str | Text:
    return name if isinstance(name, str) else texts.OUTSIDE
