"""Texts, columns and map views of ``cycle_network``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Cycle network: length, form, data")
QUESTION = _(
    "How much cycle infrastructure is there, does it form a network, and do the data agree?"
)
METHOD = _(
    "Length of built lines: bidirectional counted once, and by direction apart. Lines "
    "join at shared vertices, to compare also across gaps of up to 10 and 20 m. A "
    "loose end is a vertex that no other line has; within 3 m of another line, or just "
    "past a junction, it is probably a drawing error. With street data (OSM): "
    "stretches that one of the sources lacks (farther than 15 m), and the share of "
    "streets of stress 1 or 2 by the rules of Bike Ottawa. Lines drawn side by side "
    "and crossings may hide a lack. Where data do not reach, the result is “unknown”. "
    "Each result carries a judgement of the data: weak where the stress of more than "
    "half of the length of streets rests on defaults. The numbers given are the "
    "defaults of the parameters."
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return join("", parts)


_KM = _("{network_km:1} km of built cycle infrastructure ({directed_km:1} km by direction)")
LENGTH = _("The data show {km}.").fill(km=_KM)
LENGTH_PARTLY = _(
    "{length} They cover {towns_with_data:0} "
    "{towns_with_data:plural:municipality|municipalities} whole; how much there is in "
    "{towns_without_data:0} {towns_without_data:plural:other|others} is unknown."
).bind(length=LENGTH)
LENGTH_UNKNOWN = _(
    "How much cycle infrastructure {towns_without_data:0} "
    "{towns_without_data:plural:municipality has|municipalities have} is unknown: the "
    "data cover only {towns_with_data:0} {towns_with_data:plural:other|others} whole. "
    "Known are {km}."
).bind(km=_KM)
LENGTH_NOWHERE = _(
    "Of no municipality is it certain how much cycle infrastructure it has. Known are {km}."
).fill(km=_KM)
LOST = _(
    " {routes_lost:0} {routes_lost:plural:line was|lines were} lost in reading: there may be more."
)
_NETWORKS = _(
    "{networks:0} {networks:plural:connected network|separate networks} "
    "({networks_medium:0} across gaps of up to {medium} m, {networks_wide:0} of up to "
    "{wide} m); the longest holds {largest_share:%1} of the length "
    "({largest_share_wide:%1} across gaps of up to {wide} m)."
)
FORM = _("It forms {clause}").bind(clause=_NETWORKS)
FORM_KNOWN = _("What is known forms {clause}").bind(clause=_NETWORKS)
ENDS = _("Loose ends: {dangling_ends:0}")
ENDS_ERRORS = _(
    "; probable drawing errors: {undershoots:0} "
    "{undershoots:plural:undershoot|undershoots} and {overshoots:0} "
    "{overshoots:plural:overshoot|overshoots}"
)
ENDS_UNKNOWN = _(
    "; at the edge of the data {ends_unknown:0} {ends_unknown:plural:end|ends} beyond "
    "which the route may go on"
)
STOP = both(".")
COMPARED = _(
    "OSM lacks {missing_in_osm_km:1} km of the municipal layer ({missing_in_osm:0} "
    "{missing_in_osm:plural:place|places}), and the layer lacks "
    "{missing_in_layer_km:1} km of OSM ({missing_in_layer:0} "
    "{missing_in_layer:plural:place|places})."
)
COMPARED_LAYER = _(
    "OSM lacks {missing_in_osm_km:1} km of the municipal layer ({missing_in_osm:0} "
    "{missing_in_osm:plural:place|places}); what the layer lacks is unknown."
)
COMPARED_OSM = _(
    "The municipal layer lacks {missing_in_layer_km:1} km of OSM ({missing_in_layer:0} "
    "{missing_in_layer:plural:place|places}); what OSM lacks is unknown."
)
NOT_COMPARED = _("The sources cannot be compared: nowhere are both of them known.")
WORST = _("The longest stretch absent from OSM: {longest_missing_in_osm_m:0} m, {place}.")
STRESS = _(
    "{low_stress_share:%0} of the length of streets open to bicycles has stress of at "
    "most {limit}; the longest connected network of such streets holds "
    "{low_stress_largest_share:%0} of their length. {defaults_share:%0} of the length "
    "is judged by defaults."
)
NO_STREETS = _("Without street data it is unknown what OSM lacks and how many streets are quiet.")

# --------------------------------------------------------------------------- columns

ENDS_KINDS = (
    Category("dangling", _("dangling end"), "#0072B2"),
    Category("undershoot", _("undershoot"), "#D55E00"),
    Category("overshoot", _("overshoot"), "#E69F00"),
    Category("unknown", _("may go on"), "#999999", hatch=True),
)
SOURCES = (
    Category("osm", _("missing in OSM"), "#D55E00"),
    Category("layer", pgettext("municipalities", "missing in the layer"), "#0072B2"),
)
OTHER = {
    "absent": _("not there at all"),
    "planned": _("there as planned"),
}
LEVELS = (
    Category("1", _("stress 1: for children"), "#009E73"),
    Category("2", _("stress 2: for most"), "#56B4E9"),
    Category("3", _("stress 3: for the confident"), "#E69F00"),
    Category("4", _("stress 4: for hardly anyone"), "#D55E00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
QUALITY = (
    Category("good", _("good"), "#009E73"),
    Category("weak", _("weak: mostly defaults"), "#E69F00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)

_NAME = Column(_("name"), kind="text")
_TERYT = Column(both("TERYT"), kind="text")
_TOWN = Column(_("municipality"), kind="text")


def _km(text: Text, note: Text | None = None, digits: int = 1, **more: Any) -> Column:
    return Column(text, unit="km", digits=digits, note=note, **more)


def _share(text: Text, note: Text | None = None, **more: Any) -> Column:
    return Column(text, kind="share", note=note, **more)


_KNOWN_LAND = _("how much of its land the data cover")

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(_("covered by cycle data"), "flag"),
        "cycle_known_share": _share(
            _("share of land the cycle data cover"),
            _KNOWN_LAND,
        ),
        "cycle_km": _km(_("cycle infrastructure")),
        "cycle_km_known": _km(
            _("cycle infrastructure that is known"),
            _("at least so much"),
            bound="low",
            known="cycle_known_share",
        ),
        "cycle_directed_km": _km(_("infrastructure by direction")),
        "planned_km": _km(_("planned or being built")),
        "population": Column(_("population"), unit="people", land=False),
        "cycle_km_per_10k": _km(_("km per 10,000 residents")),
        "dangling_ends": Column(_("dangling ends"), bound="low"),
        "undershoots": Column(_("undershoots"), bound="low"),
        "overshoots": Column(_("overshoots"), bound="low"),
        "ends_unknown": Column(_("ends at the edge of the data"), of_known=True),
        "missing_in_osm_km": _km(_("missing in OSM"), bound="low"),
        "missing_in_layer_km": _km(_("missing in the layer"), bound="low"),
        "streets_known_share": _share(
            _("share of land the street data cover"),
            _KNOWN_LAND,
        ),
        "streets_km": _km(
            _("streets open to bicycles"),
            bound="low",
            known="streets_known_share",
        ),
        "low_stress_share": _share(
            _("share of low-stress streets"),
            _("of the streets whose stress is known"),
            of_known=True,
        ),
        "unknown_stress_share": _share(_("share of unknown stress"), of_known=True),
        "defaults_share": _share(_("share judged by defaults"), of_known=True),
        "data_quality": Column(
            _("data quality"),
            kind="category",
            categories={c.value: c.label for c in QUALITY},
            of_known=True,
        ),
    },
    "networks": {
        "network": Column(_("number of the network"), of_known=True),
        "length_km": _km(_("length of the connected network"), bound="low"),
        "lines": Column(_("lines"), of_known=True),
        "may_go_on": Column(_("may go on beyond the data"), kind="flag", of_known=True),
    },
    "form": {
        "tolerance_m": Column(_("gap that joins"), unit="m"),
        "networks": Column(_("connected networks"), of_known=True),
        "length_km": _km(_("length in all"), bound="low"),
        "largest_km": _km(_("longest network"), bound="low"),
        "largest_share": _share(_("share of the longest"), of_known=True),
    },
    "ends": {
        "kind": Column(
            _("kind"),
            kind="category",
            categories={c.value: c.label for c in ENDS_KINDS},
        ),
        "name": _NAME,
        "gap_m": Column(_("to another line"), unit="m", digits=1),
        "spur_m": Column(_("from the junction"), unit="m", digits=1),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "differences": {
        "rank": Column(_("rank"), of_known=True),
        "missing_in": Column(
            _("where it is missing"),
            kind="category",
            categories={c.value: c.label for c in SOURCES},
        ),
        "length_m": Column(_("length"), unit="m", bound="low"),
        "name": _NAME,
        "other": Column(_("the other source"), "category", categories=OTHER, of_known=True),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "stress": {
        "level": Column(
            _("level of stress"),
            kind="category",
            categories={c.value: c.label for c in LEVELS},
        ),
        "length_km": _km(_("length of streets"), bound="low"),
    },
}

_ROUTES = Ground("cycle_data")
_STREETS = Ground("streets_known_share")

VIEWS = (
    View(
        "networks",
        _("Connected cycle networks by length"),
        column="length_km",
        breaks=(0, 1, 3, 10, 50),
        popup=("network", "length_km", "lines", "may_go_on"),
        weight=2.5,
        ground=_ROUTES,
    ),
    View(
        "ends",
        _("Loose ends and drawing errors"),
        column="kind",
        categories=ENDS_KINDS,
        popup=("kind", "name", "gap_m", "spur_m", "municipality"),
        shown=False,
        radius=3.5,
        ground=_ROUTES,
    ),
    View(
        "differences",
        _("Differences of OSM and the municipal layer"),
        column="missing_in",
        categories=SOURCES,
        popup=("rank", "missing_in", "length_m", "name", "other", "municipality"),
        weight=4.0,
        ground=_ROUTES,
    ),
    View(
        "stress",
        _("Stress of cyclists on streets"),
        column="level",
        categories=LEVELS,
        popup=("level", "length_km"),
        shown=False,
        weight=1.2,
        ground=_STREETS,
    ),
    View(
        "municipalities",
        _("Cycle km per 10,000 residents"),
        column="cycle_km_per_10k",
        breaks=(0, 2, 5, 10, 20),
        palette="cividis",
        popup=(
            "name",
            "cycle_km",
            "cycle_km_known",
            "cycle_known_share",
            "cycle_km_per_10k",
            "data_quality",
        ),
        shown=False,
        ground=_ROUTES,
    ),
    View(
        "municipalities",
        _("Share of low-stress streets"),
        column="low_stress_share",
        breaks=(0, 0.25, 0.5, 0.75, 1),
        palette="cividis",
        popup=(
            "name",
            "streets_km",
            "streets_known_share",
            "low_stress_share",
            "defaults_share",
            "data_quality",
        ),
        shown=False,
        ground=_STREETS,
    ),
)
