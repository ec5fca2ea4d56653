"""Texts, columns and map views of ``infill_audit``."""

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
from metrogis.i18n import UNKNOWN, Text, _, both, join

TITLE = _("Infill areas of general plans")
QUESTION = _("Do the infill areas (OUZ) that plans draw keep to what the regulation gives?")
METHOD = _(
    "The regulation of 2024 says how infill areas come from buildings: groups of at least five, at "
    "most 100 m apart, a buffer of 50 m, enclosed areas up to 5,000 m2 filled, 40 m taken back, "
    "cut to the plan. A plan may draw less; it may add, in total, a quarter of the area taken "
    "back. On farmland of class I to III outside towns it may add only near a public road. The "
    "statutory areas are computed for plans that draw infill areas. Without buildings in the data, "
    "or with buildings of unknown kind on which it depends, the answer is unknown. The check does "
    "not judge whether an enlargement is reasonable."
)

_EXCEEDS = _(
    "{exceeds:0} {exceeds:plural:municipality adds|municipalities add} more to the statutory "
    "infill areas than the regulation allows"
)
_FARMLAND = _(
    "{farmland:0} {farmland:plural:municipality adds|municipalities add} farmland of class I-III "
    "away from roads"
)
_WITHIN = _("{within:0} {within:plural:municipality keeps|municipalities keep} to the regulation")
_NONE = _("{none:0} {none:plural:municipality draws|municipalities draw} no infill areas")
_UNKNOWN = _("of {state_unknown:0} it is unknown")
_STOP = both(".")
_ALL_UNKNOWN = _("Whether infill areas keep to the regulation is unknown in all municipalities")


def states(values: Mapping[str, float]) -> Text:
    """Return the sentence on municipalities by state; clauses that tell of zero are left out."""
    named = (("exceeds", _EXCEEDS), ("farmland", _FARMLAND), ("within", _WITHIN), ("none", _NONE))
    said = [text for name, text in named if values[name] > 0]
    if not said:
        return sentence(_ALL_UNKNOWN, _STOP)
    if values["state_unknown"] > 0:
        said.append(_UNKNOWN)
    return sentence(join("; ", said).capitalized(), _STOP)


LARGEST = _(
    "{municipality} adds {largest_excess_m2:0} m² to the statutory areas, where {largest_pp_m2:0} "
    "m² are allowed."
)
UNUSED = _("Statutory infill areas that plans leave out, as they may: {unused_ha:0} ha known.")
NO_BUILDINGS = _(
    "Statutory infill areas are unknown: they need the layer buildings, with the kind of each "
    "(kst)."
)

STATES = (
    Category("within", _("keeps to the regulation"), "#009E73"),
    Category("exceeds", _("adds more than allowed"), "#D55E00"),
    Category("farmland", _("adds farmland away from roads"), "#CC79A7"),
    Category("none", _("no infill areas drawn"), "#F0E442"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
KINDS = ("kept", "unused", "excess", "farmland_breach")
_AREAS = (
    Category("kept", _("drawn, statutory"), "#009E73"),
    Category("unused", _("statutory, not drawn"), "#56B4E9"),
    Category("excess", _("drawn beyond the statutory area"), "#D55E00"),
    Category("farmland_breach", _("of it farmland away from roads"), "#CC79A7"),
)


def _m2(text: Text) -> Column:
    return Column(text, unit="m2", of_known=True)


def _ha(text: Text) -> Column:
    return Column(text, unit="ha", digits=1, of_known=True)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "state": Column(
            _("infill areas"), "category", categories={c.value: c.label for c in STATES}
        ),
        "statutory_ha": _ha(_("statutory area")),
        "drawn_ha": _ha(_("drawn area")),
        "excess_m2": _m2(_("drawn beyond the statutory area")),
        "pp_m2": _m2(_("enlargement allowed in total (Pp)")),
        "pp_spent_share": Column(_("share of the allowed enlargement used"), "share",
                                 of_known=True),
        "farmland_breach_m2": _m2(_("farmland of class I-III added away from roads")),
        "unused_ha": _ha(_("statutory area not drawn")),
    },
    "areas": {
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "kind": Column(_("kind"), "category", categories={c.value: c.label for c in _AREAS}),
        "area_ha": _ha(_("area")),
    },
    GROUND_TABLE: GROUND_COLUMNS,
}  # fmt: skip
VIEWS = (
    View(
        "municipalities",
        _("Infill areas against the regulation"),
        column="state",
        categories=STATES,
        popup=("name", "state", "drawn_ha", "statutory_ha", "excess_m2", "pp_m2"),
        fill_opacity=0.5,
    ),
    View(
        "areas",
        _("Infill areas: drawn and statutory"),
        column="kind",
        categories=_AREAS,
        popup=("municipality", "kind", "area_ha"),
        weight=0.8,
        fill_opacity=0.8,
        ground=GROUND,
    ),
)
