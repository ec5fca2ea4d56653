"""How far a verdict hangs on thresholds that somebody chose, and on what is not known.

A check is asked again with parameters drawn from their ranges. For each municipality it is counted
how often the verdict stays what it is, and how often the place in the ranking stays in its third.
What is not known is not drawn: it gives two ends, all of it as yes and all of it as no.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from metrogis.arrays import Floats
from metrogis.checks.contract import Column, Result, View
from metrogis.checks.contract.run import municipalities_only
from metrogis.comparison.state import headline_of, numbers
from metrogis.errors import MetrogisError, ParameterError
from metrogis.i18n import _, default_language
from metrogis.monitoring import draws as drawing
from metrogis.parallel import share_out
from metrogis.provenance import Audit

COLUMNS = ("teryt", "name", "measure", "value", "verdict", "verdict_share", "rank_share",
           "low", "high", "certain", "draws")  # fmt: skip
"""Columns of :attr:`Robustness.table`, in their order."""

VERDICT = "verdict"
_ROUND = 10
"""Draws that a process does before the progress is told."""
FIRM = 0.95
"""A verdict that stays in this share of the draws is called firm."""

SENTENCE = _(
    "Of {known:0} {known:plural:municipality|municipalities} with a verdict it stays the same in "
    "at least {firm:%0} of {n:0} draws of thresholds in {firmly:0}; whatever the unknown turns out "
    "to be, in {certain:0}."
)


@dataclass(frozen=True, eq=False)
class Robustness:
    """How firm the verdicts of one answer are; made by :meth:`Result.robustness`.

    Attributes
    ----------
    check, measure : str
        The headline measure whose classes are the verdict, or the column ``verdict``.
    n, seed : int
    table : DataFrame
        One row a municipality: ``teryt``, ``name``, ``measure``, ``value`` and ``verdict`` (of the
        answer itself), ``verdict_share`` (0-1, of the draws in which it is known: how often the
        verdict is the same), ``rank_share`` (0-1: how often the rank is in the same third),
        ``low`` and ``high`` (between which the measure lies in all draws, with all that is unknown
        as no, and as yes), ``certain`` (the verdict of the answer is the same at both), ``draws``
        (in how many it is known). NaN, None: unknown.
    draws : DataFrame
        One row a draw: the parameters, then ``answered``.
    ranges : DataFrame
        One row a numeric parameter: ``parameter``, ``unit``, ``value``, ``low``, ``high``,
        ``drawn``.
    edges : tuple of float
        Of the classes, half-open; empty where the check gives a verdict in words.
    audit : Audit
    """

    check: str
    measure: str
    n: int
    seed: int
    table: pd.DataFrame
    draws: pd.DataFrame
    ranges: pd.DataFrame
    edges: tuple[float, ...]
    audit: Audit = field(repr=False)

    def sentence(self, language: str = "en") -> str:
        """Return in one sentence how many verdicts are firm."""
        known = self.table["verdict"].notna()
        return SENTENCE.fill(
            known=int(known.sum()),
            firm=FIRM,
            n=self.n,
            firmly=int((self.table["verdict_share"][known] >= FIRM).sum()),
            certain=int((self.table["certain"][known] == True).sum()),  # noqa: E712
        ).get(language)

    def __repr__(self) -> str:
        return f"<Robustness of {self.check}.{self.measure}: {self.n} draws, seed {self.seed}>"

    def _repr_html_(self) -> str:
        import html

        said = html.escape(self.sentence(default_language()))
        return f"<div><p>{said}</p>{self.table.head(20).to_html(index=False)}</div>"


@dataclass(frozen=True, eq=False)
class _Read:
    """What one answer says of its municipalities."""

    values: Floats
    low: Floats
    high: Floats
    words: Any


def robustness(
    result: Result,
    n: int = 200,
    seed: int = 0,
    *,
    ranges: Mapping[str, Any] | None = None,
    table: pd.DataFrame | None = None,
    measure: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
) -> Robustness:
    """Return how firm the verdicts of a result are; see :meth:`Result.robustness`."""
    check, present = result.check, result.parameters.model_dump()
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ParameterError(_("the number of draws: 1, 2, 3, ..."), place=f"n={n}", layer=check.id)
    if ranges is not None and table is not None:
        raise ParameterError(_("give ranges or a table of draws, not both"), layer=check.id)
    name, edges = _verdict_of(result, measure)
    refused = 0
    if table is None:
        among = drawing.spans(check, result.parameters, ranges)
        drawn, refused = drawing.draw(check, present, among, n, seed)
    else:
        drawn = _given(result, table)
        among = {}
    own = _read(result, name)
    answers = _answers(result, drawn, present, name, own, progress, workers)
    reads = [read for read in answers if read is not None]
    answered = [read is not None for read in answers]
    audit = Audit()
    if not len(drawn.columns):
        audit = audit.add(check.id, "noted", 1, _("no parameter has a range: nothing was drawn"))
    if refused:
        audit = audit.add(
            check.id, "dropped", refused, _("draws that the check's rules refuse: drawn again")
        )
    if not all(answered):
        audit = audit.add(
            check.id, "dropped", answered.count(False), _("draws without an answer: in no share")
        )
    return Robustness(
        check.id,
        name,
        len(drawn),
        seed,
        _table(result, name, edges, own, reads),
        drawn.assign(answered=answered),
        _ranges(result, among, drawn),
        edges,
        audit,
    )


# --------------------------------------------------------------------------- draws


def _given(result: Result, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of draws that somebody gave, once all its rows are allowed."""
    present = result.parameters.model_dump()
    drawn = table.reset_index(drop=True).astype(object)
    if not len(drawn):
        raise ParameterError(_("the table of draws has no rows"), layer=result.check.id)
    for row in drawn.to_dict("records"):
        result.check.parameters.read({**present, **row}, check=result.check.id)
    return drawn


def _answers(
    result: Result,
    drawn: pd.DataFrame,
    present: Mapping[str, Any],
    name: str,
    own: _Read,
    progress: Callable[[int, int], None] | None,
    workers: int,
) -> list[_Read | None]:
    """Ask the check for each draw, once for each set of parameters; None where it refuses."""
    rows = drawn.to_dict("records")
    asked: dict[tuple[Any, ...], _Read | None] = {
        tuple(row.values()): own for row in rows if all(present[k] == v for k, v in row.items())
    }

    def ask(row: Mapping[str, Any]) -> _Read | None:
        try:
            with municipalities_only():
                again = result.check.function(**{**result.inputs, **present, **row})
            return _read(again, name)
        except MetrogisError:
            return None

    # a round is forked anew: long enough that this costs little, short enough to tell of
    size = 1 if workers < 2 else _ROUND * workers
    for first in range(0, len(rows), size):
        some = {tuple(row.values()): row for row in rows[first : first + size]}
        new = {key: row for key, row in some.items() if key not in asked}
        found = share_out(ask, list(new.values()), workers=workers)
        asked |= dict(zip(new, found, strict=True))
        if progress is not None:
            progress(min(first + size, len(rows)), len(rows))
    return [asked[tuple(row.values())] for row in rows]


def _ranges(result: Result, among: Mapping[str, drawing.Span], drawn: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, spec in result.parameters.specs().items():
        value = getattr(result.parameters, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        span = among.get(name)
        low = high = value
        if span is not None:
            low, high = span.low, span.high
        elif name in drawn:
            low, high = drawn[name].min(), drawn[name].max()
        rows.append((name, spec.unit, value, low, high, name in drawn.columns))
    return pd.DataFrame(rows, columns=["parameter", "unit", "value", "low", "high", "drawn"])


# --------------------------------------------------------------------------- verdicts


def _verdict_of(result: Result, measure: str | None) -> tuple[str, tuple[float, ...]]:
    """Return the column that holds the verdict, and the edges of classes where it is a number."""
    check, frame = result.check, result.municipalities
    heads = [name for name in check.headlines if name in frame.columns]
    if measure is None and VERDICT in frame.columns:
        return VERDICT, ()
    if measure is not None and measure not in heads and measure not in frame.columns:
        raise ParameterError(
            _("no such measure; there are: {names}").fill(names=", ".join(heads)),
            layer=check.id,
            place=str(measure),
        )
    name = measure or (heads[0] if heads else "")
    if not name:
        raise ParameterError(_("the check has no headline measure"), layer=check.id)
    column = check.columns["municipalities"].get(name, Column(_("value")))
    if column.kind in ("text", "category", "flag"):
        return name, ()
    for view in check.views:
        shown = isinstance(view, View) and (view.table, view.column) == ("municipalities", name)
        if shown and view.breaks:
            return name, tuple(float(b) for b in view.breaks)
    # no map has classes of it: the thirds of the present answer
    values = numbers(frame[name])
    known = values[np.isfinite(values)]
    thirds: Floats = np.unique(np.quantile(known, [1 / 3, 2 / 3])) if len(known) else known
    return name, tuple(float(b) for b in thirds)


def _read(result: Result, name: str) -> _Read:
    frame = result.municipalities
    nothing = np.full(len(frame), np.nan)
    if name in result.check.headlines:
        values, low, high = headline_of(result, name)
    elif pd.api.types.is_numeric_dtype(frame[name]):
        values = low = high = numbers(frame[name])
    else:
        values = low = high = nothing
    return _Read(values, low, high, frame[name].to_numpy(dtype=object))


def _class_of(values: Floats, edges: tuple[float, ...]) -> Floats:
    """Return the class of each number, NaN where it is unknown."""
    found = np.searchsorted(np.asarray(edges), values, side="right").astype(float)
    return np.where(np.isnan(values), np.nan, found)


def _verdicts(read: _Read, edges: tuple[float, ...], words: bool) -> Any:
    """Return the verdict of each municipality, None where it is unknown."""
    if words:
        said = ["" if pd.isna(w) else str(w) for w in read.words]
        return np.array([None if w in ("", "unknown") else w for w in said], dtype=object)
    classes = _class_of(read.values, edges)
    return np.array([None if np.isnan(c) else _class_text(int(c), edges) for c in classes], object)


def _class_text(number: int, edges: tuple[float, ...]) -> str:
    """Return a class in signs: half-open, by its edges.

    >>> _class_text(0, (0.2, 0.5)), _class_text(1, (0.2, 0.5)), _class_text(2, (0.2, 0.5))
    ('< 0.2', '0.2 - 0.5', '>= 0.5')
    """
    if not edges:
        return "all"
    if number == 0:
        return f"< {edges[0]:g}"
    if number == len(edges):
        return f">= {edges[-1]:g}"
    return f"{edges[number - 1]:g} - {edges[number]:g}"


def _thirds(values: Floats) -> Floats:
    """Return the third (1, 2, 3) of the rank of each known number; NaN with fewer than three."""
    out = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    count = int(known.sum())
    if count >= 3:
        # ties share a rank, and so a third
        out[known] = np.ceil(3 * rankdata(values[known], method="average") / count)
    return out


def _share(same: Any, known: Any, own: Any) -> Floats:
    counted = known.sum(axis=0) if len(known) else np.zeros(len(own))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (same & known).sum(axis=0) / counted if len(known) else np.full(len(own), np.nan)
    return np.where(own & (counted > 0), share, np.nan)


def _table(
    result: Result, name: str, edges: tuple[float, ...], own: _Read, reads: list[_Read]
) -> pd.DataFrame:
    frame = result.municipalities
    column = result.check.columns["municipalities"].get(name, Column(_("value")))
    words = name == VERDICT or column.kind in ("text", "category", "flag")
    verdict, third = _verdicts(own, edges, words), _thirds(own.values)
    said = np.array([_verdicts(r, edges, words) for r in reads], dtype=object)
    said = said.reshape(len(reads), len(frame))
    ranks = np.array([_thirds(r.values) for r in reads]).reshape(len(reads), len(frame))
    stated = np.array([v is not None for v in verdict], dtype=bool)
    there = np.array([[v is not None for v in row] for row in said], dtype=bool)
    there = there.reshape(len(reads), len(frame))
    everything = [own, *reads]
    low, high = _ends(everything)
    certain = np.array([None] * len(frame), dtype=object)
    for i in np.flatnonzero(stated):
        # words speak of what is certain; a number may be in another class at its other end
        ends = _class_of(np.array([own.low[i], own.high[i]]), edges)
        certain[i] = bool(words or ends[0] == ends[1])
    return pd.DataFrame(
        {
            "teryt": frame["teryt"].astype(str).to_numpy(),
            "name": frame["name"].to_numpy(dtype=object) if "name" in frame else None,
            "measure": name,
            "value": own.words if words else own.values,
            "verdict": verdict,
            "verdict_share": _share(said == verdict, there, stated),
            "rank_share": _share(ranks == third, ~np.isnan(ranks), ~np.isnan(third)),
            "low": low,
            "high": high,
            "certain": certain,
            "draws": there.sum(axis=0).astype(np.int64),
        },
        columns=list(COLUMNS),
    )


def _ends(reads: list[_Read]) -> tuple[Floats, Floats]:
    """Return the lowest and the highest number of each municipality over all answers."""
    low = np.array([r.low for r in reads])
    high = np.array([r.high for r in reads])
    nothing = np.isnan(low).all(axis=0) | np.isnan(high).all(axis=0)
    least = np.where(np.isnan(low), np.inf, low).min(axis=0)
    most = np.where(np.isnan(high), -np.inf, high).max(axis=0)
    return np.where(nothing, np.nan, least), np.where(nothing, np.nan, most)
