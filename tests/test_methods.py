"""The methods say what the code does, and whatever the code cites can be opened."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from metrogis import documents
from metrogis.checks import registry
from metrogis.checks.contract import Check, citations

CHECKS = registry.CHECKS
METHODS = documents.read(documents.FILE)
ANCHORS = {heading.anchor for heading in documents.headings(METHODS)}
ADDRESS = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(/\S*)?")


def _script(project: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, project / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cited_by_modules() -> dict[str, citations.Citation]:
    return {k: v for k, v in vars(citations).items() if isinstance(v, citations.Citation)}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_parameter_has_a_source_that_can_be_opened(check: Check) -> None:
    for name, spec in check.parameters.specs().items():
        cited = spec.citation
        assert isinstance(spec.origin, citations.Citation), name
        assert cited.url or cited.section, f"{name}: neither a publication, a law nor a section"
        assert not cited.url or ADDRESS.fullmatch(cited.url), name
        assert not cited.section or cited.section in ANCHORS, f"{name}: {cited.section}"
        assert cited.text.pl
        assert cited.text.en


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_has_its_section_with_its_parameters(check: Check) -> None:
    assert check.section in ANCHORS
    own = METHODS.partition(f"\n<!-- parameters: {check.id} -->\n")[2].partition("<!-- end -->")[0]
    for name in check.parameters.model_fields:
        assert f"| `{name}` |" in own
    before = METHODS.partition(f"<!-- parameters: {check.id} -->")[0]
    assert documents.headings(before)[-1].anchor == check.section


def test_named_citations_lead_somewhere() -> None:
    for name, cited in _cited_by_modules().items():
        assert cited.url or cited.section, name
        assert not cited.section or cited.section in ANCHORS, name


def test_numbers_of_sections_are_those_of_their_anchors() -> None:
    for heading in documents.headings(METHODS):
        assert citations.section_number(heading.anchor) == heading.number
    assert len(ANCHORS) == len(documents.headings(METHODS))  # no address stands for two


def test_links_inside_the_methods_lead_to_sections() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", METHODS)) <= ANCHORS
    numbers = {heading.number for heading in documents.headings(METHODS)}
    assert set(re.findall(r"[Ss]ection (\d(?:\.\d)?)", METHODS)) <= numbers


def test_examples_of_the_methods_are_what_the_code_gives(project: Path) -> None:
    found = doctest.testfile(
        str(project / "docs" / documents.FILE),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE,
    )
    assert found.attempted > 100
    assert found.failed == 0


def test_generated_documents_are_up_to_date(project: Path) -> None:
    for path, text in _script(project, "build_docs").built().items():
        assert path.read_text(encoding="utf-8") == text, f"run scripts/build_docs.py ({path.name})"


def test_polish_methods_have_the_sections_that_are_cited_and_the_same_examples() -> None:
    """A section may be in English only; what checks and parameters cite is in both."""
    polish = documents.read(documents.POLISH)
    numbers = [heading.number for heading in documents.headings(METHODS)]
    own = {heading.number: heading.anchor for heading in documents.headings(polish)}
    assert list(own) == [number for number in numbers if number in own]
    cited = {check.section for check in CHECKS} | {
        spec.citation.section for check in CHECKS for spec in check.parameters.specs().values()
    }
    assert {citations.section_number(anchor) for anchor in cited if anchor} <= set(own)
    assert set(re.findall(r"<!-- parameters: (\w+)", polish)) == {c.id for c in CHECKS}
    code = re.compile(r"^```python\n.*?^```$", re.DOTALL | re.MULTILINE)
    assert set(code.findall(polish)) <= set(code.findall(METHODS))
    assert set(re.findall(r"\]\(#([^)]+)\)", polish)) <= set(own.values())


def _docstrings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [ast.get_docstring(n) or "" for n in ast.walk(tree) if isinstance(n, holders)]


def test_code_cites_nothing_that_the_reader_does_not_have(project: Path) -> None:
    for path in (project / "metrogis").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "METHODS" not in text, path
        for sections in re.findall(
            r"\(methods, (\d(?:\.\d)?)|docs/methods\.md``, section (\d\.\d)", text
        ):
            section = sections[0] or sections[1]
            assert any(h.number == section for h in documents.headings(METHODS)), path


def test_no_placeholders_are_left(project: Path) -> None:
    words = re.compile(r"to be filled|\bTODO\b|\bFIXME\b|\bTBD\b|lorem ipsum", re.IGNORECASE)
    for folder, kinds in (("metrogis", ("*.py", "*.j2")), ("docs", ("*.md",))):
        for kind in kinds:
            for path in (project / folder).rglob(kind):
                assert not words.search(path.read_text(encoding="utf-8")), path
    for path in (project / "metrogis").rglob("*.py"):
        for text in _docstrings(path):
            assert not re.search(r"\bmend(s|ed|ing)?\b", text, re.IGNORECASE), path
