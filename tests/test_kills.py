"""``metrogis atlas`` killed at random moments: the folder holds the old or the new one, whole.

Kills are few in the ordinary run; ``METROGIS_KILLS=50`` makes the loop as long as one likes, and
``-s`` prints what came of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("METROGIS_KILLS", "6"))
MINE = {"moje.txt": "moje", "pl/notatki/uwagi.txt": "uwagi", "pictures/logo.svg": "<svg/>"}
VERSIONS = {"old": ("--lang", "pl"), "new": ("--lang", "en")}
"""Two atlases that differ in all their pages."""


class Loop:
    """A folder that two atlases are written to in turn, by processes that are killed."""

    def __init__(self, layers: Path | str, data: Path, folder: Path, *options: str) -> None:
        self.target = folder / "out" / "public"
        self.target.parent.mkdir(parents=True)
        self.scratch = folder / "tmp"
        self.scratch.mkdir()
        self.command = [sys.executable, "-m", "metrogis.cli", "atlas", str(layers),
                        "--data", str(data), "-o", str(self.target), *options]  # fmt: skip
        self.environment = {**os.environ, "METROGIS_CACHE": str(folder / "cache"),
                            "TMPDIR": str(self.scratch), "METROGIS_LANG": "en"}  # fmt: skip

    def start(self, version: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.command, *VERSIONS[version]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment,
            start_new_session=True,
        )  # fmt: skip

    def publish(self, version: str) -> tuple[float, float]:
        """Publish without a kill; return the seconds it took, and those from its first file on."""
        began = first = time.monotonic()
        process = self.start(version)
        while process.poll() is None:
            if not self.building():
                first = time.monotonic()
            time.sleep(0.02)
        assert process.returncode in (0, 1)
        return time.monotonic() - began, time.monotonic() - first

    def digest(self) -> str:
        """Hash of the files that the marker lists; "torn" where one is missing, or one too many."""
        marker = json.loads((self.target / "atlas.json").read_text(encoding="utf-8"))
        found = hashlib.sha256()
        for name in sorted(marker["files"]):
            file = self.target / name
            if not file.is_file():
                return f"torn: {name}"
            found.update(name.encode() + b"\0" + file.read_bytes())
        others = {
            p.relative_to(self.target).as_posix() for p in self.target.rglob("*") if p.is_file()
        } - {*marker["files"], "atlas.json", *MINE}
        return f"torn: {sorted(others)[0]} is of no atlas" if others else found.hexdigest()

    def building(self, name: str = "") -> bool:
        """Tell whether a new atlas is being written, as far as the file ``name``."""
        return any(self.target.parent.glob(f".{self.target.name}.new-*/{name}"))

    def write_mine(self) -> None:
        for name, text in MINE.items():
            path = self.target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def require_mine(self) -> None:
        for name, text in MINE.items():
            assert (self.target / name).read_text() == text, name

    def left(self) -> list[str]:
        """Temporary files and folders beside the atlas and in the system's place for them."""
        beside = [p.name for p in self.target.parent.iterdir() if p != self.target]
        return beside + [p.name for p in self.scratch.iterdir()]


def descendants(process: subprocess.Popen[bytes]) -> list[int]:
    """Processes of the session that a killed one began."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def kill(loop: Loop, version: str, rng: random.Random, lasts: float, builds: float) -> str:
    """Start a run and kill it: anywhere, while it writes, or as the folders change names."""
    process = loop.start(version)
    when, kind = "computing", rng.choice(("anywhere", "writing", "changing"))
    if kind == "anywhere":
        time.sleep(rng.random() * lasts)
    else:
        mark = "atlas.json" if kind == "changing" else ""  # the marker is written last
        while process.poll() is None and not loop.building(mark):
            time.sleep(0.001)
        time.sleep(rng.random() * (0.3 if kind == "changing" else builds))
    if loop.building():
        when = "publishing"
    if process.poll() is not None:
        when = "finished"
    process.send_signal(signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 10
    while descendants(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert descendants(process) == [], "a worker outlived the process that was killed"
    return when


def run(loop: Loop, seed: int) -> Iterator[str]:
    """Kill runs in turn and check the folder after each; yield what was found."""
    rng = random.Random(seed)
    loop.publish("new")
    states = {"new": loop.digest()}
    lasts, builds = loop.publish("old")
    states["old"] = loop.digest()
    assert states["new"] != states["old"]
    assert not any(state.startswith("torn") for state in states.values())
    loop.write_mine()
    for turn in range(KILLS):
        holds = next(name for name, state in states.items() if state == loop.digest())
        version = "new" if holds == "old" else "old"
        when = kill(loop, version, rng, lasts, builds)
        after = loop.digest()
        assert after in states.values(), f"turn {turn}, {when}: {after}"
        loop.require_mine()
        came = "the new one" if after == states[version] else "the old one"
        if came == "the new one" and when == "computing":
            when = "published"
        yield f"{when}: {came}"
    time.sleep(2.1)  # folders younger than that are not taken for leftovers
    loop.publish("new")
    assert loop.digest() == states["new"]
    loop.require_mine()
    assert loop.left() == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from metrogis import demo

    return demo.build(tmp_path_factory.mktemp("kills") / "demo", 6, 40_000)


def tell(name: str, found: Iterator[str]) -> None:
    counts = Counter(found)
    assert sum(counts.values()) == KILLS
    print(f"\n{name}, {KILLS} kills: " + ", ".join(f"{n} x {w}" for w, n in counts.most_common()))


def test_killed_atlas_of_the_demo(small: Path, tmp_path: Path) -> None:
    tell("demo", run(Loop(small, small, tmp_path, "--direction", "2.1.3", "-j", "2"), seed=1))


def test_killed_atlas_of_real_layers(project: Path, shared: Path, tmp_path: Path) -> None:
    layers, data = project / "layers" / "omggs", shared / "data" / "omggs"
    tell("omggs", run(Loop(layers, data, tmp_path, "--direction", "2.1.3", "-j", "2"), seed=2))
