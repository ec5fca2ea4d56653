"""What a worker does: one task after the other, with the layers of one metropolis shared by them.

A task and its record are plain values that JSON can write, so that the same function serves
processes (:mod:`metrogis.many.processes`, lines of JSON) and Dask (:mod:`metrogis.many.on_dask`).
Answers go to disk here, whole or not at all: who asked is told only how it went.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from metrogis.atlas import Atlas, Skipped
from metrogis.bound import bound
from metrogis.catalog.toml import read_catalog
from metrogis.checks import registry
from metrogis.errors import CheckError, MetrogisError
from metrogis.i18n import Text, _
from metrogis.kept import Answer, Keeping, Store, answer
from metrogis.kept.inputs import program
from metrogis.kept.memory import Peak, resident
from metrogis.metro import Metro

Task = Mapping[str, Any]
"""``run``, ``program``, ``metro``, ``directory``, ``data``, ``work``, ``parameters`` (of each
check); with them ``check`` and ``fresh``, or, to publish, ``states``, ``errors``, ``output``,
``languages``, ``site_url``."""
Record = dict[str, Any]

DONE, SKIPPED, FAILED, PENDING = "done", "skipped", "failed", "pending"
_PR_SET_PDEATHSIG = 1


class _Bench:
    """The one metropolis that a worker has open, and what came of its checks without a result."""

    def __init__(self) -> None:
        self.key: tuple[str, ...] = ()
        self.keeping: Keeping | None = None

    def opened(self, task: Task) -> Keeping:
        """Return the metropolis of a task; layers of another one are given up first.

        Those of another run too: a worker of a cluster outlives runs, and files change between.
        """
        if task["program"] != program():
            raise CheckError(
                _("this worker runs another version of the program, or of its libraries"),
                remedy=_("install the same everywhere, and start the workers again"),
            )
        key = tuple(str(task[name]) for name in ("run", "directory", "data", "work"))
        if self.keeping is None or key != self.key:
            self.keeping = None
            gc.collect()
            directory = Path(task["directory"])
            catalog = read_catalog(directory / "catalog.toml")
            metro = Metro(catalog, directory=directory, data=Path(task["data"]))
            self.keeping, self.key = Keeping(metro, Store(task["work"])), key
        return self.keeping


_bench = _Bench()


def perform(task: Task) -> Record:
    """Do one task.

    Parameters
    ----------
    task : mapping
        See :data:`Task`.

    Returns
    -------
    dict
        Its record: ``state``, ``seconds``, ``peak_mb``, ``resident_mb``, ``error``; of a check also
        ``inputs``, ``computed``, ``rows_in``, ``rows_out``; of a publication ``summary``.
    """
    start, peak = time.perf_counter(), Peak()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks of libraries; what counts is in the audits
        try:
            keeping = _bench.opened(task)
            record = _check(keeping, task) if "check" in task else _publish(keeping, task)
        except MetrogisError as error:
            record = failed(error)
        except Exception as error:
            record = failed(CheckError.of(task.get("check") or task["metro"], error))
    return {
        "seconds": round(time.perf_counter() - start, 3),
        "peak_mb": round(peak.megabytes(), 1),
        **record,
        "resident_mb": round(resident(), 1),
    }


def failed(error: MetrogisError) -> Record:
    """Return the record of a task that met an error."""
    return {"state": FAILED, "error": error.text.forms()}


def _check(keeping: Keeping, task: Task) -> Record:
    metro, check = keeping.metro, registry.get(task["check"])
    given = task["parameters"].get(check.id, {})
    entry = None if task.get("fresh") else keeping.unchanged(check, given)
    if entry is None:
        if task.get("fresh"):
            keeping.store.forget(metro, check.id)
        found = answer(metro, check, given, tell=lambda name, what: None, keeping=keeping)
        return _record(metro, found)
    if not all(metro.reason(name) is None for name in check.required):
        return _record(metro, answer(metro, check, given, tell=lambda name, what: None))
    return {
        "state": DONE,
        "reused": True,
        "inputs": dict(entry.trace.layers),
        "computed": entry.computed,
        "seconds": entry.seconds,
        "peak_mb": entry.peak_mb,
        "rows_in": entry.rows_in,
        "rows_out": entry.rows_out,
    }


def _record(metro: Metro, found: Answer) -> Record:
    if found.error is not None:
        return failed(found.error)
    if found.lacking is not None:
        name, reason = found.lacking
        return {"state": SKIPPED, "layer": name, "error": reason.forms()}
    assert found.entry is not None
    entry = found.entry
    return {
        "state": DONE,
        "inputs": dict(entry.trace.layers),
        "computed": entry.computed,
        "rows_in": entry.rows_in,
        "rows_out": entry.rows_out,
    }


def _publish(keeping: Keeping, task: Task) -> Record:
    """Publish the atlas of one metropolis from the answers that are kept."""
    atlas, again = _atlas(keeping, task)
    atlas.publish(
        Path(task["output"]), languages=task["languages"], site_url=task["site_url"] or None
    )
    # what could not be drawn has joined the failed checks
    return {
        "state": DONE,
        "summary": bound("summarise")(atlas),
        "again": again,
        "undrawn": {
            name: error.text.forms()
            for name, error in atlas.failed.items()
            if task["states"].get(name) == DONE and name not in again
        },
    }


def _atlas(keeping: Keeping, task: Task) -> tuple[Atlas, dict[str, Record]]:
    """Put the atlas of a metropolis together: answers from disk, and why there are no others.

    An answer that is no longer there (its file damaged, or replaced by another run with other
    parameters) is computed again: its new record is returned beside.
    """
    metro, states = keeping.metro, task["states"]
    found = Atlas(metro, {}, (), failed={}, computed={})
    skipped, again = [], {}
    for check_id, state in states.items():
        check, told = registry.get(check_id), task["errors"].get(check_id, {})
        if state == DONE:
            given = task["parameters"].get(check_id, {})
            kept = answer(metro, check, given, tell=lambda name, what: None, keeping=keeping)
            if kept.result is not None and kept.entry is not None:
                found.results[check_id] = kept.result
                found.computed[check_id] = kept.entry.computed
            if not kept.reused:
                told = again[check_id] = _record(metro, kept)
                state = told["state"]
        if state == SKIPPED:
            skipped.append(Skipped(check, told["layer"], Text.of(told["error"])))
        elif state == FAILED:
            found.failed[check_id] = MetrogisError(Text.of(told["error"]))
    atlas = Atlas(metro, found.results, tuple(skipped), found.created, found.failed, found.computed)
    return atlas, again


# --------------------------------------------------------------------------- as a process


def main() -> None:
    """Read tasks from standard input, a line of JSON each, and write their records."""
    _end_with(int(sys.argv[1]))
    # what a library prints must not get between the records
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        record = perform(json.loads(line))
        replies.write(json.dumps(record, ensure_ascii=False) + "\n")
        replies.flush()


def _end_with(parent: int) -> None:
    """End with the process that gives the tasks, who alone is interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was said
            os._exit(1)


if __name__ == "__main__":
    main()
