"""Is one number better than another: verdict, reason, what is due to what.

Arrays over the matched municipalities; nothing here knows of files or pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from metrogis.arrays import Floats
from metrogis.checks.contract import Column
from metrogis.comparison.matching import Pair
from metrogis.comparison.state import CheckState, InputState
from metrogis.i18n import Text, _, both, join

Verdict = Literal["improved", "worse", "same", "unknown", "not_comparable"]
VERDICTS: tuple[Verdict, ...] = ("improved", "worse", "same", "unknown", "not_comparable")
Mode = Literal["years", "scenario"]

RELATIVE = 0.01
"""Between years a change of less than this part of the greater number is none."""
MOST_PEOPLE = 100.0
"""And of people never more than so many."""
COVER = 0.05
"""Numbers of the known part are compared where the known share differs by no more than this."""
SUMS = ("people", "ha", "m2", "km2")
"""Units whose numbers add up over municipalities, unless a column says that its own do not."""
RULES = ("method", "parameter")
EDGE = 1e-9
"""Numbers this close, relative to a threshold, are on it: in binary 1.0 - 0.95 exceeds 0.05."""

METHOD = _("the method is version {old} before and {new} after")
PARAMETER = _("{name} is {old} before and {new} after")
UNDER_NEW = _("old data were computed under the new rule as well: {what}")
INPUT_GONE = _("the layer {layer} is there before, not after")
INPUT_NEW = _("the layer {layer} is there after, not before")
INPUT_KIND = _("the layer {layer} is {old} before and {new} after")
NOT_KNOWN = _("not known {when}")
BEFORE, AFTER, BOTH_TIMES = _("before"), _("after"), _("before and after")
DOUBT = _("only a bound is known: the change lies between {low} and {high}")
COVERS = _("known for {old:%0} before and {new:%0} after: other parts are compared")
PART = _("of the known part: {old:%0} before, {new:%0} after")
NEITHER = _("neither more nor less is called better")
NO_SUM = _("this measure is no sum over the parts")
NO_CHECK = _("the check has no answer {when}: {why}")
NOT_RUN = _("it was not run")


@dataclass(frozen=True)
class Rows:
    """Numbers and verdicts of one measure, an entry a pair of municipalities."""

    old: Floats
    new: Floats
    change: Floats
    low: Floats
    high: Floats
    verdict: list[Verdict]
    reason: list[str]
    detail: list[Text]
    due_parameter: Floats
    due_data: Floats


def rounding_of(column: Column) -> float:
    """Return half of the last digit that is shown of a column.

    >>> rounding_of(Column(both("a"), "share", digits=1)), rounding_of(Column(both("a")))
    (0.0005, 0.5)
    """
    digits = column.digits + (2 if column.kind == "share" else 0)
    return float(0.5 * 10.0**-digits)


def tolerance(old: Floats, new: Floats, column: Column, mode: Mode) -> Floats:
    """Return below which a change is none.

    Parameters
    ----------
    old, new : array of float
    column : Column
    mode : {"years", "scenario"}
        Of a scenario only rounding counts: nothing else has changed.

    Examples
    --------
    >>> people = Column(both("a"), unit="people")
    >>> tolerance(np.array([1000.0, 1e6]), np.array([900.0, 9e5]), people, "years").tolist()
    [10.0, 100.0]
    """
    least = np.full(len(old), rounding_of(column))
    if mode == "scenario":
        return least
    part = RELATIVE * np.maximum(np.abs(old), np.abs(new))
    if column.unit == "people":
        part = np.minimum(part, MOST_PEOPLE)
    return np.maximum(least, np.nan_to_num(part, nan=0.0, posinf=0.0))


def adds_up(column: Column) -> bool:
    """Tell whether the numbers of municipalities may be added.

    >>> adds_up(Column(both("a"), unit="ha")), adds_up(Column(both("mesh"), unit="ha", adds=False))
    (True, False)
    """
    return column.kind == "number" and column.unit in SUMS and column.adds


def is_changed(verdict: str, reason: str) -> bool:
    """Tell whether a row of the table is a change that is neither better nor worse.

    What is not known has the reason ``cover`` or ``input``; a change may have that of a rule whose
    part was split off.
    """
    return verdict == "unknown" and reason in ("", *RULES)


def taken(values: Floats, positions: Sequence[tuple[int, ...]], add: bool) -> Floats:
    """Return the number of each group of municipalities: of several the sum, where there is one."""
    made = np.full(len(positions), np.nan)
    for row, group in enumerate(positions):
        if len(group) == 1:
            made[row] = values[group[0]]
        elif group and add:
            made[row] = values[list(group)].sum()
    return made


def known_of(known: Floats, positions: Sequence[tuple[int, ...]]) -> Floats:
    """Return the least known share of each group; 0 for an empty one."""
    return np.array([known[list(g)].min() if g else 0.0 for g in positions], dtype=float)


def rule_difference(old: CheckState, new: CheckState) -> tuple[str, Text] | None:
    """Return which rule differs between two states of a check, and how; None where none does."""
    if old.method_version != new.method_version:
        return "method", METHOD.fill(old=old.method_version, new=new.method_version)
    if old.parameters == new.parameters:
        return None
    names = [n for n in {**old.parameters, **new.parameters}
             if old.parameters.get(n) != new.parameters.get(n)]  # fmt: skip
    told = [
        PARAMETER.fill(name=n, old=_plain(old.parameters.get(n)), new=_plain(new.parameters.get(n)))
        for n in names
    ]
    return "parameter", join("; ", told)


def _plain(value: Any) -> str:
    return "–" if value is None else str(value)


def input_difference(old: CheckState, new: CheckState) -> Text | None:
    """Return which layer is of another kind, or there in one state only; None where none is."""
    told = []
    for name in dict.fromkeys([*old.inputs, *new.inputs]):
        a = old.inputs.get(name, InputState(False))
        b = new.inputs.get(name, InputState(False))
        if a.given and not b.given:
            told.append(INPUT_GONE.fill(layer=name))
        elif b.given and not a.given:
            told.append(INPUT_NEW.fill(layer=name))
        elif a.given and not a.alike(b):
            forms = (a.form, b.form) if a.form != b.form else (a.maker, b.maker)
            told.append(INPUT_KIND.fill(layer=name, old=forms[0], new=forms[1]))
    return join("; ", told) if told else None


def judge(
    old: CheckState,
    new: CheckState,
    name: str,
    pairs: Sequence[Pair],
    mode: Mode = "years",
    middle: CheckState | None = None,
) -> Rows:
    """Compare one measure over the matched municipalities.

    Parameters
    ----------
    old, new : CheckState
    name : str
        A headline of both.
    pairs : sequence of Pair
    mode : {"years", "scenario"}
    middle : CheckState, optional
        The old layers under the new rule, where the two rules differ and it could be computed.

    Returns
    -------
    Rows
    """
    column = new.columns[name]
    sums = adds_up(column)
    before, after = [p.old for p in pairs], [p.new for p in pairs]
    was, now = taken(old.values[name], before, sums), taken(new.values[name], after, sums)
    base = middle or old
    from_ = {k: taken(v, before, sums) for k, v in _three(base, name).items()}
    to = {k: taken(v, after, sums) for k, v in _three(new, name).items()}
    known = known_of(base.known, before), known_of(new.known, after)
    facts = _Facts(column, mode, from_, to, known, base.same_rule(new) and base.same_data(new))
    verdict, reason, detail, low, high = facts.judged()
    if not column.good:
        verdict, detail = _neither(verdict, detail)
    # equal, not of no width: inf - inf is no number
    change = np.where(high <= low, high, np.nan)
    whole = _of_all(old, new, mode, middle)
    for row, pair in enumerate(pairs):
        stop = _of_places(pair, sums) or whole
        if stop is not None:
            verdict[row], reason[row], detail[row] = "not_comparable", *stop
            change[row] = low[row] = high[row] = np.nan
        elif pair.note is not None:
            detail[row] = _and(pair.note, detail[row])
    due_parameter, due_data = np.zeros(len(pairs)), change.copy()
    if middle is not None:
        due_parameter = from_["values"] - was
        due = rule_difference(old, new)
        if due is not None:
            detail = [_and(UNDER_NEW.fill(what=due[1]), d) for d in detail]
            reason = [r or due[0] for r in reason]
        change = np.where(np.isnan(due_data), np.nan, now - was)
        low, high = low + due_parameter, high + due_parameter
    due_parameter = np.where(np.isnan(due_data), np.nan, due_parameter)
    return Rows(was, now, change, low, high, verdict, reason, detail, due_parameter, due_data)


def _of_all(
    old: CheckState, new: CheckState, mode: Mode, middle: CheckState | None
) -> tuple[str, Text] | None:
    """Return reason and detail of what keeps all municipalities from being compared."""
    rule = None if middle else rule_difference(old, new)
    if rule is not None or mode == "scenario":
        return rule
    foreign = input_difference(middle or old, new)
    return None if foreign is None else ("input", foreign)


def _of_places(pair: Pair, sums: bool) -> tuple[str, Text] | None:
    """Return why two places cannot be compared, where it is the places that differ."""
    if pair.how in ("alone", "boundary"):
        return "boundary", pair.note or both("")
    if pair.how == "union" and not sums:
        return "boundary", join("; ", [pair.note or both(""), NO_SUM])
    return None


def _three(state: CheckState, name: str) -> dict[str, Floats]:
    return {"values": state.values[name], "low": state.low[name], "high": state.high[name]}


def _and(first: Text, second: Text) -> Text:
    return first if second == both("") else join("; ", [first, second])


def _neither(verdict: list[Verdict], detail: list[Text]) -> tuple[list[Verdict], list[Text]]:
    """Of a measure without a good direction a change is neither better nor worse."""
    changed = [v in ("improved", "worse") for v in verdict]
    return (
        ["unknown" if c else v for c, v in zip(changed, verdict, strict=True)],
        [_and(NEITHER, d) if c else d for c, d in zip(changed, detail, strict=True)],
    )


@dataclass(frozen=True)
class _Facts:
    """What is compared of one measure under one rule."""

    column: Column
    mode: Mode
    old: Mapping[str, Floats]
    new: Mapping[str, Floats]
    known: tuple[Floats, Floats]
    same_source: bool

    def judged(self) -> tuple[list[Verdict], list[str], list[Text], Floats, Floats]:
        """Return verdicts, reasons, details, and between which two numbers each change lies."""
        was, now = self.old["values"], self.new["values"]
        with np.errstate(invalid="ignore"):
            low = self.new["low"] - self.old["high"]
            high = self.new["high"] - self.old["low"]
            paired = np.where(was == now, 0.0, now - was)  # also of two that have no limit
        before, after = self.known
        alike = np.abs(before - after) <= 1e-9
        sure = ((self.old["low"] == self.old["high"]) & (self.new["low"] == self.new["high"])) | (
            # the same layers under the same rules, and a scenario of the same base: what is unknown
            # is unknown in both alike, and adds nothing to the change
            alike & ((self.same_source & (was == now)) | (self.mode == "scenario"))
        )
        low, high = np.where(sure, paired, low), np.where(sure, paired, high)
        least = tolerance(was, now, self.column, self.mode)
        verdict: list[Verdict] = []
        reason: list[str] = []
        detail: list[Text] = []
        good = -1.0 if self.column.good == "down" else 1.0
        for row in range(len(was)):
            said, why, text = self._one(row, low[row], high[row], least[row], good)
            verdict.append(said)
            reason.append(why)
            detail.append(text)
        lost = np.array([v == "not_comparable" for v in verdict]) | np.isnan(was) | np.isnan(now)
        return verdict, reason, detail, np.where(lost, np.nan, low), np.where(lost, np.nan, high)

    def _one(
        self, row: int, low: float, high: float, least: float, good: float
    ) -> tuple[Verdict, str, Text]:
        was, now = float(self.old["values"][row]), float(self.new["values"][row])
        before, after = float(self.known[0][row]), float(self.known[1][row])
        if np.isnan(was) or np.isnan(now):
            return self._not_known(bool(np.isnan(was)), bool(np.isnan(now)))
        text = both("")
        if min(before, after) < 1 and not (self.column.bound or self.column.of_knowledge):
            if self.column.of_known and abs(before - after) > COVER * (1 + EDGE):
                return "not_comparable", "cover", COVERS.fill(old=before, new=after)
            if self.column.of_known:
                text = PART.fill(old=before, new=after)
        least *= 1 + EDGE
        if abs(low) <= least and abs(high) <= least:
            return "same", "", text
        if (low if good > 0 else -high) > least:
            return "improved", "", text
        if (high if good > 0 else -low) < -least:
            return "worse", "", text
        return "unknown", "cover", DOUBT.fill(low=self._written(low), high=self._written(high))

    def _not_known(self, before: bool, after: bool) -> tuple[Verdict, str, Text]:
        """Judge a value that is missing before, after, or both times."""
        if before and after:
            if self.same_source:  # nothing has changed, although it is not known what it is
                return "same", "", NOT_KNOWN.fill(when=BOTH_TIMES)
            return "unknown", "cover", NOT_KNOWN.fill(when=BOTH_TIMES)
        return "unknown", "cover", NOT_KNOWN.fill(when=BEFORE if before else AFTER)

    def _written(self, value: float) -> Text:
        if self.column.kind == "share":
            return _("{n:%1}").fill(n=value)
        return _("{n:1}").fill(n=value)
