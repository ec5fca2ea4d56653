"""Which places are joined to a connected network, in three states, and what is missing."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.active_mobility.places import Places
from metrogis.checks.contract import Run
from metrogis.streets import access
from metrogis.streets.cycleways import Split, component_lengths, components
from metrogis.texts import Text

Array = npt.NDArray[Any]

# --------------------------------------------------------------------------- coverage


def coverage(run: Run, places: Places, split: Split) -> tuple[Array, Array, Array]:
    """Tell where the cycle layer can be trusted to show what is there.

    Returns
    -------
    mapped : array of bool, shape (municipalities,)
    covered : array of bool, shape (places,)
    beyond : array of bool, shape (built lines,)
        Lines that leave the covered area: the network may go on where nobody mapped it.
    """
    p, towns = run.parameters, run.layers["municipalities"].geometry.to_numpy()
    built = split.built.geometry.to_numpy()
    area = run.layers["cycle_coverage"]
    if area is not None:
        whole = shapely.union_all(area.geometry.to_numpy())
        shapely.prepare(whole)
        known = shapely.area(shapely.intersection(towns, whole)) / shapely.area(towns)
        mapped = known >= p.coverage_share - 1e-9
        covered = np.zeros(len(places.table), dtype=bool)
        np.logical_or.at(covered, places.owner, shapely.covers(whole, places.points))
        beyond = ~shapely.covers(whole, built)
    else:
        lines = np.concatenate([built, *(f.geometry.to_numpy() for f in split[1:3])])
        mapped = access.length_in(lines, towns) >= p.coverage_length * 1000 - 1e-6
        mapped &= access.length_in(lines, towns) > 0
        near = access.nearest_line(places.points, places.owner, len(places.table), lines)
        covered = mapped[places.unit] & (near.distance <= p.coverage_distance)
        beyond = np.zeros(len(built), dtype=bool)
        if len(built):
            _, line = shapely.STRtree(built).query(towns[~mapped], predicate="intersects")
            beyond[line] = True
    run.note(
        "cycle_routes",
        "unknown",
        int((~mapped).sum()),
        Text(
            "gminy, których dane rowerowe nie obejmują: brak danych, nie brak tras",
            "municipalities the cycle data do not cover: no data, not no routes",
        ),
        run.layers["municipalities"]["name"][~mapped],
    )
    return mapped, covered, beyond


# --------------------------------------------------------------------------- route access


def route_access(
    run: Run, places: Places, split: Split, covered: Array, beyond: Array
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Judge every place; return places, connected networks, and the missing connectors."""
    p, count = run.parameters, len(places.table)
    where = (places.points, places.owner, count)
    enough = p.min_network * 1000 - 1e-6  # a sum of lengths must not fail by rounding

    def reach(lines: gpd.GeoDataFrame, tolerance: float) -> tuple[access.Reach, Array, Array]:
        labels = components(lines, tolerance=tolerance)
        lengths = component_lengths(lines, labels)
        found = access.networks_reached(
            *where, lines.geometry.to_numpy(), labels, lengths, distance=p.join_distance
        )
        return found, labels, lengths

    lines = split.built.geometry.to_numpy()
    best, labels, lengths = reach(split.built, p.tolerance)
    medium = reach(split.built, p.tolerance_medium)[0].length
    wide = reach(split.built, p.tolerance_wide)[0].length
    joined = best.length >= enough
    joined &= best.label >= 0
    gate = _entrance_may_join(run, places, lines, labels, lengths, enough)
    maybe = _joined_with(run, reach, split.built, split.unknown, enough, joined)
    later = _joined_with(run, reach, split.built, split.planned, enough, joined)
    touched = access.touched_networks(
        places.points, places.owner, lines, labels, distance=p.join_distance
    )
    leaving = np.zeros(len(lengths), dtype=bool)
    leaving[labels[beyond]] = True
    open_end = np.zeros(count, dtype=bool)
    open_end[touched[leaving[touched[:, 1]], 0]] = True
    reason = np.select(
        [joined, ~covered, open_end, gate, maybe, best.label >= 0],
        ["joined", "outside_data", "leaves_data", "entrance", "line_state", "too_short"],
        default="too_far",
    )
    state = np.select(
        [joined, np.isin(reason, ("too_short", "too_far"))],
        ["yes", "no"],
        default="unknown",
    )
    near = access.nearest_line(*where, lines)
    told = covered | (best.label >= 0)
    hubs = places.table.copy()
    hubs["state"] = state
    hubs["reason"] = reason
    hubs["distance_m"] = np.where(told, near.distance, np.nan)
    for name, length in (("network_km", best.length), ("medium", medium), ("wide", wide)):
        known = told if name == "network_km" else told | (length > 0)
        column = name if name == "network_km" else f"network_km_{name}"
        hubs[column] = np.where(known, length / 1000, np.nan)
        if name != "network_km":
            hubs[f"joined_{name}"] = _flag(length >= enough, (state == "unknown") & ~joined)
    planned = access.nearest_line(*where, split.planned.geometry.to_numpy()).distance
    hubs["planned_m"] = np.where(told, planned, np.nan)
    hubs["joined_if_planned"] = _flag(later, (state == "unknown") & ~later)
    network, rank = _network(split.built, labels, lengths, touched)
    gaps = _gaps(run, places, hubs, lines, labels, lengths >= enough, near, best, rank)
    return hubs, network, gaps


def _entrance_may_join(
    run: Run, places: Places, lines: Array, labels: Array, lengths: Array, enough: float
) -> Array:
    """Tell which places without known entrances could have one that is joined."""
    p, count = run.parameters, len(places.table)
    if p.entrance_offset == 0:
        return np.zeros(count, dtype=bool)
    found = access.networks_reached(
        places.points,
        places.owner,
        count,
        lines,
        labels,
        lengths,
        distance=p.join_distance + p.entrance_offset,
    )
    bare = (places.table["entrances"] == 0).to_numpy()
    return bare & (found.length >= enough) & (found.label >= 0)


def _flag(yes: Array, unknown: Array) -> pd.Series:
    return pd.Series(yes, dtype="boolean").mask(pd.Series(unknown & ~yes))


def _joined_with(
    run: Run, reach: Any, built: gpd.GeoDataFrame, more: gpd.GeoDataFrame, enough: float, now: Array
) -> Array:
    """Tell which places would be joined if further lines were built."""
    if more.empty:
        return now
    both = gpd.GeoDataFrame(geometry=pd.concat([built.geometry, more.geometry]), crs=run.crs)
    found = reach(both, run.parameters.tolerance)[0]
    return now | ((found.length >= enough) & (found.label >= 0))


def _network(
    built: gpd.GeoDataFrame, labels: Array, lengths: Array, touched: Array
) -> tuple[gpd.GeoDataFrame, Array]:
    """One row per connected network, the longest first; ``rank`` is the number of each label."""
    order = np.argsort(-lengths, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    places = np.bincount(touched[:, 1], minlength=len(lengths)) if len(touched) else 0 * rank
    table = gpd.GeoDataFrame(
        {
            "network": rank[order],
            "length_km": lengths[order] / 1000,
            "lines": np.bincount(labels, minlength=len(lengths))[order],
            "interchanges": places[order],
        },
        geometry=access.lines_by_group(built.geometry.to_numpy(), labels, len(lengths))[order],
        crs=built.crs,
    )
    return table, rank


def _gaps(
    run: Run,
    places: Places,
    hubs: gpd.GeoDataFrame,
    lines: Array,
    labels: Array,
    large: Array,
    near: access.Nearest,
    best: access.Reach,
    rank: Array,
) -> gpd.GeoDataFrame:
    """Straight connectors that are missing: to any infrastructure, and to a large network."""
    rows: list[tuple[int, str, int, Any]] = []
    big = np.flatnonzero(large[labels]) if len(labels) else np.zeros(0, dtype=np.int64)
    tree = shapely.STRtree(lines[big])
    to_big = access.nearest_line(places.points, places.owner, len(hubs), lines[big])
    for i in np.flatnonzero((hubs["state"] == "no").to_numpy()).tolist():
        if best.label[i] >= 0 and len(big):
            own = lines[labels == best.label[i]]
            (start, end), apart = tree.query_nearest(own, all_matches=False, return_distance=True)
            at = int(np.argmin(apart))
            target = big[end[at]]
            shape = shapely.shortest_line(own[start[at]], lines[target])
            rows.append((i, "fragment_to_network", labels[target], shape))
            continue
        if near.line[i] >= 0 and best.label[i] < 0 and not large[labels[near.line[i]]]:
            shape = shapely.shortest_line(places.points[near.point[i]], lines[near.line[i]])
            rows.append((i, "to_infrastructure", labels[near.line[i]], shape))
        if to_big.line[i] >= 0:
            target = big[to_big.line[i]]
            shape = shapely.shortest_line(places.points[to_big.point[i]], lines[target])
            rows.append((i, "to_network", labels[target], shape))
    who = np.array([r[0] for r in rows], dtype=np.int64)
    label = np.array([r[2] for r in rows], dtype=np.int64)
    shapes = np.array([r[3] for r in rows], dtype=object)
    length = shapely.length(shapes)
    # lines that cross without a shared vertex: a gap of 0 m has no line to draw
    shapes[length == 0] = shapely.LineString()
    lengths = np.bincount(labels, weights=shapely.length(lines)) if len(labels) else np.zeros(0)
    return gpd.GeoDataFrame(
        {
            "interchange": hubs["name"].to_numpy()[who],
            "teryt": hubs["teryt"].to_numpy()[who],
            "kind": pd.Series([r[1] for r in rows], dtype=object),
            "length_m": length,
            "network": rank[label],
            "network_km": lengths[label] / 1000,
        },
        geometry=gpd.GeoSeries(shapes, crs=run.crs),
        crs=run.crs,
    )
