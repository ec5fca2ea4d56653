"""``manifest.json``: each task of a run, how it ended, and whether the whole is complete."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metrogis.errors import PublishError
from metrogis.i18n import _
from metrogis.many.worker import DONE, FAILED, PENDING, SKIPPED, Record
from metrogis.sources import files

NAME = "manifest.json"
SCHEMA = 1
GENERATOR = "metrogis many"
FOLDER = "metros"
"""Folder of the atlases, each under the id of its metropolis."""

_KEPT = ("state", "reused", "computed", "inputs", "rows_in", "rows_out", "seconds", "peak_mb",
         "layer", "error")  # fmt: skip
_EVERY = 1.0
"""Seconds between two writings: with thousands of tasks one a task would take longer than they."""


@dataclass
class Manifest:
    """The state of a run, on disk as it goes on.

    Attributes
    ----------
    path : Path
    tasks : dict of (metro, check) to record
    metros : dict of id to record
        ``title``, ``state`` (done, failed, pending), ``seconds``, ``error``.
    """

    path: Path
    version: str
    tasks: dict[tuple[str, str], Record] = field(default_factory=dict)
    metros: dict[str, Record] = field(default_factory=dict)
    former: list[str] = field(default_factory=list)
    """Ids of atlases of former runs that are in the folder still, and of which this run knows
    nothing."""
    ended: bool = False
    """Whether the start page, the last of all, is written."""
    written: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every task ended as it should and every metropolis is published."""
        return all(r["state"] in (DONE, SKIPPED) for r in self.tasks.values()) and all(
            r["state"] == DONE for r in self.metros.values()
        )

    def counts(self, metro: str | None = None) -> dict[str, int]:
        """Return how many tasks there are of each state, of one metropolis or of all."""
        found = dict.fromkeys((DONE, SKIPPED, FAILED, PENDING), 0)
        for (name, _check), record in self.tasks.items():
            if metro in (None, name):
                found[record["state"]] += 1
        return found

    def content(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "schema": SCHEMA,
            "generator": GENERATOR,
            "version": self.version,
            "complete": self.complete and self.ended,
            "former": self.former,
            "metros": [{"metro": name, **record} for name, record in self.metros.items()],
            "tasks": [
                {
                    "metro": metro,
                    "check": check,
                    **{key: record.get(key) for key in _KEPT if key in record},
                }
                for (metro, check), record in self.tasks.items()
            ],
        }

    def write(self, *, now: bool = True) -> None:
        """Write the file, whole or not at all; without ``now`` at most once a second.

        Raises
        ------
        PublishError
            When it cannot be written.
        """
        if not now and time.monotonic() - self.written < _EVERY:
            return
        try:
            with files.replacing(self.path) as temporary:
                text = json.dumps(self.content(), ensure_ascii=False, indent=1)
                temporary.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.written = time.monotonic()


def require_ours(folder: Path) -> None:
    """Raise when a folder holds something that no run over many metropolises wrote.

    Raises
    ------
    PublishError
    """
    try:
        # a volume brings the one along, a run that was killed at its beginning the other
        if not any(
            path.name != "lost+found" and not path.name.startswith(f".{NAME}.")
            for path in folder.iterdir()
        ):
            return
    except FileNotFoundError:
        return
    except OSError:
        pass  # a file, or not ours to look into
    try:
        ours = json.loads((folder / NAME).read_text(encoding="utf-8"))["generator"] == GENERATOR
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise PublishError(
            _("the folder is neither empty nor one of many metropolises"),
            place=str(folder),
            remedy=_("give a new folder, or empty this one"),
        )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a folder, and keep other runs out of it.

    The system gives the lock back when the process ends, however it ends. Where it knows no locks
    of folders (Windows, some network file systems) two runs are their user's matter.

    Raises
    ------
    PublishError
        When the folder cannot be made, or another run is at work there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    with ExitStack() as stack:
        if sys.platform != "win32":
            import fcntl

            with suppress(OSError):
                held = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, held)
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise PublishError(
                        _("another run writes into this folder"),
                        place=str(folder),
                        remedy=_("wait for its end, or give another folder"),
                    ) from error
        yield


def unwritable(path: Path, error: OSError) -> PublishError:
    """Return the error of a file or folder that cannot be written."""
    return PublishError(
        _("cannot be written: {why}").fill(why=error.strerror or str(error)),
        place=str(path),
        remedy=_("give a folder that can be written"),
    )


def former_in(folder: Path, known: Iterable[str]) -> list[str]:
    """Return the ids of atlases in a folder that are none of those that are known."""
    found = {path.parent.name for path in (folder / FOLDER).glob("*/atlas.json")}
    return sorted(found - set(known))


def pending(checks: Iterable[str]) -> dict[str, Record]:
    """Return the records of tasks that nobody has begun."""
    return {check: {"state": PENDING} for check in checks}
