"""How plans against the model are read: the answer of a municipality, conflicts, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import UNKNOWN, _

READING = Reading(
    headlines={"conflict_share": "down", "conflict_ha": "down"},
    sentences=(
        Sentence(
            _(
                "Plans are in conflict with the metropolitan structure on {conflict_ha:1} ha: "
                "{conflict_share:%1} of what is known."
            ),
            where="conflict_ha",
            zero=_("Plans are not in conflict with the metropolitan structure."),
        ),
    ),
    unknown=Sentence(
        _("On {unknown_ha:1} ha of the structure nothing is known."), where="unknown_ha"
    ),
    known="known_share",
    listings=(
        Listing(
            "conflicts",
            _("Zones in conflict with the structure, by area"),
            ("name", "municipality", "class", "symbol", "label", "area_ha"),
            by="area_ha",
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Metropolitan structure in municipalities by what plans make of it"),
            parts=(
                Part("compatible_ha", _("compatible"), "#009E73"),
                Part("neutral_ha", _("neutral"), "#56B4E9"),
                Part("conflict_ha", _("in conflict"), "#D55E00"),
                Part("unknown_ha", UNKNOWN, "#BBBBBB", unknown=True),
            ),
        ),
    ),
)
