"""How missing links are read: the answer of a municipality, links ranked, what they bring."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"links": "down", "links_km": "down", "opening": ""},
    sentences=(
        Sentence(
            _(
                "{links:0} missing {links:plural:link|links} of {links_km:1} km in all would join "
                "the cycle network."
            ),
            where="links",
            zero=_("No missing link of the cycle network was found."),
        ),
        Sentence(_("{opening:0} of them would join interchanges."), where="opening"),
    ),
    known="cycle_data",
    listings=(
        Listing(
            "links",
            _("Missing links in order of benefit"),
            (
                "road",
                "municipality",
                "length_m",
                "people_gain",
                "joins_km",
                "interchanges",
                "cost_mln",
            ),
            where={"state": ("missing_link",)},
        ),
    ),
    charts=(
        Chart(
            "ranking",
            _("Residents who gain per million PLN of a missing link"),
            table="links",
            column="people_gain",
            cost="cost_mln",
            name="road",
            where={"state": ("missing_link",)},
        ),
        Chart("bars", _("Missing links in municipalities"), column="links"),
    ),
)
