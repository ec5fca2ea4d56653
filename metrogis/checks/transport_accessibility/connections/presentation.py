"""Texts of the check ``connections``: question, method, columns, views, findings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import (
    Category,
    Column,
    Finding,
    Ground,
    View,
    municipality_columns,
)
from metrogis.checks.shared.service_words import COVERAGE, DAYS, ON_DAY
from metrogis.checks.transport_accessibility.connections.parameters import ConnectionsParameters
from metrogis.checks.transport_accessibility.connections.places import LAW
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Connections between seats")
QUESTION = _(
    "Are there enough pairs of connections between the voivodeship city, county seats "
    "and municipal seats, on working days and days off, as the draft law wants?"
)
METHOD = _(
    "For each relation all journeys out and back are searched that no other one beats "
    "(leaves later and arrives earlier), with bounded transfers and travel time. A "
    "pair is one journey out and one back on the same service day; there are as many "
    "pairs as journeys in the rarer direction (round trips after a stay are told "
    "beside). The stops of a place are those within a walk of its point. Connections "
    "found are certain; too few are stated only where all that could serve both ends "
    "is known: timetables are complete, nothing of them was lost near (nor a stop on "
    "the way), and walks can be computed; elsewhere the state is unknown, and why is "
    "told. Where no county seat is marked the voivodeship city is checked instead. The "
    "strongest flows between municipalities are checked alike. Fares, seats and "
    "punctuality are not studied."
)

STATES = {
    "enough": _("enough"),
    "not_enough": _("not enough"),
    "unknown": _("unknown"),
    "walk": _("within a walk"),
    "city": _("voivodeship city"),
    "none": _("no relation"),
}
REASONS = {
    "none": both("–"),
    "day": _("a day type is not in the timetable"),
    "coverage": _("not all timetables are at hand"),
    "everywhere": _("with several transfers all timetables of the area are needed"),
    "lost": _("a stop or trip was lost in reading"),
    "streets": _("the walk to a stop cannot be computed"),
    "outside": _("the place is outside the municipalities"),
    "seat": _("the seat is not in the data"),
    "higher": _("the place it should be connected with is not in the data"),
}
"""Why a state is unknown."""

KINDS = {
    "county_voivodeship": _("county seat - voivodeship city"),
    "municipality_county": _("municipal seat - county seat"),
    "municipality_city": _("municipal seat - voivodeship city (county seat not marked)"),
    "locality_municipality": _("locality - municipal seat"),
    "flow": _("strong flow between municipalities"),
    "none": _("none"),
    "unknown": UNKNOWN,
}
SEATS = {
    "voivodeship": _("voivodeship city"),
    "county": _("county seat"),
    "municipality": _("municipal seat"),
    "none": _("other locality"),
}


_TO = Column(_("to"), "text")
_START = Column(_("from"), "text")
_KIND = Column(_("relation"), "category", categories=KINDS, of_known=True)
"""Of a pair that is of several kinds the first that is known."""
_WHY = Column(_("why unknown"), "category", categories=REASONS, of_known=True)
_FASTEST = Column(_("shortest journey"), unit="min", bound="high")


def _state(text: Text) -> Column:
    return Column(text, "category", categories=STATES)


_STATES = {
    "state": _state(_("state")),
    "state_working": _state(_("state: working days")),
    "state_off": _state(_("state: days off")),
    "state_earlier": _state(_("state: earlier draft")),
}


def _pairs() -> dict[str, Column]:
    return {
        "pairs_working": Column(
            _("pairs on working days"), unit="pairs/day",
            note=_("the least of the working day types"),
            bound="low",
        ),
        "pairs_off": Column(
            _("pairs on days off"), unit="pairs/day",
            note=_("the least of Saturday and Sunday"),
            bound="low",
        ),
    }  # fmt: skip


def _municipal_columns() -> dict[str, Column]:
    share = {
        "enough": _("localities with enough"),
        "not_enough": _("localities with not enough"),
        "unknown": _("localities unknown"),
    }
    return municipality_columns() | {
        "coverage": Column(
            _("timetable coverage"), "category", categories=COVERAGE,
            land=False, of_knowledge=True,
        ),
        "timetable_known": Column(
            _("timetables complete"), "flag",
            note=_("and nothing of them was lost in reading"),
        ),
        "seat": Column(_("seat"), "text"),
        "name_to": _TO,
        "kind": _KIND,
        **_pairs(),
        **_STATES,
        "why": _WHY,
        "fastest_min": _FASTEST,
        "localities": Column(_("other localities"), bound="low"),
        **{f"localities_{k}": Column(t, "share", digits=1, of_known=True)
           for k, t in share.items()},
    }  # fmt: skip


def _relation_columns() -> dict[str, Column]:
    relations = {
        "name_from": _START,
        "name_to": _TO,
        "kind": _KIND,
        "teryt_from": Column(_("TERYT from"), "text"),
        "teryt_to": Column(_("TERYT to"), "text"),
        **_pairs(),
    }
    for day, name in DAYS.items():
        heads = {
            "pairs": _("pairs"),
            "round_trips": _("round trips"),
            "out": _("journeys out"),
            "back": _("journeys back"),
        }
        for key, head in heads.items():
            relations[f"{key}_{day}"] = Column(
                _("{head}: {name}").fill(head=head, name=name), bound="low"
            )
    return relations | _STATES | {"why": _WHY, "fastest_min": _FASTEST}


def _listed_columns() -> dict[str, Column]:
    listed = {
        "name_from": _START,
        "name_to": _TO,
        "day_type": Column(_("day type"), "category", categories=DAYS),
        "pair": Column(_("pair"), of_known=True),
    }
    for way, word in (("out", _("out")), ("back", _("back"))):
        listed |= {
            f"{way}_departure": Column(_("departure {word}").fill(word=word), "text"),
            f"{way}_arrival": Column(_("arrival {word}").fill(word=word), "text"),
            f"{way}_min": Column(_("time {word}").fill(word=word), unit="min"),
            f"{way}_transfers": Column(_("transfers {word}").fill(word=word)),
            f"{way}_lines": Column(_("lines {word}").fill(word=word), "text"),
        }
    listed["returns"] = Column(
        _("returns after a stay"), "flag",
        note=_("the journey back follows the journey out and a stay"),
    )  # fmt: skip
    return listed


def _columns() -> dict[str, dict[str, Column]]:
    relations = _relation_columns()
    return {
        "municipalities": _municipal_columns(),
        "relations": relations,
        "places": {
            "name": Column(pgettext("settlement", "place"), "text"),
            "teryt": Column(both("TERYT"), "text"),
            "seat": Column(_("seat"), "category", categories=SEATS),
            "stops": Column(_("stops within reach"), bound="low"),
            "name_to": _TO,
            "state": _STATES["state"],
        },
        "pairs": _listed_columns(),
        "flow_pairs": {
            "rank": Column(_("rank"), of_known=True),
            "name_from": _START,
            "name_to": _TO,
            "teryt_from": relations["teryt_from"],
            "teryt_to": relations["teryt_to"],
            "flow": Column(
                _("flow, both directions"),
                unit="people",
                bound="low",
            ),
            **_pairs(),
            "fastest_min": _FASTEST,
            "state": _STATES["state"],
            "why": _WHY,
        },
    }


COLUMNS = _columns()

_CATEGORIES = (
    Category("enough", STATES["enough"], "#009E73"),
    Category("not_enough", STATES["not_enough"], "#D55E00"),
    Category("unknown", STATES["unknown"], "#BBBBBB", hatch=True),
    Category("walk", STATES["walk"], "#56B4E9"),
)
_KNOWN = Ground("timetable_known")
VIEWS = (
    View(
        "municipalities",
        _("Connection of the municipal seat"),
        column="state",
        categories=(*_CATEGORIES, Category("city", STATES["city"], "#0072B2")),
        popup=("name", "seat", "name_to", "kind", "pairs_working", "pairs_off", "state", "why",
               "state_earlier", "fastest_min", "coverage", "localities", "localities_enough"),
    ),
    View(
        "relations",
        _("Relations"),
        column="state",
        categories=_CATEGORIES,
        popup=("name_from", "name_to", "kind", "pairs_working", "pairs_off", "pairs_school_day",
               "pairs_saturday", "pairs_sunday", "round_trips_school_day", "fastest_min", "state",
               "why"),
        weight=2.0,
        ground=_KNOWN,
    ),
    View(
        "flow_pairs",
        _("Strongest flows"),
        column="state",
        categories=_CATEGORIES,
        popup=("rank", "name_from", "name_to", "flow", "pairs_working", "pairs_off",
               "fastest_min", "state", "why"),
        weight=3.0,
        shown=False,
        ground=_KNOWN,
    ),
    View(
        "places",
        pgettext("settlement", "Places"),
        column="state",
        categories=(*_CATEGORIES, Category("none", STATES["none"], "#0072B2")),
        popup=("name", "seat", "name_to", "stops", "state"),
        radius=4.0,
        shown=False,
        ground=_KNOWN,
    ),
)  # fmt: skip


# --------------------------------------------------------------------------- findings


def findings(
    municipalities: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    p: ConnectionsParameters,
    days: list[str],
) -> list[Finding]:
    """Return the sentences a planner quotes.

    Parameters
    ----------
    municipalities : GeoDataFrame
        One row per municipality; those whose seat is not known are spoken of first.
    features : dict of GeoDataFrame
        ``relations``: those that the law names, and those of every locality to its seat.
    p : ConnectionsParameters
    days : list of str
        Day types.
    """
    table = features["relations"]
    kind = table["kind"].to_numpy(dtype=object)
    legal, other = table[np.isin(kind, list(LAW))], table[kind == "locality_municipality"]
    lost = int(
        ((municipalities["state"] == "unknown") & (municipalities["kind"] == "unknown")).sum()
    )
    out = [_seats(legal, p)]
    if lost:
        out.insert(0, _missing_seats(lost, len(municipalities)))
    if len(legal):
        out.append(_by_day(legal, p, days))
        bad = legal[legal["state"] == "not_enough"]
        if len(bad):
            out.append(_worst(bad))
    if len(other):
        out.append(_localities(other))
    return out


def _missing_seats(lost: int, count: int) -> Finding:
    """Return the sentence on municipalities whose relation cannot be told."""
    return Finding(
        _(
            "For {seats_missing:0} {seats_missing:plural:municipality|municipalities} "
            "the seat, or the place it should be connected with, is not in the data: "
            "unknown."
        ),
        {"seats_missing": float(lost)},
        unknown=lost > 0.5 * count,
    )


def _seats(legal: gpd.GeoDataFrame, p: ConnectionsParameters) -> Finding:
    state = legal["state"].to_numpy(dtype=object)
    before = legal["state_earlier"].to_numpy(dtype=object)
    values = {
        "relations": float(len(legal)),
        "relations_enough": float(np.isin(state, ("enough", "walk")).sum()),
        "relations_not_enough": float((state == "not_enough").sum()),
        "relations_unknown": float((state == "unknown").sum()),
        "earlier_enough": float(np.isin(before, ("enough", "walk")).sum()),
        "earlier_not_enough": float((before == "not_enough").sum()),
        "needed_working": float(p.pairs_working),
        "needed_off": float(p.pairs_off),
        "needed_earlier": float(p.pairs_earlier),
    }
    earlier = _(
        " With {needed_earlier:0} every day (earlier draft): {earlier_enough:0} have, "
        "{earlier_not_enough:0} have not."
    )
    most = values["relations_unknown"] > 0.5 * len(legal)
    said = _(
        "Of {relations:0} relations between seats {relations_enough:0} have at least "
        "{needed_working:0} {needed_working:plural:pair|pairs} of connections on "
        "working days and {needed_off:0} on days off, {relations_not_enough:0} have "
        "not, nothing certain is known of {relations_unknown:0}."
    )
    if most:
        said = _(
            "Nothing certain is known of {relations_unknown:0} of {relations:0} "
            "relations between seats; {relations_enough:0} have at least "
            "{needed_working:0} {needed_working:plural:pair|pairs} of connections on "
            "working days and {needed_off:0} on days off, {relations_not_enough:0} "
            "have not."
        )
    return Finding(
        said + earlier, values, unknown=most
    )  # fmt: skip


def _by_day(legal: gpd.GeoDataFrame, p: ConnectionsParameters, days: list[str]) -> Finding:
    values: dict[str, float] = {}
    medians = []
    for day in days:
        values[f"median_pairs_{day}"] = float(np.median(legal[f"pairs_{day}"]))
        median = values[f"median_pairs_{day}"]
        medians.append(_("{day} {median:0}").fill(day=ON_DAY[day], median=median))
    return Finding(
        _("Median number of pairs in the timetables at hand: {medians}."),
        values,
        {"medians": join(", ", medians)},
    )


def _worst(bad: gpd.GeoDataFrame) -> Finding:
    worst = bad.sort_values(["pairs_working", "pairs_off"], kind="stable").iloc[0]
    return Finding(
        _(
            "The fewest: {start} - {end}, {worst_working:0} "
            "{worst_working:plural:pair|pairs} on working days and {worst_off:0} on "
            "days off."
        ),
        {
            "worst_working": float(worst["pairs_working"]),
            "worst_off": float(worst["pairs_off"]),
        },
        {"start": str(worst["name_from"]), "end": str(worst["name_to"])},
    )


def _localities(other: gpd.GeoDataFrame) -> Finding:
    state = other["state"].to_numpy(dtype=object)
    return Finding(
        _(
            "Of {localities:0} other localities {localities_enough:0} have as many "
            "connections with the seat of their municipality (or a walk), "
            "{localities_not_enough:0} have not, nothing certain is known of "
            "{localities_unknown:0}."
        ),
        {
            "localities": float(len(other)),
            "localities_enough": float(np.isin(state, ("enough", "walk")).sum()),
            "localities_not_enough": float((state == "not_enough").sum()),
            "localities_unknown": float((state == "unknown").sum()),
        },
    )
