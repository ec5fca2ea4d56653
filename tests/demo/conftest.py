"""One built demo of size S for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metrogis import demo


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.build(tmp_path_factory.mktemp("demo") / "s")


@pytest.fixture(scope="session")
def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def planted(truth: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The planted truths of which there is one, by kind."""
    return {i["kind"]: i for i in truth["planted"]}
