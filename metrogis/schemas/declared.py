"""The schemas of all layers, by name."""

from __future__ import annotations

from dataclasses import replace

from metrogis.errors import SchemaError
from metrogis.i18n import Text, _, pgettext
from metrogis.schemas.kinds import Field, Schema

_TERYT = Field("teryt", _("TERYT code of the municipality"))
_AREA = _("TERYT code of a municipality, county (4 digits), voivodeship (2), or *")
_COVERED = ("complete", "partial", "none")
_NAME = Field("text", _("name"), nullable=True)
MOST_PEOPLE = 5e7
"""More residents, or flow, than any municipality or pair has: Chongqing, the largest, has 32
million (census of China, 2020). Beyond it a number is a fill (2147483647, 3.4e38)."""
MOST_STANDS = 30_000
"""The largest bicycle garage, Utrecht Centraal, has 12,656 places (city of Utrecht, 2019)."""
MOST_DOCKS = 1_000
"""Docks of one bike-share station; the largest have some 150 (project choice)."""
MOST_DWELLING_M2 = 1e9
"""About 30 m2 for each of the 32 million residents of the largest municipality, Chongqing."""
MOST_KM2 = 200_000
"""The largest municipality of the world, Altamira in Brazil, has 159,533 km2 (IBGE)."""
_PEOPLE = Field(
    "number", pgettext("column", "residents"), "people", low=0, high=MOST_PEOPLE,
    nullable=True,
)  # fmt: skip


_YEAR = Field("integer", _("year"), low=1900, high=2200, nullable=True, bad="unknown")


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
            _("municipal boundaries"),
            "polygon",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True),
                "name": Field("text", _("name of the municipality")),
            },
            keeps_rows=True,
        ),
        Schema(
            "PopulationCells",
            _("population by cell"),
            "polygon",
            {
                # a cell whose number cannot be is a cell of unknown population
                "population": replace(_PEOPLE, bad="empty"),
                "modelled": _optional(Field("flag", pgettext("column", "modelled"))),
            },
            counts_once=("population",),
        ),
        Schema(
            "MunicipalPopulation",
            _("population by municipality"),
            "",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True, bad="lost"),
                "name": _optional(_NAME),
                "population": replace(_PEOPLE, bad="unknown"),
                "area_km2": _measure(_("area"), "km2", MOST_KM2),
            },
        ),
        Schema(
            "HousingStatistics",
            _("dwellings and residents by year"),
            "",
            {
                "teryt": Field("teryt", _TERYT.text, bad="lost"),
                "year": _YEAR,
                "population": replace(_PEOPLE, bad="unknown"),
                "dwelling_m2": Field(
                    "number",
                    _("usable floor area of dwellings"),
                    "m2",
                    nullable=True,
                    low=0,
                    high=MOST_DWELLING_M2,
                    bad="unknown",
                ),
            },
        ),
        Schema(
            "PopulationForecast",
            _("forecast of residents"),
            "",
            {
                "teryt": Field("area", _("TERYT code of a municipality; * the metropolis")),
                "year": _YEAR,
                "population": replace(_PEOPLE, bad="unknown"),
                "published_demand": Field(
                    "number",
                    _("housing demand published by the municipality"),
                    "people",
                    required=False,
                    nullable=True,
                    low=0,
                    high=MOST_PEOPLE,
                    bad="empty",
                ),
            },
        ),
        Schema(
            "Stops",
            _("stops"),
            "point",
            {
                "name": _NAME,
                "mode": _optional(Field("text", _("mode"))),
                "lines": _optional(Field("text", _("lines"))),
            },
        ),
        Schema(
            "Stations",
            _("railway stations"),
            "point",
            {"name": _NAME, "ref": _optional(Field("text", _("reference")))},
        ),
        Schema(
            "Interchanges",
            _("interchanges"),
            "point",
            {
                "name": Field("text", _("name of the interchange")),
                "rank": _optional(Field("text", pgettext("importance", "rank"))),
                "bike_stands": _measure(_("bicycle stands"), "stands", MOST_STANDS),
            },
        ),
        Schema(
            "CycleRoutes",
            _("cycle infrastructure"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(Field("text", _("OSM highway value"))),
                "other_tags": _optional(Field("text", _("other OSM tags"))),
                "state": _optional(
                    Field("text", _("state"), allowed=("built", "planned", "unknown"))
                ),
            },
        ),
        Schema(
            "Streets",
            _("street lines"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(Field("text", pgettext("kind", "class"))),
            },
        ),
        Schema("RailLines", _("railway lines"), "line", {}),
        Schema(
            "Corridors",
            _("ecological corridors"),
            "polygon",
            {"name": _NAME, "rank": _optional(Field("text", pgettext("importance", "rank")))},
        ),
        Schema(
            "ProtectedAreas",
            _("protected areas"),
            "polygon",
            {"name": _NAME, "form": _optional(Field("text", pgettext("protection", "form")))},
        ),
        Schema(
            "PlanningZones",
            _("planning zones"),
            "polygon",
            {
                # a zone without one is there, and what it says is unknown
                "symbol": Field("text", _("zone symbol"), nullable=True),
                "label": _optional(Field("text", _("label"))),
                "teryt": _optional(_TERYT),
                "max_intensity": _measure(_("max. floor area ratio"), "1", 100),
            },
        ),
        Schema(
            "LocalPlans",
            _("local plans in force"),
            "polygon",
            {
                "name": _optional(_NAME),
                "min_bio_share": _measure(_("min. biologically active share"), "%", 100),
            },
        ),
        Schema(
            "SoilClasses",
            _("classes of soil"),
            "polygon",
            {"class": Field("text", _("class of soil (I, II, IIIa ... VI)"), nullable=True)},
        ),
        Schema(
            "FloodHazard",
            _("areas of flood hazard"),
            "polygon",
            {"probability": _measure(_("yearly probability"), "%", 100)},
        ),
        Schema(
            "Buildings",
            _("buildings"),
            "polygon",
            {
                "name": _optional(_NAME),
                "kst": _optional(Field("text", _("kind of building (KST: 110 dwellings ...)"))),
            },
        ),
        Schema(
            "Parcels",
            _("parcels"),
            "polygon",
            {"built": _optional(Field("flag", _("built up")))},
        ),
        Schema(
            "Schools",
            _("schools"),
            "place",
            {
                "name": _optional(_NAME),
                "kind": _optional(Field("text", _("kind (primary ...)"))),
                "capacity": _measure(_("places for pupils"), "1", 100_000),
            },
        ),
        Schema(
            "GreenAreas",
            _("public green areas (outlines, or points with their area)"),
            "place",
            {
                "name": _optional(_NAME),
                "kind": _optional(Field("text", _("kind (park, forest ...)"))),
                "area_ha": _measure(_("area of an area given as a point"), "ha", 1e6),
                "public": _optional(Field("flag", _("open to the public"))),
            },
        ),
        Schema(
            "Investments",
            _("planned investments"),
            "",
            {"name": _NAME, "kind": _optional(Field("text", _("kind")))},
        ),
        Schema(
            "ODFlows",
            _("flows between municipalities"),
            "",
            {
                "origin": Field(
                    "teryt",
                    _("municipality of origin"),
                    nullable=True,
                    bad="unknown",
                ),
                "destination": Field(
                    "teryt",
                    _("municipality of destination"),
                    nullable=True,
                    bad="unknown",
                ),
                "flow": Field(
                    "number",
                    _("size"),
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
            _("timetable coverage"),
            "",
            {
                "feed": Field("text", _("feed or operator")),
                "teryt": Field("area", _AREA),
                "mode": Field("text", _("mode")),
                "state": Field("text", _("state"), allowed=_COVERED),
            },
        ),
        Schema(
            "BikeShare",
            _("bike-share stations"),
            "point",
            {
                "name": _optional(_NAME),
                "capacity": _measure(_("docks"), "docks", MOST_DOCKS),
            },
        ),
        Schema(
            "BikeParking",
            _("bicycle parking (points or outlines)"),
            "place",
            {
                "name": _optional(_NAME),
                # as in OSM: a number, or words that leave it unknown ("yes", "ca. 20")
                "capacity": _optional(Field("text", _("places"))),
                "access": _optional(Field("text", _("access (OSM)"))),
            },
        ),
        Schema(
            "SchoolHolidays",
            _("school holidays"),
            "",
            {
                "first": Field("date", _("first day")),
                "last": Field("date", _("last day")),
            },
            in_order=("first", "last"),
        ),
        Schema(
            "Entrances",
            _("entrances of interchanges"),
            "point",
            {"interchange": Field("text", _("interchange (name or id)"))},
        ),
        Schema(
            "Localities",
            _("localities"),
            "point",
            {
                "name": Field("text", _("name")),
                "seat": _optional(Field("text", _("seat"))),
            },
            counts_once=("name",),
        ),
        Schema(
            "Services",
            _("public services"),
            "point",
            {
                "name": Field("text", _("name")),
                "kind": Field("text", _("kind (hospital ...)")),
                "capacity": Field(
                    "number",
                    _("capacity (beds, places)"),
                    "1",
                    required=False,
                    nullable=True,
                    low=0,
                    high=1_000_000,
                    bad="empty",
                ),
            },
        ),
        Schema(
            "Members",
            _("members of the metropolis"),
            "",
            {
                "teryt": Field("text", _("TERYT (4 or 7 digits)")),
                "name": Field("text", _("name")),
                "member": Field("text", _("membership"), allowed=("yes", "no", "unknown")),
            },
        ),
        Schema("Areas", _("areas"), "polygon", {"name": _optional(_NAME)}),
        Schema(
            "CycleCoverage",
            _("coverage of cycle data"),
            "",
            {
                "teryt": _optional(Field("area", _AREA)),
                "state": _optional(Field("text", _("state"), allowed=_COVERED)),
            },
        ),
        Schema("Table", _("table"), "", {}),
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
            _("unknown schema '{name}'").fill(name=name),
            remedy=_("use one of: {schemas}").fill(schemas=", ".join(SCHEMAS)),
        )
    return SCHEMAS[name]
