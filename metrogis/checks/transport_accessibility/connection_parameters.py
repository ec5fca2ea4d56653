"""Parameters of the check ``connections``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec
from metrogis.checks.transport_accessibility.white_parameters import ALL_DAYS, DayName
from metrogis.errors import ParameterError
from metrogis.texts import Text
from metrogis.transit.journeys import TransferRules

_LAW = "draft Polish law (2026), METHODS 5.6"
_OURS = "this project's choice: the draft gives no number"

WORKING: tuple[DayName, ...] = ("school_day", "holiday_weekday")


class ConnectionsParameters(Parameters):
    """Parameters of :func:`connections`."""

    pairs_working: Annotated[
        int,
        Spec(Text("par połączeń w dni robocze", "pairs on working days"), "pairs/day", _LAW),
        Field(ge=0, le=100),
    ] = 4
    pairs_off: Annotated[
        int,
        Spec(Text("par połączeń w dni wolne", "pairs on days off"), "pairs/day", _LAW),
        Field(ge=0, le=100),
    ] = 2
    pairs_earlier: Annotated[
        int,
        Spec(
            Text("par każdego dnia (wcześniejszy projekt)", "pairs every day (earlier draft)"),
            "pairs/day",
            "earlier draft of that law, METHODS 5.6",
        ),
        Field(ge=0, le=100),
    ] = 3
    pairing: Annotated[
        Literal["directions", "round_trip"],
        Spec(
            Text(
                "para: kurs tam i kurs z powrotem tego dnia, czy podróż z powrotem po podróży tam",
                "a pair: a journey each way on that day, or a return after the journey out",
            ),
            "-",
            "METHODS 5.6: one journey out and one back on the same day, in no stated order",
        ),
    ] = "directions"
    min_stay: Annotated[
        float,
        Spec(
            Text("najkrótszy pobyt na miejscu (podróż z powrotem)", "least stay (round trips)"),
            "min",
            _OURS,
        ),
        Field(ge=0, le=720),
    ] = 60
    max_transfers: Annotated[
        int,
        Spec(Text("najwięcej przesiadek", "most transfers"), "transfers", _OURS),
        Field(ge=0, le=4),
    ] = 1
    transfer_minutes: Annotated[
        float,
        Spec(Text("najkrótsza przesiadka", "shortest transfer"), "min", _OURS),
        Field(ge=0, le=60),
    ] = 3
    transfer_walk: Annotated[
        float,
        Spec(Text("dojście przy przesiadce", "walk at a transfer"), "m", _OURS),
        Field(ge=0, le=2000),
    ] = 200
    walk_speed: Annotated[
        float,
        Spec(Text("prędkość pieszego", "walking speed"), "m/min", "TfL PTAL"),
        Field(gt=0, le=200),
    ] = 80
    detour: Annotated[
        float,
        Spec(
            Text(
                "wydłużenie drogi względem linii prostej (bez sieci ulic)",
                "walk over straight line (without a street network)",
            ),
            "1",
            "METHODS 5.4",
        ),
        Field(ge=1, le=3),
    ] = 1.3
    seat_distance: Annotated[
        float,
        Spec(
            Text("przystanki siedziby: najdalej od jej punktu", "stops of a seat: farthest"),
            "m",
            _OURS + "; a town's station counts as the town",
        ),
        Field(gt=0, le=10000),
    ] = 2000
    locality_distance: Annotated[
        float,
        Spec(
            Text(
                "przystanki innej miejscowości: najdalej od jej punktu",
                "stops of another locality: farthest",
            ),
            "m",
            _OURS,
        ),
        Field(gt=0, le=10000),
    ] = 1000
    max_minutes: Annotated[
        float,
        Spec(Text("najdłuższa podróż", "longest journey"), "min", _OURS),
        Field(gt=0, le=1440),
    ] = 120
    hours: Annotated[
        tuple[float, float],
        Spec(
            Text("odjazdy w godzinach [od, do) doby rozkładowej", "departures from, to"),
            "h",
            "service day of the timetable; past midnight counts to the day before",
        ),
    ] = (0, 30)
    day_types: Annotated[
        tuple[DayName, ...],
        Spec(Text("rodzaje dni", "day types"), "-", "METHODS 5.1"),
        Field(min_length=1),
    ] = ALL_DAYS
    seats: Annotated[
        dict[str, str],
        Spec(
            Text(
                "siedziby: kod gminy (7 cyfr) lub powiatu (4 cyfry) -> nazwa miejscowości",
                "seats: code of a municipality (7 digits) or county (4) -> name of the locality",
            ),
            "-",
            "needed where the seat lies outside (rural gminas around a town), or is not marked",
        ),
    ] = Field(default_factory=dict)
    all_localities: Annotated[
        bool,
        Spec(
            Text("także każda miejscowość i siedziba jej gminy", "every locality and its seat too"),
            "-",
            "METHODS 5.6: for gmina seats, and for every locality",
        ),
    ] = True
    flow_pairs: Annotated[
        int,
        Spec(
            Text(
                "sprawdzane najsilniejsze przepływy między gminami",
                "strongest flows between municipalities that are checked",
            ),
            "pairs",
            "METHODS 2: flow pairs without a usable connection; the number is this project's "
            "choice; 0: none",
        ),
        Field(ge=0, le=10_000),
    ] = 60
    flow_min: Annotated[
        float,
        Spec(
            Text("najmniejszy sprawdzany przepływ w obu kierunkach", "least flow, both directions"),
            "people",
            "this project's choice, as in functional_links",
        ),
        Field(ge=0),
    ] = 10
    modes_required: Annotated[
        tuple[str, ...],
        Spec(
            Text(
                "środki transportu, których pokrycie musi być pełne w każdej gminie",
                "modes whose coverage must be complete in every municipality",
            ),
            "-",
            "this project's choice: buses may run anywhere",
        ),
    ] = ("bus",)

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if not 0 <= self.hours[0] < self.hours[1] <= 48:
            raise ParameterError(
                Text("hours: początek < koniec, godziny 0-48", "hours: start < end, hours 0-48")
            )
        bad = [c for c in self.seats if not (c.isdigit() and len(c) in (4, 7))]
        if bad:
            raise ParameterError(
                Text(
                    f"seats: kody mają 4 albo 7 cyfr: {bad[:3]}",
                    f"seats: codes have 4 or 7 digits: {bad[:3]}",
                )
            )
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
        """Return the pairs needed on a day type."""
        return self.pairs_working if day in WORKING else self.pairs_off
