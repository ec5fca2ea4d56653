"""Cycle infrastructure and the interchanges it should lead to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
from scipy.spatial import cKDTree

from metrogis.demo.fabric import Fabric
from metrogis.demo.frame import Array, Index, Mask, Streams
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled

NO_INFRASTRUCTURE = 1500.0
"""No cycle infrastructure within this distance of the planted bare station, m."""
ISOLATION = 350.0
"""Nor within this distance of the planted isolated piece, m."""
PIECE = 560.0
"""Length aimed at for that piece, m."""


@dataclass
class Cycling:
    """``built``, ``planned``: edges of the street graph; ``interchanges`` and their plants."""

    built: Mask
    planned: Mask
    interchanges: pd.DataFrame
    piece: Index


def make_cycling(
    settled: Settled,
    fabric: Fabric,
    graph: Graph,
    stations: pd.DataFrame,
    entrances: pd.DataFrame,
    streams: Streams,
) -> Cycling:
    """Draw the infrastructure: trees of routes around interchanges, loose pieces elsewhere."""
    rng = streams("cycling")
    places = settled.places
    hubs = _interchanges(rng, settled, stations, entrances)
    xy = np.column_stack([graph.x, graph.y])
    weight = graph.lengths() * np.select(
        [graph.cls <= CLASS["tertiary"], graph.cls == CLASS["track"]], [0.7, 2.5], 1.0
    )
    shut = np.zeros(graph.nodes, dtype=bool)
    for row in hubs.itertuples():
        if row.plant in ("bare", "isolated"):
            away = np.hypot(xy[:, 0] - row.x, xy[:, 1] - row.y)
            reach = NO_INFRASTRUCTURE if row.plant == "bare" else ISOLATION + PIECE + 200
            shut |= away < reach
    weight = weight + np.where(shut[graph.u] | shut[graph.v], 1e7, 0.0)
    matrix = graph.matrix(weight)
    key = _edge_keys(graph)

    built = np.zeros(graph.edges, dtype=bool)
    living = places.index[places["role"] != "halt"]
    middle = cKDTree(xy).query(places.loc[living, ["x", "y"]].to_numpy())[1]
    seeds = cKDTree(xy).query(fabric.seeds)[1]
    targets = np.unique(np.r_[middle, seeds])
    targets = targets[~shut[targets]]
    for row in hubs.itertuples():
        if row.plant in ("bare", "isolated"):
            continue
        metres, before = csg.dijkstra(
            matrix, indices=int(row.node), return_predecessors=True, limit=16_000.0
        )
        order = targets[np.argsort(metres[targets], kind="stable")]
        order = order[np.isfinite(metres[order])]
        wanted = {"metropolitan": 26_000.0, "regional": 9_000.0, "local": 4_200.0}[row.rank]
        mine: set[int] = set()
        total = 0.0
        lengths = graph.lengths()
        for target in order:
            if total > wanted:
                break
            if metres[target] < 250 or rng.random() < 0.35:
                continue
            at = int(target)
            while before[at] >= 0:
                edge = key[min(at, before[at]), max(at, before[at])]
                if edge not in mine:
                    mine.add(edge)
                    total += lengths[edge]
                at = int(before[at])
        built[list(mine)] = True

    # loose pieces of older infrastructure, in towns
    town = (graph.zone >= 0) & (graph.cls <= CLASS["residential"]) & ~built
    town &= ~(shut[graph.u] | shut[graph.v])
    main = town & (graph.cls <= CLASS["tertiary"]) & (rng.random(graph.edges) < 0.10)
    lines, count = np.unique(graph.line[town], return_counts=True)
    long = lines[(count >= 3) & (rng.random(len(lines)) < 0.018)]
    built |= main | (town & np.isin(graph.line, long))

    piece = _piece(graph, matrix, hubs, xy, key)
    built[piece] = True
    planned = (graph.cls <= CLASS["tertiary"]) & ~built & (rng.random(graph.edges) < 0.02)
    planned &= ~(shut[graph.u] | shut[graph.v])
    return Cycling(built, planned, hubs, piece)


def _edge_keys(graph: Graph) -> sp.dok_matrix:
    keys: dict[tuple[int, int], int] = {}
    lo, hi = np.minimum(graph.u, graph.v), np.maximum(graph.u, graph.v)
    for e in np.argsort(-graph.lengths(), kind="stable").tolist():
        keys[int(lo[e]), int(hi[e])] = e
    return keys


def _interchanges(
    rng: np.random.Generator, settled: Settled, stations: pd.DataFrame, entrances: pd.DataFrame
) -> pd.DataFrame:
    places = settled.places
    first = entrances.groupby("station").first()
    rows = []
    for s, station in stations.iterrows():
        place = places.iloc[int(station["place"])]
        rank = (
            "metropolitan"
            if station["main"]
            else "regional"
            if place["role"] == "town"
            else "local"
        )
        stands = {"metropolitan": 220, "regional": 60, "local": 16}[rank] + int(rng.integers(0, 20))
        rows.append(
            {
                "id": f"W{s + 1:02d}",
                "name": station["name"],
                "rank": rank,
                "kind": "rail",
                "bike_stands": stands,
                "x": station["x"],
                "y": station["y"],
                "node": int(first["node"][s]),
                "station": s,
                "role": place["role"],
                "plant": "cut_off" if place["role"] == "halt" else "",
                "municipality": station["municipality"],
            }
        )
    out = pd.DataFrame(rows)
    free = out.index[(out["plant"] == "") & (out["role"].isin(["seat", "village"]))]
    gap = {
        i: float(np.sort(np.hypot(out["x"] - out["x"][i], out["y"] - out["y"][i]))[1]) for i in free
    }
    ranked = sorted(free, key=lambda i: -gap[i])
    for plant, i in zip(("bare", "isolated"), ranked, strict=False):
        out.loc[i, "plant"] = plant
        out.loc[i, "bike_stands"] = 0 if plant == "bare" else 12
    return out


def _piece(
    graph: Graph,
    matrix: sp.csr_matrix,
    hubs: pd.DataFrame,
    xy: Array,
    key: dict[tuple[int, int], int],
) -> Index:
    """A short piece that starts at the planted interchange and joins nothing."""
    plant = hubs.index[hubs["plant"] == "isolated"]
    if len(plant) == 0:
        return np.zeros(0, dtype=np.int64)
    root = int(hubs["node"][plant[0]])
    plain = graph.matrix()
    metres, before = csg.dijkstra(plain, indices=root, return_predecessors=True, limit=2500.0)
    end = int(np.argmin(np.abs(metres - PIECE)))
    edges = []
    at = end
    while before[at] >= 0:
        edges.append(key[min(at, int(before[at])), max(at, int(before[at]))])
        at = int(before[at])
    return np.array(edges, dtype=np.int64)
