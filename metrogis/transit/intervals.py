"""Intervals between departures: by count and by waiting time (methods, 5.2).

All times are seconds after midnight of the service day (or any common origin); windows are
half-open, [start, end). An interval without departures is infinite, never a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import ParameterError
from metrogis.i18n import _, both

Departures: TypeAlias = pd.DataFrame | pd.Series | npt.NDArray[Any] | Iterable[float]


def count_interval(
    departures: Departures, start: float, end: float, *, halve: bool = False
) -> float:
    """Return the mean interval by count: window length over number of departures, in seconds.

    Parameters
    ----------
    departures : table with column ``seconds``, or sequence of seconds
        Departures of one stop (or of one group); those outside the window do not count.
    start, end : float
        The window [start, end), seconds.
    halve : bool, default False
        The departures go both ways: count half of them, since a passenger goes one way. Not at
        a terminus or a stop served one way.

    Returns
    -------
    float
        Seconds; infinite without departures.

    Raises
    ------
    ParameterError
        If the window is empty or a departure is not a number.

    Examples
    --------
    Four departures an hour between 06 and 20 in one direction: every 15 minutes.

    >>> hours = range(6, 20)
    >>> aarau = [h * 3600 + m * 60 for h in hours for m in (3, 7, 33, 37)]
    >>> count_interval(aarau, 6 * 3600, 20 * 3600) / 60
    15.0
    >>> count_interval([], 0, 3600)
    inf
    """
    seconds = _seconds(departures)
    _window(start, end)
    n = int(((seconds >= start) & (seconds < end)).sum())
    if n == 0:
        return float("inf")
    return (end - start) / (n / 2 if halve else n)


def waiting_interval(
    departures: Departures, start: float, end: float, next_departure: float | None = None
) -> float:
    """Return the interval a passenger feels: twice the mean wait of one who comes at random.

    With departures x_1..x_n in [a, b) and x_{n+1} = min(first departure at or after b,
    x_1 + (b - a)): ``tau = [(x_1-a)^2 + sum (x_{i+1}-x_i)^2 - (x_{n+1}-b)^2] / (b-a)``.
    Equal headways give the headway; bunched departures give more than the count interval.

    Parameters
    ----------
    departures : table with column ``seconds``, or sequence of seconds
        Departures of one stop and direction, in any order. The first at or after ``end``, if
        there is one, is taken as the next departure.
    start, end : float
        The window [a, b), seconds.
    next_departure : float, optional
        First departure at or after ``end``, where ``departures`` does not hold it.

    Returns
    -------
    float
        Seconds; infinite without departures in the window.

    Raises
    ------
    ParameterError
        If the window is empty, or ``next_departure`` lies before its end.

    Examples
    --------
    >>> waiting_interval([6 * 3600 + 35 * 60], 6 * 3600, 7 * 3600, 7 * 3600 + 15 * 60)
    2600.0
    """
    seconds = np.sort(_seconds(departures))
    _window(start, end)
    if next_departure is not None and not next_departure >= end:
        raise ParameterError(
            _("the next departure lies before the end of the window"),
            layer="waiting_interval",
            place=f"next_departure={next_departure}",
        )
    inside = seconds[(seconds >= start) & (seconds < end)]
    if inside.size == 0:
        return float("inf")
    later = seconds[seconds >= end]
    # the gap after the last departure ends with the next one, or where the window would begin anew
    last = inside[0] + (end - start)
    if later.size:
        last = min(last, later[0])
    if next_departure is not None:
        last = min(last, next_departure)
    # twice the mean wait of who comes at a random moment of the window is sum(gap^2) / length, with
    # the wait before the first departure and without what of the last gap lies past the window
    gaps = np.diff(np.append(inside, last))
    total = (inside[0] - start) ** 2 + float((gaps**2).sum()) - (last - end) ** 2
    return float(total / (end - start))


def intervals(
    departures: pd.DataFrame,
    start: float,
    end: float,
    *,
    by: str | Sequence[str] = "stop_id",
    halve: bool = False,
) -> pd.DataFrame:
    """Return count and waiting intervals of every group of departures at once.

    Parameters
    ----------
    departures : DataFrame
        As :meth:`Feed.departures` gives it; column ``seconds`` and the columns of ``by``.
    start, end : float
        The window [start, end), seconds.
    by : str or list of str, default "stop_id"
        Columns that form the groups.
    halve : bool, default False
        As in :func:`count_interval`; the waiting interval is never halved.

    Returns
    -------
    DataFrame
        Index: the groups that have a departure at any time; columns ``departures`` (number inside
        the window), ``count_interval`` and ``waiting_interval`` (seconds, infinite without).

    Examples
    --------
    >>> table = pd.DataFrame({"stop_id": ["A", "A", "B"], "seconds": [600, 2400, 7200]})
    >>> intervals(table, 0, 3600)["count_interval"].tolist()
    [1800.0, inf]
    """
    _window(start, end)
    keys = [by] if isinstance(by, str) else list(by)
    missing = [c for c in [*keys, "seconds"] if c not in departures.columns]
    if missing:
        raise ParameterError(_("column is missing"), layer="departures", place=", ".join(missing))
    grouper = departures.groupby(keys, observed=True, sort=True, dropna=False)
    group = grouper.ngroup().to_numpy()
    index = grouper.size().index
    x = departures["seconds"].to_numpy(float)
    inside = (x >= start) & (x < end)
    n = np.bincount(group[inside], minlength=len(index))
    later = np.full(len(index), np.inf)
    np.minimum.at(later, group[x >= end], x[x >= end])
    order = np.lexsort((x[inside], group[inside]))
    g, t = group[inside][order], x[inside][order]
    # heads and tails: first and last departure of each group in the window
    first = np.full(len(index), np.nan)
    heads = np.r_[True, g[1:] != g[:-1]] if g.size else np.zeros(0, bool)
    first[g[heads]] = t[heads]
    final = np.minimum(later, first + (end - start))
    tails = np.r_[heads[1:], True] if g.size else heads
    following = np.r_[t[1:], np.nan] if g.size else t
    following = np.where(tails, final[g], following)
    squares = np.bincount(g, weights=(following - t) ** 2, minlength=len(index))
    length = end - start
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = ((first - start) ** 2 + squares - (final - end) ** 2) / length
        count = length / (n / 2 if halve else n)
    return pd.DataFrame(
        {
            "departures": n,
            "count_interval": count,
            "waiting_interval": np.where(n > 0, tau, np.inf),
        },
        index=index,
    )


def _seconds(departures: Departures) -> npt.NDArray[np.float64]:
    values = departures["seconds"] if isinstance(departures, pd.DataFrame) else departures
    if not isinstance(values, (pd.Series, np.ndarray)):
        values = list(values)
    try:
        seconds = np.asarray(values, dtype=float).ravel()
    except (TypeError, ValueError):
        seconds = np.array([np.nan])
    if np.isnan(seconds).any():
        raise ParameterError(
            _("a departure is not a number of seconds"),
            layer="departures",
        )
    return seconds


def _window(start: float, end: float) -> None:
    if not end > start:
        raise ParameterError(
            _("the time window is empty"),
            place=f"[{start}, {end})",
            remedy=both("start < end"),
        )
