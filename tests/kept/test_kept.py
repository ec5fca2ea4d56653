"""Answers that are kept are used again while nothing they depend on has changed, and only then."""

from __future__ import annotations

import json
import os
import pickle
import shutil

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from metrogis import open_metro, run
from metrogis.errors import PublishError
from metrogis.kept import Keeping, Store, inputs
from metrogis.kept.answering import DONE, UNCHANGED

CATALOG = """
[metro]
id = "small"
name = "Small"
{metro}
[parameters.functional_links]
{parameters}
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.od_flows]
driver = "table"
path = "od.csv"
licence = "CC0"
attribution = "me"
date = "2024"
{flows}
[layers.population_municipal]
driver = "table"
path = "people.csv"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.cycle_routes]
missing = "none at hand"
"""
CODES = ["2261011", "2262011", "2264011"]


def _catalog(folder, metro="", parameters='core = ["2262011"]', flows="") -> None:
    text = CATALOG.format(metro=metro, parameters=parameters, flows=flows)
    (folder / "catalog.toml").write_text(text)


def _flows(folder, more=0) -> None:
    rows = [f"{a},{b},{10 + i + 3 * j}" for i, a in enumerate(CODES) for j, b in enumerate(CODES)]
    rows[1] = f"{rows[1]}{more or ''}"
    (folder / "od.csv").write_text("origin,destination,flow\n" + "\n".join(rows))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    boxes = [shapely.box(470000 + 5000 * i, 720000, 475000 + 5000 * i, 725000) for i in range(3)]
    made = tmp_path / "small"
    made.mkdir()
    gpd.GeoDataFrame({"teryt": CODES, "name": ["A", "B", "C"]}, geometry=boxes, crs=2180).to_file(
        made / "m.gpkg"
    )
    people = "\n".join(f"{code},{9000 + i}" for i, code in enumerate(CODES))
    (made / "people.csv").write_text(f"teryt,population\n{people}\n")
    _flows(made)
    _catalog(made)
    return made


def _run(folder, store=None, **parameters):
    """Run the one check that can be run; return the atlas, and whether it was computed anew."""
    told = []
    atlas = run(
        open_metro(folder, data=folder),
        checks=["functional_links"],
        parameters={"functional_links": parameters} if parameters else None,
        progress=lambda check, what: told.append(what),
        store=store or Store(),
    )
    assert told[-1] in (DONE, UNCHANGED)
    return atlas, told[-1] == DONE


def test_an_unchanged_answer_is_not_computed_again_and_is_the_same(folder) -> None:
    first, computed = _run(folder)
    assert computed
    second, computed = _run(folder)
    assert not computed
    a, b = first["functional_links"], second["functional_links"]
    assert a.figures == b.figures
    assert a.audit == b.audit
    assert a.provenance == b.provenance
    for name, table in a.tables.items():
        assert_geodataframe_equal(table, b.tables[name])
    assert first.computed == second.computed
    # what was not read this time is in the table of layers all the same
    for atlas in (first, second):
        states = atlas.layers.set_index("layer")
        assert states.loc["od_flows", "rows"] == 9
    # layers are read when they are asked for
    assert len(b.inputs["od_flows"]) == 9


CHANGES = {
    "bytes of a file": lambda f: _flows(f, more=5),
    "a parameter of the catalog": lambda f: _catalog(f, parameters='core = ["2261011"]'),
    "what the catalog says of a layer": lambda f: _catalog(f, flows='encoding = "cp1250"'),
    "the area that layers must meet": lambda f: _catalog(f, metro="densest = 9000"),
    "a file beside the one that is named": lambda f: (f / "m.gpkg-journal").write_bytes(b""),
}
NO_CHANGES = {
    "nothing": lambda f: None,
    "a layer that the check does not ask for": lambda f: (f / "catalog.toml").write_text(
        (f / "catalog.toml").read_text().replace("none at hand", "still none")
    ),
    "the time of a file": lambda f: os.utime(f / "od.csv", (1, 1)),
    "the name of the metropolis": lambda f: (f / "catalog.toml").write_text(
        (f / "catalog.toml").read_text().replace('name = "Small"', 'name = "Tiny"')
    ),
    "parameters of another check": lambda f: (f / "catalog.toml").write_text(
        (f / "catalog.toml").read_text() + "\n[parameters.white_spots]\nbus_walk_limit = 400\n"
    ),
}


@pytest.mark.parametrize("change", [*CHANGES, *NO_CHANGES])
def test_what_an_answer_depends_on_decides_whether_it_is_computed_again(folder, change) -> None:
    _run(folder)
    {**CHANGES, **NO_CHANGES}[change](folder)
    assert _run(folder)[1] is (change in CHANGES)
    assert _run(folder)[1] is False


def test_given_parameters_the_program_and_third_party_checks_count(folder, monkeypatch) -> None:
    _run(folder)
    assert _run(folder, core=["2264011"])[1]
    assert not _run(folder, core=["2264011"])[1]
    monkeypatch.setattr(inputs, "program", lambda: "another version")
    assert _run(folder, core=["2264011"])[1]


@pytest.mark.parametrize("name", ["table.csv", "words.po", "module.py"])
def test_every_file_of_a_program_counts_but_what_is_made_of_modules(tmp_path, name) -> None:
    (tmp_path / "__pycache__").mkdir()
    first = inputs._of_folder(tmp_path)
    (tmp_path / "__pycache__" / "module.pyc").write_text("made")
    assert inputs._of_folder(tmp_path) == first
    (tmp_path / name).write_text("changed")
    assert inputs._of_folder(tmp_path) != first


def test_versions_are_those_of_all_libraries_that_are_always_needed() -> None:
    names = {item.split()[0] for item in inputs._versions("metrogis")}
    assert {"numba", "holidays", "numpy", "lxml"} <= names
    assert "pytest" not in names


@pytest.mark.parametrize("read_first", [True, False])
def test_files_that_change_after_they_were_read_make_no_answer(folder, read_first) -> None:
    metro = open_metro(folder, data=folder)
    keeping = Keeping(metro, Store())
    if read_first:
        metro.get("od_flows")
    else:
        keeping.hashes.layer("od_flows")
    _flows(folder, more=5)
    from metrogis.checks import registry
    from metrogis.kept import answer

    check = registry.get("functional_links")
    found = answer(metro, check, {}, tell=lambda name, what: None, keeping=keeping)
    assert found.result is None
    assert "changed after they were read" in found.error.text.en
    assert keeping.store.entry(metro, check.id) is None
    assert _run(folder)[1]


@pytest.mark.parametrize("how", ["others may write it", "a link"])
def test_an_answer_that_others_may_have_written_is_not_read(folder, tmp_path, how) -> None:
    _run(folder)
    path = Store().path(open_metro(folder, data=folder), "functional_links")
    assert path.stat().st_mode & 0o777 == 0o600
    if how == "a link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.chmod(0o620)
    assert _run(folder)[1]


def test_a_layer_that_another_one_asked_for_counts(folder) -> None:
    metro = open_metro(folder, data=folder)
    metro.get("population_municipal")
    # its numbers are compared with areas: reading it read the boundaries
    assert metro.read_with(["population_municipal"]) == {"population_municipal", "municipalities"}
    assert metro.read_with(["od_flows", "no_such_layer"]) >= {"od_flows", "no_such_layer"}


def _damage(path, how) -> None:
    content = path.read_bytes()
    head, _newline, body = content.partition(b"\n")
    changed = {
        "cut": content[:-10],
        "empty": b"",
        "not JSON": b"{" + content,
        "another schema": head.replace(b'"schema": 1', b'"schema": 0') + b"\n" + body,
        "a bit": content[:-10] + bytes([content[-10] ^ 1]) + content[-9:],
        "of another program": head + b"\n" + pickle.dumps({"not": "ours"}),
    }
    path.write_bytes(changed[how])


@pytest.mark.parametrize(
    "how", ["cut", "empty", "not JSON", "another schema", "a bit", "of another program"]
)
def test_a_damaged_answer_is_computed_again(folder, how) -> None:
    first, _computed = _run(folder)
    metro = open_metro(folder, data=folder)
    _damage(Store().path(metro, "functional_links"), how)
    again, computed = _run(folder)
    assert computed
    assert again["functional_links"].figures == first["functional_links"].figures


def test_answers_lie_in_a_folder_of_their_own_and_in_no_published_one(folder, tmp_path) -> None:
    store = Store(tmp_path / "work")
    _run(folder, store)
    metro = open_metro(folder, data=folder)
    path = store.path(metro, "functional_links")
    assert path.is_file()
    assert path.parent.stat().st_mode & 0o077 == 0
    head = json.loads(path.read_bytes().split(b"\n")[0])
    assert set(head["entry"]["trace"]["layers"]) >= {"municipalities", "od_flows"}
    # another folder with the same id is another metropolis
    other = shutil.copytree(folder, tmp_path / "other")
    assert store.path(open_metro(other, data=other), "functional_links") != path


def test_an_answer_that_cannot_be_kept_is_an_error_with_a_remedy(folder, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PublishError, match="cannot be kept.*--work"):
        _run(folder, Store(tmp_path / "file" / "work"))


def test_a_failed_check_is_tried_again(folder) -> None:
    (folder / "od.csv").write_text("nothing of use\n")
    metro = open_metro(folder, data=folder)
    assert run(metro, checks=["functional_links"], store=Store()).failed
    keeping = Keeping(metro, Store())
    from metrogis.checks import registry

    assert keeping.unchanged(registry.get("functional_links"), {}) is None
    _flows(folder)
    assert _run(folder)[1]
