"""Texts, columns and map views of ``social_access``."""

from __future__ import annotations

from collections.abc import Mapping

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.plan_ground import sentence
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Schools and green areas within a walk")
QUESTION = _(
    "Do residents, and those whom plans make room for, have a school and green areas within the "
    "walks that the planning act asks for?"
)
METHOD = _(
    "Standards of art. 13f of the planning act: a primary school within 1500 m in towns and 3000 m "
    "outside; public green areas of together 3 ha within 1500 m, and one of 20 ha within 3000 m; "
    "where a plan has standards of its own, these. Walks run along streets from the border of the "
    "parcel, or of a cell of 100 m, to the school or to the border of the green area. In an "
    "urban-rural municipality, where it is not known which land is town, a school between both "
    "walks is unknown. Near the edge of the data, and where streets are not known, only a yes is "
    "certain. The act was read in its wording of mid-2024."
)

_FAR = _(
    "{all_no:0} {all_no:plural:resident is|residents are} known to have farther than the "
    "standards allow"
)
_TO_SCHOOL = _("{school_no:0} to a primary school")
_TO_GREEN = _("{green_no:0} to green areas")


def far(values: Mapping[str, float]) -> Text:
    """Return the sentence on who has farther; clauses that tell of zero are left out."""
    named = (("school_no", _TO_SCHOOL), ("green_no", _TO_GREEN))
    said = [text for name, text in named if values[name] >= 1]
    rest = (both(": "), join(", ", said)) if said else ()
    return sentence(_FAR, *rest, both("."))


NEAR = _("All residents whose walks are known have a school and green areas within the standards.")
SHARE = _(
    "{all_yes_share:%0} of the residents whose walks are known have both within the standards."
)
WORST = _("The smallest known share is in {municipality}: {worst_share:%0}.")
CAPACITY = _(
    "Of the people whom plans are known to make room for, {capacity_all_yes_share:%0} would have "
    "both within "
    "the standards."
)
UNKNOWN_PEOPLE = _("Of {unknown_residents:0} residents it is unknown.")
ALL_UNKNOWN = _("How far residents have to schools and green areas is unknown.")
MISSING = _("Missing layers: {layers}.")

STATES: dict[str, Text] = {"yes": _("within the standard"), "no": _("farther"), "unknown": UNKNOWN}
LACKS = (
    Category("nothing", _("within all standards"), "#009E73"),
    Category("school", _("farther from a school"), "#E69F00"),
    Category("green", _("farther from green areas"), "#56B4E9"),
    Category("services", _("farther from other services that the plan asks for"), "#F0E442"),
    Category("several", _("farther from several of them"), "#D55E00"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
_STANDARDS = {"act": _("of the planning act"), "plan": _("of the plan (OSD)")}
_UNITS = {"cell": _("cell"), "parcel": _("parcel")}


def _share(text: Text, note: Text | None = None) -> Column:
    return Column(text, "share", note=note, of_known=True)


def _people(text: Text) -> Column:
    return Column(text, unit="people", bound="low", known="known_share", of_known=True)


def _state(text: Text) -> Column:
    return Column(text, "category", categories=STATES)


_OF_KNOWN = _("of residents of whom that is known")

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "all_yes_share": _share(_("share with a school and green areas in reach"), _OF_KNOWN),
        "school_yes_share": _share(_("share with a school in reach"), _OF_KNOWN),
        "green_yes_share": _share(_("share with green areas in reach"), _OF_KNOWN),
        "residents": Column(pgettext("column", "residents"), unit="people", bound="low",
                            known="known_share", of_known=True),
        "unknown_share": Column(
            _("share of residents of whom it is unknown"), "share", of_knowledge=True
        ),
        "capacity_all_yes_share": _share(
            _("share of the capacity of plans within the standards"),
            _("of the capacity of which that is known"),
        ),
        "all_no": _people(_("residents farther than the standards")),
        "school_no": _people(_("residents farther from a school")),
        "green_no": _people(_("residents farther from green areas")),
        "capacity": Column(_("capacity of plans"), unit="people", of_known=True),
        "known_share": Column(_("share known"), "share", digits=1),
    },
    "cells": {
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "unit": Column(pgettext("table", "place"), "category", categories=_UNITS),
        "residents": Column(pgettext("column", "residents"), unit="people", digits=1,
                            of_known=True),
        "school": _state(_("primary school")),
        "green": _state(_("green areas")),
        "services": _state(_("other services that the plan asks for")),
        "all": _state(_("all standards")),
        "school_m": Column(_("walk to the nearest school"), unit="m", of_known=True),
        "green_ha": Column(_("green areas in reach together"), unit="ha", digits=1, bound="low"),
        "large_green_m": Column(_("walk to a large green area"), unit="m", of_known=True),
        "standards": Column(_("standards"), "category", categories=_STANDARDS),
    },
    "areas": {
        "teryt": Column(both("TERYT"), kind="text"),
        "municipality": Column(_("municipality"), kind="text"),
        "lacks": Column(
            _("access"),
            "category",
            categories={c.value: c.label for c in LACKS},
            note=_("what is known to be lacking: of the rest it may be unknown"),
            of_known=True,
        ),
        "residents": Column(pgettext("column", "residents"), unit="people", of_known=True),
    },
}  # fmt: skip

VIEWS = (
    View(
        "areas",
        _("What residents have within the standards"),
        column="lacks",
        categories=LACKS,
        popup=("municipality", "lacks", "residents"),
        weight=0.3,
        fill_opacity=0.85,
    ),
    View(
        "municipalities",
        _("Share of residents with a school and green areas in reach"),
        column="all_yes_share",
        breaks=(0, 0.25, 0.5, 0.75, 0.9),
        palette="viridis",
        popup=("name", "all_yes_share", "school_yes_share", "green_yes_share", "unknown_share"),
        fill_opacity=0.6,
        shown=False,
        ground=Ground("known_share"),
    ),
)
