"""A check is a package: it names itself, and takes nothing from another check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import metrogis
from metrogis.checks.registry import CHECKS

ROOT = Path(metrogis.__file__).parent
DIRECTIONS = ("spatial_development", "transport_accessibility", "active_mobility")
PACKAGES = [
    package
    for direction in DIRECTIONS
    for package in sorted((ROOT / "checks" / direction).iterdir())
    if package.is_dir() and package.name != "__pycache__"
]


def imported(path: Path) -> set[str]:
    """Modules that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_check_has_a_package_of_its_own() -> None:
    assert sorted(p.name for p in PACKAGES) == sorted(c.id for c in CHECKS)
    for check in CHECKS:
        *_, package, module = check.function.__module__.split(".")
        assert (package, module) == (check.id, "check")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_nothing_of_a_check_is_imported_by_another(package: Path) -> None:
    own = "metrogis." + ".".join(package.relative_to(ROOT).parts)
    others = tuple(f"metrogis.checks.{d}." for d in DIRECTIONS)
    for path in sorted(package.rglob("*.py")):
        strange = {m for m in imported(path) if m.startswith(others)}
        assert all(m == own or m.startswith(f"{own}.") for m in strange), path
    # and shared rooms know no check
    for room in ("contract", "shared"):
        for path in sorted((ROOT / "checks" / room).glob("*.py")):
            assert not any(m.startswith(others) for m in imported(path)), path
