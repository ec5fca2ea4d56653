"""Parameters of the check ``feeder_coordination``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import DayName, Detour, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.i18n import _

_OWN = ours("510-feeder-coordination")


class FeederParameters(Parameters):
    """Parameters of :func:`feeder_coordination`."""

    day_type: Annotated[DayName, Spec(_("day type"), "-", ours("51-timetables-and-days"))] = (
        "school_day"
    )
    hours: Annotated[
        tuple[float, float],
        Spec(
            _("hours of service [from, to]"),
            "h",
            _OWN.saying(_("from one night break to the next")),
        ),
    ] = (3, 27)
    transfer_limit: Annotated[
        float,
        Spec(_("walk to the train up to"), "m",
             ours("57-door-to-door"), range=0.2),
        Field(ge=0, le=2000),
    ] = 400  # fmt: skip
    walk_speed: Annotated[
        float,
        Spec(_("walking speed"), "km/h", ours("57-door-to-door"), range=0.1),
        Field(gt=0, le=12),
    ] = 4.8
    detour: Detour = 1.3
    tight: Annotated[
        float,
        Spec(_("too tight: a wait below"), "min", _OWN, range=0.2),
        Field(ge=0, le=30),
    ] = 1
    kept: Annotated[
        float,
        Spec(_("a connection: a wait up to"), "min", _OWN, range=0.2),
        Field(gt=0, le=60),
    ] = 15
    loose: Annotated[
        float,
        Spec(_("loose: a wait up to"), "min", _OWN, range=0.2),
        Field(gt=0, le=120),
    ] = 30
    missed: Annotated[
        float,
        Spec(
            _("just missed: left at most"),
            "min",
            _OWN.saying(_("before one is on the platform")),
            range=0.2,
        ),
        Field(gt=0, le=30),
    ] = 5
    rare: Annotated[
        float,
        Spec(
            _("missed if one runs every"),
            "min",
            _OWN.saying(_("a frequent service is never missed")),
            range=0.2,
        ),
        Field(ge=0, le=240),
    ] = 20
    longest_shift: Annotated[
        int,
        Spec(_("shift of a line up to"), "min", _OWN),
        Field(ge=0, le=30),
    ] = 10
    modes_required: ModesRequired = ANYWHERE

    @model_validator(mode="after")
    def _orders(self) -> Self:
        start, end = self.hours
        if not (0 <= start < end <= 30 and end - start <= 24):
            raise ParameterError(
                _("hours: start < end, 0-30, at most a day")
            )  # fmt: skip
        if not self.tight <= self.kept <= self.loose:
            raise ParameterError("tight <= kept <= loose")
        return self
