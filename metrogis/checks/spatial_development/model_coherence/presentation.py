"""Texts, columns and map views of ``model_coherence``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.i18n import UNKNOWN, Text, _, both, pgettext
from metrogis.planning.compatibility import PARTS

TITLE = _("Plans against the metropolitan model")
QUESTION = _("Do the municipal plans agree with the metropolitan functional-spatial structure?")
METHOD = _(
    "Areas of the structure (such as strategic areas, growth poles, a green ring) are "
    "laid over planning zones; the metropolis' own table says which zones are "
    "compatible with a class, neutral or in conflict. A pair the table does not name, "
    "and land without a plan in the data, are unknown. Areas of one class that overlap "
    "count once in municipal sums. The check is as good as the table: it does not "
    "judge the model itself."
)

_ALL = _(
    "The metropolitan structure covers {structure_ha:0} ha; plans are in conflict with "
    "it on {conflict_ha:0} ha ({conflict_share:%1} of what is known)"
)
_NONE = _(
    "The metropolitan structure covers {structure_ha:0} ha; where it is known, plans "
    "are not in conflict with it"
)
_UNKNOWN = _(", and on {unknown_ha:0} ha nothing is known (no plan, no known use, or no rule)")
_MOSTLY = _(
    "On {unknown_ha:0} ha of {structure_ha:0} ha of the metropolitan structure nothing "
    "is known (no plan, no known use, or no rule)"
)
_MOSTLY_CONFLICT = _(
    "; plans are in conflict with it on {conflict_ha:0} ha ({conflict_share:%1} of what is known)"
)
_STOP = both(".")
_SHOWN = 0.5


def conflict(values: Mapping[str, float]) -> Text:
    """Return the sentence on conflicts: what is not known first where it is most."""
    some = values["conflict_ha"] >= _SHOWN
    if values["unknown_ha"] > 0.5 * values["structure_ha"]:
        return sentence(_MOSTLY, _MOSTLY_CONFLICT if some else None, _STOP)
    unknown = _UNKNOWN if values["unknown_ha"] >= _SHOWN else None
    return sentence(_ALL if some else _NONE, unknown, _STOP)


WORST = _("Most zones in conflict lie in {area}: {worst_ha:0} ha.")
PARTS_MISSING = _("Parts of the model of which the structure in the data says nothing: {parts}.")
LOST = _(
    "{areas_lost:0} {areas_lost:plural:area|areas} of the structure could not be read: "
    "sums are of the others."
)
PARTS_SHOWN = {**PARTS, "none": _("no part stated")}


def _ha(text: Text) -> Column:
    return Column(text, unit="ha", digits=1)


def _known_ha(text: Text) -> Column:
    return Column(text, unit="ha", digits=1, known="known_share", bound="low")


def _text(text: Text) -> Column:
    return Column(text, kind="text")


_HECTARES = {
    "compatible_ha": _known_ha(_("compatible")),
    "neutral_ha": _known_ha(_("neutral")),
    "conflict_ha": _known_ha(_("in conflict")),
    "unknown_ha": Column(
        UNKNOWN,
        unit="ha",
        digits=1,
        note=_("no plan, no known use, or no rule"),
        of_knowledge=True,
    ),
    "known_share": Column(_("share known"), "share", digits=1),
    "conflict_share": Column(
        _("share in conflict"),
        "share",
        digits=1,
        note=_("of what is known"),
        of_known=True,
    ),
}
COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "structure_ha": replace(_ha(_("area of the structure")), bound="low"),
        **_HECTARES,
    },
    "areas": {
        "name": _text(pgettext("place", "area")),
        "class": _text(_("class")),
        "area_ha": replace(_ha(_("area")), bound="low"),
        **_HECTARES,
    },
    "parts": {
        "part": Column(_("part of the model"), "category", categories=PARTS_SHOWN),
        "classes": replace(_text(_("classes")), of_known=True),
        "area_ha": replace(_ha(_("area")), bound="low"),
        **_HECTARES,
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "conflicts": {
        "name": _text(pgettext("place", "area of the structure")),
        "class": _text(_("class")),
        "municipality": _text(_("municipality")),
        "symbol": Column(
            _("zone type"),
            "category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "label": _text(_("label of the zone")),
        "area_ha": Column(pgettext("model", "area of conflict"), unit="ha", digits=2),
    },
}
VIEWS = (
    View(
        "areas",
        _("Share of zones in conflict"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "class", "area_ha", "compatible_ha", "conflict_ha", "unknown_ha"),
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "conflicts",
        _("Zones in conflict with the structure"),
        column="symbol",
        categories=ZONE_CATEGORIES,
        popup=("name", "class", "municipality", "symbol", "label", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "municipalities",
        _("Share in conflict by municipality"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "structure_ha", "conflict_ha", "unknown_ha"),
        shown=False,
        ground=GROUND,
    ),
)
