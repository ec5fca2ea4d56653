"""Tables of the result of ``white_spots``: states, stops, spots, fixes, municipalities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.shared_types import DayName
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.shared.service import Service
from metrogis.checks.shared.share_weights import Weights
from metrogis.checks.transport_accessibility.white_spots.inputs import Inputs
from metrogis.checks.transport_accessibility.white_spots.parameters import WhiteSpotsParameters
from metrogis.evidence.timetable import TimetableEvidence

UNKNOWN, SERVED, WHITE = 0, 1, 2
STATES = np.array(["unknown", "served", "white"], dtype=object)

Codes = npt.NDArray[np.int8]


def state_table(
    municipalities: gpd.GeoDataFrame, unit: Ints, cells: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the populated land of each municipality by state: a light layer for the map.

    Parameters
    ----------
    municipalities : GeoDataFrame
    unit : ndarray of int (cells,)
        Municipality of each cell.
    cells : GeoDataFrame
        ``state``, ``population`` (NaN unknown).

    Returns
    -------
    GeoDataFrame
        One row per municipality and state that it has: ``population`` of the cells where it is
        known (NaN where it is of none), ``population_known`` (share of cells), ``area_km2``.
    """
    code = pd.Categorical(cells["state"], categories=list(STATES)).codes.astype(np.int64)
    # three states: key // 3 is the municipality, key % 3 the state
    keys, group = np.unique(unit * 3 + code, return_inverse=True)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    summed = cells["population"].groupby(group).sum(min_count=1)
    peopled = cells["population"].notna().groupby(group).mean()
    land = dissolve(shapes, group.astype(np.int64), len(keys))
    out = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[keys // 3],
            "name": municipalities["name"].to_numpy()[keys // 3],
            "state": STATES[keys % 3],
            "known": keys % 3 != UNKNOWN,
            "population": summed.to_numpy("float64"),
            "population_known": peopled.to_numpy("float64"),
        },
        geometry=land,
        crs=cells.crs,
    )
    out["area_km2"] = out.area / 1e6
    return out


def stop_table(
    run: Run,
    inputs: Inputs,
    service: Service | None,
    days: tuple[DayName, ...],
    main: str,
    known: TimetableEvidence,
) -> gpd.GeoDataFrame:
    """Return all known stops: departures by day type, and whether they suffice.

    That they do not is certain only where all timetables are known and nothing of them was lost.
    """
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
            sure = known.known_near(service.xy, dict.fromkeys(known.groups, 0.0))
            less = np.where(sure, "insufficient", "unknown")
            table["service"] = np.where(good, "sufficient", less).astype(object)
        else:
            table["service"] = np.full(len(posts), "unknown", dtype=object)
        parts.append(gpd.GeoDataFrame(table, geometry=posts.geometry.to_numpy(), crs=posts.crs))
    for posts, kind in ((inputs.stop_posts, None), (inputs.rail_stations, "rail")):
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


def municipal_table(
    municipalities: gpd.GeoDataFrame,
    unit: Ints,
    people: Floats,
    totals: Floats,
    states: Any,
    p: WhiteSpotsParameters,
    weights: Weights,
) -> gpd.GeoDataFrame:
    """Return one row per municipality: people and shares by state.

    Parameters
    ----------
    municipalities : GeoDataFrame
    unit : ndarray of int (cells,)
        Municipality of each cell.
    people : ndarray of float (cells,)
        NaN unknown.
    totals : ndarray of float (municipalities,)
        Population.
    states : States
    p : WhiteSpotsParameters
    weights : Weights
        What stands for people in shares where they are not known.

    Returns
    -------
    GeoDataFrame (municipalities,)
        ``*_people`` on the main day type, NaN where no cell has known people; ``*_share_<day>`` on
        each day type, NaN where nothing has weight.
    """
    count = len(municipalities)
    known = np.isfinite(people)
    any_known = np.bincount(unit, known, minlength=count) > 0
    # a share of bare land says nothing of people; of street nodes, that stand for them, it does
    weight = weights.values if weights.basis != "land" else np.nan_to_num(people)
    whole = np.bincount(unit, weight, minlength=count)
    out = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "population": totals,
            "population_known": np.divide(
                np.bincount(unit, known, minlength=count),
                np.bincount(unit, minlength=count),
                out=np.full(count, np.nan),
                where=np.bincount(unit, minlength=count) > 0,
            ),
            "coverage": states.levels,
            "timetable_known": states.levels == "complete",
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
        index=municipalities.index,
    )
    shares: dict[str, Floats] = {}
    for code, name in ((SERVED, "served"), (WHITE, "white"), (UNKNOWN, "unknown")):
        for day, state in states.by_day.items():
            own = np.bincount(unit, weight * (state == code), minlength=count)
            share = np.divide(own, whole, out=np.full(count, np.nan), where=whole > 0)
            share = np.minimum(share, 1.0)
            if day == p.main_day_type:
                out[f"{name}_people"] = np.where(any_known | (totals == 0), own, np.nan)
                out[f"{name}_share"] = share
            shares[f"{name}_share_{day}"] = share
    out["known_people"] = out["served_people"] + out["white_people"]
    for day in p.day_types:
        for name in ("served", "white", "unknown"):
            out[f"{name}_share_{day}"] = shares[f"{name}_share_{day}"]
    return out
