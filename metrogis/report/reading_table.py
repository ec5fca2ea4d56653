"""The table that is read: at most seven columns, ranked by the headline measure, bars in cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrogis.checks.contract import Check, Column, Listing, Result
from metrogis.checks.contract.reading import marked, tells_nothing
from metrogis.maps.layers import MAX_FEATURES
from metrogis.maps.naming import municipality_names
from metrogis.maps.page_data import view_key
from metrogis.maps.values import column_of, heading, sort_key
from metrogis.report.cells import cell
from metrogis.report.municipality.addresses import FOLDERS

MOST_COLUMNS = 7
RANKED = 20
"""Places of a list on the page of a check; all are in its table."""


@dataclass(frozen=True)
class ReadingCell:
    """One cell: text, what it sorts by, the length of its bar (per cent; empty: none)."""

    text: str
    key: str
    bar: str


@dataclass(frozen=True)
class ReadingRow:
    """One row: its name, where that leads, a TERYT to be chosen by, its cells."""

    name: str
    link: str
    code: str
    cells: tuple[ReadingCell, ...]


@dataclass(frozen=True)
class ReadingTable:
    """A table as it is read: the heading of names, further headings with whether they are numbers.

    ``total`` is how many rows there are, shown or not.
    """

    id: str
    title: str
    first: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[ReadingRow, ...]
    total: int


def reading_columns(check: Check) -> tuple[str, ...]:
    """Return the columns of municipalities that are read: headlines, then those of popups.

    Examples
    --------
    >>> from metrogis.checks import registry
    >>> reading_columns(registry.get("white_spots"))[:3]
    ('white_share', 'white_people', 'served_share')
    """
    popups = [c for view in check.views if view.table == "municipalities" for c in view.popup]
    columns = check.columns["municipalities"]
    names = dict.fromkeys([*check.headlines, *popups])
    kept = [name for name in names if name in columns and name not in ("name", "teryt")]
    return tuple(kept[: MOST_COLUMNS - 1])


def municipality_table(result: Result, title: str, language: str) -> ReadingTable:
    """Return the municipalities of a result, ranked by the headline measure.

    What is better stands last where less is better: the greatest need comes first. Those whose
    measure is unknown come at the end.
    """
    check = result.check
    bare = pd.DataFrame(result.municipalities)
    names = [n for n in reading_columns(check) if n in bare.columns]
    columns = [column_of(check, "municipalities", n) for n in names]
    order = np.arange(len(bare))
    known = check.reading.known_shares(bare, check.columns["municipalities"]).tolist()
    for name, column in zip(names, columns, strict=True):
        bare[name] = bare[name].mask([tells_nothing(column, share) for share in known])
    if names and columns[0].kind in ("number", "share"):
        values = pd.to_numeric(bare[names[0]], errors="coerce").to_numpy(float, na_value=np.nan)
        sign = 1.0 if columns[0].good == "up" else -1.0
        order = np.argsort(np.where(np.isnan(values), np.inf, sign * values), kind="stable")
    cells = [
        _signed(_cells(bare[n], column, language, headline=n in check.headlines), column, known)
        for n, column in zip(names, columns, strict=True)
    ]
    folder = FOLDERS.get(language, FOLDERS["en"])
    called = municipality_names(result)
    codes = [str(code) for code in bare["teryt"]]
    rows = tuple(
        ReadingRow(
            called[i].get(language),
            f"{folder}/{codes[i]}.html",
            codes[i],
            tuple(column[i] for column in cells),
        )
        for i in order.tolist()
    )
    first = column_of(check, "municipalities", "name").label.get(language)
    heads = tuple((heading(c, language), c.kind in ("number", "share")) for c in columns)
    return ReadingTable("reading", title, first, heads, rows, len(rows))


def place_table(result: Result, listing: Listing, language: str) -> ReadingTable | None:
    """Return the places of one list, the most telling first; None where there is none."""
    table = result.tables.get(listing.table)
    if table is None:
        return None
    bare = pd.DataFrame(table)
    order = listing.rows(bare)
    names = [n for n in listing.columns if n in bare.columns]
    if not len(order) or not names:
        return None
    part = bare.iloc[order[:RANKED]]
    columns = [column_of(result.check, listing.table, n) for n in names]
    view = next((v for v in result.check.views if v.table == listing.table), None)
    there = ~(table.geometry.isna() | table.geometry.is_empty).to_numpy()
    linked = view is not None and len(table) <= MAX_FEATURES
    cells = [
        _cells(part[n], column, language, headline=n == listing.by)
        for n, column in zip(names, columns, strict=True)
    ]
    rows = []
    for i, row in enumerate(order[:RANKED].tolist()):
        link = f"#layer={view_key(view)}&row={row}" if linked and view and there[row] else ""
        rows.append(ReadingRow(cells[0][i].text, link, "", tuple(c[i] for c in cells[1:])))
    heads = tuple((heading(c, language), c.kind in ("number", "share")) for c in columns[1:])
    return ReadingTable(
        f"list-{listing.table}".replace("_", "-"),
        listing.title.get(language),
        heading(columns[0], language),
        heads,
        tuple(rows),
        len(order),
    )


def _signed(cells: list[ReadingCell], column: Column, known: list[float]) -> list[ReadingCell]:
    """Return cells with the signs of bounds where not all of a municipality is known."""
    if column.kind not in ("number", "share"):
        return cells
    return [
        replace(one, text=marked(one.text, column, share)) if one.key else one
        for one, share in zip(cells, known, strict=True)
    ]


def _cells(
    values: pd.Series, column: Column, language: str, *, headline: bool
) -> list[ReadingCell]:
    """Write a column; a headline measure has a bar in each cell, of the greatest as the whole."""
    lengths = [""] * len(values)
    if headline and column.kind in ("number", "share"):
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
        most = np.nanmax(np.append(numbers, 0.0))
        if most > 0:
            lengths = [
                "" if np.isnan(n) else f"{100 * max(n, 0.0) / most:.1f}" for n in numbers.tolist()
            ]
    return [
        ReadingCell(cell(value, column, language), sort_key(value, column), length)
        for value, length in zip(values.tolist(), lengths, strict=True)
    ]
