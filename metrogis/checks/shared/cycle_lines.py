"""Cycle infrastructure by state, and the bicycle network: what the layers of a run give."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import CycleRoutes
from metrogis.checks.shared.infrastructure import NONE, infrastructure_of
from metrogis.i18n import _
from metrogis.streets import StreetNetwork
from metrogis.streets.cycleways import Split, by_state, met
from metrogis.streets.layer import network_of


def bike_network(run: Run, streets: Any) -> StreetNetwork | None:
    """Return the bicycle network of the layer ``streets``.

    Parameters
    ----------
    run : Run
        Gets the audit of the network, or the row that there is none.
    streets : StreetNetwork, Streets or None

    Returns
    -------
    StreetNetwork or None
        None without streets for bicycles.

    Raises
    ------
    CRSError
        If its CRS is not that of the municipalities.
    """
    network = network_of(streets, "bike")
    if network is None:
        run.note(
            "streets",
            "unknown",
            1,
            _("no street network for bicycles"),
        )
        return None
    crs_rules.require_same(municipalities=run.crs, streets=network.crs)
    if not isinstance(streets, StreetNetwork):  # its own audit is already in the run
        run.add(network.audit)
    return network


def cycle_lines(run: Run, routes: CycleRoutes | None, bike: StreetNetwork | None) -> Split:
    """Return cycle infrastructure by state: the layer, else what tags of streets tell.

    Without either there are no lines, and no municipality counts as mapped.
    """
    if routes is not None:
        split = by_state(routes, line_tolerance=run.parameters.line_tolerance)
        run.add(met(split))
        return split
    lines: Any = np.zeros(0, object)
    both = np.zeros(0, bool)
    if bike is not None and "highway" in bike.ways:
        built = np.flatnonzero((infrastructure_of(bike) != NONE) & bike.open_edges)
        lines = bike.lines(built)
        ahead, back = bike.edge_weights(built)
        both = np.isfinite(ahead) & np.isfinite(back)
        run.note(
            "cycle_routes",
            "modelled",
            len(built),
            _("no layer of routes: cycle infrastructure from tags of streets (edges)"),
        )
    else:
        run.note(
            "cycle_routes",
            "unknown",
            1,
            _("no layer of routes and no tags of streets: whether joined is unknown"),
        )
    # streets meet at shared nodes and have no state but "built": tags that say so for every line
    tags = {
        "highway": pd.Series("cycleway", index=range(len(lines)), dtype=object),
        "oneway": pd.Series(np.where(both, "no", "yes"), dtype=object),
    }
    return by_state(
        gpd.GeoDataFrame(tags, geometry=list(lines), crs=run.crs),
        layer="streets",
        line_tolerance=run.parameters.line_tolerance,
        shared_nodes=True,
    )
