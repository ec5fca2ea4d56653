"""Names from data do no harm on a terminal: no colour, no cursor, no mark-up, no reordering."""

from __future__ import annotations

import json
import unicodedata

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import metrogis as mg
from metrogis.cli import app
from metrogis.cli.terminal import as_json
from metrogis.texts import printable

HOSTILE = "[red]Ł\x1b[2J\x1b]0;pwned\x07\u202eedoc\x9b31m\u2028[/red][link=http://x]\\"

CATALOG = """
[metro]
id = "x"
name = {name}
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = {name}
attribution = {name}
date = "2024"
[layers.{name}]
driver = "table"
path = {name}
licence = {name}
attribution = "me"
date = "2024"
[layers.corridors]
missing = {name}
"""


@given(st.text())
def test_printable_text_holds_nothing_a_terminal_acts_upon(text) -> None:
    shown = printable(text)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown
               if c not in "\n\t")  # fmt: skip
    shown.encode("utf-8")
    assert printable(shown) == shown


@given(st.recursive(st.text() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_json_is_the_same_for_a_program(content) -> None:
    written = as_json(content)
    assert json.loads(written) == content
    assert written == printable(written)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "catalog.toml").write_text(
        CATALOG.format(name=json.dumps(HOSTILE.replace("\x7f", ""))), encoding="utf-8"
    )
    frame = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": [HOSTILE]},
        geometry=[shapely.box(470000, 720000, 475000, 725000)],
        crs=2180,
    )
    frame.to_file(tmp_path / "m.gpkg")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ["layers", "list"],
        ["layers", "list", "--json"],
        ["layers", "check"],
        ["layers", "check", "--json"],
        ["run", "--check", "functional_links"],
        ["run", "--check", "functional_links", "--json"],
        ["run", "--check", HOSTILE],
        ["run", "--check", "functional_links", "--set", HOSTILE],
    ],
    ids=lambda c: " ".join(c)[:30],
)
@pytest.mark.parametrize("language", ["pl", "en"])
def test_no_command_lets_a_name_act(folder, command, language, monkeypatch) -> None:
    monkeypatch.setenv("METROGIS_LANG", language)
    verb = command[:2] if command[0] == "layers" else command[:1]
    rest = command[len(verb) :]
    run = CliRunner().invoke(app, [*verb, str(folder), "--data", str(folder), *rest])
    told = run.output
    assert run.exit_code in (0, 1), told
    assert "\x1b" not in told
    for character in "\x07\x9b\u202e\u2028":
        assert character not in told
    if "--json" not in command:
        assert "pwned" in told
        assert "[red]" in told.replace("\n", "").replace("│", "")


def test_an_error_is_one_plain_line_in_python_too() -> None:
    error = mg.SourceError("a\nb\x1b[2J", layer="l\x1b", place="p\u202e")
    assert "\n" not in str(error)
    assert "\x1b" not in str(error)
    assert "\u202e" not in error.text.pl
