"""How each service of a catalog is asked: from an origin to bytes in the store.

One function a kind of service, all of one form; :data:`SERVICES` names them. None of them touches
the data folder or the lock: :mod:`metrogis.catalog.fetching` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metrogis.catalog import feeds
from metrogis.catalog.fetch_tasks import Task, is_boxed, sql_of
from metrogis.catalog.lock import Entry
from metrogis.catalog.origins import FeedOrigin
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import (
    addresses,
    atom,
    bdl,
    bdot10k,
    clip,
    download,
    gbfs,
    ghsl,
    member,
    ogcapi,
    pages,
    postgis,
    wfs,
)
from metrogis.sources.services.client import Client, Request
from metrogis.sources.services.pages import PARQUET, Collector, Progress, Proof
from metrogis.sources.services.store import Said, Store

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Job:
    """One file that a service is asked for.

    Attributes
    ----------
    task : Task
    entry : Entry or None
        What the lock says of the file that is there.
    client, store : Client, Store
    folder : Path
        For what is made on the way; gone afterwards.
    directory : Path
        Of the catalog.
    box : callable
        Returns the extent of the metropolis (EPSG:4326), or raises where none is stated.
    told : callable
        Hears of progress.
    """

    task: Task
    entry: Entry | None
    client: Client
    store: Store
    folder: Path
    directory: Path
    box: Callable[[], Box]
    told: Progress

    @property
    def layer(self) -> str:
        """Name of the layer."""
        return self.task.layer

    def request(self, address: str) -> Request:
        """Return how the origin's server is asked for an address.

        Raises
        ------
        SourceError
            For a header whose value is not in the environment.
        """
        origin = self.task.origin
        # keys are for the server that the catalog names, not for those it leads to
        own = addresses.same_server(address, origin.url)
        return Request(
            address,
            headers=headers(origin.headers_env, self.layer) if own else {},
            layer=self.layer,
            allow_local=origin.allow_local,
            legacy_tls=origin.legacy_tls,
        )

    def downloaded(self, address: str, *, known: bool = False, name: str = "") -> download.Fetched:
        """Fetch one file into the store.

        Parameters
        ----------
        address : str
        known : bool
            Whether the file that the lock tells of came from here as it is: it then need not come
            again.
        name : str
            Whose ending says what the file must be; by default the task's file.
        """
        before = None
        if known and self.entry is not None:
            raw = self.entry.raw or self.entry.sha256
            before = (raw, Said(self.entry.etag, self.entry.modified))
        return download.download(
            self.client,
            self.store,
            self.request(address),
            kind=download.kind_of(name or self.task.file),
            known=before,
            max_bytes=self.task.origin.max_mb << 20,
        )

    def keep(self, made: Path) -> str:
        """Move a file that was made into the store, and return its hash."""
        part = self.store.part(f"made {self.task.key}")
        shutil.move(made, part)  # the two may be on different disks
        return self.store.keep(part)


@dataclass(frozen=True)
class Made:
    """What came of a job.

    Attributes
    ----------
    digest : str
        Hash of the file, in the store.
    proof : Proof
    said : Said
        What the server said of what it sent.
    raw : str
        Hash of what it sent.
    """

    digest: str
    proof: Proof
    said: Said = field(default_factory=Said)
    raw: str = ""


def headers(variables: Mapping[str, str], layer: str) -> dict[str, str]:
    """Return headers whose values stand in the environment.

    Parameters
    ----------
    variables : mapping of str to str
        Header -> environment variable.
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        For a variable that is not set, or holds what no header may.
    """
    found = {}
    for header, variable in variables.items():
        value = os.environ.get(variable, "")
        if not value or not value.isprintable() or not value.isascii() or not header.isascii():
            raise SourceError(
                _("environment variable {variable} is empty or unfit").fill(variable=variable),
                layer=layer,
                remedy=_("set {variable} (header {header})").fill(variable=variable, header=header),
            )
        found[header] = value
    return found


def ask(job: Job) -> Made:
    """Ask the service of a job; the bytes are in the store afterwards.

    Raises
    ------
    SourceError
    """
    return SERVICES[job.task.origin.service](job)


def _features(job: Job, fetch: Callable[[Path, Box | None], Proof]) -> Made:
    """Keep the features that a service gives; none at all are an error."""
    made = job.folder / f"features{_suffix(job)}"
    proof = fetch(made, job.box() if is_boxed(job.task.origin) else None)
    if not proof.rows and getattr(job.task.origin, "may_be_empty", False):
        pages.write_none(made)
        return Made(job.keep(made), proof)
    if not proof.rows:
        raise SourceError(
            _("the service has nothing in the area"),
            layer=job.layer,
            place=job.task.origin.shown,
            remedy=_("check bbox and the layer"),
        )
    return Made(job.keep(made), proof)


def _suffix(job: Job) -> str:
    """Return the ending of a file of features, which says its format."""
    suffix = Path(job.task.file).suffix.lower()
    if suffix not in (".gpkg", *PARQUET):
        raise SourceError(
            _("features are written as .gpkg or .parquet"),
            layer=job.layer,
            place=job.task.file,
            remedy=_("change the ending of path"),
        )
    return suffix


def _wfs(job: Job) -> Made:
    origin = job.task.origin

    def fetch(made: Path, box: Box | None) -> Proof:
        query = wfs.Query(
            job.request(origin.url), origin.type, version=origin.version, box=box,
            box_crs="OGC:CRS84", cql_filter=origin.cql_filter, sort_by=origin.sort_by,
            page=origin.page, swap_axes=origin.swap_axes,
        )  # fmt: skip
        return wfs.fetch(job.client, query, made, layer=job.layer, told=job.told)

    return _features(job, fetch)


def _ogcapi(job: Job) -> Made:
    origin = job.task.origin

    def fetch(made: Path, box: Box | None) -> Proof:
        query = ogcapi.Query(
            job.request(origin.url), origin.collection, box=box, box_crs="OGC:CRS84",
            page=origin.page, crs=origin.crs,
        )  # fmt: skip
        return ogcapi.fetch(job.client, query, made, layer=job.layer, told=job.told)

    return _features(job, fetch)


def _download(job: Job) -> Made:
    origin = job.task.origin
    if origin.member is not None:
        return _member(job, job.downloaded(origin.url, known=True, name="package.zip"))
    got = job.downloaded(origin.url, known=True)
    if origin.clip is None:
        return Made(got.sha256, Proof(), got.said, got.sha256)
    made = job.folder / "clip.osm.pbf"
    source = job.folder / "whole.osm.pbf"  # the library tells formats by name
    os.symlink(job.store.blob(got.sha256), source)
    ways = clip.clip(source, made, job.box(), layer=job.layer)
    return Made(job.keep(made), Proof(rows=ways), got.said, got.sha256)


def _member(job: Job, got: download.Fetched) -> Made:
    """Take the file out of a zip that was fetched."""
    origin = job.task.origin
    made = job.folder / f"member{Path(job.task.file).suffix}"
    name = member.take(
        job.store.blob(got.sha256), origin.member, made, layer=job.layer,
        max_bytes=origin.max_mb << 20,
    )  # fmt: skip
    download.require_kind(made, download.kind_of(job.task.file), job.request(origin.url))
    note = _("file {name} of the archive").fill(name=name)
    return Made(job.keep(made), Proof(notes=(note,)), got.said, got.sha256)


def _atom(job: Job) -> Made:
    origin = job.task.origin
    address = atom.find(
        job.client, job.request, origin.url, origin.entry, layer=job.layer, link=origin.link
    )
    name = "package.zip" if origin.member is not None else ""
    got = job.downloaded(address, known=True, name=name)
    if origin.member is not None:
        return _member(job, got)
    note = _("linked to: {address}").fill(address=got.address)
    return Made(got.sha256, Proof(notes=(note,)), got.said, got.sha256)


def _postgis(job: Job) -> Made:
    origin = job.task.origin
    dsn = os.environ.get(origin.dsn_env, "")
    if not dsn:
        raise SourceError(
            _("environment variable {variable} is empty or unfit").fill(variable=origin.dsn_env),
            layer=job.layer,
            remedy=_("set {variable}: host, dbname, user, password").fill(variable=origin.dsn_env),
        )

    def fetch(made: Path, box: Box | None) -> Proof:
        query = postgis.Query(
            dsn, origin.table, sql_of(job.directory, origin, job.layer), origin.geometry,
            origin.key, origin.parameters, box, "OGC:CRS84", origin.crs, origin.swap_axes,
            origin.page, origin.timeout, origin.shown,
        )  # fmt: skip
        return postgis.fetch(query, made, layer=job.layer, told=job.told)

    return _features(job, fetch)


def _ghsl(job: Job) -> Made:
    """Put the tiles that the metropolis lies in together; one that is not there is a doubt."""
    origin = job.task.origin
    area = ghsl.area_of(job.box(), buffer=origin.buffer, resolution=origin.resolution)
    mosaic, doubts, first = ghsl.Mosaic(area, layer=job.layer), list[Text](), None
    for tile in ghsl.tiles_of(area):
        address = ghsl.address_of(
            origin.url, origin.product, origin.year, origin.resolution, tile,
            release=origin.release, version=origin.version,
        )  # fmt: skip
        try:
            got = job.downloaded(address, name="tile.zip")
            file = job.folder / f"{tile}.tif"
            member.take(
                job.store.blob(got.sha256), "*.tif", file, layer=job.layer,
                max_bytes=origin.max_mb << 20,
            )  # fmt: skip
            mosaic.add(file)
            file.unlink()
        except SourceError as error:
            first = first or error
            doubts.append(_("tile {tile}: {error}").fill(tile=tile, error=error.message))
    if mosaic.cells is None and first is not None:
        raise first
    made = job.folder / "mosaic.tif"
    mosaic.write(made)
    bounds = (area.west, area.south, area.east, area.north)
    return Made(job.keep(made), Proof(bounds=bounds, doubts=tuple(doubts)))


def _bdot10k(job: Job) -> Made:
    """Write the classes of all counties into one file; a county that fails is a doubt."""
    origin = job.task.origin
    packages: dict[str, Path] = {}
    doubts, first, columns = list[Text](), None, dict[str, None]()
    for county in origin.counties:
        try:
            address = bdot10k.address_of(origin.url, county, origin.format)
            got = job.downloaded(address, name="package.zip")
            package = job.folder / f"{county}.zip"
            os.symlink(job.store.blob(got.sha256), package)
            columns |= dict.fromkeys(bdot10k.columns_of(package, origin.classes, job.layer))
            packages[county] = package
        except SourceError as error:
            first = first or error
            doubts.append(_("county {county}: {error}").fill(county=county, error=error.message))
    if not packages and first is not None:
        raise first

    def fetch(made: Path, _box: Box | None) -> Proof:
        collector = Collector(made, job.layer)
        collector.expect([*columns, "class", "county"])
        for county, package in packages.items():
            bdot10k.add(package, origin.classes, collector, county=county)
            job.told(collector.rows, None)
        # what two counties share comes with both: it is no sign of pages without an order
        return collector.proof(collector.rows, doubts)

    return _features(job, fetch)


def _gbfs(job: Job) -> Made:
    origin = job.task.origin
    address = gbfs.find(
        job.client, job.request, origin.url, origin.name, language=origin.language, layer=job.layer
    )
    got = job.downloaded(address, known=True)
    rows = gbfs.require_stations(job.store.blob(got.sha256), layer=job.layer, address=got.address)
    return Made(got.sha256, Proof(rows=rows), got.said, got.sha256)


def _bdl(job: Job) -> Made:
    origin = job.task.origin
    query = bdl.Query(
        job.request(origin.url), origin.variables, origin.level, origin.year, tuple(origin.teryt)
    )
    made = job.folder / "table.csv"
    proof = bdl.fetch(job.client, query, made, layer=job.layer, told=job.told)
    return Made(job.keep(made), proof)


def _gtfs(job: Job) -> Made:
    """Fetch one feed, from the first of its addresses that gives a timetable."""
    origin = job.task.origin
    assert isinstance(origin, FeedOrigin)
    first: MetrogisError | None = None
    for i, address in enumerate((origin.url, *origin.fallback)):
        try:
            got = job.downloaded(address, known=not i, name="feed.zip")
            about = feeds.about(job.store.blob(got.sha256), layer=job.layer)
        except SourceError as error:
            first = first or error
            continue
        notes = [about.text]
        if i:
            notes.append(_("from a further address: the first one failed"))
        return Made(
            got.sha256, Proof(notes=tuple(notes)), got.said if not i else Said(), got.sha256
        )
    assert first is not None
    raise first


SERVICES: Mapping[str, Callable[[Job], Made]] = {
    "download": _download,
    "wfs": _wfs,
    "ogcapi": _ogcapi,
    "bdl": _bdl,
    "gtfs": _gtfs,
    "postgis": _postgis,
    "atom": _atom,
    "ghsl": _ghsl,
    "bdot10k": _bdot10k,
    "gbfs": _gbfs,
}
"""Service -> how it is asked."""
