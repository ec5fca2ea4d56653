"""Workers as processes of this machine: each a fresh interpreter with one thread."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Sequence

from metrogis.many.worker import Record, Task

_ONE_THREAD = (
    "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
)  # fmt: skip
"""As many processes as there are processors: threads beside them would only wait for each other."""

_GRACE = 5.0
"""Seconds that a worker without tasks has to end."""


class Processes:
    """A fixed number of worker processes; one that ends is replaced.

    Parameters
    ----------
    count : int
    memory : float, optional
        MB that a process may have after a task; one that has more is replaced before the next.
    """

    def __init__(self, count: int, memory: float | None = None) -> None:
        self._memory = memory
        self._selector = selectors.DefaultSelector()
        self._running: dict[str, subprocess.Popen[str]] = {}
        for number in range(count):
            self._start(str(number))

    def _start(self, name: str) -> None:
        environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
        process = subprocess.Popen(
            [sys.executable, "-m", "metrogis.many.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        self._running[name] = process
        self._selector.register(process.stdout, selectors.EVENT_READ, name)

    def workers(self) -> Sequence[str]:
        """Return the names of the workers."""
        return list(self._running)

    def send(self, worker: str, task: Task) -> None:
        """Give a task to a worker that has none."""
        stream = self._running[worker].stdin
        assert stream is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: wait() will say so
            stream.write(json.dumps(task, ensure_ascii=False) + "\n")
            stream.flush()

    def wait(self) -> list[tuple[str, Record | None]]:
        """Wait for a worker with a task; return records, None of a worker that has ended."""
        found: list[tuple[str, Record | None]] = []
        for key, _events in self._selector.select():
            name = key.data
            stream = self._running[name].stdout
            assert stream is not None
            line = stream.readline()
            record: Record | None = None
            if line.endswith("\n"):
                record = json.loads(line)
            if record is None or self._too_large(record):
                self._replace(name)
            found.append((name, record))
        return found

    def _too_large(self, record: Record) -> bool:
        return self._memory is not None and record["resident_mb"] > self._memory

    def _replace(self, name: str) -> None:
        self._stop(name)
        self._start(name)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        assert process.stdout is not None
        assert process.stdin is not None
        self._selector.unregister(process.stdout)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()  # the end of the tasks
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def close(self, *, at_once: bool = False) -> None:
        """End all workers; ``at_once`` those with a task too."""
        if at_once:
            for process in self._running.values():
                process.kill()
        for name in list(self._running):
            self._stop(name)
        self._selector.close()
