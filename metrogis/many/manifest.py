"""``manifest.json``: each task of a run, how it ended, and whether the whole is complete."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
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
            "complete": self.complete,
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
            raise PublishError(
                _("cannot be written: {why}").fill(why=error.strerror or str(error)),
                place=str(self.path),
                remedy=_("give a folder that can be written"),
            ) from error
        self.written = time.monotonic()


def require_ours(folder: Path) -> None:
    """Raise when a folder holds something that no run over many metropolises wrote.

    Raises
    ------
    PublishError
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
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


def pending(checks: Iterable[str]) -> dict[str, Record]:
    """Return the records of tasks that nobody has begun."""
    return {check: {"state": PENDING} for check in checks}
