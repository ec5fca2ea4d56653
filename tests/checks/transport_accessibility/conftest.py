"""One built demo of size S for the checks of transport accessibility."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metrogis import open_metro


@pytest.fixture(scope="session")
def transport_demo(demo_s: Path) -> Any:
    return open_metro(demo_s)
