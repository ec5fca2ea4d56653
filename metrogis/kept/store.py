"""Where answers are kept: a file for each metropolis and check, replaced when it is answered anew.

A file holds a line of JSON (what the answer depends on, when it was computed, a hash) and then the
answer as :mod:`pickle` writes it. Unpickling runs code: the folder is its owner's alone, and a file
of another user, or one that others may write, is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from metrogis.catalog import facts
from metrogis.errors import PublishError
from metrogis.i18n import _
from metrogis.kept.inputs import Trace
from metrogis.kept.packed import Packed
from metrogis.metro import Metro
from metrogis.sources import files

SCHEMA = 1
Facts = Mapping[str, facts.Facts]
"""Layer -> what is in it, of the layers that were read."""


@dataclass(frozen=True)
class Entry:
    """What is kept of an answer beside it.

    Attributes
    ----------
    trace : Trace
    computed : str
        Day and time, UTC, ISO.
    seconds, peak_mb : float
        How long it took, and the most memory that the process had.
    rows_in, rows_out : int
        Rows of the layers it was given, and of its tables.
    """

    trace: Trace
    computed: str
    seconds: float
    peak_mb: float
    rows_in: int
    rows_out: int


class Store:
    """A folder of answers.

    Parameters
    ----------
    folder : Path, optional
        Default: ``results`` in the cache folder. Workers on several machines need one that all
        of them see.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else files.cache_directory() / "results"

    def path(self, metro: Metro, check_id: str) -> Path:
        """Return where the answer of a check is kept."""
        place = files.settings_key(str(metro.directory.resolve()), str(metro.data.resolve()))
        return self.folder / f"{metro.info.id}-{place[:8]}" / f"{check_id}.answer"

    def entry(self, metro: Metro, check_id: str) -> Entry | None:
        """Return what is said of a kept answer; None where there is none that can be used."""
        return self._read(metro, check_id, whole=False)[0]

    def load(self, metro: Metro, check_id: str) -> tuple[Entry, Packed, Facts] | None:
        """Return a kept answer; None where there is none, or its file is damaged."""
        entry, kept = self._read(metro, check_id, whole=True)
        return None if entry is None or kept is None else (entry, *kept)

    def _read(
        self, metro: Metro, check_id: str, *, whole: bool
    ) -> tuple[Entry | None, tuple[Packed, Facts] | None]:
        path = self.path(metro, check_id)
        try:
            with open(path, "rb", opener=_no_link) as stream:
                if not _ours(os.fstat(stream.fileno())):
                    return None, None
                head = json.loads(stream.readline())
                if head["schema"] != SCHEMA:
                    return None, None
                entry = _entry(head["entry"])
                if not whole:
                    return entry, None
                body = stream.read()
            if hashlib.sha256(body).hexdigest() != head["sha256"]:
                return None, None
            packed, found = pickle.loads(body)
            return entry, (packed, found)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ImportError,
                EOFError, pickle.UnpicklingError):  # fmt: skip
            return None, None  # damaged, or of another version: it is computed anew

    def forget(self, metro: Metro, check_id: str) -> None:
        """Remove a kept answer, if there is one.

        Raises
        ------
        PublishError
        """
        with self._writing(check_id):
            self.path(metro, check_id).unlink(missing_ok=True)

    def keep(self, metro: Metro, packed: Packed, found: Facts, entry: Entry) -> None:
        """Write an answer, whole or not at all.

        Raises
        ------
        PublishError
            When it cannot be written: a run that is to be resumed must not lose answers in silence.
        """
        path = self.path(metro, packed.check)
        body = pickle.dumps((packed, dict(found)), protocol=5)
        head = {
            "schema": SCHEMA,
            "sha256": hashlib.sha256(body).hexdigest(),
            "entry": asdict(entry),
        }
        with self._writing(packed.check):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with files.replacing(path) as temporary:
                temporary.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)
                temporary.chmod(0o600)

    @contextmanager
    def _writing(self, check_id: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PublishError(
                _("the answer of check {check} cannot be kept: {why}").fill(
                    check=check_id, why=error.strerror or str(error)
                ),
                place=str(self.folder),
                remedy=_("make room there, or name another folder (--work, METROGIS_CACHE)"),
            ) from error


def _no_link(path: str, flags: int) -> int:
    # a link may lead to a file of the user's that somebody else gave
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _ours(status: os.stat_result) -> bool:
    """Tell whether nobody but the user may have written a file."""
    if not hasattr(os, "getuid"):  # Windows has other rights
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _entry(said: Mapping[str, Any]) -> Entry:
    return Entry(
        Trace(**said["trace"]),
        str(said["computed"]),
        float(said["seconds"]),
        float(said["peak_mb"]),
        int(said["rows_in"]),
        int(said["rows_out"]),
    )
