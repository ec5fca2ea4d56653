"""Whether the columns of a layer keep the limits of its schema, and in words what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from metrogis.i18n import Text, _

if TYPE_CHECKING:
    from metrogis.schemas.kinds import Field, Schema

_SHOWN = 5
"""Rows that a finding names."""


def broken(frame: pd.DataFrame, rules: Schema) -> list[Text]:
    """Check keys, empty values, lists and ranges of the columns that are there.

    Parameters
    ----------
    frame : DataFrame
        Columns cast to the kinds of the schema.
    rules : Schema

    Returns
    -------
    list of Text
        A line a column and limit that rows break: how many, and the first five with their values.
    """
    problems = []
    for name, rule in rules.fields.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        for what, mask in _breaking(column, rule):
            rows = column[mask]
            if not len(rows):
                continue
            values = ", ".join(
                f"{row}: {str(value)[:40]!r}" for row, value in rows.iloc[:_SHOWN].items()
            )
            problems.append(
                _("column '{column}': {count} x {what} (row: value: {values})").fill(
                    column=name, count=len(rows), what=what, values=values
                )
            )
    return problems


def _breaking(column: pd.Series, rule: Field) -> Iterator[tuple[Text, pd.Series]]:
    """Yield each limit of a column, and which rows break it; a missing value breaks no range."""
    missing = column.isna()
    if not rule.nullable:
        yield _("empty values"), missing
    if rule.unique:
        yield _("duplicate values"), column.duplicated(keep=False)
    if rule.allowed:
        among = ", ".join(rule.allowed)
        yield (
            _("a value that is none of: {among}").fill(among=among),
            ~missing & ~column.isin(rule.allowed),
        )
    if rule.low is None and rule.high is None:
        return
    # what is no number keeps no range: a comparison with NaN is false
    numbers = pd.to_numeric(column, errors="coerce")
    if rule.low is not None:
        yield (
            _("a value below {low}").fill(low=f"{rule.low:g}"),
            ~missing & ~(numbers >= rule.low),
        )
    if rule.high is not None:
        yield (
            _("a value above {high}").fill(high=f"{rule.high:g}"),
            ~missing & ~(numbers <= rule.high),
        )
