"""Accessibility from tables of costs: opportunities, floating catchments, performance.

Everything here works on plain tables: ``costs`` has a row for each pair (``origin``, ``target``,
``minutes``), quantities are Series by id. Pairs that are not in the table are out of reach; minutes
that are NaN are unknown, and so is every answer that would need them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Floats
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _

__all__ = ["cumulative", "performance", "two_step"]

Decay = Callable[[Floats], Any]


def cumulative(costs: pd.DataFrame, opportunities: pd.Series, limit: float) -> pd.Series:
    """Return the opportunities within a limit of each origin.

    Parameters
    ----------
    costs : DataFrame
        ``origin``, ``target``, ``minutes``; each pair once.
    opportunities : Series
        Number by target id; a target of ``costs`` that it lacks has 0.
    limit : float
        Minutes, inclusive.

    Returns
    -------
    Series
        By origin, in order of first appearance; NaN where a pair that could matter is unknown (its
        minutes, or the number at the target).

    Raises
    ------
    SchemaError, ParameterError
        For missing columns, repeated pairs or ids, negative numbers.

    Notes
    -----
    Of percentile times this is the number of places whose time at that percentile is within the
    limit; for the percentile of the number reached, sum minute by minute first. Source: Hansen
    1959 (doi:10.1080/01944365908978307), with a step for the function.

    Examples
    --------
    >>> costs = pd.DataFrame({"origin": ["a", "a", "b"], "target": ["x", "y", "y"],
    ...                       "minutes": [10.0, 30.0, 31.0]})
    >>> cumulative(costs, pd.Series({"x": 100, "y": 5}), 30).to_dict()
    {'a': 105.0, 'b': 0.0}
    """
    reach = _limit(limit, "limit")
    origin, target, minutes = _costs(costs, "minutes")
    number = _numbers(opportunities, "opportunities")
    amount = number.reindex(target).fillna(0.0).to_numpy()
    vague = set(number.index[number.isna()])
    unsure = np.array([t in vague for t in target], bool) if vague else np.zeros(len(target), bool)
    within = minutes <= reach
    matters = np.isnan(minutes) & (unsure | (amount != 0)) | (within & unsure)
    code, names = pd.factorize(origin)
    total = _sums(code, np.where(within, amount, 0.0), len(names))
    total[code[matters]] = np.nan
    return pd.Series(total, index=pd.Index(names, name="origin"), name="opportunities")


def two_step(
    costs: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    limit: float,
    *,
    decay: Decay | None = None,
) -> pd.Series:
    """Return accessibility by two-step floating catchments.

    R_j = S_j / sum_i w(d_ij) P_i over origins i within the limit of target j;
    A_i = sum_j w(d_ij) R_j over targets within the limit of i. With w = 1 this is 2SFCA, with a
    decay E2SFCA.

    Parameters
    ----------
    costs : DataFrame
        ``origin``, ``target``, ``minutes``; each pair once.
    supply : Series
        Capacity S by target id (places, doctors); a target it lacks has 0.
    demand : Series
        People P by origin id; an origin it lacks has 0.
    limit : float
        Minutes, inclusive.
    decay : callable, optional
        Weights (0 or more) of an array of minutes.

    Returns
    -------
    Series
        Supply per person, by origin: those of ``demand`` first, then those of ``costs`` alone. 0
        where nothing is in reach; NaN where minutes, people or capacity that matter are unknown.

    Raises
    ------
    SchemaError, ParameterError
        As :func:`cumulative`; for negative or unknown weights.

    Notes
    -----
    A target that nobody reaches serves nobody: R is not defined and adds nothing. Sources: Luo and
    Wang 2003 (doi:10.1068/b29120); Luo and Qi 2009 (doi:10.1016/j.healthplace.2009.06.002).

    Examples
    --------
    >>> costs = pd.DataFrame({"origin": ["a", "b"], "target": ["x", "x"], "minutes": [5.0, 9.0]})
    >>> two_step(costs, pd.Series({"x": 10}), pd.Series({"a": 30, "b": 70}), 10).to_dict()
    {'a': 0.1, 'b': 0.1}
    """
    reach = _limit(limit, "limit")
    origin, target, minutes = _costs(costs, "minutes")
    people, capacity = _numbers(demand, "demand"), _numbers(supply, "supply")
    vague = np.isnan(minutes)
    within = minutes <= reach
    weight = np.where(within, 1.0, 0.0)
    if decay is not None:
        given = np.broadcast_to(np.asarray(decay(minutes[within]), float), (int(within.sum()),))
        if not (given >= 0).all():
            raise ParameterError(
                _("weights must be numbers from 0"),
                layer="two_step",
                place="decay",
            )
        weight[within] = given
    i, _unused = pd.factorize(pd.Index(list(people.index) + list(origin)))
    i, names = i[len(people) :], pd.Index(list(people.index) + list(origin)).unique()
    j, found = pd.factorize(target)
    targets = pd.Index(found)
    p = people.reindex(names).where(names.isin(people.index), 0.0).to_numpy(float)
    s = capacity.reindex(targets).where(targets.isin(capacity.index), 0.0).to_numpy(float)
    # unknown minutes make a pair unknown unless one side of it is nothing anyway
    pull = np.where(weight > 0, weight * p[i], 0.0)
    pull[vague & (p[i] != 0)] = np.nan
    load = _sums(j, pull, len(targets))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(load == 0, 0.0, s / load)
    ratio[s == 0] = 0.0
    share = np.where(weight > 0, weight * ratio[j], 0.0)
    share[vague & (s[j] != 0)] = np.nan
    total = _sums(i, share, len(names))
    return pd.Series(total, index=pd.Index(names, name="origin"), name="accessibility")


def performance(
    costs: pd.DataFrame,
    people: pd.Series,
    near: pd.DataFrame,
    time_limit: float = 45,
    distance_limit: float = 11_250,
    *,
    beyond: bool = False,
) -> pd.DataFrame:
    """Return transport performance: people reached in time, per cent of the people who live near.

    100 x people within ``time_limit`` minutes **and** ``distance_limit`` metres / people within
    ``distance_limit`` metres. Every id is looked at as origin (whom one reaches) and as target (who
    reaches one).

    Parameters
    ----------
    costs : DataFrame
        ``origin``, ``target``, ``minutes``; each pair once. Own pairs are added (0 minutes).
    people : Series
        By id.
    near : DataFrame
        ``origin``, ``target``, ``metres`` (straight lines); each pair once, at least all pairs
        within ``distance_limit``. Own pairs are added (0 m).
    time_limit : float, default 45
        Minutes, inclusive.
    distance_limit : float, default 11 250
        Metres, inclusive: 45 minutes at 15 km/h.
    beyond : bool, default False
        Count everybody reached in time, however far: more than 100 is possible.

    Returns
    -------
    DataFrame
        By id of ``people``: ``as_origin``, ``as_target``, per cent; NaN where nobody lives near, or
        what matters is unknown.

    Raises
    ------
    SchemaError, ParameterError
        As :func:`cumulative`; for pairs of ids without people.

    Notes
    -----
    Source: Poelman, Dijkstra and Ackermans 2020, "How many people can you reach by public
    transport, bicycle or on foot in European cities?", European Commission, working paper 01/2020;
    OECD/ITF 2019, "Benchmarking accessibility in cities".

    Examples
    --------
    >>> costs = pd.DataFrame({"origin": ["a"], "target": ["b"], "minutes": [40.0]})
    >>> near = pd.DataFrame({"origin": ["a", "b"], "target": ["b", "a"], "metres": [900.0, 900.0]})
    >>> performance(costs, pd.Series({"a": 100, "b": 300}), near).values.tolist()
    [[100.0, 25.0], [75.0, 100.0]]
    """
    minutes_limit = _limit(time_limit, "time_limit")
    metres_limit = _limit(distance_limit, "distance_limit")
    number = _numbers(people, "people")
    ids = pd.Index(number.index)
    n = len(ids)
    a, b, minutes = _square(costs, "minutes", ids)
    c, d, metres = _square(near, "metres", ids)
    p = number.to_numpy(float)
    close = np.flatnonzero(metres <= metres_limit)
    distance_vague = np.isnan(metres)
    key = a * n + b
    if beyond:
        counted = minutes <= minutes_limit
        unknown = np.isnan(minutes)
    else:
        inside = np.isin(key, c[close] * n + d[close])
        maybe = np.isin(key, (c * n + d)[distance_vague])
        counted = (minutes <= minutes_limit) & inside
        unknown = (np.isnan(minutes) & (inside | maybe)) | ((minutes <= minutes_limit) & maybe)
    out = {}
    for name, here, there, begin, end in (
        ("as_origin", a, b, c, d),
        ("as_target", b, a, d, c),
    ):
        reached = _sums(here[counted], p[there[counted]], n)
        reached[here[unknown & (p[there] != 0)]] = np.nan
        around = _sums(begin[close], p[end[close]], n)
        around[begin[distance_vague & (p[end] != 0)]] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            out[name] = np.where(around > 0, 100 * reached / around, np.nan)
    return pd.DataFrame(out, index=ids)


def _sums(row: npt.NDArray[Any], weight: Floats, n: int) -> Floats:
    """Sums of weights by row; floats also where there is no row at all."""
    return np.bincount(row, weights=weight, minlength=n).astype(float)


def _limit(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value >= 0:
        raise ParameterError(
            _("{name}={value}: a number from 0").fill(name=name, value=repr(value)),
            layer="accessibility",
            place=name,
        )
    return float(value)


def _costs(table: pd.DataFrame, column: str) -> tuple[Any, Any, Floats]:
    """Origins, targets and costs of a table, each pair once."""
    missing = [c for c in ("origin", "target", column) if c not in table]
    if missing:
        raise SchemaError(
            _("columns are missing"),
            layer="costs" if column == "minutes" else "near",
            place=", ".join(missing),
        )
    if table.duplicated(["origin", "target"]).any():
        row = table[table.duplicated(["origin", "target"])].iloc[0]
        raise SchemaError(
            _("a pair stands there twice"),
            layer="costs" if column == "minutes" else "near",
            place=f"{row['origin']}, {row['target']}",
        )
    value = table[column].to_numpy(float)
    if (value < 0).any():
        raise SchemaError(
            _("negative numbers"),
            layer="costs" if column == "minutes" else "near",
            place=column,
        )
    return table["origin"].to_numpy(), table["target"].to_numpy(), value


def _numbers(series: pd.Series, name: str) -> pd.Series:
    if not isinstance(series, pd.Series):
        raise SchemaError(_("must be a Series by id"), layer=name)
    if not series.index.is_unique:
        again = series.index[series.index.duplicated()][0]
        raise SchemaError(_("an id is repeated"), layer=name, place=str(again))
    found = series.astype(float)
    if (found < 0).any() or np.isinf(found).any():
        raise SchemaError(_("negative or infinite numbers"), layer=name)
    return found


def _square(
    table: pd.DataFrame, column: str, ids: pd.Index
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Rows of pairs of known ids, own pairs added with 0 where they are absent."""
    origin, target, value = _costs(table, column)
    a, b = (np.asarray(ids.get_indexer(x), np.int64) for x in (origin, target))
    if (a < 0).any() or (b < 0).any():
        strange = (list(origin[a < 0]) + list(target[b < 0]))[0]
        raise SchemaError(
            _("an id without people"),
            layer="costs" if column == "minutes" else "near",
            place=str(strange),
        )
    absent = np.ones(len(ids), bool)
    absent[a[a == b]] = False
    own = np.flatnonzero(absent)
    return (
        np.concatenate([a, own]),
        np.concatenate([b, own]),
        np.concatenate([value, np.zeros(len(own))]),
    )
