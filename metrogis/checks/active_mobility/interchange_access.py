"""Is each interchange joined to a cycle network worth the name, and who lives near?

Route access: an interchange is joined when built cycle infrastructure of a connected network of at
least 3 km begins within 50 m of its entrance. Where the cycle layer does not reach, the answer is
*unknown*: a place that nobody has mapped is not a place without cycle routes.
"""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from metrogis.checks.active_mobility import interchange_access_texts as texts
from metrogis.checks.active_mobility.interchange_tables import (
    around_places,
    municipal,
    settled,
)
from metrogis.checks.active_mobility.places import unify
from metrogis.checks.active_mobility.route_access import coverage, route_access
from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec
from metrogis.errors import MissingLayerError
from metrogis.streets.cycleways import Split, by_state, network_form
from metrogis.texts import Text, number

Array = npt.NDArray[Any]

_OWN = "this project's choice"
_ACCESS = "route access rule of direction 2.1.3: 50 m to a connected network of 3 km"
_FORM = "network form at 0, 10 and 20 m, direction 2.1.3"


class InterchangeAccessParameters(Parameters):
    """Parameters of ``interchange_access``."""

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
    detour: Annotated[
        float,
        Spec(
            Text("wydłużenie drogi względem linii prostej", "detour over the straight line"),
            "1",
            f"{_OWN}: 1.3, in place of a street network",
        ),
        Field(ge=1),
    ] = 1.3
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
            f"{_OWN}: only with the layer cycle_coverage",
        ),
        Field(gt=0, le=1),
    ] = 0.95
    small_gap: Annotated[
        float,
        Spec(Text("krótki brakujący odcinek", "short missing stretch"), "m", _OWN),
        Field(gt=0),
    ] = 250


def interchange_access(
    municipalities: gpd.GeoDataFrame,
    interchanges: gpd.GeoDataFrame | None = None,
    cycle_routes: gpd.GeoDataFrame | None = None,
    *,
    rail_stations: gpd.GeoDataFrame | None = None,
    interchange_entrances: gpd.GeoDataFrame | None = None,
    population: gpd.GeoDataFrame | None = None,
    population_municipal: pd.DataFrame | None = None,
    bike_share: gpd.GeoDataFrame | None = None,
    cycle_coverage: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Check how interchanges and stations are joined to the built cycle network.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``. All layers in one projected CRS in metres.
    interchanges, rail_stations : GeoDataFrame
        Schemas ``Interchanges`` and ``Stations``; at least one of them. A station near an
        interchange belongs to it.
    cycle_routes : GeoDataFrame
        Schema ``CycleRoutes``; planned lines are told apart by ``state`` or ``highway``.
    interchange_entrances : GeoDataFrame, optional
        Points with ``interchange`` (name or id); distances are then measured from them.
    population : GeoDataFrame, optional
        Schema ``PopulationCells``. Cells count by the share of their area; NaN is unknown.
    population_municipal : DataFrame, optional
        ``teryt``, ``population``: people of cells are scaled to it, km per inhabitant use it.
    bike_share : GeoDataFrame, optional
        Points of bike-share stations.
    cycle_coverage : GeoDataFrame, optional
        Polygons inside which ``cycle_routes`` is complete. Without it a place is covered where its
        municipality has at least ``coverage_length`` km of lines and a line is within
        ``coverage_distance``.
    **parameters
        See :class:`InterchangeAccessParameters`.

    Returns
    -------
    Result
        Features ``interchanges``, ``cycle_network`` (one row per connected network),
        ``gaps_to_network`` (shortest missing stretches), ``planned``.

    Raises
    ------
    MissingLayerError
        Without cycle routes, or without both interchanges and stations.

    Examples
    --------
    >>> from shapely import LineString, Point, box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...                          geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> hubs = gpd.GeoDataFrame({"name": ["near", "far"]}, crs="EPSG:2180",
    ...                         geometry=[Point(1000, 1050), Point(1000, 1051)])
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway"]}, crs="EPSG:2180",
    ...                          geometry=[LineString([(1000, 1000), (4000, 1000)])])
    >>> result = interchange_access(towns, hubs, lines, same_name_distance=0)
    >>> result.features["interchanges"][["name", "state", "distance_m"]].values.tolist()
    [['near', 'yes', 50.0], ['far', 'no', 51.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        interchanges=interchanges,
        cycle_routes=cycle_routes,
        rail_stations=rail_stations,
        interchange_entrances=interchange_entrances,
        population=population,
        population_municipal=population_municipal,
        bike_share=bike_share,
        cycle_coverage=cycle_coverage,
    )
    if interchanges is None and rail_stations is None:
        raise MissingLayerError(
            Text(
                "sprawdzenie interchange_access wymaga węzłów (interchanges) albo stacji kolejowych"
                " (rail_stations)",
                "check interchange_access needs interchanges or railway stations (rail_stations)",
            ),
            layer="interchanges",
            remedy=Text(
                "podaj jedną z tych warstw lub wpisz ją do katalogu",
                "pass one of these layers, or declare it in the catalog",
            ),
        )
    p = run.parameters
    unlocated = _without_location(run, interchanges)
    places = unify(
        run.layers["municipalities"],
        run.layers["interchanges"],
        run.layers["rail_stations"],
        run.layers["interchange_entrances"],
        merge_distance=p.merge_distance,
        same_name_distance=p.same_name_distance,
        entrance_distance=p.entrance_distance,
    )
    run.add(places.audit)
    split = by_state(run.layers["cycle_routes"])
    run.add(split.audit)
    mapped, covered, beyond = coverage(run, places, split)
    hubs, network, gaps = route_access(run, places, split, covered, beyond)
    pieces = settled(run)
    hubs = around_places(run, places, hubs, pieces)
    towns = municipal(run, places, split, hubs, mapped, pieces)
    planned = split.planned[[c for c in ("name", "highway") if c in split.planned] + ["geometry"]]
    planned = planned.reset_index(drop=True).assign(length_km=split.planned.length.to_numpy() / 1e3)
    return run.result(
        municipalities=towns,
        features={
            "interchanges": hubs,
            "cycle_network": network,
            "gaps_to_network": gaps,
            "planned": planned,
        },
        findings=_findings(run, hubs, network, gaps, planned, towns, unlocated, split),
    )


def _without_location(run: Run, interchanges: gpd.GeoDataFrame | None) -> int:
    if interchanges is None:
        return 0
    void = (interchanges.geometry.isna() | interchanges.geometry.is_empty).to_numpy()
    run.note(
        "interchanges",
        "unknown",
        int(void.sum()),
        Text("węzły bez położenia: nie są oceniane", "interchanges without location: not judged"),
        interchanges["name"][void],
    )
    return int(void.sum())


# --------------------------------------------------------------------------- findings


def _plain(value: float) -> Text:
    """Write a parameter with as many decimals as it has (at most 3)."""
    digits = next((d for d in range(3) if round(value, d) == value), 3)
    return Text(number(value, "pl", digits), number(value, "en", digits))


def _findings(
    run: Run,
    hubs: gpd.GeoDataFrame,
    network: gpd.GeoDataFrame,
    gaps: gpd.GeoDataFrame,
    planned: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    unlocated: int,
    split: Split,
) -> list[Finding]:
    p = run.parameters
    state, reason = hubs["state"].to_numpy(), hubs["reason"].to_numpy()
    joined, known = int((state == "yes").sum()), int((state != "unknown").sum())
    found = [
        Finding(
            texts.JOINED,
            {
                "joined": joined,
                "known": known,
                "joined_share": joined / known if known else np.nan,
                "unknown": len(hubs) - known + unlocated,
            },
            {"distance": _plain(p.join_distance), "length": _plain(p.min_network)},
        )
    ]
    no = state == "no"
    if no.any():
        step = gaps[gaps["kind"] != "to_infrastructure"]
        short = step[step["length_m"] <= p.small_gap]
        found.append(
            Finding(
                texts.NOT_JOINED,
                {
                    "not_joined": int(no.sum()),
                    "too_far": int((reason == "too_far").sum()),
                    "too_short": int((reason == "too_short").sum()),
                    "small_gaps": len(short),
                    "small_gaps_km": float(short["length_m"].sum()) / 1000,
                },
                {"distance": _plain(p.join_distance), "small": _plain(p.small_gap)},
            )
        )
        doubtful = no & (hubs["entrances"] == 0).to_numpy()
        doubtful &= (hubs["distance_m"] <= 3 * p.join_distance).to_numpy() & (reason == "too_far")
        if doubtful.any():
            found.append(
                Finding(
                    texts.DOUBTFUL,
                    {"doubtful": int(doubtful.sum())},
                    {"limit": _plain(3 * p.join_distance)},
                )
            )
    form = network_form(split.built, tolerances=(p.tolerance,)).iloc[0]
    found.append(
        Finding(
            texts.NETWORK,
            {
                "network_km": float(form["length_km"]),
                "networks": int(form["components"]),
                "largest_km": float(form["largest_km"]),
                "largest_share": float(form["largest_share"]),
            },
        )
    )
    told = towns["share_near_joined"].notna()
    if told.any():
        people = towns.loc[told, ["people_near_joined", "people_near_bike"]]
        total = float(towns.loc[told, "population"].sum())
        found.append(
            Finding(
                texts.PEOPLE,
                {
                    "people_near_bike": float(people["people_near_bike"].sum()),
                    "share_near_bike": float(people["people_near_bike"].sum()) / total,
                    "people_near_joined": float(people["people_near_joined"].sum()),
                    "share_near_joined": float(people["people_near_joined"].sum()) / total,
                },
                {"limit": _plain(p.bike_limit / 1000), "detour": _plain(p.detour)},
            )
        )
    if len(planned):
        gain = hubs["joined_if_planned"].fillna(False).to_numpy(dtype=bool) & (state != "yes")
        found.append(
            Finding(
                texts.PLANNED,
                {"planned_km": float(planned["length_km"].sum()), "planned_joins": int(gain.sum())},
            )
        )
    per_head = towns["cycle_km_per_10k"].dropna()
    if len(per_head):
        best = per_head.idxmax()
        found.append(
            Finding(
                texts.PER_HEAD,
                {
                    "km_per_10k_median": float(per_head.median()),
                    "km_per_10k_best": float(per_head.max()),
                    "municipalities_without_data": int(towns["cycle_data"].isna().sum()),
                },
                {"best": str(towns.loc[best, "name"])},
            )
        )
    return found


CHECK = Check(
    id="interchange_access",
    direction="2.1.3",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input(
            "interchanges",
            Text("węzły przesiadkowe (one albo stacje)", "interchanges (these, or the stations)"),
            "Interchanges",
            required=False,
        ),
        Input("cycle_routes", Text("infrastruktura rowerowa", "cycle routes"), "CycleRoutes"),
        Input(
            "rail_stations",
            Text("stacje kolejowe (one albo węzły)", "railway stations (these, or interchanges)"),
            "Stations",
            required=False,
        ),
        Input(
            "interchange_entrances",
            Text("wejścia do węzłów", "entrances of interchanges"),
            "Entrances",
            required=False,
        ),
        Input(
            "population",
            Text("ludność w komórkach", "population by cell"),
            "PopulationCells",
            required=False,
        ),
        Input(
            "population_municipal",
            Text("ludność gmin", "population by municipality"),
            "MunicipalPopulation",
            required=False,
        ),
        Input(
            "bike_share",
            Text("stacje roweru miejskiego", "bike-share stations"),
            "BikeShare",
            required=False,
        ),
        Input(
            "cycle_coverage",
            Text("zasięg danych rowerowych", "extent of the cycle data"),
            "Areas",
            required=False,
        ),
    ),
    parameters=InterchangeAccessParameters,
    function=interchange_access,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
