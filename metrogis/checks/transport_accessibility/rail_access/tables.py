"""Tables of the result of ``rail_access``: municipalities, stations, land, barriers, catchments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.shared.interchange_streets import Homes
from metrogis.checks.shared.share_weights import Weights
from metrogis.checks.transport_accessibility.rail_access.feeder import Feeders
from metrogis.checks.transport_accessibility.rail_access.reach import (
    MODES,
    YES,
    ByMode,
    OnStreets,
    barriers,
)
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.evidence.timetable import TimetableEvidence

EASIEST = (*MODES, "none", "unknown")

DRAWN = 40.0
"""Metres: how fine outlines of catchments are drawn; people are counted along streets, not here."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Of each home: its states by mode, the easiest certain one, and the station it uses."""

    homes: Homes
    unit: Ints
    modes: dict[str, ByMode]
    fed: Feeders
    states: dict[str, Ints]
    way: Array
    station: Ints

    @property
    def people(self) -> Floats:
        """Residents; 0 where unknown."""
        return np.nan_to_num(self.homes.people)

    @property
    def reached(self) -> Bools:
        """Homes that certainly reach a useful station by some mode."""
        return np.asarray(np.isin(self.way, MODES))

    def total(self, rows: Any) -> float:
        """Return the residents of some homes."""
        return float(self.people[rows].sum())


def ratio(above: Any, below: Any) -> Any:
    """Return a ratio, NaN where there is nothing to compare with.

    Parameters
    ----------
    above, below : array of float

    Examples
    --------
    >>> ratio([1.0, 1.0], [4.0, 0.0]).tolist()
    [0.25, nan]
    """
    above, below = np.asarray(above, float), np.asarray(below, float)
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def municipal_table(
    run: Run, answer: Answer, stations: Stations, totals: Floats, weights: Weights,
    known: TimetableEvidence,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return one row per municipality: residents by mode, and by the easiest mode.

    Parameters
    ----------
    run : Run
    answer : Answer
    stations : Stations
    totals : ndarray of float (municipalities,)
        Population.
    weights : Weights
        What stands for people in shares where they are not known.
    known : TimetableEvidence

    Returns
    -------
    GeoDataFrame (municipalities,)
        Residents are NaN where no home has a known number of them.
    """
    municipalities = run.municipalities
    count, unit = len(municipalities), answer.unit
    placed = np.isfinite(answer.homes.people)
    some = (np.bincount(unit, placed, minlength=count) > 0) | (totals == 0)

    def of(rows: Any) -> Floats:
        own = np.bincount(unit, answer.people * rows, minlength=count)
        return np.where(some, own, np.nan)

    out = municipalities[["teryt", "name", "geometry"]].copy()
    out["population"] = totals
    out["population_known"] = ratio(
        np.bincount(unit, placed, minlength=count), np.bincount(unit, minlength=count)
    )
    out["reached"] = of(answer.reached)
    for name in MODES:
        out[f"by_{name}"] = of(answer.states[name] == YES)
    out["none"] = of(answer.way == "none")
    out["unknown"] = of(answer.way == "unknown")
    out["decided"] = out["reached"] + out["none"]
    everyone = of(np.ones(len(unit), bool))
    for name in EASIEST[:4]:
        out[f"easiest_{name}"] = of(answer.way == name)
    weight = weights.values if weights.basis != "land" else answer.people
    whole = np.bincount(unit, weight, minlength=count)
    for name, rows in (("reached", answer.reached), ("none", answer.way == "none"),
                       ("unknown", answer.way == "unknown")):  # fmt: skip
        share = ratio(np.bincount(unit, weight * rows, minlength=count), whole)
        out[f"{name}_share"] = np.minimum(share, 1.0)
    out["decided_share"] = 1.0 - ratio(out["unknown"], everyone)
    out["bike_multiplier"] = ratio(out["by_bike"], out["by_walk"])
    home = pd.Index(municipalities["teryt"]).get_indexer(stations.table["teryt"])
    for name, state in (("stations", "yes"), ("stations_unknown", "unknown")):
        rows = (home >= 0) & stations.is_(state)
        out[name] = np.bincount(home[rows], minlength=count).astype(float)
    out["timetable_known"] = known.level == "complete"
    return gpd.GeoDataFrame(out, geometry="geometry", crs=municipalities.crs)


def station_table(
    run: Run, stations: Stations, answer: Answer, streets: OnStreets
) -> gpd.GeoDataFrame:
    """Return the stations, those with most residents first.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets

    Returns
    -------
    GeoDataFrame (stations,)
        ``by_*`` counts who reaches the station by a mode, several stations for one home;
        ``residents`` and ``easiest_*`` count each home at the station it uses. NaN for what no
        network could tell.
    """
    count = len(stations)
    out = stations.table[["name", "teryt", "state", "trains", "trains_core", "geometry"]].copy()
    out["timed"] = stations.table["timed"].astype("boolean")
    out["entrances"] = stations.entrances.astype(float)
    for name, one in answer.modes.items():
        rows = one.near.sure
        out[f"by_{name}"] = np.bincount(
            one.near.station[rows], answer.people[one.near.home[rows]], minlength=count
        )
    fed = answer.fed
    lead = (fed.state == YES) & (fed.station >= 0)
    out["by_feeder"] = np.bincount(fed.station[lead], answer.people[lead], minlength=count)
    mine = answer.station >= 0
    out["residents"] = np.bincount(
        answer.station[mine], answer.people[mine], minlength=count
    ).astype(float)
    for name in MODES:
        rows = mine & (answer.way == name)
        out[f"easiest_{name}"] = np.bincount(
            answer.station[rows], answer.people[rows], minlength=count
        ).astype(float)
    out["bike_multiplier"] = ratio(out["by_bike"], out["by_walk"])
    far = barriers(streets, stations, answer.homes, run.parameters.walk_limit)
    out["barred"] = np.bincount(far.station, answer.people[far.home], minlength=count).astype(float)
    if streets.walk is None:
        out["barred"] = np.nan
    # a mode of which nothing could be searched says nothing
    for name, found in (("walk", streets.walk), ("bike_low", streets.low), ("bike", streets.bike)):
        unknown = name == "bike_low" and found is None
        out.loc[np.full(count, unknown), f"by_{name}"] = np.nan
    out["reached_by"] = _reached_by(out)
    order = np.lexsort((out["name"].astype(str), -out["by_bike"].fillna(0), -out["residents"]))
    frame = gpd.GeoDataFrame(out, geometry="geometry", crs=run.crs)
    return frame.iloc[order].reset_index(drop=True)


def _reached_by(out: pd.DataFrame) -> Array:
    """Return by what a station is reached: on foot, else by bike, else by feeder, else nobody."""
    values = [out[f"by_{name}"].fillna(0).to_numpy() > 0 for name in ("walk", "bike", "feeder")]
    found = np.select(values, ["walk", "bike_only", "feeder_only"], default="nobody")
    return np.where(out["state"] == "yes", found, "").astype(object)


def reach_table(
    municipalities: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, unit: Ints
) -> gpd.GeoDataFrame:
    """Return the populated land of each municipality by easiest mode: a light layer for the map.

    Parameters
    ----------
    municipalities : GeoDataFrame
    cells : GeoDataFrame
        ``easiest``, ``population`` (NaN unknown).
    unit : ndarray of int (cells,)
        Municipality of each cell.

    Returns
    -------
    GeoDataFrame
        One row per municipality and mode that it has.
    """
    code = pd.Categorical(cells["easiest"], categories=list(EASIEST)).codes.astype(np.int64)
    size = len(EASIEST)
    # key // size is the municipality, key % size the mode, of which the last is "unknown"
    keys, group = np.unique(unit * size + code, return_inverse=True)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    out = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[keys // size],
            "name": municipalities["name"].to_numpy()[keys // size],
            "easiest": np.array(EASIEST, dtype=object)[keys % size],
            "known": keys % size != size - 1,
            "population": cells["population"].groupby(group).sum(min_count=1).to_numpy("float64"),
            "population_known": cells["population"].notna().groupby(group).mean().to_numpy(),
        },
        geometry=dissolve(shapes, group.astype(np.int64), len(keys)),
        crs=cells.crs,
    )
    out["area_km2"] = out.area / 1e6
    return out


def barrier_table(
    run: Run, stations: Stations, answer: Answer, streets: OnStreets, cells: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return, by station, the homes near in a straight line and too far on foot.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets
    cells : GeoDataFrame
        Outlines of the homes.

    Returns
    -------
    GeoDataFrame
        Those with most residents first; ``straight_m`` is their mean straight distance.
    """
    params = run.parameters
    far = barriers(streets, stations, answer.homes, params.walk_limit)
    keys, group = np.unique(far.station, return_inverse=True)
    people = answer.people[far.home]
    gates = shapely.get_coordinates(stations.points)
    straight = _straight(stations, gates, answer.homes.xy, far.station, far.home)
    mass = np.bincount(group, people, minlength=len(keys))
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)[far.home]
    out = gpd.GeoDataFrame(
        {
            "station": stations.table["name"].to_numpy(dtype=object)[keys],
            "teryt": stations.table["teryt"].to_numpy(dtype=object)[keys],
            "residents": mass,
            "homes": np.bincount(group, minlength=len(keys)).astype(float),
            "straight_m": ratio(np.bincount(group, people * straight, len(keys)), mass),
        },
        geometry=dissolve(shapes, group.astype(np.int64), len(keys)) if len(keys) else [],
        crs=run.crs,
    )
    order = np.lexsort((out["station"].astype(str), -out["residents"].to_numpy(float)))
    return out.iloc[order].reset_index(drop=True)


def _straight(
    stations: Stations, gates: Floats, homes: Floats, station: Ints, home: Ints
) -> Floats:
    """Return the straight line of pairs to the nearest entrance, m."""
    out = np.full(len(station), np.inf)
    order = np.argsort(stations.owner, kind="stable")
    ptr = np.searchsorted(stations.owner[order], np.arange(len(stations) + 1))
    for turn in range(int(np.diff(ptr).max(initial=0))):
        gate = ptr[station] + turn
        there = gate < ptr[station + 1]
        at = order[gate[there]]
        d = np.hypot(*(gates[at] - homes[home[there]]).T)
        out[there] = np.minimum(out[there], d)
    return out


def catchment_table(run: Run, stations: Stations, streets: OnStreets) -> gpd.GeoDataFrame:
    """Return outlines of what each useful station reaches on foot and by bike, for the map.

    Parameters
    ----------
    run : Run
    stations : Stations
    streets : OnStreets
        Of a mode without a network there are no outlines.
    """
    rows: list[dict[str, Any]] = []
    useful = stations.is_("yes")
    walk, bike, low = (
        None if one is None else one.found for one in (streets.walk, streets.bike, streets.low)
    )
    found = (
        ("walk", walk, run.parameters.walk_limit),
        ("bike_low", low, run.parameters.bike_limit),
        ("bike", bike, run.parameters.bike_limit),
    )
    for name, one, limit in found:
        if one is None:
            continue
        drawn = one.to_polygons(limits=[limit], cell=DRAWN).geometry.to_numpy()
        shapes = shapely.simplify(drawn, DRAWN)
        for k in np.flatnonzero(useful).tolist():
            if shapes[k] is not None and not shapes[k].is_empty:
                rows.append(
                    {"station": stations.table["name"].iloc[k],
                     "teryt": stations.table["teryt"].iloc[k], "mode": name, "geometry": shapes[k]}
                )  # fmt: skip
    columns = ["station", "teryt", "mode", "geometry"]
    table = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=run.crs)


def desire_table(run: Run, stations: Stations, answer: Answer) -> gpd.GeoDataFrame:
    """Return lines from where people live to their station: a municipality, station and state each.

    Those who reach a useful station go to the one they use; others to the nearest useful one in a
    straight line. A line begins at the middle of its people.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer

    Returns
    -------
    GeoDataFrame
        Those with most residents first. ``state``: whether they reach it; ``km``: their mean
        straight distance.
    """
    columns = ["teryt", "name", "station", "state", "residents", "km"]
    useful = np.flatnonzero(stations.is_("yes"))
    people = answer.people
    home = np.flatnonzero((people > 0) & (answer.unit >= 0))
    if not len(useful) or not len(home):
        return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry=[], crs=run.crs)
    xy = answer.homes.xy[home]
    shapes = stations.table.geometry.to_numpy()[useful]
    at = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    nearest = useful[cKDTree(at).query(xy)[1]]
    used = answer.station[home]
    goal = np.where(answer.reached[home] & (used >= 0), used, nearest)
    way = answer.way[home]
    state = np.select([way == "none", way == "unknown"], ["no", "unknown"], default="yes")
    frame = pd.DataFrame({"unit": answer.unit[home], "station": goal, "state": state})
    group = frame.groupby(["unit", "station", "state"], sort=True).ngroup().to_numpy()
    keys = frame.drop_duplicates().sort_values(["unit", "station", "state"], ignore_index=True)
    mass = np.bincount(group, people[home])
    middle = np.column_stack([np.bincount(group, people[home] * xy[:, c]) / mass for c in (0, 1)])
    ends = stations.table.geometry.to_numpy()[keys["station"].to_numpy()]
    there = np.column_stack([shapely.get_x(ends), shapely.get_y(ends)])
    whole = stations.table.geometry.to_numpy()[goal]
    apart = np.hypot(xy[:, 0] - shapely.get_x(whole), xy[:, 1] - shapely.get_y(whole))
    municipalities = run.municipalities
    out = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(dtype=object)[keys["unit"]],
            "name": municipalities["name"].to_numpy(dtype=object)[keys["unit"]],
            "station": stations.table["name"].to_numpy(dtype=object)[keys["station"]],
            "state": keys["state"].to_numpy(dtype=object),
            "residents": mass,
            "km": np.bincount(group, people[home] * apart) / mass / 1000,
        },
        geometry=shapely.linestrings(np.stack([middle, there], axis=1)),
        crs=run.crs,
    )
    order = np.lexsort((out["station"].astype(str), out["teryt"].astype(str), -out["residents"]))
    return out.iloc[order].reset_index(drop=True)
