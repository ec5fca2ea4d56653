"""Whether the columns of a layer keep the limits of its schema, and in words what does not."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from metrogis.i18n import Text, _

if TYPE_CHECKING:
    import pandera.pandas as pa

    from metrogis.schemas.kinds import Field, Schema


def broken(frame: pd.DataFrame, rules: Schema) -> list[Text]:
    """Return what of a table does not keep the limits of its schema.

    Parameters
    ----------
    frame : DataFrame
    rules : Schema
        Keys that must be unique, columns that must have values, ranges.

    Returns
    -------
    list of Text
        One a column and rule, with the first five rows and values; empty when all is well.
    """
    if _keeps(frame, rules):
        return []  # pandera, which words what is wrong, takes longer to import than to ask
    import pandera.errors as pae

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _pandera(rules, frame).validate(
                pd.DataFrame(frame.drop(columns="geometry", errors="ignore")), lazy=True
            )
    except pae.SchemaErrors as error:
        problems = []
        cases = error.failure_cases
        for (column, check), group in cases.groupby(["column", "check"], dropna=False, sort=False):
            values = ", ".join(
                f"{row}: {str(case)[:40]!r}"
                for row, case in list(zip(group["index"], group["failure_case"], strict=True))[:5]
            )
            what = _what(str(check), rules.fields[str(column)])
            problems.append(
                _("column '{column}': {count} x {what} (row: value: {values})").fill(
                    column=column, count=len(group), what=what, values=values
                )
            )
        return problems
    return []


def _what(check: str, rule: Field) -> Text:
    """Word a finding of pandera, whose own words are in English only."""
    if "null" in check:
        return _("empty values")
    if "uniq" in check or "duplicate" in check:
        return _("duplicate values")
    if check.startswith("isin"):
        among = ", ".join(rule.allowed)
        return _("a value that is none of: {among}").fill(among=among)
    if check.startswith("greater"):
        return _("a value below {low}").fill(low=f"{rule.low:g}")
    if check.startswith("less"):
        return _("a value above {high}").fill(high=f"{rule.high:g}")
    return _("a value that cannot be")


def _keeps(frame: pd.DataFrame, rules: Schema) -> bool:
    """Tell whether no column holds anything that the pandera schema could object to."""
    for name, rule in rules.fields.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        known = column.dropna()
        if not rule.nullable and len(known) < len(column):
            return False
        if rule.unique and not column.is_unique:
            return False
        if rule.allowed and not known.isin(rule.allowed).all():
            return False
        # written so that what cannot be compared as expected is left to pandera
        if rule.low is not None and not (known >= rule.low).all():
            return False
        if rule.high is not None and not (known <= rule.high).all():
            return False
    return True


def _pandera(rules: Schema, frame: pd.DataFrame) -> pa.DataFrameSchema:
    """Build the pandera schema of the columns that are there."""
    import pandera.pandas as pa

    columns = {}
    for name, rule in rules.fields.items():
        if name not in frame.columns:
            continue
        checks = []
        if rule.low is not None:
            checks.append(pa.Check.ge(rule.low))
        if rule.high is not None:
            checks.append(pa.Check.le(rule.high))
        if rule.allowed:
            checks.append(pa.Check.isin(rule.allowed))
        columns[name] = pa.Column(
            dtype=None, checks=checks, nullable=rule.nullable, unique=rule.unique
        )
    return pa.DataFrameSchema(columns, strict=False)
