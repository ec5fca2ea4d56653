"""Documents that are published with an atlas: shipped in the wheel, else those of the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from metrogis.i18n import _

FILE = "methods.md"
"""The methods, which parameters and pages cite."""

POLISH = "metody.md"
"""The same in Polish; its sections have the same numbers."""

_HERE = Path(__file__).resolve().parent


class Heading(NamedTuple):
    """A numbered heading of a document."""

    number: str
    title: str
    anchor: str
    level: int


@cache
def read(name: str) -> str:
    """Return the text of a document of ``docs/``.

    Raises
    ------
    FileNotFoundError
        When the installation is not whole.

    Examples
    --------
    >>> read(FILE).splitlines()[0]
    '# Methods'
    """
    for folder in (_HERE / "_docs", _HERE.parent / "docs"):
        path = folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(
        _("document {name} is missing: install metrogis again").fill(name=name).en
    )


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, by the rule of GitHub and of mkdocs.

    >>> anchor_of("5.4 White spots"), anchor_of("4 Ecological connectivity")
    ('54-white-spots', '4-ecological-connectivity')
    """
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.strip().replace(" ", "-")


def headings(text: str) -> tuple[Heading, ...]:
    """Return the numbered headings of a document in Markdown.

    >>> headings("# A\\n## 2 Links\\n```\\n## 3 no\\n```\\n### 2.1 More")[1]
    Heading(number='2.1', title='More', anchor='21-more', level=3)
    """
    found, fenced = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if fenced or not line.startswith("#"):
            continue
        marks, _, rest = line.partition(" ")
        number, _, title = rest.partition(" ")
        if number.replace(".", "").isdigit() and title:
            found.append(Heading(number, title, anchor_of(rest), len(marks)))
    return tuple(found)
