"""White cells joined into spots: their causes, the fix of most of their people, and their parts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Localities
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.transport_accessibility.white_spots import spots as spotting
from metrogis.checks.transport_accessibility.white_spots.parameters import WhiteSpotsParameters

Shapes = npt.NDArray[np.object_]

FIX_COLUMNS = (
    "fix", "fix_size", "fix_departures", "fix_place", "fix_lines", "fix_people", "fix_verified",
)  # fmt: skip


def spot_tables(
    run: Run,
    localities: Localities | None,
    municipalities: gpd.GeoDataFrame,
    unit: Ints,
    xy: Floats,
    cells: gpd.GeoDataFrame,
    white: Bools,
    chooser: spotting.Chooser | None,
    stops: gpd.GeoDataFrame,
) -> tuple[dict[str, gpd.GeoDataFrame], Floats]:
    """Join white cells into spots, name and rank them, choose the fix of each.

    Parameters
    ----------
    run : Run
    municipalities : GeoDataFrame
        Municipalities.
    unit, xy : ndarray
        Municipality of each cell, and where people walk from.
    cells : GeoDataFrame
        ``population``, ``cause``.
    white : ndarray of bool (cells,)
    chooser : Chooser or None
        None: no timetable, so no fix.
    stops : GeoDataFrame
        For the names of spots.

    Returns
    -------
    tables : dict
        ``spots``; ``spot_parts``: each spot by cause; ``fixes``: where the fixes of spots are.
    label : ndarray (cells,)
        Number of the spot of each cell; NaN for those that are not white.
    """
    params: WhiteSpotsParameters = run.parameters
    index = np.flatnonzero(white)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)[index]
    people = cells["population"].to_numpy("float64")
    group = spotting.join(shapes, unit[index] if params.split_by_municipality else None)
    group, count = _ranked(group, people[index], shapes)
    label = np.full(len(cells), np.nan)
    label[index] = group + 1
    cause = cells["cause"].to_numpy(dtype=object)
    weight = np.nan_to_num(people) + 1e-9  # where all are unknown every cell weighs the same

    heart = np.zeros(count, np.int64)
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    part_of = np.full(len(cells), -1, np.int64)
    points: list[tuple[int, Any]] = []
    sorting = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[sorting], np.arange(count + 1))
    for spot in range(count):
        own = index[sorting[bounds[spot] : bounds[spot + 1]]]
        centre = np.average(xy[own], axis=0, weights=weight[own])
        heart[spot] = own[np.argmin(((xy[own] - centre) ** 2).sum(axis=1))]
        named = _by_weight(cause[own], weight[own])
        main = {"cause": named[0][0], "cause_share": named[0][1], "causes": len(named)}
        found, at = _fix(own, weight, people, chooser)
        rows.append({"spot": spot + 1, **main, **found})
        if at is not None:
            points.append((spot, at))
        for name, _ in named:
            part = own[cause[own] == name]
            part_of[part] = len(parts)
            if len(named) > 1:
                found, _ = _fix(part, weight, people, chooser)
            parts.append({"spot": spot + 1, "cause": name, **found})
    names = spotting.name_spots(
        np.asarray(shapely.points(xy[heart]), dtype=object) if count else np.zeros(0, object),
        unit[heart],
        municipalities,
        localities,
        stops if len(stops) else None,
    )
    where = municipalities["name"].to_numpy(dtype=object)[unit[heart]]
    spots = _table(rows, group, shapes, people[index], names, where, run.crs)
    found_at = spots.iloc[[spot for spot, _ in points]][["spot", "name", *FIX_COLUMNS[:-1]]]
    tables = {
        "spots": spots,
        "spot_parts": _table(
            parts, part_of[index], shapes, people[index], names, where, run.crs
        ).drop(columns=["cause_share", "causes"]),
        "fixes": gpd.GeoDataFrame(
            found_at.reset_index(drop=True), geometry=[at for _, at in points], crs=run.crs
        ),
    }
    return tables, label


def _ranked(group: Ints, people: Floats, shapes: Shapes) -> tuple[Ints, int]:
    """Number spots by people; those of unknown population last, by area."""
    count = int(group.max()) + 1 if len(group) else 0
    known = pd.Series(people).groupby(group).sum(min_count=1).to_numpy("float64")
    area = np.bincount(group, shapely.area(shapes), minlength=count)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((-area, -np.nan_to_num(known, nan=-1.0)))] = np.arange(count)
    return (rank[group] if count else group), count


def _by_weight(names: Any, weight: Floats) -> list[tuple[str, float]]:
    """Distinct names with their share of the weight, the heaviest first; ties by name."""
    sums = pd.Series(weight).groupby(np.asarray(names, dtype=object)).sum()
    total = float(sums.sum())
    order = sorted(sums.items(), key=lambda item: (-round(item[1] / total, 9), str(item[0])))
    return [(str(name), float(value) / total) for name, value in order]


def _fix(
    cells: Ints, weight: Floats, people: Floats, chooser: spotting.Chooser | None
) -> tuple[dict[str, Any], Any]:
    """Return the fix of most people of some cells and its place; empty where there is none."""
    out: dict[str, Any] = {
        "fix": "none", "fix_share": np.nan, "fix_size": np.nan, "fix_departures": np.nan,
        "fix_place": "", "fix_lines": "", "fix_people": np.nan, "fix_verified": None,
    }  # fmt: skip
    if chooser is None:
        return out, None
    kind, share = _by_weight(chooser.fixes.kind[cells], weight[cells])[0]
    out |= {"fix": kind, "fix_share": share}
    chosen = chooser.choose(cells, kind)
    if chosen is None:
        return out, None
    fixes, at = chooser.fixes, chosen.cell
    target = int(fixes.target[at])
    if kind == "new_stop" and chooser.sections is not None:
        out["fix_place"] = str(chooser.sections.names[target])
        out["fix_lines"] = str(chooser.sections.routes[target])
    else:
        out["fix_place"] = str(chooser.service.posts["name"].iloc[target] or "")
    out["fix_size"], out["fix_departures"] = float(fixes.size[at]), float(fixes.extra[at])
    out["fix_verified"] = chosen.verified
    if np.isfinite(people[cells]).any():
        out["fix_people"] = chosen.people
    return out, shapely.Point(fixes.x[at], fixes.y[at])


_FIELDS = (
    "spot", "cause", "cause_share", "causes", "fix", "fix_share", *FIX_COLUMNS[1:],
)  # fmt: skip


def _table(
    rows: list[dict[str, Any]],
    group: Ints,
    shapes: Shapes,
    people: Floats,
    names: Any,
    where: Any,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return rows on groups of cells with their land, people and the name of their spot."""
    count = len(rows)
    table = pd.DataFrame(rows, columns=list(_FIELDS))
    spot = table["spot"].to_numpy(np.int64) - 1
    known = np.bincount(group, np.isfinite(people), minlength=count)
    cells = np.bincount(group, minlength=count)
    total = pd.Series(people).groupby(group).sum(min_count=1).reindex(range(count))
    land = np.bincount(group, shapely.area(shapes), minlength=count) / 1e6
    table.insert(1, "name", np.asarray(names, dtype=object)[spot])
    table.insert(2, "municipality", np.asarray(where, dtype=object)[spot])
    table.insert(3, "population", total.to_numpy("float64"))
    table.insert(4, "population_known", known / np.maximum(cells, 1))
    table.insert(5, "area_km2", land)
    table.insert(6, "cells", cells)
    table["fix_verified"] = table["fix_verified"].astype("boolean")
    outline = dissolve(shapes, group, count)
    return gpd.GeoDataFrame(table, geometry=outline, crs=crs)
