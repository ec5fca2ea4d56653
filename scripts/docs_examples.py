"""Examples in docstrings as code: an extension of griffe, which reads them for the site.

A doctest may stand anywhere in a docstring of this project, also below ``Returns`` without a
heading of its own. In Markdown it would be a quotation, and lists in it links.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_DOCTEST = re.compile(r"^>>> .*(?:\n.*\S.*)*", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([^`]+)`")


class Examples(griffe.Extension):
    """Make doctests of every docstring blocks of code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was read."""
        if obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)


def readable(text: str) -> str:
    r"""Return a docstring with its doctests fenced, below a heading if other sections have one.

    >>> readable("Double.\n\nReturns\n-------\nint\n\n>>> f(1)\n2").splitlines()[6:]
    ['Examples', '--------', '```pycon', '>>> f(1)', '2', '```']
    """
    text = _ROLE.sub(r"`\1`", text)
    sections = [m[1] for m in _SECTION.finditer(text)]
    fenced = _DOCTEST.sub(lambda m: f"```pycon\n{m[0]}\n```", text)
    if sections and "Examples" not in sections:
        fenced = fenced.replace("```pycon", "Examples\n--------\n```pycon", 1)
    return fenced
