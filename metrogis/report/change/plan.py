"""What a scenario does beside its measures, as rows of the first page of a comparison."""

from __future__ import annotations

from typing import Any

from metrogis.checks import registry
from metrogis.comparison.effects import HEADS, Effects
from metrogis.i18n import is_missing, number
from metrogis.transit.daytypes import DAY_TYPES


def shown(effects: Effects | None, language: str) -> dict[str, Any] | None:
    """Return tables of changes, lines, winners and losers with numbers as text.

    Parameters
    ----------
    effects : Effects or None
    language : {"pl", "en"}

    Returns
    -------
    dict or None
        ``words`` (headings by name), ``changes``, ``lines``, ``winners`` (rows of texts); None for
        a comparison that is no scenario.
    """
    if effects is None:
        return None
    words = {name: text.get(language) for name, text in HEADS.items()}
    words["cost_note"] = HEADS["cost_note"].fill(cost=effects.cost).get(language)

    def text(value: Any, digits: int = 0) -> str:
        return "–" if is_missing(value) else number(float(value), language, digits)

    changes = [
        (row.id, row.what.get(language), row.target, text(row.cost, 1))
        for row in effects.changes.itertuples()
    ]
    lines = [
        (
            row.line,
            DAY_TYPES[row.day_type].get(language),
            f"{text(row.runs_before)} → {text(row.runs)}",
            f"{text(row.vehicle_km_before)} → {text(row.vehicle_km)}",
            text(row.cost, 1),
        )
        for row in effects.lines.itertuples()
    ]
    winners = [
        (
            registry.get(row.check).title.get(language),
            f"{row.label.get(language)}{f' [{row.unit}]' if row.unit and row.unit != '1' else ''}",
            (text(row.gain, 2), text(row.loss, 2), text(row.places_better),
             text(row.places_worse), text(row.people_better), text(row.people_worse)),
        )
        for row in effects.winners.itertuples()
        if row.places_better or row.places_worse
    ]  # fmt: skip
    return {"words": words, "changes": changes, "lines": lines, "winners": winners}
