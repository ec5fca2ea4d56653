"""The synthetic result that maps, pages and browser tests share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

NAME = "synthetic_atlas"
# run by the Python of QGIS, which ours cannot import
collect_ignore = ["qgis_project.py"]


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """Module ``tests/report/synthetic_atlas.py``."""
    if NAME not in sys.modules:
        path = Path(__file__).resolve().parents[1] / "report" / f"{NAME}.py"
        spec = importlib.util.spec_from_file_location(NAME, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)
    return sys.modules[NAME]
