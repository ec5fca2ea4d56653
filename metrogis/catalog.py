"""The catalog of a metropolis: ``layers/<metro>/catalog.toml`` -> :class:`Metro`.

One table per layer says its driver, where it is, what it must contain, and its licence,
attribution and date, which are required. Unknown keys are refused. A layer that cannot be had is
declared ``missing = "reason"``; checks that need it say so. Example::

    [metro]
    id = "omggs"
    name = { pl = "Obszar Metropolitalny", en = "Metropolitan Area" }
    crs = "EPSG:2180"
    bbox = [17.0, 53.6, 19.7, 54.9]      # lon, lat: where every layer must have something
    date = "2024-10-16"                  # day the analysis speaks of

    [layers.municipalities]
    driver = "vector"
    path = "municipalities.gpkg"         # relative to the data folder
    schema = "Municipalities"
    licence = "free"
    attribution = "PRG"
    date = "2015"
    rename = { JPT_KOD_JE = "teryt", JPT_NAZWA_ = "name" }

    [layers.population]
    driver = "vector"
    path = "grid_5km.gpkg"
    finer = [{ layer = "population_hexagons", municipalities = ["2261011"] }]
    ...

    [layers.timetable]
    driver = "gtfs"
    path = "bus.zip"
    date = "2024-10"                     # every feed is looked at on usual dates near it
    trust = "no weekend service, says the operator"   # doubts about it are set aside
    ...

    [layers.corridors]
    missing = "no public copy"
    official = { service = "WFS", url = "https://sdi.gdos.gov.pl/wfs" }

    [parameters.functional_links]        # what this metropolis sets otherwise than the default
    core = ["2261011", "2262011", "2264011"]
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from metrogis import crs as crs_rules
from metrogis import schemas
from metrogis.errors import CatalogError
from metrogis.texts import Text, both


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Strict):
    """A text given in both languages."""

    pl: str
    en: str


@dataclass(frozen=True)
class Known:
    """A layer name that checks know: its title and the schema it has unless stated."""

    title: Text
    schema: str


LAYERS: dict[str, Known] = {
    "municipalities": Known(Text("granice gmin", "municipal boundaries"), "Municipalities"),
    "population": Known(Text("ludność w siatce", "population grid"), "PopulationCells"),
    "population_municipal": Known(
        Text("ludność gmin", "population by municipality"), "MunicipalPopulation"
    ),
    "population_before": Known(
        Text("ludność w siatce wcześniej", "population grid earlier"), "PopulationCells"
    ),
    "population_municipal_before": Known(
        Text("ludność gmin wcześniej", "population by municipality earlier"), "MunicipalPopulation"
    ),
    "jobs": Known(Text("miejsca pracy w gminach", "jobs by municipality"), "Table"),
    "od_flows": Known(Text("przepływy między gminami", "flows between municipalities"), "ODFlows"),
    "timetable": Known(Text("rozkład jazdy (GTFS)", "timetable (GTFS)"), ""),
    "coverage": Known(Text("pokrycie rozkładami", "timetable coverage"), "Coverage"),
    "school_holidays": Known(Text("ferie i wakacje", "school holidays"), "SchoolHolidays"),
    "stop_posts": Known(Text("słupki bez rozkładu", "stop posts without times"), "Stops"),
    "rail_stations": Known(Text("stacje kolejowe", "railway stations"), "Stations"),
    "rail_lines": Known(Text("linie kolejowe", "railway lines"), "RailLines"),
    "interchanges": Known(Text("węzły przesiadkowe", "interchanges"), "Interchanges"),
    "interchange_entrances": Known(
        Text("wejścia do węzłów", "entrances of interchanges"), "Entrances"
    ),
    "cycle_routes": Known(Text("infrastruktura rowerowa", "cycle infrastructure"), "CycleRoutes"),
    "cycle_coverage": Known(
        Text("zasięg danych rowerowych", "area the cycle data cover"), "CycleCoverage"
    ),
    "bike_parking": Known(Text("stojaki rowerowe", "bicycle parking"), "BikeParking"),
    "bike_share": Known(Text("rower metropolitalny", "bike share"), "BikeShare"),
    "streets": Known(Text("sieć ulic", "street network"), ""),
    "localities": Known(Text("miejscowości", "localities"), "Localities"),
    "built_up": Known(Text("zabudowa", "built-up area"), "Raster"),
    "built_up_before": Known(Text("zabudowa wcześniej", "built-up area earlier"), "Raster"),
    "urban_zones": Known(Text("jednostki zabudowy", "zones of built-up land"), "Areas"),
    "corridors": Known(Text("korytarze ekologiczne", "ecological corridors"), "Corridors"),
    "protected_areas": Known(Text("obszary chronione", "protected areas"), "ProtectedAreas"),
    "plans": Known(Text("plany ogólne (APP GML)", "general plans (APP GML)"), ""),
    "planning_zones": Known(Text("strefy planistyczne", "planning zones"), "PlanningZones"),
    "land_cover": Known(Text("pokrycie terenu", "land cover"), "Raster"),
    "elevation": Known(Text("wysokości terenu", "elevation"), "Raster"),
    "core_areas": Known(Text("obszary węzłowe", "core areas"), "Areas"),
    "land_cover_classes": Known(
        Text("klasy pokrycia: siedlisko i opór", "classes of land cover: habitat and resistance"),
        "Table",
    ),
    "zone_resistance": Known(
        Text("opór stref planistycznych", "resistance of planning zones"), "Table"
    ),
    "road_resistance": Known(Text("opór dróg", "resistance of roads"), "Table"),
    "roads": Known(Text("drogi", "roads"), "Streets"),
    "corridor_severity": Known(
        Text("ciężar kolizji stref z korytarzem", "severity of zones in corridors"), "Table"
    ),
    "model_compatibility": Known(
        Text("zgodność stref ze strukturą", "compatibility of zones and structure"), "Table"
    ),
    "structure": Known(Text("struktura metropolii", "metropolitan structure"), "Areas"),
    "buildings": Known(Text("budynki", "buildings"), "Areas"),
    "investments": Known(Text("planowane inwestycje", "planned investments"), "Investments"),
    "members": Known(Text("członkowie metropolii", "members of the metropolis"), "Members"),
}
"""Layer names that checks know; a catalog may hold others beside."""


def _text(value: str | Bilingual) -> Text:
    return both(value) if isinstance(value, str) else Text(value.pl, value.en)


class Official(_Strict):
    """The official service a layer comes from, and whether this project has tried it."""

    service: Literal["WFS", "OGC API", "ATOM", "API", "GBFS", "GTFS", "file", "OSM PBF"]
    url: str
    layer: str | None = None
    tested: bool = False
    note: str | None = None


class MetroInfo(_Strict):
    """The ``[metro]`` table."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str | Bilingual
    crs: str = crs_rules.WORKING_CRS
    country: str = Field(default="PL", pattern=r"^[A-Z]{2}$")
    bbox: tuple[float, float, float, float] | None = None
    date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    data: str = "folder"
    """``folder`` (the user's data folder), ``beside`` (this file's folder), or a path of its own,
    which may be absolute: a network drive."""
    note: str | Bilingual | None = None

    @property
    def title(self) -> Text:
        """Name in both languages."""
        return _text(self.name)

    @field_validator("crs")
    @classmethod
    def _metric(cls, value: str) -> str:
        crs_rules.require_metric(value, layer="[metro] crs")
        return value


class _Layer(_Strict):
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)
    date: str = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    title: str | Bilingual | None = None
    note: str | Bilingual | None = None
    official: Official | None = None
    path: str
    base: Literal["data", "catalog", "parent"] = "data"
    """Where ``path`` starts: data folder, this folder, or the one that holds the data folder."""
    data: str | None = None
    """A folder that ``path`` starts from instead, which may be absolute: a network drive."""


class _Columns(_Layer):
    schema_name: str | None = Field(default=None, alias="schema")
    rename: dict[str, str] = {}
    set: dict[str, str | float | bool] = {}
    keep: dict[str, list[str]] = {}
    drop: dict[str, list[str]] = {}
    map: dict[str, dict[str, str | float | bool]] = {}
    """Column (by its old or new name) -> code as it stands -> value as checks know it."""
    decimal: Literal[".", ","] | None = None
    thousands: Literal[" ", ".", ",", "'"] | None = None
    """A space stands for every kind of space."""
    na: list[str] = []
    """Signs that stand for "no value": ``["-", "x", "."]``."""
    more: list[str] = []
    """Further files of the same form."""
    encoding: str | None = None
    member: str | None = None
    """File inside a ``.zip``."""

    @model_validator(mode="after")
    def _marks(self) -> _Columns:
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            raise ValueError("thousands and decimal must differ")
        return self

    @field_validator("schema_name")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            schemas.get(value)
        return value


class Finer(_Strict):
    """Population cells of another layer that hold instead inside some municipalities."""

    layer: str
    municipalities: list[str] = Field(min_length=1)
    """TERYT codes."""


class VectorLayer(_Columns):
    """``driver = "vector"``: anything GDAL reads, and GeoParquet."""

    driver: Literal["vector"]
    sublayer: str | None = None
    crs: str | None = None
    swap_axes: bool = False
    inside: Literal["municipalities"] | None = None
    finer: list[Finer] = []
    """Of population cells: where a city has finer ones."""


class Locate(_Strict):
    """Take the place of a row from the feature of another layer that has the same name."""

    layer: str
    column: str
    match: str


class TableLayer(_Columns):
    """``driver = "table"``: CSV, XLSX, ODS, Parquet; points by ``x, y, crs`` or ``locate``."""

    driver: Literal["table"]
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    sheet: str | None = None
    skip_rows: int = Field(default=0, ge=0)
    """Rows of the sheet or file before the header, blank ones counted."""
    header_rows: int | None = Field(default=None, ge=1, le=5)
    x: str | None = None
    y: str | None = None
    crs: str | None = None
    locate: Locate | None = None
    inside: Literal["municipalities"] | None = None

    @model_validator(mode="after")
    def _place(self) -> TableLayer:
        given = [self.x is not None, self.y is not None, self.crs is not None]
        if any(given) and not all(given):
            raise ValueError("x, y and crs belong together")
        if all(given) and self.locate:
            raise ValueError("give x, y, crs or locate, not both")
        return self


class RasterLayer(_Layer):
    """``driver = "raster"``: one band; ``schema = "PopulationCells"`` makes cells of it.

    A raster in another CRS is resampled: ``nearest`` for classes, ``bilinear`` for measures.
    ``nodata``: further stored values that mean "no data". ``range`` and ``classes``: the only
    values there are, scale and offset applied; cells with others are not known.
    """

    driver: Literal["raster"]
    schema_name: Literal["PopulationCells", "Raster"] = Field(default="Raster", alias="schema")
    band: int = Field(default=1, ge=1)
    crs: str | None = None
    nodata: list[float] = []
    resampling: Literal["nearest", "bilinear"] = "nearest"
    range: tuple[float, float] | None = None
    classes: list[float] = []

    @model_validator(mode="after")
    def _range_has_an_order(self) -> RasterLayer:
        if self.range is not None and not self.range[0] <= self.range[1]:
            raise ValueError("range: the lower end comes first")
        return self


DateThreshold = Literal[
    "least_share",
    "within_days",
    "busiest_share",
    "busiest_least",
    "busiest_most",
    "active_share",
    "fall_weekdays",
    "none_dates",
    "none_share",
    "weekday_trips",
]


class GtfsLayer(_Layer):
    """``driver = "gtfs"``: one timetable or several (``path`` and ``more``) read as one.

    Every feed is looked at on dates near ``date``: a day, or within a month or year.
    """

    driver: Literal["gtfs"]
    more: list[str] = []
    school_holidays: str | None = None
    dates: dict[Literal["school_day", "holiday_weekday", "saturday", "sunday"], str] = {}
    """Reference dates named by the analyst; they win over the rule."""
    date_rule: dict[DateThreshold, int | float] = {}
    """Thresholds of the rule of reference dates (``metrogis.transit.DateRule``)."""
    trust: Annotated[str, Field(min_length=1)] | None = None
    """Why doubts about the timetable are set aside (no service at weekends, stops lost)."""


class AppGmlLayer(_Layer):
    """``driver = "app_gml"``: planning acts; ``path`` is a file or a folder of them."""

    driver: Literal["app_gml"]
    more: list[str] = []
    as_of: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    assume_crs: str | None = None


class OsmLayer(_Layer):
    """``driver = "osm"``: streets from OpenStreetMap (PBF, XML, Overpass JSON)."""

    driver: Literal["osm"]


class GbfsLayer(_Layer):
    """``driver = "gbfs"``: bike-share stations; ``path`` is a folder, or ``station_information``.

    ``station_status`` is read from beside it.
    """

    driver: Literal["gbfs"]


class FileLayer(_Layer):
    """``driver = "file"``: handed to checks as a path."""

    driver: Literal["file"]


class MissingLayer(_Strict):
    """A layer that cannot be had, and why."""

    missing: str | Bilingual
    title: str | Bilingual | None = None
    official: Official | None = None

    @property
    def reason(self) -> Text:
        """Why, in both languages."""
        return _text(self.missing)


DrivenLayer = Annotated[
    VectorLayer
    | TableLayer
    | RasterLayer
    | GtfsLayer
    | AppGmlLayer
    | OsmLayer
    | GbfsLayer
    | FileLayer,
    Field(discriminator="driver"),
]


class Catalog(_Strict):
    """A whole catalog file."""

    metro: MetroInfo
    layers: dict[str, DrivenLayer | MissingLayer]

    def hints(self) -> dict[str, str]:
        """Return layers whose name nearly is one that checks know: a letter off, and unused."""
        found = {}
        for name in self.layers:
            if name not in LAYERS:
                near = difflib.get_close_matches(name, LAYERS, n=1, cutoff=0.85)
                if near and near[0] not in self.layers:
                    found[name] = near[0]
        return found

    parameters: dict[str, dict[str, Any]] = {}
    """Check id -> its parameters that this metropolis sets otherwise than the default."""

    @field_validator("layers")
    @classmethod
    def _municipalities(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "municipalities" not in value or isinstance(value["municipalities"], MissingLayer):
            raise ValueError("a catalog needs the layer 'municipalities'")
        for name, layer in value.items():
            for item in getattr(layer, "finer", ()):
                if item.layer not in value:
                    raise ValueError(f"layers.{name}.finer: there is no layer '{item.layer}'")
        return value


def read_catalog(path: Path) -> Catalog:
    """Read and validate a catalog file.

    Raises
    ------
    CatalogError
        One error that lists everything wrong: unknown keys, missing licences, bad values.
    """
    if not path.is_file():
        raise CatalogError(
            Text("nie ma pliku katalogu", "there is no catalog file"),
            place=str(path),
            remedy=Text(
                "podaj folder z catalog.toml, na przykład layers/omggs",
                "name a folder with a catalog.toml, for example layers/omggs",
            ),
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(
            Text(f"to nie jest poprawny TOML ({error})", f"this is not valid TOML ({error})"),
            place=path.name,
        ) from error
    try:
        return Catalog.model_validate(_discriminated(content))
    except ValidationError as error:
        lines = [_problem(item) for item in error.errors()]
        raise CatalogError(
            Text("; ".join(line.pl for line in lines), "; ".join(line.en for line in lines)),
            place=path.name,
            remedy=Text("popraw katalog", "mend the catalog"),
        ) from error


def _discriminated(content: dict[str, Any]) -> dict[str, Any]:
    """Parse each layer by what it says it is, so that an error names one cause, not five."""
    layers = content.get("layers")
    if not isinstance(layers, dict):
        return content
    kinds: dict[str, type[_Strict]] = {
        "vector": VectorLayer,
        "table": TableLayer,
        "raster": RasterLayer,
        "gtfs": GtfsLayer,
        "app_gml": AppGmlLayer,
        "osm": OsmLayer,
        "gbfs": GbfsLayer,
        "file": FileLayer,
    }
    parsed: dict[str, Any] = {}
    problems: list[Text] = []
    for name, layer in layers.items():
        if not isinstance(layer, dict):
            problems.append(
                Text(f"layers.{name}: to nie jest tabela", f"layers.{name}: not a table")
            )
            continue
        driver = layer.get("driver")
        if "missing" not in layer and driver not in kinds:
            shown = ", ".join(kinds)
            problems.append(
                Text(
                    f"layers.{name}.driver: {driver!r}, a może być: {shown} (albo missing)",
                    f"layers.{name}.driver: {driver!r} but must be one of: {shown} (or missing)",
                )
            )
            continue
        kind = MissingLayer if "missing" in layer else kinds[str(driver)]
        try:
            parsed[name] = kind.model_validate(layer)
        except ValidationError as error:
            problems += [_problem(item, f"layers.{name}") for item in error.errors()]
    if problems:
        raise CatalogError(
            Text("; ".join(p.pl for p in problems), "; ".join(p.en for p in problems)),
            place="catalog.toml",
            remedy=Text("popraw katalog", "mend the catalog"),
        )
    return {**content, "layers": parsed}


def _problem(item: Any, prefix: str = "") -> Text:
    where = ".".join(part for part in (prefix, *(str(p) for p in item["loc"])) if part)
    if item["type"] == "extra_forbidden":
        return Text(f"nieznany klucz {where}", f"unknown key {where}")
    if item["type"] == "missing":
        return Text(f"brak klucza {where}", f"key {where} is missing")
    return Text(f"{where}: {item['msg']}", f"{where}: {item['msg']}")
