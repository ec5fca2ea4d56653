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
from metrogis.texts import Text

_OWN = ours("54-white-spots")


def _limit(pl: str, en: str) -> Spec:
    return Spec(
        Text(f"dojście do przystanku: {pl}", f"walk to a stop: {en}"), "m", citations.SDG_11_2_1
    )


class WhiteSpotsParameters(Parameters):
    """Parameters of :func:`white_spots`."""

    bus_walk_limit: Annotated[
        float, _limit("autobus, trolejbus", "bus, trolleybus"), Field(gt=0, le=5000)
    ] = 500
    tram_walk_limit: Annotated[
        float, _limit("tramwaj, kolej linowa", "tram, cableway"), Field(gt=0, le=5000)
    ] = 500
    rail_walk_limit: Annotated[float, _limit("kolej", "rail"), Field(gt=0, le=5000)] = 1000
    metro_walk_limit: Annotated[float, _limit("metro", "metro"), Field(gt=0, le=5000)] = 1000
    ferry_walk_limit: Annotated[float, _limit("prom", "ferry"), Field(gt=0, le=5000)] = 1000
    detour: Detour = 1.3
    min_departures: MinDepartures = 8
    min_per_window: Annotated[
        int,
        Spec(
            Text("najmniej odjazdów w porze dojazdów", "fewest departures per commuting window"),
            "departures",
            ours("54-white-spots", "żadne prawo nie podaje liczby", "no law gives a number"),
        ),
        Field(ge=0),
    ] = 1
    morning_window: Annotated[
        tuple[float, float],
        Spec(
            Text("poranna pora dojazdów [od, do)", "morning window [from, to)"),
            "h",
            ours("54-white-spots", "żadne prawo nie podaje liczby", "no law gives a number"),
        ),
    ] = (5, 9)
    afternoon_window: Annotated[
        tuple[float, float],
        Spec(
            Text("popołudniowa pora dojazdów [od, do)", "afternoon window [from, to)"),
            "h",
            ours("54-white-spots", "żadne prawo nie podaje liczby", "no law gives a number"),
        ),
    ] = (13, 17)
    windows_on_days_off: Annotated[
        bool,
        Spec(
            Text(
                "pory dojazdów wymagane także w soboty i niedziele",
                "commuting windows asked for on Saturdays and Sundays as well",
            ),
            "-",
            _OWN.saying("jedna reguła na każdy rodzaj dnia", "one rule for every day type"),
        ),
    ] = True
    day_types: DayTypes = ALL_DAYS
    main_day_type: Annotated[
        DayName,
        Spec(
            Text("rodzaj dnia na mapie i w rankingu", "day type of the map and the ranking"),
            "-",
            ours("54-white-spots"),
        ),
    ] = "school_day"
    cell_size: Annotated[
        float,
        Spec(
            Text(
                "największa szerokość komórki (i nie więcej niż pół dojścia)",
                "largest width of a cell (and at most half the walk limit)",
            ),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    modes_required: ModesRequired = ANYWHERE
    neighbours_complete: Annotated[
        bool,
        Spec(
            Text(
                "pełne pokrycie wymagane też w gminach sąsiednich w zasięgu dojścia",
                "coverage must be complete in neighbouring municipalities within the walk too",
            ),
            "-",
            _OWN.saying(
                "przystanek sąsiada może obsługiwać drugą stronę granicy",
                "a neighbour's stop may serve across the border",
            ),
        ),
    ] = True
    place_distance: Annotated[
        float,
        Spec(
            Text(
                "słupki bliższe niż tyle to jedno miejsce, także różnych przewoźników",
                "posts nearer than this are one stop place, also of different operators",
            ),
            "m",
            citations.DG_REGIO.saying(
                "grupy przystanków; tu także słupki kilku rozkładów",
                "clusters of stops; here also posts of several feeds",
            ).at("51-timetables-and-days"),
        ),
        Field(ge=0, le=150),
    ] = 50
    merge_distance: Annotated[
        float,
        Spec(
            Text(
                "słupki o jednej nazwie bliższe niż tyle to jedno miejsce (0: tylko perony jednej "
                "stacji i słupki bliższe niż place_distance)",
                "posts of one name nearer than this are one stop place (0: only platforms of one "
                "station, and posts nearer than place_distance)",
            ),
            "m",
            citations.ARE.saying(
                "przystanki jednej nazwy do 150 m to jeden przystanek",
                "stops of one name within 150 m are one stop",
            ).at("51-timetables-and-days"),
        ),
        Field(ge=0, le=1000),
    ] = 150
    metres_per_departure: Annotated[
        float,
        Spec(
            Text(
                "dojście i odjazdy razem: tyle metrów ścieżki warte jest jednego odjazdu w dobie",
                "path and departures together: so many metres of path are worth one daily "
                "departure",
            ),
            "m",
            _OWN.saying(
                "rozstrzyga, która para jest najtańsza, a nie które komórki są białe",
                "it decides which pair is the cheapest, not which cells are white",
            ),
        ),
        Field(ge=0, le=10000),
    ] = 100
    split_by_municipality: Annotated[
        bool,
        Spec(
            Text("plamy dzielone granicami gmin", "spots divided by municipal borders"),
            "-",
            _OWN.saying("plama to przylegające komórki", "a spot is cells that touch"),
        ),
    ] = False

    @model_validator(mode="after")
    def _windows(self) -> Self:
        for name in ("morning_window", "afternoon_window"):
            start, end = getattr(self, name)
            if not 0 <= start < end <= 30:
                raise ParameterError(
                    Text(
                        f"{name}: początek < koniec, godziny 0-30",
                        f"{name}: start < end, hours 0-30",
                    )
                )
        if self.morning_window[1] > self.afternoon_window[0]:
            raise ParameterError(
                Text(
                    "morning_window musi się skończyć przed afternoon_window",
                    "morning_window must end before afternoon_window",
                )
            )
        if self.main_day_type not in self.day_types:
            raise ParameterError(
                Text(
                    "main_day_type musi być wśród day_types",
                    "main_day_type must be one of day_types",
                )
            )
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
