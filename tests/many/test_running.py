"""A run over many metropolises: whole or declared not so, gone on with after it was ended."""

from __future__ import annotations

import json

import pytest

import metrogis as mg
from metrogis import bound
from metrogis.errors import CatalogError, ParameterError, PublishError
from metrogis.many import running, worker
from metrogis.many.schedule import PUBLISH

CHECKS = ["functional_links", "cycle_network"]


class InTurn:
    """A worker of this process, so that tests need no others; ``ends`` after so many tasks."""

    ends: int | None = None
    done: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, count, memory) -> None:
        self.task = None

    def workers(self):
        return ["here"]

    def send(self, name, task) -> None:
        self.task = json.loads(json.dumps(task))  # tasks are plain values

    def wait(self):
        if InTurn.ends is not None and len(InTurn.done) >= InTurn.ends:
            raise KeyboardInterrupt
        record = json.loads(json.dumps(worker.perform(self.task)))
        if not record.get("reused"):
            InTurn.done.append((self.task["metro"], self.task.get("check", PUBLISH)))
        return [("here", record)]

    def close(self, *, at_once=False) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def in_turn(monkeypatch):
    """Work in this process, and publish a marker instead of pages."""
    monkeypatch.setattr(InTurn, "ends", None)
    monkeypatch.setattr(InTurn, "done", [])
    monkeypatch.setattr(running, "Processes", InTurn)
    monkeypatch.setattr(worker, "_bench", worker._Bench())
    monkeypatch.setitem(bound._functions, "publish", _marker)


def _marker(atlas, directory, **options):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "atlas.json").write_text(json.dumps(sorted(atlas.results)))
    return directory / "index.html"


def _run(layers, **options):
    output = layers.parent / "public"
    return mg.run_many(running.catalogs_in(layers), output=output, checks=CHECKS, **options), output


def _manifest(output):
    return json.loads((output / "manifest.json").read_text(encoding="utf-8"))


def test_a_run_is_complete_and_its_manifest_says_what_it_stands_on(layers) -> None:
    told = []
    done, output = _run(layers, progress=lambda metro, what: told.append((metro, what.en)))
    assert done.complete
    said = _manifest(output)
    assert said["schema"] == 1
    assert said["complete"] is True
    tasks = {(t["metro"], t["check"]): t for t in said["tasks"]}
    assert set(tasks) == {(f"m{i}", check) for i in range(3) for check in CHECKS}
    one = tasks["m1", "functional_links"]
    assert one["state"] == "done"
    assert set(one["inputs"]) >= {"municipalities", "od_flows", "population_municipal"}
    assert (one["rows_in"], one["seconds"] > 0, one["peak_mb"] > 1) == (12, True, True)
    assert one["rows_out"] > 0
    skipped = tasks["m1", "cycle_network"]
    assert (skipped["state"], skipped["layer"]) == ("skipped", "cycle_routes")
    assert skipped["error"]["en"] == "none at hand"
    assert [name for name, _what in told] == ["m0", "m1", "m2"]  # a line a metropolis
    assert "1 answer (0 unchanged), 1 without data, 0 failed" in told[0][1]
    for i in range(3):
        assert (output / "metros" / f"m{i}" / "atlas.json").is_file()


@pytest.mark.parametrize("ends", [3, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 5, 8))])
def test_a_run_that_was_ended_is_declared_incomplete_and_gone_on_with(
    layers, monkeypatch, ends
) -> None:
    monkeypatch.setattr(InTurn, "ends", ends)
    with pytest.raises(KeyboardInterrupt):
        _run(layers)
    output = layers.parent / "public"
    assert _manifest(output)["complete"] is False
    states = [t["state"] for t in _manifest(output)["tasks"]]
    assert states.count("done") + states.count("skipped") == 6 - states.count("pending") > 0
    monkeypatch.setattr(InTurn, "ends", None)
    before = list(InTurn.done)
    done, output = _run(layers)
    assert done.complete
    again = InTurn.done[len(before) :]
    # what was answered is not computed again, what was published not published again
    computed = {task for task in before if task[1] == "functional_links"}
    published = {task for task in before if task[1] == PUBLISH}
    assert not (computed | published) & set(again)
    # nothing is left to do now
    counted = len(InTurn.done)
    told = []
    done, output = _run(layers, progress=lambda metro, what: told.append(what.en))
    assert [task for task in InTurn.done[counted:] if task[1] != "cycle_network"] == []
    assert told == ["unchanged, published before"] * 3
    assert done.complete


def test_only_what_changed_is_done_again(layers) -> None:
    _run(layers)
    flows = layers / "m1" / "od.csv"
    flows.write_text(flows.read_text() + "0")
    counted = len(InTurn.done)
    _done, output = _run(layers)
    again = [task for task in InTurn.done[counted:] if task[1] != "cycle_network"]
    assert again == [("m1", "functional_links"), ("m1", PUBLISH)]
    # a name is shown, not computed with: the atlas is published, no check is run
    catalog = layers / "m2" / "catalog.toml"
    catalog.write_text(catalog.read_text().replace("Metropolis m2", "Greater m2"))
    counted = len(InTurn.done)
    _run(layers)
    again = [task for task in InTurn.done[counted:] if task[1] != "cycle_network"]
    assert again == [("m2", PUBLISH)]
    assert "Greater m2" in (output / "en" / "index.html").read_text(encoding="utf-8")
    counted = len(InTurn.done)
    _run(layers, fresh=True)
    assert sum(task[1] == "functional_links" for task in InTurn.done[counted:]) == 3


def test_faults_cost_their_own_part_and_the_whole_is_declared_incomplete(layers) -> None:
    (layers / "m0" / "catalog.toml").write_text("[metro\n")
    (layers / "m1" / "od.csv").write_text("nothing of use\n")
    done, output = _run(layers)
    assert not done.complete
    said = _manifest(output)
    assert {m["metro"]: m["state"] for m in said["metros"]} == {
        "m0": "failed", "m1": "failed", "m2": "done",
    }  # fmt: skip
    # an atlas without any answer is not published
    assert "No check could be computed" in next(
        m["error"]["en"] for m in said["metros"] if m["metro"] == "m1"
    )
    failed = [t for t in said["tasks"] if t["state"] == "failed"]
    assert [(t["metro"], t["check"]) for t in failed] == [("m1", "functional_links")]
    assert "od_flows" in failed[0]["error"]["en"]
    page = (output / "en" / "index.html").read_text(encoding="utf-8")
    assert "Not complete" in page
    assert "catalog.toml" in page
    # mended, the rest of the work is done
    flows = (layers / "m2" / "od.csv").read_text()
    (layers / "m1" / "od.csv").write_text(flows)
    catalog = (layers / "m2" / "catalog.toml").read_text()
    (layers / "m0" / "catalog.toml").write_text(catalog.replace("m2", "m0"))
    assert _run(layers)[0].complete


def test_what_cannot_be_asked_is_refused_before_anything_is_computed(layers, tmp_path) -> None:
    with pytest.raises(CatalogError, match="(?i)no folder in it has a catalog"):
        running.catalogs_in(tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="(?i)no metropolis"):
        mg.run_many([], output=tmp_path / "out")
    with pytest.raises(ParameterError, match="(?i)there is no check"):
        mg.run_many([layers / "m0"], output=tmp_path / "out", checks=["nonsense"])
    with pytest.raises(ParameterError, match="(?i)unknown language"):
        mg.run_many([layers / "m0"], output=tmp_path / "out", languages=["xx"])
    with pytest.raises(CatalogError, match="(?i)two metropolises have the id 'm0'"):
        mg.run_many([layers / "m0", layers / "m0"], output=tmp_path / "out")
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("kept")
    with pytest.raises(PublishError, match="(?i)neither empty nor one of many"):
        mg.run_many([layers / "m0"], output=other)
    assert [p.name for p in other.iterdir()] == ["letter.txt"]
    assert InTurn.done == []
