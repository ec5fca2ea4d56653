"""Columns of the municipal table on structure: dominant flows, functional regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.checks.contract import Run
from metrogis.checks.spatial_development.functional_links.regions import (
    Hierarchy,
    Partition,
    association,
    communities,
    dominant_flows,
    symmetric,
)
from metrogis.checks.spatial_development.functional_links.tables import share_of
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.population.flows import Floats, Flows


def _size(out: gpd.GeoDataFrame, flows: Flows, measure: str) -> Floats:
    """Size of each place: population, or recorded inflow (its lower bound, also where it is 0)."""
    if measure == "population":
        return out["population"].to_numpy(dtype=np.float64)
    size = np.where(flows.present, flows.internal.sum(axis=0), np.nan)
    return size + flows.inward if measure == "inflow" else size


def _size_max(flows: Flows, measure: str) -> Floats:
    """Upper bound of the inflow that is a place's size; infinite where there is none."""
    top = np.where(flows.present, flows.internal_max.sum(axis=0), np.inf)
    return top + flows.inward_max if measure == "inflow" else top


def hierarchy_of(
    run: Run, flows: Flows, out: gpd.GeoDataFrame, order: NDArray[np.int64]
) -> tuple[Hierarchy, NDArray[np.bool_]]:
    """Return dominant flows, and which of them unpublished flows could not change.

    Parameters
    ----------
    run : Run
        Gets a row of the audit where nothing is known of size.
    flows : Flows
    out : GeoDataFrame
        The municipal table, for sizes.
    order : ndarray of int
        Positions by code: ties are settled in this order, not in that of the rows.

    Returns
    -------
    (Hierarchy, ndarray of bool (municipalities,))

    Raises
    ------
    ParameterError
        If indirect associations are asked for and their series does not converge.
    """
    params = run.parameters
    measure = params.hierarchy_size
    if np.isnan(_size(out, flows, measure)).all():
        run.note(
            "od_flows",
            "unknown",
            1,
            _("no data on size ({measure}): the hierarchy is unknown").fill(measure=measure),
        )
    size = _size(out, flows, measure)
    size_max = size if measure == "population" else _size_max(flows, measure)
    strength = None
    if params.hierarchy_indirect:
        try:
            strength = association(flows.internal, indirect=True)
        except ValueError:
            raise ParameterError(
                _("the series of indirect associations does not converge for this table"),
                layer=run.check.id,
                place="hierarchy_indirect",
                remedy=_("turn hierarchy_indirect off"),
            ) from None
    # ties by code, not by row: positions are mixed for the search and put back after it
    mixed = np.ix_(order, order)
    found = dominant_flows(
        flows.internal[mixed],
        size[order],
        strength=None if strength is None else strength[mixed],
        min_flow=params.dominant_min_flow,
        min_share=params.dominant_min_share,
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
    # sure: the flow beats the most any other may be, and the sizes cannot change places
    ahead = won > rivals.max(axis=1, initial=-1.0)
    # the parent stays one where the sizes cannot be the other way round
    apart = (size[best] > size_max) | (size >= size_max[best])
    return tree, (best >= 0) & ahead & apart & (not params.hierarchy_indirect)


def add_hierarchy(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    sure: NDArray[np.bool_],
    names: Mapping[str, str],
    p: Any,
) -> None:
    """Write the place of each municipality in the hierarchy into its table.

    ``dominance`` is ``subordinate`` (its largest flow goes to a larger place), ``terminal`` (to a
    smaller one), ``none`` (no flow above the limits) or ``unknown``.

    Parameters
    ----------
    out : GeoDataFrame
        The municipal table, changed in place.
    flows : Flows
    tree : Hierarchy
    sure : ndarray of bool (municipalities,)
        From :func:`hierarchy_of`.
    names : mapping of str to str
    p : Parameters
        With indirect associations, whose bounds are not known, nothing is certain.
    """
    size = _size(out, flows, p.hierarchy_size)
    has = tree.largest >= 0
    # nothing recorded though something may be unpublished: not "no flow"
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
    # a place whose tree leads to one that is not known has no known centre
    top = np.isin(state, ["terminal", "subordinate"]) & (state[tree.root] != "unknown")
    out["nodal_centre"] = [label[r] if t else None for r, t in zip(tree.root, top, strict=True)]
    amount = flows.internal[np.arange(len(out)), tree.largest]
    out["dominant_flow"] = np.where(has & ~unknown, amount, np.nan)
    out["dominant_share"] = share_of(out["dominant_flow"], out["outflow_internal"])
    out["hierarchy_level"] = np.where(top, tree.level, np.nan)
    certain = pd.array(sure & ~unknown, dtype="boolean")
    certain[unknown | ~has] = pd.NA
    out["hierarchy_certain"] = certain
    if p.hierarchy_indirect:
        out["hierarchy_certain"] = pd.array([pd.NA] * len(out), dtype="boolean")


def regions_of(p: Any, flows: Flows, order: NDArray[np.int64]) -> Partition:
    """Group municipalities into functional regions, whatever the order of their rows.

    Parameters
    ----------
    p : Parameters
        Resolution, seed and number of runs of the search for communities.
    flows : Flows
    order : ndarray of int
        Positions by code: the search, which is random, goes through places in this order.

    Returns
    -------
    Partition
    """
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
    """Name each region by its largest municipality, and write regions into the table.

    Parameters
    ----------
    out : GeoDataFrame
        The municipal table, changed in place. Municipalities without flows have no region.
    flows : Flows
    regions : Partition
    names : mapping of str to str

    Returns
    -------
    dict of str to ndarray of int
        Positions of the members by code of the seat.
    """
    linked = (flows.internal + flows.internal.T).sum(axis=1) > 0
    inflow = flows.internal.sum(axis=0)
    people = out["population"].to_numpy(dtype=np.float64)
    seats: dict[str, NDArray[np.int64]] = {}
    code = np.full(len(out), None, dtype=object)
    steady = np.full(len(out), np.nan)
    known = np.isfinite(people)
    certain = np.full(len(out), flows.exact)
    for label in np.unique(regions.labels[linked]):
        members = np.flatnonzero((regions.labels == label) & linked)
        # named after the largest of those whose population is known
        size = np.where(known, people, -1.0) if known[members].any() else inflow
        certain[members] &= known[members].all() or not known[members].any()
        seat = min(members.tolist(), key=lambda i: (-size[i], flows.codes[i]))
        seats[flows.codes[seat]] = members
        code[members] = flows.codes[seat]
        steady[members] = regions.together[seat, members]
    out["region_code"] = code
    out["region"] = [None if c is None else names[c] for c in code]
    out["region_stability"] = steady
    flags = pd.array(certain, dtype="boolean")
    flags[np.array([c is None for c in code], dtype=bool)] = pd.NA
    out["region_certain"] = flags
    return seats
