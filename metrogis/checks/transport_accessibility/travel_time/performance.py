"""Transport performance: whom one reaches in time, of those who live near (cells by cells)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Timetable
from metrogis.checks.transport_accessibility.travel_time.parameters import TravelTimeParameters
from metrogis.evidence.timetable import TimetableEvidence
from metrogis.transit import accessibility
from metrogis.transit.cell_pairs import near_pairs, pair_times
from metrogis.transit.door_search import DoorRules, next_minutes, prepare
from metrogis.transit.profile_search import Ticks
from metrogis.transit.vehicles import MICRO


@dataclass(frozen=True, eq=False)
class Squares:
    """Cells of one size that people are summed in.

    Attributes
    ----------
    xy : ndarray of float (squares, 2)
        The middle of their people, or of their cells where nobody is known to live.
    people, jobs : ndarray of float (squares,)
    of_cell : ndarray of int
        Square of each cell; -1 for cells of unknown population.
    corner : ndarray of int (squares, 2)
    size : float
    """

    xy: Floats
    people: Floats
    jobs: Floats
    of_cell: Ints
    corner: Ints
    size: float


def squares_of(xy: Floats, people: Floats, jobs: Floats, size: float) -> Squares:
    """Sum the people of cells in squares; cells of unknown population are in none.

    >>> found = squares_of(np.array([[10.0, 10], [20, 10], [110, 10]]), np.array([1.0, 3, 5]),
    ...                    np.full(3, np.nan), 100.0)
    >>> found.xy.tolist(), found.people.tolist(), found.of_cell.tolist()
    ([[17.5, 10.0], [110.0, 10.0]], [4.0, 5.0], [0, 0, 1])
    """
    known = np.isfinite(people)
    corner, inverse = np.unique(
        np.floor(xy[known] / size).astype(np.int64), axis=0, return_inverse=True
    )
    inverse = inverse.ravel()
    n = len(corner)
    own = people[known]
    total = np.bincount(inverse, own, minlength=n)
    weight = np.where(total[inverse] > 0, own, 1.0)
    middle = [
        np.bincount(inverse, weight * xy[known][:, axis], minlength=n)
        / np.bincount(inverse, weight, minlength=n)
        for axis in (0, 1)
    ]
    of_cell = np.full(len(people), -1, np.int64)
    of_cell[known] = inverse
    work = np.bincount(inverse, jobs[known], minlength=n).astype(float)
    return Squares(np.column_stack(middle), total.astype(float), work, of_cell, corner, size)


def reached(
    run: Run, timetable: Timetable, squares: Squares, network: Any, known: TimetableEvidence
) -> pd.DataFrame | None:
    """Return transport performance of the squares; None where no timetable is known.

    Median times over the minutes of the window decide. A time that is not known is not within the
    limit: all numbers are at least so many.

    Returns
    -------
    DataFrame
        By square: ``as_origin``, ``as_target`` (per cent), ``people``, ``jobs`` (reached).
    """
    params: TravelTimeParameters = run.parameters
    if not known.given or not len(squares.xy):
        return None
    limit = params.performance_speed / 3.6 * params.performance_minutes * 60
    ptr, origin, metres = near_pairs(squares.xy, limit)
    rules = DoorRules(
        params.walk_speed,
        params.access_limit,
        params.access_limit,
        params.transfer_limit,
        params.max_transfers,
        params.slack,
        params.performance_minutes,
        params.detour,
    )
    first, end = (round(h * 3600) for h in params.hours)
    count = next_minutes(first, end)
    search = prepare(
        timetable, params.day_type, rules, network, run.crs, first,
        first + 60 * (count - 1) + int(np.ceil(params.performance_minutes * 60)),
    )  # fmt: skip
    places = search.walker.places(squares.xy, "population")
    minutes = pair_times(
        search, places, ptr, origin, Ticks(first * MICRO, count, False), -(-count // 2)
    )
    target = np.repeat(np.arange(len(squares.xy)), np.diff(ptr))
    # one's own square is in reach, wherever the streets are
    within = (minutes <= params.performance_minutes) | (origin == target)
    costs = pd.DataFrame(
        {"origin": origin[within], "target": target[within],
         "minutes": np.nan_to_num(minutes[within])}
    )  # fmt: skip
    near = pd.DataFrame({"origin": origin, "target": target, "metres": metres})
    out = accessibility.performance(
        costs, pd.Series(squares.people), near, params.performance_minutes, limit
    )
    for name, values in (("people", squares.people), ("jobs", squares.jobs)):
        out[name] = np.bincount(
            costs["origin"], values[costs["target"]], minlength=len(squares.xy)
        ).astype(float)
    return out


def square_table(squares: Squares, found: pd.DataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    """Return squares with whom one reaches from them in time.

    Parameters
    ----------
    squares : Squares
    found : DataFrame or None
        One row per square; None: nothing is known.
    crs : CRS
    """
    low = squares.corner * squares.size
    shapes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + squares.size, low[:, 1] + squares.size)
    table: dict[str, Any] = {"population": squares.people}
    for name in ("as_origin", "as_target", "people", "jobs"):
        table[f"{name}_reached" if name in ("people", "jobs") else name] = (
            np.full(len(low), np.nan) if found is None else found[name].to_numpy(float)
        )
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
