"""Tables of the result of ``white_spots``: states, stops, spots, fixes, municipalities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.transport_accessibility import fixes as fixing
from metrogis.checks.transport_accessibility import spots as spotting
from metrogis.checks.transport_accessibility.service import (
    Bools,
    Floats,
    Ints,
    Pairs,
    Service,
    Walk,
)
from metrogis.checks.transport_accessibility.share_weights import Weights
from metrogis.checks.transport_accessibility.white_parameters import DayName, WhiteSpotsParameters
from metrogis.checks.transport_accessibility.white_sections import Sections

UNKNOWN, SERVED, WHITE = 0, 1, 2
STATES = np.array(["unknown", "served", "white"], dtype=object)

Codes = npt.NDArray[np.int8]


def state_table(towns: gpd.GeoDataFrame, unit: Ints, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the populated land of each municipality by state: a light layer for the map."""
    code = pd.Categorical(cells["state"], categories=list(STATES)).codes.astype(np.int64)
    keys, group = np.unique(unit * 3 + code, return_inverse=True)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    summed = cells["population"].groupby(group).sum(min_count=1)
    land = spotting.dissolve(shapes, group.astype(np.int64), len(keys))
    out = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy()[keys // 3],
            "name": towns["name"].to_numpy()[keys // 3],
            "state": STATES[keys % 3],
            "population": summed.to_numpy("float64"),
        },
        geometry=land,
        crs=cells.crs,
    )
    out["area_km2"] = out.area / 1e6
    return out


def stop_table(
    run: Run, service: Service | None, days: tuple[DayName, ...], main: str
) -> gpd.GeoDataFrame:
    """Return all known stops: departures by day type, and whether they suffice."""
    parts = []
    if service is not None:
        posts = service.posts
        table = {
            "stop_id": posts["stop_id"].to_numpy(dtype=object),
            "name": posts["name"].to_numpy(dtype=object),
            "modes": posts["modes"].to_numpy(dtype=object),
        }
        for day in days:
            if day in service.counts:
                table[f"departures_{day}"] = service.counts[day][0, 0][service.place].astype(float)
        if main in service.counts:
            good = service.reach(main)[service.place] > 0
            table["service"] = np.where(good, "sufficient", "insufficient").astype(object)
        else:
            table["service"] = np.full(len(posts), "unknown", dtype=object)
        parts.append(gpd.GeoDataFrame(table, geometry=posts.geometry.to_numpy(), crs=posts.crs))
    for layer, kind in (("stop_posts", None), ("rail_stations", "rail")):
        posts = run.layers[layer]
        if posts is None:
            continue
        modes = posts["mode"] if "mode" in posts.columns else pd.Series(kind, index=posts.index)
        parts.append(
            gpd.GeoDataFrame(
                {
                    "stop_id": np.full(len(posts), "", dtype=object),
                    "name": posts["name"].to_numpy(dtype=object),
                    "modes": modes.to_numpy(dtype=object),
                    "service": np.full(len(posts), "unknown", dtype=object),
                },
                geometry=posts.geometry.to_numpy(),
                crs=posts.crs,
            )
        )
    columns = [f"departures_{day}" for day in days]
    if not parts:
        empty: dict[str, list[Any]] = {
            c: [] for c in ("stop_id", "name", "modes", "service", *columns)
        }
        return gpd.GeoDataFrame(empty, geometry=[], crs=run.crs)
    out = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=run.crs)
    for column in columns:
        if column not in out.columns:
            out[column] = np.nan
    return out[["stop_id", "name", "modes", "service", *columns, "geometry"]]


def spot_tables(
    run: Run,
    towns: gpd.GeoDataFrame,
    unit: Ints,
    xy: Floats,
    cells: gpd.GeoDataFrame,
    white: Bools,
    cause: npt.NDArray[np.object_],
    service: Service | None,
    near: Pairs,
    fixes: fixing.Fixes,
    sections: Sections | None,
    stops: gpd.GeoDataFrame,
    walk: Walk | None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Floats]:
    """Join white cells into spots, name and rank them, choose the fix of each."""
    p: WhiteSpotsParameters = run.parameters
    index = np.flatnonzero(white)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)[index]
    group = spotting.join(shapes, unit[index] if p.split_by_municipality else None)
    count = int(group.max()) + 1 if len(group) else 0
    people = cells["population"].to_numpy("float64")
    known = pd.Series(people[index]).groupby(group).sum(min_count=1).to_numpy("float64")
    area = np.bincount(group, shapely.area(shapes), minlength=count)
    # ranked by people; spots of unknown population last, by area
    order = np.lexsort((-area, -np.nan_to_num(known, nan=-1.0)))
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    group = rank[group] if count else group
    label = np.full(len(cells), np.nan)
    label[index] = group + 1

    sorting = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[sorting], np.arange(count + 1))
    heart, rows, found = np.zeros(count, np.int64), [], []
    chooser = None
    if count and service is not None:
        chooser = spotting.Chooser(
            service, p.main_day_type, near, fixes, sections, xy, people, p.detour, walk
        )
    for spot in range(count):
        own = index[sorting[bounds[spot] : bounds[spot + 1]]]
        weight = np.nan_to_num(people[own]) + 1e-9
        centre = np.average(xy[own], axis=0, weights=weight)
        heart[spot] = own[np.argmin(((xy[own] - centre) ** 2).sum(axis=1))]
        causes = pd.Series(weight).groupby(cause[own]).sum()
        chosen = chooser.choose(own) if chooser is not None else None
        at = chosen.cell if chosen is not None else -1
        kind = str(fixes.kind[at]) if chosen is not None else "none"
        target = int(fixes.target[at]) if chosen is not None else -1
        place, lines = "", ""
        if kind == "new_stop" and sections is not None:
            place, lines = str(sections.names[target]), str(sections.routes[target])
        elif kind != "none" and service is not None:
            place = str(service.posts["name"].iloc[target] or "")
        rows.append(
            {
                "cells": len(own),
                "cause": str(causes.idxmax()),
                "fix": kind,
                "fix_size": float(fixes.size[at]) if chosen is not None else np.nan,
                "fix_place": place,
                "fix_lines": lines,
                "fix_people": chosen.people
                if chosen is not None and np.isfinite(people[own]).any()
                else np.nan,
                "fix_verified": chosen.verified if chosen is not None else None,
            }
        )
        if chosen is not None:
            found.append((spot, shapely.Point(fixes.x[at], fixes.y[at])))
    names = spotting.name_spots(
        np.asarray(shapely.points(xy[heart]), dtype=object) if count else np.zeros(0, object),
        unit[heart],
        towns,
        run.layers["localities"],
        stops if len(stops) else None,
    )
    fields = ["cells", "cause", "fix", "fix_size", "fix_place", "fix_lines", "fix_people",
              "fix_verified"]  # fmt: skip
    table = pd.DataFrame(rows, columns=fields)
    table.insert(0, "spot", np.arange(1, count + 1))
    table.insert(1, "name", names)
    table.insert(2, "municipality", towns["name"].to_numpy(dtype=object)[unit[heart]])
    table.insert(3, "population", known[order] if count else np.zeros(0))
    table.insert(4, "area_km2", area[order] / 1e6 if count else np.zeros(0))
    table["fix_verified"] = table["fix_verified"].astype("boolean")
    outline = spotting.dissolve(shapes, group, count)
    spots = gpd.GeoDataFrame(table, geometry=outline, crs=run.crs)
    shown = ["spot", "name", "fix", "fix_size", "fix_place", "fix_lines", "fix_people"]
    points = gpd.GeoDataFrame(
        table.iloc[[s for s, _ in found]][shown].reset_index(drop=True),
        geometry=[g for _, g in found],
        crs=run.crs,
    )
    return spots, points, label


def municipal_table(
    towns: gpd.GeoDataFrame,
    unit: Ints,
    people: Floats,
    totals: Floats,
    states: dict[str, Codes],
    p: WhiteSpotsParameters,
    levels: npt.NDArray[np.object_],
    weights: Weights,
) -> gpd.GeoDataFrame:
    """One row per municipality: people and shares by state."""
    count = len(towns)
    known = np.isfinite(people)
    any_known = np.bincount(unit, known, minlength=count) > 0
    # a share of bare land says nothing of people; of street nodes, that stand for them, it does
    weight = weights.values if weights.basis != "land" else np.nan_to_num(people)
    whole = np.bincount(unit, weight, minlength=count)
    out = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "population": totals,
            "coverage": levels,
        },
        geometry=towns.geometry.to_numpy(),
        crs=towns.crs,
        index=towns.index,
    )
    shares: dict[str, Floats] = {}
    for code, name in ((SERVED, "served"), (WHITE, "white"), (UNKNOWN, "unknown")):
        for day, state in states.items():
            own = np.bincount(unit, weight * (state == code), minlength=count)
            share = np.divide(own, whole, out=np.full(count, np.nan), where=whole > 0)
            share = np.minimum(share, 1.0)
            if day == p.main_day_type:
                out[f"{name}_people"] = np.where(any_known | (totals == 0), own, np.nan)
                out[f"{name}_share"] = share
            shares[f"{name}_share_{day}"] = share
    for day in p.day_types:
        for name in ("served", "white", "unknown"):
            out[f"{name}_share_{day}"] = shares[f"{name}_share_{day}"]
    return out
