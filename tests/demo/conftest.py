"""One built demo of size S for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def folder(demo_s: Path) -> Path:
    return demo_s


@pytest.fixture(scope="session")
def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def planted(truth: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The planted truths of which there is one, by kind."""
    return {i["kind"]: i for i in truth["planted"]}
