"""The parts of the warm-up together are all checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrogis import warmup
from metrogis.checks.contract import DIRECTIONS
from metrogis.maps import assets


def test_every_direction_is_compiled_once():
    named = [direction for part in warmup.PARTS for direction in part]
    assert sorted(named) == sorted(DIRECTIONS)


@pytest.mark.long
def test_failure_of_a_part_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warmup, "PARTS", (("no such direction",),))
    monkeypatch.setattr(warmup, "fetch_scripts", lambda: True)
    with pytest.raises(RuntimeError, match="could not be compiled"):
        warmup.compile_kernels()


def test_set_up_goes_on_without_network_and_npm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def nothing(package: assets.Package) -> dict[str, bytes]:
        raise OSError("no route to host")

    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path))
    monkeypatch.delenv("METROGIS_OFFLINE", raising=False)
    monkeypatch.setattr(assets, "_FAILED", {})
    monkeypatch.setattr(assets, "_from_npm", nothing)
    monkeypatch.setattr(assets, "_from_cdn", nothing)
    asked: list[list[str]] = []

    class Done:
        def __init__(self, command: list[str]) -> None:
            asked.append(command)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(warmup.subprocess, "Popen", Done)
    monkeypatch.setattr("metrogis.demo.build", lambda *args, **options: None)
    warmup.compile_kernels()
    assert len(asked) == len(warmup.PARTS)
    assert "no route to host" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.js"))


def test_scripts_are_at_hand_after_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    content = {name: name.encode() for name in assets.LEAFLET.files}
    package = assets.Package(
        "leaflet", "1.9.4", "", {name: assets.sha512(x) for name, x in content.items()}
    )
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path))
    monkeypatch.delenv("METROGIS_OFFLINE", raising=False)
    monkeypatch.setattr(assets, "_FAILED", {})
    monkeypatch.setattr(assets, "_from_npm", lambda package: content)
    monkeypatch.setattr(assets.obtain, "__defaults__", (package,))
    assert warmup.fetch_scripts()
    assert {p.name for p in tmp_path.rglob("*.*") if p.is_file()} >= {"leaflet.js", "leaflet.css"}
