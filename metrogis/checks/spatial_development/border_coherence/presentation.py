"""Texts, columns and map views of ``border_coherence``."""

from __future__ import annotations

from collections.abc import Mapping

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.i18n import UNKNOWN, Text, _, both

TITLE = _("Coherence of plans at municipal borders")
QUESTION = _(
    "Do corridors and open land go on across the municipal border, or do they meet "
    "land to be built on?"
)
METHOD = _(
    "Every border of two municipalities is cut into pieces of up to 10 m. On each side "
    "the nearest zone of that side's plan within 25 m counts, for plans never meet "
    "exactly. Where a corridor or an open zone (SN, SO, SC) lies on one side, the zone "
    "on the other side is looked at: permeable or a filter (SR) - it goes on; to be "
    "built on - it does not; no plan - unknown. Where a side has neither a plan nor a "
    "corridor in the data, whether anything reaches the border there is unknown; "
    "lengths are sums of what is known. The numbers are the defaults of the "
    "parameters. The check does not say that a plan is wrong: it shows places for "
    "neighbours to agree on."
)

BREAKS = (0, 100, 500, 1000, 5000)
"""Classes of the incoherent length of a border, m."""

_BORDER = _(
    "Shared borders are {border_km:1} km long; a corridor or open land reaches them "
    "along {green_km:1} km. "
)
_NO = _("Along {no_km:1} km ({no_share:%0} of what is known) it meets land to be built on")
_NOWHERE = _("Nowhere where it is known does it meet land to be built on")
_UNKNOWN = _(", along {unknown_km:1} km nothing is known")
_MOSTLY = _(
    "Along {unknown_km:1} km of {border_km:1} km of shared borders it is unknown "
    "whether plans are coherent. A corridor or open land reaches the borders for "
    "certain along {green_km:1} km"
)
_MOSTLY_NO = _("; along {no_km:1} km ({no_share:%0} of what is known) it meets land to be built on")
_STOP = both(".")
DARK = _(
    "Whether plans are coherent along {border_km:1} km of shared borders is unknown: "
    "plans of both sides are not in the data, and no corridor or open land in the data "
    "reaches them."
)


def lengths(values: Mapping[str, float]) -> Text:
    """Return the sentence on lengths: what is not known first where it is more than half."""
    unknown, no = values["unknown_km"], values["no_km"]
    if unknown > 0.5 * values["border_km"]:
        return sentence(_MOSTLY, _MOSTLY_NO if no > 0 else None, _STOP)
    last = _UNKNOWN if round(unknown, 1) > 0 else None
    return sentence(_BORDER, _NO if no > 0 else _NOWHERE, last, _STOP)


CORRIDOR = _(
    "Corridors end at a neighbour's land to be built on along {corridor_no_km:1} km of "
    "borders; the longest is {corridor} between {here} and {there} "
    "({corridor_worst_m:0} m)."
)
WORST = _("The longest incoherent border is that of {a} and {b}: {worst_km:1} km.")
STATES = (
    Category("no", _("no: land to be built on"), "#D55E00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
    Category("yes", _("yes"), "#009E73"),
)
KINDS = {
    "corridor": _("corridor"),
    "open_zone": _("open zone"),
}
_ZONES = {c.value: c.label for c in ZONE_CATEGORIES}


def _text(text: Text) -> Column:
    return Column(text, kind="text")


def _m(text: Text) -> Column:
    return Column(text, unit="m")


LENGTHS: dict[str, Column] = {
    "border_m": Column(_("shared border"), unit="m", bound="low"),
    "green_m": Column(
        _("corridor or open land reaches it"),
        unit="m",
        known="known_m",
        bound="low",
    ),
    "yes_m": Column(_("goes on"), unit="m", known="known_m", bound="low"),
    "no_m": Column(
        _("meets land to be built on"),
        unit="m",
        known="known_m",
        bound="low",
    ),
    "unknown_m": Column(
        UNKNOWN,
        unit="m",
        note=_("what reaches the border, or what lies across, is not known"),
        of_knowledge=True,
    ),
    "known_m": Column(
        _("border of which it is known"),
        unit="m",
        note=_("whether something reaches it, and whether that goes on, is known"),
    ),
    "known_share": Column(_("share of border known"), "share", of_knowledge=True),
    "no_share": Column(
        _("share incoherent"),
        "share",
        note=_("of what is known"),
        of_known=True,
    ),
    "no_class_m": Column(
        _("meets land to be built on, where certain"),
        unit="m",
        note=_("where what is not known of the border does not change its class on the map"),
        bound="low",
    ),
}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        **LENGTHS,
    },
    "stretches": {
        "from": _text(_("municipality")),
        "to": _text(_("neighbour")),
        "kind": Column(_("what reaches the border"), "category", categories=KINDS),
        "corridor": _text(_("corridor")),
        "symbol_from": Column(_("zone"), "category", categories=_ZONES),
        "symbol_to": Column(_("neighbour's zone"), "category", categories=_ZONES),
        "continues": Column(
            _("goes on across the border"),
            "category",
            categories={c.value: c.label for c in STATES},
        ),
        "length_m": _m(_("length")),
    },
    "borders": {
        "a": _text(_("municipality")),
        "b": _text(_("neighbour")),
        **LENGTHS,
    },
    GROUND_TABLE: GROUND_COLUMNS,
}

VIEWS = (
    View(
        "stretches",
        _("Does it go on across the border?"),
        column="continues",
        categories=STATES,
        popup=("from", "to", "kind", "corridor", "symbol_from", "symbol_to", "length_m"),
        weight=4.0,
        ground=GROUND,
    ),
    View(
        "borders",
        _("Incoherent length by pair of neighbours"),
        column="no_class_m",
        breaks=BREAKS,
        popup=("a", "b", "border_m", "known_m", "green_m", "yes_m", "no_m", "unknown_m"),
        weight=2.0,
        shown=False,
        ground=GROUND,
    ),
    View(
        "municipalities",
        _("Share of incoherent border"),
        column="no_share",
        breaks=(0, 0.1, 0.25, 0.5, 1),
        palette="cividis",
        popup=("name", "plan", "border_m", "known_m", "green_m", "yes_m", "no_m", "unknown_m"),
        shown=False,
        ground=GROUND,
    ),
)
