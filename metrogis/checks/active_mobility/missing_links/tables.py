"""Tables of ``missing_links``: links with what they open, ways round them, municipalities."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.missing_links import effects
from metrogis.checks.active_mobility.missing_links import presentation as texts
from metrogis.checks.active_mobility.missing_links.graph import people_at
from metrogis.checks.active_mobility.missing_links.openers import first_openers
from metrogis.checks.contract import Run
from metrogis.checks.shared.cycle_graph import CycleGraph
from metrogis.checks.shared.homes import home_of, names_of
from metrogis.checks.shared.infrastructure import share_covered
from metrogis.checks.shared.known_borders import Known
from metrogis.checks.shared.places import Places
from metrogis.streets.cycleways import Split


class People(NamedTuple):
    """Where people live, as points, and how many (NaN: not known)."""

    points: Array
    people: Array

    @property
    def known(self) -> People:
        """Those whose number is known."""
        some = ~np.isnan(self.people)
        return People(self.points[some], self.people[some])

    @property
    def unknown(self) -> People:
        """Those whose number is not."""
        some = np.isnan(self.people)
        return People(self.points[some], self.people[some])


class Found(NamedTuple):
    """What the procedure found, and what links are judged by.

    ``gaps``: the table of the kernel; ``members``: edges of the network of each gap.
    """

    gaps: gpd.GeoDataFrame
    members: list[Array]
    places: Places | None
    homes: People | None
    known: Known


def links(
    run: Run, graph: CycleGraph, what: Found, split: Split | None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the table of links, missing ones first, and the ways round them.

    Parameters
    ----------
    run : Run
    graph : CycleGraph
    what : Found
        Gaps of the procedure, and what they are judged by.
    split : Split or None
        Lines of the municipal layer: those planned tell which gaps will be closed.

    Returns
    -------
    (GeoDataFrame, GeoDataFrame)
        One row per gap or undershoot: ``state`` is ``missing_link`` or ``data_error``, ``reason``
        says why. ``detour`` is the way round over the gap's length; where no way of the graph was
        compared, the one over infrastructure, infinite where there is none.
    """
    params, municipalities = run.parameters, run.municipalities
    found, members = what.gaps, what.members
    gaps = [
        effects.Gap((int(nodes[0]), int(nodes[-1])), edges, float(metres))
        for nodes, edges, metres in zip(
            found.get("nodes", []), members, found["length"], strict=True
        )
    ]
    label, size = graph.parts
    # parts of the network at both ends: closing a gap within one part joins nothing new
    a, b = (label[[g.nodes[k] for g in gaps]].astype(np.int64) for k in (0, 1))
    table = gpd.GeoDataFrame(
        {
            "length_m": found["length"].to_numpy(float),
            "detour": found["detour"].to_numpy(float) if len(gaps) else np.zeros(0),
            "benefit": found["benefit"].to_numpy(float) if len(gaps) else np.zeros(0),
            "joins_km": np.where(a == b, 0.0, np.minimum(size[a], size[b]) / 1000),
            "stress": [graph.worst_level(g.edges) for g in gaps],
            "road": pd.Series([graph.main_name(g.edges) for g in gaps], dtype=object),
            "cost_mln": found["length"].to_numpy(float) / 1000 * params.cost_per_km,
        },
        geometry=found.geometry.to_numpy(),
        crs=graph.network.crs,
    )
    _add_access(run, table, graph, gaps, what)
    table["certain"] = _certain(run, table, gaps, what.known)
    error = effects.error_of(
        graph,
        gaps,
        short=params.short,
        crossing=params.crossing_length,
        parallel=params.match_distance,
    )
    wrong = np.array([bool(e) for e in error], bool)
    table["state"] = np.where(wrong, "data_error", "missing_link").astype(object)
    # the first reason that holds; a link that opens an interchange is more than a shorter way
    reason = np.select(
        [
            wrong,
            table["opens"].fillna(0).to_numpy(float) > 0,
            a != b,
            table["detour"].to_numpy() < params.detour_min,
        ],
        [np.array(error, object), "opens_interchange", "joins_networks", "part"],
        "shortens",
    )
    table["reason"] = reason.astype(object)
    table["planned_share"] = np.nan
    if split is not None:
        planned = split.planned.geometry.to_numpy()
        table["planned_share"] = share_covered(
            table.geometry.to_numpy(), planned, params.match_distance
        )
    middle = shapely.line_interpolate_point(table.geometry.to_numpy(), 0.5, normalized=True)
    where = home_of(middle, municipalities)
    table["teryt"] = names_of(where, municipalities, "teryt")
    table["municipality"] = names_of(where, municipalities, "name")
    around = effects.ways_round(graph, graph.undirected(graph.built), gaps)
    table["detour_m"] = [np.nan if r is None else r.metres for r in around]
    # the kernel compared no way: the one over infrastructure is what cyclists have
    untold = table["detour"].isna().to_numpy()
    own = (table["detour_m"].fillna(np.inf) / table["length_m"]).to_numpy()
    table["detour"] = np.where(untold, own, table["detour"])
    short_way = untold & (own < params.detour_min) & (a == b) & (table["state"] == "missing_link")
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
    params, n = run.parameters, graph.network
    rows: list[dict[str, Any]] = []
    if params.network == "infrastructure":
        municipalities = run.municipalities
        built = np.flatnonzero(graph.built)
        found = effects.undershoots(graph, built, params.short)
        home = home_of(np.array([f.line.centroid for f in found], object), municipalities)
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
                    "teryt": municipalities["teryt"].iloc[row] if row >= 0 else None,
                    "municipality": municipalities["name"].iloc[row] if row >= 0 else None,
                    "geometry": f.line,
                }
            )
    frame = pd.DataFrame(rows, columns=[*texts.COLUMNS["links"], "_line", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=n.crs)


def hubs_of(run: Run, graph: CycleGraph, places: Places) -> effects.Hubs:
    """Return the interchanges at the infrastructure."""
    names = places.table["name"].astype(object).to_numpy()
    return effects.hubs_at(graph, places.points, places.owner, names, run.parameters.join_distance)


def _certain(run: Run, table: gpd.GeoDataFrame, gaps: list[effects.Gap], known: Known) -> pd.Series:
    """Tell which gaps no infrastructure that is not known could close; missing where one could.

    A way round over land that is not known is at least as long as its distance from both ends.
    """
    sure = np.zeros(len(gaps), bool)
    if gaps:
        least = max(run.parameters.detour_min, 1.0) * table["length_m"].to_numpy()
        ends = np.array([gap.nodes for gap in gaps])
        near = known.clearance(ends[:, 0], least.max()) + known.clearance(ends[:, 1], least.max())
        sure = known.routes.stated.known_at(table.geometry.to_numpy()) & (near >= least)
    return pd.Series(sure, dtype="boolean").mask(pd.Series(~sure))


def _add_access(
    run: Run, table: gpd.GeoDataFrame, graph: CycleGraph, gaps: list[effects.Gap], what: Found
) -> None:
    """Add interchanges opened and people gained; NaN where layers for it are missing."""
    params, places, homes = run.parameters, what.places, what.homes
    table["opens"], table["people_gain"] = np.nan, np.nan
    table["_opens"] = pd.Series([None] * len(table), dtype=object)
    table["interchanges"] = pd.Series([None] * len(table), dtype=object)
    if places is None:
        return
    hubs = hubs_of(run, graph, places)
    names = hubs.names
    which = effects.opened(graph, gaps, hubs, params.min_network * 1000 - 1e-6)
    table["opens"] = np.array([len(w) for w in which], float)
    table["_opens"] = pd.Series(which, dtype=object)
    table["interchanges"] = pd.Series(
        ["; ".join(str(names[h]) for h in w) or None for w in which], dtype=object
    )
    if homes is None:
        return
    n, label = graph.network, graph.parts[0]
    nodes = np.flatnonzero(label >= 0)

    def gained(points: Array, people: Array) -> Array:
        _, at = people_at(points, people, n.x[nodes], n.y[nodes], params.access_distance)
        node = np.where(at >= 0, np.append(nodes, -1)[at], -1)
        settled = effects.Settled(points, people, node)
        return effects.people_gained(
            graph, gaps, hubs, settled, params.bike_limit, params.access_distance
        )

    known, unknown = homes.known, homes.unknown
    people = gained(known.points, known.people)
    if len(unknown.points):  # nobody known to gain is not nobody where cells are unknown
        cells = gained(unknown.points, np.ones(len(unknown.points)))
        people = np.where((people == 0) & (cells > 0), np.nan, people)
    table["people_gain"] = people


def _ranked(run: Run, table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
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
    return table[[*texts.COLUMNS["links"], "geometry"]], around


def municipal(
    municipalities: gpd.GeoDataFrame, known: Known, links: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Build the table of municipalities.

    Parameters
    ----------
    municipalities : GeoDataFrame
    known : Known
        Municipalities whose routes and streets are complete.
    links : GeoDataFrame
        From :func:`links`; a link is in the municipality of its middle.

    Returns
    -------
    GeoDataFrame (municipalities,)
        Counts are zero only where data are complete, elsewhere NaN where nothing was found; a count
        of opening links is NaN everywhere when of some link it is not known what it opens.
    """
    table = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "cycle_data": known.routes.flag,
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
    )
    right = links[links["state"] == "missing_link"]
    zero = np.where(known.routes.mapped & known.covered, 0.0, np.nan)

    def of(frame: pd.DataFrame, column: str, how: str) -> Array:
        found = frame.groupby("teryt")[column].agg(how).reindex(table["teryt"])
        return found.astype("Float64").to_numpy(float, np.nan)

    def filled(values: Array) -> Array:
        return np.where(np.isnan(values), zero, values)

    table["links"] = filled(of(right, "state", "count"))
    table["links_km"] = filled(of(right, "length_m", "sum") / 1000)
    opening = right[right["opens"] > 0]
    table["opening"] = (
        # what opens is not known of some link: then no count of a municipality is
        np.nan if right["opens"].isna().any() else filled(of(opening, "state", "count"))
    )
    table["best_rank"] = of(right, "rank", "min")
    table["errors"] = filled(of(links[links["state"] == "data_error"], "state", "count"))
    table.index = municipalities.index
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]
