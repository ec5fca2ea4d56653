"""How quality of service is read: the answer of a municipality, charts of classes."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Part, Reading, Sentence
from metrogis.checks.transport_accessibility.service_quality.presentation import VIEWS
from metrogis.i18n import _

_CLASSES = tuple(Part.of(category) for category in VIEWS[0].categories)

READING = Reading(
    headlines={"are_good_share": "up", "are_none_share": "down"},
    sentences=(
        Sentence(
            _("{are_good_share:%1} of residents have good service (Swiss classes A and B)."),
            where="are_good_share",
            zero=_("No resident has good service (Swiss classes A and B)."),
        ),
        Sentence(
            _("{are_none_share:%1} have service too weak for any class."), where="are_none_share"
        ),
    ),
    unknown=Sentence(
        _("Of {are_unknown_share:%0} of residents the class is unknown."),
        where="are_unknown_share",
    ),
    charts=(
        Chart(
            "stacked",
            _("Residents of municipalities by class of service (Switzerland, ARE)"),
            table="areas_are",
            split="class",
            weight="population",
            parts=_CLASSES,
        ),
    ),
)
