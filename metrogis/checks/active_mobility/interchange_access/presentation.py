"""Texts, columns and map views of ``interchange_access``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.active_mobility.interchange_access import street_presentation as streets
from metrogis.checks.active_mobility.interchange_access.views import KINDS, STATES
from metrogis.checks.contract import Column, municipality_columns
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Cycle routes to interchanges")
QUESTION = _(
    "Are interchanges and stations joined to a connected cycle network, and how many "
    "people live within reach of them?"
)
METHOD = _(
    "An interchange is joined when built cycle infrastructure that belongs to a "
    "connected network of at least 3 km lies within 50 m of its entrance (where no "
    "entrance is known: of its point). Lines join at shared vertices; to compare, also "
    "across gaps of up to 10 and 20 m. People within reach: straight line times 1.3 in "
    "place of a street network, grid cells counted by share of area. Where the cycle "
    "data do not reach, the answer is “unknown”, not “no”. Only known interchanges and "
    "stations are counted: a zero in a municipality does not prove that there is no "
    "railway stop. The numbers given are the defaults of the parameters.{method}"
).fill(method=streets.METHOD)

# --------------------------------------------------------------------------- findings


def together(*parts: Text) -> Text:
    """Return texts one after the other."""
    return join("", parts)


STOP = both(".")
_NETWORK = _("a connected cycle network of at least {length} km within {distance} m")
_SHARE = _(
    "{joined:0} of {known:0} {known:plural:interchange or station|interchanges and "
    "stations} ({joined_share:%0}) {joined:plural:has|have} {network}"
).bind(network=_NETWORK)
JOINED = together(_SHARE, STOP)
JOINED_PARTLY = _(
    "Of {places:0} interchanges and stations it is unknown whether {unknown:0} "
    "{unknown:plural:is|are} joined to the cycle network; of the others {joined:0} of "
    "{known:0} ({joined_share:%0}) {joined:plural:has|have} {network}."
).bind(network=_NETWORK)
JOINED_UNKNOWN = _(
    "Of {places:0} interchanges and stations it is unknown whether {unknown:0} are "
    "joined to the cycle network. Of the others {joined:0} of {known:0} "
    "({joined_share:%0}) {joined:plural:has|have} {network}."
).bind(network=_NETWORK)
NOT_TOLD = _(
    "Of none of {unknown:0} {unknown:plural:interchange or station|interchanges and "
    "stations} is it known whether it is joined to the cycle network: data on routes "
    "near them are not complete."
)
NO_PLACES = _("The data have no interchanges or stations in these municipalities.")
LOST = _(
    " {places_lost:0} {places_lost:plural:interchange or station has|interchanges and "
    "stations have} no usable position and {places_lost:plural:counts|count} as "
    "unknown."
)
NOT_JOINED = _("Not joined: {not_joined:0}")
TOO_FAR = _("; farther than {distance} m from infrastructure: {too_far:0}")
TOO_SHORT = _("; at too short a stretch: {too_short:0}")
SMALL_GAPS = _(
    " In {small_gaps:0} {small_gaps:plural:case|cases} no more than {small} m to a "
    "large network {small_gaps:plural:is|are} missing (together {small_gaps_km:1} km "
    "in a straight line)."
)
DOUBTFUL = _(
    "Of those not joined {doubtful:0} {doubtful:plural:lies|lie} within {limit} m of "
    "infrastructure, measured from the place's point for want of entrances: check on "
    "site."
)
NETWORK = _(
    "Built cycle infrastructure in the data: {network_km:1} km in {networks:0} "
    "{networks:plural:connected network|separate networks}; the longest has "
    "{largest_km:1} km, {largest_share:%1} of the length."
)
NO_NETWORK = _("The data show no built cycle infrastructure.")
_NEAR = _(
    "{share_near_bike:%0} of residents whose place is known ({people_near_bike:0} "
    "people) live within {limit} km by bike of a known interchange or station"
)
_LINE = _(" (straight line x {detour}).")
PEOPLE = _NEAR + _LINE
PEOPLE_JOINED = _(
    "{near}, {share_near_joined:%0} ({people_near_joined:0} people) of one joined to "
    "the cycle network{line}"
).bind(near=_NEAR, line=_LINE)
PEOPLE_UNTOLD = _(
    "{near}, at least {share_near_joined:%0} ({people_near_joined:0} people) of one "
    "joined to the cycle network; of a further {share_near_untold:%0} it is not "
    "known{line}"
).bind(near=_NEAR, line=_LINE)
UNPLACED = _(" Where {people_unplaced:0} others live is unknown.")
UNPLACED_FIRST = _("Where {people_unplaced:0} residents live is unknown. ")
PLANNED = _(
    "Stretches planned or being built ({planned_km:1} km in the data) would join "
    "{planned_joins:0} more {planned_joins:plural:interchange or station|interchanges "
    "and stations}."
)
PLANNED_NONE = _(
    "The data show no further interchange or station that stretches planned or being "
    "built ({planned_km:1} km in the data) would join."
)
PER_HEAD = _(
    "Half of the municipalities the data cover have at least {km_per_10k_median:1} km "
    "of cycle infrastructure per 10,000 residents, most has {best} "
    "({km_per_10k_best:1} km)"
)
WITHOUT = _(
    "; {municipalities_without_data:0} "
    "{municipalities_without_data:plural:municipality has|municipalities have} no "
    "complete cycle data."
)

# --------------------------------------------------------------------------- columns

REASONS = {
    "joined": pgettext("interchange", "joined"),
    "too_far": _("infrastructure too far"),
    "too_short": _("the network reached is too short"),
    "outside_data": _("cycle data do not reach here"),
    "leaves_data": _("the network leaves the data's extent"),
    "entrance": _("an entrance may be nearer than the point"),
    "line_state": _("unknown whether the line is built"),
}
ORIGINS = {
    "interchange": _("interchange"),
    "station": _("railway station"),
    "both": _("interchange with station"),
}

_NAME = Column(_("name"), kind="text")
_KNOWN = _("of known interchanges and stations")
_MEASURED = _(
    "from the nearest entrance, else the point; at most so much where data are not complete"
)
_LEAST = _("at least so much")
_LAND = _("of the land of the municipality")


def _km(text: Text, note: Text | None = None, **more: Any) -> Column:
    return Column(text, unit="km", digits=1, note=note, **more)


def _people(text: Text, note: Text | None = None, **more: Any) -> Column:
    return Column(text, unit="people", note=note, **more)


def _of_known(text: Text) -> Column:
    return Column(text, "share", note=_KNOWN, of_known=True)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "interchanges": Column(_("known interchanges and stations"), bound="low"),
        "interchanges_joined": Column(_("joined"), bound="low"),
        "interchanges_not_joined": Column(_("not joined"), bound="low"),
        "interchanges_unknown": Column(UNKNOWN, of_known=True),
        "joined_share": Column(
            _("share joined"),
            kind="share",
            note=_("of those the data tell of"),
            of_known=True,
        ),
        "distance_median_m": Column(
            _("median distance to infrastructure"),
            unit="m",
            of_known=True,
        ),
        "cycle_data": Column(_("covered by cycle data"), "flag"),
        "cycle_known_share": Column(_("extent of the cycle data"), "share", note=_LAND),
        "cycle_km": _km(_("cycle infrastructure")),
        "cycle_km_known": _km(
            _("cycle infrastructure that is known"),
            _LEAST,
            bound="low",
            known="cycle_known_share",
        ),
        "population": _people(_("population"), of_known=True),
        "cycle_km_per_10k": _km(_("km per 10,000 residents"), of_known=True),
        "people_placed": _people(
            _("residents whose place is known"),
            of_known=True,
        ),
        "population_known_share": Column(_("extent of the population data"), "share", note=_LAND),
        "people_near_walk": _people(_("people within walking reach"), of_known=True),
        "share_near_walk": _of_known(_("share within walking reach")),
        "people_near_bike": _people(_("people within cycling reach"), of_known=True),
        "people_near_bike_known": _people(
            _("known people within cycling reach"),
            _LEAST,
            of_known=True,
            known="population_known_share",
        ),
        "share_near_bike": _of_known(_("share within cycling reach")),
        "people_near_joined": _people(
            _("people within cycling reach of a joined interchange"),
            of_known=True,
        ),
        "people_near_joined_known": _people(
            _("known people within reach of a joined interchange"),
            _LEAST,
            of_known=True,
            known="population_known_share",
        ),
        "share_near_joined": _of_known(_("share within reach of a joined one")),
        "people_near_untold": _people(
            _("people within cycling reach only of interchanges not known to be joined"),
            of_known=True,
        ),
        "share_near_untold": _of_known(_("share within reach of undecided ones")),
        **streets.TOWN_COLUMNS,
    },
    "interchanges": {
        "name": _NAME,
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "origin": Column(_("kind"), kind="category", categories=ORIGINS, of_known=True),
        "rank": Column(pgettext("importance", "rank"), kind="text"),
        "ref": Column(_("station number"), kind="text"),
        "state": Column(
            _("joined to a network"),
            kind="category",
            categories={c.value: c.label for c in STATES},
        ),
        "reason": Column(_("why"), kind="category", categories=REASONS, of_known=True),
        "distance_m": Column(
            _("distance to infrastructure"),
            unit="m",
            note=_MEASURED,
            bound="high",
        ),
        "network_km": _km(_("length of the network reached"), _LEAST, bound="low"),
        "network_km_medium": _km(_("length at the medium gap"), bound="low"),
        "network_km_wide": _km(_("length at the wide gap"), bound="low"),
        "joined_medium": Column(_("joined at the medium gap"), "flag"),
        "joined_wide": Column(_("joined at the wide gap"), "flag"),
        "planned_m": Column(
            _("distance to planned infrastructure"),
            unit="m",
            bound="high",
        ),
        "joined_if_planned": Column(_("joined once planned lines are built"), "flag"),
        "people_walk": _people(_("people within walking reach"), of_known=True),
        "people_walk_known": _people(
            _("known people within walking reach"),
            _LEAST,
            of_known=True,
        ),
        "people_bike": _people(_("people within cycling reach"), of_known=True),
        "people_bike_known": _people(
            _("known people within cycling reach"),
            _LEAST,
            of_known=True,
        ),
        "people_modelled": Column(_("people: modelled"), "flag", of_known=True),
        "bike_stands": Column(
            _("bicycle stands"),
            note=_("unknown: no data, or a rack of unknown capacity"),
        ),
        "stands_known": Column(_("of known capacity"), bound="low"),
        "racks_uncounted": Column(_("racks of unknown capacity"), of_known=True),
        "bike_share_m": Column(_("to a bike-share station"), unit="m", bound="high"),
        "bike_share_docks": Column(
            _("docks there"),
            note=_("at the nearest"),
            of_known=True,
        ),
        "entrances": Column(_("known entrances"), bound="low"),
        **streets.HUB_COLUMNS,
    },
    "cycle_network": {
        "network": Column(_("number of the network"), of_known=True),
        "length_km": _km(_("length of the connected network"), _LEAST, bound="low"),
        "lines": Column(_("lines"), of_known=True),
        "interchanges": Column(_("interchanges at the network"), bound="low"),
        "may_go_on": Column(_("may go on beyond the data"), kind="flag", of_known=True),
    },
    "gaps_to_network": {
        "interchange": Column(_("interchange or station"), kind="text"),
        "teryt": Column(both("TERYT"), kind="text"),
        "kind": Column(
            _("what is missing"),
            kind="category",
            categories={c.value: c.label for c in KINDS},
            of_known=True,
        ),
        "length_m": Column(_("straight-line length"), unit="m", bound="high"),
        "network": Column(_("number of the network it leads to"), of_known=True),
        "network_km": _km(_("length of the network it leads to"), of_known=True),
    },
    "planned": {
        "name": _NAME,
        "highway": Column(_("kind (OSM)"), kind="text"),
        "length_km": Column(_("length"), unit="km", digits=2),
    },
    **streets.FEATURE_COLUMNS,
}
