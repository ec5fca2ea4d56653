"""Publications of anybody: whatever a file says, a state or one clear error, and no file beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hand_made import CODES, result

import metrogis as mg
from metrogis.comparison import as_json, read, state_of
from metrogis.errors import ParameterError, PublishError, SourceError


def published(folder: Path, *, codes: list[str] | None = None, **given: Any) -> Path:
    """Write what an atlas says of itself, without outlines."""
    folder.mkdir(parents=True, exist_ok=True)
    state = as_json(state_of([result(codes, **given)], name="own"))
    content = {"generator": "metrogis", "files": ["atlas.json"], "state": state}
    (folder / "atlas.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def changed(folder: Path, change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Path:
    path = published(folder) / "atlas.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    state = content["state"]
    change(state, state["checks"]["by_hand"])
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda s, c: s["checks"].update({"../../../evil": c}),
        lambda s, c: s["checks"].update({"": c}),
        lambda s, c: c["measures"].update({"a/b": c["measures"]["form"]}),
        lambda s, c: s.update(checks=5),
        lambda s, c: s.update(checks=["by_hand"]),
        lambda s, c: s.update(municipalities=None),
        lambda s, c: s["municipalities"][1].update(teryt=CODES[0]),
        lambda s, c: s["municipalities"][0].update(name="half \ud800 a letter"),
        lambda s, c: s.update(title={"en": 5}),
        lambda s, c: c.update(direction="9.9"),
        lambda s, c: c.update(known=[1.0]),
        lambda s, c: c.update(parameters=3),
        lambda s, c: c["inputs"]["people"].pop("form"),
        lambda s, c: c["measures"]["form"].update(digits="x"),
        lambda s, c: c["measures"]["form"].update(digits=400),
        lambda s, c: c["measures"]["form"].update(digits=True),
        lambda s, c: c["measures"]["form"].update(kind="text"),
        lambda s, c: c["measures"]["form"].update(good="sideways"),
        lambda s, c: c["measures"]["form"].update(values=["many", 1, 2]),
    ],
)
def test_a_state_that_no_program_of_this_package_wrote_is_one_error(
    tmp_path: Path, change: Any
) -> None:
    with pytest.raises(SourceError) as error:
        read(changed(tmp_path / "own", change))
    assert error.value.remedy is not None
    assert error.value.place is not None


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"state"', "[1]", "\ufeff{}"])
def test_a_broken_file_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "atlas.json").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError):
        read(tmp_path)


def test_unknown_knowledge_is_none(tmp_path: Path) -> None:
    place = changed(tmp_path / "own", lambda s, c: c.update(known=[None, 1.0, 0.5]))
    assert read(place).checks["by_hand"].known.tolist() == [0.0, 1.0, 0.5]


def test_states_without_a_common_municipality_are_one_error(tmp_path: Path) -> None:
    own = published(tmp_path / "own")
    other = published(tmp_path / "other", codes=["0611011", "0612022"])
    with pytest.raises(ParameterError, match="no municipality in common"):
        mg.compare(own, other)
    one = published(tmp_path / "one", codes=["0611011", CODES[0]])
    table = mg.compare(own, one).table.set_index(["teryt", "measure"])
    assert table.loc[(CODES[0], "form"), "verdict"] == "same"
    assert table.loc[("0611011", "form"), "reason"] == "boundary"
    # no outlines: nothing is said of whose land it is
    assert "outlines" in table.loc[("0611011", "form"), "detail"].en


@pytest.mark.parametrize("aim", ["old", "new", "third"])
def test_a_comparison_never_takes_the_place_of_an_atlas(tmp_path: Path, aim: str) -> None:
    old, new, _third = (published(tmp_path / name) for name in ("old", "new", "third"))
    before = (tmp_path / aim / "atlas.json").read_bytes()
    with pytest.raises(PublishError, match="former comparison"):
        mg.compare(old, new).publish(tmp_path / aim, languages=["en"])
    assert [p.name for p in (tmp_path / aim).iterdir()] == ["atlas.json"]
    assert (tmp_path / aim / "atlas.json").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "old", "third"]


@pytest.mark.parametrize("text", ["", "old\n2211021\n", "\n\n", "\xff\xfe\x00"])
def test_a_table_of_codes_that_is_none_is_one_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ParameterError, match="codes") as error:
        mg.compare(result(), result(), codes=path)
    assert error.value.remedy is not None
