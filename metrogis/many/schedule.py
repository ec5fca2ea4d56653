"""Which worker does what next: tasks of one metropolis stay together, a lost task is done again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from metrogis.errors import CheckError
from metrogis.i18n import _
from metrogis.many.worker import FAILED, Record, Task

TRIES = 3
"""A task whose worker ended is given to another; after so many it has failed."""

PUBLISH = ""
"""Name of the last task of a metropolis, in place of a check."""


class Workers(Protocol):
    """Who does tasks: processes of this machine, or those of a Dask cluster."""

    def workers(self) -> Sequence[str]:
        """Return the names of those that are there now."""

    def send(self, worker: str, task: Task) -> None:
        """Give a task to a worker that has none."""

    def wait(self) -> list[tuple[str, Record | None]]:
        """Wait for records; None of a worker that has ended."""

    def close(self, *, at_once: bool = False) -> None:
        """End."""


@dataclass
class Job:
    """One metropolis: its checks, then its publication.

    Attributes
    ----------
    metro : str
        Id.
    checks : list of str
        Those that wait.
    weight : float
        About how long it takes, against the others: the longest begin first.
    """

    metro: str
    checks: list[str]
    weight: float = 0.0
    running: int = 0
    begun: bool = False
    published: bool = False
    tries: dict[str, int] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether all its checks are done and it waits to be published."""
        return not self.checks and not self.running and not self.published

    def take(self) -> str:
        """Take its next task."""
        self.begun = True
        self.running += 1
        if self.checks:
            return self.checks.pop(0)
        self.published = True
        return PUBLISH

    def put_back(self, name: str) -> None:
        """Have a task done again."""
        self.running -= 1
        if name == PUBLISH:
            self.published = False
        else:
            self.checks.insert(0, name)


def run_jobs(
    jobs: Iterable[Job],
    workers: Workers,
    task_of: Callable[[str, str], Task],
    done: Callable[[str, str, Record], None],
) -> None:
    """Have all tasks of all metropolises done.

    Parameters
    ----------
    jobs : iterable of Job
    workers : Workers
    task_of : callable
        ``task_of(metro, name)``: the task itself; asked when it is given to a worker.
    done : callable
        ``done(metro, name, record)``, called as records come. It may say that a metropolis needs
        no publication by marking its job as published.
    """
    left = sorted(jobs, key=lambda job: (-job.weight, job.metro))
    holds: dict[str, Job] = {}
    busy: dict[str, tuple[Job, str]] = {}
    while busy or any(job.checks or job.ready for job in left):
        for worker in workers.workers():
            job = None if worker in busy else _next(left, holds.get(worker))
            if job is not None:
                name = job.take()
                holds[worker], busy[worker] = job, (job, name)
                workers.send(worker, task_of(job.metro, name))
        for worker, record in workers.wait():
            if worker not in busy:  # one without a task has ended: nothing is lost
                continue
            job, name = busy.pop(worker)
            if record is None:
                job.tries[name] = job.tries.get(name, 0) + 1
                if job.tries[name] < TRIES:
                    job.put_back(name)
                    continue
                record = _lost(name or job.metro)
            job.running -= 1
            done(job.metro, name, record)


def _next(jobs: list[Job], held: Job | None) -> Job | None:
    """Return the metropolis that a free worker goes on with.

    The one whose layers it has; else one that nobody has begun; else that with the most tasks left,
    whose layers it must read for itself.
    """
    if held is not None and (held.checks or held.ready):
        return held
    fresh = next((job for job in jobs if not job.begun and (job.checks or job.ready)), None)
    if fresh is not None:
        return fresh
    ready = next((job for job in jobs if job.ready), None)
    if ready is not None:
        return ready
    waiting = [job for job in jobs if job.checks]
    return max(waiting, key=lambda job: len(job.checks), default=None)


def _lost(name: str) -> Record:
    error = CheckError(
        _("{name}: the worker ended {count} times in the middle of it").fill(
            name=name, count=TRIES
        ),
        remedy=_("give it more memory, or fewer workers (--workers); what is done is kept"),
    )
    return {"state": FAILED, "error": error.text.forms(), "lost": True}
