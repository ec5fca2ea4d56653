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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from metrogis.errors import SchemaError
from metrogis.provenance import Audit
from metrogis.texts import Text

Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Kind = Literal["plain", "whole", "runs"]


class Column:
    """One column: ``codes`` into ``values``, the distinct texts (one may be empty).

    A column read as plain text (``arrow``) is only sorted into distinct texts when asked.
    """

    def __init__(
        self,
        codes: Ints | None = None,
        values: list[str] | None = None,
        *,
        arrow: pa.ChunkedArray | None = None,
    ) -> None:
        self._codes, self._values, self._arrow = codes, values, arrow

    @property
    def codes(self) -> Ints:
        """Position of every row's text in ``values``."""
        self._encode()
        return cast(Ints, self._codes)

    @property
    def values(self) -> list[str]:
        """The distinct texts."""
        self._encode()
        return cast("list[str]", self._values)

    def _encode(self) -> None:
        if self._codes is None and self._arrow is not None:
            text = self._arrow
            if not pa.types.is_string(text.type):
                text = text.cast(pa.string()).fill_null("")
            stripped, _ = _strip(_distinct(text.chunks))
            self._codes, self._values = stripped._codes, stripped._values

    @property
    def encoded(self) -> bool:
        """Tell whether the distinct texts are sorted out."""
        return self._codes is not None

    def __len__(self) -> int:
        return len(self._arrow if self._codes is None and self._arrow is not None else self.codes)

    def whole(self, default: int) -> npt.NDArray[np.int32] | None:
        """Return a column read as whole numbers, blanks as ``default``; None for other columns."""
        if self._codes is not None or self._arrow is None or pa.types.is_string(self._arrow.type):
            return None
        filled = self._arrow.fill_null(default) if self._arrow.null_count else self._arrow
        return cast("npt.NDArray[np.int32]", filled.to_numpy())

    def map(self, function: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """Return ``function`` of every row's text, computed once per distinct text."""
        found = [function(v) for v in self.values]
        if dtype is object:
            table = np.empty(len(found), dtype=object)
            table[:] = found
        else:
            table = np.array(found, dtype=dtype)
        return self.spread(table)

    def spread(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return for every row the entry of ``table`` that stands for its text."""
        return table[self.codes] if len(table) else np.zeros(0, dtype=table.dtype)

    def text(self) -> npt.NDArray[np.object_]:
        """Return the rows' texts."""
        return self.map(str, object)

    def find(self, ids: Iterable[str]) -> Ints:
        """Return the position of every row's text in ``ids``, -1 where it is not there."""
        known = pa.array(ids, type=pa.string())
        found = pc.index_in(pa.array(self.values, type=pa.string()), value_set=known)
        return self.spread(found.fill_null(-1).to_numpy(zero_copy_only=False))

    def filter(self, keep: Mask) -> Column:
        """Return the column of the rows where ``keep``."""
        return Column(self.codes[keep], self.values)

    def seconds(self, slow: Callable[[str], int]) -> tuple[Ints, list[str]]:
        """Return times as seconds, and the texts that ``slow`` had to read.

        ``H:MM:SS`` and ``HH:MM:SS`` are read eight bytes at a time; every other distinct text
        goes to ``slow`` once.
        """
        if self._arrow is None or self._codes is not None:
            return self.map(slow, np.int32), list(self.values)
        parts = [clock(chunk) for chunk in self._arrow.chunks]
        result = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.int32)
        odd = ~np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, bool)
        if not odd.any():
            return result, []
        rest = Column(arrow=self._arrow.filter(pa.array(odd)))
        result[odd] = rest.map(slow, np.int32)
        return result, rest.values

    def any_odd_clock(self) -> bool:
        """Tell whether a text is blank or has another length than ``H:MM:SS`` or ``HH:MM:SS``."""
        if self._arrow is None or self._codes is not None:
            return any(len(v) not in (7, 8) for v in self.values)
        size = pc.binary_length(self._arrow)
        return bool(pc.any(pc.or_(pc.less(size, 7), pc.greater(size, 8))).as_py())

    def same_as(self, other: Column) -> bool:
        """Tell, where it is cheap to see, that two plain columns hold the same texts."""
        return self._arrow is not None and other._arrow is not None and bool(
            self._arrow.equals(other._arrow)
        )  # fmt: skip


def clock(chunk: pa.StringArray) -> tuple[Ints, Mask]:
    """Return seconds of ``H:MM:SS`` and ``HH:MM:SS`` texts, and which texts had that form.

    >>> clock(pa.array(["08:05:10", "7:00:00", "noon"]))[0][:2].tolist()
    [29110, 25200]
    """
    n = len(chunk)
    if not n:
        return np.zeros(0, np.int32), np.zeros(0, bool)
    _, offset_buffer, data_buffer = chunk.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32, n + 1, 4 * chunk.offset)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.zeros(0, np.uint8)
    size = np.diff(offsets)
    begin = int(offsets[0])
    if (size == 8).all():
        words = data[begin : begin + 8 * n].reshape(n, 8)
        right = np.ones(n, bool)
    else:
        right = (size == 8) | (size == 7)
        # the byte before a short text belongs to another one: it is overwritten by a zero
        padded = np.concatenate([np.zeros(1, np.uint8), data, np.zeros(8, np.uint8)])
        start = np.where(size == 7, offsets[:-1], offsets[:-1] + 1)
        words = np.lib.stride_tricks.sliding_window_view(padded, 8)[start]
        words[size == 7, 0] = ord("0")
    seconds = np.empty(n, np.int32)
    step = 1 << 16  # arrays that stay in the processor's cache
    for a in range(0, n, step):
        part = np.ascontiguousarray(words[a : a + step]).view("<u8").ravel()
        digits = part ^ _SHAPE  # digits become 0-9, colons 0, anything else more
        right[a : a + step] &= ((digits | (digits + _TO_TEN)) & _HIGH) == 0
        pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
        minutes, secs = (pairs >> np.uint64(24)) & _BYTE, (pairs >> np.uint64(48)) & _BYTE
        right[a : a + step] &= (minutes < 60) & (secs < 60)
        seconds[a : a + step] = (pairs & _BYTE) * np.uint64(3600) + minutes * np.uint64(60) + secs
    # a colon is right only as a colon
    right &= (words[:, 2] == ord(":")) & (words[:, 5] == ord(":"))
    return seconds, right


_SHAPE = np.frombuffer(b"00:00:00", "<u8")[0]
_TO_TEN = np.uint64(0x7676767676767676)
_HIGH = np.uint64(0x8080808080808080)
_BYTE = np.uint64(0xFF)


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
    raw = _fast(data, start, len(names), use, delimiter, kinds)
    if raw is None and "whole" in kinds.values():
        texts = {name: kind for name, kind in kinds.items() if kind != "whole"}
        raw = _fast(data, start, len(names), use, delimiter, texts)
    if raw is None:
        raw, audit = _careful(data[start:], len(names), use, delimiter, place, audit)
    n = len(next(iter(raw.values())))
    columns = {}
    stripped = 0
    for name, column in raw.items():
        columns[name], dirty = _strip(column) if column.encoded else (column, 0)
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
    cells = _cells(line, delimiter)
    names = [c.strip().strip('"').strip().lower() for c in cells]
    changed = [c for c, n in zip(cells, names, strict=True) if c != n]
    what = Text("poprawiono nazwy kolumn", "column names put right")
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
                column_names=[str(i) for i in range(width)], block_size=8 << 20
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
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
        if data.count(b"\n", start, end) + 1 > table.num_rows:
            return None
    if not table.num_rows:
        return None
    columns = {}
    for name, i in use.items():
        chunked = table.column(str(i))
        kind = kinds.get(name)
        if kind == "runs":
            columns[name] = _by_runs(chunked)
        else:
            columns[name] = Column(arrow=chunked) if kind else _coded(chunked)
    return columns


_NOT_BLANK = re.compile(rb"\S")


def _by_runs(chunked: pa.ChunkedArray) -> Column:
    """Sort out distinct texts run by run: rows of one trip stand together as a rule."""
    runs = [pc.run_end_encode(chunk) for chunk in chunked.chunks if len(chunk)]
    heads = _distinct([r.values for r in runs])
    sizes = [np.diff(r.run_ends.to_numpy(), prepend=0) for r in runs]
    return Column(np.repeat(heads.codes, np.concatenate(sizes)), heads.values)


def _distinct(chunks: list[pa.StringArray]) -> Column:
    # one array first: encoded by chunk, each would carry and compare the whole dictionary
    whole = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    return _coded(pa.chunked_array([whole.dictionary_encode()]))


def _coded(chunked: pa.ChunkedArray) -> Column:
    if not chunked.num_chunks:
        return Column(np.zeros(0, np.int32), [])
    if chunked.num_chunks > 1:
        chunked = chunked.unify_dictionaries()
    codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in chunked.chunks])
    # through numpy: several times faster than to_pylist
    values = chunked.chunk(0).dictionary.to_numpy(zero_copy_only=False).tolist()
    return Column(codes.astype(np.int32, copy=False), values)


def _careful(
    body: bytes, width: int, use: dict[str, int], delimiter: str, place: str, audit: Audit
) -> tuple[dict[str, Column], Audit]:
    """Read row by row: short rows are filled with blanks, long ones dropped, all with a count."""
    text = body.decode("utf-8", "replace")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = list(reader)
    except csv.Error:
        rows, open_quotes = _line_by_line(text, delimiter, width)
        what = Text("cudzysłów bez pary", "quote that is never closed")
        audit = audit.add(place, "repaired", len(open_quotes), what, open_quotes)
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
        good.append(row)
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


def _strip(column: Column) -> tuple[Column, int]:
    joined = "\n".join(column.values)
    if not any(c in joined for c in _SUSPECT) or not _ANY_DIRT(joined):
        return column, 0
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
_SUSPECT = _BLANKS.replace("\n", "") + '"'
# the same for many texts at once, one per line
_ANY_DIRT = re.compile(r'^[^\S\n]|^[\u00a0\ufeff"]|[^\S\n]$|[\u00a0\ufeff"]$', re.M).search
_DIRT = re.compile(r'^[\s\u00a0\ufeff"]|[\s\u00a0\ufeff"]$').search
