"""Parameters of the check ``service_quality``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import DayName, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.i18n import _

_OWN = ours("53-service-quality-classes")

Method = Literal["are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl"]
EVERY_METHOD: tuple[Method, ...] = ("are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl")


_Minutes = Field(gt=0, le=60)
_Metres = Field(gt=0, le=5000)


class ServiceQualityParameters(Parameters):
    """Parameters of :func:`service_quality`."""

    methods: Annotated[
        tuple[Method, ...],
        Spec(_("methods"), "-", _OWN),
        Field(min_length=1),
    ] = EVERY_METHOD
    day_type: Annotated[
        DayName,
        Spec(_("day type"), "-", _OWN.saying(_("a working day"))),
    ] = "school_day"
    second_day_type: Annotated[
        DayName,
        Spec(
            _("second day of the Austrian method"),
            "-",
            citations.OEROK.saying(_("unverified")),
        ),
    ] = "holiday_weekday"
    day_window: Annotated[
        tuple[float, float],
        Spec(
            _("hours of ARE, Austria, DG REGIO"),
            "h",
            _OWN,
        ),
    ] = (6, 20)
    detour: Annotated[
        float,
        Spec(
            _("walk over straight line (without a street network; not for ARE)"),
            "1",
            ours("54-white-spots"),
            range=0.1,
        ),
        Field(ge=1, le=3),
    ] = 1.3
    snap_limit: Annotated[
        float,
        Spec(
            _("farthest from a street (beyond: unknown)"),
            "m",
            _OWN,
            range=0.2,
        ),
        _Metres,
    ] = 250
    cell_size: Annotated[
        float,
        Spec(
            _("largest width of a cell"),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    merge_distance: Annotated[
        float,
        Spec(
            _("posts of one name are one stop"),
            "m",
            citations.ARE.saying(_("boundaries unverified")),
            range=0.2,
        ),
        Field(ge=0, le=1000),
    ] = 150
    are_interval: Annotated[
        Literal["count", "waiting"],
        Spec(
            _("interval by"),
            "-",
            citations.ARE.saying(_("by the number of departures")).at("52-intervals"),
        ),
    ] = "count"
    are_distances: Annotated[
        tuple[float, float, float, float],
        Spec(
            _("distance bands of ARE"),
            "m",
            citations.ARE.saying(_("boundaries unverified")),
        ),
    ] = (300, 500, 750, 1000)
    hub_neighbours: Annotated[
        int,
        Spec(
            _("hub: next rail stations at least"),
            "stations",
            citations.ARE.saying(_("boundaries unverified")),
        ),
        Field(ge=1),
    ] = 6
    austria_distances: Annotated[
        tuple[float, float, float, float, float],
        Spec(_("distance bands of Austria"), "m", citations.OEROK),
    ] = (300, 500, 750, 1000, 1250)
    ptal_window: Annotated[
        tuple[float, float],
        Spec(_("peak of PTAL [from, to)"), "h", citations.TFL),
    ] = (8.25, 9.25)
    ptal_speed: Annotated[
        float,
        Spec(_("walking speed of PTAL"), "m/min", citations.TFL, range=0.1),
        Field(gt=0, le=200),
    ] = 80
    ptal_bus_limit: Annotated[
        float,
        Spec(_("walk to a bus, PTAL"), "m", citations.TFL, range=0.2),
        _Metres,
    ] = 640
    ptal_rail_limit: Annotated[
        float,
        Spec(
            _("walk to rail, metro, tram, PTAL"),
            "m",
            citations.TFL,
            range=0.2,
        ),
        _Metres,
    ] = 960
    ptal_bus_reliability: Annotated[
        float,
        Spec(_("reliability K of buses, PTAL"), "min", citations.TFL),
        Field(ge=0, le=30),
    ] = 2.0
    ptal_rail_reliability: Annotated[
        float,
        Spec(
            _("reliability K of rail, tram, PTAL"),
            "min",
            citations.TFL,
        ),
        Field(ge=0, le=30),
    ] = 0.75
    dg_cluster: Annotated[
        float,
        Spec(_("posts clustered (DG REGIO)"), "m", citations.DG_REGIO, range=0.2),
        Field(ge=0, le=500),
    ] = 50
    dg_road_minutes: Annotated[
        float,
        Spec(
            _("walk to bus and tram"),
            "min",
            citations.DG_REGIO,
        ),
        _Minutes,
    ] = 5
    dg_rail_minutes: Annotated[
        float,
        Spec(_("walk to train and metro"), "min", citations.DG_REGIO),
        _Minutes,
    ] = 10
    dg_speed: Annotated[
        float,
        Spec(
            _("walking speed, DG REGIO"),
            "km/h",
            citations.DG_REGIO,
            range=0.1,
        ),
        Field(gt=0, le=12),
    ] = 5
    dg_medium: Annotated[
        float,
        Spec(_("medium from"), "departures/h", citations.DG_REGIO),
        Field(gt=0),
    ] = 4
    dg_high: Annotated[
        float,
        Spec(_("high above"), "departures/h", citations.DG_REGIO),
        Field(gt=0),
    ] = 10
    sdg_low_limit: Annotated[
        float,
        Spec(
            _("walk to bus, tram (SDG)"),
            "m",
            citations.SDG_11_2_1,
        ),
        _Metres,
    ] = 500
    sdg_high_limit: Annotated[
        float,
        Spec(
            _("walk to rail, ferry (SDG)"),
            "m",
            citations.SDG_11_2_1,
        ),
        _Metres,
    ] = 1000
    sdg_pl_limit: Annotated[
        float,
        Spec(
            _("reach along streets (Poland)"),
            "m",
            citations.SDG_11_2_1_PL,
        ),
        _Metres,
    ] = 500
    sdg_pl_width: Annotated[
        float,
        Spec(
            _("strip along streets (Poland)"),
            "m",
            citations.SDG_11_2_1_PL,
        ),
        _Metres,
    ] = 100
    modes_required: ModesRequired = ANYWHERE
    neighbours_complete: Annotated[
        bool,
        Spec(
            _("no class near a border is certain only with complete neighbours in reach"),
            "-",
            _OWN,
        ),
    ] = True

    @model_validator(mode="after")
    def _orders(self) -> Self:
        for name in ("day_window", "ptal_window"):
            start, end = getattr(self, name)
            if not 0 <= start < end <= 30:
                raise ParameterError(_("{name}: start < end, hours 0-30").fill(name=name))
        for name in ("are_distances", "austria_distances"):
            ends = getattr(self, name)
            if sorted(set(ends)) != list(ends) or ends[0] <= 0:
                raise ParameterError(_("{name}: ascending and positive").fill(name=name))
        if self.dg_medium > self.dg_high:
            raise ParameterError("dg_medium <= dg_high")
        if len(set(self.methods)) < len(self.methods):
            raise ParameterError(_("methods: each once"))
        return self
