"""Parameters of the check ``rail_access``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    BikeLimit,
    DayName,
    Detour,
    EntranceDistance,
    JoinDistance,
    ModesRequired,
    StressLimit,
    StressRules,
)
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.i18n import _

_OWN = ours("58-access-to-rail")


class RailAccessParameters(Parameters):
    """Parameters of :func:`rail_access`."""

    min_trains: Annotated[
        int,
        Spec(
            _(
                "a station is useful from so many trains a day in one direction of a "
                "line, or direct to a core city"
            ),
            "departures/day",
            _OWN.saying(_("about a train an hour")),
            range=0.2,
        ),
        Field(ge=1),
    ] = 16
    core: Annotated[
        tuple[Annotated[str, Field(pattern=r"^\d{7}$")], ...],
        Spec(
            _("core cities (TERYT)"),
            "-",
            _OWN.saying(
                _("empty: only trains of one line count"),
            ),
        ),
    ] = ()
    day_type: Annotated[DayName, Spec(_("day type"), "-", ours("51-timetables-and-days"))] = (
        "school_day"
    )
    walk_limit: Annotated[
        float,
        Spec(
            _("walk to a station"),
            "m",
            citations.TFL.saying(_("15 min at 80 m/min")),
            range=0.2,
        ),
        Field(gt=0, le=10_000),
    ] = 1200
    bike_limit: BikeLimit = 3750
    feeder_time: Annotated[
        float,
        Spec(
            _("feeder: from leaving home to the train's departure at most"),
            "min",
            _OWN.saying(_("walk, waits and ride in all")),
            range=0.2,
        ),
        Field(gt=0, le=120),
    ] = 30
    feeder_share: Annotated[
        float,
        Spec(
            _("in this share of the minutes of both windows"),
            "1",
            _OWN,
            range=0.1,
        ),
        Field(gt=0, le=1),
    ] = 0.8
    morning_window: Annotated[
        tuple[float, float],
        Spec(_("morning window [from, to)"), "h", _OWN),
    ] = (6, 9)
    afternoon_window: Annotated[
        tuple[float, float],
        Spec(_("afternoon window [from, to)"), "h", _OWN),
    ] = (15, 18)
    access_limit: Annotated[
        float,
        Spec(
            _("walk to a stop of a feeder"),
            "m",
            ours("57-door-to-door"),
            range=0.2,
        ),
        Field(gt=0, le=5000),
    ] = 1000
    transfer_limit: Annotated[
        float,
        Spec(
            _("walk from the stop to the station"),
            "m",
            ours("57-door-to-door"),
            range=0.2,
        ),
        Field(gt=0, le=2000),
    ] = 400
    walk_speed: Annotated[
        float,
        Spec(_("walking speed"), "km/h", citations.TFL, range=0.1),
        Field(gt=0, le=10),
    ] = 4.8
    slack: Annotated[
        float,
        Spec(
            _("time each boarding needs"),
            "s",
            ours("57-door-to-door"),
            range=0.2,
        ),
        Field(ge=0, le=900),
    ] = 60
    detour: Detour = 1.3
    entrance_distance: EntranceDistance = 1000
    layer_distance: Annotated[
        float,
        Spec(
            _("a station of the layer is one of the timetable within"),
            "m",
            _OWN.saying(_("the length of platforms")),
        ),
        Field(ge=0),
    ] = 400
    path_limit: Annotated[
        float,
        Spec(
            _("longest path to propose"),
            "m",
            _OWN.saying(_("a footbridge, a crossing or a short cut")),
        ),
        Field(gt=0, le=2000),
    ] = 400
    entrance_reach: Annotated[
        float,
        Spec(
            _("a new entrance from a known one at most"),
            "m",
            _OWN.saying(_("the length of a subway under the tracks")),
        ),
        Field(gt=0, le=1000),
    ] = 150
    link_limit: Annotated[
        float,
        Spec(
            _("longest stretch of street to calm"),
            "m",
            _OWN,
        ),
        Field(gt=0, le=5000),
    ] = 500
    headways: Annotated[
        tuple[int, ...],
        Spec(_("headways of feeders tried"), "min", _OWN),
        Field(min_length=1),
    ] = (10, 15, 20, 30)
    modes_required: ModesRequired = ANYWHERE
    stress_rules: StressRules = "bike_ottawa"
    stress_limit: StressLimit = 2
    driving_side: Annotated[
        Literal["right", "left"],
        Spec(
            _("side traffic drives on"),
            "-",
            ours("62-traffic-stress", _("the law of the country")),
        ),
    ] = "right"
    join_distance: JoinDistance = 50
    street_distance: Annotated[
        float,
        Spec(
            _("street data reach from a street as far as"),
            "m",
            ours("63-access-to-interchanges"),
            range=0.2,
        ),
        Field(gt=0),
    ] = 250
    street_part: Annotated[
        float,
        Spec(
            _("loose parts of streets left out up to"),
            "m",
            ours("63-access-to-interchanges"),
        ),
        Field(ge=0),
    ] = 1000
    cell_size: Annotated[
        float,
        Spec(
            _("population cells are cut to pieces of"),
            "m",
            ours("09-people-in-cells"),
        ),
        Field(ge=25, le=1000),
    ] = 250

    @model_validator(mode="after")
    def _windows(self) -> Self:
        for name in ("morning_window", "afternoon_window"):
            start, end = getattr(self, name)
            if not 0 <= start < end <= 30:
                raise ParameterError(_("{name}: start < end, hours 0-30").fill(name=name))
        if self.morning_window[1] > self.afternoon_window[0]:
            raise ParameterError(_("morning_window must end before afternoon_window"))
        return self

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Both windows, seconds after midnight, half-open."""
        both = (self.morning_window, self.afternoon_window)
        return tuple((round(a * 3600), round(b * 3600)) for a, b in both)

    @property
    def search_ratio(self) -> float:
        """How many times as far as the reach paths are searched."""
        return 1.0
