"""What a feature of a map is called: a popup is headed by a name, never by a bare number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from metrogis.checks.contract import Result, View
from metrogis.i18n import Text, is_missing
from metrogis.maps.values import column_of, shown
from metrogis.municipality import full_names

PAIRS = (
    ("name_a", "name_b"),
    ("name_from", "name_to"),
    ("origin_name", "destination_name"),
    ("origin_name", "core_name"),
    ("from", "to"),
    ("a", "b"),
    ("line", "station"),
)
"""Columns of the two ends of a relation, a border or a link."""

NAMES = ("name", "station", "interchange", "corridor", "region", "road", "label")
"""Columns that name a place, the most telling first."""

NUMBERED = ("rank", "patch", "link", "network", "spot", "order", "tolerance_m", "level", "mode")
"""Columns that tell features apart where none has a name: written with their heading."""


def municipality_names(result: Result) -> list[Text]:
    """Return the names of the municipalities of a result, told apart where one stands twice."""
    table = result.municipalities
    codes = [str(code) for code in table["teryt"]]
    given = table["name"] if "name" in table.columns else codes
    return full_names(codes, [str(name) for name in given])


def feature_names(result: Result, view: View, frame: pd.DataFrame, language: str) -> list[str]:
    """Return the name of each feature of a view.

    Parameters
    ----------
    result : Result
    view : View
    frame : DataFrame
        Rows of the view's table.
    language : str

    Returns
    -------
    list of str
        The name of a place, or of both ends; else a number with its heading, else the title of the
        view; then the municipality, where the table has one.
    """
    if view.table == "municipalities":
        names = municipality_names(result)
        place = {str(code): i for i, code in enumerate(result.municipalities["teryt"])}
        return [names[place[str(code)]].get(language) for code in frame["teryt"]]
    columns = {name: frame[name].tolist() for name in frame.columns if name != "geometry"}
    for first, second in PAIRS:
        if first in columns and second in columns:
            ends = zip(columns[first], columns[second], strict=True)
            return [_pair(a, b) or view.title.get(language) for a, b in ends]
    heads = [_first_text(columns, i) for i in range(len(frame))]
    if not all(heads):
        heads = [
            head or _numbered(result, view, columns, i, language) for i, head in enumerate(heads)
        ]
    municipalities = columns.get("municipality")
    if municipalities is None:
        return heads
    return [
        f"{head}, {town}" if _written(town) and str(town) != head else head
        for head, town in zip(heads, municipalities, strict=True)
    ]


def _written(value: Any) -> bool:
    return not is_missing(value) and str(value).strip() != ""


def _pair(a: Any, b: Any) -> str:
    return " – ".join(str(end) for end in (a, b) if _written(end))


def _first_text(columns: dict[Any, list[Any]], row: int) -> str:
    for name in NAMES:
        if name in columns and _written(columns[name][row]):
            return str(columns[name][row])
    return ""


def _numbered(
    result: Result, view: View, columns: dict[Any, list[Any]], row: int, language: str
) -> str:
    title = view.title.get(language)
    for name in NUMBERED:
        if name in columns and not is_missing(columns[name][row]):
            column = column_of(result.check, view.table, name)
            label = column.label.get(language)
            return f"{title}: {label} {shown(columns[name][row], column, language)}"
    return title


def translated(names: Sequence[Text], language: str) -> list[str]:
    """Return texts in one language.

    >>> translated([Text("gmina", "municipality")], "en")
    ['municipality']
    """
    return [name.get(language) for name in names]
