"""Texts from data on a terminal: names cannot colour, hide or reorder what is read.

A name in a file may hold control characters (ANSI sequences that clear the screen or set the
title), marks that turn the direction of reading round, or the mark-up of the library that draws
tables. On the terminal all of them are shown as what they are: ``\\x1b``.
"""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.text import Text as RichText

from metrogis.texts import harmful, printable


def as_json(content: Any, **options: Any) -> str:
    """Return JSON in which those characters stand as escapes: for a program it is the same text.

    Examples
    --------
    >>> print(as_json({"name": "Łeba\\x9b"}))
    {"name": "Łeba\\u009b"}
    """
    text = json.dumps(content, ensure_ascii=False, **options)
    return "".join(json.dumps(c)[1:-1] if harmful(c) else c for c in text)


class SafeConsole(Console):
    """A console on which every text is made printable, whoever wrote it."""

    def render_str(self, text: str, **options: Any) -> RichText:
        """Render a text; mark-up in it counts unless it was escaped."""
        return super().render_str(printable(text), **options)
