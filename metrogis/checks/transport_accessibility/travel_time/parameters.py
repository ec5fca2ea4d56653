"""Parameters of the check ``travel_time``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec
from metrogis.checks.contract.citations import Citation, ours
from metrogis.checks.contract.shared_types import DayName, Detour, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.i18n import _

_OWN = ours("59-travel-time")
_DOOR = ours("57-door-to-door")
_PERFORMANCE = Citation(
    _("Poelman, Dijkstra & Ackermans 2020, European Commission, Working Paper 01/2020"),
    "https://ec.europa.eu/regional_policy/information-sources/publications/working-papers/2020/"
    "how-many-people-can-you-reach-by-public-transport-bicycle-or-on-foot-in-european-cities-"
    "measuring-urban-accessibility-for-low-carbon-modes_en",
    "59-travel-time",
)
_CATCHMENT = Citation(
    _("Luo & Wang 2003 (2SFCA)"),
    "https://doi.org/10.1068/b29120",
    "59-travel-time",
)


class TravelTimeParameters(Parameters):
    """Parameters of :func:`travel_time`."""

    day_type: Annotated[DayName, Spec(_("day type"), "-", ours("51-timetables-and-days"))] = (
        "school_day"
    )
    hours: Annotated[
        tuple[float, float],
        Spec(
            _("leaving home [from, to)"),
            "h",
            _OWN.saying(_("the morning peak")),
        ),
    ] = (7, 9)
    max_minutes: Annotated[
        float,
        Spec(_("longest journey"), "min", _DOOR, range=0.2),
        Field(gt=0, le=240),
    ] = 120
    limits: Annotated[
        tuple[float, float, float],
        Spec(
            _("limits of travel time"),
            "min",
            _OWN.saying(_("half an hour to an hour")),
        ),
    ] = (30, 45, 60)
    kinds: Annotated[
        tuple[str, ...],
        Spec(
            _("kinds of services that are targets"),
            "-",
            _OWN.saying(_("column kind of the layer services")),
        ),
    ] = ("hospital", "university")
    walk_speed: Annotated[
        float, Spec(_("walking speed"), "km/h", _DOOR, range=0.1), Field(gt=0, le=12)
    ] = 4.8
    access_limit: Annotated[
        float,
        Spec(_("walk to a stop up to"), "m", _DOOR, range=0.2),
        Field(ge=0, le=5000),
    ] = 1000
    transfer_limit: Annotated[
        float,
        Spec(_("walk at a change up to"), "m", _DOOR, range=0.2),
        Field(ge=0, le=2000),
    ] = 400
    max_transfers: Annotated[
        int,
        Spec(_("most changes"), "transfers", _DOOR),
        Field(ge=0, le=6),
    ] = 3
    slack: Annotated[
        float,
        Spec(_("time that boarding needs"), "s", _DOOR, range=0.2),
        Field(ge=0, le=900),
    ] = 60
    detour: Detour = 1.3
    cell_size: Annotated[
        float,
        Spec(
            _("largest width of a cell"),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    top_speed: Annotated[
        float,
        Spec(
            _("no vehicle whose timetable is missing is faster"),
            "km/h",
            _OWN.saying(_("door to door, straight line")),
            range=0.1,
        ),
        Field(gt=0, le=400),
    ] = 100
    parking: Annotated[
        float,
        Spec(
            _("parking, and the walk to the car"),
            "min",
            _OWN.saying(
                _("without queues, so in favour of the car"),
            ),
            range=0.2,
        ),
        Field(ge=0, le=60),
    ] = 5
    ratio_limit: Annotated[
        float,
        Spec(
            _("transit competes with the car up to"),
            "1",
            _OWN.saying(_("time to time")),
            range=0.1,
        ),
        Field(gt=0),
    ] = 1.5
    performance_cell: Annotated[
        float,
        Spec(
            _("cell of transport performance"),
            "m",
            _OWN.saying(_("cells of the census: 1 km")),
        ),
        Field(ge=100, le=5000),
    ] = 1000
    performance_minutes: Annotated[
        float,
        Spec(
            _("transport performance: within"),
            "min",
            _PERFORMANCE,
            range=0.2,
        ),
        Field(gt=0, le=120),
    ] = 45
    performance_speed: Annotated[
        float,
        Spec(
            _("transport performance: neighbourhood in a straight line at"),
            "km/h",
            _PERFORMANCE,
            range=0.1,
        ),
        Field(gt=0, le=60),
    ] = 15
    catchment: Annotated[
        float,
        Spec(
            _("catchment of a service (2SFCA)"),
            "min",
            _CATCHMENT.saying(_("the authors took 30 minutes")),
            range=0.2,
        ),
        Field(gt=0, le=240),
    ] = 45
    modes_required: ModesRequired = ANYWHERE

    @model_validator(mode="after")
    def _orders(self) -> Self:
        start, end = self.hours
        if not 0 <= start < end <= 30:
            raise ParameterError(_("hours: start < end, 0-30"))
        if sorted(set(self.limits)) != list(self.limits) or self.limits[0] <= 0:
            raise ParameterError(_("limits: ascending and positive"))
        if self.limits[-1] > self.max_minutes:
            raise ParameterError(_("limits: up to max_minutes"))
        return self
