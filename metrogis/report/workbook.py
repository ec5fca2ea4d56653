"""Result tables as a workbook that a spreadsheet opens with its types: codes stay texts.

One sheet a table, without geometry, then ``columns`` (what each column means, in both languages)
and ``about`` (findings, parameters, sources, audit). Text is always written as text: nothing of the
data becomes a formula or a link.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from metrogis.checks.contract import Column, Result
from metrogis.i18n import both, is_missing
from metrogis.maps.values import column_of, heading
from metrogis.report.gpkg import about
from metrogis.report.tables import attributes, replace_file

SHEET_NAME = 31
"""Letters of a sheet's name, by the file format."""

LAST_ROW = 1_048_576
"""Rows of a sheet, by the file format; a longer table goes on in a further sheet."""

CELL = 32_767
"""Letters of a cell, by the file format."""

COLUMNS = ["table", "column", "pl", "en", "unit", "kind", "note_pl", "note_en", "known_column"]


def write(results: Iterable[Result], path: Path, *, max_rows: int | None = None) -> Path:
    """Write the tables of results to an XLSX file.

    Parameters
    ----------
    results : iterable of Result
        Of several, the sheets are called ``<check>_<table>``.
    path : Path
        Replaced when it exists; nothing half-written is left when writing fails.
    max_rows : int, optional
        Longer tables are left out, and ``about`` says so (a site offers them as packed CSV and in
        its GeoPackage).

    Returns
    -------
    Path

    Raises
    ------
    PublishError
        When the file cannot be written.
    """
    results = list(results)
    return replace_file(Path(path), partial(_write, results, max_rows))


def _write(results: Sequence[Result], max_rows: int | None, path: Path) -> None:
    # the parts of a workbook are files at first: beside it a run that is killed leaves them where
    # the next one clears up, in the system's folder nobody would
    with tempfile.TemporaryDirectory(prefix=".xlsx-", dir=path.parent) as folder:
        _fill(results, max_rows, path, folder)


def _fill(results: Sequence[Result], max_rows: int | None, path: Path, folder: str) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": folder,
    }
    left_out: list[tuple[str, str, str, str, str]] = []
    meanings: list[list[str]] = []
    names = _Names()
    with xlsxwriter.Workbook(str(path), options) as book:
        # the same tables give the same file: no time of writing but the day
        book.set_properties({"created": datetime.datetime.combine(_today(), datetime.time())})
        look = _Looks(book)
        for result in results:
            for table in result.tables:
                long_name = table if len(results) == 1 else f"{result.check.id}_{table}"
                frame = attributes(result, table)
                if max_rows is not None and len(frame) > max_rows:
                    text = f"{len(frame)} > {max_rows}: CSV, GeoPackage"
                    left_out.append((result.check.id, "left out", table, text, text))
                    continue
                columns = {c: column_of(result.check, table, c) for c in frame.columns}
                for start in range(0, max(len(frame), 1), LAST_ROW - 1):
                    part = frame.iloc[start : start + LAST_ROW - 1]
                    _sheet(book, names.of(long_name), part, columns, look)
                meanings += [_meaning(long_name, c, column) for c, column in columns.items()]
        _sheet(book, names.of("columns"), pd.DataFrame(meanings, columns=COLUMNS), {}, look)
        said = about(results)
        more = pd.DataFrame(left_out, columns=said.columns)
        _sheet(book, names.of("about"), pd.concat([said, more], ignore_index=True), {}, look)


def _today() -> datetime.date:
    return datetime.date.today()


class _Names:
    """Names of sheets: at most 31 letters, none of ``[]:*?/\\``, each once in either case."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def of(self, name: str) -> str:
        """Return the name, shortened and numbered where it must be."""
        plain = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "-", name).strip() or "-"
        made, number = plain[:SHEET_NAME], 1
        while made.casefold() in self.taken or made.casefold() == "history":
            number += 1
            end = f" {number}"
            made = plain[: SHEET_NAME - len(end)] + end
        self.taken.add(made.casefold())
        return made


class _Looks:
    """Formats of a workbook by what they say, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[str, Any] = {}

    def of(self, code: str, *, bold: bool = False) -> Any:
        """Return the format of a number code (``@`` is text)."""
        key = f"{code}{bold}"
        if key not in self.made:
            values = {"num_format": code, "valign": "top"} | ({"bold": True} if bold else {})
            self.made[key] = self.book.add_format(values)
        return self.made[key]


def _sheet(
    book: Any, name: str, frame: pd.DataFrame, columns: dict[str, Column], look: _Looks
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    writers = []
    for i, head in enumerate(frame.columns):
        column = columns.get(head, Column(_NONE, kind="text"))
        write, code, width = _writer(sheet, frame[head], column)
        style = look.of(code)
        sheet.set_column(i, i, max(min(len(str(head)) + 2, 30), width), style)
        writers.append(partial(write, style=style))
    for i, head in enumerate(frame.columns):
        sheet.write_string(0, i, _safe(str(head)), look.of("@", bold=True))
    if len(frame.columns):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    # row by row: that is how the file is streamed, whatever its length
    for row, values in enumerate(_rows(frame), start=1):
        for i, value in enumerate(values):
            if not is_missing(value):
                writers[i](row, i, value)


_NONE = both("")


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[c].tolist() for c in frame.columns), strict=True) if len(frame) else iter(())


Write = Callable[..., Any]


def _writer(sheet: Any, values: pd.Series, column: Column) -> tuple[Write, str, int]:
    """Return how the cells of a column are written, their number format and width."""
    dtype = values.dtype
    if str(dtype) in ("bool", "boolean"):
        return _flag(sheet), "General", 8
    if (isinstance(dtype, np.dtype) and dtype.kind == "M") or isinstance(dtype, pd.DatetimeTZDtype):
        return _date(sheet), "yyyy-mm-dd hh:mm", 17
    if pd.api.types.is_numeric_dtype(dtype):
        return _number(sheet), number_code(column), 10
    return _text(sheet), "@", 14


def number_code(column: Column) -> str:
    """Return the number format of a column: its digits, per cent for shares.

    >>> from metrogis.i18n import both
    >>> number_code(Column(both("a"), kind="share", digits=1)), number_code(Column(both("b")))
    ('0.0%', '#,##0')
    """
    if column.kind not in ("number", "share"):
        return "General"
    digits = "." + "0" * column.digits if column.digits else ""
    return f"0{digits}%" if column.kind == "share" else f"#,##0{digits}"


def _text(sheet: Any) -> Write:
    return lambda row, i, value, style: sheet.write_string(row, i, _safe(str(value)), style)


def _flag(sheet: Any) -> Write:
    return lambda row, i, value, style: sheet.write_boolean(row, i, bool(value), style)


def _date(sheet: Any) -> Write:
    def write(row: int, i: int, value: Any, style: Any) -> None:
        plain = pd.Timestamp(value)
        # a spreadsheet knows no zones: the time of UTC, as in the other files
        plain = plain.tz_convert("UTC").tz_localize(None) if plain.tzinfo else plain
        sheet.write_datetime(row, i, plain.to_pydatetime(warn=False), style)

    return write


def _number(sheet: Any) -> Write:
    def write(row: int, i: int, value: Any, style: Any) -> None:
        number = float(value)
        if np.isfinite(number):
            sheet.write_number(row, i, number, style)
        else:  # a spreadsheet has no infinity
            sheet.write_string(row, i, str(number), style)

    return write


def _safe(text: str) -> str:
    """Return a text that a cell can hold: whole characters, not too many of them."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= CELL else whole[: CELL - 2] + " …"


def _meaning(table: str, name: str, column: Column) -> list[str]:
    return [
        table,
        name,
        heading(column, "pl"),
        heading(column, "en"),
        column.unit,
        column.kind,
        column.note.pl if column.note else "",
        column.note.en if column.note else "",
        column.known,
    ]
