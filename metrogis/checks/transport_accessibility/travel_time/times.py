"""Times of all cells to all targets, by transit and by car, and which of them are exact.

A time by transit is at most what is found here: a vehicle whose timetable is missing could be
quicker. It cannot where the land of which not all is known is so far that going there and on to the
target would take longer, at the top speed (:func:`quickest_unknown`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import StreetLayer, Timetable
from metrogis.checks.transport_accessibility.travel_time.parameters import TravelTimeParameters
from metrogis.evidence.streets import streets_evidence
from metrogis.evidence.timetable import TimetableEvidence
from metrogis.i18n import _
from metrogis.streets.driving import timed
from metrogis.streets.layer import Streets
from metrogis.transit.door_to_door import travel_times

GROUPS = ("rail", "metro", "tram", "bus", "ferry", "cableway")


@dataclass(frozen=True, eq=False)
class Times:
    """Times of cells to targets; shape (cells, targets), minutes.

    Attributes
    ----------
    middle, late : ndarray of float
        Median and 90th percentile over the minutes of the window. Infinite: not within the longest
        time. NaN: unknown.
    within : ndarray of float (cells, targets, limits)
        Share of the minutes within each limit (0-1).
    car : ndarray of float
        Free flow and parking; NaN: unknown, infinite: no road leads there.
    least : ndarray of float
        No vehicle of which nothing is known could make it quicker than this.
    """

    middle: Floats
    late: Floats
    within: Floats
    car: Floats
    least: Floats


def clock(hours: float) -> str:
    """Return hours as a time of day.

    >>> clock(7.5)
    '07:30:00'
    """
    seconds = round(hours * 3600)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def measure(
    run: Run,
    timetable: Timetable,
    streets: StreetLayer | None,
    xy: Floats,
    targets: gpd.GeoDataFrame,
    network: Any,
    known: TimetableEvidence,
) -> Times:
    """Return the times of all cells to all targets, by transit and by car.

    Parameters
    ----------
    run : Run
        Its audit gets cells and targets that no street is near.
    xy : ndarray (cells, 2)
        Metres, working CRS.
    targets : GeoDataFrame
    network : StreetNetwork or None
        For walking; None: straight lines times ``detour``.
    known : TimetableEvidence

    Returns
    -------
    Times
        Minutes. NaN without a timetable, and where "not within the longest time" is not certain,
        for a timetable that is missing could get one there.
    """
    params: TravelTimeParameters = run.parameters
    n, m = len(xy), len(targets)
    shape = (n, m)
    if not known.given or not n:
        nothing = np.full(shape, np.nan)
        return Times(
            nothing, nothing, np.full((*shape, len(params.limits)), np.nan),
            _by_car(run, streets, xy, targets), np.zeros(shape),
        )  # fmt: skip
    origins = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=run.crs)
    found = travel_times(
        timetable,
        origins,
        targets[["geometry"]],
        date=params.day_type,
        window=(clock(params.hours[0]), clock(params.hours[1])),
        percentiles=(50, 90),
        limits=params.limits,
        streets=network,
        walk_speed=params.walk_speed,
        access_limit=params.access_limit,
        egress_limit=params.access_limit,
        transfer_limit=params.transfer_limit,
        max_transfers=params.max_transfers,
        slack=params.slack,
        max_time=params.max_minutes,
        detour=params.detour,
    )
    least = quickest_unknown(run, xy, targets, network, known)
    middle = found["p50"].to_numpy().reshape(shape).copy()
    late = found["p90"].to_numpy().reshape(shape).copy()
    within = np.stack(
        [found[f"share_{limit:g}"].to_numpy().reshape(shape) for limit in params.limits], axis=-1
    )
    unsure = least < params.max_minutes
    for values in (middle, late):  # "not within the longest time" needs all that could serve
        values[np.isinf(values) & unsure] = np.nan
    unplaced = np.isnan(found["walk"].to_numpy().reshape(shape))
    off = unplaced.all(axis=1)
    run.note(
        "population",
        "unknown",
        int(off.sum()),
        _("cells away from the streets: time unknown"),
    )
    lost = unplaced.all(axis=0) & (n > 0)
    run.note(
        "localities",
        "unknown",
        int(lost.sum()),
        _("targets away from the streets: time unknown"),
        targets["name"][lost],
    )
    return Times(middle, late, within, _by_car(run, streets, xy, targets), least)


def quickest_unknown(
    run: Run, xy: Floats, targets: gpd.GeoDataFrame, network: Any, known: TimetableEvidence
) -> Floats:
    """Return the least minutes of a journey by a vehicle that is not known, (cells, targets).

    It leads from the cell to land of which not all is known, and on to the target: two straight
    lines at the top speed. 0 where the streets around the cell or the target are not known;
    infinite where nothing is missing anywhere.
    """
    params: TravelTimeParameters = run.parameters
    here = np.asarray(shapely.points(xy), dtype=object)
    there = np.asarray(targets.geometry.to_numpy(), dtype=object)
    dark = _dark(known)
    if dark is None:
        out = np.zeros((len(here), len(there)))
    else:
        metres = [_distance(dark, points) for points in (here, there)]
        out = (metres[0][:, None] + metres[1][None, :]) / (params.top_speed * 1000 / 60)
    if network is not None:
        streets = streets_evidence(network, run.crs, run.municipalities)
        run.evidence["streets"] = streets
        sure = [
            np.asarray(streets.known_near(points, params.access_limit), bool)
            for points in (here, there)
        ]
        out[~(sure[0][:, None] & sure[1][None, :])] = 0.0
    return out


def _dark(known: TimetableEvidence) -> npt.NDArray[np.object_] | None:
    """Land of which not every timetable is known; None where it may be anywhere."""
    if any(item.where is None for item in known.losses):
        return None
    municipalities = np.asarray(known.municipalities.geometry.to_numpy(), dtype=object)
    blocked = municipalities[known.blocked.any(axis=1)]
    if shapely.is_empty(blocked).any() or shapely.is_missing(blocked).any():
        return None  # land without an outline may be anywhere
    lost = [item.where for item in known.losses]
    return np.asarray(shapely.get_parts(np.array([*blocked, *lost], dtype=object)), dtype=object)


def _distance(shapes: npt.NDArray[np.object_], points: npt.NDArray[np.object_]) -> Floats:
    """Metres from each point to the nearest shape; infinite without one."""
    out = np.full(len(points), np.inf)
    if len(shapes) and len(points):
        (row, _), metres = shapely.STRtree(shapes).query_nearest(
            points, return_distance=True, all_matches=False
        )
        out[row] = metres
    return out


def _by_car(run: Run, streets: Any, xy: Floats, targets: gpd.GeoDataFrame) -> Floats:
    """Minutes by car at free flow, with parking; NaN without roads."""
    params: TravelTimeParameters = run.parameters
    streets = streets
    out = np.full((len(xy), len(targets)), np.nan)
    if not isinstance(streets, Streets) and getattr(streets, "mode", "") != "car":
        return out
    network = timed(streets.car if isinstance(streets, Streets) else streets)
    on_foot = 3.6 / params.walk_speed  # from door to road, seconds a metre
    here = network.snap(xy, layer="population")
    there = network.snap(targets.geometry, layer="localities")
    for k in np.flatnonzero(there.known):
        seconds, _ = network.nearest(there[np.array([k])], direction="to", snap_cost=on_foot).at(
            here
        )
        out[:, k] = seconds / 60 + params.parking
    return out


@dataclass(frozen=True, eq=False)
class Nearest:
    """Times of each cell to the quickest target of a kind."""

    middle: Floats
    late: Floats
    within: Floats
    car: Floats
    exact: Bools


def of_kind(times: Times, rows: Ints, sure: bool, longest: float) -> Nearest:
    """Return the times to the quickest target of some.

    Parameters
    ----------
    times : Times
    rows : ndarray of int
        Targets of the kind.
    sure : bool
        Whether no target of the kind can be missing.
    longest : float
        Minutes; beyond is infinite.
    """
    middle, late = _quickest(times.middle[:, rows]), _quickest(times.late[:, rows])
    within = np.nan_to_num(times.within[:, rows]).max(axis=1)
    within[np.isnan(times.within[:, rows]).all(axis=(1, 2))] = np.nan
    known = ~np.isnan(middle) & ~np.isnan(late)
    least = times.least[:, rows].min(axis=1)
    worst = np.minimum(np.where(known, late, np.inf), longest)
    exact = known & sure & (worst <= least)
    return Nearest(middle, late, within, _quickest(times.car[:, rows]), exact)


def _quickest(minutes: Floats) -> Floats:
    """The least of known times; unknown where none is finite and one is unknown."""
    least = np.where(np.isnan(minutes), np.inf, minutes).min(axis=1)
    return np.where(np.isinf(least) & np.isnan(minutes).any(axis=1), np.nan, least)


def costs_of(times: Floats, names: pd.Index) -> pd.DataFrame:
    """Return times as a table of costs: ``origin`` (cell), ``target``, ``minutes``."""
    n, m = times.shape
    return pd.DataFrame({
        "origin": np.repeat(np.arange(n), m), "target": np.tile(names.to_numpy(), n),
        "minutes": times.ravel(),
    })  # fmt: skip
