"""How validity of plans is read: the answer of a municipality, faults, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"errors": "down", "warnings": "down", "gap_m2": "down"},
    sentences=(
        Sentence(
            _(
                "The plan has {errors:0} {errors:plural:error|errors} and {warnings:0} "
                "{warnings:plural:warning|warnings}."
            ),
            where="errors",
            zero=_("No error was found in the plan."),
        ),
        Sentence(_("{gap_m2:0} m² of the area of its act belong to no zone."), where="gap_m2"),
    ),
    known="plan_share",
    listings=(
        Listing(
            "faults",
            _("Errors and warnings of plans"),
            ("code", "municipality", "level", "label", "detail"),
            where={"level": ("error", "warning")},
        ),
    ),
    charts=(Chart("bars", _("Errors in the plans of municipalities"), column="errors"),),
)
