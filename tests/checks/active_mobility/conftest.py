"""One built demo of size S for the checks of active mobility."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metrogis import open_metro


@pytest.fixture(scope="session")
def demo_metro(demo_s: Path) -> Any:
    return open_metro(demo_s)


@pytest.fixture(scope="session")
def demo_truth(demo_s: Path) -> list[dict[str, Any]]:
    return json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))["planted"]
