"""What every check must satisfy, for the checks of planning acts."""

from __future__ import annotations

import inspect
import re

import pytest

from metrogis.checks.spatial_development.border_coherence import check as border_coherence
from metrogis.checks.spatial_development.corridor_conflicts import check as corridor_conflicts
from metrogis.checks.spatial_development.corridor_connectivity import check as corridor_connectivity
from metrogis.checks.spatial_development.model_coherence import check as model_coherence
from metrogis.checks.spatial_development.plan_validity import check as plan_validity

CHECKS = [
    plan_validity.CHECK,
    corridor_conflicts.CHECK,
    corridor_connectivity.CHECK,
    border_coherence.CHECK,
    model_coherence.CHECK,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
class TestContract:
    def test_texts_and_specs(self, check) -> None:
        for text in (check.title, check.question, check.method):
            assert len(text.pl) > 3
            assert text.pl != text.en
        for name, spec in check.parameters.specs().items():
            assert spec.unit, name
            assert len(spec.source) > 3, name
            assert spec.label.pl != spec.label.en or len(spec.label.pl) < 12, name
        check.parameters.read(check.parameters().model_dump(), check=check.id)

    def test_arguments_are_the_inputs(self, check) -> None:
        arguments = inspect.signature(check.function).parameters
        layers = [n for n in arguments if n not in check.parameters.model_fields]
        assert layers == [i.name for i in check.inputs]
        for item in check.inputs:
            default = arguments[item.name].default
            assert default is (inspect.Parameter.empty if item.required else None)
        assert ">>>" in check.function.__doc__
        assert "Returns" in check.function.__doc__

    def test_views_name_declared_columns(self, check) -> None:
        for view in check.views:
            for column in (view.column, *view.popup):
                assert column is None or column in check.columns[view.table], (view.table, column)
            assert sorted(view.breaks) == list(view.breaks)
            for category in view.categories:
                assert re.fullmatch(r"#[0-9A-Fa-f]{6}", category.colour)
