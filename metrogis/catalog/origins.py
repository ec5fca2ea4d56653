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

    ``clip = "bbox"`` cuts an extract of OpenStreetMap to the ``bbox`` of the metropolis.
    """

    service: Literal["download"]
    clip: Literal["bbox"] | None = None


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


class OgcApiOrigin(_Origin):
    """``service = "ogcapi"``: features of a collection of an OGC API that meet the ``bbox``."""

    service: Literal["ogcapi"]
    collection: str
    page: int = Field(default=1000, ge=1, le=100_000)
    crs: str | None = None
    whole: bool = False


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


Origin = Annotated[
    DownloadOrigin | WfsOrigin | OgcApiOrigin | BdlOrigin | GtfsOrigin,
    Field(discriminator="service"),
]
