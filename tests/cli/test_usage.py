"""What the command line says of a wrong call, in the language of the session."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from metrogis.cli import app
from metrogis.validation import problem_of

ENGLISH = re.compile(
    r"\b(such|missing|invalid|input|should|option|argument|usage|try|help for|error|unexpected|"
    r"required|default|show this|commands|arguments|options|requires|must|value)\b",
    re.IGNORECASE,
)
CALLS = [
    (["nosuch"], "nie ma polecenia nosuch; są: atlas, run"),
    (["layers", "nosuch"], "nie ma polecenia nosuch; są: fetch, list, check"),
    (["run"], "brak argumentu LAYERS"),
    (["run", "demo"], "brak opcji --check"),
    (["demo"], "brak opcji -o / --output"),
    (["atlas", "demo", "-o", "x", "--nosuch"], "nie ma opcji --nosuch"),
    (["atlas", "demo", "--outptu", "x"], "nie ma opcji --outptu; podobne: --output"),
    (["demo", "-o", "x", "--seed", "abc"], "zła wartość --seed: powinna być liczba całkowita"),
    (["atlas", "demo", "-o", "x", "--jobs", "0"], "musi być co najmniej 1"),
    (["checks", "a", "b"], "argumenty ponad potrzebę: b"),
    (["run", "demo", "--check"], "opcja --check wymaga wartości"),
    (["layers", "template"], "brak argumentu LAYER"),
]


@pytest.mark.parametrize(("call", "said"), CALLS)
def test_a_wrong_call_is_worded_in_polish(monkeypatch, call, said) -> None:
    monkeypatch.setenv("METROGIS_LANG", "pl")
    found = CliRunner().invoke(app, call)
    assert found.exit_code == 2
    assert said in found.output
    told = re.sub(r"--[\w-]+|[A-Z_\[\]{}.]{2,}", "", found.output)  # names of options stay
    assert not ENGLISH.search(told), found.output


@pytest.mark.parametrize(
    "call", [["--help"], ["layers"], *([name, "--help"] for name in ("atlas", "run", "demo"))]
)
def test_help_is_in_polish_and_in_english_again(monkeypatch, call) -> None:
    monkeypatch.setenv("METROGIS_LANG", "pl")
    polish = CliRunner().invoke(app, call).output
    assert "Opcje" in polish
    for word in ("Usage", "Options", "Commands", "[required]", "Show this"):
        assert word not in polish
    monkeypatch.setenv("METROGIS_LANG", "en")
    english = CliRunner().invoke(app, call).output
    assert "Usage" in english
    assert "Opcje" not in english


@pytest.mark.parametrize(("call", "said"), CALLS)
def test_codes_of_exit_do_not_hang_on_the_language(monkeypatch, call, said) -> None:
    monkeypatch.setenv("METROGIS_LANG", "en")
    assert CliRunner().invoke(app, call).exit_code == 2
    assert CliRunner().invoke(app, ["--version"]).exit_code == 0
    monkeypatch.setenv("METROGIS_LANG", "pl")
    assert CliRunner().invoke(app, ["--version"]).exit_code == 0


@pytest.mark.parametrize(
    "pattern",
    [r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", r"^\d{7}$", "^x+$"],
)
def test_no_pattern_is_shown_to_a_reader(pattern) -> None:
    found = problem_of({"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}})
    assert pattern not in found.pl + found.en
    assert not re.search(r"[\^\\$]|\{\d", found.pl + found.en)
