from __future__ import annotations

import pytest

from metrogis.errors import SourceError
from metrogis.sources import files


def test_resolve_stays_inside_the_folder(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert files.resolve(tmp_path, "a.txt", layer="l") == tmp_path / "a.txt"
    for path in ("../a.txt", "/etc/passwd", "sub/../../a.txt"):
        with pytest.raises(SourceError, match="leads out of"):
            files.resolve(tmp_path, path, layer="l")
    with pytest.raises(SourceError, match="layer 'l', b.txt: there is no such file"):
        files.resolve(tmp_path, "b.txt", layer="l")


def test_replacing_leaves_nothing_behind_on_failure(tmp_path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_replacing_a_file_and_a_folder(tmp_path) -> None:
    with files.replacing(tmp_path / "sub" / "a.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "sub" / "a.txt").read_text() == "new"
    for content in ("1", "2"):
        with files.replacing(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / content).write_text(content)
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["2"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "sub"]


def test_settings_key_depends_on_content_not_on_order() -> None:
    assert files.settings_key({"a": 1, "b": 2}) == files.settings_key({"b": 2, "a": 1})
    assert files.settings_key("a") != files.settings_key("b")
