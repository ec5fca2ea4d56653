"""Lines and shapes of the functional links: pairs, dominant flows, core cities, regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from metrogis.checks.contract.outlines import lines_between
from metrogis.checks.spatial_development.functional_links.presentation import COLUMNS
from metrogis.checks.spatial_development.functional_links.regions import Hierarchy
from metrogis.checks.spatial_development.functional_links.tables import (
    ShareBase,
    finite,
    recorded_sum,
    share_bounds,
    share_of,
)
from metrogis.population.flows import Floats, Flows


def _frame(columns: Mapping[str, Any], geometry: Any, crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(dict(columns), geometry=gpd.GeoSeries(geometry, crs=crs))


def link_lines(
    flows: Flows,
    points: Floats,
    names: Mapping[str, str],
    p: Any,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return the strongest pairs of municipalities as lines.

    Parameters
    ----------
    flows : Flows
    points : ndarray (municipalities, 2)
        Where lines end, metres.
    names : mapping of str to str
        Name by code.
    p : Parameters
        ``links`` (how many), ``link_min_flow``.
    crs : CRS

    Returns
    -------
    GeoDataFrame
        ``origin`` is the end that sends more to the other. ``flow_both`` is what is recorded;
        ``flow_both_max`` what it may be at most, NaN without bound; ``certain`` whether unpublished
        flows could not change the rank.
    """
    one, other = np.triu_indices(len(flows.codes), 1)
    there, back = flows.internal[one, other], flows.internal[other, one]
    # each pair once, from the end that sends more; at equal flows from the lower code
    flip = (back > there) | (
        (back == there) & (np.array(flows.codes)[other] < np.array(flows.codes)[one])
    )
    start, end = np.where(flip, other, one), np.where(flip, one, other)
    pairs = pd.DataFrame({"start": start, "end": end})
    pairs["origin"] = np.array(flows.codes, dtype=object)[start]
    pairs["destination"] = np.array(flows.codes, dtype=object)[end]
    recorded = _pair_flows(flows)
    pairs["flow"], pairs["flow_back"] = recorded[start, end], recorded[end, start]
    pairs["flow_both"] = there + back
    pairs["flow_both_max"] = flows.internal_max[start, end] + flows.internal_max[end, start]
    pairs["share"] = share_of(pairs["flow_both"], np.full(len(pairs), flows.internal.sum()))
    pairs = pairs.sort_values(["flow_both", "origin", "destination"], ascending=[False, True, True])
    pairs["certain"] = _rank_certain(pairs["flow_both"], pairs["flow_both_max"])
    pairs = pairs[(pairs["flow_both"] > 0) & (pairs["flow_both"] >= p.link_min_flow)]
    pairs["flow_both_max"] = finite(pairs["flow_both_max"])
    pairs = pairs.head(p.links).reset_index(drop=True)
    pairs.insert(0, "rank", np.arange(1, len(pairs) + 1))
    for side in ("origin", "destination"):
        pairs[f"{side}_name"] = pairs[side].map(names)
    lines = lines_between(points[pairs["start"]], points[pairs["end"]])
    return _frame({c: pairs[c] for c in COLUMNS["links"]}, lines, crs)


def _rank_certain(low: pd.Series, high: pd.Series) -> NDArray[np.bool_]:
    """Tell which places in a list sorted by lower bounds no upper bound could change."""
    least, most = low.to_numpy(dtype=np.float64), high.to_numpy(dtype=np.float64)
    before = np.concatenate([[np.inf], least[:-1]])
    after = np.append(np.maximum.accumulate(most[::-1])[::-1], -1.0)[1:]
    return np.asarray((most <= before) & (after <= least), dtype=bool)


def tree_lines(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    points: Floats,
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return the dominant flows as lines, from each subordinate municipality to its centre.

    Parameters
    ----------
    out : GeoDataFrame
        The municipal table with its columns of the hierarchy.
    flows : Flows
    tree : Hierarchy
    points : ndarray (municipalities, 2)
        Metres.
    names : mapping of str to str
    crs : CRS
    """
    child = np.flatnonzero((out["dominance"] == "subordinate").to_numpy())
    parent = tree.parent[child]
    rows = out.iloc[child]
    columns = {
        "origin": rows["teryt"].to_numpy(),
        "origin_name": [names[c] for c in rows["teryt"]],
        "destination": np.array(flows.codes, dtype=object)[parent],
        "destination_name": rows["dominant"].to_numpy(),
        "flow": rows["dominant_flow"].to_numpy(),
        "share": rows["dominant_share"].to_numpy(),
        "level": rows["hierarchy_level"].to_numpy(),
        "certain": rows["hierarchy_certain"].array,
    }
    return _frame(columns, lines_between(points[child], points[parent]), crs)


def core_lines(
    flows: Flows,
    core: NDArray[np.int64],
    base: ShareBase,
    points: Floats,
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return flow and share of every municipality to each core city, and back.

    Parameters
    ----------
    flows : Flows
    core : ndarray of int
        Positions of the core cities.
    base : ShareBase
        What the share is of: all outflow, or that within the area.
    points : ndarray (municipalities, 2)
        Metres.
    names : mapping of str to str
    crs : CRS

    Returns
    -------
    GeoDataFrame
        ``share`` is NaN where no row of the source tells of it; ``share_low`` and ``share_high``
        are its bounds. Municipalities that the source does not name have no rows.
    """
    start = np.tile(np.arange(len(flows.codes)), len(core))
    end = np.repeat(core, len(flows.codes))
    kept = (start != end) & flows.present[start] & flows.present[end]
    start, end = start[kept], end[kept]
    flow, top = flows.internal[start, end], flows.internal_max[start, end]
    share, low, high = share_bounds(
        flow,
        top,
        flows.rows[start, end].astype(np.int64),
        base.out[start],
        base.out_max[start],
        base.rows_out[start],
    )
    recorded = _pair_flows(flows)
    codes = np.array(flows.codes, dtype=object)
    columns = {
        "origin": codes[start],
        "origin_name": [names[c] for c in codes[start]],
        "core": codes[end],
        "core_name": [names[c] for c in codes[end]],
        "flow": recorded[start, end],
        "flow_max": finite(top),
        "share": share,
        "share_low": low,
        "share_high": high,
        "flow_back": recorded[end, start],
        "flow_back_max": finite(flows.internal_max[end, start]),
    }
    return _frame(columns, lines_between(points[start], points[end]), crs)


def _pair_flows(flows: Flows) -> Floats:
    """Flow of each pair; NaN where it has no row though small counts are not published."""
    return recorded_sum(flows.internal, flows.internal_max, flows.rows)


def region_shapes(
    out: gpd.GeoDataFrame, flows: Flows, seats: Mapping[str, NDArray[np.int64]], crs: Any
) -> gpd.GeoDataFrame:
    """Return the regions as polygons with what stays within them.

    Parameters
    ----------
    out : GeoDataFrame
        The municipal table with its columns of regions.
    flows : Flows
    seats : mapping of str to ndarray of int
        Members (positions) by code of the seat, from :func:`.structure.add_regions`.
    crs : CRS

    Returns
    -------
    GeoDataFrame (regions,)
        The region of most municipalities first. Population is NaN when that of a member is.
    """
    rows, shapes = [], []
    shape = out.geometry.to_numpy()
    for seat, members in sorted(seats.items(), key=lambda item: (-len(item[1]), item[0])):
        within = flows.internal[np.ix_(members, members)].sum()
        leaving = flows.internal[members].sum() - within
        people = out["population"].to_numpy()[members]
        rows.append(
            {
                "region_code": seat,
                "region": out["region"].iloc[members[0]],
                "municipalities": len(members),
                "population": people.sum(),  # unknown when one is
                "flow_within": within,
                "flow_leaving": leaving,
                "share_within": within / (within + leaving) if within + leaving > 0 else np.nan,
                "stability": out["region_stability"].to_numpy()[members].mean(),
                "certain": bool(out["region_certain"].iloc[members].all()),
            }
        )
        shapes.append(shapely.union_all(shape[members]))
    table = pd.DataFrame(rows, columns=list(COLUMNS["regions"]))
    return _frame({c: table[c] for c in table.columns}, np.array(shapes, dtype=object), crs)
