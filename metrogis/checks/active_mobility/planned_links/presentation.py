"""Texts, parameters, columns and map views of ``planned_links``."""

from __future__ import annotations

from metrogis.checks.contract import (
    Category,
    Column,
    Ground,
    View,
    municipality_columns,
)
from metrogis.checks.contract.citations import ours
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Planned cycle links: what they open")
QUESTION = _(
    "To how many people do planned cycle links open interchanges, which ones, and in "
    "which order should they be built?"
)
METHOD = _(
    "Counted are people who reach an interchange or station within 3750 m (15 min, 15 "
    "km/h) along low-stress streets (LTS up to 2), now and once links are built. A "
    "link is low-stress, two-way, and meets the low-stress streets within 20 m of it. "
    "The order within a budget of length: at each step the link (or pair of touching "
    "links) that adds most people per kilometre, with the exact gain given what is "
    "built already; at equal gain the interchanges it joins to a network decide; "
    "choosing by the gain alone and starting from the best link are tried as well. A "
    "good plan, not always the best one. Without population, km of calm street are "
    "counted. Joined interchanges: infrastructure within 50 m of the entrance belongs "
    "to a network of at least 3 km, planned links included. Gradients are not counted. "
    "The numbers given are the defaults of the parameters."
)


_OWN = ours("68-planned-links")


# --------------------------------------------------------------------------- findings


def together(*parts: Text) -> Text:
    """Return texts one after the other."""
    return join("", parts)


TODAY = _("Today {reached_before:0} people reach an interchange along a low-stress way.")
TODAY_KM = _("Today {reached_before:1} km of calm street lead to an interchange.")
GAIN = _(
    " Within {budget} km it is best to build {chosen:0} {chosen:plural:link|links} "
    "({chosen_km:1} km): {gain:0} more people; all that are planned ({links:0}, "
    "together {links_km:1} km) add {gain_all:0}."
)
GAIN_KM = _(
    " Within {budget} km it is best to build {chosen:0} {chosen:plural:link|links} "
    "({chosen_km:1} km): {gain:1} km more; all that are planned ({links:0}, together "
    "{links_km:1} km) add {gain_all:1} km."
)
NO_GAIN = _(
    " As far as the data show, none of the planned links ({links:0}, together "
    "{links_km:1} km) adds to that."
)
NO_PEOPLE = _(" No population is given.")
UNDECIDED = _(
    " Of {undecided:0} people within reach in a straight line it is unknown whether they do."
)
UNDECIDED_FIRST = _(
    "Of {undecided:0} people within reach of interchanges in a straight line it is "
    "unknown whether they reach one along a low-stress way. "
)
UNCOUNTED = _(
    " In some places within reach the number of residents is unknown: there may be more people."
)
UNCOUNTED_FIRST = _(
    "In most places within reach of interchanges the number of residents is unknown. "
)
FIRST = _("First in order: {name} ({first_km:1} km), {first_gain:0} people.")
FIRST_KM = _("First in order: {name} ({first_km:1} km), {first_gain:1} km of calm street.")
JOINED = _(
    "Interchanges and stations joined to a cycle network: {joined_before:0}; once the "
    "chosen links are built {joined_after:0}, once all are {joined_all:0}."
)
JOINED_UNKNOWN = _(" Of {joined_unknown:0} it is unknown.")
LOOSE = _(
    "Links near which (within {join} m) the data show no calm street: {loose:0}; what "
    "they would open is unknown."
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("joined", _("meets the streets"), "#009E73"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
_SOURCES = {
    "cycle_routes": _("cycle routes"),
    "investments": _("investments"),
}


def _people(text: Text) -> Column:
    return Column(text, unit="people", of_known=True)


def _km(text: Text, *, of_known: bool = True) -> Column:
    return Column(text, unit="km", digits=2, of_known=of_known)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "links_km": _km(_("planned links")),
        "people_before": _people(_("people: now")),
        "people_after": _people(_("people: chosen links built")),
        "people_all": _people(_("people: all links built")),
        "people_gain": _people(_("more once chosen are built")),
        "people_undecided": _people(
            _("people within reach in a straight line of whom it is unknown"),
        ),
        "people_decided": Column(_("known of all within reach"), kind="flag"),
    },
    "links": {
        "name": Column(pgettext("street", "link"), kind="text"),
        "source": Column(_("source"), kind="category", categories=_SOURCES),
        "length_km": _km(_("length")),
        "state": Column(
            _("meets streets"),
            kind="category",
            categories={c.value: c.label for c in STATES},
            of_known=True,
        ),
        "order": Column(
            _("order"),
            note=_("none: not in budget, or no gain"),
            of_known=True,
        ),
        "people_alone": _people(_("people: alone")),
        "people_added": _people(_("people: added in order")),
        "people_sum": _people(_("people: added so far")),
        "street_km_alone": _km(_("calm street: alone")),
        "street_km_added": _km(_("calm street: added")),
        "street_km_sum": _km(_("calm street: added so far")),
        "km_sum": _km(_("length built so far")),
        "joined_after": Column(pgettext("effect", "interchanges joined"), of_known=True),
        "opens": Column(_("alone joins interchanges"), kind="text", of_known=True),
    },
    "interchanges": {
        "name": Column(_("name"), kind="text"),
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "people_before": _people(_("people: now")),
        "people_after": _people(_("people: chosen links built")),
        "people_all": _people(_("people: all links built")),
        "street_km_before": _km(_("calm street: now")),
        "street_km_after": _km(_("calm street: chosen built")),
        "street_km_all": _km(_("calm street: all built")),
        "joined_before": Column(_("joined now"), kind="flag"),
        "joined_after": Column(_("once chosen are built"), kind="flag", of_known=True),
        "joined_all": Column(_("once all are built"), kind="flag", of_known=True),
    },
}

_GROUND = Ground("people_decided")

VIEWS = (
    View(
        "links",
        _("Planned links"),
        column="people_alone",
        breaks=(0, 1, 100, 500, 2000),
        popup=(
            "name",
            "order",
            "length_km",
            "people_alone",
            "people_added",
            "street_km_alone",
            "opens",
        ),
        weight=4.0,
        ground=_GROUND,
    ),
    View(
        "links",
        _("Planned links: order"),
        column="order",
        breaks=(1, 2, 4, 8),
        popup=("name", "order", "km_sum", "people_sum", "joined_after"),
        weight=4.0,
        ground=_GROUND,
        shown=False,
    ),
    View(
        "interchanges",
        _("Interchanges: people, chosen links built"),
        column="people_after",
        breaks=(0, 100, 1000, 5000, 20_000),
        popup=("name", "people_before", "people_after", "people_all", "joined_after"),
        radius=6.0,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        _("How many more people"),
        column="people_gain",
        breaks=(0, 1, 100, 500, 2000),
        palette="cividis",
        popup=(
            "name",
            "links_km",
            "people_before",
            "people_after",
            "people_all",
            "people_undecided",
        ),
        shown=False,
        ground=_GROUND,
    ),
)
