"""How gaps at borders are read: the answer of a municipality, gaps ranked, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"gaps": "down", "gaps_km": "down", "continuous": "up"},
    sentences=(
        Sentence(
            _(
                "Cycle routes break at the border in {gaps:0} {gaps:plural:place|places}; "
                "{gaps_km:2} km are missing in all."
            ),
            where="gaps",
            zero=_("No cycle route breaks at the border."),
        ),
        Sentence(
            _(
                "A route goes on across {continuous:0} of {neighbours:0} "
                "{neighbours:plural:border|borders}."
            ),
            where="continuous",
        ),
        Sentence(
            _("Of {unknown:0} {unknown:plural:border|borders} it is unknown."), where="unknown"
        ),
    ),
    known="decided_share",
    listings=(
        Listing(
            "crossings",
            _("Gaps at borders, in order"),
            ("name_a", "name_b", "length_m", "road", "detour", "stress", "joins_km"),
            by="rank",
            down=False,
            of=("teryt_a", "teryt_b"),
            where={"state": ("gap",)},
        ),
    ),
    charts=(Chart("bars", _("Gaps at the borders of municipalities"), column="gaps"),),
)
