"""Where does a cycle route end at a municipal border, and what is missing to the route beyond?

Two ends that face each other across a border are rare in real data. What is found instead is an end
on one side and, some way along the streets, infrastructure on the other: so the search runs on the
street network.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis.checks.active_mobility import border_gaps_texts as texts
from metrogis.checks.active_mobility import border_parts as parts
from metrogis.checks.active_mobility.cycle_graph import CycleGraph, cycle_graph
from metrogis.checks.active_mobility.cycle_network import bike_network
from metrogis.checks.active_mobility.cycle_network_parts import home_of
from metrogis.checks.active_mobility.infrastructure import pieces_by_area
from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec
from metrogis.errors import MissingLayerError
from metrogis.streets.cycleways import by_state
from metrogis.texts import Text

Array = npt.NDArray[Any]

_OWN = "this project's choice"


class BorderGapsParameters(Parameters):
    """Parameters of ``border_gaps``."""

    reach: Annotated[
        float,
        Spec(Text("koniec leży od granicy do", "an end lies from the border up to"), "m", _OWN),
        Field(gt=0),
    ] = 500
    gap_limit: Annotated[
        float,
        Spec(Text("najdłuższa przerwa", "longest gap"), "m", _OWN),
        Field(gt=0),
    ] = 1500
    detour_min: Annotated[
        float,
        Spec(
            Text("objazd infrastrukturą od", "way round over infrastructure from"),
            "1",
            "Vybornova et al. 2023: detour of at least 1.5",
        ),
        Field(ge=1),
    ] = 1.5
    lone_distance: Annotated[
        float,
        Spec(
            Text("koniec bez dalszego ciągu, od granicy do", "end with nothing beyond, up to"),
            "m",
            _OWN,
        ),
        Field(ge=0),
    ] = 150
    border_tolerance: Annotated[
        float,
        Spec(
            Text("szczelina między gminami do", "sliver between municipalities up to"),
            "m",
            "matching tolerance of borders, direction 1.2.1: 25 m",
        ),
        Field(ge=0),
    ] = 25
    coverage_length: Annotated[
        float,
        Spec(
            Text("gmina jest zmapowana od", "a municipality is mapped from"),
            "km",
            f"{_OWN}: shorter stubs are spill of a neighbour's data",
        ),
        Field(ge=0),
    ] = 1
    lanes: Annotated[
        bool,
        Spec(Text("pasy rowerowe to infrastruktura", "painted lanes count"), "-", _OWN),
    ] = True
    match_distance: Annotated[
        float,
        Spec(
            Text("trasa z warstwy gmin przy ulicy do", "a route of the layer is at a street to"),
            "m",
            "BikeDNA (Viero, Vybornova & Szell 2023): 15 m",
        ),
        Field(gt=0),
    ] = 15
    match_share: Annotated[
        float,
        Spec(Text("na co najmniej tej części odcinka", "on at least this share"), "1", _OWN),
        Field(gt=0, le=1),
    ] = 0.8
    rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(Text("reguły stresu", "rules of stress"), "-", "Bike Ottawa; Conveyal R5"),
    ] = "bike_ottawa"


def border_gaps(
    municipalities: gpd.GeoDataFrame,
    streets: Any = None,
    *,
    cycle_routes: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Find where cycle infrastructure breaks at municipal borders.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, CRS in metres.
    streets : Streets or StreetNetwork
        Street data with OSM tags, mode ``bike``.
    cycle_routes : GeoDataFrame, optional
        Schema ``CycleRoutes``: built lines make the streets they run along infrastructure, too.
    **parameters
        See :class:`BorderGapsParameters`.

    Returns
    -------
    Result
        Features ``crossings`` (``state`` ``gap``, ``continuous`` or ``unknown``; gaps first,
        ranked; geometry: the street path) and ``borders`` (one row per pair of neighbours).

    Raises
    ------
    MissingLayerError
        Without a street network for bicycles.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> from metrogis.streets import from_lines
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2261021"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway", "tertiary", "cycleway"]},
    ...     geometry=[LineString([(a, 9), (b, 9)]) for a, b in
    ...               ((2000, 4900), (4900, 5200), (5200, 7000))], crs="EPSG:2180")
    >>> result = border_gaps(towns, from_lines(lines, mode="bike"))
    >>> result.features["crossings"][["name_a", "name_b", "state", "length_m"]].values.tolist()
    [['A', 'B', 'gap', 300.0]]
    """
    run = CHECK.begin(
        parameters, municipalities=municipalities, streets=streets, cycle_routes=cycle_routes
    )
    p: BorderGapsParameters = run.parameters
    towns = run.layers["municipalities"]
    network = bike_network(run, streets)
    if network is None:
        raise MissingLayerError(
            Text(
                "sprawdzenie border_gaps wymaga sieci ulic dla rowerów",
                "check border_gaps needs a street network for bicycles",
            ),
            layer="streets",
            remedy=Text(
                'plik OpenStreetMap (driver = "osm") albo read_osm(..., mode="bike")',
                'an OpenStreetMap file (driver = "osm"), or read_osm(..., mode="bike")',
            ),
        )
    official = None
    if run.layers["cycle_routes"] is not None:
        split = by_state(run.layers["cycle_routes"])
        run.add(split.audit)
        official = split.built
    graph = cycle_graph(
        network,
        official,
        rules=p.rules,
        lanes=p.lanes,
        match_distance=p.match_distance,
        match_share=p.match_share,
    )
    run.add(graph.audit)
    home = home_of(np.asarray(shapely.points(network.x, network.y), object), towns)
    known = recorded(run, graph, official, home)
    pairs = parts.borders(towns, p.border_tolerance)
    gaps, lone = parts.gaps_from_ends(
        graph, pairs, home, reach=p.reach, limit=p.gap_limit, detour_min=p.detour_min
    )
    rows, states = [], []
    for k, border in enumerate(pairs):
        mine = [*gaps.get(k, []), *parts.crossings(graph, border, home)]
        mine += parts.lone_rows(
            graph, lone.get(k, np.zeros(0, np.int64)), border, home, known, p.lone_distance
        )
        label = _labels(towns, border)
        rows += [{**label, **row} for row in mine]
        states.append({**label, **_pair_state(mine, border, known), "geometry": border.line})
    columns = list(texts.COLUMNS["crossings"])
    crossings = _ranked(parts.table_of(rows, towns, columns))
    borders = parts.table_of(states, towns, list(texts.COLUMNS["borders"]))
    table = _municipal(towns, known, crossings, borders)
    return run.result(
        municipalities=table,
        features={"crossings": crossings, "borders": borders},
        findings=_findings(crossings, borders),
    )


def recorded(run: Run, graph: CycleGraph, official: gpd.GeoDataFrame | None, home: Array) -> Array:
    """Tell in which municipalities infrastructure is recorded at all."""
    p, towns, n = run.parameters, run.layers["municipalities"], graph.network
    at = home[n.edge_u]
    mine = graph.built & (at >= 0)
    metres = np.bincount(at[mine], weights=n.edge_length[mine], minlength=len(towns))
    if official is not None:
        _, town, length = pieces_by_area(official.geometry.to_numpy(), towns.geometry.to_numpy())
        metres = np.maximum(metres, np.bincount(town, weights=length, minlength=len(towns)))
    known: Array = (metres >= p.coverage_length * 1000 - 1e-6) & (metres > 0)
    run.note(
        "streets",
        "unknown",
        int((~known).sum()),
        Text(
            "gminy bez zapisanej infrastruktury rowerowej: brak danych, nie brak tras",
            "municipalities without recorded cycle infrastructure: no data, not no routes",
        ),
        towns["name"][~known],
    )
    return known


def _labels(towns: gpd.GeoDataFrame, border: parts.Border) -> dict[str, str]:
    return {
        f"{column}_{side}": str(towns[column].iloc[row])
        for column in ("teryt", "name")
        for side, row in (("a", border.a), ("b", border.b))
    }


def _pair_state(rows: list[dict[str, Any]], border: parts.Border, known: Array) -> dict[str, Any]:
    states = [row["state"] for row in rows]
    if "continuous" in states:
        state = "continuous"
    elif "gap" in states:
        state = "gap"
    else:
        state = "none" if known[border.a] and known[border.b] else "unknown"
    return {
        "border_km": border.line.length / 1000,
        "state": state,
        "continuous": states.count("continuous"),
        "gaps": states.count("gap"),
    }


def _ranked(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put gaps first: km joined per metre, then the shorter; then the rest."""
    order = table["state"].map({"gap": 0, "unknown": 1, "continuous": 2}).astype(float)
    worth = table["joins_km"].fillna(-1) / table["length_m"].where(table["length_m"] > 0)
    keys = pd.DataFrame(
        {"state": order, "worth": -worth.fillna(-1), "length": table["length_m"].fillna(np.inf)}
    )
    table = table.loc[keys.sort_values(["state", "worth", "length"], kind="stable").index]
    table = table.reset_index(drop=True)
    gaps = (table["state"] == "gap").to_numpy()
    table["rank"] = pd.array(np.where(gaps, np.arange(1, len(table) + 1), 0), dtype="Int64")
    table.loc[~gaps, "rank"] = pd.NA
    return table


def _municipal(
    towns: gpd.GeoDataFrame, known: Array, crossings: gpd.GeoDataFrame, borders: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Build the table of municipalities: each border counts for both of its sides."""
    table = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "cycle_data": pd.Series(known, dtype="boolean").mask(pd.Series(~known)),
        },
        geometry=towns.geometry.to_numpy(),
        crs=towns.crs,
    )

    def count(frame: gpd.GeoDataFrame, rows: Any, how: str, column: str = "teryt_a") -> Array:
        some = frame[rows]
        both = pd.concat(
            [some.assign(_t=some["teryt_a"]), some.assign(_t=some["teryt_b"])], ignore_index=True
        )
        found = both.groupby("_t")[column].agg(how).reindex(table["teryt"])
        return found.to_numpy(float)

    gap = (crossings["state"] == "gap").to_numpy()
    table["neighbours"] = np.nan_to_num(count(borders, borders["border_km"] >= 0, "count"))
    zero = np.where(known, 0.0, np.nan)  # nothing found where nothing is recorded: unknown

    def filled(values: Array) -> Array:
        return np.where(np.isnan(values), zero, values)

    table["continuous"] = filled(count(borders, borders["state"] == "continuous", "count"))
    table["gaps"] = filled(count(crossings, gap, "count"))
    table["gaps_km"] = filled(count(crossings, gap, "sum", "length_m") / 1000)
    table["shortest_gap_m"] = count(crossings, gap, "min", "length_m")
    table["unknown"] = np.nan_to_num(count(borders, borders["state"] == "unknown", "count"))
    table.index = towns.index
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def _findings(crossings: gpd.GeoDataFrame, borders: gpd.GeoDataFrame) -> list[Finding]:
    state = borders["state"].value_counts()
    gaps = crossings[crossings["state"] == "gap"]
    between = gaps[gaps["reason"] == "missing_between"]
    found = [
        Finding(
            texts.PAIRS,
            {
                "pairs": len(borders),
                **{
                    f"pairs_{s}": int(state.get(s, 0))
                    for s in ("continuous", "gap", "none", "unknown")
                },
            },
        ),
        Finding(
            texts.GAPS if len(between) else texts.NO_GAPS,
            {
                "gaps": len(between),
                "gaps_km": float(between["length_m"].sum()) / 1000,
                "gap_median_m": float(between["length_m"].median()) if len(between) else np.nan,
                "nothing_beyond": len(gaps) - len(between),
            },
        ),
    ]
    if len(between):
        row = between.iloc[0]
        road = f" ({row['road']})" if isinstance(row["road"], str) else ""
        found.append(
            Finding(
                texts.FIRST,
                {
                    "first_gap_m": float(row["length_m"]),
                    "first_joins_km": float(row["joins_km"]),
                },
                {"a": row["name_a"], "b": row["name_b"], "road": road},
            )
        )
    return found


CHECK = Check(
    id="border_gaps",
    direction="2.1.3",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input("streets", Text("ulice z tagami (OpenStreetMap)", "streets with tags (OSM)")),
        Input(
            "cycle_routes",
            Text("infrastruktura rowerowa", "cycle routes"),
            "CycleRoutes",
            required=False,
        ),
    ),
    parameters=BorderGapsParameters,
    function=border_gaps,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
