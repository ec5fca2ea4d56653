"""Parameters that several checks have, each declared once: text, unit, bounds and source.

A check's model says ``detour: Detour = 1.3``. What a default means in a check stands in that
check's section of the methods.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from metrogis.checks.contract import citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.parameters import Spec
from metrogis.i18n import _, both

DayName: TypeAlias = Literal["school_day", "holiday_weekday", "saturday", "sunday"]
ALL_DAYS: tuple[DayName, ...] = ("school_day", "holiday_weekday", "saturday", "sunday")

# --------------------------------------------------------------------------- walking, timetables

Detour: TypeAlias = Annotated[
    float,
    Spec(
        _("walk over straight line (without a street network)"),
        "1",
        ours("61-streets-and-distances", _("in place of streets")),
        range=0.1,
    ),
    Field(ge=1, le=3),
]
BusWalk: TypeAlias = Annotated[
    float,
    Spec(_("walk to a bus or tram"), "m", citations.SDG_11_2_1, range=0.2),
    Field(gt=0, le=5000),
]
RailWalk: TypeAlias = Annotated[
    float,
    Spec(_("walk to rail, metro, ferry"), "m", citations.SDG_11_2_1, range=0.2),
    Field(gt=0, le=5000),
]
MinDepartures: TypeAlias = Annotated[
    int,
    Spec(
        _("fewest departures per day"),
        "departures/day",
        ours("54-white-spots", _("no law gives a number")),
        range=0.2,
    ),
    Field(ge=1),
]
DayTypes: TypeAlias = Annotated[
    tuple[DayName, ...],
    Spec(_("day types"), "-", ours("51-timetables-and-days")),
    Field(min_length=1),
]
ModesRequired: TypeAlias = Annotated[
    tuple[str, ...],
    Spec(
        _("modes whose coverage must be complete in every municipality"),
        "-",
        ours(
            "05-where-timetables-are-complete",
            _("buses may run anywhere"),
        ),
    ),
]

# --------------------------------------------------------------------------- land and plans

PlansMeet: TypeAlias = Annotated[
    float,
    Spec(
        _("plans meet within"),
        "m",
        ours(
            "07-where-plans-are-known",
            _("narrower strips are no land without a plan"),
        ),
        range=0.2,
    ),
    Field(ge=0),
]
MinConflict: TypeAlias = Annotated[
    float,
    Spec(
        _("a conflict is listed from an area of"),
        "m2",
        ours(
            "32-plans-in-ecological-corridors",
            _("smaller ones are edges that do not match; they count in the sums"),
        ),
        range=0.2,
    ),
    Field(ge=0),
]
BuiltUpValue: TypeAlias = Annotated[
    float,
    Spec(
        _("a cell is built-up from a value of"),
        "-",
        ours(
            "11-growth-of-built-up-land",
            _("1 in a raster of 0 and 1; state a share for a raster of shares"),
        ),
    ),
]

# --------------------------------------------------------------------------- lines of cycling

LineTolerance: TypeAlias = Annotated[
    float,
    Spec(
        _("lines nearer than this are one line; without OSM nodes they meet, too"),
        "m",
        ours(
            "03-what-counts-once",
            _("1 m, the drawing accuracy of municipal registers"),
        ),
    ),
    Field(ge=0, le=10),
]
CoverageLength: TypeAlias = Annotated[
    float,
    Spec(
        _("a municipality is mapped from"),
        "km",
        ours(
            "08-where-cycle-routes-and-streets-are-known",
            _("shorter stubs are spill of a neighbour's data"),
        ),
    ),
    Field(ge=0),
]
CoverageShare: TypeAlias = Annotated[
    float,
    Spec(
        _("a municipality is covered from a share of"),
        "1",
        ours(
            "08-where-cycle-routes-and-streets-are-known",
            _("its land, with the layer cycle_coverage"),
        ),
    ),
    Field(gt=0, le=1),
]
JoinDistance: TypeAlias = Annotated[
    float,
    Spec(
        _("distance to join a network"),
        "m",
        ours("63-access-to-interchanges", _("50 m from an entrance")),
        range=0.2,
    ),
    Field(ge=0),
]
MinNetwork: TypeAlias = Annotated[
    float,
    Spec(
        _("smallest connected network"),
        "km",
        ours(
            "63-access-to-interchanges",
            _("a shorter one leads nowhere"),
        ),
        range=0.2,
    ),
    Field(ge=0),
]
_FORM = ours("65-cycle-network", _("form of the network at 0, 10 and 20 m"))
JoinedGap: TypeAlias = Annotated[
    float,
    Spec(_("gap between lines that counts as joined"), "m", _FORM),
    Field(ge=0),
]
MediumGap: TypeAlias = Annotated[
    float,
    Spec(_("medium gap (to compare)"), "m", _FORM),
    Field(ge=0),
]
WideGap: TypeAlias = Annotated[
    float,
    Spec(_("wide gap (to compare)"), "m", _FORM),
    Field(ge=0),
]
DrawingError: TypeAlias = Annotated[
    float,
    Spec(
        _("drawing error at a line's end up to"),
        "m",
        citations.BIKE_DNA.saying(both("3 m")),
        range=0.2,
    ),
    Field(ge=0),
]
MatchDistance: TypeAlias = Annotated[
    float,
    Spec(
        _("a route of the layer lies at a street up to"),
        "m",
        citations.BIKE_DNA.saying(both("15 m")),
        range=0.2,
    ),
    Field(gt=0),
]
MatchShare: TypeAlias = Annotated[
    float,
    Spec(
        _("on at least this share"),
        "1",
        ours("65-cycle-network"),
        range=0.1,
    ),
    Field(gt=0, le=1),
]
PaintedLanes: TypeAlias = Annotated[
    bool,
    Spec(
        _("painted lanes count"),
        "-",
        ours("65-cycle-network"),
    ),
]
StressRules: TypeAlias = Annotated[
    Literal["bike_ottawa", "r5"],
    Spec(_("rules of traffic stress"), "-", citations.BIKE_OTTAWA),
]
StressLimit: TypeAlias = Annotated[
    int,
    Spec(
        _("low stress: level up to"),
        "level",
        citations.MEKURIA.saying(_("level 2 suits most adults")),
    ),
    Field(ge=1, le=4),
]

# --------------------------------------------------------------------------- interchanges

BikeLimit: TypeAlias = Annotated[
    float,
    Spec(
        _("cycling reach"),
        "m",
        ours("61-streets-and-distances", _("15 min at 15 km/h")),
        range=0.2,
    ),
    Field(gt=0),
]
_HUBS = ours("63-access-to-interchanges")
HubDistance: TypeAlias = Annotated[
    float,
    Spec(_("a station belongs to a hub within"), "m", _HUBS, range=0.2),
    Field(ge=0),
]
SameNameDistance: TypeAlias = Annotated[
    float,
    Spec(_("one name is one place within"), "m", _HUBS, range=0.2),
    Field(ge=0),
]
EntranceDistance: TypeAlias = Annotated[
    float,
    Spec(_("an entrance belongs to a hub within"), "m", _HUBS, range=0.2),
    Field(gt=0),
]
