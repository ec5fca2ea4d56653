"""The README tells the truth: its example gives its output, its table lists every check."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pytest

from metrogis.checks.registry import CHECKS


@pytest.fixture
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


def test_example_gives_the_printed_output(readme, project, shared) -> None:
    code, output = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", readme, re.S).groups()
    assert len([line for line in code.splitlines() if line.strip()]) <= 8
    assert "../shared" in code
    code = code.replace("../shared", str(shared))
    printed = io.StringIO()
    before = Path.cwd()
    os.chdir(project)
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), {})
    finally:
        os.chdir(before)
    assert printed.getvalue() == output


def test_every_check_is_in_the_table(readme) -> None:
    for check in CHECKS:
        row = re.search(rf"^\| {check.direction} \| `{check.id}` \| (.+?) \|", readme, re.M)
        assert row is not None, check.id
        assert row.group(1) == check.question.en


def test_catalog_example_is_valid(readme, tmp_path) -> None:
    from metrogis.catalog import read_catalog

    text = re.search(r"```toml\n(.*?)```", readme, re.S).group(1)
    path = tmp_path / "catalog.toml"
    path.write_text(re.sub(r"^   ", "", text, flags=re.M), encoding="utf-8")
    assert set(read_catalog(path).layers) == {"municipalities", "od_flows", "corridors"}


def test_pictures_and_files_named_exist(readme, project) -> None:
    for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme):
        assert (project / target).is_file(), target
    for target in re.findall(r"`((?:notebooks|layers)/[\w./]+\.\w+)`", readme):
        assert (project / target).is_file(), target
