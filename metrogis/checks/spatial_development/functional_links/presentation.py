"""Method and columns of the functional links, in Polish and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.i18n import UNKNOWN, Text, _

KINDS: dict[str, Text] = {
    "1": _("town"),
    "2": _("rural municipality"),
    "3": _("urban-rural municipality"),
}
"""Kind of a municipality by the last digit of TERYT, for names that repeat."""

TITLE = _("Functional links of municipalities")
QUESTION = _(
    "Which municipalities are tied most strongly, and how far do they lean on the core cities?"
)

METHOD = _(
    "From a table of flows between municipalities we sum flows in and out, within the "
    "area and across its border. A municipality is subordinate when its largest "
    "outflow goes to a larger one, that is one of larger inflow (Nystuen & Dacey "
    "1961); functional regions are those of highest modularity. Small counts are not "
    "published, so no row does not mean zero: sums are lower bounds, with upper bounds "
    "beside them; rows that cannot be used take the upper bounds away. Core cities, "
    "the hierarchy, ranks and regions are of what is known, and flags tell where more "
    "knowledge could change them. Migration is only a proxy for commuting: it also "
    "runs from cities to suburbs, so that a suburb may rank above its town (size can "
    "be measured by population instead), and it does not tell who stays: "
    "self-containment is then unknown."
)

DOMINANCE: dict[str, Text] = {
    "terminal": _("terminal (dominant) centre"),
    "subordinate": _("subordinate"),
    "none": _("no dominant flow"),
    "unknown": UNKNOWN,
}

DOMINANCE_CLASSES = (
    Category("terminal", DOMINANCE["terminal"], "#D55E00"),
    Category("subordinate", DOMINANCE["subordinate"], "#56B4E9"),
    Category("none", DOMINANCE["none"], "#F0E442"),
    Category("unknown", DOMINANCE["unknown"], "#d9d9d9", hatch=True),
)

# --------------------------------------------------------------------------- columns

_MAX = _(
    "if every unpublished record has its largest possible value; no data where a row "
    "cannot be used, or the table does not hold a municipality"
)
_SHARE_BASE = _(
    "of the municipality's recorded outflow, without flows that stay; of the outflow "
    "within the area where so set, or where the table does not reach beyond it"
)
_OF_KNOWN = _(
    "no: regions are of what is recorded; flows that the table does not tell could change them"
)

_CORE_MAX = _(
    "the bounds hold for every possible choice of core cities where these are not certain"
)
_RECORDED = _("sum of the recorded rows, a lower bound; no data where none is recorded")


Bound = Literal["", "low", "high"]


def _people(text: Text, note: Text | None = None, bound: Bound = "") -> Column:
    return Column(text, unit="people", note=note, bound=bound)


def _share(text: Text, note: Text | None = None, bound: Bound = "") -> Column:
    """Share of what is recorded, or one of its bounds."""
    return Column(text, kind="share", digits=1, note=note, bound=bound, of_known=not bound)


def _text(text: Text, note: Text | None = None) -> Column:
    return Column(text, kind="text", note=note)


def _flag(text: Text, note: Text | None = None) -> Column:
    return Column(text, kind="flag", note=note)


def _certain(text: Text, note: Text | None = None) -> Column:
    return replace(_flag(text, note), of_knowledge=True)


def _municipal_columns() -> dict[str, Column]:
    columns = municipality_columns()
    columns["population"] = _people(_("population"))
    columns |= {
        "flows_known": _flag(
            _("flows are known"),
            _("the table holds the municipality and none of its rows was lost; at "
"most small counts are missing, which are not published"),
        ),
        "rows_lost": Column(
            _("rows that cannot be used"),
            note=_("without a count, or with a code that leads nowhere"),
            bound="low",
            of_knowledge=True,
        ),
        "core": replace(_flag(_("core city")), of_known=True),
        "core_certain": _certain(
            _("core cities are certain"),
            _("no: the population (or inflow) of one that could be a core city is "
"not known"),
        ),
    }  # fmt: skip
    for key, label in {
        "inflow": _("inflow"),
        "inflow_internal": _("inflow within the area"),
        "inflow_external": _("inflow across the area's border"),
        "outflow": _("outflow"),
        "outflow_internal": _("outflow within the area"),
        "outflow_external": _("outflow across the area's border"),
    }.items():
        columns[key] = replace(_people(label, _RECORDED, "low"), known="flows_known")
        at_most = _("{label}, at most").fill(label=label)
        columns[f"{key}_max"] = _people(at_most, _MAX, "high")
    columns |= _balance_columns() | _share_columns() | _structure_columns()
    # flows go by code: they hang on no outline
    return {name: replace(column, land=False) for name, column in columns.items()}


def _balance_columns() -> dict[str, Column]:
    note = _("inflow less outflow, of the recorded rows")  # fmt: skip
    balance = replace(_people(_("balance"), note), of_known=True)
    return {
        "balance": balance,
        "balance_low": _people(_("balance, at least"), _MAX, "low"),
        "balance_high": _people(_("balance, at most"), _MAX, "high"),
        "balance_internal": replace(balance, label=_("balance within the area")),
        "balance_per_1000": Column(
            _("balance per 1000 residents"),
            unit="people per 1000",
            digits=1,
            of_known=True,
        ),
    }


def _share_columns() -> dict[str, Column]:
    return {
        "border_in": _share(_("inflow from outside the area")),
        "border_in_low": _share(_("from outside, at least"), bound="low"),
        "border_in_high": _share(_("from outside, at most"), bound="high"),
        "border_out": _share(_("outflow to outside the area")),
        "border_out_low": _share(_("to outside, at least"), bound="low"),
        "border_out_high": _share(_("to outside, at most"), bound="high"),
        "flow_to_core": replace(_people(_("flow to core cities"), _RECORDED), of_known=True),
        "flow_from_core": replace(_people(_("flow from core cities"), _RECORDED), of_known=True),
        "share_to_core": _share(_("share of outflow to core cities"), _SHARE_BASE),
        "share_to_core_low": replace(
            _share(_("to core, at least"), _CORE_MAX, "low"),
            of_known=True,
        ),
        "share_to_core_high": replace(
            _share(_("to core, at most"), _CORE_MAX, "high"),
            of_known=True,
        ),
        "share_from_core": _share(_("share of inflow from core cities")),
        "main_destination": replace(_text(_("main destination")), of_known=True),
        "main_destination_code": replace(_text(_("main destination, TERYT")), of_known=True),
        "main_destination_flow": _people(_("flow to main destination"), bound="low"),
        "main_destination_share": _share(_("share of main destination"), _SHARE_BASE),
        "main_destination_certain": _certain(
            _("main destination is certain"),
            _("no other flow, which the table does not tell, can be larger"),
        ),
        "own_flow": _people(
            _("flow that stays"),
            _("migration: only moves between town and rural part, or between districts"),
            "low",
        ),
        "self_containment": _share(
            _("self-containment (residents)"),
            _("staying / (staying + outflow); unknown for migration"),
        ),
        "job_self_containment": _share(
            _("self-containment (jobs)"),
            _("staying / (staying + inflow); unknown for migration"),
        ),
        "pairs_without_row": Column(
            _("pairs within the area without a row"),
            note=_("both directions; a flow under the threshold of publication, not zero"),
            of_known=True,
        ),
    }


def _structure_columns() -> dict[str, Column]:
    return {
        "dominance": Column(
            _("place in the hierarchy"),
            kind="category",
            categories=DOMINANCE,
            of_known=True,
        ),
        "dominant": replace(_text(_("dominant centre")), of_known=True),
        "dominant_flow": _people(_("largest outflow in the area"), bound="low"),
        "dominant_share": _share(_("share of outflow within the area")),
        "nodal_centre": replace(_text(_("centre of the nodal region")), of_known=True),
        "hierarchy_level": Column(_("level of the hierarchy"), of_known=True),
        "hierarchy_certain": _certain(
            _("place in the hierarchy is certain"),
            _("nothing that the table does not tell could change it"),
        ),
        "region": replace(
            _text(
                _("functional region"),
                _(
                    "named after its largest municipality (of known population; "
                    "without it, of the largest inflow)"
                ),
            ),
            of_known=True,
        ),
        "region_code": replace(_text(_("functional region, TERYT")), of_known=True),
        "region_stability": _share(
            _("stability of the region"),
            _("share of runs that put the municipality with the same centre"),
        ),
        "region_certain": _certain(_("region of all flows"), _OF_KNOWN),
    }


_ENDS = {
    "origin": _text(_("origin, TERYT")),
    "origin_name": _text(_("origin")),
    "destination": _text(_("destination, TERYT")),
    "destination_name": _text(_("destination")),
}

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "municipalities": _municipal_columns(),
    "links": {
        "rank": Column(_("rank"), of_known=True),
        **_ENDS,
        "flow": _people(_("flow there"), bound="low"),
        "flow_back": _people(_("flow back"), bound="low"),
        "flow_both": _people(_("flow in both directions"), bound="low"),
        "flow_both_max": _people(_("both directions, at most"), _MAX, "high"),
        "certain": _certain(
            _("rank is certain"),
            _("no flow that the table does not tell could change it"),
        ),
        "share": _share(_("share of flows within the area")),
    },
    "hierarchy": {
        **_ENDS,
        "flow": _people(_("dominant flow"), bound="low"),
        "share": _share(_("share of outflow within the area")),
        "level": Column(_("level of the hierarchy"), of_known=True),
        "certain": _certain(_("certain")),
    },
    "core": {
        "origin": _ENDS["origin"],
        "origin_name": _ENDS["origin_name"],
        "core": _text(_("core city, TERYT")),
        "core_name": _text(_("core city")),
        "flow": _people(_("flow to the city"), bound="low"),
        "flow_max": _people(_("to the city, at most"), _MAX, "high"),
        "share": _share(_("share of outflow"), _SHARE_BASE),
        "share_low": _share(_("share, at least"), _MAX, "low"),
        "share_high": _share(_("share, at most"), _MAX, "high"),
        "flow_back": _people(_("flow from the city"), bound="low"),
        "flow_back_max": _people(_("from the city, at most"), _MAX, "high"),
    },
    "regions": {
        "region_code": replace(_text(_("centre, TERYT")), of_known=True),
        "region": replace(_text(_("centre")), of_known=True),
        "municipalities": Column(_("municipalities"), of_known=True),
        "population": _people(_("population")),
        "flow_within": _people(_("flows within the region"), bound="low"),
        "flow_leaving": _people(_("outflow to other regions"), bound="low"),
        "share_within": _share(_("share that stays in the region")),
        "stability": _share(_("stability of the region")),
        "certain": _certain(_("region of all flows"), _OF_KNOWN),
    },
}

_KNOWN = Ground("flows_known")

VIEWS = (
    View(
        "municipalities",
        _("Share of outflow to core cities"),
        column="share_to_core",
        breaks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0),
        popup=(
            "share_to_core",
            "flow_to_core",
            "outflow",
            "inflow",
            "balance",
            "main_destination",
            "main_destination_flow",
            "border_out",
            "dominance",
            "region",
            "flows_known",
            "core_certain",
        ),
        ground=_KNOWN,
    ),
    View(
        "municipalities",
        _("Balance per 1000 residents"),
        column="balance_per_1000",
        breaks=(-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0),
        palette="PuOr",
        popup=("balance_per_1000", "balance", "balance_low", "balance_high", "population"),
        shown=False,
        ground=_KNOWN,
    ),
    View(
        "links",
        _("Strongest links"),
        column="flow_both",
        breaks=(0.0, 25.0, 50.0, 100.0, 200.0, 400.0),
        palette="plasma",
        popup=(
            "rank",
            "certain",
            "origin_name",
            "destination_name",
            "flow",
            "flow_back",
            "flow_both",
            "flow_both_max",
            "share",
        ),
        weight=3.0,
        ground=_KNOWN,
    ),
    View(
        "hierarchy",
        _("Dominant flows (Nystuen-Dacey)"),
        colour="#D55E00",
        popup=("origin_name", "destination_name", "flow", "share", "certain"),
        shown=False,
        weight=2.5,
        ground=_KNOWN,
    ),
    View(
        "municipalities",
        _("Place in the hierarchy"),
        column="dominance",
        categories=DOMINANCE_CLASSES,
        popup=("dominance", "dominant", "dominant_flow", "nodal_centre", "hierarchy_certain"),
        shown=False,
        ground=_KNOWN,
    ),
    View(
        "regions",
        _("Functional regions"),
        column="share_within",
        breaks=(0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        palette="cividis",
        popup=(
            "region",
            "municipalities",
            "population",
            "share_within",
            "stability",
            "certain",
        ),
        shown=False,
        ground=_KNOWN,
        weight=3.0,
        fill_opacity=0.85,
    ),
    View(
        "core",
        _("Flows to core cities"),
        column="share",
        breaks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0),
        popup=("origin_name", "core_name", "flow", "share", "share_low", "share_high"),
        shown=False,
        ground=_KNOWN,
    ),
)
