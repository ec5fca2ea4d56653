"""Parameters of the check ``service_quality``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import DayName, ModesRequired
from metrogis.checks.shared.service import ANYWHERE
from metrogis.errors import ParameterError
from metrogis.texts import Text

_OWN = ours("53-service-quality-classes")

Method = Literal["are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl"]
EVERY_METHOD: tuple[Method, ...] = ("are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl")


_Minutes = Field(gt=0, le=60)
_Metres = Field(gt=0, le=5000)


class ServiceQualityParameters(Parameters):
    """Parameters of :func:`service_quality`."""

    methods: Annotated[
        tuple[Method, ...],
        Spec(Text("metody", "methods"), "-", _OWN),
        Field(min_length=1),
    ] = EVERY_METHOD
    day_type: Annotated[
        DayName,
        Spec(Text("rodzaj dnia", "day type"), "-", _OWN.saying("dzień roboczy", "a working day")),
    ] = "school_day"
    second_day_type: Annotated[
        DayName,
        Spec(
            Text("drugi dzień metody austriackiej", "second day of the Austrian method"),
            "-",
            citations.OEROK.saying("niesprawdzone w oryginale", "unverified"),
        ),
    ] = "holiday_weekday"
    day_window: Annotated[
        tuple[float, float],
        Spec(
            Text("pora dnia ARE, Austrii, DG REGIO [od, do)", "hours of ARE, Austria, DG REGIO"),
            "h",
            _OWN,
        ),
    ] = (6, 20)
    detour: Annotated[
        float,
        Spec(
            Text(
                "wydłużenie drogi względem linii prostej (bez sieci ulic; nie dotyczy ARE)",
                "walk over straight line (without a street network; not for ARE)",
            ),
            "1",
            ours("54-white-spots"),
        ),
        Field(ge=1, le=3),
    ] = 1.3
    snap_limit: Annotated[
        float,
        Spec(
            Text("najdalej od ulicy (dalej: nieznane)", "farthest from a street (beyond: unknown)"),
            "m",
            _OWN,
        ),
        _Metres,
    ] = 250
    cell_size: Annotated[
        float,
        Spec(
            Text("największa szerokość komórki", "largest width of a cell"),
            "m",
            ours("54-white-spots"),
        ),
        Field(ge=25, le=1000),
    ] = 250
    merge_distance: Annotated[
        float,
        Spec(
            Text("słupki jednej nazwy to jeden przystanek", "posts of one name are one stop"),
            "m",
            citations.ARE.saying("granice niesprawdzone w oryginale", "boundaries unverified"),
        ),
        Field(ge=0, le=1000),
    ] = 150
    are_interval: Annotated[
        Literal["count", "waiting"],
        Spec(
            Text("odstęp: z liczby odjazdów czy z czekania", "interval by"),
            "-",
            citations.ARE.saying("z liczby odjazdów", "by the number of departures").at(
                "52-intervals"
            ),
        ),
    ] = "count"
    are_distances: Annotated[
        tuple[float, float, float, float],
        Spec(
            Text("pasy odległości ARE", "distance bands of ARE"),
            "m",
            citations.ARE.saying("granice niesprawdzone w oryginale", "boundaries unverified"),
        ),
    ] = (300, 500, 750, 1000)
    hub_neighbours: Annotated[
        int,
        Spec(
            Text("węzeł: sąsiednich stacji co najmniej", "hub: next rail stations at least"),
            "stations",
            citations.ARE.saying("granice niesprawdzone w oryginale", "boundaries unverified"),
        ),
        Field(ge=1),
    ] = 6
    austria_distances: Annotated[
        tuple[float, float, float, float, float],
        Spec(Text("pasy odległości Austrii", "distance bands of Austria"), "m", citations.OEROK),
    ] = (300, 500, 750, 1000, 1250)
    ptal_window: Annotated[
        tuple[float, float],
        Spec(Text("pora szczytu PTAL [od, do)", "peak of PTAL [from, to)"), "h", citations.TFL),
    ] = (8.25, 9.25)
    ptal_speed: Annotated[
        float,
        Spec(Text("prędkość pieszego PTAL", "walking speed of PTAL"), "m/min", citations.TFL),
        Field(gt=0, le=200),
    ] = 80
    ptal_bus_limit: Annotated[
        float,
        Spec(Text("dojście do autobusu PTAL", "walk to a bus, PTAL"), "m", citations.TFL),
        _Metres,
    ] = 640
    ptal_rail_limit: Annotated[
        float,
        Spec(
            Text("dojście do kolei, metra, tramwaju PTAL", "walk to rail, metro, tram, PTAL"),
            "m",
            citations.TFL,
        ),
        _Metres,
    ] = 960
    ptal_bus_reliability: Annotated[
        float,
        Spec(
            Text("niepewność K autobusu PTAL", "reliability K of buses, PTAL"), "min", citations.TFL
        ),
        Field(ge=0, le=30),
    ] = 2.0
    ptal_rail_reliability: Annotated[
        float,
        Spec(
            Text("niepewność K kolei PTAL", "reliability K of rail, tram, PTAL"),
            "min",
            citations.TFL,
        ),
        Field(ge=0, le=30),
    ] = 0.75
    dg_cluster: Annotated[
        float,
        Spec(
            Text("słupki łączone (DG REGIO)", "posts clustered (DG REGIO)"), "m", citations.DG_REGIO
        ),
        Field(ge=0, le=500),
    ] = 50
    dg_road_minutes: Annotated[
        float,
        Spec(
            Text("dojście do autobusu i tramwaju", "walk to bus and tram"),
            "min",
            citations.DG_REGIO,
        ),
        _Minutes,
    ] = 5
    dg_rail_minutes: Annotated[
        float,
        Spec(
            Text("dojście do kolei i metra", "walk to train and metro"), "min", citations.DG_REGIO
        ),
        _Minutes,
    ] = 10
    dg_speed: Annotated[
        float,
        Spec(
            Text("prędkość pieszego DG REGIO", "walking speed, DG REGIO"),
            "km/h",
            citations.DG_REGIO,
        ),
        Field(gt=0, le=12),
    ] = 5
    dg_medium: Annotated[
        float,
        Spec(Text("średnia obsługa od", "medium from"), "departures/h", citations.DG_REGIO),
        Field(gt=0),
    ] = 4
    dg_high: Annotated[
        float,
        Spec(Text("wysoka obsługa powyżej", "high above"), "departures/h", citations.DG_REGIO),
        Field(gt=0),
    ] = 10
    sdg_low_limit: Annotated[
        float,
        Spec(
            Text("dojście: autobus, tramwaj (SDG)", "walk to bus, tram (SDG)"),
            "m",
            citations.SDG_11_2_1,
        ),
        _Metres,
    ] = 500
    sdg_high_limit: Annotated[
        float,
        Spec(
            Text("dojście: kolej, prom (SDG)", "walk to rail, ferry (SDG)"),
            "m",
            citations.SDG_11_2_1,
        ),
        _Metres,
    ] = 1000
    sdg_pl_limit: Annotated[
        float,
        Spec(
            Text("zasięg po sieci (wariant polski)", "reach along streets (Poland)"),
            "m",
            citations.SDG_11_2_1_PL,
        ),
        _Metres,
    ] = 500
    sdg_pl_width: Annotated[
        float,
        Spec(
            Text("pas wzdłuż ulic (wariant polski)", "strip along streets (Poland)"),
            "m",
            citations.SDG_11_2_1_PL,
        ),
        _Metres,
    ] = 100
    modes_required: ModesRequired = ANYWHERE
    neighbours_complete: Annotated[
        bool,
        Spec(
            Text(
                "brak klasy przy granicy pewny tylko przy pełnym pokryciu sąsiadów w zasięgu",
                "no class near a border is certain only with complete neighbours in reach",
            ),
            "-",
            _OWN,
        ),
    ] = True

    @model_validator(mode="after")
    def _orders(self) -> Self:
        for name in ("day_window", "ptal_window"):
            start, end = getattr(self, name)
            if not 0 <= start < end <= 30:
                raise ParameterError(
                    Text(
                        f"{name}: początek < koniec, godziny 0-30",
                        f"{name}: start < end, hours 0-30",
                    )
                )
        for name in ("are_distances", "austria_distances"):
            ends = getattr(self, name)
            if sorted(set(ends)) != list(ends) or ends[0] <= 0:
                raise ParameterError(
                    Text(f"{name}: rosnące i dodatnie", f"{name}: ascending and positive")
                )
        if self.dg_medium > self.dg_high:
            raise ParameterError("dg_medium <= dg_high")
        if len(set(self.methods)) < len(self.methods):
            raise ParameterError(Text("methods: każda raz", "methods: each once"))
        return self
