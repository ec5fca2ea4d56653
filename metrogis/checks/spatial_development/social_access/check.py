"""Do residents, and those whom plans make room for, have a school and green areas within a walk?"""

from __future__ import annotations

import numpy as np

from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.capacity import Capacity, capacity_of
from metrogis.checks.shared.dwelling_land import LandLayers, dwelling_land
from metrogis.checks.shared.plans import read_plans
from metrogis.checks.shared.settled import settle
from metrogis.checks.shared.social import SocialLayers, access_of
from metrogis.checks.shared.social_units import capacity_units, resident_units
from metrogis.checks.spatial_development.social_access import presentation as texts
from metrogis.checks.spatial_development.social_access.findings import findings
from metrogis.checks.spatial_development.social_access.inputs import Inputs
from metrogis.checks.spatial_development.social_access.parameters import SocialAccessParameters
from metrogis.checks.spatial_development.social_access.reading import READING
from metrogis.checks.spatial_development.social_access.tables import (
    area_table,
    cell_table,
    lacking,
    municipal_table,
)
from metrogis.checks.spatial_development.social_access.taken import TAKEN
from metrogis.i18n import _


@check(
    id="social_access",
    direction="1.2.1",
    one_of=(("schools", "green_areas"),),
    section="38-access-to-schools-and-green",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def social_access(inputs: Inputs, params: SocialAccessParameters, run: Run) -> Outcome:
    """Return who has a school and green areas within the walks that the planning act asks for.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    population : GeoDataFrame
        Schema ``PopulationCells``.
    streets : street layer or walking network, optional
        Without it only places beyond a straight line are known (not to be within a walk).
    schools, green_areas : GeoDataFrame, optional
        Schemas ``Schools`` and ``GreenAreas``; at least one of them.
    services : GeoDataFrame, optional
        Schema ``Services``: other kinds that plans ask for.
    plans, planning_zones : optional
        Standards of plans (OSD), and zones for dwellings, whose capacity is asked about.
    population_municipal : DataFrame, optional
        Totals that cells are scaled to.
    parcels : GeoDataFrame, optional
        Walks begin at their borders; else at cells of ``unit_size``.
    built_up, buildings, roads, land_cover, protected_areas, flood_hazard : optional
        What the capacity of plans depends on, as in ``housing_balance``.
    **parameters
        See :class:`SocialAccessParameters`.

    Returns
    -------
    Result
        Municipalities: ``residents``, ``school_yes_share``, ``green_yes_share``,
        ``all_yes_share`` (of residents of whom that is known), ``unknown_share``,
        ``capacity_all_yes_share``. Features ``cells``: each cell or parcel; ``areas``: cells of a
        municipality that lack the same.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point, box
    >>> from metrogis.streets import from_lines
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[box(470000, 720000, 480000, 730000)])
    >>> home = gpd.GeoDataFrame({"population": [100.0]}, crs=town.crs,
    ...                         geometry=[box(474900, 725000, 475000, 725100)])
    >>> road = gpd.GeoDataFrame({"highway": ["residential"]}, crs=town.crs,
    ...                         geometry=[LineString([(474000, 725000), (478000, 725000)])])
    >>> school = gpd.GeoDataFrame({"name": ["SP 1"]}, crs=town.crs,
    ...                           geometry=[Point(476420, 725000)])
    >>> found = social_access(town, home, from_lines(road, mode="walk"), school)
    >>> found.features["cells"][["school", "school_m", "green"]].values.tolist()
    [['yes', 1420.0, 'unknown']]
    """
    pieces = settle(
        run,
        inputs.municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=inputs.built_up,
        size=params.unit_size,
    )
    units = resident_units(run, pieces, inputs.parcels)
    capacity = _capacity(run, inputs)
    plots = capacity_units(run, capacity, inputs.parcels)
    held = np.zeros(0) if capacity is None else capacity.after[plots.cells]
    layers = SocialLayers(**{name: getattr(inputs, name) for name in SocialLayers._fields})
    # one search of the streets answers for residents and for capacity
    both = access_of(
        run,
        layers,
        np.concatenate([units.shapes, plots.shapes]),
        np.concatenate([units.owner, plots.owner]),
    )
    n = len(units.shapes)
    access, reached = both[:n], both[n:]
    table = municipal_table(run, units, access, (held, plots, reached))
    return Outcome(
        municipalities=table[[*texts.COLUMNS["municipalities"], "geometry"]],
        features={
            "cells": cell_table(run, units, access),
            "areas": area_table(run, units, lacking(access)),
        },
        findings=findings(run, table, units, access),
    )


CHECK = social_access.check


def _capacity(run: Run, inputs: Inputs) -> Capacity | None:
    """Return the capacity of the plans' undeveloped land for dwellings; None without plans."""
    if inputs.plans is None and inputs.planning_zones is None:
        run.note("plans", "unknown", 1, _("no plans: capacity is unknown"))
        return None
    tolerance = run.parameters.tolerance
    plans = read_plans(run, inputs.plans, inputs.planning_zones, tolerance=tolerance)
    layers = LandLayers(**{name: getattr(inputs, name) for name in LandLayers._fields})
    return capacity_of(run, dwelling_land(run, plans, layers, tolerance), inputs.municipalities)
