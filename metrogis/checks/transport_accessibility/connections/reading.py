"""How connections are read: the answer of a municipality, relations ranked, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"pairs_working": "up", "pairs_off": "up", "fastest_min": "down"},
    sentences=(
        Sentence(
            _(
                "Connection to {name_to}: {state}; {pairs_working:0} "
                "{pairs_working:plural:pair|pairs} of journeys on working days, {pairs_off:0} on "
                "days off."
            )
        ),
        Sentence(_("The shortest journey takes {fastest_min:0} min."), where="fastest_min"),
    ),
    known="timetable_known",
    listings=(
        Listing(
            "relations",
            _("Relations, the weakest first"),
            (
                "name_from",
                "name_to",
                "kind",
                "pairs_working",
                "pairs_off",
                "state",
            ),
            by="pairs_working",
            down=False,
            of=("teryt_from", "teryt_to"),
            drawn=False,
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Pairs of journeys from municipal seats on working days"),
            column="pairs_working",
        ),
    ),
)
