"""Scripts and notebooks run as a newcomer would run them."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path, project) -> None:
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "commit notebooks without outputs"
    lines = sum(len(c.source.splitlines()) for c in book.cells if c.cell_type == "code")
    assert lines <= 120
    NotebookClient(
        book, timeout=300, resources={"metadata": {"path": str(project / "notebooks")}}
    ).execute()
    html = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in book.cells
        for output in cell.get("outputs", [])
    )
    assert "leaflet" in html.lower()
    assert "nieznan" in str(book)


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
