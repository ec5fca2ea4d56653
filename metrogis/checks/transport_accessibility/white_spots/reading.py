"""How white spots are read: the answer of a municipality, spots ranked, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.checks.transport_accessibility.white_spots.presentation import STATES
from metrogis.i18n import _

READING = Reading(
    headlines={"white_share": "down", "white_people": "down", "served_share": "up"},
    sentences=(
        Sentence(
            _(
                "{white_share:%1} of residents live in white spots, without usable public "
                "transport: {white_people:0} {white_people:plural:person|people}."
            ),
            where="white_people",
            zero=_("Nobody lives in a white spot: public transport serves all residents."),
        ),
        Sentence(_("{served_share:%1} are served."), where="white_people"),
    ),
    unknown=Sentence(
        _("Of {unknown_share:%0} of residents it is unknown whether they are served."),
        where="unknown_share",
    ),
    listings=(
        Listing(
            "spots",
            _("White spots by residents, with the smallest change that helps"),
            ("name", "municipality", "population", "cause", "fix", "fix_place", "fix_people"),
            by="population",
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Residents of municipalities: served, in white spots, unknown"),
            parts=(
                Part("served_share", STATES["served"], "#009E73"),
                Part("white_share", STATES["white"], "#D55E00"),
                Part("unknown_share", STATES["unknown"], "#BBBBBB", unknown=True),
            ),
        ),
    ),
)
