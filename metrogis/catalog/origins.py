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

from pydantic import BaseModel, ConfigDict, Field, field_validator

from metrogis.errors import CatalogError
from metrogis.i18n import _


def require_inside(value: str) -> None:
    """Raise unless a path that is written to stays in the data folder.

    >>> require_inside("gtfs/city.zip")
    """
    path = PurePosixPath(value.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.name or ":" in value:
        raise CatalogError(_("the path leads out of the data folder: {value}").fill(value=value))


class _Origin(BaseModel):
    """What every origin may say.

    ``to`` is the file it fills, relative to the data folder; default: the layer's ``path``.
    ``headers_env`` names, by header, the environment variable that holds its value: keys and
    passwords stand in no catalog. ``tested`` says whether the address was ever asked by this
    project.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    to: str | None = None
    headers_env: dict[str, str] = {}
    allow_local: bool = False
    legacy_tls: bool = False
    max_mb: int = Field(default=4096, ge=1)
    tested: bool = False
    note: str | None = None

    @field_validator("to")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        if value is not None:
            require_inside(value)
        return value


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


Origin = Annotated[DownloadOrigin | WfsOrigin | OgcApiOrigin, Field(discriminator="service")]
