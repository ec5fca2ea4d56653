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

from metrogis.i18n import Text, _, both, default_language, join, pgettext
from metrogis.texts import printable

_PLACE_WORDS = {"line": pgettext("place", "line"), "row": _("row"), "schema": _("schema")}
_PLACE = re.compile(r"\b(line|row)(?= \d)|\bschema(?= [A-Z])")
"""Words of places: all else in them are names and numbers."""


def _place(place: str) -> Text:
    """Return a place with its words in every language; names and numbers stay as they are."""
    parts, end = [], 0
    for word in _PLACE.finditer(place):
        parts += [both(place[end : word.start()]), _PLACE_WORDS[word[0]]]
        end = word.end()
    return join("", [*parts, both(place[end:])])


def _without_stop(text: str) -> str:
    return text.rstrip(".")


def _one_line(text: str) -> str:
    return printable(text).replace("\n", "\\n")


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
        where = [_("layer '{layer}'").fill(layer=self.layer)] if self.layer else []
        where += [_place(self.place)] if self.place else []
        body = self.message.map(_without_stop)
        if where:
            text = _("{place}: {message}.").fill(place=join(", ", where), message=body)
        else:
            text = _("{message}.").fill(message=body.capitalized())
        if self.remedy:
            text += _(" Remedy: {remedy}.").fill(remedy=self.remedy.map(_without_stop))
        return text.map(_one_line)  # names come from data: one line, no codes

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
            message = _(
                "the result of check {check} could not be drawn: a fault of the program ({told})"
            ).fill(check=check, told=told)
        else:
            message = _("check {check} stopped on a fault of the program ({told})").fill(
                check=check, told=told
            )
        found = cls(
            message,
            remedy=_("the other checks are done; --debug shows the traceback, please report it"),
        )
        found.__cause__ = error
        return found


class PublishError(MetrogisError):
    """A result cannot be written."""


class ScenarioError(MetrogisError):
    """A change of a scenario is not meant so, or does not fit the layers it is applied to."""
