"""Catalogs of messages: whole, in step with the code, and the only place of Polish."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from metrogis import i18n

LANGUAGES = [language for language in i18n.LANGUAGES if language != i18n.ENGLISH]
LETTERS = re.compile("[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ]")
COUNTS = (0, 1, 2, 5, 12, 22, 103)

NAMES = {
    "metrogis/demo",  # names and words of invented data
    "metrogis/schemas/codes.py",  # words that municipal data hold
    "metrogis/checks/shared/seats.py",  # words of the column `seat`
    "metrogis/transit/directions.py",
    "metrogis/transit/stop_places.py",
}
"""Where Polish letters are data."""


@pytest.fixture(scope="module")
def messages(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", project / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


def _forms(text: str) -> list[tuple[str, list[str]]]:
    return [
        (name, spec[7:].split("|"))
        for _before, name, spec in i18n._parsed(text)
        if name is not None and spec.startswith("plural:")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogs_are_whole_and_in_step_with_the_code(messages: ModuleType, language: str) -> None:
    code, catalog = messages.in_code(), messages.read(language)
    wanted = {(m.context, m.id) for m in code if m.id}
    have = {(m.context, m.id) for m in catalog if m.id}
    assert not wanted - have, "not in the catalog: python scripts/messages.py"
    assert not have - wanted, "not in the code any more: python scripts/messages.py"
    assert not catalog.obsolete
    assert not [m.id for m in catalog if m.id and not m.string]
    assert not [m.id for m in catalog if m.fuzzy and m.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_fields_of_their_messages(
    messages: ModuleType, language: str
) -> None:
    for message in messages.read(language):
        if not message.id or message.id.startswith("["):
            continue
        assert set(i18n._fields(message.id)) == set(i18n._fields(message.string)), message.id
        # a number has as many decimals in each language
        specs = [
            {(n, s) for _b, n, s in i18n._parsed(text) if n and not s.startswith("plural:")}
            for text in (message.id, message.string)
        ]
        assert specs[0] == specs[1], message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_nouns_have_a_form_for_each_plural_class(messages: ModuleType, language: str) -> None:
    for message in messages.read(language):
        if not message.id or message.id.startswith("["):
            continue
        for of, text in ((i18n.ENGLISH, message.id), (language, message.string)):
            _rule, classes = i18n._plural_classes(of)
            for name, forms in _forms(text):
                assert len(forms) == len(classes), (of, name, text)
                for count in COUNTS:
                    assert i18n.plural(count, forms, of).strip() or "" in forms, (of, text)


def test_polish_stands_in_the_catalog_alone(project: Path) -> None:
    found = []
    for path in sorted((project / "metrogis").rglob("*.py")):
        place = path.relative_to(project).as_posix()
        if place.startswith(tuple(NAMES)):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documents = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found += [
            f"{place}:{node.lineno}: {node.value[:60]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documents
            and LETTERS.search(node.value)
        ]
    assert not found, "\n".join(found)
