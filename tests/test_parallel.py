"""Parts side by side: the same results and the same errors as one after the other."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from functools import partial

import pytest

from metrogis import parallel
from metrogis.parallel import share_out, side_by_side

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks on Linux only")


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform.startswith("linux"):
        monkeypatch.setattr(parallel, "processors", lambda: 2)


def square(part: int) -> tuple[int, int]:
    return part * part, os.getpid()


@linux
def test_parts_run_in_processes_of_their_own():
    together = multiprocessing.get_context("fork").Barrier(3, timeout=120)

    def work(part: int) -> tuple[int, int]:
        together.wait()  # ends only when all three are at work
        return square(part)

    found = side_by_side(work, [1, 2, 3])
    assert [value for value, _ in found] == [1, 4, 9]
    pids = [pid for _, pid in found]
    assert pids[0] == os.getpid()
    assert len(set(pids)) == 3


def test_one_processor_does_one_after_the_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    assert side_by_side(square, [1, 2]) == [(1, os.getpid()), (4, os.getpid())]


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_the_error_is_that_of_the_part(bad: int):
    def work(part: int) -> int:
        if part == bad:
            raise ValueError(f"part {part}")
        return part

    with pytest.raises(ValueError, match=f"part {bad}"):
        side_by_side(work, [0, 1, 2])


@linux
def test_a_part_whose_process_dies_is_done_here():
    here = os.getpid()

    def work(part: int) -> int:
        if part == 1 and os.getpid() != here:
            os._exit(3)
        return part

    assert side_by_side(work, [0, 1]) == [0, 1]


@linux
def test_a_part_that_hangs_is_given_up_and_done_here():
    here = os.getpid()

    def work(part: int) -> int:
        if part == 1 and os.getpid() != here:
            time.sleep(600)
        return part

    assert side_by_side(work, [0, 1], patience=0.2) == [0, 1]


@linux
def test_a_result_that_cannot_be_sent_is_computed_here():
    found = side_by_side(lambda part: lambda: part, [0, 1])
    assert [f() for f in found] == [0, 1]


@linux
@pytest.mark.parametrize("run", [side_by_side, partial(share_out, workers=2)])
def test_no_process_is_left_when_the_first_part_fails(run):
    here = os.getpid()
    before = set(multiprocessing.active_children())

    def work(part: int) -> int:
        if os.getpid() == here:
            time.sleep(0.2)
            raise KeyboardInterrupt
        time.sleep(600)
        return part

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(work, [0, 1])
    assert set(multiprocessing.active_children()) == before
    assert time.monotonic() - start < 60


@linux
def test_other_processes_of_the_program_are_left_alone():
    other = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    other.start()
    try:
        test_a_part_that_hangs_is_given_up_and_done_here()
        assert other.is_alive()
    finally:
        other.kill()
        other.join()


@linux
def test_work_within_work():
    def outer(part: int) -> list[int]:
        return side_by_side(lambda i: 10 * part + i, [1, 2])

    assert side_by_side(outer, [1, 2]) == [[11, 12], [21, 22]]


# --------------------------------------------------------------------------- shared out


@linux
def test_who_is_done_takes_the_next_task():
    def work(task: int) -> tuple[int, int]:
        time.sleep(0.4 if task == 0 else 0.01)
        return task, os.getpid()

    found = share_out(work, list(range(9)), workers=2)
    assert [task for task, _ in found] == list(range(9))
    pids = [pid for _, pid in found]
    assert len(set(pids)) == 2
    assert pids.count(pids[0]) < pids.count(pids[1])  # the long task is all its process does


def test_without_processes_tasks_are_done_in_their_order(monkeypatch: pytest.MonkeyPatch):
    done: list[int] = []
    share_out(done.append, [3, 1, 2], workers=1)
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    share_out(done.append, [6, 5], workers=4)
    share_out(done.append, [], workers=4)
    assert done == [3, 1, 2, 6, 5]


@linux
def test_tasks_of_a_process_that_dies_are_done_here():
    here = os.getpid()

    def work(task: int) -> int:
        if os.getpid() != here:
            os._exit(3)
        time.sleep(0.05)
        return task

    assert share_out(work, [1, 2, 3, 4], workers=2) == [1, 2, 3, 4]


@pytest.mark.parametrize("bad", range(4))
def test_the_error_is_that_of_the_task(bad: int):
    def work(task: int) -> int:
        time.sleep(0.02)
        if task == bad:
            raise ValueError(f"task {task}")
        return task

    with pytest.raises(ValueError, match=f"task {bad}"):
        share_out(work, [0, 1, 2, 3], workers=2)


@linux
def test_a_task_that_hangs_is_given_up_and_done_here():
    here = os.getpid()

    def work(task: int) -> int:
        if os.getpid() != here:
            time.sleep(600)
        return task

    assert share_out(work, [1, 2, 3], workers=2, patience=0.2) == [1, 2, 3]


@linux
def test_many_tasks():
    assert share_out(abs, list(range(-250, 0)), workers=2) == list(range(250, 0, -1))


@linux
def test_no_file_is_left_open():
    share_out(abs, [-1, -2, -3], workers=2)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        share_out(abs, [-1, -2, -3], workers=2)
    assert len(os.listdir("/proc/self/fd")) == before
