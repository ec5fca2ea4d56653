"""How connectivity is read: the answer of a municipality, conflicts by gain, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"lost_share": "down", "links_hit": "down", "conflicts": "down"},
    sentences=(
        Sentence(
            _("Plans take {lost_ha:1} ha of habitat: {lost_share:%1} of what has a plan."),
            where="lost_ha",
            zero=_("Plans take no habitat."),
        ),
        Sentence(
            _(
                "Its zones cut or lengthen {links_hit:0} {links_hit:plural:link|links} between "
                "habitats."
            ),
            where="links_hit",
        ),
    ),
    known="known_share",
    listings=(
        Listing(
            "conflicts",
            _("Zones in conflict, by connectivity kept if they stay open"),
            (
                "label",
                "municipality",
                "symbol",
                "zone_ha",
                "habitat_ha",
                "gain_ha",
                "gain_share",
            ),
            by="gain_ha",
        ),
        Listing(
            "restorations",
            _("Sites where restoring land would shorten a link between habitats most"),
            ("municipality", "area_ha", "cost", "cost_after", "spared_per_ha"),
            by="spared_per_ha",
        ),
    ),
    charts=(
        Chart("bars", _("Share of habitat lost under the plans"), column="lost_share"),
        Chart(
            "ranking",
            _("Connected habitat kept if a zone stays open, ha"),
            table="conflicts",
            column="gain_ha",
            name="label",
        ),
    ),
)
