"""Which places are joined to a connected network, in three states, and what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import CycleCoverage
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.known_routes import (
    Routes,
    known_routes,
    of_places,
    open_networks,
    sure_points,
)
from metrogis.checks.shared.places import Places
from metrogis.streets import access
from metrogis.streets.cycleways import Split, component_lengths, components
from metrogis.streets.overlaps import counted_once

# --------------------------------------------------------------------------- coverage


class Known(NamedTuple):
    """What is known of routes: where, and within what distance of each place.

    ``routes``: the evidence; ``near``: array of bool, places around which routes are known as far
    as joining matters; ``sure``: places whose entrances and points are all known.
    """

    routes: Routes
    near: Array
    sure: Array


def coverage(
    run: Run, cycle_coverage: CycleCoverage | None, places: Places, split: Split, network: Any
) -> Known:
    """Tell where the cycle layer can be trusted to show what is there.

    Parameters
    ----------
    network : StreetNetwork or None
        Whose tags stand in for the layer, where there is none.
    """
    params, municipalities = run.parameters, run.municipalities
    built = counted_once(split.built.geometry.to_numpy())
    _, row, length = pieces_by_municipality(built, municipalities)
    metres = np.bincount(row, weights=length, minlength=len(municipalities))
    _, row, length = pieces_by_municipality(
        counted_once(split.unknown.geometry.to_numpy()), municipalities
    )
    undecided = np.bincount(row, weights=length, minlength=len(municipalities))
    routes = known_routes(run, metres, cycle_coverage, network, undecided)
    near = of_places(places, routes.evidence.known_near(places.points, params.join_distance))
    if routes.guessed:  # a guess holds near what is drawn
        apart = access.nearest_line(
            places.points, places.owner, len(places.table), split.built.geometry.to_numpy()
        )
        near &= apart.distance <= params.coverage_distance
    return Known(routes, near, sure_points(run, places))


# --------------------------------------------------------------------------- route access


class _Reach:
    """Connected networks at one tolerance: what places reach, and whether it may be longer.

    Ends of lines meet within ``meets`` metres whatever the tolerance.
    """

    def __init__(
        self,
        run: Run,
        places: Places,
        known: Known,
        lines: gpd.GeoDataFrame,
        tolerance: float,
        meets: float,
    ) -> None:
        params, count = run.parameters, len(places.table)
        shapes = lines.geometry.to_numpy()
        self.labels = components(lines, tolerance=tolerance, meets=meets)
        once = gpd.GeoSeries(counted_once(shapes), crs=lines.crs)
        self.lengths = component_lengths(once, self.labels)
        found = access.networks_reached(
            places.points, places.owner, count, shapes, self.labels, self.lengths,
            distance=params.join_distance,
        )  # fmt: skip
        self.label, self.length = found.label, found.length
        self.joined = (found.length >= params.min_network * 1000 - 1e-6) & (found.label >= 0)
        self.touched = access.touched_networks(
            places.points, places.owner, shapes, self.labels, distance=params.join_distance
        )
        evidence = known.routes.evidence
        self.open = open_networks(
            evidence, shapes, self.labels, max(tolerance, meets), len(self.lengths)
        )
        # networks that lead out of the known land make "no" of the places they touch uncertain
        self.may_go_on = np.zeros(count, dtype=bool)
        self.may_go_on[self.touched[self.open[self.touched[:, 1]], 0]] = True


def route_access(
    run: Run, places: Places, split: Split, known: Known
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Judge every place; return places, connected networks, and the missing connectors.

    One long network is enough for "yes". "No" needs all within the distance to be known, every
    network there to end on known land, and no entrance that could be elsewhere.
    """
    params, count = run.parameters, len(places.table)
    where = (places.points, places.owner, count)
    enough = params.min_network * 1000 - 1e-6  # a sum of lengths must not fail by rounding
    lines = split.built.geometry.to_numpy()
    best = _Reach(run, places, known, split.built, params.tolerance, split.meets)
    others = {
        "medium": _Reach(run, places, known, split.built, params.tolerance_medium, split.meets),
        "wide": _Reach(run, places, known, split.built, params.tolerance_wide, split.meets),
    }
    gate = _entrance_may_join(run, places, lines, best, enough) | ~known.sure
    # lines of unknown state could join a place, planned ones would
    maybe = _joined_with(run, places, known, split, split.unknown, best.joined)
    later = _joined_with(run, places, known, split, split.planned, best.joined)
    # the first that holds: every reason but the last two leaves the place unknown
    reason = np.select(
        [best.joined, ~known.near, best.may_go_on, gate, maybe, best.label >= 0],
        ["joined", "outside_data", "leaves_data", "entrance", "line_state", "too_short"],
        default="too_far",
    )
    state = np.select(
        [best.joined, np.isin(reason, ("too_short", "too_far"))],
        ["yes", "no"],
        default="unknown",
    )
    near = access.nearest_line(*where, lines)
    # distances are shown where the layer is known to be whole, or shows something in reach
    shown = known.near | (best.label >= 0)
    hubs = places.table.copy()
    hubs["state"] = state
    hubs["reason"] = reason
    hubs["distance_m"] = np.where(shown, near.distance, np.nan)
    hubs["network_km"] = np.where(shown, best.length / 1000, np.nan)
    for name, at in others.items():
        hubs[f"network_km_{name}"] = np.where(shown | (at.length > 0), at.length / 1000, np.nan)
        open_ = (state == "unknown") | at.may_go_on
        hubs[f"joined_{name}"] = _flag(at.joined, open_ & ~at.joined)
    planned = access.nearest_line(*where, split.planned.geometry.to_numpy()).distance
    hubs["planned_m"] = np.where(shown, planned, np.nan)
    hubs["joined_if_planned"] = _flag(later, (state == "unknown") & ~later)
    network, rank = _network(split.built, best)
    gaps = _gaps(run, places, hubs, lines, best, enough, near, rank)
    return hubs, network, gaps


def _entrance_may_join(
    run: Run, places: Places, lines: Array, best: _Reach, enough: float
) -> Array:
    """Tell which places could have an entrance that is joined, though the data do not show it.

    Places without known entrances, as far as ``entrance_offset``; and all places near an entrance
    that is joined and names a place the data do not have.
    """
    params, count = run.parameters, len(places.table)
    out = np.zeros(count, dtype=bool)
    if len(places.loose):
        own = np.arange(len(places.loose))
        found = access.networks_reached(
            places.loose,
            own,
            len(own),
            lines,
            best.labels,
            best.lengths,
            distance=params.join_distance,
        )
        joined = places.loose[(found.length >= enough) & (found.label >= 0)]
        i, _ = shapely.STRtree(joined).query(
            places.points, predicate="dwithin", distance=params.entrance_distance
        )
        out[places.owner[i]] = True
    if params.entrance_offset == 0:
        return out
    found = access.networks_reached(
        places.points,
        places.owner,
        count,
        lines,
        best.labels,
        best.lengths,
        distance=params.join_distance + params.entrance_offset,
    )
    bare = (places.table["entrances"] == 0).to_numpy()
    return out | (bare & (found.length >= enough) & (found.label >= 0))


def _flag(yes: Array, unknown: Array) -> pd.Series:
    return pd.Series(yes, dtype="boolean").mask(pd.Series(unknown & ~yes))


def _joined_with(
    run: Run,
    places: Places,
    known: Known,
    split: Split,
    more: gpd.GeoDataFrame,
    now: Array,
) -> Array:
    """Tell which places would be joined if further lines were built."""
    if more.empty:
        return now
    both = gpd.GeoDataFrame(geometry=pd.concat([split.built.geometry, more.geometry]), crs=run.crs)
    return now | _Reach(run, places, known, both, run.parameters.tolerance, split.meets).joined


def _network(built: gpd.GeoDataFrame, best: _Reach) -> tuple[gpd.GeoDataFrame, Array]:
    """One row per connected network, the longest first; ``rank`` is the number of each label."""
    labels, lengths, touched = best.labels, best.lengths, best.touched
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
            "may_go_on": pd.Series(best.open[order], dtype="boolean"),
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
    best: _Reach,
    enough: float,
    near: access.Nearest,
    rank: Array,
) -> gpd.GeoDataFrame:
    """Straight connectors that are missing: to any infrastructure, and to a large network."""
    labels, lengths = best.labels, best.lengths
    large = lengths >= enough
    rows: list[tuple[int, str, int, Any]] = []
    big = np.flatnonzero(large[labels]) if len(labels) else np.zeros(0, dtype=np.int64)
    tree = shapely.STRtree(lines[big])
    to_big = access.nearest_line(places.points, places.owner, len(hubs), lines[big])
    for i in np.flatnonzero((hubs["state"] == "no").to_numpy()).tolist():
        # a place at a short network: from the whole of that network to the nearest large one
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
