"""What the pages of a comparison show, as plain texts and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup

from metrogis.checks.contract import DIRECTIONS, Column
from metrogis.comparison import VERDICTS, CheckState, Comparison, Pair, is_changed
from metrogis.comparison.comparison import WORDS as VERDICT_WORDS
from metrogis.i18n import is_missing, join
from metrogis.report.change import words
from metrogis.report.change.drawn import (
    Drawn,
    Slope,
    change_map,
    slope_chart,
)
from metrogis.report.municipality.addresses import page_of

LARGEST = 12
"""Rows of the table of largest changes."""


@dataclass(frozen=True)
class Row:
    """One municipality in a table of changes."""

    name: str
    address: str
    values: list[tuple[str, str]]
    change: str
    key: str
    verdict: str
    word: str
    why: str


@dataclass(frozen=True)
class MeasureView:
    """One measure on the page of its check."""

    id: str
    label: str
    note: str
    counts: str
    total: str
    map: Drawn
    slopes: Markup
    largest: list[Row]
    cut: str
    rows: list[Row]


@dataclass(frozen=True)
class SummaryRow:
    """One measure in the table of the index page."""

    check: str
    title: str
    label: str
    counts: list[tuple[str, int | None]]
    total: str


@dataclass(frozen=True)
class Section:
    """One direction of the strategy."""

    direction: str
    title: str
    rows: list[SummaryRow]


class Views:
    """Tables of a comparison, cut once: by measure, and by municipality."""

    def __init__(self, comparison: Comparison, shapes: gpd.GeoSeries | None) -> None:
        self.comparison = comparison
        self.step = comparison.whole
        self.shapes = shapes
        self.table = comparison.table
        self.parts: dict[tuple[str, str], pd.DataFrame] = {
            (str(c), str(m)): part.reset_index(drop=True)
            for (c, m), part in self.table.groupby(["check", "measure"], sort=False)
        }
        self.records: dict[tuple[str, str], list[dict[Any, Any]]] = {
            key: part.to_dict("records") for key, part in self.parts.items()
        }
        self.states = [state.name for state in comparison.states]
        self._rows: dict[tuple[str, str, int, str], Row] = {}
        self._summaries: dict[str, pd.DataFrame] = {}

    # ------------------------------------------------------------------ what there is

    @property
    def checks(self) -> list[CheckState]:
        """Checks of either state, in the order of the strategy."""
        found = {**self.step.old.checks, **self.step.new.checks}
        order = [str(direction) for direction in DIRECTIONS]
        ids = dict.fromkeys(check for check, _m in self.parts)
        return sorted((found[i] for i in ids), key=lambda c: order.index(c.direction))

    def check_of(self, check_id: str) -> CheckState:
        """Return a check of the new state, else of the old one."""
        return self.step.new.checks.get(check_id) or self.step.old.checks[check_id]

    def address(self, pair: Pair, language: str) -> str:
        """Return the page of a municipality, or union, from the root of the site."""
        return page_of(self.code(pair).split(", ")[0], language)

    def code(self, pair: Pair) -> str:
        """Return the code that a row of the table has."""
        state, group = (self.step.new, pair.new) if pair.new else (self.step.old, pair.old)
        return ", ".join(state.codes[k] for k in group)

    def name(self, pair: Pair) -> str:
        """Return the name that a row of the table has."""
        state, group = (self.step.new, pair.new) if pair.new else (self.step.old, pair.old)
        return ", ".join(state.names[k] for k in group)

    # ------------------------------------------------------------------ rows

    def row(self, check_id: str, measure: str, place: int, language: str) -> Row:
        """Return one municipality's row of a measure, a value a state."""
        key = check_id, measure, place, language
        if key not in self._rows:
            self._rows[key] = self._row(check_id, measure, place, language)
        return self._rows[key]

    def _row(self, check_id: str, measure: str, place: int, language: str) -> Row:
        pair = self.step.pairs[place]
        record = self.records[check_id, measure][place]
        column = self.columns(check_id)[measure]
        over = self.comparison.values_over(check_id, measure, pair)
        values = [
            (
                words.value_text(value, column, language, self._known(check_id, i, pair)),
                "" if is_missing(value) else repr(float(value)),
            )
            for i, value in enumerate(over)
        ]
        change = record["change"]
        why = words.REASONS[record["reason"]] if record["reason"] else None
        told = [t for t in (why, record["detail"]) if t is not None and t.get(language)]
        return Row(
            self.name(pair),
            self.address(pair, language),
            values,
            words.change_text(
                change, record["change_low"], record["change_high"], column, language
            ),
            "" if is_missing(change) else repr(float(change)),
            str(record["verdict"]),
            words.verdict_word(record["verdict"], record["reason"]).get(language),
            join(": ", told).get(language) if told else "",
        )

    def _known(self, check_id: str, place: int, pair: Pair) -> float:
        check = self.comparison.states[place].checks.get(check_id)
        if check is None:
            return 0.0
        last = len(self.comparison.states) - 1
        group = pair.new if place == last else pair.old
        if 0 < place < last:
            group = self.comparison.before[place].get(pair.new, ())
        return float(check.known[list(group)].min()) if group else 0.0

    def measures(self, check_id: str, language: str) -> list[MeasureView]:
        """Return the measures of a check, the leading one first."""
        check = self.check_of(check_id)
        named = [m for m in self.columns(check_id) if (check_id, m) in self.parts]
        return [self._measure(check, name, k, language) for k, name in enumerate(named)]

    def _measure(self, check: CheckState, name: str, k: int, language: str) -> MeasureView:
        part, column = self.parts[check.id, name], self.columns(check.id)[name]
        rows = [self.row(check.id, name, i, language) for i in range(len(part))]
        order = self.by_size(part)
        changed = [i for i in order if part["verdict"].iloc[i] not in ("same", "not_comparable")]
        changed = [i for i in changed if rows[i].change != "–"]
        key = f"m{k}"
        drawn = Drawn(Markup(""))
        if self.shapes is not None:
            drawn = change_map(part, self.shapes, column, f"{key}-map", language)
        slopes = [
            Slope(
                rows[i].name,
                tuple(self.comparison.values_over(check.id, name, self.step.pairs[i])),
                str(part["verdict"].iloc[i]),
            )
            for i in [*changed, *(j for j in order if j not in set(changed))]
        ]
        cut = ""
        if len(changed) > LARGEST:
            cut = words.LARGEST_CUT.fill(n=LARGEST).get(language)
        return MeasureView(
            key,
            column.label.capitalized().get(language),
            self._states_words(part, language),
            counts_text(part, column.good, language),
            self.total(check.id, name, language),
            drawn,
            slope_chart(slopes, self.states, column, f"{key}-slopes", language),
            [rows[i] for i in changed[:LARGEST]],
            cut,
            rows,
        )

    def _states_words(self, part: pd.DataFrame, language: str) -> str:
        """Return the one reason that stops every row, if there is one."""
        if len(part) and (part["verdict"] == "not_comparable").all():
            reason, detail = part["reason"].iloc[0], part["detail"].iloc[0]
            if (part["reason"] == reason).all():
                return f"{words.REASONS[reason].get(language)}: {detail.get(language)}"
        return ""

    @staticmethod
    def by_size(part: pd.DataFrame) -> list[int]:
        """Return positions of rows, the largest change first, those without any last."""
        size = part["due_data"].abs().to_numpy(dtype=float)
        ends = np.fmin(part["change_low"].abs(), part["change_high"].abs()).to_numpy(dtype=float)
        size = np.where(np.isnan(size), np.where(np.isfinite(ends), ends, -1.0), size)
        return [int(i) for i in np.argsort(-size, kind="stable")]

    def total(self, check_id: str, measure: str, language: str) -> str:
        """Return the sentence on the total of a measure; empty for what does not add up."""
        rows = self._summary(language)
        row = rows[(rows["check"] == check_id) & (rows["measure"] == measure)].iloc[0]
        if is_missing(row["old"]):
            return ""
        column = self.columns(check_id)[measure]
        if row["verdict"] == "not_comparable":
            return words.TOTAL_NOT.fill(n=int(row["n"]), of=int(row["of"])).get(language)
        part = self.parts[check_id, measure]
        text = words.TOTAL.fill(
            old=words.value_text(
                row["old"], column, language, self._least_known(check_id, part, 0)
            ),
            new=words.value_text(
                row["new"], column, language, self._least_known(check_id, part, -1)
            ),
            change=self._total_change(row, column, language),
            n=int(row["n"]),
            of=int(row["of"]),
        ).get(language)
        if row["gained"] and row["lost"] and not is_missing(row["change"]):
            text += " " + words.WINNERS.fill(
                gained=words.signed(row["gained"], column, language),
                lost=words.signed(-row["lost"], column, language),
            ).get(language)
        return text

    def _least_known(self, check_id: str, part: pd.DataFrame, state: int) -> float:
        """Return the least known share, in one state, of the municipalities of a total."""
        there = part["old"].notna() & part["new"].notna() & (part["verdict"] != "not_comparable")
        place = state % len(self.comparison.states)
        pairs = [self.step.pairs[i] for i in np.flatnonzero(there.to_numpy()).tolist()]
        return min((self._known(check_id, place, pair) for pair in pairs), default=1.0)

    @staticmethod
    def _total_change(row: Any, column: Column, language: str) -> str:
        return words.change_text(
            row["change"], row["change_low"], row["change_high"], column, language
        )

    def columns(self, check_id: str) -> dict[str, Column]:
        """Return the measures of a check, of either state."""
        return self.comparison.columns_of(check_id)

    def _summary(self, language: str) -> pd.DataFrame:
        if language not in self._summaries:
            self._summaries[language] = self.comparison.summary(language)
        return self._summaries[language]

    # ------------------------------------------------------------------ index

    def sections(self, language: str) -> list[Section]:
        """Return the table of the index page, by direction of the strategy."""
        summary = self._summary(language)
        made = []
        for direction, title in DIRECTIONS.items():
            rows = []
            for check in self.checks:
                if check.direction != direction:
                    continue
                for row in summary[summary["check"] == check.id].to_dict("records"):
                    column = self.columns(check.id)[row["measure"]]
                    total = ""
                    if not is_missing(row["old"]) and row["verdict"] != "not_comparable":
                        total = self._total_change(row, column, language)
                    label = column.label
                    changed = counts_of(self.parts[check.id, row["measure"]])["changed"]
                    if changed:
                        label = words.CHANGED_IN.fill(label=label, n=changed)
                    rows.append(
                        SummaryRow(
                            check.id,
                            check.title.get(language),
                            label.get(language),
                            self._cells(check.id, row["measure"], column.good),
                            total,
                        )
                    )
            if rows:
                made.append(Section(direction, title.get(language), rows))
        return made

    def _cells(self, check_id: str, measure: str, good: str) -> list[tuple[str, int | None]]:
        """Return a count a verdict; None where a measure cannot get better or worse."""
        counts = counts_of(self.parts[check_id, measure])
        return [(v, None if not good and v in ("improved", "worse") else counts[v])
                for v in VERDICTS]  # fmt: skip

    def obstacles(self, language: str) -> list[tuple[str, str, str, int]]:
        """Return what cannot be compared: question, reason, what exactly, how many answers."""
        stopped = self.table[self.table["verdict"] == "not_comparable"]
        counts: dict[tuple[str, str, str], int] = {}
        for row in stopped.to_dict("records"):
            title = self.check_of(row["check"]).title.get(language)
            detail = "" if row["reason"] == "cover" else row["detail"].get(language)
            key = title, words.REASONS[row["reason"]].get(language), detail
            counts[key] = counts.get(key, 0) + 1
        return [(*key, n) for key, n in counts.items()]

    def matched(self, language: str) -> list[tuple[str, str]]:
        """Return municipalities that are not matched by an equal code and outline, and how."""
        return [
            (self.name(pair), pair.note.get(language))
            for pair in self.step.pairs
            if pair.note is not None
        ]

    def headline(self, language: str) -> str:
        """Return how many answers got better or worse, in one sentence."""
        counts = counts_of(self.table)
        text = words.HEADLINE.fill(**counts).get(language)
        if counts["changed"]:
            text += " " + words.HEADLINE_CHANGED.fill(**counts).get(language)
        return text

    # ------------------------------------------------------------------ one municipality

    def of_municipality(self, place: int, language: str) -> list[tuple[str, str, list[Any]]]:
        """Return, by direction, the rows of one municipality: title, label, row."""
        made: list[tuple[str, str, list[Any]]] = []
        for direction, title in DIRECTIONS.items():
            rows = []
            for check in self.checks:
                if check.direction == direction:
                    rows += [
                        (
                            check.id,
                            check.title.get(language),
                            column.label.get(language),
                            self.row(check.id, m, place, language),
                        )
                        for m, column in self.columns(check.id).items()
                        if (check.id, m) in self.parts
                    ]
            if rows:
                made.append((direction, title.get(language), rows))
        return made


def counts_of(part: pd.DataFrame) -> dict[str, int]:
    """Return how many rows have which verdict; ``changed``: neither better nor worse."""
    rows = zip(part["verdict"], part["reason"], strict=True)
    changed = np.array([is_changed(verdict, reason) for verdict, reason in rows], dtype=bool)
    counts: dict[str, int] = {v: int(((part["verdict"] == v) & ~changed).sum()) for v in VERDICTS}
    return {**counts, "changed": int(changed.sum())}


def counts_text(part: pd.DataFrame, good: str, language: str) -> str:
    """Return in how many municipalities a measure got better or worse."""
    counts = counts_of(part)
    text = (words.COUNTS if good else words.COUNTS_NEUTRAL).fill(**counts).get(language)
    if counts["unknown"]:
        text += words.COUNTS_UNKNOWN.fill(**counts).get(language)
    if counts["not_comparable"]:
        text += words.COUNTS_NOT.fill(**counts).get(language)
    return f"{text}."


def verdict_heads(language: str) -> Sequence[tuple[str, str]]:
    """Return verdicts and their words, as headings of a table."""
    return [(verdict, VERDICT_WORDS[verdict].get(language)) for verdict in VERDICTS]
