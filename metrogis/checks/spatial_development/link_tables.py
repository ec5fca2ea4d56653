"""Tables of the functional links: municipalities, strongest pairs, hierarchy, core, regions.

``low`` and ``high`` of a sum are its recorded value and its upper bound (see
:class:`metrogis.checks.spatial_development.flows.Flows`); what has no recorded row at all is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from metrogis.checks.contract import Run
from metrogis.checks.outlines import lines_between
from metrogis.checks.spatial_development.flow_texts import COLUMNS
from metrogis.checks.spatial_development.flows import Floats, Flows
from metrogis.checks.spatial_development.regions import (
    Hierarchy,
    Partition,
    association,
    communities,
    dominant_flows,
    symmetric,
)
from metrogis.errors import ParameterError
from metrogis.texts import Text

# --------------------------------------------------------------------------- municipal table


def _share(part: Any, whole: Any) -> Floats:
    """Share, NaN where there is nothing to share."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _bounds(part: Floats, part_max: Floats, rest: Floats, rest_max: Floats) -> tuple[Any, Any]:
    """Lowest and highest share of ``part`` in ``part + rest``."""
    return _share(part, part + rest_max), _share(part_max, part_max + rest)


def _part(
    part: Floats, part_max: Floats, rows: Any, whole: Floats, whole_max: Floats, whole_rows: Any
) -> tuple[Floats, Floats, Floats]:
    """Recorded share of a part with its bounds; NaN where part or rest have no row at all."""
    rest, rest_max = whole - part, whole_max - part_max
    told = ((rows > 0) | (part_max <= part)) & ((whole_rows > rows) | (rest_max <= rest))
    low, high = _bounds(part, part_max, rest, rest_max)
    return np.where(told, _share(part, whole), np.nan), low, high


def _told(low: Any, high: Any, recorded: Any) -> Floats:
    """Recorded sum; NaN where no row is recorded at all though some may be missing."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    return np.where(np.asarray(recorded) | (high <= low), low, np.nan)


class ShareBase:
    """What shares are shares of: flow out and in, all of it or within the area only."""

    def __init__(self, flows: Flows, *, within: bool) -> None:
        self.short = not within and not flows.outside_known
        self.within = within or self.short
        far = 0.0 if self.within else 1.0
        known = np.where(flows.present, 1.0, np.nan)

        def add(inner: Floats, outer: Floats) -> Floats:
            return (inner + far * np.nan_to_num(outer)) * known

        self.out = add(flows.internal.sum(1), flows.outward)
        self.out_max = add(flows.internal_max.sum(1), flows.outward_max)
        self.into = add(flows.internal.sum(0), flows.inward)
        self.into_max = add(flows.internal_max.sum(0), flows.inward_max)
        self.rows_out = flows.rows.sum(1) + far * flows.rows_out
        self.rows_in = flows.rows.sum(0) + far * flows.rows_in


def municipal_table(
    places: gpd.GeoDataFrame,
    flows: Flows,
    people: Floats,
    core: NDArray[np.int64],
    names: Mapping[str, str],
    meaning: str,
    base: ShareBase,
) -> gpd.GeoDataFrame:
    """Return the municipal table without hierarchy and regions; NaN is unknown."""
    known = np.where(flows.present, 1.0, np.nan)
    out = places[["teryt", "name", "geometry"]].copy()
    out["population"] = people
    out["core"] = np.isin(np.arange(len(out)), core)
    low, high = flows.internal, flows.internal_max
    sums: dict[str, Floats] = {}
    for side, axis, far, far_max, far_rows in (
        ("inflow", 0, flows.inward, flows.inward_max, flows.rows_in),
        ("outflow", 1, flows.outward, flows.outward_max, flows.rows_out),
    ):
        near, near_max = low.sum(axis) * known, high.sum(axis) * known
        near_rows = flows.rows.any(axis)
        for part, some, most, recorded in (
            ("_internal", near, near_max, near_rows),
            ("_external", far, far_max, far_rows),
            ("", near + far, near_max + far_max, near_rows | far_rows),
        ):
            sums[side + part], sums[side + part + "_max"] = some, most
            out[side + part], out[side + part + "_max"] = _told(some, most, recorded), most
        both_told = (near_rows | (near_max <= near)) & (far_rows | (far_max <= far))
        border = f"border_{side.removesuffix('flow')}"
        out[border] = np.where(both_told, _share(far, near + far), np.nan)
        out[f"{border}_low"], out[f"{border}_high"] = _bounds(far, far_max, near, near_max)
    out["balance"] = out["inflow"] - out["outflow"]
    out["balance_low"] = sums["inflow"] - sums["outflow_max"]
    out["balance_high"] = sums["inflow_max"] - sums["outflow"]
    out["balance_internal"] = out["inflow_internal"] - out["outflow_internal"]
    out["balance_per_1000"] = 1000 * _share(out["balance"], out["population"])

    alone = out["core"].to_numpy() & (len(core) == 1)
    blank = np.where(alone, np.nan, known)  # the only core city has no other one
    to, to_max, to_rows = low[:, core].sum(1), high[:, core].sum(1), flows.rows[:, core].sum(1)
    come, come_max, come_rows = low[core].sum(0), high[core].sum(0), flows.rows[core].sum(0)
    out["flow_to_core"] = _told(to, to_max, to_rows > 0) * blank
    out["flow_from_core"] = _told(come, come_max, come_rows > 0) * blank
    share, least, most = _part(to, to_max, to_rows, base.out, base.out_max, base.rows_out)
    out["share_to_core"] = share * blank
    out["share_to_core_low"], out["share_to_core_high"] = least * blank, most * blank
    share, _, _ = _part(come, come_max, come_rows, base.into, base.into_max, base.rows_in)
    out["share_from_core"] = share * blank

    best = _largest_to(low, flows.codes)
    inside = low[np.arange(len(out)), best] if len(out) > 1 else np.zeros(len(out))
    beyond = np.nan_to_num(flows.main_outside_flow)
    amount = np.maximum(inside, beyond)
    target = [
        None if not a > 0 else flows.codes[b] if i >= o else str(c)
        for a, i, o, b, c in zip(amount, inside, beyond, best, flows.main_outside, strict=True)
    ]
    out["main_destination"] = [None if t is None else names.get(t, t) for t in target]
    out["main_destination_code"] = target
    out["main_destination_flow"] = np.where(amount > 0, amount, np.nan)
    out["main_destination_share"] = _share(out["main_destination_flow"], base.out)

    out["own_flow"] = flows.own
    stays = flows.own if meaning == "commuting" else np.full(len(out), np.nan)
    out["self_containment"] = _share(stays, stays + out["outflow"])
    out["job_self_containment"] = _share(stays, stays + out["inflow"])
    missing = ~flows.rows & (high > low)
    out["pairs_without_row"] = (missing.sum(0) + missing.sum(1)) * known
    return out


def _largest_to(flow: Floats, codes: Sequence[str]) -> NDArray[np.int64]:
    """Column of the largest flow of each row; ties go to the first code."""
    order = np.argsort(np.array(codes), kind="stable")
    return np.asarray(order[flow[:, order].argmax(axis=1)], dtype=np.int64)


# --------------------------------------------------------------------------- structure


def _size(out: gpd.GeoDataFrame, flows: Flows, measure: str) -> Floats:
    """Size of each place: population, or recorded inflow (its lower bound, also where it is 0)."""
    if measure == "population":
        return out["population"].to_numpy(dtype=np.float64)
    size = np.where(flows.present, flows.internal.sum(axis=0), np.nan)
    return size + flows.inward if measure == "inflow" else size


def hierarchy_of(
    run: Run, flows: Flows, out: gpd.GeoDataFrame, order: NDArray[np.int64]
) -> tuple[Hierarchy, NDArray[np.bool_]]:
    """Dominant flows, and whether unpublished flows could not change a place's parent."""
    p = run.parameters
    measure = p.hierarchy_size
    if np.isnan(_size(out, flows, measure)).all():
        run.note(
            "od_flows",
            "unknown",
            1,
            Text(
                f"brak danych o wielkości ({measure}): hierarchia nieznana",
                f"no data on size ({measure}): the hierarchy is unknown",
            ),
        )
    size = _size(out, flows, measure)
    size_max = size if measure == "population" else out[f"{measure}_max"].to_numpy(np.float64)
    strength = None
    if p.hierarchy_indirect:
        try:
            strength = association(flows.internal, indirect=True)
        except ValueError:
            raise ParameterError(
                Text(
                    "szereg powiązań pośrednich nie jest zbieżny dla tej tabeli",
                    "the series of indirect associations does not converge for this table",
                ),
                layer=run.check.id,
                place="hierarchy_indirect",
                remedy=Text("wyłącz hierarchy_indirect", "turn hierarchy_indirect off"),
            ) from None
    mixed = np.ix_(order, order)
    found = dominant_flows(
        flows.internal[mixed],
        size[order],
        strength=None if strength is None else strength[mixed],
        min_flow=p.dominant_min_flow,
        min_share=p.dominant_min_share,
    )
    back = np.append(order, -1)  # position -1 stays -1
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    tree = Hierarchy(
        back[found.largest][place],
        back[found.parent][place],
        back[found.root][place],
        found.level[place],
    )
    best = tree.largest
    rivals = flows.internal_max.copy()
    np.fill_diagonal(rivals, -1.0)
    rows = np.arange(len(best))
    won = flows.internal[rows, best]
    rivals[rows, best] = -1.0
    ahead = won > rivals.max(axis=1, initial=-1.0)
    apart = (size[best] > size_max) | (size >= size_max[best])
    return tree, (best >= 0) & ahead & apart & (not p.hierarchy_indirect)


def add_hierarchy(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    sure: NDArray[np.bool_],
    names: Mapping[str, str],
    p: Any,
) -> None:
    """Write the place of each municipality in the hierarchy into its table."""
    size = _size(out, flows, p.hierarchy_size)
    has = tree.largest >= 0
    silent = (flows.internal.sum(1) == 0) & (flows.internal_max.sum(1) > 0)
    unknown = ~flows.present | silent | np.isnan(size) | (has & np.isnan(size[tree.largest]))
    state = np.select(
        [unknown, ~has, tree.parent >= 0], ["unknown", "none", "subordinate"], "terminal"
    )
    label = [names[c] for c in flows.codes]
    up = tree.parent
    out["dominance"] = state
    out["dominant"] = [
        label[u] if u >= 0 and not n else None for u, n in zip(up, unknown, strict=True)
    ]
    top = np.isin(state, ["terminal", "subordinate"])
    out["nodal_centre"] = [label[r] if t else None for r, t in zip(tree.root, top, strict=True)]
    amount = flows.internal[np.arange(len(out)), tree.largest]
    out["dominant_flow"] = np.where(has & ~unknown, amount, np.nan)
    out["dominant_share"] = _share(out["dominant_flow"], out["outflow_internal"])
    out["hierarchy_level"] = np.where(top, tree.level, np.nan)
    certain = pd.array(sure & ~unknown, dtype="boolean")
    certain[unknown | ~has] = pd.NA
    out["hierarchy_certain"] = certain
    if p.hierarchy_indirect:
        out["hierarchy_certain"] = pd.array([pd.NA] * len(out), dtype="boolean")


def regions_of(p: Any, flows: Flows, order: NDArray[np.int64]) -> Partition:
    """Group municipalities into functional regions, whatever the order of their rows."""
    found = communities(
        symmetric(flows.internal)[np.ix_(order, order)],
        resolution=p.region_resolution,
        seed=p.region_seed,
        runs=p.region_runs,
    )
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Partition(found.labels[place], found.modularity, found.together[np.ix_(place, place)])


def add_regions(
    out: gpd.GeoDataFrame, flows: Flows, regions: Partition, names: Mapping[str, str]
) -> dict[str, NDArray[np.int64]]:
    """Name each region by its largest centre; return seat code -> positions of its members."""
    linked = (flows.internal + flows.internal.T).sum(axis=1) > 0
    inflow = flows.internal.sum(axis=0)
    people = out["population"].to_numpy(dtype=np.float64)
    seats: dict[str, NDArray[np.int64]] = {}
    code = np.full(len(out), None, dtype=object)
    steady = np.full(len(out), np.nan)
    for label in np.unique(regions.labels[linked]):
        members = np.flatnonzero((regions.labels == label) & linked)
        size = inflow if np.isnan(people[members]).any() else people
        seat = min(members.tolist(), key=lambda i: (-size[i], flows.codes[i]))
        seats[flows.codes[seat]] = members
        code[members] = flows.codes[seat]
        steady[members] = regions.together[seat, members]
    out["region_code"] = code
    out["region"] = [None if c is None else names[c] for c in code]
    out["region_stability"] = steady
    return seats


# --------------------------------------------------------------------------- features


def _frame(columns: Mapping[str, Any], geometry: Any, crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(dict(columns), geometry=gpd.GeoSeries(geometry, crs=crs))


def link_lines(
    flows: Flows,
    points: Floats,
    names: Mapping[str, str],
    p: Any,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return the strongest pairs; ``origin`` is the end that sends more to the other."""
    one, other = np.triu_indices(len(flows.codes), 1)
    there, back = flows.internal[one, other], flows.internal[other, one]
    flip = (back > there) | (
        (back == there) & (np.array(flows.codes)[other] < np.array(flows.codes)[one])
    )
    start, end = np.where(flip, other, one), np.where(flip, one, other)
    pairs = pd.DataFrame({"start": start, "end": end})
    pairs["origin"] = np.array(flows.codes, dtype=object)[start]
    pairs["destination"] = np.array(flows.codes, dtype=object)[end]
    told = _pair_flows(flows)
    pairs["flow"], pairs["flow_back"] = told[start, end], told[end, start]
    pairs["flow_both"] = there + back
    pairs["flow_both_max"] = flows.internal_max[start, end] + flows.internal_max[end, start]
    pairs["share"] = _share(pairs["flow_both"], np.full(len(pairs), flows.internal.sum()))
    pairs = pairs[(pairs["flow_both"] > 0) & (pairs["flow_both"] >= p.link_min_flow)]
    pairs = pairs.sort_values(["flow_both", "origin", "destination"], ascending=[False, True, True])
    pairs = pairs.head(p.links).reset_index(drop=True)
    pairs.insert(0, "rank", np.arange(1, len(pairs) + 1))
    for side in ("origin", "destination"):
        pairs[f"{side}_name"] = pairs[side].map(names)
    lines = lines_between(points[pairs["start"]], points[pairs["end"]])
    return _frame({c: pairs[c] for c in COLUMNS["links"]}, lines, crs)


def tree_lines(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    points: Floats,
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return the dominant flows, from each subordinate municipality to its centre."""
    child = np.flatnonzero((out["dominance"] == "subordinate").to_numpy())
    parent = tree.parent[child]
    rows = out.iloc[child]
    columns = {
        "origin": rows["teryt"].to_numpy(),
        "origin_name": [names[c] for c in rows["teryt"]],
        "destination": np.array(flows.codes, dtype=object)[parent],
        "destination_name": rows["dominant"].to_numpy(),
        "flow": rows["dominant_flow"].to_numpy(),
        "share": rows["dominant_share"].to_numpy(),
        "level": rows["hierarchy_level"].to_numpy(),
        "certain": rows["hierarchy_certain"].array,
    }
    return _frame(columns, lines_between(points[child], points[parent]), crs)


def core_lines(
    flows: Flows,
    core: NDArray[np.int64],
    base: ShareBase,
    points: Floats,
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return flow and share of every municipality to each core city, and back."""
    start = np.tile(np.arange(len(flows.codes)), len(core))
    end = np.repeat(core, len(flows.codes))
    kept = (start != end) & flows.present[start] & flows.present[end]
    start, end = start[kept], end[kept]
    flow, top = flows.internal[start, end], flows.internal_max[start, end]
    share, low, high = _part(
        flow,
        top,
        flows.rows[start, end].astype(np.int64),
        base.out[start],
        base.out_max[start],
        base.rows_out[start],
    )
    told = _pair_flows(flows)
    codes = np.array(flows.codes, dtype=object)
    columns = {
        "origin": codes[start],
        "origin_name": [names[c] for c in codes[start]],
        "core": codes[end],
        "core_name": [names[c] for c in codes[end]],
        "flow": told[start, end],
        "flow_max": top,
        "share": share,
        "share_low": low,
        "share_high": high,
        "flow_back": told[end, start],
        "flow_back_max": flows.internal_max[end, start],
    }
    return _frame(columns, lines_between(points[start], points[end]), crs)


def _pair_flows(flows: Flows) -> Floats:
    """Flow of each pair; NaN where it has no row though small counts are not published."""
    return _told(flows.internal, flows.internal_max, flows.rows)


def region_shapes(
    out: gpd.GeoDataFrame, flows: Flows, seats: Mapping[str, NDArray[np.int64]], crs: Any
) -> gpd.GeoDataFrame:
    """Return the regions as polygons with what stays within them."""
    rows, shapes = [], []
    shape = out.geometry.to_numpy()
    for seat, members in sorted(seats.items(), key=lambda item: (-len(item[1]), item[0])):
        within = flows.internal[np.ix_(members, members)].sum()
        leaving = flows.internal[members].sum() - within
        people = out["population"].to_numpy()[members]
        rows.append(
            {
                "region_code": seat,
                "region": out["region"].iloc[members[0]],
                "municipalities": len(members),
                "population": people.sum(),  # unknown when one is
                "flow_within": within,
                "flow_leaving": leaving,
                "share_within": within / (within + leaving) if within + leaving > 0 else np.nan,
                "stability": out["region_stability"].to_numpy()[members].mean(),
            }
        )
        shapes.append(shapely.union_all(shape[members]))
    table = pd.DataFrame(rows, columns=list(COLUMNS["regions"]))
    return _frame({c: table[c] for c in table.columns}, np.array(shapes, dtype=object), crs)
