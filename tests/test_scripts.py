"""Scripts and notebooks run as a newcomer would run them."""

from __future__ import annotations

import csv
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


@pytest.mark.slow
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


@pytest.mark.slow
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
