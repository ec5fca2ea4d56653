"""Workers of a Dask cluster. Dask hands out whole tasks; it sees no table and no geometry.

Its processes have one thread each (``dask worker ADDRESS --nworkers 2 --nthreads 1``), and see the
layers, the folder of answers and the output under the same paths as the process that asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metrogis.errors import CheckError, ParameterError
from metrogis.i18n import _
from metrogis.many.worker import Record, Task, failed, perform

_LOOK = 5.0
"""Seconds after which it is looked for workers that came."""


def connect(address: str) -> Any:
    """Return a client of the scheduler at an address.

    Raises
    ------
    ParameterError
        When Dask is not installed, or nothing answers there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ParameterError(
            _("Dask is not installed"),
            layer="scheduler",
            remedy=_("pip install 'metrogis[dask]', or leave out --scheduler"),
        ) from error
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise ParameterError(
            _("no Dask scheduler answers"),
            layer="scheduler",
            place=address,
            remedy=_("start one with `dask scheduler`, and workers with `dask worker ADDRESS`"),
        ) from error


class DaskWorkers:
    """The workers of a Dask client, as :class:`metrogis.many.processes.Processes` has its own."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._futures: dict[Any, str] = {}
        self._sent = 0
        threads = {name: item["nthreads"] for name, item in self._known().items()}
        many = [name for name, count in threads.items() if count != 1]
        if many:
            raise ParameterError(
                _("Dask workers need one thread each; {name} has more").fill(name=many[0]),
                layer="scheduler",
                remedy=_("start them with `dask worker ADDRESS --nworkers 2 --nthreads 1`"),
            )

    def _known(self) -> dict[str, Any]:
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    def workers(self) -> Sequence[str]:
        """Return the addresses of the workers that are there now."""
        return list(self._known())

    def send(self, worker: str, task: Task) -> None:
        """Give a task to a worker; another one takes it over when that one ends."""
        self._sent += 1
        future = self._client.submit(
            perform,
            dict(task),
            workers=[worker],
            allow_other_workers=True,
            pure=False,
            key=f"metrogis-{task['metro']}-{task.get('check', 'publish')}-{self._sent}",
        )
        self._futures[future] = worker

    def wait(self) -> list[tuple[str, Record | None]]:
        """Wait for records; None of a task that ended several workers, or could not be given."""
        from distributed import wait

        try:
            ended = wait(list(self._futures), timeout=_LOOK, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            return []
        found: list[tuple[str, Record | None]] = []
        for future in ended:
            worker = self._futures.pop(future)
            found.append((worker, _record(future)))
            future.release()
        return found

    def close(self, *, at_once: bool = False) -> None:
        """Give up what was not done; the cluster itself is its owner's."""
        if at_once:
            self._client.cancel(list(self._futures))
        self._futures.clear()


def _record(future: Any) -> Record | None:
    """Return the record of a future; None where its workers ended, or it was given up."""
    from distributed import KilledWorker

    if future.status == "finished":
        found: Record = future.result()
        return found
    error = future.exception() if future.status == "error" else None
    if error is None or isinstance(error, KilledWorker):
        return None
    # the worker lives and could not begin: the package is not there, or another version of it
    return failed(CheckError.of("metrogis", error))
