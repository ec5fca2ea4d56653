"""Texts, columns and map views of ``corridor_conflicts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext
from metrogis.planning.zones import SEVERITIES

TITLE = _("Ecological corridors against plans")
QUESTION = _(
    "Do the municipal plans protect the ecological corridors as one system: where is a "
    "corridor cut, narrowed or left unprotected?"
)
METHOD = _(
    "Corridors are laid over planning zones; a table (zone type and corridor rank) "
    "says whether a zone is a barrier, a filter or permeable. The share lost is the "
    "area of barriers in the part of the corridor whose plan is known. Clear width is "
    "the diameter of the largest disc that can travel from one end of the corridor to "
    "the other through free space (without barrier zones and built-up land); ends are "
    "core areas or the border of the metropolis, else the two farthest points of the "
    "axis. A bottleneck is a local minimum of that diameter below 500 m. A corridor "
    "may be cut already today (by building), or by the plans. Where a plan or building "
    "is not in the data the width given is the most there can be, and open or cut is "
    "decided only where what is not known does not matter. The numbers are the "
    "defaults of the parameters. The check does not judge the quality of habitats."
)

_LOST = _(
    "{corridors:0} {corridors:plural:corridor has|corridors have} {corridor_ha:0} ha "
    "in the municipalities; plans give {barrier_ha:0} ha ({barrier_share:%1} of what "
    "is known) to barrier zones"
)
_FILTERS = _(", {filter_ha:0} ha to filters")
_UNPLANNED = _(
    "; for {unknown_ha:0} ha ({unknown_share:%1}) no plan, or no use that is known, is in the data"
)
_MOSTLY = _(
    "For {unknown_ha:0} ha ({unknown_share:%1}) of {corridor_ha:0} ha of corridors no "
    "plan, or no use that is known, is in the data"
)
_MOSTLY_LOST = _("; of the rest plans give {barrier_ha:0} ha ({barrier_share:%1}) to barrier zones")
_STOP = both(".")


def lost(values: Mapping[str, float]) -> Text:
    """Return the sentence on what plans take: what is not known first where it is most."""
    filters = _FILTERS if values["filter_ha"] >= _SHOWN else None
    if values["unknown_ha"] > 0.5 * values["corridor_ha"]:
        known = values["barrier_share"] == values["barrier_share"]
        return sentence(_MOSTLY, _MOSTLY_LOST if known else None, filters, _STOP)
    unplanned = _UNPLANNED if values["unknown_ha"] >= _SHOWN else None
    return sentence(_LOST, filters, unplanned, _STOP)


_SHOWN = 0.5
"""Amounts that would be written as 0 are left out."""
_CUT_CLAUSES = (
    ("cut_unknown", _("not decided: {cut_unknown:0}")),
    ("cut", _("cut: {cut:0}")),
    ("cut_today", _("of these already today: {cut_today:0}")),
    ("passable", _("passable: {passable:0}")),
)
_BOTTLENECKS = _(" Bottlenecks below {width} m: {bottlenecks:0}.")


def cut(values: Mapping[str, float]) -> Text:
    """Return the sentence on the state of corridors; clauses that tell of zero are left out."""
    said = [text for name, text in _CUT_CLAUSES if values[name]]
    count = values["cut_unknown"]
    if count and count <= values["cut"] + values["passable"]:  # what is known is more: it leads
        said = [*said[1:], said[0]]
    first = _("Corridors {states}.").bind(states=join("; ", said))
    return sentence(first, _BOTTLENECKS if values["bottlenecks"] else None)


NARROWEST = _("The narrowest passage left is {narrowest_m:0} m wide: {narrowest}.")
NARROWEST_AT_MOST = _("The narrowest passage is at most {narrowest_m:0} m wide: {narrowest}.")
NO_BUILT = _(
    "Built-up land is not in the data: which corridors are open is unknown, and widths "
    "are the most there can be."
)
_BUILT = _("{built_ha:0} ha of the corridors ({built_share:%1}) are built up already")
_NOT_BUILT = _("Where it is known, nothing is built in the corridors")
_BUILT_DARK = _("; of {built_unknown_ha:0} ha it is unknown")


def built(values: Mapping[str, float]) -> Text:
    """Return the sentence on built-up land in the corridors."""
    dark = _BUILT_DARK if values["built_unknown_ha"] >= _SHOWN else None
    return sentence(_BUILT if values["built_ha"] >= _SHOWN else _NOT_BUILT, dark, _STOP)


_PROTECTED = _("{protected_ha:0} ha of the corridors ({protected_share:%1}) lie in protected areas")
_PROTECTED_LOST = _(
    "; inside protected areas plans set out {protected_barrier_ha:0} ha of barrier zones"
)
_PROTECTED_DARK = _(
    "; the plan of {protected_unknown_ha:0} ha of protected areas is not in the data"
)


def protected(values: Mapping[str, float]) -> Text:
    """Return the sentence on protected areas; clauses that tell of zero are left out."""
    return sentence(
        _PROTECTED,
        _PROTECTED_LOST if values["protected_barrier_ha"] >= _SHOWN else None,
        _PROTECTED_DARK if values["protected_unknown_ha"] >= _SHOWN else None,
        _STOP,
    )


BARE = _(
    "In {municipalities_unknown:0} "
    "{municipalities_unknown:plural:municipality|municipalities} with a corridor no "
    "plan, or no use that is known, is in the data ({names}): effect unknown."
)
CORRIDORS_LOST = _(
    "{corridors_lost:0} {corridors_lost:plural:corridor|corridors} of the data could "
    "not be read: sums are of the others."
)

_UNDECIDED = Category("unknown", UNKNOWN, "#BBBBBB", hatch=True)
CUTS = (
    Category("yes", _("cut"), "#D55E00"),
    Category("no", _("passable"), "#009E73"),
    _UNDECIDED,
)
ENOUGH = (
    Category("yes", _("wide enough"), "#009E73"),
    Category("no", _("too narrow"), "#D55E00"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
ENOUGH_COUNTS = {"wide_enough": "yes", "too_narrow": "no", "width_unknown": "unknown"}
_ENOUGH = {
    "too_narrow": _("Corridors narrower under the plans than their rank asks: {too_narrow:0}"),
    "wide_enough": _("corridors as wide as their rank asks: {wide_enough:0}"),
    "width_unknown": _("corridors of which this is unknown: {width_unknown:0}"),
}


def enough(values: Mapping[str, float]) -> Text:
    """Return the sentence on widths by rank; clauses that tell of zero are left out."""
    said = [text for name, text in _ENOUGH.items() if values[name] > 0]
    return sentence(join("; ", said).capitalized(), both("."))


STATES = (
    Category("cut_by_plan", _("cut by plans"), "#D55E00"),
    Category("cut_today", _("cut already today"), "#7B3294"),
    Category("open", _("open"), "#009E73"),
    _UNDECIDED,
)
TODAY = (
    Category("cut", _("cut"), "#7B3294"),
    Category("open", _("open"), "#009E73"),
    _UNDECIDED,
)
SEVERITY = (
    Category("barrier", SEVERITIES["barrier"], "#D55E00"),
    Category("filter", SEVERITIES["filter"], "#E69F00"),
)
KINDS = (
    Category("cut", pgettext("event", "cut by plans"), "#D55E00"),
    Category("cut_today", pgettext("event", "cut already today"), "#7B3294"),
    Category("bottleneck", _("bottleneck"), "#E69F00"),
)
_MOST = _("the most there can be where some plans or building are not in the data")
_LEAST = _("land whose plan or building is unknown counted as lost")
_PLANNED = _("of the part whose plan is known")


def _ha(text: Text) -> Column:
    return Column(text, unit="ha", digits=1)


def _text(text: Text) -> Column:
    return Column(text, kind="text")


def _category(text: Text, categories: tuple[Category, ...]) -> Column:
    return Column(text, kind="category", categories={c.value: c.label for c in categories})


def _known_ha(text: Text, known: str) -> Column:
    return Column(text, unit="ha", digits=1, known=known, bound="low")


_EFFECTS = {
    "barrier_ha": _known_ha(_("barrier zones"), "unknown_ha"),
    "filter_ha": _known_ha(_("filter zones"), "unknown_ha"),
    "permeable_ha": _known_ha(_("permeable zones"), "unknown_ha"),
    "unknown_ha": _ha(_("plan unknown")),
}
_BUILT_COLUMNS = {
    "built_ha": _known_ha(_("built-up land in corridors"), "built_unknown_ha"),
    "built_unknown_ha": _ha(_("building unknown")),
}
_SHARES = {
    "barrier_share": Column(
        _("share of barriers"),
        "share",
        digits=1,
        note=_PLANNED,
        of_known=True,
    ),
    "unknown_share": Column(_("share without a plan"), "share", digits=1, of_knowledge=True),
}
_SYMBOL = _category(_("zone type"), ZONE_CATEGORIES)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "corridors": Column(_("corridors"), bound="low"),
        "corridor_ha": replace(_ha(_("area of corridors")), bound="low"),
        **_EFFECTS,
        **_SHARES,
        **_BUILT_COLUMNS,
        "protected_ha": replace(_ha(_("protected areas")), bound="low"),
        "protected_barrier_ha": _known_ha(
            _("barrier zones in protected areas"),
            "protected_unknown_ha",
        ),
        "protected_unknown_ha": _ha(_("protected areas whose plan is unknown")),
        "bottlenecks": Column(_("bottlenecks"), bound="low"),
        "cuts": Column(_("cuts by plans"), bound="low"),
        "cuts_today": Column(_("cuts already today"), bound="low"),
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "corridors": {
        "name": _text(_("corridor")),
        "rank": _text(pgettext("importance", "rank")),
        "municipalities": Column(_("municipalities"), bound="low"),
        "area_ha": replace(_ha(_("area")), bound="low"),
        **_EFFECTS,
        **_SHARES,
        **_BUILT_COLUMNS,
        "protected_ha": _known_ha(_("protected areas"), "protected_unknown_ha"),
        "protected_unknown_ha": _ha(_("protection unknown")),
        "protected_share": Column(_("share protected"), "share", digits=1, of_known=True),
        "clear_width_before_m": Column(
            _("clear width today"),
            unit="m",
            note=_MOST,
            bound="high",
        ),
        "clear_width_before_least_m": Column(
            _("width today at least"),
            unit="m",
            note=_LEAST,
            bound="low",
        ),
        "clear_width_m": Column(
            _("clear width under the plans"),
            unit="m",
            note=_MOST,
            bound="high",
        ),
        "clear_width_least_m": Column(
            _("clear width at least"),
            unit="m",
            note=_LEAST,
            bound="low",
        ),
        "width_known": Column(_("width decided"), "flag", of_knowledge=True),
        "state_today": _category(_("state today"), TODAY),
        "cut": _category(pgettext("event", "cut"), CUTS),
        "state": _category(_("state under the plans"), STATES),
        "strands": Column(_("parallel strands")),
        "min_width_m": Column(_("least width of its rank"), unit="m", of_known=True),
        "wide_enough": _category(_("as wide as its rank asks"), ENOUGH),
    },
    "conflicts": {
        "corridor": _text(_("corridor")),
        "rank": _text(pgettext("importance", "rank")),
        "municipality": _text(_("municipality")),
        "symbol": _SYMBOL,
        "label": _text(_("label of the zone")),
        "severity": _category(_("effect"), SEVERITY),
        "area_ha": Column(_("area of conflict"), unit="ha", digits=2),
        "corridor_share": Column(_("share of the corridor"), "share", digits=2),
    },
    "bottlenecks": {
        "corridor": _text(_("corridor")),
        "kind": _category(_("kind"), KINDS),
        "municipality": _text(_("municipality")),
        "width_m": Column(_("clear width"), unit="m"),
    },
    "protected": {
        "name": _text(_("protected area")),
        "form": _text(_("form of protection")),
        "area_ha": replace(_ha(_("area")), bound="low"),
        **_EFFECTS,
    },
}

VIEWS = (
    View(
        "corridors",
        _("Corridors: passable under the plans?"),
        column="state",
        categories=STATES,
        popup=(
            "name",
            "rank",
            "area_ha",
            "barrier_ha",
            "barrier_share",
            "unknown_share",
            "clear_width_before_m",
            "clear_width_m",
            "clear_width_least_m",
            "state_today",
            "state",
        ),
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "conflicts",
        _("Zones inside corridors"),
        column="severity",
        categories=SEVERITY,
        popup=("corridor", "municipality", "symbol", "label", "severity", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "bottlenecks",
        _("Bottlenecks and cuts"),
        column="kind",
        categories=KINDS,
        popup=("corridor", "kind", "municipality", "width_m"),
        radius=7.0,
        fill_opacity=0.95,
        ground=GROUND,
    ),
    View(
        "corridors",
        _("Corridors: as wide as their rank asks?"),
        column="wide_enough",
        categories=ENOUGH,
        popup=("name", "rank", "clear_width_m", "clear_width_least_m", "min_width_m"),
        shown=False,
        ground=GROUND,
    ),
    View(
        "protected",
        _("Barrier zones in protected areas"),
        column="barrier_ha",
        breaks=(0, 1, 10, 100),
        popup=("name", "form", "area_ha", "barrier_ha", "unknown_ha"),
        shown=False,
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "municipalities",
        _("Share of barriers in corridors"),
        column="barrier_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "corridor_ha", "barrier_ha", "barrier_share", "unknown_share"),
        shown=False,
        ground=GROUND,
    ),
)
