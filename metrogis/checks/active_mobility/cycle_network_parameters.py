"""Parameters of ``cycle_network``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.active_mobility.line_parameters import LineTolerance
from metrogis.checks.contract import Parameters, Spec
from metrogis.texts import Text

_OWN = "this project's choice"
_FORM = "network form at 0, 10 and 20 m, direction 2.1.3"


class CycleNetworkParameters(Parameters):
    """Parameters of ``cycle_network``."""

    line_tolerance: LineTolerance = 1
    tolerance: Annotated[
        float,
        Spec(Text("przerwa uznana za połączenie", "gap that counts as joined"), "m", _FORM),
        Field(ge=0),
    ] = 0
    tolerance_medium: Annotated[
        float,
        Spec(Text("przerwa średnia (do porównania)", "medium gap (to compare)"), "m", _FORM),
        Field(ge=0),
    ] = 10
    tolerance_wide: Annotated[
        float,
        Spec(Text("przerwa szeroka (do porównania)", "wide gap (to compare)"), "m", _FORM),
        Field(ge=0),
    ] = 20
    end_tolerance: Annotated[
        float,
        Spec(
            Text("błąd rysunku przy końcu linii do", "drawing error at a line's end up to"),
            "m",
            "BikeDNA (Viero, Vybornova & Szell 2023): 3 m",
        ),
        Field(ge=0),
    ] = 3
    match_distance: Annotated[
        float,
        Spec(Text("ta sama trasa w drugim źródle do", "the same route in the other source to"), "m",
             "BikeDNA (Viero, Vybornova & Szell 2023): 15 m"),
        Field(gt=0),
    ] = 15  # fmt: skip
    missing_length: Annotated[
        float,
        Spec(Text("najkrótszy odcinek nieobecny", "shortest stretch reported"), "m", _OWN),
        Field(ge=0),
    ] = 50
    missing_join: Annotated[
        float,
        Spec(Text("odcinki bliżej niż to jedno miejsce", "stretches nearer are one place"), "m",
             f"{_OWN}: a crossing route hides twice the matching distance"),
        Field(ge=0),
    ] = 40  # fmt: skip
    compare_reach: Annotated[
        float,
        Spec(Text("dane o ulicach sięgają na", "street data reach as far as"), "m", _OWN),
        Field(gt=0),
    ] = 500
    coverage_length: Annotated[
        float,
        Spec(Text("gmina jest zmapowana od", "a municipality is mapped from"), "km",
             f"{_OWN}: shorter stubs are spill of a neighbour's data"),
        Field(ge=0),
    ] = 1  # fmt: skip
    coverage_share: Annotated[
        float,
        Spec(Text("gmina objęta danymi od udziału", "a municipality is covered from a share of"),
             "1", f"{_OWN}: only with the layer cycle_coverage"),
        Field(gt=0, le=1),
    ] = 0.95  # fmt: skip
    stress_limit: Annotated[
        int,
        Spec(Text("niski stres do poziomu", "low stress up to level"), "level",
             "Mekuria, Furth & Nixon 2012: level 2 suits most adults"),
        Field(ge=1, le=4),
    ] = 2  # fmt: skip
    rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(Text("reguły stresu", "rules of stress"), "-", "Bike Ottawa; Conveyal R5"),
    ] = "bike_ottawa"
    defaults_limit: Annotated[
        float,
        Spec(Text("dane słabe powyżej udziału domyślnych", "data weak above a share of defaults"),
             "1", _OWN),
        Field(ge=0, le=1),
    ] = 0.5  # fmt: skip
