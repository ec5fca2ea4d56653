"""Parameters of the checks that ask how people reach interchanges."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metrogis.checks.active_mobility.line_parameters import LineTolerance
from metrogis.checks.contract import Parameters, Spec
from metrogis.texts import Text

_OWN = "this project's choice"
_ACCESS = "route access rule of direction 2.1.3: 50 m to a connected network of 3 km"
_SLOPE = "Parkin and Rotheram 2010: only the ratio to the speed on the flat counts"
_FORM = "network form at 0, 10 and 20 m, direction 2.1.3"


class ReachParameters(Parameters):
    """Parameters of every check of ways to interchanges."""

    line_tolerance: LineTolerance = 1
    walk_limit: Annotated[
        float,
        Spec(Text("zasięg pieszy", "walking reach"), "m", "10 min at 80 m/min (TfL PTAL)"),
        Field(gt=0),
    ] = 800
    bike_limit: Annotated[
        float,
        Spec(Text("zasięg rowerowy", "cycling reach"), "m", "15 min at 15 km/h"),
        Field(gt=0),
    ] = 3750
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
    stress_rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(
            Text("reguły poziomu stresu", "rules of traffic stress"),
            "-",
            "Bike Ottawa (km/h); Conveyal R5 as the second set",
        ),
    ] = "bike_ottawa"
    stress_limit: Annotated[
        int,
        Spec(
            Text("niski stres: poziom do", "low stress: level up to"),
            "1",
            "Mekuria, Furth and Nixon 2012: level 2 suits most adults",
        ),
        Field(ge=1, le=4),
    ] = 2
    driving_side: Annotated[
        Literal["right", "left"],
        Spec(Text("strona jazdy", "side traffic drives on"), "-", "law of the country"),
    ] = "right"
    street_distance: Annotated[
        float,
        Spec(
            Text("dane o ulicach sięgają od ulicy na", "street data reach from a street as far as"),
            "m",
            f"{_OWN}: what lies farther off is unknown",
        ),
        Field(gt=0),
    ] = 250
    street_part: Annotated[
        float,
        Spec(
            Text(
                "pomijane oderwane kawałki sieci ulic do", "loose parts of streets left out up to"
            ),
            "m",
            _OWN,
        ),
        Field(ge=0),
    ] = 1000
    cell_size: Annotated[
        float,
        Spec(
            Text(
                "komórki ludności dzielone na kawałki do", "population cells are cut to pieces of"
            ),
            "m",
            f"{_OWN}: a third of the walking reach",
        ),
        Field(gt=0),
    ] = 250

    @property
    def search_ratio(self) -> float:
        """How many times as far as the reach ways are searched."""
        return 1.0


class InterchangeAccessParameters(ReachParameters):
    """Parameters of ``interchange_access``."""

    @property
    def search_ratio(self) -> float:
        """How many times as far as the reach ways are searched: low-stress ones may be longer."""
        return self.direct_ratio

    direct_ratio: Annotated[
        float,
        Spec(
            Text("droga o niskim stresie dłuższa najwyżej", "low-stress way longer at most by"),
            "1",
            "Bicycle Network Analysis (PeopleForBikes): 1.25",
        ),
        Field(ge=1),
    ] = 1.25
    detour_target: Annotated[
        float,
        Spec(Text("dobre wydłużenie drogi do", "good detour up to"), "1", "CROW: 1.2"),
        Field(ge=1),
    ] = 1.2
    detour_limit: Annotated[
        float,
        Spec(
            Text("największe dopuszczalne wydłużenie", "largest detour to be accepted"),
            "1",
            "CROW: never above 1.4-1.5",
        ),
        Field(ge=1),
    ] = 1.5
    detour_from: Annotated[
        float,
        Spec(
            Text("wydłużenie liczone od odległości", "detours are counted from"),
            "m",
            f"{_OWN}: nearer by, the way to the kerb decides",
        ),
        Field(gt=0),
    ] = 200
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
    entrance_offset: Annotated[
        float,
        Spec(
            Text(
                "wejście, gdy nieznane, może leżeć od punktu do",
                "an entrance, where unknown, may lie from the point as far as",
            ),
            "m",
            f"{_OWN}: above 0, places that near to a network are unknown, not 'no'",
        ),
        Field(ge=0),
    ] = 0
    tolerance: Annotated[
        float,
        Spec(
            Text("przerwa między liniami, która rozstrzyga", "gap between lines that decides"),
            "m",
            _FORM,
        ),
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
    detour: Annotated[
        float,
        Spec(
            Text("wydłużenie drogi względem linii prostej", "detour over the straight line"),
            "1",
            f"{_OWN}: 1.3, in place of a street network",
        ),
        Field(ge=1),
    ] = 1.3
    coverage_length: Annotated[
        float,
        Spec(
            Text("gmina jest zmapowana od", "a municipality is mapped from"),
            "km",
            f"{_OWN}: shorter stubs are spill of a neighbour's data",
        ),
        Field(ge=0),
    ] = 1
    coverage_distance: Annotated[
        float,
        Spec(Text("dane sięgają na odległość", "data reach as far as"), "m", _OWN),
        Field(gt=0),
    ] = 5000
    coverage_share: Annotated[
        float,
        Spec(
            Text("gmina objęta danymi od udziału", "a municipality is covered from a share of"),
            "1",
            f"{_OWN}: of the area, with the layer cycle_coverage; and of cells of known population",
        ),
        Field(gt=0, le=1),
    ] = 0.95
    small_gap: Annotated[
        float,
        Spec(Text("krótki brakujący odcinek", "short missing stretch"), "m", _OWN),
        Field(gt=0),
    ] = 250
    parking_distance: Annotated[
        float,
        Spec(
            Text("stojaki należą do węzła do", "stands belong to an interchange up to"),
            "m",
            "direction 2.1.3: stands within 100 m of the entrance",
        ),
        Field(gt=0),
    ] = 100
    flat_speed: Annotated[
        float,
        Spec(Text("prędkość na płaskim", "speed on the flat"), "km/h", _SLOPE),
        Field(gt=0),
    ] = 21.6
    uphill_loss: Annotated[
        float,
        Spec(
            Text("wolniej pod górę na każdy procent", "slower uphill for each per cent"),
            "km/h",
            _SLOPE,
        ),
        Field(ge=0),
    ] = 1.44
    downhill_gain: Annotated[
        float,
        Spec(
            Text("szybciej w dół na każdy procent", "faster downhill for each per cent"),
            "km/h",
            _SLOPE,
        ),
        Field(ge=0),
    ] = 0.86
    slowest_speed: Annotated[
        float,
        Spec(
            Text("nie wolniej niż z rowerem pieszo", "no slower than walking the bicycle"),
            "km/h",
            "80 m/min (TfL PTAL)",
        ),
        Field(gt=0),
    ] = 4.8
    steepest: Annotated[
        float,
        Spec(
            Text("większe spadki liczone jak", "steeper gradients are taken as"),
            "%",
            f"{_OWN}: a short street on a coarse raster is no cliff",
        ),
        Field(gt=0),
    ] = 12
    unknown_heights: Annotated[
        float,
        Spec(
            Text(
                "zasięg rowerem nieznany, gdy wysokości brakuje na ponad",
                "cycling reach is unknown where heights lack on more than",
            ),
            "1",
            f"{_OWN}: share of the streets in reach",
        ),
        Field(ge=0, le=1),
    ] = 0.05
