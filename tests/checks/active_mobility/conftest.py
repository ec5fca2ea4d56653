"""One built demo of size S for the checks of active mobility."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metrogis import demo, open_metro


@pytest.fixture(scope="session")
def demo_s(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.build(tmp_path_factory.mktemp("active_mobility") / "s")


@pytest.fixture(scope="session")
def demo_metro(demo_s: Path) -> Any:
    return open_metro(demo_s)


@pytest.fixture(scope="session")
def demo_truth(demo_s: Path) -> list[dict[str, Any]]:
    return json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))["planted"]
