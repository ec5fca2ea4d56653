"""Temporary folders that outlive no run by much: what a killed one left, the next one removes.

A folder is in use while its owner, or a process forked from it, holds a lock on a file inside. The
system gives the lock back when they end, however they end; so nothing is asked of process numbers,
which containers that share a folder have twice.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_LOCK = ".in-use"
_SETTLED = 2.0
"""Seconds a folder must have had to be locked by whoever made it."""


@contextmanager
def folder(prefix: str = "metrogis-", *, where: Path | None = None) -> Iterator[Path]:
    """Give a new folder that is removed afterwards, and remove those that killed runs left.

    Parameters
    ----------
    prefix : str
        Start of its name, of this program alone.
    where : Path, optional
        Folder it is made in; that of the system for temporary files by default.

    Examples
    --------
    >>> with folder() as place:
    ...     place.is_dir()
    True
    >>> place.exists()
    False
    """
    parent = Path(tempfile.gettempdir()) if where is None else where
    sweep(prefix, parent)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, made, ignore_errors=True)
        with contextlib.suppress(OSError):
            lock(stack.enter_context((made / _LOCK).open("wb")))
        yield made


def sweep(prefix: str, parent: Path) -> None:
    """Remove folders that a killed run left.

    Parameters
    ----------
    prefix : str
        How their names begin.
    parent : Path
        Where they are; one that cannot be listed is left alone. Folders whose owner still runs (it
        holds a lock) stay.
    """
    with contextlib.suppress(OSError):
        for left in sorted(parent.iterdir()):
            if left.name.startswith(prefix) and left.is_dir() and not left.is_symlink():
                _remove_if_left(left)


def _remove_if_left(left: Path) -> None:
    held = left / _LOCK
    with contextlib.suppress(OSError):
        if time.time() - held.stat().st_mtime < _SETTLED:
            return
        with held.open("rb") as file:
            if lock(file):
                shutil.rmtree(left, ignore_errors=True)


def lock(file: IO[bytes]) -> bool:
    """Take the lock of a file until it is closed; False where another process has it."""
    if sys.platform == "win32":  # folders that are left are the system's matter there
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
