"""The table of municipalities of ``cycle_network``: lengths, ends, differences, stress."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.cycle_network import parts
from metrogis.checks.active_mobility.cycle_network import presentation as texts
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import CycleCoverage, MunicipalPopulation
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.known_routes import Routes, known_routes, land_share
from metrogis.evidence import Evidence
from metrogis.i18n import _
from metrogis.population import municipal_totals
from metrogis.streets.cycleways import Split, directions
from metrogis.streets.overlaps import counted_once


class Lengths(NamedTuple):
    """Kilometres by municipality (every metre once), and of all lines.

    ``built``, ``directed``, ``planned`` and ``unsure`` are arrays of shape (municipalities,);
    ``total`` and ``total_directed`` are km of all built lines, wherever they lie.
    """

    built: Array
    directed: Array
    planned: Array
    unsure: Array
    total: float
    total_directed: float
    routes: Routes


def lengths(run: Run, cycle_coverage: CycleCoverage | None, split: Split, network: Any) -> Lengths:
    """Sum lengths by municipality, and tell which municipalities the data cover.

    A stretch that two lines share counts once; directed lengths count each direction in which one
    may ride (0, 1 or 2).

    Parameters
    ----------
    run : Run
    split : Split
        Lines built, planned and of unknown state.
    network : StreetNetwork or None
        Infrastructure there that the layer lacks shows that the layer is not complete.

    Returns
    -------
    Lengths
        km. Lines outside all municipalities are in the totals alone, which the audit says.
    """
    municipalities = run.municipalities
    count = len(municipalities)
    ways, audit = directions(split.built)
    run.add(audit)
    lines = counted_once(split.built.geometry.to_numpy())

    def by_area(shapes: Array, weight: Array | None = None) -> Array:
        line, row, metres = pieces_by_municipality(shapes, municipalities)
        metres = metres if weight is None else metres * weight[line]
        return np.bincount(row, weights=metres, minlength=count) / 1000

    built, directed = by_area(lines), by_area(lines, ways)
    planned = by_area(counted_once(split.planned.geometry.to_numpy()))
    unsure = by_area(counted_once(split.unknown.geometry.to_numpy()))
    metres = shapely.length(lines)
    outside = float(metres.sum()) / 1000 - float(built.sum())
    run.note(
        "cycle_routes",
        "noted",
        int(outside > 0.001),
        _("{outside} km of lines outside the municipalities: not in their sums").fill(
            outside=f"{outside:.1f}"
        ),
    )
    routes = known_routes(run, 1000 * built, cycle_coverage, network, 1000 * unsure)
    total, both = float(metres.sum()) / 1000, float((metres * ways).sum()) / 1000
    return Lengths(built, directed, planned, unsure, total, both, routes)


def municipal(
    run: Run,
    population_municipal: MunicipalPopulation | None,
    found: Lengths,
    ends: gpd.GeoDataFrame,
    compared: parts.Compared | None,
    rated: parts.Streets | None,
    streets: Evidence | None,
) -> gpd.GeoDataFrame:
    """Build the table of municipalities.

    Parameters
    ----------
    run : Run
    found : Lengths
    ends : GeoDataFrame
        ``teryt``, ``kind``.
    compared : Compared or None
    rated : Streets or None
    streets : Evidence or None
        Where street data are complete.

    Returns
    -------
    GeoDataFrame (municipalities,)
        In the order of the input. Numbers are NaN where the cycle data are not complete; the column
        ``cycle_km_known`` then has what is drawn, a lower bound.
    """
    municipalities = run.municipalities
    count, mapped = len(municipalities), found.routes.mapped
    people = np.full(count, np.nan)
    if population_municipal is not None:
        people, audit = municipal_totals(municipalities, population_municipal)
        run.add(audit)
    table = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "cycle_data": found.routes.flag,
            "cycle_known_share": found.routes.share,
            "cycle_km": np.where(mapped, found.built, np.nan),
            "cycle_km_known": np.where(mapped | (found.built > 0), found.built, np.nan),
            "cycle_directed_km": np.where(mapped, found.directed, np.nan),
            "planned_km": np.where(mapped, found.planned, np.nan),
            "population": people,
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=run.crs,
    )
    table["cycle_km_per_10k"] = _ratio(table["cycle_km"].to_numpy(), people / 1e4)
    home = pd.Series(np.arange(count), index=municipalities["teryt"].to_numpy())
    # ends outside all municipalities have no row
    rows = home.reindex(ends["teryt"]).to_numpy(float)
    for kind, name in (
        ("dangling", "dangling_ends"),
        ("undershoot", "undershoots"),
        ("overshoot", "overshoots"),
        ("unknown", "ends_unknown"),
    ):
        mine = rows[(ends["kind"] == kind).to_numpy() & ~np.isnan(rows)].astype(int)
        table[name] = np.where(mapped, np.bincount(mine, minlength=count), np.nan)
    return _judged(run, table, found.routes, compared, rated, streets)


def _judged(
    run: Run,
    table: gpd.GeoDataFrame,
    routes: Routes,
    compared: parts.Compared | None,
    rated: parts.Streets | None,
    streets: Evidence | None,
) -> gpd.GeoDataFrame:
    """Add differences, stress, and the judgement of the data."""
    params, count = run.parameters, len(table)
    shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
    there = np.zeros(count) if streets is None else np.nan_to_num(land_share(streets, shapes))
    covered = there >= params.coverage_share - 1e-9
    for source in ("osm", "layer"):
        total = np.full(count, np.nan)
        if compared is not None:
            places = compared.places[compared.places["missing_in"] == source]
            # a place may lie in several municipalities: each has its part
            _, row, metres = pieces_by_municipality(places.geometry.to_numpy(), table)
            total = np.bincount(row, weights=metres, minlength=count) / 1000
            total = np.where(routes.mapped & covered, total, np.nan)
        table[f"missing_in_{source}_km"] = total
    empty = np.full(count, np.nan)
    length, low, unknown, defaults = empty, empty, empty, empty
    if rated is not None:
        length = np.where(rated.all > 0, rated.all / 1000, np.nan)
        low, unknown = _ratio(rated.low, rated.known), 1 - _ratio(rated.known, rated.all)
        defaults = _ratio(rated.defaults, rated.known)
    table["streets_known_share"] = np.full(count, np.nan) if streets is None else there
    table["streets_km"], table["low_stress_share"] = length, low
    table["unknown_stress_share"], table["defaults_share"] = unknown, defaults
    table["data_quality"] = np.select(
        [~routes.mapped | ~covered | np.isnan(defaults), defaults > params.defaults_limit],
        ["unknown", "weak"],
        "good",
    ).astype(object)
    table.index = run.municipalities.index
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def _ratio(part: Array, whole: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def note_not_compared(run: Run, compared: parts.Compared) -> None:
    """Note in the audit the length that only one of two sources can tell of.

    Parameters
    ----------
    run : Run
    compared : Compared
        A metre or less is not noted: it is a matter of rounding.
    """
    for layer, metres, text in (
        (
            "cycle_routes",
            compared.layer_not_compared,
            _("km of lines beyond the street data"),
        ),
        (
            "streets",
            compared.osm_not_compared,
            _("km of OSM infrastructure where the cycle data are not complete: not compared"),
        ),
    ):
        if metres > 1:
            km = metres / 1000
            run.note(layer, "unknown", 1, _("{km:1} {text}").fill(km=km, text=text))
