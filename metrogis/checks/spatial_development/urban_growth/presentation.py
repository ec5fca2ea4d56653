"""Texts, columns and map views of ``urban_growth``."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, Overlay, View, municipality_columns
from metrogis.i18n import UNKNOWN, Text, _, pgettext

TITLE = _("Growth of built-up land")
QUESTION = _(
    "How much land was built up between two dates, in what form, and where: in "
    "corridors, in protected areas, near transit, in zones planned for building?"
)
METHOD = _(
    "The cells of two rasters of built-up land are compared on one grid (different "
    "grids are brought to it, which the audit says). Land beyond the raster, or "
    "without data at one of the dates, is not known and in no sum; shares and figures "
    "per inhabitant are of the land that is known and the people who live on it. Sea "
    "inside the municipalities is named by codes of land cover. The form of a patch "
    "beside unknown land is uncertain. A new patch (8 neighbours) is infill when it "
    "shares more than 50 % of its perimeter with old built-up land, edge expansion "
    "when it shares less, leapfrog when it shares none. SDG 11.3.1: LCR = "
    "(A2-A1)/A1/T, PGR = ln(P2/P1)/T, LCRPGR = LCR/PGR. Shares of the gain in "
    "corridors, protected areas, the service area of transit and zones planned for "
    "building are of the part that is known; a missing layer, plan or complete "
    "timetable coverage is unknown. Plans and timetables are today's: they do not say "
    "what was in force when building began. A raster of shares is cut by a threshold: "
    "areas are then whole cells."
)

GROWTH = _(
    "Built-up land covered {before_ha:0} ha and covers {after_ha:0} ha: {gained_ha:0} "
    "ha gained, {lost_ha:0} ha lost (net {net_ha:0} ha, {net_share:%2} of the land)."
)
SHIFTED = _(
    "The two dates come from different grids: {edge_gained_ha:0} ha of the gain and "
    "{edge_lost_ha:0} ha of the loss lie within a cell of built-up land that stayed "
    "and may be only their shift; the net figure is surer."
)
YEARS = _("Over {years:1} years this is {gained_ha_year:1} ha of new built-up land per year.")
FORM = _(
    "Of the gain {infill_share:%0} is infill, {edge_share:%0} edge expansion and "
    "{leapfrog_share:%0} leapfrog ({leapfrog_patches:0} "
    "{leapfrog_patches:plural:patch|patches})."
)
FARTHEST = _("The largest leapfrog patch has {largest_leapfrog_ha:1} ha: {municipality}.")
UNKNOWN_LAND = _(
    "What happened on {land_unknown_ha:1} ha of land ({land_unknown_share:%1}) in "
    "{municipalities_unknown:0} "
    "{municipalities_unknown:plural:municipality|municipalities} ({names}) is not "
    "known: it is in no figure."
)
FORM_KNOWN = _(
    "By what is known {infill_share:%0} of the gain is infill, {edge_share:%0} edge "
    "expansion and {leapfrog_share:%0} leapfrog ({leapfrog_patches:0} certain "
    "{leapfrog_patches:plural:patch|patches}); the form of {form_unknown_ha:1} ha "
    "beside unknown land is uncertain."
)
PEOPLE_PART = _(
    "On the land known at both dates there were {people_before:0} people and are "
    "{people_after:0}: {m2_per_new:0} m² of new built-up land per new inhabitant; "
    "LCRPGR (SDG 11.3.1): {lcrpgr:2}."
)
PEOPLE_CELLS = _(
    "In the cells whose population is known there were {people_before:0} people and "
    "are {people_after:0} (at least): {m2_per_new:0} m² of new built-up land per new "
    "inhabitant; LCRPGR (SDG 11.3.1): {lcrpgr:2}."
)
PEOPLE_KNOWN = _(
    "Where both built-up land and people are known there were {people_before:0} people "
    "and are {people_after:0}: {m2_per_new:0} m² of new built-up land per new "
    "inhabitant; LCRPGR (SDG 11.3.1): {lcrpgr:2}. This is not known of "
    "{people_unknown:0} {people_unknown:plural:municipality|municipalities} ({names})."
)
PEOPLE = _(
    "There were {people_before:0} people and are {people_after:0}: {m2_per_new:0} m² "
    "of new built-up land per new inhabitant; LCRPGR (SDG 11.3.1): {lcrpgr:2}."
)
EXPOSED = {
    "corridor": _(
        "{corridor_ha:1} ha of the gain ({corridor_share:%1}) lies in ecological corridors."
    ),
    "protected": _(
        "{protected_ha:1} ha of the gain ({protected_share:%1}) lies in protected areas."
    ),
    "served": _(
        "{served_ha:0} ha of the gain lies in the service area of transit "
        "({served_share:%0} of what is known; {served_unknown_ha:0} ha unknown)."
    ),
    "planned": _(
        "{planned_ha:0} ha of the gain lies in zones planned for building "
        "({planned_share:%0} of what is known; {planned_unknown_ha:0} ha without a "
        "plan in the data)."
    ),
}

EXPOSED_KNOWN = {
    "corridor": _(
        "At least {corridor_ha:1} ha of the gain lies in ecological corridors "
        "({corridor_share:%1} of what is known; {corridor_unknown_ha:1} ha unknown)."
    ),
    "protected": _(
        "At least {protected_ha:1} ha of the gain lies in protected areas "
        "({protected_share:%1} of what is known; {protected_unknown_ha:1} ha unknown)."
    ),
    "served": EXPOSED["served"],
    "planned": EXPOSED["planned"],
}

_KINDS = (
    Category("infill", _("infill"), "#009E73"),
    Category("edge", _("edge expansion"), "#E69F00"),
    Category("leapfrog", _("leapfrog"), "#D55E00"),
)
KIND_CATEGORIES = (*_KINDS, Category("unknown", UNKNOWN, "#BBBBBB", hatch=True))
CHANGE_CATEGORIES = (
    Category("1", _("built-up before"), "#8C8C8C"),
    *(Category(str(i + 2), c.label, c.colour) for i, c in enumerate(_KINDS)),
    Category("5", pgettext("built-up land", "lost"), "#56B4E9"),
)


_LAND_KNOWN, _FORM_KNOWN = "known_share", "form_known_ha"


def _ha(text: Text, digits: int = 1, known: str = _LAND_KNOWN) -> Column:
    return Column(text, unit="ha", digits=digits, known=known)


def _known(text: Text) -> Column:
    return Column(text, unit="ha", digits=1, bound="low")


def _year(text: Text) -> Column:
    return Column(text, unit="ha/year", digits=2, known=_LAND_KNOWN)


def _share(text: Text, note: Text | None = None, digits: int = 1) -> Column:
    return Column(text, "share", digits=digits, note=note, of_known=True)


def _people(text: Text, note: Text | None = None) -> Column:
    return Column(text, note=note, known=_LAND_KNOWN, bound="low")


_LAND = _("of land known at both dates")
_GAIN = _("of the gain")
_KNOWN = _("of the part of the gain that is known")
_HERE = _("on land known at both dates")
_PLACES = {
    "corridor": _("gain in corridors"),
    "protected": _("gain in protected areas"),
    "served": _("gain near transit"),
    "planned": _("gain in building zones"),
}
_EXPOSURE = {}
_SHARES = {}
for _name, _text in _PLACES.items():
    _EXPOSURE[f"{_name}_ha"] = _ha(_text, known=f"{_name}_known_ha")
    _SHARES[f"{_name}_share"] = _share(_("{text}: share").fill(text=_text), _KNOWN)
    _EXPOSURE[f"{_name}_share"] = _SHARES[f"{_name}_share"]
    for _kind, _state in (
        ("known", _("{gain}: known")),
        ("unknown", _("{gain}: unknown")),
    ):
        _EXPOSURE[f"{_name}_{_kind}_ha"] = replace(_ha(_state.fill(gain=_text)), of_knowledge=True)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "land_ha": _ha(_("land known at both dates"), 0),
        "before_ha": _ha(_("built-up before")),
        "after_ha": _ha(_("built-up after")),
        "gained_ha": _ha(_("gained")),
        "lost_ha": _ha(pgettext("built-up", "lost")),
        "net_ha": _ha(_("net")),
        "gained_ha_year": _year(_("gained per year")),
        "lost_ha_year": _year(_("lost per year")),
        "net_ha_year": _year(_("net per year")),
        "gained_share": _share(_("gained: share of land"), _LAND, 2),
        "lost_share": _share(_("lost: share of land"), _LAND, 2),
        "net_share": _share(_("net: share of land"), _LAND, 2),
        "people_before": Column(_("people before"), bound="low"),
        "people_after": Column(_("people after"), bound="low"),
        "people_before_known": _people(_("people before on known land"), _HERE),
        "people_after_known": _people(_("people after on known land"), _HERE),
        "m2_per_new": Column(
            _("gained per new inhabitant"),
            unit="m2/person",
            note=_("on known land; no data where the population did not grow"),
            of_known=True,
        ),
        "net_m2_per_new": Column(
            _("net per new inhabitant"),
            unit="m2/person",
            of_known=True,
        ),
        "infill_ha": _ha(_("infill"), known=_FORM_KNOWN),
        "infill_share": _share(_("infill: share"), _GAIN),
        "edge_ha": _ha(_("edge expansion"), known=_FORM_KNOWN),
        "edge_share": _share(_("edge expansion: share"), _GAIN),
        "leapfrog_ha": _ha(_("leapfrog"), known=_FORM_KNOWN),
        "leapfrog_share": _share(_("leapfrog: share"), _GAIN),
        "form_known_ha": _known(_("gain whose form is known")),
        **_EXPOSURE,
        "lcr": Column(
            _("LCR: land consumption rate"),
            unit="per year",
            digits=4,
            note=_("SDG indicator 11.3.1"),
            of_known=True,
        ),
        "pgr": Column(
            _("PGR: population growth rate"),
            unit="per year",
            digits=4,
            note=_("SDG indicator 11.3.1"),
            of_known=True,
        ),
        "lcrpgr": Column(
            _("LCRPGR (SDG 11.3.1)"),
            digits=2,
            note=_("above 1 land is taken faster than people come"),
            of_known=True,
        ),
        "unknown_ha": Column(
            _("land not known at one of the dates"),
            unit="ha",
            digits=1,
            of_knowledge=True,
        ),
        "known_share": Column(
            _("share of land known"),
            "share",
            note=_("apart from unknown cells that are only the edge of the municipalities"),
        ),
    },
    "patches": {
        "kind": Column(
            _("form"),
            "category",
            categories={c.value: c.label for c in KIND_CATEGORIES},
        ),
        "municipality": Column(_("municipality"), kind="text"),
        "area_ha": Column(_("area"), unit="ha", digits=2, bound="low"),
        "perimeter_m": Column(_("perimeter"), unit="m", of_known=True),
        "old_share": _share(_("perimeter shared with old built-up land")),
        **_SHARES,
    },
}

GROUND = Ground("known_share")

VIEWS = (
    View(
        "municipalities",
        _("Growth: share of the municipality's land"),
        column="gained_share",
        breaks=(0, 0.0025, 0.005, 0.01, 0.02, 0.05, 1),
        palette="cividis",
        popup=(
            "name",
            "gained_ha",
            "lost_ha",
            "gained_ha_year",
            "gained_share",
            "leapfrog_share",
            "m2_per_new",
            "lcrpgr",
            "unknown_ha",
        ),
        shown=False,
        ground=GROUND,
    ),
    View(
        "patches",
        _("New patches by form"),
        column="kind",
        categories=KIND_CATEGORIES,
        popup=("kind", "municipality", "area_ha", "old_share", *_SHARES),
        weight=1,
        fill_opacity=0.8,
        ground=GROUND,
    ),
    View(
        "municipalities",
        _("Share of leapfrog in the gain"),
        column="leapfrog_share",
        breaks=(0, 0.05, 0.1, 0.25, 0.5, 1),
        palette="cividis",
        popup=("name", "gained_ha", "infill_share", "edge_share", "leapfrog_share"),
        shown=False,
        ground=GROUND,
    ),
)
OVERLAYS = (
    Overlay(
        "change",
        _("Change of built-up land"),
        categories=CHANGE_CATEGORIES,
        hidden=("0",),
    ),
)
