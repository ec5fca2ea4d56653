"""Dwellings, forecasts, local plans, soil and floods; what they make of the plans is planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis.demo import gtfs
from metrogis.demo.frame import CRS, Array, noise
from metrogis.demo.plans import Plan, label_at
from metrogis.demo.terrain import water_areas
from metrogis.demo.truth import item
from metrogis.demo.world import World
from metrogis.demo.writing import write_gpkg

Layers = dict[str, dict[str, Any]]

YEAR = 2024
FACTOR = 1.05
LEAST_AREA = 40.0
SHRINKS, GROWS = 0.82, 1.6
"""Residents in 20 years for one today: in the municipality that plans too much, and too little."""
OFFICIAL = 1.12
"""Demand published by one municipality, for one of ours."""
_DWELLING = ("SW", "SJ", "SZ")
_CLASSES = ("II", "IIIa", "IIIb", "IVa", "IVb", "V", "VI")
_SQUARE = 1000.0
FAR = 1050.0
"""Farther from every stop and station nobody is in reach of one, m (the longest walk is 1000)."""


def statistics(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return dwellings and residents of three years, and the forecast.

    Floor area per resident grows in a straight line and comes to :data:`LEAST_AREA` or less, so
    that demand is 1.05 times the forecast less floor area by 40 m2 whatever the variant.
    """
    towns = world.settled.municipalities
    now = world.residents
    inside = world.settled.label >= 0
    before = np.bincount(
        world.settled.label[inside], world.people.before[inside], minlength=len(towns)
    ).astype(np.int64)
    rng = world.streams("housing")
    area = rng.uniform(27.0, 31.0, len(towns)).round(1)
    rise = rng.uniform(1.04, 1.16, len(towns))
    above, below = planted(world)
    rise[above], rise[below] = SHRINKS, GROWS
    later = np.round(now * rise).astype(np.int64)
    rows, forecasts = [], []
    for i, code in enumerate(towns["teryt"]):
        people = (now[i], max(1, before[i]), max(1, round(0.97 * before[i])))
        for back, count, less in zip((0, 10, 20), people, (0.0, 3.0, 6.0), strict=True):
            rows.append(
                {
                    "teryt": code, "year": YEAR - back, "population": int(count),
                    "dwelling_m2": round(float(count) * (area[i] - less)),
                }
            )  # fmt: skip
        for ahead in (10, 20):
            forecasts.append(
                {
                    "teryt": code, "year": YEAR + ahead,
                    "population": round(now[i] + (later[i] - now[i]) * ahead / 20),
                    "published_demand": None,
                }
            )  # fmt: skip
    table = pd.DataFrame(rows)
    future = pd.DataFrame(forecasts)
    whole = {"teryt": "*", "year": YEAR + 20, "population": round(0.98 * float(later.sum()))}
    own = future.index[(future["teryt"] == towns["teryt"][below]) & (future["year"] == YEAR + 20)]
    future["published_demand"] = future["published_demand"].astype(object)
    future.loc[own, "published_demand"] = round(OFFICIAL * demands(table, future)[below])
    return table, pd.concat([future, pd.DataFrame([whole])], ignore_index=True)


def demands(table: pd.DataFrame, future: pd.DataFrame) -> Array:
    """Return the demand of each municipality by these statistics, inhabitants."""
    now = table[table["year"] == YEAR]
    later = future[(future["year"] == YEAR + 20) & (future["teryt"] != "*")]
    people = later["population"].to_numpy(float)
    return np.asarray(FACTOR * people - now["dwelling_m2"].to_numpy(float) / LEAST_AREA)


def planted(world: World) -> tuple[int, int]:
    """Return the municipality that plans too much, and the one that plans too little.

    Those with the most and the least land planned for dwellings for a resident.
    """
    people = world.residents.tolist()
    land = {
        plan.municipality: float(
            shapely.area(
                np.array(
                    [z for z, s in zip(plan.zones, plan.symbols, strict=True) if s in _DWELLING]
                )
            ).sum()
        )
        for plan in world.plans
    }
    order = sorted(land, key=lambda i: land[i] / max(1.0, float(people[i])))
    return order[-1], order[0]


def write_housing(world: World, folder: Path) -> Layers:
    """Write dwellings, forecasts, local plans, classes of soil and areas of flood hazard."""
    table, future = statistics(world)
    (folder / "housing_statistics.csv").write_bytes(gtfs.csv(table))
    (folder / "population_forecast.csv").write_bytes(gtfs.csv(future))
    write_gpkg(folder / "local_plans.gpkg", {"local_plans": _local_plans(world)})
    write_gpkg(folder / "soil_classes.gpkg", {"soil_classes": _soil(world)})
    write_gpkg(folder / "flood_hazard.gpkg", {"flood_hazard": _floods(world)})
    layers: Layers = {
        name: {"driver": "table", "path": f"{name}.csv", "schema": schema}
        for name, schema in (
            ("housing_statistics", "HousingStatistics"),
            ("population_forecast", "PopulationForecast"),
        )
    }
    for name, schema in (
        ("local_plans", "LocalPlans"),
        ("soil_classes", "SoilClasses"),
        ("flood_hazard", "FloodHazard"),
    ):
        layers[name] = {"driver": "vector", "path": f"{name}.gpkg", "schema": schema}
    return layers


def _local_plans(world: World) -> gpd.GeoDataFrame:
    """Return a local plan around the middle of each settlement with a name."""
    places = world.settled.places
    towns = world.settled.municipalities
    names, shapes = [], []
    for place in places[places["role"] != "village"].itertuples():
        own = towns.geometry[int(place.municipality)]
        disc = shapely.Point(place.x, place.y).buffer(0.9 * place.radius, quad_segs=6)
        shape = disc.intersection(own)
        if shape.area > 0:
            names.append(f"{place.name} - centrum")
            shapes.append(shapely.multipolygons(list(shapely.get_parts(shape))))
    return gpd.GeoDataFrame(
        {"name": names, "min_bio_share": np.full(len(names), 30.0)}, geometry=shapes, crs=CRS
    )


def _soil(world: World) -> gpd.GeoDataFrame:
    """Return squares of 1 km with the class of their soil, which changes slowly."""
    land = shapely.union_all(world.settled.municipalities.geometry.to_numpy())
    x0, y0, x1, y1 = (np.floor(v / _SQUARE) * _SQUARE for v in land.bounds)
    x, y = np.meshgrid(np.arange(x0, x1 + 1, _SQUARE), np.arange(y0, y1 + 1, _SQUARE))
    level = noise(world.streams("soil"), x.shape, 6)
    number = np.clip(np.round(3.2 + 1.4 * level), 0, len(_CLASSES) - 1).astype(int).ravel()
    squares = shapely.box(x.ravel(), y.ravel(), x.ravel() + _SQUARE, y.ravel() + _SQUARE)
    shapely.prepare(land)
    near = shapely.intersects(land, squares)
    return gpd.GeoDataFrame(
        {"class": np.array(_CLASSES)[number[near]]},
        geometry=[shapely.multipolygons([s]) for s in squares[near]],
        crs=CRS,
    )


def _floods(world: World) -> gpd.GeoDataFrame:
    """Return land near inland waters: 1 % within 120 m, 10 % within 50 m."""
    waters = shapely.union_all(
        [s for kind, shapes in water_areas(world.terrain).items() if kind != "sea" for s in shapes]
    )
    land = shapely.union_all(world.settled.municipalities.geometry.to_numpy())
    rows = []
    for metres, probability in ((120.0, 1.0), (50.0, 10.0)):
        shape = waters.buffer(metres, quad_segs=2).intersection(land)
        parts = shapely.get_parts(shape)
        parts = parts[shapely.get_dimensions(parts) == 2]
        rows.append((probability, shapely.multipolygons(list(parts))))
    return gpd.GeoDataFrame(
        {"probability": [p for p, _ in rows]}, geometry=[s for _, s in rows], crs=CRS
    )


# --------------------------------------------------------------------------- what is planted


def make_housing_truth(world: World) -> list[dict[str, Any]]:
    """Return what plans hold: too much, too little, and a zone that no transit reaches."""
    table, future = statistics(world)
    zap = demands(table, future)
    places, towns = world.settled.places, world.settled.municipalities
    above, below = planted(world)
    out = []
    for kind, i, band, why in (
        ("plan_holds_too_many", above, "above", "its population is to shrink, its plan is large"),
        ("plan_holds_too_few", below, "below", "its population is to grow, its plan is small"),
    ):
        seat = places.iloc[int(towns["seat"][i])]
        more = {"demand": round(float(zap[i]), 1), "band": band}
        if i == below:
            more["published_demand"] = round(OFFICIAL * zap[i])
        out.append(
            item(
                kind, "housing_balance", world.settled, i, seat["x"], seat["y"],
                expected=more, why=why,
            )
        )  # fmt: skip
    return out + _beyond_transit(world)


def _moved(shape: Any, back: pyproj.Transformer) -> Any:
    return shapely.transform(shape, lambda p: np.column_stack(back.transform(p[:, 0], p[:, 1])))


def _beyond_transit(world: World) -> list[dict[str, Any]]:
    """Return the largest zone of houses that lies out of reach of every stop and station."""
    missing = set(world.settled.municipalities.index[
        world.settled.municipalities["role"] == "missing"
    ])  # fmt: skip
    stops = np.vstack([world.stops[["x", "y"]].to_numpy(), world.stations[["x", "y"]].to_numpy()])
    tree = shapely.STRtree(np.asarray(shapely.points(stops), dtype=object))
    best: tuple[float, Plan, Any] | None = None
    for plan in world.plans:
        if plan.municipality in missing:
            continue
        back = pyproj.Transformer.from_crs(f"EPSG:{plan.epsg}", CRS, always_xy=True)
        for symbol, zone in zip(plan.symbols, plan.zones, strict=True):
            if symbol not in _DWELLING or (best and zone.area <= best[0]):
                continue
            own = _moved(zone, back)
            if not len(tree.query(own, predicate="dwithin", distance=FAR)):
                best = float(zone.area), plan, own
    if best is None:
        return []
    _unused, plan, zone = best
    p = zone.representative_point()
    return [
        item(
            "capacity_beyond_transit", "housing_balance", world.settled, plan.municipality,
            p.x, p.y, zone=label_at(plan, p.x, p.y), area_ha=round(float(zone.area) / 1e4, 2),
            expected={"outside_transit_share": 1.0},
            why="no stop or station is within a walk of this zone for houses",
        )
    ]  # fmt: skip
