"""Do the plans hold neither too few nor too many people: housing demand against capacity.

Demand and capacity of one municipality are unknown where its statistics, its plan or what is built
there are; the band is said only where all that is not known could not change it.
"""

from __future__ import annotations

from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.capacity import Capacity, capacity_of
from metrogis.checks.shared.dwelling_land import LandLayers, dwelling_land
from metrogis.checks.shared.plan_ground import GROUND_TABLE, plan_land
from metrogis.checks.shared.plans import Plans, no_plans, read_plans
from metrogis.checks.spatial_development.housing_balance import presentation as texts
from metrogis.checks.spatial_development.housing_balance.demand import read_demand
from metrogis.checks.spatial_development.housing_balance.findings import findings
from metrogis.checks.spatial_development.housing_balance.inputs import Inputs
from metrogis.checks.spatial_development.housing_balance.parameters import (
    HousingBalanceParameters,
)
from metrogis.checks.spatial_development.housing_balance.reading import READING
from metrogis.checks.spatial_development.housing_balance.tables import municipal_table, zone_table
from metrogis.checks.spatial_development.housing_balance.taken import TAKEN
from metrogis.checks.spatial_development.housing_balance.whereabouts import places_of
from metrogis.i18n import _


@check(
    id="housing_balance",
    direction="1.2.1",
    reach=5_000.0,
    one_of=(("plans", "planning_zones", "housing_statistics"),),
    section="37-housing-demand-and-capacity",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def housing_balance(inputs: Inputs, params: HousingBalanceParameters, run: Run) -> Outcome:
    """Compare the housing demand of each municipality with the capacity of its undeveloped land.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    plans, planning_zones : optional
        One of them; without both capacity is unknown.
    housing_statistics, population_forecast : DataFrame, optional
        Schemas ``HousingStatistics`` and ``PopulationForecast``; without statistics demand is
        unknown.
    population : GeoDataFrame, optional
        Schema ``PopulationCells``: density of what is built.
    built_up, buildings, parcels : optional
        What is built up: one of them is used (``built_from``).
    roads, land_cover, protected_areas, flood_hazard : optional
        What is taken off undeveloped land.
    local_plans, corridors, soil_classes, timetable, coverage : optional
        Where the capacity lies.
    streets, schools, green_areas, services : optional
        Whether it is farther from them than the standards; see ``social_access``.
    **parameters
        See :class:`HousingBalanceParameters`.

    Returns
    -------
    Result
        Municipalities: ``demand`` and its variants, ``capacity`` (inhabitants), ``ratio``, ``band``
        (below / within / above / unknown), ``order_ok``, shares of capacity by place,
        ``unknown_ha``. Features ``zones``: each zone's capacity and the band without it.

    Notes
    -----
    Demand ZAP = M20 - PUM0 / P20 and capacity C = sum of A d s by zone; see
    :mod:`metrogis.planning.housing`. Within the band: 0.70 ZAP <= C <= 1.30 ZAP.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from shapely import box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                          geometry=[box(470000, 720000, 471000, 721000)])
    >>> statistics = pd.DataFrame({"teryt": ["2261011"] * 2, "year": [2024, 2004],
    ...     "population": [20000, 18000], "dwelling_m2": [640000, 432000]})
    >>> forecast = pd.DataFrame({"teryt": ["2261011"], "year": [2044], "population": [21000]})
    >>> found = housing_balance(municipalities, housing_statistics=statistics,
    ...     population_forecast=forecast)
    >>> found.municipalities["demand"].tolist(), found.municipalities["band"].tolist()
    ([6050.0], ['unknown'])
    """
    municipalities = inputs.municipalities
    demand = read_demand(run, inputs.housing_statistics, inputs.population_forecast)
    plans = _plans(run, inputs)
    capacity = _capacity(run, inputs, plans)
    places = places_of(run, inputs, capacity)
    table = municipal_table(run, demand, plans, capacity, places)
    zones = zone_table(run, table, demand, capacity, places)
    return Outcome(
        municipalities=table[[*texts.COLUMNS["municipalities"], "geometry"]],
        features={"zones": zones, GROUND_TABLE: plan_land(municipalities, plans.cover)},
        findings=findings(run, table, demand, plans.cover),
    )


CHECK = housing_balance.check


def _plans(run: Run, inputs: Inputs) -> Plans:
    """Return the plans; without any of them nothing of them is known."""
    tolerance = run.parameters.tolerance
    if inputs.plans is None and inputs.planning_zones is None:
        run.note("plans", "unknown", 1, _("no plans: capacity is unknown"))
        return no_plans(run, tolerance)
    return read_plans(run, inputs.plans, inputs.planning_zones, tolerance=tolerance)


def _capacity(run: Run, inputs: Inputs, plans: Plans) -> Capacity:
    layers = LandLayers(**{name: getattr(inputs, name) for name in LandLayers._fields})
    land = dwelling_land(run, plans, layers, run.parameters.tolerance)
    return capacity_of(run, land, inputs.municipalities)
