"""Parts of ``cycle_network``: the form of the network, two sources compared, stress of streets."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.shared.homes import home_of, names_of
from metrogis.checks.shared.infrastructure import (
    NONE,
    infrastructure_of,
    share_covered,
    stress_of,
    uncovered,
)
from metrogis.checks.shared.known_routes import open_networks
from metrogis.evidence import Evidence
from metrogis.i18n import _
from metrogis.provenance import Audit, audit_of
from metrogis.streets import StreetNetwork
from metrogis.streets.chains import chains
from metrogis.streets.cycleways import component_lengths, components, group_labels, line_ends
from metrogis.streets.overlaps import counted_once

_TOUCH = 0.5
"""Lines this near are drawn on each other, m."""


# --------------------------------------------------------------------------- form


def form_table(
    lines: gpd.GeoDataFrame, tolerances: tuple[float, ...], crs: Any, meets: float = 0.0
) -> gpd.GeoDataFrame:
    """Describe how connected the lines are at each tolerance; the shape is the largest network.

    Ends of lines meet within ``meets`` (m) whatever the tolerance.
    """
    once = _once(lines)
    total = float(once.length.sum())
    rows, shapes = [], []
    for tolerance in tolerances:
        labels = components(lines, tolerance=tolerance, meets=meets)
        lengths = component_lengths(once, labels)
        largest = float(lengths.max(initial=0.0))
        rows.append(
            {
                "tolerance_m": float(tolerance),
                "networks": len(lengths),
                "length_km": total / 1000,
                "largest_km": largest / 1000,
                "largest_share": largest / total if total > 0 else np.nan,
            }
        )
        mine = labels == np.argmax(lengths) if len(lengths) else np.zeros(0, bool)
        shapes.append(shapely.multilinestrings(lines.geometry.to_numpy()[mine]))
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs)


def _once(lines: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the lines whose lengths add up: what lies on another one counts there."""
    return gpd.GeoSeries(counted_once(lines.geometry.to_numpy()), crs=lines.crs)


def networks_table(
    lines: gpd.GeoDataFrame, tolerance: float, crs: Any, evidence: Evidence, *, meets: float = 0.0
) -> gpd.GeoDataFrame:
    """Return one row per connected network, the longest first.

    ``may_go_on`` is true where a network meets land whose routes are not known: it may be longer.
    """
    labels = components(lines, tolerance=tolerance, meets=meets)
    lengths = component_lengths(_once(lines), labels)
    geometry = lines.geometry.to_numpy()
    order = np.argsort(-lengths, kind="stable")
    count = np.bincount(labels, minlength=len(lengths))
    going = open_networks(evidence, geometry, labels, max(tolerance, meets), len(lengths))
    by_label = np.argsort(labels, kind="stable")
    cuts = np.split(geometry[by_label], np.cumsum(count)[:-1]) if len(lengths) else []
    return gpd.GeoDataFrame(
        {
            "network": np.arange(1, len(order) + 1),
            "length_km": lengths[order] / 1000,
            "lines": count[order],
            "may_go_on": pd.Series(going[order], dtype="boolean"),
        },
        geometry=[shapely.multilinestrings(cuts[i]) for i in order],
        crs=crs,
    )


def ends_table(
    lines: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame, tolerance: float, evidence: Evidence
) -> gpd.GeoDataFrame:
    """Return the loose ends with their municipality.

    A line ends the same whether it is drawn whole or in parts. An end where routes are not known
    as far as the tolerance may go on: its kind is unknown.
    """
    found = chains(lines.geometry.to_numpy())
    ends = line_ends(gpd.GeoSeries(found.shape, crs=municipalities.crs), tolerance=tolerance)
    points = ends.geometry.to_numpy()
    home = home_of(points, municipalities)
    name = lines["name"].astype(object).to_numpy() if "name" in lines else None
    row = found.line[ends["line"].to_numpy(np.int64)]
    sure = evidence.known_near(points, tolerance)
    return gpd.GeoDataFrame(
        {
            "kind": np.where(sure, ends["kind"].to_numpy(object), "unknown").astype(object),
            "name": pd.Series(name[row] if name is not None else [None] * len(ends), dtype=object),
            "gap_m": np.where(sure, ends["gap_m"].to_numpy(), np.nan),
            "spur_m": np.where(sure & ~np.isinf(ends["spur_m"]), ends["spur_m"], np.nan),
            "teryt": names_of(home, municipalities, "teryt"),
            "municipality": names_of(home, municipalities, "name"),
        },
        geometry=points,
        crs=municipalities.crs,
    )


# --------------------------------------------------------------------------- two sources


class Compared(NamedTuple):
    """Places that one source lacks; m of each source that could not be compared, and that were."""

    places: gpd.GeoDataFrame
    layer_not_compared: float
    osm_not_compared: float
    layer_compared: float
    osm_compared: float


class Comparison(NamedTuple):
    """How two sources are compared.

    A stretch is missing in the other source where nothing of it lies within ``distance``; pieces
    nearer than ``join`` to each other are one place; places shorter than ``shortest`` are left out.
    Street data say nothing farther than ``reach`` from every street. All in metres. ``routes`` and
    ``streets`` are the evidence of the two: only where the other source is known all along a
    stretch can it lack it.
    """

    distance: float
    shortest: float
    join: float
    reach: float
    routes: Evidence
    streets: Evidence


def compare(
    built: gpd.GeoDataFrame,
    planned: gpd.GeoDataFrame,
    network: StreetNetwork,
    municipalities: gpd.GeoDataFrame,
    rule: Comparison,
) -> Compared:
    """Compare built lines with the infrastructure of the street data, both ways.

    A stretch of one source is lacking in the other where nothing of it lies within
    ``rule.distance``. Lines of the layer beyond the reach of the street data, and infrastructure of
    the street data where the layer is not known to be complete, are not compared: their length is
    given apart.

    Parameters
    ----------
    built, planned : GeoDataFrame of lines
        Of the municipal layer. A place that only street data have and the layer plans is marked.
    network : StreetNetwork
        For bicycles.
    municipalities : GeoDataFrame
        Municipalities; places outside all of them are left out.
    rule : Comparison

    Returns
    -------
    Compared
        Places by source in which they are missing, the longest first; metres compared and not.
    """
    kind = infrastructure_of(network)
    chosen = np.flatnonzero((kind != NONE) & network.open_edges)
    osm = network.lines(chosen)
    osm_names = _way_names(network)[network.edge_way[chosen]]
    own = built.geometry.to_numpy()
    own_names = _names(built)
    # the layer's lines against the street data, where that reaches
    streets: Array = np.asarray(shapely.points(network.x, network.y), dtype=object)
    near, _ = (
        shapely.STRtree(streets).query(own, predicate="dwithin", distance=rule.reach)
        if len(own)
        else (np.zeros(0, int), None)
    )
    # lines beyond the reach of every street: the street data cannot lack them
    known = np.zeros(len(own), bool)
    known[near] = True
    rest = _lacking(own[known], osm, rule.distance)
    of_layer, unsure = _sure(
        _places(rest, own_names[known], "osm", municipalities, rule), rule.streets, rule
    )
    layer_left = float(shapely.length(own[~known]).sum()) + unsure
    # the street data's lines against the layer, where that is known
    middle = shapely.line_interpolate_point(osm, 0.5, normalized=True)
    home = home_of(middle, municipalities)
    kept = (home >= 0) & rule.routes.known_at(middle)
    rest = _lacking(osm[kept], own, rule.distance)
    of_osm, unsure = _sure(
        _places(rest, osm_names[kept], "layer", municipalities, rule), rule.routes, rule
    )
    osm_left = float(shapely.length(osm[(home >= 0) & ~kept]).sum()) + unsure
    planned_lines = planned.geometry.to_numpy()
    if len(of_osm) and len(planned_lines):
        # what is missing in OSM and planned by the layer is no disagreement: it is not built yet
        share = share_covered(of_osm.geometry.to_numpy(), planned_lines, rule.distance)
        of_osm.loc[share >= 0.5, "other"] = "planned"
    places = pd.concat([of_layer, of_osm], ignore_index=True)
    places = places.sort_values("length_m", ascending=False, kind="stable", ignore_index=True)
    places.insert(0, "rank", places.groupby("missing_in").cumcount() + 1)
    return Compared(
        gpd.GeoDataFrame(places, geometry="geometry", crs=municipalities.crs),
        layer_left,
        osm_left,
        float(shapely.length(own).sum()) - layer_left,
        float(shapely.length(osm[home >= 0]).sum()) - osm_left,
    )


def _sure(
    places: gpd.GeoDataFrame, other: Evidence, rule: Comparison
) -> tuple[gpd.GeoDataFrame, float]:
    """Return the places all along which the other source is known, and the metres of the rest."""
    sure = other.known_near(places.geometry.to_numpy(), rule.distance)
    return places[sure].reset_index(drop=True), float(places["length_m"][~sure].sum())


def _lacking(lines: Array, others: Array, distance: float) -> Array:
    """Return the parts of lines that the others lack, up to where they meet them."""
    rest = uncovered(lines, others, distance)
    some = ~shapely.is_empty(rest)
    # what lies within the distance of a meeting point is as absent as the stretch it belongs to
    grown = shapely.intersection(lines[some], shapely.buffer(rest[some], distance))
    rest[some] = uncovered(grown, others, _TOUCH)
    return rest


def _places(
    rest: Array,
    names: Array,
    missing_in: str,
    municipalities: gpd.GeoDataFrame,
    rule: Comparison,
) -> gpd.GeoDataFrame:
    parts, row = shapely.get_parts(rest, return_index=True)
    # pieces left between two buffers are points or lines: only lines have a length
    lines = shapely.get_type_id(parts) == 1
    parts, row = parts[lines], row[lines]
    if len(parts):
        a, b = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=rule.join)
        label = group_labels(a, b, len(parts))
    else:
        label = np.zeros(0, np.int64)
    count = int(label.max(initial=-1)) + 1
    length = np.bincount(label, weights=shapely.length(parts), minlength=count)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1]) if count else []
    groups = [g for g, metres in zip(groups, length, strict=True) if metres >= rule.shortest]
    shapes = np.array([shapely.multilinestrings(parts[g]) for g in groups], object)
    # a place lies where the middle of its longest piece does
    centre = [parts[g][np.argmax(shapely.length(parts[g]))] for g in groups]
    home = home_of(
        shapely.line_interpolate_point(np.array(centre, object), 0.5, normalized=True),
        municipalities,
    )
    return gpd.GeoDataFrame(
        {
            "missing_in": np.full(len(groups), missing_in, object),
            "length_m": length[length >= rule.shortest],
            "name": pd.Series([_first_name(names[row[g]]) for g in groups], dtype=object),
            "other": np.full(len(groups), "absent", object),
            "teryt": names_of(home, municipalities, "teryt"),
            "municipality": names_of(home, municipalities, "name"),
        },
        geometry=gpd.GeoSeries(shapes, crs=municipalities.crs),
        crs=municipalities.crs,
    )


def _first_name(names: Array) -> str | None:
    told = [n for n in names if isinstance(n, str) and n]
    return max(told, key=told.count) if told else None


def _names(lines: gpd.GeoDataFrame) -> Array:
    if "name" not in lines:
        return np.full(len(lines), None, object)
    return lines["name"].astype(object).to_numpy()


def _way_names(network: StreetNetwork) -> Array:
    if "name" not in network.ways:
        return np.full(len(network.ways), None, object)
    return network.ways["name"].astype(object).to_numpy()


# --------------------------------------------------------------------------- stress


class Streets(NamedTuple):
    """Length of streets by stress, by municipality; m, arrays of shape (municipalities,).

    ``low``: level at most the limit or infrastructure of its own; ``known``: level known;
    ``all``: every street open to bicycles; ``defaults``: whose level rests on a default.
    ``largest_share``: of the low-stress network's length in its longest connected part.
    """

    low: Array
    known: Array
    all: Array
    defaults: Array
    largest_share: float
    parts: int
    by_level: gpd.GeoDataFrame
    audit: Audit


def streets_by_stress(
    network: StreetNetwork, municipalities: gpd.GeoDataFrame, *, rules: str, limit: int
) -> Streets:
    """Sum the streets open to bicycles by level of traffic stress; each counts at its middle.

    Parameters
    ----------
    network : StreetNetwork
        For bicycles.
    municipalities : GeoDataFrame
        Municipalities.
    rules : str
        Set of rules for the level of stress (:func:`metrogis.streets.stress_of`).
    limit : int
        Highest level that counts as low, 1 to 4.

    Returns
    -------
    Streets
        Metres by municipality; an edge counts as resting on defaults where either direction does.
    """
    table, level = stress_of(network, rules)
    used = (table["forward_defaults"] != "") | (table["backward_defaults"] != "")
    on_defaults = used.to_numpy(bool)[network.edge_way]
    open_edges = network.open_edges
    # an edge is in the municipality of its middle, so that sums over municipalities are the whole
    middle = np.full(network.n_edges, -1, np.int64)
    edges = np.flatnonzero(open_edges)
    lines = network.lines(edges)
    middle[edges] = home_of(
        shapely.line_interpolate_point(lines, 0.5, normalized=True), municipalities
    )
    count, metres = len(municipalities), network.edge_length
    inside = middle >= 0

    def by_town(mask: Array) -> Array:
        rows = inside & mask
        return np.bincount(middle[rows], weights=metres[rows], minlength=count)

    low = level <= limit
    sub = network.subnetwork(low & open_edges)
    form = sub.components()
    lengths = form.length
    shapes, rows = [], []
    shown = np.where(np.isnan(level), 0, level).astype(int)
    for value in range(5):
        mine = inside[edges] & (shown[edges] == value)
        if mine.any():
            rows.append({"level": str(value) if value else "unknown", "length_km": 0.0})
            rows[-1]["length_km"] = float(metres[edges][mine].sum()) / 1000
            shapes.append(shapely.multilinestrings(lines[mine]))
    by_level = gpd.GeoDataFrame(
        rows or {"level": [], "length_km": []}, geometry=shapes, crs=municipalities.crs
    )
    audit = audit_of(table).add(
        "streets",
        "unknown",
        int((np.isnan(level) & inside).sum()),
        _("streets of unknown stress"),
    )
    return Streets(
        by_town(low),
        by_town(~np.isnan(level)),
        by_town(open_edges),
        by_town(on_defaults & ~np.isnan(level)),
        float(lengths.max() / lengths.sum()) if len(lengths) and lengths.sum() > 0 else np.nan,
        int((lengths > 0).sum()),
        by_level,
        audit,
    )
