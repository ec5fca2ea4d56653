"""Texts, columns and map views of ``missing_links``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.i18n import Text, _, both, join

TITLE = _("Missing links of the cycle network")
QUESTION = _(
    "Which short stretches of street, given infrastructure, would join the network, and for whom?"
)
METHOD = _(
    "The IPDC procedure (Vybornova et al. 2023) on the graph of streets open to "
    "bicycles: a missing link is the shortest way between two places of the network, "
    "all along streets without infrastructure, whose way round over the network is at "
    "least 1.5 times as long (ways above 2.5 km are new routes); its benefit is edge "
    "betweenness within 2500 m; links that overlap are parted, and a part whose own "
    "way round is short comes last. The shortest link that opens an interchange is "
    "kept apart from longer ones. The network is the infrastructure of OSM tags and of "
    "the municipal layer, and if asked for also streets of low stress. For each link: "
    "which interchanges it joins to a network of at least 3 km, and how many more "
    "people reach an interchange over infrastructure within 3.75 km. Order: "
    "interchanges joined (a longer way to an interchange after the shorter), people "
    "per kilometre, benefit. Errors of the data (a line drawn too short, a crossing, a "
    "missing tag, a cycleway drawn beside) are told apart where lines or tags show "
    "them. Cost is length times a rate. The method does not say whether a link can be "
    "built; interchanges and people that the data lack are unknown. The numbers given "
    "are the defaults of the parameters."
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return join("", parts)


LINKS = _(
    "{links:0} missing {links:plural:link|links}, together {links_km:1} km (cost about "
    "{cost_mln:1} million PLN at {rate} million PLN/km)"
)
ERRORS = _(", and {errors:0} probable {errors:plural:error|errors} of the data")
UNCERTAIN = _(
    " Near {links_uncertain:0} of them the data are not complete: a route may be there already."
)
UNKNOWN_FIRST = _(
    "What is missing in {towns_without_data:0} of {towns:0} municipalities is unknown: data on "
    "routes or streets are not complete. In what is known: ",
)
UNKNOWN_LAST = _(
    " What is missing in {towns_without_data:0} of {towns:0} municipalities is unknown."
)
LOST_PLACES = _(
    " {places_lost:0} {places_lost:plural:interchange or station was|interchanges and "
    "stations were} lost in reading."
)
OPENS = _(
    "{opening:0} of them {opening:plural:joins|join} interchanges to the network "
    "({opened:0} in all), length {opening_km:1} km."
)
FIRST = _("The first: {first_m:0} m{road}, {town}; joins interchanges: {hubs}.")
PEOPLE = _(
    "The first link opens the way to an interchange over infrastructure for "
    "{first_people:0} people; the median of all is {people_median:0}."
)
NO_WEIGHTS = _(
    "Without interchanges or population it is unknown for whom links open anything: "
    "the order is that of betweenness."
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("missing_link", _("missing link"), "#D55E00"),
    Category("data_error", _("error of the data"), "#CC79A7"),
)
REASONS = {
    "opens_interchange": _("joins an interchange to the network"),
    "joins_networks": _("joins separate networks"),
    "shortens": _("shortens a way round in one network"),
    "part": _("part of a longer gap, short way round"),
    "short": _("line drawn too short"),
    "crossing": _("crossing of a street without a tag"),
    "tag_missing": _("shared way without a tag"),
    "parallel": _("cycleway drawn beside"),
}

_TERYT = Column(both("TERYT"), kind="text")
_TOWN = Column(_("municipality"), kind="text")
_RANK = Column(_("rank"), of_known=True)
_LENGTH = Column(_("length"), unit="m", of_known=True)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(_("covered by cycle data"), "flag"),
        "links": Column(_("missing links"), of_known=True),
        "links_km": Column(_("their length"), unit="km", digits=1, of_known=True),
        "opening": Column(_("that join interchanges"), of_known=True),
        "best_rank": Column(_("best rank"), of_known=True),
        "errors": Column(_("errors of the data"), of_known=True),
    },
    "links": {
        "rank": _RANK,
        "state": Column(
            _("kind"),
            kind="category",
            categories={c.value: c.label for c in STATES},
        ),
        "reason": Column(_("why"), kind="category", categories=REASONS, of_known=True),
        "certain": Column(_("certain: data around it complete"), kind="flag"),
        "length_m": _LENGTH,
        "detour": Column(
            _("way round / length"),
            unit="1",
            digits=1,
            note=_("no limit: there is no way round"),
            of_known=True,
        ),
        "detour_m": Column(_("way round over the network"), unit="m", of_known=True),
        "benefit": Column(
            _("benefit"),
            unit="1",
            note=_("betweenness or people, mean by length"),
            of_known=True,
        ),
        "opens": Column(_("interchanges joined"), of_known=True),
        "interchanges": Column(_("names of interchanges"), kind="text"),
        "people_gain": Column(_("people who gain"), unit="people", of_known=True),
        "joins_km": Column(
            _("network joined"),
            unit="km",
            digits=1,
            note=_("the smaller of two; 0: one network"),
            of_known=True,
        ),
        "stress": Column(_("highest stress"), unit="level", of_known=True),
        "road": Column(_("road"), kind="text"),
        "planned_share": Column(_("share already planned"), "share", of_known=True),
        "cost_mln": Column(_("cost"), unit="mln PLN", digits=2, of_known=True),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "ways_round": {
        "rank": _RANK,
        "length_m": _LENGTH,
    },
}

_GROUND = Ground("cycle_data")

VIEWS = (
    View(
        "links",
        _("Missing links and errors of the data"),
        column="state",
        categories=STATES,
        popup=(
            "rank",
            "reason",
            "length_m",
            "detour",
            "interchanges",
            "people_gain",
            "joins_km",
            "road",
            "cost_mln",
            "municipality",
            "certain",
        ),
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "ways_round",
        _("Ways round over the network"),
        colour="#0072B2",
        popup=("rank", "length_m"),
        shown=False,
        weight=1.5,
        ground=_GROUND,
    ),
    View(
        "links",
        _("People who gain access to interchanges"),
        column="people_gain",
        breaks=(0, 100, 500, 2000, 5000),
        popup=("rank", "people_gain", "interchanges", "length_m"),
        shown=False,
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        _("Missing links in the municipality"),
        column="links",
        breaks=(0, 1, 5, 20, 50),
        palette="cividis",
        popup=("name", "links", "links_km", "opening", "best_rank", "errors"),
        shown=False,
        ground=_GROUND,
    ),
)
