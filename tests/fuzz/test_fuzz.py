"""A short run of the fuzz job: no input of any kind raises anything but an error of metrogis."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = int(os.environ.get("METROGIS_FUZZ_COUNT", "60"))


def fuzz(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *options],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(project)},
    )


@pytest.mark.slow
@pytest.mark.long
def test_mutated_inputs_are_read_or_refused(project: Path) -> None:
    done = fuzz(project, "--count", str(COUNT), "--seed", "7", "--seconds", "25")
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "refused" in last
    assert " 0 trials" not in f" {last}"


def test_the_job_finds_what_raises(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """The job can fail: an error of another kind, and one without remedy, are findings."""
    monkeypatch.syspath_prepend(str(project))
    from metrogis.errors import SourceError
    from tests.fuzz import trial

    def broken(metro: object, name: str) -> None:
        raise KeyError("a")

    def careless(metro: object, name: str) -> None:
        raise SourceError("bad", layer="l")

    (tmp_path / "catalog.toml").write_text(
        '[metro]\nid = "x"\nname = "X"\n[layers.municipalities]\ndriver = "vector"\npath = "a"\n'
        'licence = "a"\nattribution = "b"\ndate = "2024"\n'
    )
    monkeypatch.setattr(trial, "_use", broken)
    assert trial._read(tmp_path, "municipalities")[0] == "raised"
    monkeypatch.setattr(trial, "_use", careless)
    assert trial._read(tmp_path, "municipalities")[0] == "no remedy"


def test_a_trial_is_named_by_its_seed_and_number(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project))
    from tests.fuzz import mutations

    text = "a,b\n1,2\n3,4\n"
    for kind in range(40):
        written = []
        for run in range(2):
            path = tmp_path / f"{run}.csv"
            path.write_text(text)
            mutations.mutate_file(path, random.Random(f"1:{kind}"))
            written.append(path.read_bytes())
        assert written[0] == written[1]
