"""Where new built-up land lies: in corridors, protected areas, transit service, building zones."""

from __future__ import annotations

import numpy as np

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Given
from metrogis.checks.shared.exposure import State, inside, middles, missing, pairs, served
from metrogis.checks.shared.plans import read_plans
from metrogis.checks.spatial_development.urban_growth.inputs import Inputs
from metrogis.i18n import _
from metrogis.landscape.grid import Grid

EXPOSURES = ("corridor", "protected", "served", "planned")
_MISSING = _("no such layer: what part of the gain lies there is unknown")
_ZONE, _DARK, _BUILDING = 1, 2, 3


def exposures(
    run: Run,
    inputs: Inputs,
    grid: Grid,
    cells: tuple[Array, Array],
    unit: Array,
) -> dict[str, State]:
    """Return the state of each gained cell, by kind of place; unknown where a layer is missing.

    Parameters
    ----------
    cells : (rows, columns)
        Gained cells.
    unit : ndarray
        Municipality of each gained cell, from 1; 0 outside.
    """
    n = len(cells[0])
    out = {}
    for name, (layer, areas) in {
        "corridor": Given("corridors", inputs.corridors),
        "protected": Given("protected_areas", inputs.protected_areas),
    }.items():
        if areas is None:
            out[name] = missing(run, layer, n, _MISSING)
        else:
            out[name] = inside(grid, cells, areas, run.evidence[layer])
    xy = middles(grid, cells)
    out["served"] = served(run, inputs.timetable, inputs.coverage, xy, unit, _MISSING)
    out["planned"] = _planned(run, inputs, grid, cells)
    return out


def _planned(run: Run, inputs: Inputs, grid: Grid, cells: tuple[Array, Array]) -> State:
    if inputs.plans is None and inputs.planning_zones is None:
        return missing(run, "plans", len(cells[0]), _MISSING)
    plans = read_plans(run, inputs.plans, inputs.planning_zones)
    zones = plans.zones
    symbols = zones["symbol"].to_numpy()
    value = np.where(np.isin(symbols.astype(str), run.parameters.building_zones), _BUILDING, _ZONE)
    value[zones["symbol"].isna().to_numpy()] = _DARK
    found = np.zeros(len(cells[0]), np.int64)
    for cell, zone in pairs(grid, cells, zones.geometry.to_numpy()):
        np.maximum.at(found, cell, value[zone])  # where zones overlap, building wins
    # where a zone was lost, one for building may lie over the zone that was read
    other = found == _ZONE
    if plans.evidence.losses and other.any():
        rows = np.flatnonzero(other)
        part = (cells[0][rows], cells[1][rows])
        other[rows] = ~plans.evidence.lost_near(middles(grid, part), 0.0)
    return State(found == _BUILDING, (found == _BUILDING) | other)
