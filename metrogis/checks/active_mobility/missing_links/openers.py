"""Gaps that join an interchange to a network, kept apart from longer gaps that swallow them.

Decluttering prefers benefit: a short gap at an interchange may end up inside a long one that
passes it, and the interchange is then joined by a long gap or by none. For whom a gap opens what is
the question here, so such a gap is put back: of each interchange the shortest candidate with detour
enough that joins it, unless a gap as short does already.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.active_mobility.missing_links import effects
from metrogis.checks.shared.cycle_graph import CycleGraph
from metrogis.streets.gaps import MissingLinks

_NEAR = 1e-9
"""Lengths that differ by less than this share are equal."""


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
    metres = gaps["length"].to_numpy(float)
    best: dict[int, float] = {}
    for own, length in zip(effects.opened(graph, _ends(gaps), hubs, enough), metres, strict=True):
        for hub in own:
            best[hub] = min(best.get(hub, np.inf), float(length))
    rows = found.filtered.sort_values(["length", "nodes"], kind="stable").reset_index(drop=True)
    chosen: list[int] = []
    lengths = rows["length"].to_numpy(float)
    for i, own in enumerate(effects.opened(graph, _ends(rows), hubs, enough)):
        shorter = float(lengths[i]) * (1 + _NEAR)
        better = [hub for hub in own if shorter < best.get(hub, np.inf)]
        if better:
            best |= dict.fromkeys(better, 0.0)  # rows come shortest first
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
    size, worth = edges["length"], found.betweenness
    left = gpd.GeoDataFrame(
        {
            "nodes": pd.Series([p[0] for p in parts], dtype=object),
            "edges": pd.Series([p[1] for p in parts], dtype=object),
            "length": [float(size.loc[list(own)].sum()) for _, own in parts],
            "detour": np.full(len(parts), np.nan),
            "benefit": [
                float(np.average(worth.loc[list(own)], weights=size.loc[list(own)]))
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


def first_openers(opened: list[list[int]], metres: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return how many interchanges each gap is to open, if every one is opened once.

    The gap with the fewest metres per interchange is taken, then the best for the rest, and so on:
    what is left at 0 is another, longer way to what a gap before opens.

    >>> first_openers([[1], [1, 2], [2], []], np.array([400.0, 500.0, 450.0, 10.0])).tolist()
    [0, 2, 0, 0]
    >>> first_openers([[1], [1], [2]], np.array([1300.0, 250.0, 2000.0])).tolist()
    [0, 1, 1]
    """
    out = np.zeros(len(opened), np.int64)
    left = {i: set(own) for i, own in enumerate(opened) if own}
    while left:
        i = min(left, key=lambda k: (metres[k] / len(left[k]), metres[k], k))
        new = left.pop(i)
        out[i] = len(new)
        left = {k: own - new for k, own in left.items() if own - new}
    return out
