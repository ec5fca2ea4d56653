"""The demo metropolis, opened once: scenarios never change it."""

from __future__ import annotations

from pathlib import Path

import pytest

import metrogis as mg


@pytest.fixture(scope="session")
def metro(demo_s: Path) -> mg.Metro:
    """Metropolis of the demo."""
    return mg.open_metro(demo_s)
