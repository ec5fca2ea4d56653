"""One column of a GTFS table: a code per row and the distinct texts once.

Cleaning a column then means cleaning its few distinct texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

NO_VALUE = -(2**31)
"""Stands for a blank where whole numbers or seconds are read."""


class Column:
    """One column: ``codes`` into ``values``, the distinct texts (one may be empty).

    ``texts`` are the same distinct texts as an array. A column read as plain text (``arrow``) is
    only sorted into distinct texts when asked.
    """

    def __init__(
        self,
        codes: Ints | None = None,
        values: list[str] | None = None,
        *,
        texts: pa.StringArray | None = None,
        arrow: pa.ChunkedArray | None = None,
    ) -> None:
        self._codes, self._values, self._texts, self._arrow = codes, values, texts, arrow
        self.stray = 0
        """Rows of a plain column whose texts had blanks or quotes at their ends, so far seen."""

    @property
    def codes(self) -> Ints:
        """Position of every row's text in ``values``."""
        self._encode()
        return cast(Ints, self._codes)

    @property
    def values(self) -> list[str]:
        """The distinct texts."""
        self._encode()
        if self._values is None:
            # through numpy: several times faster than to_pylist
            self._values = self.texts.to_numpy(zero_copy_only=False).tolist()
        return cast("list[str]", self._values)

    @property
    def texts(self) -> pa.StringArray:
        """The distinct texts as an array."""
        self._encode()
        if self._texts is None:
            self._texts = pa.array(self._values, type=pa.string())
        return self._texts

    def _encode(self) -> None:
        if self._codes is None and self._arrow is not None:
            text = self._arrow
            if not pa.types.is_string(text.type):
                text = text.cast(pa.string()).fill_null("")
            stripped, self.stray = strip(_distinct(text.chunks))
            self._codes, self._values = stripped._codes, stripped._values
            self._texts = stripped._texts

    @property
    def encoded(self) -> bool:
        """Tell whether the distinct texts are sorted out."""
        return self._codes is not None

    def __len__(self) -> int:
        return len(self._arrow if self._codes is None and self._arrow is not None else self.codes)

    def whole(self, default: int) -> npt.NDArray[np.int32] | None:
        """Return a column that was read as whole numbers.

        Parameters
        ----------
        default : int
            What blanks become.

        Returns
        -------
        ndarray of int32 (rows,) or None
            None for a column of texts: those are parsed one distinct text at a time.
        """
        if self._codes is not None or self._arrow is None or pa.types.is_string(self._arrow.type):
            return None
        filled = self._arrow.fill_null(default) if self._arrow.null_count else self._arrow
        return cast("npt.NDArray[np.int32]", filled.to_numpy())

    def decimal(self) -> npt.NDArray[np.float64] | None:
        """Return decimal numbers of a column of texts.

        Returns
        -------
        ndarray of float (rows,) or None
            NaN for blanks and numbers that are not finite. None where a text is no plain number:
            the slow parser then says what is wrong.

        Examples
        --------
        >>> Column(np.array([0, 1, 0]), ["1.5", ""]).decimal().tolist()
        [1.5, nan, 1.5]
        >>> Column(np.array([0]), ["1,5"]).decimal() is None
        True
        """
        try:
            blank = pc.equal(self.texts, "")
            numbers = pc.if_else(blank, None, self.texts).cast(pa.float64())
        except pa.ArrowInvalid:
            return None
        table = numbers.to_numpy(zero_copy_only=False)
        return self.spread(np.where(np.isfinite(table), table, np.nan))

    def map(self, function: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """Return ``function`` of the text of every row, computed once per distinct text.

        Parameters
        ----------
        function : callable of str
        dtype : dtype
            Of the result; ``object`` keeps whatever the function returns, sequences too.

        Returns
        -------
        ndarray (rows,)

        Examples
        --------
        >>> Column(np.array([0, 1, 0]), ["a", "bcd"]).map(len, np.int64).tolist()
        [1, 3, 1]
        """
        found = [function(v) for v in self.values]
        if dtype is object:
            table = np.empty(len(found), dtype=object)
            table[:] = found
        else:
            table = np.array(found, dtype=dtype)
        return self.spread(table)

    def spread(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return for every row the entry of ``table`` that stands for its text.

        Parameters
        ----------
        table : ndarray (distinct texts,)

        Returns
        -------
        ndarray (rows,)
        """
        return table[self.codes] if len(table) else np.zeros(0, dtype=table.dtype)

    def text(self) -> npt.NDArray[np.object_]:
        """Return the rows' texts."""
        return self.map(str, object)

    def series(self) -> pd.Series:
        """Return the rows' texts as a column of a frame."""
        return text_series(self.texts.take(pa.array(self.codes)))

    def find(self, ids: Iterable[str]) -> Ints:
        """Return the position of the text of every row among ids.

        Parameters
        ----------
        ids : iterable of str
            Distinct.

        Returns
        -------
        ndarray of int (rows,)
            -1 where the text is none of the ids.
        """
        return self.spread(positions(self.texts, ids))

    def filter(self, keep: Mask) -> Column:
        """Return the column of the rows where ``keep``."""
        found = Column(self.codes[keep], self._values, texts=self._texts)
        found.stray = self.stray  # counted with the rows that were read, also those dropped since
        return found

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
        self.stray = rest.stray
        return result, rest.values

    def any_odd_clock(self) -> bool:
        """Return whether a text cannot be a time: it is blank, or not of the length of a clock.

        A quick test by length alone (``H:MM:SS``, ``HH:MM:SS``): False means that every cell has a
        text of the length of a time, not that it is one.
        """
        if self._arrow is None or self._codes is not None:
            return any(len(v) not in (7, 8) for v in self.values)
        size = pc.binary_length(self._arrow)
        return bool(pc.any(pc.or_(pc.less(size, 7), pc.greater(size, 8))).as_py())

    def same_as(self, other: Column) -> bool:
        """Return whether two plain columns hold the same texts, where that is cheap to see.

        False says nothing: the columns may be alike and sorted into distinct texts already.
        """
        return self._arrow is not None and other._arrow is not None and bool(
            self._arrow.equals(other._arrow)
        )  # fmt: skip


def positions(texts: Iterable[str], ids: Iterable[str]) -> Ints:
    """Return the position of every text in ``ids``, -1 where it is not there.

    >>> positions(["b", "c"], ["a", "b"]).tolist()
    [1, -1]
    """
    found = pc.index_in(_array(texts), value_set=_array(ids))
    return cast(Ints, found.fill_null(-1).to_numpy(zero_copy_only=False))


def numbered(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the distinct keys in order, and the position among them of each one.

    Marks in a table in place of a sort, where that takes about as much memory as the keys.

    Parameters
    ----------
    keys : ndarray of int (n,)

    Examples
    --------
    >>> [part.tolist() for part in numbered(np.array([7, 2, 7]))]
    [[2, 7], [1, 0, 1]]
    """
    size = int(keys.max(initial=-1)) + 1
    if size > 2 * len(keys) or keys.min(initial=0) < 0:
        found, member = np.unique(keys, return_inverse=True)
        return found.astype(np.int64), member.astype(np.int64)
    seen = np.zeros(size, bool)
    seen[keys] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[keys]


def _array(texts: Iterable[str]) -> pa.StringArray:
    found = pa.array(texts, type=pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def text_series(texts: pa.Array) -> pd.Series:
    """Return texts as a column of a frame, in the type that pandas gives to texts."""
    if _PANDAS_TEXT:
        return pd.Series(texts, dtype="str")
    return pd.Series(texts.to_numpy(zero_copy_only=False), dtype=object)


_PANDAS_TEXT = pd.Series(["a"]).dtype != object


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


def by_runs(chunked: pa.ChunkedArray) -> Column:
    """Return a column of texts sorted out run by run of equal texts.

    Rows of one trip stand together as a rule: distinct texts are looked for among the heads of
    runs, about one for a trip and not one for a call.

    Parameters
    ----------
    chunked : pyarrow.ChunkedArray of string

    Returns
    -------
    Column
    """
    runs = [pc.run_end_encode(chunk) for chunk in chunked.chunks if len(chunk)]
    heads = _distinct([r.values for r in runs])
    sizes = [np.diff(r.run_ends.to_numpy(), prepend=0) for r in runs]
    return Column(np.repeat(heads.codes, np.concatenate(sizes)), texts=heads.texts)


def _distinct(chunks: list[pa.StringArray]) -> Column:
    # one array first: encoded by chunk, each would carry and compare the whole dictionary
    whole = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    return coded_column(pa.chunked_array([whole.dictionary_encode()]))


def coded_column(chunked: pa.ChunkedArray) -> Column:
    """Return a column of an array that the reader has sorted into distinct texts.

    Parameters
    ----------
    chunked : pyarrow.ChunkedArray of dictionary
        Chunks may have dictionaries of their own, which are made one.

    Returns
    -------
    Column
    """
    if not chunked.num_chunks:
        return Column(np.zeros(0, np.int32), [])
    if chunked.num_chunks > 1:
        chunked = chunked.unify_dictionaries()
    codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in chunked.chunks])
    return Column(codes.astype(np.int32, copy=False), texts=chunked.chunk(0).dictionary)


def strip(column: Column) -> tuple[Column, int]:
    """Take blanks and quotes off the ends of texts.

    Texts that become equal are one afterwards. The work is per distinct text.

    Returns
    -------
    (Column, int)
        The column and how many rows changed.

    Examples
    --------
    >>> column, changed = strip(Column(np.array([0, 1, 2]), ["a", " a", '"b"']))
    >>> column.text().tolist(), changed
    (['a', 'a', 'b'], 2)
    """
    if pc.utf8_trim(column.texts, characters=_BLANKS + '"').equals(column.texts):
        return column, 0
    values = [_clean(v) for v in column.values]
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
