"""A new atlas takes the place of an old one: at any moment the folder holds one of the two."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metrogis.errors import PublishError
from metrogis.report import replacing

WRITE = """
import sys, time
from pathlib import Path
from metrogis.report import replacing
target, version, files = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if "fixed" in sys.argv: replacing._fixed = lambda target: target.exists()
if "renames" in sys.argv: replacing._exchanged = lambda made, target: False
import json
with replacing.building(target) as made:
    names = [f"pages/{i}.html" for i in range(files)] + ["index.html"]
    for name in names:
        path = made / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(version)
    content = {"generator": "metrogis", "files": names, "checks": {}, "version": version}
    (made / "atlas.json").write_text(json.dumps(content))
"""


def write(target: Path, version: str, files: int = 3) -> None:
    with replacing.building(target) as made:
        names = [f"pages/{i}.html" for i in range(files)] + ["index.html"]
        for name in names:
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_text(version)
        content = {"generator": "metrogis", "files": names, "checks": {"a": {}}}
        (made / "atlas.json").write_text(json.dumps(content))


def state(target: Path) -> set[str]:
    return {p.read_text() for p in target.rglob("*.html")}


@pytest.fixture(params=["exchange", "renames", "fixed"])
def way(request, monkeypatch) -> str:
    if request.param == "renames":
        monkeypatch.setattr(replacing, "_exchanged", lambda made, target: False)
    if request.param == "fixed":
        monkeypatch.setattr(replacing, "_fixed", lambda target: target.exists())
    return request.param


def test_the_users_files_stay_and_old_pages_go(tmp_path, way) -> None:
    target = tmp_path / "public"
    write(target, "one", files=5)
    (target / "own").mkdir()
    (target / "own" / "notes.txt").write_text("mine")
    (target / "link").symlink_to("own/notes.txt")
    (target / "empty").mkdir()
    write(target, "two", files=2)
    assert state(target) == {"two"}
    assert not (target / "pages" / "4.html").exists()
    assert (target / "own" / "notes.txt").read_text() == "mine"
    assert (target / "link").is_symlink()
    assert (target / "empty").is_dir()
    assert [p.name for p in tmp_path.iterdir()] == ["public"]
    assert not [p for p in target.iterdir() if p.name.startswith(".atlas")]


def test_a_conflict_is_one_error_and_nothing_changes(tmp_path, way) -> None:
    target = tmp_path / "public"
    write(target, "one", files=1)
    (target / "pages" / "1.html").write_text("mine")
    with pytest.raises(PublishError, match=r"pages/1\.html"):
        write(target, "two", files=2)
    assert state(target) == {"one", "mine"}
    assert [p.name for p in tmp_path.iterdir()] == ["public"]


def test_a_failure_while_building_leaves_the_old_one(tmp_path, way) -> None:
    target = tmp_path / "public"
    write(target, "one")
    with pytest.raises(KeyError), replacing.building(target) as made:
        (made / "index.html").write_text("two")
        raise KeyError("x")
    assert state(target) == {"one"}
    write(target, "three")
    assert state(target) == {"three"}


def test_a_folder_of_something_else_is_left_alone(tmp_path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "thesis.txt").write_text("x")
    with pytest.raises(PublishError, match="neither empty nor"):
        write(tmp_path / "public", "one")
    assert [p.name for p in (tmp_path / "public").iterdir()] == ["thesis.txt"]


def test_an_empty_volume_may_hold_what_file_systems_bring(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(replacing, "_fixed", lambda target: target.exists())
    (tmp_path / "v" / "lost+found").mkdir(parents=True)
    write(tmp_path / "v", "one")
    assert state(tmp_path / "v") == {"one"}
    assert (tmp_path / "v" / "lost+found").is_dir()


def test_a_list_of_moves_does_not_lead_out_of_the_folder(tmp_path) -> None:
    target = tmp_path / "public"
    write(target, "one")
    (tmp_path / "precious.txt").write_text("x")
    plan = {"generator": "metrogis", "move": ["../evil"], "drop": ["../precious.txt"]}
    (target / replacing.JOURNAL).write_text(json.dumps(plan))
    write(target, "two")
    assert (tmp_path / "precious.txt").read_text() == "x"
    assert state(target) == {"two"}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exchange", "renames", "fixed"])
def test_killed_at_any_moment_the_folder_holds_an_atlas(tmp_path, how) -> None:
    target = tmp_path / "public"
    write(target, "v0")
    (target / "mine.txt").write_text("mine")
    rng = random.Random(1)
    for turn in range(1, 9):
        before = state(target)
        child = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(target), f"v{turn}", "400", how],
            stderr=subprocess.DEVNULL,
        )
        # the child's start takes most of the time: kill it from there on
        while child.poll() is None and not list(tmp_path.glob(".public.new-*")) and not (
            target / ".atlas-new"
        ).exists():  # fmt: skip
            time.sleep(0.002)
        time.sleep(rng.random() * 0.12)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if how == "exchange":
            assert state(target) in (before, {f"v{turn}"})
            assert (target / "mine.txt").read_text() == "mine"
        replacing.recover(target)
        assert state(target) in (before, {f"v{turn}"})
        assert (target / "mine.txt").read_text() == "mine"
        assert replacing.written_files(target) is not None
    write(target, "end")
    assert state(target) == {"end"}
    assert os.listdir(tmp_path) == ["public"]
