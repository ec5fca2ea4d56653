"""Words of the pages of a comparison, and how its numbers are written."""

from __future__ import annotations

from metrogis.checks.contract import Column
from metrogis.checks.contract.reading import written
from metrogis.comparison import is_changed
from metrogis.comparison.comparison import WORDS as VERDICT_WORDS
from metrogis.i18n import Text, _, is_missing, number, pgettext
from metrogis.units import unit_text

REASONS: dict[str, Text] = {
    "method": _("the method changed"),
    "parameter": _("a parameter changed"),
    "input": _("other input data"),
    "cover": _("data are incomplete"),
    "boundary": _("the boundary changed"),
    "": _("neither direction is better"),
}

W: dict[str, Text] = {
    "changes": _("What changed"),
    "all_changes": _("All changes"),
    "change": pgettext("comparison", "change"),
    "verdict": _("verdict"),
    "why": _("why"),
    "measure": pgettext("comparison", "measure"),
    "municipality": _("municipality"),
    "municipalities": _("Municipalities"),
    "total": _("in all"),
    "largest": _("Largest changes"),
    "all_rows": _("All municipalities"),
    "map": _("Map of changes"),
    "lines": _("From state to state"),
    "not_compared": _("What cannot be compared, and why"),
    "matched": _("Municipalities whose code or boundary changed"),
    "count": _("how many"),
    "states": _("What is compared"),
    "state": _("state"),
    "published": _("published"),
    "downloads": _("Download"),
    "csv": _("All changes as a table (CSV)"),
    "gpkg": _("Changes with outlines (GeoPackage)"),
    "json": _("All of it for programs (JSON)"),
    "no_outlines": _("There is no map: the publications hold no outlines of municipalities."),
    "lede": _(
        "For each question and municipality: the number before, the number after, and whether that "
        "is better. Where two numbers cannot be compared it is said why."
    ),
    "scenario_lede": _(
        "What a plan would change: everything else is as it is today. For each question and "
        "municipality the number without the plan, with it, and whether that is better."
    ),
    "tolerance": _(
        "Changes within rounding, or below 1% (of people: and below 100), count as no change."
    ),
    "tolerance_scenario": _("Changes within rounding count as no change."),
    "nothing": _("Nothing changed here."),
}
FROM_TO = _("{old} → {new}")
LARGEST_CUT = _("The {n:0} largest changes; all are in the table below.")
COUNTS = _(
    "Better in {improved:0} {improved:plural:municipality|municipalities}, worse in {worse:0}, "
    "no change in {same:0}"
)
COUNTS_NEUTRAL = _(
    "Changed in {changed:0} {changed:plural:municipality|municipalities} (neither direction is "
    "better), no change in {same:0}"
)
COUNTS_UNKNOWN = _("; unknown in {unknown:0}")
COUNTS_NOT = _("; not comparable in {not_comparable:0}")
TOTAL = _("In all: {old} before, {new} after ({change}); {n:0} of {of:0} municipalities known.")
TOTAL_NOT = _(
    "No total is given: only {n:0} of {of:0} municipalities known before can be compared."
)
HEADLINE = _(
    "{improved:0} {improved:plural:answer is|answers are} better, {worse:0} worse, {same:0} the "
    "same; {unknown:0} unknown, {not_comparable:0} not comparable."
)
HEADLINE_CHANGED = _(
    "{changed:0} {changed:plural:answer has|answers have} changed without being better or worse."
)
CHANGED_IN = _("{label} (changed in {n:0}: neither direction is better)")
WINNERS = _("{gained} gained, {lost} lost.")
MINUS = "\u2212"
POINTS = _("{n} pp")
CHANGED = _("changed")
BETWEEN = _("between {low} and {high}")
AT_LEAST, AT_MOST = _("at least {low}"), _("at most {high}")


def verdict_word(verdict: str, reason: str = "") -> Text:
    """Return the word of a verdict; of a measure without a good direction a change is a change."""
    return CHANGED if is_changed(verdict, reason) else VERDICT_WORDS[verdict]


def signed(value: float, column: Column, language: str) -> str:
    """Write a change with its sign and unit; of a share in percentage points.

    >>> from metrogis.i18n import both
    >>> signed(0.031, Column(both("a"), "share", digits=1), "en")
    '+3.1 pp'
    """
    if is_missing(value):
        return "–"
    share = column.kind == "share"
    scaled = 100 * value if share else value
    text = number(abs(scaled), language, column.digits)
    none = not any(c in "123456789" for c in text)
    sign = "" if none else "+" if value > 0 else MINUS
    text = f"{sign}{text}"
    if share:
        return POINTS.fill(n=text).get(language)
    unit = unit_text(column.unit).get(language)
    return f"{text} {unit}" if unit and unit != "1" else text


def change_text(change: float, low: float, high: float, column: Column, language: str) -> str:
    """Write a change, or between which two numbers it lies.

    >>> from metrogis.i18n import both
    >>> change_text(float("nan"), 1.0, float("inf"), Column(both("a")), "en")
    'at least +1'
    """
    if not is_missing(change):
        return signed(change, column, language)
    ends = [None if is_missing(x) or abs(x) == float("inf") else x for x in (low, high)]
    told = ["" if x is None else signed(x, column, language) for x in ends]
    if ends[0] is not None and ends[1] is not None:
        return BETWEEN.fill(low=told[0], high=told[1]).get(language)
    if ends[0] is not None:
        return AT_LEAST.fill(low=told[0]).get(language)
    if ends[1] is not None:
        return AT_MOST.fill(high=told[1]).get(language)
    return "–"


def value_text(value: float, column: Column, language: str, known: float) -> str:
    """Write a number of one state with its sign where not all is known."""
    return written(value, column, language, known)
