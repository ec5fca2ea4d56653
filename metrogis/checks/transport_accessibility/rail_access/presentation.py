"""Texts, columns and map views of ``rail_access``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.service_words import PEOPLE_FROM, PEOPLE_SHARED
from metrogis.i18n import UNKNOWN, Text, _, both

TITLE = _("Access to rail")
QUESTION = _(
    "Who reaches a station with enough trains on foot, by bike or by a feeder, what "
    "separates people from it, and what would bring it closer at least cost?"
)
METHOD = _(
    "A useful station: on a school day at least 16 trains leave it in one direction of "
    "a line, or direct to a core city. For each population cell: a walk of up to 1200 "
    "m along streets, a bicycle ride of up to 3.75 km along low-stress streets and "
    "along any, and a bus or tram as feeder: from leaving home to the train's "
    "departure at most 30 minutes, in at least 80% of the minutes between 6 and 9 and "
    "between 15 and 18. Everyone is counted at the easiest of these. A barrier: near "
    "in a straight line, far along streets. “No” needs complete timetables and "
    "streets; otherwise the answer is “unknown”. Every measure is applied and all is "
    "computed again; one that then brings fewer people is marked as not verified. The "
    "numbers given are the defaults of the parameters."
)

EASIEST = {
    "walk": _("on foot"),
    "bike_low": _("by bike, low stress"),
    "bike": _("by bike, any street"),
    "feeder": _("by feeder"),
    "none": _("out of reach"),
    "unknown": UNKNOWN,
}
STATE = {"yes": _("yes"), "no": _("no"), "unknown": UNKNOWN}
REACHED_BY = {
    "walk": _("also on foot"),
    "bike_only": _("by bike, nobody on foot"),
    "feeder_only": _("by feeder only"),
    "nobody": _("from no known home"),
    "": UNKNOWN,
}
KINDS = {
    "path": _("path to build"),
    "entrance": _("new entrance"),
    "headway": _("feeder more often"),
    "low_stress": _("low-stress link"),
}
MODE = {name: EASIEST[name] for name in ("walk", "bike_low", "bike")}

_LEAST = _("at least so many")
_NEAREST = _("for whom it is the nearest useful station by their easiest mode")
_MOST_MINUTES = _("those whom a feeder brings here in more minutes than to any other station")
_PEOPLE = _("residents")


def _low(label: Text, note: Text | None = _LEAST, **more: Any) -> Column:
    return Column(label, unit="people", note=note, bound="low", of_known=True, **more)


def _share(label: Text, *, unknown: bool = False) -> Column:
    return Column(
        label, "share", digits=1, bound="" if unknown else "low", of_known=not unknown,
        of_knowledge=unknown,
    )  # fmt: skip


def _by(mode: str) -> Text:
    head = EASIEST[mode]
    return _("reach it {head}").fill(head=head)


def _easiest(mode: str) -> Column:
    head = EASIEST[mode]
    return Column(_("easiest {head}").fill(head=head), unit="people", of_known=True)


_KNOWN_PEOPLE = Column(
    _("population known"),
    "share",
    note=_("share of cells whose population is known"),
)
_MULTIPLIER = Column(
    _("cycling multiplier"),
    unit="1",
    digits=1,
    note=_("people within cycling reach for each one within walking reach"),
    of_known=True,
)  # fmt: skip


def _towns() -> dict[str, Column]:
    out = municipality_columns()
    out["population"] = Column(_PEOPLE, unit="people", note=PEOPLE_FROM, land=False, of_known=True)
    out["population_known"] = _KNOWN_PEOPLE
    out["reached"] = _low(_("reach a station"), known="decided_share")
    for mode in ("walk", "bike_low", "bike", "feeder"):
        out[f"by_{mode}"] = _low(_by(mode), known="decided_share")
    out["none"] = _low(_("out of reach"), known="decided_share")
    out["unknown"] = Column(UNKNOWN, unit="people", of_knowledge=True, known="population_known")
    out["decided"] = _low(_("state known"), known="population_known")
    for mode in ("walk", "bike_low", "bike", "feeder"):
        out[f"easiest_{mode}"] = _easiest(mode)
    out["reached_share"] = _share(_("reach a station, share"))
    out["none_share"] = _share(_("out of reach, share"))
    out["unknown_share"] = _share(_("unknown, share"), unknown=True)
    out["decided_share"] = Column(_("state known, share"), "share", digits=1, of_knowledge=True)
    out["bike_multiplier"] = _MULTIPLIER
    out["stations"] = Column(_("useful stations"), bound="low")
    out["stations_unknown"] = Column(_("stations of unknown trains"), of_knowledge=True)
    out["timetable_known"] = Column(_("timetables complete"), "flag", of_knowledge=True)
    return out


def _stations() -> dict[str, Column]:
    trains = _("most trains in one direction of a line")
    core = _("trains direct to a core city")
    out = {
        "name": Column(_("station"), "text"),
        "teryt": Column(both("TERYT"), "text", of_known=True),
        "state": Column(_("useful"), "category", categories=STATE),
        "trains": Column(trains, unit="departures/day", bound="low"),
        "trains_core": Column(core, unit="departures/day", bound="low", of_known=True),
        "residents": Column(_PEOPLE, unit="people", note=_NEAREST, of_known=True),
    }
    for mode in ("walk", "bike_low", "bike"):
        out[f"by_{mode}"] = _low(_by(mode))
    out["by_feeder"] = Column(_by("feeder"), unit="people", note=_MOST_MINUTES, of_known=True)
    for mode in ("walk", "bike_low", "bike", "feeder"):
        out[f"easiest_{mode}"] = _easiest(mode)
    out["bike_multiplier"] = _MULTIPLIER
    out["barred"] = Column(
        _("cut off by a barrier"),
        unit="people",
        note=_("within walking reach in a straight line, not along streets, and no other on foot"),
        of_known=True,
    )
    out["reached_by"] = Column(_("access"), "category", categories=REACHED_BY, of_known=True)
    out["entrances"] = Column(_("known entrances"), of_knowledge=True)
    out["timed"] = Column(_("in the timetable"), "flag", of_knowledge=True)
    return out


def _measure_columns(stations: Mapping[str, Column]) -> dict[str, Column]:
    return {
        "station": stations["name"],
        "teryt": stations["teryt"],
        "kind": Column(_("measure"), "category", categories=KINDS),
        "size": Column(
            _("size"),
            note=_(
                "metres of path or street; metres from a known entrance to the new "
                "one; extra departures in both windows"
            ),
            of_known=True,
        ),
        "line": Column(_("line"), "text", of_known=True),
        "every_min": Column(_("every"), unit="min", of_known=True),
        "gained": Column(
            _("people gained"),
            unit="people",
            note=_(
                "residents who will reach it that way (on foot, by feeder, along "
                "low-stress streets) and certainly do not today; computed again "
                "with the measure"
            ),
            of_known=True,
        ),
        "gained_new": Column(
            _("of them without access today"),
            unit="people",
            of_known=True,
        ),
        "per_unit": Column(
            _("people per 100 m, or per departure"),
            digits=1,
            of_known=True,
        ),
        "verified": Column(
            _("verified"),
            "flag",
            note=_("all who were found to gain do so once the measure is applied"),
            of_knowledge=True,
        ),
    }


def _columns() -> dict[str, dict[str, Column]]:
    municipalities, stations = _towns(), _stations()
    easiest = Column(_("easiest mode"), "category", bound="low", categories=EASIEST)
    people = Column(_PEOPLE, unit="people", known="population_known", of_known=True)
    cells = {
        "teryt": Column(both("TERYT"), "text"),
        "population": Column(_PEOPLE, unit="people", digits=1, note=PEOPLE_SHARED, of_known=True),
        "modelled": Column(_("modelled"), "flag", of_knowledge=True),
        **{
            mode: Column(_by(mode), "category", categories=STATE)
            for mode in ("walk", "bike_low", "bike", "feeder")
        },
        "easiest": easiest,
        "feeder_share": Column(_("feeder: share of minutes"), "share", bound="low"),
    }
    return {
        "municipalities": municipalities,
        "stations": stations,
        "reach": {
            "teryt": municipalities["teryt"],
            "name": municipalities["name"],
            "easiest": easiest,
            "known": Column(_("state known"), "flag"),
            "population": people,
            "population_known": _KNOWN_PEOPLE,
            "area_km2": Column(_("area"), unit="km2", digits=2, of_known=True),
        },
        "barriers": {
            "station": stations["name"],
            "teryt": stations["teryt"],
            "residents": Column(_PEOPLE, unit="people", of_known=True),
            "homes": Column(_("cells"), of_known=True),
            "straight_m": Column(_("in a straight line"), unit="m", of_known=True),
        },
        "measures": _measure_columns(stations),
        "catchments": {
            "station": stations["name"],
            "teryt": stations["teryt"],
            "mode": Column(_("mode"), "category", categories=MODE),
        },
        "desire_lines": {
            "teryt": municipalities["teryt"],
            "name": municipalities["name"],
            "station": stations["name"],
            "state": Column(_("reach it"), "category", categories=STATE),
            "residents": Column(_PEOPLE, unit="people", of_known=True),
            "km": Column(_("in a straight line"), unit="km", digits=1, of_known=True),
        },
        "cells": cells,
    }


COLUMNS = _columns()

# Okabe-Ito; unknown is hatched, never shown as being out of reach
_COLOURS = {
    "walk": "#005A3C",
    "bike_low": "#009E73",
    "bike": "#56B4E9",
    "feeder": "#F0E442",
    "none": "#D55E00",
}
_EASIEST = (
    *(Category(name, EASIEST[name], colour) for name, colour in _COLOURS.items()),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
_POPULATED = Ground("known", "reach")

VIEWS = (
    View(
        "reach",
        _("Easiest way to a train"),
        column="easiest",
        categories=_EASIEST,
        popup=("name", "easiest", "population", "area_km2"),
        weight=0.3,
    ),
    View(
        "stations",
        _("Stations"),
        column="state",
        categories=(
            Category("yes", _("useful"), "#0072B2"),
            Category("no", _("too few trains"), "#E69F00"),
            Category("unknown", UNKNOWN, "#999999", hatch=True),
        ),
        popup=(
            "name", "state", "trains", "trains_core", "residents", "by_walk", "by_bike",
            "by_feeder", "bike_multiplier", "barred",
        ),
        radius=6.0,
    ),
    View(
        "barriers",
        _("Near in a straight line, far on foot"),
        colour="#CC79A7",
        popup=("station", "residents", "straight_m"),
        shown=False,
        ground=_POPULATED,
    ),
    View(
        "measures",
        _("What would bring a station closer"),
        column="kind",
        categories=(
            Category("path", KINDS["path"], "#D55E00"),
            Category("entrance", KINDS["entrance"], "#0072B2"),
            Category("headway", KINDS["headway"], "#E69F00"),
            Category("low_stress", KINDS["low_stress"], "#009E73"),
        ),
        popup=(
            "station", "kind", "size", "line", "every_min", "gained", "gained_new",
            "per_unit", "verified",
        ),
        radius=7.0,
        weight=4.0,
        shown=False,
        ground=_POPULATED,
    ),
    View(
        "catchments",
        _("Catchments of stations"),
        column="mode",
        categories=(
            Category("walk", MODE["walk"], "#005A3C"),
            Category("bike_low", MODE["bike_low"], "#009E73"),
            Category("bike", MODE["bike"], "#56B4E9"),
        ),
        popup=("station", "mode"),
        fill_opacity=0.2,
        shown=False,
        ground=_POPULATED,
    ),
    View(
        "desire_lines",
        _("From home to the nearest station"),
        column="state",
        categories=(
            Category("yes", _("within reach"), "#009E73"),
            Category("no", _("out of reach"), "#D55E00"),
            Category("unknown", UNKNOWN, "#999999", hatch=True),
        ),
        popup=("name", "station", "state", "residents", "km"),
        weight=2.0,
        shown=False,
        ground=_POPULATED,
    ),
    View(
        "municipalities",
        _("Share of residents who reach one"),
        column="reached_share",
        breaks=(0.0, 0.2, 0.4, 0.6, 0.8),
        palette="cividis",
        popup=(
            "name", "population", "reached_share", "none_share", "unknown_share", "by_walk",
            "by_bike", "by_feeder", "stations",
        ),
        shown=False,
        ground=Ground("decided_share"),
    ),
)  # fmt: skip
