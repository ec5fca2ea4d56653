"""Benchmarks run only on request: ``pytest tests/benchmarks --run-benchmarks -s``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
