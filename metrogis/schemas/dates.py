"""Dates as tables write them: ISO, day first, eight digits, days of a spreadsheet."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
"""Dates that a table of our time may hold; others are errors (year 24, 1e300)."""
_SERIAL = (20_000, 80_000)
"""Days of spreadsheets since 30 December 1899 that are taken for dates: 1954 to 2119."""
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?:\s.*)?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"(\d+)(?:\.0*)?")


def read(value: Any) -> date | None:
    """Return the date that a value means; None for what is no date.

    Parameters
    ----------
    value : object
        A date, or a text or number: ``2024-10-01``, ``01.10.2024`` (the day first), ``20241001``,
        or the number of a spreadsheet (``45566``).

    Examples
    --------
    >>> [str(read(v)) for v in ("2024-10-01", "1.10.2024", 20241001, 45566.0)]
    ['2024-10-01', '2024-10-01', '2024-10-01', '2024-10-01']
    >>> read(1e300), read("31.02.2024"), read(7), read("0024-10-01")
    (None, None, None, None)
    """
    if isinstance(value, bool):
        return None
    if hasattr(value, "date") and callable(value.date):
        value = value.date()
    found = value if isinstance(value, date) else _of_text(str(value).strip())
    return found if found is not None and FIRST <= found <= LAST else None


def _of_text(text: str) -> date | None:
    if found := _ISO.fullmatch(text):
        return _day(*found.groups())
    if found := _DAY_FIRST.fullmatch(text):
        return _day(*found.groups()[::-1])
    number = _NUMBER.fullmatch(text)
    if number is None:
        return None
    if found := _DIGITS.fullmatch(number[1]):
        return _day(*found.groups())
    if len(number[1]) < 6 and _SERIAL[0] <= int(number[1]) <= _SERIAL[1]:
        return date(1899, 12, 30) + timedelta(days=int(number[1]))
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
