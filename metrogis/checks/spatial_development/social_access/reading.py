"""How access to schools and green areas is read: the answer of a municipality, areas, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"all_yes_share": "up", "capacity_all_yes_share": "up"},
    sentences=(
        Sentence(
            _(
                "{all_yes_share:%0} of residents whose walks are known have a school and green "
                "areas within the standards."
            )
        ),
        Sentence(_("{school_no:0} residents have farther to a primary school."), where="school_no"),
        Sentence(_("{green_no:0} residents have farther to green areas."), where="green_no"),
        Sentence(
            _(
                "Of the people whom the plan makes room for, {capacity_all_yes_share:%0} would "
                "have both within the standards."
            )
        ),
    ),
    unknown=Sentence(_("Of {unknown_share:%0} of residents it is unknown."), where="unknown_share"),
    known="known_share",
    listings=(
        Listing(
            "areas",
            _("Residents farther than the standards"),
            ("municipality", "lacks", "residents"),
            by="residents",
            of=("teryt",),
            where={"lacks": ("school", "green", "services", "several")},
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Share of residents with a school and green areas in reach"),
            column="all_yes_share",
        ),
        Chart(
            "dates",
            _("Share with a school, and with green areas in reach"),
            column="school_yes_share",
            after="green_yes_share",
        ),
    ),
)
