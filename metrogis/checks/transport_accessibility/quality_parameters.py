"""Parameters of the check ``service_quality``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from metrogis.checks.contract import Parameters, Spec
from metrogis.checks.transport_accessibility.white_parameters import DayName
from metrogis.errors import ParameterError
from metrogis.texts import Text

Method = Literal["are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl"]
ALL_METHODS: tuple[Method, ...] = ("are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl")

_ARE = "ARE, ÖV-Güteklassen (boundaries unverified)"
_ATS = "ÖROK, ÖV-Güteklassen"
_TFL = "TfL, Connectivity Assessment Guide"
_DG = "Poelman & Dijkstra 2015, EC Regional Working Paper 01/2015"
_SDG = "UN-Habitat, metadata of SDG indicator 11.2.1"
_GUS = "Statistics Poland's variant of SDG 11.2.1 (unverified)"

_Minutes = Field(gt=0, le=60)
_Metres = Field(gt=0, le=5000)


class ServiceQualityParameters(Parameters):
    """Parameters of :func:`service_quality`."""

    methods: Annotated[
        tuple[Method, ...],
        Spec(Text("metody", "methods"), "-", "METHODS 5.3"),
        Field(min_length=1),
    ] = ALL_METHODS
    day_type: Annotated[
        DayName,
        Spec(Text("rodzaj dnia", "day type"), "-", "METHODS 5.3: a working day"),
    ] = "school_day"
    second_day_type: Annotated[
        DayName,
        Spec(
            Text("drugi dzień metody austriackiej", "second day of the Austrian method"),
            "-",
            _ATS + " (unverified)",
        ),
    ] = "holiday_weekday"
    day_window: Annotated[
        tuple[float, float],
        Spec(
            Text("pora dnia ARE, Austrii, DG REGIO [od, do)", "hours of ARE, Austria, DG REGIO"),
            "h",
            "METHODS 5.3",
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
            "METHODS 5.4",
        ),
        Field(ge=1, le=3),
    ] = 1.3
    snap_limit: Annotated[
        float,
        Spec(
            Text("najdalej od ulicy (dalej: nieznane)", "farthest from a street (beyond: unknown)"),
            "m",
            "this project's choice",
        ),
        _Metres,
    ] = 250
    cell_size: Annotated[
        float,
        Spec(Text("największa szerokość komórki", "largest width of a cell"), "m", "METHODS 5.4"),
        Field(ge=25, le=1000),
    ] = 250
    merge_distance: Annotated[
        float,
        Spec(
            Text("słupki jednej nazwy to jeden przystanek", "posts of one name are one stop"),
            "m",
            _ARE,
        ),
        Field(ge=0, le=1000),
    ] = 150
    are_interval: Annotated[
        Literal["count", "waiting"],
        Spec(Text("odstęp: z liczby odjazdów czy z czekania", "interval by"), "-", "METHODS 5.2"),
    ] = "count"
    are_distances: Annotated[
        tuple[float, float, float, float],
        Spec(Text("pasy odległości ARE", "distance bands of ARE"), "m", _ARE),
    ] = (300, 500, 750, 1000)
    hub_neighbours: Annotated[
        int,
        Spec(
            Text("węzeł: sąsiednich stacji co najmniej", "hub: next rail stations at least"),
            "stations",
            _ARE,
        ),
        Field(ge=1),
    ] = 6
    austria_distances: Annotated[
        tuple[float, float, float, float, float],
        Spec(Text("pasy odległości Austrii", "distance bands of Austria"), "m", _ATS),
    ] = (300, 500, 750, 1000, 1250)
    ptal_window: Annotated[
        tuple[float, float],
        Spec(Text("pora szczytu PTAL [od, do)", "peak of PTAL [from, to)"), "h", _TFL),
    ] = (8.25, 9.25)
    ptal_speed: Annotated[
        float, Spec(Text("prędkość pieszego PTAL", "walking speed of PTAL"), "m/min", _TFL),
        Field(gt=0, le=200),
    ] = 80  # fmt: skip
    ptal_bus_limit: Annotated[
        float, Spec(Text("dojście do autobusu PTAL", "walk to a bus, PTAL"), "m", _TFL), _Metres
    ] = 640
    ptal_rail_limit: Annotated[
        float,
        Spec(
            Text("dojście do kolei, metra, tramwaju PTAL", "walk to rail, metro, tram, PTAL"),
            "m",
            _TFL,
        ),
        _Metres,
    ] = 960
    ptal_bus_reliability: Annotated[
        float,
        Spec(Text("niepewność K autobusu PTAL", "reliability K of buses, PTAL"), "min", _TFL),
        Field(ge=0, le=30),
    ] = 2.0
    ptal_rail_reliability: Annotated[
        float,
        Spec(Text("niepewność K kolei PTAL", "reliability K of rail, tram, PTAL"), "min", _TFL),
        Field(ge=0, le=30),
    ] = 0.75
    dg_cluster: Annotated[
        float,
        Spec(Text("słupki łączone (DG REGIO)", "posts clustered (DG REGIO)"), "m", _DG),
        Field(ge=0, le=500),
    ] = 50
    dg_road_minutes: Annotated[
        float,
        Spec(Text("dojście do autobusu i tramwaju", "walk to bus and tram"), "min", _DG),
        _Minutes,
    ] = 5
    dg_rail_minutes: Annotated[
        float,
        Spec(Text("dojście do kolei i metra", "walk to train and metro"), "min", _DG),
        _Minutes,
    ] = 10
    dg_speed: Annotated[
        float,
        Spec(Text("prędkość pieszego DG REGIO", "walking speed, DG REGIO"), "km/h", _DG),
        Field(gt=0, le=12),
    ] = 5
    dg_medium: Annotated[
        float,
        Spec(Text("średnia obsługa od", "medium from"), "departures/h", _DG),
        Field(gt=0),
    ] = 4
    dg_high: Annotated[
        float,
        Spec(Text("wysoka obsługa powyżej", "high above"), "departures/h", _DG),
        Field(gt=0),
    ] = 10
    sdg_low_limit: Annotated[
        float,
        Spec(Text("dojście: autobus, tramwaj (SDG)", "walk to bus, tram (SDG)"), "m", _SDG),
        _Metres,
    ] = 500
    sdg_high_limit: Annotated[
        float,
        Spec(Text("dojście: kolej, prom (SDG)", "walk to rail, ferry (SDG)"), "m", _SDG),
        _Metres,
    ] = 1000
    sdg_pl_limit: Annotated[
        float,
        Spec(Text("zasięg po sieci (wariant polski)", "reach along streets (Poland)"), "m", _GUS),
        _Metres,
    ] = 500
    sdg_pl_width: Annotated[
        float,
        Spec(Text("pas wzdłuż ulic (wariant polski)", "strip along streets (Poland)"), "m", _GUS),
        _Metres,
    ] = 100
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
    neighbours_complete: Annotated[
        bool,
        Spec(
            Text(
                "brak klasy przy granicy pewny tylko przy pełnym pokryciu sąsiadów w zasięgu",
                "no class near a border is certain only with complete neighbours in reach",
            ),
            "-",
            "this project's choice",
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
