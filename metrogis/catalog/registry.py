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
from metrogis.schemas import Field, plain_tables
from metrogis.texts import Text

RASTER = "Raster"
"""Schema of layers that arrive as grids; it has no columns."""

AREAS = ("vector",)
PLACES = ("vector", "table")
TABLES = ("table",)
CELLS = ("vector", "raster")
RASTERS = ("raster",)


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
        Text("granice gmin", "municipal boundaries"),
        "Municipalities",
        AREAS,
        Text(
            "Obszar, który się bada: jeden wiersz na gminę.",
            "The area under study: one row a municipality.",
        ),
    ),
    Layer(
        "population",
        Text("ludność w siatce", "population grid"),
        "PopulationCells",
        CELLS,
        Text(
            "Gdzie mieszkają ludzie: komórki (wektor) albo raster osób na komórkę.",
            "Where people live: cells (vector), or a raster of people per cell.",
        ),
    ),
    Layer(
        "population_municipal",
        Text("ludność gmin", "population by municipality"),
        "MunicipalPopulation",
        TABLES,
        Text(
            "Liczba mieszkańców gmin; komórki są do niej skalowane.",
            "Residents of municipalities; cells are scaled to it.",
        ),
    ),
    Layer(
        "population_before",
        Text("ludność w siatce wcześniej", "population grid earlier"),
        "PopulationCells",
        CELLS,
        Text("To samo we wcześniejszej dacie.", "The same at an earlier date."),
    ),
    Layer(
        "population_municipal_before",
        Text("ludność gmin wcześniej", "population by municipality earlier"),
        "MunicipalPopulation",
        TABLES,
        Text("To samo we wcześniejszej dacie.", "The same at an earlier date."),
    ),
    Layer(
        "jobs",
        Text("miejsca pracy w gminach", "jobs by municipality"),
        "Table",
        TABLES,
        Text(
            "Liczone razem z mieszkańcami w zużyciu terenu.",
            "Counted with the residents in land uptake.",
        ),
        columns=plain_tables.JOBS,
    ),
    Layer(
        "od_flows",
        Text("przepływy między gminami", "flows between municipalities"),
        "ODFlows",
        TABLES,
        Text(
            "Dojazdy albo (zastępczo) migracje; kolumna meaning mówi co: commuting, migration.",
            "Commuting, or migration as a proxy; a column meaning says which.",
        ),
    ),
    Layer(
        "timetable",
        Text("rozkład jazdy (GTFS)", "timetable (GTFS)"),
        "",
        ("gtfs",),
        Text(
            "Jeden rozkład albo kilka (path i more), czytane jako jeden.",
            "One timetable or several (path and more), read as one.",
        ),
    ),
    Layer(
        "coverage",
        Text("pokrycie rozkładami", "timetable coverage"),
        "Coverage",
        TABLES,
        Text(
            "Które rozkłady są pełne, gdzie i dla jakich środków transportu.",
            "Which timetables are complete, where and for which modes.",
        ),
    ),
    Layer(
        "school_holidays",
        Text("ferie i wakacje", "school holidays"),
        "SchoolHolidays",
        TABLES,
        Text("Odróżnia dni nauki od ferii i wakacji.", "Tells school days from holidays."),
    ),
    Layer(
        "stop_posts",
        Text("słupki bez rozkładu", "stop posts without times"),
        "Stops",
        PLACES,
        Text(
            "Przystanki bez rozkładu: ślad, że coś tam jeździ.",
            "Stops without times: evidence that something runs there.",
        ),
    ),
    Layer(
        "rail_stations",
        Text("stacje kolejowe", "railway stations"),
        "Stations",
        PLACES,
        Text("Stacje i przystanki kolejowe.", "Railway stations and halts."),
    ),
    Layer(
        "rail_lines",
        Text("linie kolejowe", "railway lines"),
        "RailLines",
        AREAS,
        Text("Tło map.", "Background of maps."),
    ),
    Layer(
        "interchanges",
        Text("węzły przesiadkowe", "interchanges"),
        "Interchanges",
        PLACES,
        Text("Węzły przesiadkowe strategii.", "Interchanges of the strategy."),
    ),
    Layer(
        "interchange_entrances",
        Text("wejścia do węzłów", "entrances of interchanges"),
        "Entrances",
        PLACES,
        Text(
            "Punkty, od których liczy się dojście do węzła.",
            "Points from which the way to an interchange is measured.",
        ),
    ),
    Layer(
        "cycle_routes",
        Text("infrastruktura rowerowa", "cycle infrastructure"),
        "CycleRoutes",
        AREAS,
        Text(
            "Drogi dla rowerów: zbudowane i planowane.", "Cycle infrastructure: built and planned."
        ),
    ),
    Layer(
        "cycle_coverage",
        Text("zasięg danych rowerowych", "area the cycle data cover"),
        "CycleCoverage",
        ("vector", "table"),
        Text(
            "Gdzie warstwa cycle_routes jest pełna: obszary albo tabela gmin.",
            "Where cycle_routes is complete: areas, or a table of municipalities.",
        ),
    ),
    Layer(
        "bike_parking",
        Text("stojaki rowerowe", "bicycle parking"),
        "BikeParking",
        PLACES,
        Text("Stojaki przy węzłach.", "Stands at interchanges."),
    ),
    Layer(
        "bike_share",
        Text("rower metropolitalny", "bike share"),
        "BikeShare",
        ("gbfs", "vector"),
        Text("Stacje roweru miejskiego.", "Bike-share stations."),
    ),
    Layer(
        "streets",
        Text("sieć ulic", "street network"),
        "",
        ("osm",),
        Text(
            "Sieć piesza i rowerowa z OpenStreetMap.",
            "The network for walking and cycling from OpenStreetMap.",
        ),
    ),
    Layer(
        "localities",
        Text("miejscowości", "localities"),
        "Localities",
        PLACES,
        Text(
            "Miejscowości; seat: voivodeship, county, municipality.",
            "Localities; seat: voivodeship, county, municipality.",
        ),
    ),
    Layer(
        "services",
        Text("usługi publiczne", "public services"),
        "Services",
        PLACES,
        Text(
            "Szpitale, uczelnie i inne: cele podróży, z pojemnością, jeśli jest znana.",
            "Hospitals, universities and others: where people travel to, with capacity if known.",
        ),
    ),
    Layer(
        "built_up",
        Text("zabudowa", "built-up area"),
        "Raster",
        RASTERS,
        Text(
            "Maska, udział (0-1), procent albo kody klas.",
            "A mask, a share (0-1), per cent, or codes of classes.",
        ),
    ),
    Layer(
        "built_up_before",
        Text("zabudowa wcześniej", "built-up area earlier"),
        "Raster",
        RASTERS,
        Text("To samo we wcześniejszej dacie.", "The same at an earlier date."),
    ),
    Layer(
        "urban_zones",
        Text("jednostki zabudowy", "zones of built-up land"),
        "Areas",
        AREAS,
        Text("Jednostki, między którymi liczy się entropię.", "Units over which entropy is taken."),
    ),
    Layer(
        "corridors",
        Text("korytarze ekologiczne", "ecological corridors"),
        "Corridors",
        AREAS,
        Text("Korytarze ekologiczne, z rangą.", "Ecological corridors, with their rank."),
    ),
    Layer(
        "protected_areas",
        Text("obszary chronione", "protected areas"),
        "ProtectedAreas",
        AREAS,
        Text("Formy ochrony przyrody.", "Areas of nature protection."),
    ),
    Layer(
        "plans",
        Text("plany ogólne (APP GML)", "general plans (APP GML)"),
        "",
        ("app_gml",),
        Text(
            "Akty planowania w APP GML: plik albo folder.",
            "Planning acts in APP GML: a file, or a folder of them.",
        ),
    ),
    Layer(
        "planning_zones",
        Text("strefy planistyczne", "planning zones"),
        "PlanningZones",
        AREAS,
        Text("Strefy zamiast plików APP GML.", "Zones in place of APP GML files."),
    ),
    Layer(
        "land_cover",
        Text("pokrycie terenu", "land cover"),
        "Raster",
        RASTERS,
        Text(
            "Kody klas: CORINE albo własne z tabelą land_cover_classes.",
            "Codes of classes: CORINE's, or one's own with land_cover_classes.",
        ),
    ),
    Layer(
        "elevation",
        Text("wysokości terenu", "elevation"),
        "Raster",
        RASTERS,
        Text("Wysokości w metrach.", "Heights in metres."),
    ),
    Layer(
        "core_areas",
        Text("obszary węzłowe", "core areas"),
        "Areas",
        AREAS,
        Text("Końce korytarzy.", "Ends of corridors."),
    ),
    Layer(
        "land_cover_classes",
        Text("klasy pokrycia: siedlisko i opór", "classes of land cover: habitat and resistance"),
        "Table",
        TABLES,
        Text("Co znaczą kody pokrycia terenu.", "What the codes of land cover mean."),
        columns=plain_tables.CLASSES,
    ),
    Layer(
        "zone_resistance",
        Text("opór stref planistycznych", "resistance of planning zones"),
        "Table",
        TABLES,
        Text("Opór stref po zabudowie.", "Resistance of zones once built."),
        columns=plain_tables.ZONES,
    ),
    Layer(
        "road_resistance",
        Text("opór dróg", "resistance of roads"),
        "Table",
        TABLES,
        Text("Opór dróg według klasy.", "Resistance of roads by class."),
        columns=plain_tables.ROADS,
    ),
    Layer(
        "roads",
        Text("drogi", "roads"),
        "Streets",
        AREAS,
        Text("Drogi, które dodają oporu.", "Roads that add resistance."),
    ),
    Layer(
        "corridor_severity",
        Text("ciężar kolizji stref z korytarzem", "severity of zones in corridors"),
        "Table",
        TABLES,
        Text(
            "Zastępuje domyślny wpływ stref na korytarze.", "Overrules what zones do to corridors."
        ),
        columns=plain_tables.SEVERITY,
    ),
    Layer(
        "model_compatibility",
        Text("zgodność stref ze strukturą", "compatibility of zones and structure"),
        "Table",
        TABLES,
        Text(
            "Które strefy pasują do klas struktury.",
            "Which zones suit the classes of the structure.",
        ),
        columns=plain_tables.COMPATIBILITY,
    ),
    Layer(
        "structure",
        Text("struktura metropolii", "metropolitan structure"),
        "Areas",
        AREAS,
        Text(
            "Model struktury funkcjonalno-przestrzennej; kolumna class.",
            "The functional-spatial structure; a column class.",
        ),
    ),
    Layer(
        "buildings",
        Text("budynki", "buildings"),
        "Areas",
        AREAS,
        Text("Obrysy budynków.", "Outlines of buildings."),
    ),
    Layer(
        "investments",
        Text("planowane inwestycje", "planned investments"),
        "Investments",
        AREAS,
        Text(
            "Planowane inwestycje; linie rowerowe są odcinkami planned_links.",
            "Planned investments; lines of cycling are links of planned_links.",
        ),
    ),
    Layer(
        "members",
        Text("członkowie metropolii", "members of the metropolis"),
        "Members",
        TABLES,
        Text("Którzy sąsiedzi należą do metropolii.", "Which neighbours belong to the metropolis."),
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
    hint = Text(f" (może '{near[0]}'?)", f" (did you mean '{near[0]}'?)") if near else Text("", "")
    raise ParameterError(
        Text(f"nie ma warstwy '{name}'{hint.pl}", f"there is no layer '{name}'{hint.en}"),
        remedy=Text(f"są: {', '.join(LAYERS)}", f"there are: {', '.join(LAYERS)}"),
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
            "title": row.title._asdict(),
            "about": row.about._asdict(),
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
                    "text": column.text._asdict(),
                }
                for name, column in row.fields.items()
            ],
        }
        for row in rows
    ]
