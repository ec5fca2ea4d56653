"""Benchmarks run only on request: ``pytest tests/benchmarks --run-benchmarks -s``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metrogis import demo

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-benchmarks", action="store_true", help="run the benchmarks")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # the option is unknown when pytest starts above this folder
    wanted = config.getoption("--run-benchmarks", default=False)
    if wanted or os.environ.get("METROGIS_RUN_BENCHMARKS"):
        return
    skip = pytest.mark.skip(reason="benchmark: give --run-benchmarks")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def demo_l(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo of size L; one that is built already may be named by ``METROGIS_DEMO_L``."""
    built = os.environ.get("METROGIS_DEMO_L")
    return Path(built) if built else demo.build(tmp_path_factory.mktemp("demo") / "l", size="L")
