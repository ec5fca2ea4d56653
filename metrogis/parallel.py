"""Two things at a time: parts of one piece of work in forked processes.

Where processes cannot be forked, or one of them fails, its part is done here: the result, or the
error, is that of doing one part after the other.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from metrogis import scratch

P = TypeVar("P")
R = TypeVar("R")

PATIENCE = 900.0
"""Seconds that a part may take longer than the one done here."""

_PR_SET_PDEATHSIG = 1
_MOST = 8192
"""Tasks whose numbers fit in a pipe, with room to spare."""


def processors() -> int:
    """Return how many parts are worth doing at a time here; 1 where processes cannot be forked.

    Only Linux forks safely: on macOS system libraries may hang in the new process.
    """
    if not sys.platform.startswith("linux"):
        return 1
    return max(1, len(os.sched_getaffinity(0)))


def side_by_side(
    work: Callable[[P], R], parts: Sequence[P], *, patience: float = PATIENCE
) -> list[R]:
    """Return ``[work(part) for part in parts]``, all parts at a time.

    The first part is done here, so it should be the longest; results of the others are pickled.
    ``work`` must not print: the other processes share this one's screen.

    Parameters
    ----------
    work : callable
        Whatever it changes in memory is lost, but for the first part; files it writes stay.
    parts : sequence
    patience : float
        Seconds after the first part's end when the others are given up, and done here.

    Examples
    --------
    >>> side_by_side(sum, [[1, 2], [3, 4], []])
    [3, 7, 0]
    """
    if len(parts) < 2 or processors() < 2:
        return [work(part) for part in parts]
    with scratch.folder() as folder, _frozen():
        files = [folder / f"{i}.pickle" for i in range(1, len(parts))]
        running = [_fork(work, part, file) for part, file in zip(parts[1:], files, strict=True)]
        try:
            own = work(parts[0])
            until = time.monotonic() + patience
            ended = [_wait(process, until) for process in running]
        except BaseException:
            for process in running:
                _end(process)
            raise
        out = [own]
        for part, file, fine in zip(parts[1:], files, ended, strict=True):
            out.append(_read(file) if fine else work(part))
        return out


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Leave alone what is there: to look it through for garbage copies it into each process."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def share_out(
    work: Callable[[P], R], tasks: Sequence[P], *, workers: int, patience: float = PATIENCE
) -> list[R]:
    """Return ``[work(task) for task in tasks]``; who is done with one task takes the next.

    Parameters
    ----------
    work : callable
        As in :func:`side_by_side`; what it changes in memory may be lost for any task.
    tasks : sequence
        The longest should come first.
    workers : int
        Processes, this one among them; no more than there are processors.
    patience : float
        Seconds after this process's last task when the others are given up, and their tasks done
        here.

    Examples
    --------
    >>> share_out(sum, [[1, 2], [3, 4], []], workers=2)
    [3, 7, 0]
    """
    share = min(workers, processors(), len(tasks))
    if share < 2:
        return [work(task) for task in tasks]
    if len(tasks) > _MOST:
        parts = (tasks[:_MOST], tasks[_MOST:])
        return [x for p in parts for x in share_out(work, p, workers=workers, patience=patience)]
    # numbers of tasks wait in a pipe: whoever reads one has it, and nobody else does
    reader, writer = os.pipe()
    try:
        with open(writer, "wb") as stream:
            stream.write(b"".join(i.to_bytes(4, "little") for i in range(len(tasks))))

        def take(_: int) -> dict[int, R]:
            done = {}
            while ticket := os.read(reader, 4):
                i = int.from_bytes(ticket, "little")
                done[i] = work(tasks[i])
            return done

        found: dict[int, R] = {}
        for done in side_by_side(take, range(share), patience=patience):
            found |= done
    finally:
        os.close(reader)
    # what a process had that ended too early is done here, and its error met here
    return [found[i] if i in found else work(task) for i, task in enumerate(tasks)]


def _fork(work: Callable[[P], R], part: P, file: Path) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads; those of this process (a progress bar) hold nothing that
        # the work needs, and a part that hangs is given up and done here
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return process
    status = 1
    try:
        _end_with_parent()
        result = work(part)
        with file.open("wb") as stream:
            pickle.dump(result, stream, protocol=5)
        status = 0
    except BaseException:  # it is met again, and told, where the part is done a second time
        status = 1
    finally:
        os._exit(status)


def _end_with_parent() -> None:
    """Let the system end this process with the one that forked it, were that killed at once."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(process: int, until: float) -> bool:
    pause = 0.005
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status == 0
        if time.monotonic() > until:
            _end(process)
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


def _end(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it has ended already


def _read(file: Path) -> Any:
    with file.open("rb") as stream:  # our own file, in a folder only we can read
        return pickle.load(stream)
