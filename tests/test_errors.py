from __future__ import annotations

import inspect

import pytest

from metrogis import errors
from metrogis.texts import Text

ALL = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, ValueError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_a_metrogis_error_and_a_value_error(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.MetrogisError)
    assert issubclass(kind, ValueError)


def test_message_names_layer_place_and_remedy_in_both_languages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = errors.SourceError(
        Text("brak pliku.", "file is missing."),
        layer="stops",
        place="a.csv",
        remedy=Text("podaj --data", "give --data"),
    )
    assert str(error) == "layer 'stops', a.csv: file is missing. Remedy: give --data."
    monkeypatch.setenv("METROGIS_LANG", "pl")
    assert str(error) == "warstwa 'stops', a.csv: brak pliku. Rada: podaj --data."


def test_message_without_layer_starts_with_a_capital() -> None:
    assert str(errors.MetrogisError("nothing to do")) == "Nothing to do."


@pytest.mark.parametrize(
    ("place", "polish"),
    [
        ("plan.gml, line 7", "plan.gml, wiersz 7"),
        ("row 3", "wiersz 3"),
        ("schema Stops", "schemat Stops"),
        ("online 7.csv", "online 7.csv"),
        ("line.gml", "line.gml"),
    ],
)
def test_words_of_places_are_in_the_language_of_the_message(place, polish) -> None:
    text = errors.MetrogisError("x", layer="l", place=place).text
    assert f"'l', {polish}: x." in text.pl
    assert f"'l', {place}: x." in text.en
