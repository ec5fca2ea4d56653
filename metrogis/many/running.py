"""Many metropolises in one run: their atlases, a start page over all, a manifest of every task."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrogis import provenance
from metrogis.bound import bound
from metrogis.catalog.paths import paths_of
from metrogis.checks import registry
from metrogis.checks.registry import chosen_checks
from metrogis.errors import CatalogError, MetrogisError, ParameterError
from metrogis.i18n import LANGUAGES, Text, _, both
from metrogis.kept import Store
from metrogis.kept.inputs import program
from metrogis.many import manifest as manifests
from metrogis.many.manifest import Manifest
from metrogis.many.on_dask import DaskWorkers
from metrogis.many.processes import Processes
from metrogis.many.schedule import PUBLISH, Job, Workers, run_jobs
from metrogis.many.worker import DONE, FAILED, PENDING, Record, Task
from metrogis.metro import Metro, open_metro
from metrogis.sources import files

Progress = Callable[[str, Text], None]
"""Called with the id of a metropolis and what became of it."""

PUBLISHED = _(
    "{done:0} {done:plural:answer|answers} ({reused:0} unchanged), {skipped:0} without data, "
    "{failed:0} failed; {seconds:0} s"
)
AS_BEFORE = _("unchanged, published before")


@dataclass(frozen=True)
class _Plan:
    """What is asked of every metropolis alike."""

    output: Path
    work: Path
    parameters: Mapping[str, Mapping[str, Any]]
    languages: tuple[str, ...]
    site_url: str
    fresh: bool


def catalogs_in(folder: str | Path) -> list[Path]:
    """Return the folders with a ``catalog.toml`` in a folder, by name.

    Raises
    ------
    CatalogError
        When there is none.
    """
    found = sorted(path.parent for path in Path(folder).glob("*/catalog.toml"))
    if not found:
        raise CatalogError(
            _("no folder in it has a catalog.toml"),
            place=str(folder),
            remedy=_("name the folder that holds those of the metropolises, for example layers/"),
        )
    return found


def run_many(
    metros: Iterable[str | Path | Metro],
    *,
    output: str | Path,
    client: Any = None,
    workers: int | None = None,
    checks: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    languages: Sequence[str] = LANGUAGES,
    site_url: str | None = None,
    work: str | Path | None = None,
    memory: float | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Run the checks of many metropolises, publish their atlases and a start page over all.

    A task is one check of one metropolis; its answer goes to disk when it is done. A run that ended
    early is gone on with by the same call: answers whose data, parameters and program are what they
    were (by hash) are not computed again, unchanged atlases not published again.

    Parameters
    ----------
    metros : iterable of str, Path or Metro
        Folders of catalogs, or names, as :func:`metrogis.open_metro` takes them.
    output : path
        ``index.html``, one folder a language, ``metros/<id>/`` with each atlas, and
        ``manifest.json``. New, empty, or of a former run, which is brought up to date.
    client : distributed.Client, optional
        A Dask cluster whose workers have one thread each and see the same files. Without one the
        work is done by processes of this machine.
    workers : int, optional
        Processes; by default as many as there are processors.
    checks : iterable of str, optional
        Only these.
    parameters : mapping, optional
        Check id -> {parameter: value}, for all metropolises; they win over those of the catalogs.
    languages : sequence of {"pl", "en"}
    site_url : str, optional
        Where ``output`` will be published.
    work : path, optional
        Folder of the answers (:class:`metrogis.kept.Store`); the workers of a cluster share it.
    memory : float, optional
        MB that a process may have after a task; one that has more is replaced by a fresh one.
    fresh : bool
        Compute everything again.
    progress : callable, optional
        ``progress(metro_id, what)``, called when a metropolis is published.

    Returns
    -------
    Manifest
        ``complete`` says whether every task ended as it should; what failed is in ``tasks``.

    Raises
    ------
    ParameterError
        For an unknown check, parameter or language, or no metropolis.
    CatalogError
        When two metropolises have the same id.
    PublishError
        When the output holds something else, or cannot be written.

    Notes
    -----
    Checks that were registered by hand are unknown to other processes; an entry point makes them
    known (``docs/adding-a-check.md``).

    Examples
    --------
    >>> import metrogis as mg
    >>> done = mg.run_many(["layers/omggs", "layers/som"], output="public/")  # doctest: +SKIP
    >>> done.complete  # doctest: +SKIP
    True
    """
    chosen = [check.id for check in chosen_checks(None, checks)]
    plan = _Plan(
        Path(output).resolve(),
        Store(work).folder.resolve(),
        _plain(parameters or {}),
        _languages(languages),
        (site_url or "").rstrip("/"),
        fresh,
    )
    manifests.require_ours(plan.output)
    run = _Run(plan, chosen, progress or (lambda metro, what: None))
    run.open(list(metros))
    with manifests.alone(plan.output):
        run.manifest.write()  # from now on the folder says that it is not whole
        if run.jobs:
            team: Workers
            if client is not None:
                team = DaskWorkers(client)
            else:
                team = Processes(min(workers or os.cpu_count() or 1, _tasks(run.jobs)), memory)
            _work(run, team)
        run.manifest.former = manifests.former_in(plan.output, run.manifest.metros)
        bound("publish_start")(
            run.manifest, run.summaries, plan.output, plan.languages, plan.site_url
        )
        run.manifest.ended = True
        run.manifest.write()
    return run.manifest


def _work(run: _Run, team: Workers) -> None:
    whole = False
    try:
        run_jobs(run.jobs.values(), team, run.task, run.done)
        whole = True
    finally:
        try:
            run.manifest.write()
        finally:
            team.close(at_once=not whole)


def _tasks(jobs: Mapping[str, Job]) -> int:
    return sum(len(job.checks) for job in jobs.values())


def _languages(languages: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys([languages] if isinstance(languages, str) else languages))
    wrong = [name for name in chosen if name not in LANGUAGES]
    if wrong or not chosen:
        raise ParameterError(
            _("unknown language '{wrong}'").fill(wrong=wrong[0])
            if wrong
            else _("no language given"),
            remedy=_("there are: pl, en"),
        )
    return chosen


def _plain(parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return parameters as JSON can write them, once they are known to fit."""
    found = {}
    for check_id, values in parameters.items():
        read = registry.get(check_id).parameters.read(values, check=check_id)
        found[check_id] = {name: read.model_dump(mode="json")[name] for name in values}
    return found


class _Run:
    """The state of one run."""

    def __init__(self, plan: _Plan, checks: list[str], tell: Progress) -> None:
        from metrogis import __version__

        self.id = uuid.uuid4().hex
        self.plan, self.checks, self.tell = plan, checks, tell
        self.manifest = Manifest(plan.output / manifests.NAME, __version__)
        self.metros: dict[str, Metro] = {}
        self.jobs: dict[str, Job] = {}
        self.summaries: dict[str, Any] = {}
        self._begun: dict[str, float] = {}

    def open(self, given: list[str | Path | Metro]) -> None:
        """Read the catalogs; one that cannot be read costs its own metropolis only."""
        if not given:
            raise ParameterError(_("no metropolis is given"), remedy=_("name at least one"))
        closed: list[tuple[str, MetrogisError]] = []
        for item in given:
            try:
                metro = item if isinstance(item, Metro) else open_metro(item)
                for check_id in metro.catalog.parameters:
                    registry.get(check_id)
            except MetrogisError as error:
                place = item.directory if isinstance(item, Metro) else Path(item)
                closed.append((place.resolve().name, error))
                continue
            name = metro.info.id
            if name in self.metros:
                raise CatalogError(
                    _("two metropolises have the id '{id}'").fill(id=name),
                    place=f"{self.metros[name].directory}, {metro.directory}",
                    remedy=_("give each an id of its own in [metro]"),
                )
            self.metros[name] = metro
            self.manifest.metros[name] = {"title": metro.title.forms(), "state": PENDING}
            for check, record in manifests.pending(self.checks).items():
                self.manifest.tasks[name, check] = record
            self.jobs[name] = Job(name, list(self.checks), _size(metro))
        for folder, fault in closed:
            # its id is not known: the name of its folder, which may be the id of another
            name, number = folder, 1
            while name in self.manifest.metros:
                number += 1
                name = f"{folder} ({number})"
            self.manifest.metros[name] = {
                "title": both(folder).forms(),
                "state": FAILED,
                "error": fault.text.forms(),
            }
            self.tell(name, fault.text)

    def task(self, metro: str, name: str) -> Task:
        """Return a task as a worker takes it."""
        opened, plan = self.metros[metro], self.plan
        self._begun.setdefault(metro, time.monotonic())
        task: dict[str, Any] = {
            "run": self.id,
            "program": program(),
            "metro": metro,
            "directory": str(opened.directory.resolve()),
            "data": str(opened.data.resolve()),
            "work": str(plan.work),
            "parameters": dict(plan.parameters),
        }
        if name != PUBLISH:
            return {**task, "check": name, "fresh": plan.fresh}
        records = self._records(metro)
        # until the atlas is whole nothing says that it is the one that was published before
        self._summary_file(metro).unlink(missing_ok=True)
        return {
            **task,
            "states": {check: record["state"] for check, record in records.items()},
            "errors": {check: record for check, record in records.items() if "error" in record},
            "output": str(self._folder(metro)),
            "languages": list(plan.languages),
            "site_url": f"{plan.site_url}/{manifests.FOLDER}/{metro}" if plan.site_url else "",
        }

    def _records(self, metro: str) -> dict[str, Record]:
        return {check: self.manifest.tasks[metro, check] for check in self.checks}

    def _folder(self, metro: str) -> Path:
        return self.plan.output / manifests.FOLDER / metro

    def done(self, metro: str, name: str, record: Record) -> None:
        """Take the record of a task; write the manifest."""
        if name == PUBLISH:
            self._published(metro, record)
        else:
            self.manifest.tasks[metro, name] = record
            job = self.jobs[metro]
            if job.ready and (known := self._known(metro)) is not None:
                job.published = True
                self.summaries[metro] = known
                self._ended(metro, {"state": DONE}, AS_BEFORE)
        self.manifest.write(now=name == PUBLISH)

    def _known(self, metro: str) -> Any:
        """Return the summary of an atlas published from the same answers; None for none."""
        try:
            said = json.loads(self._summary_file(metro).read_text(encoding="utf-8"))
            same = said["key"] == self._key(metro) and said["atlas"] == self._marker(metro)
            return said["summary"] if same else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _summary_file(self, metro: str) -> Path:
        return self.plan.output / manifests.FOLDER / f"{metro}.json"

    def _marker(self, metro: str) -> str:
        """Return the hash of what an atlas says of itself: another one may be put in its place."""
        return provenance.file_hash(self._folder(metro) / "atlas.json")

    def _key(self, metro: str) -> str:
        """Return the hash of what the pages of an atlas show."""
        shown = ("state", "computed", "inputs", "layer", "error")
        records = {
            check: {key: record.get(key) for key in shown}
            for check, record in self._records(metro).items()
        }
        opened, plan = self.metros[metro], self.plan
        says = opened.catalog.model_dump(mode="json")
        return files.settings_key(
            self.manifest.version, records, says, plan.languages, plan.site_url, plan.parameters
        )

    def _published(self, metro: str, record: Record) -> None:
        if record["state"] != DONE:
            self._ended(metro, record, Text.of(record["error"]))
            return
        for check, computed in record["again"].items():
            self.manifest.tasks[metro, check] = computed
        for check, error in record["undrawn"].items():
            self.manifest.tasks[metro, check].update(state=FAILED, error=error)
        self.summaries[metro] = record["summary"]
        path = self._summary_file(metro)
        try:
            said = {
                "key": self._key(metro),
                "atlas": self._marker(metro),
                "summary": record["summary"],
            }
            text = json.dumps(said, ensure_ascii=False, indent=1)
            with files.replacing(path) as temporary:
                temporary.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise manifests.unwritable(path, error) from error
        counts = self.manifest.counts(metro)
        reused = sum(bool(r.get("reused")) for r in self._records(metro).values())
        seconds = time.monotonic() - self._begun[metro]
        told = PUBLISHED.fill(
            done=counts["done"], reused=reused, skipped=counts["skipped"],
            failed=counts["failed"], seconds=seconds,
        )  # fmt: skip
        self._ended(metro, record, told)

    def _ended(self, metro: str, record: Record, told: Text) -> None:
        kept: Record = {
            key: record[key] for key in ("state", "seconds", "peak_mb", "error") if key in record
        }
        self.manifest.metros[metro].update(kept)
        self.tell(metro, told)


def _size(metro: Metro) -> float:
    """Return the bytes of a metropolis's files: the largest takes longest."""
    total = 0
    for name, layer in metro.catalog.layers.items():
        with suppress(MetrogisError, OSError, ValueError):  # told when the layer is read
            if metro.reason(name) is None:
                for path in paths_of(metro, layer):
                    total += path.stat().st_size if path.is_file() else 0
    return float(total)
