"""Which planned cycle links open interchanges to most people, and in which order to build them.

Before and after: who reaches an interchange by bike along low-stress streets (see
``interchange_access``), and which interchanges are joined to a connected cycle network.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis import population as people_rules
from metrogis.checks.active_mobility import planned_links_texts as texts
from metrogis.checks.active_mobility.interchange_findings import plain
from metrogis.checks.active_mobility.interchange_streets import (
    Calm,
    Homes,
    calm,
    homes_of,
    networks,
    reach,
)
from metrogis.checks.active_mobility.places import Places, unify
from metrogis.checks.active_mobility.planned_links_graph import (
    LinkGraph,
    Opening,
    beside_links,
    best_order,
    link_graph,
)
from metrogis.checks.active_mobility.planned_links_input import Joins, planned_lines
from metrogis.checks.contract import Check, Finding, Result, Run
from metrogis.errors import MissingLayerError, ParameterError
from metrogis.texts import Text

Array = npt.NDArray[Any]

_UNSPLIT = 100_000.0  # m: cells near interchanges are split later
_TIE = 1e-6  # people (or km) an interchange joined counts for in the order: decides ties only


def planned_links(
    municipalities: gpd.GeoDataFrame,
    streets: Any = None,
    interchanges: gpd.GeoDataFrame | None = None,
    *,
    rail_stations: gpd.GeoDataFrame | None = None,
    interchange_entrances: gpd.GeoDataFrame | None = None,
    cycle_routes: gpd.GeoDataFrame | None = None,
    investments: gpd.GeoDataFrame | None = None,
    population: gpd.GeoDataFrame | None = None,
    population_municipal: pd.DataFrame | None = None,
    **parameters: Any,
) -> Result:
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
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=[area],
    ...                          crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["residential"] * 2}, crs="EPSG:2180", geometry=[
    ...     LineString([(0, 100), (2000, 100)]), LineString([(0, 900), (2000, 900)])])
    >>> homes = gpd.GeoDataFrame({"population": [500.0]}, geometry=[box(900, 850, 1000, 950)],
    ...                          crs="EPSG:2180")
    >>> plan = gpd.GeoDataFrame({"name": ["link"], "state": ["planned"]}, crs="EPSG:2180",
    ...                         geometry=[LineString([(950, 100), (950, 900)])])
    >>> hub = gpd.GeoDataFrame({"name": ["station"]}, geometry=[Point(500, 100)], crs="EPSG:2180")
    >>> result = planned_links(towns, from_lines(lines, mode="bike"), hub, cycle_routes=plan,
    ...                        population=homes)
    >>> result.features["links"][["name", "order", "people_added"]].values.tolist()
    [['link', 1.0, 500.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        streets=streets,
        interchanges=interchanges,
        rail_stations=rail_stations,
        interchange_entrances=interchange_entrances,
        cycle_routes=cycle_routes,
        investments=investments,
        population=population,
        population_municipal=population_municipal,
    )
    _need(interchanges, rail_stations, "interchanges", "rail_stations")
    _need(cycle_routes, investments, "cycle_routes", "investments")
    given = networks(streets, run.crs)
    if "bike" not in given:
        raise ParameterError(
            Text("to nie jest sieć ulic dla rowerów", "this is not a network for bicycles"),
            layer="streets",
            remedy=Text("podaj sieć z mode='bike'", "give a network of mode='bike'"),
        )
    p = run.parameters
    run.add(given["bike"].audit)
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
    links, built = planned_lines(run)
    shapes = np.asarray(links.geometry.to_numpy(), dtype=object)
    if len(places.table) == 0:
        return _nothing(run, links)
    pieces = None
    if population is not None:
        pieces, audit = people_rules.settle(
            run.layers["municipalities"],
            cells=run.layers["population"],
            totals=run.layers["population_municipal"],
            max_size=_UNSPLIT,
        )
        run.add(audit)
    near = shapely.get_coordinates(places.points)
    homes = homes_of(run, pieces, {"bike": given["bike"]}, near)
    any_ = reach(run, given["bike"], places, homes)
    low = calm(run, any_, places, homes)
    graph = link_graph(low.network, shapes, join=p.link_join)
    weight = homes.weight if homes.counted else _street_km(low, homes)
    towards = _Towards(run, places, homes, low, graph, weight)
    lengths = shapely.length(shapes) / 1000
    alone = np.array([towards.opening().gain(i) for i in range(len(links))] or [], float)
    joins = Joins(run, places, built, shapes)
    order = best_order(lambda: _Both(towards.opening(), joins), lengths, p.budget, graph.touching)
    table = _link_table(links, lengths, graph, alone, order, joins, homes.counted)
    chosen = [i for i, _ in order]
    hubs = towards.interchanges(chosen, joins)
    towns = towards.municipal(chosen, links)
    return run.result(
        municipalities=towns,
        features={"links": table, "interchanges": hubs},
        findings=_findings(run, table, hubs, homes, towards, chosen),
    )


def _need(one: Any, other: Any, name: str, second: str) -> None:
    if one is None and other is None:
        raise MissingLayerError(
            Text(
                f"sprawdzenie planned_links wymaga warstwy {name} albo {second}",
                f"check planned_links needs the layer {name} or {second}",
            ),
            layer=name,
            remedy=Text(
                "podaj jedną z tych warstw lub wpisz ją do katalogu",
                "pass one of these layers, or declare it in the catalog",
            ),
        )


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


class _Towards:
    """What building links changes, by place, by home and in all."""

    def __init__(
        self,
        run: Run,
        places: Places,
        homes: Homes,
        low: Calm,
        graph: LinkGraph,
        weight: Array,
    ) -> None:
        p = run.parameters
        self.run, self.places, self.homes, self.graph = run, places, homes, graph
        self.weight, self.limit, self.low = weight, p.bike_limit, low
        gate_xy = shapely.get_coordinates(places.points)
        gate, node, metres = beside_links(graph, gate_xy, np.full(len(gate_xy), p.join_distance))
        goal = graph.entries(low.gates, places.owner, leaving=False)
        self._seed_node = np.concatenate([goal[0], node])
        self._seed_cost = np.concatenate([goal[1], metres])
        self._seed_place = np.concatenate([goal[2], places.owner[gate]])
        start = graph.entries(low.homes, np.arange(len(homes.xy)), leaving=True)
        home, node, metres = beside_links(graph, homes.xy, homes.half + p.join_distance)
        self._homes = (
            np.concatenate([start[0], node]),
            np.concatenate([start[1], metres]),
            np.concatenate([start[2], home]),
        )
        self._near = low.sure.cost <= self.limit
        self.before = np.zeros(len(homes.xy), bool)
        self.before[low.sure.home[self._near]] = True
        self._first = self._open(slice(None), self.before)

    def _open(self, seeds: Any, reached: Array) -> Opening:
        return Opening(
            self.graph,
            (self._seed_node[seeds], self._seed_cost[seeds]),
            self._homes,
            self.weight,
            reached,
            self.limit,
        )

    def opening(self) -> Opening:
        """Return the state before anything is built, for all interchanges."""
        return self._first.copy()

    def reached(self, links: list[int]) -> Array:
        """Return who reaches any interchange with these links built."""
        state = self.opening()
        if links:
            state.build(*links)
        return state.reached

    def total(self, reached: Array) -> float:
        """Return people (or km of street) in reach."""
        return float(self.weight[reached].sum())

    def interchanges(self, chosen: list[int], joins: Joins) -> gpd.GeoDataFrame:
        """One row per interchange: people before, after the chosen links, after all."""
        count, every = len(self.places.table), list(range(len(self.graph.own_ptr) - 1))
        known = np.asarray(self.low.found.known)
        table = self.places.table[["name", "teryt", "municipality", "geometry"]].copy()
        numbers = {c: np.full(count, np.nan) for c in ("before", "after", "all")}
        for k in range(count):
            own = np.zeros(len(self.homes.xy), bool)
            own[self.low.sure.home[self._near & (self.low.sure.place == k)]] = True
            for name, links in (("before", []), ("after", chosen), ("all", every)):
                state = self._open(np.flatnonzero(self._seed_place == k), own)
                if links:
                    state.build(*links)
                if known[k] or state.reached.any():
                    numbers[name][k] = self.total(state.reached)
        unit = "people" if self.homes.counted else "street_km"
        for name, values in numbers.items():
            for kind in ("people", "street_km"):
                table[f"{kind}_{name}"] = values if kind == unit else np.nan
        for name, links in (("before", []), ("after", chosen), ("all", every)):
            table[f"joined_{name}"] = joins.flags(links)
        return table[[*texts.COLUMNS["interchanges"], "geometry"]]

    def municipal(self, chosen: list[int], links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """One row per municipality: km of links, people before and after."""
        towns = self.run.layers["municipalities"]
        count = len(towns)
        table = towns[["teryt", "name", "geometry"]].copy()
        table["links_km"] = links_km(links, towns)
        every = list(range(len(links)))
        met = np.bincount(self.homes.unit, minlength=count) > 0
        for name, built in (("before", []), ("after", chosen), ("all", every)):
            reached = np.flatnonzero(self.reached(built))
            people = self.homes.total(self.homes.unit[reached], reached, count)
            table[f"people_{name}"] = np.where(met, people, np.nan)
        table["people_gain"] = table["people_after"] - table["people_before"]
        return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def links_km(links: gpd.GeoDataFrame, towns: gpd.GeoDataFrame) -> Array:
    """Return km of links in each municipality."""
    area = towns.geometry.to_numpy()
    out = np.zeros(len(towns))
    i, j = shapely.STRtree(area).query(links.geometry.to_numpy(), predicate="intersects")
    shape = links.geometry.to_numpy()
    np.add.at(out, j, shapely.length(shapely.intersection(shape[i], area[j])) / 1000)
    return out


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
    told = np.where(graph.joined, alone, np.nan)
    for kind, own in (("people", counted), ("street_km", not counted)):
        table[f"{kind}_alone"] = told if own else np.nan
        table[f"{kind}_added"] = added if own else np.nan
        table[f"{kind}_sum"] = sums if own else np.nan
    table["order"], table["km_sum"], table["joined_after"] = rank, spent, after
    table["opens"] = [joins.opened(i) for i in range(count)]
    table = table[[*texts.COLUMNS["links"], "geometry"]]
    place = np.lexsort((-np.nan_to_num(told), np.where(np.isnan(rank), np.inf, rank)))
    return table.iloc[place].reset_index(drop=True)


def _nothing(run: Run, links: gpd.GeoDataFrame) -> Result:
    towns = run.layers["municipalities"]
    table = towns[["teryt", "name", "geometry"]].copy()
    table["links_km"] = links_km(links, towns)
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
    return run.result(municipalities=table[columns], features=empty, findings=[])


def _findings(
    run: Run,
    table: gpd.GeoDataFrame,
    hubs: gpd.GeoDataFrame,
    homes: Homes,
    towards: _Towards,
    chosen: list[int],
) -> list[Finding]:
    p = run.parameters
    every = list(range(len(table)))
    before, after = towards.total(towards.before), towards.total(towards.reached(chosen))
    whole = towards.total(towards.reached(every))
    found = [
        Finding(
            texts.GAIN if homes.counted else texts.GAIN_KM,
            {
                "links": len(table),
                "links_km": float(table["length_km"].sum()),
                "reached_before": before,
                "reached_after": after,
                "gain": after - before,
                "gain_all": whole - before,
                "chosen": len(chosen),
                "chosen_km": float(table["km_sum"].max()) if chosen else 0.0,
            },
            {"budget": plain(p.budget)},
        )
    ]
    if chosen:
        first = table.iloc[0]
        kind = "people_added" if homes.counted else "street_km_added"
        found.append(
            Finding(
                texts.FIRST if homes.counted else texts.FIRST_KM,
                {"first_km": float(first["length_km"]), "first_gain": float(first[kind])},
                {"name": str(first["name"])},
            )
        )
    joined = {c: hubs[f"joined_{c}"] for c in ("before", "after", "all")}
    if joined["before"].notna().all() and len(hubs):
        values = {f"joined_{c}": int(flags.sum()) for c, flags in joined.items()}
        found.append(Finding(texts.JOINED, values))
    loose = int((table["state"] == "unknown").sum())
    if loose:
        found.append(Finding(texts.LOOSE, {"loose": loose}, {"join": plain(p.link_join)}))
    return found


CHECK = Check(
    id="planned_links",
    direction="2.1.3",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=texts.INPUTS,
    parameters=texts.PlannedLinksParameters,
    function=planned_links,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
