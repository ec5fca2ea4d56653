"""Where the files of a layer are fetched from: the tables ``fetch`` of a catalog.

Example::

    [layers.protected_areas]
    driver = "vector"
    path = "protected_areas.gpkg"
    fetch = { service = "wfs", url = "https://sdi.gdos.gov.pl/wfs", type = "GDOS:Rezerwaty" }
    ...

    [layers.timetable]
    driver = "gtfs"
    path = "gtfs/city.zip"
    more = ["gtfs/rail.zip"]
    fetch = [
        { service = "download", url = "https://.../gtfs.zip", to = "gtfs/city.zip" },
        { service = "download", url = "https://.../rail.zip", to = "gtfs/rail.zip" },
    ]
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from metrogis.errors import CatalogError
from metrogis.i18n import _
from metrogis.sources.services import addresses


def require_inside(value: str) -> None:
    """Raise unless a path that is written to stays in the data folder.

    >>> require_inside("gtfs/city.zip")
    """
    path = PurePosixPath(value.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.name or ":" in value:
        raise CatalogError(_("the path leads out of the data folder: {value}").fill(value=value))


class _Base(BaseModel):
    """What every origin may say.

    ``to`` is the file it fills, relative to the data folder; default: the layer's ``path``.
    ``tested`` says whether the service was ever asked by this project.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str | None = None
    max_mb: int = Field(default=4096, ge=1)
    tested: bool = False
    note: str | None = None

    @property
    def shown(self) -> str:
        """Where it comes from, as messages and the lock may hold it."""
        return ""

    @field_validator("to")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        if value is not None:
            require_inside(value)
        return value


class _Asked(_Base):
    """How a server is asked.

    ``headers_env`` names, by header, the environment variable that holds its value: keys and
    passwords stand in no catalog.
    """

    headers_env: dict[str, str] = {}
    allow_local: bool = False
    legacy_tls: bool = False


class _Origin(_Asked):
    """An origin with one address."""

    url: str

    @property
    def shown(self) -> str:
        """The address without what may be a secret."""
        return addresses.shown(self.url)


class DownloadOrigin(_Origin):
    """``service = "download"``: one file at one address.

    ``clip = "bbox"`` cuts an extract of OpenStreetMap to the ``bbox`` of the metropolis; ``member``
    is the file inside a zip that is taken (``*`` stands for anything).
    """

    service: Literal["download"]
    clip: Literal["bbox"] | None = None
    member: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_them(self) -> DownloadOrigin:
        if self.clip is not None and self.member is not None:
            raise CatalogError(_("clip and member cannot be used together"))
        return self


class AtomOrigin(_Origin):
    """``service = "atom"``: a file that an entry of an Atom feed links to.

    ``entry`` is its title or id, or a part of one that no other entry has (``*`` stands for
    anything); ``link`` chooses among several links by address; ``member`` as for downloads.
    """

    service: Literal["atom"]
    entry: str = Field(min_length=1)
    link: str | None = Field(default=None, min_length=1)
    member: str | None = Field(default=None, min_length=1)


class WfsOrigin(_Origin):
    """``service = "wfs"``: features of a Web Feature Service that meet the ``bbox``.

    ``type`` is the feature type; ``cql_filter`` replaces the box where the service knows CQL;
    ``whole = true`` asks for all there is.
    """

    service: Literal["wfs"]
    type: str
    version: Literal["2.0.0", "1.1.0"] | None = None
    cql_filter: str | None = None
    sort_by: str | None = None
    page: int = Field(default=1000, ge=1, le=100_000)
    swap_axes: bool = False
    whole: bool = False
    may_be_empty: bool = False
    """Whether nothing in the area is an answer, too: an empty file."""


class OgcApiOrigin(_Origin):
    """``service = "ogcapi"``: features of a collection of an OGC API that meet the ``bbox``."""

    service: Literal["ogcapi"]
    collection: str
    page: int = Field(default=1000, ge=1, le=100_000)
    crs: str | None = None
    whole: bool = False
    may_be_empty: bool = False
    """Whether nothing in the area is an answer, too: an empty file."""


class BdlOrigin(_Origin):
    """``service = "bdl"``: a table by TERYT from the Local Data Bank of Statistics Poland.

    ``variables`` gives each column the id of its variable; ``level`` is 2 (voivodeships), 5
    (counties) or 6 (municipalities); ``teryt`` holds codes of 2, 4 or 7 digits, units in which
    alone are asked for.
    """

    service: Literal["bdl"]
    variables: dict[str, int] = Field(min_length=1)
    level: Literal[2, 5, 6] = 6
    year: int = Field(ge=1990, le=2200)
    teryt: list[Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{7})$")]] = []

    @field_validator("variables")
    @classmethod
    def _columns(cls, value: dict[str, int]) -> dict[str, int]:
        taken = {"teryt", "name", ""} & {name.strip().lower() for name in value}
        if taken:
            raise CatalogError(_("a variable cannot be named teryt or name, or have no name"))
        return value


class FeedRow(BaseModel):
    """One timetable of a list of feeds.

    ``fallback`` are addresses that are asked where the first one fails. ``skip`` says why a feed
    that is known of is not fetched; ``redirect`` names the feeds that came in its place, of which
    there may be several. ``interval`` is the number of days after which ``--update`` asks again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=80)
    url: str | None = None
    fallback: list[str] = []
    licence: str | None = None
    attribution: str | None = None
    redistribute: Literal["yes", "derived", "no"] | None = None
    headers_env: dict[str, str] = {}
    skip: str | None = None
    redirect: list[str] = []
    interval: int = Field(default=0, ge=0)
    time_zone: str | None = None
    tested: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> FeedRow:
        if self.url is None and not self.skip and not self.redirect:
            raise CatalogError(
                _("feed {name}: url, skip or redirect is needed").fill(name=self.name)
            )
        return self


class GtfsOrigin(_Asked):
    """``service = "gtfs"``: timetables of several operators, a file each.

    ``feeds`` is a list, or the name of a TOML file beside the catalog with ``[[feeds]]``. The
    files are ``<name>.zip`` in the folder that ``to``, else the layer's ``path`` names.
    """

    service: Literal["gtfs"]
    feeds: str | list[FeedRow]

    @property
    def shown(self) -> str:
        """The list."""
        return self.feeds if isinstance(self.feeds, str) else ""


class FeedOrigin(_Origin):
    """One feed of a list: what :class:`GtfsOrigin` becomes."""

    service: Literal["gtfs"] = "gtfs"
    fallback: tuple[str, ...] = ()
    interval: int = 0
    licence: str | None = None
    attribution: str | None = None


class PostgisOrigin(_Base):
    """``service = "postgis"``: rows of a table, or of a query in a file beside the catalog.

    ``dsn_env`` names the environment variable that holds the connection; ``parameters`` are bound
    to ``%(name)s`` of the query; ``key`` is a unique column (default: the primary key); ``crs``
    stands in for an SRID of 0; ``timeout`` is the longest time of one statement, seconds.
    """

    service: Literal["postgis"]
    dsn_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    table: str | None = Field(default=None, min_length=1)
    sql_file: str | None = Field(default=None, min_length=1)
    geometry: str = Field(default="geom", min_length=1)
    key: str | None = None
    parameters: dict[str, str | int | float | bool] = {}
    crs: str | None = None
    swap_axes: bool = False
    page: int = Field(default=5000, ge=1, le=100_000)
    timeout: int = Field(default=600, ge=1, le=86_400)
    whole: bool = False

    @property
    def shown(self) -> str:
        """The variable and the table: never what the variable holds."""
        return f"postgresql ({self.dsn_env}): {self.table or self.sql_file}"

    @model_validator(mode="after")
    def _one_question(self) -> PostgisOrigin:
        if (self.table is None) == (self.sql_file is None):
            raise CatalogError(_("one of table and sql_file is needed"))
        if self.table is not None and self.parameters:
            raise CatalogError(_("parameters are for sql_file"))
        return self


class GhslOrigin(_Origin):
    """``service = "ghsl"``: cells of the Global Human Settlement Layer around the ``bbox``.

    ``url`` is the folder of all products; ``buffer`` (m) is what is kept beyond the box.
    """

    service: Literal["ghsl"]
    product: Literal["POP", "BUILT_S", "BUILT_V"]
    year: int = Field(ge=1975, le=2030, multiple_of=5)
    resolution: Literal[100, 1000] = 100
    release: str = Field(default="R2023A", pattern=r"^R[0-9]{4}[A-Z]$")
    version: str = Field(default="V1-0", pattern=r"^V[0-9]+-[0-9]+$")
    buffer: float = Field(default=2000.0, ge=0, le=100_000)


class Bdot10kOrigin(_Origin):
    """``service = "bdot10k"``: classes of objects from the packages of several counties.

    ``url`` holds ``{voivodeship}``, ``{county}`` and ``{format}``; ``classes`` are words that the
    names of files or layers hold (``BUBD``, ``OT_PTLZ_A``).
    """

    service: Literal["bdot10k"]
    counties: list[Annotated[str, Field(pattern=r"^[0-9]{4}$")]] = Field(min_length=1)
    classes: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,40}$")]] = Field(min_length=1)
    format: Literal["GPKG", "SHP", "GML", "GeoParquet"] = "GPKG"

    @field_validator("url")
    @classmethod
    def _names_the_county(cls, value: str) -> str:
        if "{county}" not in value:
            raise CatalogError(_("url must hold {{county}}").fill())
        return value


class GbfsOrigin(_Origin):
    """``service = "gbfs"``: stations of a bike-share system by the address of its ``gbfs.json``.

    The files are ``station_information.json`` and ``station_status.json`` in the folder that
    ``to``, else the layer's ``path`` names.
    """

    service: Literal["gbfs"]
    language: str = Field(default="pl", pattern=r"^[A-Za-z][A-Za-z-]*$")


class GbfsFileOrigin(_Origin):
    """One file of a bike-share system: what :class:`GbfsOrigin` becomes."""

    service: Literal["gbfs"] = "gbfs"
    language: str = "pl"
    name: Literal["station_information", "station_status"] = "station_information"


Origin = Annotated[
    DownloadOrigin
    | WfsOrigin
    | OgcApiOrigin
    | BdlOrigin
    | GtfsOrigin
    | PostgisOrigin
    | AtomOrigin
    | GhslOrigin
    | Bdot10kOrigin
    | GbfsOrigin,
    Field(discriminator="service"),
]
