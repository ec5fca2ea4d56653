"""The schemas of all layers, by name."""

from __future__ import annotations

from dataclasses import replace

from metrogis.errors import SchemaError
from metrogis.schemas.kinds import Field, Schema
from metrogis.texts import Text

_TERYT = Field("teryt", Text("kod TERYT gminy", "TERYT code of the municipality"))
_AREA = Text(
    "kod TERYT gminy, powiatu (4 cyfry), województwa (2) albo *",
    "TERYT code of a municipality, county (4 digits), voivodeship (2), or *",
)
_COVERED = ("complete", "partial", "none")
_NAME = Field("text", Text("nazwa", "name"), nullable=True)
MOST_PEOPLE = 5e7
"""More residents, or flow, than any municipality or pair has: Chongqing, the largest, has 32
million (census of China, 2020). Beyond it a number is a fill (2147483647, 3.4e38)."""
MOST_STANDS = 30_000
"""The largest bicycle garage, Utrecht Centraal, has 12,656 places (city of Utrecht, 2019)."""
MOST_DOCKS = 1_000
"""Docks of one bike-share station; the largest have some 150 (project choice)."""
MOST_KM2 = 200_000
"""The largest municipality of the world, Altamira in Brazil, has 159,533 km2 (IBGE)."""
_PEOPLE = Field(
    "number", Text("liczba mieszkańców", "residents"), "people", low=0, high=MOST_PEOPLE,
    nullable=True,
)  # fmt: skip


def _optional(f: Field) -> Field:
    return replace(f, required=False, nullable=True, unique=False)


def _measure(text: Text, unit: str, most: float) -> Field:
    """An optional number of 0 or more; one that cannot be is unknown."""
    return Field("number", text, unit, False, True, low=0, high=most, bad="empty")


SCHEMAS: dict[str, Schema] = {
    s.name: s
    for s in (
        Schema(
            "Municipalities",
            Text("granice gmin", "municipal boundaries"),
            "polygon",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True),
                "name": Field("text", Text("nazwa gminy", "name of the municipality")),
            },
            keeps_rows=True,
        ),
        Schema(
            "PopulationCells",
            Text("ludność w komórkach", "population by cell"),
            "polygon",
            {
                # a cell whose number cannot be is a cell of unknown population
                "population": replace(_PEOPLE, bad="empty"),
                "modelled": _optional(Field("flag", Text("dane modelowane", "modelled"))),
            },
            counts_once=("population",),
        ),
        Schema(
            "MunicipalPopulation",
            Text("ludność gmin", "population by municipality"),
            "",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True, bad="lost"),
                "name": _optional(_NAME),
                "population": replace(_PEOPLE, bad="unknown"),
                "area_km2": _measure(Text("powierzchnia", "area"), "km2", MOST_KM2),
            },
        ),
        Schema(
            "Stops",
            Text("przystanki", "stops"),
            "point",
            {
                "name": _NAME,
                "mode": _optional(Field("text", Text("środek transportu", "mode"))),
                "lines": _optional(Field("text", Text("linie", "lines"))),
            },
        ),
        Schema(
            "Stations",
            Text("stacje kolejowe", "railway stations"),
            "point",
            {"name": _NAME, "ref": _optional(Field("text", Text("numer", "reference")))},
        ),
        Schema(
            "Interchanges",
            Text("węzły przesiadkowe", "interchanges"),
            "point",
            {
                "name": Field("text", Text("nazwa węzła", "name of the interchange")),
                "rank": _optional(Field("text", Text("ranga", "rank"))),
                "bike_stands": _measure(
                    Text("stojaki rowerowe", "bicycle stands"), "stands", MOST_STANDS
                ),
            },
        ),
        Schema(
            "CycleRoutes",
            Text("infrastruktura rowerowa", "cycle infrastructure"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(
                    Field("text", Text("rodzaj drogi (OSM)", "OSM highway value"))
                ),
                "other_tags": _optional(Field("text", Text("inne tagi OSM", "other OSM tags"))),
                "state": _optional(
                    Field("text", Text("stan", "state"), allowed=("built", "planned", "unknown"))
                ),
            },
        ),
        Schema(
            "Streets",
            Text("linie ulic", "street lines"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(Field("text", Text("rodzaj", "class"))),
            },
        ),
        Schema("RailLines", Text("linie kolejowe", "railway lines"), "line", {}),
        Schema(
            "Corridors",
            Text("korytarze ekologiczne", "ecological corridors"),
            "polygon",
            {"name": _NAME, "rank": _optional(Field("text", Text("ranga", "rank")))},
        ),
        Schema(
            "ProtectedAreas",
            Text("obszary chronione", "protected areas"),
            "polygon",
            {"name": _NAME, "form": _optional(Field("text", Text("forma ochrony", "form")))},
        ),
        Schema(
            "PlanningZones",
            Text("strefy planistyczne", "planning zones"),
            "polygon",
            {
                # a zone without one is there, and what it says is unknown
                "symbol": Field("text", Text("symbol strefy", "zone symbol"), nullable=True),
                "label": _optional(Field("text", Text("oznaczenie", "label"))),
                "teryt": _optional(_TERYT),
            },
        ),
        Schema(
            "Investments",
            Text("planowane inwestycje", "planned investments"),
            "",
            {"name": _NAME, "kind": _optional(Field("text", Text("rodzaj", "kind")))},
        ),
        Schema(
            "ODFlows",
            Text("przepływy między gminami", "flows between municipalities"),
            "",
            {
                "origin": Field(
                    "teryt",
                    Text("gmina początku", "municipality of origin"),
                    nullable=True,
                    bad="unknown",
                ),
                "destination": Field(
                    "teryt",
                    Text("gmina celu", "municipality of destination"),
                    nullable=True,
                    bad="unknown",
                ),
                "flow": Field(
                    "number",
                    Text("wielkość", "size"),
                    "people",
                    low=0,
                    high=MOST_PEOPLE,
                    nullable=True,
                    bad="unknown",
                ),
            },
        ),
        Schema(
            "Coverage",
            Text("pokrycie rozkładami", "timetable coverage"),
            "",
            {
                "feed": Field("text", Text("rozkład lub przewoźnik", "feed or operator")),
                "teryt": Field("area", _AREA),
                "mode": Field("text", Text("środek transportu", "mode")),
                "state": Field("text", Text("stan", "state"), allowed=_COVERED),
            },
        ),
        Schema(
            "BikeShare",
            Text("stacje roweru miejskiego", "bike-share stations"),
            "point",
            {
                "name": _optional(_NAME),
                "capacity": _measure(Text("stojaki", "docks"), "docks", MOST_DOCKS),
            },
        ),
        Schema(
            "BikeParking",
            Text("stojaki rowerowe (punkty lub obrysy)", "bicycle parking (points or outlines)"),
            "place",
            {
                "name": _optional(_NAME),
                # as in OSM: a number, or words that leave it unknown ("yes", "ca. 20")
                "capacity": _optional(Field("text", Text("miejsca na rowery", "places"))),
                "access": _optional(Field("text", Text("dostęp (OSM)", "access (OSM)"))),
            },
        ),
        Schema(
            "SchoolHolidays",
            Text("ferie i wakacje", "school holidays"),
            "",
            {
                "first": Field("date", Text("pierwszy dzień", "first day")),
                "last": Field("date", Text("ostatni dzień", "last day")),
            },
            in_order=("first", "last"),
        ),
        Schema(
            "Entrances",
            Text("wejścia do węzłów", "entrances of interchanges"),
            "point",
            {
                "interchange": Field(
                    "text", Text("węzeł (nazwa lub id)", "interchange (name or id)")
                )
            },
        ),
        Schema(
            "Localities",
            Text("miejscowości", "localities"),
            "point",
            {
                "name": Field("text", Text("nazwa", "name")),
                "seat": _optional(Field("text", Text("siedziba", "seat"))),
            },
            counts_once=("name",),
        ),
        Schema(
            "Services",
            Text("usługi publiczne", "public services"),
            "point",
            {
                "name": Field("text", Text("nazwa", "name")),
                "kind": Field(
                    "text", Text("rodzaj (hospital, university ...)", "kind (hospital ...)")
                ),
                "capacity": Field(
                    "number",
                    Text("pojemność (łóżka, miejsca)", "capacity (beds, places)"),
                    "1",
                    required=False,
                    nullable=True,
                    low=0,
                    bad="empty",
                ),
            },
        ),
        Schema(
            "Members",
            Text("członkowie metropolii", "members of the metropolis"),
            "",
            {
                "teryt": Field(
                    "text", Text("kod TERYT (2, 4 lub 7 cyfr)", "TERYT (4 or 7 digits)")
                ),
                "name": Field("text", Text("nazwa", "name")),
                "member": Field(
                    "text", Text("członkostwo", "membership"), allowed=("yes", "no", "unknown")
                ),
            },
        ),
        Schema("Areas", Text("obszary", "areas"), "polygon", {"name": _optional(_NAME)}),
        Schema(
            "CycleCoverage",
            Text("zasięg danych rowerowych (obszary lub gminy)", "coverage of cycle data"),
            "",
            {
                "teryt": _optional(Field("area", _AREA)),
                "state": _optional(Field("text", Text("stan", "state"), allowed=_COVERED)),
            },
        ),
        Schema("Table", Text("tabela", "table"), "", {}),
    )
}


def get(name: str) -> Schema:
    """Return the schema called ``name``.

    Raises
    ------
    SchemaError
        When there is none; the message lists the names.
    """
    if name not in SCHEMAS:
        raise SchemaError(
            Text(f"nieznany schemat '{name}'", f"unknown schema '{name}'"),
            remedy=Text(f"użyj: {', '.join(SCHEMAS)}", f"use one of: {', '.join(SCHEMAS)}"),
        )
    return SCHEMAS[name]
