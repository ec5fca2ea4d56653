"""Values of cells: times, whole and decimal numbers.

What is read although GTFS writes it otherwise has a row in the audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from metrogis.i18n import Text, _
from metrogis.provenance import Action, Audit
from metrogis.transit.columns import NO_VALUE, Column, Mask

NO_TIME = NO_VALUE
_TIME = re.compile(r"^(\d{1,4}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d*)?)?$")
_PLAIN_TIME = re.compile(r"^\d{1,4}:[0-5]\d:[0-5]\d$")
_PLAIN_WHOLE = re.compile(r"^-?\d+$")


class Log:
    """Collects audit rows of one file of one feed."""

    def __init__(self, feed: str, file: str) -> None:
        self.place = f"{feed}/{file}"
        self.audit = Audit()

    def __call__(
        self, action: Action, count: Any, text: Text, examples: Iterable[Any] | str = ""
    ) -> None:
        """Add a row: ``count`` is a number, or a mask whose true rows are counted."""
        n = int(np.sum(count))
        if n:
            self.audit = self.audit.add(self.place, action, n, text, examples)


def seconds_of(text: str, limit: int) -> int:
    """Return seconds after midnight of a GTFS time, :data:`NO_TIME` where it is none.

    >>> seconds_of("25:10:00", 7 * 86400), seconds_of("8:05", 7 * 86400)
    (90600, 29100)
    >>> seconds_of("-1:00:00", 7 * 86400) == NO_TIME
    True
    """
    found = _TIME.match(text)
    if not found:
        return NO_TIME
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= limit else NO_TIME


def clock(
    column: Column, max_time: int, log: Log, name: str
) -> tuple[npt.NDArray[np.int32], set[str]]:
    """Return times as seconds after midnight of the service day.

    Parameters
    ----------
    column : Column
        ``HH:MM:SS``; hours may pass 24.
    max_time : int
        Later times are no times, seconds.
    log : Log
        Gets a row for times that are read but not written as GTFS asks.
    name : str
        Of the column, for messages.

    Returns
    -------
    (ndarray of int32 (rows,), set of str)
        Seconds, :data:`NO_TIME` for blanks and texts that are no time; and these texts.
    """
    seconds, odd = column.seconds(lambda v: seconds_of(v, max_time))
    log(
        "repaired", column.stray,
        _("{name}: stray blanks or quotes removed").fill(name=name),
    )  # fmt: skip
    rest = {v for v in odd if v and not _PLAIN_TIME.match(v)}
    unread = {v for v in odd if v and seconds_of(v, max_time) == NO_TIME}
    if rest - unread:
        log(
            "repaired", column.map((rest - unread).__contains__, bool),
            _("{name} not written as HH:MM:SS").fill(name=name),
            sorted(rest - unread),
        )  # fmt: skip
    return seconds, unread


def integer(
    column: Column,
    default: int,
    allowed: range | None = None,
    dtype: Any = np.int64,
    *,
    log: Log | None = None,
    name: str = "",
) -> tuple[Any, Mask]:
    """Return whole numbers, ``default`` for blanks, and where a text is no such number.

    With a ``log``, numbers written otherwise (``3.0``) are a row of the audit.
    """

    def parse(text: str) -> int:
        if not text:
            return default
        try:
            value = float(text)
            number = int(value)
        except (ValueError, OverflowError):
            return _BAD
        right = number == value and abs(number) < 2**31 - 1
        return number if right and (allowed is None or number in allowed) else _BAD

    numbers = column.whole(default)
    if numbers is not None:
        wrong = np.zeros(len(numbers), bool)
        if allowed is not None:
            wrong = (numbers < allowed.start) | (numbers >= allowed.stop)
            wrong &= numbers != default
            numbers = np.where(wrong, default, numbers) if wrong.any() else numbers
        return numbers.astype(dtype, copy=False), wrong
    table = np.array([parse(v) for v in column.values], dtype=np.int64)
    bad = table == _BAD
    if log is not None:
        read = zip(column.values, bad.tolist(), strict=True)
        _rewritten(column, {v for v, b in read if v and not b and not _PLAIN_WHOLE.match(v)},
                   log, name)  # fmt: skip
    if len(table) == 1:
        value = default if bad[0] else table[0]
        return np.full(len(column), value, dtype), np.full(len(column), bad[0])
    rows = column.spread(bad) if bad.any() else np.zeros(len(column), bool)
    return column.spread(np.where(bad, default, table).astype(dtype)), rows


_BAD = -(2**40)


def _rewritten(column: Column, texts: set[str], log: Log, name: str) -> None:
    if texts:
        log(
            "repaired", column.map(texts.__contains__, bool),
            _("{name}: a number not written as in GTFS").fill(name=name), sorted(texts),
        )  # fmt: skip


def decimal(column: Column, log: Log | None = None, name: str = "") -> npt.NDArray[np.float64]:
    """Return numbers, NaN for blanks and for what is none; a decimal comma is read.

    With a ``log``, numbers with a comma are a row of the audit.
    """

    def parse(text: str) -> float:
        try:
            value = float(text.replace(",", ".") if text.count(",") == 1 else text)
        except ValueError:
            return np.nan
        return value if np.isfinite(value) else np.nan

    known = column.decimal()
    if known is not None:
        return known
    if log is not None:
        commas = {v for v in column.values if "," in v and np.isfinite(parse(v))}
        _rewritten(column, commas, log, name)
    return column.map(parse, float)
