"""One built demo of size S for the checks of transport accessibility."""

from __future__ import annotations

from typing import Any

import pytest

from metrogis import demo, open_metro


@pytest.fixture(scope="session")
def transport_demo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return open_metro(demo.build(tmp_path_factory.mktemp("transport") / "s"))
