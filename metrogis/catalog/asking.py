"""How each service of a catalog is asked: from an origin to bytes in the store.

One function a kind of service, all of one form; :data:`SERVICES` names them. None of them touches
the data folder or the lock: :mod:`metrogis.catalog.fetching` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from metrogis.catalog import feeds
from metrogis.catalog.fetch_tasks import Task, is_boxed
from metrogis.catalog.lock import Entry
from metrogis.catalog.origins import FeedOrigin
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import _
from metrogis.sources.services import bdl, clip, download, ogcapi, wfs
from metrogis.sources.services.client import Client, Request
from metrogis.sources.services.pages import Progress, Proof
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
        return Request(
            address,
            headers=headers(origin.headers_env, self.layer),
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
    made = job.folder / "features.gpkg"
    proof = fetch(made, job.box() if is_boxed(job.task.origin) else None)
    if not proof.rows:
        raise SourceError(
            _("the service has nothing in the area"),
            layer=job.layer,
            place=job.task.origin.shown,
            remedy=_("check bbox and the layer"),
        )
    return Made(job.keep(made), proof)


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
    got = job.downloaded(origin.url, known=True)
    if origin.clip is None:
        return Made(got.sha256, Proof(), got.said, got.sha256)
    made = job.folder / "clip.osm.pbf"
    source = job.folder / "whole.osm.pbf"  # the library tells formats by name
    os.symlink(job.store.blob(got.sha256), source)
    ways = clip.clip(source, made, job.box(), layer=job.layer)
    return Made(job.keep(made), Proof(rows=ways), got.said, got.sha256)


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
            # keys are meant for the first address alone
            asked = job if not i else replace(job, task=_without_headers(job.task))
            got = asked.downloaded(address, known=not i, name="feed.zip")
            about = feeds.about(job.store.blob(got.sha256), layer=job.layer)
        except SourceError as error:
            first = first or error
            continue
        notes = [about.text]
        if i:
            notes.append(_("from the second address: the first one failed"))
        return Made(
            got.sha256, Proof(notes=tuple(notes)), got.said if not i else Said(), got.sha256
        )
    assert first is not None
    raise first


def _without_headers(task: Task) -> Task:
    return replace(task, origin=task.origin.model_copy(update={"headers_env": {}}))


SERVICES: Mapping[str, Callable[[Job], Made]] = {
    "download": _download,
    "wfs": _wfs,
    "ogcapi": _ogcapi,
    "bdl": _bdl,
    "gtfs": _gtfs,
}
"""Service -> how it is asked."""
