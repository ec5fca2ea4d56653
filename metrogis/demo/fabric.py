"""Streets inside towns and villages: quarters, each with its own warped grid, sewn together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.frame import Array, Index, Shape, Streams, noise
from metrogis.demo.graph import CLASS, Graph
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

ZONES = ("core", "tenements", "estate", "houses", "industry", "village")
ZONE = {name: code for code, name in enumerate(ZONES)}

# block along and across, m; share of edges beyond a spanning tree that stay; wobble, m;
# residents relative to the mean of the settlement
_BLOCKS = np.array([[72, 88], [92, 135], [120, 185], [62, 140], [180, 260], [75, 150]], float)
_KEEP = np.array([0.54, 0.42, 0.32, 0.28, 0.36, 0.18])
_JITTER = np.array([13.0, 9.0, 11.0, 7.0, 10.0, 13.0])
CROWD = np.array([1.5, 1.6, 2.2, 0.75, 0.06, 1.0])


@dataclass
class Fabric:
    """Quarters and the field that says where towns are.

    ``depth``: raster, 0 in the middle of a settlement, 1 at its edge. ``owner``: raster, row of
    the nearest settlement. ``seeds``: middles of quarters; ``kind``: index into :data:`ZONES`.
    """

    depth: Array
    owner: Index
    seeds: Array
    seed_owner: Index
    kind: Index


def make_fabric(terrain: Terrain, settled: Settled, streams: Streams) -> Fabric:
    """Draw the outline of every settlement and divide it into quarters.

    A settlement is a stretched disc with a wavy edge, in which ``depth`` is the distance from its
    middle over its radius. It is scaled until its dry land has the area that its people need (three
    rounds for towns, whose discs water cuts most). The two villages of the planted barrier keep to
    their own bank, the cut-off one to its side of the railway.
    """
    rng = streams("quarters")
    grid = terrain.grid
    xx, yy = grid.centres()
    wobble = 0.24 * noise(streams("outline"), grid.shape, 12, octaves=4)
    places = settled.places
    depth = np.full(grid.shape, 9.0)
    owner = np.full(grid.shape, -1, dtype=np.int64)
    usable = terrain.dry & (settled.label >= 0) & (terrain.river_distance > 90)
    pair = places.loc[places["plant"].isin(["barrier", "across"]), ["x", "y"]].to_numpy()
    for i, p in enumerate(places.itertuples()):
        if p.role == "halt":
            continue
        scale = 1.08
        for _ in range(3 if p.role in ("city", "town") else 1):
            reach = int(p.radius * scale * 2.6 / grid.cell) + 2
            r, c = (int(a[0]) for a in grid.rowcol(np.array([p.x]), np.array([p.y])))
            box = (slice(max(0, r - reach), r + reach + 1), slice(max(0, c - reach), c + reach + 1))
            dx, dy = xx[box] - p.x, yy[box] - p.y
            long = 1.7 if p.role == "village" else 1.15
            if p.plant:
                long = 1.2
            ca, sa = np.cos(p.angle), np.sin(p.angle)
            a, b = (dx * ca + dy * sa) / np.sqrt(long), (dy * ca - dx * sa) * np.sqrt(long)
            d = np.hypot(a, b) / (p.radius * scale)
            t = np.maximum(0, d + wobble[box] * np.minimum(1, d) * (0.5 if p.plant else 1.0))
            if p.plant in ("barrier", "across"):  # each keeps to its own bank
                other = pair[0] if np.hypot(*(pair[0] - (p.x, p.y))) > 1 else pair[1]
                t[np.hypot(dx, dy) > np.hypot(xx[box] - other[0], yy[box] - other[1])] = 5.0
            if p.plant == "cut_off":  # and this one to its side of the railway
                t[_side(settled.rails, xx[box], yy[box]) != _side(settled.rails, p.x, p.y)] = 5.0
            area = (usable[box] & (t < 1)).sum() * grid.cell**2
            scale *= min(1.35, max(1.0, (np.pi * p.radius**2 / max(area, 1.0)) ** 0.5))
        closer = t < depth[box]
        depth[box] = np.where(closer, t, depth[box])
        owner[box] = np.where(closer, i, owner[box])
    depth[~usable] = np.maximum(depth[~usable], 3.0)

    spacing = 950.0
    rows = np.arange(grid.y1 - grid.ny * grid.cell, grid.y1, spacing * 0.87)
    cols = np.arange(grid.x0, grid.x0 + grid.nx * grid.cell, spacing)
    gx, gy = np.meshgrid(cols, rows)
    gx = gx + spacing * 0.5 * (np.arange(len(rows)) % 2)[:, None]
    seeds = np.column_stack([gx.ravel(), gy.ravel()]) + rng.uniform(-260, 260, (gx.size, 2))
    seeds = seeds[grid.sample(depth, seeds[:, 0], seeds[:, 1]) < 1.02]
    middle = places.loc[places["role"] != "halt", ["x", "y"]].to_numpy()
    seeds = seeds[cKDTree(middle).query(seeds)[0] > 520]
    heads = places["people"].to_numpy()[owner[grid.rowcol(seeds[:, 0], seeds[:, 1])]]
    seeds = np.vstack([middle, seeds[heads > 2500]])  # a village is one quarter
    seed_owner = owner[grid.rowcol(seeds[:, 0], seeds[:, 1])]
    seed_owner[: len(middle)] = places.index[places["role"] != "halt"].to_numpy()
    return Fabric(depth, owner, seeds, seed_owner, _kinds(rng, terrain, settled, seeds, seed_owner))


def _side(rails: list[shapely.LineString], x: Array | float, y: Array | float) -> Array:
    """Tell on which side of the nearest railway points lie, as -1 or 1."""
    points: Shape = shapely.points(np.atleast_1d(x), np.atleast_1d(y))
    rail = min(rails, key=lambda r: float(shapely.distance(r, points).min()))
    at = shapely.line_locate_point(rail, points)
    a = shapely.get_coordinates(shapely.line_interpolate_point(rail, at - 60))
    b = shapely.get_coordinates(shapely.line_interpolate_point(rail, at + 60))
    px, py = shapely.get_x(points).ravel(), shapely.get_y(points).ravel()
    d = b - a
    side = np.sign(d[:, 0] * (py - a[:, 1]) - d[:, 1] * (px - a[:, 0]))
    return np.asarray(side.reshape(np.shape(points)))


def _kinds(
    rng: np.random.Generator, terrain: Terrain, settled: Settled, seeds: Array, owner: Index
) -> Index:
    """Choose the kind of every quarter from size and distance to the middle."""
    places = settled.places
    people = places["people"].to_numpy()[owner]
    middle = places[["x", "y"]].to_numpy()[owner]
    away = np.hypot(*(seeds - middle).T) / np.maximum(places["radius"].to_numpy()[owner], 1)
    draw = rng.random(len(seeds))
    kind = np.full(len(seeds), ZONE["houses"])
    big = people > 8000
    kind[big & (draw < 0.34)] = ZONE["estate"]
    kind[big & (away < 0.55) & (draw > 0.45)] = ZONE["tenements"]
    rail = shapely.distance(shapely.MultiLineString(settled.rails), shapely.points(seeds))
    r, c = terrain.grid.rowcol(seeds[:, 0], seeds[:, 1])
    edge = (rail < 700) | (terrain.inland[r, c] < 900)
    kind[big & edge & (away > 0.45) & (draw > 0.62)] = ZONE["industry"]
    kind[away < 0.12] = ZONE["core"]
    small = people <= 2500
    kind[small] = ZONE["village"]
    return kind


def make_streets(terrain: Terrain, settled: Settled, fabric: Fabric, streams: Streams) -> Graph:
    """Lay a warped grid of streets into every quarter and sew the quarters together.

    Returns
    -------
    Graph
        Of settlements only, not yet joined to roads; may fall into parts at rivers and railways,
        which no street crosses here. Edges of one row of a grid share a ``line``: they are one
        street.
    """
    rng = streams("fabric")
    grid = terrain.grid
    kind = fabric.kind
    blocks = _BLOCKS[kind] * rng.uniform(0.88, 1.12, (len(kind), 2))
    places = settled.places
    angle = places["angle"].to_numpy()[fabric.seed_owner] + rng.normal(0, 0.30, len(kind))
    reach = np.where(
        kind == ZONE["village"], 1.9 * places["radius"].to_numpy()[fabric.seed_owner], 850
    )
    reach = np.clip(reach, 350, 1300)
    na = np.ceil(reach / blocks[:, 0]).astype(np.int64)
    nb = np.ceil(reach / blocks[:, 1]).astype(np.int64)
    count = (2 * na + 1) * (2 * nb + 1)
    quarter = np.repeat(np.arange(len(kind)), count)
    # every point of every quarter's grid, quarter by quarter and row by row: local is its number
    # within the quarter, i and j its row and column from the middle
    local = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    wide = (2 * nb + 1)[quarter]
    i, j = local // wide - na[quarter], local % wide - nb[quarter]
    a, b = i * blocks[quarter, 0], j * blocks[quarter, 1]
    # rows are shifted against each other: crossings become T-junctions
    a = a + (np.sin(j * 12.9898 + quarter * 78.233) * 0.22) * blocks[quarter, 0]
    ca, sa = np.cos(angle)[quarter], np.sin(angle)[quarter]
    x = fabric.seeds[quarter, 0] + a * ca - b * sa
    y = fabric.seeds[quarter, 1] + a * sa + b * ca
    for name, size, length in (("warp", 62.0, 6.0), ("bend", 24.0, 2.6)):
        warp = streams(name)
        dx, dy = (noise(warp, grid.shape, length, octaves=2) for _axis in "xy")
        x, y = x + size * grid.sample(dx, x, y), y + size * grid.sample(dy, x, y)
    x = x + rng.normal(0, 1, len(x)) * _JITTER[kind[quarter]]
    y = y + rng.normal(0, 1, len(x)) * _JITTER[kind[quarter]]

    nearest = cKDTree(fabric.seeds).query(np.column_stack([x, y]))[1]
    deep = grid.sample(fabric.depth, x, y)
    rr, cc = grid.rowcol(x, y)
    ok = (nearest == quarter) & (deep < 1.0) & terrain.dry[rr, cc] & (terrain.inland[rr, cc] > 60)
    points = shapely.points(x, y)
    for line, gap in [
        *((r, w / 2 + 18) for r, w in zip(terrain.rivers, terrain.widths, strict=True)),
        *((r, 28.0) for r in settled.rails),
    ]:
        shapely.prepare(line)
        ok &= ~shapely.dwithin(line, points, gap)
    number = np.full(len(x), -1, dtype=np.int64)
    number[ok] = np.arange(ok.sum())

    # neighbours in the same quarter: one row on, one column on
    last_j = j == nb[quarter]
    last_i = i == na[quarter]
    east = np.flatnonzero(ok & ~last_j & np.append(ok[1:], False))
    step = wide
    target = np.minimum(np.arange(len(x)) + step, len(x) - 1)
    north = np.flatnonzero(ok & ~last_i & ok[target])
    u = np.concatenate([number[north], number[east]])
    v = np.concatenate([number[target[north]], number[east + 1]])
    q = quarter[np.concatenate([north, east])]
    run = np.concatenate([j[north] + 500, i[east] + 1500])
    # rows of a grid are numbered from 500, columns from 1500: one key a street of a quarter
    line_key = q * 2000 + run
    x, y = x[ok], y[ok]
    main = (np.abs(run - np.where(run > 1000, 1500, 500)) % 4) == 0

    order = rng.random(len(u)) * np.where(main, 0.35, 1.0) + 1e-3
    in_tree = _spanning(u, v, order, len(x))
    stay = in_tree | (rng.random(len(u)) < np.where(main, 0.90, _KEEP[kind[q]]))
    u, v, q, line_key, main = u[stay], v[stay], q[stay], line_key[stay], main[stay]

    # seams: each node near another quarter may join its mutual nearest node there
    home = quarter[ok]
    su, sv = _seams(x, y, home, fabric.seed_owner[home], blocks[home].max(axis=1))
    first = int(line_key.max(initial=0)) + 1
    u, v = np.concatenate([u, su]), np.concatenate([v, sv])
    line_key = np.concatenate([line_key, np.arange(first, first + len(su))])
    q = np.concatenate([q, home[su]])
    cls = np.full(len(u), CLASS["residential"])
    cls[kind[q] == ZONE["industry"]] = CLASS["unclassified"]
    graph = Graph(
        x,
        y,
        u,
        v,
        cls,
        line_key,
        fabric.seed_owner[q],
        kind[q],
        {"main": np.concatenate([main, np.zeros(len(su), dtype=bool)]).astype(np.float64)},
    )
    return graph.keep(graph.lengths() > 14)


def _spanning(u: Array, v: Array, weight: Array, n: int) -> npt.NDArray[np.bool_]:
    """Return which edges are in the lightest spanning forest.

    It stays whole, so that thinning never cuts a quarter in two; main streets are light and so
    most of them are in it.
    """
    graph = sp.coo_matrix((weight, (u, v)), shape=(n, n)).tocsr()
    tree = csg.minimum_spanning_tree(graph).tocoo()
    return np.asarray(np.isin(u * n + v, tree.row.astype(np.int64) * n + tree.col))


def _seams(x: Array, y: Array, home: Index, owner: Index, block: Array) -> tuple[Index, Index]:
    xy = np.column_stack([x, y])
    k = min(9, len(x))
    d, near = cKDTree(xy).query(xy, k=k)
    other = (home[near] != home[:, None]) & (owner[near] == owner[:, None])
    d = np.where(other & (d < 1.15 * block[:, None]) & (d > 18), d, np.inf)
    best = d.argmin(axis=1)
    rows = np.arange(len(x))
    target = np.where(np.isfinite(d[rows, best]), near[rows, best], -1)
    mutual = (target >= 0) & (target[np.maximum(target, 0)] == rows) & (rows < target)
    return rows[mutual], target[mutual]
