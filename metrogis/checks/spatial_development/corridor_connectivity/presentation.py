"""Texts, columns and map layers of ``corridor_connectivity``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Category, Column, Ground, Overlay, View, municipality_columns
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.evidence.plans import PLAN_STATES
from metrogis.i18n import UNKNOWN, Text, _, both, pgettext

TITLE = _("Ecological connectivity and the plans")
QUESTION = _(
    "What do the municipal plans do to the connectivity of nature: today, with the "
    "planned zones built, and after each fix; which patches and links matter most?"
)
METHOD = _(
    "Land cover gathered in blocks gives habitat (share of a block) and resistance "
    "(mean; table of classes, roads). A patch is a body of touching habitat blocks, a "
    "link the cheapest path between neighbouring patches. A link of cost d is used "
    "with probability p = exp(ln(p0)/d0·d). Equivalent connected area ECA = square "
    "root of the sum of a_i·a_j·p*_ij: the one patch that would connect as much. dPC "
    "is the loss of PC when a patch or link goes, in parts: intra, flux, connector. "
    "With the plans built, barrier zones take habitat, barriers and filters raise "
    "resistance; a fix leaves one barrier zone as it is today, computed anew for the "
    "zones with the largest estimate (the others have the estimate only). Where a plan "
    "is not in the data land stays as today and the result is a bound: the loss may be "
    "larger. Land of unknown cover is neither habitat nor a way through; the state of "
    "patches beside it, and of links that might lead through it, is unknown. Land "
    "outside the municipalities does not change. Current map: sum of currents of 1 A "
    "between pairs of the largest patches. Restoration: for a disc of land at each block, "
    "what the cheapest path between two patches would cost less if the disc resisted as "
    "little as habitat, per metre and per hectare; the best sites are verified by "
    "restoring them and computing the path again. Resistances are relative: the result "
    "compares states, and describes no one species."
)

TODAY = _(
    "Habitat in the area of analysis: {patches:0} {patches:plural:patch|patches} of "
    "{habitat_ha:0} ha together, {links:0} {links:plural:link|links}. Equivalent "
    "connected area (ECA) today: {eca_today_ha:0} ha, {coherence:%0} of that area."
)
PLAN = _(
    "With the plans built ECA is {eca_plan_ha:0} ha (change {eca_change:%1}); "
    "{lost_ha:0} ha of habitat go. Patches lost: {patches_lost:0}, links cut: "
    "{links_cut:0}, lengthened: {links_longer:0}."
)
PLAN_BOUND = _(
    "With the known plans built ECA is at most {eca_plan_ha:0} ha (change at least "
    "{eca_change:%1}); at least {lost_ha:0} ha of habitat go. Patches lost: "
    "{patches_lost:0}, links cut: {links_cut:0}, lengthened: {links_longer:0}. The "
    "plan of {unknown_ha:0} ha of habitat is not known."
)
NO_PLAN = _("No plan is in the data: connectivity under the plans is unknown.")
FIX = _(
    "The fix that keeps most is to leave zone {zone} in {town} open: {fix_ha:1} ha of "
    "ECA ({fix_share:%0} of the loss)."
)
ALL_FIXES = _(
    "Conflicts (barrier zones on habitat or links): {conflicts:0}. Leaving all of them "
    "open keeps {all_fixes_ha:0} ha of ECA ({all_fixes_share:%0} of the loss)."
)
TOP_PATCH = _(
    "The patch that matters most: no {patch} ({place}), dPC {patch_dpc:1} %; the link "
    "that matters most: {link} (dPC {link_dpc:2} %)."
)
RESTORE = _(
    "Restoring land would help most in {place}: {restore_ha:1} ha there make the path between "
    "patches {link} easier by {restore_share:%0} (computed anew). Sites that help: "
    "{restore_sites:0}."
)
BARE = _(
    "Without a plan in the data: {municipalities_unknown:0} "
    "{municipalities_unknown:plural:municipality|municipalities} ({names}): effect "
    "unknown."
)

PARTLY = _(
    "Only part of the plan is known: {municipalities_partly:0} "
    "{municipalities_partly:plural:municipality|municipalities} ({names}); elsewhere "
    "its effect is unknown."
)
OF_KNOWN = _(
    "The cover of {cover_unknown_ha:1} ha of land ({cover_unknown_share:%1}; {names}) "
    "is not known: the figures below, ECA, dPC and the order are of what is known; "
    "there may be more habitat, links and ECA today."
)

OUTSIDE = _("outside the municipalities")

PATCH_STATES = (
    Category("lost", _("lost"), "#D55E00"),
    Category("shrunk", _("shrunk or split"), "#E69F00"),
    Category("kept", _("kept"), "#009E73"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
LINK_STATES = (
    Category("cut", pgettext("links", "cut"), "#D55E00"),
    Category("lengthened", _("lengthened"), "#E69F00"),
    Category("kept", pgettext("links", "kept"), "#0072B2"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)


def _ha(text: Text, digits: int = 1, note: Text | None = None, **more: Any) -> Column:
    return Column(text, unit="ha", digits=digits, note=note, **more)


def _dpc(text: Text) -> Column:
    return Column(text, unit="%", digits=3, of_known=True)


def _category(text: Text, categories: tuple[Category, ...]) -> Column:
    return Column(text, kind="category", categories={c.value: c.label for c in categories})


_TOWN = Column(_("municipality"), kind="text")
_RANK = Column(_("rank by dPC"), of_known=True)
_COVERED: dict[str, Any] = {"known": "land_share"}
_PLANNED: dict[str, Any] = {"known": "planned_ha"}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "plan": Column(
            _("plan in the data"),
            "category",
            categories=PLAN_STATES,
            of_knowledge=True,
        ),
        "plan_share": Column(
            _("share of land whose plan is known"),
            "share",
            of_knowledge=True,
        ),
        "known_share": Column(
            _("share of land of known plan and cover"),
            "share",
        ),
        "land_share": Column(_("share of land whose cover is known"), "share"),
        "cover_unknown_ha": _ha(_("land whose cover is not known"), of_knowledge=True),
        "habitat_ha": _ha(_("habitat today"), **_COVERED),
        "habitat_share": Column(_("share of habitat"), "share", digits=1, of_known=True),
        "planned_ha": _ha(_("habitat whose plan is known"), bound="low"),
        "lost_ha": _ha(_("lost under the plan"), **_PLANNED),
        "lost_share": Column(
            _("share lost"),
            "share",
            digits=1,
            note=_("of habitat whose plan is known"),
            of_known=True,
        ),
        "unknown_ha": _ha(_("habitat without a plan"), of_knowledge=True, **_COVERED),
        "dPC": _dpc(_("contribution of its patches (dPC)")),
        "links_hit": Column(
            _("links cut or lengthened by its zones"),
            of_known=True,
        ),
        "conflicts": Column(_("zones in conflict"), of_known=True),
    },
    "patches": {
        "patch": Column(_("patch"), of_known=True),
        "municipality": _TOWN,
        "habitat_ha": _ha(_("habitat"), bound="low"),
        "dPC": _dpc(both("dPC")),
        "dPC_intra": _dpc(_("dPC: intra")),
        "dPC_flux": _dpc(_("dPC: flux")),
        "dPC_connector": _dpc(_("dPC: connector")),
        "rank": _RANK,
        "protected_share": Column(_("share protected"), "share", digits=1, of_known=True),
        "lost_ha": _ha(_("lost under the plans"), bound="low"),
        "unknown_ha": _ha(_("without a plan"), of_knowledge=True),
        "pieces": Column(_("pieces under the plans"), of_known=True),
        "state": _category(_("state under the plans"), PATCH_STATES),
    },
    "links": {
        "link": Column(_("link"), of_known=True),
        "i": Column(_("from patch"), of_known=True),
        "j": Column(_("to patch"), of_known=True),
        "length_m": Column(_("length"), unit="m", of_known=True),
        "cost": Column(
            _("cost"),
            note=_("resistance x metres"),
            bound="high",
        ),
        "probability": Column(_("probability"), digits=3, bound="low"),
        "dPC": _dpc(both("dPC")),
        "rank": _RANK,
        "corridor_share": Column(
            _("share inside corridors"),
            "share",
            digits=0,
            of_known=True,
        ),
        "plan_cost": Column(_("cost under the plans"), of_known=True),
        "state": _category(_("state under the plans"), LINK_STATES),
    },
    "conflicts": {
        "municipality": _TOWN,
        "symbol": _category(_("zone type"), ZONE_CATEGORIES),
        "label": Column(_("label of the zone"), kind="text"),
        "zone_ha": _ha(_("area of the zone")),
        "habitat_ha": _ha(_("habitat in the zone"), bound="low"),
        "links": Column(_("links"), of_known=True),
        "protected_ha": _ha(_("in protected areas"), bound="low"),
        "estimate_ha": _ha(
            _("estimated loss of ECA"),
            2,
            _("of first order"),
            of_known=True,
        ),
        "gain_ha": _ha(
            _("ECA kept if left open"),
            2,
            _("computed anew; empty: estimate only"),
            of_known=True,
        ),
        "gain_share": Column(_("share of the loss"), "share", digits=1, of_known=True),
        "rank": Column(_("rank"), of_known=True),
    },
    "restorations": {
        "rank": Column(_("rank"), of_known=True),
        "municipality": _TOWN,
        "i": Column(_("from patch"), of_known=True),
        "j": Column(_("to patch"), of_known=True),
        "area_ha": _ha(_("land to restore"), 2, of_known=True),
        "improvement": Column(
            _("estimated cost spared per metre"),
            digits=1,
            note=_("resistance x metres, per metre restored"),
            of_known=True,
        ),
        "cost": Column(_("cost today"), note=_("resistance x metres"), of_known=True),
        "said_cost": Column(_("estimated cost once restored"), of_known=True),
        "cost_after": Column(_("cost once restored"), note=_("computed anew"), of_known=True),
        "spared": Column(_("cost spared"), of_known=True),
        "spared_per_ha": Column(_("cost spared per hectare"), of_known=True),
    },
}

_PLAN = Ground("known_share")
VIEWS = (
    View(
        "patches",
        _("Habitat patches under the plans"),
        column="state",
        categories=PATCH_STATES,
        popup=("patch", "municipality", "habitat_ha", "dPC", "dPC_intra", "dPC_flux",
               "dPC_connector", "rank", "lost_ha", "pieces", "state"),
        weight=0.5,
        fill_opacity=0.85,
        ground=_PLAN,
    ),
    View(
        "links",
        _("Links under the plans"),
        column="state",
        categories=LINK_STATES,
        popup=("link", "i", "j", "length_m", "cost", "dPC", "rank", "corridor_share",
               "plan_cost", "state"),
        weight=3.0,
        ground=_PLAN,
    ),
    View(
        "conflicts",
        _("Conflicts: ECA kept if open"),
        column="gain_ha",
        breaks=(0, 1, 5, 20, 100),
        palette="cividis",
        popup=("municipality", "symbol", "label", "habitat_ha", "links", "estimate_ha", "gain_ha",
               "rank"),
        weight=0.5,
        fill_opacity=0.8,
        ground=_PLAN,
    ),
    View(
        "restorations",
        _("Sites to restore: cost spared per hectare"),
        column="spared_per_ha",
        breaks=(0, 100, 300, 1000, 3000, 10000),
        palette="viridis",
        popup=("rank", "municipality", "i", "j", "area_ha", "cost", "said_cost", "cost_after",
               "spared_per_ha"),
        shown=False,
        weight=1.0,
        fill_opacity=0.8,
        ground=Ground("land_share"),
    ),
    View(
        "patches",
        _("Importance of patches (dPC)"),
        column="dPC",
        breaks=(0, 0.01, 0.1, 1, 10, 100),
        popup=("patch", "municipality", "habitat_ha", "dPC", "rank"),
        shown=False,
        weight=0.5,
        ground=Ground("land_share"),
    ),
    View(
        "municipalities",
        _("Share of habitat lost"),
        column="lost_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "habitat_ha", "lost_ha", "lost_share", "unknown_ha", "dPC",
               "links_hit", "conflicts"),
        shown=False,
        ground=_PLAN,
    ),
)  # fmt: skip

_BREAKS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
OVERLAYS = (
    Overlay(
        "current_today",
        _("Current flow today"),
        breaks=_BREAKS,
        palette="viridis",
        unit="A",
        digits=2,
        shown=False,
    ),
    Overlay(
        "current_plan",
        _("Current flow under the plans"),
        breaks=_BREAKS,
        palette="viridis",
        unit="A",
        digits=2,
        shown=False,
    ),
    Overlay(
        "barriers",
        _("Barriers: cost spared per metre restored"),
        breaks=(0, 1, 2, 5, 10, 20, 50),
        palette="viridis",
        digits=1,
        shown=False,
    ),
    Overlay(
        "resistance",
        _("Resistance today"),
        breaks=(1, 2, 5, 10, 20, 50, 100),
        palette="cividis",
        shown=False,
    ),
)
