"""Texts, columns and map views of ``border_gaps``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.i18n import UNKNOWN, Text, _, both, join

TITLE = _("Cycle routes broken at borders")
QUESTION = _(
    "Where does a cycle route end at a municipal border, and how much is missing to "
    "the route beyond it?"
)
METHOD = _(
    "For each pair of neighbouring municipalities: ends of infrastructure within 500 m "
    "of their border, and the shortest way by street to infrastructure on the other "
    "side, at most 1500 m. The way runs along streets open to bicycles that have no "
    "infrastructure, in both directions, also against one-way streets. Where the way "
    "round over infrastructure is shorter than 1.5 times the gap there is no gap. "
    "Infrastructure comes from OSM tags and the municipal layer; where they differ a "
    "gap may be only apparent. A crossing is continuous where infrastructure crosses "
    "the border. Where the data show no infrastructure of the neighbour the result is "
    "“unknown”. Order: km of network on the weaker side joined per metre of gap. The "
    "numbers given are the defaults of the parameters."
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return join("", parts)


def lowered(text: Text) -> Text:
    """Return a text that goes on within a sentence."""
    return text.map(_lowered)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


_STATES = _(
    "{pairs_continuous:0} {pairs_continuous:plural:has|have} a continuous cycle route, "
    "{pairs_gap:0} only gaps, {pairs_none:0} no route near"
)
_OF = _("Of {pairs:0} {pairs:plural:border|borders} between municipalities ")
PAIRS = joined(_OF, _STATES, both("."))
PAIRS_PARTLY = joined(
    _OF,
    _STATES,
    _("; of {pairs_unknown:0} it is unknown."),
)
PAIRS_UNKNOWN = joined(
    _(
        "Of {pairs_unknown:0} of {pairs:0} borders between municipalities it is "
        "unknown whether a cycle route crosses them. Of the others "
    ),
    _STATES,
    both("."),
)
PAIRS_NOTHING = _(
    "Of none of {pairs:0} {pairs:plural:border|borders} between municipalities is it "
    "known whether a cycle route crosses it: there are too few data."
)
NO_BORDERS = _("The municipalities have no borders with each other.")
GAPS = _(
    "Gaps at borders: {gaps:0}, together {gaps_km:1} km of streets; median length "
    "{gap_median_m:0} m."
)
NO_GAPS = _("Gaps at borders: {gaps:0}.")
OF_KNOWN = _("Where the data suffice, ")
BEYOND = _(" With nothing beyond the border: {nothing_beyond:0}.")
MAYBE = _(
    " Of {gaps_uncertain:0} more it is unknown whether a route that the data lack closes them."
)
FIRST = _(
    "The most urgent: {first_gap_m:0} m between {a} and {b}{road}; it would join "
    "networks of which the smaller has {first_joins_km:1} km."
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("gap", _("gap"), "#D55E00"),
    Category("continuous", _("continuous"), "#009E73"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
PAIR_STATES = (
    *STATES[:2],
    Category("none", _("no route near"), "#56B4E9"),
    STATES[2],
)
REASONS = {
    "missing_between": _("a stretch at the border is missing"),
    "nothing_beyond": _("nothing goes on beyond"),
    "crosses": _("the route crosses the border"),
    "no_data": _("no data on the other side"),
    "may_be_closed": _("the data near it are not complete: the route may go on"),
}

_NAME_A = Column(_("municipality"), kind="text")
_NAME_B = Column(_("neighbour"), kind="text")
_TERYT_A = Column(both("TERYT"), kind="text")
_TERYT_B = Column(_("TERYT of the neighbour"), kind="text")


_BESIDE = _("beside borders that are unknown")


def _states(categories: tuple[Category, ...]) -> Column:
    return Column(
        _("state"),
        kind="category",
        categories={c.value: c.label for c in categories},
    )


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(_("covered by cycle data"), "flag"),
        "neighbours": Column(_("neighbours"), bound="low"),
        "continuous": Column(
            _("borders with a continuous route"),
            note=_BESIDE,
            bound="low",
            known="decided_share",
        ),
        "gaps": Column(
            _("gaps at borders"),
            note=_BESIDE,
            bound="low",
            known="decided_share",
        ),
        "gaps_km": Column(
            _("length of gaps"),
            unit="km",
            digits=1,
            bound="low",
            known="decided_share",
        ),
        "shortest_gap_m": Column(_("shortest gap"), unit="m", of_known=True),
        "unknown": Column(_("borders unknown"), of_known=True),
        "decided_share": Column(
            _("share of borders decided"),
            kind="share",
            of_known=True,
        ),
    },
    "crossings": {
        "rank": Column(_("rank"), of_known=True),
        "teryt_a": _TERYT_A,
        "teryt_b": _TERYT_B,
        "name_a": _NAME_A,
        "name_b": _NAME_B,
        "state": _states(STATES),
        "reason": Column(_("why"), kind="category", categories=REASONS),
        "length_m": Column(_("length of the gap"), unit="m", bound="high"),
        "detour": Column(
            _("detour"),
            unit="1",
            digits=2,
            note=_("way by street / straight line"),
            of_known=True,
        ),
        "around_m": Column(
            _("way round over infrastructure"),
            unit="m",
            note=_("missing: there is none"),
            of_known=True,
        ),
        "stress": Column(_("highest stress"), unit="level", of_known=True),
        "low_stress_share": Column(_("share of low stress"), "share", of_known=True),
        "road": Column(_("road"), kind="text"),
        "joins_km": Column(
            _("network joined"),
            unit="km",
            digits=1,
            note=_("the smaller of two; 0: one network"),
            of_known=True,
        ),
    },
    "borders": {
        "teryt_a": _TERYT_A,
        "teryt_b": _TERYT_B,
        "name_a": _NAME_A,
        "name_b": _NAME_B,
        "border_km": Column(_("length of the border"), unit="km", digits=1),
        "state": _states(PAIR_STATES),
        "continuous": Column(_("continuous crossings"), bound="low"),
        "gaps": Column(_("gaps"), bound="low"),
    },
}

_GROUND = Ground("cycle_data")

VIEWS = (
    View(
        "crossings",
        _("Cycle routes at municipal borders"),
        column="state",
        categories=STATES,
        popup=(
            "rank",
            "name_a",
            "name_b",
            "state",
            "reason",
            "length_m",
            "detour",
            "stress",
            "road",
            "joins_km",
        ),
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "borders",
        _("Municipal borders"),
        column="state",
        categories=PAIR_STATES,
        popup=("name_a", "name_b", "state", "continuous", "gaps"),
        weight=2.5,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        _("Gaps at the municipality's borders"),
        column="gaps",
        breaks=(0, 1, 3, 6),
        palette="cividis",
        popup=("name", "neighbours", "continuous", "gaps", "shortest_gap_m", "unknown"),
        shown=False,
        ground=Ground("decided_share"),
    ),
)
