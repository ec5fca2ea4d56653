"""Parameters of the check ``connections``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import ALL_DAYS, DayName, DayTypes, Detour, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.i18n import _, both, pgettext
from metrogis.transit.journeys import TransferRules

_OWN = ours("56-connections-between-seats")


WORKING: tuple[DayName, ...] = ("school_day", "holiday_weekday")


class ConnectionsParameters(Parameters):
    """Parameters of :func:`connections`."""

    pairs_working: Annotated[
        int,
        Spec(
            pgettext("threshold", "pairs on working days"),
            "pairs/day",
            citations.DRAFT_LAW,
        ),
        Field(ge=0, le=100),
    ] = 4
    pairs_off: Annotated[
        int,
        Spec(pgettext("threshold", "pairs on days off"), "pairs/day", citations.DRAFT_LAW),
        Field(ge=0, le=100),
    ] = 2
    pairs_earlier: Annotated[
        int,
        Spec(
            _("pairs every day (earlier draft)"),
            "pairs/day",
            citations.DRAFT_LAW.saying(_("an earlier version")),
        ),
        Field(ge=0, le=100),
    ] = 3
    pairing: Annotated[
        Literal["directions", "round_trip"],
        Spec(
            _("a pair: a journey each way on that day, or a return after the journey out"),
            "-",
            citations.DRAFT_LAW.saying(
                _("one journey out and one back on the same day, in no stated order"),
            ),
        ),
    ] = "directions"
    min_stay: Annotated[
        float,
        Spec(
            _("least stay (round trips)"),
            "min",
            _OWN.saying(_("the draft gives no number")),
            range=0.2,
        ),
        Field(ge=0, le=720),
    ] = 60
    max_transfers: Annotated[
        int,
        Spec(
            _("most transfers"),
            "transfers",
            _OWN.saying(_("the draft gives no number")),
        ),
        Field(ge=0, le=4),
    ] = 1
    transfer_minutes: Annotated[
        float,
        Spec(
            _("shortest transfer"),
            "min",
            _OWN.saying(_("the draft gives no number")),
            range=0.2,
        ),
        Field(ge=0, le=60),
    ] = 3
    transfer_walk: Annotated[
        float,
        Spec(
            _("walk at a transfer"),
            "m",
            _OWN.saying(_("the draft gives no number")),
            range=0.2,
        ),
        Field(ge=0, le=2000),
    ] = 200
    walk_speed: Annotated[
        float,
        Spec(
            _("walking speed"),
            "m/min",
            citations.TFL.saying(both("80 m/min")),
            range=0.1,
        ),
        Field(gt=0, le=200),
    ] = 80
    detour: Detour = 1.3
    seat_distance: Annotated[
        float,
        Spec(
            _("stops of a seat: farthest"),
            "m",
            _OWN.saying(
                _("the draft gives no number; a town's station counts as the town"),
            ),
            range=0.2,
        ),
        Field(gt=0, le=10000),
    ] = 2000
    locality_distance: Annotated[
        float,
        Spec(
            _("stops of another locality: farthest"),
            "m",
            _OWN.saying(_("the draft gives no number")),
            range=0.2,
        ),
        Field(gt=0, le=10000),
    ] = 1000
    max_minutes: Annotated[
        float,
        Spec(
            _("longest journey"),
            "min",
            _OWN.saying(_("the draft gives no number")),
            range=0.2,
        ),
        Field(gt=0, le=1440),
    ] = 120
    hours: Annotated[
        tuple[float, float],
        Spec(
            _("departures from, to"),
            "h",
            ours(
                "51-timetables-and-days",
                _("service day of the timetable; past midnight counts to the day before"),
            ),
        ),
    ] = (0, 30)
    day_types: DayTypes = ALL_DAYS
    seats: Annotated[
        dict[str, str],
        Spec(
            _("seats: code of a municipality (7 digits) or county (4) -> name of the locality"),
            "-",
            _OWN.saying(
                _(
                    "needed where the seat lies outside (rural gminas around a town), or "
                    "is not marked"
                ),
            ),
        ),
    ] = Field(default_factory=dict)
    all_localities: Annotated[
        bool,
        Spec(
            _("every locality and its seat too"),
            "-",
            _OWN.saying(
                _("for gmina seats, and for every locality"),
            ),
        ),
    ] = True
    flow_pairs: Annotated[
        int,
        Spec(
            _("strongest flows between municipalities that are checked"),
            "pairs",
            _OWN.saying(
                _("flow pairs without a usable connection; 0: none"),
            ),
        ),
        Field(ge=0, le=10_000),
    ] = 60
    flow_min: Annotated[
        float,
        Spec(
            _("least flow, both directions"),
            "people",
            _OWN.saying(_("as in functional_links")),
        ),
        Field(ge=0),
    ] = 10
    modes_required: ModesRequired = ANYWHERE

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if not 0 <= self.hours[0] < self.hours[1] <= 48:
            raise ParameterError(_("hours: start < end, hours 0-48"))
        bad = [c for c in self.seats if not (c.isdigit() and len(c) in (4, 7))]
        if bad:
            raise ParameterError(_("seats: codes have 4 or 7 digits: {bad}").fill(bad=bad[:3]))
        return self

    def rules(self) -> TransferRules:
        """Return the rules of transfers."""
        return TransferRules(
            seconds=60 * self.transfer_minutes,
            walk_metres=self.transfer_walk,
            speed=self.walk_speed,
            detour=self.detour,
        )

    def needed(self, day: str) -> int:
        """Return the pairs that a relation needs on a day type.

        Parameters
        ----------
        day : str
            A working day type, or one of days off.
        """
        return self.pairs_working if day in WORKING else self.pairs_off
