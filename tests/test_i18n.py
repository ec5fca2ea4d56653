from __future__ import annotations

import math
import pickle
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.i18n import Text, _, both, default_language, join, number, percent, plural


@pytest.mark.parametrize(
    ("value", "digits", "pl", "en"),
    [
        (0, 0, "0", "0"),
        (1234, 0, "1\u00a0234", "1,234"),
        (1234567.891, 2, "1\u00a0234\u00a0567,89", "1,234,567.89"),
        (-0.04, 1, "0,0", "0.0"),
        (-1500.5, 1, "-1\u00a0500,5", "-1,500.5"),
        (float("nan"), 1, "brak danych", "no data"),
        (None, 1, "brak danych", "no data"),
        (pd.NA, 1, "brak danych", "no data"),
        (math.inf, 0, "bez granicy", "no limit"),
    ],
)
def test_number(value: object, digits: int, pl: str, en: str) -> None:
    assert number(value, "pl", digits) == pl
    assert number(value, "en", digits) == en


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_number_reads_back(value: float, digits: int) -> None:
    for language, group, mark in (("pl", "\u00a0", ","), ("en", ",", ".")):
        text = number(value, language, digits)
        back = float(text.replace(group, "").replace(mark, "."))
        assert back == pytest.approx(round(value, digits), abs=10.0**-digits)


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (0, "gmin"),
        (1, "gmina"),
        (2, "gminy"),
        (4, "gminy"),
        (5, "gmin"),
        (11, "gmin"),
        (12, "gmin"),
        (14, "gmin"),
        (21, "gmin"),
        (22, "gminy"),
        (112, "gmin"),
        (122, "gminy"),
        (1.5, "gminy"),
    ],
)
def test_polish_plural(n: float, form: str) -> None:
    assert plural(n, ["gmina", "gminy", "gmin"], "pl") == form


def test_fill_writes_numbers_by_language_and_never_zero_for_missing() -> None:
    text = Text("{share:%1} z {people:0} ({who})", "{share:%1} of {people:0} ({who})")
    filled = text.fill(share=0.1234, people=98765, who=Text("Gdańsk", "Danzig"))
    assert filled.pl == "12,3\u00a0% z 98\u00a0765 (Gdańsk)"
    assert filled.en == "12.3% of 98,765 (Danzig)"
    assert Text("{x:1}", "{x:1}").fill(x=float("nan")) == Text("brak danych", "no data")


def test_a_template_cannot_reach_into_objects() -> None:
    with pytest.raises(KeyError):
        Text("{x.__class__}", "{x.__class__}").fill(x=1)


def test_data_with_braces_stays_data() -> None:
    assert Text("{name}", "{name}").fill(name="{people:0} <b>").en == "{people:0} <b>"


def test_a_text_within_a_text_is_filled_from_the_same_values() -> None:
    inner = Text("{n:0} {n:plural:gmina|gminy|gmin}", "{n:0} {n:plural:zone|zones}")
    outer = Text("Razem: {what}.", "Together: {what}.").bind(what=inner)
    assert outer.open_fields() == []  # a pair is whole; what a message leaves open is told
    assert outer.fill(n=5).pl == "Razem: 5 gmin."
    assert (outer + both("!")).fill(n=1).en == "Together: 1 zone.!"


@pytest.mark.parametrize("braces", ["{", "}", "set = { x = 1 }", "{0}", "{}"])
def test_braces_that_are_no_fields_stay(braces: str) -> None:
    text = Text("Rada: {what}", "Remedy: {what}").fill(what=Text(braces, braces))
    assert text.en == f"Remedy: {braces}"
    assert both(braces).fill(x=1).pl == braces


def test_texts_travel_and_compare_by_what_they_say() -> None:
    text = join(", ", [_("unknown"), both("A")]).map(str.upper)
    again = pickle.loads(pickle.dumps(text))
    assert again == text
    assert hash(again) == hash(text)
    assert text == Text("NIEZNANE, A", "UNKNOWN, A")
    assert Text.of(text.forms()) == text
    assert Text.of(["tak", "yes"]) == Text("tak", "yes")  # as former versions kept them


def test_the_language_is_that_of_metrogis_else_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("METROGIS_LANG", raising=False)
    for system, language in (("pl_PL.UTF-8", "pl"), ("C.UTF-8", "en"), ("en_GB", "en"), ("", "en")):
        monkeypatch.setenv("LANG", system)
        assert default_language() == language
    monkeypatch.setenv("METROGIS_LANG", "en")
    monkeypatch.setenv("LANG", "pl_PL.UTF-8")
    assert default_language() == "en"


def test_percent_of_missing_is_not_zero() -> None:
    assert percent(None, "en") == "no data"
    assert re.fullmatch(r"0\.0%", percent(0.0, "en"))


def test_language_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METROGIS_LANG", "pl_PL")
    assert default_language() == "pl"
    assert str(Text("tak", "yes")) == "tak"
    monkeypatch.delenv("METROGIS_LANG")
    monkeypatch.delenv("LANG", raising=False)
    assert default_language() == "en"


@pytest.mark.parametrize(
    ("value", "said"),
    [(51_485.7, "51 486 osób"), (21.6, "22 osoby"), (0.6, "1 osoba"), (1.4, "1 osoba"),
     (4.6, "5 osób"), (2.0, "2 osoby")],
)  # fmt: skip
def test_a_noun_agrees_with_the_number_that_is_written(value: float, said: str) -> None:
    text = Text("{n:0} {n:plural:osoba|osoby|osób}", "{n:0} {n:plural:person|people}").fill(n=value)
    assert text.pl.replace("\xa0", " ") == said
