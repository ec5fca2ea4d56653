"""Parameters of the check ``travel_time``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec
from metrogis.checks.contract.citations import Citation, ours
from metrogis.checks.contract.shared_types import DayName, Detour, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.texts import Text

_OWN = ours("59-travel-time")
_DOOR = ours("57-door-to-door")
_PERFORMANCE = Citation(
    Text(
        "Poelman, Dijkstra i Ackermans 2020, Komisja Europejska, Working Paper 01/2020",
        "Poelman, Dijkstra & Ackermans 2020, European Commission, Working Paper 01/2020",
    ),
    "https://ec.europa.eu/regional_policy/information-sources/publications/working-papers/2020/"
    "how-many-people-can-you-reach-by-public-transport-bicycle-or-on-foot-in-european-cities-"
    "measuring-urban-accessibility-for-low-carbon-modes_en",
    "59-travel-time",
)
_CATCHMENT = Citation(
    Text("Luo i Wang 2003 (2SFCA)", "Luo & Wang 2003 (2SFCA)"),
    "https://doi.org/10.1068/b29120",
    "59-travel-time",
)


class TravelTimeParameters(Parameters):
    """Parameters of :func:`travel_time`."""

    day_type: Annotated[
        DayName, Spec(Text("rodzaj dnia", "day type"), "-", ours("51-timetables-and-days"))
    ] = "school_day"
    hours: Annotated[
        tuple[float, float],
        Spec(
            Text("wyjście z domu [od, do)", "leaving home [from, to)"),
            "h",
            _OWN.saying("poranny szczyt", "the morning peak"),
        ),
    ] = (7, 9)
    max_minutes: Annotated[
        float,
        Spec(Text("najdłuższa podróż", "longest journey"), "min", _DOOR),
        Field(gt=0, le=240),
    ] = 120
    limits: Annotated[
        tuple[float, float, float],
        Spec(
            Text("granice czasu podróży", "limits of travel time"),
            "min",
            _OWN.saying("pół godziny, trzy kwadranse, godzina", "half an hour to an hour"),
        ),
    ] = (30, 45, 60)
    kinds: Annotated[
        tuple[str, ...],
        Spec(
            Text("rodzaje usług, do których liczy się czas", "kinds of services that are targets"),
            "-",
            _OWN.saying("kolumna kind warstwy services", "column kind of the layer services"),
        ),
    ] = ("hospital", "university")
    walk_speed: Annotated[
        float, Spec(Text("prędkość pieszego", "walking speed"), "km/h", _DOOR), Field(gt=0, le=12)
    ] = 4.8
    access_limit: Annotated[
        float,
        Spec(Text("dojście do przystanku do", "walk to a stop up to"), "m", _DOOR),
        Field(ge=0, le=5000),
    ] = 1000
    transfer_limit: Annotated[
        float,
        Spec(Text("przejście przy przesiadce do", "walk at a change up to"), "m", _DOOR),
        Field(ge=0, le=2000),
    ] = 400
    max_transfers: Annotated[
        int,
        Spec(Text("najwięcej przesiadek", "most changes"), "transfers", _DOOR),
        Field(ge=0, le=6),
    ] = 3
    slack: Annotated[
        float,
        Spec(Text("zapas przy wsiadaniu", "time that boarding needs"), "s", _DOOR),
        Field(ge=0, le=900),
    ] = 60
    detour: Detour = 1.3
    cell_size: Annotated[
        float,
        Spec(
            Text("największa szerokość komórki", "largest width of a cell"),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    top_speed: Annotated[
        float,
        Spec(
            Text(
                "szybciej nie jedzie pojazd, którego rozkładu brak",
                "no vehicle whose timetable is missing is faster",
            ),
            "km/h",
            _OWN.saying("od drzwi do drzwi, w linii prostej", "door to door, straight line"),
        ),
        Field(gt=0, le=400),
    ] = 100
    parking: Annotated[
        float,
        Spec(
            Text("parkowanie i dojście do auta", "parking, and the walk to the car"),
            "min",
            _OWN.saying(
                "bez korków, więc ostrożnie na rzecz transportu publicznego",
                "without queues, so in favour of the car",
            ),
        ),
        Field(ge=0, le=60),
    ] = 5
    ratio_limit: Annotated[
        float,
        Spec(
            Text("transport publiczny konkuruje z autem do", "transit competes with the car up to"),
            "1",
            _OWN.saying("czas do czasu", "time to time"),
        ),
        Field(gt=0),
    ] = 1.5
    performance_cell: Annotated[
        float,
        Spec(
            Text("komórka osiąganej ludności", "cell of transport performance"),
            "m",
            _OWN.saying("komórki spisu: 1 km", "cells of the census: 1 km"),
        ),
        Field(ge=100, le=5000),
    ] = 1000
    performance_minutes: Annotated[
        float,
        Spec(
            Text("osiągana ludność: w czasie do", "transport performance: within"),
            "min",
            _PERFORMANCE,
        ),
        Field(gt=0, le=120),
    ] = 45
    performance_speed: Annotated[
        float,
        Spec(
            Text(
                "osiągana ludność: okolica w linii prostej przy prędkości",
                "transport performance: neighbourhood in a straight line at",
            ),
            "km/h",
            _PERFORMANCE,
        ),
        Field(gt=0, le=60),
    ] = 15
    catchment: Annotated[
        float,
        Spec(
            Text("obszar ciążenia usługi (2SFCA)", "catchment of a service (2SFCA)"),
            "min",
            _CATCHMENT.saying("autorzy brali 30 minut jazdy", "the authors took 30 minutes"),
        ),
        Field(gt=0, le=240),
    ] = 45
    modes_required: ModesRequired = ANYWHERE

    @model_validator(mode="after")
    def _orders(self) -> Self:
        start, end = self.hours
        if not 0 <= start < end <= 30:
            raise ParameterError(Text("hours: początek < koniec, 0-30", "hours: start < end, 0-30"))
        if sorted(set(self.limits)) != list(self.limits) or self.limits[0] <= 0:
            raise ParameterError(
                Text("limits: rosnące i dodatnie", "limits: ascending and positive")
            )
        if self.limits[-1] > self.max_minutes:
            raise ParameterError(Text("limits: do max_minutes", "limits: up to max_minutes"))
        return self
