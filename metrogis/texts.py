"""Texts a user reads, in Polish and English, with numbers written as each language writes them.

>>> t = Text(pl="{n:0} {n:plural:gmina|gminy|gmin}", en="{n:0} {n:plural:zone|zones}")
>>> t.fill(n=2).en
'2 zones'
>>> t.fill(n=22).pl
'22 gminy'
>>> number(1234567.891, "en", 1)
'1,234,567.9'
"""

from __future__ import annotations

import math
import os
import string
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Language = Literal["pl", "en"]
LANGUAGES: tuple[Language, ...] = ("pl", "en")

_GROUP = {"pl": "\N{NO-BREAK SPACE}", "en": ","}
_DECIMAL = {"pl": ",", "en": "."}


def default_language() -> Language:
    """Language of messages: ``METROGIS_LANG`` (``pl`` or ``en``), else English."""
    return "pl" if os.environ.get("METROGIS_LANG", "en").lower().startswith("pl") else "en"


class Text(NamedTuple):
    """One text in both languages. ``{name:spec}`` fields are filled by :meth:`fill`.

    Specs: ``0``, ``1``, ``2`` ... digits after the decimal mark; ``%0``, ``%1`` a share (0-1) as
    per cent; ``plural:a|b|c`` the form of a noun (Polish has three, English two); empty for text.
    A missing number (``None``, NaN) reads "no data", never 0; an infinite one "no limit".
    """

    pl: str
    en: str

    def get(self, language: str) -> str:
        """Return the text in ``language`` (``pl`` or ``en``)."""
        return self.pl if language == "pl" else self.en

    def fill(self, **values: Any) -> Text:
        """Return the text with its fields filled, numbers as each language writes them.

        A :class:`Text` among the values is filled in by language.

        >>> Text("{x:%1} gmin", "{x:%1} of municipalities").fill(x=0.125).en
        '12.5% of municipalities'
        """
        return Text(
            pl=_Formatter("pl").vformat(self.pl, (), values),
            en=_Formatter("en").vformat(self.en, (), values),
        )

    def __str__(self) -> str:
        return self.get(default_language())


def both(text: str) -> Text:
    """Return a text that reads the same in both languages (a name, a code)."""
    return Text(text, text)


NO_DATA = Text("brak danych", "no data")
UNKNOWN = Text("nieznane", "unknown")
NO_LIMIT = Text("bez granicy", "no limit")


def is_missing(value: Any) -> bool:
    """Return whether a scalar is missing: None, NaN, NA or NaT.

    >>> is_missing(float("nan")), is_missing(None), is_missing(0), is_missing("")
    (True, True, False, False)
    """
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas.NA refuses a truth value
        return True


def number(value: Any, language: str, digits: int = 0) -> str:
    """Write a number with ``digits`` decimals as ``language`` writes it.

    >>> number(-0.04, "pl", 1)
    '0,0'
    """
    if is_missing(value):
        return NO_DATA.get(language)
    if math.isinf(value):
        return NO_LIMIT.get(language)
    text = f"{round(float(value), digits):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace(",", "\0").replace(".", _DECIMAL[language]).replace("\0", _GROUP[language])


def percent(share: Any, language: str, digits: int = 1) -> str:
    """Write a share (0-1) as per cent.

    >>> percent(0.1234, "en"), percent(0.5, "pl", 0)
    ('12.3%', '50\\xa0%')
    """
    if is_missing(share):
        return NO_DATA.get(language)
    gap = _GROUP["pl"] if language == "pl" else ""
    return f"{number(100 * share, language, digits)}{gap}%"


def plural(count: Any, forms: list[str], language: str) -> str:
    """Return the form of a noun that goes with a number.

    Parameters
    ----------
    count : number
        A missing one takes the form of 0.
    forms : list of str
        [one, few, many] in Polish (a fraction takes the second), [one, many] in English.
    language : {"pl", "en"}

    Examples
    --------
    >>> [plural(n, ["osoba", "osoby", "osób"], "pl") for n in (1, 2, 5, 12, 22, 103)]
    ['osoba', 'osoby', 'osób', 'osób', 'osoby', 'osoby']
    """
    n = abs(count) if not is_missing(count) else 0
    if language != "pl":
        return forms[0] if n == 1 else forms[-1]
    if n != int(n):
        return forms[1]
    if n == 1:
        return forms[0]
    return forms[1] if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else forms[-1]


_HARMFUL = {
    "Cc",  # control characters, of C0 and C1
    "Cf",  # marks that nobody sees: direction, width, joining
    "Cs",  # half a character: cannot be written at all
    "Zl",
    "Zp",
}


def printable(text: str) -> str:
    """Return a text with every character that a terminal may act upon written as its code.

    Ends of lines and tabs stay.

    Examples
    --------
    >>> print(printable("Gda\\x1b[31mńsk\\u202e"))
    Gda\\x1b[31mńsk\\u202e
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def harmful(character: str) -> bool:
    """Tell whether a terminal may act upon a character: all but ends of lines and tabs."""
    return character not in "\n\t" and unicodedata.category(character) in _HARMFUL


def _shown(character: str) -> str:
    if not harmful(character):
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class _Formatter(string.Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        # plain names only: a template never reaches into an object
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Text):
            return value.get(self.language)
        if format_spec.startswith("plural:"):
            return plural(value, format_spec[7:].split("|"), self.language)
        if format_spec.startswith("%"):
            return percent(value, self.language, int(format_spec[1:] or 1))
        if format_spec.isdigit():
            return number(value, self.language, int(format_spec))
        return str(value)


Translate = Callable[[Text], str]
