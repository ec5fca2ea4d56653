"""Every error a user can see.

All are :class:`MetrogisError` and ``ValueError``. A message names what is wrong, in which layer, at
which place, and what to do; it exists in Polish and English (``METROGIS_LANG``).

>>> err = SourceError(Text("brak pliku", "file is missing"), layer="population", place="a.gpkg",
...                   remedy=Text("podaj --data", "give --data"))
>>> print(err.text.en)
layer 'population', a.gpkg: file is missing. Remedy: give --data.
"""

from __future__ import annotations

import re

from metrogis.texts import Text, both, default_language, printable

_PLACE_WORDS = {"line": "wiersz", "row": "wiersz", "schema": "schemat"}
_PLACE = re.compile(r"\b(line|row)(?= \d)|\bschema(?= [A-Z])")
"""Words of places: all else in them are names and numbers."""


class MetrogisError(ValueError):
    """Base of all errors raised by metrogis.

    Parameters
    ----------
    message : Text or str
        What is wrong.
    layer : str, optional
        The layer, table or parameter set it was found in.
    place : str, optional
        Where in it: file, row, id, coordinates.
    remedy : Text or str, optional
        What the user can do about it.
    """

    def __init__(
        self,
        message: Text | str,
        *,
        layer: str | None = None,
        place: str | None = None,
        remedy: Text | str | None = None,
    ) -> None:
        self.message = both(message) if isinstance(message, str) else message
        self.layer = layer
        self.place = place
        self.remedy = both(remedy) if isinstance(remedy, str) else remedy
        super().__init__(self.text.get(default_language()))

    def complete(
        self, *, layer: str | None = None, place: str | None = None, remedy: Text | None = None
    ) -> None:
        """Add layer, place and remedy where the error has none.

        Readers know what is wrong in a file; who calls them knows for which layer.

        Examples
        --------
        >>> error = SourceError("no rows")
        >>> error.complete(layer="stops", place="stops.csv")
        >>> error.text.en
        "layer 'stops', stops.csv: no rows."
        """
        self.layer = self.layer or layer
        self.place = self.place or place
        self.remedy = self.remedy or remedy
        self.args = (self.text.get(default_language()),)

    @property
    def text(self) -> Text:
        """The whole message in both languages."""

        def whole(language: str, layer_word: str, remedy_word: str) -> str:
            place = self.place or ""
            if language == "pl":
                place = _PLACE.sub(lambda word: _PLACE_WORDS[word[0]], place)
            where = [f"{layer_word} '{self.layer}'" if self.layer else "", place]
            head = ", ".join(part for part in where if part)
            body = self.message.get(language).rstrip(".")
            text = f"{head}: {body}." if head else f"{body[:1].upper()}{body[1:]}."
            if self.remedy:
                text += f" {remedy_word}: {self.remedy.get(language).rstrip('.')}."
            return printable(text).replace("\n", "\\n")  # names come from data: one line, no codes

        return Text(pl=whole("pl", "warstwa", "Rada"), en=whole("en", "layer", "Remedy"))

    def __str__(self) -> str:
        return self.text.get(default_language())


class CRSError(MetrogisError):
    """A layer's coordinate reference system is missing, geographic, wrong or differs."""


class SchemaError(MetrogisError):
    """A layer lacks what it must contain: column, type, range, geometry."""


class MissingLayerError(MetrogisError):
    """A layer is declared missing, or not declared at all."""


class SourceError(MetrogisError):
    """A file or service cannot be read."""


class CatalogError(MetrogisError):
    """A catalog file is not valid."""


class ParameterError(MetrogisError):
    """A parameter is unknown or outside its range."""


class CheckError(MetrogisError):
    """A check stopped on something it should have answered: a fault of the program.

    What it stopped on is its ``__cause__``, where it was met in this process.
    """

    @classmethod
    def of(cls, check: str, error: BaseException, *, drawing: bool = False) -> CheckError:
        """Return the error of a check that stopped on a fault of the program.

        Parameters
        ----------
        check : str
            Id.
        error : BaseException
            What it raised; kept as ``__cause__``.
        drawing : bool
            Whether the result was there and could not be drawn.
        """
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if drawing:
            message = Text(
                f"wyniku sprawdzenia {check} nie udało się narysować: błąd programu ({told})",
                f"the result of check {check} could not be drawn: a fault of the program ({told})",
            )
        else:
            message = Text(
                f"sprawdzenie {check} zatrzymało się na błędzie programu ({told})",
                f"check {check} stopped on a fault of the program ({told})",
            )
        found = cls(
            message,
            remedy=Text(
                "pozostałe sprawdzenia są policzone; --debug pokaże ślad, prosimy o zgłoszenie",
                "the other checks are done; --debug shows the traceback, please report it",
            ),
        )
        found.__cause__ = error
        return found


class PublishError(MetrogisError):
    """A result cannot be written."""
