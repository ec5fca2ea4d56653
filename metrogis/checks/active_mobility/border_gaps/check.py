"""Where does a cycle route end at a municipal border, and what is missing to the route beyond?

Two ends that face each other across a border are rare in real data. What is found instead is an end
on one side and, some way along the streets, infrastructure on the other: so the search runs on the
street network.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.border_gaps import presentation as texts
from metrogis.checks.active_mobility.border_gaps.inputs import Inputs
from metrogis.checks.active_mobility.border_gaps.parameters import BorderGapsParameters
from metrogis.checks.active_mobility.border_gaps.reading import READING
from metrogis.checks.active_mobility.border_gaps.taken import TAKEN
from metrogis.checks.contract import Finding, Outcome, Run, check
from metrogis.checks.contract.outlines import free_edge
from metrogis.checks.shared import borders as parts
from metrogis.checks.shared.cycle_graph import cycle_graph
from metrogis.checks.shared.cycle_lines import bike_network
from metrogis.checks.shared.homes import home_of
from metrogis.checks.shared.known_borders import Known
from metrogis.checks.shared.known_routes import more_than_half
from metrogis.errors import MissingLayerError
from metrogis.i18n import _
from metrogis.streets.cycleways import by_state


@check(
    id="border_gaps",
    direction="2.1.3",
    reach=10_000.0,
    of_all={"crossings": ("rank", "joins_km")},
    section="67-gaps-at-borders",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def border_gaps(inputs: Inputs, params: BorderGapsParameters, run: Run) -> Outcome:
    """Find where cycle infrastructure breaks at municipal borders.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, CRS in metres.
    streets : Streets or StreetNetwork
        Street data with OSM tags, mode ``bike``.
    cycle_routes : GeoDataFrame, optional
        Schema ``CycleRoutes``: built lines make the streets they run along infrastructure, too.
    cycle_coverage : GeoDataFrame or DataFrame, optional
        Polygons inside which routes are complete, or a table of municipalities (``teryt``,
        ``state``). Without it a municipality counts as covered from ``coverage_length`` km on.
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
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011", "2261021"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway", "tertiary", "cycleway"]},
    ...     geometry=[LineString([(a, 9), (b, 9)]) for a, b in
    ...               ((2000, 4900), (4900, 5200), (5200, 7000))], crs="EPSG:2180")
    >>> result = border_gaps(municipalities, from_lines(lines, mode="bike"))
    >>> result.features["crossings"][["name_a", "name_b", "state", "length_m"]].values.tolist()
    [['A', 'B', 'gap', 300.0]]
    """
    municipalities = inputs.municipalities
    network = bike_network(run, inputs.streets)
    if network is None:
        raise MissingLayerError(
            _("check border_gaps needs a street network for bicycles"),
            layer="streets",
            remedy=_('an OpenStreetMap file (driver = "osm"), or read_osm(..., mode="bike")'),
        )
    official = None
    if inputs.cycle_routes is not None:
        split = by_state(inputs.cycle_routes, line_tolerance=params.line_tolerance)
        run.add(split.audit)
        official = split.built
    graph = cycle_graph(
        network,
        official,
        rules=params.rules,
        lanes=params.lanes,
        match_distance=params.match_distance,
        match_share=params.match_share,
        line_tolerance=params.line_tolerance,
    )
    run.add(graph.audit)
    home = home_of(np.asarray(shapely.points(network.x, network.y), object), municipalities)
    known = Known.of(run, graph, official, home, network, inputs.cycle_coverage)
    pairs = parts.borders(municipalities, params.border_tolerance)
    gaps, lone = parts.gaps_from_ends(
        graph, pairs, home, reach=params.reach, limit=params.gap_limit, detour_min=params.detour_min
    )
    known.judge(gaps, params.detour_min)
    decided, stated = known.decided(pairs, params.reach)
    rows, states = [], []
    for k, border in enumerate(pairs):
        mine = [*gaps.get(k, []), *parts.crossings(graph, border, home)]
        ends = lone.get(k, np.zeros(0, np.int64))
        certain = known.ends_certain(ends, params.gap_limit)
        mine += parts.lone_rows(
            graph, ends, border, home, known.routes.mapped, params.lone_distance, certain
        )
        label = _labels(municipalities, border)
        rows += [{**label, **row} for row in mine]
        state = _pair_state(mine, border, bool(decided[k]), bool(stated[k]))
        states.append({**label, **state, "geometry": border.line})
    columns = list(texts.COLUMNS["crossings"])
    crossings = _ranked(parts.table_of(rows, municipalities, columns))
    borders = parts.table_of(states, municipalities, list(texts.COLUMNS["borders"]))
    table = _municipal(municipalities, known, crossings, borders, params.border_tolerance)
    return Outcome(
        municipalities=table,
        features={"crossings": crossings, "borders": borders},
        findings=_findings(crossings, borders, bool(table["gaps"].notna().all())),
    )


CHECK = border_gaps.check


def _pair_state(
    rows: list[dict[str, Any]], border: parts.Border, decided: bool, stated: bool
) -> dict[str, Any]:
    """One certain crossing is enough for "continuous"; all else needs the whole border known."""
    states = [row["state"] for row in rows]
    if "continuous" in states:
        state = "continuous"
    elif "gap" in states and stated:
        state = "gap"
    else:
        state = "none" if decided and "gap" not in states else "unknown"
    return {
        "border_km": border.line.length / 1000,
        "state": state,
        "continuous": states.count("continuous"),
        "gaps": states.count("gap"),
    }


def _labels(municipalities: gpd.GeoDataFrame, border: parts.Border) -> dict[str, str]:
    return {
        f"{column}_{side}": str(municipalities[column].iloc[row])
        for column in ("teryt", "name")
        for side, row in (("a", border.a), ("b", border.b))
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
    municipalities: gpd.GeoDataFrame,
    known: Known,
    crossings: gpd.GeoDataFrame,
    borders: gpd.GeoDataFrame,
    tolerance: float,
) -> gpd.GeoDataFrame:
    """Build the table of municipalities: each border counts for both of its sides."""
    table = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "cycle_data": known.routes.flag,
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
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
    # nothing found where routes or streets are not known: unknown
    alone = free_edge(municipalities, tolerance) <= 0  # beside it may lie one without an outline
    zero = np.where(known.routes.mapped & known.covered & alone, 0.0, np.nan)

    def filled(values: Array) -> Array:
        return np.where(np.isnan(values), zero, values)

    table["continuous"] = filled(count(borders, borders["state"] == "continuous", "count"))
    table["gaps"] = filled(count(crossings, gap, "count"))
    table["gaps_km"] = filled(count(crossings, gap, "sum", "length_m") / 1000)
    table["shortest_gap_m"] = count(crossings, gap, "min", "length_m")
    table["unknown"] = np.nan_to_num(count(borders, borders["state"] == "unknown", "count"))
    with np.errstate(invalid="ignore", divide="ignore"):
        table["decided_share"] = 1 - table["unknown"] / table["neighbours"]
    table.index = municipalities.index
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def _findings(
    crossings: gpd.GeoDataFrame, borders: gpd.GeoDataFrame, all_known: bool
) -> list[Finding]:
    """Return the sentences; ``all_known`` tells whether gaps are known everywhere."""
    state = borders["state"].value_counts()
    names = ("continuous", "gap", "none", "unknown")
    values = {"pairs": len(borders), **{f"pairs_{s}": int(state.get(s, 0)) for s in names}}
    unknown = values["pairs_unknown"]
    if not len(borders):
        return [Finding(texts.NO_BORDERS, values)]
    if unknown == len(borders):
        pairs = texts.PAIRS_NOTHING
    elif more_than_half(unknown, len(borders)):
        pairs = texts.PAIRS_UNKNOWN
    else:
        pairs = texts.PAIRS_PARTLY if unknown else texts.PAIRS
    found = [Finding(pairs, values)]
    gaps = crossings[crossings["state"] == "gap"]
    between = gaps[gaps["reason"] == "missing_between"]
    doubtful = int((crossings["reason"] == "may_be_closed").sum())
    figures = {
        "gaps": len(between),
        "gaps_km": float(between["length_m"].sum()) / 1000,
        "gap_median_m": float(between["length_m"].median()) if len(between) else np.nan,
        "nothing_beyond": len(gaps) - len(between),
        "gaps_uncertain": doubtful,
    }
    text = texts.GAPS if len(between) else texts.NO_GAPS
    if not all_known or unknown or doubtful:
        text = texts.joined(texts.OF_KNOWN, texts.lowered(text))
    if figures["nothing_beyond"]:
        text = texts.joined(text, texts.BEYOND)
    if doubtful:
        text = texts.joined(text, texts.MAYBE)
    if unknown < len(borders) or len(gaps):
        found.append(Finding(text, figures))
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
