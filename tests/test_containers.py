"""The container files, as far as they can be checked without a daemon."""

from __future__ import annotations

import fnmatch
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from metrogis.cli import app

yaml = pytest.importorskip("yaml")


@pytest.fixture
def steps(project: Path) -> list[tuple[str, str]]:
    """Instructions of the Dockerfile in their order."""
    text = (project / "Dockerfile").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]  # type: ignore[misc]


@pytest.fixture
def services(project: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((project / "compose.yaml").read_text())[
        "services"
    ]
    return found


def sources(steps: list[tuple[str, str]]) -> list[str]:
    """Return what is copied from the folder of the project."""
    copies = [shlex.split(rest) for word, rest in steps if word == "COPY"]
    return [name for parts in copies if not parts[0].startswith("--") for name in parts[:-1]]


def test_images_are_official_ones_without_a_registry_address(steps):
    images = [rest.split()[0] for word, rest in steps if word == "FROM"]
    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"[a-z]+:[a-z0-9.-]+", image), image


def test_the_image_does_not_run_as_root_and_nothing_is_installed_after(steps):
    words = [word for word, _rest in steps]
    user = len(words) - 1 - words[::-1].index("USER")
    assert steps[user][1] not in ("root", "0")
    assert "RUN" not in words[user:]
    assert any(
        steps[user][1] in rest and "useradd" in rest for word, rest in steps if word == "RUN"
    )


def test_all_that_is_copied_exists_and_is_not_ignored(project, steps):
    ignored = (project / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    for name in sources(steps):
        assert (project / name).exists(), name
        assert any(fnmatch.fnmatch(name, pattern) for pattern in let_in), name


def test_all_that_the_wheel_is_made_of_is_copied(project, steps):
    content = tomllib.loads((project / "pyproject.toml").read_text())
    wheel = content["tool"]["hatch"]["build"]
    needed = {
        *wheel["targets"]["wheel"]["packages"], *wheel["targets"]["wheel"]["force-include"],
        wheel["hooks"]["custom"]["path"], content["project"]["readme"],
        content["project"]["license"]["file"], "pyproject.toml",
    }  # fmt: skip
    copied = sources(steps)
    for name in needed:
        assert any(name == c or name.startswith(f"{c}/") for c in copied), name
    assert "dask" in content["project"]["optional-dependencies"]


def test_there_are_a_scheduler_two_workers_and_a_server_of_pages(services):
    assert set(services) == {"scheduler", "worker", "atlas", "server"}
    assert services["worker"]["deploy"]["replicas"] == 2
    command = services["worker"]["command"]
    assert command[command.index("--nthreads") + 1] == "1"
    port = services["scheduler"]["command"][services["scheduler"]["command"].index("--port") + 1]
    address = f"tcp://scheduler:{port}"
    assert address in command
    assert address in services["atlas"]["command"]


def test_every_service_sees_the_same_paths_with_no_rights_it_does_not_need(services):
    shared = services["worker"]["volumes"]
    for name, service in services.items():
        assert service["volumes"] == shared, name
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert not {"privileged", "user", "network_mode", "pid"} & set(service), name
        assert service["image"] == "metrogis"
        # the machine itself alone: no port is open to others
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert [v.endswith(":ro") for v in shared] == [True, True, False, False]


def test_the_commands_are_ones_that_there_are(services):
    commands: Any = typer.main.get_command(app)
    asked = services["atlas"]["command"]
    assert asked[0] == "metrogis"
    context = click.Context(commands)
    command = commands.get_command(context, asked[1])
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in asked if word.startswith("-")} <= known
    written = [word for word in asked if word.startswith("/srv")]
    assert all(re.match(r"/srv/(layers|work|public)", path) for path in written)


@pytest.mark.parametrize("name", ["scheduler", "worker"])
def test_dask_knows_the_options(name, services):
    pytest.importorskip("distributed")
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    command = {"scheduler": scheduler, "worker": worker}[name]
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
    asked = [word for word in services[name]["command"] if word.startswith("-")]
    assert set(asked) <= known


@pytest.mark.long
def test_the_wheel_is_built_of_what_is_copied_alone(project, steps, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name in sources(steps):
        path = project / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(path, folder / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    if importlib.util.find_spec("hatchling") is not None:
        command.append("--no-build-isolation")
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("hatchling, which builds the wheel, is neither installed nor to be had")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("metrogis-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("metrogis/_layers/omggs/catalog.toml", "metrogis/cli/split.py"):
        assert needed in names
    assert any(name.endswith(".mo") for name in names)
