"""Columns of a layer brought to their type; values that cannot be used, set apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from metrogis.evidence.losses import Loss, loss
from metrogis.i18n import Text, _
from metrogis.provenance import Audit
from metrogis.schemas.dates import read as dates_read
from metrogis.schemas.kinds import Field, Schema


def _codes_of(rules: Schema) -> list[str]:
    return [name for name, rule in rules.fields.items() if rule.kind == "teryt"]


def by_code(rows: pd.DataFrame, what: Text, columns: list[str]) -> list[Loss]:
    """Return the losses of rows, in two: rows with a code, and rows without.

    Parameters
    ----------
    rows : DataFrame
        Those that cannot be used.
    what : Text
        Why.
    columns : list of str
        Columns of codes (TERYT); the first that is filled counts.

    Returns
    -------
    list of Loss
        The first with the codes, so that it concerns these municipalities only; the second may have
        been anywhere. Names are kept where every row has one.
    """
    codes = pd.Series("", index=rows.index, dtype="object")
    for name in columns:
        own = rows[name].astype("string").str.strip().fillna("").astype(object)
        codes = own.where(codes == "", codes)
    named = (codes != "").to_numpy()
    listed = tuple(dict.fromkeys(codes[named]))
    called = next((c for c in ("interchange", "name") if c in rows.columns), None)
    found = [
        replace(loss("row", what, rows.index[named]), codes=listed),
        loss("row", what, rows.index[~named]),
    ]
    if called is None:
        return found
    text = rows[called].astype("string").str.strip().fillna("")
    parts = (tuple(text[mask].astype(object)) for mask in (named, ~named))
    return [
        replace(one, names=names) if all(names) else one
        for one, names in zip(found, parts, strict=True)
    ]


def set_apart(
    frame: pd.DataFrame, name: str, rules: Schema, layer: str, audit: Audit
) -> tuple[pd.DataFrame, Audit, list[Loss]]:
    """Set apart the values of a column that cannot be used.

    Parameters
    ----------
    frame : DataFrame
    name : str
        Column.
    rules : Schema
        Its field says what becomes of them: emptied, or their rows dropped.
    layer : str
    audit : Audit

    Returns
    -------
    DataFrame, Audit, list of Loss
        Where no value at all can be used nothing is changed: the column is the wrong one, which is
        an error to be raised later.
    """
    column, rule = frame[name], rules.fields[name]
    bad = _unfit(column, rule)
    empty = _blank(column)
    gone = bad | empty if rule.bad == "lost" else bad
    if not gone.any() or gone.all():  # where no value is good the column is the wrong one
        return frame, audit, []
    shown = [f"{i}: {str(v)[:40]}" for i, v in column[gone].head(6).items()]
    if rule.bad == "empty":
        what = _("{name}: values that cannot be ({text}): not known").fill(
            name=name, text=rule.text
        )
        frame = frame.copy()
        frame[name] = column.astype(object).where(~gone, None)
        return frame, audit.add(layer, "unknown", int(gone.sum()), what, shown), []
    what = _("rows whose {name} cannot be read ({text})").fill(name=name, text=rule.text)
    found = by_code(frame[gone], what, [c for c in _codes_of(rules) if c != name])
    if rule.bad == "lost":
        audit = audit.add(layer, "dropped", int(gone.sum()), what, shown)
        return frame.loc[~gone], audit, found
    frame = frame.copy()
    frame[name] = column.astype(object).where(~gone, None)
    return frame, audit.add(layer, "unknown", int(gone.sum()), what, shown), found


def _blank(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):  # a number is no blank text
        return column.isna()
    return column.isna() | (column.astype("string").str.strip() == "").fillna(True).astype(bool)


def _unfit(column: pd.Series, rule: Field) -> pd.Series:
    """Tell which values are there and cannot be what the column holds."""
    there = ~_blank(column)
    if rule.kind == "teryt":
        cleaned = _each(column.where(there, None), _digits).astype("string")
        return there & ~cleaned.str.fullmatch(r"[0-9]{6,7}").fillna(False).astype(bool)
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    out = there & ~np.isfinite(numbers)
    if rule.kind == "integer":
        out |= _broken(numbers)
    if rule.low is not None:
        out |= numbers < rule.low
    if rule.high is not None:
        out |= numbers > rule.high
    return out


def _broken(numbers: pd.Series) -> pd.Series:
    """Tell numbers that are not whole, or too large to be told from the next one."""
    return numbers.notna() & ~((numbers.abs() < 2**53) & (numbers == numbers.round()))


def cast(
    column: pd.Series, rule: Field, layer: str, audit: Audit
) -> tuple[pd.Series, Audit, list[Text]]:
    """Return a column in the type of its field.

    Parameters
    ----------
    column : Series
    rule : Field
    layer : str
    audit : Audit

    Returns
    -------
    Series
        As it was where something cannot be read.
    Audit
    list of Text
        What cannot be read; empty when all is well. Blanks are missing values, not faults.
    """
    name = str(column.name)
    if rule.kind in ("number", "integer"):
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        bad = ~np.isfinite(numbers) & column.notna()
        if bad.any():
            bad &= column.astype(str).str.strip() != ""
        if bad.any():
            return column, audit, [_bad(name, column, bad, _("{count} values are not a number"))]
        if rule.kind == "integer":
            bad = _broken(numbers)
            if bad.any():
                problem = _("{count} values are not whole numbers")
                return column, audit, [_bad(name, column, bad, problem)]
            return numbers.astype("Int64"), audit, []
        return numbers, audit, []
    if rule.kind == "flag":
        return _flags(name, column, audit)
    if rule.kind == "date":
        dates = pd.to_datetime(column.map(dates_read, na_action="ignore"), errors="coerce")
        bad = dates.isna() & ~_blank(column)
        return (
            dates,
            audit,
            ([_bad(name, column, bad, _("{count} values are not a date"))] if bad.any() else []),
        )
    if rule.kind in ("teryt", "area"):
        return _teryt(column, rule, layer, audit)
    return _each(column, lambda v: unicodedata.normalize("NFC", str(v)).strip()), audit, []


_FLAGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "tak"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", "nie"), False),
}


def _flags(name: str, column: pd.Series, audit: Audit) -> tuple[pd.Series, Audit, list[Text]]:
    """Flags as tables write them: 1, true, yes, tak; blank is unknown."""
    if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
        return column.astype("boolean"), audit, []
    words = column.astype("object").map(lambda v: None if v is None or v != v else str(v).strip())
    known = words.map(lambda v: _FLAGS.get(v.lower()) if v else None)
    bad = known.isna() & words.notna() & (words != "")
    flags = pd.Series(pd.array(list(known), dtype="boolean"), index=column.index)
    return (
        flags,
        audit,
        [_bad(name, column, bad, _("{count} values are not yes or no"))] if bad.any() else [],
    )


def _each(column: pd.Series, text_of: Callable[[Any], str]) -> pd.Series:
    """Text of each value, ``None`` of a missing one; a text that repeats is asked for once."""
    missing = column.isna().to_numpy()
    known: dict[str, str] = {}
    out: list[str | None] = []
    for value, gone in zip(column.to_numpy(dtype=object), missing.tolist(), strict=True):
        if gone:
            out.append(None)
        elif isinstance(value, str):
            found = known.get(value)
            if found is None:
                found = known[value] = text_of(value)
            out.append(found)
        else:
            out.append(text_of(value))
    return pd.Series(out, index=column.index, dtype="object")


_WHOLE = re.compile(r"(?<=\d)\.0+$")
"""A spreadsheet's ``.0`` at the end of a code."""


def _digits(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)
    return _WHOLE.sub("", text.strip().replace("_", ""))


def _teryt(
    column: pd.Series, rule: Field, layer: str, audit: Audit
) -> tuple[pd.Series, Audit, list[Text]]:
    """Codes of 7 digits as text; a leading 0 lost by a spreadsheet is put back, and counted.

    Of an ``area`` also codes of counties (4 digits), of voivodeships (2) and ``*``.
    """
    areas = rule.kind == "area"
    if rule.nullable:
        column = column.astype(object).where(~_blank(column), None)
    cleaned = _each(column, _digits)
    digits = cleaned.astype("string")
    lost, right = (r"[0-9]{6}", r"[0-9]{7}")
    if areas:
        lost, right = r"[0-9]|[0-9]{3}|[0-9]{6}", r"[0-9]{2}|[0-9]{4}|[0-9]{7}|\*"
    short = digits.str.fullmatch(lost).fillna(False).astype(bool)
    # a zero was lost only by voivodeships 02 to 08; the last digit is a kind, the first ones of a
    # county are 01 to 38 or 61 to 80: where one code breaks this, no zero was lost by the column
    six = digits[short & (digits.str.len() == 6)]
    if not six.str.fullmatch(r"[2468](?:0[1-9]|[12][0-9]|3[0-8]|6[1-9]|7[0-9]|80)[0-9]{2}"
                             r"[1234589]").all():  # fmt: skip
        short &= digits.str.len() != 6
    audit = audit.add(
        layer,
        "repaired",
        int(short.sum()),
        _("TERYT without its leading zero"),
        cleaned[short],
    )
    cleaned[short] = "0" + cleaned[short]
    bad = ~cleaned.astype("string").str.fullmatch(right).fillna(False).astype(bool)
    if rule.nullable:
        bad &= cleaned.notna()
    if bad.any():
        problem = _(
            "{count} values are not TERYT codes of 7 digits, the last one for the kind "
            "(2261011, not 226101)"
        )
        if areas:
            problem = _(
                "{count} values are not TERYT codes of 7 digits (municipality), 4 (county), "
                "2 (voivodeship), or *"
            )
        return cleaned, audit, [_bad(str(column.name), column, bad, problem)]
    return cleaned, audit, []


def _bad(name: str, column: pd.Series, bad: pd.Series, problem: Text) -> Text:
    rows = ", ".join(f"{i}: {str(v)[:40]!r}" for i, v in column[bad].head(5).items())
    return _("column '{name}': {problem} (row: value: {rows})").fill(
        name=name, problem=problem.fill(count=int(bad.sum())), rows=rows
    )
