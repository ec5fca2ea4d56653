"""Parameters of the check ``white_spots``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    ALL_DAYS,
    DayName,
    DayTypes,
    Detour,
    MinDepartures,
    ModesRequired,
)
from metrogis.checks.shared.service import ANYWHERE, Rule
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both

_OWN = ours("54-white-spots")


def _limit(modes: Text) -> Spec:
    text = _("walk to a stop: {modes}").fill(modes=modes)
    return Spec(text, "m", citations.SDG_11_2_1, range=0.2)


class WhiteSpotsParameters(Parameters):
    """Parameters of :func:`white_spots`."""

    bus_walk_limit: Annotated[float, _limit(_("bus, trolleybus")), Field(gt=0, le=5000)] = 500
    tram_walk_limit: Annotated[float, _limit(_("tram, cableway")), Field(gt=0, le=5000)] = 500
    rail_walk_limit: Annotated[float, _limit(_("rail")), Field(gt=0, le=5000)] = 1000
    metro_walk_limit: Annotated[float, _limit(both("metro")), Field(gt=0, le=5000)] = 1000
    ferry_walk_limit: Annotated[float, _limit(_("ferry")), Field(gt=0, le=5000)] = 1000
    detour: Detour = 1.3
    min_departures: MinDepartures = 8
    min_per_window: Annotated[
        int,
        Spec(
            _("fewest departures per commuting window"),
            "departures",
            ours("54-white-spots", _("no law gives a number")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 1
    morning_window: Annotated[
        tuple[float, float],
        Spec(
            _("morning window [from, to)"),
            "h",
            ours("54-white-spots", _("no law gives a number")),
        ),
    ] = (5, 9)
    afternoon_window: Annotated[
        tuple[float, float],
        Spec(
            _("afternoon window [from, to)"),
            "h",
            ours("54-white-spots", _("no law gives a number")),
        ),
    ] = (13, 17)
    windows_on_days_off: Annotated[
        bool,
        Spec(
            _("commuting windows asked for on Saturdays and Sundays as well"),
            "-",
            _OWN.saying(_("one rule for every day type")),
        ),
    ] = True
    day_types: DayTypes = ALL_DAYS
    main_day_type: Annotated[
        DayName,
        Spec(
            _("day type of the map and the ranking"),
            "-",
            ours("54-white-spots"),
        ),
    ] = "school_day"
    cell_size: Annotated[
        float,
        Spec(
            _("largest width of a cell (and at most half the walk limit)"),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    modes_required: ModesRequired = ANYWHERE
    neighbours_complete: Annotated[
        bool,
        Spec(
            _("coverage must be complete in neighbouring municipalities within the walk too"),
            "-",
            _OWN.saying(
                _("a neighbour's stop may serve across the border"),
            ),
        ),
    ] = True
    place_distance: Annotated[
        float,
        Spec(
            _("posts nearer than this are one stop place, also of different operators"),
            "m",
            citations.DG_REGIO.saying(
                _("clusters of stops; here also posts of several feeds"),
            ).at("51-timetables-and-days"),
        ),
        Field(ge=0, le=150),
    ] = 50
    merge_distance: Annotated[
        float,
        Spec(
            _(
                "posts of one name nearer than this are one stop place (0: only "
                "platforms of one station, and posts nearer than place_distance)"
            ),
            "m",
            citations.ARE.saying(
                _("stops of one name within 150 m are one stop"),
            ).at("51-timetables-and-days"),
            range=0.2,
        ),
        Field(ge=0, le=1000),
    ] = 150
    metres_per_departure: Annotated[
        float,
        Spec(
            _("path and departures together: so many metres of path are worth one daily departure"),
            "m",
            _OWN.saying(
                _("it decides which pair is the cheapest, not which cells are white"),
            ),
        ),
        Field(ge=0, le=10000),
    ] = 100
    split_by_municipality: Annotated[
        bool,
        Spec(
            _("spots divided by municipal borders"),
            "-",
            _OWN.saying(_("a spot is cells that touch")),
        ),
    ] = False

    @model_validator(mode="after")
    def _windows(self) -> Self:
        for name in ("morning_window", "afternoon_window"):
            start, end = getattr(self, name)
            if not 0 <= start < end <= 30:
                raise ParameterError(_("{name}: start < end, hours 0-30").fill(name=name))
        if self.morning_window[1] > self.afternoon_window[0]:
            raise ParameterError(_("morning_window must end before afternoon_window"))
        if self.main_day_type not in self.day_types:
            raise ParameterError(_("main_day_type must be one of day_types"))
        return self

    def rule(self) -> Rule:
        """Return the minimum service and walk limits by mode group, in seconds and metres."""
        hours = (self.morning_window, self.afternoon_window)
        return Rule(
            limits={
                "bus": self.bus_walk_limit,
                "tram": self.tram_walk_limit,
                "cableway": self.tram_walk_limit,
                "rail": self.rail_walk_limit,
                "metro": self.metro_walk_limit,
                "ferry": self.ferry_walk_limit,
            },
            per_day=self.min_departures,
            per_window=self.min_per_window,
            windows=tuple((a * 3600, b * 3600) for a, b in hours),
            windows_on_days_off=self.windows_on_days_off,
        )
