"""Which stretches of street, given infrastructure, would join the cycle network, and for whom?

The kernel (:func:`metrogis.streets.gaps.missing_links`) finds gaps and their betweenness; what a
gap opens is counted here: interchanges joined to a network, people who then reach one.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis import population as people_rules
from metrogis.arrays import Array
from metrogis.checks.active_mobility.missing_links import presentation as texts
from metrogis.checks.active_mobility.missing_links import tables as table
from metrogis.checks.active_mobility.missing_links.findings import findings
from metrogis.checks.active_mobility.missing_links.graph import (
    kinds_of,
    link_graph,
    members_of,
    people_at,
)
from metrogis.checks.active_mobility.missing_links.inputs import Inputs
from metrogis.checks.active_mobility.missing_links.openers import with_openers
from metrogis.checks.active_mobility.missing_links.parameters import MissingLinksParameters
from metrogis.checks.active_mobility.missing_links.reading import READING
from metrogis.checks.active_mobility.missing_links.taken import TAKEN
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.contract.layers import PopulationCells
from metrogis.checks.shared.cycle_graph import CycleGraph, cycle_graph
from metrogis.checks.shared.cycle_lines import bike_network
from metrogis.checks.shared.homes import home_of
from metrogis.checks.shared.known_borders import Known
from metrogis.checks.shared.places import Places, unify
from metrogis.errors import MissingLayerError
from metrogis.i18n import _
from metrogis.streets import gaps as kernel
from metrogis.streets.cycleways import by_state


@check(
    id="missing_links",
    direction="2.1.3",
    reach=20_000.0,
    of_all={
        "municipalities": ("best_rank",),
        "links": ("rank", "joins_km"),
        "ways_round": ("rank",),
    },
    section="66-missing-links",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def missing_links(inputs: Inputs, params: MissingLinksParameters, run: Run) -> Outcome:
    """Find the missing links of the cycle network, and rank them by what they open.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, CRS in metres.
    streets : Streets or StreetNetwork
        Street data with OSM tags, mode ``bike``.
    interchanges, rail_stations, interchange_entrances : GeoDataFrame, optional
        Schemas ``Interchanges``, ``Stations``, ``Entrances``. Without the first two, what links
        open is unknown.
    population : GeoDataFrame, optional
        Schema ``PopulationCells``.
    cycle_routes : GeoDataFrame, optional
        Schema ``CycleRoutes``: built lines make the streets they run along infrastructure, too;
        planned lines tell which links are already planned.
    cycle_coverage : GeoDataFrame or DataFrame, optional
        Polygons inside which routes are complete, or a table of municipalities (``teryt``,
        ``state``). Without it a municipality counts as covered from ``coverage_length`` km on.
    **parameters
        See :class:`MissingLinksParameters`.

    Returns
    -------
    Result
        Features ``links`` (missing links ranked from 1, then errors of the data; ``detour`` is
        infinite where the network offers no way round) and ``ways_round`` (that way, by rank).

    Raises
    ------
    MissingLayerError
        Without a street network for bicycles; with ``weight="people"`` also without interchanges
        or population.

    Notes
    -----
    Source: Vybornova, Cunha, Gühnemann & Szell (2023), Geographical Analysis 55(2).

    Examples
    --------
    >>> from shapely import LineString, Point, box
    >>> from metrogis.streets import from_lines
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...     geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway", "tertiary", "cycleway"]},
    ...     geometry=[LineString([(a, 9), (b, 9)]) for a, b in
    ...               ((100, 300), (300, 500), (500, 6000))], crs="EPSG:2180")
    >>> hub = gpd.GeoDataFrame({"name": ["Station"]}, geometry=[Point(100, 20)], crs="EPSG:2180")
    >>> result = missing_links(municipalities, from_lines(lines, mode="bike"), interchanges=hub)
    >>> result.features["links"][["rank", "length_m", "interchanges"]].values.tolist()
    [[1, 200.0, 'Station']]
    """
    municipalities = inputs.municipalities
    network = bike_network(run, inputs.streets)
    if network is None:
        raise MissingLayerError(
            _("check missing_links needs a street network for bicycles"),
            layer="streets",
            remedy=_('an OpenStreetMap file (driver = "osm"), or read_osm(..., mode="bike")'),
        )
    _require_weights(run, inputs)
    split = None
    if inputs.cycle_routes is not None:
        split = by_state(inputs.cycle_routes, line_tolerance=params.line_tolerance)
        run.add(split.audit)
    graph = cycle_graph(
        network,
        split.built if split else None,
        rules=params.rules,
        lanes=params.lanes,
        match_distance=params.match_distance,
        match_share=params.match_share,
        line_tolerance=params.line_tolerance,
    )
    run.add(graph.audit)
    home = home_of(np.asarray(shapely.points(network.x, network.y), object), municipalities)
    known = Known.of(
        run, graph, split.built if split else None, home, network, inputs.cycle_coverage
    )
    if params.network == "low_stress":
        calm = (graph.level <= params.stress_limit) & network.open_edges
        metres = np.where(graph.built, graph.length, network.edge_length)
        built = graph.built | calm
        graph = CycleGraph(network, graph.kind, built, graph.level, graph.audit, metres)
    places, homes = _places(run, inputs), _homes(run, inputs.population)
    found, members = _kernel(run, graph, places, homes)
    links, around = table.links(
        run, graph, table.Found(found, members, places, homes, known), split
    )
    return Outcome(
        municipalities=table.municipal(municipalities, known, links),
        features={"links": links, "ways_round": around},
        findings=findings(run, links, places, known),
    )


CHECK = missing_links.check


def _require_weights(run: Run, inputs: Inputs) -> None:
    if run.parameters.weight != "people":
        return
    none = inputs.interchanges is None and inputs.rail_stations is None
    if none or inputs.population is None:
        raise MissingLayerError(
            _("weight='people' needs population, and interchanges or stations"),
            layer="population" if not none else "interchanges",
            remedy=_("give them, or betweenness"),
        )


def _places(run: Run, inputs: Inputs) -> Places | None:
    params = run.parameters
    if inputs.interchanges is None and inputs.rail_stations is None:
        return None
    places = unify(
        run.municipalities,
        inputs.interchanges,
        inputs.rail_stations,
        inputs.interchange_entrances,
        merge_distance=params.merge_distance,
        same_name_distance=params.same_name_distance,
        entrance_distance=params.entrance_distance,
    )
    run.add(places.audit)
    return places


def _homes(run: Run, population: PopulationCells | None) -> table.People | None:
    """Return where people live, as points, and how many; NaN where that is not known."""
    if population is None:
        return None
    pieces, audit = people_rules.settle(
        run.municipalities,
        cells=population,
        totals=None,
        max_size=run.parameters.access_distance,
    )
    run.add(audit)
    points = shapely.centroid(pieces.geometry.to_numpy())
    people = pieces["population"].to_numpy(float, copy=True)
    lost = run.evidence["population"].lost_near(points, 0.0)
    people[lost & ~(people > 0)] = np.nan
    some = ~(people == 0)
    return table.People(points[some], people[some])


def _kernel(
    run: Run, graph: CycleGraph, places: Places | None, homes: table.People | None
) -> tuple[gpd.GeoDataFrame, list[Array]]:
    """Run the procedure on the simplified graph; return its gaps, and their network edges."""
    params, n = run.parameters, graph.network
    simple = link_graph(graph, kinds_of(graph, np.nan))
    if len(simple.edges) == 0:
        return gpd.GeoDataFrame({"length": []}, geometry=[], crs=n.crs), []
    options: dict[str, Any] = {}
    if params.weight == "people" and places is not None and homes is not None:
        x, y = simple.nodes["x"].to_numpy(), simple.nodes["y"].to_numpy()
        counted = homes.known
        options["origins"], _unused = people_at(
            counted.points, counted.people, x, y, params.access_distance * 2
        )
        options["destinations"], _unused = people_at(
            places.points, np.ones(len(places.points)), x, y, params.access_distance * 2
        )
        options["destinations"] = np.minimum(options["destinations"], 1)
    found = kernel.missing_links(
        simple.nodes,
        simple.edges,
        detour_min=params.detour_min,
        radius=params.radius,
        benefit_min=params.benefit_min,
        length_max=params.length_limit,
        **options,
    )
    run.add(found.audit)
    gaps = found.gaps
    if places is not None and len(gaps):
        hubs = table.hubs_of(run, graph, places)
        enough = params.min_network * 1000 - 1e-6
        gaps, put_back = with_openers(found, simple.edges, graph, hubs, enough)
        run.note(
            "streets",
            "noted",
            put_back,
            _("links that open an interchange and were part of longer ones: shown apart"),
        )
    return gaps, members_of(gaps["edges"], simple.members)
