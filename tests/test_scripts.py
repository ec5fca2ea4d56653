"""Scripts and notebooks run as a newcomer would run them."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from metrogis.landscape.landcover import CORINE

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


# those that compute most take minutes together: with the other long tests
LONG_NOTEBOOKS = ("01", "02", "03", "04", "06")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, marks=pytest.mark.long if path.stem[:2] in LONG_NOTEBOOKS else (), id=path.stem
        )
        for path in NOTEBOOKS
    ],
)
def test_notebook_runs_from_any_folder(path, tmp_path) -> None:
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "commit notebooks without outputs"
    lines = sum(len(c.source.splitlines()) for c in book.cells if c.cell_type == "code")
    assert lines <= 120
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    html = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in book.cells
        for output in cell.get("outputs", [])
    )
    assert "leaflet" in html.lower()
    assert "nieznan" in str(book)


def _texts(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        yield "".join(cell["source"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_notebook_looks_for_the_repository(path) -> None:
    for text in _texts(path):
        assert ".cwd(" not in text
        assert '"layers/' not in text  # metropolises that are shipped are opened by their names


def test_classes_of_corine_are_those_that_its_rasters_hold() -> None:
    """The files hold numbers 1 to 44 in the order of the codes; 1xx are artificial surfaces."""
    artificial = [n for n, code in enumerate(sorted(c for c in CORINE if c > 100), 1) if code < 200]
    blocks = [
        tomllib.loads(block)
        for path in NOTEBOOKS
        for text in _texts(path)
        for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    ]
    named = [
        values["built_up_values"]
        for block in blocks
        for values in block.get("parameters", {}).values()
        if "built_up_values" in values and block["layers"]["built_up"]["path"].startswith("clc")
    ]
    assert named == [artificial]


@pytest.mark.long
def test_compare_years(project, shared, tmp_path) -> None:
    out = tmp_path / "change.csv"
    data = shared / "data/som"
    done = subprocess.run(
        [sys.executable, "scripts/compare.py", "layers/som", data, data, "-o", out],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "METROGIS_CACHE": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 5
    assert {float(row["change"] or 0) for row in rows} == {0.0}


@pytest.mark.long
def test_publish_all_goes_on_after_a_failure(project, shared, tmp_path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "scripts/publish_all.py",
            "layers/nowhere",
            f"layers/som={shared / 'data/som'}",
            "-o",
            tmp_path,
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no such catalog" in done.stderr
    assert (tmp_path / "som/index.html").is_file()


def _atlas(folder: Path, **changes: object) -> Path:
    (folder / "downloads").mkdir(parents=True)
    content = {"version": "1", "checks": {"a": {"figures": {"n": 1.0, "m": [1, None]}}}, **changes}
    (folder / "atlas.json").write_text(json.dumps(content))
    (folder / "downloads" / "a.csv").write_text("x,y\n1,2\n")
    return folder


def test_compare_atlases_tells_every_kind_of_difference(project, tmp_path) -> None:
    spec = importlib.util.spec_from_file_location(
        "compare_atlases", project / "scripts" / "compare_atlases.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    one, same = _atlas(tmp_path / "one"), _atlas(tmp_path / "same", version="2")
    assert list(module.differences(one, same)) == []  # the version may differ
    other = _atlas(tmp_path / "other", checks={"a": {"figures": {"n": 1.5, "m": [1, 0]}}})
    (other / "downloads" / "a.csv").write_text("x,y\n1,3\n")
    (other / "downloads" / "b.csv").write_text("")
    found = list(module.differences(one, other))
    assert [line.split(" -> ")[0] for line in found[:2]] == [
        "atlas.json: checks: a: figures: n: 1.0",
        "atlas.json: checks: a: figures: m[1]: None",  # unknown is not 0
    ]
    assert found[2].startswith("downloads/b.csv: only in")
    assert found[3] == "downloads/a.csv: line 2: 1,2 -> 1,3"


@pytest.mark.long
def test_from_an_empty_folder_services_give_the_atlas_of_the_files(project, tmp_path) -> None:
    """Catalog, layers and atlas by three commands, against servers of official form on loopback."""
    done = subprocess.run(
        [sys.executable, project / "scripts/from_services.py", tmp_path / "run",
         "--municipalities", "6", "--people", "60000"],
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert done.stdout.rstrip().endswith("the same numbers")
