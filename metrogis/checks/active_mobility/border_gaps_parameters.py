"""Parameters of ``border_gaps``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.active_mobility.line_parameters import LineTolerance
from metrogis.checks.contract import Parameters, Spec
from metrogis.texts import Text

_OWN = "this project's choice"


class BorderGapsParameters(Parameters):
    """Parameters of ``border_gaps``."""

    line_tolerance: LineTolerance = 1
    reach: Annotated[
        float,
        Spec(Text("koniec leży od granicy do", "an end lies from the border up to"), "m", _OWN),
        Field(gt=0),
    ] = 500
    gap_limit: Annotated[
        float,
        Spec(Text("najdłuższa przerwa", "longest gap"), "m", _OWN),
        Field(gt=0),
    ] = 1500
    detour_min: Annotated[
        float,
        Spec(
            Text("objazd infrastrukturą od", "way round over infrastructure from"),
            "1",
            "Vybornova et al. 2023: detour of at least 1.5",
        ),
        Field(ge=1),
    ] = 1.5
    lone_distance: Annotated[
        float,
        Spec(
            Text("koniec bez dalszego ciągu, od granicy do", "end with nothing beyond, up to"),
            "m",
            _OWN,
        ),
        Field(ge=0),
    ] = 150
    border_tolerance: Annotated[
        float,
        Spec(
            Text("szczelina między gminami do", "sliver between municipalities up to"),
            "m",
            "matching tolerance of borders, direction 1.2.1: 25 m",
        ),
        Field(ge=0),
    ] = 25
    coverage_length: Annotated[
        float,
        Spec(
            Text("gmina jest zmapowana od", "a municipality is mapped from"),
            "km",
            f"{_OWN}: shorter stubs are spill of a neighbour's data",
        ),
        Field(ge=0),
    ] = 1
    coverage_share: Annotated[
        float,
        Spec(
            Text("gmina objęta danymi od udziału", "a municipality is covered from a share of"),
            "1",
            f"{_OWN}: of its land, with the layer cycle_coverage",
        ),
        Field(gt=0, le=1),
    ] = 0.95
    lanes: Annotated[
        bool,
        Spec(Text("pasy rowerowe to infrastruktura", "painted lanes count"), "-", _OWN),
    ] = True
    match_distance: Annotated[
        float,
        Spec(
            Text("trasa z warstwy gmin przy ulicy do", "a route of the layer is at a street to"),
            "m",
            "BikeDNA (Viero, Vybornova & Szell 2023): 15 m",
        ),
        Field(gt=0),
    ] = 15
    match_share: Annotated[
        float,
        Spec(Text("na co najmniej tej części odcinka", "on at least this share"), "1", _OWN),
        Field(gt=0, le=1),
    ] = 0.8
    rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(Text("reguły stresu", "rules of stress"), "-", "Bike Ottawa; Conveyal R5"),
    ] = "bike_ottawa"
