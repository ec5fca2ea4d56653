"""Where the capacity of plans lies: transit, corridors, protected land, floods, soil, schools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from metrogis.arrays import Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.capacity import Capacity
from metrogis.checks.shared.dwelling_land import flooded
from metrogis.checks.shared.exposure import State, middles, missing, served
from metrogis.checks.shared.lattice import covered
from metrogis.checks.shared.social import SocialLayers, access_of
from metrogis.checks.shared.social_units import capacity_units
from metrogis.checks.shared.soils import good_soil
from metrogis.checks.spatial_development.housing_balance.inputs import Inputs
from metrogis.evidence import Evidence
from metrogis.i18n import Text, _
from metrogis.landscape.grid import Grid

Within = Callable[[str, "gpd.GeoDataFrame | None"], State]
PLACES = (
    "outside_transit", "corridor", "protected", "flood", "farmland", "beyond_standards",
)  # fmt: skip
"""Kinds of places that shares of capacity are given for."""
_MISSING: Text = _("no such layer: what part of the capacity lies there is unknown")


@dataclass(frozen=True)
class Places:
    """State of the cells that hold capacity.

    Attributes
    ----------
    cells : ndarray of int
        Positions of those cells among the cells of dwelling land.
    states : dict of str to State
        By kind of place.
    settled : State
        Inside local plans in force or infill areas.
    """

    cells: Ints
    states: dict[str, State]
    settled: State


def places_of(run: Run, inputs: Inputs, capacity: Capacity) -> Places:
    """Return the state of each cell that holds capacity, by kind of place."""
    land = capacity.land
    some = np.flatnonzero(capacity.before > 0)
    grid, cells = land.grid, (land.rows[some], land.columns[some])
    n = len(some)

    def within(name: str, areas: gpd.GeoDataFrame | None) -> State:
        if areas is None:
            return missing(run, name, n, _MISSING)
        return covered(grid, cells, areas, run.evidence[name])

    transit = served(
        run,
        inputs.timetable,
        inputs.coverage,
        middles(grid, cells),
        land.owner[some] + 1,
        _MISSING,
    )
    flood = inputs.flood_hazard
    states = {
        "outside_transit": State(transit.known & ~transit.yes, transit.known),
        "corridor": within("corridors", inputs.corridors),
        "protected": within("protected_areas", inputs.protected_areas),
        "flood": within(
            "flood_hazard",
            None if flood is None else flooded(flood, run.parameters.flood_probability),
        ),
        "farmland": _good_soil(run, inputs.soil_classes, within),
        "beyond_standards": _beyond_standards(run, inputs, capacity, n),
    }
    return Places(some, states, _settled(run, inputs, within, grid, cells))


def _beyond_standards(run: Run, inputs: Inputs, capacity: Capacity, n: int) -> State:
    """Tell which cells are farther from a school, green or a service than the standards allow.

    The question of ``social_access``, of its parcels or cells.
    """
    layers = SocialLayers(**{name: getattr(inputs, name) for name in SocialLayers._fields})
    if layers.schools is None and layers.green_areas is None:
        return missing(run, "schools", n, _MISSING)
    plots = capacity_units(run, capacity, inputs.parcels)
    all_there = access_of(run, layers, plots.shapes, plots.owner).all
    # both list the cells that hold capacity, in their order
    return State((all_there.known & ~all_there.yes)[plots.unit], all_there.known[plots.unit])


def _good_soil(run: Run, soil: gpd.GeoDataFrame | None, within: Within) -> State:
    """Tell which cells are farmland of class I to III; a class that says nothing is unknown."""
    if soil is None:
        return within("soil_classes", None)
    rows, odd = good_soil(run, soil)
    good = within("soil_classes", rows)
    if not len(odd):
        return good
    doubt = within("soil_classes", odd)
    return State(good.yes, good.yes | (good.known & ~doubt.yes))


def _settled(
    run: Run, inputs: Inputs, within: Within, grid: Grid, cells: tuple[Ints, Ints]
) -> State:
    """Tell which cells lie in a local plan in force or in an infill area."""
    local = inputs.local_plans
    if local is None:
        return missing(
            run,
            "local_plans",
            len(cells[0]),
            _("no local plans: whether land inside them goes first is unknown"),
        )
    own: State = within("local_plans", local)
    if inputs.plans is None:
        run.note("plans", "unknown", 1, _("planning zones name no infill areas: they are unknown"))
        return State(own.yes, own.yes)
    infill = inputs.plans.to_crs(run.crs).ouz
    lost = infill["lost"].notna().to_numpy()
    drawn = covered(grid, cells, infill[~lost], Evidence("plans"))
    # an infill area lost in reading may be anywhere
    sure = own.known & (not lost.any())
    return State(own.yes | drawn.yes, own.yes | drawn.yes | sure)
