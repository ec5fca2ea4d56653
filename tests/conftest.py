"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import settings

# timing belongs in benchmarks: a busy machine must not fail a property
settings.register_profile("metrogis", deadline=None)
# the same examples at every run: a merge is judged by what it changes, not by a lucky draw
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("METROGIS_TEST_PROFILE", "metrogis"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real data and reference cases; tests that need it skip where it is absent."""
    path = Path(os.environ.get("METROGIS_SHARED") or ROOT.parent / "shared")
    if not (path / "data").is_dir():
        pytest.skip("real data not at hand: set METROGIS_SHARED to the folder that holds data/")
    return path


@pytest.fixture(scope="session")
def demo_s(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the demo metropolis of size S: built once per run, whatever the workers.

    Read it only; a test that changes files copies them. The seed is 1; METROGIS_DEMO_SEED tries
    another.
    """
    from metrogis import demo

    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent  # each worker has a folder of its own in that of the run
    seed = int(os.environ.get("METROGIS_DEMO_SEED", "1"))
    folder, lock = base / f"demo-s-{seed}", base / f"demo-s-{seed}.lock"
    deadline = time.monotonic() + 300
    while not (folder / "truth.json").is_file():
        try:
            lock.touch(exist_ok=False)
        except FileExistsError:
            if time.monotonic() > deadline:  # the worker that builds has died
                return demo.build(tmp_path_factory.mktemp("demo") / "s", seed=seed)
            time.sleep(0.2)
            continue
        try:
            demo.build(folder, seed=seed)  # renamed into place when it is whole
        finally:
            lock.unlink()
    return folder
