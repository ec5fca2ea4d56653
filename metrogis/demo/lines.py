"""Which way the buses run: lines that together call at every stop place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
from scipy.spatial import cKDTree

from metrogis.demo.frame import Array, Index
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled


@dataclass
class Line:
    """One line: the stop places in order and the metres between them along the streets.

    ``times``: first departures by direction and day, in place of the plan's. ``misses``: the
    station and the direction of the trains that the line is planted to miss.
    """

    feed: str
    name: str
    mode: str
    stops: list[int]
    metres: Array
    plan: str
    plant: str = ""
    paths: list[Index] = field(default_factory=list)
    times: dict[int, dict[str, Index]] = field(default_factory=dict)
    misses: tuple[int, int] | None = None


def make_lines(
    graph: Graph, settled: Settled, stops: pd.DataFrame, stations: pd.DataFrame
) -> list[Line]:
    """Draw bus lines that together call at every stop place.

    In each municipality chains of stops start at its hub and pairs of chains make a line through
    it.

    Returns
    -------
    list of Line
        Of three feeds: ``city_bus`` (urban municipalities), ``regional_bus`` (others) and
        ``town_bus``, the operator whose timetable is missing from the data. A planted village is
        the end of a line of its own.
    """
    matrix = _roads(graph)
    places, towns = settled.places, settled.municipalities
    hubs = {m: _hub(m, settled, stops, stations) for m in towns.index}
    lines: list[Line] = []
    number = {"city_bus": 0, "regional_bus": 0, "town_bus": 0}
    for m in towns.index:
        mine = np.flatnonzero((stops["municipality"] == m).to_numpy())
        if len(mine) == 0:
            continue
        role, urban = towns["role"][m], towns["kind"][m] == 1
        feed = "town_bus" if role == "missing" else "city_bus" if urban else "regional_bus"
        chains = _chains(matrix, stops, mine, hubs[m])
        normal = [c for c in chains if not stops["plant"].iloc[c[-1]]]
        planted = [c for c in chains if stops["plant"].iloc[c[-1]]]
        heads = places["people"][int(towns["seat"][m])]
        pairs = _pair(normal)
        if urban and heads > 150_000:  # in a big city two lines run on most streets
            pairs += _pair(normal, shift=1)
        plan = "big_city" if heads > 150_000 else "city" if heads > 50_000 else "urban"
        for chain in pairs:
            number[feed] += 1
            lines.append(
                _plain_line(feed, number[feed], chain, plan if urban else "rural", first=m == 0)
            )
        for chain in planted:
            number[feed] += 1
            plant = str(stops["plant"].iloc[chain[-1]])
            if plant == "slow":
                chain = [hubs[0], chain[-1]]
            lines.append(
                Line(feed, str(200 + number[feed]), "bus", chain, np.zeros(0), plant, plant)
            )
    lines += _links(settled, stops, hubs, number)
    return _measure(matrix, stops, lines)


def _plain_line(feed: str, number: int, chain: list[int], plan: str, *, first: bool) -> Line:
    """Return a line by its number; three of the first city's are trolleybuses."""
    trolley = feed == "city_bus" and first and number in (2, 5, 9)
    name = str(number if feed != "regional_bus" else 200 + number)
    if trolley and number == 2:
        plan = "frequency"
    return Line(
        feed,
        f"T{name}" if trolley else name,
        "trolleybus" if trolley else "bus",
        chain,
        np.zeros(0),
        plan,
    )


def _roads(graph: Graph) -> sp.csr_matrix:
    """Return the streets that buses keep to: a track or driveway costs ten times its length."""
    metres = graph.lengths() * np.where(graph.cls >= CLASS["service"], 10.0, 1.0)
    return graph.matrix(metres)


def measured(graph: Graph, stops: pd.DataFrame, lines: list[Line]) -> list[Line]:
    """Return lines with the metres between their stops, and the street nodes passed."""
    return _measure(_roads(graph), stops, lines)


def _hub(m: int, settled: Settled, stops: pd.DataFrame, stations: pd.DataFrame) -> int:
    seat = settled.places.iloc[int(settled.municipalities["seat"][m])]
    x, y = seat["x"], seat["y"]
    near = stations[(stations["municipality"] == m)]
    if len(near) and settled.municipalities["kind"][m] == 1:
        d = np.hypot(near["x"] - x, near["y"] - y)
        if d.min() < 1500:
            s = near.loc[near.index[near["main"]][0] if near["main"].any() else d.idxmin()]
            x, y = s["x"], s["y"]
    d = np.hypot(stops["x"] - x, stops["y"] - y).to_numpy().copy()
    d[(stops["municipality"] != m).to_numpy() | (stops["plant"] != "").to_numpy()] = np.inf
    return int(np.argmin(d))


def _near(matrix: sp.csr_matrix, stops: pd.DataFrame, mine: Index) -> sp.csr_matrix:
    """Return a sparse graph of stop places: relative neighbours by street distance."""
    n = len(mine)
    node = stops["node"].to_numpy()[mine]
    xy = stops[["x", "y"]].to_numpy()[mine]
    k = min(n, 14)
    near = np.atleast_2d(cKDTree(xy).query(xy, k=k)[1]).reshape(n, k)
    limit = 2600.0
    while True:
        rows, cols, metres = [], [], []
        for part in np.array_split(np.arange(n), max(1, n * matrix.shape[0] // 8_000_000)):
            d = csg.dijkstra(matrix, indices=node[part], limit=limit)[:, node]
            d[np.arange(len(part)), part] = np.inf
            r, c = np.nonzero(np.isfinite(d))
            rows.append(part[r])
            cols.append(c)
            metres.append(d[r, c])
        i, j, w = np.concatenate(rows), np.concatenate(cols), np.concatenate(metres)
        full = sp.coo_matrix((np.maximum(w, 1.0), (i, j)), shape=(n, n)).tocsr()
        if csg.connected_components(full, directed=False)[0] == 1 or limit > 60_000:
            break
        limit *= 2.2
    tree = csg.minimum_spanning_tree(full).tocoo()
    # of the rest only relative neighbours among the nearest places
    dense = np.full((n, n), np.inf)
    dense[i, j] = w
    to = dense[np.arange(n)[:, None], near]  # (n, k)
    between = dense[near[:, :, None], near[:, None, :]]  # (n, k, k)
    closer = np.maximum(to[:, None, :], between) < to[:, :, None]
    free = np.isfinite(to) & ~closer.any(axis=2) & (near > np.arange(n)[:, None])
    a, at = np.nonzero(free)
    rows_ = np.r_[tree.row, a]
    cols_ = np.r_[tree.col, near[a, at]]
    data = np.r_[tree.data, to[a, at]]
    lo, hi = np.minimum(rows_, cols_), np.maximum(rows_, cols_)
    _, first = np.unique(lo * n + hi, return_index=True)
    lo, hi, data = lo[first], hi[first], data[first]
    return sp.coo_matrix((np.r_[data, data], (np.r_[lo, hi], np.r_[hi, lo])), shape=(n, n)).tocsr()


def _chains(matrix: sp.csr_matrix, stops: pd.DataFrame, mine: Index, hub: int) -> list[list[int]]:
    """Split the tree of shortest ways from the hub into lines hub -> terminus.

    A planted village ends a line of its own, and no other line calls there.
    """
    planted = mine[(stops["plant"].to_numpy()[mine]) != ""]
    mine = np.setdiff1d(mine, planted)
    if len(mine) == 1:
        return []
    net = _near(matrix, stops, mine)
    root = int(np.flatnonzero(mine == hub)[0])
    distance, before = csg.dijkstra(net, indices=root, return_predecessors=True)
    chains = _heavy_paths(distance, before, root)
    # short chains hang into longer ones as detours; the others lead back to the hub
    long = [c for c in chains if c[0] == root or len(c) >= 3]
    for chain in chains:
        if chain[0] == root or len(chain) >= 3:
            continue
        parent = int(before[chain[0]])
        host = next((c for c in long if parent in c), None)
        if host is None:
            long.append(chain)
        else:
            at = host.index(parent)
            host[at + 1 : at + 1] = chain

    def to(v: int) -> list[int]:
        way = [v]
        while way[-1] != root:
            way.append(int(before[way[-1]]))
        return way[::-1]

    out = [to(c[0])[:-1] + c for c in long]
    lines = [[int(mine[v]) for v in c] for c in out if len(c) > 1]
    xy = stops[["x", "y"]].to_numpy()
    for p in planted.tolist():
        near = int(np.argmin(np.hypot(*(xy[mine] - xy[p]).T)))
        lines.append([*(int(mine[v]) for v in to(near)), p])
    return lines


def _heavy_paths(distance: Array, before: Array, root: int) -> list[list[int]]:
    """Split a tree into paths that each follow the heaviest branch, longest path first."""
    n = len(distance)
    children: list[list[int]] = [[] for _ in range(n)]
    weight = np.ones(n)
    for v in np.argsort(-distance, kind="stable").tolist():
        if v != root and before[v] >= 0:
            children[before[v]].append(v)
            weight[before[v]] += weight[v]
    chains: list[list[int]] = []
    heads = [root]
    while heads:
        v = heads.pop()
        chain = [v]
        while children[v]:
            nxt = max(children[v], key=lambda c: (weight[c], -c))
            heads += [c for c in children[v] if c != nxt]
            chain.append(nxt)
            v = nxt
        chains.append(chain)
    return sorted(chains, key=lambda c: (-len(c), c[0]))


def _pair(chains: list[list[int]], *, shift: int = 0) -> list[list[int]]:
    """Join lines two by two through the hub, long with long; ``shift`` makes other pairs."""
    if len(chains) < 4:
        return [] if shift else chains
    order = sorted(chains, key=len)
    order = order[shift:] + order[:shift]
    out = []
    while len(order) > 1:
        a, b = order.pop(), order.pop()
        out.append(a[::-1] + b[1:])
    return out + order


def _links(
    settled: Settled, stops: pd.DataFrame, hubs: dict[int, int], number: dict[str, int]
) -> list[Line]:
    """Fast lines from every seat to the nearest town, and from the towns to the city."""
    towns, places = settled.municipalities, settled.places
    xy = places[["x", "y"]].to_numpy()
    out = []
    urban = [m for m in towns.index if towns["kind"][m] == 1 and towns["role"][m] == "complete"]
    for m in towns.index[1:]:
        if towns["role"][m] != "complete":
            continue
        seat = xy[int(towns["seat"][m])]
        options = [0] if m in urban else urban
        to = min(options, key=lambda t: float(np.hypot(*(xy[int(towns["seat"][t])] - seat))))
        feed = "city_bus" if m in urban else "regional_bus"
        number[feed] += 1
        name = f"{'5' if feed == 'city_bus' else '8'}{number[feed]:02d}"
        out.append(Line(feed, name, "bus", [hubs[m], hubs[to]], np.zeros(0), "link"))
    return out


def _measure(matrix: sp.csr_matrix, stops: pd.DataFrame, lines: list[Line]) -> list[Line]:
    """Fill in the metres between stops, and the street nodes passed."""
    node = stops["node"].to_numpy()
    pairs = sorted({p for line in lines for p in zip(line.stops[:-1], line.stops[1:], strict=True)})
    a = np.array([p[0] for p in pairs])
    found: dict[tuple[int, int], tuple[float, Index]] = {}
    sources = np.unique(a)
    xy = stops[["x", "y"]].to_numpy()
    reach: dict[int, float] = {}
    want: dict[int, list[int]] = {}
    for p, q in pairs:
        want.setdefault(p, []).append(q)
        air = float(np.hypot(*(xy[p] - xy[q])))
        reach[p] = max(reach.get(p, 0.0), air)
    # near pairs together: the search stops where the farthest of them may be
    sources = sources[np.argsort([reach[int(s)] for s in sources], kind="stable")]
    parts = max(min(8, len(sources)), len(sources) * matrix.shape[0] // 8_000_000)
    for part in np.array_split(sources, parts):
        far = 6 * max(reach[int(s)] for s in part) + 8000.0
        goals = [node[want[int(s)]] for s in part]
        for limit in (far, np.inf):  # a long way round a barrier is rare
            metres, before = csg.dijkstra(
                matrix, indices=node[part], return_predecessors=True, limit=limit
            )
            if all(np.isfinite(metres[k, goal]).all() for k, goal in enumerate(goals)):
                break
        for row, s in enumerate(part):
            for q in want[int(s)]:
                way = [int(node[q])]
                while before[row, way[-1]] >= 0:
                    way.append(int(before[row, way[-1]]))
                found[int(s), q] = (float(metres[row, node[q]]), np.array(way[::-1]))
    for line in lines:
        steps = list(zip(line.stops[:-1], line.stops[1:], strict=True))
        line.metres = np.array([found[s][0] for s in steps])
        line.paths = [found[s][1] for s in steps]
    return lines
