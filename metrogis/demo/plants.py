"""Where the known truths are planted. Chosen before streets and lines are drawn around them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Floats
from metrogis.demo.frame import Streams
from metrogis.demo.settlements import Settled, radius_of
from metrogis.demo.terrain import Terrain

WHITE = ("no_stop", "too_few", "wrong_hours", "sundays_only", "weekdays_only")
"""Villages without usable transit; ``barrier`` is one more, beside the river."""
ALONE = (*WHITE, "steady")
"""Villages chosen to lie apart; ``steady`` has a stop of its own with one even headway."""


SLOW = "slow"
"""A village whose only bus takes a long way to the city, once an hour."""
FROM_CITY = (7500.0, 11000.0, 16000.0)
"""It lies this far from the city's middle, m: at least, best, at most."""

SAME_SIDE = 5000.0
"""The planted cut-off village has a neighbour on its side of the railway this near, m."""

BORDER = 500.0
"""And this far to either side of it there is no other municipality, m."""


def choose(terrain: Terrain, settled: Settled, streams: Streams) -> Settled:
    """Choose where known truths are planted, before streets and lines are drawn around them.

    Returns
    -------
    Settled
        With ``role`` of the municipality without a timetable (``missing``) and of the isolated one,
        and ``plant`` of the white villages. Each is far enough from the others, from railways and
        from the land without a timetable that its truth is not blurred.
    """
    rng = streams("plants")
    places, towns = settled.places.copy(), settled.municipalities.copy()
    rails = shapely.MultiLineString(settled.rails)
    xy = places[["x", "y"]].to_numpy()
    rail = shapely.distance(rails, shapely.points(xy))

    _give_roles(towns, places, rails, xy)

    gap = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(gap, np.inf)
    nearest = gap.min(axis=1)
    normal = set(towns.index[(towns["role"] == "complete") & (towns["kind"] != 1)])
    lost = shapely.union_all(towns.geometry[towns["role"] == "missing"].to_numpy())
    dark = shapely.distance(lost, shapely.points(xy))
    pool = [
        i
        for i in places.index
        if places["role"][i] == "village"
        and not places["plant"][i]
        and places["municipality"][i] in normal
        and rail[i] > 2300
        and nearest[i] > 1850
        and dark[i] > 1000  # a cell across that border would be unknown, not white
    ]
    pool.sort(key=lambda i: -nearest[i] * rng.uniform(0.8, 1.0))
    chosen = _spread(pool, places["municipality"], len(ALONE))
    heads = (180 + rng.permutation(150)).tolist()  # all different: their order is known
    distance = np.hypot(*(xy - xy[0]).T)
    far_enough = [
        i for i in pool if i not in chosen and FROM_CITY[0] <= distance[i] <= FROM_CITY[2]
    ]
    slow = min(far_enough, key=lambda i: abs(distance[i] - FROM_CITY[1]), default=None)
    planted_alone = list(zip(ALONE, chosen, strict=False))
    if slow is not None:
        planted_alone.append((SLOW, slow))
    for kind, i in planted_alone:
        places.loc[i, "plant"] = kind
        places.loc[i, "people"] = heads.pop()
    places.loc[places["plant"] == "barrier", "people"] = min(heads[:4])
    places.loc[places["plant"] == "across", "people"] = int(rng.integers(260, 420))
    places = _cut_off(terrain, settled, places, towns, streams)
    planted = places["plant"] != ""
    places.loc[planted, "radius"] = radius_of(places.loc[planted, "people"].to_numpy()) * 0.9
    places.loc[places["plant"] == "barrier", "radius"] *= 0.75  # all of it sees the stop
    return Settled(places, towns, settled.label, settled.rails, settled.outer)


def _give_roles(
    towns: gpd.GeoDataFrame, places: gpd.GeoDataFrame, rails: shapely.MultiLineString, xy: Floats
) -> None:
    """Say which municipality has no timetable and which one is isolated (in place)."""
    urban = towns.index[(towns["kind"] == 1) & (towns.index > 0)]
    towns.loc[urban[min(1, len(urban) - 1)], "role"] = "missing"
    barrier_home = set(places.loc[places["plant"] != "", "municipality"])
    # the isolated one has no railway and lies far from the city
    far = [
        (float(np.hypot(*(xy[i] - xy[0]))), i)
        for i in towns.index
        if towns["kind"][i] != 1
        and rails.distance(towns.geometry[i]) > 300
        and i not in barrier_home
        and (places["municipality"] == i).sum() >= 3
    ]
    if far:
        towns.loc[max(far)[1], "role"] = "isolated"


def _spread(pool: list[int], home: pd.Series, most: int) -> list[int]:
    """Return the first of a pool, of different municipalities as far as they go."""
    first = home.loc[pool].drop_duplicates().index.tolist()
    return [*first, *(i for i in pool if i not in first)][:most]


def _cut_off(
    terrain: Terrain, settled: Settled, places: pd.DataFrame, towns: pd.DataFrame, streams: Streams
) -> pd.DataFrame:
    """A village on one side of the railway, its halt's only entrance on the other side."""
    rng = streams("cut_off")
    xy = places[["x", "y"]].to_numpy()
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    grid = terrain.grid
    fit = ((towns["role"] == "complete") & (towns["kind"] != 1)).to_numpy()
    living = xy[(places["plant"] == "").to_numpy()]
    barriers = shapely.MultiLineString([*settled.rails, *terrain.rivers])
    shapely.prepare(barriers)
    for rail in settled.rails:
        for at in np.arange(2500.0, rail.length - 2500.0, 200.0):
            p, q = rail.interpolate(at - 100), rail.interpolate(at + 100)
            d = np.array([q.x - p.x, q.y - p.y]) / p.distance(q)
            m = np.array([(p.x + q.x) / 2, (p.y + q.y) / 2])
            for side in (1, -1):
                n = np.array([-d[1], d[0]]) * side
                village, halt = m + n * 330, m - n * 70
                ends = np.vstack([village, halt, m + n * 800, m - n * 600])
                r, c = grid.rowcol(ends[:, 0], ends[:, 1])
                home = settled.label[r, c]
                if (home < 0).any() or not terrain.dry[r, c].all():
                    continue
                if not fit[home[0]] or home[0] != home[1]:
                    continue
                if terrain.river_distance[r, c].min() < 500:
                    continue
                gap = float(np.hypot(*(xy - village).T).min())
                other = min(float(np.hypot(*(xy - halt).T).min()), 2600.0)
                score = min(gap, 2600.0) + other
                near = living[np.hypot(*(living - village).T) < SAME_SIDE]
                ways = shapely.linestrings(
                    np.stack([np.broadcast_to(village, near.shape), near], axis=1)
                )
                if not (~shapely.intersects(barriers, ways)).any():
                    score -= 3000  # its own side of the railway would lead nowhere
                k = round(BORDER / grid.cell)
                around = settled.label[
                    max(0, r[0] - k) : r[0] + k + 1, max(0, c[0] - k) : c[0] + k + 1
                ]
                if ((around >= 0) & (around != home[0])).any():
                    score -= 2500  # its stop and its people must be of one municipality
                if best is None or score > best[0]:
                    best = (score, village, halt)
    if best is None:
        return places
    people = int(rng.integers(650, 900))
    home = places.iloc[0:0].copy()
    r, c = grid.rowcol(np.array([best[1][0]]), np.array([best[1][1]]))
    municipality = int(settled.label[r[0], c[0]])
    base = {"municipality": municipality, "angle": 0.0, "name": "Podtorze"}
    home = pd.DataFrame(
        [
            {
                **base,
                "x": best[1][0],
                "y": best[1][1],
                "role": "village",
                "plant": "cut_off",
                "people": people,
                "radius": 0.0,
            },
            {
                **base,
                "x": best[2][0],
                "y": best[2][1],
                "role": "halt",
                "plant": "halt",
                "people": 0,
                "radius": 0.0,
            },
        ]
    )
    return pd.concat([places, home[places.columns]], ignore_index=True)
