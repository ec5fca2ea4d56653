"""Values as municipalities write them: numbers with commas and spaces, blanks by a sign, codes.

>>> import pandas as pd
>>> plain_numbers(pd.Series(["1 234,5", "18.5", "-"]), decimal=",", thousands=" ").tolist()
['1234.5', '18.5', '-']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

_SPACES = "\u0020\u00a0\u2007\u2009\u202f"
_WHOLE = re.compile(r"([+-]?\d+)\.0+")


def plain_numbers(
    column: pd.Series, *, decimal: str | None = None, thousands: str | None = None
) -> pd.Series:
    """Write the numbers of a column plainly; what is no number stays, to be reported as it stands.

    Parameters
    ----------
    column : Series
        Texts; numbers among them stay as they are.
    decimal : str, optional
        Decimal mark; by default ``.``, or ``,`` where ``.`` separates thousands. With ``,`` a
        number that has a ``.`` is read as well, unless that separates thousands.
    thousands : str, optional
        Separator of thousands; a space stands for every kind of space. It counts only between
        groups of three digits: ``1.5`` is no 15.
    """
    mark = decimal or ("," if thousands == "." else ".")
    marks = {mark, "."} - {thousands}
    point = "[" + re.escape("".join(sorted(marks))) + "]" if marks else "(?!)"
    tail = rf"(?:{point}(?P<rest>\d*))?(?P<power>[eE][+-]?\d+)?"
    plain = re.compile(rf"(?P<whole>[+-]?\d*){tail}")
    grouped = None
    if thousands:
        gap = f"[{_SPACES}]" if thousands in _SPACES else re.escape(thousands)
        grouped = re.compile(rf"(?P<whole>[+-]?\d{{1,3}}(?:{gap}\d{{3}})+){tail}")

    def written(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip().strip(_SPACES).replace("\u2212", "-")
        found = plain.fullmatch(text) or (grouped.fullmatch(text) if grouped else None)
        if not found or not any(c.isdigit() for c in text):
            return value
        whole = re.sub(r"[^\d+-]", "", found["whole"]) or "0"
        rest = f".{found['rest']}" if found["rest"] else ""
        return f"{whole}{rest}{found['power'] or ''}"

    return _each(column, written)


def renamed(frame: Any, names: Mapping[str, str]) -> tuple[Any, dict[str, int]]:
    """Rename columns; several of one new name become one, row by row the first that is filled.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
    names : mapping of old to new name
        A source that spells one property in two ways has both here.

    Returns
    -------
    frame : as given
    clashes : dict of str to int
        New name -> rows in which the columns differ: the first in the order of ``names`` is taken,
        a column that bears the new name already before all others.

    Examples
    --------
    >>> table = pd.DataFrame({"owner": ["city", None, "park"], "WLASNOSC": [None, "rail", "PKP"]})
    >>> both, clashes = renamed(table, {"owner": "owner", "WLASNOSC": "owner"})
    >>> both["owner"].tolist(), clashes
    (['city', 'rail', 'park'], {'owner': 1})
    """
    target = {old: new for old, new in names.items() if old in frame.columns}
    sources: dict[str, list[str]] = {}
    for old, new in target.items():
        own = sources.setdefault(new, [new] if new in frame.columns and new not in target else [])
        own.append(old)
    clashes: dict[str, int] = {}
    out = frame.rename(columns={o: n for o, n in target.items() if len(sources[n]) == 1})
    for new, columns in sources.items():
        if len(columns) == 1:
            continue
        first = frame[columns[0]].astype("object")
        differs = pd.Series(False, index=frame.index)
        for column in columns[1:]:
            other = frame[column].astype("object")
            differs |= first.notna() & other.notna() & (first != other)
            first = first.where(first.notna(), other)
        out = out.drop(columns=columns)
        out[new] = first
        if differs.any():
            clashes[new] = int(differs.sum())
    return out, clashes


def without_blanks(frame: pd.DataFrame, signs: Iterable[str]) -> tuple[pd.DataFrame, int]:
    """Take the signs that stand for "no value" out of a table.

    Parameters
    ----------
    frame : DataFrame
        Only columns of text are looked at; it is not changed.
    signs : iterable of str
        Spaces around them do not matter.

    Returns
    -------
    DataFrame
        With None in their place.
    int
        How many there were.

    Examples
    --------
    >>> import pandas as pd
    >>> table, count = without_blanks(pd.DataFrame({"a": ["1", " - "]}, dtype=object), ["-"])
    >>> table["a"].tolist(), count
    (['1', None], 1)
    """
    known = {sign.strip() for sign in signs}
    out = frame.copy()
    count = 0
    for name in out.columns:
        if out[name].dtype != object:
            continue
        hit = out[name].map(lambda v: isinstance(v, str) and v.strip() in known).astype(bool)
        count += int(hit.sum())
        out[name] = out[name].astype("object").mask(hit, None)
    return out, count


def code_of(value: Any) -> str:
    """Write a code as texts of codes are compared: ``1``, ``1.0`` and ``True`` are the same code.

    >>> [code_of(v) for v in (1, 1.0, "1.0", " 1 ", True, "TAK")]
    ['1', '1', '1', '1', '1', 'tak']
    """
    if isinstance(value, bool):
        value = int(value)
    text = str(value).strip().casefold()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else {"true": "1", "false": "0"}.get(text, text)


def clashing_codes(codes: Mapping[str, str | float | bool]) -> list[tuple[str, str]]:
    """Return the pairs of codes that :func:`code_of` reads alike and that have two values.

    >>> clashing_codes({"TAK": "planned", "tak": "built", "1": "built", "1.0": "built"})
    [('TAK', 'tak')]
    """
    first: dict[str, str] = {}
    return [
        (own, code)
        for code in codes
        if codes[own := first.setdefault(code_of(code), code)] != codes[code]
    ]


def mapped(
    column: pd.Series, codes: Mapping[str, str | float | bool]
) -> tuple[pd.Series, dict[str, int]]:
    """Turn codes into values; return the column and how often each code stood that is not listed.

    A code that is not listed stays as it is: whether it means anything is the schema's matter.

    >>> import pandas as pd
    >>> mapped(pd.Series(["TAK", "nie", "?"]), {"tak": "planned", "nie": "built"})[0].tolist()
    ['planned', 'built', '?']
    """
    known = {code_of(code): value for code, value in codes.items()}
    others: dict[str, int] = {}

    def turned(value: Any) -> Any:
        if value is None or value != value:
            return value
        code = code_of(value)
        if code in known:
            return known[code]
        others[str(value)] = others.get(str(value), 0) + 1
        return value

    out = pd.Series([turned(v) for v in column], index=column.index, dtype="object")
    return out.rename(column.name), others


def _each(column: pd.Series, change: Any) -> pd.Series:
    """Change each distinct text once."""
    known: dict[Any, Any] = {}
    out = []
    for value in column:
        if isinstance(value, str):
            if value not in known:
                known[value] = change(value)
            out.append(known[value])
        else:
            out.append(value)
    return pd.Series(out, index=column.index, dtype="object", name=column.name)
