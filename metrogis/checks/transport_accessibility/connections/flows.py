"""The strongest flows between municipalities, and whether transit connects their seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.checks.contract import Finding, Run
from metrogis.checks.contract.layers import Flows
from metrogis.checks.contract.outlines import inner_points, lines_between
from metrogis.checks.transport_accessibility.connections.places import Relation
from metrogis.i18n import _
from metrogis.population.flows import read_flows


@dataclass(frozen=True, eq=False)
class FlowPairs:
    """Pairs of municipalities by flow, the strongest first.

    Attributes
    ----------
    first, second : ndarray of int
        Positions in the table of municipalities; ``first`` sends more than it gets.
    flow : ndarray of float
        Both directions, people.
    relation : ndarray of int
        Relation of their seats; -1 where a seat is not known.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    flow: npt.NDArray[np.float64]
    relation: npt.NDArray[np.int64]


def add_flow_relations(
    run: Run,
    od_flows: Flows | None,
    municipalities: gpd.GeoDataFrame,
    relations: list[Relation],
    seat: Mapping[str, int],
) -> tuple[list[Relation], FlowPairs]:
    """Append the relations of the strongest flows; those that the law names too are there already.

    Parameters
    ----------
    run : Run
        Its layer ``od_flows`` may be None: then there are no pairs.
    seat : mapping
        Code of a municipality -> place.
    """
    params = run.parameters
    none = np.zeros(0, np.int64)
    if od_flows is None or not params.flow_pairs:
        return relations, FlowPairs(none, none, np.zeros(0), none)
    codes = municipalities["teryt"].tolist()
    names = dict(zip(codes, municipalities["name"].astype(str), strict=True))
    flows, audit = read_flows(od_flows, codes, names, suppressed_below=0)
    run.add(audit)
    sent = np.nan_to_num(np.asarray(flows.internal, dtype="float64"))
    both_ways = sent + sent.T
    a, b = np.triu_indices(len(codes), 1)
    flow = both_ways[a, b]
    # 1e-9: a pair without any flow is none, whatever the least flow is
    keep = flow >= max(params.flow_min, 1e-9)
    order = np.lexsort((b[keep], a[keep], -flow[keep]))[: params.flow_pairs]
    a, b, flow = a[keep][order], b[keep][order], flow[keep][order]
    turned = sent[b, a] > sent[a, b]
    first, second = np.where(turned, b, a), np.where(turned, a, b)
    known = {(r.start, r.end): k for k, r in enumerate(relations)}
    out = list(relations)
    relation = np.full(len(flow), -1, np.int64)
    for k, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        start, end = seat.get(codes[i]), seat.get(codes[j])
        if start is None or end is None or start == end:
            continue
        # relations run both ways: one that is checked already is not searched again
        at = known.get((start, end), known.get((end, start)))
        if at is None:
            at = known[start, end] = len(out)
            out.append(Relation(start, end, "flow"))
        relation[k] = at
    run.note(
        "localities",
        "unknown",
        int((relation < 0).sum()),
        _("strong flows between municipalities whose seats are not known"),
        [
            f"{names[codes[i]]} - {names[codes[j]]}"
            for i, j in zip(first[relation < 0], second[relation < 0], strict=True)
        ],
    )
    return out, FlowPairs(first, second, flow, relation)


def flow_table(
    municipalities: gpd.GeoDataFrame, pairs: FlowPairs, relations: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return one row per pair of municipalities, the strongest flow first.

    Parameters
    ----------
    municipalities : GeoDataFrame
    pairs : FlowPairs
    relations : GeoDataFrame
        Table of relations: the connections of a pair are those of its seats.

    Returns
    -------
    GeoDataFrame (pairs,)
        Lines between inner points of the municipalities. Where a seat is not known the state is
        ``unknown``, its cause ``seat``, and numbers are NaN.
    """
    points = inner_points(municipalities)
    found = pairs.relation >= 0
    codes, names = (municipalities[c].to_numpy(dtype=object) for c in ("teryt", "name"))
    out: dict[str, Any] = {
        "rank": np.arange(1, len(pairs.flow) + 1),
        "name_from": names[pairs.first],
        "name_to": names[pairs.second],
        "teryt_from": codes[pairs.first],
        "teryt_to": codes[pairs.second],
        "flow": pairs.flow,
    }
    for column in ("pairs_working", "pairs_off", "fastest_min"):
        values = np.full(len(pairs.flow), np.nan)
        values[found] = relations[column].to_numpy("float64")[pairs.relation[found]]
        out[column] = values
    state = np.full(len(pairs.flow), "unknown", dtype=object)
    state[found] = relations["state"].to_numpy(dtype=object)[pairs.relation[found]]
    out["state"] = state
    why = np.full(len(pairs.flow), "seat", dtype=object)
    why[found] = relations["why"].to_numpy(dtype=object)[pairs.relation[found]]
    out["why"] = why
    lines = lines_between(points[pairs.first], points[pairs.second])
    return gpd.GeoDataFrame(pd.DataFrame(out), geometry=lines, crs=municipalities.crs)


_LOST_FLOWS = _(
    "{flows_lost:0} {flows_lost:plural:row|rows} of the flows could not be read: the "
    "order of flows is of those that are known."
)


def flow_findings(table: gpd.GeoDataFrame, lost: int = 0) -> list[Finding]:
    """Return the sentences on strong flows without connections.

    ``lost`` flows could not be read: the strongest are those of what is known.
    """
    if table.empty:
        return []
    state = table["state"].to_numpy(dtype=object)
    bad = table[state == "not_enough"]
    values = {
        "flow_pairs": float(len(table)),
        "flow_enough": float(np.isin(state, ("enough", "walk")).sum()),
        "flow_not_enough": float(len(bad)),
        "flow_unknown": float((state == "unknown").sum()),
    }
    said = _(
        "Of the {flow_pairs:0} strongest flows between municipalities {flow_enough:0} "
        "have enough connections between the seats, {flow_not_enough:0} have not, "
        "nothing certain is known of {flow_unknown:0}."
    )
    if values["flow_unknown"] > 0.5 * len(table):
        said = _(
            "Nothing certain is known of the connections of {flow_unknown:0} of the "
            "{flow_pairs:0} strongest flows between municipalities; {flow_enough:0} "
            "have enough between the seats, {flow_not_enough:0} have not."
        )
    out = [Finding(said, values)]
    if lost:
        out.insert(0, Finding(_LOST_FLOWS, {"flows_lost": float(lost)}))
    if len(bad):
        worst = bad.iloc[0]
        out.append(
            Finding(
                _(
                    "The strongest flow without enough connections: {start} - {end}, "
                    "{flow_worst:0} {flow_worst:plural:person|people} both ways (rank "
                    "{flow_worst_rank:0}), {flow_worst_pairs:0} "
                    "{flow_worst_pairs:plural:pair|pairs} on working days."
                ),
                {
                    "flow_worst": float(worst["flow"]),
                    "flow_worst_rank": float(worst["rank"]),
                    "flow_worst_pairs": float(worst["pairs_working"]),
                },
                {"start": str(worst["name_from"]), "end": str(worst["name_to"])},
            )
        )
    return out
