"""Is each interchange joined to a cycle network worth the name, and who lives near?

Route access: an interchange is joined when built cycle infrastructure of a connected network of at
least 3 km begins within 50 m of its entrance. Where the cycle layer does not reach, the answer is
*unknown*: a place that nobody has mapped is not a place without cycle routes.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.checks.active_mobility import interchange_access_texts as texts
from metrogis.checks.active_mobility.interchange_findings import plain as _plain
from metrogis.checks.active_mobility.interchange_findings import street_findings
from metrogis.checks.active_mobility.interchange_inputs import cycle_lines, stands
from metrogis.checks.active_mobility.interchange_parameters import (
    InterchangeAccessParameters,
)
from metrogis.checks.active_mobility.interchange_street_tables import street_tables
from metrogis.checks.active_mobility.interchange_streets import networks
from metrogis.checks.active_mobility.interchange_tables import (
    around_places,
    municipal,
    settled,
)
from metrogis.checks.active_mobility.places import unify
from metrogis.checks.active_mobility.route_access import coverage, route_access
from metrogis.checks.contract import Check, Finding, Input, Result, Run
from metrogis.errors import MissingLayerError
from metrogis.streets.cycleways import Split, network_form
from metrogis.texts import Text

Array = npt.NDArray[Any]


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
    bike_parking: gpd.GeoDataFrame | None = None,
    streets: Any = None,
    elevation: Any = None,
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
    cycle_routes : GeoDataFrame, optional
        Schema ``CycleRoutes``; planned lines are told apart by ``state`` or ``highway``. Without it
        infrastructure is what tags of ``streets`` tell; without tags, whether places are joined is
        unknown.
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
    bike_parking : GeoDataFrame, optional
        Schema ``BikeParking`` (``capacity`` and ``access`` as in OSM): stands near entrances.
        Without it the column ``bike_stands`` of ``interchanges`` is used.
    streets : Streets or StreetNetwork, optional
        A street layer, a network of mode ``walk`` or ``bike``, or a pair of them: reach is then
        measured along streets too, towards the interchange, at low stress and at any.
    elevation : Grid, path or (array, Affine), optional
        Heights, m, in the CRS of the other layers: ways by bike then count gradients.
    **parameters
        See :class:`InterchangeAccessParameters`.

    Returns
    -------
    Result
        Features ``interchanges``, ``cycle_network`` (one row per connected network),
        ``gaps_to_network`` (shortest missing stretches), ``planned``; with streets also
        ``detours`` (quantiles of way over straight line), ``barriers`` (near by air, far by
        street) and ``catchments`` (outlines).

    Raises
    ------
    MissingLayerError
        Without both interchanges and stations.

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
        bike_parking=bike_parking,
        streets=streets,
        elevation=elevation,
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
    given = networks(streets, run.crs) if streets is not None else {}
    split = cycle_lines(run, given.get("bike"))
    run.add(split.audit)
    mapped, covered, beyond = coverage(run, places, split)
    hubs, network, gaps = route_access(run, places, split, covered, beyond)
    pieces = settled(run)
    hubs = around_places(run, places, hubs, pieces)
    towns = municipal(run, places, split, hubs, mapped, pieces)
    racks = stands(run, places)
    hubs["bike_stands"], hubs["stands_known"] = racks.total, racks.known
    hubs["racks_uncounted"] = racks.uncounted
    along = street_tables(run, places, given, pieces, racks)
    hubs = hubs.assign(**along.hubs)[[*texts.COLUMNS["interchanges"], "geometry"]]
    along.towns.index = towns.index
    towns = towns.assign(**along.towns)[[*texts.COLUMNS["municipalities"], "geometry"]]
    planned = split.planned[[c for c in ("name", "highway") if c in split.planned] + ["geometry"]]
    planned = planned.reset_index(drop=True).assign(length_km=split.planned.length.to_numpy() / 1e3)
    return run.result(
        municipalities=towns,
        features={
            "interchanges": hubs,
            "cycle_network": network,
            "gaps_to_network": gaps,
            "planned": planned,
            **along.features,
        },
        findings=[
            *_findings(run, hubs, network, gaps, planned, towns, unlocated, split),
            *street_findings(run, hubs, towns, along),
        ],
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
            texts.JOINED if known else texts.NOT_TOLD,
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
    if towns["cycle_data"].notna().any():
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
    told = towns["share_near_bike"].notna()
    if told.any():
        names = ["bike"]
        text = texts.PEOPLE
        if towns["share_near_joined"].notna().any():
            names += ["joined", "untold"]
            certain = not (towns.loc[told, "people_near_untold"] > 0.5).any()
            text = texts.PEOPLE_JOINED if certain else texts.PEOPLE_UNTOLD
        total = float(towns.loc[told, "population"].sum())
        sums = {n: float(towns.loc[told, f"people_near_{n}"].sum()) for n in names}
        values = {f"people_near_{n}": v for n, v in sums.items()}
        values |= {f"share_near_{n}": v / total for n, v in sums.items()}
        found.append(
            Finding(
                text, values, {"limit": _plain(p.bike_limit / 1000), "detour": _plain(p.detour)}
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
        Input(
            "cycle_routes",
            Text("infrastruktura rowerowa", "cycle routes"),
            "CycleRoutes",
            required=False,
        ),
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
        Input(
            "bike_parking",
            Text("stojaki rowerowe", "bicycle parking"),
            "BikeParking",
            required=False,
        ),
        Input("streets", Text("sieć ulic", "street network"), "", required=False),
        Input("elevation", Text("wysokości terenu", "elevation"), "", required=False),
    ),
    parameters=InterchangeAccessParameters,
    function=interchange_access,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
