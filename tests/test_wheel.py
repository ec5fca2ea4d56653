"""What pip installs is enough: catalogs, rules and commands, without this folder."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from metrogis.checks.registry import CHECKS

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path, **environment: str) -> str:
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "METROGIS_DATA")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**plain, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(out)]
    if importlib.util.find_spec("hatchling") is not None:
        command.append("--no-build-isolation")
    done = subprocess.run([*command, str(project)], capture_output=True, text=True, check=False)
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("hatchling, which builds the wheel, is neither installed nor to be had")
    assert done.returncode == 0, done.stderr
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of a new environment: the wheel is in it, dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=folder.parent)
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
              cwd=folder.parent).strip()  # fmt: skip
    # a plain path: .pth files over there, an editable install among them, are not followed
    Path(own, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_layers_rules_and_commands(project: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "metrogis", "layers"],
        cwd=project, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    wanted = {p if p.startswith("metrogis/") else f"metrogis/_{p}" for p in tracked}
    # catalogs of messages travel compiled
    wanted = {f"{name.removesuffix('.po')}.mo" if name.endswith(".po") else name for name in wanted}
    assert len(wanted) > 300
    assert wanted <= names
    documents = {path.name for path in (project / "docs").glob("met*.md")}
    assert {f"metrogis/_docs/{name}" for name in documents} <= names  # pages of every atlas
    assert not [n for n in names if n.startswith(("tests/", "notebooks/"))]


def test_messages_are_translated_from_the_wheel_alone(fresh: Path, tmp_path: Path) -> None:
    code = (
        "from metrogis import i18n; print(i18n.LANGUAGES, i18n.NO_DATA.pl, i18n.number(1e4, 'pl'))"
    )
    told = run(fresh, "-c", code, cwd=tmp_path).strip()
    assert told == "('pl', 'en') brak danych 10\N{NO-BREAK SPACE}000"
    assert not list(fresh.parents[1].rglob("site-packages/metrogis/locale/**/*.po"))


@pytest.mark.long
def test_the_package_runs_from_the_wheel_alone(fresh: Path, tmp_path: Path) -> None:
    where = run(fresh, "-c", "import metrogis; print(metrogis.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(fresh.parents[1])
    command = fresh.parent / "metrogis"
    for name in ("omggs", "som"):
        told = json.loads(run(command, "layers", "list", name, "--json", cwd=tmp_path,
                              METROGIS_CACHE=str(tmp_path / "cache")))  # fmt: skip
        states = {row["layer"]: row["state"] for row in told["layers"]}
        assert states["municipalities"] in ("absent", "ready")
        # the catalog's own tables lie beside it, in the wheel
        assert "ready" in states.values()
    read = (
        "import metrogis as mg; m = mg.open_metro('omggs');"
        "print(len(m['members']), len(m['school_holidays']))"
    )
    counts = run(fresh, "-c", read, cwd=tmp_path, METROGIS_CACHE=str(tmp_path / "cache")).split()
    assert all(int(count) > 0 for count in counts)
    checks = json.loads(run(command, "checks", "--json", cwd=tmp_path))
    assert len(checks) == len(CHECKS)


@pytest.mark.parametrize("script", ["compare", "publish_all"])
def test_scripts_are_commands_of_the_package(fresh: Path, tmp_path: Path, script: str) -> None:
    assert "usage" in run(fresh, "-m", f"metrogis.scripts.{script}", "--help", cwd=tmp_path)
