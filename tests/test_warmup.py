"""The parts of the warm-up together are all checks."""

from __future__ import annotations

import pytest

from metrogis import warmup
from metrogis.checks.contract import DIRECTIONS


def test_every_direction_is_compiled_once():
    named = [direction for part in warmup.PARTS for direction in part]
    assert sorted(named) == sorted(DIRECTIONS)


def test_failure_of_a_part_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warmup, "PARTS", (("no such direction",),))
    with pytest.raises(RuntimeError, match="could not be compiled"):
        warmup.compile_kernels()
