"""The builder of small APP GML files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def gml() -> ModuleType:
    """Module with ``act``, ``zone``, ``document``, ``square``."""
    path = Path(__file__).parents[2] / "planning/gml_builder.py"
    spec = importlib.util.spec_from_file_location("gml_builder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plan_of(gml, tmp_path):
    """Return a function that reads features of the builder as a plan."""
    from metrogis.sources.app_gml import read_app

    def plan_of_(*features: str, version: str = "2.0"):
        path = tmp_path / "plan.gml"
        path.write_text(gml.document(*features, version=version))
        return read_app(path)

    return plan_of_
