"""How planned links are read: the answer of a municipality, links in order, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"people_gain": "up", "people_after": "up", "links_km": ""},
    sentences=(
        Sentence(
            _(
                "The chosen planned links open interchanges to {people_gain:0} more "
                "{people_gain:plural:person|people}."
            ),
            where="people_gain",
            zero=_("The chosen planned links open interchanges to nobody here."),
        ),
        Sentence(_("{links_km:2} km of links are planned here."), where="links_km"),
    ),
    unknown=Sentence(
        _(
            "Of {people_undecided:0} {people_undecided:plural:person|people} it is unknown whether "
            "the links help them."
        ),
        where="people_undecided",
    ),
    known="people_decided",
    listings=(
        Listing(
            "links",
            _("Planned links in the order in which to build them"),
            (
                "name",
                "source",
                "length_km",
                "order",
                "people_added",
                "people_sum",
                "joined_after",
            ),
            by="order",
            down=False,
        ),
    ),
    charts=(
        Chart(
            "ranking",
            _("People to whom a planned link opens an interchange"),
            table="links",
            column="people_added",
            name="name",
        ),
        Chart(
            "bars",
            _("More people of municipalities who reach an interchange"),
            column="people_gain",
        ),
    ),
)
