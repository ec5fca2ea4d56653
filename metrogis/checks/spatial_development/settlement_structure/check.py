"""Where people live in cities, in towns and suburbs, in the country; how near to rail."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.placed import strips_emptied, with_strips
from metrogis.checks.shared.settled import settle
from metrogis.checks.spatial_development.settlement_structure import presentation as texts
from metrogis.checks.spatial_development.settlement_structure.cells import (
    SIDE,
    Classes,
    classes_of,
    lattice_of,
)
from metrogis.checks.spatial_development.settlement_structure.findings import findings
from metrogis.checks.spatial_development.settlement_structure.flows import main_centres
from metrogis.checks.spatial_development.settlement_structure.inputs import Inputs
from metrogis.checks.spatial_development.settlement_structure.parameters import (
    SettlementStructureParameters,
)
from metrogis.checks.spatial_development.settlement_structure.rail import bands, near_rail
from metrogis.checks.spatial_development.settlement_structure.reading import READING
from metrogis.checks.spatial_development.settlement_structure.taken import TAKEN
from metrogis.i18n import _
from metrogis.population.flows import read_flows
from metrogis.population.urbanisation import CENTRE, CLUSTER, RURAL, Thresholds, degree

_PIECE = 250.0
"""Widest piece of population whose middle stands for it, m."""
_KINDS = {CENTRE: "centre", CLUSTER: "cluster", RURAL: "rural"}


@check(
    id="settlement_structure",
    direction="1.2.1",
    section="39-settlement-structure",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def settlement_structure(
    inputs: Inputs, params: SettlementStructureParameters, run: Run
) -> Outcome:
    """Return the degree of urbanisation, main centres by flows, and people near rail.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    population : GeoDataFrame
        Schema ``PopulationCells``: squares of at most 1 km; wider cells and other shapes leave the
        degree of urbanisation unknown.
    od_flows : DataFrame, optional
        Schema ``ODFlows``: without it main centres are unknown.
    rail_stations : GeoDataFrame, optional
        Without it distances to rail are unknown.
    population_municipal : DataFrame, optional
        Totals that cells are scaled to.
    **parameters
        See :class:`SettlementStructureParameters`.

    Returns
    -------
    Result
        Municipalities: ``degurba`` (city / towns_and_suburbs / rural / unknown),
        ``centre_people``, ``cluster_people``, ``rural_people``, ``main_centre`` (a name),
        ``near_rail_share``. Features ``cells`` (1 km) and ``rail_distance`` (bands).

    Examples
    --------
    >>> from shapely import box
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[box(470000, 720000, 473000, 721000)])
    >>> cells = gpd.GeoDataFrame({"population": [6000.0, 400, 100]}, crs=town.crs, geometry=[
    ...     box(470000 + 1000 * k, 720000, 471000 + 1000 * k, 721000) for k in range(3)])
    >>> found = settlement_structure(town, cells).municipalities.iloc[0]
    >>> found["degurba"], float(found["cluster_people"]), float(found["rural_people"])
    ('towns_and_suburbs', 6400.0, 100.0)
    """
    municipalities = inputs.municipalities
    pieces = settle(
        run,
        municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=None,
        size=_PIECE,
    )
    pieces = strips_emptied(run, with_strips(pieces, inputs.population))
    people = pieces["population"].to_numpy(float)
    owner = pd.Index(municipalities["teryt"]).get_indexer(pieces["teryt"]).astype(np.int64)
    run.note(
        "population",
        "unknown",
        int(np.isnan(people).sum()),
        _("cells of unknown population: in no sum or share"),
    )
    points = np.asarray(shapely.centroid(pieces.geometry.to_numpy()), dtype=object)
    near, distance = near_rail(run, inputs.rail_stations, points)
    lattice = lattice_of(run, inputs.population)
    rules = Thresholds(*(getattr(params, name) for name in Thresholds._fields))
    found = None if lattice is None else classes_of(run, lattice, pieces, rules)
    table = _degrees(municipalities, found, owner, people)
    table["main_centre"] = _main_centres(run, inputs)
    seen = near.known & np.isfinite(people)
    table["near_rail_share"] = _ratio(
        _sum(owner, seen & near.yes, people, len(municipalities)),
        _sum(owner, seen, people, len(municipalities)),
    )
    by_distance = bands(run, inputs.rail_stations, distance, people)
    return Outcome(
        municipalities=table[[*texts.COLUMNS["municipalities"], "geometry"]],
        features={"cells": _cells(run, found), "rail_distance": by_distance},
        findings=findings(run, table, by_distance, near, people),
    )


CHECK = settlement_structure.check


def _sum(owner: Ints, which: Any, people: Floats, municipalities: int) -> Floats:
    return np.bincount(
        owner, np.where(which, np.nan_to_num(people), 0.0), minlength=municipalities
    ).astype(float)


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan), dtype=float)


def _degrees(
    municipalities: gpd.GeoDataFrame, found: Classes | None, owner: Ints, people: Floats
) -> gpd.GeoDataFrame:
    """Return people by class of their cell, and the degree of each municipality.

    The degree is said where it holds whatever class those are of whose class is not known, and
    whether or not people live where that is not known.
    """
    n = len(municipalities)
    table = municipalities[["teryt", "name", "geometry"]].copy()
    kind = np.full(len(people), -1, np.int64) if found is None else found.kind[found.of_piece]
    sums = {name: _sum(owner, kind == k, people, n) for k, name in _KINDS.items()}
    unsure, whole = _sum(owner, kind < 0, people, n), _sum(owner, True, people, n)
    more = {name: np.zeros(n) for name in _KINDS.values()}
    loose = np.zeros(n)
    if found is not None:
        extra = _more(found, people)
        more = {name: _sum(owner, kind == k, extra, n) for k, name in _KINDS.items()}
        loose = _sum(owner, kind < 0, extra, n)
    table["degurba"] = _degree(sums, more, unsure + loose)
    for name, values in sums.items():
        # a sum of 0 beside people of unknown class, or who are not known, is not known
        sure = (values > 0) | ((unsure + loose + more[name] == 0) & (whole > 0))
        table[f"{name}_people"] = np.where(sure, values, np.nan)
    dark = loose + sum(more.values())
    area = shapely.area(municipalities.geometry.to_numpy()) / SIDE**2
    table["density"] = np.where(whole > 0, _ratio(whole, area), np.nan)
    table["known_share"] = np.nan_to_num(_ratio(whole - unsure, whole + dark))
    return table


def _more(found: Classes, people: Floats) -> Floats:
    """Return the people that may live besides on each piece: a cell's are of its blank pieces."""
    blank = np.isnan(people)
    count = np.bincount(found.of_piece, blank, minlength=len(found.cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(count > 0, found.more / count, 0.0)
    return np.where(blank, each[found.of_piece], 0.0)


def _degree(sums: dict[str, Floats], more: dict[str, Floats], loose: Floats) -> Any:
    """Return the degree of municipalities, where nobody who is not known could change it.

    Degrees are convex in the people of classes: what holds with all that may be of each class
    alone holds for every mixture.
    """
    names = list(_KINDS.values())
    found = degree(*(sums[name] for name in names))
    out = found.copy()
    for extra in names:
        held = [sums[n] + (more[n] + loose if n == extra else 0.0) for n in names]
        out[degree(*held) != found] = "unknown"
    # where only people of unknown class live nothing is known
    out[sum(sums.values()) <= 0] = "unknown"
    return out


def _main_centres(run: Run, inputs: Inputs) -> Any:
    municipalities = inputs.municipalities
    if inputs.od_flows is None:
        run.note("od_flows", "unknown", 1, _("no flows: main centres are unknown"))
        return np.full(len(municipalities), None, dtype=object)
    names = dict(
        zip(
            municipalities["teryt"].tolist(),
            municipalities["name"].astype(str).tolist(),
            strict=True,
        )
    )
    flows, audit = read_flows(
        inputs.od_flows,
        municipalities["teryt"].tolist(),
        names,
        suppressed_below=run.parameters.suppressed_below,
    )
    run.add(audit)
    return main_centres(flows, list(names.values()))


def _cells(run: Run, found: Classes | None) -> gpd.GeoDataFrame:
    """Return the cells of 1 km on which people live, or of which that is not known."""
    if found is None:
        empty: dict[str, Any] = {"kind": [], "residents": [], "density": []}
        return gpd.GeoDataFrame(empty, geometry=[], crs=run.crs)
    kept = (found.people > 0) | (found.kind != RURAL)
    kind = np.array([_KINDS.get(int(k), "unknown") for k in found.kind[kept]], dtype=object)
    return gpd.GeoDataFrame(
        {
            "kind": kind,
            "residents": found.people[kept],
            "density": np.where(found.more > 0, np.nan, _ratio(found.people, found.land))[kept],
        },
        geometry=found.lattice.boxes(found.cells[kept]),
        crs=run.crs,
    )
