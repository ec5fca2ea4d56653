"""Parameters of the check ``connections``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import ALL_DAYS, DayName, DayTypes, Detour, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.texts import Text
from metrogis.transit.journeys import TransferRules

_OWN = ours("56-connections-between-seats")


WORKING: tuple[DayName, ...] = ("school_day", "holiday_weekday")


class ConnectionsParameters(Parameters):
    """Parameters of :func:`connections`."""

    pairs_working: Annotated[
        int,
        Spec(
            Text("par połączeń w dni robocze", "pairs on working days"),
            "pairs/day",
            citations.DRAFT_LAW,
        ),
        Field(ge=0, le=100),
    ] = 4
    pairs_off: Annotated[
        int,
        Spec(
            Text("par połączeń w dni wolne", "pairs on days off"), "pairs/day", citations.DRAFT_LAW
        ),
        Field(ge=0, le=100),
    ] = 2
    pairs_earlier: Annotated[
        int,
        Spec(
            Text("par każdego dnia (wcześniejszy projekt)", "pairs every day (earlier draft)"),
            "pairs/day",
            citations.DRAFT_LAW.saying("wcześniejsza wersja", "an earlier version"),
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
            citations.DRAFT_LAW.saying(
                "jedna podróż tam i jedna z powrotem tego samego dnia, bez podanej kolejności",
                "one journey out and one back on the same day, in no stated order",
            ),
        ),
    ] = "directions"
    min_stay: Annotated[
        float,
        Spec(
            Text("najkrótszy pobyt na miejscu (podróż z powrotem)", "least stay (round trips)"),
            "min",
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(ge=0, le=720),
    ] = 60
    max_transfers: Annotated[
        int,
        Spec(
            Text("najwięcej przesiadek", "most transfers"),
            "transfers",
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(ge=0, le=4),
    ] = 1
    transfer_minutes: Annotated[
        float,
        Spec(
            Text("najkrótsza przesiadka", "shortest transfer"),
            "min",
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(ge=0, le=60),
    ] = 3
    transfer_walk: Annotated[
        float,
        Spec(
            Text("dojście przy przesiadce", "walk at a transfer"),
            "m",
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(ge=0, le=2000),
    ] = 200
    walk_speed: Annotated[
        float,
        Spec(
            Text("prędkość pieszego", "walking speed"),
            "m/min",
            citations.TFL.saying("80 m/min", "80 m/min"),
        ),
        Field(gt=0, le=200),
    ] = 80
    detour: Detour = 1.3
    seat_distance: Annotated[
        float,
        Spec(
            Text("przystanki siedziby: najdalej od jej punktu", "stops of a seat: farthest"),
            "m",
            _OWN.saying(
                "projekt ustawy nie podaje liczby; stacja miasta liczy się jako miasto",
                "the draft gives no number; a town's station counts as the town",
            ),
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
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(gt=0, le=10000),
    ] = 1000
    max_minutes: Annotated[
        float,
        Spec(
            Text("najdłuższa podróż", "longest journey"),
            "min",
            _OWN.saying("projekt ustawy nie podaje liczby", "the draft gives no number"),
        ),
        Field(gt=0, le=1440),
    ] = 120
    hours: Annotated[
        tuple[float, float],
        Spec(
            Text("odjazdy w godzinach [od, do) doby rozkładowej", "departures from, to"),
            "h",
            ours(
                "51-timetables-and-days",
                "doba rozkładowa; po północy liczy się do dnia poprzedniego",
                "service day of the timetable; past midnight counts to the day before",
            ),
        ),
    ] = (0, 30)
    day_types: DayTypes = ALL_DAYS
    seats: Annotated[
        dict[str, str],
        Spec(
            Text(
                "siedziby: kod gminy (7 cyfr) lub powiatu (4 cyfry) -> nazwa miejscowości",
                "seats: code of a municipality (7 digits) or county (4) -> name of the locality",
            ),
            "-",
            _OWN.saying(
                "potrzebne, gdy siedziba leży poza gminą (gminy wiejskie wokół miasta) albo nie "
                "jest oznaczona",
                "needed where the seat lies outside (rural gminas around a town), or is not marked",
            ),
        ),
    ] = Field(default_factory=dict)
    all_localities: Annotated[
        bool,
        Spec(
            Text("także każda miejscowość i siedziba jej gminy", "every locality and its seat too"),
            "-",
            _OWN.saying(
                "dla siedzib gmin i dla każdej miejscowości",
                "for gmina seats, and for every locality",
            ),
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
            _OWN.saying(
                "pary o dużych przepływach bez połączenia; 0: żadne",
                "flow pairs without a usable connection; 0: none",
            ),
        ),
        Field(ge=0, le=10_000),
    ] = 60
    flow_min: Annotated[
        float,
        Spec(
            Text("najmniejszy sprawdzany przepływ w obu kierunkach", "least flow, both directions"),
            "people",
            _OWN.saying("jak w functional_links", "as in functional_links"),
        ),
        Field(ge=0),
    ] = 10
    modes_required: ModesRequired = ANYWHERE

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
        """Return the pairs that a relation needs on a day type.

        Parameters
        ----------
        day : str
            A working day type, or one of days off.
        """
        return self.pairs_working if day in WORKING else self.pairs_off
