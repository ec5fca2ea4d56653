"""How the values of result tables are written: one place for maps, tables and legends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from metrogis.checks.contract import Check, Column
from metrogis.maps import texts
from metrogis.texts import NO_DATA, UNKNOWN, Text, both, is_missing, number, percent
from metrogis.units import unit_text

T = TypeVar("T")

_TRUE = {"true", "1", "1.0", "yes"}
_FALSE = {"false", "0", "0.0", "no"}


def column_of(check: Check, table: str, name: str) -> Column:
    """Return what a check declares of a column.

    Parameters
    ----------
    check : Check
    table, name : str
        A column of a result that is not declared (added by a user of the notebook) reads as text
        under its own name.
    """
    declared = check.columns.get(table, {}).get(name)
    return declared or Column(both(name.replace("_", " ")), kind="text")


def heading(column: Column, language: str) -> str:
    """Return the heading of a column with its unit.

    >>> heading(Column(Text("ludność", "population"), unit="people"), "en")
    'population [people]'
    """
    unit = "" if column.kind == "share" else unit_text(column.unit).get(language)
    label = column.label.get(language)
    return f"{label} [{unit}]" if unit and unit not in label else label


def flag(value: Any) -> bool | None:
    """Read a flag in any of its spellings; ``None`` is unknown.

    >>> flag(True), flag(0.0), flag("unknown"), flag(float("nan"))
    (True, False, None, None)
    """
    if is_missing(value):
        return None
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def shown(value: Any, column: Column, language: str) -> str:
    """Write one value as the column says.

    >>> shown(0.5, Column(both("a"), kind="share", digits=1), "pl")
    '50,0\\xa0%'
    >>> shown(None, Column(both("a"), kind="flag"), "en")
    'unknown'
    """
    if column.kind == "flag":
        state = flag(value)
        return (UNKNOWN if state is None else texts.YES if state else texts.NO).get(language)
    if is_missing(value):
        return NO_DATA.get(language)
    if column.kind == "category":
        label = column.categories.get(str(value))
        return label.get(language) if label else str(value)
    if isinstance(value, Text):
        return value.get(language)
    if column.kind in ("number", "share") and not isinstance(value, str):
        write = percent if column.kind == "share" else number
        return write(float(value), language, column.digits)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(str, value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ", timespec="minutes")
    return str(value)


def shown_column(series: pd.Series, column: Column, language: str) -> list[str]:
    """Write every value of a series as its column says, repeated values once.

    >>> shown_column(pd.Series([0.5, None]), Column(both("share"), kind="share"), "en")
    ['50%', 'no data']
    """
    return each_once(series, lambda value: shown(value, column, language))


def each_once(series: pd.Series, make: Callable[[Any], T]) -> list[T]:
    """Return what ``make`` makes of every value; a value that repeats is made once.

    >>> each_once(pd.Series(["a", "b", "a"]), str.upper)
    ['A', 'B', 'A']
    """
    done: dict[Any, T] = {}
    out = []
    for value in series.tolist():
        try:
            if value not in done:
                done[value] = make(value)
            out.append(done[value])
        except TypeError:  # unhashable: a list
            out.append(make(value))
    return out


def sort_key(value: Any, column: Column) -> str:
    """Return what a table sorts a value by.

    Returns
    -------
    str
        The number in full for numbers and shares; empty for texts (the page then sorts by what is
        shown) and for missing values, which stay at the end.

    Examples
    --------
    >>> column = Column(both("a"), kind="number")
    >>> sort_key(1234.5, column), sort_key(float("nan"), column)
    ('1234.5', '')
    """
    if column.kind not in ("number", "share") or is_missing(value) or isinstance(value, str):
        return ""
    return repr(float(value))
