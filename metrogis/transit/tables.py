"""GTFS tables as columns: fast when the file is clean, careful when it is not.

A file that pyarrow reads without complaint takes the fast way; ragged rows, NUL bytes or quotes
that do not close take Python's csv reader, row by row. Both give the same columns.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.columns import Column, Mask, by_runs, coded_column, strip

Kind = Literal["plain", "whole", "runs"]


@dataclass(frozen=True)
class Table:
    """One file's wanted columns, all of length ``n``.

    ``broken`` holds the rows with too many fields, which are not among them: what stands in their
    columns may belong to others. ``broken_at`` tells before which row each stood. ``cut`` is set
    where the file ends within a row.
    """

    file: str
    n: int
    columns: dict[str, Column]
    broken: Table | None = None
    broken_at: tuple[int, ...] = ()
    cut: bool = False

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        """Return a column; one that the file lacks is a column of empty texts."""
        if name in self.columns:
            return self.columns[name]
        return Column(np.zeros(self.n, np.int32), [""])

    def filter(self, keep: Mask) -> Table:
        """Return the table of the rows where ``keep``."""
        if keep.all():
            return self
        columns = {name: c.filter(keep) for name, c in self.columns.items()}
        return Table(self.file, int(keep.sum()), columns)


def with_broken(table: Table) -> tuple[Table, Mask]:
    """Return the table with its broken rows where they stood in the file.

    Parameters
    ----------
    table : Table

    Returns
    -------
    (Table, ndarray of bool (rows,))
        The rows together, and which of them are broken: their order matters (calls of a trip),
        their values do not.
    """
    mark = np.zeros(table.n, bool)
    if table.broken is None:
        return table, mark
    more = table.broken
    # a half before row k: after row k - 1, before row k; stable for several broken rows in a row
    order = np.argsort(
        np.append(np.arange(table.n), np.array(table.broken_at) - 0.5), kind="stable"
    )
    columns = {}
    for name, column in table.columns.items():
        texts = np.concatenate([column.text(), more[name].text()])[order]
        codes, values = pd.factorize(texts)
        columns[name] = Column(codes.astype(np.int32), values.tolist())
    mark = np.append(mark, np.ones(more.n, bool))[order]
    return Table(table.file, table.n + more.n, columns, cut=table.cut), mark


def empty_table(file: str) -> Table:
    """Return a table without rows and columns."""
    return Table(file, 0, {})


def read_table(
    data: bytes,
    file: str,
    *,
    wanted: Iterable[str],
    layer: str,
    country: str = "",
    kinds: Mapping[str, Kind] = MappingProxyType({}),
) -> tuple[Table, Audit]:
    """Read the wanted columns of one GTFS file.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        Its name, for messages.
    wanted : iterable of str
        Columns to keep; those the file lacks are left out.
    layer : str
        Name of the feed, for messages and the audit.
    country : str
        Country code; decides which one-byte encoding an old file is taken to have.
    kinds : mapping
        How to read columns of large files: ``"plain"`` texts as they stand (times), ``"whole"``
        numbers, ``"runs"`` of equal texts. Of no effect on what is read.

    Raises
    ------
    SchemaError
        If the file has no header that names a wanted column.
    """
    place = f"{layer}/{file}"
    data, audit = decode(data, place, country)
    if b"\0" in data:
        audit = audit.add(
            place, "repaired", data.count(b"\0"),
            _("NUL bytes removed"),
        )  # fmt: skip
        data = data.replace(b"\0", b"")
    data = data.lstrip(b"\r\n")
    names, start, delimiter, audit = _header(data, file, layer, place, audit)
    picked: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in picked:
            audit = audit.add(
                place, "dropped", 1,
                _("column twice: first one used"), name,
            )  # fmt: skip
        picked.setdefault(name, i)
    use = {name: picked[name] for name in wanted if name in picked}
    if not use:
        raise SchemaError(
            _("the first row is no GTFS header"),
            layer=layer,
            place=f"{file}, 1",
            remedy=_("the header must name the columns"),
        )
    raw = _fast(data, start, len(names), use, delimiter, kinds)
    extra: dict[str, Any] = {}
    if raw is None:
        raw, extra, audit = _careful(data[start:], len(names), use, delimiter, place, audit)
        if "broken" in extra:
            extra["broken"] = Table(
                file, len(extra["broken_at"]), {k: strip(c)[0] for k, c in extra["broken"].items()}
            )
    n = len(next(iter(raw.values())))
    columns = {}
    stripped = 0
    for name, column in raw.items():
        columns[name], dirty = strip(column) if column.encoded else (column, 0)
        stripped += dirty
    audit = audit.add(
        place, "repaired", stripped,
        _("stray blanks or quotes removed"),
    )  # fmt: skip
    return Table(file, n, columns, **extra), audit


def decode(data: bytes, place: str, country: str) -> tuple[bytes, Audit]:
    """Return a file as UTF-8 without byte order mark.

    UTF-16 is told by its mark or by zeros in every other byte. Bytes that are not UTF-8 are
    replaced where most other letters are; else the file is read in the one-byte encoding that fits
    the country.

    Parameters
    ----------
    data : bytes
    place : str
        Name of the file, for the audit.
    country : str
        ISO 3166 code.

    Returns
    -------
    (bytes, Audit)
        ``repaired`` or ``guessed`` where the bytes were changed.
    """
    audit = Audit()
    if data.startswith(codecs.BOM_UTF8):
        return decode(data[3:], place, country)
    wide = ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wide = "utf-16"
    elif b"\0" in data[:64]:
        head = data[:64]
        # texts in Latin letters have zeros in every odd byte (little endian) or every even one
        # (big)
        odd, even = head[1::2].count(0), head[0::2].count(0)
        if odd > len(head) // 4 and not even:
            wide = "utf-16-le"
        elif even > len(head) // 4 and not odd:
            wide = "utf-16-be"
    if wide:
        text = data.decode(wide, "replace")
        what = _("file in UTF-16, recoded")
        return text.encode("utf-8", "replace"), audit.add(place, "repaired", 1, what)
    if data.isascii():
        return data, audit
    try:
        data.decode("utf-8")
        return data, audit
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for c in text if ord(c) > 127) - wrong
    if right > wrong:
        what = _("bytes that are not UTF-8 replaced")
        return text.encode(), audit.add(place, "repaired", wrong, what)
    encoding = _one_byte(data, country)
    text = data.decode(encoding, "replace")
    what = _("file is not in UTF-8: taken as {encoding}").fill(encoding=encoding)
    return text.encode(), audit.add(place, "guessed", 1, what)


def _one_byte(data: bytes, country: str) -> str:
    if country.upper()[:2] not in {"PL", "CZ", "SK", "HU", "SI", "HR", "RO", ""}:
        return "cp1252"
    # the two Polish encodings differ in these six letters only
    windows = sum(data.count(bytes([b])) for b in (0xB9, 0x9C, 0x9F, 0xA5, 0x8C, 0x8F))
    iso = sum(data.count(bytes([b])) for b in (0xB1, 0xB6, 0xBC, 0xA1, 0xA6, 0xAC))
    return "iso8859-2" if iso > windows else "cp1250"


def _header(
    data: bytes, file: str, layer: str, place: str, audit: Audit
) -> tuple[list[str], int, str, Audit]:
    end = re.search(rb"\r\n|\n|\r", data)
    line = (data[: end.start()] if end else data).decode("utf-8", "replace")
    start = end.end() if end else len(data)
    if not line.strip():
        raise SchemaError(
            _("the file is empty"), layer=layer, place=file,
            remedy=_("the file needs a header"),
        )  # fmt: skip
    delimiter = max(",;\t", key=line.count)
    if delimiter != ",":
        what = _("columns not separated by commas")
        audit = audit.add(place, "repaired", 1, what, repr(delimiter))
    cells = _cells(line, delimiter)
    names = [c.strip().strip('"').strip().lower() for c in cells]
    changed = [c for c, n in zip(cells, names, strict=True) if c != n]
    what = _("column names put right")
    return names, start, delimiter, audit.add(place, "repaired", len(changed), what, changed)


def _fast(
    data: bytes,
    start: int,
    width: int,
    use: dict[str, int],
    delimiter: str,
    kinds: Mapping[str, Kind],
) -> dict[str, Column] | None:
    """Read by pyarrow; None where the file needs the careful way."""
    found = _by_arrow(data, start, width, use, delimiter, kinds)
    if found is None and "whole" in kinds.values():
        texts = {name: kind for name, kind in kinds.items() if kind != "whole"}
        found = _by_arrow(data, start, width, use, delimiter, texts)
    return found


def _by_arrow(
    data: bytes,
    start: int,
    width: int,
    use: dict[str, int],
    delimiter: str,
    kinds: Mapping[str, Kind],
) -> dict[str, Column] | None:
    if _NOT_BLANK.search(data, start) is None:
        return {name: Column(np.zeros(0, np.int32), []) for name in use}
    quoted = data.find(b'"', start) >= 0
    coded = pa.dictionary(pa.int32(), pa.string())
    by_kind = {"plain": pa.string(), "runs": pa.string(), "whole": pa.int32()}
    types = {str(i): by_kind.get(kinds.get(name, ""), coded) for name, i in use.items()}
    try:
        table = pacsv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(start)),
            read_options=pacsv.ReadOptions(
                column_names=[str(i) for i in range(width)],
                block_size=_BLOCK,
                use_threads=len(data) > _THREADS_FROM,
            ),
            # blocks are cut at any newline: a text of several lines then gives fewer rows than
            # lines, or a block that does not parse; to look for such texts would take half as long
            # again, and on one thread
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                strings_can_be_null=False,
                null_values=[""],
                check_utf8=False,  # decode() has seen to it
            ),
        )
    except pa.ArrowException:
        return None
    if quoted:
        # more lines than rows: texts of several lines, or a quote that was never closed
        end = len(data)
        while data[end - 1 : end] in (b"\n", b"\r", b" "):
            end -= 1
        if _newlines(data, start, end) + 1 > table.num_rows:
            return None
        # pyarrow lets the end of the file close a quote
        if data.count(b'"', max(start, data.rfind(b"\n", start, end)), end) % 2:
            return None
    if not table.num_rows:
        return None
    columns = {}
    for name, i in use.items():
        chunked = table.column(str(i))
        kind = kinds.get(name)
        if kind == "runs":
            columns[name] = by_runs(chunked)
        else:
            columns[name] = Column(arrow=chunked) if kind else coded_column(chunked)
    return columns


_NOT_BLANK = re.compile(rb"\S")
_BLOCK = 1 << 20
"""Bytes that one thread reads at a time: its columns stay in the processor's cache."""
_THREADS_FROM = 8 << 20
"""Bytes from which on threads pay."""


def _newlines(data: bytes, start: int, end: int) -> int:
    """Count newlines block by block: three times as fast as ``bytes.count`` where they are many."""
    step, found = 1 << 17, 0
    view = np.frombuffer(data, np.uint8)
    for a in range(start, end, step):
        found += int(np.count_nonzero(view[a : min(a + step, end)] == 10))
    return found


def _careful(
    body: bytes, width: int, use: dict[str, int], delimiter: str, place: str, audit: Audit
) -> tuple[dict[str, Column], dict[str, Any], Audit]:
    """Read row by row: short rows are filled with blanks, long ones dropped, all with a count.

    The second value tells of the rows dropped, and whether the last row was short, as
    :class:`Table` has it.
    """
    text = body.decode("utf-8", "replace")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = list(reader)
    except csv.Error:
        rows, open_quotes = _line_by_line(text, delimiter, width)
        what = _("quote that is never closed")
        audit = audit.add(place, "repaired", len(open_quotes), what, open_quotes)
    good: list[list[str]] = []
    short: list[str] = []
    trimmed: list[str] = []
    long: list[str] = []
    broken: list[list[str]] = []
    broken_at: list[int] = []
    last_short = -1
    for number, row in enumerate(rows, start=2):
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                long.append(f"row {number}")
                broken.append(row[:width])
                broken_at.append(len(good))
                continue
            trimmed.append(f"row {number}")
        elif len(row) < width:
            short.append(f"row {number}")
            row = row + [""] * (width - len(row))
            last_short = len(good)
        good.append(row)
    for action, found, what in (
        ("repaired", short, _("rows too short: filled")),
        ("repaired", trimmed, _("rows with blank tails")),
        ("dropped", long, _("rows with too many fields")),
    ):
        audit = audit.add(place, action, len(found), what, found)  # type: ignore[arg-type]
    # one short row at the very end, and no line end behind it: the file stops within a row
    cut = len(short) == 1 and last_short == len(good) - 1 and text[-1:] not in "\r\n"
    extra: dict[str, Any] = {"cut": cut}
    if broken:
        extra |= {"broken": _columns(broken, use), "broken_at": tuple(broken_at)}
    return _columns(good, use), extra, audit


def _columns(rows: list[list[str]], use: dict[str, int]) -> dict[str, Column]:
    columns = {}
    for name, i in use.items():
        place_of: dict[str, int] = {}
        codes = [place_of.setdefault(row[i], len(place_of)) for row in rows]
        columns[name] = Column(np.array(codes, dtype=np.int32), list(place_of))
    return columns


def _line_by_line(text: str, delimiter: str, width: int) -> tuple[list[list[str]], list[str]]:
    """Read every line for itself, so that an open quote spoils its own line at most."""
    rows, found = [], []
    for number, line in enumerate(text.splitlines(), start=2):
        row = _cells(line, delimiter)
        if line.count('"') % 2 and len(row) != width:
            row = [cell.strip().strip('"') for cell in line.split(delimiter)]
        if line.count('"') % 2:
            found.append(f"row {number}")
        rows.append(row)
    return rows, found


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field beyond the limit of the csv module
        return line.split(delimiter)
