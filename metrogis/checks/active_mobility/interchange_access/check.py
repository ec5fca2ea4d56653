"""Is each interchange joined to a cycle network worth the name, and who lives near?

Route access: an interchange is joined when built cycle infrastructure of a connected network of at
least 3 km begins within 50 m of its entrance. Where the cycle layer does not reach, the answer is
*unknown*: a place that nobody has mapped is not a place without cycle routes.
"""

from __future__ import annotations

from metrogis.checks.active_mobility.interchange_access import presentation as texts
from metrogis.checks.active_mobility.interchange_access.findings import (
    network_findings,
    place_findings,
)
from metrogis.checks.active_mobility.interchange_access.inputs import Inputs, stands
from metrogis.checks.active_mobility.interchange_access.parameters import (
    InterchangeAccessParameters,
)
from metrogis.checks.active_mobility.interchange_access.reading import READING
from metrogis.checks.active_mobility.interchange_access.routes import coverage, route_access
from metrogis.checks.active_mobility.interchange_access.street_findings import street_findings
from metrogis.checks.active_mobility.interchange_access.street_tables import street_tables
from metrogis.checks.active_mobility.interchange_access.tables import (
    around_places,
    municipal,
    settled,
)
from metrogis.checks.active_mobility.interchange_access.taken import TAKEN
from metrogis.checks.active_mobility.interchange_access.views import VIEWS
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.cycle_lines import cycle_lines
from metrogis.checks.shared.interchange_streets import networks
from metrogis.checks.shared.known_routes import lost_rows
from metrogis.checks.shared.places import unify
from metrogis.i18n import _


@check(
    id="interchange_access",
    direction="2.1.3",
    reach=20_000.0,
    of_all={"cycle_network": ("network",), "gaps_to_network": ("network",)},
    one_of=(("interchanges", "rail_stations"),),
    section="63-access-to-interchanges",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def interchange_access(inputs: Inputs, params: InterchangeAccessParameters, run: Run) -> Outcome:
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
    cycle_coverage : GeoDataFrame or DataFrame, optional
        Polygons inside which ``cycle_routes`` is complete, or a table of municipalities (``teryt``,
        ``state``: complete, partial, none). Without it a place is taken as covered where its
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
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point, box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...                          geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> hubs = gpd.GeoDataFrame({"name": ["near", "far"]}, crs="EPSG:2180",
    ...                         geometry=[Point(1000, 1050), Point(1000, 1051)])
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway"]}, crs="EPSG:2180",
    ...                          geometry=[LineString([(1000, 1000), (4000, 1000)])])
    >>> result = interchange_access(municipalities, hubs, lines, same_name_distance=0)
    >>> result.features["interchanges"][["name", "state", "distance_m"]].values.tolist()
    [['near', 'yes', 50.0], ['far', 'no', 51.0]]
    """
    lost = lost_rows(run, "interchanges", "rail_stations")
    run.note(
        "interchanges",
        "unknown",
        lost,
        _("interchanges and stations lost in reading (without location): they count as unknown"),
    )
    places = unify(
        inputs.municipalities,
        inputs.interchanges,
        inputs.rail_stations,
        inputs.interchange_entrances,
        merge_distance=params.merge_distance,
        same_name_distance=params.same_name_distance,
        entrance_distance=params.entrance_distance,
    )
    run.add(places.audit)
    given = networks(inputs.streets, run.crs) if inputs.streets is not None else {}
    split = cycle_lines(run, inputs.cycle_routes, given.get("bike"))
    run.add(split.audit)
    known = coverage(run, inputs.cycle_coverage, places, split, given.get("bike"))
    hubs, network, gaps = route_access(run, places, split, known)
    pieces = settled(run, inputs.population, inputs.population_municipal)
    hubs = around_places(run, inputs.bike_share, places, hubs, pieces)
    municipalities = municipal(
        run, inputs.population_municipal, places, split, hubs, known.routes, pieces
    )
    racks = stands(run, inputs.bike_parking, places)
    hubs["bike_stands"], hubs["stands_known"] = racks.total, racks.known
    hubs["racks_uncounted"] = racks.uncounted
    along = street_tables(run, inputs.elevation, places, given, pieces, racks)
    hubs = hubs.assign(**along.hubs)[[*texts.COLUMNS["interchanges"], "geometry"]]
    along.municipalities.index = municipalities.index
    municipalities = municipalities.assign(**along.municipalities)[
        [*texts.COLUMNS["municipalities"], "geometry"]
    ]
    planned = split.planned[[c for c in ("name", "highway") if c in split.planned] + ["geometry"]]
    planned = planned.reset_index(drop=True).assign(length_km=split.planned.length.to_numpy() / 1e3)
    return Outcome(
        municipalities=municipalities,
        features={
            "interchanges": hubs,
            "cycle_network": network,
            "gaps_to_network": gaps,
            "planned": planned,
            **along.features,
        },
        findings=[
            *place_findings(run, hubs, gaps, lost),
            *network_findings(run, hubs, planned, municipalities, split),
            *street_findings(run, inputs.streets, hubs, municipalities, along),
        ],
    )


CHECK = interchange_access.check
