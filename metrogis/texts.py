"""Texts a user reads: another name of :mod:`metrogis.i18n`, and characters fit to print."""

from __future__ import annotations

import unicodedata

from metrogis.i18n import (
    LANGUAGES,
    NO_DATA,
    NO_LIMIT,
    UNKNOWN,
    Language,
    Text,
    both,
    default_language,
    is_missing,
    join,
    number,
    percent,
    pgettext,
    plural,
)

__all__ = [
    "LANGUAGES",
    "NO_DATA",
    "NO_LIMIT",
    "UNKNOWN",
    "Language",
    "Text",
    "both",
    "default_language",
    "harmful",
    "is_missing",
    "join",
    "number",
    "percent",
    "pgettext",
    "plural",
    "printable",
]

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
