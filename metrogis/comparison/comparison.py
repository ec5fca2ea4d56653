"""States side by side: years, sets of parameters, scenarios.

>>> import metrogis as mg
>>> change = mg.compare("public-2024/", "public-2025/")  # doctest: +SKIP
>>> change.table.query("verdict == 'worse'")  # doctest: +SKIP
>>> change.publish("change/")  # doctest: +SKIP
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metrogis.bound import bound
from metrogis.checks.contract import Column
from metrogis.comparison.effects import Effects, effects_of
from metrogis.comparison.matching import Codes, Pair, match
from metrogis.comparison.state import CheckState, State, state_of
from metrogis.comparison.stated import Stated, states_of
from metrogis.comparison.verdicts import (
    AFTER,
    BEFORE,
    EDGE,
    NO_CHECK,
    NOT_RUN,
    VERDICTS,
    Mode,
    adds_up,
    judge,
    rule_difference,
    taken,
    tolerance,
)
from metrogis.errors import MetrogisError, ParameterError
from metrogis.i18n import Text, _, default_language

COLUMNS = (
    "check", "teryt", "name", "measure", "unit", "old", "new", "change", "change_low",
    "change_high", "verdict", "reason", "detail", "due_parameter", "due_data",
)  # fmt: skip
"""Columns of :attr:`Comparison.table`, in their order."""

NO_MEASURE = _("the measure is not there {when}")

ENOUGH = 0.95
"""A total is compared where at least this part of what was known before is known in both states."""

WORDS: dict[str, Text] = {
    "improved": _("better"),
    "worse": _("worse"),
    "same": _("no change"),
    "unknown": _("unknown"),
    "not_comparable": _("not comparable"),
}
"""Verdicts as a reader is told them."""


@dataclass(frozen=True)
class Step:
    """Two states and the municipalities of both that belong together.

    Attributes
    ----------
    old, new : State
    pairs : tuple of Pair
    mode : {"years", "scenario"}
    """

    old: State
    new: State
    pairs: tuple[Pair, ...]
    mode: Mode

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every headline measure of every municipality; see :attr:`Comparison.table`."""
        parts = []
        for check_id in dict.fromkeys([*self.old.checks, *self.new.checks]):
            old, new = self.old.checks.get(check_id), self.new.checks.get(check_id)
            if old is None or new is None:
                parts.append(self._unanswered(check_id, old, new))
                continue
            middle = None if old.same_rule(new) else _under(old, new)
            for name in {**new.columns, **old.columns}:
                if name in old.columns and name in new.columns:
                    parts.append(self._rows(old, new, name, middle))
                else:
                    parts.append(self._one_sided(old, new, name))
        made = [part for part in parts if len(part)]
        if not made:
            return pd.DataFrame(columns=list(COLUMNS))
        return pd.concat(made, ignore_index=True)

    def _named(self) -> tuple[list[str], list[str]]:
        codes, names = [], []
        for pair in self.pairs:
            state, group = (self.new, pair.new) if pair.new else (self.old, pair.old)
            codes.append(", ".join(state.codes[k] for k in group))
            names.append(", ".join(state.names[k] for k in group))
        return codes, names

    def _rows(
        self, old: CheckState, new: CheckState, name: str, middle: CheckState | None
    ) -> pd.DataFrame:
        rows = judge(old, new, name, self.pairs, self.mode, middle)
        codes, names = self._named()
        return pd.DataFrame(
            {
                "check": new.id,
                "teryt": codes,
                "name": names,
                "measure": name,
                "unit": new.columns[name].unit
                or ("1" if new.columns[name].kind == "share" else ""),
                "old": rows.old,
                "new": rows.new,
                "change": rows.change,
                "change_low": rows.low,
                "change_high": rows.high,
                "verdict": rows.verdict,
                "reason": rows.reason,
                "detail": pd.Series(rows.detail, dtype=object),
                "due_parameter": rows.due_parameter,
                "due_data": rows.due_data,
            }
        )

    def _one_sided(self, old: CheckState, new: CheckState, name: str) -> pd.DataFrame:
        """Return rows of a measure that only one of two answers has."""
        there, when = (new, BEFORE) if name in new.columns else (old, AFTER)
        only = replace(there, columns={name: there.columns[name]})
        rows = self._unanswered(new.id, *((None, only) if there is new else (only, None)))
        rule = rule_difference(old, new)
        why = rule[1] if rule else NO_MEASURE.fill(when=when)
        rows["detail"] = pd.Series([why] * len(rows), dtype=object)
        if rule:
            rows["verdict"], rows["reason"] = "not_comparable", rule[0]
        return rows

    def _unanswered(
        self, check_id: str, old: CheckState | None, new: CheckState | None
    ) -> pd.DataFrame:
        """Return rows of a check that only one state has: what it says of the other is unknown."""
        state, when = (self.new, AFTER) if new is None else (self.old, BEFORE)
        there = old or new
        if there is None:
            return pd.DataFrame(columns=list(COLUMNS))
        why = NO_CHECK.fill(when=when, why=state.absent.get(check_id, NOT_RUN))
        codes, names = self._named()
        parts = []
        for name, column in there.columns.items():
            nothing = np.full(len(codes), np.nan)
            groups = [p.old if old is not None else p.new for p in self.pairs]
            have = np.array([there.values[name][g[0]] if len(g) == 1 else np.nan for g in groups])
            parts.append(
                pd.DataFrame(
                    {
                        "check": check_id,
                        "teryt": codes,
                        "name": names,
                        "measure": name,
                        "unit": _unit(column),
                        "old": have if old is not None else nothing,
                        "new": nothing if old is not None else have,
                        "change": nothing,
                        "change_low": nothing,
                        "change_high": nothing,
                        "verdict": "unknown",
                        "reason": "input",
                        "detail": pd.Series([why] * len(codes), dtype=object),
                        "due_parameter": nothing,
                        "due_data": nothing,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


@dataclass(frozen=True)
class Comparison:
    """Two or more states side by side, made by :func:`compare`.

    Attributes
    ----------
    states : tuple of State
        In the order given.
    steps : tuple of Step
        Every pair of neighbours.
    whole : Step
        The first state against the last.
    before : tuple of mapping
        For each state but the last: positions in the last state -> positions of the same land in
        it.
    effects : Effects or None
        Of a scenario and its base in memory: changes, lines, winners and losers.
    """

    states: tuple[State, ...]
    steps: tuple[Step, ...]
    whole: Step
    before: tuple[Mapping[tuple[int, ...], tuple[int, ...]], ...] = field(repr=False)
    effects: Effects | None = field(default=None, repr=False)

    def columns_of(self, check_id: str) -> dict[str, Column]:
        """Return the measures of a check in the last state, then those that only the first has."""
        made: dict[str, Column] = {}
        for state in (self.whole.new, self.whole.old):
            check = state.checks.get(check_id)
            columns = check.columns if check is not None else {}
            made |= {name: column for name, column in columns.items() if name not in made}
        return made

    def values_over(self, check_id: str, measure: str, pair: Pair) -> list[float]:
        """Return a measure of one municipality, or union, in each state; NaN where unknown."""
        groups = [lines.get(pair.new, ()) for lines in self.before[1:]] if pair.new else []
        places = [pair.old, *(groups or [()] * (len(self.states) - 2)), pair.new]
        made = []
        for state, group in zip(self.states, places, strict=True):
            check = state.checks.get(check_id)
            if check is None or measure not in check.columns:
                made.append(float("nan"))
                continue
            sums = adds_up(check.columns[measure])
            made.append(float(taken(check.values[measure], [group], sums)[0]))
        return made

    @property
    def table(self) -> pd.DataFrame:
        """The change of every headline measure of every municipality, first state against last.

        Columns: ``check``, ``teryt``, ``name``, ``measure``, ``unit``, ``old``, ``new``,
        ``change``, ``change_low`` and ``change_high`` (between which the change lies; equal where
        nothing is in doubt), ``verdict`` (``improved``, ``worse``, ``same``, ``unknown``,
        ``not_comparable``), ``reason`` (``method``, ``parameter``, ``input``, ``cover``,
        ``boundary`` or empty), ``detail`` (a :class:`~metrogis.texts.Text`), ``due_parameter`` and
        ``due_data`` (their sum is the change; NaN where it cannot be told).
        """
        return self.whole.table

    @property
    def series(self) -> pd.DataFrame:
        """Every state as rows: check, teryt, name, measure, unit, state, value, low, high.

        A municipality stands under the code and name it has in the state.
        """
        parts = []
        for state in self.states:
            for check in state.checks.values():
                for name, column in check.columns.items():
                    parts.append(
                        pd.DataFrame(
                            {
                                "check": check.id,
                                "teryt": list(state.codes),
                                "name": list(state.names),
                                "measure": name,
                                "unit": _unit(column),
                                "state": state.name,
                                "value": check.values[name],
                                "low": check.low[name],
                                "high": check.high[name],
                            }
                        )
                    )
        heads = ["check", "teryt", "name", "measure", "unit", "state", "value", "low", "high"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=heads)

    def summary(self, language: str = "en") -> pd.DataFrame:
        """Return a row a measure: how many municipalities got better or worse, and the total.

        Parameters
        ----------
        language : {"en", "pl"}
            Of ``title`` and ``label``.

        Returns
        -------
        DataFrame
            ``check``, ``title``, ``measure``, ``label``, ``unit``; the number of municipalities of
            each verdict; ``n`` known in both states ``of`` those known in the old one; for what
            adds up ``old``, ``new``, ``change`` over those ``n`` (empty where only bounds are
            known: it lies between ``change_low`` and ``change_high``), ``gained`` and ``lost`` (the
            sum of what grew, and of what shrank), and its ``verdict``, by the tolerance of a single
            number: ``not_comparable`` below 95 %.
        """
        rows = []
        for (check_id, measure), part in self.table.groupby(["check", "measure"], sort=False):
            check = self.whole.new.checks.get(check_id) or self.whole.old.checks[check_id]
            column = self.columns_of(check_id)[measure]
            counts = part["verdict"].value_counts()
            n, of = _known_in_both(part)
            row: dict[str, Any] = {
                "check": check_id,
                "title": check.title.get(language),
                "measure": measure,
                "label": column.label.get(language),
                "unit": part["unit"].iloc[0],
                **{verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS},
                "n": n,
                "of": of,
                **_total(part, column, n, of, self.whole.mode),
            }
            rows.append(row)
        heads = ["check", "title", "measure", "label", "unit", *VERDICTS, "n", "of", *_TOTALS]
        return pd.DataFrame(rows, columns=heads)

    def publish(
        self,
        directory: str | Path,
        *,
        languages: Sequence[str] = ("pl", "en"),
        site_url: str | None = None,
    ) -> Path:
        """Write pages, ``compare.json``, ``change.csv`` and ``change.gpkg``; return the index page.

        Parameters
        ----------
        directory : str or Path
            New, empty, or a former comparison.
        languages : sequence of {"pl", "en"}
        site_url : str, optional
            Where the folder will be published.

        Raises
        ------
        PublishError
            When the folder holds something else, or cannot be written.
        """
        return Path(
            bound("publish_change")(self, Path(directory), languages=languages, site_url=site_url)
        )

    def __repr__(self) -> str:
        counts = self.table["verdict"].value_counts()
        told = ", ".join(f"{int(counts.get(v, 0))} {v}" for v in VERDICTS)
        return f"<Comparison of {' -> '.join(s.name for s in self.states)}: {told}>"

    def _repr_html_(self) -> str:
        table = self.summary(default_language()).to_html(escape=True, index=False)
        names = html.escape(" → ".join(state.name for state in self.states))
        return f"<div><b>{names}</b>{table}</div>"


_TOTALS = ["old", "new", "change", "change_low", "change_high", "gained", "lost", "verdict"]


def _unit(column: Column) -> str:
    """Return the unit as the table has it: a share is a ratio."""
    return column.unit or ("1" if column.kind == "share" else "")


def _known_in_both(part: pd.DataFrame) -> tuple[int, int]:
    comparable = part["verdict"] != "not_comparable"
    both = comparable & part["old"].notna() & part["new"].notna()
    return int(both.sum()), int(part["old"].notna().sum())


def _total(part: pd.DataFrame, column: Column, n: int, of: int, mode: Mode) -> dict[str, Any]:
    if not adds_up(column):
        return dict.fromkeys(_TOTALS, np.nan) | {"verdict": ""}
    comparable = part["verdict"] != "not_comparable"
    rows = part[comparable & part["old"].notna() & part["new"].notna()]
    due = rows["due_data"]  # what another rule changed is no change of the place
    made: dict[str, Any] = {
        "old": float(rows["old"].sum()),
        "new": float(rows["new"].sum()),
        "change": float(rows["change"].sum(skipna=False)),
        "change_low": float(rows["change_low"].sum(skipna=False)),
        "change_high": float(rows["change_high"].sum(skipna=False)),
        "gained": float(due[due > 0].sum()),
        "lost": float(-due[due < 0].sum()),
        "verdict": "not_comparable",
    }
    if n >= ENOUGH * of * (1 - EDGE) and n > 0:
        change = float(due.sum(skipna=False))
        least = tolerance(np.array([made["old"]]), np.array([made["new"]]), column, mode)[0]
        made["verdict"] = _of_total(change, float(least) * (1 + EDGE), column.good)
    return made


def _of_total(change: float, least: float, good: str) -> str:
    if abs(change) <= least:
        return "same"
    if np.isnan(change) or not good:
        return "unknown"
    return "improved" if (change > 0) == (good == "up") else "worse"


def _under(old: CheckState, new: CheckState) -> CheckState | None:
    """Return the old layers under the new rule; None where they are not at hand, or do not fit."""
    if old.result is None or new.result is None:
        return None
    check = new.result.check
    layers = {item.name: old.result.inputs.get(item.name) for item in check.inputs}
    given = new.result.parameters.model_dump()
    years = {name: old.result.parameters.model_dump().get(name) for name in old.dates}
    try:
        result = check.function(**layers, **{**given, **years})
    except MetrogisError:
        return None
    state = state_of([result], name="", cover={check.id: old.cover}).checks[check.id]
    return replace(state, inputs=old.inputs)


# --------------------------------------------------------------------------- making


def compare(*atlases: Stated, codes: Codes = None) -> Comparison:
    """Compare two or more states of a metropolis: years, sets of parameters, scenarios.

    Parameters
    ----------
    *atlases : Atlas, Result, iterable of Result, str or Path
        In the order of time. A path is a published folder, its ``atlas.json``, or a GeoPackage that
        metrogis wrote. Of atlases in memory the layers are at hand: where only a parameter differs
        the old ones are run under the new one, and the change is split.
    codes : DataFrame, path of a CSV file, mapping or pairs, optional
        Old and new TERYT codes (columns ``old``, ``new``, and ``date`` if you like), where codes
        changed. Others are matched by their first six digits and by area.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        For less than two states, something that is none, or two without a common municipality.
    SourceError
        For a publication that cannot be read, or does not say what it was computed from.

    Examples
    --------
    >>> import metrogis as mg
    >>> change = mg.compare("atlas-2024", "atlas-2025", codes={"2211021": "2211023"})
    ... # doctest: +SKIP
    >>> change.summary("en")[["label", "improved", "worse"]]  # doctest: +SKIP
    """
    if len(atlases) < 2:
        raise ParameterError(
            _("two states or more are compared"),
            layer="compare",
            remedy=_("give an old and a new atlas"),
        )
    states = states_of(atlases)
    steps = [_step(a, b, codes) for a, b in itertools.pairwise(states)]
    whole = steps[0] if len(steps) == 1 else _step(states[0], states[-1], codes)
    middle = [match(state, states[-1], codes) for state in states[1:-1]]
    lines = [{p.new: p.old for p in pairs if p.new} for pairs in [list(whole.pairs), *middle]]
    made = Comparison(tuple(states), tuple(steps), whole, tuple(lines))
    if len(atlases) != 2 or whole.mode != "scenario":
        return made
    return replace(made, effects=effects_of(*atlases, made.table, made.columns_of))


def _step(old: State, new: State, codes: Codes) -> Step:
    pairs = tuple(match(old, new, codes))
    if not any(pair.old and pair.new for pair in pairs):
        raise ParameterError(
            _("{old} and {new} have no municipality in common").fill(old=old.name, new=new.name),
            layer="compare",
            remedy=_("compare states of one metropolis; give changed codes by a table"),
        )
    base = new.scenario.get("base") or old.scenario.get("base")
    ours = old.scenario.get("base") or _base_of(old)
    theirs = new.scenario.get("base") or _base_of(new)
    mode: Mode = "scenario" if base and ours == theirs else "years"
    return Step(old, new, pairs, mode)


def _base_of(state: State) -> str:
    return state.scenario.get("layers", "")
