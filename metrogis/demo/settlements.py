"""Towns and villages, the railway they follow, and the municipalities around them."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import scipy.ndimage as ndi
import shapely
from scipy.spatial import cKDTree

from metrogis.demo.frame import CRS, Array, Index, Mask, Size, Streams, noise
from metrogis.demo.names import place_names
from metrogis.demo.terrain import Terrain, transform_of

RANK_SIZE = 1.22
"""Exponent of the rank-size rule of settlements; 1 is Zipf, a metropolis is more primate."""


@dataclass
class Settled:
    """Who lives where.

    ``places``: one row per settlement: name, x, y, people, role (city, town, seat, village),
    radius (m), angle (rad), plant (what is planted there, or empty), municipality (row number).
    ``municipalities``: teryt, name, kind (1 urban, 2 rural, 3 mixed), seat (row in places), role
    (complete, missing, isolated), geometry. ``label`` is the row number of the municipality of
    each 100 m cell, -1 outside.
    """

    places: pd.DataFrame
    municipalities: gpd.GeoDataFrame
    label: Index
    rails: list[shapely.LineString]
    outer: list[tuple[float, float]] = field(default_factory=list)


def settle(size: Size, terrain: Terrain, streams: Streams) -> Settled:
    """Place the settlements, the railway and the municipalities.

    The city lies at the river's mouth, towns on the railway, seats of municipalities apart from
    each other, villages around; one pair of villages faces each other across a river. Populations
    follow a rank-size rule.
    """
    rng = streams("settlements")
    grid = terrain.grid
    side = size.side
    city = _city_site(terrain)
    rails = _make_rails(size, terrain, streams, city)
    metro = _metro_mask(terrain, streams, side)

    towns = _towns(size, terrain, rails, city, metro)
    seats = _seats(rng, size, terrain, metro, np.array([city, *towns]), rails)
    centres = np.array([city, *towns, *seats])
    label = _territories(terrain, streams, metro, centres, len(towns))

    barrier, partner = _river_pair(rng, terrain, metro, centres, label, len(towns))
    taken = np.vstack([centres, barrier, partner])
    villages = _villages(rng, size, terrain, metro, taken, rails)
    xy = np.vstack([centres, barrier, partner, villages])
    role = ["city"] + ["town"] * len(towns) + ["seat"] * len(seats)
    role += ["village"] * (len(villages) + 2)
    places = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "role": role, "plant": ""})
    places["name"] = place_names(streams("names"), len(places))
    row, col = grid.rowcol(xy[:, 0], xy[:, 1])
    places["municipality"] = label[row, col]
    places = _rank_size(rng, size, places)
    places["angle"] = rng.uniform(0, np.pi, len(places))
    places.loc[len(centres), "plant"] = "barrier"
    places.loc[len(centres) + 1, "plant"] = "across"
    municipalities = _municipalities(rng, terrain, label, places, len(centres), len(towns))
    return Settled(places, municipalities, label, rails)


def radius_of(people: Array) -> Array:
    """Return the radius (m) of the built-up area that so many people need.

    Density grows with size: ``1450 + 3400 * (people / 100,000) ** 0.38`` per km2, about 1,900 in a
    village of 500 residents and 4,850 in a city of 100,000.

    >>> int(radius_of(np.array([100_000]))[0])
    2561
    """
    density = 1450 + 3400 * (np.asarray(people) / 100_000) ** 0.38
    return np.asarray(np.sqrt(people / density / np.pi) * 1000)


def _city_site(terrain: Terrain) -> tuple[float, float]:
    mx, my = terrain.mouth
    return mx - 700.0, my - 1500.0


def _make_rails(
    size: Size, terrain: Terrain, streams: Streams, city: tuple[float, float]
) -> list[shapely.LineString]:
    """A main line that follows the coast through the city, and a branch to the inland."""
    rng = streams("rail")
    grid = terrain.grid
    x = grid.x0 + (np.arange(grid.nx) + 0.5) * grid.cell
    top = grid.y1 - np.argmax(terrain.land, axis=0) * grid.cell
    y = ndi.gaussian_filter1d(ndi.minimum_filter1d(top, 25), 28) - 1700
    shift = city[1] - 850 - np.interp(city[0], x, y)
    y += shift * np.exp(-(((x - city[0]) / 7000) ** 2))
    step = slice(None, None, 4)
    main = shapely.LineString(np.column_stack([x[step], y[step]]))
    # branch leaves towards the south east in a wide curve
    x1 = city[0] + 2200
    y1 = float(np.interp(x1, x, y))
    south = grid.y1 - size.side
    t = np.linspace(0, 1, 160)
    reach = y1 - south
    bx = x1 + 0.16 * size.side * np.sqrt(t + 0.0004) * 0.9 - 0.05 * size.side * t
    by = y1 - reach * (t**1.25)
    bx = bx + 700 * np.sin(t * 7 + rng.uniform(0, 1)) * np.minimum(1, t * 6)
    branch = shapely.LineString(np.column_stack([bx, by]))
    return [main, branch]


def _metro_mask(terrain: Terrain, streams: Streams, side: float) -> Mask:
    rng = streams("metro")
    grid = terrain.grid
    xx, yy = grid.centres()
    west, east = xx - grid.x0, grid.x0 + side - xx
    south = yy - (grid.y1 - side)
    margin = np.minimum(np.minimum(west, east), south)
    wobble = noise(rng, grid.shape, 9000 / grid.cell, octaves=4)
    mask = terrain.land & (margin > side * (0.085 + 0.030 * wobble))
    labels, _ = ndi.label(mask)
    row, col = grid.rowcol(np.array([terrain.mouth[0]]), np.array([terrain.mouth[1] - 1500]))
    keep = labels == labels[row[0], col[0]]
    return np.asarray(ndi.binary_fill_holes(keep) & terrain.land)


def _towns(
    size: Size,
    terrain: Terrain,
    rails: list[shapely.LineString],
    city: tuple[float, float],
    metro: Mask,
) -> list[tuple[float, float]]:
    """Satellites on the railway, nearest first, west and east in turn, then along the branch."""
    wanted = max(3, round(size.municipalities * 0.22))
    main, branch = rails
    origin = main.project(shapely.Point(city))
    spacing = 7200.0 + 0.012 * size.side
    found: list[tuple[float, float]] = []
    options: list[tuple[shapely.LineString, float, float]] = []
    for k in range(1, 12):
        options += [
            (main, origin - spacing * k - 600, 420.0),
            (main, origin + spacing * k + 1300, -420.0),
            (branch, spacing * (k + 0.35), 450.0),
        ]
    grid = terrain.grid
    for line, at, offset in options:
        if len(found) == wanted or not 0 < at < line.length - 2500:
            continue
        a, b = line.interpolate(at - 200), line.interpolate(at + 200)
        nx, ny = -(b.y - a.y) / a.distance(b), (b.x - a.x) / a.distance(b)
        x, y = (a.x + b.x) / 2 + nx * offset, (a.y + b.y) / 2 + ny * offset
        row, col = grid.rowcol(np.array([x]), np.array([y]))
        if metro[row[0], col[0]] and _room(terrain, metro, x, y, 1300) > 0.7:
            found.append((x, y))
    return found


def _room(terrain: Terrain, metro: Mask, x: float, y: float, radius: float) -> float:
    """Share of dry metropolitan land within ``radius``."""
    grid = terrain.grid
    row, col = grid.rowcol(np.array([x]), np.array([y]))
    k = int(radius / grid.cell)
    r, c = int(row[0]), int(col[0])
    box = (slice(max(0, r - k), r + k + 1), slice(max(0, c - k), c + k + 1))
    return float((terrain.dry & metro)[box].mean())


def _fits(terrain: Terrain, metro: Mask, reach: float) -> Mask:
    """Cells with dry land all around, away from rivers and the outer border."""
    k = int(reach / terrain.grid.cell)
    inner = ndi.binary_erosion(terrain.dry & metro, iterations=k)
    return np.asarray(inner & (terrain.river_distance > reach))


def _seats(
    rng: np.random.Generator,
    size: Size,
    terrain: Terrain,
    metro: Mask,
    taken: Array,
    rails: list[shapely.LineString],
) -> list[tuple[float, float]]:
    """Seats of rural municipalities, as far from each other as the land allows."""
    ok = _fits(terrain, metro, 700) & (terrain.inland > 1500)
    ok &= ndi.distance_transform_edt(metro) * terrain.grid.cell > 2600
    xx, yy = terrain.grid.centres()
    pick = rng.choice(np.flatnonzero(ok), size=min(6000, int(ok.sum())), replace=False)
    candidates = np.column_stack([xx.ravel()[pick], yy.ravel()[pick]])
    rail = shapely.distance(shapely.MultiLineString(rails), shapely.points(candidates))
    candidates = candidates[(rail > 350) | (rail < 50)]
    # some chance in the order, so that seats do not lie on a lattice
    jitter = rng.uniform(0.72, 1.0, len(candidates))
    sites = taken
    # the city keeps others at a distance
    gap = cKDTree(sites).query(candidates)[0]
    gap = np.minimum(gap, np.hypot(*(candidates - taken[0]).T) - 3500)
    for _ in range(size.municipalities - len(taken)):
        # farthest point first: gap[i] is the distance of candidate i to the nearest site so far
        best = int(np.argmax(gap * jitter))
        sites = np.vstack([sites, candidates[best]])
        gap = np.minimum(gap, np.hypot(*(candidates - candidates[best]).T))
    return [(float(x), float(y)) for x, y in sites[len(taken) :]]


def _territories(
    terrain: Terrain, streams: Streams, metro: Mask, centres: Array, towns: int
) -> Index:
    """Divide the land: nearest centre by a warped and weighted distance, each part in one piece."""
    rng = streams("borders")
    grid = terrain.grid
    xx, yy = grid.centres()
    wx = xx + 900 * noise(rng, grid.shape, 42, octaves=4)
    wy = yy + 900 * noise(rng, grid.shape, 42, octaves=4)
    # towns have little land around them, the city a little more than a rural municipality
    weight = np.ones(len(centres))
    weight[1 : towns + 1] = 0.52
    weight[0] = 1.15
    best = np.full(grid.shape, np.inf)
    label = np.full(grid.shape, -1, dtype=np.int64)
    reach = int(2.2 * np.sqrt(metro.sum() / len(centres))) + 40  # cells; nobody owns land farther
    rows, cols = grid.rowcol(centres[:, 0], centres[:, 1])
    for i, (x, y) in enumerate(centres):
        r, c = int(rows[i]), int(cols[i])
        box = (slice(max(0, r - reach), r + reach + 1), slice(max(0, c - reach), c + reach + 1))
        d = np.hypot(wx[box] - x, wy[box] - y) / weight[i]
        # the land about its own centre stays with it, however the borders are warped
        d[np.hypot(xx[box] - x, yy[box] - y) < 1500 * weight[i]] = 0.0
        closer = d < best[box]
        best[box] = np.where(closer, d, best[box])
        label[box][closer] = i
    lost = metro & (label < 0)
    if lost.any():
        near = ndi.distance_transform_edt(label < 0, return_distances=False, return_indices=True)
        label = np.where(lost, label[near[0], near[1]], label)
    label[~metro] = -1
    # crumbs go to the neighbour around them
    crumbs = np.zeros(grid.shape, dtype=bool)
    for i, (x, y) in enumerate(centres):
        parts, _ = ndi.label(label == i)
        row, col = grid.rowcol(np.array([x]), np.array([y]))
        crumbs |= (label == i) & (parts != parts[row[0], col[0]])
    fill = ndi.distance_transform_edt(crumbs | ~metro, return_distances=False, return_indices=True)
    label = np.where(metro, label[fill[0], fill[1]], -1)
    return np.asarray(label)


def _river_pair(
    rng: np.random.Generator,
    terrain: Terrain,
    metro: Mask,
    centres: Array,
    label: Index,
    towns: int,
) -> tuple[Array, Array]:
    """Two sites that face each other across the main river, both in one rural municipality."""
    river = terrain.rivers[0]
    grid = terrain.grid
    best: tuple[float, Array, Array] | None = None
    for at in np.arange(2500.0, river.length - 4000, 250.0):
        p, q = river.interpolate(at - 250), river.interpolate(at + 250)
        d = np.array([q.x - p.x, q.y - p.y]) / p.distance(q)
        n = np.array([-d[1], d[0]])
        m = np.array([(p.x + q.x) / 2, (p.y + q.y) / 2])
        a, b = m + n * 150, m - n * 145
        rows, cols = grid.rowcol(np.array([a[0], b[0]]), np.array([a[1], b[1]]))
        if not metro[rows, cols].all() or not terrain.dry[rows, cols].all():
            continue
        if label[rows[0], cols[0]] <= towns or label[rows[0], cols[0]] != label[rows[1], cols[1]]:
            continue
        gap = float(np.hypot(*(centres - m).T).min())
        edge = min(_room(terrain, metro, m[0], m[1], 1500), 0.97)
        others = terrain.rivers[1:]
        fork = min(o.distance(shapely.Point(m)) for o in others)
        # far from all centres, well inside the metropolis, not near a fork: the only way across is
        # to be the one that a check must find missing
        score = min(gap, 4500) * edge + min(fork, 2500)
        if best is None or score > best[0]:
            best = (score, a, b)
    if best is None:  # a very small land: any bend of the river
        p = river.interpolate(0.5, normalized=True)
        best = (0.0, np.array([p.x - 170, p.y]), np.array([p.x + 165, p.y]))
    return best[1][None], best[2][None]


def _villages(
    rng: np.random.Generator,
    size: Size,
    terrain: Terrain,
    metro: Mask,
    taken: Array,
    rails: list[shapely.LineString],
) -> Array:
    """Villages by dart throwing: 1.9 km apart at least, further from towns."""
    wanted = round(metro.sum() * terrain.grid.cell**2 / 9.4e6) - len(taken)
    ok = _fits(terrain, metro, 450)
    ok &= ndi.distance_transform_edt(metro) * terrain.grid.cell > 1100
    xx, yy = terrain.grid.centres()
    pick = rng.permutation(np.flatnonzero(ok))[: 40 * max(wanted, 10)]
    candidates = np.column_stack([xx.ravel()[pick], yy.ravel()[pick]])
    candidates += rng.uniform(-40, 40, candidates.shape)
    rail = shapely.distance(shapely.MultiLineString(rails), shapely.points(candidates))
    candidates = candidates[(rail > 420)]
    keep = np.full(len(taken), 2200.0)
    keep[0] = 2600 + 0.045 * size.side
    sites = taken
    for p in candidates:
        if len(sites) - len(taken) >= wanted:
            break
        if (np.hypot(*(sites - p).T) > np.maximum(keep, 1900)).all():
            sites = np.vstack([sites, p])
            keep = np.append(keep, 1900.0)
    return sites[len(taken) :]


def _rank_size(rng: np.random.Generator, size: Size, places: pd.DataFrame) -> pd.DataFrame:
    order = {"city": 0, "town": 1, "seat": 2, "village": 3}
    key = places["role"].map(order) + rng.uniform(0, 0.9, len(places))
    # a few large villages rank among the seats, as they do in reality
    key += np.where((places["role"] == "village") & (rng.random(len(places)) < 0.06), -1.0, 0.0)
    rank = key.rank(method="first").to_numpy()
    # rank-size rule (Zipf) with a spread of 10 %
    weight = rank**-RANK_SIZE * np.exp(0.10 * rng.standard_normal(len(places)))
    people = np.maximum(90, np.round(size.people * weight / weight.sum()))
    out = places.assign(people=people.astype(np.int64))
    out["radius"] = radius_of(people)
    return out


def _municipalities(
    rng: np.random.Generator,
    terrain: Terrain,
    label: Index,
    places: pd.DataFrame,
    count: int,
    towns: int,
) -> gpd.GeoDataFrame:
    shapes = rasterio.features.shapes(
        label.astype(np.int32), mask=label >= 0, transform=transform_of(terrain.grid)
    )
    parts: dict[int, list[shapely.Geometry]] = {}
    for geometry, value in shapes:
        parts.setdefault(int(value), []).append(shapely.geometry.shape(geometry))
    pieces = [shapely.union_all(parts[i]) for i in range(count)]
    smooth = shapely.coverage_simplify(pieces, 2.2 * terrain.grid.cell)
    polygons = [shapely.multipolygons([p]) if p.geom_type == "Polygon" else p for p in smooth]
    kind = np.where(np.arange(count) <= towns, 1, rng.choice([2, 2, 3], count))
    kind[count - 1] = 3
    teryt, county, number = [], 1, 0
    for i in range(count):
        if i == 0:
            teryt.append("9861011")
            continue
        number += 1
        if number > 7:
            county, number = county + 1, 1
        teryt.append(f"98{county:02d}{number:02d}{kind[i]}")
    return gpd.GeoDataFrame(
        {
            "teryt": teryt,
            "name": places["name"].to_numpy()[:count],
            "kind": kind,
            "seat": np.arange(count),
            "role": "complete",
        },
        geometry=polygons,
        crs=CRS,
    )
