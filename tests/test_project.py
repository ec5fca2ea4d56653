"""The project's own promises: set-up files agree, imports stay quick, files are shipped."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import metrogis

# packages whose conda-forge name differs from the one on PyPI
_CONDA_NAMES = {"matplotlib": "matplotlib-base", "osmium": "pyosmium", "zlib-ng": "python-zlib-ng"}


def _requirements(project: Path) -> dict[str, str]:
    content = tomllib.loads((project / "pyproject.toml").read_text())
    pairs = (re.match(r"([\w-]+)(.*)", d) for d in content["project"]["dependencies"])
    return {m.group(1): m.group(2) for m in pairs if m}


def test_environment_yml_equals_pyproject(project: Path) -> None:
    lines = (project / "environment.yml").read_text().splitlines()
    listed = {}
    for line in lines:
        match = re.match(r"\s+- ([\w-]+)(.*)$", line)
        if match and match.group(1) not in ("python", "pip", "conda-forge"):
            listed[match.group(1)] = match.group(2).strip()
    wanted = {_CONDA_NAMES.get(n, n): spec for n, spec in _requirements(project).items()}
    assert listed == wanted
    # what the packages are for is installed with them, from this folder
    assert [line.strip() for line in lines[-2:]] == ["- pip:", "- ."]


# what is imported by another name than the one it is installed by
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "psycopg": "psycopg[binary]",
    "python_calamine": "python-calamine",
    "zlib_ng": "zlib-ng",
}
# loaded by another library, by name: geopandas draws frames with it (`journeys(...).explore()`)
_BY_NAME = frozenset({"mapclassify"})


def _imported(folder: Path) -> set[str]:
    """Return the packages from outside that the modules of a folder import, in functions too."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"metrogis"}


def test_what_is_imported_is_declared_and_the_other_way_round(project: Path) -> None:
    found = {_DISTRIBUTIONS.get(name, name) for name in _imported(project / "metrogis")}
    declared = set(_requirements(project))
    content = tomllib.loads((project / "pyproject.toml").read_text())
    optional = {
        re.match(r"[\w-]+(\[\w+\])?", item).group()  # type: ignore[union-attr]
        for extra in ("dask", "postgis")
        for item in content["project"]["optional-dependencies"][extra]
    }
    assert found - optional == declared - _BY_NAME


def test_constraints_pin_every_dependency_without_addresses(project: Path) -> None:
    text = (project / "constraints.txt").read_text()
    assert "://" not in text
    assert "@" not in text
    pinned = {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}
    assert set(_requirements(project)) <= pinned


def test_public_names_all_exist() -> None:
    for name in metrogis.__all__:
        assert getattr(metrogis, name) is not None
    checks = {check.id for check in metrogis.CHECKS}
    # the questions of travel, what checks take, two states side by side, many metropolises
    assert len(set(metrogis.__all__) - checks) <= 32


def test_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        metrogis.white_spot


def test_import_brings_no_heavy_library() -> None:
    """``import metrogis`` stays quick because nothing heavy is loaded until it is used."""
    code = (
        "import sys, metrogis; "
        "heavy = 'geopandas', 'folium', 'numba', 'matplotlib'; "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_is_the_one_of_pyproject(project: Path) -> None:
    content = tomllib.loads((project / "pyproject.toml").read_text())
    assert content["project"]["version"] == metrogis.__version__


def test_no_third_party_asset_is_committed(project: Path) -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=project, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not files:
        pytest.skip("not a git checkout")
    assert not [
        f for f in files if re.search(r"leaflet|pmtiles|jquery|bootstrap", Path(f).name, re.I)
    ]


def test_checks_and_atlas_name_no_room_above_them(project: Path) -> None:
    """Drawing and publishing are bound by the front of the package, not imported by string."""
    for path in [
        project / "metrogis" / "atlas.py",
        *(project / "metrogis" / "checks").rglob("*.py"),
    ]:
        text = path.read_text(encoding="utf-8")
        assert "import_module" not in text, path
        assert not re.search(r"^\s*(from|import) metrogis\.(maps|report)", text, re.M), path
