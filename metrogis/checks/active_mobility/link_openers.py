"""Gaps that join an interchange to a network, kept apart from longer gaps that swallow them.

Decluttering prefers benefit: a short gap at an interchange may end up inside a long one that
passes it. For whom a gap opens what is the question here, so such a gap is put back: of each
interchange that no gap joins, the shortest candidate with detour enough that does.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.checks.active_mobility import link_effects as effects
from metrogis.checks.active_mobility.cycle_graph import CycleGraph
from metrogis.streets.gaps import MissingLinks


def with_openers(
    found: MissingLinks,
    edges: gpd.GeoDataFrame,
    graph: CycleGraph,
    hubs: effects.Hubs,
    enough: float,
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the gaps, those that open an interchange apart, and how many were put back.

    Parameters
    ----------
    found : MissingLinks
        Its nodes are those of ``graph``'s network.
    edges : GeoDataFrame
        The street graph searched: ``length``, geometry, by the labels in ``found``.
    graph : CycleGraph
    hubs : Hubs
    enough : float
        Length of a network worth joining, m.

    Returns
    -------
    GeoDataFrame
        ``nodes``, ``edges``, ``length``, ``detour``, ``benefit``, geometry. Gaps that overlap with
        one put back are cut; the detour of what is left of them is NaN (not tested again).
    """
    gaps = found.gaps
    opened = effects.opened(graph, _ends(gaps), hubs, enough)
    done = {hub for own in opened for hub in own}
    rows = found.filtered.sort_values(["length", "nodes"], kind="stable").reset_index(drop=True)
    chosen: list[int] = []
    for i, own in enumerate(effects.opened(graph, _ends(rows), hubs, enough)):
        if set(own) - done:
            done |= set(own)
            chosen.append(i)
    if not chosen:
        return gaps, 0
    put_back = rows.iloc[chosen]
    taken = {e for own in put_back["edges"] for e in own}
    touched = np.array([not taken.isdisjoint(own) for own in gaps["edges"]], bool)
    parts = [
        part
        for nodes, own in gaps.loc[touched, ["nodes", "edges"]].itertuples(index=False)
        for part in _cut(nodes, own, taken)
    ]
    metres, worth = edges["length"], found.betweenness
    left = gpd.GeoDataFrame(
        {
            "nodes": pd.Series([p[0] for p in parts], dtype=object),
            "edges": pd.Series([p[1] for p in parts], dtype=object),
            "length": [float(metres.loc[list(own)].sum()) for _, own in parts],
            "detour": np.full(len(parts), np.nan),
            "benefit": [
                float(np.average(worth.loc[list(own)], weights=metres.loc[list(own)]))
                for _, own in parts
            ],
        },
        geometry=[
            shapely.line_merge(shapely.multilinestrings(edges.geometry.loc[list(own)].to_numpy()))
            for _, own in parts
        ],
        crs=gaps.crs,
    )
    frames = [frame for frame in (put_back, gaps[~touched], left) if len(frame)]
    whole = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=gaps.crs), len(put_back)


def _ends(table: gpd.GeoDataFrame) -> list[effects.Gap]:
    none = np.zeros(0, np.int64)
    return [
        effects.Gap((int(nodes[0]), int(nodes[-1])), none, float(metres))
        for nodes, metres in zip(table["nodes"], table["length"], strict=True)
    ]


def _cut(nodes: tuple[Any, ...], own: tuple[Any, ...], taken: set[Any]) -> list[tuple[Any, Any]]:
    """Return what is left of a path without some edges, as paths.

    >>> _cut((1, 2, 3, 4), ("a", "b", "c"), {"b"})
    [((1, 2), ('a',)), ((3, 4), ('c',))]
    """
    out = []
    for gone, run in groupby(range(len(own)), key=lambda i: own[i] in taken):
        steps = list(run)
        if not gone:
            out.append((nodes[steps[0] : steps[-1] + 2], own[steps[0] : steps[-1] + 1]))
    return out
