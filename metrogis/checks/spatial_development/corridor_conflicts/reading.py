"""How conflicts of corridors are read: the answer of a municipality, conflicts ranked, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.i18n import UNKNOWN, _

READING = Reading(
    headlines={"barrier_share": "down", "bottlenecks": "down", "cuts": "down"},
    sentences=(
        Sentence(
            _(
                "Plans make {barrier_ha:1} ha of ecological corridors a barrier: "
                "{barrier_share:%1} of the corridors whose plan is known."
            ),
            where="barrier_ha",
            zero=_("Plans make no barrier in ecological corridors."),
        ),
        Sentence(_("They cut a corridor in {cuts:0} {cuts:plural:place|places}."), where="cuts"),
        Sentence(
            _(
                "A corridor narrows to a bottleneck in {bottlenecks:0} "
                "{bottlenecks:plural:place|places}."
            ),
            where="bottlenecks",
        ),
    ),
    unknown=Sentence(
        _("For {unknown_share:%0} of corridor land the plan is unknown."), where="unknown_share"
    ),
    listings=(
        Listing(
            "conflicts",
            _("Zones in conflict with corridors, by area"),
            ("corridor", "municipality", "symbol", "label", "severity", "area_ha"),
            by="area_ha",
        ),
        Listing(
            "bottlenecks",
            _("Bottlenecks and cuts, the narrowest first"),
            ("corridor", "municipality", "kind", "width_m"),
            by="width_m",
            down=False,
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Corridor land of municipalities by what plans make of it"),
            parts=(
                Part("permeable_ha", _("permeable zones"), "#009E73"),
                Part("filter_ha", _("filter zones"), "#E69F00"),
                Part("barrier_ha", _("barrier zones"), "#D55E00"),
                Part("unknown_ha", UNKNOWN, "#BBBBBB", unknown=True),
            ),
        ),
    ),
)
