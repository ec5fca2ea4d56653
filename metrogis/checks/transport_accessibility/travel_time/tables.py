"""Tables of the result of ``travel_time``."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.transport_accessibility.travel_time.parameters import TravelTimeParameters
from metrogis.checks.transport_accessibility.travel_time.times import Nearest, Times

EDGES = (15.0, 30.0, 45.0, 60.0, 90.0)
BANDS = ("0-15", "15-30", "30-45", "45-60", "60-90", "90-", "beyond", "unknown")
"""Bands of isochrones, minutes; a band begins just above its lower edge."""

LIMITS = ("short", "middle", "long")
"""Names of the three limits in columns."""


def bands(minutes: Floats) -> npt.NDArray[np.object_]:
    """Return the band of each time.

    >>> bands(np.array([15.0, 15.1, 200.0, np.inf, np.nan])).tolist()
    ['0-15', '15-30', '90-', 'beyond', 'unknown']
    """
    code = np.searchsorted(EDGES, minutes, side="left")
    code = np.where(np.isinf(minutes), BANDS.index("beyond"), code)
    code = np.where(np.isnan(minutes), BANDS.index("unknown"), code)
    return np.array(BANDS, dtype=object)[code]


def middle_of(values: Floats, weight: Floats, unit: Ints, units: int) -> Floats:
    """Return the weighted median of each unit: at least half of its weight has at most this.

    Unknown values count as infinite; where half is not known to be finite the median is NaN.

    >>> middle_of(np.array([5.0, 9, np.nan]), np.array([1.0, 2, 1]), np.zeros(3, int), 2).tolist()
    [9.0, nan]
    """
    out = np.full(units, np.nan)
    order = np.lexsort((np.where(np.isnan(values), np.inf, values), unit))
    order = order[weight[order] > 0]
    ends = np.searchsorted(unit[order], np.arange(units + 1))
    total = np.cumsum(weight[order])
    for k in range(units):
        a, b = ends[k], ends[k + 1]
        if a == b:
            continue
        before = total[a - 1] if a else 0.0
        half = before + (total[b - 1] - before) / 2
        at = a + int(np.searchsorted(total[a:b], half * (1 - 1e-12)))
        value = values[order[min(at, b - 1)]]
        out[k] = value if np.isfinite(value) else np.nan
    return out


def share_of(mask: Bools, weight: Floats, unit: Ints, units: int) -> Floats:
    """Return the share of weight for which a mask holds, by municipality.

    Parameters
    ----------
    mask : ndarray of bool (cells,)
    weight : ndarray of float (cells,)
        People, or what stands for them.
    unit : ndarray of int (cells,)
        Municipality of each cell.
    units : int
        Number of municipalities.

    Returns
    -------
    ndarray of float (units,)
        0 to 1; NaN where nothing has weight.

    Examples
    --------
    >>> mask, weight = np.array([True, False]), np.array([30.0, 10.0])
    >>> share_of(mask, weight, np.array([0, 0]), 2).tolist()
    [0.75, nan]
    """
    whole = np.bincount(unit, weight, minlength=units)
    own = np.bincount(unit, weight * mask, minlength=units)
    out = np.divide(own, whole, out=np.full(units, np.nan), where=whole > 0)
    return np.asarray(np.minimum(out, 1.0))


def mean_of(values: Floats, weight: Floats, unit: Ints, units: int) -> Floats:
    """Return the weighted mean by municipality of the values that are known.

    Parameters
    ----------
    values : ndarray of float (cells,)
        NaN and infinite values are left out, with their weight.
    weight, unit, units
        As in :func:`share_of`.

    Returns
    -------
    ndarray of float (units,)
        NaN where no value is known.
    """
    known = np.isfinite(values)
    whole = np.bincount(unit[known], weight[known], minlength=units)
    own = np.bincount(unit[known], (weight * np.nan_to_num(values))[known], minlength=units)
    return np.divide(own, whole, out=np.full(units, np.nan), where=whole > 0)


def ratio_of(minutes: Floats, car: Floats) -> Floats:
    """Return the time by transit over that by car.

    Parameters
    ----------
    minutes, car : ndarray of float
        Infinite beyond the longest time, NaN unknown.

    Returns
    -------
    ndarray of float
        NaN where no car gets there: nothing is to be compared; infinite where only cars do.

    Examples
    --------
    >>> ratio_of(np.array([30.0, np.inf, 30.0]), np.array([20.0, 20.0, np.inf])).tolist()
    [1.5, inf, nan]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isinf(car), np.nan, minutes / car)


def cell_table(cells: gpd.GeoDataFrame, main: Nearest, p: TravelTimeParameters) -> gpd.GeoDataFrame:
    """Return the cells with their times to the main target.

    Parameters
    ----------
    cells : GeoDataFrame
        Pieces of population.
    main : Nearest
        Times of each cell.
    p : TravelTimeParameters

    Returns
    -------
    GeoDataFrame (cells,)
        Minutes are NaN where they are unknown and where they are beyond the longest time; ``band``
        and ``band_late`` tell these two apart.
    """
    out = cells.copy()
    out["band"] = bands(main.middle)
    out["band_late"] = bands(main.late)
    out["minutes"] = np.round(np.where(np.isinf(main.middle), np.nan, main.middle), 2)
    out["minutes_late"] = np.round(np.where(np.isinf(main.late), np.nan, main.late), 2)
    for k, name in enumerate(LIMITS):
        out[f"share_{name}"] = np.round(main.within[:, k], 4)
    out["car_minutes"] = np.round(np.where(np.isinf(main.car), np.nan, main.car), 2)
    ratio = ratio_of(main.middle, main.car)
    out["ratio"] = np.round(np.where(np.isinf(ratio), np.nan, ratio), 3)
    out["exact"] = main.exact
    return out


def band_table(
    municipalities: gpd.GeoDataFrame, unit: Ints, cells: gpd.GeoDataFrame, column: str
) -> gpd.GeoDataFrame:
    """Return people and land of each municipality by band: a light layer for the map."""
    code = pd.Categorical(cells[column], categories=list(BANDS)).codes.astype(np.int64)
    exact = cells["exact"].to_numpy(bool).astype(np.int64)
    keys, group = np.unique((unit * len(BANDS) + code) * 2 + exact, return_inverse=True)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    people = cells["population"]
    which = keys // 2
    out = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy()[which // len(BANDS)],
            "name": municipalities["name"].to_numpy()[which // len(BANDS)],
            "band": np.array(BANDS, dtype=object)[which % len(BANDS)],
            "exact": (keys % 2).astype(bool),
            "known_share": np.where(which % len(BANDS) == BANDS.index("unknown"), 0.0, 1.0),
            "population": people.groupby(group.ravel()).sum(min_count=1).to_numpy("float64"),
        },
        geometry=dissolve(shapes, group.ravel().astype(np.int64), len(keys)),
        crs=cells.crs,
    )
    out["area_km2"] = out.area / 1e6
    return out


def target_tables(
    municipalities: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    times: Times,
    unit: Ints,
    weight: Floats,
    people_known: bool,
    p: TravelTimeParameters,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the targets with who reaches them, and a line from each municipality to each target.

    Parameters
    ----------
    municipalities : GeoDataFrame
    targets : GeoDataFrame
        ``name``, ``kind``.
    times : Times
    unit : ndarray of int (cells,)
        Municipality of each cell.
    weight : ndarray of float (cells,)
        People, or what stands for them.
    people_known : bool
        Whether they are people: else numbers of people are NaN.
    p : TravelTimeParameters

    Returns
    -------
    (GeoDataFrame, GeoDataFrame)
    """
    n, m = len(municipalities), len(targets)
    points = targets[["name", "kind", "geometry"]].copy()
    for k, name in enumerate(LIMITS):
        # a comparison with NaN is False: unknown times reach nothing, and are counted apart
        reached = (times.middle <= p.limits[k]).T @ weight
        points[f"people_{name}"] = reached if people_known else np.nan
    middle = shapely.point_on_surface(np.asarray(municipalities.geometry.to_numpy(), dtype=object))
    rows = []
    for t in range(m):
        own = times.middle[:, t]
        row = pd.DataFrame({
            "teryt": municipalities["teryt"].to_numpy(), "name": municipalities["name"].to_numpy(),
            "target": targets["name"].iloc[t], "kind": targets["kind"].iloc[t],
            "minutes": middle_of(own, weight, unit, n),
            "minutes_late": middle_of(times.late[:, t], weight, unit, n),
            "car_minutes": middle_of(times.car[:, t], weight, unit, n),
        })  # fmt: skip
        for k, name in enumerate(LIMITS):
            row[f"within_{name}"] = share_of(own <= p.limits[k], weight, unit, n)
            row[f"share_{name}"] = mean_of(np.nan_to_num(times.within[:, t, k]), weight, unit, n)
        row["band"] = bands(np.where(np.isnan(row["minutes"]), np.nan, row["minutes"]))
        row["known_share"] = share_of(~np.isnan(own), weight, unit, n)
        ends = np.array([targets.geometry.iloc[t]] * n, dtype=object)
        row["geometry"] = [
            shapely.LineString([(a.x, a.y), (b.x, b.y)])
            if a is not None and not a.is_empty and (a.x, a.y) != (b.x, b.y) else None
            for a, b in zip(middle, ends, strict=True)
        ]  # fmt: skip
        rows.append(row)
    relations = gpd.GeoDataFrame(
        pd.concat(rows, ignore_index=True), geometry="geometry", crs=municipalities.crs
    )
    return points, relations


def municipal_table(
    municipalities: gpd.GeoDataFrame,
    unit: Ints,
    weight: Floats,
    people: Floats,
    nearest: Mapping[str, Nearest],
    main: str,
    level: npt.NDArray[np.object_],
    p: TravelTimeParameters,
) -> gpd.GeoDataFrame:
    """Return one row per municipality: times to the main target, by transit and by car.

    Parameters
    ----------
    municipalities : GeoDataFrame
    unit : ndarray of int (cells,)
        Municipality of each cell.
    weight : ndarray of float (cells,)
        People, or what stands for them in shares.
    people : ndarray of float (municipalities,)
        Population.
    nearest : mapping of str to Nearest
        Times of the cells to the nearest target of each kind.
    main : str
        The kind that the times are to.
    level : ndarray of str (municipalities,)
        Coverage of the timetables.
    p : TravelTimeParameters
    """
    n = len(municipalities)
    table: dict[str, object] = {
        "teryt": municipalities["teryt"].to_numpy(), "name": municipalities["name"].to_numpy(),
        "population": people, "coverage": level,
    }  # fmt: skip
    own = nearest[main]
    table["minutes"] = middle_of(own.middle, weight, unit, n)
    table["minutes_late"] = middle_of(own.late, weight, unit, n)
    table["band"] = bands(table["minutes"])  # type: ignore[arg-type]
    for k, name in enumerate(LIMITS):
        table[f"within_{name}"] = share_of(own.middle <= p.limits[k], weight, unit, n)
        table[f"share_{name}"] = mean_of(np.nan_to_num(own.within[:, k]), weight, unit, n)
    table["beyond_share"] = share_of(np.isinf(own.middle), weight, unit, n)
    table["unknown_share"] = share_of(np.isnan(own.middle), weight, unit, n)
    table["known_share"] = 1.0 - table["unknown_share"]  # type: ignore[operator]
    table["exact_share"] = share_of(own.exact, weight, unit, n)
    table["car_minutes"] = middle_of(own.car, weight, unit, n)
    ratio = ratio_of(own.middle, own.car)
    table["ratio"] = middle_of(ratio, weight, unit, n)
    table["ratio_late"] = middle_of(ratio_of(own.late, own.car), weight, unit, n)
    table["competes_share"] = share_of(ratio <= p.ratio_limit, weight, unit, n)
    table["car_known_share"] = share_of(np.isfinite(own.car), weight, unit, n)
    return gpd.GeoDataFrame(
        table,
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
        index=municipalities.index,
    )
