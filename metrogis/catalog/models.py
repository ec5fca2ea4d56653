"""What a catalog may say: one model a table of ``catalog.toml``, one of layers for each driver.

Unknown keys are refused; licence, attribution and date are required. How a file becomes these
models stands in :mod:`metrogis.catalog.toml`.
"""

from __future__ import annotations

import codecs
import difflib
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from metrogis import crs as crs_rules
from metrogis import schemas
from metrogis.catalog import references
from metrogis.catalog.official import units
from metrogis.catalog.origins import Origin
from metrogis.catalog.registry import LAYERS
from metrogis.catalog.types import Codes, Day, Period
from metrogis.errors import CatalogError
from metrogis.i18n import Text, _, both
from metrogis.provenance import Redistribute
from metrogis.validation import joined


class Strict(BaseModel):
    """Base of all tables of a catalog: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(Strict):
    """A text given in both languages."""

    pl: str
    en: str


def _text(value: str | Bilingual) -> Text:
    """Return a text of a catalog in both languages."""
    return both(value) if isinstance(value, str) else Text(value.pl, value.en)


class Official(Strict):
    """The official service a layer comes from, and whether this project has tried it."""

    service: Literal["WFS", "OGC API", "ATOM", "API", "GBFS", "GTFS", "file", "OSM PBF"]
    url: str
    layer: str | None = None
    tested: bool = False
    note: str | None = None


class FunctionalGroup(Strict):
    """Municipalities that are compared with one another: a core, a ring, the countryside."""

    name: str | Bilingual
    municipalities: list[str] = Field(min_length=1)
    """TERYT codes."""


class PartInfo(Strict):
    """``[metro] part``: of a country that ``metrogis layers split`` cut into parts."""

    of: str | Bilingual
    """Name of the whole."""
    inner: list[str] = Field(min_length=1)
    """TERYT codes of the part's own municipalities."""
    around: list[str] = []
    """Those of others, read with it so that nothing is lost at its border."""
    buffer: float = Field(ge=0, allow_inf_nan=False)
    """Metres: how near the others are."""

    @property
    def whole(self) -> Text:
        """Name of the whole in both languages."""
        return _text(self.of)


class MetroInfo(Strict):
    """The ``[metro]`` table."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str | Bilingual
    crs: str = crs_rules.WORKING_CRS
    country: str = Field(default="PL", pattern=r"^[A-Z]{2}$")
    bbox: tuple[float, float, float, float] | None = None
    date: Day | None = None
    teryt: tuple[str, ...] = ()
    """Units the metropolis is made of: codes of voivodeships (2 digits), counties (4) and
    municipalities (7). Of the boundaries only their municipalities are read."""
    densest: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Residents per km2 beyond which a municipality's number is suspicious (plausible.DENSEST)."""
    data: str = "folder"
    """``folder`` (the user's data folder), ``beside`` (this file's folder), or a path of its own,
    which may be absolute: a network drive."""
    note: str | Bilingual | None = None
    part: PartInfo | None = None
    """Of a part of a country: which municipalities are its own (``metrogis layers split``)."""
    groups: list[FunctionalGroup] = []
    """``[[metro.groups]]``: instead of kind and size class, on the pages of municipalities."""

    @property
    def title(self) -> Text:
        """Name in both languages."""
        return _text(self.name)

    @property
    def units(self) -> tuple[str, ...]:
        """Codes of the units whose boundaries are read; empty: all of the layer."""
        if self.part is not None:
            return (*self.part.inner, *self.part.around)
        return self.teryt

    @property
    def group_of(self) -> dict[str, Text]:
        """TERYT -> name of its functional group."""
        return {code: _text(group.name) for group in self.groups for code in group.municipalities}

    @field_validator("groups")
    @classmethod
    def _in_one_group(cls, value: list[FunctionalGroup]) -> list[FunctionalGroup]:
        codes = [code for group in value for code in group.municipalities]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise CatalogError(
                _("a municipality is in two groups: {codes}").fill(codes=", ".join(twice)),
                remedy=_("name each TERYT code once in [[metro.groups]]"),
            )
        return value

    @field_validator("crs")
    @classmethod
    def _metric(cls, value: str) -> str:
        crs_rules.require_metric(value, layer="[metro] crs")
        return value

    @field_validator("teryt")
    @classmethod
    def _units(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return units.checked(value) if value else value

    @field_validator("bbox")
    @classmethod
    def _box_on_earth(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is None:
            return None
        west, south, east, north = value
        # written so that NaN is refused too
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise CatalogError(
                _(
                    "four numbers in degrees: west < east, south < north, in the order "
                    "west, south, east, north"
                )
            )
        return value


class _Layer(Strict):
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)
    date: Period
    redistribute: Redistribute | None = None
    """What a published atlas may hold of the layer: its rows (``yes``), what is computed from it
    (``derived``), or neither its rows nor shapes made of them (``no``). Where it is not said, it is
    guessed from the licence, and the audit says so."""
    title: str | Bilingual | None = None
    note: str | Bilingual | None = None
    official: Official | None = None
    fetch: Origin | list[Origin] | None = None
    """Where ``metrogis layers fetch`` gets the layer's files from."""
    path: str = Field(min_length=1)
    base: Literal["data", "catalog", "parent"] = "data"
    """Where ``path`` starts: data folder, this folder, or the one that holds the data folder."""
    data: str | None = None
    """A folder that ``path`` starts from instead, which may be absolute: a network drive."""
    until_filled: str | Bilingual | None = None
    """Why the layer is missing as long as its file is not there or holds no row."""

    @property
    def waits_for(self) -> Text | None:
        """Why the layer is missing until its file is filled, in both languages."""
        return None if self.until_filled is None else _text(self.until_filled)


class _Columns(_Layer):
    schema_name: str | None = Field(default=None, alias="schema")
    rename: dict[str, str] = {}
    set: dict[str, str | float | bool] = {}
    keep: dict[str, list[str]] = {}
    drop: dict[str, list[str]] = {}
    map: dict[str, Codes] = {}
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

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                text_of_it = codecs.lookup(value)._is_text_encoding
            except (LookupError, ValueError):
                text_of_it = False
            if not text_of_it:
                raise CatalogError(
                    _("unknown encoding {value}").fill(value=repr(value)),
                    remedy=_('for example "utf-8", "cp1250" (Windows), "iso-8859-2"'),
                )
        return value

    @model_validator(mode="after")
    def _marks(self) -> _Columns:
        if self.thousands is not None and self.thousands == self.decimal:
            raise CatalogError(_("thousands and decimal must differ"))
        return self

    @field_validator("schema_name")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            schemas.get(value)
        return value


class Finer(Strict):
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


class Locate(Strict):
    """Take the place of a row from the feature of another layer that has the same name."""

    layer: str
    column: str
    match: str


class TableLayer(_Columns):
    """``driver = "table"``: CSV, XLSX, ODS, Parquet; by ``x, y, crs``, ``locate`` or ``cell``.

    A row has its place by coordinates, by a name, or by the code of a cell.

    ``cell`` is a column with codes of the European grid (EPSG:3035); rows become its squares.
    """

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
    cell: str | None = None
    inside: Literal["municipalities"] | None = None

    @model_validator(mode="after")
    def _place(self) -> TableLayer:
        given = [self.x is not None, self.y is not None, self.crs is not None]
        if any(given) and not all(given):
            raise CatalogError(_("x, y and crs belong together"))
        if all(given) and self.locate:
            raise CatalogError(_("give x, y, crs or locate, not both"))
        if self.cell is not None and (any(given) or self.locate):
            raise CatalogError(_("cell places rows by itself: without x, y, crs and locate"))
        if self.separator is not None and self.separator in '"\r\n':
            raise CatalogError(_('a separator cannot be a quote or an end of line; a tab is "\\t"'))
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
            raise CatalogError(_("range: the lower end comes first"))
        if any(math.isnan(value) for value in self.classes):
            raise CatalogError(_("classes: nan is no class"))
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
    as_of: Day | None = None
    assume_crs: str | None = None


class OsmLayer(_Layer):
    """``driver = "osm"``: streets from OpenStreetMap (PBF, XML, Overpass JSON)."""

    driver: Literal["osm"]


class OsmFeaturesLayer(_Columns):
    """``driver = "osm_features"``: features of OpenStreetMap chosen by tags.

    ``select`` and ``without``: key -> values (``*``: any); ``columns``: column -> tag. The file may
    be that of the layer ``streets``.
    """

    driver: Literal["osm_features"]
    geometry: Literal["point", "line", "area"]
    select: dict[str, list[str]] = Field(min_length=1)
    without: dict[str, list[str]] = {}
    columns: dict[str, str] = {}
    seats: bool = False
    """Add ``seat``: what a locality is the centre of by relations of boundaries."""
    inside: Literal["municipalities"] | None = None


class OsmPlacesLayer(_Layer):
    """``driver = "osm_places"``: points from an OpenStreetMap extract (PBF, XML).

    ``take`` is ``stations`` (railway stations and halts) or ``stop_areas`` (interchanges), of which
    those with at least ``modes`` modes are taken.
    """

    driver: Literal["osm_places"]
    take: Literal["stations", "stop_areas"] = "stations"
    modes: int = Field(default=1, ge=1, le=9)


class GbfsLayer(_Layer):
    """``driver = "gbfs"``: bike-share stations; ``path`` is a folder, or ``station_information``.

    ``station_status`` is read from beside it.
    """

    driver: Literal["gbfs"]


class FileLayer(_Layer):
    """``driver = "file"``: handed to checks as a path."""

    driver: Literal["file"]


class MissingLayer(Strict):
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
    | OsmFeaturesLayer
    | OsmPlacesLayer
    | GbfsLayer
    | FileLayer,
    Field(discriminator="driver"),
]


class Catalog(Strict):
    """A whole catalog file."""

    metro: MetroInfo
    layers: dict[str, DrivenLayer | MissingLayer]

    def hints(self) -> dict[str, str]:
        """Return names of layers that are probably misspelt.

        Returns
        -------
        dict of str to str
            Name in the catalog to the nearest name that checks know and the catalog does not use. A
            catalog may hold further layers, so a name that resembles none is left alone.
        """
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
            raise CatalogError(_("a catalog needs the layer 'municipalities'"))
        found = references.problems(value)
        if found:
            raise CatalogError(joined(found))
        return value
