"""Temporary folders go with the run that made them, or with the next one after it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metrogis import scratch

HOLD = """
import os, sys, time
from pathlib import Path
from metrogis import scratch
with scratch.folder("tried-", where=Path(sys.argv[1])) as made:
    (made / "data").write_text("x")
    if "fork" in sys.argv and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    print(made, os.getpid(), flush=True)
    time.sleep(60)
"""


def holder(where: Path, *more: str) -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(where), *more],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().split()[0])


def age(folder: Path) -> None:
    then = time.time() - 10
    os.utime(folder / ".in-use", (then, then))


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_a_folder_goes_with_its_block(tmp_path, error) -> None:
    made = None
    try:
        with scratch.folder(where=tmp_path) as made:
            (made / "a").mkdir()
            if error:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert made is not None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_is_in_use_stays(tmp_path) -> None:
    running, used = holder(tmp_path)
    killed, left = holder(tmp_path)
    forked, child = holder(tmp_path, "fork")
    mine = tmp_path / "tried-mine"  # nothing says that it is ours
    mine.mkdir()
    try:
        for process in (killed, forked):
            process.send_signal(signal.SIGKILL)
            process.wait()
        scratch.sweep("tried-", tmp_path)
        assert left.exists()  # too young to tell
        for folder in (used, left, child):
            age(folder)
        scratch.sweep("other-", tmp_path)
        assert left.exists()
        scratch.sweep("tried-", tmp_path)
        assert not left.exists()
        assert used.exists()
        assert child.exists()  # a process forked from its owner may work there still
        assert mine.exists()
    finally:
        running.kill()
        running.wait()
        os.killpg(forked.pid, signal.SIGKILL)
    time.sleep(0.1)
    with scratch.folder("tried-", where=tmp_path) as made:
        assert sorted(tmp_path.iterdir()) == sorted([made, mine])
