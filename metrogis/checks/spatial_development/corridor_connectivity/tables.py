"""Tables of ``corridor_connectivity``: patches, links, zones in conflict, municipalities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Corridors, ProtectedAreas
from metrogis.checks.spatial_development.corridor_connectivity.land import Land
from metrogis.evidence import Evidence
from metrogis.landscape import patches as patching
from metrogis.landscape.connectivity import Connectivity, probability_of
from metrogis.landscape.habitats import Habitats
from metrogis.planning.overlay import intersect

_HECTARE = 1e4
_PARTS = ("dPC", "dPC_intra", "dPC_flux", "dPC_connector")


@dataclass(frozen=True)
class States:
    """The land today and, where any plan is known, with the zones built.

    Attributes
    ----------
    easy : Habitats or None
        With the zones built, where land of unknown cover costs the least: what ways cost then lies
        between. None: all land cover is known, or there is no plan.
    to_unknown : array of float (patches of today,), or None
        What the way from each patch to land of unknown cover costs at least, today.
    """

    today: Habitats
    indices: Connectivity
    plan: Habitats | None
    easy: Habitats | None = None
    to_unknown: Array | None = None


def _sum(values: Any, groups: Any, n: int) -> Array:
    found = np.bincount(np.asarray(groups, np.int64), np.asarray(values, float), minlength=n)
    return found.astype(float)  # of nothing, whole numbers


def _share_inside(
    layer: gpd.GeoDataFrame | None, evidence: Evidence, shapes: Array, measure: Any
) -> Array:
    """Share of each shape (its ``measure``: area or length) inside the polygons of a layer.

    NaN where the layer is not known over the whole shape.
    """
    if layer is None:
        return np.full(len(shapes), np.nan)
    whole = shapely.get_parts(shapely.union_all(layer.geometry.to_numpy()))
    tree = shapely.STRtree(whole)
    i, j = tree.query(shapes, predicate="intersects")
    inside = _sum(measure(shapely.intersection(shapes[i], whole[j])), i, len(shapes))
    size = measure(shapes)
    share = np.divide(inside, size, out=np.full(len(shapes), np.nan), where=size > 0)
    if evidence.complete:
        return share
    return np.where(evidence.known_within(shapes) | (share >= 1), share, np.nan)


# --------------------------------------------------------------------------- patches


def patch_table(
    run: Run, protected_areas: ProtectedAreas | None, land: Land, states: States
) -> gpd.GeoDataFrame:
    """Return one row per patch of today: what its loss would cost, what plans leave of it.

    Parameters
    ----------
    run : Run
    land : Land
    states : States

    Returns
    -------
    GeoDataFrame (patches,)
        ``dPC`` and its parts in per cent. ``state``: ``kept``, ``shrunk`` (smaller by
        ``min_conflict`` or half, or in several pieces), ``lost``, or ``unknown``, where too much of
        its land has no plan in the data, or habitat that is not known may lie beside it.
    """
    today, found = states.today, states.indices.patches
    n = len(today.area)
    labels = today.labels.ravel()
    inside = labels > 0
    town = land.town.ravel()
    outlines = patching.outline_shapes(today.labels, land.blocks.transform)
    table = gpd.GeoDataFrame({"patch": np.arange(1, n + 1)}, geometry=outlines, crs=run.crs)
    table["municipality"] = _main_town(land, labels[inside], town[inside], n)
    table["habitat_ha"] = today.area / _HECTARE
    for part in _PARTS:
        table[part] = found[part].to_numpy()
    table["rank"] = table["dPC"].rank(ascending=False, method="min")
    habitat = land.blocks.habitat.ravel()
    unknown = _sum(land.blocks.unknown.ravel(), labels, n + 1)[1:]
    table["unknown_ha"] = unknown / _HECTARE
    table["protected_share"] = _share_inside(
        protected_areas, run.evidence["protected_areas"], outlines, shapely.area
    )
    plan = states.plan
    if plan is None:
        table["lost_ha"], table["pieces"], table["state"] = np.nan, np.nan, "unknown"
        return table
    left = np.where(plan.labels.ravel() > 0, land.blocks.planned.ravel(), 0.0)
    remaining = _sum(left, labels, n + 1)[1:]
    lost = np.maximum(today.area - remaining, 0.0)
    lost[lost < 1e-9 * today.area] = 0.0
    pieces = np.bincount(_pieces_of(today, plan)[1:], minlength=n + 1)[1:]
    table["lost_ha"], table["pieces"] = lost / _HECTARE, pieces.astype(float)
    dark = unknown > run.parameters.unknown_share * today.area
    shrunk = lost >= np.minimum(run.parameters.min_conflict, 0.5 * today.area)
    state = np.where(shrunk | (pieces > 1), "shrunk", np.where(dark, "unknown", "kept"))
    # a patch without any piece left is lost, however little of its land is known
    state = np.where(pieces == 0, "lost", state)
    if land.dark is not None:
        # habitat that is not known may go on, and join what the plans leave
        beside = _beside(today.labels, land.dark, n)
        state = np.where(beside & ~(shrunk & (pieces > 0)), "unknown", state)
    table["state"] = state
    assert len(habitat) == len(labels)
    return table


def _beside(labels: Array, dark: Array, n: int) -> Array:
    """Tell which patches have a block of unknown land cover, or one beside it."""
    wide = ndimage.binary_dilation(dark, np.ones((3, 3), bool))
    out = np.zeros(n + 1, bool)
    out[labels[wide]] = True
    return out[1:]


def _pieces_of(today: Habitats, plan: Habitats) -> Array:
    """Patch of today each patch of the plan is a piece of (position 0: nothing)."""
    numbers, first = np.unique(plan.labels.ravel(), return_index=True)
    out = np.zeros(len(plan.area) + 1, np.int64)
    out[numbers] = today.labels.ravel()[first]
    out[0] = 0
    return out


def _main_town(land: Land, labels: Array, town: Array, n: int) -> Array:
    """Municipality that holds most of each patch; None outside all."""
    names = np.array([*land.municipalities["name"], None], dtype=object)
    count = pd.DataFrame({"patch": labels, "town": town}).value_counts().reset_index()
    first = count.drop_duplicates("patch")  # counts fall
    out = np.full(n, None, dtype=object)
    out[first["patch"].to_numpy() - 1] = names[first["town"].to_numpy()]
    return out


# --------------------------------------------------------------------------- links


def _path_cells(land: Land, lines: Array) -> tuple[Array, Array]:
    """Return the blocks on the paths of links.

    Parameters
    ----------
    land : Land
    lines : ndarray of line
        From centre to centre of blocks: each vertex is in one block.

    Returns
    -------
    link, cell : ndarray of int
        Position of the link and flat position of the block, each pair once.
    """
    xy, link = shapely.get_coordinates(lines, return_index=True)
    t = land.blocks.transform
    column = np.floor((xy[:, 0] - t.c) / t.a).astype(np.int64)
    row = np.floor((xy[:, 1] - t.f) / t.e).astype(np.int64)
    cell = row * land.blocks.shape[1] + column
    once = pd.DataFrame({"link": link, "cell": cell}).drop_duplicates()
    return once["link"].to_numpy(), once["cell"].to_numpy()


def _zones_on_links(land: Land, lines: Array) -> pd.DataFrame:
    """Pairs ``link``, ``zone`` (positions): zones that change a block of the link's path."""
    link, cell = _path_cells(land, lines)
    b = land.blocks
    zone = np.repeat(np.arange(len(b.starts) - 1), np.diff(b.starts))
    rows = np.isin(b.at, cell)
    effect = pd.DataFrame({"cell": b.at[rows], "zone": zone[rows] - 1})
    found = pd.DataFrame({"link": link, "cell": cell}).merge(effect, on="cell")
    return found[["link", "zone"]].drop_duplicates().reset_index(drop=True)


def link_table(
    run: Run, corridors: Corridors | None, land: Land, states: States
) -> gpd.GeoDataFrame:
    """Return one row per least-cost link of today: what its loss would cost, what plans do to it.

    Parameters
    ----------
    run : Run
    land : Land
    states : States

    Returns
    -------
    GeoDataFrame (links,)
        ``state``: ``cut`` (no path within the greatest cost), ``lengthened`` (costs more by
        ``longer_share``), ``kept``, or ``unknown``, where land on the path has no plan in the data
        or land of unknown cover could change the verdict. ``plan_cost`` is NaN for a cut link.
    """
    links, found = states.today.links, states.indices.links
    table = gpd.GeoDataFrame(
        {"link": np.arange(1, len(links) + 1), "i": links["i"], "j": links["j"]},
        geometry=links.geometry.to_numpy(),
        crs=run.crs,
    )
    table["length_m"] = links["length"].to_numpy()
    table["cost"] = links["cost"].to_numpy()
    table["probability"] = probability_of(
        table["cost"], distance=land.rules.distance, probability=land.rules.probability
    )
    # the table of indices keeps the order of the links, one row per pair
    table["dPC"] = found["dPC"].to_numpy()
    table["rank"] = table["dPC"].rank(ascending=False, method="min")
    shapes = table.geometry.to_numpy()
    table["corridor_share"] = _share_inside(
        corridors, run.evidence["corridors"], shapes, shapely.length
    )
    if states.plan is None:
        table["plan_cost"], table["state"] = np.nan, "unknown"
        return table
    cost = paths_between(states.today, states.plan, land.rules.max_cost)
    link, cell = _path_cells(land, shapes)
    # land of a municipality whose plan is not known may become a barrier
    dark = (land.town.ravel()[cell] >= 0) & ~land.told.ravel()[cell]
    unknown = np.bincount(link[dark], minlength=len(table)) > 0
    today = table["cost"].to_numpy()
    longer_by = 1 + run.parameters.longer_share
    state = np.where(
        np.isinf(cost), "cut", np.where(cost > today * longer_by, "lengthened", "kept")
    )
    if states.easy is not None and states.to_unknown is not None:
        # a link of today that leads through unknown land goes there from both of its ends
        through = states.to_unknown[links["i"] - 1] + states.to_unknown[links["j"] - 1]
        least = np.minimum(today, through)
        least_plan = paths_between(states.today, states.easy, land.rules.max_cost)
        sure = {
            "cut": np.isinf(least_plan),
            "lengthened": np.isfinite(cost) & (least_plan > today * longer_by),
            "kept": cost <= least * longer_by,
        }
        state = np.where(np.select([state == k for k in sure], list(sure.values())), state,
                         "unknown")  # fmt: skip
    roads = run.evidence["roads"]
    if roads.given and not roads.complete:
        unknown |= ~roads.known_within(shapes)
    table["plan_cost"] = np.where(np.isfinite(cost), cost, np.nan)
    table["state"] = np.where((state == "kept") & unknown, "unknown", state)
    return table


def paths_between(today: Habitats, other: Habitats, limit: float) -> Array:
    """Least cost in another state of the land between what is left of the ends of each link.

    Infinite: there is none below the limit. The way may lead through other patches, as it may
    today.
    """
    out = np.full(len(today.links), math.inf)
    whole = _pieces_of(today, other)
    n = len(other.area)
    links = other.links
    weights = np.maximum(links["cost"].to_numpy(), 1e-9)  # 0 would read as "no link"
    graph = csr_array((weights, (links["i"] - 1, links["j"] - 1)), shape=(n, n))
    members = pd.Series(np.arange(n)).groupby(whole[1:]).indices
    for i, rows in today.links.groupby("i").indices.items():
        if i not in members:
            continue
        away = dijkstra(graph, directed=False, indices=members[i], min_only=True, limit=limit)
        for row in rows:
            j = int(today.links["j"].iloc[row])
            if j in members:
                out[row] = away[members[j]].min()
    return out


# --------------------------------------------------------------------------- conflicts


def conflict_table(
    run: Run,
    protected_areas: ProtectedAreas | None,
    land: Land,
    states: States,
    patches: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, Array]:
    """Barrier zones that take habitat or lie on a link, by what they seem to cost; their rows.

    The estimate is of first order: habitat taken x what a hectare there connects to today, plus
    what the links the zone lies on lose.
    """
    b, today = land.blocks, states.today
    rows = np.repeat(np.arange(len(b.starts) - 1), np.diff(b.starts)) - 1
    n = len(land.zones)
    lost = _sum(b.lost, rows, n)
    on = _zones_on_links(land, links.geometry.to_numpy())
    touched = np.bincount(on["zone"], minlength=n)
    flux = np.concatenate([[0.0], (today.area + states.indices.patches["flux"].to_numpy())])
    gain = _sum(b.lost * flux[today.labels.ravel()[b.at]], rows, n)
    square = today.eca**2
    before = links["probability"].to_numpy()
    after = probability_of(
        links["plan_cost"].fillna(math.inf), distance=land.rules.distance,
        probability=land.rules.probability,
    )  # fmt: skip
    drop = links["dPC"].fillna(0).to_numpy() / 100 * square * (1 - np.minimum(after / before, 1))
    gain += _sum(drop[on["link"]], on["zone"], n) / 2
    barrier = np.array([s == "barrier" for s in land.severity], dtype=bool)
    listed = np.flatnonzero(barrier & ((lost >= run.parameters.min_conflict) | (touched > 0)))
    listed = listed[np.argsort(-gain[listed], kind="stable")]
    zones = land.zones.iloc[listed]
    names = np.array([*land.municipalities["name"], None], dtype=object)
    table = gpd.GeoDataFrame(
        {
            "municipality": names[land.owner[listed]],
            "symbol": zones["symbol"].to_numpy(),
            "label": zones["label"].to_numpy(),
            "zone_ha": zones.area.to_numpy() / _HECTARE,
            "habitat_ha": lost[listed] / _HECTARE,
            "links": touched[listed],
            "estimate_ha": gain[listed] / today.eca / _HECTARE,
        },
        geometry=zones.geometry.to_numpy(),
        crs=run.crs,
    )
    table["protected_ha"] = np.nan
    if protected_areas is not None:
        whole = shapely.get_parts(shapely.union_all(protected_areas.geometry.to_numpy()))
        over = intersect(whole, table.geometry.to_numpy())
        inside = _sum(over.area, over.right, len(table))
        evidence = run.evidence["protected_areas"]
        if not evidence.complete and len(table):
            inside[~evidence.known_within(table)] = np.nan
        table["protected_ha"] = inside / _HECTARE
    return table, listed


# --------------------------------------------------------------------------- municipalities


def municipal_table(
    land: Land,
    states: States,
    patches: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    conflicts: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return one row per municipality; what an absent plan does is not known.

    Parameters
    ----------
    land : Land
    states : States
    patches, links, conflicts : GeoDataFrame
        From :func:`patch_table`, :func:`link_table` and the table of zones in conflict.

    Returns
    -------
    GeoDataFrame (municipalities,)
        ``dPC`` of a patch is shared by area of habitat. A count of zero is certain, and not NaN,
        only where the whole plan and all land cover are known.
    """
    n = len(land.municipalities)
    habitat, lost, unknown, known = land.blocks.towns[1:].T
    table = land.municipalities[["teryt", "name", "geometry"]].copy()
    nothing = np.full(n, "unknown", dtype=object)
    table["plan"] = nothing if land.plans is None else land.plans.state
    table["plan_share"] = 0.0 if land.plans is None else land.plans.share
    seen = known > 0
    table["land_share"] = land.cover.share
    # at least this share is known of both: less, where each lacks other land
    table["known_share"] = np.fmax(table["plan_share"] + land.cover.share - 1, 0.0)
    table["cover_unknown_ha"] = land.cover.unknown / _HECTARE
    table["habitat_ha"] = np.where(seen, habitat / _HECTARE, np.nan)
    table["habitat_share"] = np.divide(habitat, known, out=np.full(n, np.nan), where=seen)
    told = seen & land.has_plan
    planned = habitat - unknown
    table["planned_ha"] = np.where(seen, np.where(land.has_plan, planned, 0.0) / _HECTARE, np.nan)
    table["lost_ha"] = np.where(told, lost / _HECTARE, np.nan)
    share = np.divide(lost, planned, out=np.full(n, np.nan), where=told & (planned > 0))
    table["lost_share"] = share
    table["unknown_ha"] = np.where(seen, unknown / _HECTARE, np.nan)
    labels, town = states.today.labels.ravel(), land.town.ravel()
    rows = np.flatnonzero((labels > 0) & (town >= 0))
    # per m2 of habitat: a patch in two municipalities is shared by area
    worth = patches["dPC"].fillna(0).to_numpy() / np.maximum(states.today.area, 1e-9)
    value = land.blocks.habitat.ravel()[rows] * worth[labels[rows] - 1]
    table["dPC"] = np.where(seen, _sum(value, town[rows], n), np.nan)
    counts = _links_hit(land, states, patches, links)
    listed = table["name"].map(conflicts["municipality"].value_counts()).fillna(0).to_numpy()
    # none is certain only where the whole plan and all land cover are known
    whole = land.whole_plan & ~land.cover.partly
    for name, many in (("links_hit", counts), ("conflicts", listed)):
        table[name] = np.where(told & ((many > 0) | whole), many, np.nan)
    return table


def _links_hit(
    land: Land, states: States, patches: gpd.GeoDataFrame, links: gpd.GeoDataFrame
) -> Array:
    """Links cut or lengthened by the zones of each municipality."""
    n = len(land.municipalities)
    hit = links["state"].isin(["cut", "lengthened"]).to_numpy()
    if not hit.any():
        return np.zeros(n)
    on = _zones_on_links(land, links.geometry.to_numpy())
    on["town"] = land.owner[on["zone"]]
    # where an end of the link is lost: the zones that took it
    b = land.blocks
    zone = np.repeat(np.arange(len(b.starts) - 1), np.diff(b.starts)) - 1
    label = states.today.labels.ravel()[b.at]
    taken = pd.DataFrame({"patch": label, "town": land.owner[zone], "lost": b.lost})
    gone = patches["patch"][patches["state"] == "lost"]
    taken = taken[(taken["lost"] > 0) & taken["patch"].isin(gone)][["patch", "town"]]
    taken = taken.drop_duplicates()
    ends = [
        taken.merge(
            pd.DataFrame({"link": np.arange(len(links)), "patch": links[end].to_numpy()}),
            on="patch",
        )[["link", "town"]]
        for end in ("i", "j")
    ]
    pairs = pd.concat([on[["link", "town"]], *ends]).drop_duplicates()
    pairs = pairs[hit[pairs["link"].to_numpy()] & (pairs["town"] >= 0).to_numpy()]
    return np.bincount(pairs["town"].to_numpy(np.int64), minlength=n).astype(float)
