"""How housing demand and capacity are read: the answer of a municipality, zones, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"ratio": "", "outside_transit_share": "down"},
    sentences=(
        Sentence(
            _("The plan holds {capacity:0} new residents against a demand of {demand:0}: {band}.")
        ),
        Sentence(
            _(
                "{outside_transit_share:%0} of that capacity lies outside the reach of usable "
                "public transport."
            ),
            where="outside_transit_share",
        ),
        Sentence(
            _("{corridor_share:%0} of it lies in ecological corridors."), where="corridor_share"
        ),
    ),
    unknown=Sentence(
        _("On {unknown_ha:0} ha it is unknown what the plan holds."), where="unknown_ha"
    ),
    known="known_share",
    listings=(
        Listing(
            "zones",
            _("Zones by capacity, and the band without each"),
            (
                "label",
                "municipality",
                "capacity",
                "undeveloped_ha",
                "density",
                "band_without",
                "outside_transit_share",
            ),
            by="capacity",
            of=("teryt",),
        ),
    ),
    charts=(
        Chart(
            "dates",
            _("Housing demand, and the capacity of plans, people"),
            column="demand",
            after="capacity",
        ),
        Chart(
            "bars",
            _("Share of capacity outside usable transit"),
            column="outside_transit_share",
        ),
    ),
)
