"""Building: the same bytes twice, nothing overwritten, nothing half-written."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import geopandas as gpd
import pytest

from metrogis import demo, parallel
from metrogis.demo import writing
from metrogis.errors import ParameterError

SMALL = {"municipalities": 6, "people": 40_000}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.build(tmp_path_factory.mktemp("small") / "a", **SMALL)


def test_same_seed_same_bytes(small: Path, tmp_path: Path) -> None:
    again = digests(demo.build(tmp_path / "elsewhere", **SMALL))
    assert again == digests(small)
    assert len(again) > 30


def test_what_a_library_counts_does_not_show_in_a_geopackage(small: Path, tmp_path: Path) -> None:
    """The header of SQLite counts commits and names its version: both are fixed, and it opens."""
    found = sorted(small.glob("*.gpkg"))
    assert len(found) > 5
    for path in found:
        head = path.read_bytes()[:100]
        assert head[24:28] == head[92:96] == (1).to_bytes(4, "big")
        assert head[96:100] == (3_040_000).to_bytes(4, "big")
        base = sqlite3.connect(path)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        base.close()
    frame = gpd.read_file(small / "municipalities.gpkg")
    once, twice = tmp_path / "once.gpkg", tmp_path / "twice.gpkg"
    writing.write_gpkg(once, {"a": frame})
    writing.write_gpkg(twice, {"a": frame})
    base = sqlite3.connect(twice)
    for number in range(3):  # as a library that commits more often
        base.execute(f"CREATE TABLE extra{number} (a)")
        base.execute(f"DROP TABLE extra{number}")
        base.commit()
    base.execute("VACUUM")
    base.close()
    writing._settle_header(twice)
    assert twice.read_bytes()[:40] == once.read_bytes()[:40]


@pytest.mark.long
def test_same_bytes_in_one_process(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    assert digests(demo.build(tmp_path / "alone", **SMALL)) == digests(small)


@pytest.mark.long
def test_another_seed_is_another_place(small: Path, tmp_path: Path) -> None:
    other = digests(demo.build(tmp_path / "b", 6, 40_000, 2))
    first = digests(small)
    fixed = ("school_holidays", "land_cover_classes", "model_compatibility")
    changing = [n for n in first if not n.startswith(fixed)]
    changing = [n for n in changing if not n.startswith("gbfs/") or "station" in n]
    assert all(other.get(n) != first[n] for n in changing)


def test_replaces_an_older_demo_whole(small: Path) -> None:
    before = digests(small)
    (small / "left over.txt").write_text("old")
    demo.build(small, **SMALL)
    assert digests(small) == before


def test_refuses_a_folder_with_something_else(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("three years of work")
    with pytest.raises(ParameterError, match="not a demo") as error:
        demo.build(mine)
    assert "nie jest metropolią demo" in error.value.text.pl
    assert (mine / "thesis.txt").read_text() == "three years of work"
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ParameterError):
        demo.build(file)
    assert file.read_text() == "x"


@pytest.mark.parametrize(
    "bad",
    [
        {"municipalities": 2},
        {"people": 10},
        {"seed": -1},
        {"size": "XXL"},
        {"municipalities": 7, "people": 1_000_000},
        {"municipalities": 200},
    ],
)
def test_refuses_numbers_out_of_range(tmp_path: Path, bad: dict) -> None:
    with pytest.raises(ParameterError):
        demo.build(tmp_path / "demo", **bad)
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_give_no_metropolis_are_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise IndexError("index -9999 is out of bounds")

    monkeypatch.setattr(demo, "make_world", no_room)
    with pytest.raises(ParameterError, match="another seed") as error:
        demo.build(tmp_path / "demo", **SMALL, seed=5)
    assert "seed=5" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_leaves_nothing_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(world: object, folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(demo, "write_all", broken)
    with pytest.raises(OSError, match="disk full"):
        demo.build(tmp_path / "demo", **SMALL)
    assert list(tmp_path.iterdir()) == []
