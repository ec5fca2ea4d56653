"""Ecological corridors and protected areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio.features
import scipy.ndimage as ndi
import scipy.sparse as sp
import scipy.sparse.csgraph as csg
import shapely

from metrogis.demo.divided import Divided, plant_divided
from metrogis.demo.fabric import Fabric
from metrogis.demo.frame import CRS, Array, Grid, Mask, Shape, Size, Streams, grid_of
from metrogis.demo.habitat import LostPatch, plant_patches
from metrogis.demo.land import Land
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain, transform_of

_STEP = 200.0
_REACH = 950.0  # planted zones reach this far to either side of an axis: past the corridor's edge
_ROOM = 215.0  # half the least width of a corridor before plans, m
BOTTLENECK = 240.0
"""Width left between two planned zones at the planted bottleneck, m."""


_LAKES = ("Żurawie", "Wielkie", "Ciche", "Trzcinowe", "Głębokie", "Czaple")


@dataclass
class Nature:
    """Corridors (id, name, rank), their axes, protected areas (name, form), planted places."""

    corridors: gpd.GeoDataFrame
    axes: list[shapely.LineString]
    protected: gpd.GeoDataFrame
    zones: list[dict[str, Any]]
    lost: LostPatch | None
    divided: Divided | None


def make_nature(
    size: Size, terrain: Terrain, settled: Settled, fabric: Fabric, land: Land, streams: Streams
) -> Nature:
    """Lay three corridors between the settlements, and plant what the plans will do to them.

    An axis is the path of least cost from edge to edge of the metropolis; its band winds in width
    and leaves out built-up land.

    Returns
    -------
    Nature
        ``zones`` are the planned zones that narrow, cut or end a corridor, with what they leave.
    """
    grid = grid_of(size, _STEP)
    cost, open_ = _cost(grid, terrain, settled, fabric, land)
    x0 = grid.x0
    south = grid.y1 - size.side
    ends = [
        ((0.11, 0.36), (0.89, 0.30)),
        ((0.30, 0.13), (0.30, 0.72)),
        ((0.74, 0.14), (0.66, 0.73)),
    ]
    routes = [
        tuple((x0 + fx * size.side, south + fy * size.side) for fx, fy in pair) for pair in ends
    ]
    rng = streams("corridors")
    inside = shapely.union_all(settled.municipalities.geometry.to_numpy()).buffer(1500)
    axes: list[Shape] = []
    bands: list[Shape] = []
    for (a, b), half in zip(routes, (600.0, 480.0, 400.0), strict=True):
        axis = _axis(grid, cost, open_, a, b)
        width = half * (1 + 0.22 * np.sin(np.linspace(0, 9, 60) + rng.uniform(0, 6)))
        points = shapely.line_interpolate_point(axis, np.linspace(0, 1, 60), normalized=True)
        discs = shapely.buffer(points, width, quad_segs=12)
        hulls = shapely.convex_hull(shapely.multipolygons(np.column_stack([discs[:-1], discs[1:]])))
        bands.append(shapely.union_all(hulls).intersection(inside))
        axes.append(axis)
    settled_land = _outline(terrain.grid, ndi.binary_dilation(fabric.depth < 1.3))
    shapely.prepare(settled_land)
    bands = [_roomy(b.difference(settled_land)) for b in bands]
    zones = _plant(settled, terrain, axes, bands, settled_land)
    bands[2], ending = _ending(settled, bands, axes[2])
    zones += ending
    lost = plant_patches(terrain, settled, land, axes, bands, zones, streams)
    if lost is not None:
        p = lost.patches[1].representative_point()
        zones.append(
            {
                "kind": "lost_patch", "corridor": lost.corridor, "municipality": lost.municipality,
                "symbol": "SJ", "shapes": [lost.zone], "x": p.x, "y": p.y,
            }
        )  # fmt: skip
    taken = [shape for zone in zones for shape in zone["shapes"]]
    taken += [w for w in (land.leapfrog, None if lost is None else lost.window) if w is not None]
    divided = plant_divided(terrain, settled, land, bands, taken)
    corridors = gpd.GeoDataFrame(
        {
            "id": ["K1", "K2", "K3"],
            "name": ["Korytarz Południowy", "Korytarz Zachodni", "Korytarz Wschodni"],
            "rank": ["national", "regional", "local"],
        },
        geometry=[shapely.multipolygons([b]) for b in bands],
        crs=CRS,
    )
    return Nature(corridors, axes, _protected(terrain, settled, land), zones, lost, divided)


def _cost(
    grid: Grid, terrain: Terrain, settled: Settled, fabric: Fabric, land: Land
) -> tuple[Array, Mask]:
    xx, yy = grid.centres()
    r, c = terrain.grid.rowcol(xx.ravel(), yy.ravel())
    clear = ndi.distance_transform_edt(fabric.depth > 1.2) * terrain.grid.cell
    near = np.exp(-np.maximum(clear, 0) / 260.0)
    # woods are cheapest, land near settlements dear, land outside the metropolis dearer than a
    # detour
    price = 1 + 14 * near + np.where(land.forest, 0.0, 0.8) + np.where(settled.label < 0, 9.0, 0.0)
    return price[r, c].reshape(grid.shape), terrain.dry[r, c].reshape(grid.shape)


def _axis(
    grid: Grid, cost: Array, open_: Mask, a: tuple[float, float], b: tuple[float, float]
) -> shapely.LineString:
    """The cheapest way between two places, smoothed."""
    n = grid.nx
    index = np.arange(n * n).reshape(n, n)
    rows, cols, data = [], [], []
    # each pair of neighbouring cells once: p is the cell, q its neighbour to the east, south, south
    # east, south west
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        p = index[: n - dr or None, max(0, -dc) : n - max(0, dc)].ravel()
        q = index[dr:, max(0, dc) : n + min(0, dc)].ravel()
        w = (cost.ravel()[p] + cost.ravel()[q]) / 2 * np.hypot(dr, dc)
        # water can be crossed, at the price of a detour of 60 cells
        w = np.where(open_.ravel()[p] & open_.ravel()[q], w, w + 60)
        rows.append(p)
        cols.append(q)
        data.append(w)
    matrix = sp.coo_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))), shape=(n * n, n * n)
    ).tocsr()
    ends = [grid.rowcol(np.array([p[0]]), np.array([p[1]])) for p in (a, b)]
    start, end = (int(r[0]) * n + int(c[0]) for r, c in ends)
    _, before = csg.dijkstra(matrix, directed=False, indices=start, return_predecessors=True)
    way = [end]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    xx, yy = grid.centres()
    x = ndi.gaussian_filter1d(xx.ravel()[way], 3, mode="nearest")
    y = ndi.gaussian_filter1d(yy.ravel()[way], 3, mode="nearest")
    return shapely.LineString(np.column_stack([x, y])[::-1])


def _outline(grid: Grid, mask: Mask) -> Shape:
    parts = [
        shapely.geometry.shape(s)
        for s, v in rasterio.features.shapes(
            mask.astype(np.uint8), mask=mask, transform=transform_of(grid)
        )
        if v
    ]
    return shapely.union_all(parts)


def _largest(shape: Shape) -> Shape:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _roomy(shape: Shape) -> Shape:
    """The part of a corridor where a disc of twice :data:`_ROOM` can travel from end to end."""
    core = _largest(shape.buffer(-_ROOM))
    return _largest(core.buffer(_ROOM, quad_segs=6).intersection(shape).simplify(5))


def _frame(axis: shapely.LineString, at: float) -> tuple[Array, Array, Array]:
    """Point, direction and normal of an axis."""
    p, q = axis.interpolate(at - 150), axis.interpolate(at + 150)
    d = np.array([q.x - p.x, q.y - p.y]) / p.distance(q)
    return np.array([(p.x + q.x) / 2, (p.y + q.y) / 2]), d, np.array([-d[1], d[0]])


def _block(m: Array, d: Array, n: Array, along: float, low: float, high: float) -> Shape:
    """A rectangle ``along`` metres long, from ``low`` to ``high`` off an axis."""
    ends = ((-1, low), (1, low), (1, high), (-1, high))
    corners = [m + d * side * along / 2 + n * off for side, off in ends]
    return shapely.Polygon(np.round(corners, 2))


def _plant(
    settled: Settled,
    terrain: Terrain,
    axes: list[shapely.LineString],
    bands: list[Shape],
    settled_land: Shape,
) -> list[dict[str, Any]]:
    """A bottleneck on the first corridor, a cut of the second."""
    land_of: Shape = settled.municipalities.geometry.to_numpy()
    shapely.prepare(land_of)
    out: list[dict[str, Any]] = []
    for kind, k in (("bottleneck", 0), ("cut", 1)):
        best: tuple[float, Any] | None = None
        for at in np.arange(1500.0, axes[k].length - 1500.0, 200.0):
            m, d, n = _frame(axes[k], at)
            box = _block(m, d, n, 700, -_REACH, _REACH)
            home = np.flatnonzero(shapely.contains_properly(land_of, box))
            r, c = terrain.grid.rowcol(m[:1], m[1:])
            if len(home) == 0 or terrain.river_distance[r[0], c[0]] < 600:
                continue
            others = (a for j, a in enumerate(axes) if j != k)
            if settled_land.distance(box) < 20 or any(a.distance(box) < 700 for a in others):
                continue
            across = shapely.LineString([m - n * _REACH, m + n * _REACH]).intersection(bands[k])
            # the widest place, and of such the one nearest to the middle of the axis
            score = across.length - abs(at / axes[k].length - 0.5) * 400
            if across.distance(shapely.Point(m)) < 1 and (best is None or score > best[0]):
                best = (score, (m, d, n, int(home[0])))
        if best is None:
            continue
        m, d, n, home = best[1]
        common = {"kind": kind, "corridor": f"K{k + 1}", "municipality": home, "x": m[0], "y": m[1]}
        if kind == "bottleneck":
            half = BOTTLENECK / 2
            shapes = [_block(m, d, n, 600, half, _REACH), _block(m, d, n, 600, -_REACH, -half)]
            out.append({**common, "symbol": "SP", "shapes": shapes, "width": BOTTLENECK})
        else:
            out.append(
                {**common, "symbol": "SJ", "shapes": [_block(m, d, n, 360, -_REACH, _REACH)]}
            )
    return out


def _ending(
    settled: Settled, bands: list[Shape], axis: shapely.LineString
) -> tuple[Shape, list[dict[str, Any]]]:
    """End the third corridor at a municipal border; beyond it the neighbour plans to build."""
    for line in (axis, axis.reverse()):
        for rural in (True, False):
            found = _end_at(settled, bands, line, rural=rural)
            if found is not None:
                return found
    return bands[2], []


def _end_at(
    settled: Settled, bands: list[Shape], axis: shapely.LineString, *, rural: bool
) -> tuple[Shape, list[dict[str, Any]]] | None:
    towns, band = settled.municipalities, bands[2]
    points = shapely.line_interpolate_point(axis, np.arange(0.0, axis.length, 100.0))
    shapes = towns.geometry.to_numpy()
    inside = shapely.contains(shapes[:, None], points[None, :])
    home = np.where(inside.any(axis=0), inside.argmax(axis=0), -1).tolist()
    runs = _borders_crossed(towns, home, band, rural=rural)
    for k in sorted(runs, key=lambda j: abs(j / len(home) - 0.55)):
        beyond, this = int(home[k]), int(home[k - 1])
        others = sorted({h for h in home[k:] if h >= 0} - set(home[:k]))
        kept = band.difference(shapely.union_all(shapes[others]))
        core = kept.buffer(-_ROOM)  # without the necks that the border leaves
        if core.is_empty:
            continue
        kept = _largest(_largest(core).buffer(1.5 * _ROOM, quad_segs=6).intersection(kept))
        border = shapes[this].intersection(shapes[beyond]).intersection(kept.buffer(0.5))
        strip = band.intersection(shapes[beyond]).intersection(shapes[this].buffer(300))
        strip = strip.difference(shapely.union_all([b.buffer(300) for b in bands[:2]]))
        if strip.is_empty or border.length < 250 or kept.area < 1e6:
            continue
        strip = _largest(strip)
        if border.intersection(strip.buffer(1)).length < 0.97 * border.length:
            continue
        p = points[k]
        return kept, [
            {
                "kind": "ends_at_border", "corridor": "K3", "municipality": beyond,
                "neighbour": this, "symbol": "SJ", "shapes": [strip], "x": p.x, "y": p.y,
                "border_length": float(border.length),
            }
        ]  # fmt: skip
    return None


def _borders_crossed(
    towns: gpd.GeoDataFrame, home: list[int], band: Shape, *, rural: bool
) -> list[int]:
    """Return positions of ``home`` behind a border crossed once, which the band meets in width.

    ``home`` is the municipality of each point of an axis, -1 outside; the plan of the one behind
    the border must be complete.
    """
    shapes = towns.geometry.to_numpy()
    runs = []
    for k in range(1, len(home)):
        here, last = home[k], home[k - 1]
        if here == last or min(here, last) < 0 or here in home[:k]:
            continue
        if towns["role"][here] != "complete" or (rural and towns["kind"][here] == 1):
            continue
        if shapes[here].intersection(shapes[last]).intersection(band).length > 300:
            runs.append(k)
    return runs


def _protected(terrain: Terrain, settled: Settled, land: Land) -> gpd.GeoDataFrame:
    grid = terrain.grid
    shapes, names, forms = [], [], []
    labels, count = ndi.label(terrain.lake & (settled.label >= 0))
    area = ndi.sum_labels(labels > 0, labels, np.arange(count + 1))
    for k, lake in enumerate(np.argsort(-area[1:])[:6] + 1):
        shape = _outline(grid, labels == lake).buffer(380).simplify(40)
        shapes.append(_largest(shape))
        names.append(f"Rezerwat Jezioro {_LAKES[k]}")
        forms.append("nature reserve")
    woods, count = ndi.label(ndi.binary_opening(land.forest & (settled.label >= 0), iterations=4))
    area = ndi.sum_labels(woods > 0, woods, np.arange(count + 1))
    for k, wood in enumerate(np.argsort(-area[1:])[:2] + 1):
        shape = _outline(grid, ndi.binary_closing(woods == wood, iterations=3)).simplify(90)
        shapes.append(_largest(shape))
        names.append(
            ("Park Krajobrazowy Wzgórz Bukowych", "Obszar Chronionego Krajobrazu Puszczy")[k]
        )
        forms.append(("landscape park", "protected landscape area")[k])
    return gpd.GeoDataFrame(
        {"name": names, "form": forms},
        geometry=[shapely.multipolygons([s]) for s in shapes],
        crs=CRS,
    )
