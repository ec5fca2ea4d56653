"""Parameters of ``missing_links``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.active_mobility.line_parameters import LineTolerance
from metrogis.checks.contract import Parameters, Spec
from metrogis.texts import Text

_OWN = "this project's choice"
_IPDC = "Vybornova, Cunha, Gühnemann & Szell 2023"
_ACCESS = "route access rule of direction 2.1.3: 50 m to a connected network of 3 km"


class MissingLinksParameters(Parameters):
    """Parameters of ``missing_links``."""

    line_tolerance: LineTolerance = 1
    network: Annotated[
        Literal["infrastructure", "low_stress"],
        Spec(Text("co jest siecią", "what is the network"), "-",
             f"{_OWN}: infrastructure, or with streets of low stress"),
    ] = "infrastructure"  # fmt: skip
    stress_limit: Annotated[
        int,
        Spec(Text("niski stres do poziomu", "low stress up to level"), "level",
             "Mekuria, Furth & Nixon 2012: level 2 suits most adults"),
        Field(ge=1, le=4),
    ] = 2  # fmt: skip
    detour_min: Annotated[
        float,
        Spec(Text("objazd co najmniej", "detour of at least"), "1", _IPDC),
        Field(ge=0),
    ] = 1.5
    radius: Annotated[
        float,
        Spec(Text("podróże do", "trips of up to"), "m", _IPDC),
        Field(gt=0),
    ] = 2500
    benefit_min: Annotated[
        float, Spec(Text("najmniejsza korzyść", "least benefit"), "1", _IPDC), Field(ge=0)
    ] = 0
    weight: Annotated[
        Literal["betweenness", "people"],
        Spec(Text("korzyść liczona jako", "benefit counted as"), "-",
             "betweenness (IPDC), or people whose way to an interchange uses it"),
    ] = "betweenness"  # fmt: skip
    rank_by: Annotated[
        Literal["access", "benefit"],
        Spec(Text("kolejność według", "ranked by"), "-", f"{_OWN}: access to interchanges first"),
    ] = "access"
    length_limit: Annotated[
        float,
        Spec(Text("najdłuższy odcinek", "longest link"), "m", f"{_OWN}: longer is a new route"),
        Field(gt=0),
    ] = 2500
    join_distance: Annotated[
        float,
        Spec(Text("odległość dojazdu do sieci", "distance to join a network"), "m", _ACCESS),
        Field(ge=0),
    ] = 50
    min_network: Annotated[
        float,
        Spec(Text("najmniejsza spójna sieć", "smallest connected network"), "km", _ACCESS),
        Field(ge=0),
    ] = 3
    bike_limit: Annotated[
        float,
        Spec(Text("zasięg rowerowy", "cycling reach"), "m", "15 min at 15 km/h"),
        Field(gt=0),
    ] = 3750
    access_distance: Annotated[
        float,
        Spec(Text("ludzie mieszkają przy sieci do", "people live at the network up to"), "m", _OWN),
        Field(gt=0),
    ] = 300
    short: Annotated[
        float,
        Spec(Text("linia niedociągnięta do", "undershoot up to"), "m",
             "BikeDNA (Viero, Vybornova & Szell 2023): 3 m"),
        Field(ge=0),
    ] = 3  # fmt: skip
    crossing_length: Annotated[
        float,
        Spec(Text("przejazd przez ulicę do", "crossing of a street up to"), "m", _OWN),
        Field(ge=0),
    ] = 30
    match_distance: Annotated[
        float,
        Spec(Text("trasa leży przy ulicy do", "a route lies at a street up to"), "m",
             "BikeDNA (Viero, Vybornova & Szell 2023): 15 m"),
        Field(gt=0),
    ] = 15  # fmt: skip
    match_share: Annotated[
        float,
        Spec(Text("na co najmniej tej części odcinka", "on at least this share"), "1", _OWN),
        Field(gt=0, le=1),
    ] = 0.8
    lanes: Annotated[
        bool,
        Spec(Text("pasy rowerowe to infrastruktura", "painted lanes count"), "-", _OWN),
    ] = True
    cost_per_km: Annotated[
        float,
        Spec(Text("stawka", "rate"), "mln PLN/km", f"{_OWN}: put the rate of your tenders here"),
        Field(ge=0),
    ] = 2.0
    merge_distance: Annotated[
        float,
        Spec(Text("stacja należy do węzła do", "a station belongs to a hub within"), "m", _OWN),
        Field(ge=0),
    ] = 200
    same_name_distance: Annotated[
        float,
        Spec(Text("ta sama nazwa to jedno miejsce do", "one name is one place within"), "m", _OWN),
        Field(ge=0),
    ] = 500
    entrance_distance: Annotated[
        float,
        Spec(Text("wejście należy do węzła do", "an entrance belongs to a hub within"), "m", _OWN),
        Field(gt=0),
    ] = 1000
    coverage_length: Annotated[
        float,
        Spec(Text("gmina jest zmapowana od", "a municipality is mapped from"), "km",
             f"{_OWN}: shorter stubs are spill of a neighbour's data"),
        Field(ge=0),
    ] = 1  # fmt: skip
    coverage_share: Annotated[
        float,
        Spec(Text("gmina objęta danymi od udziału", "a municipality is covered from a share of"),
             "1", f"{_OWN}: of its land, with the layer cycle_coverage"),
        Field(gt=0, le=1),
    ] = 0.95  # fmt: skip
    rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(Text("reguły stresu", "rules of stress"), "-", "Bike Ottawa; Conveyal R5"),
    ] = "bike_ottawa"
