"""How growth of built-up land is read: the answer of a municipality, new patches, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"gained_share": "", "leapfrog_share": "down", "lcrpgr": "down"},
    sentences=(
        Sentence(
            _(
                "Between the two dates {gained_ha:1} ha were built up, {gained_share:%1} of the "
                "municipality's known land."
            ),
            where="gained_ha",
            zero=_("No land was built up between the two dates."),
        ),
        Sentence(
            _("{leapfrog_share:%0} of the gain lies apart from what was built before."),
            where="leapfrog_share",
        ),
        Sentence(_("{corridor_ha:1} ha of it lie in ecological corridors."), where="corridor_ha"),
    ),
    known="known_share",
    listings=(
        Listing(
            "patches",
            _("New built-up patches by area"),
            (
                "kind",
                "municipality",
                "area_ha",
                "corridor_share",
                "protected_share",
                "served_share",
                "planned_share",
            ),
            by="area_ha",
        ),
    ),
    charts=(
        Chart(
            "dates",
            _("Built-up land at the two dates, ha"),
            column="before_ha",
            after="after_ha",
        ),
        Chart(
            "stacked",
            _("Form of the gain in municipalities"),
            parts=(
                Part("infill_ha", _("infill"), "#009E73"),
                Part("edge_ha", _("edge expansion"), "#E69F00"),
                Part("leapfrog_ha", _("leapfrog"), "#D55E00"),
            ),
        ),
    ),
)
