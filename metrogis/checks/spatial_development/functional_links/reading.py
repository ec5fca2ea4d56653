"""How functional links are read: the answer of a municipality, strongest links, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"share_to_core": "", "balance_per_1000": "", "self_containment": "up"},
    sentences=(
        Sentence(
            _(
                "{share_to_core:%1} of those who leave go to the core cities; the main destination "
                "is {main_destination}."
            )
        ),
        Sentence(_("{self_containment:%1} of flows of its residents stay in the municipality.")),
    ),
    known="flows_known",
    listings=(
        Listing(
            "links",
            _("Strongest links, people both ways"),
            ("origin_name", "destination_name", "flow", "flow_back", "flow_both", "share"),
            by="flow_both",
            of=("origin", "destination"),
            drawn=False,
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Share of outflow that goes to the core cities"),
            column="share_to_core",
        ),
    ),
)
