"""From the services that a catalog names to the files its layers are read from.

Each file is fetched by itself: what fails costs that file alone, what is there stays. A file is
put in its place whole, the lock is written after it; a run that is killed between the two finds the
file's bytes in the store and goes on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis import boundary, provenance, scratch
from metrogis.catalog import asking, difference, extent, lock, mirrors
from metrogis.catalog.fetch_tasks import Accept, Outcome, Task, Told, tasks
from metrogis.errors import CatalogError, MetrogisError, SourceError
from metrogis.i18n import _
from metrogis.sources.services.client import Client, Limits
from metrogis.sources.services.store import Store

if TYPE_CHECKING:
    from metrogis.catalog.metro import Layers

_AT_ONCE = 4
"""Files on their way at a time, from different servers; one server is asked for two."""


def fetch(
    metro: Layers,
    *,
    only: Iterable[str] = (),
    offline: bool = False,
    update: bool = False,
    dry_run: bool = False,
    accept: Accept | None = None,
    told: Told | None = None,
    client: Client | None = None,
    store: Store | None = None,
) -> list[Outcome]:
    """Fetch the files of a catalog's layers.

    Parameters
    ----------
    metro : Metro
    only : names of layers; empty: all.
    offline : bool
        Ask no server: files come from the store of what was fetched before.
    update : bool
        Ask again for what is there; a file that differs is replaced only when ``accept`` says so.
    dry_run : bool
        Change nothing, ask nobody.
    accept : callable, optional
        Told of a task and what would change; True replaces the file. Default: accept nothing.
    told : callable, optional
        Hears of progress: task, rows or bytes so far, how many there will be.
    client, store : optional
        Others than the usual ones.

    Returns
    -------
    list of Outcome
        One a file, in the order of the catalog; failures among them, none is raised.

    Raises
    ------
    SourceError
        When ``only`` cannot be met, or another run fetches into the same folder.
    CatalogError
        For a lock that cannot be read.
    """
    if metro.info.part is not None:
        raise CatalogError(
            _("this is a part of a country: its files are those of the whole"),
            layer="fetch",
            remedy=_("fetch the layers of the whole catalog"),
        )
    wanted = tasks(metro, only)
    entries = lock.read(metro.directory)
    if dry_run:
        return [_planned(task, entries) for task in wanted]
    store = store or Store()
    own = client is None
    client = client or Client(Limits())
    run = _Run(metro, entries, store, client, offline, update, accept, told)
    metro.data.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(metro.data):
            first, rest = _in_turn(metro, wanted)
            found = {o.task.file: o for o in _together(run, first)}
            if first and rest:  # the boundaries that came say which area the others are asked for
                files_of = {task.file for task in rest}
                rest = [task for task in tasks(metro, only) if task.file in files_of]
            found |= {o.task.file: o for o in _together(run, rest)}
    finally:
        if own:
            client.close()
    return [found[task.file] for task in wanted]


def _in_turn(metro: Layers, wanted: list[Task]) -> tuple[list[Task], list[Task]]:
    """Return the tasks to be done before the others are known in full, and these.

    Without ``bbox`` the extent of the boundaries is what other services are asked for.
    """
    if metro.info.bbox is not None:
        return [], wanted
    first = [task for task in wanted if task.layer == extent.BOUNDARIES]
    return first, [task for task in wanted if task.layer != extent.BOUNDARIES]


def _together(run: _Run, wanted: list[Task]) -> list[Outcome]:
    """Return the outcomes of tasks done side by side, in their order."""
    done: dict[int, Outcome] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = {pool.submit(run.one, task): i for i, task in enumerate(wanted)}
        try:
            for future in as_completed(waiting):
                done[waiting[future]] = future.result()
        except BaseException:
            for future in waiting:
                future.cancel()
            run.client.close()
            raise
    return [done[i] for i in range(len(wanted))]


def with_sources(metro: Any, sources: Path | None) -> Any:
    """Return a metropolis whose layers are fetched from the addresses a file of sources gives."""
    moved = mirrors.replaced(metro.catalog, sources)
    if moved is metro.catalog:
        return metro
    return type(metro)(moved, directory=metro.directory, data=metro.data)


class _Run:
    """One run over the files of a catalog."""

    def __init__(
        self,
        metro: Layers,
        entries: dict[str, lock.Entry],
        store: Store,
        client: Client,
        offline: bool,
        update: bool,
        accept: Accept | None,
        told: Told | None,
    ) -> None:
        self.metro, self.entries, self.store, self.client = metro, entries, store, client
        self.offline, self.update, self.accept, self.told = offline, update, accept, told
        self._guard = threading.Lock()

    def one(self, task: Task) -> Outcome:
        try:
            return self._one(task)
        except MetrogisError as error:
            error.complete(layer=task.layer, place=task.file)
            return Outcome(task, "failed", error=error)
        except OSError as error:
            kind = boundary.why(error)
            wrong = SourceError(
                _("the file cannot be written: {kind}").fill(kind=kind),
                layer=task.layer,
                place=task.file,
                remedy=_("check the data folder"),
            )
            wrong.__cause__ = error
            return Outcome(task, "failed", error=wrong)

    def _one(self, task: Task) -> Outcome:
        entry = self.entries.get(task.file)
        if task.skip:
            return Outcome(task, "skipped", entry)
        if entry is not None and entry.key != task.key:
            entry = None  # another question than the one answered before
        there = task.target.exists()
        if there and not (self.update and _is_due(task, entry)):
            if entry is None and task.file not in self.entries:
                raise _not_ours(task)
            if entry is not None:
                if task.target.is_file() and provenance.file_hash(task.target) == entry.sha256:
                    return Outcome(task, "kept", entry)
                raise _not_ours(task)
        if self.offline:
            return self._from_store(task, entry)
        new = self._fetched(task, entry)
        if there and task.target.is_file():
            before = provenance.file_hash(task.target)
            if before == new.sha256:
                self._note(new)
                return Outcome(task, "same", new)
            change = difference.between(task.target, self.store.blob(new.sha256), task.layer)
            if self.update and not (self.accept is not None and self.accept(task, change)):
                return Outcome(task, "waiting", entry, change)
            self._put(task, new)
            return Outcome(task, "changed", new, change)
        self._put(task, new)
        return Outcome(task, "fetched", new)

    def _from_store(self, task: Task, entry: lock.Entry | None) -> Outcome:
        if entry is None or not self.store.has(entry.sha256):
            raise SourceError(
                _("the file is not among those fetched before"),
                layer=task.layer,
                place=task.file,
                remedy=_("run without --offline"),
            )
        self._put(task, entry)
        return Outcome(task, "fetched", entry)

    def _put(self, task: Task, entry: lock.Entry) -> None:
        self.store.give(entry.sha256, task.target)
        self._note(entry)

    def _note(self, entry: lock.Entry) -> None:
        with self._guard:
            self.entries[entry.file] = entry
            lock.write(self.metro.directory, self.entries)

    def _fetched(self, task: Task, entry: lock.Entry | None) -> lock.Entry:
        """Ask the service; the bytes are in the store afterwards."""

        def told(rows: int, hits: int | None) -> None:
            if self.told is not None:
                self.told(task, rows, hits)

        with scratch.folder() as folder:
            made = asking.ask(
                asking.Job(
                    task, entry, self.client, self.store, folder, self.metro.directory,
                    lambda: self._box(task), told,
                )
            )  # fmt: skip
        return self._entry(task, made)

    def _box(self, task: Task) -> tuple[float, float, float, float]:
        box = extent.asked(self.metro, task.layer, strict=True)
        if box is None and self.metro.info.teryt:
            raise SourceError(
                _("without the boundaries it is not known which area to ask for"),
                layer=task.layer,
                remedy=_("fetch municipalities first, or state bbox in [metro]"),
            )
        if box is None:
            raise SourceError(
                _("without bbox it is not known which area to ask for"),
                layer=task.layer,
                remedy=_("state bbox in [metro], or whole = true"),
            )
        return box

    def _entry(self, task: Task, made: asking.Made) -> lock.Entry:
        from metrogis import __version__

        layer, origin = self.metro.catalog.layers[task.layer], task.origin
        proof, digest = made.proof, made.digest
        return lock.Entry(
            layer=task.layer,
            file=task.file,
            service=origin.service,
            address=origin.shown,
            key=task.key,
            fetched=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            sha256=digest,
            size=self.store.blob(digest).stat().st_size,
            rows=proof.rows or None,
            hits=proof.hits,
            bounds=None if proof.bounds is None else list(proof.bounds),
            doubts=[{"pl": d.pl, "en": d.en} for d in proof.doubts],
            notes=[{"pl": n.pl, "en": n.en} for n in proof.notes],
            etag=made.said.etag,
            modified=made.said.modified,
            raw=made.raw if made.raw != digest else "",
            licence=str(getattr(origin, "licence", None) or getattr(layer, "licence", "")),
            attribution=str(
                getattr(origin, "attribution", None) or getattr(layer, "attribution", "")
            ),
            software=f"metrogis {__version__}",
        )


def _planned(task: Task, entries: dict[str, lock.Entry]) -> Outcome:
    entry = entries.get(task.file)
    if task.skip:
        return Outcome(task, "skipped", entry)
    good = entry is not None and entry.key == task.key and task.target.is_file()
    if good and entry is not None and provenance.file_hash(task.target) == entry.sha256:
        return Outcome(task, "kept", entry)
    return Outcome(task, "planned", entry)


def _is_due(task: Task, entry: lock.Entry | None) -> bool:
    """Tell whether a file is old enough to be asked for again (``interval``, days)."""
    days = getattr(task.origin, "interval", 0)
    if not days or entry is None:
        return True
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(entry.fetched)
    return age >= dt.timedelta(days=days)


def _not_ours(task: Task) -> SourceError:
    return SourceError(
        _("the file is in the data folder already, and was not fetched (or was changed)"),
        layer=task.layer,
        place=task.file,
        remedy=_("move it away, or run with --update to compare and replace it"),
    )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder for one run; the system lets go of it however the run ends."""
    with (folder / ".fetching").open("wb") as stream:
        if not scratch.lock(stream) and sys.platform != "win32":
            raise SourceError(
                _("another run fetches into this folder"),
                place=folder.name,
                remedy=_("wait until it has ended"),
            )
        yield


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Return outcomes as values for JSON."""
    rows = []
    for found in outcomes:
        error = found.error
        rows.append(
            {
                "layer": found.task.layer,
                "file": found.task.file,
                "state": found.state,
                "address": found.task.origin.shown,
                "reason": found.task.skip,
                "entry": None if found.entry is None else asdict(found.entry),
                "change": None if found.change is None else asdict(found.change),
                "error": None if error is None else {"pl": error.text.pl, "en": error.text.en},
            }
        )
    return rows
