"""Which planned cycle links open interchanges to most people, and in which order to build them.

Before and after: who reaches an interchange by bike along low-stress streets (see
``interchange_access``), and which interchanges are joined to a connected cycle network.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.planned_links import presentation as texts
from metrogis.checks.active_mobility.planned_links.findings import findings
from metrogis.checks.active_mobility.planned_links.graph import (
    LinkGraph,
    Opening,
    best_order,
    link_graph,
)
from metrogis.checks.active_mobility.planned_links.inputs import Inputs, Joins, planned_lines
from metrogis.checks.active_mobility.planned_links.parameters import PlannedLinksParameters
from metrogis.checks.active_mobility.planned_links.reading import READING
from metrogis.checks.active_mobility.planned_links.taken import TAKEN
from metrogis.checks.active_mobility.planned_links.towards import Towards
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.interchange_streets import (
    Calm,
    Homes,
    calm,
    homes_of,
    networks,
    reach,
)
from metrogis.checks.shared.known_routes import known_streets
from metrogis.checks.shared.placed import placed, strips_emptied
from metrogis.checks.shared.places import unify
from metrogis.errors import ParameterError
from metrogis.i18n import _

_TIE = 1e-6  # people (or km) an interchange joined counts for in the order: decides ties only


@check(
    id="planned_links",
    direction="2.1.3",
    reach=20_000.0,
    of_all={"links": ("order", "people_added")},
    one_of=(("interchanges", "rail_stations"), ("cycle_routes", "investments")),
    section="68-planned-links",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def planned_links(inputs: Inputs, params: PlannedLinksParameters, run: Run) -> Outcome:
    """Rank planned cycle links by the people to whom they open interchanges.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``. All layers in one projected CRS in metres.
    streets : Streets or StreetNetwork
        Of mode ``bike``.
    interchanges, rail_stations : GeoDataFrame
        At least one of them.
    interchange_entrances : GeoDataFrame, optional
    cycle_routes : GeoDataFrame, optional
        Its planned lines are links; its built lines tell which interchanges are joined.
    investments : GeoDataFrame, optional
        Its lines whose ``kind`` speaks of cycling are links. At least one of the two is needed.
    population : GeoDataFrame, optional
        Without it people are unknown, and links are ranked by km of street they open.
    population_municipal : DataFrame, optional
    cycle_coverage : GeoDataFrame or DataFrame, optional
        Polygons inside which routes are complete, or a table of municipalities (``teryt``,
        ``state``). Without it a municipality counts as covered from ``coverage_length`` km on.
    **parameters
        See :class:`PlannedLinksParameters`.

    Returns
    -------
    Result
        Features ``links`` (gain of each alone, and in the best order within the budget) and
        ``interchanges`` (people before and after).

    Raises
    ------
    MissingLayerError, ParameterError, CRSError, SchemaError

    Examples
    --------
    >>> from shapely import LineString, Point, box
    >>> from metrogis.streets import from_lines
    >>> area = box(0, 0, 4000, 4000)
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=[area],
    ...                          crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["residential"] * 2}, crs="EPSG:2180", geometry=[
    ...     LineString([(0, 100), (2000, 100)]), LineString([(0, 900), (2000, 900)])])
    >>> homes = gpd.GeoDataFrame({"population": [500.0]}, geometry=[box(900, 850, 1000, 950)],
    ...                          crs="EPSG:2180")
    >>> plan = gpd.GeoDataFrame({"name": ["link"], "state": ["planned"]}, crs="EPSG:2180",
    ...                         geometry=[LineString([(950, 100), (950, 900)])])
    >>> hub = gpd.GeoDataFrame({"name": ["station"]}, geometry=[Point(500, 100)], crs="EPSG:2180")
    >>> result = planned_links(municipalities, from_lines(lines, mode="bike"), hub,
    ...     cycle_routes=plan,
    ...                        population=homes)
    >>> result.features["links"][["name", "order", "people_added"]].values.tolist()
    [['link', 1.0, 500.0]]
    """
    given = networks(inputs.streets, run.crs)
    if "bike" not in given:
        raise ParameterError(
            _("this is not a network for bicycles"),
            layer="streets",
            remedy=_("give a network of mode='bike'"),
        )
    run.add(given["bike"].audit)
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
    links, split = planned_lines(run, inputs.cycle_routes, inputs.investments)
    shapes = np.asarray(links.geometry.to_numpy(), dtype=object)
    if len(places.table) == 0:
        return _nothing(run, links)
    pieces = (
        strips_emptied(run, placed(run, inputs.population, inputs.population_municipal))
        if inputs.population is not None
        else None
    )
    near = shapely.get_coordinates(places.points)
    homes = homes_of(run, pieces, {"bike": given["bike"]}, near)
    known_streets(run, given["bike"])
    any_ = reach(run, given["bike"], places, homes)
    low = calm(run, any_, places, homes)
    graph = link_graph(low.network, shapes, join=params.link_join)
    weight = homes.weight if homes.counted else _street_km(low, homes)
    towards = Towards(run, places, homes, any_, low, graph, weight)
    lengths = shapely.length(shapes) / 1000
    alone = np.array([towards.opening().gain(i) for i in range(len(links))] or [], float)
    joins = Joins(run, places, split, shapes, inputs.cycle_coverage)
    order = best_order(
        lambda: _Both(towards.opening(), joins), lengths, params.budget, graph.touching
    )
    told = graph.joined & ~((alone <= 0) & towards.open_near(shapes))
    table = _link_table(links, lengths, graph, np.where(told, alone, np.nan), order, joins,
                        homes.counted)  # fmt: skip
    chosen = [i for i, _unused in order]
    hubs = towards.interchanges(chosen, joins)
    municipalities = towards.municipal(chosen, links_km(links, inputs.municipalities))
    return Outcome(
        municipalities=municipalities,
        features={"links": table, "interchanges": hubs},
        findings=findings(run, table, hubs, towards, chosen),
    )


CHECK = planned_links.check


class _Both:
    """People first; at equal gain, the interchanges joined to a cycle network."""

    def __init__(self, opening: Opening, joins: Joins) -> None:
        self.opening, self.joins, self.built = opening, joins, list[int]()
        self.joined = joins.total([])

    def gain(self, *links: int) -> float:
        more = self.joins.total([*self.built, *links]) - self.joined
        return self.opening.gain(*links) + _TIE * more

    def build(self, *links: int) -> float:
        self.built += links
        before, self.joined = self.joined, self.joins.total(self.built)
        return self.opening.build(*links) + _TIE * (self.joined - before)


def _street_km(low: Calm, homes: Homes) -> Array:
    """Km of calm street a node stands for: half of each edge that meets there."""
    network = low.network
    half = np.where(network.open_edges, network.edge_length, 0.0) / 2000
    km = np.bincount(network.edge_u, half, network.n_nodes)
    km += np.bincount(network.edge_v, half, network.n_nodes)
    at = low.homes.node
    return np.where(at >= 0, km[np.maximum(at, 0)], 0.0)


def links_km(links: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame) -> Array:
    """Return km of links in each municipality; on a shared border they count for one."""
    _, row, metres = pieces_by_municipality(links.geometry.to_numpy(), municipalities)
    return np.bincount(row, weights=metres, minlength=len(municipalities)) / 1000


def _link_table(
    links: gpd.GeoDataFrame,
    lengths: Array,
    graph: LinkGraph,
    alone: Array,
    order: list[tuple[int, float]],
    joins: Joins,
    counted: bool,
) -> gpd.GeoDataFrame:
    count = len(links)
    table = links.copy()
    table["length_km"] = lengths
    table["state"] = np.where(graph.joined, "joined", "unknown")
    rank, added, spent = (np.full(count, np.nan) for _ in range(3))
    sums, after = np.full(count, np.nan), np.full(count, np.nan)
    built: list[int] = []
    total = 0.0
    for step, (i, gain) in enumerate(order, start=1):
        built.append(i)
        more = float(np.round(gain, 4))  # what decides ties is no people
        total += more
        rank[i], added[i], sums[i] = step, more, total
        spent[i] = float(lengths[built].sum())
        after[i] = joins.count(built)
    for kind, own in (("people", counted), ("street_km", not counted)):
        table[f"{kind}_alone"] = alone if own else np.nan
        table[f"{kind}_added"] = added if own else np.nan
        table[f"{kind}_sum"] = sums if own else np.nan
    table["order"], table["km_sum"], table["joined_after"] = rank, spent, after
    table["opens"] = [joins.opened(i) for i in range(count)]
    table = table[[*texts.COLUMNS["links"], "geometry"]]
    place = np.lexsort((-np.nan_to_num(alone), np.where(np.isnan(rank), np.inf, rank)))
    return table.iloc[place].reset_index(drop=True)


def _nothing(run: Run, links: gpd.GeoDataFrame) -> Outcome:
    municipalities = run.municipalities
    table = municipalities[["teryt", "name", "geometry"]].copy()
    table["links_km"] = links_km(links, municipalities)
    for name in texts.COLUMNS["municipalities"]:
        if name not in table:
            table[name] = np.nan
    empty = {
        name: gpd.GeoDataFrame(
            {c: pd.Series(dtype=object) for c in texts.COLUMNS[name]},
            geometry=gpd.GeoSeries([], crs=run.crs),
            crs=run.crs,
        )
        for name in ("links", "interchanges")
    }
    columns = [*texts.COLUMNS["municipalities"], "geometry"]
    return Outcome(municipalities=table[columns], features=empty)
