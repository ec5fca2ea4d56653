"""Spreadsheets (XLSX, XLS, ODS) as offices publish them: titles above, merged headers."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import Text, _

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MAX_CELLS = 50_000_000
"""Most cells of a sheet: a table of all municipality pairs of Poland has six million rows."""
MAX_UNPACKED = 2 << 30
"""Most bytes that a spreadsheet, which is an archive, may unpack to."""
_SHEET_NAME = 31
"""Letters that the name of a sheet may have."""
_NOT_READ = _("the sheet cannot be read")
_REMEDY = _("open the file and save it anew as .xlsx, .ods or .csv")


@boundary.reader(_NOT_READ, remedy=_REMEDY)
def read(
    path: Path,
    *,
    layer: str,
    sheet: str | None = None,
    skip_rows: int = 0,
    header_rows: int | None = None,
) -> pd.DataFrame:
    """Read one sheet: texts as texts, numbers as numbers, blanks as None.

    Parameters
    ----------
    path : Path
    layer : str
        Name used in messages.
    sheet : str, optional
        Needed when the file has several, and none is called as the layer.
    skip_rows : int
        Rows of the sheet before the header, blank ones counted.
    header_rows : int, optional
        Rows of the header; their texts are joined by a blank. By default as many as the merged
        cells of the first one say (XLSX), else one.

    Returns
    -------
    DataFrame
        Columns named by the header; a name that repeats gets a number: ``name (2)``.

    Raises
    ------
    SourceError
        When the file cannot be read, has no such sheet (the message lists them), or is empty there.
    """
    import python_calamine as calamine

    # before anything is unpacked: a small file may unpack to all of the memory
    _require_modest(path, layer)
    with calamine.CalamineWorkbook.from_path(str(path)) as book:
        name = _sheet(book.sheet_names, sheet, path, layer)
        page = book.get_sheet_by_name(name)
        if page.total_height * page.total_width > MAX_CELLS:
            raise _unreadable(
                path,
                layer,
                _("more than {max_cells} cells").fill(max_cells=MAX_CELLS),
            )
        rows = page.to_python(skip_empty_area=False)
        merged = getattr(page, "merged_cell_ranges", None) or []
    rows = rows[skip_rows:]
    if not rows or all(_blank(cell) for cell in rows[0]):
        raise SourceError(
            _("sheet '{name}': there is no header in row {value}").fill(
                name=name, value=skip_rows + 1
            ),
            layer=layer,
            place=path.name,
            remedy=_(
                "set skip_rows: how many rows of the sheet stand before the header, blank ones too"
            ),
        )
    # merged cells are counted from the top of the sheet, rows here from the header
    areas = [
        ((top - skip_rows, left), (bottom - skip_rows, right))
        for (top, left), (bottom, right) in merged
    ]
    depth = header_rows or _depth(areas)
    names = _names(rows[:depth], areas)
    body = [row for row in rows[depth:] if not all(_blank(cell) for cell in row)]
    frame = pd.DataFrame(
        {
            i: pd.Series([_value(row[i]) if i < len(row) else None for row in body], dtype="object")
            for i in range(len(names))
        }
    )
    # columns that are formatted and hold nothing are no columns
    kept = [i for i, title in enumerate(names) if title or frame[i].notna().any()]
    frame = frame[kept]
    frame.columns = pd.Index(_distinct([names[i] or f"column {i + 1}" for i in kept]))
    return frame


def _require_modest(path: Path, layer: str) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_UNPACKED:
        limit = MAX_UNPACKED >> 30
        raise _unreadable(
            path,
            layer,
            _("unpacks to more than {limit} GiB").fill(limit=limit),
        )


def _sheet(names: list[str], wanted: str | None, path: Path, layer: str) -> str:
    shown = ", ".join(names)
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None:
        # a sheet that is called as the layer, as in a template, is the one that is meant
        wanted = layer[:_SHEET_NAME] if layer[:_SHEET_NAME] in names else None
    if wanted in names:
        return str(wanted)
    raise SourceError(
        _("the file has several sheets: {shown}").fill(shown=shown)
        if wanted is None
        else _("the file has no sheet '{wanted}'; there are: {shown}").fill(
            wanted=wanted, shown=shown
        ),
        layer=layer,
        place=path.name,
        remedy=_("name the sheet with the key sheet"),
    )


def _depth(areas: list[Any]) -> int:
    """Rows of a header: merged cells of its first row reach down, or stand over several columns."""
    depth = 1
    for (top, left), (bottom, right) in areas:
        if top == 0:
            # a title over several columns has their own names one row below
            depth = max(depth, bottom + 1, bottom + 2 if right > left else 1)
    return depth


def _names(rows: list[list[Any]], areas: list[Any]) -> list[str]:
    """Join the texts of each column's header cells; a merged cell speaks for all its columns."""
    width = max(len(row) for row in rows)
    cells = [[_title(row[i]) if i < len(row) else "" for i in range(width)] for row in rows]
    for (top, left), (bottom, right) in areas:
        if 0 <= top < len(cells):
            for row in range(top, min(bottom, len(cells) - 1) + 1):
                for column in range(left, min(right, width - 1) + 1):
                    cells[row][column] = cells[top][left]
    names = []
    for i in range(width):
        parts = [cells[row][i] for row in range(len(cells)) if cells[row][i]]
        # a cell merged downwards gives its text in each row: once is enough
        names.append(" ".join(dict.fromkeys(parts)))
    return names


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _title(cell: Any) -> str:
    value = _value(cell)
    return "" if value is None else " ".join(str(value).split())


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _value(cell: Any) -> Any:
    """A cell's value: whole numbers without a decimal point, dates as ISO texts."""
    if _blank(cell):
        return None
    # before numbers: True is an int to Python
    if isinstance(cell, bool):
        return str(int(cell))
    # spreadsheets hold every number as a float; a code must not read 2261011.0
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int) else str(cell)


def _unreadable(path: Path, layer: str, reason: Text) -> SourceError:
    return SourceError(
        _("{not_read}: {reason}").fill(not_read=_NOT_READ, reason=reason),
        layer=layer,
        place=path.name,
        remedy=_REMEDY,
    )
