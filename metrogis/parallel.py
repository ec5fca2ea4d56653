"""Two things at a time: parts of one piece of work in processes of :mod:`concurrent.futures`.

Processes are forked, so they start with what is loaded here and nothing of it is pickled; only
results are. Where processes cannot be forked, or one of them fails, its part is done here: the
result, or the error, is that of doing one part after the other.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import itertools
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

P = TypeVar("P")
R = TypeVar("R")

PATIENCE = 900.0
"""Seconds that a part may take longer than the one done here."""

_PR_SET_PDEATHSIG = 1

_jobs: dict[int, tuple[Callable[[Any], Any], Sequence[Any]]] = {}
"""What forked processes find in their memory: by number, what to do and with which parts."""
_numbers = itertools.count()


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
    with _processes(work, parts, len(parts) - 1) as submit:
        others = [submit(i) for i in range(1, len(parts))]
        out = [work(parts[0])]
        until = time.monotonic() + patience
        for part, future in zip(parts[1:], others, strict=True):
            fine = _ended_well(future, until)
            out.append(future.result() if fine else work(part))
    return out


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
    done: dict[int, R] = {}
    with _processes(work, tasks, share - 1) as submit:
        futures = {i: submit(i) for i in range(1, len(tasks))}
        done[0] = work(tasks[0])
        # the others take tasks from the front, this process those at the back that wait still
        for i in reversed(futures):
            if futures[i].cancel():
                done[i] = work(tasks[i])
        until = time.monotonic() + patience
        for i, future in futures.items():
            if i not in done and _ended_well(future, until):
                done[i] = future.result()
    # what a process had that ended too early is done here, and its error met here
    return [done[i] if i in done else work(task) for i, task in enumerate(tasks)]


@contextlib.contextmanager
def _processes(
    work: Callable[[P], R], parts: Sequence[P], size: int
) -> Iterator[Callable[[int], Future[R]]]:
    """Give a function that has ``work(parts[i])`` done by one of ``size`` forked processes."""
    number = next(_numbers)
    _jobs[number] = work, parts
    there = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        size, mp_context=multiprocessing.get_context("fork"), initializer=_begin
    )
    futures: list[Future[R]] = []

    def submit(i: int) -> Future[R]:
        with warnings.catch_warnings():
            # Python 3.12 warns of threads; those of this process (a progress bar) hold nothing
            # that the work needs, and a part that hangs is given up and done here
            warnings.simplefilter("ignore", DeprecationWarning)
            futures.append(executor.submit(_do, number, i))
        return futures[-1]

    try:
        with _frozen():
            yield submit
    finally:
        del _jobs[number]
        given_up = [future for future in futures if not future.done()]
        executor.shutdown(wait=not given_up, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - there if given_up else ():
            process.kill()
            process.join()


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Leave alone what is there: to look it through for garbage copies it into each process."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _begin() -> None:
    """Prepare a forked process: it ends with its parent, who alone is interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _do(number: int, i: int) -> Any:
    work, parts = _jobs[number]
    return work(parts[i])


def _ended_well(future: Future[Any], until: float) -> bool:
    """Wait for a part; tell whether it has a result, not an error, a dead process or no end."""
    try:
        return future.exception(timeout=max(0.0, until - time.monotonic())) is None
    except TimeoutError:
        return False
