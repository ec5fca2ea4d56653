"""Texts, columns and map views of ``housing_balance``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.capacity import DENSITY_FROM
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext
from metrogis.planning.housing import AREA_FROM, BANDS, VARIANTS, Variant

TITLE = _("Housing demand and capacity of plans")
QUESTION = _("Do general plans leave room for neither too few nor too many new residents?")
METHOD = _(
    "Demand is what art. 13d of the planning act asks for: people expected in 20 years (forecast "
    "times 1.05) less those whom the dwellings of today will house. Capacity is the undeveloped "
    "land of zones for dwellings (SW, SJ, SZ) times the density of what is built alike in the "
    "municipality. The law wants capacity between 70 % and 130 % of demand. How floor area per "
    "inhabitant goes on is a variant: all are shown, none is official. The act was read in its "
    "wording of mid-2024; amendments of 2025 were not read. Where statistics, the plan or what is "
    "built are not in the data, the answer is unknown. The check does not replace the balance that "
    "a municipality draws up for its plan."
)

_ABOVE = _(
    "{above:0} {above:plural:municipality plans|municipalities plan} for more than {high:%0} of "
    "{above:plural:its|their} housing demand"
)
_BELOW = _(
    "{below:0} {below:plural:municipality plans|municipalities plan} for less than {low:%0} of "
    "{below:plural:its|their} housing demand"
)
_WITHIN = _(
    "{within:0} {within:plural:municipality keeps|municipalities keep} within the band of "
    "{low:%0} to {high:%0}"
)
_BAND_UNKNOWN = _("of {band_unknown:0} it is unknown")
_NO_BAND = _("Whether plans keep to the housing demand is unknown in all municipalities")
_STOP = both(".")


def bands(values: Mapping[str, float]) -> Text:
    """Return the sentence on bands; clauses that tell of zero are left out."""
    said = [
        text
        for name, text in (("above", _ABOVE), ("below", _BELOW), ("within", _WITHIN))
        if values[name] > 0
    ]
    if not said:
        return sentence(_NO_BAND, _STOP)
    if values["band_unknown"] > 0:
        said.append(_BAND_UNKNOWN)
    return sentence(join("; ", said).capitalized(), _STOP)


SUM = _(
    "Where both are known ({municipalities_summed:0} "
    "{municipalities_summed:plural:municipality|municipalities}), undeveloped land for dwellings "
    "holds {capacity:0} people against a demand of {demand:0}."
)
SUM_RATIO = _(
    "Where both are known ({municipalities_summed:0} "
    "{municipalities_summed:plural:municipality|municipalities}), undeveloped land for dwellings "
    "holds {capacity:0} people against a demand of {demand:0}: {capacity_ratio:%0} of it."
)
FORECAST = _(
    "By the metropolis' own forecast the demand of all municipalities together is "
    "{metropolis_demand:0} people."
)
LARGEST = _(
    "The largest surplus is in {municipality}: its plan holds {largest_ratio:%0} of its demand."
)
TRANSIT = _(
    "{outside_transit_share:%0} of the capacity whose service is known lies outside the reach of "
    "usable public transport."
)
STANDARDS = _(
    "{beyond_standards_share:%0} of the capacity of which it is known is farther from a school or "
    "green areas than the standards of the plan or the act."
)
ORDER = _(
    "{order_broken:0} {order_broken:plural:municipality adds|municipalities add} land outside "
    "local plans and infill areas beyond what the order of art. 13d allows."
)
UNKNOWN_LAND = _(
    "On {unknown_ha:0} ha it is unknown what plans hold: no plan in the data, or it is not known "
    "what is built or how densely."
)
NO_STATISTICS = _(
    "Housing demand is unknown: it needs the layer housing_statistics (residents and floor area "
    "of dwellings by year)."
)
SOME_STATISTICS = _(
    "Housing demand is unknown in {demand_unknown:0} "
    "{demand_unknown:plural:municipality|municipalities}: statistics are missing there."
)
VARIANT_NOTE = _("variant of this project; the official formula was not seen")

BAND_CATEGORIES = (
    Category("below", BANDS["below"], "#0072B2"),
    Category("within", BANDS["within"], "#009E73"),
    Category("above", BANDS["above"], "#D55E00"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
_VARIANTS: dict[str, Text] = {str(name): text for name, text in VARIANTS.items()}
_ORDER = {"yes": _("kept"), "no": _("not kept"), "unknown": UNKNOWN}


def _people(text: Text, note: Text | None = None) -> Column:
    return Column(text, unit="people", note=note, of_known=True)


def _share(text: Text, note: Text | None = None) -> Column:
    return Column(text, "share", note=note, of_known=True)


def _ha(text: Text, *, known: str = "", of_knowledge: bool = False) -> Column:
    return Column(
        text, unit="ha", digits=1, known=known, of_known=not of_knowledge, of_knowledge=of_knowledge
    )


def _demand(variant: Variant) -> Column:
    text = _("demand: {variant}").fill(variant=VARIANTS[variant])
    return replace(_people(text), land=False)


_OF_CAPACITY = _("of the capacity of which that is known")
_LAWFUL = _("of the capacity before legal exclusions of which that is known")

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "band": Column(
            _("capacity against demand"),
            "category",
            categories={c.value: c.label for c in BAND_CATEGORIES},
            of_known=True,
        ),
        "demand": replace(_people(_("housing demand")), land=False),
        "demand_variant": Column(
            _("variant of the demand"),
            "category",
            categories=_VARIANTS,
            note=VARIANT_NOTE,
            land=False,
        ),
        "capacity": replace(_people(_("capacity of plans")), known="known_share"),
        "ratio": _share(_("capacity to demand")),
        "order_ok": Column(
            _("land inside local plans and infill areas goes first"),
            "category",
            categories=_ORDER,
            of_known=True,
        ),
        "outside_transit_share": _share(_("outside usable transit"), _OF_CAPACITY),
        "corridor_share": _share(_("in ecological corridors"), _OF_CAPACITY),
        "protected_share": _share(_("in protected areas"), _LAWFUL),
        "flood_share": _share(_("in flood hazard"), _LAWFUL),
        "farmland_share": _share(_("on farmland of class I-III"), _OF_CAPACITY),
        "beyond_standards_share": _share(
            _("farther than the standards from school or green"), _OF_CAPACITY
        ),
        "undeveloped_ha": _ha(_("undeveloped land for dwellings"), known="known_share"),
        "unknown_ha": _ha(_("land whose capacity is unknown"), of_knowledge=True),
        "known_share": Column(_("share known"), "share", digits=1),
        "capacity_before": _people(_("capacity before legal exclusions")),
        "cross_check": _people(_("capacity by greatest intensity (cross-check)")),
        **{f"demand_{name}": _demand(name) for name in VARIANTS},
        "published_demand": replace(
            _people(_("demand published by the municipality")), land=False
        ),
        "area_per_person": Column(
            _("floor area per inhabitant in 20 years"),
            unit="m2/person",
            digits=1,
            of_known=True,
            land=False,
        ),
        "area_from": Column(
            _("floor area taken from"),
            "category",
            categories=dict(AREA_FROM),
            of_known=True,
            land=False,
        ),
    },
    "zones": {
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "label": Column(_("label"), kind="text"),
        "symbol": Column(
            _("zone type"),
            "category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "capacity": _people(_("capacity")),
        "undeveloped_ha": _ha(_("undeveloped land")),
        "density": Column(_("density of what is built alike"), unit="people/ha", digits=1,
                          of_known=True),
        "density_from": Column(
            _("density from"), "category", categories=dict(DENSITY_FROM), of_known=True
        ),
        "ratio_without": _share(_("capacity to demand without this zone")),
        "band_without": Column(
            _("without this zone"),
            "category",
            categories={c.value: c.label for c in BAND_CATEGORIES},
            of_known=True,
        ),
        "outside_transit_share": _share(_("outside usable transit"), _OF_CAPACITY),
        "max_intensity": Column(_("max. floor area ratio"), digits=1),
        "cross_check": _people(_("capacity by greatest intensity (cross-check)")),
        "unknown_ha": _ha(pgettext("land", "unknown"), of_knowledge=True),
    },
    GROUND_TABLE: GROUND_COLUMNS,
}  # fmt: skip

VIEWS = (
    View(
        "municipalities",
        _("Capacity of plans against housing demand"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "band", "demand", "capacity", "ratio", "order_ok", "unknown_ha"),
        fill_opacity=0.6,
    ),
    View(
        "zones",
        _("People whom a zone's undeveloped land holds"),
        column="capacity",
        breaks=(0, 50, 200, 500, 1000),
        palette="viridis",
        popup=("label", "municipality", "symbol", "capacity", "undeveloped_ha", "band_without",
               "outside_transit_share"),
        weight=0.5,
        fill_opacity=0.85,
        ground=GROUND,
    ),
)  # fmt: skip
