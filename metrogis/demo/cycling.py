"""Cycle infrastructure and the interchanges it should lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
from scipy.spatial import cKDTree

from metrogis.demo.fabric import Fabric
from metrogis.demo.frame import Array, Index, Mask, Streams
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.roads import neighbours
from metrogis.demo.settlements import Settled
from metrogis.demo.shapes import chains
from metrogis.demo.terrain import Terrain

NO_INFRASTRUCTURE = 1500.0
"""No cycle infrastructure within this distance of the planted bare station, m."""
ISOLATION = 350.0
"""Nor within this distance of the planted isolated piece, m."""
PIECE = 560.0
"""Length aimed at for that piece, m."""


STUB, LINK = 150.0, 260.0
"""The planted missing link starts this far, or more, from its interchange; its length, about, m."""
BREAK = 480.0
"""Length aimed at for the planted break at a municipal border, m."""
MAPPED = 3000.0
"""A municipality with a planted station has this much infrastructure or more, m."""
TELLING = 40.0
"""Edges shorter than this could pass for the infrastructure they meet, m."""


@dataclass
class Cycling:
    """Infrastructure as edges of the street graph, and what is planted in it.

    ``built``, ``planned``: edges. ``official_only``, ``osm_only``: built edges that the other
    source lacks. ``plants``: one dict per planted fault: kind, edges, and its numbers.
    """

    built: Mask
    planned: Mask
    interchanges: pd.DataFrame
    piece: Index
    official_only: Mask
    osm_only: Mask
    plants: list[dict[str, Any]]


def make_cycling(
    terrain: Terrain,
    settled: Settled,
    fabric: Fabric,
    graph: Graph,
    stations: pd.DataFrame,
    entrances: pd.DataFrame,
    streams: Streams,
) -> Cycling:
    """Draw cycle infrastructure and plant its faults.

    Routes grow as trees around interchanges along the streets on which one rides best (weight:
    length, times 0.7 on tertiary streets and above, 2.5 on tracks); loose pieces lie elsewhere in
    towns.

    Parameters
    ----------
    stations, entrances : DataFrame
        Interchanges are a choice of the stations; each is reached at its entrances.

    Returns
    -------
    Cycling
        ``plants`` names the edges of each missing link and of the break at a border.
    """
    rng = streams("cycling")
    places = settled.places
    hubs = _interchanges(rng, settled, stations, entrances)
    xy = np.column_stack([graph.x, graph.y])
    length = graph.lengths()
    weight = length * np.select(
        [graph.cls <= CLASS["tertiary"], graph.cls == CLASS["track"]], [0.7, 2.5], 1.0
    )
    reach = {
        "bare": NO_INFRASTRUCTURE,
        "isolated": ISOLATION + PIECE + 200,
        "gap": STUB + LINK + 150,
    }
    shut = np.zeros(graph.nodes, dtype=bool)
    for row in hubs[hubs["plant"].isin(list(reach))].itertuples():
        shut |= np.hypot(xy[:, 0] - row.x, xy[:, 1] - row.y) < reach[row.plant]
    closed = shut[graph.u] | shut[graph.v]
    matrix = graph.matrix(weight + np.where(closed, 1e7, 0.0))
    key = _edge_keys(graph)

    built = np.zeros(graph.edges, dtype=bool)
    living = places.index[places["role"] != "halt"]
    middle = cKDTree(xy).query(places.loc[living, ["x", "y"]].to_numpy())[1]
    targets = np.unique(np.r_[middle, cKDTree(xy).query(fabric.seeds)[1]])
    targets = targets[~shut[targets]]
    r, c = terrain.grid.rowcol(graph.x[targets], graph.y[targets])
    home = settled.label[r, c]
    # where streets around are closed on all sides no network can grow
    roomy = _network_at(graph, length, ~closed, np.arange(graph.nodes)) > 2 * MAPPED
    plants: list[dict[str, Any]] = []
    for row in hubs.itertuples():
        if row.plant in ("bare", "isolated"):
            continue
        near = targets[(home == row.municipality) | (row.rank == "metropolitan")]
        wanted = {"metropolitan": 26_000.0, "regional": 9_000.0, "local": 4_200.0}[row.rank]
        if row.plant == "gap":
            # the shortest way by bicycle: not through a subway or along a footpath
            ride = length * np.where(graph.cls == CLASS["footway"], 30.0, 1.0)
            mine, missing, trunk = _with_gap(
                graph, length, ride, matrix, key, int(row.node), near[roomy[near]], wanted
            )
            built[missing] = False
            plants.append(
                {
                    "kind": "missing_link", "edges": missing, "interchange": row.Index,
                    "both_ways": trunk,
                }
            )  # fmt: skip
        else:
            mine = _tree(rng, length, matrix, key, int(row.node), near, wanted)
        built[mine] = True

    # loose pieces of older infrastructure, in towns
    town = (graph.zone >= 0) & (graph.cls <= CLASS["residential"]) & ~built & ~closed
    main = town & (graph.cls <= CLASS["tertiary"]) & (rng.random(graph.edges) < 0.10)
    lines, count = np.unique(graph.line[town], return_counts=True)
    long = lines[(count >= 3) & (rng.random(len(lines)) < 0.018)]
    built |= main | (town & np.isin(graph.line, long))
    known = _elsewhere(terrain, settled, graph, length, hubs, built, town)
    built |= known

    broken = _border_break(terrain, settled, graph, length, matrix, key, built, middle)
    if broken is not None:
        built[broken["built"]] = True
        built[broken["edges"]] = False
        plants.append(broken)
    piece = _piece(graph, hubs, key)
    built[piece] = True
    busy = np.concatenate([[0], *(p["edges"] for p in plants)]).astype(np.int64)
    planned = (graph.cls <= CLASS["tertiary"]) & ~built & (rng.random(graph.edges) < 0.02)
    planned &= ~closed
    planned[busy] = False
    official, osm = _differences(graph, length, built, closed | known, plants, hubs)
    return Cycling(built, planned, hubs, piece, official, osm, plants)


def _elsewhere(
    terrain: Terrain,
    settled: Settled,
    graph: Graph,
    length: Array,
    hubs: pd.DataFrame,
    built: Mask,
    free: Mask,
) -> Mask:
    """Give municipalities of planted stations some routes elsewhere: without, nobody mapped them.

    Whether a station there is joined would be unknown, not "no".
    """
    out = np.zeros(graph.edges, dtype=bool)
    x, y = (a[graph.u] + a[graph.v] for a in (graph.x, graph.y))
    r, c = terrain.grid.rowcol(x / 2, y / 2)
    home = settled.label[r, c]
    for m in hubs.loc[hubs["plant"].isin(["bare", "isolated"]), "municipality"].unique():
        lack = MAPPED - length[built & (home == m)].sum()
        mine = np.flatnonzero(free & (home == m))
        total = np.bincount(graph.line[mine], length[mine])
        for line in np.argsort(-total, kind="stable"):
            if lack <= 0 or total[line] == 0:
                break
            out[mine[graph.line[mine] == line]] = True
            lack -= total[line]
    return out


def _walk(before: Index, key: dict[tuple[int, int], int], at: int) -> list[int]:
    """Edges from a node back to the root of a tree of shortest ways."""
    edges = []
    while before[at] >= 0:
        prev = int(before[at])
        edges.append(key[min(at, prev), max(at, prev)])
        at = prev
    return edges


def _tree(
    rng: np.random.Generator,
    length: Array,
    matrix: sp.csr_matrix,
    key: dict[tuple[int, int], int],
    root: int,
    targets: Index,
    wanted: float,
) -> list[int]:
    """Shortest ways from a root to places around it, until ``wanted`` metres are built."""
    metres, before = csg.dijkstra(matrix, indices=root, return_predecessors=True, limit=2e4)
    order = targets[np.argsort(metres[targets], kind="stable")]
    order = order[np.isfinite(metres[order]) & (metres[order] > 250)]
    mine: set[int] = set()
    skipped: list[int] = []
    for target in order.tolist():
        if rng.random() < 0.35:
            skipped.append(target)
        elif sum(length[list(mine)]) < wanted:
            mine.update(_walk(before, key, target))
    for target in skipped:
        if sum(length[list(mine)]) < min(wanted, 4000.0):
            mine.update(_walk(before, key, target))
    # a small place has few quarters: then any streets around, so that it is a network at all
    around = np.flatnonzero(np.isfinite(metres) & (metres > 900))
    for target in rng.permutation(around)[:80].tolist():
        if sum(length[list(mine)]) < 3300.0:
            mine.update(_walk(before, key, target))
    return sorted(mine)


def _with_gap(
    graph: Graph,
    length: Array,
    weight: Array,
    matrix: sp.csr_matrix,
    key: dict[tuple[int, int], int],
    root: int,
    targets: Index,
    wanted: float,
) -> tuple[list[int], Index, Index]:
    """A stub at the interchange, a gap, and a network beyond it: one link would open all."""
    metres, before = csg.dijkstra(
        graph.matrix(weight), indices=root, return_predecessors=True, limit=2e4
    )
    beyond = targets[np.isfinite(metres[targets]) & (metres[targets] > STUB + LINK + 250)]
    if len(beyond) == 0:
        return [], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = int(beyond[np.argmin(metres[beyond])])
    trunk = _walk(before, key, first)[::-1]
    # the gap begins with the first edge that starts beyond the stub, and ends when it is long
    # enough
    start = np.cumsum(length[trunk]) - length[trunk]
    first_edge = min(int(np.argmax(start >= STUB)), len(trunk) - 2) if start[-1] >= STUB else 1
    over = np.cumsum(length[trunk][first_edge:])
    last = first_edge + int(np.argmax(over >= LINK * 0.8)) if over[-1] >= LINK * 0.8 else first_edge
    gap = np.zeros(len(trunk), dtype=bool)
    gap[first_edge : last + 1] = True
    gap &= _without_short_ends(length[trunk], gap, first_edge + int(np.argmax(length[trunk][gap])))
    mine = set(np.array(trunk)[~gap].tolist())
    # beyond the gap: another tree, rooted where the trunk ends, that keeps away from the gap
    mine.update(_tree(np.random.default_rng(0), length, matrix, key, first, targets, wanted))
    missing = np.array(trunk)[gap]
    return sorted(mine - set(missing.tolist())), missing, np.array(trunk)


def _without_short_ends(length: Array, gap: Mask, keep: int) -> Mask:
    """Let a gap begin and end with an edge that no one takes for the infrastructure it meets."""
    left = gap.copy()
    for step in (1, -1):
        at = np.flatnonzero(gap)[::step]
        for e in at[at != keep].tolist():
            if length[e] >= TELLING or (e > keep) == (step > 0):
                break
            left[e] = False
    return left


def _border_break(
    terrain: Terrain,
    settled: Settled,
    graph: Graph,
    length: Array,
    matrix: sp.csr_matrix,
    key: dict[tuple[int, int], int],
    built: Mask,
    middle: Index,
) -> dict[str, Any] | None:
    """A route that two municipalities built, each up to some way short of their border."""
    places = settled.places
    living = places.index[places["role"] != "halt"].to_numpy()
    xy = places.loc[living, ["x", "y"]].to_numpy()
    pairs = neighbours(xy, gabriel=False)
    home = places.loc[living, "municipality"].to_numpy()
    quiet = ~places.loc[living, "plant"].isin(["barrier", "across", "cut_off"]).to_numpy()
    r, c = terrain.grid.rowcol(graph.x, graph.y)
    label = settled.label[r, c]
    best: tuple[float, dict[str, Any]] | None = None
    for a, b in pairs.tolist():
        if home[a] == home[b] or min(home[a], home[b]) < 0 or not (quiet[a] and quiet[b]):
            continue
        air = float(np.hypot(*(xy[a] - xy[b])))
        if not 2300 < air < 7000:
            continue
        metres, before = csg.dijkstra(
            matrix, indices=int(middle[a]), return_predecessors=True, limit=2 * air
        )
        if not np.isfinite(metres[middle[b]]):
            continue
        edges = np.array(_walk(before, key, int(middle[b]))[::-1])
        over = np.flatnonzero(label[graph.u[edges]] != label[graph.v[edges]])
        # one crossing of one border, and nothing built there for another reason
        if len(over) != 1 or built[edges].any():
            continue
        e = edges[over[0]]
        if {label[graph.u[e]], label[graph.v[e]]} != {home[a], home[b]}:
            continue
        along = np.cumsum(length[edges]) - length[edges] / 2
        off = np.abs(along - along[over[0]])
        gap = off < BREAK / 2
        gap[over[0]] = True
        gap &= _without_short_ends(length[edges], gap, over[0])
        sides = along[over[0]], length[edges].sum() - along[over[0]]
        if min(sides) < 900:
            continue
        # the more even the two routes, and the shorter, the better
        score = abs(sides[0] - sides[1]) + 0.2 * air
        if best is None or score < best[0]:
            best = (
                score,
                {
                    "kind": "border_break",
                    "edges": edges[gap],
                    "built": edges[~gap],
                    "municipalities": (int(home[a]), int(home[b])),
                    "x": float(graph.x[[graph.u[e], graph.v[e]]].mean()),
                    "y": float(graph.y[[graph.u[e], graph.v[e]]].mean()),
                },
            )
    return best[1] if best else None


def _differences(
    graph: Graph,
    length: Array,
    built: Mask,
    closed: Mask,
    plants: list[dict[str, Any]],
    hubs: pd.DataFrame,
) -> tuple[Mask, Mask]:
    """One long route that only the city's own layer has, and a shorter one that only OSM has."""
    official, osm = np.zeros(graph.edges, dtype=bool), np.zeros(graph.edges, dtype=bool)
    free = built & (graph.zone >= 0) & ~closed
    for plant in plants:
        free[plant.get("built", [])] = False
    road = free & (graph.cls <= CLASS["tertiary"])
    where = np.flatnonzero(road)
    if len(where) == 0:
        return official, osm
    lines = chains(graph, np.where(road, 1, -1 - np.arange(graph.edges)))
    runs = [np.array([step >> 1 for step in way]) for way in lines]
    runs = [run for run in runs if road[run[0]]]
    runs.sort(key=lambda run: -float(length[run].sum()))

    def part_of(run: Index, wanted: float) -> Index:
        part = run[np.cumsum(length[run]) < wanted]
        return part if len(part) else run[:1]

    first, others = part_of(runs[0], 1500.0), [part_of(r, 700.0) for r in runs[1:] or runs]
    # the layer that lacks a route must still join the ordinary interchanges
    nodes = hubs.loc[hubs["plant"] == "", "node"].to_numpy()
    before = _network_at(graph, length, built, nodes) > _JOINED
    second = others[0]
    for option in others[:40]:
        left = built.copy()
        left[option] = False
        if (_network_at(graph, length, left, nodes)[before] > _JOINED).all():
            second = option
            break
    for mask, part, kind in (
        (official, first, "official_absent_from_osm"),
        (osm, second, "osm_absent_from_official"),
    ):
        mask[part] = True
        plants.append({"kind": kind, "edges": part})
    return official, osm


_JOINED = 3100.0  # m of infrastructure in one piece that make an interchange joined, and a little


def _network_at(graph: Graph, length: Array, built: Mask, nodes: Index) -> Array:
    """Return the length of the network that each node is on, m."""
    u, v = graph.u[built], graph.v[built]
    ones = sp.coo_matrix((np.ones(len(u)), (u, v)), shape=(graph.nodes,) * 2)
    part = csg.connected_components(ones, directed=False)[1]
    return np.asarray(np.bincount(part[u], length[built], minlength=graph.nodes)[part[nodes]])


def _edge_keys(graph: Graph) -> dict[tuple[int, int], int]:
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
    town = out.index[(out["plant"] == "") & (out["role"] == "town")]
    if len(town):
        out.loc[town[-1], "plant"] = "gap"
    free = out.index[(out["plant"] == "") & (out["role"].isin(["seat", "village"]))]
    gap = {
        i: float(np.sort(np.hypot(out["x"] - out["x"][i], out["y"] - out["y"][i]))[1]) for i in free
    }
    ranked = sorted(free, key=lambda i: -gap[i])
    for plant, i in zip(("bare", "isolated"), ranked, strict=False):
        out.loc[i, "plant"] = plant
        out.loc[i, "bike_stands"] = 0 if plant == "bare" else 12
    return out


def _piece(graph: Graph, hubs: pd.DataFrame, key: dict[tuple[int, int], int]) -> Index:
    """A short piece that starts at the planted interchange and joins nothing."""
    plant = hubs.index[hubs["plant"] == "isolated"]
    if len(plant) == 0:
        return np.zeros(0, dtype=np.int64)
    root = int(hubs["node"][plant[0]])
    plain = graph.matrix()
    metres, before = csg.dijkstra(plain, indices=root, return_predecessors=True, limit=2500.0)
    end = int(np.argmin(np.abs(metres - PIECE)))
    return np.array(_walk(before, key, end), dtype=np.int64)
