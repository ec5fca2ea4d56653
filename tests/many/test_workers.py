"""Real workers: processes of this machine, and those of a Dask cluster on loopback."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

import metrogis as mg
from metrogis.errors import ParameterError
from metrogis.many import on_dask
from metrogis.many.running import catalogs_in

TIMES = ("manifest.json",)


def _files(folder):
    """Return what is published, but for what names times, and archives that hold them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in TIMES
        and path.suffix in (".html", ".csv", ".js", ".css", ".png")
    }


@pytest.fixture
def cluster():
    """Return a cluster of two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made


@pytest.mark.slow
@pytest.mark.long
def test_processes_and_dask_publish_the_same_bytes(layers, tmp_path, cluster) -> None:
    metros = catalogs_in(layers)[:1]
    checks = ["functional_links"]
    one = mg.run_many(
        metros, output=tmp_path / "one", checks=checks, workers=1, work=tmp_path / "a"
    )
    with cluster.get_client() as client:
        two = mg.run_many(
            metros, output=tmp_path / "two", checks=checks, client=client, work=tmp_path / "b"
        )
    assert one.complete
    assert two.complete
    first, second = _files(tmp_path / "one"), _files(tmp_path / "two")
    assert len(first) > 10
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.long
def test_a_killed_worker_loses_nothing(layers, tmp_path, cluster) -> None:
    with cluster.get_client() as client:
        pids = list(client.run(os.getpid).values())
        # in the middle: both workers have tasks
        killer = threading.Timer(4.0, os.kill, (pids[0], signal.SIGKILL))
        killer.start()
        done = mg.run_many(
            catalogs_in(layers), output=tmp_path / "out", client=client, work=tmp_path / "work"
        )
        killer.join()
    assert done.complete


@pytest.mark.long
def test_a_killed_process_loses_nothing(layers, tmp_path, monkeypatch) -> None:
    from metrogis.many import running
    from metrogis.many.processes import Processes

    class Watched(Processes):
        killed = 0

        def send(self, worker, task) -> None:
            super().send(worker, task)
            if Watched.killed < 2:  # in the middle of two tasks
                Watched.killed += 1
                time.sleep(0.5)
                self._running[worker].kill()

    monkeypatch.setattr(running, "Processes", Watched)
    done = mg.run_many(
        catalogs_in(layers), output=tmp_path / "out", workers=2, work=tmp_path / "work"
    )
    assert done.complete
    assert Watched.killed == 2


def test_a_scheduler_that_is_not_there_is_one_clear_error(monkeypatch) -> None:
    distributed = pytest.importorskip("distributed")

    def refused(address, **options):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refused)
    with pytest.raises(ParameterError, match="(?i)no Dask scheduler answers.*dask scheduler"):
        on_dask.connect("tcp://127.0.0.1:1")


def test_workers_of_several_threads_are_refused() -> None:
    class Client:
        def scheduler_info(self, **options):
            return {"workers": {"tcp://a": {"nthreads": 1}, "tcp://b": {"nthreads": 4}}}

    with pytest.raises(ParameterError, match="(?i)one thread each; tcp://b has more"):
        on_dask.DaskWorkers(Client())
