"""``stop_times.txt`` in one pass: ids to positions, clocks to seconds, while the bytes go by.

The largest table of a timetable has a kernel of its own, which reads two parts of the file at a
time and takes only what is plainly written. A column with a value it does not take is read again,
with all care, by :mod:`metrogis.transit.tables`; rows of another shape (ragged, with quotes within
quotes or texts of several lines) leave the whole file to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types
from numba.extending import intrinsic

from metrogis.transit.columns import NO_VALUE, Column, Ints, Mask

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_SKIP, _RUN, _ID, _CLOCK, _WHOLE, _DECIMAL = range(6)
_ODD, _BLANK = 1, 2
_NEWLINE, _RETURN, _QUOTE, _MINUS, _POINT, _ZERO = 10, 13, 34, 45, 46, 48

_MARGIN = np.zeros(8, np.uint8)
"""Bytes behind the last one that words may reach into."""

_BLOCK = 1 << 17
"""Bytes at a time that stay in the processor's cache."""

_PART = 1 << 20
"""Bytes from which on it pays to read two parts at once."""


@dataclass(frozen=True)
class Plan:
    """Which columns to read, and as what.

    Parameters
    ----------
    run, id : (column, ids)
        The column's texts are looked for among these distinct ids; of the ``run`` equal ones stand
        together, as a rule in the order of the ids.
    clocks, wholes, decimals : tuple of str
        Columns of times, whole numbers and decimal numbers.
    latest : int
        Seconds after midnight; a later time is left to the careful way.
    """

    run: tuple[str, Iterable[str]]
    id: tuple[str, Iterable[str]]
    clocks: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    decimals: tuple[str, ...] = ()
    latest: int = 168 * 3600


class Known(Column):
    """A column already read: positions among known ids, seconds, or numbers.

    ``again`` reads it as texts, for who wants to quote them.
    """

    def __init__(
        self, numbers: npt.NDArray[Any], blanks: bool, again: Callable[[], Column]
    ) -> None:
        super().__init__()
        self.numbers, self.blanks, self._again = numbers, blanks, again

    def _encode(self) -> None:
        if self._codes is None:
            column = self._again()
            self._codes, self._texts = column.codes, column.texts

    def __len__(self) -> int:
        return len(self.numbers)

    def filter(self, keep: Mask) -> Column:
        """Return the column of the rows where ``keep``."""
        return Known(self.numbers[keep], self.blanks, lambda: Column.filter(self, keep))

    def find(self, ids: Iterable[str]) -> Ints:
        """Return the positions among the ids that the file was read with."""
        return self.numbers

    def whole(self, default: int) -> Ints | None:
        """Return the numbers, blanks as ``default``."""
        if not self.blanks or default == NO_VALUE:
            return self.numbers
        return np.where(self.numbers == NO_VALUE, np.int32(default), self.numbers)

    def decimal(self) -> npt.NDArray[np.float64] | None:
        """Return decimal numbers, NaN for blanks."""
        return self.numbers

    def seconds(self, slow: Callable[[str], int]) -> tuple[Ints, list[str]]:
        """Return the seconds, blanks as ``NO_VALUE``."""
        return self.numbers, []

    def any_odd_clock(self) -> bool:
        """Tell whether a time is blank."""
        return self.blanks

    def same_as(self, other: Column) -> bool:
        """Tell whether two columns hold the same numbers."""
        return isinstance(other, Known) and np.array_equal(self.numbers, other.numbers)


def scan(
    data: bytes,
    start: int,
    names: Mapping[str, int],
    width: int,
    delimiter: str,
    plan: Plan,
    again: Callable[[str], Column],
) -> dict[str, Known] | None:
    """Read the plainly written columns of a table.

    Parameters
    ----------
    data : bytes
        The file in UTF-8.
    start : int
        Where its first row begins, below the header.
    names : mapping
        Position of each wanted column.
    width : int
        Number of columns.
    delimiter : str
        One character.
    plan : Plan
        What the columns hold.
    again : callable
        Reads a column as texts.

    Returns
    -------
    dict of Known, or None
        The columns; those are left out that hold a value the pass does not take. None where a row
        is not of the plain form.

    Examples
    --------
    >>> plan = Plan(run=("t", ["a", "b"]), id=("s", ["x"]), clocks=("at",))
    >>> rows = b'a,x,08:00:00\\n"b",x,\\n'
    >>> found = scan(rows, 0, {"t": 0, "s": 1, "at": 2}, 3, ",", plan, again=None)
    >>> found["t"].numbers.tolist(), found["at"].numbers.tolist(), found["at"].blanks
    ([0, 1], [28800, -2147483648], True)
    """
    end = len(data)
    while end > start and data[end - 1] in (_NEWLINE, _RETURN):
        end -= 1
    if end == start or plan.run[0] not in names or plan.id[0] not in names:
        return None
    action, slot = np.full(width, _SKIP, np.int8), np.zeros(width, np.int64)
    columns: dict[str, tuple[int, int]] = {}
    kinds = {plan.run[0]: _RUN, plan.id[0]: _ID}
    kinds |= dict.fromkeys(plan.clocks, _CLOCK) | dict.fromkeys(plan.wholes, _WHOLE)
    kinds |= dict.fromkeys(plan.decimals, _DECIMAL)
    count = {False: 0, True: 0}
    for name, kind in kinds.items():
        if name in names:
            real = kind == _DECIMAL
            columns[name] = kind, count[real]
            action[names[name]], slot[names[name]] = kind, count[real]
            count[real] += 1
    parts = _parts(data, start, end)
    keys = (*_keys(plan.run[1]), *_keys(plan.id[1]))
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda part: _rows(*part), parts))
        first = np.concatenate([[0], np.cumsum(rows)])
        wholes = np.empty((count[False], first[-1]), np.int32)
        reals = np.empty((count[True], first[-1]), np.float64)
        marks = np.zeros((len(parts), width), np.int8)
        fixed = (ord(delimiter), action, slot, *keys, plan.latest, wholes, reals)

        def read(i: int) -> int:
            return int(_scan(*parts[i], *fixed, marks[i], first[i], first[i + 1]))

        done = list(pool.map(read, range(len(parts))))
    if done != first[1:].tolist():
        return None
    mark = np.bitwise_or.reduce(marks, axis=0)
    found = {}
    for name, (kind, row) in columns.items():
        here = int(mark[names[name]])
        if not here & _ODD:
            numbers = (reals if kind == _DECIMAL else wholes)[row]
            found[name] = Known(numbers, bool(here & _BLANK), lambda name=name: again(name))  # type: ignore[misc]
    return found


def _parts(data: bytes, start: int, end: int) -> list[tuple[Bytes, int, int]]:
    """Cut the rows into two parts of about equal size, and the last few, which get a margin."""
    cuts = {start, data.rfind(b"\n", start, max(start, end - len(_MARGIN))) + 1 or start}
    if end - start > _PART:
        cuts.add(data.find(b"\n", (start + end) // 2) + 1)
    edges = sorted(cuts)
    whole = np.frombuffer(data, np.uint8)
    tail = np.concatenate([whole[edges[-1] : end], _MARGIN])
    return [(whole, a, b) for a, b in pairwise(edges)] + [(tail, 0, end - edges[-1])]


def _rows(data: Bytes, begin: int, end: int) -> int:
    """Return the number of lines."""
    found = int(data[end - 1] != _NEWLINE)
    for a in range(begin, end, _BLOCK):
        found += int(np.count_nonzero(data[a : min(a + _BLOCK, end)] == _NEWLINE))
    return found


def _keys(ids: Iterable[str]) -> tuple[Bytes, Longs, Ints]:
    """Return the ids' bytes, where each begins, and a table of their hashes."""
    array = pa.array(ids, type=pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    _, offsets, texts = array.buffers()
    first = np.frombuffer(offsets, np.int64, len(array) + 1, 8 * array.offset)
    text = np.concatenate([np.frombuffer(texts or b"", np.uint8), _MARGIN])
    size = 1 << max(3, int(2 * len(array)).bit_length())
    return text, first, _table(text, first, size)


@intrinsic
def _word(context, data, place):  # type: ignore[no-untyped-def]
    """Return the eight bytes from ``place`` on, the first one lowest; they need not be aligned."""
    from llvmlite import ir
    from numba.core import cgutils

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        at = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(at, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(data, types.int64), code


@intrinsic
def _lowest(context, word):  # type: ignore[no-untyped-def]
    """Return the number of zero bits below the lowest one."""
    from llvmlite import ir

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        zeros = builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))
        return builder.bitcast(zeros, ir.IntType(64))

    return types.int64(types.uint64), code


_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_NEWLINES = np.uint64(_NEWLINE) * _ONES
_RETURNS = np.uint64(_RETURN) * _ONES
_QUOTES = np.uint64(_QUOTE) * _ONES
_SHAPE = np.frombuffer(b"00:00:00", "<u8")[0]
_DIGITS = np.uint64(0xFFFF00FFFF00FFFF)
_TO_TEN = np.uint64(0x7676767676767676)
_BYTE = np.uint64(0xFF)
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True, inline="always")
def _zeros(word):  # type: ignore[no-untyped-def]
    """Return a word whose lowest bit stands in the first byte of ``word`` that is zero."""
    return (word - _ONES) & ~word & _HIGH


@njit(cache=True, nogil=True, inline="always")
def _tail(size):  # type: ignore[no-untyped-def]
    """Return the mask of the last, incomplete word of ``size`` bytes."""
    return (np.uint64(1) << np.uint64(8 * (size & 7))) - np.uint64(1)


@njit(cache=True, nogil=True, inline="always")
def _hash(data, a, b):  # type: ignore[no-untyped-def]
    value = np.uint64(b - a)
    while b - a >= 8:
        value = (value ^ _word(data, a)) * _PRIME
        value ^= value >> np.uint64(32)
        a += 8
    value = (value ^ (_word(data, a) & _tail(b - a))) * _PRIME
    return value ^ (value >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _equal(data, a, b, text, c, d):  # type: ignore[no-untyped-def]
    if b - a != d - c:
        return False
    while b - a >= 8:
        if _word(data, a) != _word(text, c):
            return False
        a += 8
        c += 8
    return (_word(data, a) ^ _word(text, c)) & _tail(b - a) == 0


@njit(cache=True, nogil=True)
def _table(text, first, size):  # type: ignore[no-untyped-def]
    """Return a table of positions by hash; -1 is a free place."""
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    for i in range(len(first) - 1):
        place = _hash(text, first[i], first[i + 1]) & mask
        while table[place] >= 0:
            place = (place + np.uint64(1)) & mask
        table[place] = i
    return table


@njit(cache=True, nogil=True, inline="always")
def _find(data, a, b, text, first, table):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(table) - 1)
    place = _hash(data, a, b) & mask
    while table[place] >= 0:
        i = table[place]
        if _equal(data, a, b, text, first[i], first[i + 1]):
            return i
        place = (place + np.uint64(1)) & mask
    return -1


@njit(cache=True, nogil=True, inline="always")
def _field(data, p, end, delimiter, last):  # type: ignore[no-untyped-def]
    """Return where the text of the field at ``p`` begins and ends, and where the field ends.

    The last is -1 where the field is not of the plain form.
    """
    if data[p] == _QUOTE:
        p += 1
        a = p
        while True:
            word = _word(data, p)
            close = _zeros(word ^ _QUOTES)
            line = _zeros(word ^ _NEWLINES) | _zeros(word ^ _RETURNS)
            if close | line:
                break
            p += 8
            if p >= end:
                return a, a, -1
        b = p + (_lowest(close | line) >> 3)
        if b >= end or data[b] != _QUOTE:
            return a, a, -1
        p = b + 1
    else:
        a = p
        stops = np.uint64(delimiter) * _ONES
        while p < end:
            word = _word(data, p)
            close = _zeros(word ^ stops) | _zeros(word ^ _NEWLINES) | _zeros(word ^ _RETURNS)
            if close:
                p += _lowest(close) >> 3
                break
            p += 8
        p = min(p, end)
        b = p
    if not last:
        return a, b, (p if p < end and data[p] == delimiter else -1)
    if p < end and data[p] == _RETURN:
        p += 1
    return a, b, (p if p >= end or data[p] == _NEWLINE else -1)


@njit(cache=True, nogil=True, inline="always")
def _clock(data, a, b, latest):  # type: ignore[no-untyped-def]
    """Return seconds of ``H:MM:SS`` or ``HH:MM:SS``; -1 where it is none of these."""
    word = _word(data, a)
    if b - a == 7:
        word = (word << np.uint64(8)) | np.uint64(_ZERO)
    elif b - a != 8:
        return np.int64(-1)
    digits = word ^ _SHAPE  # digits become 0-9, colons 0, anything else more
    if ((digits | (digits + _TO_TEN)) & _HIGH) or digits & ~_DIGITS:
        return np.int64(-1)
    pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
    minutes = np.int64((pairs >> np.uint64(24)) & _BYTE)
    seconds = np.int64((pairs >> np.uint64(48)) & _BYTE)
    total = np.int64(pairs & _BYTE) * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= latest else np.int64(-1)


@njit(cache=True, nogil=True, inline="always")
def _whole(data, a, b):  # type: ignore[no-untyped-def]
    """Return a whole number of up to nine digits; ``NO_VALUE`` where it is none."""
    minus = data[a] == _MINUS
    if minus:
        a += 1
    if not 0 < b - a < 10:
        return np.int64(NO_VALUE)
    number = np.int64(0)
    for i in range(a, b):
        digit = np.int64(data[i]) - _ZERO
        if not 0 <= digit <= 9:
            return np.int64(NO_VALUE)
        number = number * 10 + digit
    return -number if minus else number


@njit(cache=True, nogil=True, inline="always")
def _decimal(data, a, b):  # type: ignore[no-untyped-def]
    """Return a decimal number of up to 15 digits; NaN where it is none.

    Number and power of ten are exact then, so their quotient is the nearest float.
    """
    number, digits, scale, point = np.int64(0), 0, 1.0, False
    for i in range(a, b):
        digit = np.int64(data[i]) - _ZERO
        if 0 <= digit <= 9 and digits < 15:
            number = number * 10 + digit
            digits += 1
            if point:
                scale *= 10.0
        elif data[i] == _POINT and not point:
            point = True
        else:
            return np.nan
    return number / scale if digits else np.nan


@njit(cache=True, nogil=True)
def _scan(  # type: ignore[no-untyped-def]
    data, begin, end, delimiter, action, slot, run_text, run_first, run_table,
    id_text, id_first, id_table, latest, wholes, reals, marks, row, stop,
):  # fmt: skip
    """Read rows into ``wholes`` and ``reals`` from ``row`` on; return the row after the last.

    -1 where a row is not of the plain form. Eight bytes beyond ``end`` may be looked at.
    """
    width = len(action)
    before, size, code = 0, 0, -1  # where the run's field stands, its length, its position
    p = begin
    while p < end:
        if row >= stop:
            return -1
        for c in range(width):
            what = action[c]
            last = c == width - 1
            if what == _RUN and size:
                closing = _NEWLINE if last else delimiter
                same = p + size < end and data[p + size] == closing
                if same and _equal(data, p, p + size, data, before, before + size):
                    wholes[slot[c], row] = code
                    p += size + 1
                    continue
            if p >= end and not (last and p == end):
                return -1
            a, b, after = _field(data, p, end, delimiter, last)
            if after < 0:
                return -1
            field, p = p, after + 1
            if what == _RUN:
                following = code + 1
                if following >= len(run_first) - 1 or not _equal(
                    data, a, b, run_text, run_first[following], run_first[following + 1]
                ):
                    following = _find(data, a, b, run_text, run_first, run_table)
                code = following
                if code < 0:
                    marks[c] |= _ODD
                before, size = field, after - field
                wholes[slot[c], row] = code
            elif what == _ID:
                found = _find(data, a, b, id_text, id_first, id_table)
                if found < 0:
                    marks[c] |= _ODD
                wholes[slot[c], row] = found
            elif what == _SKIP:
                continue
            elif a == b:
                marks[c] |= _BLANK
                if what == _DECIMAL:
                    reals[slot[c], row] = np.nan
                else:
                    wholes[slot[c], row] = NO_VALUE
            elif what == _CLOCK:
                seconds = _clock(data, a, b, latest)
                if seconds < 0:
                    marks[c] |= _ODD
                wholes[slot[c], row] = seconds
            elif what == _WHOLE:
                number = _whole(data, a, b)
                if number == NO_VALUE:
                    marks[c] |= _ODD
                wholes[slot[c], row] = number
            else:
                real = _decimal(data, a, b)
                if np.isnan(real):
                    marks[c] |= _ODD
                reals[slot[c], row] = real
        row += 1
    return row
