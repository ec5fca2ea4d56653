"""What may change in a result when less is known, and what may not.

A value may stay, or become unknown. It may become another number only where the page says so: its
column is declared as a bound (and moves that way), as speaking of what is known, or its companion
column (``Column.known``) says that it speaks of less than before. Sentences say it in words.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely

import metrogis as mg
from metrogis.checks.contract import Check, Column

UNKNOWN_WORDS = ("", "unknown", "none known", "not_known", "not known")
"""Codes of categories that state that nothing is known."""

WIDTHS = 0.01
"""Clear widths are good to 1 per cent, and depend on vertices so far (metrogis.landscape.width)."""

KEYS = ("day_type", "way")
"""Codes that name what a row is of, beside its place and its names."""

SAYS_NO = ("no", "none", "white", "not_enough", "insufficient", "beyond")
"""Codes that need complete knowledge: no bound leads to them."""

SAYS_SO = {
    "en": (
        "at least", "at most", "known", "unknown", "lost", "missing", "not in the data", "where",
        "between", "could not", "without data", "up to", "no data", "in the data", "were read",
        "not decided", "all timetables",
    ),
    "pl": (
        "co najmniej", "co najwyżej", "znan", "nie wiadomo", "nieznan", "utracon", "brak",
        "w danych", "od ", "bez danych", "gdzie", "nie można", "odczytan", "wczytan", "wiadomo",
        "nierozstrzygni", "komplet rozkładów",
    ),
}  # fmt: skip
"""Words by which a sentence tells that its number speaks of what is known only."""


def differences(
    check: Check,
    before: mg.Result,
    after: mg.Result,
    far_from: Any = None,
    *,
    people: bool | tuple[str, ...] = False,
) -> list[str]:
    """Return what a reader of ``after`` would believe that ``before`` does not bear out.

    Parameters
    ----------
    check : Check
    before, after : Result
        With all layers, and with less of one.
    far_from : callable, optional
        Geometries -> bool: farther than anything reaches from what was taken. There every value
        must stay as it was, unless its column speaks of what is known everywhere.
    people : bool or tuple of str
        Whether people were taken: shares are then of others, and bounds of them with it; of these
        columns only (``table.column``), where they are named.
    """
    wrong = []
    for table, columns in check.columns.items():
        if table not in before.tables or table not in after.tables:
            continue
        old, new = keyed(before.tables[table], after.tables[table], columns)
        if table == "municipalities" and list(old.index) != list(new.index):
            wrong.append("municipalities: rows lost")
        shared = old.index.intersection(new.index)
        if far_from is None:
            far = np.zeros(len(shared), bool)
        else:
            far = far_from(old.loc[shared].geometry.to_numpy())
        about = knowledge_columns(check, table)
        for name, column in columns.items():
            if name in old and name in new and name not in about:
                taken = people if isinstance(people, bool) else f"{table}.{name}" in people
                found = of_column(name, column, old.loc[shared], new.loc[shared], far, taken)
                wrong += [f"{table}.{line}" for line in found]
    return wrong + _of_findings(before, after)


def knowledge_columns(check: Check, table: str) -> set[str]:
    """Columns that measure what is known: as less is known, they say so."""
    columns = check.columns[table]
    named = {c.known for c in columns.values() if c.known}
    grounds = {v.ground.column for v in check.views if v.ground and v.ground.table == table}
    declared = {n for n, c in columns.items() if c.of_knowledge}
    return named | grounds | declared


def keyed(old: Any, new: Any, columns: Any, *, boxes: bool = False) -> tuple[Any, Any]:
    """Return two tables by what their rows are: a code, else their place, else names too.

    ``boxes``: outlines may have further vertices, so that areas are known by their box.
    """
    if all("teryt" in frame.columns and frame["teryt"].is_unique for frame in (old, new)):
        return tuple(frame.set_index("teryt", drop=False) for frame in (old, new))
    names = [
        n
        for n, c in columns.items()
        if n in old and n in new and ((c.kind == "text" and not c.of_known) or n in KEYS)
    ]
    keys = [_places(frame, boxes) for frame in (old, new)]
    if not all(key.is_unique and (key != "").all() for key in keys):
        keys = [
            key.str.cat([frame[n].astype("object").map(str) for n in names], sep="|")
            if names
            else key
            for key, frame in zip(keys, (old, new), strict=True)
        ]
    out = []
    for key, frame in zip(keys, (old, new), strict=True):
        ordinal = key.groupby(key, sort=False).cumcount().astype(str)
        out.append(frame.set_axis(pd.Index(key + "#" + ordinal, name="key"), axis=0))
    return out[0], out[1]


def _places(frame: Any, boxes: bool) -> pd.Series:
    if "geometry" not in frame.columns:
        return pd.Series("", index=frame.index, dtype=object)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    polygons = shapely.get_dimensions(shapes) == 2
    if boxes:
        shapes[polygons] = shapely.box(*shapely.bounds(shapes[polygons]).round(1).T)
    shapes = shapely.set_precision(shapes, 0.01)
    # a line leads from one place to another: it is not turned round
    shapes[polygons] = shapely.normalize(shapes[polygons])
    return pd.Series(shapely.to_wkb(shapes, hex=True), index=frame.index).fillna("").astype(object)


def is_unknown(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float) and math.isnan(value):
        return True
    return isinstance(value, str) and value in UNKNOWN_WORDS


def changed(old: pd.Series, new: pd.Series, tolerance: float = 1e-6) -> Any:
    """Positions of rows whose values differ; two unknown values do not."""
    if all(pd.api.types.is_numeric_dtype(s.dtype) for s in (old, new)):
        a, b = (s.to_numpy(dtype="float64", na_value=np.nan) for s in (old, new))
        return np.flatnonzero(~np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))
    a, b = (s.astype("object").to_numpy() for s in (old, new))
    return [
        i
        for i, (x, y) in enumerate(zip(a, b, strict=True))
        if x is not y
        and not (is_unknown(x) and is_unknown(y))
        and (is_unknown(x) or is_unknown(y) or not same(x, y, tolerance))
    ]


def same(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    numbers = (int, float, np.number)
    if isinstance(a, numbers) and isinstance(b, numbers):
        return bool(np.isclose(float(a), float(b), rtol=tolerance, atol=tolerance))
    return bool(a == b)


def of_column(name: str, column: Column, old: Any, new: Any, far: Any, people: bool) -> list[str]:
    wrong = []
    for i in changed(old[name], new[name]):
        key, a, b = old.index[i], old[name].iloc[i], new[name].iloc[i]
        row = f"{name} {str(key)[-40:]}"
        if far[i] and not column.of_known:
            wrong.append(f"{row}: far away, yet {a!r} -> {b!r}")
        elif is_unknown(b):
            continue
        elif is_unknown(a):
            if not column.of_known and not vacuous(column, b):
                wrong.append(f"{row}: unknown -> {b!r}")
        elif not is_bound(name, column, old.iloc[i], new.iloc[i], people):
            wrong.append(f"{row}: {a!r} -> {b!r}")
    return wrong


def vacuous(column: Column, value: Any) -> bool:
    """Whether a bound says nothing: at least 0, at most all."""
    if column.bound == "low":
        return bool(value == 0)
    return column.bound == "high" and column.kind == "share" and bool(value == 1)


def is_bound(name: str, column: Column, before: pd.Series, after: pd.Series, people: bool) -> bool:
    """Whether the change is one that the column says it may make when less is known."""
    if column.of_known and (people or not column.bound):
        return True
    a, b = before[name], after[name]
    if b in SAYS_NO:
        return False
    if column.kind == "category" and column.bound:
        order = list(column.categories)  # of a lower bound from the best on, else from the least
        sign = -1 if column.bound == "low" else 1
        a, b = sign * order.index(a), sign * order.index(b)
    if column.bound == "low" and b <= a:
        return True
    if column.bound == "high" and b >= a:
        return True
    if column.bound or not column.known or column.known not in after.index:
        return False
    a, b = before[column.known], after[column.known]
    return not (is_unknown(a) == is_unknown(b) and (is_unknown(a) or same(a, b)))


def _of_findings(before: mg.Result, after: mg.Result) -> list[str]:
    wrong = []
    old = {finding.text for finding in before.findings}
    told = False
    for finding in after.findings:
        text = finding.render()
        honest = finding.unknown or all(
            any(word in text.get(language).lower() for word in words)
            for language, words in SAYS_SO.items()
        )
        # a sentence that is new, or says more, on what the next ones lack
        more = any(n not in before.figures or not same(before.figures[n], v)
                   for n, v in finding.values.items())  # fmt: skip
        told |= honest and (finding.text not in old or more)
        for name, value in finding.values.items():
            if name not in before.figures or is_unknown(value):
                continue
            was = before.figures[name]
            if is_unknown(was) and not told:
                wrong.append(f"finding {name}: unknown -> {value!r}: {text.en}")
            elif not is_unknown(was) and not same(was, value) and not (honest or told):
                wrong.append(f"finding {name}: {was!r} -> {value!r}: {text.en}")
    return wrong


def unlike(check: Any, before: Any, after: Any, own: tuple[str, ...]) -> list[str]:
    """Return where two results differ; columns ``own`` name things of the model."""
    wrong = []
    for table, columns in check.columns.items():
        if table not in before.tables or table not in after.tables:
            continue
        compared = {n: c for n, c in columns.items() if not any(n.endswith(o) for o in own)}
        old, new = keyed(before.tables[table], after.tables[table], compared, boxes=True)
        if not own or "posts" not in own:
            for key in old.index.symmetric_difference(new.index)[:3]:
                side = "gone" if key in old.index else "new"
                wrong.append(f"{table}: {side} {str(key)[-60:]}")
        shared = old.index.intersection(new.index)
        old, new = old.loc[shared], new.loc[shared]
        for name in compared:
            if name in old and name in new:
                near = WIDTHS if "width" in name else 1e-5
                rows = changed(old[name], new[name], near)
                wrong += [
                    f"{table}.{name} {str(shared[i])[-40:]}: {old[name].iloc[i]!r} -> "
                    f"{new[name].iloc[i]!r}"
                    for i in np.asarray(rows, dtype=int)[:3]
                ]
    for name, value in before.figures.items():
        other = after.figures.get(name, np.nan)
        if not np.isclose(value, other, rtol=1e-5, atol=1e-6, equal_nan=True):
            wrong.append(f"finding {name}: {value!r} -> {other!r}")
    return wrong
