"""How coherence at borders is read: the answer of a municipality, breaks ranked, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import UNKNOWN, _

READING = Reading(
    headlines={"no_share": "down", "no_m": "down"},
    sentences=(
        Sentence(
            _(
                "On {no_m:0} m of border a corridor or open land meets land to be built on: "
                "{no_share:%1} of the border of which it is known."
            ),
            where="no_m",
            zero=_("No corridor or open land meets land to be built on at the border."),
        ),
    ),
    unknown=Sentence(
        _("On {unknown_m:0} m of border it is unknown whether it goes on."), where="unknown_m"
    ),
    known="known_share",
    listings=(
        Listing(
            "stretches",
            _("Borders where open land meets land to be built on, the longest first"),
            ("from", "to", "kind", "corridor", "symbol_from", "symbol_to", "length_m"),
            by="length_m",
            where={"continues": ("no",)},
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Borders of municipalities that corridors and open land reach"),
            parts=(
                Part("yes_m", _("goes on"), "#009E73"),
                Part("no_m", _("meets land to be built on"), "#D55E00"),
                Part("unknown_m", UNKNOWN, "#BBBBBB", unknown=True),
            ),
        ),
    ),
)
