"""How routes to interchanges are read: the answer of a municipality, interchanges, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import UNKNOWN, _

READING = Reading(
    headlines={"joined_share": "up", "share_near_joined": "up"},
    sentences=(
        Sentence(
            _(
                "Of {interchanges:0} {interchanges:plural:interchange or station|interchanges and "
                "stations}, {interchanges_joined:0} {interchanges_joined:plural:is|are} joined to "
                "a cycle network."
            ),
            where="interchanges",
            zero=_("No interchange or station is known in the municipality."),
        ),
        Sentence(
            _("{share_near_joined:%1} of residents live within cycling reach of a joined one."),
            where="share_near_joined",
        ),
        Sentence(
            _("For {interchanges_unknown:0} of them it is unknown."),
            where="interchanges_unknown",
        ),
    ),
    known="cycle_known_share",
    listings=(
        Listing(
            "interchanges",
            _("Interchanges not joined to a network, by residents within cycling reach"),
            ("name", "municipality", "reason", "distance_m", "people_bike", "bike_stands"),
            by="people_bike",
            where={"state": ("no",)},
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Interchanges and stations of municipalities"),
            parts=(
                Part("interchanges_joined", _("joined to a network"), "#009E73"),
                Part("interchanges_not_joined", _("not joined"), "#D55E00"),
                Part("interchanges_unknown", UNKNOWN, "#BBBBBB", unknown=True),
            ),
        ),
        Chart(
            "distribution",
            _("Interchanges and stations by distance to cycle infrastructure, m"),
            table="interchanges",
            column="distance_m",
            breaks=(0, 50, 100, 250, 500, 1000, 2000),
        ),
    ),
)
