"""How a value stands in a table that is read."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Column
from metrogis.i18n import is_missing
from metrogis.maps.values import shown


def cell(value: Any, column: Column, language: str) -> str:
    """Write a value; what is empty in a text is a dash: a street without a name is no loss.

    >>> from metrogis.i18n import both
    >>> cell("", Column(both("street"), "text"), "en"), cell(2, Column(both("n")), "en")
    ('–', '2')
    """
    if column.kind in ("text", "category") and (is_missing(value) or value == ""):
        return "–"
    return shown(value, column, language)
