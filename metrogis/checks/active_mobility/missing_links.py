"""Which stretches of street, given infrastructure, would join the cycle network, and for whom?

The kernel (:func:`metrogis.streets.gaps.missing_links`) finds gaps and their betweenness; what a
gap opens is counted here: interchanges joined to a network, people who then reach one.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis import population as people_rules
from metrogis.checks.active_mobility import link_effects as effects
from metrogis.checks.active_mobility import missing_links_texts as texts
from metrogis.checks.active_mobility.border_gaps import recorded
from metrogis.checks.active_mobility.cycle_graph import CycleGraph, cycle_graph
from metrogis.checks.active_mobility.cycle_network import bike_network
from metrogis.checks.active_mobility.cycle_network_parts import home_of, names_of
from metrogis.checks.active_mobility.infrastructure import plain, share_covered
from metrogis.checks.active_mobility.link_graph import (
    kinds_of,
    link_graph,
    members_of,
    people_at,
)
from metrogis.checks.active_mobility.link_openers import first_openers, with_openers
from metrogis.checks.active_mobility.missing_links_parameters import MissingLinksParameters
from metrogis.checks.active_mobility.places import Places, unify
from metrogis.checks.contract import Check, Finding, Input, Result, Run
from metrogis.errors import MissingLayerError
from metrogis.streets import gaps as kernel
from metrogis.streets.cycleways import Split, by_state
from metrogis.texts import Text

Array = npt.NDArray[Any]


def missing_links(
    municipalities: gpd.GeoDataFrame,
    streets: Any = None,
    *,
    interchanges: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
    interchange_entrances: gpd.GeoDataFrame | None = None,
    population: gpd.GeoDataFrame | None = None,
    cycle_routes: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
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
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...     geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway", "tertiary", "cycleway"]},
    ...     geometry=[LineString([(a, 9), (b, 9)]) for a, b in
    ...               ((100, 300), (300, 500), (500, 6000))], crs="EPSG:2180")
    >>> hub = gpd.GeoDataFrame({"name": ["Station"]}, geometry=[Point(100, 20)], crs="EPSG:2180")
    >>> result = missing_links(towns, from_lines(lines, mode="bike"), interchanges=hub)
    >>> result.features["links"][["rank", "length_m", "interchanges"]].values.tolist()
    [[1, 200.0, 'Station']]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        streets=streets,
        interchanges=interchanges,
        rail_stations=rail_stations,
        interchange_entrances=interchange_entrances,
        population=population,
        cycle_routes=cycle_routes,
    )
    p: MissingLinksParameters = run.parameters
    towns = run.layers["municipalities"]
    network = bike_network(run, streets)
    if network is None:
        raise MissingLayerError(
            Text(
                "sprawdzenie missing_links wymaga sieci ulic dla rowerów",
                "check missing_links needs a street network for bicycles",
            ),
            layer="streets",
            remedy=Text(
                'plik OpenStreetMap (driver = "osm") albo read_osm(..., mode="bike")',
                'an OpenStreetMap file (driver = "osm"), or read_osm(..., mode="bike")',
            ),
        )
    _require_weights(run)
    split = None
    if run.layers["cycle_routes"] is not None:
        split = by_state(run.layers["cycle_routes"])
        run.add(split.audit)
    graph = cycle_graph(
        network,
        split.built if split else None,
        rules=p.rules,
        lanes=p.lanes,
        match_distance=p.match_distance,
        match_share=p.match_share,
    )
    run.add(graph.audit)
    home = home_of(np.asarray(shapely.points(network.x, network.y), object), towns)
    known = recorded(run, graph, split.built if split else None, home)
    if p.network == "low_stress":
        calm = (graph.level <= p.stress_limit) & network.open_edges
        graph = CycleGraph(network, graph.kind, graph.built | calm, graph.level, graph.audit)
    places = _places(run)
    links = _links(run, graph, places, split)
    features = {"links": links, "ways_round": links.attrs.pop("ways_round")}
    return run.result(
        municipalities=_municipal(towns, known, links),
        features=features,
        findings=_findings(run, links, places),
    )


def _require_weights(run: Run) -> None:
    if run.parameters.weight != "people":
        return
    none = run.layers["interchanges"] is None and run.layers["rail_stations"] is None
    if none or run.layers["population"] is None:
        raise MissingLayerError(
            Text(
                "weight='people' wymaga ludności oraz węzłów lub stacji",
                "weight='people' needs population, and interchanges or stations",
            ),
            layer="population" if not none else "interchanges",
            remedy=Text("podaj warstwy albo weight='betweenness'", "give them, or betweenness"),
        )


def _places(run: Run) -> Places | None:
    p = run.parameters
    if run.layers["interchanges"] is None and run.layers["rail_stations"] is None:
        return None
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
    return places


def _homes(run: Run) -> tuple[Array, Array] | None:
    """Return where people live, as points, and how many."""
    if run.layers["population"] is None:
        return None
    pieces, audit = people_rules.settle(
        run.layers["municipalities"],
        cells=run.layers["population"],
        totals=None,
        max_size=run.parameters.access_distance,
    )
    run.add(audit)
    points = shapely.centroid(pieces.geometry.to_numpy())
    people = pieces["population"].to_numpy(float)
    told = ~np.isnan(people) & (people > 0)
    return points[told], people[told]


def _kernel(
    run: Run, graph: CycleGraph, places: Places | None, homes: tuple[Array, Array] | None
) -> tuple[gpd.GeoDataFrame, list[Array]]:
    """Run the procedure on the simplified graph; return its gaps, and their network edges."""
    p, n = run.parameters, graph.network
    simple = link_graph(graph, kinds_of(graph, np.nan))
    if len(simple.edges) == 0:
        return gpd.GeoDataFrame({"length": []}, geometry=[], crs=n.crs), []
    options: dict[str, Any] = {}
    if p.weight == "people" and places is not None and homes is not None:
        x, y = simple.nodes["x"].to_numpy(), simple.nodes["y"].to_numpy()
        options["origins"], _ = people_at(*homes, x, y, p.access_distance * 2)
        options["destinations"], _ = people_at(
            places.points, np.ones(len(places.points)), x, y, p.access_distance * 2
        )
        options["destinations"] = np.minimum(options["destinations"], 1)
    found = kernel.missing_links(
        simple.nodes,
        simple.edges,
        detour_min=p.detour_min,
        radius=p.radius,
        benefit_min=p.benefit_min,
        length_max=p.length_limit,
        **options,
    )
    run.add(found.audit)
    gaps = found.gaps
    if places is not None and len(gaps):
        hubs = _hubs(run, graph, places)
        enough = p.min_network * 1000 - 1e-6
        gaps, put_back = with_openers(found, simple.edges, graph, hubs, enough)
        run.note(
            "streets",
            "noted",
            put_back,
            Text(
                "łączniki otwierające węzeł, które były częścią dłuższych: pokazane osobno",
                "links that open an interchange and were part of longer ones: shown apart",
            ),
        )
    return gaps, members_of(gaps["edges"], simple.members)


def _links(
    run: Run, graph: CycleGraph, places: Places | None, split: Split | None
) -> gpd.GeoDataFrame:
    p, towns = run.parameters, run.layers["municipalities"]
    homes = _homes(run)
    found, members = _kernel(run, graph, places, homes)
    gaps = [
        effects.Gap((int(nodes[0]), int(nodes[-1])), edges, float(metres))
        for nodes, edges, metres in zip(
            found.get("nodes", []), members, found["length"], strict=True
        )
    ]
    label, size = graph.parts
    a, b = (label[[g.nodes[k] for g in gaps]].astype(np.int64) for k in (0, 1))
    table = gpd.GeoDataFrame(
        {
            "length_m": found["length"].to_numpy(float),
            "detour": found["detour"].to_numpy(float) if len(gaps) else np.zeros(0),
            "benefit": found["benefit"].to_numpy(float) if len(gaps) else np.zeros(0),
            "joins_km": np.where(a == b, 0.0, np.minimum(size[a], size[b]) / 1000),
            "stress": [graph.worst_level(g.edges) for g in gaps],
            "road": pd.Series([graph.main_name(g.edges) for g in gaps], dtype=object),
            "cost_mln": found["length"].to_numpy(float) / 1000 * p.cost_per_km,
        },
        geometry=found.geometry.to_numpy(),
        crs=graph.network.crs,
    )
    _add_access(run, table, graph, gaps, places, homes)
    error = effects.error_of(
        graph, gaps, short=p.short, crossing=p.crossing_length, parallel=p.match_distance
    )
    wrong = np.array([bool(e) for e in error], bool)
    table["state"] = np.where(wrong, "data_error", "missing_link").astype(object)
    reason = np.select(
        [
            wrong,
            table["opens"].fillna(0).to_numpy(float) > 0,
            a != b,
            table["detour"].to_numpy() < p.detour_min,
        ],
        [np.array(error, object), "opens_interchange", "joins_networks", "part"],
        "shortens",
    )
    table["reason"] = reason.astype(object)
    table["planned_share"] = np.nan
    if split is not None:
        planned = split.planned.geometry.to_numpy()
        table["planned_share"] = share_covered(table.geometry.to_numpy(), planned, p.match_distance)
    middle = shapely.line_interpolate_point(table.geometry.to_numpy(), 0.5, normalized=True)
    where = home_of(middle, towns)
    table["teryt"] = names_of(where, towns, "teryt")
    table["municipality"] = names_of(where, towns, "name")
    around = effects.ways_round(graph, graph.undirected(graph.built), gaps)
    table["detour_m"] = [np.nan if r is None else r.metres for r in around]
    untold = table["detour"].isna().to_numpy()
    own = (table["detour_m"].fillna(np.inf) / table["length_m"]).to_numpy()
    table["detour"] = np.where(untold, own, table["detour"])
    short_way = untold & (own < p.detour_min) & (a == b) & (table["state"] == "missing_link")
    table.loc[short_way & (table["reason"] == "shortens"), "reason"] = "part"
    table["_line"] = pd.Series([None if r is None else graph.line(r) for r in around], dtype=object)
    short = _undershoots(run, graph)
    if len(short):
        table = pd.concat([table, short], ignore_index=True)
    for name, column in texts.COLUMNS["links"].items():
        if column.kind in ("number", "share") and name != "rank":
            table[name] = table[name].astype(float)
    return _ranked(run, table)


def _undershoots(run: Run, graph: CycleGraph) -> gpd.GeoDataFrame:
    """Return the ends of infrastructure drawn just short of another connected part."""
    p, n = run.parameters, graph.network
    rows: list[dict[str, Any]] = []
    if p.network == "infrastructure":
        towns = run.layers["municipalities"]
        built = np.flatnonzero(graph.built)
        found = effects.undershoots(graph, built, p.short)
        home = home_of(np.array([f.line.centroid for f in found], object), towns)
        for f, row in zip(found, home.tolist(), strict=True):
            rows.append(
                {
                    "state": "data_error",
                    "reason": "short",
                    "length_m": f.line.length,
                    "detour": np.inf,
                    "joins_km": f.joins / 1000,
                    "road": graph.main_name(np.array(f.edges)),
                    "cost_mln": 0.0,
                    "teryt": towns["teryt"].iloc[row] if row >= 0 else None,
                    "municipality": towns["name"].iloc[row] if row >= 0 else None,
                    "geometry": f.line,
                }
            )
    frame = pd.DataFrame(rows, columns=[*texts.COLUMNS["links"], "_line", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=n.crs)


def _hubs(run: Run, graph: CycleGraph, places: Places) -> effects.Hubs:
    names = places.table["name"].astype(object).to_numpy()
    return effects.hubs_at(graph, places.points, places.owner, names, run.parameters.join_distance)


def _add_access(
    run: Run,
    table: gpd.GeoDataFrame,
    graph: CycleGraph,
    gaps: list[effects.Gap],
    places: Places | None,
    homes: tuple[Array, Array] | None,
) -> None:
    """Add interchanges opened and people gained; NaN where layers for it are missing."""
    p = run.parameters
    table["opens"], table["people_gain"] = np.nan, np.nan
    table["_opens"] = pd.Series([None] * len(table), dtype=object)
    table["interchanges"] = pd.Series([None] * len(table), dtype=object)
    if places is None:
        return
    hubs = _hubs(run, graph, places)
    names = hubs.names
    which = effects.opened(graph, gaps, hubs, p.min_network * 1000 - 1e-6)
    table["opens"] = np.array([len(w) for w in which], float)
    table["_opens"] = pd.Series(which, dtype=object)
    table["interchanges"] = pd.Series(
        ["; ".join(str(names[h]) for h in w) or None for w in which], dtype=object
    )
    if homes is None:
        return
    n, label = graph.network, graph.parts[0]
    nodes = np.flatnonzero(label >= 0)
    _, at = people_at(*homes, n.x[nodes], n.y[nodes], p.access_distance)
    node = np.where(at >= 0, np.append(nodes, -1)[at], -1)
    table["people_gain"] = effects.people_gained(
        graph,
        gaps,
        hubs,
        effects.Settled(homes[0], homes[1], node),
        p.bike_limit,
        p.access_distance,
    )


def _ranked(run: Run, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Missing links first, by what they open; then errors of the data."""
    opens = [
        own if state == "missing_link" and isinstance(own, list) else []
        for own, state in zip(table.pop("_opens"), table["state"], strict=True)
    ]
    first = first_openers(opens, table["length_m"].to_numpy(float))
    keys = pd.DataFrame(
        {
            "error": table["state"] == "data_error",
            "part": table["reason"] == "part",  # the procedure does not test the detour again
            "first": -first,  # another, longer way to the same interchange comes after
            "opens": -table["opens"].fillna(0),
            "people": -(table["people_gain"].fillna(0) / table["length_m"]),
            "benefit": -table["benefit"],
            "length": table["length_m"],
        }
    )
    by = ["error", "part", "first", "opens", "people", "benefit", "length"]
    if run.parameters.rank_by == "benefit":
        by = ["error", "part", "benefit", "length"]
    table = table.loc[keys.sort_values(by, kind="stable").index].reset_index(drop=True)
    right = (table["state"] == "missing_link").to_numpy()
    rank = pd.Series(np.arange(1, len(table) + 1), dtype="Int64")
    table["rank"] = rank.where(pd.Series(right))
    lines = table.pop("_line")
    some = lines.notna().to_numpy() & right
    around = gpd.GeoDataFrame(
        {"rank": table["rank"][some].to_numpy(), "length_m": table["detour_m"][some].to_numpy()},
        geometry=gpd.GeoSeries(lines[some].to_numpy(), crs=table.crs),
        crs=table.crs,
    )
    out = table[[*texts.COLUMNS["links"], "geometry"]]
    out.attrs["ways_round"] = around
    return out


def _municipal(towns: gpd.GeoDataFrame, known: Array, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "cycle_data": pd.Series(known, dtype="boolean").mask(pd.Series(~known)),
        },
        geometry=towns.geometry.to_numpy(),
        crs=towns.crs,
    )
    right = links[links["state"] == "missing_link"]
    zero = np.where(known, 0.0, np.nan)  # where nothing is recorded, nothing found says nothing

    def of(frame: pd.DataFrame, column: str, how: str) -> Array:
        found = frame.groupby("teryt")[column].agg(how).reindex(table["teryt"])
        return found.astype("Float64").to_numpy(float, np.nan)

    def filled(values: Array) -> Array:
        return np.where(np.isnan(values), zero, values)

    table["links"] = filled(of(right, "state", "count"))
    table["links_km"] = filled(of(right, "length_m", "sum") / 1000)
    opening = right[right["opens"] > 0]
    table["opening"] = (
        np.nan if right["opens"].isna().any() else filled(of(opening, "state", "count"))
    )
    table["best_rank"] = of(right, "rank", "min")
    table["errors"] = filled(of(links[links["state"] == "data_error"], "state", "count"))
    table.index = towns.index
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def _findings(run: Run, links: gpd.GeoDataFrame, places: Places | None) -> list[Finding]:
    p = run.parameters
    right = links[links["state"] == "missing_link"]
    found = [
        Finding(
            texts.LINKS,
            {
                "links": len(right),
                "links_km": float(right["length_m"].sum()) / 1000,
                "cost_mln": float(right["cost_mln"].sum()),
                "errors": len(links) - len(right),
            },
            {"rate": plain(p.cost_per_km)},
        )
    ]
    if places is None:
        return [*found, Finding(texts.NO_WEIGHTS)]
    opening = right[right["opens"] > 0]
    names = {name for text in opening["interchanges"] for name in str(text).split("; ")}
    found.append(
        Finding(
            texts.OPENS,
            {
                "opening": len(opening),
                "opened": len(names),
                "opening_km": float(opening["length_m"].sum()) / 1000,
            },
        )
    )
    if len(right):
        first = right.iloc[0]
        road = f" ({first['road']})" if isinstance(first["road"], str) else ""
        hubs = first["interchanges"]
        found.append(
            Finding(
                texts.FIRST,
                {"first_m": float(first["length_m"])},
                {
                    "road": road,
                    "town": first["municipality"] or Text("poza gminami", "outside the area"),
                    "hubs": hubs if isinstance(hubs, str) else Text("żadnych", "none"),
                },
            )
        )
        if right["people_gain"].notna().any():
            found.append(
                Finding(
                    texts.PEOPLE,
                    {
                        "first_people": float(first["people_gain"]),
                        "people_median": float(right["people_gain"].median()),
                    },
                )
            )
    return found


def _input(name: str, pl: str, en: str, schema: str) -> Input:
    return Input(name, Text(pl, en), schema, required=False)


CHECK = Check(
    id="missing_links",
    direction="2.1.3",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input("streets", Text("ulice z tagami (OpenStreetMap)", "streets with tags (OSM)")),
        _input("interchanges", "węzły przesiadkowe", "interchanges", "Interchanges"),
        _input("rail_stations", "stacje kolejowe", "railway stations", "Stations"),
        _input("interchange_entrances", "wejścia do węzłów", "entrances", "Entrances"),
        _input("population", "ludność w komórkach", "population by cell", "PopulationCells"),
        _input("cycle_routes", "infrastruktura rowerowa", "cycle routes", "CycleRoutes"),
    ),
    parameters=MissingLinksParameters,
    function=missing_links,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
