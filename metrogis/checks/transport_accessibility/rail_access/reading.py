"""How access to rail is read: answer of a municipality, measures, stations, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import UNKNOWN, _

READING = Reading(
    headlines={"reached_share": "up", "none_share": "down"},
    sentences=(
        Sentence(
            _("{reached_share:%1} of residents reach a station with useful trains."),
            where="reached_share",
            zero=_("No resident reaches a station with useful trains."),
        ),
        Sentence(
            _("{none_share:%1} ({none:0} {none:plural:person|people}) are out of reach of one."),
            where="none",
        ),
    ),
    unknown=Sentence(
        _("Of {unknown_share:%0} of residents it is unknown whether they reach a station."),
        where="unknown_share",
    ),
    listings=(
        Listing(
            "measures",
            _("What would bring a station closer, by residents who gain"),
            ("station", "kind", "size", "line", "every_min", "gained", "per_unit"),
            by="gained",
            of=("teryt",),
        ),
        Listing(
            "stations",
            _("Stations by residents nearest to them"),
            ("name", "state", "trains", "residents", "by_walk", "by_bike", "by_feeder"),
            by="residents",
            of=("teryt",),
        ),
        Listing(
            "barriers",
            _("Near in a straight line, far on foot"),
            ("station", "residents", "straight_m"),
            by="residents",
            of=("teryt",),
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Residents of municipalities by the easiest way to a train"),
            parts=(
                Part("easiest_walk", _("on foot"), "#005A3C"),
                Part("easiest_bike_low", _("by bike, low stress"), "#009E73"),
                Part("easiest_bike", _("by bike, any street"), "#56B4E9"),
                Part("easiest_feeder", _("by feeder"), "#F0E442"),
                Part("none", _("out of reach"), "#D55E00"),
                Part("unknown", UNKNOWN, "#BBBBBB", unknown=True),
            ),
        ),
    ),
)
