"""What a budget buys best: candidates of a scenario, taken by what they gain for their cost.

The gain of a set is that of a check asked after the whole set: nothing is added up from single
gains, so what two candidates both serve counts once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrogis.arrays import Floats
from metrogis.checks import registry
from metrogis.checks.contract import Check, Column, Result
from metrogis.comparison.state import headline_of
from metrogis.comparison.verdicts import adds_up
from metrogis.errors import MetrogisError, ParameterError, ScenarioError
from metrogis.i18n import _
from metrogis.metro import Metro
from metrogis.scenario import Scenario

COLUMNS = ("step", "id", "cost", "gain", "total_cost", "total_gain")
"""Columns of what :func:`best` returns, in their order."""

MOST_SETS = 256
"""With at most so many affordable sets all of them are tried."""

NEAR = 1e-9
"""Gains and costs this close, relative to the larger, are equal: what is left is rounding."""

Ids = frozenset[str]
Way = Literal["exhaustive", "greedy", "pairs", "single set"]


def best(
    metro: Metro,
    candidates: Scenario | Iterable[Scenario],
    measure: str = "white_spots.white_people",
    *,
    budget: float,
    good: Literal["up", "down"] | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Return which candidates a budget should be spent on, in their order.

    Parameters
    ----------
    metro : Metro
    candidates : Scenario, or scenarios
        Of one scenario each change is a candidate; of several each whole scenario, by its name.
        Each has a cost above 0.
    measure : str
        ``check.column``: a headline column of ``municipalities`` that adds up over them, or a
        figure of the check.
    budget : float
        In the unit of the costs; may be spent up to and with its last part.
    good : {"up", "down"}, optional
        Which way the measure is better, where its column does not say it.
    progress : callable, optional
        Called with the number of sets that have been tried, after each.

    Returns
    -------
    DataFrame
        ``step`` (1, 2, ...), ``id``, ``cost``, ``gain`` (of this one after those before it, in the
        unit of the measure, better is above 0), ``total_cost``, ``total_gain`` (of the set so far).
        No rows where nothing affordable gains. ``attrs``: ``measure``, ``budget``, ``before``,
        ``way`` (``exhaustive``, ``greedy``, ``pairs``, ``single set``), ``sets`` (tried),
        ``unfit`` (candidates that cannot stand alone -> why), ``unknown`` (municipalities whose
        measure is not known before or after: they gain nothing).

    Raises
    ------
    ParameterError
        For an unknown measure, one that does not add up or has no good direction, a budget or a
        cost that is not above 0, or candidates that the check does not depend on.
    ScenarioError
        For two candidates of one id, or when none of them fits the metropolis.

    Notes
    -----
    Where at most 256 sets are affordable all of them are tried: the set of the largest gain wins,
    of equal ones the cheapest. Else greedy: the affordable candidate of the largest gain per cost,
    computed anew after each; where no single one gains, the best pair; at the end the best set that
    was tried on the way, where it gains more (Khuller, Moss, Naor 1999, The budgeted maximum
    coverage problem, doi:10.1016/S0020-0190(99)00031-9: at least (1 - 1/e) / 2 of the optimum where
    gains overlap and never help each other).

    Examples
    --------
    >>> import metrogis as mg
    >>> metro = mg.open_metro("demo")  # doctest: +SKIP
    >>> plans = mg.Scenario.from_toml("candidates.toml")  # doctest: +SKIP
    >>> mg.best(metro, plans, "white_spots.white_people", budget=5)  # doctest: +SKIP
    """
    asked = _Asked.of(metro, measure, good)
    parts = _parts(candidates, metro, asked.check)
    if not (isinstance(budget, int | float) and math.isfinite(budget) and budget > 0):
        raise ParameterError(_("the budget must be above 0"), place=f"budget={budget}")
    tried = _Tried(metro, asked, parts, float(budget), progress)
    affordable = _affordable(parts, tried)
    if affordable is not None:
        way: Way = "exhaustive"
        chosen = tried.largest(affordable)
    else:
        chosen, way = _greedy(tried)
    tried.require_one_that_fits()
    table = _steps(tried, chosen)
    table.attrs.update(
        measure=measure,
        budget=float(budget),
        before=tried.before_total,
        way=way,
        sets=len(tried.gains) - 1,
        unfit={name: why.text.get("en") for name, why in tried.unfit_alone().items()},
        unknown=tried.unknown(chosen),
    )
    return table


# --------------------------------------------------------------------------- what is asked


@dataclass(frozen=True)
class _Asked:
    """A measure: of which check, which column or figure, and which way it is better."""

    check: Check
    name: str
    column: Column | None
    sign: float

    @classmethod
    def of(cls, metro: Metro, measure: str, good: str | None) -> _Asked:
        head, _dot, name = str(measure).partition(".")
        check = registry.get(head)
        metro.parameters_of(check.id)
        column = check.columns["municipalities"].get(name) if name in check.headlines else None
        if column is not None and not adds_up(column):
            raise ParameterError(
                _("this measure is no sum over municipalities: {name}").fill(name=name),
                layer=check.id,
                remedy=_("name one of: {names}").fill(names=_sums(check) or "-"),
            )
        if not name:
            raise ParameterError(
                _("a measure is check.column"),
                layer=check.id,
                remedy=_("name one of: {names}").fill(names=_sums(check) or "-"),
            )
        way = good or (column.good if column is not None else "")
        if way not in ("up", "down"):
            raise ParameterError(
                _("the measure does not say which way is better: {name}").fill(name=name),
                layer=check.id,
                remedy=_('give good="up" or good="down"'),
            )
        return cls(check, name, column, 1.0 if way == "up" else -1.0)

    def numbers(self, result: Result) -> Floats:
        """Return the measure by municipality, or the figure as the only number."""
        if self.column is not None and self.name in result.municipalities:
            return headline_of(result, self.name)[0]
        if self.name in result.figures:
            return np.array([float(result.figures[self.name])])
        raise ParameterError(
            _("no such measure: {name}").fill(name=self.name),
            layer=self.check.id,
            remedy=_("name one of: {names}").fill(
                names=", ".join([_sums(self.check), *sorted(result.figures)])
            ),
        )


def _sums(check: Check) -> str:
    columns = check.columns["municipalities"]
    return ", ".join(n for n in check.headlines if adds_up(columns[n]))


def _parts(
    candidates: Scenario | Iterable[Scenario], metro: Metro, check: Check
) -> dict[str, Scenario]:
    """Return the candidates by their names, each a scenario of its own."""
    if isinstance(candidates, Scenario):
        parts = {name: candidates.only([name]) for name in candidates.ids}
    else:
        parts = {}
        for plan in candidates:
            if not isinstance(plan, Scenario):
                raise ScenarioError(
                    _("this is no scenario: {kind}").fill(kind=type(plan).__name__),
                    layer="scenario",
                )
            if plan.name in parts:
                raise ScenarioError(
                    _("two candidates have this name"), layer="scenario", place=plan.name
                )
            parts[plan.name] = plan
    if not parts:
        raise ScenarioError(_("there are no candidates"), layer="scenario")
    for name, plan in parts.items():
        if any(change.cost is None for change in plan) or not plan.cost > 0:
            raise ParameterError(
                _("a candidate needs a cost above 0"), layer="scenario", place=name
            )
    if not any(check.id in metro.dependent(plan) for plan in parts.values()):
        raise ParameterError(
            _("no candidate changes a layer that the check takes"),
            layer=check.id,
            place=", ".join(sorted({layer for plan in parts.values() for layer in plan.layers})),
        )
    return parts


# --------------------------------------------------------------------------- sets


@dataclass(eq=False)
class _Tried:
    """Sets of candidates and what each gains; a set is asked once."""

    metro: Metro
    asked: _Asked
    parts: dict[str, Scenario]
    budget: float
    progress: Callable[[int], None] | None
    gains: dict[Ids, float] = field(default_factory=dict)
    values: dict[Ids, Floats] = field(default_factory=dict)
    faults: dict[Ids, MetrogisError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gains[frozenset()] = 0.0
        before = self.metro.check(self.asked.check.id)
        self.values[frozenset()] = self.asked.numbers(before)

    @property
    def before_total(self) -> float:
        """The measure of the metropolis as it is, over what is known."""
        values = self.values[frozenset()]
        return float(np.nansum(values)) if not np.isnan(values).all() else float("nan")

    def cost(self, ids: Ids) -> float:
        """Return what a set costs."""
        return math.fsum(self.parts[name].cost for name in ids)

    def fits(self, ids: Ids) -> bool:
        """Tell whether the budget pays for a set."""
        return self.cost(ids) <= self.budget * (1 + NEAR)

    def plan(self, ids: Ids) -> Scenario:
        """Return the scenario of a set: changes in the order of the candidates."""
        changes = [c for name, plan in self.parts.items() if name in ids for c in plan.changes]
        return Scenario("+".join(n for n in self.parts if n in ids) or "-", tuple(changes))

    def gain(self, ids: Ids) -> float:
        """Return what a set gains; minus infinity where it does not fit the metropolis."""
        if ids not in self.gains:
            try:
                after = self.metro.with_scenario(self.plan(ids)).check(self.asked.check.id)
                self.values[ids] = self.asked.numbers(after)
                self.gains[ids] = self._gain(ids)
            except ScenarioError as error:
                self.faults[ids] = error
                self.gains[ids] = -math.inf
            if self.progress is not None:
                self.progress(len(self.gains) - 1)
        return self.gains[ids]

    def _gain(self, ids: Ids) -> float:
        """Sum over the municipalities known before and after; others gain nothing."""
        change = self.asked.sign * (self.values[ids] - self.values[frozenset()])
        whole = math.fsum(change[~np.isnan(change)].tolist())
        scale = float(np.nansum(np.abs(self.values[frozenset()])))
        return 0.0 if abs(whole) <= NEAR * max(scale, 1.0) else whole

    def better(self, one: Ids, other: Ids) -> bool:
        """Tell whether a set is better: gains more, then costs less, then comes first."""
        a, b = self.gain(one), self.gain(other)
        near = NEAR * max(abs(a), abs(b)) if math.isfinite(a) and math.isfinite(b) else 0.0
        if abs(a - b) > near and a != b:
            return a > b
        costs = self.cost(one), self.cost(other)
        if abs(costs[0] - costs[1]) > NEAR * max(costs):
            return costs[0] < costs[1]
        return self._order(one) < self._order(other)

    def _order(self, ids: Ids) -> list[int]:
        return [place for place, name in enumerate(self.parts) if name in ids]

    def largest(self, sets: Iterable[Ids]) -> Ids:
        """Return the best of some sets."""
        found: Ids = frozenset()
        for ids in sets:
            if self.better(ids, found):
                found = ids
        return found

    def unfit_alone(self) -> dict[str, MetrogisError]:
        """Return the candidates that do not fit without others, and why."""
        return {next(iter(ids)): why for ids, why in self.faults.items() if len(ids) == 1}

    def require_one_that_fits(self) -> None:
        """Raise the first fault where no set that was tried fits the metropolis."""
        there = [ids for ids in self.gains if ids and ids not in self.faults]
        if not there and self.faults:
            raise next(iter(self.faults.values()))

    def unknown(self, ids: Ids) -> int:
        """Return of how many municipalities the measure is unknown, before or after."""
        return int((np.isnan(self.values[frozenset()]) | np.isnan(self.values[ids])).sum())


def _affordable(parts: dict[str, Scenario], tried: _Tried) -> list[Ids] | None:
    """Return all sets that the budget pays for; None where they are too many."""
    found: list[Ids] = []
    for size in range(1, len(parts) + 1):
        before = len(found)
        for names in combinations(parts, size):
            ids = frozenset(names)
            if tried.fits(ids):
                found.append(ids)
                if len(found) > MOST_SETS:
                    return None
        if len(found) == before:  # no larger set costs less
            break
    return found


def _greedy(tried: _Tried) -> tuple[Ids, Way]:
    """Return the set that is found step by step, and what found it."""
    chosen: Ids = frozenset()
    way: Way = "greedy"
    while True:
        step = _step(tried, chosen, 1)
        if step is None and (step := _step(tried, chosen, 2)) is not None:
            way = "pairs"
        if step is None:
            break
        chosen = step
    whole = tried.largest(ids for ids in list(tried.gains) if tried.fits(ids))
    if tried.gain(whole) > tried.gain(chosen) * (1 + NEAR):
        return whole, "single set"
    return chosen, way


def _step(tried: _Tried, chosen: Ids, size: int) -> Ids | None:
    """Return the set with ``size`` candidates more that gains most per cost; None for no gain."""
    best_set, best_ratio = None, 0.0
    rest = [name for name in tried.parts if name not in chosen]
    for names in combinations(rest, size):
        ids = chosen | frozenset(names)
        if not tried.fits(ids):
            continue
        more = tried.gain(ids) - tried.gain(chosen)
        ratio = more / tried.cost(frozenset(names))
        # of equal ones the first in the order of the candidates stays
        if more > 0 and ratio > best_ratio * (1 + NEAR):
            best_set, best_ratio = ids, ratio
    return best_set


def _steps(tried: _Tried, chosen: Ids) -> pd.DataFrame:
    """Return the steps to a set: at each the candidate that gains most per cost of those left."""
    rows: list[tuple[Any, ...]] = []
    done: Ids = frozenset()
    while done != chosen:
        rest = [name for name in tried.parts if name in chosen - done]

        def worth(name: str, so_far: Ids = done) -> float:
            before, after = tried.gain(so_far), tried.gain(so_far | {name})
            if not (math.isfinite(before) and math.isfinite(after)):
                return after  # what fits goes before what does not
            return (after - before) / tried.cost(frozenset([name]))

        name = max(rest, key=lambda n: (worth(n), -list(tried.parts).index(n)))
        before, done = tried.gain(done), done | {name}
        total = tried.gain(done)
        # what cannot stand without those after it gains with them
        gain = total - before if math.isfinite(total) and math.isfinite(before) else math.nan
        rows.append((len(rows) + 1, name, tried.parts[name].cost, gain, tried.cost(done),
                     total if math.isfinite(total) else math.nan))  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"step": int, "cost": float, "gain": float, "total_cost": float})
