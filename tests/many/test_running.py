"""A run over many metropolises: whole or declared not so, gone on with after it was ended."""

from __future__ import annotations

import json

import pytest

import metrogis as mg
from metrogis import bound
from metrogis.errors import CatalogError, ParameterError, PublishError
from metrogis.many import manifest, running, worker
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


@pytest.mark.long
@pytest.mark.parametrize("ends", [1, 3, 5, 8])
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


def test_a_worker_that_outlives_a_run_reads_what_changed_since(layers) -> None:
    one = layers / "m1"
    kept = worker._bench
    mg.run_many([one], output=layers.parent / "public", checks=CHECKS)
    flows = one / "od.csv"
    flows.write_text(flows.read_text() + "0")
    counted = len(InTurn.done)
    done = mg.run_many([one], output=layers.parent / "public", checks=CHECKS)
    assert worker._bench is kept
    assert ("m1", "functional_links") in InTurn.done[counted:]
    assert done.complete


def test_a_worker_of_another_program_does_nothing(layers, monkeypatch) -> None:
    monkeypatch.setattr(running, "program", lambda: "another")
    done, output = _run(layers)
    assert not done.complete
    errors = {t["error"]["en"] for t in _manifest(output)["tasks"]}
    assert len(errors) == 1
    assert "another version of the program" in errors.pop()


def test_an_answer_that_was_damaged_is_computed_again_when_it_is_published(layers) -> None:
    _run(layers)
    (path,) = (layers.parent / "cache" / "results").glob("m1-*/functional_links.answer")
    path.write_bytes(path.read_bytes()[:-5])  # what is said of it is whole
    catalog = layers / "m1" / "catalog.toml"
    catalog.write_text(catalog.read_text().replace("Metropolis m1", "Greater m1"))
    done, output = _run(layers)
    assert done.complete
    assert json.loads((output / "metros" / "m1" / "atlas.json").read_text()) == ["functional_links"]
    task = done.tasks["m1", "functional_links"]
    assert (task["state"], task.get("reused", False)) == ("done", False)


def test_faults_of_two_folders_hide_no_metropolis(layers) -> None:
    # m1 is the id of another folder; the catalog in the folder m1 is broken
    (layers / "z").mkdir()
    for file in (layers / "m1").iterdir():
        (layers / "z" / file.name).write_bytes(file.read_bytes())
    (layers / "m1" / "catalog.toml").write_text("[metro\n")
    with (layers / "m2" / "catalog.toml").open("a") as file:
        file.write("[parameters.no_such_check]\na = 1\n")
    done, output = _run(layers)
    assert not done.complete
    states = {m["metro"]: m["state"] for m in _manifest(output)["metros"]}
    assert states == {"m0": "done", "m1": "done", "m1 (2)": "failed", "m2": "failed"}


def test_a_file_that_is_not_there_costs_its_checks(layers) -> None:
    (layers / "m1" / "od.csv").unlink()
    done, output = _run(layers)
    assert {m["metro"]: m["state"] for m in _manifest(output)["metros"]} == {
        "m0": "done", "m1": "failed", "m2": "done",
    }  # fmt: skip
    assert not done.complete


def test_an_atlas_of_a_former_run_is_named_and_left(layers) -> None:
    _done, output = _run(layers)
    assert _manifest(output)["former"] == []
    for file in (layers / "m1").iterdir():
        file.unlink()
    (layers / "m1").rmdir()
    done, output = _run(layers, languages=["pl"])
    assert done.complete
    assert _manifest(output)["former"] == ["m1"]
    assert (output / "metros" / "m1" / "atlas.json").is_file()
    assert "m1" not in (output / "pl" / "index.html").read_text(encoding="utf-8")
    # a start page in a language that is no longer asked for would tell of the former run
    assert not (output / "en" / "index.html").exists()


@pytest.mark.parametrize(
    "what", ["another atlas", pytest.param("ended in the middle", marks=pytest.mark.long)]
)
def test_an_atlas_that_is_not_the_one_published_before_is_published_again(layers, what) -> None:
    _done, output = _run(layers)
    if what == "another atlas":
        (output / "metros" / "m1" / "atlas.json").write_text("[]")
    else:
        catalog = layers / "m1" / "catalog.toml"
        said = catalog.read_text()
        catalog.write_text(said.replace("Metropolis m1", "Greater m1"))

        def ended(atlas, directory, **options):
            _marker(atlas, directory)
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(bound._functions, "publish", ended)
            with pytest.raises(KeyboardInterrupt):
                _run(layers)
        catalog.write_text(said)
    counted = len(InTurn.done)
    _run(layers)
    assert ("m1", PUBLISH) in InTurn.done[counted:]


def test_two_runs_do_not_write_into_one_folder(layers) -> None:
    output = layers.parent / "public"
    with manifest.alone(output):
        with pytest.raises(PublishError, match="(?i)another run writes into this folder"):
            _run(layers)
        assert list(output.iterdir()) == []
    # what a run that was killed at its beginning left is no one else's
    (output / ".manifest.json.left").mkdir()
    assert _run(layers)[0].complete


def test_a_run_without_its_start_page_is_not_complete(layers, monkeypatch) -> None:
    def full(*arguments):
        raise PublishError("no room")

    with monkeypatch.context() as patch:
        patch.setitem(bound._functions, "publish_start", full)
        with pytest.raises(PublishError, match="(?i)no room"):
            _run(layers)
    assert _manifest(layers.parent / "public")["complete"] is False


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
