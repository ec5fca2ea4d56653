"""The one registry of layers: name, title, schema, drivers and what a layer is for.

Catalogs, checks, ``metrogis layers schema`` and ``docs/layers.md`` read it. A catalog may hold
other layers beside these.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metrogis import schemas
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both
from metrogis.schemas import Field, plain_tables

RASTER = "Raster"
"""Schema of layers that arrive as grids; it has no columns."""

AREAS = ("vector",)
LINES = ("vector", "osm_features")
PLACES = ("vector", "table", "osm_features")
TABLES = ("table",)
CELLS = ("vector", "raster", "table")
RASTERS = ("raster",)
STATIONS = (*PLACES, "osm_places")


@dataclass(frozen=True)
class Layer:
    """A layer that checks know.

    Attributes
    ----------
    name : str
        In catalogs and as the argument of checks.
    title : Text
    schema : str
        The schema it has unless a catalog says so (:data:`metrogis.schemas.SCHEMAS`); ``Raster``,
        or empty for what validates itself (timetables, streets, plans).
    drivers : tuple of str
        How catalogs may read it.
    about : Text
        What it is for.
    columns : mapping
        Columns of a plain table that the check itself reads and validates.
    """

    name: str
    title: Text
    schema: str
    drivers: tuple[str, ...]
    about: Text
    columns: Mapping[str, Field] = field(default_factory=dict)

    @property
    def conforms_to(self) -> str:
        """Name of the schema its rows must satisfy; empty where it has no rows."""
        return "" if self.schema == RASTER else self.schema

    @property
    def fields(self) -> Mapping[str, Field]:
        """Its columns, beside the geometry."""
        return self.columns or (schemas.get(self.schema).fields if self.conforms_to else {})

    @property
    def geometry(self) -> str:
        """Kind of geometry: polygon, line, point, place; empty for tables and what has no rows."""
        return schemas.get(self.schema).geometry if self.conforms_to else ""


_ROWS = (
    Layer(
        "municipalities",
        _("municipal boundaries"),
        "Municipalities",
        AREAS,
        _("The area under study: one row a municipality."),
    ),
    Layer(
        "population",
        _("population grid"),
        "PopulationCells",
        CELLS,
        _("Where people live: cells (vector), or a raster of people per cell."),
    ),
    Layer(
        "population_municipal",
        _("population by municipality"),
        "MunicipalPopulation",
        TABLES,
        _("Residents of municipalities; cells are scaled to it."),
    ),
    Layer(
        "population_before",
        _("population grid earlier"),
        "PopulationCells",
        CELLS,
        _("The same at an earlier date."),
    ),
    Layer(
        "population_municipal_before",
        _("population by municipality earlier"),
        "MunicipalPopulation",
        TABLES,
        _("The same at an earlier date."),
    ),
    Layer(
        "housing_statistics",
        _("dwellings and residents by year"),
        "HousingStatistics",
        TABLES,
        _("Residents and floor area of dwellings now, 10 and 20 years ago: housing demand."),
    ),
    Layer(
        "population_forecast",
        _("forecast of residents"),
        "PopulationForecast",
        TABLES,
        _("Residents in 20 years; a row * is the metropolis' own forecast."),
    ),
    Layer(
        "jobs",
        _("jobs by municipality"),
        "Table",
        TABLES,
        _("Counted with the residents in land uptake."),
        columns=plain_tables.JOBS,
    ),
    Layer(
        "od_flows",
        _("flows between municipalities"),
        "ODFlows",
        TABLES,
        _("Commuting, or migration as a proxy; a column meaning says which."),
    ),
    Layer(
        "timetable",
        _("timetable (GTFS)"),
        "",
        ("gtfs",),
        _("One timetable or several (path and more), read as one."),
    ),
    Layer(
        "coverage",
        _("timetable coverage"),
        "Coverage",
        TABLES,
        _("Which timetables are complete, where and for which modes."),
    ),
    Layer(
        "school_holidays",
        _("school holidays"),
        "SchoolHolidays",
        TABLES,
        _("Tells school days from holidays."),
    ),
    Layer(
        "stop_posts",
        _("stop posts without times"),
        "Stops",
        PLACES,
        _("Stops without times: evidence that something runs there."),
    ),
    Layer(
        "rail_stations",
        _("railway stations"),
        "Stations",
        STATIONS,
        _("Railway stations and halts."),
    ),
    Layer(
        "rail_lines",
        _("railway lines"),
        "RailLines",
        LINES,
        _("Background of maps."),
    ),
    Layer(
        "interchanges",
        _("interchanges"),
        "Interchanges",
        STATIONS,
        _("Interchanges of the strategy."),
    ),
    Layer(
        "interchange_entrances",
        _("entrances of interchanges"),
        "Entrances",
        PLACES,
        _("Points from which the way to an interchange is measured."),
    ),
    Layer(
        "cycle_routes",
        _("cycle infrastructure"),
        "CycleRoutes",
        LINES,
        _("Cycle infrastructure: built and planned."),
    ),
    Layer(
        "cycle_coverage",
        _("area the cycle data cover"),
        "CycleCoverage",
        ("vector", "table"),
        _("Where cycle_routes is complete: areas, or a table of municipalities."),
    ),
    Layer(
        "bike_parking",
        _("bicycle parking"),
        "BikeParking",
        PLACES,
        _("Stands at interchanges."),
    ),
    Layer(
        "bike_share",
        _("bike share"),
        "BikeShare",
        ("gbfs", "vector", "osm_features"),
        _("Bike-share stations."),
    ),
    Layer(
        "streets",
        _("street network"),
        "",
        ("osm",),
        _("The network for walking and cycling from OpenStreetMap."),
    ),
    Layer(
        "localities",
        _("localities"),
        "Localities",
        PLACES,
        _("Localities; seat: voivodeship, county, municipality."),
    ),
    Layer(
        "services",
        _("public services"),
        "Services",
        PLACES,
        _("Hospitals, universities and others: where people travel to, with capacity if known."),
    ),
    Layer(
        "schools",
        _("schools"),
        "Schools",
        PLACES,
        _("Primary schools: buildings or points; kind and capacity if known."),
    ),
    Layer(
        "green_areas",
        _("public green areas"),
        "GreenAreas",
        PLACES,
        _("Parks, forests and squares open to the public: outlines, or points with area_ha."),
    ),
    Layer(
        "built_up",
        _("built-up area"),
        "Raster",
        RASTERS,
        _("A mask, a share (0-1), per cent, or codes of classes."),
    ),
    Layer(
        "built_up_before",
        _("built-up area earlier"),
        "Raster",
        RASTERS,
        _("The same at an earlier date."),
    ),
    Layer(
        "urban_zones",
        _("zones of built-up land"),
        "Areas",
        AREAS,
        _("Units over which entropy is taken."),
    ),
    Layer(
        "corridors",
        _("ecological corridors"),
        "Corridors",
        AREAS,
        _("Ecological corridors, with their rank."),
    ),
    Layer(
        "protected_areas",
        _("protected areas"),
        "ProtectedAreas",
        AREAS,
        _("Areas of nature protection."),
    ),
    Layer(
        "plans",
        _("general plans (APP GML)"),
        "",
        ("app_gml",),
        _("Planning acts in APP GML: a file, or a folder of them."),
    ),
    Layer(
        "planning_zones",
        _("planning zones"),
        "PlanningZones",
        AREAS,
        _("Zones in place of APP GML files."),
    ),
    Layer(
        "local_plans",
        _("local plans in force"),
        "LocalPlans",
        AREAS,
        _("Land that goes first when dwellings are planned."),
    ),
    Layer(
        "soil_classes",
        _("classes of soil"),
        "SoilClasses",
        AREAS,
        _("Farmland of class I to III, on which little may be built."),
    ),
    Layer(
        "flood_hazard",
        _("flood hazard"),
        "FloodHazard",
        AREAS,
        _("Areas of flood hazard, with their yearly probability."),
    ),
    Layer(
        "parcels",
        _("parcels"),
        "Parcels",
        AREAS,
        _("Parcels of the land register, and whether they are built up."),
    ),
    Layer(
        "land_cover",
        _("land cover"),
        "Raster",
        RASTERS,
        _("Codes of classes: CORINE's, or one's own with land_cover_classes."),
    ),
    Layer(
        "elevation",
        _("elevation"),
        "Raster",
        RASTERS,
        _("Heights in metres."),
    ),
    Layer(
        "core_areas",
        _("core areas"),
        "Areas",
        AREAS,
        _("Ends of corridors."),
    ),
    Layer(
        "land_cover_classes",
        _("classes of land cover: habitat and resistance"),
        "Table",
        TABLES,
        _("What the codes of land cover mean."),
        columns=plain_tables.CLASSES,
    ),
    Layer(
        "zone_resistance",
        _("resistance of planning zones"),
        "Table",
        TABLES,
        _("Resistance of zones once built."),
        columns=plain_tables.ZONES,
    ),
    Layer(
        "road_resistance",
        _("resistance of roads"),
        "Table",
        TABLES,
        _("Resistance of roads by class."),
        columns=plain_tables.ROADS,
    ),
    Layer(
        "roads",
        _("roads"),
        "Streets",
        LINES,
        _("Roads that add resistance."),
    ),
    Layer(
        "corridor_severity",
        _("severity of zones in corridors"),
        "Table",
        TABLES,
        _("Overrules what zones do to corridors."),
        columns=plain_tables.SEVERITY,
    ),
    Layer(
        "model_compatibility",
        _("compatibility of zones and structure"),
        "Table",
        TABLES,
        _("Which zones suit the classes of the structure."),
        columns=plain_tables.COMPATIBILITY,
    ),
    Layer(
        "structure",
        _("metropolitan structure"),
        "Areas",
        AREAS,
        _("The functional-spatial structure; a column class."),
    ),
    Layer(
        "buildings",
        _("buildings"),
        "Buildings",
        LINES,
        _("Outlines of buildings, with their kind (kst) for infill areas."),
    ),
    Layer(
        "investments",
        _("planned investments"),
        "Investments",
        AREAS,
        _("Planned investments; lines of cycling are links of planned_links."),
    ),
    Layer(
        "members",
        _("members of the metropolis"),
        "Members",
        TABLES,
        _("Which neighbours belong to the metropolis."),
    ),
)

LAYERS: dict[str, Layer] = {row.name: row for row in _ROWS}
"""Layers that checks know, by name."""


def get(name: str) -> Layer:
    """Return the layer called ``name``.

    Raises
    ------
    ParameterError
        When the registry has none; the message names the nearest one, or lists them.
    """
    if name in LAYERS:
        return LAYERS[name]
    near = difflib.get_close_matches(name, LAYERS, n=1)
    hint = _(" (did you mean '{near}'?)").fill(near=near[0]) if near else both("")
    raise ParameterError(
        _("there is no layer '{name}'{hint}").fill(name=name, hint=hint),
        remedy=_("there are: {layers}").fill(layers=", ".join(LAYERS)),
    )


def described(names: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return layers as plain values: title, schema, drivers, purpose and columns.

    Parameters
    ----------
    names : iterable of str
        Names in :data:`LAYERS`; none: all.

    Raises
    ------
    ParameterError
        For a name that the registry does not have.

    Examples
    --------
    >>> described(["school_holidays"])[0]["columns"][0]["name"]
    'first'
    """
    rows = [get(name) for name in names] or list(LAYERS.values())
    return [
        {
            "layer": row.name,
            "title": row.title.forms(),
            "about": row.about.forms(),
            "schema": row.schema or None,
            "geometry": row.geometry or None,
            "drivers": list(row.drivers),
            "columns": [
                {
                    "name": name,
                    "type": column.kind,
                    "unit": column.unit or None,
                    "allowed": list(column.allowed),
                    "low": column.low,
                    "high": column.high,
                    "required": column.required,
                    "empty": column.nullable,
                    "unique": column.unique,
                    "text": column.text.forms(),
                }
                for name, column in row.fields.items()
            ],
        }
        for row in rows
    ]
