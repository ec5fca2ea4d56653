"""GTFS tables as columns of codes: fast when the file is clean, careful when it is not.

A column holds one integer per row and the distinct texts once; cleaning a column then means
cleaning its few distinct texts. A file that pyarrow reads without complaint takes the fast way;
ragged rows, NUL bytes or quotes that do not close take Python's csv reader, row by row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from metrogis.errors import SchemaError
from metrogis.provenance import Audit
from metrogis.texts import Text

Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

# a quoted text of more lines than this is a quote that was never closed
_MAX_LINES_IN_VALUE = 20


@dataclass(frozen=True)
class Column:
    """One column: ``codes`` into ``values``, the distinct texts, stripped (one may be empty)."""

    codes: Ints
    values: list[str]

    def map(self, function: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """Return ``function`` of every row's text, computed once per distinct text."""
        found = [function(v) for v in self.values]
        if dtype is object:
            table = np.empty(len(found), dtype=object)
            table[:] = found
        else:
            table = np.array(found, dtype=dtype)
        if not len(table):
            return np.zeros(0, dtype=dtype)
        return table[self.codes]

    def text(self) -> npt.NDArray[np.object_]:
        """Return the rows' texts."""
        return self.map(str, object)

    def find(self, ids: Iterable[str]) -> Ints:
        """Return the position of every row's text in ``ids``, -1 where it is not there."""
        place = {key: i for i, key in enumerate(ids)}
        return self.map(lambda v: place.get(v, -1), np.int32).astype(np.int32, copy=False)

    def filter(self, keep: Mask) -> Column:
        """Return the column of the rows where ``keep``."""
        return Column(self.codes[keep], self.values)


@dataclass(frozen=True)
class Table:
    """One file's wanted columns, all of length ``n``."""

    file: str
    n: int
    columns: dict[str, Column]

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


def empty_table(file: str) -> Table:
    """Return a table without rows and columns."""
    return Table(file, 0, {})


def read_table(
    data: bytes, file: str, *, wanted: Iterable[str], layer: str, country: str = ""
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
            Text("usunięto bajty zerowe", "NUL bytes removed"),
        )  # fmt: skip
        data = data.replace(b"\0", b"")
    data = data.lstrip(b"\r\n")
    names, start, delimiter, audit = _header(data, file, layer, place, audit)
    picked: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in picked:
            audit = audit.add(
                place, "dropped", 1,
                Text("kolumna powtórzona: użyto pierwszej", "column twice: first one used"), name,
            )  # fmt: skip
        picked.setdefault(name, i)
    use = {name: picked[name] for name in wanted if name in picked}
    if not use:
        raise SchemaError(
            Text("pierwszy wiersz nie jest nagłówkiem GTFS", "the first row is no GTFS header"),
            layer=layer,
            place=f"{file}, 1",
            remedy=Text("nagłówek musi nazywać kolumny", "the header must name the columns"),
        )
    body = data[start:]
    raw = _fast(body, len(names), use, delimiter)
    if raw is None:
        raw, audit = _careful(body, len(names), use, delimiter, place, audit)
    n = len(next(iter(raw.values())).codes)
    columns = {}
    stripped = 0
    for name, column in raw.items():
        columns[name], dirty = _strip(column)
        stripped += dirty
    audit = audit.add(
        place, "repaired", stripped,
        Text("usunięto zbędne odstępy lub cudzysłowy", "stray blanks or quotes removed"),
    )  # fmt: skip
    return Table(file, n, columns), audit


def decode(data: bytes, place: str, country: str) -> tuple[bytes, Audit]:
    """Return the file as UTF-8 without byte order mark; other encodings are rows of the audit."""
    audit = Audit()
    if data.startswith(codecs.BOM_UTF8):
        return decode(data[3:], place, country)
    wide = ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wide = "utf-16"
    elif b"\0" in data[:64]:
        head = data[:64]
        odd, even = head[1::2].count(0), head[0::2].count(0)
        if odd > len(head) // 4 and not even:
            wide = "utf-16-le"
        elif even > len(head) // 4 and not odd:
            wide = "utf-16-be"
    if wide:
        text = data.decode(wide, "replace")
        what = Text("plik w UTF-16, przekodowano", "file in UTF-16, recoded")
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
        what = Text("bajty spoza UTF-8 zastąpiono", "bytes that are not UTF-8 replaced")
        return text.encode(), audit.add(place, "repaired", wrong, what)
    encoding = _one_byte(data, country)
    text = data.decode(encoding, "replace")
    what = Text(
        f"plik nie jest w UTF-8: przyjęto kodowanie {encoding}",
        f"file is not in UTF-8: taken as {encoding}",
    )
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
            Text("plik jest pusty", "the file is empty"), layer=layer, place=file,
            remedy=Text("plik musi mieć nagłówek", "the file needs a header"),
        )  # fmt: skip
    delimiter = max(",;\t", key=line.count)
    if delimiter != ",":
        what = Text("kolumny oddzielone nie przecinkiem", "columns not separated by commas")
        audit = audit.add(place, "repaired", 1, what, repr(delimiter))
    try:
        cells = next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        cells = line.split(delimiter)
    names = [c.strip().strip('"').strip().lower() for c in cells]
    changed = [c for c, n in zip(cells, names, strict=True) if c != n]
    what = Text("poprawiono nazwy kolumn", "column names put right")
    return names, start, delimiter, audit.add(place, "repaired", len(changed), what, changed)


def _fast(body: bytes, width: int, use: dict[str, int], delimiter: str) -> dict[str, Column] | None:
    """Read by pyarrow; None where the file needs the careful way."""
    if not body.strip():
        return {name: Column(np.zeros(0, np.int32), []) for name in use}
    quoted = b'"' in body
    labels = [str(i) for i in range(width)]
    text = pa.dictionary(pa.int32(), pa.string())
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(column_names=labels, block_size=8 << 20),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={str(i): text for i in use.values()},
                include_columns=[str(i) for i in use.values()],
                strings_can_be_null=False,
                check_utf8=False,  # decode() has seen to it
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowException):
        return None
    if quoted:
        # more lines than rows: texts of several lines, or a quote that was never closed
        stripped = body.rstrip()
        if stripped.count(b"\n") + 1 > table.num_rows:
            return None
    columns = {}
    for name, i in use.items():
        chunked = table.column(str(i)).unify_dictionaries()
        if chunked.num_chunks == 0:
            return None
        codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in chunked.chunks])
        columns[name] = Column(
            codes.astype(np.int32, copy=False), chunked.chunk(0).dictionary.to_pylist()
        )
    return columns


def _careful(
    body: bytes, width: int, use: dict[str, int], delimiter: str, place: str, audit: Audit
) -> tuple[dict[str, Column], Audit]:
    """Read row by row: short rows are filled with blanks, long ones dropped, all with a count."""
    text = body.decode("utf-8", "replace")
    rows = _rows(text, delimiter, quoting=True)
    unquoted = rows is None
    if rows is None:
        rows = _rows(text, delimiter, quoting=False) or []
        audit = audit.add(
            place, "repaired", 1,
            Text("cudzysłów bez pary: cudzysłowy pominięto", "quote never closed: quotes ignored"),
        )  # fmt: skip
    good: list[list[str]] = []
    short: list[str] = []
    trimmed: list[str] = []
    long: list[str] = []
    for number, row in enumerate(rows, start=2):
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                long.append(f"row {number}")
                continue
            trimmed.append(f"row {number}")
        elif len(row) < width:
            short.append(f"row {number}")
            row = row + [""] * (width - len(row))
        good.append([c.strip('"') for c in row] if unquoted else row)
    for action, found, what in (
        ("repaired", short, Text("wiersze za krótkie: uzupełniono", "rows too short: filled")),
        ("repaired", trimmed, Text("wiersze z pustymi polami na końcu", "rows with blank tails")),
        ("dropped", long, Text("wiersze o zbyt wielu polach", "rows with too many fields")),
    ):
        audit = audit.add(place, action, len(found), what, found)  # type: ignore[arg-type]
    columns = {}
    for name, i in use.items():
        place_of: dict[str, int] = {}
        codes = [place_of.setdefault(row[i], len(place_of)) for row in good]
        columns[name] = Column(np.array(codes, dtype=np.int32), list(place_of))
    return columns, audit


def _rows(text: str, delimiter: str, *, quoting: bool) -> list[list[str]] | None:
    mode = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=mode):
            if quoting and any(cell.count("\n") > _MAX_LINES_IN_VALUE for cell in row):
                return None
            rows.append(row)
    except csv.Error:  # a field beyond csv's limit: a quote that was never closed
        if quoting:
            return None
        return [line.split(delimiter) for line in text.splitlines()]
    return rows


def _strip(column: Column) -> tuple[Column, int]:
    values = [_clean(v) if _DIRT(v) else v for v in column.values]
    if values == column.values:
        return column, 0
    changed = np.array([a != b for a, b in zip(values, column.values, strict=True)])
    count = int(changed[column.codes].sum()) if len(column.codes) else 0
    place: dict[str, int] = {}
    move = np.array([place.setdefault(v, len(place)) for v in values], dtype=np.int32)
    return Column(move[column.codes] if len(column.codes) else column.codes, list(place)), count


def _clean(value: str) -> str:
    value = value.strip(_BLANKS)
    # only quotes around the whole text: a name may rightly end with one
    if len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1]:
        value = value[1:-1].strip(_BLANKS)
    return value


_BLANKS = " \t\r\n\v\f\u00a0\ufeff"
_DIRT = re.compile(r'^[\s\u00a0\ufeff"]|[\s\u00a0\ufeff"]$').search
