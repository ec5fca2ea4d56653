"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# timing belongs in benchmarks: a busy machine must not fail a property
settings.register_profile("metrogis", deadline=None)
settings.load_profile("metrogis")

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
